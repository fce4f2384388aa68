// Package db is the floor the house stands on: one SQLite file, and the promise that what Update returned nil for is on the disk,
// all of it or nothing, whatever happens to the machine afterwards.
//
// Writes go through one connection. Callers that wait at the same time share a commit (group commit), each inside a savepoint of its
// own: one caller's error undoes that caller's work alone. Reads have connections of their own and never wait for a writer. Every
// transaction has one time, Tx.Now, taken from the clock handed down by main. Pragmas stand in the connection string and are read
// back on every connection; a database that would not keep the promise is refused. The first fsync that fails ends the process,
// because nothing can be promised after it (rules P5, ST2, ST6).
//
// It is the only package that knows database/sql and the SQLite driver.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"backchannel/templates/refusal"
)

// What other rooms may need to name of database/sql.
type (
	Rows       = sql.Rows
	Row        = sql.Row
	Result     = sql.Result
	RawBytes   = sql.RawBytes
	NullInt64  = sql.NullInt64
	NullString = sql.NullString
)

// ErrNoRows is what Scan returns for an empty QueryRow.
var ErrNoRows = sql.ErrNoRows

// Scanner is a Row or the current one of Rows.
type Scanner interface{ Scan(dest ...any) error }

// Options says how a database is opened. Now is required.
type Options struct {
	Now     func() time.Time // the one clock of the program
	Readers int              // read connections, at most; 0 means 4
	Watch   time.Duration    // how often to look for commits of other processes; 0 means never
	Company time.Duration    // how long a commit waits for the next of those who shared the last one; 0 means not at all
	Log     *slog.Logger     // nil means silence

	noCopy bool // an upgrade leaves no copy of the old state: it is one

	// Fatal is called once, with a lock held, when an fsync failed: it must end the process. Nil panics.
	Fatal func(error)
}

// DB is one open database file. All methods may be called by many goroutines.
type DB struct {
	path    string
	opt     Options
	log     *slog.Logger
	pool    *sql.DB // readers
	wpool   *sql.DB // the one writer
	w       *conn   // its connection, used by the goroutine of write alone
	readers chan *conn
	idle    chan struct{} // a token for each reader that may still be opened
	jobs    chan *job
	company int // how many callers shared the last commit; of the goroutine of write
	stop    chan struct{}
	done    chan struct{}
	closing sync.Once
	fts     bool

	crowded chan struct{} // tells mover that the write-ahead log is long
	moved   chan struct{} // closed when mover has ended
	moving  sync.Mutex    // held by who moves pages into the file

	commits, shared atomic.Int64 // for Stats
	untidy          atomic.Bool  // work that can wait may be waiting

	tidies []func(*Tx) (more bool, err error) // Schema.Tidy of all parts

	mu   sync.Mutex
	subs map[chan struct{}]struct{}
}

// Open opens or makes the database file at path, brings its tables up to date and checks that it keeps its promises. The parts
// are given lowest floor first. A database that a newer program has written is refused.
func Open(ctx context.Context, path string, opt Options, parts ...Schema) (*DB, error) {
	if opt.Now == nil {
		panic("db: Options.Now is required: there is one clock, and main hands it down")
	}
	if opt.Readers <= 0 {
		opt.Readers = 4
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if err := makeFile(path); err != nil {
		return nil, refusal.Because(refusal.Unavailable, "The database %s cannot be opened. Please check that the folder exists and that this user may write there.", path).From(err)
	}
	d := &DB{
		path: path, opt: opt, log: opt.Log,
		readers: make(chan *conn, opt.Readers), idle: make(chan struct{}, opt.Readers),
		jobs: make(chan *job, 256), stop: make(chan struct{}), done: make(chan struct{}),
		crowded: make(chan struct{}, 1), moved: make(chan struct{}),
		subs: map[chan struct{}]struct{}{},
	}
	for range opt.Readers {
		d.idle <- struct{}{}
	}
	for _, p := range parts {
		if p.Tidy != nil {
			d.tidies = append(d.tidies, p.Tidy)
		}
	}
	d.wpool = openPool(path, true)
	d.pool = openPool(path, false)
	w, err := d.connect(ctx, d.wpool)
	if err == nil {
		err = d.prepare(ctx, w, parts)
	}
	if err == nil {
		err = d.syncNames()
	}
	if err != nil {
		err = errors.Join(err, w.close(), d.wpool.Close())
		return nil, err
	}
	d.w = w
	go d.write(w)
	go d.mover()
	if err := d.ensure(ctx, parts); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// makeFile makes the folder (0700) and an empty file (0600); SQLite gives its side files the same rights (ST4).
func makeFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// syncNames makes the names of the file and of its write-ahead log durable. SQLite does so too, at its first commit, and keeps to
// itself whether it failed.
func (d *DB) syncNames() error {
	if err := syncFolder(filepath.Dir(d.path)); err != nil {
		return refusal.Because(refusal.Unavailable, "The folder of the database %s does not keep what is written there. Please check the disk.", d.path).From(err)
	}
	return nil
}

// prepare checks the engine and migrates.
func (d *DB) prepare(ctx context.Context, w *conn, parts []Schema) error {
	if err := checkEngine(ctx, w); err != nil {
		return err
	}
	var fts int
	if err := w.sql.QueryRowContext(ctx, "SELECT sqlite_compileoption_used('ENABLE_FTS5')").Scan(&fts); err != nil {
		return fmt.Errorf("ask for full-text search: %w", err)
	}
	d.fts = fts == 1
	return d.migrate(ctx, w, parts)
}

// FTS tells whether this program was built with full-text search; without it a search reads everything.
func (d *DB) FTS() bool { return d.fts }

// Stats is what an operator's monitoring may want to know about the database.
type Stats struct {
	Commits int64 // that changed something, since it was opened
	Updates int64 // callers that shared them: Updates/Commits is the size of a group (ST3)
	Size    int64 // octets of the file and its write-ahead log
	Untidy  bool  // work that can wait for a quiet moment may be waiting
}

// Stats tells how the database is doing.
func (d *DB) Stats() Stats {
	s := Stats{Commits: d.commits.Load(), Updates: d.shared.Load(), Untidy: d.untidy.Load()}
	for _, name := range []string{d.path, d.path + "-wal"} {
		if info, err := os.Stat(name); err == nil {
			s.Size += info.Size()
		}
	}
	return s
}

// Path is the file's path.
func (d *DB) Path() string { return d.path }

// Now is the clock's time, in whole microseconds UTC, as the database keeps it.
func (d *DB) Now() time.Time { return d.opt.Now().UTC().Truncate(time.Microsecond) }

// Subscribe returns a channel that gets a token after every commit that changed something, by this process at once and by others
// within Options.Watch. Tokens do not pile up: one means look. Call cancel when done.
func (d *DB) Subscribe() (pings <-chan struct{}, cancel func()) {
	c := make(chan struct{}, 1)
	d.mu.Lock()
	d.subs[c] = struct{}{}
	d.mu.Unlock()
	return c, func() {
		d.mu.Lock()
		delete(d.subs, c)
		d.mu.Unlock()
	}
}

func (d *DB) ping() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for c := range d.subs {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// Close waits for the commit under way and closes the file. Later calls of Update and View are refused.
func (d *DB) Close() error {
	var err error
	d.closing.Do(func() {
		close(d.stop)
		<-d.done
		<-d.moved
		err = errors.Join(d.closeReaders(), d.pool.Close(), d.w.close(), d.wpool.Close())
	})
	return err
}

// closeReaders waits for the readings under way. A pool alone would close only the connections that nobody holds, and the file's
// write-ahead log would stay behind.
func (d *DB) closeReaders() (err error) {
	for range d.opt.Readers {
		select {
		case c := <-d.readers:
			err = errors.Join(err, c.close())
		case <-d.idle:
		}
	}
	return err
}

func errClosed() error {
	return refusal.Because(refusal.Busy, "The server is shutting down. Please try again in a minute.")
}

// Micros is a time as the database keeps it: microseconds since 1970, UTC; the zero time is 0.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Time is the reverse of Micros.
func Time(micros int64) time.Time {
	if micros == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micros).UTC()
}

// Named names an argument; use it from three arguments upward.
func Named(name string, value any) any { return sql.Named(name, value) }

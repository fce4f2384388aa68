package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"

	"backchannel/templates/refusal"

	"github.com/mattn/go-sqlite3"
)

// oldest is the first SQLite release without the WAL-reset defect (ST4).
const oldest = 3_051_003

// conn is one connection with the statements prepared on it. Only one goroutine uses it at a time.
type conn struct {
	sql   *sql.Conn
	stmts map[string]prepared
}

// prepared is a prepared statement.
type prepared struct {
	*sql.Stmt
	names []string // of its parameters in order, when all have one
}

const writerCache = 16 << 20 // octets of pages that the writer keeps in memory

// connector opens connections with their pragmas checked. It exists so that nothing need be registered in an init.
type connector struct {
	driver *sqlite3.SQLiteDriver
	dsn    string
}

func (c connector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c connector) Driver() driver.Driver                        { return c.driver }

// openPool gives the pool of readers, or the pool of the one writer. Nothing is opened yet.
func openPool(path string, writer bool) *sql.DB {
	want := map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000"}
	// _synchronous must be said: WAL alone makes the driver choose NORMAL, which loses acknowledged commits in a power cut (ST2).
	set := url.Values{
		"_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_busy_timeout": {"10000"}, "_foreign_keys": {"on"},
		"_secure_delete": {"on"}, "_txlock": {"immediate"},
		"_mutex": {"no"}, // one goroutine at a time has a connection
	}
	var settings string // what the connection string has no word for
	if writer {
		// The pages that a savepoint may have to bring back stay in memory: SQLite would make and delete a file for them in every
		// transaction, which took a third of the time of a letter. The write-ahead log is looked after in checkpoint.go.
		settings = "PRAGMA temp_store = MEMORY; PRAGMA wal_autocheckpoint = 0"
		set.Set("_cache_size", strconv.Itoa(-writerCache>>10))
		want["temp_store"] = "2"
		want["wal_autocheckpoint"] = "0"
	} else {
		set.Set("_query_only", "1")
		set.Set("_txlock", "deferred")
		want["query_only"] = "1"
	}
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + set.Encode()
	hook := func(c *sqlite3.SQLiteConn) error {
		if _, err := c.Exec(settings, nil); err != nil {
			return fmt.Errorf("set up the connection: %w", err)
		}
		return readBack(c, want)
	}
	pool := sql.OpenDB(connector{&sqlite3.SQLiteDriver{ConnectHook: hook}, dsn})
	pool.SetMaxIdleConns(0) // whoever gives a connection up wants it closed; those in use are kept by us
	if writer {
		pool.SetMaxOpenConns(1)
	}
	return pool
}

// readBack asks a connection for its pragmas: a promise that was only requested is none.
func readBack(c *sqlite3.SQLiteConn, want map[string]string) error {
	for name, value := range want {
		got, err := pragma(c, name)
		if err != nil {
			return fmt.Errorf("read pragma %s: %w", name, err)
		}
		if got != value {
			return refusal.Because(refusal.Unavailable, "The database does not promise to keep what it is given (%s is %s, not %s). Is it on a network drive? Please move it to a local disk.", name, got, value)
		}
	}
	return nil
}

func pragma(c *sqlite3.SQLiteConn, name string) (string, error) {
	rows, err := c.Query("PRAGMA "+name, nil)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	row := make([]driver.Value, len(rows.Columns()))
	if err := rows.Next(row); err != nil {
		if errors.Is(err, io.EOF) {
			return "", nil
		}
		return "", err
	}
	return strings.ToLower(fmt.Sprint(row[0])), nil
}

func (d *DB) connect(ctx context.Context, pool *sql.DB) (*conn, error) {
	c, err := pool.Conn(ctx)
	if err != nil {
		return nil, explain(err)
	}
	return &conn{sql: c, stmts: map[string]prepared{}}, nil
}

// close gives the connection up; nil is no connection.
func (c *conn) close() error {
	if c == nil {
		return nil
	}
	for _, s := range c.stmts {
		s.Close()
	}
	return c.sql.Close() // its pool keeps none that is idle
}

// mostStmts is how many prepared statements a connection keeps. The program has some hundred queries; only searches make new ones,
// in as many forms as people can think of, and each would stay for ever.
const mostStmts = 500

// tidy forgets the prepared statements when there are too many. It is called between transactions, when no rows are open.
func (c *conn) tidy() {
	if len(c.stmts) <= mostStmts {
		return
	}
	for _, s := range c.stmts {
		s.Close()
	}
	clear(c.stmts)
}

// stmt gives the prepared statement for a query, preparing it once for each connection.
func (c *conn) stmt(query string) (prepared, error) {
	if s, ok := c.stmts[query]; ok {
		return s, nil
	}
	better, names := steady(query)
	s, err := c.sql.PrepareContext(context.Background(), better)
	if err != nil {
		return prepared{}, err
	}
	p := prepared{s, names}
	c.stmts[query] = p
	return p, nil
}

func (c *conn) exec(query string) error {
	s, err := c.stmt(query)
	if err != nil {
		return err
	}
	// A cancellable context doubles the price of a small statement, and an interrupted one would leave us guessing.
	_, err = s.ExecContext(context.Background())
	return err
}

func (c *conn) number(query string) (n int64, err error) {
	s, err := c.stmt(query)
	if err != nil {
		return 0, err
	}
	err = s.QueryRowContext(context.Background()).Scan(&n)
	return n, err
}

// alone tells whether no transaction is open: SQLite undoes a whole transaction by itself when the disk is full or fails.
func (c *conn) alone() bool {
	on := true
	_ = c.sql.Raw(func(dc any) error {
		if s, ok := dc.(*sqlite3.SQLiteConn); ok {
			on = s.AutoCommit()
		}
		return nil
	})
	return on
}

func checkEngine(ctx context.Context, c *conn) error {
	var version string
	if err := c.sql.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version); err != nil {
		return explain(err)
	}
	if versionNumber(version) < oldest {
		return refusal.Because(refusal.Unavailable, "This program was built with SQLite %s, which can damage a database; it needs 3.51.3 or newer. Please use a newer build.", version)
	}
	return nil
}

// versionNumber makes 3051003 of "3.51.3".
func versionNumber(s string) int {
	n := 0
	for _, p := range append(strings.SplitN(s, ".", 3), "0", "0")[:3] {
		v, err := strconv.Atoi(p)
		if err != nil {
			return 0
		}
		n = n*1000 + v
	}
	return n
}

// explain turns what SQLite says into a refusal where it is a shortage; other errors pass unchanged.
func explain(err error) error {
	var e sqlite3.Error
	if err == nil || !errors.As(err, &e) {
		return err
	}
	if _, ok := refusal.As(err); ok {
		return err // somebody has already found words for it
	}
	switch e.Code {
	case sqlite3.ErrFull:
		return refusal.Because(refusal.Full, "There is no room left on the disk. Nothing was lost; please try again later.").From(err)
	case sqlite3.ErrBusy, sqlite3.ErrLocked:
		return refusal.Because(refusal.Unavailable, "The database is busy. Nothing was lost; please try again in a minute.").From(err)
	case sqlite3.ErrIoErr, sqlite3.ErrNomem, sqlite3.ErrReadonly, sqlite3.ErrCantOpen:
		return refusal.Because(refusal.Unavailable, "The disk could not be read or written. Nothing was lost; please try again later.").From(err)
	case sqlite3.ErrNotADB:
		return refusal.Because(refusal.Unavailable, "The database file is no database any more.").From(err).Try("backchannel restore FILE, with the newest backup")
	case sqlite3.ErrCorrupt:
		return refusal.Because(refusal.Unavailable, "The database file is damaged. Please run: backchannel check, and have a backup at hand.").From(err)
	}
	return err
}

// IsUnique tells whether err says that a row of this key exists already.
func IsUnique(err error) bool {
	var e sqlite3.Error
	return errors.As(err, &e) && (e.ExtendedCode == sqlite3.ErrConstraintUnique || e.ExtendedCode == sqlite3.ErrConstraintPrimaryKey)
}

// IsForeign tells whether err says that a row points at a missing one, or that others point at it.
func IsForeign(err error) bool {
	var e sqlite3.Error
	return errors.As(err, &e) && e.ExtendedCode == sqlite3.ErrConstraintForeignKey
}

// isSyncFailure tells whether the disk refused an fsync.
func isSyncFailure(err error) bool {
	var e sqlite3.Error
	return errors.As(err, &e) && (e.ExtendedCode == sqlite3.ErrIoErrFsync || e.ExtendedCode == sqlite3.ErrIoErrDirFsync)
}

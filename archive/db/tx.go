package db

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"backchannel/templates/refusal"
)

// Tx is one transaction. It is used by one goroutine, inside the function it was given to, and never kept.
type Tx struct {
	Now   time.Time // the one time of this transaction, UTC, whole microseconds
	c     *conn
	fts   bool
	log   *slog.Logger
	done  []func()
	batch []ending // of the transactions before this one that share its commit
	ends  []endStep
	lost  error // SQLite has undone everything by itself: nothing more may be written, it would be a transaction of its own
}

// FTS tells whether full-text tables may be used.
func (tx *Tx) FTS() bool { return tx.fts }

// Log is the program's log. Tell it what happened once that is true: in OnCommit.
func (tx *Tx) Log() *slog.Logger { return tx.log }

// OnCommit has f called after the transaction is durable, before Update returns; never when it failed.
func (tx *Tx) OnCommit(f func()) { tx.done = append(tx.done, f) }

// Attempt runs fn inside the transaction so that, when it fails, its own work alone is undone and the transaction goes on. What fn
// gave to OnCommit and AtEnd is forgotten with its work. Attempts may be nested.
func (tx *Tx) Attempt(fn func() error) error {
	hooks, ends := len(tx.done), len(tx.ends)
	if tx.lost != nil {
		return tx.lost
	}
	if err := tx.c.exec("SAVEPOINT attempt"); err != nil {
		return err
	}
	err := fn()
	if tx.lost != nil {
		return tx.lost
	}
	if err != nil {
		tx.done, tx.ends = tx.done[:hooks], tx.ends[:ends]
		err = errors.Join(err, tx.c.exec("ROLLBACK TO attempt"))
	}
	return errors.Join(err, tx.c.exec("RELEASE attempt"))
}

// stmt prepares a query, unless the transaction is gone.
func (tx *Tx) stmt(query string) (prepared, error) {
	if tx.lost != nil {
		return prepared{}, tx.lost
	}
	return tx.c.stmt(query)
}

// look notes after an error whether SQLite has undone the whole transaction, as it does when the disk is full or fails.
func (tx *Tx) look(err error) error {
	if err != nil && tx.lost == nil && tx.c.alone() {
		tx.lost = err
	}
	return err
}

// Exec runs a statement.
func (tx *Tx) Exec(query string, args ...any) (Result, error) {
	s, err := tx.stmt(query)
	if err != nil {
		return nil, err
	}
	r, err := s.ExecContext(context.Background(), inOrder(s.names, args)...)
	return r, tx.look(err)
}

// Insert runs an INSERT and gives the new row's id.
func (tx *Tx) Insert(query string, args ...any) (int64, error) {
	r, err := tx.Exec(query, args...)
	if err != nil {
		return 0, err
	}
	return r.LastInsertId()
}

// Change runs a statement and gives the number of rows it changed.
func (tx *Tx) Change(query string, args ...any) (int64, error) {
	r, err := tx.Exec(query, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// Query starts a reading. Statements are shared by their text: do not run the same query again while its rows are open, and
// close them before talking to anybody outside.
func (tx *Tx) Query(query string, args ...any) (*Rows, error) {
	return tx.QueryContext(context.Background(), query, args...)
}

// QueryContext is Query with a budget of time, for searches; it costs more than Query.
func (tx *Tx) QueryContext(ctx context.Context, query string, args ...any) (*Rows, error) {
	s, err := tx.stmt(query)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, inOrder(s.names, args)...)
	return rows, tx.look(err)
}

// QueryRow reads one row. Its Scan returns ErrNoRows when there is none.
func (tx *Tx) QueryRow(query string, args ...any) Scanner {
	s, err := tx.stmt(query)
	if err != nil {
		return failed{err}
	}
	return s.QueryRowContext(context.Background(), inOrder(s.names, args)...)
}

type failed struct{ err error }

func (f failed) Scan(...any) error { return f.err }

// Select reads all rows of a query, each through scan, and returns when the last is read.
func Select[T any](tx *Tx, scan func(Scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, rows.Err()
}

// job is one caller's work on its way through the writer.
type job struct {
	fn       func(*Tx) error
	tx       *Tx
	err      error
	panicked *refusal.Panic
	done     chan struct{}
}

// Update runs fn in a write transaction and returns when its work is durable. Callers that come at the same time share a commit; fn
// runs alone, once, and must neither block nor talk to the network. When fn fails only its own work is undone and its error
// returned. A panic in fn is passed on to the caller after its work is undone.
func (d *DB) Update(ctx context.Context, fn func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return refusal.Because(refusal.Busy, "The work was given up before it began. Please try again.").From(err)
	}
	j := &job{fn: fn, done: make(chan struct{})}
	select {
	case d.jobs <- j:
	case <-d.stop:
		return errClosed()
	}
	select {
	case <-j.done:
	case <-d.done:
		// The writer has ended; it answered every job it took.
		select {
		case <-j.done:
		default:
			return errClosed()
		}
	}
	if j.panicked != nil {
		panic(j.panicked)
	}
	if j.err != nil {
		return explain(j.err)
	}
	for _, f := range j.tx.done {
		f()
	}
	return nil
}

// run does one job inside its own savepoint, at the time now, behind those whose endings are given.
func (d *DB) run(w *conn, j *job, now time.Time, before []ending) {
	j.tx = &Tx{Now: now, c: w, fts: d.fts, log: d.log, batch: before}
	if j.err = w.exec("SAVEPOINT job"); j.err != nil {
		return
	}
	if !j.call() {
		return
	}
	if j.err == nil && j.panicked == nil {
		if j.err = j.tx.lost; j.err == nil {
			j.err = w.exec("RELEASE job")
		}
		return
	}
	if w.alone() {
		return // the whole transaction is gone; the writer finds out
	}
	if err := w.exec("ROLLBACK TO job"); err != nil && j.err == nil {
		j.err = err
	}
	if err := w.exec("RELEASE job"); err != nil && j.err == nil {
		j.err = err
	}
}

// call runs the caller's function and catches its panic, so that one letter cannot stop the writer (P8).
func (j *job) call() (returned bool) {
	defer func() {
		if p := recover(); p != nil {
			j.panicked, returned = refusal.Caught(p), true
		}
	}()
	j.err = j.fn(j.tx)
	return true
}

// View runs fn in a read transaction: it sees one moment of the database, and its writes fail.
func (d *DB) View(ctx context.Context, fn func(*Tx) error) error {
	c, err := d.reader(ctx)
	if err != nil {
		return err
	}
	defer func() { d.readers <- c }()
	c.tidy()
	if err := c.exec("BEGIN"); err != nil {
		return explain(err)
	}
	defer func() { _ = c.exec("ROLLBACK") }() // nothing to lose, and it cannot fail but for a broken disk
	return explain(fn(&Tx{Now: d.Now(), c: c, fts: d.fts, log: d.log}))
}

// reader takes a free read connection, or opens one while there are fewer than allowed.
func (d *DB) reader(ctx context.Context) (*conn, error) {
	select {
	case <-d.stop:
		return nil, errClosed()
	default:
	}
	select {
	case c := <-d.readers:
		return c, nil
	default:
	}
	select {
	case c := <-d.readers:
		return c, nil
	case <-d.idle:
		c, err := d.connect(ctx, d.pool)
		if err != nil {
			d.idle <- struct{}{}
			return nil, err
		}
		return c, nil
	case <-d.stop:
		return nil, errClosed()
	case <-ctx.Done():
		return nil, refusal.Because(refusal.Busy, "The server is busy. Please try again in a minute.").From(ctx.Err())
	}
}

package db

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/mattn/go-sqlite3"
)

// A thousand forms of one search must not stay in memory for ever, and forgetting them must not disturb who is reading.
func TestStatementsAreForgotten(t *testing.T) {
	ctx := context.Background()
	d, err := Open(ctx, filepath.Join(t.TempDir(), "a.db"), Options{Now: time.Now, Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	ask := func(n int) func(tx *Tx) error {
		return func(tx *Tx) error {
			var got int
			rows, err := tx.Query("SELECT 1 UNION SELECT 2")
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				if err := tx.QueryRow(fmt.Sprintf("SELECT %d", n)).Scan(&got); err != nil || got != n {
					return fmt.Errorf("%d gave %d: %w", n, got, err)
				}
			}
			return rows.Err()
		}
	}
	for n := range 3 * mostStmts {
		if err := d.View(ctx, ask(n)); err != nil {
			t.Fatal(err)
		}
		if err := d.Update(ctx, ask(n)); err != nil {
			t.Fatal(err)
		}
	}
	c := <-d.readers
	kept := len(c.stmts)
	d.readers <- c
	if kept > mostStmts+3 {
		t.Errorf("the reader keeps %d statements", kept)
	}
	if err := d.Update(ctx, func(tx *Tx) error { kept = len(tx.c.stmts); return nil }); err != nil || kept > mostStmts+3 {
		t.Errorf("the writer keeps %d statements, %v", kept, err)
	}
}

// ST2: a connection that does not promise what it was asked for is none; the program does not start with it.
func TestAPromiseThatIsNotKept(t *testing.T) {
	for name, query := range map[string]string{
		"synchronous is 1, not 2":         "_journal_mode=WAL&_synchronous=NORMAL&_foreign_keys=on&_busy_timeout=10000",
		"journal_mode is delete, not wal": "_synchronous=FULL&_foreign_keys=on&_busy_timeout=10000",
		"foreign_keys is 0, not 1":        "_journal_mode=WAL&_synchronous=FULL&_busy_timeout=10000",
	} {
		want := map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000"}
		hook := func(c *sqlite3.SQLiteConn) error { return readBack(c, want) }
		pool := sql.OpenDB(connector{&sqlite3.SQLiteDriver{ConnectHook: hook}, "file:" + filepath.Join(t.TempDir(), "a.db") + "?" + query})
		err := pool.Ping()
		if err == nil || err.Error() != "The database does not promise to keep what it is given ("+name+"). Is it on a network drive? Please move it to a local disk." {
			t.Errorf("%s: %v", name, err)
		}
		pool.Close()
	}
}

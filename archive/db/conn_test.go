package db

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"
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

package db_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
)

// ended notes which ids an ending got together, as a row.
func ended(tx *db.Tx, ids []int64) error {
	if ids[0] < 0 {
		return errors.New("no such index")
	}
	return add(fmt.Sprint("end", ids))(tx)
}

func TestAtEnd(t *testing.T) {
	ctx := context.Background()
	broken := errors.New("broken")
	for _, c := range []struct {
		name string
		do   func(tx *db.Tx) error
		want string
	}{
		{"together and once", func(tx *db.Tx) error { tx.AtEnd("x", 1, ended); tx.AtEnd("x", 2, ended); return nil }, "end[1 2]"},
		{"by name", func(tx *db.Tx) error { tx.AtEnd("x", 1, ended); tx.AtEnd("y", 2, ended); return nil }, "end[1] end[2]"},
		{"not for one that failed", func(tx *db.Tx) error { tx.AtEnd("x", 1, ended); return broken }, ""},
		{"not for an attempt that failed", func(tx *db.Tx) error {
			tx.AtEnd("x", 1, ended)
			_ = tx.Attempt(func() error { tx.AtEnd("x", 2, ended); return broken })
			return tx.Attempt(func() error { tx.AtEnd("x", 3, ended); return nil })
		}, "end[1 3]"},
		{"taken back", func(tx *db.Tx) error {
			tx.AtEnd("x", 1, ended)
			tx.AtEnd("x", 2, ended)
			if !tx.NotAtEnd("x", 1) || tx.NotAtEnd("x", 1) || tx.NotAtEnd("y", 2) || tx.NotAtEnd("x", 7) {
				t.Error("it does not know what waits")
			}
			return nil
		}, "end[2]"},
		{"taken back and given again", func(tx *db.Tx) error {
			tx.AtEnd("x", 1, ended)
			tx.NotAtEnd("x", 1)
			tx.AtEnd("x", 1, ended)
			return nil
		}, "end[1]"},
		{"taken back in an attempt that failed", func(tx *db.Tx) error {
			tx.AtEnd("x", 1, ended)
			_ = tx.Attempt(func() error { tx.NotAtEnd("x", 1); return broken })
			return tx.Attempt(func() error { tx.AtEnd("x", 2, ended); return nil })
		}, "end[1 2]"},
		{"nothing left", func(tx *db.Tx) error { tx.AtEnd("x", 1, ended); tx.NotAtEnd("x", 1); return nil }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := dbtest.Open(t, seeds)
			if err := d.Update(ctx, c.do); err != nil && !errors.Is(err, broken) {
				t.Fatal(err)
			}
			if got := names(t, d); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// together runs transactions that share a commit: they line up while another one holds the writer.
func together(t *testing.T, d *db.DB, all ...func(tx *db.Tx) error) []error {
	t.Helper()
	errs := make([]error, len(all))
	started, inLine := make(chan struct{}), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		_ = d.Update(context.Background(), func(*db.Tx) error { close(started); <-inLine; return nil })
	})
	<-started
	for i, f := range all {
		group.Go(func() { errs[i] = d.Update(context.Background(), f) })
		d.WaitInLine(i + 1)
	}
	close(inLine)
	group.Wait()
	return errs
}

func TestAtEndSharesACommit(t *testing.T) {
	give := func(id int64) func(tx *db.Tx) error {
		return func(tx *db.Tx) error { tx.AtEnd("x", id, ended); return nil }
	}
	d := dbtest.Open(t, seeds)
	for _, err := range together(t, d, give(1), give(2),
		func(tx *db.Tx) error { give(3)(tx); return nil },
		func(tx *db.Tx) error {
			if !tx.NotAtEnd("x", 2) {
				return errors.New("it does not know what another transaction gave")
			}
			return nil
		}) {
		if err != nil {
			t.Error(err)
		}
	}
	if got := names(t, d); got != "end[1 3]" {
		t.Errorf("%q", got)
	}
	// What cannot be ended is no commit, for nobody; what comes after is.
	d = dbtest.Open(t, seeds)
	for i, err := range together(t, d, add("beans"), give(-1), add("weeds")) {
		if err == nil || !strings.Contains(err.Error(), "no such index") {
			t.Errorf("transaction %d: %v", i, err)
		}
	}
	panics := func(tx *db.Tx) error {
		tx.AtEnd("x", 1, func(*db.Tx, []int64) error { panic("oh") })
		return nil
	}
	if err := d.Update(context.Background(), panics); err == nil || !strings.Contains(err.Error(), "end of a commit: panic with") {
		t.Errorf("a panic at the end: %v", err)
	}
	dbtest.Update(t, d, add("peas"))
	if got := names(t, d); got != "peas" {
		t.Errorf("%q", got)
	}
}

package db_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"backchannel/archive/db"
)

// Work that can wait is done once nobody has written for a while, step by step; who comes meanwhile is served between two steps, and
// nobody is pinged. The time is virtual.
func TestTidy(t *testing.T) {
	for _, c := range []struct {
		name string
		step func(n int, tx *db.Tx) (bool, error)
		want string // 300 ms after the last writing, in the order in which it was written
	}{
		{"until there is no more", func(n int, tx *db.Tx) (bool, error) { return n < 3, add(fmt.Sprint("step", n))(tx) }, "[a b step1 step2 step3]"},
		{"not after an error", func(n int, tx *db.Tx) (bool, error) {
			return true, errors.Join(add(fmt.Sprint("step", n))(tx), errors.New("broken"))
		}, "[a b]"},
		{"nor after a panic", func(n int, tx *db.Tx) (bool, error) { panic("stumbled") }, "[a b]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n atomic.Int64
				var on atomic.Bool
				part := seeds
				part.Tidy = func(tx *db.Tx) (bool, error) {
					if !on.Load() {
						return false, nil
					}
					return c.step(int(n.Add(1)), tx)
				}
				d, err := db.Open(context.Background(), filepath.Join(t.TempDir(), "c.db"), db.Options{Now: time.Now}, part)
				if err != nil {
					t.Fatal(err)
				}
				defer d.Close()
				time.Sleep(time.Second) // what an older program left
				if d.Stats().Untidy {
					t.Error("it does not come to rest")
				}
				on.Store(true)
				for _, name := range []string{"a", "b"} {
					if err := d.Update(context.Background(), add(name)); err != nil {
						t.Fatal(err)
					}
					time.Sleep(200 * time.Millisecond)
				}
				if n.Load() > 0 || !d.Stats().Untidy {
					t.Errorf("%d steps while people wrote", n.Load())
				}
				pings, cancel := d.Subscribe()
				defer cancel()
				time.Sleep(100 * time.Millisecond)
				if got := inRows(t, d); got != c.want || d.Stats().Untidy {
					t.Errorf("%s, want %s", got, c.want)
				}
				select {
				case <-pings:
					t.Error("somebody was pinged")
				default:
				}
			})
		})
	}
}

// inRows are the names in the order in which they were written.
func inRows(t *testing.T, d *db.DB) string {
	t.Helper()
	var all []string
	err := d.View(context.Background(), func(tx *db.Tx) (err error) {
		all, err = db.Select(tx, func(r db.Scanner) (n string, err error) { return n, r.Scan(&n) }, "SELECT name FROM seed ORDER BY id")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(all)
}

// Who writes while there is much to tidy waits for one step at most.
func TestTidyGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var steps atomic.Int64
		part := seeds
		part.Tidy = func(tx *db.Tx) (bool, error) {
			n := steps.Add(1)
			return n < 100, add(fmt.Sprint("step", n))(tx)
		}
		d, err := db.Open(context.Background(), filepath.Join(t.TempDir(), "c.db"), db.Options{Now: time.Now}, part)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		time.Sleep(300 * time.Millisecond)
		before := steps.Load()
		if err := d.Update(context.Background(), add("a")); err != nil {
			t.Fatal(err)
		}
		if n := steps.Load(); before == 0 || n > before+1 {
			t.Errorf("%d steps before, %d after", before, n)
		}
		time.Sleep(200 * time.Millisecond)
		if n := steps.Load(); n > before+1 {
			t.Errorf("%d steps right after somebody wrote", n-before)
		}
		time.Sleep(time.Second)
		if n := steps.Load(); n != 100 {
			t.Errorf("%d steps in all", n)
		}
	})
}

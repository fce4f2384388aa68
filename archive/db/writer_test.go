package db_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"backchannel/archive/db"
)

// After a commit that was shared the writer waits a little for the next callers; for one who comes alone it never does. The time is
// virtual: what is slept for is all that passes.
func TestWaitForCompany(t *testing.T) {
	for _, c := range []struct {
		name    string
		company time.Duration
		pause   time.Duration // between the callers after the shared commit
		want    string        // what they did at the ends of their commits
		took    time.Duration
	}{
		{"together", time.Millisecond, 500 * time.Microsecond, "end[3 4 5]", time.Millisecond},
		{"too late", time.Millisecond, 1500 * time.Microsecond, "end[3] end[4] end[5]", 3 * time.Millisecond},
		{"never for long", time.Hour, 4 * time.Millisecond, "end[3 4] end[5]", 8 * time.Millisecond},
		{"not wanted", 0, time.Nanosecond, "end[3] end[4] end[5]", 2 * time.Nanosecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, err := db.Open(context.Background(), filepath.Join(t.TempDir(), "c.db"), db.Options{Now: time.Now, Company: c.company}, seeds)
				if err != nil {
					t.Fatal(err)
				}
				defer d.Close()
				give := func(id int64) func(*db.Tx) error {
					return func(tx *db.Tx) error { tx.AtEnd("x", id, ended); return nil }
				}
				for _, err := range together(t, d, give(1), give(2)) {
					if err != nil {
						t.Fatal(err)
					}
				}
				began := time.Now()
				var all sync.WaitGroup
				for n := range 3 {
					all.Go(func() {
						time.Sleep(time.Duration(n) * c.pause)
						if err := d.Update(context.Background(), give(int64(3+n))); err != nil {
							t.Error(err)
						}
					})
				}
				all.Wait()
				if got := names(t, d); got != "end[1 2] "+c.want {
					t.Errorf("%q", got)
				}
				if took := time.Since(began); took < c.took || took > c.took+6*time.Millisecond {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		d, err := db.Open(context.Background(), filepath.Join(t.TempDir(), "c.db"), db.Options{Now: time.Now, Company: time.Millisecond}, seeds)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		began := time.Now()
		for n := range 20 {
			if err := d.Update(context.Background(), add(string(rune('a'+n)))); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("a caller who came alone waited: %v", took)
		}
	})
}

// ST3: those who come while the writer is busy share a commit, and no more than 64 of them, so that the first need not wait for a crowd.
func TestCommitsAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, err := db.Open(context.Background(), filepath.Join(t.TempDir(), "c.db"), db.Options{Now: time.Now}, seeds)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		before, busy := d.Stats(), make(chan struct{})
		var all sync.WaitGroup
		all.Go(func() {
			if err := d.Update(context.Background(), func(tx *db.Tx) error { <-busy; return add("first")(tx) }); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		const crowd = 160
		for n := range crowd {
			all.Go(func() {
				if err := d.Update(context.Background(), add(fmt.Sprint("one of many, ", n))); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		close(busy)
		all.Wait()
		after := d.Stats()
		if n := after.Commits - before.Commits; n < crowd/64+1 || n > crowd/8 {
			t.Errorf("%d callers in %d commits", after.Updates-before.Updates, n)
		}
	})
}

package db_test

import (
	"context"
	"sync"
	"testing"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
)

// What monitoring hears: a commit is counted when it changed something, with all callers that shared it.
func TestStats(t *testing.T) {
	d := dbtest.Open(t, db.Schema{Owner: "x", Steps: []string{"CREATE TABLE x (n INTEGER) STRICT"}})
	before := d.Stats()
	dbtest.Update(t, d, func(*db.Tx) error { return nil })
	if got := d.Stats(); got.Commits != before.Commits || got.Size == 0 {
		t.Errorf("a commit of nothing: %+v, before %+v", got, before)
	}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			_ = d.Update(context.Background(), func(tx *db.Tx) error { _, err := tx.Exec("INSERT INTO x (n) VALUES (1)"); return err })
		})
	}
	all.Wait()
	after := d.Stats()
	if updates, commits := after.Updates-before.Updates, after.Commits-before.Commits; updates != 20 || commits < 1 || commits > 20 {
		t.Errorf("%d updates in %d commits", updates, commits)
	}
}

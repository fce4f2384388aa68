package queue

import (
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
)

// What waits for its first attempt can be recalled; what was tried may have arrived.
func TestRecall(t *testing.T) {
	y := newYard(t)
	owe := func(source string, wait time.Duration, n int) {
		dbtest.Update(t, y.db, func(tx *db.Tx) error {
			o := Owed{Source: source, Stamp: "plain", To: member(n)}
			if wait > 0 {
				o.NotBefore = tx.Now.Add(wait)
			}
			_, err := Owe(tx, o)
			return err
		})
	}
	owe("post:1", time.Minute, 1)
	owe("post:1", time.Minute, 2)
	owe("post:2", time.Minute, 1)
	recall := func(source string) (n int, left bool) {
		dbtest.Update(t, y.db, func(tx *db.Tx) (err error) {
			n, left, err = Recall(tx, source, "its author took it back")
			return err
		})
		return n, left
	}
	dbtest.Update(t, y.db, func(tx *db.Tx) error {
		n, err := RetryAll(tx)
		if n != 0 {
			t.Errorf("%d copies were made due before their time", n)
		}
		return err
	})
	if n, left := recall("post:1"); n != 2 || left {
		t.Errorf("%d stopped, left %v", n, left)
	}
	if n, left := recall("post:1"); n != 0 || left {
		t.Errorf("again: %d stopped, left %v", n, left)
	}
	dbtest.Update(t, y.db, func(tx *db.Tx) error {
		_, err := tx.Exec("UPDATE copy SET attempts = 1")
		return err
	})
	if n, left := recall("post:2"); n != 1 || !left {
		t.Errorf("tried before: %d stopped, left %v", n, left)
	}
	dbtest.Update(t, y.db, func(tx *db.Tx) error {
		wrong, err := Check(tx)
		if len(wrong) > 0 {
			t.Error(wrong)
		}
		return err
	})
}

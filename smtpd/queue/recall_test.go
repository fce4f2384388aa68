package queue

import (
	"context"
	"testing"
	"testing/synctest"
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

// A copy that is on its way while its post is taken back may arrive. When the host wants to hear of it later, it does not: greylisting
// would bring the post to people hours after it is gone.
func TestRecallOnTheWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		tried := 0
		y.o.Courier = courier(func(_ context.Context, m Message) Outcome {
			if tried++; tried == 1 {
				dbtest.Update(t, y.db, func(tx *db.Tx) error {
					n, left, err := Recall(tx, "post:1", "its author took it back")
					if n != 1 || !left {
						t.Errorf("%d stopped, left %v", n, left)
					}
					return err
				})
			}
			return Outcome{Stage: StageRcpt, Code: 451, Enhanced: "4.7.1", Text: "greylisted"}
		})
		y.oweTo("post:1", "a.test", 1)
		y.run(func() { time.Sleep(24 * time.Hour) })
		if tried != 1 {
			t.Errorf("tried %d times", tried)
		}
	})
}

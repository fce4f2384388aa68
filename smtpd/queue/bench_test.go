package queue

import (
	"context"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
)

// million fills the queue with copies that are due in an hour.
func (y *yard) million(n int) {
	dbtest.Update(y.t, y.db, func(tx *db.Tx) error {
		_, err := tx.Exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
			INSERT INTO copy (source, story, msgid, local, domain, person, stamp, object, since, due, attempts)
			SELECT 'post:' || (i / 10000), 's', 'm@list.test', 'm' || i, 'south.test', i, 'plain', 0, ?2, ?2 + 3600000000 + i, 1 FROM n`, n, db.Micros(tx.Now))
		return err
	})
}

// BenchmarkFirstWake measures how long a runner needs with a million copies waiting, until a new one is on its way (P10: 2 s for the
// whole server).
func BenchmarkFirstWake(b *testing.B) {
	y := newYard(b)
	y.million(1_000_000)
	n := 0
	for b.Loop() {
		n++
		dbtest.Update(b, y.db, func(tx *db.Tx) error {
			_, err := Owe(tx, Owed{Source: "post:new", To: member(n), Stamp: "plain"})
			return err
		})
		y.drain()
	}
	if len(y.sent) != n {
		b.Fatalf("%d of %d arrived", len(y.sent), n)
	}
}

// A queue of many thousands waiting does not slow down the few that are due.
func TestManyWaiting(t *testing.T) {
	y := newYard(t)
	y.million(100_000)
	ids := y.owe("plain", 10)
	began := time.Now()
	if tally, err := y.runner().Drain(context.Background()); err != nil || tally.Delivered != len(ids) {
		t.Fatal(tally, err)
	}
	if d := time.Since(began); d > 2*time.Second {
		t.Errorf("it took %v", d)
	}
}

package queue

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/archive/logbook"
	"backchannel/templates/refusal"
)

// verb runs f in a transaction and gives its refusal with the hint, or "ok".
func (y *yard) verb(f func(tx *db.Tx) error) string {
	err := y.db.Update(context.Background(), f)
	if r, ok := refusal.As(err); ok {
		return fmt.Sprintf("%s (%s) [%s]", r.Sentence, r.Hint, r.Kind)
	}
	if err != nil {
		return err.Error()
	}
	return "ok"
}

func TestVerbs(t *testing.T) {
	y := newYard(t)
	y.o.Courier = courier(func(context.Context, Message) Outcome { return Outcome{Text: "later"} })
	y.owe("plain", 3)
	y.drain()
	on := func(f func(*db.Tx, CopyID) error, id CopyID) string {
		return y.verb(func(tx *db.Tx) error { return f(tx, id) })
	}
	sending := func(tx *db.Tx, id CopyID) error {
		c, err := get(tx, id)
		if err != nil {
			return err
		}
		return claim(tx, c, "run", tx.Now)
	}
	holdBack := func(tx *db.Tx, id CopyID) error { return Hold(tx, id, "by the operator") }
	drop := func(tx *db.Tx, id CopyID) error { return Drop(tx, id, "by the operator") }
	show := func(tx *db.Tx, id CopyID) error { _, err := Show(tx, id); return err }
	for _, c := range []struct {
		what  string
		f     func(*db.Tx, CopyID) error
		id    CopyID
		says  string
		queue string
	}{
		{"retry", Retry, 1, "ok", "waiting 1 at once|waiting 1 later|waiting 1 later"},
		{"hold", holdBack, 2, "ok", "waiting 1 at once|held 1 later|waiting 1 later"},
		{"hold again", holdBack, 2, "ok", "waiting 1 at once|held 1 later|waiting 1 later"},
		{"retry what is held", Retry, 2, "Copy 2 is held back and is not tried before it is released. (backchannel queue release 2) [conflict]",
			"waiting 1 at once|held 1 later|waiting 1 later"},
		{"release", Release, 2, "ok", "waiting 1 at once|waiting 1 at once|waiting 1 later"},
		{"release what is not held", Release, 2, "Copy 2 is not held. (backchannel queue retry 2) [conflict]", "waiting 1 at once|waiting 1 at once|waiting 1 later"},
		{"(sending)", sending, 3, "ok", "waiting 1 at once|waiting 1 at once|sending 1 later"},
		{"retry what is under way", Retry, 3, "Copy 3 is being sent this very moment. (backchannel queue show 3) [conflict]", "waiting 1 at once|waiting 1 at once|sending 1 later"},
		{"hold what is under way", holdBack, 3, "ok", "waiting 1 at once|waiting 1 at once|sending 1 later"},
		{"release what is under way", Release, 3, "ok", "waiting 1 at once|waiting 1 at once|sending 1 at once"},
		{"drop", drop, 1, "ok", "waiting 1 at once|sending 1 at once"},
		{"drop what is under way", drop, 3, "ok", "waiting 1 at once"},
		{"drop again", drop, 3, "There is no copy 3 in the queue. It may have been delivered. (backchannel trace 3) [not-found]", "waiting 1 at once"},
		{"show", show, 2, "ok", "waiting 1 at once"},
		{"show nothing", show, 9, "There is no copy 9 in the queue. It may have been delivered. (backchannel trace 9) [not-found]", "waiting 1 at once"},
		{"hold nothing", holdBack, 9, "There is no copy 9 in the queue. It may have been delivered. (backchannel trace 9) [not-found]", "waiting 1 at once"},
	} {
		is(t, c.what, on(c.f, c.id), c.says)
		is(t, "queue after "+c.what, strings.ReplaceAll(y.list(), "\n", "|"), c.queue)
	}
	is(t, "story", y.story(1), "deferred: later\ndropped: by the operator")
	is(t, "a state there is none", y.verb(func(tx *db.Tx) error { _, err := List(tx, Filter{State: "lost"}); return err }),
		`A copy is never "lost". (waiting, sending, held or aside) [usage]`)
}

// After a restore nothing leaves before somebody has looked, whatever state the copies were in; new copies do (P11, FC17).
func TestRestoredQueueIsHeld(t *testing.T) {
	y := newYard(t)
	y.owe("plain", 30)
	dbtest.Update(t, y.db, func(tx *db.Tx) error {
		for id := range CopyID(10) {
			c, err := get(tx, id+1)
			if err != nil {
				return err
			}
			if err := claim(tx, c, "the run of the backup", tx.Now); err != nil {
				return err
			}
		}
		n, err := HoldAll(tx, "restored from a backup")
		if n != 30 {
			t.Errorf("%d of 30 are held", n)
		}
		return err
	})
	y.owe("plain", 31) // one more
	if tally := y.drain(); tally != (Tally{Delivered: 1}) {
		t.Errorf("%+v", tally)
	}
	dbtest.View(t, y.db, func(tx *db.Tx) error {
		all, err := List(tx, Filter{State: "held"})
		if len(all) != 30 || all[0].Held != "restored from a backup" {
			t.Errorf("%d held", len(all))
		}
		return err
	})
	dbtest.Update(t, y.db, func(tx *db.Tx) error {
		n, err := ReleaseAll(tx)
		if n != 30 {
			t.Errorf("%d of 30 are released", n)
		}
		return err
	})
	if tally := y.drain(); tally != (Tally{Delivered: 30}) {
		t.Errorf("%+v", tally)
	}
}

// A copy held or dropped while it is under way: the attempt ends as it ends, and nothing else is tried.
func TestVerbsOnCopiesUnderWay(t *testing.T) {
	y := newYard(t)
	y.owe("plain", 3)
	y.o.Courier = courier(func(ctx context.Context, m Message) Outcome {
		dbtest.Update(t, y.db, func(tx *db.Tx) error {
			switch m.Copy {
			case 1:
				return Drop(tx, 1, "by the operator")
			case 2:
				return Hold(tx, 2, "")
			}
			return Hold(tx, 3, "too late")
		})
		if m.Copy == 3 {
			return y.take(ctx, m)
		}
		return Outcome{Text: "later"}
	})
	y.drain()
	is(t, "queue", y.list(), "held 1 later")
	is(t, "story", y.story(1), "dropped: by the operator")
	dbtest.View(t, y.db, func(tx *db.Tx) error {
		all, err := logbook.Find(tx, "story-plain")
		for _, e := range all {
			if e.Copy == 0 && e.Verb == logbook.Deferred && e.Detail == "copy 1, dropped while it was under way: later" {
				return err
			}
		}
		t.Errorf("%+v", all)
		return err
	})
	y.balanced()
	is(t, "story", y.story(3), "delivered: mx.test said 250 2.0.0 taken")
}

func TestSetAsideIsReleasedOneByOne(t *testing.T) {
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	y := newYardAt(t, func() time.Time { return now })
	y.owe("broken", 2)
	y.drain()
	now = now.Add(time.Hour)
	y.drain()
	is(t, "queue", y.list(), "aside 2 at once\naside 2 at once")
	dbtest.Update(t, y.db, func(tx *db.Tx) error {
		if n, err := ReleaseAll(tx); n != 0 || err != nil {
			t.Error(n, err)
		}
		if n, err := HoldAll(tx, "x"); n != 0 || err != nil {
			t.Error(n, err)
		}
		return Release(tx, 1)
	})
	is(t, "queue", y.list(), "waiting 2 at once\naside 2 at once")
	y.drain() // it fails again, and has one more chance before it is set aside again
	is(t, "queue", y.list(), "waiting 3 later\naside 2 at once")
}

func TestListAndSummary(t *testing.T) {
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	y := newYardAt(t, func() time.Time { return now })
	y.owe("plain", 3)
	now = now.Add(time.Hour)
	y.owe("gone", 2)
	dbtest.Update(t, y.db, func(tx *db.Tx) error { return Hold(tx, 1, "x") })
	count := func(f Filter) (n int) {
		dbtest.View(t, y.db, func(tx *db.Tx) error {
			all, err := List(tx, f)
			n = len(all)
			return err
		})
		return n
	}
	for want, f := range map[int]Filter{5: {}, 4: {State: "waiting"}, 1: {State: "held"}, 2: {To: member(1)}, 3: {After: 2}, 0: {State: "aside"}} {
		if n := count(f); n != want {
			t.Errorf("%+v: %d copies, want %d", f, n, want)
		}
	}
	if n := count(Filter{Most: 2}); n != 2 {
		t.Errorf("a page of 2 has %d", n)
	}
	summary := func() (s Summary) {
		dbtest.View(t, y.db, func(tx *db.Tx) (err error) { s, err = Summarise(tx); return err })
		return s
	}
	if s := summary(); s.Waiting != 4 || s.Held != 1 || s.Tried != 0 || s.Owing() != 5 || !s.Oldest.Equal(now.Add(-time.Hour)) {
		t.Errorf("%+v", s)
	}
	y.o.Courier = courier(func(context.Context, Message) Outcome { return Outcome{Text: "later"} })
	y.drain()
	if s := summary(); s.Waiting != 2 || s.Tried != 2 || s.Held != 1 || s.Owing() != 3 {
		t.Errorf("%+v", s)
	}
	dbtest.Update(t, y.db, func(tx *db.Tx) error {
		n, err := RetryAll(tx)
		if n != 2 {
			t.Errorf("%d are made due", n)
		}
		return err
	})
	is(t, "queue", y.list(), "held 0 at once\nwaiting 1 at once\nwaiting 1 at once")
}

// The books notice a copy that is gone without an end, and one that has ended twice.
func TestBooks(t *testing.T) {
	y := newYard(t)
	y.balanced()
	y.owe("plain", 5)
	y.owe("gone", 3)
	y.owe("plain", 5) // nothing new
	y.owe("plain", 7) // two more
	y.balanced()
	y.drain()
	y.balanced()
	y.owe("unwell", 1)
	faults := func() string {
		var faults []string
		dbtest.View(t, y.db, func(tx *db.Tx) (err error) { faults, err = Check(tx); return err })
		return strings.Join(faults, "|")
	}
	dbtest.Update(t, y.db, func(tx *db.Tx) error { return logbook.Write(tx, logbook.Entry{Verb: logbook.Delivered, Copy: 1}) })
	is(t, "twice", faults(), "11 copies were ever owed, but 1 are in the queue and 11 have ended (8 delivered, 0 bounced, 3 dropped).")
	dbtest.Update(t, y.db, func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM copy`)
		return err
	})
	dbtest.Update(t, y.db, func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM log_entry WHERE copy = 1`)
		return err
	})
	is(t, "gone", faults(), "11 copies were ever owed, but 0 are in the queue and 9 have ended (6 delivered, 0 bounced, 3 dropped).")
}

// What is held for one reason is no other hold's business: a source is kept back and released alone.
func TestHoldOfOneSource(t *testing.T) {
	y := newYard(t)
	y.owe("plain", 4)
	y.owe("other", 1)
	source := func(why string) (n int64) {
		dbtest.Update(t, y.db, func(tx *db.Tx) (err error) { n, err = HoldSource(tx, "post:plain", why); return err })
		return n
	}
	release := func(why string) (n int64) {
		dbtest.Update(t, y.db, func(tx *db.Tx) (err error) { n, err = ReleaseHeld(tx, why); return err })
		return n
	}
	dbtest.Update(t, y.db, func(tx *db.Tx) error {
		for id := range CopyID(2) {
			c, err := get(tx, id+1)
			if err == nil {
				err = claim(tx, c, "a run", tx.Now)
			}
			if err == nil && id == 1 {
				_, err = setAside(tx, c, "the program failed on it twice")
			}
			if err != nil {
				return err
			}
		}
		_, err := postpone(tx, Copy{ID: 4, State: Waiting}, tx.Now.Add(time.Hour), "later")
		if err == nil {
			err = Hold(tx, 3, "the operator")
		}
		return err
	})
	if n := source("a manager"); n != 2 {
		t.Errorf("%d are held: what is set aside, held before, or of another source stays as it is", n)
	}
	if n := source("a manager"); n != 0 {
		t.Errorf("%d are held once more", n)
	}
	if n := release("somebody else"); n != 0 {
		t.Errorf("%d are released for another reason", n)
	}
	is(t, "while it is held", strings.ReplaceAll(y.list(), "\n", "|"), "sending 0 later|aside 0 at once|held 0 at once|held 0 later|waiting 0 at once")
	if n := release("a manager"); n != 2 {
		t.Errorf("%d are released", n)
	}
	is(t, "afterwards", strings.ReplaceAll(y.list(), "\n", "|"), "sending 0 later|aside 0 at once|held 0 at once|waiting 0 at once|waiting 0 at once")

	if n := source(""); n != 2 {
		t.Errorf("%d are held without a reason", n)
	}
	if n := release(""); n != 2 {
		t.Errorf("%d are released without a reason", n)
	}
}

// Several hear of one end, in their order, until one of them fails; and of the operator's drop, too, unless the copy may still arrive.
func TestEnders(t *testing.T) {
	y := newYard(t)
	all := Enders{y, brokenOnce{2}, y}
	drop := func(id CopyID) string {
		return y.verb(func(tx *db.Tx) error { return DropAndTell(tx, id, "by the operator", all) })
	}
	y.owe("plain", 4)
	is(t, "the first", drop(1), "ok")
	is(t, "who heard", strings.Join(y.ends, "|"), "1 3 by the operator|1 3 by the operator")
	y.ends = nil
	is(t, "one fails", drop(2), "no score for this one")
	is(t, "who heard before", strings.Join(y.ends, "|"), "2 3 by the operator")
	y.ends = nil
	dbtest.Update(t, y.db, func(tx *db.Tx) error {
		c, err := get(tx, 3)
		if err != nil {
			return err
		}
		return claim(tx, c, "a run", tx.Now)
	})
	is(t, "under way", drop(3), "ok")
	is(t, "nobody to tell", y.verb(func(tx *db.Tx) error { return DropAndTell(tx, 4, "by the operator", nil) }), "ok")
	is(t, "once more", drop(1), "There is no copy 1 in the queue. It may have been delivered. (backchannel trace 1) [not-found]")
	is(t, "who heard of these", strings.Join(y.ends, "|"), "")
	is(t, "what failed is undone", y.list(), "waiting 0 at once")
	y.balanced()
}

// brokenOnce is an Ender that fails at one copy.
type brokenOnce struct{ at CopyID }

func (b brokenOnce) End(_ *db.Tx, c Copy, _ Outcome) error {
	if c.ID == b.at {
		return fmt.Errorf("no score for this one")
	}
	return nil
}

package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/archive/letter"
)

func TestOweIsOnce(t *testing.T) {
	y := newYard(t)
	owe := func(source string, to letter.Address) (id CopyID) {
		dbtest.Update(t, y.db, func(tx *db.Tx) (err error) {
			id, err = Owe(tx, Owed{Source: source, Stamp: "plain", To: to})
			return err
		})
		return id
	}
	dana := letter.Address{Local: "Dana", Domain: "north.test"}
	first := owe("post:1", dana)
	if again := owe("post:1", letter.Address{Local: "dana", Domain: "north.test"}); again != first {
		t.Errorf("the same post is owed to the same person twice: %d, %d", first, again)
	}
	for _, o := range []struct {
		source string
		to     letter.Address
	}{{"post:2", dana}, {"post:1", member(1)}, {"post:1", letter.Address{Local: "Dana", Domain: "south.test"}}} {
		if other := owe(o.source, o.to); other == first {
			t.Errorf("%v is another copy", o)
		}
	}
}

func TestOweNeedsItsWords(t *testing.T) {
	y := newYard(t)
	for _, o := range []Owed{{}, {Source: "a", Stamp: "b"}, {Source: "a", To: member(1)}, {Stamp: "b", To: member(1)}} {
		if err := y.db.Update(context.Background(), func(tx *db.Tx) error { _, err := Owe(tx, o); return err }); err == nil {
			t.Errorf("%+v is owed", o)
		}
	}
}

// The logbook names copies by number: a number used twice would mix two stories.
func TestNumbersAreNeverUsedAgain(t *testing.T) {
	y := newYard(t)
	first := y.owe("plain", 3)[2]
	y.drain()
	if next := y.owe("plain", 1)[0]; next <= first {
		t.Errorf("copy %d comes after copy %d", next, first)
	}
}

// The books are kept by numbers: what was owed already must use up none (P13).
func TestEveryNumberIsACopy(t *testing.T) {
	y := newYard(t)
	ever := func() (n int64) {
		dbtest.Update(t, y.db, func(tx *db.Tx) (err error) { n, err = Ever(tx); return err })
		return n
	}
	if n := ever(); n != 0 {
		t.Fatalf("%d copies before the first", n)
	}
	for range 3 {
		dbtest.Update(t, y.db, func(tx *db.Tx) error {
			_, err := Owe(tx, Owed{Source: "post:1", Stamp: "plain", To: member(1)})
			return err
		})
	}
	if n := ever(); n != 1 {
		t.Errorf("one copy, owed three times, counts %d", n)
	}
	y.owe("plain", 2)
	y.drain()
	if n := ever(); n != 3 {
		t.Errorf("%d copies, want 3, sent or not", n)
	}
}

func TestOutcomeInWords(t *testing.T) {
	for _, c := range []struct {
		o    Outcome
		want string
	}{
		{Outcome{Kind: Delivered, Code: 250, Enhanced: "2.0.0", Text: "queued as 4XyZ", Host: "mx.test"}, "mx.test said 250 2.0.0 queued as 4XyZ"},
		{Outcome{Kind: Failed, Code: 550, Text: "no", Host: "mx.test"}, "mx.test said 550 no"},
		{Outcome{Text: "no answer within 5m0s", Host: "mx.test"}, "mx.test: no answer within 5m0s"},
		{Outcome{Text: "the letter has a line that is too long"}, "the letter has a line that is too long"},
		{Outcome{Text: "lost", Host: "mx.test", Ambiguous: true}, "mx.test: lost (it may have arrived)"},
		{Outcome{Text: "a\r\nb\x1b[2J\u202e", Host: "x"}, "x: a b?[2J?"},
	} {
		is(t, "outcome", c.o.String(), c.want)
	}
	if long := (Outcome{Text: strings.Repeat("x", 5000)}).String(); len(long) > 500 {
		t.Errorf("%d characters", len(long))
	}
}

func TestDropErrorsAreKnownInside(t *testing.T) {
	if reason, ok := isDrop(fmt.Errorf("stamp: %w", ErrDrop("left"))); !ok || reason != "left" {
		t.Errorf("%q %v", reason, ok)
	}
	if _, ok := isDrop(fmt.Errorf("no longer owed: left")); ok {
		t.Error("an error is told by its text")
	}
}

// With a million rows waiting, each question of the runner is answered from an index (P10).
func TestQuestionsUseTheirIndexes(t *testing.T) {
	y := newYard(t)
	const some = `SELECT id FROM copy WHERE `
	for query, index := range map[string]string{
		some + ready + ` AND due <= 5 ORDER BY due, id LIMIT 50`:                   "copy_ready",
		some + ready + ` AND due IS NULL ORDER BY id LIMIT 50`:                     "copy_ready",
		some + ready + ` AND due > 5 ORDER BY due DESC LIMIT 50`:                   "copy_ready",
		`SELECT min(due) FROM copy WHERE ` + ready + ` AND due IS NOT NULL`:        "copy_ready",
		`SELECT max(due) FROM copy WHERE ` + ready + ` AND due IS NOT NULL`:        "copy_ready",
		`SELECT count(*) FROM copy WHERE ` + ready + ` AND due IS NULL AND id < 9`: "copy_ready",
		`SELECT count(*) FROM copy WHERE state = 'sending' AND id < 9`:             "copy_sending",
		`UPDATE copy SET state = 'waiting', due = NULL WHERE state = 'sending'`:    "copy_sending",
		`UPDATE copy SET due = NULL WHERE ` + ready + ` AND due <= 5`:              "copy_ready",
		some + `raw = 7`: "copy_raw",
	} {
		dbtest.View(t, y.db, func(tx *db.Tx) error {
			plan, err := db.Select(tx, func(r db.Scanner) (s string, err error) {
				var id, parent, unused int
				err = r.Scan(&id, &parent, &unused, &s)
				return s, err
			}, "EXPLAIN QUERY PLAN "+query)
			whole := strings.Join(plan, "\n")
			if !strings.Contains(whole, index) || strings.Contains(whole, "TEMP B-TREE") {
				t.Errorf("%s\nis answered so:\n%s", query, whole)
			}
			return err
		})
	}
}

func TestListingAsJSON(t *testing.T) {
	y := newYard(t)
	y.owe("plain", 1)
	dbtest.View(t, y.db, func(tx *db.Tx) error {
		l, err := Show(tx, 1)
		if err != nil {
			return err
		}
		got, err := json.Marshal(l)
		want := `{"id":1,"state":"waiting","to":"m0@south.test","source":"post:plain","story":"story-plain","message_id":"1@list.test","attempts":0,"since":`
		if !strings.HasPrefix(string(got), want) || strings.Contains(string(got), "due") {
			t.Errorf("%s", got)
		}
		return err
	})
}

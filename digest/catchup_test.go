package digest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
)

// pause stops a member's mail as bounces do: the letters named came back, the first of them at a date.
func (w *town) pause(m lists.Member, since time.Time, lost ...string) {
	w.t.Helper()
	w.update(func(tx *db.Tx) error {
		for i, id := range lost {
			var about string
			if err := tx.QueryRow("SELECT coalesce((SELECT msgid FROM digest_issue WHERE 'issue:' || id = ?1), ?1)", id).Scan(&about); err != nil {
				return err
			}
			b := lists.Bounce{At: since.Add(time.Duration(i) * 24 * time.Hour), Quarters: 4, Dead: true, Why: "550 5.1.1"}
			b.About = letter.MessageID(about)
			if err := lists.NoteBounce(tx, m.ID, b); err != nil {
				return err
			}
		}
		m, err := lists.MemberByID(tx, m.ID)
		if err != nil {
			return err
		}
		return lists.PauseMember(tx, m, since, "550 5.1.1")
	})
}

func (w *town) resume(m lists.Member, and ...func(tx *db.Tx) error) {
	w.t.Helper()
	w.update(func(tx *db.Tx) error {
		m, err := lists.MemberByID(tx, m.ID)
		if err != nil {
			return err
		}
		if _, err := lists.ResumeMember(tx, m); err != nil {
			return err
		}
		for _, fn := range and {
			if err := fn(tx); err != nil {
				return err
			}
		}
		return nil
	})
}

// words tells which of the posts word-1, word-2 … a text holds.
func words(text string, most int) string {
	var all []string
	for n := 1; n <= most; n++ {
		if word := fmt.Sprintf("word-%d", n); strings.Contains(text, word+".") {
			all = append(all, word[5:])
		}
	}
	return strings.Join(all, " ")
}

// M19: whoever gets every post finds those of the pause, and of the days before in which mail came back, in one digest at once; after
// that every post comes by itself again, and no further digest.
func TestCatchUpOfEachPost(t *testing.T) {
	w := newTown(t)
	dana := w.add("dana@north.example", "Dana Reyes", lists.RoleMember, lists.Each, w.talk)
	w.due()
	w.say("Bill Tan <bill@south.example>", "One", "word-1.")
	w.at("2 Jun 08:00")
	since := w.now
	w.say("Bill Tan <bill@south.example>", "Two", "word-2.") // this one came back
	w.at("4 Jun 08:00")
	w.deliver()
	w.pause(dana, since, "two@x.example")
	w.at("5 Jun 08:00")
	w.say("Bill Tan <bill@south.example>", "Three", "word-3.")
	if got := issues(w.due(), "dana@north.example"); len(got) != 0 {
		t.Error("a digest in the pause")
	}
	w.at("9 Jun 08:00")
	w.resume(dana)
	w.say("Bill Tan <bill@south.example>", "Four", "word-4.")
	all := w.due()
	if got := words(w.issue(all, "dana@north.example").Text(), 4); got != "2 3" {
		t.Errorf("the digest holds %s", got)
	}
	w.at("12 Jun 08:00")
	w.say("Bill Tan <bill@south.example>", "Five", "word-5.")
	if got := issues(w.due(), "dana@north.example"); len(got) != 0 || w.next(dana) != "" {
		t.Errorf("%d more digests, next on %q", len(got), w.next(dana))
	}
	if got := w.rows("SELECT (SELECT count(*) FROM pause) || ' ' || (SELECT count(*) FROM bounce) || ' ' || (SELECT count(*) FROM digest_cursor)"); got != "0 0 0" {
		t.Errorf("left over: %s", got)
	}
}

// M19: whoever reads by digest gets what was published since the last issue that arrived: an issue that came back is no issue.
func TestCatchUpOfDigests(t *testing.T) {
	w := newTown(t)
	dana := w.reader("dana@north.example", "Dana Reyes")
	w.due()
	for week, date := range []string{"5 Jun 06:00", "12 Jun 06:00", "19 Jun 06:00"} {
		w.say("Bill Tan <bill@south.example>", "News", fmt.Sprintf("word-%d.", week+1))
		w.at(date)
		w.issue(w.due(), "dana@north.example")
	}
	w.pause(dana, w.now.Add(-7*24*time.Hour).Add(time.Minute), "issue:2", "issue:3")
	w.say("Bill Tan <bill@south.example>", "News", "word-4.")
	w.at("26 Jun 06:00")
	if got := issues(w.due(), "dana@north.example"); len(got) != 0 {
		t.Error("a digest in the pause")
	}
	w.at("1 Jul 08:00")
	w.resume(dana)
	if got := words(w.issue(w.due(), "dana@north.example").Text(), 4); got != "2 3 4" {
		t.Errorf("the digest holds %s", got)
	}
	w.say("Bill Tan <bill@south.example>", "News", "word-5.")
	w.at("10 Jul 06:00")
	if got := words(w.issue(w.due(), "dana@north.example").Text(), 5); got != "5" {
		t.Errorf("the next digest holds %s", got)
	}
}

// What the member asks for with the letter that brings them back counts.
func TestCatchUpAsTheyWant(t *testing.T) {
	for name, c := range map[string]struct {
		was, will lists.Delivery
		want      string
	}{
		"each, then digest": {lists.Each, lists.Digest, "1 2"}, "digest, then each": {lists.Digest, lists.Each, "1 2"},
		"each, then none": {lists.Each, lists.None, ""}, "none, then each": {lists.None, lists.Each, "1 2"}, "none": {lists.None, lists.None, ""},
	} {
		w := newTown(t)
		dana := w.add("dana@north.example", "Dana Reyes", lists.RoleMember, c.was, w.talk)
		w.due()
		w.at("2 Jun 08:00")
		w.pause(dana, w.now)
		w.say("Bill Tan <bill@south.example>", "One", "word-1.")
		w.say("Bill Tan <bill@south.example>", "Two", "word-2.")
		w.at("3 Jun 09:00")
		w.resume(dana, func(tx *db.Tx) error { return lists.Subscribe(tx, dana.ID, w.talk.ID, c.will) })
		got := issues(w.due(), "dana@north.example")
		if c.want == "" {
			if len(got) != 0 {
				t.Errorf("%s: %d digests", name, len(got))
			}
			continue
		}
		if text := w.issue(got, "dana@north.example").Text(); words(text, 2) != c.want {
			t.Errorf("%s: it holds %s", name, words(text, 2))
		}
	}
}

// Who leaves with that letter gets nothing, and nothing is left of the pause.
func TestNoCatchUpForWhoLeaves(t *testing.T) {
	w := newTown(t)
	dana := w.add("dana@north.example", "Dana Reyes", lists.RoleMember, lists.Each, w.talk)
	w.pause(dana, w.now)
	w.say("Bill Tan <bill@south.example>", "One", "word-1.")
	w.at("2 Jun 08:00")
	w.resume(dana, func(tx *db.Tx) error {
		m, err := lists.MemberByID(tx, dana.ID)
		if err != nil {
			return err
		}
		return lists.End(tx, m, lists.Left)
	})
	if got := issues(w.due(), "dana@north.example"); len(got) != 0 {
		t.Errorf("%d digests", len(got))
	}
}

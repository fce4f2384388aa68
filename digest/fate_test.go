package digest_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/smtpd/queue"
)

// fate is what became of the issues there are.
func (w *town) fate() string { return w.rows("SELECT fate FROM digest_issue ORDER BY slot") }

// What is written and waits in the queue is stopped, too; and it goes with what the managers decided meanwhile.
func TestHoldStopsWhatIsWritten(t *testing.T) {
	for _, end := range []string{"", "/send", "/hold off"} {
		t.Run("by "+end, func(t *testing.T) {
			w, previews := aThursday(t)
			p := only(t, previews, mira)
			w.at("5 Jun 05:40")
			w.answer(mira, p, "/top Words of before.")
			w.at("5 Jun 06:00")
			w.write()
			said := w.answer(mira, p, "/hold 4h")
			if got := issues(said, dana); len(got) != 0 {
				t.Fatal("it went out")
			}
			text := ""
			for _, a := range to(said, mira) {
				text += a.Text()
			}
			if !strings.Contains(strings.Join(strings.Fields(text), " "), "1 was about to leave among them") {
				t.Errorf("the manager is told: %s", text)
			}
			if got := w.fate(); got != "held" {
				t.Errorf("it is %q", got)
			}
			w.at("5 Jun 07:00")
			w.answer(mira, p, "/top Words of later.\n/drop 3")
			if got := issues(w.due(), dana); len(got) != 0 {
				t.Fatal("it went out after an hour")
			}
			var got []arrived
			if end == "" {
				w.at("5 Jun 10:00")
				got = w.due()
			} else {
				w.at("5 Jun 08:00")
				got = append(w.answer(mira, p, end), w.due()...)
			}
			issue := w.issue(got, dana)
			for _, gone := range []string{"Words of before.", "Report template"} {
				if strings.Contains(issue.Text()+issue.html(), gone) {
					t.Errorf("it says %q still", gone)
				}
			}
			if !strings.Contains(issue.Text(), "Words of later.") {
				t.Errorf("it does not say what the managers want: %s", issue.Text())
			}
			if got := w.fate(); got != "" {
				t.Errorf("it is %q", got)
			}
			w.at("12 Jun 06:00")
			w.now = w.now.Add(20 * time.Minute)
			for _, again := range issues(w.due(), dana) {
				if strings.Contains(again.Text(), "Words of later.") {
					t.Error("the note came twice")
				}
			}
		})
	}
}

// What an attempt may have sent goes as it was; and what the operator keeps back stays so.
func TestHoldAndTheQueue(t *testing.T) {
	w, previews := aThursday(t)
	p := only(t, previews, mira)
	w.at("5 Jun 06:00")
	w.write()
	w.refuse(queue.StageData)
	w.answer(mira, p, "/hold")
	w.answer(mira, p, "/drop 3")
	w.at("5 Jun 09:00")
	issue := w.issue(w.answer(mira, p, "/send"), dana)
	if !strings.Contains(issue.Text(), "Report template") {
		t.Errorf("its bytes changed after DATA: %s", issue.Text())
	}

	w, previews = aThursday(t)
	p = only(t, previews, mira)
	w.at("5 Jun 06:00")
	w.write()
	w.update(func(tx *db.Tx) error { _, err := queue.HoldAll(tx, "the operator"); return err })
	w.answer(mira, p, "/hold")
	if got := issues(w.answer(mira, p, "/send"), dana); len(got) != 0 {
		t.Error("what the operator keeps back went out")
	}
}

// A stop that a manager makes shorter ends for those issues, too, whose time came under the longer one: a daily one would be too late by then.
func TestAShorterHoldEndsForAll(t *testing.T) {
	w, previews := aThursday(t)
	w.wants(w.member(dana), "daily", 0, 8)
	p := only(t, previews, mira)
	w.at("5 Jun 05:30")
	w.answer(mira, p, "/hold")
	w.at("5 Jun 06:00")
	if got := issues(w.due(), dana); len(got) != 0 {
		t.Fatal("it went out")
	}
	w.at("5 Jun 07:00")
	w.answer(mira, p, "/hold 1h")
	w.at("5 Jun 08:00")
	got := w.due()
	w.issue(got, dana)
	w.at("6 Jun 05:30")
	if again := issues(w.due(), dana); len(again) != 0 {
		t.Error("it came twice")
	}
}

// What is stopped before anybody can have got it lies in nobody's folder either, though an attempt has failed; and it lies there when it goes.
func TestAHeldIssueIsInNoFolder(t *testing.T) {
	for stage, stays := range map[queue.Stage]bool{queue.StageRcpt: false, queue.StageData: true} {
		w, previews := aThursday(t)
		p := only(t, previews, mira)
		w.at("5 Jun 06:00")
		w.write()
		w.refuse(stage)
		if _, n := w.folder(dana); n != 1 {
			t.Fatalf("%s: %d in the folder before", stage, n)
		}
		w.answer(mira, p, "/hold 4h")
		if _, n := w.folder(dana); (n == 1) != stays {
			t.Errorf("%s: %d in the folder while it is stopped", stage, n)
		}
		w.at("5 Jun 09:00")
		w.issue(w.answer(mira, p, "/send"), dana)
		if _, n := w.folder(dana); n != 1 {
			t.Errorf("%s: %d in the folder after", stage, n)
		}
		if got := w.fate(); got != "" {
			t.Errorf("%s: it went out, and is %q", stage, got)
		}
	}
}

// What somebody asks for while the digests are stopped waits with the others.
func TestHoldStopsWhatIsAskedFor(t *testing.T) {
	w, previews := aThursday(t)
	p := only(t, previews, mira)
	w.answer(mira, p, "/hold")
	if err := w.send(dana, "digest@gardeners.example", "CATCH UP", ""); err != nil {
		t.Fatal(err)
	}
	if got := issues(w.deliver(), dana); len(got) != 0 {
		t.Error("it went out")
	}
	if got := issues(w.answer(mira, p, "/send"), dana); len(got) != 1 {
		t.Errorf("%d went out", len(got))
	}
}

// Of every issue it is known what became of it (product.md A3).
func TestFate(t *testing.T) {
	w, gone := aFriday(t)
	stays, err := gone, error(nil)
	w.view(func(tx *db.Tx) error { stays, err = w.store.PostBySeq(tx, w.talk.Box, 1); return err })
	w.remove(gone)
	w.remove(stays)
	w.deliver()
	if got := w.fate(); got != "superseded" {
		t.Errorf("of an issue that never went out: %q", got)
	}

	w, _ = aFriday(t)
	issue := w.issue(w.deliver(), dana)
	m := w.member(dana)
	w.update(func(tx *db.Tx) error { return w.editor.Lost(tx, m.ID+1, issue.MessageID()) })
	if got := w.fate(); got != "" {
		t.Errorf("somebody else's report: %q", got)
	}
	w.update(func(tx *db.Tx) error { return w.editor.Lost(tx, m.ID, issue.MessageID()) })
	if got := w.fate(); got != "bounced" {
		t.Errorf("of an issue that came back: %q", got)
	}
	w.pause(m, w.now, "issue:1")
	w.now = w.now.Add(time.Hour)
	w.resume(m)
	w.issue(w.due(), dana)
	if got := w.fate(); got != "superseded\n" {
		t.Errorf("of an issue whose posts came again: %q", got)
	}
}

// An issue that the operator drops from the queue never went out.
func TestFateOfADroppedIssue(t *testing.T) {
	w, _ := aThursday(t)
	w.at("5 Jun 06:00")
	w.write()
	w.update(func(tx *db.Tx) error {
		all, err := queue.List(tx, queue.Filter{To: addr(dana)})
		if err != nil || len(all) != 1 {
			t.Fatalf("%d copies are owed: %v", len(all), err)
		}
		return queue.DropAndTell(tx, all[0].ID, "by the operator", w.editor)
	})
	if got := w.fate(); got != "superseded" {
		t.Errorf("it is %q", got)
	}
}

func (w *town) member(who string) (m lists.Member) {
	w.t.Helper()
	w.view(func(tx *db.Tx) (err error) { m, _, err = lists.MemberByAddress(tx, w.c.ID, addr(who)); return err })
	return m
}

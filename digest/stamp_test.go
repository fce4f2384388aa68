package digest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/smtpd/queue"
)

// aFriday is a town at the slot, with an issue that is written and not sent: of two posts, one of which can be removed.
func aFriday(t *testing.T) (w *town, gone archive.Post) {
	t.Helper()
	w = newTown(t)
	w.reader(dana, "Dana Reyes")
	w.due()
	w.at("2 Jun 09:00")
	w.say("Bill Tan <bill@south.example>", "Stays", "word-stays.")
	gone = w.say("Bill Tan <bill@south.example>", "Goes", "word-goes.")
	w.at("5 Jun 06:00")
	w.write()
	return w, gone
}

// write does what the calendar says, and sends nothing.
func (w *town) write() {
	w.t.Helper()
	if _, failed, err := w.cal.RunDue(context.Background()); err != nil || failed > 0 {
		w.t.Fatalf("%d dates failed: %v", failed, err)
	}
}

func (w *town) remove(p archive.Post) {
	w.t.Helper()
	w.update(func(tx *db.Tx) error { return w.store.Remove(tx, p.ID) })
}

// folder is the text of all issues in a reader's folder.
func (w *town) folder(who string) (text string, n int) {
	w.t.Helper()
	w.view(func(tx *db.Tx) error {
		m, _, err := lists.MemberByAddress(tx, w.c.ID, addr(who))
		if err != nil {
			return err
		}
		box, err := w.store.FindPrivate(tx, int64(m.ID), "Digests")
		if err != nil {
			return nil // there is none yet
		}
		uids, _, err := w.store.PrivateUIDs(tx, box, int64(m.ID))
		if err != nil {
			return err
		}
		for _, uid := range uids {
			filed, err := w.store.PrivateByUID(tx, box, uid)
			if err != nil {
				return err
			}
			raw, err := w.store.Raw(tx, filed.Raw)
			if err != nil {
				return err
			}
			text, n = text+parse(w.t, string(raw)).Text(), n+1
		}
		return nil
	})
	return text, n
}

// refuse makes the outside world refuse the next issue at a stage.
func (w *town) refuse(at queue.Stage) {
	w.world.refuse = func(queue.Message) *queue.Outcome { return &queue.Outcome{Stage: at, Text: "not now"} }
	w.deliver()
	w.world.refuse = nil
}

// What is removed before an issue's DATA has begun is not in it; afterwards its bytes stay.
func TestARemovedPostIsNotSent(t *testing.T) {
	for _, c := range []struct {
		name  string
		stage queue.Stage // of a first attempt that was refused
		in    bool
	}{{"in the queue", "", false}, {"refused at RCPT", queue.StageRcpt, false}, {"refused at DATA", queue.StageData, true}, {"no word after DATA", queue.StageEnd, true}} {
		t.Run(c.name, func(t *testing.T) {
			w, gone := aFriday(t)
			id := w.rows("SELECT msgid FROM copy WHERE stamp = 'issue'")
			if c.stage != "" {
				w.refuse(c.stage)
			}
			w.remove(gone)
			w.now = w.now.Add(2 * time.Hour)
			issue := w.issue(w.deliver(), dana)
			text, n := w.folder(dana)
			for where, all := range map[string]string{"the mail": issue.Text() + issue.html(), "the folder": text} {
				if !strings.Contains(all, "word-stays") || strings.Contains(all, "word-goes") != c.in || strings.Contains(all, "Goes") != c.in {
					t.Errorf("%s says %s", where, all)
				}
			}
			if string(issue.MessageID()) != id || n != 1 {
				t.Errorf("its id is %s, was %s; %d in the folder", issue.MessageID(), id, n)
			}
			w.at("12 Jun 05:00")
			w.say("Bill Tan <bill@south.example>", "News", "word-news.")
			w.at("12 Jun 06:00")
			w.now = w.now.Add(20 * time.Minute)
			next := w.issue(w.due(), dana)
			if told := strings.Contains(strings.Join(strings.Fields(next.Text()), " "), "1 post from an earlier digest"); told != c.in {
				t.Errorf("the next issue tells of it: %v\n%s", told, next.Text())
			}
		})
	}
}

// A post taken back by its author is as good as removed.
func TestAPostTakenBackIsNotSent(t *testing.T) {
	w, gone := aFriday(t)
	w.update(func(tx *db.Tx) error {
		_, err := w.store.Redact(tx, gone.ID, parse(t, "From: x@y.example\r\nSubject: Taken back\r\n\r\nTaken back by its author.\r\n"))
		return err
	})
	if text := w.issue(w.deliver(), dana).Text(); strings.Contains(text, "word-goes") || !strings.Contains(text, "word-stays") {
		t.Errorf("it says %s", text)
	}
}

// Whoever leaves a list, or wants nothing of it any more, gets nothing of it in an issue that is still owed; what is of other lists goes.
func TestAListThatWasLeftIsNotSent(t *testing.T) {
	left := func(w *town, m lists.Member, l lists.List) {
		w.update(func(tx *db.Tx) error { _, err := lists.Unsubscribe(tx, m.ID, l.ID); return err })
	}
	now := func(all ...lists.Delivery) func(*town, lists.Member, lists.List) {
		return func(w *town, m lists.Member, l lists.List) {
			for _, d := range all {
				w.update(func(tx *db.Tx) error { return lists.Subscribe(tx, m.ID, l.ID, d) })
			}
		}
	}
	for _, c := range []struct {
		name  string
		does  func(w *town, m lists.Member, l lists.List)
		stage queue.Stage // of a first attempt that was refused
		in    bool
	}{
		{"left", left, "", false},
		{"left after RCPT", left, queue.StageRcpt, false},
		{"left after DATA", left, queue.StageData, true},
		{"none", now(lists.None), "", false},
		{"each", now(lists.Each), "", true},
		{"back again", now(lists.None, lists.Digest), "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTown(t)
			board := w.list("board", "Board")
			m := w.reader(dana, "Dana Reyes", w.talk, board)
			w.due()
			w.at("2 Jun 09:00")
			w.say("Bill Tan <bill@south.example>", "Stays", "word-stays.")
			w.sayOn(board, "Bill Tan <bill@south.example>", "Goes", "word-goes.")
			w.at("5 Jun 06:00")
			w.write()
			if c.stage != "" {
				w.refuse(c.stage)
			}
			c.does(w, m, board)
			w.now = w.now.Add(2 * time.Hour)
			issue := w.issue(w.deliver(), dana)
			filed, n := w.folder(dana)
			if n != 1 || strings.Contains(filed, "word-goes") != c.in {
				t.Errorf("in the folder, %d: %s", n, filed)
			}
			if all := issue.Text() + issue.html() + issue.Subject(); !strings.Contains(all, "word-stays") || strings.Contains(all, "word-goes") != c.in || strings.Contains(all, "Goes") != c.in {
				t.Errorf("it says %s", all)
			}
		})
	}
}

// An issue of which nothing is left is not sent, and lies in no folder; whoever has left gets none.
func TestAnIssueOfNothing(t *testing.T) {
	for _, c := range []struct {
		name, why string
		do        func(w *town)
	}{
		{"all removed", "everything in it was removed", func(w *town) {
			w.update(func(tx *db.Tx) error {
				for seq := range int64(2) {
					p, err := w.store.PostBySeq(tx, w.talk.Box, seq+1)
					if err != nil {
						return err
					}
					if err := w.store.Remove(tx, p.ID); err != nil {
						return err
					}
				}
				return nil
			})
		}},
		{"nothing wanted", "its reader wants nothing of it any more", func(w *town) {
			w.update(func(tx *db.Tx) error {
				m, _, err := lists.MemberByAddress(tx, w.c.ID, addr(dana))
				if err != nil {
					return err
				}
				return lists.Subscribe(tx, m.ID, w.talk.ID, lists.None)
			})
		}},
		{"left", "the reader has left", func(w *town) {
			w.update(func(tx *db.Tx) error {
				m, _, err := lists.MemberByAddress(tx, w.c.ID, addr(dana))
				if err != nil {
					return err
				}
				return lists.End(tx, m, lists.Left)
			})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, _ := aFriday(t)
			c.do(w)
			if got := issues(w.deliver(), dana); len(got) != 0 {
				t.Errorf("it was sent: %s", got[0].Text())
			}
			if text, n := w.folder(dana); n != 0 {
				t.Errorf("in the folder: %s", text)
			}
			if got := w.rows("SELECT detail FROM log_entry WHERE detail LIKE '%" + c.why + "%'"); got == "" {
				t.Errorf("the logbook does not say %q", c.why)
			}
		})
	}
}

// Of a post that is gone only those are told who had it, and once.
func TestOnlyWhoHadAPostIsToldThatItIsGone(t *testing.T) {
	w, gone := aFriday(t)
	w.deliver()
	w.reader("bree@west.example", "Bree Okafor")
	w.due()
	w.remove(gone)
	for _, c := range []struct {
		at   string
		dana bool
	}{{"12 Jun", true}, {"19 Jun", false}} {
		w.at(c.at + " 05:00")
		w.say("Bill Tan <bill@south.example>", "News of "+c.at, "word-news.")
		w.at(c.at + " 06:00")
		got := w.due()
		for who, want := range map[string]bool{dana: c.dana, "bree@west.example": false} {
			text := strings.Join(strings.Fields(w.issue(got, who).Text()), " ")
			if told := strings.Contains(text, "1 post from an earlier digest"); told != want {
				t.Errorf("on %s %s is told: %v\n%s", c.at, who, told, text)
			}
		}
	}
}

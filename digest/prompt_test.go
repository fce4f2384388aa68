package digest_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/digest"
	"backchannel/lists"
)

const askTheList = "ASK THE LIST"

// stage says how far the list talk has come.
func (w *town) stage(s lists.Stage) {
	w.t.Helper()
	w.talk.Stage = s
	w.update(func(tx *db.Tx) error { return lists.SaveList(tx, w.talk) })
}

// mornings passes so many days, and gives on which of them, by the date, somebody was invited to ask the list something.
func (w *town) mornings(who string, days int) (asked []string, last string) {
	w.t.Helper()
	for range days {
		for _, a := range briefs(w.due(), who) {
			if strings.Contains(a.Text(), askTheList) {
				asked, last = append(asked, w.now.Format("Mon 2")), flat(a)
			}
		}
		w.now = w.now.Add(24 * time.Hour)
	}
	return asked, last
}

// C2: while a list is founding the manager on duty is invited once a week to ask it something, with other words each time; nobody is on a list
// that has grown, and nothing is posted.
func TestWeeklyPrompt(t *testing.T) {
	w := newTown(t)
	w.reader("dana@north.example", "Dana Reyes")
	w.at("8 Jun 05:35") // Monday, 07:35 in Berlin
	if asked, _ := w.mornings("mira@lowe.example", 8); len(asked) != 0 {
		t.Errorf("a list that grows: %s", asked)
	}
	w.stage(lists.Rooted)
	w.at("15 Jun 05:35")
	if asked, _ := w.mornings("mira@lowe.example", 7); len(asked) != 0 {
		t.Errorf("a list that is rooted: %s", asked)
	}
	w.stage(lists.Founding)
	first, before := w.mornings("mira@lowe.example", 7)
	second, after := w.mornings("mira@lowe.example", 14)
	if got := strings.Join(append(first, second...), ", "); got != "Mon 22, Mon 29, Mon 6" {
		t.Errorf("asked on %s", got)
	}
	if !strings.Contains(before, "talk@gardeners.example") || !strings.Contains(before, "?\"") || before == after {
		t.Errorf("what it says:\n%s\n\n%s", before, after)
	}
	if got := w.rows("SELECT count(*) FROM post"); got != "0" {
		t.Errorf("%s posts", got)
	}
}

// A manager's question makes a week without an invitation; a member's does not, nor what a manager says without asking.
func TestNoPromptAfterAQuestion(t *testing.T) {
	w := newTown(t)
	w.reader("dana@north.example", "Dana Reyes")
	w.stage(lists.Founding)
	w.at("4 Jun 12:00") // Thursday
	w.say("Mira Lowe <mira@lowe.example>", "Beans", "How do yours climb?")
	w.at("8 Jun 05:35")
	w.say("Dana Reyes <dana@north.example>", "Peas", "And do peas?")
	w.say("Mira Lowe <mira@lowe.example>", "The shed", "It is open.")
	if asked, _ := w.mornings("mira@lowe.example", 7); strings.Join(asked, ", ") != "Thu 11" {
		t.Errorf("asked on %s", asked)
	}
}

// Twice the same date is one invitation; a morning for which the server was down is made up for on the next; of two managers one is asked, and
// whoever is away is not.
func TestPromptOnceForAllManagers(t *testing.T) {
	w := newTown(t)
	mira := w.member("mira@lowe.example")
	w.manager("theo@brandt.example", "Theo Brandt")
	w.stage(lists.Founding)
	w.at("8 Jun 20:00") // the server was down in the morning
	w.due()
	w.at("9 Jun 05:35")
	n := 0
	for range 3 {
		all := w.due()
		for _, who := range []string{"mira@lowe.example", "theo@brandt.example"} {
			for _, a := range briefs(all, who) {
				n += strings.Count(a.Text(), askTheList)
			}
		}
		w.update(func(tx *db.Tx) error { return calendar.Set(tx, digest.Brief, int64(mira.ID), tx.Now) })
	}
	if n != 1 {
		t.Errorf("%d invitations", n)
	}
	w.update(func(tx *db.Tx) error {
		_, err := tx.Exec("INSERT INTO away (manager, since, until, source) VALUES (?, ?, ?, 'command')", mira.ID, db.Micros(tx.Now), db.Micros(tx.Now.AddDate(0, 1, 0)))
		return err
	})
	w.at("16 Jun 05:35")
	all := w.due()
	for who, want := range map[string]int{"mira@lowe.example": 0, "theo@brandt.example": 1} {
		got := 0
		for _, a := range briefs(all, who) {
			got += strings.Count(a.Text(), askTheList)
		}
		if got != want {
			t.Errorf("%s was invited %d times, want %d", who, got, want)
		}
	}
}

// Where managers have no rota they are invited in turn, and read that only they were; whose morning passes in silence is followed by the next
// one on the next day. With a rota it is whoever is on duty.
func TestPromptsTakeTurns(t *testing.T) {
	w := newTown(t)
	w.reader("dana@north.example", "Dana Reyes")
	w.manager("theo@brandt.example", "Theo Brandt")
	w.stage(lists.Founding)
	w.at("8 Jun 05:35") // Monday, 07:35 in Berlin
	who := func(days int) string {
		t.Helper()
		var got []string
		for range days {
			all := w.due()
			for _, m := range []string{"mira@lowe.example", "theo@brandt.example"} {
				for _, a := range briefs(all, m) {
					if !strings.Contains(a.Text(), askTheList) {
						continue
					}
					got = append(got, m[:strings.Index(m, "@")]+w.now.Format(" Mon 2"))
					if turns := strings.Contains(flat(a), "You take turns with the other managers: this week only you were invited."); turns == w.c.Rota {
						t.Errorf("%s reads of turns: %v", m, turns)
					}
				}
			}
			w.now = w.now.Add(24 * time.Hour)
		}
		return strings.Join(got, ", ")
	}
	if got := who(21); got != "mira Tue 9, theo Tue 16, mira Tue 23" {
		t.Errorf("in turn: %s", got)
	}
	w.update(func(tx *db.Tx) error {
		return calendar.Clear(tx, digest.Brief, int64(w.member("theo@brandt.example").ID))
	}) // Theo's morning has no brief
	if got := who(7); got != "mira Wed 1" {
		t.Errorf("a silent turn: %s", got)
	}
	w.c.Rota = true
	w.update(func(tx *db.Tx) error {
		if err := lists.SaveCommunity(tx, w.c); err != nil {
			return err
		}
		return w.box.RotaChanged(tx, w.c)
	})
	w.at("9 Jul 05:35")
	w.update(func(tx *db.Tx) error {
		duty, err := w.box.OnDuty(tx, w.c)
		if err == nil {
			t.Logf("on duty: %s", duty.Name)
			return calendar.Set(tx, digest.Brief, int64(duty.ID), tx.Now)
		}
		return err
	})
	if got := who(1); !strings.HasSuffix(got, "Thu 9") {
		t.Errorf("on duty: %q", got)
	}
}

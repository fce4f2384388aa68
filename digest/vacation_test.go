package digest_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
)

func (w *town) away(m lists.Member, begin, until time.Time) {
	w.t.Helper()
	w.update(func(tx *db.Tx) error { return lists.SetVacation(tx, m.ID, lists.Vacation{Begin: begin, Until: until}) })
}

// On vacation nothing comes, and afterwards everything in one issue, whether by digest or post by post.
func TestVacation(t *testing.T) {
	w := newTown(t)
	jobs := w.list("jobs", "Jobs")
	dana := w.reader("dana@north.example", "Dana Reyes")
	bill := w.add("bill@south.example", "Bill Tan", lists.RoleMember, lists.Each, w.talk)
	w.subscribe(bill, jobs, lists.Digest)
	w.due()
	w.say("Ines Roth <ines@west.example>", "Before", "Before the vacation.")
	w.at("4 Jun 08:00")
	back := time.Date(2026, 6, 22, 6, 0, 0, 0, time.UTC)
	w.away(dana, w.now, back)
	w.away(bill, w.now, back)
	w.due()
	for _, day := range []string{"5 Jun 06:00", "12 Jun 06:00", "19 Jun 06:00"} {
		w.at(day)
		w.say("Ines Roth <ines@west.example>", "On "+day, "Written on "+day+".")
		w.sayOn(jobs, "Ines Roth <ines@west.example>", "A job of "+day, "Apply.")
		w.now = w.now.Add(time.Hour)
		if got := w.due(); len(to(got, "dana@north.example"))+len(to(got, "bill@south.example")) != 0 {
			t.Fatalf("%s: %d letters", day, len(got))
		}
	}
	w.now = back
	got := w.due()
	danas, bills := w.issue(got, "dana@north.example"), w.issue(got, "bill@south.example")
	for _, words := range []string{"On 5 Jun 06:00", "On 12 Jun 06:00", "On 19 Jun 06:00"} {
		if !strings.Contains(danas.Text(), words) || !strings.Contains(bills.Text(), words) {
			t.Errorf("%q is missing", words)
		}
	}
	if !strings.Contains(danas.Text(), "Before the vacation") || strings.Contains(bills.Text(), "Before the vacation") || !strings.Contains(bills.Text(), "A job of 5 Jun") {
		t.Errorf("what came before: %s\n---\n%s", danas.Text(), bills.Text())
	}
	w.say("Ines Roth <ines@west.example>", "Again", "As before.")
	got = w.due()
	if len(to(got, "bill@south.example")) != 1 || len(to(got, "dana@north.example")) != 0 {
		t.Errorf("post by post again: %d letters for Bill", len(to(got, "bill@south.example")))
	}
	w.at("26 Jun 06:00")
	got = w.due()
	if d := w.issue(got, "dana@north.example"); strings.Contains(d.Text(), "On 19 Jun") || !strings.Contains(d.Text(), "As before.") {
		t.Errorf("her next issue:\n%s", d.Text())
	}
	if len(issues(got, "bill@south.example")) != 0 {
		t.Error("Bill got a second issue")
	}
}

// When the end of a vacation and a slot come together, or close, there is one issue.
func TestVacationEndsAtASlot(t *testing.T) {
	for _, c := range []struct {
		name  string
		until time.Time
	}{
		{"at the slot", time.Date(2026, 6, 12, 6, 0, 0, 0, time.UTC)},
		{"the day before", time.Date(2026, 6, 11, 6, 0, 0, 0, time.UTC)},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTown(t)
			dana := w.reader("dana@north.example", "Dana Reyes")
			w.due()
			w.away(dana, w.now, c.until)
			w.say("Ines Roth <ines@west.example>", "Meanwhile", "Missed.")
			var got []arrived
			for w.now = c.until.Add(-time.Hour); w.now.Before(c.until.AddDate(0, 0, 2)); w.now = w.now.Add(time.Hour) {
				if w.now.Equal(c.until.Add(3 * time.Hour)) {
					w.say("Ines Roth <ines@west.example>", "Later", "After it.")
				}
				got = append(got, issues(w.due(), "dana@north.example")...)
			}
			if len(got) != 1 || !strings.Contains(got[0].Text(), "Missed.") {
				t.Errorf("%d issues", len(got))
			}
		})
	}
}

// A vacation can be cut short, given up before it begins, and left behind by whoever leaves.
func TestVacationCut(t *testing.T) {
	w := newTown(t)
	dana := w.reader("dana@north.example", "Dana Reyes")
	sil := w.reader("sil@silent.example", "Sil Ent")
	ada := w.reader("ada@nurses.example", "Ada Obi")
	w.due()
	w.away(dana, w.now, w.now.AddDate(0, 0, 20))
	w.away(sil, w.now.AddDate(0, 0, 10), w.now.AddDate(0, 0, 20))
	w.away(ada, w.now, w.now.AddDate(0, 0, 20))
	w.say("Ines Roth <ines@west.example>", "Meanwhile", "Missed.")
	w.at("5 Jun 06:00")
	if got := w.due(); len(issues(got, "sil@silent.example")) != 1 || len(got) != 1 {
		t.Errorf("before it begins: %d letters", len(got))
	}
	for _, m := range []lists.Member{dana, sil} {
		w.update(func(tx *db.Tx) error {
			ok, err := lists.CutVacation(tx, m.ID)
			if !ok {
				t.Error("there was no vacation to cut")
			}
			return err
		})
	}
	w.update(func(tx *db.Tx) error { return lists.End(tx, ada, lists.Left) })
	got := w.due()
	if len(got) != 1 || len(issues(got, "dana@north.example")) != 1 {
		t.Errorf("cut: %d letters", len(got))
	}
	if n := w.rows("SELECT count(*) || '' FROM vacation"); n != "0" {
		t.Errorf("%s vacations are left", n)
	}
	w.update(func(tx *db.Tx) error {
		for _, v := range [][2]int{{0, 0}, {-9, -2}, {0, 730}, {1800, 1803}} {
			if lists.SetVacation(tx, sil.ID, lists.Vacation{Begin: w.now.AddDate(0, 0, v[0]), Until: w.now.AddDate(0, 0, v[1])}) == nil {
				t.Errorf("%v was taken", v)
			}
		}
		return nil
	})
	w.at("26 Jun 06:00")
	w.due()
	w.update(func(tx *db.Tx) error {
		if ok, err := lists.CutVacation(tx, sil.ID); ok || err != nil {
			t.Errorf("%v %v", ok, err)
		}
		return nil
	})
}

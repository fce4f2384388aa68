package digest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/digest"
	"backchannel/lists"
	"backchannel/lists/backchannel"
	"backchannel/templates"
)

// briefs are the morning briefs among the letters for somebody.
func briefs(all []arrived, who string) (mine []arrived) {
	for _, a := range all {
		if a.to.String() == who && strings.HasPrefix(a.Subject(), "Today: ") {
			mine = append(mine, a)
		}
	}
	return mine
}

func flat(a arrived) string { return strings.Join(strings.Fields(a.Text()), " ") }

// B12: on working days at 07:30 by the manager's clock, when there is something to tell, and once.
func TestMorningBrief(t *testing.T) {
	w := newTown(t)
	theo := w.add("theo@brandt.example", "Theo Brandt", lists.RoleManager, lists.None)
	w.reader("dana@north.example", "Dana Reyes")
	w.reader("tom@ek.example", "Tom Ek")
	w.update(func(tx *db.Tx) error { theo.Timezone = "America/New_York"; return lists.SaveMember(tx, theo) })
	w.at("11 Jun 10:00") // Thursday
	if all := w.due(); len(briefs(all, "mira@lowe.example")) != 0 {
		t.Error("a brief about nothing")
	}
	w.say("Dana Reyes <dana@north.example>", "Earlier", "zz")
	q := w.say("Dana Reyes <dana@north.example>", "Quiet readers", "How do you measure them?")
	w.say("Tom Ek <tom@ek.example>", "Hello from Lagos", "I am new here.")
	a := w.say("Dana Reyes <dana@north.example>", "Answered", "Is it?")
	w.say("Tom Ek <tom@ek.example>", "Re: Answered", "It is.", re(a))
	w.editor.Held = func(*db.Tx, lists.Community, lists.Member) ([]templates.BriefPost, error) {
		return []templates.BriefPost{{Title: "Beans", Author: "Ada Obi", List: "Garden talk", Age: "5 hours", Answer: "vote+x@gardeners.example"}}, nil
	}
	w.at("13 Jun 06:00") // Saturday
	if all := w.due(); len(briefs(all, "mira@lowe.example")) != 0 {
		t.Error("a brief on Saturday")
	}
	w.at("15 Jun 05:29")
	if all := w.due(); len(briefs(all, "mira@lowe.example")) != 0 {
		t.Error("too early")
	}
	w.at("15 Jun 05:30") // 07:30 in Berlin
	all := w.due()
	mine := briefs(all, "mira@lowe.example")
	if len(mine) != 1 || len(briefs(all, "theo@brandt.example")) != 0 {
		t.Fatalf("%d briefs for Mira, %d for Theo", len(mine), len(briefs(all, "theo@brandt.example")))
	}
	text := flat(mine[0])
	for _, want := range []string{`"Quiet readers" (Dana Reyes in Garden talk, 3 days). Answer everyone: talk@gardeners.example`, `"Beans" by Ada Obi for Garden talk`} {
		if !strings.Contains(text, want) {
			t.Errorf("does not say %q:\n%s", want, mine[0].Text())
		}
	}
	if strings.Contains(text, "Answered") || strings.Contains(text, "Earlier") {
		t.Errorf("names what is answered, or asks nothing:\n%s", mine[0].Text())
	}
	w.at("15 Jun 11:30") // 07:30 in New York
	if all := w.due(); len(briefs(all, "theo@brandt.example")) != 1 || len(briefs(all, "mira@lowe.example")) != 0 {
		t.Error("Theo has no brief, or Mira a second one")
	}
	_ = q
}

// Twice the same date, as after a crash or from another process, is one brief; a morning that is over has none.
func TestMorningBriefOnce(t *testing.T) {
	w := newTown(t)
	w.reader("dana@north.example", "Dana Reyes")
	w.editor.Held = func(*db.Tx, lists.Community, lists.Member) ([]templates.BriefPost, error) {
		return []templates.BriefPost{{Title: "Beans", Author: "Ada Obi", List: "Garden talk", Age: "5 hours", Answer: "vote+x@gardeners.example"}}, nil
	}
	w.at("9 Jun 05:30")
	w.due()
	var mira lists.Member
	w.view(func(tx *db.Tx) (err error) {
		mira, _, err = lists.MemberByAddress(tx, w.c.ID, addr("mira@lowe.example"))
		return err
	})
	n := 0
	for range 3 {
		w.update(func(tx *db.Tx) error { return calendar.Set(tx, digest.Brief, int64(mira.ID), tx.Now) })
		n += len(briefs(w.due(), "mira@lowe.example"))
	}
	if n > 1 {
		t.Errorf("%d briefs on one day", n)
	}
	w.at("11 Jun 20:00") // the server was down
	if got := briefs(w.due(), "mira@lowe.example"); len(got) != 0 {
		t.Errorf("a morning brief in the evening")
	}
	w.at("12 Jun 06:00")
	if got := briefs(w.due(), "mira@lowe.example"); len(got) != 1 {
		t.Errorf("%d briefs the next morning", len(got))
	}
	w.update(func(tx *db.Tx) error {
		_, err := lists.AddMember(tx, w.c, lists.NewMember{Address: addr("theo@brandt.example"), Name: "Theo", Role: lists.RoleManager})
		mira.Role = lists.RoleMember
		if err == nil {
			err = lists.SaveMember(tx, mira)
		}
		return err
	})
	w.now = w.now.Add(3 * 24 * time.Hour)
	if got := briefs(w.due(), "mira@lowe.example"); len(got) != 0 {
		t.Errorf("a brief for who is no manager any more")
	}
}

// A2: a short word to a digest that asks nothing notifies nobody, and stands in the next brief. Everything else is a letter.
func TestThanks(t *testing.T) {
	w, _, a := aWeek(t)
	reply := a.ReplyTo()[0].Address.String()
	for words, thanks := range map[string]bool{
		"Great issue, zzthanks!": true, "Really?": false, "Please call me": false, "Unsubscribe": false, "Mira was rude": false, "I think so too": false, "ありがとう": true, "I liked it, but it is rather long": false,
		"Ring 555 0142": false, "help": false,
	} {
		w.now = w.now.Add(2 * time.Hour)
		w.due()
		if err := w.send("dana@north.example", reply, "Re: Gardeners", quoting(words, a)); err != nil {
			t.Fatal(words, err)
		}
		if got := len(w.deliver()); (got == 0) != thanks {
			t.Errorf("%q brought %d letters", words, got)
		}
	}
	w.now = time.Date(2026, 6, 8, 5, 30, 0, 0, time.UTC)
	got := briefs(w.due(), "mira@lowe.example")
	if len(got) != 1 || !strings.Contains(flat(got[0]), `Dana Reyes: "Great issue, zzthanks!"`) {
		t.Errorf("%d briefs, without the thanks", len(got))
	}
	w.at("9 Jun 05:30")
	if got := briefs(w.due(), "mira@lowe.example"); len(got) == 1 && strings.Contains(got[0].Text(), "zzthanks") {
		t.Error("thanked twice")
	}
}

// A brief that is still owed does not go out when a letter in it is not for its reader any more, or was erased.
func TestMorningBriefAsksOnceMore(t *testing.T) {
	for how, n := range map[string][2]int{"nothing": {1, 1}, "excluded": {1, 0}, "erased": {0, 0}} {
		w := newTown(t)
		w.add("theo@brandt.example", "Theo Brandt", lists.RoleManager, lists.None)
		dana := w.reader("dana@north.example", "Dana Reyes")
		if err := w.send("dana@north.example", "managers@gardeners.example", "A question", "zzdana May I?"); err != nil {
			t.Fatal(err)
		}
		w.due()
		w.now = time.Date(2026, 6, 8, 5, 30, 0, 0, time.UTC)
		if _, failed, err := w.cal.RunDue(context.Background()); err != nil || failed > 0 {
			t.Fatalf("%d dates failed: %v", failed, err)
		}
		w.update(func(tx *db.Tx) error {
			theo, _, err := lists.MemberByAddress(tx, w.c.ID, addr("theo@brandt.example"))
			if err != nil {
				return err
			}
			all, err := w.box.List(tx, theo, true)
			switch {
			case err != nil || len(all) != 1:
				t.Fatalf("%d letters: %v", len(all), err)
			case how == "excluded":
				return w.box.Exclude(tx, all[0], theo.ID, backchannel.Asked, 0)
			case how == "erased":
				_, err = w.box.Forget(tx, dana)
			}
			return err
		})
		all := w.deliver()
		if m, th := len(briefs(all, "mira@lowe.example")), len(briefs(all, "theo@brandt.example")); m != n[0] || th != n[1] {
			t.Errorf("%s: %d briefs for Mira, %d for Theo", how, m, th)
		}
	}
}

// B15b: while letters to the ombuds come back, every brief says so above all else, from the Monday after the first of them on (FC9).
func TestMorningBriefTellsOfTheLostOmbuds(t *testing.T) {
	w := newTown(t)
	w.at("5 Jun 08:00") // Friday
	w.update(func(tx *db.Tx) error {
		c, err := lists.CommunityByID(tx, w.c.ID)
		if err != nil {
			return err
		}
		c.Ombuds = addr("sand@law.example")
		if err := lists.SaveCommunity(tx, c); err != nil {
			return err
		}
		return lists.OmbudsFailed(tx, c.ID)
	})
	w.due()
	for _, day := range []string{"8 Jun 05:30", "9 Jun 05:30"} {
		w.at(day)
		got := briefs(w.due(), "mira@lowe.example")
		if len(got) != 1 || got[0].Subject() != "Today: the ombuds cannot be reached" || !strings.Contains(flat(got[0]), "letters to ombuds@gardeners.example come back") {
			t.Errorf("%s: %d briefs", day, len(got))
		}
	}
	w.at("30 Jun 05:30") // nothing has come back for three weeks
	if got := briefs(w.due(), "mira@lowe.example"); len(got) != 0 {
		t.Errorf("%s", got[0].Text())
	}
}

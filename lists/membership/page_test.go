package membership_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/mailroom"
	"backchannel/lists/mailroom/mailroomtest"
)

// settingsOf gives somebody's address of their page of settings, as a page shows it.
func settingsOf(v *mailroomtest.Village, who string) string {
	return v.Door(address.Confirm, mailroom.Membership, "settings", who)
}

func flat(a mailroomtest.Arrived) string { return strings.Join(strings.Fields(a.Text()), " ") }

// Each word changes what it says; the answer tells what holds now, how to undo it, and the undo brings back what was.
func TestSettingsByWords(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: "Bill Tan <" + bill + ">", To: "talk@gardeners.example", Subject: "First hire", Body: "We named one."})
	v.Deliver()
	set(v, dana, "digest", "each")
	v.Update(func(tx *db.Tx) error {
		m := v.Member(dana)
		m.Timezone = "Europe/Berlin"
		return lists.SaveMember(tx, m)
	})
	state := func() string {
		var s []string
		v.View(func(tx *db.Tx) error {
			m := v.Member(dana)
			p, err := lists.DigestPrefOf(tx, m.ID)
			if err != nil {
				return err
			}
			i, err := lists.InterestsOf(tx, m.ID)
			if err != nil {
				return err
			}
			s = append(s, p.Period, p.Weekday.String(), time.Duration(p.Hour).String(), p.Format, m.Timezone, strings.Join(i.Follows, ","), strings.Join(i.Muted, ","))
			for range i.Threads {
				s = append(s, "muted thread")
			}
			_, away, err := lists.VacationOf(tx, m.ID)
			if away {
				s = append(s, "away")
			}
			return err
		})
		return gets(v, dana) + " " + strings.Join(s, " ")
	}
	door := settingsOf(v, dana)
	for _, c := range []struct{ words, now, told string }{
		{"HOUR 18", "jobs each, talk digest weekly Friday 18ns alt", "Fridays at 18:00 (Europe/Berlin). To undo, reply: HOUR 8"},
		{"daily 7", "jobs digest, talk digest daily Friday 7ns alt", "every day at 07:00 (Europe/Berlin). To undo, reply: WEEKLY FRIDAY 8; jobs EACH"},
		{"monthly monday", "monthly Monday 8ns alt", "on the first Monday of the month"},
		{"ZONE lisbon", "weekly Friday 8ns alt Europe/Lisbon", "(Europe/Lisbon). To undo, reply: ZONE Europe/Berlin"},
		{"format text", "8ns text", "text alone. To undo, reply: FORMAT BOTH"},
		{"MIN 3", "", "are 3 new posts. To undo, reply: MIN 1"},
		{"talk none", "jobs each, talk none", "Garden talk: no mail. To undo, reply: talk DIGEST"},
		{"each", "jobs each, talk each", "All your lists: every post as it comes. To undo, reply: talk DIGEST"},
		{"follow #Roles", "alt Europe/Berlin roles ", "You follow #roles: its threads come first. To undo, reply: UNFOLLOW roles"},
		{"mute jobs", "alt Europe/Berlin  jobs", "the tag #jobs. To undo, reply: UNMUTE jobs"},
		{"mute 1", "muted thread", "leaves out the thread 1. To undo, reply: UNMUTE 1"},
		{"vacation 1 July to 14 July", "away", "away from 1 July to 14 July 2026: no posts and no digests; then one digest with all you missed. To undo, reply: VACATION OFF"},
	} {
		before := state()
		v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: door, Subject: "Re: Your settings", Body: c.words + "\n\n> " + "DAILY 3"})
		if got := state(); !strings.Contains(got, c.now) || c.now != "" && got == before {
			t.Errorf("%s: %s, want %s", c.words, got, c.now)
		}
		told := v.One(v.Deliver(), dana)
		if !strings.Contains(flat(told), c.told) || !strings.HasPrefix(told.Subject(), "Done: ") || told.ReplyTo()[0].Address.String() != door {
			t.Errorf("%s: %s\n%s", c.words, told.Subject(), told.Text())
		}
		_, undo, _ := strings.Cut(flat(told), "To undo, reply: ")
		undo, _, _ = strings.Cut(undo, " These are all")
		v.MustSend(post{From: dana, To: door, Subject: undo}) // as a link sends it
		v.Deliver()
		if got := state(); got != before {
			t.Errorf("%s, undone by %q: %s, was %s", c.words, undo, got, before)
		}
		set(v, dana, "digest", "each")
	}
}

// A line that is no setting changes nothing, the others with it neither; what cannot be is told with the reason.
func TestSettingsThatCannotBe(t *testing.T) {
	v := mailroomtest.New(t)
	door := settingsOf(v, dana)
	before := gets(v, dana)
	for _, c := range []struct{ words, told string }{
		{"NONE\nWEAKLY", `We did not understand the line "WEAKLY"`},
		{"NONE\ntolk EACH", `There is no list "tolk" here`},
		{"NONE\nMUTE 99", "There is no thread with the number 99"},
		{"Could you make it weekly, please?", "We did not understand"},
	} {
		v.Now = v.Now.Add(25 * time.Hour)
		v.MustSend(post{From: dana, To: door, Subject: "Re: Your settings", Body: c.words})
		told := v.One(v.Deliver(), dana)
		if !strings.Contains(flat(told), c.told) || !strings.HasPrefix(told.Subject(), "Nothing changed") {
			t.Errorf("%q: %s\n%s", c.words, told.Subject(), told.Text())
		}
		is(t, c.words, gets(v, dana), before)
	}
	for range 5 {
		v.MustSend(post{From: dana, To: door, Subject: "x", Body: "hm"})
	}
	if n := len(v.Deliver()); n > 3 {
		t.Errorf("%d answers to nonsense in a day", n)
	}
	v.MustSend(post{From: dana, To: door, Subject: "x", Body: "DAILY"})
	is(t, "a right word after them", v.One(v.Deliver(), dana).Subject(), "Done: every day at 08:00 (Europe/Berlin)")
}

// A list that anybody may join is joined by a word, another is not.
func TestSettingsJoinAnOpenList(t *testing.T) {
	v := mailroomtest.New(t)
	walks := v.List(v.C, "walks", "Walks")
	walks.Join = lists.JoinAsk
	v.Update(func(tx *db.Tx) error { return lists.SaveList(tx, walks) })
	door := settingsOf(v, dana)
	v.MustSend(post{From: dana, To: door, Subject: "x", Body: "walks digest"})
	if text := flat(v.One(v.Deliver(), dana)); !strings.Contains(text, "The managers decide who is on Walks") {
		t.Error(text)
	}
	walks.Join = lists.JoinOpen
	v.Update(func(tx *db.Tx) error { return lists.SaveList(tx, walks) })
	v.MustSend(post{From: dana, To: door, Subject: "x", Body: "walks digest"})
	if text := flat(v.One(v.Deliver(), dana)); !strings.Contains(text, "Walks: in the digest. To undo, reply: walks NONE") || !strings.Contains(gets(v, dana), "walks digest") {
		t.Error(text)
	}
}

// Nobody changes another's settings: not by their address, not by a forged letter, no robot (I3).
func TestSettingsInOtherHands(t *testing.T) {
	v := mailroomtest.New(t)
	door := settingsOf(v, dana)
	before := gets(v, dana) + gets(v, bill)
	v.MustSend(post{From: bill, To: door, Subject: "x", Body: "NONE"})
	got := v.Deliver()
	if text := flat(v.One(got, bill)); !strings.Contains(text, "works only for them") || len(got) != 1 {
		t.Errorf("Bill is told %s", text)
	}
	for _, p := range []post{
		{From: "eve@evil.example", Body: "NONE"}, {From: sil, Body: "NONE"}, {From: "dana@strict.example", Body: "NONE"},
		{From: dana, Body: "NONE", Header: "Auto-Submitted: auto-replied\r\n"},
	} {
		p.To = door
		if _, err := v.Send(p); err == nil {
			t.Errorf("%s was heard", p.From)
		}
	}
	is(t, "nothing changed", gets(v, dana)+gets(v, bill), before)
	if n := len(v.Deliver()); n != 0 {
		t.Errorf("%d letters", n)
	}
	// the address alone, with a sender that nobody vouches for, is a second factor; an old one is not
	sils := settingsOf(v, sil)
	v.MustSend(post{From: sil, To: sils, Subject: "NONE"})
	is(t, "weak", gets(v, sil), "jobs none, talk none")
	v.Deliver()
	v.Now = v.Now.AddDate(0, 0, 401)
	v.MustSend(post{From: sil, To: sils, Subject: "EACH"})
	is(t, "weak and old", gets(v, sil), "jobs none, talk none")
	if text := flat(v.One(v.Deliver(), sil)); !strings.Contains(text, "did not vouch for it") {
		t.Error(text)
	}
}

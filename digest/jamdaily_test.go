package digest_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates/refusal"
)

// dailyTown is a town with Hana's jam, of which Dana wants a mail a day.
func dailyTown(t *testing.T) *town {
	t.Helper()
	w, _ := announced(t)
	w.deliver()
	w.must(w.send(dana, "digest@gardeners.example", "Hello", "jam daily"))
	told := w.one(w.deliver(), dana, "A mail a day about #onboarding")
	if !strings.Contains(flat(told), "from 22 June to 26 June, at 8:00 by your clock") {
		t.Fatalf("Dana is told:\n%s", told.Text())
	}
	for _, slot := range []string{"5 Jun 06:00", "12 Jun 06:00", "19 Jun 06:00"} {
		w.at(slot)
		w.due()
	}
	return w
}

// days are Dana's mails of a jam.
func days(all []arrived) []arrived { return mailTo(all, dana, "#onboarding: ") }

// C5: one mail a day, with what others said since; none on a day without, and none after the first slot behind the jam's days.
func TestJamDaily(t *testing.T) {
	w := dailyTown(t)
	w.at("21 Jun 10:00")
	w.say("Bill Tan <bill@south.example>", "Too early #onboarding", "word-early.")
	w.at("22 Jun 06:00")
	if got := days(w.due()); len(got) != 0 {
		t.Fatalf("before anybody wrote:\n%s", got[0].Text())
	}
	w.at("22 Jun 10:00")
	w.say("Bill Tan <bill@south.example>", "First call #onboarding", "We phone everybody.")
	w.say("Dana Reyes <"+dana+">", "Mine #onboarding", "word-mine.")
	w.say("Bill Tan <bill@south.example>", "Slugs", "word-slugs.")
	w.at("23 Jun 06:00")
	all := days(w.due())
	if len(all) != 1 {
		t.Fatalf("%d mails on the second day", len(all))
	}
	day := all[0]
	for _, word := range []string{"We phone everybody.", "send+", "everyone+", "private+"} {
		if !strings.Contains(day.Text(), word) {
			t.Errorf("%q is missing:\n%s", word, day.Text())
		}
	}
	for _, word := range []string{"word-early", "word-mine", "word-slugs", "talk@gardeners"} {
		if strings.Contains(day.Text()+day.Get("Reply-To")+day.Get("List-Post"), word) {
			t.Errorf("%q stands in it:\n%s", word, day.Text())
		}
	}
	if got := days(w.due()); len(got) != 0 {
		t.Error("the same day comes twice")
	}
	w.at("24 Jun 06:00")
	if got := days(w.due()); len(got) != 0 {
		t.Errorf("nobody wrote, and there is a mail:\n%s", got[0].Text())
	}
	w.at("26 Jun 18:00")
	w.due()
	w.say("Bill Tan <bill@south.example>", "The end #onboarding", "word-last.")
	w.at("26 Jun 22:00")
	w.due()
	w.say("Bill Tan <bill@south.example>", "Behind it #onboarding", "word-behind.")
	w.at("27 Jun 06:00")
	if all = days(w.due()); len(all) != 1 || !strings.Contains(all[0].Text(), "word-last.") || strings.Contains(all[0].Text(), "word-behind") || !strings.Contains(flat(all[0]), "this was the last of these mails") {
		t.Fatalf("%d mails behind the last day", len(all))
	}
	if got := w.rows("SELECT count(*) || '' FROM jam_reader"); got != "0" {
		t.Errorf("%s readers are left", got)
	}
	w.at("28 Jun 06:00")
	if got := days(w.due()); len(got) != 0 {
		t.Error("it goes on")
	}
}

// Nothing comes to somebody who said OFF, left the list or the community, or whose jam was called off.
func TestJamDailyEnds(t *testing.T) {
	for how, end := range map[string]func(w *town, day arrived){
		"OFF": func(w *town, day arrived) {
			w.must(w.send(dana, day.door(), "Re: "+day.Subject(), quoting("Jam daily off.", day)))
			w.one(w.deliver(), dana, "No daily mail about #onboarding any more")
		},
		"the list": func(w *town, _ arrived) {
			w.update(func(tx *db.Tx) error {
				m, err := lists.TheMember(tx, w.c, dana)
				if err == nil {
					_, err = lists.Unsubscribe(tx, m.ID, w.talk.ID)
				}
				return err
			})
		},
		"the community": func(w *town, _ arrived) {
			w.update(func(tx *db.Tx) error {
				m, err := lists.TheMember(tx, w.c, dana)
				if err == nil {
					m.State = lists.Left
					err = lists.SaveMember(tx, m)
				}
				return err
			})
		},
		"called off": func(w *town, _ arrived) {
			w.must(w.send("hana@host.example", "digest@gardeners.example", "A jam", "/jam onboarding off"))
		},
	} {
		w := dailyTown(t)
		w.at("22 Jun 10:00")
		w.say("Bill Tan <bill@south.example>", "First call #onboarding", "We phone everybody.")
		w.at("23 Jun 06:00")
		all := days(w.due())
		if len(all) != 1 {
			t.Fatalf("%s: %d mails", how, len(all))
		}
		end(w, all[0])
		w.say("Bill Tan <bill@south.example>", "And #onboarding", "More.")
		w.at("24 Jun 06:00")
		if got := days(w.due()); len(got) != 0 {
			t.Errorf("%s: it goes on", how)
		}
		if got := w.rows("SELECT count(*) || '' FROM jam_reader"); got != "0" {
			t.Errorf("%s: %s readers are left", how, got)
		}
	}
}

// Whoever is away misses it: what was said meanwhile comes as one digest, and not once more.
func TestJamDailyRests(t *testing.T) {
	w := dailyTown(t)
	var m lists.Member
	w.view(func(tx *db.Tx) (err error) { m, err = lists.TheMember(tx, w.c, dana); return err })
	w.at("22 Jun 07:00")
	w.away(m, w.now, w.now.AddDate(0, 0, 2))
	w.say("Bill Tan <bill@south.example>", "First call #onboarding", "word-away.")
	for _, slot := range []string{"23 Jun 06:00", "24 Jun 06:00"} {
		w.at(slot)
		if got := days(w.due()); len(got) != 0 {
			t.Errorf("%s: while away", slot)
		}
	}
	w.at("24 Jun 10:00")
	if issue := w.issue(w.due(), dana); !strings.Contains(issue.Text(), "word-away") {
		t.Errorf("back:\n%s", issue.Text())
	}
	w.say("Bill Tan <bill@south.example>", "Second call #onboarding", "word-back.")
	w.at("25 Jun 06:00")
	if all := days(w.due()); len(all) != 1 || !strings.Contains(all[0].Text(), "word-back") || strings.Contains(all[0].Text(), "word-away") {
		t.Errorf("%d mails after it", len(all))
	}
}

// Mail is sent to nobody on a stranger's word, and a word with more beside it is a letter to the managers.
func TestJamDailyIsTheirOwnWish(t *testing.T) {
	w, _ := announced(t)
	w.deliver()
	if err := w.sendBy("198.51.100.7", dana, "digest@gardeners.example", "A wish", "JAM DAILY"); refusal.KindOf(err) != refusal.NotAllowed {
		t.Errorf("nobody vouches: %v", err)
	}
	if err := w.send("eve@evil.example", "digest@gardeners.example", "A wish", "JAM DAILY"); err == nil && w.rows("SELECT count(*) || '' FROM jam_reader") != "0" {
		t.Error("a stranger gets it")
	}
	w.must(w.send(dana, "digest@gardeners.example", "A wish", "JAM DAILY #nothing"))
	w.one(w.deliver(), dana, "There is no such jam")
	w.must(w.send(dana, "digest@gardeners.example", "A question", "Jam daily is what I would like, is there such a thing?"))
	w.must(w.send(dana, "digest@gardeners.example", "Jam daily #Onboarding", ""))
	w.must(w.send(dana, "digest@gardeners.example", "Jam daily #Onboarding", "")) // once more changes nothing
	if got := w.rows("SELECT count(*) || '' FROM jam_reader"); got != "1" {
		t.Errorf("%s readers", got)
	}
	w.at("30 Jun 12:00") // the server was down
	w.due()
	w.must(w.send(dana, "digest@gardeners.example", "A wish", "JAM DAILY"))
	w.one(w.deliver(), dana, "There is no such jam")
}

// Said to the list it is a wish as well, and no post; with more words it is one.
func TestJamDailyOnTheList(t *testing.T) {
	w, _ := announced(t)
	w.deliver()
	w.must(w.send(dana, "talk@gardeners.example", "A wish", "JAM DAILY\n\n> So far: 2 posts"))
	all := w.deliver()
	told := w.one(all, dana, "A mail a day about #onboarding")
	if len(all) != 1 || !strings.HasPrefix(flat(told), `Your letter to Garden talk says only "JAM DAILY". That is for the program, so it was not posted, and nobody has seen it.`) {
		t.Errorf("%d letters:\n%s", len(all), told.Text())
	}
	if got := w.rows("SELECT count(*) || '' FROM jam_reader"); got != "1" {
		t.Errorf("%s readers", got)
	}
	if err := w.sendBy("198.51.100.7", dana, "talk@gardeners.example", "A wish", "JAM DAILY OFF"); refusal.KindOf(err) != refusal.NotAllowed {
		t.Errorf("nobody vouches: %v", err)
	}
	w.must(w.send(dana, "talk@gardeners.example", "A thought", "Jam daily is what I would like, is there such a thing?"))
	if got := w.rows("SELECT count(*) || '' FROM post WHERE subject = 'A thought'"); got != "1" {
		t.Errorf("%s posts", got)
	}
}

// It comes at the hour of the reader's digest by their own clock, once, though the server was down for some hours.
func TestJamDailyHour(t *testing.T) {
	w := dailyTown(t)
	var m lists.Member
	w.view(func(tx *db.Tx) (err error) { m, err = lists.TheMember(tx, w.c, dana); return err })
	w.at("22 Jun 06:00")
	w.due()
	w.update(func(tx *db.Tx) error { m.Timezone = "America/New_York"; return lists.SaveMember(tx, m) })
	w.wants(m, "weekly", time.Friday, 20)
	w.at("22 Jun 12:00")
	w.say("Bill Tan <bill@south.example>", "First call #onboarding", "We phone everybody.")
	w.at("23 Jun 10:00") // the slot was at 06:00
	if got := days(w.due()); len(got) != 1 {
		t.Fatalf("%d mails", len(got))
	}
	w.say("Bill Tan <bill@south.example>", "Second call #onboarding", "Twice.")
	w.at("23 Jun 23:59")
	if got := days(w.due()); len(got) != 0 {
		t.Error("before 20:00 in New York")
	}
	w.at("24 Jun 00:00")
	if got := days(w.due()); len(got) != 1 {
		t.Errorf("%d mails at 20:00 in New York", len(got))
	}
}

// What comes to the address of these mails is for the managers, and about the jam.
func TestJamIdeaIsPrivate(t *testing.T) {
	w := dailyTown(t)
	w.at("22 Jun 10:00")
	w.say("Bill Tan <bill@south.example>", "First call #onboarding", "We phone everybody.")
	w.at("23 Jun 06:00")
	day := days(w.due())[0]
	if !strings.HasPrefix(day.door(), "private+") {
		t.Fatalf("Reply goes to %s", day.door())
	}
	w.must(w.send(dana, day.door(), "Re: "+day.Subject(), quoting("What about a jam on leaving, too?", day)))
	all := w.deliver()
	got := mailTo(all, "mira@lowe.example", "")
	if len(got) != 1 || !strings.Contains(flat(got[0]), "An idea for the jam #onboarding") || !strings.Contains(flat(got[0]), "on leaving, too?") {
		t.Fatalf("%d letters, Mira reads %v", len(all), got)
	}
	if len(mailTo(all, "bill@south.example", "")) != 0 || strings.Contains(w.rows("SELECT group_concat(text) FROM post"), "on leaving") {
		t.Error("it is public")
	}
	if got := w.rows("SELECT group_concat(tag) FROM conv_tag"); got != "onboarding" { // the managers' report counts it
		t.Errorf("its tags: %q", got)
	}
	w.onlyAsks("eve@evil.example", dana, w.send("eve@evil.example", day.door(), "Re", "Hello"))
}

package backchannel_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/backchannel"
	"backchannel/lists/mailroom/mailroomtest"
)

// Whom a later letter names in its subject, or a file by its name or its text, cannot see it either (B9).
func TestNamedBesideTheText(t *testing.T) {
	for how, p := range map[string]post{
		"subject":    {Subject: "Theo again", Body: "zzmore It is not better."},
		"file":       carry(post{Subject: "zzmore", Body: "See."}, "theo_shouting-2.png", smallPNG()),
		"camel":      carry(post{Subject: "zzmore", Body: "See."}, "ScreenshotTheo2.png", smallPNG()),
		"left":       carry(post{Subject: "zzmore", Body: "See."}, "What Theo said.gif", "GIF89a"),
		"text":       carry(post{Subject: "zzmore", Body: "See."}, "log.txt", "Theo: you are all fools\n"),
		"an address": {Subject: "zzmore", Body: "It was theo.b@home.example who wrote that."},
	} {
		for _, to := range []string{managers, report} {
			v := court(t, false)
			v.Update(func(tx *db.Tx) error {
				return lists.AddAddress(tx, v.Member(theo), mailroomtest.Addr("theo.b@home.example"))
			})
			v.MustSend(post{From: dana, To: to, Subject: "The meeting", Body: "It was not good."})
			all := v.Deliver()
			v.One(mailroomtest.To(all, theo), theo)
			next := answer(dana, v.One(all, dana), "")
			next.Subject, next.Body = p.Subject, p.Body
			next.Header += p.Header
			v.MustSend(next)
			all = v.Deliver()
			for _, a := range mailroomtest.To(all, theo) {
				t.Errorf("%s, %s: Theo got\n%s", how, to, a.Text())
			}
			v.One(mailroomtest.To(all, mira), mira)
			says(t, v.One(all, dana), "Theo cannot see it")
			if got := shelf(v, theo); len(got) != 0 {
				t.Errorf("%s, %s: Theo has %v", how, to, got)
			}
		}
	}
}

// The name of a file that only looks like a name keeps nobody away.
func TestFilesThatNameNobody(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(carry(post{From: dana, To: managers, Subject: "A plan", Body: "See."}, "theory.png", smallPNG(), "Miranda.png", smallPNG()))
	all := v.Deliver()
	v.One(all, mira)
	v.One(all, theo)
}

// A new letter about whoever has taken or answered the last one is a letter of its own: it is no part of what they have.
func TestANewLetterAboutWhoHasTheLast(t *testing.T) {
	for how, do := range map[string]string{"taken": "/mine", "answered": "Yes, you may."} {
		v := mailroomtest.New(t)
		all := ask(v, "A question", "May I?")
		v.MustSend(answer(theo, v.One(all, theo), do))
		all = append(all, v.Deliver()...)
		if how == "answered" {
			v.MustSend(answer(dana, to(all, dana)[len(to(all, dana))-1], "Thank you, and when?"))
			v.Deliver()
		}
		v.Pass(5 * time.Minute)
		v.Deliver()
		all = ask(v, "Something else", "zzsecret Theo was rude to me yesterday.")
		nothing(t, all, theo)
		says(t, v.One(to(all, mira), mira), "zzsecret")
		if got := strings.Join(shelf(v, theo), " "); got == "" {
			t.Errorf("%s: what Theo had is gone", how)
		}
		// A letter that names nobody goes on as before.
		ask(v, "And", "zzplain One thing more.")
	}
}

// Who becomes a manager, or one again, gets no letter that names them: neither a report that knew them as a member by their first name, nor
// a letter under a made-up name.
func TestNewManagersAndOlderLetters(t *testing.T) {
	v := crowd(t)
	v.MustSend(post{From: dana, To: report, Subject: "The market", Body: "zzreport Bill was rude to everybody."})
	v.MustSend(carry(post{From: dana, To: managers, Subject: "The market", Body: "zzletter See."}, "bill.png", smallPNG()))
	v.Deliver()
	voiced(t, v, post{From: dana, To: anon, Subject: "The market", Body: "zzanon Bill was rude to everybody."})
	v.MustSend(post{From: dana, To: managers, Subject: "The beds", Body: "zzplain When do we dig?"})
	v.Pass(2 * time.Hour)
	v.Deliver()
	for _, have := range []string{"zzreport", "zzletter", "zzanon"} {
		if got := text(v, mira); !strings.Contains(got, have) {
			t.Fatalf("Mira has no %s", have)
		}
	}
	set(v, bill, func(m *lists.Member) { m.Role = lists.RoleManager })
	v.Pass(time.Minute)
	got := text(v, bill)
	for _, hidden := range []string{"zzreport", "zzletter", "zzanon"} {
		if strings.Contains(got, hidden) {
			t.Errorf("Bill has %s", hidden)
		}
	}
	if !strings.Contains(got, "zzplain") {
		t.Errorf("Bill has only\n%s", got)
	}
}

// What the ombuds hands to one manager is for that one alone: not for those who become managers later, nor for one who comes back.
func TestHandedToOneAlone(t *testing.T) {
	v := court(t, true)
	set(v, theo, func(m *lists.Member) { m.State = lists.Paused })
	v.MustSend(post{From: dana, To: ombuds, Subject: "Locked out", Body: "zzalone They do not answer me."})
	v.MustSend(answer(sand, v.One(to(v.Deliver(), sand), sand), "/forward-to Jonas"))
	v.MustSend(answer(dana, v.One(to(v.Deliver(), dana), dana), "YES"))
	his := v.One(to(v.Deliver(), jonas), jonas)
	says(t, his, "zzalone")
	set(v, theo, func(m *lists.Member) { m.State = lists.Active })
	set(v, bill, func(m *lists.Member) { m.Role = lists.RoleManager })
	v.Pass(time.Minute)
	v.MustSend(answer(jonas, his, "/tag zztag\n/include bill"))
	says(t, v.One(v.Deliver(), jonas), "Only the one who wrote")
	for _, m := range []string{theo, bill, mira} {
		if got := text(v, m); strings.Contains(got, "zzalone") {
			t.Errorf("%s has it:\n%s", m, got)
		}
		v.View(func(tx *db.Tx) error {
			found, err := v.Box.List(tx, v.Member(m), true)
			if len(found) != 0 {
				t.Errorf("%s is shown %v", m, found)
			}
			return err
		})
	}
	v.MustSend(answer(jonas, his, "I will ask them. Write to me again, please."))
	last := v.One(to(v.Deliver(), dana), dana)
	v.MustSend(answer(dana, last, "INCLUDE BILL"))
	says(t, v.One(to(v.Deliver(), bill), bill), "zzalone")
	if got := text(v, bill); !strings.Contains(got, "zzalone") {
		t.Errorf("Bill has\n%s", got)
	}
}

// text is everything that lies in somebody's folders.
func text(v *village, who string) string {
	v.T.Helper()
	var all strings.Builder
	m := v.Member(who)
	v.View(func(tx *db.Tx) error {
		boxes, err := v.Store.PrivateMailboxes(tx, int64(m.ID))
		for _, box := range boxes {
			uids, _, err := v.Store.PrivateUIDs(tx, box.ID, int64(m.ID))
			if err != nil {
				return err
			}
			for _, uid := range uids {
				c, err := v.Store.PrivateByUID(tx, box.ID, uid)
				if err != nil {
					return err
				}
				raw, err := v.Store.Raw(tx, c.Raw)
				if err != nil {
					return err
				}
				all.Write(raw)
			}
		}
		return err
	})
	return all.String()
}

// Nobody makes themselves the only reader of a report: where one is left, the ombuds has a copy; without an ombuds two must be left.
func TestExcludeDownToOne(t *testing.T) {
	for _, who := range []string{"theo", "me"} {
		v := court(t, true)
		set(v, jonas, func(m *lists.Member) { m.Role = lists.RoleMember })
		v.MustSend(post{From: dana, To: report, Subject: "The market", Body: "zzreport It was bad."})
		hers := v.One(to(v.Deliver(), mira), mira)
		v.MustSend(answer(mira, hers, "/exclude "+who))
		all := v.Deliver()
		copied := v.One(to(all, sand), sand)
		says(t, copied, "zzreport", "has it alone, and you have this copy")
		left := map[string]string{"theo": "Mira", "me": "Theo"}[who]
		says(t, copied, left)
		nothing(t, all, dana)

		w := court(t, false)
		set(w, jonas, func(m *lists.Member) { m.Role = lists.RoleMember })
		w.MustSend(post{From: dana, To: report, Subject: "The market", Body: "zzreport It was bad."})
		hers = w.One(to(w.Deliver(), mira), mira)
		w.MustSend(answer(mira, hers, "/exclude "+who))
		says(t, w.One(w.Deliver(), mira), "a report needs two")
		if got := len(shelf(w, theo)); got != 1 {
			t.Errorf("Theo has %d folders with something in it", got)
		}
		// An ordinary letter may have one reader, and not none.
		hers = w.One(to(ask(w, "A question", "May I?"), mira), mira)
		w.MustSend(answer(mira, hers, "/exclude theo"))
		says(t, w.One(w.Deliver(), mira), "does not see it any more")
		w.Pass(time.Hour)
		hers = w.One(to(ask(w, "Another question", "May I?"), mira), mira)
		w.MustSend(answer(mira, hers, "/exclude theo\n/exclude me"))
		says(t, w.One(to(w.Deliver(), mira), mira), "is the only one who sees it; then nobody would")
	}
}

// What somebody without a name answers to the ombuds' question, or says about who may read, has nothing in common with the made-up name in
// any table: no story, no id, no author.
func TestVoicesWordsAreNotJoined(t *testing.T) {
	v := crowd(t)
	all, name := voiced(t, v, post{From: dana, To: anon, Subject: "The three", Body: "I cannot sleep any more."})
	hers := v.One(to(all, mira), mira)
	joined := func(what, story string) {
		t.Helper()
		v.View(func(tx *db.Tx) error {
			for _, q := range []string{"SELECT count(*) FROM conv_letter WHERE story = ?", "SELECT count(*) FROM copy WHERE story = ?", "SELECT count(*) FROM conv_msg WHERE story = ?", "SELECT count(*) FROM conv_msg WHERE author = (SELECT id FROM member WHERE name = 'Dana Reyes') AND ? <> ''"} {
				var n int
				if err := tx.QueryRow(q, story).Scan(&n); err != nil || n != 0 {
					t.Errorf("%s: %d rows by %s (%v)", what, n, q, err)
				}
			}
			return nil
		})
		if log := v.Story(story); log != "received filed" {
			t.Errorf("%s: the log tells %q", what, log)
		}
	}
	v.MustSend(answer(mira, hers, "/report"))
	told := v.One(to(v.Deliver(), dana), dana)
	choice := v.MustSend(answer(dana, told, "EXCLUDE THEO"))
	told = v.One(to(v.Deliver(), dana), dana)
	joined("EXCLUDE", choice)
	v.MustSend(answer(dana, told, "EXCLUDE MIRA"))
	told = v.One(to(v.Deliver(), dana), dana)
	last := v.MustSend(answer(dana, told, "EXCLUDE JONAS"))
	all = v.Deliver()
	joined("EXCLUDE the last", last)
	sands := to(all, sand)
	says(t, sands[len(sands)-1], "I cannot sleep any more.", name)
	hides(t, sands[len(sands)-1], danas...)
	v.MustSend(answer(sand, sands[len(sands)-1], "/forward-to Jonas"))
	asked := v.One(to(v.Deliver(), dana), dana)
	says(t, asked, "hand your letter to Jonas")
	unclear := v.MustSend(answer(dana, asked, "perhaps"))
	asked = v.One(to(v.Deliver(), dana), dana)
	joined("perhaps", unclear)
	no := answer(dana, asked, "NO")
	yes := v.MustSend(answer(dana, asked, "YES"))
	all = v.Deliver()
	joined("YES", yes)
	hides(t, v.One(to(all, jonas), jonas), danas...)
	for _, a := range to(all, sand) {
		hides(t, a, danas...)
	}
	joined("NO", v.MustSend(no))
	v.Deliver()
}

// A letter in the thread of a made-up name that goes to report@ or ombuds@ stays under that name.
func TestVoiceThroughOtherDoors(t *testing.T) {
	for _, door := range []string{report, ombuds} {
		v := crowd(t)
		all, _ := voiced(t, v, burntOut)
		v.MustSend(answer(mira, v.One(to(all, mira), mira), "/report\nTell us more."))
		all = to(v.Deliver(), dana)
		if door == ombuds {
			for _, m := range []string{"THEO", "MIRA", "JONAS"} {
				v.MustSend(answer(dana, all[len(all)-1], "EXCLUDE "+m))
				all = to(v.Deliver(), dana)
			}
		}
		p := answer(dana, all[len(all)-1], "It went on like that all the summer.")
		p.To = door
		v.MustSend(p)
		v.Deliver()
		v.Pass(61 * time.Minute)
		found := 0
		for _, a := range v.Deliver() {
			if a.To.String() == dana {
				continue
			}
			hides(t, a, danas...)
			if strings.Contains(a.Text(), "all the summer") {
				found++
			}
		}
		if found == 0 {
			t.Errorf("%s: nobody got it", door)
		}
	}
}

// A further letter without a name, in a report, that names whoever could still read it goes to the ombuds: it is never lost.
func TestVoiceNamesTheLastReader(t *testing.T) {
	v := crowd(t)
	all, _ := voiced(t, v, post{From: dana, To: anon, Subject: "The two", Body: "I cannot sleep because of Mira and Theo."})
	v.MustSend(answer(jonas, v.One(to(all, jonas), jonas), "/report"))
	told := v.One(to(v.Deliver(), dana), dana)
	v.MustSend(answer(dana, told, "zzlast And Jonas is no better."))
	v.Deliver()
	v.Pass(61 * time.Minute)
	all = v.Deliver()
	for _, m := range []string{mira, theo, jonas} {
		nothing(t, all, m)
	}
	says(t, v.One(to(all, sand), sand), "zzlast", "I cannot sleep")
	says(t, v.One(to(all, dana), dana), "It went to the ombuds")
}

// What is attached to a report goes where the report goes: to the managers who may see it, to the ombuds, and to whoever gets it later.
func TestFilesOfReports(t *testing.T) {
	v := court(t, true)
	v.MustSend(carry(post{From: dana, To: report, Subject: "Proof", Body: "zzfirst Mira and Theo shouted."}, "shot.png", smallPNG()))
	all := v.Deliver()
	for _, who := range []string{jonas, sand} {
		if f := files(v.One(all, who)); f["shot.png"] == "" {
			t.Errorf("%s got %v", who, f)
		}
	}
	v.MustSend(carry(answer(dana, v.One(all, dana), "More of it."), "more.png", smallPNG()))
	all = v.Deliver()
	for _, who := range []string{jonas, sand} {
		if f := files(v.One(all, who)); f["more.png"] == "" {
			t.Errorf("%s got %v", who, f)
		}
	}
	v.MustSend(carry(post{From: dana, To: ombuds, Subject: "Proof", Body: "For you alone."}, "shot.png", smallPNG()))
	all = v.Deliver()
	alone := v.One(all, sand)
	if f := files(alone); f["shot.png"] == "" {
		t.Errorf("the ombuds got %v", f)
	}
	v.MustSend(answer(sand, alone, "/forward-to Jonas"))
	v.MustSend(answer(dana, v.One(to(v.Deliver(), dana), dana), "YES"))
	if f := files(v.One(to(v.Deliver(), jonas), jonas)); f["shot.png"] == "" {
		t.Errorf("Jonas got %v", f)
	}
	v.MustSend(carry(answer(dana, v.One(all, dana), "More for both."), "more.png", smallPNG()))
	all = v.Deliver()
	for _, who := range []string{jonas, sand} {
		if f := files(v.One(to(all, who), who)); f["more.png"] == "" {
			t.Errorf("%s got %v", who, f)
		}
	}
}

// Mails that speak of several letters and are still owed ask once more at the moment of sending: not one goes out that speaks of a letter
// that its reader may not see any more, or whose words were erased.
func TestOwedMailsAboutSeveral(t *testing.T) {
	type step struct {
		name string
		do   func(v *village, c backchannel.Conv)
		who  []string // for whom nothing goes out
	}
	exclude := step{"excluded", func(v *village, c backchannel.Conv) {
		v.Update(func(tx *db.Tx) error {
			return v.Box.Exclude(tx, c, v.Member(theo).ID, backchannel.Asked, v.Member(mira).ID)
		})
	}, []string{theo}}
	forget := step{"erased", func(v *village, c backchannel.Conv) {
		v.Update(func(tx *db.Tx) error { _, err := v.Box.Forget(tx, v.Member(dana)); return err })
	}, []string{theo, mira}}
	for _, s := range []step{exclude, forget} {
		v := mailroomtest.New(t)
		about := heated(v)
		v.MustSend(private("Bill Tan <"+bill+">", about, "I am sorry."))
		v.Deliver()
		v.MustSend(private("Dana Reyes <"+dana+">", about, "zzdana I do not like it."))
		c := byCodeOf(v, "zzdana")
		s.do(v, c)
		all := v.Deliver()
		for _, m := range []string{mira, theo} {
			if got := len(alarms(all, m)); got == 0 != slices.Contains(s.who, m) {
				t.Errorf("%s: %d alarms for %s", s.name, got, m)
			}
		}

		v = mailroomtest.New(t)
		v.Update(func(tx *db.Tx) error {
			_, err := v.Box.Do(tx, backchannel.Conv{}, v.Member(mira), "/rota on")
			return err
		})
		v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: managers, Subject: "A question", Body: "zzdana May I?"})
		v.Deliver()
		v.Pass(74*time.Hour - time.Minute) // until Monday noon, with two on duty
		v.Deliver()
		v.Pass(time.Minute)
		s.do(v, byCodeOf(v, "zzdana"))
		all = v.Deliver()
		for _, m := range []string{mira, theo} {
			got := slices.ContainsFunc(to(all, m), func(a arrived) bool { return strings.Contains(a.Subject(), "week") })
			if got == slices.Contains(s.who, m) {
				t.Errorf("%s: a handover for %s: %v\n%s", s.name, m, got, mailroomtest.Subjects(all))
			}
		}
	}
}

// byCodeOf is the open conversation in which somebody said this.
func byCodeOf(v *village, said string) (c backchannel.Conv) {
	v.T.Helper()
	v.View(func(tx *db.Tx) error {
		var code string
		if err := tx.QueryRow("SELECT code FROM conv WHERE id = (SELECT conv FROM conv_msg WHERE words LIKE '%' || ? || '%')", said).Scan(&code); err != nil {
			return err
		}
		found, err := v.Box.ByCode(tx, v.Member(mira), code)
		c = found
		return err
	})
	return c
}

// INCLUDE NAME about what the ombuds alone has is the writer's YES: that manager gets it, and the ombuds hears of it.
func TestIncludeInWhatTheOmbudsHas(t *testing.T) {
	v := court(t, true)
	v.MustSend(post{From: dana, To: ombuds, Subject: "Locked out", Body: "zzalone They do not answer me."})
	has := v.One(to(v.Deliver(), dana), dana)
	v.MustSend(answer(dana, has, "INCLUDE JONAS"))
	all := v.Deliver()
	says(t, v.One(all, jonas), "zzalone", "Dana Reyes lets you see this letter. The ombuds has it, too.")
	says(t, v.One(all, dana), "Jonas has your letter now")
	says(t, v.One(all, sand), "wants Jonas to have it, too")
	nothing(t, all, theo)
	nothing(t, all, mira)
}

// Somebody who is no member learns by no word of theirs who manages a community.
func TestStrangersLearnNoNames(t *testing.T) {
	v := court(t, true)
	set(v, jonas, func(m *lists.Member) { m.Role = lists.RoleMember })
	v.MustSend(post{From: "Olga <" + olga + ">", To: managers, Subject: "Yesterday", Body: "zzwords Mira and Theo shouted."})
	all := v.Deliver()
	q := v.One(all, olga)
	says(t, q, "names everybody who reads letters", "they may read it", "OMBUDS give it to "+ombuds)
	hides(t, q, sand, "Lowe", "Brandt", "Mira and Theo")
	v.MustSend(answer(olga, q, "YES"))
	all = v.Deliver()
	says(t, v.One(all, mira), "zzwords")
	for _, a := range to(all, olga) {
		hides(t, a, "Mira", "Theo")
	}
	v.MustSend(answer(mira, v.One(all, mira), "I am sorry."))
	back := v.One(to(v.Deliver(), olga), olga)
	for _, word := range []string{"INCLUDE THEO", "EXCLUDE THEO", "EXCLUDE NOBODY"} {
		v.MustSend(answer(olga, back, word))
		all := v.Deliver()
		nothing(t, all, olga)
		says(t, v.One(to(all, mira), mira), word)
	}
}

// The answer to our word about who reads it is a letter like any other: nobody is kept away by our own words.
func TestAnswersToOurWordAboutReaders(t *testing.T) {
	v := mailroomtest.New(t)
	all := ask(v, "A question", "May I?")
	v.MustSend(answer(dana, v.One(all, dana), "EXCLUDE THEO"))
	told := v.One(to(v.Deliver(), dana), dana)
	v.MustSend(answer(dana, told, "EXCLUDE MIRA"))
	told = v.One(to(v.Deliver(), dana), dana)
	v.MustSend(answer(dana, told, "Well, then that is so."))
	says(t, v.One(to(v.Deliver(), mira), mira), "Well, then that is so.")
}

// A word about their own letters of somebody for whom no domain vouches is asked about at their own address, and done by a YES there; by
// nobody else's.
func TestOwnWordsOfWeakSenders(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: sil, To: managers, Subject: "A question", Body: "zzsil May I?"})
	all := v.Deliver()
	hers := v.One(all, mira)
	weak := func(from, to, subject, body string) {
		v.MustSend(post{From: from, To: to, Subject: subject, Body: body})
	}
	weak(sil, managers, "x", "FORGET")
	asked := v.One(v.Deliver(), sil)
	says(t, asked, "FORGET erases all private letters", "If it was you")
	if !strings.Contains(text(v, mira), "zzsil") {
		t.Fatal("it was forgotten at once")
	}
	door := asked.ReplyTo()[0].Address.String()
	if _, err := v.Send(post{From: dana, To: door, Subject: "x", Body: "YES"}); err == nil {
		t.Error("somebody else's YES is taken")
	}
	weak(sil, door, "Re: x", "Why do you ask?")
	again := v.One(v.Deliver(), sil)
	says(t, again, "If it was you")
	weak(sil, again.ReplyTo()[0].Address.String(), "Re: x", "YES")
	says(t, v.One(to(v.Deliver(), sil), sil), "We erased the one private letter")
	if strings.Contains(text(v, mira), "zzsil") {
		t.Error("it is still there")
	}
	_ = hers
	weak(sil, managers, "x", "EXPORT")
	weak(sil, v.One(v.Deliver(), sil).ReplyTo()[0].Address.String(), "x", "YES")
	v.Pass(time.Minute)
	if got := to(v.Deliver(), sil); len(got) == 0 {
		t.Error("EXPORT brought nothing")
	}
	for range 4 {
		weak(sil, managers, "x", "WHO READ")
	}
	if n := len(to(v.Deliver(), sil)); n > 3 {
		t.Errorf("asked %d times on one day", n)
	}
}

// A member is told that a manager's own mail went to somebody outside as well, also when it came back first (LP2).
func TestManagersMailToOthersAsWell(t *testing.T) {
	v := mailroomtest.New(t)
	notice := v.One(ask(v, "A question", "May I?"), mira)
	p := answer(mira, notice, "Yes, you may.")
	p.Header += "Cc: Olga <" + olga + ">, Theo <" + theo + ">, " + olga + "\r\n"
	v.MustSend(p)
	got := v.One(to(v.Deliver(), dana), dana)
	says(t, got, "(This was also sent to 1 outside address, and not by us.)")
	hides(t, got, olga, theo)
	p = answer(mira, notice, "Theo, can you?")
	p.Header += "Cc: " + olga + "\r\n"
	v.MustSend(p)
	held := v.One(to(v.Deliver(), mira), mira)
	v.MustSend(answer(mira, held, "SEND"))
	says(t, v.One(to(v.Deliver(), dana), dana), "also sent to 1 outside address")
	p = answer(mira, notice, "And that is all.")
	p.Header += "Cc: Theo <" + theo + ">, " + managers + ", " + dana + "\r\n"
	v.MustSend(p)
	for _, a := range to(v.Deliver(), dana) {
		hides(t, a, "outside address")
	}
}

// The ombuds hears of a wish to unseal before it is done, and can put off that the member is told, by 30 days at most (B10).
// What is forgotten meanwhile is forgotten, with the reason that managers gave; but whoever was unsealed hears of it all the same, on the day
// that the ombuds wished, and then the seal goes, too. A wish that is open ends.
func TestAForgottenVoiceIsToldThatItWasUnsealed(t *testing.T) {
	v := crowd(t)
	all, name := voiced(t, v, burntOut)
	copy := v.One(to(all, mira), mira)
	v.MustSend(answer(mira, copy, "You are not alone."))
	back := v.One(to(v.Deliver(), dana), dana)
	v.MustSend(login(answer(mira, copy, "/unseal There is a threat against a member"), mira))
	v.MustSend(login(answer(mira, v.One(to(v.Deliver(), mira), mira), "YES"), mira))
	all = v.Deliver()
	v.MustSend(answer(sand, v.One(to(all, sand), sand), "/defer 7d"))
	v.MustSend(login(answer(theo, v.One(to(all, theo), theo), "YES"), theo))
	v.Deliver()
	v.MustSend(login(answer(mira, copy, "/unseal I want to see it once more"), mira))
	v.Deliver()
	v.MustSend(answer(dana, back, "FORGET"))
	v.Deliver()
	v.Pass(22 * time.Hour)
	v.Deliver()
	if n := row(v, "SELECT count(*) FROM conv WHERE anon AND erased <> 0 AND name = ''"); n != "1" {
		t.Fatalf("%s conversations are forgotten, want 1", n)
	}
	if _, err := v.Send(answer(dana, back, "Is anybody there?")); err == nil {
		t.Error("there is still a door to it")
	}
	if n := row(v, "SELECT count(*) FROM unseal WHERE state = 'asked'"); n != "0" {
		t.Error("a wish outlives what it is about")
	}
	v.Pass(6*24*time.Hour + 3*time.Hour)
	told := v.One(to(v.Deliver(), dana), dana)
	says(t, told, "Mira and Theo, who manage Gardeners, have learned who "+code(copy)+" is", "There is a threat against a member", "wished that you hear of it now")
	hides(t, told, name)
	if n := row(v, "SELECT (SELECT count(*) FROM sealed_identity) || ' ' || (SELECT count(*) FROM unseal WHERE reason <> '' OR state IN ('asked','confirmed'))"); n != "0 0" {
		t.Errorf("seals and reasons that are left: %s", n)
	}
	for one, named := range dump(t, v, v.Member(dana), "dana", "reyes", "north.example") {
		if named && strings.Contains(one, code(copy)) {
			t.Errorf("a row joins her to it: %s", one)
		}
	}
}

func TestTheOmbudsDefersTheNotice(t *testing.T) {
	v := crowd(t)
	all, name := voiced(t, v, burntOut)
	v.MustSend(login(answer(mira, v.One(to(all, mira), mira), "/unseal There is a threat against a member"), mira))
	first := v.One(to(v.Deliver(), mira), mira)
	v.MustSend(login(answer(mira, first, "YES"), mira))
	all = v.Deliver()
	wish := v.One(to(all, sand), sand)
	says(t, wish, "Mira, who manages Gardeners, wants to know who "+name+" is", "There is a threat", "/defer 7d")
	hides(t, wish, danas...)
	for _, c := range [][2]string{{"/defer 31d", "1 to 30 days later"}, {"/defer 0", "1 to 30 days later"}, {"/defer 7 days", "is told 7 days after that"}} {
		v.MustSend(answer(sand, wish, c[0]))
		says(t, v.One(to(v.Deliver(), sand), sand), c[1])
	}
	if _, err := v.Send(answer(mira, wish, "/defer 30d")); err == nil {
		t.Error("a manager speaks for the ombuds")
	}
	second := v.One(to(all, theo), theo)
	v.MustSend(login(answer(theo, second, "YES"), theo))
	all = v.Deliver()
	nothing(t, all, dana)
	says(t, v.One(to(all, mira), mira), name+" is Dana Reyes", "and not before: the ombuds has put it off")
	says(t, v.One(to(all, sand), sand), "The member is told on", "as the ombuds wished")
	v.MustSend(answer(sand, wish, "/defer 30d"))
	says(t, v.One(to(v.Deliver(), sand), sand), "Nothing was changed")
	v.Pass(7*24*time.Hour - time.Hour)
	for _, a := range to(v.Deliver(), dana) {
		hides(t, a, "have learned who")
	}
	v.Pass(2 * time.Hour)
	told := v.One(to(v.Deliver(), dana), dana)
	says(t, told, "have learned who "+name+" is", "There is a threat against a member", "wished that you hear of it now")
	v.Pass(40 * 24 * time.Hour)
	for _, a := range to(v.Deliver(), dana) {
		hides(t, a, "have learned who")
	}
}

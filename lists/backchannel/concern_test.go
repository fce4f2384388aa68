package backchannel_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
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
	filed := func() (n int) { // as the command line shows it
		v.View(func(tx *db.Tx) error {
			all, err := v.Box.ListFiled(tx, v.Member(bill), true)
			for _, c := range all {
				if f, err := v.Box.FiledAs(tx, v.Member(bill), c.Code, false); err != nil || f.ID != c.ID {
					t.Errorf("%s: %v", c.Code, err)
				}
			}
			n = len(all)
			return err
		})
		return n
	}
	if n := filed(); n != 0 { // nobody has looked yet which of them name him
		t.Errorf("Bill is shown %d letters at once", n)
	}
	v.Pass(time.Minute)
	if n := filed(); n != 1 {
		t.Errorf("Bill is shown %d letters", n)
	}
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

package backchannel_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/backchannel"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/templates/refusal"
)

// command is a manager's mail with commands alone, sent with a login.
func command(from, line string) post {
	return post{From: from, To: managers, Subject: "", Body: line, Login: mailroomtest.Addr(from)}
}

// orders sends a command, and gives the answer to it.
func orders(v *village, from, line string) arrived {
	v.T.Helper()
	v.MustSend(command(from, line))
	return v.One(to(v.Deliver(), from), from)
}

// turns is a Village with three managers and a rota, on Monday afternoon; who is first on duty, second and neither.
func turns(t *testing.T) (v *village, first, second, third string) {
	v = mailroomtest.New(t)
	v.Add(v.C, jonas, "Jonas Weil", lists.RoleManager)
	v.Pass(77 * time.Hour) // Monday, 13:00 UTC
	v.Deliver()
	says(t, orders(v, mira, "/rota on"), "15 June: ", "22 June: ")
	duty := rotaOf(v)
	for _, who := range []string{mira, theo, jonas} {
		switch v.Member(who).ID {
		case duty[0].First:
			first = who
		case duty[0].Second:
			second = who
		default:
			third = who
		}
	}
	return v, first, second, third
}

func rotaOf(v *village) (all []backchannel.Shift) {
	v.T.Helper()
	v.Update(func(tx *db.Tx) error {
		c, err := lists.CommunityByID(tx, v.C.ID)
		if err == nil {
			all, err = v.Box.Rota(tx, c)
		}
		return err
	})
	return all
}

// B12: with a rota letters are mailed to who is on duty; the others find them in their folders, and can answer from there.
func TestRotaMailsWhoIsOnDuty(t *testing.T) {
	v, first, second, third := turns(t)
	all := ask(v, "A question", "zzasked")
	says(t, v.One(all, first), "zzasked")
	nothing(t, all, second)
	nothing(t, all, third)
	for _, who := range []string{first, second, third} {
		if has := fmt.Sprint(shelf(v, who)); has != "[Back-channel/New 1]" {
			t.Errorf("%s has %s", who, has)
		}
	}
	says(t, v.One(all, dana), v.Member(first).FirstName()+" is on duty.")
	if all := hours(v, 30); len(all) != 1 || len(to(all, first)) != 1 {
		t.Errorf("reminded at half time: %s", mailroomtest.Subjects(all))
	}
	if all := hours(v, 24); len(to(all, second)) != 1 || len(to(all, third)) != 1 {
		t.Errorf("at the end: %s", mailroomtest.Subjects(all))
	}
}

// Who is on duty and may not see a letter hears nothing of it; the second takes it, silently. When both are away everybody gets it, and
// when all are, the ombuds hears that something waits, and the member until when it may take (B15b, FC8).
func TestRotaFallsBack(t *testing.T) {
	v, first, second, third := turns(t)
	withOmbuds(v)
	setCommunity(v, func(c *lists.Community) { c.Rota = true })
	v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: managers, Subject: "A question", Body: "I think " + v.Member(first).FirstName() + " was wrong."})
	all := v.Deliver()
	nothing(t, all, first)
	v.One(all, second)
	nothing(t, all, third)
	nothing(t, all, aSand)

	says(t, orders(v, first, "/away until 2026-06-20"), "You are away. Letters come to you again from Saturday, 20 June at 08:00 on")
	v.MustSend(post{From: "Bill Tan <" + bill + ">", To: managers, Subject: "Another", Body: "zzbill"})
	all = v.Deliver()
	v.One(all, second)
	nothing(t, all, first)
	orders(v, second, "/away until 2026-06-19")
	v.MustSend(post{From: "Alison Graf <alison@east.example>", To: managers, Subject: "Third", Body: "zzalison"})
	all = v.Deliver()
	v.One(all, third)
	nothing(t, all, first)
	v.MustSend(command(third, "/away until 2026-06-18"))
	all = v.Deliver()
	says(t, to(all, aSand)[0], "All managers who may answer are away just now")
	v.Pass(2 * time.Hour)
	v.Deliver()
	v.MustSend(post{From: "Sil Ent <" + dana + ">", To: managers, Subject: "Fourth", Body: "zzfourth"})
	all = v.Deliver()
	for _, who := range []string{first, second, third, aSand} {
		v.One(all, who)
	}
	says(t, v.One(all, dana), "All managers are away just now, so an answer may take until Thursday, 18 June at 08:00.")
	hides(t, v.One(all, aSand), "zzfourth", "Fourth", "Dana")
}

// What waits for somebody who goes away is passed on, and comes back by /away off.
func TestAwayPassesLettersOn(t *testing.T) {
	v := mailroomtest.New(t)
	hers := v.One(ask(v, "A question", "zzasked"), mira)
	v.MustSend(answer(mira, hers, "/mine"))
	v.Deliver()
	v.MustSend(command(mira, "/away until mon"))
	all := v.Deliver()
	says(t, v.One(all, mira), "You are away")
	says(t, v.One(all, theo), "Mira is away until 15 June.", "zzasked")
	if got := fmt.Sprint(shelf(v, theo)); !strings.Contains(got, "Back-channel/New") {
		t.Errorf("Theo has %s", got)
	}
	v.MustSend(answer(dana, v.One(all, theo), "x")) // no door of Dana's
	v.Deliver()
	v.MustSend(post{From: "Bill Tan <" + bill + ">", To: managers, Subject: "Another", Body: "zzbill"})
	all = v.Deliver()
	v.One(all, theo)
	nothing(t, all, mira)
	says(t, orders(v, mira, "/away off"), "Welcome back")
	v.MustSend(post{From: "Alison Graf <alison@east.example>", To: managers, Subject: "Third", Body: "zzalison"})
	v.One(to(v.Deliver(), mira), mira)
	for _, wrong := range []string{"/away", "/away soon", "/away until yesterday", "/away off", "/swap Theo mon", "/rota maybe"} {
		v.MustSend(command(mira, wrong))
		if back := v.One(v.Deliver(), mira); !strings.Contains(words(back), wrong) || strings.Contains(words(back), "Welcome") {
			t.Errorf("%s: %s", wrong, words(back))
		}
	}
}

// What a stranger wrote is passed on as well, to one colleague who has not had it.
func TestAwayPassesStrangersLettersOn(t *testing.T) {
	v, first, second, third := turns(t)
	v.MustSend(post{From: olga, To: managers, Subject: "Press", Body: "zzpress"})
	v.One(to(v.Deliver(), first), first)
	v.MustSend(command(first, "/away until 2026-06-20"))
	all := v.Deliver()
	says(t, v.One(all, second), "is away until 20 June.", "zzpress")
	nothing(t, all, third)
}

// All are away: of a report and of a letter without a name the ombuds hears at once, too, and nobody is promised an answer within hours.
func TestAllAreAway(t *testing.T) {
	v := crowd(t)
	for _, who := range []string{mira, theo} {
		orders(v, who, "/away until 2026-06-18")
	}
	orders(v, jonas, "/away until 2026-06-19")
	all := path{to: report, subject: "zzsubject", body: "The tone of the chair was humiliating."}.send(v, "Dana Reyes <"+dana+">")
	says(t, v.One(all, dana), "Everybody who has it is away just now, so an answer may take until Thursday, 18 June at 08:00. The ombuds knows that it waits.")
	hides(t, v.One(all, dana), "A person answers")
	told := v.One(all, sand)
	says(t, told, "a report", "All managers who may answer are away just now")
	hides(t, told, "humiliating", "Dana", "zzsubject")
	all, _ = voiced(t, v, burntOut)
	told = v.One(to(all, sand), sand)
	says(t, told, "All managers who may answer are away just now")
	hides(t, told, append(danas, "Burnt")...)
}

// Monday at noon: what is open, by what each may see.
func TestHandover(t *testing.T) {
	v, first, second, third := turns(t)
	v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: managers, Subject: "A question", Body: "I think " + v.Member(second).FirstName() + " was wrong."})
	v.Deliver()
	v.MustSend(post{From: "Bill Tan <" + bill + ">", To: managers, Subject: "Another", Body: "zzother"})
	v.MustSend(answer(first, v.One(v.Deliver(), first), "Yes."))
	v.Deliver()
	v.MustSend(post{From: "Alison Graf <alison@east.example>", To: managers, Subject: "A third", Body: "zzalison"})
	v.MustSend(answer(first, v.One(v.Deliver(), first), "/snooze 4w"))
	v.Deliver()
	all := hours(v, 7*24)
	k := slices.IndexFunc(all, func(a arrived) bool {
		return a.To.String() == second && strings.Contains(a.Subject(), "on duty this week")
	})
	if k < 0 {
		t.Fatalf("no handover: %s", mailroomtest.Subjects(all))
	}
	says(t, all[k], "From "+v.Member(first).FirstName()+": 1 letter open, 1 put off", "waiting for Bill Tan since Monday, 15 June")
	k = slices.IndexFunc(all, func(a arrived) bool { return a.To.String() == third && strings.Contains(a.Subject(), "you take over") })
	if k < 0 {
		t.Fatalf("no handover: %s", mailroomtest.Subjects(all))
	}
	says(t, all[k], "2 letters open")
	if duty := rotaOf(v); duty[0].First != v.Member(second).ID {
		t.Errorf("on duty is %d", duty[0].First)
	}
}

// /swap changes two weeks, and tells the other one.
func TestSwap(t *testing.T) {
	v, first, second, _ := turns(t)
	before := rotaOf(v)
	me, other := v.Member(first), v.Member(second)
	v.MustSend(command(first, "/swap "+other.FirstName()+" "+before[3].Monday.AddDate(0, 0, 2).Format(time.DateOnly)))
	all := v.Deliver()
	says(t, v.One(all, first), "Swapped: "+other.FirstName()+" has the week of 6 July, you have the week of 13 July.")
	says(t, v.One(all, second), "6 July: "+other.FirstName(), "13 July: "+me.FirstName())
	after := rotaOf(v)
	if after[3].First != other.ID || after[4].First != me.ID || !after[3].Fixed {
		t.Errorf("now %+v", after[3:5])
	}
	for line, kind := range map[string]refusal.Kind{"/swap": refusal.Invalid, "/swap Nobody 2026-07-06": refusal.NotFound, "/swap me 2026-07-06": refusal.Invalid, "/swap " + other.FirstName() + " 2027-06-01": refusal.Invalid,
		"/swap " + other.FirstName() + " someday": refusal.Invalid} {
		err := v.DB.Update(t.Context(), func(tx *db.Tx) error { _, err := v.Box.Do(tx, backchannel.Conv{}, me, line); return err })
		if refusal.KindOf(err) != kind && refusal.KindOf(err) != refusal.Invalid {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// Somebody who becomes a manager finds the older letters in the folders, without a mail; not those that name them.
func TestANewManagerFindsOlderLetters(t *testing.T) {
	v := mailroomtest.New(t)
	ask(v, "A question", "zzasked")
	v.MustSend(post{From: "Bill Tan <" + bill + ">", To: managers, Subject: "Alison", Body: "I think Alison was wrong."})
	v.Deliver()
	set(v, "alison@east.example", func(m *lists.Member) { m.Role = lists.RoleManager })
	v.Pass(time.Minute)
	nothing(t, v.Deliver(), "alison@east.example")
	if has := fmt.Sprint(shelf(v, "alison@east.example")); has != "[Back-channel/New 1]" {
		t.Errorf("Alison has %s", has)
	}
	set(v, "alison@east.example", func(m *lists.Member) { m.Role = lists.RoleMember })
	set(v, "alison@east.example", func(m *lists.Member) { m.Role = lists.RoleManager })
	v.Pass(time.Minute)
	if has := fmt.Sprint(shelf(v, "alison@east.example")); has != "[Back-channel/New 1]" {
		t.Errorf("and again: %s", has)
	}
}

// So does whoever comes from outside as a manager, or comes back as one.
func TestAManagerFromOutsideFindsOlderLetters(t *testing.T) {
	v := mailroomtest.New(t)
	ask(v, "A question", "zzasked")
	v.MustSend(post{From: "Bill Tan <" + bill + ">", To: managers, Subject: "Kim Ek", Body: "I think Kim Ek should not manage us. zznamed"})
	v.Deliver()
	v.Add(v.C, "kim@ek.example", "Kim Ek", lists.RoleManager, v.Talk)
	v.Pass(time.Minute)
	nothing(t, v.Deliver(), "kim@ek.example")
	if has := fmt.Sprint(shelf(v, "kim@ek.example")); has != "[Back-channel/New 1]" {
		t.Errorf("Kim has %s", has)
	}
	v.View(func(tx *db.Tx) error {
		all, err := v.Box.List(tx, v.Member("kim@ek.example"), true)
		if len(all) != 1 {
			t.Errorf("Kim may see %d letters", len(all))
		}
		return err
	})
}

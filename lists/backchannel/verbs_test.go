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
)

// toTell is what a manager gets for commands alone; "" is no letter. Dana gets none.
func told(v *village, from string, notice arrived, body string) string {
	v.T.Helper()
	v.MustSend(answer(from, notice, body))
	all := v.Deliver()
	nothing(v.T.(*testing.T), all, dana)
	var text []string
	for _, a := range to(all, from) {
		text = append(text, words(a))
	}
	return strings.Join(text, "\n")
}

// Each verb does what its help says, and each says why it cannot.
func TestVerbs(t *testing.T) {
	v := three(t)
	all := ask(v, "A question", "May I?")
	hers, his := v.One(all, mira), v.One(all, theo)
	id := code(hers)
	at := func() backchannel.Conv { return byCode(v, mira, id) }
	for _, step := range []struct {
		say, want string
		ok        func(c backchannel.Conv) bool
	}{
		{"/mine", "", func(c backchannel.Conv) bool { return c.State == backchannel.Claimed && c.Owner == v.Member(mira).ID }},
		{"/unclaim", "", func(c backchannel.Conv) bool { return c.State == backchannel.New && c.Owner == 0 }},
		{"/give theo", "Theo has it now. Nothing was sent to Dana Reyes.", func(c backchannel.Conv) bool { return c.Owner == v.Member(theo).ID }},
		{"/give nobody", "There is no manager called nobody. The managers are Mira, Theo or Jonas. It is written: /give NAME", nil},
		{"/give", "Please say which manager: Mira, Theo or Jonas.", nil},
		{"/tag Bees, #Honey", "Its tags: bees, honey.", nil},
		{"/tag -bees", "Its tags: honey.", nil},
		{"/tag a/b", "A tag is one word of letters, digits and hyphens, 30 at most.", nil},
		{"/tag", "Behind /tag stands a word, or several.", nil},
		{"/urgent", "", func(c backchannel.Conv) bool { return c.Urgent }},
		{"/urgent maybe", "Behind /urgent there may be off, and nothing else.", func(c backchannel.Conv) bool { return c.Urgent }},
		{"/urgent off", "", func(c backchannel.Conv) bool { return !c.Urgent }},
		{"/snooze 3d", "It comes back on Monday, 15 June at 08:00.", func(c backchannel.Conv) bool { return !c.Snoozed.IsZero() }},
		{"/snooze yesterday", "A letter is put off for days or weeks (3d, 2w), until a weekday (mon), or until a date (2026-06-19).", nil},
		{"/snooze 2026-01-01", "1 January 2026 is not ahead of us.", nil},
		{"/close p", "", func(c backchannel.Conv) bool {
			return c.State == backchannel.Closed && c.Publicable == "y" && c.Outcome == "unanswered" && c.Snoozed.IsZero()
		}},
		{"/reopen", "", func(c backchannel.Conv) bool { return c.State == backchannel.Reopened && c.Outcome == "" }},
		{"/reopen", id + " is not closed.", nil},
		{"/send", "No answer of yours waits in " + id + ".", nil},
		{"/as both", "Behind /as stands first or role.", nil},
		{"/include theo", "Theo can see it already.", nil},
		{"/merge ZZZZ", "There is no letter ZZZZ.", nil},
		{"/merge " + id, "That is this very letter.", nil},
		{"/lock mira", "That takes two of your colleagues.", nil},
		{"/exclude jonas", "Jonas does not see it any more, and is not told. What was mailed before cannot be called back.", func(c backchannel.Conv) bool { return c.Restricted }},
		{"/give jonas", "Jonas cannot see this letter, so it cannot be given to them.", nil},
		{"/include jonas", "Jonas sees it from now on.", func(c backchannel.Conv) bool { return !c.Restricted }},
		{"/who", "Dana Reyes is a member since 2026", nil},
		{"/log", "Mira took it.", nil},
		{"/help", "/snooze 3d|mon|2026-06-20", nil},
		{"/mine\n/tga x", `It begins with "/tga x", and we know no such command. Did you mean "/tag WORD…"? We do not guess`, nil},
	} {
		before := at()
		got := told(v, mira, hers, step.say)
		if step.want == "" && got != "" || !strings.Contains(got, step.want) {
			t.Errorf("%s: says %q, want %q", step.say, got, step.want)
		}
		now := at()
		if step.ok != nil && !step.ok(now) {
			t.Errorf("%s: %+v", step.say, now)
		}
		if step.ok == nil && (now.State != before.State || now.Owner != before.Owner) {
			t.Errorf("%s: changed %s to %s", step.say, before.State, now.State)
		}
	}
	if got := told(v, theo, his, "/log"); !strings.Contains(got, "Mira gave it to Theo.") || !strings.Contains(got, "Mira closed it.") {
		t.Errorf("the log: %s", got)
	}
	if got := told(v, theo, his, "/who"); !strings.Contains(got, "* Mira, has seen all of it") || !strings.Contains(got, "* Jonas") {
		t.Errorf("who: %s", got)
	}
}

// Nobody closes a letter and believes that an answer of theirs went out that came back to them: they are told, and say what becomes of it.
func TestCloseWhileAnAnswerWaits(t *testing.T) {
	const waits = "An answer of yours still waits in CODE: it came back to you, and Dana Reyes has not got it. So nothing is closed. /send sends it; DROP, as a reply to the mail in which it came back, forgets it."
	v := three(t)
	all := ask(v, "A question", "May I?")
	hers, his := v.One(all, mira), v.One(all, theo)
	id := code(hers)
	state := func() backchannel.State { return byCode(v, mira, id).State }
	held := func() arrived {
		v.MustSend(answer(mira, hers, "Yes. Write to theo@brandt.example."))
		all := v.Deliver()
		nothing(t, all, dana)
		return v.One(all, mira)
	}
	back := held()
	for _, line := range []string{"/close", "/close p"} {
		if got := told(v, mira, hers, line); !strings.Contains(got, strings.ReplaceAll(waits, "CODE", id)) || state() == backchannel.Closed {
			t.Errorf("%s: %s, %s", line, state(), got)
		}
	}
	if got := told(v, theo, his, "/close"); got != "" || state() != backchannel.Closed { // it is not his that waits
		t.Errorf("Theo: %s, %s", state(), got)
	}
	told(v, theo, his, "/reopen")
	told(v, mira, back, "DROP")
	if got := told(v, mira, hers, "/close"); got != "" || state() != backchannel.Closed {
		t.Errorf("dropped: %s, %s", state(), got)
	}
	told(v, mira, hers, "/reopen")
	held()
	v.MustSend(answer(mira, hers, "/close\n/send"))
	says(t, v.One(to(v.Deliver(), dana), dana), "Write to theo@brandt.example.")
	if state() != backchannel.Closed {
		t.Errorf("sent: %s", state())
	}
	told(v, mira, hers, "/reopen")
	held()
	v.MustSend(answer(mira, hers, "/close\nYes, do.")) // the member has an answer
	says(t, v.One(to(v.Deliver(), dana), dana), "Yes, do.")
	if state() != backchannel.Closed {
		t.Errorf("with an answer: %s", state())
	}
}

// Who is given a letter, or is let in on it, gets it.
func TestGivenLetters(t *testing.T) {
	v := three(t)
	all := ask(v, "A question", "zzasked")
	v.MustSend(answer(mira, v.One(all, mira), "/exclude jonas"))
	v.Deliver()
	v.MustSend(answer(mira, v.One(all, mira), "/include jonas\n/give jonas"))
	got := to(v.Deliver(), jonas)
	if len(got) != 2 {
		t.Fatalf("Jonas got %d letters", len(got))
	}
	says(t, got[0], "zzasked", "Mira lets you see this letter.")
	says(t, got[1], "zzasked", "Mira gave this letter to you.")
	if has := fmt.Sprint(shelf(v, jonas)); has != "[Back-channel/Mine 2]" {
		t.Errorf("Jonas has %s", has)
	}
	v.MustSend(answer(jonas, got[1], "Yes, do."))
	says(t, v.One(to(v.Deliver(), dana), dana), "Yes, do.")
}

// A snoozed letter comes back by the calendar, at eight in the zone of the managers, to the one who put it off; or when its member writes.
func TestSnooze(t *testing.T) {
	v := mailroomtest.New(t)
	all := ask(v, "A question", "zzasked")
	hers, ack := v.One(all, mira), v.One(all, dana)
	told(v, mira, hers, "/snooze tomorrow")
	if got := fmt.Sprint(shelf(v, theo)); got != "[Back-channel/Snoozed/Tomorrow 1]" {
		t.Errorf("Theo has %s", got)
	}
	v.Pass(21 * time.Hour) // 05:00 UTC, 07:00 in Berlin
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("too early:\n%s", mailroomtest.Subjects(all))
	}
	v.Pass(time.Hour)
	all = v.Deliver()
	says(t, v.One(all, mira), "zzasked", "You put this off until today.")
	nothing(t, all, theo)
	if got := fmt.Sprint(shelf(v, theo)); got != "[Back-channel/New 1]" {
		t.Errorf("Theo has %s", got)
	}
	told(v, mira, hers, "/snooze mon")
	if got := fmt.Sprint(shelf(v, theo)); got != "[Back-channel/Snoozed/Next week 1]" {
		t.Errorf("Theo has %s", got)
	}
	v.MustSend(answer(dana, ack, "zzmore"))
	all = v.Deliver()
	v.One(all, mira)
	if got := fmt.Sprint(shelf(v, theo)); got != "[Back-channel/New 2]" {
		t.Errorf("Theo has %s", got)
	}
	v.Pass(10 * 24 * time.Hour)
	if all := v.Deliver(); strings.Contains(mailroomtest.Subjects(all), "] A question") { // but overdue it is
		t.Errorf("came back twice:\n%s", mailroomtest.Subjects(all))
	}
}

// A command below which an answer stands waits for it: what came back is not closed.
func TestCommandsWaitForTheAnswer(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(answer(mira, v.One(ask(v, "A question", "May I?"), mira), "/close n\n/tag bees\nAsk "+bill+"."))
	both := to(v.Deliver(), mira)
	back := both[slices.IndexFunc(both, func(a arrived) bool { return strings.Contains(a.Subject(), "Not sent") })]
	says(t, back, "To be done when it goes out: /close.")
	if got := state(v); got != "new" {
		t.Errorf("it is %s", got)
	}
	v.MustSend(answer(mira, back, "SEND"))
	says(t, v.One(to(v.Deliver(), dana), dana), "Ask "+bill)
	if c := byCode(v, mira, code(back)); c.State != backchannel.Closed || c.Publicable != "n" || c.Outcome != "answered" {
		t.Errorf("%+v", c)
	}
}

// /send is the word SEND for those who have the letter at hand.
func TestSend(t *testing.T) {
	v := mailroomtest.New(t)
	hers := v.One(ask(v, "A question", "May I?"), mira)
	v.MustSend(answer(mira, hers, "Ask "+bill+"."))
	v.Deliver()
	v.MustSend(answer(mira, hers, "/send\nand more"))
	all := v.Deliver()
	nothing(t, all, dana)
	says(t, v.One(all, mira), "To send a new text, just write it, without /send.")
	v.MustSend(answer(mira, hers, "/send"))
	says(t, v.One(to(v.Deliver(), dana), dana), "Ask "+bill)
}

// Without the first name.
func TestAsRole(t *testing.T) {
	v := mailroomtest.New(t)
	hers := v.One(ask(v, "A question", "May I?"), mira)
	v.MustSend(answer(mira, hers, "/as role\nYes."))
	got := v.One(to(v.Deliver(), dana), dana)
	hides(t, got, "Mira")
	if from := got.Letter.From()[0].Name; from != "The managers" {
		t.Errorf("from %s", from)
	}
}

// Two letters of one member become one; of two members never (LP13).
func TestMerge(t *testing.T) {
	v := mailroomtest.New(t)
	first := ask(v, "First", "zzone")
	v.Pass(time.Hour)
	second := ask(v, "Second", "zztwo")
	a, b := v.One(first, mira), v.One(second, mira)
	v.MustSend(post{From: bill, To: managers, Subject: "Third", Body: "zzthree"})
	other := v.One(v.Deliver(), mira)
	if got := told(v, mira, b, "/merge "+code(other)); !strings.Contains(got, "Only letters that are known to be of the same person") {
		t.Errorf("two members: %s", got)
	}
	if got := told(v, mira, b, "/merge "+strings.ToLower(code(a))+"\n/tag bees"); !strings.Contains(got, code(a)+" is a part of "+code(b)+" now.") {
		t.Errorf("merge: %s", got)
	}
	// the old addresses lead into what it became
	v.MustSend(answer(dana, v.One(to(first, dana), dana), "zzfour"))
	got := v.One(to(v.Deliver(), theo), theo)
	says(t, got, "zzfour")
	if code(got) != code(b) {
		t.Errorf("went on as %s", code(got))
	}
	m := v.Member(mira)
	v.View(func(tx *db.Tx) error {
		all, err := v.Box.List(tx, m, true)
		if len(all) != 2 {
			t.Errorf("%d conversations", len(all))
		}
		lines, err2 := v.Box.Show(tx, byCode2(tx, v, code(a)))
		if len(lines) != 3 {
			t.Errorf("%d lines: %+v", len(lines), lines)
		}
		if err == nil {
			err = err2
		}
		return err
	})
	if got := fmt.Sprint(shelf(v, theo)); got != "[Back-channel/New 4 Back-channel/Tags/bees 3]" {
		t.Errorf("Theo has %s", got)
	}
}

func byCode2(tx *db.Tx, v *village, code string) backchannel.Conv {
	c, err := v.Box.ByCode(tx, v.Member(mira), code)
	if err != nil {
		v.T.Error(err)
	}
	return c
}

// Two managers lock a third out of all addresses that he was ever mailed; one cannot, and nobody without a signed mail (FC3, C10).
func TestLock(t *testing.T) {
	v := three(t)
	all := ask(v, "A question", "May I?")
	his := v.One(all, theo)
	says(t, v.One(to(func() []arrived { v.MustSend(answer(mira, v.One(all, mira), "/lock theo")); return v.Deliver() }(), jonas), jonas), "Mira thinks that Theo's mailbox may be in wrong hands", "/lock Theo")
	v.MustSend(answer(mira, v.One(all, mira), "/lock theo"))
	v.Deliver()
	v.MustSend(answer(theo, his, "/mine"))
	if c := byCode(v, mira, code(his)); c.State != backchannel.Claimed {
		t.Errorf("one manager was enough: %s", c.State)
	}
	v.MustSend(post{From: jonas, To: managers, Subject: "lock", Body: "/lock Theo"})
	back := v.One(v.Deliver(), jonas)
	says(t, back, "a command needs a mail that is signed by your provider", "Nothing at all of it was done")
	v.MustSend(post{From: jonas, Login: mailroomtest.Addr(jonas), To: managers, Subject: "lock", Body: "/lock Theo\n\nJonas"})
	got := v.Deliver()
	says(t, v.One(got, theo), "Mira and Jonas have stopped all your personal addresses of Gardeners")
	says(t, v.One(to(got, mira), mira), "have stopped all personal addresses of Theo")
	v.MustSend(answer(theo, his, "zzstolen"))
	nothing(t, v.Deliver(), dana)
}

// Who was a manager when they wanted a colleague locked out, and is none now, is no second manager.
func TestLockByAFormerManager(t *testing.T) {
	v := three(t)
	v.Add(v.C, "kim@far.example", "Kim Olsen", lists.RoleManager, v.Talk)
	lock := func(who string) []arrived {
		v.MustSend(post{From: who, Login: mailroomtest.Addr(who), To: managers, Subject: "lock", Body: "/lock Theo"})
		return v.Deliver()
	}
	lock("kim@far.example")
	v.Update(func(tx *db.Tx) error {
		m := v.Member("kim@far.example")
		m.Role = lists.RoleMember
		return lists.SaveMember(tx, m)
	})
	all := lock(jonas)
	nothing(t, all, theo)
	says(t, v.One(all, jonas), "Theo is locked out when a second manager says /lock Theo too")
	says(t, v.One(lock(mira), theo), "Jonas and Mira have stopped all your personal addresses")
}

// A manager's command without a letter is no letter to the managers.
func TestCommandsAlone(t *testing.T) {
	v := mailroomtest.New(t)
	for body, want := range map[string]string{
		"/help":       "/note TEXT",
		"/mine":       "/mine is about one letter. Please send it as a reply to that letter.",
		"/hlep":       "We know no such command.",
		"/help\nText": "There is text below it, and we do not know for whom.",
	} {
		v.MustSend(post{From: mira, Login: mailroomtest.Addr(mira), To: managers, Subject: "x", Body: body})
		all := v.Deliver()
		says(t, v.One(all, mira), want)
		nothing(t, all, theo)
	}
	v.MustSend(post{From: dana, To: managers, Subject: "x", Body: "/help me, please"})
	says(t, v.One(to(v.Deliver(), theo), theo), "/help me, please")
}

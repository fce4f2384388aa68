package report_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/digest"
	"backchannel/digest/report"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/backchannel"
	"backchannel/lists/mailroom"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/lists/moderation"
)

const (
	alison = "alison@east.example"
	door   = "managers@gardeners.example"
)

// town is a Village whose managers are told figures.
type town struct {
	*mailroomtest.Village
	figures *report.Figures
}

func newTown(t *testing.T) town {
	t.Helper()
	v := mailroomtest.New(t, digest.Schema(), report.Schema())
	editor := &digest.Editor{Store: v.Store, Office: v.Office, Box: v.Box}
	f := &report.Figures{Box: v.Box, Held: moderation.Judged, Tags: editor.Tags}
	v.Box.Counter, v.Clerk.Greeting = f, f
	return town{v, f}
}

// write has a member write to the managers, and gives the letter's code.
func (v town) write(from, subject string) string {
	v.T.Helper()
	v.MustSend(mailroomtest.Post{From: from, To: door, Subject: subject, Body: "A question about " + subject + "."})
	code := strings.Trim(strings.Fields(v.One(v.Deliver(), mira).Subject())[1], "]")
	v.Now = v.Now.Add(time.Hour)
	return code
}

// do has Mira do a command about a letter.
func (v town) do(code, line string) {
	v.T.Helper()
	m := v.Member(mira)
	v.Update(func(tx *db.Tx) error {
		c, err := v.Box.ByCode(tx, m, code)
		if err == nil {
			_, err = v.Box.Do(tx, c, m, line)
		}
		return err
	})
}

// post has a member post to a list.
func (v town) post(from, subject, body string) {
	v.T.Helper()
	v.MustSend(mailroomtest.Post{From: from, To: "talk@gardeners.example", Subject: subject, Body: body})
	v.Now = v.Now.Add(time.Hour)
	v.Deliver()
}

// monday lets the calendar's date of figures come, at nine by the community's clock on a day, and gives what everybody got.
func (v town) monday(day time.Time) []mailroomtest.Arrived {
	v.T.Helper()
	v.Now = time.Date(day.Year(), day.Month(), day.Day(), 9, 0, 0, 0, v.C.Zone()).UTC()
	v.Update(func(tx *db.Tx) error { return v.figures.Monday(tx, v.C.ID) })
	return v.Deliver()
}

// B13: on the first Monday of the next month every manager gets the same table; a tag of two people is not in it.
func TestNeedsMail(t *testing.T) {
	v := newTown(t)
	for _, who := range []string{dana, bill, alison} {
		v.do(v.write(who, "sponsors"), "/tag sponsors")
	}
	for _, who := range []string{dana, bill} {
		v.do(v.write(who, "burnout"), "/tag burnout")
	}
	v.View(func(tx *db.Tx) error {
		at, planned, err := calendar.At(tx, backchannel.NeedsDue, int64(v.C.ID))
		if !planned || at.In(v.C.Zone()).Format("2006-01-02 15:04") != "2026-07-06 09:00" {
			t.Errorf("planned for %s", at)
		}
		return err
	})
	v.Now = time.Date(2026, 7, 6, 7, 0, 0, 0, time.UTC)
	v.Update(func(tx *db.Tx) error { return v.figures.NextMonth(tx, v.C.ID) })
	all := v.Deliver()
	mine, theirs := v.One(all, mira), v.One(all, theo)
	if mine.Text() != theirs.Text() || !strings.Contains(mine.Text(), "sponsors               3        up") || strings.Contains(mine.Text(), "burnout") {
		t.Errorf("%s", mine.Text())
	}
	v.MustSend(mailroomtest.Answer(mira, mine, "needs share 2026-06"))
	if shared := v.One(v.Deliver(), mira); strings.Contains(shared.Text(), "sponsors") || !strings.Contains(shared.Text(), "No tag of private letters had 5 people") || shared.Get("Reply-To") != "" {
		t.Errorf("%s", shared.Raw())
	}
}

// C4, B13: on Mondays every manager gets the week, in the first week of a month the state of the community; nothing when nothing
// happens, and nothing a day too late.
func TestMondays(t *testing.T) {
	v := newTown(t)
	if all := v.monday(time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)); len(all) != 0 {
		t.Errorf("nothing happened, and there are %d letters: %s", len(all), mailroomtest.Subjects(all))
	}
	v.post(dana, "Bees", "What do the bees eat?")
	v.do(v.write(bill, "fees"), "/close p")
	all := v.monday(time.Date(2026, 6, 22, 0, 0, 0, 0, time.UTC))
	got := v.One(all, mira)
	if got.Subject() != "Week 25 in figures: 1 of 6 posted, 1 letter to you" || len(all) != 2 || v.One(all, theo).Subject() != got.Subject() {
		t.Errorf("%s", mailroomtest.Subjects(all))
	}
	for _, want := range []string{"1 question waits for two days or more", "Could be public    1 of 1", "1 letter could have been public"} {
		if !strings.Contains(strings.Join(strings.Fields(got.Text()), " "), strings.Join(strings.Fields(want), " ")) {
			t.Errorf("it does not say %q:\n%s", want, got.Text())
		}
	}
	state := v.One(v.monday(time.Date(2026, 7, 6, 0, 0, 0, 0, time.UTC)), mira)
	if state.Subject() != "State of the community, week 27 (managers only)" || !strings.Contains(page(state), `role="img"`) || strings.Contains(page(state), "http") || strings.Contains(page(state), "src=") {
		t.Errorf("%s\n%s", state.Subject(), page(state))
	}
	v.post(dana, "Wasps", "Wasps sleep.")
	v.Now = time.Date(2026, 7, 14, 20, 0, 0, 0, time.UTC) // Tuesday evening: the server was down
	v.Update(func(tx *db.Tx) error { return v.figures.Monday(tx, v.C.ID) })
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("too late, and yet: %s", mailroomtest.Subjects(all))
	}
	v.View(func(tx *db.Tx) error {
		at, planned, err := calendar.At(tx, lists.FiguresDue, int64(v.C.ID))
		if !planned || at.In(v.C.Zone()).Format("2006-01-02 15:04") != "2026-07-20 09:00" {
			t.Errorf("planned for %s", at)
		}
		return err
	})
}

// I9: what any manager is told, by mail and when they ask, is to the byte the same whether there is a letter that Theo may not see, a
// report about him, or nothing of the kind; Mira is told the same, so that no word of hers can tell him (LP10).
func TestI9FiguresOfAnExcludedManager(t *testing.T) {
	told := func(hidden bool) (all string) {
		v := newTown(t)
		for i, who := range []string{dana, bill, alison} {
			v.do(v.write(who, fmt.Sprint("sponsors ", i)), "/tag sponsors")
		}
		v.post(dana, "Bees", "What do the bees eat?")
		if hidden {
			for _, who := range []string{dana, bill, alison, "sil@silent.example"} {
				v.MustSend(mailroomtest.Post{From: who, To: "report@gardeners.example", Subject: "Rude", Body: "Theo was rude to me."})
				v.Deliver()
			}
			for range 3 {
				code := v.write(alison, "sponsors again")
				v.do(code, "/tag sponsors")
				v.do(code, "/exclude theo")
				v.do(code, "/close p")
			}
		}
		for _, day := range []int{22, 36} { // the week, and the state of the community
			mails := v.monday(time.Date(2026, 6, day, 0, 0, 0, 0, time.UTC))
			all += v.One(mails, theo).Text() + page(v.One(mails, theo)) + v.One(mails, mira).Text()
		}
		v.Update(func(tx *db.Tx) error { return v.figures.NextMonth(tx, v.C.ID) })
		all += v.One(v.Deliver(), theo).Text()
		return all
	}
	with, without := told(true), told(false)
	if with != without {
		t.Errorf("with:\n%s\nwithout:\n%s", with, without)
	}
	if !strings.Contains(without, "sponsors") {
		t.Error("the figures tell nothing, so the test shows nothing")
	}
}

// Who would rather not be written to says so with a word of their own, which every draft names.
func TestHelloOff(t *testing.T) {
	v := newTown(t)
	v.post(dana, "Bees", "What do the bees eat?")
	v.post(bill, "Re: Bees", "Flowers.")
	v.Now = v.Now.AddDate(0, 0, 70)
	v.post(alison, "Wasps", "Wasps sleep.")
	v.Update(func(tx *db.Tx) error { return v.Box.TellState(tx, v.C) })
	state := v.One(v.Deliver(), mira)
	drafts := func() string {
		t.Helper()
		v.MustSend(mailroomtest.Answer(mira, state, "HELLO"))
		return v.One(v.Deliver(), mira).Text()
	}
	if got := drafts(); !strings.Contains(got, "Hello Dana,") || !strings.Contains(strings.Join(strings.Fields(strings.ReplaceAll(got, "|", "")), " "), "send HELLO OFF to digest@gardeners.example.") {
		t.Errorf("%s", got)
	}
	own := v.Door(address.Confirm, mailroom.Membership, "settings", dana)
	for _, c := range []struct {
		words, told string
		named       bool
	}{
		{"HELLO OFF", "Managers do not ask how you are when you write nothing for long. To undo, reply: HELLO ON", false},
		{"hello off", "It was so already", false},
		{"SETTINGS", "When you write nothing for long: nobody asks how you are", false},
		{"HELLO ON", "a manager may ask how you are. To undo, reply: HELLO OFF", true},
		{"Hello managers", "We did not understand the line", true},
	} {
		v.MustSend(mailroomtest.Post{From: dana, To: own, Subject: "Settings", Body: c.words})
		if got := strings.Join(strings.Fields(v.One(v.Deliver(), dana).Text()), " "); !strings.Contains(got, c.told) {
			t.Errorf("%q: %s", c.words, got)
		}
		if got := drafts(); strings.Contains(got, "Dana") != c.named {
			t.Errorf("after %q: %s", c.words, got)
		}
	}
	if _, err := v.Send(mailroomtest.Post{From: "eve@evil.example", To: own, Subject: "x", Body: "HELLO OFF"}); err == nil {
		t.Error("a stranger said it")
	}
}

// A manager answers figures with a word; nobody else does, and no other word does anything.
func TestAnswersToFigures(t *testing.T) {
	v := newTown(t)
	v.post(dana, "Bees", "What do the bees eat?")
	v.post(bill, "Re: Bees", "Flowers.")
	v.Now = v.Now.AddDate(0, 0, 70)
	v.post(alison, "Wasps", "Wasps sleep.")
	m := v.Member(mira)
	state := func() mailroomtest.Arrived {
		v.Update(func(tx *db.Tx) error { return v.Box.TellState(tx, v.C) })
		return v.One(v.Deliver(), mira)
	}()
	if !strings.Contains(state.Text(), "Bill Tan, Dana Reyes") {
		t.Errorf("%s", state.Text())
	}
	ask := func(words string) mailroomtest.Arrived {
		t.Helper()
		v.MustSend(mailroomtest.Answer(mira, state, words))
		all := v.Deliver()
		if len(all) != 1 {
			t.Fatalf("%q: %s", words, mailroomtest.Subjects(all))
		}
		return all[0]
	}
	drafts := ask("Hello\n\nMira")
	if drafts.To.String() != mira || drafts.Subject() != "A hello to 2 people who used to post" || !strings.Contains(drafts.Text(), "Hello Dana,") || !strings.Contains(drafts.Text(), "<"+dana+">") || !strings.Contains(drafts.Text(), `you wrote about "Bees"`) {
		t.Errorf("%s\n%s", drafts.Subject(), drafts.Text())
	}
	ask("/hello off " + dana)
	if drafts := ask("HELLO"); drafts.Subject() != "A hello to 1 person who used to post" || strings.Contains(drafts.Text(), "Dana") {
		t.Errorf("%s\n%s", drafts.Subject(), drafts.Text())
	}
	if again := ask("/state"); strings.Contains(again.Text(), "Dana") || !strings.Contains(again.Text(), "Bill Tan") {
		t.Errorf("who wants to be left alone is named:\n%s", again.Text())
	}
	ask("/hello on " + dana)
	if drafts := ask("HELLO."); !strings.Contains(drafts.Text(), "Dana") {
		t.Errorf("%s", drafts.Text())
	}
	if help := ask("help health"); !strings.Contains(help.Text(), "Back in public: people whose first letter") {
		t.Errorf("%s", help.Text())
	}
	if crutch := ask("crutch"); crutch.Subject() != "How private letters lead back to the list" {
		t.Errorf("%s", crutch.Subject())
	}
	if shared := ask("STATE SHARE"); strings.Contains(string(shared.Raw()), "Dana") || strings.Contains(string(shared.Raw()), "Bill") || shared.Get("Reply-To") != "" {
		t.Errorf("%s", shared.Raw())
	}
	for words, want := range map[string]string{
		"Thank you, that is useful.": "begins with one of these words",
		"/state tomorrow":            "Behind /state there may be share, and nothing else.",
		"/needs June":                "Behind /needs there may be share, and a month as in 2026-06.",
		"/hello off nobody@x.test":   "Nobody in gardeners.example has the address",
		"/hello all":                 "Behind /hello there may be off or on with a member's address, and nothing else.",
		"/help me":                   "Behind /help there may be health",
		"HELLO\n\nPlease tell Bill that I miss him.": "we do not know for whom",
	} {
		if got := ask(words); !strings.Contains(strings.Join(strings.Fields(got.Text()), " "), want) {
			t.Errorf("%q:\n%s", words, got.Text())
		}
	}
	for who, no := range map[string]struct {
		change func(p *mailroomtest.Post)
		why    string
	}{
		"another manager":  {func(p *mailroomtest.Post) { p.From = theo }, "This address takes no mail from you."},
		"a member":         {func(p *mailroomtest.Post) { p.From = dana }, "This address takes no mail from you."},
		"an unproved mail": {func(p *mailroomtest.Post) { p.Sender = "eve@silent.example" }, "We cannot be sure that this answer comes from you, so nothing was done. Please send it once more, through the mail provider of your own address."},
	} {
		p := mailroomtest.Answer(mira, state, "HELLO")
		no.change(&p)
		if _, err := v.Send(p); err == nil || !strings.Contains(err.Error(), no.why) {
			t.Errorf("%s: %v", who, err)
		}
	}
	v.Update(func(tx *db.Tx) error { m.Role = lists.RoleMember; return lists.SaveMember(tx, m) })
	if _, err := v.Send(mailroomtest.Answer(mira, state, "HELLO")); err == nil {
		t.Error("somebody who is no manager any more was heard")
	}
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("%s", mailroomtest.Subjects(all))
	}
}

// page is the HTML of a letter.
func page(a mailroomtest.Arrived) string {
	for _, p := range a.Parts() {
		if p.Type == "text/html" {
			return string(p.Decoded())
		}
	}
	return ""
}

// B13: beside what is asked for stands what the lists had about it; what nobody answers there is named, and a member is quoted who let us
// post their words, and nobody else. Words that were taken back are quoted no more.
func TestNeedsLeadToThreads(t *testing.T) {
	v := newTown(t)
	for _, who := range []string{dana, bill, alison} {
		v.do(v.write(who, "fees"), "/tag fees")
		v.do(v.write(who, "ladders"), "/tag ladders")
	}
	v.post(bill, "Ladders #ladders", "Who has a ladder?")
	v.post(alison, "[ladders] More of them", "Who has two?")
	v.post(dana, "Re: [ladders] More of them", "I have.")
	v.post(alison, "Fees #fees", "What are they for?")
	v.MustSend(mailroomtest.Post{From: dana, To: door, Subject: "One more", Body: "Who pays the fees of the poor? zzprivate"})
	asked := v.One(v.Deliver(), mira)
	v.MustSend(mailroomtest.Answer(mira, asked, "/tag fees\n/public Subject: Fees\nWho pays for those who cannot?"))
	v.MustSend(mailroomtest.Answer(dana, v.One(v.Deliver(), dana), "YES"))
	v.Deliver()
	needs := func() (t backchannel.NeedsReport) {
		v.View(func(tx *db.Tx) (err error) {
			t, err = v.figures.Needs(tx, v.C, v.Member(mira), v.Now, false)
			return err
		})
		return t
	}
	got := needs()
	if want := "fees 3 yes 1 1; ladders 3 yes 2 1; "; func() (all string) {
		for _, n := range got.Needs {
			all += fmt.Sprintln(n.Tag, n.People, n.Public, n.Threads, n.Unanswered)
		}
		return strings.ReplaceAll(all, "\n", "; ")
	}() != want {
		t.Errorf("%v, want %s", got.Needs, want)
	}
	if got.Quote != "Who pays for those who cannot?" {
		t.Errorf("it quotes %q", got.Quote)
	}
	if len(got.Acts) == 0 || got.Acts[0].Kind != backchannel.ActNeed || got.Acts[0].Tag != "fees" {
		t.Errorf("%v", got.Acts)
	}
	words, err := got.Render()
	if err != nil || strings.Contains(words.Text, "zzprivate") || !strings.Contains(words.Text, "2 threads, 1 unanswered") {
		t.Errorf("%v\n%s", err, words.Text)
	}
	v.Update(func(tx *db.Tx) error {
		m := v.Member(mira)
		c, err := v.Box.ByCode(tx, m, strings.Trim(strings.Fields(asked.Subject())[1], "]"))
		if err == nil {
			err = v.Box.Exclude(tx, c, v.Member(theo).ID, backchannel.Asked, m.ID)
		}
		return err
	})
	if got := needs(); got.Quote != "" {
		t.Errorf("of a letter that Theo may not know of it quotes %q", got.Quote)
	}
}

// C4: posts that waited for a manager are in the state of the community; those about which their authors alone are asked are not.
func TestStateTellsOfHeldPosts(t *testing.T) {
	v := newTown(t)
	newcomer := v.Member(dana)
	newcomer.Trust = 0
	v.Update(func(tx *db.Tx) error { return lists.SaveMember(tx, newcomer) })
	v.MustSend(mailroomtest.Post{From: dana, To: "talk@gardeners.example", Subject: "Hello", Body: "I am new here."})
	v.MustSend(mailroomtest.Post{From: "sil@silent.example", To: "talk@gardeners.example", Subject: "Hello", Body: "Was this me?"}) // nobody vouches for it: its author is asked
	v.Deliver()
	v.Now = v.Now.Add(time.Hour)
	v.View(func(tx *db.Tx) error {
		s, err := v.figures.State(tx, v.C, v.Member(mira), false)
		if err != nil || s.Held == nil || s.Held.Held != 1 || s.Held.Same != 0 || s.Held.Passed != 0 || len(s.Held.Ease) != 0 {
			t.Errorf("%v, %+v", err, s.Held)
		}
		return err
	})
}

// Figures that name a letter and still wait in the queue do not reach a manager who may not know of it any more; the others get them.
func TestFiguresOfALetterThatWasTakenAway(t *testing.T) {
	v := newTown(t)
	code := v.write(dana, "fees")
	v.do(code, "/close p")
	v.Now = time.Date(2026, 6, 22, 7, 0, 0, 0, time.UTC)
	v.Update(func(tx *db.Tx) error { return v.Box.TellWeek(tx, v.C) })
	v.do(code, "/exclude theo")
	all := v.Deliver()
	if got := mailroomtest.To(all, theo); len(got) != 0 {
		t.Errorf("Theo got %s", mailroomtest.Subjects(got))
	}
	if got := mailroomtest.To(all, mira); len(got) == 0 || !strings.Contains(got[0].Text(), code) {
		t.Errorf("%s", mailroomtest.Subjects(all))
	}
}

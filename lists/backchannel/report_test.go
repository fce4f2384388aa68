package backchannel_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/smtpd/queue"
)

const (
	report = "report@gardeners.example"
	ombuds = "ombuds@gardeners.example"
	sand   = "sand@law.example"
)

// court is a Village with a third manager and, where wanted, an ombuds.
func court(t *testing.T, withOmbuds bool) *village {
	v := mailroomtest.New(t)
	v.Add(v.C, jonas, "Jonas Weil", lists.RoleManager, v.Talk)
	if withOmbuds {
		v.Update(func(tx *db.Tx) error {
			v.C.Ombuds = mailroomtest.Addr(sand)
			return lists.SaveCommunity(tx, v.C)
		})
	}
	return v
}

func (p path) send(v *village, from string) []arrived {
	v.MustSend(post{From: from, To: p.to, Subject: p.subject, Body: p.body, Header: p.header})
	return v.Deliver()
}

type path struct{ to, subject, body, header string }

// B6b: a report that names a manager goes to the others, and that manager gets nothing.
func TestReportNamesAManager(t *testing.T) {
	v := court(t, true)
	all := path{to: report, subject: "An answer", body: "Theo's answer in the sponsor thread was humiliating."}.send(v, "Dana Reyes <"+dana+">")
	nothing(t, all, theo)
	nothing(t, all, sand)
	ack := v.One(all, dana)
	says(t, ack, "Because you mention Theo, Theo cannot see it or that it exists. It went to Mira and Jonas.", "INCLUDE THEO", "EXCLUDE MIRA or EXCLUDE JONAS", "within 8 hours")
	if got := ack.Letter.From()[0].Name; got != "Gardeners reports" {
		t.Errorf("the acknowledgement is from %q", got)
	}
	for _, m := range []string{mira, jonas} {
		copy := v.One(all, m)
		if !strings.HasSuffix(copy.Subject(), "Report (Theo excluded)") {
			t.Errorf("the subject is %q", copy.Subject())
		}
		says(t, copy, "humiliating", "Please do not mention "+code(copy)+" in notes on other letters")
	}
	v.MustSend(answer(dana, ack, "INCLUDE THEO"))
	all = v.Deliver()
	says(t, v.One(all, theo), "humiliating", "Dana Reyes lets you see this letter.")
	says(t, v.One(all, dana), "Theo")
}

// What is about a post of a manager's is kept from that manager, whatever it says: whether it answers the post or hands it on.
func TestReportOfAManagersPost(t *testing.T) {
	v := court(t, true)
	v.MustSend(post{From: theo, To: "talk@gardeners.example", Subject: "Rules", Body: "Read the rules before you ask."})
	theirs := v.One(v.Deliver(), dana)
	p := answer(dana, theirs, "I did not like the tone.")
	p.To = report
	v.MustSend(p)
	all := v.Deliver()
	nothing(t, all, theo)
	says(t, v.One(all, dana), "Because it is about something that Theo wrote, Theo cannot see it")
	copy := v.One(all, mira)
	says(t, copy, "I did not like the tone.", "by Theo Brandt", "Read the rules before you ask.")

	v.MustSend(answer(mira, copy, "/outcome explained\nWe have talked to him."))
	all = v.Deliver()
	told := v.One(all, theo)
	says(t, told, "was read by others in a way that you may not have meant")
	hides(t, told, "Dana", "dana", "tone", code(copy))
	closing := to(all, dana)
	if len(closing) != 2 {
		t.Fatalf("Dana got\n%s", mailroomtest.Subjects(all))
	}
	if !strings.Contains(closing[0].Text(), "talked to him.") { // both are owed in one commit, and come in either order
		closing[0], closing[1] = closing[1], closing[0]
	}
	says(t, closing[0], "We have talked to him.")
	says(t, closing[1], "explained how it was read", "Your name was not mentioned")
	if got := state(v); got != "closed" {
		t.Errorf("the report is %s", got)
	}

	p = answer(bill, v.One(all, theo), "The same for me.") // Bill has the post, too; here he only names it by its id
	p.To, p.Subject, p.Header = report, "Tone", "In-Reply-To: <"+string(theirs.MessageID())+">\r\n"
	v.MustSend(p)
	again := slices.DeleteFunc(v.Deliver(), func(a arrived) bool { return strings.HasPrefix(a.Subject(), "[heat]") })
	says(t, v.One(again, mira), "Earlier reports about the same post: 12 June 2026: explained")
}

// One is left: the ombuds has a copy. Nobody is left: the ombuds has it alone, and hands it over when the writer says yes.
func TestReportForTheOmbuds(t *testing.T) {
	v := court(t, true)
	all := path{to: report, subject: "Two", body: "Mira and Theo laughed at me."}.send(v, dana)
	nothing(t, all, mira)
	nothing(t, all, theo)
	says(t, v.One(all, dana), "It went to Jonas, with a copy to the ombuds", "EXCLUDE JONAS")
	copied := v.One(all, sand)
	says(t, copied, "laughed", "Jonas has it alone, and you have this copy")
	v.MustSend(answer(dana, v.One(all, dana), "Exclude Jonas"))
	all = v.Deliver()
	for _, m := range []string{mira, theo, jonas} {
		nothing(t, all, m)
	}
	has := v.One(all, dana)
	says(t, has, "It went to the ombuds, ombuds@gardeners.example, and to nobody else")
	alone := v.One(all, sand)
	says(t, alone, "laughed", "No manager sees it", "/forward-to NAME")
	if got := state(v); got != "" {
		t.Errorf("Mira sees a conversation that is %s", got)
	}

	v.MustSend(answer(dana, has, "It happened again."))
	all = v.Deliver()
	more := v.One(all, sand)
	says(t, more, "It happened again.")
	hides(t, more, "laughed")
	v.MustSend(answer(sand, more, "I am sorry to hear that."))
	back := v.One(v.Deliver(), dana)
	says(t, back, "I am sorry to hear that.")
	hides(t, back, sand)

	v.MustSend(answer(sand, more, "/forward-to Jonas\nHe is fair."))
	all = v.Deliver()
	says(t, v.One(all, sand), "is asked whether Jonas may have it")
	asked := v.One(all, dana)
	says(t, asked, "hand your letter to Jonas", "He is fair.")
	v.MustSend(answer(dana, asked, "maybe"))
	v.MustSend(answer(dana, v.One(v.Deliver(), dana), "YES"))
	all = v.Deliver()
	says(t, v.One(all, jonas), "It happened again.", "The ombuds handed you this", "laughed")
	says(t, v.One(all, sand), "has said yes")
	nothing(t, all, mira)
	nothing(t, all, theo)

	v.MustSend(answer(sand, more, "/forward-to Nobody"))
	says(t, v.One(v.Deliver(), sand), "There is no manager called Nobody")
	v.MustSend(answer(sand, more, "/forwrd Jonas"))
	says(t, v.One(v.Deliver(), sand), "Nothing was done, and nothing was sent")
}

// Without an ombuds, a report about everybody waits for its writer's word, and nobody has seen it before.
func TestReportAboutEverybody(t *testing.T) {
	v := court(t, false)
	all := path{to: report, subject: "All", body: "Mira, Theo and Jonas decide alone."}.send(v, dana)
	for _, m := range []string{mira, theo, jonas} {
		nothing(t, all, m)
	}
	q := v.One(all, dana)
	says(t, q, "nobody has seen it yet", "YES", "DROP")
	hides(t, q, "OMBUDS")
	v.MustSend(answer(dana, q, "YES"))
	all = v.Deliver()
	says(t, v.One(all, theo), "decide alone")
}

// A manager makes a report of a letter: the rules of reports look at it again.
func TestMakeAReport(t *testing.T) {
	v := court(t, true)
	all := ask(v, "Yesterday", "The meeting was no good. Hello Theo, too.")
	v.MustSend(answer(mira, v.One(all, mira), "/report"))
	all = v.Deliver()
	told := v.One(all, dana)
	says(t, told, "The managers treat your letter as a report now", "Theo cannot see it")
	says(t, v.One(all, mira), "is a report now")
	v.MustSend(answer(dana, told, "One thing more."))
	all = v.Deliver()
	nothing(t, all, theo)
	says(t, v.One(all, jonas), "One thing more.")
}

// ombuds@ is for everybody who can be told from a robot; managers see nothing of it.
func TestOmbudsDoor(t *testing.T) {
	v := court(t, true)
	all := path{to: ombuds, subject: "Locked out", body: "They do not answer me."}.send(v, "Olga <"+olga+">")
	for _, m := range []string{mira, theo, jonas} {
		nothing(t, all, m)
	}
	got := v.One(all, sand)
	says(t, got, "They do not answer me.", "olga@press.example, who is no member", "wrote this to the ombuds")
	says(t, v.One(all, olga), "It went to the ombuds")
	v.MustSend(answer(sand, got, "I will ask them."))
	says(t, v.One(v.Deliver(), olga), "I will ask them.")
	for _, p := range []post{{From: sil, To: report, Subject: "x", Body: "y", Sender: eve}, {From: eve, To: report, Subject: "x", Body: "y"}} {
		_, err := v.Send(p)
		if p.From == sil {
			if err != nil {
				t.Errorf("a weak sender is taken, and marked: %v", err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), ombuds) {
			t.Errorf("a stranger's report: %v", err)
		}
	}
	w := court(t, false)
	if _, err := w.Send(post{From: dana, To: ombuds, Subject: "x", Body: "y"}); err == nil || !strings.Contains(err.Error(), "has no ombuds") {
		t.Errorf("a letter to nobody: %v", err)
	}
}

// The ombuds answers past Reply-To: that goes to the writer all the same, and its commands work; no manager sees any of it.
func TestTheOmbudsIgnoresReplyTo(t *testing.T) {
	v := court(t, true)
	all := path{to: report, subject: "All", body: "Mira, Theo and Jonas laughed at me."}.send(v, dana)
	got := v.One(all, sand)
	past := func(text string) []arrived {
		t.Helper()
		p := answer(sand, got, text)
		p.To = managers
		v.MustSend(p)
		all := v.Deliver()
		for _, m := range []string{mira, theo, jonas} {
			nothing(t, all, m)
		}
		return all
	}
	all = past("I am sorry to hear that.")
	says(t, v.One(all, dana), "I am sorry to hear that.")
	nothing(t, all, sand)
	says(t, v.One(past("/forwrd Jonas"), sand), "Nothing was done, and nothing was sent")
	all = past("/forward-to Jonas")
	v.MustSend(answer(sand, v.One(all, sand), "He is fair, I hope.")) // what a command is answered with has the door, too
	says(t, v.One(v.Deliver(), dana), "He is fair, I hope.")
	p := answer(eve, got, "Tell me more, Dana.") // nobody else is the ombuds
	p.To = managers
	if _, err := v.Send(p); err == nil {
		nothing(t, v.Deliver(), dana)
	}
}

// What the ombuds alone was to read and cannot be delivered has no reader: its writer hears that, and may let a manager read it. No manager
// learns of it before.
func TestALetterThatDoesNotReachTheOmbuds(t *testing.T) {
	v := court(t, true)
	v.Refuse(func(a letter.Address) (queue.Outcome, bool) {
		return queue.Outcome{Kind: queue.Failed, Stage: queue.StageRcpt, Code: 550, Enhanced: "5.1.1", Text: "zzcanary", Host: "mx.example"}, a.String() == sand
	})
	all := path{to: report, subject: "All", body: "Mira, Theo and Jonas laughed at me."}.send(v, dana)
	all = append(all, v.Deliver()...)
	nothing(t, all, sand)
	lost := slices.DeleteFunc(to(all, dana), func(a arrived) bool { return !strings.Contains(a.Subject(), "has not reached the ombuds") })
	if len(lost) != 1 {
		t.Fatalf("Dana got\n%s", mailroomtest.Subjects(all))
	}
	says(t, lost[0], "came back (550 5.1.1). The ombuds has not read it", "INCLUDE MIRA or INCLUDE THEO or INCLUDE JONAS")
	hides(t, lost[0], "zzcanary", sand)
	for _, m := range []string{mira, theo, jonas} {
		nothing(t, all, m)
	}
	v.MustSend(answer(dana, lost[0], "INCLUDE JONAS"))
	all = v.Deliver()
	says(t, v.One(all, jonas), "laughed at me")
	nothing(t, all, mira)
	nothing(t, all, theo)

	all = path{to: ombuds, subject: "Locked out", body: "They do not answer me."}.send(v, "Olga <"+olga+">")
	all = append(all, v.Deliver()...)
	lost = slices.DeleteFunc(to(all, olga), func(a arrived) bool { return !strings.Contains(a.Subject(), "has not reached the ombuds") })
	if len(lost) != 1 {
		t.Fatalf("Olga got\n%s", mailroomtest.Subjects(all))
	}
	says(t, lost[0], "please write to managers@gardeners.example")
	hides(t, lost[0], "Mira", "MIRA", "Theo", "Jonas")
}

// Of a report that one manager has alone, the ombuds has a copy, and who reports was promised so (B9). When it comes back they hear of it at once, and may
// let a second manager see it; nobody else is told.
func TestACopyThatDoesNotReachTheOmbuds(t *testing.T) {
	v := court(t, true)
	v.Refuse(func(a letter.Address) (queue.Outcome, bool) {
		return queue.Outcome{Kind: queue.Failed, Stage: queue.StageRcpt, Code: 550, Enhanced: "5.1.1", Text: "zzcanary", Host: "mx.example"}, a.String() == sand
	})
	all := path{to: report, subject: "Two", body: "Mira and Theo laughed at me."}.send(v, dana)
	all = append(all, v.Deliver()...)
	lost := slices.DeleteFunc(to(all, dana), func(a arrived) bool { return !strings.Contains(a.Subject(), "has not reached the ombuds") })
	if len(lost) != 1 {
		t.Fatalf("Dana got\n%s", mailroomtest.Subjects(all))
	}
	says(t, lost[0], "came back (550 5.1.1). The ombuds has not read it, and only Jonas can read it now.", "If another manager may read it, too,", "INCLUDE MIRA or INCLUDE THEO.")
	hides(t, lost[0], "zzcanary", sand)
	v.One(all, jonas) // the report, and no word about the ombuds
	nothing(t, all, mira)
	nothing(t, all, theo)
	v.MustSend(answer(dana, lost[0], "INCLUDE THEO"))
	all = v.Deliver()
	says(t, v.One(all, theo), "laughed at me")
	nothing(t, all, mira)
}

// FORGET takes back what is owed to the ombuds, too.
func TestForgetWhatIsOwedToTheOmbuds(t *testing.T) {
	v := court(t, true)
	v.Refuse(func(a letter.Address) (queue.Outcome, bool) {
		return queue.Outcome{Kind: queue.Deferred, Stage: queue.StageRcpt, Code: 451, Enhanced: "4.7.1", Text: "later", Host: "mx.example"}, a.String() == sand
	})
	all := path{to: report, subject: "All", body: "Mira, Theo and Jonas laughed at me."}.send(v, dana)
	nothing(t, all, sand)
	v.MustSend(post{From: dana, To: managers, Subject: "x", Body: "FORGET"})
	v.Refuse(nil)
	for range 6 {
		v.Pass(time.Hour)
		for _, a := range to(v.Deliver(), sand) {
			hides(t, a, "laughed")
		}
	}
}

// A manager who works where the reported one works is kept away, when the community wants that.
func TestSameEmployer(t *testing.T) {
	v := court(t, true)
	v.Update(func(tx *db.Tx) error {
		v.C.SameEmployer = true
		return lists.SaveCommunity(tx, v.C)
	})
	v.Add(v.C, "rolf@weil.example", "Rolf Roth", lists.RoleMember, v.Talk)
	v.MustSend(post{From: "rolf@weil.example", To: "talk@gardeners.example", Subject: "Offer", Body: "Buy my beans."})
	p := answer(dana, v.One(v.Deliver(), dana), "That is an advertisement.")
	p.To = report
	v.MustSend(p)
	all := v.Deliver()
	nothing(t, all, jonas)
	nothing(t, all, "rolf@weil.example") // who is reported hears nothing by itself
	says(t, v.One(all, dana), "Because Jonas works where somebody works whom you write about")
	says(t, v.One(all, mira), "Buy my beans.")

	// Nor does it matter how we know whom it is about: no post, a name alone.
	all = path{to: report, subject: "Seeds", body: "Rolf Roth sells seeds to everybody."}.send(v, dana)
	nothing(t, all, jonas)
	says(t, v.One(all, dana), "Because Jonas works where somebody works whom you write about", "It went to Mira and Theo.")

	// The ombuds is told by the same reasons, and so is the writer of what the ombuds alone has.
	all = path{to: report, subject: "Seeds again", body: "Rolf Roth sells seeds, and Mira and Theo know it."}.send(v, dana)
	for _, m := range []string{mira, theo, jonas} {
		nothing(t, all, m)
	}
	says(t, v.One(all, dana), "Because you mention Mira and Theo, they cannot see it", "Because Jonas works where somebody works whom you write about, Jonas cannot see it")
}

// What takes a member's place away is done only for a manager who proves to be one by more than the machine a letter came from (C7, FC3).
func TestOutcomesThatNeedProof(t *testing.T) {
	v := crowd(t)
	v.MustSend(post{From: bill, To: "talk@gardeners.example", Subject: "Rules", Body: "Read the rules before you ask."})
	p := answer(dana, v.One(to(v.Deliver(), dana), dana), "I did not like the tone.")
	p.To = report
	v.MustSend(p)
	copy := v.One(to(v.Deliver(), mira), mira)
	for _, word := range []string{"hold", "removed"} {
		v.MustSend(answer(mira, copy, "/outcome "+word))
		says(t, v.One(v.Deliver(), mira), "What takes a member's place away needs a letter that your mail provider signs (DKIM), or a signed-in mail program. Nothing was done.")
	}
	if m := v.Member(bill); m.State != lists.Active || m.Trust == 0 {
		t.Fatalf("Bill is %s, T%d", m.State, m.Trust)
	}
	// It is asked about once more, and done only by an answer to that very question, which proves as much.
	active := func(when string) {
		t.Helper()
		if m := v.Member(bill); m.State != lists.Active {
			t.Fatalf("%s: Bill is %s", when, m.State)
		}
	}
	v.MustSend(login(answer(mira, copy, "/outcome removed\nThank you for telling us."), mira))
	all := v.Deliver()
	nothing(t, all, dana)
	nothing(t, all, bill)
	asked := v.One(all, mira)
	says(t, asked, "Bill Tan would no longer be a member", "Thank you for telling us.", "/outcome")
	active("asked")
	v.MustSend(login(answer(mira, copy, "/send"), mira))
	again := v.One(v.Deliver(), mira)
	says(t, again, "Bill Tan would no longer be a member")
	active("/send")
	v.MustSend(answer(mira, again, "SEND"))
	says(t, v.One(v.Deliver(), mira), "needs a letter that your mail provider signs")
	active("without proof")
	v.MustSend(login(answer(mira, copy, "/outcome removed"), mira))
	alone := v.One(v.Deliver(), mira)
	v.MustSend(login(answer(mira, alone, "NOTE"), mira))
	nothing(t, v.Deliver(), theo)
	v.MustSend(login(answer(mira, alone, "SEND"), mira))
	all = v.Deliver()
	says(t, v.One(all, bill), "no longer a member")
	if m := v.Member(bill); m.State != lists.Removed {
		t.Errorf("Bill is %s", m.State)
	}
	v.MustSend(login(answer(mira, alone, "SEND"), mira))
	nothing(t, v.Deliver(), bill)
}

// A better text for an answer that came back is checked for its sender, too.
func TestABetterTextFromWhom(t *testing.T) {
	v := mailroomtest.New(t)
	weak := "mira@silent.example"
	v.Update(func(tx *db.Tx) error { return lists.AddAddress(tx, v.Member(mira), mailroomtest.Addr(weak)) })
	notice := v.One(ask(v, "A question", "May I?"), mira)
	v.MustSend(answer(mira, notice, "Theo, can you?"))
	held := v.One(v.Deliver(), mira)
	v.MustSend(answer(weak, held, "No, you may not, and go away."))
	all := v.Deliver()
	nothing(t, all, dana)
	says(t, v.One(all, mira), "Your mail provider did not vouch that this is from you")
}

// With restricted_delivery imap, nothing of a letter that not all managers may see, nor of a note about it, rests in a personal mailbox: a
// word says that it waits, and the folder has it whole. A reply to that word is an answer; other letters come as ever.
func TestRestrictedLettersStayOnTheServer(t *testing.T) {
	v := court(t, true)
	v.Update(func(tx *db.Tx) error {
		v.C.Restricted = lists.RestrictedIMAP
		return lists.SaveCommunity(tx, v.C)
	})
	all := path{to: report, subject: "An answer", body: "Theo's answer in the sponsor thread was humiliating."}.send(v, "Dana Reyes <"+dana+">")
	nothing(t, all, theo)
	for _, m := range []string{mira, jonas} {
		word := v.One(all, m)
		says(t, word, "waits for you in the IMAP folder Back-channel/Reports")
		hides(t, word, "humiliating", "Dana", "An answer", "sponsor")
		v.View(func(tx *db.Tx) error {
			box, err := v.Store.FindPrivate(tx, int64(v.Member(m).ID), "Back-channel/Reports")
			if err != nil {
				return err
			}
			found, err := v.Store.SearchPrivate(tx, box, "humiliating")
			if err == nil && len(found) != 1 {
				t.Errorf("%s has it %d times in the folder", m, len(found))
			}
			return err
		})
	}
	says(t, v.One(all, dana), "It went to Mira and Jonas.")
	v.MustSend(answer(mira, v.One(all, mira), "/note Has he done so before? Barnaby knows."))
	for _, a := range v.Deliver() {
		hides(t, a, "Barnaby")
	}
	v.MustSend(answer(mira, v.One(all, mira), "Thank you, Dana. We talk to him."))
	says(t, v.One(v.Deliver(), dana), "We talk to him.")
	all = path{to: managers, subject: "A question", body: "May my neighbour join?"}.send(v, "Dana Reyes <"+dana+">")
	says(t, v.One(all, mira), "May my neighbour join?")
}

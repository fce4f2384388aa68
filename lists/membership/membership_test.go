package membership_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/templates/refusal"
)

type (
	village = mailroomtest.Village
	post    = mailroomtest.Post
	arrived = mailroomtest.Arrived
)

const (
	dana  = "dana@north.example"
	bill  = "bill@south.example"
	sil   = "sil@silent.example" // for whom no domain vouches
	mira  = "mira@lowe.example"
	theo  = "theo@brandt.example"
	eve   = "eve@evil.example"
	apple = "Auto-Submitted: auto-replied\r\nX-Mailer: Apple Mail (2.3826)\r\n"
)

const nobody = "This address takes no mail from you. If you are a member, please write from the address you joined with, through your own mail provider, and check the spelling."

// gets is what a member gets of each list: "jobs each, talk digest".
func gets(v *village, who string) string {
	v.T.Helper()
	m := v.Member(who)
	var all []string
	v.View(func(tx *db.Tx) error {
		subs, err := lists.Subscriptions(tx, m.ID)
		for _, s := range subs {
			l, err := lists.ListByID(tx, s.List)
			if err != nil {
				return err
			}
			all = append(all, l.Local+" "+string(s.Delivery))
		}
		return err
	})
	if !slices.Contains([]lists.State{lists.Active, lists.Paused}, m.State) {
		return string(m.State)
	}
	return strings.Join(all, ", ")
}

// set brings a member's subscriptions about, without a letter.
func set(v *village, who string, talk, jobs lists.Delivery) {
	v.T.Helper()
	m := v.Member(who)
	v.Update(func(tx *db.Tx) error {
		for l, d := range map[lists.ListID]lists.Delivery{v.Talk.ID: talk, v.Jobs.ID: jobs} {
			if d == "" {
				if _, err := lists.Unsubscribe(tx, m.ID, l); err != nil {
					return err
				}
			} else if err := lists.Subscribe(tx, m.ID, l, d); err != nil {
				return err
			}
		}
		return nil
	})
}

// planned tells whether a member's next digest is to be worked out anew.
func planned(v *village, who string) (is bool) {
	id := int64(v.Member(who).ID)
	v.View(func(tx *db.Tx) error {
		all, err := calendar.List(tx, tx.Now)
		is = slices.ContainsFunc(all, func(d calendar.Due) bool { return d.Kind == lists.PlanDigest && d.Object == id })
		return err
	})
	return is
}

// unplan forgets what is planned for a member.
func unplan(v *village, who string) {
	id := int64(v.Member(who).ID)
	v.Update(func(tx *db.Tx) error { return calendar.Clear(tx, lists.PlanDigest, id) })
}

func is(t *testing.T, what, got, want string) {
	t.Helper()
	if strings.TrimSpace(got) != strings.TrimSpace(want) {
		t.Errorf("%s:\n%s\nwant:\n%s", what, got, want)
	}
}

// The way of a reader who presses "unsubscribe" in a mail program: off that list at once, on the others, told so once.
func TestTheButtonLeavesOneList(t *testing.T) {
	for name, header := range map[string]string{"a person": "", "Apple Mail": apple} {
		v := mailroomtest.New(t)
		v.MustSend(post{From: bill, To: "talk@gardeners.example", Subject: "Compost", Body: "Mine is too wet."})
		button := v.One(v.Deliver(), dana).Get("List-Unsubscribe")
		door, _, _ := strings.Cut(strings.TrimPrefix(button, "<mailto:"), "?")
		unplan(v, dana)
		story := v.MustSend(post{From: dana, To: door, Subject: "leave", Header: header})
		is(t, name+": lists", gets(v, dana), "jobs each")
		is(t, name+": story", v.Story(story), "received filed")
		if !planned(v, dana) {
			t.Errorf("%s: the digest is not planned anew", name)
		}
		told := v.One(v.Deliver(), dana)
		is(t, name+": told", told.Subject()+"\n"+told.Text(), `You have left Garden talk
Done: you get no more posts from Garden talk. You are still a member of
Gardeners and still get Jobs.

If this was a mistake, reply to this mail within 7 days, with the word
UNDO alone on the first line. If you would like to tell why you left,
reply with your own words: only the managers read them.

To leave the community altogether, send an empty mail to
leave@gardeners.example. For a question, the managers read
managers@gardeners.example.

Gardeners
`)
		if told.Get("Auto-Submitted") != "auto-replied" || !told.From.IsZero() {
			t.Errorf("%s: Auto-Submitted %q, return path %s", name, told.Get("Auto-Submitted"), told.From)
		}
		// Again: nothing changes; a program is not answered for nothing, a person three times a day.
		answers := 0
		for range 5 {
			v.MustSend(post{From: dana, To: door, Header: header})
			answers += len(v.Deliver())
		}
		if want := map[string]int{"": 3, apple: 0}[header]; answers != want {
			t.Errorf("%s: %d answers to 5 letters that changed nothing, want %d", name, answers, want)
		}
		is(t, name+": still", gets(v, dana), "jobs each")
	}
}

// P14: who leaves gets nothing any more, not even what was owed before.
func TestLeavingStopsCopiesUnderWay(t *testing.T) {
	for to, want := range map[string]int{"talk-leave@gardeners.example": 1, "talk-unsubscribe@gardeners.example": 1, "leave@gardeners.example": 0, "nodigest@gardeners.example": 0} {
		v := mailroomtest.New(t)
		for _, list := range []string{"talk", "jobs"} {
			v.MustSend(post{From: bill, To: list + "@gardeners.example", Subject: "On " + list, Body: "x"})
		}
		v.MustSend(post{From: dana, To: to})
		posts := 0
		for _, a := range mailroomtest.To(v.Deliver(), dana) {
			if a.Get("List-Id") != "" {
				posts++
			}
		}
		if posts != want {
			t.Errorf("%s: %d posts arrived after it, want %d", to, posts, want)
		}
	}
}

// Whose letter it is not: nothing happens, its owner is asked, and only their YES counts, once.
func TestATokenInOtherHands(t *testing.T) {
	for name, p := range map[string]post{"a stranger": {From: eve}, "a stranger's program": {From: eve, Header: apple}, "nobody vouches": {From: "x@silent.example"}} {
		v := mailroomtest.New(t)
		door := v.Door(address.Leave, "membership", fmt.Sprintf("list:%d", v.Talk.ID), dana)
		p.To = door
		story := v.MustSend(p)
		is(t, name+": lists", gets(v, dana), "jobs each, talk each")
		is(t, name+": story", v.Story(story), "received filed")
		all := v.Deliver()
		asked := v.One(all, dana)
		if len(all) != 1 {
			t.Errorf("%s: wrote to more than the owner:\n%s", name, mailroomtest.Subjects(all))
		}
		is(t, name+": subject", asked.Subject(), "Please confirm: leave Garden talk")
		if !strings.Contains(asked.Text(), bare(p.From)) || strings.Contains(asked.Text(), "confirm+") {
			t.Errorf("%s:\n%s", name, asked.Text())
		}
		for from, header := range map[string]string{eve: "", bill: "", dana: apple} {
			yes := mailroomtest.Answer(from, asked, "YES")
			yes.Header += header
			if _, err := v.Send(yes); err == nil {
				t.Errorf("%s: the YES of %s %s was taken", name, from, header)
			}
		}
		is(t, name+": nobody answered for her", gets(v, dana), "jobs each, talk each")
		v.MustSend(mailroomtest.Answer(dana, asked, "yes, please!\n\nDana"))
		is(t, name+": after her YES", gets(v, dana), "jobs each")
		is(t, name+": told", v.One(v.Deliver(), dana).Subject(), "You have left Garden talk")
		set(v, dana, lists.Each, lists.Each)
		v.MustSend(mailroomtest.Answer(dana, asked, "YES"))
		is(t, name+": the second YES", gets(v, dana), "jobs each, talk each")
		is(t, name+": too late", v.One(v.Deliver(), dana).Text(), `We had asked whether you want to leave Garden talk. That question was
answered before, or its time is over, so your new reply changed nothing.

To see all addresses of Gardeners, and how to change what you get, send
an empty mail to help@gardeners.example.

Gardeners
`)
	}
}

func bare(s string) string { return s }

// A verified member with somebody else's address learns that it is not theirs, and not whose.
func TestATokenInAnotherMembersHands(t *testing.T) {
	v := mailroomtest.New(t)
	door := v.Door(address.DigestOff, "membership", "digest", dana)
	set(v, dana, lists.Digest, lists.Each)
	set(v, bill, lists.Digest, lists.Digest)
	v.MustSend(post{From: bill, To: door, Subject: "off", Body: "Enough of that."})
	is(t, "dana", gets(v, dana), "jobs each, talk digest")
	is(t, "bill", gets(v, bill), "jobs digest, talk digest")
	all := v.Deliver()
	is(t, "the owner is asked", v.One(all, dana).Subject(), "Please confirm: get no more digests")
	told := v.One(all, bill)
	if text := told.Text(); strings.Contains(strings.ToLower(text), "dana") || !strings.Contains(text, "Enough of that.") {
		t.Errorf("bill is told:\n%s", text)
	}
}

// The server cannot be made to write to a member without end, and asks nobody about what is so already.
func TestQuestionsAreFew(t *testing.T) {
	v := mailroomtest.New(t)
	talk := v.Door(address.Leave, "membership", fmt.Sprintf("list:%d", v.Talk.ID), dana)
	jobs := v.Door(address.Leave, "membership", fmt.Sprintf("list:%d", v.Jobs.ID), dana)
	for range 4 {
		v.Now = v.Now.Add(time.Minute)
		v.MustSend(post{From: eve, To: talk})
		v.MustSend(post{From: eve, To: jobs})
	}
	if n := len(v.Deliver()); n != 3 {
		t.Errorf("%d questions in a day, want 3", n)
	}
	v.Now = v.Now.Add(24 * time.Hour)
	set(v, dana, "", lists.Each)
	if _, err := v.Send(post{From: eve, To: talk}); err == nil || err.Error() != nobody {
		t.Errorf("about a list she is not on: %v", err)
	}
	if _, err := v.Send(post{From: eve, To: v.Door(address.DigestOff, "membership", "digest", dana)}); err == nil || err.Error() != nobody {
		t.Errorf("about a digest she does not get: %v", err)
	}
	v.MustSend(post{From: dana, To: "leave@gardeners.example"})
	v.Deliver()
	if _, err := v.Send(post{From: eve, To: jobs}); err == nil || err.Error() != nobody {
		t.Errorf("about somebody who has left: %v", err)
	}
	// A sender for whom nobody vouches keeps the letter once too many were asked about.
	for i := range 5 {
		v.Now = v.Now.Add(time.Minute)
		_, err := v.Send(post{From: sil, To: "leave@gardeners.example"})
		if i < 3 && err != nil {
			t.Fatal(err)
		}
		if i >= 3 && (err == nil || !refusal.Temporary(err) || err.Error() != "We have asked you several times today whether letters from your address are really yours. Please answer one of those first; this one can be sent again tomorrow.") {
			t.Errorf("letter %d: %v", i+1, err)
		}
	}
	if n := len(mailroomtest.To(v.Deliver(), sil)); n != 3 {
		t.Errorf("%d questions to a weak sender, want 3", n)
	}
}

func TestLeavingTheCommunity(t *testing.T) {
	v := mailroomtest.New(t)
	set(v, dana, lists.Digest, lists.Each)
	unplan(v, dana)
	story := v.MustSend(post{From: "Dana Reyes <dana@north.example>", To: "leave@gardeners.example"})
	is(t, "state", gets(v, dana), "left")
	is(t, "story", v.Story(story), "received filed")
	if !planned(v, dana) {
		t.Error("the digest is not planned anew")
	}
	is(t, "told", v.One(v.Deliver(), dana).Text(), `Done: you have left Gardeners, and you get no more mail from it. What
you wrote stays in the archive.

If that was a mistake, reply to this mail within 7 days, with the word
UNDO alone on the first line: then everything is as before. And if you
would like to tell us why you left, reply with your own words: only the
managers read them.

Should you want to come back, write to join@gardeners.example. If you
have a question, the managers read managers@gardeners.example.

Thank you for having been with us.

Gardeners
`)
	v.MustSend(post{From: dana, To: "leave@gardeners.example"})
	is(t, "again", v.One(v.Deliver(), dana).Subject(), "You have left Gardeners")
	v.MustSend(post{From: dana, To: v.Door(address.Leave, "membership", fmt.Sprintf("list:%d", v.Talk.ID), dana), Header: apple})
	if n := len(v.Deliver()); n != 0 {
		t.Errorf("a program was told %d times that its person has left", n)
	}
	for _, to := range []string{"help@gardeners.example", "weekly@gardeners.example", "talk-request@gardeners.example"} {
		if _, err := v.Send(post{From: dana, To: to}); err == nil || err.Error() != nobody {
			t.Errorf("%s hears somebody who has left: %v", to, err)
		}
	}
	is(t, "came back by none of it", gets(v, dana), "left")
}

// Nobody leaves, joins or changes anything by a letter for which no domain vouches, before they have said YES at their own address.
func TestWeakSendersAreAsked(t *testing.T) {
	for to, c := range map[string]struct{ subject, after string }{
		"leave@gardeners.example":        {"Please confirm: leave Gardeners", "left"},
		"talk-leave@gardeners.example":   {"Please confirm: leave Garden talk", "jobs each"},
		"talk-request@gardeners.example": {"Please confirm: leave Garden talk", "jobs each"}, // subject: unsubscribe
		"weekly@gardeners.example":       {"Please confirm: get a digest every week", "jobs digest, talk digest"},
		"nodigest@gardeners.example":     {"Please confirm: get no mail from the lists", "jobs none, talk none"},
	} {
		v := mailroomtest.New(t)
		story := v.MustSend(post{From: sil, To: to, Subject: "unsubscribe"})
		is(t, to, gets(v, sil), "jobs each, talk each")
		is(t, to+": story", v.Story(story), "received filed")
		asked := v.One(v.Deliver(), sil)
		is(t, to+": asked", asked.Subject(), c.subject)
		v.MustSend(mailroomtest.Answer(sil, asked, "What is this?"))
		again := v.One(v.Deliver(), sil)
		if !strings.Contains(again.Text(), `yours begins with "What is this?"`) {
			t.Errorf("%s: asked again:\n%s", to, again.Text())
		}
		is(t, to+": unclear", gets(v, sil), "jobs each, talk each")
		v.MustSend(mailroomtest.Answer(sil, again, "YES"))
		is(t, to+": after YES", gets(v, sil), c.after)
	}
}

func TestNoMeansNo(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: sil, To: "leave@gardeners.example"})
	asked := v.One(v.Deliver(), sil)
	story := v.MustSend(mailroomtest.Answer(sil, asked, "No!"))
	is(t, "story", v.Story(story), "received filed")
	is(t, "told", v.One(v.Deliver(), sil).Subject(), "Nothing was changed (leave Gardeners)")
	v.MustSend(mailroomtest.Answer(sil, asked, "YES"))
	is(t, "YES after NO", gets(v, sil), "jobs each, talk each")
	question := func() (asked arrived) {
		v.Now = v.Now.Add(48 * time.Hour)
		v.MustSend(post{From: sil, To: "leave@gardeners.example"})
		for _, a := range v.Deliver() {
			if strings.HasPrefix(a.Subject(), "Please confirm") {
				asked = a
			}
		}
		return asked
	}
	asked = question()
	v.Now = v.Now.AddDate(0, 0, 15)
	v.MustSend(mailroomtest.Answer(sil, asked, "YES"))
	is(t, "YES after 15 days", gets(v, sil), "jobs each, talk each")
	is(t, "told", v.One(v.Deliver(), sil).Subject(), "Nothing was changed (leave Gardeners)")
	v.MustSend(mailroomtest.Answer(sil, question(), "YES"))
	is(t, "YES to a new question", gets(v, sil), "left")
}

// The private door must not lead nowhere.
func TestTheLastManagerStays(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: theo, To: "leave@gardeners.example"})
	is(t, "one of two", gets(v, theo), "left")
	v.Deliver()
	story := v.MustSend(post{From: mira, To: "leave@gardeners.example"})
	is(t, "the last one", gets(v, mira), "jobs each, talk each")
	is(t, "story", v.Story(story), "received filed")
	told := v.One(v.Deliver(), mira)
	is(t, "told", told.Subject()+"\n"+told.Text(), `Before you leave Gardeners
Hello Mira,

you would like to leave Gardeners. At the moment you are its only
manager: without you, nobody would read the private letters to
managers@gardeners.example. So nothing has changed yet.

Please find somebody who takes over, and ask whoever runs this server to
make them a manager. Then send another empty mail to
leave@gardeners.example, and you are free. If you just want a quiet
mailbox until then, send one to nodigest@gardeners.example.

Thank you for looking after everyone.

Gardeners
`)
	v.MustSend(post{From: mira, To: "talk-leave@gardeners.example"})
	is(t, "a list may be left", gets(v, mira), "jobs each")
}

// Strangers and forgers learn nothing: one sentence for all, whatever there is.
func TestStrangersHearOneSentence(t *testing.T) {
	v := mailroomtest.New(t)
	for _, to := range []string{
		"leave@gardeners.example", "help@gardeners.example", "weekly@gardeners.example", "daily@gardeners.example", "monthly@gardeners.example", "nodigest@gardeners.example",
		"each@gardeners.example", "talk-leave@gardeners.example", "talk-request@gardeners.example", "tolk-leave@gardeners.example",
		"leave+" + strings.Repeat("a", 26) + "@gardeners.example", "confirm+" + strings.Repeat("a", 26) + "@gardeners.example",
		v.Door(address.Leave, "membership", "list:nonsense", dana), v.Door(address.Confirm, "membership", "wish:fly:0", dana), v.Door(address.Confirm, "membership", "wish:leave:0", dana),
	} {
		if _, err := v.Send(post{From: eve, To: to, Body: "YES"}); err == nil || err.Error() != nobody {
			t.Errorf("%s: %v", to, err)
		}
	}
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("wrote to somebody:\n%s", mailroomtest.Subjects(all))
	}
}

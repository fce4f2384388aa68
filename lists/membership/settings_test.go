package membership_test

import (
	"strings"
	"testing"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/mailroom/mailroomtest"
)

// An empty mail sets what one gets (design.md section 6).
func TestSettings(t *testing.T) {
	type have struct{ talk, jobs lists.Delivery }
	for _, c := range []struct {
		word    string
		before  have
		after   string
		period  string
		subject string
		of      string // how the answer names the lists
	}{
		{"weekly", have{"each", "each"}, "jobs digest, talk digest", "weekly", "Done: a weekly digest", "from Gardeners you get a digest, Fridays at 08:00 (Europe/Berlin)."},
		{"daily", have{"each", "each"}, "jobs digest, talk digest", "daily", "Done: a daily digest", "from Gardeners you get a digest, every day at 08:00 (Europe/Berlin)."},
		{"monthly", have{"digest", "digest"}, "jobs digest, talk digest", "monthly", "Done: a monthly digest", "on the first Friday of the month"},
		{"weekly", have{"digest", "digest"}, "jobs digest, talk digest", "weekly", "As before: a weekly digest", "Nothing had to change: from Gardeners"},
		{"weekly", have{"each", "none"}, "jobs none, talk digest", "weekly", "Done: a weekly digest", "from Garden talk you get"},
		{"each", have{"digest", "none"}, "jobs none, talk each", "weekly", "Done: every post as it comes", "from Garden talk you get every post"},
		{"each", have{"none", "none"}, "jobs each, talk each", "weekly", "Done: every post as it comes", "from Gardeners you get every post"},
		{"daily", have{"none", "none"}, "jobs digest, talk digest", "daily", "Done: a daily digest", "from Gardeners you get a digest"},
		{"nodigest", have{"digest", "each"}, "jobs none, talk none", "weekly", "Done: no mail from the lists", "no posts and no digests any more"},
		{"nodigest", have{"none", "none"}, "jobs none, talk none", "weekly", "As before: no mail from the lists", "Nothing had to change"},
		{"each", have{"", "digest"}, "jobs each", "weekly", "Done: every post as it comes", "from Jobs you get every post"},
		{"each", have{"", ""}, "", "weekly", "You are on no list of Gardeners", "you are on none of its lists"},
	} {
		v := mailroomtest.New(t)
		set(v, dana, c.before.talk, c.before.jobs)
		story := v.MustSend(post{From: dana, To: c.word + "@gardeners.example"})
		name := c.word + " with " + string(c.before.talk) + " and " + string(c.before.jobs)
		is(t, name, gets(v, dana), c.after)
		is(t, name+": story", v.Story(story), "received filed")
		v.View(func(tx *db.Tx) error {
			p, err := lists.DigestPrefOf(tx, v.Member(dana).ID)
			is(t, name+": period", p.Period, c.period)
			return err
		})
		told := v.One(v.Deliver(), dana)
		is(t, name+": subject", told.Subject(), c.subject)
		if text := strings.Join(strings.Fields(told.Text()), " "); !strings.Contains(text, c.of) {
			t.Errorf("%s: the answer does not say %q:\n%s", name, c.of, told.Text())
		}
	}
}

// Other people's settings are their own.
func TestSettingsAreOnesOwn(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: dana, To: "nodigest@gardeners.example"})
	for _, who := range []string{bill, mira, sil} {
		is(t, who, gets(v, who), "jobs each, talk each")
	}
}

// digest-off stops the digest, keeps the membership, and says so (product.md A8).
func TestDigestOff(t *testing.T) {
	v := mailroomtest.New(t)
	set(v, dana, lists.Digest, lists.Each)
	door := v.Door(address.DigestOff, "membership", "digest", dana)
	story := v.MustSend(post{From: dana, To: door, Subject: "off", Header: apple})
	is(t, "lists", gets(v, dana), "jobs each, talk none")
	is(t, "story", v.Story(story), "received filed")
	is(t, "told", v.One(v.Deliver(), dana).Text(), `Done: you get no more digests. You are still a member of Gardeners, and
you can still write. Posts of Jobs still come one by one.

An empty mail is enough to change that:

    each@gardeners.example - every post as it comes
    daily@gardeners.example - a digest every day
    weekly@gardeners.example - a digest every week
    monthly@gardeners.example - a digest every month
    nodigest@gardeners.example - no mail from the lists

To leave the community altogether, send an empty mail to
leave@gardeners.example.

Gardeners
`)
	v.MustSend(post{From: dana, To: door, Header: apple})
	if n := len(v.Deliver()); n != 0 {
		t.Errorf("%d answers to a program for nothing", n)
	}
	v.MustSend(post{From: dana, To: "weekly@gardeners.example"})
	is(t, "what is none stays so while other lists come", gets(v, dana), "jobs digest, talk none")
}

// An address that has expired is no proof any more: its verified owner is heard all the same, another letter of theirs is asked about.
func TestAnOldAddress(t *testing.T) {
	v := mailroomtest.New(t)
	set(v, dana, lists.Digest, lists.Each)
	set(v, sil, lists.Digest, lists.Each)
	hers, his := v.Door(address.DigestOff, "membership", "digest", dana), v.Door(address.DigestOff, "membership", "digest", sil)
	v.Now = v.Now.AddDate(2, 0, 0)
	v.MustSend(post{From: dana, To: hers})
	is(t, "verified", gets(v, dana), "jobs each, talk none")
	v.Deliver()
	v.MustSend(post{From: sil, To: his})
	is(t, "weak", gets(v, sil), "jobs each, talk digest")
	is(t, "asked", v.One(v.Deliver(), sil).Subject(), "Please confirm: get no more digests")
	if _, err := v.Send(post{From: eve, To: hers}); err == nil || err.Error() != nobody {
		t.Errorf("a stranger: %v", err)
	}
}

// While it lives, the address is the second factor: its owner needs no provider who vouches.
func TestATokenAndItsOwner(t *testing.T) {
	v := mailroomtest.New(t)
	set(v, sil, lists.Digest, lists.Each)
	v.MustSend(post{From: sil, To: v.Door(address.DigestOff, "membership", "digest", sil)})
	is(t, "at once", gets(v, sil), "jobs each, talk none")
}

// People who come from Mailman write their words to LIST-request@.
func TestRequests(t *testing.T) {
	const both, jobs, help = "jobs each, talk each", "jobs each", "The addresses of Gardeners"
	for _, c := range []struct{ subject, body, after, told string }{
		{"unsubscribe", "", jobs, "You have left Garden talk"},
		{"Leave", "", jobs, "You have left Garden talk"},
		{"", "unsubscribe", jobs, "You have left Garden talk"},
		{"", "Unsubscribe.\n\nDana\n-- \nDana Reyes", jobs, "You have left Garden talk"},
		{"help", "unsubscribe", both, help},
		{"help", "", both, help},
		{"", "", both, help},
		{"Leave the gate open, please", "", both, help},
		{"", "leave the gate open", both, help},
		{"", "Hello,\nunsubscribe", both, help},
		{"join", "", both, "As before: every post as it comes"},
	} {
		v := mailroomtest.New(t)
		story := v.MustSend(post{From: dana, To: "talk-request@gardeners.example", Subject: c.subject, Body: c.body})
		name := c.subject + "|" + c.body
		is(t, name, gets(v, dana), c.after)
		is(t, name+": story", v.Story(story), "received filed")
		is(t, name+": told", v.One(v.Deliver(), dana).Subject(), c.told)
	}
}

func TestJoining(t *testing.T) {
	v := mailroomtest.New(t)
	set(v, dana, "", lists.Each)
	v.MustSend(post{From: dana, To: "talk-request@gardeners.example", Subject: "subscribe"})
	is(t, "an open list", gets(v, dana), "jobs each, talk each")
	is(t, "told", v.One(v.Deliver(), dana).Subject(), "Done: every post as it comes")
	set(v, dana, "", lists.Each)
	v.Update(func(tx *db.Tx) error {
		v.Talk.Join = lists.JoinAsk
		return lists.SaveList(tx, v.Talk)
	})
	_, err := v.Send(post{From: dana, To: "talk-request@gardeners.example", Subject: "subscribe"})
	if want := "The managers decide who is on Garden talk. Please write to managers@gardeners.example."; err == nil || err.Error() != want {
		t.Errorf("a list whose managers are asked: %v", err)
	}
	is(t, "still", gets(v, dana), "jobs each")
	// A weak member's list may be gone when the YES comes.
	set(v, sil, lists.Each, "")
	v.MustSend(post{From: sil, To: "jobs-request@gardeners.example", Subject: "join"})
	asked := v.One(v.Deliver(), sil)
	is(t, "asked", asked.Subject(), "Please confirm: be put on Jobs")
	v.Update(func(tx *db.Tx) error { return lists.RemoveList(tx, v.Jobs.ID) })
	v.MustSend(mailroomtest.Answer(sil, asked, "YES"))
	is(t, "not on a list that is gone", gets(v, sil), "talk each")
}

func TestHelp(t *testing.T) {
	v := mailroomtest.New(t)
	v.Clerk.IMAP = "lists.example"
	v.Update(func(tx *db.Tx) error {
		v.Jobs.Posting = lists.ByManagers
		return lists.SaveList(tx, v.Jobs)
	})
	set(v, dana, lists.Digest, lists.Each)
	v.MustSend(post{From: dana, To: "help@gardeners.example"})
	is(t, "a member", v.One(v.Deliver(), dana).Text(), `Hello,

everything here works by ordinary mail. These are the addresses of
Gardeners:

To speak to everyone

    talk@gardeners.example - Garden talk; you get the digest

To take your newest post back, at once

    oops@gardeners.example - an empty mail is enough

To speak to the managers, and nobody else

    managers@gardeners.example - in private
    report@gardeners.example - about a person or a post

Your digest comes Fridays at 08:00 (Europe/Berlin). A reply to it
reaches the managers, nobody else.

An empty mail is enough to change that:

    each@gardeners.example - every post as it comes
    daily@gardeners.example - a digest every day
    weekly@gardeners.example - a digest every week
    monthly@gardeners.example - a digest every month
    nodigest@gardeners.example - no mail from the lists

All posts can also be read with a mail program, from the IMAP server
lists.example. For a password, ask the managers.

To help@gardeners.example you can also write one word, alone in the
subject:

    WHICH       who you are here, and on which lists
    SETTINGS    all you can change, with the words
    MY DATA     everything that is kept of you, by mail
    FORGET ME   your name and your private letters go; you are asked first

To leave Gardeners, send an empty mail to leave@gardeners.example.

Gardeners
`)
	v.MustSend(post{From: mira, To: "help@gardeners.example"})
	if text := v.One(v.Deliver(), mira).Text(); !strings.Contains(text, "jobs@gardeners.example - Jobs") || !strings.Contains(text, "You are a manager") {
		t.Errorf("a manager:\n%s", text)
	}
	v.MustSend(post{From: sil, To: "help@gardeners.example"})
	is(t, "a weak member", v.One(v.Deliver(), sil).Subject(), "The addresses of Gardeners")
	for range 4 {
		v.MustSend(post{From: dana, To: "help@gardeners.example"})
	}
	if n := len(v.Deliver()); n != 2 {
		t.Errorf("%d more answers today, want 2", n) // D3
	}
}

func TestWelcome(t *testing.T) {
	v := mailroomtest.New(t)
	greet := func(m lists.Member) {
		v.Update(func(tx *db.Tx) error { return v.Clerk.Welcome(tx, v.C, m) })
	}
	ada := v.Add(v.C, "ada@nurses.example", "Ada Obi", lists.RoleMember, v.Talk)
	greet(ada)
	greet(ada)
	got := v.One(v.Deliver(), "ada@nurses.example")
	is(t, "welcome", got.Subject()+"\n"+got.Text(), `Welcome to Gardeners
Hello Ada,

welcome to Gardeners. Everything here works by ordinary mail. These are
the doors:

    talk@gardeners.example - everyone in Garden talk
    managers@gardeners.example - the managers, in private

Any question is fine. If you would rather not ask in front of everyone,
ask the managers: only they see it.

An empty mail is enough to change that:

    each@gardeners.example - every post as it comes
    daily@gardeners.example - a digest every day
    weekly@gardeners.example - a digest every week
    monthly@gardeners.example - a digest every month
    nodigest@gardeners.example - no mail from the lists

To leave, send an empty mail to leave@gardeners.example. To see all
addresses again, send one to help@gardeners.example.

Gardeners
`)
	if got.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("Auto-Submitted: %q", got.Get("Auto-Submitted"))
	}
	v.MustSend(post{From: "ada@nurses.example", To: "leave@gardeners.example"})
	v.Deliver()
	v.Now = v.Now.AddDate(0, 1, 0)
	greet(v.Add(v.C, "ada@nurses.example", "", lists.RoleMember))
	if again := v.One(v.Deliver(), "ada@nurses.example"); !strings.HasPrefix(again.Text(), "Hello,\n") {
		t.Errorf("who comes back without a name is greeted:\n%s", again.Text())
	}
}

package moderation_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/lists/moderation"
)

// begin has Bill and Alison talk in talk, and gives Dana's address of the thread, the opening post, and the number of the thread.
func begin(v *village) (everyone string, opening arrived, number int64) {
	v.T.Helper()
	v.MustSend(post{From: "Bill Tan <" + bill + ">", To: talk, Subject: "First hire", Body: "We named one.", Header: "Message-ID: <hire@south.example>\r\n"})
	opening = v.One(v.Deliver(), dana)
	v.MustSend(post{From: "Alison Graf <" + alison + ">", To: talk, Subject: "Re: First hire", Body: "Mine emerged.", Header: "Message-ID: <emerged@east.example>\r\nIn-Reply-To: <hire@south.example>\r\n"})
	v.Deliver()
	t := threadOf(v, "hire@south.example")
	return v.Door(address.Everyone, moderation.Receiver, fmt.Sprintf("thread:%d", t.ID), dana), opening, t.Number
}

func threadOf(v *village, id string) (t archive.Thread) {
	v.T.Helper()
	v.View(func(tx *db.Tx) error {
		p, err := v.Store.PostByMessageID(tx, v.Talk.Box, letter.MessageID(id))
		if err != nil {
			return err
		}
		t, err = v.Store.Thread(tx, p.Thread)
		return err
	})
	return t
}

// shows fails when a letter holds any of this, in whatever part.
func shows(t *testing.T, a arrived, none ...string) {
	t.Helper()
	for _, w := range none {
		if strings.Contains(string(a.Raw()), w) {
			t.Errorf("the letter to %s shows %q:\n%s", a.To, w, a.Raw())
		}
	}
}

// An address of a thread posts there for the one whose it is: below the right post, to the list, with nothing of the address.
func TestEveryoneAddressPostsIntoItsThread(t *testing.T) {
	v := unhurried(t)
	everyone, _, _ := begin(v)
	for _, c := range []struct{ name, header, parent string }{
		{"no word", "", "<emerged@east.example>"},
		{"with In-Reply-To", "In-Reply-To: <hire@south.example>\r\n", "<hire@south.example>"},
		{"with a strange one", "In-Reply-To: <who@else.example>\r\nReferences: <who@else.example>\r\n", ""},
	} {
		v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: everyone, Subject: "Re: First hire", Body: "Ours was voted in, " + c.name + ".\n\n-- \nDana", Header: c.header})
		got := v.One(v.Deliver(), bill)
		says(t, got, "Ours was voted in, "+c.name)
		shows(t, got, "everyone+", "everyone%2B", "who@else")
		if c.parent != "" && got.Get("In-Reply-To") != c.parent {
			t.Errorf("%s: it answers %s, want %s", c.name, got.Get("In-Reply-To"), c.parent)
		}
		if !strings.HasPrefix(got.Get("References"), "<hire@south.example>") {
			t.Errorf("%s: References %s", c.name, got.Get("References"))
		}
		if got.Letter.To()[0].Address.String() != talk || len(got.Cc()) != 0 {
			t.Errorf("%s: To %v, Cc %v", c.name, got.Letter.To(), got.Cc())
		}
	}
	if th := threadOf(v, "hire@south.example"); th.Posts != 5 {
		t.Errorf("the thread has %d posts, want 5", th.Posts)
	}
}

// What is quoted of a digest stays behind with every address in it, however it is quoted.
func TestEveryoneAddressLeavesTheDigestBehind(t *testing.T) {
	v := unhurried(t)
	everyone, _, _ := begin(v)
	private := v.Door(address.Private, "digest", "issue:1:0", dana)
	digest := fmt.Sprintf("Just hit Reply to reach the managers.\n> Answer everyone: %s\n> Privately: %s", everyone, private)
	quoted := "> " + strings.ReplaceAll(digest, "\n", "\n> ")
	v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: everyone, Subject: "Re: Sponsors, first hires - Gardeners, 12 June",
		Body: "Ours was voted in.\n\nOn Fri, 12 Jun 2026, Gardeners weekly <digest@gardeners.example> wrote:\n" + quoted})
	got := v.One(v.Deliver(), bill)
	says(t, got, "Ours was voted in.")
	shows(t, got, "everyone+", "private+", "Just hit Reply", "digest@")
	if got.Subject() != "Re: First hire" {
		t.Errorf("subject %q", got.Subject())
	}
	// in HTML
	html := "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n"
	v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: everyone, Subject: "Re: First hire", Header: html,
		Body: `<p>And in HTML.</p><blockquote type="cite"><a href="mailto:` + strings.ReplaceAll(everyone, "+", "%2B") + `">Answer everyone</a></blockquote>`})
	got = v.One(v.Deliver(), bill)
	says(t, got, "And in HTML.")
	shows(t, got, "everyone%2B", "Answer everyone")
	// nothing but a quote is nothing to post
	if _, err := v.Send(post{From: "Dana Reyes <" + dana + ">", To: everyone, Subject: "Re: First hire", Body: quoted}); err == nil || !strings.Contains(err.Error(), "nothing to post") {
		t.Errorf("only a quote: %v", err)
	}
	nothing(t, v.Deliver(), bill)
}

// An address that was revoked posts nothing any more, not for its owner either (I3).
func TestEveryoneAddressRevoked(t *testing.T) {
	v := unhurried(t)
	everyone, _, _ := begin(v)
	v.Update(func(tx *db.Tx) error { return address.RevokeMember(tx, int64(v.C.ID), int64(v.Member(dana).ID)) })
	if _, err := v.Send(post{From: "Dana Reyes <" + dana + ">", To: everyone, Subject: "Re: First hire", Body: "Ours was voted in."}); err == nil || err.Error() != lists.NoSuchAddress().Error() {
		t.Errorf("she hears %v", err)
	}
	nothing(t, v.Deliver(), bill)
}

// In other hands the address opens nothing (I3): a stranger's letter waits for the word of its owner, a member is told, a forger refused.
func TestEveryoneAddressInOtherHands(t *testing.T) {
	v := unhurried(t)
	everyone, _, _ := begin(v)
	v.MustSend(post{From: "Bill Tan <" + bill + ">", To: everyone, Subject: "Re: x", Body: "Bill uses the token of Dana"})
	got := v.Deliver()
	says(t, v.One(got, bill), "Your letter went to nobody", "Bill uses the token of Dana")
	nothing(t, got, dana)
	nothing(t, got, alison)

	for _, p := range []post{
		{From: "sil@silent.example", Body: "weak, and somebody else's"},
		{From: "eve@silent.example", Body: "no domain vouches"},
		{From: "dana@strict.example", Body: "forged"},
		{From: eve + ", " + dana, Sender: eve, Body: "two authors"},
	} {
		p.To, p.Subject = everyone, "Re: x"
		if _, err := v.Send(p); err == nil || err.Error() != lists.NoSuchAddress().Error() {
			t.Errorf("%s hears %v", p.From, err)
		}
	}
	if got := v.Deliver(); len(got) != 0 {
		t.Errorf("they made %s", mailroomtest.Subjects(got))
	}

	second := post{From: "D. Reyes <dana@elsewhere.example>", To: everyone, Subject: "Re: First hire", Body: "From my other address.", Header: "X-Who: zzsecret\r\nMessage-ID: <other@elsewhere.example>\r\n"}
	v.MustSend(second)
	got = v.Deliver()
	nothing(t, got, "dana@elsewhere.example")
	nothing(t, got, bill)
	question := v.One(got, dana)
	says(t, question, "dana@elsewhere.example", "From my other address.", "YES", "NO")
	if waits := waiting(v); len(waits) != 1 || waits[0].Subject != "" {
		t.Errorf("waiting: %+v", waits)
	}
	v.MustSend(answer(dana, question, "maybe"))
	says(t, v.One(v.Deliver(), dana), "one of the words below", "it was me")
	v.MustSend(answer(dana, question, "YES"))
	got = v.Deliver()
	mine := v.One(got, bill)
	says(t, mine, "From my other address.")
	shows(t, mine, "elsewhere.example>\r\nTo", "zzsecret", "D. Reyes")
	if !strings.Contains(mine.Get("Reply-To")+mine.Get("From"), dana) {
		t.Errorf("it is not Dana's: %s, %s", mine.Get("From"), mine.Get("Reply-To"))
	}
	v.MustSend(answer(dana, question, "YES"))
	says(t, v.One(v.Deliver(), dana), "already decided")

	second.Header, second.Body = "", "Again."
	v.MustSend(second)
	v.MustSend(answer(dana, v.One(v.Deliver(), dana), "NO"))
	nothing(t, v.Deliver(), bill)

	v.MustSend(post{From: second.From, To: everyone, Subject: "x", Body: "third"})
	v.Deliver()
	if _, err := v.Send(post{From: second.From, To: everyone, Subject: "x", Body: "fourth"}); err == nil {
		t.Error("Dana is asked a fourth time today")
	}
	if len(waiting(v)) != 1 {
		t.Errorf("%d letters wait, want the third", len(waiting(v)))
	}
}

// Who is not quite sure to be the owner is asked, as with a post to the list.
func TestEveryoneAddressOfAWeakSender(t *testing.T) {
	v := unhurried(t)
	begin(v)
	everyone := v.Door(address.Everyone, moderation.Receiver, fmt.Sprintf("thread:%d", threadOf(v, "hire@south.example").ID), sil)
	v.MustSend(post{From: "Sil Ent <" + sil + ">", To: everyone, Subject: "Re: First hire", Body: "Ours, too."})
	got := v.Deliver()
	nothing(t, got, bill)
	question := v.One(got, sil)
	says(t, question, "Ours, too.", "YES")
	v.MustSend(answer(sil, question, "YES"))
	got = v.Deliver()
	says(t, v.One(got, bill), "Ours, too.")
	if v.One(got, bill).Get("In-Reply-To") != "<emerged@east.example>" {
		t.Errorf("it lost its place: %s", v.One(got, bill).Get("In-Reply-To"))
	}
	shows(t, v.One(got, bill), "everyone+")
}

// A thread that is over takes nothing by itself: its author says NEW, PRIVATE or DROP.
func TestEveryoneAddressOfAThreadThatIsOver(t *testing.T) {
	for _, c := range []struct {
		name, word string
		end        func(v *village, everyone string)
		says       string
	}{
		{"asleep", "NEW", func(v *village, _ string) { v.Now = v.Now.AddDate(0, 0, 91) }, "an old address of the thread"},
		{"expired", "PRIVATE", func(v *village, _ string) { v.Now = v.Now.AddDate(0, 0, 401) }, "an old address of the thread"},
		{"expired while the thread lives", "NEW", func(v *village, _ string) {
			v.Now = v.Now.AddDate(0, 0, 401)
			v.MustSend(post{From: "Alison Graf <" + alison + ">", To: talk, Subject: "Re: First hire", Body: "It still goes on.", Header: "Message-ID: <later@east.example>\r\nIn-Reply-To: <hire@south.example>\r\n"})
			v.Deliver()
		}, "an old address of the thread"},
		{"closed", "NEW", closeThread, "was closed"},
		{"closed", "PRIVATE", closeThread, "was closed"},
		{"closed", "DROP", closeThread, "was closed"},
	} {
		t.Run(c.name+" "+c.word, func(t *testing.T) {
			v := unhurried(t)
			everyone, _, _ := begin(v)
			c.end(v, everyone)
			v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: everyone, Subject: "Re: First hire", Body: "Ours was voted in.\n\nOn Fri, digest@gardeners.example wrote:\n> " + everyone})
			got := v.Deliver()
			nothing(t, got, bill)
			question := v.One(got, dana)
			says(t, question, c.says, "NEW", "PRIVATE", "DROP", "Ours was voted in.")
			v.MustSend(answer(dana, question, "PUBLIC"))
			says(t, v.One(v.Deliver(), dana), "begin a new thread with it")
			v.MustSend(answer(dana, question, c.word))
			got = v.Deliver()
			public, private := to(got, bill), to(got, mira)
			if c.word == "NEW" {
				if len(public) != 1 || public[0].Get("In-Reply-To")+public[0].Get("References") != "" {
					t.Fatalf("Bill got %d letters", len(public))
				}
				says(t, public[0], "Ours was voted in.")
				shows(t, public[0], "everyone+")
			} else if len(public) != 0 {
				t.Error("it was posted")
			}
			if got := len(private) == 1 && strings.Contains(private[0].Text(), "Ours was voted in."); c.word == "PRIVATE" && !got {
				t.Errorf("the managers have it: %v", got)
			}
			if len(waiting(v)) != 0 {
				t.Error("it still waits")
			}
		})
	}
}

// W8 holds at a thread's address as well: a letter with a slash in front is never posted, whether the thread sleeps, or the address is in
// other hands.
func TestEveryoneAddressTakesNoSlash(t *testing.T) {
	t.Run("asleep", func(t *testing.T) {
		v := unhurried(t)
		everyone, _, _ := begin(v)
		v.Now = v.Now.AddDate(0, 0, 91)
		v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: everyone, Subject: "Re: First hire", Body: "/note zzsecret"})
		q := v.One(v.Deliver(), dana)
		says(t, q, `It begins with "/note zzsecret".`, "it is never posted")
		for _, word := range []string{"NEW", "PUBLIC", "YES"} {
			v.MustSend(answer(dana, q, word))
			nothing(t, v.Deliver(), bill)
		}
		v.MustSend(answer(dana, q, "PRIVATE"))
		says(t, v.One(to(v.Deliver(), mira), mira), "zzsecret")
	})
	t.Run("in other hands", func(t *testing.T) {
		v := unhurried(t)
		everyone, _, _ := begin(v)
		if _, err := v.Send(post{From: "Dana Reyes <dana@elsewhere.example>", To: everyone, Subject: "Re: First hire", Body: "/note zzsecret"}); err == nil {
			t.Error("it was taken")
		}
		if got := v.Deliver(); len(got) != 0 {
			t.Errorf("%d letters went out", len(got))
		}
	})
}

func closeThread(v *village, _ string) {
	v.Update(func(tx *db.Tx) error {
		for _, id := range []string{"hire@south.example", "emerged@east.example"} {
			p, err := v.Store.PostByMessageID(tx, v.Talk.Box, letter.MessageID(id))
			if err != nil {
				return err
			}
			if err := v.Store.Remove(tx, p.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// Whatever stops a post to the list stops one to a thread's address: doubts, the pace of a thread, who may post, and a revoked token.
func TestEveryoneAddressKeepsTheRulesOfTheList(t *testing.T) {
	v := unhurried(t)
	everyone, _, _ := begin(v)
	ask := func(p post, want string) {
		t.Helper()
		p.From, p.Subject = "Dana Reyes <"+dana+">", "Re: First hire"
		if p.To == "" {
			p.To = everyone
		}
		v.Now = v.Now.AddDate(0, 0, 1) // no more than three questions a day
		v.MustSend(p)
		got := v.Deliver()
		nothing(t, got, bill)
		says(t, v.One(got, dana), want)
	}
	ask(post{Body: "Dear managers, between us: zzsecret"}, "sounds private")
	ask(post{Body: "/note she is difficult"}, "It begins with")
	ask(post{Body: "As they say: [private K7QX]"}, "[private K7QX]")
	ask(post{Body: "See " + v.Door(address.Private, "digest", "issue:1:0", dana)}, "personal address was removed")
	v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: managers, Subject: "A question", Body: "May I?"})
	ack := v.One(v.Deliver(), dana)
	ask(post{Body: "Thank you.", Header: "In-Reply-To: <" + string(ack.MessageID()) + ">\r\n"}, "answers a private letter")
	v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: everyone + ", " + managers, Rcpt: []string{everyone, managers}, Subject: "Re: First hire", Body: "Both doors."})
	got := v.Deliver()
	nothing(t, got, bill)
	if !slices.ContainsFunc(to(got, dana), func(a arrived) bool { return strings.Contains(words(a), "that part is not sent yet") }) {
		t.Errorf("nobody is asked about the rest:\n%s", mailroomtest.Subjects(got))
	}

	th := threadOf(v, "hire@south.example")
	v.Update(func(tx *db.Tx) error { return v.Desk.Calm(tx, v.Talk, th.ID, true, 72*time.Hour, 0) })
	ask(post{Body: "Into the heat."}, "hold all posts of this thread")
	v.Update(func(tx *db.Tx) error { _, err := v.Desk.Lift(tx, v.Talk, th.ID, true); return err })
	v.Deliver()

	list(v, func(l *lists.List) { l.Posting = lists.ByManagers })
	if _, err := v.Send(post{From: dana, To: everyone, Subject: "x", Body: "y"}); err == nil || !strings.Contains(err.Error(), "Only the managers post") {
		t.Errorf("to a list of announcements: %v", err)
	}
	list(v, func(l *lists.List) { l.Posting = lists.ByMembers })
	v.Update(func(tx *db.Tx) error { return address.RevokeMember(tx, int64(v.C.ID), int64(v.Member(dana).ID)) })
	if _, err := v.Send(post{From: dana, To: everyone, Subject: "x", Body: "y"}); err == nil || err.Error() != lists.NoSuchAddress().Error() {
		t.Errorf("a revoked address: %v", err)
	}
}

// The same letter twice is one post, and so is one to the list and to the thread's address.
func TestEveryoneAddressPostsOnce(t *testing.T) {
	v := unhurried(t)
	everyone, _, _ := begin(v)
	p := post{From: "Dana Reyes <" + dana + ">", To: everyone, Subject: "Re: First hire", Body: "Ours was voted in.", Header: "Message-ID: <twice@north.example>\r\n"}
	v.MustSend(p)
	v.MustSend(p)
	p.Body += " And sent again, by another program."
	v.MustSend(p)
	p.To, p.Rcpt = talk+", "+everyone, []string{talk, everyone}
	p.Header = "Message-ID: <both@north.example>\r\n"
	v.MustSend(p)
	if got := to(v.Deliver(), bill); len(got) != 2 {
		t.Errorf("Bill got %d letters, want 2", len(got))
	}
	if th := threadOf(v, "hire@south.example"); th.Posts < 3 {
		t.Errorf("%d posts", th.Posts)
	}
}

// A robot's answer through a thread's address is refused in the session: nothing is posted, nobody asked (I8).
func TestEveryoneAddressAndRobots(t *testing.T) {
	v := unhurried(t)
	everyone, _, _ := begin(v)
	for _, h := range []string{"Auto-Submitted: auto-replied\r\n", "Precedence: bulk\r\n", "X-Autoreply: yes\r\n"} {
		if _, err := v.Send(post{From: dana, To: everyone, Subject: "Out of office", Body: "I am away.", Header: h}); err == nil {
			t.Errorf("%q was taken", h)
		}
	}
	if got := v.Deliver(); len(got) != 0 {
		t.Errorf("they made %s", mailroomtest.Subjects(got))
	}
}

// An address that nobody was given, or that is forgotten, tells members why and strangers nothing.
func TestEveryoneAddressThatLeadsNowhere(t *testing.T) {
	v := unhurried(t)
	begin(v)
	lost := "everyone+0123456789abcdefghjkmnpqrs@gardeners.example"
	if _, err := v.Send(post{From: dana, To: lost, Subject: "x", Body: "y"}); err == nil || !strings.Contains(err.Error(), "newest digest") {
		t.Errorf("a member hears %v", err)
	}
	for _, who := range []string{eve, sil} {
		if _, err := v.Send(post{From: who, To: lost, Subject: "x", Body: "y"}); err == nil || err.Error() != lists.NoSuchAddress().Error() {
			t.Errorf("%s hears %v", who, err)
		}
	}
	for _, object := range []string{"thread:99", "thread:0", "thread:x", "post:77"} {
		if _, err := v.Send(post{From: dana, To: v.Door(address.Everyone, moderation.Receiver, object, dana), Subject: "x", Body: "y"}); err == nil || err.Error() != lists.NoSuchAddress().Error() {
			t.Errorf("%s: %v", object, err)
		}
	}
	if got := v.Deliver(); len(got) != 0 {
		t.Errorf("they made %s", mailroomtest.Subjects(got))
	}
}

// The address of one post answers that post.
func TestAddressOfOnePost(t *testing.T) {
	v := unhurried(t)
	begin(v)
	var id archive.PostID
	v.View(func(tx *db.Tx) error {
		p, err := v.Store.PostByMessageID(tx, v.Talk.Box, "hire@south.example")
		id = p.ID
		return err
	})
	door := v.Door(address.Everyone, moderation.Receiver, fmt.Sprintf("post:%d", id), sil)
	v.MustSend(post{From: "Sil Ent <" + sil + ">", To: door, Subject: "Re: First hire", Body: "To Bill."})
	v.MustSend(answer(sil, v.One(v.Deliver(), sil), "YES")) // it keeps its place while it waits
	if got := v.One(v.Deliver(), bill); got.Get("In-Reply-To") != "<hire@south.example>" {
		t.Errorf("it answers %s", got.Get("In-Reply-To"))
	}
}

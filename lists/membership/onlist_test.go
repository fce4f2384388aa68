package membership_test

import (
	"strings"
	"testing"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/lists/notice"
)

// published counts the posts of Garden talk.
func published(v *village) (n int) {
	v.View(func(tx *db.Tx) error {
		return tx.QueryRow("SELECT count(*) FROM post WHERE mailbox = ?", v.Talk.Box).Scan(&n)
	})
	return n
}

// Whoever writes a command to a list gets it done, as at LIST-request@, and nobody else reads it.
func TestCommandsAreNoPosts(t *testing.T) {
	for body, c := range map[string]struct{ subject, gets string }{
		"unsubscribe":                      {"You have left Garden talk", "jobs each"},
		"UNSUBSCRIBE\n\nDana":              {"You have left Garden talk", "jobs each"},
		"Please unsubscribe me.":           {"You have left Garden talk", "jobs each"},
		"Please remove me from this list!": {"You have left Garden talk", "jobs each"},
		"unsubscribe talk":                 {"You have left Garden talk", "jobs each"},
		"STOP":                             {"You have left Garden talk", "jobs each"},
		"Leave":                            {"You have left Garden talk", "jobs each"},
		"subscribe":                        {"As before: every post as it comes", ""},
		"help":                             {"The addresses of Gardeners", ""},
		"HELP\n-- \nDana Reyes\nNorthgate": {"The addresses of Gardeners", ""},
		"which":                            {"You in Gardeners", ""},
		"who":                              {"Only the managers see who is on Garden talk", ""},
		"Settings":                         {"Your settings", ""},
		"WEEKLY FRIDAY 8\nFOLLOW roles":    {"Done: Fridays at 08:00 (Europe/Berlin)", "jobs digest, talk digest"},
		"set nomail":                       {"Done: no mail", "jobs each, talk none"},
		"My data":                          {"Your data", ""},
		"Forget me":                        {"Please confirm: forget me", ""},
		"VACATION OFF":                     {"Done: vacation", ""},
		"unsubscribe\n\nOn Fri, Jun 12, 2026 at 9:00 AM Bill Tan <bill@south.example> wrote:\n> They climb.": {"You have left Garden talk", "jobs each"},
	} {
		v := mailroomtest.New(t)
		v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: "talk@gardeners.example", Subject: "Hello", Body: body})
		all := v.Deliver()
		a := v.One(all, dana)
		if len(all) != 1 || published(v) != 0 {
			t.Errorf("%q: %d letters, %d posts", body, len(all), published(v))
		}
		is(t, body, a.Subject(), c.subject)
		if got := oneLine(a.Text()); !strings.HasPrefix(got, `Your letter to Garden talk says only "`+strings.Fields(body)[0]) || !strings.Contains(got, "nobody has seen it. If you meant it for everyone, please send it again with a few more words. ") {
			t.Errorf("%q: %s", body, got)
		}
		if c.gets == "" {
			c.gets = "jobs each, talk each"
		}
		is(t, body, gets(v, dana), c.gets)
	}
}

// The word may stand in the subject of a letter without words.
func TestCommandsInASubject(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: dana, To: "talk@gardeners.example", Subject: "Unsubscribe"})
	a := v.One(v.Deliver(), dana)
	if is(t, "it", a.Subject(), "You have left Garden talk"); !strings.Contains(oneLine(a.Text()), `says only "Unsubscribe". That is for the program`) {
		t.Error(a.Text())
	}
}

// Everything else is a post: a sentence, a question, a word that people say to each other below a post, a word with a picture.
func TestWhatOnlyLooksLikeACommand(t *testing.T) {
	below := "In-Reply-To: <beans@x.example>\r\n"
	for name, p := range map[string]post{
		"a sentence":       {Subject: "Gate", Body: "Leave the gate open."},
		"a question":       {Subject: "Beans", Body: "Which?"},
		"in a thread":      {Subject: "Re: Beans", Body: "Help!", Header: below},
		"agreement":        {Subject: "Re: Beans", Body: "Yes", Header: below},
		"an empty answer":  {Subject: "Re: unsubscribe", Body: "> I wish I could", Header: below},
		"more lines":       {Subject: "Unsubscribe", Body: "unsubscribe\n\nHow do I do that?"},
		"somebody's name":  {Subject: "Who", Body: "who\n\nBill"},
		"settings of life": {Subject: "Plan", Body: "weekly on friday?"},
		"a wish":           {Subject: "Re: Trellis", Body: "Show me!", Header: below},
		"a cry":            {Subject: "The pump is broken", Body: "Please help me"},
		"an invitation":    {Subject: "Picnic on Sunday", Body: "Join me!"},
		"an owner":         {Subject: "Re: Whose table is it?", Body: "My data.", Header: below},
		"a place":          {Subject: "Re: Where is that?", Body: "Settings.", Header: below},
		"in anger":         {Subject: "Re: Fence", Body: "STOP!", Header: below},
		"to somebody":      {Subject: "Re: Fence", Body: "LEAVE!", Header: below},
		"a list of seeds":  {Subject: "Re: Zinnias are gone", Body: "Remove from the list", Header: below},
		"gratitude":        {Subject: "What a harvest", Body: "Thank you, members!"},
	} {
		v := mailroomtest.New(t)
		p.From, p.To = "Dana Reyes <"+dana+">", "talk@gardeners.example"
		v.MustSend(p)
		if published(v) != 1 {
			t.Errorf("%s is no post: %s", name, mailroomtest.Subjects(v.Deliver()))
		}
	}
	v := mailroomtest.New(t)
	picture := "--b\r\nContent-Type: text/plain\r\n\r\nHelp\r\n--b\r\nContent-Type: image/png; name=leaf.png\r\nContent-Disposition: attachment; filename=leaf.png\r\n\r\nx\r\n--b--"
	v.MustSend(post{From: dana, To: "talk@gardeners.example", Subject: "What eats this?", Header: "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n", Body: picture})
	if published(v) != 1 {
		t.Error("a picture with a word is no post")
	}
}

// With words that mean nothing else it is a command below a post as well, by whichever address.
func TestCommandsBelowAPost(t *testing.T) {
	for _, body := range []string{"unsubscribe", "remove me", "Remove from this list, please", "Unsubscribe me. Thank you!"} {
		v := mailroomtest.New(t)
		v.MustSend(post{From: bill, To: "talk@gardeners.example", Subject: "Beans", Body: "They climb."})
		v.Deliver()
		v.MustSend(post{From: dana, To: v.Door("everyone", "moderation", "thread:1", dana), Subject: "Re: Beans", Body: body})
		is(t, body, gets(v, dana), "jobs each")
		if published(v) != 1 {
			t.Errorf("%s is a post", body)
		}
	}
}

// Whoever had all answers of the day is told in the session that such a letter was no post: it is not lost in silence.
func TestCommandsBeyondTheAnswersOfADay(t *testing.T) {
	v := mailroomtest.New(t)
	for range notice.AnswersADay {
		v.MustSend(post{From: dana, To: "talk@gardeners.example", Subject: "Pump", Body: "Help!"})
	}
	v.Deliver()
	_, err := v.Send(post{From: dana, To: "talk@gardeners.example", Subject: "Pump", Body: "Help!"})
	if err == nil || err.Error() != "Your letter to Garden talk says only a word for the program, so it was not posted, and today's answers to that have been sent. If it is for everyone, please send it with a few more words." || published(v) != 0 {
		t.Errorf("%v, %d posts", err, published(v))
	}
	v.MustSend(post{From: dana, To: "talk@gardeners.example", Subject: "x", Body: "unsubscribe"}) // what changes something is done, however often
	is(t, "another word", gets(v, dana), "jobs each")
}

// For whom nobody vouches is asked; who is no member, or forged, changes nothing and hears nothing.
func TestCommandsOnAListOfOthers(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: sil, To: "talk@gardeners.example", Subject: "x", Body: "unsubscribe"})
	a := v.One(v.Deliver(), sil)
	is(t, "a weak sender", a.Subject(), "Please confirm: leave Garden talk")
	is(t, "not yet", gets(v, sil), "jobs each, talk each")
	v.MustSend(mailroomtest.Answer(sil, a, "YES"))
	is(t, "after YES", gets(v, sil), "jobs each")
	v.MustSend(post{From: sil, To: "jobs@gardeners.example", Subject: "x", Body: "WEEKLY"})
	is(t, "settings", gets(v, sil), "jobs each")
	if _, err := v.Send(post{From: eve, To: "talk@gardeners.example", Subject: "x", Body: "unsubscribe"}); err == nil || err.Error() != nobody {
		t.Errorf("a stranger: %v", err)
	}
	v.Talk.Posting = lists.ByManagers // it is no post, so it is no post to managers
	v.Update(func(tx *db.Tx) error { return lists.SaveList(tx, v.Talk) })
	v.MustSend(post{From: dana, To: "talk@gardeners.example", Subject: "x", Body: "unsubscribe"})
	is(t, "a list of managers", gets(v, dana), "jobs each")
}

// A word that answers a question of ours, and begins a thread, waits for its author's word.
func TestALooseAnswerWaits(t *testing.T) {
	for _, body := range []string{"YES", "Drop", "Undo, please", "ABSTAIN"} {
		v := mailroomtest.New(t)
		v.MustSend(post{From: dana, To: "talk@gardeners.example", Subject: "Re: Please confirm", Body: body})
		a := v.One(v.Deliver(), dana)
		if got := oneLine(a.Text()); published(v) != 0 || !strings.Contains(got, "which looks like the answer to a question of ours") {
			t.Errorf("%q, %d posts: %s", body, published(v), got)
		}
		v.MustSend(mailroomtest.Answer(dana, a, "PUBLIC"))
		if published(v) != 1 {
			t.Errorf("%q: not with PUBLIC", body)
		}
	}
}

// What may be said to people as well as to the program waits for its author's word: DO does it, PUBLIC posts it, another word is asked about
// once more. Nobody is renamed by a game, or leaves because somebody asked whether to leave the old wood.
func TestALooseOrderWaits(t *testing.T) {
	for _, c := range []struct{ body, header, done, gets string }{
		{"NAME The Bean", "", "Done: name The Bean", ""},
		{"LEAVE", "In-Reply-To: <beans@x.example>\r\n", "You have left Garden talk", "jobs each"},
		{"WEEKLY FRIDAY 8", "In-Reply-To: <beans@x.example>\r\n", "Done: Fridays at 08:00 (Europe/Berlin)", "jobs digest, talk digest"},
		{"WHICH", "In-Reply-To: <beans@x.example>\r\n", "You in Gardeners", ""},
	} {
		if c.gets == "" {
			c.gets = "jobs each, talk each"
		}
		v := mailroomtest.New(t)
		p := post{From: "Dana Reyes <" + dana + ">", To: "talk@gardeners.example", Subject: "Re: Beans", Body: c.body, Header: c.header}
		v.MustSend(p)
		a := v.One(v.Deliver(), dana)
		if got := oneLine(a.Text()); published(v) != 0 || !strings.Contains(got, `It says only "`+c.body+`"`) || !strings.Contains(got, "DO it was for the program") || strings.Contains(got, "PRIVATE") {
			t.Errorf("%q, %d posts: %s", c.body, published(v), got)
		}
		is(t, c.body+": nothing yet", gets(v, dana), "jobs each, talk each")
		v.MustSend(mailroomtest.Answer(dana, a, "Yes, do"))
		again := v.One(v.Deliver(), dana)
		if got := oneLine(again.Text()); !strings.Contains(got, `yours begins with "YES"`) || !strings.Contains(got, "DO it was for the program") {
			t.Error(got)
		}
		v.MustSend(mailroomtest.Answer(dana, again, "do"))
		if got := v.One(v.Deliver(), dana).Subject(); got != c.done || published(v) != 0 {
			t.Errorf("%q: %q, %d posts", c.body, got, published(v))
		}
		is(t, c.body, gets(v, dana), c.gets)
		v.MustSend(mailroomtest.Answer(dana, a, "PUBLIC")) // too late: it was for the program
		if got := v.One(v.Deliver(), dana).Subject(); published(v) != 0 || !strings.HasPrefix(got, "Already decided") {
			t.Errorf("%q, %d posts", got, published(v))
		}
	}
	v := mailroomtest.New(t)
	v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: "talk@gardeners.example", Subject: "Re: What is it called?", Body: "NAME THE BEAN", Header: "In-Reply-To: <beans@x.example>\r\n"})
	v.MustSend(mailroomtest.Answer(dana, v.One(v.Deliver(), dana), "PUBLIC"))
	name := v.Member(dana).Name
	if published(v) != 1 || name != "Dana Reyes" {
		t.Errorf("%d posts by %q", published(v), name)
	}
}

package membership_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
)

// writer is a village in which dana began a thread, bill answered, and she has a private letter.
func writer(t *testing.T) *village {
	t.Helper()
	v := mailroomtest.New(t)
	v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: "talk@gardeners.example", Subject: "Frost tonight", Body: "Cover your xylobeans.", Header: "Message-ID: <one@north.example>\r\nOrganization: Reyes Seeds\r\n"})
	v.MustSend(post{From: bill, To: "talk@gardeners.example", Subject: "Re: Frost tonight", Body: "I did.", Header: "In-Reply-To: <one@north.example>\r\n"})
	v.MustSend(post{From: dana, To: "managers@gardeners.example", Subject: "A question", Body: "May a canaria join?"})
	v.Deliver()
	return v
}

// postsOf are the posts of talk as the archive has them: author, words, and the bytes.
func postsOf(v *village) (all []archive.Post, raw string) {
	v.T.Helper()
	v.View(func(tx *db.Tx) (err error) {
		if all, err = v.Store.PostsAfter(tx, v.Talk.Box, 0, 10); err != nil {
			return err
		}
		for _, p := range all {
			b, err := v.Store.Raw(tx, p.Raw)
			if err != nil {
				return err
			}
			raw += string(b)
		}
		return nil
	})
	return all, raw
}

// Posts that were imported before their author was a member, or under an address that they gave only later, are forgotten with the others;
// those of somebody else are not.
func TestForgetMeFindsImportedPosts(t *testing.T) {
	for word, named := range map[string]bool{"KEEP": true, "UNNAME": false, "REMOVE": false} {
		v := mailroomtest.New(t)
		for _, from := range []string{"Dana Reyes <Dana@north.example>", "Dana Before <dana@north.example.org>"} {
			l, err := letter.Parse([]byte("From: " + from + "\r\nTo: talk@gardeners.example\r\nSubject: Old beans\r\nDate: Mon, 1 Jun 2009 10:00:00 +0000\r\nMessage-ID: <" + from[:9] + "@old.example>\r\n\r\nThey grew.\r\n"))
			if err != nil {
				t.Fatal(err)
			}
			v.Update(func(tx *db.Tx) error {
				_, err := v.Store.AddPost(tx, archive.NewPost{Mailbox: v.Talk.Box, Letter: l, Published: v.Now.Add(-time.Hour), Imported: true})
				return err
			})
		}
		v.MustSend(mailroomtest.Answer(dana, request(v, dana, "help@gardeners.example", "forget me"), word))
		v.Pass(time.Minute)
		all, raw := postsOf(v)
		if got := strings.Contains(raw, "Reyes"); got != named || len(all) != 2 || !strings.Contains(raw, "Dana Before") {
			t.Errorf("%s: %d posts, named %v:\n%s", word, len(all), got, raw)
		}
	}
}

// Three ways to be forgotten, each asked about and confirmed; the thread stays whole, and search, export and archive know no name.
func TestForgetMe(t *testing.T) {
	for word, c := range map[string]struct{ author, text, state string }{
		"KEEP": {"Dana Reyes", "xylobeans", "published"}, "unname": {"Former member", "xylobeans", "published"}, "Remove.": {"Former member", "taken this post back", "redacted"},
	} {
		v := writer(t)
		before, _ := postsOf(v)
		asked := request(v, dana, "help@gardeners.example", "forget me")
		is(t, "asked", asked.Subject(), "Please confirm: forget me")
		is(t, "nothing yet", gets(v, dana), "jobs each, talk each")
		id := v.Member(dana).ID
		v.Update(func(tx *db.Tx) error {
			m, err := lists.MemberByID(tx, id)
			if m.IntroOK = lists.IntroNo; err != nil {
				return err
			}
			return lists.SaveMember(tx, m)
		})
		v.MustSend(mailroomtest.Answer(dana, asked, word))
		v.Pass(time.Minute)
		is(t, word, subjectsTo(v.Deliver(), dana), "You are forgotten here")
		is(t, "address", addresses(v, dana), "nobody")
		all, raw := postsOf(v)
		if len(all) != 2 || all[0].From.Name != c.author || !strings.Contains(all[0].Text, c.text) || string(all[0].State) != c.state || all[1].Thread != all[0].Thread || all[1].Parent != all[0].ID || all[0].MessageID != before[0].MessageID {
			t.Errorf("%s: %+v", word, all)
		}
		if named := strings.Contains(raw, "Dana") || strings.Contains(raw, dana) || strings.Contains(raw, "Reyes Seeds"); named != (word == "KEEP") {
			t.Errorf("%s: named %v:\n%s", word, named, raw)
		}
		v.View(func(tx *db.Tx) error {
			hits, err := v.Store.Search(tx, archive.Query{Mailboxes: []archive.PublicID{v.Talk.Box}, Words: "Reyes"})
			if (len(hits) > 0) != (word == "KEEP") {
				t.Errorf("%s: found %d", word, len(hits))
			}
			m, err2 := lists.MemberByID(tx, id)
			if err2 == nil && (m.Name != "Former member" || m.State != lists.Left || m.IntroOK != lists.IntroPosted) {
				t.Errorf("%+v", m)
			}
			if err == nil {
				err = err2
			}
			return err
		})
		hasNot(v, "conv_msg", "canaria")
		hasNot(v, "forgotten", "1", "2", "3", "4", "5")
		if _, err := v.Send(mailroomtest.Answer(dana, asked, "REMOVE")); err == nil {
			t.Error("a second word was heard")
		}
		v.MustSend(post{From: dana, To: "join@gardeners.example"})
		is(t, "comes again", v.One(v.Deliver(), dana).Subject(), "Do you want to join Gardeners?")
	}
}

// Nobody else says the word, no other word does it, NO does nothing, and the last manager stays.
func TestForgetMeFailures(t *testing.T) {
	v := writer(t)
	asked := request(v, dana, "help@gardeners.example", "FORGET ME")
	for name, p := range map[string]post{
		"another": mailroomtest.Answer(bill, asked, "REMOVE"), "a stranger": mailroomtest.Answer(eve, asked, "REMOVE"),
		"a robot": {From: dana, To: asked.ReplyTo()[0].Address.String(), Body: "REMOVE", Header: "Auto-Submitted: auto-replied\r\n"},
	} {
		if _, err := v.Send(p); err == nil {
			t.Errorf("%s was heard", name)
		}
	}
	v.MustSend(mailroomtest.Answer(dana, asked, "Please remove all of it"))
	is(t, "a sentence", subjectsTo(v.Deliver(), dana), "Please confirm: forget me")
	v.MustSend(mailroomtest.Answer(dana, asked, "NO"))
	is(t, "NO", subjectsTo(v.Deliver(), dana), "Nothing was changed")
	is(t, "still", gets(v, dana), "jobs each, talk each")
	v.Now = v.Now.AddDate(0, 0, 15)
	if _, err := v.Send(mailroomtest.Answer(dana, asked, "REMOVE")); err == nil {
		t.Error("after 15 days")
	}
	v.Update(func(tx *db.Tx) error {
		m := v.Member(theo)
		m.Role = lists.RoleMember
		return lists.SaveMember(tx, m)
	})
	asked = request(v, mira, "help@gardeners.example", "forget me")
	v.MustSend(mailroomtest.Answer(mira, asked, "KEEP"))
	v.Deliver()
	is(t, "the last manager", gets(v, mira), "jobs each, talk each")
}

package moderation_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// withFile is a post with something attached.
func withFile(name, kind string) post {
	return post{From: dana, To: talk, Subject: "A file", Header: "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=zzz\r\n",
		Body: "--zzz\nContent-Type: text/plain\n\nHere it is.\n--zzz\nContent-Type: " + kind + "\nContent-Disposition: attachment; filename=" + name + "\n\nabc\n--zzz--"}
}

// Every setting about posts changes what becomes of one: without it the post goes out, with it it waits, or is refused in a sentence.
func TestEverySettingHasAnEffect(t *testing.T) {
	plain := post{From: dana, To: talk, Subject: "Beans", Body: "They climb."}
	with := func(change func(p *post)) post { p := plain; change(&p); return p }
	begun := with(func(p *post) { p.Header = "In-Reply-To: <begun@east.example>\r\n"; p.Subject = "Re: Begun" })
	cases := map[string]struct {
		value string
		post  post
		held  string // the reason in the managers' mail
		told  string // the sentence of a refusal
	}{
		"moderated":      {"on", plain, "It waits because every post of the list is read by a manager first.", ""},
		"stopped":        {"on", plain, "", "talk@gardeners.example takes no posts at the moment; the managers have stopped it for a while. Nothing is wrong with your letter. To reach them, write to managers@gardeners.example."},
		"min-trust":      {"3", plain, "", "On talk@gardeners.example only members post who have been here for some time. You can read it, and write to the other lists."},
		"managers-open":  {"on", plain, "", "On talk@gardeners.example the managers begin the threads, and everyone may answer. Please answer one, or write to managers@gardeners.example."},
		"max-size":       {"1KB", with(func(p *post) { p.Body = strings.Repeat("beans ", 200) }), "", "Your letter is too large for talk@gardeners.example, which takes at most 1 KB. Please send a link to the file, or a smaller one."},
		"files":          {"pdf,image", withFile("beans.exe", "application/octet-stream"), "It waits because it has the file beans.exe.", ""},
		"files-refuse":   {"on", withFile("beans.exe", "application/octet-stream"), "", "The file beans.exe cannot be sent to talk@gardeners.example. Allowed there: no files at all. Please send your letter again without it."},
		"max-recipients": {"2", with(func(p *post) { p.Header = "Cc: a@x.example, b@x.example\r\n" }), "It waits because it is addressed to more than 2 addresses.", ""},
		"max-links":      {"1", with(func(p *post) { p.Body = "https://a.example and https://b.example" }), "It waits because it has more than 1 link.", ""},
		"max-text":       {"20", with(func(p *post) { p.Body = strings.Repeat("beans ", 9) }), "It waits because it is longer than 20 characters.", ""},
		"subject-needed": {"on", with(func(p *post) { p.Subject = "" }), "", "Your letter to talk@gardeners.example has no subject. Please give it one and send it again."},
		"thread-days":    {"30", begun, "", "Nobody has written in that thread of talk@gardeners.example for more than 30 days, so it is closed. Please begin a new one, with a new subject."},
		"ban":            {"*@north.example", plain, "", "talk@gardeners.example takes no posts from your address. To ask why, write to managers@gardeners.example."},
		"rule":           {"hold subject (?i)^beans", plain, "It waits because a rule of the list looks for something in its subject.", ""},
	}
	for _, s := range lists.RuleSettings() {
		switch s.Name {
		case "no-sales", "reply-to", "footer", "roster":
			continue // TestNoSalesZone; relay: TestReplyToOfAList, TestFooter; membership: TestMembersSeeNames
		}
		c, ok := cases[s.Name]
		if !ok {
			t.Errorf("%s has no test that shows its effect", s.Name)
			continue
		}
		t.Run(s.Name, func(t *testing.T) {
			for _, on := range []bool{false, true} {
				v := unhurried(t)
				list(v, func(l *lists.List) { l.Rules.Files = map[bool]string{true: "none"}[on && s.Name == "files-refuse"] })
				v.MustSend(post{From: alison, To: talk, Subject: "Begun", Body: "Hello.", Header: "Message-ID: <begun@east.example>\r\n"})
				v.Deliver()
				v.Now = v.Now.Add(31 * 24 * time.Hour)
				if on {
					list(v, func(l *lists.List) {
						if err := l.Set(s.Name, c.value); err != nil {
							t.Fatal(err)
						}
					})
				}
				_, err := v.Send(c.post)
				all := v.Deliver()
				switch {
				case !on && (err != nil || len(to(all, bill)) != 1):
					t.Errorf("without it: %v\n%s", err, mailroomtest.Subjects(all))
				case on && c.told != "" && (err == nil || err.Error() != c.told || len(all) != 0):
					t.Errorf("refused: %v\n%s", err, mailroomtest.Subjects(all))
				case on && c.held != "":
					nothing(t, all, bill)
					says(t, held(t, all, mira), c.held)
					rule := strings.TrimSuffix(strings.TrimPrefix(c.held, "It waits because "), ".")
					says(t, v.One(all, dana), rule)
					inEveryLanguage(t, rule)
				}
				// Managers are free of all but the size.
				c.post.From = theo
				if _, err := v.Send(c.post); on && (err != nil) != (s.Name == "max-size") {
					t.Errorf("a manager: %v", err)
				}
				c.post.From = dana
			}
		})
	}
}

// inEveryLanguage fails where an author would read a rule in English though their language is another.
func inEveryLanguage(t *testing.T, rule string) {
	t.Helper()
	mail, err := templates.PostWaits{Community: "Gardeners", List: "Garden talk", Reason: templates.ByRule, Rule: rule, Days: 14}.Render()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range templates.Languages()[1:] {
		other, err := mail.In(l)
		if err != nil || strings.Contains(strings.Join(strings.Fields(other.Text), " "), rule) {
			t.Errorf("%s says %q: %v\n%s", l, rule, err, other.Text)
		}
	}
}

// What a pattern was found in, and why a post reads like an offer, authors read in their own language.
func TestReasonsInTheLanguageOfTheAuthor(t *testing.T) {
	for _, field := range []string{"from dana", "subject Beans", "text climb", "header:X-Mood sour", "file exe"} {
		l := lists.NewList(lists.Community{Domain: "gardeners.example"}, "talk")
		if err := l.Set("rule", "hold "+field); err != nil {
			t.Fatal(err)
		}
		p := withFile("beans.exe", "application/octet-stream")
		p.Subject, p.Header = "Beans", p.Header+"X-Mood: sour\r\n"
		post, err := letter.Parse(mailroomtest.New(t).Bytes(p))
		if err != nil {
			t.Fatal(err)
		}
		d := l.Rules.Judge(l, lists.Member{ID: 1}, lists.Facts{Post: post, Text: "They climb."})
		if d.Action != lists.Hold {
			t.Fatalf("%s: %s", field, d.Action)
		}
		inEveryLanguage(t, d.Detail)
	}
	v := zone(t)
	set(v, dana, func(m *lists.Member) { m.Language = "de" })
	v.MustSend(post{From: dana, To: talk, Subject: "A page", Body: "https://beans.example/page"})
	v.Deliver()
	for body, want := range map[string]string{
		"Now 20% off.": "darin steht „20% off“", "See https://pots.example/?utm_source=talk": "ein Link, der zählt, wer von hier kommt", "See https://www.north.example/pots": "ein Link zu north.example",
		"Again: https://beans.example/page": "denselben Link hast du im letzten Monat schon einmal geschickt",
	} {
		v.Pass(25 * time.Hour)
		v.MustSend(post{From: dana, To: talk, Subject: "Pots", Body: body})
		says(t, v.One(v.Deliver(), dana), want)
	}
}

// A held post that a manager lets pass goes out, whatever the rule; a pattern that refuses says so; and a member's letter is never discarded.
func TestPatterns(t *testing.T) {
	v := unhurried(t)
	list(v, func(l *lists.List) {
		l.Posting = lists.ByAnyone
		l.Rules.Patterns = []string{"hold text (?i)cheap", "refuse header:X-Spam ^YES", "discard from spam", "refuse file \\.exe$"}
	})
	v.MustSend(post{From: dana, To: talk, Subject: "Pots", Body: "Very cheap."})
	v.MustSend(answer(mira, held(t, v.Deliver(), mira), "OK"))
	if len(to(v.Deliver(), bill)) != 1 {
		t.Error("the manager's OK does not pass the rule")
	}
	_, err := v.Send(post{From: dana, To: talk, Subject: "x", Body: "y", Header: "X-Spam: YES\r\n"})
	if refusal.KindOf(err) != refusal.NotAllowed || err.Error() != "A rule of talk@gardeners.example does not let your letter pass, because of its header. To ask about it, write to managers@gardeners.example." {
		t.Errorf("a header: %v", err)
	}
	story := v.MustSend(post{From: "spam@evil.example", To: talk, Subject: "x", Body: "Buy."})
	if all := v.Deliver(); len(all) != 0 || !strings.HasSuffix(v.Story(story), "received filed") {
		t.Errorf("discarded: %s\n%s", v.Story(story), mailroomtest.Subjects(all))
	}
	v.Add(v.C, "spamella@south.example", "Ella", lists.RoleMember, v.Talk)
	if _, err := v.Send(post{From: "spamella@south.example", To: talk, Subject: "x", Body: "I am Ella."}); refusal.KindOf(err) != refusal.NotAllowed {
		t.Errorf("a member's letter: %v", err)
	}
	if _, err := v.Send(withFile("a.exe", "application/zip")); refusal.KindOf(err) != refusal.NotAllowed {
		t.Errorf("a file: %v", err)
	}
}

// The other settings show their effect, too.
func TestPresets(t *testing.T) {
	v := unhurried(t)
	if err := v.Talk.Preset("announce"); err != nil {
		t.Fatal(err)
	}
	v.Update(func(tx *db.Tx) error { return lists.SaveList(tx, v.Talk) })
	if _, err := v.Send(post{From: dana, To: talk, Subject: "x", Body: "y"}); refusal.KindOf(err) != refusal.NotAllowed {
		t.Errorf("announce: %v", err)
	}
	v.MustSend(post{From: mira, To: talk, Subject: "News", Body: "Rain."})
	nothing(t, v.Deliver(), bill)
	v.Now = v.Now.Add(time.Minute)
	if len(to(v.Deliver(), bill)) != 1 {
		t.Error("the news did not go out after a minute")
	}
	if err := v.Jobs.Preset("council"); err != nil {
		t.Fatal(err)
	}
	v.Update(func(tx *db.Tx) error { return lists.SaveList(tx, v.Jobs) })
	set(v, bill, func(m *lists.Member) { m.Trust = lists.Heard })
	if _, err := v.Send(post{From: bill, To: "jobs@gardeners.example", Subject: "x", Body: "y"}); refusal.KindOf(err) != refusal.NotAllowed {
		t.Errorf("council: %v", err)
	}
	v.MustSend(post{From: dana, To: "jobs@gardeners.example", Subject: "x", Body: "y"})
	if len(to(v.Deliver(), bill)) != 1 {
		t.Error("the council does not read what Dana writes")
	}
}

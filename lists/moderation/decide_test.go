package moderation_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/lists/moderation"
	"backchannel/templates/refusal"
)

// Nothing but the one word, alone, lets a letter pass (C6, product.md R1); everything else is asked again, and nothing is lost.
func TestWordsOfAuthors(t *testing.T) {
	for body, relayed := range map[string]bool{
		"PUBLIC": true, "public.": true, "Public, please": true, "PUBLIC\n\nDana": true,
		"PUBLIC? No, rather not": false, "Public ?": false, "PUBLIC but without my name": false, "Not public": false, "YES": false, "It is for everyone": false, "": false, "DROP": false, "Private": false,
	} {
		v := mailroomtest.New(t)
		q := door(v, "A question")
		v.MustSend(answer(dana, q, body))
		all := v.Deliver()
		if got := len(to(all, bill)) == 1; got != relayed {
			t.Errorf("%q: relayed is %v:\n%s", body, got, mailroomtest.Subjects(all))
		}
		if len(to(all, dana)) == 0 {
			t.Errorf("%q: Dana hears nothing", body)
		}
		if word := strings.ToUpper(body); len(waiting(v)) != 0 && (relayed || word == "DROP" || word == "PRIVATE") {
			t.Errorf("%q: it still waits", body)
		}
	}
}

// A question says how many would get the letter: those who read the digest, too.
func TestReadersAreCounted(t *testing.T) {
	v := mailroomtest.New(t)
	v.Update(func(tx *db.Tx) error {
		if err := lists.Subscribe(tx, v.Member(bill).ID, v.Talk.ID, lists.Digest); err != nil {
			return err
		}
		return lists.Subscribe(tx, v.Member(alison).ID, v.Talk.ID, lists.None)
	})
	says(t, door(v, "A question"), "PUBLIC post it to 5 people in Garden talk")
	says(t, weak(v, "Beans"), "YES it was me: send it to 5 people in Garden talk")
}

// What changed while a letter waited counts when its author says yes: it is decided as if it came now.
func TestAnAnswerIsDecidedAsOfNow(t *testing.T) {
	for name, c := range map[string]struct {
		change func(v *village)
		kind   refusal.Kind
	}{
		"its author left":            {func(v *village) { set(v, sil, func(m *lists.Member) { m.State = lists.Left }) }, refusal.NoSuchAddress},
		"its author was removed":     {func(v *village) { set(v, sil, func(m *lists.Member) { m.State = lists.Removed }) }, refusal.NoSuchAddress},
		"the list is for announcing": {func(v *village) { list(v, func(l *lists.List) { l.Posting = lists.ByManagers }) }, refusal.NotAllowed},
		"the list was given up": {func(v *village) {
			v.Update(func(tx *db.Tx) error { return lists.RemoveList(tx, v.Talk.ID) })
		}, refusal.NotAllowed},
	} {
		v := mailroomtest.New(t)
		q := weak(v, "Beans")
		c.change(v)
		if _, err := v.Send(answer(sil, q, "YES")); refusal.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
		if all := v.Deliver(); len(all) != 0 {
			t.Errorf("%s:\n%s", name, mailroomtest.Subjects(all))
		}
		v.MustSend(answer(sil, q, "DROP")) // that is always possible
		if len(waiting(v)) != 0 {
			t.Errorf("%s: it still waits", name)
		}
	}
}

// Nobody gets around the limit of posts by writing what is asked about (C10).
func TestTheLimitHoldsForAnswersToo(t *testing.T) {
	v := mailroomtest.New(t)
	list(v, func(l *lists.List) { l.PostsPerHour = 1 })
	q := door(v, "Second")
	v.MustSend(post{From: dana, To: talk, Subject: "First", Body: "Hello."})
	v.Deliver()
	v.MustSend(answer(dana, q, "PUBLIC"))
	all := v.Deliver()
	nothing(t, all, bill)
	says(t, v.One(all, dana), "a manager will look at it first", "takes 1 post an hour")
	v.MustSend(answer(mira, v.One(all, mira), "OK"))
	if len(to(v.Deliver(), bill)) != 1 {
		t.Error("not posted after the OK")
	}
}

// An author who would not see their own post is told that it went out.
func TestAuthorsHearThatItWentOut(t *testing.T) {
	for name, c := range map[string]struct {
		delivery lists.Delivery
		ownCopy  bool
		want     string
	}{
		"every post":      {lists.Each, true, "A question"},
		"no own copy":     {lists.Each, false, `Posted: "A question"`},
		"digest":          {lists.Digest, true, `Posted: "A question"`},
		"nothing by mail": {lists.None, true, `Posted: "A question"`},
	} {
		v := mailroomtest.New(t)
		set(v, dana, func(m *lists.Member) { m.OwnCopy = c.ownCopy })
		v.Update(func(tx *db.Tx) error { return lists.Subscribe(tx, v.Member(dana).ID, v.Talk.ID, c.delivery) })
		v.MustSend(answer(dana, door(v, "A question"), "PUBLIC"))
		if got := v.One(v.Deliver(), dana); got.Subject() != c.want {
			t.Errorf("%s: %q", name, got.Subject())
		}
	}
}

// PRIVATE gives the letter to the managers and says so, though the writer was told of another letter a minute ago; and what the
// managers have already they get once.
func TestPrivate(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: dana, To: managers, Subject: "First", Body: "Hello."})
	v.Deliver()
	v.MustSend(answer(dana, door(v, "A question"), "PRIVATE"))
	all := v.Deliver()
	says(t, v.One(all, mira), "zzsecret A question")
	says(t, v.One(all, dana), "Only the managers got this: Mira and Theo.")
	nothing(t, all, bill)

	// To and Cc name both, and the two parts come one after the other
	p := post{From: dana, To: talk, Subject: "Both", Body: "Hello both.", Header: "Cc: " + managers + "\r\nMessage-ID: <both@north.example>\r\n"}
	v.MustSend(p)
	q := v.One(v.Deliver(), dana)
	p.Rcpt = []string{managers}
	v.MustSend(p)
	says(t, v.One(to(v.Deliver(), mira), mira), "Hello both.")
	v.MustSend(answer(dana, q, "PRIVATE"))
	all = v.Deliver()
	nothing(t, all, mira)
	nothing(t, all, bill)
	says(t, v.One(all, dana), "The managers have your letter")
}

// Of a letter that the managers have, nobody says that it went to nobody.
func TestTheRestOfALetter(t *testing.T) {
	for _, word := range []string{"DROP", "PRIVATE", ""} {
		v := unhurried(t)
		v.MustSend(post{From: dana, To: talk + ", " + managers, Subject: "Both", Body: "Hello both.", Rcpt: []string{talk, managers}})
		var q arrived
		for _, a := range to(v.Deliver(), dana) {
			if strings.HasPrefix(a.Subject(), "Not sent yet") {
				q = a
			}
		}
		if word == "" {
			v.Pass(14*24*time.Hour + time.Minute)
		} else {
			v.MustSend(answer(dana, q, word))
		}
		all := v.Deliver()
		end := v.One(all, dana)
		says(t, end, "The managers have your letter")
		if strings.Contains(words(end), "nobody.") || strings.Contains(words(end), "write it again") {
			t.Errorf("%s: %s", word, words(end))
		}
		v.MustSend(answer(dana, q, "PUBLIC"))
		all = v.Deliver()
		nothing(t, all, bill)
		says(t, v.One(all, dana), "it went to the managers, in private")
	}
}

// A spoofer can make three questions a day, and no fourth (D3); the letter stays with its sender.
func TestThreeQuestionsADay(t *testing.T) {
	v := mailroomtest.New(t)
	asked := 0
	for i := range 5 {
		_, err := v.Send(post{From: sil, To: talk, Subject: "Beans", Body: strings.Repeat("They climb. ", i+1)})
		if err == nil {
			asked++
		} else if refusal.KindOf(err) != refusal.Limit {
			t.Errorf("%v", err)
		}
	}
	if all := v.Deliver(); asked != 3 || len(all) != 3 || len(waiting(v)) != 3 {
		t.Errorf("%d taken, %d wait, wrote:\n%s", asked, len(waiting(v)), mailroomtest.Subjects(all))
	}
	v.Pass(24 * time.Hour)
	weak(v, "Tomorrow")
}

// A letter that waits keeps its bytes; one that is decided does not hold them back, and two weeks are two weeks.
func TestExpiry(t *testing.T) {
	v := mailroomtest.New(t)
	weak(v, "Beans")
	v.Pass(14*24*time.Hour - time.Minute)
	purge := func() {
		v.Update(func(tx *db.Tx) error { _, err := v.Store.Purge(tx, tx.Now.Add(-13*24*time.Hour)); return err })
	}
	purge()
	if len(waiting(v)) != 1 || len(v.Deliver()) != 0 {
		t.Error("gone too early")
	}
	v.Pass(2 * time.Minute)
	says(t, v.One(v.Deliver(), sil), `We asked you about a letter, "Beans", and heard nothing for 14 days.`)
	purge()
	v.View(func(tx *db.Tx) error {
		all, err := v.Store.LettersByMessageID(tx, "1@client.example")
		if len(all) != 0 {
			t.Error("its bytes are still there")
		}
		return err
	})
	left := func() (words string) {
		v.View(func(tx *db.Tx) error {
			h, err := moderation.Find(tx, 1)
			words = h.Subject + h.From
			return err
		})
		return words
	}
	if left() == "" {
		t.Error("a late answer could not be told what it was about")
	}
	v.Pass(29 * 24 * time.Hour)
	if all := v.Deliver(); len(all) != 0 || left() != "" {
		t.Errorf("%q is still known; wrote:\n%s", left(), mailroomtest.Subjects(all))
	}
}

// The same letter that is held cannot be held again for the same list by another way; a post that is there already is taken.
func TestDuplicates(t *testing.T) {
	v := mailroomtest.New(t)
	p := post{From: bill, To: talk, Subject: "Hello", Body: "To all.", Header: "Message-ID: <same@south.example>\r\n"}
	v.MustSend(p)
	v.Deliver()
	p.Header += "X-Way: another\r\n"
	v.Pass(11 * 24 * time.Hour) // longer than the mailroom remembers
	story := v.MustSend(p)
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("again:\n%s", mailroomtest.Subjects(all))
	}
	if got := v.Story(story); !strings.HasSuffix(got, "received dropped") {
		t.Errorf("story: %s", got)
	}
}

// What a domain calls forged is nobody's letter, on an open list too: no manager is asked to believe it.
func TestForgedPosts(t *testing.T) {
	v := mailroomtest.New(t)
	const rex = "rex@strict.example"
	v.Add(v.C, rex, "Rex Stern", lists.RoleMember, v.Talk)
	for _, posting := range []lists.Posting{lists.ByMembers, lists.ByAnyone, lists.ByManagers} {
		list(v, func(l *lists.List) { l.Posting = posting })
		for _, from := range []string{rex, "nobody@strict.example"} {
			if _, err := v.Send(post{From: from, To: talk, Subject: "x", Body: "I am not Rex."}); refusal.KindOf(err) != refusal.NoSuchAddress {
				t.Errorf("%s, from %s: %v", posting, from, err)
			}
		}
	}
	if all := v.Deliver(); len(all) != 0 || len(waiting(v)) != 0 {
		t.Errorf("wrote:\n%s", mailroomtest.Subjects(all))
	}
}

// A private door that did not take the letter is no reason to say that the managers have it; and a limit of the list holds up no
// private letter.
func TestPartsOfALetter(t *testing.T) {
	v := mailroomtest.New(t)
	nobodys := "private+" + strings.Repeat("0", 26) + "@gardeners.example"
	v.MustSend(post{From: sil, To: talk, Subject: "Both", Body: "Hello both.", Rcpt: []string{talk, nobodys}}) // Sil is weak: it opens nothing
	q := v.One(v.Deliver(), sil)
	says(t, q, "nobody has seen it", "PRIVATE give it to the managers")

	for i := range 3 {
		v.MustSend(post{From: dana, To: talk, Subject: "x", Body: strings.Repeat("Dear managers, between us. ", i+1)})
	}
	v.Deliver()
	v.MustSend(post{From: dana, To: talk + ", " + managers, Subject: "Urgent", Body: "Please look.", Rcpt: []string{talk, managers}})
	all := v.Deliver()
	says(t, v.One(to(all, mira), mira), "Please look.")
	told := 0
	for _, a := range to(all, dana) {
		if strings.Contains(words(a), "talk@gardeners.example - Several letters from your address wait for your answer already.") {
			told++
		}
	}
	if told != 1 {
		t.Errorf("Dana is not told of the other part:\n%s", mailroomtest.Subjects(all))
	}
}

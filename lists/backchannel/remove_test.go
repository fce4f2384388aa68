package backchannel_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
)

// said is a manager's letter without a letter that it is about, signed in.
func said(v *village, who, line string) []arrived {
	v.T.Helper()
	v.MustSend(login(post{From: who, To: managers, Subject: "x", Body: line}, who))
	return v.Deliver()
}

// posted is a post on talk, as everybody has it.
func posted(v *village, who, subject, body string) {
	v.T.Helper()
	v.MustSend(post{From: who, To: "talk@gardeners.example", Subject: subject, Body: body})
	v.Deliver()
}

// publishedWith tells whether a post of a thread still has words.
func publishedWith(v *village, words string) (is bool) {
	v.T.Helper()
	v.View(func(tx *db.Tx) error {
		posts, err := v.Store.PostsAfter(tx, v.Talk.Box, 0, 100)
		for _, p := range posts {
			is = is || strings.Contains(p.Subject, words)
		}
		return err
	})
	return is
}

// product.md 0.1: a post is removed by a manager who proves who they are, twice: by the wish, and by a one-time YES from their own mailbox
// that has seen which post it is. In other hands, weaker or later nothing is removed (FC3).
func TestRemovalNeedsAYes(t *testing.T) {
	v := crowd(t)
	posted(v, dana, "My neighbour", "zzsecret grows beans.")
	weak := post{From: mira, To: managers, Subject: "x", Body: "/remove 1 yes It names somebody."} // SPF alone
	v.MustSend(weak)
	says(t, v.One(v.Deliver(), mira), "signed by your provider")
	all := said(v, mira, "/remove 1 yes It names somebody.\n\nMira Lowe")
	if len(all) != 1 {
		t.Fatalf("a word in the wish removed it:\n%s", mailroomtest.Subjects(all))
	}
	asked := v.One(all, mira)
	says(t, asked, "Nothing is removed yet.", `"My neighbour", Dana Reyes, 12 June, in Garden talk`, "It names somebody.", "YES remove it")
	hides(t, asked, "zzsecret")
	for name, p := range map[string]post{
		"without proof":     answer(mira, asked, "YES"),
		"another manager":   login(answer(theo, asked, "YES"), theo),
		"the author":        answer(dana, asked, "YES"),
		"somebody else":     answer(eve, asked, "YES"),
		"with more words":   login(answer(mira, asked, "YES, or what do you think?"), mira),
		"another word":      login(answer(mira, asked, "remove"), mira),
		"a word and a text": login(answer(mira, asked, "YES\nIt names somebody else, too."), mira),
		"an automatic reply": func() post {
			p := login(answer(mira, asked, "YES"), mira)
			p.Header += "Auto-Submitted: auto-replied\r\n"
			return p
		}(),
	} {
		_, _ = v.Send(p) // refused or answered: neither removes
		if v.Deliver(); !publishedWith(v, "My neighbour") {
			t.Fatalf("%s: it is gone", name)
		}
	}
	v.MustSend(login(answer(mira, asked, "YES\n\nMira Lowe"), mira))
	all = v.Deliver()
	says(t, v.One(all, mira), `"My neighbour" is removed. Dana gets a private mail`)
	says(t, v.One(all, dana), "It names somebody.")
	hides(t, v.One(all, dana), "Mira", "lowe.example")
	if publishedWith(v, "My neighbour") {
		t.Error("it is still there")
	}
	v.MustSend(login(answer(mira, asked, "YES"), mira))
	all = v.Deliver()
	nothing(t, all, dana)
	says(t, v.One(all, mira), "That is decided, or too old: nothing was done now.")

	// What nobody confirms ends by itself; what was confirmed twice is removed once.
	posted(v, bill, "Beans", "They climb.")
	one, two := v.One(said(v, mira, "/remove 2"), mira), v.One(said(v, theo, "/remove 2"), theo)
	if _, err := v.Send(login(answer(mira, two, "YES"), mira)); err == nil || !publishedWith(v, "Beans") {
		t.Errorf("Mira answered for Theo: %v", err)
	}
	v.MustSend(login(answer(theo, two, "YES"), theo))
	v.One(v.Deliver(), bill)
	v.MustSend(login(answer(mira, one, "YES"), mira))
	all = v.Deliver()
	nothing(t, all, bill)
	says(t, v.One(all, mira), "gone already")
	posted(v, "alison@east.example", "Peas", "They climb, too.")
	late, no := v.One(said(v, mira, "/remove 3"), mira), v.One(said(v, mira, "/remove 3"), mira)
	v.MustSend(login(answer(mira, no, "No"), mira))
	says(t, v.One(v.Deliver(), mira), "Nothing was removed.")
	v.Pass(8 * 24 * time.Hour)
	v.MustSend(login(answer(mira, late, "YES"), mira))
	says(t, v.One(to(v.Deliver(), mira), mira), "decided, or too old")
	if !publishedWith(v, "Peas") {
		t.Error("removed too late")
	}
	v.View(func(tx *db.Tx) error {
		var kept int
		err := tx.QueryRow("SELECT count(*) FROM removal WHERE words <> ''").Scan(&kept)
		if kept != 0 {
			t.Errorf("%d texts are kept", kept)
		}
		return err
	})
}

// Where nobody hears of a removal from the role, no mail says so: of a post that was imported, and of a manager's own one.
func TestRemovalThatNobodyIsToldOf(t *testing.T) {
	v := crowd(t)
	l, err := letter.Parse([]byte("From: <zzold@gone.example>\r\nSubject: Old\r\nDate: Mon, 1 Jun 2009 10:00:00 +0000\r\nMessage-ID: <old@gone.example>\r\n\r\nOf old.\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	v.Update(func(tx *db.Tx) error {
		_, err := v.Store.AddPost(tx, archive.NewPost{Mailbox: v.Talk.Box, Letter: l, Published: v.Now.Add(-time.Hour), Imported: true})
		return err
	})
	posted(v, mira, "Mine", "I was rude.")
	for _, line := range []string{"/remove 1 It is old.", "/remove 2"} {
		asked := v.One(said(v, mira, line), mira)
		says(t, asked, "Its author gets no mail about it. The other managers are told that it was you")
		hides(t, asked, "The author reads", "gone.example")
		v.MustSend(login(answer(mira, asked, "YES"), mira))
		all := v.Deliver()
		says(t, v.One(all, mira), "Nobody is written to about it but the other managers")
		says(t, v.One(all, theo), "Mira took a post out of the archive", "Its author gets no mail about it.")
		hides(t, v.One(all, theo), "hears of it", "anew", "gone.example")
	}
}

// A manager who lost the role between question and YES removes nothing.
func TestRemovalOfAFormerManager(t *testing.T) {
	v := crowd(t)
	posted(v, dana, "Beans", "They climb.")
	asked := v.One(said(v, mira, "/remove 1"), mira)
	set(v, mira, func(m *lists.Member) { m.Role = lists.RoleMember })
	if _, err := v.Send(login(answer(mira, asked, "YES"), mira)); err == nil || !publishedWith(v, "Beans") {
		t.Errorf("taken from a former manager: %v", err)
	}
}

// The other managers hear of every removal: who, what, why and how it is undone. The post's author hears it from the role alone, and
// whoever may not see the letter that led to it hears it without the words about it, and without a silence that would tell of that letter.
func TestColleaguesHearOfARemoval(t *testing.T) {
	v := crowd(t)
	posted(v, bill, "Rules", "Read the rules before you ask.")
	all := said(v, mira, "/remove 1 It is rude.")
	v.MustSend(login(answer(mira, v.One(all, mira), "YES"), mira))
	all = v.Deliver()
	for _, who := range []string{theo, "jonas@weil.example"} {
		told := v.One(all, who)
		says(t, told, `"Rules", Bill Tan, 12 June, in Garden talk`, "It is rude.", "The words are gone for good", "/trust bill@south.example 2")
		if told.Subject() != `Mira removed "Rules"` {
			t.Error(told.Subject())
		}
	}
	set(v, bill, func(m *lists.Member) { m.Trust = 1 })
	says(t, v.One(to(said(v, theo, "/trust bill@south.example 2"), theo), theo), "level 2 of trust now")

	// Theo's post, removed under a report that names Theo: it is Theo's note, and nothing that leads to the report.
	posted(v, theo, "More rules", "And read them twice.")
	v.MustSend(post{From: dana, To: report, Subject: "Tone", Body: "I did not like how Theo wrote about the rules."})
	copied := v.One(v.Deliver(), mira)
	k := code(copied)
	ask := login(answer(mira, copied, "/remove 2 Dana was hurt by it."), mira)
	v.MustSend(ask)
	all = v.Deliver()
	nothing(t, all, theo)
	v.MustSend(login(answer(mira, v.One(all, mira), "YES"), mira))
	all = v.Deliver()
	note := v.One(all, theo)
	says(t, note, "We have taken your post")
	hides(t, note, "Mira", k, "/trust")
	says(t, v.One(all, "jonas@weil.example"), "Dana was hurt by it.")

	// Bill's post, removed under a letter that Theo may not see.
	posted(v, bill, "Still more rules", "Thrice.")
	v.MustSend(post{From: dana, To: report, Subject: "Tone", Body: "Theo laughs at it, too."})
	copied = v.One(v.Deliver(), mira)
	v.MustSend(login(answer(mira, copied, "/remove 3 Somebody was hurt by it."), mira))
	v.MustSend(login(answer(mira, v.One(v.Deliver(), mira), "YES"), mira))
	all = v.Deliver()
	says(t, v.One(all, "jonas@weil.example"), "Somebody was hurt by it.")
	says(t, v.One(all, theo), "Mira took a post out of the archive")
	hides(t, v.One(all, theo), "hurt", code(copied))
}

// What a manager writes to a post's author is looked at as every text of theirs: neither notes nor somebody's letter nor addresses go with it.
func TestWordsToAuthorsAreGuarded(t *testing.T) {
	v := crowd(t)
	posted(v, bill, "Sponsors", "Buy from my sponsor.")
	ask(v, "Hm", "My neighbour keeps zzsecret things in the shed behind the roses.")
	v.MustSend(answer(theo, v.One(to(ask(v, "Hm again", "Is that so?"), theo), theo), "/note She means zzname and that is what zznote is all about"))
	v.Deliver()
	for _, verb := range []string{"/nosales 1 ", "/remove 1 "} {
		for text, why := range map[string]string{
			"Somebody keeps zzsecret things in the shed behind the roses, you know.": "repeats words that are not for it",
			"We heard that is what zznote is all about, so stop.":                    "repeats words that are not for it",
			"Write to theo@brandt.example about it.":                                 "shows the address of somebody else",
		} {
			all := said(v, mira, verb+text)
			nothing(t, all, bill)
			says(t, v.One(all, mira), why)
			if !publishedWith(v, "Sponsors") {
				t.Fatal("removed")
			}
		}
	}
}

// A post that was published for somebody without their name: they hear of its removal through the door they asked by, and of nothing else.
func TestRemovalOfAMaskedPost(t *testing.T) {
	v := crowd(t)
	notice := v.One(ask(v, "Suppliers", "May our supplier join?"), mira)
	v.MustSend(answer(mira, notice, "/public Subject: Can a supplier join?\nOur supplier would like to join. Is that ok here?"))
	v.MustSend(answer(dana, v.One(to(v.Deliver(), dana), dana), "YES"))
	both := to(v.Deliver(), dana) // the post, and a word that it is there
	done := both[slices.IndexFunc(both, func(a arrived) bool { return strings.HasPrefix(a.Subject(), "[private]") })]
	all := said(v, mira, "/remove 1 It was answered.")
	says(t, v.One(all, mira), `"Can a supplier join?", A member`)
	v.MustSend(login(answer(mira, v.One(all, mira), "YES"), mira))
	all = v.Deliver()
	says(t, v.One(all, dana), "We have taken your post", "It was answered.")
	says(t, v.One(all, mira), "Whoever had it posted through the managers gets a private mail")
	for _, who := range []string{theo, mira} {
		hides(t, v.One(all, who), "Dana", "dana@")
	}
	v.MustSend(answer(dana, done, "REMOVE"))
	says(t, v.One(to(v.Deliver(), dana), dana), "out of the archive of Garden talk")
	if v.Member(dana).Trust != 2 {
		t.Error("it cost her a level, and so tells whose it was")
	}
}

// What a manager wrote to a post's author under a letter does not go out once that letter is forgotten: it may tell what was in it. The post goes.
func TestRemovalUnderAForgottenLetter(t *testing.T) {
	for _, anonymous := range []bool{false, true} {
		v := crowd(t)
		posted(v, bill, "Sponsors", "Buy from my sponsor.")
		var back, copy arrived
		if anonymous {
			all, _ := voiced(t, v, post{From: dana, To: anon, Subject: "The sponsor", Body: "I do not dare to say so."})
			copy = v.One(to(all, mira), mira)
			v.MustSend(answer(mira, copy, "Thank you."))
			back = v.One(to(v.Deliver(), dana), dana)
		} else {
			all := ask(v, "The sponsor", "I do not dare to say so.")
			copy, back = v.One(all, mira), v.One(all, dana)
		}
		v.MustSend(login(answer(mira, copy, "/remove 1 zzwords Somebody is afraid of you."), mira))
		asked := v.One(v.Deliver(), mira)
		says(t, asked, "zzwords")
		v.MustSend(answer(dana, back, "FORGET"))
		v.Deliver()
		v.Pass(22 * time.Hour)
		v.Deliver()
		v.MustSend(login(answer(mira, asked, "YES"), mira))
		all := v.Deliver()
		says(t, v.One(all, mira), `"Sponsors" is removed.`, "Your own words did not go with it: the letter under which you wrote them is erased.")
		for _, a := range all {
			hides(t, a, "zzwords")
		}
		v.One(all, bill) // hears of it all the same
	}
}

package moderation_test

import (
	"fmt"
	"strings"
	"testing"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/lists/moderation"
	"backchannel/templates/refusal"
)

// The managers' words about a held post.
func TestWordsOfManagers(t *testing.T) {
	for body, want := range map[string]string{
		"OK": "posted", "ok!": "posted", "Yes, please": "posted", "OK\n\nMira Lowe": "posted",
		"NO": "refused", "No.\n\nToo long.": "refused", "NO it is an advertisement": "refused", "No, it is too long": "refused",
		"OK?": "asked", "Ok, but not today": "asked", "No problem, let it pass": "asked", "No objections": "asked", "No worries!": "asked", "NO?": "asked", "Hm": "asked", "": "asked",
	} {
		v := mailroomtest.New(t)
		list(v, func(l *lists.List) { l.PostsPerHour = 1 })
		for _, s := range []string{"First", "Second"} {
			v.MustSend(post{From: dana, To: talk, Subject: s, Body: "Hello."})
		}
		q := held(t, v.Deliver(), mira)
		v.MustSend(answer("Mira Lowe <"+mira+">", q, body))
		all := v.Deliver()
		got := "asked"
		switch {
		case len(to(all, bill)) == 1:
			got = "posted"
		case len(to(all, dana)) == 1:
			got = "refused"
		}
		if got != want {
			t.Errorf("%q: %s, want %s:\n%s", body, got, want, mailroomtest.Subjects(all))
		}
		if got == "asked" && len(to(all, mira)) != 1 {
			t.Errorf("%q: Mira is not asked again", body)
		}
	}
}

// The reason goes to the author in the manager's words, and without anything by which the manager could be known or reached.
func TestTheReasonShowsNoManager(t *testing.T) {
	v := mailroomtest.New(t)
	list(v, func(l *lists.List) { l.PostsPerHour = 1 })
	for _, s := range []string{"First", "Second"} {
		v.MustSend(post{From: dana, To: talk, Subject: s, Body: "Hello."})
	}
	q := held(t, v.Deliver(), mira)
	v.MustSend(answer(`"Lowe, Mira" <`+mira+`>`, q, "NO it is an advertisement.\nCall me under +1 555 0142 about it.\nNext time, please.\nMira Lowe\nLowe Consult\nmira@lowe.example"))
	end := v.One(v.Deliver(), dana)
	says(t, end, "it is an advertisement.", "Next time, please.")
	for _, w := range []string{"lowe", "Lowe", "Mira", "555"} {
		if strings.Contains(string(end.Raw()), w) {
			t.Errorf("%q leaked:\n%s", w, end.Raw())
		}
	}
}

// Who decided is the managers' business: the author who comes late learns what, not who.
func TestWhoDecidedIsNotTold(t *testing.T) {
	v := mailroomtest.New(t)
	q := weak(v, "Beans")
	h := waiting(v)[0]
	if err := update(v, func(tx *db.Tx) error { return v.Desk.Refuse(tx, h, v.Member(mira).ID, "") }); err != nil {
		t.Fatal(err)
	}
	v.Deliver()
	v.MustSend(answer(sil, q, "YES"))
	late := v.One(v.Deliver(), sil)
	says(t, late, "already decided", "it was not let through")
	if strings.Contains(words(late), "Mira") {
		t.Errorf("told who decided: %s", words(late))
	}
}

// A letter that may be private is its author's alone to decide: no manager and no operator publishes it, refuses it, or reads its
// subject.
func TestDoorLettersAreTheirAuthors(t *testing.T) {
	v := mailroomtest.New(t)
	door(v, "zzsubject")
	h := waiting(v)[0]
	if h.Subject != "" || h.From != "" {
		t.Errorf("shown: %q from %q", h.Subject, h.From)
	}
	for name, do := range map[string]func(tx *db.Tx) error{
		"approve": func(tx *db.Tx) error { return v.Desk.Approve(tx, h, 0) },
		"refuse":  func(tx *db.Tx) error { return v.Desk.Refuse(tx, h, 0, "") },
	} {
		err := update(v, do)
		if refusal.KindOf(err) != refusal.NotAllowed || err.Error() != fmt.Sprintf("Only its author can decide about the letter %d: it may be a private one.", h.ID) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if all := v.Deliver(); len(all) != 0 || len(waiting(v)) != 1 {
		t.Errorf("something happened:\n%s", mailroomtest.Subjects(all))
	}
}

// Two managers decide at once: the first counts, the second is told (product.md E18).
func TestTwoManagersDecide(t *testing.T) {
	v := mailroomtest.New(t)
	list(v, func(l *lists.List) { l.PostsPerHour = 1 })
	for _, s := range []string{"First", "Second"} {
		v.MustSend(post{From: "Däna Reyes <" + dana + ">", To: talk, Subject: s, Body: "Hello."})
	}
	all := v.Deliver()
	mq, tq := held(t, all, mira), held(t, all, theo)
	says(t, mq, "It is from Däna Reyes (dana@north.example).")
	v.MustSend(answer(mira, mq, "NO"))
	v.Deliver()
	v.MustSend(answer(theo, tq, "OK"))
	all = v.Deliver()
	nothing(t, all, bill)
	says(t, v.One(all, theo), "already decided by Mira", "it was not let through")
	err := update(v, func(tx *db.Tx) error {
		h, err := moderation.Find(tx, 1)
		if err != nil {
			return err
		}
		return v.Desk.Approve(tx, h, 0)
	})
	if refusal.KindOf(err) != refusal.Conflict || err.Error() != "The letter 1 was decided already: it is refused." {
		t.Errorf("the operator comes third: %v", err)
	}
}

// Nobody lets pass what they have not seen: managers get the whole text, and the names of what is attached.
func TestManagersSeeItAll(t *testing.T) {
	v := mailroomtest.New(t)
	list(v, func(l *lists.List) { l.Posting = lists.ByAnyone })
	p := post{From: "Eve <" + eve + ">", To: talk, Subject: "Hello", Header: "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"}
	p.Body = "--b\nContent-Type: text/plain\n\n" + strings.Repeat("Lovely beans. ", 100) + "\n> zzquoted\n\nzzlast\n--b\nContent-Type: application/pdf; name=offer.pdf\n\nx\n--b--"
	v.MustSend(p)
	q := held(t, v.Deliver(), mira)
	says(t, q, "zzquoted", "zzlast", "Attached: offer.pdf.")
	v.MustSend(post{From: "Eve <" + eve + ">", To: talk, Subject: "Hello", Body: strings.Repeat("Lovely beans.\n", 2000)})
	says(t, held(t, v.Deliver(), mira), "It goes on: ", "more characters are not shown here.")
}

// Nobody's token decides in other hands, and a program decides nothing.
func TestOtherHands(t *testing.T) {
	v := mailroomtest.New(t)
	list(v, func(l *lists.List) { l.PostsPerHour = 1 })
	q := door(v, "A question")
	for _, s := range []string{"First", "Second"} {
		v.MustSend(post{From: dana, To: talk, Subject: s, Body: "Hello."})
	}
	vote := held(t, v.Deliver(), mira)
	set(v, alison, func(m *lists.Member) { m.Role = lists.RoleManager })
	for name, p := range map[string]post{
		"a stranger":              answer(eve, q, "PUBLIC"),
		"another member":          answer(bill, q, "PUBLIC"),
		"a manager":               answer(mira, q, "PUBLIC"),
		"a stranger votes":        answer(eve, vote, "OK"),
		"the author votes":        answer(dana, vote, "OK"),
		"another manager's vote":  answer(alison, vote, "OK"),
		"a vote nobody vouches":   {From: mira, To: answer(mira, vote, "").To, Body: "OK", Sender: "x@silent.example"},
		"a program of the author": {From: dana, To: answer(dana, q, "").To, Body: "PUBLIC", Header: "Auto-Submitted: auto-replied\r\n"},
	} {
		if _, err := v.Send(p); err == nil {
			t.Errorf("%s was heard", name)
		}
	}
	set(v, mira, func(m *lists.Member) { m.Role = lists.RoleMember })
	if _, err := v.Send(answer(mira, vote, "OK")); refusal.KindOf(err) != refusal.NotAllowed {
		t.Errorf("a manager no longer: %v", err)
	}
	if all := v.Deliver(); len(all) != 0 || len(waiting(v)) != 2 {
		t.Errorf("something happened:\n%s", mailroomtest.Subjects(all))
	}
}

// Strangers on an open list wait for the managers, a few at a time; their letters cannot carry private words onto it.
func TestStrangersOnAnOpenList(t *testing.T) {
	v := mailroomtest.New(t)
	list(v, func(l *lists.List) { l.Posting = lists.ByAnyone })
	kinds := map[refusal.Kind]int{}
	for i := range 5 {
		_, err := v.Send(post{From: "Eve <" + eve + ">", To: talk, Subject: "Hello", Body: strings.Repeat("Hi. ", i+1)})
		if err != nil {
			kinds[refusal.KindOf(err)]++
		}
	}
	all := v.Deliver()
	if len(to(all, mira)) != 3 || kinds[refusal.Limit] != 2 {
		t.Errorf("%d letters wait, refused: %v", len(to(all, mira)), kinds)
	}
	nothing(t, all, eve)
	says(t, to(all, mira)[0], "because its author is new here", "It is from Eve (eve@evil.example).")
	most := 0
	for i := range 70 {
		if _, err := v.Send(post{From: fmt.Sprintf("x%d@spam.example", i), To: talk, Subject: "Hello", Body: "Hi."}); err == nil {
			most++
		}
	}
	if most != 47 {
		t.Errorf("%d more letters of strangers wait, want 50 in all", most)
	}
	_, err := v.Send(post{From: "y@other.example", To: talk, Subject: "Hello", Body: "> [private K7QX]"})
	if refusal.KindOf(err) != refusal.NotAllowed {
		t.Errorf("private words of a stranger: %v", err)
	}
	v.MustSend(answer(mira, to(all, mira)[0], "OK"))
	if got := v.One(to(v.Deliver(), bill), bill); !strings.Contains(got.Get("From"), "Eve via Garden talk") {
		t.Errorf("posted as %s", got.Get("From"))
	}
}

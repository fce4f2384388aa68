package backchannel_test

import (
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/templates/refusal"
)

// astray is a village in which a letter came to Dana's own address to the managers from somewhere else, and what she is asked.
func astray(t *testing.T) (v *village, door string, asked arrived) {
	t.Helper()
	v = mailroomtest.New(t)
	door = v.One(to(ask(v, "A question", "May I?"), dana), dana).ReplyTo()[0].Address.String()
	v.MustSend(post{From: "D. R. <dana@elsewhere.example>", To: door, Subject: "zzsubject", Body: "One thing more: zzcanary."})
	got := v.Deliver()
	for _, who := range []string{mira, theo, "dana@elsewhere.example", bill} {
		nothing(t, got, who)
	}
	return v, door, v.One(got, dana)
}

// A stranger's letter through a member's private address waits for the member's word. Then it is the member's own, in the conversation that the
// address belongs to, and of the strange address nothing is told (product.md 0.1, B15b, FC4).
func TestALetterFromElsewhere(t *testing.T) {
	v, _, asked := astray(t)
	says(t, asked, "dana@elsewhere.example", "zzcanary", "in private", "YES", "NO")
	v.MustSend(answer(dana, asked, "perhaps"))
	says(t, v.One(v.Deliver(), dana), "it was me")
	for _, who := range []string{bill, "dana@elsewhere.example", mira} {
		if _, err := v.Send(answer(who, asked, "YES")); refusal.KindOf(err) != refusal.NoSuchAddress {
			t.Errorf("%s says YES: %v", who, err)
		}
	}
	v.MustSend(answer(dana, asked, "YES"))
	got := v.Deliver()
	mine := v.One(to(got, mira), mira)
	says(t, mine, "zzcanary", "May I?", "You know this conversation.")
	hides(t, mine, "elsewhere.example", "D. R.")
	nothing(t, got, "dana@elsewhere.example")
	says(t, v.One(to(got, dana), dana), "Only the managers got this")
	v.MustSend(answer(dana, asked, "YES"))
	says(t, v.One(v.Deliver(), dana), "already decided")
}

// By NO, by silence, and by FORGET the letter is gone, and no word of it is left.
func TestALetterFromElsewhereIsForgotten(t *testing.T) {
	for how, forget := range map[string]func(v *village, door string, asked arrived){
		"no":      func(v *village, _ string, asked arrived) { v.MustSend(answer(dana, asked, "NO")) },
		"silence": func(v *village, _ string, _ arrived) { v.Pass(14*24*time.Hour + time.Hour) },
		"FORGET": func(v *village, door string, _ arrived) {
			v.MustSend(post{From: dana, To: door, Subject: "x", Body: "FORGET"})
		},
	} {
		v, door, asked := astray(t)
		forget(v, door, asked)
		got := v.Deliver()
		nothing(t, got, mira+"x")
		for _, a := range got {
			if a.To.String() != dana {
				hides(t, a, "zzcanary", "zzsubject")
			}
		}
		v.View(func(tx *db.Tx) error {
			var left int
			err := tx.QueryRow("SELECT count(*) FROM elsewhere JOIN letter ON letter.story = elsewhere.story").Scan(&left)
			if left != 0 {
				t.Errorf("%s: the letter is still there", how)
			}
			return err
		})
		if _, err := v.Send(answer(dana, asked, "YES")); err != nil {
			t.Errorf("%s: a late word: %v", how, err)
		}
		for _, a := range v.Deliver() {
			says(t, a, "already decided")
		}
	}
}

// What hears that there is no such address: whom nobody vouches for, another member nobody is sure of, an address of somebody who has left, and
// a fourth letter of a day.
func TestNoLetterFromElsewhere(t *testing.T) {
	v, door, _ := astray(t)
	refused := func(why string, p post) {
		t.Helper()
		p.To, p.Subject, p.Body = door, "x", "y"
		if _, err := v.Send(p); err == nil || err.Error() != lists.NoSuchAddress().Error() {
			t.Errorf("%s: %v", why, err)
		}
	}
	refused("nobody vouches", post{From: "dana@silent.example"})
	refused("a member we are not sure of", post{From: sil})
	for range 2 {
		v.MustSend(post{From: "dana@elsewhere.example", To: door, Subject: "more", Body: "more"})
	}
	refused("asked often enough", post{From: "dana@elsewhere.example"})
	v.Pass(25 * time.Hour)
	set(v, dana, func(m *lists.Member) { m.State = lists.Left })
	refused("she has left", post{From: "dana@elsewhere.example"})
}

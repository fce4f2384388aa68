package backchannel_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/templates"
)

func morning(v *village, who string) (t templates.MorningBrief) {
	v.T.Helper()
	m := v.Member(who)
	v.Update(func(tx *db.Tx) error { _, err := v.Box.Morning(tx, v.C, m, v.Now.Add(-24*time.Hour), &t); return err })
	return t
}

// What a brief says of letters: those that wait, by mayRead, the one that is due first above; strangers' letters last.
func TestMorningLetters(t *testing.T) {
	v := newVillage(t)
	ask(v, "A question", "May I plant beans? Or not.")
	v.MustSend(post{From: olga, To: managers, Subject: "Press", Body: "zzpress"})
	v.MustSend(post{From: "Bill Tan <" + bill + ">", To: managers, Subject: "Theo", Body: "I think Theo was wrong."})
	v.MustSend(answer(mira, to(v.Deliver(), mira)[0], "/urgent"))
	v.Deliver()
	hers, his := morning(v, mira), morning(v, theo)
	if len(hers.Letters) != 3 || len(his.Letters) != 2 || hers.Letters[2].First != "zzpress" {
		t.Errorf("Mira %+v\nTheo %+v", hers.Letters, his.Letters)
	}
	for _, l := range his.Letters {
		if strings.Contains(l.First, "Theo") {
			t.Errorf("Theo reads %+v", l)
		}
	}
	v.MustSend(post{From: mira, To: hers.Letters[0].Answer, Subject: "Re: x", Body: "Yes, do."})
	v.Deliver()
	if again := morning(v, mira); len(again.Letters) != 2 {
		t.Errorf("an answer to the address in the brief changed nothing: %+v", again.Letters)
	}
}

// A thread of which a manager was warned stands in the brief, as long as it is hot.
func TestMorningHeat(t *testing.T) {
	v := newVillage(t)
	p := heated(v)
	v.MustSend(uneasy(dana, p, ""))
	v.MustSend(uneasy("alison@east.example", p, ""))
	if len(alarms(v.Deliver(), mira)) != 1 {
		t.Fatal("two voices are no alarm here")
	}
	hot := morning(v, mira).Heat
	if len(hot) != 1 || hot[0].Title != "Sponsors" || hot[0].Voices != 2 {
		t.Fatalf("heat: %+v", hot)
	}
	v.MustSend(post{From: mira, To: hot[0].Answer, Subject: "Today", Body: "/watch"}) // each line has its address
	says(t, v.One(to(v.Deliver(), mira), mira), `You get every post of "Sponsors" for a week.`)
	v.Pass(72 * time.Hour)
	if got := morning(v, mira).Heat; len(got) != 0 {
		t.Errorf("for ever: %+v", got)
	}
}

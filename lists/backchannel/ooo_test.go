package backchannel_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/templates/refusal"
)

const vacation = "Auto-Submitted: auto-replied\r\n"

// A manager's out-of-office to a letter of ours says that they are away (E14). To the return path it is heard; to the address in Reply-To it
// is refused all the same (D2). Its words go nowhere, and its sender is told what we take them for (LP15).
func TestOutOfOffice(t *testing.T) {
	for _, way := range []string{"return path", "reply-to"} {
		v := mailroomtest.New(t)
		hers := v.One(ask(v, "A question", "zzasked"), mira)
		p := post{From: "Mira <" + mira + ">", To: hers.From.String(), Subject: "Automatic reply: A question", Header: vacation, Body: "I am away until Saturday, 20 June. zzprivate: call my husband.", Null: true}
		if way == "reply-to" {
			p.To, p.Null = hers.ReplyTo()[0].Address.String(), false
			if _, err := v.Send(p); refusal.KindOf(err) != refusal.Robot {
				t.Errorf("not refused: %v", err)
			}
		} else {
			v.MustSend(p)
		}
		all := v.Deliver()
		note := v.One(all, mira)
		says(t, note, "letters of Gardeners go to your colleagues until Sunday, 21 June at 08:00", "/away off")
		nothing(t, all, dana)
		for _, a := range all {
			hides(t, a, "zzprivate", "husband")
		}
		v.MustSend(post{From: "Bill Tan <" + bill + ">", To: managers, Subject: "Another", Body: "zzbill"})
		all = v.Deliver()
		v.One(all, theo)
		nothing(t, all, mira)
		if p.Null {
			v.MustSend(p) // the same again is no news
			nothing(t, v.Deliver(), mira)
		}
		v.Pass(9 * 24 * time.Hour)
		v.Deliver()
		v.MustSend(post{From: "Alison Graf <alison@east.example>", To: managers, Subject: "Third", Body: "zzalison"})
		v.One(to(v.Deliver(), mira), mira)
	}
}

// Without a date it is three days. After /away off the program is not believed for a while; an ordinary member's, a stranger's, or a ticket
// system's reply says nothing.
func TestOutOfOfficeWithoutADate(t *testing.T) {
	v := mailroomtest.New(t)
	hers := v.One(ask(v, "A question", "zzasked"), mira)
	v.MustSend(answer(mira, hers, "Yes, do."))
	theirs := v.One(v.Deliver(), dana)
	send := func(from, to, subject, body string) {
		t.Helper()
		v.MustSend(post{From: from, To: to, Subject: subject, Header: vacation, Body: body, Null: true})
	}
	send("Dana <"+dana+">", theirs.From.String(), "Out of office", "Back on 1 July.")
	send("Eve <"+eve+">", hers.From.String(), "Out of office", "Away until 1 July.")
	send("Mira <"+mira+">", hers.From.String(), "[#4711] We got your request", "Your ticket has the number 4711.")
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("believed: %s", mailroomtest.Subjects(all))
	}
	send("Mira <"+mira+">", hers.From.String(), "Out of office", "I am not here.")
	says(t, v.One(to(v.Deliver(), mira), mira), "but not until when", "Monday, 15 June at 08:00")
	says(t, orders(v, mira, "/away off"), "Welcome back")
	send("Mira <"+mira+">", hers.From.String(), "Out of office", "I am not here.")
	nothing(t, v.Deliver(), mira)
	v.Pass(4 * 24 * time.Hour)
	v.Deliver()
	send("Mira <"+mira+">", hers.From.String(), "Out of office", "I am not here.")
	if got := to(v.Deliver(), mira); len(got) != 1 || !strings.Contains(got[0].Subject(), "away until") {
		t.Errorf("after some days: %d letters", len(got))
	}
}

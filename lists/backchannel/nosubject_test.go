package backchannel_test

import (
	"strings"
	"testing"

	"backchannel/lists"
)

// A thread without a subject, by somebody without a name, is one like the others: letters about it arrive, and its alarm, brief, report and commands work.
func TestAThreadWithoutASubject(t *testing.T) {
	v := crowd(t)
	set(v, bill, func(m *lists.Member) { m.Name = "" })
	v.MustSend(post{From: bill, To: talk, Body: "They want our member list."})
	about := v.One(v.Deliver(), dana)
	for _, who := range []string{dana, alison} {
		p := uneasy(who, about, "")
		p.Subject = "[unease]"
		v.MustSend(p)
	}
	alarm := alarms(v.Deliver(), mira)
	if len(alarm) != 1 {
		t.Fatalf("%d alarms", len(alarm))
	}
	v.MustSend(login(answer(mira, alarm[0], "/watch"), mira))
	v.MustSend(login(answer(mira, alarm[0], "/say Please calm down, all of you."), mira))
	v.Deliver()
	v.MustSend(private(dana, about, "This hurts me."))
	v.Deliver()
	if m := morning(v, mira); len(m.Heat) != 1 || m.Heat[0].Title == "" {
		t.Errorf("the brief: %+v", m.Heat)
	}
	p := answer(dana, about, "I did not like the tone.")
	p.To = report
	v.MustSend(p)
	var copied arrived
	for _, a := range to(v.Deliver(), mira) {
		if strings.HasPrefix(a.Subject(), "[BC") {
			copied = a
		}
	}
	v.MustSend(login(answer(mira, copied, "/outcome hold"), mira))
	for _, a := range to(v.Deliver(), mira) {
		if strings.Contains(a.Text(), "SEND") {
			v.MustSend(login(answer(mira, a, "SEND"), mira))
		}
	}
	v.Deliver()
	if m := v.Member(bill); m.Trust != 0 {
		t.Errorf("trust %d", m.Trust)
	}
}

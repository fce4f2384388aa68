package backchannel_test

import (
	"strings"
	"testing"
	"time"
)

// What is forgotten is forgotten, with the reason that managers gave; but whoever was unsealed hears of it all the same, on the day
// that the ombuds wished, and then the seal goes, too. A wish that is open ends.
func TestAForgottenVoiceIsToldThatItWasUnsealed(t *testing.T) {
	v := crowd(t)
	all, name := voiced(t, v, burntOut)
	copy := v.One(to(all, mira), mira)
	v.MustSend(answer(mira, copy, "You are not alone."))
	back := v.One(to(v.Deliver(), dana), dana)
	v.MustSend(login(answer(mira, copy, "/unseal There is a threat against a member"), mira))
	v.MustSend(login(answer(mira, v.One(to(v.Deliver(), mira), mira), "YES"), mira))
	all = v.Deliver()
	v.MustSend(answer(sand, v.One(to(all, sand), sand), "/defer 7d"))
	v.MustSend(login(answer(theo, v.One(to(all, theo), theo), "YES"), theo))
	v.Deliver()
	v.MustSend(login(answer(mira, copy, "/unseal I want to see it once more"), mira))
	v.Deliver()
	v.MustSend(answer(dana, back, "FORGET"))
	v.Deliver()
	v.Pass(22 * time.Hour)
	v.Deliver()
	if n := row(v, "SELECT count(*) FROM conv WHERE anon AND erased <> 0 AND name = ''"); n != "1" {
		t.Fatalf("%s conversations are forgotten, want 1", n)
	}
	if _, err := v.Send(answer(dana, back, "Is anybody there?")); err == nil {
		t.Error("there is still a door to it")
	}
	if n := row(v, "SELECT count(*) FROM unseal WHERE state = 'asked'"); n != "0" {
		t.Error("a wish outlives what it is about")
	}
	v.Pass(6*24*time.Hour + 3*time.Hour)
	told := v.One(to(v.Deliver(), dana), dana)
	says(t, told, "Mira and Theo, who manage Gardeners, have learned who "+code(copy)+" is", "There is a threat against a member", "wished that you hear of it now")
	hides(t, told, name)
	if n := row(v, "SELECT (SELECT count(*) FROM sealed_identity) || ' ' || (SELECT count(*) FROM unseal WHERE reason <> '' OR state IN ('asked','confirmed'))"); n != "0 0" {
		t.Errorf("seals and reasons that are left: %s", n)
	}
	for one, named := range dump(t, v, v.Member(dana), "dana", "reyes", "north.example") {
		if named && strings.Contains(one, code(copy)) {
			t.Errorf("a row joins her to it: %s", one)
		}
	}
}

// The ombuds hears of a wish to unseal before it is done, and can put off that the member is told, by 30 days at most (B10).
func TestTheOmbudsDefersTheNotice(t *testing.T) {
	v := crowd(t)
	all, name := voiced(t, v, burntOut)
	v.MustSend(login(answer(mira, v.One(to(all, mira), mira), "/unseal There is a threat against a member"), mira))
	first := v.One(to(v.Deliver(), mira), mira)
	v.MustSend(login(answer(mira, first, "YES"), mira))
	all = v.Deliver()
	wish := v.One(to(all, sand), sand)
	says(t, wish, "Mira, who manages Gardeners, wants to know who "+name+" is", "There is a threat", "/defer 7d")
	hides(t, wish, danas...)
	for _, c := range [][2]string{{"/defer 31d", "1 to 30 days later"}, {"/defer 0", "1 to 30 days later"}, {"/defer 7 days", "is told 7 days after that"}} {
		v.MustSend(answer(sand, wish, c[0]))
		says(t, v.One(to(v.Deliver(), sand), sand), c[1])
	}
	if _, err := v.Send(answer(mira, wish, "/defer 30d")); err == nil {
		t.Error("a manager speaks for the ombuds")
	}
	second := v.One(to(all, theo), theo)
	v.MustSend(login(answer(theo, second, "YES"), theo))
	all = v.Deliver()
	nothing(t, all, dana)
	says(t, v.One(to(all, mira), mira), name+" is Dana Reyes", "and not before: the ombuds has put it off")
	says(t, v.One(to(all, sand), sand), "The member is told on", "as the ombuds wished")
	v.MustSend(answer(sand, wish, "/defer 30d"))
	says(t, v.One(to(v.Deliver(), sand), sand), "Nothing was changed")
	v.Pass(7*24*time.Hour - time.Hour)
	for _, a := range to(v.Deliver(), dana) {
		hides(t, a, "have learned who")
	}
	v.Pass(2 * time.Hour)
	told := v.One(to(v.Deliver(), dana), dana)
	says(t, told, "have learned who "+name+" is", "There is a threat against a member", "wished that you hear of it now")
	v.Pass(40 * 24 * time.Hour)
	for _, a := range to(v.Deliver(), dana) {
		hides(t, a, "have learned who")
	}
}

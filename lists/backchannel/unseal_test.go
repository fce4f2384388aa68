package backchannel_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/smtpd/queue"
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

// unsealed has Mira and Theo learn who Dana's made-up name is, and gives Mira's copy and Dana's door. Nothing of it is delivered yet.
func unsealed(t *testing.T, v *village, reason string) (copy, back arrived) {
	t.Helper()
	all, _ := voiced(t, v, burntOut)
	copy = v.One(to(all, mira), mira)
	v.MustSend(answer(mira, copy, "You are not alone."))
	back = v.One(to(v.Deliver(), dana), dana)
	v.MustSend(login(answer(mira, copy, "/unseal "+reason), mira))
	v.MustSend(login(answer(mira, v.One(to(v.Deliver(), mira), mira), "YES"), mira))
	v.MustSend(login(answer(theo, v.One(to(v.Deliver(), theo), theo), "YES"), theo))
	return copy, back
}

// B14: why somebody was unsealed are words about a person. They stay as long as the letter: the audit, which nobody can change, has a fingerprint
// of them, shows them by it while they are there, and tells when they were changed.
func TestTheReasonToUnsealIsForgotten(t *testing.T) {
	v := crowd(t)
	_, back := unsealed(t, v, "She zzthreatened a member")
	v.Deliver()
	if n := row(v, "SELECT count(*) FROM audit WHERE detail LIKE '%zz%'"); n != "0" {
		t.Errorf("%s entries of the audit hold it for ever", n)
	}
	shown := 0
	for _, e := range audited(v, theo) {
		if strings.HasPrefix(e.Action, "unseal") && e.Detail == "She zzthreatened a member" {
			shown++
		}
	}
	if shown != 3 { // asked, confirmed, done
		t.Errorf("%d entries show why: %v", shown, audited(v, theo))
	}
	if faults := auditFaults(v); len(faults) != 0 {
		t.Error(faults)
	}
	v.Update(func(tx *db.Tx) error {
		_, err := tx.Exec("UPDATE unseal SET reason = 'She was only curious'")
		return err
	})
	if faults := auditFaults(v); len(faults) != 1 || !strings.Contains(faults[0], "that reason was changed") {
		t.Errorf("a reason that was changed: %v", faults)
	}
	v.Update(func(tx *db.Tx) error {
		_, err := tx.Exec("UPDATE unseal SET reason = 'She zzthreatened a member'")
		return err
	})
	v.MustSend(answer(dana, back, "FORGET"))
	v.Deliver()
	v.Pass(22 * time.Hour)
	v.Deliver()
	sweep(v)
	var path string
	v.View(func(tx *db.Tx) error { return tx.QueryRow("SELECT file FROM pragma_database_list").Scan(&path) })
	if left := traces(v, path, "zzthreatened"); len(left) != 0 {
		t.Error(left)
	}
	for _, e := range audited(v, theo) {
		if strings.HasPrefix(e.Action, "unseal") && e.Detail != "the reason is erased, with the letter" {
			t.Errorf("%+v", e)
		}
	}
	if faults := auditFaults(v); len(faults) != 0 {
		t.Error(faults)
	}
}

// Whoever is unsealed is told of it, whatever they erase: the mail that still waits is forgotten with the letter, and another one goes out.
func TestTheWordAboutUnsealingOutlivesTheLetter(t *testing.T) {
	v := crowd(t)
	waits := true
	v.Refuse(func(to letter.Address) (queue.Outcome, bool) {
		return queue.Outcome{Kind: queue.Deferred, Code: 451, Text: "try again"}, waits && to.String() == dana
	})
	copy, back := unsealedWhile(t, v, &waits)
	v.MustSend(answer(dana, back, "FORGET"))
	v.Pass(22 * time.Hour)
	v.Deliver()
	waits = false
	v.Pass(6 * time.Hour)
	found := 0
	for _, a := range to(v.Deliver(), dana) {
		if strings.Contains(words(a), "have learned who") {
			found++
			says(t, a, "Mira and Theo, who manage Gardeners, have learned who "+code(copy)+" is", "There is a threat against a member", "Our first mail about it has not reached you yet", "ombuds@gardeners.example")
		}
	}
	if found != 1 {
		t.Errorf("Dana was told %d times", found)
	}
	if n := row(v, "SELECT (SELECT count(*) FROM sealed_identity) || ' ' || (SELECT count(*) FROM unseal WHERE reason <> '' OR notice <> '')"); n != "0 0" {
		t.Errorf("seals and wishes that are left: %s", n)
	}
}

// unsealedWhile is unsealed for a member whom no mail reaches from the moment at which they are unsealed.
func unsealedWhile(t *testing.T, v *village, waits *bool) (copy, back arrived) {
	t.Helper()
	*waits = false
	copy, back = unsealed(t, v, "There is a threat against a member")
	*waits = true
	v.Deliver()
	return copy, back
}

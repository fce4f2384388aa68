package backchannel_test

import (
	"regexp"
	"strings"
	"testing"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
)

type (
	village = mailroomtest.Village
	post    = mailroomtest.Post
	arrived = mailroomtest.Arrived
)

const (
	dana     = "dana@north.example"
	bill     = "bill@south.example"
	sil      = "sil@silent.example"
	mira     = "mira@lowe.example"
	theo     = "theo@brandt.example"
	olga     = "olga@press.example" // no member
	eve      = "eve@evil.example"
	managers = "managers@gardeners.example"
)

var (
	answer = mailroomtest.Answer
	to     = mailroomtest.To
)

// ask has Dana write to the managers, and gives what everybody got.
func ask(v *village, subject, body string) []arrived {
	v.T.Helper()
	v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: managers, Subject: subject, Body: body})
	return v.Deliver()
}

// words is the text of a letter in one line.
func words(a arrived) string { return strings.Join(strings.Fields(a.Text()), " ") }

// says fails unless a letter says all of this.
func says(t testing.TB, a arrived, all ...string) {
	t.Helper()
	for _, w := range all {
		if !strings.Contains(words(a), w) {
			t.Errorf("the letter to %s does not say %q:\n%s", a.To, w, a.Text())
		}
	}
}

// hides fails for every word that stands in a letter, decoded or as it travels.
func hides(t *testing.T, a arrived, all ...string) {
	t.Helper()
	for _, w := range all {
		if raw := randomPart.ReplaceAllString(string(a.Raw()), "@"); strings.Contains(raw, w) || strings.Contains(a.Text(), w) || strings.Contains(a.Subject(), w) {
			t.Errorf("%q leaked to %s:\n%s", w, a.To, a.Raw())
		}
	}
}

// randomPart is what is random in our own addresses, message ids and boundaries. A short canary occurs there by chance, now and then, and tells nothing.
var randomPart = regexp.MustCompile(`=_[0-9a-z]+|\b[0-9a-z]{26}@`)

// nothing fails if anything came for somebody.
func nothing(t *testing.T, all []arrived, who string) {
	t.Helper()
	for _, a := range to(all, who) {
		t.Errorf("%s got %q:\n%s", who, a.Subject(), a.Text())
	}
}

// state is where Dana's newest conversation stands.
func state(v *village) (found string) {
	v.T.Helper()
	m := v.Member(mira)
	v.View(func(tx *db.Tx) error {
		all, err := v.Box.List(tx, m, true)
		if err == nil && len(all) > 0 {
			found = string(all[0].State)
		}
		return err
	})
	return found
}

// set changes a member of Gardeners.
func set(v *village, who string, change func(*lists.Member)) {
	v.T.Helper()
	m := v.Member(who)
	change(&m)
	v.Update(func(tx *db.Tx) error { return lists.SaveMember(tx, m) })
}

func code(a arrived) string { return strings.Trim(strings.Fields(a.Subject())[1], "]") }

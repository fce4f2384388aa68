package backchannel_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

var random = regexp.MustCompile(`\b([a-z-]+\+|[a-z]\.)[0-9a-z]{20,40}@`)

// shown is a letter as its reader sees it, with what is random made plain.
func shown(code string, a arrived) string {
	var b strings.Builder
	for _, name := range []string{"From", "To", "Reply-To", "Subject", "In-Reply-To", "List-Id", "Auto-Submitted"} {
		if v := a.Get(name); v != "" {
			fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(strings.Fields(v), " "))
		}
	}
	return random.ReplaceAllString(strings.ReplaceAll(b.String()+"\n"+a.Text(), code, "K7QX"), "${1}TOKEN@")
}

// The worked example of the product (B6, M1 to M10), as golden mails: letter, note, stale answer, SEND, what the member gets, the question
// whether it may be posted, and the post.
func TestWorkedExample(t *testing.T) {
	v := three(t)
	v.MustSend(post{
		From: "Dana Reyes <" + dana + ">", To: managers, Subject: "Sponsors, first hires",
		Body: "Is it ok if our sponsor's PR person joins? I didn't want to ask the stupid question in front of everyone.\n-- \nDana Reyes | Northgate | +1 555 0100",
	})
	all := v.Deliver()
	m2, m3, his := v.One(all, dana), v.One(all, mira), v.One(all, jonas)
	k := code(m3)
	v.MustSend(answer("Jonas Weil <"+jonas+">", his, "/note She is asking for Ann at Brightwave, careful, Ann sold to two members last year."))
	m5 := v.One(v.Deliver(), mira)
	p := answer("Mira Lowe <"+mira+">", m3, "/public\nNot stupid at all. PR people can join as \"vendor\" members: they read and answer, they don't pitch.\nCould we put your question on the list without your name?\n"+
		"Sent from my iPhone\nMira Lowe · Lowe Consult · mira@lowe.example · 555 0142")
	p.Header += "Cc: theo@brandt.example\r\nMessage-ID: <F3A1@lowe.example>\r\nX-Originating-IP: 203.0.113.9\r\nDisposition-Notification-To: mira@lowe.example\r\n"
	v.MustSend(p)
	all = v.Deliver()
	nothing(t, all, dana)
	m6 := v.One(all, mira)
	v.MustSend(answer("Mira Lowe <"+mira+">", m6, "SEND"))
	all = v.Deliver()
	m7 := v.One(all, dana)
	hides(t, m7, "lowe", "F3A1", "203.0.113.9", "555 0142", "brandt", "Ann", "Disposition-", "iPhone", "Brightwave", "Jonas", "Theo")
	colleague := v.One(all, theo)
	var draft arrived
	for _, a := range to(all, mira) {
		if strings.Contains(a.Subject(), "For the list?") {
			draft = a
		}
	}
	v.MustSend(answer("Mira Lowe <"+mira+">", draft, "Subject: Can a sponsor's PR person join? #membership\nOur sponsor's PR person would like to join. Is that ok here, and under which rules?\n\nMira"))
	m8 := v.One(v.Deliver(), dana)
	v.MustSend(answer("Dana Reyes <"+dana+">", m8, "YES"))
	all = v.Deliver()
	m10 := v.One(all, bill)
	hides(t, m10, "Dana", "dana", "Reyes", "north", "Mira", "lowe", k)
	var m9 arrived
	for _, a := range to(all, dana) {
		if strings.HasPrefix(a.Subject(), "[private]") {
			m9 = a
		}
	}
	golden(t, "example-", map[string]string{"m8-draft": shown(k, draft), "m8": shown(k, m8), "m9": shown(k, m9), "m10": shown(k, m10), "m2": shown(k, m2), "m3": shown(k, m3), "m5": shown(k, m5),
		"m6": shown(k, m6), "m7": shown(k, m7), "colleague": shown(k, colleague)})
}

// golden compares mails with those that were looked at and found right.
func golden(t *testing.T, prefix string, all map[string]string) {
	t.Helper()
	for name, got := range all {
		file := "testdata/" + prefix + name + ".txt"
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs (go test -update writes it):\n%s", file, got)
		}
	}
}

package relay_test

import (
	"fmt"
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
	dana   = "dana@north.example"
	bill   = "bill@south.example"
	alison = "alison@east.example"
	sil    = "sil@silent.example"
	mira   = "mira@lowe.example"
	theo   = "theo@brandt.example"
	talk   = "talk@gardeners.example"
)

var (
	answer = mailroomtest.Answer
	to     = mailroomtest.To
)

// list changes the list.
func list(v *village, change func(*lists.List)) {
	v.T.Helper()
	change(&v.Talk)
	v.Update(func(tx *db.Tx) error { return lists.SaveList(tx, v.Talk) })
}

// set changes a member of Gardeners.
func set(v *village, who string, change func(*lists.Member)) {
	v.T.Helper()
	m := v.Member(who)
	change(&m)
	v.Update(func(tx *db.Tx) error { return lists.SaveMember(tx, m) })
}

// copyOf has somebody post, and gives what Alison got.
func copyOf(v *village, p post) arrived {
	v.T.Helper()
	if p.From == "" {
		p.From = "Bill Tan <" + bill + ">"
	}
	if p.To == "" {
		p.To, p.Rcpt = talk, []string{talk}
	}
	if p.Subject == "" {
		p.Subject = "Compost"
	}
	if p.Body == "" {
		v.T.Helper()
		p.Body = fmt.Sprintf("Mine is too wet. %d", v.Now.UnixNano())
	}
	v.MustSend(p)
	return v.One(mailroomtest.To(v.Deliver(), alison), alison)
}

// plain is a header field without the quotes that names do not need.
func plain(a arrived, name string) string { return strings.ReplaceAll(a.Get(name), `"`, "") }

func has(t *testing.T, a arrived, name, want string) {
	t.Helper()
	if got := plain(a, name); got != want {
		t.Errorf("%s: %q, want %q", name, got, want)
	}
}

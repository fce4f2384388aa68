package relay_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
)

// Who gets a copy: those who want each post, once; not those who have it from its author.
func TestWhoGetsACopy(t *testing.T) {
	for name, c := range map[string]struct {
		change func(v *village)
		header string
		not    []string
	}{
		"everybody": {},
		"no own copy": {
			change: func(v *village) { set(v, bill, func(m *lists.Member) { m.OwnCopy = false }) }, not: []string{bill}},
		"named in Cc":                    {header: "Cc: Dana <Dana@North.example>, theo@brandt.example\r\n", not: []string{dana, theo}},
		"named by another address":       {change: func(v *village) { alias(v, dana, "dana@work.example") }, header: "Cc: dana@work.example\r\n", not: []string{dana}},
		"named in a group":               {header: "Cc: friends: dana@north.example, theo@brandt.example;\r\n", not: []string{dana, theo}},
		"named in a field that is no Cc": {header: "X-Cc: dana@north.example\r\nReply-To: dana@north.example\r\n"},
		"digest and none": {change: func(v *village) {
			v.Update(func(tx *db.Tx) error {
				if err := lists.Subscribe(tx, v.Member(dana).ID, v.Talk.ID, lists.Digest); err != nil {
					return err
				}
				return lists.Subscribe(tx, v.Member(sil).ID, v.Talk.ID, lists.None)
			})
		}, not: []string{dana, sil}},
		"paused": {change: func(v *village) { set(v, dana, func(m *lists.Member) { m.State = lists.Paused }) }, not: []string{dana}},
		"not on the list": {change: func(v *village) {
			v.Update(func(tx *db.Tx) error { _, err := lists.Unsubscribe(tx, v.Member(dana).ID, v.Talk.ID); return err })
		}, not: []string{dana}},
	} {
		v := mailroomtest.New(t)
		if c.change != nil {
			c.change(v)
		}
		v.MustSend(post{From: "Bill Tan <" + bill + ">", To: talk, Subject: "Compost", Body: "x", Header: c.header, Rcpt: []string{talk}})
		all := v.Deliver()
		for _, who := range []string{bill, alison, dana, sil, mira, theo} {
			want := 1
			for _, n := range c.not {
				if n == who {
					want = 0
				}
			}
			if got := len(to(all, who)); got != want {
				t.Errorf("%s: %s got %d copies, want %d", name, who, got, want)
			}
		}
		if got := v.Story("1@client.example"); !strings.HasPrefix(got, "received published relayed delivered") {
			t.Errorf("%s: story: %s", name, got)
		}
	}
}

func alias(v *village, who, more string) {
	v.T.Helper()
	m := v.Member(who)
	v.Update(func(tx *db.Tx) error { return lists.AddAddress(tx, m, mailroomtest.Addr(more)) })
}

// P14: whoever left, was paused or wants something else between the post and its sending is owed nothing, and the logbook says why.
func TestWhoIsNoLongerOwed(t *testing.T) {
	for name, change := range map[string]func(v *village){
		"left":    func(v *village) { set(v, dana, func(m *lists.Member) { m.State = lists.Left }) },
		"removed": func(v *village) { set(v, dana, func(m *lists.Member) { m.State = lists.Removed }) },
		"paused":  func(v *village) { set(v, dana, func(m *lists.Member) { m.State = lists.Paused }) },
		"off the list": func(v *village) {
			v.Update(func(tx *db.Tx) error { _, err := lists.Unsubscribe(tx, v.Member(dana).ID, v.Talk.ID); return err })
		},
		"wants a digest": func(v *village) {
			v.Update(func(tx *db.Tx) error { return lists.Subscribe(tx, v.Member(dana).ID, v.Talk.ID, lists.Digest) })
		},
		"the list was given up": func(v *village) {
			v.Update(func(tx *db.Tx) error { return lists.RemoveList(tx, v.Talk.ID) })
		},
	} {
		v := mailroomtest.New(t)
		v.MustSend(post{From: bill, To: talk, Subject: "Compost", Body: "x"})
		change(v)
		all := v.Deliver()
		if len(to(all, dana)) != 0 || strings.Contains(name, "given up") != (len(all) == 0) {
			t.Errorf("%s:\n%s", name, mailroomtest.Subjects(all))
		}
		if got := v.Story("1@client.example"); !strings.Contains(got, "dropped") {
			t.Errorf("%s: story: %s", name, got)
		}
	}
}

// M1: one return path for a member on every post; M3: an address that takes this member, and nobody else, off this list.
func TestPersonalFields(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: bill, To: talk, Subject: "First", Body: "x"})
	first := v.Deliver()
	v.Pass(30 * 24 * time.Hour)
	v.MustSend(post{From: dana, To: talk, Subject: "Second", Body: "x"})
	second := v.Deliver()
	doors, paths := map[string]bool{}, map[string]bool{}
	for _, a := range first {
		who := a.To.String()
		b := v.One(second, who)
		leave := a.Get("List-Unsubscribe")
		if a.From != b.From || leave != b.Get("List-Unsubscribe") || !strings.HasPrefix(a.From.Local, "bounce+") || !strings.HasPrefix(leave, "<mailto:leave+") || !strings.HasSuffix(leave, "?subject=leave>") {
			t.Errorf("%s: from %s, then %s; leave %s, then %s", who, a.From, b.From, leave, b.Get("List-Unsubscribe"))
		}
		doors[leave], paths[a.From.String()] = true, true
	}
	if len(doors) != 6 || len(paths) != 6 {
		t.Errorf("%d addresses to leave and %d return paths for 6 members", len(doors), len(paths))
	}
	// the archive shows the post as published, without anybody's personal address
	v.View(func(tx *db.Tx) error {
		p, err := v.Store.PostByMessageID(tx, v.Talk.Box, "1@client.example")
		if err != nil {
			return err
		}
		raw, err := v.Store.Raw(tx, p.Raw)
		if strings.Contains(string(raw), "leave+") || strings.Contains(string(raw), "bounce+") {
			t.Errorf("archived:\n%s", raw)
		}
		if p.From.Address.String() != bill || p.From.Name != "Bill Tan" {
			t.Errorf("archived as from %s", p.From)
		}
		return err
	})
}

// A member whose tokens all had to die gets new addresses, and the old ones stay dead.
func TestNewTokens(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: bill, To: talk, Subject: "First", Body: "x"})
	first := v.One(to(v.Deliver(), dana), dana)
	m := v.Member(dana)
	v.Update(func(tx *db.Tx) error {
		_, err := tx.Exec("UPDATE member SET epoch = epoch + 1 WHERE id = ?", m.ID)
		return err
	})
	v.MustSend(post{From: bill, To: talk, Subject: "Second", Body: "x"})
	second := v.One(to(v.Deliver(), dana), dana)
	if first.From == second.From || first.Get("List-Unsubscribe") == second.Get("List-Unsubscribe") {
		t.Errorf("the same addresses: %s", second.From)
	}
}

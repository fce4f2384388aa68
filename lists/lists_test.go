package lists_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"backchannel/archive"
	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/smtpd/mailauth"
	"backchannel/templates/refusal"
)

type garden struct {
	t     *testing.T
	db    *db.DB
	store *archive.Store
	c     lists.Community
	talk  lists.List
	jobs  lists.List
	now   time.Time
}

func addr(s string) letter.Address {
	a, err := letter.ParseAddress(s)
	if err != nil {
		panic(err)
	}
	return a
}

func newGarden(t *testing.T) *garden {
	g := &garden{t: t, store: archive.New(bytes.Repeat([]byte{1}, 32)), now: time.Date(2026, 6, 12, 8, 0, 0, 0, time.UTC)}
	g.db = dbtest.OpenAt(t, func() time.Time { return g.now }, archive.Schema(), calendar.Schema(), address.Schema(), lists.Schema())
	dbtest.Update(t, g.db, func(tx *db.Tx) (err error) {
		if g.c, err = lists.AddCommunity(tx, lists.Community{Domain: "Gardeners.Example", Timezone: "Europe/Berlin"}); err != nil {
			return err
		}
		for local, l := range map[string]*lists.List{"talk": &g.talk, "jobs": &g.jobs} {
			if *l, err = lists.AddList(tx, g.store, lists.NewList(g.c, local)); err != nil {
				return err
			}
		}
		return nil
	})
	return g
}

func (g *garden) update(fn func(*db.Tx) error) error { return g.db.Update(context.Background(), fn) }

func (g *garden) add(a, name string, role lists.Role) (m lists.Member) {
	g.t.Helper()
	dbtest.Update(g.t, g.db, func(tx *db.Tx) (err error) {
		m, err = lists.AddMember(tx, g.c, lists.NewMember{Address: addr(a), Name: name, Role: role, Trust: 2, OwnCopy: true, Lists: []lists.List{g.talk, g.jobs}})
		return err
	})
	return m
}

func TestMembersAndTheirAddresses(t *testing.T) {
	g := newGarden(t)
	dana := g.add("Dana.Reyes@North.example", "Dana Reyes", lists.RoleMember)
	if dana.Address.String() != "Dana.Reyes@north.example" || dana.State != lists.Active || dana.FirstName() != "Dana" {
		t.Errorf("added %+v", dana)
	}
	dbtest.Update(t, g.db, func(tx *db.Tx) error { return lists.AddAddress(tx, dana, addr("dana@phone.example")) })
	dbtest.View(t, g.db, func(tx *db.Tx) error {
		for _, a := range []string{"dana.reyes@north.example", "DANA@phone.example"} {
			m, ok, err := lists.MemberByAddress(tx, g.c.ID, addr(a))
			if err != nil || !ok || m.ID != dana.ID || m.Address != dana.Address {
				t.Errorf("%s: %+v %v %v", a, m, ok, err)
			}
		}
		if _, ok, err := lists.MemberByAddress(tx, g.c.ID, addr("eve@evil.example")); ok || err != nil {
			t.Errorf("eve is a member: %v", err)
		}
		subs, err := lists.Subscriptions(tx, dana.ID)
		if err != nil || len(subs) != 2 || subs[0].Delivery != lists.Each {
			t.Errorf("subscriptions %v %v", subs, err)
		}
		here, err := lists.Memberships(tx, addr("dana@phone.example"))
		if err != nil || len(here) != 1 {
			t.Errorf("memberships: %v %v", here, err)
		}
		return nil
	})
}

// Every refusal has its golden sentence (D3).
func TestRefusals(t *testing.T) {
	g := newGarden(t)
	g.add("dana@north.example", "Dana Reyes", lists.RoleMember)
	mira := g.add("mira@lowe.example", "Mira Lowe", lists.RoleManager)
	member := func(n lists.NewMember) func(*db.Tx) error {
		return func(tx *db.Tx) error { _, err := lists.AddMember(tx, g.c, n); return err }
	}
	list := func(local string, change func(*lists.List)) func(*db.Tx) error {
		return func(tx *db.Tx) error {
			l := lists.NewList(g.c, local)
			change(&l)
			_, err := lists.AddList(tx, g.store, l)
			return err
		}
	}
	community := func(c lists.Community) func(*db.Tx) error {
		return func(tx *db.Tx) error { _, err := lists.AddCommunity(tx, c); return err }
	}
	duty := func(change func(*lists.Duty)) func(*db.Tx) error {
		d := lists.UsualDuty()
		change(&d)
		return community(lists.Community{Domain: "b.example", Duty: d})
	}
	same := func(*lists.List) {}
	for _, c := range []struct {
		do   func(*db.Tx) error
		want string
		hint string
	}{
		{member(lists.NewMember{Address: addr("DANA@north.example"), Role: lists.RoleMember}), "DANA@north.example is the address of a member already: Dana Reyes.", "backchannel member set DANA@north.example"},
		{member(lists.NewMember{Address: addr("x@y.example"), Role: "king"}), `There is no role "king"; it is member or manager.`, ""},
		{member(lists.NewMember{Address: addr("x@y.example"), Role: lists.RoleMember, Trust: 5}), "Trust is a number from 0 to 4, not 5.", ""},
		{member(lists.NewMember{Address: addr("x@y.example"), Role: lists.RoleMember, Timezone: "Mars/Base"}), `There is no time zone "Mars/Base"; one looks like Europe/Berlin.`, ""},
		{member(lists.NewMember{Address: addr("x@y.example"), Role: lists.RoleMember, Delivery: "hourly"}), `There is no delivery "hourly"; it is each, digest or none.`, ""},
		{member(lists.NewMember{Address: addr("talk@gardeners.example"), Role: lists.RoleMember}), "talk@gardeners.example is an address of this server itself and cannot be a member.", ""},
		{list("talk", same), "There is a list talk@gardeners.example already.", "backchannel list show talk@gardeners.example"},
		{list("managers", same), `"managers" is a word that Backchannel itself answers to, so no list can have that name.`, ""},
		{list("x", func(l *lists.List) { l.Posting = "nobody" }), `Nobody knows the posting rule "nobody"; it is members, managers or anyone.`, ""},
		{list("x", func(l *lists.List) { l.Join = "never" }), `Nobody knows the joining rule "never"; it is open or ask.`, ""},
		{list("x", func(l *lists.List) { l.PostsPerHour = -1 }), "Posts per hour cannot be -1; 0 means no limit.", ""},
		{list("x", func(l *lists.List) { l.Undo = time.Hour }), "The time to take a post back is between 0s and 300s, not 1h0m0s.", ""},
		{community(lists.Community{Domain: "gardeners.example"}), "There is a community gardeners.example already.", "backchannel community show gardeners.example"},
		{community(lists.Community{Domain: "no domain"}), `"no domain" is no mail domain; one looks like gardeners.example.`, ""},
		{community(lists.Community{Domain: "b.example", Timezone: "Berlin"}), `There is no time zone "Berlin"; one looks like Europe/Berlin.`, ""},
		{community(lists.Community{Domain: "b.example", Votes: -1}), "At least 1 vote must be needed to join.", ""},
		{duty(func(d *lists.Duty) { d.Days = 0 }), "At least one day of the week must be a duty day, as in mon-fri.", ""},
		{duty(func(d *lists.Duty) { d.From, d.To = 20, 8 }), "Duty hours go from one full hour to a later one of the same day, as in 8-20, not 20-8.", ""},
		{duty(func(d *lists.Duty) { d.Due = 0 }), "An answer is due within 1 to 1000 duty hours.", ""},
		{duty(func(d *lists.Duty) { d.Urgent = 25 }), "An urgent letter cannot have more time (25 hours) than an ordinary one (24 hours).", ""},
		{func(*db.Tx) error { _, err := lists.ParseWeekdays("mon-fry"); return err }, `"mon-fry" is no day of the week; days look like mon-fri or mon,wed,fri.`, ""},
		{func(*db.Tx) error { _, err := lists.ParseWeekdays(" "); return err }, "At least one day of the week must be a duty day, as in mon-fri.", ""},
		{func(*db.Tx) error { _, _, err := lists.ParseHours("9 to 5"); return err }, `Duty hours go from one full hour to a later one of the same day, as in 8-20, not "9 to 5".`, ""},
		{func(tx *db.Tx) error { return lists.End(tx, mira, lists.Removed) }, "Mira Lowe is the last manager of this community. Please make somebody else a manager first.", "backchannel member set ADDRESS --role manager"},
		{func(tx *db.Tx) error { _, err := lists.TheList(tx, "tolk@gardeners.example"); return err }, "There is no list tolk@gardeners.example.", "backchannel list list gardeners.example"},
		{func(tx *db.Tx) error { _, err := lists.TheList(tx, "a b@gardeners.example"); return err }, `"a b@gardeners.example" is no mail address; a list's looks like talk@gardeners.example.`, ""},
		{func(tx *db.Tx) error { _, err := lists.TheCommunity(tx, "x.example"); return err }, "There is no community x.example.", "backchannel community list"},
		{func(tx *db.Tx) error { _, err := lists.TheMember(tx, g.c, "eve@evil.example"); return err }, "Nobody in gardeners.example has the address eve@evil.example.", "backchannel member list --community gardeners.example"},
		{func(tx *db.Tx) error { _, err := lists.TheMember(tx, g.c, "eve"); return err }, `"eve" is no mail address; one looks like dana@north.example.`, ""},
		{func(tx *db.Tx) error { _, err := lists.AddPassword(tx, addr("eve@evil.example"), "x"); return err }, "Nobody here has the address eve@evil.example.", "backchannel member add eve@evil.example"},
		{func(tx *db.Tx) error { return lists.AddAddress(tx, mira, addr("dana@north.example")) }, "dana@north.example is the address of a member already.", ""},
		{func(tx *db.Tx) error {
			return lists.SaveDigestPref(tx, mira.ID, lists.DigestPref{Period: "hourly"})
		}, `A digest comes daily, weekly or monthly, not "hourly".`, ""},
		{func(tx *db.Tx) error {
			return lists.SaveDigestPref(tx, mira.ID, lists.DigestPref{Period: "daily", Hour: 24})
		}, "A digest comes on a day of the week, at an hour from 0 to 23.", ""},
	} {
		err := g.update(c.do)
		r, ok := refusal.As(err)
		if !ok || r.Error() != c.want || r.Hint != c.hint {
			t.Errorf("got %v, want %q (%q)", err, c.want, c.hint)
		}
	}
}

func TestLeavingAndComingBack(t *testing.T) {
	g := newGarden(t)
	dana := g.add("dana@north.example", "Dana Reyes", lists.RoleMember)
	dbtest.Update(t, g.db, func(tx *db.Tx) error { return lists.End(tx, dana, lists.Left) })
	dbtest.View(t, g.db, func(tx *db.Tx) error {
		m, ok, err := lists.MemberByAddress(tx, g.c.ID, dana.Address)
		subs, _ := lists.Subscriptions(tx, dana.ID)
		here, _ := lists.Memberships(tx, dana.Address)
		if err != nil || !ok || m.State != lists.Left || len(subs) != 0 || len(here) != 0 {
			t.Errorf("after leaving: %+v %v %v %v", m, subs, here, err)
		}
		return nil
	})
	again := g.add("dana@north.example", "Dana R.", lists.RoleMember)
	if again.ID != dana.ID || again.State != lists.Active || again.Name != "Dana R." {
		t.Errorf("came back as %+v", again)
	}
}

func TestReaders(t *testing.T) {
	g := newGarden(t)
	dana, bill := g.add("dana@north.example", "Dana", lists.RoleMember), g.add("bill@south.example", "Bill", lists.RoleMember)
	paused := g.add("ed@gone.example", "Ed", lists.RoleMember)
	dbtest.Update(t, g.db, func(tx *db.Tx) error {
		paused.State = lists.Paused
		if err := lists.SaveMember(tx, paused); err != nil {
			return err
		}
		return lists.Subscribe(tx, dana.ID, g.talk.ID, lists.Digest)
	})
	dbtest.View(t, g.db, func(tx *db.Tx) error {
		for d, want := range map[lists.Delivery]string{lists.Each: "Bill", lists.Digest: "Dana", lists.None: ""} {
			all, err := lists.Readers(tx, g.talk.ID, d)
			var names []string
			for _, m := range all {
				names = append(names, m.Name)
			}
			if got := strings.Join(names, " "); got != want || err != nil {
				t.Errorf("%s: %q, want %q (%v)", d, got, want, err)
			}
		}
		s, on, err := lists.SubscriptionOf(tx, bill.ID, g.jobs.ID)
		if err != nil || !on || s.Delivery != lists.Each {
			t.Errorf("bill on jobs: %v %v %v", s, on, err)
		}
		return nil
	})
}

func TestRemovedListKeepsItsArchive(t *testing.T) {
	g := newGarden(t)
	g.add("dana@north.example", "Dana", lists.RoleMember)
	dbtest.Update(t, g.db, func(tx *db.Tx) error {
		if err := lists.RemoveList(tx, g.talk.ID); err != nil {
			return err
		}
		if _, ok, err := lists.ListByName(tx, g.c.ID, "talk"); ok || err != nil {
			t.Errorf("still there: %v", err)
		}
		again, err := lists.AddList(tx, g.store, lists.NewList(g.c, "talk"))
		if err != nil || again.ID != g.talk.ID || again.Box != g.talk.Box {
			t.Errorf("taken up again as %+v: %v", again, err)
		}
		return nil
	})
}

// A14: an app password is 128 random bits, works for its owner alone, and stands in the database as its SHA-256.
func TestAppPasswords(t *testing.T) {
	g := newGarden(t)
	g.add("dana@north.example", "Dana", lists.RoleMember)
	g.add("bill@south.example", "Bill", lists.RoleMember)
	dana := addr("dana@north.example")
	var secret string
	dbtest.Update(t, g.db, func(tx *db.Tx) (err error) { secret, err = lists.AddPassword(tx, dana, "phone"); return err })
	if len(strings.ReplaceAll(secret, "-", "")) != 26 {
		t.Errorf("128 bits are 26 characters: %q", secret)
	}
	check := func(a, typed string, want bool) {
		t.Helper()
		dbtest.View(t, g.db, func(tx *db.Tx) error {
			if ok, err := lists.CheckPassword(tx, addr(a), typed); ok != want || err != nil {
				t.Errorf("%s with %q: %v %v", a, typed, ok, err)
			}
			return nil
		})
	}
	check("dana@north.example", secret, true)
	check("Dana@North.example", " "+strings.ToUpper(strings.ReplaceAll(secret, "-", " ")), true)
	check("bill@south.example", secret, false)
	check("nobody@x.example", secret, false)
	check("dana@north.example", "", false)
	dbtest.View(t, g.db, func(tx *db.Tx) error {
		var hash []byte
		err := tx.QueryRow("SELECT hash FROM app_password").Scan(&hash)
		if bytes.Contains(hash, []byte(secret)) || len(hash) != sha256.Size {
			t.Errorf("what is kept is no SHA-256: %x", hash)
		}
		return err
	})
	dbtest.Update(t, g.db, func(tx *db.Tx) error {
		if err := lists.NoteLogin(tx, dana, secret); err != nil {
			return err
		}
		all, err := lists.Passwords(tx, dana)
		if err != nil || len(all) != 1 || all[0].Label != "phone" || !all[0].Used.Equal(g.now) {
			t.Errorf("passwords: %+v %v", all, err)
		}
		n, err := lists.RevokePassword(tx, dana, 0)
		if n != 1 {
			t.Errorf("revoked %d", n)
		}
		return err
	})
	check("dana@north.example", secret, false)
}

// An address that another community knows keeps its app passwords, and does not keep alive those of the others.
func TestEndPasswords(t *testing.T) {
	g := newGarden(t)
	both, alone := addr("dana@both.example"), addr("dana@alone.example")
	dana := g.add("dana@both.example", "Dana", lists.RoleMember)
	var left int
	dbtest.Update(t, g.db, func(tx *db.Tx) error {
		other, err := lists.AddCommunity(tx, lists.Community{Domain: "brewers.example", Timezone: "Europe/Berlin"})
		if err == nil {
			_, err = lists.AddMember(tx, other, lists.NewMember{Address: both, Name: "Dana", Role: lists.RoleMember})
		}
		if err == nil {
			err = lists.AddAddress(tx, dana, alone)
		}
		for _, a := range []letter.Address{both, alone} {
			if err == nil {
				_, err = lists.AddPassword(tx, a, "phone")
			}
		}
		if err == nil {
			err = lists.End(tx, dana, lists.Removed)
		}
		if err == nil {
			err = lists.EndPasswords(tx, []letter.Address{both, alone})
		}
		for _, a := range []letter.Address{both, alone} {
			all, e := lists.Passwords(tx, a)
			if err = errors.Join(err, e); a == both {
				left += len(all)
			} else {
				left += 10 * len(all)
			}
		}
		return err
	})
	if left != 1 {
		t.Errorf("passwords left: %d", left)
	}
}

func TestRecentPosts(t *testing.T) {
	g := newGarden(t)
	dana := g.add("dana@north.example", "Dana", lists.RoleMember)
	count := func() (hour, day int) {
		dbtest.View(t, g.db, func(tx *db.Tx) (err error) { hour, day, err = lists.RecentPosts(tx, g.talk.ID, dana.ID); return err })
		return
	}
	for range 3 {
		dbtest.Update(t, g.db, func(tx *db.Tx) error { return lists.NotePost(tx, g.talk.ID, dana.ID) })
		g.now = g.now.Add(40 * time.Minute)
	}
	if h, d := count(); h != 1 || d != 3 {
		t.Errorf("%d in the hour, %d in the day", h, d)
	}
	g.now = g.now.Add(24 * time.Hour)
	if h, d := count(); h != 0 || d != 0 {
		t.Errorf("a day later: %d, %d", h, d)
	}
}

func TestDigestPref(t *testing.T) {
	g := newGarden(t)
	dana := g.add("dana@north.example", "Dana", lists.RoleMember)
	dbtest.Update(t, g.db, func(tx *db.Tx) error {
		p, err := lists.DigestPrefOf(tx, dana.ID)
		if err != nil || p != lists.DefaultDigest() {
			t.Errorf("default %+v %v", p, err)
		}
		want := lists.DigestPref{Period: "daily", Weekday: time.Monday, Hour: 7}
		if err := lists.SaveDigestPref(tx, dana.ID, want); err != nil {
			return err
		}
		want.Format, want.MinPosts, want.Threads = "alt", 1, 12 // what is left open is as usual
		if p, err = lists.DigestPrefOf(tx, dana.ID); p != want {
			t.Errorf("kept %+v", p)
		}
		return err
	})
}

func TestJudge(t *testing.T) {
	aligned, nothing, login := mailauth.Finding{Aligned: true}, mailauth.Finding{SPF: "fail"}, mailauth.Finding{Login: true}
	refused := mailauth.Finding{Refused: true, DMARC: "fail", Policy: "reject"}
	for _, c := range []struct {
		f     mailauth.Finding
		known bool
		v     lists.Verification
		want  lists.Verdict
	}{
		{aligned, true, lists.Confirm, lists.Verified}, {login, true, lists.Require, lists.Verified}, {nothing, true, lists.Confirm, lists.Weak},
		{nothing, true, lists.Require, lists.Weak}, {nothing, true, lists.Off, lists.Verified},
		{aligned, false, lists.Confirm, lists.Unverified}, {login, false, lists.Off, lists.Unverified}, {nothing, false, lists.Off, lists.Unverified},
		{refused, true, lists.Confirm, lists.Unverified}, {refused, true, lists.Require, lists.Unverified}, {refused, true, lists.Off, lists.Verified},
	} {
		if got := lists.Judge(c.f, c.known, c.v); got != c.want {
			t.Errorf("%+v known=%v %s: %s, want %s", c.f, c.known, c.v, got, c.want)
		}
	}
}

// C1, C10: what becomes of a post, by who sends it, how sure that is, and how many there were.
func TestDecide(t *testing.T) {
	talk := lists.List{Local: "talk", Domain: "gardeners.example", Posting: lists.ByMembers, PostsPerHour: 10, Stage: lists.Growing}
	news := talk
	news.Posting = lists.ByManagers
	open := talk
	open.Posting = lists.ByAnyone
	free := talk
	free.PostsPerHour = 0
	member := lists.Member{ID: 1, Role: lists.RoleMember, State: lists.Active, Trust: lists.Known}
	manager := lists.Member{ID: 2, Role: lists.RoleManager, State: lists.Active}
	in := func(s lists.State) lists.Member { m := member; m.State = s; return m }
	const nobody = "This address takes no mail from you. If you are a member, please write from the address you joined with, through your own mail provider, and check the spelling."
	for name, c := range map[string]struct {
		l    lists.List
		s    lists.Standing
		v    lists.Verification
		want string
	}{
		"a verified member":               {talk, lists.Standing{Member: member, Verdict: lists.Verified}, lists.Confirm, "accept"},
		"a weak member":                   {talk, lists.Standing{Member: member, Verdict: lists.Weak}, lists.Confirm, "hold sender"},
		"a weak member under require":     {talk, lists.Standing{Member: member, Verdict: lists.Weak}, lists.Require, nobody},
		"a weak member on announcements":  {news, lists.Standing{Member: member, Verdict: lists.Weak}, lists.Confirm, nobody},
		"a weak manager on announcements": {news, lists.Standing{Member: manager, Verdict: lists.Weak}, lists.Confirm, "hold sender"},
		"a forged member on an open list": {open, lists.Standing{Member: member, Verdict: lists.Unverified}, lists.Confirm, nobody},
		"a stranger":                      {talk, lists.Standing{Verdict: lists.Unverified}, lists.Confirm, nobody},
		"a stranger on an open list":      {open, lists.Standing{Verdict: lists.Unverified}, lists.Confirm, "hold newcome"},
		"a forged member":                 {talk, lists.Standing{Member: member, Verdict: lists.Unverified}, lists.Confirm, nobody},
		"who has left":                    {talk, lists.Standing{Member: in(lists.Left), Verdict: lists.Verified}, lists.Confirm, nobody},
		"who was removed":                 {talk, lists.Standing{Member: in(lists.Removed), Verdict: lists.Verified}, lists.Confirm, nobody},
		"an applicant":                    {talk, lists.Standing{Member: in(lists.Applicant), Verdict: lists.Verified}, lists.Confirm, nobody},
		"a paused member, verified":       {talk, lists.Standing{Member: in(lists.Paused), Verdict: lists.Verified}, lists.Confirm, "accept"},
		"a paused member, weak":           {talk, lists.Standing{Member: in(lists.Paused), Verdict: lists.Weak}, lists.Confirm, nobody},
		"a member on announcements":       {news, lists.Standing{Member: member, Verdict: lists.Verified}, lists.Confirm, "Only the managers post on talk@gardeners.example. To reach them, write to managers@gardeners.example."},
		"a manager on announcements":      {news, lists.Standing{Member: manager, Verdict: lists.Verified}, lists.Confirm, "accept"},
		"the eleventh post in an hour":    {talk, lists.Standing{Member: member, Verdict: lists.Verified, LastHour: 10, LastDay: 10}, lists.Confirm, "hold rate"},
		"the 31st post in a day":          {talk, lists.Standing{Member: member, Verdict: lists.Verified, LastHour: 1, LastDay: 30}, lists.Confirm, "hold rate"},
		"many posts without a limit":      {free, lists.Standing{Member: member, Verdict: lists.Verified, LastHour: 99, LastDay: 999}, lists.Confirm, "accept"},
	} {
		d := lists.Decide(c.l, c.s, c.v)
		got := strings.TrimSpace(string(d.Action) + " " + string(d.Why))
		if d.Action == lists.Refuse {
			got = d.Refusal.Error()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// Who is new is read first by the managers: the younger the list, the more of it (product.md C2).
func TestDecideAboutNewMembers(t *testing.T) {
	type sent struct{ plain, file, link, second string }
	for stage, trusts := range map[lists.Stage]map[int]sent{
		lists.Founding: {0: {"newcome", "newcome", "newcome", "newcome"}, 1: {"newcome", "newcome", "newcome", "newcome"}, 2: {}, 3: {}, 4: {}},
		lists.Growing:  {0: {"newcome", "newcome", "newcome", "newcome"}, 1: {"", "link", "link", "link"}, 2: {}, 3: {}, 4: {}},
		lists.Rooted:   {0: {"", "", "newcome", ""}, 1: {}, 2: {}, 3: {}, 4: {}},
	} {
		l := lists.List{Local: "talk", Domain: "gardeners.example", Posting: lists.ByMembers, PostsPerHour: 10, Stage: stage}
		for trust, want := range trusts {
			m := lists.Member{ID: 1, Role: lists.RoleMember, State: lists.Active, Trust: trust}
			for what, c := range map[string]struct {
				s    lists.Standing
				want string
			}{
				"plain": {lists.Standing{}, want.plain}, "a file": {lists.Standing{Files: true}, want.file},
				"a link": {lists.Standing{Links: true}, want.link}, "a second post": {lists.Standing{LastHour: 1}, want.second},
			} {
				c.s.Member, c.s.Verdict = m, lists.Verified
				if d := lists.Decide(l, c.s, lists.Confirm); string(d.Why) != c.want {
					t.Errorf("%s, trust %d, %s: %q, want %q", stage, trust, what, d.Why, c.want)
				}
				c.s.Member.Role = lists.RoleManager
				if d := lists.Decide(l, c.s, lists.Confirm); d.Action != lists.Accept {
					t.Errorf("%s, trust %d, %s: a manager waits", stage, trust, what)
				}
			}
		}
	}
}

// What cannot be set is refused in a sentence that says what can.
func TestWhatCannotBeIsRefused(t *testing.T) {
	g := newGarden(t)
	dana := g.add("dana@north.example", "Dana Reyes", lists.RoleMember)
	pref := func(change func(*lists.DigestPref)) func(tx *db.Tx) error {
		p := lists.DefaultDigest()
		change(&p)
		return func(tx *db.Tx) error { return lists.SaveDigestPref(tx, dana.ID, p) }
	}
	away := func(begin, until time.Duration) func(tx *db.Tx) error {
		return func(tx *db.Tx) error {
			return lists.SetVacation(tx, dana.ID, lists.Vacation{Begin: tx.Now.Add(begin), Until: tx.Now.Add(until)})
		}
	}
	full := g.talk
	for i := range 50 {
		_, _ = full.Set("ban", fmt.Sprintf("*@%d.example", i)), full.Set("rule", fmt.Sprintf("hold subject x%d", i))
	}
	for want, do := range map[string]func(tx *db.Tx) error{
		"The sentence on what may leave the community can have 300 characters, not 301.": func(tx *db.Tx) error {
			c := g.c
			c.Confidential = strings.Repeat("x", 301)
			return lists.SaveCommunity(tx, c)
		},
		"Nobody knows the stage \"old\" of a list; it is founding, growing or rooted.": func(tx *db.Tx) error {
			l := g.talk
			l.Stage = "old"
			return lists.SaveList(tx, l)
		},
		"A digest comes as alt (text and HTML), text, mime or rfc1153, not \"pdf\".": pref(func(p *lists.DigestPref) { p.Format = "pdf" }),
		"A digest waits for 1 to 1000 new posts.":                                    pref(func(p *lists.DigestPref) { p.MinPosts = 1001 }),
		"A digest shows 1 to 30 threads with excerpts.":                              pref(func(p *lists.DigestPref) { p.Threads = 5000 }),
		"#beans cannot stand for itself.":                                            func(tx *db.Tx) error { return lists.SetTagAlias(tx, g.c.ID, "beans", "beans") },
		"There is no language \"klingon!\"; one looks like de.": func(tx *db.Tx) error {
			m := dana
			m.Language = "klingon!"
			return lists.SaveMember(tx, m)
		},
		"Whether a member is introduced is yes, no or nothing, not \"maybe\".": func(tx *db.Tx) error {
			m := dana
			m.IntroOK = "maybe"
			return lists.SaveMember(tx, m)
		},
		"A vacation ends after it begins, and not in the past.":                   away(-48*time.Hour, -24*time.Hour),
		"A vacation is a year at most. To get no mail for longer, switch it off.": away(0, 400*24*time.Hour),
		"A list has at most 50 bans.":                                             func(*db.Tx) error { return full.Set("ban", "*@more.example") },
		"A list has at most 50 rules.":                                            func(*db.Tx) error { return full.Set("rule", "hold subject more") },
	} {
		if err := g.update(do); err == nil || err.Error() != want {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
}

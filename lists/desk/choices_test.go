package desk_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/lists"
)

var undoFields = regexp.MustCompile(`name="undo" value="([^"]*)"><input type="hidden" name="seal" value="([^"]*)"`)

// undo presses the button of a page that takes back what was done.
func (b *browser) undo(page answer) answer {
	b.t.Helper()
	m := undoFields.FindStringSubmatch(page.body)
	if m == nil {
		b.t.Fatalf("no undo in\n%s", page.body)
	}
	return b.fill("/settings", "/settings", "in", "gardeners.example", "do", "undo", "undo", m[1], "seal", m[2])
}

// Each setting is changed, shown as it is then, and taken back.
func TestSettingsOnTheWeb(t *testing.T) {
	s := newOpenSite(t)
	b := s.signedIn(dana)
	slot := func() (p lists.DigestPref) {
		s.View(func(tx *db.Tx) (err error) { p, err = lists.DigestPrefOf(tx, s.Member(dana).ID); return err })
		return p
	}
	page := b.fill("/settings", "/settings", "in", "gardeners.example", "do", "delivery", "list", "talk", "delivery", "digest")
	if page.status != 200 || !strings.Contains(page.body, "Changed.") || s.delivery(dana, s.Talk) != "digest" {
		t.Fatalf("%d %s\n%s", page.status, s.delivery(dana, s.Talk), page.body)
	}
	if b.undo(page); s.delivery(dana, s.Talk) != "each" {
		t.Error("not taken back")
	}
	page = b.fill("/settings", "/settings", "in", "gardeners.example", "do", "digest", "period", "weekly", "weekday", "Monday", "hour", "18")
	if p := slot(); p.Weekday != time.Monday || p.Hour != 18 || s.delivery(dana, s.Talk) != "each" {
		t.Errorf("%+v %s", p, s.delivery(dana, s.Talk))
	}
	if b.undo(page); slot() != lists.DefaultDigest() {
		t.Errorf("%+v", slot())
	}
	page = b.fill("/settings", "/settings", "in", "gardeners.example", "do", "you", "zone", "America/Chicago", "language", "de", "own", "OFF")
	if m := s.Member(dana); m.Timezone != "America/Chicago" || m.Language != "de" || m.OwnCopy || !strings.Contains(page.body, "Deine Einstellungen") {
		t.Errorf("%+v\n%s", m, page.body)
	}
	b.undo(page)
	if m := s.Member(dana); m.Zone(s.C).String() != "Europe/Berlin" || m.Tongue(s.C) != "en" || !m.OwnCopy {
		t.Errorf("%+v", m)
	}
	if page := b.fill("/settings", "/settings", "in", "gardeners.example", "do", "delivery", "list", "talk", "delivery", "each"); !strings.Contains(page.body, "It was so already.") {
		t.Error(page.body)
	}
}

// Those who may be asked to greet new members are asked about it, where the community has greeters; everybody about their address.
func TestGreetingAndAddressOnTheWeb(t *testing.T) {
	s := newOpenSite(t)
	b := s.signedIn(bill)
	if page := b.get("/settings").body; strings.Contains(page, `name="greet"`) || !strings.Contains(page, `<option value="HIDE" selected>`) {
		t.Error(page)
	}
	s.C.Greeter = true
	s.Update(func(tx *db.Tx) error { return lists.SaveCommunity(tx, s.C) })
	s.save(bill, func(m *lists.Member) { m.Trust = lists.Steady })
	if page := b.get("/settings").body; !strings.Contains(page, `name="greet"><option value="ON" selected>`) {
		t.Error(page)
	}
	if page := s.signedIn(dana).get("/settings").body; strings.Contains(page, `name="greet"`) {
		t.Error("somebody is asked about greeting who is never asked to greet")
	}
	page := b.fill("/settings", "/settings", "in", "gardeners.example", "do", "you", "zone", "Europe/Berlin", "language", "en", "own", "ON", "shown", "SHOW", "greet", "OFF")
	for _, want := range []string{`name="greet"><option value="ON">`, `<option value="SHOW" selected>they see name and address`, "Changed."} {
		if !strings.Contains(page.body, want) || !s.Member(bill).Listed {
			t.Errorf("without %s:\n%s", want, page.body)
		}
	}
	page = b.undo(page)
	if !strings.Contains(page.body, `name="greet"><option value="ON" selected>`) || s.Member(bill).Listed {
		t.Error(page.body)
	}
	if page := b.fill("/settings", "/settings", "in", "gardeners.example", "do", "you", "zone", "Europe/Berlin", "language", "en", "own", "ON", "shown", "SHOW; NAME Mira Lowe"); s.Member(bill).Listed || s.Member(bill).Name == "Mira Lowe" {
		t.Error(page.body)
	}
}

// Leaving is confirmed by the mail of leave+, and the archive of the list is gone at once.
func TestLeavingOnTheWeb(t *testing.T) {
	s := newOpenSite(t)
	b := s.signedIn(dana)
	page := b.fill("/settings", "/settings", "in", "gardeners.example", "do", "leave", "list", "talk")
	if !strings.Contains(page.body, "You have left Garden talk.") || s.delivery(dana, s.Talk) != "not on it" || b.get(talkPath).status != 404 {
		t.Errorf("%d\n%s", page.status, page.body)
	}
	if one := s.One(s.Deliver(), dana); one.Subject() != "You have left Garden talk" {
		t.Error(one.Subject())
	}
	if b.undo(page); s.delivery(dana, s.Talk) != "each" || b.get(talkPath).status != 200 {
		t.Error("not back")
	}
	if page := b.fill("/settings", "/settings", "in", "gardeners.example", "do", "leave", "list", "nothing"); page.status != 404 {
		t.Errorf("a list that is none: %d", page.status)
	}
}

// No form says more than its page offers: addresses and names, other communities, other people's words.
func TestHostileSettings(t *testing.T) {
	s := newOpenSite(t)
	s.Found("nurses.example", "Nurses")
	b, other := s.signedIn(dana), s.signedIn(bill)
	undone := undoFields.FindStringSubmatch(other.fill("/settings", "/settings", "in", "gardeners.example", "do", "delivery", "list", "talk", "delivery", "none").body)
	before := dbtest.Dump(t, s.DB)
	for name, fields := range map[string][]string{
		"a second word in the zone": {"in", "gardeners.example", "do", "you", "zone", "UTC; ADDRESS ADD eve@evil.example", "language", "en", "own", "ON"},
		"a line in the zone":        {"in", "gardeners.example", "do", "you", "zone", "UTC\nNAME Mira Lowe", "language", "en", "own", "ON"},
		"no zone":                   {"in", "gardeners.example", "do", "you", "zone", "Atlantis", "language", "en", "own", "ON"},
		"a word in the language":    {"in", "gardeners.example", "do", "you", "zone", "Europe/Berlin", "language", "en; NAME x", "own", "ON"},
		"a delivery that is none":   {"in", "gardeners.example", "do", "delivery", "list", "talk", "delivery", "never"},
		"an hour that is none":      {"in", "gardeners.example", "do", "digest", "period", "weekly", "weekday", "Friday", "hour", "24"},
		"a day that is none":        {"in", "gardeners.example", "do", "digest", "period", "weekly", "weekday", "Friday; EACH", "hour", "8"},
		"somebody else's community": {"in", "nurses.example", "do", "delivery", "list", "talk", "delivery", "none"},
		"an undo without a seal":    {"in", "gardeners.example", "do", "undo", "undo", "ADDRESS ADD eve@evil.example", "seal", "x"},
		"an undo of somebody else":  {"in", "gardeners.example", "do", "undo", "undo", undone[1], "seal", undone[2]},
		"nothing":                   {},
		"a deed that is none":       {"in", "gardeners.example", "do", "delete"},
	} {
		if a := b.fill("/settings", "/settings", fields...); a.status >= 500 {
			t.Errorf("%s: %d", name, a.status)
		}
		if dbtest.Dump(t, s.DB) != before {
			t.Fatalf("%s changed something", name)
		}
	}
	for name, a := range map[string]answer{
		"without a word of ours": b.ask("POST", "/settings", "in=gardeners.example&do=leave&list=talk"),
		"with somebody else's":   b.ask("POST", "/settings", url.Values{"in": {"gardeners.example"}, "do": {"leave"}, "list": {"talk"}, "nonce": {nonceField.FindStringSubmatch(other.get("/settings").body)[1]}}.Encode()),
		"a stranger":             s.browser().ask("POST", "/settings", "in=gardeners.example&do=leave&list=talk"),
	} {
		if a.status != 303 || dbtest.Dump(t, s.DB) != before {
			t.Errorf("%s: %d", name, a.status)
		}
	}
}

package desk_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/archive/web"
	"backchannel/lists"
	"backchannel/lists/desk"
	"backchannel/lists/mailroom/mailroomtest"
)

// newOpenSite is a site on which members can sign in.
func newOpenSite(t *testing.T) *site {
	t.Helper()
	return newSiteWith(t, withDoor)
}

// withDoor lets members in.
func withDoor(p *desk.Pages, v *mailroomtest.Village) {
	p.Open(&desk.Desk{DB: v.DB, Store: v.Store, Box: v.Box, Posts: v.Desk})
}

// browser is somebody's: it keeps cookies, follows nothing, and says what browsers say.
type browser struct {
	*site
	cookie string // of a session
	door   string // of somebody who stands at the door
	site_  string // what it says about where a form comes from; "" is same-origin
	more   http.Header
}

func (s *site) browser() *browser { return &browser{site: s} }

func (b *browser) ask(method, path, body string) answer {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if body != "" || method == "POST" {
		r.Header.Set("Content-Type", formKind)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		if b.site_ != "" {
			r.Header.Set("Sec-Fetch-Site", b.site_)
		}
	}
	if all := slices.DeleteFunc([]string{b.cookie, b.door}, func(c string) bool { return c == "" }); len(all) > 0 {
		r.Header.Set("Cookie", strings.Join(all, "; "))
	}
	for name, values := range b.more {
		r.Header[name] = values
	}
	a := b.send(r)
	for _, line := range a.header["Set-Cookie"] {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			b.t.Fatal(err)
		}
		jar := &b.cookie
		if strings.HasSuffix(c.Name, "-door") {
			jar = &b.door
		}
		if *jar = ""; c.MaxAge >= 0 {
			*jar = c.Name + "=" + c.Value
		}
	}
	return a
}

func (b *browser) get(path string) answer { b.t.Helper(); return b.ask("GET", path, "") }

// press fills the form that a page shows.
func (b *browser) fill(page, action string, fields ...string) answer {
	b.t.Helper()
	m := nonceField.FindStringSubmatch(b.get(page).body)
	if m == nil {
		b.t.Fatalf("%s has no form", page)
	}
	form := url.Values{"nonce": {m[1]}}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return b.ask("POST", action, form.Encode())
}

// secretOf is an app password of somebody.
func (s *site) secretOf(who string) (secret string) {
	s.t.Helper()
	s.Update(func(tx *db.Tx) (err error) {
		secret, err = lists.AddPassword(tx, mailroomtest.Addr(who), "test")
		return err
	})
	return secret
}

// signedIn is the browser of somebody who signed in by password.
func (s *site) signedIn(who string) *browser {
	s.t.Helper()
	b := s.browser()
	a := b.fill("/in", "/in", "address", who, "password", s.secretOf(who))
	if a.status != 303 || a.header.Get("Location") != "/archive" || b.cookie == "" {
		s.t.Fatalf("%s cannot sign in: %d %v\n%s", who, a.status, a.header, a.body)
	}
	return b
}

func (b *browser) in() bool { b.t.Helper(); return b.get("/archive").status == 200 }

// The cookie is what it has to be, and the page behind it is nobody else's.
func TestSignInByPassword(t *testing.T) {
	s := newOpenSite(t)
	secret := s.secretOf(dana)
	b := s.browser()
	a := b.fill("/in?to=%2Farchive%2Fgardeners.example%2Ftalk%3Fpage%3D1", "/in", "address", " Dana@North.example ", "password", strings.ToUpper(secret), "to", "/archive/gardeners.example/talk?page=1")
	if a.status != 303 || a.header.Get("Location") != "/archive/gardeners.example/talk?page=1" {
		t.Fatalf("%d %v", a.status, a.header)
	}
	c, err := http.ParseSetCookie(a.header.Get("Set-Cookie")) // the first
	if err != nil || c.Name != "__Host-backchannel" || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || len(c.Value) != 43 || c.MaxAge != int(lists.SessionLife.Seconds()) {
		t.Errorf("%v %+v", err, c)
	}
	if strings.Contains(dbtest.Dump(t, s.DB), c.Value) {
		t.Error("the secret stands in the database")
	}
	if page := b.get("/archive"); page.status != 200 || !strings.Contains(page.body, "Garden talk") || !strings.Contains(page.body, "Signed in as Dana@north.example") {
		t.Errorf("%d\n%s", page.status, page.body)
	}
	if a := b.fill("/archive", "/out"); a.status != 303 || a.header.Get("Location") != "/in" || b.cookie != "" {
		t.Errorf("%d %v", a.status, a.header)
	}
	b.cookie = c.Name + "=" + c.Value
	if b.in() {
		t.Error("the secret of a session that ended opens it")
	}
	if log := s.log.String(); strings.Contains(log, c.Value) || strings.Contains(log, "dana") || strings.Contains(log, secret) {
		t.Error(log)
	}
}

// Who is turned away hears one sentence, whatever the cause.
func TestSignInRefused(t *testing.T) {
	s := newOpenSite(t)
	gone := s.secretOf(alisonAddr)
	s.Update(func(tx *db.Tx) error { return lists.End(tx, s.Member(alisonAddr), lists.Left) })
	var first string
	for name, c := range map[string][2]string{"wrong": {dana, "x"}, "empty": {dana, ""}, "unknown": {"eve@evil.example", "x"}, "has left": {alisonAddr, gone}, "nothing": {"", ""}, "no address": {"dana", "x"}, "a header": {"dana@north.example\r\nSet-Cookie: a=b", "x"}} {
		b := s.browser()
		a := b.fill("/in", "/in", "address", c[0], "password", c[1])
		m := regexp.MustCompile(`role="alert">[^<]*`).FindString(a.body)
		if first == "" {
			first = m
		}
		if a.status != 403 || m != first || !strings.Contains(m, "do not fit together") || b.cookie != "" {
			t.Errorf("%s: %d %v\n%s", name, a.status, a.header, a.body)
		}
	}
}

// The limits are those of the mail programs' doors, counted together with them (A14).
func TestSignInGuesses(t *testing.T) {
	s := newOpenSite(t)
	secret := s.secretOf(dana)
	b := s.browser()
	b.more = http.Header{"X-Forwarded-For": {"203.0.113.9"}}
	for i := range 10 {
		if a := b.fill("/in", "/in", "address", dana, "password", "x"); a.status != 403 {
			t.Fatalf("%d: %d", i, a.status)
		}
	}
	if a := b.fill("/in", "/in", "address", dana, "password", secret); a.status != 429 || b.cookie != "" {
		t.Errorf("the eleventh: %d", a.status)
	}
	s.Now = s.Now.Add(time.Hour)
	if a := b.fill("/in", "/in", "address", dana, "password", secret); a.status != 303 {
		t.Errorf("an hour later: %d", a.status)
	}
}

// A member who forgot a browser somewhere ends what it may, from another one; nobody else is signed out, and no other page can do it.
func TestSignOutEverywhere(t *testing.T) {
	s := newOpenSite(t)
	forgotten, here, other := s.signedIn(dana), s.signedIn(dana), s.signedIn(bill)
	if here.ask("POST", "/out", "nonce=x&where=everywhere"); !forgotten.in() || !here.in() {
		t.Fatal("a form of nobody signs out")
	}
	if a := here.fill("/settings", "/out", "where", "everywhere"); a.status != 303 || here.cookie != "" {
		t.Errorf("%d %q", a.status, here.cookie)
	}
	if forgotten.in() || !other.in() {
		t.Error("the wrong browsers are signed out")
	}
	s.Update(func(tx *db.Tx) error {
		return lists.AddAddress(tx, s.Member(dana), mailroomtest.Addr("dana@new.example"))
	})
	atWork, again := s.signedIn("dana@new.example"), s.signedIn(dana)
	if again.fill("/settings", "/out", "where", "everywhere"); atWork.in() || !other.in() {
		t.Error("a browser in which she signed in with her other address is forgotten")
	}
	one, two := s.signedIn(dana), s.signedIn(dana)
	if one.fill("/settings", "/out"); one.in() || !two.in() {
		t.Error("signing out of one browser is not that alone")
	}
}

// Whatever ends a person's right ends their sessions, with the next page.
func TestSessionsEnd(t *testing.T) {
	for name, end := range map[string]func(s *site){
		"left":    func(s *site) { s.Update(func(tx *db.Tx) error { return lists.End(tx, s.Member(dana), lists.Left) }) },
		"removed": func(s *site) { s.Update(func(tx *db.Tx) error { return lists.End(tx, s.Member(dana), lists.Removed) }) },
		"password revoked": func(s *site) {
			s.Update(func(tx *db.Tx) error { _, err := lists.RevokePassword(tx, mailroomtest.Addr(dana), 0); return err })
		},
		"locked out": func(s *site) { s.Update(func(tx *db.Tx) error { return lists.RaiseEpoch(tx, s.Member(dana)) }) },
		"a month":    func(s *site) { s.Now = s.Now.Add(lists.SessionLife) },
	} {
		s := newOpenSite(t)
		b, other := s.signedIn(dana), s.signedIn(bill)
		if !b.in() {
			t.Fatal(name)
		}
		end(s)
		if a := b.get("/archive/gardeners.example/talk"); a.status != 303 || a.header.Get("Location") != "/in?to=%2Farchive%2Fgardeners.example%2Ftalk" {
			t.Errorf("%s: %d %v", name, a.status, a.header)
		}
		if name != "a month" && !other.in() {
			t.Errorf("%s: somebody else is signed out", name)
		}
		// Coming back does not bring the session back.
		if name == "left" {
			s.save(dana, func(m *lists.Member) { m.State = lists.Active })
			if b.in() {
				t.Error("the session lives again")
			}
		}
	}
}

func (s *site) save(who string, change func(*lists.Member)) {
	s.t.Helper()
	m := s.Member(who)
	change(&m)
	s.Update(func(tx *db.Tx) error { return lists.SaveMember(tx, m) })
}

// One app password ends what it began, and nothing else. Nobody is signed in in more than twenty places.
func TestSessionsOfAPassword(t *testing.T) {
	s := newOpenSite(t)
	first, second := s.signedIn(dana), s.signedIn(dana)
	var ids []lists.AppPassword
	s.View(func(tx *db.Tx) (err error) { ids, err = lists.Passwords(tx, mailroomtest.Addr(dana)); return err })
	s.Update(func(tx *db.Tx) error {
		_, err := lists.RevokePassword(tx, mailroomtest.Addr(dana), ids[0].ID)
		return err
	})
	if first.in() || !second.in() {
		t.Error("the wrong session ended")
	}
	for range 19 {
		s.Now = s.Now.Add(time.Second)
		s.signedIn(dana)
	}
	if !second.in() {
		t.Error("twenty are too many")
	}
	s.Now = s.Now.Add(time.Second)
	if s.signedIn(dana); second.in() {
		t.Error("the oldest of twenty-one is still signed in")
	}
}

// Nobody makes another's browser sign in as themselves: a form counts in the browser to which it was shown, even in one that does not say
// where it comes from.
func TestSignInIsNotForged(t *testing.T) {
	s := newOpenSite(t)
	secret := s.secretOf(bill)
	mallory := s.browser()
	s.from("192.0.2.1").fill("/in", "/in/link", "address", bill)
	link := s.mailedLink(bill)
	nonceOn := func(page string) string { return nonceField.FindStringSubmatch(mallory.get(page).body)[1] }
	password := url.Values{"nonce": {nonceOn("/in")}, "address": {bill}, "password": {secret}}.Encode()
	ask := url.Values{"nonce": {nonceOn("/in")}, "address": {dana}}.Encode()
	follow := url.Values{"nonce": {nonceOn(link)}}.Encode()
	victims := map[string]*browser{"new here": s.browser(), "was here": s.browser(), "two": s.browser(), "signed in": s.signedIn(dana), "odd": s.browser()}
	victims["was here"].get("/in")
	victims["two"].door = mallory.door + "; " + strings.ToLower(mallory.door)
	victims["odd"].door = "__Host-backchannel-door=x"
	for name, b := range victims {
		b.more = http.Header{"Sec-Fetch-Site": nil}
		for path, body := range map[string]string{"/in": password, "/in/link": ask, link: follow} {
			before := b.cookie
			if name == "two" {
				before, b.door = "", mallory.door+"; "+mallory.door[:len(mallory.door)-1]+"x"
			}
			if a := b.ask("POST", path, body); a.status != 200 || b.cookie != before || !strings.Contains(a.body, "had been open for a long time") {
				t.Errorf("%s: %s: %d %v", name, path, a.status, a.header["Set-Cookie"])
			}
		}
	}
	if got := s.linksTo(); len(got) > 0 {
		t.Errorf("%v", got)
	}
	if a := mallory.ask("POST", link, follow); a.status != 303 || !mallory.in() || mallory.door != "" {
		t.Errorf("the browser to which it was shown: %d %q", a.status, mallory.door)
	}
}

// The cookie of the door is as well kept as the one of a session, and goes with the browser.
func TestCookieOfTheDoor(t *testing.T) {
	s := newOpenSite(t)
	b := s.browser()
	c, err := http.ParseSetCookie(b.get("/in").header.Get("Set-Cookie"))
	if err != nil || c.Name != "__Host-backchannel-door" || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != 0 {
		t.Errorf("%v %+v", err, c)
	}
	if again := b.get("/in"); again.header.Get("Set-Cookie") != "" {
		t.Error("a second one for the same browser")
	}
	for _, path := range []string{"/", "/archive", "/nothing", "/style.css", "/in/" + strings.Repeat("0", 26)} {
		if a := s.browser().get(path); a.header.Get("Set-Cookie") != "" {
			t.Errorf("%s: %v", path, a.header)
		}
	}
}

// No other site's page does anything here, and no cookie that somebody planted becomes a session.
func TestForeignForms(t *testing.T) {
	s := newOpenSite(t)
	secret := s.secretOf(dana)
	b := s.signedIn(dana)
	old := b.cookie
	for name, c := range map[string]struct {
		site, origin, kind string
		status             int
	}{
		"cross-site":          {site: "cross-site", status: 403},
		"a sister host":       {site: "same-site", status: 403},
		"an old browser":      {site: "-", origin: "https://evil.example", status: 403},
		"an old browser here": {site: "-", origin: "https://lists.example", status: 303},
		"no form":             {kind: "text/plain", status: 400},
		"json":                {kind: "application/json", status: 400},
	} {
		x := &browser{site: s, cookie: old, site_: c.site, more: http.Header{}}
		if c.site == "-" {
			x.more["Sec-Fetch-Site"], x.more["Origin"] = nil, []string{c.origin}
		}
		if c.kind != "" {
			x.more["Content-Type"] = []string{c.kind}
		}
		if a := x.ask("POST", "/out", "nonce=x"); a.status != c.status || !b.in() {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	for name, body := range map[string]string{"without a word of ours": "address=" + dana + "&password=" + secret, "another's word": "address=" + dana + "&password=" + secret + "&nonce=abc"} {
		x := s.browser()
		if a := x.ask("POST", "/in", body); a.status != 200 || x.cookie != "" {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	twice := s.browser()
	if a := twice.ask("POST", "/in", "nonce=x&nonce=y&address=a&password=b"); a.status != 400 {
		t.Errorf("a field twice: %d", a.status)
	}
	if a := twice.ask("POST", "/in", "address="+strings.Repeat("x", 20000)); a.status != 413 {
		t.Errorf("a huge form: %d", a.status)
	}
	// Fixation: a secret that an attacker knew is never the one of the new session, and ends.
	planted := s.signedIn(bill)
	victim := &browser{site: s, cookie: planted.cookie}
	victim.fill("/in", "/in", "address", dana, "password", secret)
	if victim.cookie == planted.cookie || planted.in() || !victim.in() {
		t.Error("the planted session lives on")
	}
	for _, cookie := range []string{"__Host-backchannel=", "__Host-backchannel=" + strings.Repeat("x", 5000), "backchannel=" + strings.TrimPrefix(old, "__Host-backchannel="), old + "; " + old, "__Host-backchannel='; DROP TABLE web_session"} {
		if (&browser{site: s, cookie: cookie}).in() {
			t.Errorf("%.60s is signed in", cookie)
		}
	}
}

// Nobody is led to another host.
func TestWhereTo(t *testing.T) {
	for to, ok := range map[string]bool{
		"/archive": true, "/archive/gardeners.example/talk": true, "/archive/search?q=a&in=talk%40gardeners.example": true, "/settings": true,
		"": false, "/": false, "//evil.example": false, "/\\evil.example": false, "https://evil.example": false, "/archive//evil.example": false, "/archive/../in": false,
		"/archive\r\nX: y": false, "/archivex": false, "/archive@evil.example": false, "javascript:alert(1)": false, "/archive/" + strings.Repeat("x", 600): false, "archive": false, "/archive/ü": false,
	} {
		if got := web.LocalPath(to, "/archive", "/settings"); got != ok {
			t.Errorf("%q: %v", to, got)
		}
	}
}

// Without a door there is no sign of one.
func TestNoDoor(t *testing.T) {
	s := newSite(t)
	want := s.do("GET", s.url+"/nothing", "", "")
	for _, path := range []string{"/in", "/in/" + strings.Repeat("0", 26), "/archive", "/archive/gardeners.example/talk", "/settings"} {
		if a := s.do("GET", s.url+path, "", ""); a.status != 404 || a.body != want.body {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

// A browser is spoken to in its language, and a member in theirs.
func TestLanguageOfTheDoor(t *testing.T) {
	s := newOpenSite(t)
	b := s.browser()
	b.more = http.Header{"Accept-Language": {"de-AT,de;q=0.9,en;q=0.5"}}
	if a := b.get("/in"); !strings.Contains(a.body, "Mit der Adresse, mit der du beigetreten bist") {
		t.Error(a.body)
	}
	s.save(dana, func(m *lists.Member) { m.Language = "fr" })
	in := s.signedIn(dana)
	in.more = b.more
	if a := in.get("/archive"); !strings.Contains(a.body, "Les archives") {
		t.Error(a.body)
	}
}

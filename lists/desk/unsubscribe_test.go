package desk_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/archive/web"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/desk"
	"backchannel/lists/mailroom/mailroomtest"
)

// site is a village whose pages are on the web.
type site struct {
	*mailroomtest.Village
	t    *testing.T
	url  string
	log  bytes.Buffer
	http *http.Client
	web  *web.Server
}

func newSite(t *testing.T) *site { t.Helper(); return newSiteWith(t, nil) }

func newSiteWith(t *testing.T, more func(*desk.Pages, *mailroomtest.Village)) *site {
	t.Helper()
	return siteOf(t, mailroomtest.New(t), more)
}

// siteOf hangs pages over a village.
func siteOf(t *testing.T, v *mailroomtest.Village, more func(*desk.Pages, *mailroomtest.Village)) *site {
	t.Helper()
	s := &site{Village: v, t: t}
	log := slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	server, err := web.New(web.Config{Now: s.DB.Now, Log: log, URL: "https://lists.example"})
	if err != nil {
		t.Fatal(err)
	}
	pages := desk.NewPages(server, s.DB, s.Clerk, log)
	if more != nil {
		more(pages, s.Village)
	}
	s.web = server
	h := httptest.NewServer(server)
	t.Cleanup(h.Close)
	s.url, s.Office.Web = h.URL, h.URL
	s.http = h.Client()
	s.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return s
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (s *site) do(method, url, kind, body string) answer {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	return s.send(r)
}

func (s *site) send(r *http.Request) answer {
	s.t.Helper()
	res, err := s.http.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(text)}
}

const formKind = "application/x-www-form-urlencoded"

// press is what a mail provider does for its user (RFC 8058 §3.2).
func (s *site) press(url string) answer {
	s.t.Helper()
	return s.do("POST", url, formKind, "List-Unsubscribe=One-Click")
}

var firstURL = regexp.MustCompile(`^<(http[^>]*)>, <mailto:`)

// button is the web address that a letter's List-Unsubscribe begins with.
func (s *site) button(a mailroomtest.Arrived) string {
	s.t.Helper()
	m := firstURL.FindStringSubmatch(a.Get("List-Unsubscribe"))
	if m == nil || a.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		s.t.Fatalf("List-Unsubscribe: %s\nList-Unsubscribe-Post: %s", a.Get("List-Unsubscribe"), a.Get("List-Unsubscribe-Post"))
	}
	return m[1]
}

// post publishes a post, and gives what came out.
func (s *site) post() []mailroomtest.Arrived {
	s.t.Helper()
	s.MustSend(mailroomtest.Post{From: bill, To: "talk@gardeners.example", Subject: "Compost", Body: "Mine is too wet."})
	return s.Deliver()
}

// digestButton is the web address of somebody's digest.
func (s *site) digestButton(who string) string {
	s.t.Helper()
	door := s.Door(address.DigestOff, "membership", "digest", who)
	return s.url + "/u/" + address.Parse(letterLocal(door)).Token
}

func letterLocal(a string) string { local, _, _ := strings.Cut(a, "@"); return local }

func (s *site) delivery(who string, l lists.List) string {
	s.t.Helper()
	id, got := s.Member(who).ID, "not on it"
	s.View(func(tx *db.Tx) error {
		sub, on, err := lists.SubscriptionOf(tx, id, l.ID)
		if on {
			got = string(sub.Delivery)
		}
		return err
	})
	return got
}

// RFC 8058 by the letter (F1, M3): the address in the header, a POST with the one body, 200, no redirect, no cookie; then the same mail
// as a letter to leave+ brings, once.
func TestOneClickLeavesOneList(t *testing.T) {
	s := newSite(t)
	url := s.button(s.One(s.post(), dana))
	for i := range 3 {
		a := s.press(url)
		if a.status != 200 || a.header.Get("Location") != "" || a.header.Get("Set-Cookie") != "" || !strings.Contains(a.body, "You have left Garden talk") {
			t.Fatalf("press %d: %d %v\n%s", i, a.status, a.header, a.body)
		}
		if got := s.delivery(dana, s.Talk) + ", " + s.delivery(dana, s.Jobs); got != "not on it, each" {
			t.Errorf("press %d: %s", i, got)
		}
		told := s.Deliver()
		if i > 0 {
			if len(told) > 0 {
				t.Errorf("press %d writes to somebody:\n%s", i, mailroomtest.Subjects(told))
			}
			continue
		}
		one := s.One(told, dana)
		if one.Subject() != "You have left Garden talk" || one.Get("Auto-Submitted") != "auto-generated" || !strings.Contains(one.Text(), "and still get Jobs") {
			t.Errorf("%s\n%s", one.Subject(), one.Text())
		}
		// M3, F2: only posts and digests have the button, and the address stands in no body.
		if one.Get("List-Unsubscribe") != "" || strings.Contains(one.Text(), "/u/") {
			t.Errorf("the confirmation has a button: %s", one.Raw())
		}
	}
	if got := s.One(s.post(), bill); strings.Contains(string(got.Body()), "/u/") {
		t.Error("the address stands in a body")
	}
	if s.do("GET", url, "", "").status != 200 {
		t.Error("the page is gone after the button was pressed")
	}
}

// digest-off stops the digest and keeps the membership, and what comes post by post (product.md A8).
func TestOneClickStopsTheDigest(t *testing.T) {
	s := newSite(t)
	s.Update(func(tx *db.Tx) error { return lists.Subscribe(tx, s.Member(dana).ID, s.Talk.ID, lists.Digest) })
	url := s.digestButton(dana)
	if page := s.do("GET", url, "", ""); page.status != 200 || !strings.Contains(page.body, "Stop the digest?") || !strings.Contains(page.body, "posts of Jobs still come one by one") {
		t.Errorf("%d\n%s", page.status, page.body)
	}
	for i := range 2 {
		if a := s.press(url); a.status != 200 || !strings.Contains(a.body, "The digest is off") {
			t.Errorf("%d: %d\n%s", i, a.status, a.body)
		}
	}
	if got := s.delivery(dana, s.Talk) + ", " + s.delivery(dana, s.Jobs); got != "none, each" || s.Member(dana).State != lists.Active {
		t.Errorf("%s, %s", got, s.Member(dana).State)
	}
	if told := s.One(s.Deliver(), dana); told.Subject() != "The digest is off" {
		t.Error(told.Subject())
	}
	if page := s.do("GET", url, "", ""); !strings.Contains(page.body, "There is nothing to do.") || strings.Contains(page.body, "<form") {
		t.Errorf("the page offers what is done\n%s", page.body)
	}
}

// The body of RFC 8058 §3.2 in the coding it prefers; and everything that is not that body changes nothing.
func TestOnlyTheOneBodyActs(t *testing.T) {
	part := func(all ...string) string {
		var b strings.Builder
		for i := 0; i < len(all); i += 2 {
			fmt.Fprintf(&b, "--x\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n", all[i], all[i+1])
		}
		return b.String() + "--x--\r\n"
	}
	const parts = "multipart/form-data; boundary=x"
	for name, c := range map[string]struct {
		method, kind, body string
		status             int
		acts               bool
	}{
		"form":                  {"POST", formKind, "List-Unsubscribe=One-Click", 200, true},
		"form with a line end":  {"POST", formKind, "List-Unsubscribe=One-Click\r\n", 200, true},
		"no type":               {"POST", "", "List-Unsubscribe=One-Click", 200, true},
		"parts":                 {"POST", parts, part("List-Unsubscribe", "One-Click"), 200, true},
		"another word":          {"POST", formKind, "List-Unsubscribe=Two-Clicks", 400, false},
		"other letters":         {"POST", formKind, "list-unsubscribe=one-click", 400, false},
		"something beside":      {"POST", formKind, "List-Unsubscribe=One-Click&x=1", 400, false},
		"empty":                 {"POST", formKind, "", 400, false},
		"other parts":           {"POST", parts, part("List-Unsubscribe", "One-Click", "x", "1"), 400, false},
		"parts that are none":   {"POST", parts, "List-Unsubscribe=One-Click", 400, false},
		"too long":              {"POST", formKind, "List-Unsubscribe=One-Click" + strings.Repeat(" ", 20000), 413, false},
		"a form of others":      {"POST", formKind, "nonce=abc", 200, false},
		"in the address":        {"POST?List-Unsubscribe=One-Click", formKind, "", 400, false},
		"GET":                   {"GET", "", "", 200, false},
		"GET that says it":      {"GET?List-Unsubscribe=One-Click", formKind, "List-Unsubscribe=One-Click", 200, false},
		"HEAD":                  {"HEAD", "", "", 200, false},
		"PUT":                   {"PUT", formKind, "List-Unsubscribe=One-Click", 405, false},
		"DELETE":                {"DELETE", "", "", 405, false},
		"OPTIONS":               {"OPTIONS", "", "", 405, false},
		"a method nobody knows": {"UNSUBSCRIBE", formKind, "List-Unsubscribe=One-Click", 405, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t)
			url := s.button(s.One(s.post(), dana))
			before := dbtest.Dump(t, s.DB)
			method, query, _ := strings.Cut(c.method, "?")
			a := s.do(method, url+"?"+query, c.kind, c.body)
			if a.status != c.status || a.header.Get("Set-Cookie") != "" || a.header.Get("Location") != "" {
				t.Errorf("%d %v", a.status, a.header)
			}
			if acted := dbtest.Dump(t, s.DB) != before; acted != c.acts {
				t.Errorf("acted %v", acted)
			}
			if left := s.delivery(dana, s.Talk) == "not on it"; left != c.acts {
				t.Errorf("left %v", left)
			}
		})
	}
}

var nonceField = regexp.MustCompile(`name="nonce" value="([^"]+)"`)

// The pages of a button are in the language in which we write to its member, before it is pressed and afterwards.
func TestTheButtonSpeaksToItsMember(t *testing.T) {
	s := newSite(t)
	s.save(dana, func(m *lists.Member) { m.Language = "fr" })
	s.Update(func(tx *db.Tx) error { return lists.Subscribe(tx, s.Member(dana).ID, s.Talk.ID, lists.Digest) })
	button := s.digestButton(dana)
	page := s.do("GET", button, "", "")
	if !strings.Contains(page.body, `<html lang="fr">`) || !strings.Contains(page.body, "Arrêter le résumé") || strings.Contains(page.body, "digest?") {
		t.Error(page.body)
	}
	if done := s.press(button); done.status != 200 || !strings.Contains(done.body, "Le résumé est arrêté") {
		t.Errorf("%d\n%s", done.status, done.body)
	}
	if off := s.do("GET", button, "", ""); !strings.Contains(off.body, "Il n’y a rien à faire.") {
		t.Error(off.body)
	}
}

// A person opens the page, reads, and presses. A page that was open too long is shown once more; one of another token opens nothing.
func TestTheFormHasANonce(t *testing.T) {
	s := newSite(t)
	mail := s.post()
	url, other := s.button(s.One(mail, dana)), s.button(s.One(mail, mira))
	nonce := func(url string) string {
		m := nonceField.FindStringSubmatch(s.do("GET", url, "", "").body)
		if m == nil {
			t.Fatal("no nonce")
		}
		return "nonce=" + m[1]
	}
	old, foreign := nonce(url), nonce(other)
	if a := s.do("POST", url, formKind, foreign); a.status != 200 || !strings.Contains(a.body, "had been open for a long time") {
		t.Errorf("another page's nonce: %d", a.status)
	}
	s.Now = s.Now.Add(25 * time.Hour)
	if a := s.do("POST", url, formKind, old); a.status != 200 || !strings.Contains(a.body, "had been open for a long time") || s.delivery(dana, s.Talk) != "each" {
		t.Errorf("an old nonce: %d, %s", a.status, s.delivery(dana, s.Talk))
	}
	fresh := nonce(url)
	s.Now = s.Now.Add(11 * time.Hour)
	if a := s.do("POST", url, formKind, fresh); a.status != 200 || !strings.Contains(a.body, "You have left Garden talk") || s.delivery(dana, s.Talk) != "not on it" {
		t.Errorf("%d, %s\n%s", a.status, s.delivery(dana, s.Talk), a.body)
	}
	if s.delivery(mira, s.Talk) != "each" {
		t.Error("somebody else left, too")
	}
}

// What was never there, what has died, and what is another door's look the same (P15, A10).
func TestNothingHereTellsNothing(t *testing.T) {
	s := newSite(t)
	s.Village.Add(s.C, "gone@south.example", "Gone Soon", lists.RoleMember, s.Talk)
	mail := s.post()
	url := s.button(s.One(mail, dana))
	suspended := s.button(s.One(mail, "gone@south.example"))
	s.Update(func(tx *db.Tx) error {
		return address.RevokeMember(tx, int64(s.C.ID), int64(s.Member("gone@south.example").ID))
	})
	private := s.url + "/u/" + address.Parse(letterLocal(s.Door(address.Private, "backchannel", "list:1", dana))).Token
	foreign := s.url + "/u/" + address.Parse(letterLocal(s.Door(address.Leave, "somebody", "list:1", dana))).Token
	odd := s.url + "/u/" + address.Parse(letterLocal(s.Door(address.Leave, "membership", "wish:leave:0:1", dana))).Token
	want := s.do("GET", s.url+"/nothing", "", "")
	if want.status != 404 || !strings.Contains(want.body, "This address leads nowhere") || strings.Contains(want.body, "Gardeners") {
		t.Fatalf("%d\n%s", want.status, want.body)
	}
	before := dbtest.Dump(t, s.DB)
	check := func(name, url string) {
		t.Helper()
		for _, a := range []answer{s.do("GET", url, "", ""), s.press(url), s.do("POST", url, formKind, "nonce=x"), s.do("POST", url, formKind, "x")} {
			if a.status != 404 || a.body != want.body || len(a.header) != len(want.header) {
				t.Errorf("%s: %d %v\n%s", name, a.status, a.header, a.body)
			}
		}
	}
	check("never given out", s.url+"/u/"+strings.Repeat("0", 26))
	check("no token", s.url+"/u/x")
	check("nothing", s.url+"/u/")
	check("more than a token", url+"/x")
	check("revoked", suspended)
	check("a private door", private)
	check("somebody else's", foreign)
	check("a wish that no button stands for", odd)
	if dbtest.Dump(t, s.DB) != before {
		t.Error("something was changed")
	}
	s.Now = s.Now.AddDate(0, 0, 401)
	check("expired", url)
}

// Who has left the community has nothing to leave any more; the button of an old mail still says so kindly, for mail programs try again.
func TestTheButtonOfSomebodyWhoLeft(t *testing.T) {
	s := newSite(t)
	url := s.button(s.One(s.post(), dana))
	s.Update(func(tx *db.Tx) error { return lists.End(tx, s.Member(dana), lists.Left) })
	s.Deliver()
	if a := s.press(url); a.status != 200 || !strings.Contains(a.body, "you get no more posts from Garden talk") {
		t.Errorf("%d\n%s", a.status, a.body)
	}
	if told := s.Deliver(); len(told) > 0 {
		t.Error(mailroomtest.Subjects(told))
	}
	if a := s.do("GET", url, "", ""); a.status != 200 || strings.Contains(a.body, "<form") {
		t.Errorf("%d\n%s", a.status, a.body)
	}
}

// F1: every address that stands in a letter of ours may be opened by scanners and people without changing anything.
func TestOpeningEveryAddressChangesNothing(t *testing.T) {
	s := newSite(t)
	s.Update(func(tx *db.Tx) error { return lists.Subscribe(tx, s.Member(dana).ID, s.Jobs.ID, lists.Digest) })
	mail := s.post()
	s.MustSend(mailroomtest.Post{From: dana, To: "managers@gardeners.example", Subject: "May a vendor join?", Body: "Our supplier asks."})
	s.MustSend(mailroomtest.Post{From: dana, To: "help@gardeners.example"})
	s.MustSend(mailroomtest.Post{From: alisonAddr, To: "nodigest@gardeners.example"})
	s.MustSend(mailroomtest.Post{From: "sil@silent.example", To: "talk@gardeners.example", Subject: "Hm", Body: "Weak."})
	mail = append(mail, s.Deliver()...)
	if len(mail) < 8 {
		t.Fatalf("only %d letters", len(mail))
	}
	address := regexp.MustCompile(`https?://[^\s<>"']+`)
	var all []string
	for _, a := range mail {
		all = append(all, address.FindAllString(string(a.Raw())+"\n"+a.Text(), -1)...)
	}
	slices.Sort(all)
	all = append(slices.Compact(all), s.url+"/", s.url+"/style.css", s.url+"/icon.svg", s.url+"/robots.txt", s.url+"/health", s.digestButton(dana))
	if len(all) < 6+4 {
		t.Fatalf("only %d addresses: %q", len(all), all)
	}
	before := dbtest.Dump(t, s.DB)
	for _, url := range all {
		for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
			if a := s.do(method, url, "", ""); a.status >= 500 || a.header.Get("Set-Cookie") != "" {
				t.Errorf("%s %s: %d", method, url, a.status)
			}
		}
	}
	if after := dbtest.Dump(t, s.DB); after != before {
		t.Error("opening an address changed the database")
	}
	if sent := s.Deliver(); len(sent) > 0 {
		t.Error(mailroomtest.Subjects(sent))
	}
}

const alisonAddr = "alison@east.example"

// P15: neither tokens nor addresses of people reach the log, whatever is asked for.
func TestNoTokenReachesTheLog(t *testing.T) {
	s := newSite(t)
	url := s.button(s.One(s.post(), dana))
	token := url[strings.LastIndexByte(url, '/')+1:]
	s.do("GET", url, "", "")
	s.do("PUT", url, "", "")
	s.do("GET", url+"/"+token+"%20", "", "")
	s.do("GET", s.url+"//u//"+token, "", "")
	s.do("POST", url, formKind, "nonce="+token)
	s.press(url)
	s.press(url)
	if log := s.log.String(); strings.Contains(log, token) || strings.Contains(log, "@") || !strings.Contains(log, `route="POST /u/{token}"`) || !strings.Contains(log, "unsubscribed over the web") {
		t.Error(log)
	}
}

// Without pages there is no address of them, and nothing else changes.
func TestNoPagesNoButton(t *testing.T) {
	s := newSite(t)
	s.Office.Web = ""
	a := s.One(s.post(), dana)
	if got := a.Get("List-Unsubscribe"); !strings.HasPrefix(got, "<mailto:leave+") || a.Get("List-Unsubscribe-Post") != "" {
		t.Error(got)
	}
}

package desk_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
)

var linkIn = regexp.MustCompile(`https?://[^\s]*(/in/[0-9a-z]+)`)

func (s *site) mailedLink(to string) string {
	s.t.Helper()
	s.web.Settle()
	m := linkIn.FindStringSubmatch(s.One(s.Deliver(), to).Text())
	if m == nil {
		s.t.Fatal("no link")
	}
	return m[1]
}

// A link signs in once, by its button; opening it, as scanners do, uses nothing up.
func TestSignInByLink(t *testing.T) {
	s := newOpenSite(t)
	b := s.browser()
	if a := b.fill("/in", "/in/link", "address", dana); a.status != 200 || !strings.Contains(a.body, "Look into your mail") {
		t.Fatalf("%d\n%s", a.status, a.body)
	}
	link := s.mailedLink(dana)
	before := dbtest.Dump(t, s.DB)
	for _, method := range []string{"GET", "HEAD", "OPTIONS", "GET"} {
		if a := b.ask(method, link, ""); a.status >= 500 || b.cookie != "" {
			t.Errorf("%s: %d", method, a.status)
		}
	}
	if page := b.get(link); !strings.Contains(page.body, "This link is for dana@north.example.") {
		t.Error(page.body)
	}
	if dbtest.Dump(t, s.DB) != before {
		t.Error("opening the link changed something")
	}
	if a := b.ask("POST", link, "nonce=x"); a.status != 200 || b.cookie != "" {
		t.Errorf("a form of nobody: %d", a.status)
	}
	if a := b.fill(link, link); a.status != 303 || !b.in() {
		t.Fatalf("%d\n%s", a.status, a.body)
	}
	other := s.browser()
	if a := other.get(link); a.status != 404 || !strings.Contains(a.body, "leads nowhere any more") {
		t.Errorf("used: %d", a.status)
	}
	if strings.Contains(s.log.String(), strings.TrimPrefix(link, "/in/")) {
		t.Error("the link is in the log")
	}
	// With all app passwords of a person, their link sessions end, too.
	s.Update(func(tx *db.Tx) error { _, err := lists.RevokePassword(tx, mailroomtest.Addr(dana), 0); return err })
	if b.in() {
		t.Error("still signed in")
	}
}

// What does not let in: too late, somebody who left meanwhile, a token of another kind, nothing.
func TestLinksThatAreGone(t *testing.T) {
	s := newOpenSite(t)
	b := s.browser()
	b.fill("/in", "/in/link", "address", dana)
	late := s.mailedLink(dana)
	b.fill("/in", "/in/link", "address", bill)
	left := s.mailedLink(bill)
	s.Update(func(tx *db.Tx) error { return lists.End(tx, s.Member(bill), lists.Left) })
	want := b.get("/in/" + strings.Repeat("0", 26))
	check := func(name, link string) {
		t.Helper()
		if a := b.get(link); a.status != 404 || a.body != want.body {
			t.Errorf("%s: %d\n%s", name, a.status, a.body)
		}
	}
	check("left", left)
	check("of a button", "/in/"+letterLocal(strings.TrimPrefix(s.digestButton(dana), s.url+"/u/")))
	check("a question's", "/in/"+strings.SplitN(letterLocal(s.Door("confirm", "membership", "wish:leave:0:1", dana)), "+", 2)[1])
	check("somebody's address in a made up object", "/in/"+strings.SplitN(letterLocal(s.Door("confirm", "moderation", "web:1:dana@north.example", dana)), "+", 2)[1])
	s.Now = s.Now.Add(31 * time.Minute)
	check("late", late)
}

// linksTo counts the links that were mailed since the last time, by receiver.
func (s *site) linksTo() map[string]int {
	s.t.Helper()
	s.web.Settle()
	got := map[string]int{}
	for _, a := range s.Deliver() {
		got[a.To.String()]++
	}
	return got
}

// from is a browser in a network.
func (s *site) from(ip string) *browser {
	b := s.browser()
	b.more = http.Header{"X-Forwarded-For": {ip}}
	return b
}

// Everybody gets the same answer, and what strangers type is kept nowhere.
func TestAskingForLinks(t *testing.T) {
	s := newOpenSite(t)
	same := map[string]bool{}
	for _, who := range []string{dana, dana, "DANA@NORTH.example", dana, "eve@evil.example", alisonAddr, "no address", "", "a@b.example\r\nBcc: dana@north.example"} {
		a := s.from("198.51.100.1").fill("/in", "/in/link", "address", who)
		same[a.body] = true
		if a.status != 200 {
			t.Errorf("%s: %d", who, a.status)
		}
	}
	if len(same) != 1 {
		t.Errorf("%d different answers", len(same))
	}
	if got := s.linksTo(); len(got) != 2 || got[dana] != 1 || got[alisonAddr] != 1 {
		t.Errorf("%v", got)
	}
	if all := dbtest.Dump(t, s.DB); strings.Contains(all, "evil.example") || strings.Contains(all, "198.51.100") {
		t.Error("a stranger's address, or a network, stands in the database")
	}
	b := s.from("203.0.113.9")
	for range 20 {
		b.fill("/in", "/in/link", "address", "eve@evil.example")
	}
	if a := b.fill("/in", "/in/link", "address", "eve@evil.example"); a.status != 429 {
		t.Errorf("the twenty-first from one network: %d", a.status)
	}
}

// A stranger who asks for a member's links all day gets them three mails, and does not keep them out: from where the member is, they get
// one, or the last that was mailed still works.
func TestLinksCannotBeUsedUp(t *testing.T) {
	s := newOpenSite(t)
	ask := func(ip string) int {
		t.Helper()
		s.from(ip).fill("/in", "/in/link", "address", dana)
		return s.linksTo()[dana]
	}
	got := 0
	for i := range 10 {
		got += ask(fmt.Sprintf("203.0.113.%d", i))
		s.Now = s.Now.Add(30 * time.Minute)
	}
	if got != 3 {
		t.Errorf("%d mails for a stranger who asked ten times", got)
	}
	s.from("198.51.100.7").fill("/in", "/in/link", "address", dana)
	link := s.mailedLink(dana)
	if n := ask("203.0.113.9") + ask("192.0.2.1"); n != 0 {
		t.Errorf("%d more while there is one", n)
	}
	b := s.from("198.51.100.7")
	if a := b.fill(link, link); a.status != 303 || !b.in() {
		t.Errorf("the member's own link: %d", a.status)
	}
	if n := ask("198.51.100.7"); n != 1 {
		t.Errorf("%d for a second browser, when the first one's link is used", n)
	}
	s.from("198.51.100.7").fill("/in", "/in/link", "address", bill)
	if s.linksTo()[bill] != 1 {
		t.Error("one member's links stand in another's way")
	}
	for i := range 3 { // a server in front that does not say who asks
		s.Now = s.Now.Add(31 * time.Minute)
		if n := ask("127.0.0.1") + ask("127.0.0.1"); n != 1 {
			t.Errorf("%d the %dth time from this machine", n, i)
		}
	}
}

// Whether an address is a member's does not show in the time an answer takes: it comes while nobody can have looked, and nothing waits
// for what is done behind it.
func TestAskingTellsNothingByTime(t *testing.T) {
	s := newOpenSite(t)
	doors := map[string]*browser{dana: s.browser(), "eve@evil.example": s.browser()}
	for _, b := range doors {
		b.get("/in")
	}
	held, free := make(chan bool), make(chan bool)
	done := make(chan error, 1)
	go func() {
		done <- s.DB.Update(t.Context(), func(*db.Tx) error { close(held); <-free; return nil })
	}()
	<-held
	answered := make(chan bool)
	go func() {
		defer close(answered)
		for who, b := range doors {
			for range 2 {
				if a := b.fill("/in", "/in/link", "address", who); a.status != 200 || !strings.Contains(a.body, "Look into your mail") {
					t.Errorf("%s: %d", who, a.status)
				}
			}
		}
	}()
	select {
	case <-answered:
	case <-time.After(time.Minute):
		t.Error("an answer waits for the database")
	}
	close(free)
	if err := <-done; err != nil {
		t.Error(err)
	}
	<-answered
	if got := s.linksTo(); got[dana] != 1 || len(got) != 1 {
		t.Errorf("%v", got)
	}
}

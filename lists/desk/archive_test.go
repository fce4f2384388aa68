package desk_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
)

const talkPath = "/archive/gardeners.example/talk"

// publish puts a letter onto Garden talk as it stands, or onto another list.
func (s *site) publish(l lists.List, raw string) (p archive.Post) {
	s.t.Helper()
	read, err := letter.Parse([]byte(strings.ReplaceAll(raw, "\n", "\r\n")))
	if err != nil {
		s.t.Fatal(err)
	}
	s.Update(func(tx *db.Tx) (err error) {
		p, err = s.Store.AddPost(tx, archive.NewPost{Mailbox: l.Box, Letter: read})
		return err
	})
	s.Now = s.Now.Add(time.Minute)
	return p
}

func plainPost(id, subject, refs, body string) string {
	head := "From: Bill Tan <bill@south.example>\nTo: talk@gardeners.example\nDate: Fri, 12 Jun 2026 08:00:00 +0000\nMessage-ID: <" + id + "@south.example>\nSubject: " + subject + "\n"
	if refs != "" {
		head += "References: <" + refs + "@south.example>\nIn-Reply-To: <" + refs + "@south.example>\n"
	}
	return head + "\n" + body + "\n"
}

const postWithFiles = `From: "Mallory <b>" <bill@south.example>
To: talk@gardeners.example
Date: Fri, 12 Jun 2026 09:00:00 +0000
Message-ID: <files@south.example>
Subject: <script>alert(1)</script>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: text/html; charset=utf-8

<p>Look <a href="javascript:alert(2)">here</a><script>alert(3)</script><img src="https://spy.example/pixel.gif"> https://good.example/page</p>
--x
Content-Type: text/html; name="evil.html"
Content-Disposition: attachment; filename="evil.html"

<script>alert(4)</script>
--x
Content-Type: image/png; name="a.png"
Content-Disposition: attachment; filename="../..\"; x=\"ä.png"
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--x--
`

// A member reads: their lists, the threads, a thread, a post, and comes to each by a path that stays.
func TestReadingOnTheWeb(t *testing.T) {
	s := newOpenSite(t)
	first := s.publish(s.Talk, plainPost("one", "Compost", "", "Mine is too wet.\n\n> quoted\n> words"))
	second := s.publish(s.Talk, plainPost("two", "Re: Compost", "one", "Add straw."))
	other := s.publish(s.Talk, plainPost("three", "Frost", "", "It is cold."))
	b := s.signedIn(dana)
	if page := b.get(talkPath); page.status != 200 || strings.Index(page.body, "Frost") > strings.Index(page.body, "Compost") || !strings.Contains(page.body, fmt.Sprintf(`href="%s/thread/%d"`, talkPath, first.Number)) {
		t.Errorf("%d\n%s", page.status, page.body)
	}
	page := b.get(fmt.Sprintf("%s/thread/%d", talkPath, first.Number))
	for _, want := range []string{`<article id="p1">`, `<article id="p2">`, "Mine is too wet.", "Add straw.", `<h1>Compost</h1>`} {
		if !strings.Contains(page.body, want) {
			t.Errorf("no %q in\n%s", want, page.body)
		}
	}
	if one := b.get(talkPath + "/1"); !strings.Contains(one.body, "&gt; quoted") || !strings.Contains(one.body, fmt.Sprintf(`href="%s/thread/%d#p1"`, talkPath, first.Number)) {
		t.Error(one.body)
	}
	// A letter that shows both threads to be one: both numbers lead to the whole, both posts stay where they are.
	s.publish(s.Talk, strings.Replace(plainPost("four", "Both", "one", "The same."), "References: ", "References: <three@south.example> ", 1))
	a, z := b.get(fmt.Sprintf("%s/thread/%d", talkPath, first.Number)), b.get(fmt.Sprintf("%s/thread/%d", talkPath, other.Number))
	if a.status != 200 || z.status != 200 || !strings.Contains(a.body, "Mine is too wet.") {
		t.Errorf("%d %d", a.status, z.status)
	}
	// A removed post leaves its place.
	s.Update(func(tx *db.Tx) error { return s.Store.Remove(tx, second.ID) })
	if page := b.get(fmt.Sprintf("%s/thread/%d", talkPath, first.Number)); !strings.Contains(page.body, "This post was removed.") || strings.Contains(page.body, "straw") {
		t.Error(page.body)
	}
	if page := b.get(talkPath + "/2"); page.status != 200 || !strings.Contains(page.body, "This post was removed.") || strings.Contains(page.body, "Bill") {
		t.Errorf("%d\n%s", page.status, page.body)
	}
	if page := b.get("/archive/search?q=straw"); strings.Contains(page.body, "/talk/2") {
		t.Error("a removed post is found")
	}
	if page := b.get("/archive/search?q=wet&in=talk%40gardeners.example"); !strings.Contains(page.body, `href="`+talkPath+`/1"`) {
		t.Error(page.body)
	}
	if page := b.get("/archive/search?q=-wet"); page.status != 200 || !strings.Contains(page.body, `class="note"`) {
		t.Error(page.body)
	}
}

// Threads that stay: the paths lead to the same though newer posts came, and more than one page holds them all, once.
func TestManyThreads(t *testing.T) {
	s := newOpenSite(t)
	for i := range 103 {
		s.publish(s.Talk, plainPost(fmt.Sprint("t", i), fmt.Sprint("Subject", i), "", "x"))
	}
	b, seen := s.signedIn(dana), map[string]bool{}
	for _, path := range []string{talkPath, talkPath + "?page=2", talkPath + "?page=3"} {
		for _, m := range regexp.MustCompile(`thread/\d+`).FindAllString(b.get(path).body, -1) {
			if seen[m] {
				t.Errorf("%s twice", m)
			}
			seen[m] = true
		}
	}
	if len(seen) != 103 {
		t.Errorf("%d threads", len(seen))
	}
	if page := b.get(talkPath + "?page=3"); !strings.Contains(page.body, `rel="prev" href="`+talkPath+`?page=2"`) || strings.Contains(page.body, `rel="next"`) {
		t.Error(page.body)
	}
}

// What somebody posts is text on our pages, whatever it looks like, and its files are saved and never shown (B7).
func TestHostilePost(t *testing.T) {
	s := newOpenSite(t)
	post := s.publish(s.Talk, postWithFiles)
	b := s.signedIn(dana)
	for _, path := range []string{talkPath, fmt.Sprintf("%s/thread/%d", talkPath, post.Number), talkPath + "/1", "/archive/search?q=look", "/archive/search?q=" + url.QueryEscape(`"><script>alert(5)</script> look`)} {
		page := b.get(path)
		if page.status != 200 || regexp.MustCompile(`(?i)<script|<img|src=|javascript:alert\(2\)"|spy\.example|<b>`).MatchString(page.body) {
			t.Errorf("%s: %d\n%s", path, page.status, page.body)
		}
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'", "Cache-Control": "no-store",
			"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex", "X-Frame-Options": "DENY",
		} {
			if got := page.header.Get(name); got != want {
				t.Errorf("%s: %s: %s", path, name, got)
			}
		}
	}
	if page := b.get(talkPath + "/1"); !strings.Contains(page.body, `<a href="https://good.example/page" rel="noreferrer noopener nofollow">`) {
		t.Error(page.body)
	}
	html := b.get(talkPath + "/1/file/1")
	if html.status != 200 || html.body != "<script>alert(4)</script>" || html.header.Get("Content-Type") != "application/octet-stream" || html.header.Get("Content-Disposition") != "attachment; filename=evil.html" ||
		!strings.HasPrefix(html.header.Get("Content-Security-Policy"), "sandbox;") || html.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d %v\n%s", html.status, html.header, html.body)
	}
	png := b.get(talkPath + "/1/file/2")
	if png.header.Get("Content-Type") != "image/png" || png.body != "\x89PNG\r\n\x1a\n" || strings.ContainsAny(png.header.Get("Content-Disposition"), "/\\") || !strings.HasPrefix(png.header.Get("Content-Disposition"), "attachment; filename") {
		t.Errorf("%v", png.header)
	}
	for _, n := range []string{"0", "3", "-1", "01", "1.0", "x", "99999999999999999999"} {
		if a := b.get(talkPath + "/1/file/" + n); a.status != 404 {
			t.Errorf("file %s: %d", n, a.status)
		}
	}
}

// What is not there, what is not there any more, and what is not for this person are one page (P15).
func TestNotForYou(t *testing.T) {
	s := newOpenSite(t)
	far := s.Found("nurses.example", "Nurses")
	ward := s.List(far, "ward", "Ward")
	s.publish(s.Talk, plainPost("one", "Compost", "", "Mine is too wet."))
	s.publish(s.Jobs, plainPost("two", "Digger wanted", "", "Spade ready."))
	s.publish(ward, plainPost("three", "Night shift", "", "Lamps."))
	b := s.signedIn(dana)
	if b.get("/archive/gardeners.example/jobs/1").status != 200 {
		t.Fatal("a list of theirs is not there")
	}
	s.Update(func(tx *db.Tx) error { _, err := lists.Unsubscribe(tx, s.Member(dana).ID, s.Jobs.ID); return err })
	want := b.get("/archive/gardeners.example/never")
	if want.status != 404 {
		t.Fatal(want.status)
	}
	for _, path := range []string{
		"/archive/gardeners.example/jobs", "/archive/gardeners.example/jobs/1", "/archive/gardeners.example/jobs/thread/2", "/archive/nurses.example/ward", "/archive/nurses.example/ward/1",
		"/archive/nurses.example/talk", "/archive/gardeners.example/ward", "/archive/gardeners.example/jobs/1/file/1", "/archive/search?q=spade&in=jobs%40gardeners.example",
		talkPath + "/2", talkPath + "/0", talkPath + "/-1", talkPath + "/01", talkPath + "/1%20", talkPath + "/x", talkPath + "/thread/2", talkPath + "/thread/99", talkPath + "/thread/x",
		talkPath + "?page=0", talkPath + "?page=x", talkPath + "?page=100001", talkPath + "/thread/1?page=2", talkPath + "/..", talkPath + "//1", talkPath + "/1/..%2f..", "/archive/gardeners.example/TALK", "/archive/%67ardeners.example/managers",
		"/archive/gardeners.example/Back-channel", "/archive/gardeners.example/INBOX",
	} {
		if a := b.get(path); a.status != 404 || a.body != want.body || len(a.header) != len(want.header) {
			t.Errorf("%s: %d\n%s", path, a.status, a.body)
		}
	}
	for _, q := range []string{"spade", "lamps", "digger"} {
		if a := b.get("/archive/search?q=" + q); !strings.Contains(a.body, "Nothing was found") {
			t.Errorf("%s is found\n%s", q, a.body)
		}
	}
	if a := b.get("/archive"); strings.Contains(a.body, "Jobs") || strings.Contains(a.body, "Ward") {
		t.Error(a.body)
	}
	// A stranger is led to the door, whether or not there is anything behind it.
	x := s.browser()
	for _, path := range []string{talkPath, talkPath + "/1", "/archive/gardeners.example/never", "/archive/search?q=wet", talkPath + "/1/file/1"} {
		if a := x.get(path); a.status != 303 || a.body != "" || !strings.HasPrefix(a.header.Get("Location"), "/in?to=") {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "PATCH"} {
		if a := b.ask(method, talkPath+"/1", ""); a.status != 405 {
			t.Errorf("%s: %d", method, a.status)
		}
	}
	if a := b.ask("HEAD", talkPath+"/1", ""); a.status != 200 || a.body != "" {
		t.Errorf("HEAD: %d", a.status)
	}
}

// Promise 3: what was said to the managers is on no page, of nobody, and cannot be counted on any (LP18).
func TestPrivateLettersAreOnNoPage(t *testing.T) {
	s := newOpenSite(t)
	s.publish(s.Talk, plainPost("one", "Compost", "", "Mine is too wet."))
	pages := func(b *browser) (all []string) {
		for _, path := range []string{"/archive", talkPath, talkPath + "/1", talkPath + "/thread/1", "/archive/search?q=canary", "/archive/search?q=subject:canary", "/archive/search?q=canar*", "/archive/search?q=dana", "/settings"} {
			all = append(all, regexp.MustCompile(`name="nonce" value="[^"]*"`).ReplaceAllString(b.get(path).body, ""))
		}
		return all
	}
	readers := []*browser{s.signedIn(bill), s.signedIn(mira), s.signedIn(theo)}
	var before [][]string
	for _, b := range readers {
		before = append(before, pages(b))
	}
	s.MustSend(mailroomtest.Post{From: dana, To: "managers@gardeners.example", Subject: "Canary in the mine", Body: "The canary sings to the managers alone."})
	s.MustSend(mailroomtest.Post{From: "sil@silent.example", To: "talk@gardeners.example", Subject: "Canary held", Body: "A canary that waits."})
	s.Deliver()
	for i, b := range readers {
		for j, page := range pages(b) {
			if page != before[i][j] {
				t.Errorf("reader %d: page %d changed:\n%s", i, j, page)
			}
		}
	}
}

// RFC 5064: a copy names the page of its post, which opens for members alone, and what another list said about itself is gone. Without
// pages that others can reach nothing is named (M3).
func TestArchivedAt(t *testing.T) {
	s := newOpenSite(t)
	if a := s.One(s.post(), dana); a.Get("Archived-At") != "" {
		t.Errorf("without pages: %s", a.Get("Archived-At"))
	}
	s.Press.Pages = "https://lists.example"
	s.MustSend(mailroomtest.Post{From: bill, To: "talk@gardeners.example", Subject: "Straw", Body: "It helps.", Header: "Archived-At: <https://evil.example/1>\r\n"})
	a := s.One(s.Deliver(), dana)
	if got := a.Header().Values("Archived-At"); len(got) != 1 || got[0] != "<https://lists.example"+talkPath+"/2>" {
		t.Fatalf("%q", got)
	}
	path := strings.TrimSuffix(strings.TrimPrefix(a.Get("Archived-At"), "<https://lists.example"), ">")
	if page := s.signedIn(dana).get(path); page.status != 200 || !strings.Contains(page.body, "It helps.") {
		t.Errorf("%d\n%s", page.status, page.body)
	}
	if page := s.browser().get(path); page.status != 303 {
		t.Errorf("a stranger: %d", page.status)
	}
}

package desk_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
)

// private has Dana write to the managers, and gives the path of her letter's page.
func (s *site) private(p mailroomtest.Post) string {
	s.t.Helper()
	if p.To == "" {
		p.To = "managers@gardeners.example"
	}
	s.MustSend(p)
	s.Deliver()
	return s.newest(mira)
}

// nameless has Dana write to the managers without her name, and gives the path of her letter's page.
func (s *site) nameless() (path string) {
	s.t.Helper()
	for _, who := range []string{"ann@a.example", "ben@b.example", "cleo@c.example", "dan@d.example"} {
		s.Add(s.C, who, "Some Body", lists.RoleMember, s.Talk)
	}
	s.MustSend(mailroomtest.Post{From: dana, To: "anon@gardeners.example", Subject: "Burnt out", Body: "I am close to zzquitting."})
	s.MustSend(mailroomtest.Answer(dana, s.One(s.Deliver(), dana), "YES"))
	for range 5 {
		s.Pass(20 * time.Minute)
		s.Deliver()
	}
	return s.newest(mira)
}

// newest is the path of the newest letter that a manager may see.
func (s *site) newest(who string) (path string) {
	s.t.Helper()
	s.View(func(tx *db.Tx) error {
		all, err := s.Box.List(tx, s.Member(who), true)
		if err == nil && len(all) > 0 {
			path = "/letters/gardeners.example/" + all[0].Code
		}
		return err
	})
	return path
}

// whoRead is what Dana is told about who has read her letters.
func (s *site) whoRead() string {
	s.t.Helper()
	s.MustSend(mailroomtest.Post{From: dana, To: "managers@gardeners.example", Subject: "x", Body: "WHO READ"})
	return s.One(s.Deliver(), dana).Text()
}

func holds(t *testing.T, a answer, words ...string) {
	t.Helper()
	body := strings.Join(strings.Fields(a.body), " ")
	for _, w := range words {
		if !strings.Contains(body, w) {
			t.Errorf("%d: no %q in\n%s", a.status, w, a.body)
		}
	}
}

func lacks(t *testing.T, a answer, words ...string) {
	t.Helper()
	body := strings.Join(strings.Fields(a.body), " ")
	for _, w := range words {
		if strings.Contains(body, w) {
			t.Errorf("%d: %q in\n%s", a.status, w, a.body)
		}
	}
}

// A manager reads their letters in a browser: what lies in their folders, as text, and nowhere a trace of it.
func TestLettersOnTheWeb(t *testing.T) {
	s := newOpenSite(t)
	b := s.signedIn(mira)
	holds(t, b.get("/letters"), "No letter waits for anybody.", "managers@gardeners.example")
	path := s.private(mailroomtest.Post{From: "Dana Reyes <" + dana + ">", Subject: "Zzbeds & more", Body: "May I have zzroses <b>here</b>?\nhttps://roses.example/red"})
	all := b.get("/letters")
	holds(t, all, `<h2>New</h2>`, `href="`+path+`"`, "Zzbeds &amp; more", "Dana Reyes (private ", "nobody has taken it", "answer due Tuesday, 16 June at 10:00", "unread")
	one := b.get(path)
	holds(t, one, "Zzbeds &amp; more", "May I have zzroses &lt;b&gt;here&lt;/b&gt;?", `<a href="https://roses.example/red" rel="noreferrer noopener nofollow">`, "12 June 2026", "Sender verified", "<title>Letter "+path[len(path)-4:]+"</title>")
	lacks(t, one, "private+", "note+", dana, "=== Reply above")
	for _, a := range []answer{all, one} {
		if a.status != 200 || a.header.Get("Cache-Control") != "no-store" || a.header.Get("Referrer-Policy") != "no-referrer" || !strings.Contains(a.header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%d %v", a.status, a.header)
		}
		lacks(t, a, "<script")
	}
	lacks(t, b.get("/letters"), "unread")
	if log := s.log.String(); strings.Contains(strings.ToLower(log), "zz") || strings.Contains(log, path) || strings.Contains(log, "Dana") {
		t.Errorf("the log:\n%s", log)
	}
	// What colleagues say, notes, and the manager's own words stand in their order; a closed letter lies on its own page.
	s.MustSend(mailroomtest.Post{From: theo, To: mailroomtest.Answer(theo, s.lastTo(theo, path), "").To, Subject: "Re", Body: "/note Zzcareful with roses."})
	s.Deliver()
	s.Pass(time.Minute)
	s.Update(func(tx *db.Tx) error {
		c, err := s.Box.ByCode(tx, s.Member(mira), path[len(path)-4:])
		if err == nil {
			_, err = s.Box.Answer(tx, c, s.Member(mira), "Yes, zzplant them.")
		}
		return err
	})
	s.Deliver()
	one = b.get(path)
	holds(t, one, "answered: the writer’s turn", "A note for managers only", "Zzcareful with roses.", "<h2>Theo ", "Your answer", "Yes, zzplant them.", "Mira, for the managers")
	if at := []int{strings.Index(one.body, "zzroses"), strings.Index(one.body, "Zzcareful"), strings.Index(one.body, "zzplant")}; at[0] > at[1] || at[1] > at[2] {
		t.Errorf("out of order: %v", at)
	}
	holds(t, b.get("/letters"), "<h2>Waiting</h2>")
	holds(t, s.signedIn(theo).get(path), "Mira answered Dana Reyes.", "Yes, zzplant them.")
	s.Update(func(tx *db.Tx) error {
		c, err := s.Box.ByCode(tx, s.Member(mira), path[len(path)-4:])
		if err == nil {
			err = s.Box.Close(tx, c, s.Member(mira))
		}
		return err
	})
	holds(t, b.get("/letters"), "No letter waits for anybody.", `href="/letters/gardeners.example/closed"`)
	holds(t, b.get("/letters/gardeners.example/closed"), "<h1>Closed letters</h1>", "Zzbeds", `href="`+path+`"`)
	holds(t, b.get(path), "closed", `href="/letters/gardeners.example/closed"`)
	// What looks for posts finds nothing of it.
	for _, page := range []string{"/archive", "/archive/search?q=zzroses", "/archive/search?q=zzplant", "/settings", talkPath} {
		lacks(t, b.get(page), "Zzbeds", "zzplant them", "Dana Reyes (private")
	}
}

// lastTo is what came last for a manager about a letter: here it stands for the copy that they reply to.
func (s *site) lastTo(who, path string) (a mailroomtest.Arrived) {
	s.t.Helper()
	s.Update(func(tx *db.Tx) error {
		c, err := s.Box.ByCode(tx, s.Member(mira), path[len(path)-4:])
		if err == nil {
			_, err = s.Box.Do(tx, c, s.Member(mira), "/give "+s.Member(who).FirstName())
		}
		return err
	})
	return s.One(s.Deliver(), who)
}

// Opening the page is reading, and is told to the writer as such (WHO READ); HEAD and what browsers fetch beforehand are not. Nothing else
// changes by looking (F1).
func TestReadingOnAPageIsReading(t *testing.T) {
	s := newOpenSite(t)
	b := s.signedIn(mira)
	path := s.private(mailroomtest.Post{From: dana, Subject: "Beds", Body: "May I?"})
	before := dbtest.Dump(t, s.DB)
	b.get("/letters")
	b.ask("HEAD", path, "")
	b.more = map[string][]string{"Sec-Purpose": {"prefetch;prerender"}}
	b.get(path)
	b.more = nil
	if dbtest.Dump(t, s.DB) != before {
		t.Error("looking at the list, HEAD or a prefetch changed something")
	}
	if told := s.whoRead(); strings.Contains(told, "Opened by") || !strings.Contains(told, "Mailed to Mira and Theo") {
		t.Error(told)
	}
	b.get(path)
	before = dbtest.Dump(t, s.DB)
	b.get(path)
	if dbtest.Dump(t, s.DB) != before {
		t.Error("looking a second time changed something")
	}
	s.Pass(2 * time.Hour)
	if told := s.whoRead(); !strings.Contains(told, "Opened by Mira (12 June)") || !strings.Contains(told, "Mailed to Theo") {
		t.Error(told)
	}
}

// To everybody but those who may see a letter there is nothing: members, strangers, managers of another community, and those who were
// managers a moment ago.
func TestLettersAreForManagersAlone(t *testing.T) {
	s := newOpenSite(t)
	other := s.Found("bees.example", "Bees")
	s.Add(other, "ann@hive.example", "Ann Bee", lists.RoleManager)
	path := s.private(mailroomtest.Post{From: dana, Subject: "Zzbeds", Body: "May I zzroses?"})
	code := path[len(path)-4:]
	pages := []string{"/letters/gardeners.example", "/letters/gardeners.example/closed", path, path + "/0123456789abcdef/1"}
	none := func(name string, b *browser, more ...string) {
		t.Helper()
		want := b.get("/nothing").body
		for _, p := range append(more, pages...) {
			if a := b.get(p); a.status != 404 || a.body != want {
				t.Errorf("%s: %s: %d\n%s", name, p, a.status, a.body)
			}
		}
		lacks(t, b.get("/archive"), "/letters", "Letters")
	}
	none("a member", s.signedIn(bill), "/letters")
	none("its writer", s.signedIn(dana), "/letters")
	ann := s.signedIn("ann@hive.example")
	lacks(t, ann.get("/letters"), "Zzbeds", code, "Gardeners")
	for _, p := range append(pages, "/letters/bees.example/"+code) {
		if a := ann.get(p); a.status != 404 || a.body != ann.get("/nothing").body {
			t.Errorf("another's manager: %s: %d", p, a.status)
		}
	}
	for _, p := range pages {
		a := s.browser().get(p)
		if a.status != 303 || !strings.HasPrefix(a.header.Get("Location"), "/in?to=%2Fletters%2F") {
			t.Errorf("a stranger: %s: %d %v", p, a.status, a.header)
		}
	}
	b := s.signedIn(theo)
	holds(t, b.get(path), "zzroses")
	for _, odd := range []string{path + "%20", path + "/x/1", path + "/0123456789abcdef/0", "/letters/gardeners.example?page=0", "/letters/gardeners.example/ZZZZZ"} {
		if a := b.get(odd); a.status != 404 {
			t.Errorf("%s: %d", odd, a.status)
		}
	}
	s.Update(func(tx *db.Tx) error {
		c, err := s.Box.ByCode(tx, s.Member(mira), code)
		if err == nil {
			_, err = s.Box.Do(tx, c, s.Member(mira), "/exclude Theo")
		}
		return err
	})
	holds(t, b.get("/letters"), "No letter waits")
	if a := b.get(path); a.status != 404 || a.body != b.get("/nothing").body {
		t.Errorf("kept from it: %d", a.status)
	}
	s.save(theo, func(m *lists.Member) { m.Role = lists.RoleMember })
	none("a manager no more", b, "/letters")
	s.save(theo, func(m *lists.Member) { m.State = lists.Removed })
	if a := b.get(path); a.status != 303 {
		t.Errorf("removed: %d", a.status)
	}
}

// A letter that names somebody who becomes a manager is not theirs to see, also before their folders are filled: a page shows what lies in
// those.
func TestANewManagersLetters(t *testing.T) {
	s := newOpenSite(t)
	s.private(mailroomtest.Post{From: dana, Subject: "Zzbill", Body: "Bill Tan was rude to me. zzcanary"})
	path := s.private(mailroomtest.Post{From: "sil@silent.example", Subject: "Zzother", Body: "May I?"})
	s.save(bill, func(m *lists.Member) { m.Role = lists.RoleManager })
	b := s.signedIn(bill)
	lacks(t, b.get("/letters"), "Zzbill", "zzcanary")
	s.Pass(time.Minute)
	s.Deliver()
	all := b.get("/letters")
	lacks(t, all, "Zzbill", "zzcanary")
	holds(t, all, `href="`+path+`"`)
	holds(t, b.get(path), "You are a manager since this was written.")
}

// Of somebody without a name a page shows the made-up one, and the hour.
func TestALetterWithoutANameOnTheWeb(t *testing.T) {
	s := newOpenSite(t)
	path := s.nameless()
	b := s.signedIn(mira)
	one := b.get(path)
	holds(t, one, "zzquitting", "(anonymous member, ", "Anonymous")
	if !regexp.MustCompile(`datetime="2026-06-12T\d\d:00:00Z"`).MatchString(one.body) {
		t.Errorf("no round hour:\n%s", one.body)
	}
	for _, a := range []answer{one, b.get("/letters")} {
		lacks(t, a, "Dana", "Reyes", "north.example")
	}
}

// Where words of a letter are for folders alone, whoever is signed in by a link that was mailed sees that there is one: they have shown that
// they read their mail, and there it is not.
func TestRestrictedLettersOnTheWeb(t *testing.T) {
	s := newOpenSite(t)
	s.Add(s.C, jonas, "Jonas Weil", lists.RoleManager, s.Talk)
	s.Update(func(tx *db.Tx) error {
		s.C.Restricted = lists.RestrictedIMAP
		return lists.SaveCommunity(tx, s.C)
	})
	s.private(mailroomtest.Post{From: "Dana Reyes <" + dana + ">", To: "report@gardeners.example", Subject: "Zzanswer", Body: "Theo's answer was zzhumiliating."})
	path := s.newest(mira)
	byLink := s.browser()
	byLink.fill("/in", "/in/link", "address", mira)
	link := s.mailedLink(mira)
	if a := byLink.fill(link, link); a.status != 303 {
		t.Fatal(a.status)
	}
	for _, p := range []string{"/letters", path} {
		lacks(t, byLink.get(p), "Dana", "Zzanswer", "zzhumiliating")
	}
	holds(t, byLink.get(path), "you signed in by a link that was mailed to you")
	holds(t, s.signedIn(jonas).get(path), "zzhumiliating", "Dana Reyes (report ")
	if a := s.signedIn(theo).get(path); a.status != 404 {
		t.Errorf("whom it is about: %d", a.status)
	}
	s.Update(func(tx *db.Tx) error {
		s.C.Restricted = ""
		return lists.SaveCommunity(tx, s.C)
	})
	holds(t, byLink.get(path), "zzhumiliating")
}

// Files are given away, and never shown.
func TestFilesOfLettersOnTheWeb(t *testing.T) {
	s := newOpenSite(t)
	path := s.private(mailroomtest.Post{From: dana, Subject: "A plan", Header: "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n",
		Body: "--b\nContent-Type: text/plain\n\nHere.\n--b\nContent-Type: text/plain; name=plan.txt\nContent-Disposition: attachment; filename=plan.txt\n\nzzplan & more\n--b--"})
	b := s.signedIn(mira)
	m := regexp.MustCompile(`href="(` + path + `/[0-9a-f]{16}/1)" download>plan.txt<`).FindStringSubmatch(b.get(path).body)
	if m == nil {
		t.Fatal(b.get(path).body)
	}
	a := b.get(m[1])
	if a.status != 200 || !strings.Contains(a.body, "zzplan") || !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment; filename=plan.txt") || a.header.Get("Content-Type") != "application/octet-stream" || a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(a.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%d %v", a.status, a.header)
	}
	for _, p := range []string{strings.TrimSuffix(m[1], "1") + "2", strings.TrimSuffix(m[1], "1") + "0"} {
		if a := b.get(p); a.status != 404 {
			t.Errorf("%s: %d", p, a.status)
		}
	}
	for who, status := range map[string]int{theo: 404, bill: 404, dana: 404} { // a colleague's copy has a name of its own
		if a := s.signedIn(who).get(m[1]); a.status != status {
			t.Errorf("%s: %d", who, a.status)
		}
	}
}

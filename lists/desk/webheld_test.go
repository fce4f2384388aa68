package desk_test

import (
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
)

const ada = "ada@nurses.example"

// newSiteOfNewcomer is a site on which members sign in, and where Ada, who is new, writes to the list.
func newSiteOfNewcomer(t *testing.T) *site {
	t.Helper()
	s := newOpenSite(t)
	s.Add(s.C, ada, "Ada Obi", lists.RoleMember, s.Talk)
	s.save(ada, func(m *lists.Member) { m.Trust = lists.New })
	return s
}

// holds has Ada write posts that wait, and lets the mails about them arrive.
func (s *site) holds(subjects ...string) []mailroomtest.Arrived {
	s.t.Helper()
	for _, subject := range subjects {
		s.MustSend(mailroomtest.Post{From: "Ada Obi <" + ada + ">", To: "talk@gardeners.example", Subject: subject, Body: "They climb: " + subject})
	}
	return s.Deliver()
}

// decision presses a button of the page of a post that waits: the word of its button, and what was typed above it.
func (b *browser) decision(path, word, text string) answer {
	b.t.Helper()
	return b.fill(path, path, "do", word, "version", b.versionOf(path), "text", text)
}

func (b *browser) versionOf(path string) string {
	b.t.Helper()
	m := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(b.get(path).body)
	if m == nil {
		return "0"
	}
	return m[1]
}

// told is what stands in the note over a page.
func (a answer) told() string {
	m := regexp.MustCompile(`class="note" role="(?:status|alert)">([^<]*)`).FindStringSubmatch(a.body)
	if m == nil {
		return ""
	}
	return m[1]
}

// waitsFor are the subjects of the page of all that waits.
func (b *browser) waitsFor() string {
	b.t.Helper()
	var all []string
	for _, m := range regexp.MustCompile(`href="/held/(\d+)">([^<]*)`).FindAllStringSubmatch(b.get("/held").body, -1) {
		all = append(all, m[1]+" "+m[2])
	}
	return strings.Join(all, ", ")
}

// A manager reads what waits, and each button does what its word does by mail.
func TestHeldPostsOnTheWeb(t *testing.T) {
	s := newSiteOfNewcomer(t)
	s.holds("Beans", "Peas", "Leeks", "Chard")
	b, other := s.signedIn(mira), s.signedIn(theo)
	is(t, "what waits", b.waitsFor(), "1 Beans, 2 Peas, 3 Leeks, 4 Chard")
	page := b.get("/held/1")
	for _, want := range []string{"<h1>Beans</h1>", "from Ada Obi (ada@nurses.example) · for Garden talk, Gardeners", "It waits because its author is new here.", "They climb: Beans", `<a href="/held">Held posts</a>`} {
		if !strings.Contains(page.body, want) {
			t.Errorf("no %q in\n%s", want, page.body)
		}
	}

	a := b.decision("/held/1", "OK", "")
	is(t, "posted", a.told(), "Posted: Beans")
	all := s.Deliver()
	if a.status != 200 || len(mailroomtest.To(all, bill)) != 1 {
		t.Errorf("not posted: %d\n%s", a.status, mailroomtest.Subjects(all))
	}
	is(t, "the other manager has", other.waitsFor(), "2 Peas, 3 Leeks, 4 Chard")

	a = b.decision("/held/2", "NO", "We have had peas.\r\nYours, Mira Lowe\r\nmira@lowe.example")
	is(t, "refused", a.told(), "Not posted: Peas")
	no := s.One(s.Deliver(), ada)
	if !strings.HasPrefix(no.Subject(), "Not posted") || !strings.Contains(no.Text(), "We have had peas.") || strings.Contains(string(no.Raw()), "mira") || strings.Contains(string(no.Raw()), "Mira") {
		t.Errorf("the author reads\n%s", no.Raw())
	}

	a = b.decision("/held/3", "ASK", "How many?")
	is(t, "asked", a.told(), "Ada Obi (ada@nurses.example) was asked about this: Leeks")
	asked := s.One(s.Deliver(), ada)
	if !strings.Contains(asked.Text(), "How many?") || strings.Contains(string(asked.Raw()), "Mira") {
		t.Errorf("the author reads\n%s", asked.Raw())
	}
	if page := other.get("/held/3"); !strings.Contains(page.body, "How many?") || !strings.Contains(page.body, "No answer has come yet.") {
		t.Errorf("the other manager reads\n%s", page.body)
	}
	s.MustSend(mailroomtest.Answer(ada, asked, "Forty of them."))
	if got := len(mailroomtest.To(s.Deliver(), mira)); got != 1 {
		t.Errorf("%d mails about the answer", got)
	}
	if page := other.get("/held/3"); !strings.Contains(page.body, "Forty of them.") || strings.Contains(page.body, "No answer has come yet.") {
		t.Errorf("the other manager reads\n%s", page.body)
	}

	a = b.decision("/held/4", "FIX", "Shorter, please.")
	is(t, "given back", a.told(), "Ada Obi (ada@nurses.example) has this back: Chard")
	back := s.One(s.Deliver(), ada)
	if page := other.get("/held/4"); !strings.Contains(page.body, "Its author has it, to change it.") || !strings.Contains(page.body, "Shorter, please.") {
		t.Errorf("the other manager reads\n%s", page.body)
	}
	s.MustSend(mailroomtest.Answer(ada, back, "Chard is short."))
	s.Deliver()
	if page := other.get("/held/4"); !strings.Contains(page.body, "Its author has changed it, as a manager asked.") || !strings.Contains(page.body, "Chard is short.") || strings.Contains(page.body, "They climb") {
		t.Errorf("the other manager reads\n%s", page.body)
	}

	a = other.decision("/held/4", "OK ALWAYS", "")
	is(t, "always", a.told(), "Posted: Chard. What its author writes passes from now on.")
	if got := s.Member(ada).Trust; got != lists.Known {
		t.Errorf("her trust is %d", got)
	}
	other.decision("/held/3", "NO", "")
	s.Deliver()
	if got := other.get("/held"); !strings.Contains(got.body, "Nothing waits for a manager.") {
		t.Error(got.body)
	}
	s.holds("Kale")
	is(t, "her next post", b.waitsFor(), "")
	if log := s.log.String(); strings.Contains(log, "Beans") || strings.Contains(log, "ada@") || strings.Contains(log, "peas") {
		t.Error(log)
	}
}

// To whom a post is not shown, there is nothing: the same page as everywhere (P15), whatever they send. Managers do not see either what
// they were never asked about: what may be private, and what waits for its author's word.
func TestHeldPostsAreNotForYou(t *testing.T) {
	s := newSiteOfNewcomer(t)
	far := s.Found("midwives.example", "Midwives")
	s.Add(far, "nell@ward.example", "Nell Ward", lists.RoleManager)
	s.holds("Beans")
	s.MustSend(mailroomtest.Post{From: "sil@silent.example", To: "talk@gardeners.example", Subject: "Canary unsure", Body: "From an address that nobody vouches for."})
	s.MustSend(mailroomtest.Post{From: dana, To: "talk@gardeners.example", Subject: "Canary about Theo", Body: "Dear managers, this is confidential: Theo shouts."})
	s.Deliver()
	mine := s.signedIn(mira)
	is(t, "what waits", mine.waitsFor(), "1 Beans")
	if page := mine.get("/held"); strings.Contains(page.body, "Canary") {
		t.Error(page.body)
	}
	for who, b := range map[string]*browser{"a member": s.signedIn(dana), "its author": s.signedIn(ada), "a manager": mine, "a manager of another community": s.signedIn("nell@ward.example")} {
		want := b.get("/archive/gardeners.example/never")
		paths := []string{"/held/2", "/held/3", "/held/4", "/held/0", "/held/01", "/held/-1", "/held/x", "/held/99999999999999999999", "/held/1/x"}
		if who != "a manager" {
			paths = append(paths, "/held/1")
		}
		if strings.HasPrefix(who, "a m") && strings.HasPrefix(who, "a manager") {
			if page := b.get("/held"); page.status != 200 || who != "a manager" && strings.Contains(page.body, "Beans") {
				t.Errorf("%s: %d\n%s", who, page.status, page.body)
			}
		} else {
			paths = append(paths, "/held")
		}
		for _, path := range paths {
			if a := b.get(path); a.status != 404 || a.body != want.body || len(a.header) != len(want.header) {
				t.Errorf("%s: %s: %d\n%s", who, path, a.status, a.body)
			}
			if path == "/held" || path == "/held/1/x" {
				continue
			}
			nonce := nonceField.FindStringSubmatch(b.get("/settings").body)[1]
			for _, form := range []string{"nonce=x&do=OK&version=0", "nonce=" + nonce + "&do=OK&version=0", "nonce=" + nonce + "&do=NO&version=0&text=no"} {
				if a := b.ask("POST", path, form); a.status != 404 || a.body != want.body {
					t.Errorf("%s: POST %s: %d\n%s", who, path, a.status, a.body)
				}
			}
		}
		if who == "a member" || who == "its author" {
			if a := b.get("/archive"); strings.Contains(a.body, "Held posts") || strings.Contains(a.body, "/held") {
				t.Errorf("%s: %s", who, a.body)
			}
		}
	}
	is(t, "what waits", mine.waitsFor(), "1 Beans")
	x := s.browser()
	for _, path := range []string{"/held", "/held/1", "/held/99"} {
		if a := x.get(path); a.status != 303 || a.header.Get("Location") != "/in?to="+url.QueryEscape(path) || a.body != "" {
			t.Errorf("a stranger: %s: %d %v", path, a.status, a.header)
		}
	}
	if a := x.ask("POST", "/held/1", "nonce=x&do=OK&version=0"); a.status != 303 || a.header.Get("Location") != "/in?to=%2Farchive" {
		t.Errorf("a stranger: %d %v", a.status, a.header)
	}
	foreign := &browser{site: s, cookie: mine.cookie, site_: "cross-site"}
	if a := foreign.ask("POST", "/held/1", "nonce=x&do=OK&version=0"); a.status != 403 {
		t.Errorf("another site: %d", a.status)
	}
	is(t, "what waits", mine.waitsFor(), "1 Beans")
}

// Whoever manages no more, or belongs no more, is out with the next page and the next button.
func TestHeldPostsWhileSignedIn(t *testing.T) {
	for name, change := range map[string]func(*lists.Member){
		"no manager": func(m *lists.Member) { m.Role = lists.RoleMember },
		"suspended":  func(m *lists.Member) { m.State = lists.Paused },
		"removed":    func(m *lists.Member) { m.State = lists.Removed },
	} {
		s := newSiteOfNewcomer(t)
		s.holds("Beans")
		b := s.signedIn(theo)
		nonce := nonceField.FindStringSubmatch(b.get("/held/1").body)[1]
		s.save(theo, change)
		want := map[bool]int{true: 303, false: 404}[name == "removed"]
		if a := b.ask("POST", "/held/1", "nonce="+nonce+"&do=OK&version=0"); a.status != want {
			t.Errorf("%s: %d\n%s", name, a.status, a.body)
		}
		for _, path := range []string{"/held", "/held/1"} {
			if a := b.get(path); a.status != want {
				t.Errorf("%s: %s: %d", name, path, a.status)
			}
		}
		is(t, name, s.signedIn(mira).waitsFor(), "1 Beans")
	}
}

// Of two who press at once one decides, and the other reads who did; the post goes out once.
func TestTwoManagersDecide(t *testing.T) {
	s := newSiteOfNewcomer(t)
	for range 5 {
		s.save(ada, func(m *lists.Member) { m.Trust = lists.New })
		s.holds("Beans")
		all := []*browser{s.signedIn(mira), s.signedIn(theo)}
		path := "/held/" + strings.Fields(all[0].waitsFor())[0]
		forms := make([]string, 2)
		for i, word := range []string{"OK", "NO"} {
			forms[i] = url.Values{"nonce": nonceField.FindStringSubmatch(all[i].get(path).body)[1:2], "do": {word}, "version": {"0"}, "text": {""}}.Encode()
		}
		got := make([]string, 2)
		var both sync.WaitGroup
		for i, b := range all {
			both.Go(func() { got[i] = b.ask("POST", path, forms[i]).told() })
		}
		both.Wait()
		at := "on Friday, 12 June at 10:00."
		posted, refused := len(mailroomtest.To(s.Deliver(), bill)), regexp.MustCompile(`^Not posted: Beans$`).MatchString(got[1])
		want := []string{"Posted: Beans", "Mira posted it, " + at + " What you pressed changed nothing."}
		if refused {
			want = []string{"Theo did not let it through, " + at + " What you pressed changed nothing.", "Not posted: Beans"}
		}
		when := regexp.MustCompile(`on \w+, \d+ \w+ at \d\d:\d\d\.`)
		if when.ReplaceAllString(got[0], at) != want[0] || when.ReplaceAllString(got[1], at) != want[1] || (posted == 1) == refused {
			t.Errorf("%d posted, told %q", posted, got)
		}
		if page := all[0].get(path); strings.Contains(page.body, "<form method=\"post\" action=\"/held") || !strings.Contains(page.body, " on ") {
			t.Error(page.body)
		}
	}
}

// What cannot be done is told over the post as it is, with what was typed; nothing is done.
func TestHeldPostsThatCannotBeDecided(t *testing.T) {
	s := newSiteOfNewcomer(t)
	s.holds("Beans")
	b := s.signedIn(mira)
	before := func() string {
		return strings.Join(regexp.MustCompile(`held\|.*`).FindAllString(dbtest.Dump(t, s.DB), -1), "\n")
	}
	was := before()
	old := nonceField.FindStringSubmatch(b.get("/held/1").body)[1]
	for name, c := range map[string]struct{ form, want string }{
		"no nonce":        {"do=OK&version=0", "This page had been open for a long time, so nothing happened. Please try once more."},
		"another's":       {"nonce=abc&do=NO&version=0&text=Kept+words", "This page had been open for a long time, so nothing happened. Please try once more."},
		"nothing to ask":  {"nonce=" + old + "&do=ASK&version=0&text=+%0D%0A", "There is nothing in your words that can be told to the author without showing who you are. Please write it in other words."},
		"an address":      {"nonce=" + old + "&do=FIX&version=0&text=mira%40lowe.example", "There is nothing in your words that can be told to the author without showing who you are. Please write it in other words."},
		"an older text":   {"nonce=" + old + "&do=OK&version=1", "Its author has changed it since you opened this page, so nothing happened. Here is the new text."},
		"no version":      {"nonce=" + old + "&do=OK", "Its author has changed it since you opened this page, so nothing happened. Here is the new text."},
		"an unknown word": {"nonce=" + old + "&do=MAYBE&version=0", ""},
		"no word":         {"nonce=" + old + "&version=0", ""},
		"small letters":   {"nonce=" + old + "&do=ok&version=0", ""},
	} {
		a := b.ask("POST", "/held/1", c.form)
		if a.status != 200 || a.told() != c.want || !strings.Contains(a.body, "They climb: Beans") || before() != was {
			t.Errorf("%s: %d %q\n%s", name, a.status, a.told(), a.body)
		}
		if strings.Contains(c.form, "Kept") && !strings.Contains(a.body, ">Kept words</textarea>") {
			t.Errorf("%s: what was typed is lost\n%s", name, a.body)
		}
	}
	for _, path := range []string{"/held", "/held/1", "/held/1?do=OK&version=0&nonce=" + old, "/held/1"} {
		if b.get(path); before() != was {
			t.Errorf("looking at %s changes something", path)
		}
	}
	for _, method := range []string{"PUT", "DELETE", "PATCH"} {
		if a := b.ask(method, "/held/1", ""); a.status != 405 {
			t.Errorf("%s: %d", method, a.status)
		}
	}
	s.Now = s.Now.Add(30 * time.Hour)
	if a := b.ask("POST", "/held/1", "nonce="+old+"&do=OK&version=0"); !strings.HasPrefix(a.told(), "This page had been open") {
		t.Errorf("a day later: %q", a.told())
	}
	s.save(ada, func(m *lists.Member) { m.State = lists.Left })
	if a := b.decision("/held/1", "OK", ""); a.told() != "Its author is no member any more, so the letter 1 cannot be posted." || before() != was {
		t.Errorf("its author has left: %q", a.told())
	}
	s.save(mira, func(m *lists.Member) { m.Language = "de" })
	if a := b.decision("/held/1", "OK", ""); a.told() != "Wer das geschrieben hat, ist nicht mehr Mitglied; darum kann der Brief 1 nicht veröffentlicht werden." {
		t.Errorf("in German: %q", a.told())
	}
	if page := b.get("/held"); !strings.Contains(page.body, "<h1>Wartende Beiträge</h1>") || !strings.Contains(page.body, "Er wartet, weil er von jemandem kommt, der neu hier ist.") {
		t.Error(page.body)
	}
	is(t, "what waits", b.waitsFor(), "1 Beans")
}

// A stranger's post can be posted or not; there is nobody to be asked.
func TestHeldPostOfAStranger(t *testing.T) {
	s := newOpenSite(t)
	s.Talk.Posting = lists.ByAnyone
	s.Update(func(tx *db.Tx) error { return lists.SaveList(tx, s.Talk) })
	s.MustSend(mailroomtest.Post{From: "eve@evil.example", To: "talk@gardeners.example", Subject: "<script>x</script>", Body: "Buy https://evil.example/ <b>now</b>\nprivate+0123456789abcdefghjkmnpqrs@gardeners.example"})
	s.Deliver()
	b := s.signedIn(mira)
	page := b.get("/held/1")
	if !strings.Contains(page.body, "Its author is no member, and was told nothing.") || strings.Contains(page.body, `value="ASK"`) || strings.Contains(page.body, `value="FIX"`) || strings.Contains(page.body, "OK ALWAYS") ||
		regexp.MustCompile(`(?i)<script|<b>now|href="https?://evil|0123456789abcdefghjkmnpqrs`).MatchString(page.body) {
		t.Error(page.body)
	}
	for _, word := range []string{"OK ALWAYS", "ASK", "FIX"} {
		if a := b.decision("/held/1", word, "Hello?"); a.status != 200 || b.waitsFor() == "" || len(s.Deliver()) != 0 {
			t.Errorf("%s: %d", word, a.status)
		}
	}
	a := b.decision("/held/1", "NO", "Not here.")
	if is(t, "refused", a.told(), "Not posted: &lt;script&gt;x&lt;/script&gt;"); len(s.Deliver()) != 0 {
		t.Error("somebody got mail")
	}
}

// Whoever comes in by a link shows that they read a manager's mail, as a token does: they see what was mailed there, and decide nothing.
func TestALinkDecidesNothing(t *testing.T) {
	s := newSiteOfNewcomer(t)
	s.holds("Beans")
	b := s.browser()
	b.fill("/in", "/in/link", "address", mira)
	link := s.mailedLink(mira)
	b.fill(link, link)
	page := b.get("/held/1")
	if !strings.Contains(page.body, "They climb: Beans") || !strings.Contains(page.body, "You came in by a link, and that shows only that you read your mail.") || !strings.Contains(page.body, `href="/in?to=/held/1"`) || strings.Contains(page.body, "<button name") {
		t.Errorf("%d\n%s", page.status, page.body)
	}
	nonce := nonceField.FindStringSubmatch(page.body)[1]
	for _, word := range []string{"OK", "OK ALWAYS", "NO", "ASK", "FIX"} {
		if a := b.ask("POST", "/held/1", url.Values{"nonce": {nonce}, "do": {word}, "version": {"0"}, "text": {"x"}}.Encode()); a.status != 200 || !strings.Contains(a.body, "You came in by a link") || len(s.Deliver()) != 0 {
			t.Errorf("%s: %d\n%s", word, a.status, a.body)
		}
	}
	is(t, "what waits", b.waitsFor(), "1 Beans")
	a := b.fill("/in?to=/held/1", "/in", "address", mira, "password", s.secretOf(mira), "to", "/held/1")
	is(t, "by password they come back to it", a.header.Get("Location"), "/held/1")
	is(t, "and decide", b.decision("/held/1", "OK", "").told(), "Posted: Beans")
}

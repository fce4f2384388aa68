package desk_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/smtpd/queue"
)

// I9: every view of a manager who is excluded is the same, byte for byte, in a world with a report and in one without. Two worlds are
// played by the same steps at the same times; what is random in them (tokens, ids of letters, boundaries, the codes of conversations that
// Theo may see) is replaced by one word each, since two worlds have it different in any case (LP11).
func TestAnExcludedManagerSeesNothing(t *testing.T) {
	with, without := played(t, true), played(t, false)
	for i := range max(len(with), len(without)) {
		var a, b string
		if i < len(with) {
			a = with[i]
		}
		if i < len(without) {
			b = without[i]
		}
		if a != b {
			t.Fatalf("view %d differs.\nWith the report:\n%s\n\nWithout:\n%s", i, a, b)
		}
	}
	if len(with) < 100 {
		t.Errorf("only %d views were compared", len(with))
	}
	t.Logf("%d views, %d bytes", len(with), len(strings.Join(with, "")))
}

const (
	jonas = "jonas@weil.example"
	sand  = "sand@law.example"
)

// world is one run of the play, with what Theo saw of it.
type world struct {
	*house
	site   *site
	report bool
	views  []string
	codes  []string
}

var randomParts = regexp.MustCompile(`\b[0-9a-z]{26,40}\b|boundary="?[^"\s;]+"?|--[=_0-9A-Za-z]{16,}(--)?`)

// see adds a view, without what is random.
func (w *world) see(what, text string) {
	for i, c := range w.codes {
		text = strings.ReplaceAll(text, c, fmt.Sprintf("C%03d", i))
	}
	w.views = append(w.views, what+": "+randomParts.ReplaceAllString(text, "R"))
}

// deliver sends what is owed, and sees what comes for Theo.
func (w *world) deliver() []mailroomtest.Arrived {
	w.t.Helper()
	w.learn()
	w.View(func(tx *db.Tx) error {
		owed, err := queue.List(tx, queue.Filter{To: mailroomtest.Addr(theo)})
		w.see("owed", fmt.Sprint(len(owed)))
		return err
	})
	all := w.Deliver()
	var mine []string
	for _, a := range mailroomtest.To(all, theo) {
		mine = append(mine, a.From.String()+" "+string(a.Raw()))
	}
	before := len(w.views)
	for _, m := range mine {
		w.see("mail", m)
	}
	slices.Sort(w.views[before:])
	return all
}

// learn notes the codes of the letters that Theo may see.
func (w *world) learn() {
	w.View(func(tx *db.Tx) error {
		all, err := w.Box.List(tx, w.Member(theo), true)
		for _, c := range slices.Backward(all) {
			if !slices.Contains(w.codes, c.Code) {
				w.codes = append(w.codes, c.Code)
			}
		}
		return err
	})
}

// look is everything that Theo can look at.
func (w *world) look() {
	w.t.Helper()
	w.learn()
	me := w.Member(theo)
	w.View(func(tx *db.Tx) error {
		for _, closed := range []bool{false, true} {
			all, err := w.Box.List(tx, me, closed)
			if err != nil {
				return err
			}
			w.see("list", fmt.Sprint(len(all)))
			for _, c := range all {
				lines, err := w.Box.Show(tx, c)
				if err != nil {
					return err
				}
				w.see("letter", fmt.Sprint(c.Code, c.Name, c.Kind, c.State, c.Owner, c.Subject, c.Rev, c.Restricted, c.Urgent, c.Opened, c.Due, c.Snoozed, c.Closed, lines))
			}
		}
		tags, err := w.Box.Tags(tx, me)
		if err != nil {
			return err
		}
		w.see("tags", fmt.Sprint(tags))
		deeds, err := w.Box.Audit(tx, me, 1000)
		w.see("audit", fmt.Sprint(deeds))
		return err
	})
	c := w.login(theo)
	for _, line := range c.ok(`LIST "" "*"`) {
		w.see("folder", line)
		name := line[strings.LastIndex(line, ` "/" `)+5:]
		if strings.Contains(line, `\Noselect`) {
			continue
		}
		w.see("status "+name, strings.Join(c.ok("STATUS %s (MESSAGES UIDNEXT UIDVALIDITY UNSEEN RECENT)", name), "\n"))
		if lines, end := c.do("EXAMINE %s", name); strings.HasPrefix(end, "OK") {
			w.see("examine "+name, strings.Join(lines, "\n"))
			w.see("search "+name, strings.Join(c.ok("SEARCH TEXT zzcanary"), "\n"))
			w.see("search all "+name, strings.Join(c.ok("UID SEARCH ALL"), "\n"))
			if has(lines, "* 0 EXISTS") {
				continue
			}
			w.see("fetch "+name, strings.Join(c.ok("FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])"), "\n"))
		}
	}
	c.ok("LOGOUT")
	w.browse()
}

// sealedFields are random in every page.
var sealedFields = regexp.MustCompile(`name="(?:nonce|seal)" value="[^"]+"`)

// browse is everything that Theo finds in a browser, and what he gets for the code of a letter that he may not see.
func (w *world) browse() {
	w.t.Helper()
	b := w.site.signedIn(theo)
	todo, done := []string{"/letters", "/letters/gardeners.example/closed", "/archive", "/letters/gardeners.example/" + w.hidden()}, map[string]bool{}
	for len(todo) > 0 {
		path := todo[0]
		todo = todo[1:]
		if done[path] {
			continue
		}
		done[path] = true
		a := b.get(path)
		w.see("page", fmt.Sprint(a.status, " ", sealedFields.ReplaceAllString(a.body, "")))
		for _, m := range regexp.MustCompile(`href="(/(?:letters|archive)[^"?]*)"`).FindAllStringSubmatch(a.body, -1) {
			todo = append(todo, m[1])
		}
	}
}

// hidden is the code of a letter that Theo may not see, or of none.
func (w *world) hidden() (code string) {
	code = "ZZZZ"
	w.View(func(tx *db.Tx) error {
		all, err := w.Box.List(tx, w.Member(mira), true)
		for _, c := range all {
			if !slices.Contains(w.codes, c.Code) {
				code = c.Code
			}
		}
		return err
	})
	return code
}

// only does something in the world with the report.
func (w *world) only(do func()) {
	if w.report {
		do()
	}
}

// played is the play: an ordinary matter, and beside it a report about Theo with everything that managers do to letters.
func played(t *testing.T, report bool) []string {
	w := &world{house: newHouse(t), report: report}
	w.site = siteOf(t, w.Village, withDoor)
	w.Office.Web = "" // each world has a port of its own
	w.Add(w.C, jonas, "Jonas Weil", lists.RoleManager, w.Talk)
	w.Update(func(tx *db.Tx) error {
		w.C.Ombuds = mailroomtest.Addr(sand)
		return lists.SaveCommunity(tx, w.C)
	})
	w.MustSend(mailroomtest.Post{From: theo, To: "talk@gardeners.example", Subject: "Rules", Body: "Read the rules before you ask."})
	post := mailroomtest.To(w.deliver(), bill)[0]

	var reported, told mailroomtest.Arrived
	w.only(func() {
		p := mailroomtest.Answer(bill, post, "That was humiliating. zzcanary")
		p.To = "report@gardeners.example"
		w.MustSend(p)
		all := w.deliverQuietly()
		reported, told = w.One(all, mira), w.One(all, bill)
	})
	w.look()
	w.MustSend(mailroomtest.Post{From: dana, To: "managers@gardeners.example", Subject: "A question", Body: "May I ask something?"})
	all := w.deliver()
	asked := w.One(all, theo)
	w.look()
	w.only(func() {
		w.MustSend(mailroomtest.Answer(mira, reported, "/mine\n/tag zzsecret\n/urgent\n/note zzcanary, Jonas, what do we do?"))
		w.deliverQuietly()
		w.MustSend(mailroomtest.Answer(bill, told, "It happened again. zzcanary"))
		w.deliverQuietly()
		w.MustSend(mailroomtest.Post{From: bill, To: "ombuds@gardeners.example", Subject: "zzcanary", Body: "Only for you. zzcanary"})
		w.deliverQuietly()
	})
	w.look()
	w.MustSend(mailroomtest.Answer(theo, asked, "/who"))
	w.deliver()
	w.MustSend(mailroomtest.Answer(theo, asked, "/log"))
	w.deliver()
	w.MustSend(mailroomtest.Answer(theo, asked, "/tag bees"))
	w.deliver()
	w.only(func() {
		code := strings.Trim(strings.Fields(reported.Subject())[1], "]")
		w.View(func(tx *db.Tx) error {
			_, hidden := w.Box.ByCode(tx, w.Member(theo), code)
			_, none := w.Box.ByCode(tx, w.Member(theo), "ZZZZ")
			if strings.ReplaceAll(hidden.Error(), code, "ZZZZ") != none.Error() {
				t.Errorf("a hidden letter: %v\none that is not there: %v", hidden, none)
			}
			return nil
		})
	})
	for range 30 { // clocks, reminders, briefs
		w.Pass(6 * time.Hour)
		w.deliver()
	}
	w.look()
	w.only(func() {
		w.MustSend(mailroomtest.Answer(mira, reported, "/outcome nothing"))
		w.deliverQuietly()
	})
	w.MustSend(mailroomtest.Answer(theo, asked, "Yes, of course.\n"))
	w.deliver()
	w.MustSend(mailroomtest.Post{From: dana, To: "managers@gardeners.example", Subject: "Another", Body: "One more thing."})
	w.deliver()
	w.Pass(48 * time.Hour)
	w.deliver()
	w.look()
	return w.views
}

// deliverQuietly sends what only the world with the report has, and fails when Theo gets anything.
func (w *world) deliverQuietly() []mailroomtest.Arrived {
	w.t.Helper()
	all := w.Deliver()
	for _, a := range mailroomtest.To(all, theo) {
		w.t.Errorf("Theo got %q:\n%s", a.Subject(), a.Text())
	}
	return all
}

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
)

// Words that stand in private letters: of a report that names Theo, of a letter that every manager may see, and of a note on it.
var (
	secretsOfReport = []string{"zzreportsubject", "zzreportword", "zzreportmore"}
	secretsOfLetter = []string{"zzlettersubject", "zzletterword", "zzlettermore", "zznoteword"}
)

// LP18, LP19 (product.md B15): what is said in private is in no byte that the running program hands to anybody else: not by SMTP, not in
// any reply of IMAP (LIST, STATUS, SEARCH, FETCH, NOTIFY), on no web page, in no log line, no metric, and in nothing that the command line
// prints. Bill is a member who has nothing to do with it, Theo a manager whom the report names. Mira, who may read all, finds it in
// each of them: so the test looks in the right places.
func TestPrivateWordsLeaveByNoDoor(t *testing.T) {
	h := openVillage(t, func(o *Options) {
		o.Config.Metrics.Listen = "127.0.0.1:0"
		o.Config.Web.Listen, o.Config.Web.URL, o.Config.Web.Archive = "127.0.0.1:0", "http://127.0.0.1:0", true
	})
	h.addManagers("theo@brandt.test", "Theo Brandt", "jonas@weil.test", "Jonas Weil")
	secret := map[string]string{}
	for _, who := range []string{"mira@lowe.test", "theo@brandt.test", "bill@south.test"} {
		h.update(func(tx *db.Tx) (err error) { secret[who], err = lists.AddPassword(tx, addr(t, who), ""); return err })
	}
	h.serve()
	h.send("bill@south.test", post("Bill Tan <bill@south.test>", "Which compost?", "one@south.test", "Mine is too wet."))
	h.private("report@gardeners.test", "zzreportsubject", "Theo was rude to me: zzreportword. And zzreportmore.")
	h.private("managers@gardeners.test", "zzlettersubject", "May I ask about zzletterword? It is about zzlettermore.")
	letters := func(who, word string) bool { return h.mailed(who, word) != "" }
	if !within(func() bool {
		return letters("mira@lowe.test", "zzreportword") && letters("mira@lowe.test", "zzletterword") && letters("theo@brandt.test", "zzletterword")
	}) {
		t.Fatalf("the managers did not get the letters; the log:\n%s", h.log)
	}
	code := regexp.MustCompile(`\[BC ([0-9A-Z]{4})\]`).FindStringSubmatch(h.mailed("mira@lowe.test", "zzletterword"))[1]
	report := regexp.MustCompile(`\[BC ([0-9A-Z]{4})\]`).FindStringSubmatch(h.mailed("mira@lowe.test", "zzreportword"))[1]
	run := h.commandLine()
	run("letters", "note", code, "She means zznoteword.", "--as", "mira@lowe.test")
	if !within(func() bool { return letters("theo@brandt.test", "zznoteword") }) {
		t.Fatalf("no note; the log:\n%s", h.log)
	}

	searchedFor := func(where, text string, words ...[]string) {
		t.Helper()
		for _, w := range slices.Concat(words...) {
			if i := strings.Index(strings.ToLower(text), w); i >= 0 {
				t.Errorf("%s: %s leaked: …%s…", where, w, text[max(0, i-300):min(len(text), i+100)])
			}
		}
	}
	holds := func(where, text string, words ...[]string) {
		t.Helper()
		for _, w := range slices.Concat(words...) {
			if !strings.Contains(text, w) {
				t.Errorf("%s does not hold %s: this test looks in the wrong place", where, w)
			}
		}
	}

	// By IMAP. Every byte that the server says, while something new comes in as well.
	mira, theo, bill := h.overIMAP("mira@lowe.test", secret), h.overIMAP("theo@brandt.test", secret), h.overIMAP("bill@south.test", secret)
	holds("Mira's IMAP", mira, secretsOfReport, secretsOfLetter)
	holds("Theo's IMAP", theo, secretsOfLetter)
	searchedFor("Theo's IMAP", theo, secretsOfReport, []string{strings.ToLower(report)})
	searchedFor("Bill's IMAP", bill, secretsOfReport, secretsOfLetter, []string{strings.ToLower(code), strings.ToLower(report), "back-channel"})

	// On the web: every page that a link leads to, and searches. Managers have pages of their letters there; Theo none of the report.
	onWeb := h.onTheWeb(secret)
	holds("the web for Mira", onWeb["mira@lowe.test"], secretsOfReport, secretsOfLetter)
	holds("the web for Theo", onWeb["theo@brandt.test"], secretsOfLetter)
	searchedFor("the web for Theo", onWeb["theo@brandt.test"], secretsOfReport, []string{strings.ToLower(report)})
	searchedFor("the web for Bill", onWeb["bill@south.test"], secretsOfReport, secretsOfLetter, []string{strings.ToLower(code), strings.ToLower(report), "/letters"})
	searchedFor("the archive", onWeb["/archive"], secretsOfReport, secretsOfLetter)
	if _, nobody := visit(t, h.Addr(webListener), "GET", "http://127.0.0.1/archive", ""); strings.Contains(nobody, "compost") {
		t.Error("a stranger reads the archive")
	}

	// In what the operator's monitoring and log hold.
	_, metrics := h.get("/metrics")
	_, health := h.get("/health")
	holds("metrics", metrics, []string{"backchannel_"})
	searchedFor("metrics", metrics+health, secretsOfReport, secretsOfLetter, []string{"dana", "gardeners"})
	searchedFor("the log", h.log.String(), secretsOfReport, secretsOfLetter, []string{"dana@", "theo@"})

	// By SMTP, to everybody but those for whom it is.
	for _, who := range []string{"bill@south.test", "theo@brandt.test", "dana@north.test"} {
		for _, l := range h.outbox(who) {
			switch {
			case who == "bill@south.test":
				searchedFor("mail to Bill", string(l.Raw())+l.Text(), secretsOfReport, secretsOfLetter)
			case who == "theo@brandt.test":
				searchedFor("mail to Theo", string(l.Raw())+l.Text(), secretsOfReport)
			default:
				searchedFor("mail to Dana", string(l.Raw())+l.Text(), []string{"zznoteword"})
			}
		}
	}

	// On the command line: as Theo, as nobody, and beside it as Mira.
	holds("letters show", run("letters", "show", report, "--as", "mira@lowe.test"), secretsOfReport[1:])
	for _, verb := range [][]string{
		{"letters", "show", report, "--as", "theo@brandt.test"}, {"letters", "list", "--as", "theo@brandt.test"}, {"letters", "list", "--json", "--as", "theo@brandt.test"},
		{"letters", "who", report, "--as", "theo@brandt.test"}, {"letters", "log", report, "--as", "theo@brandt.test"}, {"letters", "log", "--as", "theo@brandt.test"}, {"audit", "show", "--as", "theo@brandt.test"},
	} {
		searchedFor(strings.Join(verb, " "), run(verb...), secretsOfReport)
	}
	stories := regexp.MustCompile(`story=([a-z0-9]+)`).FindAllStringSubmatch(h.log.String(), -1)
	verbs := [][]string{
		{"letters", "list"}, {"letters", "show", code}, {"letters", "show", code, "--as", "bill@south.test"}, {"archive", "threads", "talk@gardeners.test"}, {"archive", "search", "talk@gardeners.test", "zzletterword"},
		{"archive", "search", "talk@gardeners.test", "zzreportword"}, {"queue", "list"}, {"queue", "list", "--json"}, {"held", "list"}, {"member", "show", "dana@north.test"}, {"member", "show", "dana@north.test", "--json"},
		{"member", "list"}, {"community", "show", "gardeners.test"}, {"list", "show", "talk@gardeners.test"}, {"report", "state"}, {"report", "crutch"}, {"report", "needs"}, {"report", "quiet"},
		{"digest", "preview", "--member", "bill@south.test"}, {"digest", "preview", "--member", "dana@north.test", "--format", "eml"}, {"digest", "issues", "--member", "dana@north.test"},
		{"due", "--dry-run"}, {"check"}, {"export", "mbox", "talk@gardeners.test"}, {"trace", "zzletter@north.test"},
	}
	for _, s := range stories {
		verbs = append(verbs, []string{"trace", s[1]})
	}
	for _, verb := range verbs {
		out := strings.ReplaceAll(run(verb...), strings.Join(verb[min(3, len(verb)):], " "), "") // a search says what was searched for
		searchedFor(strings.Join(verb, " "), out, secretsOfReport, secretsOfLetter)
	}
}

// onTheWeb is every page that people see, by who does; and by its path, every page of the archive.
func (h *village) onTheWeb(secret map[string]string) map[string]string {
	h.t.Helper()
	all := map[string]string{}
	for who := range secret {
		page := h.everyPage(who, secret[who])
		if !strings.Contains(page, "Mine is too wet.") {
			h.t.Errorf("the web for %s: this test looks in the wrong place", who)
		}
		all[who] = page
		all["/archive"] += h.pagesBelow("/archive", who, secret[who])
	}
	return all
}

// addManagers adds managers: address and name by turns.
func (h *village) addManagers(all ...string) {
	h.t.Helper()
	h.update(func(tx *db.Tx) error {
		c, _, err := lists.CommunityByDomain(tx, "gardeners.test")
		if err != nil {
			return err
		}
		talk, err := lists.Lists(tx, c.ID)
		for i := 0; i < len(all) && err == nil; i += 2 {
			_, err = lists.AddMember(tx, c, lists.NewMember{Address: addr(h.t, all[i]), Name: all[i+1], Role: lists.RoleManager, Delivery: lists.Each, Lists: talk, Trust: lists.Known})
		}
		return err
	})
}

// private is a letter of Dana's to an address behind which only managers are.
func (h *village) private(to, subject, body string) {
	h.t.Helper()
	raw := fmt.Sprintf("From: Dana Reyes <dana@north.test>\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: <%s@north.test>\r\nDate: Fri, 12 Jun 2026 07:00:00 +0000\r\n\r\n%s\r\n", to, subject, strings.TrimSuffix(subject, "subject"), body)
	if err := h.handIn("dana@north.test", to, []byte(raw)); err != nil {
		h.t.Fatal(err)
	}
}

// mailed is the subject of a letter to somebody with a word in its text; "" when none came.
func (h *village) mailed(who, word string) string {
	h.t.Helper()
	for _, l := range h.outbox(who) {
		if strings.Contains(l.Text(), word) {
			return l.Subject()
		}
	}
	return ""
}

// commandLine runs verbs of the program on this village's data, and gives all that they print.
func (h *village) commandLine() func(words ...string) string {
	h.t.Helper()
	file := filepath.Join(h.t.TempDir(), "config.yaml")
	text := fmt.Sprintf("hostname: lists.test\ndata: %q\nsmtp: { listen: \"127.0.0.1:0\", submission: \"\" }\nimap: { listen: \"\" }\nweb: { listen: \"\" }\nverification: off\n", h.Config.Data)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
	return func(words ...string) string {
		var out bytes.Buffer
		run(context.Background(), append([]string{"-c", file, "--at", friday.Format(time.RFC3339)}, words...), strings.NewReader(""), &out, &out)
		return out.String()
	}
}

// overIMAP signs in and asks for everything that there is to ask for; it gives every byte of the replies.
func (h *village) overIMAP(who string, secret map[string]string) string {
	h.t.Helper()
	conn, err := net.Dial("tcp", h.Addr(imapListener))
	if err != nil {
		h.t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(2 * time.Minute))
	var all strings.Builder
	in := bufio.NewReader(io.TeeReader(conn, &all))
	n := 0
	ask := func(command string) string {
		h.t.Helper()
		n++
		from, tag := all.Len(), fmt.Sprintf("t%03d ", n)
		if _, err := fmt.Fprintf(conn, "%s%s\r\n", tag, command); err != nil {
			h.t.Fatal(err)
		}
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				h.t.Fatalf("%s: %v", command, errors.Join(err))
			}
			if strings.HasPrefix(line, tag) {
				return all.String()[from:]
			}
		}
	}
	ask("LOGIN " + who + " " + secret[who])
	folders := ask(`LIST "" "*"`)
	ask(`LIST "" "*" RETURN (STATUS (MESSAGES UNSEEN UIDNEXT UIDVALIDITY))`)
	ask("NOTIFY SET STATUS (personal (MessageNew MessageExpunge))")
	for _, m := range regexp.MustCompile(`(?m)^\* LIST \([^)]*\) \S+ (.+?)\r$`).FindAllStringSubmatch(folders, -1) {
		if strings.Contains(ask("STATUS "+m[1]+" (MESSAGES UNSEEN UIDNEXT)"), "MESSAGES 0 ") {
			continue
		}
		ask("EXAMINE " + m[1])
		for _, word := range []string{"zzreportword", "zzletterword"} {
			ask("UID SEARCH TEXT " + word)
			ask("UID SEARCH SUBJECT " + strings.Replace(word, "word", "subject", 1))
		}
		ask("FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE BODY.PEEK[] BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
		ask("CLOSE")
	}
	ask("LOGOUT")
	return all.String()
}

// everyPage signs in on the web and reads every page that a link leads to, and searches for private words; it gives all of them.
func (h *village) everyPage(who, secret string) string {
	h.t.Helper()
	return h.pagesBelow("/", who, secret)
}

// pagesBelow is everyPage of those below a path.
func (h *village) pagesBelow(root, who, secret string) string {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	client, base := &http.Client{Jar: jar}, "http://"+h.Addr(webListener)
	read := func(res *http.Response, err error) string {
		h.t.Helper()
		if err != nil {
			h.t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			h.t.Fatal(err)
		}
		return string(text)
	}
	form := regexp.MustCompile(`name="nonce" value="([^"]+)"`).FindStringSubmatch(read(client.Get(base + "/in")))
	if form == nil {
		h.t.Fatal("no form to sign in")
	}
	signed := read(client.PostForm(base+"/in", url.Values{"address": {who}, "password": {secret}, "nonce": {form[1]}}))
	var all strings.Builder
	all.WriteString(signed)
	seen, next := map[string]bool{}, []string{"/", "/archive", "/settings"}
	for _, list := range regexp.MustCompile(`/archive/[a-z.]+/[a-z]+`).FindAllString(signed, -1) {
		next = append(next, list+"/search?q=zzletterword", list+"/search?q=zzreportword")
	}
	next = append(next, "/archive/search?q=zzletterword", "/archive/search?q=zzreportword")
	for len(next) > 0 && len(seen) < 300 {
		at := next[0]
		next = next[1:]
		if seen[at] {
			continue
		}
		seen[at] = true
		page := read(client.Get(base + at))
		if u, err := url.Parse(at); err == nil && u.Query().Get("q") != "" { // the page says what was searched for
			page = strings.ReplaceAll(page, u.Query().Get("q"), "")
		}
		if strings.HasPrefix(at, root) {
			all.WriteString(page)
		}
		for _, m := range regexp.MustCompile(`href="(/[^"#]*)"`).FindAllStringSubmatch(page, -1) {
			if !strings.Contains(m[1], "/out") {
				next = append(next, strings.ReplaceAll(m[1], "&amp;", "&"))
			}
		}
	}
	return all.String()
}

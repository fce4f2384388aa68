package digest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/archive/mbox"
	"backchannel/lists"
	"backchannel/lists/notice"
)

// aWeek is a small week on talk, and its digest for Dana.
func aWeek(t testing.TB) (*town, lists.Member, arrived) {
	w := newTown(t)
	dana := w.reader("dana@north.example", "Dana Reyes")
	w.due()
	first := w.say("Bill Tan <bill@south.example>", "Which compost?", "Mine is too wet. What do you use?\n\n-- \nBill Tan\nSouth Street 5")
	w.now = w.now.Add(24 * time.Hour)
	w.say("Alison Graf <alison@east.example>", "Re: Which compost?", "Horse manure, two years old.\n\nOn Mon, Bill Tan wrote:\n> Mine is too wet. What do you use?", re(first))
	w.say("Ines Roth <ines@west.example>", "Frost tonight", "Cover your seedlings.")
	w.at("5 Jun 06:00")
	return w, dana, w.issue(w.due(), "dana@north.example")
}

// The header says who it is from, whom Reply reaches and how to stop it, and nothing in it leads to the list (R3, A7).
func TestHeaderOfAnIssue(t *testing.T) {
	_, _, a := aWeek(t)
	token := regexp.MustCompile(`\+[0-9a-z]{26}@`)
	var got []string
	for _, name := range []string{"From", "To", "Cc", "Reply-To", "Sender", "Subject", "Date", "In-Reply-To", "References", "List-Id", "List-Help", "List-Owner",
		"List-Unsubscribe", "List-Post", "List-Archive", "Precedence", "Auto-Submitted", "X-Auto-Response-Suppress", "MIME-Version"} {
		for _, v := range a.Fields(name) {
			got = append(got, name+": "+token.ReplaceAllString(v, "+TOKEN@"))
		}
	}
	want := `From: Gardeners weekly <digest@gardeners.example>
To: Dana Reyes <dana@north.example>
Reply-To: "The managers (private)" <private+TOKEN@gardeners.example>
Subject: Which compost, Frost tonight - Gardeners, 5 June
Date: Fri, 05 Jun 2026 06:00:00 +0000
List-Id: Gardeners digest <digest.gardeners.example>
List-Help: <mailto:help@gardeners.example>
List-Owner: <mailto:managers@gardeners.example>
List-Unsubscribe: <mailto:digest-off+TOKEN@gardeners.example?subject=off>
Precedence: bulk
Auto-Submitted: auto-generated
X-Auto-Response-Suppress: OOF, AutoReply, DR, RN, NRN
MIME-Version: 1.0`
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("got\n%s\nwant\n%s", s, want)
	}
	if kind := a.MessageID().Kind(); kind != "d" || !strings.HasSuffix(string(a.MessageID()), "@gardeners.example") {
		t.Errorf("Message-ID %s", a.MessageID())
	}
	if !strings.HasPrefix(a.from.String(), "bounce+") {
		t.Errorf("return path %s", a.from)
	}
	if n := strings.Count(string(a.raw), "talk@gardeners.example"); n != 0 {
		t.Errorf("the list's address stands %d times in it", n)
	}
}

// With web pages an issue has the one-click button, https first; its address stands in the header alone (M3, F2, RFC 8058 §3.1).
func TestTheButtonOfAnIssue(t *testing.T) {
	w := newTown(t)
	w.editor.Office.Web = "https://lists.example"
	w.reader("dana@north.example", "Dana Reyes")
	w.due()
	w.say("Bill Tan <bill@south.example>", "Which compost?", "Mine is too wet.")
	w.at("5 Jun 06:00")
	a := w.issue(w.due(), "dana@north.example")
	m := regexp.MustCompile(`^<https://lists\.example/u/([0-9a-z]{26})>, <mailto:digest-off\+([0-9a-z]{26})@gardeners\.example\?subject=off>$`).FindStringSubmatch(a.Get("List-Unsubscribe"))
	if m == nil || m[1] != m[2] || a.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		t.Fatalf("%s\n%s", a.Get("List-Unsubscribe"), a.Get("List-Unsubscribe-Post"))
	}
	if _, body, _ := strings.Cut(string(a.raw), "\r\n\r\n"); strings.Contains(body, m[1]) || strings.Contains(a.Text(), m[1]) {
		t.Error("the address stands in the body")
	}
}

// M3, RFC 9477: complaints about a digest find their way, by the token that stops it.
func TestFeedbackOfAnIssue(t *testing.T) {
	_, _, a := aWeek(t)
	if got := a.Get("CFBL-Address"); got != "fbl@gardeners.example; report=arf" {
		t.Errorf("CFBL-Address: %s", got)
	}
	if token := a.Get("CFBL-Feedback-ID"); len(token) != 26 || !strings.Contains(a.Get("List-Unsubscribe"), "digest-off+"+token+"@") {
		t.Errorf("CFBL-Feedback-ID: %q beside %s", token, a.Get("List-Unsubscribe"))
	}
	if got := a.Get("Feedback-ID"); !regexp.MustCompile("^digest:weekly:[0-9a-f]{10}:gardenersexampl$").MatchString(got) {
		t.Errorf("Feedback-ID: %s", got)
	}
}

// The text as people read it.
// The program's own paragraphs fill whatever screen there is; what people said hangs below their names and stays in its lines.
func TestTextIsFlowed(t *testing.T) {
	for format, flowed := range map[string]bool{lists.FormatBoth: true, lists.FormatText: true, lists.FormatMIME: false, lists.FormatRFC1153: false} {
		_, a := weekAs(t, format)
		label := ""
		for _, p := range a.Parts() {
			if p.Type == "text/plain" && label == "" {
				label = p.Params["format"]
			}
		}
		if (label == "flowed") != flowed {
			t.Errorf("%s: the text is labelled %q", format, label)
		}
		soft, fixed := 0, 0
		for _, line := range strings.Split(strings.ReplaceAll(a.written(), "\r", ""), "\n") {
			if utf8.RuneCountInString(line) > 78 {
				t.Errorf("%s: a line too wide: %q", format, line)
			}
			if strings.HasSuffix(line, " ") {
				soft++
			}
			if strings.HasPrefix(line, "     Answer everyone: ") { // stuffed with one more blank
				fixed++
			}
		}
		if flowed != (soft > 0) || (format == lists.FormatBoth || format == lists.FormatText) != (fixed > 0) {
			t.Errorf("%s: %d lines go on below, %d are stuffed:\n%s", format, soft, fixed, a.written())
		}
	}
}

func TestTextOfAnIssue(t *testing.T) {
	_, _, a := aWeek(t)
	door := regexp.MustCompile(`\+[0-9a-z]{26}@`).ReplaceAllString(a.Text(), "+TOKEN@")
	want := `Just hit Reply to reach the managers privately - nobody else sees it. To answer a thread for everyone, use its address below, or start your reply with: PUBLIC 1

This week: 3 posts, 2 threads, 3 people.

THREADS

   1  Which compost?
    2 new from 2 people
    Bill Tan, Mon: "Mine is too wet. What do you use?"
    Alison Graf, Tue: "Horse manure, two years old."
    Answer everyone: everyone+TOKEN@gardeners.example
    To the managers: private+TOKEN@gardeners.example
    The whole thread: send+TOKEN@gardeners.example

   2  Frost tonight
    1 new
    Ines Roth, Tue: "Cover your seedlings."
    Answer everyone: everyone+TOKEN@gardeners.example
    To the managers: private+TOKEN@gardeners.example
    The whole thread: send+TOKEN@gardeners.example
`
	if !strings.HasPrefix(door, want) {
		t.Errorf("it says\n%s", door)
	}
	for _, words := range []string{"<strong>Bill Tan</strong>, Mon: “Mine is too wet. What do you use?”", "(2&nbsp;new)", `Gardeners, <span style="white-space:nowrap">1-5 June</span>`} {
		if !strings.Contains(a.html(), words) {
			t.Errorf("the HTML lacks %q:\n%s", words, a.html())
		}
	}
	for _, words := range []string{"South Street", "wrote:"} {
		if strings.Contains(a.Text()+a.html(), words) {
			t.Errorf("%q was left", words)
		}
	}
}

// What only some can read is named, and not shown; and how somebody always signs is learned from their posts (A5).
func TestSealedAndSignedPosts(t *testing.T) {
	w := newTown(t)
	w.reader("dana@north.example", "Dana Reyes")
	w.add("ines@west.example", "Ines Roth", lists.RoleMember, lists.None, w.talk)
	w.due()
	w.update(func(tx *db.Tx) error {
		_, err := w.store.AddPost(tx, archive.NewPost{Mailbox: w.talk.Box, Letter: parse(t, "From: Bill Tan <bill@south.example>\r\nSubject: Sealed\r\nMessage-ID: <s@x>\r\nMIME-Version: 1.0\r\n"+
			"Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b\r\n\r\n--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"+
			"--b\r\nContent-Type: application/octet-stream; name=encrypted.asc\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA\r\n-----END PGP MESSAGE-----\r\n--b--\r\n")})
		return err
	})
	for _, words := range []string{"Roses", "Tulips", "Lilies"} {
		w.say("Ines Roth <ines@west.example>", words, "I grow "+words+".\n\nWest Nursery, by the river")
	}
	w.at("5 Jun 06:00")
	a := w.issue(w.due(), "dana@north.example")
	for where, words := range map[string]string{"text": a.Text(), "HTML": a.html()} {
		if !strings.Contains(words, "[encrypted post]") || strings.Contains(words, "encrypted.asc") || strings.Contains(words, "hQEMA") {
			t.Errorf("the sealed post in the %s: %s", where, words)
		}
		if !strings.Contains(words, "I grow Roses.") || strings.Contains(words, "West Nursery") {
			t.Errorf("the signature in the %s: %s", where, words)
		}
	}
}

// Somebody who writes from two addresses is one person.
func TestOnePersonWithTwoAddresses(t *testing.T) {
	w := newTown(t)
	bill := w.add("bill@south.example", "Bill Tan", lists.RoleMember, lists.Each, w.talk)
	w.update(func(tx *db.Tx) error { return lists.AddAddress(tx, bill, addr("bill@home.example")) })
	w.reader("dana@north.example", "Dana Reyes")
	w.due()
	first := w.say("Bill Tan <bill@south.example>", "Compost", "Mine is too wet, and I have tried everything that you told me.")
	w.say("Bill Tan <bill@home.example>", "Re: Compost", "At home it is dry, of course, but there I have no beds to put it on.", re(first))
	w.at("5 Jun 06:00")
	if text := w.issue(w.due(), "dana@north.example").Text(); !strings.Contains(text, "2 posts, 1 thread, 1 person (1 for the first time).") || !strings.Contains(text, "2 new from one person") {
		t.Errorf("it says %s", text)
	}
}

// Dana finds her issue again over IMAP, and the books know that its Message-ID is a digest's (W2).
func TestAnIssueIsFiled(t *testing.T) {
	w, dana, a := aWeek(t)
	w.view(func(tx *db.Tx) error {
		is, err := w.store.IsDigestID(tx, a.MessageID())
		if err != nil || !is {
			t.Errorf("not known as a digest: %v", err)
		}
		box, err := w.store.FindPrivate(tx, int64(dana.ID), "Digests")
		if err != nil {
			return err
		}
		filed, err := w.store.PrivateByUID(tx, box, 1)
		if err != nil {
			return err
		}
		raw, err := w.store.Raw(tx, filed.Raw)
		if string(raw) != string(a.raw) {
			t.Errorf("filed is something else:\n%s", raw)
		}
		return err
	})
}

// I13: the same posts give the same letter, to the last byte, when tokens are made with the same key.
func TestSameInputSameBytes(t *testing.T) {
	var words []string
	for range 2 {
		_, _, a := aWeek(t)
		words = append(words, a.Subject()+"\n"+a.Text()+a.html())
	}
	if words[0] != words[1] {
		t.Errorf("the same week twice:\n%s\n%s", words[0], words[1])
	}
	w := newTown(t)
	dana := w.reader("dana@north.example", "Dana Reyes")
	w.due()
	for i := range 30 {
		w.say("Bill Tan <bill@south.example>", fmt.Sprintf("Subject %d", i%13), "Words.")
	}
	var mails []*notice.Mail
	for range 3 {
		w.update(func(tx *db.Tx) error {
			m, err := w.editor.Preview(tx, dana, "")
			mails = append(mails, m)
			return err
		})
	}
	said := func(m *notice.Mail) string { return m.Words.Subject + "\n" + m.Words.Text + m.Words.HTML }
	if mails[0] == nil || said(mails[0]) != said(mails[1]) || said(mails[1]) != said(mails[2]) {
		t.Error("three previews, not one letter")
	}
	if got := w.rows("SELECT count(*) || '' FROM digest_issue"); got != "0" {
		t.Errorf("a preview left %s rows", got)
	}
	if got := w.rows("SELECT count(*) || '' FROM address_token WHERE receiver = 'digest'"); got != "0" {
		t.Errorf("a preview left %s tokens", got)
	}
}

// Sent by hand, outside the calendar: nothing comes twice, now or at the slot.
func TestSendNow(t *testing.T) {
	w := newTown(t)
	dana := w.reader("dana@north.example", "Dana Reyes")
	send := func() (sent bool) {
		w.now = w.now.Add(time.Minute)
		w.update(func(tx *db.Tx) (err error) { sent, err = w.editor.Send(tx, dana); return err })
		return sent
	}
	w.say("Bill Tan <bill@south.example>", "One", "word-one") // the calendar has not run yet: she reads from her first day
	if !send() || send() {
		t.Fatal("once, and not again")
	}
	w.due()
	w.say("Bill Tan <bill@south.example>", "Two", "word-two")
	w.at("5 Jun 06:00")
	if text := w.issue(w.due(), "dana@north.example").Text(); strings.Contains(text, "word-one") || !strings.Contains(text, "word-two") {
		t.Errorf("it says %s", text)
	}
	bill := w.add("bill@south.example", "Bill Tan", lists.RoleMember, lists.Each, w.talk)
	w.update(func(tx *db.Tx) error {
		if sent, err := w.editor.Send(tx, bill); sent || err != nil {
			t.Error("a digest for somebody who reads every post", err)
		}
		if m, err := w.editor.Preview(tx, bill, ""); m != nil || err != nil {
			t.Error("a preview for somebody who reads every post", err)
		}
		return nil
	})
}

// Addresses of lists and personal ones that somebody wrote into a post do not stand in a digest; words like managers@ do.
func TestNoListAddressAnywhere(t *testing.T) {
	w := newTown(t)
	w.list("jobs", "Jobs")
	dana := w.reader("dana@north.example", "Dana Reyes")
	w.due()
	token := "private+0123456789abcdefghjkmnpqrs"
	w.say("Bill Tan <bill@south.example>", "Write to TALK@Gardeners.example or jobs@gardeners.example",
		"Posts go to talk@gardeners.example, <mailto:jobs@gardeners.example>. My door is "+token+"@gardeners.example. Questions: managers@gardeners.example, "+
			"talk@gardeners.example.org, x@notgardeners.example\n\n> Where is jobs@gardeners.example?\n\nHere.")
	w.say("talk@gardeners.example <ines@west.example>", "A file", "See talk-leave@gardeners.example.", "Content-Disposition: attachment; filename=\"for talk@gardeners.example\"")
	w.at("5 Jun 06:00")
	a := w.issue(w.due(), "dana@north.example")
	for _, address := range []string{"talk@gardeners.example", "jobs@gardeners.example", "leave@gardeners.example", token} {
		for where, words := range map[string]string{"raw": string(a.raw), "text": a.Text(), "html": a.html(), "subject": a.Subject()} {
			words = strings.ReplaceAll(strings.ToLower(words), "talk@gardeners.example.org", "")
			words = strings.ReplaceAll(words, "mailto:leave@gardeners.example", "")
			if strings.Contains(words, address) {
				t.Errorf("%s stands in the %s:\n%s", address, where, words)
			}
		}
	}
	for _, words := range []string{"managers@gardeners.example", "talk@gardeners.example.org", "x@notgardeners.example", "talk@…", "My door is private@…."} {
		if !strings.Contains(a.Text(), words) && !strings.Contains(strings.Join(strings.Fields(a.Text()), " "), words) {
			t.Errorf("%q is gone:\n%s", words, a.Text())
		}
	}
	_ = dana
}

// I12: however full the week, in whatever script, the HTML stays under 90 KB as it travels, so that no mail program cuts it.
func TestSizeOfAFullWeek(t *testing.T) {
	for name, sentence := range map[string]string{
		"latin":    "The quick brown fox jumps over the lazy dog while the gardener watches from behind the shed. ",
		"cyrillic": "Съешь ещё этих мягких французских булок да выпей чаю, пока садовник смотрит из-за сарая. ",
		"cjk":      "今週の庭の写真を送ってください。みなさんの庭を見たいのです。よろしくお願いします。",
		"emoji":    "🌱🌿🌻👩🏽‍🌾🍅🥕🌽🧑‍🌾🐝🦋 ",
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			on := []lists.List{w.talk}
			for i := range 3 {
				on = append(on, w.list(fmt.Sprintf("list%d", i), strings.TrimSpace(letter.Excerpt(sentence, 40))))
			}
			w.reader("dana@north.example", "Dana Reyes", on...)
			w.due()
			posts := 0
			for i, l := range on {
				for j := range 16 {
					subject := fmt.Sprintf("%d-%d %s", i, j, strings.TrimSpace(sentence+sentence+sentence))
					p := w.sayOn(l, "Bill Tan <bill@south.example>", subject, strings.Repeat(sentence, 20+j))
					w.sayOn(l, "Alison Graf <alison@east.example>", "Re: "+subject, strings.Repeat(sentence, 30+j), re(p))
					posts += 2
				}
			}
			w.at("5 Jun 06:00")
			a := w.issue(w.due(), "dana@north.example")
			size := 0
			for _, p := range a.Parts() {
				if p.Type == "text/html" {
					size = len(p.Body())
				}
			}
			t.Logf("%d posts: HTML %d octets encoded, %d as it is, the whole letter %d", posts, size, len(a.html()), len(a.raw))
			if size == 0 || size > 90<<10 {
				t.Errorf("%d octets of HTML", size)
			}
			if !strings.Contains(a.Text(), fmt.Sprintf("%d posts, %d threads", posts, posts/2)) {
				t.Errorf("numbers: %.300s", a.Text())
			}
			named, counted := titles.FindAllString(a.Text(), -1), 0
			for _, m := range more.FindAllStringSubmatch(a.Text(), -1) {
				n, _ := strconv.Atoi(m[1])
				counted += n
			}
			if len(named)+counted != posts/2 || len(named) < 12 {
				t.Errorf("%d threads named, %d counted", len(named), counted)
			}
		})
	}
}

// A week beyond all measure is counted where it cannot be named, and is still one letter that fits.
func TestSizeBeyondMeasure(t *testing.T) {
	w := newTown(t)
	var on []lists.List
	for i := range 12 {
		on = append(on, w.list(fmt.Sprintf("list%d", i), ""))
	}
	w.reader("dana@north.example", "Dana Reyes", on...)
	w.due()
	long := strings.Repeat("Очень длинная тема о саде ", 40)
	for i, l := range on {
		w.update(func(tx *db.Tx) error {
			for j := range 60 {
				raw := fmt.Sprintf("From: Bill Tan <bill@south.example>\r\nSubject: %s\r\nMessage-ID: <%d.%d@x>\r\n\r\nWords.\r\n", encoded(fmt.Sprint(j, " ", long)), i, j)
				if _, err := w.store.AddPost(tx, archive.NewPost{Mailbox: l.Box, Letter: parse(t, raw)}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	w.at("5 Jun 06:00")
	a := w.issue(w.due(), "dana@north.example")
	for _, p := range a.Parts() {
		if p.Type == "text/html" && len(p.Body()) > 90<<10 {
			t.Errorf("%d octets of HTML", len(p.Body()))
		}
	}
	if text := a.Text(); !strings.Contains(text, "720 posts, 720 threads, 1 person") || !strings.Contains(text, "more threads.") {
		t.Errorf("it says %.600s", text)
	}
	if !slices.ContainsFunc(a.Parts(), func(p letter.Part) bool { return p.Type == "text/html" }) {
		t.Error("no HTML")
	}
}

// corpus reads a file of the corpus that lies beside the module; without it the test is skipped.
func corpus(t testing.TB, path string) []mbox.Message {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(filepath.Dir(dir), "..", "shared", "corpus", path))
	if err != nil {
		t.Skip("the corpus is not here")
	}
	defer f.Close()
	var all []mbox.Message
	for m, err := range mbox.NewReader(f, mbox.Options{}).All() {
		if err != nil {
			t.Fatalf("message %d: %v", m.N, err)
		}
		all = append(all, m)
	}
	return all
}

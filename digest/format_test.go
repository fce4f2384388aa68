package digest_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
)

// weekAs is a week on talk, and its digest for Dana in a format.
func weekAs(t *testing.T, format string) (*town, arrived) {
	t.Helper()
	w := newTown(t)
	dana := w.reader("dana@north.example", "Dana Reyes")
	w.update(func(tx *db.Tx) error {
		p := lists.DefaultDigest()
		p.Format = format
		return lists.SaveDigestPref(tx, dana.ID, p)
	})
	w.due()
	first := w.say("Bill Tan <bill@south.example>", "Which compost? #soil", "Mine is too wet. What do you use? Or ask talk@gardeners.example.\n\n-- \nBill Tan\nSouth Street 5")
	w.now = w.now.Add(24 * time.Hour)
	w.say("Alison Graf <alison@east.example>", "Re: Which compost? #soil", "Horse manure, two years old.\n------------------------------\nIt smells.\n\nOn Mon, Bill Tan wrote:\n> Mine is too wet. What do you use?", re(first))
	w.say("talk@gardeners.example <talk@gardeners.example>", "Frost tonight", "Накройте рассаду.")
	w.at("5 Jun 06:00")
	return w, w.issue(w.due(), "dana@north.example")
}

// I1 for every format: nothing in an issue leads to the list (LP1).
func TestNoFormatLeadsToTheList(t *testing.T) {
	for _, format := range []string{lists.FormatBoth, lists.FormatText, lists.FormatMIME, lists.FormatRFC1153} {
		_, a := weekAs(t, format)
		all := []string{string(a.raw), a.Text(), a.html()}
		for _, p := range a.Parts() {
			all = append(all, string(p.Decoded()))
			if inner, err := letter.Parse(p.Decoded()); err == nil {
				all = append(all, string(inner.Header().Bytes()))
			}
		}
		for _, s := range all {
			if strings.Contains(strings.ToLower(s), "talk@gardeners.example") {
				t.Errorf("%s: the list's address stands in it:\n%s", format, around(s, "talk@gardeners.example"))
			}
		}
		if a.Get("Reply-To") == "" || a.Get("List-Post") != "" || a.Get("Cc") != "" {
			t.Errorf("%s: Reply-To %q, List-Post %q", format, a.Get("Reply-To"), a.Get("List-Post"))
		}
		for _, words := range []string{"Horse manure, two years old.", "What do you use?"} {
			if !slices.ContainsFunc(all, func(s string) bool { return strings.Contains(s, words) }) {
				t.Errorf("%s: %q is missing", format, words)
			}
		}
	}
}

func TestTextAlone(t *testing.T) {
	_, a := weekAs(t, lists.FormatText)
	if len(a.Parts()) != 1 || !strings.HasPrefix(a.Get("Content-Type"), "text/plain") || !strings.Contains(a.Text(), "Horse manure") {
		t.Errorf("%d parts, %s", len(a.Parts()), a.Get("Content-Type"))
	}
}

// RFC 2046 §5.1.5: a table of contents, and each post a letter that can be answered by itself.
func TestDigestOfLetters(t *testing.T) {
	_, a := weekAs(t, lists.FormatMIME)
	var types, called []string
	var inner []*letter.Letter
	for _, p := range a.Parts() {
		types = append(types, p.Type)
		if p.Type == "message/rfc822" {
			l, err := letter.Parse(p.Decoded())
			if err != nil {
				t.Fatal(err)
			}
			inner = append(inner, l)
			called = append(called, p.Description)
		}
	}
	if got := strings.Join(called, "; "); got != "Which compost? #soil; Re: Which compost? #soil; Frost tonight" {
		t.Errorf("its parts are called %s", got)
	}
	want := "multipart/mixed text/plain multipart/digest message/rfc822 text/plain message/rfc822 text/plain message/rfc822 text/plain"
	if got := strings.Join(types, " "); got != want {
		t.Fatalf("it is made of %s", got)
	}
	if bytes.ContainsFunc(a.raw, func(r rune) bool { return r > 126 }) {
		t.Error("it is not in 7bit, as what lies inside a letter has to be")
	}
	contents := string(a.Parts()[1].Decoded())
	for _, words := range []string{"This week: 3 posts, 2 threads, 3 people", "Which compost? #soil", "Frost tonight"} {
		if !strings.Contains(strings.Join(strings.Fields(contents), " "), words) {
			t.Errorf("%q is not in the table of contents:\n%s", words, contents)
		}
	}
	if strings.Contains(contents, "Horse manure") {
		t.Error("posts stand in the table of contents")
	}
	var heads []string
	for _, l := range inner {
		token := regexp.MustCompile(`\+[0-9a-z]{26}@`).ReplaceAllString(string(l.Header().Bytes()), "+TOKEN@")
		heads = append(heads, strings.ReplaceAll(token, "\r\n", "\n"))
	}
	compare(t, "mime_heads.txt", strings.Join(heads, "\n"))
	if got := strings.TrimSpace(inner[2].Text()); got != "Накройте рассаду." {
		t.Errorf("the third post says %q", got)
	}
}

// Whoever opens one letter of a digest and presses Reply writes below that post, for everyone. The header is the one of NeoMutt 2022-04-29, which
// names each Message-ID twice when it answers a part of a letter; some others name none (docs/quirks.md).
func TestAnswerToALetterInADigest(t *testing.T) {
	for name, c := range map[string]struct{ header, below string }{
		"NeoMutt":                  {"References: <%[1]s>\r\n <%[1]s>\r\nIn-Reply-To: <%[1]s>\r\n <%[1]s>", "Which compost? #soil by Bill Tan"},
		"RFC 5322":                 {"In-Reply-To: <%[1]s>\r\nReferences: <%[1]s>", "Which compost? #soil by Bill Tan"},
		"no more than the address": {"X-Before: %[1]s", "Re: Which compost? #soil by Alison Graf"}, // the newest of the thread
	} {
		t.Run(name, func(t *testing.T) {
			w, a := weekAs(t, lists.FormatMIME)
			var opening *letter.Letter
			for _, p := range a.Parts() {
				if l, err := letter.Parse(p.Decoded()); p.Type == "message/rfc822" && err == nil && opening == nil {
					opening = l
				}
			}
			to := opening.ReplyTo()[0].Address
			if !strings.HasPrefix(to.Local, "everyone+") {
				t.Fatalf("Reply leads to %s", to)
			}
			if err := w.send("dana@north.example", to.String(), "Re: "+opening.Subject(), "Horse manure.\n\nOn Mon, Jun 01, 2026, Bill Tan wrote:\n> What do you use?", fmt.Sprintf(c.header, opening.MessageID())); err != nil {
				t.Fatal(err)
			}
			const posted = "SELECT (SELECT subject || ' by ' || from_name FROM post WHERE id = p.parent) FROM post AS p ORDER BY p.id DESC LIMIT 1"
			if got := w.rows(posted); got != c.below {
				t.Errorf("it stands below %q, want %q", got, c.below)
			}
		})
	}
}

// RFC 1153, as programs read it.
func TestPlainDigest(t *testing.T) {
	_, a := weekAs(t, lists.FormatRFC1153)
	text := a.Text()
	if !strings.HasPrefix(text, "Gardeners Digest   Fri, 05 Jun 26   Volume 2026 : Issue 156\n\n") {
		t.Errorf("it begins %.80q", text)
	}
	contents, rest, ok := strings.Cut(text, "\n\n"+strings.Repeat("-", 70)+"\n\n")
	if !ok || !strings.Contains(contents, "Frost tonight") {
		t.Fatalf("no table of contents in\n%s", text)
	}
	posts := strings.Split(rest, "\n\n"+strings.Repeat("-", 30)+"\n\n")
	if len(posts) != 4 || !strings.HasPrefix(posts[3], "End of Gardeners Digest\n"+strings.Repeat("*", 23)) {
		t.Fatalf("%d pieces, the last %q", len(posts), posts[len(posts)-1])
	}
	compare(t, "rfc1153_posts.txt", strings.Join(posts[:3], "\n=====\n")+"\n")
}

// A post that is too long, and a week that is, end with a word about it and stay one letter of a sensible size.
func TestWholePostsAreBounded(t *testing.T) {
	for _, format := range []string{lists.FormatMIME, lists.FormatRFC1153} {
		w := newTown(t)
		dana := w.reader("dana@north.example", "Dana Reyes")
		w.update(func(tx *db.Tx) error {
			p := lists.DefaultDigest()
			p.Format = format
			return lists.SaveDigestPref(tx, dana.ID, p)
		})
		w.due()
		for range 60 {
			w.say("Bill Tan <bill@south.example>", "A long one", strings.Repeat("Съешь ещё этих мягких булок.\n", 300))
		}
		w.at("5 Jun 06:00")
		a := w.issue(w.due(), "dana@north.example")
		t.Logf("%s: %d octets", format, len(a.raw))
		if len(a.raw) > 500<<10 {
			t.Errorf("%s: %d octets", format, len(a.raw))
		}
		all := a.Text()
		for _, p := range a.Parts() {
			all += string(p.Decoded())
		}
		if !strings.Contains(all, "(It goes on: the address for the whole thread sends all of it.)") {
			t.Errorf("%s: nothing tells that posts were cut", format)
		}
	}
}

var update = flag.Bool("update", false, "write what was composed into testdata")

// compare holds a text against its golden file.
func compare(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || got != string(want) {
		t.Errorf("%s (%v): got\n%s", path, err, got)
	}
}

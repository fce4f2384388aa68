package digest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive/letter"
)

// oddPosts are the messages of the MIME corpora that somebody can have written to a list, a quarter of an hour apart.
func oddPosts(t *testing.T, from time.Time, which func(*letter.Letter) bool) (all []realPost) {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(filepath.Dir(dir), "..", "shared", "corpus")
	var files []string
	for _, pattern := range []string{"mime-*/*.eml", "mime-*/*/*.eml", "mime-*/*/*/*.eml"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		t.Skip("the corpus is not here")
	}
	slices.Sort(files)
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if l, err := letter.Parse(raw); err == nil && len(l.From()) > 0 && which(l) {
			from = from.Add(15 * time.Minute)
			all = append(all, realPost{l, from})
		}
	}
	return all
}

var (
	section   = regexp.MustCompile(`(?s)\nTHREADS\n(.*?)\n(?:IN BRIEF|A thread feels)`)
	oneThread = regexp.MustCompile(`(?s)\n *\d+  [^\n]*\n.*?    Answer everyone: `)
	hugeWord  = regexp.MustCompile(`https?://\S{130,}`)
)

// Weeks of odd letters: in HTML alone, of files alone, in other scripts. Every thread with its own lines shows something, nothing in it is
// rubble, and the subject says what there is.
func TestOddWeeks(t *testing.T) {
	for name, which := range map[string]func(*letter.Letter) bool{
		"HTML alone": func(l *letter.Letter) bool { return strings.HasPrefix(l.Get("Content-Type"), "text/html") },
		"files alone": func(l *letter.Letter) bool {
			return len(l.Attachments()) > 0 && strings.TrimSpace(l.NewText().Text) == ""
		},
		"other scripts": func(l *letter.Letter) bool {
			return strings.ContainsFunc(l.NewText().Text, func(r rune) bool { return r > 0x370 && r < 0x2000 || r > 0x3000 })
		},
		"all": func(*letter.Letter) bool { return true },
	} {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			posts := oddPosts(t, w.now, which)
			w.reader("dana@north.example", "Dana Reyes")
			w.due()
			n := 0
			w.replay(posts, w.now.AddDate(0, 0, 7), func(a arrived) {
				n++
				text := a.Text()
				for _, p := range a.Parts() {
					if p.Type == "text/html" && len(p.Body()) > 90<<10 {
						t.Errorf("%d octets of HTML", len(p.Body()))
					}
				}
				for _, line := range strings.Split(a.written(), "\n") {
					if strings.HasPrefix(line, " ") && line[1] != ' ' && !strings.HasPrefix(line, " And ") {
						t.Errorf("a line that begins with a blank: %q", line)
					}
				}
				if strings.Contains(a.Subject(), "(no subject)") || a.Subject() == "" {
					t.Errorf("the subject is %q", a.Subject())
				}
				found := section.FindStringSubmatch(text)
				if found == nil {
					t.Fatalf("no threads in\n%s", text)
				}
				for _, thread := range oneThread.FindAllString("\n"+found[1], -1) {
					if !strings.Contains(thread, `"`) && !strings.Contains(thread, "[") {
						t.Errorf("nothing is shown of\n%s", thread)
					}
				}
				if s := hugeWord.FindString(text); s != "" {
					t.Errorf("a link of %d characters", len(s))
				}
				if i := strings.Index(text, "attachment: \uFFFD"); i >= 0 {
					t.Errorf("the name of a file: %s", fmt.Sprintf("%.80s", text[i:]))
				}
			})
			if n == 0 {
				t.Errorf("no issue of %d posts", len(posts))
			}
		})
	}
}

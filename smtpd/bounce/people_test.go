package bounce

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"backchannel/archive/letter"
)

// splitMbox cuts a stored mbox (mboxrd) into letters.
func splitMbox(raw []byte) [][]byte {
	var all [][]byte
	quoted := regexp.MustCompile(`(?m)^>(>*From )`)
	for _, m := range bytes.Split(append([]byte("\n"), raw...), []byte("\nFrom ")) {
		if _, m, ok := bytes.Cut(m, []byte("\n")); ok && len(m) > 0 {
			all = append(all, crlf(quoted.ReplaceAll(m, []byte("$1"))))
		}
	}
	return all
}

// bareOf takes away what a mailing list and the hosts behind it put on a letter: what is left is as its writer sent it.
func bareOf(t testing.TB, raw []byte) *letter.Letter {
	t.Helper()
	l, err := letter.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	h := l.Header()
	h.DelFunc(func(f letter.Field) bool {
		name := strings.ToLower(f.Name)
		return strings.HasPrefix(name, "list-") || name == "precedence" || name == "mailing-list" || name == "return-path" || name == "x-loop" ||
			strings.HasPrefix(name, "x-beenthere") || strings.HasPrefix(name, "x-mailman")
	})
	l, err = letter.Parse(l.With(h))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// strayed are the true bounces that somebody's mail system once sent to one of these lists, by subject, with who failed.
var strayed = map[string]string{
	"WARNING. Mail Delayed: Re: [SAtalk] [OT] Perl problem and 2.40    released":                                "casimir@tgsnopec.com",
	"Returned mail: [SACVS] CVS: spamassassin/masses craig-evolve.c.ALTIVEC,NONE,1.1    craig-evolve.c,1.8,1.9": "matt_relay@sbcglobal.net",
	"Failed mail: Banned or potentially offensive material":                                                     "daz@jpci.net",
}

// TestNoPersonIsABounce: some four thousand letters from public lists. None is a bounce; those that are a robot's say so themselves in a
// header, never by the guess over the subject.
func TestNoPersonIsABounce(t *testing.T) {
	var files []string
	for _, pattern := range [][]string{{"archive-spamassassin", "easy_ham*"}, {"archive-spamassassin", "hard_ham*"}, {"archive-ponymail", "*.mbox"}, {"archive-ponymail", "*.eml"}, {"archive-ponymail", "*", "*"}} {
		found, err := filepath.Glob(corpus(t, pattern[0]) + "/" + strings.Join(pattern[1:], "/"))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	letters, robots := 0, make(map[string]int)
	for _, path := range files {
		if strings.HasSuffix(path, ".jsonl") || strings.HasSuffix(path, ".tsv") {
			continue
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		for _, m := range splitMbox(raw) {
			l := bareOf(t, m)
			letters++
			if found, ok := strayed[l.Subject()]; ok {
				if r := Read(l); r.Kind != Bounce || len(r.Failures) != 1 || r.Failures[0].Recipient.String() != found {
					t.Errorf("%s: %+v", l.Subject(), r)
				}
				continue
			}
			if r := Read(l); r.Kind == Bounce || r.Kind == Complaint {
				t.Errorf("%s: %s: a %s: %+v", filepath.Base(path), l.Subject(), r.Kind, r)
			}
			kind, why := Robot(l, false)
			if kind != Person {
				robots[string(kind)+": "+why]++
			}
			if strings.Contains(why, "subject") || kind == Bounce || kind == Complaint || kind == Receipt {
				t.Errorf("%s: %q was taken for a robot's: %s", filepath.Base(path), l.Subject(), why)
			}
		}
	}
	t.Log(letters, robots)
	if letters < 3000 {
		t.Errorf("only %d letters were found", letters)
	}
}

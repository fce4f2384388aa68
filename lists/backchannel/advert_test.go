package backchannel

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"backchannel/archive/letter"
	"backchannel/archive/mbox"
)

// Each fact counts by itself, and what people write stays below the mark.
func TestAdvertPoints(t *testing.T) {
	page := "Content-Type: text/html\n\n<p>x</p>"
	many := strings.Repeat("https://shop.example/a ", 4)
	for name, c := range map[string]struct {
		raw  string
		want int
	}{
		"a question":              {"From: olga@press.example\nSubject: Interview\n\nMay I ring you?", 0},
		"with one link":           {"From: olga@press.example\nSubject: Interview\n\nSee https://press.example/", 0},
		"HTML alone":              {"From: olga@press.example\n" + page, 2},
		"with pictures, too":      {"From: olga@press.example\nSubject: GROW YOUR GARDEN\nContent-Type: text/html\n\n<img src=x> now", 4},
		"links and no words":      {"From: olga@press.example\n\n" + many, 1},
		"links among many words":  {"From: olga@press.example\n\n" + many + strings.Repeat("word ", 200), 0},
		"answers go elsewhere":    {"From: olga@press.example\nReply-To: x@mail.example\n\nHello", 1},
		"a subject that shouts":   {"From: olga@press.example\nSubject: 100% FREE\n\nHello", 1},
		"a short word in capital": {"From: olga@press.example\nSubject: GDPR\n\nHello", 0},
		"a file to be opened":     {"From: olga@press.example\nContent-Type: application/zip; name=\"Invoice.ZIP\"\nContent-Disposition: attachment; filename=\"Invoice.ZIP\"\n\nx", 2},
	} {
		l, err := letter.Parse([]byte(strings.ReplaceAll(c.raw, "\n", "\r\n")))
		if err != nil {
			t.Fatal(err)
		}
		if got := advertPoints(l); got != c.want {
			t.Errorf("%s: %d points, want %d", name, got, c.want)
		}
	}
}

// Of real letters: how many are taken for advertising. Most of the ham came by lists and shops, which the door knows as robots anyway.
func TestAdvertOnTheCorpus(t *testing.T) {
	share := func(file string) (found, all int) {
		f, err := os.Open(filepath.Join("..", "..", "..", "shared", "corpus", "archive-spamassassin", file))
		if err != nil {
			t.Skip("the corpus is not here")
		}
		defer f.Close()
		for m, err := range mbox.NewReader(f, mbox.Options{}).All() {
			if err != nil {
				t.Fatal(err)
			}
			l, err := letter.Parse(m.Raw)
			if err != nil {
				continue
			}
			if all++; advertPoints(l) >= advertising {
				found++
			}
		}
		return found, all
	}
	spam, spams := share("spam_part1.mbox")
	ham, hams := share("easy_ham_1.mbox")
	t.Logf("%d of %d spam, %d of %d ham", spam, spams, ham, hams)
	if spams == 0 || hams == 0 || spam*100 < spams*25 || ham*100 > hams {
		t.Errorf("%d of %d spam, %d of %d ham", spam, spams, ham, hams)
	}
}

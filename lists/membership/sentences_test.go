package membership

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive/letter"
	"backchannel/archive/mbox"
	"backchannel/lists"
)

// People's sentences: what real lists were sent, as whole letters, and each of their lines as a letter of its own, in small letters and in
// capitals. None of the letters is taken for a word to the program; of the lines, none that says more than such a word; and below a post, or
// in a sentence with a name in it, nothing is done before its author was asked.
func TestSentencesAreNoCommands(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared", "corpus")
	if _, err := os.Stat(root); err != nil {
		t.Skip("the corpus is not here")
	}
	letters, lines, sets := 0, map[string]bool{}, []string{"archive-bigbang", "archive-ponymail", "archive-spamassassin", "mime-mikel-mail", "mime-stalwart", "mime-misc", "quotes-text", "quotes-html"}
	for _, set := range sets {
		for _, raw := range corpusLetters(t, filepath.Join(root, set)) {
			l, err := letter.Parse(raw)
			if err != nil {
				continue
			}
			letters++
			if did := taken(l); did != "" {
				t.Errorf("%q, %q is taken for %s", l.Subject(), l.NewText().Text, did)
			}
			lines[l.Subject()] = true
			for line := range strings.Lines(l.NewText().Text) {
				lines[strings.TrimSpace(line)] = true
			}
		}
	}
	if letters < 4000 || len(lines) < 30000 {
		t.Fatalf("only %d letters, %d lines", letters, len(lines))
	}
	// What one word alone says, at the head of a thread, and is answered with "nobody has seen it"; and below a post.
	begin := []string{"Please help. Thanks.", "commands", "Stop.", "'subscribe'", "UNSUBSCRIBE", "Please join", "help.", "which", "HELP."}
	below := []string{"UNSUBSCRIBE"}
	for line := range lines {
		for _, said := range []string{line, strings.ToUpper(line)} {
			if did := taken(short(t, said, "")); did != "" && !slices.ContainsFunc(begin, func(s string) bool { return strings.EqualFold(s, said) }) {
				t.Errorf("%q begins a thread and is taken for %s", said, did)
			}
			if did := taken(short(t, said, "In-Reply-To: <x@y.example>\r\n")); did != "" && !slices.Contains(below, said) {
				t.Errorf("%q is taken for %s below a post", said, did)
			}
		}
	}
	t.Logf("%d letters, %d lines", letters, len(lines))
}

// Sentences of the kind that people write in capitals: none changes anything by itself, wherever it stands.
func TestCapitalsAreNoCommands(t *testing.T) {
	for _, said := range []string{"NAME THE BEAN", "NAME YOUR PRICE", "NAME that bean", "NAME Dana Reyes"} {
		if did := taken(short(t, said, "")); did != "" {
			t.Errorf("%q begins a thread and is taken for %s", said, did)
		}
	}
	for _, said := range []string{
		"NAME THE BEAN", "NAME Ada Obi", "DAILY", "WEEKLY FRIDAY 8", "MONTHLY", "FOLLOW SUIT", "FOLLOW UP", "MUTE IT", "LEAVE", "HELP", "WHICH", "WHO", "SHOW", "JOIN", "SETTINGS", "EXPORT", "FORGET",
		"VACATION 1 July to 14 July", "ZONE UTC", "LANGUAGE FRENCH", "FORMAT TEXT", "You write 'unsubscribe'", "\"unsubscribe\"", "‘subscribe’",
	} {
		l := short(t, said, "In-Reply-To: <x@y.example>\r\n")
		if did := taken(l); did != "" {
			t.Errorf("%q is taken for %s", said, did)
		}
	}
	for _, said := range []string{"FOLLOW #roles", "MUTE #jobs", "OWN COPY OFF", "VACATION OFF", "unsubscribe", "remove me", "ADDRESS HIDE", "GREET OFF"} {
		if did := taken(short(t, said, "In-Reply-To: <x@y.example>\r\n")); did == "" {
			t.Errorf("%q is not understood below a post", said)
		}
	}
}

// A name is taken from a reply to a digest when it is written as people write theirs.
func TestNameLike(t *testing.T) {
	for name, want := range map[string]bool{
		"Ada Obi": true, "Ludwig van Beethoven": true, "J. R. Hartley": true, "Kim": true, "田中 花子": true, "Zoë O'Neill": true, "Juan de la Cruz": true, "Anne-Marie Du Pont": true,
		"THE BEAN": false, "the bean": false, "YOUR PRICE": false, "Beans, please": false, "One of the two": false, "Server: x": false, "3 kinds": false, "": false, "it": false,
	} {
		if nameLike(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}

// taken is what a letter to a list is taken for without a question.
func taken(l *letter.Letter) string {
	asks := readOnList(&lists.Incoming{Letter: l, List: &lists.List{Local: "talk", Domain: "gardeners.example"}}, time.Date(2026, 6, 12, 8, 0, 0, 0, time.UTC))
	if asks.loose {
		return ""
	}
	for _, s := range slices.Concat(asks.orders, asks.request.set) {
		return s.said()
	}
	return asks.request.word
}

// short is a letter that says one thing.
func short(t *testing.T, said, header string) *letter.Letter {
	t.Helper()
	l, err := letter.Parse([]byte("From: dana@north.example\r\nSubject: Beans\r\nContent-Type: text/plain; charset=utf-8\r\n" + header + "\r\n" + said + "\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// corpusLetters are all letters in a folder of the corpus: mailboxes, single letters, and plain texts.
func corpusLetters(t *testing.T, folder string) (all [][]byte) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		switch filepath.Ext(path) {
		case ".mbox":
			for m, err := range mbox.NewReader(strings.NewReader(string(raw)), mbox.Options{}).All() {
				if err == nil {
					all = append(all, m.Raw)
				}
			}
		case ".eml", ".msg":
			all = append(all, raw)
		case ".txt":
			all = append(all, append([]byte("From: a@b.example\r\nSubject: Beans\r\n\r\n"), raw...))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

package backchannel

import (
	"strings"
	"time"
	"unicode"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/templates"
)

// shingle is how many words in a row make a passage that is known again (G3).
const shingle = 6

// plainWords are the words of a text, in small letters.
func plainWords(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// passages are all runs of six words of a text.
func passages(text string) map[string]bool {
	words := plainWords(letter.Seen(text))
	all := map[string]bool{}
	for i := 0; i+shingle <= len(words); i++ {
		all[strings.Join(words[i:i+shingle], " ")] = true
	}
	return all
}

// repeats finds a passage of a text that stands in others, and the line where it ends; "" when there is none.
func repeats(text string, secret map[string]bool) (line int, found string) {
	var words []string
	for i, l := range strings.Split(letter.Seen(text), "\n") {
		for _, w := range plainWords(l) {
			if words = append(words, w); len(words) < shingle {
				continue
			}
			if run := strings.Join(words[len(words)-shingle:], " "); secret[run] {
				return i + 1, run
			}
		}
	}
	return 0, ""
}

// How far back the words of other conversations are looked at, and how many of them.
const (
	shingleDays = 180
	mostSecrets = 500
)

// checkSecrets finds words of a note, or of another person's conversation, in an answer (G3). It looks only where its manager may look:
// whoever cannot see a letter must not learn of it by what is held. What this member wrote may be said to them again.
func (b *Letterbox) checkSecrets(tx *db.Tx, a *answer) error {
	if len(plainWords(a.text)) < shingle && !strings.ContainsAny(a.text, ">|") {
		return nil
	}
	all, err := secrets(tx, a.conv, tx.Now.Add(-shingleDays*24*time.Hour))
	if err != nil {
		return err
	}
	said := []string{a.conv.Subject}
	secret, known, may := map[string]bool{}, map[string]bool{}, map[ConvID]bool{a.conv.ID: true}
	for _, m := range all {
		readable, asked := may[m.conv]
		if !asked {
			c, err := find(tx, m.conv)
			if err != nil {
				return err
			}
			readable = c.mayRead(a.manager)
			may[m.conv] = readable
		}
		switch {
		case !readable:
		case m.conv == a.conv.ID && m.dir != dirNote:
			said = append(said, m.text)
			for p := range passages(m.text) {
				known[p] = true
			}
		default:
			for p := range passages(m.text) {
				secret[p] = true
			}
		}
	}
	for p := range known {
		delete(secret, p)
	}
	a.checkQuotes(said)
	if line, found := repeats(a.text, secret); found != "" {
		a.guard(templates.NoteWords, line, found)
	}
	return nil
}

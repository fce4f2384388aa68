package refusal

import (
	"embed"
	"fmt"
	"strings"
	"sync"
	"unicode"
)

// The sentences that members read in mails and on pages, by their keys, one file for each language. %s stands for what is filled in; %[2]s
// for the second of several, where a language wants another order.
//
//go:embed words
var words embed.FS

// english is the language of replies of the mail server, of the command line and of the log.
const english = "en"

// tongues are the languages in which refusals can be read.
var tongues = []string{english, "de", "fr", "es", "ja"}

// sentences are those of each language.
var sentences = func() map[string]func() (map[string]string, error) {
	all := map[string]func() (map[string]string, error){}
	for _, tag := range tongues {
		all[tag] = sync.OnceValues(func() (map[string]string, error) { return readSentences(tag) })
	}
	return all
}()

func readSentences(tag string) (map[string]string, error) {
	text, err := words.ReadFile("words/" + tag + ".txt")
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	for line := range strings.Lines(string(text)) {
		key, sentence, ok := strings.Cut(strings.TrimSpace(line), " = ")
		if !ok || all[key] != "" {
			return nil, fmt.Errorf("words/%s.txt: %q is no new sentence", tag, line)
		}
		all[key] = sentence
	}
	return all, nil
}

// tongued fills a gap with its own words in each language, as a day does.
type tongued interface{ In(tag string) string }

// Say makes a refusal whose sentence stands in words: its reader can have it in their language. What fills the gaps becomes one line; what has
// an In of its own is said in that language, too.
func Say(kind Kind, key string, gaps ...any) *Refusal {
	r := &Refusal{Kind: kind, key: key}
	for _, gap := range gaps {
		if t, ok := gap.(tongued); ok {
			r.gaps = append(r.gaps, t)
			continue
		}
		r.gaps = append(r.gaps, oneLine(fmt.Sprint(gap)))
	}
	r.Sentence = r.said(english)
	return r
}

// In is the sentence in a language, a tag of RFC 5646 as "de"; in English when it is not known in that one.
func (r *Refusal) In(tag string) string {
	if said := r.said(tag); r.key != "" && said != "" {
		return said
	}
	return r.Sentence
}

// said is the sentence of a key; "" where there is none.
func (r *Refusal) said(tag string) string {
	read := sentences[tag]
	if read == nil {
		return ""
	}
	all, err := read()
	if err != nil {
		panic(err) // it is part of the program
	}
	if len(r.gaps) == 0 {
		return all[r.key]
	}
	var filled []any
	for _, gap := range r.gaps {
		if t, ok := gap.(tongued); ok {
			gap = oneLine(t.In(tag))
		}
		filled = append(filled, gap)
	}
	return fmt.Sprintf(all[r.key], filled...)
}

// oneLine is a text without line ends, and with one space where several stand.
func oneLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }), " ")
}

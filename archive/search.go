package archive

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"backchannel/templates/refusal"

	"golang.org/x/text/unicode/norm"
)

// Order is the order of what a search finds.
type Order int

// Newest first is the order of choice: ranking costs far more over common words.
const (
	NewestFirst Order = iota
	BestFirst
)

// Query is a search over lists. Words are all wanted; "a phrase" is wanted as it stands; -word is not wanted; from:word and
// subject:word look there only; word* finds what begins with it.
type Query struct {
	Mailboxes []PublicID // where to look; none: nothing is found
	Words     string
	Since     time.Time // published at or after; zero: from the beginning
	Before    time.Time // published before; zero: until now
	Order     Order
	Limit     int // 0: 50
}

// Hit is one post found.
type Hit struct {
	Post    Post
	Snippet string // some words around the first one found
}

// field is where a term is looked for.
type field int

const (
	anywhere field = iota
	inFrom
	inSubject
)

// term is one thing wanted or not wanted.
type term struct {
	in     field
	text   string // one word, or several that stand side by side
	prefix bool   // the last word may go on
	not    bool
}

// Limits of a search: beyond them nobody is looking for anything.
const (
	maxTerms     = 16
	maxSearchLen = 500
)

// parseWords reads what somebody typed. Whatever it is, it is words: there is no syntax error. A search without any word to look
// for is refused in a sentence, and so is one that is too long.
func parseWords(s string) ([]term, error) {
	if len(s) > maxSearchLen {
		return nil, refusal.Say(refusal.Invalid, "search.many")
	}
	var terms []term
	wanted := false
	for rest := strings.TrimSpace(s); rest != ""; rest = strings.TrimLeftFunc(rest, unicode.IsSpace) {
		var t term
		t, rest = nextTerm(rest)
		if !hasWord(t.text) {
			continue
		}
		wanted = wanted || !t.not
		terms = append(terms, t)
	}
	if !wanted {
		return nil, refusal.Say(refusal.Invalid, "search.none")
	}
	if len(terms) > maxTerms {
		return nil, refusal.Say(refusal.Invalid, "search.many")
	}
	return terms, nil
}

// nextTerm takes one term off the front.
func nextTerm(s string) (t term, rest string) {
	if after, ok := strings.CutPrefix(s, "-"); ok {
		t.not, s = true, after
	}
	for name, in := range map[string]field{"from:": inFrom, "subject:": inSubject} {
		if len(s) > len(name) && strings.EqualFold(s[:len(name)], name) {
			t.in, s = in, s[len(name):]
			break
		}
	}
	if strings.HasPrefix(s, `"`) {
		t.text, rest, _ = strings.Cut(s[1:], `"`)
	} else {
		end := strings.IndexFunc(s, unicode.IsSpace)
		if end < 0 {
			end = len(s)
		}
		t.text, rest = s[:end], s[end:]
	}
	if after, ok := strings.CutPrefix(rest, "*"); ok {
		t.prefix, rest = true, after
	}
	if text, ok := strings.CutSuffix(t.text, "*"); ok {
		t.prefix, t.text = true, text
	}
	t.text = strings.ToValidUTF8(strings.ReplaceAll(t.text, "\x00", " "), " ")
	return t, rest
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r) }

func hasWord(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) })
}

// splitsWords tells whether the full-text index knows where the words of a term begin: it does not for scripts without spaces.
func splitsWords(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
	})
}

// ftsQuery writes terms as an FTS5 query over some mailboxes. Every word stands in quotes: nothing in it is an operator.
func ftsQuery(terms []term, boxes []string) string {
	var b strings.Builder
	b.WriteString("(box : (" + strings.Join(boxes, " OR ") + "))")
	for _, t := range terms {
		if !t.not {
			b.WriteString(" AND (" + ftsTerm(t) + ")")
		}
	}
	for _, t := range terms {
		if t.not {
			b.WriteString(" NOT (" + ftsTerm(t) + ")")
		}
	}
	return b.String()
}

func ftsTerm(t term) string {
	column := map[field]string{anywhere: "{subject author body}", inFrom: "author", inSubject: "subject"}[t.in]
	text := `"` + strings.ReplaceAll(t.text, `"`, `""`) + `"`
	if t.prefix {
		text += " *"
	}
	return column + " : " + text
}

// likePattern is a term for LIKE … ESCAPE '\'.
func likePattern(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(text) + "%"
}

// snippetLen is about how many characters of a post are shown with a hit.
const snippetLen = 160

// snippet is some text around the first word found, on one line.
func snippet(text string, terms []term) string {
	text = strings.Join(strings.Fields(text), " ")
	at := -1
	for _, t := range terms {
		if !t.not && t.in == anywhere {
			if i := indexFold(text, stem(t.text)); i >= 0 && (at < 0 || i < at) {
				at = i
			}
		}
	}
	start := max(at, 0)
	for n := 0; start > 0 && n < snippetLen/3; n++ {
		_, width := utf8.DecodeLastRuneInString(text[:start])
		start -= width
	}
	end := start
	for n := 0; end < len(text) && n < snippetLen; n++ {
		_, width := utf8.DecodeRuneInString(text[end:])
		end += width
	}
	return ellipsis(text, start, end)
}

// ellipsis cuts text[start:end] at whole words and marks what was cut.
func ellipsis(text string, start, end int) string {
	out := text[start:end]
	if start > 0 {
		if _, after, ok := strings.Cut(out, " "); ok {
			out = after
		}
		out = "… " + out
	}
	if end < len(text) {
		if i := strings.LastIndexByte(out, ' '); i > 0 {
			out = out[:i]
		}
		out += " …"
	}
	return out
}

// stem cuts endings that the index does not mind either, so that "bees" marks "bee".
func stem(s string) string {
	s = strings.TrimFunc(s, func(r rune) bool { return !isWordRune(r) })
	if len(s) > 4 {
		for _, end := range []string{"ing", "ed", "es", "s"} {
			if cut, ok := strings.CutSuffix(s, end); ok && len(cut) > 2 {
				return cut
			}
		}
	}
	return s
}

// indexFold finds a word without regard to case where lower case has the same length, as it nearly always has.
func indexFold(text, word string) int {
	lower := strings.ToLower(text)
	if word == "" || len(lower) != len(text) {
		return -1
	}
	return strings.Index(lower, strings.ToLower(word))
}

// privateWords are the words of a text as the private index has them: folded, each under the key, in order.
func (s sealer) privateWords(text string) []string {
	var out []string
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return !isWordRune(r) }) {
		out = append(out, s.blindWord(foldWord(w)))
	}
	return out
}

// foldWord makes one word of its spellings: case, marks on letters, and the English plural.
func foldWord(w string) string {
	w = strings.ToLower(unmark(w))
	switch {
	case len(w) > 4 && strings.HasSuffix(w, "ies"):
		return w[:len(w)-3] + "y"
	case len(w) > 3 && strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss") && !strings.HasSuffix(w, "us"):
		return w[:len(w)-1]
	}
	return w
}

// unmark takes the marks off letters: é is e.
func unmark(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return strings.Map(func(r rune) rune {
				if unicode.Is(unicode.Mn, r) {
					return -1
				}
				return r
			}, norm.NFKD.String(s))
		}
	}
	return s
}

// boxWords are how the index names mailboxes.
func boxWords(boxes []PublicID) []string {
	var words []string
	for _, b := range slices.Compact(slices.Sorted(slices.Values(boxes))) {
		words = append(words, `"m`+strconv.FormatInt(int64(b), 10)+`"`)
	}
	return words
}

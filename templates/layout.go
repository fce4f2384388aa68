package templates

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	wrapAt       = 72  // characters of a line that we break
	widest       = 78  // characters of a line that we leave alone (RFC 5322 §2.1.1)
	subjectWidth = 150 // characters of a subject; no mail program shows more

	// kept begins every line that must stay as it is. No field can hold this sign: all control characters are taken out of them.
	kept = "\x01"
)

// keep marks every line of a text as one to stay, with a prefix in front. Lines too wide are broken, with the prefix in front of each
// piece.
func keep(prefix, text string) string {
	var out []string
	for _, line := range lines(text) {
		for _, piece := range breakLine(line, widest-utf8.RuneCountInString(prefix)) {
			out = append(out, kept+strings.TrimRight(prefix+piece, " "))
		}
	}
	return strings.Join(out, "\n")
}

// lines splits a text, without blanks at the ends of its lines.
func lines(text string) []string {
	all := strings.Split(text, "\n")
	for i, l := range all {
		all[i] = strings.TrimRight(l, " \t")
	}
	return all
}

// breakLine breaks one line of a person's text when it is wider than width. What it begins with, blanks and the > of quotes, stands in
// front of each piece. A word is never broken: it may be an address.
func breakLine(line string, width int) []string {
	if columns(line) <= width {
		return []string{line}
	}
	rest := strings.TrimLeft(line, " \t>")
	lead := line[:len(line)-len(rest)]
	if len(lead) > width/2 {
		lead = ""
	}
	return fill(blanks(rest), lead, lead, width-(widest-wrapAt))
}

// fill puts words into lines of a width, the first line after one prefix and the others after another.
func fill(words []string, first, others string, width int) []string {
	var out []string
	line, at := first, columns(first)
	begun := false
	for _, word := range words {
		for i, piece := range pieces(word) {
			n, space := columns(piece), 0
			if begun && i == 0 {
				space = 1
			}
			if begun && at+space+n > width {
				out = append(out, line)
				line, at, begun, space = others, columns(others), false, 0
			}
			line += strings.Repeat(" ", space) + piece
			at += space + n
			begun = true
		}
	}
	return append(out, line)
}

// glued are the blanks of French that stay beside their sign at the end of a line.
var (
	glued   = strings.NewReplacer("«\u00a0", "«\x02", "\u00a0»", "\x02»", "\u00a0:", "\x02:", "\u00a0;", "\x02;", "\u00a0?", "\x02?", "\u00a0!", "\x02!")
	unglued = strings.NewReplacer("\x02", "\u00a0")
)

// blanks parts a text at its blanks, but not between a sign and its word. Many who write French type a usual blank there.
func blanks(s string) (words []string) {
	open := false
	for _, word := range strings.Fields(glued.Replace(s)) {
		word = unglued.Replace(word)
		if n := len(words); n > 0 && (open || strings.Trim(word, "?!:;»") == "") && takesSign(words[n-1]) {
			words[n-1] += " " + word
		} else {
			words = append(words, word)
		}
		open = word == "«"
	}
	return words
}

// What begins no line and what ends none where a script knows no blanks (JIS X 4051: points, closing and opening brackets, small kana).
const (
	noBegin = "、。，．！？：；・）］｝」』】〉》〕ー〜％々ゝゞヽヾ…‥”’ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ"
	noEnd   = "（［｛「『【〈《〔“‘"
)

// takesSign tells whether a sign may stay beside a word: one sign on each side, not where a line may end anywhere, nor beside a link.
func takesSign(word string) bool {
	last, _ := utf8.DecodeLastRuneInString(word)
	return !wide(last) && strings.Count(word, " ") < 2 && len(word) < wrapAt/2
}

// pieces are the parts of a word between which a line may end: a word of letters is never broken, it may be an address; Chinese and
// Japanese know no blanks and may end anywhere, but their points do not begin a line.
func pieces(word string) []string {
	if strings.IndexFunc(word, wide) < 0 {
		return []string{word}
	}
	var all []string
	last := rune(0)
	for _, r := range word {
		if len(all) > 0 && (!wide(r) && !wide(last) || strings.ContainsRune(noBegin, r) || strings.ContainsRune(noEnd, last)) {
			all[len(all)-1] += string(r)
		} else {
			all = append(all, string(r))
		}
		last = r
	}
	return all
}

// wide tells the characters of scripts without blanks, which are two columns wide.
func wide(r rune) bool {
	return r >= 0x2E80 && (unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || r >= 0x3000 && r <= 0x303F || r >= 0xFF01 && r <= 0xFF60)
}

// columns is how wide a text is on a screen. Korean is as wide as Japanese, but has blanks.
func columns(s string) int {
	n := utf8.RuneCountInString(s)
	for _, r := range s {
		if wide(r) || r >= 0x1100 && unicode.Is(unicode.Hangul, r) {
			n++
		}
	}
	return n
}

// layout turns a filled text into the lines that are sent: paragraphs are wrapped, points hang, lines that begin with a blank and
// lines marked to stay are left alone, and between paragraphs there is one empty line.
func layout(text string) string { return layParagraphs(text, wrapAt) }

// layParagraphs is layout with paragraphs of another width. What hangs keeps its own, and so does a script without blanks: whoever
// joins its lines again would put a blank between them.
func layParagraphs(text string, paragraph int) string {
	var out, words []string
	first, others := "", ""
	flush := func() {
		width := paragraph
		if first != "" || slices.ContainsFunc(words, func(word string) bool { return strings.IndexFunc(word, wide) >= 0 }) {
			width = wrapAt
		}
		if len(words) > 0 {
			out = append(out, fill(words, first, others, width)...)
		}
		words, first, others = nil, "", ""
	}
	blank := func() {
		if len(out) > 0 && out[len(out)-1] != "" {
			out = append(out, "")
		}
	}
	for _, line := range strings.Split(text, "\n") {
		said, stays := strings.CutPrefix(line, kept)
		switch {
		case stays:
			flush()
			out = append(out, strings.ReplaceAll(said, kept, ""))
		case strings.TrimSpace(line) == "":
			flush()
			blank()
		case line[0] == ' ' || strings.HasPrefix(line, "==="):
			flush()
			out = append(out, strings.TrimRight(line, " "))
		case strings.HasPrefix(line, "* "):
			flush()
			first, others = "  * ", "    "
			words = blanks(line[2:])
		default:
			words = joined(words, blanks(line))
		}
	}
	flush()
	return strings.Trim(strings.Join(out, "\n"), "\n") + "\n"
}

// joined are the words of two lines as those of one; Japanese and Chinese have no blank between them.
func joined(words, more []string) []string {
	if len(words) > 0 && len(more) > 0 {
		last := &words[len(words)-1]
		before, _ := utf8.DecodeLastRuneInString(*last)
		after, _ := utf8.DecodeRuneInString(more[0])
		if wide(before) && wide(after) {
			*last += more[0]
			more = more[1:]
		}
	}
	return append(words, more...)
}

// clip shortens to a number of characters, between words where it can, and shows that it did.
func clip(width int, s string) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	runes := []rune(s)[:max(width-1, 0)]
	cut := string(runes)
	if i := strings.LastIndexByte(cut, ' '); i > len(cut)/2 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,.;:-") + "…"
}

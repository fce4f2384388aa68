package letter

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// brokenFrom is how wide a line is, in columns, at whose end a program broke a sentence of Chinese or Japanese.
const brokenFrom = 40

// oneLine joins the lines of a text with blanks, except in scripts without blanks: there the parts of a sentence follow each other, and
// a blank stands only behind a line that ended by itself, like the point of a list.
func oneLine(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	last, broken := rune(0), false
	for line := range strings.SplitSeq(text, "\n") {
		words := strings.Join(strings.Fields(line), " ")
		if words == "" {
			broken = false // a paragraph ends
			continue
		}
		first, _ := utf8.DecodeRuneInString(words)
		if b.Len() > 0 && !(isUnspaced(last) && isUnspaced(first) && (broken || endsSentence(string(last)))) {
			b.WriteByte(' ')
		}
		b.WriteString(words)
		last, _ = utf8.DecodeLastRuneInString(words)
		broken = columns(words) >= brokenFrom
	}
	return b.String()
}

// isUnspaced tells whether a character belongs to a script written without blanks: Korean has them.
func isUnspaced(r rune) bool { return isWide(r) && !unicode.Is(unicode.Hangul, r) }

// Excerpt is the beginning of a text on one line, at most max characters: whole sentences if at least the half of the room is
// used by them, else whole words. What was cut ends in "…".
func Excerpt(text string, max int) string {
	words := oneLine(text)
	if utf8.RuneCountInString(words) <= max {
		return words
	}
	if max <= 0 {
		return ""
	}
	// Where may it end? Positions are in bytes, behind the last character kept; counts are characters.
	var sentence, word, hard, sentenceRunes int
	count, before := 0, rune(0)
	for i, c := range words {
		if count == max-1 { // the last character is for "…"
			hard = i
			if c == ' ' || isUnspaced(c) {
				word = i
			}
			break
		}
		switch {
		case c == ' ':
			word = i
			if endsSentence(words[:i]) && count+1 < max { // " …" needs two
				sentence, sentenceRunes = i, count
			}
		case count > 0 && isUnspaced(c):
			word = i // scripts without spaces may end anywhere
			if strings.ContainsRune("。！？", before) && !strings.ContainsRune("。！？」』）", c) {
				sentence, sentenceRunes = i, count
			}
		}
		before = c
		count++
	}
	switch {
	case sentenceRunes*2 >= max && words[sentence] != ' ':
		return words[:sentence] + "…"
	case sentenceRunes*2 >= max:
		return words[:sentence] + " …"
	case word > 0:
		if last := strings.LastIndexByte(words[:word], ' '); last > 0 && words[word-1] == '.' && stands(words[last+1:word]) {
			word = last // it stands before nothing now
		}
		return strings.TrimRight(words[:word], " ,;:-–—(、，：；・（「『【") + "…"
	}
	return words[:wholeCharacter(words, hard)] + "…"
}

// endsSentence tells whether text ends where a sentence may end.
func endsSentence(text string) bool {
	text = strings.TrimRight(text, "\"'”’»)]")
	c, _ := utf8.DecodeLastRuneInString(text)
	if c == '.' && stands(text[strings.LastIndexByte(text, ' ')+1:]) {
		return false
	}
	return c == '.' || c == '!' || c == '?' || c == '…' || c == '。' || c == '！' || c == '？'
}

// stands tells whether a word with a full stop stands before something: the number of a point, an initial, "e.g.", "z.B.".
func stands(word string) bool {
	for part := range strings.SplitSeq(strings.TrimLeft(strings.TrimSuffix(word, "."), "\"'“‘«(["), ".") {
		if n := utf8.RuneCountInString(part); n == 0 || n > 2 {
			return false
		}
	}
	return true
}

// wholeCharacter moves a cut back so that it does not tear a letter from its marks or an emoji apart.
func wholeCharacter(text string, cut int) int {
	for cut > 0 {
		next, _ := utf8.DecodeRuneInString(text[cut:])
		last, size := utf8.DecodeLastRuneInString(text[:cut])
		if !unicode.Is(unicode.Mn, next) && next != '\u200D' && next != '\uFE0F' && last != '\u200D' {
			return cut
		}
		cut -= size
	}
	return cut
}

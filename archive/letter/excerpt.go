package letter

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Excerpt is the beginning of a text on one line, at most max characters: whole sentences if at least the half of the room is
// used by them, else whole words. What was cut ends in "…".
func Excerpt(text string, max int) string {
	words := strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(words) <= max {
		return words
	}
	if max <= 0 {
		return ""
	}
	// Where may it end? Positions are in bytes, behind the last character kept; counts are characters.
	var sentence, word, hard, sentenceRunes int
	count := 0
	for i, c := range words {
		if count == max-1 { // the last character is for "…"
			hard = i
			if c == ' ' || isWide(c) {
				word = i
			}
			break
		}
		if c == ' ' {
			word = i
			if endsSentence(words[:i]) && count+1 < max { // " …" needs two
				sentence, sentenceRunes = i, count
			}
		} else if count > 0 && isWide(c) {
			word = i // scripts without spaces may end anywhere
		}
		count++
	}
	switch {
	case sentenceRunes*2 >= max:
		return words[:sentence] + " …"
	case word > 0:
		if last := strings.LastIndexByte(words[:word], ' '); last > 0 && words[word-1] == '.' && stands(words[last+1:word]) {
			word = last // it stands before nothing now
		}
		return strings.TrimRight(words[:word], " ,;:-–—(") + "…"
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

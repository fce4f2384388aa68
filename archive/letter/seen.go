package letter

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Seen is a text as eyes read it, for whoever looks for something in it: without characters that nobody sees (soft hyphens, joiners, blanks
// of no width), with letters and their accents in one, wide and narrow forms as ordinary ones, and every dash and blank as the one on the
// keyboard. Mail programs put such characters into addresses and telephone numbers that are to break, or not to break, at the end of a
// line. Its lines are those of the text. It is for comparing, not for sending: a superscript 2 is a 2 in it.
func Seen(text string) string {
	if plainASCII(text) {
		return text
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r < utf8.RuneSelf:
			return r
		case unseen(r):
			return -1
		case unicode.Is(unicode.Pd, r), r == '\u2212':
			return '-'
		case unicode.Is(unicode.Zs, r):
			return ' '
		}
		return r
	}, norm.NFKC.String(text))
}

func plainASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// unseen tells the characters that take no place on a screen (Unicode: Default_Ignorable_Code_Point, and formats).
func unseen(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

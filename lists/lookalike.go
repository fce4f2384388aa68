package lists

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// alike are letters that the eye takes for a Latin one.
var alike = map[rune]rune{
	'а': 'a', 'в': 'b', 'е': 'e', 'ё': 'e', 'к': 'k', 'м': 'm', 'н': 'h', 'о': 'o', 'р': 'p', 'с': 'c', 'т': 't', 'у': 'y', 'х': 'x', 'ѕ': 's', 'ј': 'j', 'і': 'l', 'ӏ': 'l',
	'ԁ': 'd', 'ԛ': 'q', 'ԝ': 'w', 'һ': 'h', 'ո': 'n', 'օ': 'o', 'ս': 'u',
	'α': 'a', 'ε': 'e', 'η': 'n', 'ι': 'l', 'κ': 'k', 'ν': 'v', 'ο': 'o', 'ρ': 'p', 'τ': 't', 'υ': 'u', 'χ': 'x',
	'ı': 'l', 'ł': 'l', 'ø': 'o', 'đ': 'd', 'ħ': 'h', 'ɑ': 'a', 'ɡ': 'g', 'ʟ': 'l',
	'i': 'l', '1': 'l', '|': 'l', '0': 'o', '3': 'e', '5': 's',
}

// look reduces a name to what the eye reads: letters and digits, without case, accents, spaces and look-alike forms (B6).
func look(s string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(s)) {
		if to, ok := alike[r]; ok {
			r = to
		}
		if (unicode.IsLetter(r) || unicode.IsDigit(r)) && !unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// contained is how long a name has to be, as the eye reads it, to be seen inside another: "Mira Lowe" in "Dr. Mira Lowe (office)".
const contained = 7

// Poses tells whether a display name would take readers in (B6): it holds an address, it speaks for the managers, or it looks like one
// of the names given, whatever the case, the order of its words, or the alphabet its letters were borrowed from.
func Poses(name string, as ...string) bool {
	if strings.ContainsAny(name, "@＠") {
		return true
	}
	seen := look(name)
	for _, word := range []string{"moderator", "moderators", "administrator", "postmaster", "mailer-daemon"} {
		if seen == look(word) {
			return true
		}
	}
	words := func(s string) string {
		all := strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == ',' })
		for i, w := range all {
			all[i] = look(w)
		}
		slices.Sort(all)
		return strings.Join(all, " ")
	}
	for _, n := range append([]string{"managers"}, as...) {
		of := look(n)
		if of != "" && (seen == of || len(of) >= contained && strings.Contains(seen, of) || words(name) == words(n)) {
			return true
		}
	}
	return false
}

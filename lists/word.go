package lists

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// courtesy may stand beside a decision without changing it.
var courtesy = []string{"please", "thanks", "thank", "you", "bitte", "danke", "merci", "gracias"}

// polite finds what begins with "No" and means the contrary.
var polite = regexp.MustCompile(`(?i)^(?:problems?|worries|objections?|issues?|doubts?|complaints?|concerns?)\b`)

// Polite tells whether what stands behind a NO turns it round, as in "No problem": then nothing was decided.
func Polite(rest string) bool { return polite.MatchString(rest) }

// Word reads the decision at the head of an answer (C6): the first word of its first line, in capitals and without the signs around
// it; whether it stands there alone, courtesy aside; and what
// else was written. "PUBLIC? Rather not" decides nothing: whoever publishes
// or sends by a word wants it alone, and asks again otherwise (product.md R1).
func Word(text string) (word string, alone bool, rest string) {
	line, below, _ := strings.Cut(strings.TrimSpace(text), "\n")
	first, beside, _ := strings.Cut(strings.TrimSpace(line), " ")
	sign := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	word = strings.ToUpper(strings.TrimFunc(first, sign))
	alone = word != "" && !strings.ContainsAny(line, "?¿？")
	for _, w := range strings.FieldsFunc(beside, sign) {
		alone = alone && slices.Contains(courtesy, strings.ToLower(w))
	}
	if alone {
		beside = ""
	}
	return word, alone, strings.TrimSpace(beside + "\n" + below)
}

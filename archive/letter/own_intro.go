package letter

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// ownIntro tells whether line i introduces the quoted lines below it in its author's own way: "[Bree Okafor]" directly above them,
// or "So now Bree Okafor <bree@example.org> goes:". It must stand alone, and be no more than the name with a few words around.
func ownIntro(lines []line, i int) bool {
	text := strings.TrimSpace(lines[i].text)
	if len(text) > maxOwnIntro || i+1 >= len(lines) || i > 0 && lines[i-1].own() {
		return false
	}
	if name, ok := strings.CutPrefix(text, "["); ok && lines[i+1].kind == quotedLine {
		name, ok = strings.CutSuffix(name, "]")
		return ok && len(strings.Fields(name)) <= 4 && allNames(strings.Fields(name))
	}
	if isFirstWords(lines, i) && endsInName(text) && nextKind(lines, i+1) == quotedLine {
		return true
	}
	sentence, ok := strings.CutSuffix(text, ":")
	before, address, found := strings.Cut(sentence, "<")
	address, behind, closed := strings.Cut(address, ">")
	if !ok || !found || !closed || !strings.Contains(address, "@") || strings.ContainsAny(address, " \t") {
		return false
	}
	words := strings.Fields(before)
	name := len(words) // where the name right before the address begins
	for name > 0 && (allNames(words[name-1:name]) || nameParticles[words[name-1]]) {
		name--
	}
	return name <= 2 && name < len(words) && len(words) <= 6 && len(strings.Fields(behind)) <= 4 && nextKind(lines, i+1) == quotedLine
}

// isFirstWords tells whether line i stands at the head of the text, with no words of the author above it.
func isFirstWords(lines []line, i int) bool {
	if i > 4 {
		return false
	}
	for _, l := range lines[:i] {
		if l.own() {
			return false
		}
	}
	return true
}

// endsInName tells whether a line is a short sentence that ends in a name and a verb of writing: "Once upon a time, Bree wrote:". What
// begins with "I" or "as" is the author's rather.
func endsInName(text string) bool {
	text, ok := strings.CutSuffix(text, ":")
	words := strings.Fields(text)
	n := len(words)
	if !ok || n < 3 || n > 7 || pronouns[strings.ToLower(words[0])] {
		return false
	}
	return endsInVerb(strings.ToLower(words[n-2]+" "+words[n-1])) && allNames(words[n-2:n-1]) && !pronouns[strings.ToLower(words[n-2])]
}

// maxOwnIntro is how many bytes an introduction of people's own making may have.
const maxOwnIntro = 100

// nameParticles stand in small letters between the names of a person.
var nameParticles = map[string]bool{"van": true, "von": true, "de": true, "der": true, "den": true, "da": true, "di": true, "la": true, "zu": true, "bin": true}

// allNames tells whether all words are written like names.
func allNames(words []string) bool {
	for _, w := range words {
		c, _ := utf8.DecodeRuneInString(strings.Trim(w, `"'(`))
		if !unicode.IsLetter(c) || unicode.IsLower(c) {
			return false
		}
	}
	return len(words) > 0
}

// nextKind is the kind of the next line that is not blank, at most three lines below.
func nextKind(lines []line, i int) lineKind {
	for end := min(len(lines), i+3); i < end; i++ {
		if lines[i].kind != ownLine || !lines[i].empty() {
			return lines[i].kind
		}
	}
	return ownLine
}

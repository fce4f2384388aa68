package backchannel

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"backchannel/lists"
)

// mentions finds the managers whom a text is about: by an address, the whole name, the first name, or the last name (B9), whatever the
// accents. A first name that is an ordinary word too counts only where it is written as a name; the last name counts behind a title ("Mr
// Brandt"), and where greetings count, in a report, wherever it is written as a name. With greetings, names by which somebody is spoken to
// do not count: who writes "Hi Mira" wants Mira to read it. The writer's own names do not count: they stand under their letters.
func mentions(text string, managers []lists.Member, writer string, greetings bool) []lists.Member {
	text = norm.NFC.String(text) // an accent of its own would part a word
	low := strings.ToLower(text)
	if greetings {
		text = withoutGreetings(text)
	}
	words, writer := nameWords(text), norm.NFC.String(writer)
	own, _, _ := strings.Cut(strings.TrimSpace(writer), " ")
	var found []lists.Member
	for _, m := range managers {
		m.Name = norm.NFC.String(m.Name)
		first := m.FirstName()
		named := strings.Contains(low, m.Address.Key()) ||
			strings.Contains(m.Name, " ") && !strings.EqualFold(m.Name, writer) && hasPhrase(words, nameWords(m.Name)) ||
			!strings.EqualFold(first, own) && slices.ContainsFunc(words, func(w string) bool { return isName(w, first) }) ||
			lastNamed(words, m, writer, greetings)
		if named {
			found = append(found, m)
		}
	}
	return found
}

// lastNamed tells whether words name somebody by the last name: behind a title, or, unless a title is asked for, wherever they are written as
// a name. Whoever writes may have the same.
func lastNamed(words []string, m lists.Member, writer string, titled bool) bool {
	all := strings.Fields(m.Name)
	if len(all) < 2 || utf8.RuneCountInString(all[len(all)-1]) < 3 || hasPhrase(nameWords(writer), all[len(all)-1:]) {
		return false
	}
	for i, w := range words {
		if r, _ := utf8.DecodeRuneInString(w); unicode.IsLower(r) || !sameName(w, all[len(all)-1]) {
			continue
		}
		if !titled || i > 0 && title(words[i-1]) {
			return true
		}
	}
	return false
}

// title tells the words that stand before a last name.
func title(word string) bool {
	switch strings.ToLower(word) {
	case "mr", "mrs", "ms", "miss", "mister", "dr", "doctor", "prof", "professor", "herr", "herrn", "frau", "monsieur", "madame", "mme", "señor", "señora", "sr", "sra", "signor", "signora",
		"sig", "meneer", "mevrouw", "pan", "pani":
		return true
	}
	return false
}

// sameName tells whether a word is a name, with an s behind it or without, whatever its accents: Jürgen is Jurgen and Juergen too.
func sameName(word, name string) bool {
	word = plainName(word)
	for _, n := range []string{plainName(name), plainName(spelled.Replace(strings.ToLower(name)))} {
		if n != "" && (word == n || word == n+"s") {
			return true
		}
	}
	return false
}

// spelled writes letters that a keyboard may lack with two others.
var spelled = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "å", "aa", "ø", "oe")

// plainName is a name in small letters without accents.
func plainName(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		switch r {
		case 'ø':
			return 'o'
		case 'ł':
			return 'l'
		case 'đ':
			return 'd'
		case 'ı':
			return 'i'
		}
		return r
	}, norm.NFKD.String(strings.ReplaceAll(strings.ToLower(s), "ß", "ss")))
}

// nameWords are the words of a text, each without an s of the genitive behind an apostrophe.
func nameWords(text string) []string {
	words := strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' && r != '’' && r != '-'
	})
	for i, w := range words {
		w = strings.Trim(w, "'’-")
		for _, tail := range []string{"'s", "’s", "'S", "’S"} {
			w = strings.TrimSuffix(w, tail)
		}
		words[i] = w
	}
	return words
}

func hasPhrase(words, phrase []string) bool {
	for i := 0; i+len(phrase) <= len(words); i++ {
		if slices.EqualFunc(words[i:i+len(phrase)], phrase, sameName) {
			return true
		}
	}
	return len(phrase) == 0
}

// isName tells whether a word is somebody's first name, with an s behind it or without.
func isName(word, first string) bool {
	if first == "" || !sameName(word, first) {
		return false
	}
	r := []rune(word)[0]
	return unicode.IsUpper(r) || !unicode.IsLower(r) || !ordinary(strings.ToLower(first))
}

// ordinary tells the first names that are words of their own when they are written small.
func ordinary(name string) bool {
	switch name {
	case "april", "art", "august", "bill", "bob", "chase", "chip", "christian", "dale", "dawn", "dean", "drew", "earl", "eve", "faith", "frank", "gene", "grace", "grant",
		"guy", "hope", "iris", "ivy", "jack", "jay", "jean", "joy", "june", "lance", "lily", "mark", "max", "may", "miles", "nick", "norm", "olive", "pat", "penny", "pearl",
		"ray", "reed", "rich", "rob", "robin", "rose", "ruby", "rusty", "sage", "skip", "sue", "summer", "tab", "terry", "trace", "violet", "wade", "ward", "will", "art.", "an", "ann", "in", "so", "do", "an.", "da":
		return true
	}
	return false
}

// withoutGreetings takes the names out by which a text speaks to somebody: those behind a greeting or a word of thanks, and one at the
// head of a line with a comma behind it.
func withoutGreetings(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		head, rest := spokenTo(line)
		if head != "" {
			lines[i] = rest
		}
	}
	return strings.Join(lines, "\n")
}

// spokenTo parts the head of a line that speaks to somebody from what it says: "Hi Mira and Theo, I think" is "Hi Mira and Theo," and
// the rest.
func spokenTo(line string) (head, rest string) {
	line = strings.TrimSpace(line)
	end := strings.IndexAny(line, ",.!:;–—?")
	if end < 0 {
		end = len(line)
	}
	words := strings.Fields(line[:end])
	if end < len(line) && line[end] == ',' && len(words) > 0 && len(words) < 4 && (greeting(words) || thanks(words)) { // "Thank you, Mira"
		next := line[end+1:]
		stop := strings.IndexAny(next, ",.!:;–—?")
		if stop < 0 {
			stop = len(next)
		}
		if names := strings.Fields(next[:stop]); len(names) < 5 && thanks(append([]string{"thanks"}, names...)) {
			return line[:end+1+stop], next[stop:]
		}
	}
	greeted := len(words) > 1 && (greeting(words[:1]) || thanks(words))
	switch {
	case len(words) == 0 || len(words) > 8:
		return "", line
	case greeted, len(words) == 1 && end < len(line) && line[end] == ',':
		return line[:end], line[end:]
	}
	return "", line
}

// thanks tells whether words are no more than "Thanks Theo" and "Thank you, dear Theo": behind them the names alone stand.
func thanks(words []string) bool {
	n := 1
	switch strings.ToLower(words[0]) {
	case "thanks", "danke", "merci", "gracias", "grazie":
	case "thank", "vielen", "many":
		n = 2
	default:
		return false
	}
	for _, w := range words[min(n, len(words)):] {
		r := []rune(w)[0]
		if !unicode.IsUpper(r) && !slices.Contains([]string{"and", "und", "et", "dear", "liebe", "lieber", "you", "so", "much"}, strings.ToLower(w)) {
			return false
		}
	}
	return true
}

package digest

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	writes    = regexp.MustCompile(`(?i)\b(?:wrote|writes|said|schrieb) ?:$`)
	citedLine = regexp.MustCompile(`^[ \t]*([\pL][\pL\pN.-]{0,14})> ?`)
)

// cited gives the quotes of programs that put a name in front of each line ("Herbert> ...") the usual mark. It takes only the name of somebody of
// whom the lines above say that they wrote: "mysql>" is no quote.
func cited(lines []string) []string {
	by := map[string]bool{}
	above := ""
	out := lines
	for i, line := range lines {
		m := citedLine.FindStringSubmatch(line)
		switch {
		case m != nil && !by[m[1]] && writes.MatchString(above) && slices.Contains(strings.FieldsFunc(above, func(r rune) bool { return !isNamed(r) }), m[1]):
			by[m[1]] = true
		case m == nil && strings.TrimSpace(line) != "":
			above = strings.TrimSpace(line)
		}
		if m != nil && by[m[1]] {
			if &out[0] == &lines[0] {
				out = slices.Clone(lines)
			}
			out[i] = "> " + line[len(m[0]):]
		}
	}
	return out
}

func isNamed(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '.' || r == '-' }

// How a quote looks that a program has broken into lines of its own width: a full line, the words that did not fit, and the next line.
const (
	fullQuote = 65
	tornOff   = 20
)

// torn tells whether a line is what a program broke off the quote above it. Whoever answers there begins with a capital, or an empty line.
func torn(lines []string, i int) bool {
	line := strings.TrimSpace(lines[i])
	if line == "" || i == 0 || i+1 == len(lines) || !strings.HasPrefix(lines[i-1], ">") || !strings.HasPrefix(lines[i+1], ">") {
		return false
	}
	first, _ := utf8.DecodeRuneInString(line)
	return !unicode.IsUpper(first) && first != '>' && len(lines[i-1]) >= fullQuote && utf8.RuneCountInString(line) <= tornOff && !strings.ContainsAny(line, "!?")
}

// withoutArmor takes off what encloses a signed text, and the dash in front of lines that begin with one (RFC 9580 §7).
func withoutArmor(text string) string {
	before, rest, signed := strings.Cut(text, "-----BEGIN PGP SIGNED MESSAGE-----")
	if !signed || strings.TrimSpace(before) != "" {
		return text
	}
	_, said, whole := strings.Cut(rest, "\n\n")
	if !whole {
		return text
	}
	said, _, _ = strings.Cut(said, "-----BEGIN PGP SIGNATURE-----")
	return strings.TrimSpace(strings.ReplaceAll("\n"+said, "\n- ", "\n"))
}

// farewells are the words with which a letter ends.
var farewells = []string{
	"thanks", "thank you", "thanks in advance", "many thanks", "thanks a lot", "cheers", "regards", "best", "best regards", "with regards", "kind regards", "warm regards", "greetings", "all the best", "yours",
	"danke", "gruß", "grüße", "viele grüße", "liebe grüße", "beste grüße", "schöne grüße", "mfg", "lg", "vg", "merci", "cordialement", "amicalement", "gracias", "saludos", "un saludo",
	"grazie", "saluti", "ciao", "obrigado", "obrigada", "groeten", "groetjes", "mvh", "hilsen", "hälsningar", "terveisin", "pozdrawiam", "спасибо", "с уважением",
}

// withoutFarewell takes the last lines off that only say goodbye, or who wrote: the author stands in front of an excerpt. It never takes all.
func withoutFarewell(said, author string) string {
	lines := strings.Split(said, "\n")
	end := len(lines)
	for end > 1 && len(lines)-end < 3 && (bidsFarewell(lines[end-1], author) || lines[end-1] == "…") {
		end--
	}
	return strings.TrimSpace(strings.Join(lines[:end], "\n"))
}

// bidsFarewell tells whether a line is a farewell, a name of the author, or both: "Cheers, Bill", "-- B.", "-bill".
func bidsFarewell(line, author string) bool {
	line = strings.TrimSpace(line)
	if utf8.RuneCountInString(line) > nameLen || strings.ContainsAny(line, "?:/@#") || strings.ContainsFunc(line, unicode.IsDigit) {
		return false
	}
	split := func(s string) []string {
		return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) })
	}
	words, own := split(line), split(author)
	if len(words) == 0 {
		return false
	}
	for n := len(words); n > 0; n-- {
		if slices.Contains(farewells, strings.Join(words[:n], " ")) {
			words = words[n:]
			break
		}
	}
	return !slices.ContainsFunc(words, func(w string) bool {
		initial := utf8.RuneCountInString(w) == 1 && slices.ContainsFunc(own, func(o string) bool { return strings.HasPrefix(o, w) })
		return !initial && !slices.Contains(own, w)
	})
}

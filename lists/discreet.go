package lists

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"backchannel/archive/letter"
)

// Slip is something in a manager's words by which readers could reach, or know, the person behind the role.
type Slip struct {
	Line int    // counted from 1
	What string // as it stands there
}

// Discreet makes a manager's words fit to be sent from the role (product.md G1): the signature at their end is cut, with mark or
// without, and so are addresses of ours that were handed to one person. What is left of the manager in the middle of the text is not
// touched, since it may be meant; it is told as slips. No word is lost silently: only what is plainly a signature is cut.
func Discreet(text string, m Member, own []letter.Address) (string, []Slip) {
	p := person{name: m.Name, own: own}
	text = withoutDoors(text)
	if cut := p.stripTail(text); len(cut) < len(strings.TrimRightFunc(text, unicode.IsSpace)) && cut != "" {
		text = letter.TrimText(cut).Text // what stood above the name may be a signature of its own: "Sent from my iPhone"
	} else {
		text = cut
	}
	var slips []Slip
	for i, line := range strings.Split(text, "\n") {
		for _, what := range p.shownBy(line) {
			slips = append(slips, Slip{i + 1, what})
		}
	}
	return text, slips
}

// Unsigned is a text without a signature as short as "Mira" or "Best, Mira" at its end. Discreet leaves that there, since the managers' answers
// to members bear their first names; where nobody is to know which manager speaks it goes, too.
func Unsigned(text string, m Member) string {
	lines := strings.Split(text, "\n")
	for len(lines) > 0 && namesAlone(lines[len(lines)-1], m) {
		lines = lines[:len(lines)-1]
	}
	return strings.Join(lines, "\n")
}

// namesAlone tells whether a line is empty, or a name with hardly a word beside it.
func namesAlone(line string, m Member) bool {
	words := spaced(line)
	return words == "" || strings.Count(words, " ") < 4 && m.Name != "" && strings.Contains(" "+words+" ", " "+spaced(m.FirstName())+" ")
}

var doorAddress = regexp.MustCompile(`(?i)\b(?:private|note|confirm|vote|everyone|send|bounce|leave|digest-off)(?:\+|%2b)[0-9a-z-]{26,40}(?:@|%40)[^\s>)\]"]+`)

// withoutDoors takes addresses of ours with a token out of a text (G4): each was handed to one person and is nobody else's.
func withoutDoors(text string) string {
	const removed = "[a personal address was removed]"
	text = doorAddress.ReplaceAllString(text, removed)
	if seen := letter.Seen(text); doorAddress.MatchString(seen) { // behind characters that nobody sees
		return doorAddress.ReplaceAllString(seen, removed)
	}
	return text
}

// WithoutDoors is for words that are passed on from one person to another: it takes out the addresses with a token that were handed to
// the first (product.md G4).
func WithoutDoors(text string) string { return withoutDoors(text) }

// person is what a text must not show.
type person struct {
	name string
	own  []letter.Address
}

// tailLines is how long a signature is at most.
const tailLines = 8

// stripTail cuts a signature that no mark sets off: from a line near the end that is the whole name, or a number or address alone,
// when nothing below it is a sentence.
func (p person) stripTail(text string) string {
	lines := strings.Split(strings.TrimRightFunc(text, unicode.IsSpace), "\n")
	cut := len(lines)
	for i, seen := len(lines)-1, 0; i >= 0 && seen < tailLines; i-- {
		line := strings.TrimSpace(lines[i])
		if line == "" {
			continue
		}
		if !detail(line) {
			break
		}
		if seen++; p.signs(line) {
			cut = i
		}
	}
	for cut < len(lines) && cut > 0 && len(postal(lines[cut-1])) > 0 { // street and town stand above the number as well as below
		cut--
	}
	return strings.TrimRightFunc(strings.Join(lines[:cut], "\n"), unicode.IsSpace)
}

// detail tells whether a line may stand in a signature: short, and no sentence.
func detail(line string) bool {
	words := strings.FieldsFunc(line, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("@.-+'’", r)
	})
	switch {
	case utf8.RuneCountInString(line) > 90, len(words) > 12, strings.HasSuffix(line, "?"):
		return false
	case strings.HasSuffix(line, "."), strings.HasSuffix(line, "!"):
		return len(words) <= 2
	}
	return true
}

// signs tells whether a line is the head of a signature, or a piece of one: the whole name first, or nothing but numbers, addresses
// and one word that says what they are.
func (p person) signs(line string) bool {
	line = strings.TrimLeft(letter.Seen(line), "-*_ \t")
	if first, _, _ := strings.Cut(p.name, " "); first != p.name && first != "" && len(line) >= len(p.name) && strings.EqualFold(line[:len(p.name)], p.name) {
		behind := strings.TrimLeft(line[len(p.name):], " \t")
		r, _ := utf8.DecodeRuneInString(behind)
		return behind == "" || !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}
	rest := strings.ToLower(line)
	found := false
	for _, a := range p.own {
		found = found || strings.Contains(rest, a.Key())
		rest = strings.ReplaceAll(rest, a.Key(), " ")
	}
	for _, number := range phoneNumbers(rest) {
		found, rest = true, strings.ReplaceAll(rest, number, " ")
	}
	return found && len(strings.FieldsFunc(rest, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' })) <= 1
}

// shownBy finds what a line shows of the person: an own address, the domain of one, the whole name, a telephone number, a line as on an
// envelope.
func (p person) shownBy(line string) []string {
	var all []string
	line = letter.Seen(line)
	low := strings.ToLower(line)
	for _, a := range p.own {
		switch {
		case strings.Contains(low, a.Key()):
			all = append(all, a.String())
			low = strings.ReplaceAll(low, a.Key(), " ")
		case standsAlone(low, a.Domain):
			all = append(all, a.Domain)
		}
	}
	if strings.Contains(strings.TrimSpace(p.name), " ") && strings.Contains(" "+spaced(low)+" ", " "+spaced(p.name)+" ") {
		all = append(all, p.name)
	}
	return append(append(all, phoneNumbers(line)...), postal(line)...)
}

// standsAlone finds a domain that is no part of somebody's address: "www.lowe.example" shows it, "dana@lowe.example" does not.
func standsAlone(text, domain string) bool {
	for from := 0; domain != ""; {
		i := strings.Index(text[from:], domain)
		if i < 0 {
			return false
		}
		i += from
		if i == 0 || !letterOrDigit(text[i-1]) && !strings.ContainsRune("@-", rune(text[i-1])) {
			return true
		}
		from = i + 1
	}
	return false
}

func letterOrDigit(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= utf8.RuneSelf
}

// spaced is a text in small letters with single blanks for everything else.
func spaced(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}

var (
	phoneLike = regexp.MustCompile(`\+?\(?\d[\d ()./\x{2010}\x{2011}\x{00A0}-]{5,}\d`)
	dateLike  = regexp.MustCompile(`^(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./] ?\d{1,2}[-./] ?\d{2,4}|(?:19|20)\d\d ?[-/] ?(?:19|20)\d\d|\d{1,3}(?:[ .]\d{3})+)$`)
)

// phoneNumbers finds what could be telephone numbers: 7 to 15 digits in groups, or behind a plus or a zero. Dates, years and
// amounts are none.
func phoneNumbers(line string) []string {
	var all []string
	for _, s := range phoneLike.FindAllString(line, 20) {
		s = strings.TrimSpace(s)
		digits := 0
		for _, r := range s {
			if r >= '0' && r <= '9' {
				digits++
			}
		}
		grouped := digits < len(s) || s[0] == '0'
		if digits >= 7 && digits <= 15 && grouped && !dateLike.MatchString(s) {
			all = append(all, s)
		}
	}
	return all
}

// Lines as they stand on envelopes: number and street, street and number, postcode and town. In the middle of a sentence they are places,
// and people may speak of places.
var postalLines = []*regexp.Regexp{
	regexp.MustCompile(`^\d{1,5}[a-zA-Z]?,? (?:\p{Lu}[\p{L}'’.-]* ){1,4}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Square|Sq|Court|Ct|Way|Terrace|Close|Boulevard|Blvd|Row)\b\.?(?:,.*)?$`),
	regexp.MustCompile(`^\p{Lu}[\p{L}'’. -]{0,40}(?:[Ss]tra(?:ß|ss)e|[Ss]tr\.|[Ww]eg|[Pp]latz|[Aa]llee|[Gg]asse|[Rr]ing|[Dd]amm|[Ll]aan|[Ss]traat|[Gg]atan|[Vv]ej|[Gg]ade|[Kk]atu) \d{1,4} ?[a-z]?(?:,.*)?$`),
	regexp.MustCompile(`^(?:\d{1,4}(?: bis| ter)?,? )?(?:[Rr]ue|[Aa]venue|[Bb]oulevard|[Vv]ia|[Vv]iale|[Cc]alle|[Pp]laza|[Pp]iazza|[Rr]ua|[Uu]l\.|[Uu]lica) (?:\p{L}[\p{L}'’.-]*,? ?){1,5}(?:\d{1,4})?(?:,.*)?$`),
	regexp.MustCompile(`^(?:[A-Z]{1,2}-)?\d{5} \p{Lu}[\p{L}. ()/-]{1,40}$`),                   // 10115 Berlin
	regexp.MustCompile(`^[A-Z]-\d{4} \p{Lu}[\p{L}. ()/-]{1,40}$`),                             // A-1010 Wien
	regexp.MustCompile(`^\d{4} [A-Z]{2},? \p{Lu}[\p{L}. -]{1,40}$`),                           // 1012 AB Amsterdam
	regexp.MustCompile(`^(?:\p{Lu}[\p{L}. -]{1,40},? )?[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}$`),     // London SW1A 1AA
	regexp.MustCompile(`^\p{Lu}[\p{L}. -]{1,40}, (?:[A-Z]{2}|[A-Z]\p{L}+) \d{5}(?:-\d{4})?$`), // Austin, TX 78701
}

// postal finds a line that stands as on an envelope; the numbers in it are what makes it one.
func postal(line string) []string {
	line = strings.Join(strings.Fields(strings.Trim(line, " \t*_|·•,")), " ")
	if len(line) > 100 || !strings.ContainsFunc(line, unicode.IsDigit) {
		return nil
	}
	for _, re := range postalLines {
		if re.MatchString(line) {
			return []string{line}
		}
	}
	return nil
}

package digest

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"backchannel/archive/letter"
)

var (
	writes    = regexp.MustCompile(`(?i)(?:\b(?:wrote|writes|said|stated the following on [^\n]{1,80}|wrote the following on [^\n]{1,80}|schrieb|écrit|escribió|scritto)|написал|написала|пишет|写道|寫道) ?[:：]$`)
	citedLine = regexp.MustCompile(`^[ \t]*([\pL][\pL\pN.-]{0,14})> ?`)
)

// cited gives the quotes of programs that put a name in front of each line ("Herbert> ...") the usual mark. It takes only the name of somebody of
// whom the lines above say that they wrote, or who writes in the thread when two lines bear it: "mysql>" is no quote.
func cited(lines []string, people map[string]bool) []string {
	by := twice(lines, people)
	above := ""
	var led map[string]bool // whose words that introduces; nil when nobody has looked yet
	out := lines
	for i, line := range lines {
		m := citedLine.FindStringSubmatch(line)
		switch {
		case m != nil && !by[m[1]]:
			if led == nil {
				led = introduces(above)
			}
			by[m[1]] = led[m[1]]
		case m == nil && strings.TrimSpace(line) != "":
			above, led = strings.TrimSpace(line), nil
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

// longestLead is more than a line takes, in octets, that introduces a quote.
const longestLead = 500

// introduces are the names in a line that says that somebody wrote what is below it; none in every other line.
func introduces(line string) map[string]bool {
	names := map[string]bool{}
	if len(line) > longestLead || !writes.MatchString(line) {
		return names
	}
	for name := range strings.FieldsFuncSeq(line, func(r rune) bool { return !isNamed(r) }) {
		names[name] = true
	}
	return names
}

// twice are the people whose name stands in front of two lines at least. What a program asks with is nobody, whatever somebody is called.
func twice(lines []string, people map[string]bool) map[string]bool {
	n := map[string]int{}
	for _, line := range lines {
		if m := citedLine.FindStringSubmatch(line); m != nil && people[m[1]] {
			n[m[1]]++
		}
	}
	by := map[string]bool{}
	for name, lines := range n {
		by[name] = lines > 1 && !letter.IsPrompt(name)
	}
	return by
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

var (
	patchBegins = regexp.MustCompile(`(?m)^(?:diff --git |Index: |--- a/|--- \S+\s+\d{4}-|\*\*\* \S+\s+\d{4}[/-]|@@ -\d)`)
	patchStat   = regexp.MustCompile(`(?m)^---[ \t]*\n(?:.*\n){0,40}? \d+ files? changed`)
	signedBy    = regexp.MustCompile(`^[A-Z][a-z]+(?:-[a-z]+)*-by: .*@`)
	trailer     = regexp.MustCompile(`^(?:Cc|Fixes|Link|Change-Id): \S`)
)

// withoutPatch takes off the patch at the end of a post, with the list of its files and the lines that say who signed it: what it is for stands
// above. A post that is nothing else stays.
func withoutPatch(text string) string {
	end := len(text)
	for _, begins := range []*regexp.Regexp{patchBegins, patchStat} {
		if found := begins.FindStringIndex(text); found != nil {
			end = min(end, found[0])
		}
	}
	lines := strings.Split(strings.TrimSpace(text[:end]), "\n")
	for len(lines) > 0 {
		last := lines[len(lines)-1]
		if strings.TrimSpace(last) != "" && !signedBy.MatchString(last) && (end == len(text) || !trailer.MatchString(last)) {
			break
		}
		lines = lines[:len(lines)-1]
	}
	if said := strings.Join(lines, "\n"); said != "" {
		return said
	}
	return text
}

// longLink is a link in brackets that takes the room of several words.
var longLink = regexp.MustCompile(`\((?:https?://)(?:www\.)?([^/\s()]+)/[^\s()]{30,}\)`)

// hugeLink is a link that would take half of an excerpt, and would be cut.
var hugeLink = regexp.MustCompile(`https?://(?:www\.)?([^/\s()<>]+)/[^\s<>]{99,}[^\s<>.,;:!?)\]"'”»]`)

// withShortLinks shows of long links in brackets, as they stand behind the words of a mail that came as HTML, and of huge ones, only where they
// lead. The address for the whole thread sends them.
func withShortLinks(said string) string {
	return hugeLink.ReplaceAllString(longLink.ReplaceAllString(said, "($1/…)"), "$1/…")
}

// pictures is a line of nothing but pictures that lead somewhere, as newsletters begin.
var pictures = regexp.MustCompile(`^\s*(?:\[[^\[\]]*\]\s*(?:\(https?://[^\s()]*\)\s*)?)+$`)

// aboutItself is a line in which a newsletter speaks of itself, and not to its readers.
var aboutItself = regexp.MustCompile(`(?i)^\s*(?:(?:can.?t|cannot) (?:read|see|view) this|(?:having )?(?:trouble|problems) (?:viewing|reading|seeing) (?:this|the)|if you (?:can.?t|cannot|have trouble) (?:read|see|view)` +
	`|(?:view|read|open) (?:this|it|the) ?(?:e-?mail|message|newsletter|mailing)? (?:in (?:your|a|the) browser|online|on the web)|to unsubscribe\b|unsubscribe\b` +
	`|(?:im browser|online) (?:ansehen|öffnen|lesen|anzeigen)|(?:wird|falls) (?:diese|der) .{0,30}nicht (?:richtig|korrekt)|si vous ne (?:visualisez|voyez|parvenez) pas|voir (?:la version en ligne|dans (?:le|votre) navigateur)` +
	`|(?:ver|abrir) en (?:el|tu|su) navegador|si no (?:puede|puedes|ves) (?:ver )?(?:este|correctamente)|.{0,20}ブラウザで(?:表示|見る|ご覧))`)

var (
	handsOn = regexp.MustCompile(`(?i)^\s*(?:-{2,}\s*(?:begin )?forwarded (?:text|message|by)\b.*|begin forwarded message:|-{3,}.*(?:weitergeleitete nachricht|message transféré|mensaje reenviado|転送).*|anfang der weitergeleiteten nachricht:|début du message (?:transféré|réexpédié)\s*:|inicio del mensaje reenviado:)\s*$`)
	headOf  = regexp.MustCompile(`^\s*\*?[\pL][\pL-]{1,20}(?: ?[:：]\*? ?\S.*| ?[:：])$`)
)

// withoutHead takes out the line that says that a letter is handed on, and the fields of that letter: its words are what there is to read.
func withoutHead(lines []string) []string {
	begin := slices.IndexFunc(lines, func(line string) bool { return len(line) <= longestLead && handsOn.MatchString(line) })
	if begin < 0 {
		return lines
	}
	end, fields := begin+1, 0
	for ; end < len(lines); end++ {
		blank, folded := strings.TrimSpace(lines[end]) == "", strings.HasPrefix(lines[end], " ") && fields > 0
		switch {
		case len(lines[end]) <= longestLead && headOf.MatchString(lines[end]):
			fields++
			continue
		case blank && fields == 0, folded && !blank:
			continue
		}
		break
	}
	if fields < 2 || strings.TrimSpace(strings.Join(lines[end:], "")) == "" {
		return lines
	}
	return slices.Concat(lines[:begin], lines[end:])
}

// withoutPictures takes such lines out of a text that says more.
func withoutPictures(lines []string) []string {
	rest := slices.DeleteFunc(slices.Clone(lines), func(line string) bool {
		return len(line) <= longestLead && (strings.Contains(line, "(http") && (pictures.MatchString(line) || aboutItself.MatchString(line)))
	})
	if strings.TrimSpace(strings.Join(rest, "")) == "" {
		return lines
	}
	return rest
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

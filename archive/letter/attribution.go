package letter

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxIntro      = 500 // bytes of an introduction; people write longer sentences, programs do not
	maxIntroLines = 4   // lines it may be folded over
)

// certainty is how sure a finding is.
type certainty uint8

const (
	nothing  certainty = iota
	possible           // enough if quoted lines follow, else a sentence of the author
	likely             // enough if quoted lines follow, else nobody can say
	certain            // enough by itself
)

// introAt tells whether an introduction ("On Friday, Bree wrote:", in any of the known languages and folded over up to four
// lines) ends at line i, and where it begins.
func introAt(lines []line, i int) (start int, sure certainty) {
	if !endsLikeIntro(lines[i].text) {
		return i, nothing
	}
	joined, start := "", i
	for s := i; s >= 0 && s > i-maxIntroLines; s-- {
		if !lines[s].own() || lines[s].depth > 0 || len(lines[s].text)+len(joined) > maxIntro {
			break
		}
		joined = strings.TrimSpace(strings.TrimSpace(lines[s].text) + " " + joined)
		found, begins := judgeIntro(joined)
		if found > sure && (begins || s == i) { // a folded one must also begin like one, or a sentence above would be taken in
			start, sure = s, found
		}
		if begins && sure == certain {
			break
		}
	}
	if sure > nothing {
		start = foldedFrom(lines, start)
	}
	return start, sure
}

// foldedFrom goes up from the line where an introduction may begin, over lines that only can be its beginning: "On Nov 21,", then
// "at 10:18,", then the name.
func foldedFrom(lines []line, start int) int {
	for s := start - 1; s >= 0 && s > start-maxIntroLines; s-- {
		text := strings.TrimSpace(lines[s].text)
		if !lines[s].own() || len(text) > 60 || !strings.HasSuffix(text, ",") {
			break
		}
		if f := readFeatures(strings.ToLower(text)); f.lead && f.digits {
			start = s
		}
	}
	return start
}

// endsLikeIntro is the cheap test: a colon, or a verb of writing, stands at the end.
func endsLikeIntro(text string) bool {
	if len(text) > maxIntro {
		return false
	}
	text = strings.TrimRight(text, " \t-_*>\u00A0\u202F\u200E\u200F")
	if strings.HasSuffix(text, ":") || strings.HasSuffix(text, "：") {
		return true
	}
	return text != "" && mayEndInVerb(text) && endsInVerb(strings.ToLower(text))
}

// tailLen is how many octets at the end of a line are looked at before its words are; no verb of ASCII is shorter.
const tailLen = 4

// verbTails are the ends of those verbs of writing that end in ASCII.
var verbTails = func() map[string]bool {
	tails := map[string]bool{}
	for _, verb := range wroteVerbs {
		tails[verb[max(0, len(verb)-tailLen):]] = true
	}
	return tails
}()

// mayEndInVerb is false for most lines that do not end in a verb of writing, and cheap.
func mayEndInVerb(text string) bool {
	if len(text) < tailLen {
		return true
	}
	var tail [tailLen]byte
	for i := range tail {
		c := text[len(text)-tailLen+i]
		if c >= utf8.RuneSelf {
			return true
		}
		tail[i] = lower(c)
	}
	return verbTails[string(tail[:])]
}

// directionMarks are the invisible marks that stand between the words of Hebrew and Arabic introductions.
var directionMarks = strings.NewReplacer("\u200E", "", "\u200F", "")

// judgeIntro weighs one unfolded line. begins tells whether it also starts as introductions do.
func judgeIntro(text string) (sure certainty, begins bool) {
	low := strings.ToLower(strings.Trim(directionMarks.Replace(text), " \t-_*\u00A0\u202F"))
	colon := strings.HasSuffix(low, ":") || strings.HasSuffix(low, "：")
	low = strings.TrimRight(low, " :：\u00A0\u202F")
	f := readFeatures(low)
	f.lead = f.lead || strings.HasPrefix(text, "--- ") // as Yahoo begins them
	f.shortName = f.shortName || isNameLike(text)
	begins = f.lead
	switch {
	case f.verbEnd && f.address && (f.date || f.lead && f.digits):
		return certain, begins
	case !colon && !(f.verbEnd && f.lead && f.digits):
		return nothing, begins
	case f.verbEnd && f.date && f.clock && f.lead:
		return certain, begins
	case f.midVerb && f.date && f.lead && (f.address || f.clock):
		return certain, begins
	case f.date && f.address && strings.Contains(low, "ezt írta"): // Hungarian puts the name first
		return certain, true
	case f.dateLead && f.date && f.addressLast:
		return certain, begins
	case f.verbEnd && f.lead && f.digits:
		return likely, begins
	case f.verb && (f.lead && f.digits || f.address || f.date), f.verbEnd && f.shortName, f.lead && f.date && f.clock, f.quoting,
		f.shortName && strings.HasSuffix(low, " thusly"):
		return possible, begins
	}
	return nothing, begins
}

// features are what an introduction is recognised by.
type features struct {
	verb, verbEnd, midVerb bool // a verb of writing, at the end, inside
	address, addressLast   bool // something@somewhere
	digits, date, clock    bool // any figures, a date with year or in figures, a time of day
	lead, dateLead         bool // begins like an introduction, with a figure or a weekday
	shortName              bool // "Bree Okafor wrote", "I wrote", not "As I wrote"
	quoting                bool // "Quoting Bree Okafor"
}

func readFeatures(low string) features {
	var f features
	f.verbEnd = endsInVerb(low)
	words := strings.Fields(low)
	for i, w := range words {
		w = strings.Trim(w, ".,;:()<>[]\"'")
		if midVerbs[w] && i > 0 {
			f.midVerb = true
		}
		if at := strings.IndexByte(w, '@'); at >= 0 && (at > 0 || i > 0) && len(w) > 2 {
			f.address = true
			f.addressLast = i == len(words)-1
		}
	}
	f.verb = f.verbEnd || f.midVerb
	f.readFigures(low)
	if len(words) > 0 {
		first := strings.Trim(words[0], ".,;:()<>[]\"'*")
		c, _ := utf8.DecodeRuneInString(first)
		f.dateLead = unicode.IsDigit(c) || weekdays[first] || startsWithDigit(first)
		f.lead = f.dateLead || starters[first]
		f.quoting = (first == "quoting" || first == "zitat" || first == "citando" || first == "citation") && len(words) <= 8
		f.shortName = len(words) == 2 || len(words) <= 3 && !pronouns[first] && (len(words) == 3 || !isSpacedScript(low)) // "佐藤さんのメッセージ"
	}
	return f
}

// startsWithDigit finds the figure behind a Hebrew or Arabic preposition: "ב-12".
func startsWithDigit(word string) bool {
	_, rest, ok := strings.Cut(word, "-")
	c, _ := utf8.DecodeRuneInString(rest)
	return ok && unicode.IsDigit(c)
}

// isNameLike tells whether all but the last word of a short line are written like a name: "Smith, Graham - Technician wrote:".
func isNameLike(text string) bool {
	words := strings.Fields(text)
	if len(words) < 2 || len(words) > 8 || pronouns[strings.ToLower(words[0])] {
		return false
	}
	for _, w := range words[:len(words)-1] {
		c, _ := utf8.DecodeRuneInString(strings.TrimLeft(w, "\"'(<["))
		if unicode.IsLower(c) {
			return false
		}
	}
	return true
}

// pronouns begin sentences of the author: "As I wrote:".
var pronouns = map[string]bool{
	"i": true, "we": true, "as": true, "what": true, "like": true, "because": true, "since": true, "that": true, "this": true, "here": true,
	"when": true, "who": true, "and": true, "but": true, "so": true, "if": true, "how": true, "it": true, "there": true, "she": true, "he": true,
	"they": true, "my": true, "our": true, "your": true, "his": true, "her": true, "their": true, "the": true, "a": true, "an": true,
	"some": true, "one": true, "wie": true, "ich": true, "was": true, "comme": true, "je": true, "como": true, "yo": true, "come": true, "zoals": true,
}

// readFigures looks at the groups of digits.
func (f *features) readFigures(low string) {
	for i := 0; i < len(low); {
		if low[i] < '0' || low[i] > '9' {
			i++
			continue
		}
		j := i
		for j < len(low) && low[j] >= '0' && low[j] <= '9' {
			j++
		}
		f.digits = true
		switch n := j - i; {
		case n == 4 && (low[i:i+2] == "19" || low[i:i+2] == "20"):
			f.date = true
		case n <= 2 && j+2 < len(low) && (low[j] == ':' || low[j] == 'h' || low[j] == '.') && isDigits(low[j+1:], 2) && !isFigureDot(low[j+3:]):
			f.clock = true
		case n <= 2 && isFigureDot(low[j:]):
			f.date = true
		}
		i = j
	}
}

// isDigits tells whether s begins with n digits.
func isDigits(s string, n int) bool {
	if len(s) < n {
		return false
	}
	for i := range n {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// isFigureDot tells whether s goes on like a date in figures: "/12", "-12", ".12".
func isFigureDot(s string) bool {
	return len(s) > 1 && (s[0] == '/' || s[0] == '-' || s[0] == '.') && s[1] >= '0' && s[1] <= '9'
}

// endsInVerb tells whether text in small letters ends in a verb of writing as a whole word.
func endsInVerb(low string) bool {
	low = strings.TrimRight(low, " :：\u00A0\u202F")
	for _, verb := range wroteVerbs {
		rest, ok := strings.CutSuffix(low, verb)
		if !ok {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(rest)
		if rest != "" && (!unicode.IsLetter(before) || !isSpacedScript(verb)) {
			return true
		}
	}
	return false
}

// isSpacedScript tells whether a word is written in a script that puts spaces between words.
func isSpacedScript(word string) bool {
	c, _ := utf8.DecodeRuneInString(word)
	return !isWide(c) && !unicode.Is(unicode.Thai, c) && !unicode.Is(unicode.Hangul, c)
}

// headerLine reads "Name: value" and tells which header of a quoted letter it is, 0 if none.
func headerLine(text string) headerClass {
	text = strings.TrimLeft(text, " \t*_|>")
	text = text[:min(len(text), 60)]
	colon := strings.IndexByte(text, ':')
	if wide := strings.Index(text, "："); wide >= 0 && (colon < 0 || wide < colon) {
		colon = wide
	}
	if colon <= 0 {
		return 0
	}
	name := strings.ToLower(strings.Trim(text[:colon], " \t*_|\u00A0\u200E\u200F"))
	if class, ok := headerNames[name]; ok {
		return class
	}
	if strings.HasPrefix(name, "x-") && !strings.Contains(name, " ") {
		return headerRaw
	}
	return 0
}

// headerBlock tells whether the header of a quoted letter begins at line i ("From: … Sent: … To: … Subject: …", in any of the
// known languages), and where it ends. raw means that it is a header as letters travel with it, which people paste and discuss.
func headerBlock(lines []line, i int) (end int, found, raw bool) {
	const farthest = 25
	var seen headerClass
	count, strange, blank := 0, 0, 0
	end = i
	for j := i; j < len(lines) && j < i+farthest; j++ {
		l := lines[j]
		if l.empty() {
			if blank == 0 && strange > 0 && count >= 3 {
				end = j // the last value was folded
			}
			if blank++; blank > 2 {
				break
			}
			continue
		}
		if l.depth != lines[i].depth || l.kind == signatureLine {
			break
		}
		class := headerLine(l.text)
		switch {
		case class == headerRaw:
			raw = true
			fallthrough
		case class != 0:
			seen |= class
			count, strange, blank, end = count+1, 0, 0, j+1
			continue
		case blank > 0 || strange >= 2 || count == 0:
			return end, enough(seen, count), raw
		}
		strange++ // a folded value
	}
	return end, enough(seen, count), raw
}

// enough tells whether these headers make the head of a letter.
func enough(seen headerClass, count int) bool {
	return seen&headerFrom != 0 && seen&(headerDate|headerSubject) != 0 && count >= 3
}

// separatorAt tells whether a line is a ruled heading above an older letter, and whether that letter is handed on.
func separatorAt(text string) (found, forward bool) {
	text = unglued(text)
	if len(text) > 160 || text == "" || strings.IndexByte(" -_=*#~+>|\t", text[0]) < 0 && !strings.HasSuffix(strings.TrimRight(text, " "), ":") {
		return false, false
	}
	low := strings.ToLower(strings.TrimSpace(text))
	core := strings.Trim(low, " -_=*#~+>|\t")
	ruled := len(low)-len(core) >= 4 && low != core && strings.ContainsAny(low[:2], "-_=*#~+")
	if ruled && (strings.Contains(core, "reply above") || strings.Contains(core, "above this line")) {
		return true, false
	}
	core = strings.TrimRight(core, " :：")
	for _, phrase := range separators {
		if core == phrase || ruled && strings.HasPrefix(core, phrase) {
			return ruled, false
		}
	}
	for _, phrase := range forwards {
		if rest, ok := strings.CutPrefix(core, phrase); ok && (ruled || rest == "" && strings.HasSuffix(low, ":")) {
			return true, true
		}
	}
	return false, false
}

// unglued is the ruled heading at the head of a line, when a mail program joined all of the older letter into it: "-------- Original
// message --------From: Bree <bree@example.org> Date: …". Any other line comes back as it is.
func unglued(text string) string {
	const rule = "--------"
	rest, ok := strings.CutPrefix(text, rule)
	if !ok {
		return text
	}
	words, rest, ok := strings.Cut(rest[:min(len(rest), 160)], rule)
	if class := headerLine(rest); !ok || class == 0 || class == headerRaw {
		return text
	}
	return rule + words + rule
}

// isRule tells whether a line consists of a row of dashes, underscores, stars or the like, at least n of them.
func isRule(text string, n int) bool {
	count := 0
	for _, c := range strings.TrimSpace(text) {
		switch c {
		case '-', '_', '=', '*', '~', '—', '–', '─', '━':
			count++
		case ' ':
		default:
			return false
		}
	}
	return count >= n
}

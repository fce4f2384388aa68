package letter

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// trimmer finds out line by line whose words they are.
type trimmer struct {
	lines   []line
	ends    []int // of each container: where its last line ends
	unsure  bool
	cut     bool // an older letter without quote marks was found
	forward bool // it is a letter handed on
	marks   int  // quote marks of people's own making that were found
}

// trimmed is a finding with how it was found.
type trimmed struct {
	NewText
	cut bool // an older letter without quote marks was left out
}

// trim separates the author's words from quoted letters and signatures.
func trim(doc document) trimmed {
	t := &trimmer{lines: doc.lines, ends: containerEnds(doc)}
	for i := range t.lines {
		if t.lines[i].depth > 0 && t.lines[i].kind == ownLine {
			t.lines[i].kind = quotedLine
		}
		t.cut = t.cut || t.lines[i].kind == quotedLine && t.lines[i].depth == 0
	}
	t.findOlder()
	if !t.anyOwn() && (t.cut || t.forward) {
		return t.everything()
	}
	t.findSignatures()
	if !t.anyOwn() && t.cut {
		return t.everything()
	}
	return trimmed{t.assemble(), t.cut}
}

// containerEnds notes for every container behind which line it ends.
func containerEnds(doc document) []int {
	ends := make([]int, len(doc.parents))
	for i, l := range doc.lines {
		for b := l.box; b != 0; b = doc.parents[b] {
			ends[b] = i + 1
		}
	}
	return ends
}

// findOlder looks from the top for introductions, headings and headers of older letters.
func (t *trimmer) findOlder() {
	for i := 0; i < len(t.lines); i++ {
		if !t.lines[i].own() {
			continue
		}
		if h, ok := t.headAt(i); ok {
			i = t.older(h) - 1
		}
	}
}

// head is the beginning of an older letter: an introduction, a heading, a header.
type head struct {
	start, end int // lines of it
	sure       certainty
	intro      bool // "On Friday, Bree wrote:"
}

// headAt finds a head that begins, or for introductions ends, at line i.
func (t *trimmer) headAt(i int) (head, bool) {
	text := t.lines[i].text
	if found, forward := separatorAt(text); found {
		h := head{start: i, end: i + 1, sure: certain}
		if end, _, _ := headerBlock(t.lines, i+1); end > i+1 {
			h.end = end // below a heading a single header line is one
		}
		t.forward = t.forward || forward
		return h, true
	}
	if headerLine(text) != 0 {
		if end, found, raw := headerBlock(t.lines, i); found && (!raw || t.quotesBelow(i, end)) {
			return head{start: i, end: end, sure: certain}, true
		} else if found {
			t.unsure = true // somebody shows the header of a letter
			return head{}, false
		}
	}
	if start, sure := introAt(t.lines, i); sure > nothing {
		return head{start, i + 1, sure, true}, true
	}
	if ownIntro(t.lines, i) {
		return head{i, i + 1, possible, true}, true
	}
	return head{}, false
}

// quotesBelow tells whether a header as letters travel with it is short, as programs of old quote it, and quoted lines follow.
func (t *trimmer) quotesBelow(start, end int) bool {
	const short = 5
	next := t.skipBlank(end)
	if end-start > short || next+1 >= len(t.lines) {
		return false
	}
	bar := func(l line) bool {
		return l.kind == quotedLine || strings.HasPrefix(strings.TrimLeft(l.text, " "), "| ")
	}
	return bar(t.lines[next]) && (bar(t.lines[next+1]) || t.lines[next+1].empty())
}

// older marks the older letter below a head and gives the line from which to look on.
func (t *trimmer) older(h head) int {
	end := len(t.lines)
	if box := t.lines[h.start].box; box != 0 {
		end = max(t.ends[box], h.end)
	}
	next := t.skipBlank(h.end)
	switch {
	case next < len(t.lines) && t.lines[next].kind == quotedLine:
		t.markHead(h, next)
		return next
	case t.oddQuotes(next, h.sure):
		t.markHead(h, next)
		return next
	case h.sure < certain:
		t.unsure = t.unsure || h.sure == likely
		return h.end
	case t.answersInside(h.start), h.intro && t.quotesSoon(next):
		t.unsure = true // the author's words stand somewhere in the older letter
		return h.end
	}
	t.markHead(h, h.end)
	for i := h.end; i < end; i++ {
		if t.lines[i].kind == ownLine {
			t.lines[i].kind = quotedLine
		}
	}
	t.cut = true
	return end
}

// skipBlank goes over blank lines and the marks of something left out ("[...]", "<snip>").
func (t *trimmer) skipBlank(i int) int {
	for i < len(t.lines) && t.lines[i].kind == ownLine && (t.lines[i].empty() || isSnip(t.lines[i].text)) {
		i++
	}
	return i
}

// isSnip tells whether a line says that quoted text was left out.
func isSnip(text string) bool {
	text = strings.ToLower(strings.Trim(text, " \t[]<>(){}*-_=.…"))
	switch text {
	case "", "snip", "snipped", "snippage", "snip snip", "deleted", "deletia", "cut", "schnipp", "schnapp", "couper", "coupé", "gekürzt":
		return true
	}
	return false
}

// quotesSoon tells whether marked quotations begin a few lines below: the text before them is then rather the author's.
func (t *trimmer) quotesSoon(i int) bool {
	for n := 0; i < len(t.lines) && n < 6; i++ {
		if t.lines[i].kind == quotedLine && t.lines[i].depth > 0 {
			return true
		}
		if !t.lines[i].empty() {
			n++
		}
	}
	return false
}

// oddQuotes looks for quotations behind a mark of the author's own making ("--]", "  | ", ": ") right below an introduction, and
// marks all lines of the text that carry it.
func (t *trimmer) oddQuotes(first int, sure certainty) bool {
	const most = 8 // each costs a walk through the text
	if first >= len(t.lines) || t.lines[first].kind != ownLine || t.marks >= most {
		return false
	}
	mark := oddMark(t.lines[first].text)
	alone := true
	if next := first + 1; mark != "" && next < len(t.lines) && !t.lines[next].empty() {
		mark, alone = commonPrefix(mark, oddMark(t.lines[next].text)), false
	}
	if mark == "" || strings.Trim(mark, "-~!") == "" || alone && strings.Trim(mark, "#=+") == "" {
		return false // a list or a heading of the author
	}
	if sure == possible && mark[0] != '>' {
		return false
	}
	t.marks++
	for i := first; i < len(t.lines); i++ {
		if l := &t.lines[i]; l.kind == ownLine && strings.HasPrefix(oddMark(l.text), mark) {
			text := strings.TrimLeft(l.text, " \t")
			l.text, l.depth, l.kind = strings.TrimPrefix(text[len(mark):], " "), 1, quotedLine
		}
	}
	return true
}

// oddMark is the run of up to four signs at the head of a line, or initials with an angle ("JD>"), if they can be a quote mark.
func oddMark(text string) string {
	text = strings.TrimLeft(text, " \t")
	n := 0
	for n < len(text) && n < 5 && isASCIILetter(text[n]) {
		n++
	}
	if n > 0 {
		if n < len(text) && text[n] == '>' {
			return text[:n+1]
		}
		return ""
	}
	for n < len(text) && n < 5 && strings.IndexByte(">|]:}%#+=~!-", text[n]) >= 0 {
		n++
	}
	if n == 0 || n > 4 || n < len(text) && text[n] != ' ' && n < 2 && text[0] != '>' {
		return ""
	}
	return text[:n]
}

func isASCIILetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func commonPrefix(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}

// markHead marks a head up to where the older letter begins, and the rules above it.
func (t *trimmer) markHead(h head, end int) {
	for i := h.start; i < end; i++ {
		if t.lines[i].kind == ownLine {
			t.lines[i].kind = introLine
		}
	}
	for i := h.start - 1; i >= 0 && i >= h.start-6; i-- {
		l := t.lines[i]
		if l.kind != ownLine || !l.empty() && !isRule(l.text, 3) && !isRuledHeading(l.text) {
			break
		}
		if !l.empty() {
			t.lines[i].kind = introLine
		}
	}
}

// isRuledHeading is a heading between two rows of dashes, in whatever language.
func isRuledHeading(text string) bool {
	text = strings.TrimSpace(text)
	return len(text) < 100 && strings.HasPrefix(text, "---") && strings.HasSuffix(text, "---")
}

// answersInside tells whether the few words above a head say that the answers stand inside the older letter.
func (t *trimmer) answersInside(start int) bool {
	const few = 600
	var own strings.Builder
	for _, l := range t.lines[:start] {
		if own.WriteByte(' '); l.own() {
			own.WriteString(l.text)
		}
		if own.Len() > few {
			return false
		}
	}
	words := strings.ToLower(own.String())
	for _, phrase := range answersInside {
		if strings.Contains(words, phrase) {
			return true
		}
	}
	return false
}

func (t *trimmer) anyOwn() bool {
	for _, l := range t.lines {
		if l.own() {
			return true
		}
	}
	return false
}

// everything keeps the older letter too because without it nothing would be left: what is handed on without a word is what its
// sender wants to say. Footers still go.
func (t *trimmer) everything() trimmed {
	for i := range t.lines {
		t.lines[i].kind = ownLine
	}
	whole := t.lines
	t.findSignatures()
	if !t.anyOwn() {
		return trimmed{NewText{Text: render(whole), Quoted: true, Unsure: true}, true}
	}
	found := t.assemble()
	found.Quoted, found.Unsure = true, true
	return trimmed{found, true}
}

// assemble puts together what is the author's.
func (t *trimmer) assemble() NewText {
	out := NewText{Unsure: t.unsure, Interleaved: t.interleaved()}
	text := make([]line, 0, len(t.lines))
	var signature []line
	var block []line
	for _, l := range t.lines {
		switch {
		case l.kind == signatureLine || l.kind == armorLine:
			signature = append(signature, l)
		case l.kind == quotedLine || l.kind == introLine:
			block = append(block, l)
			out.Quoted = out.Quoted || !l.empty()
		case !l.empty() && len(block) > 0:
			if out.Interleaved {
				text = append(text, context(block)...)
			}
			text, block = append(text, line{}, l), nil
		default:
			text = append(text, l)
			if n := len(signature); n > 0 && l.empty() && signature[n-1].text != "" {
				signature = append(signature, line{})
			}
		}
	}
	out.Text, out.Signature = render(text), render(signature)
	if out.Text == "" && out.Quoted {
		out.Unsure = true
	}
	return out
}

// interleaved tells whether answers stand between quoted lines: below more than one block, or below one with words above it.
func (t *trimmer) interleaved() bool {
	answered, above, older := 0, false, false
	for _, l := range t.lines {
		switch {
		case l.empty() || l.kind == signatureLine || l.kind == armorLine:
		case l.kind != ownLine:
			older = true
		case older:
			answered, older = answered+1, false
		case answered == 0:
			above = true
		}
	}
	return answered > 1 || answered == 1 && above
}

// context is what an answer refers to: the last quoted lines above it.
func context(block []line) []line {
	kept := make([]line, 0, contextLines+1)
	for i := len(block) - 1; i >= 0 && len(kept) < contextLines; i-- {
		l := block[i]
		if l.kind != quotedLine || !strings.ContainsFunc(l.text, isWordRune) || headerLine(l.text) != 0 || endsLikeIntro(l.text) {
			continue
		}
		l.text, l.depth = lastWords(strings.TrimSpace(l.text), contextWidth), max(l.depth, 1)
		kept = append(kept, l)
	}
	kept = append(kept, line{})
	slices.Reverse(kept)
	return kept
}

// lastWords is the end of a long line, cut before a word.
func lastWords(text string, runes int) string {
	over := utf8.RuneCountInString(text) - runes
	if over <= 0 {
		return text
	}
	for i := range text {
		if over--; over < 0 && text[i] == ' ' {
			return "…" + text[i:]
		}
	}
	return text
}

func isWordRune(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }

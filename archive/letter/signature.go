package letter

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxDelimited  = 20     // lines of a signature behind "-- "
	maxBare       = 10     // lines behind "--", which people also write for other reasons
	maxBareWords  = 100    // words behind "--"
	maxFooter     = 15     // lines of a list footer
	maxDisclaimer = 60     // lines of a disclaimer
	maxClosing    = 8      // lines below "Best regards"
	maxBoxed      = 15     // lines of a signature that a mail program marked
	maxMobile     = 90     // bytes of "Sent from my phone"
	maxLinked     = 500    // bytes of it with links
	maxFooterText = 20_000 // bytes of any of them
)

// findSignatures looks at every run of the author's lines between quoted ones, from the last to the first. What is weak evidence
// in the middle of a letter is strong at its end, so footers and closings count only until words of the author are met.
func (t *trimmer) findSignatures() {
	t.boxedSignatures()
	end, last := len(t.lines), true
	for end > 0 {
		for end > 0 && t.lines[end-1].kind != ownLine {
			end--
		}
		start := end
		for start > 0 && t.lines[start-1].kind == ownLine {
			start--
		}
		rest := t.trimRun(start, end, last)
		if rest > start && t.ownIn(start, rest) {
			last = false
		}
		end = start
	}
}

// ownIn tells whether words of the author stand in these lines.
func (t *trimmer) ownIn(start, end int) bool {
	for _, l := range t.lines[start:end] {
		if l.own() {
			return true
		}
	}
	return false
}

// trimRun takes signatures off the end of one run of the author's lines and gives where the rest ends.
func (t *trimmer) trimRun(start, end int, last bool) int {
	for rounds := 0; ; rounds++ {
		for end > start && t.lines[end-1].empty() {
			end--
		}
		cut := t.delimited(start, end, rounds > 0)
		if cut == end {
			cut = t.mobile(start, end)
		}
		if cut == end && last {
			cut = t.footer(start, end)
		}
		if cut == end && last {
			cut = t.closing(start, end)
		}
		if cut == end || rounds > 20 {
			break
		}
		t.markSignature(cut, end)
		end = cut
	}
	if last {
		t.markSignature(t.bareRule(start, end), end) // not in the rounds: what stands above it is no footer for that
	}
	t.looseMobile(start, end)
	return end
}

func (t *trimmer) markSignature(from, to int) {
	for i := from; i < to; i++ {
		t.lines[i].kind = signatureLine
	}
}

// boxedSignatures checks what mail programs mark as signature: people type into those boxes too. A delimiter above belongs to it.
func (t *trimmer) boxedSignatures() {
	for i := 0; i < len(t.lines); i++ {
		if t.lines[i].kind != signatureLine {
			continue
		}
		j, n := i, 0
		for ; j < len(t.lines) && (t.lines[j].kind == signatureLine || t.lines[j].empty() && t.lines[j].kind == ownLine); j++ {
			if !t.lines[j].empty() {
				n++
			}
		}
		if n > maxBoxed {
			for k := i; k < j; k++ {
				t.lines[k].kind = ownLine
			}
			t.unsure = true
		} else if i > 0 && t.lines[i-1].own() && isDelimiter(t.lines[i-1].text) {
			t.lines[i-1].kind = signatureLine
		}
		i = j
	}
}

// isDelimiter tells whether a line is the mark above a signature (RFC 3676 §4.3), also without its space.
func isDelimiter(text string) bool { return strings.TrimRight(text, " \t") == "--" }

// delimited finds the last signature delimiter of a run, or gives end. With again set a signature was found below already, and a
// second one must be short.
func (t *trimmer) delimited(start, end int, again bool) int {
	lines, words := 0, 0
	for i := end - 1; i >= start && lines <= maxDelimited; i-- {
		text := t.lines[i].text
		if !isDelimiter(text) {
			if !t.lines[i].empty() {
				lines++
				words += strings.Count(text, " ") + 1
			}
			continue
		}
		switch {
		case text == "-- ":
			return i
		case lines <= 4 && words <= 40, !again && lines <= maxBare && words <= maxBareWords:
			return i
		}
		t.unsure = true
		return end
	}
	return end
}

// mobile finds "Sent from my phone" at the end of a run, or gives end.
func (t *trimmer) mobile(start, end int) int {
	if end > start && isMobileLine(t.lines[end-1].text) {
		return end - 1
	}
	return end
}

// looseMobile takes out a line "Sent from my phone" that more text follows. That text may be an older letter without marks or
// the author's own; it stays, and we are unsure.
func (t *trimmer) looseMobile(start, end int) {
	for i := start; i < end; i++ {
		if !t.lines[i].own() || i > start && !t.lines[i-1].empty() || i+1 < end && !t.lines[i+1].empty() {
			continue
		}
		if isMobileLine(t.lines[i].text) {
			t.lines[i].kind = signatureLine
			t.unsure = true
		}
	}
}

// isMobileLine tells whether a line is what a phone or a mail program signs with.
func isMobileLine(text string) bool {
	if len(text) < 5 || len(text) > maxLinked {
		return false
	}
	text = cutLinks(strings.Trim(text, " \t*_-\u00A0"))
	if len(text) < 5 || len(text) > maxMobile {
		return false
	}
	low := strings.ToLower(text)
	low = strings.TrimRight(low, ".! ")
	if strings.ContainsAny(low, ".?!;") && !strings.Contains(low, "mail") {
		return false
	}
	if _, rest, ok := strings.Cut(low, ", "); ok && !strings.HasPrefix(rest, "a ") && !strings.HasPrefix(rest, "an ") {
		return false // only "…, an AT&T smartphone" has a comma
	}
	for _, prefix := range mobilePrefixes {
		rest, ok := strings.CutPrefix(low, prefix)
		if ok && rest != "" && len(strings.Fields(rest)) <= 7 && (!mobileCompanions[prefix] || namesDevice(rest)) {
			return true
		}
	}
	for _, suffix := range mobileSuffixes {
		if rest, ok := strings.CutSuffix(low, suffix); ok && len(strings.Fields(rest)) <= 5 && namesDevice(rest) {
			return true
		}
	}
	return false
}

func namesDevice(low string) bool {
	for _, device := range devices {
		if strings.Contains(low, device) {
			return true
		}
	}
	return false
}

// cutLinks takes the addresses out of a line: "<https://aka.ms/x>", "(https://…)", "[https://…]".
func cutLinks(text string) string {
	for {
		at := strings.Index(text, "http")
		if at < 1 || !strings.ContainsAny(text[at-1:at], "<([") {
			return strings.TrimSpace(text)
		}
		end := strings.IndexAny(text[at:], ">)]")
		if end < 0 {
			return strings.TrimSpace(text[:at-1])
		}
		text = strings.TrimSpace(text[:at-1]) + text[at+end+1:]
	}
}

// hasDetails tells whether a text holds what only signatures are made of: an address, a web page, a phone number.
func hasDetails(text string) bool {
	if strings.Contains(text, "@") || strings.Contains(text, "http://") || strings.Contains(text, "https://") || strings.Contains(text, "www.") {
		return true
	}
	digits := 0
	for _, c := range text {
		switch {
		case unicode.IsDigit(c):
			if digits++; digits >= 7 {
				return true
			}
		case !strings.ContainsRune(" -+().x/", c):
			digits = 0
		}
	}
	return false
}

// closing finds "Best regards" with a name and a few details below it at the end of the author's words, or gives end.
func (t *trimmer) closing(start, end int) int {
	lines := 0
	for i := end - 1; i > start && lines <= maxClosing; i-- {
		l := t.lines[i]
		if l.empty() {
			continue
		}
		if isClosing(l.text) {
			if t.ownIn(start, i) {
				return i
			}
			return end
		}
		if !isDetail(l.text) {
			return end
		}
		lines++
	}
	return end
}

// isClosing tells whether a line is a closing formula, alone or with a name behind it.
func isClosing(text string) bool {
	if len(text) > 80 {
		return false
	}
	low := strings.ToLower(strings.Trim(text, " \t*_"))
	for _, formula := range closings {
		rest, ok := strings.CutPrefix(low, formula)
		if !ok {
			continue
		}
		rest = strings.TrimLeft(rest, "!")
		if strings.Trim(rest, " ,.:;-") == "" {
			return true
		}
		if name, ok := strings.CutPrefix(rest, ","); ok && len(strings.Fields(name)) <= 3 && !strings.HasSuffix(name, "?") {
			return true
		}
	}
	return false
}

// isDetail tells whether a line may stand in a signature: short, no question, no sentence, no afterthought.
func isDetail(text string) bool {
	if len(text) > 300 {
		return false
	}
	text = strings.TrimSpace(text)
	low := strings.ToLower(text)
	words := strings.Fields(low)
	if utf8.RuneCountInString(text) > 70 || strings.HasSuffix(text, "?") || strings.HasPrefix(low, "ps") || strings.HasPrefix(low, "p.s") {
		return false
	}
	sentence := strings.HasSuffix(text, ".") || strings.HasSuffix(text, "!")
	return len(words) <= 9 && (!sentence || len(words) <= 2 || strings.ContainsAny(text, "@|+"))
}

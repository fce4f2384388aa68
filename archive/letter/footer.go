package letter

import (
	"strings"
	"unicode/utf8"
)

// footer finds what lists, employers and virus scanners put below a letter, or gives end: a rule with a footer right below it, the
// details of a person below a rule, or a last paragraph that begins like a footer.
func (t *trimmer) footer(start, end int) int {
	if end > start && isListURL(t.lines[end-1].text) {
		return end - 1
	}
	lines, last := 0, true // last: still in the last paragraph
	for i := end - 1; i >= start && lines <= maxDisclaimer; i-- {
		l := t.lines[i]
		if l.empty() {
			last = false
			continue
		}
		if isFooterRule(l.text) && lines > 0 {
			if t.isFooter(i+1, end, lines) {
				return i
			}
			return end
		}
		if last && (i == start || t.lines[i-1].empty()) && t.beginsFooter(i, end) {
			return i
		}
		lines++
	}
	return end
}

// isListURL tells whether a line is nothing but the address of a list's page.
func isListURL(text string) bool {
	if len(text) > maxLinkLength {
		return false
	}
	text = strings.ToLower(strings.TrimSpace(text))
	return strings.HasPrefix(text, "http") && !strings.Contains(text, " ") &&
		(strings.Contains(text, "listinfo") || strings.Contains(text, "unsubscribe"))
}

// isFooterRule is a row of dashes, also with a few words in it ("--- Sponsor ---"), or a single long dash.
func isFooterRule(text string) bool {
	text = strings.TrimSpace(text)
	if isRule(text, 2) || text == "—" || text == "–" || len(text) >= 8 && strings.Trim(text, "#") == "" {
		return true
	}
	return len(text) < 100 && strings.HasPrefix(text, "-----") && strings.HasSuffix(strings.TrimRight(text, "~>"), "-")
}

// isFooter judges the lines below a rule. What makes them a footer must stand right below the rule: people draw rules too, and a
// footer at the end must not take with it what they wrote in between.
func (t *trimmer) isFooter(start, end, count int) bool {
	if count > maxDisclaimer {
		return false
	}
	var head, all strings.Builder
	short, n := true, 0
	for _, l := range t.lines[start:end] {
		if l.empty() {
			continue
		}
		if all.Len()+len(l.text) > maxFooterText {
			return false
		}
		all.WriteString(l.text + "\n")
		if n++; n <= 3 {
			head.WriteString(l.text + "\n")
		}
		short = short && utf8.RuneCountInString(l.text) <= 72
	}
	top := strings.ToLower(head.String())
	switch {
	case count <= maxFooter && countPhrases(top, footerPhrases) > 0:
		return true
	case countPhrases(top, disclaimerPhrases) > 0 && countPhrases(strings.ToLower(all.String()), disclaimerPhrases) > 1:
		return true
	}
	return count <= 6 && short && hasDetails(all.String())
}

// countPhrases tells how many of the phrases occur.
func countPhrases(low string, phrases []string) int {
	n := 0
	for _, phrase := range phrases {
		if strings.Contains(low, phrase) {
			n++
		}
	}
	return n
}

// beginsFooter tells whether the last paragraph, from start to end, begins like the footer of a list or a disclaimer. A person who
// writes about footers asks or says "I".
func (t *trimmer) beginsFooter(start, end int) bool {
	if end-start > maxFooter {
		return false
	}
	first := t.lines[start].text
	first = strings.ToLower(strings.Trim(first[:min(len(first), 200)], " \t*_"))
	for _, phrase := range footerBeginnings {
		if !strings.HasPrefix(first, phrase) {
			continue
		}
		for _, l := range t.lines[start:end] {
			if len(l.text) > maxFooterText {
				return false
			}
			if low := " " + strings.ToLower(l.text) + " "; strings.Contains(low, "?") || strings.Contains(low, " i ") || strings.Contains(low, " my ") {
				return false
			}
		}
		return true
	}
	return false
}

// bareRule finds rules of dashes at the very end, below blank lines and with nothing below: the mark of a signature without one.
// Otherwise it gives end.
func (t *trimmer) bareRule(start, end int) int {
	cut := end
	for i := end - 1; i > start && (t.lines[i].empty() || isRule(t.lines[i].text, 2)); i-- {
		if !t.lines[i].empty() && t.lines[i-1].empty() {
			cut = i
		} else if !t.lines[i].empty() {
			break
		}
	}
	if t.ownIn(start, cut) {
		return cut
	}
	return end
}

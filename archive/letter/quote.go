package letter

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// NewText is what the author of a letter wrote anew: the text without quoted letters and signature. Nothing is thrown away on
// a guess: what may be the author's stays in Text, and Unsure says so.
type NewText struct {
	Text        string // the author's words; of interleaved answers also the last lines of what each answers, as "> " lines
	Quoted      bool   // something quoted was left out
	Interleaved bool   // answers stand between quoted lines
	Signature   string // signature, footers and disclaimers that were left out
	Unsure      bool   // the cut may be wrong, or nothing new was found: show the author before trusting it
}

const (
	contextLines = 2   // quoted lines kept above an interleaved answer
	contextWidth = 160 // characters kept of each
)

// TrimText is NewText for a plain text that is no longer a letter.
func TrimText(text string) NewText { return trim(plainDocument(CleanText(text))).NewText }

// plainDocument reads a plain text into lines.
func plainDocument(text string) document {
	lines := make([]line, 0, min(maxLines, strings.Count(text, "\n"))+1)
	for rest := text; ; {
		text, after, more := strings.Cut(rest, "\n")
		if len(lines) == maxLines-1 {
			text, more = rest, false
		}
		l := line{text: text}
		l.text, l.depth = quoteDepth(text)
		if n := len(lines); n < 3 || l.text != "" || l.depth > 0 || lines[n-1].text != "" || lines[n-2].text != "" || lines[n-3].text != "" {
			lines = append(lines, l) // more than three blank lines say no more than three
		}
		if !more {
			break
		}
		rest = after
	}
	mendQuotes(lines)
	markArmor(lines)
	return document{lines: lines, parents: []int32{0}}
}

// markArmor takes the armor of a text signed with OpenPGP (RFC 9580 §7) from its words, and the dashes put before its lines.
func markArmor(lines []line) {
	inHead, inSignature, inText := false, false, false
	for i := range lines {
		l := &lines[i]
		if l.depth > 0 {
			continue
		}
		switch {
		case l.text == "-----BEGIN PGP SIGNED MESSAGE-----":
			inHead, inText = true, true
		case l.text == "-----BEGIN PGP SIGNATURE-----" && inText:
			inSignature = true
		case inText && !inHead && strings.HasPrefix(l.text, "- "):
			l.text = l.text[2:]
		}
		if inHead || inSignature {
			l.kind = armorLine
		}
		inHead = inHead && !l.empty()
		if l.text == "-----END PGP SIGNATURE-----" {
			inSignature, inText = false, false
		}
	}
}

// mendQuotes puts right what wrapping and mbox files do to quoted lines.
func mendQuotes(lines []line) {
	brokenWrap := false
	for i := range lines {
		l := &lines[i]
		switch {
		case l.depth == 1 && i > 0 && lines[i-1].depth == 0 && endsOpenAngle(lines[i-1].text) && len(l.text) < 30 && strings.HasSuffix(l.text, ":"):
			l.text, l.depth = ">"+l.text, 0 // "… <bree@example" + ">:" on the next line
		case l.depth == 1 && strings.HasPrefix(l.text, "From ") && !nearQuote(lines, i):
			l.depth = 0 // an mbox file put '>' before a sentence that begins with "From "
		case isRemnant(lines, i):
			brokenWrap = true
			l.depth = lines[i-1].depth
		}
	}
	if brokenWrap {
		for i := range lines {
			if betweenQuotes(lines, i) && startsLower(lines[i].text) {
				lines[i].depth = lines[i-1].depth
			}
		}
	}
	mendFirstLines(lines)
	markOtherQuotes(lines)
}

// mendFirstLines gives its mark back to the first line of a quoted paragraph. Mail programs on phones lose it: the line is full,
// breaks off in the middle of a sentence, and the quoted line below goes on with it. The blank line above tells it from an answer.
func mendFirstLines(lines []line) {
	const full, widest = 65, 76
	for i := 1; i+1 < len(lines); i++ {
		l, next := &lines[i], lines[i+1]
		if l.depth > 0 || next.depth == 0 || !lines[i-1].empty() || lines[i-1].depth > 0 || !startsLower(next.text) || endsInLink(l.text) {
			continue
		}
		text := strings.TrimRight(l.text, " ")
		if len(text) < full || len(text) > widest+2 || strings.ContainsAny(text[len(text)-1:], ".!?:;") {
			continue
		}
		if word, _, _ := strings.Cut(next.text, " "); len(text)+1+len(word) > widest {
			l.depth = next.depth
		}
	}
}

// endsInLink tells whether the last word of a line is an address in the web, which breaks where it must and not where sentences do.
func endsInLink(text string) bool {
	return strings.Contains(text[strings.LastIndexByte(text, ' ')+1:], "://")
}

func endsOpenAngle(text string) bool {
	return strings.LastIndexByte(text, '<') > strings.LastIndexByte(text, '>')
}

func nearQuote(lines []line, i int) bool {
	return i > 0 && lines[i-1].depth > 0 || i+1 < len(lines) && lines[i+1].depth > 0
}

// betweenQuotes tells whether an unquoted line stands alone, without blank lines, between quoted ones.
func betweenQuotes(lines []line, i int) bool {
	return i > 0 && i+1 < len(lines) && lines[i].depth == 0 && !lines[i].empty() && lines[i-1].depth > 0 && lines[i+1].depth > 0
}

// isRemnant tells whether a line is the end of the quoted line above it, broken off by a program that wraps at a fixed width.
func isRemnant(lines []line, i int) bool {
	if !betweenQuotes(lines, i) || !startsLower(lines[i].text) {
		return false
	}
	above := strings.TrimRight(lines[i-1].text, " ")
	return len(above) >= 60 && len(lines[i].text) < len(above) && !strings.ContainsAny(above[len(above)-1:], ".!?")
}

func startsLower(text string) bool {
	c, _ := utf8.DecodeRuneInString(text)
	return unicode.IsLower(c)
}

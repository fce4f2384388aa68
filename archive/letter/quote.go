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
	markOtherQuotes(lines)
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

// markOtherQuotes recognises quote marks other than '>': a space before it, initials ("JD> ") and bars ("| "), when at least two
// lines in a row have the same.
func markOtherQuotes(lines []line) {
	for i := 0; i < len(lines); {
		mark := otherMark(lines[i])
		j := i + 1
		for mark != "" && j < len(lines) && otherMark(lines[j]) == mark {
			j++
		}
		if mark != "" && (j-i >= 3 || j-i == 2 && mark != "| ") {
			for k := i; k < j; k++ {
				lines[k].text, lines[k].depth = quoteDepth(">" + lines[k].text[len(mark):])
			}
		}
		i = j
	}
}

// otherMark is the quote mark other than a plain '>' at the head of an unquoted line: " >", "JD> " or "| ".
func otherMark(l line) string {
	text := l.text
	if l.depth > 0 || len(text) < 2 {
		return ""
	}
	i := 0
	for i < len(text) && i < 3 && text[i] == ' ' {
		i++
	}
	if i > 0 && i < len(text) && text[i] == '>' {
		return text[:i] + ">"
	}
	if strings.HasPrefix(text, "| ") && !strings.HasSuffix(strings.TrimRight(text, " "), "|") && !strings.Contains(text[2:], " | ") {
		return "| "
	}
	letters := len(text) - len(strings.TrimLeft(text, " "))
	i = letters
	for i < len(text) && i < letters+5 && isASCIILetter(text[i]) {
		i++
	}
	if letters <= 8 && i > letters && i+1 < len(text) && text[i] == '>' && text[i+1] == ' ' {
		return text[:i+2]
	}
	return ""
}

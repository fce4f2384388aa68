package letter

import (
	"strings"
)

// How wide lines of format=flowed are, in columns. RFC 3676 §4.2 asks for 78 at most and prefers less: a wider line is broken at 72, and
// one within the limit stays as it is, because many programs show each line as it came and one word alone on a line reads badly there.
const (
	flowedWidth = 72
	flowedLimit = 78
)

// quoteDepth counts the '>' at the head of a line of quoted text and gives what follows them without one leading space:
// "> > a", ">> a" and ">>a" all are ("a", 2).
func quoteDepth(line string) (rest string, depth int32) {
	for strings.HasPrefix(line, ">") {
		depth++
		line = line[1:]
		if strings.HasPrefix(line, " >") {
			line = line[1:]
		}
	}
	if depth > 0 {
		line = strings.TrimPrefix(line, " ")
	}
	return line, depth
}

// appendQuoted writes one line at a quote depth.
func appendQuoted(b *strings.Builder, depth int32, text string) {
	for range depth {
		b.WriteByte('>')
	}
	if depth > 0 && text != "" {
		b.WriteByte(' ')
	}
	b.WriteString(text)
}

// unflow joins the lines that format=flowed broke softly (RFC 3676 §4.4). Line ends are \n. Quote marks come out as ">> text";
// with delSp the space before a soft break is removed too (§4.1, for scripts without spaces). An unquoted line that begins with
// '>' keeps the space it was stuffed with, so that it is not taken for a quotation later.
func unflow(text string, delSp bool) string {
	var out strings.Builder
	out.Grow(len(text))
	open, openDepth := false, 0 // a paragraph waits for its next line
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		depth := len(line) - len(strings.TrimLeft(line, ">"))
		rest := strings.TrimPrefix(line[depth:], " ")
		signature := rest == "-- "                                   // §4.3: never flowed, and nothing flows into it
		if open && (depth != openDepth || signature || rest == "") { // a soft break before an empty line was an accident
			out.WriteByte('\n')
			open = false
		}
		flows := strings.HasSuffix(rest, " ") && !signature
		if flows && delSp {
			rest = rest[:len(rest)-1]
		}
		switch {
		case open:
			out.WriteString(rest)
		case depth == 0 && strings.HasPrefix(rest, ">"):
			out.WriteString(" " + rest)
		default:
			appendQuoted(&out, int32(depth), rest)
		}
		if !flows {
			out.WriteByte('\n')
		}
		open, openDepth = flows, depth
	}
	if !strings.HasSuffix(text, "\n") && !open {
		return strings.TrimSuffix(out.String(), "\n")
	}
	return out.String()
}

// flow writes text as format=flowed (RFC 3676 §4.2): long lines are broken softly after a space, lines that could be misread are
// stuffed with a space, blanks at line ends removed, "-- " kept. Words are never broken.
func flow(text string) string {
	var out strings.Builder
	out.Grow(len(text) + len(text)/16)
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		rest, depth := "", int32(0)
		if strings.HasPrefix(line, ">") {
			rest, depth = quoteDepth(line)
		} else {
			rest = line
		}
		if rest != "-- " {
			rest = strings.TrimRight(rest, " ")
		}
		prefix := strings.Repeat(">", min(int(depth), flowedWidth/2))
		for {
			head, tail := softBreak(rest, flowedWidth-len(prefix), flowedLimit-len(prefix))
			out.WriteString(prefix)
			if needsStuffing(head, depth) {
				out.WriteByte(' ')
			}
			out.WriteString(head)
			out.WriteByte('\n')
			if tail == "" {
				break
			}
			rest = tail
		}
	}
	return out.String()
}

// needsStuffing tells whether a line would be read as something else without a space before it (RFC 3676 §4.4).
func needsStuffing(line string, depth int32) bool {
	return depth > 0 && line != "" || strings.HasPrefix(line, " ") || strings.HasPrefix(line, ">") || strings.HasPrefix(line, "From ")
}

// softBreak cuts a line that is wider than limit behind the last space that keeps the head within width; a longer word stays whole.
func softBreak(line string, width, limit int) (head, tail string) {
	if !wider(line, limit) {
		return line, ""
	}
	cut, at := 0, 0
	for i, r := range line {
		if at += columnsOf(r); at > width && cut > 0 {
			break
		}
		// A break may neither leave "-- " alone, which is the mark of a signature, nor put a space before the next word.
		if r == ' ' && i > 0 && line[:i] != "--" && i+1 < len(line) && line[i+1] != ' ' && strings.TrimLeft(line[:i], " ") != "" {
			cut = i + 1
		}
	}
	if cut == 0 {
		return line, ""
	}
	return line[:cut], line[cut:]
}

// columns is how wide a text is on a screen of letters of one width.
func columns(s string) (n int) {
	for _, r := range s {
		n += columnsOf(r)
	}
	return n
}

// wider tells whether a text has more columns than a limit. It reads no more of it than that takes.
func wider(s string, limit int) bool {
	for _, r := range s {
		if limit -= columnsOf(r); limit < 0 {
			return true
		}
	}
	return false
}

func columnsOf(r rune) int {
	if isWide(r) {
		return 2
	}
	return 1
}

// isWide tells whether a character belongs to a script written without spaces in full-width cells.
func isWide(r rune) bool {
	return r >= 0x1100 && (r <= 0x115F || r >= 0x2E80 && r <= 0xA4CF || r >= 0xAC00 && r <= 0xD7A3 || r >= 0xF900 && r <= 0xFAFF ||
		r >= 0xFE30 && r <= 0xFE6F || r >= 0xFF00 && r <= 0xFF60 || r >= 0xFFE0 && r <= 0xFFE6 || r >= 0x20000 && r <= 0x3FFFD)
}

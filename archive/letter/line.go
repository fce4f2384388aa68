package letter

import "strings"

// line is one line of a text on its way to being trimmed. Joined by line ends, all lines together are the text.
type line struct {
	text  string   // without quote marks and without line end
	depth int32    // how deep it is quoted
	box   int32    // innermost container of the HTML that it stands in, 0 outside of any
	kind  lineKind // what it is, as far as known
}

// lineKind says to whom a line belongs.
type lineKind uint8

const (
	ownLine       lineKind = iota // words of the author, until shown otherwise
	quotedLine                    // somebody else's words
	introLine                     // "On Friday, Bree wrote:" and message headers above quoted words
	signatureLine                 // signature, footer of a list, disclaimer, "Sent from my phone"
	armorLine                     // what OpenPGP wraps around a signed text
)

// empty tells whether a line shows nothing.
func (l line) empty() bool { return l.text == "" || strings.TrimSpace(l.text) == "" }

// own tells whether a line is the author's and not empty.
func (l line) own() bool { return l.kind == ownLine && !l.empty() }

// document is a text as lines, with the containers that its HTML had.
type document struct {
	lines   []line
	parents []int32 // of the containers: parents[box] is the container around it; parents[0] is unused
}

// maxLines bounds the work and memory for one text; what goes beyond is kept but not looked into.
const maxLines = 50_000

// render writes lines as plain text, quoted ones behind '>' marks. Blank lines at both ends and all but one in a row are left out.
func render(lines []line) string {
	n := 0
	for _, l := range lines {
		n += len(l.text) + int(l.depth) + 2
	}
	var out strings.Builder
	out.Grow(n)
	pending, pendingDepth := false, int32(0)
	for _, l := range lines {
		text := strings.TrimRight(l.text, " \t")
		if text == "" {
			if !pending || l.depth < pendingDepth {
				pendingDepth = l.depth
			}
			pending = true
			continue
		}
		if pending && out.Len() > 0 {
			appendQuoted(&out, min(pendingDepth, l.depth), "")
			out.WriteByte('\n')
		}
		pending = false
		appendQuoted(&out, l.depth, text)
		out.WriteByte('\n')
	}
	return strings.TrimSuffix(out.String(), "\n")
}

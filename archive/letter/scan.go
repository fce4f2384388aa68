package letter

import (
	"bytes"

	"backchannel/templates/refusal"
)

// scanner walks through a letter once, from the first byte to the last, and notes its parts in a flat list. It never recurses:
// what is open stands on a stack of at most maxDepth entries, so a hostile nesting costs an entry, not a stack frame.
type scanner struct {
	raw   []byte
	parts []Part
	open  []int     // parts under way, outermost first
	waits []delim   // boundaries that may still come, outermost first
	first [256]bool // the characters that any boundary of this letter began with
	spans []span    // room for one header block, used again for every part
}

// delim is a boundary that a multipart waits for.
type delim struct {
	part int    // index of the multipart
	line []byte // "--" and the boundary
}

// scan reads the whole letter and gives its top header block and its parts.
func scan(raw []byte) (block, []Part, error) {
	s := &scanner{raw: raw}
	top, err := readBlock(raw, 0, make([]span, 0, 32), nil)
	if err != nil {
		return block{}, nil, err
	}
	if err := s.enter(top, 0, -1); err != nil {
		return block{}, nil, err
	}
	pos := top.body
	for {
		if inside := s.open[len(s.open)-1]; s.holdsMessage(inside) {
			pos, err = s.begin(pos, inside)
		} else if next, ok := s.nextPart(pos); ok {
			pos, err = s.begin(next, s.waits[len(s.waits)-1].part)
		} else {
			break
		}
		if err != nil {
			return block{}, nil, err
		}
	}
	s.leave(0, len(raw))
	return top, s.parts, nil
}

// begin reads the header of the part at pos and gives the place where its body begins.
func (s *scanner) begin(pos, parent int) (int, error) {
	b, err := readBlock(s.raw, pos, s.spans[:0], s.isDelim)
	if err != nil {
		return 0, err
	}
	s.spans = b.spans
	return b.body, s.enter(b, pos, parent)
}

// enter notes a part whose header has been read.
func (s *scanner) enter(b block, start, parent int) error {
	p := Part{Parent: parent, HeaderStart: start, BodyStart: b.body, End: b.body, raw: s.raw}
	standard := "text/plain"
	if parent >= 0 {
		holder := &s.parts[parent]
		holder.Children++
		p.Depth = holder.Depth + 1
		p.Number = holder.Children
		if holder.Type == "multipart/digest" {
			standard = "message/rfc822" // RFC 2046 §5.1.5
		}
	}
	if p.Depth > maxDepth {
		return refusal.Because(refusal.Malformed, "Your letter holds letters within letters more than %d deep. Please send it again as a new letter.", maxDepth)
	}
	if len(s.parts) >= maxParts {
		return refusal.Because(refusal.Malformed, "Your letter has more than %d parts. Please send it again with fewer attachments.", maxParts)
	}
	boundary := p.describe(b.spans, standard)
	if len(boundary) > maxBoundary {
		return refusal.Because(refusal.Malformed, "The separator between the parts of your letter is longer than %d characters. Please send it again from another mail program.", maxBoundary)
	}
	s.open = append(s.open, len(s.parts))
	if boundary != "" {
		s.waits = append(s.waits, delim{part: len(s.parts), line: []byte("--" + boundary)})
		s.first[boundary[0]] = true
	}
	s.parts = append(s.parts, p)
	return nil
}

// holdsMessage tells whether the part is a whole letter to look into next: a message that is not transfer-encoded (RFC 2046
// §5.2.1 forbids it to be), not yet entered and not empty.
func (s *scanner) holdsMessage(i int) bool {
	p := &s.parts[i]
	if p.Type != "message/rfc822" && p.Type != "message/global" || p.Children > 0 {
		return false
	}
	if p.Encoding == "base64" || p.Encoding == "quoted-printable" || p.BodyStart >= len(s.raw) {
		return false
	}
	line, _ := lineAt(s.raw, p.BodyStart)
	return !s.isDelim(line)
}

// nextPart looks for the next boundary line at or behind pos, which is the start of a line. It ends the parts that the boundary
// ends; true means that a new part begins at the place given.
func (s *scanner) nextPart(pos int) (int, bool) {
	from := pos - 1 // the line feed before it
	for len(s.waits) > 0 && from >= 0 {
		i := bytes.Index(s.raw[from:], []byte("\n--"))
		if i < 0 {
			break
		}
		at := from + i + 1
		from = at + 2
		if at+2 < len(s.raw) && !s.first[s.raw[at+2]] {
			continue
		}
		line, next := lineAt(s.raw, at)
		from = next - 1
		which, last := s.match(line)
		if which < 0 {
			continue
		}
		s.leave(s.position(s.waits[which].part)+1, s.lineEndBefore(at))
		if !last {
			s.waits = s.waits[:which+1]
			return next, true
		}
		s.waits = s.waits[:which] // what follows until the boundary around it is nobody's (RFC 2046 §5.1.1: epilogue)
	}
	return 0, false
}

// match finds the innermost boundary that the line is, and whether it is the closing one. Only spaces may stand behind it. Lengths
// are compared before bytes: a hostile letter has millions of lines that are almost a boundary.
func (s *scanner) match(line []byte) (which int, last bool) {
	for len(line) > 0 && (isBlank(line[len(line)-1]) || line[len(line)-1] == '\r') {
		line = line[:len(line)-1]
	}
	for i := len(s.waits) - 1; i >= 0; i-- {
		wait := s.waits[i].line
		switch len(line) - len(wait) {
		case 0:
			if bytes.Equal(line, wait) {
				return i, false
			}
		case 2:
			if line[len(line)-1] == '-' && line[len(line)-2] == '-' && bytes.HasPrefix(line, wait) {
				return i, true
			}
		}
	}
	return -1, false
}

func (s *scanner) isDelim(line []byte) bool {
	which, _ := s.match(line)
	return which >= 0
}

// position is the place of a part in the stack of open ones.
func (s *scanner) position(part int) int {
	i := len(s.open) - 1
	for s.open[i] != part {
		i--
	}
	return i
}

// leave ends every open part from the given place of the stack on.
func (s *scanner) leave(from, end int) {
	for _, i := range s.open[from:] {
		p := &s.parts[i]
		// A boundary right behind the header takes the line break before it, even when that one ended a field.
		p.HeaderStart, p.BodyStart, p.End = min(p.HeaderStart, end), min(p.BodyStart, end), end
	}
	s.open = s.open[:from]
}

// lineEndBefore is where the line before pos ends without its line break.
func (s *scanner) lineEndBefore(pos int) int {
	if pos > 0 && s.raw[pos-1] == '\n' {
		pos--
		if pos > 0 && s.raw[pos-1] == '\r' {
			pos--
		}
	}
	return pos
}

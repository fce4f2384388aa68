package letter

import (
	"bytes"

	"backchannel/templates/refusal"
)

// Limits of one header block, of the letter and of each part (B1).
const (
	maxFields     = 500
	maxBlock      = 100 << 10 // octets
	maxField      = 32 << 10  // octets
	maxDepth      = 20
	maxParts      = 1000
	maxBoundary   = 2048 // RFC 2046 §5.1.1 allows 70; real mail has more
	maxParamCount = 100
	maxParamValue = 4 << 10 // octets
)

// span is one field of a header block as offsets into the letter: name, colon, value and continuation lines. Where no name can
// be read, colon is -1: an mbox "From " line, a line without a colon, a name with spaces or 8-bit bytes. Such a line is isolated:
// it is nobody's value, and it stays where it stands.
type span struct{ start, colon, end int }

// block is one header block. The spans touch each other from the start of the block to end; between end and body lies the empty
// line, or nothing when it is missing.
type block struct {
	spans     []span
	end, body int
}

// readBlock splits the header that begins at pos. It never fails on bad lines, only on the limits; then it gives what it read
// before. stop, when not nil, tells whether a line is a boundary that ends the part here.
//
// A line that is no field and no continuation is isolated when a field follows it, or when it has a colon and the block was
// already under way; otherwise the body begins there, its empty line forgotten. So neither a stray line hides the fields behind
// it, nor does a part without a header lose its first words.
func readBlock(raw []byte, pos int, spans []span, stop func(line []byte) bool) (block, error) {
	start := pos
	for pos < len(raw) {
		line, next := lineAt(raw, pos)
		if len(line) == 0 {
			return block{spans: spans, end: pos, body: next}, nil
		}
		if stop != nil && line[0] == '-' && stop(line) {
			break
		}
		last := len(spans) - 1
		switch colon := fieldColon(line); {
		case isBlank(line[0]) && last >= 0:
			spans[last].end = next
		case colon > 0:
			spans = append(spans, span{pos, pos + colon, next})
		case (last >= 0 || stop == nil || isStray(line)) && isolate(raw, line, next, last >= 0, stop):
			spans = append(spans, span{pos, -1, next})
		default:
			return block{spans: spans, end: pos, body: pos}, nil
		}
		if err := checkBlock(spans, start, next); err != nil {
			last := len(spans) - 1
			return block{spans: spans[:last], end: spans[last].start, body: spans[last].start}, err
		}
		pos = next
	}
	return block{spans: spans, end: pos, body: pos}, nil
}

// checkBlock holds the limits of B1 while the block grows, so that no more than the limit is ever read.
func checkBlock(spans []span, start, next int) error {
	last := spans[len(spans)-1]
	switch {
	case len(spans) > maxFields:
		return refusal.Because(refusal.Malformed, "Your letter has more than %d lines in its header, more than any mail program writes. Please send it again as a new letter.", maxFields)
	case last.end-last.start > maxField:
		return refusal.Because(refusal.Malformed, "One line in the header of your letter is longer than %d KB. If it has a very long list of addresses, please send it to fewer people at once.", maxField>>10)
	case next-start > maxBlock:
		return refusal.Because(refusal.Malformed, "The header of your letter is longer than %d KB. Please send it again as a new letter.", maxBlock>>10)
	}
	return nil
}

// isolate decides over a line that is no field: true when it is a foreign body inside the header, false when the text begins.
func isolate(raw, line []byte, next int, underway bool, stop func([]byte) bool) bool {
	for next < len(raw) {
		following, after := lineAt(raw, next)
		if len(following) == 0 || (stop != nil && following[0] == '-' && stop(following)) {
			break
		}
		if fieldColon(following) > 0 {
			return true
		}
		if !isBlank(following[0]) {
			return false
		}
		next = after // a continuation of the bad line: look behind it
	}
	return underway && bytes.IndexByte(line, ':') > 0
}

// isStray tells whether a line that is no field is one of those that programs put on top of a header: an mbox line or an indented one.
func isStray(line []byte) bool {
	return isBlank(line[0]) || bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From "))
}

// lineAt is the line at pos without its line end (CRLF or a bare LF), and where the next one begins.
func lineAt(raw []byte, pos int) (line []byte, next int) {
	i := bytes.IndexByte(raw[pos:], '\n')
	if i < 0 {
		return raw[pos:], len(raw)
	}
	line = raw[pos : pos+i]
	if i > 0 && line[i-1] == '\r' {
		line = line[:i-1]
	}
	return line, pos + i + 1
}

// fieldColon finds the colon of a header field, or gives 0: a name is printable ASCII without spaces (RFC 5322 §2.2), spaces may
// stand before the colon (§4.5).
func fieldColon(line []byte) int {
	i := 0
	for i < len(line) && line[i] > ' ' && line[i] < 0x7F && line[i] != ':' {
		i++
	}
	if i == 0 {
		return 0
	}
	for i < len(line) && isBlank(line[i]) {
		i++
	}
	if i < len(line) && line[i] == ':' {
		return i
	}
	return 0
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

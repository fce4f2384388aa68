package smtpd

// ending finds the end of a letter in the bytes of DATA, and on the way every byte that strict SMTP forbids: a CR without its
// LF, an LF without its CR, a NUL (A1; RFC 5321 §2.3.8, §4.1.1.4). Only CRLF.CRLF ends a letter; whoever takes less can be made
// to read two letters where another host saw one.
type ending struct {
	at  place
	bad bool // something forbidden was seen
}

// place is where in a line the last byte left us.
type place byte

const (
	lineStart place = iota // where a lone dot would end the letter
	midLine
	afterCR
	afterDot   // a dot at the start of a line
	afterDotCR // and its CR
)

// scan reads p up to the end of the letter. It returns how much of p belongs to the letter, its end mark included, and whether
// the end was found.
func (e *ending) scan(p []byte) (n int, found bool) {
	at := e.at
	for i, c := range p {
		switch {
		case c == '\n' && at == afterDotCR:
			e.at = lineStart
			return i + 1, true
		case c == '\n' && at == afterCR:
			at = lineStart
			continue
		case c == '\n' || c == 0 || at == afterCR || at == afterDotCR:
			e.bad = true
		}
		switch {
		case c == '\r' && at == afterDot:
			at = afterDotCR
		case c == '\r':
			at = afterCR
		case c == '.' && at == lineStart:
			at = afterDot
		default:
			at = midLine
		}
	}
	e.at = at
	return len(p), false
}

// chunk reads a part of a BDAT chunk, in which a dot means nothing (RFC 3030 §2).
func (e *ending) chunk(p []byte) {
	at := e.at
	for _, c := range p {
		if c == 0 || (c == '\n') != (at == afterCR) {
			e.bad = true
		}
		at = midLine
		if c == '\r' {
			at = afterCR
		}
	}
	e.at = at
}

// open tells whether a CR still waits for its LF.
func (e *ending) open() bool { return e.at == afterCR || e.at == afterDotCR }

// strictLine tells whether a command line, its end included, is strict: it ends with CRLF and holds no other CR, LF or NUL.
func strictLine(line []byte) bool {
	n := len(line) - 2
	if n < 0 || line[n] != '\r' || line[n+1] != '\n' {
		return false
	}
	for _, c := range line[:n] {
		if c == '\r' || c == '\n' || c == 0 {
			return false
		}
	}
	return true
}

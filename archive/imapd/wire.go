package imapd

import (
	"bytes"
	"strconv"
	"strings"
)

// announced is a literal announced at the end of a line (RFC 9051 §4.3).
type announced struct {
	at    int // where its '{' stands
	size  int64
	waits bool // without '+': the client sends it only after our '+'
}

// literalAt finds "{n}" or "{n+}" at the end of a line.
func literalAt(line []byte) (announced, bool) {
	t := bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
	if len(t) < 3 || t[len(t)-1] != '}' {
		return announced{}, false
	}
	at := bytes.LastIndexByte(t, '{')
	if at < 0 {
		return announced{}, false
	}
	digits := t[at+1 : len(t)-1]
	waits := true
	if n := len(digits); n > 0 && digits[n-1] == '+' {
		digits, waits = digits[:n-1], false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return announced{}, false
		}
	}
	size, err := strconv.ParseInt(string(digits), 10, 64)
	if len(digits) == 0 {
		return announced{}, false
	}
	if err != nil { // more digits than any letter needs
		size = 1 << 62
	}
	return announced{at: at, size: size, waits: waits}, true
}

// openQuote tells whether a quoted string is still open at the end of the line. The library would read on over the line's end.
func openQuote(line []byte) bool {
	open := false
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '"':
			open = !open
		case line[i] == '\\' && open:
			i++
		}
	}
	return open
}

// isTag tells whether s can be the tag of a command (RFC 9051 §9: ASTRING-CHAR without '+').
func isTag(s string) bool {
	if s == "" || len(s) > 256 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`(){%*"\+`, c) >= 0 {
			return false
		}
	}
	return true
}

// isID tells whether a line is the command ID.
func isID(line []byte) bool {
	_, rest, _ := bytes.Cut(line, []byte(" "))
	return len(rest) > 2 && bytes.EqualFold(rest[:2], []byte("ID")) && (rest[2] == ' ' || rest[2] == '\r' || rest[2] == '\n')
}

// appendTarget reads the mailbox of an APPEND from its text so far, which ends with an announced literal. It is false when that
// literal is the name itself, or when this is no APPEND. The name comes as it stands on the wire.
func appendTarget(command []byte) (mailbox string, isLetter bool) {
	_, rest, ok := bytes.Cut(command, []byte(" "))
	if !ok || len(rest) < 7 || !bytes.EqualFold(rest[:7], []byte("APPEND ")) {
		return "", false
	}
	name, rest, ok := astring(bytes.TrimLeft(rest[7:], " "))
	return name, ok && bytes.HasPrefix(rest, []byte(" "))
}

// astring takes one word, quoted string or literal from the front of b.
func astring(b []byte) (s string, rest []byte, ok bool) {
	if len(b) == 0 {
		return "", nil, false
	}
	switch b[0] {
	case '"':
		var out []byte
		for i := 1; i < len(b); i++ {
			switch {
			case b[i] == '"':
				return string(out), b[i+1:], true
			case b[i] == '\\' && i+1 < len(b):
				i++
			}
			out = append(out, b[i])
		}
		return "", nil, false
	case '{':
		head, body, found := bytes.Cut(b, []byte("\n"))
		l, isLiteral := literalAt(head)
		if !found || !isLiteral || l.at != 0 || int64(len(body)) < l.size {
			return "", nil, false
		}
		return string(body[:l.size]), body[l.size:], true
	}
	end := bytes.IndexAny(b, " \r\n(\"{")
	if end <= 0 {
		return "", nil, false
	}
	return string(b[:end]), b[end:], true
}

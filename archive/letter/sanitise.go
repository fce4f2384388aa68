package letter

import (
	"strings"
	"unicode/utf8"
)

// CleanLine makes foreign text safe to show on one line (B3): valid UTF-8, no controls, no direction overrides, no tag
// characters; every line break and tab becomes one space, and the ends are trimmed.
func CleanLine(s string) string {
	if printableASCII(s) {
		return strings.Trim(s, " ")
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\r' && i+1 < len(s) && s[i+1] == '\n':
			// the line feed behind it is the one space
		case r == '\t' || r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
			b.WriteByte(' ')
		case hidden(r):
		default:
			b.WriteRune(r)
		}
		i += n
	}
	return strings.Trim(b.String(), " ")
}

// CleanText is CleanLine for whole texts: line ends become \n, and \n and \t stay. Spaces at the ends stay too, they may mean
// something (RFC 3676).
func CleanText(s string) string {
	if plainText(s) == len(s) {
		return s
	}
	s = strings.ToValidUTF8(s, "\uFFFD")
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		if n := plainText(s[i:]); n > 0 {
			b.WriteString(s[i : i+n])
			i += n
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '\r' && i+1 < len(s) && s[i+1] == '\n':
		case r == '\r' || r == '\u2028' || r == '\u2029':
			b.WriteByte('\n')
		case hidden(r):
		default:
			b.WriteRune(r)
		}
		i += n
	}
	return b.String()
}

// hidden tells whether a character is never shown (B3): C0 and C1 controls, direction embeddings, overrides and isolates, the
// byte order mark, and the tag block, in which whole invisible sentences can be written.
func hidden(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7F && r <= 0x9F:
		return true
	case r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
		return true
	case r == 0xFEFF, r >= 0xE0000 && r <= 0xE007F:
		return true
	}
	return false
}

// ASCII makes peer text safe for logs, Received fields and replies (A12): printable ASCII, at most n bytes. Line breaks and tabs
// become spaces, every other character outside printable ASCII a question mark. What is cut ends in "..." when there is room.
func ASCII(s string, n int) string {
	if n <= 0 {
		return ""
	}
	if len(s) <= n && printableASCII(s) {
		return s
	}
	out := make([]byte, 0, min(len(s), n))
	for i, r := range s {
		if len(out) == n {
			if n > 3 {
				copy(out[n-3:], "...")
			}
			break
		}
		switch {
		case r == '\r' && i+1 < len(s) && s[i+1] == '\n':
		case r == '\t' || r == '\n' || r == '\r':
			out = append(out, ' ')
		case r < 0x20 || r > 0x7E:
			out = append(out, '?')
		default:
			out = append(out, byte(r))
		}
	}
	return string(out)
}

// printableASCII tells whether s consists of space to tilde only.
func printableASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// plainText is how many octets s begins with that are printable ASCII, tabs and line feeds.
func plainText(s string) int {
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < ' ' && c != '\n' && c != '\t') || c > '~' {
			return i
		}
	}
	return len(s)
}

package letter

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// DecodeWords reads the raw value of a field into clean UTF-8 on one line: folding, RFC 2047 encoded words, raw 8-bit text.
// What is no encoded word stays as it is.
func DecodeWords(s string) string {
	s = unfold(s)
	if printableASCII(s) && !strings.Contains(s, "=?") {
		return s
	}
	var out strings.Builder
	out.Grow(len(s))
	var held heldWord // the words before s, of one charset, whose characters may be cut in the middle
	closing := strings.LastIndex(s, "?=")
	for len(s) > 0 {
		i := strings.Index(s, "=?")
		if i < 0 || closing < i {
			break
		}
		w, ok := readWord(s[i:])
		between := s[:i]
		if !ok {
			held.flush(&out)
			out.WriteString(rawText(between) + "=?")
			s, closing = s[i+2:], closing-i-2
			continue
		}
		if held.open && strings.Trim(between, " \t") == "" && held.charset == w.charset {
			held.data = append(held.data, w.data...)
		} else {
			// RFC 2047 §6.2: spaces between two encoded words are not shown.
			if !held.open || strings.Trim(between, " \t") != "" {
				held.flush(&out)
				out.WriteString(rawText(between))
			}
			held.flush(&out)
			held = heldWord{open: true, charset: w.charset, data: w.data}
		}
		s, closing = s[i+w.length:], closing-i-w.length
	}
	held.flush(&out)
	out.WriteString(rawText(s))
	return CleanLine(out.String())
}

// word is one encoded word, its transfer encoding undone.
type word struct {
	charset string // lower case
	data    []byte
	length  int // in the source
}

// heldWord is decoded text whose charset is not applied yet: Outlook and others cut a character between two words, so words of
// one charset are joined first.
type heldWord struct {
	open    bool
	charset string
	data    []byte
}

func (h *heldWord) flush(out *strings.Builder) {
	if h.open {
		out.WriteString(decodeCharset(h.charset, h.data))
	}
	*h = heldWord{}
}

// readWord reads the encoded word at the head of s: =?charset?q?text?= (RFC 2047 §2; RFC 2231 §5 adds *language). Spaces inside
// the text are forbidden and common.
func readWord(s string) (word, bool) {
	end := 2
	for end < len(s) && end < 60 && s[end] > ' ' && s[end] < 0x7F && s[end] != '?' {
		end++
	}
	if end == 2 || end+3 > len(s) || s[end] != '?' || s[end+2] != '?' {
		return word{}, false
	}
	kind := s[end+1] | 0x20
	if kind != 'q' && kind != 'b' {
		return word{}, false
	}
	charset, _, _ := strings.Cut(strings.ToLower(s[2:end]), "*")
	text, _, found := strings.Cut(s[end+3:], "?=")
	if !found {
		return word{}, false
	}
	w := word{charset: charset, length: end + 3 + len(text) + 2}
	if kind == 'b' {
		w.data = decodeBase64([]byte(text))
	} else {
		w.data = decodeQPLine(nil, bytes.ReplaceAll([]byte(text), []byte("_"), []byte(" ")))
	}
	return w, true
}

// rawText is a stretch outside encoded words: UTF-8 (RFC 6532), or else the windows-1252 that old programs wrote.
func rawText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return decodeCharset("windows-1252", []byte(s))
}

// encodeWords writes text as encoded words of at most 75 characters (RFC 2047 §2), each whole by itself. Only letters and digits
// stay readable, so that the words fit everywhere, inside a phrase too (§5).
func encodeWords(text string) []string {
	quoted := 0
	for i := 0; i < len(text); i++ {
		quoted += quotedLen(text[i])
	}
	encode, room := encodeQ, 63
	if 3*quoted > 7*len(text) { // mostly foreign letters: nobody could read the quoted form either
		encode, room = encodeB, 45
	}
	var words []string
	for len(text) > 0 {
		n, used := 0, 0
		for n < len(text) {
			_, size := utf8.DecodeRuneInString(text[n:])
			cost := size
			if room == 63 {
				cost = 0
				for i := n; i < n+size; i++ {
					cost += quotedLen(text[i])
				}
			}
			if used+cost > room {
				break
			}
			n, used = n+size, used+cost
		}
		words = append(words, encode(text[:n]))
		text = text[n:]
	}
	return words
}

func encodeB(s string) string {
	return "=?utf-8?b?" + base64.StdEncoding.EncodeToString([]byte(s)) + "?="
}

func encodeQ(s string) string {
	const hex = "0123456789ABCDEF"
	b := []byte("=?utf-8?q?")
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == ' ':
			b = append(b, '_')
		case quotedLen(c) == 1:
			b = append(b, c)
		default:
			b = append(b, '=', hex[c>>4], hex[c&15])
		}
	}
	return string(append(b, "?="...))
}

// quotedLen is how many characters the Q encoding needs for one byte.
func quotedLen(c byte) int {
	if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == ' ' {
		return 1
	}
	return 3
}

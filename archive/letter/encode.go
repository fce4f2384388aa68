package letter

import (
	"bytes"
	"encoding/base64"
	"mime/quotedprintable"
	"strings"
)

// decodeTransfer undoes a Content-Transfer-Encoding (RFC 2045 §6). It is lenient and never fails: broken input yields what could
// be read, an unknown encoding the bytes as they came.
func decodeTransfer(encoding string, raw []byte) []byte {
	encoding = strings.ToLower(strings.Trim(encoding, " \t\r\n\"'"))
	if i := strings.IndexAny(encoding, "; \t("); i >= 0 {
		encoding = encoding[:i]
	}
	switch encoding {
	case "base64", "base-64", "b64":
		return decodeBase64(raw)
	case "quoted-printable", "quoted_printable", "quotedprintable", "qp":
		return decodeQP(raw)
	case "x-uuencode", "uuencode", "x-uue", "uue":
		return decodeUU(raw)
	}
	return raw
}

// base64Value is the value of one character of the base64 alphabet, or -1.
func base64Value(c byte) int {
	switch {
	case c >= 'A' && c <= 'Z':
		return int(c - 'A')
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 26
	case c >= '0' && c <= '9':
		return int(c-'0') + 52
	case c == '+':
		return 62
	case c == '/':
		return 63
	}
	return -1
}

// decodeBase64 reads base64 and skips what does not belong (RFC 2045 §6.8). Padding ends a block; another block may follow
// (several encoded pieces glued together), but a line of plain words after the padding is the footer that a list pasted
// behind the body, and reading ends there.
func decodeBase64(raw []byte) []byte {
	out := make([]byte, 0, len(raw)/4*3+3)
	var acc, have int
	padded := false
	for len(raw) > 0 {
		line := raw
		if i := bytes.IndexByte(raw, '\n'); i >= 0 {
			line, raw = raw[:i], raw[i+1:]
		} else {
			raw = nil
		}
		line = bytes.TrimSpace(line)
		if padded && !plainBase64(line) {
			break
		}
		for _, c := range line {
			if c == '=' {
				out, acc, have, padded = flushBase64(out, acc, have), 0, 0, true
				continue
			}
			v := base64Value(c)
			if v < 0 {
				continue
			}
			if acc, have = acc<<6|v, have+1; have == 4 {
				out = append(out, byte(acc>>16), byte(acc>>8), byte(acc))
				acc, have = 0, 0
			}
		}
	}
	return flushBase64(out, acc, have)
}

// plainBase64 tells whether a whole line could be base64.
func plainBase64(line []byte) bool {
	if len(line)%4 != 0 {
		return false
	}
	for _, c := range line {
		if c != '=' && base64Value(c) < 0 {
			return false
		}
	}
	return true
}

// flushBase64 appends the whole bytes among the characters left over.
func flushBase64(out []byte, acc, have int) []byte {
	switch have {
	case 2:
		return append(out, byte(acc>>4))
	case 3:
		return append(out, byte(acc>>10), byte(acc>>2))
	}
	return out
}

// decodeQP reads quoted-printable (RFC 2045 §6.7): "=XX" in either case, soft line breaks also with blanks behind the '=',
// blanks at the end of a line removed. A '=' that begins nothing known stays.
func decodeQP(raw []byte) []byte {
	out := make([]byte, 0, len(raw))
	for len(raw) > 0 {
		line, end := raw, []byte(nil)
		if i := bytes.IndexByte(raw, '\n'); i >= 0 {
			line, end, raw = raw[:i], raw[i:i+1], raw[i+1:]
			if i > 0 && line[i-1] == '\r' {
				line, end = line[:i-1], []byte("\r\n")
			}
		} else {
			raw = nil
		}
		line = bytes.TrimRight(line, " \t")
		if soft := len(line) - 1; soft >= 0 && line[soft] == '=' {
			line, end = line[:soft], nil
		}
		out = append(decodeQPLine(out, line), end...)
	}
	return out
}

func decodeQPLine(out, line []byte) []byte {
	for i := 0; i < len(line); i++ {
		if line[i] == '=' && i+2 < len(line) {
			if hi, lo := hexValue(line[i+1]), hexValue(line[i+2]); hi >= 0 && lo >= 0 {
				out = append(out, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		out = append(out, line[i])
	}
	return out
}

// hexValue is the value of one hexadecimal digit, or -1.
func hexValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

// decodeUU reads uuencoded data between its "begin" and "end" lines, as old mailers put it into a part.
func decodeUU(raw []byte) []byte {
	var out []byte
	begun := false
	for line := range bytes.Lines(raw) {
		line = bytes.TrimRight(line, "\r\n")
		switch {
		case !begun:
			begun = bytes.HasPrefix(line, []byte("begin "))
		case bytes.Equal(line, []byte("end")):
			return out
		default:
			out = decodeUULine(out, line)
		}
	}
	if !begun {
		return raw
	}
	return out
}

func decodeUULine(out, line []byte) []byte {
	if len(line) == 0 {
		return out
	}
	want := int(line[0]-' ') & 63
	at := func(i int) int {
		if i >= len(line) {
			return 0
		}
		return int(line[i]-' ') & 63
	}
	for i := 1; want > 0 && i < len(line); i += 4 {
		acc := at(i)<<18 | at(i+1)<<12 | at(i+2)<<6 | at(i+3)
		for shift := 16; shift >= 0 && want > 0; shift -= 8 {
			out = append(out, byte(acc>>shift))
			want--
		}
	}
	return out
}

// encodeBase64 writes base64 in lines of 76 characters (RFC 2045 §6.8).
func encodeBase64(b []byte) []byte {
	const line = 57 // bytes that fill one line
	out := make([]byte, 0, (len(b)/line+1)*78)
	for len(b) > 0 {
		n := min(line, len(b))
		out = base64.StdEncoding.AppendEncode(out, b[:n])
		out = append(out, "\r\n"...)
		b = b[n:]
	}
	return out
}

// encodeQP writes quoted-printable text; line ends in b are CRLF or LF and come out as CRLF.
func encodeQP(b []byte) []byte {
	var out bytes.Buffer
	out.Grow(len(b) + len(b)/8)
	w := quotedprintable.NewWriter(&out)
	_, _ = w.Write(b) // a bytes.Buffer never fails
	_ = w.Close()
	return out.Bytes()
}

// encodeSmaller picks the shorter of quoted-printable and base64 for text, quoted-printable when equal: it can still be read
// by eye. Cyrillic costs three times its UTF-8 in quoted-printable and a third more in base64.
func encodeSmaller(text []byte) (encoding string, body []byte) {
	qp := encodeQP(text)
	if b64 := (len(text) + 2) / 3 * 4; b64+b64/76*2 < len(qp) {
		return "base64", encodeBase64(text)
	}
	return "quoted-printable", qp
}

// canonicalLines gives text CRLF line ends, whatever it had: LF, CR or CRLF.
func canonicalLines(text []byte) []byte {
	out := make([]byte, 0, len(text)+len(text)/32)
	for i, c := range text {
		switch {
		case c == '\r':
			out = append(out, "\r\n"...)
		case c == '\n' && i > 0 && text[i-1] == '\r':
		case c == '\n':
			out = append(out, "\r\n"...)
		default:
			out = append(out, c)
		}
	}
	return out
}

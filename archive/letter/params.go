package letter

import (
	"bytes"
	"strconv"
	"strings"
)

// media is the value of a Content-Type or Content-Disposition field.
type media struct {
	value    string            // in lower case
	params   map[string]string // decoded and clean
	boundary string            // as it came, quotes removed, not cleaned: it is compared byte for byte
}

// parseMedia reads such a value as real mail has it (RFC 2045 §5.1, RFC 2183, RFC 2231): names without quotes, missing
// semicolons, comments, parameters cut into numbered pieces.
func parseMedia(raw []byte) media {
	s := unfold(string(bytes.TrimSpace(raw)))
	m := media{}
	m.value, s = mediaValue(s)
	var pieces map[string]*param
	for seen := 0; len(s) > 0 && seen < maxParamCount; seen++ {
		var name, value string
		var ok bool
		if name, value, s, ok = nextParam(s); !ok {
			continue
		}
		if name == "boundary" && m.boundary == "" {
			m.boundary = strings.TrimRight(value, " \t")
		}
		if pieces == nil {
			pieces = map[string]*param{}
		}
		addPiece(pieces, name, value)
	}
	if len(pieces) == 0 {
		return m
	}
	m.params = make(map[string]string, len(pieces))
	for name, p := range pieces {
		value := p.decode()
		if name == "boundary" && m.boundary == "" {
			m.boundary = strings.TrimRight(value, " \t")
		}
		m.params[name] = DecodeWords(value)
	}
	return m
}

// mediaValue cuts off the word in front of the first semicolon, in lower case and without comments or spaces.
func mediaValue(s string) (value, rest string) {
	value, rest, _ = strings.Cut(s, ";")
	if i := strings.IndexByte(value, '('); i >= 0 {
		value = value[:i]
	}
	value = strings.Trim(strings.TrimSpace(value), `"`)
	if i := strings.IndexAny(value, " \t"); i >= 0 {
		if strings.Contains(value[i:], "=") {
			rest = value[i:] + ";" + rest // the semicolon is missing: "text/plain charset=utf-8"
		}
		value = value[:i]
	}
	if len(value) > 255 || !printableASCII(value) {
		return "", rest
	}
	return strings.ToLower(value), rest
}

// nextParam cuts one name=value off the front of s.
func nextParam(s string) (name, value, rest string, ok bool) {
	s = strings.TrimLeft(s, " \t;")
	eq := strings.IndexAny(s, "=;")
	if eq < 0 || s[eq] == ';' {
		if eq < 0 {
			eq = len(s)
		}
		return "", "", s[eq:], false
	}
	name = strings.ToLower(strings.TrimSpace(s[:eq]))
	if i := strings.LastIndexAny(name, " \t)"); i >= 0 {
		name = name[i+1:] // a comment or a stray word stood before it
	}
	s = strings.TrimLeft(s[eq+1:], " \t")
	if strings.HasPrefix(s, `"`) {
		value, rest = quotedString(s)
	} else {
		value, rest = bareValue(name, s)
	}
	if name == "" || len(name) > 100 || !printableASCII(name) {
		return "", "", rest, false
	}
	return name, value, rest, true
}

// quotedString reads the quoted string at the head of s; without a closing quote it goes to the end.
func quotedString(s string) (value, rest string) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:]
		case s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\'):
			i++ // other backslashes are meant: Windows paths
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), ""
}

// bareValue reads a value without quotes. It goes to the semicolon, or to a comment, or to the next "name=" when a semicolon was
// forgotten; file names keep their spaces and brackets.
func bareValue(name, s string) (value, rest string) {
	file := strings.HasPrefix(name, "name") || strings.HasPrefix(name, "filename")
	end, comment := 0, -1
	for ; end < len(s) && s[end] != ';'; end++ {
		if s[end] != ' ' && s[end] != '\t' {
			continue
		}
		if word := tokenLen(s[end+1:]); word > 0 && end+1+word < len(s) && s[end+1+word] == '=' {
			break
		}
		if comment < 0 && !file && end+1 < len(s) && s[end+1] == '(' {
			comment = end
		}
	}
	value, rest = s[:end], s[end:]
	if comment >= 0 {
		value = value[:comment]
	}
	return strings.TrimSpace(value), rest
}

// tokenLen is how many characters at the head of s could be the name of a parameter.
func tokenLen(s string) int {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '*') {
			return i
		}
	}
	return len(s)
}

// param collects the pieces of one parameter (RFC 2231 §3).
type param struct {
	whole  string   // name=value
	pieces []string // name*0, name*1, …, and name* as the only one
	coded  []bool   // which of them carry %XX
}

// addPiece files one name=value under the name without its stars.
func addPiece(all map[string]*param, name, value string) {
	if len(value) > maxParamValue {
		value = value[:maxParamValue]
	}
	base, star, starred := strings.Cut(name, "*")
	p := all[base]
	if p == nil {
		p = &param{}
		all[base] = p
	}
	if !starred {
		if p.whole == "" {
			p.whole = value
		}
		return
	}
	digits, coded := strings.CutSuffix(star, "*")
	n, err := strconv.Atoi(digits)
	if star == "" {
		n, coded, err = 0, true, nil
	}
	// Pieces must come in order: a gap would let a small parameter claim much memory.
	if err != nil || n != len(p.pieces) || n >= maxParamCount {
		return
	}
	p.pieces = append(p.pieces, value)
	p.coded = append(p.coded, coded)
}

// decode joins the pieces and undoes their encoding (RFC 2231 §4). The extended form wins over the plain one beside it.
func (p *param) decode() string {
	if len(p.pieces) == 0 {
		return p.whole
	}
	charset := ""
	var b []byte
	for i, piece := range p.pieces {
		if i == 0 && p.coded[0] {
			if parts := strings.SplitN(piece, "'", 3); len(parts) == 3 {
				charset, piece = parts[0], parts[2]
			}
		}
		if p.coded[i] {
			b = appendPercent(b, piece)
		} else {
			b = append(b, piece...)
		}
	}
	if charset == "" {
		return string(b)
	}
	return decodeCharset(charset, b)
}

// appendPercent undoes the %XX of an extended value.
func appendPercent(out []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if hi, lo := hexValue(s[i+1]), hexValue(s[i+2]); hi >= 0 && lo >= 0 {
				out = append(out, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return out
}

// unfold removes the line breaks of a folded value (RFC 5322 §2.2.3).
func unfold(s string) string {
	if strings.IndexByte(s, '\n') < 0 {
		return strings.Trim(s, " \t\r")
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\n' || (s[i] == '\r' && i+1 < len(s) && s[i+1] == '\n') {
			continue
		}
		b.WriteByte(s[i])
	}
	return strings.Trim(b.String(), " \t\r")
}

package mailauth

import (
	"bytes"
	"crypto/sha256"
	"io"
	"strings"
)

// wire is a letter as signatures see it: fields and a body, byte for byte. What it works out once, all signatures share.
type wire struct {
	fields []string         // in order, each whole: folding and line end included
	names  []string         // of the fields, in lower case; "" for a line that is none
	body   []byte           //
	sums   map[bool][]byte  // SHA-256 of the body, by whether white space is relaxed
	byName map[string][]int // the fields of a name, in order
}

func newWire(head, body []byte) *wire {
	if i := bytes.IndexByte(head, '\n'); i == 0 || i > 0 && head[i-1] != '\r' {
		// A letter from a file: the doors take none with bare LF. It was signed with CRLF.
		body = bytes.ReplaceAll(bytes.ReplaceAll(body, crlf, []byte("\n")), []byte("\n"), crlf)
	}
	m := &wire{body: body, sums: make(map[bool][]byte), byName: make(map[string][]int)}
	for start := 0; start < len(head); {
		end := start
		for end < len(head) && (end == start || head[end] == ' ' || head[end] == '\t') {
			if i := bytes.IndexByte(head[end:], '\n'); i >= 0 {
				end += i + 1
			} else {
				end = len(head)
			}
		}
		if len(bytes.Trim(head[start:end], "\r\n")) > 0 {
			m.add(string(head[start:end]))
		}
		start = end
	}
	return m
}

func (m *wire) add(field string) {
	name := ""
	if n, _, ok := strings.Cut(field, ":"); ok {
		name = strings.ToLower(strings.TrimRight(n, fws))
	}
	if name != "" {
		m.byName[name] = append(m.byName[name], len(m.fields))
	}
	m.fields, m.names = append(m.fields, field), append(m.names, name)
}

// value is what stands behind the colon.
func (m *wire) value(i int) string {
	_, v, _ := strings.Cut(m.fields[i], ":")
	return v
}

// writeSigned writes the fields that a signature names, each in the form it was signed in. Fields of one name are taken from
// the bottom up, and a name that no field is left for stands for nothing (RFC 6376 §5.4.2).
func (m *wire) writeSigned(w io.Writer, names []string, relaxed bool) {
	left := make(map[string]int)
	for _, name := range names {
		name = strings.ToLower(name)
		list := m.byName[name]
		taken := left[name]
		if taken >= len(list) {
			continue
		}
		left[name] = taken + 1
		io.WriteString(w, canonicalField(m.fields[list[len(list)-1-taken]], relaxed)) //nolint:errcheck // a hash never fails
	}
}

// canonicalField is one field in the form that is signed (RFC 6376 §3.4.1, §3.4.2), its line end included.
func canonicalField(field string, relaxed bool) string {
	if !relaxed {
		return withCRLF(field)
	}
	name, value, ok := strings.Cut(field, ":")
	if !ok {
		return strings.ToLower(strings.Trim(field, fws)) + ":\r\n"
	}
	var b strings.Builder
	b.Grow(len(field) + 2)
	b.WriteString(strings.ToLower(strings.Trim(name, fws)))
	b.WriteByte(':')
	for i, word := range strings.FieldsFunc(value, func(r rune) bool { return r == ' ' || r == '\t' || r == '\r' || r == '\n' }) {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(word)
	}
	b.WriteString("\r\n")
	return b.String()
}

// withCRLF gives every line of a field the one line end, and the last one too.
func withCRLF(field string) string {
	field = strings.ReplaceAll(strings.ReplaceAll(field, "\r\n", "\n"), "\n", "\r\n")
	if !strings.HasSuffix(field, "\r\n") {
		field += "\r\n"
	}
	return field
}

// bodySum is the SHA-256 of the body in the form that is signed (RFC 6376 §3.4.3, §3.4.4). The body is read once for each form,
// however many signatures there are, and takes no memory of its own.
func (m *wire) bodySum(relaxed bool) []byte {
	if sum, ok := m.sums[relaxed]; ok {
		return sum
	}
	h := sha256.New()
	if relaxed {
		writeRelaxed(h, m.body)
	} else {
		body := m.body
		for bytes.HasSuffix(body, crlf) {
			body = body[:len(body)-2]
		}
		h.Write(body)
		h.Write(crlf) // an empty body is one line end, too
	}
	m.sums[relaxed] = h.Sum(nil)
	return m.sums[relaxed]
}

// writeRelaxed writes a body with every run of white space as one space, none at the end of a line, and no empty lines at the
// end. It looks at each byte once: there is no body that takes longer than another.
func writeRelaxed(w io.Writer, body []byte) {
	out := make([]byte, 32<<10)
	n := 0
	ends, space, any := 0, false, false // line ends and white space that count only when something follows
	for i := 0; i < len(body); i++ {
		c := body[i]
		switch {
		case c == ' ' || c == '\t':
			space = true
			continue
		case c == '\r' && i+1 < len(body) && body[i+1] == '\n':
			space = false
			ends++
			i++
			continue
		}
		for ; ends > 0; ends-- {
			if n > len(out)-4 {
				w.Write(out[:n]) //nolint:errcheck // a hash never fails
				n = 0
			}
			out[n], out[n+1] = '\r', '\n'
			n += 2
		}
		if n > len(out)-4 {
			w.Write(out[:n]) //nolint:errcheck // a hash never fails
			n = 0
		}
		if space {
			out[n] = ' '
			n++
			space = false
		}
		out[n] = c
		n++
		any = true
	}
	w.Write(out[:n]) //nolint:errcheck // a hash never fails
	if any {
		w.Write(crlf) //nolint:errcheck // a hash never fails
	}
}

var crlf = []byte("\r\n")

package letter

import (
	"bytes"
	"strings"
)

// Field is one header field as a name and a decoded value.
type Field struct {
	Name  string
	Value string
}

// Header is an ordered block of fields that can be edited. Fields that are not touched keep every byte: case, folding, spaces,
// line ends, and so do lines that are no fields at all. The zero Header is empty and ready to use.
type Header struct {
	fields []field
	sep    []byte // the empty line as it came
	came   bool   // it was read, not made
	edited bool
	lf     bool // lines end in a bare LF here
}

// field is one field as it stands, continuation lines and line end included. Where no name can be read, colon is -1.
type field struct {
	raw   []byte
	colon int
}

func (f field) name() []byte {
	if f.colon < 0 {
		return nil
	}
	n := f.colon
	for n > 0 && (f.raw[n-1] == ' ' || f.raw[n-1] == '\t') {
		n--
	}
	return f.raw[:n]
}

func (f field) is(name string) bool { return f.colon >= 0 && equalFold(f.name(), name) }

func (f field) value() []byte { return f.raw[f.colon+1:] }

// ParseHeader reads a block of fields from anywhere: the header of a part, a group of a delivery report (RFC 3464 §2.1), a
// text/rfc822-headers part. It reads to the first empty line, keeps the bytes, and stops silently at the limits of a header.
func ParseHeader(block []byte) *Header {
	b, _ := readBlock(block, 0, nil, nil) // beyond a limit: what came before it
	h := newHeader(block, b)
	return &h
}

// newHeader makes the header of a block that has been read.
func newHeader(raw []byte, b block) Header {
	h := Header{fields: make([]field, len(b.spans)), sep: raw[b.end:b.body:b.body], came: true}
	for i, sp := range b.spans {
		h.fields[i] = field{raw: raw[sp.start:sp.end:sp.end], colon: -1}
		if sp.colon >= 0 {
			h.fields[i].colon = sp.colon - sp.start
		}
	}
	if len(b.spans) > 0 {
		line, next := lineAt(raw, b.spans[0].start)
		h.lf = next == b.spans[0].start+len(line)+1
	}
	return h
}

// clone is a header that can be edited without touching h. The bytes of the fields are shared: no edit writes into them.
func (h *Header) clone() *Header {
	c := *h
	c.fields = append(make([]field, 0, len(h.fields)+8), h.fields...)
	return &c
}

// Add puts a field at the end. The value is UTF-8; it is encoded (RFC 2047) and folded here and nowhere else. A CR, LF or NUL in
// name or value is an error and changes nothing (B5).
func (h *Header) Add(name, value string) error {
	f, err := h.write(name, value)
	if err != nil {
		return err
	}
	if last := len(h.fields) - 1; last >= 0 && !bytes.HasSuffix(h.fields[last].raw, []byte("\n")) {
		// The letter ended in the middle of its header.
		h.fields[last].raw = append(h.fields[last].raw[:len(h.fields[last].raw):len(h.fields[last].raw)], h.eol()...)
	}
	h.fields, h.edited = append(h.fields, f), true
	return nil
}

// Prepend puts a field on top, where trace fields go (RFC 5321 §4.4). An mbox "From " line stays above it.
func (h *Header) Prepend(name, value string) error {
	f, err := h.write(name, value)
	if err != nil {
		return err
	}
	at := 0
	if len(h.fields) > 0 && h.fields[0].colon < 0 {
		at = 1
	}
	fields := append(make([]field, 0, len(h.fields)+8), h.fields[:at]...)
	h.fields, h.edited = append(append(fields, f), h.fields[at:]...), true
	return nil
}

// Set puts the value in the place of the first field of this name and removes the others; without one it is Add.
func (h *Header) Set(name, value string) error {
	for i := range h.fields {
		if !h.fields[i].is(name) {
			continue
		}
		f, err := h.write(name, value)
		if err != nil {
			return err
		}
		kept := append(make([]field, 0, len(h.fields)), h.fields[:i]...)
		kept = append(kept, f)
		for _, other := range h.fields[i+1:] {
			if !other.is(name) {
				kept = append(kept, other)
			}
		}
		h.fields, h.edited = kept, true
		return nil
	}
	return h.Add(name, value)
}

// Del removes every field of this name and tells how many there were.
func (h *Header) Del(name string) int {
	return h.drop(func(f field) bool { return f.is(name) })
}

// DelFunc removes every field for which bad is true, and tells how many there were.
func (h *Header) DelFunc(bad func(Field) bool) int {
	return h.drop(func(f field) bool { return f.colon >= 0 && bad(f.decoded()) })
}

// DelNamed is DelFunc for whoever needs the names alone, in lower case: no value is decoded.
func (h *Header) DelNamed(bad func(name string) bool) int {
	return h.drop(func(f field) bool { return f.colon >= 0 && bad(strings.ToLower(string(f.name()))) })
}

// DropStray removes the lines that are no fields (an mbox "From " line, lines without a name), and tells how many there were.
// Other programs end a header at such a line, so a letter that is sent on should not carry them.
func (h *Header) DropStray() int {
	return h.drop(func(f field) bool { return f.colon < 0 })
}

func (h *Header) drop(bad func(field) bool) int {
	kept := make([]field, 0, len(h.fields)+4)
	for _, f := range h.fields {
		if !bad(f) {
			kept = append(kept, f)
		}
	}
	gone := len(h.fields) - len(kept)
	if gone > 0 {
		h.fields, h.edited = kept, true
	}
	return gone
}

// Rename gives every field of one name another name and leaves its value untouched, byte for byte. It tells how many there were.
func (h *Header) Rename(from, to string) (int, error) {
	if err := checkName(to); err != nil {
		return 0, err
	}
	n := 0
	for i, f := range h.fields {
		if f.is(from) {
			h.fields[i] = field{raw: append([]byte(to), f.raw[f.colon:]...), colon: len(to)}
			n++
		}
	}
	h.edited = h.edited || n > 0
	return n, nil
}

// Get is the decoded, cleaned value of the first field of this name, or "".
func (h *Header) Get(name string) string {
	for _, f := range h.fields {
		if f.is(name) {
			return DecodeWords(string(f.value()))
		}
	}
	return ""
}

// Values are the decoded, cleaned values of every field of this name, in order.
func (h *Header) Values(name string) []string {
	var list []string
	for _, f := range h.fields {
		if f.is(name) {
			list = append(list, DecodeWords(string(f.value())))
		}
	}
	return list
}

// Raw are the values of every field of this name without their folding, but neither decoded nor cleaned: what structured fields
// are read from. Never show them.
func (h *Header) Raw(name string) []string {
	var list []string
	for _, f := range h.fields {
		if f.is(name) {
			list = append(list, unfold(string(f.value())))
		}
	}
	return list
}

// Count tells how many fields of this name there are.
func (h *Header) Count(name string) int {
	n := 0
	for _, f := range h.fields {
		if f.is(name) {
			n++
		}
	}
	return n
}

// Fields are all fields in order, values decoded and clean. Lines that are no fields are left out.
func (h *Header) Fields() []Field {
	list := make([]Field, 0, len(h.fields))
	for _, f := range h.fields {
		if f.colon >= 0 {
			list = append(list, f.decoded())
		}
	}
	return list
}

func (f field) decoded() Field {
	return Field{Name: string(f.name()), Value: DecodeWords(string(f.value()))}
}

// Bytes is the header with the empty line that ends it, ready to stand before a body. A header that nobody edited comes out as it
// came in, even when its empty line was missing.
func (h *Header) Bytes() []byte { return h.append(nil) }

func (h *Header) append(out []byte) []byte {
	for _, f := range h.fields {
		out = append(out, f.raw...)
	}
	if len(h.sep) == 0 && (h.edited || !h.came) {
		return append(out, h.eol()...)
	}
	return append(out, h.sep...)
}

// size is about len(h.Bytes()).
func (h *Header) size() int {
	n := len(h.sep) + 2
	for _, f := range h.fields {
		n += len(f.raw)
	}
	return n
}

func (h *Header) eol() string {
	if h.lf {
		return "\n"
	}
	return "\r\n"
}

// write makes a field with the line ends of this header.
func (h *Header) write(name, value string) (field, error) {
	raw, err := writeField(name, value, h.eol())
	return field{raw: raw, colon: len(name)}, err
}

// equalFold compares a field name without case, in ASCII only and without memory.
func equalFold(name []byte, with string) bool {
	return len(name) == len(with) && startsFold(name, with)
}

func startsFold(name []byte, with string) bool {
	if len(name) < len(with) {
		return false
	}
	for i := 0; i < len(with); i++ {
		if lower(name[i]) != lower(with[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// asciiLower lowers A to Z and nothing else (C9).
func asciiLower(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] >= 'A' && s[i] <= 'Z' {
			return strings.Map(func(r rune) rune {
				if r >= 'A' && r <= 'Z' {
					return r + 'a' - 'A'
				}
				return r
			}, s)
		}
	}
	return s
}

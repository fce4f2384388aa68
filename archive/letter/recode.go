package letter

import (
	"bytes"
	"errors"
	"mime"
	"strings"
	"unicode/utf8"
)

// ErrSealed is the error of Recode for a message of which a part had to be encoded anew that a signature covers or that is encrypted:
// nobody could check or read it afterwards (RFC 1847 §2.1).
var ErrSealed = errors.New("a part of the letter is signed or encrypted and must not be encoded anew")

// Recoding is a message made again for a way that takes less than it needs: the body, and what the header must say about it.
type Recoding struct {
	Body    []byte
	Changed bool    // false: Body is the body as it was
	fields  []Field // of the top header
}

// Recode encodes every part anew, as quoted-printable or base64, that has a line over 998 octets (RFC 5322 §2.1.1) or, for a way of seven
// bits, an octet that is not ASCII (RFC 6152 §3). All other parts keep every byte, and so does a message that has none such. What a
// reader sees stays the same. head ends with the empty line.
func Recode(head, body []byte, sevenBit bool) (Recoding, error) {
	if Fits(body, sevenBit) {
		return Recoding{Body: body}, nil
	}
	raw := make([]byte, 0, len(head)+len(body))
	raw = append(append(raw, head...), body...)
	l, err := Parse(raw)
	if err != nil {
		return Recoding{}, err
	}
	r := recoder{l: l, sevenBit: sevenBit}
	r.out.Grow(len(body) + len(body)/3)
	if err := r.walk(); err != nil {
		return Recoding{}, err
	}
	return Recoding{Body: r.out.Bytes(), Changed: true, fields: r.top}, nil
}

// Head is a header of the message with what it must say about the new body.
func (r Recoding) Head(head []byte) ([]byte, error) {
	if len(r.fields) == 0 {
		return head, nil
	}
	h := ParseHeader(head)
	for _, f := range r.fields {
		if err := h.Set(f.Name, f.Value); err != nil {
			return nil, err
		}
	}
	return h.Bytes(), nil
}

// Fits tells whether bytes may travel as they are: no line over 998 octets, and for a way of seven bits nothing but ASCII.
func Fits(b []byte, sevenBit bool) bool {
	for len(b) > 0 {
		n := bytes.IndexByte(b, '\n') + 1
		if n == 0 {
			n = len(b)
		}
		if len(bytes.TrimRight(b[:n], "\r\n")) > lineMax || sevenBit && !isASCII(b[:n]) {
			return false
		}
		b = b[n:]
	}
	return true
}

// BreakLines is a text with its lines broken that are over 998 octets: the last resort for a part that may not be encoded anew. It harms
// less than a letter that nobody gets.
func BreakLines(b []byte) []byte {
	if Fits(b, false) {
		return b
	}
	out := make([]byte, 0, len(b)+len(b)/400)
	for line := range bytes.Lines(b) {
		for len(bytes.TrimRight(line, "\r\n")) > lineMax {
			n := BreakAt(line)
			out = append(append(out, line[:n]...), "\r\n"...)
			line = line[n:]
		}
		out = append(out, line...)
	}
	return out
}

// BreakAt is where a line that is too long is broken: before its last blank that leaves something on both sides, else between two
// characters, and not inside an octet of quoted-printable.
func BreakAt(line []byte) int {
	line = line[:lineMax]
	if n := bytes.LastIndexAny(line, " \t"); n > 0 {
		return n
	}
	n := lineMax - 1
	for range utf8.UTFMax - 1 {
		if utf8.RuneStart(line[n]) {
			break
		}
		n--
	}
	switch {
	case !utf8.RuneStart(line[n]): // no UTF-8
		n = lineMax - 1
	case line[n-1] == '=':
		n--
	case line[n-2] == '=':
		n -= 2
	}
	return n
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// recoder writes the body of a letter again, part by part.
type recoder struct {
	l        *Letter
	sevenBit bool
	out      bytes.Buffer
	top      []Field
}

func (r *recoder) walk() error {
	pos := r.l.body
	for i, p := range r.l.parts {
		if i > 0 {
			if err := r.between(r.l.raw[pos:p.HeaderStart], i); err != nil {
				return err
			}
		}
		next, err := r.part(i, p)
		if err != nil {
			return err
		}
		pos = next
	}
	return r.between(r.l.raw[pos:], len(r.l.parts)-1)
}

// between copies what stands around parts: boundaries, and words for programs that know none. The latter are for nobody's eyes any more,
// so that what cannot travel of them is left out.
func (r *recoder) between(b []byte, near int) error {
	if Fits(b, r.sevenBit) {
		r.out.Write(b)
		return nil
	}
	if r.sealed(near) {
		return ErrSealed
	}
	for line := range bytes.Lines(b) {
		switch {
		case Fits(line, r.sevenBit):
			r.out.Write(line)
		case bytes.HasPrefix(line, []byte("--")):
			return errors.New("the separator between the parts of the letter cannot travel")
		}
	}
	return nil
}

// part writes one part and tells where to go on.
func (r *recoder) part(i int, p Part) (next int, err error) {
	var set []Field
	body, leaf := p.Body(), p.Children == 0
	switch {
	case leaf && Fits(body, r.sevenBit):
	case leaf && r.sealed(i):
		return 0, ErrSealed
	case leaf && (strings.HasPrefix(p.Type, "multipart/") || strings.HasPrefix(p.Type, "message/")):
		return 0, errors.New("a part of the letter may not be encoded, and cannot travel as it is") // RFC 2045 §6.4
	case leaf:
		var encoding string
		encoding, body = encodeAnew(p)
		set = append(set, Field{"Content-Transfer-Encoding", encoding})
		if i == 0 {
			set = append(set, r.bare(p)...)
		}
	case p.Encoding == "8bit" || p.Encoding == "binary":
		if Fits(p.Body(), r.sevenBit) {
			break // what is inside travels as it is
		}
		encoding := "8bit"
		if r.sevenBit {
			encoding = "7bit"
		}
		set = append(set, Field{"Content-Transfer-Encoding", encoding})
	}
	if i == 0 {
		r.top = set
	} else if err := r.header(i, p, set); err != nil {
		return 0, err
	}
	if leaf {
		r.out.Write(body)
		return p.End, nil
	}
	return p.BodyStart, nil
}

// bare is what a letter without any word about its body must say now.
func (r *recoder) bare(p Part) (set []Field) {
	h := p.Header()
	if h.Count("MIME-Version") == 0 {
		set = append(set, Field{"MIME-Version", "1.0"})
	}
	if h.Count("Content-Type") == 0 {
		charset := "unknown-8bit" // RFC 1428 §3
		if utf8.Valid(p.Body()) {
			charset = "utf-8"
		}
		set = append(set, Field{"Content-Type", "text/plain; charset=" + charset})
	}
	return set
}

// header writes the header of a part inside.
func (r *recoder) header(i int, p Part, set []Field) error {
	raw := p.HeaderBytes()
	if len(set) == 0 && Fits(raw, r.sevenBit) {
		r.out.Write(raw)
		return nil
	}
	if r.sealed(i) {
		return ErrSealed
	}
	h := p.Header()
	for _, f := range set {
		if err := h.Set(f.Name, f.Value); err != nil {
			return err
		}
	}
	h.Fit(r.sevenBit)
	r.out.Write(h.Bytes())
	return nil
}

// sealed tells whether something around a part, or the part itself, is signed or encrypted.
func (r *recoder) sealed(i int) bool {
	for ; i >= 0; i = r.l.parts[i].Parent {
		switch r.l.parts[i].Type {
		case "multipart/signed", "multipart/encrypted":
			return true
		}
	}
	return false
}

// encodeAnew is the body of a part in an encoding that travels everywhere.
func encodeAnew(p Part) (encoding string, body []byte) {
	data := p.Decoded()
	if p.isText() || strings.HasPrefix(p.Type, "text/") {
		if !bytes.ContainsAny(data, "\x00") && !bareCR(data) {
			return encodeSmaller(data)
		}
	}
	return "base64", encodeBase64(data)
}

// bareCR tells whether there is a CR that ends no line, or an LF alone: quoted-printable text would not bring them through.
func bareCR(b []byte) bool {
	return bytes.Count(b, []byte("\r\n")) != bytes.Count(b, []byte("\r")) || bytes.Count(b, []byte("\n")) != bytes.Count(b, []byte("\r"))
}

// Fit writes every field anew that cannot travel as it is: because a line of it is over 998 octets, or because of octets that are not
// ASCII (RFC 2047, RFC 2231). With ascii, mailboxes whose address is not ASCII are left out as well; a field of which nothing is left
// goes, and so does one that cannot be written. All other fields keep every byte. It tells how many changed or went.
func (h *Header) Fit(ascii bool) (changed int) {
	kept := make([]field, 0, len(h.fields)+4)
	for _, f := range h.fields {
		if Fits(f.raw, true) {
			kept = append(kept, f)
			continue
		}
		again, ok := h.fit(f, ascii)
		if ok && bytes.Equal(again.raw, f.raw) {
			kept = append(kept, f)
			continue
		}
		changed++
		if ok {
			kept = append(kept, again)
		}
	}
	if changed > 0 {
		h.fields, h.edited = kept, true
	}
	return changed
}

func (h *Header) fit(f field, ascii bool) (field, bool) {
	if f.colon < 0 {
		return f, false
	}
	name, value := string(f.name()), ""
	switch raw := unfold(string(f.value())); {
	case isAddressField(name):
		var boxes []Mailbox
		for _, m := range ParseMailboxes(raw) {
			if m.Address.IsASCII() || !ascii {
				boxes = append(boxes, m)
			}
		}
		value = FormatMailboxes(boxes)
	case strings.EqualFold(name, "Content-Type") || strings.EqualFold(name, "Content-Disposition"):
		m := parseMedia(f.value())
		if m.boundary != "" && m.params["boundary"] != m.boundary {
			return f, false
		}
		if value = mime.FormatMediaType(m.value, m.params); value == "" && strings.Contains(m.value, "/") {
			value = mime.FormatMediaType(m.value, map[string]string{"boundary": m.boundary}) // a name in it is none
		}
	default:
		value = DecodeWords(raw)
	}
	if value == "" {
		return f, false
	}
	again, err := h.write(name, value)
	return again, err == nil && Fits(again.raw, ascii)
}

package imapd

import (
	"bytes"
	"strings"

	"github.com/emersion/go-imap/v2"

	"backchannel/archive/letter"
)

// opened is a letter taken apart for BODY[…] and BINARY[…] (RFC 9051 §6.4.5). It is parsed only when a part is asked for.
type opened struct {
	raw    []byte
	parsed bool
	parts  []letter.Part // empty when the letter goes beyond the limits of the scanner: then it has no parts

	decoded map[int][]byte // by place in parts: a client may ask for the same part many times
}

func (l *opened) parse() {
	if l.parsed {
		return
	}
	l.parsed = true
	if m, err := letter.Parse(l.raw); err == nil {
		l.parts = m.Parts()
	}
}

// find follows a path to a place in parts. A letter that is no multipart has itself as part 1; the parts of a message inside are
// those of its body.
func (l *opened) find(path []int) (at int, ok bool) {
	l.parse()
	if len(l.parts) == 0 {
		return 0, false
	}
	at, ok = l.inside(0, path[0])
	for _, n := range path[1:] {
		if !ok {
			break
		}
		switch p := l.parts[at]; {
		case p.IsMultipart():
			at, ok = l.child(at, n)
		case p.IsMessage():
			inner, found := l.child(at, 1)
			if !found {
				return 0, false
			}
			at, ok = l.inside(inner, n)
		default:
			ok = false
		}
	}
	return at, ok
}

// inside is part n of a whole message.
func (l *opened) inside(message, n int) (int, bool) {
	if l.parts[message].IsMultipart() {
		return l.child(message, n)
	}
	return message, n == 1
}

// child is the n-th part directly inside another.
func (l *opened) child(of, n int) (int, bool) {
	for i := of + 1; i < len(l.parts) && l.parts[i].Depth > l.parts[of].Depth; i++ {
		if l.parts[i].Parent == of {
			if n--; n == 0 {
				return i, true
			}
		}
	}
	return 0, false
}

// section is BODY[…]. What does not exist is empty: the library cannot say NIL.
func (l *opened) section(item *imap.FetchItemBodySection) []byte {
	if len(item.Part) == 0 {
		return cutMessage(l.raw, headerEnd(l.raw), item)
	}
	at, ok := l.find(item.Part)
	if !ok {
		return nil
	}
	p := l.parts[at]
	switch item.Specifier {
	case imap.PartSpecifierNone:
		return p.Body()
	case imap.PartSpecifierMIME:
		return p.HeaderBytes()
	}
	// HEADER and TEXT of a part mean the message that is the part.
	if !p.IsMessage() {
		return nil
	}
	inner, found := l.child(at, 1)
	if !found {
		return nil
	}
	p = l.parts[inner]
	return cutMessage(p.Raw(), p.BodyStart-p.HeaderStart, item)
}

// cutMessage is the header, the text or all of a message whose body starts at an offset.
func cutMessage(raw []byte, body int, item *imap.FetchItemBodySection) []byte {
	switch item.Specifier {
	case imap.PartSpecifierHeader:
		if len(item.HeaderFields)+len(item.HeaderFieldsNot) == 0 {
			return raw[:body]
		}
		return pickFields(raw[:body], item.HeaderFields, item.HeaderFieldsNot)
	case imap.PartSpecifierText:
		return raw[body:]
	case imap.PartSpecifierNone:
		return raw
	}
	return nil
}

// binary is BINARY[…]: the part without its transfer encoding (RFC 3516).
func (l *opened) binary(path []int) ([]byte, error) {
	if len(path) == 0 {
		return l.raw, nil
	}
	at, ok := l.find(path)
	if !ok {
		return nil, nil
	}
	p := l.parts[at]
	if p.IsMultipart() || p.IsMessage() {
		return p.Body(), nil
	}
	switch p.Encoding {
	case "", "7bit", "8bit", "binary", "base64", "quoted-printable":
		b, have := l.decoded[at]
		if !have {
			if l.decoded == nil {
				l.decoded = map[int][]byte{}
			}
			b = p.Decoded()
			l.decoded[at] = b
		}
		return b, nil
	}
	return nil, no(imap.ResponseCodeUnknownCTE, saysBadEncoding)
}

// headerEnd is where the body of a letter begins. The letter package decides, so that TEXT is what BODYSTRUCTURE described even
// where a header ends oddly.
func headerEnd(raw []byte) int { return len(letter.ParseHeader(raw).Bytes()) }

// pickFields keeps the fields of a header that are in want, or those not in unwanted, octet by octet, and the empty line.
func pickFields(header []byte, want, unwanted []string) []byte {
	wanted := func(name string) bool {
		for _, w := range want {
			if strings.EqualFold(w, name) {
				return true
			}
		}
		for _, u := range unwanted {
			if strings.EqualFold(u, name) {
				return false
			}
		}
		return len(want) == 0
	}
	var out []byte
	keep := false
	for len(header) > 0 {
		end := bytes.IndexByte(header, '\n') + 1
		if end == 0 {
			end = len(header)
		}
		line := header[:end]
		header = header[end:]
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			break
		}
		if line[0] != ' ' && line[0] != '\t' {
			name, _, isField := bytes.Cut(line, []byte(":"))
			keep = isField && wanted(string(bytes.TrimRight(name, " \t")))
		}
		if keep {
			out = append(out, line...)
		}
	}
	return append(out, "\r\n"...)
}

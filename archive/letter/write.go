package letter

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	lineWanted = 78  // RFC 5322 §2.1.1: SHOULD
	lineMax    = 998 // RFC 5322 §2.1.1: MUST
	longWord   = 900 // words above are cut into encoded words where those may stand
)

// errSmuggled is what a value with a line break is answered with: an error, never an escape (B5).
var errSmuggled = errors.New("a header field must not contain CR, LF or NUL")

// writeField is the one header writer: "Name: value" encoded, folded and with its line end. Reading it back gives CleanLine of the
// value. Spaces at the ends fall away.
func writeField(name, value, eol string) ([]byte, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	if strings.ContainsAny(value, "\r\n\x00") {
		return nil, fmt.Errorf("%s: %w", name, errSmuggled)
	}
	value = strings.Trim(strings.ToValidUTF8(value, "\uFFFD"), " \t")
	out := make([]byte, 0, len(name)+len(value)+len(value)/32+8)
	out = append(out, name...)
	out = append(out, ": "...)
	col := len(out)
	for _, a := range foldables(name, value) {
		if len(a.space)+len(a.text) > lineMax-1 {
			return nil, fmt.Errorf("%s: a word of %d characters does not fit on a line", name, len(a.text))
		}
		// A field keeps its first word beside its name as long as the standard's hard limit lets it.
		first := col == len(name)+2
		if col+len(a.space)+len(a.text) > lineWanted && (!first || col+len(a.text) > lineMax) {
			out = append(out, eol...)
			col = 0
			if a.space == "" {
				a.space = " "
			}
		}
		out = append(append(out, a.space...), a.text...)
		col += len(a.space) + len(a.text)
	}
	return append(out, eol...), nil
}

// checkName tells whether a field may have this name (RFC 5322 §2.2).
func checkName(name string) error {
	if name == "" || len(name) > lineWanted-2 {
		return fmt.Errorf("%q cannot be the name of a header field", ASCII(name, 40))
	}
	for i := 0; i < len(name); i++ {
		if name[i] <= ' ' || name[i] > '~' || name[i] == ':' {
			return fmt.Errorf("%q cannot be the name of a header field", ASCII(name, 40))
		}
	}
	return nil
}

// foldable is a piece that stays on one line, with the white space in front of it at which the line may be broken.
type foldable struct{ space, text string }

// foldables cuts a value at its white space and encodes what cannot stand in a header as it is.
func foldables(name, value string) []foldable {
	list := splitWords(value)
	if isAddressField(name) {
		return list // encoded words may not touch an address (RFC 2047 §5); Mailbox.String has encoded the names
	}
	free := isFreeText(name)
	out := make([]foldable, 0, len(list))
	for i := 0; i < len(list); {
		if !needsEncoding(list[i], free) {
			out = append(out, list[i])
			i++
			continue
		}
		// Neighbours are encoded together with the white space between them: between encoded words it would be lost.
		var text strings.Builder
		text.WriteString(list[i].text)
		space := list[i].space
		if len(space) > lineWanted/2 {
			text.Reset()
			text.WriteString(space[1:] + list[i].text)
			space = space[:1]
		}
		for i++; i < len(list) && needsEncoding(list[i], free); i++ {
			text.WriteString(list[i].space + list[i].text)
		}
		for _, w := range encodeWords(text.String()) {
			out = append(out, foldable{space, w})
			space = " "
		}
	}
	return out
}

// splitWords cuts a value into words, each with the white space before it.
func splitWords(value string) []foldable {
	var list []foldable
	for len(value) > 0 {
		word := strings.IndexFunc(value, func(r rune) bool { return r != ' ' && r != '\t' })
		if word < 0 {
			break
		}
		end := strings.IndexAny(value[word:], " \t")
		if end < 0 {
			end = len(value) - word
		}
		list = append(list, foldable{value[:word], value[word : word+end]})
		value = value[word+end:]
	}
	return list
}

// needsEncoding tells whether a word cannot stand in a header as it is: not printable ASCII, or it would be taken for an encoded
// word, or too long for a line, or behind so much white space that it could not be folded.
func needsEncoding(a foldable, free bool) bool {
	if free && (len(a.text) > longWord || len(a.space) > lineWanted/2) {
		return true
	}
	return !printableASCII(a.text) || strings.Contains(a.text, "=?")
}

// isAddressField tells whether a field holds mailboxes.
func isAddressField(name string) bool {
	switch strings.ToLower(strings.TrimPrefix(strings.ToLower(name), "resent-")) {
	case "from", "sender", "reply-to", "to", "cc", "bcc", "author":
		return true
	}
	return false
}

// isFreeText tells whether words of a field may be cut anywhere (RFC 5322 §2.2.1: unstructured).
func isFreeText(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case "subject", "comments", "keywords", "content-description":
		return true
	}
	return strings.HasPrefix(name, "x-")
}

// FormatMailboxes is the value of an address field: names encoded (RFC 2047), mailboxes separated by ", ".
func FormatMailboxes(list []Mailbox) string {
	parts := make([]string, 0, len(list))
	for _, m := range list {
		if s := m.String(); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}

// FormatMessageIDs is the value of a References or In-Reply-To field: "<a@b> <c@d>".
func FormatMessageIDs(ids []MessageID) string {
	parts := make([]string, 0, len(ids))
	for _, id := range ids {
		if id != "" {
			parts = append(parts, id.String())
		}
	}
	return strings.Join(parts, " ")
}

// phrase writes a display name: as it is, quoted, or as encoded words (RFC 5322 §3.2.5, RFC 2047 §5).
func phrase(name string) string {
	name = CleanLine(name)
	plain, long := true, false
	for word := range strings.FieldsSeq(name) {
		plain = plain && isAtom(word)
		long = long || len(word) > lineWanted/2
	}
	switch {
	case name == "":
		return ""
	case !printableASCII(name) || long || strings.Contains(name, "=?"):
		return strings.Join(encodeWords(name), " ")
	case plain && !strings.Contains(name, "  "):
		return name
	}
	return quote(name)
}

// quote writes a quoted string (RFC 5322 §3.2.4).
func quote(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 4)
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		if s[i] == '"' || s[i] == '\\' {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	b.WriteByte('"')
	return b.String()
}

// isAtom tells whether s consists of characters that need no quotes (RFC 5322 §3.2.3; UTF-8 counts, RFC 6532 §3.2).
func isAtom(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isAtext(s[i]) {
			return false
		}
	}
	return s != ""
}

func isAtext(c byte) bool {
	switch {
	case c >= utf8.RuneSelf, c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	}
	return c > ' ' && strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0
}

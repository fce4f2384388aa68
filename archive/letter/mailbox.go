package letter

import (
	"strings"
)

// Mailbox is an address with the name shown beside it.
type Mailbox struct {
	Name    string // decoded, clean, may be empty
	Address Address
}

// String is the mailbox as it stands in a header: the name quoted or encoded (RFC 2047) where needed, the address in angle
// brackets beside it. It is ASCII unless the address itself is not. "" for a mailbox without address.
func (m Mailbox) String() string {
	if m.Address.IsZero() {
		return ""
	}
	if name := phrase(m.Name); name != "" {
		return name + " <" + m.Address.String() + ">"
	}
	return m.Address.String()
}

// ParseMailboxes reads an address list as real mail has it: groups, comments, encoded words, missing commas, "jane at example.org"
// of public archives. What has no readable address is left out.
func ParseMailboxes(s string) []Mailbox {
	var list []Mailbox
	for _, e := range readList(s) {
		if !e.box.Address.IsZero() {
			list = append(list, e.box)
		}
	}
	return list
}

// maxMailboxes is where a list stops being read. More do not fit into a field of the allowed size, except as rubbish.
const maxMailboxes = 10000

// maxLexemes is how many pieces of one entry are looked at. What has more is no mailbox, and must not cost much memory.
const maxLexemes = 1000

// entry is one item of an address list.
type entry struct {
	box   Mailbox
	clean bool // exactly one address, and it was written by the rules
}

// lexeme is one piece of a structured value (RFC 5322 §3.2).
type lexeme struct {
	kind byte // 'w' word, 'q' quoted string, 'c' comment, '<' text between angle brackets, else a special: , ; :
	text string
}

// readList cuts a value into its entries. It goes through the value once.
func readList(s string) []entry {
	s = unfold(s)
	var list []entry
	var item []lexeme
	groups, rubbish := false, false
	flush := func() {
		if len(list) < maxMailboxes {
			list = append(list, readEntry(item)...)
		}
		item = item[:0]
	}
	for len(s) > 0 {
		var l lexeme
		l, s = nextLexeme(s)
		if len(item) >= maxLexemes {
			item, rubbish = item[:0], true
		}
		switch l.kind {
		case ' ':
		case ',':
			flush()
		case ';': // ends a group, and separates addresses where Outlook wrote them
			groups = true
			flush()
		case ':': // what stood before it is the name of a group
			groups = true
			item = item[:0]
		case '<':
			if hasAngle(item) {
				flush() // a comma is missing between two addresses
			}
			item = append(item, l)
		default:
			item = append(item, l)
		}
	}
	flush()
	for i := range list {
		list[i].clean = list[i].clean && !groups && !rubbish
	}
	return list
}

func hasAngle(item []lexeme) bool {
	for _, l := range item {
		if l.kind == '<' {
			return true
		}
	}
	return false
}

// nextLexeme cuts one piece off the head of s, which is not empty.
func nextLexeme(s string) (lexeme, string) {
	switch s[0] {
	case ' ', '\t', '\r':
		return lexeme{' ', ""}, strings.TrimLeft(s, " \t\r")
	case ',', ';', ':':
		return lexeme{s[0], ""}, s[1:]
	case '"':
		text, rest := quotedString(s)
		return lexeme{'q', text}, rest
	case '(':
		text, rest := comment(s)
		return lexeme{'c', text}, rest
	case '<':
		text, rest := angle(s)
		return lexeme{'<', text}, rest
	}
	if strings.HasPrefix(s, "=?") {
		if w, ok := readWord(s[:min(len(s), 1000)]); ok && !strings.ContainsAny(s[:w.length], " \"<>@") {
			return lexeme{'w', s[:w.length]}, s[w.length:] // a comma inside an encoded word separates nothing
		}
	}
	end := 1
	for end < len(s) && strings.IndexByte(" \t\r,;:\"(<", s[end]) < 0 {
		end++
	}
	return lexeme{'w', s[:end]}, s[end:]
}

// comment reads the comment at the head of s, other comments inside it included (RFC 5322 §3.2.2).
func comment(s string) (text, rest string) {
	var b strings.Builder
	depth := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case c == '(':
			if depth++; depth > 1 {
				b.WriteByte(c)
			}
		case c == ')':
			if depth--; depth == 0 {
				return b.String(), s[i+1:]
			}
			b.WriteByte(c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), ""
}

// maxAddress is three times what an address can have.
const maxAddress = 1000

// angle reads "<…>" at the head of s; a quoted local part may hold a ">". A quote that is not closed soon never will be, and must
// not be looked for again and again.
func angle(s string) (text, rest string) {
	quoted := false
	for i := 1; i < min(len(s), maxAddress); i++ {
		switch c := s[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == '>' && !quoted:
			return s[1:i], s[i+1:]
		}
	}
	if i := strings.IndexByte(s, '>'); i >= 0 { // the quote was a stray one
		return s[1:i], s[i+1:]
	}
	return s[1:], ""
}

// readEntry makes a mailbox of the pieces between two commas: none when there is nothing but white space and comments, several
// when the commas between bare addresses were forgotten.
func readEntry(item []lexeme) []entry {
	var words, comments []string
	addr, found, trailing := "", false, false
	for _, l := range item {
		switch l.kind {
		case '<':
			addr, found = l.text, true
		case 'c':
			comments = append(comments, l.text)
		default:
			words = append(words, l.text)
			trailing = found
		}
	}
	if found {
		e := angleEntry(words, comments, addr)
		e.clean = e.clean && !trailing
		return []entry{e}
	}
	if len(words) == 0 {
		return nil
	}
	return bareEntry(item, comments)
}

// angleEntry reads `Name <address>`.
func angleEntry(words, comments []string, addr string) entry {
	a, clean := lenientAddress(addr)
	name := DecodeWords(strings.Join(words, " "))
	if name == "" {
		name = DecodeWords(strings.Join(comments, " "))
	}
	return entry{box: Mailbox{Name: name, Address: a}, clean: clean}
}

// bareEntry reads an address without angle brackets: `jane@example.org (Jane)`, or the forms that break the rules:
// `Jane jane@example.org`, `jane at example.org (Jane)`, `jane@example.org joe@example.org`.
func bareEntry(item []lexeme, comments []string) []entry {
	name := DecodeWords(strings.Join(comments, " "))
	if a, ok := joinedAddress(item); ok {
		return []entry{{box: Mailbox{Name: name, Address: a}, clean: true}}
	}
	var words []string
	var list []entry
	for _, l := range item {
		text := l.text
		switch l.kind {
		case 'c':
			continue
		case 'q':
			text = quote(text)
		}
		if a, _ := lenientAddress(text); !a.IsZero() && strings.Contains(text, "@") {
			list = append(list, entry{box: Mailbox{Address: a}})
		} else {
			words = append(words, l.text)
		}
	}
	if len(words) > 0 && name == "" {
		name = DecodeWords(strings.Join(words, " "))
	}
	switch {
	case len(list) > 0:
		list[0].box.Name = name
		return list
	case len(words) == 3 && strings.EqualFold(words[1], "at"):
		if a, err := ParseAddress(words[0] + "@" + words[2]); err == nil {
			return []entry{{box: Mailbox{Name: DecodeWords(strings.Join(comments, " ")), Address: a}}}
		}
	}
	return []entry{{box: Mailbox{Name: name}}}
}

// joinedAddress reads an addr-spec whose pieces may stand apart: `jane . doe @ example.org` (RFC 5322 §4.4).
func joinedAddress(item []lexeme) (Address, bool) {
	var b strings.Builder
	before := ""
	for _, l := range item {
		text := l.text
		switch l.kind {
		case 'c':
			continue
		case 'q':
			text = quote(text)
		}
		if before != "" && !strings.HasSuffix(before, ".") && !strings.HasSuffix(before, "@") && text[0] != '.' && text[0] != '@' {
			return Address{}, false
		}
		b.WriteString(text)
		before = text
	}
	a, err := ParseAddress(b.String())
	return a, err == nil && before != "" && !strings.HasSuffix(before, ">")
}

// lenientAddress reads what stands between angle brackets; clean tells whether it kept the rules. A source route falls away (RFC
// 5321 §4.1.1.3 lets a server ignore it), and so do comments, spaces, a dot at the end, and "mailto:".
func lenientAddress(s string) (a Address, clean bool) {
	if len(s) > maxAddress {
		return Address{}, false
	}
	s = strings.Trim(s, " \t")
	if a, err := ParseAddress(s); err == nil && !strings.HasPrefix(s, "<") {
		return a, true
	}
	s = strings.Trim(s, "<>'\" ")
	if len(s) > 7 && strings.EqualFold(s[:7], "mailto:") {
		s = s[7:]
	}
	if strings.HasPrefix(s, "@") {
		if i := strings.IndexByte(s, ':'); i >= 0 {
			s = s[i+1:]
		}
	}
	if !strings.Contains(s, `"`) {
		s = strings.ReplaceAll(strings.Replace(dropComments(s), " at ", "@", 1), " ", "")
	}
	a, err := ParseAddress(strings.TrimRight(s, "."))
	if err != nil {
		return Address{}, false
	}
	return a, false
}

// dropComments takes the comments out of an address without quotes.
func dropComments(s string) string {
	before, rest, found := strings.Cut(s, "(")
	for found {
		_, rest = comment("(" + rest)
		var more string
		more, rest, found = strings.Cut(rest, "(")
		before += more
	}
	return before
}

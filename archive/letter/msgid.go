package letter

import (
	"crypto/rand"
	"strings"
)

// MessageID is a message id without its angle brackets. Ids are compared byte for byte.
type MessageID string

// randomLen is how many base32 characters carry 128 random bits.
const randomLen = 26

// NewMessageID makes an id of our own: "kind.RANDOM@domain" with 128 random bits, no host, process or clock in it (B9). With a
// kind of up to 8 letters and a domain of up to 28 it stays within 64 characters.
func NewMessageID(kind, domain string) MessageID {
	return MessageID(kind + "." + strings.ToLower(rand.Text()) + "@" + domain)
}

// Kind is the word NewMessageID was given, or "" when the id has another form. Anybody can write an id of this form: only a row
// in our database tells that it is ours.
func (id MessageID) Kind() string {
	local, _, ok := strings.Cut(string(id), "@")
	kind, random, dot := strings.Cut(local, ".")
	if !ok || !dot || len(random) != randomLen || kind == "" {
		return ""
	}
	for i := 0; i < len(random); i++ {
		if c := random[i]; !(c >= 'a' && c <= 'z' || c >= '2' && c <= '7') {
			return ""
		}
	}
	return kind
}

// String is the id in angle brackets as it stands in a header; "" for the empty id.
func (id MessageID) String() string {
	if id == "" {
		return ""
	}
	return "<" + string(id) + ">"
}

// maxID is the longest id that is believed; it must fit on a line of a References field.
const maxID = lineMax - 8

// ParseMessageIDs reads the ids of a Message-ID, In-Reply-To or References value as real mail has them, in order: folded inside,
// without brackets, with words between them. What is longer than a line or holds other than printable characters is left out.
func ParseMessageIDs(s string) []MessageID {
	s = unfold(s)
	n := strings.Count(s, "<")
	if n == 0 {
		return bareIDs(s)
	}
	var list []MessageID
	if n = min(n, strings.Count(s, ">")); n > 0 {
		list = make([]MessageID, 0, n)
	}
	for {
		_, rest, ok := strings.Cut(s, "<")
		if !ok {
			return list
		}
		text, after, closed := strings.Cut(rest, ">")
		if i := strings.LastIndexByte(text, '<'); i >= 0 {
			text = text[i+1:] // "<<a@b>" and "<a@b <c@d>": the last one is whole
		}
		if id, ok := cleanID(text); ok && (closed || strings.Contains(text, "@")) {
			list = append(list, id)
		}
		s = after
	}
}

// bareIDs reads ids written without brackets: one single word, or words that all have an @. With other words between them it is
// prose, "your message to jane@example.org of Friday", and an address in it is nobody's id.
func bareIDs(s string) []MessageID {
	words := strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' || r == ';' })
	var list []MessageID
	for _, w := range words {
		w = strings.Trim(w, `">`)
		if len(words) > 1 && !strings.Contains(w, "@") {
			return nil
		}
		if id, ok := cleanID(w); ok {
			list = append(list, id)
		}
	}
	return list
}

// cleanID removes the white space that folding left inside an id.
func cleanID(s string) (MessageID, bool) {
	if strings.ContainsAny(s, " \t\r") {
		s = strings.Map(func(r rune) rune {
			if r == ' ' || r == '\t' || r == '\r' {
				return -1
			}
			return r
		}, s)
	}
	if s == "" || len(s) > maxID || strings.ContainsAny(s, "<>\uFFFD") {
		return "", false
	}
	if !printableASCII(s) && CleanLine(s) != s { // UTF-8 may stand in an id (RFC 6532 §3.3)
		return "", false
	}
	return MessageID(s), true
}

// Package roster reads and writes files that say who is a member: those of other list programs (Mailman 2 and 3, mlmmj, groups.io,
// Google Groups), and tables that people make. It promises that nothing in such a file is run or followed, only read; that every line
// is either a person or is named with the reason why not; and that a table it writes is text in every spreadsheet, never a formula.
//
// It knows no database: what is to be done with the people is for its callers to decide.
package roster

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// Delivery is what a person gets of a list. The words are those of the rest of the house.
type Delivery string

// The deliveries; Unsaid is a file that does not say.
const (
	Unsaid Delivery = ""
	Each   Delivery = "each"
	Digest Delivery = "digest"
	None   Delivery = "none"
)

// Person is somebody whom a file names.
type Person struct {
	Line       int // where, counted from 1; 0 where a file has no lines
	Address    letter.Address
	Name       string
	Delivery   Delivery
	Lists      map[string]Delivery // by local part, when the file speaks of several lists; then Delivery is Unsaid
	Managed    bool                // an owner, manager or moderator there
	Subscribed bool                // gets the list's mail; owners need not
	NoOwnCopy  bool                // wants no copy of their own posts
	Listed     bool                // agrees that members see their address
	Timezone   string
}

// Left is a line that was not taken, or taken with a doubt, and why.
type Left struct {
	Line int    `json:"line,omitempty"`
	Text string `json:"text"`
	Why  string `json:"why"`
}

// Roster is what a file says.
type Roster struct {
	Kind   string // what sort of file it was, for people: "a table", "a list of addresses"
	People []Person
	Left   []Left // not taken
	Doubts []Left // taken, but not all of it
}

// What a file may be at most.
const (
	MostBytes  = 32 << 20
	mostPeople = 200_000
	mostLeft   = 60 // octets of a line that is shown
)

// leave names a line that is not taken.
func (r *Roster) leave(line int, text, why string, args ...any) {
	r.Left = append(r.Left, Left{line, shown(text), fmt.Sprintf(why, args...)})
}

// doubt names what of a line is not taken.
func (r *Roster) doubt(line int, text, why string, args ...any) {
	r.Doubts = append(r.Doubts, Left{line, shown(text), fmt.Sprintf(why, args...)})
}

// shown is a line of a stranger's file, short and without anything that moves a terminal.
func shown(text string) string { return letter.Excerpt(letter.CleanLine(text), mostLeft) }

// add takes a person. Who is named twice is one person: what the second line says more is taken, too.
func (r *Roster) add(p Person, seen map[string]int) {
	at, twice := seen[p.Address.Key()]
	if !twice {
		seen[p.Address.Key()] = len(r.People)
		r.People = append(r.People, p)
		return
	}
	old := &r.People[at]
	if p.Subscribed && old.Subscribed {
		r.doubt(p.Line, p.Address.String(), "is there twice; the first line counts")
	}
	old.Name, old.Managed = cmp.Or(old.Name, p.Name), old.Managed || p.Managed
	if !old.Subscribed {
		old.Subscribed, old.Delivery, old.NoOwnCopy, old.Listed = p.Subscribed, p.Delivery, p.NoOwnCopy, p.Listed
	}
}

// person reads an address that stands alone or with a name before it: "Dana Reyes <dana@north.example>".
func person(line int, address, name string) (Person, error) {
	address = strings.TrimSpace(address)
	if open := strings.LastIndexByte(address, '<'); open >= 0 && strings.HasSuffix(address, ">") {
		name = cmp.Or(strings.TrimSpace(name), strings.Trim(strings.TrimSpace(address[:open]), `"`))
		address = address[open+1 : len(address)-1]
	}
	a, err := letter.ParseAddress(strings.TrimSpace(address))
	if err != nil {
		return Person{}, err
	}
	return Person{Line: line, Address: a, Name: letter.CleanLine(strings.TrimSpace(name)), Subscribed: true}, nil
}

// Read reads a file of unknown kind: a table with a line of headings (CSV, with commas, semicolons or tabs), JSON, or addresses in lines.
func Read(in io.Reader) (Roster, error) {
	text, err := readText(in)
	if err != nil {
		return Roster{}, err
	}
	trimmed := strings.TrimLeft(text, " \t\r\n")
	var r Roster
	switch {
	case trimmed == "":
		return Roster{}, refusal.Because(refusal.Malformed, "The file is empty.")
	case trimmed[0] == '[' || trimmed[0] == '{':
		r, err = readJSON(trimmed)
	default:
		if t, ok := findTable(text); ok {
			r = t.read()
		} else {
			r = readLines(text)
		}
	}
	if err == nil && len(r.People) > mostPeople {
		err = refusal.Because(refusal.TooBig, "The file names more than %d people.", mostPeople)
	}
	return r, err
}

// readText reads all of a file as UTF-8. Spreadsheets also write UTF-16, and the characters of old Windows.
func readText(in io.Reader) (string, error) {
	b, err := io.ReadAll(io.LimitReader(in, MostBytes+1))
	if err != nil {
		return "", refusal.Because(refusal.Invalid, "The file cannot be read.").From(err)
	}
	if len(b) > MostBytes {
		return "", tooBig()
	}
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")):
		return fromUTF16(b[2:], b[0] == 0xfe), nil
	case utf8.Valid(b):
		return strings.TrimPrefix(string(b), "\ufeff"), nil
	}
	if bytes.IndexByte(b, 0) >= 0 {
		return "", refusal.Because(refusal.Malformed, "This is no file of text. A table must be saved as CSV first.")
	}
	return fromWindows(b), nil
}

func tooBig() error {
	return refusal.Because(refusal.TooBig, "The file has more than %d MB; that is no list of members.", MostBytes>>20)
}

func fromUTF16(b []byte, big bool) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		lo, hi := b[2*i], b[2*i+1]
		if big {
			lo, hi = hi, lo
		}
		units[i] = uint16(hi)<<8 | uint16(lo)
	}
	return string(utf16.Decode(units))
}

// fromWindows reads the characters of Western Europe as old Windows wrote them (windows-1252, as the WHATWG has it).
func fromWindows(b []byte) string {
	const upper = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ"
	high := []rune(upper)
	var s strings.Builder
	s.Grow(len(b) + len(b)/8)
	for _, c := range b {
		switch {
		case c >= 0x80 && c < 0xa0:
			s.WriteRune(high[c-0x80])
		default:
			s.WriteRune(rune(c))
		}
	}
	return s.String()
}

// deliveryOf understands a word for what somebody gets; ok is false for a word that nobody knows.
func deliveryOf(word string) (d Delivery, ok bool) {
	word = plain(word)
	switch {
	case word == "":
		return Unsaid, true
	case strings.Contains(word, "digest"), strings.Contains(word, "summar"), strings.Contains(word, "abridged"):
		return Digest, true
	case slices.Contains([]string{
		"none", "no", "no email", "no mail", "nomail", "off", "web only", "special", "special notices", "special notices only", "disabled", "by user",
		"by moderator", "by bounces", "byuser", "byadmin", "bybounce", "bouncing", "email delivery none", "email delivery special", "dont send email", "vacation",
	}, word):
		return None, true
	case slices.Contains([]string{
		"each", "all", "all email", "all mail", "all emails", "email", "individual", "individual emails", "individual messages", "single", "regular", "regular delivery",
		"every new message", "enabled", "on", "yes", "email delivery single", "each email", "all messages", "normal",
	}, word):
		return Each, true
	}
	return Unsaid, false
}

// stranger tells why somebody with this standing is no member, in words; "" for one who is.
func stranger(word string) string {
	switch word = plain(word); {
	case strings.Contains(word, "invite"):
		return "was invited and has not answered"
	case strings.Contains(word, "pending"), strings.Contains(word, "unconfirmed"), strings.Contains(word, "not confirmed"), word == "applicant":
		return "had asked to join and was no member yet"
	case strings.Contains(word, "ban"):
		return "was banned there"
	case word == "left", word == "removed", strings.Contains(word, "unsubscribed"), word == "nonmember":
		return "was no member there any more"
	}
	return ""
}

// managed tells whether a word means somebody who runs the list.
func managed(word string) bool {
	word = plain(word)
	return word != "nonmember" && (strings.Contains(word, "owner") || strings.Contains(word, "moderator") || strings.Contains(word, "manager") || strings.Contains(word, "admin"))
}

// plain is a word without the ways of writing it: "No-Email" and "no_email" are "no email".
func plain(word string) string {
	word = strings.Map(func(r rune) rune {
		switch r {
		case '_', '-', '.', '/':
			return ' '
		case '\'', '’', ':':
			return -1
		}
		return r
	}, strings.ToLower(word))
	return strings.Join(strings.Fields(word), " ")
}

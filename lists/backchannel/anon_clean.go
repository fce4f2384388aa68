package backchannel

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
)

// cleaned is a letter as managers would see it under a made-up name, and what its writer should know about it.
type cleaned struct {
	subject   string
	text      string
	signature int      // lines that were taken off its end
	addresses bool     // the writer's own were taken out
	others    bool     // and those of other people (G2)
	shows     []string // what is in it by which the writer may be known (G5), each with its place
	forwarded bool     // it looks like a letter of somebody else (G8)
	unsure    bool     // quotes and words alternate (G9)
	files     []string // what is left behind
	pass      []parcel // what could go with it, under names that say nothing
	names     []string // the names those came under
	copies    int      // other addresses it was sent to
}

// clean takes out of a letter what tells its writer, and finds what else might: whatever is a word of theirs stays, and is shown.
func clean(tx *db.Tx, l *letter.Letter, m lists.Member) (cleaned, error) {
	own, err := lists.Addresses(tx, m.ID)
	if err != nil {
		return cleaned{}, err
	}
	before := legible(words(l))
	c := cleaned{subject: plainSubject(l.Subject()), unsure: l.NewText().Unsure, forwarded: forwarded(l.Subject(), before)}
	c.pack(unpack(l))
	text, _ := lists.Discreet(before, m, own)
	c.text = withoutFarewell(strings.TrimSpace(text), m)
	c.signature = markedSignature(l) + lineCount(before) - lineCount(c.text)
	for _, a := range own {
		for _, s := range []*string{&c.text, &c.subject} {
			if cut := withoutFold(*s, a.String(), "[address removed]"); cut != *s {
				*s, c.addresses = cut, true
			}
		}
	}
	for _, s := range []*string{&c.text, &c.subject} {
		for _, f := range addressesIn(*s) {
			other, known, err := lists.MemberByAddress(tx, m.Community, f.address)
			if err != nil {
				return c, err
			}
			if known && other.ID != m.ID {
				*s, c.others = withoutFold(*s, f.address.String(), "[address removed]"), true
			}
		}
	}
	c.shows = shownOf(c.subject, c.text, m, own)
	for _, p := range c.pass {
		if p.Kind == kindText {
			for _, s := range shownOf("", string(p.Data), m, own) {
				c.shows = append(c.shows, p.Name+": "+s)
			}
		}
	}
	return c, nil
}

// pack looks which files could go with a letter. Their names may tell who wrote it, and become numbers; an encrypted letter shows by whose key.
func (c *cleaned) pack(b baggage) {
	c.files = b.told()
	if b.sealed {
		c.files = append(c.files, b.names()...)
		return
	}
	for i, f := range b.pass {
		ext := f.name[strings.LastIndexByte(f.name, '.'):]
		c.pass = append(c.pass, parcel{"file-" + strconv.Itoa(i+1) + ext, f.kind, f.data, f.author})
		c.names = append(c.names, f.name)
	}
}

// suspicious tells whether the writer should look before it goes on, in a conversation where clean answers need no YES.
func (c cleaned) suspicious() bool {
	return len(c.shows) > 0 || c.others || c.addresses || c.forwarded || c.unsure || len(c.files) > 0 || len(c.pass) > 0 || c.text == ""
}

// withoutFarewell cuts the writer's name where it stands alone at the end, as people sign: "Bree", "- Bree", "Bree O."
func withoutFarewell(text string, m lists.Member) string {
	lines := strings.Split(text, "\n")
	for n := len(lines); n > 1; n-- {
		last := strings.ToLower(strings.TrimFunc(lines[n-1], func(r rune) bool { return !unicode.IsLetter(r) }))
		if last == "" {
			continue
		}
		parts := strings.Fields(strings.ToLower(m.Name))
		if len(parts) == 0 || last != parts[0] && last != strings.Join(parts, " ") && last != parts[len(parts)-1] {
			break
		}
		return strings.TrimSpace(strings.Join(lines[:n-1], "\n"))
	}
	return text
}

// markedSignature counts the lines of a signature below its mark.
func markedSignature(l *letter.Letter) (n int) {
	lines := strings.Split(l.Text(), "\n")
	at := slices.IndexFunc(lines, func(s string) bool { return strings.TrimRight(s, " \r") == "--" })
	if at < 0 {
		return 0
	}
	for _, line := range lines[at+1:] {
		if strings.HasPrefix(line, ">") {
			break
		}
		if strings.TrimSpace(line) != "" {
			n++
		}
	}
	return n
}

func lineCount(s string) (n int) {
	for _, line := range strings.Split(s, "\n") {
		if strings.TrimSpace(line) != "" {
			n++
		}
	}
	return n
}

// withoutFold replaces every occurrence of a word, whatever its capitals.
func withoutFold(s, word, by string) string {
	low, w := strings.ToLower(s), strings.ToLower(word)
	if w == "" || len(low) != len(s) { // letters whose small form is longer: compare as they stand
		return strings.ReplaceAll(s, word, by)
	}
	var out strings.Builder
	for from := 0; ; {
		i := strings.Index(low[from:], w)
		if i < 0 {
			out.WriteString(s[from:])
			return out.String()
		}
		out.WriteString(s[from:from+i] + by)
		from += i + len(w)
	}
}

// shownOf finds what tells the writer: names, the local part of an address, the employer behind it, a telephone number.
func shownOf(subject, text string, m lists.Member, own []letter.Address) (shows []string) {
	tells := map[string]string{}
	for _, part := range strings.Fields(m.Name) {
		if utf8.RuneCountInString(part) > 1 {
			tells[strings.ToLower(part)] = "your name"
		}
	}
	for _, a := range own {
		for _, part := range strings.FieldsFunc(strings.ToLower(a.Local), func(r rune) bool { return r == '.' || r == '_' || r == '-' || r == '+' }) {
			if utf8.RuneCountInString(part) > 3 && tells[part] == "" {
				tells[part] = "a part of your address"
			}
		}
		labels := strings.Split(works(lists.Member{Address: a}), ".")
		if len(labels) > 1 && len(labels[len(labels)-2]) > 2 && tells[labels[len(labels)-2]] == "" {
			tells[labels[len(labels)-2]] = "your employer's name, from your address"
		}
	}
	note := func(where, line string) {
		for _, w := range nameWords(line) {
			if why := tells[strings.ToLower(w)]; why != "" {
				shows = append(shows, `"`+w+`" `+where+`: `+why)
			}
		}
		for _, slip := range slipsIn(line, m, own) {
			shows = append(shows, `"`+slip+`" `+where)
		}
	}
	note("in the subject", subject)
	for i, line := range strings.Split(text, "\n") {
		note("in line "+strconv.Itoa(i+1), line)
	}
	slices.Sort(shows)
	return slices.Compact(shows)
}

// slipsIn are telephone numbers and the like.
func slipsIn(line string, m lists.Member, own []letter.Address) (all []string) {
	_, slips := lists.Discreet("x\n"+line+"\nx", m, own)
	for _, s := range slips {
		if !strings.Contains(strings.ToLower(s.What), strings.ToLower(m.Name)) {
			all = append(all, s.What)
		}
	}
	return all
}

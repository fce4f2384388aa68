package lists

import (
	"regexp"
	"strings"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists/address"
)

// Quoted is what a letter shows of private mail, as far as its own words tell (product.md W3). Whether a door in it is one that somebody
// was really given, the database knows.
type Quoted struct {
	mark  string // "[private K7QX]"
	doors []address.Name
}

// ReadQuoted looks for private mail in all that the readers of a letter could find in it. It is pure: do it before the transaction.
func ReadQuoted(l *letter.Letter) *Quoted { return quotedIn(everything(l)) }

func quotedIn(text string) *Quoted { return &Quoted{Watermark(text), doorsIn(text)} }

// Shown is what may be shown of the private mail that is quoted: its mark, or the kind of a door that was really given to somebody, live
// or not; never a token. "" when there is nothing.
func (q *Quoted) Shown(tx *db.Tx) (string, error) {
	if q.mark != "" {
		return q.mark, nil
	}
	for _, n := range q.doors {
		if _, given, err := address.Find(tx, n.Kind, n.Token); err != nil {
			return "", err
		} else if given {
			return string(n.Kind) + "+…", nil
		}
	}
	return "", nil
}

// TextShowsPrivate is QuotesPrivate for a text alone.
func TextShowsPrivate(tx *db.Tx, text string) (string, error) {
	return quotedIn(letter.Seen(text)).Shown(tx)
}

// MarkIn is the mark of private mail that a letter shows anywhere; "" when there is none.
func MarkIn(l *letter.Letter) string { return Watermark(everything(l)) }

// ShowsDoors tells whether a letter shows an address of ours that was handed to one person, or the address of a community's digests:
// whoever answers a digest and quotes it hands them on without knowing.
func ShowsDoors(c Community, l *letter.Letter) bool {
	all := strings.ToLower(everything(l))
	return doorAddress.MatchString(all) || strings.Contains(all, c.Address("digest").String()) || strings.Contains(all, strings.Replace(c.Address("digest").String(), "@", "%40", 1))
}

// everythingMax is how much of a letter is looked through. What people quote stands far before.
const everythingMax = 1 << 20

// everything is all that readers could find in a letter: its text, the other forms of its text, text files, and letters inside it with
// their headers, as eyes see them. The body is relayed as it is, so a look at the text alone would not do.
func everything(l *letter.Letter) string {
	var b strings.Builder
	add := func(s string) {
		b.WriteString(s[:min(len(s), max(0, everythingMax-b.Len()))])
		b.WriteByte('\n')
	}
	b.Grow(min(len(l.Text())+len(l.Body())+100, everythingMax)) // as much as nearly every letter needs
	add(l.Subject())
	add(l.Text())
	for i, p := range l.Parts() {
		name := strings.ToLower(p.Filename())
		text := strings.HasPrefix(p.Type, "text/") || strings.HasSuffix(name, ".eml") || strings.HasSuffix(name, ".txt") || strings.HasSuffix(name, ".html")
		if i > 0 && p.Parent >= 0 && l.Parts()[p.Parent].IsMessage() {
			add(string(p.HeaderBytes()))
		}
		if b.Len() > everythingMax || p.Children > 0 || !text {
			continue
		}
		decoded := p.TextHead(everythingMax)
		if add(decoded); p.Type == "text/html" {
			add(letter.HTMLToText(decoded))
		}
	}
	return letter.Seen(b.String())
}

// Watermark finds the mark with which every private mail ends, however a mail program wrapped and quoted it (product.md W3); "" when
// there is none.
func Watermark(text string) string {
	const head = "[private"
	for from := 0; ; from++ { // an expression that looks for itself would go through every letter of every text
		i := strings.IndexByte(text[from:], head[0])
		if i < 0 {
			return ""
		}
		from += i
		if len(text)-from < len(head) || !strings.EqualFold(text[from:from+len(head)], head) {
			continue
		}
		if found := watermark.FindStringSubmatch(text[from:]); found != nil {
			return "[private " + strings.ToUpper(found[1]) + "]"
		}
	}
}

// WithoutMarks takes the marks of private mail out of a text.
func WithoutMarks(text string) string { return watermarks.ReplaceAllString(text, "") }

var watermarks = regexp.MustCompile(`(?i)\[private(?:[\s\x{00A0}>|]|&nbsp;)+[0-9A-Z]{4}\]`)

var watermark = regexp.MustCompile(`(?i)^\[private(?:[\s\x{00A0}>|]|&nbsp;)+([0-9A-Z]{4}|-{4})\]`)

var (
	doorLike = regexp.MustCompile(`(?i)^(private|note|vote|confirm)(?:\+|%2b)([0-9a-z-]{26,40})(?:@|%40)`)
	doorKind = []string{"private", "note", "vote", "confirm"} // none ends another
)

// mostDoors is how many doors are looked up of one letter. No letter of a person holds so many.
const mostDoors = 100

// doorsIn finds what could be addresses of private doors, each once.
func doorsIn(text string) (doors []address.Name) {
	seen := map[string]bool{}
	for i := range pluses(text) {
		start, ok := doorBefore(text, i)
		if !ok {
			continue
		}
		m := doorLike.FindStringSubmatch(text[start:])
		if m == nil {
			continue
		}
		n := address.Parse(m[1] + "+" + m[2])
		if n.Form != address.Token || seen[n.Token] {
			continue
		}
		if len(doors) == mostDoors {
			break
		}
		seen[n.Token] = true
		doors = append(doors, n)
	}
	return doors
}

// pluses gives the places of plus signs, written out or encoded as in links.
func pluses(text string) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		plus, percent := -1, -1
		after := func(i int, sign byte) int { // the next one behind i
			if j := strings.IndexByte(text[i+1:], sign); j >= 0 {
				return i + 1 + j
			}
			return len(text)
		}
		plus, percent = after(plus, '+'), after(percent, '%')
		for plus < len(text) || percent < len(text) {
			if plus < percent {
				if !yield(plus) {
					return
				}
				plus = after(plus, '+')
				continue
			}
			if !yield(percent) {
				return
			}
			percent = after(percent, '%')
		}
	}
}

// doorBefore finds the name of a door right before a place, standing by itself.
func doorBefore(text string, i int) (start int, ok bool) {
	for _, kind := range doorKind {
		start = i - len(kind)
		if start < 0 || !strings.EqualFold(text[start:i], kind) {
			continue
		}
		return start, start == 0 || !wordByte(text[start-1])
	}
	return 0, false
}

// wordByte tells whether a byte belongs to a word of ASCII.
func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

package digest

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"backchannel/archive"
	"backchannel/archive/letter"
	"backchannel/lists/address"
	"backchannel/templates"
)

// How long words are shown that are not an excerpt.
const (
	subjectLen = 120 // characters of a subject
	nameLen    = 60  // of a name, of a person or a file
	contextLen = 80  // of the line that an excerpt answers
)

// subject is a thread's subject as it is shown: without the list's own prefix, which the section says already; "" if it has none.
func (t freshThread) subject(prefix, domain string) string {
	s := letter.CleanLine(t.thread.Subject)
	if rest, ok := cutFold(s, prefix); ok && rest != "" {
		s = rest
	}
	return letter.Excerpt(hide(s, domain), subjectLen)
}

// cutFold takes a prefix off without regard to capitals, and the blanks behind it.
func cutFold(s, prefix string) (string, bool) {
	if prefix == "" || len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return strings.TrimSpace(s[len(prefix):]), true
}

// findPrefix finds what stands before nearly every subject of a list: its own prefix, or the tag that an older program gave to it.
func (l freshList) findPrefix() string {
	if l.list.SubjectPrefix != "" {
		return l.list.SubjectPrefix
	}
	n := map[string]int{}
	for _, t := range l.threads {
		tag, _, ok := strings.Cut(t.thread.Subject, "]")
		if ok && strings.HasPrefix(tag, "[") {
			n[strings.ToLower(tag+"]")]++
		}
	}
	for tag, times := range n {
		if times >= 3 && times*5 >= len(l.threads)*4 {
			return tag // there can be one such only
		}
	}
	return ""
}

// hide takes the domain from addresses of lists, and from personal ones, that somebody wrote into a post: pressed in a digest, they
// would lead where the reader does not expect it, or let others in at the reader's door. Words like managers@ stay.
func hide(s, domain string) string {
	at := "@" + domain
	lower := lowerASCII(s)
	if !strings.Contains(lower, at) {
		return s
	}
	var b strings.Builder
	for {
		i := strings.Index(lower, at)
		if i < 0 {
			return b.String() + s
		}
		begin := strings.LastIndexFunc(s[:i], func(r rune) bool { return !isWord(r) && r != '_' && r != '.' && r != '+' }) + 1
		_, size := utf8.DecodeRuneInString(s[begin:])
		if begin < i && !isWord(rune(lower[begin])) {
			begin += size // a dot in front
		}
		end := i + len(at)
		longer := strings.HasPrefix(lower[end:], ".") && end+1 < len(s) && isWord(rune(s[end+1])) // of another domain
		name := address.Parse(s[begin:i])
		switch {
		case name.Form == address.Role || longer || end < len(s) && isWord(rune(s[end])):
			b.WriteString(s[:end])
		case name.Form == address.Token:
			b.WriteString(s[:begin] + string(name.Kind) + "@…")
		default:
			b.WriteString(s[:i] + "@…")
		}
		s, lower = s[end:], lower[end:]
	}
}

// lowerASCII is a text with small letters for the capitals of ASCII; every octet stays in its place, whatever it is.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

func isWord(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-'
}

// saying is one post as an excerpt could show it.
type saying struct {
	archive.Post
	said    string
	context string
	files   templates.Files
}

// sayings are the new posts that say something. A "+1" that was trimmed away is counted, and not shown.
func (t freshThread) sayings() (all []saying) {
	people := t.marks()
	for _, p := range t.posts {
		text := withoutSignature(withoutTags(withoutPatch(withoutArmor(p.Text))), t.tails[p.Author])
		said, context := splitAmong(people, withoutGreeting(text, name(p)))
		if sealed(p) {
			said, context = "", ""
		}
		said = withoutFarewell(withoutGreeting(said, name(p)), name(p), people)
		if first, rest, more := strings.Cut(said, "\n"); more && strings.EqualFold(strings.TrimSpace(first), strings.TrimSpace(p.Subject)) {
			said = strings.TrimSpace(rest) // some repeat the subject above their words
		}
		s := saying{p, said, context, files(p)}
		if s.files.None() && (s.said == "" || nod(s.said) && p.ID != t.thread.Root) {
			continue
		}
		if !slices.ContainsFunc(all, func(o saying) bool { return o.said == s.said && o.files.Same(s.files) && who(o.Post) == who(p) }) {
			all = append(all, s) // some people send everything twice
		}
	}
	return all
}

// marks are the names by which programs mark whose words a quote is: "Herbert> ...", and the initials, "HW> ...".
func (t freshThread) marks() map[string]bool {
	all := map[string]bool{}
	for _, p := range t.posts {
		initials := ""
		for _, word := range strings.FieldsFunc(p.From.Name, func(r rune) bool { return !isNamed(r) }) {
			all[word] = true
			first, _ := utf8.DecodeRuneInString(word)
			initials += string(first)
		}
		all[initials] = utf8.RuneCountInString(initials) > 1
	}
	return all
}

// weight is how much a post says; a sign of Chinese or Japanese says as much as two letters. Beyond a page it is all the same: a pasted log
// is not worth more than an answer.
func (s saying) weight() (n int) {
	for _, r := range s.said {
		if n++; unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) {
			n++
		}
	}
	return min(n, 600)
}

// slight tells a nod ("+1", "Thanks!") from a contribution.
func (s saying) slight() bool { return s.weight() < 40 && s.files.None() }

// choose picks the posts that are shown: the opening one if it is new and those with the most to say, or else the newest two; nods
// only where there is nothing else, and everybody once before anybody a second time. They come in the order in which they were written.
func (t freshThread) choose(most int) []saying {
	all := t.sayings()
	opening := slices.IndexFunc(all, func(s saying) bool { return s.ID == t.thread.Root })
	if opening < 0 {
		most = min(most, 2)
	}
	var chosen []saying
	shown := map[string]bool{}
	for len(chosen) < most && len(all) > 0 {
		best := 0
		for i, s := range all {
			if better(s, all[best], opening >= 0, shown) {
				best = i
			}
		}
		if len(chosen) == 0 && opening >= 0 {
			best = opening
		}
		chosen = append(chosen, all[best])
		shown[who(all[best].Post)] = true
		all = slices.Delete(all, best, best+1)
	}
	slices.SortFunc(chosen, func(a, b saying) int { return int(a.Seq - b.Seq) })
	return chosen
}

// better tells whether a, which is newer, should be shown rather than b.
func better(a, b saying, begun bool, shown map[string]bool) bool {
	switch {
	case a.slight() != b.slight():
		return b.slight()
	case shown[who(a.Post)] != shown[who(b.Post)]:
		return shown[who(b.Post)]
	case !begun:
		return true // the newest
	}
	return a.weight() >= b.weight() // of long ones the newer: it tells how it goes on
}

// cut makes the excerpts: the beginnings of the chosen posts.
func (t freshThread) cut(f form, slot time.Time, domain string) []templates.Excerpt {
	var all []templates.Excerpt
	for _, s := range t.choose(f.excerpts) {
		when := s.Published.In(slot.Location())
		e := templates.Excerpt{
			Who: hide(name(s.Post), domain), When: when, Dated: weekAgo(when, slot),
			Text: short(withShortLinks(hide(s.said, domain)), f.length), Files: withoutDoors(s.files, domain),
		}
		if s.context != "" {
			e.Context = []string{short(hide(s.context, domain), contextLen)}
		}
		all = append(all, e)
	}
	return all
}

// short is an excerpt in which one "…" stands for everything that was left out at its end.
func short(s string, length int) string {
	return strings.Replace(letter.Excerpt(s, length), "… …", "…", 1)
}

// weekAgo tells whether the name of a weekday no longer says which day it was.
func weekAgo(when, slot time.Time) bool {
	return slot.Sub(when) > 7*24*time.Hour || slot.Sub(when) > 6*24*time.Hour && when.Weekday() == slot.Weekday()
}

// name is how an author is shown.
func name(p archive.Post) string { return called(p.From) }

// called is how somebody is called who writes under a mailbox.
func called(m letter.Mailbox) string {
	if n := letter.Excerpt(letter.CleanLine(m.Name), nameLen); n != "" {
		return n
	}
	if m.Address.Local != "" {
		return letter.CleanLine(m.Address.Local)
	}
	return "Somebody"
}

// split parts what the author says from the lines that were kept as context of an answer between quotes. The context of an excerpt is
// what stands right above its first words; the line that leads in a quote goes with the quote.
func split(text string) (said, context string) { return splitAmong(nil, text) }

// splitAmong is split in a thread of some people, by whose names quotes may be marked.
func splitAmong(people map[string]bool, text string) (said, context string) {
	var words, quoted []string
	gap := false
	lines := withoutPictures(withoutHead(cited(strings.Split(text, "\n"), people)))
	for i, line := range lines {
		switch {
		case torn(lines, i):
			gap = true
		case strings.HasPrefix(strings.TrimLeft(line, " \t"), ">"):
			if len(words) == 0 {
				quoted = append(quoted, strings.TrimLeft(line, " \t"))
			}
			gap = true
		case strings.TrimSpace(line) == "", ruled(line):
		case strings.Trim(line, " \t[]<>().…") == "" || leadsIn(lines, i): // "[…]" is no word, and ends a quote
			if len(words) == 0 {
				quoted = nil
			}
		default:
			if gap && len(words) > 0 {
				words = append(words, "…")
			}
			words, gap = append(words, line), false
		}
	}
	return strings.TrimSpace(strings.Join(words, "\n")), lastOf(quoted)
}

// ruled tells whether a line is only drawn: -----, =====, * * *.
func ruled(line string) bool {
	line = strings.TrimSpace(line)
	return len(line) >= 3 && strings.Trim(line, "-_=*~# ") == ""
}

// leadsIn tells whether a line introduces the quote below it: "CDale wrote thusly:", "[Anthony Baxter]".
func leadsIn(lines []string, i int) bool {
	line := strings.TrimSpace(lines[i])
	next := slices.IndexFunc(lines[i+1:], func(l string) bool { return strings.TrimSpace(l) != "" })
	if next < 0 || !strings.HasPrefix(lines[i+1+next], ">") || i > 0 && strings.TrimSpace(lines[i-1]) != "" && !strings.HasPrefix(lines[i-1], ">") {
		return false
	}
	if strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]") {
		return next == 0
	}
	return strings.HasSuffix(line, ":") && (len(strings.Fields(line)) <= 8 || strings.Contains(line, "@") || writes.MatchString(line))
}

// lastOf is the end of a quote: its last two lines of one depth.
func lastOf(quoted []string) string {
	var words []string
	depth := -1
	for i := len(quoted) - 1; i >= 0 && len(words) < 2; i-- {
		text := strings.TrimLeft(quoted[i], "> ")
		n := strings.Count(quoted[i][:len(quoted[i])-len(text)], ">")
		if depth >= 0 && n != depth {
			break
		}
		if text = strings.TrimSpace(text); strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
			depth = n
			words = append(words, text)
		}
	}
	slices.Reverse(words)
	return fromStart(strings.Join(words, "\n"))
}

const (
	fullUtterance = 45 // characters of a line that is no sentence of its own when it begins with a small letter
	shortRest     = 20 // too few characters to tell what is answered
)

// fromStart is a quote without the end of a sentence that began above it; where there is nothing else, it says that it began above.
func fromStart(quote string) string {
	line, _, _ := strings.Cut(quote, "\n")
	first, _ := utf8.DecodeRuneInString(quote)
	if !unicode.IsLower(first) || utf8.RuneCountInString(line) < fullUtterance {
		return quote
	}
	if m := sentenceEnd.FindStringIndex(quote); m != nil && utf8.RuneCountInString(quote[m[1]-1:]) >= shortRest {
		_, size := utf8.DecodeLastRuneInString(quote[:m[1]])
		return quote[m[1]-size:]
	}
	return "… " + quote
}

// sentenceEnd is where a sentence ends and the next one begins.
var sentenceEnd = regexp.MustCompile(`[.!?…]["”»)]?\s+\p{Lu}`)

// sealed tells whether a post can be read only with a key (RFC 3156 §4, RFC 8551 §3.5, RFC 9580 §6.2).
func sealed(p archive.Post) bool {
	return strings.HasPrefix(p.Text, "-----BEGIN PGP MESSAGE-----") || slices.ContainsFunc(p.Attachments, func(a letter.Attachment) bool {
		return a.Type == "application/pgp-encrypted" || strings.HasSuffix(a.Type, "pkcs7-mime") && strings.TrimSpace(p.Text) == ""
	})
}

// namedFiles is how many files of a post are named.
const namedFiles = 3

// files are what was attached. Signatures are no attachments to a person.
func files(p archive.Post) (all templates.Files) {
	if sealed(p) {
		return templates.Files{Sealed: true}
	}
	for _, a := range p.Attachments {
		switch {
		case strings.HasSuffix(a.Type, "-signature"):
		case len(all.Names) == namedFiles:
			all.More++
		default:
			name := letter.CleanLine(a.Name)
			if strings.ContainsRune(name, utf8.RuneError) {
				name = "" // in a charset that it does not tell
			}
			all.Names = append(all.Names, templates.File{Name: letter.Excerpt(name, nameLen), KB: (a.Size + 1023) / 1024})
		}
	}
	return all
}

// withoutDoors are files whose names show no address that was made for one reader.
func withoutDoors(f templates.Files, domain string) templates.Files {
	f.Names = slices.Clone(f.Names)
	for i := range f.Names {
		f.Names[i].Name = hide(f.Names[i].Name, domain)
	}
	return f
}

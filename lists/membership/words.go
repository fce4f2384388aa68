package membership

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/templates"
)

// setting is one line of a letter about settings, understood.
type setting struct {
	what  templates.Setting
	word  string // its value, in the way we keep it; of tags one of them
	list  string // the list's local part, of a delivery; "": all
	day   time.Weekday
	daily bool // of a period and weekday: the day was named
	hour  int  // -1: not named
	from  time.Time
	until time.Time // of a vacation: the last day; zero: back now

	address letter.Address
	in      *lists.Incoming // the letter it stands in; nil: the operator's word
}

// mostSettings is how many changes one letter may ask for.
const mostSettings = 20

// readSettings reads the lines of a letter about settings, up to the first empty line behind one that was understood: below it stands
// what people write under a letter. now is the present in the member's zone. wrong is the first line that is none, as it was typed.
func readSettings(text string, now time.Time) (all []setting, wrong string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" {
			if len(all) > 0 {
				break
			}
			continue
		}
		found, ok := readLine(line, now)
		if !ok || len(all)+len(found) > mostSettings {
			return nil, line
		}
		all = append(all, found...)
	}
	return all, ""
}

// readLine understands one line: one change, or several with semicolons between them, as the subject of a mail holds them.
func readLine(line string, now time.Time) (all []setting, ok bool) {
	for _, part := range strings.Split(strings.Trim(line, "; "), ";") {
		found, ok := readSetting(part, now)
		if !ok {
			return nil, false
		}
		all = append(all, found...)
	}
	return all, true
}

// filler are words that may stand between the others without changing anything.
var filler = []string{"at", "on", "every", "the", "my", "a", "to", "please", "set", "change", "o'clock", "uhr", "list", "is", "me", "post", "tag", "thread"}

// settingWords are a line in words: small letters, without the signs around and between them.
func settingWords(line string) []string {
	line = strings.Trim(strings.ToLower(line), "\"'*`<>•- \t")
	words := strings.FieldsFunc(line, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == '=' || r == ';' })
	for i, w := range words {
		words[i] = strings.Trim(w, ":.!\"'")
	}
	return slices.DeleteFunc(words, func(w string) bool { return w == "" || slices.Contains(filler, w) })
}

// readSetting understands one line.
func readSetting(line string, now time.Time) (all []setting, ok bool) {
	words := settingWords(line)
	if len(words) == 0 {
		return nil, false
	}
	verb, rest := words[0], words[1:]
	switch verb {
	case "settings", "setting", "help":
		return []setting{{what: templates.SetPage}}, len(rest) == 0
	case "daily", "weekly", "monthly":
		return when(setting{what: templates.SetPeriod, word: verb, hour: -1}, rest)
	case "day", "weekday":
		return when(setting{what: templates.SetDay, hour: -1}, rest)
	case "hour", "time":
		return when(setting{what: templates.SetHour, hour: -1}, rest)
	case "zone", "timezone":
		name, found := zoneNamed(lastWords(line, "zone", "timezone"))
		return []setting{{what: templates.SetZone, word: name}}, found
	case "language", "lang", "sprache", "langue", "idioma", "言語":
		l, found := templates.ParseLanguage(strings.Join(rest, " "))
		return []setting{{what: templates.SetLanguage, word: string(l)}}, found
	case "format":
		format, found := formats[strings.Join(rest, " ")]
		return []setting{{what: templates.SetFormat, word: format}}, found
	case "min", "minimum":
		n, err := strconv.Atoi(strings.Join(rest, " "))
		return []setting{{what: templates.SetMin, word: strconv.Itoa(n)}}, err == nil && n >= 1 && n <= 1000
	case "follow", "unfollow", "mute", "unmute":
		return tagged(templates.Setting(verb), rest, line)
	case "name":
		name := letter.CleanLine(lastWords(line, verb))
		return []setting{{what: templates.SetName, word: name}}, name != "" && len(name) <= mostName && !strings.Contains(name, "@")
	case "hello":
		word := strings.ToLower(lastWords(line, verb)) // "on" is a filler elsewhere
		return []setting{{what: templates.SetHello, word: word}}, word == "on" || word == "off"
	case "introduce":
		word := introWords[strings.ToLower(lastWords(line, verb))]
		return []setting{{what: templates.SetIntro, word: word}}, word != ""
	case "greet", "greeting":
		word := strings.ToLower(lastWords(line, verb))
		return []setting{{what: templates.SetGreet, word: word}}, word == "on" || word == "off"
	case "own":
		return ownCopy(strings.Fields(strings.ToLower(lastWords(line, verb))))
	case "address", "addresses":
		return addressed(rest, line)
	case "vacation", "holiday", "holidays", "away":
		s, found := vacation(lastWords(line, verb), now)
		return []setting{s}, found
	}
	if d, found := dayNamed(verb); found {
		return when(setting{what: templates.SetDay, day: d, daily: true, hour: -1}, rest)
	}
	return delivery(words)
}

// introWords are what a member can say about being named among the new ones. "posted" is what holds for whoever says nothing.
var introWords = map[string]string{"on": "on", "yes": "on", "me": "on", "off": "off", "no": "off", "posted": "posted"}

// mostName is how long a name may be, in octets.
const mostName = 100

// particles are the words of names that begin with a small letter.
var particles = []string{"de", "la", "del", "da", "di", "du", "dos", "van", "von", "der", "den", "zu", "zum", "zur", "ten", "ter", "y", "e", "el", "al", "bin", "bint", "ibn", "af", "av", "und"}

// nameLike tells whether a name is written as people write theirs: a few words, each with a capital and small letters behind it, or of a script
// that has none.
func nameLike(name string) bool {
	words := strings.Fields(name)
	if len(words) == 0 || len(words) > 6 || strings.ContainsFunc(name, func(r rune) bool { return unicode.IsDigit(r) || strings.ContainsRune(":;!?,/()[]<>", r) }) {
		return false
	}
	for i, w := range words {
		first, _ := utf8.DecodeRuneInString(w)
		initial := utf8.RuneCountInString(strings.TrimRight(w, ".")) == 1
		switch {
		case i > 0 && i < len(words)-1 && slices.Contains(particles, w):
		case !unicode.IsLetter(first), unicode.IsLower(first), unicode.IsUpper(first) && !initial && strings.ToUpper(w) == w:
			return false
		}
	}
	return true
}

// ownCopy reads "own copy on" and "own copy off".
func ownCopy(words []string) ([]setting, bool) {
	if len(words) != 2 || words[0] != "copy" && words[0] != "copies" && words[0] != "posts" || words[1] != "on" && words[1] != "off" {
		return nil, false
	}
	return []setting{{what: templates.SetOwnCopy, word: words[1]}}, true
}

// addressed reads "address a@b.example", with add, first or remove before the address, and "address show" or "hide"; without more it asks for
// the page. The address is taken as it was typed.
func addressed(words []string, line string) ([]setting, bool) {
	switch {
	case len(words) == 0:
		return []setting{{what: templates.SetPage}}, true
	case len(words) == 1 && (words[0] == "show" || words[0] == "hide"):
		return []setting{{what: templates.SetAddressShown, word: words[0]}}, true
	}
	s := setting{what: templates.SetAddress}
	switch words[0] {
	case "add":
		s.what = templates.SetAddressAdd
	case "first", "main":
		s.what = templates.SetAddressFirst
	case "remove", "delete":
		s.what = templates.SetAddressRemove
	}
	if s.what != templates.SetAddress {
		words = words[1:]
	}
	for w := range strings.FieldsSeq(line) {
		if w = strings.Trim(w, "<>,;.\"'=:"); strings.Contains(w, "@") && s.address.IsZero() {
			a, err := letter.ParseAddress(strings.TrimPrefix(w, "mailto:"))
			if err != nil {
				return nil, false
			}
			s.address = a
		}
	}
	return []setting{s}, len(words) == 1 && !s.address.IsZero()
}

// lastWords is a line behind its first word of these, as it was typed.
func lastWords(line string, verbs ...string) string {
	low := strings.ToLower(line)
	for _, v := range verbs {
		if i := strings.Index(low, v); i >= 0 && len(low) == len(line) {
			return strings.Trim(line[i+len(v):], " \t:=.")
		}
	}
	return ""
}

// when reads the day and the hour of a slot.
func when(s setting, words []string) ([]setting, bool) {
	text := strings.Join(words, " ")
	text = strings.NewReplacer(" am", "am", " pm", "pm").Replace(text)
	for _, w := range strings.Fields(text) {
		if d, ok := dayNamed(w); ok && !s.daily && s.what != templates.SetHour && s.word != "daily" {
			s.day, s.daily = d, true
			continue
		}
		h, ok := hourNamed(w)
		if !ok || s.hour >= 0 {
			return nil, false
		}
		s.hour = h
	}
	return []setting{s}, s.what == templates.SetPeriod || s.what == templates.SetDay && s.daily || s.what == templates.SetHour && s.hour >= 0
}

func dayNamed(w string) (time.Weekday, bool) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		name := strings.ToLower(d.String())
		if len(w) >= 3 && (strings.HasPrefix(name, w) || w == name+"s") {
			return d, true
		}
	}
	return 0, false
}

var hourLike = regexp.MustCompile(`^(\d{1,2})(?:[:.]00)?(am|pm|h)?$`)

func hourNamed(w string) (int, bool) {
	m := hourLike.FindStringSubmatch(w)
	if m == nil {
		return 0, false
	}
	h, _ := strconv.Atoi(m[1])
	if m[2] == "am" || m[2] == "pm" {
		if h < 1 || h > 12 {
			return 0, false
		}
		h %= 12
		if m[2] == "pm" {
			h += 12
		}
	}
	return h, h <= 23
}

// regions are in front of the names of time zones; people leave them out.
var regions = []string{"", "Europe/", "America/", "Asia/", "Africa/", "Australia/", "Pacific/", "Atlantic/", "Indian/", "America/Argentina/", "America/Indiana/"}

// zoneNamed finds a time zone by its name, or by the town at its end, in whatever letters.
func zoneNamed(typed string) (string, bool) {
	typed = strings.Join(strings.Fields(strings.Trim(typed, ".\"' ")), "_")
	if typed == "" || len(typed) > 40 || strings.EqualFold(typed, "local") || strings.ContainsFunc(typed, func(r rune) bool { return r > unicode.MaxASCII || r == '.' || r == '\\' }) {
		return "", false
	}
	begin := true
	title := strings.Map(func(r rune) rune {
		was := begin
		begin = r == '/' || r == '_' || r == '-'
		if was {
			return unicode.ToUpper(r)
		}
		return unicode.ToLower(r)
	}, typed)
	for _, name := range []string{typed, strings.ToUpper(typed), title} {
		for _, region := range regions {
			if _, err := time.LoadLocation(region + name); err == nil && (region != "" || strings.Contains(name, "/") || name == "UTC") {
				return region + name, true
			}
		}
	}
	return "", false
}

// formats are the words for the forms of a digest.
var formats = map[string]string{
	"text": lists.FormatText, "plain": lists.FormatText, "plain text": lists.FormatText, "text only": lists.FormatText,
	"html": lists.FormatBoth, "both": lists.FormatBoth, "alt": lists.FormatBoth, "text and html": lists.FormatBoth, "usual": lists.FormatBoth,
	"mime": lists.FormatMIME, "rfc1153": lists.FormatRFC1153, "rfc 1153": lists.FormatRFC1153,
}

// tagged reads what is followed or muted: tags, and for MUTE numbers of threads. Several have a comma or # between them: else they are a
// sentence.
func tagged(what templates.Setting, words []string, line string) (all []setting, ok bool) {
	threads := what == templates.SetMute || what == templates.SetUnmute
	if len(words) > 1 && !strings.ContainsAny(line, ",#") && strings.ContainsFunc(strings.Join(words, ""), unicode.IsLetter) {
		return nil, false
	}
	for _, w := range words {
		if n, err := strconv.Atoi(strings.TrimPrefix(w, "#")); err == nil && n > 0 && n < 1e9 && threads {
			all = append(all, setting{what: what, word: strconv.Itoa(n)})
			continue
		}
		tag, ok := lists.Tag(w)
		if !ok {
			return nil, false
		}
		all = append(all, setting{what: what, word: tag})
	}
	return all, len(all) > 0
}

// deliveries are the words for how a list comes.
var deliveries = map[string]lists.Delivery{
	"each": lists.Each, "digest": lists.Digest, "none": lists.None, "nodigest": lists.None, "nomail": lists.None, "off": lists.None,
}

// delivery reads "talk each" and "each talk"; without a list it is about all of them.
func delivery(words []string) ([]setting, bool) {
	s := setting{what: templates.SetDelivery}
	for _, w := range words {
		if d, ok := deliveries[w]; ok && s.word == "" {
			s.word = string(d)
		} else if s.list == "" && w != "all" {
			s.list, _, _ = strings.Cut(w, "@")
		} else if w != "all" {
			return nil, false
		}
	}
	return []setting{s}, s.word != "" && len(words) <= 3
}

// orders are the words that a reply to a digest may consist of, in capitals. Others could be an answer to somebody.
var orders = []string{"SETTINGS", "DAILY", "WEEKLY", "MONTHLY", "FOLLOW", "UNFOLLOW", "MUTE", "UNMUTE", "VACATION", "FORMAT", "ZONE", "LANGUAGE", "NAME", "OWN", "INTRODUCE", "HELLO", "GREET", "ADDRESS"}

// ordered reads a letter that came to another address of ours, and is about settings all the same: nothing else stands in it.
func ordered(l *letter.Letter, now time.Time) []setting {
	text := strings.TrimSpace(l.NewText().Text)
	if text == "" {
		text = bareSubject(l.Subject())
	}
	var all []setting
	for line := range strings.Lines(text) {
		first, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		known := slices.Contains(orders, first) || strings.EqualFold(strings.Trim(strings.TrimSpace(text), ".!*"), "settings")
		found, ok := readLine(strings.TrimSpace(line), now)
		if !known || !ok || len(all) == mostSettings {
			return nil
		}
		all = append(all, found...)
	}
	return all
}

// bareSubject is a subject without the Re: of mail programs.
func bareSubject(s string) string {
	for {
		head, rest, ok := strings.Cut(s, ":")
		if !ok || len(strings.TrimSpace(head)) > 3 || len(strings.Fields(head)) > 1 {
			return strings.TrimSpace(s)
		}
		s = rest
	}
}

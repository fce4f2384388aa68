package bounce

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"backchannel/archive/letter"
)

// months are the names of months in the languages in which we know automatic replies, by the letters that tell them apart.
var months = [12][]string{
	{"jan", "januar", "january", "janvier", "enero", "ene", "janeiro", "gennaio", "gen", "januari", "tammikuu", "stycz", "leden", "ledna", "январ"},
	{"feb", "februar", "february", "fevrier", "février", "febrero", "fevereiro", "fev", "febbraio", "februari", "helmikuu", "lut", "unor", "února", "феврал"},
	{"mar", "marz", "märz", "mrz", "march", "mars", "marzo", "março", "maart", "marts", "maaliskuu", "březn", "марта", "март"},
	{"apr", "april", "avril", "abril", "abr", "aprile", "huhtikuu", "kwie", "dubn", "апрел"},
	{"may", "mai", "mayo", "maio", "maggio", "mag", "mei", "maj", "toukokuu", "květn", "мая", "май"},
	{"jun", "juni", "june", "juin", "junio", "junho", "giugno", "giu", "kesäkuu", "czerw", "června", "июн"},
	{"jul", "juli", "july", "juillet", "julio", "julho", "luglio", "lug", "heinäkuu", "lip", "července", "июл"},
	{"aug", "august", "août", "aout", "agosto", "ago", "augustus", "augusti", "elokuu", "sierp", "srpn", "август"},
	{"sep", "sept", "september", "septembre", "septiembre", "setembro", "set", "settembre", "syyskuu", "wrze", "září", "сентябр"},
	{"oct", "okt", "october", "oktober", "octobre", "octubre", "outubro", "out", "ottobre", "ott", "lokakuu", "paź", "říjn", "октябр"},
	{"nov", "november", "novembre", "noviembre", "novembro", "marraskuu", "listopad", "ноябр"},
	{"dec", "dez", "december", "dezember", "décembre", "decembre", "diciembre", "dic", "dezembro", "dicembre", "joulukuu", "grud", "prosin", "декабр"},
}

// monthNamed reads the name of a month. A longer word is one when it begins with a name of four letters or more, as cases do
// (июня, czerwca).
func monthNamed(word string) (time.Month, bool) {
	word = strings.TrimRight(strings.ToLower(word), ".")
	for i, names := range months {
		if slices.Contains(names, word) {
			return time.Month(i + 1), true
		}
	}
	for i, names := range months {
		for _, n := range names {
			if len([]rune(n)) >= 3 && !isASCII3(n) && strings.HasPrefix(word, n) {
				return time.Month(i + 1), true
			}
		}
	}
	return 0, false
}

// isASCII3 tells whether a name is too short to be the head of another word: "mar" begins Martin.
func isASCII3(n string) bool { return len(n) <= 3 }

// Dates as people write them. Where day and month are both numbers, dots and slashes put the day first, as nearly everybody does; with
// slashes a second number above 12 shows the American order.
var (
	dateISO     = regexp.MustCompile(`\b(\d{4})-(\d{1,2})-(\d{1,2})\b`)
	dateEast    = regexp.MustCompile(`(\d{4})年(\d{1,2})月(\d{1,2})日|()(\d{1,2})月(\d{1,2})日`)
	dateNumbers = regexp.MustCompile(`\b(\d{1,2})([./-])\s?(\d{1,2})(?:[./-]\s?(\d{4}|\d{2}))?\b`)
	dateDay     = regexp.MustCompile(`(?i)\b(\d{1,2})(?:st|nd|rd|th|er|\.|º|ª)?(?:\s+(?:of|de|di|den))?\s+(\p{L}{3,12})\.?(?:,?\s+(?:de\s+)?(\d{4}))?`)
	dateMonth   = regexp.MustCompile(`(?i)(?:^|[^\p{L}])(\p{L}{3,10})\.?\s+(\d{1,2})(?:st|nd|rd|th)?\b(?:,?\s+(\d{4}))?`)
)

// untilWords stand before the last day away, backWords before the first day back. Without one of them a date says nothing: "since",
// "from" and the date of a letter stand there, too.
var (
	untilWords = []string{
		"until", "till", "til", "through", "thru", "up to", "to", "bis", "jusqu'au", "jusqu’au", "jusqu'à", "au", "hasta", "al", "até", "ate", "fino al", "fino a", "sino al", "tot", "t/m", "tot en met",
		"til og med", "til", "t.o.m.", "till och med", "till", "asti", "saakka", "do", "до", "по", "-", "–", "—", "～", "から",
	}
	backWords = []string{
		"back on", "back", "back in the office on", "return on", "returning on", "returning", "return", "be back", "available again on", "available again from", "reachable again from", "again on", "again from",
		"wieder am", "wieder ab", "zurück am", "zurück", "ab", "wieder", "erreichbar ab", "de retour le", "retour le", "de retour", "vuelvo el", "regreso el", "de vuelta el", "de volta em", "regresso a", "retorno em",
		"rientro il", "di ritorno il", "torno il", "terug op", "weer op", "vanaf", "tilbage den", "tilbake", "tilbage", "åter", "tillbaka", "wracam", "od", "вернусь", "с",
	}
)

// OutOfOffice reads an automatic reply that says that somebody is away. is tells whether it does: an answer of a ticket system is an
// automatic reply, too, and says nothing of the kind. back is the morning of the day they are back, where that is known.
func OutOfOffice(l *letter.Letter, now time.Time) (back time.Time, known, is bool) {
	kind, _ := Robot(l, true)
	subject := strings.ToLower(l.Subject())
	if kind != AutoReply && !(kind == Generated && opens(subject, certain)) { // Exchange calls its replies generated
		return back, false, false
	}
	text := subject + "\n" + l.NewText().Text
	if back, known = AwayUntil(text, now); known {
		return back, true, true
	}
	text = strings.ToLower(text[:min(len(text), longestText)])
	is = opens(subject, certain) || slices.ContainsFunc(likely, func(p string) bool { return len(p) > 4 && strings.Contains(text, p) })
	return back, false, is
}

// lead is how many characters before a date are looked at for a word that says what it is.
const lead = 32

// longestText is how much of an automatic reply is read, in bytes.
const longestText = 8 << 10

// AwayUntil finds in the words of an automatic reply until when its writer is away: the morning of the day they are back, at midnight of
// the zone of now. Of several dates the last one counts that is told to be an end and lies ahead, at most a year. It is a guess; false
// when there is no such date. Nothing of the text is kept.
func AwayUntil(text string, now time.Time) (back time.Time, ok bool) {
	if len(text) > longestText {
		text = text[:longestText]
	}
	text = strings.Join(strings.Fields(strings.ToLower(text)), " ")
	for _, d := range datesIn(text, now) {
		is, first := leads(text[max(0, d.at-lead):d.at])
		if !is {
			continue
		}
		day := d.day
		if !first {
			day = day.AddDate(0, 0, 1)
		}
		if day.After(now) && !day.After(now.AddDate(1, 0, 0)) && day.After(back) {
			back, ok = day, true
		}
	}
	return back, ok
}

// leads tells whether the words before a date say that an absence ends there, and whether that day is the first one back.
func leads(before string) (is, first bool) {
	before = strings.TrimRight(before, " :,(")
	for _, day := range []string{"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag",
		"lundi", "mardi", "mercredi", "jeudi", "vendredi", "lunes", "martes", "miércoles", "jueves", "viernes", "mon", "tue", "wed", "thu", "fri", "sat", "sun", "the", "den", "dem", "zum", "einschließlich", "including", "and including", "le", "el", "il"} {
		if cut, ok := strings.CutSuffix(before, " "+day); ok {
			before = strings.TrimRight(cut, " :,(")
		}
	}
	longest := 0
	for i, words := range [][]string{untilWords, backWords} {
		for _, w := range words {
			if len(w) > longest && strings.HasSuffix(" "+before, " "+w) {
				longest, is, first = len(w), true, i == 1
			}
		}
	}
	return is, first
}

type dated struct {
	at  int // where it begins in the text
	day time.Time
}

// datesIn are the dates in a text, each as the next such day not long past.
func datesIn(text string, now time.Time) (all []dated) {
	add := func(at, year, month, day int) {
		if year > 0 && year < 100 {
			year += 2000
		}
		guess := year == 0
		if guess {
			year = now.Year()
		}
		d := time.Date(year, time.Month(month), day, 0, 0, 0, 0, now.Location())
		if month < 1 || month > 12 || d.Day() != day || year < 2000 || year > 2200 {
			return
		}
		if guess && d.Before(now.AddDate(0, -6, 0)) { // in December, January is the next one
			d = d.AddDate(1, 0, 0)
		}
		all = append(all, dated{at, d})
	}
	group := func(m []int, i int) string {
		if m[2*i] < 0 {
			return ""
		}
		return text[m[2*i]:m[2*i+1]]
	}
	number := func(s string) int { n, _ := strconv.Atoi(s); return n }
	for _, m := range dateISO.FindAllStringSubmatchIndex(text, -1) {
		add(m[0], number(group(m, 1)), number(group(m, 2)), number(group(m, 3)))
	}
	for _, m := range dateEast.FindAllStringSubmatchIndex(text, -1) {
		if group(m, 1) != "" {
			add(m[0], number(group(m, 1)), number(group(m, 2)), number(group(m, 3)))
		} else {
			add(m[0], 0, number(group(m, 5)), number(group(m, 6)))
		}
	}
	for _, m := range dateNumbers.FindAllStringSubmatchIndex(text, -1) {
		day, month := number(group(m, 1)), number(group(m, 3))
		if month > 12 && group(m, 2) == "/" {
			day, month = month, day
		}
		if group(m, 4) != "" || group(m, 2) != "-" { // "3-5" is no date
			add(m[0], number(group(m, 4)), month, day)
		}
	}
	for _, m := range dateDay.FindAllStringSubmatchIndex(text, -1) {
		if month, ok := monthNamed(group(m, 2)); ok {
			add(m[0], number(group(m, 3)), int(month), number(group(m, 1)))
		}
	}
	for _, m := range dateMonth.FindAllStringSubmatchIndex(text, -1) {
		if month, ok := monthNamed(group(m, 1)); ok {
			add(m[2], number(group(m, 3)), int(month), number(group(m, 2)))
		}
	}
	return all
}

package templates

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	texttemplate "text/template"
	"time"
)

// Language is what a mail is written in: a tag of RFC 5646, as "de".
type Language string

// The languages. English has every text; in the others a mail without a text is English.
const (
	English  Language = "en"
	German   Language = "de"
	French   Language = "fr"
	Spanish  Language = "es"
	Japanese Language = "ja"
)

// Languages are those whose texts are whole: every mail to members is there.
func Languages() []Language { return []Language{English, German, French, Spanish, Japanese} }

// tongue is what the program knows of a language beside the texts.
type tongue struct {
	name   string     // in itself
	words  []string   // by which people ask for it, in small letters
	days   [7]string  // Sunday first
	months [12]string // January first
	first  string     // the first day of a month, where it is not said 1
	day    string     // a date: the fields of date in braces
	moment string     // a date with the hour
	and    string     // between the last two of several names
	comma  string     // between the others
	slots  [3]string  // when a digest comes: daily, weekly, monthly
}

var english = [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"}

var tongues = map[Language]tongue{
	English: {
		name: "English", words: []string{"en", "english", "englisch", "anglais", "inglés", "ingles", "英語"}, days: english,
		months: [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
		day:    "{day} {month}", moment: "{weekday}, {day} {month} at {clock}", and: " and ", comma: ", ",
		slots: [3]string{"every day at {clock} ({zone})", "{weekday}s at {clock} ({zone})", "on the first {weekday} of the month at {clock} ({zone})"},
	},
	German: {
		name: "Deutsch", words: []string{"de", "german", "deutsch", "allemand", "alemán", "aleman", "ドイツ語"},
		days:   [7]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
		months: [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
		day:    "{day}. {month}", moment: "{weekday}, {day}. {month}, {clock} Uhr", and: " und ", comma: ", ",
		slots: [3]string{"jeden Tag um {clock} Uhr ({zone})", "jeden {weekday} um {clock} Uhr ({zone})", "am ersten {weekday} im Monat um {clock} Uhr ({zone})"},
	},
	French: {
		name: "Français", words: []string{"fr", "french", "français", "francais", "französisch", "franzoesisch", "francés", "frances", "フランス語"},
		days:   [7]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
		months: [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
		first:  "1er",
		day:    "{day} {month}", moment: "{weekday} {day} {month} à {clock}", and: " et ", comma: ", ",
		slots: [3]string{"chaque jour à {clock} ({zone})", "chaque {weekday} à {clock} ({zone})", "le premier {weekday} du mois à {clock} ({zone})"},
	},
	Spanish: {
		name: "Español", words: []string{"es", "spanish", "español", "espanol", "spanisch", "espagnol", "スペイン語"},
		days:   [7]string{"domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"},
		months: [12]string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"},
		day:    "{day} de {month}", moment: "{weekday} {day} de {month} a las {clock}", and: " y ", comma: ", ",
		slots: [3]string{"cada día a las {clock} ({zone})", "cada {weekday} a las {clock} ({zone})", "el primer {weekday} del mes a las {clock} ({zone})"},
	},
	Japanese: {
		name: "日本語", words: []string{"ja", "jp", "japanese", "japanisch", "japonais", "japonés", "japones", "日本語", "にほんご"},
		days:   [7]string{"日曜日", "月曜日", "火曜日", "水曜日", "木曜日", "金曜日", "土曜日"},
		months: [12]string{"1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月"},
		day:    "{month}{day}日", moment: "{month}{day}日（{weekday}）{clock}", and: "、", comma: "、",
		slots: [3]string{"毎日 {clock}（{zone}）", "毎週{weekday} {clock}（{zone}）", "毎月最初の{weekday} {clock}（{zone}）"},
	},
}

// Name is the language in its own words: Deutsch.
func (l Language) Name() string { return tongues[l].name }

// ParseLanguage finds a language by its tag or by its name in any of our languages: de, de-AT, German, Deutsch.
func ParseLanguage(word string) (Language, bool) {
	word = strings.ToLower(strings.TrimSpace(word))
	tag, _, _ := strings.Cut(strings.ReplaceAll(word, "_", "-"), "-")
	for _, l := range Languages() {
		if slices.Contains(tongues[l].words, word) || tag == string(l) {
			return l, true
		}
	}
	return "", false
}

// date fills the fields of a form: {day} {month} {year} {weekday} {clock}.
func (t tongue) date(form string, at time.Time) string {
	day := fmt.Sprint(at.Day())
	if at.Day() == 1 && t.first != "" {
		day = t.first
	}
	return strings.NewReplacer("{day}", day, "{month}", t.months[at.Month()-1], "{year}", fmt.Sprint(at.Year()), "{weekday}", t.days[at.Weekday()], "{clock}", at.Format("15:04")).Replace(form)
}

// IsDay tells whether words are a day as we write it, in any of our languages and in letters of any size: 12 June, 1er août, 6月12日.
func IsDay(words string) bool {
	for _, l := range Languages() {
		t := tongues[l]
		for at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() == 2024; at = at.AddDate(0, 0, 1) { // it has 29 February
			if strings.EqualFold(words, t.date(t.day, at)) {
				return true
			}
		}
	}
	return false
}

// slot says when a digest comes.
func (t tongue) slot(s Slot) string {
	form := t.slots[1]
	switch s.Period {
	case Daily:
		form = t.slots[0]
	case Monthly:
		form = t.slots[2]
	}
	return strings.NewReplacer("{weekday}", t.days[s.Weekday], "{clock}", fmt.Sprintf("%02d:00", s.Hour), "{zone}", s.Zone).Replace(form)
}

// names joins names as people do: Mira, Theo and Jonas.
func (t tongue) names(all []string) string {
	if len(all) < 2 {
		return strings.Join(all, "")
	}
	return strings.Join(all[:len(all)-1], t.comma) + t.and + all[len(all)-1]
}

// parsed are all texts in one language.
type parsed struct {
	text *texttemplate.Template
	html *htmltemplate.Template
}

// texts are those of each language, read when they are first wanted.
var texts = func() map[Language]func() (parsed, error) {
	all := map[Language]func() (parsed, error){}
	for l := range tongues {
		all[l] = sync.OnceValues(func() (parsed, error) { return parseTexts(files, l) })
	}
	return all
}()

// Sentence is what another part of the program says, as a *refusal.Refusal is. In is it in a language; in English when it is not
// known in that one.
type Sentence interface{ In(tag string) string }

// Day is a day in a sentence of another part of the program: the 12 June in it.
type Day struct {
	At   time.Time // on the reader's clock
	Year bool      // the year is named, too
}

// In is the day in a language, in English when that is not known.
func (d Day) In(tag string) string {
	l, ok := ParseLanguage(tag)
	if !ok {
		l = English
	}
	s := speakerOf(l)
	if d.Year {
		return s.date(s.year, d.At)
	}
	return s.date(s.day, d.At)
}

// wordsIn are the words that texts of a language may use besides their fields.
func wordsIn(l Language) map[string]any {
	words := maps.Clone(funcs)
	maps.Copy(words, speakerOf(l).words())
	words["because"] = func(why Sentence) string { return oneLine(why.In(string(l))) }
	words["ground"] = func(english string) string { return groundOf(l, english) }
	return words
}

// parseTexts reads the English texts and, over them, those of the language.
func parseTexts(files embed.FS, l Language) (p parsed, err error) {
	words := wordsIn(l)
	p.text, p.html = texttemplate.New("").Funcs(words), htmltemplate.New("").Funcs(words)
	for _, folder := range []string{"mail", folderOf(l)} {
		for _, kind := range []string{"txt", "html"} {
			found, err := fs.Glob(files, folder+"/*."+kind)
			if err != nil || len(found) == 0 {
				continue
			}
			if kind == "txt" {
				_, err = p.text.ParseFS(files, found...)
			} else {
				_, err = p.html.ParseFS(files, found...)
			}
			if err != nil {
				return p, err
			}
		}
	}
	return p, p.prepare()
}

// folderOf is where the texts of a language lie.
func folderOf(l Language) string {
	if l == English {
		return "mail"
	}
	return "mail/" + string(l)
}

// has tells whether there is a text of a language.
func has(l Language, file string) bool {
	_, err := fs.Stat(files, folderOf(l)+"/"+file)
	return err == nil
}

// In is the same mail in another language; as it is when there is no text in that language, or when somebody has changed its words since
// it was rendered. What was taken out of it (the HTML) stays out.
func (m Mail) In(l Language) (Mail, error) {
	if m.source == nil || m.source.language == l || l == "" || m.Text != m.source.text || m.Subject != m.source.subject || !has(l, m.source.name+".txt") {
		return m, nil
	}
	other, err := renderBlocks(l, m.source.name, m.source.fields, m.source.blocks)
	if m.HTML == "" {
		other.HTML = ""
	} else if err == nil && other.HTML == "" {
		other = other.WithHTML()
	}
	return other, err
}

package templates

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// forms are a phrase about one and about several; {n} is how many.
type forms [2]string

func (f forms) of(n int) string {
	if n == 1 {
		return strings.ReplaceAll(f[0], "{n}", "1")
	}
	return strings.ReplaceAll(f[1], "{n}", fmt.Sprint(n))
}

// phrases are what the program puts together by itself in a language: lines of a digest whose parts may be missing. What stands in
// braces is filled in.
type phrases struct {
	short      [7]string // the days of the week, Sunday first
	dated      string    // a date with its year and hour
	year       string    // a date with its year
	span       string    // days of one month: {first} {day} {month}
	title      string    // the subject of a digest: {topics} {community} {day}
	unanswered string
	quiet      string
	this       [3]string // today, this week, this month
	posts      forms
	threads    forms
	people     forms
	seconds    forms
	minutes    forms
	hours      forms
	daysLong   forms
	firstTime  string // {n} people
	halfIn     string // {time}
	letters    string // {n}: five or more; without the point at its end
	bridged    forms
	end        string // of a sentence
	asked      string // {who}
	askedIn    string // {who} {list}
	waiting    forms
	new        forms
	newFrom    [2]string // one person, several: {n} {people}
	because    map[Reason]string
	brackets   [2]string
	quotes     [2]string
	context    string // what an excerpt answers, in quotes: {words}
	colon      string
	left       forms
	preheader  string
	sealed     string
	attached   forms // {names}
	unnamed    string
	empty      string    // a post of no words
	between    string    // two days
	untitled   string    // a thread of no subject
	managers   string    // over the address that a reply goes to
	toEveryone string    // over the address into a thread: {subject}
	hello      [2]string // over an introduction, by {name}, and by somebody without one
	goesOn     string    // below a post that was cut
	from       [3]string // who a digest is from: {community}, daily, weekly, monthly
}

// phrasebook is every language's. What lists of things are joined by is in tongue.
var phrasebook = map[Language]phrases{
	English: {
		short: [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}, dated: "{day} {month} {year} at {clock}", year: "{day} {month} {year}", span: "{first}-{day} {month}",
		title: "{topics} - {community}, {day}", unanswered: "{n} unanswered", quiet: "Quiet days", this: [3]string{"Today", "This week", "This month"},
		posts: forms{"{n} post", "{n} posts"}, threads: forms{"{n} thread", "{n} threads"}, people: forms{"{n} person", "{n} people"},
		seconds: forms{"{n} second", "{n} seconds"}, minutes: forms{"{n} minute", "{n} minutes"}, hours: forms{"{n} hour", "{n} hours"}, daysLong: forms{"{n} day", "{n} days"},
		firstTime: " ({n} for the first time)", halfIn: "half of the questions answered within {time}",
		letters: "The managers answered {n} private letters", bridged: forms{"; one became a thread", "; {n} became threads"}, end: ".",
		asked: "asked by {who}", askedIn: "asked by {who} in {list}", waiting: forms{"{n} day without an answer", "{n} days without an answer"},
		new: forms{"{n} new", "{n} new"}, newFrom: [2]string{"{n} new from one person", "{n} new from {people}"},
		because:  map[Reason]string{Pinned: "the managers put it first", Began: "you began it", Wrote: "you posted here", Follows: "you follow {tags}", Novice: "begun by somebody who is new here"},
		brackets: [2]string{" (", ")"}, quotes: [2]string{`"`, `"`}, context: ", to {words}", colon: ":",
		left: forms{"And {n} more thread.", "And {n} more threads."}, preheader: "Reply reaches only the managers.",
		sealed: "encrypted post", attached: forms{"attachment: {names}", "{n} attachments: {names}"}, unnamed: "a file", empty: "no words",
		between: " - ", untitled: "(no subject)", managers: "The managers (private)", toEveryone: "Everyone: {subject}",
		hello:  [2]string{"Hello from {name} #intro", "Hello from a new member #intro"},
		goesOn: "It goes on: the address for the whole thread sends all of it.",
		from:   [3]string{"{community} daily", "{community} weekly", "{community} monthly"},
	},
	German: {
		short: [7]string{"So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"}, dated: "{day}. {month} {year}, {clock} Uhr", year: "{day}. {month} {year}", span: "{first}.–{day}. {month}",
		title: "{topics} – {community}, {day}", unanswered: "{n} ohne Antwort", quiet: "Ruhige Tage", this: [3]string{"Heute", "Diese Woche", "Diesen Monat"},
		posts: forms{"{n} Beitrag", "{n} Beiträge"}, threads: forms{"{n} Thema", "{n} Themen"}, people: forms{"{n} Person", "{n} Personen"},
		seconds: forms{"{n} Sekunde", "{n} Sekunden"}, minutes: forms{"{n} Minute", "{n} Minuten"}, hours: forms{"{n} Stunde", "{n} Stunden"}, daysLong: forms{"{n} Tag", "{n} Tagen"},
		firstTime: " ({n} zum ersten Mal)", halfIn: "die Hälfte der Fragen beantwortet innerhalb von {time}",
		letters: "Das Team hat {n} private Briefe beantwortet", bridged: forms{"; aus einem wurde ein Thema", "; aus {n} wurden Themen"}, end: ".",
		asked: "gefragt von {who}", askedIn: "gefragt von {who} in {list}", waiting: forms{"seit {n} Tag ohne Antwort", "seit {n} Tagen ohne Antwort"},
		new: forms{"{n} neuer Beitrag", "{n} neue Beiträge"}, newFrom: [2]string{"{n} neue Beiträge von einer Person", "{n} neue Beiträge von {people}"},
		because:  map[Reason]string{Pinned: "vom Team nach vorn gestellt", Began: "von dir begonnen", Wrote: "du hast hier geschrieben", Follows: "du folgst {tags}", Novice: "begonnen von einem neuen Mitglied"},
		brackets: [2]string{" (", ")"}, quotes: [2]string{"„", "“"}, context: ", zu {words}", colon: ":",
		left: forms{"Und {n} weiteres Thema.", "Und {n} weitere Themen."}, preheader: "Eine Antwort erreicht nur das Team.",
		sealed: "verschlüsselter Beitrag", attached: forms{"Anhang: {names}", "{n} Anhänge: {names}"}, unnamed: "eine Datei", empty: "ohne Text",
		between: " – ", untitled: "(ohne Betreff)", managers: "Das Team (vertraulich)", toEveryone: "An alle: {subject}",
		hello:  [2]string{"Hallo von {name} #intro", "Hallo von einem neuen Mitglied #intro"},
		goesOn: "Es geht weiter: Die Adresse für das ganze Thema schickt alles.",
		from:   [3]string{"{community} – Tagesübersicht", "{community} – Wochenübersicht", "{community} – Monatsübersicht"},
	},
	French: {
		short: [7]string{"dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."}, dated: "{day} {month} {year} à {clock}", year: "{day} {month} {year}", span: "{first}-{day} {month}",
		title: "{topics} – {community}, {day}", unanswered: "{n} sans réponse", quiet: "Des jours calmes", this: [3]string{"Aujourd’hui", "Cette semaine", "Ce mois-ci"},
		posts: forms{"{n} message", "{n} messages"}, threads: forms{"{n} fil", "{n} fils"}, people: forms{"{n} personne", "{n} personnes"},
		seconds: forms{"{n} seconde", "{n} secondes"}, minutes: forms{"{n} minute", "{n} minutes"}, hours: forms{"{n} heure", "{n} heures"}, daysLong: forms{"{n} jour", "{n} jours"},
		firstTime: " (dont {n} pour la première fois)", halfIn: "la moitié des questions ont eu leur réponse en {time}",
		letters: "L’équipe a répondu à {n} lettres privées", bridged: forms{"\u00a0; l’une est devenue un fil", "\u00a0; {n} sont devenues des fils"}, end: ".",
		asked: "question de {who}", askedIn: "question de {who} dans {list}", waiting: forms{"{n} jour sans réponse", "{n} jours sans réponse"},
		new: forms{"{n} nouveau message", "{n} nouveaux messages"}, newFrom: [2]string{"{n} nouveaux messages d’une personne", "{n} nouveaux messages de {people}"},
		because:  map[Reason]string{Pinned: "mis en avant par l’équipe", Began: "vous l’avez commencé", Wrote: "vous y avez écrit", Follows: "vous suivez {tags}", Novice: "commencé par une personne qui vient d’arriver"},
		brackets: [2]string{" (", ")"}, quotes: [2]string{"«\u00a0", "\u00a0»"}, context: ", en réponse à {words}", colon: "\u00a0:",
		left: forms{"Et {n} autre fil.", "Et {n} autres fils."}, preheader: "Une réponse n’arrive qu’à l’équipe.",
		sealed: "message chiffré", attached: forms{"pièce jointe\u00a0: {names}", "{n} pièces jointes\u00a0: {names}"}, unnamed: "un fichier", empty: "sans texte",
		between: " - ", untitled: "(sans objet)", managers: "L’équipe (en privé)", toEveryone: "Tout le monde\u00a0: {subject}",
		hello:  [2]string{"Bonjour de {name} #intro", "Bonjour d’un nouveau membre #intro"},
		goesOn: "La suite\u00a0: l’adresse du fil entier envoie tout.",
		from:   [3]string{"{community} – résumé du jour", "{community} – résumé de la semaine", "{community} – résumé du mois"},
	},
	Spanish: {
		short: [7]string{"dom", "lun", "mar", "mié", "jue", "vie", "sáb"}, dated: "{day} de {month} de {year} a las {clock}", year: "{day} de {month} de {year}", span: "{first}-{day} de {month}",
		title: "{topics} – {community}, {day}", unanswered: "{n} sin respuesta", quiet: "Días tranquilos", this: [3]string{"Hoy", "Esta semana", "Este mes"},
		posts: forms{"{n} mensaje", "{n} mensajes"}, threads: forms{"{n} tema", "{n} temas"}, people: forms{"{n} persona", "{n} personas"},
		seconds: forms{"{n} segundo", "{n} segundos"}, minutes: forms{"{n} minuto", "{n} minutos"}, hours: forms{"{n} hora", "{n} horas"}, daysLong: forms{"{n} día", "{n} días"},
		firstTime: " ({n} por primera vez)", halfIn: "la mitad de las preguntas tuvo respuesta en {time}",
		letters: "El equipo respondió a {n} cartas privadas", bridged: forms{"; de una salió un tema", "; de {n} salieron temas"}, end: ".",
		asked: "pregunta de {who}", askedIn: "pregunta de {who} en {list}", waiting: forms{"{n} día sin respuesta", "{n} días sin respuesta"},
		new: forms{"{n} mensaje nuevo", "{n} mensajes nuevos"}, newFrom: [2]string{"{n} mensajes nuevos de una persona", "{n} mensajes nuevos de {people}"},
		because:  map[Reason]string{Pinned: "el equipo lo puso primero", Began: "lo empezaste tú", Wrote: "escribiste aquí", Follows: "sigues {tags}", Novice: "lo empezó alguien que acaba de llegar"},
		brackets: [2]string{" (", ")"}, quotes: [2]string{"«", "»"}, context: ", en respuesta a {words}", colon: ":",
		left: forms{"Y {n} tema más.", "Y {n} temas más."}, preheader: "Una respuesta llega solo al equipo.",
		sealed: "mensaje cifrado", attached: forms{"archivo adjunto: {names}", "{n} archivos adjuntos: {names}"}, unnamed: "un archivo", empty: "sin texto",
		between: " - ", untitled: "(sin asunto)", managers: "El equipo (en privado)", toEveryone: "Todo el mundo: {subject}",
		hello:  [2]string{"Saludos de {name} #intro", "Saludos de alguien nuevo #intro"},
		goesOn: "Sigue: la dirección del tema entero lo envía todo.",
		from:   [3]string{"{community} – resumen diario", "{community} – resumen semanal", "{community} – resumen mensual"},
	},
	Japanese: {
		short: [7]string{"日曜", "月曜", "火曜", "水曜", "木曜", "金曜", "土曜"}, dated: "{year}年{month}{day}日 {clock}", year: "{year}年{month}{day}日", span: "{month}{first}日〜{day}日",
		title: "{topics} – {community}、{day}", unanswered: "回答待ち{n}件", quiet: "静かな日々", this: [3]string{"今日", "今週", "今月"},
		posts: forms{"投稿{n}件", "投稿{n}件"}, threads: forms{"話題{n}件", "話題{n}件"}, people: forms{"{n}人", "{n}人"},
		seconds: forms{"{n}秒", "{n}秒"}, minutes: forms{"{n}分", "{n}分"}, hours: forms{"{n}時間", "{n}時間"}, daysLong: forms{"{n}日", "{n}日"},
		firstTime: "（うち{n}人は初投稿）", halfIn: "質問の半分は{time}以内に回答",
		letters: "運営チームは、届いた手紙{n}通に返事をしました", bridged: forms{"（うち1通は話題になりました）", "（うち{n}通は話題になりました）"}, end: "。",
		asked: "{who}さんからの質問", askedIn: "{list}で{who}さんからの質問", waiting: forms{"{n}日間回答なし", "{n}日間回答なし"},
		new: forms{"新着{n}件", "新着{n}件"}, newFrom: [2]string{"新着{n}件（1人）", "新着{n}件（{people}）"},
		because:  map[Reason]string{Pinned: "運営チームのおすすめ", Began: "あなたが始めた話題", Wrote: "あなたも投稿した話題", Follows: "{tags}をフォロー中", Novice: "新しい方が始めた話題"},
		brackets: [2]string{"（", "）"}, quotes: [2]string{"「", "」"}, context: "、{words}への返事", colon: "：",
		left: forms{"ほかに{n}件の話題があります。", "ほかに{n}件の話題があります。"}, preheader: "返信は運営チームだけに届きます。",
		sealed: "暗号化された投稿", attached: forms{"添付：{names}", "添付{n}件：{names}"}, unnamed: "名前のないファイル", empty: "本文なし",
		between: "〜", untitled: "（件名なし）", managers: "運営チーム（非公開）", toEveryone: "みんなへ：{subject}",
		hello:  [2]string{"{name} さんの自己紹介 #intro", "新しいメンバーの自己紹介 #intro"},
		goesOn: "続きがあります。「話題のすべて」のアドレスに書くと、全文が届きます。",
		from:   [3]string{"{community} 毎日のまとめ", "{community} 毎週のまとめ", "{community} 毎月のまとめ"},
	},
}

// speaker puts together what has parts that may be missing, in one language.
type speaker struct {
	tongue
	phrases
}

func speakerOf(l Language) speaker { return speaker{tongues[l], phrasebook[l]} }

// words are what texts may call.
func (s speaker) words() map[string]any {
	return map[string]any{
		"day":       func(at time.Time) string { return s.date(s.day, at) },
		"dayYear":   func(at time.Time) string { return s.date(s.year, at) },
		"moment":    func(at time.Time) string { return s.date(s.moment, at) },
		"momentAt":  func(at time.Time) string { return s.date(s.dated, at) },
		"weekday":   func(d time.Weekday) string { return s.days[d] },
		"slot":      s.slot,
		"names":     s.names,
		"exactly":   s.exactly,
		"headline":  s.headline,
		"days":      s.daysOf,
		"period":    s.period,
		"numbers":   s.numbers,
		"answered":  s.privateLetters,
		"line":      s.line,
		"head":      s.head,
		"body":      s.body,
		"quote":     s.quote,
		"written":   s.excerptDay,
		"briefly":   s.briefly,
		"more":      s.moreThreads,
		"preheader": s.preheaderOf,
		"attached":  s.attachments,
		"opened":    s.openedBy,
	}
}

// headline is the subject of a digest: what the issue is about, who it is from, and its day, so that no two issues look the same to a
// mail program that joins mails by their subject.
func (s speaker) headline(t Digest) string {
	topics := t.topics(s.untitled)
	if n := len(t.Unanswered); n > 0 {
		topics = append(topics, strings.ReplaceAll(s.unanswered, "{n}", fmt.Sprint(n)))
	}
	if len(topics) == 0 {
		topics = []string{s.quiet}
	}
	first, size := utf8.DecodeRuneInString(topics[0])
	topics[0] = string(unicode.ToUpper(first)) + topics[0][size:]
	return strings.NewReplacer("{topics}", strings.Join(topics, s.comma), "{community}", t.Community, "{day}", s.date(s.day, t.To)).Replace(s.title)
}

// daysOf names what the digest covers, for its heading: 5-12 June. Whoever was away for a year is told from which year on.
func (s speaker) daysOf(t Digest) string {
	to := s.date(s.day, t.To)
	switch {
	case t.From.IsZero() || t.From.YearDay() == t.To.YearDay() && t.From.Year() == t.To.Year():
		return to
	case t.From.Before(t.To.AddDate(0, -11, 0)):
		return s.date(s.year, t.From) + s.between + s.date(s.year, t.To)
	case t.From.Month() == t.To.Month():
		return s.date(strings.ReplaceAll(s.span, "{first}", fmt.Sprint(t.From.Day())), t.To)
	}
	return s.date(s.day, t.From) + s.between + to
}

// period is what a digest covers as a word: this week.
func (s speaker) period(t Digest) string {
	switch t.Slot.Period {
	case Daily:
		return s.this[0]
	case Monthly:
		return s.this[2]
	}
	return s.this[1]
}

// numbers is the line of numbers.
func (s speaker) numbers(n Numbers) string {
	line := strings.Join([]string{s.posts.of(n.Posts), s.threads.of(n.Threads), s.people.of(n.People)}, s.comma)
	if n.First > 0 {
		line += strings.ReplaceAll(s.firstTime, "{n}", fmt.Sprint(n.First))
	}
	if n.HalfIn > 0 {
		line += s.comma + strings.ReplaceAll(s.halfIn, "{time}", s.roughly(n.HalfIn))
	}
	return line + s.end
}

// privateLetters tells how the private door is used, and nothing when the number could point at somebody.
func (s speaker) privateLetters(n Numbers) string {
	if n.Letters < 5 {
		return ""
	}
	line := strings.ReplaceAll(s.letters, "{n}", fmt.Sprint(n.Letters))
	if n.Bridged > 0 {
		line += s.bridged.of(n.Bridged)
	}
	return line + s.end
}

// roughly says a duration as people do.
func (s speaker) roughly(d time.Duration) string {
	switch {
	case d < time.Hour:
		return s.minutes.of(max(1, int(d.Round(time.Minute)/time.Minute)))
	case d < 48*time.Hour:
		return s.hours.of(int(d.Round(time.Hour) / time.Hour))
	}
	return s.daysLong.of(int(d.Round(24*time.Hour) / (24 * time.Hour)))
}

// exactly says a duration that somebody set.
func (s speaker) exactly(d time.Duration) string {
	switch {
	case d%time.Hour == 0:
		return s.hours.of(int(d / time.Hour))
	case d%time.Minute == 0:
		return s.minutes.of(int(d / time.Minute))
	}
	return s.seconds.of(int(d / time.Second))
}

// line says what is new in a thread: 5 new from 4 people, #roles (you follow #roles)
func (s speaker) line(t Thread) string {
	var parts []string
	if t.Asker != "" {
		form := s.asked
		if t.List != "" {
			form = s.askedIn
		}
		parts = append(parts, strings.NewReplacer("{who}", t.Asker, "{list}", t.List).Replace(form))
	}
	if t.Waiting > 0 {
		parts = append(parts, s.waiting.of(t.Waiting))
	}
	if t.New > 0 {
		form := s.new.of(t.New)
		if t.People > 0 && t.New > 1 {
			form = s.newFrom[min(t.People, 2)-1]
		}
		parts = append(parts, strings.NewReplacer("{n}", fmt.Sprint(t.New), "{people}", s.people.of(t.People)).Replace(form))
	}
	if len(t.Tags) > 0 {
		parts = append(parts, strings.Join(t.Tags, " "))
	}
	line := strings.Join(parts, s.comma)
	if len(t.Why) > 0 {
		var reasons []string
		for _, why := range t.Why {
			reasons = append(reasons, strings.ReplaceAll(s.because[why.Reason], "{tags}", strings.Join(why.Tags, s.and)))
		}
		line = strings.TrimSpace(line + s.brackets[0] + strings.Join(reasons, s.comma) + s.brackets[1])
	}
	return line
}

// quote is what a person wrote, in quotation marks.
func (s speaker) quote(words string) string { return s.quotes[0] + words + s.quotes[1] }

// head is who wrote an excerpt and when, and what it answers: Bill Tan, Tue, to "who appointed yours?": Nothing above a question whose asker is named
// already.
func (s speaker) head(e Excerpt) string {
	if e.Asked {
		return ""
	}
	line := e.Who + s.comma + s.excerptDay(e)
	if len(e.Context) > 0 {
		line += strings.ReplaceAll(s.context, "{words}", s.quote(strings.Join(e.Context, " ")))
	}
	return line + s.colon
}

// excerptDay is when it was written: Tue, or 9 June when that is longer ago.
func (s speaker) excerptDay(e Excerpt) string {
	if e.Dated {
		return s.date(s.day, e.When)
	}
	return s.short[e.When.Weekday()]
}

// body is the text in quotation marks, and what was attached.
func (s speaker) body(e Excerpt) string {
	var parts []string
	if e.Text != "" {
		parts = append(parts, s.quote(e.Text))
	}
	if files := s.attachments(e.Files); files != "" {
		parts = append(parts, "["+files+"]")
	}
	return strings.Join(parts, " ")
}

// briefly is a thread's subject, and how much is new in it if that is more than one post.
func (s speaker) briefly(b Brief) string {
	if b.New < 2 {
		return b.Subject
	}
	return b.Subject + s.brackets[0] + s.new.of(b.New) + s.brackets[1]
}

// moreThreads says how many threads are only counted: And 57 more threads.
func (s speaker) moreThreads(n int) string {
	if n == 0 {
		return ""
	}
	return s.left.of(n)
}

// preheaderOf is what a mail program shows beside the subject: the note's first words, else the first excerpt's.
func (s speaker) preheaderOf(t Digest) string {
	if t.Note != nil {
		return clip(90, t.Note.From+": "+oneLine(string(t.Note.Text)))
	}
	for _, section := range t.Sections {
		for _, thread := range section.Threads {
			for _, e := range thread.Excerpts {
				if e.Text != "" {
					return clip(90, e.Who+": "+e.Text)
				}
			}
		}
	}
	return s.preheader
}

// attachments names what came with a post: 2 attachments: plan.pdf 180 KB, rota.xlsx 20 KB.
func (s speaker) attachments(f Files) string {
	switch {
	case f.Sealed:
		return s.sealed
	case len(f.Names) == 0:
		return ""
	}
	var names []string
	for _, one := range f.Names {
		name := one.Name
		if name == "" {
			name = s.unnamed
		}
		names = append(names, fmt.Sprintf("%s %d KB", name, one.KB))
	}
	all := strings.Join(names, s.comma)
	if f.More > 0 {
		all += " …"
	}
	return strings.NewReplacer("{names}", all).Replace(s.attached.of(len(f.Names) + f.More))
}

// openedBy names the managers who opened a letter: Mira (12 June) and Theo (13 June).
func (s speaker) openedBy(all []Opened) string {
	var who []string
	for _, o := range all {
		who = append(who, o.Name+s.brackets[0]+s.date(s.day, o.At)+s.brackets[1])
	}
	return s.names(who)
}

package moderation

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/lists/relay"
	"backchannel/templates"
)

// doubts are the reasons to think that a letter to a list was meant for the managers alone (product.md 0.3; robots, W6, never
// come this far). Public words sent in private cost one step to mend, private words sent in public cannot be called back: so
// one doubt is enough to ask.
func (d *Desk) doubts(tx *db.Tx, in *lists.Incoming, known *relay.Known) (all []templates.Doubt, err error) {
	doubt := func(kind templates.DoubtKind, words string) {
		all = append(all, templates.Doubt{Kind: kind, Words: words})
	}
	private, digest := false, false
	for _, kind := range known.Kinds {
		private, digest = private || kind != archive.IDDigest, digest || kind == archive.IDDigest
	}
	if private || markedSubject(in.Letter.Subject()) || markedFile(in.Letter) {
		doubt(templates.AnswersPrivate, "") // W1
	}
	if digest {
		doubt(templates.AnswersDigest, "") // W2
	}
	quoted, err := in.QuotesPrivate(tx)
	if err != nil {
		return nil, err
	}
	if quoted != "" {
		doubt(templates.QuotesPrivate, quoted) // W3
	}
	if in.BothDoors() {
		doubt(templates.BothDoors, "") // W4
	}
	switch {
	case digest:
	case digestSubject(in.Letter.Subject(), in.Community.Name):
		doubt(templates.AnswersDigest, "") // W2, by a program that answers without saying to what
	}
	if words := soundsPrivate(in.Letter.Subject(), in.Letter.NewText().Text, firstNames(known.Managers)); words != "" {
		doubt(templates.SoundsPrivate, words) // W5
	}
	if line := slashLine(in.Letter.NewText().Text); line != "" {
		doubt(templates.SlashFirst, line) // W8
	}
	if word := looseAnswer(in); word != "" {
		doubt(templates.LooseAnswer, word)
	}
	if words := d.looseOrder(tx, in); words != "" {
		doubt(templates.LooseOrder, words)
	}
	if d.Hidden != nil && in.Sender.ID != 0 {
		hides, err := d.Hidden.HidesIn(tx, *in.List, in.Sender.ID, slices.Concat(in.Letter.InReplyTo(), in.Letter.References()))
		if err != nil {
			return nil, err
		}
		if hides {
			doubt(templates.OwnName, "") // W7
		}
	}
	return all, nil
}

var ourSubject = regexp.MustCompile(`(?i)\[(?:private|preview|heat|held|watched|(?:bc|note|apply) [0-9a-z]{4})\]`)

// markedSubject tells whether a subject bears the mark of our private mail: some programs answer without saying to what.
func markedSubject(subject string) bool { return ourSubject.MatchString(subject) }

// markedFile tells whether a file bears the subject of our private mail as its name: a mail that was printed or saved.
func markedFile(l *letter.Letter) bool {
	return slices.ContainsFunc(l.Files(), func(p letter.Part) bool { return markedSubject(p.Filename()) })
}

// answersPrivate tells whether a letter answers private mail, or hands it on, as far as its header tells.
func (d *Desk) answersPrivate(tx *db.Tx, l *letter.Letter) (bool, error) {
	kinds, err := d.Office.Store.KindsOf(tx, notice.Related(l)...)
	private := markedSubject(l.Subject())
	for _, kind := range kinds {
		private = private || kind != archive.IDDigest
	}
	return private, err
}

// markedOnly stands for a subject that is one of private mail.
const markedOnly = "Re: [private]"

// keptSubject is what is written down of a subject. One of private mail stays in the sealed letter: beside its author's name it would tell
// the managers, or whoever reads a backup, what they write about, and whose voice a letter without a name is (B10).
func keptSubject(subject string, doubts []templates.Doubt) string {
	private := func(d templates.Doubt) bool {
		return d.Kind == templates.AnswersPrivate || d.Kind == templates.QuotesPrivate || d.Kind == templates.BothDoors
	}
	if markedSubject(subject) || slices.ContainsFunc(doubts, private) {
		return markedOnly
	}
	return subject
}

// slashLine is the first line of a text when it begins with a slash: whoever writes so speaks to the program, or means to. A list never
// gets it (W8).
func slashLine(text string) string {
	first, _, _ := strings.Cut(strings.TrimLeftFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) }), "\n")
	for _, slash := range []string{"/", "／", "⁄", "∕"} {
		if strings.HasPrefix(first, slash) {
			return strings.TrimSpace(first)
		}
	}
	return ""
}

// digestSubject tells whether a letter answers a digest by its subject, in any of our languages: "…, 3 unanswered - Gardeners, 12 June".
func digestSubject(subject, community string) bool {
	before, behind, found := cutLast(strings.ToLower(subject), strings.ToLower(" "+community))
	before, sign := strings.TrimSuffix(strings.TrimSuffix(before, "-"), "–"), behind
	behind = strings.TrimPrefix(strings.TrimPrefix(behind, ","), "、")
	return found && strings.HasSuffix(before, " ") && sign != behind && templates.IsDay(strings.TrimSpace(behind))
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// privacyWords say that something is not for everyone, in the languages our templates will speak and a few more.
var privacyWords = []string{
	"privately", "in private", "private matter", "this is private", "between us", "between you and me", "don't share", "do not share", "not for sharing", "confidential",
	"confidentially", "in confidence", "off the record", "not for the list", "off-list", "keep this to yourself", "keep this to yourselves", "for your eyes only",
	"not for everyone", "for the managers only", "only for the managers", "do not forward this", "don't forward this",
	"unter uns", "vertraulich", "privat an", "im vertrauen", "bitte nicht weitergeben", "nicht für die liste", "nur für euch", "nicht öffentlich", "bitte für euch behalten", "das ist privat",
	"entre nous", "confidentiel", "confidentielle", "en privé", "ne pas partager", "ne partagez pas", "pas pour la liste", "c'est privé",
	"entre nosotros", "confidencial", "en privado", "no lo compartan", "no compartir", "no es para la lista", "esto es privado",
	"tra noi", "riservato", "in privato", "onder ons", "vertrouwelijk", "niet voor de lijst", "entre nós", "em particular", "mellan oss", "konfidentiellt",
	"между нами", "конфиденциально", "między nami", "poufne",
	"mellem os", "fortroligt", "mellom oss", "konfidensielt", "meidän kesken", "luottamuksellinen", "mezi námi", "důvěrné", "між нами", "конфіденційно",
	"между нас", "поверително", "köztünk", "bizalmas", "între noi", "confidențial",
	"私下", "保密", "请勿转发", "不要公开", "비밀", "우리끼리",
	"内密", "ここだけの話", "他言無用", "公開しないで",
}

// managerWords address the managers as a body, at the head of a letter.
var managerWords = []string{
	"managers", "moderators", "moderator", "admins", "list owner", "list owners", "team",
	"verwalter", "moderatoren", "moderation", "leitung", "modérateurs", "gestionnaires", "équipe", "responsables", "moderadores", "gestores", "equipo", "moderatori", "beheerders",
	"moderatorer", "модераторы", "moderatorzy", "moderátoři", "модератори", "ylläpitäjät", "moderátorok", "moderatorii", "管理员", "版主", "관리자", "管理者", "運営", "モデレーター",
}

// soundsPrivate tells whether a letter opens by addressing the managers, or one of them, and says within its first lines that it is
// not for everyone (W5). It returns the words that say so. Both are needed: people do speak of confidential things on a list.
func soundsPrivate(subject, text string, names []string) string {
	text = strings.TrimSpace(text)
	first, _, _ := strings.Cut(text, "\n")
	opening := strings.ToLower(subject + " \n" + clip(first, 60))
	addressed := func(w string) bool { return hasWord(opening, strings.ToLower(w)) }
	if !slices.ContainsFunc(managerWords, addressed) && !slices.ContainsFunc(names, addressed) {
		return ""
	}
	start := strings.Join(strings.Fields(strings.ToLower(subject+" \n"+clip(text, 400))), " ")
	start = strings.ReplaceAll(start, "’", "'")
	for _, w := range privacyWords {
		if hasWord(start, w) {
			return w
		}
	}
	return ""
}

// hasWord finds a word or phrase that stands by itself. Scripts without blanks have no such thing: there any place counts.
func hasWord(text, word string) bool {
	if word == "" {
		return false
	}
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return false
		}
		i += from
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		behind, size := utf8.DecodeRuneInString(text[i+len(word):])
		if unspaced(word) || !inWord(before) && (size == 0 || !inWord(behind)) {
			return true
		}
		from = i + 1
	}
}

// inWord tells whether a character belongs to the word beside it.
func inWord(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}

// unspaced tells whether a word is of a script that writes without blanks.
func unspaced(word string) bool {
	r, _ := utf8.DecodeRuneInString(word)
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Hangul)
}

// clip is the first n bytes of a text, or a little less, so that no character is cut.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}

func firstNames(all []lists.Member) []string {
	var names []string
	for _, m := range all {
		if n := m.FirstName(); m.Name != "" && len(n) > 2 {
			names = append(names, n)
		}
	}
	return names
}

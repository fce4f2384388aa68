package digest

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// greetings are the words with which a greeting begins, in the languages that our readers write most.
var greetings = []string{
	"hi", "hello", "hey", "dear", "greetings", "howdy", "hallo", "guten", "liebe", "lieber", "moin", "servus", "grüezi", "bonjour", "bonsoir", "salut", "coucou",
	"chers", "chères", "cher", "chère", "hola", "buenos", "buenas", "estimados", "estimadas", "estimado", "estimada", "queridos", "queridas", "ciao", "salve",
	"buongiorno", "olá", "hei", "hej", "beste", "cześć", "ahoj", "привет", "здравствуйте", "добрый", "уважаемые", "merhaba",
}

// everybody are the words for all readers of a list. A line of nothing else greets, too ("All,"), and a greeting of them may be longer.
var everybody = []string{
	"all", "everyone", "everybody", "folks", "friends", "team", "alle", "zusammen", "leute", "ihr lieben", "tous", "toutes", "todos", "todas", "amigos", "amigas",
	"коллеги", "всем", "друзья",
}

// farewells are the words with which a letter ends.
var farewells = []string{
	"thanks", "thank you", "thanks in advance", "many thanks", "thanks a lot", "cheers", "regards", "best", "best regards", "with regards", "kind regards", "warm regards",
	"greetings", "all the best", "best wishes", "sincerely", "take care", "yours", "yours sincerely",
	"danke", "vielen dank", "gruß", "grüße", "grüsse", "viele grüße", "viele grüsse", "liebe grüße", "lieben gruß", "beste grüße", "schöne grüße", "schönen gruß", "herzliche grüße",
	"herzlichen gruß", "freundliche grüße", "mit freundlichen grüßen", "mit freundlichem gruß", "mit besten grüßen", "bis bald", "mfg", "lg", "vg",
	"merci", "merci d avance", "cordialement", "bien cordialement", "bien à vous", "amicalement", "amitiés", "salutations", "à bientôt", "bonne journée", "bonne soirée",
	"gracias", "muchas gracias", "gracias de antemano", "saludos", "saludos cordiales", "un saludo", "un cordial saludo", "un abrazo", "abrazos", "hasta pronto",
	"grazie", "saluti", "cordiali saluti", "ciao", "obrigado", "obrigada", "abraços", "um abraço", "groeten", "groetjes", "met vriendelijke groet", "mvh", "hilsen",
	"hälsningar", "terveisin", "pozdrawiam", "спасибо", "заранее спасибо", "с уважением", "с наилучшими пожеланиями", "всего доброго", "всего хорошего", "удачи",
	"よろしくお願いします", "よろしくお願いいたします", "よろしくお願い致します", "宜しくお願いします", "宜しくお願いいたします", "宜しくお願い致します",
	"どうぞよろしくお願いします", "どうぞよろしくお願いいたします", "以上 よろしくお願いします", "以上 よろしくお願いいたします", "以上 よろしくお願い致します",
	"以上 宜しくお願いします", "以上 宜しくお願いいたします", "以上 宜しくお願い致します", "以上です", "以上", "では", "それでは", "ではまた", "敬具", "草々",
	"祝好", "此致", "敬礼", "此致 敬礼", "谢谢", "谢谢大家", "謝謝", "謝謝大家", "감사합니다", "고맙습니다",
}

// places are the words between a farewell and the place it comes from: "Herzliche Grüße aus Köln".
var places = []string{"from", "aus", "vom", "von", "de", "du", "des", "desde", "da", "uit", "из"}

// nods are what people say who only nod.
var nods = []string{
	"thanks", "thank you", "thank you very much", "thanks a lot", "many thanks", "ok", "okay", "yes", "no", "me too", "same here", "agreed", "i agree", "done",
	"great", "cool", "nice", "yeah", "yep", "sure", "super", "congratulations", "congrats", "welcome", "exactly", "1", "1 non binding", "",
	"danke", "vielen dank", "danke schön", "genau", "stimmt", "ja", "nein", "merci", "merci beaucoup", "d accord", "oui", "non", "gracias", "muchas gracias", "de acuerdo",
	"sí", "спасибо", "спасибо большое", "большое спасибо", "согласен", "согласна", "да", "нет",
	"ありがとうございます", "ありがとうございました", "了解です", "了解しました", "承知しました", "同感です", "賛成です", "谢谢", "謝謝", "收到", "收到 谢谢", "收到 謝謝", "好的", "同意", "赞成",
	"감사합니다", "고맙습니다",
}

var (
	// hails are first lines of Japanese, Chinese and Korean that only greet: everybody, somebody by name, or the usual words.
	hails = regexp.MustCompile(`^(?:(?:会員の?)?(?:皆様|皆さん|みなさん|みなさま|各位)(?:へ|、|，)?|.{1,20}(?:さん|様|さま|先生|殿)(?:へ|、|，)?|` +
		`(?:いつも)?(?:大変)?お世話になって(?:い|おり)ます|こんにちは|こんばんは|おはようございます|はじめまして|初めまして|` +
		`(?:大家|各位|各位朋友|您|你|你们|您们|诸位|諸位|早上|下午|晚上)好|各位(?:朋友|同学|老师|同事)?|안녕하세요|안녕하십니까|여러분(?:안녕하세요)?)$`)
	// usual are those of them that have such particles in them.
	usual = regexp.MustCompile(`^(?:こんにちは|こんばんは|おはようございます|はじめまして)$`)
	// presents is the line with which a letter in Japanese says who writes: 田中です。 Many add their firm: 安井@example です。
	presents = regexp.MustCompile(`^(.{1,20}?)(?:です|と申します|でございます)$`)
)

// withoutGreeting takes the first lines off that only greet, or in Japanese say who writes: room for an excerpt is short, and the author stands
// in front of it. It never takes all.
func withoutGreeting(said, author string) string {
	for range 4 {
		line, rest, more := strings.Cut(withoutFirm(said), "\n")
		line = strings.TrimSpace(line)
		if !more || strings.TrimSpace(rest) == "" || !greets(line, author) && (line != "…") {
			break
		}
		said = strings.TrimSpace(rest)
	}
	return said
}

// withoutFirm takes the lines off that stand above the name of whom a letter in Japanese is for: the firm and the part of it. They are short
// and have no points.
func withoutFirm(said string) string {
	lines := strings.SplitN(said, "\n", 4)
	for i, line := range lines[:min(len(lines), 3)] {
		line = strings.TrimSpace(line)
		if i > 0 && strings.HasSuffix(line, "様") && hails.MatchString(line) && !tells(line) {
			return strings.Join(lines[i:], "\n")
		}
		if line == "" || urgent(line) || tells(line) || utf8.RuneCountInString(line) > 20 || strings.ContainsAny(line, "。、！？!?,:>…") {
			break
		}
	}
	return said
}

// urgent tells whether a line of Japanese or Chinese is no firm, but says how a letter is to be read.
func urgent(line string) bool {
	return strings.ContainsAny(line, "【［[＜<") || slices.ContainsFunc([]string{"至急", "緊急", "重要", "再送", "訂正", "急ぎ", "紧急"}, func(word string) bool { return strings.Contains(line, word) })
}

// greets tells whether a line is a greeting and nothing else.
func greets(line, author string) bool {
	words := strings.FieldsFunc(strings.ToLower(line), func(r rune) bool { return !unicode.IsLetter(r) })
	ends := strings.HasSuffix(line, ",") || strings.HasSuffix(line, "!") || strings.HasSuffix(line, ":")
	if len(words) == 0 || !slices.Contains(greetings, words[0]) {
		return ends && slices.Contains(everybody, strings.Join(words, " ")) || hailsInEast(line, author)
	}
	if ends && len(words) <= 6 && slices.Contains(everybody, words[len(words)-1]) {
		return true // "Bonjour à toutes et à tous,"
	}
	return len(words) <= 2 || ends && len(words) <= 4
}

// hailsInEast tells whether each sentence of a line of Japanese, Chinese or Korean greets or says who writes.
func hailsInEast(line, author string) bool {
	sentences := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune("。！!、，,：:～〜.", r) })
	for _, s := range sentences {
		s = strings.TrimSpace(s)
		m := presents.FindStringSubmatch(s)
		own := m != nil && (m[1] == author || slices.Contains(namesOf(author), m[1]) || strings.ContainsAny(m[1], "@＠") && !tells(m[1]))
		if !own && (!hails.MatchString(s) || tells(s)) {
			return false
		}
	}
	return len(sentences) > 0
}

// tells tells whether words of Japanese say something of somebody, by the particles behind what a sentence is about: "講師は田中先生" greets nobody,
// and はなこさん is a name.
func tells(words string) bool {
	_, first := utf8.DecodeRuneInString(words)
	return strings.ContainsAny(words[first:], "はがを") && !usual.MatchString(words)
}

// withoutMarks is a name as people type who have no accents: Pádraig is Padraig.
func withoutMarks(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(name))
}

// namesOf are the parts of a name, in small letters.
func namesOf(author string) []string {
	return strings.FieldsFunc(strings.ToLower(author), func(r rune) bool { return !unicode.IsLetter(r) })
}

// nod tells whether a post only nods: "+1", "Thanks!". It is counted, and not shown (product.md A5).
func nod(said string) bool {
	words := strings.FieldsFunc(strings.ToLower(said), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return len(words) <= 4 && slices.Contains(nods, strings.Join(words, " "))
}

// withoutFarewell takes the last lines off that only say goodbye, or who wrote: the author stands in front of an excerpt; and a name of people in
// the thread with which a quote ends that has no marks. It never takes all.
func withoutFarewell(said, author string, people map[string]bool) string {
	lines := strings.Split(said, "\n")
	end := len(lines)
	if end > 2 && lines[end-2] == "…" && people[lines[end-1]] {
		end -= 2
	}
	for end > 1 && len(lines)-end < 3 {
		line, above := lines[end-1], lines[end-2]
		switch {
		case line == "…", bidsFarewell(line, author) && !goesOn(above, line):
			end--
			continue
		case end > 2 && calls(line) && bidsFarewell(above, ""):
			end -= 2 // "Cheers," and a name for friends
			continue
		}
		break
	}
	return strings.TrimSpace(strings.Join(lines[:end], "\n"))
}

// fullLine is how many characters a line has at least that a program broke before a name.
const fullLine = 50

// goesOn tells whether a line that is a name, without a word of farewell, is the end of the sentence above.
func goesOn(above, line string) bool {
	last, _ := utf8.DecodeLastRuneInString(strings.TrimSpace(above))
	sentence := utf8.RuneCountInString(above) >= fullLine && strings.Count(above, " ") >= 5 && (unicode.IsLetter(last) || unicode.IsDigit(last))
	return sentence && unicode.IsLetter(firstOf(line)) && farewellWords(namesOf(line)) == 0
}

func firstOf(s string) rune {
	r, _ := utf8.DecodeRuneInString(strings.TrimSpace(s))
	return r
}

// calls tells whether a line is what friends call somebody: one word, or two, that begin with a capital.
func calls(line string) bool {
	words := strings.Fields(line)
	return len(words) > 0 && len(words) <= 2 && !strings.ContainsAny(line, "?!:/@#") && !slices.ContainsFunc(words, func(w string) bool { return !unicode.IsUpper(firstOf(w)) })
}

// farewellWords counts the words at the beginning of a line that bid farewell.
func farewellWords(words []string) int {
	for n := len(words); n > 0; n-- {
		if slices.Contains(farewells, strings.Join(words[:n], " ")) {
			return n
		}
	}
	return 0
}

// bidsFarewell tells whether a line is a farewell, a name of the author, or both: "Cheers, Bill", "-- B.", "-bill".
func bidsFarewell(line, author string) bool {
	line = strings.TrimSpace(line)
	if utf8.RuneCountInString(line) > nameLen || strings.ContainsAny(line, "?:/@#") || strings.ContainsFunc(line, unicode.IsDigit) {
		return false
	}
	words, own := namesOf(line), namesOf(author)
	if len(words) == 0 {
		return false
	}
	if n := farewellWords(words); n > 0 {
		words = words[n:]
		if _, name, ok := strings.Cut(line, ","); ok && calls(name) {
			return true // "Cheers, Dave."
		}
		if len(words) > 1 && len(words) <= 3 && slices.Contains(places, words[0]) {
			return true
		}
	}
	return !slices.ContainsFunc(words, func(w string) bool {
		initial := utf8.RuneCountInString(w) == 1 && slices.ContainsFunc(own, func(o string) bool { return strings.HasPrefix(o, w) })
		return !initial && !slices.ContainsFunc(own, func(o string) bool { return withoutMarks(o) == withoutMarks(w) })
	})
}

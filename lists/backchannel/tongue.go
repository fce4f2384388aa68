package backchannel

import (
	"slices"
	"strings"
	"unicode"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates"
)

// tagForeign is the tag of a conversation in a language that no manager reads, as far as we know (B15b).
const tagForeign = "lang"

// commonWords are short words by which a language is known. Words that two languages share count for both: then neither leads. Those of
// languages in which we have no mails keep their letters from being taken for a neighbour's.
func commonWords() map[string]string {
	return map[string]string{
		"en": "the and of to is that it for was with you this have are not be we my but from they can would there what about which as your if or at has will do an",
		"de": "der die das und ist nicht ich ein eine zu den mit sich auf für auch wir sie dem von wie aber wird bei mir oder noch es habe dass kann uns im des einen als nur",
		"fr": "le les des est et je vous nous pas une dans pour que qui sur avec ce mais sont au du ne elle cette très il la en ai mon si ou aux plus être à",
		"es": "el los las y es que no por para una con se del lo como pero más su mi está muy hay yo nos al la en un si me le o todo puede sobre",
		"it": "il di che è e non per un una con sono mi ma gli della nel la le ho ci si come più anche questo del alla cosa se lo da",
		"pt": "o os que não é e um uma para com do da em no na se por mais como mas foi eu ele dos das ao seu sua está isso muito as",
		"nl": "de het een en van ik is dat niet te zijn op voor met die er maar je we ook aan om bij naar nog wel dit heeft kan of als",
		"sv": "och det att en som på är av för med den till inte om ett jag men har de var vi kan så från eller när nu mycket",
	}
}

// Of how many words a guess needs to be sure, how many of them must be common ones, and by how much those must lead.
const (
	guessWords = 8
	guessHits  = 3
)

// tongueOf guesses in which language a text is, as a tag; "" when it is not sure. Writing tells some languages; the others are told by their
// commonest words, and only with a clear lead.
func tongueOf(text string) string {
	if tag := writingOf(text); tag != "latin" {
		return tag
	}
	all := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) })
	if len(all) < guessWords {
		return ""
	}
	best, most, second := "", 0, 0
	for tag, words := range commonWords() {
		known, n := strings.Fields(words), 0
		for _, w := range all {
			if slices.Contains(known, w) {
				n++
			}
		}
		switch {
		case n > most:
			best, most, second = tag, n, most
		case n > second:
			second = n
		}
	}
	if most < guessHits || most*5 < len(all) || most*2 < second*3 {
		return ""
	}
	return best
}

// writingOf tells a language by its letters, or "latin"; "" when they are mixed or few.
func writingOf(text string) string {
	n, kana, letters := map[string]int{}, 0, 0
	for _, r := range text {
		if !unicode.IsLetter(r) {
			continue
		}
		letters++
		switch {
		case unicode.In(r, unicode.Hiragana, unicode.Katakana):
			kana++
			n["east"]++
		case unicode.Is(unicode.Han, r):
			n["east"]++
		case unicode.Is(unicode.Hangul, r):
			n["ko"]++
		case unicode.Is(unicode.Latin, r):
			n["latin"]++
		case unicode.Is(unicode.Greek, r):
			n["el"]++
		case unicode.Is(unicode.Hebrew, r):
			n["he"]++
		case unicode.Is(unicode.Thai, r):
			n["th"]++
		}
	}
	for tag, count := range n {
		switch {
		case letters < guessWords || count*2 <= letters:
		case tag == "east" && kana*10 >= count:
			return "ja"
		case tag == "east":
			return "zh"
		default:
			return tag
		}
	}
	return ""
}

// tongueNames are what managers read of a language in which we have no mails.
func tongueNames() map[string]string {
	return map[string]string{"it": "Italian", "pt": "Portuguese", "nl": "Dutch", "sv": "Swedish", "ko": "Korean", "zh": "Chinese", "el": "Greek", "he": "Hebrew", "th": "Thai", "ja": "Japanese", "de": "German", "fr": "French", "es": "Spanish", "en": "English"}
}

// foreign is the language of a letter that nobody of its readers reads, as far as we know; "" when somebody does, or we are not sure. All
// managers read English, since that is what we write to them; each reads the language they chose, and those they answer letters in.
func foreign(tx *db.Tx, c lists.Community, text string, readers []lists.Member) (string, error) {
	tag := tongueOf(text)
	if tag == "" || tag == string(templates.English) || len(readers) == 0 {
		return "", nil
	}
	for _, m := range readers {
		chosen, err := lists.LanguageOf(tx, c, m.ID)
		if err != nil || chosen == tag {
			return "", err
		}
		answers, err := answersOf(tx, m.ID)
		if err != nil || slices.ContainsFunc(answers, func(words string) bool { return tongueOf(words) == tag }) {
			return "", err
		}
	}
	return tag, nil
}

// writtenBy notes who wrote the newest letter of a conversation, and marks it if nobody of its readers reads its language.
func (b *Letterbox) writtenBy(tx *db.Tx, in *lists.Incoming, c Conv, said string, readers []lists.Member) (Conv, error) {
	if c.Anon { // neither a name nor a language: languages narrow down who wrote
		return c, nil
	}
	name, err := writerName(tx, in)
	if err != nil {
		return c, err
	}
	c.Address, c.Name = in.From.Address, name
	tag, err := foreign(tx, in.Community, said, readers)
	if err != nil || tag == "" {
		return c, err
	}
	return c, tagAs(tx, c.ID, tagForeign)
}

// tongueToShow is how managers are told of a language that none of them reads; "" is none.
func tongueToShow(tx *db.Tx, c lists.Community, text string, readers []lists.Member) (string, error) {
	tag, err := foreign(tx, c, text, readers)
	return tongueNames()[tag], err
}

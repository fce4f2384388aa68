package moderation

import (
	"regexp"
	"slices"
	"strings"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/templates"
)

// doubts are the reasons to think that a letter to a list was meant for the managers alone (product.md 0.3, W1 to W5; robots, W6,
// never come this far). Public words sent in private cost one step to mend, private words sent in public cannot be called back: so
// one doubt is enough to ask.
func (d *Desk) doubts(tx *db.Tx, in *lists.Incoming) ([]templates.Doubt, error) {
	refs := append(in.Letter.InReplyTo(), in.Letter.References()...)
	var all []templates.Doubt
	answers, err := d.Store.IsPrivateID(tx, refs...)
	if err != nil {
		return nil, err
	}
	if answers {
		all = append(all, templates.Doubt{Kind: templates.AnswersPrivate}) // W1
	}
	if answers, err = d.Store.IsDigestID(tx, refs...); err != nil {
		return nil, err
	}
	if answers {
		all = append(all, templates.Doubt{Kind: templates.AnswersDigest}) // W2
	}
	whole := in.Letter.Text()
	quoted, err := quotesPrivate(tx, whole)
	if err != nil {
		return nil, err
	}
	if quoted != "" {
		all = append(all, templates.Doubt{Kind: templates.QuotesPrivate, Words: quoted}) // W3
	}
	if in.PrivateToo || namesPrivate(in) {
		all = append(all, templates.Doubt{Kind: templates.BothDoors}) // W4
	}
	managers, err := lists.Managers(tx, in.Community.ID)
	if err != nil {
		return nil, err
	}
	if words := soundsPrivate(in.Letter.NewText().Text, firstNames(managers)); words != "" {
		all = append(all, templates.Doubt{Kind: templates.SoundsPrivate, Words: words}) // W5
	}
	return all, nil
}

var (
	watermark = regexp.MustCompile(`\[private [0-9A-Z]{4}\]`)
	doorLike  = regexp.MustCompile(`(?i)\b(private|note|vote|confirm)\+([0-9a-z-]{26,40})@`)
)

// quotesPrivate finds a watermark of a private mail, or the address of a private door that somebody was really given. It returns
// what may be shown of it: never the token.
func quotesPrivate(tx *db.Tx, text string) (string, error) {
	if found := watermark.FindString(text); found != "" {
		return found, nil
	}
	for _, m := range doorLike.FindAllStringSubmatch(text, 50) {
		n := address.Parse(m[1] + "+" + m[2])
		if n.Form != address.Token {
			continue
		}
		if _, given, err := address.Find(tx, n.Kind, n.Token); err != nil {
			return "", err
		} else if given {
			return string(n.Kind) + "+…", nil
		}
	}
	return "", nil
}

// namesPrivate tells whether To or Cc name a private door of this community, though the session did not.
func namesPrivate(in *lists.Incoming) bool {
	return slices.ContainsFunc(append(in.Letter.To(), in.Letter.Cc()...), func(m letter.Mailbox) bool {
		if m.Address.Domain != in.Community.Domain {
			return false
		}
		n := address.Parse(m.Address.Local)
		return n.Form == address.Token && (n.Kind == address.Private || n.Kind == address.Note) ||
			n.Word == "managers" || n.Form == address.Role && (n.Word == "anon" || n.Word == "report" || n.Word == "ombuds")
	})
}

// privacyWords say that something is not for everyone, in the languages our templates will speak and a few more.
var privacyWords = []string{
	"privately", "in private", "between us", "between you and me", "don't share", "do not share", "confidential", "confidentially", "off the record", "not for the list", "off-list",
	"unter uns", "vertraulich", "privat an", "im vertrauen", "bitte nicht weitergeben", "nicht für die liste",
	"entre nous", "confidentiel", "confidentielle", "en privé", "ne pas partager", "ne partagez pas",
	"entre nosotros", "confidencial", "en privado", "no lo compartan", "no compartir",
	"tra noi", "riservato", "in privato", "onder ons", "vertrouwelijk", "entre nós", "em particular",
	"内密", "ここだけの話", "他言無用",
}

// managerWords address the managers as a body, at the head of a letter.
var managerWords = []string{
	"managers", "moderators", "moderator", "admins", "list owner", "list owners", "team",
	"verwalter", "moderatoren", "moderation", "leitung", "modérateurs", "gestionnaires", "responsables", "moderadores", "gestores", "moderatori", "管理者", "モデレーター",
}

// soundsPrivate tells whether a letter opens by addressing the managers, or one of them, and says within its first lines that it is
// not for everyone (W5). It returns the words that say so. Both are needed: people do speak of confidential things on a list.
func soundsPrivate(text string, names []string) string {
	opening := strings.ToLower(clip(text, 60))
	if line, _, ok := strings.Cut(strings.TrimSpace(opening), "\n"); ok {
		opening = line
	}
	addressed := func(w string) bool { return hasWord(opening, strings.ToLower(w)) }
	if !slices.ContainsFunc(managerWords, addressed) && !slices.ContainsFunc(names, addressed) {
		return ""
	}
	start := strings.Join(strings.Fields(strings.ToLower(clip(text, 400))), " ")
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
	for from := 0; ; {
		i := strings.Index(text[from:], word)
		if i < 0 {
			return false
		}
		i += from
		if word[0] >= 0x80 || !letterAt(text, i-1) && !letterAt(text, i+len(word)) {
			return true
		}
		from = i + 1
	}
}

func letterAt(s string, i int) bool {
	return i >= 0 && i < len(s) && (s[i] >= 'a' && s[i] <= 'z' || s[i] >= '0' && s[i] <= '9' || s[i] >= 0x80)
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

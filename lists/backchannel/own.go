package backchannel

import (
	"strings"
	"unicode"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
)

// ownWord reads one of the words by which members ask about their own letters, from the first line of a letter; "" when it is none.
// FORGET is done whatever stands below it. The others want to stand alone: with text below them they are a letter (R7).
func ownWord(in *lists.Incoming) string {
	line, rest, _ := strings.Cut(strings.TrimSpace(in.Letter.NewText().Text), "\n")
	word, alone, _ := lists.Word(line)
	switch phrase := strings.Join(strings.FieldsFunc(strings.ToUpper(line), func(r rune) bool { return !unicode.IsLetter(r) }), " "); {
	case alone && word == "FORGET":
		return word
	case alone && word == "EXPORT" && nameAlone(rest, in.Sender):
		return word
	case phrase == "WHO READ" && nameAlone(rest, in.Sender):
		return phrase
	}
	return ""
}

// own does what a member wants to have done with their own letters, or to know about them; done is false for every other letter. The
// letter itself is not kept: it quotes what it answers.
func (b *Letterbox) own(tx *db.Tx, in *lists.Incoming, c Conv) (done bool, err error) {
	if in.Sender.ID == 0 || in.Robot {
		return false, nil
	}
	word := ownWord(in)
	if word == "" {
		return false, nil
	}
	if in.Verdict != lists.Verified {
		return true, notYours(word)
	}
	if err := in.Filed(tx, "a member's word about their own letters"); err != nil {
		return true, err
	}
	switch word {
	case "FORGET":
		err = b.doForget(tx, in)
	case "WHO READ":
		err = b.tellWhoRead(tx, in, c)
	case "EXPORT":
		err = b.doExport(tx, in)
	}
	if err != nil {
		return true, err
	}
	_, err = b.Office.Store.EraseLetters(tx, in.Story)
	return true, err
}

func (b *Letterbox) doForget(tx *db.Tx, in *lists.Incoming) error {
	n, err := b.Forget(tx, in.Sender)
	if err != nil {
		return err
	}
	_, below, _ := strings.Cut(strings.TrimSpace(in.Letter.NewText().Text), "\n")
	words, err := templates.Forgotten{
		Community: in.Community.Name, Letters: n, Below: !nameAlone(below, in.Sender), Managers: in.Community.Address("managers").String(),
	}.Render()
	if err != nil {
		return err
	}
	_, err = b.Office.Send(tx, notice.Answer(in, notice.Tells, words))
	return err
}

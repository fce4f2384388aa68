package backchannel

import (
	"slices"
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
	if in.Verdict == lists.Weak {
		return true, b.askOwn(tx, in, c, word)
	}
	if in.Verdict != lists.Verified {
		return true, notYours(word)
	}
	return true, b.doOwn(tx, in, c, word)
}

// wordsByNumber are the words as tokens know them.
func wordsByNumber() []string { return []string{"FORGET", "WHO READ", "EXPORT"} }

// askOwn asks a member, at their own address, whether a word is theirs for which nobody vouches.
func (b *Letterbox) askOwn(tx *db.Tx, in *lists.Incoming, c Conv, word string) error {
	if err := in.Filed(tx, "a member's word about their own letters"); err != nil {
		return err
	}
	if c.Anon { // no row ties the member to it
		c.ID = 0
	}
	words, err := templates.OwnAsk{Community: in.Community.Name, Word: word, Days: heldDays}.Render()
	if err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Asks, words)
	mail.Answer = "own-word:" + word
	if mail.ReplyTo, err = b.Office.Confirm(tx, notice.Door{
		Community: in.Community, Member: in.Sender, Receiver: Receiver, Object: object(sideOwn, int64(c.ID), slices.Index(wordsByNumber(), word)), Days: heldDays,
	}); err != nil {
		return err
	}
	if err := b.Office.SendOr(tx, mail, lists.NotSure()); err != nil {
		return err
	}
	_, err = b.Office.Store.EraseLetters(tx, in.Story)
	return err
}

// decideOwn takes the member's YES: who has it got the question at their own address.
func (b *Letterbox) decideOwn(tx *db.Tx, in *lists.Incoming, id ConvID, word int) error {
	if in.Sender.ID == 0 || int64(in.Sender.ID) != in.Token.Member || in.Verdict == lists.Unverified || !in.Token.Live(tx.Now) || in.Robot || word < 0 || word >= len(wordsByNumber()) {
		return lists.NoSuchAddress()
	}
	var c Conv
	if id != 0 {
		var err error
		if c, err = find(tx, id); err != nil {
			return err
		}
	}
	said, alone, _ := lists.Word(in.Letter.NewText().Text)
	if !alone || said != "YES" {
		return b.askOwn(tx, in, c, wordsByNumber()[word])
	}
	return b.doOwn(tx, in, c, wordsByNumber()[word])
}

// doOwn does what a word says.
func (b *Letterbox) doOwn(tx *db.Tx, in *lists.Incoming, c Conv, word string) (err error) {
	if err := in.Filed(tx, "a member's word about their own letters"); err != nil {
		return err
	}
	switch word {
	case "FORGET":
		err = b.doForget(tx, in)
	case "WHO READ":
		err = b.tellWhoRead(tx, in, c)
	case "EXPORT":
		err = b.MailData(tx, in)
	}
	if err != nil {
		return err
	}
	_, err = b.Office.Store.EraseLetters(tx, in.Story)
	return err
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

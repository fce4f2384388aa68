package membership

import (
	"errors"
	"strings"
	"unicode"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// challenge is the trigger under which questions about letters are counted that may be somebody else's, as moderation's are (D3).
const challenge = "challenge"

// ask asks a member whether a wish that nobody vouches for is theirs. Somebody who is asked too often today is not asked again: the
// letter stays with its sender, who offers it later.
func (k *Clerk) ask(tx *db.Tx, in *lists.Incoming, w wish) error {
	if err := file(tx, in, "a wish that nobody vouches for; the member is asked"); err != nil {
		return err
	}
	err := k.question(tx, in, w, in.Sender, letter.Mailbox{Name: in.Sender.Name, Address: in.From.Address}, "", "")
	if errors.Is(err, notice.ErrEnough) {
		return refusal.Because(refusal.Limit, "We have asked you several times today whether letters from your address are really yours. Please answer one of those first; this one can be sent again tomorrow.")
	}
	return err
}

// question sends one to a confirmed address of a member. Its token answers this question alone, once (C6). from is the address the wish
// came from, if that is nobody's; first is the line of an answer that was not understood: then it is the same question again.
func (k *Clerk) question(tx *db.Tx, in *lists.Incoming, w wish, m lists.Member, to letter.Mailbox, from, first string) error {
	list, err := w.title(tx)
	if err != nil {
		return err
	}
	words, err := templates.ConfirmWish{Community: in.Community.Name, Wish: w.what, List: list, From: from, First: first, Days: Days}.Render()
	if err != nil {
		return err
	}
	mail := notice.Mail{
		Community: in.Community, To: to, Member: m.ID, ReplyTo: letter.Mailbox{Name: "Your answer", Address: in.To}, Words: words, Kind: "c", Record: archive.IDNotice,
		Auto: notice.Replied, Private: true, Answer: "answer", Story: in.Story,
	}
	if first == "" {
		mail.Answer = challenge
		mail.ReplyTo.Address, err = k.Book.Address(tx, address.Grant{
			Kind: address.Confirm, Receiver: Receiver, Community: int64(in.Community.ID), Member: int64(m.ID), Object: w.object(),
			Epoch: db.Micros(tx.Now), Expires: tx.Now.AddDate(0, 0, Days), MaxUses: 1,
		}, in.Community.Domain)
		if err != nil {
			return err
		}
	}
	if from == "" {
		mail.InReplyTo = cause(in) // a stranger's id is none of the member's
	}
	_, err = k.Office.Send(tx, mail)
	return err
}

// title is the name of the list that a wish is about; "" for wishes about none.
func (w wish) title(tx *db.Tx) (string, error) {
	if w.list == 0 {
		return "", nil
	}
	l, err := lists.ListByID(tx, w.list)
	return l.Title(), err
}

// answer takes a reply to one of our questions, from the one who was asked. A program answers nothing (C6).
func (k *Clerk) answer(tx *db.Tx, in *lists.Incoming) error {
	w, ok := readWish(in.Token.Object)
	mine := in.Sender.ID != 0 && int64(in.Sender.ID) == in.Token.Member && in.Verdict != lists.Unverified
	switch {
	case !ok || !mine || in.Robot || in.Token.Revoked:
		return lists.NoSuchAddress()
	case gone(in.Sender) && w.leaves():
		return k.goneAlready(tx, in)
	case !heard(in):
		return lists.NoSuchAddress()
	case !in.Token.Live(tx.Now):
		return k.end(tx, in, w, true)
	}
	word := firstWord(in.Letter.NewText().Text)
	if word != "YES" && word != "NO" {
		return k.repeat(tx, in, w, word)
	}
	if fresh, err := address.Use(tx, *in.Token); err != nil || !fresh {
		if err == nil {
			err = k.end(tx, in, w, true)
		}
		return err
	}
	if word == "NO" {
		return k.end(tx, in, w, false)
	}
	return k.grant(tx, in, w)
}

// repeat asks once more: the reply was none of the words.
func (k *Clerk) repeat(tx *db.Tx, in *lists.Incoming, w wish, word string) error {
	if err := file(tx, in, "an answer about a wish that is none of its words"); err != nil {
		return err
	}
	if word == "" {
		word = "…"
	}
	err := k.question(tx, in, w, in.Sender, letter.Mailbox{Name: in.Sender.Name, Address: in.From.Address}, "", word)
	if errors.Is(err, notice.ErrEnough) {
		return nil
	}
	return err
}

// end tells that nothing was changed.
func (k *Clerk) end(tx *db.Tx, in *lists.Incoming, w wish, late bool) error {
	detail := "a wish was taken back"
	if late {
		detail = "an answer about a wish that came too late"
	}
	if err := file(tx, in, detail); err != nil {
		return err
	}
	list, err := w.title(tx)
	if err != nil {
		return err
	}
	words, err := templates.WishEnd{Community: in.Community.Name, Wish: w.what, List: list, Late: late, Doors: doors(in.Community)}.Render()
	if err != nil {
		return err
	}
	return k.reply(tx, in, words, again)
}

// firstWord is the first word of an answer in capitals, without the signs around it.
func firstWord(text string) string {
	words := strings.Fields(text)
	if len(words) == 0 {
		return ""
	}
	return strings.ToUpper(strings.TrimFunc(words[0], func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }))
}

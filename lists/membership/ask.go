package membership

import (
	"errors"
	"strings"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// challenge is the trigger under which questions about letters are counted that may be somebody else's, as moderation's are (D3).
const challenge = "challenge"

// ask asks a member whether a wish that nobody vouches for is theirs. Somebody who is asked too often today is not asked again: the
// letter stays with its sender, who offers it later.
func (k *Clerk) ask(tx *db.Tx, in *lists.Incoming, w wish) error {
	if err := in.Filed(tx, "a wish that nobody vouches for; the member is asked"); err != nil {
		return err
	}
	words, err := w.question(tx, in, "", "")
	if err != nil {
		return err
	}
	err = k.send(tx, notice.Answer(in, notice.Asks, words), in.Sender, w)
	if errors.Is(err, notice.ErrEnough) {
		return refusal.Because(refusal.Limit, "We have asked you several times today whether letters from your address are really yours. Please answer one of those first; this one can be sent again tomorrow.")
	}
	return err
}

// askOwner asks a member about a wish that came through their own address from somewhere else. The letter that was the cause is a
// stranger's: nothing of it but its sender is shown.
func (k *Clerk) askOwner(tx *db.Tx, in *lists.Incoming, w wish, owner lists.Member) error {
	words, err := w.question(tx, in, in.From.Address.String(), "")
	if err != nil {
		return err
	}
	mail := notice.ToMember(in.Community, owner, notice.Asks, words)
	mail.Auto, mail.Story = notice.Replied, in.Story
	err = k.send(tx, mail, owner, w)
	if errors.Is(err, notice.ErrEnough) {
		return nil
	}
	return err
}

// question is what a member is asked. from is the address the wish came from, if that is none of theirs; first is the beginning of an
// answer that was not understood: then it is the same question again.
func (w wish) question(tx *db.Tx, in *lists.Incoming, from, first string) (templates.Mail, error) {
	list, err := w.title(tx)
	if err != nil {
		return templates.Mail{}, err
	}
	return templates.ConfirmWish{Community: in.Community.Name, Wish: w.what, List: list, From: from, First: first, Days: Days}.Render()
}

// send sends a question. The door of its answer is for this question alone: the same wish, asked about another day, has another.
func (k *Clerk) send(tx *db.Tx, mail notice.Mail, m lists.Member, w wish) (err error) {
	mail.Answer = challenge
	mail.ReplyTo, err = k.Office.Confirm(tx, notice.Door{
		Community: mail.Community, Member: m, Receiver: Receiver, Object: w.object(tx.Now), Days: Days,
	})
	if err != nil {
		return err
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
	case !in.Token.Live(tx.Now) || in.Token.Uses > 0:
		return k.end(tx, in, w, true)
	}
	word, alone, _ := lists.Word(in.Letter.NewText().Text)
	if word != "NO" && (word != "YES" || !alone) {
		return k.repeat(tx, in, w)
	}
	if err := in.UseToken(tx); err != nil { // once (C6)
		return err
	}
	if word == "NO" {
		return k.end(tx, in, w, false)
	}
	return k.grant(tx, in, w)
}

// repeat asks once more: the reply was none of the words, or more than one.
func (k *Clerk) repeat(tx *db.Tx, in *lists.Incoming, w wish) error {
	if err := in.Filed(tx, "an answer about a wish that is none of its words"); err != nil {
		return err
	}
	first, _, _ := strings.Cut(strings.TrimSpace(in.Letter.NewText().Text), "\n")
	if first == "" {
		first = "…"
	}
	words, err := w.question(tx, in, "", first)
	if err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Asks, words)
	mail.ReplyTo = letter.Mailbox{Name: "Your answer", Address: in.To}
	return k.Office.Again(tx, in, mail)
}

// end tells that nothing was changed.
func (k *Clerk) end(tx *db.Tx, in *lists.Incoming, w wish, late bool) error {
	detail := "a wish was taken back"
	if late {
		detail = "an answer about a wish that came too late"
	}
	if err := in.Filed(tx, detail); err != nil {
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

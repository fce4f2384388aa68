package moderation

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/lists/relay"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// oopsDays is how old a post may be that a letter to oops@ means: whoever writes there has just sent something.
const oopsDays = 7

// oops takes back the newest post of whoever writes to oops@, whatever the letter says (product.md 0.3). Where nobody vouches for the
// letter the member is asked: somebody else's forged line must not silence them.
func (d *Desk) oops(tx *db.Tx, in *lists.Incoming) error {
	known := in.Sender.ID != 0 && (in.Sender.State == lists.Active || in.Sender.State == lists.Paused)
	if !known || in.Robot || in.Verdict == lists.Unverified {
		return lists.NoSuchAddress()
	}
	h, r, err := d.newest(tx, in)
	if err != nil {
		return err
	}
	if in.Verdict != lists.Verified {
		return d.askOops(tx, in, h, r, "")
	}
	return d.takeBack(tx, in, h, r)
}

// newest is what a member wrote last to the lists of a community: a letter that waits, or a post; neither when there is none.
func (d *Desk) newest(tx *db.Tx, in *lists.Incoming) (h Held, r relay.Recallable, err error) {
	since := tx.Now.AddDate(0, 0, -oopsDays)
	if h, err = newestOf(tx, in.Community.ID, in.Sender.ID, since); err != nil {
		return h, r, err
	}
	r, err = d.Press.Newest(tx, in.Community.ID, in.Sender.ID, since)
	if h.ID != 0 && h.Asked.After(r.Post.Published) {
		return h, relay.Recallable{}, err
	}
	return Held{}, r, err
}

// takeBack does it, and tells its author; the managers are told of what people have got already.
func (d *Desk) takeBack(tx *db.Tx, in *lists.Incoming, h Held, r relay.Recallable) error {
	if err := in.Filed(tx, "an author's wish to take a post back"); err != nil {
		return err
	}
	t := templates.TakenBack{Community: in.Community.Name, Managers: in.Community.Address("managers").String()}
	switch {
	case h.ID != 0:
		l, err := lists.ListByID(tx, h.List)
		if err != nil {
			return err
		}
		t.Outcome, t.List, t.Subject = templates.RecalledHeld, l.Title(), h.Subject
		if err := d.end(tx, h, Dropped, in.Sender.ID, "taken back by its author"); err != nil {
			return err
		}
	case r.Post.ID != 0:
		t.Outcome, t.List, t.Subject, t.Undo = templates.RecalledUnsent, r.List.Title(), r.Post.Subject, int(r.List.Undo/time.Second)
		note, err := templates.RedactedPost{List: r.List.Title(), ByAuthor: true}.Render()
		if err != nil {
			return err
		}
		sent, err := d.Press.Recall(tx, r, in.Story, note.Subject, note.Text)
		if err != nil {
			return err
		}
		if sent {
			t.Outcome = templates.RecalledSent
			if err := d.tellRecalled(tx, in, r); err != nil {
				return err
			}
		}
	default:
		t.Outcome, t.Days = templates.RecalledNothing, oopsDays
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Tells, words)
	if h.ID == 0 && r.Post.ID == 0 {
		mail.Answer = "oops"
	}
	return d.Office.SendIfDue(tx, mail)
}

// tellRecalled tells the managers, but not the one whose post it was.
func (d *Desk) tellRecalled(tx *db.Tx, in *lists.Incoming, r relay.Recallable) error {
	managers, err := lists.Managers(tx, in.Community.ID)
	if err != nil {
		return err
	}
	words, err := templates.PostTakenBack{Community: in.Community.Name, List: r.List.Title(), Author: in.Sender.Mailbox().Name, Subject: r.Post.Subject}.Render()
	if err != nil {
		return err
	}
	for _, m := range managers {
		if m.ID == in.Sender.ID {
			continue
		}
		mail := notice.ToMember(in.Community, m, notice.Tells, words)
		mail.Story = in.Story
		if _, err := d.Office.Send(tx, mail); err != nil {
			return err
		}
	}
	return nil
}

// askOops asks a member whether it was really they who want their newest post back. The answer is about that one, whatever they write
// meanwhile. first is the beginning of an answer that was not understood.
func (d *Desk) askOops(tx *db.Tx, in *lists.Incoming, h Held, r relay.Recallable, first string) error {
	if h.ID == 0 && r.Post.ID == 0 {
		return d.takeBack(tx, in, h, r)
	}
	if err := in.Filed(tx, "a wish to take a post back; its author is asked"); err != nil {
		return err
	}
	words, err := templates.ConfirmWish{Community: in.Community.Name, Wish: templates.WishOops, First: first, Days: oopsDays}.Render()
	if err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Asks, words)
	mail.Answer = "challenge"
	object := fmt.Sprintf("%s:%d", oopsPost, r.Post.ID)
	if h.ID != 0 {
		object = fmt.Sprintf("%s:%d", oopsHeld, h.ID)
	}
	mail.ReplyTo, err = d.Office.Confirm(tx, notice.Door{Community: in.Community, Member: in.Sender, Receiver: Receiver, Object: object, Days: oopsDays})
	if err != nil {
		return err
	}
	_, err = d.Office.Send(tx, mail)
	if errors.Is(err, notice.ErrEnough) {
		return refusal.Because(refusal.Limit, "Several letters from your address wait for your answer already. Please answer those first; this one can be sent again tomorrow.")
	}
	return err
}

// answerOops takes the word about it. What was taken back, removed or decided meanwhile is nothing to take back any more.
func (d *Desk) answerOops(tx *db.Tx, in *lists.Incoming, s side, id int64) error {
	var h Held
	var r relay.Recallable
	var err error
	if s == oopsPost {
		r, err = d.Press.Recallable(tx, id)
	} else if h, err = find(tx, HeldID(id)); err == nil && h.State != Waiting {
		h = Held{}
	}
	if err != nil {
		return err
	}
	text := in.Letter.NewText().Text
	switch word, alone, _ := lists.Word(text); {
	case !in.Token.Live(tx.Now):
		return lists.NoSuchAddress()
	case word == "NO":
		words, err := templates.WishEnd{Community: in.Community.Name, Wish: templates.WishOops}.Render()
		if err != nil {
			return err
		}
		if err := in.Filed(tx, "a wish to take a post back was not its author's"); err != nil {
			return err
		}
		return d.Office.SendIfDue(tx, notice.Answer(in, notice.Tells, words))
	case word == "YES" && alone:
		return d.takeBack(tx, in, h, r)
	}
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if first = letter.CleanLine(first); first == "" {
		first = "…"
	}
	return d.askOops(tx, in, h, r, first)
}

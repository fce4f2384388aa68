// Package moderation decides, or has decided, about posts. It promises that nothing comes onto a list that its author may not have
// meant for everyone: a letter that looks private, or whose author we cannot be sure of, waits, and its author is asked; no timer
// and no robot ever publishes it. Whoever's letter waits is told, in words that name every way out, and nothing that waits is
// forgotten in silence.
package moderation

import (
	"errors"
	"fmt"
	"time"

	"backchannel/archive"
	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/archive/logbook"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/notice"
	"backchannel/lists/relay"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// Receiver is our name at the mailroom, and in the rows of our tokens.
const Receiver = "moderation"

// Expire is the calendar's kind for held letters whose time is over.
const Expire calendar.Kind = "held.expire"

// Days is how long a letter waits for an answer.
const Days = 14

// PrivateDoor takes a letter that its author, asked, gave to the managers.
type PrivateDoor interface {
	File(tx *db.Tx, in *lists.Incoming) error
}

// Desk takes posts, and the answers about those that wait.
type Desk struct {
	Store  *archive.Store
	Book   *address.Book
	Office *notice.Office
	Press  *relay.Press
	Door   PrivateDoor
}

// Receive takes a post of a list, or a reply to one of our questions.
func (d *Desk) Receive(tx *db.Tx, in *lists.Incoming) error {
	if in.Token != nil {
		return d.answer(tx, in)
	}
	if in.List == nil {
		return lists.NoSuchAddress()
	}
	return d.post(tx, in)
}

// post publishes a letter, or keeps it and asks, or refuses it.
func (d *Desk) post(tx *db.Tx, in *lists.Incoming) error {
	if err := in.Letter.CheckPost(); err != nil {
		return err
	}
	s := lists.Standing{Member: in.Sender, Verdict: in.Verdict}
	if in.Sender.ID != 0 {
		var err error
		if s.LastHour, s.LastDay, err = lists.RecentPosts(tx, in.List.ID, in.Sender.ID); err != nil {
			return err
		}
	}
	decision := lists.Decide(*in.List, s, in.Policy)
	if decision.Action == lists.Refuse {
		return decision.Refusal
	}
	if in.Sender.ID != 0 {
		doubts, err := d.doubts(tx, in)
		if err != nil {
			return err
		}
		if len(doubts) > 0 {
			return d.askDoor(tx, in, doubts)
		}
	}
	if decision.Action == lists.Hold {
		return d.hold(tx, in, decision.Why)
	}
	return d.publish(tx, *in.List, in.Letter, in.Sender, in.Story)
}

// publish hands a letter to the press. One that the list has already was accepted before: it is taken, and changes nothing.
func (d *Desk) publish(tx *db.Tx, l lists.List, post *letter.Letter, author lists.Member, story string) error {
	_, err := d.Press.Publish(tx, relay.Publication{List: l, Letter: post, Author: author, Story: story})
	if errors.Is(err, archive.ErrDuplicate) {
		return logbook.Write(tx, logbook.Entry{Story: story, Verb: logbook.Dropped, MessageID: post.MessageID(), Detail: "the list has this post already"})
	}
	return err
}

// hold keeps a post that waits for its author's word, or for a manager's.
func (d *Desk) hold(tx *db.Tx, in *lists.Incoming, why lists.Why) error {
	h, err := keep(tx, in, Why(why))
	if err != nil {
		return err
	}
	if why == lists.WhySender {
		return d.askAuthor(tx, in, h)
	}
	return d.askManagers(tx, in, h)
}

// askAuthor asks whether a letter that nobody vouches for is really theirs. The question goes to the confirmed address, whoever wrote.
func (d *Desk) askAuthor(tx *db.Tx, in *lists.Incoming, h Held) error {
	readers, err := lists.Readers(tx, in.List.ID, lists.Each)
	if err != nil {
		return err
	}
	words, err := templates.WeakPost{
		Community: in.Community.Name, List: in.List.Title(), Subject: in.Letter.Subject(), Preview: preview(in.Letter), Readers: len(readers), Days: Days,
	}.Render()
	if err != nil {
		return err
	}
	return d.question(tx, in, h, words)
}

// askDoor stops a letter at the door of a list and asks where it belongs.
func (d *Desk) askDoor(tx *db.Tx, in *lists.Incoming, doubts []templates.Doubt) error {
	why := WhyDoor
	if in.PrivateToo {
		why = WhyBoth
	}
	h, err := keep(tx, in, why)
	if err != nil {
		return err
	}
	readers, err := lists.Readers(tx, in.List.ID, lists.Each)
	if err != nil {
		return err
	}
	words, err := templates.WrongDoor{
		Community: in.Community.Name, List: in.List.Title(), Doubts: doubts, Delivered: in.PrivateToo, Subject: in.Letter.Subject(),
		Preview: preview(in.Letter), Readers: len(readers), Days: Days,
	}.Render()
	if err != nil {
		return err
	}
	return d.question(tx, in, h, words)
}

// question sends one to the author, at the confirmed address that the letter bears. Somebody who is asked too often today is not
// asked again: the letter stays with its sender, who offers it later.
func (d *Desk) question(tx *db.Tx, in *lists.Incoming, h Held, words templates.Mail) error {
	reply, err := d.Book.Address(tx, address.Grant{
		Kind: address.Confirm, Receiver: Receiver, Community: int64(in.Community.ID), Member: int64(in.Sender.ID), Object: h.object(),
		Epoch: in.Sender.Epoch, Expires: tx.Now.AddDate(0, 0, 2*Days),
	}, in.Community.Domain)
	if err != nil {
		return err
	}
	_, err = d.Office.Send(tx, notice.Mail{
		Community: in.Community, To: letter.Mailbox{Name: in.Sender.Name, Address: in.From.Address}, Member: in.Sender.ID,
		ReplyTo: letter.Mailbox{Name: "Your answer", Address: reply}, Words: words, Kind: "c", Record: archive.IDNotice,
		InReplyTo: ids(in.Letter.MessageID()), Auto: notice.Replied, Private: true, Answer: "challenge", Story: in.Story,
	})
	if errors.Is(err, notice.ErrEnough) {
		return refusal.Because(refusal.Limit, "Several letters from your address wait for your answer already. Please answer those first; this one can be sent again tomorrow.")
	}
	return err
}

// askManagers lets the managers decide about a post, and tells its author that it waits.
func (d *Desk) askManagers(tx *db.Tx, in *lists.Incoming, h Held) error {
	managers, err := lists.Managers(tx, in.Community.ID)
	if err != nil {
		return err
	}
	reason := waitReason(h.Why)
	words, err := templates.HeldPost{
		Community: in.Community.Name, List: in.List.Title(), Author: in.From.String(), Reason: reason, Subject: in.Letter.Subject(), Preview: preview(in.Letter), Days: Days,
	}.Render()
	if err != nil {
		return err
	}
	for _, m := range managers {
		reply, err := d.Book.Address(tx, address.Grant{
			Kind: address.Vote, Receiver: Receiver, Community: int64(in.Community.ID), Member: int64(m.ID), Object: h.object(), Epoch: m.Epoch, Expires: tx.Now.AddDate(0, 0, 2*Days),
		}, in.Community.Domain)
		if err != nil {
			return err
		}
		_, err = d.Office.Send(tx, notice.Mail{
			Community: in.Community, To: m.Mailbox(), Member: m.ID, ReplyTo: letter.Mailbox{Name: "Your decision", Address: reply},
			Words: words, Kind: "v", Record: archive.IDVote, Auto: notice.Generated, Private: true, Story: in.Story,
		})
		if err != nil {
			return err
		}
	}
	if in.Sender.ID == 0 {
		return nil // a stranger is not written to (P16)
	}
	return d.tellWaits(tx, in, reason)
}

func (d *Desk) tellWaits(tx *db.Tx, in *lists.Incoming, reason templates.WaitReason) error {
	words, err := templates.PostWaits{
		Community: in.Community.Name, List: in.List.Title(), Reason: reason, Subject: in.Letter.Subject(), PerHour: in.List.PostsPerHour,
	}.Render()
	if err != nil {
		return err
	}
	_, err = d.Office.Send(tx, notice.Mail{
		Community: in.Community, To: letter.Mailbox{Name: in.Sender.Name, Address: in.From.Address}, Member: in.Sender.ID, Words: words, Kind: "n",
		InReplyTo: ids(in.Letter.MessageID()), Auto: notice.Replied, Answer: "waits", Story: in.Story,
	})
	if errors.Is(err, notice.ErrEnough) {
		return nil // they know by now
	}
	return err
}

func waitReason(w Why) templates.WaitReason {
	if w == WhyTooMany {
		return templates.TooMany
	}
	return templates.Newcomer
}

// previewLen is how much of a letter its question shows, in characters.
const previewLen = 600

// preview is what a question shows of a letter, so that its author knows which one is meant.
func preview(l *letter.Letter) templates.Said {
	return templates.Said(letter.Excerpt(l.NewText().Text, previewLen))
}

func ids(id letter.MessageID) []letter.MessageID {
	if id == "" {
		return nil
	}
	return []letter.MessageID{id}
}

// expired gives a held letter up and tells its author; nothing is ever published by the clock.
func (d *Desk) expired(tx *db.Tx, due calendar.Due) error {
	h, err := find(tx, HeldID(due.Object))
	if err != nil || h.State != Waiting {
		return err
	}
	if err := d.tellEnd(tx, h, templates.Expired); err != nil {
		return err
	}
	return h.end(tx, Expired, 0, fmt.Sprintf("nobody answered in %d days", Days))
}

// Expiry is what the calendar calls when the time of a held letter is over.
func (d *Desk) Expiry() (calendar.Kind, calendar.Handler) { return Expire, d.expired }

func expiryDate(now time.Time) time.Time { return now.AddDate(0, 0, Days) }

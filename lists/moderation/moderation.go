// Package moderation decides, or has decided, about posts. It promises that nothing comes onto a list that its author may not have
// meant for everyone: a letter that looks private, or whose author we cannot be sure of, waits, and its author is asked; no timer
// and no robot ever publishes it, and what may be private no manager and no operator either. Whoever's letter waits is told, in words
// that name every way out, and nothing that waits is forgotten in silence.
package moderation

import (
	"errors"
	"slices"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
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
	// File takes it; told says that its author was told so.
	File(tx *db.Tx, in *lists.Incoming) (told bool, err error)
}

// Hidden knows who stands behind posts without a name, and tells nobody but the author.
type Hidden interface {
	// HidesIn tells whether a member has a post without their name in the thread of which these are letters.
	HidesIn(tx *db.Tx, l lists.List, m lists.MemberID, thread []letter.MessageID) (bool, error)
	// AskUnnamed shows such a member the words of a letter as they would be posted without their name, too, and posts them when they say
	// yes to that. in is their word for it.
	AskUnnamed(tx *db.Tx, in *lists.Incoming, l lists.List, post *letter.Letter) error
}

// Desk takes posts, and the answers about those that wait.
type Desk struct {
	Office *notice.Office
	Press  *relay.Press
	Door   PrivateDoor
	Hidden Hidden // nil: nobody ever posts without their name

	// Wishes does what a member's letter asks of the program and tells them, when it holds nothing else; false for a post. Nil: every
	// letter is one.
	Wishes func(tx *db.Tx, in *lists.Incoming) (done bool, err error)
	// Loose gives the words of a letter that may ask something of the program, and may as well be said to people; "" for others. Its author
	// is asked. Nil: there are no such words.
	Loose func(tx *db.Tx, in *lists.Incoming) string
}

// Receive takes a post of a list, or a reply to one of our questions.
func (d *Desk) Receive(tx *db.Tx, in *lists.Incoming) error {
	switch {
	case in.Token != nil:
		return d.answer(tx, in)
	case in.List == nil && in.Name.Word == "oops":
		return d.oops(tx, in)
	case in.List == nil && in.Name.Kind != "":
		return lostThread()
	case in.List == nil || in.Robot: // the mailroom lets no robot come so far (W6)
		return lists.NoSuchAddress()
	}
	return d.post(tx, in)
}

// post publishes a letter, or keeps it and asks, or refuses it. more are doubts that are known already.
func (d *Desk) post(tx *db.Tx, in *lists.Incoming, more ...templates.Doubt) error {
	if err := in.Letter.CheckPost(); err != nil {
		return err
	}
	if done, err := d.wishes(tx, in); done || err != nil {
		return err
	}
	var err error
	if in.Sender, err = d.climb(tx, in.Sender); err != nil {
		return err
	}
	decision, err := d.decide(tx, *in.List, in.Sender, in.Verdict, in.Policy, in.Letter)
	if err != nil {
		return err
	}
	switch decision.Action {
	case lists.Refuse:
		return decision.Refusal
	case lists.Discard:
		return in.Filed(tx, "discarded by a rule of the list")
	}
	known, err := d.Press.Know(tx, in.Community.ID, in.Letter)
	if err != nil {
		return err
	}
	known.Finding = &in.Finding
	doubts, err := d.doubts(tx, in, known)
	if err != nil {
		return err
	}
	doubts = append(more, doubts...)
	switch {
	case len(doubts) > 0 && in.Sender.ID == 0:
		return refusal.Because(refusal.NotAllowed, "Your letter holds something from private mail, so it cannot go onto a list. Please send it to %s.", in.Community.Address("managers"))
	case len(doubts) > 0:
		return d.askDoor(tx, in, doubts)
	case decision.Action == lists.Hold && decision.Why == lists.WhySender:
		return d.askAuthor(tx, in)
	case decision.Action == lists.Hold:
		if decision.Detail == "" && in.List.Rules.NoSales && in.Sender.ID != 0 {
			if decision.Detail, err = d.seemsToSell(tx, in.Sender, in.Letter); err != nil {
				return err
			}
		}
		return d.hold(tx, in, Why(decision.Why), decision.Detail)
	}
	calm, err := d.calming(tx, *in.List, in.Sender, in.Letter)
	if err != nil {
		return err
	}
	if calm != nil {
		return d.holdCalm(tx, in, *calm)
	}
	if done, err := d.asksNoSales(tx, in, known); done || err != nil {
		return err
	}
	return d.publish(tx, relay.Publication{Community: in.Community, List: *in.List, Letter: in.Letter, Author: in.Sender, Story: in.Story, Known: known})
}

// hold keeps a post that waits for a manager's word.
//
// rule is which rule of the list stands against it, of one by WhyRule.
func (d *Desk) hold(tx *db.Tx, in *lists.Incoming, why Why, rule string) error {
	if in.Sender.ID == 0 {
		if in.Finding.Refused {
			return lists.NoSuchAddress() // forged, whoever that may be
		}
		if err := roomForStranger(tx, in); err != nil {
			return err
		}
	}
	h, err := keepRuled(tx, in, why, rule)
	if err != nil {
		return err
	}
	if err := d.askManagers(tx, in.Community, h, in.Letter, ""); err != nil {
		return err
	}
	if in.Sender.ID == 0 {
		return nil // a stranger is not written to (P16)
	}
	return d.tellWaits(tx, in, h)
}

// How many letters of strangers wait for the managers of a list at once, and of one of them.
const (
	mostStrangers  = 50
	mostOfStranger = 3
)

// roomForStranger refuses more letters of strangers than managers can read: each costs every one of them a mail.
func roomForStranger(tx *db.Tx, in *lists.Incoming) error {
	all, theirs, err := countStrangers(tx, in.List.ID, in.From.Address)
	if err == nil && (all >= mostStrangers || theirs >= mostOfStranger) {
		err = refusal.Because(refusal.Limit, "The managers of %s have several letters to read before yours. Nothing is wrong with it; please send it again in a few days.", in.List.Address())
	}
	return err
}

// askAuthor asks whether a letter that nobody vouches for is really theirs. The question goes to the confirmed address, whoever wrote.
func (d *Desk) askAuthor(tx *db.Tx, in *lists.Incoming) error {
	readers, err := lists.Audience(tx, in.List.ID)
	if err != nil {
		return err
	}
	words, err := templates.WeakPost{
		Community: in.Community.Name, List: in.List.Title(), Subject: in.Letter.Subject(), Preview: notice.Preview(in.Letter), Readers: readers, Days: Days,
	}.Render()
	if err != nil {
		return err
	}
	return d.question(tx, in, WhySender, words)
}

// askDoor stops a letter at the door of a list and asks where it belongs.
func (d *Desk) askDoor(tx *db.Tx, in *lists.Incoming, doubts []templates.Doubt) error {
	has := func(k templates.DoubtKind) bool {
		return slices.ContainsFunc(doubts, func(d templates.Doubt) bool { return d.Kind == k })
	}
	why := WhyDoor
	switch {
	case has(templates.SlashFirst):
		why = WhySlash
	case has(templates.OwnName):
		why = WhyUnnamed
	case in.WithManagers:
		why = WhyBoth
	}
	readers, err := lists.Audience(tx, in.List.ID)
	if err != nil {
		return err
	}
	words, err := templates.WrongDoor{
		Community: in.Community.Name, List: in.List.Title(), Doubts: doubts, Delivered: why == WhyBoth, Never: why == WhySlash, Unnamed: why == WhyUnnamed, Word: why == WhyDoor && len(doubts) == 1 && has(templates.LooseOrder), Subject: lists.WithoutDoors(in.Letter.Subject()),
		Preview: notice.Preview(in.Letter), Readers: readers, Days: Days,
	}.Render()
	if err != nil {
		return err
	}
	return d.question(tx, in, why, words, doubts...)
}

// question holds a letter and asks its author, at the confirmed address that the letter bears. Somebody who is asked too often today
// is not asked again: the letter stays with its sender, who offers it later.
func (d *Desk) question(tx *db.Tx, in *lists.Incoming, why Why, words templates.Mail, doubts ...templates.Doubt) error {
	h, err := keep(tx, in, why, doubts...)
	if err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Asks, words)
	mail.Answer = "challenge"
	if mail.ReplyTo, err = d.Office.Confirm(tx, h.door(in.Community, in.Sender, toAuthor)); err != nil {
		return err
	}
	_, err = d.Office.Send(tx, mail)
	if errors.Is(err, notice.ErrEnough) {
		return refusal.Say(refusal.Limit, "door.enough")
	}
	return err
}

package moderation

import (
	"strings"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/relay"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// vote does what a manager decided.
func (d *Desk) vote(tx *db.Tx, in *lists.Incoming, h Held, word string, alone bool, rest string) error {
	first, _, _ := strings.Cut(strings.TrimSpace(in.Letter.NewText().Text), " ") // "NO?" asks
	second, only, _ := lists.Word(rest)
	known := h.Member != 0
	switch {
	case alone && (word == "OK" || word == "YES"):
		return d.Approve(tx, h, in.Sender.ID)
	case known && word == "OK" && second == "ALWAYS" && only && !strings.Contains(first, "?"):
		return d.ApproveAlways(tx, h, in.Sender.ID)
	case strings.Contains(first, "?"):
		word = strings.ToUpper(first)
	case word == "NO" && (alone || !lists.Polite(rest)):
		return d.Refuse(tx, h, in.Sender.ID, rest)
	case known && word == "ASK" && rest != "":
		if err := d.ask(tx, h, in.Sender.ID, rest); err != nil {
			return err
		}
		return d.tellDone(tx, in, h, true)
	case known && word == "FIX" && rest != "":
		if err := d.giveBack(tx, h, in.Sender.ID, rest); err != nil {
			return err
		}
		return d.tellDone(tx, in, h, false)
	}
	if !known {
		return d.tellWords(tx, in, h, templates.AskStranger, word)
	}
	return d.tellWords(tx, in, h, templates.AskHeld, word)
}

// Approve publishes a held post by a manager's or the operator's word. A first post that passes is its author's first step of trust.
func (d *Desk) Approve(tx *db.Tx, h Held, by lists.MemberID) error {
	return d.approve(tx, h, by, false)
}

// ApproveAlways is Approve, and lets what its author writes pass from now on.
func (d *Desk) ApproveAlways(tx *db.Tx, h Held, by lists.MemberID) error {
	if h.Member == 0 {
		return refusal.Because(refusal.NotAllowed, "The author of the letter %d is no member, so it cannot be let pass always.", h.ID)
	}
	return d.approve(tx, h, by, true)
}

func (d *Desk) approve(tx *db.Tx, h Held, by lists.MemberID, always bool) error {
	if err := h.open(); err != nil {
		return err
	}
	l, err := openList(tx, h)
	if err != nil {
		return err
	}
	post, err := d.letterOf(tx, h)
	if err != nil {
		return err
	}
	author, to := lists.Member{}, 0
	if h.Member != 0 {
		if author, err = lists.MemberByID(tx, h.Member); err != nil {
			return err
		}
		if author.State != lists.Active && author.State != lists.Paused {
			return refusal.Say(refusal.NotAllowed, "held.author", h.ID)
		}
		if to, err = next(tx, author, always); err != nil {
			return err
		}
	}
	if err := d.end(tx, h, Published, by, ""); err != nil {
		return err
	}
	if err := d.tellEnd(tx, h, templates.Posted, freedom(l, author.Trust, to)); err != nil {
		return err
	}
	if err := d.publish(tx, relay.Publication{List: l, Letter: post, Author: author, Story: h.Story}); err != nil {
		return err
	}
	if author.ID != 0 {
		if _, err := d.step(tx, author, to, byPost, by); err != nil {
			return err
		}
	}
	return d.ponder(tx, l)
}

// Refuse gives a held post up by a manager's or the operator's word; its author is told the reason in the manager's own words, without
// anything by which the manager could be known or reached (product.md G1).
func (d *Desk) Refuse(tx *db.Tx, h Held, by lists.MemberID, reason string) error {
	if err := h.open(); err != nil {
		return err
	}
	reason, err := discreet(tx, by, reason)
	if err != nil {
		return err
	}
	if err := d.end(tx, h, Refused, by, "refused by a manager"); err != nil {
		return err
	}
	if err := d.tellRefused(tx, h, reason); err != nil {
		return err
	}
	l, err := lists.ListByID(tx, h.List)
	if err != nil {
		return err
	}
	return d.ponder(tx, l)
}

// discreet takes a manager's signature off a reason, and leaves out the lines that show who it is.
func discreet(tx *db.Tx, by lists.MemberID, reason string) (string, error) {
	if by == 0 {
		return lists.WithoutDoors(reason), nil
	}
	m, err := lists.MemberByID(tx, by)
	if err != nil {
		return "", err
	}
	own, err := lists.Addresses(tx, by)
	if err != nil {
		return "", err
	}
	reason, slips := lists.Discreet(reason, m, own)
	lines := strings.Split(reason, "\n")
	for _, s := range slips {
		lines[s.Line-1] = "…"
	}
	reason = strings.TrimSpace(lists.Unsigned(strings.Join(lines, "\n"), m))
	if strings.Trim(reason, "… \n") == "" {
		return "", nil // nothing is left to be told
	}
	return reason, nil
}

// open tells why nobody but the author may decide about a letter: it is decided, or it may be private.
func (h Held) open() error {
	switch {
	case h.State != Waiting:
		return decided(h)
	case h.Why.authors():
		return refusal.Because(refusal.NotAllowed, "Only its author can decide about the letter %d: it may be a private one.", h.ID)
	}
	return nil
}

func decided(h Held) error {
	return refusal.Because(refusal.Conflict, "The letter %d was decided already: it is %s.", h.ID, h.State)
}

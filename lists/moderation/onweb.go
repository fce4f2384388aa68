package moderation

import (
	"strings"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// On the web a manager sees what the questions by mail show, and decides by what their words mean. A letter that managers were never asked
// about is not there (P15).

// noSuchPost is the refusal for all that is not there for a manager.
func noSuchPost() error {
	return refusal.Because(refusal.NotFound, "There is no held post of your community by that name.")
}

// forManager finds a letter of a manager's community that waits, or waited, for the managers' word.
func forManager(tx *db.Tx, manager lists.Member, id int64) (Held, error) {
	if !manager.Manager() {
		return Held{}, noSuchPost()
	}
	h, err := Find(tx, HeldID(id))
	switch {
	case refusal.KindOf(err) == refusal.NotFound && err != nil, err == nil && (h.Community != manager.Community || !h.Why.managers()):
		return Held{}, noSuchPost()
	}
	return h, err
}

// Waiting is what waits for the word of a manager, and what was given back to its author by one: the oldest first.
func (d *Desk) Waiting(tx *db.Tx, manager lists.Member) (at templates.HeldPlace, err error) {
	if !manager.Manager() {
		return at, noSuchPost()
	}
	c, err := lists.CommunityByID(tx, manager.Community)
	if err != nil {
		return at, err
	}
	at = templates.HeldPlace{Community: c.Name, Domain: c.Domain}
	all, err := List(tx, c.ID)
	if err != nil {
		return at, err
	}
	for _, h := range all {
		if !h.Why.managers() {
			continue
		}
		one, err := h.line(tx, c, manager)
		if err != nil {
			return at, err
		}
		at.Waiting = append(at.Waiting, one)
	}
	return at, nil
}

// line is the letter in a list. Its author is called as the community calls them.
func (h Held) line(tx *db.Tx, c lists.Community, reader lists.Member) (one templates.HeldLine, err error) {
	l, err := lists.ListByID(tx, h.List)
	if err != nil {
		return one, err
	}
	zone := reader.Zone(c)
	one = templates.HeldLine{
		ID: int64(h.ID), Subject: h.Subject, Author: h.From, List: l.Title(), Reason: h.Why.reason(), Rule: h.Rule, Back: h.Why == WhyFix,
		Since: h.Asked.In(zone), Until: expiryDate(h.Asked).In(zone), Waited: h.waited(tx.Now),
	}
	if one.Hours, err = h.late(tx, c, l); err != nil || h.Member == 0 {
		return one, err
	}
	m, err := lists.MemberByID(tx, h.Member)
	if m.Name != "" {
		one.Author = m.Name + " (" + h.From + ")"
	}
	return one, err
}

// Look shows a manager one letter that waits, or over is how it was decided.
func (d *Desk) Look(tx *db.Tx, manager lists.Member, id int64) (v templates.HeldView, over *templates.AlreadyDecided, err error) {
	h, err := forManager(tx, manager, id)
	if err != nil {
		return v, nil, err
	}
	c, l, err := h.place(tx)
	if err != nil {
		return v, nil, err
	}
	if h.State != Waiting {
		end, err := h.decidedFor(tx, c, l, manager)
		return v, &end, err
	}
	post, err := d.letterOf(tx, h)
	if err != nil {
		return v, nil, err
	}
	zone := manager.Zone(c)
	v = templates.HeldView{
		ID: int64(h.ID), Version: h.Version, Back: h.Why == WhyFix, Question: templates.Said(h.question), Since: h.Asked.In(zone), Until: expiryDate(h.Asked).In(zone),
	}
	v.Post, err = h.asks(tx, c, post, h.said)
	return v, nil, err
}

// Decide does what a manager chose about the text of that version, by the same words as by mail, and tells what was done. It is nothing
// when somebody else decided first, or the author has changed the text meanwhile.
func (d *Desk) Decide(tx *db.Tx, manager lists.Member, id int64, version int, word, text string) (templates.HeldDeed, error) {
	h, err := forManager(tx, manager, id)
	text = strings.TrimSpace(letter.CleanText(text))
	known := h.Member != 0
	switch {
	case err != nil:
		return "", err
	case h.State != Waiting:
		return templates.HeldLate, nil
	case h.Version != version:
		return templates.HeldNewer, nil
	case word == "OK":
		return templates.HeldPosted, d.Approve(tx, h, manager.ID)
	case word == "OK ALWAYS" && known:
		return templates.HeldAlways, d.ApproveAlways(tx, h, manager.ID)
	case word == "NO":
		return templates.HeldRefused, d.Refuse(tx, h, manager.ID, text)
	case word == "ASK" && known:
		return templates.HeldAsked, d.ask(tx, h, manager.ID, text)
	case word == "FIX" && known:
		return templates.HeldBack, d.giveBack(tx, h, manager.ID, text)
	}
	return templates.HeldUnclear, nil
}

package moderation

import (
	"fmt"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
)

// askManagers lets the managers decide about a post.
//
// said is what its author answered to a question about it; "" is nothing.
func (d *Desk) askManagers(tx *db.Tx, c lists.Community, h Held, post *letter.Letter, said string) error {
	managers, err := lists.Managers(tx, c.ID)
	if err != nil {
		return err
	}
	if err := d.clear(tx, h); err != nil {
		return err
	}
	t, err := h.asks(tx, c, post, said)
	if err != nil {
		return err
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	for _, m := range managers {
		mail := notice.ToMember(c, m, notice.Votes, words)
		mail.Story = h.Story
		if mail.ReplyTo, err = d.Office.Vote(tx, h.door(c, m, toManager)); err != nil {
			return err
		}
		sent, err := d.Office.Send(tx, mail)
		if err != nil {
			return err
		}
		if err := d.Office.File(tx, sent, m.ID, Folder, h.object()); err != nil {
			return err
		}
	}
	return nil
}

// asks is what managers are asked about a post, and all that they should see before they answer. said is what its author answered to them.
func (h Held) asks(tx *db.Tx, c lists.Community, post *letter.Letter, said string) (t templates.HeldPost, err error) {
	l, err := lists.ListByID(tx, h.List)
	if err != nil {
		return t, err
	}
	late, err := h.late(tx, c, l)
	if err != nil {
		return t, err
	}
	first, err := h.first(tx)
	if err != nil {
		return t, err
	}
	t = templates.HeldPost{Community: c.Name, List: l.Title(), Author: shown(post), Reason: h.Why.reason(), Subject: h.Subject, Days: Days, Stranger: h.Member == 0, Waited: h.waited(tx.Now), Said: templates.Said(said), Rule: h.Rule, Hours: late, First: first}
	t.Preview, t.More = notice.Whole(post)
	for _, a := range post.Attachments() {
		t.Files = append(t.Files, a.Name)
	}
	return t, nil
}

// shown is an author as managers read it: Dana Reyes (dana@north.example).
func shown(post *letter.Letter) string {
	a, err := post.Author()
	if err != nil || a.Name == "" {
		return a.Address.String()
	}
	return fmt.Sprintf("%s (%s)", a.Name, a.Address)
}

// tellWaits tells an author that the managers were asked, at the address they wrote from.
func (d *Desk) tellWaits(tx *db.Tx, in *lists.Incoming, h Held) error {
	words, err := d.waits(tx, in.Community, h)
	if err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Tells, words)
	mail.Answer = fmt.Sprintf("waits:%d", h.ID) // a word for each post: no post waits without one
	if mail.ReplyTo, err = d.Office.Confirm(tx, h.door(in.Community, in.Sender, toAuthor)); err != nil {
		return err
	}
	return d.Office.SendIfDue(tx, mail)
}

func (d *Desk) waits(tx *db.Tx, c lists.Community, h Held) (templates.Mail, error) {
	l, err := lists.ListByID(tx, h.List)
	if err != nil {
		return templates.Mail{}, err
	}
	return templates.PostWaits{Community: c.Name, List: l.Title(), Reason: h.Why.reason(), Subject: h.Subject, PerHour: l.PostsPerHour, Waited: h.waited(tx.Now), Days: Days, Rule: h.Rule}.Render()
}

// Expiry is what the calendar calls when the time of a held letter is over.
func (d *Desk) Expiry() (calendar.Kind, calendar.Handler) { return Expire, d.expired }

// expired gives a held letter up and tells its author; nothing is ever published by the clock. Of one that was decided long ago it
// forgets the rest.
func (d *Desk) expired(tx *db.Tx, due calendar.Due) error {
	h, err := find(tx, HeldID(due.Object))
	if err != nil {
		return err
	}
	if h.State != Waiting {
		return h.forget(tx)
	}
	if err := d.end(tx, h, Expired, 0, fmt.Sprintf("nobody answered in %d days", Days)); err != nil {
		return err
	}
	if err := d.tellEnd(tx, h, h.outcome(Expired), ""); err != nil || h.Why.authors() || h.Why == WhySender || h.Why == WhySales {
		return err
	}
	return d.tellForgotten(tx, h)
}

// tellForgotten tells the managers that none of them decided.
func (d *Desk) tellForgotten(tx *db.Tx, h Held) error {
	c, l, err := h.place(tx)
	if err != nil {
		return err
	}
	words, err := templates.HeldForgotten{Community: c.Name, List: l.Title(), Subject: h.Subject, Author: h.From, Told: h.Member != 0, Days: Days}.Render()
	if err != nil {
		return err
	}
	managers, err := lists.Managers(tx, c.ID)
	for _, m := range managers {
		if err == nil {
			mail := notice.ToMember(c, m, notice.Tells, words)
			mail.Story = h.Story
			_, err = d.Office.Send(tx, mail)
		}
	}
	return err
}

// Drag is the calendar's kind for held letters about which nobody has decided for long.
const Drag calendar.Kind = "held.drag"

// When the managers are asked once more and the author is told: after the first time, and then again.
const (
	dragFirst = 2 * 24 * time.Hour
	dragNext  = 5 * 24 * time.Hour
)

// Dragging is what the calendar calls when a held letter has waited long.
func (d *Desk) Dragging() (calendar.Kind, calendar.Handler) { return Drag, d.drags }

// drags asks the managers once more, and tells the author that their post is not forgotten.
func (d *Desk) drags(tx *db.Tx, due calendar.Due) error {
	h, err := find(tx, HeldID(due.Object))
	if err != nil || h.State != Waiting || !h.Why.patient() {
		return err
	}
	c, l, err := h.place(tx)
	if err != nil {
		return err
	}
	late, err := h.late(tx, c, l)
	if err != nil {
		return err
	}
	if h.waited(tx.Now) > 0 || late > 0 { // else the list is founding no more
		post, err := d.letterOf(tx, h)
		if err != nil {
			return err
		}
		if err := d.askManagers(tx, c, h, post, ""); err != nil {
			return err
		}
	}
	next, err := h.nextDrag(tx)
	if err != nil {
		return err
	}
	if next.Before(expiryDate(h.Asked)) {
		if err := calendar.Set(tx, Drag, int64(h.ID), next); err != nil {
			return err
		}
	}
	if h.waited(tx.Now) == 0 {
		return nil // that managers are a few hours late is between us and them
	}
	return d.tellStill(tx, c, h)
}

// nextDrag is when the managers are asked next: after the duty hours within which it should be decided, after two days, and then again.
func (h Held) nextDrag(tx *db.Tx) (time.Time, error) {
	next := h.Asked.Add(dragFirst)
	if !next.After(tx.Now) {
		next = tx.Now.Add(dragNext)
	}
	c, l, err := h.place(tx)
	if err != nil {
		return next, err
	}
	hours, ok, err := h.soon(tx, c, l)
	if err != nil {
		return next, err
	}
	if soon := c.Duty.After(h.Asked, hours, c.Zone()); ok && soon.After(tx.Now) && soon.Before(next) {
		next = soon
	}
	return next, nil
}

// newcomerDue is within how many duty hours the post of a new member should be decided (product.md C2).
const newcomerDue = 2

// soon is how much duty time may pass until the managers are asked once more about a letter, within the first days: less about a new
// member's, and about every one for a list that is founding. False when nothing is said about it.
func (h Held) soon(tx *db.Tx, c lists.Community, l lists.List) (time.Duration, bool, error) {
	due := c.Duty.Founding().Due
	first, err := h.first(tx)
	switch {
	case err != nil:
		return 0, false, err
	case first:
		return time.Duration(min(due, newcomerDue)) * time.Hour, true, nil
	case l.Stage == lists.Founding:
		return time.Duration(due) * time.Hour, true, nil
	}
	return 0, false, nil
}

// first tells whether a new member wrote it, of whom nothing was let pass yet.
func (h Held) first(tx *db.Tx) (bool, error) {
	if h.Member == 0 {
		return false, nil
	}
	m, err := lists.MemberByID(tx, h.Member)
	return m.Trust == lists.New, err
}

// late is how many duty hours a letter has waited when that is too long and no day is over yet; 0 otherwise.
func (h Held) late(tx *db.Tx, c lists.Community, l lists.List) (int, error) {
	soon, ok, err := h.soon(tx, c, l)
	if err != nil || !ok || h.waited(tx.Now) > 0 || c.Duty.Between(h.Asked, tx.Now, c.Zone()) < soon {
		return 0, err
	}
	return int(soon / time.Hour), nil
}

// tellStill tells an author that the managers were asked once more.
func (d *Desk) tellStill(tx *db.Tx, c lists.Community, h Held) error {
	if h.Member == 0 {
		return nil
	}
	m, err := lists.MemberByID(tx, h.Member)
	if err != nil {
		return err
	}
	words, err := d.waits(tx, c, h)
	if err != nil {
		return err
	}
	mail := notice.ToMember(c, m, notice.Tells, words)
	mail.Story = h.Story
	if mail.ReplyTo, err = d.Office.Confirm(tx, h.door(c, m, toAuthor)); err != nil {
		return err
	}
	_, err = d.Office.Send(tx, mail)
	return err
}

// waited is for how many days a letter has waited; 0 on the first two.
func (h Held) waited(now time.Time) int {
	if days := int(now.Sub(h.Asked) / (24 * time.Hour)); days > 1 {
		return days
	}
	return 0
}

func expiryDate(now time.Time) time.Time { return now.AddDate(0, 0, Days) }

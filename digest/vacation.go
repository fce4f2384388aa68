package digest

import (
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
)

// vacationOver is due for a member who is back: what they missed comes as one issue, whatever they get of a list. Their next slot is at
// its usual distance from it.
func (e *Editor) vacationOver(tx *db.Tx, due calendar.Due) error {
	id := lists.MemberID(due.Object)
	v, ok, err := lists.VacationOf(tx, id)
	if err != nil || !ok {
		return err
	}
	subs, err := lists.Subscriptions(tx, id)
	if err != nil {
		return err
	}
	for _, s := range subs {
		if err := e.missedPosts(tx, s, v); err != nil {
			return err
		}
	}
	if err := lists.EndVacation(tx, id); err != nil {
		return err
	}
	r, err := load(tx, id)
	if err != nil || !r.reads() {
		return err
	}
	if err := e.cursors(tx, id, r); err != nil {
		return err
	}
	_, err = e.issue(tx, r, tx.Now, tx.Now.Add(time.Microsecond))
	return err
}

// missedPosts gives a member who gets every post of a list a place in it, from which the issue of what they missed begins.
func (e *Editor) missedPosts(tx *db.Tx, s lists.Subscription, v lists.Vacation) error {
	if s.Delivery != lists.Each {
		return nil
	}
	if _, open, err := place(tx, s); err != nil || open {
		return err // they changed over from the digest: that issue is still to come, and holds these posts, too
	}
	from := v.Begin
	if from.Before(s.Changed) {
		from = s.Changed
	}
	l, err := lists.ListByID(tx, s.List)
	if err != nil {
		return err
	}
	seq, err := e.Store.Newest(tx, l.Box, from)
	if err != nil {
		return err
	}
	return beginAt(tx, s, seq)
}

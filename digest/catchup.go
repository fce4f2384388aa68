package digest

import (
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
)

// catchUp is due for a member whose mail had stopped, because it came back, and who was heard again: what they missed comes as one
// issue, whatever they get of a list, the issues that came back included (M19). What they asked for meanwhile counts: who wants
// nothing now gets nothing.
func (e *Editor) catchUp(tx *db.Tx, due calendar.Due) error {
	id := lists.MemberID(due.Object)
	pause, ok, err := lists.PauseOf(tx, id)
	if err != nil || !ok || pause.Until.IsZero() {
		return err
	}
	r, err := load(tx, id)
	if err != nil {
		return err
	}
	if r.member.State == lists.Active {
		if err := e.rewind(tx, r, pause); err != nil {
			return err
		}
		if r, err = load(tx, id); err != nil {
			return err
		}
		if r.reads() {
			wrote, err := e.issue(tx, r, tx.Now, tx.Now.Add(time.Microsecond))
			if err != nil {
				return err
			}
			if wrote {
				if err := supersedeBounced(tx, id); err != nil {
					return err
				}
			}
		}
	}
	return lists.EndPause(tx, id)
}

// rewind puts a reader back to where their mail began to fail, in every list of which they get something.
func (e *Editor) rewind(tx *db.Tx, r reader, pause lists.Pause) error {
	lost, err := lostSince(tx, r.member.ID, pause.Since)
	if err != nil {
		return err
	}
	subs, err := lists.Subscriptions(tx, r.member.ID)
	if err != nil {
		return err
	}
	for _, s := range subs {
		if s.Delivery == lists.None {
			continue
		}
		from := pause.Since // posts came one by one
		_, reads, err := place(tx, s)
		if err != nil {
			return err
		}
		begin := s.Since
		if reads && !s.Changed.Equal(pause.Until) {
			from, begin = lost, s.Changed // by digest
		}
		if from.Before(begin) {
			from = begin
		}
		l, err := lists.ListByID(tx, s.List)
		if err != nil {
			return err
		}
		seq, err := e.Store.Newest(tx, l.Box, from)
		if err != nil {
			return err
		}
		if !reads {
			err = beginAt(tx, s, seq)
		} else {
			err = setBack(tx, s.Member, s.List, seq)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// lostSince is from when on the posts are missed that issues brought: the close of the last issue that arrived before one came back.
// Without such an issue it is when mail began to fail; a place in a list is never moved on.
func lostSince(tx *db.Tx, m lists.MemberID, since time.Time) (time.Time, error) {
	ids, err := lists.Missed(tx, m)
	if err != nil {
		return since, err
	}
	for _, id := range ids {
		slots, err := sentBefore(tx, m, id)
		if err != nil {
			return since, err
		}
		switch n := len(slots); {
		case n == 0:
			continue
		case n == 1:
			return time.Time{}, nil // the first of all
		case slots[n-2].Before(since):
			since = slots[n-2].Add(-settle)
		}
	}
	return since, nil
}

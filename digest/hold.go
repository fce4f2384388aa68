package digest

import (
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
)

// holdEnds is the calendar's kind for the end of a stop that nobody has ended.
const holdEnds calendar.Kind = "digest.hold"

// release ends a hold: every issue that waits is due now.
func (e *Editor) release(tx *db.Tx, c lists.CommunityID, h hold) error {
	h.until = tx.Now
	if err := saveHold(tx, c, h); err != nil {
		return err
	}
	if err := calendar.Clear(tx, holdEnds, int64(c)); err != nil {
		return err
	}
	waiting, err := readersWaiting(tx, c, tx.Now)
	if err != nil {
		return err
	}
	for _, m := range waiting {
		if err := calendar.Set(tx, Slot, int64(m), tx.Now); err != nil {
			return err
		}
	}
	return nil
}

// holdOver lets the digests go whose managers forgot them, and tells the managers (product.md A10).
func (e *Editor) holdOver(tx *db.Tx, due calendar.Due) error {
	c, err := lists.CommunityByID(tx, lists.CommunityID(due.Object))
	if err != nil {
		return err
	}
	h, err := holdOf(tx, c.ID)
	if err != nil || h.until.After(tx.Now) {
		return err
	}
	by, err := lists.MemberByID(tx, h.by)
	if err != nil {
		return err
	}
	managers, err := lists.Managers(tx, c.ID)
	if err != nil {
		return err
	}
	words, err := templates.HoldOver{By: by.FirstName(), Since: h.since.In(c.Zone()), Until: h.until.In(c.Zone())}.Render()
	if err != nil {
		return err
	}
	for _, m := range managers {
		if _, err := e.Office.Send(tx, notice.ToMember(c, m, notice.Tells, words)); err != nil {
			return err
		}
	}
	return nil
}

// held tells whether an issue has to wait: then its date is the end of the hold. An issue that waited is late only since that end.
func (e *Editor) held(tx *db.Tx, c lists.CommunityID, slot time.Time) (waits bool, since time.Time, err error) {
	h, err := holdOf(tx, c)
	switch {
	case err != nil:
	case h.holds(tx.Now):
		return true, h.until, nil
	case h.holds(slot):
		return false, h.until, nil
	}
	return false, slot, err
}

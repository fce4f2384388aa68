package digest

import (
	"slices"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/smtpd/queue"
	"backchannel/templates"
)

// holdEnds is the calendar's kind for the end of a stop that nobody has ended.
const holdEnds calendar.Kind = "digest.hold"

// longestWay is how long the queue tries to deliver a copy, and a day more.
const longestWay = 6 * 24 * time.Hour

// stopWritten keeps back the issues of a community that are written already and still wait to be delivered, and counts them. An attempt
// under way is not broken off.
func (e *Editor) stopWritten(tx *db.Tx, c lists.Community) (n int, err error) {
	all, err := writtenSince(tx, tx.Now.Add(-longestWay))
	if err != nil || len(all) == 0 {
		return 0, err
	}
	members, err := lists.Members(tx, c.ID)
	if err != nil {
		return 0, err
	}
	of := map[lists.MemberID]bool{}
	for _, m := range members {
		of[m.ID] = true
	}
	for _, i := range all {
		if !of[i.member] {
			continue
		}
		did, err := e.stopIssue(tx, c, i)
		if err != nil {
			return n, err
		}
		if did {
			n++
		}
	}
	return n, nil
}

// stopIssue keeps back one issue, if its copy is still owed. It leaves its reader's folder, too, where it lies after an attempt that failed:
// nobody reads in IMAP what managers have stopped. What may have arrived stays there.
func (e *Editor) stopIssue(tx *db.Tx, c lists.Community, i issueInfo) (bool, error) {
	n, err := queue.HoldSource(tx, source(i.id), stopped(c))
	if err != nil || n == 0 {
		return false, err
	}
	owed, err := queue.OfSource(tx, source(i.id))
	if err != nil {
		return false, err
	}
	if !slices.ContainsFunc(owed, func(c queue.Listing) bool { return c.Begun }) {
		if err := e.unfile(tx, i); err != nil {
			return false, err
		}
	}
	return true, setFate(tx, i.id, heldBack)
}

// StoppedUntil is when the stop ends with which managers keep the digests of a community back; the zero time while there is none.
func (e *Editor) StoppedUntil(tx *db.Tx, c lists.CommunityID) (time.Time, error) {
	h, err := holdOf(tx, c)
	if err != nil || !h.holds(tx.Now) {
		return time.Time{}, err
	}
	return h.until, nil
}

// stopped is why copies of issues are held, in the words of the queue.
func stopped(c lists.Community) string {
	return "its managers have stopped the digests of " + c.Domain
}

// release ends a hold: every issue that waits is due now.
func (e *Editor) release(tx *db.Tx, c lists.Community, h hold) error {
	h.until = tx.Now
	if err := saveHold(tx, c.ID, h); err != nil {
		return err
	}
	if err := calendar.Clear(tx, holdEnds, int64(c.ID)); err != nil {
		return err
	}
	return letGo(tx, c)
}

// letGo lets all go that a hold has kept: what is written, and every issue whose date has come. Some of these were put off until a later end
// of the hold than the one that came.
func letGo(tx *db.Tx, c lists.Community) error {
	if _, err := queue.ReleaseHeld(tx, stopped(c)); err != nil {
		return err
	}
	waiting, err := readersWaiting(tx, c.ID, tx.Now)
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
	if err := letGo(tx, c); err != nil {
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

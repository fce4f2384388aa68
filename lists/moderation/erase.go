package moderation

import (
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
)

// Erase drops the letters of a member that wait because they may be private, and the subjects of those that were decided, for FORGET
// (product.md B14), and what they answered to managers. Posts that wait for a manager stay: they were for everyone.
func (d *Desk) Erase(tx *db.Tx, m lists.Member, until time.Time) error {
	if err := eraseAnswers(tx, m.ID, until); err != nil {
		return err
	}
	all, err := privateOf(tx, m.ID, until)
	if err != nil {
		return err
	}
	for _, h := range all {
		if h.State == Waiting {
			if err := d.end(tx, h, Dropped, 0, "its author wanted their private letters erased"); err != nil {
				return err
			}
		}
		if h.State != Published {
			if err := h.forget(tx); err != nil {
				return err
			}
		}
		if _, err := d.Office.Store.EraseLetters(tx, h.Story); err != nil {
			return err
		}
	}
	return nil
}

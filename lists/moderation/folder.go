package moderation

import (
	"backchannel/archive/db"
	"backchannel/lists"
)

// Folder is the private mailbox of each manager in which the questions about held posts lie, as long as they wait.
const Folder = "Held posts"

// object is what the copies in the folders are about. Conversations have numbers of their own, above zero.
func (h Held) object() int64 { return -int64(h.ID) }

// end decides a held letter, and takes the questions about it out of the managers' folders.
func (d *Desk) end(tx *db.Tx, h Held, as State, by lists.MemberID, detail string) error {
	if err := h.close(tx, as, by, detail); err != nil {
		return err
	}
	return d.clear(tx, h)
}

// clear takes the questions about a held letter out of the managers' folders.
func (d *Desk) clear(tx *db.Tx, h Held) error {
	managers, err := lists.Managers(tx, h.Community)
	if err != nil {
		return err
	}
	for _, m := range managers {
		copies, err := d.Office.Store.PrivateOf(tx, int64(m.ID), h.object())
		if err != nil {
			return err
		}
		for _, c := range copies {
			if err := d.Office.Store.Expunge(tx, c.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// Moved does what moving a question out of the folder means: the post is approved, or refused without a reason. A question that shows an
// older text than the one that waits was taken away when the text changed. It refuses what cannot be, in a sentence.
func (d *Desk) Moved(tx *db.Tx, manager lists.Member, object int64, approve bool) error {
	if !manager.Manager() {
		return lists.NoSuchAddress()
	}
	h, err := Find(tx, HeldID(-object))
	if err != nil {
		return err
	}
	if h.Community != manager.Community {
		return noSuchPost()
	}
	if approve {
		return d.Approve(tx, h, manager.ID)
	}
	return d.Refuse(tx, h, manager.ID, "")
}

package desk

import (
	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates/refusal"
)

// mayDecide tells whether a move from or to the folders of held posts can mean anything.
func mayDecide(from, to folder) error {
	var why string
	switch {
	case from.kind != ofHeld:
		why = "Only posts that wait for a manager lie here, and they come by themselves."
	case to.kind != ofHeld || to.shelf == heldPosts:
		why = "A post that waits can be moved into Approve or into Refuse."
	case to.member.ID != from.member.ID:
		why = "A post stays with the community it was written to."
	default:
		return nil
	}
	return refusal.Because(refusal.NotAllowed, "%s Nothing was moved.", why)
}

// undecided refuses to delete a post that waits.
func undecided() error {
	return refusal.Because(refusal.NotAllowed, "A post that waits goes away by itself when somebody decides. To refuse it, move it into Refuse; to give its author a reason, reply NO and the reason.")
}

// decideHeld approves or refuses the posts that these copies are about. They are gone from all managers' folders then.
func (a *account) decideHeld(tx *db.Tx, uids []uint32, ids map[uint32]archive.PrivateMessageID, to folder) error {
	manager, err := lists.MemberByID(tx, to.member.ID)
	if err != nil {
		return err
	}
	for _, uid := range uids {
		id, here := ids[uid]
		if !here {
			continue
		}
		copied, err := a.Store.PrivateMessage(tx, id)
		if err != nil {
			if refusal.KindOf(err) == refusal.NotFound {
				continue // it went with another about the same post
			}
			return err
		}
		if err := a.Posts.Moved(tx, manager, copied.Object, to.shelf == approve); err != nil {
			if r, ok := refusal.As(err); ok && !r.Kind.Temporary() {
				return refusal.Because(refusal.NotAllowed, "%s Nothing was moved.", r.Sentence)
			}
			return err
		}
	}
	return nil
}

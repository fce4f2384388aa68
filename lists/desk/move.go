package desk

import (
	"cmp"
	"context"
	"slices"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/imapd"
	"backchannel/lists"
	"backchannel/lists/backchannel"
	"backchannel/templates/refusal"
)

// keepLetters is what deleting means in the back-channel: nothing is ever destroyed there.
func keepLetters(*db.Tx, []archive.PrivateMessageID) error {
	return refusal.Because(refusal.NotAllowed, "Letters to the managers are kept, so none was deleted. If you are done with this one, please move it to Closed instead.")
}

// markLetters refuses the mark of deletion where it is set, so that no letter stands there crossed out and stays.
func markLetters(tx *db.Tx, ids []archive.PrivateMessageID, op imapd.FlagOp, flags []string) error {
	if op != imapd.Remove && slices.Contains(flags, imapd.Deleted) {
		return keepLetters(tx, ids)
	}
	return nil
}

// Move does what moving letters means: in the back-channel it is a decision about their conversations. Everything else stays where it
// is, and the person is told where it could go.
func (a *account) Move(ctx context.Context, from imapd.View, uids []uint32, to string) (moved []imapd.Moved, err error) {
	source, ok := from.(view)
	if !ok {
		return nil, notThere()
	}
	err = a.DB.Update(ctx, func(tx *db.Tx) error {
		// Both rights are asked for here and now: the manager may have lost the role since the folder was opened.
		if err := a.may(source.folder)(tx); err != nil {
			return err
		}
		target, err := a.look(tx, to)
		if err != nil {
			return err
		}
		if err := mayMove(source.folder, target); err != nil {
			return err
		}
		ids, err := source.letters.IDs(tx, uids)
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := a.act(tx, source.member.ID, uids, ids, target); err != nil {
			return err
		}
		moved, err = a.places(tx, ids, target)
		return err
	})
	return moved, err
}

// Copy is Move. NeoMutt, older Outlooks and others move a letter by copying it and then deleting the original, which is gone by then;
// and nothing lies in the back-channel twice.
func (a *account) Copy(ctx context.Context, from imapd.View, uids []uint32, to string) ([]imapd.Moved, error) {
	return a.Move(ctx, from, uids, to)
}

// mayMove tells whether a move from one folder to another can mean anything.
func mayMove(from, to folder) error {
	var why string
	switch {
	case from.kind == ofList:
		why = "Posts stay on their list. To keep one for yourself, please copy it into a folder of your own mail program."
	case from.kind == ofDigests:
		why = "Digests stay here. To keep one for yourself, please copy it into a folder of your own mail program."
	case from.kind != ofLetters:
		why = "A draft stays in Drafts until you send it from your mail program."
	case to.kind == ofList:
		why = "What was said in private does not go onto a list. Nobody has seen it."
	case to.kind != ofLetters:
		why = "Letters to the managers stay in the back-channel. You can move this one to Mine, Closed or New."
	case to.member.ID != from.member.ID:
		why = "A letter stays with the community it was written to."
	case to.shelf == from.shelf:
		why = "This letter is in that folder already."
	case to.shelf == backchannel.FolderWaiting:
		why = "Letters come to Waiting by themselves: answer this one, and it goes there."
	case to.shelf == backchannel.FolderNew && from.shelf == backchannel.FolderWaiting:
		why = "This letter waits for somebody's answer, and comes back by itself when there is one. You can take it by moving it to Mine, or end it by moving it to Closed."
	}
	if why == "" {
		return nil
	}
	return refusal.Because(refusal.NotAllowed, "%s Nothing was moved.", why)
}

// act decides about the conversations of these letters, each once. All letters of a conversation move together, in the folders of all
// managers.
func (a *account) act(tx *db.Tx, who lists.MemberID, uids []uint32, ids map[uint32]archive.PrivateMessageID, to folder) error {
	manager, err := lists.MemberByID(tx, who)
	if err != nil {
		return err
	}
	done := map[int64]bool{}
	for _, uid := range uids { // in their order, so that the new UIDs are in it too
		id, here := ids[uid]
		if !here {
			continue
		}
		m, err := a.Store.PrivateMessage(tx, id)
		if err != nil {
			return err
		}
		if done[m.Object] {
			continue
		}
		done[m.Object] = true
		if err := a.decide(tx, backchannel.ConvID(m.Object), manager, to); err != nil {
			return err
		}
	}
	return nil
}

// decide does to a conversation what the folder stands for.
func (a *account) decide(tx *db.Tx, id backchannel.ConvID, manager lists.Member, to folder) error {
	c, err := a.Box.ByID(tx, manager, id)
	if err != nil && refusal.KindOf(err) == refusal.NotFound {
		return refusal.Because(refusal.NotFound, "This letter is not yours to see any more. Nothing was moved.")
	}
	if err != nil {
		return err
	}
	switch to.shelf {
	case backchannel.FolderMine:
		return a.Box.Claim(tx, c, manager)
	case backchannel.FolderClosed:
		return a.Box.Close(tx, c, manager)
	}
	return a.Box.Release(tx, c, manager)
}

// places tells where letters lie after a move. One that is not in the folder it was moved to has a conversation whose state does not
// belong there: then nothing at all is changed.
func (a *account) places(tx *db.Tx, ids map[uint32]archive.PrivateMessageID, to folder) ([]imapd.Moved, error) {
	box, err := a.Store.CreatePrivate(tx, int64(to.member.ID), to.shelf)
	if err != nil {
		return nil, err
	}
	st, err := a.Store.PrivateStatus(tx, box, int64(to.member.ID))
	if err != nil {
		return nil, err
	}
	var moved []imapd.Moved
	for uid, id := range ids {
		m, err := a.Store.PrivateMessage(tx, id)
		if err != nil {
			return nil, err
		}
		if m.Mailbox != box {
			return nil, refusal.Because(refusal.NotAllowed, "This letter was answered and waits for somebody's reply; it comes back by itself when there is one. To end it, move it to Closed. Nothing was moved.")
		}
		moved = append(moved, imapd.Moved{From: uid, Place: imapd.Place{Validity: st.UIDValidity, UID: m.UID}})
	}
	slices.SortFunc(moved, func(x, y imapd.Moved) int { return cmp.Compare(x.From, y.From) })
	return moved, nil
}

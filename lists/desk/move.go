package desk

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/imapd"
	"backchannel/lists"
	"backchannel/lists/backchannel"
	"backchannel/templates/refusal"
)

// kept refuses to delete what stays: nothing is ever destroyed in the back-channel.
func kept(what string) error {
	return refusal.Because(refusal.NotAllowed, "%s are kept, so none was deleted.", what)
}

// mayDelete tells whether deleting can mean anything in a folder.
func mayDelete(f folder) error {
	switch f.shelf {
	case backchannel.FolderClosed:
		return kept("Letters to the managers")
	case backchannel.FolderNotes:
		return kept("Notes")
	}
	return nil
}

// deleteLetters is what deleting means in the back-channel: the letter is done, and lies in Closed. An answer that came back is forgotten.
func (a *account) deleteLetters(tx *db.Tx, f folder, ids []archive.PrivateMessageID) error {
	if err := mayDelete(f); err != nil {
		return err
	}
	return a.each(tx, f.member.ID, ids, func(c backchannel.Conv, m lists.Member, copied archive.PrivateMessage) error {
		if f.shelf == backchannel.FolderHeld {
			return a.Box.DropHeld(tx, c, m, copied.MessageID)
		}
		return a.Box.Close(tx, c, m)
	})
}

// markLetters does what flags mean: \Flagged is urgent, for all managers; \Seen is noted. Where nothing can be deleted the mark of
// deletion is refused when it is set, so that no letter stands there crossed out and stays.
func (a *account) markLetters(tx *db.Tx, f folder, ids []archive.PrivateMessageID, op imapd.FlagOp, flags []string) error {
	set := func(flag string) bool { return op != imapd.Remove && slices.Contains(flags, flag) }
	if set(imapd.Deleted) {
		if err := mayDelete(f); err != nil {
			return err
		}
	}
	urgent := slices.Contains(flags, imapd.Flagged) || op == imapd.SetTo
	if !urgent && !set(imapd.Seen) || f.shelf == backchannel.FolderNotes || f.shelf == backchannel.FolderHeld {
		return nil
	}
	return a.each(tx, f.member.ID, ids, func(c backchannel.Conv, m lists.Member, copied archive.PrivateMessage) error {
		if set(imapd.Seen) {
			if err := a.Box.Saw(tx, c, m, copied.MessageID); err != nil {
				return err
			}
		}
		if !urgent {
			return nil
		}
		return a.Box.Urge(tx, c, m, set(imapd.Flagged))
	})
}

// each calls do for every letter with its conversation as it is now.
func (a *account) each(tx *db.Tx, who lists.MemberID, ids []archive.PrivateMessageID, do func(backchannel.Conv, lists.Member, archive.PrivateMessage) error) error {
	manager, err := lists.MemberByID(tx, who)
	if err != nil {
		return err
	}
	for _, id := range ids {
		copied, err := a.Store.PrivateMessage(tx, id)
		if refusal.KindOf(err) == refusal.NotFound && err != nil {
			continue // it went with another of its conversation
		}
		if err != nil {
			return err
		}
		c, err := a.Box.ByID(tx, manager, backchannel.ConvID(copied.Object))
		if err != nil {
			return err
		}
		if err := do(c, manager, copied); err != nil {
			return err
		}
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
		if source.folder.kind == ofHeld {
			return a.decideHeld(tx, uids, ids, target)
		}
		if err := a.act(tx, source.folder, uids, ids, target); err != nil {
			return err
		}
		moved, err = a.places(tx, ids, source.folder, target)
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
	case from.kind == ofHeld || to.kind == ofHeld:
		return mayDecide(from, to)
	case from.kind != ofLetters:
		why = "A draft stays in Drafts until you send it from your mail program."
	case to.kind == ofList:
		why = "What was said in private does not go onto a list. Nobody has seen it."
	case to.kind != ofLetters:
		why = "Letters to the managers stay in the back-channel. You can move this one to Mine, Closed, New, Snoozed or a tag."
	case to.member.ID != from.member.ID:
		why = "A letter stays with the community it was written to."
	case to.shelf == from.shelf:
		why = "This letter is in that folder already."
	case from.shelf == backchannel.FolderNotes:
		why = "A note stays with the notes. To move the letter that it is about, take that one."
	case from.shelf == backchannel.FolderHeld && to.shelf != backchannel.FolderClosed:
		why = "This is an answer of yours that came back. Reply SEND, NOTE or DROP to it; moving it to Closed forgets it."
	case to.shelf == backchannel.FolderNotes:
		why = "Notes come by themselves: write /note and your text on top of a reply."
	case to.shelf == backchannel.FolderHeld:
		why = "Only answers of yours that came back lie in Held."
	case to.shelf == backchannel.FolderWaiting:
		why = "Letters come to Waiting by themselves: answer this one, and it goes there."
	case from.shelf == backchannel.FolderPublish && (to.shelf == backchannel.FolderNew || to.shelf == backchannel.FolderMine || to.shelf == backchannel.FolderReports):
		why = "Somebody is asked whether this may be posted, and it comes back by itself when that is answered. A reply with /public off takes the question back."
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
func (a *account) act(tx *db.Tx, from folder, uids []uint32, ids map[uint32]archive.PrivateMessageID, to folder) error {
	var inOrder []archive.PrivateMessageID
	for _, uid := range uids { // so that the new UIDs are in it too
		if id, here := ids[uid]; here {
			inOrder = append(inOrder, id)
		}
	}
	done := map[backchannel.ConvID]bool{}
	err := a.each(tx, from.member.ID, inOrder, func(c backchannel.Conv, m lists.Member, copied archive.PrivateMessage) error {
		if from.shelf == backchannel.FolderHeld {
			return a.Box.DropHeld(tx, c, m, copied.MessageID)
		}
		if done[c.ID] {
			return nil
		}
		done[c.ID] = true
		return a.decide(tx, c, m, from, to)
	})
	if refusal.KindOf(err) == refusal.NotFound && err != nil {
		return refusal.Because(refusal.NotFound, "This letter is not yours to see any more. Nothing was moved.")
	}
	return err
}

// decide does to a conversation what the folder stands for: it is the same as the command of that name.
func (a *account) decide(tx *db.Tx, c backchannel.Conv, manager lists.Member, from, to folder) error {
	do := func(line string) error {
		_, err := a.Box.Do(tx, c, manager, line)
		if r, ok := refusal.As(err); ok && !r.Kind.Temporary() && r.Kind != refusal.NotFound {
			return refusal.Because(refusal.NotAllowed, "%s Nothing was moved.", r.Sentence)
		}
		return err
	}
	if tag, ok := strings.CutPrefix(to.shelf, backchannel.FolderTags+"/"); ok {
		return do("/tag " + tag + without(from))
	}
	if old := without(from); old != "" {
		if err := do("/tag" + old); err != nil {
			return err
		}
	}
	if line := lineFor(to.shelf, c); line != "" {
		return do(line)
	}
	return a.Box.Release(tx, c, manager)
}

// lineFor is the command that a folder stands for; "" for the one into which a letter is given back.
func lineFor(shelf string, c backchannel.Conv) string {
	switch shelf {
	case backchannel.FolderMine:
		return "/mine"
	case backchannel.FolderClosed:
		return "/close"
	case backchannel.FolderTomorrow:
		return "/snooze tomorrow"
	case backchannel.FolderNextWeek:
		return "/snooze next week"
	case backchannel.FolderLater:
		return "/snooze 4w"
	case backchannel.FolderPublish:
		if c.State == backchannel.Closed { // a question about it is work again
			return "/reopen\n/public"
		}
		return "/public"
	case backchannel.FolderReports:
		return "/report"
	}
	return ""
}

// without is how a letter loses the tag out of whose folder it is moved.
func without(from folder) string {
	if tag, ok := strings.CutPrefix(from.shelf, backchannel.FolderTags+"/"); ok {
		return " -" + tag
	}
	return ""
}

// stays tells the folders into which nothing is moved but whose action is done.
func stays(to folder) bool {
	return strings.HasPrefix(to.shelf, backchannel.FolderTags+"/")
}

// places tells where letters lie after a move. One that is not in the folder it was moved to has a conversation whose state does not
// belong there: then nothing at all is changed. A letter that got a tag lies in its folder and in that of the tag; it gets a new UID where
// it was, because the mail program takes the old one for gone, and would delete it.
func (a *account) places(tx *db.Tx, ids map[uint32]archive.PrivateMessageID, from, to folder) ([]imapd.Moved, error) {
	if from.shelf == backchannel.FolderHeld {
		return nil, nil
	}
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
		if err != nil && refusal.KindOf(err) == refusal.NotFound {
			continue // a copy in the folder of a tag that it has lost
		}
		if err != nil {
			return nil, err
		}
		if stays(to) {
			if m, err = a.again(tx, to.member.ID, m, box); err != nil {
				return nil, err
			}
		}
		switch {
		case m.Mailbox == box:
			moved = append(moved, imapd.Moved{From: uid, Place: imapd.Place{Validity: st.UIDValidity, UID: m.UID}})
		case !stays(to):
			return nil, refusal.Because(refusal.NotAllowed, "This letter was answered and waits for somebody's reply; it comes back by itself when there is one. To end it, move it to Closed. Nothing was moved.")
		}
	}
	slices.SortFunc(moved, func(x, y imapd.Moved) int { return cmp.Compare(x.From, y.From) })
	return moved, nil
}

// again gives a letter that stays where it is a new UID there, and gives its copy in the other folder, if there is one.
func (a *account) again(tx *db.Tx, owner lists.MemberID, m archive.PrivateMessage, box archive.PrivateID) (archive.PrivateMessage, error) {
	if _, err := a.Store.MovePrivate(tx, m.ID, m.Mailbox); err != nil {
		return m, err
	}
	all, err := a.Store.PrivateOf(tx, int64(owner), m.Object)
	for _, other := range all {
		if other.Mailbox == box && other.MessageID == m.MessageID {
			return other, err
		}
	}
	return m, err
}

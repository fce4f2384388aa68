package digest

import (
	"fmt"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
)

// Poster takes posts, as the lists themselves do.
type Poster interface {
	// PostTo posts a letter of a member to a thread by the rules of its list.
	PostTo(tx *db.Tx, in *lists.Incoming, t archive.Thread) error
	// PostWritten publishes a letter that we wrote from a member's own words, which they have seen as they stand and said yes to.
	PostWritten(tx *db.Tx, c lists.Community, l lists.List, author lists.Member, post *letter.Letter, story string) error
}

// posting is the name of the room that receives what comes to everyone+.
const posting = "moderation"

// doorLife is how long the addresses in a digest work, in days after the last issue that shows them. Whether a thread still takes
// posts is another question.
const doorLife = 400

// open gives a thread its reader's own addresses: into it for everyone, about it to the managers, and all of it by mail. They are the
// same in every issue, so that address books stay sane (product.md 0.2). A list that only managers write to has no address for others.
func (e *Editor) open(tx *db.Tx, r reader, l lists.List, t archive.Thread, newest letter.MessageID, shown *templates.Thread) error {
	door := notice.Door{Community: r.community, Member: r.member, Receiver: Receiver, Object: threadObject(t.ID), Days: doorLife}
	private, err := e.Office.Private(tx, r.tongue().ManagersDoor(), door)
	if err != nil {
		return err
	}
	whole, err := e.Office.Whole(tx, door)
	if err != nil {
		return err
	}
	shown.Privately, shown.Whole = private.Address.String(), whole.String()
	if l.Posting == lists.ByManagers && !r.member.Manager() {
		return nil
	}
	door.Receiver = posting
	everyone, err := e.Office.Everyone(tx, door)
	shown.Everyone, shown.AnswerTo = everyone.String(), string(newest)
	return err
}

// threadObject is a thread in the rows of our tokens.
func threadObject(id archive.ThreadID) string { return fmt.Sprintf("thread:%d", id) }

// door is the reader's own address to the managers about an issue: Reply goes there.
func (e *Editor) door(tx *db.Tx, r reader, issue int64) (letter.Mailbox, error) {
	return e.Office.Private(tx, r.tongue().ManagersDoor(), notice.Door{
		Community: r.community, Member: r.member, Receiver: Receiver, Object: fmt.Sprintf("issue:%d:0", issue), Days: doorLife,
	})
}

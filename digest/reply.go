package digest

import (
	"fmt"
	"strconv"
	"strings"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/backchannel"
	"backchannel/lists/notice"
)

// Receive takes a reply to a digest. It is for the managers, whatever it says.
func (e *Editor) Receive(tx *db.Tx, in *lists.Incoming) error {
	if in.Token == nil {
		return e.Box.Take(tx, in, backchannel.Context{})
	}
	about, ok, err := e.about(tx, in.Token.Object)
	if err != nil {
		return err
	}
	owner := ok && int64(in.Sender.ID) == in.Token.Member && in.Token.Live(tx.Now)
	switch {
	case in.Sender.ID == 0 || in.Verdict == lists.Unverified:
		return lists.NoSuchAddress() // a forwarded digest in a stranger's hands opens nothing
	case owner:
		return e.Box.Take(tx, in, about)
	case in.Verdict == lists.Verified:
		return e.Box.Take(tx, in, backchannel.Context{}) // a member with another member's address writes as themselves
	}
	return lists.NoSuchAddress()
}

// about reads which issue, and which thread of it, a letter answers.
func (e *Editor) about(tx *db.Tx, object string) (backchannel.Context, bool, error) {
	parts := strings.Split(object, ":")
	if len(parts) != 3 || parts[0] != "issue" {
		return backchannel.Context{}, false, nil
	}
	id, err1 := strconv.ParseInt(parts[1], 10, 64)
	thread, err2 := strconv.ParseInt(parts[2], 10, 64)
	if err1 != nil || err2 != nil {
		return backchannel.Context{}, false, nil
	}
	slot, zone, ok, err := issueDate(tx, id)
	if err != nil || !ok {
		return backchannel.Context{}, false, err
	}
	about := backchannel.Context{Digest: slot.In(zone), Object: object}
	if thread != 0 {
		t, err := e.Store.Thread(tx, archive.ThreadID(thread))
		if err != nil {
			return about, false, err
		}
		about.Thread = t.Subject
	}
	return about, true, nil
}

// doorLife is how long the managers can be reached by replying to an old digest, in days.
const doorLife = 400

// door is the reader's own address to the managers, about an issue or one thread of it.
func (e *Editor) door(tx *db.Tx, r reader, issue int64, thread archive.ThreadID) (letter.Mailbox, error) {
	return e.Office.Private(tx, "The managers (private)", notice.Door{
		Community: r.community, Member: r.member, Receiver: Receiver, Object: fmt.Sprintf("issue:%d:%d", issue, thread), Days: doorLife,
	})
}

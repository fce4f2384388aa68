package relay

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/smtpd/queue"
)

// Stamp is the name of our stamp in the queue.
const Stamp = "post"

// leaveLife is how long the address that takes a member off a list works after the last post, in days.
const leaveLife = 400

// LeaveReceiver is the name under which letters to leave+TOKEN are received; the token's object is "list:ID".
const LeaveReceiver = "membership"

// Stamp makes the copy for one member: a return path of their own, and an address that takes them, and nobody else, off the list.
// A member who left, was paused or wants no single posts any more is owed nothing (P14).
func (p *Press) Stamp(tx *db.Tx, c queue.Copy, raw func() ([]byte, error)) (queue.Message, error) {
	m, list, why, err := p.reader(tx, c)
	if err != nil {
		return queue.Message{}, err
	}
	if why != "" {
		return queue.Message{}, queue.ErrDrop(why)
	}
	all, err := raw()
	if err != nil {
		return queue.Message{}, err
	}
	community, err := lists.CommunityByID(tx, list.Community)
	if err != nil {
		return queue.Message{}, err
	}
	from, err := p.Office.ReturnPath(tx, community, m)
	if err != nil {
		return queue.Message{}, err
	}
	leave, err := p.Office.Leave(tx, notice.Door{Community: community, Member: m, Receiver: LeaveReceiver, Object: fmt.Sprintf("list:%d", list.ID), Days: leaveLife})
	if err != nil {
		return queue.Message{}, err
	}
	archived, err := p.archivedAt(tx, c, list)
	if err != nil {
		return queue.Message{}, err
	}
	own, err := fields(slices.Concat(notice.Feedback(community, list.Local, "post", from, leave.Address), p.Office.Unsubscribe(leave, "leave"), archived)...)
	if err != nil {
		return queue.Message{}, err
	}
	head, body := notice.Split(all)
	head = append(own, head...)
	return queue.Message{From: from, To: m.Address, Head: head, Body: body, Other: func() ([]byte, error) { return rewritten(head, list) }}, nil
}

// archivedAt is the field that names the post's own page (RFC 5064). The page opens for members of the list alone, and the address says no
// more than List-Id does to whoever a copy is passed on to: the list, and which of its posts it is.
func (p *Press) archivedAt(tx *db.Tx, c queue.Copy, l lists.List) ([]letter.Field, error) {
	var id archive.PostID
	if _, err := fmt.Sscanf(c.Source, "post:%d", &id); p.Pages == "" || err != nil {
		return nil, nil //nolint:nilerr // a copy of something else has no page
	}
	post, err := p.Office.Store.Post(tx, id)
	if err != nil {
		return nil, err
	}
	return []letter.Field{{Name: "Archived-At", Value: fmt.Sprintf("<%s%s/%d>", p.Pages, l.WebPath(), post.Seq)}}, nil
}

// reader finds out whether the copy is still owed; why says that it is not.
func (p *Press) reader(tx *db.Tx, c queue.Copy) (m lists.Member, l lists.List, why string, err error) {
	if m, err = lists.MemberByID(tx, lists.MemberID(c.Person)); errors.Is(err, db.ErrNoRows) {
		return m, l, "no longer a member", nil
	} else if err != nil {
		return m, l, "", err
	}
	if m.State != lists.Active {
		return m, l, "no longer an active member", nil
	}
	s, on, err := lists.SubscriptionOf(tx, m.ID, lists.ListID(c.Object))
	if err != nil {
		return m, l, "", err
	}
	if !on || s.Delivery != lists.Each {
		return m, l, "no longer wants single posts of this list", nil
	}
	l, err = lists.ListByID(tx, lists.ListID(c.Object))
	return m, l, "", err
}

// fields writes header fields through the one writer, without the empty line that would end a header.
func fields(all ...letter.Field) ([]byte, error) {
	var h letter.Header
	for _, f := range all {
		if err := h.Add(f.Name, f.Value); err != nil {
			return nil, err
		}
	}
	return bytes.TrimSuffix(h.Bytes(), []byte("\r\n")), nil
}

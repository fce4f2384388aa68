package moderation

import (
	"fmt"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/logbook"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// Remove takes the words of a post out of the archive, and so from digests that are not sent yet, by a manager's word; copies that have not
// left are given up. Its author reads why in a private mail from the role, and goes down one level of trust, which comes back after
// strikeDays (product.md C2). A manager loses none, nor whoever has left; what a manager takes back of their own is no removal. It returns
// the author, zero where nobody knows them or they are not written to.
func (d *Desk) Remove(tx *db.Tx, post archive.Post, text string, by lists.MemberID) (lists.Member, error) {
	l, err := lists.ListByBox(tx, post.Mailbox)
	if err != nil {
		return lists.Member{}, err
	}
	if post.State != archive.Published {
		return lists.Member{}, refusal.Because(refusal.Conflict, "The words of this post are gone already.")
	}
	if text, err = discreet(tx, by, text); err != nil {
		return lists.Member{}, err
	}
	own := by != 0 && lists.MemberID(post.Author) == by
	note, err := templates.RedactedPost{List: l.Title(), ByAuthor: own}.Render()
	if err != nil {
		return lists.Member{}, err
	}
	if _, err := d.Press.Redact(tx, post, l, note.Subject, note.Text); err != nil {
		return lists.Member{}, err
	}
	err = logbook.Write(tx, logbook.Entry{Story: string(post.MessageID), Verb: logbook.Dropped, MessageID: post.MessageID, Detail: fmt.Sprintf("post %d of %s was removed by a manager", post.Seq, l.Address())})
	if err != nil || post.Author == 0 || own {
		return lists.Member{}, err
	}
	m, err := lists.MemberByID(tx, lists.MemberID(post.Author))
	if err != nil || m.State != lists.Active && m.State != lists.Paused {
		return lists.Member{}, err
	}
	was := m.Trust
	if !m.Manager() {
		if m, _, err = d.strike(tx, m, int64(post.ID), byLoss, by); err != nil {
			return m, err
		}
	}
	return m, d.tellRemoved(tx, m, l, post.Subject, text, m.Trust < was && m.Trust < lists.Known)
}

// tellRemoved tells an author that their post was removed. lower: more of their posts wait for a manager now.
func (d *Desk) tellRemoved(tx *db.Tx, m lists.Member, l lists.List, subject, text string, lower bool) error {
	c, err := lists.CommunityByID(tx, m.Community)
	if err != nil {
		return err
	}
	words, err := templates.RemovalNote{
		Community: c.Name, List: l.Title(), Subject: subject, Text: templates.Said(text), Lower: lower, Days: strikeDays, Managers: c.Address("managers").String(),
	}.Render()
	if err != nil {
		return err
	}
	_, err = d.Office.Send(tx, notice.ToMember(c, m, notice.Tells, words))
	return err
}

package relay

import (
	"fmt"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/archive/logbook"
	"backchannel/lists"
	"backchannel/smtpd/queue"
)

// sourceOf is the name under which the copies of a post are owed.
func sourceOf(id archive.PostID) string { return fmt.Sprintf("post:%d", id) }

// Recallable is a post and its list. The zero one is none.
type Recallable struct {
	Post archive.Post
	List lists.List
}

// Newest is the newest post of a member of a community since a date; zero when there is none.
func (p *Press) Newest(tx *db.Tx, c lists.CommunityID, m lists.MemberID, since time.Time) (r Recallable, err error) {
	all, err := p.Office.Store.PostsOf(tx, int64(c), int64(m), 1)
	if err != nil || len(all) == 0 || all[0].Imported || all[0].Published.Before(since) {
		return r, err
	}
	r.Post = all[0]
	r.List, err = lists.ListByBox(tx, r.Post.Mailbox)
	return r, err
}

// Recallable finds a post that may be taken back; zero when it is gone already.
func (p *Press) Recallable(tx *db.Tx, id int64) (r Recallable, err error) {
	post, err := p.Office.Store.Post(tx, archive.PostID(id))
	if err != nil || post.State != archive.Published {
		return r, err
	}
	r.Post = post
	r.List, err = lists.ListByBox(tx, post.Mailbox)
	return r, err
}

// Recall takes a post back as its author wishes: the copies that have not left are given up. Inside the list's time for that, when no
// copy has left, the post is gone as if it had never been; sent is false then. Later its words go from the archive, and so from digests
// that are not sent yet; its place in the thread stays for those who answered it, with
// the words of a note.
func (p *Press) Recall(tx *db.Tx, r Recallable, story, subject, text string) (sent bool, err error) {
	post, l := r.Post, r.List
	_, left, err := queue.Recall(tx, sourceOf(post.ID), "its author took it back")
	if err != nil {
		return false, err
	}
	sent = left || !tx.Now.Before(post.Published.Add(l.Undo))
	detail := "before anybody had it"
	if sent {
		detail = "after it went out"
	}
	if err := logbook.Write(tx, logbook.Entry{Story: story, Verb: logbook.Dropped, MessageID: post.MessageID, Detail: fmt.Sprintf("post %d of %s was taken back by its author, %s", post.Seq, l.Address(), detail)}); err != nil {
		return sent, err
	}
	if !sent {
		return false, p.Office.Store.Remove(tx, post.ID)
	}
	_, err = p.Redact(tx, post, l, subject, text)
	return true, err
}

// Redact replaces the words of a post in the archive by those of a note that they are gone, and gives up the copies that have not left.
func (p *Press) Redact(tx *db.Tx, post archive.Post, l lists.List, subject, text string) (archive.Post, error) {
	if _, _, err := queue.Recall(tx, sourceOf(post.ID), "the post was taken back"); err != nil {
		return post, err
	}
	draft := letter.Draft{From: post.From, To: []letter.Mailbox{{Address: l.Address()}}, Subject: subject, Date: post.Date, MessageID: post.MessageID, Text: text}
	if draft.MessageID == "" {
		draft.MessageID = letter.NewMessageID("r", l.Domain)
	}
	raw, err := draft.Bytes()
	if err != nil {
		return post, fmt.Errorf("write a note in the place of a post: %w", err)
	}
	note, err := letter.Parse(raw)
	if err != nil {
		return post, err
	}
	return p.Office.Store.Redact(tx, post.ID, note)
}

// Claim makes posts a member's own that bear an address of theirs and were imported before that was known, so that ForgetAuthor finds them.
func (p *Press) Claim(tx *db.Tx, m lists.Member) error {
	all, err := lists.Addresses(tx, m.ID)
	for _, a := range all {
		if err == nil {
			err = p.Office.Store.Claim(tx, int64(m.Community), int64(m.ID), a)
		}
	}
	return err
}

// forgetAtOnce bounds one call of ForgetAuthor: the writer has others waiting.
const forgetAtOnce = 50

// ForgetAuthor takes the name of somebody who has left off their newest posts, some dozens in one call, and tells whether there may be more.
// With text the words go as well, and a note under that subject stands in their place; threads stay whole.
func (p *Press) ForgetAuthor(tx *db.Tx, c lists.Community, m lists.MemberID, subject, text string) (more bool, err error) {
	all, err := p.Office.Store.PostsOf(tx, int64(c.ID), int64(m), forgetAtOnce)
	if err != nil {
		return false, err
	}
	for _, post := range all {
		l, err := lists.ListByBox(tx, post.Mailbox)
		if err != nil {
			return false, err
		}
		if post, err = p.Office.Store.Unname(tx, post.ID, letter.Mailbox{Name: "Former member", Address: letter.Address{Local: "former-member", Domain: "member.invalid"}}); err != nil {
			return false, err
		}
		if text != "" && post.State == archive.Published {
			if _, err := p.Redact(tx, post, l, subject, text); err != nil {
				return false, err
			}
		}
	}
	return len(all) == forgetAtOnce, nil
}

// Package digest is the weekly letter. It promises each reader at most one issue for each slot of their own calendar, in which no
// published post is missing and none comes twice; that pressing Reply on it reaches the managers and nobody else; and that no address
// of a list stands anywhere in it, so that no mail program can be led astray.
//
// An issue, the reader's place in every list, the copy owed and the next date are written in one transaction. An empty week sends
// nothing.
package digest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"backchannel/archive"
	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/backchannel"
	"backchannel/lists/notice"
)

// Receiver is our name at the mailroom, and in the rows of our tokens.
const Receiver = "digest"

// Slot is the calendar's kind for a member's next issue.
const Slot calendar.Kind = "digest"

// Folder is where readers find their issues over IMAP.
const Folder = "Digests"

// Editor writes the digests.
type Editor struct {
	Store  *archive.Store
	Book   *address.Book
	Office *notice.Office
	Box    *backchannel.Letterbox
}

// Register makes the calendar call us.
func (e *Editor) Register(c *calendar.Calendar) {
	c.Register(lists.PlanDigest, e.plan)
	c.Register(Slot, e.slot)
}

// settle is how long before its slot an issue closes: what is published later is in the next one (product.md A3).
const settle = 15 * time.Minute

// apart is how far two issues are apart at least when somebody changes the settings.
const apart = 48 * time.Hour

// late is how long after its slot an issue still goes out; after that the slot is skipped and the posts are in the next one.
func late(period string) time.Duration {
	switch calendar.Period(period) {
	case calendar.Daily:
		return 6 * time.Hour
	case calendar.Monthly:
		return 72 * time.Hour
	}
	return 36 * time.Hour
}

// reader is everything about one member that an issue needs.
type reader struct {
	member    lists.Member
	community lists.Community
	pref      lists.DigestPref
	subs      []lists.Subscription // those with digest delivery
}

func (r reader) zone() *time.Location { return r.member.Zone(r.community) }

func (r reader) schedule() calendar.Schedule {
	return calendar.Schedule{Period: calendar.Period(r.pref.Period), Weekday: r.pref.Weekday, Hour: r.pref.Hour, Zone: r.zone()}
}

// load reads a member who gets digests; false for everybody else.
func load(tx *db.Tx, id lists.MemberID) (r reader, reads bool, err error) {
	if r.member, err = lists.MemberByID(tx, id); errors.Is(err, db.ErrNoRows) {
		return r, false, nil
	} else if err != nil {
		return r, false, err
	}
	all, err := lists.Subscriptions(tx, id)
	if err != nil {
		return r, false, err
	}
	for _, s := range all {
		if s.Delivery == lists.Digest {
			r.subs = append(r.subs, s)
		}
	}
	if len(r.subs) == 0 || r.member.State != lists.Active {
		return r, false, nil
	}
	if r.community, err = lists.CommunityByID(tx, r.member.Community); err != nil {
		return r, false, err
	}
	r.pref, err = lists.DigestPrefOf(tx, id)
	return r, err == nil, err
}

// plan works out a member's next slot after their subscriptions or wishes have changed, and where they begin to read.
func (e *Editor) plan(tx *db.Tx, due calendar.Due) error {
	id := lists.MemberID(due.Object)
	r, reads, err := load(tx, id)
	if err != nil {
		return err
	}
	if err := e.cursors(tx, id, r.subs); err != nil {
		return err
	}
	if !reads {
		if err := forgetNext(tx, id); err != nil {
			return err
		}
		return calendar.Clear(tx, Slot, due.Object)
	}
	last, ever, err := lastIssue(tx, id)
	if err != nil {
		return err
	}
	after := r.subs[0].Changed
	for _, s := range r.subs {
		if s.Changed.Before(after) {
			after = s.Changed
		}
	}
	if ever && last.slot.After(after) {
		after = last.slot
		if first := last.slot.Add(apart); r.pref.Period != string(calendar.Daily) && first.After(after) {
			after = first.Add(-time.Microsecond)
		}
	}
	return setNext(tx, id, r.schedule().Next(after))
}

// cursors sees to it that a member has a place in each list they read by digest, and none elsewhere. Reading begins with the first
// post after the delivery became digest: the ones before came one by one, or were before their time.
func (e *Editor) cursors(tx *db.Tx, id lists.MemberID, subs []lists.Subscription) error {
	keep := map[lists.ListID]bool{}
	for _, s := range subs {
		keep[s.List] = true
		if _, ok, err := cursor(tx, id, s.List); err != nil || ok {
			if err != nil {
				return err
			}
			continue
		}
		l, err := lists.ListByID(tx, s.List)
		if err != nil {
			return err
		}
		seq, err := e.Store.Newest(tx, l.Box, s.Changed)
		if err != nil {
			return err
		}
		if err := setCursor(tx, id, s.List, seq); err != nil {
			return err
		}
	}
	return dropCursors(tx, id, keep)
}

// slot is due for a member's issue: it is written, or its slot skipped, and the next one set.
func (e *Editor) slot(tx *db.Tx, due calendar.Due) error {
	id := lists.MemberID(due.Object)
	at, ok, err := next(tx, id)
	if err != nil || !ok {
		return err
	}
	r, reads, err := load(tx, id)
	if err != nil {
		return err
	}
	if !reads {
		return forgetNext(tx, id) // re-checked in the transaction: somebody who has left gets nothing
	}
	if tx.Now.Sub(at) <= late(r.pref.Period) {
		if _, err := e.issue(tx, r, at, at.Add(-settle)); err != nil {
			return err
		}
	} else if err := recordSkip(tx, id, at, "too late"); err != nil {
		return err
	}
	after := at
	if tx.Now.After(after) {
		after = tx.Now
	}
	return setNext(tx, id, r.schedule().Next(after))
}

// Send writes a member's issue now, outside the calendar; false when there is nothing new for them.
func (e *Editor) Send(tx *db.Tx, m lists.Member) (bool, error) {
	r, reads, err := load(tx, m.ID)
	if err != nil || !reads {
		return false, err
	}
	if err := e.cursors(tx, m.ID, r.subs); err != nil {
		return false, err
	}
	return e.issue(tx, r, tx.Now, tx.Now.Add(time.Microsecond))
}

// issue writes one issue for one slot, of what was published before closing. It tells whether there was anything to send.
func (e *Editor) issue(tx *db.Tx, r reader, slot, closing time.Time) (bool, error) {
	if done, err := issued(tx, r.member.ID, slot); err != nil || done {
		return false, err
	}
	fresh, err := e.gather(tx, r, closing)
	if err != nil {
		return false, err
	}
	if fresh.posts() == 0 {
		return false, recordSkip(tx, r.member.ID, slot, "nothing new")
	}
	id, err := insertIssue(tx, r.member.ID, slot)
	if err != nil {
		return false, err
	}
	mail, err := e.write(tx, r, fresh, id, slot)
	if err != nil {
		return false, err
	}
	sent, err := e.Office.Send(tx, mail)
	if err != nil {
		return false, err
	}
	if err := finishIssue(tx, id, sent.ID); err != nil {
		return false, err
	}
	for _, l := range fresh {
		if err := setCursor(tx, r.member.ID, l.list.ID, l.upTo); err != nil {
			return false, err
		}
	}
	return true, e.file(tx, r.member, sent)
}

// file puts the issue into the reader's folder.
func (e *Editor) file(tx *db.Tx, m lists.Member, sent notice.Sent) error {
	box, err := e.Store.CreatePrivate(tx, int64(m.ID), Folder)
	if err != nil {
		return err
	}
	l, err := letter.Parse(sent.Raw)
	if err != nil {
		return err
	}
	_, err = e.Store.AddPrivate(tx, archive.NewPrivate{Mailbox: box, Letter: l})
	return err
}

// errPreview undoes what a preview had to write to be the same as the real thing.
var errPreview = errors.New("only a preview")

// Preview writes what a member's digest would be now, and changes nothing. It returns nil when there is nothing new.
func (e *Editor) Preview(tx *db.Tx, m lists.Member) (mail *notice.Mail, err error) {
	err = tx.Attempt(func() error {
		r, reads, err := load(tx, m.ID)
		if err != nil || !reads {
			return err
		}
		if err := e.cursors(tx, m.ID, r.subs); err != nil {
			return err
		}
		fresh, err := e.gather(tx, r, tx.Now.Add(time.Microsecond))
		if err != nil || fresh.posts() == 0 {
			return err
		}
		written, err := e.write(tx, r, fresh, 0, tx.Now)
		if err != nil {
			return err
		}
		mail = &written
		return errPreview
	})
	if errors.Is(err, errPreview) {
		err = nil
	}
	return mail, err
}

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
func (e *Editor) door(tx *db.Tx, r reader, issue int64, thread archive.ThreadID) (letter.Address, error) {
	return e.Book.Address(tx, address.Grant{
		Kind: address.Private, Receiver: Receiver, Community: int64(r.community.ID), Member: int64(r.member.ID),
		Object: fmt.Sprintf("issue:%d:%d", issue, thread), Epoch: r.member.Epoch, Expires: tx.Now.AddDate(0, 0, doorLife),
	}, r.community.Domain)
}

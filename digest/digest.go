// Package digest is the weekly letter. It promises each reader at most one issue for each slot of their own calendar, in which no
// published post is missing and none comes twice, unless an issue came back undelivered; that pressing Reply on it reaches the managers and nobody else; and that no address
// of a list stands anywhere in it, not even where somebody wrote it into a post, so that no mail program can be led astray.
//
// An issue, the reader's place in every list, the copy owed and the next date are written in one transaction. An empty week sends
// nothing.
package digest

import (
	"cmp"
	"errors"
	"time"

	"backchannel/archive"
	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/backchannel"
	"backchannel/lists/notice"
	"backchannel/templates"
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
	Office *notice.Office
	Box    *backchannel.Letterbox
	Posts  Poster // takes what a reply posts
	// Pages is where members read posts on the web, by https, without a slash at the end; "" when there are no such pages.
	Pages string
	// Weights are how much each signal counts for a thread's place. The zero value stands for DefaultWeights.
	Weights Weights
	// Settings does what a letter asks for that is about settings alone; false for every other letter. sure tells that it is its sender's
	// beyond doubt. Nil: the managers get them all.
	Settings func(tx *db.Tx, in *lists.Incoming, sure bool) (bool, error)
	// Held is the part of a manager's morning brief that moderation knows: posts that wait for that manager. Nil: nothing is told of them.
	Held func(tx *db.Tx, c lists.Community, m lists.Member) ([]templates.BriefPost, error)

	shared shared
	// Joining is the part that membership knows: people who want to join and wait for that manager. Nil: nothing is told of them.
	Joining func(tx *db.Tx, c lists.Community, m lists.Member) ([]templates.BriefJoin, error)
}

// Register makes the calendar call us.
func (e *Editor) Register(c *calendar.Calendar) {
	c.Register(lists.PlanDigest, e.plan)
	c.Together(lists.PlanDigest)
	c.Register(Slot, e.slot)
	c.Together(Slot)
	c.Register(lists.CatchUp, e.catchUp)
	c.Register(lists.VacationOver, e.vacationOver)
	c.Register(lists.PlanBrief, e.planBrief)
	c.Register(Brief, e.brief)
	c.Register(previewDue, e.preview)
	c.Register(holdEnds, e.holdOver)
	c.Register(jamEnds, e.jamOver)
	c.Register(jamDay, e.jamToday)
	c.Together(jamDay)
}

// settle is how long before its slot an issue closes: what is published later is in the next one (product.md A3).
const settle = 15 * time.Minute

// apart is how far two issues are apart at least when somebody changes the settings.
func apart(period string) time.Duration {
	if calendar.Period(period) == calendar.Daily {
		return 20 * time.Hour
	}
	return 48 * time.Hour
}

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
	closing   []lists.Subscription // those that were, and now get every post: what came before the change is in one last issue
	each      []lists.Subscription // those of which every post comes by itself
	again     []span               // what an issue covered that is written once more; nil for a new one
	away      bool                 // they have said that they want nothing now
}

// reads tells whether the member gets digests now.
func (r reader) reads() bool {
	return r.member.State == lists.Active && !r.away && len(r.subs)+len(r.closing) > 0
}

// waits tells whether the member will get digests again: mail to them rests for a while.
func (r reader) waits() bool {
	return r.member.State == lists.Paused && len(r.subs) > 0 || r.member.State == lists.Active && r.away && len(r.subs)+len(r.closing) > 0
}

func (r reader) zone() *time.Location { return r.member.Zone(r.community) }

func (r reader) schedule() calendar.Schedule {
	return calendar.Schedule{Period: calendar.Period(r.pref.Period), Weekday: r.pref.Weekday, Hour: r.pref.Hour, Zone: r.zone()}
}

// load reads a member, and what they get; of somebody who is unknown or has left, nothing.
func load(tx *db.Tx, id lists.MemberID) (r reader, err error) {
	if r.member, err = lists.MemberByID(tx, id); errors.Is(err, db.ErrNoRows) {
		return reader{}, nil
	} else if err != nil {
		return r, err
	}
	if r.community, err = lists.CommunityByID(tx, r.member.Community); err != nil {
		return r, err
	}
	all, err := lists.Subscriptions(tx, id)
	if err != nil {
		return r, err
	}
	for _, s := range all {
		switch s.Delivery {
		case lists.Digest:
			r.subs = append(r.subs, s)
		case lists.Each:
			if _, open, err := place(tx, s); err != nil {
				return r, err
			} else if open {
				r.closing = append(r.closing, s)
			} else {
				r.each = append(r.each, s)
			}
		}
	}
	v, _, err := lists.VacationOf(tx, id)
	if err != nil {
		return r, err
	}
	r.away = v.Has(tx.Now)
	r.pref, err = lists.DigestPrefOf(tx, id)
	return r, err
}

// plan works out a member's next slot after their subscriptions or wishes have changed, and where they begin to read.
func (e *Editor) plan(tx *db.Tx, due calendar.Due) error {
	id := lists.MemberID(due.Object)
	r, err := load(tx, id)
	if err != nil {
		return err
	}
	if err := e.cursors(tx, id, r); err != nil {
		return err
	}
	if !r.reads() && !r.waits() {
		return e.forget(tx, id)
	}
	if at, waiting, err := next(tx, id); err != nil || waiting && !at.After(due.At) {
		return err // that slot was due before the change, and is still to be done
	}
	if err := planPreview(tx, r.community); err != nil {
		return err
	}
	after, err := r.after(tx, due.At)
	if err != nil {
		return err
	}
	return setNext(tx, r.member, r.schedule().Next(after))
}

// after is the moment behind which the next slot lies: the change that made it necessary to look, but never so soon after the last
// issue that two would come together.
func (r reader) after(tx *db.Tx, change time.Time) (time.Time, error) {
	after := change
	if last, ever, err := lastIssue(tx, r.member.ID); err != nil {
		return after, err
	} else if ever && last.slot.After(after) {
		after = last.slot
	}
	last, ever, err := lastSent(tx, r.member.ID)
	if err != nil || !ever {
		return after, err
	}
	if first := last.slot.Add(apart(r.pref.Period)).Add(-time.Microsecond); first.After(after) {
		after = first
	}
	return after, nil
}

// forget is for a member who gets no digest any more.
func (e *Editor) forget(tx *db.Tx, id lists.MemberID) error {
	if err := forgetNext(tx, id); err != nil {
		return err
	}
	return calendar.Clear(tx, Slot, int64(id))
}

// cursors sees to it that a member has a place in each list they read by digest, and none elsewhere. Reading begins with the first
// post after the delivery became digest: the ones before came one by one, or were before their time.
func (e *Editor) cursors(tx *db.Tx, id lists.MemberID, r reader) error {
	keep := map[lists.ListID]bool{}
	for _, s := range r.closing {
		keep[s.List] = true
	}
	for _, s := range r.subs {
		keep[s.List] = true
		if _, ok, err := place(tx, s); err != nil || ok {
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
		if err := beginAt(tx, s, seq); err != nil {
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
	r, err := load(tx, id)
	if err != nil {
		return err
	}
	waits, since, err := e.held(tx, r.member.Community, at)
	if err != nil {
		return err
	}
	isLate := tx.Now.Sub(since) > late(r.pref.Period)
	switch { // re-checked in the transaction: somebody who has left gets nothing
	case r.waits():
	case !r.reads():
		return forgetNext(tx, id)
	case waits: // the slot stays, its date is the end of the hold
		return calendar.Set(tx, Slot, int64(id), since)
	case isLate:
		tx.OnCommit(func() { issues.Add("too late") })
		err = recordSkip(tx, id, at, "too late")
	default:
		closing := at.Add(-settle)
		if since.After(at) {
			closing = since // with what came during the hold
		}
		_, err = e.issue(tx, r, at, closing)
	}
	if err != nil {
		return err
	}
	if len(r.subs) == 0 && !isLate {
		return forgetNext(tx, id) // that was the last one
	}
	after := at
	if tx.Now.After(after) {
		after = tx.Now
	}
	if first := tx.Now.Add(apart(r.pref.Period)).Add(-time.Microsecond); since.After(at) && first.After(after) {
		after = first // the hold has moved this one near to the next
	}
	return setNext(tx, r.member, r.schedule().Next(after))
}

// Send writes a member's issue now, outside the calendar; false when there is nothing new for them.
func (e *Editor) Send(tx *db.Tx, m lists.Member) (bool, error) {
	r, err := load(tx, m.ID)
	r.away = false // whoever asks wants it, wherever they are
	if err != nil || !r.reads() {
		return false, err
	}
	if err := e.cursors(tx, m.ID, r); err != nil {
		return false, err
	}
	return e.issue(tx, r, tx.Now, tx.Now.Add(time.Microsecond))
}

// close gives up the places in lists of which this was the last issue.
func (r reader) close(tx *db.Tx) error {
	for _, s := range r.closing {
		if err := dropCursor(tx, s.Member, s.List); err != nil {
			return err
		}
	}
	return nil
}

// errPreview undoes what a preview had to write to be the same as the real thing.
var errPreview = errors.New("only a preview")

// Preview writes what a member's digest would be now, and changes nothing. It returns nil when there is nothing new. The format "" is the
// member's own.
func (e *Editor) Preview(tx *db.Tx, m lists.Member, format string) (mail *notice.Mail, err error) {
	err = tx.Attempt(func() error {
		r, err := load(tx, m.ID)
		r.away = false
		if err != nil || !r.reads() {
			return err
		}
		r.pref.Format = cmp.Or(format, r.pref.Format)
		if err := e.cursors(tx, m.ID, r); err != nil {
			return err
		}
		d, _, err := e.decidedFor(tx, r)
		if err != nil {
			return err
		}
		ed, err := e.gather(tx, r, tx.Now.Add(time.Microsecond), d)
		if err != nil || !ed.worth(tx.Now) {
			return err
		}
		written, err := e.write(tx, r, ed, 0, tx.Now)
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

package moderation

import (
	"fmt"
	"slices"
	"time"

	"backchannel/archive"
	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/lists/relay"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// CalmEnds is the calendar's kind for the end of a slow or held thread.
const CalmEnds calendar.Kind = "calm.end"

// CalmEnd is what the calendar calls at the end of a pace.
func (d *Desk) CalmEnd() (calendar.Kind, calendar.Handler) { return CalmEnds, d.calmOver }

// Calm slows a list (thread 0) or one of its threads down for a time, or holds it (cool). What was in force there of that pace ends. by is
// 0 for the operator.
func (d *Desk) Calm(tx *db.Tx, l lists.List, thread archive.ThreadID, cool bool, span time.Duration, by lists.MemberID) error {
	return keepCalm(tx, Calm{List: l.ID, Thread: thread, Pace: pace(cool), Until: tx.Now.Add(span), By: by})
}

func pace(cool bool) Pace {
	if cool {
		return Cool
	}
	return Slow
}

// Lift ends it before its time; the authors of what waits are told. False when nothing was in force.
func (d *Desk) Lift(tx *db.Tx, l lists.List, thread archive.ThreadID, cool bool) (bool, error) {
	c := Calm{List: l.ID, Thread: thread, Pace: pace(cool)}
	all, err := calmOf(tx, c.List)
	if err != nil {
		return false, err
	}
	i := slices.IndexFunc(all, func(o Calm) bool { return o.Thread == c.Thread && o.Pace == c.Pace })
	if i < 0 {
		return false, nil
	}
	if err := endCalm(tx, c); err != nil {
		return false, err
	}
	return true, d.tellOver(tx, c)
}

// Shut closes a thread for everybody but managers, or opens it again; false when it is so already. What is in it stays.
func (d *Desk) Shut(tx *db.Tx, l lists.List, thread archive.ThreadID, open bool, by lists.MemberID) (bool, error) {
	if open {
		return openThread(tx, thread)
	}
	return shutThread(tx, l.ID, thread, by)
}

// shut tells whether a post answers a thread that is closed. Two threads may have become one since.
func (d *Desk) shut(tx *db.Tx, l lists.List, post *letter.Letter) (bool, error) {
	if !isAnswer(post) {
		return false, nil // as most first posts of a thread
	}
	closed, err := shutThreads(tx, l.ID)
	if err != nil || len(closed) == 0 {
		return false, err
	}
	threads, err := d.threadsOf(tx, l, post)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(closed, func(t archive.ThreadID) bool { return d.covers(tx, Calm{Thread: t}, threads) }), nil
}

// Calms are what is in force for a list now, with the threads as people know them.
func (d *Desk) Calms(tx *db.Tx, l lists.List) ([]Calm, error) {
	all, err := calmOf(tx, l.ID)
	for i, c := range all {
		if c.Thread == 0 {
			continue
		}
		t, err := d.Office.Store.Thread(tx, c.Thread)
		if err != nil {
			return nil, err
		}
		all[i].Number, all[i].Title = t.Number, t.Subject
	}
	return all, err
}

// calming is what stands against a post now: of a thread that is held, or slow while its author has had their post. Managers are free:
// somebody has to be able to calm it. nil: nothing does.
func (d *Desk) calming(tx *db.Tx, l lists.List, author lists.Member, post *letter.Letter) (*Calm, error) {
	all, err := calmOf(tx, l.ID)
	if err != nil || len(all) == 0 || author.Manager() {
		return nil, err
	}
	threads, err := d.threadsOf(tx, l, post)
	if err != nil {
		return nil, err
	}
	var slow *Calm
	for _, c := range all {
		if !d.covers(tx, c, threads) {
			continue
		}
		if c.Pace == Cool {
			return &c, nil
		}
		had, err := c.hadPost(tx, author.ID)
		if err != nil {
			return nil, err
		}
		if had || author.ID == 0 {
			slow = &c
		}
	}
	return slow, nil
}

// covers tells whether a pace is for one of some threads. Two threads may have become one since.
func (d *Desk) covers(tx *db.Tx, c Calm, threads []archive.ThreadID) bool {
	if c.Thread == 0 {
		return true
	}
	now, err := d.Office.Store.Thread(tx, c.Thread)
	return slices.Contains(threads, c.Thread) || err == nil && slices.Contains(threads, now.ID)
}

// isAnswer tells whether a letter names any that it answers.
func isAnswer(post *letter.Letter) bool { return len(post.InReplyTo())+len(post.References()) > 0 }

// threadsOf are the threads that a letter answers.
func (d *Desk) threadsOf(tx *db.Tx, l lists.List, post *letter.Letter) (all []archive.ThreadID, err error) {
	for _, id := range slices.Concat(post.InReplyTo(), post.References()) {
		p, err := d.Office.Store.PostByMessageID(tx, l.Box, id)
		if err == nil {
			all = append(all, p.Thread)
		} else if refusal.KindOf(err) != refusal.NotFound {
			return nil, err
		}
	}
	return all, nil
}

// publish hands a post to the press, and counts it where a thread is slow.
//
// What says that it is an offer goes into the digest alone, on a list where nobody sells.
func (d *Desk) publish(tx *db.Tx, pub relay.Publication) error {
	if pub.List.Rules.NoSales && pub.Author.ID != 0 && !pub.Author.Manager() && offerTag.MatchString(pub.Letter.Subject()) {
		pub.DigestOnly = true
		if err := noteOffer(tx, pub.Author.ID); err != nil {
			return err
		}
	}
	post, err := d.Press.Publish(tx, pub)
	if err != nil || pub.Author.ID == 0 {
		return err
	}
	all, err := calmOf(tx, pub.List.ID)
	for _, c := range all {
		if err == nil && c.Pace == Slow && d.covers(tx, c, []archive.ThreadID{post.Thread}) {
			err = c.notePost(tx, pub.Author.ID)
		}
	}
	return err
}

// holdCalm keeps a post of a thread that is slow or held: its author is told kindly, and the managers can let it pass at once.
func (d *Desk) holdCalm(tx *db.Tx, in *lists.Incoming, c Calm) error {
	if in.Sender.ID == 0 {
		return d.hold(tx, in, WhyNew, "")
	}
	h, err := keep(tx, in, Why(c.Pace))
	if err != nil {
		return err
	}
	if err := d.askManagers(tx, in.Community, h, in.Letter, ""); err != nil {
		return err
	}
	return d.tellCalm(tx, h, c.Until)
}

// tellCalm tells the author of a letter that waits for a calmer hour what they can do; until is zero when that hour has come.
func (d *Desk) tellCalm(tx *db.Tx, h Held, until time.Time) error {
	c, l, err := h.place(tx)
	if err != nil || h.Member == 0 {
		return err
	}
	m, err := lists.MemberByID(tx, h.Member)
	if err != nil {
		return err
	}
	t := templates.CalmWaits{Community: c.Name, List: l.Title(), Slow: h.Why == WhySlow, Subject: h.Subject, Days: Days, Managers: c.Address("managers").String()}
	if !until.IsZero() {
		t.Until = until.In(m.Zone(c))
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	mail := notice.ToMember(c, m, notice.Asks, words)
	mail.Auto, mail.Story = notice.Replied, h.Story
	if mail.ReplyTo, err = d.Office.Confirm(tx, h.door(c, m, toAuthor)); err != nil {
		return err
	}
	_, err = d.Office.Send(tx, mail)
	return err
}

// calmOver ends a pace, and tells the authors of what waits. The clock publishes nothing.
func (d *Desk) calmOver(tx *db.Tx, due calendar.Due) error {
	c, found, err := findCalm(tx, due.Object)
	if err != nil || !found {
		return err
	}
	if err := endCalm(tx, c); err != nil {
		return err
	}
	return d.tellOver(tx, c)
}

// tellOver asks the authors of what waited whether it shall still be posted. Whose thread is still slow or held is not asked yet.
func (d *Desk) tellOver(tx *db.Tx, c Calm) error {
	l, err := lists.ListByID(tx, c.List)
	if err != nil {
		return err
	}
	waiting, err := waitingCalm(tx, c.List, Why(c.Pace))
	if err != nil {
		return err
	}
	for _, h := range waiting {
		post, err := d.letterOf(tx, h)
		if err != nil {
			return err
		}
		threads, err := d.threadsOf(tx, l, post)
		if err != nil {
			return err
		}
		if !d.covers(tx, c, threads) {
			continue
		}
		author := lists.Member{}
		if h.Member != 0 {
			if author, err = lists.MemberByID(tx, h.Member); err != nil {
				return err
			}
		}
		still, err := d.calming(tx, l, author, post)
		if err != nil {
			return err
		}
		if still == nil {
			if err := d.tellCalm(tx, h, time.Time{}); err != nil {
				return err
			}
		}
	}
	return nil
}

// Speak posts a text as the managers: in a thread, or with the number 0 as a new one (/say, and the notice of /cool).
func (d *Desk) Speak(tx *db.Tx, c lists.Community, l lists.List, thread archive.ThreadID, subject, text string) error {
	id := letter.NewMessageID("post", c.Domain)
	draft := letter.Draft{
		From: letter.Mailbox{Name: asManagers, Address: l.Address()}, To: []letter.Mailbox{{Name: l.Title(), Address: l.Address()}},
		Subject: subject, Date: tx.Now.UTC().Truncate(time.Minute), MessageID: id, Text: text,
	}
	if thread != 0 {
		posts, err := d.Office.Store.Posts(tx, thread)
		if err != nil {
			return err
		}
		if len(posts) > 0 {
			last := posts[len(posts)-1].MessageID
			draft.InReplyTo, draft.References = []letter.MessageID{last}, []letter.MessageID{last}
		}
	}
	raw, err := draft.Bytes()
	if err != nil {
		return fmt.Errorf("write a post of the managers: %w", err)
	}
	post, err := letter.Parse(raw)
	if err != nil {
		return err
	}
	_, err = d.Press.Publish(tx, relay.Publication{Community: c, List: l, Letter: post, Story: string(id), As: asManagers})
	return err
}

// asManagers stands over a post of the managers as a body.
const asManagers = "The managers"

package digest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"backchannel/archive"
	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/backchannel"
	"backchannel/lists/notice"
	"backchannel/templates"
)

// The managers see the next issues a day before the community's own slot, and may change them (product.md A7). What they were shown, and
// what they decided, is about that slot and about those of members until the next preview.

// previewDue is the calendar's kind for the next preview of a community.
const previewDue calendar.Kind = "digest.preview"

const (
	ahead       = 24 * time.Hour // of the slot, a preview comes
	previewLife = 30             // days that one can be answered; after its slot it is told that this is over
	quietSlots  = 4              // without anything new, after which managers are asked whether they have a question for all
	shown       = 40             // threads in a preview at most
)

// ownSlot is the schedule of a community: that of members who wish nothing else, by the community's clock.
func ownSlot(c lists.Community) calendar.Schedule {
	p := lists.DefaultDigest()
	return calendar.Schedule{Period: calendar.Period(p.Period), Weekday: p.Weekday, Hour: p.Hour, Zone: c.Zone()}
}

// before is the slot before one.
func before(s calendar.Schedule, slot time.Time) time.Time { return s.Next(slot.AddDate(0, 0, -8)) }

// over is when the next preview comes, and with it the end of what was decided about a slot.
func over(c lists.Community, slot time.Time) time.Time { return ownSlot(c).Next(slot).Add(-ahead) }

// planPreview sees to it that a community with readers has a date for its next preview.
func planPreview(tx *db.Tx, c lists.Community) error {
	if _, planned, err := calendar.At(tx, previewDue, int64(c.ID)); err != nil || planned {
		return err
	}
	return calendar.Set(tx, previewDue, int64(c.ID), ownSlot(c).Next(tx.Now.Add(ahead)).Add(-ahead))
}

// preview sends the managers the preview of the next slot, and sets the next date. The row of the slot is written first: whoever comes
// second finds it, and sends nothing.
func (e *Editor) preview(tx *db.Tx, due calendar.Due) error {
	c, err := lists.CommunityByID(tx, lists.CommunityID(due.Object))
	if err != nil {
		return err
	}
	slot := ownSlot(c).Next(tx.Now)
	readers, err := countReaders(tx, c.ID)
	if err != nil || readers == 0 {
		return err // the next reader plans the next one
	}
	if err := calendar.Set(tx, previewDue, int64(c.ID), over(c, slot)); err != nil {
		return err
	}
	if slot.Sub(tx.Now) > ahead {
		return calendar.Set(tx, previewDue, int64(c.ID), slot.Add(-ahead))
	}
	week, err := e.week(tx, c, slot)
	if err != nil {
		return err
	}
	quiet := 0
	if week.posts() == 0 {
		if quiet, err = quietBefore(tx, c.ID, slot); err != nil {
			return err
		}
		quiet++
	}
	if first, err := beginPreview(tx, c.ID, slot, quiet); err != nil || !first || quiet > 0 && quiet != quietSlots {
		return err
	}
	managers, err := lists.Managers(tx, c.ID)
	if err != nil {
		return err
	}
	for _, m := range managers {
		t := templates.DigestPreview{Goes: slot.In(c.Zone()), Readers: readers, Quiet: quiet}
		about, err := e.fillPreview(tx, c, m, week, &t)
		if err != nil {
			return err
		}
		words, err := t.Render()
		if err != nil {
			return err
		}
		if err := e.toManager(tx, c, m, slot, notice.ToMember(c, m, notice.Converse, words), about...); err != nil {
			return err
		}
	}
	return nil
}

// toManager sends a manager a letter about a slot, whose Reply leads to the managers' side of the digest. When it speaks of private letters,
// it is dropped if one of them is not for its reader any more at the moment of sending.
func (e *Editor) toManager(tx *db.Tx, c lists.Community, m lists.Member, slot time.Time, mail notice.Mail, about ...backchannel.ConvID) (err error) {
	mail.From = letter.Mailbox{Name: "Digest preview", Address: c.Address("digest")}
	mail.ReplyTo, err = e.Office.Note(tx, "Digest preview (managers only)", notice.Door{
		Community: c, Member: m, Receiver: Receiver, Object: previewObject(slot), Days: previewLife,
	})
	if err != nil {
		return err
	}
	if len(about) > 0 {
		return e.Box.SendAbout(tx, m.ID, mail, about)
	}
	_, err = e.Office.Send(tx, mail)
	return err
}

// week is what the preview of a slot is about.
type week struct {
	fresh
	ranked  []ranked // what is new, as a member sees it who follows nothing; what is left out is here all the same
	decided Decided
	corner  map[archive.ThreadID]bool // of unanswered questions
	since   time.Time
	gone    int // posts that were there
}

// week gathers what is new in all lists since the slot before, until now.
func (e *Editor) week(tx *db.Tx, c lists.Community, slot time.Time) (w week, err error) {
	if w.decided, err = e.decided(tx, c); err != nil {
		return w, err
	}
	w.since = before(ownSlot(c), slot).Add(-settle)
	all := w.decided
	all.Dropped = nil
	if w.fresh, w.ranked, err = e.overview(tx, c, w.since, tx.Now.Add(time.Microsecond), all); err != nil {
		return w, err
	}
	w.corner = map[archive.ThreadID]bool{}
	for _, r := range pick(w.ranked, w.decided, len(w.ranked)).unanswered {
		w.corner[r.thread.ID] = true
	}
	w.ranked = slices.DeleteFunc(w.ranked, func(r ranked) bool { return r.waits && !w.corner[r.thread.ID] })
	for _, l := range w.fresh {
		from, err := e.Store.Newest(tx, l.list.Box, w.since)
		if err != nil {
			return w, err
		}
		gone, err := e.Store.GoneSeqs(tx, l.list.Box, from, l.upTo)
		if err != nil {
			return w, err
		}
		w.gone += len(gone)
	}
	return w, nil
}

// fillPreview is the preview as one manager may see it. It tells of which private letters that speaks.
func (e *Editor) fillPreview(tx *db.Tx, c lists.Community, m lists.Member, w week, t *templates.DigestPreview) (about []backchannel.ConvID, err error) {
	letters, err := e.Box.About(tx, m, w.since)
	if err != nil {
		return nil, err
	}
	for _, r := range w.ranked[:min(len(w.ranked), shown)] {
		t.Threads = append(t.Threads, templates.PreviewThread{
			Number: int(r.thread.Number), Score: math.Round(r.Score*10) / 10, Subject: cmp.Or(r.subject(r.prefix, c.Domain), templates.English.Untitled()),
			Facts: w.facts(r), Letters: lettersAbout(letters[r.thread.ID]),
		})
		for _, letter := range letters[r.thread.ID] {
			about = append(about, letter.ID)
		}
	}
	t.Note, t.Events, t.Removed = w.decided.Note, w.decided.Events, w.gone
	h, err := holdOf(tx, c.ID)
	if err != nil {
		return nil, err
	}
	if h.holds(tx.Now) {
		t.HeldTill = h.until.In(c.Zone())
	}
	if e.Held == nil {
		return about, nil
	}
	held, err := e.Held(tx, c, m)
	if t.Held = len(held); t.Held > 0 {
		t.HeldFor = held[0].Age
	}
	return about, err
}

// facts is what the preview tells of a thread.
func (w week) facts(r ranked) string {
	said := []string{counted(r.Posts, "post", "posts"), counted(r.People, "person", "people")}
	if r.Newcomer {
		said = append(said, "newcomer")
	}
	said = append(said, r.shownTags()...)
	for _, is := range []struct {
		wanted map[archive.ThreadID]bool
		said   string
	}{{w.decided.Pinned, "stands first"}, {w.decided.Dropped, "left out"}, {w.decided.Brief, "its subject alone"}, {w.corner, templates.UnansweredFact(max(0, r.Open))}} {
		if is.wanted[r.thread.ID] {
			said = append(said, is.said)
		}
	}
	return strings.Join(said, ", ")
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// lettersAbout tells of private letters about a thread, by the codes of those that the reader may see.
func lettersAbout(letters []backchannel.Conv) string {
	if len(letters) == 0 {
		return ""
	}
	var codes []string
	for _, l := range letters {
		codes = append(codes, l.Code)
	}
	return fmt.Sprintf("%s about this thread (%s)", counted(len(codes), "private letter", "private letters"), strings.Join(codes, ", "))
}

// has tells whether something in a thread is new.
func (w week) has(id archive.ThreadID) bool {
	return slices.ContainsFunc(w.ranked, func(r ranked) bool { return r.thread.ID == id && !r.waits })
}

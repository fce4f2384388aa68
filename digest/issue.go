package digest

import (
	"slices"
	"strings"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
)

// issue writes one issue for one slot, of what was published before closing. It tells whether there was anything to send.
func (e *Editor) issue(tx *db.Tx, r reader, slot, closing time.Time) (bool, error) {
	if done, err := issued(tx, r.member.ID, slot); err != nil || done {
		return false, err
	}
	d, note, err := e.decidedFor(tx, r)
	if err != nil {
		return false, err
	}
	ed, err := e.gather(tx, r, closing, d)
	if err != nil {
		return false, err
	}
	if !ed.worth(slot) {
		if err := r.close(tx); err != nil {
			return false, err
		}
		tx.OnCommit(func() { issues.Add("nothing new") })
		return false, recordSkip(tx, r.member.ID, slot, "nothing new")
	}
	if ed.removed, err = e.removedSince(tx, r.member.ID, ed.fresh); err != nil {
		return false, err
	}
	id, err := insertIssue(tx, r.member.ID, slot, note)
	if err != nil {
		return false, err
	}
	mail, err := e.write(tx, r, ed, id, slot)
	if err != nil {
		return false, err
	}
	mail.Stamp, mail.Object = stampIssue, id
	sent, err := e.Office.Send(tx, mail)
	if err != nil {
		return false, err
	}
	if err := finishIssue(tx, id, sent.ID, ed.removed); err != nil {
		return false, err
	}
	if h, err := holdOf(tx, r.community.ID); err != nil {
		return false, err
	} else if h.holds(tx.Now) { // somebody asked for it outside the calendar
		if _, err := e.stopIssue(tx, r.community, issueInfo{id: id, member: r.member.ID}); err != nil {
			return false, err
		}
	}
	if note != 0 {
		if err := sentNote(tx, note, r.member.ID); err != nil {
			return false, err
		}
	}
	if err := e.remember(tx, r, id, ed); err != nil {
		return false, err
	}
	tx.OnCommit(func() { issues.Add("sent") })
	return true, nil
}

// shelf is the number under which an issue lies in its reader's folder: not one of a conversation, which are counted from 1.
func shelf(issue int64) int64 { return -issue }

// remember keeps what an issue covered and showed, and moves the reader on.
func (e *Editor) remember(tx *db.Tx, r reader, id int64, ed edition) error {
	for _, l := range ed.fresh {
		gone, err := e.Store.GoneSeqs(tx, l.list.Box, l.from, l.upTo)
		if err != nil {
			return err
		}
		if err := insertSpan(tx, id, span{list: l.list.ID, from: l.from, upTo: l.upTo, until: l.until, gone: gone}); err != nil {
			return err
		}
		if err := setCursor(tx, r.member.ID, l.list.ID, l.upTo); err != nil {
			return err
		}
	}
	if err := ed.items(func(section string, rank int, t ranked) error {
		return insertItem(tx, id, t.thread.ID, section, rank, t.Score)
	}); err != nil {
		return err
	}
	return r.close(tx)
}

// items goes through the threads of an edition, with their sections and their places in them.
func (ed edition) items(do func(section string, rank int, t ranked) error) error {
	for _, s := range []struct {
		name string
		all  []ranked
	}{{"unanswered", ed.unanswered}, {"threads", ed.threads}, {"brief", ed.brief}, {"offers", ed.offers}} {
		for i, t := range s.all {
			if err := do(s.name, i+1, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// soon is how near a date is that makes an issue by itself.
const soon = 8 * 24 * time.Hour

// worth tells whether an issue is sent for a slot (product.md A3): with so many posts as its reader wants, or with a manager's note; and
// for a question that waits or a date that is near, but not day by day. What the reader wrote or has read already is no reason.
func (ed edition) worth(slot time.Time) bool {
	posts := 0
	_ = ed.items(func(_ string, _ int, t ranked) error {
		if !t.waits && !t.known {
			posts += len(t.posts)
		}
		return nil
	})
	if posts > 0 && posts >= ed.pref.MinPosts || ed.Note != nil {
		return true
	}
	near := len(ed.Dates) > 0 && ed.Dates[0].Before(slot.Add(soon))
	return calendar.Period(ed.pref.Period) != calendar.Daily && (len(ed.unanswered) > 0 || near)
}

// span is what an issue covered of one list.
type span struct {
	list       lists.ListID
	from, upTo int64
	until      time.Time
	gone       []int64 // posts in it that were gone already, or that the reader was told of
}

// gatherAgain reads once more what an issue covered, as it is now.
func (e *Editor) gatherAgain(tx *db.Tx, r reader, d Decided) (all fresh, err error) {
	for _, s := range r.again {
		list, err := lists.ListByID(tx, s.list)
		if err != nil {
			return nil, err
		}
		l, err := e.gatherList(tx, list, s.from, s.until, d.Asked)
		if err != nil {
			return nil, err
		}
		all = append(all, l)
	}
	slices.SortStableFunc(all, func(a, b freshList) int { return strings.Compare(a.list.Local, b.list.Local) })
	return all, nil
}

// kept is how long after an issue its reader is told of posts in it that are gone.
const kept = 60 * 24 * time.Hour

// removedSince counts the posts that a reader had in an earlier issue and that are gone since. Each is told of once.
func (e *Editor) removedSince(tx *db.Tx, m lists.MemberID, f fresh) (n int, err error) {
	for _, l := range f {
		floor, err := e.Store.Newest(tx, l.list.Box, tx.Now.Add(-kept))
		if err != nil {
			return 0, err
		}
		gone, err := e.Store.GoneSeqs(tx, l.list.Box, floor, l.from)
		if err != nil {
			return 0, err
		}
		if len(gone) == 0 {
			continue // nearly always
		}
		told, err := e.tellGone(tx, m, l.list, gone)
		if err != nil {
			return 0, err
		}
		n += told
	}
	return n, nil
}

// tellGone counts those posts of a list that were in an issue a reader had, and notes that they are told of.
func (e *Editor) tellGone(tx *db.Tx, m lists.MemberID, l lists.List, gone []int64) (n int, err error) {
	spans, err := spansOf(tx, m, l.ID, gone[0])
	if err != nil {
		return 0, err
	}
	for _, s := range spans {
		var news []int64
		for _, seq := range gone {
			if seq <= s.from || seq > s.upTo || slices.Contains(s.gone, seq) {
				continue
			}
			p, err := e.Store.PostBySeq(tx, l.Box, seq)
			if err != nil {
				return 0, err
			}
			shown, err := hasItem(tx, s.issue, p.Thread)
			if err != nil {
				return 0, err
			}
			if shown {
				n++
			}
			news = append(news, seq)
		}
		if len(news) > 0 {
			if err := setGone(tx, s.issue, l.ID, append(s.gone, news...)); err != nil {
				return 0, err
			}
		}
	}
	return n, nil
}

// changed tells whether something of what an issue covered is gone since it was written.
func (e *Editor) changed(tx *db.Tx, spans []span) (bool, error) {
	for _, s := range spans {
		l, err := lists.ListByID(tx, s.list)
		if err != nil {
			return false, err
		}
		gone, err := e.Store.GoneSeqs(tx, l.Box, s.from, s.upTo)
		if err != nil || len(gone) != len(s.gone) {
			return true, err
		}
	}
	return false, nil
}

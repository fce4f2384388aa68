package report

import (
	"errors"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/backchannel"
)

// Figures tells managers how their community is, how private letters lead back to the lists, and what members ask for (product.md B13,
// C4). Everything is counted when it is asked for, from rows that are there anyway; nothing is kept.
type Figures struct {
	Box *backchannel.Letterbox
	// Held tells what managers had to decide about in a span of time, and how often somebody sold; nil tells nothing. Moderation is no matter
	// of ours.
	Held func(tx *db.Tx, c lists.CommunityID, from, to time.Time) (*backchannel.StateHeld, error)
	// Tags are the tags of a thread; nil: threads have none.
	Tags func(tx *db.Tx, c lists.Community, thread int64) ([]string, error)
}

// lookBack is how far back posts are looked at, in days: for twelve weeks, and for what was before.
const lookBack = 120

// facts gathers what the figures of a community are made from, up to now.
func (r *Figures) facts(tx *db.Tx, c lists.Community) (f facts, err error) {
	if f, err = r.posts(tx, c, tx.Now.AddDate(0, 0, -lookBack)); err != nil {
		return f, err
	}
	f.names, f.managers, f.vendors = map[int64]string{}, map[int64]bool{}, map[int64]bool{}
	authors, err := r.Box.Office.Store.Authors(tx, int64(c.ID))
	if err != nil {
		return f, err
	}
	for _, a := range authors {
		f.authors = append(f.authors, author{a.ID, a.First, a.Last})
	}
	members, err := lists.Members(tx, c.ID)
	if err != nil {
		return f, err
	}
	for _, m := range members {
		if m.State == lists.Active {
			f.names[int64(m.ID)] = m.Name
		}
		f.vendors[int64(m.ID)] = m.Kind == "vendor"
		if m.Manager() {
			f.managers[int64(m.ID)] = true
		}
	}
	f.alone, err = leftAlone(tx)
	return f, err
}

// posts are the posts since a moment, up to now.
func (r *Figures) posts(tx *db.Tx, c lists.Community, since time.Time) (f facts, err error) {
	f.to = tx.Now.In(c.Zone())
	all, err := r.Box.Office.Store.Traces(tx, int64(c.ID), since)
	for _, p := range all {
		if p.At.Before(f.to) {
			f.posts = append(f.posts, post{int64(p.Thread), p.Root, p.Author, p.Who, p.At, p.Asks, p.Subject, p.Name})
		}
	}
	return f, err
}

// letters are the letters that the meter looks at.
func (f facts) letters(tx *db.Tx, c lists.Community) ([]backchannel.Entry, error) {
	return backchannel.Ledger(tx, c.ID, f.days(backAgain+fourWeeks))
}

// Crutch is the meter as one manager may read it (product.md B13).
func (r *Figures) Crutch(tx *db.Tx, c lists.Community, m lists.Member) (t backchannel.CrutchReport, err error) {
	f, err := r.facts(tx, c)
	if err != nil {
		return t, err
	}
	letters, err := f.letters(tx, c)
	if err != nil {
		return t, err
	}
	t.Community = c.Name
	t.Crutch, t.Acts = f.crutch(letters, m.ID)
	return t, nil
}

// Week is the last week, with the meter. In a community where nothing happens it is false: there is nothing to tell.
func (r *Figures) Week(tx *db.Tx, c lists.Community, m lists.Member) (t backchannel.WeekReport, ok bool, err error) {
	f, err := r.facts(tx, c)
	if err != nil {
		return t, false, err
	}
	letters, err := f.letters(tx, c)
	if err != nil {
		return t, false, err
	}
	s := f.state(false)
	t = backchannel.WeekReport{Community: c.Name, Week: s.Week, Posting: s.Posting, Threads: s.Threads, Unanswered: s.Unanswered, Median: s.Median}
	for _, e := range letters {
		if within(e.Opened, f.days(week), f.to) {
			t.Letters++
		}
	}
	if t.Thanks, err = backchannel.CountThanks(tx, c.ID, f.days(week), f.to); err != nil {
		return t, false, err
	}
	t.Crutch, t.Acts = f.crutch(letters, m.ID)
	lively := len(f.in(f.days(fourWeeks), f.to)) > 0 || t.Thanks > 0 || t.Crutch.Private.Of > 0 || t.Crutch.Public.Of > 0
	return t, lively, nil
}

// stateActs is how many things the state of a community suggests at most.
const stateActs = 5

// State is how a community is, for one manager or, when it is to be shared, for anybody (product.md C4).
func (r *Figures) State(tx *db.Tx, c lists.Community, m lists.Member, share bool) (t backchannel.StateReport, err error) {
	f, err := r.facts(tx, c)
	if err != nil {
		return t, err
	}
	t = f.state(share)
	t.Community = c.Name
	if share {
		return t, nil
	}
	if t.Each, t.Digest, t.NoMail, t.Stopped, err = deliveries(tx, c.ID); err != nil {
		return t, err
	}
	if t.Heat, err = backchannel.CountAlarms(tx, m.ID, f.days(fourWeeks)); err != nil {
		return t, err
	}
	if r.Held != nil {
		if t.Held, err = r.Held(tx, c.ID, f.days(fourWeeks), f.to); err != nil {
			return t, err
		}
	}
	letters, err := f.letters(tx, c)
	if err != nil {
		return t, err
	}
	meter, acts := f.crutch(letters, m.ID)
	t.Crutch = &meter
	for _, a := range acts {
		if a.Kind != backchannel.ActWait && len(t.Acts) < stateActs { // the state says that itself
			t.Acts = append(t.Acts, a)
		}
	}
	needs, err := r.needs(tx, c, lastMonth(f.to), Inside)
	for _, n := range needs[:min(len(needs), shownAtMost)] {
		t.Needs = append(t.Needs, backchannel.NeedLine(n))
	}
	return t, err
}

// deliveries counts active members by the most that they get from any list, and those whose mail comes back.
func deliveries(tx *db.Tx, c lists.CommunityID) (each, digest, none, stopped int, err error) {
	members, err := lists.Members(tx, c)
	if err != nil {
		return 0, 0, 0, 0, err
	}
	for _, m := range members {
		if m.State == lists.Paused {
			stopped++
		}
		if m.State != lists.Active {
			continue
		}
		subs, err := lists.Subscriptions(tx, m.ID)
		if err != nil {
			return 0, 0, 0, 0, err
		}
		most := lists.None
		for _, s := range subs {
			if s.Delivery == lists.Each || s.Delivery == lists.Digest && most == lists.None {
				most = s.Delivery
			}
		}
		switch most {
		case lists.Each:
			each++
		case lists.Digest:
			digest++
		default:
			none++
		}
	}
	return each, digest, none, stopped, nil
}

// lastMonth is the beginning of the month that is over, of UTC.
func lastMonth(now time.Time) time.Time {
	return time.Date(now.UTC().Year(), now.UTC().Month()-1, 1, 0, 0, 0, 0, time.UTC)
}

// Needs tells what members asked for in a month (any time within it; zero: the last one that is over), for one manager or, when it is
// to be shared, for anybody.
func (r *Figures) Needs(tx *db.Tx, c lists.Community, m lists.Member, month time.Time, share bool) (t backchannel.NeedsReport, err error) {
	if month.IsZero() {
		month = lastMonth(tx.Now)
	}
	t = backchannel.NeedsReport{Community: c.Name, Month: month, Share: share, Least: Inside}
	if share {
		t.Least = Outside
	}
	needs, err := r.needs(tx, c, month, t.Least)
	if err != nil {
		return t, err
	}
	for _, n := range needs {
		t.Needs = append(t.Needs, backchannel.NeedLine(n))
	}
	if share {
		return t, nil
	}
	if t.Quote, err = quote(tx, c.ID, month, needs); err != nil {
		return t, err
	}
	meter, err := r.Crutch(tx, c, m)
	if err != nil {
		return t, err
	}
	t.Crutch, t.Acts = &meter.Crutch, append(unmet(needs), meter.Acts...)
	t.Acts = t.Acts[:min(len(t.Acts), actsAtMost)]
	return t, nil
}

// draftsAtMost is how many drafts one mail holds.
const draftsAtMost = 20

// Quiet are the people for whom a manager gets a draft of a hello, those who wrote last in front, and how many more there are.
func (r *Figures) Quiet(tx *db.Tx, c lists.Community) (all []backchannel.QuietPerson, more int, err error) {
	f, err := r.facts(tx, c)
	if err != nil {
		return nil, 0, err
	}
	for _, id := range f.quiet() {
		switch {
		case f.alone[id]:
			continue
		case len(all) == draftsAtMost:
			more++
			continue
		}
		m, err := lists.MemberByID(tx, lists.MemberID(id))
		if err != nil {
			return nil, 0, err
		}
		posts, err := r.Box.Office.Store.PostsOf(tx, int64(c.ID), id, 1)
		if err != nil {
			return nil, 0, err
		}
		one := backchannel.QuietPerson{Name: m.Name, Address: m.Address.String()}
		for _, a := range f.authors {
			if a.id == id {
				one.Last = a.last.In(c.Zone())
			}
		}
		if one.Name == "" {
			one.Name = m.Address.Local
		}
		for _, p := range posts {
			one.Subject = p.Subject
		}
		all = append(all, one)
	}
	return all, more, nil
}

// LeaveAlone says that no manager gets drafts for a member who is silent, or, with off, that they do again.
func (r *Figures) LeaveAlone(tx *db.Tx, c lists.Community, typed string, alone bool) (lists.Member, error) {
	m, err := lists.TheMember(tx, c, typed)
	if err != nil {
		return m, err
	}
	return m, setAlone(tx, m.ID, alone)
}

// LeftAlone tells whether a member wants no manager to write when they are silent.
func (r *Figures) LeftAlone(tx *db.Tx, m lists.MemberID) (bool, error) {
	all, err := leftAlone(tx)
	return all[int64(m)], err
}

// SetAlone keeps a member's own wish that no manager writes when they are silent, or that they may.
func (r *Figures) SetAlone(tx *db.Tx, m lists.MemberID, alone bool) error {
	return setAlone(tx, m, alone)
}

// Monday mails the managers of a community what there is to tell on the first day of a week: how the community is, in the first week of
// a month, and else the last week. What comes a day late or more is left out: the next one tells it, too.
func (r *Figures) Monday(tx *db.Tx, id lists.CommunityID) error {
	c, err := lists.CommunityByID(tx, id)
	if errors.Is(err, db.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	slot, err := r.Box.PlanFigures(tx, c)
	if err != nil || tx.Now.Sub(slot) > 24*time.Hour {
		return err
	}
	if slot.In(c.Zone()).Day() <= week {
		return r.Box.TellState(tx, c)
	}
	return r.Box.TellWeek(tx, c)
}

// NextMonth mails the managers of a community what members asked for in the month that is over.
func (r *Figures) NextMonth(tx *db.Tx, id lists.CommunityID) error {
	c, err := lists.CommunityByID(tx, id)
	if err != nil {
		return err
	}
	return r.Box.TellNeeds(tx, c)
}

var _ backchannel.Counter = (*Figures)(nil)

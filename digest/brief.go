package digest

import (
	"fmt"
	"strings"
	"time"

	"backchannel/archive"
	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/backchannel"
	"backchannel/lists/notice"
	"backchannel/templates"
)

// The morning brief stands here, beside the issues: it is the same thing for managers, one letter for each slot of their own calendar,
// exactly once, from everything below.

// Brief is the calendar's kind for a manager's next morning brief.
const Brief calendar.Kind = "brief"

// When a brief comes, by the manager's clock, on Monday to Friday, and how long after that it still does.
const (
	briefHour, briefMinute = 7, 30
	briefLate              = 6 * time.Hour
)

// What of the lists a brief names: questions without a reply for so long, first posts without one for so long, and neither when they are
// older than two weeks; and how many of each at most.
const (
	unansweredFor = 48 * time.Hour
	newcomerFor   = 24 * time.Hour
	tooOld        = 14 * 24 * time.Hour
	briefPosts    = 10
)

// nextBrief is the first slot of a brief after a moment.
func nextBrief(after time.Time, zone *time.Location) time.Time {
	y, m, d := after.In(zone).Date()
	for i := range 8 {
		at := time.Date(y, m, d+i, briefHour, briefMinute, 0, 0, zone)
		if day := at.Weekday(); day != time.Saturday && day != time.Sunday && at.After(after) {
			return at.UTC()
		}
	}
	return after.AddDate(0, 0, 7)
}

// planBrief sets the next brief of somebody who is a manager, and takes it from who is none.
func (e *Editor) planBrief(tx *db.Tx, due calendar.Due) error {
	m, err := lists.MemberByID(tx, lists.MemberID(due.Object))
	if err != nil {
		return err
	}
	if !m.Manager() {
		return calendar.Clear(tx, Brief, int64(m.ID))
	}
	c, err := lists.CommunityByID(tx, m.Community)
	if err != nil {
		return err
	}
	return calendar.Set(tx, Brief, int64(m.ID), nextBrief(tx.Now, m.Zone(c)))
}

// brief sends a manager the brief of the day, when there is something to tell, and sets the next one. The row of the day is written first:
// whoever comes second, in this process or another, finds it and sends nothing. A brief whose morning is over is left out.
func (e *Editor) brief(tx *db.Tx, due calendar.Due) error {
	if err := e.planBrief(tx, due); err != nil {
		return err
	}
	m, err := lists.MemberByID(tx, lists.MemberID(due.Object))
	if err != nil || !m.Manager() {
		return err
	}
	c, err := lists.CommunityByID(tx, m.Community)
	if err != nil {
		return err
	}
	now := tx.Now.In(m.Zone(c))
	slot := time.Date(now.Year(), now.Month(), now.Day(), briefHour, briefMinute, 0, 0, now.Location())
	if now.Before(slot) || now.Sub(slot) > briefLate || now.Weekday() == time.Saturday || now.Weekday() == time.Sunday {
		return nil
	}
	since, err := lastBrief(tx, m.ID)
	if err != nil {
		return err
	}
	if first, err := beginBrief(tx, m.ID, now); err != nil || !first {
		return err
	}
	t, about, err := e.composeBrief(tx, c, m, since)
	if err != nil || t.Today() == "" {
		return err
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	return e.Box.SendAbout(tx, m.ID, notice.ToMember(c, m, notice.Converse, words), about) // private words: no list takes an answer to it (W1)
}

// composeBrief gathers what one manager should know, by what that manager may read, and tells of which conversations that speaks.
func (e *Editor) composeBrief(tx *db.Tx, c lists.Community, m lists.Member, since time.Time) (t templates.MorningBrief, about []backchannel.ConvID, err error) {
	t = templates.MorningBrief{Community: c.Name}
	if c.OmbudsLost(tx.Now) {
		t.Lost = c.Address("ombuds").String()
	}
	if about, err = e.Box.Morning(tx, c, m, since, &t); err != nil {
		return t, nil, err
	}
	if e.Held != nil {
		if t.Held, err = e.Held(tx, c, m); err != nil {
			return t, nil, err
		}
	}
	if e.Joining != nil {
		if t.Joining, err = e.Joining(tx, c, m); err != nil {
			return t, nil, err
		}
	}
	all, err := lists.Lists(tx, c.ID)
	if err != nil {
		return t, nil, err
	}
	for _, l := range all {
		if err := e.lonely(tx, l, m, &t); err != nil {
			return t, nil, err
		}
	}
	if err := e.prompt(tx, c, m, all, &t); err != nil {
		return t, nil, err
	}
	t.List, t.New = t.List[:min(len(t.List), briefPosts)], t.New[:min(len(t.New), briefPosts)]
	return t, about, nil
}

// lonely adds the threads of a list in which nobody has replied: first posts of newcomers, and questions.
func (e *Editor) lonely(tx *db.Tx, l lists.List, m lists.Member, t *templates.MorningBrief) error {
	threads, err := e.Store.Threads(tx, l.Box, archive.ThreadPage{Limit: 200})
	if err != nil {
		return err
	}
	for _, th := range threads {
		age := tx.Now.Sub(th.Last)
		if age > tooOld {
			break // the newest come first
		}
		if th.Posts != 1 || age < newcomerFor {
			continue
		}
		p, err := e.Store.Post(tx, th.Root)
		if err != nil {
			return err
		}
		if p.Imported || p.Raw == 0 || p.Author == int64(m.ID) {
			continue
		}
		one := templates.BriefPost{Title: th.Subject, Author: name(p), List: l.Title(), Age: aged(age), Answer: l.Address().String()}
		first, err := e.isFirst(tx, th, p)
		switch {
		case err != nil:
			return err
		case first:
			t.New = append(t.New, one)
		case age > unansweredFor && strings.ContainsAny(p.Subject+p.Text, "?？؟"):
			t.List = append(t.List, one)
		}
	}
	return nil
}

// isFirst tells whether a post is the first one that its author, a member, ever wrote here.
func (e *Editor) isFirst(tx *db.Tx, th archive.Thread, p archive.Post) (bool, error) {
	if p.Author == 0 {
		return false, nil
	}
	all, err := e.Store.PostsOf(tx, th.Series, p.Author, 2)
	return len(all) == 1 && all[0].ID == p.ID, err
}

// aged is an age as people say it.
func aged(d time.Duration) string {
	n, unit := int(d/time.Hour), "hour"
	if n >= 48 {
		n, unit = n/24, "day"
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}

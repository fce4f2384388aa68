package digest

import (
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates"
)

// promptEvery is how long after a manager's question to a founding list, or after an invitation to ask one, managers are invited again: a week,
// less what the mornings of two managers may lie apart.
const promptEvery = 7*24*time.Hour - 12*time.Hour

// prompt invites one manager to put a question to each list that is founding, once a week, and not in a week in which a manager has asked one
// (product.md C2): who is on duty, or, where managers have no rota, each in turn. It only says how; nothing is posted but what a manager
// writes.
func (e *Editor) prompt(tx *db.Tx, c lists.Community, m lists.Member, all []lists.List, t *templates.MorningBrief) error {
	duty, err := e.Box.AllOnDuty(tx, c)
	if err != nil {
		return err
	}
	since := tx.Now.Add(-promptEvery)
	for _, l := range all {
		if l.Stage != lists.Founding || l.Posting == lists.ByManagers { // where only managers write nobody could answer
			continue
		}
		p, err := promptOf(tx, l.ID)
		if err != nil {
			return err
		}
		if p.at.After(since) || p.turn(duty, tx.Now) != m.ID {
			continue
		}
		asked, err := e.managersAsked(tx, l, since)
		if err != nil {
			return err
		}
		if asked {
			continue
		}
		if err := p.begin(tx); err != nil {
			return err
		}
		t.Ask = append(t.Ask, templates.BriefAsk{List: l.Title(), Question: templates.ListQuestion(p.times), Answer: l.Address().String()})
		t.AskTurns = len(duty) > 1
	}
	return nil
}

// prompted is how often, and when last, a manager was invited to ask a list something; never, a zero date.
type prompted struct {
	list  lists.ListID
	times int
	at    time.Time
}

// turn is who of the managers on duty is invited next: one after the other; and the next one when somebody's day has passed in silence, as
// that of a manager whose morning has none.
func (p prompted) turn(duty []lists.Member, now time.Time) lists.MemberID {
	if len(duty) == 0 {
		return 0
	}
	n := p.times
	if !p.at.IsZero() {
		n += int(now.Sub(p.at.Add(promptEvery)) / (24 * time.Hour))
	}
	return duty[n%len(duty)].ID
}

// managersAsked tells whether a manager has begun a thread of a list with a question since a moment.
func (e *Editor) managersAsked(tx *db.Tx, l lists.List, since time.Time) (bool, error) {
	threads, err := e.Store.Threads(tx, l.Box, archive.ThreadPage{Limit: 200})
	if err != nil {
		return false, err
	}
	for _, th := range threads {
		if th.Last.Before(since) {
			break // the newest come first
		}
		if th.First.Before(since) {
			continue
		}
		p, err := e.Store.Post(tx, th.Root)
		if err != nil {
			return false, err
		}
		if p.Imported || p.Author == 0 || !asks(p, true, nil) {
			continue
		}
		author, err := lists.MemberByID(tx, lists.MemberID(p.Author))
		if err != nil {
			return false, err
		}
		if author.Manager() {
			return true, nil
		}
	}
	return false, nil
}

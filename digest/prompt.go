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

// prompt invites the manager who is on duty to put a question to each list that is founding, once a week, and not in a week in which a manager
// has asked one (product.md C2). It only says how; nothing is posted but what a manager writes.
func (e *Editor) prompt(tx *db.Tx, c lists.Community, m lists.Member, all []lists.List, t *templates.MorningBrief) error {
	duty, err := e.Box.OnDuty(tx, c)
	if err != nil || duty.ID != m.ID {
		return err
	}
	since := tx.Now.Add(-promptEvery)
	for _, l := range all {
		if l.Stage != lists.Founding || l.Posting == lists.ByManagers { // where only managers write nobody could answer
			continue
		}
		asked, err := e.managersAsked(tx, l, since)
		if err != nil || asked {
			if err != nil {
				return err
			}
			continue
		}
		n, due, err := beginPrompt(tx, l.ID, since)
		if err != nil {
			return err
		}
		if due {
			t.Ask = append(t.Ask, templates.BriefAsk{List: l.Title(), Question: templates.ListQuestion(n), Answer: l.Address().String()})
		}
	}
	return nil
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

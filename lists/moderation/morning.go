package moderation

import (
	"fmt"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates"
)

// morningPosts is how many posts a morning brief names.
const morningPosts = 20

// Morning is what waits for a manager's decision, for the morning brief, each with that manager's own address to decide.
func (d *Desk) Morning(tx *db.Tx, c lists.Community, m lists.Member) (posts []templates.BriefPost, err error) {
	all, err := ForManagers(tx, c.ID)
	if err != nil {
		return nil, err
	}
	for _, h := range all[:min(len(all), morningPosts)] {
		l, err := lists.ListByID(tx, h.List)
		if err != nil {
			return nil, err
		}
		door, err := d.Office.Vote(tx, h.door(c, m, toManager))
		if err != nil {
			return nil, err
		}
		age := fmt.Sprintf("%d hours", int(tx.Now.Sub(h.Asked)/time.Hour))
		if days := int(tx.Now.Sub(h.Asked) / (24 * time.Hour)); days >= 2 {
			age = fmt.Sprintf("%d days", days)
		}
		posts = append(posts, templates.BriefPost{Title: h.Subject, Author: h.From, List: l.Title(), Age: age, Answer: door.Address.String()})
	}
	return posts, nil
}

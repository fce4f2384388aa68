package backchannel

import (
	"errors"
	"fmt"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// earlierWords are the last things said before a letter, in our own record: managers see what they answer to.
func earlierWords(tx *db.Tx, c Conv, before int64) ([]templates.Quote, error) {
	all, err := said(tx, c.ID, 0)
	if err != nil {
		return nil, err
	}
	var quotes []templates.Quote
	for _, m := range all {
		if m.id == before {
			break
		}
		q, err := quote(tx, c, m)
		if err != nil {
			return nil, err
		}
		quotes = append(quotes, q)
	}
	return quotes[max(0, len(quotes)-2):], nil
}

func quote(tx *db.Tx, c Conv, m message) (templates.Quote, error) {
	who := c.Name
	if m.dir != dirIn && m.author == 0 { // the ombuds, or nobody
		who = "The program"
		if m.dir == dirOut {
			who = "The ombuds"
		}
	} else if m.dir != dirIn {
		author, err := lists.MemberByID(tx, m.author)
		if err != nil {
			return templates.Quote{}, err
		}
		who = author.FirstName()
	}
	return templates.Quote{Who: who, Text: templates.Said(m.text)}, nil
}

// staleSince tells what others said since a revision; "" when nothing. That the writer wrote again is a collision only where the community
// wants it so (B15b).
func staleSince(tx *db.Tx, c Conv, rev int, but lists.MemberID) (string, error) {
	community, err := lists.CommunityByID(tx, c.Community)
	if err != nil {
		return "", err
	}
	all, err := said(tx, c.ID, rev)
	if err != nil {
		return "", err
	}
	for _, m := range all {
		if m.dir == dirIn && community.Collision == lists.CollisionStrict {
			return byMail(community, c).Name + " wrote again", nil
		}
		if m.dir == dirIn || m.author == but {
			continue
		}
		if m.author == 0 {
			return "The ombuds answered", nil
		}
		author, err := lists.MemberByID(tx, m.author)
		if err != nil {
			return "", err
		}
		if m.dir == dirOut {
			return author.FirstName() + " answered", nil
		}
		return author.FirstName() + " added a note", nil
	}
	return "", nil
}

// newsSince is everything that others said since a revision, for the manager whose answer came back.
func newsSince(tx *db.Tx, c Conv, rev int, but lists.MemberID) ([]templates.Quote, error) {
	all, err := said(tx, c.ID, rev)
	if err != nil {
		return nil, err
	}
	var quotes []templates.Quote
	for _, m := range all {
		if m.dir != dirIn && m.author == but {
			continue
		}
		q, err := quote(tx, c, m)
		if err != nil {
			return nil, err
		}
		quotes = append(quotes, q)
	}
	return quotes, nil
}

// notThere is the answer for a conversation that does not exist and for one that this manager may not see: they are the same (P15).
func notThere(code string) error {
	return refusal.Because(refusal.NotFound, "There is no letter %s.", letter.ASCII(code, 20)).Try("backchannel letters list --as MANAGER")
}

// ByID is ByCode for the object of a filed copy.
func (b *Letterbox) ByID(tx *db.Tx, m lists.Member, id ConvID) (Conv, error) {
	c, err := find(tx, id)
	if errors.Is(err, db.ErrNoRows) {
		return c, notThere(fmt.Sprint(id))
	}
	if err != nil {
		return c, err
	}
	return b.ByCode(tx, m, c.Code)
}

// Line is one thing said, as a manager may read it.
type Line struct {
	At   time.Time `json:"at"`
	Who  string    `json:"who"`
	Dir  string    `json:"dir"` // in, out or note
	Text string    `json:"text"`
}

// Show is everything said in a conversation, for somebody who may see it: ByCode and ByID give it to nobody else.
func (b *Letterbox) Show(tx *db.Tx, c Conv) ([]Line, error) {
	all, err := said(tx, c.ID, 0)
	if err != nil {
		return nil, err
	}
	var lines []Line
	for _, m := range all {
		q, err := quote(tx, c, m)
		if err != nil {
			return nil, err
		}
		lines = append(lines, Line{At: m.at, Who: q.Who, Dir: m.dir, Text: m.text})
	}
	return lines, nil
}

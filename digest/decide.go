package digest

import (
	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates"
)

// decided is what the managers of a community have settled for the issues that are written now.
func (e *Editor) decided(tx *db.Tx, c lists.Community) (d Decided, err error) {
	all, err := chosen(tx, c.ID)
	if err != nil {
		return d, err
	}
	sets := map[choice]*map[archive.ThreadID]bool{choicePin: &d.Pinned, choiceDrop: &d.Dropped, choiceBrief: &d.Brief, choiceAsk: &d.Asked, choiceAnswered: &d.Answered}
	for _, set := range sets {
		*set = map[archive.ThreadID]bool{}
	}
	for id, what := range all {
		(*sets[what])[id] = true
	}
	list, err := events(tx, c.ID, mostEvents)
	if err != nil {
		return d, err
	}
	for _, ev := range list {
		d.Dates = append(d.Dates, ev.at)
		d.Events = append(d.Events, templates.DigestEvent{When: ev.said, What: ev.text})
	}
	n, err := liveNote(tx, c.ID)
	if err == nil && n.id != 0 {
		d.Note, err = n.shown(tx)
	}
	return d, err
}

// shown is a note as readers see it.
func (n note) shown(tx *db.Tx) (*templates.DigestNote, error) {
	author, err := lists.MemberByID(tx, n.author)
	return &templates.DigestNote{From: author.FirstName(), Text: templates.Said(n.text)}, err
}

// decidedFor is the same for one reader, who gets a note once. note is the note's number; 0 when there is none for them.
func (e *Editor) decidedFor(tx *db.Tx, r reader) (d Decided, note int64, err error) {
	if d, err = e.decided(tx, r.community); err != nil {
		return d, 0, err
	}
	if d.Jam, err = e.jamFor(tx, r); err != nil || d.Note == nil {
		return d, 0, err
	}
	n, err := liveNote(tx, r.community.ID)
	if err != nil {
		return d, 0, err
	}
	had, err := hadNote(tx, n.id, r.member.ID)
	if had {
		d.Note, n.id = nil, 0
	}
	return d, n.id, err
}

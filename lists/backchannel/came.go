package backchannel

import (
	"slices"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
)

// managerCame gives somebody who is a manager since now, or once more, a place in the rota and the folders that all managers have.
func (b *Letterbox) managerCame(tx *db.Tx, due calendar.Due) error {
	m, err := lists.MemberByID(tx, lists.MemberID(due.Object))
	if err != nil || !m.Manager() {
		return err
	}
	if err := b.replan(tx, m.Community); err != nil {
		return err
	}
	return b.fileOlder(tx, m)
}

// fileOlder files what a manager may see and has no copy of, without a mail: each conversation as it stands, the oldest first.
func (b *Letterbox) fileOlder(tx *db.Tx, m lists.Member) error {
	community, err := lists.CommunityByID(tx, m.Community)
	if err != nil {
		return err
	}
	all, err := b.List(tx, m, true)
	if err != nil {
		return err
	}
	for i := len(all) - 1; i >= 0; i-- {
		if named, err := b.namesNewcomer(tx, all[i], m); err != nil {
			return err
		} else if named {
			why := Named
			if all[i].Kind == Report {
				why = Concerned
			}
			if err := b.Exclude(tx, all[i], m.ID, why, 0); err != nil {
				return err
			}
			continue
		}
		s, err := b.shelvesOf(tx, all[i], m.ID)
		if err != nil {
			return err
		}
		if len(s.places) > 0 {
			continue
		}
		if err := b.show(tx, community, all[i], m, "You are a manager since this was written.", false); err != nil {
			return err
		}
		if err := b.refile(tx, all[i]); err != nil { // its flags, and its copies in the folders of tags
			return err
		}
	}
	return nil
}

// namesNewcomer tells whether a letter speaks of somebody who was no manager when it came: it is kept from them as from every manager whom
// a letter names (B9). Reports know only of members whom they name in full; here a first name counts. Who has spoken in a conversation is
// a part of it.
func (b *Letterbox) namesNewcomer(tx *db.Tx, c Conv, m lists.Member) (bool, error) {
	if c.Owner == m.ID || slices.Contains(c.given, m.ID) {
		return false, nil
	}
	spoken, err := spokenIn(tx, c.ID)
	if err != nil || slices.Contains(spoken, m.ID) {
		return false, err
	}
	all, err := said(tx, c.ID, 0)
	if err != nil {
		return false, err
	}
	text := c.Subject
	for _, msg := range all {
		if msg.dir != dirIn {
			continue
		}
		files, err := b.filesOf(tx, msg.id)
		if err != nil {
			return false, err
		}
		text += "\n" + msg.text + "\n" + filesSay(baggage{pass: files})
	}
	named, err := namedIn(tx, c.Community, text, c.Name, []lists.Member{m}, c.Kind != Report)
	return len(named) > 0, err
}

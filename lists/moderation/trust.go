package moderation

import (
	"backchannel/archive/db"
	"backchannel/lists"
)

// heard is the first step of trust: a post of somebody new was approved.
func (d *Desk) heard(tx *db.Tx, author lists.Member) error {
	if author.ID == 0 || author.Trust != lists.New {
		return nil
	}
	return d.trusted(tx, author.ID, lists.Heard)
}

// trusted raises a member's trust, if it is lower.
func (d *Desk) trusted(tx *db.Tx, id lists.MemberID, to int) error {
	m, err := lists.MemberByID(tx, id)
	if err != nil || m.Trust >= to {
		return err
	}
	m.Trust = to
	return lists.SaveMember(tx, m)
}

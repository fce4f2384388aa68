package backchannel

import (
	"errors"
	"slices"
	"strings"

	"backchannel/archive/db"
	"backchannel/lists"
)

// Claim lets a manager take a conversation. Taking one that a colleague has is a handover that the colleague can see.
func (b *Letterbox) Claim(tx *db.Tx, c Conv, m lists.Member) error {
	return b.set(tx, c, m, func() error {
		_, err := tx.Exec("UPDATE conv SET owner = ?, closed = 0, state = CASE WHEN state = 'waiting_member' THEN state ELSE 'claimed' END WHERE id = ?", m.ID, c.ID)
		return err
	})
}

// Close ends a conversation. A letter of its member opens it again.
func (b *Letterbox) Close(tx *db.Tx, c Conv, m lists.Member) error {
	return b.set(tx, c, m, func() error {
		_, err := tx.Exec("UPDATE conv SET owner = coalesce(owner, @by), closed = @now, state = 'closed' WHERE id = @id AND state <> 'closed'",
			db.Named("by", m.ID), db.Named("now", db.Micros(tx.Now)), db.Named("id", c.ID))
		return err
	})
}

// Release gives a conversation back to everybody.
func (b *Letterbox) Release(tx *db.Tx, c Conv, m lists.Member) error {
	return b.set(tx, c, m, func() error {
		_, err := tx.Exec("UPDATE conv SET owner = NULL, closed = 0, state = 'new' WHERE id = ?", c.ID)
		return err
	})
}

// set changes where a conversation stands, and moves everybody's copies there.
func (b *Letterbox) set(tx *db.Tx, c Conv, by lists.Member, change func() error) error {
	if !c.mayRead(by) {
		return notThere(c.Code)
	}
	if err := change(); err != nil {
		return err
	}
	return b.refile(tx, c)
}

// ByCode finds a conversation that a manager may see.
func (b *Letterbox) ByCode(tx *db.Tx, m lists.Member, code string) (Conv, error) {
	c, err := scanConv(tx.QueryRow("SELECT "+convColumns+" FROM conv WHERE code = ? AND community = ?", strings.ToUpper(strings.TrimSpace(code)), m.Community))
	if errors.Is(err, db.ErrNoRows) {
		return c, notThere(code)
	}
	if err != nil {
		return c, err
	}
	if !c.mayRead(m) {
		return Conv{}, notThere(code)
	}
	return c, nil
}

// List are the conversations that a manager may see, newest first; without all the closed ones are left out.
func (b *Letterbox) List(tx *db.Tx, m lists.Member, all bool) ([]Conv, error) {
	found, err := db.Select(tx, scanConv, "SELECT "+convColumns+" FROM conv WHERE community = ? AND (state <> 'closed' OR ?) ORDER BY id DESC", m.Community, all)
	return slices.DeleteFunc(found, func(c Conv) bool { return !c.mayRead(m) }), err
}

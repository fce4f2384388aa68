package backchannel

import (
	"errors"
	"strings"

	"backchannel/archive/db"
	"backchannel/lists"
)

// Claim lets a manager take a conversation. Taking one that a colleague has is a handover that the colleague can see.
func (b *Letterbox) Claim(tx *db.Tx, c Conv, m lists.Member) error {
	return b.set(tx, c, m, `UPDATE conv SET owner = @by, closed = 0, state = CASE WHEN state = 'waiting_member' THEN state ELSE 'claimed' END WHERE id = @id`)
}

// Close ends a conversation. A letter of its member opens it again.
func (b *Letterbox) Close(tx *db.Tx, c Conv, m lists.Member) error {
	return b.set(tx, c, m, `UPDATE conv SET owner = coalesce(owner, @by), closed = @now, state = 'closed' WHERE id = @id AND state <> 'closed'`)
}

// Release gives a conversation back to everybody.
func (b *Letterbox) Release(tx *db.Tx, c Conv, m lists.Member) error {
	return b.set(tx, c, m, `UPDATE conv SET owner = NULL, closed = 0, state = 'new' WHERE id = @id`)
}

func (b *Letterbox) set(tx *db.Tx, c Conv, m lists.Member, query string) error {
	may, err := b.mayRead(tx, c, m.ID)
	if err != nil {
		return err
	}
	if !may {
		return notThere(c.Code)
	}
	var args []any
	for _, a := range []struct {
		name  string
		value any
	}{{"by", m.ID}, {"now", db.Micros(tx.Now)}, {"id", c.ID}} {
		if strings.Contains(query, "@"+a.name) {
			args = append(args, db.Named(a.name, a.value))
		}
	}
	if _, err := tx.Exec(query, args...); err != nil {
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
	if may, err := b.mayRead(tx, c, m.ID); err != nil || !may {
		if err == nil {
			err = notThere(code)
		}
		return c, err
	}
	return c, nil
}

// List are the conversations that a manager may see, newest first; without all the closed ones are left out.
func (b *Letterbox) List(tx *db.Tx, m lists.Member, all bool) ([]Conv, error) {
	found, err := db.Select(tx, scanConv, "SELECT "+convColumns+" FROM conv WHERE community = ? AND (state <> 'closed' OR ?) ORDER BY id DESC", m.Community, all)
	if err != nil {
		return nil, err
	}
	var mine []Conv
	for _, c := range found {
		may, err := b.mayRead(tx, c, m.ID)
		if err != nil {
			return nil, err
		}
		if may {
			mine = append(mine, c)
		}
	}
	return mine, nil
}

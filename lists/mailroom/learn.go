package mailroom

import (
	"context"
	"errors"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/smtpd"
	"backchannel/templates/refusal"
)

// learn tells the learner of a program's letter that is about to be refused, when it came to a personal address from its owner's. It is a
// service, not a promise: an error is logged.
func (m *Mailroom) learn(ctx context.Context, env *smtpd.Envelope, l *letter.Letter) {
	if m.Learner == nil || !anyOf(env, func(n address.Name) bool { return n.Form == address.Token }) {
		return
	}
	err := m.DB.Update(ctx, func(tx *db.Tx) error {
		for _, to := range env.To {
			owner, ok, err := m.owner(tx, to)
			if err != nil {
				return err
			}
			if ok {
				return m.Learner.OutOfOffice(tx, owner, l)
			}
		}
		return nil
	})
	if err != nil {
		m.Log.Warn("learn from an automatic reply", "story", env.Story, "error", refusal.Log(err))
	}
}

// owner is the member to whom a personal address was given; false when it is none, or does not work any more.
func (m *Mailroom) owner(tx *db.Tx, to letter.Address) (lists.Member, bool, error) {
	n := address.Parse(to.Local)
	c, ours, err := m.community(tx, to)
	if err != nil || !ours || n.Form != address.Token {
		return lists.Member{}, false, err
	}
	row, ok, err := address.Find(tx, n.Kind, n.Token)
	if err != nil || !ok || row.Community != int64(c.ID) || row.Member == 0 || !row.Live(tx.Now) {
		return lists.Member{}, false, err
	}
	owner, err := lists.MemberByID(tx, lists.MemberID(row.Member))
	if errors.Is(err, db.ErrNoRows) {
		return owner, false, nil
	}
	return owner, err == nil, err
}

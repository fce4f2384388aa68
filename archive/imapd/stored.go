package imapd

import (
	"context"
	"strings"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// stored is a View of a mailbox in the archive, public or private: what both have in common. Each look is one transaction, begun
// with the question whether this person may look at all.
type stored struct {
	db       *db.DB
	may      func(tx *db.Tx) error
	readOnly bool
	flags    []string

	status    func(tx *db.Tx) (archive.Status, error)
	uids      func(tx *db.Tx) (uids []uint32, unseen uint32, err error)
	since     func(tx *db.Tx, change int64) ([]archive.Row, error)
	vanished  func(tx *db.Tx, change int64) ([]uint32, error)
	mark      func(tx *db.Tx, uids []uint32, how archive.FlagChange, flags []string) ([]archive.Row, error)
	structure func(tx *db.Tx, row archive.Row) (letter.Structure, error)
	words     func(q Query) (string, bool) // the question in the archive's words; false: not one for the index
	search    func(tx *db.Tx, words string) ([]uint32, error)
	raw       func(tx *db.Tx, id archive.RawID) ([]byte, error)
}

// look runs one reading transaction.
func (v *stored) look(ctx context.Context, fn func(tx *db.Tx) error) error {
	return v.db.View(ctx, func(tx *db.Tx) error {
		if err := v.allowed(tx); err != nil {
			return err
		}
		return fn(tx)
	})
}

// change runs one writing transaction.
func (v *stored) change(ctx context.Context, fn func(tx *db.Tx) error) error {
	return v.db.Update(ctx, func(tx *db.Tx) error {
		if err := v.allowed(tx); err != nil {
			return err
		}
		return fn(tx)
	})
}

func (v *stored) allowed(tx *db.Tx) error {
	if v.may == nil {
		return nil
	}
	return v.may(tx)
}

// ReadOnly tells whether nothing at all can be changed here.
func (v *stored) ReadOnly() bool { return v.readOnly }

// PermanentFlags are the flags this person can set.
func (v *stored) PermanentFlags() []string { return v.flags }

// Status is the mailbox in figures.
func (v *stored) Status(ctx context.Context) (st Status, err error) {
	err = v.look(ctx, func(tx *db.Tx) error {
		st, err = v.figures(tx)
		return err
	})
	return st, err
}

func (v *stored) figures(tx *db.Tx) (Status, error) {
	st, err := v.status(tx)
	return Status{
		Validity: st.UIDValidity, Next: st.UIDNext, Change: st.ModSeq, Messages: uint32(st.Messages), Unseen: uint32(st.Unseen), Size: st.Size,
	}, err
}

// Load is the mailbox as a session begins with it.
func (v *stored) Load(ctx context.Context) (s Snapshot, err error) {
	err = v.look(ctx, func(tx *db.Tx) error {
		if s.Status, err = v.figures(tx); err != nil {
			return err
		}
		s.UIDs, s.FirstUnseen, err = v.uids(tx)
		return err
	})
	return s, err
}

// Changes is what happened since a change number. Other people's flags move the number too, and are nobody else's news.
func (v *stored) Changes(ctx context.Context, since int64) (c Changes, err error) {
	err = v.look(ctx, func(tx *db.Tx) error {
		st, err := v.status(tx)
		if c.Change = st.ModSeq; err != nil || st.ModSeq == since {
			return err
		}
		rows, err := v.since(tx, since)
		if err != nil {
			return err
		}
		for _, r := range rows {
			c.Rows = append(c.Rows, rowOf(r))
		}
		c.Vanished, err = v.vanished(tx, since)
		return err
	})
	return c, err
}

func rowOf(r archive.Row) Row {
	return Row{UID: r.UID, Change: r.ModSeq, Flags: r.Flags, Size: int64(r.Size), Date: r.Internal}
}

// pick finds messages by UID. Adding no flags changes nothing and gives the rows, in a reading transaction too.
func (v *stored) pick(tx *db.Tx, uids []uint32) ([]archive.Row, error) {
	return v.mark(tx, uids, archive.AddFlags, nil)
}

// Rows describes messages.
func (v *stored) Rows(ctx context.Context, uids []uint32, with Columns) (out []Row, err error) {
	err = v.look(ctx, func(tx *db.Tx) error {
		rows, err := v.pick(tx, uids)
		if err != nil {
			return err
		}
		for _, r := range rows {
			row := rowOf(r)
			if with == WithStructure {
				if row.Structure, err = v.structure(tx, r); err != nil {
					return err
				}
			}
			out = append(out, row)
		}
		return nil
	})
	return out, err
}

// Raw is one whole letter.
func (v *stored) Raw(ctx context.Context, uid uint32) (raw []byte, err error) {
	err = v.look(ctx, func(tx *db.Tx) error {
		rows, err := v.pick(tx, []uint32{uid})
		if err != nil {
			return err
		}
		if len(rows) == 0 || rows[0].Raw == 0 {
			return refusal.Because(refusal.NotFound, "This letter is not here any more.")
		}
		raw, err = v.raw(tx, rows[0].Raw)
		return err
	})
	return raw, err
}

// Search asks the index.
func (v *stored) Search(ctx context.Context, q Query) (uids []uint32, err error) {
	words, ok := v.words(q)
	if !ok {
		return nil, ErrNoIndex
	}
	err = v.look(ctx, func(tx *db.Tx) error {
		uids, err = v.search(tx, words)
		return err
	})
	if refusal.KindOf(err) == refusal.Invalid && err != nil {
		return nil, ErrNoIndex // nothing in it that the index calls a word
	}
	return uids, err
}

// SetFlags changes this person's flags.
func (v *stored) SetFlags(ctx context.Context, uids []uint32, op FlagOp, flags []string) error {
	return v.change(ctx, func(tx *db.Tx) error {
		_, err := v.mark(tx, uids, flagChange(op), flags)
		return err
	})
}

func flagChange(op FlagOp) archive.FlagChange {
	switch op {
	case Add:
		return archive.AddFlags
	case Remove:
		return archive.RemoveFlags
	}
	return archive.SetFlags
}

// phrase writes what somebody typed as one phrase in the archive's search words, so that no sign in it means anything more.
func phrase(s string) string { return `"` + strings.ReplaceAll(s, `"`, " ") + `"` }

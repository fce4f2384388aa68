package imapd

import (
	"context"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// Private names a private mailbox for one person.
type Private struct {
	DB       *db.DB
	Store    *archive.Store
	Mailbox  archive.PrivateID
	Person   int64 // whose flags are shown and set
	ReadOnly bool
	// May is asked in the transaction of every look whether this person may look now: nil, or the refusal. No function: always.
	May func(tx *db.Tx) error
	// Delete says what deleting letters means here, within the transaction: Destroy for drafts, closing for conversations. Without
	// it nothing can be flagged \Deleted.
	Delete func(tx *db.Tx, ids []archive.PrivateMessageID) error
	// Marked is told within the transaction which flags were changed; it may refuse. No function: nobody cares.
	Marked func(tx *db.Tx, ids []archive.PrivateMessageID, op FlagOp, flags []string) error
}

// PrivateView is a private mailbox as one person sees it.
type PrivateView struct {
	stored
	Private
}

var _ View = (*PrivateView)(nil)

// View opens the mailbox for looking.
func (p Private) View() *PrivateView {
	v := &PrivateView{Private: p}
	flags := []string{Seen, Answered, Flagged, Draft, AnyKeyword}
	if p.Delete != nil {
		flags = append(flags, Deleted)
	}
	v.stored = stored{
		db: p.DB, may: p.May, readOnly: p.ReadOnly, flags: flags,
		status: func(tx *db.Tx) (archive.Status, error) { return p.Store.PrivateStatus(tx, p.Mailbox, p.Person) },
		uids:   func(tx *db.Tx) ([]uint32, uint32, error) { return p.Store.PrivateUIDs(tx, p.Mailbox, p.Person) },
		since: func(tx *db.Tx, n int64) ([]archive.Row, error) {
			return p.Store.PrivateRows(tx, p.Mailbox, p.Person, n)
		},
		vanished: func(tx *db.Tx, n int64) ([]uint32, error) { return p.Store.PrivateVanished(tx, p.Mailbox, n) },
		mark: func(tx *db.Tx, uids []uint32, how archive.FlagChange, flags []string) ([]archive.Row, error) {
			return p.Store.StorePrivateFlags(tx, p.Mailbox, p.Person, uids, how, flags)
		},
		structure: func(tx *db.Tx, r archive.Row) (letter.Structure, error) {
			return p.Store.PrivateStructure(tx, r.Message)
		},
		words:  privateWords,
		search: func(tx *db.Tx, w string) ([]uint32, error) { return p.Store.SearchPrivate(tx, p.Mailbox, w) },
		raw:    p.Store.Raw,
	}
	return v
}

// ReadOnly tells whether nothing at all can be changed here.
func (v *PrivateView) ReadOnly() bool { return v.stored.readOnly }

// privateWords: the private index knows whole words only, without telling subject and author apart. Those go to the columns.
func privateWords(q Query) (string, bool) {
	if q.Field == Anywhere || q.Field == InBody {
		return phrase(q.Words), true
	}
	return "", false
}

// Status is the mailbox in figures. Private mailboxes are small enough to count what is flagged \Deleted.
func (v *PrivateView) Status(ctx context.Context) (st Status, err error) {
	err = v.look(ctx, func(tx *db.Tx) error {
		if st, err = v.figures(tx); err != nil || v.Delete == nil {
			return err
		}
		rows, err := v.since(tx, 0)
		for _, r := range rows {
			if hasFlag(r.Flags, Deleted) {
				st.Deleted++
			}
		}
		return err
	})
	return st, err
}

// IDs are the messages behind UIDs, for whoever knows what a move means. UIDs that are gone are left out.
func (v *PrivateView) IDs(tx *db.Tx, uids []uint32) (map[uint32]archive.PrivateMessageID, error) {
	rows, err := v.pick(tx, uids)
	ids := make(map[uint32]archive.PrivateMessageID, len(rows))
	for _, r := range rows {
		ids[r.UID] = r.Message
	}
	return ids, err
}

// list is IDs in the order of the UIDs.
func (v *PrivateView) list(tx *db.Tx, uids []uint32) (ids []archive.PrivateMessageID, err error) {
	rows, err := v.pick(tx, uids)
	for _, r := range rows {
		ids = append(ids, r.Message)
	}
	return ids, err
}

// SetFlags changes this person's flags and tells Marked.
func (v *PrivateView) SetFlags(ctx context.Context, uids []uint32, op FlagOp, flags []string) error {
	return v.change(ctx, func(tx *db.Tx) error {
		if _, err := v.mark(tx, uids, flagChange(op), flags); err != nil || v.Marked == nil {
			return err
		}
		ids, err := v.list(tx, uids)
		if err != nil {
			return err
		}
		return v.Marked(tx, ids, op, flags)
	})
}

// Expunge does what deleting means here.
func (v *PrivateView) Expunge(ctx context.Context, uids []uint32) error {
	if v.Delete == nil {
		return refusal.Because(refusal.NotAllowed, saysNoDeletion)
	}
	return v.change(ctx, func(tx *db.Tx) error {
		ids, err := v.list(tx, uids)
		if err != nil || len(ids) == 0 {
			return err
		}
		return v.Delete(tx, ids)
	})
}

// Destroy is a Private.Delete after which nothing of the letters is left: for drafts.
func Destroy(s *archive.Store) func(tx *db.Tx, ids []archive.PrivateMessageID) error {
	return func(tx *db.Tx, ids []archive.PrivateMessageID) error {
		for _, id := range ids {
			if err := s.Expunge(tx, id); err != nil {
				return err
			}
		}
		return nil
	}
}

// Add files a letter into the mailbox: what Account.Append does for drafts.
func (v *PrivateView) Add(ctx context.Context, in Incoming) (place Place, err error) {
	l, err := letter.Parse(in.Raw)
	if err != nil {
		return place, err
	}
	reading := archive.Read(l) // outside the transaction: it is the longer part
	err = v.change(ctx, func(tx *db.Tx) error {
		m, err := v.Store.AddPrivate(tx, archive.NewPrivate{Mailbox: v.Mailbox, Letter: l, Reading: reading, Internal: in.Date, Flags: in.Flags})
		if err != nil {
			return err
		}
		st, err := v.status(tx)
		place = Place{Validity: st.UIDValidity, UID: m.UID}
		return err
	})
	return place, err
}

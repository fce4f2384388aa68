package imapd

import (
	"context"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// Public names the mailbox of a list for one reader.
type Public struct {
	DB       *db.DB
	Store    *archive.Store
	Mailbox  archive.PublicID
	Person   int64 // whose flags are shown and set
	ReadOnly bool  // not even flags can be set
	// May is asked in the transaction of every look whether this person may look now: nil, or the refusal. No function: always.
	May func(tx *db.Tx) error
}

// PublicView is a list's archive as one reader sees it: posts as they were published, read-only but for the reader's own flags.
type PublicView struct {
	stored
	Public
}

var _ View = (*PublicView)(nil)

// View opens the mailbox for looking.
func (p Public) View() *PublicView {
	v := &PublicView{Public: p}
	v.stored = stored{
		db: p.DB, may: p.May, readOnly: p.ReadOnly, flags: []string{Seen, Answered, Flagged, AnyKeyword},
		status:   func(tx *db.Tx) (archive.Status, error) { return p.Store.Status(tx, p.Mailbox, p.Person) },
		uids:     func(tx *db.Tx) ([]uint32, uint32, error) { return p.Store.UIDs(tx, p.Mailbox, p.Person) },
		since:    func(tx *db.Tx, n int64) ([]archive.Row, error) { return p.Store.Rows(tx, p.Mailbox, p.Person, n) },
		vanished: func(tx *db.Tx, n int64) ([]uint32, error) { return p.Store.Vanished(tx, p.Mailbox, n) },
		mark: func(tx *db.Tx, uids []uint32, how archive.FlagChange, flags []string) ([]archive.Row, error) {
			return p.Store.StoreFlags(tx, p.Mailbox, p.Person, uids, how, flags)
		},
		structure: func(tx *db.Tx, r archive.Row) (letter.Structure, error) { return p.Store.Structure(tx, r.Post) },
		words:     publicWords,
		search:    func(tx *db.Tx, w string) ([]uint32, error) { return p.Store.SearchUIDs(tx, p.Mailbox, w) },
		raw:       p.Store.Raw,
	}
	return v
}

// ReadOnly tells whether not even flags can be set.
func (v *PublicView) ReadOnly() bool { return v.stored.readOnly }

// publicWords: the index of posts holds the author's name but not the address, so FROM goes to the columns. BODY is asked of
// everything: the index does not keep the body apart, and a hit too many costs less than reading every post.
func publicWords(q Query) (string, bool) {
	switch q.Field {
	case Anywhere, InBody:
		return phrase(q.Words) + "*", true
	case Subject:
		return "subject:" + phrase(q.Words) + "*", true
	}
	return "", false
}

// Expunge is refused: what was said on a list stays.
func (v *PublicView) Expunge(context.Context, []uint32) error {
	return refusal.Because(refusal.NotAllowed, "Posts in the archive of a list cannot be deleted.")
}

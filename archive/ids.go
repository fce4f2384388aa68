package archive

import (
	"backchannel/archive/db"
	"backchannel/archive/letter"
)

// IDKind says what a message id of our own stands for.
type IDKind string

// The kinds that must be known again. A letter that answers one of the private kinds is private (W1); one that answers a digest
// belongs to the managers (W2).
const (
	IDConversation IDKind = "conversation"
	IDAck          IDKind = "ack"
	IDNote         IDKind = "note"
	IDVote         IDKind = "vote"
	IDPreview      IDKind = "preview"
	IDNotice       IDKind = "notice"
	IDDigest       IDKind = "digest"
)

// RecordID remembers a message id of our own that never was public. Recording it again with the same kind changes nothing.
func (s *Store) RecordID(tx *db.Tx, id letter.MessageID, kind IDKind) error { return errNotYet }

// IsPrivateID tells whether one of the ids is of a private kind: every kind but IDDigest (W1).
func (s *Store) IsPrivateID(tx *db.Tx, ids ...letter.MessageID) (bool, error) {
	return false, errNotYet
}

// IsDigestID tells whether one of the ids is a digest's (W2).
func (s *Store) IsDigestID(tx *db.Tx, ids ...letter.MessageID) (bool, error) {
	return false, errNotYet
}

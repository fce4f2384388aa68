package archive

import (
	"encoding/json"
	"net/netip"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
)

// LetterID names an incoming letter.
type LetterID int64

// Arrival is how a letter came in: its envelope and what the door found out about it.
type Arrival struct {
	Story     string // one for each letter, for ever (UNIQUE)
	Door      string // "mx", "submission", "lmtp"
	Remote    netip.Addr
	HELO      string
	TLS       bool
	Login     letter.Address // zero: nobody signed in
	From      letter.Address // zero: <>
	To        []letter.Address
	UTF8      bool
	MessageID letter.MessageID
	Finding   json.RawMessage // mailauth's finding; may be nil
}

// Incoming is a stored letter without its bytes.
type Incoming struct {
	ID LetterID
	Arrival
	Raw      RawID
	Size     int
	Received time.Time
}

// PutLetter stores a letter as it came, sealed: it may carry its author's tokens. It is kept until Purge.
func (s *Store) PutLetter(tx *db.Tx, a Arrival, raw []byte) (LetterID, error) { return 0, errNotYet }

// Letter finds a letter; a *refusal.Refusal of kind NotFound when it is gone.
func (s *Store) Letter(tx *db.Tx, id LetterID) (Incoming, error) { return Incoming{}, errNotYet }

// LetterByStory finds a letter by its story.
func (s *Store) LetterByStory(tx *db.Tx, story string) (Incoming, error) {
	return Incoming{}, errNotYet
}

// LettersByMessageID finds the letters of one message id, oldest first; none is no error.
func (s *Store) LettersByMessageID(tx *db.Tx, id letter.MessageID) ([]Incoming, error) {
	return nil, errNotYet
}

// Purge deletes letters received before a time, at most some hundred in one call, and tells how many went: call again until it
// says 0. A letter that another table points at stays. Stored bytes that DropRaw had to leave go as well.
func (s *Store) Purge(tx *db.Tx, before time.Time) (int, error) { return 0, errNotYet }

package archive

import (
	"encoding/json"
	"net/netip"
	"time"

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
	Finding   json.RawMessage `json:",omitempty"` // mailauth's finding; may be nil
}

// Incoming is a stored letter without its bytes.
type Incoming struct {
	ID LetterID
	Arrival
	Raw      RawID
	Size     int
	Received time.Time
}

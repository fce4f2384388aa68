package archive

import (
	"encoding/json"
	"time"

	"backchannel/archive/letter"
)

// PrivateMessageID names a private message. It is never used again.
type PrivateMessageID int64

// NewPrivate is a private message to be filed.
type NewPrivate struct {
	Mailbox  PrivateID
	Letter   *letter.Letter
	Reading  *Reading  // of Letter; nil: AddPrivate reads it
	Raw      RawID     // of Letter when it is stored already, sealed; 0: AddPrivate stores it
	Object   int64     // what it belongs to (a conversation), opaque; 0: nothing
	Internal time.Time // zero: now
	Flags    []string  // of the owner, at once
}

// PrivateMessage is one message of a private mailbox.
type PrivateMessage struct {
	ID        PrivateMessageID
	Mailbox   PrivateID
	UID       uint32
	ModSeq    int64
	Object    int64
	MessageID letter.MessageID
	Internal  time.Time
	Raw       RawID
	Size      int
	Subject   string
	From      letter.Mailbox
	Text      string
}

// card is what is kept sealed beside a private message, so that listing and searching need not open its bytes.
type card struct {
	Subject   string
	From      letter.Mailbox
	Text      string
	Structure json.RawMessage
}

package archive

import (
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
)

// PrivateMessageID names a private message. It is never used again.
type PrivateMessageID int64

// NewPrivate is a private message to be filed.
type NewPrivate struct {
	Mailbox  PrivateID
	Letter   *letter.Letter
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

// AddPrivate files a private message, sealed.
func (s *Store) AddPrivate(tx *db.Tx, n NewPrivate) (PrivateMessage, error) {
	return PrivateMessage{}, errNotYet
}

// PrivateMessage finds a private message; a refusal of kind NotFound when there is none.
func (s *Store) PrivateMessage(tx *db.Tx, id PrivateMessageID) (PrivateMessage, error) {
	return PrivateMessage{}, errNotYet
}

// PrivateByUID finds a private message by its UID.
func (s *Store) PrivateByUID(tx *db.Tx, box PrivateID, uid uint32) (PrivateMessage, error) {
	return PrivateMessage{}, errNotYet
}

// PrivateOf are the messages of an owner that belong to an object, in all mailboxes.
func (s *Store) PrivateOf(tx *db.Tx, owner, object int64) ([]PrivateMessage, error) {
	return nil, errNotYet
}

// MovePrivate moves a message into another mailbox of the same owner, where it gets a new UID, which is returned.
func (s *Store) MovePrivate(tx *db.Tx, id PrivateMessageID, to PrivateID) (uint32, error) {
	return 0, errNotYet
}

// Expunge deletes a private message: bytes, words, index and flags.
func (s *Store) Expunge(tx *db.Tx, id PrivateMessageID) error { return errNotYet }

// SearchPrivate are the UIDs of the messages of a private mailbox that have the words, ascending.
func (s *Store) SearchPrivate(tx *db.Tx, box PrivateID, words string) ([]uint32, error) {
	return nil, errNotYet
}

// PrivateRows are the messages of a private mailbox that changed after a change number (0: all), by UID, with one person's flags.
func (s *Store) PrivateRows(tx *db.Tx, box PrivateID, person, since int64) ([]Row, error) {
	return nil, errNotYet
}

// PrivateVanished are the UIDs that went after a change number, ascending.
func (s *Store) PrivateVanished(tx *db.Tx, box PrivateID, since int64) ([]uint32, error) {
	return nil, errNotYet
}

// PrivateStructure is the IMAP structure of a private message, from its row.
func (s *Store) PrivateStructure(tx *db.Tx, id PrivateMessageID) (letter.Structure, error) {
	return letter.Structure{}, errNotYet
}

// StorePrivateFlags is StoreFlags for a private mailbox.
func (s *Store) StorePrivateFlags(tx *db.Tx, box PrivateID, person int64, uids []uint32, change FlagChange, flags []string) ([]Row, error) {
	return nil, errNotYet
}

package archive

import (
	"time"

	"backchannel/archive/db"
)

// PublicID names the mailbox of a list: what all its readers may see.
type PublicID int64

// PrivateID names a private mailbox: it belongs to one owner. It is a type of its own so that mixing the two does not compile.
type PrivateID int64

// Public is a list's mailbox.
type Public struct {
	ID     PublicID
	Series int64 // threads are numbered within it: the community
	Name   string
}

// Private is a private mailbox.
type Private struct {
	ID    PrivateID
	Owner int64
	Name  string
}

// Status is what IMAP tells of a mailbox (RFC 9051 §6.3.11), as one person sees it.
type Status struct {
	UIDValidity uint32
	UIDNext     uint32
	ModSeq      int64 // grows with every change of mailbox, message or anybody's flags
	Messages    int
	Unseen      int
	Size        int64 // octets
}

// CreatePublic makes a list's mailbox. The series is the community, opaque here. A name that exists in it is a Conflict.
func (s *Store) CreatePublic(tx *db.Tx, series int64, name string) (PublicID, error) {
	return 0, errNotYet
}

// RenamePublic gives a list's mailbox another name. UIDs stay.
func (s *Store) RenamePublic(tx *db.Tx, id PublicID, name string) error { return errNotYet }

// PublicMailbox finds a list's mailbox.
func (s *Store) PublicMailbox(tx *db.Tx, id PublicID) (Public, error) { return Public{}, errNotYet }

// Status is the state of a list's mailbox for one person.
func (s *Store) Status(tx *db.Tx, id PublicID, person int64) (Status, error) {
	return Status{}, errNotYet
}

// CreatePrivate makes a private mailbox, or finds the one of this owner and name.
func (s *Store) CreatePrivate(tx *db.Tx, owner int64, name string) (PrivateID, error) {
	return 0, errNotYet
}

// FindPrivate finds a private mailbox by owner and name; a refusal of kind NotFound when there is none.
func (s *Store) FindPrivate(tx *db.Tx, owner int64, name string) (PrivateID, error) {
	return 0, errNotYet
}

// PrivateMailboxes are the private mailboxes of an owner, by name.
func (s *Store) PrivateMailboxes(tx *db.Tx, owner int64) ([]Private, error) { return nil, errNotYet }

// PrivateStatus is the state of a private mailbox for one person.
func (s *Store) PrivateStatus(tx *db.Tx, id PrivateID, person int64) (Status, error) {
	return Status{}, errNotYet
}

// FlagChange says what to do with the flags named.
type FlagChange int

// The three forms of IMAP STORE.
const (
	SetFlags FlagChange = iota
	AddFlags
	RemoveFlags
)

// Row is one message of a mailbox as an IMAP session lists it; reading it touches no raw bytes.
type Row struct {
	UID      uint32
	ModSeq   int64 // of the message or this person's flags, whichever is newer
	Flags    []string
	Internal time.Time // INTERNALDATE: when it was published or filed
	Size     int
	Raw      RawID
	Post     PostID           // in a list's mailbox
	Message  PrivateMessageID // in a private mailbox
}

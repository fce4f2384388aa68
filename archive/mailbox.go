package archive

import "time"

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

package backchannel

import (
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"time"

	"backchannel/archive/letter"
	"backchannel/lists"
)

// ConvID names a conversation inside the file; people use its code.
type ConvID int64

// State is where a conversation stands.
type State string

// The states (product.md B3).
const (
	New            State = "new"             // nobody has taken it
	Claimed        State = "claimed"         // a manager has taken it
	WaitingMember  State = "waiting_member"  // answered; the next word is the member's
	WaitingManager State = "waiting_manager" // the member wrote again
	Closed         State = "closed"
)

// Conv is a private conversation between one person and the managers.
type Conv struct {
	ID        ConvID
	Code      string // 4 random characters: a counter would tell how many there are, and a gap that one is hidden
	Community lists.CommunityID
	Member    lists.MemberID // 0: an outsider
	Address   letter.Address // where the writer wrote from last
	Name      string         // how managers see the writer named
	State     State
	Owner     lists.MemberID // the manager who has taken it; 0: nobody
	Subject   string
	About     Context
	Rev       int // grows with everything that is said
	Acked     bool
	Opened    time.Time
}

// side is who an address of a conversation was given to.
type side string

const (
	sideMember  side = "member"  // the member who writes to the managers
	sideOutside side = "outside" // the same for somebody who is no member
	sideManager side = "manager" // one manager, with what they had seen
	sideHeld    side = "held"    // one manager, about one answer that came back
)

// object is what the row of a token says about it.
func object(s side, id int64, rev int) string { return fmt.Sprintf("%s:%d:%d", s, id, rev) }

// readObject reads it again.
func readObject(o string) (s side, id int64, rev int, ok bool) {
	parts := strings.Split(o, ":")
	if len(parts) != 3 {
		return "", 0, 0, false
	}
	id, err1 := strconv.ParseInt(parts[1], 10, 64)
	rev, err2 := strconv.Atoi(parts[2])
	s = side(parts[0])
	known := s == sideMember || s == sideOutside || s == sideManager || s == sideHeld
	return s, id, rev, known && err1 == nil && err2 == nil
}

// newCode is 4 random characters of Crockford's alphabet.
func newCode() string {
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	var b [4]byte
	rand.Read(b[:]) // never fails
	for i := range b {
		b[i] = alphabet[b[i]%32]
	}
	return string(b[:])
}

// The folders of a manager's back-channel.
const (
	FolderNew     = "Back-channel/New"
	FolderMine    = "Back-channel/Mine"
	FolderWaiting = "Back-channel/Waiting"
	FolderClosed  = "Back-channel/Closed"
)

// Folders are the folders of the back-channel, in the order in which they are shown.
func Folders() []string { return []string{FolderNew, FolderMine, FolderWaiting, FolderClosed} }

// folder is where a manager sees a conversation.
func (c Conv) folder(manager lists.MemberID) string {
	switch {
	case c.State == Closed:
		return FolderClosed
	case c.State == WaitingMember:
		return FolderWaiting
	case c.Owner == manager:
		return FolderMine
	case c.Owner != 0 && c.State == Claimed:
		return FolderWaiting // a colleague is at it
	}
	return FolderNew
}

package backchannel

import (
	"crypto/rand"
	"fmt"
	"slices"
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
	Reopened       State = "reopened" // closed, and then the member wrote again or a manager took it up again
)

// Kind is what a conversation is.
type Kind string

// The kinds (product.md B3).
const (
	Question Kind = "question"
	Idea     Kind = "idea"
	Report   Kind = "report"
	Unease   Kind = "unease"
	Thanks   Kind = "thanks"
	Apply    Kind = "apply"
	Outsider Kind = "outsider"
)

// Conv is a private conversation between one person and the managers.
type Conv struct {
	ID         ConvID
	Code       string // 4 random characters: a counter would tell how many there are, and a gap that one is hidden
	Community  lists.CommunityID
	Member     lists.MemberID // 0: an outsider, or an anonymous member
	Address    letter.Address // where the writer wrote from last
	Name       string         // how managers see the writer named
	Kind       Kind
	State      State
	Owner      lists.MemberID // the manager who has taken it; 0: nobody
	Subject    string
	About      Context
	Rev        int  // grows with everything that is said
	Anon       bool // the name is made up, and nothing may be found out about the writer
	Restricted bool // there are managers who may not know of it
	Urgent     bool
	Publicable string // could it have been public? y, n or ?
	Outcome    string // how it ended, in one word; "" while it is open
	Acked      bool
	Opened     time.Time
	Due        time.Time // when an answer is due; zero: at no time
	Answered   time.Time // when a person answered first; zero: nobody has
	Snoozed    time.Time // until when nobody needs to look at it; zero: it is not snoozed
	Closed     time.Time // zero: it is open
	Ombuds     OmbudsPart

	clock      time.Time // since when an answer is owed; zero: none is
	reminded   stage     // who was told that it is late
	publishing bool      // its writer, or a manager, is asked about a text for a list

	snoozeAs string
	snoozer  lists.MemberID
	merged   ConvID
	erased   bool             // its words are forgotten, and it is nobody's any more
	excluded []lists.MemberID // managers for whom it does not exist
	circle   bool             // it exists only for those to whom its writer gave it by name
	given    []lists.MemberID // managers to whom somebody gave it by name
}

// story is the story of a letter in which more may be told of its conversation; "" for somebody without a name, whose letters nothing
// ties to it.
func (c Conv) story(in *lists.Incoming) string {
	if in == nil || c.Anon {
		return ""
	}
	return in.Story
}

// OmbudsPart is what the ombuds has to do with a conversation.
type OmbudsPart string

// The parts.
const (
	OmbudsOut    OmbudsPart = ""       // nothing
	OmbudsCopied OmbudsPart = "copied" // has what its writer says, beside a manager
	OmbudsAlone  OmbudsPart = "alone"  // has it, and for no manager does it exist
)

// side is who an address of a conversation was given to.
type side string

const (
	sideMember  side = "member"  // the member who writes to the managers
	sideOutside side = "outside" // the same for somebody who is no member
	sideManager side = "manager" // one manager, with what they had seen
	sideHeld    side = "held"    // one manager, about one answer that came back
	sideNote    side = "note"    // one manager, to the other managers
	sideMay     side = "may"     // the writer, about who may read
	sideOmbuds  side = "ombuds"  // the ombuds, to the writer
	sideVoice   side = "voice"   // the same for a member who writes under a made-up name: whose it is, no row says
	sideAnon    side = "anon"    // whoever wrote a letter without a name, about that letter
	sideUnseal  side = "unseal"  // one manager, about a wish to know who a made-up name is
	sideHand    side = "hand"    // the writer, about whether a manager (in place of the revision) gets what the ombuds has
	sideConsent side = "consent" // the writer, about a text that may be posted (the id is the text's)
	sideHeat    side = "heat"    // one manager, about a thread of which many write (the id is the thread's)
	sideOwn     side = "own"     // a member, about a word about their own letters (the id is the conversation's, the revision the word's)
	sideFigures side = "figures" // one manager, about figures (the id is the community's)
	sideElse    side = "else"    // a member, about a letter that came through their address from elsewhere (the id is the letter's)
	sideDraft   side = "draft"   // one manager, about a text before the writer is asked (the same)
	sideRemoval side = "removal" // one manager, about a post that they want to remove (the id is the wish's)
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
	known := slices.Contains([]side{sideMember, sideOutside, sideManager, sideHeld, sideNote, sideMay, sideOmbuds, sideHand, sideConsent, sideDraft, sideVoice, sideAnon, sideUnseal, sideHeat, sideOwn, sideFigures, sideElse, sideRemoval}, s)
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
	FolderNew      = "Back-channel/New"
	FolderMine     = "Back-channel/Mine"
	FolderWaiting  = "Back-channel/Waiting"
	FolderHeld     = "Back-channel/Held"
	FolderNotes    = "Back-channel/Notes"
	FolderReports  = "Back-channel/Reports"
	FolderClosed   = "Back-channel/Closed"
	FolderPublish  = "Back-channel/Ask to publish"
	FolderTomorrow = "Back-channel/Snoozed/Tomorrow"
	FolderNextWeek = "Back-channel/Snoozed/Next week"
	FolderLater    = "Back-channel/Snoozed/Later"
	FolderTags     = "Back-channel/Tags" // the branch under which each tag has a folder
)

// Folders are the folders of the back-channel that everybody has, in the order in which they are shown. Those of tags come behind.
func Folders() []string {
	return []string{FolderNew, FolderMine, FolderWaiting, FolderHeld, FolderNotes, FolderReports, FolderClosed, FolderPublish, FolderTomorrow, FolderNextWeek, FolderLater}
}

// folder is where a manager sees a conversation.
func (c Conv) folder(manager lists.MemberID) string {
	switch {
	case c.State == Closed:
		return FolderClosed
	case !c.Snoozed.IsZero():
		return c.snoozeAs
	case c.publishing:
		return FolderPublish
	case c.State == WaitingMember:
		return FolderWaiting
	case c.Owner == manager:
		return FolderMine
	case c.Owner != 0 && c.State == Claimed:
		return FolderWaiting // a colleague is at it
	case c.Kind == Report:
		return FolderReports
	}
	return FolderNew
}

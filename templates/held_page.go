package templates

import "time"

// HeldLine is a post that waits, in a list of them.
type HeldLine struct {
	ID      int64
	Subject string `optional:"a post may have none"`
	Author  string // who wrote it, as managers know them
	List    string // the list's name
	Reason  WaitReason
	Rule    string    `optional:"which rule, for ByRule; of others the sign of an offer"`
	Back    bool      // its author has it, to change it
	Since   time.Time // when managers were asked, or it was given back, in the reader's zone
	Until   time.Time // when it is forgotten
	Waited  int       `optional:"days that it has waited, when these are many"`
	Hours   int       `optional:"duty hours that it has waited, on the first days, when these are too many"`
}

// HeldPlace is what waits in one community, the oldest first.
type HeldPlace struct {
	Community string
	Domain    string
	Waiting   []HeldLine `optional:"nothing may wait"`
}

// HeldDeed is what a manager did about a post.
type HeldDeed string

// The deeds.
const (
	HeldPosted  HeldDeed = "posted"  // it is on the list
	HeldAlways  HeldDeed = "always"  // the same, and its author's posts pass from now on
	HeldRefused HeldDeed = "refused" // it is given up, and its author told
	HeldAsked   HeldDeed = "asked"   // its author is asked something
	HeldBack    HeldDeed = "back"    // its author has it, to change it

	HeldLate    HeldDeed = "late"    // nothing: somebody else was first
	HeldNewer   HeldDeed = "newer"   // nothing: its author has changed it meanwhile
	HeldUnclear HeldDeed = "unclear" // nothing: that cannot be done to it
)

// HeldPage shows a manager what waits for a word of theirs.
type HeldPage struct {
	Room
	All     []HeldPlace
	Done    HeldDeed `optional:"what was done just now"`
	Subject string   `optional:"the post to which it was done; it may have none"`
	Author  string   `optional:"its author, for HeldAsked and HeldBack"`
}

// Render writes the page.
func (p HeldPage) Render() ([]byte, error) { return renderRoom("held", p.Room, p.titleOf("held"), p) }

// HeldView is one post that waits, as its question shows it by mail, with what its author knows.
type HeldView struct {
	ID       int64
	Version  int       `optional:"how often its author has changed it"`
	Post     HeldPost  // what managers are asked by mail
	Back     bool      // its author has it, to change it
	Question Said      `optional:"what a manager asked, or wanted changed, as its author read it"`
	Since    time.Time // when managers were asked, or it was given back, in the reader's zone
	Until    time.Time // when it is forgotten
}

// Calm tells whether it waits because its thread is slow or held.
func (v HeldView) Calm() bool { return v.Post.Reason == SlowMode || v.Post.Reason == CoolDown }

// HeldPostPage shows it, and has a button for each decision.
type HeldPostPage struct {
	Room
	HeldView
	ByLink bool // the reader signed in by a link that was mailed: it shows nothing but that they read their mail, and decides nothing

	Stale bool     // the button was pressed on a page that had been open too long
	Newer bool     // its author has changed it since the page with the button was opened
	Why   Sentence `optional:"why nothing was done"`
	Word  string   `optional:"the decision that was wanted"`
	Typed Said     `optional:"what was typed with it"`
}

// Kept is what was typed behind a word, when it was that one.
func (p HeldPostPage) Kept(word string) Said {
	if p.Word == word {
		return p.Typed
	}
	return ""
}

// Render writes the page.
func (p HeldPostPage) Render() ([]byte, error) {
	if p.Nonce == "" {
		return nil, errMissing("heldpost", "Nonce")
	}
	return renderRoom("heldpost", p.Room, subjectOr(p.Room, p.Post.Subject), p)
}

// HeldOverPage tells how a post was decided about which somebody asks.
type HeldOverPage struct {
	Room
	Over AlreadyDecided
	Late bool // they had decided something just now
}

// Render writes the page.
func (p HeldOverPage) Render() ([]byte, error) {
	return renderRoom("heldover", p.Room, subjectOr(p.Room, p.Over.Subject), p)
}

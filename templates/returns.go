package templates

import "time"

// Probe is the letter that asks an address whether it lives, before mail to it stops (mail-rules.md M19).
type Probe struct {
	Community string
	Member    string `optional:"how the member is called"`
	Address   string
	Last      time.Time // when mail last came back, in the reader's zone
	Managers  string    // their address
}

// Render writes the mail.
func (t Probe) Render() (Mail, error) { return render("probe", t) }

// WelcomeBack tells a member whose mail had stopped that it goes on.
type WelcomeBack struct {
	Community string
	Address   string    // to which it goes
	Since     time.Time `optional:"when it stopped, in the reader's zone"`
	Missed    bool      // what was missed comes as a digest
	Managers  string    // their address
}

// Render writes the mail.
func (t WelcomeBack) Render() (Mail, error) { return render("welcome_back", t) }

// SpamPressed tells a member that they get no more of a list, or no digest, because their provider passed on a complaint (M20).
type SpamPressed struct {
	Community string
	List      string `optional:"the list's name; empty: the digest"`
	Back      string // where an empty mail, or one with the subject join, brings it back
	Managers  string // their address
}

// Render writes the mail.
func (t SpamPressed) Render() (Mail, error) { return render("spam_pressed", t) }

// StaysHere tells somebody, in clear, that a private letter for them was not sent: their provider takes mail without encryption only.
// It says nothing of the letter, not even whose it is.
type StaysHere struct {
	Community string
	Manager   bool   `optional:"the reader is a manager, who can read it over IMAP"`
	Domain    string // of the reader's address
	Managers  string // their address
}

// Render writes the mail.
func (t StaysHere) Render() (Mail, error) { return render("stays_here", t) }

// Trouble is why a mail provider takes nothing from us.
type Trouble string

// The reasons, as smtpd/bounce finds them out.
const (
	TroubleIdentity   Trouble = "identity"
	TroubleReputation Trouble = "reputation"
	TroubleContent    Trouble = "content"
	TroublePace       Trouble = "pace"
	TroubleSize       Trouble = "size"
	TroubleEncryption Trouble = "encryption"
	TroubleRelaying   Trouble = "relaying"
	TroubleWhim       Trouble = "own"
)

// CameBack tells the managers once a day what came back (M18, M19, M20). At least one of its parts is there.
type CameBack struct {
	Community string
	Paused    []PausedMember  `optional:"whose mail stopped"`
	Refused   []RefusedMail   `optional:"who takes nothing from us"`
	Failed    []FailedLetter  `optional:"what failed for many"`
	Spam      []SpamComplaint `optional:"who pressed spam"`
	Nameless  int             `optional:"complaints that do not say whose"`
}

// PausedMember is one member to whom mail stopped.
type PausedMember struct {
	Name string // and address
	Said string `optional:"what was said about the address"`
}

// RefusedMail is what one provider does not take.
type RefusedMail struct {
	Domain  string
	Letters int
	Why     Trouble
	Said    string `optional:"its words"`
}

// FailedLetter is one letter that failed for many.
type FailedLetter struct {
	ID      string // what trace takes
	Members int
	Said    string `optional:"the last words"`
}

// SpamComplaint is one member who was taken off.
type SpamComplaint struct {
	Member string
	List   string `optional:"the list's name; empty: the digest"`
}

// Render writes the mail.
func (t CameBack) Render() (Mail, error) {
	if len(t.Paused)+len(t.Refused)+len(t.Failed)+len(t.Spam)+t.Nameless == 0 {
		return Mail{}, errMissing("came_back", "Paused")
	}
	return render("came_back", t)
}

// AnswerLost tells managers that an answer of theirs did not reach its member.
type AnswerLost struct {
	Code    string // the conversation
	Subject string `optional:"of the conversation"`
	Member  string // whose: Dana
	Why     string // what the other side said, in numbers
	Role    string // the name over the reader's answer: a reply goes to the member
}

// Render writes the mail.
func (t AnswerLost) Render() (Mail, error) { return render("answer_lost", t) }

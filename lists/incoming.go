package lists

import (
	"net/netip"
	"slices"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/archive/logbook"
	"backchannel/lists/address"
	"backchannel/smtpd/bounce"
	"backchannel/smtpd/mailauth"
	"backchannel/templates/refusal"
)

// Incoming is one letter for one of our addresses, with all that the mailroom found out about it. It is what receivers get, inside
// the transaction that will make the letter ours.
type Incoming struct {
	Letter    *letter.Letter
	Quoted    *Quoted          // of Letter, when somebody has looked already
	ID        archive.LetterID // the stored letter, sealed and kept 14 days
	Story     string
	Community Community
	To        letter.Address // the address of ours it was sent to
	Name      address.Name   // the same, read
	Token     *address.Row   // of an address with a token that was given out, live or not; nil for others
	List      *List          // of a list's address; nil for others

	Into    archive.ThreadID // the thread that a post joins by the address it came to; 0: what its header says; -1: a new one
	Answers archive.PostID   // the post in it that it answers by that address; 0: what its header says, or the newest

	From       letter.Mailbox // the one author (zero if the letter names none, or several)
	Sender     Member         // who that is in this community; zero ID for a stranger
	Verdict    Verdict
	Finding    mailauth.Finding
	Remote     netip.Addr   // the other end of the session
	Policy     Verification // what the operator chose for senders who are not verified
	NullSender bool         // it came from <>, as bounces and other automatic letters do
	Robot      bool         // a program wrote it: it decides nothing but what its token was made for, and is never answered (C6, D2)

	Unposted bool // it came for a list and holds nothing but words for the program: it is no post, and every answer to it says so
	Meant    bool // its author was asked, and said that its words are for the program

	Veiled bool // it came through a door behind which nobody has a name: nothing that is kept may tell who sent it

	Report *bounce.Aggregate // of a letter to an address for reports about our domain; nil for others
	// Also are the other addresses of ours that the same session named. PrivateToo tells that one of them is a private door: then
	// nothing of this letter becomes public before its author says so (product.md W4). WithManagers tells that it was taken there.
	Also         []letter.Address
	PrivateToo   bool
	WithManagers bool
}

// Filed writes down that the letter was handed to whom it was for: one of the outcomes of which each letter has one in the logbook.
// Whose letter it was, and what it says, never stands there (P15).
func (in *Incoming) Filed(tx *db.Tx, detail string) error {
	return logbook.Write(tx, logbook.Entry{Story: in.Story, Verb: logbook.Filed, MessageID: in.Letter.MessageID(), Detail: detail})
}

// Held writes down that the letter waits for somebody's word.
func (in *Incoming) Held(tx *db.Tx, detail string) error {
	return logbook.Write(tx, logbook.Entry{Story: in.Story, Verb: logbook.Held, MessageID: in.Letter.MessageID(), Detail: detail})
}

// GivenUp writes down that a letter which had waited goes nowhere, and why.
func GivenUp(tx *db.Tx, story, why string) error {
	return logbook.Write(tx, logbook.Entry{Story: story, Verb: logbook.Dropped, Detail: why})
}

// UseToken counts one use of the letter's token.
func (in *Incoming) UseToken(tx *db.Tx) error {
	_, err := address.Use(tx, *in.Token)
	return err
}

// Vouched tells whether a domain or a login stands behind the address in From, whosever it is.
func (in *Incoming) Vouched() bool { return in.Finding.Aligned || in.Finding.Login || in.Policy == Off }

// BothDoors tells whether a letter to a list goes to a private door as well, by its session or by what To and Cc say (product.md W4).
func (in *Incoming) BothDoors() bool {
	return in.PrivateToo || slices.ContainsFunc(append(in.Letter.To(), in.Letter.Cc()...), func(m letter.Mailbox) bool { return in.Community.Private(m.Address) })
}

// Private tells whether an address of this community has no place beside a list: it is a private door, or was handed to one person.
func (c Community) Private(a letter.Address) bool {
	n := address.Parse(a.Local)
	return a.Domain == c.Domain && (n.Private() || n.Form == address.Token)
}

// QuotesPrivate tells what may be shown of private mail that the letter quotes; "" when it quotes none (product.md W3).
func (in *Incoming) QuotesPrivate(tx *db.Tx) (string, error) {
	q := in.Quoted
	if q == nil {
		q = ReadQuoted(in.Letter)
	}
	return q.Shown(tx)
}

// InThread tells whether the letter answers something, by its header or by the address it came to.
func (in *Incoming) InThread() bool {
	return in.Into > 0 || len(in.Letter.InReplyTo())+len(in.Letter.References()) > 0
}

// Over tells whether a letter answers a question whose address has expired.
func (in *Incoming) Over(now time.Time) bool {
	t := in.Token
	return t != nil && (t.Kind == address.Confirm || t.Kind == address.Vote) && !t.Expires.IsZero() && !now.Before(t.Expires)
}

// TooLate is what somebody hears whose own address of ours was alive once, instead of NoSuchAddress: they would look for a mistake in it. It
// is nil for everybody else.
func (in *Incoming) TooLate(now time.Time) error {
	t := in.Token
	if t == nil || in.Robot || in.Sender.ID == 0 || int64(in.Sender.ID) != t.Member || in.Verdict == Unverified || t.Revoked || t.Expires.IsZero() || now.Before(t.Expires) {
		return nil
	}
	day, managers := t.Expires.In(in.Sender.Zone(in.Community)).Format("2 January 2006"), in.Community.Address("managers")
	if t.Kind == address.Confirm || t.Kind == address.Vote {
		return refusal.Because(refusal.NotAllowed, "The question that you answer ended on %s, and nothing was done about your answer. Please ask anew what you wanted, or write to %s.", day, managers)
	}
	return refusal.Because(refusal.NotAllowed, "This address worked until %s, and nothing was done about your letter. Please write to %s.", day, managers)
}

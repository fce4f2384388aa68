package lists

import (
	"backchannel/archive"
	"backchannel/archive/letter"
	"backchannel/lists/address"
	"backchannel/smtpd"
	"backchannel/smtpd/mailauth"
)

// Incoming is one letter for one of our addresses, with all that the mailroom found out about it. It is what receivers get, inside
// the transaction that will make the letter ours.
type Incoming struct {
	Envelope  *smtpd.Envelope
	Letter    *letter.Letter
	ID        archive.LetterID // the stored letter, sealed and kept 14 days
	Story     string
	Community Community
	To        letter.Address // the address of ours it was sent to
	Name      address.Name   // the same, read
	Token     *address.Row   // of an address with a token that was given out, live or not; nil for others
	List      *List          // of a list's address; nil for others

	From    letter.Mailbox // the one author (zero if the letter names none, or several)
	Sender  Member         // who that is in this community; zero ID for a stranger
	Verdict Verdict
	Finding mailauth.Finding
	Policy  Verification // what the operator chose for senders who are not verified
	Robot   bool         // a program wrote it: it decides nothing but what its token was made for, and is never answered (C6, D2)

	// Also are the other addresses of ours that the same session named. PrivateToo tells that one of them is a private door: then
	// nothing of this letter becomes public before its author says so (product.md W4).
	Also       []letter.Address
	PrivateToo bool
}

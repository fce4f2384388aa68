// Package smtpd is the front door: it turns SMTP, submission and LMTP sessions into one Envelope and one letter, and refusals
// into replies.
//
// It promises: the Mailroom sees only whole letters that ended with CRLF.CRLF (or a BDAT LAST) and in which every line ends with
// CRLF; the peer hears 250 only after the Mailroom said that the letter is kept, and whatever goes wrong on our side is a 4xx
// and costs nobody a letter. No peer can hold a session, memory or the program longer than the numbers in limits.go allow, and
// what one session does, even a panic in the Mailroom, stops no other. Strangers learn from a reply neither which lists nor
// which members exist. No log line at info or above holds a mail address, a subject or a peer's words.
//
// The commands are read by emersion/go-smtp. Beneath it lies our tap (tap.go, dialogue.go), which sees every byte of a session
// in the clear, hands the library one judged line at a time, and therefore always knows what state the library is in.
package smtpd

import (
	"context"
	"net/netip"

	"backchannel/archive/letter"
)

// Door is where a session came in. It decides what the peer must and may do.
type Door int

// The doors.
const (
	MX         Door = iota + 1 // mail from other hosts (RFC 5321): no login
	Submission                 // mail from our own people (RFC 6409): no letter without a login
	LMTP                       // mail handed on by a host we trust (RFC 2033): one reply for each recipient
)

// String is the door as one word, for logs and stored letters.
func (d Door) String() string {
	switch d {
	case MX:
		return "mx"
	case Submission:
		return "submission"
	case LMTP:
		return "lmtp"
	}
	return "unknown"
}

// Envelope is what a session says about one letter. All of it but Story and Login is foreign and may be a lie.
type Envelope struct {
	Story  string           // names this letter in every log line and row: 14 characters, made at MAIL
	Door   Door             // where it came in
	Remote netip.Addr       // the peer; the zero Addr when it has none (a unix socket)
	HELO   string           // how the peer calls itself: printable ASCII, at most 200 characters (A12)
	TLS    bool             // the session is encrypted
	Login  letter.Address   // who logged in; zero: nobody
	From   letter.Address   // the return path; zero: <>
	To     []letter.Address // the recipients accepted so far, each once
	UTF8   bool             // the peer asked for SMTPUTF8 (RFC 6531)

	// The Mailroom says in Receive whether it may be found by the return path that this letter was not taken.
	Tellable bool
}

// Mailroom takes letters over. Its methods are called by many sessions at once. Their errors become replies: a refusal by its
// kind (reply.go), every other error is 451, try again. The context ends when the server has to stop at once.
type Mailroom interface {
	// Recipient tells at RCPT whether to is an address of ours. The envelope holds the recipients accepted before. Every
	// refusal of kind NoSuchAddress, here and in Receive, is answered in the same words, whatever its own sentence.
	// RCPT TO:<postmaster> (RFC 5321 §4.5.1) arrives as postmaster@ the hostname of this server.
	Recipient(ctx context.Context, e *Envelope, to letter.Address) error
	// Receive takes the letter over. nil means that it is durable and that 250 may be said (P1). raw begins with our own
	// Received field; envelope and bytes belong to the Mailroom from then on, but it should let go of raw soon: until Receive
	// returns it counts against the memory all sessions share.
	Receive(ctx context.Context, e *Envelope, raw []byte) error
}

// Login checks the user name and the app password of a submission session. A wrong one is a refusal of kind NotAllowed, too many of
// them one of kind Limit, which ends the session; every other error that is temporary by refusal.Temporary tells the peer to try again. An unknown user must cost the same time as a wrong
// password (A14).
type Login interface {
	Login(ctx context.Context, remote netip.Addr, user, password string) (letter.Address, error)
}

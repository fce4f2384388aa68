// Package queue holds the copies still owed. It promises: a copy that was owed in a committed transaction is tried until it was
// taken over, refused for good, or given up after five days, and its row leaves only in the commit that writes its end into the
// logbook. An attempt is counted, and the next one dated, before anybody is dialled: a crash costs at most the copies then in
// flight a second arrival, never a storm (P2, ST5). Retry dates live in rows, so a restart forgets none.
//
// There is one runner for each database: whoever holds the lock file. Rows that stand in "sending" while nobody holds it belong to
// a dead process and are due again at once, with their attempt kept. Who may still receive a copy is asked when it is sent, not
// when it was owed (P14): a Stamper makes the message at that moment, or says that nobody is owed it any more. A letter in whose
// handling the program panics twice is set aside and holds up nobody (P8).
//
// How a message travels is the business of a Courier, above.
package queue

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
)

// CopyID names one copy. It is never used again, so that the logbook may name it for ever.
type CopyID int64

// Owed is what its author says about a copy.
type Owed struct {
	Source    string           // why it is owed, as in "post:12" or "notice:…"; one source owes one address one copy
	Story     string           // the story of the letter it comes from, for the logbook
	To        letter.Address   // who gets it
	Person    int64            // who that is, for the stamper; opaque here
	Stamp     string           // the name of the Stamper that makes the message
	Object    int64            // whatever the stamper needs to know; opaque here
	Raw       archive.RawID    // the stored bytes it is made of; 0: none. They stay as long as the copy is owed
	MessageID letter.MessageID // of the message as it will be sent
	NotBefore time.Time        // of the first attempt: until then its author may take it back (Recall); zero: at once
}

// Copy is one copy still owed.
type Copy struct {
	ID CopyID
	Owed
	State    State
	Held     string    // why it is held; empty: it is not
	Attempts int       // begun so far, the present one included
	Begun    bool      // an earlier attempt may have come as far as DATA: whoever got it must get the same once more
	Since    time.Time // when it was owed
	Due      time.Time // of the next attempt; zero: at once
	Said     string    // what became of the last attempt, one line

	panics int
}

// State is where a copy stands.
type State string

// The states of a copy. A waiting or sending copy may be held beside that; then it is not tried (again).
const (
	Waiting State = "waiting" // for its date
	Sending State = "sending" // an attempt is under way, or was when the process died
	Aside   State = "aside"   // the program failed on it twice; only a person can send it on its way again
)

// Message is a copy made ready for its one receiver: the bytes of Head, then those of Body.
type Message struct {
	Copy    CopyID         // filled in by the runner
	From    letter.Address // return path; zero is <>
	To      letter.Address // zero: the copy's own
	Head    []byte         // header fields with the empty line that ends them
	Body    []byte         // may be shared with other copies: never changed
	Private bool           // must not leave this machine in clear
	Blind   bool           // nobody is told where it goes, nor what became of it: the books say that it is over (Untold)

	// Other makes the head for a body that had to be changed after all, where Head itself would not be true of it: a post under its
	// author's From, whose signature covers the body. nil: Head is good for every body.
	Other func() ([]byte, error)
	// Again makes the message anew for a host that takes less, and signs it again (M10). nil: nobody can. An error says why it cannot
	// be made; the copy has failed then.
	Again func(Lacks) (Message, error)
}

// Lacks is what a host does not take.
type Lacks struct {
	EightBit bool // octets that are not ASCII in the body (RFC 6152)
	UTF8     bool // octets that are not ASCII in the header (RFC 6531)
}

// Size is the octets of the message.
func (m Message) Size() int { return len(m.Head) + len(m.Body) }

// Stamper makes the message of a copy at the moment it is sent. It runs inside the claiming transaction: it must not block or talk
// to the network. raw gives the copy's stored bytes, the same ones to all copies of a letter, which must not be changed; let Body be
// a part of them wherever possible, because a shared body is in memory once. The error of ErrDrop says that nobody is owed
// the copy any more; any other error is taken for temporary.
type Stamper interface {
	Stamp(tx *db.Tx, c Copy, raw func() ([]byte, error)) (Message, error)
}

// Courier takes one message to its next host, and tells what became of it. It is called by many goroutines at once, and returns
// soon after the context ends.
type Courier interface {
	Deliver(ctx context.Context, m Message) Outcome
}

// Signer signs a message before it leaves. It is called by many goroutines at once.
type Signer interface {
	Sign(ctx context.Context, m Message) (Message, error)
}

// Ender hears of every copy that ended without being delivered (Failed, Dropped) or was set aside, in the transaction that writes it
// down. Nobody has anything to do about one that arrived, and a large list should not pay for that question. When it fails, or panics, its own work is undone and noted; the outcome stays.
type Ender interface {
	End(tx *db.Tx, c Copy, o Outcome) error
}

// Enders are several of them, each of which hears of every end. One that fails does so for all: what belongs together is undone together.
type Enders []Ender

// End tells each of them.
func (all Enders) End(tx *db.Tx, c Copy, o Outcome) error {
	for _, e := range all {
		if err := e.End(tx, c, o); err != nil {
			return err
		}
	}
	return nil
}

// Kind is what became of an attempt. The zero Kind is Deferred: what nobody classified is temporary, and costs nobody a letter.
type Kind int

// The kinds of outcome. A courier gives the first three.
const (
	Deferred  Kind = iota // not now
	Delivered             // taken over by the next host
	Failed                // refused for good, or given up after five days
	Dropped               // no longer owed
	SetAside              // the program itself failed on it
)

// String is the kind as one word.
func (k Kind) String() string {
	names := [...]string{"deferred", "delivered", "failed", "dropped", "set aside"}
	if k < 0 || int(k) >= len(names) {
		return "kind " + strconv.Itoa(int(k))
	}
	return names[k]
}

// Stage is how far a delivery came.
type Stage string

// The stages of an SMTP delivery.
const (
	StageNone    Stage = ""        // not begun, or no SMTP at all
	StageConnect Stage = "connect" // no connection, or lost before the greeting
	StageHello   Stage = "hello"   // greeting, EHLO, STARTTLS
	StageLogin   Stage = "login"   // AUTH
	StageMail    Stage = "mail"    // MAIL FROM
	StageRcpt    Stage = "rcpt"    // RCPT TO
	StageData    Stage = "data"    // DATA and the message
	StageEnd     Stage = "end"     // the reply to the final dot
)

// Outcome is what became of one attempt. Its texts are printable ASCII.
type Outcome struct {
	Kind      Kind
	Stage     Stage
	Code      int    // the reply's three digits; 0 without a reply
	Enhanced  string // RFC 3463, as in "4.7.1"; empty without
	Text      string // what the host said without its codes, or what happened; at most 500 characters
	Host      string // who said it; empty: we ourselves
	Ambiguous bool   // everything was sent and no answer came: it may have arrived (RFC 1047)
	TLS       string // how the connection was encrypted, as in "TLS 1.3"; empty: not, or no SMTP
	Busy      bool   // the route as a whole is unwilling for now: later copies would fare no better (M13)
	Untold    bool   // of a blind copy: neither its codes nor whether it arrived may be written down
}

// data tells whether the message may have begun to travel.
func (o Outcome) data() bool { return o.Stage == StageData || o.Stage == StageEnd || o.Ambiguous }

// String is the outcome on one line, for the logbook and the operator.
func (o Outcome) String() string {
	if o.Untold {
		return o.Text
	}
	var b strings.Builder
	b.WriteString(o.Host)
	if o.Code != 0 {
		b.WriteString(" said " + strconv.Itoa(o.Code))
		if o.Enhanced != "" {
			b.WriteString(" " + o.Enhanced)
		}
		b.WriteString(" " + o.Text)
	} else {
		if o.Host != "" {
			b.WriteString(": ")
		}
		b.WriteString(o.Text)
	}
	if o.Ambiguous {
		b.WriteString(" (it may have arrived)")
	}
	return letter.ASCII(strings.TrimSpace(b.String()), 500)
}

// story is the outcome as the story of its copy tells it: with how the connection was encrypted.
func (o Outcome) story() string {
	if o.TLS == "" {
		return o.String()
	}
	return o.String() + " [" + letter.ASCII(o.TLS, 20) + "]"
}

// Untold is what the books say of a blind copy: of one that arrived the same as of one that never will. Codes, dates of attempts and
// the difference between the two would be those of other mail to the same person at the same time.
const Untold = "over; nobody is told where it went, nor whether it arrived"

// blind is the outcome without what tells where the copy went. Its codes stay for whoever paces the way out, and are told to nobody.
func (o Outcome) blind() Outcome {
	o.Host, o.Text, o.TLS, o.Untold = "", "what became of an attempt is told to nobody", "", true
	return o
}

// Status is the codes of the reply, as in "451 4.7.1": what may stand in a log that names nobody.
func (o Outcome) Status() string {
	if o.Untold {
		return ""
	}
	if o.Code == 0 {
		return o.Enhanced
	}
	return strings.TrimSpace(strconv.Itoa(o.Code) + " " + o.Enhanced)
}

// ErrDrop makes the error by which a Stamper says that a copy is no longer owed, and why: the member has left, the post was removed.
func ErrDrop(reason string) error { return dropError(reason) }

type dropError string

func (e dropError) Error() string { return "no longer owed: " + string(e) }

// isDrop finds the reason in an error of ErrDrop.
func isDrop(err error) (reason string, ok bool) {
	var d dropError
	ok = errors.As(err, &d)
	return string(d), ok
}

// Owe writes down a copy, due at once for whichever process comes first. Owing the same source to the same address again changes
// nothing and gives the copy that is there.
func Owe(tx *db.Tx, o Owed) (CopyID, error) {
	if o.Source == "" || o.Stamp == "" || o.To.IsZero() {
		return 0, fmt.Errorf("owe a copy: source, stamp and address are required, not %q, %q, %q", o.Source, o.Stamp, o.To.String())
	}
	id, err := insert(tx, o)
	if err != nil {
		return 0, fmt.Errorf("owe a copy of %s: %w", o.Source, err)
	}
	return id, nil
}

// Package logbook is the life of each letter as rows. It promises that whoever asks later what became of a letter gets the whole
// story: every verb that happened to it, in order, written in the same transaction as the deed itself, and that no row of it can
// break out of its line. Subjects, texts and tokens never enter it.
// Each row is also counted, and told to the mail log (one line, a verb, and ids alone) as soon as it is durable.
//
// It is also where the program's other figures get their form (figures.go): whoever counts something declares it beside the code.
package logbook

import (
	"strings"
	"time"

	"backchannel/archive/letter"
)

// Verb is what happened. There are few, and each is a word that an operator may read.
type Verb string

// The verbs. A letter begins with Received or Refused; a copy ends with Delivered, Bounced or Dropped.
const (
	Received  Verb = "received"  // taken over by 250; it is ours now
	Refused   Verb = "refused"   // not taken, the sender was told in the session
	Held      Verb = "held"      // waits for somebody's word
	Filed     Verb = "filed"     // handed to the one it was for: a private letter, a command, a bounce
	Published Verb = "published" // became a post of a list
	Relayed   Verb = "relayed"   // copies of it are owed
	Deferred  Verb = "deferred"  // one attempt on one copy failed for now
	Delivered Verb = "delivered" // a remote host took a copy over
	Bounced   Verb = "bounced"   // a copy cannot be delivered, ever
	Dropped   Verb = "dropped"   // a copy or a held letter was given up, for the reason in its detail
)

// Ends tells whether a copy's life ends with this verb.
func (v Verb) Ends() bool { return v == Delivered || v == Bounced || v == Dropped }

// Entry is one row of the logbook.
type Entry struct {
	At        time.Time        `json:"at"`
	Story     string           `json:"story"`                // the id a letter got at the door
	Verb      Verb             `json:"verb"`                 //
	MessageID letter.MessageID `json:"message_id,omitempty"` // of the letter, on the rows that introduce it
	Copy      int64            `json:"copy,omitempty"`       // the queue's id of a copy; 0 when it is about the letter
	To        string           `json:"to,omitempty"`         // whom the copy, or the letter, was for
	Detail    string           `json:"detail,omitempty"`     // why, or what the remote host said; printable ASCII
	Status    string           `json:"-"`                    // the codes of a reply, for the mail log: 451 4.7.1; not kept
}

// detailMax is how much of a peer's words is kept (E1).
const detailMax = 500

// clean makes an entry safe to keep and to print (A12).
func (e Entry) clean() Entry {
	e.Detail = letter.ASCII(e.Detail, detailMax)
	e.To = letter.ASCII(e.To, 320)
	e.Story = letter.ASCII(e.Story, 64)
	return e
}

// Key is what a person types to ask for a story: a Message-ID with or without its brackets, a story or a copy's number.
func Key(typed string) string {
	return strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(typed), "<"), ">")
}

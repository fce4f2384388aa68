// Package refusal is how the whole house says no. A refusal promises three things to three readers: a Kind for machines, one
// sentence for the person who asked, and a cause for the log. The sentence teaches and betrays nothing: no table, no host, no
// list or member that the asker could not already know.
//
// Doors translate kinds exactly once (smtpd into reply codes, cmd into exit codes); no other package knows SMTP or HTTP codes.
// An error that is no refusal is a shortage of ours: temporary, to be tried again, with nothing lost.
package refusal

import (
	"errors"
	"fmt"
)

// Kind says which sort of no it is. The zero Kind is Unavailable: what nobody classified is our failure, and temporary.
type Kind int

// The kinds of refusal. Those up to Limit are temporary: the same request may succeed later, unchanged.
const (
	Unavailable Kind = iota // something of ours is missing or busy; try again (SMTP 451 4.3.0)
	Full                    // no room on the disk (452 4.3.1)
	Busy                    // too much at once, or shutting down (421 4.3.2)
	DNS                     // a question to the DNS had no answer yet (451 4.4.3)
	Limit                   // too many requests from this asker (450 4.7.0)

	NoSuchAddress // there is nobody of this name here (550 5.1.1)
	NotAllowed    // known or not, this sender may not do this (550 5.7.1)
	Malformed     // the letter or request cannot be read safely (554 5.6.0)
	Robot         // a robot wrote where only people are heard (550 5.7.1)
	Loop          // the letter has been here before (554 5.4.6)
	TooBig        // larger than we take (552 5.3.4)
	Invalid       // a word of the request is wrong: a bad address, an unknown setting
	NotFound      // what was asked for does not exist
	Conflict      // it exists already, or is in use
	Usage         // a command written wrongly (exit code 2)
)

// Temporary tells whether the same request may succeed later.
func (k Kind) Temporary() bool { return k <= Limit }

var names = [...]string{
	"unavailable", "full", "busy", "dns", "limit", "no-such-address", "not-allowed", "malformed", "robot", "loop", "too-big",
	"invalid", "not-found", "conflict", "usage",
}

// String is the kind as one word, for logs and JSON.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(names) {
		return fmt.Sprintf("kind-%d", int(k))
	}
	return names[k]
}

// Refusal is one no. It is an error whose text is the sentence for the person.
type Refusal struct {
	Kind     Kind
	Sentence string // one or two whole sentences for a person
	Hint     string // what to try instead, as a command or an address; may be empty
	cause    error
	key      string // of the sentence in words; "" for one that stands in the code, in English
	gaps     []any  // what fills it
}

// Because makes a refusal of a kind with its sentence, in English. Where members read it in a mail or on a page, Say is the way.
func Because(kind Kind, format string, args ...any) *Refusal {
	return &Refusal{Kind: kind, Sentence: fmt.Sprintf(format, args...)}
}

// From notes what went wrong underneath. The cause reaches logs, never the person.
func (r *Refusal) From(cause error) *Refusal {
	r.cause = cause
	return r
}

// Try adds a hint: what the person may do instead.
func (r *Refusal) Try(format string, args ...any) *Refusal {
	r.Hint = fmt.Sprintf(format, args...)
	return r
}

// Error is the sentence alone.
func (r *Refusal) Error() string { return r.Sentence }

// Unwrap gives the cause, for errors.Is and errors.As.
func (r *Refusal) Unwrap() error { return r.cause }

// As finds the refusal inside an error, if there is one.
func As(err error) (*Refusal, bool) {
	var r *Refusal
	ok := errors.As(err, &r)
	return r, ok
}

// KindOf is the kind of the refusal inside err, and Unavailable for every other error.
func KindOf(err error) Kind {
	if r, ok := As(err); ok {
		return r.Kind
	}
	return Unavailable
}

// Temporary tells whether trying again may help. Errors that are no refusals are temporary: what we cannot explain is our
// fault, and must cost nobody a letter.
func Temporary(err error) bool { return KindOf(err).Temporary() }

// Log writes an error for the log: the sentence and what lies beneath it.
func Log(err error) string {
	r, ok := As(err)
	if !ok || r.cause == nil {
		return err.Error()
	}
	return err.Error() + ": " + r.cause.Error()
}

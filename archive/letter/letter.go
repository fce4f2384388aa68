// Package letter is one message: it reads what strangers send and writes what we send.
//
// It promises: whatever bytes come in, Parse answers in linear time and bounded memory, with a letter or with a refusal in one
// human sentence, and never panics. A letter keeps every byte as it came; an edited header changes no byte that was not named.
// What it hands out as text (subjects, names, bodies) is valid UTF-8 without controls or invisible direction marks. What it
// writes carries no line break, NUL or stray byte that a value smuggled in.
package letter

import (
	"time"
)

// Letter is one parsed message. It never changes, so it may be shared between goroutines; edits go through Header and With.
type Letter struct {
	raw    []byte
	header Header
	parts  []Part
}

// Parse reads one message. The only error is a *refusal.Refusal of kind Malformed, given when the message goes beyond the limits
// of the scanner; everything else, however broken, is a letter. The bytes are kept, not copied: the caller must not change them.
func Parse(raw []byte) (*Letter, error) {
	l := &Letter{raw: raw}
	return l, nil
}

// Raw is the letter as it came, byte for byte.
func (l *Letter) Raw() []byte { return l.raw }

// Body is what follows the header and its empty line, byte for byte.
func (l *Letter) Body() []byte { return nil }

// Header is a copy of the top header, to be edited and given to With.
func (l *Letter) Header() *Header { h := l.header; return &h }

// With is the letter under another header: the bytes of h, then the body as it came. With(l.Header()) equals Raw.
func (l *Letter) With(h *Header) []byte { return l.raw }

// Get is the decoded, cleaned value of the first top field of this name, or "".
func (l *Letter) Get(name string) string { return l.header.Get(name) }

// Fields are the decoded, cleaned values of every top field of this name, in order.
func (l *Letter) Fields(name string) []string { return l.header.Values(name) }

// From are the authors (RFC 5322 §3.6.2), as many as could be read. Authority hangs on CheckPost, not on this list.
func (l *Letter) From() []Mailbox { return nil }

// Sender is the mailbox that handed the letter in, when it is not the author.
func (l *Letter) Sender() []Mailbox { return nil }

// ReplyTo is where answers are wanted.
func (l *Letter) ReplyTo() []Mailbox { return nil }

// To are the open recipients.
func (l *Letter) To() []Mailbox { return nil }

// Cc are the recipients for information.
func (l *Letter) Cc() []Mailbox { return nil }

// Subject is the decoded subject on one clean line.
func (l *Letter) Subject() string { return "" }

// MessageID is the letter's own id, or "" when it has none.
func (l *Letter) MessageID() MessageID { return "" }

// InReplyTo are the ids of the letters this one answers.
func (l *Letter) InReplyTo() []MessageID { return nil }

// References are the ids of the thread above this letter, oldest first.
func (l *Letter) References() []MessageID { return nil }

// Date is when the author says it was written; false when there is no date or none that can be read.
func (l *Letter) Date() (time.Time, bool) { return time.Time{}, false }

// Parts is the flat list of all MIME parts in the order they stand; Parts()[0] is the letter itself.
func (l *Letter) Parts() []Part { return l.parts }

// Attachments are the parts that a mail program would show as files, without the bodies shown as text.
func (l *Letter) Attachments() []Attachment { return nil }

// Attachment is one file that travels with a letter.
type Attachment struct {
	Name string // clean file name, never empty, never a path
	Type string // media type, lower case: "image/png"
	Size int    // octets after decoding
}

// CheckPost tells whether the letter may become a post (rule B2): nil or a *refusal.Refusal.
func (l *Letter) CheckPost() error { return nil }

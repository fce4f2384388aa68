// Package letter is one message: it reads what strangers send and writes what we send.
//
// It promises: whatever bytes come in, Parse answers in linear time and bounded memory, with a letter or with a refusal in one
// human sentence, and never panics. A letter keeps every byte as it came; an edited header changes no byte that was not named.
// What it hands out as text (subjects, names, bodies) is valid UTF-8 without controls or invisible direction marks. What it
// writes carries no line break, NUL or stray byte that a value smuggled in.
//
// Reading is ours from the first byte to the last, on purpose: one scanner decides once, without recursion, what is header, what
// is part and where each ends, so that no second parser can be talked into another answer. The go-message library gives the
// charsets.
package letter

import (
	"bytes"
	"maps"
	"sync"
	"time"
)

// Letter is one parsed message. It never changes, so it may be shared between goroutines; edits go through Header and With.
type Letter struct {
	raw    []byte
	body   int // where the body begins
	header Header
	parts  []Part
	found  *findings
}

// findings are what was worked out about a body when somebody first asked. Letters that differ in their headers alone share them.
type findings struct {
	bodies  func() []textBody
	text    func() string
	newText func() NewText

	mu     sync.Mutex
	others map[any]any // what AboutBody was told
}

// AboutBody remembers what somebody else works out about the body, so that it is done once for all headers that the body is under. The
// key is a value of a type of the caller's own; the value is shared, and must depend on nothing but Body.
func (l *Letter) AboutBody(key any, work func() any) any {
	f := l.found
	f.mu.Lock()
	defer f.mu.Unlock()
	if v, ok := f.others[key]; ok {
		return v
	}
	if f.others == nil {
		f.others = map[any]any{}
	}
	v := work()
	f.others[key] = v
	return v
}

// Parse reads one message. The only error is a *refusal.Refusal of kind Malformed, given when the message goes beyond the limits
// of the scanner (B1): header of 500 fields and 100 KiB, field of 32 KiB, 1000 parts, 20 levels. Everything else, however broken,
// is a letter. The bytes are kept, not copied: the caller must not change them.
func Parse(raw []byte) (*Letter, error) {
	top, parts, err := scan(raw)
	if err != nil {
		return nil, err
	}
	l := &Letter{raw: raw, body: top.body, header: newHeader(raw, top), parts: parts}
	l.found = &findings{bodies: sync.OnceValue(l.readBodies), text: sync.OnceValue(l.readText), newText: sync.OnceValue(l.readNewText)}
	return l, nil
}

// Raw is the letter as it came, byte for byte. It must not be changed.
func (l *Letter) Raw() []byte { return l.raw }

// Body is what follows the header and its empty line, byte for byte. It must not be changed.
func (l *Letter) Body() []byte { return l.raw[l.body:] }

// Header is a copy of the top header, to be edited and given to With.
func (l *Letter) Header() *Header { return l.header.clone() }

// With is the letter under another header: the bytes of h, then the body as it came. With(l.Header()) equals Raw.
func (l *Letter) With(h *Header) []byte {
	out := make([]byte, 0, h.size()+len(l.Body()))
	return append(h.append(out), l.Body()...)
}

// Again parses a message that may be this letter under another header, as With makes it. If it is, what was worked out about the text,
// which is dear, is not worked out again.
func (l *Letter) Again(raw []byte) (*Letter, error) {
	again, err := Parse(raw)
	if err == nil && bytes.Equal(again.Body(), l.Body()) && again.readsLike(l) {
		again.found = l.found
	}
	return again, err
}

// readsLike tells whether two headers say the same about how a body is to be read.
func (l *Letter) readsLike(other *Letter) bool {
	a, b := l.parts[0], other.parts[0]
	return len(l.parts) == len(other.parts) && a.Type == b.Type && a.Encoding == b.Encoding && a.Disposition == b.Disposition &&
		maps.Equal(a.Params, b.Params) && maps.Equal(a.DispParams, b.DispParams)
}

// Get is the decoded, cleaned value of the first top field of this name, or "".
func (l *Letter) Get(name string) string { return l.header.Get(name) }

// Fields are the decoded, cleaned values of every top field of this name, in order.
func (l *Letter) Fields(name string) []string { return l.header.Values(name) }

// From are the authors (RFC 5322 §3.6.2), as many as could be read or guessed. To decide by the sender ask Author, not this list.
func (l *Letter) From() []Mailbox { return l.header.mailboxes("From") }

// Sender is the mailbox that handed the letter in, when it is not the author.
func (l *Letter) Sender() []Mailbox { return l.header.mailboxes("Sender") }

// ReplyTo is where answers are wanted.
func (l *Letter) ReplyTo() []Mailbox { return l.header.mailboxes("Reply-To") }

// To are the open recipients.
func (l *Letter) To() []Mailbox { return l.header.mailboxes("To") }

// Cc are the recipients for information.
func (l *Letter) Cc() []Mailbox { return l.header.mailboxes("Cc") }

// Subject is the decoded subject on one clean line.
func (l *Letter) Subject() string { return l.header.Get("Subject") }

// MessageID is the letter's own id, or "" when it has none.
func (l *Letter) MessageID() MessageID {
	if ids := l.header.ids("Message-ID"); len(ids) > 0 {
		return ids[0]
	}
	return ""
}

// InReplyTo are the ids of the letters this one answers.
func (l *Letter) InReplyTo() []MessageID { return l.header.ids("In-Reply-To") }

// References are the ids of the thread above this letter, oldest first.
func (l *Letter) References() []MessageID { return l.header.ids("References") }

// Date is when the author says it was written; false when there is no date or none that can be read.
func (l *Letter) Date() (time.Time, bool) { return l.header.date("Date") }

// Parts is the flat list of all MIME parts in the order they stand; Parts()[0] is the letter itself. It must not be changed.
func (l *Letter) Parts() []Part { return l.parts }

// Attachment is one file that travels with a letter.
type Attachment struct {
	Name string // clean file name, never empty, never a path
	Type string // media type, lower case: "image/png"
	Size int    // octets after decoding
}

// mailboxes are those of every field of the name: a doubled To is common, and nobody in it should be overlooked.
func (h *Header) mailboxes(name string) []Mailbox {
	var list []Mailbox
	for _, value := range h.Raw(name) {
		list = append(list, ParseMailboxes(value)...)
	}
	return list
}

func (h *Header) ids(name string) []MessageID {
	var list []MessageID
	for _, value := range h.Raw(name) {
		list = append(list, ParseMessageIDs(value)...)
	}
	return list
}

func (h *Header) date(name string) (time.Time, bool) {
	for _, value := range h.Raw(name) {
		if t, ok := ParseDate(value); ok {
			return t, true
		}
	}
	return time.Time{}, false
}

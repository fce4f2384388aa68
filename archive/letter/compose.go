package letter

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Draft is a letter of our own before it is written. The same draft always gives the same bytes, so a digest that is rendered twice
// is one digest.
type Draft struct {
	From       Mailbox
	To, Cc     []Mailbox
	ReplyTo    []Mailbox
	Subject    string
	Date       time.Time // written in its own zone, to the second
	MessageID  MessageID
	InReplyTo  []MessageID
	References []MessageID // oldest first
	Extra      []Field     // further fields, in order: List-*, Auto-Submitted, …; none that the draft itself writes

	Text    string   // plain text, UTF-8, any line ends
	HTML    string   // HTML; without Text the plain text is made from it
	Flowed  bool     // write Text as format=flowed (RFC 3676): long lines may be wrapped anew by the reader
	Files   []File   // attached files
	Letters [][]byte // attached letters, whole and raw
	Digest  [][]byte // letters of a digest behind the text, whole and raw, in 7bit: multipart/digest (RFC 2046 §5.1.5)
}

// File is a file to attach.
type File struct {
	Name string // shown to the reader; folders and controls are taken off
	Type string // media type; what cannot be one becomes application/octet-stream
	Data []byte
}

// Attach adds a file.
func (d *Draft) Attach(name, mediaType string, data []byte) {
	d.Files = append(d.Files, File{Name: name, Type: mediaType, Data: data})
}

// AttachLetter adds a whole letter as message/rfc822. It travels as it is, in 7bit or 8bit: a transfer encoding is forbidden there
// (RFC 2046 §5.2.1). A letter that cannot travel so (lines over 998 octets, NUL) is attached as a file instead.
func (d *Draft) AttachLetter(raw []byte) { d.Letters = append(d.Letters, raw) }

// Bytes writes the letter with CRLF line ends: header in a fixed order, folded at 78 characters; text, or text and HTML as
// alternatives, each in the shorter of quoted-printable and base64; then attached letters and files. Without From, Date or
// Message-ID, and with a field that smuggles a line break (B5), it is an error.
func (d Draft) Bytes() ([]byte, error) {
	h, err := d.header()
	if err != nil {
		return nil, err
	}
	body, err := d.entity()
	if err != nil {
		return nil, err
	}
	for _, f := range append([]Field{{"MIME-Version", "1.0"}}, body.fields...) {
		if err := h.Add(f.Name, f.Value); err != nil {
			return nil, fmt.Errorf("draft: %w", err)
		}
	}
	return append(h.Bytes(), body.body...), nil
}

// header writes the fields above the MIME ones.
func (d Draft) header() (*Header, error) {
	switch {
	case d.From.Address.IsZero():
		return nil, errors.New("draft: no From")
	case d.Date.IsZero():
		return nil, errors.New("draft: no Date")
	case d.MessageID == "":
		return nil, errors.New("draft: no Message-ID")
	}
	fields := []Field{
		{"From", d.From.String()},
		{"To", FormatMailboxes(d.To)},
		{"Cc", FormatMailboxes(d.Cc)},
		{"Reply-To", FormatMailboxes(d.ReplyTo)},
		{"Subject", d.Subject},
		{"Date", d.Date.Format("Mon, 02 Jan 2006 15:04:05 -0700")}, // RFC 5322 §3.3
		{"Message-ID", d.MessageID.String()},
		{"In-Reply-To", FormatMessageIDs(d.InReplyTo)},
		{"References", FormatMessageIDs(d.References)},
	}
	own := map[string]bool{"mime-version": true, "bcc": true}
	h := &Header{}
	for _, f := range fields {
		own[strings.ToLower(f.Name)] = true
		if f.Value == "" {
			continue
		}
		if err := h.Add(f.Name, f.Value); err != nil {
			return nil, fmt.Errorf("draft: %w", err)
		}
	}
	for _, f := range d.Extra {
		if low := strings.ToLower(f.Name); own[low] || strings.HasPrefix(low, "content-") {
			return nil, fmt.Errorf("draft: %s is no extra field", ASCII(f.Name, 40))
		}
		if err := h.Add(f.Name, f.Value); err != nil {
			return nil, fmt.Errorf("draft: %w", err)
		}
	}
	return h, nil
}

package letter

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"mime"
	"strings"
	"time"

	"github.com/jordan-wright/email"
)

// Draft is a message of our own to be composed. Text is required; with HTML beside it the message has both forms.
type Draft struct {
	From       Mailbox
	To         []Mailbox
	Cc         []Mailbox
	ReplyTo    []Mailbox
	Subject    string
	Date       time.Time
	MessageID  MessageID
	InReplyTo  []MessageID
	References []MessageID
	Extra      []Field // further fields, after ours, in this order
	Text       string  // lines end with \n
	HTML       string
}

// Bytes composes the message: a folded header in a fixed order, and a body in ASCII lines of at most 76 characters, the same bytes
// for the same draft. A value that would break out of its field is an error (B5).
func (d Draft) Bytes() ([]byte, error) {
	if d.From.Address.IsZero() || d.MessageID == "" || d.Date.IsZero() {
		return nil, errors.New("compose: From, Date and Message-ID are required")
	}
	contentType, encoding, body, err := d.body()
	if err != nil {
		return nil, err
	}
	var h Header
	for _, f := range d.fields(contentType, encoding) {
		if f.Value == "" {
			continue
		}
		if err := h.Add(f.Name, f.Value); err != nil {
			return nil, fmt.Errorf("compose: %w", err)
		}
	}
	return append(h.Bytes(), body...), nil
}

// fields are the header in the order in which people like to read it.
func (d Draft) fields(contentType, encoding string) []Field {
	all := []Field{
		{"From", d.From.String()}, {"To", FormatMailboxes(d.To)}, {"Cc", FormatMailboxes(d.Cc)}, {"Reply-To", FormatMailboxes(d.ReplyTo)},
		{"Subject", CleanLine(d.Subject)}, {"Date", d.Date.Format(time.RFC1123Z)}, {"Message-ID", FormatMessageIDs([]MessageID{d.MessageID})},
		{"In-Reply-To", FormatMessageIDs(d.InReplyTo)}, {"References", FormatMessageIDs(d.References)},
	}
	all = append(all, d.Extra...)
	return append(all, Field{"MIME-Version", "1.0"}, Field{"Content-Type", contentType}, Field{"Content-Transfer-Encoding", encoding})
}

// body has the library compose the parts, and takes what follows its header: that one has a random order and names the host.
func (d Draft) body() (contentType, encoding string, body []byte, err error) {
	e := email.NewEmail()
	e.From = "x@invalid"
	e.Text = []byte(strings.ReplaceAll(d.Text, "\n", "\r\n"))
	if d.HTML != "" {
		e.HTML = []byte(strings.ReplaceAll(d.HTML, "\n", "\r\n"))
	}
	raw, err := e.Bytes()
	if err != nil {
		return "", "", nil, fmt.Errorf("compose: %w", err)
	}
	head, body, ok := bytes.Cut(raw, []byte("\r\n\r\n"))
	if !ok {
		return "", "", nil, errors.New("compose: the library wrote no header")
	}
	if d.HTML == "" {
		return "text/plain; charset=utf-8", "quoted-printable", body, nil
	}
	own := "=_" + boundary(d.Text, d.HTML)
	for _, line := range strings.Split(strings.ReplaceAll(string(head), "\r\n ", " "), "\r\n") {
		if value, ok := strings.CutPrefix(line, "Content-Type: "); ok {
			_, params, err := mime.ParseMediaType(value)
			if err != nil {
				return "", "", nil, fmt.Errorf("compose: %w", err)
			}
			body = bytes.ReplaceAll(body, []byte(params["boundary"]), []byte(own))
		}
	}
	return "multipart/alternative; boundary=\"" + own + "\"", "", body, nil
}

// boundary is derived from what it bounds. Its "=_" can stand in no quoted-printable line.
func boundary(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

package archive

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"backchannel/archive/letter"
	"backchannel/archive/thread"
)

// Reading is what the archive keeps of a letter, worked out before the transaction.
type Reading struct {
	msg         thread.Msg
	from        letter.Mailbox
	dated       time.Time // zero: the letter has no date
	size        int
	body        []byte
	attachments []letter.Attachment
	structure   []byte // JSON
	text        string
	program     bool  // its header says that a program wrote it
	err         error // of what cannot be kept; AddPost returns it
}

// textKept is how much of a text is kept for search and digests, in octets. The whole is in the stored letter.
const textKept = 64 << 10

// Read works out what the archive keeps of a letter. It is pure and the dearer half of AddPost: do it before the transaction.
func Read(l *letter.Letter) *Reading {
	r := &Reading{
		msg:         thread.Msg{ID: l.MessageID(), References: l.References(), InReplyTo: l.InReplyTo(), Subject: l.Subject()},
		size:        len(l.Raw()),
		body:        bodyHash(l),
		attachments: l.Attachments(),
		text:        clip(l.NewText().Text, textKept),
		program:     l.ByProgram(),
	}
	if from := l.From(); len(from) > 0 {
		r.from = from[0]
	}
	if at, ok := l.Date(); ok {
		r.dated = at
	}
	if r.structure, r.err = json.Marshal(l.Structure()); r.err != nil {
		r.err = fmt.Errorf("keep the structure: %w", r.err)
	}
	return r
}

// clip cuts a text at a whole character.
func clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most]
}

// bodyHash tells one mail from another of the same message id. Line ends and empty lines at the end do not count: they change on
// the way through archives. A letter without an id is told by all its bytes.
func bodyHash(l *letter.Letter) []byte {
	if l.MessageID() == "" {
		return hashLines(l.Raw())
	}
	return l.AboutBody(bodyHashKey{}, func() any { return hashLines(l.Body()) }).([]byte)
}

type bodyHashKey struct{}

func hashLines(rest []byte) []byte {
	rest = bytes.TrimRight(rest, "\r\n \t")
	h := sha256.New()
	for {
		line, after, more := bytes.Cut(rest, []byte("\r\n"))
		h.Write(line)
		if !more {
			return h.Sum(nil)[:16]
		}
		h.Write([]byte("\n"))
		rest = after
	}
}

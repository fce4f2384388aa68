package mbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
)

// Reader reads the messages of an mbox file one by one.
type Reader struct {
	lines *lines
	limit int
	n     int
	begun bool
	blank bool // the line before was empty
	next  *Message
	room  []byte // in which messages grow
	err   error
}

// NewReader begins to read an mbox file. The reader may be of any length; it is read once, forward.
func NewReader(r io.Reader, o Options) *Reader {
	return &Reader{lines: newLines(r, window), limit: o.limit()}
}

// Next gives the next message. At the end of the file the error is io.EOF. An error that is ErrTooLarge comes with a message without
// bytes, and Next can be called again; after any other error it says the same for ever. A file that is no mbox gives a refusal of
// kind Malformed, before anything else of it is read.
func (r *Reader) Next() (Message, error) {
	if r.err != nil {
		return Message{}, r.err
	}
	if !r.begun {
		r.begun = true
		if r.err = r.begin(); r.err != nil {
			return Message{}, r.err
		}
	}
	if r.next == nil {
		r.err = io.EOF
		return Message{}, r.err
	}
	m := *r.next
	r.next = nil
	raw, whole := r.body()
	if err := r.lines.failed(); err != nil {
		r.err = fmt.Errorf("read message %d at octet %d: %w", m.N, m.Offset, err)
		return Message{}, r.err
	}
	if !whole {
		return m, tooLarge(r.limit)
	}
	m.Raw = raw
	return m, nil
}

// All are the messages of the file. An error beside a message says why it has no bytes; one beside a message without a number ends
// the reading.
func (r *Reader) All() iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		for {
			m, err := r.Next()
			if atEnd(err) || !yield(m, err) || m.N == 0 {
				return
			}
		}
	}
}

// begin finds the first message. A file without a From_ line that begins like a letter is taken as one message.
func (r *Reader) begin() error {
	l := r.lines
	for {
		text, size := l.look(0)
		if size == 0 || len(bytes.TrimSpace(text)) > 0 {
			break
		}
		l.skip(size) // empty lines before the first message
		l.fill(len(fromWord) + longestSeparator)
	}
	if err := l.failed(); err != nil {
		return fmt.Errorf("read the mbox: %w", err)
	}
	if len(l.rest()) == 0 {
		return nil // an empty file is an mbox without messages
	}
	if isPacked(l.rest()) {
		return packed()
	}
	r.blank = true
	if r.separator() {
		return nil
	}
	text, size := l.look(0)
	if size == 0 || !isField(text) || bytes.HasPrefix(text, fromWord) {
		return notMbox()
	}
	r.start(separator{}, l.offset)
	return nil
}

// isPacked knows the first octets of gzip, zip, bzip2, xz and zstd.
func isPacked(b []byte) bool {
	for _, magic := range []string{"\x1f\x8b", "PK\x03\x04", "BZh", "\xfd7zXZ\x00", "\x28\xb5\x2f\xfd"} {
		if bytes.HasPrefix(b, []byte(magic)) {
			return true
		}
	}
	return false
}

func (r *Reader) start(s separator, offset int64) {
	r.n++
	r.blank = false
	r.next = &Message{N: r.n, Offset: offset, Envelope: s.sender, Date: s.date}
}

// separator takes the line that lies ready if it begins a message. A From_ line with a date does so below an empty line, or above a
// header field: some programs leave out the empty line. Without a date it needs both.
func (r *Reader) separator() bool {
	l := r.lines
	if !bytes.HasPrefix(l.rest(), fromWord) {
		return false
	}
	text, size := l.look(0)
	if size == 0 && l.err != nil {
		text, size = l.rest(), len(l.rest()) // the last line of the file has no end
	}
	if size == 0 {
		return false
	}
	s, ok := readSeparator(text)
	if !ok {
		return false
	}
	behind, more := l.after(size) // text is of no use from here on
	field := more && isField(behind)
	if s.dated && !r.blank && !field || !s.dated && !(r.blank && field) {
		return false
	}
	at := l.offset
	l.skip(size)
	r.start(s, at)
	return true
}

// body reads the lines of a message up to the next separator; whole is false when they are more than may be kept.
func (r *Reader) body() (raw []byte, whole bool) {
	l, whole := r.lines, true
	raw = r.room[:0]
	lineAt := 0 // where the line we are in begins in raw
	for {
		if !l.inside {
			l.fill(len(fromWord) + longestSeparator)
			if r.separator() {
				break
			}
		}
		p, ok := l.next()
		if !ok {
			break
		}
		r.blank = p.first && p.ended && len(p.text) == 0
		if !whole {
			continue
		}
		if p.first {
			lineAt = len(raw)
		}
		raw = append(raw, p.text...)
		if p.ended {
			raw = append(unquote(raw, lineAt), "\r\n"...)
		}
		if len(raw) > r.limit+len("\r\n") { // the empty line before the next separator does not count
			raw, whole = raw[:0], false
		}
	}
	r.room = raw
	if bytes.HasSuffix(raw, []byte("\r\n\r\n")) || len(raw) == 2 {
		raw = raw[:len(raw)-2] // it belongs to the separator
	}
	return bytes.Clone(raw), whole && len(raw) <= r.limit
}

// unquote takes one ">" from a line that is marked (mboxrd); the line begins at from and is the end of raw.
func unquote(raw []byte, from int) []byte {
	line := raw[from:]
	if len(line) == 0 || line[0] != '>' || !bytes.HasPrefix(bytes.TrimLeft(line, ">"), fromWord) {
		return raw
	}
	return append(raw[:from], line[1:]...)
}

// atEnd tells the end of the file from a failure.
func atEnd(err error) bool { return errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) }

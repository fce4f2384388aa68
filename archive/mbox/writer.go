package mbox

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"time"
	"unicode"
)

// Writer writes an mboxrd file.
type Writer struct{ w *bufio.Writer }

// NewWriter begins to write. Flush when everything is written.
func NewWriter(w io.Writer) *Writer { return &Writer{bufio.NewWriterSize(w, 64<<10)} }

// Write adds a message: a From_ line with its sender and date (in UTC; zero is the beginning of 1970), its lines ending in LF and
// marked as mboxrd wants, an empty line. A sender that is empty becomes MAILER-DAEMON; white space and controls in it are dropped.
func (w *Writer) Write(raw []byte, from string, date time.Time) error {
	if date.IsZero() {
		date = time.Unix(0, 0)
	}
	w.put([]byte("From " + oneWord(from) + " " + date.UTC().Format(time.ANSIC)))
	for len(raw) > 0 {
		line, rest, _ := bytes.Cut(raw, []byte("\n"))
		raw = rest
		line = bytes.TrimSuffix(line, []byte("\r"))
		if bytes.HasPrefix(bytes.TrimLeft(line, ">"), fromWord) {
			_ = w.w.WriteByte('>') // bufio keeps the first error for Flush
		}
		w.put(line)
	}
	w.put(nil)
	_, err := w.w.Write(nil)
	return err
}

func (w *Writer) put(line []byte) {
	_, _ = w.w.Write(line)
	_ = w.w.WriteByte('\n')
}

// Flush writes what is still in memory. It tells the first error of any writing before it.
func (w *Writer) Flush() error { return w.w.Flush() }

// oneWord makes a sender fit for a From_ line, whose parts are parted by spaces.
func oneWord(from string) string {
	from = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			return -1
		}
		return r
	}, from)
	if from == "" || len(from) > longestSeparator/2 {
		return "MAILER-DAEMON"
	}
	return from
}

// Package mbox reads and writes the two forms in which mail has always been kept in files: mbox, one file with a line "From " before
// each message, and Maildir, a folder with a file for each.
//
// It promises: a message that was written comes back with the same bytes; a file of any length is read in one pass with no more
// memory than its longest message; and no message stops the ones behind it: one that is too long, or a file that cannot be read, is
// reported with its number and place, and reading goes on. What stands where a separator could stand but is no separator stays in its
// message.
//
// Four dialects of mbox are about. mboxrd marks every line that begins with any number of ">" and "From " by one more ">"; we write
// it, and on reading take one ">" away. mboxo marks only "From " itself, and reads the same but for the rare line that had a ">" of
// its own. mboxcl and mboxcl2 tell the length in Content-Length. We never believe that number, since files are edited and line ends
// change; mboxcl marks lines besides and reads well. Of mboxcl2, which does not, a message that has a whole separator in its text is
// cut in two.
package mbox

import (
	"errors"
	"time"

	"backchannel/templates/refusal"
)

// Message is one message of a file or folder.
type Message struct {
	N        int       // 1, 2, 3, …: its place, messages that could not be read included
	Offset   int64     // octets before its From_ line; 0 in a Maildir
	Name     string    // of its file in a Maildir: cur/1528749823.M1P2.host:2,S
	Envelope string    // the sender as the From_ line has it: an address, a masked address, "-" or nothing
	Date     time.Time // of the From_ line, or of a Maildir's file name; zero: none. A From_ line has no zone, and most are UTC
	Flags    string    // of a Maildir's file name, as letters: D draft, F flagged, P passed on, R replied, S seen, T trashed
	Raw      []byte    // with CRLF line ends; the caller's own
}

// ErrTooLarge is inside the error of a message longer than Options.MaxSize. The ones behind it can be read.
var ErrTooLarge = errors.New("message over the size limit")

// MaxSize is how many octets a message may have when Options say nothing.
const MaxSize = 64 << 20

// Options are the wishes of a reader.
type Options struct {
	MaxSize int // octets of one message with CRLF line ends; 0: MaxSize
}

func (o Options) limit() int {
	if o.MaxSize > 0 {
		return o.MaxSize
	}
	return MaxSize
}

// tooLarge is what is printed beside a message that was left out.
func tooLarge(limit int) error {
	return refusal.Because(refusal.TooBig, "This message is larger than %d MB.", (limit+1<<20-1)>>20).From(ErrTooLarge)
}

// notMbox is the answer to a file of another kind.
func notMbox() error {
	return refusal.Because(refusal.Malformed, `This is no mbox file: it does not begin with a line "From " and the date of a message.`)
}

// packed is the answer to a compressed file.
func packed() error {
	return refusal.Because(refusal.Malformed, "This file is compressed.").Try("unpack it first, for example with gunzip, unxz or unzip")
}

package archive

import (
	"errors"
	"strconv"
	"time"

	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// PostID names a post. It is never used again.
type PostID int64

// ThreadID names a thread inside the file; people use its number.
type ThreadID int64

// State is what became of a post.
type State string

// The states of a post.
const (
	Published State = "published"
	Redacted  State = "redacted" // its place and author stay, its words are replaced by a note
	Removed   State = "removed"  // nothing is shown; its place in the thread is kept for its answers
)

// ErrDuplicate is inside the error of AddPost for a post that the mailbox has already: same message id, same body.
var ErrDuplicate = errors.New("the mailbox has this post already")

// NewPost is a post to be added.
type NewPost struct {
	Mailbox   PublicID
	Letter    *letter.Letter // as published: without tokens, under the header that members get
	Reading   *Reading       // of Letter; nil: AddPost reads it
	Raw       RawID          // of Letter when it is stored already; 0: AddPost stores it, open
	Author    int64          // the member, opaque; 0: nobody known
	From      letter.Mailbox // the author as shown; zero: the letter's own From
	Published time.Time      // zero: now. Imports give the letter's date
	Imported  bool           // old mail: it is in no digest
}

// Post is one post of a list.
type Post struct {
	ID          PostID
	Mailbox     PublicID
	Seq         int64 // position in the list, by publication
	UID         uint32
	ModSeq      int64
	Thread      ThreadID
	Number      int64  // of the thread, for people
	Parent      PostID // 0: none known
	MessageID   letter.MessageID
	Subject     string
	From        letter.Mailbox
	Author      int64
	Date        time.Time // as the author says; of a letter without one, or from the future, when it was published
	Published   time.Time
	Imported    bool
	Program     bool  // a program wrote it: nobody waits for an answer, and it answers nobody
	Raw         RawID // 0 when removed
	Size        int
	State       State
	Text        string // the new text: without quotes and signature
	Attachments []letter.Attachment
}

// Twin is the place of a post on another list to which its author wrote the same letter.
type Twin struct {
	Mailbox   PublicID
	Seq       int64
	Published time.Time
}

// Added is what became of one post of many.
type Added struct {
	Post Post  // the new one, or the one that was there
	Err  error // nil, or an error that is ErrDuplicate, whose text says why the post was left out
}

// errDuplicate is what an importer prints beside a message it skipped.
func errDuplicate() error {
	return refusal.Because(refusal.Conflict, "This message is in the archive already.").From(ErrDuplicate)
}

// newPost fills in what does not depend on the other posts.
func newPost(n NewPost, r *Reading, now time.Time) Post {
	p := Post{
		Mailbox: n.Mailbox, MessageID: r.msg.ID, Subject: r.msg.Subject, From: n.From, Author: n.Author, Date: r.dated,
		Published: n.Published.UTC().Truncate(time.Microsecond), Imported: n.Imported, Raw: n.Raw, Size: r.size, State: Published,
		Text: r.text, Attachments: r.attachments,
	}
	if n.Published.IsZero() {
		p.Published = now
	}
	if p.From == (letter.Mailbox{}) {
		p.From = r.from
	}
	p.Program = r.program || p.From.Address.OfProgram()
	if p.Date = p.Date.UTC().Truncate(time.Microsecond); p.Date.IsZero() || p.Date.After(p.Published) {
		p.Date = p.Published // nobody writes after publication; clocks go wrong
	}
	return p
}

// who tells authors apart for counting: the member, or else the address.
func (p *Post) who() string {
	if p.Author != 0 {
		return "m" + strconv.FormatInt(p.Author, 10)
	}
	return p.From.Address.Key()
}

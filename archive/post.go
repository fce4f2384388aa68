package archive

import (
	"errors"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
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

// Reading is what the archive keeps of a letter, worked out before the transaction.
type Reading struct{}

// Read works out what the archive keeps of a letter. It is pure and the dearer half of AddPost: do it before the transaction.
func Read(l *letter.Letter) *Reading { return &Reading{} }

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
	Raw         RawID // 0 when removed
	Size        int
	State       State
	Text        string // the new text: without quotes and signature
	Attachments []letter.Attachment
}

// AddPost publishes a post in its mailbox: sequence number, UID, change number, thread, search row. A post the mailbox has
// already is returned with an error that is ErrDuplicate; the same message id over another body is another post (P3).
func (s *Store) AddPost(tx *db.Tx, n NewPost) (Post, error) { return Post{}, errNotYet }

// Post finds a post; a refusal of kind NotFound when there is none.
func (s *Store) Post(tx *db.Tx, id PostID) (Post, error) { return Post{}, errNotYet }

// PostByMessageID finds the first post of a mailbox with a message id; NotFound when there is none.
func (s *Store) PostByMessageID(tx *db.Tx, box PublicID, id letter.MessageID) (Post, error) {
	return Post{}, errNotYet
}

// PostBySeq finds a post by its sequence number.
func (s *Store) PostBySeq(tx *db.Tx, box PublicID, seq int64) (Post, error) { return Post{}, errNotYet }

// Newest is the highest sequence number published before a time, imported posts not counted; 0 when there is none.
func (s *Store) Newest(tx *db.Tx, box PublicID, before time.Time) (int64, error) {
	return 0, errNotYet
}

// Fresh are the published posts with after < seq ≤ upTo in order, without imported ones: what a digest may cover.
func (s *Store) Fresh(tx *db.Tx, box PublicID, after, upTo int64) ([]Post, error) {
	return nil, errNotYet
}

// PostsOf are the newest published posts of an author in a series, newest first.
func (s *Store) PostsOf(tx *db.Tx, series, author int64, limit int) ([]Post, error) {
	return nil, errNotYet
}

// SeenSeqs are the sequence numbers in after < seq ≤ upTo that a person has read over IMAP.
func (s *Store) SeenSeqs(tx *db.Tx, box PublicID, person, after, upTo int64) ([]int64, error) {
	return nil, errNotYet
}

// Redact replaces a post's words by those of a note, keeps its place, and gives it a new UID.
func (s *Store) Redact(tx *db.Tx, id PostID, note *letter.Letter) (Post, error) {
	return Post{}, errNotYet
}

// Remove takes a post out of the archive: words, index and bytes go, its place in the thread stays empty.
func (s *Store) Remove(tx *db.Tx, id PostID) error { return errNotYet }

// Rows are the messages of a list's mailbox that changed after a change number (0: all), by UID, with one person's flags.
func (s *Store) Rows(tx *db.Tx, box PublicID, person, since int64) ([]Row, error) {
	return nil, errNotYet
}

// Vanished are the UIDs that went after a change number, ascending.
func (s *Store) Vanished(tx *db.Tx, box PublicID, since int64) ([]uint32, error) {
	return nil, errNotYet
}

// Structure is the IMAP structure of a post, from its row.
func (s *Store) Structure(tx *db.Tx, id PostID) (letter.Structure, error) {
	return letter.Structure{}, errNotYet
}

// StoreFlags changes one person's flags of some messages and returns their rows as they are now, by UID; UIDs that are not there
// are passed over.
func (s *Store) StoreFlags(tx *db.Tx, box PublicID, person int64, uids []uint32, change FlagChange, flags []string) ([]Row, error) {
	return nil, errNotYet
}

package archive

import (
	"time"

	"backchannel/archive/db"
)

// Order is the order of what a search finds.
type Order int

// Newest first is the order of choice: ranking costs far more over common words.
const (
	NewestFirst Order = iota
	BestFirst
)

// Query is a search over lists. Words are all wanted; "a phrase" is wanted as it stands; -word is not wanted; from:word and
// subject:word look there only; word* finds what begins with it.
type Query struct {
	Mailboxes []PublicID // where to look; none: nothing is found
	Words     string
	Since     time.Time // published at or after; zero: from the beginning
	Before    time.Time // published before; zero: until now
	Order     Order
	Limit     int // 0: 50
}

// Hit is one post found.
type Hit struct {
	Post    Post
	Snippet string // some words around the first one found
}

// Search looks through the published posts of lists.
func (s *Store) Search(tx *db.Tx, q Query) ([]Hit, error) { return nil, errNotYet }

// SearchUIDs are the UIDs of all posts of a mailbox that have the words, ascending.
func (s *Store) SearchUIDs(tx *db.Tx, box PublicID, words string) ([]uint32, error) {
	return nil, errNotYet
}

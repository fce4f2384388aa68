// Package archive is the memory of the house: every letter that came in, every post that went onto a list with its place in a
// thread, every private message, and what each person has read of them.
//
// It promises: bytes come back exactly as they were put in, or with an error that says why not. A post gets its sequence number,
// UID, change number, thread and search row in one transaction or not at all; numbers only grow and are never used twice. A thread
// keeps its public number for ever: when two threads turn out to be one, the younger number still leads there. Public and private
// mailboxes are two types, so that a private message in a list does not compile; the words of private messages lie sealed in the
// file, and deleting one leaves nothing of it behind. The archive knows no membership: communities, members and readers are plain
// numbers that others give it.
package archive

import "backchannel/archive/letter"

// Store reads and writes the archive. It holds the key of the seal, and no state; it may be used by many goroutines, each with its own
// transaction.
type Store struct {
	seal sealer
	zip  zipper
}

// New makes a Store. The key seals what must not lie readable in the file or in a backup: raw bytes that carry live tokens, and
// private words. Without a key (nil) everything works but what is sealed.
func New(sealKey []byte) *Store { return &Store{seal: newSealer(sealKey)} }

// Prepare works out about a letter what PutLetter and AddPost need, ahead of the transaction in which everybody would wait for it.
// Nothing depends on it.
func (s *Store) Prepare(l *letter.Letter) {
	s.packedBody(l)
	bodyHash(l)
	l.Text()
	l.NewText()
}

package archive

import (
	"time"

	"backchannel/archive/db"
)

// Thread is one conversation on a list.
type Thread struct {
	ID      ThreadID
	Series  int64
	Number  int64 // stable, for people, unique in the series
	Mailbox PublicID
	Subject string // of the post it began with, without Re: and its kin
	Root    PostID
	Posts   int // published or redacted
	People  int
	First   time.Time
	Last    time.Time // when its newest post was published
}

// ThreadPage says which threads are wanted.
type ThreadPage struct {
	Before time.Time // only threads whose last post is older; zero: from the newest
	Limit  int       // 0: 50
}

// Threads are the threads of a mailbox, the one with the newest post first.
func (s *Store) Threads(tx *db.Tx, box PublicID, page ThreadPage) ([]Thread, error) {
	return nil, errNotYet
}

// Thread finds a thread; of one that was merged, the one it is part of now.
func (s *Store) Thread(tx *db.Tx, id ThreadID) (Thread, error) { return Thread{}, errNotYet }

// ThreadByNumber finds a thread by its public number; numbers of merged threads lead to the whole.
func (s *Store) ThreadByNumber(tx *db.Tx, series, number int64) (Thread, error) {
	return Thread{}, errNotYet
}

// Posts are the posts of a thread, oldest first; removed ones are left out.
func (s *Store) Posts(tx *db.Tx, id ThreadID) ([]Post, error) { return nil, errNotYet }

// ThreadAuthors are the members (opaque, never 0) who have posted in a thread.
func (s *Store) ThreadAuthors(tx *db.Tx, id ThreadID) ([]int64, error) { return nil, errNotYet }

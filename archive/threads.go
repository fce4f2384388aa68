package archive

import "time"

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
	Skip   int       // so many of the newest are left out
}

// pageLen is how many threads or hits are given when nobody says.
const pageLen = 50

// Package mixing tries to bring private messages where public ones belong. Lines marked "must not compile" are what it is for.
package mixing

import (
	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
)

func mix(tx *db.Tx, s *archive.Store, l *letter.Letter, list archive.PublicID, own archive.PrivateID, post archive.PostID, secret archive.PrivateMessageID) {
	_, _ = s.AddPost(tx, archive.NewPost{Mailbox: list, Letter: l})
	_, _ = s.AddPost(tx, archive.NewPost{Mailbox: own, Letter: l}) // must not compile
	_, _ = s.AddPrivate(tx, archive.NewPrivate{Mailbox: own, Letter: l})
	_, _ = s.AddPrivate(tx, archive.NewPrivate{Mailbox: list, Letter: l}) // must not compile
	_, _ = s.MovePrivate(tx, secret, own)
	_, _ = s.MovePrivate(tx, secret, list) // must not compile
	_, _ = s.MovePrivate(tx, post, own)    // must not compile
	_, _ = s.Search(tx, archive.Query{Mailboxes: []archive.PublicID{list}})
	_, _ = s.Search(tx, archive.Query{Mailboxes: []archive.PublicID{own}}) // must not compile
	_, _ = s.SearchPrivate(tx, own, "words")
	_, _ = s.SearchPrivate(tx, list, "words") // must not compile
	_, _ = s.SearchUIDs(tx, own, "words")     // must not compile
	_, _ = s.Fresh(tx, list, 0, 1)
	_, _ = s.Fresh(tx, own, 0, 1) // must not compile
	_, _ = s.Threads(tx, list, archive.ThreadPage{})
	_, _ = s.Threads(tx, own, archive.ThreadPage{}) // must not compile
	_, _ = s.Rows(tx, own, 1, 0)                    // must not compile
	_, _ = s.PrivateRows(tx, list, 1, 0)            // must not compile
	_, _ = s.Post(tx, post)
	_, _ = s.Post(tx, secret)         // must not compile
	_, _ = s.Redact(tx, secret, l)    // must not compile
	_, _ = s.PrivateMessage(tx, post) // must not compile
	_ = s.Expunge(tx, post)           // must not compile
	_ = list == archive.PublicID(1)
	_ = own == list                // must not compile
	var box archive.PublicID = own // must not compile
	_ = box
}

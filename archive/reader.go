package archive

import (
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// Reader is the archive for pages that members read: the posts of lists, and nothing else. It has no way to a private message, to a letter
// as it came, or to anything that writes; whoever holds only this cannot show what was said in private (design.md section 5, promise 3).
type Reader struct{ store *Store }

// Reader is the part of the archive that readers of lists see.
func (s *Store) Reader() Reader { return Reader{s} }

// Last is when the newest thread of a list was last written in; zero when there is none.
func (p Reader) Last(tx *db.Tx, box PublicID) (time.Time, error) {
	all, err := p.store.Threads(tx, box, ThreadPage{Limit: 1})
	if err != nil || len(all) == 0 {
		return time.Time{}, err
	}
	return all[0].Last, nil
}

// Threads are the threads of a list, the one with the newest post first.
func (p Reader) Threads(tx *db.Tx, box PublicID, page ThreadPage) ([]Thread, error) {
	return p.store.Threads(tx, box, page)
}

// Thread is a thread of a list by its number for people, which leads to the whole when threads were merged, and its posts with those that
// were removed, which are empty but for their places. A thread of another list is not found.
func (p Reader) Thread(tx *db.Tx, box PublicID, number int64) (Thread, []Post, error) {
	list, err := p.store.PublicMailbox(tx, box)
	if err != nil {
		return Thread{}, nil, err
	}
	t, err := p.store.ThreadByNumber(tx, list.Series, number)
	if err == nil && t.Mailbox != box {
		err = refusal.Because(refusal.NotFound, noSuchThread)
	}
	if err != nil {
		return Thread{}, nil, err
	}
	posts, err := p.store.everyPost(tx, t.ID)
	return t, posts, err
}

// Post is a post of a list by its sequence number, which stays for ever; a removed one is found, empty.
func (p Reader) Post(tx *db.Tx, box PublicID, seq int64) (Post, error) {
	return p.store.PostBySeq(tx, box, seq)
}

// Names are who wrote the first posts of some threads.
func (p Reader) Names(tx *db.Tx, threads []Thread) ([]string, error) {
	names := make([]string, len(threads))
	for i, t := range threads {
		root, err := p.store.Post(tx, t.Root)
		if err != nil && refusal.KindOf(err) != refusal.NotFound {
			return nil, err
		}
		names[i] = root.From.Name
	}
	return names, nil
}

// Letter is a post as it was published. A removed one is not found.
func (p Reader) Letter(tx *db.Tx, post Post) (*letter.Letter, error) {
	if post.Raw == 0 {
		return nil, refusal.Because(refusal.NotFound, "The post was removed.")
	}
	raw, err := p.store.Raw(tx, post.Raw)
	if err != nil {
		return nil, err
	}
	return letter.Parse(raw)
}

// Search looks through the posts of lists.
func (p Reader) Search(tx *db.Tx, q Query) ([]Hit, error) { return p.store.Search(tx, q) }

package archive

import (
	"time"

	"backchannel/archive/db"
)

// Trace is what figures need to know of a post: who wrote it when, in which thread, and nothing of its words.
type Trace struct {
	Thread  ThreadID
	Root    bool      // its thread begins with it
	Author  int64     // the member, opaque; 0: nobody known, or written without a name
	Who     string    // tells authors apart, those that are no members as well
	At      time.Time // when it was published
	Asks    bool      // of a root: there is a question mark in it
	Subject string    // of a root, that of its thread
	Name    string    // of a root, its author as shown
}

// Traces are the posts of a series that people wrote since a moment, oldest first. Removed ones and those of programs are left out; imported ones count at the time of their
// letters.
func (s *Store) Traces(tx *db.Tx, series int64, since time.Time) ([]Trace, error) {
	return db.Select(tx, func(r db.Scanner) (t Trace, err error) {
		var at int64
		err = r.Scan(&t.Thread, &t.Root, &t.Author, &t.Who, &at, &t.Asks, &t.Subject, &t.Name)
		t.At = db.Time(at)
		return t, err
	}, `SELECT p.thread, t.root = p.id, p.author, p.who, p.published,
		t.root = p.id AND (instr(p.subject || p.text, '?') > 0 OR instr(p.subject || p.text, '？') > 0 OR instr(p.subject || p.text, '؟') > 0),
		CASE WHEN t.root = p.id THEN t.subject ELSE '' END, CASE WHEN t.root = p.id THEN p.from_name ELSE '' END
		FROM post AS p JOIN thread AS t ON t.id = p.thread
		WHERE p.mailbox IN (SELECT id FROM list_mailbox WHERE series = :series) AND p.published >= :since AND p.state <> 'removed' AND p.program = 0 ORDER BY p.published, p.id`,
		db.Named("series", series), db.Named("since", db.Micros(since)))
}

// Author is a member who has posted, and when.
type Author struct {
	ID    int64 // the member, opaque; never 0
	Posts int
	First time.Time
	Last  time.Time
}

// Authors are all members who have posts in a series, removed ones and those of programs not counted, in the order of their ids.
func (s *Store) Authors(tx *db.Tx, series int64) ([]Author, error) {
	return db.Select(tx, func(r db.Scanner) (a Author, err error) {
		var first, last int64
		err = r.Scan(&a.ID, &a.Posts, &first, &last)
		a.First, a.Last = db.Time(first), db.Time(last)
		return a, err
	}, `SELECT author, count(*), min(published), max(published) FROM post
		WHERE author <> 0 AND state <> 'removed' AND program = 0 AND mailbox IN (SELECT id FROM list_mailbox WHERE series = ?) GROUP BY author ORDER BY author`, series)
}

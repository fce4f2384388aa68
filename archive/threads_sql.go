package archive

import (
	"cmp"
	"fmt"
	"slices"

	"backchannel/archive/db"
)

const selectThread = `SELECT t.id, t.series, t.number, t.mailbox, t.subject, t.root, t.posts_n, t.people_n, t.first, t.last FROM thread t `

func scanThread(r db.Scanner) (t Thread, err error) {
	var first, last int64
	err = r.Scan(&t.ID, &t.Series, &t.Number, &t.Mailbox, &t.Subject, &t.Root, &t.Posts, &t.People, &first, &last)
	t.First, t.Last = db.Time(first), db.Time(last)
	return t, err
}

const noSuchThread = "There is no such thread."

// Threads are the threads of a mailbox, the one with the newest post first. Threads whose posts were all removed are left out.
func (s *Store) Threads(tx *db.Tx, box PublicID, page ThreadPage) ([]Thread, error) {
	limit := cmp.Or(page.Limit, pageLen)
	if page.Before.IsZero() {
		return db.Select(tx, scanThread, selectThread+"WHERE t.mailbox = ? AND t.merged IS NULL AND t.posts_n > 0 ORDER BY t.last DESC, t.id DESC LIMIT ? OFFSET ?", box, limit, page.Skip)
	}
	return db.Select(tx, scanThread, selectThread+`WHERE t.mailbox = :mailbox AND t.merged IS NULL AND t.posts_n > 0 AND t.last < :before
		ORDER BY t.last DESC, t.id DESC LIMIT :limit OFFSET :skip`,
		db.Named("mailbox", box), db.Named("before", db.Micros(page.Before)), db.Named("limit", limit), db.Named("skip", page.Skip))
}

// Thread finds a thread; of one that was merged, the one it is part of now.
func (s *Store) Thread(tx *db.Tx, id ThreadID) (Thread, error) {
	t, err := scanThread(tx.QueryRow(selectThread+"WHERE t.id = (SELECT coalesce(merged, id) FROM thread WHERE id = ?)", id))
	return t, orNotFound(err, noSuchThread)
}

// ThreadByNumber finds a thread by its public number; numbers of merged threads lead to the whole.
func (s *Store) ThreadByNumber(tx *db.Tx, series, number int64) (Thread, error) {
	t, err := scanThread(tx.QueryRow(selectThread+"WHERE t.id = (SELECT coalesce(merged, id) FROM thread WHERE series = ? AND number = ?)", series, number))
	return t, orNotFound(err, noSuchThread)
}

// Posts are the posts of a thread, oldest first by the authors' dates; removed ones are left out.
func (s *Store) Posts(tx *db.Tx, id ThreadID) ([]Post, error) {
	posts, err := s.everyPost(tx, id)
	return slices.DeleteFunc(posts, func(p Post) bool { return p.State == Removed }), err
}

// everyPost is Posts with those that were removed.
func (s *Store) everyPost(tx *db.Tx, id ThreadID) ([]Post, error) {
	posts, err := db.Select(tx, scanPost, selectPost+`WHERE p.thread = (SELECT coalesce(merged, id) FROM thread WHERE id = ?)`, id)
	if err != nil {
		return nil, fmt.Errorf("read the thread: %w", err)
	}
	slices.SortFunc(posts, func(a, b Post) int { return cmp.Or(a.Date.Compare(b.Date), cmp.Compare(a.ID, b.ID)) })
	return posts, nil
}

// ThreadAuthors are the members (opaque, never 0) who have posted in a thread.
func (s *Store) ThreadAuthors(tx *db.Tx, id ThreadID) ([]int64, error) {
	return db.Select(tx, func(r db.Scanner) (author int64, err error) { return author, r.Scan(&author) },
		`SELECT DISTINCT author FROM post WHERE thread = (SELECT coalesce(merged, id) FROM thread WHERE id = ?)
		AND author <> 0 AND state <> 'removed' ORDER BY author`, id)
}

// Answered is how many different people an author has answered in a series, with posts that are still there.
func (s *Store) Answered(tx *db.Tx, series, author int64) (people int, err error) {
	err = tx.QueryRow(`SELECT count(DISTINCT a.who) FROM post AS p JOIN thread AS t ON t.id = p.thread JOIN post AS a ON a.id = p.parent
		WHERE p.author = :author AND p.author <> 0 AND t.series = :series AND p.state = 'published' AND a.who <> p.who`,
		db.Named("author", author), db.Named("series", series)).Scan(&people)
	return people, err
}

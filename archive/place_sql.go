package archive

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/archive/thread"
)

// publicAncestors are the ids a message stands below, nearest first, without ids of our own private letters and digests: answers
// to one digest would all become one thread, and a private letter must leave no trace on a list.
func (s *Store) publicAncestors(tx *db.Tx, m thread.Msg) ([]letter.MessageID, error) {
	above := m.Ancestors()
	kinds, err := s.KindsOf(tx, above...)
	if err != nil || len(kinds) == 0 {
		return above, err
	}
	return slices.DeleteFunc(above, func(id letter.MessageID) bool { return kinds[id] != "" }), nil
}

func oldestFirst(above []letter.MessageID) []letter.MessageID {
	refs := slices.Clone(above)
	slices.Reverse(refs)
	return refs
}

// place finds a post's thread and parent, making or merging threads. late tells whether others named the post before it came.
func (s *Store) place(tx *db.Tx, p *Post, m thread.Msg, above []letter.MessageID, series int64) (where thread.Place, late bool, err error) {
	ids := above
	if m.ID != "" {
		ids = append(above[:len(above):len(above)], m.ID)
	}
	k, err := s.known(tx, p.Mailbox, ids)
	if err != nil {
		return where, false, err
	}
	if where, err = thread.Decide(m, k); err != nil {
		return where, false, err
	}
	if t, err := k.Thread(m.ID); err != nil {
		return where, false, err
	} else if t != 0 {
		late = true
	}
	p.Thread, p.Parent = ThreadID(where.Join), PostID(where.Parent)
	if where.Join == 0 {
		return where, late, newThread(tx, p, series, m.Subject)
	}
	return where, late, mergeThreads(tx, p.Thread, where.Merge)
}

// known fetches what is known of some ids in two questions instead of two for each.
func (s *Store) known(tx *db.Tx, box PublicID, ids []letter.MessageID) (thread.Known, error) {
	k := thread.Known{Subject: func(key string, from, to time.Time) (int64, error) { return threadBySubject(tx, box, key, from, to) }}
	list, err := jsonIDs(ids)
	if err != nil {
		return k, err
	}
	threads, err := idMap(tx, `SELECT r.msgid, coalesce(t.merged, t.id) FROM json_each(?) j
		CROSS JOIN thread_ref r ON r.mailbox = ? AND r.msgid = j.value JOIN thread t ON t.id = r.thread`, list, box)
	if err != nil {
		return k, fmt.Errorf("look for the threads: %w", err)
	}
	posts := map[letter.MessageID]int64{}
	if len(threads) > 0 { // every post's id is among them
		posts, err = idMap(tx, `SELECT p.msgid, min(p.id) FROM json_each(?) j
			CROSS JOIN post p ON p.mailbox = ? AND p.msgid = j.value GROUP BY p.msgid`, list, box)
		if err != nil {
			return k, fmt.Errorf("look for the posts: %w", err)
		}
	}
	k.Thread = func(id letter.MessageID) (int64, error) { return threads[id], nil }
	k.Post = func(id letter.MessageID) (int64, error) { return posts[id], nil }
	return k, nil
}

func idMap(tx *db.Tx, query string, args ...any) (map[letter.MessageID]int64, error) {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := map[letter.MessageID]int64{}
	for rows.Next() {
		var id letter.MessageID
		var n int64
		if err := rows.Scan(&id, &n); err != nil {
			return nil, err
		}
		found[id] = n
	}
	return found, rows.Err()
}

func threadBySubject(tx *db.Tx, box PublicID, key string, from, to time.Time) (id int64, err error) {
	err = tx.QueryRow(`SELECT id FROM thread WHERE mailbox = :mailbox AND key = :key AND key <> '' AND merged IS NULL
		AND last >= :from AND first <= :to ORDER BY last DESC LIMIT 1`,
		db.Named("mailbox", box), db.Named("key", key), db.Named("from", db.Micros(from)), db.Named("to", db.Micros(to))).Scan(&id)
	if errors.Is(err, db.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

// newThread begins a thread with a post that has no row yet, and counts it.
func newThread(tx *db.Tx, p *Post, series int64, subject string) error {
	if err := tx.QueryRow("UPDATE thread_series SET number = number + 1 WHERE id = ? RETURNING number", series).Scan(&p.Number); err != nil {
		return fmt.Errorf("number the thread: %w", err)
	}
	sub := thread.ParseSubject(subject)
	id, err := tx.Insert(`INSERT INTO thread (series, number, mailbox, root, subject, key, posts_n, people_n, first, last)
		VALUES (:series, :number, :mailbox, 0, :subject, :key, 1, 1, :published, :published)`,
		db.Named("series", series), db.Named("number", p.Number), db.Named("mailbox", p.Mailbox), db.Named("published", db.Micros(p.Published)),
		db.Named("subject", sub.Base), db.Named("key", sub.Key))
	p.Thread = ThreadID(id)
	return err
}

// mergeThreads makes younger threads part of an older one. Their numbers go on leading to it.
func mergeThreads(tx *db.Tx, into ThreadID, younger []int64) error {
	for _, t := range younger {
		if _, err := tx.Exec("UPDATE post SET thread = ? WHERE thread = ?", into, t); err != nil {
			return fmt.Errorf("merge threads: %w", err)
		}
		if _, err := tx.Exec("UPDATE thread SET merged = ?1, posts_n = 0, people_n = 0 WHERE id = ?2 OR merged = ?2", into, t); err != nil {
			return fmt.Errorf("merge threads: %w", err)
		}
	}
	return nil
}

// recordRefs remembers in which thread the ids are, for those who come later.
func recordRefs(tx *db.Tx, p *Post, above []letter.MessageID) error {
	if p.MessageID != "" {
		above = append(above[:len(above):len(above)], p.MessageID)
	}
	if len(above) == 0 {
		return nil
	}
	list, err := jsonIDs(above)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO thread_ref (mailbox, msgid, thread) SELECT :mailbox, value, :thread FROM json_each(:ids) WHERE true
		ON CONFLICT DO NOTHING`, db.Named("mailbox", p.Mailbox), db.Named("thread", p.Thread), db.Named("ids", list))
	if err != nil {
		return fmt.Errorf("remember the references: %w", err)
	}
	return nil
}

// settle gives answers that came early their parent, and brings the thread's own row up to date.
func (s *Store) settle(tx *db.Tx, p *Post, m thread.Msg, where thread.Place, late bool) error {
	if where.Join == 0 { // nobody else is in the thread, which counts the post already
		_, err := tx.Exec("UPDATE thread SET root = ? WHERE id = ?", p.ID, p.Thread)
		return err
	}
	adopted := false
	if late {
		var err error
		if adopted, err = s.adopt(tx, p, m.ID); err != nil {
			return err
		}
	}
	if len(where.Merge) > 0 {
		if err := recount(tx, p.Thread); err != nil {
			return err
		}
		if err := tx.QueryRow("SELECT number FROM thread WHERE id = ?", p.Thread).Scan(&p.Number); err != nil {
			return err
		}
	} else if err := countPost(tx, p); err != nil {
		return err
	}
	if p.Parent == 0 || adopted || len(where.Merge) > 0 {
		return findRoot(tx, p.Thread)
	}
	return nil
}

// countPost adds one post to the figures of its thread.
func countPost(tx *db.Tx, p *Post) error {
	err := tx.QueryRow(`UPDATE thread SET posts_n = posts_n + 1, first = min(first, :published), last = max(last, :published),
			people_n = people_n + NOT EXISTS (SELECT 1 FROM post WHERE thread = :thread AND who = :who AND id <> :id AND state <> 'removed')
		WHERE id = :thread RETURNING number`,
		db.Named("published", db.Micros(p.Published)), db.Named("thread", p.Thread), db.Named("who", p.who()), db.Named("id", p.ID)).Scan(&p.Number)
	if err != nil {
		return fmt.Errorf("count the post: %w", err)
	}
	return nil
}

// recount makes all figures of a thread anew.
func recount(tx *db.Tx, t ThreadID) error {
	_, err := tx.Exec(`UPDATE thread SET (posts_n, people_n, first, last) = (
			SELECT count(*), count(DISTINCT who), coalesce(min(published), first), coalesce(max(published), last)
			FROM post WHERE post.thread = thread.id AND post.state <> 'removed')
		WHERE id = ?`, t)
	if err != nil {
		return fmt.Errorf("count the thread: %w", err)
	}
	return nil
}

// findRoot makes the oldest post that answers nobody the one the thread begins with, and takes its subject.
func findRoot(tx *db.Tx, t ThreadID) error {
	var root PostID
	var subject string
	err := tx.QueryRow(`SELECT id, subject FROM post WHERE thread = ? AND state <> 'removed'
		ORDER BY parent IS NOT NULL, date, id LIMIT 1`, t).Scan(&root, &subject)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return fmt.Errorf("find the root: %w", err)
	}
	sub := thread.ParseSubject(subject)
	_, err = tx.Exec("UPDATE thread SET root = :root, subject = :subject, key = :key WHERE id = :id",
		db.Named("root", root), db.Named("subject", sub.Base), db.Named("key", sub.Key), db.Named("id", t))
	return err
}

// adopt gives those posts of the thread that name a new one nearer than their parent to it.
func (s *Store) adopt(tx *db.Tx, p *Post, id letter.MessageID) (bool, error) {
	children, err := db.Select(tx, func(r db.Scanner) (c thread.Child, err error) {
		var refs string
		err = r.Scan(&c.Post, &c.Msg.ID, &refs, &c.ParentID)
		c.Msg.References = oldestFirst(splitIDs(refs))
		return c, err
	}, `SELECT c.id, c.msgid, c.refs, coalesce(p.msgid, '') FROM post c LEFT JOIN post p ON p.id = c.parent
		WHERE c.thread = :thread AND c.id <> :id AND instr(c.refs, :msgid) > 0 ORDER BY c.id`,
		db.Named("thread", p.Thread), db.Named("id", p.ID), db.Named("msgid", string(id)))
	if err != nil {
		return false, fmt.Errorf("look for early answers: %w", err)
	}
	adopted, err := thread.Adopt(id, int64(p.ID), children, func(post int64) (up int64, err error) {
		return up, tx.QueryRow("SELECT coalesce(parent, 0) FROM post WHERE id = ?", post).Scan(&up)
	})
	if err != nil || len(adopted) == 0 {
		return false, err
	}
	_, err = tx.Exec("UPDATE post SET parent = ? WHERE id IN (SELECT value FROM json_each(?))", p.ID, jsonInts(adopted))
	return true, err
}

// jsonInts is a list of numbers for json_each.
func jsonInts[T ~int64 | ~uint32](list []T) string {
	var b strings.Builder
	b.WriteByte('[')
	for i, n := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(int64(n), 10))
	}
	b.WriteByte(']')
	return b.String()
}

package archive

import (
	"fmt"

	"backchannel/archive/db"
)

// book is one promise as a query: each row it gives is a number that names what is wrong.
type book struct {
	sentence string // with %d for that number
	query    string
}

func books() []book {
	return []book{
		{"Post %d has no bytes.", "SELECT p.id FROM post p LEFT JOIN raw r ON r.id = p.raw WHERE p.state <> 'removed' AND r.id IS NULL"},
		{"Stored bytes %d have a piece missing.", fmt.Sprintf(`SELECT r.id FROM raw r WHERE (length(r.bytes) > 0)
			+ (SELECT count(*) FROM raw_chunk c WHERE c.raw = r.id) <> (r.size + %d - 1) / %d`, pieceLen, pieceLen)},
		{"Mailbox %d counts its posts wrongly.", `SELECT m.id FROM list_mailbox m WHERE (m.messages, m.octets) IS NOT (
			SELECT count(*), coalesce(sum(size), 0) FROM post p WHERE p.mailbox = m.id AND p.state <> 'removed')`},
		{"Mailbox %d would give a UID or sequence number twice.", `SELECT m.id FROM list_mailbox m
			WHERE m.uidnext <= (SELECT max(uid) FROM post p WHERE p.mailbox = m.id)
			OR m.uidnext <= (SELECT max(uid) FROM post_gone g WHERE g.mailbox = m.id)
			OR m.seq < (SELECT max(seq) FROM post p WHERE p.mailbox = m.id)`},
		{"Mailbox %d would give a change number twice.", `SELECT m.id FROM list_mailbox m
			WHERE m.modseq < (SELECT max(modseq) FROM post p WHERE p.mailbox = m.id)
			OR m.modseq < (SELECT max(modseq) FROM post_flag f WHERE f.mailbox = m.id)
			OR m.modseq < (SELECT max(modseq) FROM post_gone g WHERE g.mailbox = m.id)`},
		{"Thread %d counts its posts or people wrongly.", `SELECT t.id FROM thread t WHERE (t.posts_n, t.people_n) IS NOT (
			SELECT count(*), count(DISTINCT who) FROM post p WHERE p.thread = t.id AND p.state <> 'removed')`},
		{"Thread %d begins with a post that is not in it.", `SELECT t.id FROM thread t WHERE t.merged IS NULL AND t.posts_n > 0
			AND NOT EXISTS (SELECT 1 FROM post p WHERE p.id = t.root AND p.thread = t.id AND p.state <> 'removed')`},
		{"Thread %d was merged into one that was merged itself.", "SELECT t.id FROM thread t JOIN thread u ON u.id = t.merged WHERE u.merged IS NOT NULL"},
		{"Thread %d was merged and still has posts.", "SELECT t.id FROM thread t WHERE t.merged IS NOT NULL AND EXISTS (SELECT 1 FROM post p WHERE p.thread = t.id)"},
		{"Thread %d has a number that would be given again.", "SELECT t.id FROM thread t JOIN thread_series s ON s.id = t.series WHERE t.number > s.number"},
		{"Post %d is in another thread than its parent.", "SELECT p.id FROM post p JOIN post q ON q.id = p.parent WHERE q.thread <> p.thread"},
		{"Post %d is not found by its message id.", `SELECT p.id FROM post p WHERE p.msgid <> '' AND p.thread IS NOT (
			SELECT coalesce(t.merged, t.id) FROM thread_ref r JOIN thread t ON t.id = r.thread WHERE r.mailbox = p.mailbox AND r.msgid = p.msgid)`},
		{"Private mailbox %d would give a UID or change number twice.", `SELECT m.id FROM private_mailbox m
			WHERE m.uidnext <= (SELECT max(uid) FROM private_message p WHERE p.mailbox = m.id)
			OR m.uidnext <= (SELECT max(uid) FROM private_gone g WHERE g.mailbox = m.id)
			OR m.modseq < (SELECT max(modseq) FROM private_message p WHERE p.mailbox = m.id)
			OR m.modseq < (SELECT max(modseq) FROM private_flag f WHERE f.mailbox = m.id)`},
		{"Private message %d is not sealed.", "SELECT p.id FROM private_message p JOIN raw r ON r.id = p.raw WHERE r.salt IS NULL"},
		{"Letter %d is not sealed.", "SELECT l.id FROM letter l JOIN raw r ON r.id = l.raw WHERE r.salt IS NULL"},
	}
}

// faultsShown bounds the sentences about one promise: one broken row is a bug, a million are the same bug.
const faultsShown = 5

// Check compares the books of the archive and returns a sentence for each fault; none when all is well. It reads everything once.
func (s *Store) Check(tx *db.Tx) ([]string, error) {
	var faults []string
	for _, b := range books() {
		ids, err := db.Select(tx, scanID, b.query+fmt.Sprintf(" LIMIT %d", faultsShown))
		if err != nil {
			return nil, fmt.Errorf("check the archive: %w", err)
		}
		for _, id := range ids {
			faults = append(faults, fmt.Sprintf(b.sentence, id))
		}
	}
	circles, err := checkCircles(tx)
	if err != nil {
		return nil, fmt.Errorf("check the archive: %w", err)
	}
	searches, err := checkIndexes(tx)
	if err != nil {
		return nil, fmt.Errorf("check the archive: %w", err)
	}
	return append(append(faults, circles...), searches...), nil
}

// checkCircles looks for posts that are their own ancestors.
func checkCircles(tx *db.Tx) ([]string, error) {
	parents := map[int64]int64{}
	rows, err := tx.Query("SELECT id, parent FROM post WHERE parent IS NOT NULL")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent int64
		if err := rows.Scan(&id, &parent); err != nil {
			return nil, err
		}
		parents[id] = parent
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	// Walk up from every post; what a walk has passed ends in a root, unless it meets itself.
	var faults []string
	done := map[int64]bool{}
	for id := range parents {
		walk := map[int64]bool{}
		for at := id; at != 0 && !done[at]; at = parents[at] {
			if walk[at] {
				faults = append(faults, fmt.Sprintf("Post %d is its own ancestor.", at))
				break
			}
			walk[at] = true
		}
		for at := range walk {
			done[at] = true
		}
	}
	return faults, nil
}

// checkIndexes compares the search indexes with what they index. Without full-text search there is nothing to compare.
func checkIndexes(tx *db.Tx) ([]string, error) {
	if !tx.FTS() {
		return nil, nil
	}
	var faults []string
	for _, c := range []struct{ sentence, query string }{
		{"The search index does not have all posts, or has too many.", "SELECT (SELECT count(*) FROM post) <> (SELECT count(*) FROM post_fts_docsize)"},
		{"The private search index does not have all messages, or has too many.", "SELECT (SELECT count(*) FROM private_message) <> (SELECT count(*) FROM private_fts_docsize)"},
		{"A search index waits to be made anew: please start the server once.", "SELECT count(*) > 0 FROM search_debt"},
	} {
		var wrong bool
		if err := tx.QueryRow(c.query).Scan(&wrong); err != nil {
			return nil, err
		}
		if wrong {
			faults = append(faults, c.sentence)
		}
	}
	return faults, nil
}

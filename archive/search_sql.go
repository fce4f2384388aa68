package archive

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"backchannel/archive/db"
)

// Search looks through the published posts of lists. Without full-text search in this program, and for words in scripts that put
// no spaces between them, it reads all posts instead, newest first until it has enough.
func (s *Store) Search(tx *db.Tx, q Query) ([]Hit, error) {
	terms, err := parseWords(q.Words)
	if err != nil || len(q.Mailboxes) == 0 {
		return nil, err
	}
	q.Limit = cmp.Or(q.Limit, pageLen)
	var posts []Post
	if useIndex(tx, terms) {
		posts, err = s.searchIndex(tx, q, terms)
	} else {
		posts, err = s.scanPosts(tx, q, terms)
	}
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	if q.Order == NewestFirst {
		slices.SortStableFunc(posts, func(a, b Post) int { return b.Published.Compare(a.Published) })
	}
	hits := make([]Hit, len(posts))
	for i, p := range posts {
		hits[i] = Hit{Post: p, Snippet: snippet(p.Text, terms)}
	}
	return hits, nil
}

// useIndex tells whether the full-text index can answer.
func useIndex(tx *db.Tx, terms []term) bool {
	return tx.FTS() && !slices.ContainsFunc(terms, func(t term) bool { return !splitsWords(t.text) })
}

// between is the time of a search as the database knows it.
func (q Query) between() (since, before int64) {
	before = math.MaxInt64
	if !q.Before.IsZero() {
		before = db.Micros(q.Before)
	}
	if q.Since.IsZero() {
		return math.MinInt64, before
	}
	return db.Micros(q.Since), before
}

// matching joins the index with the posts. CROSS JOIN keeps the index in front: it hands out its rows newest first as they are
// asked for, and a common word costs no more than the page that is shown.
const matching = `FROM post_fts f CROSS JOIN post p ON p.id = CASE WHEN f.rowid < 0 THEN f.rowid + 1099511627776 ELSE f.rowid END
	CROSS JOIN thread t ON t.id = p.thread WHERE post_fts MATCH :match `

func (s *Store) searchIndex(tx *db.Tx, q Query, terms []term) ([]Post, error) {
	since, before := q.between()
	order := "f.rowid DESC"
	if q.Order == BestFirst {
		order = "f.rank"
	}
	return db.Select(tx, scanPost, postColumns+matching+"AND p.state = 'published' AND p.published >= :since AND p.published < :before ORDER BY "+order+" LIMIT :limit",
		db.Named("match", ftsQuery(terms, boxWords(q.Mailboxes))), db.Named("since", since), db.Named("before", before), db.Named("limit", q.Limit))
}

func scanID(r db.Scanner) (id int64, err error) { return id, r.Scan(&id) }

// scanPosts searches by reading. Its order is always newest first.
func (s *Store) scanPosts(tx *db.Tx, q Query, terms []term) ([]Post, error) {
	since, before := q.between()
	where, args := likeWhere(terms)
	args = append(args, db.Named("boxes", jsonInts(q.Mailboxes)), db.Named("since", since), db.Named("before", before), db.Named("limit", q.Limit))
	return db.Select(tx, scanPost, selectPost+`WHERE p.mailbox IN (SELECT value FROM json_each(:boxes)) AND p.state = 'published'
		AND p.published >= :since AND p.published < :before`+where+" ORDER BY p.published DESC, p.id DESC LIMIT :limit", args...)
}

// likeWhere is the condition of a search by reading.
func likeWhere(terms []term) (where string, args []any) {
	var b strings.Builder
	for i, t := range terms {
		name := fmt.Sprintf("t%d", i)
		like := func(column string) string { return column + " LIKE :" + name + ` ESCAPE '\'` }
		b.WriteString(" AND ")
		if t.not {
			b.WriteString("NOT ")
		}
		switch t.in {
		case inFrom:
			b.WriteString(like("p.from_name"))
		case inSubject:
			b.WriteString(like("p.subject"))
		default:
			b.WriteString("(" + like("p.subject") + " OR " + like("p.from_name") + " OR " + like("p.text") + ")")
		}
		args = append(args, db.Named(name, likePattern(t.text)))
	}
	return b.String(), args
}

// SearchUIDs are the UIDs of all posts of a mailbox that have the words (see Query), ascending. Redacted posts are found by their
// note.
func (s *Store) SearchUIDs(tx *db.Tx, box PublicID, words string) ([]uint32, error) {
	terms, err := parseWords(words)
	if err != nil {
		return nil, err
	}
	var uids []uint32
	if useIndex(tx, terms) {
		uids, err = db.Select(tx, scanUID, "SELECT p.uid "+matching+"AND p.state <> 'removed'", db.Named("match", ftsQuery(terms, boxWords([]PublicID{box}))))
	} else {
		where, args := likeWhere(terms)
		uids, err = db.Select(tx, scanUID, "SELECT p.uid FROM post p WHERE p.mailbox = :mailbox AND p.state <> 'removed'"+where, append(args, db.Named("mailbox", box))...)
	}
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	slices.Sort(uids)
	return uids, nil
}

// SearchPrivate are the UIDs of the messages of a private mailbox that have the words, ascending: all words, or "a phrase", and not
// -word, anywhere in subject, author and text. The file knows the words only under the key: beginnings of words are not found.
func (s *Store) SearchPrivate(tx *db.Tx, box PrivateID, words string) ([]uint32, error) {
	if s.seal.key == nil {
		return nil, errNoKey()
	}
	terms, err := parseWords(words)
	if err != nil {
		return nil, err
	}
	args := []any{db.Named("mailbox", box)}
	query := "SELECT p.uid FROM private_message p WHERE p.mailbox = :mailbox"
	if tx.FTS() {
		query = "SELECT p.uid FROM private_fts f CROSS JOIN private_message p ON p.id = f.rowid WHERE private_fts MATCH :match AND p.mailbox = :mailbox"
		args = append(args, db.Named("match", s.blindQuery(terms)))
	} else {
		for i, t := range terms {
			name, not := fmt.Sprintf("t%d", i), ""
			if t.not {
				not = "NOT "
			}
			query += " AND " + not + "' ' || p.words || ' ' LIKE :" + name
			args = append(args, db.Named(name, "% "+strings.Join(s.seal.privateWords(t.text), " ")+" %"))
		}
	}
	uids, err := db.Select(tx, scanUID, query, args...)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	slices.Sort(uids)
	return uids, nil
}

// blindQuery writes terms as an FTS5 query over the private index.
func (s *Store) blindQuery(terms []term) string {
	var yes, no []string
	for _, t := range terms {
		phrase := `"` + strings.Join(s.seal.privateWords(t.text), " ") + `"`
		if t.not {
			no = append(no, phrase)
		} else {
			yes = append(yes, phrase)
		}
	}
	query := strings.Join(yes, " AND ")
	for _, n := range no {
		query = "(" + query + ") NOT " + n
	}
	return query
}

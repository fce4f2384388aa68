package digest

import (
	"encoding/json"
	"errors"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
)

// schemaCovered is what each issue covered and showed.
const schemaCovered = `
	CREATE TABLE digest_span (
		issue    INTEGER NOT NULL REFERENCES digest_issue (id),
		list     INTEGER NOT NULL REFERENCES list (id),
		from_seq INTEGER NOT NULL,                     -- behind this post
		to_seq   INTEGER NOT NULL CHECK (to_seq >= from_seq), -- up to this one
		until    INTEGER NOT NULL,                     -- when it closed
		gone     TEXT NOT NULL DEFAULT '[]',           -- posts in between that were gone then, or that its reader was told of
		PRIMARY KEY (issue, list)
	) STRICT, WITHOUT ROWID;

	CREATE TABLE digest_item (
		issue   INTEGER NOT NULL REFERENCES digest_issue (id),
		thread  INTEGER NOT NULL,                      -- of the archive
		section TEXT NOT NULL,
		rank    INTEGER NOT NULL,
		score   REAL NOT NULL,
		PRIMARY KEY (issue, thread)
	) STRICT, WITHOUT ROWID;`

func insertSpan(tx *db.Tx, issue int64, s span) error {
	gone, err := json.Marshal(append([]int64{}, s.gone...))
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO digest_span (issue, list, from_seq, to_seq, until, gone) VALUES (@issue, @list, @from, @to, @until, @gone)",
		db.Named("issue", issue), db.Named("list", s.list), db.Named("from", s.from), db.Named("to", s.upTo), db.Named("until", db.Micros(s.until)), db.Named("gone", string(gone)))
	return err
}

// setGone keeps which posts in a span its reader knows to be gone.
func setGone(tx *db.Tx, issue int64, l lists.ListID, seqs []int64) error {
	gone, err := json.Marshal(seqs)
	if err != nil {
		return err
	}
	_, err = tx.Exec("UPDATE digest_span SET gone = ? WHERE issue = ? AND list = ?", string(gone), issue, l)
	return err
}

// issueSpan is a span with its issue.
type issueSpan struct {
	span
	issue int64
}

func scanSpan(r db.Scanner) (s issueSpan, err error) {
	var until int64
	var gone string
	if err = r.Scan(&s.issue, &s.list, &s.from, &s.upTo, &until, &gone); err != nil {
		return s, err
	}
	s.until = db.Time(until)
	return s, json.Unmarshal([]byte(gone), &s.gone)
}

const spanColumns = "s.issue, s.list, s.from_seq, s.to_seq, s.until, s.gone"

// spansOf are what a reader's issues covered of a list, from some post on.
func spansOf(tx *db.Tx, m lists.MemberID, l lists.ListID, from int64) ([]issueSpan, error) {
	return db.Select(tx, scanSpan, "SELECT "+spanColumns+` FROM digest_issue i JOIN digest_span s ON s.issue = i.id
		WHERE i.member = ? AND s.list = ? AND s.to_seq >= ? ORDER BY i.slot`, m, l, from)
}

// spansOfIssue are what one issue covered.
func spansOfIssue(tx *db.Tx, issue int64) (all []span, err error) {
	list, err := db.Select(tx, scanSpan, "SELECT "+spanColumns+" FROM digest_span s WHERE s.issue = ? ORDER BY s.list", issue)
	for _, s := range list {
		all = append(all, s.span)
	}
	return all, err
}

func insertItem(tx *db.Tx, issue int64, t archive.ThreadID, section string, rank int, score float64) error {
	_, err := tx.Exec("INSERT INTO digest_item (issue, thread, section, rank, score) VALUES (@issue, @thread, @section, @rank, @score)",
		db.Named("issue", issue), db.Named("thread", int64(t)), db.Named("section", section), db.Named("rank", rank), db.Named("score", score))
	return err
}

// hasItem tells whether a thread stood in an issue.
func hasItem(tx *db.Tx, issue int64, t archive.ThreadID) (has bool, err error) {
	err = tx.QueryRow("SELECT EXISTS (SELECT 1 FROM digest_item WHERE issue = ? AND thread = ?)", issue, int64(t)).Scan(&has)
	return has, err
}

// forgetCovered forgets what an issue covered and showed, before it is written anew.
func forgetCovered(tx *db.Tx, issue int64) error {
	if _, err := tx.Exec("DELETE FROM digest_item WHERE issue = ?", issue); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM digest_span WHERE issue = ?", issue)
	return err
}

// issueInfo is one issue.
type issueInfo struct {
	id      int64
	member  lists.MemberID
	slot    time.Time
	note    int64
	removed int // posts that it tells to be gone
	fate    fate
	msgid   letter.MessageID
	at      time.Time
}

func findIssue(tx *db.Tx, id int64) (i issueInfo, err error) {
	var slot, at int64
	err = tx.QueryRow("SELECT id, member, slot, coalesce(note, 0), removed, fate, coalesce(msgid, ''), at FROM digest_issue WHERE id = ?", id).
		Scan(&i.id, &i.member, &slot, &i.note, &i.removed, &i.fate, &i.msgid, &at)
	i.slot, i.at = db.Time(slot), db.Time(at)
	return i, err
}

// findNote is a note, whatever became of it.
func findNote(tx *db.Tx, id int64) (n note, err error) {
	err = tx.QueryRow("SELECT id, author, text FROM digest_note WHERE id = ?", id).Scan(&n.id, &n.author, &n.text)
	if errors.Is(err, db.ErrNoRows) {
		return note{}, nil
	}
	return n, err
}

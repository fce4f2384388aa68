package queue

import (
	"encoding/json"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
)

func get(tx *db.Tx, id CopyID) (Copy, error) {
	return scan(tx.QueryRow(`SELECT `+columns+` FROM copy WHERE id = ?`, int64(id)))
}

func page(tx *db.Tx, f Filter) ([]Copy, error) {
	return db.Select(tx, scan, `SELECT `+columns+` FROM copy
		WHERE id > @after
			AND (@state = '' OR @state = CASE WHEN state = 'waiting' AND held IS NOT NULL THEN 'held' ELSE state END)
			AND (@story = '' OR story = @story)
			AND (@domain = '' OR local = @local AND domain = @domain)
		ORDER BY id LIMIT @most`,
		db.Named("after", int64(f.After)), db.Named("state", f.State), db.Named("local", f.To.Local), db.Named("domain", f.To.Domain),
		db.Named("story", f.Story), db.Named("most", f.Most))
}

// ofLetters are the copies of letters, by their Message-IDs. It reads the whole table.
func ofLetters(tx *db.Tx, ids []letter.MessageID) ([]CopyID, error) {
	list, err := json.Marshal(ids)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	return db.Select(tx, func(r db.Scanner) (id CopyID, err error) { return id, r.Scan(&id) },
		"SELECT id FROM copy WHERE msgid <> '' AND msgid IN (SELECT value FROM json_each(?)) ORDER BY id", string(list))
}

// Each of these works on one copy, or with the id 0 on all.

// retry also ends a rest of the way out: whoever asks has looked, and mended what was wrong.
func retry(tx *db.Tx, id CopyID) (int64, error) {
	if _, err := tx.Exec(`INSERT INTO queue_asked (id, n) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET n = n + 1`); err != nil {
		return 0, err
	}
	if err := endPauses(tx); err != nil {
		return 0, err
	}
	// A date before the first attempt is its author's time to take it back: only who names the copy overrules that.
	return tx.Change(`UPDATE copy SET due = NULL WHERE `+ready+` AND due IS NOT NULL AND (?1 = 0 AND attempts > 0 OR id = ?1)`, int64(id))
}

func hold(tx *db.Tx, id CopyID, why string) (int64, error) {
	return tx.Change(`UPDATE copy SET held = @why WHERE held IS NULL AND state <> 'aside' AND (@id = 0 OR id = @id)`,
		db.Named("why", why), db.Named("id", int64(id)))
}

func holdSource(tx *db.Tx, source, why string) (int64, error) {
	return tx.Change(`UPDATE copy SET held = ? WHERE held IS NULL AND state <> 'aside' AND source = ?`, why, source)
}

func releaseHeld(tx *db.Tx, why string) (int64, error) {
	return tx.Change(`UPDATE copy SET held = NULL, due = CASE state WHEN 'waiting' THEN NULL ELSE due END WHERE held = ?`, why)
}

// release makes what was held due at once: the hold may have lasted weeks.
func release(tx *db.Tx, id CopyID) (int64, error) {
	if id != 0 {
		return tx.Change(`UPDATE copy SET held = NULL, panics = 0, due = NULL, state = CASE state WHEN 'aside' THEN 'waiting' ELSE state END
			WHERE id = ?`, int64(id))
	}
	return tx.Change(`UPDATE copy SET held = NULL, due = CASE state WHEN 'waiting' THEN NULL ELSE due END WHERE held IS NOT NULL`)
}

// asked is how often somebody asked for a retry.
func asked(tx *db.Tx) (n int64, err error) {
	err = tx.QueryRow(`SELECT ifnull((SELECT n FROM queue_asked), 0)`).Scan(&n)
	return n, err
}

// Summarise counts the queue. It reads the whole table.
func Summarise(tx *db.Tx) (s Summary, err error) {
	var oldest int64
	err = tx.QueryRow(`SELECT
			count(*) FILTER (WHERE `+ready+`),
			count(*) FILTER (WHERE state = 'sending'),
			count(*) FILTER (WHERE state = 'waiting' AND held IS NOT NULL),
			count(*) FILTER (WHERE state = 'aside'),
			count(*) FILTER (WHERE `+ready+` AND attempts > 0),
			ifnull(min(since) FILTER (WHERE held IS NULL AND state <> 'aside'), 0)
		FROM copy`).Scan(&s.Waiting, &s.Sending, &s.Held, &s.Aside, &s.Tried, &oldest)
	s.Oldest = db.Time(oldest)
	return s, err
}

// Overdue is since when the copy that waits longest has been due without an attempt; the zero time when none is.
func Overdue(tx *db.Tx) (time.Time, error) {
	var dated, undated db.NullInt64
	err := tx.QueryRow(`SELECT (SELECT min(due) FROM copy WHERE `+ready+` AND due <= @now),
		(SELECT since FROM copy WHERE `+ready+` AND due IS NULL ORDER BY id LIMIT 1)`, db.Named("now", db.Micros(tx.Now))).Scan(&dated, &undated)
	switch {
	case err != nil:
		return time.Time{}, err
	case dated.Valid && undated.Valid:
		return db.Time(min(dated.Int64, undated.Int64)), nil
	case dated.Valid:
		return db.Time(dated.Int64), nil
	}
	return db.Time(undated.Int64), nil
}

// aged is how many copies stand in a state, owed for so long.
type aged struct {
	state, age string
	n          int64
}

// countByAge counts the queue. It reads the whole table.
func countByAge(tx *db.Tx) ([]aged, error) {
	return db.Select(tx, func(r db.Scanner) (a aged, err error) { err = r.Scan(&a.state, &a.age, &a.n); return a, err }, `
		SELECT CASE WHEN state = 'waiting' AND held IS NOT NULL THEN 'held' WHEN state = 'waiting' AND attempts > 0 THEN 'tried' ELSE state END AS stands,
			CASE WHEN since > @now - 300000000 THEN '5m' WHEN since > @now - 3600000000 THEN '1h' WHEN since > @now - 86400000000 THEN '1d' ELSE 'more' END AS age,
			count(*)
		FROM copy GROUP BY stands, age`, db.Named("now", db.Micros(tx.Now)))
}

// Ever is how many copies were ever owed: as many as have ended by the logbook, and are owed still (P13). Numbers are given without
// gaps and never twice.
func Ever(tx *db.Tx) (n int64, err error) {
	err = tx.QueryRow(`SELECT ifnull((SELECT seq FROM sqlite_sequence WHERE name = 'copy'), 0)`).Scan(&n)
	return n, err
}

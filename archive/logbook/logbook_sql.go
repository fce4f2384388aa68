package logbook

import (
	"fmt"
	"strconv"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
)

// Schema is the logbook's tables.
func Schema() db.Schema {
	return db.Schema{Owner: "archive/logbook", Steps: []string{`
	CREATE TABLE log_entry (
		id     INTEGER PRIMARY KEY,         -- rows lie by age: what asks for a time begins at one end and stops at the first row beyond it
		at     INTEGER NOT NULL,            -- microseconds UTC
		story  TEXT NOT NULL,               -- the id given at the door
		verb   TEXT NOT NULL CHECK (verb = 'received' OR verb = 'refused' OR verb = 'held' OR verb = 'filed' OR verb = 'published' OR verb = 'relayed'
			OR verb = 'deferred' OR verb = 'delivered' OR verb = 'bounced' OR verb = 'dropped'), -- no IN: SQLite would make a table of the list for each row
		msgid  TEXT NOT NULL DEFAULT '',    -- Message-ID without brackets, on rows that introduce a letter
		copy   INTEGER NOT NULL DEFAULT 0,  -- the queue's id, 0 for rows about the letter
		rcpt   TEXT NOT NULL DEFAULT '',    -- whom it was for
		detail TEXT NOT NULL DEFAULT ''     -- printable ASCII
	) STRICT;
	CREATE INDEX log_entry_story ON log_entry (story);
	CREATE INDEX log_entry_msgid ON log_entry (msgid) WHERE msgid <> '';
	CREATE INDEX log_entry_copy ON log_entry (copy) WHERE copy <> 0;

	-- What was cut off the end of the logbook still counts when the books are balanced (P13).
	CREATE TABLE log_total (
		verb TEXT PRIMARY KEY,
		n    INTEGER NOT NULL CHECK (n >= 0)  -- rows of copies purged so far
	) STRICT, WITHOUT ROWID;

	-- What somebody wrote who only wanted to know whether this database can be written.
	CREATE TABLE log_pulse (
		id INTEGER PRIMARY KEY CHECK (id = 1),
		at INTEGER NOT NULL
	) STRICT`, schemaRebuff, schemaTurned}}
}

// Write adds one row, dated by the transaction.
func Write(tx *db.Tx, e Entry) error {
	e = e.clean()
	_, err := tx.Exec(`INSERT INTO log_entry (at, story, verb, msgid, copy, rcpt, detail) VALUES (@at, @story, @verb, @msgid, @copy, @rcpt, @detail)`,
		db.Named("at", db.Micros(tx.Now)), db.Named("story", e.Story), db.Named("verb", string(e.Verb)), db.Named("msgid", string(e.MessageID)),
		db.Named("copy", e.Copy), db.Named("rcpt", e.To), db.Named("detail", e.Detail))
	if err != nil {
		return fmt.Errorf("write %s of %s into the logbook: %w", e.Verb, e.Story, err)
	}
	tx.OnCommit(func() { tell(tx.Log(), e) })
	return nil
}

// Veil takes out of the rows of a story whose letter it was: its Message-ID, whom it names, what was found out about the session. That
// there was a letter stays, with its outcome, so that the books balance.
func Veil(tx *db.Tx, story, detail string) error {
	if _, err := tx.Exec("UPDATE log_entry SET msgid = '', rcpt = '', detail = ? WHERE story = ?", detail, story); err != nil {
		return fmt.Errorf("veil %s in the logbook: %w", story, err)
	}
	return nil
}

const columns = "at, story, verb, msgid, copy, rcpt, detail"

func scan(r db.Scanner) (e Entry, err error) {
	var at int64
	var verb, msgid string
	err = r.Scan(&at, &e.Story, &verb, &msgid, &e.Copy, &e.To, &e.Detail)
	e.At, e.Verb, e.MessageID = db.Time(at), Verb(verb), letter.MessageID(msgid)
	return e, err
}

// Find tells everything about the letters or the copy that the key names: a Message-ID, a story, or a copy's number. Rows come in
// the order in which they were written; none means that nothing of the kind was ever here.
func Find(tx *db.Tx, typed string) ([]Entry, error) {
	key := Key(typed)
	if key == "" {
		return nil, nil
	}
	found, err := db.Select(tx, scan, `SELECT `+columns+` FROM log_entry
		WHERE story IN (SELECT story FROM log_entry WHERE msgid = ?1 AND msgid <> '' UNION SELECT ?1) ORDER BY id`, key)
	if err != nil || len(found) > 0 {
		return found, err
	}
	n, err := strconv.ParseInt(key, 10, 64)
	if err != nil || n <= 0 {
		return nil, nil
	}
	return db.Select(tx, scan, `SELECT `+columns+` FROM log_entry WHERE copy = ? AND copy <> 0 ORDER BY id`, n)
}

// Pulse writes, for whoever wants to know that this works.
func Pulse(tx *db.Tx) error {
	_, err := tx.Exec("INSERT INTO log_pulse (id, at) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at", db.Micros(tx.Now))
	return err
}

// copiesLately bounds how far back NewestOfCopies looks.
const copiesLately = 10000

// NewestOfCopies is when the newest row about a copy was written; the zero time when there is none among the last ten thousand rows.
func NewestOfCopies(tx *db.Tx) (time.Time, error) {
	var at int64
	err := tx.QueryRow(`SELECT coalesce((SELECT at FROM log_entry WHERE id > (SELECT max(id) FROM log_entry) - ? AND copy <> 0 ORDER BY id DESC LIMIT 1), 0)`,
		copiesLately).Scan(&at)
	return db.Time(at), err
}

// Newest is when the newest row was written; the zero time when there is none.
func Newest(tx *db.Tx) (time.Time, error) {
	var at int64
	err := tx.QueryRow("SELECT coalesce(max(at), 0) FROM (SELECT at FROM log_entry ORDER BY id DESC LIMIT 1)").Scan(&at)
	return db.Time(at), err
}

// Ended counts the copies whose life has ended, by verb, purged rows included.
func Ended(tx *db.Tx) (map[Verb]int64, error) {
	rows, err := tx.Query(`SELECT verb, sum(n) FROM (
		SELECT verb, count(*) AS n FROM log_entry WHERE copy <> 0 AND verb IN ('delivered','bounced','dropped') GROUP BY verb
		UNION ALL SELECT verb, n FROM log_total) GROUP BY verb`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	ended := map[Verb]int64{}
	for rows.Next() {
		var verb string
		var n int64
		if err := rows.Scan(&verb, &n); err != nil {
			return nil, err
		}
		ended[Verb(verb)] = n
	}
	return ended, rows.Err()
}

// Unfinished lists letters that were taken over and of which nothing else is told: the books do not balance (P13).
func Unfinished(tx *db.Tx, most int) ([]Entry, error) {
	return db.Select(tx, scan, `SELECT `+columns+` FROM log_entry AS e WHERE verb = 'received'
		AND NOT EXISTS (SELECT 1 FROM log_entry AS o WHERE o.story = e.story AND o.verb IN ('held','filed','published','dropped')) ORDER BY id LIMIT ?`, most)
}

// purgeAtOnce bounds one call of Purge: the writer has others waiting.
const purgeAtOnce = 5000

// Purge cuts off what is older than a date and keeps the sums, at most some thousand rows in one call, and tells how many went:
// call again until it says 0.
func Purge(tx *db.Tx, before time.Time) (int64, error) {
	const oldest = "SELECT id FROM (SELECT id, at FROM log_entry ORDER BY id LIMIT ?) WHERE at < ?"
	at := db.Micros(before)
	if _, err := tx.Exec(`INSERT INTO log_total (verb, n)
		SELECT verb, count(*) FROM log_entry WHERE id IN (`+oldest+`) AND copy <> 0 AND verb IN ('delivered','bounced','dropped') GROUP BY verb
		ON CONFLICT (verb) DO UPDATE SET n = n + excluded.n`, purgeAtOnce, at); err != nil {
		return 0, fmt.Errorf("sum up the logbook: %w", err)
	}
	return tx.Change("DELETE FROM log_entry WHERE id IN ("+oldest+")", purgeAtOnce, at)
}

// EndedSince counts the copies whose life has ended since a date, by verb. What was purged meanwhile is not in it.
func EndedSince(tx *db.Tx, since time.Time) (map[Verb]int64, error) {
	type sum struct {
		verb Verb
		n    int64
	}
	all, err := db.Select(tx, func(r db.Scanner) (s sum, err error) { return s, r.Scan(&s.verb, &s.n) },
		`SELECT verb, count(*) FROM log_entry WHERE id > coalesce((SELECT id FROM log_entry WHERE at < ?1 ORDER BY id DESC LIMIT 1), 0)
		AND at >= ?1 AND copy <> 0 AND verb IN ('delivered','bounced','dropped') GROUP BY verb`, db.Micros(since))
	counts := map[Verb]int64{}
	for _, s := range all {
		counts[s.verb] = s.n
	}
	return counts, err
}

package queue

import (
	"fmt"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// Schema is the table of copies still owed.
func Schema() db.Schema {
	return db.Schema{Owner: "smtpd/queue", Steps: []string{`
	-- A copy still owed to one address. The row leaves only in the commit that writes its end into the logbook.
	CREATE TABLE copy (
		id       INTEGER PRIMARY KEY AUTOINCREMENT,  -- never used again: the logbook names it
		source   TEXT NOT NULL CHECK (source <> ''), -- why it is owed: post:12, notice:…
		story    TEXT NOT NULL,                      -- of the letter it comes from
		msgid    TEXT NOT NULL,                      -- Message-ID without brackets, as it is sent
		local    TEXT NOT NULL COLLATE NOCASE,       -- receiver, before the @, unquoted; A to Z equal a to z
		domain   TEXT NOT NULL,                      -- receiver, behind the @
		person   INTEGER NOT NULL,                   -- who that is, for the stamper
		stamp    TEXT NOT NULL,                      -- the stamper's name
		object   INTEGER NOT NULL,                   -- for the stamper
		raw      INTEGER REFERENCES raw (id),        -- stored bytes; NULL: none
		state    TEXT NOT NULL DEFAULT 'waiting' CHECK (state = 'waiting' OR state = 'sending' OR state = 'aside'),
		held     TEXT,                               -- why it is held; NULL: it is not
		attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
		begun    INTEGER NOT NULL DEFAULT 0,         -- an attempt may have come as far as DATA
		panics   INTEGER NOT NULL DEFAULT 0,         -- attempts in which the program itself failed
		since    INTEGER NOT NULL,                   -- when it was owed, microseconds UTC
		due      INTEGER,                            -- the next attempt, microseconds UTC; NULL: at once, whatever the clock says
		run      TEXT NOT NULL DEFAULT '',           -- the run that claimed it last
		said     TEXT NOT NULL DEFAULT '',           -- what became of the last attempt
		UNIQUE (source, local, domain)               -- nobody gets the same thing twice
	) STRICT;
	CREATE INDEX copy_ready ON copy (due, id) WHERE state = 'waiting' AND held IS NULL;
	CREATE INDEX copy_way ON copy (domain, due, id) WHERE state = 'waiting' AND held IS NULL;
	CREATE INDEX copy_sending ON copy (id) WHERE state = 'sending';
	CREATE INDEX copy_held ON copy (id) WHERE held IS NOT NULL OR state = 'aside';
	CREATE INDEX copy_raw ON copy (raw);

	-- How often somebody asked for copies to be tried now. A runner that lets the way out rest looks here whether it should go on.
	CREATE TABLE queue_asked (
		id INTEGER PRIMARY KEY CHECK (id = 1),
		n  INTEGER NOT NULL
	) STRICT;

	-- What must not be forgotten about the operator of some mail hosts: that it asked for rest, and how much it got today.
	CREATE TABLE queue_operator (
		name  TEXT PRIMARY KEY,
		until INTEGER,                    -- it gets nothing before, microseconds UTC; NULL: it does not rest
		rest  INTEGER NOT NULL DEFAULT 0, -- its last rest in microseconds, from which the next one grows; 0 after something was delivered
		why   TEXT NOT NULL DEFAULT '',   -- the host, and its codes
		copy  INTEGER NOT NULL DEFAULT 0, -- the copy that met with it; it may be gone
		day   INTEGER NOT NULL DEFAULT 0, -- the last day on which something was sent in a warm-up, counted from 1970, UTC
		step  INTEGER NOT NULL DEFAULT 0, -- such days before that one
		sent  INTEGER NOT NULL DEFAULT 0  -- copies delivered on that day
	) STRICT`}}
}

func insert(tx *db.Tx, o Owed) (id CopyID, err error) {
	var raw any
	if o.Raw != 0 {
		raw = int64(o.Raw)
	}
	// Asked first, not left to the UNIQUE: a row that is refused would use up a number, and the books count by numbers (P13).
	err = tx.QueryRow(`INSERT INTO copy (source, story, msgid, local, domain, person, stamp, object, raw, since, due)
		SELECT @source, @story, @msgid, @local, @domain, @person, @stamp, @object, @raw, @since, nullif(@due, 0)
		WHERE NOT EXISTS (SELECT 1 FROM copy WHERE source = @source AND local = @local AND domain = @domain)
		RETURNING id`,
		db.Named("source", o.Source), db.Named("story", o.Story), db.Named("msgid", string(o.MessageID)),
		db.Named("local", o.To.Local), db.Named("domain", o.To.Domain), db.Named("person", o.Person),
		db.Named("stamp", o.Stamp), db.Named("object", o.Object), db.Named("raw", raw), db.Named("since", db.Micros(tx.Now)), db.Named("due", db.Micros(o.NotBefore))).Scan(&id)
	if err != db.ErrNoRows {
		return id, err
	}
	err = tx.QueryRow(`SELECT id FROM copy WHERE source = @source AND local = @local AND domain = @domain`,
		db.Named("source", o.Source), db.Named("local", o.To.Local), db.Named("domain", o.To.Domain)).Scan(&id)
	return id, err
}

// ofSource are the copies of one source that are still owed.
func ofSource(tx *db.Tx, source string) ([]Copy, error) {
	return db.Select(tx, scan, `SELECT `+columns+` FROM copy WHERE source = ? ORDER BY id`, source)
}

const columns = `id, source, story, msgid, local, domain, person, stamp, object, ifnull(raw, 0), state, ifnull(held, ''), attempts, begun, panics, since, ifnull(due, 0), said`

func scan(r db.Scanner) (c Copy, err error) {
	var since, due, raw int64
	var msgid, state string
	err = r.Scan(&c.ID, &c.Source, &c.Story, &msgid, &c.To.Local, &c.To.Domain, &c.Person, &c.Stamp, &c.Object, &raw, &state, &c.Held,
		&c.Attempts, &c.Begun, &c.panics, &since, &due, &c.Said)
	c.MessageID, c.State, c.Raw = letter.MessageID(msgid), State(state), archive.RawID(raw)
	c.Since, c.Due = db.Time(since), db.Time(due)
	return c, err
}

// What may be claimed, in the words of the index copy_ready.
const ready = `state = 'waiting' AND held IS NULL`

// due gives at most n copies to be tried now. Those whose date has come get up to half of the places, so that neither a flood of new
// copies nor a crowd of old ones keeps the others waiting.
func due(tx *db.Tx, n int) ([]Copy, error) {
	dated, err := db.Select(tx, scan, `SELECT `+columns+` FROM copy WHERE `+ready+` AND due <= ? ORDER BY due, id LIMIT ?`, db.Micros(tx.Now), (n+1)/2)
	if err != nil {
		return nil, err
	}
	now, err := db.Select(tx, scan, `SELECT `+columns+` FROM copy WHERE `+ready+` AND due IS NULL ORDER BY id LIMIT ?`, n-len(dated))
	return append(dated, now...), err
}

// outlook is what the table says about the near future.
type outlook struct {
	now    bool      // there is something to do now
	next   time.Time // the next date; zero: none
	astray bool      // there are dates that no clock like ours can have written
}

func look(tx *db.Tx) (o outlook, err error) {
	var next, last db.NullInt64
	if err := tx.QueryRow(`SELECT
		EXISTS (SELECT 1 FROM copy WHERE `+ready+` AND due IS NULL),
		(SELECT min(due) FROM copy WHERE `+ready+` AND due IS NOT NULL),
		(SELECT max(due) FROM copy WHERE `+ready+` AND due IS NOT NULL)`).Scan(&o.now, &next, &last); err != nil {
		return o, err
	}
	if next.Valid {
		o.next = db.Time(next.Int64)
		o.now = o.now || !o.next.After(tx.Now)
	}
	o.astray = last.Valid && db.Time(last.Int64).Sub(tx.Now) > retryFarthest
	return o, nil
}

// mend gives at most n copies with impossible dates the date they would have had by this clock.
func mend(tx *db.Tx, n int) error {
	astray, err := db.Select(tx, scan, `SELECT `+columns+` FROM copy WHERE `+ready+` AND due > ? ORDER BY due DESC LIMIT ?`,
		db.Micros(tx.Now.Add(retryFarthest)), n)
	if err != nil {
		return err
	}
	for _, c := range astray {
		d, _ := retryAfter(c.ID, c.Attempts)
		if _, err := tx.Exec(`UPDATE copy SET due = ? WHERE id = ?`, db.Micros(tx.Now.Add(d)), c.ID); err != nil {
			return err
		}
	}
	return nil
}

// Replace gives a copy other stored bytes, for a stamper that made its message anew. It is not for one whose message may have begun to
// travel (Copy.Begun).
func Replace(tx *db.Tx, id CopyID, raw archive.RawID) error {
	n, err := tx.Change(`UPDATE copy SET raw = ? WHERE id = ? AND begun = 0`, int64(raw), id)
	if err == nil && n == 0 {
		err = fmt.Errorf("copy %d is gone, or may have been sent as it was", id)
	}
	return err
}

// free makes the copies of dead runs due again at once, with their attempt kept (ST5). Only the holder of the lock may call it.
func free(tx *db.Tx) (int64, error) {
	return tx.Change(`UPDATE copy SET state = 'waiting', due = NULL WHERE state = 'sending'`)
}

// claim notes that an attempt begins, and the date of the one after it. Until its outcome is written down, nobody knows how far it came.
func claim(tx *db.Tx, c Copy, run string, next time.Time) error {
	_, err := tx.Exec(`UPDATE copy SET state = 'sending', run = @run, attempts = @attempts, begun = 1, due = @due WHERE id = @id`,
		db.Named("run", run), db.Named("attempts", c.Attempts), db.Named("due", db.Micros(next)), db.Named("id", c.ID))
	return err
}

// giveBack undoes a claim whose attempt never began.
func giveBack(tx *db.Tx, c Copy) error {
	_, err := tx.Exec(`UPDATE copy SET state = 'waiting', attempts = attempts - 1, begun = ?, due = NULL WHERE id = ? AND state = 'sending'`, c.Begun, c.ID)
	return err
}

// postpone ends an attempt with another to come; the zero time is at once. False: the row is gone.
func postpone(tx *db.Tx, c Copy, next time.Time, said string) (bool, error) {
	var date any
	if !next.IsZero() {
		date = db.Micros(next)
	}
	n, err := tx.Change(`UPDATE copy SET state = 'waiting', attempts = @attempts, begun = @begun, panics = @panics, due = @due, said = @said WHERE id = @id`,
		db.Named("attempts", c.Attempts), db.Named("begun", c.Begun), db.Named("panics", c.panics), db.Named("due", date), db.Named("said", said), db.Named("id", c.ID))
	return n == 1, err
}

// setAside keeps a copy that nobody tries. False: the row is gone.
func setAside(tx *db.Tx, c Copy, said string) (bool, error) {
	n, err := tx.Change(`UPDATE copy SET state = 'aside', attempts = @attempts, panics = @panics, due = NULL, said = @said WHERE id = @id`,
		db.Named("attempts", c.Attempts), db.Named("panics", c.panics), db.Named("said", said), db.Named("id", c.ID))
	return n == 1, err
}

// remove takes a row out whose end is written down in the same transaction. False: it was gone before.
func remove(tx *db.Tx, id CopyID) (bool, error) {
	n, err := tx.Change(`DELETE FROM copy WHERE id = ?`, id)
	return n == 1, err
}

// hasten makes due at once what is due by this process's clock, for a runner that lives by another. It gives the newest id of all.
func hasten(tx *db.Tx) (last CopyID, err error) {
	if _, err := tx.Exec(`UPDATE copy SET due = NULL WHERE `+ready+` AND due <= ?`, db.Micros(tx.Now)); err != nil {
		return 0, err
	}
	err = tx.QueryRow(`SELECT ifnull(max(id), 0) FROM copy`).Scan(&last)
	return last, err
}

// unanswered counts the copies up to an id that are due at once or under way.
func unanswered(tx *db.Tx, last CopyID) (waiting, sending int, err error) {
	err = tx.QueryRow(`SELECT (SELECT count(*) FROM copy WHERE `+ready+` AND due IS NULL AND id <= ?1),
		(SELECT count(*) FROM copy WHERE state = 'sending' AND id <= ?1)`, last).Scan(&waiting, &sending)
	return waiting, sending, err
}

// A transaction of this package stands inside this savepoint, so that it can be asked whether it still is: when the disk is full
// SQLite undoes all of it by itself, and what is written after that would be written at once and alone.
const (
	stillHere = `SAVEPOINT still_here`
	hereEnds  = `RELEASE still_here`
)

// guarded calls f so that its work alone is undone when it fails or panics. lost is not nil when the transaction itself is gone; then
// nothing more may be written in it.
func guarded(tx *db.Tx, f func() error) (err, lost error) {
	err = tx.Attempt(func() (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = refusal.Caught(p)
			}
		}()
		return f()
	})
	if err == nil {
		return nil, nil
	}
	if _, lost := tx.Exec(hereEnds); lost != nil {
		return err, lost
	}
	_, lost = tx.Exec(stillHere)
	return err, lost
}

package digest

import (
	"errors"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/lists"
)

// schemaDecided is what managers decide about the next issues, and what they were shown.
const schemaDecided = `
	-- What is to become of a thread in the issues until a moment.
	CREATE TABLE digest_choice (
		community INTEGER NOT NULL REFERENCES community (id),
		thread    INTEGER NOT NULL,                    -- of the archive
		what      TEXT NOT NULL CHECK (what IN ('pin','drop','brief','ask','answered')),
		until     INTEGER NOT NULL,                    -- microseconds UTC
		by        INTEGER NOT NULL REFERENCES member (id),
		at        INTEGER NOT NULL,
		PRIMARY KEY (community, thread)                -- the last word counts
	) STRICT, WITHOUT ROWID;

	-- A manager's words at the top. A reader gets each of them once.
	CREATE TABLE digest_note (
		id         INTEGER PRIMARY KEY AUTOINCREMENT,
		community  INTEGER NOT NULL REFERENCES community (id),
		author     INTEGER NOT NULL REFERENCES member (id),
		text       TEXT NOT NULL CHECK (text <> ''),
		valid_from INTEGER NOT NULL,
		valid_to   INTEGER NOT NULL CHECK (valid_to > valid_from),
		state      TEXT NOT NULL CHECK (state IN ('live','replaced','removed'))
	) STRICT;
	CREATE UNIQUE INDEX digest_note_live ON digest_note (community) WHERE state = 'live';
	CREATE TABLE digest_note_sent (
		note   INTEGER NOT NULL REFERENCES digest_note (id),
		member INTEGER NOT NULL REFERENCES member (id),
		PRIMARY KEY (note, member)
	) STRICT, WITHOUT ROWID;

	-- While it holds, no issue of the community is written.
	CREATE TABLE digest_hold (
		community INTEGER PRIMARY KEY REFERENCES community (id),
		since     INTEGER NOT NULL,
		until     INTEGER NOT NULL CHECK (until >= since), -- when it ended, if that is past
		by        INTEGER NOT NULL REFERENCES member (id)
	) STRICT;

	CREATE TABLE digest_event (
		id        INTEGER PRIMARY KEY,
		community INTEGER NOT NULL REFERENCES community (id),
		at        INTEGER NOT NULL,                    -- when it begins
		said      TEXT NOT NULL,                       -- the same, as it was announced
		text      TEXT NOT NULL CHECK (text <> ''),
		by        INTEGER NOT NULL REFERENCES member (id),
		made      INTEGER NOT NULL,
		UNIQUE (community, at, text)
	) STRICT;

	-- The previews that managers got, and the slots of which there was nothing to tell.
	CREATE TABLE digest_preview (
		community INTEGER NOT NULL REFERENCES community (id),
		slot      INTEGER NOT NULL,
		quiet     INTEGER NOT NULL CHECK (quiet >= 0), -- so many slots in a row without anything new, this one included
		PRIMARY KEY (community, slot)                  -- nobody gets two for one slot
	) STRICT, WITHOUT ROWID;

	-- Answers to a preview of which we are not sure whose they are: their manager is asked.
	CREATE TABLE digest_unsure (
		id      INTEGER PRIMARY KEY AUTOINCREMENT,     -- a token names it
		manager INTEGER NOT NULL REFERENCES member (id),
		slot    INTEGER NOT NULL,
		text    TEXT NOT NULL,
		story   TEXT NOT NULL,
		state   TEXT NOT NULL DEFAULT 'asked' CHECK (state IN ('asked','done','dropped')),
		at      INTEGER NOT NULL
	) STRICT;`

// choice is what managers want of a thread.
type choice string

const (
	choicePin      choice = "pin"      // it stands first
	choiceDrop     choice = "drop"     // it is left out
	choiceBrief    choice = "brief"    // its subject alone
	choiceAsk      choice = "ask"      // it stands among the unanswered questions
	choiceAnswered choice = "answered" // its question is answered
)

// choose keeps what becomes of a thread until a moment, in the place of what was wanted of it before.
func choose(tx *db.Tx, c lists.CommunityID, t archive.ThreadID, what choice, until time.Time, by lists.MemberID) error {
	_, err := tx.Exec(`INSERT INTO digest_choice (community, thread, what, until, by, at) VALUES (@community, @thread, @what, @until, @by, @at)
		ON CONFLICT (community, thread) DO UPDATE SET what = excluded.what, until = excluded.until, by = excluded.by, at = excluded.at`,
		db.Named("community", c), db.Named("thread", int64(t)), db.Named("what", string(what)), db.Named("until", db.Micros(until)), db.Named("by", by), db.Named("at", db.Micros(tx.Now)))
	return err
}

// unchoose takes a choice back; false when it is not what is wanted of the thread.
func unchoose(tx *db.Tx, c lists.CommunityID, t archive.ThreadID, what choice) (bool, error) {
	n, err := tx.Change("DELETE FROM digest_choice WHERE community = ? AND thread = ? AND what = ? AND until > ?", c, int64(t), string(what), db.Micros(tx.Now))
	return n > 0, err
}

// chosen is what is wanted of the threads of a community now.
func chosen(tx *db.Tx, c lists.CommunityID) (map[archive.ThreadID]choice, error) {
	all := map[archive.ThreadID]choice{}
	_, err := db.Select(tx, func(r db.Scanner) (id archive.ThreadID, err error) {
		var what choice
		err = r.Scan(&id, &what)
		all[id] = what
		return id, err
	}, "SELECT thread, what FROM digest_choice WHERE community = ? AND until > ?", c, db.Micros(tx.Now))
	return all, err
}

// note is a manager's words at the top.
type note struct {
	id     int64
	author lists.MemberID
	text   string
	to     time.Time
}

// liveNote is the note that stands now; the zero note when there is none.
func liveNote(tx *db.Tx, c lists.CommunityID) (n note, err error) {
	var to int64
	err = tx.QueryRow("SELECT id, author, text, valid_to FROM digest_note WHERE community = ? AND state = 'live' AND valid_to > ?", c, db.Micros(tx.Now)).Scan(&n.id, &n.author, &n.text, &to)
	n.to = db.Time(to)
	if errors.Is(err, db.ErrNoRows) {
		return note{}, nil
	}
	return n, err
}

// putNote puts a note in the place of the one that stands; an empty text puts none there.
func putNote(tx *db.Tx, c lists.CommunityID, by lists.MemberID, text string, until time.Time) error {
	state := "replaced"
	if text == "" {
		state = "removed"
	}
	if _, err := tx.Exec("UPDATE digest_note SET state = ? WHERE community = ? AND state = 'live'", state, c); err != nil || text == "" {
		return err
	}
	_, err := tx.Exec("INSERT INTO digest_note (community, author, text, valid_from, valid_to, state) VALUES (@community, @author, @text, @from, @to, 'live')",
		db.Named("community", c), db.Named("author", by), db.Named("text", text), db.Named("from", db.Micros(tx.Now)), db.Named("to", db.Micros(until)))
	return err
}

// hadNote tells whether a reader got a note in an earlier issue.
func hadNote(tx *db.Tx, id int64, m lists.MemberID) (had bool, err error) {
	err = tx.QueryRow("SELECT EXISTS (SELECT 1 FROM digest_note_sent WHERE note = ? AND member = ?)", id, m).Scan(&had)
	return had, err
}

func sentNote(tx *db.Tx, id int64, m lists.MemberID) error {
	_, err := tx.Exec("INSERT INTO digest_note_sent (note, member) VALUES (?, ?) ON CONFLICT DO NOTHING", id, m)
	return err
}

// hold is a stop of all digests of a community.
type hold struct {
	since, until time.Time
	by           lists.MemberID
}

// holds tells whether a moment lies within it.
func (h hold) holds(at time.Time) bool { return !at.Before(h.since) && at.Before(h.until) }

// holdOf is the last hold of a community, over or not; the zero hold when there never was one.
func holdOf(tx *db.Tx, c lists.CommunityID) (h hold, err error) {
	var since, until int64
	err = tx.QueryRow("SELECT since, until, by FROM digest_hold WHERE community = ?", c).Scan(&since, &until, &h.by)
	if errors.Is(err, db.ErrNoRows) {
		return hold{}, nil
	}
	h.since, h.until = db.Time(since), db.Time(until)
	return h, err
}

func saveHold(tx *db.Tx, c lists.CommunityID, h hold) error {
	_, err := tx.Exec(`INSERT INTO digest_hold (community, since, until, by) VALUES (@community, @since, @until, @by)
		ON CONFLICT (community) DO UPDATE SET since = excluded.since, until = excluded.until, by = excluded.by`,
		db.Named("community", c), db.Named("since", db.Micros(h.since)), db.Named("until", db.Micros(h.until)), db.Named("by", h.by))
	return err
}

// event is a date that managers announce.
type event struct {
	at         time.Time
	said, text string
	made       time.Time
}

func addEvent(tx *db.Tx, c lists.CommunityID, e event, by lists.MemberID) error {
	_, err := tx.Exec(`INSERT INTO digest_event (community, at, said, text, by, made) VALUES (@community, @at, @said, @text, @by, @made)
		ON CONFLICT (community, at, text) DO UPDATE SET said = excluded.said`,
		db.Named("community", c), db.Named("at", db.Micros(e.at)), db.Named("said", e.said), db.Named("text", e.text), db.Named("by", by), db.Named("made", db.Micros(tx.Now)))
	return err
}

// dropEvents takes the dates to come back that were announced with a text, and tells how many.
func dropEvents(tx *db.Tx, c lists.CommunityID, text string) (int64, error) {
	return tx.Change("DELETE FROM digest_event WHERE community = ? AND at > ? AND instr(lower(text), lower(?)) > 0", c, db.Micros(tx.Now), text)
}

// events are the next dates of a community.
func events(tx *db.Tx, c lists.CommunityID, most int) ([]event, error) {
	return db.Select(tx, func(r db.Scanner) (e event, err error) {
		var at, made int64
		err = r.Scan(&at, &e.said, &e.text, &made)
		e.at, e.made = db.Time(at), db.Time(made)
		return e, err
	}, "SELECT at, said, text, made FROM digest_event WHERE community = ? AND at > ? ORDER BY at, id LIMIT ?", c, db.Micros(tx.Now), most)
}

// beginPreview notes that the managers are told of a slot, or that there was nothing to tell; false when that is done already.
func beginPreview(tx *db.Tx, c lists.CommunityID, slot time.Time, quiet int) (first bool, err error) {
	n, err := tx.Change("INSERT INTO digest_preview (community, slot, quiet) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", c, db.Micros(slot), quiet)
	return n == 1, err
}

// quietBefore is how many slots in a row before one had nothing new.
func quietBefore(tx *db.Tx, c lists.CommunityID, slot time.Time) (n int, err error) {
	err = tx.QueryRow("SELECT quiet FROM digest_preview WHERE community = ? AND slot < ? ORDER BY slot DESC LIMIT 1", c, db.Micros(slot)).Scan(&n)
	if errors.Is(err, db.ErrNoRows) {
		return 0, nil
	}
	return n, err
}

// unsure is an answer to a preview whose sender was not proved.
type unsure struct {
	id      int64
	manager lists.MemberID
	slot    time.Time
	text    string
	state   string
}

func addUnsure(tx *db.Tx, u unsure, story string) (int64, error) {
	return tx.Insert("INSERT INTO digest_unsure (manager, slot, text, story, at) VALUES (@manager, @slot, @text, @story, @at)",
		db.Named("manager", u.manager), db.Named("slot", db.Micros(u.slot)), db.Named("text", u.text), db.Named("story", story), db.Named("at", db.Micros(tx.Now)))
}

func findUnsure(tx *db.Tx, id int64) (u unsure, err error) {
	var slot int64
	err = tx.QueryRow("SELECT id, manager, slot, text, state FROM digest_unsure WHERE id = ?", id).Scan(&u.id, &u.manager, &slot, &u.text, &u.state)
	u.slot = db.Time(slot)
	return u, err
}

// endUnsure decides about it, and forgets its words.
func endUnsure(tx *db.Tx, id int64, state string) error {
	_, err := tx.Exec("UPDATE digest_unsure SET state = ?, text = '' WHERE id = ?", state, id)
	return err
}

// forgetUnsure forgets the words that nobody said anything to.
func forgetUnsure(tx *db.Tx, before time.Time) error {
	_, err := tx.Exec("UPDATE digest_unsure SET state = 'dropped', text = '' WHERE state = 'asked' AND at < ?", db.Micros(before))
	return err
}

// readersWaiting are the members of a community whose next slot is not after a moment.
func readersWaiting(tx *db.Tx, c lists.CommunityID, until time.Time) ([]lists.MemberID, error) {
	return db.Select(tx, func(r db.Scanner) (m lists.MemberID, err error) { return m, r.Scan(&m) },
		"SELECT n.member FROM digest_next n WHERE n.community = ? AND n.slot <= ? ORDER BY n.member", c, db.Micros(until))
}

// countReaders counts the members of a community who wait for an issue.
func countReaders(tx *db.Tx, c lists.CommunityID) (n int, err error) {
	err = tx.QueryRow("SELECT count(*) FROM digest_next WHERE community = ?", c).Scan(&n)
	return n, err
}

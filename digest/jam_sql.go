package digest

import (
	"errors"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/lists"
)

// schemaJam is the topic weeks.
const schemaJam = `;
	-- A topic to which a list gives some days (product.md C5).
	CREATE TABLE jam (
		id        INTEGER PRIMARY KEY AUTOINCREMENT,     -- a token names it
		community INTEGER NOT NULL REFERENCES community (id),
		list      INTEGER NOT NULL REFERENCES list (id),
		host      INTEGER NOT NULL REFERENCES member (id),
		tag       TEXT NOT NULL CHECK (tag <> ''),
		begins    INTEGER NOT NULL,
		ends      INTEGER NOT NULL CHECK (ends > begins), -- the midnight behind its last day
		questions TEXT NOT NULL,
		summary   TEXT NOT NULL DEFAULT '',              -- until it is posted
		version   INTEGER NOT NULL DEFAULT 0,            -- of the words: a yes counts for those that were shown
		state     TEXT NOT NULL DEFAULT 'draft' CHECK (state IN ('draft','live','over','done','dropped')),
		post      INTEGER NOT NULL DEFAULT 0,            -- of the archive: its announcement
		summed    INTEGER NOT NULL DEFAULT 0,            -- of the archive: its summary
		at        INTEGER NOT NULL,
		CHECK ((state IN ('draft','dropped')) OR post <> 0)
	) STRICT;
	CREATE UNIQUE INDEX jam_live ON jam (community, tag) WHERE state = 'live'; -- a tag belongs to one
	CREATE INDEX jam_host ON jam (host);`

// schemaJamDaily is who gets a mail a day while a jam lasts.
const schemaJamDaily = `
	CREATE TABLE jam_reader (
		id     INTEGER PRIMARY KEY AUTOINCREMENT,        -- the calendar names it
		jam    INTEGER NOT NULL REFERENCES jam (id),
		member INTEGER NOT NULL REFERENCES member (id),
		since  INTEGER NOT NULL,                         -- up to when they have read; microseconds UTC
		slot   INTEGER NOT NULL,                         -- of their next mail
		UNIQUE (jam, member)                             -- nobody gets two a day
	) STRICT;
	CREATE INDEX jam_reader_member ON jam_reader (member)`

// jamReader is somebody who gets a jam's daily mail.
type jamReader struct {
	id, jam     int64
	member      lists.MemberID
	since, slot time.Time
}

const jamReaderColumns = "SELECT id, jam, member, since, slot FROM jam_reader "

func scanJamReader(r db.Scanner) (jr jamReader, err error) {
	var since, slot int64
	err = r.Scan(&jr.id, &jr.jam, &jr.member, &since, &slot)
	jr.since, jr.slot = db.Time(since), db.Time(slot)
	return jr, err
}

func findJamReader(tx *db.Tx, id int64) (jamReader, error) {
	return scanJamReader(tx.QueryRow(jamReaderColumns+"WHERE id = ?", id))
}

func jamReaderOf(tx *db.Tx, j int64, m lists.MemberID) (jr jamReader, had bool, err error) {
	jr, err = scanJamReader(tx.QueryRow(jamReaderColumns+"WHERE jam = ? AND member = ?", j, m))
	if errors.Is(err, db.ErrNoRows) {
		return jr, false, nil
	}
	return jr, err == nil, err
}

func addJamReader(tx *db.Tx, jr jamReader) (int64, error) {
	return tx.Insert("INSERT INTO jam_reader (jam, member, since, slot) VALUES (@jam, @member, @since, @slot)",
		db.Named("jam", jr.jam), db.Named("member", jr.member), db.Named("since", db.Micros(jr.since)), db.Named("slot", db.Micros(jr.slot)))
}

func (jr jamReader) save(tx *db.Tx) error {
	_, err := tx.Exec("UPDATE jam_reader SET since = @since, slot = @slot WHERE id = @id",
		db.Named("since", db.Micros(jr.since)), db.Named("slot", db.Micros(jr.slot)), db.Named("id", jr.id))
	return err
}

func (jr jamReader) drop(tx *db.Tx) error {
	_, err := tx.Exec("DELETE FROM jam_reader WHERE id = ?", jr.id)
	return err
}

// jamState is how far a jam is.
type jamState string

const (
	jamDraft   jamState = "draft"   // its host is asked
	jamLive    jamState = "live"    // it is announced: its days are to come, or are now
	jamOver    jamState = "over"    // its days are over, and its host may sum it up
	jamDone    jamState = "done"    // the summary is posted
	jamDropped jamState = "dropped" // it is called off, or was never announced
)

// jam is one topic week.
type jam struct {
	id        int64
	community lists.CommunityID
	list      lists.ListID
	host      lists.MemberID
	tag       string // without #
	from, to  time.Time
	questions string
	summary   string
	version   int64
	state     jamState
	post      archive.PostID
	summed    archive.PostID
}

const jamColumns = "SELECT id, community, list, host, tag, begins, ends, questions, summary, version, state, post, summed FROM jam "

func scanJam(r db.Scanner) (j jam, err error) {
	var from, to int64
	err = r.Scan(&j.id, &j.community, &j.list, &j.host, &j.tag, &from, &to, &j.questions, &j.summary, &j.version, &j.state, &j.post, &j.summed)
	j.from, j.to = db.Time(from), db.Time(to)
	return j, err
}

func findJam(tx *db.Tx, id int64) (jam, error) {
	return scanJam(tx.QueryRow(jamColumns+"WHERE id = ?", id))
}

// jams are those of a community, the one that begins first in front.
func jams(tx *db.Tx, c lists.CommunityID) ([]jam, error) {
	return db.Select(tx, scanJam, jamColumns+"WHERE community = ? ORDER BY begins, id", c)
}

// jamsNow are the jams of a community whose days are now.
func jamsNow(tx *db.Tx, c lists.CommunityID) ([]jam, error) {
	return db.Select(tx, scanJam, jamColumns+"WHERE community = @community AND state = 'live' AND begins <= @now AND ends > @now ORDER BY begins, id",
		db.Named("community", c), db.Named("now", db.Micros(tx.Now)))
}

// jamByTag is the jam that a tag belongs to; false when there is none.
func jamByTag(tx *db.Tx, c lists.CommunityID, tag string) (j jam, ok bool, err error) {
	j, err = scanJam(tx.QueryRow(jamColumns+"WHERE community = ? AND tag = ? AND state = 'live'", c, tag))
	if errors.Is(err, db.ErrNoRows) {
		return jam{}, false, nil
	}
	return j, err == nil, err
}

// hasDraft tells whether a draft of a host waits for their word.
func hasDraft(tx *db.Tx, host lists.MemberID) (is bool, err error) {
	err = tx.QueryRow("SELECT EXISTS (SELECT 1 FROM jam WHERE host = ? AND state = 'draft')", host).Scan(&is)
	return is, err
}

// addJam keeps a draft in the place of any other of its host.
func addJam(tx *db.Tx, j jam) (int64, error) {
	if _, err := tx.Exec("UPDATE jam SET state = 'dropped', questions = '' WHERE host = ? AND state = 'draft'", j.host); err != nil {
		return 0, err
	}
	return tx.Insert("INSERT INTO jam (community, list, host, tag, begins, ends, questions, at) VALUES (@community, @list, @host, @tag, @from, @to, @questions, @at)",
		db.Named("community", j.community), db.Named("list", j.list), db.Named("host", j.host), db.Named("tag", j.tag), db.Named("from", db.Micros(j.from)),
		db.Named("to", db.Micros(j.to)), db.Named("questions", j.questions), db.Named("at", db.Micros(tx.Now)))
}

// save keeps what changes of a jam. What was never posted is forgotten with it.
func (j jam) save(tx *db.Tx) error {
	if j.post == 0 && j.state == jamDropped {
		j.questions = ""
	}
	if j.state == jamDone || j.state == jamDropped {
		j.summary = ""
	}
	_, err := tx.Exec("UPDATE jam SET questions = @questions, summary = @summary, version = @version, state = @state, post = @post, summed = @summed WHERE id = @id",
		db.Named("questions", j.questions), db.Named("summary", j.summary), db.Named("version", j.version), db.Named("state", string(j.state)), db.Named("post", int64(j.post)),
		db.Named("summed", int64(j.summed)), db.Named("id", j.id))
	return err
}

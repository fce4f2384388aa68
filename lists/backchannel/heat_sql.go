package backchannel

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"time"

	"backchannel/archive"
	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
)

// schemaHeat is how many people wrote about a thread. Voices are counted, not names: one is a sum over the member under a key that lives
// three months.
const schemaHeat = `
	CREATE TABLE voice_key (
		month TEXT PRIMARY KEY,                        -- 2026-06, UTC
		key   BLOB NOT NULL CHECK (length(key) = 32)
	) STRICT, WITHOUT ROWID;
	CREATE TABLE heat (
		id        INTEGER PRIMARY KEY,
		community INTEGER NOT NULL REFERENCES community (id),
		thread    INTEGER NOT NULL,                    -- of the archive
		voice     BLOB NOT NULL,
		kind      TEXT NOT NULL CHECK (kind IN ('letter','report','unease')),
		conv      INTEGER REFERENCES conv (id),        -- NULL: unease, which has none
		at        INTEGER NOT NULL,
		CHECK ((kind = 'unease') = (conv IS NULL))
	) STRICT;
	CREATE INDEX heat_thread ON heat (thread, at);
	CREATE INDEX heat_conv ON heat (conv) WHERE conv IS NOT NULL;
	CREATE TABLE heat_alarm (
		thread  INTEGER NOT NULL,
		manager INTEGER NOT NULL REFERENCES member (id),
		at      INTEGER NOT NULL,
		PRIMARY KEY (thread, manager)
	) STRICT, WITHOUT ROWID;

	-- Managers who want to see what is posted in a thread.
	CREATE TABLE watch (
		thread  INTEGER NOT NULL,
		manager INTEGER NOT NULL REFERENCES member (id),
		until   INTEGER NOT NULL,
		PRIMARY KEY (thread, manager)
	) STRICT, WITHOUT ROWID;
`

// heat is one letter, report or unease about a thread.
type heat struct {
	voice string
	kind  string
	conv  ConvID
	at    time.Time
}

// How far back voices count, and how long their keys live, in months.
const (
	heatWindow   = 48 * time.Hour
	voiceMonths  = 3
	monthPattern = "2006-01"
)

// VoicesEnd is the calendar's kind for keys of voices whose time is over.
const VoicesEnd calendar.Kind = "voice.end"

// voiceKey is the key of a month; it is made when it is missing, and its end set.
func voiceKey(tx *db.Tx, month time.Time) ([]byte, error) {
	name := month.UTC().Format(monthPattern)
	var key []byte
	err := tx.QueryRow("SELECT key FROM voice_key WHERE month = ?", name).Scan(&key)
	if !errors.Is(err, db.ErrNoRows) {
		return key, err
	}
	key = make([]byte, 32)
	rand.Read(key) // never fails
	if _, err := tx.Exec("INSERT INTO voice_key (month, key) VALUES (?, ?)", name, key); err != nil {
		return nil, err
	}
	first := time.Date(month.UTC().Year(), month.UTC().Month()+1+voiceMonths, 1, 0, 0, 0, 0, time.UTC)
	return key, calendar.Set(tx, VoicesEnd, int64(month.UTC().Year())*100+int64(month.UTC().Month()), first)
}

// voicesEnd destroys the keys of voices that are older than three months: then nobody can tell any more whose a voice was.
func (b *Letterbox) voicesEnd(tx *db.Tx, _ calendar.Due) error {
	last := time.Date(tx.Now.UTC().Year(), tx.Now.UTC().Month()-voiceMonths, 1, 0, 0, 0, 0, time.UTC)
	if _, err := tx.Exec("DELETE FROM voice_key WHERE month < ?", last.Format(monthPattern)); err != nil {
		return err
	}
	if _, err := tx.Exec("UPDATE conv SET voice = '' WHERE voice <> '' AND opened < ?", db.Micros(last)); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM heat WHERE at < ?", db.Micros(last))
	return err
}

// voiceOf is a member's voice under the key of a month.
func voiceOf(tx *db.Tx, m lists.MemberID, month time.Time) (string, error) {
	key, err := voiceKey(tx, month)
	if err != nil {
		return "", err
	}
	sum := hmac.New(sha256.New, key)
	_ = binary.Write(sum, binary.BigEndian, int64(m))
	return string(sum.Sum(nil)), nil
}

// voice is a member's voice about a thread: the one they have there already, if a month has ended meanwhile.
func voice(tx *db.Tx, m lists.MemberID, thread archive.ThreadID) (string, error) {
	before := tx.Now.Add(-heatWindow)
	if before.UTC().Month() != tx.Now.UTC().Month() {
		old, err := voiceOf(tx, m, before)
		if err != nil {
			return "", err
		}
		var known bool
		err = tx.QueryRow("SELECT EXISTS (SELECT 1 FROM heat WHERE thread = ? AND voice = ? AND at > ?)", int64(thread), []byte(old), db.Micros(before)).Scan(&known)
		if err != nil || known {
			return old, err
		}
	}
	return voiceOf(tx, m, tx.Now)
}

func addHeat(tx *db.Tx, community lists.CommunityID, thread archive.ThreadID, v, kind string, c ConvID) error {
	_, err := tx.Exec("INSERT INTO heat (community, thread, voice, kind, conv, at) VALUES (@community, @thread, @voice, @kind, @conv, @at)",
		db.Named("community", community), db.Named("thread", int64(thread)), db.Named("voice", []byte(v)), db.Named("kind", kind), db.Named("conv", null(int64(c))), db.Named("at", db.Micros(tx.Now)))
	return err
}

func heatOf(tx *db.Tx, thread archive.ThreadID) ([]heat, error) {
	return db.Select(tx, func(r db.Scanner) (h heat, err error) {
		var at int64
		var v []byte
		err = r.Scan(&v, &h.kind, &h.conv, &at)
		h.voice, h.at = string(v), db.Time(at)
		return h, err
	}, "SELECT voice, kind, coalesce(conv, 0), at FROM heat WHERE thread = ? AND at > ? ORDER BY at, id", int64(thread), db.Micros(tx.Now.Add(-heatWindow)))
}

// alarmed notes that a manager is told of a thread now; false when they were in the last day.
func alarmed(tx *db.Tx, thread archive.ThreadID, m lists.MemberID) (bool, error) {
	n, err := tx.Change(`INSERT INTO heat_alarm (thread, manager, at) VALUES (@thread, @manager, @now)
		ON CONFLICT (thread, manager) DO UPDATE SET at = excluded.at WHERE at <= @since`,
		db.Named("thread", int64(thread)), db.Named("manager", m), db.Named("now", db.Micros(tx.Now)), db.Named("since", db.Micros(tx.Now.Add(-24*time.Hour))))
	return n == 1, err
}

func watchThread(tx *db.Tx, thread archive.ThreadID, m lists.MemberID, until time.Time) error {
	_, err := tx.Exec("INSERT INTO watch (thread, manager, until) VALUES (?, ?, ?) ON CONFLICT (thread, manager) DO UPDATE SET until = excluded.until", int64(thread), m, db.Micros(until))
	return err
}

func unwatch(tx *db.Tx, thread archive.ThreadID, m lists.MemberID) (bool, error) {
	n, err := tx.Change("DELETE FROM watch WHERE thread = ? AND manager = ?", int64(thread), m)
	return n > 0, err
}

func watchers(tx *db.Tx, thread archive.ThreadID) ([]lists.MemberID, error) {
	return db.Select(tx, func(r db.Scanner) (id lists.MemberID, err error) { return id, r.Scan(&id) },
		"SELECT manager FROM watch WHERE thread = ? AND until > ? ORDER BY manager", int64(thread), db.Micros(tx.Now))
}

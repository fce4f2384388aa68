package backchannel

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"time"

	"backchannel/archive"
	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
)

// schemaAnon is what is known of letters without a name. Who wrote one is sealed in every table; no row says which others are theirs.
const schemaAnon = `
	-- Who writes in a conversation under a made-up name. The key lies in a file outside.
	CREATE TABLE sealed_identity (
		conv   INTEGER PRIMARY KEY REFERENCES conv (id),
		key_id INTEGER NOT NULL,
		nonce  BLOB NOT NULL,
		box    BLOB NOT NULL
	) STRICT;

	-- Letters that wait for their writer's YES. All of it is destroyed then.
	CREATE TABLE anon_draft (
		id        INTEGER PRIMARY KEY,                 -- random: no number tells how many there were
		community INTEGER NOT NULL REFERENCES community (id),
		conv      INTEGER NOT NULL,                    -- the conversation it goes on with; 0 begins one
		name      TEXT NOT NULL,                       -- the made-up name it will have
		subject   TEXT NOT NULL,
		words     TEXT NOT NULL,
		letter    INTEGER NOT NULL,                    -- the letter as it came, in the archive; it may be gone
		at        INTEGER NOT NULL,
		key_id    INTEGER NOT NULL,
		nonce     BLOB NOT NULL,
		box       BLOB NOT NULL
	) STRICT;

	-- What of a draft lies elsewhere until it is decided: our own letters about it, and those of its writer.
	CREATE TABLE anon_trace (
		draft  INTEGER NOT NULL,
		msgid  TEXT NOT NULL,                          -- of ours; '' is a letter of the writer's
		raw    INTEGER NOT NULL,                       -- stored bytes of ours
		letter INTEGER NOT NULL                        -- in the archive
	) STRICT;
	CREATE INDEX anon_trace_draft ON anon_trace (draft);

	-- Message-IDs of ours to people who write without a name: an answer to one is never taken for a letter in their own name.
	CREATE TABLE anon_ref (
		msgid TEXT PRIMARY KEY,
		draft INTEGER NOT NULL,
		at    INTEGER NOT NULL
	) STRICT, WITHOUT ROWID;

	-- Letters that go to the managers at a random moment within the hour.
	CREATE TABLE anon_wait (
		id        INTEGER PRIMARY KEY,                 -- random, and not that of the draft
		community INTEGER NOT NULL REFERENCES community (id),
		conv      INTEGER NOT NULL,
		name      TEXT NOT NULL,
		subject   TEXT NOT NULL,
		words     TEXT NOT NULL,
		key_id    INTEGER NOT NULL,
		nonce     BLOB NOT NULL,
		box       BLOB NOT NULL
	) STRICT;

	-- Names that were given. None is given again within a year.
	CREATE TABLE anon_name (
		community INTEGER NOT NULL REFERENCES community (id),
		name      TEXT NOT NULL,
		at        INTEGER NOT NULL,
		PRIMARY KEY (community, name)
	) STRICT, WITHOUT ROWID;

	-- Voices that managers do not want to hear for a while.
	CREATE TABLE anon_block (
		id        INTEGER PRIMARY KEY,
		community INTEGER NOT NULL REFERENCES community (id),
		conv      INTEGER NOT NULL REFERENCES conv (id),
		until     INTEGER NOT NULL,
		key_id    INTEGER NOT NULL,
		nonce     BLOB NOT NULL,
		box       BLOB NOT NULL
	) STRICT;

	-- Wishes of managers to learn who a made-up name is.
	CREATE TABLE unseal (
		id        INTEGER PRIMARY KEY AUTOINCREMENT,
		conv      INTEGER NOT NULL REFERENCES conv (id),
		by        INTEGER NOT NULL REFERENCES member (id),
		reason    TEXT NOT NULL,
		confirmed INTEGER NOT NULL DEFAULT 0,          -- when the one who asks said YES
		second    INTEGER REFERENCES member (id),      -- who agreed
		state     TEXT NOT NULL DEFAULT 'asked' CHECK (state IN ('asked','confirmed','done','refused','expired')),
		at        INTEGER NOT NULL
	) STRICT;
	CREATE INDEX unseal_conv ON unseal (conv)`

// draft is a letter without a name before its writer has decided.
type draft struct {
	id        int64
	community lists.CommunityID
	conv      ConvID
	name      string
	subject   string
	text      string
	letter    archive.LetterID
	who       sealed
}

// randomID is a number that tells nothing.
func randomID() int64 {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return int64(binary.BigEndian.Uint64(b[:])>>12) + 1
}

const draftColumns = "id, community, conv, name, subject, words, letter, key_id, nonce, box"

func scanDraft(r db.Scanner) (d draft, err error) {
	return d, r.Scan(&d.id, &d.community, &d.conv, &d.name, &d.subject, &d.text, &d.letter, &d.who.kid, &d.who.nonce, &d.who.box)
}

func insertDraft(tx *db.Tx, d draft) error {
	_, err := tx.Exec(`INSERT INTO anon_draft (id, community, conv, name, subject, words, letter, at, key_id, nonce, box)
		VALUES (@id, @community, @conv, @name, @subject, @words, @letter, @at, @key, @nonce, @box)`, db.Named("id", d.id), db.Named("community", d.community), db.Named("conv", d.conv),
		db.Named("name", d.name), db.Named("subject", d.subject), db.Named("words", d.text), db.Named("letter", int64(d.letter)), db.Named("at", db.Micros(tx.Now)),
		db.Named("key", d.who.kid), db.Named("nonce", d.who.nonce), db.Named("box", d.who.box))
	if err != nil {
		return err
	}
	return calendar.Set(tx, DraftExpire, d.id, tx.Now.AddDate(0, 0, heldDays))
}

func findDraft(tx *db.Tx, id int64) (draft, bool, error) {
	d, err := scanDraft(tx.QueryRow("SELECT "+draftColumns+" FROM anon_draft WHERE id = ?", id))
	if errors.Is(err, db.ErrNoRows) {
		return d, false, nil
	}
	return d, err == nil, err
}

func drafts(tx *db.Tx, c lists.CommunityID) ([]draft, error) {
	return db.Select(tx, scanDraft, "SELECT "+draftColumns+" FROM anon_draft WHERE community = ? AND conv = 0", c)
}

func changeDraft(tx *db.Tx, id int64, subject, text string) error {
	_, err := tx.Exec("UPDATE anon_draft SET subject = @subject, words = @words WHERE id = @id", db.Named("subject", subject), db.Named("words", text), db.Named("id", id))
	return err
}

// noteTrace remembers what is to be destroyed with a draft.
func noteTrace(tx *db.Tx, draft int64, id letter.MessageID, raw archive.RawID, l archive.LetterID) error {
	if id != "" {
		if err := noteRef(tx, id, draft); err != nil {
			return err
		}
	}
	_, err := tx.Exec("INSERT INTO anon_trace (draft, msgid, raw, letter) VALUES (@draft, @msgid, @raw, @letter)",
		db.Named("draft", draft), db.Named("msgid", string(id)), db.Named("raw", int64(raw)), db.Named("letter", int64(l)))
	return err
}

// noteRef remembers that a letter of ours is about a draft.
func noteRef(tx *db.Tx, id letter.MessageID, draft int64) error {
	_, err := tx.Exec("INSERT INTO anon_ref (msgid, draft, at) VALUES (@msgid, @draft, @at) ON CONFLICT DO NOTHING",
		db.Named("msgid", string(id)), db.Named("draft", draft), db.Named("at", db.Micros(tx.Now)))
	return err
}

// anonRef finds the draft that one of our letters was about, decided or not.
func anonRef(tx *db.Tx, id letter.MessageID) (draft int64, found bool, err error) {
	err = tx.QueryRow("SELECT draft FROM anon_ref WHERE msgid = ?", string(id)).Scan(&draft)
	if errors.Is(err, db.ErrNoRows) {
		return 0, false, nil
	}
	return draft, err == nil, err
}

// anonRefsKept is how long an answer to such a letter is known, longer than anybody waits.
const anonRefsKept = 400 * 24 * time.Hour

// destroy forgets a draft and everything of it: our letters about it, and its writer's as they came.
func (b *Letterbox) destroy(tx *db.Tx, id int64) error {
	type trace struct {
		raw    archive.RawID
		letter archive.LetterID
	}
	all, err := db.Select(tx, func(r db.Scanner) (t trace, err error) { return t, r.Scan(&t.raw, &t.letter) }, "SELECT raw, letter FROM anon_trace WHERE draft = ?", id)
	if err != nil {
		return err
	}
	for _, t := range all {
		if t.raw != 0 {
			if err := b.Office.Store.DropRaw(tx, t.raw); err != nil {
				return err
			}
		}
		if t.letter != 0 {
			if err := b.Office.Store.DropLetter(tx, t.letter); err != nil {
				return err
			}
		}
	}
	for _, q := range []string{"DELETE FROM anon_trace WHERE draft = ?", "DELETE FROM anon_draft WHERE id = ?"} {
		if _, err := tx.Exec(q, id); err != nil {
			return err
		}
	}
	if _, err := tx.Exec("DELETE FROM anon_ref WHERE at < ?", db.Micros(tx.Now.Add(-anonRefsKept))); err != nil {
		return err
	}
	return calendar.Clear(tx, DraftExpire, id)
}

// waiting is a letter on its way to the managers.
type waiting struct {
	id        int64
	community lists.CommunityID
	conv      ConvID
	name      string
	subject   string
	text      string
	who       sealed
}

const waitColumns = "id, community, conv, name, subject, words, key_id, nonce, box"

func scanWait(r db.Scanner) (w waiting, err error) {
	return w, r.Scan(&w.id, &w.community, &w.conv, &w.name, &w.subject, &w.text, &w.who.kid, &w.who.nonce, &w.who.box)
}

func insertWait(tx *db.Tx, w waiting, at time.Time) error {
	_, err := tx.Exec(`INSERT INTO anon_wait (id, community, conv, name, subject, words, key_id, nonce, box)
		VALUES (@id, @community, @conv, @name, @subject, @words, @key, @nonce, @box)`, db.Named("id", w.id), db.Named("community", w.community), db.Named("conv", w.conv),
		db.Named("name", w.name), db.Named("subject", w.subject), db.Named("words", w.text), db.Named("key", w.who.kid), db.Named("nonce", w.who.nonce), db.Named("box", w.who.box))
	if err != nil {
		return err
	}
	return calendar.Set(tx, AnonRelay, w.id, at)
}

func takeWait(tx *db.Tx, id int64) (waiting, error) {
	return scanWait(tx.QueryRow("DELETE FROM anon_wait WHERE id = ? RETURNING "+waitColumns, id))
}

func waits(tx *db.Tx, c lists.CommunityID) ([]waiting, error) {
	return db.Select(tx, scanWait, "SELECT "+waitColumns+" FROM anon_wait WHERE community = ? AND conv = 0", c)
}

// openVoice begins a conversation under a made-up name, dated by the hour.
func (b *Letterbox) openVoice(tx *db.Tx, w waiting, who identity) (Conv, error) {
	for {
		id, err := tx.Insert(`INSERT INTO conv (code, community, member, local, domain, name, kind, subject, about, digest, thread, opened, anon)
			VALUES (@code, @community, NULL, '', '', @name, 'question', @subject, '', 0, '', @opened, 1)`,
			db.Named("code", newCode()), db.Named("community", w.community), db.Named("name", w.name), db.Named("subject", w.subject), db.Named("opened", db.Micros(hour(tx.Now))))
		if db.IsUnique(err) {
			continue
		}
		if err != nil {
			return Conv{}, err
		}
		s, err := b.Vault.seal(who, convPurpose(ConvID(id)))
		if err != nil {
			return Conv{}, err
		}
		if _, err := tx.Exec("INSERT INTO sealed_identity (conv, key_id, nonce, box) VALUES (@conv, @key, @nonce, @box)",
			db.Named("conv", id), db.Named("key", s.kid), db.Named("nonce", s.nonce), db.Named("box", s.box)); err != nil {
			return Conv{}, err
		}
		return find(tx, ConvID(id))
	}
}

// sealOf is the sealed identity of a conversation.
func sealOf(tx *db.Tx, c ConvID) (s sealed, err error) {
	err = tx.QueryRow("SELECT key_id, nonce, box FROM sealed_identity WHERE conv = ?", c).Scan(&s.kid, &s.nonce, &s.box)
	return s, err
}

// openVoices are the conversations under made-up names that are not closed.
func openVoices(tx *db.Tx, c lists.CommunityID) ([]ConvID, error) {
	return db.Select(tx, func(r db.Scanner) (id ConvID, err error) { return id, r.Scan(&id) },
		"SELECT s.conv FROM sealed_identity AS s JOIN conv ON conv.id = s.conv WHERE conv.community = ? AND conv.state <> 'closed'", c)
}

// takeName keeps a name for a year; false when somebody has it.
func takeName(tx *db.Tx, c lists.CommunityID, name string) (bool, error) {
	n, err := tx.Change(`INSERT INTO anon_name (community, name, at) VALUES (@community, @name, @at)
		ON CONFLICT (community, name) DO UPDATE SET at = excluded.at WHERE at < @old`,
		db.Named("community", c), db.Named("name", name), db.Named("at", db.Micros(tx.Now)), db.Named("old", db.Micros(tx.Now.AddDate(-1, 0, 0))))
	return n == 1, err
}

// lastAt is when the newest thing in a conversation was said.
func lastAt(tx *db.Tx, c ConvID) (time.Time, error) {
	var at int64
	err := tx.QueryRow("SELECT coalesce(max(at), 0) FROM conv_msg WHERE conv = ?", c).Scan(&at)
	return db.Time(at), err
}

type block struct {
	id    int64
	conv  ConvID
	until time.Time
	who   sealed
}

func blocks(tx *db.Tx, c lists.CommunityID) ([]block, error) {
	if _, err := tx.Exec("DELETE FROM anon_block WHERE until <= ?", db.Micros(tx.Now)); err != nil {
		return nil, err
	}
	return db.Select(tx, func(r db.Scanner) (s block, err error) {
		var until int64
		err = r.Scan(&s.id, &s.conv, &until, &s.who.kid, &s.who.nonce, &s.who.box)
		s.until = db.Time(until)
		return s, err
	}, "SELECT id, conv, until, key_id, nonce, box FROM anon_block WHERE community = ?", c)
}

func insertBlock(tx *db.Tx, c Conv, id int64, until time.Time, who sealed) error {
	_, err := tx.Exec("INSERT INTO anon_block (id, community, conv, until, key_id, nonce, box) VALUES (@id, @community, @conv, @until, @key, @nonce, @box)",
		db.Named("id", id), db.Named("community", c.Community), db.Named("conv", c.ID), db.Named("until", db.Micros(until)),
		db.Named("key", who.kid), db.Named("nonce", who.nonce), db.Named("box", who.box))
	return err
}

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

	-- Letters that wait for their writer's YES: all of them sealed, for in the one that goes on with a conversation stands what its writer
	-- may take out of it. Destroyed then.
	CREATE TABLE anon_draft (
		id        INTEGER PRIMARY KEY,                 -- random: no number tells how many there were
		community INTEGER NOT NULL REFERENCES community (id),
		key_id    INTEGER NOT NULL,
		nonce     BLOB NOT NULL,
		box       BLOB NOT NULL
	) STRICT;

	-- What of a draft lies elsewhere until it is decided: our own letters about it. Those of its writer are destroyed as they come.
	CREATE TABLE anon_trace (
		draft INTEGER NOT NULL,
		raw   INTEGER NOT NULL                         -- stored bytes
	) STRICT;
	CREATE INDEX anon_trace_draft ON anon_trace (draft);

	-- Message-IDs of ours to people who write without a name: an answer to one is never taken for a letter in their own name.
	CREATE TABLE anon_ref (
		msgid TEXT PRIMARY KEY,
		draft INTEGER NOT NULL,
		day   INTEGER NOT NULL                         -- microseconds UTC, of a whole day
	) STRICT, WITHOUT ROWID;

	-- To whom our letters about drafts go: the queue does not know it.
	CREATE TABLE anon_mail (
		msgid  TEXT PRIMARY KEY,
		day    INTEGER NOT NULL,
		key_id INTEGER NOT NULL,
		nonce  BLOB NOT NULL,
		box    BLOB NOT NULL
	) STRICT, WITHOUT ROWID;

	-- Conversations whose writers want them forgotten: which, lies sealed as well, or the day would tell whose it was.
	CREATE TABLE anon_forget (
		id     INTEGER PRIMARY KEY,                    -- random
		key_id INTEGER NOT NULL,
		nonce  BLOB NOT NULL,
		box    BLOB NOT NULL
	) STRICT;

	-- Letters that go to the managers at a random moment within the hour.
	CREATE TABLE anon_wait (
		id        INTEGER PRIMARY KEY,                 -- random, and not that of the draft
		community INTEGER NOT NULL REFERENCES community (id),
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
		defer     INTEGER NOT NULL DEFAULT 0,          -- by how many days the ombuds has put off that the member is told
		done      INTEGER NOT NULL DEFAULT 0,          -- when the name was told
		state     TEXT NOT NULL DEFAULT 'asked' CHECK (state IN ('asked','confirmed','done','refused','expired')),
		at        INTEGER NOT NULL
	) STRICT;
	CREATE INDEX unseal_conv ON unseal (conv)`

// draft is a letter without a name before the managers have it: it waits for its writer's YES, or for its moment.
type draft struct {
	id        int64
	community lists.CommunityID
	unsent
}

// unsent is what lies sealed of it.
type unsent struct {
	Who     identity `json:"who"`
	Conv    ConvID   `json:"conv,omitempty"` // the conversation it goes on with; 0 begins one
	Name    string   `json:"name"`           // the made-up name it will have
	Subject string   `json:"subject,omitempty"`
	Text    string   `json:"text"`
	Files   []parcel `json:"files,omitempty"` // what came with it and could go with it
	With    bool     `json:"with,omitempty"`  // it does: its writer said so
}

// parcel is a file under the seal.
type parcel struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Data   []byte `json:"data"`
	Author bool   `json:"author,omitempty"`
}

// files are those that go with a letter.
func (u unsent) files() (all []file) {
	if !u.With {
		return nil
	}
	for _, p := range u.Files {
		all = append(all, file{p.Name, p.Kind, p.Data, p.Author})
	}
	return all
}

// randomID is a number that tells nothing.
func randomID() int64 {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return int64(binary.BigEndian.Uint64(b[:])>>12) + 1
}

// sealedDraft is a row of anon_draft or anon_wait.
type sealedDraft struct {
	id        int64
	community lists.CommunityID
	sealed
}

const draftColumns = "id, community, key_id, nonce, box"

func scanDraft(r db.Scanner) (d sealedDraft, err error) {
	return d, r.Scan(&d.id, &d.community, &d.kid, &d.nonce, &d.box)
}

// openDraft opens the seal of a letter without a name.
func (b *Letterbox) openDraft(s sealedDraft, purpose string) (d draft, err error) {
	if b.Vault == nil {
		return d, errSealed
	}
	d.id, d.community = s.id, s.community
	return d, b.Vault.read(s.sealed, purpose, &d.unsent)
}

func (b *Letterbox) insertDraft(tx *db.Tx, d draft) error {
	s, err := b.Vault.write(d.unsent, draftPurpose(d.id))
	if err != nil {
		return err
	}
	if _, err := tx.Exec("INSERT INTO anon_draft (id, community, key_id, nonce, box) VALUES (@id, @community, @key, @nonce, @box)",
		db.Named("id", d.id), db.Named("community", d.community), db.Named("key", s.kid), db.Named("nonce", s.nonce), db.Named("box", s.box)); err != nil {
		return err
	}
	return calendar.Set(tx, DraftExpire, d.id, tx.Now.AddDate(0, 0, heldDays))
}

func (b *Letterbox) findDraft(tx *db.Tx, id int64) (d draft, found bool, err error) {
	s, err := scanDraft(tx.QueryRow("SELECT "+draftColumns+" FROM anon_draft WHERE id = ?", id))
	if errors.Is(err, db.ErrNoRows) {
		return d, false, nil
	}
	if err == nil {
		d, err = b.openDraft(s, draftPurpose(id))
	}
	return d, err == nil, err
}

// drafts are the letters without a name that wait for their writers' word. One whose seal nobody can open is nobody's.
func (b *Letterbox) drafts(tx *db.Tx, c lists.CommunityID) ([]draft, error) {
	rows, err := db.Select(tx, scanDraft, "SELECT "+draftColumns+" FROM anon_draft WHERE community = ?", c)
	return b.opened(rows, draftPurpose), err
}

func (b *Letterbox) opened(rows []sealedDraft, purpose func(int64) string) (all []draft) {
	for _, s := range rows {
		if d, err := b.openDraft(s, purpose(s.id)); err == nil {
			all = append(all, d)
		}
	}
	return all
}

func (b *Letterbox) changeDraft(tx *db.Tx, d draft) error {
	s, err := b.Vault.write(d.unsent, draftPurpose(d.id))
	if err != nil {
		return err
	}
	_, err = tx.Exec("UPDATE anon_draft SET key_id = @key, nonce = @nonce, box = @box WHERE id = @id",
		db.Named("id", d.id), db.Named("key", s.kid), db.Named("nonce", s.nonce), db.Named("box", s.box))
	return err
}

// noteTrace remembers what is to be destroyed with a draft.
func noteTrace(tx *db.Tx, draft int64, raw archive.RawID) error {
	_, err := tx.Exec("INSERT INTO anon_trace (draft, raw) VALUES (?, ?)", draft, int64(raw))
	return err
}

// dayOf is a date as it stands beside what must not be joined by its time.
func dayOf(t time.Time) int64 { return db.Micros(t.UTC().Truncate(24 * time.Hour)) }

// mailKept is how long is known to whom a letter of ours goes: longer than the queue tries.
const mailKept = 7 * 24 * time.Hour

func mailPurpose(id letter.MessageID) string { return "mail:" + string(id) }

// noteMail seals to whom a letter of ours goes.
func (b *Letterbox) noteMail(tx *db.Tx, id letter.MessageID, who identity) error {
	if _, err := tx.Exec("DELETE FROM anon_mail WHERE day < ?", dayOf(tx.Now.Add(-mailKept))); err != nil {
		return err
	}
	s, err := b.Vault.seal(who, mailPurpose(id))
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO anon_mail (msgid, day, key_id, nonce, box) VALUES (@msgid, @day, @key, @nonce, @box)",
		db.Named("msgid", string(id)), db.Named("day", dayOf(tx.Now)), db.Named("key", s.kid), db.Named("nonce", s.nonce), db.Named("box", s.box))
	return err
}

// mailTo finds to whom a letter of ours about a draft goes.
func (b *Letterbox) mailTo(tx *db.Tx, id letter.MessageID) (identity, error) {
	var s sealed
	if err := tx.QueryRow("SELECT key_id, nonce, box FROM anon_mail WHERE msgid = ?", string(id)).Scan(&s.kid, &s.nonce, &s.box); err != nil {
		return identity{}, err
	}
	if b.Vault == nil {
		return identity{}, errSealed
	}
	return b.Vault.open(s, mailPurpose(id))
}

// noteRef remembers that a letter of ours is about a draft.
func noteRef(tx *db.Tx, id letter.MessageID, draft int64) error {
	_, err := tx.Exec("INSERT INTO anon_ref (msgid, draft, day) VALUES (@msgid, @draft, @day) ON CONFLICT DO NOTHING",
		db.Named("msgid", string(id)), db.Named("draft", draft), db.Named("day", dayOf(tx.Now)))
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

// forgetting is a conversation that its writer wants forgotten.
type forgetting struct {
	id   int64
	what sealed
}

func scanForget(r db.Scanner) (f forgetting, err error) {
	return f, r.Scan(&f.id, &f.what.kid, &f.what.nonce, &f.what.box)
}

func insertForget(tx *db.Tx, id int64, what sealed, at time.Time) error {
	_, err := tx.Exec("INSERT INTO anon_forget (id, key_id, nonce, box) VALUES (@id, @key, @nonce, @box)",
		db.Named("id", id), db.Named("key", what.kid), db.Named("nonce", what.nonce), db.Named("box", what.box))
	if err != nil {
		return err
	}
	return calendar.Set(tx, EraseVoice, id, at)
}

func forgets(tx *db.Tx) ([]forgetting, error) {
	return db.Select(tx, scanForget, "SELECT id, key_id, nonce, box FROM anon_forget")
}

func takeForget(tx *db.Tx, id int64) (forgetting, error) {
	return scanForget(tx.QueryRow("DELETE FROM anon_forget WHERE id = ? RETURNING id, key_id, nonce, box", id))
}

// undate takes the day out of what is left of a forgotten conversation without a name.
func undate(tx *db.Tx, c Conv) error {
	_, err := tx.Exec("UPDATE conv SET closed = opened, erased = opened WHERE id = ? AND anon AND erased <> 0", c.ID)
	return err
}

// outlive keeps the Message-IDs of our letters to the writer of a conversation that is forgotten: an answer to one is still none in the
// writer's own name.
func outlive(tx *db.Tx, c Conv) error {
	if !c.Anon {
		return nil
	}
	_, err := tx.Exec("INSERT INTO anon_ref (msgid, draft, day) SELECT msgid, @draft, @day FROM conv_ref WHERE conv = @conv AND manager = 0 ON CONFLICT DO NOTHING",
		db.Named("draft", randomID()), db.Named("day", dayOf(c.Opened)), db.Named("conv", c.ID))
	return err
}

// anonRefsKept is how long an answer to such a letter is known, longer than anybody waits.
const anonRefsKept = 400 * 24 * time.Hour

// destroy forgets a draft and everything of it, our letters about it too.
func (b *Letterbox) destroy(tx *db.Tx, id int64) error {
	all, err := db.Select(tx, func(r db.Scanner) (raw archive.RawID, err error) { return raw, r.Scan(&raw) }, "SELECT raw FROM anon_trace WHERE draft = ?", id)
	if err != nil {
		return err
	}
	for _, raw := range all {
		if err := b.Office.Store.DropRaw(tx, raw); err != nil {
			return err
		}
	}
	for _, q := range []string{"DELETE FROM anon_trace WHERE draft = ?", "DELETE FROM anon_draft WHERE id = ?"} {
		if _, err := tx.Exec(q, id); err != nil {
			return err
		}
	}
	if _, err := tx.Exec("DELETE FROM anon_ref WHERE day < ?", dayOf(tx.Now.Add(-anonRefsKept))); err != nil {
		return err
	}
	return calendar.Clear(tx, DraftExpire, id)
}

// insertWait has a letter wait for its moment, under another number than that by which its writer decided.
func (b *Letterbox) insertWait(tx *db.Tx, d draft, at time.Time) error {
	d.id = randomID()
	s, err := b.Vault.write(d.unsent, waitPurpose(d.id))
	if err != nil {
		return err
	}
	if _, err := tx.Exec("INSERT INTO anon_wait (id, community, key_id, nonce, box) VALUES (@id, @community, @key, @nonce, @box)",
		db.Named("id", d.id), db.Named("community", d.community), db.Named("key", s.kid), db.Named("nonce", s.nonce), db.Named("box", s.box)); err != nil {
		return err
	}
	return calendar.Set(tx, AnonRelay, d.id, at)
}

func (b *Letterbox) takeWait(tx *db.Tx, id int64) (draft, error) {
	s, err := scanDraft(tx.QueryRow("DELETE FROM anon_wait WHERE id = ? RETURNING "+draftColumns, id))
	if err != nil {
		return draft{}, err
	}
	return b.openDraft(s, waitPurpose(id))
}

// waits are the letters without a name that are on their way to the managers.
func (b *Letterbox) waits(tx *db.Tx, c lists.CommunityID) ([]draft, error) {
	rows, err := db.Select(tx, scanDraft, "SELECT "+draftColumns+" FROM anon_wait WHERE community = ?", c)
	return b.opened(rows, waitPurpose), err
}

func dropWait(tx *db.Tx, id int64) error {
	if _, err := tx.Exec("DELETE FROM anon_wait WHERE id = ?", id); err != nil {
		return err
	}
	return calendar.Clear(tx, AnonRelay, id)
}

// openVoice begins a conversation under a made-up name, dated by the hour.
func (b *Letterbox) openVoice(tx *db.Tx, w draft) (Conv, error) {
	for {
		id, err := tx.Insert(`INSERT INTO conv (code, community, member, local, domain, name, kind, subject, about, digest, thread, opened, anon)
			VALUES (@code, @community, NULL, '', '', @name, 'question', @subject, '', 0, '', @opened, 1)`,
			db.Named("code", newCode()), db.Named("community", w.community), db.Named("name", w.Name), db.Named("subject", w.Subject), db.Named("opened", db.Micros(hour(tx.Now))))
		if db.IsUnique(err) {
			continue
		}
		if err != nil {
			return Conv{}, err
		}
		s, err := b.Vault.seal(w.Who, convPurpose(ConvID(id)))
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

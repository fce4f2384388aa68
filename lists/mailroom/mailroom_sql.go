package mailroom

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/archive/logbook"
	"backchannel/lists/address"
	"backchannel/smtpd"
	"backchannel/smtpd/mailauth"
	"backchannel/templates/refusal"
)

// Schema is what the mailroom remembers of letters that were here.
func Schema() db.Schema {
	return db.Schema{Owner: "lists/mailroom", Steps: []string{`
	-- Letters taken lately: the same one again changes nothing (P3). Rows lie in the order in which letters came and only their marks
	-- at random, in few pages: a table by the key itself costs a page of the write-ahead log for each letter.
	CREATE TABLE seen_letter (
		id         INTEGER PRIMARY KEY,
		mark       INTEGER NOT NULL,  -- the first 32 bits of the key
		letter_key BLOB NOT NULL,     -- SHA-256 over sender, id, date, subject, body and destination
		story      TEXT NOT NULL,     -- under which it was taken
		at         INTEGER NOT NULL   -- microseconds UTC
	) STRICT;
	CREATE INDEX seen_letter_mark ON seen_letter (mark);

	-- Signatures that vouched for a letter at an address: good once (C4).
	CREATE TABLE seen_signature (
		signature_key BLOB PRIMARY KEY,  -- SHA-256 over d=, b= and the address
		until         INTEGER NOT NULL   -- microseconds UTC; then the date it covers is too old anyhow
	) STRICT, WITHOUT ROWID;
	CREATE INDEX seen_signature_until ON seen_signature (until);

	-- Letters over which the program stumbled (P8).
	CREATE TABLE stumble (
		letter_key BLOB PRIMARY KEY,  -- SHA-256 over the bytes behind our own trace field
		n          INTEGER NOT NULL CHECK (n > 0),
		at         INTEGER NOT NULL
	) STRICT, WITHOUT ROWID;

	-- Letters that were set aside after a second stumble. Their bytes stay until a person has looked.
	CREATE TABLE set_aside (
		letter INTEGER PRIMARY KEY REFERENCES letter (id),
		at     INTEGER NOT NULL
	) STRICT`, `
	-- Strangers whose server was asked to come again with a letter to the managers, and came. No address stands here.
	CREATE TABLE grey (
		grey_key BLOB PRIMARY KEY,  -- SHA-256 over the network or the letter, the return path and our address
		first    INTEGER NOT NULL,  -- microseconds UTC; the first try
		until    INTEGER NOT NULL   -- when it is forgotten
	) STRICT, WITHOUT ROWID;
	CREATE INDEX grey_until ON grey (until)`, `
	ALTER TABLE grey ADD COLUMN organisation BLOB NOT NULL DEFAULT x'';  -- SHA-256 of the one that the sender belongs to
	ALTER TABLE grey ADD COLUMN network BLOB NOT NULL DEFAULT x'';       -- SHA-256
	CREATE INDEX grey_organisation ON grey (organisation, until);
	CREATE INDEX grey_network ON grey (network, until)`, `
	-- Set for a private letter at its second stumble: it was refused, and nothing of it was kept but that.
	ALTER TABLE stumble ADD COLUMN refused INTEGER NOT NULL DEFAULT 0`, `
	ALTER TABLE grey ADD COLUMN author BLOB NOT NULL DEFAULT x'';        -- SHA-256 of the address in From
	CREATE INDEX grey_author ON grey (author, until)`}}
}

// mark is what the rows of a letter are found by.
func mark(key []byte) int64 { return int64(binary.BigEndian.Uint32(key)) }

func seen(tx *db.Tx, key []byte, since time.Time) (bool, error) {
	var one int
	err := tx.QueryRow("SELECT 1 FROM seen_letter WHERE mark = ? AND letter_key = ? AND at >= ?", mark(key), key, db.Micros(since)).Scan(&one)
	if errors.Is(err, db.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

func remember(tx *db.Tx, key []byte, story string) error {
	_, err := tx.Exec("INSERT INTO seen_letter (mark, letter_key, story, at) VALUES (@mark, @key, @story, @at)",
		db.Named("mark", mark(key)), db.Named("key", key), db.Named("story", story), db.Named("at", db.Micros(tx.Now)))
	return err
}

// forgetMost is how many letters are forgotten with a commit at most: more than come with one.
const forgetMost = 100

// forget takes out the first rows if they are older than a date. Rows lie by age, as long as nobody sets the clock back.
func forget(tx *db.Tx, before time.Time) error {
	_, err := tx.Exec("DELETE FROM seen_letter WHERE id IN (SELECT id FROM (SELECT id, at FROM seen_letter ORDER BY id LIMIT ?) WHERE at < ?)", forgetMost, db.Micros(before))
	return err
}

// firstTime notes a signature and tells whether it was not here before. What is over is forgotten, a few at a time.
func firstTime(tx *db.Tx, key []byte, until time.Time) (bool, error) {
	if _, err := tx.Exec("DELETE FROM seen_signature WHERE signature_key IN (SELECT signature_key FROM seen_signature WHERE until < ? ORDER BY until LIMIT 20)",
		db.Micros(tx.Now)); err != nil {
		return false, err
	}
	n, err := tx.Change("INSERT INTO seen_signature (signature_key, until) VALUES (?, ?) ON CONFLICT (signature_key) DO NOTHING", key, db.Micros(until))
	if err != nil {
		return false, fmt.Errorf("note a signature: %w", err)
	}
	return n == 1, nil
}

// cameAgain notes that a stranger's server is here, and tells whether it was asked to come again, by one of the keys, long enough ago. What is
// over is forgotten, a few at a time.
func cameAgain(tx *db.Tx, try greyTry, wait time.Duration) (came bool, err error) {
	if _, err := tx.Exec("DELETE FROM grey WHERE grey_key IN (SELECT grey_key FROM grey WHERE until < ? ORDER BY until LIMIT 20)", db.Micros(tx.Now)); err != nil {
		return false, err
	}
	for _, key := range try.keys {
		n, err := tx.Change("UPDATE grey SET until = @until WHERE grey_key = @key AND first <= @waited",
			db.Named("until", db.Micros(tx.Now.Add(greyKnown))), db.Named("key", key), db.Named("waited", db.Micros(tx.Now.Add(-wait))))
		if err != nil || n > 0 {
			return n > 0, err
		}
	}
	for _, key := range try.keys {
		// A clock that was set back makes nobody wait for longer (P9).
		if _, err := tx.Exec(`INSERT INTO grey (grey_key, first, until, author, organisation, network) VALUES (@key, @now, @until, @author, @organisation, @network)
			ON CONFLICT (grey_key) DO UPDATE SET first = min(first, excluded.first)`,
			db.Named("key", key), db.Named("now", db.Micros(tx.Now)), db.Named("until", db.Micros(tx.Now.Add(greyFor))),
			db.Named("author", try.author), db.Named("organisation", try.organisation), db.Named("network", try.network)); err != nil {
			return false, fmt.Errorf("note a stranger: %w", err)
		}
	}
	return false, boundGrey(tx, try)
}

// boundGrey takes out what is too much after a try was noted: the oldest first. Who came again and who has yet to are bounded each for
// themselves: the ones are kept for longer, and many of them would leave no room for anybody new.
func boundGrey(tx *db.Tx, try greyTry) error {
	for _, of := range []struct {
		column string // of this file, none of a stranger's
		value  []byte
		most   int
	}{{"author", try.author, greyAuthor}, {"organisation", try.organisation, greyShare}, {"network", try.network, greyShare}} {
		for _, known := range []bool{false, true} {
			if _, err := tx.Exec(`DELETE FROM grey WHERE grey_key IN (SELECT grey_key FROM grey WHERE `+of.column+` = @of AND (until - first > @try) = @known
				ORDER BY until DESC LIMIT -1 OFFSET @most)`,
				db.Named("of", of.value), db.Named("try", greyFor.Microseconds()), db.Named("known", known), db.Named("most", of.most)); err != nil {
				return err
			}
		}
	}
	var rows int
	if err := tx.QueryRow("SELECT count(*) FROM grey").Scan(&rows); err != nil || rows <= greyMost {
		return err
	}
	// Of many organisations in one network no one has much, nor has any network of an organisation that comes from everywhere.
	_, err := tx.Exec(`WITH most (kind, value, n) AS (
			SELECT 'o', organisation, count(*) FROM grey GROUP BY organisation
			UNION ALL SELECT 'n', network, count(*) FROM grey WHERE network <> x'' GROUP BY network
			ORDER BY 3 DESC, 1 DESC, 2 LIMIT 1)
		DELETE FROM grey WHERE grey_key IN (SELECT grey_key FROM grey, most WHERE CASE kind WHEN 'o' THEN organisation ELSE network END = value ORDER BY first LIMIT @much)`,
		db.Named("much", rows-greyMost))
	return err
}

// stumbled counts a panic. The first one is a temporary refusal: the peer offers the letter again. At the second the letter is
// taken as it is, kept for a person to look at, and the managers are told (P8). A private one is not: nobody has said yet which managers may
// know of it, or whose it is. It stays with its writer, and nothing of it is kept.
func (m *Mailroom) stumbled(env *smtpd.Envelope, raw []byte) error {
	again := refusal.Because(refusal.Unavailable, "We stumbled over this letter. Nothing was lost; please try again later.")
	err := m.DB.Update(context.Background(), func(tx *db.Tx) error {
		key := sha256.Sum256(withoutTrace(raw))
		var n int
		err := tx.QueryRow(`INSERT INTO stumble (letter_key, n, at) VALUES (@key, 1, @at)
			ON CONFLICT (letter_key) DO UPDATE SET n = n + 1 RETURNING n`, db.Named("key", key[:]), db.Named("at", db.Micros(tx.Now))).Scan(&n)
		if err != nil || n < 2 {
			return err
		}
		if m.mayBeVeiled(tx, env, raw) {
			again = refusal.Because(refusal.Malformed, "Our program stumbled over this letter twice. It is a private one, which we keep for nobody to look at, so nothing of it was kept. Please write it once more as plain text, without attachments.")
			if _, err := tx.Exec("UPDATE stumble SET refused = ? WHERE letter_key = ?", db.Micros(tx.Now), key[:]); err != nil {
				return err
			}
			return logbook.Write(tx, logbook.Entry{Story: env.Story, Verb: logbook.Refused, Detail: veiledWord})
		}
		again = nil
		return m.setAside(tx, env, raw)
	})
	if err != nil {
		return err
	}
	if again != nil {
		return again
	}
	return nil
}

// Stumbles are the letters over which the program failed twice.
type Stumbles struct {
	Refused []time.Time // private ones, that were refused: when; nothing else is known of them
	Aside   int         // others, whose bytes were kept for a person to look at
}

// Stumbled tells over which letters the program failed twice since a moment.
func Stumbled(tx *db.Tx, since time.Time) (s Stumbles, err error) {
	s.Refused, err = db.Select(tx, func(r db.Scanner) (time.Time, error) {
		var at int64
		err := r.Scan(&at)
		return db.Time(at), err
	}, "SELECT refused FROM stumble WHERE refused > ? ORDER BY refused", db.Micros(since))
	if err != nil {
		return s, err
	}
	return s, tx.QueryRow("SELECT count(*) FROM set_aside WHERE at > ?", db.Micros(since)).Scan(&s.Aside)
}

// mayBeVeiled tells whether a letter on which the program failed is private, or comes through a door behind which nobody has a name. Where it
// fails on that question, too, every door with a token counts as one.
func (m *Mailroom) mayBeVeiled(tx *db.Tx, env *smtpd.Envelope, raw []byte) (veiled bool) {
	defer func() {
		if recover() != nil {
			veiled = true
		}
	}()
	if anyOf(env, address.Name.Private) {
		return true
	}
	if !anyOf(env, func(n address.Name) bool { return n.Form == address.Token }) {
		return false
	}
	l, err := letter.Parse(raw)
	if err == nil {
		veiled, err = m.veilsAny(tx, env, l)
	}
	return veiled || err != nil
}

func (m *Mailroom) setAside(tx *db.Tx, env *smtpd.Envelope, raw []byte) error {
	id, err := m.Store.PutLetter(tx, arrival(env, "", mailauth.Finding{}), raw)
	if err != nil {
		return err
	}
	if _, err := tx.Exec("INSERT INTO set_aside (letter, at) VALUES (?, ?)", int64(id), db.Micros(tx.Now)); err != nil {
		return err
	}
	for _, verb := range []logbook.Verb{logbook.Received, logbook.Held} {
		if err := logbook.Write(tx, logbook.Entry{Story: env.Story, Verb: verb, Detail: "set aside: the program failed on it twice"}); err != nil {
			return err
		}
	}
	for _, to := range env.To {
		c, ours, err := m.community(tx, to)
		if err != nil {
			return err
		}
		if ours && m.Teller != nil {
			return m.Teller.SetAside(tx, c, env.Story)
		}
	}
	return nil
}

// withoutTrace cuts off the one field that we ourselves put on top, which is another one at each attempt.
func withoutTrace(raw []byte) []byte {
	for i := 0; i+1 < len(raw); i++ {
		if raw[i] == '\n' && raw[i+1] != ' ' && raw[i+1] != '\t' {
			return raw[i+1:]
		}
	}
	return raw
}

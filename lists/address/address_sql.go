package address

import (
	"errors"
	"fmt"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
)

// Schema is the table of tokens.
func Schema() db.Schema {
	return db.Schema{Owner: "lists/address", Steps: []string{`
	-- Rows lie in the order in which they were made: a digest for ten thousand makes many at once, and in the order of their hashes each
	-- would be written to another page, in the table and in every index.
	CREATE TABLE address_token (
		id        INTEGER PRIMARY KEY,
		hash      BLOB NOT NULL UNIQUE,        -- SHA-256 of the token; the token itself is nowhere
		kind      TEXT NOT NULL,               -- the word in front of it
		receiver  TEXT NOT NULL,               -- whose letters come here
		community INTEGER NOT NULL,
		member    INTEGER NOT NULL,            -- whose token it is; 0 is nobody's in particular
		object    TEXT NOT NULL,               -- what it is about, in the receiver's words
		epoch     INTEGER NOT NULL,
		kid       INTEGER NOT NULL,            -- which key made it
		created   INTEGER NOT NULL,            -- microseconds UTC, as all times
		expires   INTEGER NOT NULL DEFAULT 0,  -- 0: never
		max_uses  INTEGER NOT NULL DEFAULT 0,  -- 0: any number
		uses      INTEGER NOT NULL DEFAULT 0,
		revoked   INTEGER NOT NULL DEFAULT 0   -- 0: not
	) STRICT;
	CREATE INDEX address_token_member ON address_token (community, member);
	CREATE INDEX address_token_object ON address_token (receiver, object);
	CREATE INDEX address_token_expires ON address_token (expires) WHERE expires <> 0`}}
}

// Grant names a door: who may be written to through it, by whom, about what, and how long.
type Grant struct {
	Kind      Kind
	Receiver  string // the receiver's name, as the mailroom knows it
	Community int64
	Member    int64  // whose token it is; 0 for none
	Object    string // in the receiver's words
	Epoch     int64  // raising it makes another token of the same door
	Expires   time.Time
	MaxUses   int
}

// Row is what is known of a token.
type Row struct {
	Grant
	Created time.Time
	Uses    int
	Revoked bool
	hash    []byte
}

// Live tells whether the door still opens.
func (r Row) Live(now time.Time) bool {
	return !r.Revoked && (r.Expires.IsZero() || now.Before(r.Expires)) && (r.MaxUses == 0 || r.Uses < r.MaxUses)
}

// Book makes tokens and finds them again.
type Book struct {
	keys map[int][]byte
	kid  int
}

// New makes a book. New tokens are made with keys[kid], which has at least 32 bytes; the other keys are history: their rows stay
// valid until they expire.
func New(keys map[int][]byte, kid int) (*Book, error) {
	if len(keys[kid]) < 32 {
		return nil, fmt.Errorf("token key %d has %d bytes, 32 are needed", kid, len(keys[kid]))
	}
	return &Book{keys, kid}, nil
}

// renew is how much longer a token must live before its row is written again: a fan-out should not rewrite every member's rows.
const renew = 24 * time.Hour

// Issue makes the door's token, the same for the same grant, and sees to it that it lives until g.Expires at least.
func (b *Book) Issue(tx *db.Tx, g Grant) (string, error) {
	token := g.token(b.keys[b.kid])
	_, err := tx.Exec(`INSERT INTO address_token (hash, kind, receiver, community, member, object, epoch, kid, created, expires, max_uses)
		VALUES (@hash, @kind, @receiver, @community, @member, @object, @epoch, @kid, @created, @expires, @max_uses)
		ON CONFLICT (hash) DO UPDATE SET expires = excluded.expires
		WHERE expires <> 0 AND (excluded.expires = 0 OR excluded.expires > expires + @renew)`,
		db.Named("hash", digest(token)), db.Named("kind", string(g.Kind)), db.Named("receiver", g.Receiver), db.Named("community", g.Community),
		db.Named("member", g.Member), db.Named("object", g.Object), db.Named("epoch", g.Epoch), db.Named("kid", b.kid), db.Named("created", db.Micros(tx.Now)),
		db.Named("expires", db.Micros(g.Expires)), db.Named("max_uses", g.MaxUses), db.Named("renew", renew.Microseconds()))
	if err != nil {
		return "", fmt.Errorf("issue a %s token: %w", g.Kind, err)
	}
	return token, nil
}

// Address is Issue as a whole address of a domain.
func (b *Book) Address(tx *db.Tx, g Grant, domain string) (letter.Address, error) {
	token, err := b.Issue(tx, g)
	return letter.Address{Local: string(g.Kind) + "+" + token, Domain: domain}, err
}

// Find looks a token up; false when nobody was ever given it, or it is another kind's.
func Find(tx *db.Tx, kind Kind, token string) (Row, bool, error) {
	r := Row{hash: digest(token)}
	var k string
	var created, expires, revoked int64
	err := tx.QueryRow(`SELECT kind, receiver, community, member, object, epoch, created, expires, max_uses, uses, revoked
		FROM address_token WHERE hash = ?`, r.hash).Scan(&k, &r.Receiver, &r.Community, &r.Member, &r.Object, &r.Epoch, &created, &expires, &r.MaxUses, &r.Uses, &revoked)
	if errors.Is(err, db.ErrNoRows) {
		return Row{}, false, nil
	}
	if err != nil {
		return Row{}, false, fmt.Errorf("find a token: %w", err)
	}
	r.Kind, r.Created, r.Expires, r.Revoked = Kind(k), db.Time(created), db.Time(expires), revoked != 0
	if r.Kind != kind {
		return Row{}, false, nil
	}
	return r, true, nil
}

// Use counts one use. It fails softly: false when the last use was taken meanwhile.
func Use(tx *db.Tx, r Row) (bool, error) {
	n, err := tx.Change("UPDATE address_token SET uses = uses + 1 WHERE hash = ? AND revoked = 0 AND (max_uses = 0 OR uses < max_uses)", r.hash)
	return n == 1, err
}

// Waiting are the objects of a member's tokens that one receiver gave out for a time, and that were not used yet.
func Waiting(tx *db.Tx, receiver string, community, member int64) ([]string, error) {
	return db.Select(tx, func(r db.Scanner) (object string, err error) { err = r.Scan(&object); return object, err },
		`SELECT object FROM address_token WHERE community = @community AND member = @member AND receiver = @receiver
		AND uses = 0 AND revoked = 0 AND expires > @now ORDER BY id`,
		db.Named("community", community), db.Named("member", member), db.Named("receiver", receiver), db.Named("now", db.Micros(tx.Now)))
}

// RevokeMember ends all tokens of a member, at once and for ever.
func RevokeMember(tx *db.Tx, community, member int64) error {
	_, err := tx.Exec("UPDATE address_token SET revoked = @now WHERE community = @community AND member = @member AND revoked = 0",
		db.Named("now", db.Micros(tx.Now)), db.Named("community", community), db.Named("member", member))
	return err
}

// Purge forgets tokens that expired before a date.
func Purge(tx *db.Tx, before time.Time) (int64, error) {
	return tx.Change("DELETE FROM address_token WHERE expires <> 0 AND expires < ?", db.Micros(before))
}

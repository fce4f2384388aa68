package lists

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
)

// sessionTable is who is signed in on the web.
const sessionTable = `
	-- Signed-in browsers: 256 random bits in a cookie, of which only the SHA-256 is kept.
	CREATE TABLE web_session (
		hash     BLOB PRIMARY KEY,
		addr_key TEXT NOT NULL,                  -- whose: one for each person, whatever their communities
		local    TEXT NOT NULL,                  -- the address that was confirmed by signing in
		domain   TEXT NOT NULL,
		password INTEGER,                        -- the app password it began with; NULL: a link that was mailed
		opened   INTEGER NOT NULL,               -- microseconds UTC
		ends     INTEGER NOT NULL CHECK (ends > opened)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX web_session_key ON web_session (addr_key);
	CREATE INDEX web_session_ends ON web_session (ends)`

// Session is a browser in which somebody is signed in.
type Session struct {
	Address letter.Address // with which they signed in
	Typed   bool           // by an app password, and not by a link that was mailed
	Ends    time.Time
}

// SessionLife is how long somebody stays signed in on the web. It is not prolonged: to read writes nothing.
const SessionLife = 30 * 24 * time.Hour

// mostSessions is how many browsers one person is signed in with; one more signs the oldest out.
const mostSessions = 20

// OpenSession signs a browser in, and gives the secret that its cookie holds: a new one each time, so that nobody can have put it there
// before. typed is the app password that was shown, which ends the session when it is revoked; "" when it was a link that was mailed.
func OpenSession(tx *db.Tx, a letter.Address, typed string) (secret string, err error) {
	if _, err := tx.Exec("DELETE FROM web_session WHERE ends <= ?", db.Micros(tx.Now)); err != nil {
		return "", err
	}
	if _, err := tx.Exec(`DELETE FROM web_session WHERE hash IN (SELECT hash FROM web_session WHERE addr_key = ? ORDER BY opened DESC, hash LIMIT -1 OFFSET ?)`,
		a.Key(), mostSessions-1); err != nil {
		return "", err
	}
	var password any
	if typed != "" {
		var id int64
		if err := tx.QueryRow("SELECT id FROM app_password WHERE addr_key = ? AND hash = ? AND revoked = 0", a.Key(), passwordHash(typed)).Scan(&id); err != nil {
			return "", err
		}
		password = id
	}
	var bits [32]byte
	rand.Read(bits[:]) // never fails
	secret = base64.RawURLEncoding.EncodeToString(bits[:])
	_, err = tx.Exec(`INSERT INTO web_session (hash, addr_key, local, domain, password, opened, ends) VALUES (@hash, @addr_key, @local, @domain, @password, @opened, @ends)`,
		db.Named("hash", sessionHash(secret)), db.Named("addr_key", a.Key()), db.Named("local", a.Local), db.Named("domain", a.Domain),
		db.Named("password", password), db.Named("opened", db.Micros(tx.Now)), db.Named("ends", db.Micros(tx.Now.Add(SessionLife))))
	return secret, err
}

func sessionHash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// SessionOf is who is signed in in a browser; false for a cookie that is not, or no longer, ours. Whether that person still belongs
// anywhere is to be asked beside it, each time anew.
func SessionOf(tx *db.Tx, secret string) (s Session, ok bool, err error) {
	var ends int64
	err = tx.QueryRow("SELECT local, domain, password IS NOT NULL, ends FROM web_session WHERE hash = ? AND ends > ?", sessionHash(secret), db.Micros(tx.Now)).
		Scan(&s.Address.Local, &s.Address.Domain, &s.Typed, &ends)
	if errors.Is(err, db.ErrNoRows) {
		return Session{}, false, nil
	}
	s.Ends = db.Time(ends)
	return s, err == nil, err
}

// CloseSession signs a browser out. One that is not signed in is no error.
func CloseSession(tx *db.Tx, secret string) error {
	_, err := tx.Exec("DELETE FROM web_session WHERE hash = ?", sessionHash(secret))
	return err
}

// CloseEverywhere signs out everywhere whoever an address belongs to, with all their addresses.
func CloseEverywhere(tx *db.Tx, a letter.Address) error {
	here, err := Memberships(tx, a)
	if err == nil {
		err = CloseSessions(tx, a)
	}
	for _, m := range here {
		if err == nil {
			err = closeOf(tx, m)
		}
	}
	return err
}

// CloseAll signs everybody out, in all communities: of a database that was restored nobody knows who had signed out since.
func CloseAll(tx *db.Tx) error {
	_, err := tx.Exec("DELETE FROM web_session")
	return err
}

// closeOf signs a member out everywhere.
func closeOf(tx *db.Tx, m Member) error {
	all, err := Addresses(tx, m.ID)
	for _, a := range all {
		if err == nil {
			err = CloseSessions(tx, a)
		}
	}
	return err
}

// CloseSessions signs out all browsers that were signed in with an address.
func CloseSessions(tx *db.Tx, a letter.Address) error {
	_, err := tx.Exec("DELETE FROM web_session WHERE addr_key = ?", a.Key())
	return err
}

// closeWithPassword signs out what an app password signed in, or with id 0 everything of a person.
func closeWithPassword(tx *db.Tx, a letter.Address, id int64) error {
	_, err := tx.Exec("DELETE FROM web_session WHERE addr_key = @addr_key AND (@id = 0 OR password = @id)", db.Named("addr_key", a.Key()), db.Named("id", id))
	return err
}

// signOut signs a member out who has left, with every address by which they belong nowhere any more.
func signOut(tx *db.Tx, m Member) error {
	all, err := Addresses(tx, m.ID)
	if err != nil {
		return err
	}
	for _, a := range all {
		rest, err := Memberships(tx, a)
		if err == nil && len(rest) == 0 {
			err = CloseSessions(tx, a)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

package lists

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// AppPassword is what is known of a password that a mail program signs in with.
type AppPassword struct {
	ID      int64     `json:"id"`
	Label   string    `json:"label"`
	Created time.Time `json:"created"`
	Used    time.Time `json:"used,omitzero"` // to the hour
}

var passwordCoding = base32.NewEncoding("abcdefghijkmnpqrstuvwxyz23456789").WithPadding(base32.NoPadding)

// AddPassword makes an app password for a person: 128 random bits, shown this once (A14).
func AddPassword(tx *db.Tx, a letter.Address, label string) (string, error) {
	here, err := Memberships(tx, a)
	if err != nil {
		return "", err
	}
	if len(here) == 0 {
		return "", refusal.Because(refusal.NotFound, "Nobody here has the address %s.", a).Try("backchannel member add %s", a)
	}
	var bits [16]byte
	rand.Read(bits[:]) // never fails
	s := passwordCoding.EncodeToString(bits[:])
	groups := make([]string, 0, 6)
	for ; len(s) > 5; s = s[5:] {
		groups = append(groups, s[:5])
	}
	secret := strings.Join(append(groups, s), "-")
	_, err = tx.Exec("INSERT INTO app_password (addr_key, hash, label, created) VALUES (@addr_key, @hash, @label, @created)",
		db.Named("addr_key", a.Key()), db.Named("hash", passwordHash(secret)), db.Named("label", letter.CleanLine(label)), db.Named("created", db.Micros(tx.Now)))
	return secret, err
}

// passwordHash forgives what typing does to a password: hyphens, spaces, capitals.
func passwordHash(typed string) []byte {
	sum := sha256.Sum256([]byte(strings.NewReplacer("-", "", " ", "").Replace(strings.ToLower(strings.TrimSpace(typed)))))
	return sum[:]
}

// CheckPassword tells whether this is a password of this person. It takes the same time whoever asks for whomever (A14).
func CheckPassword(tx *db.Tx, a letter.Address, typed string) (bool, error) {
	sum := passwordHash(typed)
	hashes, err := db.Select(tx, func(r db.Scanner) (h []byte, err error) { return h, r.Scan(&h) },
		"SELECT hash FROM app_password WHERE addr_key = ? AND revoked = 0", a.Key())
	if err != nil {
		return false, err
	}
	ok := 0
	for _, h := range hashes {
		ok |= subtle.ConstantTimeCompare(h, sum)
	}
	return ok == 1, nil
}

// NoteLogin remembers when a password was last used, to the hour, so that unused ones can be found and revoked.
func NoteLogin(tx *db.Tx, a letter.Address, typed string) error {
	_, err := tx.Exec("UPDATE app_password SET used = @now WHERE addr_key = @addr_key AND hash = @hash AND used < @now",
		db.Named("now", db.Micros(tx.Now.Truncate(time.Hour))), db.Named("addr_key", a.Key()), db.Named("hash", passwordHash(typed)))
	return err
}

// Passwords are the live app passwords of a person.
func Passwords(tx *db.Tx, a letter.Address) ([]AppPassword, error) {
	return db.Select(tx, func(r db.Scanner) (p AppPassword, err error) {
		var created, used int64
		err = r.Scan(&p.ID, &p.Label, &created, &used)
		p.Created, p.Used = db.Time(created), db.Time(used)
		return p, err
	}, "SELECT id, label, created, used FROM app_password WHERE addr_key = ? AND revoked = 0 ORDER BY id", a.Key())
}

// RevokePassword ends one app password, or with id 0 all of a person; it tells how many. Browsers that it signed in are signed out; with
// id 0 all are.
func RevokePassword(tx *db.Tx, a letter.Address, id int64) (int64, error) {
	if err := closeWithPassword(tx, a, id); err != nil {
		return 0, err
	}
	return tx.Change("UPDATE app_password SET revoked = @now WHERE addr_key = @addr_key AND revoked = 0 AND (@id = 0 OR id = @id)",
		db.Named("now", db.Micros(tx.Now)), db.Named("addr_key", a.Key()), db.Named("id", id))
}

// EndPasswords ends the app passwords of addresses by which nobody belongs to a community any more.
func EndPasswords(tx *db.Tx, all []letter.Address) error {
	for _, a := range all {
		rest, err := Memberships(tx, a)
		if err == nil && len(rest) == 0 {
			_, err = RevokePassword(tx, a, 0)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

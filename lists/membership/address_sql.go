package membership

import (
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
)

// addressTable keeps who wants to write from which address until both sides have said so.
const addressTable = `
	-- A further address of a member that is not confirmed on both sides yet. It goes with the answer, or when the question is over.
	CREATE TABLE address_wish (
		id     INTEGER PRIMARY KEY AUTOINCREMENT,              -- tokens name it
		member INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
		local  TEXT NOT NULL,                                  -- the new address
		domain TEXT NOT NULL,
		main   INTEGER NOT NULL CHECK (main IN (0, 1)),        -- mail is to go there
		old_ok INTEGER NOT NULL CHECK (old_ok IN (0, 1)),      -- the member has said so, from an address of theirs
		new_ok INTEGER NOT NULL CHECK (new_ok IN (0, 1)),      -- whoever reads at the new one has
		at     INTEGER NOT NULL,
		CHECK (old_ok = 0 OR new_ok = 0)                       -- with both it is done, and gone
	) STRICT;
	CREATE INDEX address_wish_member ON address_wish (member)`

// addressWish is one of its rows.
type addressWish struct {
	id           int64
	member       lists.MemberID
	address      letter.Address
	main         bool
	oldOK, newOK bool
}

// insertAddressWish keeps a new wish, in the place of an earlier one of the same side: the member's own, or that of whoever writes from
// this address.
func insertAddressWish(tx *db.Tx, w addressWish) (int64, error) {
	if _, err := tx.Exec("DELETE FROM address_wish WHERE member = @member AND new_ok = @new_ok AND (@new_ok = 0 OR local = @local AND domain = @domain)",
		db.Named("member", w.member), db.Named("new_ok", w.newOK), db.Named("local", w.address.Local), db.Named("domain", w.address.Domain)); err != nil {
		return 0, err
	}
	return tx.Insert("INSERT INTO address_wish (member, local, domain, main, old_ok, new_ok, at) VALUES (@member, @local, @domain, @main, @old_ok, @new_ok, @at)",
		db.Named("member", w.member), db.Named("local", w.address.Local), db.Named("domain", w.address.Domain), db.Named("main", w.main),
		db.Named("old_ok", w.oldOK), db.Named("new_ok", w.newOK), db.Named("at", db.Micros(tx.Now)))
}

// findAddressWish reads one; its error is db.ErrNoRows when it is answered, or over.
func findAddressWish(tx *db.Tx, id int64) (w addressWish, err error) {
	w.id = id
	err = tx.QueryRow("SELECT member, local, domain, main, old_ok, new_ok FROM address_wish WHERE id = ? AND at > ?", id, db.Micros(tx.Now.Add(-Days*24*time.Hour))).
		Scan(&w.member, &w.address.Local, &w.address.Domain, &w.main, &w.oldOK, &w.newOK)
	return w, err
}

// agree writes down that the member wants it.
func (w addressWish) agree(tx *db.Tx) error {
	_, err := tx.Exec("UPDATE address_wish SET old_ok = 1 WHERE id = ?", w.id)
	return err
}

func endAddressWish(tx *db.Tx, id int64) error {
	_, err := tx.Exec("DELETE FROM address_wish WHERE id = ?", id)
	return err
}

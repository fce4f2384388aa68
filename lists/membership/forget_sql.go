package membership

import (
	"backchannel/archive/db"
	"backchannel/lists"
)

const forgottenTable = `
	-- Who wanted to be forgotten, as long as there may be posts with their name.
	CREATE TABLE forgotten (
		member INTEGER PRIMARY KEY REFERENCES member (id) ON DELETE CASCADE,
		remove INTEGER NOT NULL CHECK (remove IN (0, 1))       -- the words go, too
	) STRICT`

func insertForgotten(tx *db.Tx, m lists.MemberID, remove bool) error {
	_, err := tx.Exec("INSERT INTO forgotten (member, remove) VALUES (@member, @remove) ON CONFLICT DO NOTHING", db.Named("member", m), db.Named("remove", remove))
	return err
}

// forgotten tells whether the words go as well; its error is db.ErrNoRows when all is done.
func forgotten(tx *db.Tx, m lists.MemberID) (remove bool, err error) {
	err = tx.QueryRow("SELECT remove FROM forgotten WHERE member = ?", m).Scan(&remove)
	return remove, err
}

func endForgotten(tx *db.Tx, m lists.MemberID) error {
	_, err := tx.Exec("DELETE FROM forgotten WHERE member = ?", m)
	return err
}

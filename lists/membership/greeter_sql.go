package membership

import (
	"errors"
	"fmt"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
)

const greeterTable = `
	-- Who was asked to greet a new member, and who does not want to be. No row: never asked, and may be.
	CREATE TABLE greeter (
		member INTEGER PRIMARY KEY REFERENCES member (id) ON DELETE CASCADE,
		asked  INTEGER NOT NULL DEFAULT 0,                     -- when last; 0: never
		off    INTEGER NOT NULL DEFAULT 0 CHECK (off IN (0, 1))
	) STRICT`

// greeterOf tells when a member was asked last to greet somebody (the zero time: never), and whether they do not want to be.
func greeterOf(tx *db.Tx, m lists.MemberID) (asked time.Time, off bool, err error) {
	var at int64
	err = tx.QueryRow("SELECT asked, off FROM greeter WHERE member = ?", m).Scan(&at, &off)
	if errors.Is(err, db.ErrNoRows) {
		return asked, false, nil
	}
	if at != 0 {
		asked = db.Time(at)
	}
	return asked, off, err
}

func noteGreeter(tx *db.Tx, m lists.MemberID) error {
	_, err := tx.Exec("INSERT INTO greeter (member, asked) VALUES (@member, @now) ON CONFLICT (member) DO UPDATE SET asked = excluded.asked",
		db.Named("member", m), db.Named("now", db.Micros(tx.Now)))
	return err
}

// SetGreets keeps whether a member may be asked to greet new ones.
func SetGreets(tx *db.Tx, m lists.MemberID, greets bool) error {
	_, err := tx.Exec("INSERT INTO greeter (member, off) VALUES (@member, @off) ON CONFLICT (member) DO UPDATE SET off = excluded.off",
		db.Named("member", m), db.Named("off", !greets))
	return err
}

// dropGreeter forgets when somebody was asked, and what they want.
func dropGreeter(tx *db.Tx, m lists.MemberID) error {
	_, err := tx.Exec("DELETE FROM greeter WHERE member = ?", m)
	return err
}

// threadObject is a thread in the rows of the tokens of the room that posts.
func threadObject(id int64) string { return fmt.Sprintf("thread:%d", id) }

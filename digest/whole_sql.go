package digest

import (
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
)

// schemaWhole is who got whole threads lately; older than a day it is forgotten.
const schemaWhole = `;
	CREATE TABLE digest_whole (
		id     INTEGER PRIMARY KEY,
		member INTEGER NOT NULL REFERENCES member (id),
		at     INTEGER NOT NULL
	) STRICT;
	CREATE INDEX digest_whole_member ON digest_whole (member, at)`

// wholeSent counts the threads that a member got in the last hour and the last day.
func wholeSent(tx *db.Tx, m lists.MemberID) (hour, day int, err error) {
	err = tx.QueryRow("SELECT count(*) FILTER (WHERE at > @hour), count(*) FROM digest_whole WHERE member = @member AND at > @day",
		db.Named("hour", db.Micros(tx.Now.Add(-time.Hour))), db.Named("member", m), db.Named("day", db.Micros(tx.Now.AddDate(0, 0, -1)))).Scan(&hour, &day)
	return hour, day, err
}

func noteWhole(tx *db.Tx, m lists.MemberID) error {
	if _, err := tx.Exec("DELETE FROM digest_whole WHERE member = ? AND at <= ?", m, db.Micros(tx.Now.AddDate(0, 0, -1))); err != nil {
		return err
	}
	_, err := tx.Exec("INSERT INTO digest_whole (member, at) VALUES (?, ?)", m, db.Micros(tx.Now))
	return err
}

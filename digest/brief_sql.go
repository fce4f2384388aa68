package digest

import (
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
)

// schemaBrief is which manager has had the brief of which day.
const schemaBrief = `
	CREATE TABLE brief (
		manager INTEGER NOT NULL REFERENCES member (id),
		day     TEXT NOT NULL,                        -- the date, by the manager's clock
		at      INTEGER NOT NULL,
		PRIMARY KEY (manager, day)                    -- nobody gets two for one day
	) STRICT, WITHOUT ROWID`

// beginBrief notes that a manager has the brief of a day; false when they have had it already. Days long past are forgotten.
func beginBrief(tx *db.Tx, m lists.MemberID, now time.Time) (first bool, err error) {
	if _, err := tx.Exec("DELETE FROM brief WHERE manager = ? AND at < ?", m, db.Micros(now.AddDate(0, 0, -30))); err != nil {
		return false, err
	}
	n, err := tx.Change("INSERT INTO brief (manager, day, at) VALUES (@manager, @day, @at) ON CONFLICT DO NOTHING",
		db.Named("manager", m), db.Named("day", now.Format(time.DateOnly)), db.Named("at", db.Micros(now)))
	return n == 1, err
}

// lastBrief is when a manager's last brief was written; four days ago when there is none.
func lastBrief(tx *db.Tx, m lists.MemberID) (time.Time, error) {
	var at int64
	err := tx.QueryRow("SELECT coalesce(max(at), 0) FROM brief WHERE manager = ?", m).Scan(&at)
	if at == 0 {
		return tx.Now.AddDate(0, 0, -4), err
	}
	return db.Time(at), err
}

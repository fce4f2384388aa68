package digest

import (
	"errors"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
)

// schemaPrompt is when a manager was last invited to put a question to a list.
const schemaPrompt = `
	CREATE TABLE digest_prompt (
		list  INTEGER PRIMARY KEY REFERENCES list (id),
		times INTEGER NOT NULL CHECK (times > 0),    -- how often; each time another question is suggested
		at    INTEGER NOT NULL                       -- microseconds UTC
	) STRICT;`

// beginPrompt notes that a manager is invited now, and gives how often one was before; due is false when that was later than since.
func beginPrompt(tx *db.Tx, l lists.ListID, since time.Time) (before int, due bool, err error) {
	var at int64
	err = tx.QueryRow("SELECT times, at FROM digest_prompt WHERE list = ?", l).Scan(&before, &at)
	if err != nil && !errors.Is(err, db.ErrNoRows) || err == nil && db.Time(at).After(since) {
		return before, false, err
	}
	_, err = tx.Exec("INSERT INTO digest_prompt (list, times, at) VALUES (@list, 1, @at) ON CONFLICT (list) DO UPDATE SET times = times + 1, at = excluded.at",
		db.Named("list", l), db.Named("at", db.Micros(tx.Now)))
	return before, true, err
}

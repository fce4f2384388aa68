package digest

import (
	"errors"

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

// promptOf reads how often somebody was invited to ask a list something.
func promptOf(tx *db.Tx, l lists.ListID) (prompted, error) {
	p := prompted{list: l}
	var at int64
	err := tx.QueryRow("SELECT times, at FROM digest_prompt WHERE list = ?", l).Scan(&p.times, &at)
	if errors.Is(err, db.ErrNoRows) {
		return p, nil
	}
	p.at = db.Time(at)
	return p, err
}

// begin notes that a manager is invited now.
func (p prompted) begin(tx *db.Tx) error {
	_, err := tx.Exec("INSERT INTO digest_prompt (list, times, at) VALUES (@list, 1, @at) ON CONFLICT (list) DO UPDATE SET times = times + 1, at = excluded.at",
		db.Named("list", p.list), db.Named("at", db.Micros(tx.Now)))
	return err
}

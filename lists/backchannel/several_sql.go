package backchannel

import (
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
)

// schemaSeveral is of which conversations the mails speak that are about several.
const schemaSeveral = `
	CREATE TABLE conv_several (
		msgid   TEXT NOT NULL,                        -- of a mail of ours to one manager
		conv    INTEGER NOT NULL REFERENCES conv (id),
		manager INTEGER NOT NULL REFERENCES member (id),
		at      INTEGER NOT NULL,
		PRIMARY KEY (msgid, conv)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX conv_several_conv ON conv_several (conv);
`

// speaks notes of which conversations a mail to a manager speaks. What no queue can owe any more is forgotten.
func speaks(tx *db.Tx, id letter.MessageID, m lists.MemberID, about []ConvID) error {
	if _, err := tx.Exec("DELETE FROM conv_several WHERE manager = ? AND at < ?", m, db.Micros(tx.Now.AddDate(0, 0, -30))); err != nil {
		return err
	}
	for _, c := range about {
		_, err := tx.Exec("INSERT INTO conv_several (msgid, conv, manager, at) VALUES (@msgid, @conv, @manager, @at) ON CONFLICT DO NOTHING",
			db.Named("msgid", string(id)), db.Named("conv", c), db.Named("manager", m), db.Named("at", db.Micros(tx.Now)))
		if err != nil {
			return err
		}
	}
	return nil
}

// spokenOf are the conversations of which a mail speaks, and to whom.
func spokenOf(tx *db.Tx, id letter.MessageID) ([]reference, error) {
	return db.Select(tx, func(r db.Scanner) (ref reference, err error) { return ref, r.Scan(&ref.conv, &ref.manager) },
		"SELECT conv, manager FROM conv_several WHERE msgid = ? ORDER BY conv", string(id))
}

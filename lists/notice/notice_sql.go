package notice

import (
	"backchannel/archive/db"
	"backchannel/archive/letter"
)

// Schema counts the answers given to each address.
func Schema() db.Schema {
	return db.Schema{Owner: "lists/notice", Steps: []string{`
	CREATE TABLE answer_count (
		addr_key TEXT NOT NULL,     -- who was answered
		trigger  TEXT NOT NULL,     -- by what
		day      INTEGER NOT NULL,  -- days since 1970, UTC
		n        INTEGER NOT NULL CHECK (n > 0),
		PRIMARY KEY (addr_key, trigger, day)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX answer_count_day ON answer_count (day)`}}
}

// count notes one more answer to an address; false when that would be one too many (D3).
func count(tx *db.Tx, to letter.Address, trigger string) (bool, error) {
	day := tx.Now.Unix() / 86400
	if _, err := tx.Exec("DELETE FROM answer_count WHERE day < ?", day); err != nil {
		return false, err
	}
	n, err := tx.Change(`INSERT INTO answer_count (addr_key, trigger, day, n) VALUES (@addr_key, @trigger, @day, 1)
		ON CONFLICT (addr_key, trigger, day) DO UPDATE SET n = n + 1 WHERE n < @most`,
		db.Named("addr_key", to.Key()), db.Named("trigger", trigger), db.Named("day", day), db.Named("most", AnswersADay))
	return n == 1, err
}

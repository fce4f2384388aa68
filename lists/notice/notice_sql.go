package notice

import (
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/templates"
)

// Schema counts the answers given to each address, and keeps the words of communities that say things in their own.
func Schema() db.Schema {
	return db.Schema{Owner: "lists/notice", Steps: []string{`
	CREATE TABLE answer_count (
		addr_key TEXT NOT NULL,     -- who was answered
		trigger  TEXT NOT NULL,     -- by what
		day      INTEGER NOT NULL,  -- days since 1970, UTC
		n        INTEGER NOT NULL CHECK (n > 0),
		PRIMARY KEY (addr_key, trigger, day)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX answer_count_day ON answer_count (day)`, `
	CREATE TABLE wording (
		community INTEGER NOT NULL REFERENCES community (id) ON DELETE CASCADE,
		language  TEXT NOT NULL,    -- RFC 5646
		name      TEXT NOT NULL,    -- of the mail
		text      TEXT NOT NULL,
		at        INTEGER NOT NULL, -- seconds since 1970: when it was set
		PRIMARY KEY (community, language, name)
	) STRICT, WITHOUT ROWID`}}
}

func storeWording(tx *db.Tx, c lists.CommunityID, w Wording) error {
	_, err := tx.Exec(`INSERT INTO wording (community, language, name, text, at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (community, language, name) DO UPDATE SET text = excluded.text, at = excluded.at`, c, w.Language, w.Name, w.Text, tx.Now.Unix())
	return err
}

func deleteWording(tx *db.Tx, c lists.CommunityID, l templates.Language, name string) (bool, error) {
	n, err := tx.Change("DELETE FROM wording WHERE community = ? AND language = ? AND name = ?", c, l, name)
	return n == 1, err
}

func wordings(tx *db.Tx, c lists.CommunityID) ([]Wording, error) {
	return db.Select(tx, scanWording, "SELECT name, language, text, at FROM wording WHERE community = ? ORDER BY name, language", c)
}

func wordingOf(tx *db.Tx, c lists.CommunityID, l templates.Language, name string) (Wording, bool, error) {
	all, err := db.Select(tx, scanWording, "SELECT name, language, text, at FROM wording WHERE community = ? AND language = ? AND name = ?", c, l, name)
	if err != nil || len(all) == 0 {
		return Wording{}, false, err
	}
	return all[0], true, nil
}

func scanWording(r db.Scanner) (w Wording, err error) {
	var at int64
	err = r.Scan(&w.Name, &w.Language, &w.Text, &at)
	w.Set = time.Unix(at, 0).UTC()
	return w, err
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

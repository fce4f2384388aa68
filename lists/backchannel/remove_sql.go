package backchannel

import (
	"backchannel/archive"
	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
)

// schemaRemoval is what managers were asked about posts that they want to remove, and what they said.
const schemaRemoval = `
	CREATE TABLE removal (
		id      INTEGER PRIMARY KEY AUTOINCREMENT,
		manager INTEGER NOT NULL REFERENCES member (id),
		post    INTEGER NOT NULL REFERENCES post (id),
		conv    INTEGER REFERENCES conv (id), -- the letter under which it was wished; NULL: none
		words   TEXT NOT NULL,                -- for the author; '' once it is decided
		state   TEXT NOT NULL DEFAULT 'asked' CHECK (state IN ('asked','done','dropped','expired')),
		at      INTEGER NOT NULL
	) STRICT`

// removal is a manager's wish to remove a post.
type removal struct {
	id      int64
	manager lists.MemberID
	post    archive.PostID
	conv    ConvID // 0: it was wished under no letter
	words   string
	cut     bool // the words are gone with the letter under which they were written
	state   string
}

// askRemoval keeps a wish until its manager has said a word to it, or time is over.
func askRemoval(tx *db.Tx, r removal) (int64, error) {
	id, err := tx.Insert("INSERT INTO removal (manager, post, conv, words, at) VALUES (@manager, @post, @conv, @words, @at)", db.Named("manager", r.manager), db.Named("post", r.post),
		db.Named("conv", null(int64(r.conv))), db.Named("words", r.words), db.Named("at", db.Micros(tx.Now)))
	if err != nil {
		return 0, err
	}
	return id, calendar.Set(tx, RemovalEnds, id, tx.Now.AddDate(0, 0, removalDays))
}

func findRemoval(tx *db.Tx, id int64) (r removal, err error) {
	return r, tx.QueryRow("SELECT id, manager, post, coalesce(conv, 0), words, cut, state FROM removal WHERE id = ?", id).Scan(&r.id, &r.manager, &r.post, &r.conv, &r.words, &r.cut, &r.state)
}

// cutRemovals takes the words out of open wishes under conversations: they were written with words at hand that are forgotten now.
func cutRemovals(tx *db.Tx, parts []ConvID) error {
	_, err := tx.Exec("UPDATE removal SET words = '', cut = 1 WHERE state = 'asked' AND words <> '' AND conv IN (SELECT value FROM json_each(?))", asJSON(parts))
	return err
}

// end decides about it. Its words are not kept.
func (r removal) end(tx *db.Tx, as string) error {
	if _, err := tx.Exec("UPDATE removal SET state = ?, words = '' WHERE id = ?", as, r.id); err != nil {
		return err
	}
	return calendar.Clear(tx, RemovalEnds, r.id)
}

package membership

import (
	"encoding/json"
	"slices"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates"
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

const forgettingTable = `
	-- All who were forgotten: a backup of before, put back, has to forget them again. Of who they were there is nothing here.
	CREATE TABLE forgetting (
		member    INTEGER PRIMARY KEY,
		community INTEGER NOT NULL,
		joined    INTEGER NOT NULL,                            -- of the member: another database has others under these numbers
		posts     TEXT NOT NULL CHECK (posts = 'KEEP' OR posts = 'UNNAME' OR posts = 'REMOVE'),
		at        INTEGER NOT NULL
	) STRICT`

const forgettingEarlier = `
	-- When the member had joined before, as JSON, oldest first: a backup of that time knows them by it.
	ALTER TABLE forgetting ADD COLUMN earlier TEXT NOT NULL DEFAULT '[]'`

// Forgotten is somebody who was forgotten, and what became of their posts.
type Forgotten struct {
	Member    lists.MemberID
	Community lists.CommunityID
	Joined    time.Time
	Earlier   []time.Time // when they had joined before they left and came back
	Posts     templates.Forgetting
	At        time.Time
}

// AllForgotten are all who were ever forgotten, oldest first.
func AllForgotten(tx *db.Tx) ([]Forgotten, error) {
	return db.Select(tx, func(r db.Scanner) (f Forgotten, err error) {
		var joined, at int64
		var earlier string
		if err = r.Scan(&f.Member, &f.Community, &joined, &earlier, &f.Posts, &at); err != nil {
			return f, err
		}
		f.Joined, f.At = db.Time(joined), db.Time(at)
		return f, json.Unmarshal([]byte(earlier), &f.Earlier)
	}, "SELECT member, community, joined, earlier, posts, at FROM forgetting ORDER BY at, member")
}

func noteForgotten(tx *db.Tx, f Forgotten) error {
	earlier, err := json.Marshal(slices.Concat([]time.Time{}, f.Earlier))
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO forgetting (member, community, joined, earlier, posts, at) VALUES (@member, @community, @joined, @earlier, @posts, @at) ON CONFLICT DO NOTHING",
		db.Named("member", f.Member), db.Named("community", f.Community), db.Named("joined", db.Micros(f.Joined)), db.Named("earlier", string(earlier)), db.Named("posts", string(f.Posts)), db.Named("at", db.Micros(f.At)))
	return err
}

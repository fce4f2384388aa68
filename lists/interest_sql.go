package lists

import (
	"backchannel/archive/db"
	"backchannel/templates/refusal"
)

// interestTables are what members follow and mute, and what tags are called.
const interestTables = `;
	-- Tags of which a member wants to see more in their digest.
	CREATE TABLE follow (
		member INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
		tag    TEXT NOT NULL,                    -- without #
		PRIMARY KEY (member, tag)
	) STRICT, WITHOUT ROWID;

	-- Tags and threads that a member wants to see in no digest.
	CREATE TABLE mute (
		member INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
		tag    TEXT NOT NULL,                    -- '': a thread
		thread INTEGER NOT NULL,                 -- its number in the community; 0: a tag
		PRIMARY KEY (member, tag, thread),
		CHECK ((tag = '') = (thread > 0))
	) STRICT, WITHOUT ROWID;

	-- Tags that stand for another one: #job for #jobs.
	CREATE TABLE tag_alias (
		community INTEGER NOT NULL REFERENCES community (id),
		tag       TEXT NOT NULL,
		means     TEXT NOT NULL,                 -- never an alias itself
		PRIMARY KEY (community, tag),
		CHECK (tag <> means)
	) STRICT, WITHOUT ROWID`

// InterestsOf are what a member follows and mutes.
func InterestsOf(tx *db.Tx, m MemberID) (i Interests, err error) {
	if i.Follows, err = db.Select(tx, scanWord, "SELECT tag FROM follow WHERE member = ? ORDER BY tag", m); err != nil {
		return i, err
	}
	if i.Muted, err = db.Select(tx, scanWord, "SELECT tag FROM mute WHERE member = ? AND thread = 0 ORDER BY tag", m); err != nil {
		return i, err
	}
	i.Threads, err = db.Select(tx, func(r db.Scanner) (n int64, err error) { return n, r.Scan(&n) },
		"SELECT thread FROM mute WHERE member = ? AND thread > 0 ORDER BY thread", m)
	return i, err
}

func scanWord(r db.Scanner) (s string, err error) { return s, r.Scan(&s) }

// Follow puts threads with a tag higher in a member's digest; a muted tag is heard again. It tells whether that was new.
func Follow(tx *db.Tx, m MemberID, tag string) (bool, error) {
	if _, err := Unmute(tx, m, tag, 0); err != nil {
		return false, err
	}
	n, err := tx.Change("INSERT INTO follow (member, tag) VALUES (?, ?) ON CONFLICT DO NOTHING", m, tag)
	return n > 0, err
}

// Unfollow ends that. It tells whether the member followed the tag.
func Unfollow(tx *db.Tx, m MemberID, tag string) (bool, error) {
	n, err := tx.Change("DELETE FROM follow WHERE member = ? AND tag = ?", m, tag)
	return n > 0, err
}

// Mute leaves threads with a tag, or with the tag "" the thread of a number, out of a member's digest; a tag is followed no more.
// It tells whether that was new.
func Mute(tx *db.Tx, m MemberID, tag string, thread int64) (bool, error) {
	if tag != "" {
		thread = 0
		if _, err := Unfollow(tx, m, tag); err != nil {
			return false, err
		}
	}
	n, err := tx.Change("INSERT INTO mute (member, tag, thread) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", m, tag, thread)
	return n > 0, err
}

// Unmute ends that. It tells whether it was muted.
func Unmute(tx *db.Tx, m MemberID, tag string, thread int64) (bool, error) {
	if tag != "" {
		thread = 0
	}
	n, err := tx.Change("DELETE FROM mute WHERE member = ? AND tag = ? AND thread = ?", m, tag, thread)
	return n > 0, err
}

// TagAliases are the tags of a community that stand for others.
func TagAliases(tx *db.Tx, c CommunityID) (Aliases, error) {
	type pair struct{ tag, means string }
	all, err := db.Select(tx, func(r db.Scanner) (p pair, err error) { return p, r.Scan(&p.tag, &p.means) },
		"SELECT tag, means FROM tag_alias WHERE community = ?", c)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	aliases := Aliases{}
	for _, p := range all {
		aliases[p.tag] = p.means
	}
	return aliases, nil
}

// SetTagAlias makes a tag stand for another one, everywhere and at once; the empty one ends that.
func SetTagAlias(tx *db.Tx, c CommunityID, tag, means string) error {
	known, err := TagAliases(tx, c)
	if err != nil {
		return err
	}
	means = known.Of(means)
	if tag == means {
		return refusal.Because(refusal.Invalid, "#%s cannot stand for itself.", tag)
	}
	if means == "" {
		_, err = tx.Exec("DELETE FROM tag_alias WHERE community = ? AND tag = ?", c, tag)
		return err
	}
	if _, err = tx.Exec("UPDATE tag_alias SET means = ?2 WHERE community = ?3 AND means = ?1", tag, means, c); err != nil {
		return err // what stood for the tag stands for the other one, too
	}
	_, err = tx.Exec("INSERT INTO tag_alias (community, tag, means) VALUES (?1, ?2, ?3) ON CONFLICT (community, tag) DO UPDATE SET means = excluded.means", c, tag, means)
	return err
}

package returns

import (
	"errors"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/smtpd/bounce"
)

// Schema is what is known of letters that came back.
func Schema() db.Schema {
	return db.Schema{Owner: "lists/returns", Steps: []string{`
	-- Which letter failed for whom: each counts once, however often the same report comes.
	CREATE TABLE returned (
		about  TEXT NOT NULL CHECK (about <> ''),   -- Message-ID without brackets
		member INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
		class  TEXT NOT NULL,                       -- what it means for the address
		at     INTEGER NOT NULL,                    -- microseconds UTC, as all times
		PRIMARY KEY (about, member)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX returned_at ON returned (at);

	-- Letters that try an address before mail to it stops (M19).
	CREATE TABLE probe (
		id      INTEGER PRIMARY KEY AUTOINCREMENT,
		member  INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
		since   INTEGER NOT NULL,                   -- of the first bounce that counted
		at      INTEGER NOT NULL,
		outcome TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('','bounced','arrived','refused','over'))
	) STRICT;
	CREATE INDEX probe_member ON probe (member, at);

	-- What managers and the operator should hear of, summed up by day.
	CREATE TABLE trouble (
		community INTEGER NOT NULL REFERENCES community (id),
		day       INTEGER NOT NULL,                 -- days since 1970, UTC
		kind      TEXT NOT NULL CHECK (kind IN ('refused','letter','failed','paused','spam','nameless','ombuds')),
		about     TEXT NOT NULL,                    -- a domain, a Message-ID, a member: by kind
		cause     TEXT NOT NULL DEFAULT '',         -- of refused: why, as far as the words tell
		said      TEXT NOT NULL DEFAULT '',         -- the last words, printable ASCII
		n         INTEGER NOT NULL CHECK (n > 0),
		at        INTEGER NOT NULL,                 -- of the last
		told      INTEGER NOT NULL DEFAULT 0,       -- when the managers heard; 0: not yet
		PRIMARY KEY (community, day, kind, about, cause, told)
	) STRICT, WITHOUT ROWID`}}
}

// note writes down that a letter failed for a member; false when that was known.
func note(tx *db.Tx, about letter.MessageID, m lists.MemberID, class bounce.Class) (fresh bool, err error) {
	n, err := tx.Change(`INSERT INTO returned (about, member, class, at) VALUES (@about, @member, @class, @at) ON CONFLICT (about, member) DO NOTHING`,
		db.Named("about", string(about)), db.Named("member", m), db.Named("class", string(class)), db.Named("at", db.Micros(tx.Now)))
	return n == 1, err
}

// failedFor counts the members for whom a letter failed.
func failedFor(tx *db.Tx, about letter.MessageID) (n int, err error) {
	err = tx.QueryRow("SELECT count(*) FROM returned WHERE about = ?", string(about)).Scan(&n)
	return n, err
}

// probing tells whether a member's address is being tried, or was lately.
func probing(tx *db.Tx, m lists.MemberID, since time.Time) (bool, error) {
	var n int
	err := tx.QueryRow("SELECT count(*) FROM probe WHERE member = ? AND (at > ? OR outcome = '')", m, db.Micros(since)).Scan(&n)
	return n > 0, err
}

func insertProbe(tx *db.Tx, m lists.MemberID, since time.Time) (int64, error) {
	return tx.Insert("INSERT INTO probe (member, since, at) VALUES (@member, @since, @at)",
		db.Named("member", m), db.Named("since", db.Micros(since)), db.Named("at", db.Micros(tx.Now)))
}

// probe is one letter that tries an address.
type probe struct {
	id     int64
	member lists.MemberID
	since  time.Time
	open   bool
}

func findProbe(tx *db.Tx, id int64) (p probe, ok bool, err error) {
	var since int64
	var outcome string
	err = tx.QueryRow("SELECT id, member, since, outcome FROM probe WHERE id = ?", id).Scan(&p.id, &p.member, &since, &outcome)
	p.since, p.open = db.Time(since), outcome == ""
	if errors.Is(err, db.ErrNoRows) {
		return probe{}, false, nil
	}
	return p, err == nil, err
}

// endProbe keeps how a probe ended.
func endProbe(tx *db.Tx, id int64, outcome string) error {
	_, err := tx.Exec("UPDATE probe SET outcome = ? WHERE id = ? AND outcome = ''", outcome, id)
	return err
}

// endProbes ends all probes of a member, who was heard.
func endProbes(tx *db.Tx, m lists.MemberID) error {
	_, err := tx.Exec("UPDATE probe SET outcome = 'over' WHERE member = ? AND outcome = ''", m)
	return err
}

func addTrouble(tx *db.Tx, c lists.CommunityID, t Trouble) error {
	_, err := tx.Exec(`INSERT INTO trouble (community, day, kind, about, cause, said, n, at) VALUES (@community, @day, @kind, @about, @cause, @said, @n, @at)
		ON CONFLICT (community, day, kind, about, cause, told) DO UPDATE SET n = n + excluded.n, said = excluded.said, at = excluded.at`,
		db.Named("community", c), db.Named("day", tx.Now.Unix()/86400), db.Named("kind", string(t.Kind)), db.Named("about", letter.ASCII(t.About, 300)),
		db.Named("cause", string(t.Cause)), db.Named("said", letter.ASCII(t.Said, saidMax)), db.Named("n", max(t.N, 1)), db.Named("at", db.Micros(tx.Now)))
	return err
}

// namelessToday counts the complaints that named nobody.
func namelessToday(tx *db.Tx, c lists.CommunityID) (n int, err error) {
	err = tx.QueryRow("SELECT coalesce(sum(n), 0) FROM trouble WHERE community = ? AND day = ? AND kind = ?", c, tx.Now.Unix()/86400, string(Nameless)).Scan(&n)
	return n, err
}

func scanTrouble(r db.Scanner) (t Trouble, err error) {
	var at int64
	err = r.Scan(&t.Kind, &t.About, &t.Cause, &t.Said, &t.N, &at)
	t.Last = db.Time(at)
	return t, err
}

// summed is the same trouble of several days as one row, with the newest words: of bare columns beside max() SQLite gives those of the
// same row.
const summed = `SELECT kind, about, cause, said, sum(n), max(at) FROM trouble `

// known tells whether a trouble was noted before.
func known(tx *db.Tx, c lists.CommunityID, kind TroubleKind, about string) (bool, error) {
	var n int
	err := tx.QueryRow("SELECT count(*) FROM trouble WHERE community = ? AND kind = ? AND about = ?", c, string(kind), about).Scan(&n)
	return n > 0, err
}

// Troubles are what went wrong with mail of a community since a time, the most frequent first.
func Troubles(tx *db.Tx, c lists.CommunityID, since time.Time) ([]Trouble, error) {
	return db.Select(tx, scanTrouble, summed+`WHERE community = ? AND at > ? GROUP BY kind, about, cause ORDER BY 5 DESC, about`, c, db.Micros(since))
}

// untold are those of which the managers have not heard.
func untold(tx *db.Tx, c lists.CommunityID) ([]Trouble, error) {
	return db.Select(tx, scanTrouble, summed+`WHERE community = ? AND told = 0 AND kind NOT IN ('failed','ombuds') GROUP BY kind, about, cause ORDER BY 5 DESC, about`, c)
}

// allTold marks everything as told.
func allTold(tx *db.Tx, c lists.CommunityID) error {
	_, err := tx.Exec("UPDATE trouble SET told = ? WHERE community = ? AND told = 0", db.Micros(tx.Now), c)
	return err
}

// How long things are kept that count no more.
const (
	returnsKept = 14 * 24 * time.Hour
	troubleKept = 60 * 24 * time.Hour
)

// Purge forgets what can count no more, and tells how much that was.
func Purge(tx *db.Tx) (int64, error) {
	n, err := lists.PurgeBounces(tx)
	if err != nil {
		return n, err
	}
	for _, old := range []struct {
		query  string
		before time.Time
	}{
		{"DELETE FROM returned WHERE at < ?", tx.Now.Add(-returnsKept)},
		{"DELETE FROM probe WHERE at < ? AND outcome <> ''", tx.Now.Add(-troubleKept)},
		{"DELETE FROM trouble WHERE at < ?", tx.Now.Add(-troubleKept)},
	} {
		k, err := tx.Change(old.query, db.Micros(old.before))
		if err != nil {
			return n, err
		}
		n += k
	}
	return n, nil
}

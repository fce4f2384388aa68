package moderation

import (
	"errors"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
)

// schemaTrust is how trust came and went, what counts against members, and what was proposed about how much is held.
const schemaTrust = `;
	CREATE TABLE trust_event (
		id     INTEGER PRIMARY KEY,
		member INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
		was    INTEGER NOT NULL CHECK (was BETWEEN 0 AND 4),
		became INTEGER NOT NULL CHECK (became BETWEEN 0 AND 4),
		why    TEXT NOT NULL CHECK (why IN ('post','rule','word','sales','time')),
		by     INTEGER REFERENCES member (id),         -- NULL: a rule, or the operator
		at     INTEGER NOT NULL,
		CHECK (was <> became)
	) STRICT;
	CREATE INDEX trust_event_member ON trust_event (member, at);
	CREATE TABLE strike (
		id     INTEGER PRIMARY KEY,
		member INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
		post   INTEGER NOT NULL UNIQUE,                -- of the archive: one post counts once
		was    INTEGER NOT NULL CHECK (was BETWEEN 0 AND 4), -- their trust before
		by     INTEGER REFERENCES member (id),         -- NULL: the operator
		at     INTEGER NOT NULL
	) STRICT;
	CREATE INDEX strike_member ON strike (member, at);
	CREATE TABLE offer (
		member INTEGER PRIMARY KEY REFERENCES member (id) ON DELETE CASCADE,
		at     INTEGER NOT NULL                        -- of their newest
	) STRICT;
	CREATE TABLE ease (
		id      INTEGER PRIMARY KEY AUTOINCREMENT,
		list    INTEGER NOT NULL REFERENCES list (id),
		stage   TEXT NOT NULL,                         -- of the list when it was proposed
		becomes TEXT NOT NULL,                         -- what was proposed
		made    INTEGER NOT NULL,
		state   TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open','done','kept')),
		decided INTEGER NOT NULL DEFAULT 0,
		decider INTEGER REFERENCES member (id),
		CHECK ((state = 'open') = (decided = 0))
	) STRICT;
	CREATE INDEX ease_list ON ease (list, made);
	CREATE INDEX held_decided ON held (list, decided) WHERE state <> 'waiting'`

// schemaRemoval tells strikes for what was removed from those for selling.
const schemaRemoval = `
	ALTER TABLE strike ADD COLUMN kind TEXT NOT NULL DEFAULT 'sales' CHECK (kind IN ('sales','removal'));
	CREATE TABLE trust_event_new (
		id     INTEGER PRIMARY KEY,
		member INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
		was    INTEGER NOT NULL CHECK (was BETWEEN 0 AND 4),
		became INTEGER NOT NULL CHECK (became BETWEEN 0 AND 4),
		why    TEXT NOT NULL CHECK (why IN ('post','rule','word','sales','removal','time')),
		by     INTEGER REFERENCES member (id),         -- NULL: a rule, or the operator
		at     INTEGER NOT NULL,
		CHECK (was <> became)
	) STRICT;
	INSERT INTO trust_event_new (id, member, was, became, why, by, at) SELECT id, member, was, became, why, by, at FROM trust_event;
	DROP TABLE trust_event;
	ALTER TABLE trust_event_new RENAME TO trust_event;
	CREATE INDEX trust_event_member ON trust_event (member, at)`

// reason is why trust changed.
type reason string

// The reasons.
const (
	byPost  reason = "post"    // a manager let a post pass
	byRule  reason = "rule"    // posts, time and answers
	byWord  reason = "word"    // of a manager or the operator
	bySales reason = "sales"   // a post that sold something
	byLoss  reason = "removal" // a post that a manager removed
	byTime  reason = "time"    // a strike is over
)

// Event is one change of a member's trust.
type Event struct {
	Was int       `json:"was"`
	Is  int       `json:"is"`
	Why string    `json:"why"` // post, rule, word, sales, removal or time
	At  time.Time `json:"at"`
}

func noteTrust(tx *db.Tx, m lists.Member, was int, why reason, by lists.MemberID) error {
	_, err := tx.Exec("INSERT INTO trust_event (member, was, became, why, by, at) VALUES (@member, @was, @became, @why, @by, @at)",
		db.Named("member", m.ID), db.Named("was", was), db.Named("became", m.Trust), db.Named("why", string(why)), db.Named("by", nullable(int64(by))), db.Named("at", db.Micros(tx.Now)))
	return err
}

// TrustOf is how a member's trust came and went, oldest first.
func TrustOf(tx *db.Tx, m lists.MemberID) ([]Event, error) {
	return db.Select(tx, func(r db.Scanner) (e Event, err error) {
		var at int64
		err = r.Scan(&e.Was, &e.Is, &e.Why, &at)
		e.At = db.Time(at)
		return e, err
	}, "SELECT was, became, why, at FROM trust_event WHERE member = ? ORDER BY at, id", m)
}

// addStrike counts a post against its author, for selling or for its removal; fresh is false when it counts already.
func addStrike(tx *db.Tx, m lists.Member, post int64, kind reason, by lists.MemberID) (id int64, fresh bool, err error) {
	id, err = tx.Insert("INSERT INTO strike (member, post, kind, was, by, at) VALUES (@member, @post, @kind, @was, @by, @at)",
		db.Named("member", m.ID), db.Named("post", post), db.Named("kind", string(kind)), db.Named("was", m.Trust), db.Named("by", nullable(int64(by))), db.Named("at", db.Micros(tx.Now)))
	if db.IsUnique(err) {
		return 0, false, nil
	}
	return id, err == nil, err
}

func countSales(tx *db.Tx, m lists.MemberID, since time.Time) (n int, err error) {
	err = tx.QueryRow("SELECT count(*) FROM strike WHERE member = ? AND at > ? AND kind = 'sales'", m, db.Micros(since)).Scan(&n)
	return n, err
}

// struck tells whether a strike counts against somebody now.
func struck(tx *db.Tx, m lists.MemberID) (yes bool, err error) {
	err = tx.QueryRow("SELECT EXISTS (SELECT 1 FROM strike WHERE member = ? AND at > ?)", m, db.Micros(tx.Now.AddDate(0, 0, -strikeDays))).Scan(&yes)
	return yes, err
}

func findStrike(tx *db.Tx, id int64) (m lists.MemberID, was int, found bool, err error) {
	err = tx.QueryRow("SELECT member, was FROM strike WHERE id = ?", id).Scan(&m, &was)
	if errors.Is(err, db.ErrNoRows) {
		return 0, 0, false, nil
	}
	return m, was, err == nil, err
}

// precisionOver is over how many held posts the precision of holding is told.
const precisionOver = 50

// Precision tells of the newest posts of new members that managers decided about, on a list since a date, how many there are (at most 50) and in
// how many of them holding changed anything: they were refused, or given back and changed.
func Precision(tx *db.Tx, l lists.ListID, since time.Time) (held, changed int, err error) {
	err = tx.QueryRow(`SELECT count(*), coalesce(sum(changed), 0) FROM (SELECT state = 'refused' OR version > 0 AS changed FROM held
		WHERE list = @list AND state IN ('published','refused') AND state <> 'waiting' AND decided > @since AND member IS NOT NULL AND why IN ('newcome','link','changed')
		ORDER BY decided DESC LIMIT @over)`,
		db.Named("list", l), db.Named("since", db.Micros(since)), db.Named("over", precisionOver)).Scan(&held, &changed)
	return held, changed, err
}

// ease is a proposal to hold less on a list, or more.
type ease struct {
	id      int64
	list    lists.ListID
	stage   lists.Stage
	becomes lists.Stage
	state   string
	decider lists.MemberID
	decided time.Time
}

const easeColumns = "id, list, stage, becomes, state, coalesce(decider, 0), decided"

func scanEase(r db.Scanner) (e ease, err error) {
	var decided int64
	err = r.Scan(&e.id, &e.list, &e.stage, &e.becomes, &e.state, &e.decider, &decided)
	e.decided = db.Time(decided)
	return e, err
}

func addEase(tx *db.Tx, e ease) (int64, error) {
	return tx.Insert("INSERT INTO ease (list, stage, becomes, made) VALUES (@list, @stage, @becomes, @made)",
		db.Named("list", e.list), db.Named("stage", string(e.stage)), db.Named("becomes", string(e.becomes)), db.Named("made", db.Micros(tx.Now)))
}

// lastEase is when something was last proposed about a list; zero: never.
func lastEase(tx *db.Tx, l lists.ListID) (time.Time, error) {
	var made int64
	err := tx.QueryRow("SELECT coalesce(max(made), 0) FROM ease WHERE list = ?", l).Scan(&made)
	return db.Time(made), err
}

func findEase(tx *db.Tx, id int64) (e ease, err error) {
	return scanEase(tx.QueryRow("SELECT "+easeColumns+" FROM ease WHERE id = ?", id))
}

func (e ease) close(tx *db.Tx, state string, by lists.MemberID) error {
	_, err := tx.Exec("UPDATE ease SET state = @state, decided = @decided, decider = @by WHERE id = @id AND state = 'open'",
		db.Named("state", state), db.Named("decided", db.Micros(tx.Now)), db.Named("by", nullable(int64(by))), db.Named("id", e.id))
	return err
}

// lastOffer is when somebody last offered something; zero: never.
func lastOffer(tx *db.Tx, m lists.MemberID) (time.Time, error) {
	var at int64
	err := tx.QueryRow("SELECT coalesce(max(at), 0) FROM offer WHERE member = ?", m).Scan(&at)
	return db.Time(at), err
}

func noteOffer(tx *db.Tx, m lists.MemberID) error {
	_, err := tx.Exec("INSERT INTO offer (member, at) VALUES (?, ?) ON CONFLICT (member) DO UPDATE SET at = excluded.at", m, db.Micros(tx.Now))
	return err
}

package lists

import (
	"errors"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
)

// bounceTables are what is known of mail that came back.
const bounceTables = `
	-- What came back of mail to members, once a day at most (D1, M18). No word of the letters that came back.
	CREATE TABLE bounce (
		member   INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
		day      INTEGER NOT NULL,               -- days since 1970, UTC
		at       INTEGER NOT NULL,
		quarters INTEGER NOT NULL CHECK (quarters BETWEEN 1 AND 4), -- of a point
		dead     INTEGER NOT NULL CHECK (dead IN (0, 1)),
		about    TEXT NOT NULL,                  -- Message-ID of what came back, without brackets; '' unknown
		why      TEXT NOT NULL,                  -- what was said about the address
		PRIMARY KEY (member, day)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX bounce_about ON bounce (about) WHERE about <> '';

	-- Since when a member is sent nothing. The row stays until what they missed is owed to them.
	CREATE TABLE pause (
		member INTEGER PRIMARY KEY REFERENCES member (id) ON DELETE CASCADE,
		at     INTEGER NOT NULL,
		since  INTEGER NOT NULL,                 -- of the first letter that came back
		until  INTEGER NOT NULL DEFAULT 0,       -- when they were heard again; 0: not yet
		why    TEXT NOT NULL
	) STRICT`

// CatchUp is due for a member who was paused and is heard again: what they missed is owed to them.
const CatchUp calendar.Kind = "digest.catchup"

// whyMax is how much is kept of what was said about an address.
const whyMax = 200

// NoteBounce counts what came back of a member's mail. Each day counts once, with its heaviest (D1).
func NoteBounce(tx *db.Tx, m MemberID, b Bounce) error {
	_, err := tx.Exec(`INSERT INTO bounce (member, day, at, quarters, dead, about, why) VALUES (@member, @day, @at, @quarters, @dead, @about, @why)
		ON CONFLICT (member, day) DO UPDATE SET quarters = excluded.quarters, dead = excluded.dead, about = excluded.about, why = excluded.why
		WHERE excluded.quarters > quarters`,
		db.Named("member", m), db.Named("day", b.At.Unix()/86400), db.Named("at", db.Micros(b.At)), db.Named("quarters", int64(b.Quarters)),
		db.Named("dead", b.Dead), db.Named("about", string(b.About)), db.Named("why", letter.ASCII(b.Why, whyMax)))
	return err
}

// Bounces are what came back of a member's mail, the oldest first. What came back before they were last heard again counts no more.
func Bounces(tx *db.Tx, m MemberID) ([]Bounce, error) {
	return db.Select(tx, scanBounce, `SELECT at, quarters, dead, about, why FROM bounce
		WHERE member = ?1 AND at > ifnull((SELECT until FROM pause WHERE member = ?1), 0) ORDER BY day`, m)
}

// Missed are the letters that came back before a member was last heard again, as far as the reports named them.
func Missed(tx *db.Tx, m MemberID) ([]letter.MessageID, error) {
	return db.Select(tx, func(r db.Scanner) (id letter.MessageID, err error) { return id, r.Scan(&id) },
		`SELECT about FROM bounce WHERE member = ?1 AND about <> '' AND at <= (SELECT until FROM pause WHERE member = ?1) ORDER BY day`, m)
}

func scanBounce(r db.Scanner) (b Bounce, err error) {
	var at int64
	err = r.Scan(&at, &b.Quarters, &b.Dead, &b.About, &b.Why)
	b.At = db.Time(at)
	return b, err
}

// ScoreOf is what a member's bounces come to now.
func ScoreOf(tx *db.Tx, m MemberID) (Score, error) {
	all, err := Bounces(tx, m)
	return Tally(all, tx.Now), err
}

// ForgetBounces forgives a member whatever came back.
func ForgetBounces(tx *db.Tx, m MemberID) error {
	_, err := tx.Exec("DELETE FROM bounce WHERE member = ?", m)
	return err
}

// VoidBounces takes back what one letter counted against anybody: it was the letter's fault, or ours.
func VoidBounces(tx *db.Tx, about letter.MessageID) error {
	_, err := tx.Exec("DELETE FROM bounce WHERE about = ? AND about <> ''", string(about))
	return err
}

// PurgeBounces forgets what can count no more, and tells how much that was.
func PurgeBounces(tx *db.Tx) (int64, error) {
	return tx.Change("DELETE FROM bounce WHERE at < ? AND member NOT IN (SELECT member FROM pause)", db.Micros(tx.Now.Add(-scoreWindow)))
}

// PauseMember stops all mail to a member, who stays one. since is when the first letter came back. Nothing changes for somebody who is
// no active member. The error is a refusal for the last manager of a community: to them the mail goes on.
func PauseMember(tx *db.Tx, m Member, since time.Time, why string) error {
	if m.State != Active {
		return nil
	}
	m.State = Paused
	if err := SaveMember(tx, m); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO pause (member, at, since, why) VALUES (@member, @at, @since, @why)
		ON CONFLICT (member) DO UPDATE SET at = excluded.at, since = min(since, excluded.since), until = 0, why = excluded.why`,
		db.Named("member", m.ID), db.Named("at", db.Micros(tx.Now)), db.Named("since", db.Micros(since)), db.Named("why", letter.ASCII(why, whyMax)))
	if err != nil {
		return err
	}
	return replan(tx, m.ID)
}

// PauseOf tells since when and why a member is paused, or was and has not caught up yet; false when neither is so.
func PauseOf(tx *db.Tx, m MemberID) (p Pause, ok bool, err error) {
	var at, since, until int64
	err = tx.QueryRow("SELECT at, since, until, why FROM pause WHERE member = ?", m).Scan(&at, &since, &until, &p.Why)
	p.At, p.Since, p.Until = db.Time(at), db.Time(since), db.Time(until)
	if errors.Is(err, db.ErrNoRows) {
		return Pause{}, false, nil
	}
	return p, err == nil, err
}

// ResumeMember has a paused member get their mail again, as if every subscription began anew with this moment; what they missed is
// due at once. It gives what the pause was.
func ResumeMember(tx *db.Tx, m Member) (Pause, error) {
	if m.State != Paused {
		return Pause{}, nil
	}
	m.State = Active
	if err := SaveMember(tx, m); err != nil {
		return Pause{}, err
	}
	now := db.Micros(tx.Now)
	if _, err := tx.Exec("UPDATE pause SET until = ? WHERE member = ?", now, m.ID); err != nil {
		return Pause{}, err
	}
	if _, err := tx.Exec("UPDATE subscription SET changed = ? WHERE member = ? AND delivery = 'each'", now, m.ID); err != nil {
		return Pause{}, err
	}
	if err := calendar.Set(tx, CatchUp, int64(m.ID), tx.Now); err != nil {
		return Pause{}, err
	}
	p, _, err := PauseOf(tx, m.ID)
	if err != nil {
		return p, err
	}
	return p, replan(tx, m.ID)
}

// EndPause forgets a pause: the member has caught up, or is gone.
func EndPause(tx *db.Tx, m MemberID) error {
	if _, err := tx.Exec("DELETE FROM bounce WHERE member = ?1 AND at <= (SELECT until FROM pause WHERE member = ?1)", m); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM pause WHERE member = ? AND until <> 0", m)
	return err
}

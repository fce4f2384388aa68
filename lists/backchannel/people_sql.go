package backchannel

import (
	"errors"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/templates/refusal"
)

// lockWish is how long one manager's wish to lock another out waits for a second one's.
const lockWish = 48 * time.Hour

// lockAsked tells who wished to lock a manager out since a date; ErrNoRows when nobody did.
func lockAsked(tx *db.Tx, m lists.MemberID, since time.Time) (by lists.MemberID, err error) {
	err = tx.QueryRow("SELECT by FROM manager_lock WHERE manager = ? AND at > ?", m, db.Micros(since)).Scan(&by)
	return by, err
}

func askLock(tx *db.Tx, m, by lists.MemberID) error {
	_, err := tx.Exec(`INSERT INTO manager_lock (manager, by, at) VALUES (@manager, @by, @at) ON CONFLICT (manager) DO UPDATE SET by = excluded.by, at = excluded.at`,
		db.Named("manager", m), db.Named("by", by), db.Named("at", db.Micros(tx.Now)))
	return err
}

// revoke ends all tokens of a manager.
func (b *Letterbox) revoke(tx *db.Tx, m lists.Member) error {
	if _, err := tx.Exec("DELETE FROM manager_lock WHERE manager = ?", m.ID); err != nil {
		return err
	}
	return address.RevokeMember(tx, int64(m.Community), int64(m.ID))
}

// exclusionOf is why a conversation does not exist for a manager.
func exclusionOf(tx *db.Tx, c ConvID, m lists.MemberID) (e Exclusion, err error) {
	err = tx.QueryRow("SELECT manager, reason, coalesce(by, 0) FROM conv_exclusion WHERE conv = ? AND manager = ? AND lifted = 0", c, m).Scan(&e.Manager, &e.Reason, &e.By)
	if errors.Is(err, db.ErrNoRows) {
		err = refusal.Because(refusal.NotAllowed, "Nothing keeps this letter from them.")
	}
	return e, err
}

// absorb makes one conversation a part of another of the same writer: what was said there comes behind what was said here.
func absorb(tx *db.Tx, into, other Conv) error {
	i, o := db.Named("into", into.ID), db.Named("other", other.ID)
	base := db.Named("base", into.Rev)
	for _, q := range []struct {
		query string
		args  []any
	}{
		{"UPDATE conv_msg SET conv = @into, rev = rev + @base WHERE conv = @other", []any{i, o, base}},
		{"UPDATE conv_ref SET conv = @into, rev = rev + @base WHERE conv = @other", []any{i, o, base}},
		{"UPDATE heat SET conv = @into WHERE conv = @other", []any{i, o}},
		{"UPDATE consent SET conv = @into WHERE conv = @other", []any{i, o}},
		{"INSERT INTO conv_tag (conv, tag) SELECT @into, tag FROM conv_tag WHERE conv = @other ON CONFLICT DO NOTHING", []any{i, o}},
		{`INSERT INTO conv_exclusion (conv, manager, reason, by, at, lifted) SELECT @into, manager, reason, by, at, 0 FROM conv_exclusion WHERE conv = @other AND lifted = 0
			ON CONFLICT (conv, manager) DO UPDATE SET lifted = 0, reason = excluded.reason, by = excluded.by`, []any{i, o}},
		{`UPDATE conv SET rev = rev + @grown, urgent = urgent OR (SELECT urgent FROM conv WHERE id = @other), opened = min(opened, (SELECT opened FROM conv WHERE id = @other)),
			restricted = kind = 'report' OR EXISTS (SELECT 1 FROM conv_exclusion WHERE conv = @into AND lifted = 0) WHERE id = @into`, []any{i, o, db.Named("grown", other.Rev)}},
		{`UPDATE conv SET merged = @into, state = 'closed', outcome = 'merged', closed = @now, snoozed = 0, snooze_as = '', snoozer = NULL, clock = 0, due = 0 WHERE id = @other`,
			[]any{i, o, db.Named("now", db.Micros(tx.Now))}},
	} {
		if _, err := tx.Exec(q.query, q.args...); err != nil {
			return err
		}
	}
	return nil
}

// subjectsOf are the subjects of a member's letters to the managers.
func subjectsOf(tx *db.Tx, m lists.MemberID) ([]string, error) {
	return db.Select(tx, scanWord, "SELECT DISTINCT subject FROM conv WHERE member = ? AND subject <> '' ORDER BY subject", m)
}

// heldOf is the newest answer of a manager that waits for their word; ErrNoRows when none does.
func heldOf(tx *db.Tx, c ConvID, m lists.MemberID) (message, error) {
	return scanMsg(tx.QueryRow("SELECT "+msgColumns+" FROM conv_msg WHERE conv = ? AND author = ? AND state = 'held' AND sendable ORDER BY id DESC LIMIT 1", c, m))
}

// history is everything that was said and done in a conversation, oldest first.
func history(tx *db.Tx, c ConvID) ([]message, error) {
	return db.Select(tx, scanMsg, "SELECT "+msgColumns+" FROM conv_msg WHERE conv = ? AND state IN ('sent','done') ORDER BY at, id", c)
}

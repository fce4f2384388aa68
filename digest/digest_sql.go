package digest

import (
	"errors"
	"fmt"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
)

// Schema is what is known of issues, and where readers stand.
func Schema() db.Schema {
	return db.Schema{Owner: "digest", Steps: []string{schemaDecided + `
	CREATE TABLE digest_issue (
		id     INTEGER PRIMARY KEY,
		member INTEGER NOT NULL REFERENCES member (id),
		slot   INTEGER NOT NULL,                     -- microseconds UTC
		state  TEXT NOT NULL CHECK (state IN ('writing','queued','skipped')),
		reason TEXT NOT NULL DEFAULT '',             -- why it was skipped
		msgid  TEXT UNIQUE,                          -- of what was sent
		note   INTEGER REFERENCES digest_note (id),  -- that stands in it
		removed INTEGER NOT NULL DEFAULT 0,          -- posts of earlier issues that it tells to be gone
		at     INTEGER NOT NULL,
		UNIQUE (member, slot)                        -- nobody gets two issues for one slot
	) STRICT;

	-- Where a reader stands: everything up to this post was in an issue.
	CREATE TABLE digest_cursor (
		member INTEGER NOT NULL REFERENCES member (id),
		list   INTEGER NOT NULL REFERENCES list (id),
		seq    INTEGER NOT NULL CHECK (seq >= 0),
		since  INTEGER NOT NULL,                     -- when the subscription began: a later one reads from its own beginning
		PRIMARY KEY (member, list)
	) STRICT, WITHOUT ROWID;

	-- The slot a reader waits for. The calendar's date may lie later, after a failure; the slot stays.
	CREATE TABLE digest_next (
		member    INTEGER PRIMARY KEY REFERENCES member (id),
		community INTEGER NOT NULL REFERENCES community (id),
		slot      INTEGER NOT NULL
	) STRICT;
	CREATE INDEX digest_next_slot ON digest_next (community, slot);` + schemaCovered + schemaBrief + schemaWhole + schemaJam, schemaJamDaily, schemaFate, schemaPrompt}}
}

type issueRow struct {
	id   int64
	slot time.Time
}

func newest(tx *db.Tx, query string, args ...any) (issueRow, bool, error) {
	var i issueRow
	var slot int64
	err := tx.QueryRow(query, args...).Scan(&i.id, &slot)
	i.slot = db.Time(slot)
	if errors.Is(err, db.ErrNoRows) {
		return i, false, nil
	}
	return i, err == nil, err
}

// lastIssue is a member's newest slot that is over, sent or skipped.
func lastIssue(tx *db.Tx, m lists.MemberID) (issueRow, bool, error) {
	return newest(tx, "SELECT id, slot FROM digest_issue WHERE member = ? ORDER BY slot DESC LIMIT 1", m)
}

// lastSent is a member's newest issue that went out.
func lastSent(tx *db.Tx, m lists.MemberID) (issueRow, bool, error) {
	return newest(tx, "SELECT id, slot FROM digest_issue WHERE member = ? AND state = 'queued' AND fate <> 'superseded' ORDER BY slot DESC LIMIT 1", m)
}

// sentBeforeSlot is a member's newest issue before a slot that went out.
func sentBeforeSlot(tx *db.Tx, m lists.MemberID, slot time.Time) (issueRow, bool, error) {
	return newest(tx, "SELECT id, slot FROM digest_issue WHERE member = ? AND state = 'queued' AND fate <> 'superseded' AND slot < ? ORDER BY slot DESC LIMIT 1", m, db.Micros(slot))
}

func issued(tx *db.Tx, m lists.MemberID, slot time.Time) (bool, error) {
	var n int
	err := tx.QueryRow("SELECT count(*) FROM digest_issue WHERE member = ? AND slot = ?", m, db.Micros(slot)).Scan(&n)
	return n > 0, err
}

func insertIssue(tx *db.Tx, m lists.MemberID, slot time.Time, note int64) (int64, error) {
	id, err := tx.Insert("INSERT INTO digest_issue (member, slot, state, note, at) VALUES (@member, @slot, 'writing', nullif(@note, 0), @at)",
		db.Named("member", m), db.Named("note", note), db.Named("slot", db.Micros(slot)), db.Named("at", db.Micros(tx.Now)))
	if err != nil {
		return 0, fmt.Errorf("begin an issue: %w", err)
	}
	return id, nil
}

func finishIssue(tx *db.Tx, id int64, msgid letter.MessageID, removed int) error {
	_, err := tx.Exec("UPDATE digest_issue SET state = 'queued', msgid = ?, removed = ? WHERE id = ?", string(msgid), removed, id)
	return err
}

func recordSkip(tx *db.Tx, m lists.MemberID, slot time.Time, reason string) error {
	_, err := tx.Exec("INSERT INTO digest_issue (member, slot, state, reason, at) VALUES (@member, @slot, 'skipped', @reason, @at) ON CONFLICT (member, slot) DO NOTHING",
		db.Named("member", m), db.Named("slot", db.Micros(slot)), db.Named("reason", reason), db.Named("at", db.Micros(tx.Now)))
	return err
}

// issueDate is the slot of an issue, and the zone in which its reader saw it.
func issueDate(tx *db.Tx, id int64) (time.Time, *time.Location, bool, error) {
	var slot int64
	var member lists.MemberID
	err := tx.QueryRow("SELECT slot, member FROM digest_issue WHERE id = ?", id).Scan(&slot, &member)
	if errors.Is(err, db.ErrNoRows) {
		return time.Time{}, nil, false, nil
	}
	if err != nil {
		return time.Time{}, nil, false, err
	}
	m, err := lists.MemberByID(tx, member)
	if err != nil {
		return time.Time{}, nil, false, err
	}
	c, err := lists.CommunityByID(tx, m.Community)
	return db.Time(slot), m.Zone(c), err == nil, err
}

// place is where a subscriber stands in a list; false when they do not read it by digest, or did so only under an older subscription.
func place(tx *db.Tx, s lists.Subscription) (seq int64, ok bool, err error) {
	err = tx.QueryRow("SELECT seq FROM digest_cursor WHERE member = @member AND list = @list AND since = @since",
		db.Named("member", s.Member), db.Named("list", s.List), db.Named("since", db.Micros(s.Since))).Scan(&seq)
	if errors.Is(err, db.ErrNoRows) {
		return 0, false, nil
	}
	return seq, err == nil, err
}

// beginAt gives a subscriber a place in a list.
func beginAt(tx *db.Tx, s lists.Subscription, seq int64) error {
	_, err := tx.Exec(`INSERT INTO digest_cursor (member, list, seq, since) VALUES (@member, @list, @seq, @since)
		ON CONFLICT (member, list) DO UPDATE SET seq = excluded.seq, since = excluded.since`,
		db.Named("member", s.Member), db.Named("list", s.List), db.Named("seq", seq), db.Named("since", db.Micros(s.Since)))
	return err
}

// setCursor moves a reader on; never back.
func setCursor(tx *db.Tx, m lists.MemberID, l lists.ListID, seq int64) error {
	_, err := tx.Exec("UPDATE digest_cursor SET seq = max(seq, @seq) WHERE member = @member AND list = @list",
		db.Named("seq", seq), db.Named("member", m), db.Named("list", l))
	return err
}

// setBack moves a reader back; never on.
func setBack(tx *db.Tx, m lists.MemberID, l lists.ListID, seq int64) error {
	_, err := tx.Exec("UPDATE digest_cursor SET seq = min(seq, @seq) WHERE member = @member AND list = @list",
		db.Named("seq", seq), db.Named("member", m), db.Named("list", l))
	return err
}

// sentBefore are the slots of a member's issues that went out, up to a Message-ID; the last one is that issue's own. None when it is
// no issue of theirs.
func sentBefore(tx *db.Tx, m lists.MemberID, id letter.MessageID) ([]time.Time, error) {
	return db.Select(tx, func(r db.Scanner) (time.Time, error) {
		var slot int64
		err := r.Scan(&slot)
		return db.Time(slot), err
	}, `SELECT slot FROM digest_issue WHERE member = ?1 AND state = 'queued'
		AND slot <= (SELECT slot FROM digest_issue WHERE msgid = ?2 AND member = ?1) ORDER BY slot`, m, string(id))
}

func dropCursor(tx *db.Tx, m lists.MemberID, l lists.ListID) error {
	_, err := tx.Exec("DELETE FROM digest_cursor WHERE member = ? AND list = ?", m, l)
	return err
}

// dropCursors forgets the places of a member in lists that they do not read by digest.
func dropCursors(tx *db.Tx, m lists.MemberID, keep map[lists.ListID]bool) error {
	all, err := db.Select(tx, func(r db.Scanner) (l lists.ListID, err error) { return l, r.Scan(&l) }, "SELECT list FROM digest_cursor WHERE member = ?", m)
	if err != nil {
		return err
	}
	for _, l := range all {
		if keep[l] {
			continue
		}
		if err := dropCursor(tx, m, l); err != nil {
			return err
		}
	}
	return nil
}

// setNext keeps a reader's next slot, and its date in the calendar.
func setNext(tx *db.Tx, m lists.Member, slot time.Time) error {
	_, err := tx.Exec("INSERT INTO digest_next (member, community, slot) VALUES (?, ?, ?) ON CONFLICT (member) DO UPDATE SET slot = excluded.slot", m.ID, m.Community, db.Micros(slot))
	if err != nil {
		return err
	}
	return calendar.Set(tx, Slot, int64(m.ID), slot)
}

func next(tx *db.Tx, m lists.MemberID) (time.Time, bool, error) {
	var slot int64
	err := tx.QueryRow("SELECT slot FROM digest_next WHERE member = ?", m).Scan(&slot)
	if errors.Is(err, db.ErrNoRows) {
		return time.Time{}, false, nil
	}
	return db.Time(slot), err == nil, err
}

func forgetNext(tx *db.Tx, m lists.MemberID) error {
	_, err := tx.Exec("DELETE FROM digest_next WHERE member = ?", m)
	return err
}

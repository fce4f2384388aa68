package backchannel

import (
	"errors"
	"fmt"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
)

// schemaRota is who is on duty when, and who is away.
const schemaRota = `
	CREATE TABLE rota (
		community INTEGER NOT NULL REFERENCES community (id),
		monday    TEXT NOT NULL,                       -- the date; the week begins at its noon, by the community's clock
		first     INTEGER NOT NULL REFERENCES member (id),
		second    INTEGER REFERENCES member (id),      -- NULL: there is nobody else
		fixed     INTEGER NOT NULL DEFAULT 0 CHECK (fixed IN (0, 1)), -- swapped by managers: no plan changes it
		PRIMARY KEY (community, monday)
	) STRICT, WITHOUT ROWID;

	-- The last absence of each manager.
	CREATE TABLE away (
		manager INTEGER PRIMARY KEY REFERENCES member (id),
		since   INTEGER NOT NULL,
		until   INTEGER NOT NULL,
		source  TEXT NOT NULL CHECK (source IN ('command','ooo')),
		back    INTEGER NOT NULL DEFAULT 0             -- when they said that they are back; 0: they have not
	) STRICT`

// shifts are the planned weeks of a community from a Monday on.
func shifts(tx *db.Tx, c lists.CommunityID, from time.Time) ([]Shift, error) {
	return db.Select(tx, func(r db.Scanner) (s Shift, err error) {
		var monday string
		if err = r.Scan(&monday, &s.First, &s.Second, &s.Fixed); err == nil {
			s.Monday, err = time.Parse(time.DateOnly, monday)
		}
		return s, err
	}, "SELECT monday, first, coalesce(second, 0), fixed FROM rota WHERE community = ? AND monday >= ? ORDER BY monday", c, from.Format(time.DateOnly))
}

// saveShifts puts a plan in the place of what was planned from a Monday on.
func saveShifts(tx *db.Tx, c lists.CommunityID, from time.Time, all []Shift) error {
	if _, err := tx.Exec("DELETE FROM rota WHERE community = ? AND monday >= ?", c, from.Format(time.DateOnly)); err != nil {
		return err
	}
	for _, s := range all {
		if err := fixShift(tx, c, s); err != nil {
			return fmt.Errorf("plan the rota: %w", err)
		}
	}
	return nil
}

// fixShift keeps one week.
func fixShift(tx *db.Tx, c lists.CommunityID, s Shift) error {
	_, err := tx.Exec(`INSERT INTO rota (community, monday, first, second, fixed) VALUES (@community, @monday, @first, @second, @fixed)
		ON CONFLICT (community, monday) DO UPDATE SET first = excluded.first, second = excluded.second, fixed = excluded.fixed`,
		db.Named("community", c), db.Named("monday", s.Monday.Format(time.DateOnly)), db.Named("first", s.First), db.Named("second", null(int64(s.Second))), db.Named("fixed", s.Fixed))
	return err
}

// nextHandover sets the calendar to the beginning of the next week.
func nextHandover(tx *db.Tx, community lists.Community) error {
	zone := community.Zone()
	return calendar.Set(tx, Handover, int64(community.ID), startOf(weekOf(tx.Now, zone).AddDate(0, 0, 7), zone))
}

func noHandover(tx *db.Tx, c lists.CommunityID) error { return calendar.Clear(tx, Handover, int64(c)) }

// absence is the last absence of a manager; zero when they never were away.
func absence(tx *db.Tx, m lists.MemberID) (a Absence, err error) {
	var since, until, back int64
	err = tx.QueryRow("SELECT since, until, source, back FROM away WHERE manager = ?", m).Scan(&since, &until, &a.Source, &back)
	if errors.Is(err, db.ErrNoRows) {
		return Absence{}, nil
	}
	a.Since, a.Until, a.back = db.Time(since), db.Time(until), db.Time(back)
	return a, err
}

func saveAbsence(tx *db.Tx, m lists.MemberID, a Absence) error {
	_, err := tx.Exec(`INSERT INTO away (manager, since, until, source, back) VALUES (@manager, @since, @until, @source, @back)
		ON CONFLICT (manager) DO UPDATE SET since = excluded.since, until = excluded.until, source = excluded.source, back = excluded.back`,
		db.Named("manager", m), db.Named("since", db.Micros(a.Since)), db.Named("until", db.Micros(a.Until)), db.Named("source", string(a.Source)), db.Named("back", db.Micros(a.back)))
	return err
}

// hasByMail tells whether a manager got a conversation by mail since a revision.
func hasByMail(tx *db.Tx, c ConvID, m lists.MemberID, since int) (is bool, err error) {
	err = tx.QueryRow("SELECT EXISTS (SELECT 1 FROM conv_ref WHERE conv = ? AND manager = ? AND what = 'letter' AND rev >= ?)", c, m, since).Scan(&is)
	return is, err
}

// open are the conversations of a community that are not closed, oldest first.
func openConversations(tx *db.Tx, c lists.CommunityID) ([]Conv, error) {
	return db.Select(tx, scanConv, "SELECT "+convColumns+" FROM conv WHERE community = ? AND merged IS NULL AND state <> 'closed' ORDER BY id", c)
}

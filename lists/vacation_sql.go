package lists

import (
	"errors"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/templates/refusal"
)

// vacationTable is who wants no mail of lists for a while.
const vacationTable = `;
	CREATE TABLE vacation (
		member INTEGER PRIMARY KEY REFERENCES member (id),
		begin  INTEGER NOT NULL,                 -- microseconds UTC, as is until
		until  INTEGER NOT NULL,
		CHECK (until > begin)
	) STRICT`

// Vacation is a time in which a member gets neither posts nor digests. Answers of the managers, and of the program, come all the same.
type Vacation struct {
	Begin time.Time `json:"begin"`
	Until time.Time `json:"until"` // then what was missed comes as one digest
}

// Has tells whether a moment lies in it, or behind it: until what was missed is written, nothing else is.
func (v Vacation) Has(now time.Time) bool { return !v.Begin.IsZero() && !now.Before(v.Begin) }

// VacationOver is due for a member whose vacation ends: what they missed is owed to them.
const VacationOver calendar.Kind = "vacation.over"

// longestVacation is how long a vacation may be. Whoever is away for longer wants no mail at all.
const longestVacation = 366 * 24 * time.Hour

// SetVacation keeps when a member is away; what they had set before is given up. The error is a refusal for times that cannot be.
func SetVacation(tx *db.Tx, m MemberID, v Vacation) error {
	switch {
	case !v.Until.After(v.Begin) || !v.Until.After(tx.Now):
		return refusal.Because(refusal.Invalid, "A vacation ends after it begins, and not in the past.")
	case v.Until.Sub(v.Begin) > longestVacation || v.Until.Sub(tx.Now) > 2*longestVacation:
		return refusal.Because(refusal.Invalid, "A vacation is a year at most. To get no mail for longer, switch it off.")
	}
	old, on, err := VacationOf(tx, m)
	if err != nil {
		return err
	}
	if on && old.Has(tx.Now) { // what they missed since the old one began is still missed
		v.Begin = old.Begin
	}
	_, err = tx.Exec(`INSERT INTO vacation (member, begin, until) VALUES (@member, @begin, @until)
		ON CONFLICT (member) DO UPDATE SET begin = excluded.begin, until = excluded.until`,
		db.Named("member", m), db.Named("begin", db.Micros(v.Begin)), db.Named("until", db.Micros(v.Until)))
	if err != nil {
		return err
	}
	return calendar.Set(tx, VacationOver, int64(m), v.Until)
}

// VacationOf is when a member is away, now or later; false when they said nothing of it.
func VacationOf(tx *db.Tx, m MemberID) (v Vacation, ok bool, err error) {
	var begin, until int64
	err = tx.QueryRow("SELECT begin, until FROM vacation WHERE member = ?", m).Scan(&begin, &until)
	if errors.Is(err, db.ErrNoRows) {
		return Vacation{}, false, nil
	}
	return Vacation{db.Time(begin), db.Time(until)}, err == nil, err
}

// CutVacation ends a vacation now; false when there is none. What was missed is due at once.
func CutVacation(tx *db.Tx, m MemberID) (bool, error) {
	v, ok, err := VacationOf(tx, m)
	if err != nil || !ok {
		return false, err
	}
	if !v.Has(tx.Now) {
		return true, dropVacation(tx, m)
	}
	return true, calendar.Set(tx, VacationOver, int64(m), tx.Now)
}

// EndVacation forgets a vacation that is over. From now on posts come one by one again, to those who get them so.
func EndVacation(tx *db.Tx, m MemberID) error {
	if _, err := tx.Exec("UPDATE subscription SET changed = ? WHERE member = ? AND delivery = 'each'", db.Micros(tx.Now), m); err != nil {
		return err
	}
	if err := dropVacation(tx, m); err != nil {
		return err
	}
	return replan(tx, m)
}

func dropVacation(tx *db.Tx, m MemberID) error {
	if err := calendar.Clear(tx, VacationOver, int64(m)); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM vacation WHERE member = ?", m)
	return err
}

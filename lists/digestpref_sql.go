package lists

import (
	"errors"
	"time"

	"backchannel/archive/db"
	"backchannel/templates/refusal"
)

// DigestPref says when a member's digest comes.
type DigestPref struct {
	Period  string       `json:"period"` // daily, weekly or monthly
	Weekday time.Weekday `json:"weekday"`
	Hour    int          `json:"hour"` // of the local day, 0 to 23
}

// DefaultDigest is weekly, Friday 08:00 (product.md A3).
func DefaultDigest() DigestPref { return DigestPref{Period: "weekly", Weekday: time.Friday, Hour: 8} }

// DigestPrefOf is when a member wants their digest.
func DigestPrefOf(tx *db.Tx, m MemberID) (DigestPref, error) {
	p := DefaultDigest()
	err := tx.QueryRow("SELECT period, weekday, hour FROM digest_pref WHERE member = ?", m).Scan(&p.Period, &p.Weekday, &p.Hour)
	if errors.Is(err, db.ErrNoRows) {
		err = nil
	}
	return p, err
}

// SaveDigestPref keeps when a member wants their digest.
func SaveDigestPref(tx *db.Tx, m MemberID, p DigestPref) error {
	if p.Period != "daily" && p.Period != "weekly" && p.Period != "monthly" {
		return refusal.Because(refusal.Invalid, "A digest comes daily, weekly or monthly, not %q.", p.Period)
	}
	if p.Hour < 0 || p.Hour > 23 || p.Weekday < 0 || p.Weekday > 6 {
		return refusal.Because(refusal.Invalid, "A digest comes on a day of the week, at an hour from 0 to 23.")
	}
	_, err := tx.Exec(`INSERT INTO digest_pref (member, period, weekday, hour) VALUES (@member, @period, @weekday, @hour)
		ON CONFLICT (member) DO UPDATE SET period = excluded.period, weekday = excluded.weekday, hour = excluded.hour`,
		db.Named("member", m), db.Named("period", p.Period), db.Named("weekday", int(p.Weekday)), db.Named("hour", p.Hour))
	if err != nil {
		return err
	}
	return replan(tx, m)
}

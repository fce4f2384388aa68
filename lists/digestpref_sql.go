package lists

import (
	"cmp"
	"errors"
	"time"

	"backchannel/archive/db"
	"backchannel/templates/refusal"
)

// DigestPref says when a member's digest comes, and how.
type DigestPref struct {
	Period   string       `json:"period"` // daily, weekly or monthly
	Weekday  time.Weekday `json:"weekday"`
	Hour     int          `json:"hour"`      // of the local day, 0 to 23
	Format   string       `json:"format"`    // alt, text, mime or rfc1153; "" is alt
	MinPosts int          `json:"min_posts"` // an issue with fewer new posts waits for the next slot; 0 is 1
	Threads  int          `json:"threads"`   // shown with excerpts at most, 1 to 30; 0 is 12
}

// The formats of a digest (product.md A6).
const (
	FormatBoth    = "alt"     // text and HTML beside each other
	FormatText    = "text"    // text alone
	FormatMIME    = "mime"    // every post a letter of its own (RFC 2046 §5.1.5)
	FormatRFC1153 = "rfc1153" // all posts in one text (RFC 1153)
)

// How many threads a digest shows with excerpts, when its reader says nothing and at most.
const (
	usualThreads = 12
	mostThreads  = 30
)

// DefaultDigest is weekly, Friday 08:00, in text and HTML, from the first new post on (product.md A3).
func DefaultDigest() DigestPref {
	return DigestPref{Period: "weekly", Weekday: time.Friday, Hour: 8, Format: FormatBoth, MinPosts: 1, Threads: usualThreads}
}

// DigestPrefOf is when and how a member wants their digest.
func DigestPrefOf(tx *db.Tx, m MemberID) (DigestPref, error) {
	p := DefaultDigest()
	err := tx.QueryRow("SELECT period, weekday, hour, format, min_posts, threads FROM digest_pref WHERE member = ?", m).
		Scan(&p.Period, &p.Weekday, &p.Hour, &p.Format, &p.MinPosts, &p.Threads)
	if errors.Is(err, db.ErrNoRows) {
		err = nil
	}
	return p, err
}

// checkDigestPref fills in what was left open, and refuses what cannot be.
func checkDigestPref(p *DigestPref) error {
	usual := DefaultDigest()
	p.Format, p.MinPosts, p.Threads = cmp.Or(p.Format, usual.Format), cmp.Or(p.MinPosts, usual.MinPosts), cmp.Or(p.Threads, usual.Threads)
	switch {
	case p.Period != "daily" && p.Period != "weekly" && p.Period != "monthly":
		return refusal.Because(refusal.Invalid, "A digest comes daily, weekly or monthly, not %q.", p.Period)
	case p.Hour < 0 || p.Hour > 23 || p.Weekday < 0 || p.Weekday > 6:
		return refusal.Because(refusal.Invalid, "A digest comes on a day of the week, at an hour from 0 to 23.")
	case p.Format != FormatBoth && p.Format != FormatText && p.Format != FormatMIME && p.Format != FormatRFC1153:
		return refusal.Because(refusal.Invalid, "A digest comes as alt (text and HTML), text, mime or rfc1153, not %q.", p.Format)
	case p.MinPosts < 1 || p.MinPosts > 1000:
		return refusal.Because(refusal.Invalid, "A digest waits for 1 to 1000 new posts.")
	case p.Threads < 1 || p.Threads > mostThreads:
		return refusal.Because(refusal.Invalid, "A digest shows 1 to %d threads with excerpts.", mostThreads)
	}
	return nil
}

// SaveDigestPref keeps when and how a member wants their digest.
func SaveDigestPref(tx *db.Tx, m MemberID, p DigestPref) error {
	if err := checkDigestPref(&p); err != nil {
		return err
	}
	_, err := tx.Exec(`INSERT INTO digest_pref (member, period, weekday, hour, format, min_posts, threads)
		VALUES (@member, @period, @weekday, @hour, @format, @min_posts, @threads)
		ON CONFLICT (member) DO UPDATE SET period = excluded.period, weekday = excluded.weekday, hour = excluded.hour,
			format = excluded.format, min_posts = excluded.min_posts, threads = excluded.threads`,
		db.Named("member", m), db.Named("period", p.Period), db.Named("weekday", int(p.Weekday)), db.Named("hour", p.Hour),
		db.Named("format", p.Format), db.Named("min_posts", p.MinPosts), db.Named("threads", p.Threads))
	if err != nil {
		return err
	}
	return replan(tx, m)
}

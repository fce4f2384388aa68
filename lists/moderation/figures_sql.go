package moderation

import (
	"errors"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates"
)

// Judged tells of the posts that came to wait for managers in a span of time what was decided, of each list where less or more holding is
// proposed what its last posts say to that, and how often members offered something or were told that they sold. Letters about which their
// authors alone are asked are not counted: they may be private.
func Judged(tx *db.Tx, c lists.CommunityID, from, to time.Time) (*templates.StateHeld, error) {
	var t templates.StateHeld
	err := tx.QueryRow(`SELECT count(*), count(*) FILTER (WHERE state = 'published'), count(*) FILTER (WHERE state = 'published' AND version = 0), count(*) FILTER (WHERE state = 'refused') FROM held
		WHERE community = @community AND asked >= @from AND asked < @to
		AND (why = 'rate' OR why = 'newcome' OR why = 'link' OR why = 'fix' OR why = 'changed' OR why = 'slow' OR why = 'cool')`,
		db.Named("community", c), db.Named("from", db.Micros(from)), db.Named("to", db.Micros(to))).Scan(&t.Held, &t.Passed, &t.Same, &t.No)
	if err != nil {
		return nil, err
	}
	if t.Ease, err = proposals(tx, c); err != nil {
		return nil, err
	}
	if t.Offers, err = countOf(tx, c, "SELECT member FROM offer WHERE at >= ? AND at < ?", from, to); err != nil {
		return nil, err
	}
	t.Strikes, err = countOf(tx, c, "SELECT member FROM strike WHERE at >= ? AND at < ? AND kind = 'sales'", from, to)
	return &t, err
}

// countOf counts the rows of a span whose member belongs to a community.
func countOf(tx *db.Tx, c lists.CommunityID, query string, from, to time.Time) (n int, err error) {
	who, err := db.Select(tx, func(r db.Scanner) (m lists.MemberID, err error) { return m, r.Scan(&m) }, query, db.Micros(from), db.Micros(to))
	if err != nil {
		return 0, err
	}
	for _, id := range who {
		m, err := lists.MemberByID(tx, id)
		if err != nil {
			return 0, err
		}
		if m.Community == c {
			n++
		}
	}
	return n, nil
}

// newestEase is the newest proposal about a list, open or decided; false when there is none.
func newestEase(tx *db.Tx, l lists.ListID) (e ease, ok bool, err error) {
	e, err = scanEase(tx.QueryRow("SELECT "+easeColumns+" FROM ease WHERE list = ? ORDER BY made DESC, id DESC LIMIT 1", l))
	if errors.Is(err, db.ErrNoRows) {
		return e, false, nil
	}
	return e, err == nil, err
}

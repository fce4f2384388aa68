package moderation

import (
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
)

// Judged counts the posts that came to wait for managers in a span of time, and what they decided: those that went out, and those that
// were refused. Letters about which their authors alone are asked are not counted: they may be private.
func Judged(tx *db.Tx, c lists.CommunityID, from, to time.Time) (held, passed, refused int, err error) {
	err = tx.QueryRow(`SELECT count(*), count(*) FILTER (WHERE state = 'published'), count(*) FILTER (WHERE state = 'refused') FROM held
		WHERE community = @community AND asked >= @from AND asked < @to
		AND (why = 'rate' OR why = 'newcome' OR why = 'link' OR why = 'fix' OR why = 'changed' OR why = 'slow' OR why = 'cool')`,
		db.Named("community", c), db.Named("from", db.Micros(from)), db.Named("to", db.Micros(to))).Scan(&held, &passed, &refused)
	return held, passed, refused, err
}

package moderation

import (
	"context"

	"backchannel/archive/db"
	"backchannel/archive/logbook"
)

// Figures tell how many letters wait when somebody asks.
func Figures(d *db.DB) []logbook.Figure {
	return []logbook.Figure{logbook.NewGauge("backchannel_held_posts",
		"Posts that wait for a word, by why: sender (was this you?), door and both (for whom is it?), slash (what is it?), unnamed (with or without a name?), rate (too many), newcome (somebody new), link (quite new, with a link or file), fix and changed (its author changes it), rule (a rule of the list), sales (is it an offer?), slow and cool (its thread is calmed).",
		func(set func(float64, ...string)) {
			_ = d.View(context.Background(), func(tx *db.Tx) error {
				all, err := countWaiting(tx)
				for why, n := range all {
					set(float64(n), string(why))
				}
				return err
			})
		}, "why")}
}

package queue

import (
	"context"

	"backchannel/archive/db"
	"backchannel/archive/logbook"
)

// What the runner counts, in this process.
var (
	attempts = logbook.NewCounter("backchannel_delivery_attempts_total",
		"Attempts to deliver a copy, by what became of them (delivered, deferred, failed, dropped) and by how far they came (connect, hello, login, mail, rcpt, data, end; none is before that, or no SMTP).", "outcome", "stage")
	latency = logbook.NewHistogram("backchannel_delivery_seconds",
		"Time from when a copy was owed until a host had taken it, waits between attempts included.", []float64{1, 5, 15, 60, 300, 900, 3600, 14400, 86400, 432000})
)

// Figures are what the queue counts, and how it stands when somebody asks.
func Figures(d *db.DB) []logbook.Figure {
	state := logbook.NewGauge("backchannel_queue_copies",
		"Copies owed, by state (waiting; tried, which wait for another attempt; sending; held; aside) and by how long they have been owed (up to 5m, 1h, 1d, or more).",
		func(set func(float64, ...string)) {
			_ = d.View(context.Background(), func(tx *db.Tx) error { // no value is better than a wrong one
				all, err := countByAge(tx)
				for _, c := range all {
					set(float64(c.n), c.state, c.age)
				}
				return err
			})
		}, "state", "age")
	overdue := logbook.NewGauge("backchannel_queue_overdue_seconds", "How long the copy that waits longest has been due without an attempt; 0 when none is.",
		func(set func(float64, ...string)) {
			_ = d.View(context.Background(), func(tx *db.Tx) error {
				since, err := Overdue(tx)
				switch {
				case err != nil:
				case since.IsZero():
					set(0)
				default:
					set(max(0, tx.Now.Sub(since).Seconds()))
				}
				return err
			})
		})
	return []logbook.Figure{attempts, latency, state, overdue}
}

// figure counts an attempt that is written down.
func (s *shift) figure(res result) {
	if res.back {
		return
	}
	attempts.Add(res.o.Kind.String(), string(res.o.Stage))
	if res.o.Kind == Delivered {
		latency.Observe(max(0, s.r.o.DB.Now().Sub(res.task.copy.Since).Seconds()))
	}
}

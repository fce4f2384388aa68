package db

import (
	"fmt"
	"time"

	"backchannel/templates/refusal"
)

// Work that can wait is done when nobody has written for quietTime, in steps with a pause between them in which whoever comes goes first.
const (
	quietTime = 250 * time.Millisecond
	tidyPause = 5 * time.Millisecond
)

// tidy does one step of the work that can wait, and tells whether there is more. It belongs to the writer. Nobody is pinged: what people
// see is as before. No clock is asked: a test moves its own between two calls. An error is logged, and the work waits until somebody has
// written again.
func (d *DB) tidy(w *conn) (more bool) {
	if len(d.tidies) == 0 {
		return false
	}
	w.tidy()
	j := &job{done: make(chan struct{}), fn: func(tx *Tx) error {
		for _, step := range d.tidies {
			rest, err := step(tx)
			if err != nil {
				return err
			}
			more = more || rest
		}
		return nil
	}}
	err := w.exec("BEGIN IMMEDIATE")
	if err == nil {
		d.run(w, j, time.Time{}, nil)
		d.commit(w, []*job{j}, nil)
		if err = j.err; j.panicked != nil {
			err = fmt.Errorf("panic: %v", j.panicked)
		}
	} else {
		d.sync(err)
	}
	if err != nil {
		d.log.Warn("do the work that waited for a quiet moment", "error", refusal.Log(err))
		return false
	}
	d.checkpoint(w)
	return more
}

package queue

import (
	"context"
	"fmt"
	"time"

	"backchannel/archive/db"
)

// Tally is what a Drain came to.
type Tally struct {
	Delivered int  `json:"delivered"`
	Deferred  int  `json:"deferred"`
	Failed    int  `json:"failed"`
	Elsewhere int  `json:"elsewhere"` // handed to the running server
	Left      bool `json:"left"`      // there is more, but the way out rests or the running server stands still
}

// stuckAfter is how long Drain waits for another process that does nothing.
const stuckAfter = 15 * time.Second

// Drain has everything tried that is due by this process's clock, and returns when that is done. While another process holds the
// lock, that one is made to do it, whatever its clock says.
func (r *Runner) Drain(ctx context.Context) (Tally, error) {
	pings, cancel := r.o.DB.Subscribe()
	defer cancel()
	var other *elsewhere
	for {
		lock, ok, err := db.TryLock(r.o.Lock)
		if err != nil {
			return Tally{}, fmt.Errorf("lock the queue: %w", err)
		}
		if ok {
			defer lock.Unlock()
			return r.work(ctx, true)
		}
		if other == nil {
			if other, err = r.askOther(ctx); err != nil {
				return Tally{}, fmt.Errorf("ask the running server to send: %w", err)
			}
			defer other.patience.Stop()
		}
		if done, err := other.look(ctx, r.o.DB); done || err != nil {
			return other.tally, err
		}
		select {
		case <-ctx.Done():
			return other.tally, ctx.Err()
		case <-other.patience.C:
			other.tally.Left = true
			return other.tally, nil
		case <-pings:
		case <-time.After(lookForeign):
		}
	}
}

// elsewhere follows the process that holds the lock at the work we gave it.
type elsewhere struct {
	tally    Tally
	last     CopyID // newer copies are no matter of ours
	left     int
	patience *time.Timer
}

// askOther makes due at once what is due by our clock: the other process looks as soon as it notices the commit.
func (r *Runner) askOther(ctx context.Context) (*elsewhere, error) {
	e := &elsewhere{patience: time.NewTimer(stuckAfter)}
	err := r.o.DB.Update(ctx, func(tx *db.Tx) (err error) {
		if e.last, err = hasten(tx); err != nil {
			return err
		}
		waiting, sending, err := unanswered(tx, e.last)
		e.left = waiting + sending
		return err
	})
	e.tally.Elsewhere = e.left
	return e, err
}

// look tells whether the other process has tried everything.
func (e *elsewhere) look(ctx context.Context, d *db.DB) (done bool, err error) {
	var waiting, sending int
	err = d.View(ctx, func(tx *db.Tx) (err error) { waiting, sending, err = unanswered(tx, e.last); return err })
	if err != nil {
		return false, fmt.Errorf("look what the running server does: %w", err)
	}
	if left := waiting + sending; left != e.left || sending > 0 {
		e.left = left
		e.patience.Reset(stuckAfter)
	}
	return e.left == 0, nil
}

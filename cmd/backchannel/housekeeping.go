package main

import (
	"context"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/logbook"
	"backchannel/lists/address"
	"backchannel/lists/backchannel"
	"backchannel/lists/returns"
	"backchannel/templates/refusal"
)

// How long things are kept that nobody needs for ever.
const (
	lettersKept  = 14 * 24 * time.Hour  // incoming letters as they came
	tokensKept   = 30 * 24 * time.Hour  // tokens, after they expired: so long an old address still gets the helpful sentence
	storiesKept  = 400 * 24 * time.Hour // rows of the logbook; the sums stay
	rebuffsKept  = 14 * 24 * time.Hour  // what strangers met with at the door
	rebuffsSaved = time.Minute
	housekeeping = time.Hour
	balanceEvery = 24 * time.Hour
)

// keepHouse throws away what is over, and checks the books, at the start and again and again, until the context ends.
func (p *Program) keepHouse(ctx context.Context) error {
	tick := time.NewTicker(housekeeping)
	defer tick.Stop()
	var balanced time.Time // by the monotonic reading: a clock that jumps must not skip a night
	for {
		if balanced.IsZero() || time.Since(balanced) >= balanceEvery {
			balanced = time.Now()
			p.warnBooks(ctx)
		}
		if _, err := p.purge(ctx); err != nil && ctx.Err() == nil {
			p.Log.Warn("what is over could not be thrown away; it is tried again in an hour", "error", refusal.Log(err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// keepDoor writes down, once a minute and at the end, whom the front door refused before there was a letter. It is a service, not a promise: an
// error is logged.
func (p *Program) keepDoor(ctx context.Context) error {
	tick := time.NewTicker(rebuffsSaved)
	defer tick.Stop()
	for {
		over := false
		select {
		case <-ctx.Done():
			over = true
		case <-tick.C:
		}
		if err := p.Doorkeeper.Save(context.WithoutCancel(ctx), p.DB); err != nil {
			p.Log.Warn("who was turned away at the door could not be written down", "error", refusal.Log(err))
		}
		if over {
			return nil
		}
	}
}

// purge throws away what is over, in small steps: nobody waits long for the writer. It tells how many things went.
func (p *Program) purge(ctx context.Context) (gone int64, err error) {
	for _, step := range []func(tx *db.Tx) (int64, error){
		func(tx *db.Tx) (int64, error) {
			n, err := p.Store.Purge(tx, tx.Now.Add(-lettersKept))
			return int64(n), err
		},
		func(tx *db.Tx) (int64, error) { return logbook.Purge(tx, tx.Now.Add(-storiesKept)) },
		func(tx *db.Tx) (int64, error) { return logbook.PurgeRebuffs(tx, tx.Now.Add(-rebuffsKept)) },
		returns.Purge,
		p.Box.Sweep,
	} {
		for n := int64(1); n > 0; gone += n {
			if err := p.Update(ctx, func(tx *db.Tx) (err error) { n, err = step(tx); return err }); err != nil {
				return gone, err
			}
		}
	}
	err = p.Update(ctx, func(tx *db.Tx) error {
		tokens, err := address.Purge(tx, tx.Now.Add(-tokensKept))
		gone += tokens
		return err
	})
	if err == nil {
		err = p.wipe(ctx)
	}
	return gone, err
}

// wipe takes what was erased out of the write-ahead log, too. While somebody reads for long it is left for the next time.
func (p *Program) wipe(ctx context.Context) error {
	var until time.Time
	err := p.View(ctx, func(tx *db.Tx) error {
		_, owed, err := backchannel.Unwiped(tx)
		if owed {
			until = tx.Now
		}
		return err
	})
	if err != nil || until.IsZero() {
		return err
	}
	if err := p.DB.Wipe(ctx); refusal.KindOf(err) == refusal.Busy {
		p.Log.Info("the database's log could not be emptied yet; it is tried again", "error", refusal.Log(err))
		return nil
	} else if err != nil {
		return err
	}
	return p.Update(ctx, func(tx *db.Tx) error { return backchannel.Wiped(tx, until) })
}

// warnBooks tells the log when the books do not balance (P13).
func (p *Program) warnBooks(ctx context.Context) {
	faults, err := p.books(ctx)
	if err != nil {
		if ctx.Err() == nil {
			p.Log.Warn("the books could not be checked", "error", refusal.Log(err))
		}
		return
	}
	for _, f := range faults {
		p.Log.Warn("the books do not balance", "what", f)
	}
}

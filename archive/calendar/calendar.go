// Package calendar knows what is due when. It promises that a date once set is kept: dates are rows, not sleeping goroutines, so
// that no restart forgets them; each is handed to whoever registered for its kind, in a transaction that also takes the row away,
// so that it is done once; and one that fails is tried again later and never keeps the others waiting.
//
// It also knows the one hard question about dates: when eight o'clock on a local Friday is (Schedule).
package calendar

import (
	"context"
	"fmt"
	"log/slog"
	"sort"
	"sync"
	"time"

	"backchannel/archive/db"
	"backchannel/templates/refusal"
)

// Kind names a sort of date and so who hears of it: "digest", "held.expire" …
type Kind string

// Due is a date that has come.
type Due struct {
	Kind   Kind      `json:"kind"`
	Object int64     `json:"object"` // whose date it is, in the words of who set it
	At     time.Time `json:"at"`
	Failed int       `json:"failed,omitempty"` // attempts that failed so far
}

// Handler does what was due. It runs in the transaction that removes the date, and may set a new one of the same kind and object.
// An error undoes its work; the date is tried again later.
type Handler func(tx *db.Tx, due Due) error

// Calendar hands out what is due. Register everything before Run or RunDue.
type Calendar struct {
	db       *db.DB
	log      *slog.Logger
	handlers map[Kind]Handler
	together map[Kind]bool
}

// New makes a calendar over a database. A nil logger is silence.
func New(d *db.DB, log *slog.Logger) *Calendar {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Calendar{db: d, log: log, handlers: map[Kind]Handler{}, together: map[Kind]bool{}}
}

// Register names who hears of a kind. A kind has one handler; a second one is a mistake of the program.
func (c *Calendar) Register(kind Kind, h Handler) {
	if c.handlers[kind] != nil {
		panic(fmt.Sprintf("calendar: two handlers for %q", kind))
	}
	c.handlers[kind] = h
}

// Together lets dates of a kind that are due at once be done in any order, a few at a time, so that they share commits. Each is in the
// hands of its own handler as before: one that fails undoes nothing of the others.
func (c *Calendar) Together(kind Kind) { c.together[kind] = true }

func (c *Calendar) kinds() []Kind {
	all := make([]Kind, 0, len(c.handlers))
	for k := range c.handlers {
		all = append(all, k)
	}
	sort.Slice(all, func(i, j int) bool { return all[i] < all[j] })
	return all
}

// backoff is how long a date that failed n times waits: a minute, two, four … six hours at most.
func backoff(n int) time.Duration {
	if n > 9 {
		return 6 * time.Hour
	}
	return min(6*time.Hour, time.Minute<<(n-1))
}

// RunDue does everything that is due by the database's clock, what becomes due meanwhile included, and tells how much that was and
// how much failed. It ends when nothing is due.
func (c *Calendar) RunDue(ctx context.Context) (done, failed int, err error) {
	for ctx.Err() == nil {
		var due []Due
		err := c.db.View(ctx, func(tx *db.Tx) (err error) {
			due, err = next(tx, c.kinds(), tx.Now, 100)
			return err
		})
		if err != nil || len(due) == 0 {
			return done, failed, err
		}
		for len(due) > 0 {
			n := 1
			for c.together[due[0].Kind] && n < len(due) && due[n].Kind == due[0].Kind {
				n++
			}
			ok, err := c.doAll(ctx, due[:n])
			done += ok
			if err != nil {
				return done, failed, err
			}
			failed += n - ok
			due = due[n:]
		}
	}
	return done, failed, ctx.Err()
}

// abreast is how many dates are in the hands of the database at once. More would fill its longest batches, for which letters wait.
const abreast = 8

// doAll does dates of one kind and tells how many of them were kept. After an error of the database the rest stay as they are.
func (c *Calendar) doAll(ctx context.Context, due []Due) (kept int, err error) {
	if len(due) == 1 {
		ok, err := c.do(ctx, due[0])
		if ok {
			kept++
		}
		return kept, err
	}
	var mu sync.Mutex
	var hands sync.WaitGroup
	for range min(abreast, len(due)) {
		hands.Go(func() {
			for {
				mu.Lock()
				if len(due) == 0 || err != nil {
					mu.Unlock()
					return
				}
				d := due[0]
				due = due[1:]
				mu.Unlock()
				ok, why := c.do(ctx, d)
				mu.Lock()
				if ok {
					kept++
				}
				if err == nil {
					err = why
				}
				mu.Unlock()
			}
		})
	}
	hands.Wait()
	return kept, err
}

// do runs one handler. The error is one of the database; a handler's own failure is false.
func (c *Calendar) do(ctx context.Context, d Due) (ok bool, err error) {
	why := c.attempt(ctx, d)
	if why == nil {
		return true, nil
	}
	if refusal.KindOf(why) == refusal.Busy {
		return false, why // the server is ending; the date stays as it is
	}
	d.Failed++
	wait := backoff(d.Failed)
	c.log.Error("a date could not be kept and is tried again", "kind", d.Kind, "object", d.Object, "failed", d.Failed, "again_in", wait, "error", refusal.Log(why))
	return false, c.db.Update(ctx, func(tx *db.Tx) error { return postpone(tx, d, tx.Now.Add(wait)) })
}

// attempt turns a panic into an error, so that one broken date does not stop the calendar.
func (c *Calendar) attempt(ctx context.Context, d Due) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = refusal.Caught(p)
		}
	}()
	return c.db.Update(ctx, func(tx *db.Tx) error {
		mine, err := take(tx, d)
		if err != nil || !mine {
			return err // another process did it
		}
		return c.handlers[d.Kind](tx, d)
	})
}

const (
	longest = time.Minute           // Run sleeps at most so long: the wall clock may be set forward under a sleeping timer (P9)
	trouble = 10 * time.Second      // Run waits so long after the database failed
	breath  = 50 * time.Millisecond // Run looks no more often for what commits have set: under load there are hundreds in a second
)

// Run does what is due as it becomes due, until ctx ends. Commits of any process wake it.
func (c *Calendar) Run(ctx context.Context) error {
	pings, cancel := c.db.Subscribe()
	defer cancel()
	for {
		wake, rested := pings, time.After(breath)
		var timer *time.Timer
		if _, _, err := c.RunDue(ctx); err != nil && ctx.Err() == nil {
			c.log.Error("look into the calendar", "error", refusal.Log(err))
			// What is due stays due, and our own failed attempts wake us: on a full disk that would be a busy loop.
			wake, timer = nil, time.NewTimer(trouble)
		} else {
			timer = time.NewTimer(c.wait(ctx))
		}
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-wake:
			timer.Stop()
			select {
			case <-ctx.Done():
				return nil
			case <-rested:
			}
		case <-timer.C:
		}
	}
}

// wait is how long nothing is due.
func (c *Calendar) wait(ctx context.Context) time.Duration {
	wait := longest
	err := c.db.View(ctx, func(tx *db.Tx) error {
		due, err := next(tx, c.kinds(), tx.Now.Add(longest), 1)
		if err == nil && len(due) == 1 {
			wait = max(0, due[0].At.Sub(tx.Now))
		}
		return err
	})
	if err != nil {
		return time.Second
	}
	return wait
}

package queue

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"backchannel/archive/db"
	"backchannel/templates/refusal"
)

// claimMost is how many copies one commit claims (ST5).
const claimMost = 100

// mendMost is how many dates one commit mends.
const mendMost = 2000

// claimFresh is how long a claimed copy may wait for its turn. After that it is given back and stamped anew: who has left within the
// last minute gets nothing (P14), however slow the hosts before it are.
const claimFresh = 30 * time.Second

// task is a copy claimed and made ready.
type task struct {
	copy  Copy
	msg   Message
	claim *claimed

	// With lanes; what may change is guarded by the traffic.
	lane  *lane
	probe bool        // it takes a place among the probes, not a slot
	over  bool        // its attempt has ended
	late  bool        // it lasted too long
	slow  *time.Timer // fires when the attempt lasts too long
}

// claimed is what the tasks of one claim have in common.
type claimed struct {
	tasks []*task
	waits atomic.Int32 // not begun
	stale atomic.Bool
	timer *time.Timer
}

func (c *claimed) start(wake func()) {
	c.waits.Store(int32(len(c.tasks)))
	c.timer = time.AfterFunc(claimFresh, func() { c.stale.Store(true); wake() })
}

// begin tells whether the task may still be delivered as it is.
func (t *task) begin() bool {
	if t.claim.waits.Add(-1) == 0 {
		t.claim.timer.Stop()
	}
	return !t.claim.stale.Load()
}

// claim claims as many copies as there is room for and gives them to the workers. It tells how many it took in hand, those that
// ended there included, and when to look again.
func (s *shift) claim(ctx context.Context) (n int, next time.Time, err error) {
	if s.traffic != nil {
		return s.claimByLane(ctx)
	}
	free := claimMost - int(s.unbegun.Load())
	if s.resting() {
		if err := s.hearAsked(ctx); err != nil || s.resting() {
			return 0, time.Time{}, err
		}
	}
	if free < claimMost/2 || s.load.octets() >= s.r.o.Memory {
		return 0, time.Time{}, nil
	}
	var o outlook
	if err := s.r.o.DB.View(ctx, func(tx *db.Tx) (err error) { o, err = look(tx); return err }); err != nil {
		return 0, time.Time{}, fmt.Errorf("look what is due: %w", err)
	}
	if o.astray {
		s.r.o.Log.Warn("copies with dates of another clock get new ones")
		err := s.r.o.DB.Update(ctx, func(tx *db.Tx) error { return mend(tx, mendMost) })
		return mendMost, time.Time{}, err
	}
	if !o.now {
		return 0, o.next, nil
	}
	batch, ended, err := s.takeInHand(ctx, func(tx *db.Tx) ([]Copy, error) { return due(tx, free) })
	if err != nil {
		return 0, time.Time{}, err
	}
	s.hand(batch)
	return len(batch.tasks) + ended, time.Time{}, nil
}

// takeInHand claims copies in a commit of its own. It tells also how many of them ended at their stamping.
func (s *shift) takeInHand(ctx context.Context, which func(*db.Tx) ([]Copy, error)) (batch *claimed, ended int, err error) {
	batch = &claimed{}
	err = s.r.update(ctx, func(tx *db.Tx) error {
		copies, err := which(tx)
		if err != nil {
			return err
		}
		ended, err = s.takeAll(tx, batch, copies)
		return err
	})
	if err != nil {
		for _, t := range batch.tasks {
			s.load.drop(t.msg)
		}
		return nil, 0, fmt.Errorf("claim copies: %w", err)
	}
	return batch, ended, nil
}

// hearAsked ends a rest when somebody has asked for a retry since it began.
func (s *shift) hearAsked(ctx context.Context) error {
	var n int64
	if err := s.r.o.DB.View(ctx, func(tx *db.Tx) (err error) { n, err = asked(tx); return err }); err != nil {
		return fmt.Errorf("look who asked: %w", err)
	}
	s.mu.Lock()
	news := s.knows && n != s.asked
	s.asked, s.knows = n, true
	s.mu.Unlock()
	if news {
		s.endRest()
	}
	return nil
}

// hand gives a batch to the workers. There is always room: claim asked for no more than that.
func (s *shift) hand(batch *claimed) {
	if len(batch.tasks) == 0 {
		return
	}
	batch.start(s.poke)
	s.unbegun.Add(int32(len(batch.tasks)))
	s.open.Add(int32(len(batch.tasks)))
	for _, t := range batch.tasks {
		s.todo <- t
	}
}

// takeAll claims copies as far as there is memory. Copies that end at their stamping are counted.
func (s *shift) takeAll(tx *db.Tx, batch *claimed, copies []Copy) (ended int, err error) {
	for _, c := range copies {
		if s.load.octets() >= s.r.o.Memory {
			break
		}
		t, err := s.take(tx, c)
		if err != nil {
			return ended, err
		}
		if t == nil {
			ended++
			continue
		}
		t.claim = batch
		batch.tasks = append(batch.tasks, t)
		s.load.add(t.msg)
	}
	return ended, nil
}

// take counts an attempt, dates the next one and makes the message. Nil without an error: there is nothing to deliver now.
func (s *shift) take(tx *db.Tx, c Copy) (*task, error) {
	c.Attempts++
	var m Message
	err, lost := guarded(tx, func() (err error) { m, err = s.stamp(tx, c); return err })
	if lost != nil {
		return nil, errors.Join(err, lost)
	}
	var p *refusal.Panic
	reason, dropped := isDrop(err)
	switch {
	case err == nil:
		wait, _ := retryAfter(c.ID, c.Attempts)
		return &task{copy: c, msg: m}, claim(tx, c, s.run, tx.Now.Add(wait))
	case dropped:
		return nil, s.settle(tx, c, Outcome{Kind: Dropped, Text: reason})
	case errors.As(err, &p):
		s.r.o.Log.Error("a panic while a copy was made ready", "copy", c.ID, "story", c.Story, "panic", p.What, "stack", p.Stack)
		return nil, s.fell(tx, c, p)
	}
	s.r.o.Log.Warn("a copy could not be made ready", "copy", c.ID, "story", c.Story, "error", err)
	return nil, s.settle(tx, c, Outcome{Kind: Deferred, Text: "the copy could not be made ready: " + err.Error()})
}

// stamp has the message made and completes it.
func (s *shift) stamp(tx *db.Tx, c Copy) (Message, error) {
	by, ok := s.r.stampers[c.Stamp]
	if !ok {
		return Message{}, fmt.Errorf("nobody here knows the stamp %q", c.Stamp)
	}
	m, err := by.Stamp(tx, c, func() ([]byte, error) {
		if c.Raw == 0 {
			return nil, errors.New("the copy has no stored bytes")
		}
		return s.shelf.get(c.Raw, func() ([]byte, error) { return s.r.o.Raw(tx, c.Raw) })
	})
	if err != nil {
		return Message{}, err
	}
	m.Copy = c.ID
	if m.To.IsZero() {
		m.To = c.To
	}
	return m, nil
}

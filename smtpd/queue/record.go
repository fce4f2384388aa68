package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/logbook"
	"backchannel/templates/refusal"
)

// result is what a worker hands on.
type result struct {
	task *task
	o    Outcome
	fell *refusal.Panic // the program failed on it
	back bool           // not begun after all: no attempt was made
	cut  bool           // we ourselves broke it off: due again at once
	row  *operator      // what is to be remembered of the operator; nil: nothing
}

// recordAll writes outcomes down, as many in one commit as came while the last one was under way, or come within recordWait.
func (s *shift) recordAll() {
	for first := range s.results {
		batch := s.company([]result{first})
		s.record(batch)
		s.done(batch)
	}
}

// recordWait is how long an outcome waits for others at most (ST3). When many copies are on their way one ends in each half of a
// millisecond, and a commit of its own costs as much as ten that share one.
const recordWait = 5 * time.Millisecond

// company gathers outcomes to be written down with the first one. It waits only while other copies are under way, and not for more of them
// than leaves the workers room to begin others: who has begun a copy that is not written down may send it twice after a crash, and their
// number is bound (P2).
func (s *shift) company(batch []result) []result {
	var over <-chan time.Time
	for len(batch) < claimMost {
		select {
		case res, ok := <-s.results:
			if !ok {
				return batch
			}
			batch = append(batch, res)
			continue
		default:
		}
		if len(batch) >= cap(s.flying)/4 || len(s.flying) <= len(batch) {
			return batch
		}
		if over == nil {
			wait := time.NewTimer(recordWait)
			defer wait.Stop()
			over = wait.C
		}
		select {
		case res, ok := <-s.results:
			if !ok {
				return batch
			}
			batch = append(batch, res)
		case <-over:
			return batch
		}
	}
	return batch
}

// done gives free what the copies of a batch occupied.
func (s *shift) done(batch []result) {
	for _, res := range batch {
		s.load.drop(res.task.msg)
		if !res.back {
			<-s.flying
		}
	}
	s.open.Add(-int32(len(batch)))
	s.poke()
}

// record saves outcomes. It does not give up for a shortage: a copy that was delivered and not written down would go out twice.
func (s *shift) record(batch []result) {
	for try := 1; ; try++ {
		err := s.r.update(context.Background(), func(tx *db.Tx) error {
			for _, res := range batch {
				if err := s.save(tx, res); err != nil {
					return err
				}
				if res.row == nil {
					continue
				}
				if err := keepOperator(tx, *res.row); err != nil {
					return fmt.Errorf("remember operator %s: %w", res.row.name, err)
				}
			}
			return nil
		})
		if err == nil {
			s.count(batch)
			return
		}
		s.r.o.Log.Error("outcomes of deliveries could not be written down", "copies", len(batch), "try", try, "error", refusal.Log(err))
		_, shortage := refusal.As(err)
		if !shortage && len(batch) > 1 {
			for i := range batch { // one of them is at fault: it must not take the others with it
				s.record(batch[i : i+1])
			}
			return
		}
		if try >= 3 && (!shortage || s.ending.Load()) {
			return // its row stays in "sending", and the next run sends it again
		}
		<-time.After(time.Second)
	}
}

// save writes down one result.
func (s *shift) save(tx *db.Tx, res result) error {
	c := res.task.copy
	switch {
	case res.back:
		return giveBack(tx, c)
	case res.fell != nil:
		c.Begun = true // as far as anybody knows
		return s.fell(tx, c, res.fell)
	case res.cut && res.o.Kind == Deferred && res.o.Untold:
		c.Begun = true
		_, err := postpone(tx, c, time.Time{}, res.o.String())
		return err
	case res.cut && res.o.Kind == Deferred:
		c.Begun = true // it was broken off, wherever it was
		return s.later(tx, c, time.Time{}, "the server was stopped: "+res.o.String(), res.o.Status())
	}
	return s.settle(tx, c, res.o)
}

// settle writes down what became of an attempt: another date, or the end.
func (s *shift) settle(tx *db.Tx, c Copy, o Outcome) error {
	if o.Untold {
		return s.settleBlind(tx, c, o)
	}
	switch o.Kind {
	case Delivered:
		return s.end(tx, c, o, logbook.Delivered, o.story())
	case Failed:
		return s.end(tx, c, o, logbook.Bounced, o.story())
	case Dropped:
		return s.end(tx, c, o, logbook.Dropped, o.story())
	}
	c.Begun = c.Begun || o.data()
	wait, more := retryAfter(c.ID, c.Attempts)
	if !more {
		o.Kind = Failed
		return s.end(tx, c, o, logbook.Bounced, fmt.Sprintf("given up after %d attempts in five days; the last: %s", c.Attempts, o.story()))
	}
	return s.later(tx, c, tx.Now.Add(wait), o.story(), o.Status())
}

// settleBlind is settle for a blind copy: however it ended, the books say the same.
func (s *shift) settleBlind(tx *db.Tx, c Copy, o Outcome) error {
	wait, more := retryAfter(c.ID, c.Attempts)
	c.Begun = c.Begun || o.data()
	if o.Kind == Deferred && more { // no line: when it was tried is as telling as what was said
		_, err := postpone(tx, c, tx.Now.Add(wait), o.String())
		return err
	}
	if o.Kind == Deferred {
		o.Kind = Failed
	}
	return s.end(tx, c, o, logbook.Dropped, Untold)
}

// later dates the next attempt; the zero time is at once.
func (s *shift) later(tx *db.Tx, c Copy, next time.Time, said, status string) error {
	there, err := postpone(tx, c, next, said)
	if err != nil {
		return fmt.Errorf("date the next attempt on copy %d: %w", c.ID, err)
	}
	return s.write(tx, c, there, logbook.Deferred, said, status)
}

// end takes a copy out, tells the logbook and whoever wants to know.
func (s *shift) end(tx *db.Tx, c Copy, o Outcome, verb logbook.Verb, detail string) error {
	there, err := remove(tx, c.ID)
	if err != nil {
		return fmt.Errorf("take copy %d out: %w", c.ID, err)
	}
	if err := s.write(tx, c, there, verb, detail, o.Status()); err != nil {
		return err
	}
	return s.tell(tx, c, o)
}

// write tells the logbook. A copy that was dropped during the attempt has had its end: what comes after it is told about its letter,
// so that each copy ends once in the books (P13).
func (s *shift) write(tx *db.Tx, c Copy, there bool, verb logbook.Verb, detail, status string) error {
	e := entry(c, verb, detail)
	e.Status = status
	if !there {
		e.Copy, e.Detail = 0, fmt.Sprintf("copy %d, dropped while it was under way: %s", c.ID, detail)
	}
	return logbook.Write(tx, e)
}

// fell notes that the program failed on a copy: once may be bad luck, twice sets it aside with its bytes kept (P8).
func (s *shift) fell(tx *db.Tx, c Copy, p *refusal.Panic) error {
	c.panics++
	o := Outcome{Kind: SetAside, Text: "the program failed on this copy: " + p.What}
	if c.panics < 2 {
		o.Kind = Deferred
		return s.settle(tx, c, o)
	}
	there, err := setAside(tx, c, o.String())
	if err != nil {
		return fmt.Errorf("set copy %d aside: %w", c.ID, err)
	}
	if err := s.write(tx, c, there, logbook.Held, "set aside: "+o.String(), ""); err != nil {
		return err
	}
	return s.tell(tx, c, o)
}

// tell lets the Ender do its work. What it cannot do undoes no outcome: the copy has arrived, whatever the score.
func (s *shift) tell(tx *db.Tx, c Copy, o Outcome) error {
	if s.r.o.Ender == nil || o.Kind == Delivered {
		return nil
	}
	err, lost := guarded(tx, func() error { return s.r.o.Ender.End(tx, c, o) })
	if lost != nil {
		return errors.Join(err, lost)
	}
	if err != nil {
		s.r.o.Log.Error("the end of a copy could not be made use of", "copy", c.ID, "story", c.Story, "error", err)
	}
	return nil
}

// count sums up what was recorded.
func (s *shift) count(batch []result) {
	for _, res := range batch {
		s.figure(res)
		switch {
		case res.back:
		case res.o.Kind == Delivered:
			s.tally.Delivered++
		case res.o.Kind == Failed:
			s.tally.Failed++
		default:
			s.tally.Deferred++
		}
	}
}

func entry(c Copy, verb logbook.Verb, detail string) logbook.Entry {
	return logbook.Entry{Story: c.Story, Verb: verb, Copy: int64(c.ID), To: c.To.String(), Detail: detail}
}

package queue

import (
	"context"
	"fmt"
	"time"

	"backchannel/archive/db"
	"backchannel/templates/refusal"
)

// Runners with lanes claim by domain, not by date alone: whoever comes first in the table must not stand in the way of all others.

// A claim looks at so many domains at a time, and goes on until the places are filled or all have been looked at.
const pageOfDomains = 200

// recall begins a shift with lanes: what operators asked for earlier still holds. sending ends when deliveries must.
func (s *shift) recall(ctx, sending context.Context) error {
	var rows []operator
	if err := s.r.o.DB.View(ctx, func(tx *db.Tx) (err error) { rows, err = operators(tx); return err }); err != nil {
		return fmt.Errorf("look which operators rest: %w", err)
	}
	s.sending = sending
	s.traffic.recall(rows, s.r.o.DB.Now())
	return nil
}

// land waits for all deliveries when the shift ends.
func (s *shift) land() {
	if s.traffic == nil {
		return
	}
	s.launch()
	s.begun.Wait()
	s.traffic.stop()
}

// claimByLane is claim for a runner with lanes.
func (s *shift) claimByLane(ctx context.Context) (n int, next time.Time, err error) {
	s.launch() // some may have waited too long, or their operator has become slow
	if err := s.hearAsked(ctx); err != nil {
		return 0, time.Time{}, err
	}
	free := min(claimMost, 2*s.traffic.o.Slots-int(s.unbegun.Load()))
	if free <= 0 || s.load.octets() >= s.r.o.Memory {
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
	s.blocked, s.curious = false, false
	if !o.now {
		return 0, o.next, nil
	}
	picks, next, err := s.choose(ctx, free)
	defer s.traffic.unplan(picks)
	if err != nil || len(picks) == 0 {
		s.blocked = err == nil
		return 0, next, err
	}
	n, err = s.claimPicks(ctx, picks)
	return n, time.Time{}, err
}

// choose finds domains with something due whose operators may get it, going round so that each has its turn. Without any it tells the
// next date.
func (s *shift) choose(ctx context.Context, free int) (picks []pick, next time.Time, err error) {
	t := s.traffic
	day := s.r.o.DB.Now().Unix() / (24 * 60 * 60)
	start, after, round := t.after, t.after, 1
	var unknown []string
	err = s.r.o.DB.View(ctx, func(tx *db.Tx) (err error) {
		for free > 0 {
			domains, err := domainsDue(tx, after, pageOfDomains)
			if err != nil {
				return err
			}
			full := len(domains) == pageOfDomains
			if round == 2 {
				for i, d := range domains {
					if d > start {
						domains, full = domains[:i], false
						break
					}
				}
			}
			some, ask := t.plan(domains, free, day)
			picks, unknown = append(picks, some...), append(unknown, ask...)
			for _, p := range some {
				free -= p.n
				after = p.domain
			}
			switch {
			case free == 0: // behind the last one that got something: the next turn begins there
			case full:
				after = domains[len(domains)-1]
			case round == 1 && start != "":
				after, round = "", 2
			default:
				if len(picks) == 0 {
					next, err = nextDate(tx)
				}
				return err
			}
		}
		return nil
	})
	if err != nil {
		return picks, next, fmt.Errorf("look which domains are due: %w", err)
	}
	t.after = after
	s.curious = len(unknown) > 0
	s.ask(ctx, unknown)
	return picks, next, nil
}

// ask finds out the operators of domains.
func (s *shift) ask(ctx context.Context, domains []string) {
	for _, d := range domains {
		s.begun.Go(func() {
			operator := ""
			defer func() { // a panic of Operator must not end the process
				if p := recover(); p != nil {
					fell := refusal.Caught(p)
					s.r.o.Log.Error("a panic while an operator was asked for", "panic", fell.What, "stack", fell.Stack)
				}
				s.traffic.learn(d, operator)
				s.poke()
			}()
			operator = s.traffic.o.Operator(ctx, d)
		})
	}
}

// claimPicks claims what was chosen and begins as much of it as may begin.
func (s *shift) claimPicks(ctx context.Context, picks []pick) (n int, err error) {
	lanes := map[string]*lane{}
	turn := s.traffic.turn
	s.traffic.turn = 1 - turn
	batch, ended, err := s.takeInHand(ctx, func(tx *db.Tx) (all []Copy, err error) {
		for _, p := range picks {
			lanes[p.domain] = p.lane
			copies, err := dueFor(tx, p.domain, p.n, turn)
			if err != nil {
				return nil, err
			}
			all = append(all, copies...)
		}
		return all, nil
	})
	if err != nil {
		return 0, err
	}
	if len(batch.tasks) > 0 {
		for _, t := range batch.tasks {
			t.lane = lanes[t.copy.To.Domain]
		}
		batch.start(s.poke)
		s.unbegun.Add(int32(len(batch.tasks)))
		s.open.Add(int32(len(batch.tasks)))
		s.traffic.add(batch.tasks)
		s.launch()
	}
	return len(batch.tasks) + ended, nil
}

// launch begins what may begin, and gives back what must not wait any longer.
func (s *shift) launch() {
	begin, back := s.traffic.next(s.ending.Load())
	for _, t := range begin {
		s.unbegun.Add(-1)
		t.begin()
		s.begun.Go(func() { s.fly(t) })
	}
	for _, t := range back {
		s.unbegun.Add(-1)
		t.begin()
		s.results <- result{task: t, back: true}
	}
}

// fly makes one attempt, and begins what its end makes room for.
func (s *shift) fly(t *task) {
	s.flying <- struct{}{}
	if s.ending.Load() { // it may have taken long
		<-s.flying
		s.traffic.done(t, nil, time.Time{})
		s.results <- result{task: t, back: true}
		return
	}
	res := s.deliver(s.sending, t)
	var o *Outcome
	if res.fell == nil && !res.cut {
		o = &res.o
	}
	rest, row := s.traffic.done(t, o, s.r.o.DB.Now())
	if res.row = row; rest > 0 {
		s.tellRest(t.copy.ID, res.o, rest)
	}
	s.results <- res
	s.launch()
}

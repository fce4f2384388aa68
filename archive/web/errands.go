package web

import (
	"context"
	"sync"
	"time"

	"backchannel/templates/refusal"
)

// The bounds of errands.
const (
	mostErrands = 200
	errandTime  = time.Minute
)

// errands are what is done behind answers: one after the other, in the order in which they came.
type errands struct {
	mu      sync.Mutex
	waiting []errand
	running bool
	idle    chan struct{} // closed when nothing runs any more; one for each time that something does
}

type errand struct {
	what string
	do   func(context.Context) error
}

// Afterwards does something that whoever asked shall not wait for, so that the time an answer takes tells nothing of it; Shutdown waits
// for it. It is false, and nothing will be done, when too much waits already. What fails is in the log by its name, and nowhere else.
func (s *Server) Afterwards(what string, do func(context.Context) error) bool {
	e := &s.errands
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.waiting) >= mostErrands {
		return false
	}
	e.waiting = append(e.waiting, errand{what, do})
	if !e.running {
		e.running, e.idle = true, make(chan struct{})
		go s.runErrands()
	}
	return true
}

// Settle waits until everything is done that was to be done afterwards.
func (s *Server) Settle() { _ = s.settled(context.Background()) }

func (s *Server) runErrands() {
	for {
		s.errands.mu.Lock()
		if len(s.errands.waiting) == 0 {
			s.errands.running = false
			close(s.errands.idle)
			s.errands.mu.Unlock()
			return
		}
		next := s.errands.waiting[0]
		s.errands.waiting = s.errands.waiting[1:]
		s.errands.mu.Unlock()
		s.runErrand(next)
	}
}

// runErrand does one. A panic ends it alone (P8).
func (s *Server) runErrand(e errand) {
	ctx, cancel := context.WithTimeout(context.Background(), errandTime)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			fell := refusal.Caught(p)
			s.cfg.Log.Error("work behind a page panicked", "what", e.what, "panic", fell.What, "stack", fell.Stack)
		}
	}()
	if err := e.do(ctx); err != nil {
		s.cfg.Log.Error(e.what, "error", err.Error())
	}
}

// settled is Settle for as long as a context lives.
func (s *Server) settled(ctx context.Context) error {
	s.errands.mu.Lock()
	done, running := s.errands.idle, s.errands.running
	s.errands.mu.Unlock()
	if !running {
		return nil
	}
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

package queue

import (
	"context"
	"fmt"
	"strings"
	"time"

	"backchannel/archive/db"
)

// A smarthost is one way for all copies. When it wants us to slow down (M13) that is remembered like the wish of an operator, under the
// name of the way, so that a restart is no way around it.

// isWay tells a way's name (host:port) from an operator's, which is a domain.
func isWay(name string) bool { return strings.Contains(name, ":") }

// recallWay begins a shift without lanes: a rest that the host asked for earlier still holds.
func (s *shift) recallWay(ctx context.Context) error {
	if s.r.o.Way == "" {
		return nil
	}
	var rows []operator
	if err := s.r.o.DB.View(ctx, func(tx *db.Tx) (err error) { rows, err = operators(tx); return err }); err != nil {
		return fmt.Errorf("look whether the way out rests: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range rows {
		if o.name != s.r.o.Way {
			continue
		}
		s.pace.rest = min(max(o.rest, 0), restMost)
		if left := min(o.until.Sub(s.r.o.DB.Now()), restMost); left > 0 { // no clock of ours wrote a longer one (P9)
			s.rests = time.AfterFunc(left, s.endRest)
		}
	}
	return nil
}

// remember is what the table must learn of an outcome after which the way rests (0: it does not), and which ended a rest or did not; nil:
// nothing. What the operator has to mend (a password, a certificate) is no wish of the host: it is tried again as soon as the server is
// started again.
func (s *shift) remember(rest time.Duration, ended bool, o Outcome, id CopyID) *operator {
	switch {
	case s.r.o.Way == "":
	case ended:
		return &operator{name: s.r.o.Way}
	case rest > 0 && o.Code != 0 && o.Stage != StageLogin:
		return &operator{name: s.r.o.Way, until: s.r.o.DB.Now().Add(rest), rest: rest, why: saidBy(o), copy: id}
	}
	return nil
}

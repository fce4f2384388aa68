package courier

import (
	"sync"
	"time"
)

// pool keeps connections for the next message. The zero pool keeps none until keep is set.
type pool struct {
	keep time.Duration

	mu     sync.Mutex
	idle   map[string][]*session
	closed bool
	quits  sync.WaitGroup // sessions that are saying goodbye
}

// take gives the connection used last, or nil.
func (p *pool) take(key string) *session {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.idle[key]
	if len(all) == 0 {
		return nil
	}
	s := all[len(all)-1]
	if p.idle[key] = all[:len(all)-1]; len(all) == 1 {
		delete(p.idle, key)
	}
	s.timer.Stop() // if it has fired, remove will not find the session any more
	return s
}

// has tells whether a connection is kept.
func (p *pool) has(key string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.idle[key]) > 0
}

// end says goodbye on a connection that has served its time.
func (p *pool) end(s *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		s.conn.Close() // nobody waits any more
		return
	}
	p.quits.Go(s.quit)
}

// give keeps a connection for a while, or ends it.
func (p *pool) give(key string, s *session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		s.dead = true
		s.conn.Close() // nobody waits any more
		return
	case s.meter.left.Load() < sessionMost-sessionKeep:
		p.quits.Go(s.quit)
		return
	case p.idle == nil:
		p.idle = map[string][]*session{}
	}
	s.reused = true
	s.timer = time.AfterFunc(p.keep, func() {
		if p.remove(key, s) {
			defer p.quits.Done()
			s.quit()
		}
	})
	p.idle[key] = append(p.idle[key], s)
}

// remove takes out a connection that nobody wanted, and counts its quit as begun.
func (p *pool) remove(key string, s *session) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, idle := range p.idle[key] {
		if idle == s {
			if p.idle[key] = append(p.idle[key][:i:i], p.idle[key][i+1:]...); len(p.idle[key]) == 0 {
				delete(p.idle, key)
			}
			p.quits.Add(1)
			return true
		}
	}
	return false
}

// close ends all connections that are kept, and keeps no more.
func (p *pool) close() {
	p.mu.Lock()
	for _, list := range p.idle {
		for _, s := range list {
			s.timer.Stop()
			p.quits.Go(s.quit)
		}
	}
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	p.quits.Wait()
}

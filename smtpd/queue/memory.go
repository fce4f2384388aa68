package queue

import (
	"container/list"
	"sync"

	"backchannel/archive"
)

// shelf keeps the stored bytes used last, so that the thousand copies of one post read them once and share them. It is used by one
// goroutine at a time.
type shelf struct {
	room  int // octets kept at most, but for the newest
	used  int
	order list.List // of *kept, newest in front
	byID  map[archive.RawID]*list.Element
}

type kept struct {
	id  archive.RawID
	raw []byte
}

func newShelf(room int) *shelf { return &shelf{room: room, byID: map[archive.RawID]*list.Element{}} }

// get gives the bytes of an id, reading them if they are not here.
func (s *shelf) get(id archive.RawID, read func() ([]byte, error)) ([]byte, error) {
	if e, ok := s.byID[id]; ok {
		s.order.MoveToFront(e)
		return e.Value.(*kept).raw, nil
	}
	raw, err := read()
	if err != nil {
		return nil, err
	}
	s.byID[id] = s.order.PushFront(&kept{id, raw})
	s.used += len(raw)
	for s.used > s.room && s.order.Len() > 1 {
		old := s.order.Remove(s.order.Back()).(*kept)
		delete(s.byID, old.id)
		s.used -= len(old.raw)
	}
	return raw, nil
}

// load counts the octets of the messages claimed and not yet done with, a shared body once (P7).
type load struct {
	mu     sync.Mutex
	used   int
	bodies map[*byte]int // how many messages share the body that begins here
}

func newLoad() *load { return &load{bodies: map[*byte]int{}} }

func (l *load) add(m Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.used += len(m.Head)
	if len(m.Body) == 0 {
		return
	}
	if l.bodies[&m.Body[0]]++; l.bodies[&m.Body[0]] == 1 {
		l.used += len(m.Body)
	}
}

func (l *load) drop(m Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.used -= len(m.Head)
	if len(m.Body) == 0 {
		return
	}
	if l.bodies[&m.Body[0]]--; l.bodies[&m.Body[0]] == 0 {
		l.used -= len(m.Body)
		delete(l.bodies, &m.Body[0])
	}
}

func (l *load) octets() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.used
}

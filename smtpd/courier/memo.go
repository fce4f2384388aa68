package courier

import (
	"sync"
	"time"
)

// memoMost is how many answers are remembered at most; beyond that all are forgotten, and asked for again.
const memoMost = 10_000

// memo remembers answers for a while. The zero memo is empty. It lives by monotonic time: a clock that jumps keeps nothing alive (P9).
type memo[T any] struct {
	mu    sync.Mutex
	known map[string]*T
}

func (m *memo[T]) get(key string) (T, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v := m.known[key]; v != nil {
		return *v, true
	}
	var none T
	return none, false
}

func (m *memo[T]) put(key string, v T, d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil || len(m.known) >= memoMost {
		m.known = map[string]*T{}
	}
	kept := &v
	m.known[key] = kept
	time.AfterFunc(d, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.known[key] == kept {
			delete(m.known, key)
		}
	})
}

package desk

import (
	"errors"
	"sync"
)

// How much is fetched at once: a file lies in memory until its reader has taken it, and may be as large as a letter.
const (
	handsFull  = 128 << 20 // octets of letters, in all
	handsOfOne = 4         // files to one person
)

// errBusy is for a reader who has to come again for a file.
var errBusy = errors.New("too much is fetched at once")

// hands are what files are given away with.
type hands struct {
	mu     sync.Mutex
	octets int
	of     map[string]int // files, by person
}

// take counts a file of a letter of some octets in; false when it has to wait. A letter that is too large for all is alone.
func (h *hands) take(who string, octets int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.of[who] >= handsOfOne || h.octets > 0 && h.octets+octets > handsFull {
		return false
	}
	if h.of == nil {
		h.of = map[string]int{}
	}
	h.octets += octets
	h.of[who]++
	return true
}

// give counts it out.
func (h *hands) give(who string, octets int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.octets -= octets
	if h.of[who]--; h.of[who] == 0 {
		delete(h.of, who)
	}
}

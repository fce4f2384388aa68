package desk

import (
	"errors"
	"sync"

	"backchannel/lists"
)

// How much is fetched at once: a file lies in memory until its reader has taken it, and may be as large as a letter. Whoever takes theirs as
// slowly as can be leaves the half to others.
const (
	handsFull  = 128 << 20 // octets of letters, in all
	handsOfOne = handsFull / 2
	filesOfOne = 4
)

// errBusy is for a reader who has to come again for a file.
var errBusy = errors.New("too much is fetched at once")

// hands are what files are given away with.
type hands struct {
	mu  sync.Mutex
	all armful
	of  map[lists.MemberID]armful
}

// armful is what is fetched at once.
type armful struct{ files, octets int }

// fits tells whether a letter of some octets can be added. One that is too large for all is alone.
func (a armful) fits(octets, most int) bool { return a.octets == 0 || a.octets+octets <= most }

func (a armful) plus(files, octets int) armful { return armful{a.files + files, a.octets + octets} }

// take counts a file of a letter of some octets in, for a person, from whichever of their addresses they come; false when it has to wait.
func (h *hands) take(who lists.MemberID, octets int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	theirs := h.of[who]
	if theirs.files >= filesOfOne || !theirs.fits(octets, handsOfOne) || !h.all.fits(octets, handsFull) {
		return false
	}
	if h.of == nil {
		h.of = map[lists.MemberID]armful{}
	}
	h.all, h.of[who] = h.all.plus(1, octets), theirs.plus(1, octets)
	return true
}

// give counts it out.
func (h *hands) give(who lists.MemberID, octets int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all, h.of[who] = h.all.plus(-1, -octets), h.of[who].plus(-1, -octets)
	if h.of[who].files == 0 {
		delete(h.of, who)
	}
}

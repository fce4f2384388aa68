package mailroom

import (
	"sync"
	"time"
)

// refusalsNoted is how many refused letters a day get a row in the logbook. Strangers can have letters refused as fast as they can send
// them, and rows are kept for more than a year: without a bound that would fill the disk (P6), and each row is a commit.
const refusalsNoted = 5000

// daily counts what may be done so often a day (UTC).
type daily struct {
	mu  sync.Mutex
	day int64
	n   int
}

// more counts one more, and tells whether it is still among the most of its day. A clock that was set back begins a day anew (P9).
func (d *daily) more(now time.Time, most int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if day := now.Unix() / 86400; day != d.day {
		d.day, d.n = day, 0
	}
	d.n++
	return d.n <= most
}

package queue

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Lanes makes a Runner sort copies by the operator they go to: whoever runs the mail hosts of a domain, often for thousands of domains
// (M13). Each operator gets its own pace, and one that is slow, or wants a rest, holds up nobody else's copies.
type Lanes struct {
	// Operator names who runs the mail hosts of a domain. It may ask the network, and is called by several goroutines. Where it does
	// not know ("") the domain stands for itself.
	Operator func(ctx context.Context, domain string) string
	// Runs names who runs a host, as the Host of an Outcome names it. What a host says counts for its own operator and for no other: the
	// owner of a domain may move it to another host between our question and the delivery, and must not be heard as the one who had it
	// before. Nil: hosts are believed to be whose their domains are.
	Runs   func(host string) string
	Slots  int  // deliveries at a time to operators that have shown that they answer; 0 means 200
	Probes int  // deliveries at a time to all others, one for each; 0 means 400
	Warmup bool // no more than 50 copies for an operator on the first day, 100 on the second, 200 on the third … (M15)
}

// The manners of M13 and E2.
const (
	laneStart = 2  // deliveries at a time at first
	laneMost  = 5  // and at most
	laneGood  = 50 // copies that went well until there may be one more
	laneShare = 5  // nobody gets more than this part of the slots
)

// An attempt that lasts so long shows that its operator is slow: it goes on, but among the probes, and its operator gets no other
// meanwhile. So hosts that keep us waiting on purpose cost nobody else a slot.
const (
	slowAfter    = 10 * time.Second
	slowPerOctet = time.Second / (64 << 10)
)

// warmth is how many copies an operator has got today, for the warm-up of a new sender.
type warmth struct {
	day  int64 // days since 1970, UTC
	step int   // days before this one on which there was something to send
	sent int
}

const (
	warmFirst = 50
	warmSteps = 12 // after so many days there is no limit any more
)

// at is the warmth on a day. A clock that was set back a little changes nothing; one that was far ahead is not waited for (P9).
func (w warmth) at(day int64) warmth {
	switch {
	case day > w.day && w.sent > 0:
		return warmth{day: day, step: w.step + 1}
	case day > w.day || day < w.day-1:
		w.day = day
	}
	return w
}

// left is how many copies more the operator may get on this day.
func (w warmth) left() int {
	if w.step >= warmSteps {
		return int(^uint(0) >> 1)
	}
	return warmFirst<<w.step - w.sent
}

// lane is one operator.
type lane struct {
	name    string
	limit   int  // deliveries at a time, once it is proven
	good    int  // delivered since the limit last changed
	proven  bool // it has answered, and did not keep us waiting since
	claimed int  // copies in hand: those that wait and those that run
	planned int  // copies about to be claimed
	running int
	pace    pace
	rests   *time.Timer // not nil: nothing goes there until it fires
	until   time.Time   // when that is, for the table
	why     string      // what it had said
	copy    CopyID      // to which copy
	warm    warmth
}

// row is what the table should know.
func (l *lane) row() *operator {
	return &operator{name: l.name, until: l.until, rest: l.pace.rest, why: l.why, copy: l.copy, warm: l.warm}
}

// most is how many copies may be on their way there at the same time.
func (l *lane) most(slots int) int {
	if !l.proven {
		return 1
	}
	return max(1, min(l.limit, slots/laneShare))
}

// note hears how an attempt ended and tells how long the operator must rest; 0: not at all.
func (l *lane) note(o Outcome) time.Duration {
	switch {
	case o.Kind == Delivered:
		l.proven = true
		if l.good++; l.good >= laneGood {
			l.good, l.limit = 0, min(l.limit+1, laneMost)
		}
	case o.Code == 421 || strings.HasPrefix(o.Enhanced, "4.7."):
		l.good, l.limit = 0, max(1, l.limit/2)
	case o.Code != 0 && !o.Busy:
		l.proven = true
	}
	if o.Code == 0 {
		o.Busy = false // only what the operator itself says can be a wish for rest
	}
	return l.pace.note(o)
}

// traffic is what is known of all operators, and what is on its way to them.
type traffic struct {
	o    Lanes
	wake func() // makes the feeder look again

	mu      sync.Mutex
	of      map[string]string // the operator of a domain
	asking  map[string]bool   // domains whose operator is being asked for
	lanes   map[string]*lane
	waiting []*task // claimed, not begun, in the order they came
	slots   int     // taken by proven operators
	probes  int     // taken by the others
	planned int     // probes about to be claimed
	after   string  // the domain behind which the next claim looks first
	turn    int     // which kind of copies has the first turn
}

// How much is remembered: what goes beyond it is asked for again.
const (
	operatorFor  = 10 * time.Minute
	operatorMost = 20_000 // domains, and operators
	askMost      = 32     // questions at a time
)

func newTraffic(o Lanes, wake func()) *traffic {
	if o.Slots <= 0 {
		o.Slots = 200
	}
	if o.Probes <= 0 {
		o.Probes = 400
	}
	return &traffic{o: o, wake: wake, of: map[string]string{}, asking: map[string]bool{}, lanes: map[string]*lane{}}
}

// lane gives the lane of an operator. mu is held.
func (t *traffic) lane(name string) *lane {
	l := t.lanes[name]
	if l == nil {
		if len(t.lanes) >= operatorMost {
			for n, old := range t.lanes {
				if old.claimed == 0 && old.planned == 0 && old.rests == nil && old.pace == (pace{}) && old.warm == (warmth{}) {
					delete(t.lanes, n)
				}
			}
		}
		l = &lane{name: name, limit: laneStart}
		t.lanes[name] = l
	}
	return l
}

// pick is how many copies of a domain may be claimed now.
type pick struct {
	domain string
	n      int
	lane   *lane
}

// plan tells how many copies may be claimed of each of these domains, at most free in all, and which domains' operators must be
// asked for first. Beside what an operator may have on its way, one that answers well has as many copies in hand: it need not wait
// for our disk.
func (t *traffic) plan(domains []string, free int, day int64) (picks []pick, unknown []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, d := range domains {
		name, ok := t.of[d]
		if !ok {
			if !t.asking[d] && len(t.asking) < askMost {
				t.asking[d] = true
				unknown = append(unknown, d)
			}
			continue
		}
		l := t.lane(name)
		n := l.most(t.o.Slots)
		if l.proven {
			n *= 2
		} else if t.probes+t.planned >= t.o.Probes {
			n = 0
		}
		n -= l.claimed + l.planned
		if t.o.Warmup {
			l.warm = l.warm.at(day)
			n = min(n, l.warm.left()-l.claimed-l.planned)
		}
		if n = min(n, free); n <= 0 || l.rests != nil {
			continue
		}
		if free -= n; !l.proven {
			t.planned++
		}
		l.planned += n
		picks = append(picks, pick{d, n, l})
	}
	return picks, unknown
}

// unplan forgets a plan: what was claimed of it is in hand now.
func (t *traffic) unplan(picks []pick) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range picks {
		p.lane.planned = 0
	}
	t.planned = 0
}

// learn notes the operator of a domain, for a while.
func (t *traffic) learn(domain, operator string) {
	if operator == "" {
		operator = domain
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.asking, domain)
	if len(t.of) >= operatorMost {
		clear(t.of)
	}
	t.of[domain] = operator
	time.AfterFunc(operatorFor, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.of, domain)
	})
}

// quiet tells that no operator is being asked for.
func (t *traffic) quiet() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.asking) == 0
}

// add takes claimed tasks in hand.
func (t *traffic) add(tasks []*task) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, one := range tasks {
		one.lane.claimed++
		if !one.lane.proven {
			one.probe = true
			t.probes++
		}
	}
	t.waiting = append(t.waiting, tasks...)
}

// next takes the tasks off the waiting ones that may begin now, and those that must be given back: their operator rests, has become
// slow, or they have waited too long.
func (t *traffic) next(ending bool) (begin, back []*task) {
	t.mu.Lock()
	defer t.mu.Unlock()
	left := t.waiting[:0]
	for _, one := range t.waiting {
		l := one.lane
		switch {
		case ending || l.rests != nil || one.claim.stale.Load() || !l.proven && l.running > 0:
			t.forget(one)
			back = append(back, one)
		case l.running < l.most(t.o.Slots) && (one.probe || t.slots < t.o.Slots):
			if l.running++; !one.probe {
				t.slots++
			}
			one.slow = time.AfterFunc(slowAfter+time.Duration(one.msg.Size())*slowPerOctet, func() { t.slow(one) })
			begin = append(begin, one)
		default:
			left = append(left, one)
		}
	}
	clear(t.waiting[len(left):])
	t.waiting = left
	return begin, back
}

// forget puts a task that has not begun out of hand. mu is held.
func (t *traffic) forget(one *task) {
	one.lane.claimed--
	if one.probe {
		t.probes--
	}
}

// slow notes that an attempt has lasted too long: it gives its slot to others.
func (t *traffic) slow(one *task) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if one.over {
		return
	}
	one.late = true
	one.lane.proven = false
	if !one.probe {
		one.probe = true
		t.slots--
		t.probes++
	}
	t.wake()
}

// done hears how the attempt on a task ended (nil: there was none after all), and lets its operator rest when it asked for that. row
// is what the table must learn of it; nil: nothing.
func (t *traffic) done(one *task, o *Outcome, now time.Time) (rest time.Duration, row *operator) {
	t.mu.Lock()
	defer t.mu.Unlock()
	one.over = true
	one.slow.Stop()
	l := one.lane
	l.running--
	l.claimed--
	if one.probe {
		t.probes--
	} else {
		t.slots--
	}
	if o == nil || l.rests != nil && o.Kind != Delivered {
		return 0, nil
	}
	if domain := one.copy.To.Domain; t.o.Runs != nil && o.Host != "" && domain != l.name && t.o.Runs(o.Host) != l.name {
		delete(t.of, domain) // it has another operator by now
		return 0, nil
	}
	known := l.pace.rest != 0
	if o.Kind == Delivered && t.o.Warmup {
		l.warm.sent++
	}
	rest = l.note(*o)
	if one.late {
		l.proven = false // however it ended: whoever keeps us waiting gets one at a time
	}
	if rest > 0 {
		l.until, l.why, l.copy = now.Add(rest), saidBy(*o), one.copy.ID
		t.rest(l, rest)
	}
	if rest > 0 || known && l.pace.rest == 0 || o.Kind == Delivered && t.o.Warmup {
		row = l.row()
	}
	return rest, row
}

// saidBy is who said what, without words of theirs: these may name a receiver (P15).
func saidBy(o Outcome) string {
	if o.Code == 0 || o.Untold {
		return o.Text
	}
	return strings.TrimSpace(fmt.Sprintf("%s said %d %s", o.Host, o.Code, o.Enhanced))
}

// rest lets an operator rest. mu is held.
func (t *traffic) rest(l *lane, d time.Duration) {
	l.proven = false
	if l.rests != nil {
		l.rests.Stop()
	}
	var timer *time.Timer
	timer = time.AfterFunc(d, func() {
		t.mu.Lock()
		if l.rests == timer {
			l.rests, l.until = nil, time.Time{}
		}
		t.mu.Unlock()
		t.wake()
	})
	l.rests = timer
}

// recall takes over what the table knows from an earlier run.
func (t *traffic) recall(rows []operator, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, o := range rows {
		if isWay(o.name) {
			continue
		}
		l := t.lane(o.name)
		l.warm, l.pace.rest, l.why, l.copy = o.warm, min(max(o.rest, 0), restMost), o.why, o.copy
		if left := min(o.until.Sub(now), restMost); left > 0 { // no clock of ours wrote a longer one (P9)
			l.until = now.Add(left)
			t.rest(l, left)
		}
	}
}

// resting tells whether any operator rests.
func (t *traffic) resting() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range t.lanes {
		if l.rests != nil {
			return true
		}
	}
	return false
}

// endRests lets everybody go on.
func (t *traffic) endRests() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range t.lanes {
		if l.rests != nil {
			l.rests.Stop()
			l.rests, l.until, l.pace = nil, time.Time{}, pace{}
		}
	}
}

// stop stops the timers when the shift ends.
func (t *traffic) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, l := range t.lanes {
		if l.rests != nil {
			l.rests.Stop()
		}
	}
}

package queue

import "time"

// The retry calendar (M11, RFC 5321 §4.5.4.1): soon at first, because greylisting and restarts pass within minutes, then every four
// hours, for five days.
const (
	retryEvery  = 4 * time.Hour
	retryFor    = 5 * 24 * time.Hour
	retryJitter = 5 // up to a fifth more or less, so that copies that failed together do not come back together

	// No date of ours lies farther ahead. One that does was written under another clock (P9).
	retryFarthest = retryEvery + retryEvery/retryJitter + 10*time.Minute
)

// retryPlan is the wait after the nth attempt, without jitter.
func retryPlan(attempt int) time.Duration {
	first := [...]time.Duration{5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 40 * time.Minute, 80 * time.Minute, 2 * time.Hour}
	if attempt <= len(first) {
		return first[max(attempt, 1)-1]
	}
	return retryEvery
}

// retryAfter is how long a copy waits after its nth attempt, and false when that was the last one. Attempts are counted, not days: a
// clock that jumps, or a server that was off for a week, costs nobody a letter (P9).
func retryAfter(id CopyID, attempt int) (time.Duration, bool) {
	var sum time.Duration
	for n := 1; n <= attempt; n++ {
		sum += retryPlan(n)
	}
	if sum > retryFor {
		return 0, false
	}
	d := retryPlan(attempt)
	// The same copy always gets the same dates: what happened can be told again afterwards.
	spread := int64(2 * d / retryJitter)
	return d - d/retryJitter + time.Duration(mix(uint64(id)<<16^uint64(attempt))%uint64(spread+1)), true
}

// mix spreads a number over all 64 bits (the finalizer of splitmix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// How long a route rests that has asked us to slow down (M13).
const (
	restFirst = 15 * time.Minute
	restMost  = 4 * time.Hour
	restAfter = 5 // recipients in a row that met with 4.7.x
)

// pace keeps the manners of M13 for a smarthost. The zero pace is at full speed.
type pace struct {
	rest   time.Duration // the last rest; 0 after something was delivered
	inARow int
}

// note hears an outcome and tells how long the route must rest; 0: not at all.
func (p *pace) note(o Outcome) time.Duration {
	switch {
	case o.Kind == Delivered:
		*p = pace{}
		return 0
	case o.Busy:
	case o.Kind == Deferred && o.Stage == StageRcpt && len(o.Enhanced) > 3 && o.Enhanced[:4] == "4.7.":
		if p.inARow++; p.inARow < restAfter {
			return 0 // one receiver's greylisting is no matter of the route
		}
	default:
		if o.Stage == StageRcpt || o.Stage == StageEnd {
			p.inARow = 0
		}
		return 0
	}
	p.inARow = 0
	p.rest = min(max(2*p.rest, restFirst), restMost)
	return p.rest
}

package lists

import (
	"time"

	"backchannel/archive/letter"
	"backchannel/smtpd/bounce"
)

// Quarters are the points of M18 in quarters, so that they can be counted in whole numbers: a dead address is 4, a full mailbox 1.
type Quarters int

// Points are the same for people: 1.25.
func (q Quarters) Points() float64 { return float64(q) / 4 }

// The rules of M18 and M19.
const (
	deadWeighs    Quarters = 4 // 5.1.1 5.1.6 5.1.10 5.2.1 5.4.4
	unclearWeighs Quarters = 2
	fullWeighs    Quarters = 1 // 5.2.2

	suspectAt   Quarters = 5 * 4               // in scoreWindow
	suspectDead          = 3                   // days on which the address was called dead
	scoreWindow          = 30 * 24 * time.Hour // what is older no longer counts
	scoreForget          = 14 * 24 * time.Hour // so long without a bounce, and all is forgotten
)

// Bounce is what came back of a member's mail in one day. Of several the heaviest counts (D1).
type Bounce struct {
	At       time.Time
	Quarters Quarters
	Dead     bool             // the report says that the address itself is dead
	About    letter.MessageID // of the letter that came back; "" when the report does not tell
	Why      string           // what was said, on one printable line without any text of ours
}

// Weigh is what a failure counts against the member (M18). What a filter or a policy says counts nothing: it is about us, or about the
// letter. So does a delay.
func Weigh(f bounce.Failure) (q Quarters, dead bool) {
	switch f.Class {
	case bounce.Gone:
		return deadWeighs, true
	case bounce.Unclear:
		return unclearWeighs, false
	case bounce.Full:
		return fullWeighs, false
	}
	return 0, false
}

// Score is what a member's bounces come to at a time.
type Score struct {
	Quarters Quarters
	Dead     int       // days on which the address was called dead
	First    time.Time // of the bounces that count; zero when none does
	Last     time.Time
	Why      string // what the last one said
}

// Tally adds up a member's bounces, the oldest first, as they count at a time: those of the last 30 days, and none from before 14 days
// of peace (M19).
func Tally(all []Bounce, now time.Time) (s Score) {
	for _, b := range all {
		if b.At.Sub(s.Last) > scoreForget {
			s = Score{}
		}
		if now.Sub(b.At) > scoreWindow || b.At.After(now) {
			continue
		}
		if s.First.IsZero() {
			s.First = b.At
		}
		s.Last, s.Why = b.At, b.Why
		s.Quarters += b.Quarters
		if b.Dead {
			s.Dead++
		}
	}
	if now.Sub(s.Last) > scoreForget {
		return Score{}
	}
	return s
}

// Suspect tells whether it is time to ask the address itself, by a letter whose own return tells (M19).
func (s Score) Suspect() bool { return s.Quarters >= suspectAt || s.Dead >= suspectDead }

// manyFail is from how many members on a letter that fails for a third of its readers is our failure, not theirs.
const manyFail = 5

// OurFailure tells whether a letter that failed for so many of its readers is to blame itself, or we are: then it counts against
// nobody. A third, because an old member list may well hold one dead address in five.
func OurFailure(failed, readers int) bool { return failed >= manyFail && 3*failed >= readers }

// Pause is why and since when a member is sent nothing.
type Pause struct {
	At    time.Time
	Since time.Time // of the first letter that came back, and is missed
	Until time.Time // when they were heard again; zero while they are paused
	Why   string    // what was said about their address
}

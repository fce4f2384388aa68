package queue

import (
	"testing"
	"time"
)

// M11: how long a copy waits after each attempt, and when it is given up.
func TestRetryCalendar(t *testing.T) {
	want := []time.Duration{5, 10, 20, 40, 80, 120, 240, 240} // minutes
	for i, w := range want {
		if got := retryPlan(i + 1); got != w*time.Minute {
			t.Errorf("after attempt %d: %v, want %v minutes", i+1, got, w)
		}
	}
	for id := CopyID(1); id < 200; id++ {
		attempt, sum := 1, time.Duration(0)
		for ; ; attempt++ {
			d, more := retryAfter(id, attempt)
			if !more {
				break
			}
			plan := retryPlan(attempt)
			if d < plan-plan/5 || d > plan+plan/5 {
				t.Fatalf("copy %d after attempt %d: %v is more than 20 %% off %v", id, attempt, d, plan)
			}
			if again, _ := retryAfter(id, attempt); again != d {
				t.Fatalf("copy %d after attempt %d: %v, then %v", id, attempt, d, again)
			}
			if d > retryFarthest {
				t.Fatalf("%v is farther than any date of ours may lie", d)
			}
			sum += d
		}
		if attempt != 35 || sum < 4*24*time.Hour || sum > 6*24*time.Hour {
			t.Fatalf("copy %d: %d attempts within %v", id, attempt, sum)
		}
	}
}

// M11: copies that fail together must not come back together.
func TestRetriesSpread(t *testing.T) {
	var early, late int
	for id := CopyID(1); id <= 10_000; id++ {
		switch d, _ := retryAfter(id, 1); {
		case d < 5*time.Minute-30*time.Second:
			early++
		case d > 5*time.Minute+30*time.Second:
			late++
		}
	}
	if early < 2200 || early > 2800 || late < 2200 || late > 2800 {
		t.Errorf("of 10,000 copies %d are early and %d late; a quarter each would be even", early, late)
	}
}

func TestPace(t *testing.T) {
	greylisted := Outcome{Stage: StageRcpt, Code: 451, Enhanced: "4.7.1"}
	full := Outcome{Stage: StageRcpt, Code: 452, Enhanced: "4.2.2"}
	busy := Outcome{Stage: StageMail, Code: 451, Enhanced: "4.7.0", Busy: true}
	ok := Outcome{Kind: Delivered, Stage: StageEnd}
	lost := Outcome{Stage: StageConnect}
	for name, c := range map[string]struct {
		heard []Outcome
		rest  time.Duration // after the last of them
	}{
		"one receiver's greylisting":               {[]Outcome{greylisted}, 0},
		"four in a row":                            {[]Outcome{greylisted, greylisted, greylisted, greylisted}, 0},
		"five in a row":                            {[]Outcome{greylisted, greylisted, greylisted, greylisted, greylisted}, 15 * time.Minute},
		"four, a full mailbox, one":                {[]Outcome{greylisted, greylisted, greylisted, greylisted, full, greylisted}, 0},
		"four, one taken, one":                     {[]Outcome{greylisted, greylisted, greylisted, greylisted, ok, greylisted}, 0},
		"a lost connection does not break the row": {[]Outcome{greylisted, greylisted, greylisted, greylisted, lost, greylisted}, 15 * time.Minute},
		"at MAIL":                     {[]Outcome{busy}, 15 * time.Minute},
		"again":                       {[]Outcome{busy, busy}, 30 * time.Minute},
		"and again, up to four hours": {[]Outcome{busy, busy, busy, busy, busy, busy, busy}, 4 * time.Hour},
		"something was taken: from the beginning":       {[]Outcome{busy, busy, busy, ok, busy}, 15 * time.Minute},
		"a lost connection is no wish to be left alone": {[]Outcome{lost, lost, lost, lost, lost, lost}, 0},
	} {
		var p pace
		var rest time.Duration
		for _, o := range c.heard {
			rest = p.note(o)
		}
		if rest != c.rest {
			t.Errorf("%s: rests %v, want %v", name, rest, c.rest)
		}
	}
}

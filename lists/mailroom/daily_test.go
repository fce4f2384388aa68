package mailroom

import (
	"testing"
	"time"
)

// A flood of letters that are refused writes so many rows a day and no more.
func TestDaily(t *testing.T) {
	var d daily
	noon := time.Date(2026, 6, 12, 12, 0, 0, 0, time.UTC)
	for n := range 10 {
		if d.more(noon, 3) != (n < 3) {
			t.Errorf("the refusal %d", n+1)
		}
	}
	for _, other := range []time.Duration{12 * time.Hour, -time.Hour, -48 * time.Hour} {
		if !d.more(noon.Add(other), 3) {
			t.Errorf("the first of another day, %v later", other)
		}
	}
}

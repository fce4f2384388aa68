package main

import (
	"time"

	"backchannel/templates/refusal"
)

// clock is the one clock of the program. With a time it starts there and runs on as time goes by, whatever somebody does to the
// clock of the machine meanwhile; without one it is the machine's.
func clock(at string) (func() time.Time, error) {
	if at == "" {
		return time.Now, nil
	}
	t, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return nil, refusal.Because(refusal.Usage, "--at cannot be %q; it is a date and a time.", at).Try("--at 2026-06-12T08:05:00Z")
	}
	began := time.Now()
	// Adding to a time that has a monotonic reading keeps one: differences stay right.
	start := began.Add(t.Sub(began.Round(0)))
	return func() time.Time { return start.Add(time.Since(began)) }, nil
}

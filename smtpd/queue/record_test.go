package queue

import (
	"testing"
	"testing/synctest"
	"time"
)

// An outcome waits for others while there are copies under way that may bring some, but never for long, and not for so many that no
// worker could begin another copy. The time is virtual.
func TestOutcomesShareACommit(t *testing.T) {
	const workers = 20
	for _, c := range []struct {
		name   string
		flying int           // copies begun and not written down, the first outcome's included
		every  time.Duration // one more outcome comes
		most   int           // so many of them
		want   int           // outcomes in the commit
		took   time.Duration
	}{
		{"the only one", 1, time.Millisecond, 0, 1, 0},
		{"all there are", 4, time.Millisecond, 3, 4, 3 * time.Millisecond},
		{"slow hosts", workers, 3 * time.Millisecond, 19, 2, recordWait},
		{"very slow hosts", workers, time.Second, 19, 1, recordWait},
		{"many", 2 * workers, 100 * time.Microsecond, 39, workers / 2, 900 * time.Microsecond},
		{"the last, of a runner that ends", workers, time.Millisecond, 0, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &shift{results: make(chan result), flying: make(chan struct{}, 2*workers)}
				for range c.flying {
					s.flying <- struct{}{}
				}
				stop := make(chan struct{})
				go func() {
					defer close(s.results)
					for range c.most {
						select {
						case <-time.After(c.every):
						case <-stop:
							return
						}
						select {
						case s.results <- result{}:
						case <-stop:
							return
						}
					}
				}()
				began := time.Now()
				got := s.company([]result{{}})
				if took := time.Since(began); len(got) != c.want || took != c.took {
					t.Errorf("%d outcomes after %v, want %d after %v", len(got), took, c.want, c.took)
				}
				close(stop)
			})
		})
	}
}

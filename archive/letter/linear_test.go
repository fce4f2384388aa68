package letter

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// linear fails when ten times the input costs more than twelve times the time (B8). A busy machine can only slow a run down, so
// the fastest of many runs counts, and a bad ratio gets more chances before it is believed.
func linear(t *testing.T, name string, size int, build func(size int) []byte, run func([]byte)) {
	t.Helper()
	if testing.Short() {
		t.Skip("measures time")
	}
	small, big := build(size), build(10*size)
	fastest := func(b []byte, runs int) time.Duration {
		runtime.GC()
		best := time.Hour
		for range runs {
			start := time.Now()
			run(b)
			best = min(best, time.Since(start))
		}
		return best
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // the collector's pauses are not the work that is measured
	var ratio float64
	for try := 1; try <= 10; try++ {
		s, b := fastest(small, 30*try), fastest(big, 5*try)
		ratio = float64(b) / float64(max(s, 20*time.Microsecond))
		if ratio <= 12 {
			return
		}
	}
	t.Errorf("%s: ten times the input costs %.1f times the time", name, ratio)
}

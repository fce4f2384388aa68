package letter

import (
	"runtime"
	"testing"
	"time"
)

// stuck is longer than any load of the machine explains: a test that takes so long has met work that grows with the square. What it
// really takes is logged, and measured by the benchmarks.
const stuck = 30 * time.Second

// linear fails when the time grows faster than the input (B8: ten times the input, at most twelve times the time). Memory that the
// machine has to find anew and its other work add a little to the larger input now and then, so the fastest of many runs counts,
// a bad ratio gets more chances, and only forty is believed to be a fault: work that grows with the square costs a hundred.
func linear(t *testing.T, name string, size int, build func(size int) []byte, run func([]byte)) {
	t.Helper()
	if testing.Short() || raceDetector {
		t.Skip("measures time")
	}
	small, big := build(size), build(10*size)
	fastest := func(b []byte) time.Duration {
		runtime.GC()
		best := time.Hour
		for runs, begun := 0, time.Now(); runs < 5 || time.Since(begun) < 20*time.Millisecond; runs++ {
			start := time.Now()
			run(b)
			best = min(best, time.Since(start))
		}
		return best
	}
	best := 1000.0
	for try := 1; try <= 10 && best > 12; try++ {
		best = min(best, float64(fastest(big))/float64(max(fastest(small), 5*time.Microsecond)))
	}
	if best > 40 {
		t.Errorf("%s: ten times the input costs %.1f times the time", name, best)
	} else if best > 12 {
		t.Logf("%s: ten times the input costs %.1f times the time", name, best)
	}
}

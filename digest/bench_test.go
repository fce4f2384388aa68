package digest_test

import (
	"context"
	"fmt"
	"math/rand"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/lists"
)

// A week of 500 posts in 60 threads, and the personal digests of 10,000 members who follow different tags: ranked, composed, filed and
// queued, each in a transaction of its own. The marks are 60 s and 256 MiB on two cores. Fewer readers with -short.
func BenchmarkDigests(b *testing.B) {
	readers := 10_000
	if testing.Short() {
		readers = 500
	}
	for b.Loop() {
		b.StopTimer()
		w := benchTown(b, readers, 500)
		runtime.GC()
		stop, peak := make(chan struct{}), make(chan uint64)
		go func() { peak <- watchHeap(stop) }()
		b.StartTimer()
		begin, busy := time.Now(), processorTime()
		done, failed, err := w.cal.RunDue(context.Background())
		took, used := time.Since(begin), processorTime()-busy
		b.StopTimer()
		close(stop)
		if err != nil || failed > 0 || done < readers {
			b.Fatalf("%d done, %d failed: %v", done, failed, err)
		}
		if n := w.rows("SELECT count(*) || '' FROM copy WHERE stamp = 'issue'"); n != fmt.Sprint(readers) {
			b.Fatalf("%s issues are owed", n)
		}
		b.ReportMetric(took.Seconds(), "s/week")
		b.ReportMetric(float64(took.Microseconds())/float64(readers), "µs/digest")
		b.ReportMetric(float64(used.Microseconds())/float64(readers), "cpu-µs/digest")
		b.ReportMetric(float64(<-peak)/(1<<20), "MiB-heap")
		b.StartTimer()
	}
}

// processorTime is what this process has used of its processors: unlike the clock's time it tells nothing of what else runs here.
func processorTime() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// watchHeap is the most memory that was in use until it is told to stop.
func watchHeap(stop chan struct{}) (most uint64) {
	for {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		most = max(most, m.HeapInuse+m.StackInuse)
		select {
		case <-stop:
			return most
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// benchTown is a town with readers of many tastes, at the slot of a lively week.
func benchTown(b *testing.B, readers, posts int) *town {
	b.Helper()
	chance := rand.New(rand.NewSource(1))
	w := newTown(b)
	tags := []string{"roles", "metrics", "sponsors", "events", "tools", "onboarding", "jobs", "law"}
	w.update(func(tx *db.Tx) error {
		for i := range readers {
			m, err := lists.AddMember(tx, w.c, lists.NewMember{Address: addr(fmt.Sprintf("m%d@north.example", i)), Name: fmt.Sprint("Member ", i), Role: lists.RoleMember, Delivery: lists.Digest, Lists: []lists.List{w.talk}})
			if err != nil {
				return err
			}
			if _, err := lists.Follow(tx, m.ID, tags[i%len(tags)]); err != nil {
				return err
			}
		}
		return nil
	})
	w.write()
	words := strings.Fields("we have tried it for a year and the members who never wrote before began to answer each other because nobody at the top did so any more which was the point")
	var threads []archive.Post
	for i := range posts {
		w.now = time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC).Add(time.Duration(i) * 90 * time.Hour / time.Duration(posts))
		from := fmt.Sprintf("Member %d <m%d@north.example>", i*7%90, i*7%90)
		var body strings.Builder
		for n := range 40 + chance.Intn(160) {
			body.WriteString(words[chance.Intn(len(words))])
			body.WriteString(map[bool]string{true: ".\n", false: " "}[n%12 == 11])
		}
		subject, header := fmt.Sprintf("Question %d about #%s", i, tags[i%len(tags)]), []string(nil)
		if i >= 60 {
			root := threads[chance.Intn(60)]
			subject, header = "Re: "+root.Subject, []string{re(root)}
			body.WriteString("\n\nOn Monday, somebody wrote:\n> " + strings.ReplaceAll(root.Text, "\n", "\n> "))
		}
		p := w.sayOn(w.talk, from, subject, body.String(), header...)
		if i < 60 {
			threads = append(threads, p)
		}
	}
	w.now = time.Date(2026, 6, 5, 6, 0, 0, 0, time.UTC)
	return w
}

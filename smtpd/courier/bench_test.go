package courier

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// A post of 6 KB to ten thousand members, each copy with its own return path in a transaction of its own.
const (
	benchCopies = 10_000
	benchConns  = 10
)

func benchBody() string { return strings.Repeat(strings.Repeat("x", 70)+"\r\n", 6<<10/72) }

// BenchmarkFanOut measures the way of the copies from their rows to a sink on loopback, and a bare client that floods the same sink
// over as many connections in the same run. The mark is the ratio (at most 5); everything runs on the same cores, the sink included.
func BenchmarkFanOut(b *testing.B) {
	var ours, bare, bold time.Duration
	for b.Loop() {
		k := newSink()
		addr := k.listen(b)
		bare += flood(b, k, addr, false)
		bold += flood(b, k, addr, true)
		ours += fanOut(b, k, addr)
	}
	perCopy := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(b.N*benchCopies) }
	b.ReportMetric(perCopy(ours), "µs/copy")
	b.ReportMetric(perCopy(bare), "µs/bare")
	b.ReportMetric(perCopy(bold), "µs/flood")
	b.ReportMetric(float64(ours)/float64(bare), "×bare")
	b.ReportMetric(float64(ours)/float64(bold), "×flood")
	b.ReportMetric(0, "ns/op")
}

func fanOut(b *testing.B, k *sink, addr string) time.Duration {
	d, r, c := house(b, Smarthost(Hop{Addr: addr, TLS: TLSOff}), nil)
	owe(b, d, benchCopies, benchBody())
	before := k.taken.Load()
	began := time.Now()
	tally, err := r.Drain(context.Background())
	took := time.Since(began)
	c.Close()
	if n := k.taken.Load() - before; err != nil || tally.Delivered != benchCopies || n != benchCopies {
		b.Fatal(tally, err, n)
	}
	return took
}

// flood sends as many copies without a database. A bold client says the commands of the next message behind the last one, before it
// knows what became of it: no honest client may, but none can be faster.
func flood(b *testing.B, k *sink, addr string, bold bool) time.Duration {
	before := k.taken.Load()
	body := benchBody()
	began := time.Now()
	var all sync.WaitGroup
	for w := range benchConns {
		all.Go(func() {
			if err := floodOne(addr, w, body, bold); err != nil {
				b.Error(err)
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	if n := k.taken.Load() - before; n != benchCopies {
		b.Fatalf("%d copies arrived", n)
	}
	return took
}

func floodOne(addr string, w int, body string, bold bool) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	r := bufio.NewReader(conn)
	hear := func(n int) error {
		for range n {
			if _, err := readReply(r); err != nil {
				return err
			}
		}
		return nil
	}
	lead := func(n int) string {
		return fmt.Sprintf("MAIL FROM:<bounce+%026d@list.test>\r\nRCPT TO:<m%d@north.test>\r\nDATA\r\n", w*benchCopies+n, w*benchCopies+n)
	}
	io.WriteString(conn, "EHLO bare.test\r\n")
	if err := hear(2); err != nil {
		return err
	}
	const each = benchCopies / benchConns
	for n := range each {
		if n == 0 || !bold {
			io.WriteString(conn, lead(n))
		}
		if err := hear(3); err != nil {
			return err
		}
		message := fmt.Sprintf("Subject: x\r\nTo: m%d@north.test\r\nList-Unsubscribe: <mailto:leave+%026d@list.test>\r\n\r\n%s.\r\n", n, n, body)
		if bold && n < each-1 {
			message += lead(n + 1)
		}
		io.WriteString(conn, message)
		if err := hear(1); err != nil {
			return err
		}
	}
	return nil
}

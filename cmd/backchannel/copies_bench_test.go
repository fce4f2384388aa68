package main

import (
	"context"
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/cmd/backchannel/backchanneltest"
	"backchannel/lists"
	"backchannel/lists/relay"
	"backchannel/smtpd"
	"backchannel/smtpd/courier"
	"backchannel/smtpd/mailauth"
	"backchannel/smtpd/queue"
)

const (
	signedCopies  = 10_000
	signedDomains = 300
)

// BenchmarkSignedCopies measures one post of 20 KB to ten thousand members at 300 domains, from its acceptance until the last copy has
// arrived: each with its own return path and its own RSA-2048 signature, each domain with connections of its own. Beside it as many bare
// signatures are made on all processors. The mark: at most 1.5 times that, and 256 MiB of memory, the receiving hosts included.
func BenchmarkSignedCopies(b *testing.B) {
	boundMemory()
	var took, bare, first, busy, bareBusy time.Duration
	for b.Loop() {
		b.StopTimer()
		w := backchanneltest.NewWorld(b)
		c := townConfig(b.TempDir(), w)
		putDKIM(b, c.Data)
		p := openTown(b, c, 0, 0)
		settle(b, p)
		way := courier.New(courier.Options{Name: c.Hostname, Route: func(_ context.Context, domain string) ([]courier.Hop, queue.Outcome) {
			return []courier.Hop{{Addr: w.Addr, Name: domain, TLS: courier.TLSOff}}, queue.Outcome{}
		}})
		r := queue.New(queue.Options{DB: p.DB, Lock: p.path(queueLock), Raw: p.Store.Raw, Courier: way, Signer: p.signer(), Workers: 20})
		r.Register(relay.Stamp, p.Press)
		b.StartTimer()
		first += fanOut20K(b, p, r, w, 1)
		start := processorTime()
		took += fanOut20K(b, p, r, w, 2)
		b.StopTimer()
		between := processorTime()
		bare += bareSignatures(b, p.Ring, signedCopies)
		busy, bareBusy = busy+between-start, bareBusy+processorTime()-between
		must(b, way.Close())
		must(b, p.Close())
		b.StartTimer()
	}
	var use syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &use)
	each := float64(b.N)
	b.ReportMetric(first.Seconds()/each, "s/first")
	b.ReportMetric(took.Seconds()/each, "s/second")
	b.ReportMetric(bare.Seconds()/each, "s/signatures")
	b.ReportMetric(first.Seconds()/bare.Seconds(), "×first")
	b.ReportMetric(took.Seconds()/bare.Seconds(), "×second")
	b.ReportMetric(busy.Seconds()/each, "cpu-s/second")
	b.ReportMetric(bareBusy.Seconds()/each, "cpu-s/signatures")
	b.ReportMetric(float64(use.Maxrss>>10), "MiB")
	b.ReportMetric(0, "ns/op")
}

// settle brings ten thousand members into the town, who want every post.
func settle(b *testing.B, p *Program) {
	b.Helper()
	const batch = 500
	for from := 0; from < signedCopies; from += batch {
		must(b, p.Update(context.Background(), func(tx *db.Tx) error {
			in, _, err := lists.CommunityByDomain(tx, backchanneltest.Domain)
			if err != nil {
				return err
			}
			l, _, err := lists.ListByName(tx, in.ID, "talk")
			for i := from; err == nil && i < from+batch; i++ {
				_, err = lists.AddMember(tx, in, lists.NewMember{
					Address: letter.Address{Local: fmt.Sprint("m", i), Domain: fmt.Sprintf("d%d.test", i%signedDomains)}, Name: fmt.Sprint("Member ", i),
					Role: lists.RoleMember, Trust: 2, OwnCopy: true, Delivery: lists.Each, Lists: []lists.List{l},
				})
			}
			return err
		}))
	}
}

// fanOut20K hands in a post and waits until every copy has arrived.
func fanOut20K(b *testing.B, p *Program, r *queue.Runner, w *backchanneltest.World, n int) time.Duration {
	b.Helper()
	list := letter.Address{Local: "talk", Domain: backchanneltest.Domain}
	from := letter.Address{Local: "m0", Domain: "d0.test"}
	raw := fmt.Sprintf("From: Member 0 <%s>\r\nTo: <%s>\r\nSubject: Beans\r\nDate: Mon, 02 Jun 2025 08:00:00 +0000\r\nMessage-ID: <%d@d0.test>\r\n\r\n%s",
		from, list, n, strings.Repeat("They climb higher than the house.\r\n", 20<<10/35))
	env := &smtpd.Envelope{Story: fmt.Sprint("story", n), Door: smtpd.MX, Remote: netip.MustParseAddr("127.0.0.1"), HELO: "d0.test", From: from, To: []letter.Address{list}}
	before := w.Taken()
	began := time.Now()
	must(b, p.Rooms.Receive(context.Background(), env, []byte(raw)))
	tally, err := r.Drain(context.Background())
	must(b, err)
	took := time.Since(began)
	if got := w.Taken() - before; got != signedCopies || tally.Delivered != signedCopies {
		b.Fatalf("%d copies came, %+v", got, tally)
	}
	return took
}

// bareSignatures makes as many signatures as fast as this machine can, on all its processors.
func bareSignatures(b *testing.B, ring *keyring, count int) time.Duration {
	b.Helper()
	s := &mailauth.Signer{Key: ring.Signing, Now: time.Now}
	began := time.Now()
	var all sync.WaitGroup
	for part := range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for n := part; n < count; n += runtime.GOMAXPROCS(0) {
				if _, err := s.Sign([]byte("From: a@b.test\r\n\r\n"), nil, "b.test"); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	return time.Since(began)
}

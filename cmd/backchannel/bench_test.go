package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/cmd/backchannel/backchanneltest"
	"backchannel/cmd/internal/config"
	"backchannel/lists"

	"github.com/emersion/go-smtp"
	"github.com/foxcpp/go-mockdns"
)

// The marks are ratios to bare programs in the same run, on the same cores; absolute figures tell about the machine. docs/benchmarks.md
// keeps what was measured.

// townConfig is a server in a folder, with the world for its smarthost.
func townConfig(dir string, w *backchanneltest.World) config.Config {
	c := config.Default()
	c.Hostname, c.Data, c.Verification = "mx."+backchanneltest.Domain, filepath.Join(dir, "data"), config.Unverified
	c.SMTP.Listen, c.SMTP.Submission, c.IMAP.Listen, c.Web.Listen = "127.0.0.1:0", "", "", ""
	c.Relay.Mode, c.Relay.Smarthost = config.Smarthost, w.Addr
	return c
}

// openTown opens the program with a community of so many members. The first readers of them get every post at once.
func openTown(t testing.TB, c config.Config, members, readers int) *Program {
	return openTownOf(t, Options{Config: c}, members, readers, func(int) string { return "north.test" })
}

// openTownOf is openTown with members who live in several domains.
func openTownOf(t testing.TB, o Options, members, readers int, domain func(n int) string) *Program {
	t.Helper()
	o.Now, o.Log, o.Watch = time.Now, slog.New(slog.DiscardHandler), watchEvery
	p, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	var l lists.List
	var in lists.Community
	must(t, p.Update(context.Background(), func(tx *db.Tx) (err error) {
		if in, err = lists.AddCommunity(tx, lists.Community{Domain: backchanneltest.Domain, Name: "Gardeners", Timezone: "UTC"}); err == nil {
			l = lists.NewList(in, "talk")
			l.PostsPerHour = 0
			l, err = lists.AddList(tx, p.Store, l)
		}
		return err
	}))
	const batch = 500
	for from := 0; from < members; from += batch {
		must(t, p.Update(context.Background(), func(tx *db.Tx) error {
			for i := from; i < min(from+batch, members); i++ {
				n := lists.NewMember{
					Address: letter.Address{Local: fmt.Sprint("m", i), Domain: domain(i)}, Name: fmt.Sprint("Member ", i), Role: lists.RoleMember,
					Trust: 2, OwnCopy: true, Delivery: lists.None, Lists: []lists.List{l},
				}
				if i < readers {
					n.Delivery = lists.Each
				}
				if _, err := lists.AddMember(tx, in, n); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	return p
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// runTown opens such a program and lets it serve until the test ends. It gives the address of its door.
func runTown(t testing.TB, c config.Config, members, readers int) string {
	t.Helper()
	return serveTown(t, openTown(t, c, members, readers))
}

// serveTown lets a program serve until the test ends.
func serveTown(t testing.TB, p *Program) string {
	t.Helper()
	must(t, p.Listen())
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-done, p.Close()); err != nil {
			t.Error(err)
		}
	})
	return p.Addr("smtp.listen")
}

// words of a letter: some in all, some in few, as people write.
var words6K = strings.Fields("the list of members and their gardens where nobody knows how many bees came this year to drink from a well")

// letter6K is a letter of about 6 KB from one of ten members; every number gives another one.
func letter6K(n int) string { return letterFrom(fmt.Sprintf("m%d@north.test", n%10), n, 6<<10) }

// letterFrom is a letter of about so many octets; every number gives another one.
func letterFrom(from string, n, size int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "From: Member %d <%s>\r\nTo: <%s>\r\nSubject: Topic %d\r\nDate: Mon, 02 Jun 2025 08:00:00 +0000\r\nMessage-ID: <n%d@north.test>\r\n"+
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n", n%10, from, backchanneltest.List, n/4, n)
	x := uint32(n)*2654435761 + 1
	for line := 0; b.Len() < size; {
		x = x*1664525 + 1013904223
		w := words6K[(x>>16)%uint32(len(words6K))]
		if x>>16%4 == 0 {
			w = fmt.Sprint("word", x>>20%5000)
		}
		b.WriteString(w)
		if line += len(w) + 1; line > 70 {
			b.WriteString("\r\n")
			line = 0
		} else {
			b.WriteByte(' ')
		}
	}
	return b.String() + "\r\n"
}

// flood sends messages over so many sessions, each over the next one that is free, and tells how long that took. Commands are pipelined
// as far as an honest client may.
func flood(b *testing.B, addr string, sessions, messages int, envelope func(n int) (from, to string), message func(n int) string) time.Duration {
	b.Helper()
	var next atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	for range sessions {
		all.Go(func() {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				b.Error(err)
				return
			}
			defer conn.Close()
			r := bufio.NewReader(conn)
			talk := func(say string, replies int) bool {
				_, _ = io.WriteString(conn, say)
				for replies > 0 {
					line, err := r.ReadSlice('\n')
					if err != nil || line[0] > '3' {
						b.Errorf("%q %v", line, err)
						return false
					}
					if line[3] == ' ' {
						replies--
					}
				}
				return true
			}
			ok := talk("", 1) && talk("EHLO north.test\r\n", 1)
			for ok {
				n := int(next.Add(1)) - 1
				if n >= messages {
					talk("QUIT\r\n", 1)
					return
				}
				from, to := envelope(n)
				ok = talk("MAIL FROM:<"+from+">\r\nRCPT TO:<"+to+">\r\nDATA\r\n", 3) && talk(message(n)+".\r\n", 1)
			}
		})
	}
	all.Wait()
	return time.Since(began)
}

// bareDoor is the least a durable go-smtp listener does: each message is written behind the last one of its session, with one fsync.
//
// No message has a file of its own: where files were deleted within the last five minutes, as tests do by the thousand, ext4 without a
// journal passes over their numbers one by one for every file that is made, and a listener of that kind has half of its speed.
type bareDoor struct {
	smtp.Session
	file *os.File
}

func (bareDoor) Reset()                               {}
func (bareDoor) Mail(string, *smtp.MailOptions) error { return nil }
func (bareDoor) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (d bareDoor) Logout() error                      { return d.file.Close() }
func (d bareDoor) Data(r io.Reader) error {
	_, err := io.Copy(d.file, r)
	return errors.Join(err, d.file.Sync())
}

// runBare opens a bare listener that ends with the test.
func runBare(b *testing.B) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(b, err)
	dir := b.TempDir()
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		f, err := os.CreateTemp(dir, "session")
		return bareDoor{file: f}, err
	}))
	go func() { _ = s.Serve(l) }()
	b.Cleanup(func() { _ = s.Close() })
	return l.Addr().String()
}

// BenchmarkAccept measures letters that were answered 250 in a second over 20 sessions: received, judged, stored, threaded, indexed, and
// owed to the readers there are, who get their copies meanwhile. Beside it, in turns of half a second, runs a bare listener. The mark: 0.6
// of it, as the median of all rounds.
func BenchmarkAccept(b *testing.B) {
	for _, one := range []struct {
		name    string
		readers int
		spf     bool
	}{{"readers=0", 0, false}, {"readers=5", 5, false}, {"readers=0,spf", 0, true}} {
		b.Run(one.name, func(b *testing.B) {
			c := townConfig(b.TempDir(), backchanneltest.NewWorld(b))
			if one.spf {
				c.Verification, c.DNS.Resolver = config.Confirm, vouching(b)
			}
			p := openTown(b, c, 10, one.readers)
			ours, bare := serveTown(b, p), runBare(b)
			rest(b, p) // a server that starts for the first time makes its keys
			accept(b, p, ours, bare, 0)
			var rounds []acceptRound
			for b.Loop() {
				rounds = append(rounds, accept(b, p, ours, bare, 1+len(rounds)))
			}
			median := func(of func(acceptRound) float64) float64 {
				all := make([]float64, len(rounds))
				for i, r := range rounds {
					all[i] = of(r)
				}
				slices.Sort(all)
				return (all[len(all)/2] + all[(len(all)-1)/2]) / 2
			}
			b.ReportMetric(median(func(r acceptRound) float64 { return acceptLetters / r.took.Seconds() }), "letters/s")
			b.ReportMetric(median(func(r acceptRound) float64 { return acceptLetters / r.bareTook.Seconds() }), "bare/s")
			b.ReportMetric(median(func(r acceptRound) float64 { return r.bareTook.Seconds() / r.took.Seconds() }), "ratio")
			b.ReportMetric(median(func(r acceptRound) float64 { return float64(r.busy.Microseconds()) / acceptLetters }), "cpu-µs/letter") // the client's part included, as in the next
			b.ReportMetric(median(func(r acceptRound) float64 { return float64(r.bareBusy.Microseconds()) / acceptLetters }), "cpu-µs/bare")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// In a round of BenchmarkAccept so many letters go to each door over so many sessions. They are few: what else runs on the machine then
// troubles both alike.
const acceptLetters, acceptSessions = 500, 20

// acceptRound is how long both doors took for a round of letters, by the clock and of the processors.
type acceptRound struct{ took, bareTook, busy, bareBusy time.Duration }

// accept plays a round; n tells rounds apart, since letters must differ.
func accept(b *testing.B, p *Program, ours, bare string, n int) (r acceptRound) {
	b.Helper()
	b.StopTimer()
	made := make([]string, acceptLetters)
	for i := range made {
		made[i] = letter6K(n*acceptLetters + i)
	}
	envelope := func(i int) (string, string) {
		return fmt.Sprintf("m%d@north.test", (n*acceptLetters+i)%10), backchanneltest.List
	}
	message := func(i int) string { return made[i] }
	b.StartTimer()
	start := processorTime()
	r.took = flood(b, ours, acceptSessions, acceptLetters, envelope, message)
	rest(b, p)
	between := processorTime()
	r.bareTook = flood(b, bare, acceptSessions, acceptLetters, envelope, message)
	r.busy, r.bareBusy = between-start, processorTime()-between
	return r
}

// rest waits until the database has done what it left for a quiet moment: that is the letters' work, too, and must not trouble who is
// measured next. It costs no clock time of a letter, and its processor time is theirs.
func rest(b *testing.B, p *Program) {
	b.Helper()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(time.Minute); p.DB.Stats().Untidy; <-look.C {
		if time.Now().After(end) {
			b.Fatal("the database does not come to rest")
		}
	}
}

// processorTime is what this process has used of its processors: unlike the clock's time it tells nothing of what else runs here.
func processorTime() time.Duration {
	var r syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// vouching is a DNS server that says of north.test that this host may send for it. It gives its address.
func vouching(b *testing.B) string {
	b.Helper()
	s, err := mockdns.NewServerWithLogger(map[string]mockdns.Zone{"north.test.": {TXT: []string{"v=spf1 ip4:127.0.0.1 -all"}}}, silent{}, false)
	must(b, err)
	b.Cleanup(func() { _ = s.Close() })
	return s.LocalAddr().String()
}

type silent struct{}

func (silent) Printf(string, ...any) {}

// BenchmarkFanOut measures one post of 6 KB to ten thousand members, from its DATA until the last copy has arrived: each copy with its
// own return path, its own transaction and its own end in the logbook. The first post makes the members' tokens, the second finds them.
// Beside it a bare client floods the same sink over as many connections. The mark: at most 5 times that.
func BenchmarkFanOut(b *testing.B) {
	const copies = 10_000
	var took [2]time.Duration
	var bareTook time.Duration
	for b.Loop() {
		b.StopTimer()
		w := backchanneltest.NewWorld(b)
		c := townConfig(b.TempDir(), w)
		addr := runTown(b, c, copies, copies)
		b.StartTimer()
		for n := range took {
			took[n] += fanOut(b, w, func() error {
				flood(b, addr, 1, 1, func(int) (string, string) { return "m0@north.test", backchanneltest.List }, func(int) string { return letter6K(10 * n) })
				return nil
			}, copies)
		}
		bareTook += flood(b, w.Addr, c.Relay.Connections, copies, func(n int) (string, string) {
			return fmt.Sprintf("bounce+%026d@%s", n, backchanneltest.Domain), fmt.Sprintf("m%d@north.test", n)
		}, letter6K)
	}
	each := float64(b.N)
	b.ReportMetric(took[0].Seconds()/each, "s/first")
	b.ReportMetric(took[1].Seconds()/each, "s/second")
	b.ReportMetric(bareTook.Seconds()/each, "s/bare")
	b.ReportMetric(took[0].Seconds()/bareTook.Seconds(), "×first")
	b.ReportMetric(took[1].Seconds()/bareTook.Seconds(), "×second")
	b.ReportMetric(0, "ns/op")
}

// fanOut posts one letter and waits for all its copies.
func fanOut(b *testing.B, w *backchanneltest.World, post func() error, copies int) time.Duration {
	b.Helper()
	before := w.Taken()
	began := time.Now()
	must(b, post())
	if !w.Wait(backchanneltest.Until(b, 5*time.Minute), func() bool { return w.Taken()-before >= copies }) {
		b.Fatalf("%d copies came", w.Taken()-before)
	}
	return time.Since(began)
}

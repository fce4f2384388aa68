package smtpd

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/smtp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	library "github.com/emersion/go-smtp"
)

// listen opens a door on a real loopback socket.
func listen(t testing.TB, w *Server, d Door) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- w.Serve(ctx, Listener{Listener: l, Door: d}) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// A client that nobody of this project wrote, over a real socket: STARTTLS, login, a letter.
func TestStandardClient(t *testing.T) {
	server, client := withTLS(t)
	room := newRoom()
	cfg := Config{Hostname: "mx.lists.test", Now: time.Now}
	server(&cfg)
	s, err := New(cfg, room, people{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := smtp.Dial(listen(t, s, Submission))
	if err != nil {
		t.Fatal(err)
	}
	step := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	step(c.Hello("laptop"))
	step(c.StartTLS(client))
	step(c.Auth(smtp.PlainAuth("", "dana@north.test", "secret", "127.0.0.1")))
	step(c.Mail("dana@north.test"))
	step(c.Rcpt("talk@lists.test"))
	data, err := c.Data()
	step(err)
	_, err = io.WriteString(data, "Subject: x\n\n.hello\n")
	step(err)
	step(data.Close())
	step(c.Quit())
	l := room.all()
	if len(l) != 1 || l[0].body() != "Subject: x\r\n\r\n.hello\r\n" || !strings.Contains(l[0].raw, "with UTF8SMTPSA id") || !l[0].env.Remote.IsLoopback() {
		t.Errorf("letters %v", l)
	}
}

// Our last word reaches a peer that is still talking: closing on unread input would reset the connection before it.
func TestLastWordArrives(t *testing.T) {
	s, err := New(Config{Hostname: "mx.lists.test", Now: time.Now}, newRoom(), nil)
	if err != nil {
		t.Fatal(err)
	}
	addr := listen(t, s, MX)
	for range 20 {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, "POST / HTTP/1.1\r\n\r\n"+strings.Repeat("x", 100<<10)); err != nil {
			t.Fatal(err)
		}
		said, err := io.ReadAll(conn)
		if err != nil || !strings.HasSuffix(string(said), "\r\n"+wire(replyForeign)) {
			t.Fatalf("%q, %v", said, err)
		}
		_ = conn.Close()
	}
}

// letter6K is a letter of the usual size.
var letter6K = "Subject: x\r\nFrom: <dana@north.test>\r\n\r\n" + strings.Repeat(strings.Repeat("x", 70)+"\r\n", 84)

// flood sends n letters over 20 sessions and tells how long it took.
func flood(b *testing.B, addr string, n int) time.Duration {
	var left atomic.Int64
	left.Store(int64(n))
	var sessions sync.WaitGroup
	began := time.Now()
	for range 20 {
		sessions.Go(func() {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				b.Error(err)
				return
			}
			defer conn.Close()
			r := bufio.NewReader(conn)
			talk := func(say string, replies int) {
				_, _ = io.WriteString(conn, say)
				for replies > 0 {
					line, err := r.ReadSlice('\n')
					if err != nil || line[0] > '3' {
						b.Errorf("%q %v", line, err)
						left.Store(0)
						return
					}
					if line[3] == ' ' {
						replies--
					}
				}
			}
			talk("", 1)
			talk("EHLO north.test\r\n", 1)
			for left.Add(-1) >= 0 {
				talk("MAIL FROM:<dana@north.test>\r\nRCPT TO:<talk@lists.test>\r\nDATA\r\n", 3)
				talk(letter6K+".\r\n", 1)
			}
			talk("QUIT\r\n", 1)
		})
	}
	sessions.Wait()
	return time.Since(began)
}

// bare is the least a go-smtp listener can do with a letter.
type bare struct{ library.Session }

func (bare) Reset()                                  {}
func (bare) Logout() error                           { return nil }
func (bare) Mail(string, *library.MailOptions) error { return nil }
func (bare) Rcpt(string, *library.RcptOptions) error { return nil }
func (bare) Data(r io.Reader) error                  { var b bytes.Buffer; _, err := b.ReadFrom(r); return err }

// BenchmarkAccept compares our door, with a Mailroom that does nothing, to a bare go-smtp listener in the same run: 6 KB letters
// over 20 sessions. The mark is the ratio, 1 being as fast as bare.
func BenchmarkAccept(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	lib := library.NewServer(library.BackendFunc(func(*library.Conn) (library.Session, error) { return bare{}, nil }))
	go func() { _ = lib.Serve(l) }()
	defer lib.Close()
	s, err := New(Config{Hostname: "mx.lists.test", Now: time.Now}, nothing{}, nil)
	if err != nil {
		b.Fatal(err)
	}
	ours := listen(b, s, MX)
	var took, bareTook time.Duration
	for b.Loop() {
		took += flood(b, ours, 2000)
		bareTook += flood(b, l.Addr().String(), 2000)
	}
	letters := float64(2000 * b.N)
	b.ReportMetric(letters/took.Seconds(), "letters/s")
	b.ReportMetric(letters/bareTook.Seconds(), "bare/s")
	b.ReportMetric(bareTook.Seconds()/took.Seconds(), "ratio")
}

// P7: sixteen letters of 25 MB at one time would be 400 MB; what does not fit is asked to come later.
func TestPeakMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it moves 400 MB")
	}
	w := open(t, func(c *Config) { c.MaxSize = 0 })
	w.server.room = nothing{}
	var peak, kept, later atomic.Int64
	piece := []byte(strings.Repeat(strings.Repeat("x", 1022)+"\r\n", 256))
	var sessions sync.WaitGroup
	for range 16 {
		sessions.Go(func() {
			conn := w.dial(MX, "127.0.0.1")
			defer conn.Close()
			p := newPeer(t, conn)
			for _, line := range []string{"HELO x", "MAIL FROM:<>", "RCPT TO:<talk@lists.test>", "DATA"} {
				<-p.lines
				p.send(line + "\r\n")
			}
			<-p.lines
			for range 99 {
				_, _ = conn.Write(piece)
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				for now := int64(m.HeapInuse + m.StackInuse); now > peak.Load(); {
					peak.Store(now)
				}
			}
			p.send(".\r\n")
			switch said := <-p.lines; {
			case strings.HasPrefix(said, "250 "):
				kept.Add(1)
			case strings.HasPrefix(said, "452 4.3.1 "):
				later.Add(1)
			default:
				t.Error(said)
			}
		})
	}
	sessions.Wait()
	t.Logf("peak %d MiB, %d kept, %d asked to come later", peak.Load()>>20, kept.Load(), later.Load())
	if peak.Load() > 256<<20 || later.Load() == 0 {
		t.Errorf("peak %d MiB", peak.Load()>>20)
	}
}

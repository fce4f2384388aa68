package courier

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"backchannel/archive/letter"
	"backchannel/smtpd/queue"
)

// sink is a host that takes everything, as fast as it can.
type sink struct {
	replies string // what its EHLO offers, as lines
	end     string // its reply to a message
	slow    time.Duration

	mu       sync.Mutex
	got      map[string]int // messages by receiver
	taken    atomic.Int64
	sessions atomic.Int64
	hosts    sync.WaitGroup
}

func newSink() *sink {
	return &sink{replies: "250-sink.test\r\n250-8BITMIME\r\n250 PIPELINING\r\n", end: "250 taken\r\n", got: map[string]int{}}
}

func (k *sink) serve(conn net.Conn) {
	defer conn.Close()
	k.sessions.Add(1)
	r, w := bufio.NewReaderSize(conn, 32<<10), bufio.NewWriter(conn)
	fmt.Fprint(w, "220 sink.test\r\n")
	rcpt := ""
	for {
		if r.Buffered() == 0 && w.Flush() != nil {
			return
		}
		line, err := r.ReadSlice('\n')
		if err != nil {
			return
		}
		switch string(line[:4]) {
		case "EHLO":
			w.WriteString(k.replies)
		case "MAIL", "RSET":
			w.WriteString("250 ok\r\n")
		case "RCPT":
			rcpt = string(line)
			w.WriteString("250 ok\r\n")
		case "DATA":
			w.WriteString("354 go on\r\n")
			w.Flush()
			if !k.message(r) {
				return
			}
			k.mu.Lock()
			k.got[rcpt]++
			k.mu.Unlock()
			k.taken.Add(1)
			w.WriteString(k.end)
		case "QUIT":
			w.WriteString("221 bye\r\n")
			w.Flush()
			return
		default:
			w.WriteString("502 what?\r\n")
		}
	}
}

// message reads up to the final dot. With slow it reads one byte at a time and rests between; that is for a synctest bubble.
func (k *sink) message(r *bufio.Reader) bool {
	for k.slow > 0 {
		if _, err := r.ReadByte(); err != nil {
			return false
		}
		time.Sleep(k.slow)
	}
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return false
		}
		if len(line) == 3 && line[0] == '.' {
			return true
		}
	}
}

// pipe is a Dialer to the sink without a network.
func (k *sink) pipe(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	k.hosts.Go(func() { k.serve(theirs) })
	return ours, nil
}

// listen opens the sink on loopback.
func (k *sink) listen(t testing.TB) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	k.hosts.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			k.hosts.Go(func() { k.serve(conn) })
		}
	})
	t.Cleanup(func() { l.Close(); k.hosts.Wait() })
	return l.Addr().String()
}

func to(n int) queue.Message {
	return queue.Message{Copy: queue.CopyID(n), From: letter.Address{Local: "b", Domain: "list.test"}, To: letter.Address{Local: fmt.Sprintf("m%d", n), Domain: "north.test"},
		Head: []byte("Subject: x\r\n\r\n"), Body: []byte("hello\r\n")}
}

func TestConnectionsAreShared(t *testing.T) {
	k := newSink()
	c := New(Options{Name: "lists.test", Route: Smarthost(Hop{Addr: k.listen(t)})})
	var workers sync.WaitGroup
	for w := range 8 {
		workers.Go(func() {
			for n := range 100 {
				if o := c.Deliver(context.Background(), to(w*100+n)); o.Kind != queue.Delivered {
					t.Error(inShort(o))
				}
			}
		})
	}
	workers.Wait()
	c.Close()
	if n := k.sessions.Load(); n > 8 {
		t.Errorf("%d sessions for 8 workers", n)
	}
	if len(k.got) != 800 {
		t.Errorf("%d of 800 arrived", len(k.got))
	}
}

// A host may say 64 KiB in one session (E1). Reuse must not run into that: the connection is given up before.
func TestTalkativeHost(t *testing.T) {
	k := newSink()
	k.end = "250 " + strings.Repeat("blah ", 400) + "\r\n"
	c := New(Options{Name: "lists.test", Route: Smarthost(Hop{Addr: k.listen(t)})})
	for n := range 100 {
		if o := c.Deliver(context.Background(), to(n)); o.Kind != queue.Delivered || len(o.Text) > 500 {
			t.Fatal(inShort(o))
		}
	}
	c.Close()
	if n := k.sessions.Load(); n < 4 || n > 6 {
		t.Errorf("%d sessions for 200 KB of replies", n)
	}
	if k.taken.Load() != 100 {
		t.Errorf("%d of 100 arrived", k.taken.Load())
	}
}

// What a host may say is counted on the connection itself, whatever it says.
func TestMeter(t *testing.T) {
	ours, theirs := net.Pipe()
	go func() { io.Copy(theirs, strings.NewReader(strings.Repeat("x", sessionMost+1))); theirs.Close() }()
	m := &meter{Conn: ours}
	m.left.Store(sessionMost)
	n, err := io.Copy(io.Discard, m)
	if n != sessionMost || err != errTalkative {
		t.Errorf("%d octets, then %v", n, err)
	}
	ours.Close()
}

func TestIdleConnectionsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newSink()
		c := New(Options{Name: "lists.test", Route: Smarthost(Hop{Addr: "sink.test:25"}), Dial: k.pipe})
		c.Deliver(context.Background(), to(1))
		began := time.Now()
		k.hosts.Wait()
		if d := time.Since(began); d != 20*time.Second {
			t.Errorf("the connection ended after %v", d)
		}
		if o := c.Deliver(context.Background(), to(2)); o.Kind != queue.Delivered || k.sessions.Load() != 2 {
			t.Error(inShort(o), k.sessions.Load())
		}
		c.Close()
		c.Close()
		if o := c.Deliver(context.Background(), to(3)); o.Kind != queue.Delivered {
			t.Error(inShort(o)) // a courier that was closed works, it only keeps nothing
		}
		k.hosts.Wait()
	})
}

// A host that reads one byte at a time keeps no worker for ever.
func TestSlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newSink()
		k.slow = time.Second
		c := New(Options{Name: "lists.test", Route: Smarthost(Hop{Addr: "sink.test:25"}), Dial: k.pipe})
		m := to(1)
		m.Body = []byte(strings.Repeat("0123456789abcdef\r\n", 1<<20/18))
		began := time.Now()
		o := c.Deliver(context.Background(), m)
		if d := time.Since(began); o.Kind != queue.Deferred || o.Stage != queue.StageData || d > 40*time.Minute {
			t.Errorf("after %v: %s", d, inShort(o))
		}
		k.hosts.Wait()
	})
}

// Deliver ends soon after its context, wherever it is, and the connection is not used again.
func TestContextEnds(t *testing.T) {
	for _, step := range []string{"", "220 x\r\n", "220 x\r\n250 x\r\n", "220 x\r\n250 x\r\n250 x\r\n", "220 x\r\n250 x\r\n250 x\r\n250 x\r\n354 x\r\n"} {
		synctest.Test(t, func(t *testing.T) {
			dials := 0
			c := New(Options{Name: "lists.test", Route: Smarthost(Hop{Addr: "sink.test:25"}), Dial: func(context.Context, string, string) (net.Conn, error) {
				dials++
				ours, theirs := net.Pipe()
				go io.Copy(io.Discard, theirs)
				go io.WriteString(theirs, step)
				return ours, nil
			}})
			ctx, cancel := context.WithCancel(context.Background())
			go func() { time.Sleep(time.Minute); cancel() }()
			began := time.Now()
			o := c.Deliver(ctx, to(1))
			if d := time.Since(began); d != time.Minute || o.Kind != queue.Deferred {
				t.Errorf("after %q: %v, %s", step, d, inShort(o))
			}
			ctx, cancel = context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			if c.Deliver(ctx, to(1)); dials != 2 {
				t.Errorf("after %q: the connection is used again", step)
			}
		})
	}
}

func TestDialErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newSink()
		dials := map[string]int{}
		var answer map[string]func(ctx context.Context) error
		refused := func(context.Context) error { return &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED} }
		silent := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		hops := []Hop{{Addr: "first.test:25"}}
		c := New(Options{Name: "lists.test",
			Route: func(context.Context, string) ([]Hop, queue.Outcome) {
				return hops, queue.Outcome{Kind: queue.Failed, Enhanced: "5.1.10", Text: "the domain takes no mail"}
			},
			Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
				dials[addr]++
				if f := answer[addr]; f != nil {
					return nil, f(ctx)
				}
				return k.pipe(ctx, network, addr)
			}})
		defer k.hosts.Wait()
		defer c.Close()
		deliver := func(want string, took time.Duration) {
			t.Helper()
			began := time.Now()
			if o := c.Deliver(context.Background(), to(1)); inShort(o) != want || time.Since(began) != took {
				t.Errorf("%s after %v\nwant %s after %v", inShort(o), time.Since(began), want, took)
			}
		}
		answer = map[string]func(context.Context) error{"first.test:25": refused}
		deliver("deferred at connect 4.4.1: first.test:25: the connection was refused", 0)
		hops = append(hops, Hop{Addr: "second.test:25"})
		deliver("delivered at end: second.test:25 said 250 taken", 0) // the next host of the route

		// A host that does not answer costs half a minute, once, and not one for each copy.
		answer = map[string]func(context.Context) error{"first.test:25": silent, "second.test:25": refused}
		hops = hops[:1]
		deliver("deferred at connect 4.4.1: first.test:25: no answer to the connection", 30*time.Second)
		before := dials["first.test:25"]
		for range 100 {
			deliver("deferred at connect 4.4.1: first.test:25: no answer to the connection", 0)
		}
		if dials["first.test:25"] != before {
			t.Error("it is dialled again at once")
		}
		answer = nil
		time.Sleep(31 * time.Second)
		deliver("delivered at end: first.test:25 said 250 taken", 0)

		hops = nil
		deliver("failed 5.1.10: the domain takes no mail", 0)
	})
}

// A refusal of the message is the end of it; only hosts that cannot be talked with at all are passed over.
func TestNextHopOnlyWhenNothingWasSaid(t *testing.T) {
	for reply, want := range map[string]int{"554 5.7.1 go away\r\n": 2, "": 2} {
		synctest.Test(t, func(t *testing.T) {
			dials := 0
			c := New(Options{Name: "lists.test", Route: func(context.Context, string) ([]Hop, queue.Outcome) {
				return []Hop{{Addr: "a:25"}, {Addr: "b:25"}}, queue.Outcome{}
			}, Dial: func(context.Context, string, string) (net.Conn, error) {
				dials++
				ours, theirs := net.Pipe()
				go func() { io.WriteString(theirs, reply); theirs.Close() }()
				return ours, nil
			}})
			if o := c.Deliver(context.Background(), to(1)); o.Kind != queue.Deferred || dials != want {
				t.Errorf("%q: %s after %d dials", reply, inShort(o), dials)
			}
		})
	}
}

func TestClearPrivate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newSink()
		m := to(1)
		m.Private = true
		for clear, want := range map[bool]queue.Kind{false: queue.Deferred, true: queue.Delivered} {
			c := New(Options{Name: "lists.test", Route: Smarthost(Hop{Addr: "sink.test:25"}), Dial: k.pipe, ClearPrivate: clear})
			if o := c.Deliver(context.Background(), m); o.Kind != want {
				t.Errorf("clear %v: %s", clear, inShort(o))
			}
			c.Close()
		}
		k.hosts.Wait()
	})
}

// What must not go out is not even dialled for (E6).
func TestCheck(t *testing.T) {
	head, x := []byte("Subject: x\r\n\r\n"), strings.Repeat("x", 998)
	a := letter.Address{Local: "dana", Domain: "north.test"}
	for _, c := range []struct {
		m    queue.Message
		want string
	}{
		{queue.Message{To: a, Head: head, Body: []byte("ok\r\n" + x + "\r\n" + x)}, ""},
		{queue.Message{To: a, Head: head}, ""},
		{queue.Message{To: a, Head: head, Body: []byte("x" + x + "\r\n\r\nx" + x)}, ""}, // broken on the way out
		{queue.Message{To: a, Head: head, Body: []byte("a\nb\r\n")}, "the letter has a line that ends in LF alone"},
		{queue.Message{To: a, Head: head, Body: []byte("\n.\nMAIL")}, "the letter has a line that ends in LF alone"},
		{queue.Message{To: a, Head: head, Body: []byte("a\r.\rb\r\n")}, "the letter has a CR that ends no line"},
		{queue.Message{To: a, Head: head, Body: []byte("a\r\r\n")}, "the letter has a CR that ends no line"},
		{queue.Message{To: a, Head: head, Body: []byte("a\r")}, "the letter has a CR that ends no line"},
		{queue.Message{To: a, Head: head, Body: []byte("a\x00b\r\n")}, "the letter has a NUL in it"},
		{queue.Message{To: a, Head: []byte("Subject: x\n\n"), Body: []byte("a\r\n")}, "the header of the letter has no end"},
		{queue.Message{To: a, Head: []byte("Subject: x\n\r\n")}, "the letter has a line that ends in LF alone"},
		{queue.Message{To: a}, "the header of the letter has no end"},
		{queue.Message{Head: head}, "the receiver's address cannot be written in SMTP"},
		{queue.Message{To: letter.Address{Local: "a\r\nDATA", Domain: "b.test"}, Head: head}, "the receiver's address cannot be written in SMTP"},
		{queue.Message{To: letter.Address{Local: "a", Domain: "b.test> SIZE=1"}, Head: head}, "the receiver's address cannot be written in SMTP"},
		{queue.Message{To: letter.Address{Local: "a"}, Head: head}, "the receiver's address cannot be written in SMTP"},
		{queue.Message{To: a, From: letter.Address{Local: "a\x7f", Domain: "b.test"}, Head: head}, "the return path cannot be written in SMTP"},
	} {
		o, ok := check(c.m)
		if o.Text != c.want || ok != (c.want == "") || !ok && (o.Kind != queue.Failed || o.Enhanced != "5.6.0") {
			t.Errorf("%q %q: %s", c.m.Head, c.m.Body[:min(20, len(c.m.Body))], inShort(o))
		}
	}
}

func TestEightBit(t *testing.T) {
	for i := range 40 {
		b := []byte(strings.Repeat("x", 40))
		if eightBit(b[:i]) {
			t.Error("ASCII is ASCII")
		}
		b[i] = 0x80
		if !eightBit(b) || eightBit(b[:i]) || !eightBit(b[:i+1]) {
			t.Errorf("a byte of 8 bits at %d", i)
		}
	}
}

func TestPasswordsAreNotPrinted(t *testing.T) {
	h := Hop{Addr: "mx.test:587", TLS: TLSVerify, Username: "me", Password: "s3cret"}
	for _, s := range []string{fmt.Sprint(h), fmt.Sprintf("%v", h), fmt.Sprintf("%+v", h), h.String()} {
		if strings.Contains(s, "s3cret") {
			t.Error(s)
		}
	}
}

func TestWaysOfTLS(t *testing.T) {
	for way, want := range map[TLS]bool{"": true, "require": true, "verify": true, "implicit": true, "off": true, "on": false, "starttls": false} {
		if way.Valid() != want {
			t.Errorf("%q: %v", way, way.Valid())
		}
	}
}

// A host that swallows our packets is silent, by whichever clock of Go's the waiting ends.
func TestSilenceIsKnown(t *testing.T) {
	for _, err := range []error{context.DeadlineExceeded, os.ErrDeadlineExceeded, &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}, &net.DNSError{IsTimeout: true}} {
		c := New(Options{Name: "lists.test", Route: Smarthost(Hop{Addr: "mx.test:25"}),
			Dial: func(context.Context, string, string) (net.Conn, error) { return nil, err }})
		is := inShort(c.Deliver(context.Background(), to(1)))
		if want := "deferred at connect 4.4.1: mx.test:25: no answer to the connection"; is != want {
			t.Errorf("%v: %s", err, is)
		}
	}
}

func TestErrorsInWords(t *testing.T) {
	for err, want := range map[error]string{
		io.EOF: "the connection was lost", syscall.EPIPE: "the connection was lost", &net.OpError{Op: "read", Err: syscall.ECONNRESET}: "the connection was lost",
		context.Canceled: "we broke off", context.DeadlineExceeded: "no answer in time", errors.New("odd\r\n\x1b"): "odd ?", errGarbage: "the answer is not SMTP",
	} {
		if got := inWords(err); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
}

func TestOptionsAreRequired(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a courier without a name")
		}
	}()
	New(Options{})
}

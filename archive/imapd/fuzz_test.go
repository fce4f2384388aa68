package imapd

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"backchannel/templates/refusal"
)

// pipes is a listener whose connections are made by hand.
type pipes struct{ c chan net.Conn }

func (p pipes) Accept() (net.Conn, error) {
	c, ok := <-p.c
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (p pipes) Addr() net.Addr { return pipeAddr{} }
func (p pipes) Close() error   { return nil }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }

// alarm is a log that remembers errors: the library catches panics and logs them.
type alarm struct {
	slog.Handler
	mu   sync.Mutex
	last string
}

func (a *alarm) Enabled(context.Context, slog.Level) bool { return true }
func (a *alarm) Handle(_ context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError {
		a.mu.Lock()
		defer a.mu.Unlock()
		r.Attrs(func(at slog.Attr) bool { a.last += at.String(); return true })
	}
	return nil
}

// fuzzed runs one server for many conversations.
type fuzzed struct {
	server *Server
	pipes  pipes
	alarm  *alarm
}

func newFuzzed(f *testing.F, login Login) *fuzzed {
	z := &fuzzed{pipes: pipes{make(chan net.Conn)}, alarm: &alarm{}}
	s, err := New(Config{
		Login: login, Now: func() time.Time { return time.Unix(1e9, 0) }, WrongDelay: time.Nanosecond, Calm: time.Nanosecond,
		Log: slog.New(z.alarm), SearchWithin: 200 * time.Millisecond, MaxLetter: 1000,
	})
	if err != nil {
		f.Fatal(err)
	}
	z.server = s
	go func() { _ = s.Serve(z.pipes) }()
	return z
}

// converse says data and hangs up; it gives what the server said.
func (z *fuzzed) converse(t *testing.T, data []byte) string {
	t.Helper()
	c := &recorded{in: bytes.NewReader(data), closed: make(chan struct{})}
	z.pipes.c <- c
	<-c.closed
	waitFor(t, func() bool {
		runtime.Gosched()
		z.server.mu.Lock()
		defer z.server.mu.Unlock()
		return len(z.server.sessions) == 0
	})
	z.alarm.mu.Lock()
	defer z.alarm.mu.Unlock()
	if z.alarm.last != "" {
		t.Fatalf("panic after %q:\n%s", data, z.alarm.last)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.String()
}

// nobody lets no one in, and notices who knows the password.
type nobody struct{}

func (nobody) Login(context.Context, netip.Addr, string, string) (Account, error) {
	return nil, refusal.Because(refusal.NotAllowed, "no")
}

// FuzzBeforeLogin: whatever a stranger says, nothing breaks, little memory is used and nothing is shown.
func FuzzBeforeLogin(f *testing.F) {
	for _, s := range []string{
		"a LOGIN u p\r\n", "a LOGIN {3}\r\nabc {3+}\r\nabc\r\n", "a AUTHENTICATE PLAIN\r\nAG1pcmEAeA==\r\n", "a AUTHENTICATE PLAIN =\r\n",
		"\r\n\r\na ID NIL\r\n", "a ID (\"name\" {3+}\r\nabc)\r\n", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "a SELECT INBOX\r\na FETCH 1:* (BODY[])\r\n",
		"a SEARCH " + strings.Repeat("(", 900) + "\r\n", "a SEARCH " + strings.Repeat("NOT ", 250) + "ALL\r\n", "a APPEND INBOX {10+}\r\n0123456789\r\n",
		"a IDLE\r\nDONE\r\n", "a LOGOUT\r\n", "a STARTTLS\r\n\x16\x03\x01", "a ENABLE IMAP4rev2\r\n", "a FETCH 1 BODY[1.2.HEADER.FIELDS (a)]<0.1>\r\n",
		"a CAPABILITY\r\nb NOOP\r\nc CHECK\r\nd CLOSE\r\ne EXPUNGE\r\nf UID EXPUNGE 1:*\r\n", "a UNAUTHENTICATE\r\n",
	} {
		f.Add([]byte(s))
	}
	z := newFuzzed(f, nobody{})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 100_000 {
			return
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		said := z.converse(t, data)
		runtime.ReadMemStats(&after)
		if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20+uint64(len(data))*200 {
			t.Errorf("%d octets cost %d octets of memory", len(data), used)
		}
		for line := range strings.SplitSeq(said, "\r\n") {
			for _, secret := range []string{"* LIST", "* SEARCH", "* STATUS", "EXISTS", "FETCH (", "[APPENDUID", "* NAMESPACE"} {
				if strings.Contains(line, secret) {
					t.Errorf("a stranger was told %q after %q", line, data)
				}
			}
		}
	})
}

// FuzzAfterLogin: whatever a person's program says, nothing breaks.
func FuzzAfterLogin(f *testing.F) {
	for _, s := range []string{
		"b SELECT box\r\nc FETCH 1:* (FLAGS ENVELOPE BODYSTRUCTURE BODY[] BODY[2.1.MIME]<3.5> BINARY[4] BINARY.SIZE[4])\r\n",
		"b SELECT box\r\nc SEARCH RETURN (SAVE COUNT) OR NOT SEEN (TEXT plain) LARGER 10\r\nd STORE $ +FLAGS (\\Seen $x)\r\ne COPY $ box\r\n",
		"b SELECT box\r\nc STORE 1:* FLAGS.SILENT (\\Deleted)\r\nd CLOSE\r\n", "b LIST (SUBSCRIBED RECURSIVEMATCH) \"\" (*% b*) RETURN (CHILDREN STATUS (SIZE))\r\n",
		"b APPEND box (\\Seen) \" 2-Mar-2026 11:00:00 +0100\" {4+}\r\nA: b\r\n", "b APPEND closed {4+}\r\nA: b\r\nc NOOP\r\n",
		"b SELECT box\r\nc IDLE\r\nDONE\r\nd MOVE 1 other\r\ne UID MOVE 1:* {5}\r\nother\r\n", "b ENABLE UTF8=ACCEPT\r\nc CREATE \"\xc3\xa4\"\r\nd LIST \"\" *\r\n",
		"b EXAMINE box\r\nc FETCH 1 (RFC822 RFC822.HEADER RFC822.TEXT)\r\nd UNSELECT\r\n", "b SELECT box\r\nc UID FETCH 4294967295:* ALL\r\n",
		"b STATUS box (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN DELETED SIZE APPENDLIMIT DELETED-STORAGE)\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 20_000 {
			return
		}
		m := newMem("INBOX", "box", "other")
		m.creates = true
		m.add(Mailbox{Name: "closed"})
		m.boxes["box"].arrive(nested)
		m.boxes["box"].arrive(note("x", "y"))
		z := newFuzzed(f, oneDoor{account: m, user: "u", password: "p"})
		z.converse(t, append([]byte("a LOGIN u p\r\n"), data...))
		close(z.pipes.c)
	})
}

// recorded is a connection whose input is given and whose output is kept.
type recorded struct {
	in     *bytes.Reader
	mu     sync.Mutex
	out    bytes.Buffer
	once   sync.Once
	closed chan struct{}
}

func (r *recorded) Read(p []byte) (int, error) { return r.in.Read(p) }
func (r *recorded) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.out.Write(p)
}
func (r *recorded) Close() error {
	r.once.Do(func() { close(r.closed) })
	return nil
}
func (r *recorded) LocalAddr() net.Addr              { return pipeAddr{} }
func (r *recorded) RemoteAddr() net.Addr             { return pipeAddr{} }
func (r *recorded) SetDeadline(time.Time) error      { return nil }
func (r *recorded) SetReadDeadline(time.Time) error  { return nil }
func (r *recorded) SetWriteDeadline(time.Time) error { return nil }

// FuzzFilter plays the library: it reads lines and grants or refuses literals as the fuzzer likes. Whatever comes, each line is one the
// library can count, and what it refused never comes as a command.
func FuzzFilter(f *testing.F) {
	f.Add([]byte("a NOOP\r\n\r\nb ID NIL\r\n"), uint64(0), false)
	f.Add([]byte("a X {5+}\r\nb LOG\r\nc APPEND no {4+}\r\nabcd\r\nd APPEND yes {4}\r\nabcd\r\n"), uint64(0xaaaa), true)
	f.Add([]byte("a IDLE\r\ndone\r\nb AUTHENTICATE PLAIN\r\n*\r\nc X \"{3}\r\n"), ^uint64(0), true)
	f.Add([]byte("a APPEND {2+}\r\nno UTF8 (~{4+}\r\nabcd)\r\nb X\r\n"), uint64(7), true)
	f.Fuzz(func(t *testing.T, data []byte, choices uint64, known bool) {
		conn := &recorded{in: bytes.NewReader(data), closed: make(chan struct{})}
		w := newWire(conn)
		if known {
			w.signedIn(func(mailbox string) bool { return mailbox == "yes" })
		}
		in := bufio.NewReader(w)
		choose := func() bool { c := choices&1 == 1; choices = choices>>1 | choices<<63; return c }
		verbatim, size := false, 0
		for {
			line, err := in.ReadBytes('\n')
			if err != nil {
				break
			}
			if in.Buffered() > 0 {
				t.Fatalf("more than one line at once: %q", line)
			}
			limit := lineBeforeLogin
			if known {
				limit = lineAfterLogin
			}
			text := bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
			if size += len(line); size > limit+2 && !verbatim || bytes.ContainsAny(text, "\x00\r") {
				t.Fatalf("the library got %q", line)
			}
			if verbatim {
				verbatim, size = false, 0
				_, _ = w.Write([]byte("x OK\r\n"))
				continue
			}
			if openQuote(text) {
				t.Fatalf("an open quotation mark: %q", line)
			}
			if l, ok := literalAt(line); ok {
				if !l.waits {
					t.Fatalf("an unasked literal reached the library: %q", line)
				}
				if choose() {
					_, _ = w.Write([]byte("+ go\r\n"))
					n, err := io.CopyN(io.Discard, in, l.size)
					if err != nil {
						break
					}
					if !w.filed {
						size += int(n)
					}
					if !choose() {
						continue
					}
					// The library may also answer before it asks for the rest of the line, which must never come then.
					_, _ = w.Write([]byte(w.tag + " BAD\r\n"))
					size = 0
					if next, err := in.Peek(1); err == nil && len(next) > 0 && w.inside {
						t.Fatalf("the rest of an answered command came: %q", next)
					}
					continue
				}
			} else if (w.running() == "IDLE" || w.running() == "AUTHENTICATE") && choose() {
				_, _ = w.Write([]byte("+ go\r\n"))
				verbatim = true
				continue
			}
			size = 0
			_, _ = w.Write([]byte("x NO\r\n"))
		}
		if n := cap(w.line) + cap(w.command) + cap(w.out); n > 400_000 {
			t.Fatalf("%d octets are kept", n)
		}
	})
}

package smtpd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// room is a Mailroom in memory: it knows some addresses of lists.test and keeps what it gets.
type room struct {
	mu      sync.Mutex
	known   map[string]bool
	letters []kept
	say     func(e *Envelope, raw []byte) error // asked before a letter is kept
	meet    func(to letter.Address) error       // asked before a recipient is looked up
}

type kept struct {
	env Envelope
	raw string
}

// body is a letter without our own Received field.
func (k kept) body() string {
	lines := strings.SplitAfterN(k.raw, "\r\n", 4)
	return lines[3]
}

func newRoom() *room {
	return &room{known: map[string]bool{
		"talk@lists.test": true, "jobs@lists.test": true, "postmaster@mx.lists.test": true, "a@b@lists.test": true, "grün@lists.test": true,
	}}
}

func (r *room) Recipient(_ context.Context, _ *Envelope, to letter.Address) error {
	if r.meet != nil {
		if err := r.meet(to); err != nil {
			return err
		}
	}
	if !r.known[to.Local+"@"+to.Domain] {
		return refusal.Because(refusal.NoSuchAddress, "There is no %s among the lists talk and jobs.", to.Local)
	}
	return nil
}

func (r *room) Receive(_ context.Context, e *Envelope, raw []byte) error {
	if r.say != nil {
		if err := r.say(e, raw); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.letters = append(r.letters, kept{*e, string(raw)})
	return nil
}

func (r *room) all() []kept {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]kept(nil), r.letters...)
}

// people knows one login.
type people struct{}

func (people) Login(_ context.Context, _ netip.Addr, user, password string) (letter.Address, error) {
	switch {
	case user == "bomb":
		panic("boom")
	case user == "busy":
		return letter.Address{}, errors.New("the database is away")
	case user == "again":
		return letter.Address{}, refusal.Because(refusal.Limit, "There were too many wrong passwords.")
	case user == "dana@north.test" && password == "secret":
		return letter.Address{Local: "dana", Domain: "north.test"}, nil
	}
	return letter.Address{}, refusal.Because(refusal.NotAllowed, "no")
}

// street leads from tests to the doors of one server, without a network.
type street struct {
	t      testing.TB
	room   *room
	server *Server
	doors  map[Door]*memoryListener
	log    *strings.Builder
	end    func() error // stops the server
}

// open starts a server with every door. In a synctest bubble all of it lives in the bubble.
func open(t testing.TB, change ...func(*Config)) *street {
	t.Helper()
	w := &street{t: t, room: newRoom(), doors: map[Door]*memoryListener{}, log: &strings.Builder{}}
	cfg := Config{Hostname: "mx.lists.test", MaxSize: 1 << 20, Now: time.Now, Log: slog.New(slog.NewTextHandler(&locked{w: w.log}, nil))}
	for _, c := range change {
		c(&cfg)
	}
	var err error
	if w.server, err = New(cfg, w.room, people{}); err != nil {
		t.Fatal(err)
	}
	var listeners []Listener
	for _, d := range []Door{MX, Submission, LMTP} {
		w.doors[d] = &memoryListener{conns: make(chan net.Conn), gone: make(chan struct{})}
		listeners = append(listeners, Listener{Listener: w.doors[d], Door: d})
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.server.Serve(ctx, listeners...) }()
	var once sync.Once
	var ended error
	w.end = func() error {
		once.Do(func() { cancel(); ended = <-done })
		return ended
	}
	t.Cleanup(func() { _ = w.end() })
	return w
}

type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// memoryListener accepts what dial makes.
type memoryListener struct {
	conns chan net.Conn
	gone  chan struct{}
	once  sync.Once
}

func (m *memoryListener) Accept() (net.Conn, error) {
	select {
	case c := <-m.conns:
		return c, nil
	case <-m.gone:
		return nil, net.ErrClosed
	}
}
func (m *memoryListener) Close() error   { m.once.Do(func() { close(m.gone) }); return nil }
func (m *memoryListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 25} }

// placed is a pipe that claims to come from somewhere.
type placed struct {
	net.Conn
	from, to net.Addr
}

func (p placed) RemoteAddr() net.Addr { return p.from }
func (p placed) LocalAddr() net.Addr  { return p.to }

// dial connects from an address; "" is a pipe without addresses.
func (w *street) dial(d Door, from string) net.Conn {
	w.t.Helper()
	ours, theirs := net.Pipe()
	conn := theirs
	if from != "" {
		here := net.Addr(&net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 25})
		if net.ParseIP(from).IsLoopback() {
			here = &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 25}
		}
		conn = placed{theirs, &net.TCPAddr{IP: net.ParseIP(from), Port: 40000}, here}
	}
	select {
	case w.doors[d].conns <- conn:
	case <-w.doors[d].gone:
		w.t.Fatal("the door is closed")
	}
	return ours
}

// peer is the other end of a session, as a transcript plays it.
type peer struct {
	t     testing.TB
	conn  net.Conn
	lines chan string
}

func newPeer(t testing.TB, conn net.Conn) *peer {
	p := &peer{t: t, conn: conn, lines: make(chan string, 4096)}
	go func() {
		defer close(p.lines)
		r := bufio.NewReader(conn)
		for {
			line, err := r.ReadString('\n')
			if line != "" {
				p.lines <- line
			}
			if err != nil {
				return
			}
		}
	}()
	return p
}

// send writes bytes in one piece. A server that hangs up half way is no failure here: the transcript says what must be heard.
func (p *peer) send(raw string) { _, _ = io.WriteString(p.conn, raw) }

// hear compares the next line. "(closed)" is the end of the session; * stands for anything.
func (p *peer) hear(want string) {
	p.t.Helper()
	line, ok := <-p.lines
	if want == "(closed)" {
		if ok {
			p.t.Fatalf("want the end of the session, got %q", line)
		}
		return
	}
	if !ok {
		p.t.Fatalf("the session ended, want %q", want)
	}
	if !strings.HasSuffix(line, "\r\n") {
		p.t.Fatalf("%q does not end with CRLF", line)
	}
	if got := strings.TrimSuffix(line, "\r\n"); !like(want, got) {
		p.t.Fatalf("\n got S: %s\nwant S: %s", got, want)
	}
}

func like(want, got string) bool {
	if !strings.Contains(want, "*") {
		return want == got
	}
	parts := strings.Split(want, "*")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return regexp.MustCompile("^" + strings.Join(parts, ".*") + "$").MatchString(got)
}

// play runs a transcript. "C: " sends a line with its CRLF; successive C lines with nothing heard between them are sent in one
// piece, pipelined. "C! " sends a Go string as it is. "S: " is the line that must come next.
func (p *peer) play(script string) {
	p.t.Helper()
	var group strings.Builder
	flush := func() {
		if group.Len() > 0 {
			p.send(group.String())
			group.Reset()
		}
	}
	for _, line := range strings.Split(script, "\n") {
		line = strings.TrimLeft(line, "\t ")
		verb, text, _ := strings.Cut(line+" ", " ")
		text = strings.TrimSuffix(text, " ")
		switch verb {
		case "C:":
			group.WriteString(text + "\r\n")
		case "C!":
			raw, err := strconv.Unquote(text)
			if err != nil {
				p.t.Fatalf("%s: %v", text, err)
			}
			group.WriteString(raw)
		case "S:":
			flush()
			p.hear(text)
		case "", "#":
		default:
			p.t.Fatalf("what is %q?", line)
		}
	}
	flush()
}

// play has one session at a door.
func (w *street) play(d Door, from, script string) {
	w.t.Helper()
	conn := w.dial(d, from)
	defer conn.Close()
	newPeer(w.t, conn).play(script)
}

// stranger is where most sessions come from.
const stranger = "203.0.113.9"

// hello is a greeting that is not the subject of a test.
const hello = `
	S: 220 mx.lists.test ESMTP Service Ready
	C: HELO north.test
	S: 250 2.0.0 Hello north.test
`

// upToData leads a session into DATA.
const upToData = hello + `
	C: MAIL FROM:<dana@north.test>
	C: RCPT TO:<talk@lists.test>
	C: DATA
	S: 250 2.0.0 Roger, accepting mail from <dana@north.test>
	S: 250 2.0.0 I'll make sure <talk@lists.test> gets this
	S: 354 Go ahead. End your data with <CR><LF>.<CR><LF>
`

// corpusFile finds a file of the corpus, which lies beside the module or nowhere.
func corpusFile(t testing.TB, name string) []byte {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			raw, err := os.ReadFile(filepath.Join(dir, "..", "shared", "corpus", name))
			if errors.Is(err, os.ErrNotExist) {
				t.Skip("the corpus is not here")
			}
			if err != nil {
				t.Fatal(err)
			}
			return raw
		}
	}
	t.Skip("no module above")
	return nil
}

func (k kept) String() string { return fmt.Sprintf("%+v\n%s", k.env, k.raw) }

// sleep lets seconds pass in a synctest bubble.
func sleep(seconds int) { time.Sleep(time.Duration(seconds) * time.Second) }

// mustEnd stops the server, which a synctest bubble wants before its test returns.
func (w *street) mustEnd() {
	w.t.Helper()
	if err := w.end(); err != nil {
		w.t.Fatal(err)
	}
}

// james knows the user of Apache James' transcripts.
type james struct{}

func (james) Login(_ context.Context, _ netip.Addr, user, password string) (letter.Address, error) {
	if user != "bob@mydomain.tld" || password != "secret" {
		return letter.Address{}, refusal.Because(refusal.NotAllowed, "no")
	}
	return letter.Address{Local: "bob", Domain: "mydomain.tld"}, nil
}

// nothing is a Mailroom that takes everything and keeps nothing.
type nothing struct{}

func (nothing) Recipient(context.Context, *Envelope, letter.Address) error { return nil }
func (nothing) Receive(context.Context, *Envelope, []byte) error           { return nil }

package courier

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"backchannel/archive/db/dbtest"
	"backchannel/archive/letter"
	"backchannel/smtpd/queue"
)

// The zoo holds foreign hosts as transcripts: testdata/zoo/*.txt. A transcript reads from top to bottom:
//
//	# a comment
//	hop: tls=require user=me password=secret   how the host is reached
//	inside                                     the host is on this machine
//	connection                                 the host takes a connection; the lines below happen on it
//	S: 250 ok                                  the host says this
//	C: MAIL FROM:<a@b>                         the host hears this, and nothing else
//	deliver dana@north.test                    we are asked to deliver; further words are: private, 8bit, big, dots, empty, from=<>, …
//	outcome: delivered at end: …               what Deliver says
//	took: 5m0s                                 how long that was, in virtual time
//	direct                                     hosts are found by the DNS of the transcript, and nothing is known but that
//	dns: mx north.test 10 mx1.north.test       a record (mx, a, ptr, txt); "dns: fail mx north.test": this question gets no answer
//	policy: version: STSv1; mode: enforce; …   what is to be had at the policy URL, its lines parted by semicolons; without it: nothing
//	connection 192.0.2.1:25                    the host is dialled there; "refused": it takes no connection
//	local: 2001:db8::9                         an address of this machine
//
// In angle brackets stand deeds: S: <close>, <wait 1m>, <drip 1s TEXT>, <flood N> (lines of 250-), <long N>, <raw TEXT>, <tls>;
// C: <message> (all up to the final dot), <some> (a part of it), <stall> (stops reading), <closed>, <gone> (closed, after whatever). At its end a connection may hear QUIT or be closed.

type zoo struct {
	t      *testing.T
	hop    Hop
	local  bool
	direct bool
	dns    dns
	policy string
	ours   []netip.Addr
	conns  [][]string // lines of each connection
	at     []string   // where each is dialled, and whether it is refused
	acts   []act
	cert   tls.Certificate
	dials  int
	hosts  sync.WaitGroup
}

type act struct{ deliver, outcome, took string }

func readZoo(t *testing.T, path string) *zoo {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	z := &zoo{t: t, hop: Hop{Addr: "mx.test:25"}}
	for n, line := range strings.Split(string(b), "\n") {
		word, rest, _ := strings.Cut(strings.TrimRight(line, " "), " ")
		switch {
		case line == "" || word == "#":
		case word == "hop:":
			z.setHop(rest)
		case word == "inside":
			z.local = true
		case word == "direct":
			z.direct = true
		case word == "dns:":
			z.dns.add(t, rest)
		case word == "policy:":
			z.policy = strings.ReplaceAll(rest+" ", "; ", "\r\n")
		case word == "local:":
			z.ours = append(z.ours, netip.MustParseAddr(rest))
		case word == "connection":
			z.conns, z.at = append(z.conns, nil), append(z.at, rest)
		case word == "S:" || word == "C:":
			z.conns[len(z.conns)-1] = append(z.conns[len(z.conns)-1], line)
		case word == "deliver":
			z.acts = append(z.acts, act{deliver: rest})
		case word == "outcome:":
			z.acts[len(z.acts)-1].outcome = rest
		case word == "took:":
			z.acts[len(z.acts)-1].took = rest
		default:
			t.Fatalf("%s:%d: %q is no line of a transcript", path, n+1, line)
		}
	}
	return z
}

func (z *zoo) setHop(words string) {
	for _, w := range strings.Fields(words) {
		key, value, _ := strings.Cut(w, "=")
		switch key {
		case "addr":
			z.hop.Addr = value
		case "tls":
			z.hop.TLS = TLS(value)
		case "user":
			z.hop.Username = value
		case "password":
			z.hop.Password = value
		default:
			z.t.Fatalf("hop: %q", w)
		}
	}
}

func TestZoo(t *testing.T) {
	paths, err := filepath.Glob("testdata/zoo/*.txt")
	if err != nil || len(paths) < 90 {
		t.Fatal("the zoo is gone", err)
	}
	cert, roots := selfSigned(t, "mx.test")
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				z := readZoo(t, path)
				z.cert = cert
				var c queue.Courier = New(Options{Name: "lists.test", Route: Smarthost(z.hop), Dial: z.dial, Roots: roots})
				if z.direct {
					c = NewDirect(DirectOptions{Name: "lists.test", Resolver: &z.dns, Dial: z.dial, Roots: roots,
						Local: func() []netip.Addr { return z.ours }, Policies: z.policies(t)})
				}
				for i, a := range z.acts {
					began := time.Now()
					o := c.Deliver(context.Background(), message(t, a.deliver))
					if got := inShort(o); got != a.outcome {
						t.Errorf("delivery %d:\n%s\nwant:\n%s", i+1, got, a.outcome)
					}
					if took := time.Since(began).Round(time.Second).String(); a.took != "" && took != a.took {
						t.Errorf("delivery %d took %s, want %s", i+1, took, a.took)
					}
				}
				c.(io.Closer).Close()
				if z.dials != len(z.conns) {
					t.Errorf("%d connections, want %d", z.dials, len(z.conns))
				}
				z.hosts.Wait()
			})
		})
	}
}

// inShort is an outcome as transcripts tell it.
func inShort(o queue.Outcome) string {
	s := o.Kind.String()
	if o.Stage != queue.StageNone {
		s += " at " + string(o.Stage)
	}
	if o.Code == 0 && o.Enhanced != "" {
		s += " " + o.Enhanced
	}
	s += ": " + o.String()
	if o.Busy {
		s += " [busy]"
	}
	return s
}

// message makes what a deliver line asks for.
func message(t testing.TB, words string) queue.Message {
	t.Helper()
	f := strings.Fields(words)
	to, err := letter.ParseAddress(f[0])
	if err != nil {
		t.Fatal(err)
	}
	m := queue.Message{Copy: 1, From: letter.Address{Local: "bounce+x", Domain: "list.test"}, To: to, Head: []byte("Subject: x\r\n\r\n"), Body: []byte("hello\r\n")}
	for _, w := range f[1:] {
		switch w {
		case "private":
			m.Private = true
		case "8bit":
			m.Body = []byte("h\xc3\xa9llo\r\n")
		case "big":
			m.Body = []byte(strings.Repeat("0123456789abcdef\r\n", 100_000))
		case "dots":
			m.Head, m.Body = []byte(".Subject: x\r\n\r\n"), []byte(".\r\n..\r\n.hidden\r\na.b\r\n\r\n.")
		case "long":
			m.Body = []byte(strings.Repeat("long ", 1000) + "\r\n")
		case "empty":
			m.Body = nil
		case "unended":
			m.Body = []byte("no line end")
		case "from=<>":
			m.From = letter.Address{}
		default:
			t.Fatalf("deliver: %q", w)
		}
	}
	return m
}

type loopbackConn struct{ net.Conn }

func (loopbackConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 25} }

// policies are what the web says in this transcript.
func (z *zoo) policies(t *testing.T) *STS {
	return &STS{DB: dbtest.Open(t, Schema()), Resolver: &z.dns, Fetch: func(_ context.Context, url string) ([]byte, error) {
		if z.policy == "" {
			return nil, errors.New("404 Not Found")
		}
		if url != "https://mta-sts.north.test/.well-known/mta-sts.txt" {
			t.Errorf("%s was asked for", url)
		}
		return []byte(z.policy), nil
	}}
}

func (z *zoo) dial(_ context.Context, _, addr string) (net.Conn, error) {
	if z.dials == len(z.conns) {
		z.dials++
		return nil, fmt.Errorf("no more connections in the transcript, not to %s", addr)
	}
	where, refused := strings.CutSuffix(z.at[z.dials], " refused")
	if where != "" && where != addr {
		z.t.Errorf("connection %d: %s is dialled, not %s", z.dials+1, addr, where)
	}
	if refused {
		z.dials++
		return nil, syscall.ECONNREFUSED
	}
	ours, theirs := net.Pipe()
	lines, number := z.conns[z.dials], z.dials+1
	z.hosts.Go(func() { z.serve(theirs, lines, number) })
	z.dials++
	if z.local {
		return loopbackConn{ours}, nil
	}
	return ours, nil
}

// host is the foreign side of one connection.
type host struct {
	z    *zoo
	conn net.Conn
	r    *bufio.Reader
}

func (z *zoo) serve(conn net.Conn, lines []string, number int) {
	h := &host{z, conn, bufio.NewReader(conn)}
	defer func() { h.conn.Close() }()
	for _, line := range lines {
		if err := h.play(line); err != nil {
			if err != errEnd {
				z.t.Errorf("connection %d: %s: %v", number, line, err)
			}
			return
		}
	}
	rest, _ := io.ReadAll(io.LimitReader(h.r, 1<<10))
	if s := string(rest); s != "" && s != "QUIT\r\n" {
		z.t.Errorf("connection %d: the transcript is at its end, and the client says %q", number, s)
	}
}

var errEnd = errors.New("the host closes")

func (h *host) play(line string) error {
	side, text := line[:2], strings.TrimPrefix(line[2:], " ")
	deed, isDeed := strings.CutPrefix(text, "<")
	if side == "C:" {
		if isDeed && strings.HasSuffix(text, ">") {
			return h.hearDeed(strings.TrimSuffix(deed, ">"))
		}
		got, err := h.r.ReadString('\n')
		if err != nil {
			return fmt.Errorf("the client is gone: %w", err)
		}
		if got != text+"\r\n" {
			return fmt.Errorf("the client says %q", got)
		}
		return nil
	}
	if h.r.Buffered() > 0 && text != "<close>" {
		rest, _ := h.r.Peek(min(100, h.r.Buffered()))
		return fmt.Errorf("the client speaks out of turn: %q", rest)
	}
	if isDeed {
		return h.sayDeed(strings.TrimSuffix(deed, ">"))
	}
	h.say(text + "\r\n")
	return nil
}

// say writes, whether anybody hears or not.
func (h *host) say(s string) { _, _ = io.WriteString(h.conn, s) }

// sayDeed does what stands in angle brackets on the host's side. It is only called inside a synctest bubble.
func (h *host) sayDeed(deed string) error {
	word, rest, _ := strings.Cut(deed, " ")
	switch word {
	case "close":
		return errEnd
	case "wait":
		d, err := time.ParseDuration(rest)
		time.Sleep(d)
		return err
	case "raw":
		s, err := strconv.Unquote(`"` + rest + `"`)
		h.say(s)
		return err
	case "drip":
		pause, text, _ := strings.Cut(rest, " ")
		d, err := time.ParseDuration(pause)
		for _, c := range []byte(text + "\r\n") {
			time.Sleep(d)
			h.say(string(c))
		}
		return err
	case "flood":
		n, err := strconv.Atoi(rest)
		h.say(strings.Repeat("250-more and more\r\n", n/19+1))
		return err
	case "long":
		n, err := strconv.Atoi(rest)
		h.say("250 " + strings.Repeat("x", n) + "\r\n")
		return err
	case "tls":
		conn := tls.Server(&eager{Conn: h.conn}, &tls.Config{Certificates: []tls.Certificate{h.z.cert}, SessionTicketsDisabled: true})
		if err := conn.Handshake(); err != nil {
			return errEnd // the client may refuse
		}
		h.conn, h.r = conn, bufio.NewReader(conn)
		return nil
	}
	return fmt.Errorf("<%s> is no deed", deed)
}

// eager is a connection that writes behind the writer's back, as TCP does: a client that does not like the certificate speaks while the
// server still does, and over a bare pipe both would wait for each other.
type eager struct {
	net.Conn
	mu   sync.Mutex
	wait [][]byte
	busy bool
}

func (e *eager) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.wait = append(e.wait, slices.Clone(p))
	if !e.busy {
		e.busy = true
		go e.pump()
	}
	return len(p), nil
}

func (e *eager) pump() {
	for {
		e.mu.Lock()
		if len(e.wait) == 0 {
			e.busy = false
			e.mu.Unlock()
			return
		}
		p := e.wait[0]
		e.wait = e.wait[1:]
		e.mu.Unlock()
		if _, err := e.Conn.Write(p); err != nil {
			return
		}
	}
}

// hearDeed does what stands in angle brackets on the client's side. It is only called inside a synctest bubble.
func (h *host) hearDeed(deed string) error {
	switch deed {
	case "message":
		for {
			line, err := h.r.ReadString('\n')
			if err != nil || line == ".\r\n" {
				return err
			}
		}
	case "some":
		_, err := io.ReadFull(h.r, make([]byte, 10))
		return err
	case "stall":
		time.Sleep(time.Hour) // in a synctest bubble
		return errEnd
	case "gone":
		_, _ = io.Copy(io.Discard, h.r)
		return errEnd
	case "closed":
		if b, err := h.r.ReadByte(); err == nil {
			return fmt.Errorf("the client goes on with %q", b)
		}
		return errEnd
	}
	return fmt.Errorf("<%s> is no deed", deed)
}

// selfSigned makes a certificate for a name, and the pool that vouches for it.
func selfSigned(t testing.TB, name string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	// The clock in a synctest bubble begins in the year 2000.
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

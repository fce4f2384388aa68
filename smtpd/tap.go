package smtpd

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"
)

// tap is the connection as the library sees it. It lies above TLS: the tap answers STARTTLS itself and then begins a second
// conversation with the library on the same connection, so that it always sees plaintext, and the library forgets every word
// said before (RFC 3207 §4.2).
//
// The library asks for more input only when it has answered all it was given, and it is given one line at a time. So the tap
// knows, whenever it is read from, how the last command was answered, and no unread command lies anywhere but in t.in. When the
// tap says that a session is over, it is over: the library has nothing left to run.
//
// Replies are collected and sent when the library waits for input, which is one packet for a pipelined group.
type tap struct {
	net.Conn // as it was accepted; Read, Write and Close below stand before its own
	server   *Server
	door     Door
	remote   netip.Addr
	local    bool // the peer is on this machine

	dialogue // what was said; only the goroutine that reads touches it

	sending sync.Mutex // one flush at a time

	mu         sync.Mutex
	plain      net.Conn // what carries plaintext: Conn, or TLS above it
	secure     bool
	out        []byte // replies that wait to be sent
	spare      []byte // the buffer that out had before
	head       []byte // the beginning of a reply line that is being written
	code       int    // of the last whole reply since it was last asked for
	enhanced   string // and its enhanced code; may be empty
	mute       bool   // the next reply line is the second greeting, which nobody expects
	closed     chan struct{}
	shut       bool
	hanging    bool  // the session ends after the reply that is being made
	stopping   bool  // the server stops: no further command
	spent      int64 // bytes the peer has sent since the last letter that was kept
	kept       bool  // a letter was kept since the last command
	inBody     bool
	bodyFrom   time.Time // when the letter, or this chunk of it, began to come
	bodySize   int64     // bytes since then
	waiting    bool
	since      time.Time // what we wait for now, since when
	letterAt   time.Time // MAIL was accepted; zero: no letter under way
	alarm      *time.Timer
	giveUp     context.CancelFunc // ends a TLS handshake
	readers    int                // calls of session.Data under way; the library leaves one behind when it gives up a BDAT
	parted     bool               // the library is done: no further call may begin
	readerEnds *sync.Cond         // with mu: readers became fewer
}

func newTap(s *Server, door Door, conn net.Conn) *tap {
	t := &tap{Conn: conn, server: s, door: door, plain: conn, closed: make(chan struct{})}
	t.remote, t.local = peerOf(conn)
	t.in = bufio.NewReaderSize(puller{t}, maxAuthLine)
	t.first = true
	t.alarm = time.AfterFunc(time.Hour, t.ring)
	t.alarm.Stop()
	t.readerEnds = sync.NewCond(&t.mu)
	return t
}

// peerOf is the address of the peer. A pipe or a unix socket has none, and is this machine.
func peerOf(conn net.Conn) (ip netip.Addr, local bool) {
	addr, ok := conn.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.Addr{}, true
	}
	ip = addr.AddrPort().Addr().Unmap()
	return ip, ip.IsLoopback()
}

// onLoopback tells whether this end of the connection can be reached from this machine only.
func onLoopback(conn net.Conn) bool {
	addr, ok := conn.LocalAddr().(*net.TCPAddr)
	return !ok || addr.IP.IsLoopback()
}

// longAgo is a deadline that has passed. Deadlines are set by timers, never reckoned from a clock: the program's clock may have
// been set to another day (--at), and the wall clock may jump (P9).
func longAgo() time.Time { return time.Unix(1, 0) }

// Write takes a reply of the library.
func (t *tap) Write(p []byte) (int, error) {
	t.mu.Lock()
	if t.shut {
		t.mu.Unlock()
		return 0, net.ErrClosed
	}
	if t.mute {
		t.mute = len(p) == 0 || p[len(p)-1] != '\n'
		t.mu.Unlock()
		return len(p), nil
	}
	t.heed(p)
	t.out = append(t.out, p...)
	full := len(t.out) > 4096
	t.mu.Unlock()
	if full {
		return len(p), t.flush()
	}
	return len(p), nil
}

// heed remembers the code of each whole reply that goes by.
func (t *tap) heed(p []byte) {
	for _, c := range p {
		switch {
		case c == '\n':
			if h := t.head; len(h) >= 4 && h[3] == ' ' {
				t.code, t.enhanced = int(h[0]-'0')*100+int(h[1]-'0')*10+int(h[2]-'0'), enhancedIn(h[4:])
			}
			t.head = t.head[:0]
		case len(t.head) < 16: // 550 5.999.999 and the space behind it
			t.head = append(t.head, c)
		}
	}
}

// enhancedIn is the enhanced code (RFC 3463 §2) that a reply begins with; "" when it has none.
func enhancedIn(reply []byte) string {
	word, _, whole := bytes.Cut(reply, []byte(" "))
	dots := 0
	for _, c := range word {
		switch {
		case c == '.':
			dots++
		case c < '0' || c > '9':
			return ""
		}
	}
	if !whole || dots != 2 {
		return ""
	}
	return string(word)
}

// lastReply is the codes of the last reply since it was last asked for; 0 when there was none.
func (t *tap) lastReply() (code int, enhanced string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	code, enhanced = t.code, t.enhanced
	t.code, t.enhanced = 0, ""
	return code, enhanced
}

// lastCode is its code alone.
func (t *tap) lastCode() int {
	code, _ := t.lastReply()
	return code
}

// flush sends the replies that wait.
func (t *tap) flush() error {
	t.sending.Lock()
	defer t.sending.Unlock()
	t.mu.Lock()
	out, conn := t.out, t.plain
	t.out, t.spare = t.spare[:0], nil
	t.mu.Unlock()
	if len(out) == 0 {
		t.spare = out
		return nil
	}
	patience := time.AfterFunc(writePatience, func() { _ = conn.SetWriteDeadline(longAgo()) })
	defer patience.Stop()
	_, err := conn.Write(out)
	t.spare = out
	return err
}

// Close is what the library does at the end of a conversation. The connection itself is closed by Server.converse, which may
// have another conversation to begin on it.
func (t *tap) Close() error {
	err := t.flush()
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.shut {
		t.shut = true
		close(t.closed)
	}
	return err
}

// puller is where t.in gets its bytes from.
type puller struct{ *tap }

// Read is one raw read: replies out first, then a wait that the alarm bounds.
func (t puller) Read(p []byte) (int, error) {
	if err := t.flush(); err != nil {
		return 0, err
	}
	t.mu.Lock()
	if t.stopping && !t.inBody {
		t.mu.Unlock()
		return 0, errStopping
	}
	if t.inBody {
		t.since = t.server.now()
	}
	t.waiting = true
	t.alarm.Reset(min(max(t.patience(), 0), crowdedPatience))
	conn := t.plain
	t.mu.Unlock()

	n, err := conn.Read(p)

	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting = false
	t.alarm.Stop()
	t.spent += int64(n)
	if t.inBody {
		t.bodySize += int64(n)
	}
	return n, err
}

var errStopping = errors.New("the server stops")

// patience is how long the wait under way may still last (A3). Called with t.mu held.
func (t *tap) patience() time.Duration {
	now, most := t.server.now(), readPatience
	if t.server.gate.crowded() {
		most = crowdedPatience
	}
	left := most - now.Sub(t.since)
	if !t.letterAt.IsZero() {
		left = min(left, transactionTime-now.Sub(t.letterAt))
	}
	if t.inBody {
		earned := time.Duration(t.bodySize) * time.Second / slowestRate
		left = min(left, max(slowGrace, earned)-now.Sub(t.bodyFrom))
	}
	return left
}

// ring looks at the wait under way, at least every crowdedPatience, because a crowd may have come meanwhile.
func (t *tap) ring() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.waiting {
		return
	}
	if left := t.patience(); left > 0 {
		t.alarm.Reset(min(left, crowdedPatience))
		return
	}
	_ = t.plain.SetReadDeadline(longAgo())
}

// lineBegins says that we begin to wait for a line, however many raw reads it takes.
func (t *tap) lineBegins() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.since = t.server.now()
}

// bodyBegins says that what comes next is a letter or a chunk of one.
func (t *tap) bodyBegins() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.inBody, t.bodyFrom, t.bodySize = true, t.server.now(), int64(t.in.Buffered())
}

func (t *tap) bodyEnds() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.inBody, t.bodySize = false, 0
}

// letterBegins and letterEnds frame a transaction, from MAIL to its end (A3).
func (t *tap) letterBegins() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.letterAt = t.server.now()
}

func (t *tap) letterEnds() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.letterAt = time.Time{}
}

// letterKept gives the session its full measure again: one that brings letters may stay.
func (t *tap) letterKept() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.spent, t.kept = 0, true
}

// tooMuch tells whether the session has sent more than any session with a letter to deliver would: nil, or why we stop listening.
// size is that of the letter under way, as far as it is known: only one that is too large by itself is refused for good.
func (t *tap) tooMuch(more, size int64) *reply {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch most := t.server.cfg.MaxSize; {
	case t.spent+more <= 2*most+drainSlack:
		return nil
	case max(size, t.bodySize) > most:
		return replyTooBig(most)
	}
	return replySpent
}

// hang ends the session once the reply that is being made is out.
func (t *tap) hang() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hanging = true
}

func (t *tap) over() (hanging, stopping, shut bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.hanging, t.stopping, t.shut
}

// stop ends the session at the next command, and at once when it waits for one. A letter under way may finish (P10).
func (t *tap) stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stopping = true
	if t.waiting && !t.inBody {
		_ = t.plain.SetReadDeadline(longAgo())
	}
	if t.giveUp != nil {
		t.giveUp()
	}
}

// cut ends the session now, letter or not.
func (t *tap) cut() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stopping = true
	_ = t.plain.SetReadDeadline(longAgo())
}

// readerBegins counts a reader of a letter in, unless the conversation is over.
func (t *tap) readerBegins() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.parted {
		t.readers++
	}
	return !t.parted
}

// readerEnded counts it out.
func (t *tap) readerEnded() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.readers--
	t.readerEnds.Broadcast()
}

// part waits until nobody reads a letter of this conversation any more.
func (t *tap) part() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.parted = true
	for t.readers > 0 {
		t.readerEnds.Wait()
	}
}

// startTLS does the handshake and clears the tap for a conversation of its own.
func (t *tap) startTLS(ctx context.Context, cfg *tls.Config) error {
	ctx, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	t.mu.Lock()
	t.giveUp = cancel
	stopping := t.stopping
	t.mu.Unlock()
	if stopping {
		return errStopping
	}
	conn := tls.Server(t.Conn, cfg)
	if err := conn.HandshakeContext(ctx); err != nil {
		return err
	}
	t.dialogue = dialogue{in: t.in, first: true, commands: t.commands, errors: t.errors}
	t.in.Reset(puller{t})
	t.mu.Lock()
	defer t.mu.Unlock()
	t.plain, t.secure = conn, true
	t.closed, t.shut, t.parted = make(chan struct{}), false, false
	t.out, t.code, t.head = t.out[:0], 0, t.head[:0]
	return nil
}

// linger hears the peer out for a moment after our last word. Closing on unread input would send a reset, and that can
// overtake the reply.
func (t *tap) linger() {
	half, ok := t.plain.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	patience := time.AfterFunc(lingerTime, func() { _ = t.Conn.SetReadDeadline(longAgo()) })
	defer patience.Stop()
	_, _ = io.CopyN(io.Discard, t.Conn, lingerBytes)
}

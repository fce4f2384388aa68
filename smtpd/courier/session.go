package courier

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"backchannel/archive/letter"
	"backchannel/smtpd/queue"
)

// session is one connection to one host. One goroutine uses it at a time.
type session struct {
	host   string // for outcomes
	times  Timeouts
	meter  *meter
	conn   net.Conn // over TLS when that is on
	r      *bufio.Reader
	ext    map[string]string // EHLO keywords in capitals, with their parameters; empty after HELO
	tls    bool
	inside bool // the host is this machine

	sent   int // messages tried on it
	reused bool
	dirty  bool // a transaction was begun and not ended: RSET first
	dead   bool // no more can be said on it
	stale  bool // it was kept, and lost before anything was asked
	timer  *time.Timer
}

// bind makes the end of the context break off whatever the session waits for. The function it gives ends that, and tells whether
// nothing had happened.
func (s *session) bind(ctx context.Context) (release func() bool) {
	return context.AfterFunc(ctx, func() { s.meter.SetDeadline(time.Unix(1, 0)) })
}

// limit gives the next step so much time.
func (s *session) limit(ctx context.Context, d time.Duration) {
	step, cancel := context.WithTimeout(ctx, d)
	end, _ := step.Deadline()
	cancel()
	s.meter.SetDeadline(end)
	if ctx.Err() != nil { // bind may have been faster
		s.meter.SetDeadline(time.Unix(1, 0))
	}
}

// say writes command lines.
func (s *session) say(ctx context.Context, d time.Duration, lines string) error {
	s.limit(ctx, d)
	_, err := io.WriteString(s.conn, lines)
	if err != nil {
		s.dead = true
	}
	return err
}

// hear reads one reply.
func (s *session) hear(ctx context.Context, d time.Duration) (reply, error) {
	s.limit(ctx, d)
	r, err := readReply(s.r)
	if err != nil || r.code == 421 { // RFC 5321 §3.8: it closes
		s.dead = true
	}
	return r, err
}

// ask says one command and hears its reply.
func (s *session) ask(ctx context.Context, d time.Duration, line string) (reply, error) {
	if err := s.say(ctx, d, line+"\r\n"); err != nil {
		return reply{}, err
	}
	return s.hear(ctx, d)
}

// said makes an outcome of a reply that was not the one hoped for, or of the last one.
func (s *session) said(stage queue.Stage, r reply) queue.Outcome {
	o := queue.Outcome{Stage: stage, Code: r.code, Enhanced: r.enhanced, Text: r.text(), Host: s.host, TLS: s.cipher()}
	early := stage == queue.StageConnect || stage == queue.StageHello || stage == queue.StageLogin
	switch {
	case stage == queue.StageEnd && r.class() == 2:
		o.Kind = queue.Delivered
	case r.code == 530 || stage == queue.StageLogin:
		o.Busy = true // it wants TLS or a password: a matter of the configuration, the same for every copy
	case r.code == 503 || r.class() < 4:
		s.dead = true // we are out of step, or it answers another question: no letter must pay for that
	case r.class() == 5 && early:
		o.Busy = true // it refuses us, not this message
	case r.class() == 5:
		o.Kind = queue.Failed
	case strings.HasPrefix(r.enhanced, "4.7.") && stage != queue.StageRcpt && stage != queue.StageData && stage != queue.StageEnd:
		o.Busy = true
	}
	return o
}

// lost makes an outcome of an error on the connection.
func (s *session) lost(stage queue.Stage, err error) queue.Outcome {
	s.dead = true
	return queue.Outcome{Stage: stage, Text: inWords(err), Host: s.host, TLS: s.cipher()}
}

// cipher is how the connection is encrypted, for the story of a copy.
func (s *session) cipher() string {
	if c, ok := s.conn.(*tls.Conn); ok {
		return tls.VersionName(c.ConnectionState().Version)
	}
	return ""
}

// inWords tells an error of the network so that its text betrays no more than it must and says what happened.
func inWords(err error) string {
	switch {
	case errors.Is(err, context.Canceled):
		return "we broke off"
	case timedOut(err):
		return "no answer in time"
	case hungUp(err):
		return "the connection was lost"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the connection was refused"
	}
	return letter.ASCII(err.Error(), 200)
}

// timedOut tells whether we waited in vain, by the context's clock or the network's.
func timedOut(err error) bool {
	var timeout net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}

// hungUp tells whether the other side has closed the connection.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.ErrClosedPipe) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed)
}

// quit ends the session politely and quickly.
func (s *session) quit() {
	if !s.dead {
		_, _ = s.ask(context.Background(), 2*time.Second, "QUIT")
	}
	s.conn.Close()
}

// hello greets (RFC 5321 §3.2), with HELO where EHLO is not known.
func (s *session) hello(ctx context.Context, name string) (queue.Outcome, bool) {
	r, err := s.ask(ctx, s.times.Greeting, "EHLO "+name)
	old := err == nil && r.class() == 5
	if old {
		r, err = s.ask(ctx, s.times.Greeting, "HELO "+name)
	}
	if err != nil {
		return s.lost(queue.StageHello, err), false
	}
	if r.class() != 2 {
		return s.said(queue.StageHello, r), false
	}
	s.ext = map[string]string{}
	if old {
		return queue.Outcome{}, true
	}
	for _, line := range r.lines[min(1, len(r.lines)):] {
		word, params, _ := strings.Cut(strings.TrimSpace(line), " ")
		if auth, first, ok := strings.Cut(word, "="); ok && strings.EqualFold(auth, "AUTH") {
			word, params = auth, first+" "+params // as some old servers write it
		}
		s.ext[strings.ToUpper(word)] = strings.ToUpper(params)
	}
	return queue.Outcome{}, true
}

func (s *session) has(keyword string) bool { _, ok := s.ext[keyword]; return ok }

// sizeLimit is the largest message the host takes (RFC 1870); 0: it does not say.
func (s *session) sizeLimit() int64 {
	n, err := strconv.ParseInt(s.ext["SIZE"], 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

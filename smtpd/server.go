package smtpd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"backchannel/archive/logbook"
	"backchannel/templates/refusal"

	"github.com/emersion/go-smtp"
)

// Config is what the server needs to know.
type Config struct {
	Hostname      string              // our own name, in the greeting and in Received
	MaxSize       int64               // bytes of the largest letter; 0: 25 MiB
	MaxSessions   int                 // at one time; 0: 200 (A7)
	PerIP         int                 // of these from one IPv4 address or IPv6 /64, this machine exempt; 0: 10 (A7)
	MaxRecipients int                 // of one letter; 0: 100 (A9)
	Memory        int64               // bytes of letters being received at one time; 0: 64 MiB, never less than three times MaxSize (P7)
	TLS           *tls.Config         // offers STARTTLS; nil: no TLS
	Now           func() time.Time    // the clock; what it returns should carry a monotonic reading, as time.Now does
	Log           *slog.Logger        // nil: no log
	Keeper        *logbook.Doorkeeper // remembers whom we refuse before there is a letter; nil: nobody does

	// AllowInsecureAuth lets people log in without TLS at a submission listener on a loopback address (A14). It changes nothing
	// at any other listener.
	AllowInsecureAuth bool
}

// Listener is one address to listen on, and the door it is.
type Listener struct {
	net.Listener
	Door Door
	TLS  bool // TLS from the first byte (RFC 8314 §3.3), as on port 465; wants Config.TLS
}

// Server is the front door. It serves once.
type Server struct {
	cfg   Config
	room  Mailroom
	login Login
	now   func() time.Time
	log   *slog.Logger
	mxTLS *tls.Config

	gate      *gate
	strangers *tally // unknown recipients (A10)
	failures  *tally // wrong passwords (A14)
	memory    budget
	sessions  sync.WaitGroup
}

// New makes a server. login may be nil: then nobody can log in, and so nobody can use a submission listener.
func New(cfg Config, room Mailroom, login Login) (*Server, error) {
	switch {
	case cfg.Hostname == "" || strings.ContainsFunc(cfg.Hostname, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		return nil, refusal.Because(refusal.Invalid, "The mail server needs a hostname in plain ASCII.").Try("hostname: lists.example.org")
	case cfg.Now == nil:
		return nil, errors.New("smtpd: a clock is needed")
	case room == nil:
		return nil, errors.New("smtpd: a mailroom is needed")
	}
	cfg.MaxSize = orElse(cfg.MaxSize, defaultSize)
	cfg.MaxSessions = orElse(cfg.MaxSessions, 200)
	cfg.PerIP = orElse(cfg.PerIP, 10)
	cfg.MaxRecipients = orElse(cfg.MaxRecipients, 100)
	cfg.Memory = max(orElse(cfg.Memory, defaultHeap), 3*cfg.MaxSize)
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{
		cfg: cfg, room: room, login: login, now: cfg.Now, log: cfg.Log,
		gate:      newGate(cfg.MaxSessions, cfg.PerIP),
		strangers: newTally(maxUnknown, cfg.Now),
		failures:  newTally(maxFailures, cfg.Now),
		memory:    budget{most: cfg.Memory},
	}
	if cfg.TLS != nil {
		s.cfg.TLS = cfg.TLS.Clone()
		s.cfg.TLS.MinVersion = max(cfg.TLS.MinVersion, tls.VersionTLS12) // A13
		s.mxTLS = s.cfg.TLS.Clone()
		s.mxTLS.SessionTicketsDisabled = true // A13: outlook.com breaks otherwise
	}
	return s, nil
}

func orElse[T int | int64](n, standard T) T {
	if n <= 0 {
		return standard
	}
	return n
}

// tlsFor is how a door does TLS, nil when it does not.
func (s *Server) tlsFor(d Door) *tls.Config {
	if d == MX {
		return s.mxTLS
	}
	return s.cfg.TLS
}

// How a server stops within 10 s (P10): letters under way have finishTime to come in and be kept, then their sessions are cut
// and the Mailroom's context ends, and after cutTime more the connections are closed whatever happens on them.
const (
	finishTime = 8 * time.Second
	cutTime    = 1500 * time.Millisecond
)

// Serve takes sessions until the context ends or a listener fails. Then it closes the listeners, says good-bye to sessions
// between letters, lets letters under way come in, and returns within 10 seconds: with the listener's error, with an error that
// tells how many sessions would not end, or with nil.
func (s *Server) Serve(ctx context.Context, listeners ...Listener) error {
	work, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	failed := make(chan error, len(listeners))
	var accepting sync.WaitGroup
	for _, l := range listeners {
		if l.TLS && s.cfg.TLS == nil {
			failed <- fmt.Errorf("the %s listener on %s needs a certificate", l.Door, l.Addr())
			continue
		}
		accepting.Go(func() {
			if err := s.accept(work, l); ctx.Err() == nil {
				failed <- fmt.Errorf("listen on %s: %w", l.Addr(), err)
			}
		})
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.gate.shut()
	for _, l := range listeners {
		_ = l.Close()
	}
	accepting.Wait()
	return errors.Join(err, s.finish(cut))
}

// accept takes connections of one listener until it is closed, and tells by what error it ended.
func (s *Server) accept(ctx context.Context, l Listener) error {
	pause := 5 * time.Millisecond
	for {
		conn, err := l.Accept()
		var temporary interface{ Temporary() bool }
		switch {
		case err == nil:
			pause = 5 * time.Millisecond
			s.sessions.Go(func() { s.converse(ctx, l, conn) })
			continue
		case !errors.As(err, &temporary) || !temporary.Temporary():
			return err
		}
		// Out of file descriptors, most likely: a session that ends gives one back.
		s.log.Warn("a connection could not be accepted", "error", err.Error(), "pause", pause)
		wait := time.NewTimer(pause)
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
		}
		pause = min(2*pause, time.Second)
	}
}

// finish ends all sessions.
func (s *Server) finish(cut context.CancelFunc) error {
	done := make(chan struct{})
	go func() { s.sessions.Wait(); close(done) }()
	s.gate.each((*tap).stop)
	if within(done, finishTime) {
		return nil
	}
	cut()
	s.gate.each((*tap).cut)
	if within(done, cutTime) {
		return nil
	}
	n := s.gate.each(func(t *tap) { _ = t.Conn.Close() })
	return fmt.Errorf("%d sessions did not end in time", n)
}

// within waits for done.
func within(done <-chan struct{}, d time.Duration) bool {
	wait := time.NewTimer(d)
	defer wait.Stop()
	select {
	case <-done:
		return true
	case <-wait.C:
		return false
	}
}

// converse serves one connection: a conversation with the library, and another one after STARTTLS.
func (s *Server) converse(ctx context.Context, l Listener, conn net.Conn) {
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	t := newTap(s, l.Door, conn)
	defer t.alarm.Stop()
	if r := s.gate.enter(t); r != nil {
		turned.Add(l.Door.String())
		if r != replyStopping {
			s.rebuff(t, "connect", r)
		}
		s.turnAway(l, conn, r)
		return
	}
	sessions.Add(l.Door.String())
	defer s.gate.leave(t)
	defer func() {
		if r := recover(); r != nil {
			p := refusal.Caught(r)
			s.log.Error("session panicked", "panic", p.What, "stack", p.Stack)
		}
	}()
	if l.TLS && !s.secured(ctx, t) {
		return
	}
	for s.talk(ctx, t) {
		if !s.secured(ctx, t) {
			return
		}
		t.mute = true // the library greets again; RFC 3207 §4.2 knows no second greeting
	}
	if t.bye {
		t.linger()
	}
	_ = t.plain.Close()
}

func (s *Server) secured(ctx context.Context, t *tap) bool {
	err := t.startTLS(ctx, s.tlsFor(t.door))
	if err != nil {
		s.log.Debug("no TLS", "door", t.door.String(), "error", err.Error())
		if !errors.Is(err, errStopping) {
			s.rebuff(t, "tls", &reply{})
		}
	}
	return err == nil
}

// talk has one conversation and returns when the library is done with it: true when the peer now wants TLS.
func (s *Server) talk(ctx context.Context, t *tap) bool {
	lib := s.library(ctx, t)
	_ = lib.Serve(&once{tap: t}) // the end of our listener of one, no news
	_ = lib.Shutdown(context.WithoutCancel(ctx))
	t.part()
	return t.upgrade
}

// library is a go-smtp server for one conversation. It costs little, and may be told what is true of this connection only.
func (s *Server) library(ctx context.Context, t *tap) *smtp.Server {
	lib := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{tap: t, lib: c, ctx: ctx}, nil
	}))
	lib.Domain = s.cfg.Hostname
	lib.LMTP = t.door == LMTP
	lib.MaxRecipients = s.cfg.MaxRecipients
	lib.MaxMessageBytes = s.cfg.MaxSize
	lib.MaxLineLength = 0 // the tap judges command lines, and a letter may have any
	lib.EnableSMTPUTF8 = true
	lib.ErrorLog = libraryLog{s.log}
	if !t.secure {
		lib.TLSConfig = s.tlsFor(t.door) // to offer STARTTLS; the tap does it
	}
	// The library takes what is not a *tls.Conn for clear text. On MX it may offer whatever it likes: there is nothing to offer.
	lib.AllowInsecureAuth = t.secure || t.door != Submission || s.cfg.AllowInsecureAuth && onLoopback(t.Conn)
	return lib
}

// turnAway says why there is no session.
func (s *Server) turnAway(l Listener, conn net.Conn, r *reply) {
	s.log.Info("turned away", "door", l.Door.String(), "code", r.Code, "enhanced", dotted(r))
	if l.TLS {
		return // not worth a handshake
	}
	patience := time.AfterFunc(lingerTime, func() { _ = conn.SetWriteDeadline(longAgo()) })
	defer patience.Stop()
	_, _ = conn.Write([]byte(wire(r)))
}

// once is a listener with one connection, and Accept waits for its end.
type once struct {
	*tap
	given bool
}

// Accept gives the connection, then waits until the library has closed it.
func (o *once) Accept() (net.Conn, error) {
	if !o.given {
		o.given = true
		return o.tap, nil
	}
	<-o.closed
	return nil, net.ErrClosed
}

// Close has nothing to close.
func (o *once) Close() error { return nil }

// Addr is where the connection came in.
func (o *once) Addr() net.Addr { return o.LocalAddr() }

// libraryLog is where the library complains. Its words may hold the peer's, so they are for debugging only; a panic is not.
type libraryLog struct{ log *slog.Logger }

// Printf is for the library.
func (l libraryLog) Printf(format string, v ...any) {
	if strings.HasPrefix(format, "panic") && len(v) == 3 { // the peer, the value, the stack
		p := refusal.Caught(v[1])
		l.log.Error("the smtp library panicked", "panic", p.What, "stack", p.Stack)
		return
	}
	l.log.Debug("smtp library", "says", fmt.Sprintf(format, v...))
}

// Println is for the library.
func (l libraryLog) Println(v ...any) { l.log.Debug("smtp library", "says", fmt.Sprint(v...)) }

// logCause writes what lies beneath an error. A refusal that time does not mend is the peer's doing, and its sentence may name
// somebody; everything else is a shortage of ours, which somebody has to mend.
func (s *Server) logCause(log *slog.Logger, what string, err error) {
	r, ok := refusal.As(err)
	switch {
	case errors.Is(err, errPanic): // said already, with its stack
	case !ok:
		log.Error(what, "error", err.Error())
	case r.Kind.Temporary() && r.Unwrap() != nil:
		log.Warn(what, "kind", r.Kind.String(), "error", r.Unwrap().Error())
	default:
		log.Debug(what, "kind", r.Kind.String(), "why", refusal.Log(err))
	}
}

// dotted is an enhanced code as people write it.
func dotted(r *reply) string {
	return fmt.Sprintf("%d.%d.%d", r.EnhancedCode[0], r.EnhancedCode[1], r.EnhancedCode[2])
}

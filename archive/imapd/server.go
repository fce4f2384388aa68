package imapd

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

	"backchannel/templates/refusal"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"golang.org/x/sync/semaphore"
)

// Config says how the server runs. Zero values of the figures mean the defaults named beside them.
type Config struct {
	Login Login
	TLS   *tls.Config      // nil: in clear, which Serve allows on loopback listeners only
	Log   *slog.Logger     // nil: nothing is logged
	Now   func() time.Time // the clock, for dates of letters and the memory of wrong passwords

	MaxSessions  int           // 256 in all
	MaxStrangers int           // 64 that have not signed in
	PerNetwork   int           // 8 of them from one IPv4 address or IPv6 /64; loopback has no limit
	PerPerson    int           // 32 signed in with one name
	LoginWithin  time.Duration // 2 minutes from the first octet to the login
	WrongDelay   time.Duration // 1 s after the first wrong password, doubling up to 16 times that
	SearchWithin time.Duration // 2 s for one SEARCH
	MaxLetter    int64         // 25 MB for a draft
	MaxInHand    int64         // 64 MiB of large letters being sent at any moment; who comes later waits
	RoomWithin   time.Duration // 10 s, so long
	Calm         time.Duration // 250 ms between two looks of an idle session
}

func (c Config) withDefaults() Config {
	for _, d := range []struct {
		p *int
		v int
	}{{&c.MaxSessions, 256}, {&c.MaxStrangers, 64}, {&c.PerNetwork, 8}, {&c.PerPerson, 32}} {
		if *d.p == 0 {
			*d.p = d.v
		}
	}
	for p, v := range map[*time.Duration]time.Duration{
		&c.LoginWithin: 2 * time.Minute, &c.WrongDelay: time.Second, &c.SearchWithin: 2 * time.Second, &c.Calm: 250 * time.Millisecond,
		&c.RoomWithin: 10 * time.Second,
	} {
		if *p == 0 {
			*p = v
		}
	}
	if c.MaxLetter == 0 {
		c.MaxLetter = 25_000_000
	}
	if c.MaxInHand == 0 {
		c.MaxInHand = 64 << 20
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Server answers IMAP on any number of listeners.
type Server struct {
	cfg     Config
	library *imapserver.Server
	door    *door
	inHand  *semaphore.Weighted

	ctx  context.Context // ends with Shutdown
	stop context.CancelFunc

	mu       sync.Mutex
	closed   bool
	sessions map[*session]struct{}
	open     sync.WaitGroup // sessions and listeners
}

// New makes a server. Login and Now are needed.
func New(cfg Config) (*Server, error) {
	if cfg.Login == nil || cfg.Now == nil {
		return nil, errors.New("imapd: Login and Now are missing in the Config")
	}
	cfg = cfg.withDefaults()
	s := &Server{cfg: cfg, inHand: semaphore.NewWeighted(cfg.MaxInHand), sessions: map[*session]struct{}{}}
	s.door = newDoor(cfg)
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.library = imapserver.New(&imapserver.Options{
		NewSession:   s.newSession,
		Caps:         capabilities(),
		Logger:       libraryLog{cfg.Log},
		InsecureAuth: true, // TLS lies below the filter, where the library cannot see it; Serve watches over it
	})
	return s, nil
}

// capabilities is what we say we can. SASL-IR, LITERAL-, IDLE, UNSELECT, ENABLE and UTF8=ACCEPT are added by the library.
func capabilities() imap.CapSet {
	set := imap.CapSet{}
	for _, c := range []imap.Cap{
		imap.CapIMAP4rev1, imap.CapIMAP4rev2, imap.CapNamespace, imap.CapUIDPlus, imap.CapESearch, imap.CapSearchRes,
		imap.CapListExtended, imap.CapListStatus, imap.CapMove, imap.CapStatusSize, imap.CapBinary, imap.CapChildren, imap.CapSpecialUse,
	} {
		set[c] = struct{}{}
	}
	return set
}

// Serve answers on one listener until Shutdown. Without TLS it refuses every listener that is not on loopback.
func (s *Server) Serve(l net.Listener) error {
	if s.cfg.TLS == nil && !isLocal(l.Addr()) {
		return fmt.Errorf("imapd: %s is open to the world and there is no TLS: passwords would travel in clear", l.Addr())
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return net.ErrClosed
	}
	s.open.Add(1)
	s.mu.Unlock()
	defer s.open.Done()
	if err := s.library.Serve(&guarded{Listener: l, door: s.door, tls: s.cfg.TLS}); err != nil && !s.isClosed() {
		return fmt.Errorf("imapd: %w", err)
	}
	return nil
}

func (s *Server) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// Shutdown says BYE to everybody and waits until the sessions have ended. When ctx ends first, what is left is cut off.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	for one := range s.sessions {
		// A session that is just sending a letter to a slow client must not hold up the others.
		go func() { _ = one.conn.Bye("The server is stopping. Please come back in a minute.") }()
	}
	s.mu.Unlock()
	s.stop()
	s.door.close()
	ended := make(chan struct{})
	go func() { s.open.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	_ = s.library.Close() // the rest, without goodbye; its listeners are closed already, which it calls an error
	<-ended
	return ctx.Err()
}

// newSession is called by the library for each connection that the door let in.
func (s *Server) newSession(c *imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
	w, ok := c.NetConn().(*wire)
	if !ok {
		return nil, nil, errors.New("imapd: a connection without filter")
	}
	one := &session{server: s, conn: c, wire: w, remote: addrOf(w.RemoteAddr())}
	one.ended.L = &one.mu
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, bye("The server is stopping. Please come back in a minute.")
	}
	s.sessions[one] = struct{}{}
	s.open.Add(1)
	return one, nil, nil
}

// left is called once by each session at its end.
func (s *Server) left(one *session) {
	s.mu.Lock()
	delete(s.sessions, one)
	s.mu.Unlock()
	s.open.Done()
}

func bye(text string) error {
	return &imap.Error{Type: imap.StatusResponseTypeBye, Code: imap.ResponseCodeUnavailable, Text: text}
}

// libraryLog takes what the library has to say. Its errors quote what clients sent, so they are for debugging only; a panic is not.
type libraryLog struct{ log *slog.Logger }

// Printf is the library's one way to log.
func (l libraryLog) Printf(format string, args ...any) {
	if strings.HasPrefix(format, "panic") && len(args) == 2 { // the value, which may quote the client, and the stack
		l.log.Error("imap session broke", "panic", refusal.Caught(args[0]).What, "stack", fmt.Sprintf("%s", args[1]))
		return
	}
	l.log.Debug("imap", "what", fmt.Sprintf(format, args...))
}

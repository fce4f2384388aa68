package imapd

import (
	"crypto/tls"
	"net"
	"net/netip"
	"sync"
	"time"

	"backchannel/templates/refusal"
)

// Marks of the door that are no settings.
const (
	wrongForgotten = 15 * time.Minute // a network's wrong passwords
	wrongDoublings = 4                // the longest delay is 2^4 times the first
	wrongPerLogin  = 3                // wrong passwords on one connection
	networksKnown  = 10000            // remembered for wrong passwords; beyond it the oldest go
)

// door counts who is inside (rule F3) and remembers who guessed passwords.
type door struct {
	cfg Config

	mu        sync.Mutex
	listeners map[net.Listener]struct{}
	sessions  int
	strangers int
	waiting   map[netip.Prefix]int   // strangers by network
	persons   map[string]int         // sessions by name
	wrong     map[netip.Prefix]guess // wrong passwords by network
}

// guess is a network's row of wrong passwords.
type guess struct {
	count int
	last  time.Time
}

func newDoor(cfg Config) *door {
	return &door{
		cfg:       cfg,
		listeners: map[net.Listener]struct{}{},
		waiting:   map[netip.Prefix]int{},
		persons:   map[string]int{},
		wrong:     map[netip.Prefix]guess{},
	}
}

// addrOf is the address of a peer; the zero Addr when it has none (pipes, sockets in the file system).
func addrOf(a net.Addr) netip.Addr {
	if t, ok := a.(*net.TCPAddr); ok {
		if ip, ok := netip.AddrFromSlice(t.IP); ok {
			return ip.Unmap()
		}
	}
	return netip.Addr{}
}

// isLocal tells whether nobody but this machine can reach an address.
func isLocal(a net.Addr) bool {
	switch a := a.(type) {
	case *net.TCPAddr:
		return a.IP.IsLoopback()
	default:
		return a.Network() == "pipe" || a.Network() == "unix"
	}
}

// enter counts a new connection in. It is false when there is no room for it.
func (d *door) enter(from netip.Addr) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sessions >= d.cfg.MaxSessions || d.strangers >= d.cfg.MaxStrangers {
		return false
	}
	if near := !from.IsValid() || from.IsLoopback(); !near {
		if d.waiting[refusal.Network(from)] >= d.cfg.PerNetwork {
			return false
		}
	}
	d.sessions++
	d.strangers++
	d.waiting[refusal.Network(from)]++
	return true
}

// signIn makes a stranger a person. It is false when this person is here too often already.
func (d *door) signIn(from netip.Addr, name string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.persons[name] >= d.cfg.PerPerson {
		return false
	}
	d.persons[name]++
	d.forgetStranger(from)
	delete(d.wrong, refusal.Network(from))
	return true
}

// leave counts a connection out; name is "" when it never signed in.
func (d *door) leave(from netip.Addr, name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.sessions--
	if name == "" {
		d.forgetStranger(from)
		return
	}
	if d.persons[name]--; d.persons[name] <= 0 {
		delete(d.persons, name)
	}
}

func (d *door) forgetStranger(from netip.Addr) {
	d.strangers--
	n := refusal.Network(from)
	if d.waiting[n]--; d.waiting[n] <= 0 {
		delete(d.waiting, n)
	}
}

// wrongPassword notes a wrong password and tells how long the answer has to wait. Other people on a loopback address do not pay for
// each other's mistakes; there only the connection counts.
func (d *door) wrongPassword(from netip.Addr, onThisConnection int) time.Duration {
	count := onThisConnection
	if from.IsValid() && !from.IsLoopback() {
		d.mu.Lock()
		now := d.cfg.Now()
		g := d.wrong[refusal.Network(from)]
		if now.Sub(g.last) > wrongForgotten {
			g.count = 0
		}
		g.count, g.last = g.count+1, now
		if len(d.wrong) >= networksKnown {
			d.forgetGuesses(now)
		}
		d.wrong[refusal.Network(from)] = g
		count = max(count, g.count)
		d.mu.Unlock()
	}
	return d.cfg.WrongDelay << min(count-1, wrongDoublings)
}

// forgetGuesses makes room: what is old goes, and if nothing is, everything.
func (d *door) forgetGuesses(now time.Time) {
	for n, g := range d.wrong {
		if now.Sub(g.last) > wrongForgotten {
			delete(d.wrong, n)
		}
	}
	if len(d.wrong) >= networksKnown {
		clear(d.wrong)
	}
}

// close closes every listener.
func (d *door) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for l := range d.listeners {
		_ = l.Close()
	}
}

// guarded is a listener behind the door: it counts, wraps in TLS and puts the filter on top.
type guarded struct {
	net.Listener
	door *door
	tls  *tls.Config
}

// Accept gives the library the next connection there is room for.
func (g *guarded) Accept() (net.Conn, error) {
	g.door.mu.Lock()
	g.door.listeners[g.Listener] = struct{}{}
	g.door.mu.Unlock()
	for {
		c, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from := addrOf(c.RemoteAddr())
		if !g.door.enter(from) {
			turned.Add()
			g.door.cfg.Log.Info("imap connection turned away: too many")
			turnAway(c, g.tls == nil)
			continue
		}
		sessions.Add()
		return g.wrap(c, from), nil
	}
}

// wrap lays TLS and the filter on a connection that was counted in.
func (g *guarded) wrap(c net.Conn, from netip.Addr) *wire {
	if g.tls != nil {
		c = tls.Server(c, g.tls)
	}
	w := newWire(c)
	w.visit.begin(g.door, from, func() { _ = w.Close() })
	return w
}

// turnAway tells a client that there is no room. Behind TLS that would cost a handshake, so there it is told nothing.
func turnAway(c net.Conn, inClear bool) {
	stuck := time.AfterFunc(time.Second, func() { _ = c.Close() })
	defer stuck.Stop()
	if inClear {
		_, _ = c.Write([]byte("* BYE [UNAVAILABLE] Too many connections at once. Please come back in a minute.\r\n"))
	}
	_ = c.Close()
}

// visit is one connection as the door sees it: a stranger for at most LoginWithin, then a person, at last gone.
type visit struct {
	mu     sync.Mutex
	door   *door // nil for a filter that stands alone
	from   netip.Addr
	late   *time.Timer
	person string
	over   bool
}

// begin starts the time in which a stranger has to sign in.
func (v *visit) begin(d *door, from netip.Addr, tooLate func()) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.door, v.from = d, from
	v.late = time.AfterFunc(d.cfg.LoginWithin, tooLate)
}

// signIn turns the stranger into a person. It is false when this person has too many visits.
func (v *visit) signIn(name string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.over || v.door == nil || !v.door.signIn(v.from, name) {
		return false
	}
	v.late.Stop()
	v.person = name
	return true
}

// end counts the visit out. It is false when that was done before.
func (v *visit) end() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.over {
		return false
	}
	v.over = true
	if v.door != nil {
		v.late.Stop()
		v.door.leave(v.from, v.person)
	}
	return true
}

// isOver tells whether the connection was closed from our side.
func (v *visit) isOver() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.over
}

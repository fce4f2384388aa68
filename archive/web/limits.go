package web

import (
	"net"
	"net/netip"
	"sync"
	"time"

	"backchannel/templates/refusal"

	"golang.org/x/time/rate"
)

// speed bounds how many requests a network makes. This machine itself has no bound.
type speed struct {
	cfg Config

	mu  sync.Mutex
	all map[netip.Prefix]*pace
}

type pace struct {
	limit *rate.Limiter
	last  time.Time
}

func newSpeed(cfg Config) *speed { return &speed{cfg: cfg, all: map[netip.Prefix]*pace{}} }

// allow counts one request, and tells whether it may go on.
func (s *speed) allow(from netip.Addr) bool {
	if !from.IsValid() || from.IsLoopback() {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now, n := s.cfg.Now(), refusal.Network(from)
	p := s.all[n]
	if p == nil {
		s.sweep(now)
		p = &pace{limit: rate.NewLimiter(rate.Limit(s.cfg.Rate), s.cfg.Burst)}
		s.all[n] = p
	}
	p.last = now
	return p.limit.AllowN(now, 1)
}

// sweep forgets networks whose measure is full again, and everything when that makes no room: a stranger with a million networks must
// not cost us memory.
func (s *speed) sweep(now time.Time) {
	if len(s.all) < maxNetworks {
		return
	}
	full := time.Duration(s.cfg.Burst/s.cfg.Rate+1) * time.Second
	for n, p := range s.all {
		if now.Sub(p.last) > full {
			delete(s.all, n)
		}
	}
	if len(s.all) >= maxNetworks {
		clear(s.all)
	}
}

// door counts the connections that are open.
type door struct {
	most, perNetwork int

	mu       sync.Mutex
	open     int
	networks map[netip.Prefix]int
}

func newDoor(most, perNetwork int) *door {
	return &door{most: most, perNetwork: perNetwork, networks: map[netip.Prefix]int{}}
}

// enter counts a connection in; false when there is no room for it. This machine is exempt from the limit of a network.
func (d *door) enter(n netip.Prefix, local bool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.open >= d.most || !local && d.networks[n] >= d.perNetwork {
		return false
	}
	d.open++
	d.networks[n]++
	return true
}

func (d *door) leave(n netip.Prefix) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.open--
	if d.networks[n]--; d.networks[n] <= 0 {
		delete(d.networks, n)
	}
}

// counted is a listener behind the door.
type counted struct {
	net.Listener
	door *door
}

// Accept gives the next connection there is room for. Whoever finds none is told nothing: a TLS handshake would cost more than an answer.
func (c *counted) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		var ip netip.Addr
		if t, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
			ip = t.AddrPort().Addr()
		}
		n := refusal.Network(ip)
		if !c.door.enter(n, !ip.IsValid() || ip.Unmap().IsLoopback()) {
			_ = conn.Close()
			continue
		}
		return &guest{Conn: conn, leave: sync.OnceFunc(func() { c.door.leave(n) })}, nil
	}
}

// guest is a connection that is counted out when it closes.
type guest struct {
	net.Conn
	leave func()
}

// Close closes it.
func (g *guest) Close() error {
	g.leave()
	return g.Conn.Close()
}

package smtpd

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"backchannel/templates/refusal"
)

// The house numbers of the door. Where a rule of mail-rules.md sets one, it is named.
const (
	readPatience    = 300 * time.Second // A3: for one line, or one raw read inside a letter (RFC 5321 §4.5.3.2.7)
	crowdedPatience = 30 * time.Second  // A3: the same while more than 80 % of all sessions are taken
	transactionTime = 30 * time.Minute  // A3: from MAIL to the end of the letter
	slowGrace       = 30 * time.Second  // A3: how long a letter may come in slower than slowestRate
	slowestRate     = 500               // A3: bytes a second
	writePatience   = 60 * time.Second  // a peer that does not read its replies
	handshakeTime   = 30 * time.Second  // TLS
	lingerTime      = 2 * time.Second   // how long we listen on after our last word, so that it arrives
	lingerBytes     = 256 << 10

	maxLine      = 4096     // a command; RFC 5321 §4.5.3.1.4 asks for 512 and room for the parameters of extensions
	maxAuthLine  = 12288    // a SASL response (RFC 4954 §4)
	maxCommands  = 100      // A7: without a letter
	maxErrors    = 20       // A7
	maxUnknown   = 20       // A10: recipients nobody knows, an hour, from one address
	maxGuesses   = 3        // A14: wrong passwords in one session
	maxFailures  = 20       // A14: wrong passwords, an hour, from one address
	guessDelay   = 1        // A14: seconds of silence after the first wrong password; doubled by each further one
	drainSlack   = 1 << 20  // what a session may send beyond two letters of the largest size before we stop listening
	tallyEntries = 1 << 16  // addresses remembered in a tally
	defaultSize  = 25 << 20 // bytes of the largest letter
	defaultHeap  = 64 << 20 // bytes of letters in memory at one time (P7)
)

// gate counts the sessions that are open, in all and for each peer (A7).
type gate struct {
	most    int
	perPeer int
	taken   atomic.Int64

	mu     sync.Mutex
	closed bool
	taps   map[*tap]struct{}
	peers  map[netip.Prefix]int
}

func newGate(most, perPeer int) *gate {
	return &gate{most: most, perPeer: perPeer, taps: map[*tap]struct{}{}, peers: map[netip.Prefix]int{}}
}

// enter lets a session in, or says with which words to turn it away. This machine itself is exempt from the limit per peer.
func (g *gate) enter(t *tap) *reply {
	g.mu.Lock()
	defer g.mu.Unlock()
	peer := refusal.Network(t.remote)
	switch {
	case g.closed:
		return replyStopping
	case len(g.taps) >= g.most:
		return replyFull
	case !t.local && g.peers[peer] >= g.perPeer:
		return replyTooMany
	}
	g.taps[t] = struct{}{}
	g.peers[peer]++
	g.taken.Store(int64(len(g.taps)))
	return nil
}

func (g *gate) leave(t *tap) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.taps, t)
	peer := refusal.Network(t.remote)
	if g.peers[peer]--; g.peers[peer] <= 0 {
		delete(g.peers, peer)
	}
	g.taken.Store(int64(len(g.taps)))
}

// crowded tells whether more than 80 % of the sessions are taken.
func (g *gate) crowded() bool { return g.taken.Load()*5 > int64(g.most)*4 }

// shut lets nobody in any more.
func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
}

// each calls f for every open session, and returns how many there are.
func (g *gate) each(f func(*tap)) int {
	g.mu.Lock()
	taps := make([]*tap, 0, len(g.taps))
	for t := range g.taps {
		taps = append(taps, t)
	}
	g.mu.Unlock()
	for _, t := range taps {
		f(t)
	}
	return len(taps)
}

// tally counts events of one sort for each peer within an hour that begins with the first of them.
type tally struct {
	most int
	now  func() time.Time

	mu    sync.Mutex
	peers map[netip.Prefix]*hour
}

type hour struct {
	from  time.Time
	count int
}

func newTally(most int, now func() time.Time) *tally {
	return &tally{most: most, now: now, peers: map[netip.Prefix]*hour{}}
}

// spent tells whether the peer has had its share for this hour.
func (c *tally) spent(ip netip.Addr) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.peers[refusal.Network(ip)]
	return h != nil && c.now().Sub(h.from) < time.Hour && h.count >= c.most
}

// add counts one event.
func (c *tally) add(ip netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, peer := c.now(), refusal.Network(ip)
	h := c.peers[peer]
	if h == nil || now.Sub(h.from) >= time.Hour {
		c.sweep(now)
		h = &hour{from: now}
		c.peers[peer] = h
	}
	h.count++
}

// sweep forgets the hours that are over once the map is full, and everything when that does not help: a peer with a million
// networks must not cost us memory.
func (c *tally) sweep(now time.Time) {
	if len(c.peers) < tallyEntries {
		return
	}
	for peer, h := range c.peers {
		if now.Sub(h.from) >= time.Hour {
			delete(c.peers, peer)
		}
	}
	if len(c.peers) >= tallyEntries {
		clear(c.peers)
	}
}

// budget is memory that all sessions share (P7).
type budget struct {
	most int64
	used atomic.Int64
}

// smallLetter is up to where a letter may use the last quarter of the budget: a few large letters that come in as slowly as we
// allow must not shut out the small ones.
const smallLetter = 256 << 10

// take reserves n bytes for one letter, or none.
func (b *budget) take(n int) bool {
	most := b.most
	if n > smallLetter {
		most -= most / 4
	}
	if b.used.Add(int64(n)) > most {
		b.used.Add(-int64(n))
		return false
	}
	return true
}

func (b *budget) give(n int) { b.used.Add(-int64(n)) }

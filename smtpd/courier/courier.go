// Package courier hands one copy to one remote host, or lays it into a folder. It promises an honest outcome for every receiver:
// Delivered only when the host has said so after the whole message, Failed only when it said so for good, and Deferred for whatever
// else happens between two machines. When a connection is lost after the final dot nobody knows; that is Deferred and marked, because
// twice is better than never (P2, E5, RFC 1047).
//
// The other side is foreign. Its replies are read within budgets of size and time, however slowly or richly it talks (E1, M12), and
// what is kept of them is printable. What we send is strict: CRLF, no line above 998 octets, dots doubled (E6). Private messages do
// not leave this machine in clear (product.md B14), and a password never does.
//
// Direct finds the hosts of each domain by itself. What the DNS of a stranger says leads to port 25 of public addresses and nowhere else
// (E3); only what it says for certain, null MX or no such domain, ends a copy for good. Where a domain publishes an MTA-STS policy, it is
// kept and obeyed (RFC 8461); elsewhere TLS is used when it is offered.
//
// It speaks SMTP itself; libraries.md section 2 says why.
package courier

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"backchannel/archive/letter"
	"backchannel/smtpd/queue"
)

// Dialer opens a connection, as net.Dialer does.
type Dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// Options says how a Courier works. Name and Route are required.
type Options struct {
	Name         string         // who we are, in EHLO: a domain name
	Route        Router         // where messages go
	Dial         Dialer         // nil: the system's
	Timeouts     Timeouts       // zero fields get their defaults
	Roots        *x509.CertPool // who vouches for certificates; nil: the system's
	ClearPrivate bool           // private messages may leave in clear: private_require_tls is off
	ClearEnds    bool           // a private message that every host of its receiver would take in clear only has failed: somebody waits for it

	PerConnection int // messages over one connection; 0: any number
}

// Timeouts are how long each step may take. The defaults are those of RFC 5321 §4.5.3.2 (M12), and half a minute to connect (E2).
type Timeouts struct {
	Connect  time.Duration // TCP, and the TLS handshake
	Banner   time.Duration // the 220; the default is Greeting
	Greeting time.Duration // EHLO, STARTTLS and AUTH
	Mail     time.Duration
	Rcpt     time.Duration
	Data     time.Duration // the 354
	Block    time.Duration // each piece of the message
	End      time.Duration // the reply to the final dot
	Idle     time.Duration // how long an unused connection is kept
	Attempt  time.Duration // one attempt in all, and a second more for every 4 KiB of the message
}

func (t Timeouts) withDefaults() Timeouts {
	set := func(d *time.Duration, to time.Duration) {
		if *d <= 0 {
			*d = to
		}
	}
	set(&t.Connect, 30*time.Second)
	set(&t.Greeting, 5*time.Minute)
	set(&t.Banner, t.Greeting)
	set(&t.Mail, 5*time.Minute)
	set(&t.Rcpt, 5*time.Minute)
	set(&t.Data, 2*time.Minute)
	set(&t.Block, 3*time.Minute)
	set(&t.End, 10*time.Minute)
	set(&t.Idle, 20*time.Second)
	set(&t.Attempt, 30*time.Minute)
	return t
}

// Courier delivers by SMTP. It keeps connections for the next message and may be used by many goroutines. It is a queue.Courier.
type Courier struct {
	o    Options
	ours bool // Dial is the system's
	pool pool

	mu     sync.Mutex
	silent map[string]queue.Outcome // hosts that did not answer a moment ago, by address
}

// New makes a Courier. Close it when done.
func New(o Options) *Courier {
	if o.Name == "" || o.Route == nil {
		panic("courier: Options needs Name and Route")
	}
	ours := o.Dial == nil
	if ours {
		o.Dial = new(net.Dialer).DialContext
	}
	o.Timeouts = o.Timeouts.withDefaults()
	c := &Courier{o: o, ours: ours, silent: map[string]queue.Outcome{}}
	c.pool.keep = o.Timeouts.Idle
	return c
}

// Close says QUIT on the connections that are kept.
func (c *Courier) Close() error {
	c.pool.close()
	return nil
}

// Deliver takes one message to the first host of its route that talks with us.
func (c *Courier) Deliver(ctx context.Context, m queue.Message) queue.Outcome {
	if o, ok := check(m); !ok {
		return o
	}
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeouts.Attempt+time.Duration(m.Size()>>12)*time.Second)
	defer cancel()
	hops, o := c.o.Route(ctx, m.To.Domain)
	hops = c.openFirst(hops)
	clear := c.o.ClearEnds && len(hops) > 0
	for _, hop := range hops {
		o = c.to(ctx, hop, m)
		clear = clear && o.Text == InClear
		if o.Kind != queue.Deferred || o.Stage != queue.StageConnect && o.Stage != queue.StageHello || ctx.Err() != nil {
			break
		}
	}
	if clear {
		o.Kind, o.Enhanced = queue.Failed, encryptionNeeded
	}
	return o
}

// encryptionNeeded is the status of a message that must not travel in clear (RFC 4954 §4.2: 5.7.10).
const encryptionNeeded = "5.7.10"

// openFirst puts hosts to which a connection is open before others as good: a new one would cost time, and the other side a place.
func (c *Courier) openFirst(hops []Hop) []Hop {
	if len(hops) < 2 {
		return hops
	}
	hops = slices.Clone(hops)
	place := func(h Hop) int {
		if c.pool.has(h.key()) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(hops, func(a, b Hop) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(place(a), place(b))) })
	return hops
}

// to hands a message to one host, over a connection that is kept or a new one.
func (c *Courier) to(ctx context.Context, hop Hop, m queue.Message) queue.Outcome {
	for {
		s := c.pool.take(hop.key())
		if s == nil {
			break
		}
		o := c.over(ctx, s, hop, m)
		if !s.stale {
			return o
		}
		// The host had closed the connection meanwhile, as it may. Nothing of the message has been sent.
	}
	if o, ok := c.wasSilent(hop); ok {
		return o
	}
	s, o := c.open(ctx, hop)
	if s == nil {
		c.noteSilence(hop, o)
		return o
	}
	return c.over(ctx, s, hop, m)
}

// over sends a message over a connection and keeps the connection if it is still good.
func (c *Courier) over(ctx context.Context, s *session, hop Hop, m queue.Message) queue.Outcome {
	release := s.bind(ctx)
	o := s.send(ctx, m, c.o.ClearPrivate)
	s.sent++
	if !release() {
		s.dead = true // the context has touched its deadlines
	}
	switch {
	case s.dead || s.r.Buffered() > 0: // what was said unasked would be taken for a reply to the next message
		s.conn.Close()
	case c.o.PerConnection > 0 && s.sent >= c.o.PerConnection:
		c.pool.end(s)
	default:
		c.pool.give(hop.key(), s)
	}
	return o
}

// errSilent is in the outcome of a host that does not answer at all.
var errSilent = errors.New("no answer to the connection")

// A host that does not answer costs half a minute for each attempt. While it is known to be so, the copies behind the first ones get
// the same answer at once; their own dates bring them back.
func (c *Courier) wasSilent(hop Hop) (queue.Outcome, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	o, ok := c.silent[hop.Addr]
	return o, ok
}

func (c *Courier) noteSilence(hop Hop, o queue.Outcome) {
	if o.Text != errSilent.Error() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.silent[hop.Addr] = o
	time.AfterFunc(c.o.Timeouts.Connect, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.silent, hop.Addr)
	})
}

// check refuses what must not go out in this form (E6). These are faults of ours, or of the letter; no host is asked.
func check(m queue.Message) (queue.Outcome, bool) {
	why := ""
	switch {
	case !writable(m.To) || m.To.IsZero():
		why = "the receiver's address cannot be written in SMTP"
	case !m.From.IsZero() && !writable(m.From):
		why = "the return path cannot be written in SMTP"
	case len(m.Head) < 2 || string(m.Head[len(m.Head)-2:]) != "\r\n":
		why = "the header of the letter has no end"
	default:
		if why = strict(m.Head); why == "" {
			why = strict(m.Body)
		}
	}
	if why == "" {
		return queue.Outcome{}, true
	}
	return queue.Outcome{Kind: queue.Failed, Enhanced: "5.6.0", Text: why}, false
}

// writable tells whether an address is safe in a command line. Addresses come from our own parser; this is the last door (A8).
func writable(a letter.Address) bool {
	for i := 0; i < len(a.Local); i++ {
		if a.Local[i] < ' ' || a.Local[i] == 0x7F {
			return false
		}
	}
	for i := 0; i < len(a.Domain); i++ {
		if c := a.Domain[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_') {
			return false
		}
	}
	return a.Local != "" && a.Domain != "" && len(a.Local) <= 64 && len(a.Domain) <= 255
}

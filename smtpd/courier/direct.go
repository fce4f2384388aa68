package courier

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"backchannel/smtpd/mailauth"
	"backchannel/smtpd/queue"
	"backchannel/templates/refusal"
)

// DirectOptions say how a Direct works. Name and Resolver are required.
type DirectOptions struct {
	Name         string              // who we are, in EHLO: a domain name whose address and PTR are those of this machine (M15)
	Resolver     mailauth.Resolver   // whom to ask for MX and addresses
	Local        func() []netip.Addr // the addresses of this machine; nil: none is known
	Policies     *STS                // MTA-STS; nil: nobody has a policy
	Dial         Dialer              // nil: the system's
	Roots        *x509.CertPool      // who vouches for certificates; nil: the system's
	ClearPrivate bool                // private messages may leave in clear

	// Reach makes of the address of a mail host the host:port to dial, or says that it must not be. Nil is the rule for a server: port 25
	// of public addresses, and nothing else (E3). Only tests know a world that lies elsewhere.
	Reach func(netip.Addr) (addr string, ok bool)
}

// The limits of E4, M13 and E2.
const (
	mxMost        = 16
	addressMost   = 4 // per attempt
	queryTime     = 5 * time.Second
	routeTime     = 20 * time.Second
	routeFor      = 5 * time.Minute // how long an answer of the DNS is kept; Go does not tell its TTL
	troubleFor    = time.Minute     // and how long that there was none
	messagesMost  = 20              // over one connection
	bannerTime    = 30 * time.Second
	attemptTime   = 20 * time.Minute // ten (E2), and the ten that the final dot may take (M12)
	ourselvesFor  = 10 * time.Minute
	noteAgainTime = time.Hour
)

// Direct is a Courier that finds the hosts of each domain by itself (RFC 5321 §5.1).
type Direct struct {
	*Courier
	o      DirectOptions
	routes memo[route]
	us     memo[ourselves]
	noted  memo[bool]
}

// NewDirect makes a Direct. Close it when done.
func NewDirect(o DirectOptions) *Direct {
	if o.Resolver == nil {
		panic("courier: DirectOptions needs Resolver")
	}
	if o.Reach == nil {
		o.Reach = func(a netip.Addr) (string, bool) { return netip.AddrPortFrom(a, 25).String(), Public(a) }
	}
	d := &Direct{o: o}
	d.Courier = New(Options{
		Name: o.Name, Route: d.Route, Dial: o.Dial, Roots: o.Roots, ClearPrivate: o.ClearPrivate, ClearEnds: true, PerConnection: messagesMost,
		Timeouts: Timeouts{Banner: bannerTime, Attempt: attemptTime},
	})
	return d
}

// route is what the DNS says about a domain: hosts to try, or why there are none.
type route struct {
	hops []Hop
	no   queue.Outcome
}

// Operator names who runs the mail hosts of a domain: the organisation in the names of all that we would talk to. "" when the DNS does
// not tell, or names hosts of several. Domains of one provider have one operator; it is the one that M13 speaks of.
//
// All of them, and only such as have addresses: the records of a domain are its owner's words. Who names a host of a provider first and
// their own behind it must not be heard, when that one asks for a rest, as the provider.
func (d *Direct) Operator(ctx context.Context, domain string) string {
	operator := ""
	for _, h := range d.route(ctx, domain).hops {
		if o := refusal.Organisation(h.Name); operator == "" {
			operator = o
		} else if o != operator {
			return ""
		}
	}
	return operator
}

// Runs names who runs a host, as an Outcome of ours names it: NAME[ADDRESS], or NAME.
func Runs(host string) string {
	name, _, _ := strings.Cut(host, "[")
	return refusal.Organisation(name)
}

// Route finds the hosts of a domain, the best first, with the TLS that its MTA-STS policy wants (RFC 8461). It is a Router.
func (d *Direct) Route(ctx context.Context, domain string) ([]Hop, queue.Outcome) {
	r := d.route(ctx, domain)
	if d.o.Policies == nil || len(r.hops) == 0 {
		return r.hops, r.no
	}
	p, ok := d.o.Policies.Find(ctx, domain)
	if !ok {
		return nil, queue.Outcome{Enhanced: "4.3.0", Text: "what " + domain + " wants of those who send to it (MTA-STS) could not be looked up in our own database"}
	}
	switch p.Mode {
	case STSEnforce:
		var allowed []Hop
		for _, h := range r.hops {
			if p.Allows(h.Name) {
				h.TLS = TLSVerify
				allowed = append(allowed, h)
			}
		}
		if allowed == nil {
			return nil, queue.Outcome{Stage: queue.StageConnect, Enhanced: "4.7.5",
				Text: "the MTA-STS policy of " + domain + " names none of its mail hosts: " + names(r.hops)}
		}
		return allowed, queue.Outcome{}
	case STSTesting:
		noted := slices.Clone(r.hops)
		for i, h := range noted {
			if !p.Allows(h.Name) {
				d.note(domain, h.Name, "the policy does not name this host")
			}
			noted[i].Note = func(what string) { d.note(domain, h.Name, what) }
		}
		return noted, queue.Outcome{}
	}
	return r.hops, r.no
}

// note tells the log, once an hour, what a policy in testing would have refused.
func (d *Direct) note(domain, host, what string) {
	key := domain + " " + host + " " + what
	if _, known := d.noted.get(key); known {
		return
	}
	d.noted.put(key, true, noteAgainTime)
	d.o.Policies.log().Info("an MTA-STS policy in testing would have refused a host", "domain", domain, "host", host, "because", what)
}

func names(hops []Hop) string {
	var all []string
	for _, h := range hops {
		if !slices.Contains(all, h.Name) {
			all = append(all, h.Name)
		}
	}
	return strings.Join(all, ", ")
}

// route asks the DNS, or remembers.
func (d *Direct) route(ctx context.Context, domain string) route {
	if r, ok := d.routes.get(domain); ok {
		return r
	}
	ctx, cancel := context.WithTimeout(ctx, routeTime)
	defer cancel()
	r := d.look(ctx, domain)
	keep := routeFor
	if len(r.hops) == 0 && r.no.Kind == queue.Deferred {
		keep = troubleFor
	}
	if !errors.Is(ctx.Err(), context.Canceled) {
		d.routes.put(domain, r, keep)
	}
	return r
}

// look asks the DNS for the hosts of a domain and for their addresses.
func (d *Direct) look(ctx context.Context, domain string) route {
	hosts, no, ok := d.exchangers(ctx, domain)
	if !ok {
		return route{no: no}
	}
	r := route{}
	us := d.ourselves(ctx)
	var why trouble
	// RFC 5321 §5.1: where we are one of the hosts ourselves, those as good and worse would hand it back to us.
	if i := slices.IndexFunc(hosts, func(h exchanger) bool { return h.name == us.name }); i >= 0 {
		best := hosts[i].pref
		hosts = slices.DeleteFunc(hosts, func(h exchanger) bool { return h.pref >= best })
		why.loop = true
	}
	each := addressMost
	if len(hosts) > 1 {
		each = 2 // so that one dead host does not take all four
	}
	for _, h := range hosts {
		if len(r.hops) >= addressMost {
			break
		}
		addrs, err := d.addresses(ctx, h.name)
		if slices.ContainsFunc(addrs, us.has) { // the same, under another name
			r.hops = slices.DeleteFunc(r.hops, func(hop Hop) bool { return hop.rank >= h.pref })
			why.loop = true
			break
		}
		n := 0
		for _, a := range addrs {
			hop, ok := d.hop(h, a, us, &why)
			if ok && n < each && len(r.hops) < addressMost {
				r.hops = append(r.hops, hop)
				n++
			}
		}
		why.note(h.name, addrs, err)
	}
	if len(r.hops) == 0 {
		r.no = why.outcome(domain, hosts)
	}
	return r
}

// exchanger is one MX.
type exchanger struct {
	name     string
	pref     uint16
	implicit bool // the domain has no MX; it stands for itself
}

// exchangers are the MX hosts of a domain, the best first, those as good as each other in any order; never none with ok.
func (d *Direct) exchangers(ctx context.Context, domain string) (hosts []exchanger, no queue.Outcome, ok bool) {
	asking, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	records, err := d.o.Resolver.LookupMX(asking, domain)
	if len(records) == 0 && isNotFound(err) {
		return []exchanger{{name: domain, implicit: true}}, no, true
	}
	if len(records) == 0 && err != nil {
		return nil, unanswered(domain), false
	}
	null := false
	for _, mx := range records {
		name := strings.ToLower(strings.TrimSuffix(mx.Host, "."))
		if name == "" {
			null = true
			continue
		}
		if hostName(name) {
			hosts = append(hosts, exchanger{name: name, pref: mx.Pref})
		}
	}
	switch {
	case len(hosts) > 0:
	case null: // RFC 7505 §4.2
		return nil, queue.Outcome{Kind: queue.Failed, Stage: queue.StageConnect, Enhanced: "5.1.10", Text: "the domain " + domain + " says that it takes no mail (null MX)"}, false
	default:
		return nil, queue.Outcome{Stage: queue.StageConnect, Enhanced: "4.4.4", Text: "the MX records of " + domain + " name no host that there can be"}, false
	}
	rand.Shuffle(len(hosts), func(i, j int) { hosts[i], hosts[j] = hosts[j], hosts[i] })
	slices.SortStableFunc(hosts, func(a, b exchanger) int { return cmp.Compare(a.pref, b.pref) })
	return hosts[:min(len(hosts), mxMost)], no, true
}

// addresses are those of a host, IPv4 first.
func (d *Direct) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	asking, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	found, err := d.o.Resolver.LookupIPAddr(asking, host)
	var all []netip.Addr
	for _, ip := range found {
		if a, ok := netip.AddrFromSlice(ip.IP); ok {
			all = append(all, a.Unmap())
		}
	}
	slices.SortStableFunc(all, func(a, b netip.Addr) int { return cmp.Compare(a.BitLen(), b.BitLen()) })
	if len(all) > 0 {
		err = nil
	}
	return all, err
}

// hop makes a hop of an address of a host, unless we must not or cannot go there.
func (d *Direct) hop(h exchanger, a netip.Addr, us ourselves, why *trouble) (Hop, bool) {
	at, ok := d.o.Reach(a)
	switch {
	case !ok:
		why.closed = append(why.closed, a)
		return Hop{}, false
	case a.Is6() && !us.six.IsValid():
		why.six = true
		return Hop{}, false
	}
	hop := Hop{Addr: at, Name: h.name, rank: h.pref}
	if a.Is6() {
		hop.From = us.six
	}
	return hop, true
}

// ourselves is what we know of our own name and addresses.
type ourselves struct {
	name  string
	addrs []netip.Addr
	six   netip.Addr // the IPv6 address we may send from; zero: we may not (M15)
}

func (u ourselves) has(a netip.Addr) bool { return slices.Contains(u.addrs, a) }

// ourselves finds out which addresses are ours: those of this machine, and those that our name has in the DNS, as a machine behind a
// router does not know them. IPv6 is used only from an address that our name has, that this machine has, and whose PTR is our name:
// the big providers refuse all else.
func (d *Direct) ourselves(ctx context.Context) ourselves {
	if u, ok := d.us.get(""); ok {
		return u
	}
	u := ourselves{name: strings.ToLower(strings.TrimSuffix(d.o.Name, "."))}
	var local []netip.Addr
	if d.o.Local != nil {
		for _, a := range d.o.Local() {
			local = append(local, a.Unmap().WithZone(""))
		}
	}
	named, err := d.addresses(ctx, u.name)
	for _, a := range named {
		if a.Is6() && !u.six.IsValid() && slices.Contains(local, a) && d.pointsToUs(ctx, a, u.name) {
			u.six = a
		}
	}
	u.addrs = slices.DeleteFunc(append(local, named...), func(a netip.Addr) bool {
		_, ok := d.o.Reach(a)
		return !ok // nobody is sent there anyway, and 127.0.0.1 is everybody's own
	})
	if err == nil || isNotFound(err) {
		d.us.put("", u, ourselvesFor)
	}
	return u
}

func (d *Direct) pointsToUs(ctx context.Context, a netip.Addr, name string) bool {
	asking, cancel := context.WithTimeout(ctx, queryTime)
	defer cancel()
	all, _ := d.o.Resolver.LookupAddr(asking, a.String())
	return slices.ContainsFunc(all, func(s string) bool { return strings.EqualFold(strings.TrimSuffix(s, "."), name) })
}

// trouble is why no address of a domain can be used.
type trouble struct {
	loop       bool         // we are its best host ourselves
	unanswered bool         // the DNS did not answer about a host
	six        bool         // a host has IPv6 only
	closed     []netip.Addr // addresses nobody may be sent to
	missing    []string     // hosts without any address
}

func (t *trouble) note(host string, addrs []netip.Addr, err error) {
	switch {
	case len(addrs) > 0:
	case err == nil || isNotFound(err):
		t.missing = append(t.missing, host)
	default:
		t.unanswered = true
	}
}

// outcome is what becomes of the messages to such a domain. Only what the DNS says for certain is for ever.
func (t *trouble) outcome(domain string, hosts []exchanger) queue.Outcome {
	o := queue.Outcome{Stage: queue.StageConnect, Enhanced: "4.4.4"}
	switch {
	case t.loop:
		o.Kind, o.Enhanced, o.Text = queue.Failed, "5.4.6", "the mail hosts of "+domain+" lead back to this server"
	case t.unanswered:
		return unanswered(domain)
	case hosts[0].implicit && len(t.missing) > 0:
		o.Kind, o.Enhanced, o.Text = queue.Failed, "5.4.4", "there is no domain "+domain+", or it takes no mail: the DNS knows neither a mail host (MX) nor an address"
	case t.six: // nobody's fault but ours: no host was asked
		o.Stage, o.Text = queue.StageNone, "the mail hosts of "+domain+" have IPv6 addresses only, and this server may not send over IPv6: that needs an address whose name (AAAA and PTR) is ours"
	case len(t.closed) > 0:
		o.Text = fmt.Sprintf("the mail hosts of %s have addresses that are nobody's on the Internet: %v", domain, t.closed[0])
	default:
		o.Text = "the mail hosts of " + domain + " have no addresses: " + strings.Join(t.missing[:min(len(t.missing), 4)], ", ")
	}
	return o
}

func unanswered(domain string) queue.Outcome {
	return queue.Outcome{Stage: queue.StageConnect, Enhanced: "4.4.3", Text: "the DNS did not answer about the mail hosts of " + domain}
}

// isNotFound tells whether the DNS has said that there is nothing.
func isNotFound(err error) bool {
	var e *net.DNSError
	return errors.As(err, &e) && e.IsNotFound
}

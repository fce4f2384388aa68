package main

import (
	"context"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"time"

	"backchannel/archive/letter"
	"backchannel/cmd/internal/config"
	"backchannel/smtpd/courier"
	"backchannel/smtpd/queue"
	"backchannel/templates/refusal"
)

// The limits on fetching a policy (RFC 8461 §3.3), and on the addresses of its host (E4).
const (
	policyPatience = time.Minute
	policyMost     = 64 << 10
	policyHead     = 16 << 10 // octets of the header; the library would take 10 MiB
	addressesTried = 4
)

// wayOut is how letters leave, and what the queue must know about it.
func (p *Program) wayOut() (queue.Courier, *queue.Lanes) {
	switch p.Config.Relay.Mode {
	case config.Smarthost:
		c := courier.New(courier.Options{Name: p.Config.Hostname, Route: p.smarthost})
		p.closers = append(p.closers, c.Close)
		return c, nil
	case config.Direct:
		policies := &courier.STS{DB: p.DB, Resolver: p.resolver(), Log: p.Log, Fetch: p.fetchPolicy}
		d := courier.NewDirect(courier.DirectOptions{
			Name: p.Config.Hostname, Resolver: p.resolver(), Local: localAddresses, Policies: policies, Reach: p.Reach,
		})
		p.closers = append(p.closers, d.Close)
		return d, &queue.Lanes{Operator: d.Operator, Runs: courier.Runs, Warmup: p.Config.Relay.Warmup}
	}
	return courier.Outbox{Dir: p.path(outboxName)}, nil
}

// localAddresses are those of this machine's interfaces. They may change while the server runs.
func localAddresses() (all []netip.Addr) {
	found, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	for _, f := range found {
		if at, err := netip.ParsePrefix(f.String()); err == nil {
			all = append(all, at.Addr())
		}
	}
	return all
}

// fetchPolicy gets the MTA-STS policy of another domain.
func (p *Program) fetchPolicy(ctx context.Context, url string) ([]byte, error) {
	return fetchPolicy(ctx, url, policyWay(p.dialPublic))
}

// policyWay is how a stranger's web server is asked: no proxy, one question for each connection, nothing unpacked (B4), and not more than
// a little in front of the policy itself.
func policyWay(dial func(ctx context.Context, network, addr string) (net.Conn, error)) *http.Transport {
	return &http.Transport{DialContext: dial, DisableKeepAlives: true, DisableCompression: true, TLSHandshakeTimeout: policyPatience, MaxResponseHeaderBytes: policyHead}
}

// fetchPolicy gets a policy as RFC 8461 §3.3 wants it: from a host whose certificate holds, no redirect followed, as plain text, and no
// more of it than any policy has.
func fetchPolicy(ctx context.Context, url string, way http.RoundTripper) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, policyPatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	client := http.Client{Transport: way, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := client.Do(req)
	if err != nil {
		return nil, errors.New(letter.ASCII(reason(err), 200))
	}
	defer r.Body.Close()
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.StatusCode != http.StatusOK:
		return nil, errors.New("the web server says " + letter.ASCII(r.Status, 100))
	case kind != "text/plain":
		return nil, errors.New("what the web server has is no plain text")
	}
	text, err := io.ReadAll(io.LimitReader(r.Body, policyMost+1))
	if err == nil && len(text) > policyMost {
		err = errors.New("what the web server has is too long for a policy")
	}
	return text, err
}

// dialPublic connects to a name that a stranger chose: by our own resolver, to public addresses and the port of https only (E3).
func (p *Program) dialPublic(ctx context.Context, network, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil || port != "443" {
		return nil, errors.New("only port 443 is asked for policies")
	}
	found, err := p.resolver().LookupIPAddr(ctx, host)
	if err != nil {
		return nil, err
	}
	err = errors.New("the host of the policy has no address on the Internet")
	tried := 0
	for _, f := range found {
		a, _ := netip.AddrFromSlice(f.IP)
		if tried == addressesTried || !courier.Public(a) {
			continue
		}
		tried++
		var conn net.Conn
		if conn, err = new(net.Dialer).DialContext(ctx, network, netip.AddrPortFrom(a.Unmap(), 443).String()); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// smarthost routes every copy to the one host of the config. Its password is read each time, so a changed file needs no restart.
func (p *Program) smarthost(context.Context, string) ([]courier.Hop, queue.Outcome) {
	password, err := p.Config.Password()
	if err != nil {
		p.Log.Error("the smarthost's password", "error", refusal.Log(err))
		return nil, queue.Outcome{Stage: queue.StageLogin, Text: letter.ASCII(err.Error(), 200), Busy: true}
	}
	hop := courier.Hop{Addr: p.Config.Relay.Smarthost, Username: p.Config.Relay.Username, Password: password}
	switch _, port, _ := net.SplitHostPort(hop.Addr); {
	case port == "465": // RFC 8314 §3.3: TLS from the first byte
		hop.TLS = courier.TLSWrapped
	case hop.Username != "" && !config.Loopback(hop.Addr):
		hop.TLS = courier.TLSVerify // a password is for the host it was made for, and for nobody in between
	}
	return []courier.Hop{hop}, queue.Outcome{}
}

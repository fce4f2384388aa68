package doctor

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"backchannel/smtpd/courier"
)

// publish is what to do about most missing records.
func publish(domain string) string { return "publish what this prints: backchannel dns " + domain }

// later stands for the whole outside while somebody tries out.
func later(context.Context, Host) []Finding {
	return one(Later, "you are trying out: everything stays on this machine, so nobody outside was asked",
		"before going live: publish the records that backchannel dns DOMAIN prints, set tls, the listeners and relay.mode in config.yaml, and run doctor again; docs/operate.md (Going live in one evening) goes through it")
}

func resolving(ctx context.Context, h Host) []Finding {
	if _, err := ask(ctx, h.HELO, h.Resolver.LookupTXT); err != nil {
		f := mute(h.HELO, err)
		f[0].Status = Fail
		f[0].Do = "check dns.resolver in config.yaml, or /etc/resolv.conf when that is empty; until then letters are put off, since no sender can be proved"
		return f
	}
	return fine("it answers")
}

// address looks at the hostname from where others stand.
func address(ctx context.Context, h Host) []Finding {
	all, err := h.ips(ctx, h.HELO)
	if err != nil {
		return mute("the address of "+h.HELO, err)
	}
	if len(all) == 0 {
		return one(Fail, h.HELO+" has no address (A), so nobody can reach this server", publish(h.domain)+"; if the name is wrong, set hostname in config.yaml")
	}
	if to := h.alias(ctx, h.HELO); to != "" {
		return one(Fail, fmt.Sprintf("%s is an alias (CNAME) of %s, and a mail server's name must be none (RFC 2181)", h.HELO, to), "replace the CNAME by an A record with the address of this machine")
	}
	return gather(all, func(a netip.Addr) []Finding { return h.reach(ctx, a) })
}

// reach tries one address of ours as a stranger would, as far as that can be done from here.
func (h Host) reach(ctx context.Context, a netip.Addr) []Finding {
	switch {
	case a.IsLoopback():
		return one(Warn, fmt.Sprintf("this machine itself says that %s is %s, so what others see cannot be known from here", h.HELO, a),
			"take the name out of /etc/hosts, or ask from another machine: host "+h.HELO)
	case !courier.Public(a):
		return one(Fail, fmt.Sprintf("%s is said to be %s, an address that nobody outside can reach", h.HELO, a), "publish the public address; if a router stands in front of this machine, the router's")
	case len(h.Addresses) > 0 && !slices.Contains(h.Addresses, a) && hasKind(h.Addresses, a):
		return one(Warn, fmt.Sprintf("%s is said to be %s, but this machine has %s", h.HELO, a, commas(h.Addresses)), "if no router stands in front of this machine, publish its own address")
	case !h.open("smtp.listen"):
		return fine("%s is %s", h.HELO, a)
	}
	at := net.JoinHostPort(a.String(), "25")
	line, err := knock(ctx, h, at, true)
	switch {
	case err != nil && a.Is6():
		return one(Warn, fmt.Sprintf("nobody answers on %s from here: %s", at, clean(err.Error())), "let the firewall pass port 25 over IPv6 and listen there, too, or take the AAAA record away")
	case err != nil:
		return one(Warn, fmt.Sprintf("nobody answers on %s from here: %s", at, clean(err.Error())), "a router may only hide it from this side: try from another network (nc "+a.String()+" 25); otherwise open port 25 in the firewall and pass it on in the router")
	case !strings.HasPrefix(line, "220") || !strings.Contains(strings.ToLower(line), h.HELO):
		return one(Fail, fmt.Sprintf("on %s answers somebody else: %s", at, clean(line)), "check the address in the DNS, and whether the router passes port 25 on to this machine")
	}
	return fine("%s is %s, and port 25 answers there", h.HELO, a)
}

// hasKind tells whether we know an address of the same family.
func hasKind(all []netip.Addr, a netip.Addr) bool {
	return slices.ContainsFunc(all, func(b netip.Addr) bool { return a.Is4() == b.Is4() })
}

// reverse looks at PTR = HELO = A (M15).
func reverse(ctx context.Context, h Host) []Finding {
	all, err := h.senders(ctx)
	if err != nil {
		return mute("the address of "+h.HELO, err)
	}
	if len(all) == 0 {
		return one(Warn, "not known: "+h.HELO+" has no public address", "publish its address first")
	}
	return gather(all, func(a netip.Addr) []Finding {
		names, err := ask(ctx, a.String(), h.Resolver.LookupAddr)
		for i, n := range names {
			names[i] = plain(n)
		}
		switch {
		case err != nil:
			return mute("the name of "+a.String(), err)
		case slices.Contains(names, plain(h.HELO)):
			return fine("%s is called %s", a, h.HELO)
		case h.Relay == "smarthost":
			return fine("%s is not called %s, which does no harm: letters leave through the smarthost", a, h.HELO)
		case a.Is6() && slices.ContainsFunc(all, netip.Addr.Is4):
			return one(Warn, fmt.Sprintf("the reverse name (PTR) of %s is not %s, so letters leave over IPv4 alone", a, h.HELO), "nothing, if that will do; else have the company that rents out the machine set it")
		case len(names) == 0:
			return one(Fail, fmt.Sprintf("%s has no reverse name (PTR), and many hosts refuse mail from such addresses", a), "have the company that rents out the machine set it to "+h.HELO)
		}
		return one(Fail, fmt.Sprintf("the reverse name (PTR) of %s is %s, but we greet as %s", a, commas(names), h.HELO), "have the company that rents out the machine set it to "+h.HELO)
	})
}

// open tells whether a listener can be reached from other machines.
func (h Host) open(setting string) bool {
	return slices.ContainsFunc(h.Listeners, func(l Listener) bool {
		host, _, err := net.SplitHostPort(l.Address)
		if err != nil || l.Setting != setting {
			return false
		}
		a, err := netip.ParseAddr(host)
		return host != "localhost" && (err != nil || !a.IsLoopback())
	})
}

// mx looks where mail for a domain goes.
func mx(ctx context.Context, h Host, domain string) []Finding {
	if to := h.alias(ctx, domain); to != "" {
		return one(Fail, fmt.Sprintf("%s is an alias (CNAME) of %s: such a name has no mail of its own, and its other records are not seen", domain, to), "replace the CNAME by A records; a domain with mail must not be one (RFC 1034)")
	}
	all, err := ask(ctx, domain, h.Resolver.LookupMX)
	if err != nil {
		return mute("the MX of "+domain, err)
	}
	var ours, others []string
	mine, _ := h.ips(ctx, h.HELO)
	for _, m := range all {
		host := plain(m.Host)
		switch {
		case host == "":
			return one(Fail, domain+" says that it takes no mail at all (a null MX)", "replace it; "+publish(domain))
		case isAddress(host):
			return one(Fail, fmt.Sprintf("the MX of %s is the address %s, and must be a name", domain, host), publish(domain))
		case host == plain(h.HELO) || h.shares(ctx, host, mine):
			ours = append(ours, host)
			if to := h.alias(ctx, host); to != "" {
				return one(Fail, fmt.Sprintf("the MX of %s is %s, which is an alias (CNAME) of %s; some hosts do not follow it (RFC 2181)", domain, host, to), publish(domain))
			}
		default:
			others = append(others, host)
		}
	}
	switch {
	case len(all) == 0:
		return one(Fail, "there is no MX record for "+domain+", so no mail comes here", publish(domain))
	case len(ours) == 0 && !h.open("smtp.listen"):
		return one(Warn, fmt.Sprintf("mail for %s goes to %s", domain, commas(others)), "all is well if that server hands it on to this one (smtp.lmtp, or smtp.listen on this machine); else "+publish(domain))
	case len(ours) == 0:
		return one(Fail, fmt.Sprintf("mail for %s goes to %s, and not to this server", domain, commas(others)), publish(domain))
	case len(others) > 0:
		return one(Warn, fmt.Sprintf("mail for %s comes here, but some may go to %s", domain, commas(others)), "take the other MX records away, unless those servers hand the mail on to this one")
	}
	return fine("mail for %s comes to %s", domain, commas(ours))
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}

// shares tells whether another name is this server, too.
func (h Host) shares(ctx context.Context, host string, mine []netip.Addr) bool {
	its, err := h.ips(ctx, host)
	return err == nil && slices.ContainsFunc(its, func(a netip.Addr) bool { return slices.Contains(mine, a) })
}

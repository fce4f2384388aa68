package doctor

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"backchannel/smtpd/courier"
)

// namer is a Resolver that also tells the name behind an alias. Where it is missing, aliases are not looked for.
type namer interface {
	LookupCNAME(ctx context.Context, host string) (string, error)
}

// ask puts one question to the DNS. Where there is nothing of the kind the answer is empty; an error means that nobody answered.
func ask[T any](ctx context.Context, name string, question func(context.Context, string) ([]T, error)) ([]T, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	records, err := question(ctx, name)
	var d *net.DNSError
	if errors.As(err, &d) && d.IsNotFound {
		return nil, nil
	}
	return records, err
}

// txt are the TXT records of a name that begin with a version word, as in v=spf1. Other people's texts are passed over.
func (h Host) txt(ctx context.Context, name, version string) (found []string, err error) {
	all, err := ask(ctx, name, h.Resolver.LookupTXT)
	for _, r := range all {
		if len(r) >= len(version) && strings.EqualFold(r[:len(version)], version) {
			found = append(found, r)
		}
	}
	return found, err
}

// ips are the addresses of a host.
func (h Host) ips(ctx context.Context, host string) ([]netip.Addr, error) {
	found, err := ask(ctx, host, h.Resolver.LookupIPAddr)
	var all []netip.Addr
	for _, f := range found {
		if a, ok := netip.AddrFromSlice(f.IP); ok {
			all = append(all, a.Unmap())
		}
	}
	slices.SortFunc(all, netip.Addr.Compare)
	return slices.Compact(all), err
}

// senders are the addresses that our letters come from when we deliver them ourselves: those known, else those of our name. Over IPv6 we
// send only from an address that our name has (M15).
func (h Host) senders(ctx context.Context) ([]netip.Addr, error) {
	named, err := h.ips(ctx, h.HELO)
	all := slices.Clone(h.Addresses)
	if len(all) == 0 {
		all = slices.Clone(named)
	}
	all = slices.DeleteFunc(all, func(a netip.Addr) bool { return !courier.Public(a) || a.Is6() && !slices.Contains(named, a) })
	if len(all) > 0 {
		err = nil
	}
	return all, err
}

// alias is the name that a name is a CNAME for, "" when it is none or that is not known.
func (h Host) alias(ctx context.Context, name string) string {
	n, ok := h.Resolver.(namer)
	if !ok {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	to, err := n.LookupCNAME(ctx, name+".")
	if err != nil || to == "" || same(to, name) {
		return ""
	}
	return plain(to)
}

// plain is a name of the DNS as people write it, fit to be printed.
func plain(name string) string { return clean(strings.ToLower(strings.TrimSuffix(name, "."))) }

func same(a, b string) bool { return plain(a) == plain(b) }

// mute is the finding of a question that nobody answered.
func mute(what string, err error) []Finding {
	reason := err.Error()
	var d *net.DNSError
	switch {
	case errors.Is(err, context.DeadlineExceeded) || errors.As(err, &d) && d.IsTimeout:
		reason = "no answer in time"
	case d != nil:
		reason = d.Err
	}
	return one(Warn, fmt.Sprintf("not known: the DNS did not answer when asked for %s (%s)", what, clean(reason)),
		"try again in some minutes; if it stays so, look at the name servers of the domain, and at dns.resolver in config.yaml")
}

// commas writes things one behind the other.
func commas[T any](all []T) string {
	parts := make([]string, len(all))
	for i, a := range all {
		parts[i] = fmt.Sprint(a)
	}
	return strings.Join(parts, ", ")
}

package mailauth

import (
	"context"
	"net"
	"strings"
)

// Resolver asks the DNS. Errors are *net.DNSError; IsNotFound means that the DNS answered and there is nothing, everything
// else that there was no usable answer. Implementations obey the deadline of ctx.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)        // each record whole: its strings are joined
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)        // by preference; a null MX (RFC 7505) has the host "."
	LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error) // A and AAAA
	LookupAddr(ctx context.Context, address string) ([]string, error)    // the names of an address, by PTR
}

// NewResolver asks the DNS server at address ("192.0.2.53:53"; the port may be left out), or those of the system when address
// is empty. It remembers nothing: a zone may change at any time, and Go does not tell how long an answer may be kept. Names
// are taken as whole names; a search domain of the system is never appended, since a stranger's domain must not turn into a
// host of ours. It has no limits of its own beyond those of ctx. CNAME chains are followed, and cut, by the server asked.
func NewResolver(address string) Resolver {
	if address == "" {
		return stub{&net.Resolver{PreferGo: true}}
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		address = net.JoinHostPort(strings.Trim(address, "[]"), "53")
	}
	var d net.Dialer
	return stub{&net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return d.DialContext(ctx, network, address)
		},
	}}
}

type stub struct{ r *net.Resolver }

func (s stub) LookupTXT(ctx context.Context, name string) ([]string, error) {
	return s.r.LookupTXT(ctx, rooted(name))
}

func (s stub) LookupMX(ctx context.Context, name string) ([]*net.MX, error) {
	return s.r.LookupMX(ctx, rooted(name))
}

func (s stub) LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error) {
	return s.r.LookupIPAddr(ctx, rooted(host))
}

func (s stub) LookupAddr(ctx context.Context, address string) ([]string, error) {
	return s.r.LookupAddr(ctx, address)
}

// LookupCNAME is the name that a name is an alias for: itself when it is none. Only doctor asks, so Resolver does not.
func (s stub) LookupCNAME(ctx context.Context, host string) (string, error) {
	return s.r.LookupCNAME(ctx, rooted(host))
}

// rooted ends a name with a dot: then it is the whole name, and no IP address either.
func rooted(name string) string { return strings.TrimSuffix(name, ".") + "." }

package courier

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"backchannel/smtpd/queue"
)

// TLS says how a connection is protected.
type TLS string

// The ways to protect a connection. A private message needs any of them but TLSOff, whatever the way; a password likewise.
const (
	TLSTry     TLS = ""         // STARTTLS when offered, whoever answers; else in clear
	TLSRequire TLS = "require"  // STARTTLS, whoever answers; else the message waits
	TLSVerify  TLS = "verify"   // STARTTLS with a certificate of that name; else the message waits
	TLSWrapped TLS = "implicit" // TLS from the first byte (port 465, RFC 8314), with a certificate of that name
	TLSOff     TLS = "off"      // in clear, always
)

// Valid tells whether this is one of the ways.
func (t TLS) Valid() bool {
	switch t {
	case TLSTry, TLSRequire, TLSVerify, TLSWrapped, TLSOff:
		return true
	}
	return false
}

// Hop is a host that may take a message.
type Hop struct {
	Addr     string     // host:port; the host's name is also the one its certificate must carry
	Name     string     // the host's name, where Addr holds its number; empty: that of Addr
	From     netip.Addr // the address of ours to dial from; zero: any
	TLS      TLS
	Username string // empty: no AUTH
	Password string
	Note     func(what string) // hears why the certificate would not hold, where TLS does not care; nil: nobody wants to know

	rank uint16 // hosts of one rank are as good as each other
}

// key is what connections must have in common to stand in for each other.
func (h Hop) key() string { return string(h.TLS) + " " + h.Addr + " " + h.Name + " " + h.Username }

// label names the host in outcomes.
func (h Hop) label() string {
	if h.Name == "" {
		return h.Addr
	}
	if at, err := netip.ParseAddrPort(h.Addr); err == nil {
		return h.Name + "[" + at.Addr().String() + "]"
	}
	return h.Name
}

// host is the name alone.
func (h Hop) host() string {
	if h.Name != "" {
		return h.Name
	}
	if host, _, err := net.SplitHostPort(h.Addr); err == nil {
		return host
	}
	return h.Addr
}

// String names the hop without its password.
func (h Hop) String() string {
	return fmt.Sprintf("%s (tls %q, user %q)", h.label(), string(h.TLS), h.Username)
}

// Router finds the hosts for a domain, the best first. Without any the Outcome says what becomes of the message.
type Router func(ctx context.Context, domain string) ([]Hop, queue.Outcome)

// Smarthost routes every message to one host.
func Smarthost(h Hop) Router {
	hops := []Hop{h}
	return func(context.Context, string) ([]Hop, queue.Outcome) { return hops, queue.Outcome{} }
}

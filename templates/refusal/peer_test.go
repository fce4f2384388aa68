package refusal_test

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"backchannel/templates/refusal"
)

func TestNetwork(t *testing.T) {
	for ip, want := range map[string]string{
		"203.0.113.9":          "203.0.113.9/32",
		"::ffff:203.0.113.9":   "203.0.113.9/32",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"fe80::1%eth0":         "fe80::/64",
	} {
		if got := refusal.Network(netip.MustParseAddr(ip)).String(); got != want {
			t.Errorf("%s: %s, want %s", ip, got, want)
		}
	}
	if refusal.Network(netip.Addr{}) != (netip.Prefix{}) {
		t.Error("no address, no network")
	}
}

// P15: a value that the program stumbles over may be a piece of somebody's letter. What Go says of a mistake of ours helps, and is none.
func TestPanicSaysNothingOfLetters(t *testing.T) {
	caught := func(f func()) (p *refusal.Panic) {
		defer func() { p = refusal.Caught(recover()) }()
		f()
		return nil
	}
	none, secret := []int{}, "Dear managers, please do not tell Hugo"
	for name, c := range map[string]struct {
		f    func()
		what string
	}{
		"a sentence":         {func() { panic(secret) }, "panic with a value of type string"},
		"an error":           {func() { panic(errors.New(secret)) }, "panic with a value of type *errors.errorString"},
		"a mistake":          {func() { none[len(secret)]++ }, "runtime error: index out of range [38] with length 0"},
		"a mistake in words": {func() { panic(fmt.Errorf("%s: %w", secret, errors.ErrUnsupported)) }, "panic with a value of type *fmt.wrapError"},
	} {
		t.Run(name, func(t *testing.T) {
			p := caught(c.f)
			if p.What != c.what || strings.Contains(p.Error(), secret) || !strings.Contains(p.Stack, "TestPanicSaysNothingOfLetters") {
				t.Errorf("%q:\n%s", p.What, p.Error())
			}
			again := caught(func() { panic(fmt.Errorf("passed on: %w", p)) })
			if again != p {
				t.Error("passed on, it tells of another place")
			}
		})
	}
}

// Who runs a host (M13).
func TestOrganisation(t *testing.T) {
	for host, want := range map[string]string{
		"aspmx.l.google.com": "google.com", "north-test.mail.protection.outlook.com": "outlook.com", "mx1.north.test": "north.test", "north.test": "north.test",
		"mx.provider.co.uk": "provider.co.uk", "mx.provider.com.au": "provider.com.au", "mx.ab.de": "ab.de", "mx.web.de": "web.de", "test": "test", "co.uk": "co.uk",
	} {
		if got := refusal.Organisation(host); got != want {
			t.Errorf("%s is run by %s, not by %s", host, got, want)
		}
	}
}

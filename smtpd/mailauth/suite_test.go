package mailauth

import (
	"bytes"
	"errors"
	"io"
	"log"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/foxcpp/go-mockdns"
	"go.yaml.in/yaml/v3"

	"backchannel/archive/letter"
)

// The cases of the published suite whose answer differs from the suite's, each with the reason. A case that begins to agree
// makes the test fail as well, so that this table and docs/quirks.md stay true.
var deviations = map[string]string{
	"p-macro-multiple":          "%{p} is always \"unknown\": RFC 7208 §7.2 advises against it, and it asks the DNS of the client",
	"a-colon-domain":            slash,
	"a-colon-domain-ip4mapped":  slash,
	"mx-colon-domain":           slash,
	"mx-colon-domain-ip4mapped": slash,
}

const slash = "a \"/\" inside a domain name is always taken for a mask; no host has such a name"

// Answers that differ only when a real DNS server is asked through Go's resolver.
var wireDeviations = map[string]string{
	"macro-mania-in-domain": "Go asks for no name with other bytes than letters, digits, \"-\" and \"_\" in it; to us it does not exist",
}

// suite is one zone with its tests, as the openspf suite writes them.
type suite struct {
	Description string
	Tests       map[string]struct {
		Helo     string
		Host     string
		MailFrom string `yaml:"mailfrom"`
		Result   words
	}
	ZoneData map[string][]yaml.Node `yaml:"zonedata"`
}

// words is one word or a list of them.
type words []string

func (w *words) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*w = words{n.Value}
		return nil
	}
	return n.Decode((*[]string)(w))
}

func corpus(t testing.TB, path ...string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if filepath.Dir(dir) == dir {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	p := filepath.Join(append([]string{dir, "..", "shared", "corpus"}, path...)...)
	if _, err := os.Stat(p); err != nil {
		t.Skip("the corpus is not here: ", err)
	}
	return p
}

func readSuites(t *testing.T) []suite {
	t.Helper()
	raw, err := os.ReadFile(corpus(t, "conf-spf", "rfc7208-tests.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var all []suite
	for d := yaml.NewDecoder(bytes.NewReader(raw)); ; {
		var s suite
		if err := d.Decode(&s); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
}

// zones turns the suite's zone data into a DNS. Of its two notations for the same thing, SPF counts where a name has no TXT.
func zones(t *testing.T, data map[string][]yaml.Node) map[string]mockdns.Zone {
	t.Helper()
	all := make(map[string]mockdns.Zone)
	for name, records := range data {
		var z mockdns.Zone
		var spf []string
		var silent, hasTXT bool
		for _, n := range records {
			kind, value := n.Content[0].Value, n.Content[1]
			var list words
			if kind != "MX" {
				if err := list.UnmarshalYAML(value); err != nil {
					t.Fatal(name, err)
				}
			}
			switch kind {
			case "TIMEOUT": // no answer to whatever was not named before
				silent = true
			case "CNAMELOOP": // what a DNS server says that went round it
				z.Err = &net.DNSError{Err: "CNAME loop"}
			case "A":
				z.A = append(z.A, list...)
			case "AAAA":
				z.AAAA = append(z.AAAA, list...)
			case "TXT":
				hasTXT = true
				if list[0] != "NONE" {
					z.TXT = append(z.TXT, strings.Join(list, ""))
				}
			case "SPF":
				spf = append(spf, strings.Join(list, ""))
			case "PTR":
				z.PTR = append(z.PTR, strings.TrimSuffix(list[0], ".")+".")
			case "CNAME":
				z.CNAME = strings.ToLower(strings.TrimSuffix(list[0], ".")) + "."
			case "MX":
				z.MX = append(z.MX, net.MX{Host: strings.TrimSuffix(value.Content[1].Value, ".") + "."})
			default:
				t.Fatalf("%s: unknown record %s", name, kind)
			}
		}
		if !hasTXT && !silent {
			z.TXT = spf
		}
		if silent && len(z.TXT) == 0 {
			z.Err = &net.DNSError{Err: "no answer", IsTimeout: true}
		}
		all[strings.ToLower(name)+"."] = z
	}
	return all
}

// split cuts a sender of the suite, which has some that are no addresses at all.
func split(s string) letter.Address {
	i := strings.LastIndexByte(s, '@')
	if i < 0 {
		return letter.Address{Domain: strings.ToLower(s)}
	}
	return letter.Address{Local: s[:i], Domain: strings.ToLower(s[i+1:])}
}

// TestPublishedSuite runs every case of the openspf suite for RFC 7208, by a DNS in memory.
func TestPublishedSuite(t *testing.T) {
	run(t, deviations, func(z map[string]mockdns.Zone) Resolver { return &mockdns.Resolver{Zones: z} })
}

// TestPublishedSuiteByUDP runs them once more as the server does: through Go's resolver, by UDP and TCP, to a real DNS server.
func TestPublishedSuiteByUDP(t *testing.T) {
	both := make(map[string]string)
	for _, m := range []map[string]string{deviations, wireDeviations} {
		for k, v := range m {
			both[k] = v
		}
	}
	run(t, both, func(z map[string]mockdns.Zone) Resolver {
		srv, err := mockdns.NewServerWithLogger(z, log.New(io.Discard, "", 0), false)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { srv.Close() })
		return NewResolver(srv.LocalAddr().String())
	})
}

func run(t *testing.T, deviations map[string]string, serve func(map[string]mockdns.Zone) Resolver) {
	cases, met := 0, make(map[string]bool)
	for _, s := range readSuites(t) {
		r := serve(zones(t, s.ZoneData))
		for name, c := range s.Tests {
			cases++
			f := Check(t.Context(), r, Session{IP: netip.MustParseAddr(c.Host), HELO: c.Helo, MailFrom: split(c.MailFrom)}, letter.Address{})
			agrees := slices.Contains(c.Result, f.SPF)
			why, listed := deviations[name]
			met[name] = true
			switch {
			case !agrees && !listed:
				t.Errorf("%s, %s: %s, want %v (%s)", s.Description, name, f.SPF, c.Result, f.Why)
			case agrees && listed:
				t.Errorf("%s, %s agrees now; the table says: %s", s.Description, name, why)
			}
		}
	}
	for name := range deviations {
		if !met[name] {
			t.Errorf("the suite has no case %s", name)
		}
	}
	if cases < 200 {
		t.Errorf("only %d cases were found", cases)
	}
}

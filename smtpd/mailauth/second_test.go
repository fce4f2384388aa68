package mailauth

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/foxcpp/go-mockdns"

	"backchannel/archive/letter"
)

// Cases of the second suite that expect something else than RFC 7208 or ours, as "file: domain ip".
var secondDeviations = map[string]string{
	"all.yml: test.org sender@test.org 10.0.0.1 fail, got permerror":                       "a mistake behind \"all\": the published suite wants permerror",
	"basic.yml: ok.test.org sender@ok.test.org 172.168.0.1 softfail, got permerror":        "ten names that do not exist: RFC 7208 §4.6.4 allows two",
	"basic.yml: mx.test.org sender@mx.test.org 10.0.0.8 pass, got permerror":               "eleven mail hosts: RFC 7208 §4.6.4 wants permerror, not only a match among the first ten",
	"basic.yml: mx.test.org sender@test.org 172.168.0.1 fail, got pass":                    "the HELO name counts only when the sender is <>",
	"exists.yml: ip6.test.org sender@ip6.test.org 167.1.2.3 pass, got fail":                "exists asks for A alone (RFC 7208 §5.7)",
	"macro.yml: mx.example.org strong-bad@email.example.com 2001:db8::cb01 pass, got fail": "exists asks for A alone (RFC 7208 §5.7)",
}

// TestSecondSuite runs the cases of another implementation: its own reading of RFC 7208, in a notation of its own that looks like
// YAML but repeats keys, so it is read by line.
func TestSecondSuite(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpus(t, "conf-spf", "mail-auth"), "*.yml"))
	if err != nil {
		t.Fatal(err)
	}
	cases, met := 0, make(map[string]bool)
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, scene := range strings.Split("\n"+string(raw), "\n---\n") {
			for _, c := range readScene(t, scene) {
				cases++
				f := Check(t.Context(), &mockdns.Resolver{Zones: c.zones}, Session{IP: netip.MustParseAddr(c.ip), HELO: c.helo, MailFrom: split(c.sender)}, letter.Address{})
				name := filepath.Base(path) + ": " + c.helo + " " + c.sender + " " + c.ip + " " + c.want + ", got " + f.SPF
				_, listed := secondDeviations[name]
				met[name] = true
				if agrees := f.SPF == c.want; agrees == listed {
					t.Errorf("%s: %s (listed as a deviation: %v) %s", name, f.SPF, listed, f.Why)
				}
			}
		}
	}
	for name := range secondDeviations {
		if !met[name] {
			t.Errorf("there is no case %s", name)
		}
	}
	if cases < 130 {
		t.Errorf("only %d cases were found", cases)
	}
}

type scene struct {
	zones                  map[string]mockdns.Zone
	helo, sender, ip, want string
}

func readScene(t *testing.T, text string) []scene {
	t.Helper()
	noAnswer := mockdns.Zone{Err: &net.DNSError{Err: "no answer", IsTimeout: true}}
	all := map[string]mockdns.Zone{"_dns_error.org.": noAnswer, "_dns_error.test.org.": noAnswer}
	own := all // zones of one test alone
	var cases []scene
	var now scene
	section := ""
	for line := range strings.SplitSeq(text, "\n") {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		value = strings.TrimSpace(value)
		if strings.HasPrefix(line, "#") || !ok {
			continue
		}
		if !strings.HasPrefix(line, " ") {
			section = key
			continue
		}
		if strings.HasPrefix(key, "- ") {
			own = maps.Clone(all)
		}
		switch key = strings.TrimPrefix(key, "- "); key {
		case "name":
		case "domain":
			now.helo = value
		case "sender":
			now.sender = value
		case "ip":
			now.ip = value
		case "expect":
			now.want, _, _ = strings.Cut(value, " ")
			if now.zones = own; now.sender != "" {
				cases = append(cases, now)
			}
		default:
			owner, data, _ := strings.Cut(value, " ")
			z := own
			if section == "records" {
				z = all
			}
			addRecord(t, z, key, strings.ToLower(owner)+".", strings.TrimSpace(data))
		}
	}
	return cases
}

func addRecord(t *testing.T, z map[string]mockdns.Zone, kind, owner, data string) {
	t.Helper()
	zone := z[owner]
	list := strings.FieldsFunc(data, func(r rune) bool { return r == ',' || r == ' ' })
	switch kind {
	case "a":
		zone.A = append(zone.A, list...)
	case "aaaa":
		zone.AAAA = append(zone.AAAA, list...)
	case "spf", "exp":
		zone.TXT = append(zone.TXT, data)
	case "mx": // addresses stand where the hosts should
		for i, ip := range list {
			host := fmt.Sprintf("mx%d.%s", i, owner)
			zone.MX = append(zone.MX, net.MX{Host: host})
			if strings.Contains(ip, ":") {
				z[host] = mockdns.Zone{AAAA: []string{ip}}
			} else {
				z[host] = mockdns.Zone{A: []string{ip}}
			}
		}
	case "ptr":
		delete(z, owner)
		owner = reverse(t, strings.TrimSuffix(owner, "."))
		zone = z[owner]
		for _, name := range list {
			zone.PTR = append(zone.PTR, strings.TrimSuffix(name, ".")+".")
		}
	default:
		t.Fatalf("unknown record %q", kind)
	}
	z[owner] = zone
}

// reverse is the name under which the PTR records of an address stand (RFC 1035 §3.5, RFC 3596 §2.5).
func reverse(t *testing.T, address string) string {
	t.Helper()
	ip := netip.MustParseAddr(address)
	name := "in-addr.arpa."
	if ip.Is4() {
		for _, b := range ip.AsSlice() {
			name = fmt.Sprintf("%d.%s", b, name)
		}
		return name
	}
	name = "ip6.arpa."
	for _, b := range ip.AsSlice() {
		name = fmt.Sprintf("%x.%x.%s", b&15, b>>4, name)
	}
	return name
}

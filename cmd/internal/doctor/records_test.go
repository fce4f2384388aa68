package doctor_test

import (
	"flag"
	"net/netip"
	"os"
	"strings"
	"testing"

	"backchannel/cmd/internal/doctor"
)

var golden = flag.Bool("update", false, "write the golden files")

func records(want doctor.Wanted) string {
	var b strings.Builder
	for _, r := range want.Records() {
		b.WriteString(r.InForm(want.Domain) + " | " + r.Name + " | " + r.Type + " | " + r.Value)
		if r.Fill != "" {
			b.WriteString(" | first " + r.Fill)
		}
		b.WriteString("\n")
	}
	return b.String() + "\n" + doctor.Zone(want.Records())
}

// webRecords are the lines about the web pages alone.
func webRecords(want doctor.Wanted) (lines string) {
	for line := range strings.Lines(records(want)) {
		if strings.Contains(line, "www") || strings.Contains(line, "@ | "+domain+" | A") {
			lines += line
		}
	}
	return lines
}

// What there is to publish, by the way that letters leave. M8, M14, M15, M22.
func TestRecords(t *testing.T) {
	direct := wanted()
	direct.Addresses = append(direct.Addresses, netip.MustParseAddr("2001:db8::7"))
	direct.DKIM[0].Value += strings.Repeat("k", 300)
	provider := doctor.Wanted{Domain: domain, Hostname: "mail.elsewhere.example", Relay: "smarthost"}
	alone := doctor.Wanted{Domain: domain, Hostname: domain, Relay: "outbox"}
	www, top, other := provider, provider, provider
	www.Web, top.Web, other.Web = "www."+domain, domain, "www.elsewhere.example"
	got := "DIRECT\n" + records(direct) + "\nSMARTHOST\n" + records(provider) + "\nONE NAME\n" + records(alone) +
		"\nWEB BELOW\n" + webRecords(www) + "\nWEB AT THE TOP\n" + webRecords(top) + "\nWEB ELSEWHERE\n" + webRecords(other)
	compare(t, "testdata/records.txt", got)
}

// compare holds a text against a file, or writes it.
func compare(t *testing.T, file, got string) {
	t.Helper()
	if *golden {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || got != string(want) {
		t.Errorf("%s: %v; got\n%s", file, err, got)
	}
}

// The reference names every check, and is current.
func TestReference(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range doctor.Catalogue() {
		if seen[c.Name] || c.Means == "" || !strings.HasSuffix(c.Means, ".") {
			t.Errorf("%q is there twice, or has no sentence: %s", c.Name, c.Means)
		}
		seen[c.Name] = true
	}
	compare(t, "../../../docs/doctor.md", doctor.Reference())
}

package mailauth

import (
	"context"
	"net"
	"net/netip"
	"testing"

	"backchannel/archive/letter"
)

// deafZone is a DNS that knows one domain and does not answer about another.
type deafZone struct{}

func (deafZone) LookupTXT(_ context.Context, name string) ([]string, error) {
	switch name {
	case "north.test", "north.test.":
		return []string{"v=spf1 ip4:192.0.2.1 -all"}, nil
	case "deaf.test", "deaf.test.":
		return nil, context.DeadlineExceeded
	}
	return nil, &net.DNSError{IsNotFound: true, Name: name}
}
func (deafZone) LookupMX(context.Context, string) ([]*net.MX, error)        { return nil, nil }
func (deafZone) LookupIPAddr(context.Context, string) ([]net.IPAddr, error) { return nil, nil }
func (deafZone) LookupAddr(context.Context, string) ([]string, error)       { return nil, nil }

// What is counted: the result of each method, and questions that nobody answered.
func TestFigures(t *testing.T) {
	check := func(from string) {
		l, err := letter.Parse([]byte("From: <dana@" + from + ">\r\nDKIM-Signature: v=1\r\n\r\nHello.\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		a, err := letter.ParseAddress("dana@" + from)
		if err != nil {
			t.Fatal(err)
		}
		CheckLetter(context.Background(), deafZone{}, Session{IP: netip.MustParseAddr("192.0.2.1"), HELO: "x.test", MailFrom: a}, l)
	}
	count := func() [5]float64 {
		return [5]float64{results.Value("spf", "pass"), results.Value("spf", "temperror"), results.Value("dmarc", "none"), results.Value("dkim", "permerror"), unanswered.Sum()}
	}
	before := count()
	check("north.test")
	check("deaf.test")
	after := count()
	for i := range before {
		if after[i] <= before[i] {
			t.Errorf("figure %d went from %v to %v", i, before[i], after[i])
		}
	}
	if unanswered.Value("timeout") == 0 {
		t.Error("no time-out was counted")
	}
}

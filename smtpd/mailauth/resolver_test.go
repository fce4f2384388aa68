package mailauth

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// silent never answers; slow answers everything after a while, with a record that asks for the next name.
type silent struct{ after time.Duration }

func (s silent) wait(ctx context.Context) error {
	if s.after == 0 {
		<-ctx.Done()
		return ctx.Err()
	}
	select {
	case <-time.After(s.after):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s silent) LookupTXT(ctx context.Context, name string) ([]string, error) {
	return []string{"v=spf1 include:x." + name + " -all"}, s.wait(ctx)
}
func (s silent) LookupMX(ctx context.Context, _ string) ([]*net.MX, error) { return nil, s.wait(ctx) }
func (s silent) LookupIPAddr(ctx context.Context, _ string) ([]net.IPAddr, error) {
	return nil, s.wait(ctx)
}
func (s silent) LookupAddr(ctx context.Context, _ string) ([]string, error) { return nil, s.wait(ctx) }

// E4: five seconds for a question, twenty for a letter, and then "try again", never a verdict.
func TestTimeLimits(t *testing.T) {
	for _, c := range []struct {
		name string
		r    Resolver
		ctx  time.Duration
		want time.Duration
	}{
		{"a server that is silent", silent{}, time.Hour, 10 * time.Second}, // one question about DMARC, one about SPF
		{"a server that is slow", silent{4900 * time.Millisecond}, time.Hour, 20 * time.Second},
		{"a client that leaves", silent{}, time.Second, time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), c.ctx)
				defer cancel()
				start := time.Now()
				f := Check(ctx, c.r, Session{IP: netip.MustParseAddr("192.0.2.1"), MailFrom: addr("ann@east.test")}, addr("ann@east.test"))
				if f.SPF != "temperror" || !f.Temporary || f.Aligned {
					t.Errorf("%+v", f)
				}
				if took := time.Since(start); took != c.want {
					t.Errorf("it took %v, want %v", took, c.want)
				}
			})
		})
	}
}

// Whatever is neither an answer nor "no such name" is temporary (RFC 7208 §4.4), also what Go calls permanent.
func TestErrorsAreRuled(t *testing.T) {
	for _, c := range []struct {
		in        error
		notFound  bool
		temporary bool
	}{
		{&net.DNSError{Err: "no such host", IsNotFound: true}, true, false},
		{&net.DNSError{Err: "server misbehaving"}, false, true},
		{&net.DNSError{Err: "server misbehaving", IsTemporary: true}, false, true},
		{&net.DNSError{Err: "i/o timeout", IsTimeout: true}, false, true},
		{context.DeadlineExceeded, false, true},
		{errors.New("cannot unmarshal DNS message"), false, true},
	} {
		got, ok := ruled("east.test", c.in).(*net.DNSError)
		if !ok || got.IsNotFound != c.notFound || got.Temporary() != c.temporary {
			t.Errorf("%v became %+v", c.in, got)
		}
	}
	if err := ruled("east.test", nil); err != nil {
		t.Error(err)
	}
}

// dnsServer answers every UDP question by a function and every TCP question by the same, as a server we do not control would.
func dnsServer(t *testing.T, answer func(q dnsmessage.Question, tcp bool) []byte) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p, err := net.ListenPacket("udp", l.Addr().String())
	if err != nil {
		l.Close()
		t.Skip("the UDP port beside the TCP port is taken: ", err)
	}
	t.Cleanup(func() { l.Close(); p.Close() })
	reply := func(in []byte, tcp bool) []byte {
		var m dnsmessage.Message
		if err := m.Unpack(in); err != nil || len(m.Questions) != 1 {
			return nil
		}
		out := answer(m.Questions[0], tcp)
		if len(out) > 2 {
			out[0], out[1] = in[0], in[1]
		}
		return out
	}
	go func() {
		buf := make([]byte, 4096)
		for {
			n, peer, err := p.ReadFrom(buf)
			if err != nil {
				return
			}
			if out := reply(buf[:n], false); out != nil {
				p.WriteTo(out, peer)
			}
		}
	}()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			buf := make([]byte, 4096)
			if n, err := c.Read(buf); err == nil && n > 2 {
				out := reply(buf[2:n], true)
				c.Write([]byte{byte(len(out) >> 8), byte(len(out))})
				c.Write(out)
			}
			c.Close()
		}
	}()
	return l.Addr().String()
}

func message(t *testing.T, q dnsmessage.Question, h dnsmessage.Header, records ...dnsmessage.Resource) []byte {
	h.Response = true
	out, err := (&dnsmessage.Message{Header: h, Questions: []dnsmessage.Question{q}, Answers: records}).Pack()
	if err != nil {
		t.Error(err)
	}
	return out
}

func txt(q dnsmessage.Question, strings ...string) dnsmessage.Resource {
	return dnsmessage.Resource{
		Header: dnsmessage.ResourceHeader{Name: q.Name, Type: dnsmessage.TypeTXT, Class: dnsmessage.ClassINET},
		Body:   &dnsmessage.TXTResource{TXT: strings},
	}
}

// Servers that lie, stammer or answer endlessly, through the real resolver.
func TestHostileServers(t *testing.T) {
	pass := func(q dnsmessage.Question) dnsmessage.Resource { return txt(q, "v=spf1 ip4:", "192.0.2.1 -all") }
	for _, c := range []struct {
		name, spf string
		answer    func(q dnsmessage.Question, tcp bool) []byte
	}{
		{"an honest one", "pass", func(q dnsmessage.Question, _ bool) []byte { return message(t, q, dnsmessage.Header{}, pass(q)) }},
		{"a long answer comes by TCP", "pass", func(q dnsmessage.Question, tcp bool) []byte {
			if !tcp {
				return message(t, q, dnsmessage.Header{Truncated: true})
			}
			return message(t, q, dnsmessage.Header{}, txt(q, slices.Repeat([]string{strings.Repeat("x", 255)}, 28)...), pass(q))
		}},
		{"a huge answer comes by TCP", "permerror", func(q dnsmessage.Question, tcp bool) []byte {
			if !tcp {
				return message(t, q, dnsmessage.Header{Truncated: true})
			}
			return message(t, q, dnsmessage.Header{}, txt(q, slices.Repeat([]string{strings.Repeat("x", 255)}, 250)...), pass(q))
		}},
		{"a name that points to itself", "none", func(q dnsmessage.Question, _ bool) []byte {
			loop := dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: dnsmessage.TypeCNAME, Class: dnsmessage.ClassINET},
				Body:   &dnsmessage.CNAMEResource{CNAME: q.Name},
			}
			return message(t, q, dnsmessage.Header{}, slices.Repeat([]dnsmessage.Resource{loop}, 20)...)
		}},
		{"no such name", "none", func(q dnsmessage.Question, _ bool) []byte {
			return message(t, q, dnsmessage.Header{RCode: dnsmessage.RCodeNameError})
		}},
		{"server failure", "temperror", func(q dnsmessage.Question, _ bool) []byte {
			return message(t, q, dnsmessage.Header{RCode: dnsmessage.RCodeServerFailure})
		}},
		{"refused", "temperror", func(q dnsmessage.Question, _ bool) []byte {
			return message(t, q, dnsmessage.Header{RCode: dnsmessage.RCodeRefused})
		}},
		{"not implemented", "temperror", func(q dnsmessage.Question, _ bool) []byte {
			return message(t, q, dnsmessage.Header{RCode: dnsmessage.RCodeNotImplemented})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := NewResolver(dnsServer(t, c.answer))
			f := Check(t.Context(), r, Session{IP: netip.MustParseAddr("192.0.2.1"), MailFrom: addr("ann@east.test")}, addr("ann@east.test"))
			if f.SPF != c.spf {
				t.Errorf("%s, want %s (%s)", f.SPF, c.spf, f.Why)
			}
		})
	}
}

// A name is asked for as it stands: no search domain of the system is put behind it, and a bare host is no server of ours.
func TestNamesAreWhole(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	at := dnsServer(t, func(q dnsmessage.Question, _ bool) []byte {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, q.Name.String())
		return message(t, q, dnsmessage.Header{RCode: dnsmessage.RCodeNameError})
	})
	r := NewResolver(at)
	if _, err := r.LookupTXT(t.Context(), "intranet"); err == nil {
		t.Error("no error")
	}
	if _, err := r.LookupMX(t.Context(), "east.test."); err == nil {
		t.Error("no error")
	}
	if _, err := r.LookupAddr(t.Context(), "192.0.2.1"); err == nil {
		t.Error("no error")
	}
	mu.Lock()
	if want := []string{"intranet.", "east.test.", "1.2.0.192.in-addr.arpa."}; !slices.Equal(asked, want) {
		t.Errorf("asked for %q, want %q", asked, want)
	}
	mu.Unlock()
	if ips, err := r.LookupIPAddr(t.Context(), "192.0.2.1"); err == nil {
		t.Error("an address was taken for a name: ", ips)
	}
}

func TestResolverAddress(t *testing.T) {
	for _, s := range []string{"", "127.0.0.1:53", "127.0.0.1", "::1", "[::1]", "[::1]:53", "dns.example"} {
		if NewResolver(s) == nil {
			t.Error(s)
		}
	}
}

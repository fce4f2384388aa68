package courier

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/smtpd/queue"
)

// E3: where nobody's DNS may send us.
func TestPublic(t *testing.T) {
	for a, want := range map[string]bool{
		"93.184.216.34": true, "2001:4860:4860::8888": true, "::ffff:93.184.216.34": true, "172.32.0.1": true, "100.128.0.1": true,
		"127.0.0.1": false, "127.255.255.254": false, "::1": false, "::ffff:127.0.0.1": false, "0.0.0.0": false, "0.1.2.3": false, "::": false,
		"10.0.0.1": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.0.1": false, "fc00::1": false, "fd12:3456::1": false, "::ffff:10.0.0.1": false,
		"169.254.169.254": false, "fe80::1": false, "fe80::1%eth0": false, "fec0::1": false,
		"224.0.0.1": false, "239.1.1.1": false, "ff02::1": false, "ff01::1": false, "255.255.255.255": false, "240.0.0.1": false,
		"100.64.0.1": false, "192.0.0.1": false, "198.18.0.1": false, "198.19.255.255": false,
		"2002:7f00:1::": false, "2001::1": false, "64:ff9b::7f00:1": false, "64:ff9b:1::1": false, "::127.0.0.1": false,
	} {
		if Public(netip.MustParseAddr(a)) != want {
			t.Errorf("%s: %v", a, !want)
		}
	}
	if Public(netip.Addr{}) {
		t.Error("no address at all")
	}
}

func TestOperator(t *testing.T) {
	var d dns
	for _, line := range []string{
		"mx a.test 10 mx1.big.test", "mx b.test 5 mx1.big.test", "mx b.test 1 mx2.eu.big.test", "a mx1.big.test 192.0.2.1", "a mx2.eu.big.test 192.0.2.2",
		"a c.test 192.0.2.3", "fail mx d.test", "mx e.test 0 .",
		// Whoever owns f.test would like a pause that its own host asks for to be one of big.test: its best host is a name of big.test's
		// that has no address, or one at which no mail is taken.
		"mx f.test 0 nobody.big.test", "mx f.test 10 mx.f.test", "a mx.f.test 192.0.2.4",
		"mx g.test 0 www.big.test", "mx g.test 10 mx.g.test", "a www.big.test 192.0.2.5", "a mx.g.test 192.0.2.6",
		"mx h.test 0 nobody.big.test",
	} {
		d.add(t, line)
	}
	c := NewDirect(DirectOptions{Name: "lists.test", Resolver: &d})
	defer c.Close()
	for domain, want := range map[string]string{"a.test": "big.test", "b.test": "big.test", "c.test": "c.test", "d.test": "", "e.test": "", "gone.test": "",
		"f.test": "f.test", "g.test": "", "h.test": ""} {
		if got := c.Operator(t.Context(), domain); got != want {
			t.Errorf("%s is run by %q, not by %q", domain, got, want)
		}
	}
	hops, _ := c.Route(t.Context(), "a.test")
	if len(hops) != 1 || Runs(hops[0].label()) != "big.test" || Runs("mx.other.test") != "other.test" {
		t.Errorf("the host of a.test: %v", hops)
	}
}

// E3, whatever the DNS says: port 25 of public addresses, at most four of them.
func FuzzRoute(f *testing.F) {
	f.Add("mx1.north.test", []byte{127, 0, 0, 1, 192, 0, 2, 1}, uint16(10))
	f.Add(".", []byte{10, 0, 0, 1}, uint16(0))
	f.Fuzz(func(t *testing.T, host string, addrs []byte, pref uint16) {
		d := dns{mx: map[string][]*net.MX{"north.test": {{Host: host, Pref: pref}, {Host: "mx2.north.test.", Pref: 10}}}, a: map[string][]net.IPAddr{}}
		for i := 0; i+4 <= len(addrs); i += 4 {
			name := []string{strings.ToLower(strings.TrimSuffix(host, ".")), "mx2.north.test"}[i/4%2]
			d.a[name] = append(d.a[name], net.IPAddr{IP: net.IP(addrs[i : i+4])})
		}
		c := NewDirect(DirectOptions{Name: "lists.test", Resolver: &d})
		hops, o := c.Route(t.Context(), "north.test")
		if len(hops) > addressMost || len(hops) == 0 && o.Text == "" {
			t.Errorf("%d hops, %+v", len(hops), o)
		}
		for _, h := range hops {
			at, err := netip.ParseAddrPort(h.Addr)
			if err != nil || at.Port() != 25 || !Public(at.Addr()) || !hostName(h.Name) {
				t.Errorf("%s: %+v", host, h)
			}
		}
	})
}

// The DNS is asked once for many copies, and again after a while; trouble is forgotten sooner.
func TestRoutesAreRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d dns
		d.add(t, "mx a.test 10 mx.a.test")
		d.add(t, "a mx.a.test 192.0.2.1")
		d.add(t, "fail mx b.test")
		c := NewDirect(DirectOptions{Name: "lists.test", Resolver: &d})
		asked := func(domain string) int {
			before := d.asked
			c.Route(t.Context(), domain)
			c.Operator(t.Context(), domain)
			return d.asked - before
		}
		for _, step := range []struct {
			domain string
			wait   time.Duration
			want   int
		}{
			{"a.test", 0, 3}, // MX, our own name, the host
			{"a.test", routeFor - time.Second, 0},
			{"a.test", 2 * time.Second, 2},
			{"b.test", 0, 1},
			{"b.test", 30 * time.Second, 0},
			{"b.test", 31 * time.Second, 1},
		} {
			time.Sleep(step.wait)
			if got := asked(step.domain); got != step.want {
				t.Errorf("%s after %v: %d questions, want %d", step.domain, step.wait, got, step.want)
			}
		}
	})
}

// A resolver that never answers costs five seconds for each question, and no letter.
func TestSilentDNS(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewDirect(DirectOptions{Name: "lists.test", Resolver: silentDNS{}})
		began := time.Now()
		_, o := c.Route(t.Context(), "north.test")
		if took := time.Since(began); took != queryTime || o.Kind != queue.Deferred || o.Enhanced != "4.4.3" {
			t.Errorf("%v after %v", o, took)
		}
	})
}

type silentDNS struct{}

func (silentDNS) LookupTXT(ctx context.Context, _ string) ([]string, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}
func (silentDNS) LookupMX(ctx context.Context, _ string) ([]*net.MX, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}
func (silentDNS) LookupIPAddr(ctx context.Context, _ string) ([]net.IPAddr, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}
func (silentDNS) LookupAddr(ctx context.Context, _ string) ([]string, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// Equal hosts share the load, each domain begins with another one (RFC 5321 §5.1).
func TestEqualHostsAreShuffled(t *testing.T) {
	var d dns
	first := map[string]int{}
	for n := range 200 {
		domain := fmt.Sprintf("d%d.test", n)
		d.add(t, "mx "+domain+" 10 a.big.test")
		d.add(t, "mx "+domain+" 10 b.big.test")
		d.add(t, "mx "+domain+" 20 c.big.test")
	}
	for i, h := range []string{"a", "b", "c"} {
		d.add(t, fmt.Sprintf("a %s.big.test 192.0.2.%d", h, i+1))
	}
	c := NewDirect(DirectOptions{Name: "lists.test", Resolver: &d})
	for n := range 200 {
		hops, _ := c.Route(t.Context(), fmt.Sprintf("d%d.test", n))
		first[hops[0].Name]++
		if len(hops) != 3 || hops[2].Name != "c.big.test" {
			t.Fatal(hops)
		}
	}
	if first["a.big.test"] < 20 || first["b.big.test"] < 20 || len(first) != 2 {
		t.Error(first)
	}
}

// M13: at most twenty messages over one connection; and a connection that is open is used before another equal host is dialled.
func TestTwentyPerConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d dns
		for _, line := range []string{"mx north.test 10 mx1.north.test", "a mx1.north.test 192.0.2.1", "mx south.test 10 mx1.north.test", "mx south.test 10 mx2.north.test", "a mx2.north.test 192.0.2.2"} {
			d.add(t, line)
		}
		var hosts sync.WaitGroup
		var dials []string
		dial := func(_ context.Context, _, addr string) (net.Conn, error) {
			dials = append(dials, addr)
			ours, theirs := net.Pipe()
			hosts.Go(func() { takeAll(theirs) })
			return ours, nil
		}
		c := NewDirect(DirectOptions{Name: "lists.test", Resolver: &d, Dial: dial})
		for range 30 {
			if o := c.Deliver(t.Context(), message(t, "dana@north.test")); o.Kind != queue.Delivered {
				t.Fatal(o)
			}
		}
		for range 10 { // by whichever name comes first: there is a connection to mx1
			if o := c.Deliver(t.Context(), message(t, "dana@south.test")); o.Kind != queue.Delivered {
				t.Fatal(o)
			}
		}
		if got := strings.Join(dials, " "); got != "192.0.2.1:25 192.0.2.1:25" {
			t.Error(got)
		}
		c.Close()
		hosts.Wait()
	})
}

// takeAll is a host that takes every message.
func takeAll(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	say := func(s string) { _, _ = conn.Write([]byte(s + "\r\n")) }
	say("220 mx")
	for data := false; ; {
		line, err := r.ReadString('\n')
		switch {
		case err != nil:
			return
		case data && line == ".\r\n":
			data = false
			say("250 taken")
		case data:
		case strings.HasPrefix(line, "DATA"):
			data = true
			say("354 go on")
		case strings.HasPrefix(line, "QUIT"):
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

// M14, RFC 8461: what is kept, what is asked again, and what nobody can make us forget.
func TestPoliciesAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d dns
		d.add(t, "txt _mta-sts.north.test v=STSv1; id=1;")
		text, fetched := "version: STSv1\nmode: enforce\nmx: mx1.north.test\nmax_age: 604800\n", 0
		var log strings.Builder
		base := dbtest.Open(t, Schema())
		restart := func() *STS {
			return &STS{DB: base, Resolver: &d, Log: slog.New(slog.NewTextHandler(&log, nil)), Fetch: func(context.Context, string) ([]byte, error) {
				if fetched++; text == "" {
					return nil, errors.New("the web is away")
				}
				return []byte(text), nil
			}}
		}
		s := restart()
		step := func(what string, wait time.Duration, mode STSMode, fetches int) {
			t.Helper()
			time.Sleep(wait)
			fetched = 0
			if p, _ := s.Find(t.Context(), "north.test"); p.Mode != mode || fetched != fetches {
				t.Errorf("%s: mode %q after %d fetches, want %q after %d", what, p.Mode, fetched, mode, fetches)
			}
		}
		step("the first time", 0, STSEnforce, 1)
		step("remembered", time.Minute, STSEnforce, 0)
		s = restart()
		step("kept over a restart", 0, STSEnforce, 0)
		delete(d.txt, "_mta-sts.north.test")
		step("the record is gone", time.Hour, STSEnforce, 0)
		d.add(t, "fail txt _mta-sts.north.test")
		step("the DNS is away", time.Hour, STSEnforce, 0)
		delete(d.fail, "txt _mta-sts.north.test")
		d.add(t, "txt _mta-sts.north.test v=STSv1; id=2;")
		text = ""
		step("another id, and the web is away", time.Hour, STSEnforce, 1)
		if !strings.Contains(log.String(), `msg="an MTA-STS policy could not be had" domain=north.test error="fetch the policy: the web is away"`) {
			t.Error(log.String())
		}
		step("not again within the hour", 30*time.Minute, STSEnforce, 0)
		text = "version: STSv1\nmode: testing\nmx: mx1.north.test\nmax_age: 86400\n"
		step("an hour later", time.Hour, STSTesting, 1)
		step("half a day later, the same id", 12*time.Hour, STSTesting, 0)
		step("after a day it is renewed", 13*time.Hour, STSTesting, 1)
		text = ""
		delete(d.txt, "_mta-sts.north.test")
		step("it has expired, and there is none any more", 48*time.Hour, "", 0)
	})
}

// While our own table cannot be read nobody knows what a domain wants. Then its mail waits; it does not go in clear.
func TestPolicyWithoutTable(t *testing.T) {
	base := dbtest.Open(t, Schema())
	dbtest.Update(t, base, func(tx *db.Tx) error { _, err := tx.Exec(`DROP TABLE sts_policy`); return err })
	var d dns
	d.add(t, "mx north.test 10 mx1.north.test")
	d.add(t, "a mx1.north.test 192.0.2.1")
	c := NewDirect(DirectOptions{Name: "lists.test", Resolver: &d, Policies: &STS{DB: base, Resolver: &d}})
	defer c.Close()
	for range 2 { // the trouble is not kept as an answer
		if hops, o := c.Route(t.Context(), "north.test"); len(hops) > 0 || o.Kind != queue.Deferred || o.Enhanced != "4.3.0" {
			t.Errorf("%v %v", hops, o)
		}
	}
	dbtest.Update(t, base, func(tx *db.Tx) error { _, err := tx.Exec(Schema().Steps[0]); return err })
	if hops, o := c.Route(t.Context(), "north.test"); len(hops) != 1 {
		t.Errorf("afterwards: %v %v", hops, o)
	}
}

// A policy in testing tells the log what would have been refused, once.
func TestPolicyInTestingIsNoted(t *testing.T) {
	var d dns
	d.add(t, "mx north.test 10 mx1.north.test")
	d.add(t, "a mx1.north.test 192.0.2.1")
	d.add(t, "txt _mta-sts.north.test v=STSv1; id=1;")
	var log strings.Builder
	s := &STS{DB: dbtest.Open(t, Schema()), Resolver: &d, Log: slog.New(slog.NewTextHandler(&log, nil)), Fetch: func(context.Context, string) ([]byte, error) {
		return []byte("version: STSv1\nmode: testing\nmx: other.test\nmax_age: 86400\n"), nil
	}}
	dial := func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go takeAll(theirs)
		return ours, nil
	}
	c := NewDirect(DirectOptions{Name: "lists.test", Resolver: &d, Policies: s, Dial: dial})
	for range 3 {
		if o := c.Deliver(t.Context(), message(t, "dana@north.test")); o.Kind != queue.Delivered {
			t.Error(o)
		}
	}
	c.Close()
	for _, because := range []string{"the policy does not name this host", "the host offers no TLS"} {
		if n := strings.Count(log.String(), `domain=north.test host=mx1.north.test because="`+because+`"`); n != 1 {
			t.Errorf("%q is said %d times in %s", because, n, log.String())
		}
	}
}

func TestMemoForgetsAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m memo[int]
		for n := range memoMost + 1 {
			m.put(fmt.Sprint(n), n, time.Minute)
		}
		if len(m.known) != 1 {
			t.Errorf("%d are known", len(m.known))
		}
		m.put("x", 1, time.Minute)
		time.Sleep(30 * time.Second)
		m.put("x", 2, time.Minute)
		time.Sleep(45 * time.Second)
		if v, ok := m.get("x"); !ok || v != 2 {
			t.Error("the timer of an old answer took the new one away", v, ok)
		}
	})
}

func TestDirectNeedsAResolver(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("DirectOptions without Resolver were taken")
		}
	}()
	NewDirect(DirectOptions{Name: "lists.test"})
}

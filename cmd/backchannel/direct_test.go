package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/archive/logbook"
	"backchannel/cmd/backchannel/backchanneltest"
	"backchannel/cmd/internal/config"
	"backchannel/smtpd/queue"

	"github.com/foxcpp/go-mockdns"
)

// abroad is the DNS of a world in which each domain has a mail host of its own; all of them are one machine here.
func abroad(t testing.TB, domains int) (resolver string) {
	zones := map[string]mockdns.Zone{}
	for n := range domains {
		host := fmt.Sprintf("mx.%s", domainOf(n))
		zones[domainOf(n)+"."] = mockdns.Zone{MX: []net.MX{{Host: host + ".", Pref: 10}}}
		zones[host+"."] = mockdns.Zone{A: []string{fmt.Sprintf("203.0.%d.%d", 113+n/200, 1+n%200)}}
	}
	s, err := mockdns.NewServerWithLogger(zones, silent{}, false)
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return s.LocalAddr().String()
}

// domainOf is the nth domain of that world.
func domainOf(n int) string {
	if n == 0 {
		return "north.test"
	}
	return fmt.Sprintf("d%d.test", n)
}

// directOptions are of a program that delivers to the hosts of that world by itself.
func directOptions(t testing.TB, w *backchanneltest.World, domains int) Options {
	c := townConfig(t.TempDir(), w)
	c.Relay = config.Relay{Mode: config.Direct, Connections: 10}
	c.DNS.Resolver = abroad(t, domains)
	return Options{Config: c, Reach: func(netip.Addr) (string, bool) { return w.Addr, true }}
}

// A post reaches members of many domains without a smarthost.
func TestDirect(t *testing.T) {
	const members, domains = 60, 7
	w := backchanneltest.NewWorld(t)
	p := openTownOf(t, directOptions(t, w, domains), members, members, func(n int) string { return domainOf(n % domains) })
	addr := serveTown(t, p)
	must(t, (&postman{addr}).send("m0@north.test", letterFrom("m0@north.test", 0, 2<<10)))
	if !w.Wait(backchanneltest.Until(t, time.Minute), func() bool { return w.Taken() >= members }) {
		t.Fatalf("%d of %d copies came", w.Taken(), members)
	}
	for n := range members {
		if times := w.Times(fmt.Sprintf("m%d@%s", n, domainOf(n%domains)), "n0@north.test"); times != 1 {
			t.Errorf("member %d got the post %d times", n, times)
		}
	}
}

// E3: without the hook of tests, the same world cannot be reached, and a domain that is not there fails for good.
func TestDirectReachesNobodyHere(t *testing.T) {
	w := backchanneltest.NewWorld(t)
	o := directOptions(t, w, 1)
	zones := map[string]mockdns.Zone{
		"north.test.": {MX: []net.MX{{Host: "mx.north.test.", Pref: 10}}}, "mx.north.test.": {A: []string{"127.0.0.1"}},
		"d1.test.": {MX: []net.MX{{Host: ".", Pref: 0}}},
	}
	s, err := mockdns.NewServerWithLogger(zones, silent{}, false)
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	o.Reach, o.Config.DNS.Resolver = nil, s.LocalAddr().String()
	p := openTownOf(t, o, 3, 3, domainOf)
	addr := serveTown(t, p)
	must(t, (&postman{addr}).send("m0@north.test", letterFrom("m0@north.test", 0, 2<<10)))
	said := map[string]string{}
	for end := backchanneltest.Until(t, time.Minute); len(said) < 3 && end.Err() == nil; {
		must(t, p.View(t.Context(), func(tx *db.Tx) error {
			all, err := queue.List(tx, queue.Filter{})
			for _, l := range all {
				if l.Said != "" {
					said[l.To] = l.Said
				}
			}
			for id := range queue.CopyID(4) {
				story, err := logbook.Find(tx, fmt.Sprint(id+1))
				if err != nil {
					return err
				}
				for _, e := range story {
					if e.Verb == logbook.Bounced {
						said[e.To] = e.Detail
					}
				}
			}
			return err
		}))
		<-time.After(50 * time.Millisecond)
	}
	for to, want := range map[string]string{
		"m0@north.test": "the mail hosts of north.test have addresses that are nobody's on the Internet: 127.0.0.1",
		"m1@d1.test":    "the domain d1.test says that it takes no mail (null MX)",
		"m2@d2.test":    "there is no domain d2.test, or it takes no mail: the DNS knows neither a mail host (MX) nor an address",
	} {
		if said[to] != want {
			t.Errorf("%s: %q, want %q", to, said[to], want)
		}
	}
	if w.Taken() != 0 {
		t.Error("something came here")
	}
}

// M13: a provider that wants less is named, with when it goes on and which copy met with it, and is left alone (E2).
func TestWhoRestsIsShown(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer busy.Close()
	var dials atomic.Int32
	go func() {
		for {
			conn, err := busy.Accept()
			if err != nil {
				return
			}
			dials.Add(1)
			_, _ = conn.Write([]byte("421 4.7.0 m0@north.test: too many letters\r\n"))
			conn.Close()
		}
	}()
	o := directOptions(t, backchanneltest.NewWorld(t), 1)
	o.Reach = func(netip.Addr) (string, bool) { return busy.Addr().String(), true }
	p := openTownOf(t, o, 1, 1, domainOf)
	must(t, p.Update(t.Context(), func(tx *db.Tx) error {
		for n := range 3 {
			to := letter.Address{Local: fmt.Sprint("m", n), Domain: "north.test"}
			if _, err := queue.Owe(tx, queue.Owed{Source: "test", Story: "s", Stamp: "plain", To: to}); err != nil {
				return err
			}
		}
		return nil
	}))
	r, err := p.runner()
	must(t, err)
	r.Register("plain", plainStamp{})
	tally, err := r.Drain(t.Context())
	must(t, err)
	if tally.Deferred != 1 || !tally.Left {
		t.Errorf("%+v after %d dials", tally, dials.Load())
	}
	must(t, p.Close())
	file := filepath.Join(t.TempDir(), "config.yaml")
	must(t, os.WriteFile(file, []byte("hostname: lists.test\ndata: "+o.Config.Data+"\nrelay: { mode: direct }\n"), 0o600))
	var out, notes strings.Builder
	if code := run(t.Context(), []string{"-c", file, "queue", "operators"}, strings.NewReader(""), &out, &notes); code != 0 {
		t.Fatal(notes.String())
	}
	if !regexp.MustCompile(`(?m)^OPERATOR +RESTS UNTIL +BECAUSE +COPY\nnorth.test +\S.* +mx.north.test\[127.0.0.1\] said 421 4.7.0 +1$`).MatchString(out.String()) {
		t.Errorf("operators:\n%s", out.String())
	}
	if code := run(t.Context(), []string{"-c", file, "queue", "list"}, strings.NewReader(""), &out, &notes); code != 0 ||
		!regexp.MustCompile(`note: nothing goes to north.test before .*: mx.north.test\[127.0.0.1\] said 421 4.7.0 \(copy 1\).`).MatchString(notes.String()) {
		t.Errorf("list: %d\n%s", code, notes.String())
	}
}

type plainStamp struct{}

func (plainStamp) Stamp(*db.Tx, queue.Copy, func() ([]byte, error)) (queue.Message, error) {
	return queue.Message{Head: []byte("From: Garden <talk@gardeners.test>\r\nSubject: x\r\n\r\n"), Body: []byte("hello\r\n")}, nil
}

// postman brings letters to the door of a program.
type postman struct{ addr string }

func (d *postman) send(from, raw string) error {
	c, err := backchanneltest.DialSMTP(d.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Send(from, backchanneltest.List, []byte(strings.TrimPrefix(strings.ReplaceAll("\r\n"+raw, "\r\n.", "\r\n.."), "\r\n")))
}

// RFC 8461 §3.3: what counts as a policy on the web, and what does not.
func TestFetchPolicy(t *testing.T) {
	const policy = "version: STSv1\nmode: enforce\nmx: mx.test\nmax_age: 86400\n"
	mux := http.NewServeMux()
	plain := func(path, kind, text string, code int) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(code)
			_, _ = w.Write([]byte(text))
		})
	}
	plain("/good", "text/plain; charset=utf-8", policy, 200)
	plain("/html", "text/html", policy, 200)
	plain("/gone", "text/plain", policy, 404)
	plain("/long", "text/plain", strings.Repeat("x: y\n", 20_000), 200)
	mux.Handle("/moved", http.RedirectHandler("/good", http.StatusFound))
	mux.HandleFunc("/packed", func(w http.ResponseWriter, r *http.Request) { // B4: nothing is unpacked, and nobody is told that we could
		if r.Header.Get("Accept-Encoding") != "" {
			w.Header().Set("Content-Encoding", "gzip")
		}
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write([]byte(policy))
	})
	mux.HandleFunc("/head", func(w http.ResponseWriter, r *http.Request) { // no web server says so much before a policy
		w.Header().Set("X-Long", strings.Repeat("x", 100<<10))
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write([]byte(policy))
	})
	s := httptest.NewTLSServer(mux)
	defer s.Close()
	way := policyWay(new(net.Dialer).DialContext)
	way.TLSClientConfig = s.Client().Transport.(*http.Transport).TLSClientConfig
	for path, want := range map[string]string{
		"/good": "", "/html": "what the web server has is no plain text", "/gone": "the web server says 404 Not Found",
		"/moved": "the web server says 302 Found", "/long": "what the web server has is too long for a policy",
		"/packed": "", "/head": "net/http: server response headers exceeded 16384 bytes; aborted",
	} {
		text, err := fetchPolicy(t.Context(), s.URL+path, way)
		if want == "" && (err != nil || string(text) != policy) || want != "" && (err == nil || err.Error() != want) {
			t.Errorf("%s: %q, %v, want %q", path, text, err, want)
		}
	}
	if _, err := fetchPolicy(t.Context(), s.URL+"/good", &http.Transport{}); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate of nobody: %v", err)
	}
	stuck, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := fetchPolicy(stuck, s.URL+"/good", s.Client().Transport); !errors.Is(err, context.Canceled) && err == nil {
		t.Error(err)
	}
}

// E3 holds for policies, too: a stranger's DNS must not make us talk to this machine.
func TestPoliciesComeFromOutside(t *testing.T) {
	s, err := mockdns.NewServerWithLogger(map[string]mockdns.Zone{"mta-sts.north.test.": {A: []string{"127.0.0.1", "10.0.0.1"}}}, silent{}, false)
	must(t, err)
	defer s.Close()
	p := &Program{Options: Options{Config: config.Config{DNS: config.DNS{Resolver: s.LocalAddr().String()}, Data: filepath.Join(t.TempDir(), "data")}}}
	for url, want := range map[string]string{
		"https://mta-sts.north.test/":      "the host of the policy has no address on the Internet",
		"https://mta-sts.north.test:8443/": "only port 443 is asked for policies",
		"https://127.0.0.1:8443/":          "only port 443 is asked for policies",
	} {
		if _, err := p.fetchPolicy(t.Context(), url); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", url, err, want)
		}
	}
}

// The way out by the word of the config.
func TestWayOut(t *testing.T) {
	for mode, lanes := range map[config.RelayMode]bool{config.Outbox: false, config.Smarthost: false, config.Direct: true} {
		p := &Program{Options: Options{Config: config.Config{Hostname: "lists.test", Relay: config.Relay{Mode: mode, Warmup: mode == config.Direct}}}}
		way, l := p.wayOut()
		if way == nil || (l != nil) != lanes || lanes && !l.Warmup {
			t.Errorf("%s: %T %+v", mode, way, l)
		}
		for _, end := range p.closers {
			must(t, end())
		}
	}
}

// BenchmarkDirect measures one post of 20 KB to ten thousand members in 300 domains without a smarthost, from its DATA until the last copy has
// arrived: MX looked up, paced for each operator, every copy stamped and signed. Then the same with a world whose hosts let 20 ms pass
// before each reply. The mark: 1.5 times the undelayed run. The second post in each finds tokens and routes.
func BenchmarkDirect(b *testing.B) {
	const copies, domains = 10_000, 300
	var took [2][2]time.Duration
	var busy [2]time.Duration // of the processors, the world's part included
	for b.Loop() {
		for i, delay := range []time.Duration{0, 20 * time.Millisecond} {
			b.StopTimer()
			w := backchanneltest.NewWorld(b)
			w.Delay = delay
			p := openTownOf(b, directOptions(b, w, domains), copies, copies, func(n int) string { return domainOf(n % domains) })
			addr := serveTown(b, p)
			b.StartTimer()
			before := processorTime()
			for n := range took[i] {
				took[i][n] += fanOut(b, w, func() error {
					return (&postman{addr}).send("m0@north.test", letterFrom("m0@north.test", 10*n, 20<<10))
				}, copies)
			}
			busy[i] += processorTime() - before
		}
	}
	each := float64(b.N)
	b.ReportMetric(took[0][0].Seconds()/each, "s/first")
	b.ReportMetric(took[0][1].Seconds()/each, "s/second")
	b.ReportMetric(took[1][0].Seconds()/each, "s/first,20ms")
	b.ReportMetric(took[1][1].Seconds()/each, "s/second,20ms")
	b.ReportMetric(took[1][0].Seconds()/took[0][0].Seconds(), "×first")
	b.ReportMetric(took[1][1].Seconds()/took[0][1].Seconds(), "×second")
	b.ReportMetric(busy[0].Seconds()/2/each, "cpu-s/post")
	b.ReportMetric(busy[1].Seconds()/2/each, "cpu-s/post,20ms")
	b.ReportMetric(0, "ns/op")
}

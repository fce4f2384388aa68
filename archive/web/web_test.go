package web_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"backchannel/archive/web"
)

// out is a log that several requests write to.
type out struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *out) Write(p []byte) (int, error) { o.mu.Lock(); defer o.mu.Unlock(); return o.b.Write(p) }
func (o *out) String() string              { o.mu.Lock(); defer o.mu.Unlock(); return o.b.String() }

type clock struct{ now time.Time }

func server(t *testing.T, cfg web.Config) (*web.Server, *out, *clock) {
	t.Helper()
	log, c := &out{}, &clock{time.Date(2026, 6, 12, 8, 0, 0, 0, time.UTC)}
	cfg.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	cfg.Now = func() time.Time { return c.now }
	s, err := web.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s, log, c
}

func ask(s *web.Server, method, path string, change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://lists.example"+path, nil)
	r.RemoteAddr = "192.0.2.7:4000"
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestAClockIsNeeded(t *testing.T) {
	if _, err := web.New(web.Config{}); err == nil {
		t.Error("no complaint")
	}
}

// B7, and what else keeps a page to itself: on every answer, whatever it is.
func TestHeaders(t *testing.T) {
	s, _, _ := server(t, web.Config{URL: "https://lists.example"})
	s.Handle("GET /panics", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("x") }))
	for _, path := range []string{"/", "/style.css", "/icon.svg", "/robots.txt", "/nothing", "/panics"} {
		h := ask(s, "GET", path, nil).Header()
		for name, want := range map[string]string{
			"Content-Security-Policy":    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'",
			"X-Content-Type-Options":     "nosniff",
			"Referrer-Policy":            "no-referrer",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin",
			"Strict-Transport-Security": "max-age=31536000",
			"Set-Cookie":                "",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s: %q", path, name, got)
			}
		}
		if cached := h.Get("Cache-Control") != "no-store"; cached != (path == "/style.css" || path == "/icon.svg" || path == "/robots.txt") {
			t.Errorf("%s: Cache-Control %s", path, h.Get("Cache-Control"))
		}
	}
	plain, _, _ := server(t, web.Config{})
	if got := ask(plain, "GET", "/", nil).Header().Get("Strict-Transport-Security"); got != "" {
		t.Errorf("without https: %s", got)
	}
}

func TestWhatThereIs(t *testing.T) {
	s, log, _ := server(t, web.Config{})
	for _, c := range []struct {
		method, path string
		status       int
		holds, kind  string
	}{
		{"GET", "/", 200, "carries the mail of private communities", "text/html; charset=utf-8"},
		{"GET", "/style.css", 200, "prefers-color-scheme", "text/css; charset=utf-8"},
		{"GET", "/icon.svg", 200, "<svg", "image/svg+xml"},
		{"GET", "/robots.txt", 200, "Disallow: /\n", "text/plain; charset=utf-8"},
		{"GET", "/u/abc", 404, "There is nothing here", "text/html; charset=utf-8"},
		{"GET", "//", 404, "There is nothing here", "text/html; charset=utf-8"},
		{"GET", "/a/../style.css", 404, "There is nothing here", "text/html; charset=utf-8"},
		{"GET", "/.well-known/../style.css", 404, "There is nothing here", "text/html; charset=utf-8"},
		{"GET", "/.well-known/./x", 404, "There is nothing here", "text/html; charset=utf-8"},
		{"GET", "/.git/config", 404, "There is nothing here", "text/html; charset=utf-8"},
		{"POST", "/", 405, "This cannot be done here", "text/html; charset=utf-8"},
		{"BREW", "/nothing", 404, "There is nothing here", "text/html; charset=utf-8"},
		{"GET", "/u/abc", 404, `<html lang="en">`, "text/html; charset=utf-8"},
		{"TRACE", "/", 405, "This cannot be done here", "text/html; charset=utf-8"},
	} {
		w := ask(s, c.method, c.path, nil)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.holds) || w.Header().Get("Content-Type") != c.kind || w.Header().Get("Location") != "" {
			t.Errorf("%s %s: %d %s\n%s", c.method, c.path, w.Code, w.Header(), w.Body)
		}
	}
	if w := ask(s, "POST", "/", nil); w.Header().Get("Allow") != "GET, HEAD" {
		t.Error(w.Header())
	}
	if strings.Contains(log.String(), "BREW") || strings.Contains(log.String(), "/u/abc") || strings.Contains(log.String(), ".git") {
		t.Errorf("a stranger's words are in the log:\n%s", log)
	}
}

// Whoever is no member yet, or not known, is spoken to in the language of their browser.
func TestLanguageOfTheBrowser(t *testing.T) {
	s, _, _ := server(t, web.Config{})
	for path, want := range map[string]string{"/": "Ein Mailserver für Gemeinschaften", "/nothing": "Hier ist nichts", "/style.css": "prefers-color-scheme"} {
		w := ask(s, "GET", path, func(r *http.Request) { r.Header.Set("Accept-Language", "de-CH, en;q=0.5") })
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %s", path, w.Body)
		}
	}
	w := ask(s, "POST", "/", func(r *http.Request) { r.Header.Set("Accept-Language", "ja") })
	if w.Code != 405 || !strings.Contains(w.Body.String(), `<html lang="ja">`) || !strings.Contains(w.Body.String(), "見ることだけです") {
		t.Errorf("%d\n%s", w.Code, w.Body)
	}
}

// A server in front may leave its path on, or take it away.
func TestBelowAPath(t *testing.T) {
	s, _, _ := server(t, web.Config{URL: "https://www.example/lists/"})
	for path, status := range map[string]int{"/": 200, "/lists": 200, "/lists/": 200, "/lists/style.css": 200, "/style.css": 200, "/listsstyle.css": 404, "/lists/lists/": 404} {
		if w := ask(s, "GET", path, nil); w.Code != status {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	if body := ask(s, "GET", "/", nil).Body.String(); !strings.Contains(body, `href="/lists/style.css"`) {
		t.Error(body)
	}
}

// P8: a page that panics ends alone, and what it panicked with stays out of the log.
func TestPanic(t *testing.T) {
	s, log, _ := server(t, web.Config{})
	s.Handle("GET /panics", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(errors.New("tokentoken")) }))
	s.Handle("GET /late", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(201); panic("x") }))
	if w := ask(s, "GET", "/panics", nil); w.Code != 500 || !strings.Contains(w.Body.String(), "Something of ours did not work") {
		t.Errorf("%d\n%s", w.Code, w.Body)
	}
	if w := ask(s, "GET", "/late", nil); w.Code != 201 || w.Body.Len() > 0 {
		t.Errorf("%d\n%s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "a page panicked") || !strings.Contains(log.String(), "web_test.go") || strings.Contains(log.String(), "tokentoken") {
		t.Error(log)
	}
}

func TestBroken(t *testing.T) {
	s, log, _ := server(t, web.Config{})
	s.Handle("GET /x", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.Broken(w, r, "read the thing", errors.New("disk on fire"))
	}))
	w := ask(s, "GET", "/x", nil)
	if w.Code != 503 || w.Header().Get("Retry-After") == "" || strings.Contains(w.Body.String(), "disk") || !strings.Contains(log.String(), "disk on fire") {
		t.Errorf("%d %s\n%s", w.Code, w.Body, log)
	}
}

// Each network has its measure, this machine has none, and a server in front tells who asks.
func TestRate(t *testing.T) {
	s, _, c := server(t, web.Config{Rate: 2, Burst: 10})
	from := func(addr, forwarded string) int {
		return ask(s, "GET", "/", func(r *http.Request) {
			r.RemoteAddr = addr
			if forwarded != "" {
				r.Header.Set("X-Forwarded-For", forwarded)
			}
		}).Code
	}
	count := func(addr, forwarded string) (n int) {
		for range 20 {
			if from(addr, forwarded) == 200 {
				n++
			}
		}
		return n
	}
	for _, test := range []struct {
		name, addr, forwarded string
		want                  int
	}{
		{"a stranger", "192.0.2.1:1", "", 10},
		{"the same from another port", "192.0.2.1:2", "", 0},
		{"the same who says to be another", "192.0.2.1:3", "198.51.100.1", 0},
		{"another", "192.0.2.2:1", "", 10},
		{"this machine", "127.0.0.1:1", "", 20},
		{"IPv6", "[2001:db8::1]:1", "", 10},
		{"its neighbour in the /64", "[2001:db8::2]:1", "", 0},
		{"through a server on this machine", "127.0.0.1:1", "203.0.113.9", 10},
		{"who invents one before it", "[::1]:1", "10.0.0.1, 203.0.113.9", 0},
		{"nonsense", "127.0.0.1:1", "what", 20},
	} {
		if got := count(test.addr, test.forwarded); got != test.want {
			t.Errorf("%s: %d of 20, want %d", test.name, got, test.want)
		}
	}
	c.now = c.now.Add(2 * time.Second)
	if got := count("192.0.2.1:1", ""); got != 4 {
		t.Errorf("two seconds later: %d, want 4", got)
	}
}

// However many networks ask, we remember a bounded number of them.
func TestRateForgets(t *testing.T) {
	s, _, c := server(t, web.Config{Rate: 1, Burst: 1})
	for i := range 25000 {
		if i%1000 == 0 {
			c.now = c.now.Add(time.Second)
		}
		ask(s, "HEAD", "/style.css", func(r *http.Request) { r.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:1", i>>16, i>>8&255, i&255) })
	}
	if n := web.Remembered(s); n > 10001 {
		t.Errorf("%d networks are remembered", n)
	}
}

func TestBodyTooLong(t *testing.T) {
	s, _, _ := server(t, web.Config{MaxBody: 10})
	var read error
	s.Handle("POST /x", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, read = io.ReadAll(r.Body) }))
	said := ask(s, "POST", "/x", func(r *http.Request) {
		r.ContentLength, r.Body = 11, io.NopCloser(strings.NewReader(strings.Repeat("x", 11)))
	})
	if said.Code != 413 || read != nil {
		t.Errorf("announced: %d, %v", said.Code, read)
	}
	ask(s, "POST", "/x", func(r *http.Request) {
		r.ContentLength, r.Body = -1, io.NopCloser(strings.NewReader(strings.Repeat("x", 11)))
	})
	var tooLong *http.MaxBytesError
	if !errors.As(read, &tooLong) {
		t.Errorf("not announced: %v", read)
	}
}

// Where people write letters a form may be longer; everywhere else it may not.
func TestLongForms(t *testing.T) {
	s, _, _ := server(t, web.Config{MaxBody: 10})
	for _, path := range []string{"/short", "/long"} {
		handle := s.Handle
		if path == "/long" {
			handle = func(pattern string, h http.Handler) { s.HandleLong(pattern, 20, h) }
		}
		handle("POST "+path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.ReadAll(r.Body); err != nil {
				w.WriteHeader(http.StatusTeapot)
			}
		}))
	}
	for _, c := range []struct {
		path           string
		octets, status int
		announced      bool
	}{{"/short", 10, 200, true}, {"/short", 11, 413, true}, {"/short", 11, 418, false}, {"/long", 20, 200, true}, {"/long", 21, 413, true}, {"/long", 21, 418, false}, {"/nothing", 11, 413, true}} {
		w := ask(s, "POST", c.path, func(r *http.Request) {
			r.ContentLength, r.Body = -1, io.NopCloser(strings.NewReader(strings.Repeat("x", c.octets)))
			if c.announced {
				r.ContentLength = int64(c.octets)
			}
		})
		if w.Code != c.status {
			t.Errorf("%+v: %d", c, w.Code)
		}
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// public pretends that a listener is open to the world.
type public struct{ net.Listener }

func (public) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 80} }

func TestInClearOnLoopbackOnly(t *testing.T) {
	s, _, _ := server(t, web.Config{})
	l := listen(t)
	defer l.Close()
	if err := s.Serve(public{l}); err == nil || !strings.Contains(err.Error(), "there is no TLS") {
		t.Error(err)
	}
}

// Stopping lets a request under way finish, and takes no new ones.
func TestShutdown(t *testing.T) {
	s, _, _ := server(t, web.Config{})
	inside, goOn := make(chan bool), make(chan bool)
	s.Handle("GET /slow", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { inside <- true; <-goOn; fmt.Fprint(w, "done") }))
	l := listen(t)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	got := make(chan string, 1)
	go func() {
		res, err := http.Get("http://" + l.Addr().String() + "/slow")
		if err != nil {
			got <- err.Error()
			return
		}
		defer res.Body.Close()
		text, _ := io.ReadAll(res.Body)
		got <- string(text)
	}()
	<-inside
	stopped := make(chan error, 1)
	go func() { stopped <- s.Shutdown(context.Background()) }()
	if err := <-served; err != nil {
		t.Error(err)
	}
	close(goOn)
	if text := <-got; text != "done" {
		t.Error(text)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

// Connections are counted, in all; one more is closed and told nothing, and a place is free again when one ends.
func TestConnections(t *testing.T) {
	s, _, _ := server(t, web.Config{MaxConns: 2})
	l := listen(t)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	defer func() {
		if err := errors.Join(s.Shutdown(t.Context()), <-served); err != nil {
			t.Error(err)
		}
	}()
	dial := func() (net.Conn, string) {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
		line, _ := bufio.NewReader(c).ReadString('\n')
		return c, strings.TrimSpace(line)
	}
	a, first := dial()
	b, second := dial()
	c, third := dial()
	if first != "HTTP/1.1 200 OK" || second != first || third != "" {
		t.Errorf("%q %q %q", first, second, third)
	}
	a.Close()
	c.Close()
	for {
		d, again := dial()
		d.Close()
		if again == first {
			break
		}
	}
	b.Close()
}

// The doorstep shows no page: it sends browsers on, lets the authority be answered, and does nothing for anybody else.
func TestDoorstep(t *testing.T) {
	s, log, _ := server(t, web.Config{URL: "https://www.example/lists"})
	l := listen(t)
	served := make(chan error, 1)
	go func() {
		served <- s.Doorstep(l, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch r.URL.Path {
				case "/.well-known/acme-challenge/x":
					fmt.Fprint(w, "proof")
				case "/panics":
					panic("x")
				default:
					next.ServeHTTP(w, r)
				}
			})
		})
	}()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for _, c := range []struct {
		method, path string
		status       int
		location     string
	}{
		{"GET", "/", 308, "https://www.example/lists/"},
		{"GET", "/u/0123", 308, "https://www.example/lists/u/0123"},
		{"GET", "/lists/u/0123?x=1", 308, "https://www.example/lists/u/0123"},
		{"HEAD", "/", 308, "https://www.example/lists/"},
		{"GET", "//evil.example/", 308, "https://www.example/lists//evil.example/"},
		{"GET", "/%0d%0aX:y", 308, "https://www.example/lists/%0d%0aX:y"},
		{"GET", "/" + strings.Repeat("x", 300), 404, ""},
		{"POST", "/u/0123", 404, ""},
		{"GET", "/.well-known/acme-challenge/x", 200, ""},
		{"GET", "/panics", 500, ""},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, "http://"+l.Addr().String()+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != c.status || res.Header.Get("Location") != c.location || res.Header.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s %s: %d %s", c.method, c.path, res.StatusCode, res.Header)
		}
	}
	if err := errors.Join(s.Shutdown(t.Context()), <-served); err != nil {
		t.Error(err)
	}
	if strings.Contains(log.String(), "0123") {
		t.Error(log)
	}
}

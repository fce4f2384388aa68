// Package web is the web server. It promises that no page of it carries a script or anything from another host (B7), nor a cookie but the one of
// somebody who signed in and, before that, the one by which a form at the door is known to have been shown to this very browser; that what is not there and what is not for you look the same (P15); that a request is bounded in size, time and
// number, and one that panics ends alone (P8); and that the path of a request, which may hold a token, never reaches a log.
//
// What there is to see is hung in by others with Handle; this package has the pages that belong to nobody: the front page, the style
// sheet, and what is said when there is nothing to say.
package web

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"backchannel/templates"
)

// Config says how the server runs. Zero values of the figures mean the defaults named beside them.
type Config struct {
	Front string           // the path of the page behind "Sign in" on the front page; "" when nobody can sign in
	URL   string           // how people reach the pages, here or through a server in front of this one; "" when it does not matter
	TLS   *tls.Config      // nil: in clear, which Serve allows on loopback listeners only
	Now   func() time.Time // the clock of the limits
	Log   *slog.Logger     // nil: nothing is logged

	MaxConns   int   // 256 connections in all
	PerNetwork int   // 32 of them from one IPv4 address or IPv6 /64; loopback has no limit
	Rate       int   // 5 requests a second from one network for long …
	Burst      int   // … and 100 at once: a mail provider presses many buttons
	MaxBody    int64 // 16 KiB of a request's body
}

// The bounds that are no settings.
const (
	headerTime   = 10 * time.Second
	readTime     = 20 * time.Second
	writeTime    = 30 * time.Second
	idleTime     = time.Minute
	maxHeader    = 16 << 10
	maxBody      = 16 << 10
	maxNetworks  = 10000
	policyOfPage = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'" // B7
	hsts         = "max-age=31536000"
)

// Server is the web server. Hang everything in before the first Serve.
type Server struct {
	cfg   Config
	base  string // the path of the URL, without a slash at the end; mostly ""
	host  string // the host of the URL, with its port
	https bool   // the URL is one of https
	mux   *http.ServeMux
	inner *http.Server
	step  *http.Server // the one of Doorstep
	door  *door
	speed *speed

	longer  map[string]int64 // how long a request's body may be, by pattern, where that is more than MaxBody
	errands errands
}

// New makes a server. Now is needed.
func New(cfg Config) (*Server, error) {
	if cfg.Now == nil {
		return nil, errors.New("web: a clock is needed")
	}
	for p, standard := range map[*int]int{&cfg.MaxConns: 256, &cfg.PerNetwork: 32, &cfg.Rate: 5, &cfg.Burst: 100} {
		if *p == 0 {
			*p = standard
		}
	}
	if cfg.MaxBody == 0 {
		cfg.MaxBody = maxBody
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	at, err := url.Parse(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("web: the address of the pages: %w", err)
	}
	s := &Server{cfg: cfg, base: strings.TrimRight(at.Path, "/"), host: at.Host, https: at.Scheme == "https", mux: http.NewServeMux(), longer: map[string]int64{}, door: newDoor(cfg.MaxConns, cfg.PerNetwork), speed: newSpeed(cfg)}
	s.inner, s.step = s.bounded(s), s.bounded(nil)
	if cfg.TLS != nil {
		s.inner.TLSConfig = cfg.TLS.Clone() // net/http writes its protocols into it
	}
	s.own()
	return s, nil
}

// bounded is a server of the library with our bounds.
func (s *Server) bounded(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime, IdleTimeout: idleTime,
		MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelDebug),
	}
}

// own hangs in the pages that belong to nobody.
func (s *Server) own() {
	s.Handle("GET /{$}", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		html, err := templates.FrontPage{Room: s.Outside(r), SignIn: s.cfg.Front}.Render()
		s.page(w, http.StatusOK, html, err)
	}))
	for _, f := range []struct {
		name, kind string
		text       []byte
	}{
		{"/style.css", "text/css; charset=utf-8", templates.Style()},
		{"/icon.svg", "image/svg+xml", templates.Icon()},
		{"/robots.txt", "text/plain; charset=utf-8", []byte("User-agent: *\nDisallow: /\n")},
	} {
		s.Handle("GET "+f.name, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", f.kind)
			w.Header().Set("Cache-Control", "public, max-age=3600")
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.text))
		}))
	}
}

// Handle hangs in what answers to a pattern of http.ServeMux, like "GET /health" or "GET mta-sts.gardeners.example/x". The pattern
// is what the log calls a request by, so it must hold nothing secret. The handler may count on a body no longer than 16 KiB.
func (s *Server) Handle(pattern string, h http.Handler) { s.mux.Handle(pattern, h) }

// HandleLong is Handle for forms in which people write letters: their bodies may have so many octets.
func (s *Server) HandleLong(pattern string, most int64, h http.Handler) {
	s.longer[pattern] = most
	s.Handle(pattern, h)
}

// Serve answers on one listener until Shutdown. Without TLS it refuses every listener that is not on loopback.
func (s *Server) Serve(l net.Listener) error {
	if s.cfg.TLS == nil && !isLocal(l.Addr()) {
		return fmt.Errorf("web: %s is open to the world and there is no TLS: addresses with tokens would travel in clear", l.Addr())
	}
	l = &counted{Listener: l, door: s.door}
	var err error
	if s.cfg.TLS == nil {
		err = s.inner.Serve(l)
	} else {
		err = s.inner.ServeTLS(l, "", "")
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("web: %w", err)
}

// Page answers with a page of templates.
func Page(w http.ResponseWriter, status int, html []byte) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(html) // whoever hangs up does not want it
}

// Outside is what stands around a page for somebody who is not signed in: it is in the language that their browser asks for.
func (s *Server) Outside(r *http.Request) templates.Room {
	return templates.Room{Base: s.base, In: templates.LanguageFor(r.Header.Get("Accept-Language"))}
}

// Missing is the one answer to what is not there, is no more, or is not for whoever asks (P15).
func (s *Server) Missing(w http.ResponseWriter, r *http.Request) {
	html, err := templates.MissingPage{Room: s.Outside(r)}.Render()
	s.page(w, http.StatusNotFound, html, err)
}

// Sorry answers with a status and a sentence for people.
func (s *Server) Sorry(w http.ResponseWriter, r *http.Request, status int, why templates.Apology) {
	html, err := templates.SorryPage{Room: s.Outside(r), Why: why}.Render()
	s.page(w, status, html, err)
}

// Broken is the answer when something of ours failed: the same words whatever it was, and the cause in the log.
func (s *Server) Broken(w http.ResponseWriter, r *http.Request, what string, err error) {
	s.cfg.Log.Error(what, "error", err.Error())
	w.Header().Set("Retry-After", "60")
	s.Sorry(w, r, http.StatusServiceUnavailable, templates.Failed)
}

func (s *Server) page(w http.ResponseWriter, status int, html []byte, err error) {
	if err != nil {
		s.cfg.Log.Error("a page cannot be written", "error", err.Error())
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	Page(w, status, html)
}

// Base is the path below which the pages are reached, for templates.
func (s *Server) Base() string { return s.base }

// isLocal tells whether nobody but this machine can reach an address.
func isLocal(a net.Addr) bool {
	if t, ok := a.(*net.TCPAddr); ok {
		return t.IP.IsLoopback()
	}
	return a.Network() == "pipe" || a.Network() == "unix"
}

// peer is who asks. A server in front of this one, on this machine, tells by X-Forwarded-For; anybody else's word counts nothing. Of
// several addresses the last is the one that the server in front saw itself.
func peer(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	ip := at.Addr().Unmap()
	if said := r.Header.Values("X-Forwarded-For"); ip.IsLoopback() && len(said) > 0 {
		last := said[len(said)-1]
		if told, err := netip.ParseAddr(strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])); err == nil {
			return told.Unmap()
		}
	}
	return ip
}

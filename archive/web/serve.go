package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"backchannel/templates"
	"backchannel/templates/refusal"
)

// ServeHTTP takes every request: the headers that all answers have, the bounds, the way, and one line in the log.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := s.cfg.Now()
	a := &answer{ResponseWriter: w}
	s.dress(a.Header())
	route := ""
	defer func() {
		s.cfg.Log.Info("web", "route", route, "method", known(r.Method), "status", a.status, "took", s.cfg.Now().Sub(began).Round(time.Millisecond))
	}()
	defer func() {
		if p := recover(); p != nil {
			s.panicked(a, r, p)
		}
	}()
	if !s.speed.allow(peer(r)) {
		a.Header().Set("Retry-After", "60")
		s.Sorry(a, r, http.StatusTooManyRequests, templates.ManyRequests)
		return
	}
	r = s.below(r)
	// The mux would answer a path with // or .. in it by redirecting to the clean one; we redirect nobody.
	_, pattern := s.mux.Handler(r)
	most := max(s.cfg.MaxBody, s.longer[pattern])
	if r.ContentLength > most {
		a.Header().Set("Connection", "close")
		s.Sorry(a, r, http.StatusRequestEntityTooLarge, templates.TooLarge)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, most)
	if pattern == "" || strings.Contains(r.URL.Path, "//") || strings.Contains(strings.TrimPrefix(r.URL.Path, "/.well-known"), "/.") {
		if allowed := s.allowed(r); pattern == "" && len(allowed) > 0 {
			a.Header().Set("Allow", strings.Join(allowed, ", "))
			s.Sorry(a, r, http.StatusMethodNotAllowed, templates.OnlyToSee)
			return
		}
		s.Missing(a, r)
		return
	}
	route = pattern
	s.mux.ServeHTTP(a, r) // it asks itself again, and fills in what the pattern names
}

// dress gives an answer the headers that all have.
func (s *Server) dress(h http.Header) {
	for name, value := range map[string]string{
		"Content-Security-Policy": policyOfPage,
		"X-Content-Type-Options":  "nosniff",
		"X-Frame-Options":         "DENY",
		"Referrer-Policy":         "no-referrer", // a path may hold a token
		"Cache-Control":           "no-store",
		"X-Robots-Tag":            "noindex",
		// No window of another site gets hold of ours, and no page of it loads what is here.
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
	} {
		h.Set(name, value)
	}
	if s.https {
		h.Set("Strict-Transport-Security", hsts)
	}
}

// below takes the path in front of our own away, if the server in front of this one left it there.
func (s *Server) below(r *http.Request) *http.Request {
	rest, ok := strings.CutPrefix(r.URL.Path, s.base)
	if s.base == "" || !ok || rest != "" && rest[0] != '/' {
		return r
	}
	if rest == "" {
		rest = "/"
	}
	r = r.Clone(r.Context())
	r.URL.Path, r.URL.RawPath = rest, ""
	return r
}

// allowed are the methods that a path answers to.
func (s *Server) allowed(r *http.Request) (all []string) {
	for _, m := range []string{http.MethodGet, http.MethodPost} {
		other := r.Clone(r.Context())
		other.Method = m
		if _, pattern := s.mux.Handler(other); pattern != "" {
			all = append(all, m)
			if m == http.MethodGet {
				all = append(all, http.MethodHead)
			}
		}
	}
	return all
}

// known keeps inventions of strangers out of the log (A12).
func known(method string) string {
	if slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE"}, method) {
		return method
	}
	return "other"
}

// panicked ends one request and nothing else (P8). What was panicked with may hold a piece of the request; its type and the place
// are enough to find the mistake.
func (s *Server) panicked(a *answer, r *http.Request, p any) {
	if err, ok := p.(error); ok && err == http.ErrAbortHandler { //nolint:errorlint // the very value, as net/http compares it
		panic(p)
	}
	fell := refusal.Caught(p)
	s.cfg.Log.Error("a page panicked", "panic", fell.What, "stack", fell.Stack)
	if a.status == 0 {
		s.Sorry(a, r, http.StatusInternalServerError, templates.Failed)
	}
}

// answer remembers the status for the log.
type answer struct {
	http.ResponseWriter
	status int
}

// WriteHeader takes the status.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write is a status 200 when there was none before.
func (a *answer) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// Shutdown takes no more requests and waits for those under way, and for what is to be done behind their answers. When ctx ends first,
// they are cut off.
func (s *Server) Shutdown(ctx context.Context) error {
	err := errors.Join(s.step.Shutdown(ctx), s.inner.Shutdown(ctx), s.settled(ctx))
	if err != nil {
		_, _ = s.step.Close(), s.inner.Close()
	}
	return err
}

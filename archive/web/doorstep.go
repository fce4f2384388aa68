package web

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"backchannel/templates"
)

// Doorstep answers on a listener in clear until Shutdown: it sends browsers on to the address of the pages. challenge may answer first,
// as a certificate authority needs it (RFC 8555 §8.3); nil when there is none. No page is shown here, and nothing is done.
func (s *Server) Doorstep(l net.Listener, challenge func(http.Handler) http.Handler) error {
	var h http.Handler = http.HandlerFunc(s.sendOn)
	if challenge != nil {
		h = challenge(h)
	}
	s.step.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := s.cfg.Now()
		a := &answer{ResponseWriter: w}
		s.dress(a.Header())
		a.Header().Del("Strict-Transport-Security") // counts only where it comes encrypted (RFC 6797 §8.1)
		defer func() {
			if p := recover(); p != nil {
				s.panicked(a, r, p)
			}
			s.cfg.Log.Debug("web doorstep", "method", known(r.Method), "status", a.status, "took", s.cfg.Now().Sub(began).Round(time.Millisecond))
		}()
		if !s.speed.allow(peer(r)) {
			s.Sorry(a, r, http.StatusTooManyRequests, templates.ManyRequests)
			return
		}
		h.ServeHTTP(a, r)
	})
	if err := s.step.Serve(&counted{Listener: l, door: s.door}); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("web: %w", err)
	}
	return nil
}

// sendOn tells a browser where the pages are. A mail provider's POST is not sent on (RFC 8058 §3.1), and it never comes here: no address
// that we give out begins with http.
func (s *Server) sendOn(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	if r.Method != http.MethodGet && r.Method != http.MethodHead || !s.https || !strings.HasPrefix(path, "/") || len(path) > 200 {
		s.Missing(w, r)
		return
	}
	at := s.cfg.URL
	if s.base != "" && (path == s.base || strings.HasPrefix(path, s.base+"/")) {
		at = strings.TrimSuffix(strings.TrimRight(at, "/"), s.base)
	}
	w.Header().Set("Location", strings.TrimRight(at, "/")+path)
	w.WriteHeader(http.StatusPermanentRedirect)
}

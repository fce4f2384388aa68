package web

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
	"unicode"
)

// From is who asks: the peer, or whom a server in front of this one on this machine names.
func From(r *http.Request) netip.Addr { return peer(r) }

// Post tells whether a request may have come from a page of ours. Browsers say so in Sec-Fetch-Site; older ones name the page's host in
// Origin, or "null", because our pages tell nobody where one comes from. Whoever says neither is no browser, and has no cookies of
// one. This is the outer of two walls: a form holds a word as well that no other page knows.
func (s *Server) Post(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	origin := r.Header.Get("Origin")
	if origin == "" || origin == "null" {
		return true
	}
	at, err := url.Parse(origin)
	return err == nil && at.Host != "" && (at.Host == r.Host || at.Host == s.host)
}

// Form reads a form that one of our pages sent. Every field is there once: nobody can hide a second one behind it. The error is a
// *http.MaxBytesError for one that is too long.
func Form(r *http.Request) (url.Values, error) {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if !strings.EqualFold(strings.TrimSpace(kind), "application/x-www-form-urlencoded") {
		return nil, errForm
	}
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	for _, values := range r.PostForm {
		if len(values) != 1 {
			return nil, errForm
		}
	}
	return r.PostForm, nil
}

var errForm = errors.New("no form of ours")

// cookie is what the cookie of somebody who is signed in is called. The longer names make browsers refuse it from anybody but this very
// host over https (RFC 6265bis §4.1.3).
func (s *Server) cookie() string {
	switch {
	case s.https && s.base == "":
		return "__Host-backchannel"
	case s.https:
		return "__Secure-backchannel"
	}
	return "backchannel"
}

// maxSecret is longer than any secret of ours.
const maxSecret = 100

// Secret is what the cookie of a browser holds; "" for one without it. A browser that sends two was tampered with, and gets none.
func (s *Server) Secret(r *http.Request) string {
	all := r.CookiesNamed(s.cookie())
	if len(all) != 1 || len(all[0].Value) > maxSecret {
		return ""
	}
	return all[0].Value
}

// Keep gives a browser the secret of a session, until it ends; "" takes it away. No page can read it, and no other site's form brings it
// along.
func (s *Server) Keep(w http.ResponseWriter, secret string, life time.Duration) {
	c := &http.Cookie{Name: s.cookie(), Value: secret, Path: s.base + "/", MaxAge: int(life.Seconds()), Secure: s.https, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if secret == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// Go leads a browser to a page of ours. Where to must have been a LocalPath, or be a path of the program's own.
func (s *Server) Go(w http.ResponseWriter, to string) {
	w.Header().Set("Location", s.base+to)
	w.WriteHeader(http.StatusSeeOther)
}

// LocalPath tells whether what somebody sent is a page below one of some roots, and nothing that a browser could take for another host.
func LocalPath(to string, roots ...string) bool {
	if len(to) > 500 || strings.Contains(to, "//") || strings.Contains(to, "/.") || strings.ContainsAny(to, "\\#@\"'<>") || strings.ContainsFunc(to, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) || r > unicode.MaxASCII }) {
		return false
	}
	at, err := url.Parse(to)
	if err != nil || at.IsAbs() || at.Host != "" {
		return false
	}
	for _, root := range roots {
		if at.Path == root || strings.HasPrefix(at.Path, root+"/") {
			return true
		}
	}
	return false
}

package web

import (
	"crypto/rand"
	"encoding/base64"
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

// The cookies of a browser: of somebody who is signed in, and of somebody who stands at the door.
const (
	ofSession = "backchannel"
	ofVisitor = "backchannel-door"
)

// cookie is what a cookie is called. The longer names make browsers refuse it from anybody but this very host over https
// (RFC 6265bis §4.1.3).
func (s *Server) cookie(name string) string {
	switch {
	case s.https && s.base == "":
		return "__Host-" + name
	case s.https:
		return "__Secure-" + name
	}
	return name
}

// set gives a browser a cookie that no page can read, and that no other site's form brings along. Without a life it goes with the browser;
// one without a value goes at once.
func (s *Server) set(w http.ResponseWriter, name, value string, life time.Duration) {
	c := &http.Cookie{Name: s.cookie(name), Value: value, Path: s.base + "/", MaxAge: int(life.Seconds()), Secure: s.https, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// held is what a cookie of a browser holds; "" for one without it. A browser that sends two was tampered with, and gets none.
func (s *Server) held(r *http.Request, name string) string {
	all := r.CookiesNamed(s.cookie(name))
	if len(all) != 1 || len(all[0].Value) > maxSecret {
		return ""
	}
	return all[0].Value
}

// maxSecret is longer than any secret of ours.
const maxSecret = 100

// Secret is that of a browser in which somebody is signed in; "" for one without.
func (s *Server) Secret(r *http.Request) string { return s.held(r, ofSession) }

// Keep gives a browser the secret of a session, until it ends; "" takes it away. Its owner stands at the door no more.
func (s *Server) Keep(w http.ResponseWriter, secret string, life time.Duration) {
	s.set(w, ofSession, secret, life)
	if secret != "" {
		s.set(w, ofVisitor, "", 0)
	}
}

// Visitor is what only this browser sends, signed in or not: a form that holds a word made of it was shown to this browser, and a page
// that somebody else made for it cannot hold that word. "" for a browser that was shown none, or keeps no cookies.
func (s *Server) Visitor(r *http.Request) string {
	if v := s.held(r, ofVisitor); len(v) == visitorLen {
		return v
	}
	return ""
}

// visitorLen is how long 128 bits are.
const visitorLen = 22

// Greet is Visitor for a page with a form: a browser that is new here gets a cookie.
func (s *Server) Greet(w http.ResponseWriter, r *http.Request) string {
	v := s.Visitor(r)
	if v == "" {
		var bits [16]byte
		rand.Read(bits[:]) // never fails
		v = base64.RawURLEncoding.EncodeToString(bits[:])
		s.set(w, ofVisitor, v, 0)
	}
	return v
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

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strings"

	"backchannel/archive/web"
	"backchannel/cmd/internal/config"
	"backchannel/lists/desk"

	"golang.org/x/crypto/acme"
)

// webURL is how people reach the pages, as letters name it; "" when there are none. The config has made sure that it is https, or on
// this machine.
func (p *Program) webURL() string {
	if p.Config.Web.Listen == "" {
		return ""
	}
	return p.Config.Web.URL
}

// postPages is where members read posts, as copies of them name it; "" when there are no such pages, or only for this machine: nobody else
// could open an address that begins with 127.0.0.1.
func (p *Program) postPages() string {
	if !p.Config.Web.Archive || !strings.HasPrefix(p.webURL(), "https://") {
		return ""
	}
	return p.webURL()
}

// learnWebURL finds out what the pages are called when the port was left to the system.
func (p *Program) learnWebURL(l net.Listener) {
	if _, port, _ := net.SplitHostPort(p.Config.Web.Listen); port == "0" && strings.HasSuffix(p.Config.Web.URL, ":0") {
		p.Config.Web.URL = "http://" + l.Addr().String()
		p.Office.Web = p.Config.Web.URL
	}
}

// pages is the web server with everything that is to be seen there.
func (p *Program) pages() (*web.Server, error) {
	front := ""
	if p.Config.Web.Archive {
		front = desk.SignInPath
	}
	s, err := web.New(web.Config{Front: front, URL: p.Config.Web.URL, TLS: p.webTLS(), Now: p.Now, Log: p.Log})
	if err != nil {
		return nil, err
	}
	pages := desk.NewPages(s, p.DB, p.Clerk, p.Log)
	if p.Config.Web.Archive {
		pages.Open(p.reception)
	}
	if policy, ok := ownPolicy(p.Config); ok {
		pages.PublishPolicy(policy.String())
	}
	return s, nil
}

// webTLS is how the pages are encrypted. On loopback they never are: there they are for this machine, or for a web server on it that
// does so for the world.
func (p *Program) webTLS() *tls.Config {
	if p.tls == nil || config.Loopback(p.Config.Web.Listen) {
		return nil
	}
	c := p.tls.Clone()
	c.NextProtos = []string{"h2", "http/1.1"}
	if p.authority != nil {
		c.NextProtos = append(c.NextProtos, acme.ALPNProto)
	}
	return c
}

// servePages answers on the listeners of the web until the context ends.
func (p *Program) servePages(ctx context.Context, s *web.Server) error {
	served, on := make(chan error, 2), 0
	if l := p.listeners[webListener]; l != nil {
		on++
		go func() { served <- s.Serve(l) }()
	}
	if l := p.listeners[httpListener]; l != nil {
		on++
		var challenge func(http.Handler) http.Handler
		if p.authority != nil {
			challenge = p.authority.manager.HTTPHandler
		}
		go func() { served <- s.Doorstep(l, challenge) }()
	}
	var err error
	select {
	case err = <-served:
		on--
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbyeTime)
	defer cancel()
	_ = s.Shutdown(patience) // its error says that some request was cut off, which is no failure
	for range on {
		err = errors.Join(err, <-served)
	}
	return err
}

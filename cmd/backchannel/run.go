package main

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"sync"
	"time"

	"backchannel/archive/imapd"
	"backchannel/cmd/internal/config"
	"backchannel/smtpd"
	"backchannel/templates/refusal"
)

// goodbyeTime is how long IMAP sessions have to end; all else that ends gets at most 10 s (P10).
const goodbyeTime = 5 * time.Second

// The listeners by the names of their settings, and the door behind each. The web pages and IMAP have their own.
var doors = map[string]smtpd.Door{
	"smtp.listen":     smtpd.MX,
	"smtp.submission": smtpd.Submission,
	submissionsDoor:   smtpd.Submission,
	"smtp.lmtp":       smtpd.LMTP,
}

const (
	imapListener = "imap.listen"
	lmtpListener = "smtp.lmtp"
	webListener  = "web.listen"
	httpListener = "web.http"

	submissionsDoor = "smtp.submissions" // TLS from the first byte
)

// Listen takes the lock of the server and opens its ports. From then on connections wait for Run.
func (p *Program) Listen() error {
	if err := p.Config.CheckServe(); err != nil {
		return err
	}
	if err := p.learnTLS(); err != nil {
		return err
	}
	if err := p.holdServe(); err != nil {
		return err
	}
	for _, l := range p.Config.Listeners() {
		listener, err := net.Listen("tcp", l.Address)
		if err != nil {
			return refusal.Because(refusal.Conflict, "%s is %s, and nobody can listen there: %s.", l.Key, l.Address, reason(err)).From(err).
				Try("%s", portHint(err))
		}
		p.listeners[l.Key] = listener
		p.closers = append(p.closers, func() error { return ignoreClosed(listener.Close()) })
		if l.Key == webListener {
			p.learnWebURL(listener)
		}
	}
	return nil
}

// portHint is what to do when a port cannot be had.
func portHint(err error) string {
	if errors.Is(err, fs.ErrPermission) {
		return "ports below 1024 need a right: AmbientCapabilities=CAP_NET_BIND_SERVICE in the lines for systemd (docs/operate.md, Run), or setcap cap_net_bind_service=+ep on the program"
	}
	return "stop the program that has this port, or choose another in config.yaml"
}

// reason is the last, telling part of a network error.
func reason(err error) string {
	for next := err; next != nil; next = errors.Unwrap(next) {
		err = next
	}
	return err.Error()
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Addr is where one of the listeners really listens, as tests with port 0 want to know; "" when it does not.
func (p *Program) Addr(key string) string {
	if l := p.listeners[key]; l != nil {
		return l.Addr().String()
	}
	return ""
}

// Run serves until the context ends, or something without which there is no serving fails. Call Listen first.
func (p *Program) Run(ctx context.Context) error {
	front, err := p.frontDoor()
	if err != nil {
		return err
	}
	reading, err := p.readingRoom()
	if err != nil {
		return err
	}
	pages, err := p.pages()
	if err != nil {
		return err
	}
	runner, err := p.runner()
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var all sync.WaitGroup
	begin := func(f func(context.Context) error) {
		all.Go(func() {
			if err := f(ctx); err != nil && ctx.Err() == nil {
				stop(err)
			}
		})
	}
	var letters []smtpd.Listener
	for key, l := range p.listeners {
		if door, ok := doors[key]; ok {
			letters = append(letters, smtpd.Listener{Listener: l, Door: door, TLS: key == submissionsDoor})
		}
	}
	begin(func(ctx context.Context) error { return front.Serve(ctx, letters...) })
	if l := p.listeners[imapListener]; l != nil {
		begin(func(context.Context) error { return reading.Serve(l) })
		begin(func(ctx context.Context) error { return sayGoodbye(ctx, reading) })
	}
	if l := p.listeners[metricsListener]; l != nil {
		figures := p.figures(reading)
		begin(func(ctx context.Context) error { return p.watch(ctx, l, figures) })
	}
	begin(func(ctx context.Context) error { return p.servePages(ctx, pages) })
	if p.authority != nil {
		begin(p.authority.prepare)
	}
	begin(runner.Run)
	begin(p.Calendar.Run)
	begin(p.keepHouse)
	begin(p.keepDoor)
	p.announce()
	all.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// sayGoodbye ends IMAP when the server ends.
func sayGoodbye(ctx context.Context, s *imapd.Server) error {
	<-ctx.Done()
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbyeTime)
	defer cancel()
	_ = s.Shutdown(patience) // its error says that some session was cut off, which is no failure
	return nil
}

// frontDoor takes letters.
func (p *Program) frontDoor() (*smtpd.Server, error) {
	return smtpd.New(smtpd.Config{
		Hostname: p.Config.Hostname, MaxSize: p.Config.SMTP.MaxSize, PerIP: p.Config.SMTP.PerIP, TLS: p.tls, Now: p.Now, Log: p.Log, Keeper: p.Doorkeeper,
		AllowInsecureAuth: p.Config.TLS.Mode == config.NoTLS,
	}, p.Rooms, p.submissionLogin())
}

// readingRoom lets people read.
func (p *Program) readingRoom() (*imapd.Server, error) {
	return imapd.New(imapd.Config{Login: p.imapLogin(), TLS: p.tls, Log: p.Log, Now: p.Now, MaxLetter: p.Config.SMTP.MaxSize})
}

// announce tells the log that the server is up, and what an operator may have forgotten.
func (p *Program) announce() {
	args := []any{"hostname", p.Config.Hostname, "relay", string(p.Config.Relay.Mode), "tls", string(p.Config.TLS.Mode)}
	for _, l := range p.Config.Listeners() {
		if at := p.Addr(l.Key); at != "" {
			args = append(args, l.Key, at)
		}
	}
	p.Log.Info("serving", args...)
	if p.Config.Relay.Mode == config.Direct && config.Example(p.Config.Hostname) {
		p.Log.Warn("relay.mode is direct, and the name of this server is an example: the hosts of others will not take mail from a name that nobody can look up", "hostname", p.Config.Hostname)
	}
	if p.Config.Verification == config.Unverified {
		p.Log.Warn("verification is off: whoever reaches this server may write in any member's name")
	}
	if !p.DB.FTS() {
		p.Log.Warn("this program was built without full-text search; searching reads everything and is slower (build with -tags sqlite_fts5)")
	}
}

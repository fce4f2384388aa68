package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/cmd/internal/config"
	"backchannel/cmd/internal/doctor"
	"backchannel/lists/mailroom"
	"backchannel/smtpd/courier"
	"backchannel/smtpd/queue"
	"backchannel/templates/refusal"

	"github.com/spf13/cobra"
)

func (c *cli) newDoctor() *cobra.Command {
	var asJSON, outside bool
	cmd := &cobra.Command{
		Use: "doctor", Short: "Is this host ready to receive and send mail?", Args: words(),
		Long: "Looks at everything that mail needs, here and in the DNS, and says for each thing what it found and what to do. Nothing is changed,\n" +
			"and no letter is sent. It works beside a running server and without one, and takes twenty seconds at most.\n" +
			"While everything stays on this machine the outside is not looked at; --outside does so all the same.\n" +
			"The exit code is 1 when something failed. docs/doctor.md explains each check.",
	}
	cmd.Flags().BoolVar(&outside, "outside", false, "look at the DNS even while you are only trying out")
	cmd.RunE = func(cmd *cobra.Command, _ []string) (err error) {
		all := c.examine(cmd.Context(), outside)
		if asJSON {
			err = c.asJSON(all)
		} else {
			c.sayFindings(all)
		}
		if err == nil && doctor.Worst(all) == doctor.Fail {
			err = refusal.Because(refusal.Conflict, "This host is not ready.").Try("what is to be done above, the first thing first")
		}
		return err
	}
	return jsonFlag(cmd, &asJSON)
}

// examine looks at config.yaml, opens what can be opened, and has the doctor look at the rest.
func (c *cli) examine(ctx context.Context, outside bool) []doctor.Finding {
	cfg, err := c.config()
	if err != nil {
		return unreadable(err)
	}
	all := lookAtConfig(cfg)
	if _, err := os.Stat(databasePath(cfg)); errors.Is(err, fs.ErrNotExist) {
		return append(all, finding("database", doctor.Warn, "there is none yet in "+cfg.Data, "backchannel init DOMAIN"))
	}
	p, err := Open(ctx, Options{Config: cfg, Now: c.now, Log: quietLog(c.err, cfg.Log)})
	if err != nil {
		return append(all, unopened(err))
	}
	defer p.Close()
	h := p.host()
	h.Outside = outside
	return append(all, doctor.Examine(ctx, h)...)
}

// unopened is what the doctor says of a database that cannot be opened. A backup is the remedy only where nothing else is known.
func unopened(err error) doctor.Finding {
	do := "backchannel restore FILE with the newest backup, unless the sentence tells another way"
	if r, ok := refusal.As(err); ok && r.Hint != "" {
		do = r.Hint
	}
	found := err.Error()
	if r, ok := refusal.As(err); ok && r.Unwrap() != nil {
		found = strings.TrimSuffix(r.Sentence, ".") + " (" + r.Unwrap().Error() + ")."
	}
	return finding("database", doctor.Fail, found, do)
}

// finding is one that is made before the doctor comes.
func finding(check string, status doctor.Status, found, do string) doctor.Finding {
	return doctor.Finding{Group: doctor.Machine, Check: check, Status: status, Found: found, Do: do}
}

// unreadable tells what is wrong with a config.yaml that cannot be used; nothing else can be looked at then.
func unreadable(err error) (all []doctor.Finding) {
	var complaints config.Complaints
	if !errors.As(err, &complaints) {
		r, _ := refusal.As(err)
		if r == nil {
			return []doctor.Finding{finding("config", doctor.Fail, err.Error(), "look at the file")}
		}
		do := r.Hint
		if do == "" {
			do = "look at the file and its rights"
		}
		return []doctor.Finding{finding("config", doctor.Fail, r.Sentence, do)}
	}
	for _, one := range complaints.List {
		found := one.Sentence
		if one.Line > 0 {
			found = fmt.Sprintf("line %d: %s", one.Line, found)
		}
		all = append(all, finding("config", doctor.Fail, found, "change config.yaml; nothing works before"))
	}
	return all
}

// lookAtConfig tells whether a server may start with this file.
func lookAtConfig(cfg config.Config) (all []doctor.Finding) {
	err := cfg.CheckServe()
	var complaints config.Complaints
	if errors.As(err, &complaints) {
		for _, one := range complaints.List {
			all = append(all, finding("config", doctor.Fail, one.Sentence, "change config.yaml; serve does not start before"))
		}
		return all
	}
	if found := passwordFile(cfg); found.Found != "" {
		return append(all, found)
	}
	return append(all, finding("config", doctor.OK, "it can be used", ""))
}

// host is everything the doctor looks at.
func (p *Program) host() doctor.Host {
	h := doctor.Host{
		Database: p.DB, Now: p.Now, Running: p.running(), Data: os.DirFS(p.Config.Data), Keys: os.DirFS(p.path(keysName)), Relay: string(p.Config.Relay.Mode), Smarthost: p.Config.Relay.Smarthost,
		HELO: p.Config.Hostname, Verify: string(p.Config.Verification), Cert: certInfo(p.Config), Dial: new(net.Dialer).DialContext,
		Backup: p.lastBackup(), Trying: tryingOut(p.Config), Resolver: p.resolver(), Addresses: publicAddresses(p.Config), Fetch: p.fetch,
		Wanted: func(domain string) (doctor.Wanted, error) { return p.wanted(domain, nil) },
		Stumbled: func(tx *db.Tx, since time.Time) ([]time.Time, int, error) {
			s, err := mailroom.Stumbled(tx, since)
			return s.Refused, s.Aside, err
		},
	}
	if p.Config.Relay.Mode == config.Smarthost {
		h.SignIn = p.signIn
	}
	protected := p.Config.TLS.Mode != config.NoTLS
	for _, l := range p.Config.Listeners() {
		one := doctor.Listener{Setting: l.Key, Address: l.Address, Greets: "220 "}
		switch {
		case strings.HasSuffix(l.Address, ":0"):
			continue // the port is another one at each start
		case l.Key == imapListener:
			one.Greets, one.Wrapped = "* OK", protected
		case l.Key == submissionsDoor:
			one.Wrapped = true
		case l.Key == webListener:
			one.Greets, one.URL = "", p.webURL()
		case l.Key == httpListener || l.Key == metricsListener:
			one.Greets = "" // it waits to be asked
		case l.Key != lmtpListener:
			one.STARTTLS = protected
		}
		h.Listeners = append(h.Listeners, one)
	}
	return h
}

// tryingOut tells whether nothing leaves this machine and nothing comes in from others.
func tryingOut(cfg config.Config) bool {
	for _, l := range cfg.Listeners() {
		if !config.Loopback(l.Address) {
			return false
		}
	}
	return cfg.Relay.Mode == config.Outbox || cfg.Relay.Mode == config.Smarthost && config.Loopback(cfg.Relay.Smarthost)
}

// signIn goes to the smarthost as a delivery does, and leaves without one.
func (p *Program) signIn(ctx context.Context) queue.Outcome {
	hops, o := p.smarthost(ctx, "")
	if len(hops) == 0 {
		return o
	}
	c := courier.New(courier.Options{Name: p.Config.Hostname, Route: p.smarthost})
	defer c.Close()
	return c.SignIn(ctx, hops[0])
}

// fetch gets a page as other mail servers fetch a policy: by our own resolver, with a certificate that is valid, and without redirects.
func (p *Program) fetch(ctx context.Context, url string) (status int, body []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, nil, err
	}
	way := &http.Transport{DialContext: p.dialByName}
	defer way.CloseIdleConnections()
	client := http.Client{Transport: way, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	r, err := client.Do(req)
	if err != nil {
		return 0, nil, errors.New(reason(err))
	}
	defer r.Body.Close()
	body, err = io.ReadAll(io.LimitReader(r.Body, mostFetched))
	return r.StatusCode, body, err
}

// dialByName connects to a name that our own resolver knows.
func (p *Program) dialByName(ctx context.Context, network, address string) (c net.Conn, err error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	if _, err := netip.ParseAddr(host); err == nil || host == "localhost" {
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	all, err := p.resolver().LookupIPAddr(ctx, host)
	for _, a := range all {
		if c, err = new(net.Dialer).DialContext(ctx, network, net.JoinHostPort(a.String(), port)); err == nil {
			return c, nil
		}
	}
	return nil, err
}

// mostFetched is more than any policy has.
const mostFetched = 128 << 10

// running tells whether a server holds its lock.
func (p *Program) running() bool {
	lock, free, err := db.TryLock(p.path(serveLock))
	if err != nil || !free {
		return err == nil
	}
	_ = lock.Unlock() // it was only a question
	return false
}

func certInfo(cfg config.Config) doctor.CertInfo {
	info := doctor.CertInfo{Mode: string(cfg.TLS.Mode)}
	if cfg.TLS.Mode != config.Files {
		return info
	}
	pair, err := tls.LoadX509KeyPair(cfg.TLS.Cert, cfg.TLS.Key)
	if err != nil {
		info.Err = err
		return info
	}
	leaf, err := x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		info.Err = err
		return info
	}
	info.Expires, info.Names = leaf.NotAfter, leaf.VerifyHostname(cfg.Hostname) == nil
	return info
}

// sayFindings prints findings under the headings of their groups. What is in order takes one line.
func (c *cli) sayFindings(all []doctor.Finding) {
	gap := ""
	for _, g := range doctor.Groups() {
		title := gap + strings.ToUpper(string(g[:1])) + string(g[1:])
		for _, f := range all {
			if f.Group != g {
				continue
			}
			if title != "" {
				c.say("%s", title)
				title, gap = "", "\n"
			}
			c.say("%-7s  %s: %s", f.Status, strings.TrimSpace(f.Check+" "+f.On), f.Found)
			if f.Do != "" {
				c.say("         to do: %s", f.Do)
			}
		}
	}
}

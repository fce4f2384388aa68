package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"strings"

	"backchannel/archive/db"
	"backchannel/cmd/internal/config"
	"backchannel/cmd/internal/doctor"
	"backchannel/templates/refusal"

	"github.com/spf13/cobra"
)

func (c *cli) newDoctor() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "doctor", Short: "Is this host ready to receive and send mail?", Args: words(),
		Long: "Looks at everything that mail needs here, and says for each thing what it found and what to do. Nothing is changed.\n" +
			"DNS joins the checks with the next version.",
	}
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		all, err := c.examine(cmd.Context())
		if err != nil {
			return err
		}
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
func (c *cli) examine(ctx context.Context) ([]doctor.Finding, error) {
	cfg, err := c.config()
	if err != nil {
		return nil, err
	}
	all := lookAtConfig(cfg)
	p, err := Open(ctx, Options{Config: cfg, Now: c.now, Log: quietLog(c.err, cfg.Log)})
	if err != nil {
		do := "backchannel restore FILE with the newest backup, unless the sentence tells another way"
		return append(all, doctor.Finding{Check: "database", Status: doctor.Fail, Found: refusal.Log(err), Do: do}), nil
	}
	defer p.Close()
	return append(all, doctor.Examine(ctx, p.host())...), nil
}

// lookAtConfig tells whether a server may start with this file.
func lookAtConfig(cfg config.Config) (all []doctor.Finding) {
	err := cfg.CheckServe()
	var complaints config.Complaints
	if errors.As(err, &complaints) {
		for _, one := range complaints.List {
			all = append(all, doctor.Finding{Check: "config", Status: doctor.Fail, Found: one.Sentence, Do: "change config.yaml; serve does not start before"})
		}
		return all
	}
	if _, err := cfg.Password(); err != nil {
		return append(all, doctor.Finding{Check: "config", Status: doctor.Fail, Found: err.Error(), Do: "write the smarthost's password alone into that file"})
	}
	return append(all, doctor.Finding{Check: "config", Status: doctor.OK, Found: "it can be used"})
}

// host is everything the doctor looks at.
func (p *Program) host() doctor.Host {
	h := doctor.Host{
		Database: p.DB, Now: p.Now, Running: p.running(), Keys: os.DirFS(p.path(keysName)), Relay: string(p.Config.Relay.Mode), Smarthost: p.Config.Relay.Smarthost,
		HELO: p.Config.Hostname, Verify: string(p.Config.Verification), Cert: certInfo(p.Config), Dial: new(net.Dialer).DialContext,
	}
	for _, l := range p.Config.Listeners() {
		one := doctor.Listener{Setting: l.Key, Address: l.Address, Greets: "220 "}
		switch {
		case l.Key == webListener || strings.HasSuffix(l.Address, ":0"):
			continue // nothing listens there in this version; or the port is another one at each start
		case l.Key == imapListener && p.Config.TLS.Mode == config.NoTLS:
			one.Greets = "* OK"
		case l.Key == imapListener:
			one.Greets = "" // TLS first
		}
		h.Listeners = append(h.Listeners, one)
	}
	return h
}

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

func (c *cli) sayFindings(all []doctor.Finding) {
	for _, f := range all {
		c.say("%-7s  %s: %s", f.Status, f.Check, f.Found)
		if f.Do != "" {
			c.say("         to do: %s", f.Do)
		}
	}
}

package main

import (
	"crypto/tls"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"

	"backchannel/cmd/internal/config"
	"backchannel/templates/refusal"
)

// certificate is a certificate in files that another program renews. It is read again when the files change; a pair that cannot be
// used is passed over, and the old one stays.
type certificate struct {
	cert, key string
	log       *slog.Logger

	mu     sync.Mutex
	pair   *tls.Certificate
	stamp  [2]string
	looked time.Time
}

// lookEvery is how long a certificate is believed to be the same.
const lookEvery = time.Second

// learnTLS finds out how listeners encrypt: nil when they do not.
func (p *Program) learnTLS() error {
	cfg := p.Config.TLS
	switch cfg.Mode {
	case config.Files:
		c := &certificate{cert: cfg.Cert, key: cfg.Key, log: p.Log}
		if err := c.load(); err != nil {
			return refusal.Because(refusal.Invalid, "The certificate %s and its key %s cannot be used.", cfg.Cert, cfg.Key).From(err).
				Try("openssl x509 -noout -subject -dates -in %s", cfg.Cert)
		}
		p.tls = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}
	case config.FromCA:
		p.authority = p.newAuthority()
		p.tls = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: p.authority.get}
	}
	return nil
}

// get is asked at each handshake.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.looked) >= lookEvery || now.Before(c.looked) {
		c.looked = now
		if c.stamps() != c.stamp {
			if err := c.load(); err != nil {
				c.log.Warn("the certificate has changed and cannot be used; the old one stays", "error", err)
			} else {
				c.log.Info("the certificate was read again")
			}
		}
	}
	return c.pair, nil
}

// load reads both files. Whatever comes of it, they are not read again before they change.
func (c *certificate) load() error {
	c.stamp = c.stamps()
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return err
	}
	c.pair = &pair
	return nil
}

// stamps tells whether the files are still the same.
func (c *certificate) stamps() (s [2]string) {
	for i, name := range []string{c.cert, c.key} {
		if info, err := os.Stat(name); err == nil {
			s[i] = stampOf(info)
		}
	}
	return s
}

func stampOf(info fs.FileInfo) string {
	return info.ModTime().UTC().Format(time.RFC3339Nano) + " " + size(info.Size())
}

package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"backchannel/archive/db"
	"backchannel/lists/desk"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// acmeName is the folder of the account's key and the certificates, in the data folder.
const acmeName = "acme"

// authority gets certificates from a certificate authority (RFC 8555), keeps them in files and renews them a month before they end. It
// asks for names of ours alone: whoever connects under another gets the certificate of the hostname.
type authority struct {
	p       *Program
	manager *autocert.Manager

	mu      sync.Mutex
	fails   map[string]failure
	waiting map[string]int // handshakes, by name
}

// failure is a name for which there is no certificate. The authority counts failed tries, and shuts out who makes many.
type failure struct {
	until time.Time
	pause time.Duration
}

// The pauses after a failed try: the first, doubled by each further one, and the longest.
const (
	firstPause   = time.Minute
	longestPause = time.Hour
)

// authorityTime is how long one question to the authority may take.
const authorityTime = 30 * time.Second

func (p *Program) newAuthority() *authority {
	a := &authority{p: p, fails: map[string]failure{}, waiting: map[string]int{}}
	a.manager = &autocert.Manager{
		Prompt: autocert.AcceptTOS, Cache: autocert.DirCache(p.path(acmeName)), HostPolicy: a.mayHave, Email: p.Config.TLS.Email,
		Client: &acme.Client{
			DirectoryURL: p.Config.TLS.Directory, UserAgent: "backchannel/" + version, HTTPClient: &http.Client{Timeout: authorityTime}, RetryBackoff: retryAuthority,
		},
	}
	if p.Config.Web.HTTP != "" {
		// It is this call that tells the manager of proofs over http. The listener calls again when it begins to serve, which may be after
		// the first question to the authority: that one would find no proof that it could give, and a minute of pause would follow.
		a.manager.HTTPHandler(nil)
	}
	return a
}

// retryAuthority is when a question is asked again that had no answer, or none but "not now": twice, and then our own pauses begin.
func retryAuthority(n int, _ *http.Request, _ *http.Response) time.Duration {
	if n > 2 {
		return -1
	}
	return time.Duration(n) * time.Second
}

// names are those that letters and mail programs know us by.
func (a *authority) names() []string {
	names := []string{a.p.Config.Hostname}
	if at, err := url.Parse(a.p.webURL()); err == nil && at.Scheme == "https" && net.ParseIP(at.Hostname()) == nil && at.Hostname() != names[0] {
		names = append(names, at.Hostname())
	}
	return names
}

// mayHave tells whether a name is one of ours: those of this server, and the policy host of each community (RFC 8461 §3.2).
func (a *authority) mayHave(ctx context.Context, name string) error {
	if slices.Contains(a.names(), name) {
		return nil
	}
	ours := false
	err := a.p.View(ctx, func(tx *db.Tx) (err error) { ours, err = desk.PolicyFor(tx, name); return err })
	if err == nil && !ours {
		err = fmt.Errorf("no name of ours: %s", name)
	}
	return err
}

// get is asked at each handshake.
func (a *authority) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	if slices.Equal(hello.SupportedProtos, []string{acme.ALPNProto}) {
		return a.manager.GetCertificate(hello) // the authority itself, to see whether the name is ours (RFC 8737)
	}
	asked := *hello
	asked.ServerName = strings.ToLower(asked.ServerName) // one name has one certificate and one pause, however it is spelt
	if a.mayHave(hello.Context(), asked.ServerName) != nil {
		asked.ServerName = a.p.Config.Hostname // mail servers often name nobody
	}
	ctx, cancel := context.WithTimeout(hello.Context(), patienceAtHandshake)
	defer cancel()
	return a.fetch(ctx, &asked)
}

// patienceAtHandshake is how long a handshake waits for a certificate that is only just being fetched; the fetching goes on. It is less
// than a server has to stop.
const patienceAtHandshake = 5 * time.Second

// mostWaiting bounds how many handshakes wait for the certificate of one name at one time. The names are ours, and few.
const mostWaiting = 64

// fetched is what came of asking for a certificate.
type fetched struct {
	cert *tls.Certificate
	err  error
}

// fetch gives the certificate of a name, from the files or from the authority, which is left alone for a while after each failure.
func (a *authority) fetch(ctx context.Context, hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	notYet := fmt.Errorf("there is no certificate for %s yet", hello.ServerName)
	a.mu.Lock()
	f := a.fails[hello.ServerName]
	if time.Now().Before(f.until) || a.waiting[hello.ServerName] >= mostWaiting {
		a.mu.Unlock()
		return nil, notYet
	}
	a.waiting[hello.ServerName]++
	a.mu.Unlock()
	got := make(chan fetched, 1)
	go func() {
		cert, err := a.manager.GetCertificate(hello)
		a.note(hello.ServerName, f, err)
		got <- fetched{cert, err}
	}()
	select {
	case it := <-got:
		return it.cert, it.err
	case <-ctx.Done():
		return nil, notYet
	}
}

// note remembers whether there was a certificate. Of several handshakes that waited for the same try, before being how it was then, one
// counts it.
func (a *authority) note(name string, before failure, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waiting[name]--
	switch {
	case err == nil:
		delete(a.fails, name)
	case a.fails[name] == before:
		pause := min(max(2*before.pause, firstPause), longestPause)
		a.fails[name] = failure{time.Now().Add(pause), pause}
		a.p.Log.Error("no certificate from the authority; the name must lead to this machine, and port 443 or 80 must be open", "name", name, "next_try", pause, "error", err)
	}
}

// prepare gets the certificates of our own names before anybody asks for them, and tries again until it has them or the server stops:
// a mail server that had to wait for one would go on in clear.
func (a *authority) prepare(ctx context.Context) error {
	for _, name := range a.names() {
		hello := &tls.ClientHelloInfo{ServerName: name, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}
		for ctx.Err() == nil {
			cert, err := a.fetch(ctx, hello)
			if err == nil {
				a.p.Log.Info("there is a certificate", "name", name, "until", cert.Leaf.NotAfter.UTC().Format(time.DateOnly))
				break
			}
			a.mu.Lock()
			wait := time.NewTimer(max(time.Until(a.fails[name].until), time.Second))
			a.mu.Unlock()
			select {
			case <-wait.C:
			case <-ctx.Done():
				wait.Stop()
			}
		}
	}
	return nil
}

package doctor

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/logbook"
	"backchannel/smtpd/queue"
)

func serving(_ context.Context, h Host) []Finding {
	if !h.Running {
		return one(Warn, "it is not running", "backchannel serve")
	}
	return fine("running")
}

// ports knocks at every listener of a running server; of one that is not running, whether somebody else has the port.
func ports(ctx context.Context, h Host) []Finding {
	return gather(h.Listeners, func(l Listener) []Finding {
		found := h.port(ctx, l)
		for i := range found {
			found[i].On = l.Setting
		}
		return found
	})
}

func (h Host) port(ctx context.Context, l Listener) []Finding {
	if !h.Running {
		if _, err := knock(ctx, h, l.Address, false); err == nil {
			return one(Warn, l.Address+" is taken by another program", "stop it, or choose another port in config.yaml")
		}
		return nil
	}
	var greeting string
	var shown *x509.Certificate
	var err error
	if l.Wrapped || l.STARTTLS {
		greeting, shown, err = h.protected(ctx, l)
	} else {
		greeting, err = knock(ctx, h, l.Address, l.Greets != "")
	}
	switch {
	case errors.Is(err, errNoTLS):
		return one(Fail, l.Address+" offers no STARTTLS: letters and passwords would cross the net in clear", "look at tls in config.yaml, and restart the server")
	case errors.Is(err, errHandshake):
		return one(Fail, fmt.Sprintf("%s answers, but TLS does not come about: %s", l.Address, clean(reason(err))), "look at tls in config.yaml, and at the log of the server")
	case err != nil:
		return one(Fail, fmt.Sprintf("nobody answers on %s: %s", l.Address, clean(err.Error())), "look at the log of the server")
	case !strings.HasPrefix(greeting, l.Greets):
		return one(Fail, fmt.Sprintf("on %s answers somebody else: %s", l.Address, clean(greeting)), "stop the other program, or choose another port in config.yaml")
	case shown != nil:
		return h.shows(l, shown)
	case l.URL != "" && h.Fetch != nil:
		return h.page(ctx, l)
	}
	return fine("%s answers", l.Address)
}

// page fetches the address of the web pages as it stands in letters.
func (h Host) page(ctx context.Context, l Listener) []Finding {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	switch status, _, err := h.Fetch(ctx, l.URL); {
	case err != nil:
		return one(Fail, fmt.Sprintf("%s answers, but %s, which stands in letters, cannot be opened: %s", l.Address, l.URL, clean(err.Error())), "check web.url in config.yaml, the DNS, and the way from there to this machine")
	case status >= 500:
		return one(Fail, fmt.Sprintf("%s, which stands in letters, answers %d", l.URL, status), "look at the log of the server, or of the web server in front of it")
	}
	return fine("%s answers, and so does %s", l.Address, l.URL)
}

// shows judges the certificate that a listener shows.
func (h Host) shows(l Listener, cert *x509.Certificate) []Finding {
	left := cert.NotAfter.Sub(h.Now())
	do := "the file may have been renewed without the server reading it: restart it, and look at the log"
	switch err := cert.VerifyHostname(h.HELO); {
	case left < 0:
		return one(Fail, fmt.Sprintf("%s shows a certificate that expired on %s", l.Address, cert.NotAfter.Format(time.DateOnly)), do)
	case err != nil:
		return one(Fail, fmt.Sprintf("%s shows a certificate that is not for %s but for %s", l.Address, h.HELO, commas(append(cert.DNSNames, cert.Subject.CommonName)[:1])), "get one that names this host, or set hostname in config.yaml")
	}
	return fine("%s answers, and its certificate is valid for %s", l.Address, count(int(left/(24*time.Hour)), "day"))
}

var (
	errNoTLS     = errors.New("no STARTTLS")
	errHandshake = errors.New("no handshake")
)

// reason is the last, telling part of an error.
func reason(err error) string {
	_, last, ok := strings.Cut(err.Error(), errHandshake.Error()+": ")
	if !ok {
		return err.Error()
	}
	return last
}

// protected greets a listener, goes over to TLS, and gives the certificate that is shown. It is not verified: that is the finding's to
// tell.
func (h Host) protected(ctx context.Context, l Listener) (greeting string, shown *x509.Certificate, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c, err := h.dial(ctx, l.Address)
	if err != nil {
		return "", nil, err
	}
	defer c.Close()
	if !l.Wrapped {
		r := bufio.NewReader(io.LimitReader(c, mostSaid))
		if greeting, err = h.offersTLS(c, r); err != nil || !strings.HasPrefix(greeting, l.Greets) {
			return greeting, nil, err
		}
	}
	t := tls.Client(c, &tls.Config{ServerName: h.HELO, InsecureSkipVerify: true, MinVersion: tls.VersionTLS12})
	if err := t.HandshakeContext(ctx); err != nil {
		return greeting, nil, fmt.Errorf("%w: %w", errHandshake, err)
	}
	if l.Wrapped && l.Greets != "" {
		if greeting, err = firstLine(ctx, t); err != nil {
			return greeting, nil, err
		}
	}
	return greeting, t.ConnectionState().PeerCertificates[0], nil
}

// offersTLS talks until TLS may begin (RFC 3207).
func (h Host) offersTLS(c net.Conn, r *bufio.Reader) (greeting string, err error) {
	if greeting, err = smtpReply(r); err != nil || !strings.HasPrefix(greeting, "220") {
		return greeting, err
	}
	for _, line := range []string{"EHLO " + h.HELO, "STARTTLS"} {
		if _, err := fmt.Fprintf(c, "%s\r\n", line); err != nil {
			return greeting, err
		}
		reply, err := smtpReply(r)
		switch {
		case err != nil:
			return greeting, err
		case !strings.HasPrefix(reply, "2"):
			return greeting, errNoTLS
		}
	}
	return greeting, nil
}

// knock connects and reads the first line, if one is expected.
func knock(ctx context.Context, h Host, address string, greets bool) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c, err := h.dial(ctx, address)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if !greets {
		return "", nil
	}
	return firstLine(ctx, c)
}

func firstLine(ctx context.Context, c net.Conn) (string, error) {
	line, err := bufio.NewReaderSize(c, 1024).ReadSlice('\n') // a hostile host says no more than a line
	if len(line) > 0 {
		err = nil
	}
	return strings.TrimSpace(string(line)), err
}

// certificate judges the files of the certificate; what the listeners show is looked at with the ports.
func certificate(_ context.Context, h Host) []Finding {
	renew := "renew it; the running server reads the new files by itself"
	switch left := h.Cert.Expires.Sub(h.Now()); {
	case h.Cert.Mode == "none":
		return fine("tls.mode is none: for this machine only")
	case h.Cert.Err != nil:
		return one(Fail, clean(h.Cert.Err.Error()), "check tls.cert and tls.key in config.yaml")
	case h.Cert.Expires.IsZero():
		return fine("tls.mode is %s; what the listeners show is looked at above", h.Cert.Mode)
	case left < 0:
		return one(Fail, "it expired on "+h.Cert.Expires.Format(time.DateOnly), renew)
	case !h.Cert.Names:
		return one(Warn, "it is not for "+h.HELO, "get one that names this host, or set hostname in config.yaml")
	case left < 14*24*time.Hour:
		return one(Warn, "it expires on "+h.Cert.Expires.Format(time.DateOnly), renew)
	}
	return fine("valid until %s", h.Cert.Expires.Format(time.DateOnly))
}

func verification(_ context.Context, h Host) []Finding {
	if h.Verify == "off" {
		return one(Warn, "off: whoever knows a member's address can write in that name", "set verification: confirm in config.yaml before anybody but you uses this server")
	}
	return fine("%s", h.Verify)
}

// wayOut looks whether letters can leave, without sending any.
func wayOut(ctx context.Context, h Host) []Finding {
	switch h.Relay {
	case "smarthost":
		return h.smarthost(ctx)
	case "direct":
		return h.direct(ctx)
	}
	if h.Trying {
		return one(Later, "outgoing mail becomes files under data/outbox and reaches nobody", "set relay.mode: smarthost (or direct) in config.yaml when you are ready")
	}
	return one(Warn, "relay.mode is "+h.Relay+": outgoing mail becomes files and reaches nobody", "set relay.mode: smarthost (or direct) in config.yaml when you are ready")
}

// direct tells whether letters that we deliver ourselves get out. Strangers are not bothered to find out: what became of the letters of
// late tells. A network that closes port 25 looks as if no host of anybody answered.
func (h Host) direct(ctx context.Context) []Finding {
	var waiting []queue.Listing
	var ended map[logbook.Verb]int64
	err := h.Database.View(ctx, func(tx *db.Tx) (err error) {
		if ended, err = logbook.EndedSince(tx, h.Now().Add(-24*time.Hour)); err == nil {
			waiting, err = queue.List(tx, queue.Filter{State: "waiting"})
		}
		return err
	})
	if err != nil {
		return unable(err)
	}
	silent, heard := map[string]bool{}, ended[logbook.Delivered]+ended[logbook.Bounced] > 0
	for _, l := range waiting {
		_, domain, _ := strings.Cut(l.To, "@")
		switch {
		case strings.Contains(l.Said, " said "):
			heard = true
		case strings.Contains(l.Said, "no answer") || strings.Contains(l.Said, "refused"):
			silent[domain] = true
		}
	}
	switch {
	case !heard && len(silent) >= fewestSilent:
		return one(Fail, fmt.Sprintf("no mail host of %d domains could be reached, as if this network let nothing out to port 25", len(silent)), "have the company that rents out the machine open port 25, or set relay.mode: smarthost")
	case !heard:
		return fine("each letter goes to its receiver's own server; whether this network lets port 25 out shows after the first letters")
	}
	return fine("each letter goes to its receiver's own server, and hosts answer")
}

// fewestSilent domains are no accident.
const fewestSilent = 3

// smarthost does what a delivery does, up to where a letter would begin.
func (h Host) smarthost(ctx context.Context) []Finding {
	if h.SignIn == nil {
		return one(Fail, "relay.smarthost cannot be used", "check relay in config.yaml")
	}
	ctx, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	o := h.SignIn(ctx)
	said := clean(o.Text)
	if o.Code > 0 {
		said = clean(strings.Join(strings.Fields(fmt.Sprintf("%d %s %s", o.Code, o.Enhanced, o.Text)), " "))
	}
	switch {
	case o.Kind == queue.Delivered:
		return fine("%s answers: %s", h.Smarthost, said)
	case o.Stage == queue.StageLogin:
		return one(Fail, fmt.Sprintf("%s does not take the login: %s", h.Smarthost, said), "check relay.username, and the password in the file relay.password_file, with your mail provider")
	case o.Stage == queue.StageHello:
		return one(Fail, fmt.Sprintf("%s answers, but it does not come to a letter: %s", h.Smarthost, said), "check the name and the port: 587, or 465 for TLS from the first byte")
	}
	return one(Fail, fmt.Sprintf("%s cannot be reached: %s", h.Smarthost, said), "check relay.smarthost in config.yaml, and whether this network lets mail out")
}

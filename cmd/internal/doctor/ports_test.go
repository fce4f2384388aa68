package doctor_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"math/big"
	"net"
	"testing"
	"time"

	"backchannel/cmd/internal/doctor"
)

// shown is a certificate for a name.
func shown(t *testing.T, name string, until time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, NotBefore: now.AddDate(-1, 0, 0), NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// encrypts is a mail server that goes over to TLS with this certificate, at once or by STARTTLS.
func encrypts(cert tls.Certificate, wrapped bool, greets string) func(net.Conn) {
	return func(c net.Conn) {
		if !wrapped {
			_, _ = c.Write([]byte("220 " + helo + " ESMTP\r\n"))
			b := make([]byte, 256)
			for _, reply := range []string{"250-" + helo + "\r\n250 STARTTLS\r\n", "220 go\r\n"} {
				if _, err := c.Read(b); err != nil {
					return
				}
				_, _ = c.Write([]byte(reply))
			}
		}
		s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}})
		if s.Handshake() == nil && wrapped {
			_, _ = s.Write([]byte(greets + "\r\n"))
		}
		_, _ = s.Read(make([]byte, 64))
	}
}

// Everything that doctor says about our own listeners.
func TestPorts(t *testing.T) {
	good := shown(t, helo, now.AddDate(0, 0, 60))
	plain := func(part func(net.Conn)) func(*testing.T, *doctor.Host) {
		return func(_ *testing.T, h *doctor.Host) { h.Dial = plays(part) }
	}
	starttls := func(part func(net.Conn)) func(*testing.T, *doctor.Host) {
		return also(plain(part), func(_ *testing.T, h *doctor.Host) { h.Listeners[0].STARTTLS = true })
	}
	imap := func(part func(net.Conn)) func(*testing.T, *doctor.Host) {
		return also(plain(part), func(_ *testing.T, h *doctor.Host) {
			h.Listeners = []doctor.Listener{{Setting: "imap.listen", Address: "0.0.0.0:993", Greets: "* OK", Wrapped: true}}
		})
	}
	web := func(status int, err error) func(*testing.T, *doctor.Host) {
		return func(_ *testing.T, h *doctor.Host) {
			h.Listeners = []doctor.Listener{{Setting: "web.listen", Address: "0.0.0.0:443", URL: "https://gardeners.example"}}
			h.Fetch = func(context.Context, string) (int, []byte, error) { return status, nil, err }
		}
	}
	for name, c := range map[string]finding{
		"in clear":        {"port", nil, "ok: 0.0.0.0:25 answers"},
		"taken":           {"port", func(_ *testing.T, h *doctor.Host) { h.Running = false }, "warning: 0.0.0.0:25 is taken by another program → stop it, or choose another port in config.yaml"},
		"free":            {"port", func(_ *testing.T, h *doctor.Host) { h.Running, h.Dial = false, silent }, ""},
		"somebody else":   {"port", plain(says("HTTP/1.1 400\x1b[2J\r\n")), "failed: on 0.0.0.0:25 answers somebody else: HTTP/1.1 400?[2J → stop the other program, or choose another port in config.yaml"},
		"nobody":          {"port", func(_ *testing.T, h *doctor.Host) { h.Dial = silent }, "failed: nobody answers on 0.0.0.0:25: refused → look at the log of the server"},
		"STARTTLS":        {"port", starttls(encrypts(good, false, "")), "ok: 0.0.0.0:25 answers, and its certificate is valid for 60 days"},
		"no STARTTLS":     {"port", starttls(func(c net.Conn) { scripted(c, map[string]string{"STARTTLS": "502 5.5.1 what?\r\n"}) }), "failed: 0.0.0.0:25 offers no STARTTLS: letters and passwords would cross the net in clear → look at tls in config.yaml, and restart the server"},
		"expired":         {"port", starttls(encrypts(shown(t, helo, now.AddDate(0, 0, -1)), false, "")), "failed: 0.0.0.0:25 shows a certificate that expired on 2026-06-11 → the file may have been renewed without the server reading it: restart it, and look at the log"},
		"other name":      {"port", starttls(encrypts(shown(t, "www.example", now.AddDate(0, 0, 9)), false, "")), "failed: 0.0.0.0:25 shows a certificate that is not for lists.gardeners.example but for www.example → get one that names this host, or set hostname in config.yaml"},
		"odd STARTTLS":    {"port", starttls(says("HTTP/1.1 400\r\n")), "failed: on 0.0.0.0:25 answers somebody else: HTTP/1.1 400 → stop the other program, or choose another port in config.yaml"},
		"IMAP":            {"port", imap(encrypts(good, true, "* OK IMAP4rev1")), "ok: 0.0.0.0:993 answers, and its certificate is valid for 60 days"},
		"IMAP by another": {"port", imap(encrypts(good, true, "+OK POP3")), "failed: on 0.0.0.0:993 answers somebody else: +OK POP3 → stop the other program, or choose another port in config.yaml"},
		"IMAP in clear":   {"port", imap(func(c net.Conn) { _, _ = c.Read(make([]byte, 4096)); says("* OK IMAP4rev1\r\n")(c) }), "failed: 0.0.0.0:993 answers, but TLS does not come about: tls: first record does not look like a TLS handshake → look at tls in config.yaml, and at the log of the server"},
		"web":             {"port", web(200, nil), "ok: 0.0.0.0:443 answers, and so does https://gardeners.example"},
		"web elsewhere":   {"port", web(0, errors.New("no such host")), "failed: 0.0.0.0:443 answers, but https://gardeners.example, which stands in letters, cannot be opened: no such host → check web.url in config.yaml, the DNS, and the way from there to this machine"},
		"web broken":      {"port", web(502, nil), "failed: https://gardeners.example, which stands in letters, answers 502 → look at the log of the server, or of the web server in front of it"},
	} {
		t.Run(name, c.run)
	}
}

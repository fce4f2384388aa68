package smtpd

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// withTLS gives a server a certificate, and a client its trust in it.
func withTLS(t testing.TB) (server func(*Config), client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"mx.lists.test"}, NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return func(c *Config) {
		c.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	}, &tls.Config{RootCAs: pool, ServerName: "mx.lists.test"}
}

// startTLS leads a session through STARTTLS, without a peer that reads ahead.
func (w *street) startTLS(d Door, from string, cfg *tls.Config, before string) *peer {
	w.t.Helper()
	conn := w.dial(d, from)
	w.t.Cleanup(func() { _ = conn.Close() })
	r := bufio.NewReader(conn)
	hear := func(want string) {
		w.t.Helper()
		line, err := r.ReadString('\n')
		if err != nil || !strings.HasPrefix(line, want) {
			w.t.Fatalf("got %q, %v; want %q", line, err, want)
		}
	}
	hear("220 ")
	for _, c := range strings.Split(before, "\n") {
		if _, err := conn.Write([]byte(c + "\r\n")); err != nil {
			w.t.Fatal(err)
		}
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				w.t.Fatal(err)
			}
			if line[3] == ' ' {
				break
			}
		}
	}
	if _, err := conn.Write([]byte("STARTTLS\r\n")); err != nil {
		w.t.Fatal(err)
	}
	hear("220 2.0.0 Go ahead with TLS.")
	safe := tls.Client(conn, cfg)
	if err := safe.Handshake(); err != nil {
		w.t.Fatal(err)
	}
	return newPeer(w.t, safe)
}

// RFC 3207 §4.2: what was said in clear is forgotten, and there is no second greeting.
func TestSTARTTLS(t *testing.T) {
	server, client := withTLS(t)
	w := open(t, server)
	p := w.startTLS(MX, stranger, client, "EHLO evil.test\nMAIL FROM:<eve@evil.test>\nRCPT TO:<talk@lists.test>")
	p.play(`
		C: DATA
		S: 502 5.5.1 Missing RCPT TO command.
		C: MAIL FROM:<>
		S: 502 5.5.1 Please introduce yourself first.
		C: EHLO north.test
		S: 250-Hello north.test
		S: 250-PIPELINING
		S: 250-8BITMIME
		S: 250-ENHANCEDSTATUSCODES
		S: 250-CHUNKING
		S: 250-SMTPUTF8
		S: 250-SIZE 1048576
		S: 250 LIMITS RCPTMAX=100
		C: STARTTLS
		S: 502 5.5.1 TLS not supported
		C: MAIL FROM:<>
		C: RCPT TO:<postmaster>
		C: DATA
		S: 250 *
		S: 250 2.0.0 I'll make sure <postmaster@mx.lists.test> gets this
		S: 354 *
		C: x
		C: .
		S: 250 *
		C: NOOP
		C: DATA
		C: x
		S: 250 *
		S: 503 5.5.0 You must wait for our answer before you go on.
		S: (closed)
	`)
	l := w.room.all()
	if len(l) != 1 || !l[0].env.TLS || l[0].env.HELO != "north.test" || !strings.Contains(l[0].raw, "with ESMTPS id") {
		t.Errorf("letters %v", l)
	}
	if !w.server.mxTLS.SessionTicketsDisabled || w.server.mxTLS.MinVersion != tls.VersionTLS12 {
		t.Error("A13")
	}
}

// A5, CVE-2011-0411: what is sent in clear behind STARTTLS is never taken for a command of the encrypted session.
func TestInjectionBehindSTARTTLS(t *testing.T) {
	server, _ := withTLS(t)
	w := open(t, server)
	w.play(MX, stranger, hello+`
		C: STARTTLS
		C: MAIL FROM:<eve@evil.test>
		S: 503 5.5.0 You must wait for our answer before you go on.
		S: (closed)
	`)
	w.play(MX, stranger, hello+`
		C: STARTTLS now
		S: 501 5.5.4 STARTTLS stands alone on its line.
		C: NOOP
		S: 250 *
	`)
	w.play(MX, stranger, hello+`
		C: STARTTLS
		S: 220 2.0.0 Go ahead with TLS.
		C: MAIL FROM:<eve@evil.test>
	`)
}

func TestTLSFromTheFirstByte(t *testing.T) {
	server, client := withTLS(t)
	w := open(t, server)
	ours, theirs := net.Pipe()
	go w.server.converse(t.Context(), Listener{Door: Submission, TLS: true}, theirs)
	p := newPeer(t, tls.Client(ours, client))
	p.play(`
		S: 220 mx.lists.test ESMTP Service Ready
		C: EHLO laptop
		S: 250-Hello laptop
		S: 250-PIPELINING
		S: 250-8BITMIME
		S: 250-ENHANCEDSTATUSCODES
		S: 250-CHUNKING
		S: 250-AUTH PLAIN LOGIN
		S: 250-SMTPUTF8
		S: 250-SIZE 1048576
		S: 250 LIMITS RCPTMAX=100
		C: AUTH PLAIN AGRhbmFAbm9ydGgudGVzdABzZWNyZXQ=
		S: 235 2.0.0 Authentication succeeded
	`)
	_ = ours.Close()
	bare, err := New(Config{Hostname: "mx.lists.test", Now: time.Now}, w.room, nil)
	if err != nil {
		t.Fatal(err)
	}
	listener := &memoryListener{gone: make(chan struct{})}
	err = bare.Serve(t.Context(), Listener{Listener: listener, Door: Submission, TLS: true})
	if err == nil || err.Error() != "the submission listener on 192.0.2.1:25 needs a certificate" {
		t.Errorf("err = %v", err)
	}
}

// A handshake that never ends does not hold a session.
func TestStalledHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server, _ := withTLS(t)
		w := open(t, server)
		p := newPeer(t, w.dial(MX, stranger))
		p.play(hello + "C: STARTTLS\nS: 220 *")
		after(t, handshakeTime, func() { p.play("S: (closed)") })
		w.mustEnd()
	})
}

// A14: a login in clear exists on loopback only, and only when it was allowed.
func TestLoginInClear(t *testing.T) {
	server, client := withTLS(t)
	for name, c := range map[string]struct {
		allow bool
		from  string
		want  string
	}{
		"allowed on loopback":   {true, "127.0.0.1", "S: 235 2.0.0 Authentication succeeded"},
		"forbidden on loopback": {false, "127.0.0.1", "S: 523 5.7.10 TLS is required"},
		"allowed, not loopback": {true, stranger, "S: 523 5.7.10 TLS is required"},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t, server, func(cfg *Config) { cfg.AllowInsecureAuth = c.allow })
			w.t = t
			w.play(Submission, c.from, hello+"C: AUTH PLAIN AGRhbmFAbm9ydGgudGVzdABzZWNyZXQ=\n"+c.want)
			p := w.startTLS(Submission, c.from, client, "EHLO laptop")
			p.play("C: HELO laptop\nS: 250 *\nC: AUTH PLAIN AGRhbmFAbm9ydGgudGVzdABzZWNyZXQ=\nS: 235 2.0.0 Authentication succeeded")
		})
	}
}

func TestLogin(t *testing.T) {
	const (
		user, pass = "ZGFuYUBub3J0aC50ZXN0", "c2VjcmV0"
		yes        = "S: 235 2.0.0 Authentication succeeded"
		unreadable = "S: 501 5.5.2 This login cannot be read."
	)
	for name, script := range map[string]string{
		"PLAIN":                   "C: AUTH PLAIN AGRhbmFAbm9ydGgudGVzdABzZWNyZXQ=\n" + yes,
		"PLAIN asked":             "C: AUTH PLAIN\nS: 334 *\nC: AGRhbmFAbm9ydGgudGVzdABzZWNyZXQ=\n" + yes,
		"PLAIN, same identity":    "C: AUTH PLAIN ZGFuYUBub3J0aC50ZXN0AGRhbmFAbm9ydGgudGVzdABzZWNyZXQ=\n" + yes,
		"PLAIN, other identity":   "C: AUTH PLAIN ZXZlAGRhbmFAbm9ydGgudGVzdABzZWNyZXQ=\n" + unreadable,
		"PLAIN, broken":           "C: AUTH PLAIN ZXZl\n" + unreadable,
		"PLAIN, not base64":       "C: AUTH PLAIN ???\nS: 454 4.7.0 Invalid base64 data",
		"LOGIN":                   "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: " + user + "\nS: 334 UGFzc3dvcmQ6\nC: " + pass + "\n" + yes,
		"LOGIN with a name":       "C: AUTH LOGIN " + user + "\nS: 334 UGFzc3dvcmQ6\nC: " + pass + "\n" + yes,
		"LOGIN given up":          "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: *\nS: 501 5.0.0 Negotiation cancelled\nC: NOOP\nS: 250 *",
		"other ways":              "C: AUTH CRAM-MD5\nS: 504 5.7.4 We know PLAIN and LOGIN.",
		"the database is away":    "C: AUTH PLAIN AGJ1c3kAeA==\nS: 454 4.7.0 We cannot check a login just now. Please try again in a few minutes.",
		"not within a letter":     "C: AUTH LOGIN " + user + "\nS: 334 *\nC: " + pass + "\n" + yes + "\nC: MAIL FROM:<>\nS: 250 *\nC: AUTH PLAIN\nS: 503 5.5.1 Already authenticated",
		"not twice":               "C: AUTH LOGIN " + user + "\nS: 334 *\nC: " + pass + "\n" + yes + "\nC: AUTH PLAIN\nS: 503 5.5.1 Already authenticated",
		"no letter without":       "C: MAIL FROM:<dana@north.test>\nS: 530 5.7.0 Please log in first, with your address and an app password.",
		"kept over RSET and EHLO": "C: AUTH LOGIN " + user + "\nS: 334 *\nC: " + pass + "\n" + yes + "\nC: RSET\nS: 250 *\nC: HELO x\nS: 250 *\nC: MAIL FROM:<>\nS: 250 *",
		"a very long response":    "C: AUTH PLAIN\nS: 334 *\nC: " + strings.Repeat("A", 12284) + "\n" + unreadable,
		"too long a response":     "C: AUTH PLAIN\nS: 334 *\nC: " + strings.Repeat("A", 12288) + "\nS: 500 5.5.6 That line is too long.\nS: (closed)",
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t, func(c *Config) { c.AllowInsecureAuth = true })
			w.t = t
			w.play(Submission, "", hello+script)
			if log := w.log.String(); strings.Contains(log, "secret") || strings.Contains(log, pass) || strings.Contains(log, "dana") {
				t.Errorf("the log holds a name or a password:\n%s", log)
			}
		})
	}
}

func TestSubmittedLetter(t *testing.T) {
	w := open(t, func(c *Config) { c.AllowInsecureAuth = true })
	w.play(Submission, "127.0.0.1", `
		S: 220 *
		C: EHLO laptop
		S: 250-*
		S: 250-*
		S: 250-*
		S: 250-*
		S: 250-*
		S: 250-AUTH PLAIN LOGIN
		S: 250-*
		S: 250-*
		S: 250 *
		C: AUTH PLAIN AGRhbmFAbm9ydGgudGVzdABzZWNyZXQ=
		S: 235 *
		C: MAIL FROM:<dana@north.test> AUTH=<>
		C: RCPT TO:<talk@lists.test>
		C: DATA
		S: 250 *
		S: 250 *
		S: 354 *
		C: x
		C: .
		S: 250 *
	`)
	l := w.room.all()[0]
	if l.env.Login.String() != "dana@north.test" || l.env.Door != Submission || !strings.Contains(l.raw, "with ESMTPA id") {
		t.Errorf("letter %v", l)
	}
}

// A14: guessing costs time, then the session, then an hour.
func TestGuessing(t *testing.T) {
	const wrong, again = "S: 535 5.7.8 This name and app password do not fit together.", "S: 421 4.7.0 Too many wrong passwords. Please try again in an hour.\nS: (closed)"
	server, client := withTLS(t)
	synctest.Test(t, func(t *testing.T) {
		w := open(t, server)
		session := func() *peer {
			p := w.startTLS(Submission, stranger, client, "EHLO laptop")
			p.play("C: HELO laptop\nS: 250 *")
			return p
		}
		guess := func(p *peer, seconds int, want string) {
			t.Helper()
			after(t, time.Duration(seconds)*time.Second, func() { p.play("C: AUTH PLAIN AGRhbmFAbm9ydGgudGVzdAB4\n" + want) })
		}
		for range 6 {
			p := session()
			guess(p, 1, wrong)
			guess(p, 2, wrong)
			guess(p, 4, again)
		}
		p := session()
		guess(p, 1, wrong)
		guess(p, 2, wrong)
		p.play("C: AUTH PLAIN AGRhbmFAbm9ydGgudGVzdABzZWNyZXQ=\n" + again)
		sleep(61 * 60)
		session().play("C: AUTH PLAIN AGRhbmFAbm9ydGgudGVzdABzZWNyZXQ=\nS: 235 *")

		// a mail program on this machine that has a wrong password locks out nobody else on it
		w.server.cfg.AllowInsecureAuth = true
		for range 7 {
			p := newPeer(t, w.dial(Submission, "127.0.0.1"))
			p.play(hello)
			guess(p, 1, wrong)
			guess(p, 2, wrong)
			guess(p, 4, again)
		}
		w.play(Submission, "127.0.0.1", hello+"C: AUTH PLAIN AGRhbmFAbm9ydGgudGVzdABzZWNyZXQ=\nS: 235 *")
		w.mustEnd()
	})
}

// Whoever has guessed too often at another door is told so at once, and it counts nothing here.
func TestTooManyGuessesElsewhere(t *testing.T) {
	server, client := withTLS(t)
	w := open(t, server, func(c *Config) { c.PerIP = 2 * maxFailures })
	for range maxFailures + 1 {
		p := w.startTLS(Submission, stranger, client, "EHLO laptop")
		p.play("C: HELO laptop\nS: 250 *\nC: AUTH PLAIN AGFnYWluAHg=\nS: 421 4.7.0 Too many wrong passwords. Please try again in an hour.\nS: (closed)")
	}
	p := w.startTLS(Submission, stranger, client, "EHLO laptop")
	p.play("C: HELO laptop\nS: 250 *\nC: AUTH PLAIN AGRhbmFAbm9ydGgudGVzdABzZWNyZXQ=\nS: 235 *")
}

func TestLMTP(t *testing.T) {
	w := open(t)
	w.play(LMTP, "127.0.0.1", `
		S: 220 mx.lists.test LMTP Service Ready
		C: EHLO front.test
		S: 500 5.5.1 This is a LMTP server, use LHLO
		C: LHLO front.test
		S: 250-Hello front.test
		S: 250-PIPELINING
		S: 250-8BITMIME
		S: 250-ENHANCEDSTATUSCODES
		S: 250-CHUNKING
		S: 250-SMTPUTF8
		S: 250-SIZE 1048576
		S: 250 LIMITS RCPTMAX=100
		C: MAIL FROM:<dana@north.test>
		C: RCPT TO:<talk@lists.test>
		C: RCPT TO:<nobody@lists.test>
		C: RCPT TO:<jobs@lists.test>
		C: RCPT TO:<jobs@lists.test>
		C: DATA
		S: 250 *
		S: 250 *
		S: 550 5.1.1 There is nobody of this name here. Please check the address.
		S: 250 *
		S: 250 *
		S: 354 *
		C: x
		C: .
		S: 250 2.0.0 <talk@lists.test> Kept as *.
		S: 250 2.0.0 <jobs@lists.test> Kept as *.
		S: 250 2.0.0 <jobs@lists.test> Kept as *.
		C: MAIL FROM:<dana@north.test>
		C: RCPT TO:<talk@lists.test>
		C: RCPT TO:<jobs@lists.test>
		C! "BDAT 3 LAST\r\nx\r\n"
		S: 250 *
		S: 250 *
		S: 250 *
		S: 250 2.0.0 <talk@lists.test> Kept as *.
		S: 250 2.0.0 <jobs@lists.test> Kept as *.
		C: MAIL FROM:<dana@north.test>
		C: RCPT TO:<talk@lists.test>
		C: RCPT TO:<jobs@lists.test>
		C: DATA
		S: 250 *
		S: 250 *
		S: 250 *
		S: 354 *
		C! "x\n.\r\n\r\n.\r\nNOOP\r\n"
		S: 550 5.5.2 <talk@lists.test> Every line must end with CR LF, *
		S: 550 5.5.2 <jobs@lists.test> Every line must end with CR LF, *
		S: (closed)
	`)
	l := w.room.all()
	if len(l) != 2 || len(l[0].env.To) != 2 || l[0].env.Door != LMTP || !strings.Contains(l[0].raw, "with LMTP id") {
		t.Errorf("letters %v", l)
	}
	// a trusted host may bring as many unknown names as it likes
	w.play(LMTP, "203.0.113.1", "S: 220 *\nC: LHLO x\n"+strings.Repeat("S: 250-*\n", 7)+"S: 250 *\nC: MAIL FROM:<>\nS: 250 *\n"+
		strings.Repeat("C: RCPT TO:<x@lists.test>\nS: 550 5.1.1 *\n", 19)+"C: RCPT TO:<talk@lists.test>\nS: 250 *")
	w.server.strangers.mu.Lock()
	defer w.server.strangers.mu.Unlock()
	if len(w.server.strangers.peers) != 0 {
		t.Error("LMTP counts strangers")
	}
}

// The transcripts of Apache James, as far as they are about what we have too: STARTTLS as text in a letter or in an address is
// text, AUTH LOGIN asks its two questions. Only the codes are compared, the sentences are James' own.
func TestJames(t *testing.T) {
	server, _ := withTLS(t)
	for name, door := range map[string]Door{"helo": MX, "data_starts_with_starttls": MX, "data_with_starttls": MX, "rcpt_with_starttls": MX, "starttls": MX, "authplain": Submission} {
		script := corpusFile(t, "conf-smtp/james-smtp/"+name+".test")
		t.Run(name, func(t *testing.T) {
			w := open(t, server, func(c *Config) { c.AllowInsecureAuth = true })
			w.room.known = map[string]bool{"bob@mydomain.tld": true, "starttls@mydomain.tld": true}
			w.server.login = james{}
			if door == Submission { // RFC 4954 §4 has AUTH only after EHLO
				script = bytes.Replace(script, []byte("C: AUTH"), []byte("C: EHLO yopmail.com\nS: 250 ok\nC: AUTH"), 1)
			}
			playJames(t, newPeer(t, w.dial(door, "127.0.0.1")), script)
			if l := w.room.all(); door == MX && len(l) == 0 && bytes.Contains(script, []byte("250 2.6.0")) {
				t.Error("nothing kept")
			}
		})
	}
}

// playJames plays a script of James: a group of C lines, then the replies to all of them. Continued replies differ between
// servers, so we compare the codes of whole replies. James pipelines EHLO and, like us, not beyond DATA.
func playJames(t *testing.T, p *peer, script []byte) {
	t.Helper()
	for _, line := range strings.Split(string(script), "\n") {
		verb, text, _ := strings.Cut(strings.TrimRight(line, "\r"), " ")
		switch {
		case verb == "C:":
			p.send(text + "\r\n")
		case verb == "S:" && len(text) > 3 && text[3] != '-' && text != "250.*":
			for {
				got, ok := <-p.lines
				if !ok {
					t.Fatalf("the session ended, want %q", text)
				}
				if got[3] == '-' {
					continue
				}
				if got[:3] != text[:3] {
					t.Fatalf("got %q, want the code of %q", got, text)
				}
				break
			}
		}
	}
}

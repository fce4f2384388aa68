package courier

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net"
	"net/netip"
	"strings"

	"backchannel/smtpd/queue"
)

// open connects to a host, greets, protects the connection and signs in. Without a session the outcome says why.
func (c *Courier) open(ctx context.Context, hop Hop) (*session, queue.Outcome) {
	s, o := c.openAs(ctx, hop, hop.TLS)
	if s == nil && o.Text == errHandshake.Error() && hop.TLS == TLSTry {
		// Opportunistic TLS (RFC 7435): a host that offers what it cannot do gets the message in clear, unless that is private.
		s, o = c.openAs(ctx, hop, TLSOff)
	}
	return s, o
}

var errHandshake = errors.New("the TLS handshake did not succeed")

func (c *Courier) openAs(ctx context.Context, hop Hop, how TLS) (*session, queue.Outcome) {
	dialling, cancel := context.WithTimeout(ctx, c.o.Timeouts.Connect)
	dial := c.o.Dial
	if hop.From.IsValid() && c.ours {
		dial = (&net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(hop.From, 0))}).DialContext
	}
	conn, err := dial(dialling, "tcp", hop.Addr)
	cancel()
	if err != nil {
		o := queue.Outcome{Stage: queue.StageConnect, Enhanced: "4.4.1", Text: inWords(err), Host: hop.label()}
		if timedOut(err) && ctx.Err() == nil {
			o.Text = errSilent.Error()
		}
		return nil, o
	}
	s := newSession(conn, hop.label(), c.o.Timeouts)
	release := s.bind(ctx)
	o, ok := c.prepare(ctx, s, hop, how)
	if !release() && ok {
		o, ok = s.lost(queue.StageHello, context.Cause(ctx)), false
	}
	if !ok {
		s.conn.Close()
		return nil, o
	}
	return s, queue.Outcome{}
}

func newSession(conn net.Conn, host string, times Timeouts) *session {
	m := &meter{Conn: conn}
	m.left.Store(sessionMost)
	return &session{host: host, times: times, meter: m, conn: m, r: bufio.NewReader(m), inside: isInside(conn)}
}

// isInside tells whether what is said on the connection stays on this machine.
func isInside(conn net.Conn) bool {
	if conn.RemoteAddr() == nil {
		return false
	}
	at, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	return err == nil && at.Addr().Unmap().IsLoopback()
}

// prepare brings a new connection to where MAIL may be said.
func (c *Courier) prepare(ctx context.Context, s *session, hop Hop, how TLS) (queue.Outcome, bool) {
	if how == TLSWrapped {
		if o, ok := c.protect(ctx, s, hop, true); !ok {
			return o, false
		}
	}
	r, err := s.hear(ctx, s.times.Banner)
	if err != nil {
		return s.lost(queue.StageConnect, err), false
	}
	if r.code != 220 {
		return s.said(queue.StageHello, r), false
	}
	if o, ok := s.hello(ctx, c.o.Name); !ok {
		return o, false
	}
	if how != TLSWrapped && how != TLSOff {
		if o, ok := c.startTLS(ctx, s, hop, how); !ok {
			return o, false
		}
	}
	if hop.Username == "" {
		return queue.Outcome{}, true
	}
	return s.login(ctx, hop)
}

// startTLS goes over to TLS (RFC 3207) where the host offers it.
func (c *Courier) startTLS(ctx context.Context, s *session, hop Hop, how TLS) (queue.Outcome, bool) {
	want := how != TLSTry
	if !s.has("STARTTLS") {
		if hop.Note != nil {
			hop.Note("the host offers no TLS")
		}
		return queue.Outcome{Stage: queue.StageHello, Enhanced: "4.7.10", Text: "the host offers no TLS, and the settings want it", Host: s.host, Busy: want}, !want
	}
	r, err := s.ask(ctx, s.times.Greeting, "STARTTLS")
	if err != nil {
		return s.lost(queue.StageHello, err), false
	}
	if r.code != 220 {
		return s.said(queue.StageHello, r), !want && !s.dead
	}
	if s.r.Buffered() > 0 {
		// Whoever speaks before the handshake is not the one we shake hands with (RFC 3207 §6, CVE-2011-0411).
		s.dead = true
		return queue.Outcome{Stage: queue.StageHello, Text: "the host spoke in clear behind STARTTLS", Host: s.host}, false
	}
	if o, ok := c.protect(ctx, s, hop, how == TLSVerify); !ok {
		return o, false
	}
	return s.hello(ctx, c.o.Name) // what was said in clear is forgotten (RFC 3207 §4.2)
}

// protect does the handshake.
func (c *Courier) protect(ctx context.Context, s *session, hop Hop, verify bool) (queue.Outcome, bool) {
	s.meter.left.Add(sessionMost) // for certificates
	shake, cancel := context.WithTimeout(ctx, s.times.Connect)
	defer cancel()
	config := &tls.Config{
		ServerName:         hop.host(),
		RootCAs:            c.o.Roots,
		InsecureSkipVerify: !verify, // between strangers any encryption is better than none; whoever knows its host says verify
		MinVersion:         tls.VersionTLS12,
	}
	if !verify && hop.Note != nil {
		config.VerifyConnection = func(state tls.ConnectionState) error {
			if !c.holds(state, hop.host()) {
				hop.Note("the host's certificate is not valid for its name")
			}
			return nil
		}
	}
	conn := tls.Client(s.meter, config)
	s.limit(shake, s.times.Connect)
	if err := conn.HandshakeContext(shake); err != nil {
		s.dead = true
		o := queue.Outcome{Stage: queue.StageHello, Enhanced: "4.7.5", Text: errHandshake.Error(), Host: s.host}
		var wrong *tls.CertificateVerificationError
		if errors.As(err, &wrong) {
			o.Text, o.Busy = "the host's certificate is not valid for "+hop.host(), true
		}
		return o, false
	}
	s.conn, s.tls = conn, true
	s.r = bufio.NewReader(conn)
	return queue.Outcome{}, true
}

// holds tells whether the certificate of a connection that nobody verified would have held.
func (c *Courier) holds(state tls.ConnectionState, name string) bool {
	between := x509.NewCertPool()
	for _, cert := range state.PeerCertificates[1:] {
		between.AddCert(cert)
	}
	_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{DNSName: name, Roots: c.o.Roots, Intermediates: between})
	return err == nil
}

// safe tells whether nobody outside can read along.
func (s *session) safe() bool { return s.tls || s.inside }

// login signs in (RFC 4954). Whatever goes wrong here is a matter of the configuration: the message waits, and the route rests.
func (s *session) login(ctx context.Context, hop Hop) (queue.Outcome, bool) {
	fail := func(text string) (queue.Outcome, bool) {
		return queue.Outcome{Stage: queue.StageLogin, Text: text, Host: s.host, Busy: true}, false
	}
	if !s.safe() {
		return fail("the host offers no TLS, and the password is not sent in clear")
	}
	offers := " " + s.ext["AUTH"] + " "
	var steps []string
	switch {
	case strings.Contains(offers, " PLAIN "):
		steps = []string{"AUTH PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00"+hop.Username+"\x00"+hop.Password))}
	case strings.Contains(offers, " LOGIN "):
		steps = []string{"AUTH LOGIN", base64.StdEncoding.EncodeToString([]byte(hop.Username)), base64.StdEncoding.EncodeToString([]byte(hop.Password))}
	default:
		return fail("the host offers no way to sign in that we know (PLAIN, LOGIN)")
	}
	for i, line := range steps {
		r, err := s.ask(ctx, s.times.Greeting, line)
		if err != nil {
			return s.lost(queue.StageLogin, err), false
		}
		if last := i == len(steps)-1; last && r.code != 235 || !last && r.code != 334 {
			return s.said(queue.StageLogin, r), false
		}
	}
	return queue.Outcome{}, true
}

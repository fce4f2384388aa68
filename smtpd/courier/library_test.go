package courier

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"backchannel/smtpd/queue"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// A server that nobody of this project wrote, over a real network.
type library struct {
	mu   sync.Mutex
	got  []string
	fail error
}

func (l *library) NewSession(*smtp.Conn) (smtp.Session, error) { return &librarySession{l: l}, nil }

type librarySession struct {
	l        *library
	from, to string
	who      string
}

func (s *librarySession) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s *librarySession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "me" || password != "secret" {
			return smtp.ErrAuthFailed
		}
		s.who = user
		return nil
	}), nil
}
func (s *librarySession) Reset()        {}
func (s *librarySession) Logout() error { return nil }
func (s *librarySession) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}
func (s *librarySession) Rcpt(to string, _ *smtp.RcptOptions) error {
	if strings.HasPrefix(to, "nobody") {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	}
	s.to = to
	return nil
}
func (s *librarySession) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.l.mu.Lock()
	defer s.l.mu.Unlock()
	s.l.got = append(s.l.got, s.who+" "+s.from+" "+s.to+" "+string(b))
	return s.l.fail
}

func TestAgainstALibrary(t *testing.T) {
	cert, roots := selfSigned(t, "localhost")
	lib := &library{}
	srv := smtp.NewServer(lib)
	srv.Domain, srv.EnableSMTPUTF8 = "mx.test", true
	srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	named, numbered := "localhost:"+port, "127.0.0.1:"+port

	for _, c := range []struct {
		name, to string
		hop      Hop
		body     string
		want     string
		got      string
	}{
		{"opportunistic", "dana@north.test", Hop{Addr: numbered}, ".dot\r\n..\r\n", "delivered at end: HOST said 250 2.0.0 OK: queued", " bounce+x@list.test dana@north.test Subject: x\r\n\r\n.dot\r\n..\r\n"},
		{"in clear", "dana@north.test", Hop{Addr: numbered, TLS: TLSOff}, "x\r\n", "delivered at end: HOST said 250 2.0.0 OK: queued", " bounce+x@list.test dana@north.test Subject: x\r\n\r\nx\r\n"},
		{"verified", "dana@north.test", Hop{Addr: named, TLS: TLSVerify}, "x\r\n", "delivered at end: HOST said 250 2.0.0 OK: queued", " bounce+x@list.test dana@north.test Subject: x\r\n\r\nx\r\n"},
		{"wrong name", "dana@north.test", Hop{Addr: numbered, TLS: TLSVerify}, "x\r\n", "deferred at hello 4.7.5: HOST: the host's certificate is not valid for 127.0.0.1 [busy]", ""},
		{"signed in", "dana@north.test", Hop{Addr: named, TLS: TLSVerify, Username: "me", Password: "secret"}, "x\r\n", "delivered at end: HOST said 250 2.0.0 OK: queued", "me bounce+x@list.test dana@north.test Subject: x\r\n\r\nx\r\n"},
		{"wrong password", "dana@north.test", Hop{Addr: named, TLS: TLSVerify, Username: "me", Password: "other"}, "x\r\n", "deferred at login: HOST said 535 5.7.8 Authentication failed [busy]", ""},
		{"nobody", "nobody@north.test", Hop{Addr: numbered}, "x\r\n", "failed at rcpt: HOST said 550 5.1.1 no such user", ""},
		{"not ASCII", "dörte@north.test", Hop{Addr: numbered}, "h\xc3\xa9\r\n", "delivered at end: HOST said 250 2.0.0 OK: queued", " bounce+x@list.test dörte@north.test Subject: x\r\n\r\nh\xc3\xa9\r\n"},
		{"large", "dana@north.test", Hop{Addr: numbered}, strings.Repeat("0123456789abcdef\r\n", 300_000), "delivered at end: HOST said 250 2.0.0 OK: queued", " bounce+x@list.test dana@north.test Subject: x\r\n\r\n" + strings.Repeat("0123456789abcdef\r\n", 300_000)},
	} {
		t.Run(c.name, func(t *testing.T) {
			lib.got = nil
			courier := New(Options{Name: "lists.test", Route: Smarthost(c.hop), Roots: roots})
			defer courier.Close()
			m := message(t, c.to)
			m.Body = []byte(c.body)
			if o := courier.Deliver(context.Background(), m); inShort(o) != strings.Replace(c.want, "HOST", c.hop.Addr, 1) {
				t.Errorf("%s\nwant %s", inShort(o), c.want)
			}
			if got := strings.Join(lib.got, ""); got != c.got {
				t.Errorf("%.100q arrived, want %.100q", got, c.got)
			}
		})
	}
	lib.fail = errors.New("disk full") // the library makes a permanent 554 of it
	c := New(Options{Name: "lists.test", Route: Smarthost(Hop{Addr: numbered})})
	if o := c.Deliver(context.Background(), to(1)); o.Kind != queue.Failed || o.Code != 554 || o.Stage != queue.StageEnd {
		t.Error(inShort(o))
	}
	c.Close()
	srv.Close()
	<-served
}

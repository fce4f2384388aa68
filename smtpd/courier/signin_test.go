package courier

import (
	"context"
	"strings"
	"testing"

	"backchannel/smtpd/queue"
)

// Signing in comes as far as a letter, sends none, and tells what a delivery would meet.
func TestSignIn(t *testing.T) {
	k := newSink()
	at := k.listen(t)
	c := New(Options{Name: "lists.test", Route: Smarthost(Hop{Addr: at})})
	defer c.Close()
	if o := c.SignIn(context.Background(), Hop{Addr: at}); o.Kind != queue.Delivered || o.Text != "no encryption, no login" || k.taken.Load() != 0 || k.sessions.Load() != 1 {
		t.Errorf("%v, %d letters, %d sessions", o, k.taken.Load(), k.sessions.Load())
	}
	if o := c.SignIn(context.Background(), Hop{Addr: at, TLS: TLSVerify}); o.Kind == queue.Delivered || o.Stage != queue.StageHello {
		t.Errorf("without the TLS that is wanted: %v", o)
	}
	if o := c.SignIn(context.Background(), Hop{Addr: at, Username: "dana", Password: "secret"}); o.Kind == queue.Delivered || o.Stage != queue.StageLogin || strings.Contains(o.String(), "secret") {
		t.Errorf("a host without AUTH: %v", o)
	}
	if o := c.SignIn(context.Background(), Hop{Addr: "127.0.0.1:1"}); o.Kind == queue.Delivered || o.Stage != queue.StageConnect {
		t.Errorf("nobody there: %v", o)
	}
}

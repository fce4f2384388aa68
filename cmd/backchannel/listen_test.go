package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/logbook"
	"backchannel/cmd/internal/config"
	"backchannel/templates/refusal"
)

// Whatever a second server wants, it does not get; and a stopped one leaves everything free.
func TestOneServer(t *testing.T) {
	h := openVillage(t, nil)
	h.serve()
	other, err := Open(context.Background(), h.Options)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := other.Listen(); refusal.KindOf(err) != refusal.Conflict {
		t.Errorf("a second server listens: %v", err)
	}
	if !other.running() {
		t.Error("nobody is told that a server runs")
	}
	if err := errors.Join(h.stop(), h.Close()); err != nil {
		t.Fatal(err)
	}
	if other.running() {
		t.Error("a stopped server still runs")
	}
	if err := other.Listen(); err != nil {
		t.Error(err)
	}
}

// A server stops while letters come in, and answers the one under way (P10).
func TestStopsInTime(t *testing.T) {
	h := openVillage(t, nil)
	h.serve()
	c, err := smtp.Dial(h.Addr("smtp.listen"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	idle, err := net.Dial("tcp", h.Addr("imap.listen"))
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	if err := errors.Join(c.Hello("client.test"), c.Mail("bill@south.test"), c.Rcpt("talk@gardeners.test")); err != nil {
		t.Fatal(err)
	}
	w, err := c.Data()
	if err != nil {
		t.Fatal(err)
	}
	raw := post("bill@south.test", "Late", "late@south.test", "Just in time.")
	if _, err := w.Write(raw[:50]); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	stopped := make(chan error, 1)
	go func() { stopped <- h.stop() }()
	if !within(func() bool { _, err := net.Dial("tcp", h.Addr("smtp.listen")); return err != nil }) {
		t.Error("a stopping server takes new sessions")
	}
	if _, err := w.Write(raw[50:]); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Errorf("the letter under way was answered: %v", err)
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > stopTime {
		t.Errorf("stopping took %v", took)
	}
	h.update(func(tx *db.Tx) error {
		story, err := logbook.Find(tx, "late@south.test")
		if err == nil && len(story) == 0 {
			err = errors.New("the letter answered 250 is not there")
		}
		return err
	})
}

// With tls.mode files the front door offers STARTTLS, IMAP is TLS from the first byte, and no password crosses the wire in clear.
func TestCertificates(t *testing.T) {
	dir := t.TempDir()
	first := writePair(t, dir, "first.test")
	h := openVillage(t, func(o *Options) {
		o.Config.TLS = config.TLS{Mode: config.Files, Cert: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem")}
	})
	h.serve()
	names := func() string {
		c, err := tls.Dial("tcp", h.Addr("imap.listen"), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.ConnectionState().PeerCertificates[0].DNSNames[0]
	}
	if got := names(); got != first {
		t.Errorf("IMAP shows the certificate of %s", got)
	}
	for _, door := range []string{"smtp.listen", "smtp.submission"} {
		c, err := smtp.Dial(h.Addr(door))
		if err != nil {
			t.Fatal(err)
		}
		if ok, _ := c.Extension("AUTH"); ok {
			t.Errorf("%s takes passwords in clear", door)
		}
		if err := c.StartTLS(&tls.Config{InsecureSkipVerify: true}); err != nil {
			t.Errorf("%s: %v", door, err)
		}
		_ = c.Close()
	}
	// Renewed while the server runs; then a broken pair, which is passed over.
	second := writePair(t, dir, "second.test")
	if !within(func() bool { return names() == second }) {
		t.Error("the new certificate is not shown")
	}
	if err := os.WriteFile(filepath.Join(dir, "key.pem"), []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if !within(func() bool { return names() == second && strings.Contains(h.log.String(), "the old one stays") }) {
		t.Error("a broken pair of files was not passed over")
	}
}

// A port that is taken ends the start in a sentence, and leaves nothing open.
func TestTakenPort(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	h := openVillage(t, func(o *Options) { o.Config.IMAP.Listen = taken.Addr().String() })
	err = h.Listen()
	if want := fmt.Sprintf("imap.listen is %s, and nobody can listen there: address already in use.", taken.Addr()); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if r, _ := refusal.As(err); r == nil || r.Hint != "stop the program that has this port, or choose another in config.yaml" {
		t.Errorf("%+v", r)
	}
	closed := &net.OpError{Op: "listen", Net: "tcp", Err: os.NewSyscallError("bind", syscall.EACCES)} // as an ordinary user reads it for port 25
	if got := portHint(closed); !strings.HasPrefix(got, "ports below 1024 need a right: ") {
		t.Errorf("got %q", got)
	}
}

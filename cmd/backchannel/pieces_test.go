package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"backchannel/cmd/internal/config"
	"backchannel/smtpd/courier"
	"backchannel/smtpd/queue"
	"backchannel/templates/refusal"
)

// writePair writes a certificate for a name, and its key.
func writePair(t *testing.T, dir, name string) string {
	t.Helper()
	if err := writeCertificate(dir, name, time.Now().AddDate(0, 1, 0)); err != nil {
		t.Fatal(err)
	}
	return name
}

// writeCertificate writes cert.pem and key.pem into a folder.
func writeCertificate(dir, name string, until time.Time) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), DNSNames: []string{name}, NotAfter: until}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	for file, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: cert}, "key.pem": {Type: "EC PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(filepath.Join(dir, file), pem.EncodeToMemory(block), 0o600); err != nil {
			return err
		}
	}
	return nil
}

func TestClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now, err := clock("2026-06-12T10:05:00+02:00")
		if err != nil {
			t.Fatal(err)
		}
		start := now()
		if want := time.Date(2026, 6, 12, 8, 5, 0, 0, time.UTC); !start.Equal(want) {
			t.Errorf("the clock starts at %v, want %v", start, want)
		}
		time.Sleep(90 * time.Second)
		if got := now().Sub(start); got != 90*time.Second {
			t.Errorf("90 s later the clock says %v", got)
		}
	})
	now, err := clock("2026-06-12T08:05:00Z")
	if err != nil {
		t.Fatal(err)
	}
	if s := now().String(); !strings.Contains(s, "m=") {
		t.Errorf("%s has no monotonic reading: differences would follow the machine's clock", s)
	}
	for _, at := range []string{"yesterday", "2026-06-12", "2026-06-12 08:00"} {
		if _, err := clock(at); refusal.KindOf(err) != refusal.Usage {
			t.Errorf("clock(%q): %v", at, err)
		}
	}
}

func TestKeys(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	first, err := loadKeys(dir)
	if err != nil || len(first.made) != 3 || len(first.seal) != 32 || len(first.tokens[1]) != 32 || len(first.identities[1]) != 32 || bytes.Equal(first.seal, first.tokens[1]) {
		t.Fatalf("%+v, %v", first, err)
	}
	again, err := loadKeys(dir)
	if err != nil || len(again.made) != 0 || !bytes.Equal(again.seal, first.seal) || again.kid != 1 {
		t.Errorf("%+v, %v", again, err)
	}
	for name, mode := range map[string]os.FileMode{"": 0o700 | os.ModeDir, "seal.key": 0o600, "token-1.key": 0o600} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode() != mode {
			t.Errorf("%q: %v %v", name, info.Mode(), err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".new-*")); len(left) != 0 {
		t.Errorf("%v is left over", left)
	}
	// A second token key takes over; the first stays readable.
	text, err := os.ReadFile(filepath.Join(dir, "seal.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "token-2.key"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	if two, err := loadKeys(dir); err != nil || two.kid != 2 || len(two.tokens) != 2 {
		t.Errorf("%+v, %v", two, err)
	}
}

func TestBadKeys(t *testing.T) {
	for name, c := range map[string]struct{ file, text, says string }{
		"cut":   {"seal.key", "0123", "is no key: it should hold 64 hexadecimal digits."},
		"words": {"token-1.key", strings.Repeat("z", 64), "is no key: it should hold 64 hexadecimal digits."},
		"name":  {"token-old.key", strings.Repeat("0", 64), "is no name of a token key; it is token-1.key, token-2.key and so on."},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, c.file), []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := loadKeys(dir); err == nil || !strings.HasSuffix(err.Error(), c.says) {
				t.Errorf("got %v, want … %s", err, c.says)
			}
		})
	}
}

// Processes that start at the same time read the same keys.
func TestKeysMadeAtOnce(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	var mu sync.Mutex
	seals := map[string]int{}
	for range 8 {
		all.Go(func() {
			k, err := loadKeys(dir)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			seals[string(k.seal)+string(k.tokens[1])]++
		})
	}
	all.Wait()
	if len(seals) != 1 {
		t.Errorf("%d different sets of keys", len(seals))
	}
}

// A password goes to the host it was made for, and to nobody in between.
func TestSmarthost(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("hush\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		host, user, file string
		want             courier.Hop
	}{
		{"127.0.0.1:1025", "", "", courier.Hop{Addr: "127.0.0.1:1025"}},
		{"127.0.0.1:1025", "us", secret, courier.Hop{Addr: "127.0.0.1:1025", Username: "us", Password: "hush"}},
		{"mail.provider.test:587", "", "", courier.Hop{Addr: "mail.provider.test:587"}},
		{"mail.provider.test:587", "us", secret, courier.Hop{Addr: "mail.provider.test:587", TLS: courier.TLSVerify, Username: "us", Password: "hush"}},
		{"mail.provider.test:465", "us", secret, courier.Hop{Addr: "mail.provider.test:465", TLS: courier.TLSWrapped, Username: "us", Password: "hush"}},
	} {
		p := &Program{Options: Options{Config: config.Config{Relay: config.Relay{Smarthost: c.host, Username: c.user, PasswordFile: c.file}}}}
		if hops, _ := p.smarthost(t.Context(), "south.test"); len(hops) != 1 || !reflect.DeepEqual(hops[0], c.want) {
			t.Errorf("%s: %+v, want %+v", c.host, hops, c.want)
		}
	}
	p := &Program{Options: Options{Config: config.Config{Relay: config.Relay{Username: "us", PasswordFile: secret + ".gone"}}, Log: slog.New(slog.DiscardHandler)}}
	if hops, o := p.smarthost(t.Context(), "south.test"); len(hops) != 0 || o.Kind != queue.Deferred || !o.Busy {
		t.Errorf("without its password: %v, %+v", hops, o)
	}
}

// Doors translate kinds once: the exit codes, and what an operator reads.
func TestExit(t *testing.T) {
	for _, c := range []struct {
		err  error
		code int
		says string
	}{
		{nil, 0, ""},
		{refusal.Because(refusal.Usage, "Wrong."), 2, "Wrong.\n"},
		{refusal.Because(refusal.NotFound, "No.").Try("that"), 1, "No.\ntry: that\n"},
		{refusal.Because(refusal.NotFound, "No.").From(errors.New("secret")), 1, "No.\n"},
		{refusal.Because(refusal.Unavailable, "Not now.").From(errors.New("disk on fire")), 1, "Not now.\nbecause: disk on fire\n"},
		{errors.Join(errors.New("close it"), refusal.Because(refusal.Usage, "Wrong.")), 2, "Wrong.\n"},
		{errors.New("read the list: broken pipe"), 1, "Read the list: broken pipe.\ntry: backchannel doctor\n"},
	} {
		var out bytes.Buffer
		cli := &cli{err: &out}
		if code := cli.exit(c.err); code != c.code || out.String() != c.says {
			t.Errorf("%v: exit %d, %q; want %d, %q", c.err, code, out.String(), c.code, c.says)
		}
	}
}

func TestWordsForPeople(t *testing.T) {
	for got, want := range map[string]string{
		count(1, "copy"): "1 copy", count(2, "copy"): "2 copies", count(0, "letter"): "0 letters", count(int64(1), "letter"): "1 letter",
		size(12): "12 bytes", size(20 << 10): "20 KB", size(30 << 20): "30 MB",
		either(nil): "", either([]string{"a"}): "a", either([]string{"a", "b", "c"}): "a, b or c",
		sentence("no such file"): "No such file.", sentence(""): "It did not work.", sentence("Élan?"): "Élan?",
		when(time.Time{}): "", when(friday): "2026-06-12 08:00 UTC",
		dueDone{Dates: 1, Tally: queue.Tally{Delivered: 2, Deferred: 1, Failed: 1, Elsewhere: 3}}.String(): "1 date done, 2 copies delivered, 1 copy to be tried again, 1 copy given up, 3 copies sent by the running server.",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A terminal obeys control characters; what strangers wrote must not reach it as such.
func TestTablesAreClean(t *testing.T) {
	var out bytes.Buffer
	c := &cli{out: &out}
	c.table([]string{"A", "B"}, [][]string{{"x\x1b[2Jy\tz", "line\nbreak"}})
	c.facts("name", "a\x1b]0;title\x07b", "empty", "")
	if s := out.String(); strings.ContainsAny(s, "\x1b\x07\t") || strings.Count(s, "\n") != 3 {
		t.Errorf("%q", s)
	}
}

func TestBar(t *testing.T) {
	var out bytes.Buffer
	b := &bar{w: &out, what: "imported", total: 200}
	b.to(100, 7)
	b.to(150, 8) // too soon to be drawn
	b.end()
	if want := "\r[" + strings.Repeat("=", 15) + strings.Repeat(" ", 15) + "]  50 %  7 imported\r\x1b[K"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
	silent := &bar{}
	silent.to(1, 1)
	silent.end()
}

package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/foxcpp/go-mockdns"

	"backchannel/smtpd/mailauth"
	"backchannel/templates/refusal"
)

// testDKIM are two keys, made once for all tests that need some.
var testDKIM = sync.OnceValue(func() (files [2][]byte) {
	for i := range files {
		k, err := mailauth.NewSigningKey("bc1")
		if err != nil {
			panic(err)
		}
		if files[i], err = k.PEM(); err != nil {
			panic(err)
		}
	}
	return files
})

// putDKIM lays two keys into the data folder of a program that is about to start.
func putDKIM(t testing.TB, data string) {
	t.Helper()
	dir := filepath.Join(data, keysName)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for i, text := range testDKIM() {
		if err := os.WriteFile(dkimPath(dir, selector(i+1), dkimKey), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func uses(k dkimKeys) string {
	s := k.signs.Selector + " " + k.waits.Selector
	for _, r := range k.retired {
		s += " (" + r.selector + ")"
	}
	return s
}

// A folder whose name would be a pattern holds keys like any other.
func TestKeysInAStrangeFolder(t *testing.T) {
	for _, name := range []string{"data[1]", "a[b", "*", `back\slash`} {
		data := filepath.Join(t.TempDir(), name)
		putDKIM(t, data)
		dir := filepath.Join(data, keysName)
		if all, err := keysIn(dir, dkimPrefix, ""); err != nil || len(all) != 2 {
			t.Fatal(name, all, err) // loadDKIM would make keys for ever
		}
		if k, err := loadDKIM(dir, time.Now()); err != nil || uses(k) != "bc1 bc2" || len(k.made) > 0 {
			t.Errorf("%s: %s, made %v, %v", name, uses(k), k.made, err)
		}
		if _, err := makeKey(filepath.Join(dir, "token-2.key")); err != nil {
			t.Fatal(err)
		}
		if k, err := loadKeys(dir); err != nil || k.kid != 2 {
			t.Errorf("%s: the token key in use is %d, %v", name, k.kid, err)
		}
	}
}

// Processes that start at the same time make two keys, not two each; and of two rotations at once one happens.
func TestDKIMKeysAtOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), keysName)
	var all sync.WaitGroup
	var mu sync.Mutex
	seen := map[string]int{}
	note := func(s string) { mu.Lock(); seen[s]++; mu.Unlock() }
	for range 4 {
		all.Go(func() {
			k, err := loadDKIM(dir, friday)
			if err != nil {
				t.Error(err)
				return
			}
			_, signs := k.signs.Record("a.test")
			_, waits := k.waits.Record("a.test")
			note(uses(k) + signs + waits)
		})
	}
	all.Wait()
	if len(seen) != 1 {
		t.Fatalf("%d different sets of keys", len(seen))
	}
	was, err := loadDKIM(dir, friday)
	if err != nil {
		t.Fatal(err)
	}
	clear(seen)
	for range 3 {
		all.Go(func() {
			k, err := rotateDKIM(dir, was, friday)
			if err == nil {
				note(uses(k))
			} else if refusal.KindOf(err) == refusal.Conflict {
				note("late")
			} else {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if seen["bc2 bc3 (bc1)"] != 1 || seen["late"] != 2 {
		t.Errorf("%v", seen)
	}
	for name, mode := range map[string]os.FileMode{"dkim-bc2.pem": 0o600, "dkim-bc3.pem": 0o600, "dkim-bc1.retired": 0o600} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode() != mode {
			t.Errorf("%q: %v %v", name, info, err)
		}
	}
}

// A rotation that was cut short anywhere is whole after the next look.
func TestRotationCutShort(t *testing.T) {
	for _, after := range []string{"the new key", "the note about the old one"} {
		t.Run(after, func(t *testing.T) {
			data := t.TempDir()
			putDKIM(t, data)
			dir := filepath.Join(data, keysName)
			old, err := os.ReadFile(dkimPath(dir, "bc1", dkimKey))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := makeDKIM(dir, 3); err != nil {
				t.Fatal(err)
			}
			if after != "the new key" {
				if err := retireDKIM(dir, 1, friday); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(dkimPath(dir, "bc1", dkimKey), old, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 {
				k, err := loadDKIM(dir, friday)
				if err != nil || k.signs.Selector != "bc2" || k.waits.Selector != "bc3" {
					t.Fatalf("%s, %v", uses(k), err)
				}
			}
			k, err := loadDKIM(dir, friday)
			if err != nil || uses(k) != "bc2 bc3 (bc1)" || !k.retired[0].since.Equal(friday) {
				t.Errorf("%s, %v", uses(k), err)
			}
			if _, err := os.Stat(dkimPath(dir, "bc1", dkimKey)); !os.IsNotExist(err) {
				t.Errorf("the private half of bc1 is still there: %v", err)
			}
		})
	}
}

func TestBadDKIMKeys(t *testing.T) {
	for name, says := range map[string]string{
		"dkim-bc3.key":     "is no name of a DKIM key; it is dkim-bc1.pem, dkim-bc2.pem and so on.",
		"dkim-mail.pem":    "is no name of a DKIM key; it is dkim-bc1.pem, dkim-bc2.pem and so on.",
		"dkim-bc03.pem":    "is no name of a DKIM key; it is dkim-bc1.pem, dkim-bc2.pem and so on.",
		"dkim-bc3.pem":     "is no DKIM key: it is no private key in PEM form.",
		"dkim-bc0.retired": "is no name of a DKIM key; it is dkim-bc1.pem, dkim-bc2.pem and so on.",
		"dkim-bc1.retired": "should begin with a date.",
	} {
		t.Run(name, func(t *testing.T) {
			data := t.TempDir()
			putDKIM(t, data)
			dir := filepath.Join(data, keysName)
			if err := os.WriteFile(filepath.Join(dir, name), []byte("words"), 0o600); err != nil {
				t.Fatal(err)
			}
			if name == "dkim-bc1.retired" {
				if _, err := makeDKIM(dir, 3); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := loadDKIM(dir, friday); err == nil || !strings.HasSuffix(err.Error(), says) {
				t.Errorf("got %v, want … %s", err, says)
			}
		})
	}
}

// A server notices a rotation by the verb beside it, and keeps the keys it knows while the folder cannot be read.
func TestKeyring(t *testing.T) {
	data := t.TempDir()
	putDKIM(t, data)
	dir := filepath.Join(data, keysName)
	now := friday
	r := &keyring{dir: dir, now: func() time.Time { return now }, log: slog.New(slog.DiscardHandler)}
	signs := func(want string) {
		t.Helper()
		k, err := r.Signing()
		if err != nil || k.Selector != want {
			t.Errorf("%s signs, want %s; %v", k.Selector, want, err)
		}
	}
	signs("bc1")
	was, err := r.Keys()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rotateDKIM(dir, was, now); err != nil {
		t.Fatal(err)
	}
	signs("bc1") // it is still the same second
	now = now.Add(lookKeys)
	signs("bc2")
	now = now.Add(-time.Hour) // P9: a clock that jumps back
	if err := os.WriteFile(filepath.Join(dir, "dkim-words"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	signs("bc2")
}

// Nobody believes what a key signs that the DNS does not know, so that all domains are asked before a rotation.
func TestPublished(t *testing.T) {
	k, err := mailauth.ParseSigningKey("bc2", testDKIM()[1])
	if err != nil {
		t.Fatal(err)
	}
	name, value := k.Record("a.test")
	r := &mockdns.Resolver{Zones: map[string]mockdns.Zone{name + ".": {TXT: []string{value}}}}
	if err := published(t.Context(), r, k, []string{"a.test"}); err != nil {
		t.Error(err)
	}
	err = published(t.Context(), r, k, []string{"a.test", "b.test"})
	if refusal.KindOf(err) != refusal.Conflict || !strings.Contains(err.Error(), "(bc2._domainkey.b.test: the record is missing)") {
		t.Errorf("%v", err)
	}
}

package smtpd

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

// An hour begins with the first event and ends with it; a peer with more networks than we remember costs no more memory.
func TestTally(t *testing.T) {
	now := time.Unix(0, 0)
	c := newTally(2, func() time.Time { return now })
	one, other := netip.MustParseAddr("203.0.113.1"), netip.MustParseAddr("203.0.113.2")
	c.add(one)
	now = now.Add(59 * time.Minute)
	c.add(one)
	c.add(other)
	if !c.spent(one) || c.spent(other) {
		t.Error("two in an hour are spent, one is not")
	}
	now = now.Add(time.Minute)
	if c.spent(one) {
		t.Error("the hour is over")
	}
	c.add(one)
	if c.spent(one) {
		t.Error("a new hour begins with one")
	}
	for i := range 3 * tallyEntries {
		c.add(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}))
	}
	if len(c.peers) > tallyEntries {
		t.Errorf("%d networks remembered", len(c.peers))
	}
	now = now.Add(time.Hour)
	for i := range tallyEntries {
		c.add(netip.AddrFrom4([4]byte{11, byte(i >> 16), byte(i >> 8), byte(i)}))
	}
	if len(c.peers) > tallyEntries {
		t.Errorf("%d networks remembered", len(c.peers))
	}
}

func TestEnding(t *testing.T) {
	for _, c := range []struct {
		in    string
		n     int
		found bool
		bad   bool
	}{
		{".\r\n", 3, true, false},
		{"x\r\n.\r\nMAIL", 6, true, false},
		{"x\r\n..\r\n.\r\n", 10, true, false},
		{".x\r\n. \r\n.\r\n", 11, true, false},
		{"\r\n.\r", 4, false, false},
		{"x\r\n.\rx\r\n.\r\n", 11, true, true},
		{"x\r\r\n.\r\n", 7, true, true},
		{"x\n.\n", 4, false, true},
		{"x\n.\r\n", 5, false, true},
		{"\r\n.\n", 4, false, true},
		{"\x00\r\n.\r\n", 6, true, true},
		{".\r\r\n.\r\n", 7, true, true},
	} {
		var whole ending
		n, found := whole.scan([]byte(c.in))
		if n != c.n || found != c.found || whole.bad != c.bad {
			t.Errorf("%q: %d %v bad %v, want %d %v bad %v", c.in, n, found, whole.bad, c.n, c.found, c.bad)
		}
		var pieces ending // the same byte by byte
		n, found = 0, false
		for i := 0; i < len(c.in) && !found; i++ {
			var k int
			k, found = pieces.scan([]byte{c.in[i]})
			n += k
		}
		if n != c.n || found != c.found || pieces.bad != c.bad {
			t.Errorf("%q in pieces: %d %v bad %v", c.in, n, found, pieces.bad)
		}
	}
}

// A8: where a path ends, whatever its local part holds.
func TestPathIn(t *testing.T) {
	for line, want := range map[string]string{
		"MAIL FROM:<a@b.test>":             "a@b.test",
		"mail from: <a@b.test> SIZE=3":     "a@b.test",
		`MAIL FROM:<"a>\"b"@c.test> X=<y>`: `"a>\"b"@c.test`,
		"MAIL FROM:<>":                     "",
		"MAIL FROM:<a@b.test":              "none",
		"MAIL FROM:<a@b.test>X":            "none",
		"MAIL FROM:a@b.test":               "none",
		`MAIL FROM:<"a@b.test>`:            "none",
		`MAIL FROM:<"a\`:                   "none",
		"MAIL <a@b.test>":                  "none",
		"MAIL":                             "none",
	} {
		got, ok := pathIn(line, "MAIL FROM:")
		if !ok {
			got = "none"
		}
		if got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

func TestNew(t *testing.T) {
	good := Config{Hostname: "mx.lists.test", Now: time.Now}
	for want, c := range map[string]func(*Config) Mailroom{
		"":                            func(*Config) Mailroom { return newRoom() },
		"smtpd: a clock is needed":    func(c *Config) Mailroom { c.Now = nil; return newRoom() },
		"smtpd: a mailroom is needed": func(*Config) Mailroom { return nil },
		"The mail server needs a hostname in plain ASCII.": func(c *Config) Mailroom { c.Hostname = "mx.lists.test\r\n"; return newRoom() },
	} {
		cfg := good
		room := c(&cfg)
		got := ""
		if _, err := New(cfg, room, nil); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	s, err := New(Config{Hostname: "x.test", Now: time.Now, MaxSize: 100 << 20}, newRoom(), nil)
	if err != nil || s.cfg.Memory != 300<<20 || s.cfg.MaxSessions != 200 || s.cfg.PerIP != 10 || s.cfg.MaxRecipients != 100 {
		t.Errorf("%+v %v", s.cfg, err)
	}
}

func TestStories(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		s := newStory(time.Unix(1_780_000_000, 0))
		if len(s) != 14 || !strings.HasPrefix(s, newStory(time.Unix(1_780_000_000, 999))[:4]) || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz234567") != "" || seen[s] {
			t.Fatalf("story %q", s)
		}
		seen[s] = true
	}
}

// A letter grows in steps that are counted before they are taken, and all of it is given back.
func TestKeep(t *testing.T) {
	b := budget{most: 1 << 20}
	for size, want := range map[int]*reply{0: nil, 1: nil, 8 << 10: nil, 100 << 10: nil, 300_000: nil, 300_001: replyTooBig(300_000), 900_000: replyTooBig(300_000)} {
		k := keep{budget: &b, most: 300_000}
		got := k.read(strings.NewReader(strings.Repeat("x", size)), "trace")
		if (got == nil) != (want == nil) || got != nil && *got != *want {
			t.Errorf("%d: %v, want %v", size, got, want)
		}
		if got == nil && (len(k.raw) != size+5 || int64(cap(k.raw)) > b.used.Load()) {
			t.Errorf("%d: %d bytes in %d, %d reserved", size, len(k.raw), cap(k.raw), b.used.Load())
		}
		k.release()
		if b.used.Load() != 0 {
			t.Errorf("%d: %d bytes not given back", size, b.used.Load())
		}
	}
}

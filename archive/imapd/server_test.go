package imapd

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"backchannel/templates/refusal"
)

// A14: who is unknown hears what a wrong password hears; three of them and the session ends.
func TestWrongPasswords(t *testing.T) {
	s, addr := start(t, community(t), nil)
	k := dial(t, addr)
	k.play(`
		S: * OK …
		C: a LOGIN mira@lowe.test wrong
		S: a NO [AUTHENTICATIONFAILED] ` + saysWrongLogin + `
		C: b LOGIN nobody@gardeners.test wrong
		S: b NO [AUTHENTICATIONFAILED] ` + saysWrongLogin + `
		C: c AUTHENTICATE PLAIN AG1pcmFAbG93ZS50ZXN0AHdyb25n
		S: c NO [AUTHENTICATIONFAILED] ` + saysWrongLogin + `
		S: * BYE ` + saysLastGuess + `
		S: <closed>
	`)
	waitFor(t, func() bool {
		s.door.mu.Lock()
		defer s.door.mu.Unlock()
		return s.door.sessions == 0 && s.door.strangers == 0
	})
}

func TestAShortageIsNoWrongPassword(t *testing.T) {
	_, addr := start(t, community(t), func(cfg *Config) { cfg.Login = oneDoor{err: errors.New("disk I/O error at /secret/path")} })
	k := dial(t, addr)
	k.play("S: * OK …")
	for range wrongPerLogin + 1 {
		k.play("C: a LOGIN mira@lowe.test secret\nS: a NO [UNAVAILABLE] " + saysShortage)
	}
}

// Who has guessed too often, wherever, is told so and goes (F3).
func TestTooManyGuessesEndTheConnection(t *testing.T) {
	_, addr := start(t, community(t), func(cfg *Config) { cfg.Login = oneDoor{err: refusal.Because(refusal.Limit, "Please wait an hour.")} })
	dial(t, addr).play("S: * OK …\nC: a LOGIN mira@lowe.test secret\nS: a NO [LIMIT] Please wait an hour.\nS: * BYE " + saysLastGuess + "\nS: <closed>")
}

// F3: each wrong password of a network costs more time.
func TestDelayGrowsByNetwork(t *testing.T) {
	now := time.Unix(0, 0)
	d := newDoor(Config{Now: func() time.Time { return now }}.withDefaults())
	here, near, far := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::ffff")
	for i, want := range []time.Duration{1, 2, 4, 8, 16, 16, 16} {
		if got := d.wrongPassword(here, 1); got != want*time.Second {
			t.Errorf("guess %d waits %v, want %v s", i+1, got, want)
		}
	}
	d.wrongPassword(near, 1)
	if got := d.wrongPassword(far, 1); got != 2*time.Second {
		t.Errorf("two addresses of one /64: %v", got)
	}
	if got := d.wrongPassword(netip.MustParseAddr("192.0.2.2"), 1); got != time.Second {
		t.Errorf("another address pays for the first: %v", got)
	}
	if got := d.wrongPassword(netip.MustParseAddr("127.0.0.1"), 3); got != 4*time.Second {
		t.Errorf("on loopback the connection counts: %v", got)
	}
	now = now.Add(16 * time.Minute)
	if got := d.wrongPassword(here, 1); got != time.Second {
		t.Errorf("after a quarter of an hour: %v", got)
	}
	for i := range 3 * networksKnown {
		d.wrongPassword(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 1)
	}
	if len(d.wrong) > networksKnown {
		t.Errorf("%d networks are remembered", len(d.wrong))
	}
}

// F3: so many strangers from one address and in all, and so many sessions of one person.
func TestTheDoorCounts(t *testing.T) {
	d := newDoor(Config{MaxSessions: 20, MaxStrangers: 12, PerNetwork: 3, PerPerson: 2}.withDefaults())
	a, b, home := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("::1")
	for range 3 {
		if !d.enter(a) {
			t.Fatal("no room for three")
		}
	}
	if d.enter(a) {
		t.Error("a fourth stranger from one address")
	}
	if !d.enter(b) {
		t.Error("a neighbour was turned away")
	}
	if !d.signIn(a, "mira") || !d.enter(a) {
		t.Error("who signed in is no stranger any more")
	}
	if !d.signIn(a, "mira") || d.signIn(a, "mira") {
		t.Error("two sessions for one person, not three")
	}
	d.leave(a, "mira")
	if !d.signIn(a, "mira") {
		t.Error("a session that ended makes room")
	}
	for d.strangers < 12 {
		if !d.enter(home) {
			t.Fatal("loopback has no limit of its own")
		}
	}
	if d.enter(home) {
		t.Error("more strangers than there may be in all")
	}
	for d.strangers > 0 {
		d.forgetStranger(home)
	}
	d.sessions = 20
	if d.enter(home) {
		t.Error("more sessions than there may be in all")
	}
}

func TestNoRoom(t *testing.T) {
	s, addr := start(t, community(t), func(c *Config) { c.MaxStrangers, c.PerPerson = 2, 1 })
	first := signedIn(t, addr)
	k := dial(t, addr)
	k.play("S: * OK …\nC: a LOGIN MIRA@lowe.test secret\nS: a NO [AUTHENTICATIONFAILED] …\nC: a LOGIN mira@lowe.test secret\nS: a NO [LIMIT] " + saysTooMany)
	dial(t, addr).play("S: * OK …")
	dial(t, addr).play("S: * BYE [UNAVAILABLE] Too many connections at once. Please come back in a minute.\nS: <closed>")
	first.play("C: z LOGOUT\nS: * BYE …\nS: z OK …\nS: <closed>")
	waitFor(t, func() bool { s.door.mu.Lock(); defer s.door.mu.Unlock(); return len(s.door.persons) == 0 })
	k.play("C: a LOGIN mira@lowe.test secret\nS: a OK …")
}

func TestStrangersAreShownOut(t *testing.T) {
	s, addr := start(t, community(t), func(c *Config) { c.LoginWithin = 50 * time.Millisecond })
	k := signedIn(t, addr)
	dial(t, addr).play("S: * OK …\nC: a NOOP\nS: a OK …\nS: <closed>")
	waitFor(t, func() bool { s.door.mu.Lock(); defer s.door.mu.Unlock(); return s.door.sessions == 1 })
	k.play("C: a NOOP\nS: a OK …") // who signed in before that stranger came is still here
}

func TestShutdownSaysGoodbye(t *testing.T) {
	m := community(t)
	m.boxes["Back-channel/New"].arrive(note("one", "One."))
	s, addr := start(t, m, nil)
	idle, quiet, stranger := signedIn(t, addr), signedIn(t, addr), dial(t, addr)
	idle.play("C: a SELECT Back-channel/New\nS> a OK …\nC: b IDLE\nS: + idling")
	quiet.play("C: a SELECT Back-channel/New\nS> a OK …")
	stranger.play("S: * OK …")
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	for _, k := range []*talker{idle, quiet, stranger} {
		k.play("S: * BYE The server is stopping. Please come back in a minute.\nS: <closed>")
	}
	if c, err := net.Dial("tcp", addr); err == nil {
		_ = c.Close()
		t.Error("the listener is still open")
	}
	if err := s.Serve(fakeListener{addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("serving after shutdown: %v", err)
	}
}

// A client that does not read holds nobody up for longer than the context allows.
func TestShutdownOfADeafClient(t *testing.T) {
	m := community(t)
	m.boxes["Drafts"].arrive(note("big", strings.Repeat("A line of a large letter that fills every buffer there is.\n", 300_000)))
	s, addr := start(t, m, nil)
	k := signedIn(t, addr)
	k.play("C: a SELECT Drafts\nS> a OK …")
	k.say("b FETCH 1 BODY[]\r\n")
	k.play("S: * 1 FETCH …")
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	before := time.Now()
	if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(before); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
}

// Large letters in the hands of clients that do not read leave no room for more, and small ones pass by.
func TestRoomForLargeLetters(t *testing.T) {
	m := community(t)
	m.boxes["Drafts"].arrive(note("big", strings.Repeat("A line of a large letter that fills every buffer there is.\n", 300_000)))
	m.boxes["Drafts"].arrive(note("small", "x"))
	_, addr := start(t, m, func(c *Config) { c.MaxInHand, c.RoomWithin = 1<<20, 20*time.Millisecond })
	deaf, k := signedIn(t, addr), signedIn(t, addr)
	deaf.play("C: a SELECT Drafts\nS> a OK …")
	deaf.say("b FETCH 1 BODY.PEEK[]\r\n")
	deaf.play("S: * 1 FETCH …")
	k.play(`
		C: a SELECT Drafts
		S> a OK …
		C: b FETCH 1 BODY.PEEK[TEXT]<0.10>
		S: b NO [UNAVAILABLE] ` + saysBusy + `
		C: c FETCH 2 BODY.PEEK[TEXT]
		S: * 2 FETCH (BODY[TEXT] {3}
		S: x
		S: )
		S: c OK FETCH completed
	`)
	_ = deaf.conn.Close()
	waitFor(t, func() bool {
		k.say("d FETCH 1 BODY.PEEK[TEXT]<0.10>\r\n")
		if line := k.line(); strings.HasPrefix(line, "d NO") {
			return false
		}
		k.play("S> d OK …")
		return true
	})
}

type fakeListener struct {
	net.Listener
	addr net.Addr
}

func (f fakeListener) Addr() net.Addr { return f.addr }

func TestInClearOnlyOnLoopback(t *testing.T) {
	s, err := New(Config{Login: oneDoor{}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	for addr, want := range map[string]string{
		"0.0.0.0:143": "imapd: 0.0.0.0:143 is open to the world and there is no TLS: passwords would travel in clear",
		"[::]:143":    "imapd: [::]:143 is open to the world and there is no TLS: passwords would travel in clear",
	} {
		a, _ := net.ResolveTCPAddr("tcp", addr)
		if err := s.Serve(fakeListener{addr: a}); err == nil || err.Error() != want {
			t.Errorf("%s: %v", addr, err)
		}
	}
	if _, err := New(Config{}); err == nil {
		t.Error("a server without Login")
	}
}

func TestOverTLS(t *testing.T) {
	cert := selfSigned(t)
	_, addr := start(t, community(t), func(c *Config) { c.TLS = &tls.Config{Certificates: []tls.Certificate{cert}} })
	roots := x509.NewCertPool()
	roots.AddCert(cert.Leaf)
	raw := dial(t, addr)
	c := tls.Client(raw.conn, &tls.Config{RootCAs: roots, ServerName: "localhost"})
	k := &talker{t: t, conn: c, in: raw.in}
	k.in.Reset(c)
	k.play("S: * OK …\nC: a LOGIN mira@lowe.test secret\nS: a OK …\nC: b NOOP\nS: b OK …\nC: c LOGOUT\nS: * BYE …\nS: c OK …\nS: <closed>")
}

func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// When the right to look is taken away, an open session hears it and ends, idle or not.
func TestARightThatIsTakenAway(t *testing.T) {
	m := community(t)
	_, addr := start(t, m, nil)
	idle, busy := signedIn(t, addr), signedIn(t, addr)
	idle.play("C: a SELECT Back-channel/New\nS> a OK …\nC: b IDLE\nS: + idling")
	busy.play("C: a SELECT Back-channel/New\nS> a OK …")
	m.mu.Lock()
	m.refuse = refusal.Because(refusal.NotAllowed, "You are no manager any more.")
	m.ping()
	m.mu.Unlock()
	idle.play("S: * BYE You are no manager any more.\nS: <closed>")
	// What was sent already is not run any more.
	busy.say("b NOOP\r\nc FETCH 1:* FLAGS\r\nd EXPUNGE\r\n")
	busy.play("S: * BYE You are no manager any more.\nS: <closed>")
}

// A database that is busy for a moment costs news, not the session.
func TestAShortageWhileLooking(t *testing.T) {
	m := community(t)
	_, addr := start(t, m, nil)
	k := signedIn(t, addr)
	k.play("C: a SELECT Back-channel/New\nS> a OK …")
	m.mu.Lock()
	m.refuse = fmt.Errorf("database is locked")
	m.mu.Unlock()
	k.play("C: b NOOP\nS: b OK NOOP completed\nC: c FETCH 1:* FLAGS\nS: c OK …\nC: d STATUS INBOX (MESSAGES)\nS: d NO [UNAVAILABLE] " + saysShortage)
	m.mu.Lock()
	m.refuse = nil
	m.mu.Unlock()
	m.boxes["Back-channel/New"].arrive(note("one", "One."))
	k.play("C: e NOOP\nS: * 1 EXISTS\nS: e OK NOOP completed")
}

package smtpd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// after plays a script whose end must come when so much virtual time has passed.
func after(t *testing.T, want time.Duration, play func()) {
	t.Helper()
	began := time.Now()
	play()
	if took := time.Since(began); took < want || took > want+time.Second {
		t.Errorf("it took %v, want %v", took, want)
	}
}

const (
	idle   = "S: 421 4.4.2 We waited for you and heard nothing. Please connect again.\nS: (closed)"
	broken = "S: 451 4.4.2 The letter did not arrive whole. Nothing was kept; please send it again.\nS: (closed)"
)

// A3 and A2: every wait has an end, and a stall inside a letter is never followed by a command.
func TestDeadlines(t *testing.T) {
	const begin = hello + "C: MAIL FROM:<>\nC: RCPT TO:<talk@lists.test>\nS: 250 *\nS: 250 *\n"
	for name, c := range map[string]struct {
		script string
		end    string
		want   time.Duration
	}{
		"no greeting":              {"S: 220 *\n", idle, 300 * time.Second},
		"between commands":         {hello, idle, 300 * time.Second},
		"half a command":           {hello + `C! "MAIL FR"`, idle, 300 * time.Second},
		"before DATA":              {begin, idle, 300 * time.Second},
		"nothing in DATA":          {upToData, broken, 30 * time.Second},
		"in DATA":                  {upToData + `C! "` + strings.Repeat("x", 20000) + `\r\nMAIL FROM:<eve@evil.test>\r\n"`, broken, 40 * time.Second},
		"in much DATA":             {upToData + `C! "` + strings.Repeat("x", 500000) + `\r\n"`, broken, 300 * time.Second},
		"in a chunk":               {begin + `C! "BDAT 100 LAST\r\nMAIL FROM:<eve@evil.test>\r\n"`, broken, 30 * time.Second},
		"between chunks":           {begin + `C! "BDAT 3\r\nabc"` + "\nS: 250 2.0.0 Continue\n", idle, 300 * time.Second},
		"at the end of data":       {upToData + `C! "x\r\n."`, broken, 30 * time.Second},
		"within a login challenge": {hello + "C: AUTH LOGIN\nS: 334 *\n", idle, 300 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := open(t, func(c *Config) { c.AllowInsecureAuth = true })
				door := MX
				if strings.Contains(c.script, "AUTH") {
					door = Submission
				}
				conn := w.dial(door, "127.0.0.1")
				p := newPeer(t, conn)
				p.play(c.script)
				after(t, c.want, func() { p.play(c.end) })
				if l := w.room.all(); len(l) != 0 {
					t.Errorf("kept %v", l)
				}
				w.mustEnd()
			})
		})
	}
}

// A3: a crowd makes everybody's patience shorter, also of those who were waiting when it came.
func TestDeadlinesInACrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, func(c *Config) { c.MaxSessions = 10 })
		first := newPeer(t, w.dial(MX, stranger))
		first.play(hello)
		sleep(100)
		began := time.Now()
		for range 8 {
			newPeer(t, w.dial(MX, "127.0.0.1")).play("S: 220 *")
		}
		first.play(idle)
		if took := time.Since(began); took > crowdedPatience {
			t.Errorf("a waiting session went on for %v", took)
		}
		w.mustEnd()
	})
}

// A3: a slow but honest peer gets through; one that drips below the rate does not, and nobody takes more than half an hour.
func TestSlowLetters(t *testing.T) {
	drip := func(p *peer, size, times int) {
		for range times {
			if _, err := p.conn.Write([]byte(strings.Repeat("x", size-2) + "\r\n")); err != nil {
				return
			}
			sleep(1)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		w := open(t)
		honest := newPeer(t, w.dial(MX, stranger))
		honest.play(upToData)
		drip(honest, 600, 300)
		honest.play("C: .\nS: 250 2.0.0 Kept as *.")

		slow := newPeer(t, w.dial(MX, stranger))
		slow.play(upToData)
		after(t, 30*time.Second, func() { drip(slow, 400, 300) })
		slow.play(broken)

		long := newPeer(t, w.dial(MX, stranger))
		long.play(upToData)
		after(t, 30*time.Minute, func() { drip(long, 510, 3600) })
		long.play(broken)

		chatty := newPeer(t, w.dial(MX, stranger))
		chatty.play(hello + "C: MAIL FROM:<>\nS: 250 *\n")
		after(t, 30*time.Minute, func() {
			for range 8 {
				sleep(200)
				chatty.play("C: NOOP\nS: 250 *")
			}
			chatty.play(idle)
		})
		w.mustEnd()
	})
}

// A line that comes byte by byte is one wait.
func TestDrippingCommand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t)
		p := newPeer(t, w.dial(MX, stranger))
		p.play(hello)
		after(t, 300*time.Second, func() {
			for {
				if _, err := p.conn.Write([]byte("x")); err != nil {
					return
				}
				sleep(7)
			}
		})
		p.play(idle)
		w.mustEnd()
	})
}

// A peer that does not read its replies loses the session.
func TestDeafPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t)
		_ = w.dial(MX, stranger) // a pipe, so that already the greeting waits for its reader
		sleep(int(writePatience/time.Second) + 1)
		synctest.Wait()
		if n := w.server.gate.taken.Load(); n != 0 {
			t.Errorf("%d sessions are open", n)
		}
		w.mustEnd()
	})
}

// P10: a letter under way is answered, sessions between letters hear why they end.
func TestStop(t *testing.T) {
	const stopping = "S: 421 4.3.2 We are restarting. Please come back in a minute.\nS: (closed)"
	synctest.Test(t, func(t *testing.T) {
		w := open(t)
		idle, before, within, hurried, never := newPeer(t, w.dial(MX, stranger)), newPeer(t, w.dial(MX, stranger)), newPeer(t, w.dial(MX, stranger)),
			newPeer(t, w.dial(MX, stranger)), newPeer(t, w.dial(MX, stranger))
		idle.play(hello)
		before.play(hello + "C: MAIL FROM:<>\nC: RCPT TO:<talk@lists.test>\nS: 250 *\nS: 250 *\n")
		within.play(upToData + "C: half")
		hurried.play(upToData + "C: half")
		never.play(upToData + "C: half")
		began, ended := time.Now(), make(chan error)
		go func() { ended <- w.end() }()
		synctest.Wait()
		idle.play(stopping)
		before.play(stopping)
		sleep(5)
		within.play("C: a letter\nC: .\nS: 250 2.0.0 Kept as *.\n" + stopping)
		hurried.play("C: a letter\nC: .\nC: MAIL FROM:<>\nS: 250 2.0.0 Kept as *.\n" + stopping)
		never.play(stopping)
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("stopping took %v", took)
		}
		if len(w.room.all()) != 2 {
			t.Errorf("kept %v", w.room.all())
		}
	})
}

// A Mailroom that is stuck hears of the end by its context; one that does not listen is left behind.
func TestStopWithABusyMailroom(t *testing.T) {
	for name, deaf := range map[string]bool{"listens": false, "does not listen": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stuck := make(chan struct{})
				w := open(t)
				w.server.room = waiter{stuck, deaf}
				p := newPeer(t, w.dial(MX, stranger))
				p.play(upToData + "C: x\nC: .")
				synctest.Wait()
				began := time.Now()
				err := w.end()
				if took := time.Since(began); took > 10*time.Second {
					t.Errorf("stopping took %v", took)
				}
				if deaf != (err != nil) || deaf && err.Error() != "1 sessions did not end in time" {
					t.Errorf("err = %v", err)
				}
				if !deaf {
					p.play("S: 451 4.3.0 Something is not working here just now. Nothing was kept; please send it again later.\nS: 421 4.3.2 *\nS: (closed)")
				}
				close(stuck)
			})
		})
	}
}

type waiter struct {
	stuck chan struct{}
	deaf  bool
}

func (w waiter) Recipient(context.Context, *Envelope, letter.Address) error { return nil }
func (w waiter) Receive(ctx context.Context, _ *Envelope, _ []byte) error {
	if w.deaf {
		<-w.stuck
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

// P8: a panic in the Mailroom costs its own session only.
func TestPanic(t *testing.T) {
	const ours = "S: 451 4.3.0 Something is not working here just now. Nothing was kept; please send it again later.\nS: (closed)"
	w := open(t)
	other := newPeer(t, w.dial(MX, stranger))
	other.play(upToData)
	w.room.say = func(_ *Envelope, raw []byte) error {
		if strings.Contains(string(raw), "bomb") {
			panic("boom")
		}
		return nil
	}
	w.room.meet = func(to letter.Address) error {
		if to.Local == "bomb" {
			panic("boom")
		}
		return nil
	}
	w.play(MX, stranger, upToData+"C: bomb\nC: .\nC: MAIL FROM:<>\n"+ours)
	w.play(MX, stranger, hello+"C: MAIL FROM:<>\nC: RCPT TO:<bomb@lists.test>\nC: RCPT TO:<talk@lists.test>\nS: 250 *\n"+ours)
	w.play(LMTP, "", "S: 220 *\nC: LHLO x\n"+strings.Repeat("S: 250-*\n", 7)+"S: 250 *\nC: MAIL FROM:<>\nC: RCPT TO:<talk@lists.test>\nS: 250 *\nS: 250 *\n"+
		"C: DATA\nS: 354 *\nC: bomb\nC: .\nS: 451 4.3.0 <talk@lists.test> Something is not working here just now. Nothing was kept; please send it again later.\nS: (closed)")
	w.play(MX, stranger, hello+"C: MAIL FROM:<>\nC: RCPT TO:<talk@lists.test>\nC! \"BDAT 4 LAST\\r\\nbomb\"\nS: 250 *\nS: 250 *\n"+ours)
	other.play("C: x\nC: .\nS: 250 2.0.0 Kept as *.")
	if n := strings.Count(w.log.String(), "the mailroom panicked"); n != 4 {
		t.Errorf("%d panics in the log, want 4", n)
	}
	if strings.Contains(w.log.String(), "boom") {
		t.Error("the log holds the value, which may be a piece of a letter (P15)")
	}
}

// The same for whoever checks logins.
func TestPanicAtLogin(t *testing.T) {
	w := open(t, func(c *Config) { c.AllowInsecureAuth = true })
	w.play(Submission, "127.0.0.1", "S: 220 *\nC: EHLO x\n"+strings.Repeat("S: 250-*\n", 8)+"S: 250 *\n"+
		"C: AUTH PLAIN AGJvbWIAeA==\nS: 454 4.7.0 We cannot check a login just now. Please try again in a few minutes.\nS: (closed)")
	if n := strings.Count(w.log.String(), "the login panicked"); n != 1 {
		t.Errorf("%d panics in the log, want 1", n)
	}
}

// What the Mailroom says of a letter is what the peer hears, and whether the session goes on.
func TestRefusalsOfALetter(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"no refusal": {errors.New("disk I/O error in table letter"), "S: 451 4.3.0 Something is not working here just now. Nothing was kept; please send it again later.\nC: NOOP\nS: 250 *"},
		"wrapped":    {fmt.Errorf("place: %w", refusal.Because(refusal.NotAllowed, "Only members may write here.")), "S: 550 5.7.1 Only members may write here.\nC: NOOP\nS: 250 *"},
		"busy":       {refusal.Because(refusal.Busy, "We are restarting."), "S: 421 4.3.2 We are restarting.\nS: (closed)"},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			w.t = t
			w.room.say = func(*Envelope, []byte) error { return c.err }
			w.play(MX, stranger, upToData+"C: x\nC: .\n"+c.want)
		})
	}
}

package smtpd

import (
	"context"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/archive/logbook"
	"backchannel/templates/refusal"
)

// Every refusal that leaves no story is remembered with its peer, and none of a letter that has one.
func TestRebuffs(t *testing.T) {
	const mail = hello + "C: MAIL FROM:<a@north.test>\nS: 250 *\n"
	for name, c := range map[string]struct {
		door               Door
		from, script, want string
	}{
		"an unknown recipient":    {MX, stranger, mail + "C: RCPT TO:<x@lists.test>\nS: 550 *\nC: RCPT TO:<y@lists.test>\nS: 550 *", "who called itself north.test, heard 550 5.1.1 at rcpt (door mx), 2 times"},
		"a sender nobody reads":   {MX, stranger, hello + "C: MAIL FROM:<a@b%c>\nS: 501 *", "heard 501 5.1.7 at mail"},
		"a letter too large":      {MX, stranger, hello + "C: MAIL FROM:<a@north.test> SIZE=99999999\nS: 552 *", "heard 552 5.3.4 at mail (door mx)"},
		"HTTP":                    {MX, stranger, "S: 220 *\nC: GET / HTTP/1.0\nS: 521 *\nS: (closed)", "heard 521 5.3.2 at greeting (door mx)"},
		"bad line ends":           {MX, stranger, hello + "C! \"NOOP\\n\"\nS: 550 *\nS: (closed)", "heard 550 5.5.2 at command (door mx)"},
		"bad line ends within":    {MX, stranger, upToData + "C! \"a\\nb\\r\\n.\\r\\n\"\nS: 550 *\nS: (closed)", "heard 550 5.5.2 at letter (door mx)"},
		"no login":                {Submission, "127.0.0.1", "S: 220 *\nC: EHLO x\n" + strings.Repeat("S: 250-*\n", 8) + "S: 250 *\nC: MAIL FROM:<a@north.test>\nS: 530 *", "heard 530 5.7.0 at mail (door submission)"},
		"a wrong password":        {Submission, "127.0.0.1", "S: 220 *\nC: EHLO x\n" + strings.Repeat("S: 250-*\n", 8) + "S: 250 *\nC: AUTH PLAIN AGRhbmEAeA==\nS: 535 *", "heard 535 5.7.8 at auth (door submission)"},
		"a letter refused":        {MX, stranger, upToData + "C: no\nC: .\nS: 550 *", ""},
		"a letter for later":      {MX, stranger, upToData + "C: later\nC: .\nS: 451 *", "heard 451 4.4.3 at letter (door mx)"},
		"what is well":            {MX, stranger, upToData + "C: x\nC: .\nS: 250 *\nC: QUIT\nS: 221 *\nS: (closed)", ""},
		"nothing to say for long": {MX, stranger, mail + strings.Repeat("C: HELP\nS: 502 *\n", 20) + "S: 421 *\nS: (closed)", "heard 421 4.7.0 at command (door mx)"},
	} {
		t.Run(name, func(t *testing.T) {
			k := logbook.NewDoorkeeper(time.Now)
			w := open(t, func(c *Config) { c.Keeper, c.AllowInsecureAuth = k, true })
			w.room.say = func(_ *Envelope, raw []byte) error {
				switch {
				case strings.Contains(string(raw), "\nno"):
					return refusal.Because(refusal.NotAllowed, "No.")
				case strings.Contains(string(raw), "\nlater"):
					return refusal.Because(refusal.DNS, "Later.")
				}
				return nil
			}
			w.play(c.door, c.from, c.script)
			w.mustEnd()
			got := rebuffs(t, k, c.from)
			if c.want == "" && got != "" || !strings.Contains(got, c.want) || strings.Contains(got, "421 4.3.2") {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// rebuffs is what trace would tell of a peer.
func rebuffs(t *testing.T, k *logbook.Doorkeeper, peer string) (all string) {
	d := dbtest.Open(t, logbook.Schema())
	if err := k.Save(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	dbtest.View(t, d, func(tx *db.Tx) error {
		found, err := logbook.Rebuffed(tx, peer)
		for _, e := range found {
			all += e.Detail + "\n"
		}
		return err
	})
	return all
}

// Who is not let in at all is remembered, too.
func TestRebuffAtTheGate(t *testing.T) {
	k := logbook.NewDoorkeeper(time.Now)
	w := open(t, func(c *Config) { c.Keeper, c.PerIP = k, 1 })
	first := newPeer(t, w.dial(MX, stranger))
	first.play("S: 220 *")
	w.play(MX, stranger, "S: 421 *\nS: (closed)")
	w.mustEnd()
	if got := rebuffs(t, k, stranger); !strings.Contains(got, "heard 421 4.7.0 at connect (door mx)") {
		t.Errorf("%q", got)
	}
}

// By the sender's return path it is found what a letter met with before it was there, and a letter that was refused where the Mailroom lets
// that be told; and nothing else.
func TestTurnedAway(t *testing.T) {
	for name, c := range map[string]struct {
		script, want string
	}{
		"an unknown recipient":       {hello + "C: MAIL FROM:<ann@north.test>\nS: 250 *\nC: RCPT TO:<x@lists.test>\nS: 550 *\nC: RCPT TO:<y@lists.test>\nS: 550 *", "203.0.113.9, who called itself north.test, with a letter from this address heard 550 5.1.1 at rcpt (door mx), 2 times"},
		"a letter too large":         {hello + "C: MAIL FROM:<Ann@North.test> SIZE=99999999\nS: 552 *", "with a letter from this address heard 552 5.3.4 at mail (door mx)"},
		"nobody's":                   {hello + "C: MAIL FROM:<>\nS: 250 *\nC: RCPT TO:<x@lists.test>\nS: 550 *", ""},
		"another sender before":      {hello + "C: MAIL FROM:<ann@north.test>\nS: 250 *\nC: RSET\nS: 250 *\nC: MAIL FROM:<bob@north.test>\nS: 250 *\nC: RCPT TO:<x@lists.test>\nS: 550 *", ""},
		"a letter to a list":         {hello + "C: MAIL FROM:<ann@north.test>\nS: 250 *\nC: RCPT TO:<talk@lists.test>\nS: 250 *\nC: DATA\nS: 354 *\nC: no\nC: .\nS: 550 *", "heard 550 5.7.1 at letter (door mx), in the hour from 12:00 UTC; the story of the last: "},
		"one for later":              {hello + "C: MAIL FROM:<ann@north.test>\nS: 250 *\nC: RCPT TO:<talk@lists.test>\nS: 250 *\nC: DATA\nS: 354 *\nC: later\nC: .\nS: 451 *", "heard 451 4.4.3 at letter (door mx), in the hour from 12:00 UTC\n"},
		"a letter that is not told":  {hello + "C: MAIL FROM:<ann@north.test>\nS: 250 *\nC: RCPT TO:<talk@lists.test>\nS: 250 *\nC: DATA\nS: 354 *\nC: private no\nC: .\nS: 550 *", ""},
		"a letter that nobody holds": {hello + "C: MAIL FROM:<ann@north.test>\nS: 250 *\nC: RCPT TO:<talk@lists.test>\nS: 250 *\nC: DATA\nS: 354 *\nC: x\nC: .\nS: 250 *", ""},
	} {
		t.Run(name, func(t *testing.T) {
			k := logbook.NewDoorkeeper(func() time.Time { return time.Date(2026, 6, 12, 12, 34, 0, 0, time.UTC) })
			w := open(t, func(c *Config) { c.Keeper = k })
			w.room.say = func(e *Envelope, raw []byte) error {
				e.Tellable = !strings.Contains(string(raw), "\nprivate")
				switch {
				case strings.Contains(string(raw), "later"):
					return refusal.Because(refusal.DNS, "Later.")
				case strings.Contains(string(raw), "no\r\n"):
					return refusal.Because(refusal.NotAllowed, "No.")
				}
				return nil
			}
			w.play(MX, stranger, c.script)
			w.mustEnd()
			d := dbtest.Open(t, logbook.Schema())
			if err := k.Save(context.Background(), d); err != nil {
				t.Fatal(err)
			}
			got := ""
			dbtest.View(t, d, func(tx *db.Tx) error {
				all, err := logbook.TurnedAway(tx, "ann@north.test")
				for _, e := range all {
					got += e.Detail + "\n"
				}
				return err
			})
			if c.want == "" && got != "" || !strings.Contains(got, c.want) || strings.Count(got, "\n") > 1 {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

package smtpd

import (
	"errors"
	"strings"
	"testing"

	"backchannel/templates/refusal"
)

// What the door counts (beside what the logbook does) of one session with a letter that is taken, one refused, one put off, and a recipient nobody knows; and the
// lines of its mail log, which name nobody.
func TestTheDoorsFigures(t *testing.T) {
	count := func() []float64 {
		return []float64{
			sessions.Value("mx"), outcomes.Value("received", "mx"), outcomes.Value("refused", "mx"), outcomes.Value("later", "mx"),
			refusals.Value("no-such-address", "recipient"), refusals.Value("not-allowed", "letter"), refusals.Value("unavailable", "letter"),
		}
	}
	before := count()
	w := open(t)
	w.room.say = func(_ *Envelope, raw []byte) error {
		switch {
		case strings.Contains(string(raw), "canary-no"):
			return refusal.Because(refusal.NotAllowed, "Not by canary.")
		case strings.Contains(string(raw), "canary-later"):
			return errors.New("no canary just now")
		}
		return nil
	}
	letter := func(text, reply string) string {
		return "C: MAIL FROM:<canary@north.test>\nC: RCPT TO:<talk@lists.test>\nC: DATA\nS: 250 *\nS: 250 *\nS: 354 *\nC: " + text + "\nC: .\nS: " + reply + " *\n"
	}
	w.play(MX, stranger, hello+letter("canary", "250")+letter("canary-no", "550")+letter("canary-later", "451")+
		"C: MAIL FROM:<canary@north.test>\nC: RCPT TO:<canary@lists.test>\nS: 250 *\nS: 550 5.1.1 *\nC: QUIT\nS: 221 *\n")
	after := count()
	for i := range before {
		if after[i] != before[i]+1 {
			t.Errorf("figure %d went from %v to %v", i, before[i], after[i])
		}
	}
	var mail []string
	for _, l := range strings.Split(w.log.String(), "\n") {
		if strings.Contains(l, "log=mail") {
			mail = append(mail, l)
		}
	}
	for i, want := range []string{"msg=refused ", "msg=refused ", "msg=refused "} {
		if i >= len(mail) || !strings.Contains(mail[i], want) || !strings.Contains(mail[i], " story=") || strings.Contains(mail[i], "canary") {
			t.Fatalf("mail log, line %d: want %s in\n%s", i, want, strings.Join(mail, "\n"))
		}
	}
	if len(mail) != 3 {
		t.Errorf("%d lines:\n%s", len(mail), strings.Join(mail, "\n"))
	}
}

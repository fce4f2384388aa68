package imapd

import (
	"strings"
	"testing"

	"backchannel/archive/logbook"
)

// Who came in, who signed in, and who is here now.
func TestFigures(t *testing.T) {
	before, good, wrong := sessions.Sum(), logins.Value("good"), logins.Value("wrong")
	s, addr := start(t, community(t), nil)
	signedIn(t, addr)
	dial(t, addr).play("S: * OK …\nC: a LOGIN mira@lowe.test wrong\nS: a NO [AUTHENTICATIONFAILED] …")
	if sessions.Sum() < before+2 || logins.Value("good") < good+1 || logins.Value("wrong") < wrong+1 {
		t.Errorf("sessions %v, good %v, wrong %v", sessions.Sum()-before, logins.Value("good")-good, logins.Value("wrong")-wrong)
	}
	var b strings.Builder
	if err := logbook.WriteFigures(&b, s.Figures()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`backchannel_imap_sessions{signed_in="yes"} 1`, `backchannel_imap_sessions{signed_in="no"} 1`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("missing %s in\n%s", want, b.String())
		}
	}
}

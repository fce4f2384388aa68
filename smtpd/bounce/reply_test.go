package bounce

import (
	"strings"
	"testing"
)

// M18 for what our own courier hears: the status first, the words behind it, and what is not said of a recipient is about us.
func TestFromReply(t *testing.T) {
	for _, c := range []struct {
		code           int
		enhanced, text string
		rcpt           bool
		class          Class
	}{
		{550, "5.1.1", "No such user", true, Gone},
		{550, "5.1.1", "No such user", false, Gone}, // some hosts look only after DATA
		{550, "5.1.6", "has moved", true, Gone},
		{556, "5.1.10", "the domain takes no mail", true, Gone},
		{550, "5.2.1", "disabled", true, Gone},
		{0, "5.4.4", "the domain does not exist", false, Gone},
		{552, "5.2.2", "full", true, Full},
		{452, "4.2.2", "over quota", true, Full},
		{550, "", "user unknown", true, Gone},
		{550, "", "550-5.1.1 The email account that you tried to reach does not exist", true, Gone},
		{550, "", "No thanks", true, Unclear},
		{554, "", "No thanks", false, Refused},
		{550, "5.7.1", "user unknown", true, Refused},
		{550, "5.7.26", "This mail has been blocked because the sender is unauthenticated", false, Refused},
		{552, "5.3.4", "too big", false, Refused},
		{554, "5.6.0", "content", false, Refused},
		{550, "5.1.1", "blocked by Spamhaus", true, Refused},
		{450, "4.2.1", "busy", true, Unclear}, // given up after five days
		{0, "", "no answer to the connection", false, Unclear},
	} {
		if f := FromReply(c.code, c.enhanced, c.text, c.rcpt); f.Class != c.class || f.Action != Failed || f.Code != c.code {
			t.Errorf("%d %s %s, at RCPT %v: %+v, want %s", c.code, c.enhanced, c.text, c.rcpt, f, c.class)
		}
	}
}

func TestCause(t *testing.T) {
	for _, c := range []struct {
		status, text string
		want         Cause
	}{
		{"5.7.26", "This mail has been blocked because the sender is unauthenticated.", Identity},
		{"5.7.23", "no", Identity},
		{"5.7.1", "Unauthenticated email from gardeners.example is not accepted due to domain's DMARC policy", Identity},
		{"5.7.1", "Service unavailable, Client host [192.0.2.1] blocked using Spamhaus", Reputation},
		{"5.7.606", "Access denied, banned sending IP", Reputation},
		{"4.7.28", "Our system has detected an unusual rate limit", Pace},
		{"5.3.4", "no", Size},
		{"5.7.1", "Message rejected as spam by Content Filtering.", Content},
		{"5.6.2", "no", Content},
		{"5.7.1", "relaying denied", Relaying},
		{"5.7.10", "Must issue a STARTTLS command first", Encryption},
		{"5.7.1", "go away", Whim},
		{"", "", Whim},
	} {
		if got := (Failure{Status: c.status, Diagnostic: c.text}).Cause(); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.status, c.text, got, c.want)
		}
	}
}

// Whatever a host says, the outcome is one of the classes, and its words are one printable line.
func FuzzFromReply(f *testing.F) {
	f.Add(550, "5.1.1", "no such user", true)
	f.Add(0, "", "5.1.1 4.2.2 \r\n\x00 blocked \xff", false)
	f.Fuzz(func(t *testing.T, code int, enhanced, text string, rcpt bool) {
		r := FromReply(code, enhanced, text, rcpt)
		switch r.Class {
		case Gone, Unclear, Full, Refused:
		default:
			t.Errorf("%q", r.Class)
		}
		if r.Cause() == "" || len(r.Diagnostic) > 500 || strings.ContainsAny(r.Diagnostic, "\r\n\x00") {
			t.Errorf("%q, %q", r.Cause(), r.Diagnostic)
		}
	})
}

package bounce

import (
	"testing"

	"backchannel/archive/letter"
)

// What comes back is counted by what it means, and never by whose it is.
func TestFigures(t *testing.T) {
	before, other := returned.Value("gone"), returned.Sum()
	l, err := letter.Parse([]byte("From: MAILER-DAEMON@mx.test\r\nTo: bounce@lists.test\r\nSubject: Undelivered Mail Returned to Sender\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nNo such user.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n" +
		"Reporting-MTA: dns; mx.test\r\n\r\nFinal-Recipient: rfc822; dana@north.test\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	Read(l)
	if got := returned.Value("gone"); got != before+1 {
		t.Errorf("%v, before %v", got, before)
	}
	plain, err := letter.Parse([]byte("From: a@b.test\r\nAuto-Submitted: auto-replied\r\nSubject: Away\r\n\r\nAway.\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	Read(plain)
	if got := returned.Sum(); got != other+2 {
		t.Errorf("%v, before %v", got, other)
	}
}

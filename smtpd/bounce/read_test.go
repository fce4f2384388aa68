package bounce

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"backchannel/archive/letter"
)

func addr(t testing.TB, s string) letter.Address {
	t.Helper()
	a, err := letter.ParseAddress(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// dsn is a report by the book (RFC 3464 §2) about these recipient blocks.
func dsn(blocks string) string {
	return `From: Mail Delivery System <MAILER-DAEMON@mx.test>
To: bounce+0123456789abcdefghjkmnpqrs@gardeners.test
Subject: Undelivered Mail Returned to Sender
Message-ID: <report@mx.test>
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

<bob@south.test>: mailbox full

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.test
Arrival-Date: Thu, 1 Jan 2026 00:00:00 +0000

` + blocks + `
--B
Content-Type: text/rfc822-headers

From: Ann <ann@east.test>
To: talk@gardeners.test
Subject: Tomatoes
Message-ID: <post.1@gardeners.test>

--B--
`
}

func TestDeliveryStatus(t *testing.T) {
	for _, c := range []struct {
		name, blocks string
		want         []Failure
	}{
		{"one that failed", "Final-Recipient: rfc822; bob@south.test\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 <bob@south.test>: User unknown\n", []Failure{
			{addr(t, "bob@south.test"), Failed, "5.1.1", 550, "550 5.1.1 <bob@south.test>: User unknown", Gone}}},
		{"one of each", `Final-Recipient: rfc822;a@south.test
Action: failed
Status: 5.2.2

Final-Recipient: rfc822;b@south.test
Action: delayed
Status: 4.4.1 (no answer)
Will-Retry-Until: Thu, 1 Jan 2026 00:00:00 +0000

Final-Recipient: rfc822;c@south.test
Action: delivered
Status: 2.1.5

Final-Recipient: rfc822;d@south.test
Action: RELAYED
Status: 2.0.0

Final-Recipient: rfc822;e@south.test
Action: expanded
Status: 2.0.0
`, []Failure{
			{addr(t, "a@south.test"), Failed, "5.2.2", 0, "", Full}, {addr(t, "b@south.test"), Delayed, "4.4.1", 0, "", Later}, {addr(t, "c@south.test"), Delivered, "2.1.5", 0, "", Fine},
			{addr(t, "d@south.test"), Relayed, "2.0.0", 0, "", Fine}, {addr(t, "e@south.test"), Expanded, "2.0.0", 0, "", Fine}}},
		{"whom we wrote to, not where it ended", "Original-Recipient: rfc822;bob@south.test\nFinal-Recipient: rfc822;b.tan@inner.south.test\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: x; gone\n", []Failure{
			{addr(t, "bob@south.test"), Failed, "5.1.1", 0, "gone", Gone}}},
		{"names folded and cased", "FINAL-RECIPIENT: RFC822;\n\t<Bob@South.TEST>\naction: Failed\nstatus: 5.7.1\ndiagnostic-code: smtp; 550 blocked\n for spam\n", []Failure{
			{addr(t, "Bob@south.test"), Failed, "5.7.1", 550, "550 blocked for spam", Refused}}},
		{"the remote words beat the status", "Final-Recipient: rfc822;bob@south.test\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.7.1 IP address blacklisted by recipient\n", []Failure{
			{addr(t, "bob@south.test"), Failed, "5.7.1", 550, "550 5.7.1 IP address blacklisted by recipient", Refused}}},
		{"no blank line between", "Final-Recipient: rfc822;a@south.test\nAction: failed\nStatus: 5.1.1\nFinal-Recipient: rfc822;b@south.test\nAction: failed\nStatus: 5.2.1\n", []Failure{
			{addr(t, "a@south.test"), Failed, "5.1.1", 0, "", Gone}, {addr(t, "b@south.test"), Failed, "5.2.1", 0, "", Gone}}},
		{"a blank line too many", "Final-Recipient: rfc822;bob@south.test\n\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp;550 no such user\n", []Failure{
			{addr(t, "bob@south.test"), Failed, "5.1.1", 550, "550 no such user", Gone}}},
		{"no action", "Final-Recipient: rfc822;bob@south.test\nStatus: 4.4.7\nDiagnostic-Code: x;later\n", []Failure{{addr(t, "bob@south.test"), Delayed, "4.4.7", 0, "later", Later}}},
		{"no status but a code", "Final-Recipient: rfc822;bob@south.test\nAction: failed\nDiagnostic-Code: smtp; 550 no mailbox here by that name\n", []Failure{
			{addr(t, "bob@south.test"), Failed, "", 550, "550 no mailbox here by that name", Gone}}},
		{"nobody that can be written to", "Final-Recipient: rfc822;|/usr/bin/procmail\nAction: failed\nStatus: 5.3.0\nDiagnostic-Code: x-unix; exit\n", []Failure{
			{addr(t, "bob@south.test"), Failed, "5.3.0", 0, "exit", Full}}}, // both from the text
		{"what the machine leaves out, people are told", "Final-Recipient: rfc822;bob@south.test\nAction: failed\nStatus: 5.0.0\n", []Failure{
			{addr(t, "bob@south.test"), Failed, "5.0.0", 0, "<bob@south.test>: mailbox full I'm sorry to have to inform you that your message could not be delivered.", Full}}},
		{"no block at all", "", []Failure{{addr(t, "bob@south.test"), Failed, "", 0, "<bob@south.test>: mailbox full I'm sorry to have to inform you that your message could not be delivered.", Full}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Read(parse(t, dsn(c.blocks)))
			if r.Kind != Bounce || r.OriginalID != "post.1@gardeners.test" || r.Returned == nil || r.Returned.Subject() != "Tomatoes" {
				t.Errorf("%+v", r)
			}
			got := r.Failures
			for i := range got { // a status without words takes them from the text; that is tested in the last cases
				if i < len(c.want) && c.want[i].Diagnostic == "" {
					got[i].Diagnostic = ""
				}
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestReportAsJSON(t *testing.T) {
	raw, err := json.Marshal(Read(parse(t, dsn("Final-Recipient: rfc822; bob@south.test\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 who?\n"))))
	if err != nil {
		t.Fatal(err)
	}
	got := string(raw)
	for _, want := range []string{`"kind":"bounce"`, `"action":"failed","status":"5.1.1","code":550,"diagnostic":"550 5.1.1 who?","class":"gone"`, `"original_id":"post.1@gardeners.test"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	if strings.Contains(got, "complainer") || strings.Contains(got, "Returned") {
		t.Error(got)
	}
}

// The oldest form: everything is text.
func TestFreeForms(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []Failure
		id         letter.MessageID
	}{
		{"qmail", `From: MAILER-DAEMON@mx.test
To: bounce+x@gardeners.test
Subject: failure notice

Hi. This is the qmail-send program at mx.test.
I'm afraid I wasn't able to deliver your message to the following addresses.

<bob@south.test>:
Sorry, no mailbox here by that name. (#5.1.1)

<eve@south.test>:
192.0.2.1 does not like recipient.
Remote host said: 552 5.2.2 Mailbox full

--- Below this line is a copy of the message.

Return-Path: <bounce+x@gardeners.test>
Received: (qmail 1 invoked from network)
From: <ann@east.test>
To: talk@gardeners.test
Message-ID: <post.2@gardeners.test>

Write to <stranger@north.test> for seeds.
`, []Failure{
			{addr(t, "bob@south.test"), Failed, "5.1.1", 0, "Sorry, no mailbox here by that name. (#5.1.1) <bob@south.test>:", Gone},
			{addr(t, "eve@south.test"), Failed, "5.2.2", 552, "Remote host said: 552 5.2.2 Mailbox full <eve@south.test>: 192.0.2.1 does not like recipient.", Full},
		}, "post.2@gardeners.test"},
		{"exim", `From: Mail Delivery System <Mailer-Daemon@mx.test>
To: bounce+x@gardeners.test
Subject: Mail delivery failed: returning message to sender
X-Failed-Recipients: bob@south.test
Auto-Submitted: auto-replied

A message that you sent could not be delivered to one or more of its recipients. The following address(es) failed:

  bob@south.test
    host mx.south.test [192.0.2.1]: 554 Message rejected: looks like spam

------ This is a copy of the message, including all the headers. ------

Return-path: <bounce+x@gardeners.test>
Received: by mx.test
Message-ID: <post.3@gardeners.test>
`, []Failure{{addr(t, "bob@south.test"), Failed, "", 554, "host mx.south.test [192.0.2.1]: 554 Message rejected: looks like spam bob@south.test " +
			"A message that you sent could not be delivered to one or more of its recipients. The following address(es) failed:", Refused}}, "post.3@gardeners.test"},
		{"only a warning", `From: Mail Delivery System <Mailer-Daemon@mx.test>
To: bounce+x@gardeners.test
Subject: Warning: message 1abc delayed 24 hours

The following address has not been delivered yet:
  bob@south.test
No action is required on your part.
`, []Failure{{addr(t, "bob@south.test"), Delayed, "", 0, "bob@south.test No action is required on your part. The following address has not been delivered yet:", Later}}, ""},
		{"one that names nobody", `From: postmaster@mx.test
To: bounce+x@gardeners.test
Subject: Undeliverable: Tomatoes

Your message could not be delivered.
`, []Failure{{letter.Address{}, Failed, "", 0, "Your message could not be delivered.", Unclear}}, ""},
		{"our own address is not who failed", `From: MAILER-DAEMON@mx.test
To: <bounce+x@gardeners.test>
Subject: Returned mail: User unknown

   ----- Transcript of session follows -----
>>> MAIL From:<bounce+x@gardeners.test>
<<< 250 ok
>>> RCPT To:<bob@south.test>
<<< 550 5.1.1 <bob@south.test>... User unknown
550 <bob@south.test>... User unknown
`, []Failure{{addr(t, "bob@south.test"), Failed, "5.1.1", 550, "<<< 550 5.1.1 <bob@south.test>... User unknown 550 <bob@south.test>... User unknown " +
			">>> RCPT To:<bob@south.test> ----- Transcript of session follows ----- >>> MAIL From:<bounce+x@gardeners.test> <<< 250 ok", Gone}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Read(parse(t, c.text))
			if r.Kind != Bounce || r.OriginalID != c.id {
				t.Errorf("%q %s", r.Kind, r.OriginalID)
			}
			if d := cmp.Diff(c.want, r.Failures); d != "" {
				t.Error(d)
			}
		})
	}
}

// A bounce that exists as HTML alone.
func TestHTMLReport(t *testing.T) {
	r := Read(parse(t, `From: postmaster@mx.test
To: bounce+x@gardeners.test
Subject: Undeliverable: Tomatoes
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<html><body><h1>Delivery has failed</h1><p>To: <a href=3D"mailto:bob@south.test">bob@south.test</a></p>
<p>The address couldn't be found (550&nbsp;5.1.10).</p></body></html>
`))
	if r.Kind != Bounce || len(r.Failures) != 1 {
		t.Fatalf("%+v", r)
	}
	if f := r.Failures[0]; f.Recipient != addr(t, "bob@south.test") || f.Class != Gone || f.Status != "5.1.10" {
		t.Errorf("%+v", f)
	}
}

func TestComplaint(t *testing.T) {
	report := `From: <feedback@isp.test>
To: fbl@gardeners.test
Subject: FW: Tomatoes
Content-Type: multipart/report; report-type=feedback-report; boundary=B

--B
Content-Type: text/plain

This is an email abuse report.
--B
Content-Type: message/feedback-report

Feedback-Type: Abuse
User-Agent: ISP/1.0
Version: 1
Original-Mail-From: <bounce+x@gardeners.test>
Original-Rcpt-To: <bob@south.test>
--B
Content-Type: message/rfc822

From: talk@gardeners.test
To: talk@gardeners.test
Message-ID: <post.4@gardeners.test>
CFBL-Feedback-ID: 0123456789

Tomatoes
--B--
`
	r := Read(parse(t, report))
	if r.Kind != Complaint || r.Feedback != "abuse" || r.Complainer != addr(t, "bob@south.test") || r.OriginalID != "post.4@gardeners.test" || r.Failures != nil {
		t.Errorf("%+v", r)
	}
	if r.Returned == nil || r.Returned.Get("CFBL-Feedback-ID") != "0123456789" {
		t.Error("the token in the returned letter is not at hand")
	}
	redacted := Read(parse(t, strings.Replace(report, "Original-Rcpt-To: <bob@south.test>\n", "", 1)))
	if redacted.Complainer != addr(t, "talk@gardeners.test") {
		t.Errorf("%+v", redacted.Complainer)
	}
}

func TestAutoReplyIsRead(t *testing.T) {
	r := Read(withHeader(t, "Auto-Submitted: auto-replied", "In-Reply-To: <digest.5@gardeners.test>"))
	if r.Kind != AutoReply || r.OriginalID != "digest.5@gardeners.test" || r.Failures != nil {
		t.Errorf("%+v", r)
	}
	if r := Read(withHeader(t)); r.Kind != Person || r.OriginalID != "" || r.Returned != nil {
		t.Errorf("%+v", r)
	}
}

func TestStatusAndCode(t *testing.T) {
	for s, want := range map[string]struct {
		status string
		code   int
	}{
		"550 5.1.1 who":                        {"5.1.1", 550},
		"550-5.7.26 not accepted":              {"5.7.26", 550},
		"(#5.1.1)":                             {"5.1.1", 0},
		"250 2.0.0 Ok 451 4.3.0 later":         {"4.3.0", 451},
		"host mx[192.5.1.1] said: nothing":     {"", 0},
		"host 5.1.1.1":                         {"", 0},
		"version 4.95.1":                       {"4.95.1", 0},
		"after 550 attempts":                   {"", 550},
		"id 550abc":                            {"", 0},
		"ERROR_CODE :550, ERROR_CODE :5.2.2 x": {"5.2.2", 550},
		"at 12:450 o'clock":                    {"", 0},
		"":                                     {"", 0},
		"5.1.1":                                {"5.1.1", 0},
		"5.1.1.":                               {"5.1.1", 0},
		"5.1.1111":                             {"", 0},
	} {
		if status, code := firstStatus(s), firstCode(s); status != want.status || code != want.code {
			t.Errorf("%q: %q %d, want %q %d", s, status, code, want.status, want.code)
		}
	}
}

// M18, and the order of evidence.
func TestClass(t *testing.T) {
	for _, c := range []struct {
		action Action
		status string
		words  string
		want   Class
	}{
		{Failed, "5.1.1", "", Gone}, {Failed, "5.1.6", "", Gone}, {Failed, "5.1.10", "", Gone}, {Failed, "5.2.1", "", Gone}, {Failed, "5.4.4", "", Gone},
		{Failed, "5.2.2", "", Full}, {Failed, "5.6.0", "", Refused}, {Failed, "5.7.1", "", Refused}, {Failed, "5.7.1", "user unknown", Refused},
		{Failed, "", "", Unclear}, {Failed, "5.0.0", "", Unclear}, {Failed, "5.1.0", "", Unclear}, {Failed, "4.4.7", "message expired", Unclear},
		{Failed, "5.1.1", "rejected by DMARC policy", Refused}, {Failed, "5.1.1", "listed by Spamhaus, blocked", Refused}, {Failed, "", "554 your IP is blocked", Refused},
		{Failed, "5.1.1", "user unknown (policy 7)", Gone}, {Failed, "", "550 No such user here", Gone}, {Failed, "4.1.1", "450 user unknown", Unclear},
		{Failed, "5.1.8", "domain of sender address does not exist", Refused}, {Failed, "", "user is over quota", Full}, {Failed, "5.3.4", "message too big", Refused},
		{Failed, "5.4.1", "Recipient address rejected: Access denied", Gone}, {Failed, "5.2.1", "receiving mail at a rate that", Refused},
		{Delayed, "4.2.2", "mailbox full", Later}, {Delayed, "5.1.1", "", Later}, {Delivered, "2.1.5", "", Fine}, {Relayed, "", "", Fine}, {Expanded, "5.1.1", "", Fine},
	} {
		if got := classify(c.action, c.status, c.words); got != c.want {
			t.Errorf("%s %s %q: %s, want %s", c.action, c.status, c.words, got, c.want)
		}
	}
}

package smtpd

import (
	"strings"
	"testing"
	"testing/synctest"

	"backchannel/archive/letter"
)

func TestALetterComesIn(t *testing.T) {
	w := open(t)
	w.play(MX, stranger, `
		S: 220 mx.lists.test ESMTP Service Ready
		C: EHLO north.test
		S: 250-Hello north.test
		S: 250-PIPELINING
		S: 250-8BITMIME
		S: 250-ENHANCEDSTATUSCODES
		S: 250-CHUNKING
		S: 250-SMTPUTF8
		S: 250-SIZE 1048576
		S: 250 LIMITS RCPTMAX=100
		C: MAIL FROM:<dana@north.test> SIZE=100
		C: RCPT TO:<talk@lists.test>
		C: RCPT TO:<Talk@LISTS.test>
		C: RCPT TO:<"jobs"@lists.test>
		C: DATA
		S: 250 2.0.0 Roger, accepting mail from <dana@north.test>
		S: 250 2.0.0 I'll make sure <talk@lists.test> gets this
		S: 550 5.1.1 There is nobody of this name here. Please check the address.
		S: 250 2.0.0 I'll make sure <jobs@lists.test> gets this
		S: 354 Go ahead. End your data with <CR><LF>.<CR><LF>
		C: Subject: hello
		C:
		C: ..a line with a dot
		C: ...
		C: .
		C: QUIT
		S: 250 2.0.0 Kept as *.
		S: 221 2.0.0 Bye
		S: (closed)
	`)
	letters := w.room.all()
	if len(letters) != 1 {
		t.Fatalf("%d letters", len(letters))
	}
	l := letters[0]
	if want := "Subject: hello\r\n\r\n.a line with a dot\r\n..\r\n"; l.body() != want {
		t.Errorf("body %q, want %q", l.body(), want)
	}
	e := l.env
	if e.Door != MX || e.Remote.String() != stranger || e.HELO != "north.test" || e.TLS || !e.Login.IsZero() || e.UTF8 ||
		e.From.String() != "dana@north.test" || len(e.To) != 2 || len(e.Story) != 14 {
		t.Errorf("envelope %+v", e)
	}
	trace := strings.TrimSuffix(l.raw, l.body())
	if !like("Received: from north.test ([203.0.113.9])\r\n\tby mx.lists.test with ESMTP id "+e.Story+";\r\n\t*, * * * *:*:* *\r\n", strings.ReplaceAll(trace, "\n", "\n")) {
		t.Errorf("trace %q", trace)
	}
	for _, private := range []string{"dana", "talk@", "hello"} {
		if strings.Contains(w.log.String(), private) {
			t.Errorf("the log at info holds %q:\n%s", private, w.log)
		}
	}
	if !strings.Contains(w.log.String(), "story="+e.Story) {
		t.Errorf("no log line names the story:\n%s", w.log)
	}
}

// A4, A8: each row is one command after EHLO, in a session of its own, and its one reply.
func TestReplyToOneCommand(t *testing.T) {
	for command, reply := range map[string]string{
		"MAIL FROM:<>": "250 2.0.0 Roger, accepting mail from <>",
		"mail from:<dana@north.test> body=8bitmime":           "250 2.0.0 Roger, accepting mail from <dana@north.test>",
		"MAIL FROM:<dana@north.test> BODY=BINARYMIME":         "504 5.5.4 BINARYMIME is not implemented",
		"MAIL FROM:<dana@north.test> SIZE=1048577":            "552 5.3.4 Max message size exceeded",
		"MAIL FROM:dana@north.test":                           "501 5.1.7 This sender address cannot be read. It should look like <name@domain>.",
		"MAIL FROM:<@relay.test:dana@north.test>":             "501 5.1.7 This sender address cannot be read. It should look like <name@domain>.",
		"MAIL FROM:<dana@[203.0.113.9]>":                      "501 5.1.7 This sender address cannot be read. It should look like <name@domain>.",
		"MAIL FROM:<dana%north.test@relay.test>":              "501 5.1.7 This sender address cannot be read. It should look like <name@domain>.",
		"MAIL FROM:<north!dana@relay.test>":                   "501 5.1.7 This sender address cannot be read. It should look like <name@domain>.",
		"MAIL FROM:<" + strings.Repeat("x", 65) + "@n.test>":  "501 5.1.7 This sender address cannot be read. It should look like <name@domain>.",
		"MAIL FROM:<d@" + strings.Repeat("x.", 126) + "test>": "501 5.1.7 This sender address cannot be read. It should look like <name@domain>.",
		"MAIL FROM:<grün@north.test>":                         "553 5.6.7 An address beyond ASCII needs SMTPUTF8 at MAIL.",
		"MAIL FROM:<grün@north.test> SMTPUTF8":                "250 2.0.0 Roger, accepting mail from <grün@north.test>",
		"RCPT TO:<talk@lists.test>":                           "502 5.5.1 Missing MAIL FROM command.",
		"DATA":                                                "502 5.5.1 Missing RCPT TO command.",
		"VRFY talk":                                           "252 2.5.0 Cannot VRFY user, but will accept message",
		"EXPN talk":                                           "502 5.5.1 EXPN command not implemented",
		"TURN":                                                "502 5.5.1 TURN command not implemented",
		"HELP":                                                "502 5.5.1 HELP command not implemented",
		"ETRN lists.test":                                     "500 5.5.2 Syntax errors, ETRN command unrecognized",
		"STARTTLS":                                            "502 5.5.1 TLS not supported",
		"AUTH PLAIN AGRhbmFAbm9ydGgudGVzdABzZWNyZXQ=":         "502 5.7.0 There is no login at this door.",
		"AUTH LOGIN":                                          "502 5.7.0 There is no login at this door.",
		"LHLO north.test":                                     "500 5.5.1 This is not a LMTP server",
		"BDAT 5 FIRST":                                        "501 5.5.4 BDAT wants a size, and LAST behind the last chunk.",
		"BDAT -5":                                             "501 5.5.4 BDAT wants a size, and LAST behind the last chunk.",
		"BDAT 4000000000 LAST":                                "552 5.3.4 This letter is too large: we take up to 1 MB. A link to the large part gets through.",
		strings.Repeat("X", 4095):                             "500 5.5.6 That line is too long.",
		strings.Repeat("X", 15000):                            "500 5.5.6 That line is too long.",
		"NOOP":                                                "250 2.0.0 I have successfully done nothing",
	} {
		name := command[:min(len(command), 40)]
		t.Run(name, func(t *testing.T) {
			w := open(t)
			w.t = t
			w.play(MX, stranger, hello+"C: "+command+"\nS: "+reply)
		})
	}
}

func TestRecipients(t *testing.T) {
	const nobody = "550 5.1.1 There is nobody of this name here. Please check the address."
	for command, reply := range map[string]string{
		"RCPT TO:<talk@lists.test>":                 "250 2.0.0 I'll make sure <talk@lists.test> gets this",
		"RCPT TO:<gardners@lists.test>":             nobody,
		"RCPT TO:<talk@elsewhere.test>":             nobody,
		`RCPT TO:<"a@b"@lists.test>`:                "250 2.0.0 I'll make sure <a@b@lists.test> gets this",
		"RCPT TO:<a@b@lists.test>":                  "501 5.1.3 This recipient address cannot be read. It should look like <name@domain>.",
		"RCPT TO:<@x.test,@y.test:talk@lists.test>": "501 5.1.3 This recipient address cannot be read. It should look like <name@domain>.",
		"RCPT TO:<>":                             "501 5.5.2 Was expecting RCPT arg syntax of TO:<address>",
		"RCPT TO:talk@lists.test":                "501 5.1.3 This recipient address cannot be read. It should look like <name@domain>.",
		"RCPT TO:<talk@lists.test>x":             "500 5.5.4 Unknown RCPT TO argument",
		"RCPT TO:<grün@lists.test>":              "553 5.6.7 An address beyond ASCII needs SMTPUTF8 at MAIL.",
		"RCPT TO:<postmaster>":                   "250 2.0.0 I'll make sure <postmaster@mx.lists.test> gets this",
		"rcpt to: <PostMaster>":                  "250 2.0.0 I'll make sure <postmaster@mx.lists.test> gets this",
		"RCPT TO:<nobody>":                       "501 5.5.2 Was expecting RCPT arg syntax of TO:<address>",
		"RCPT TO:<talk@lists.test> NOTIFY=NEVER": "504 5.5.4 NOTIFY is not implemented",
		"MAIL FROM:<eve@evil.test>":              "503 5.5.1 One letter at a time: finish this one, or give it up with RSET.",
	} {
		t.Run(command, func(t *testing.T) {
			w := open(t)
			w.t = t
			w.play(MX, stranger, hello+"C: MAIL FROM:<dana@north.test>\nS: 250 *\nC: "+command+"\nS: "+reply)
		})
	}
}

func TestASecondMailChangesNothing(t *testing.T) {
	w := open(t)
	w.play(MX, stranger, hello+`
		C: MAIL FROM:<dana@north.test>
		C: RCPT TO:<talk@lists.test>
		C: MAIL FROM:<eve@evil.test>
		C: DATA
		S: 250 *
		S: 250 *
		S: 503 5.5.1 One letter at a time: finish this one, or give it up with RSET.
		S: 354 *
		C: x
		C: .
		S: 250 2.0.0 Kept as *.
		C: MAIL FROM:<bill@south.test>
		S: 250 2.0.0 Roger, accepting mail from <bill@south.test>
		C: EHLO other.test
		S: 250-*
		S: 250-*
		S: 250-*
		S: 250-*
		S: 250-*
		S: 250-*
		S: 250-*
		S: 250 *
		C: RCPT TO:<talk@lists.test>
		S: 502 5.5.1 Missing MAIL FROM command.
	`)
	if l := w.room.all(); len(l) != 1 || l[0].env.From.String() != "dana@north.test" {
		t.Errorf("letters %v", l)
	}
}

// A9: the hundredth recipient is taken, and the next one later.
func TestAHundredRecipients(t *testing.T) {
	w := open(t)
	var script strings.Builder
	script.WriteString(hello + "C: MAIL FROM:<dana@north.test>\nS: 250 *\n")
	for range 100 {
		script.WriteString("C: RCPT TO:<talk@lists.test>\nS: 250 *\n")
	}
	script.WriteString(`
		C: RCPT TO:<talk@lists.test>
		S: 452 4.5.3 Maximum limit of 100 recipients reached
		C: DATA
		S: 354 *
		C: x
		C: .
		S: 250 2.0.0 Kept as *.
	`)
	w.play(MX, stranger, script.String())
	if l := w.room.all(); len(l) != 1 || len(l[0].env.To) != 1 {
		t.Errorf("the same address counts once: %v", l)
	}
}

// A9: a host with a letter for many more people than we take at once (RFC 5321 §4.5.3.1.10) gets it through to the first hundred: what it is
// asked to send later is no mistake of its own. Who goes on without end does not.
func TestManyMoreThanAHundredRecipients(t *testing.T) {
	const more = "C: RCPT TO:<talk@lists.test>\nS: 452 4.5.3 *\n"
	full := hello + "C: MAIL FROM:<dana@north.test>\nS: 250 *\n" + strings.Repeat("C: RCPT TO:<talk@lists.test>\nS: 250 *\n", 100)
	w := open(t)
	w.play(MX, stranger, full+strings.Repeat(more, 60)+"C: DATA\nS: 354 *\nC: x\nC: .\nS: 250 2.0.0 Kept as *.")
	w.play(MX, stranger, full+strings.Repeat(more, maxCommands-2)+"S: 421 4.7.0 *\nS: (closed)") // HELO and MAIL count, too
	if l := w.room.all(); len(l) != 1 {
		t.Errorf("%d letters", len(l))
	}
}

// A10: after twenty names that do not exist nobody may go on guessing, not from that network and not in another session; but
// a mail host on this machine still gets its good addresses through.
func TestTwentyUnknownRecipients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		guess := func(w *street, from string) {
			for range 2 {
				w.play(MX, from, hello+"C: MAIL FROM:<eve@evil.test>\nS: 250 *\n"+strings.Repeat("C: RCPT TO:<x@lists.test>\nS: 550 5.1.1 *\n", 10))
			}
		}
		w := open(t)
		guess(w, "2001:db8::1")
		w.play(MX, "2001:db8::2", hello+`
			C: MAIL FROM:<eve@evil.test>
			S: 250 *
			C: RCPT TO:<talk@lists.test>
			S: 421 4.7.0 Too many addresses that do not exist. Please try again in an hour.
			S: (closed)
		`)
		w.play(MX, "2001:db8:0:1::2", hello+"C: MAIL FROM:<eve@evil.test>\nS: 250 *\nC: RCPT TO:<talk@lists.test>\nS: 250 *")
		guess(w, "127.0.0.1")
		w.play(MX, "127.0.0.1", hello+`
			C: MAIL FROM:<eve@evil.test>
			S: 250 *
			C: RCPT TO:<talk@lists.test>
			S: 250 *
			C: RCPT TO:<x@lists.test>
			S: 421 4.7.0 Too many addresses that do not exist. Please try again in an hour.
			S: (closed)
		`)
		sleep(61 * 60)
		w.play(MX, "2001:db8::2", hello+"C: MAIL FROM:<eve@evil.test>\nS: 250 *\nC: RCPT TO:<talk@lists.test>\nS: 250 *")
		w.mustEnd()
	})
}

func TestUTF8(t *testing.T) {
	w := open(t)
	w.play(MX, "2001:db8::1", hello+`
		C: MAIL FROM:<grün@north.test> SMTPUTF8
		C: RCPT TO:<grün@lists.test>
		C: DATA
		S: 250 *
		S: 250 *
		S: 354 *
		C: x
		C: .
		S: 250 *
	`)
	l := w.room.all()[0]
	if !l.env.UTF8 || l.env.To[0] != (letter.Address{Local: "grün", Domain: "lists.test"}) {
		t.Errorf("envelope %+v", l.env)
	}
	if !strings.Contains(l.raw, "from north.test ([IPv6:2001:db8::1])") || !strings.Contains(l.raw, "with UTF8SMTP id") {
		t.Errorf("trace %q", l.raw)
	}
}

// A12: what a peer calls itself is kept printable and short, and breaks out of no field.
func TestHELOInTraceAndEnvelope(t *testing.T) {
	w := open(t)
	w.play(MX, stranger, `
		S: 220 *
		C: HELO x)\x0by<evil>;ü`+strings.Repeat("z", 300)+`
		S: 250 *
		C: MAIL FROM:<dana@north.test>
		C: RCPT TO:<talk@lists.test>
		C: DATA
		S: 250 *
		S: 250 *
		S: 354 *
		C: x
		C: .
		S: 250 *
	`)
	l := w.room.all()[0]
	if h := l.env.HELO; len(h) != 200 || !strings.HasPrefix(h, `x)\x0by<evil>;?z`) {
		t.Errorf("HELO %q", h)
	}
	if !strings.HasPrefix(l.raw, "Received: from x??x0by?evil???zzz") {
		t.Errorf("trace %q", l.raw)
	}
}

package imapd

import (
	"strings"
	"testing"
)

func TestLinesThatTheLibraryCannotTake(t *testing.T) {
	playEach(t, map[string]string{
		"empty lines": `
			C:
			C:
			C: a NOOP
			S: a OK NOOP completed
		`,
		"a tag alone": `
			C: a
			S: a BAD A command is a tag, a blank and a word.
			C: b NOOP
			S: b OK NOOP completed
		`,
		"no tag": `
			C: (a) NOOP
			S: * BAD A command is a tag, a blank and a word.
			C: b NOOP
			S: b OK NOOP completed
		`,
		"an open quotation mark": `
			C: a SELECT "Back-channel
			S: a BAD A quotation mark is not closed.
			C: b NOOP
			S: b OK NOOP completed
		`,
		"an open quotation mark in front of a literal": `
			C! "a SELECT \"Back-channel {10+}\r\nb LOGOUT\r\n\r\nc NOOP\r\n"
			S: a BAD A quotation mark is not closed.
			S: c OK NOOP completed
		`,
		"an open quotation mark behind a literal": `
			C! "a SEARCH TEXT {1+}\r\nx \"y\r\n"
			S: * BYE A quotation mark is not closed.
			S: <closed>
		`,
		"NUL":     "C! \"a SELECT x\\x00\\r\\n\"\nS: * BYE A line holds an octet that no command has.\nS: <closed>",
		"bare CR": "C! \"a SELECT x\\rb LOGOUT\\r\\n\"\nS: * BYE A line holds an octet that no command has.\nS: <closed>",
		"too long": `
			C: a SEARCH TEXT "` + strings.Repeat("x", 50000) + `"
			S: * BYE That line is too long.
			S: <closed>
		`,
		"too long by literals": `
			C! "a SEARCH TEXT {4096+}\r\n` + strings.Repeat(strings.Repeat("y", 4096)+` TEXT {4096+}\r\n`, 13) + `"
			S: * BYE That command is too long.
			S: <closed>
		`,
		"a literal for ever": `
			C: a SEARCH TEXT {99999999999999999999}
			S: a NO [TOOBIG] Literals are limited to 4096 octets.
			C! "a SEARCH TEXT {99999999999999999999+}\r\n"
			S: a NO [TOOBIG] Literals are limited to 4096 octets.
			S: * BYE That is too much at once.
			S: <closed>
		`,
		"nonsense for ever": strings.Repeat("C: (\n", 51) + strings.Repeat("S: * BAD A command is a tag, a blank and a word.\n", 50) +
			"S: * BYE Too many lines that are no commands.\nS: <closed>",
	})
}

func TestLiteralsThatTheLibraryCannotTake(t *testing.T) {
	playEach(t, map[string]string{
		"a literal that nobody wants, unasked": `
			C! "a XYZZY {10+}\r\nb LOGOUT\r\n rest {3+}\r\nabc more\r\nc NOOP\r\n"
			S: a BAD Unknown command
			S: c OK NOOP completed
		`,
		"a literal that nobody wants, asked": `
			C: a XYZZY {10}
			S: a BAD Unknown command
			C: c NOOP
			S: c OK NOOP completed
		`,
		"a literal too long for the library, unasked": `
			C! "a SELECT {5000+}\r\n` + strings.Repeat("b LOGOUT\\r\\n", 500) + `\r\nc NOOP\r\n"
			S: a NO [TOOBIG] Literals are limited to 4096 octets.
			S: c OK NOOP completed
		`,
		"a literal too long for the library, asked": `
			C: a SELECT {5000}
			S: a NO [TOOBIG] Literals are limited to 4096 octets.
			C: b NOOP
			S: b OK NOOP completed
		`,
		"a second literal too long for the library": `
			C! "a SEARCH TEXT {1+}\r\nx TEXT {5000}\r\n"
			S: * BYE That command is too long.
			S: <closed>
		`,
		"a literal that cannot be a name": `
			C! "a STATUS {1+}\r\n&b LOGOUT\r\nc NOOP\r\n"
			S: a BAD [CLIENTBUG] …
			S: c OK NOOP completed
			C: d SELECT {1}
			S: + Ready for literal data
			C! "&\r\n"
			S: d BAD [CLIENTBUG] …
			C: e NOOP
			S: e OK NOOP completed
		`,
		"a literal without octets": `
			C! "a SEARCH SINCE {0+}\r\nb LOGOUT\r\nc NOOP\r\n"
			S: a BAD [CLIENTBUG] …
			S: c OK NOOP completed
			C! "d SEARCH TEXT {0}\r\n"
			S: + Ready for literal data
			C! " SEEN\r\n"
			S: * SEARCH
			S: d OK SEARCH completed
		`,
		"a literal that cannot be a date": `
			C! "a SEARCH SINCE {3+}\r\nfoob LOGOUT {4+}\r\nabcd more\r\nc NOOP\r\n"
			S: a BAD [CLIENTBUG] …
			S: c OK NOOP completed
		`,
		"an unasked literal is used": `
			C! "a STATUS {16+}\r\nBack-channel/New (MESSAGES)\r\n"
			S: * STATUS "Back-channel/New" (MESSAGES 1)
			S: a OK STATUS completed
		`,
		"an asked literal is used": `
			C: a STATUS {16}
			S: + Ready for literal data
			C: Back-channel/New (MESSAGES)
			S: * STATUS "Back-channel/New" (MESSAGES 1)
			S: a OK STATUS completed
		`,
		"ID with a literal": `
			C! "a ID (\"name\" {10+}\r\nb LOGOUT\r\n)\r\nc NOOP\r\n"
			S: * ID ("name" "Backchannel")
			S: a OK ID completed
			S: c OK NOOP completed
		`,
		"IDLE ends in small letters": `
			C: a IDLE
			S: + idling
			C: done
			S: a OK IDLE completed
		`,
		"IDLE ends in something else": `
			C: a IDLE
			S: + idling
			C: b NOOP
			S: a BAD [CLIENTBUG] Syntax error: expected DONE to end IDLE command
			C: c NOOP
			S: c OK NOOP completed
		`,
		"ID during IDLE is not answered": `
			C: a IDLE
			S: + idling
			C: b ID NIL
			S: a BAD [CLIENTBUG] Syntax error: expected DONE to end IDLE command
		`,
		"a line in pieces": `
			C! "a NO"
			C! "OP\r"
			C! "\nb NOOP\n"
			S: a OK NOOP completed
			S: b OK NOOP completed
		`,
	})
}

// playEach plays transcripts, each after a login, with a mailbox of one letter open for reading.
func playEach(t *testing.T, scripts map[string]string) {
	m := community(t)
	m.boxes["Back-channel/New"].arrive(note("one", "One."))
	_, addr := start(t, m, nil)
	for name, script := range scripts {
		t.Run(name, func(t *testing.T) {
			k := signedIn(t, addr)
			k.play("C: s EXAMINE Back-channel/New\nS> s OK …")
			k.play(script)
		})
	}
}

// F3: before the login a line has 1 KiB, and there is hardly a command.
func TestStrangersHaveLittle(t *testing.T) {
	_, addr := start(t, community(t), nil)
	for name, script := range map[string]string{
		"a long line": "C: a SEARCH TEXT \"" + strings.Repeat("x", 1010) + "\"\nS: * BYE That line is too long before signing in.\nS: <closed>",
		"literals":    "C: a LOGIN {900}\nS: + Ready for literal data\nC! \"" + strings.Repeat("u", 900) + " {200}\\r\\n\"\nS: * BYE That command is too long before signing in.\nS: <closed>",
		"a letter":    "C: a APPEND Drafts {100000}\nS: * BYE That command is too long.\nS: <closed>",
		"a browser":   "C: GET / HTTP/1.1\nS: GET BAD Unknown command\nS: * BYE Unknown command\nS: <closed>",
		"TLS":         "C! \"\\x16\\x03\\x01\\x02\\x00\\x01\\x00\\x01\\xfc\\x03\\x03\\r\\n\"\nS: * BYE A line holds an octet that no command has.\nS: <closed>",
		"nonsense":    "C: )\nS: * BYE This is a mail server that speaks IMAP.\nS: <closed>",
		"a long ID":   "C: a ID (\"x\" \"" + strings.Repeat("x", 1024) + "\")\nS: * ID (\"name\" \"Backchannel\")\nS: a OK ID completed",
		"STARTTLS":    "C: a STARTTLS\nS: a NO STARTTLS not supported",
		"no looking":  "C: a SELECT INBOX\nS: a BAD [CLIENTBUG] This command is only valid in the authenticated state",
		"no listing":  "C: a LIST \"\" *\nS: a BAD [CLIENTBUG] This command is only valid in the authenticated state",
		"no idling":   "C: a IDLE\nS: a BAD [CLIENTBUG] This command is only valid in the authenticated state",
		"no move":     "C: a UID MOVE 1 x\nS: a BAD [CLIENTBUG] This command is only valid in the selected state",
	} {
		t.Run(name, func(t *testing.T) {
			k := dial(t, addr)
			k.play("S: * OK …")
			k.play(script)
		})
	}
}

func TestAuthenticatePlain(t *testing.T) {
	_, addr := start(t, community(t), nil)
	for name, script := range map[string]string{
		// \0mira@lowe.test\0secret
		"at once":  "C: a AUTHENTICATE PLAIN AG1pcmFAbG93ZS50ZXN0AHNlY3JldA==\nS: a OK …\nC: b LIST \"\" INBOX\nS> b OK LIST completed",
		"in turns": "C: a AUTHENTICATE PLAIN\nS: + …\nC: AG1pcmFAbG93ZS50ZXN0AHNlY3JldA==\nS: a OK …\nC: b LIST \"\" INBOX\nS> b OK LIST completed",
		"given up": "C: a AUTHENTICATE PLAIN\nS: + …\nC: *\nS: a BAD AUTHENTICATE cancelled",
		// mira@lowe.test as somebody else
		"for another": "C: a AUTHENTICATE PLAIN YW5uQGVhc3QudGVzdABtaXJhQGxvd2UudGVzdABzZWNyZXQ=\nS: a NO [AUTHORIZATIONFAILED] SASL identity not supported",
		"wrong":       "C: a AUTHENTICATE PLAIN AG1pcmFAbG93ZS50ZXN0AHdyb25n\nS: a NO [AUTHENTICATIONFAILED] " + saysWrongLogin,
		"unknown way": "C: a AUTHENTICATE LOGIN\nS: a NO SASL mechanism not supported",
		"new Outlook": "C! \"a LOGIN {14+}\\r\\nmira@lowe.test {6+}\\r\\nsecret\\r\\n\"\nS: a OK [CAPABILITY …",
	} {
		t.Run(name, func(t *testing.T) {
			k := dial(t, addr)
			k.play("S: * OK …")
			k.play(script)
		})
	}
}

// F3: letters are filed in Drafts and Sent alone; for any other place not one octet is read.
func TestLettersAreFiledOnlyWhereTheyMay(t *testing.T) {
	const letterText = "Subject: x\\r\\n\\r\\nb LOGOUT\\r\\n" // 26 octets
	for name, c := range map[string]struct {
		script string
		filed  int
	}{
		"drafts, asked": {`
			C: a APPEND Drafts (\Draft \Seen) "02-Mar-2026 11:00:00 +0100" {24}
			S: + Ready for literal data
			C! "` + letterText + `\r\n"
			S: a OK [APPENDUID 1002 1] APPEND completed
			C: b SELECT Drafts
			S> b OK …
			C: c FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE)
			S: * 1 FETCH (FLAGS (\Draft \Seen) INTERNALDATE " 2-Mar-2026 11:00:00 +0100" RFC822.SIZE 24)
			S: c OK FETCH completed`, 1},
		"drafts, unasked": {`
			C! "a APPEND \"Drafts\" {24+}\r\n` + letterText + `\r\n"
			S: a OK [APPENDUID 1002 1] APPEND completed`, 1},
		"drafts, in UTF-8": {`
			C! "a APPEND Drafts UTF8 (~{24+}\r\n` + letterText + `)\r\n"
			S: a OK [APPENDUID 1002 1] APPEND completed`, 1},
		"drafts, the name a literal": {`
			C: a APPEND {6}
			S: + Ready for literal data
			C: Drafts {24}
			S: + Ready for literal data
			C! "` + letterText + `\r\n"
			S: a OK [APPENDUID 1002 1] APPEND completed`, 1},
		"sent is forgotten": {`
			C! "a APPEND Sent (\\Seen) {24+}\r\n` + letterText + `\r\n"
			S: a OK APPEND completed
			C: b STATUS Sent (MESSAGES)
			S: * STATUS "Sent" (MESSAGES 0)
			S: b OK STATUS completed`, 0},
		"a list, unasked": {`
			C! "a APPEND Lists/talk {24+}\r\n` + letterText + `\r\nc NOOP\r\n"
			S: a NO [CANNOT] ` + saysNoAppend + `
			S: c OK NOOP completed`, 0},
		"a list, the name a literal": {`
			C: a APPEND {10}
			S: + Ready for literal data
			C: Lists/talk {24}
			S: a NO [CANNOT] ` + saysNoAppend + `
			C: c NOOP
			S: c OK NOOP completed`, 0},
		"a list, in UTF-8": {`
			C: a APPEND Lists/talk UTF8 (~{24}
			S: a NO [CANNOT] ` + saysNoAppend + `
			C! "b APPEND Lists/talk UTF8 (~{24+}\r\n` + letterText + `)\r\nc NOOP\r\n"
			S: b NO [CANNOT] ` + saysNoAppend + `
			S: c OK NOOP completed`, 0},
		"a bad flag list": {`
			C! "a APPEND Drafts ((( {24+}\r\n` + letterText + `\r\nc NOOP\r\n"
			S: a BAD …
			S: c OK NOOP completed`, 0},
		"a bad date": {`
			C! "a APPEND Drafts \"yesterday\" {24+}\r\n` + letterText + `\r\nc NOOP\r\n"
			S: a BAD [CLIENTBUG] …
			S: c OK NOOP completed`, 0},
		"two letters": {`
			C! "a APPEND Drafts {24+}\r\n` + letterText + ` {24+}\r\n` + letterText + `\r\n"
			S: * BYE One letter at a time, please.
			S: <closed>`, 1},
		"too big, unasked": {`
			C! "a APPEND Drafts {101+}\r\n` + strings.Repeat("b LOGOUT\\r\\n", 10) + `x\r\nc NOOP\r\n"
			S: a NO [TOOBIG] Literals are limited to 100 bytes for this command
			S: c OK NOOP completed`, 0},
	} {
		t.Run(name, func(t *testing.T) {
			m := community(t)
			m.boxes["Drafts"].box.Takes = Keeps
			_, addr := start(t, m, func(c *Config) { c.MaxLetter = 100 })
			signedIn(t, addr).play(c.script)
			m.mu.Lock()
			defer m.mu.Unlock()
			if m.filed != c.filed {
				t.Errorf("%d letters were filed, not %d", m.filed, c.filed)
			}
		})
	}
}

// A letter of which the connection breaks in the middle is not filed.
func TestHalfALetterIsNone(t *testing.T) {
	m := community(t)
	s, addr := start(t, m, nil)
	k := signedIn(t, addr)
	k.say("a APPEND Drafts {1000}\r\n")
	k.play("S: + Ready for literal data")
	k.say("Subject: half")
	_ = k.conn.Close()
	waitFor(t, func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.sessions) == 0 })
	if m.filed != 0 {
		t.Error("half a letter was filed")
	}
}

func TestAppendTarget(t *testing.T) {
	for command, want := range map[string]string{
		"a APPEND Drafts {3}\r\n":                           "Drafts",
		"a append Drafts (\\Seen) {3}\r\n":                  "Drafts",
		`a APPEND "Dra\"fts" "1-Jan" {3}` + "\r\n":          `Dra"fts`,
		"a APPEND {6}\r\nDrafts (\\Seen) {3+}\r\n":          "Drafts",
		"a APPEND {6+}\r\nDrafts {3+}\r\n":                  "Drafts",
		"a APPEND {6}\r\n":                                  "-",
		"a APPEND {6}\r\nDra":                               "-",
		"a APPEND \"\" {3}\r\n":                             "",
		"a APPEND {0}\r\n {3}\r\n":                          "",
		"a SEARCH Drafts {3}\r\n":                           "-",
		"a APPEND":                                          "-",
		"a APPEND  Drafts {3}\r\n":                          "Drafts",
		"a APPEND Drafts{3}\r\n":                            "-",
		"a APPEND \"Drafts{3}\r\n":                          "-",
		"a APPEND {99999999999999999999}\r\nDrafts {3}\r\n": "-",
	} {
		name, isLetter := appendTarget([]byte(command))
		if got := map[bool]string{true: name, false: "-"}[isLetter]; got != want {
			t.Errorf("%q: got %q, want %q", command, got, want)
		}
	}
}

func TestLiteralAt(t *testing.T) {
	for line, want := range map[string]announced{
		"a {12}\r\n":                   {2, 12, true},
		"a {12+}\n":                    {2, 12, false},
		"a ~{0}\r\n":                   {3, 0, true},
		"{7}":                          {0, 7, true},
		"a {99999999999999999999}\r\n": {2, 1 << 62, true},
	} {
		if got, ok := literalAt([]byte(line)); !ok || got != want {
			t.Errorf("%q: %v %v", line, got, ok)
		}
	}
	for _, line := range []string{"", "}", "{}", "{+}", "{1-}", "{1} ", "a12}", "{1+2}", "{ 1}", "{-1}"} {
		if got, ok := literalAt([]byte(line)); ok {
			t.Errorf("%q is a literal: %v", line, got)
		}
	}
}

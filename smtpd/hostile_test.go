package smtpd

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"backchannel/templates/refusal"
)

const lineEnds = "550 5.5.2 Every line must end with CR LF, and nothing else may hold a CR, an LF or a NUL. Nothing was kept."

// smuggled is what an attacker puts behind a false end of data: a second letter in somebody else's name.
const smuggled = `MAIL FROM:<ceo@lists.test>\r\nRCPT TO:<jobs@lists.test>\r\nDATA\r\nSubject: forged\r\n\r\nx`

// A1: none of the sequences that some host somewhere takes for the end of data ends ours, by DATA or by BDAT.
func TestSmuggling(t *testing.T) {
	rows := bufio.NewScanner(bytes.NewReader(corpusFile(t, "conf-smtp/smuggling-end-of-data.jsonl")))
	n := 0
	for rows.Scan() {
		var row struct {
			Name string
			End  string `json:"end_of_data"`
			Must bool   `json:"must_not_end_data"`
		}
		if err := json.Unmarshal(rows.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		n++
		end := strings.Trim(fmt.Sprintf("%q", row.End), `"`)
		t.Run(row.Name, func(t *testing.T) {
			w := open(t)
			w.t = t
			w.play(MX, stranger, upToData+`
				C! "Subject: hello\r\n\r\nx`+end+smuggled+`\r\n.\r\nQUIT\r\n"
				S: `+lineEnds+`
				S: (closed)
			`)
			body := "x" + row.End + "MAIL FROM:<ceo@lists.test>\r\n"
			w.play(MX, stranger, hello+`
				C: MAIL FROM:<dana@north.test>
				C: RCPT TO:<talk@lists.test>
				C! "BDAT `+fmt.Sprint(len(body))+` LAST\r\nx`+end+`MAIL FROM:<ceo@lists.test>\r\n"
				S: 250 *
				S: 250 *
				S: `+lineEnds+`
				S: (closed)
			`)
			if l := w.room.all(); len(l) != 0 {
				t.Errorf("kept %v", l)
			}
		})
	}
	if n != 10 {
		t.Errorf("%d sequences", n)
	}
}

// A1: the same bytes in commands end the session at once, and nothing behind them is heard.
func TestLineEndsInCommands(t *testing.T) {
	for _, line := range []string{`NOOP\n`, `NOOP\r\r\n`, `NO\rOP\r\n`, `NO\x00OP\r\n`, `\n`, `HELO x\nMAIL FROM:<eve@evil.test>\r\n`} {
		t.Run(line, func(t *testing.T) {
			w := open(t)
			w.t = t
			w.play(MX, stranger, hello+"C! \""+line+"NOOP\\r\\n\"\nS: "+lineEnds+"\nS: (closed)")
		})
	}
}

// A4: a chunk may end anywhere, even between CR and LF; the letter may not.
func TestBDAT(t *testing.T) {
	w := open(t)
	begin := hello + "C: MAIL FROM:<dana@north.test>\nC: RCPT TO:<talk@lists.test>\n"
	w.play(MX, stranger, begin+`
		C! "BDAT 5\r\na: b\r"
		C! "BDAT 9\r\n\n\r\n.\r\nend"
		C: BDAT 0 LAST
		C: NOOP
		S: 250 *
		S: 250 *
		S: 250 2.0.0 Continue
		S: 250 2.0.0 Continue
		S: 250 2.0.0 Kept as *.
		S: 250 *
	`)
	if l := w.room.all(); len(l) != 1 || l[0].body() != "a: b\r\n\r\n.\r\nend" {
		t.Fatalf("letters %q", l)
	}
	for name, script := range map[string]string{
		"CR at the end":               `C! "BDAT 3 LAST\r\nab\r"` + "\nS: 250 *\nS: 250 *\nS: " + lineEnds + "\nS: (closed)",
		"CR at the end of chunks":     `C! "BDAT 3\r\nab\rBDAT 0 LAST\r\n"` + "\nS: 250 *\nS: 250 *\nS: 250 2.0.0 Continue\nS: " + lineEnds + "\nS: (closed)",
		"CR and X in the next chunk":  `C! "BDAT 3\r\nab\rBDAT 2 LAST\r\nX\n"` + "\nS: 250 *\nS: 250 *\nS: 250 2.0.0 Continue\nS: " + lineEnds + "\nS: (closed)",
		"larger than a letter may be": `C! "BDAT 1048577 LAST\r\n` + strings.Repeat("x", 1048577) + `NOOP\r\n"` + "\nS: 250 *\nS: 250 *\nS: 552 5.3.4 Max message size exceeded\nS: 250 *",
		"larger in sum":               `C! "BDAT 1048576\r\n` + strings.Repeat("x", 1048576) + `BDAT 1 LAST\r\nxNOOP\r\n"` + "\nS: 250 *\nS: 250 *\nS: 250 2.0.0 Continue\nS: 552 5.3.4 Max message size exceeded\nS: 250 *",
		"given up":                    `C! "BDAT 3\r\nabcRSET\r\nMAIL FROM:<>\r\n"` + "\nS: 250 *\nS: 250 *\nS: 250 2.0.0 Continue\nS: 421 4.5.0 A letter half sent can only be given up by connecting again.\nS: (closed)",
		"QUIT":                        `C! "BDAT 3\r\nabcQUIT\r\n"` + "\nS: 250 *\nS: 250 *\nS: 250 2.0.0 Continue\nS: 221 2.0.0 Bye\nS: (closed)",
		"gone":                        `C! "BDAT 3\r\nabc"` + "\nS: 250 *\nS: 250 *\nS: 250 2.0.0 Continue",
		"gone in the last chunk":      `C! "BDAT 9 LAST\r\nabc"` + "\nS: 250 *\nS: 250 *",
		"another letter meanwhile":    `C! "BDAT 3\r\nabcMAIL FROM:<>\r\nDATA\r\n"` + "\nS: 250 *\nS: 250 *\nS: 250 2.0.0 Continue\nS: 502 *\nS: 502 *",
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			w.t = t
			w.play(MX, stranger, begin+script)
			w.mustEnd()
			if l := w.room.all(); len(l) != 0 {
				t.Errorf("kept %v", l)
			}
		})
	}
}

// A BDAT that nobody asked for is swallowed with its bytes, which are not commands.
func TestBDATWithoutALetter(t *testing.T) {
	w := open(t)
	w.play(MX, stranger, hello+`
		C! "BDAT 6\r\nQUIT\r\n"
		S: 502 5.5.1 Missing RCPT TO command.
		C: NOOP
		S: 250 *
		C! "BDAT 3\r\na\nbNOOP\r\n"
		S: 502 5.5.1 Missing RCPT TO command.
		S: 421 *
		S: (closed)
	`)
}

// A5 (RFC 2920 §3.1): who does not wait for the answers that must be waited for is not speaking with us.
func TestInputBeforeOurReply(t *testing.T) {
	const early = "S: 503 5.5.0 You must wait for our answer before you go on.\nS: (closed)\n"
	for name, script := range map[string]string{
		"DATA":          "C: MAIL FROM:<>\nC: RCPT TO:<talk@lists.test>\nC: DATA\nC: x\nC: .\nS: 250 *\nS: 250 *\n" + early,
		"QUIT":          "C: QUIT\nC: MAIL FROM:<>\n" + early,
		"AUTH":          "C: AUTH PLAIN\nC: MAIL FROM:<>\n" + early,
		"AUTH response": "C: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: ZGFuYQ==\nC: c2VjcmV0\n" + early,
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t, func(c *Config) { c.AllowInsecureAuth = true })
			w.t = t
			door := MX
			if strings.HasPrefix(name, "AUTH") {
				door = Submission
			}
			w.play(door, "127.0.0.1", hello+script)
			if l := w.room.all(); len(l) != 0 {
				t.Errorf("kept %v", l)
			}
		})
	}
}

// What may be pipelined, may: the next letter behind the end of the last (RFC 2920 §3.1).
func TestPipelining(t *testing.T) {
	w := open(t)
	w.play(MX, stranger, upToData+`
		C: one
		C: .
		C: MAIL FROM:<>
		C: RCPT TO:<jobs@lists.test>
		C: DATA
		S: 250 2.0.0 Kept as *.
		S: 250 *
		S: 250 *
		S: 354 *
		C: two
		C: .
		C: RSET
		C: NOOP
		C: QUIT
		S: 250 2.0.0 Kept as *.
		S: 250 *
		S: 250 *
		S: 221 *
		S: (closed)
	`)
	if l := w.room.all(); len(l) != 2 || l[0].body() != "one\r\n" || l[1].body() != "two\r\n" || l[0].env.Story == l[1].env.Story {
		t.Errorf("letters %v", l)
	}
}

// A6
func TestOtherProtocols(t *testing.T) {
	const foreign = "S: 220 *\nS: 521 5.3.2 This is a mail server; it speaks SMTP only.\nS: (closed)"
	for _, first := range []string{
		"GET / HTTP/1.1\r\nHost: lists.test\r\n\r\n", "POST / HTTP/1.1\r\n", "CONNECT lists.test:25 HTTP/1.1\r\n", "get /\r\n",
		"\x16\x03\x01\x02\x00\x01", "\r\n", " EHLO x\r\n", `{"a":1}`,
	} {
		t.Run(first, func(t *testing.T) {
			w := open(t)
			w.t = t
			conn := w.dial(MX, stranger)
			defer conn.Close()
			p := newPeer(t, conn)
			go p.send(first) // in one piece, of which the server may never read the end
			p.play(foreign)
		})
	}
}

// A7
func TestTalkWithoutALetter(t *testing.T) {
	const enough = "S: 421 4.7.0 That was a lot of commands without a letter. Please start over with a new connection.\nS: (closed)"
	w := open(t)
	w.play(MX, stranger, hello+strings.Repeat("C: NOOP\nS: 250 *\n", 99)+enough)
	w.play(MX, stranger, hello+strings.Repeat("C: EXPN x\nS: 502 *\n", 20)+enough)
	letters := "C: MAIL FROM:<>\nC: RCPT TO:<talk@lists.test>\nC: DATA\nS: 250 *\nS: 250 *\nS: 354 *\nC: x\nC: .\nS: 250 *\n"
	w.play(MX, stranger, hello+strings.Repeat(letters, 50))
	chunks := "C: MAIL FROM:<>\nC: RCPT TO:<talk@lists.test>\nS: 250 *\nS: 250 *\n" + strings.Repeat("C! \"BDAT 1\\r\\nx\"\nS: 250 *\n", 150) + "C: BDAT 0 LAST\nS: 250 2.0.0 Kept as *."
	w.play(MX, stranger, hello+chunks)
}

// A7: ten sessions from one peer, two hundred in all, and room again when one ends.
func TestSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t)
		var peers []*peer
		come := func(from string) *peer {
			p := newPeer(t, w.dial(MX, from))
			peers = append(peers, p)
			return p
		}
		for range 10 {
			come("2001:db8::1").play("S: 220 *")
		}
		const many = "S: 421 4.7.0 You have too many connections open here. Please close some and try again.\nS: (closed)"
		come("2001:db8::2").play(many)
		peers[0].play("C: QUIT\nS: 221 *\nS: (closed)")
		synctest.Wait()
		come("2001:db8::2").play("S: 220 *")
		come("2001:db8::3").play(many)
		for range 90 {
			come("127.0.0.1").play("S: 220 *")
		}
		for i := range 100 {
			come(fmt.Sprintf("203.0.113.%d", i)).play("S: 220 *")
		}
		come("203.0.113.200").play("S: 421 4.3.2 Too many are at the door just now. Please try again in a few minutes.\nS: (closed)")
		for _, p := range peers {
			_ = p.conn.Close()
		}
		synctest.Wait()
		come("203.0.113.200").play("S: 220 *\nC: QUIT\nS: 221 *\nS: (closed)")
		w.mustEnd()
	})
}

// A9: the last words of a peer that never ends its letter: the size limit, and behind it the ceiling on what is listened to (FC12).
func TestTooLarge(t *testing.T) {
	const large = "552 5.3.4 This letter is too large: we take up to 1 MB. A link to the large part gets through."
	line := strings.Repeat("x", 1022) + `\r\n`
	w := open(t)
	w.play(MX, stranger, upToData+`C! "`+strings.Repeat(line, 1025)+`.\r\nNOOP\r\n"`+"\nS: "+large+"\nS: 250 *")
	conn := w.dial(MX, stranger)
	defer conn.Close()
	p := newPeer(t, conn)
	p.play(upToData)
	go func() {
		for {
			if _, err := conn.Write(bytes.Repeat([]byte("x"), 64<<10)); err != nil {
				return
			}
		}
	}()
	p.play("S: " + large + "\nS: (closed)")
	if l := w.room.all(); len(l) != 0 {
		t.Errorf("kept %d", len(l))
	}
}

// Letters that were not kept use up what one session may send. What comes then is not too large: it may come again.
func TestManyLettersNotKept(t *testing.T) {
	const later = "421 4.7.0 That was a lot of mail for one connection. Nothing more was kept; please connect again for the rest."
	body := strings.Repeat(strings.Repeat("x", 1022)+`\r\n`, 1000)
	again := "C: MAIL FROM:<>\nC: RCPT TO:<talk@lists.test>\nS: 250 *\nS: 250 *\n"
	for name, how := range map[string]string{
		"DATA": "C: DATA\nS: 354 *\n" + `C! "` + body + `.\r\n"` + "\n",
		"BDAT": `C! "BDAT 1024000 LAST\r\n` + body + `"` + "\n",
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t)
			w.t = t
			w.room.say = func(*Envelope, []byte) error { return refusal.Because(refusal.Full, "The disk is full.") }
			w.play(MX, stranger, hello+strings.Repeat(again+how+"S: 452 4.3.1 The disk is full.\n", 3)+again+how+"S: "+later+"\nS: (closed)")
		})
	}
}

// P7: when all the memory for letters is taken, the next letter is asked to come later, and small ones still fit when large ones
// do not.
func TestMemory(t *testing.T) {
	w := open(t)
	w.server.memory.used.Store(w.server.memory.most * 3 / 4)
	w.play(MX, stranger, upToData+`C! "`+strings.Repeat("x", 300<<10)+`\r\n.\r\nNOOP\r\n"`+`
		S: 452 4.3.1 Too much mail is arriving at this moment. Nothing was kept; please send it again in a few minutes.
		S: 250 *`)
	w.play(MX, stranger, upToData+`C! "`+strings.Repeat("x", 100<<10)+`\r\n.\r\n"`+"\nS: 250 2.0.0 Kept as *.")
	w.server.memory.used.Store(w.server.memory.most - 4096)
	w.play(MX, stranger, upToData+"C: x\nC: .\nS: 452 4.3.1 *")
	w.mustEnd()
	if used := w.server.memory.used.Load(); used != w.server.memory.most-4096 {
		t.Errorf("%d bytes were not given back", used-(w.server.memory.most-4096))
	}
}

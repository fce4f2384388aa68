package smtpd

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"

	"backchannel/archive/letter"
	"backchannel/archive/logbook"
	"backchannel/templates/refusal"
)

// dialogue is what the tap knows of the talk between peer and library.
type dialogue struct {
	in       *bufio.Reader
	ready    []byte       // judged, not yet taken by the library
	line     string       // the command the library is at, without its CRLF
	verb     string       // its verb, in capitals; "" when the library has answered and we have seen what
	greeting string       // EHLO, HELO or LHLO, whichever was said last
	called   string       // and the name behind it
	sender   logbook.Mark // of the letter under way, or the one before
	first    bool         // nothing was said yet
	sasl     bool         // the next line answers a challenge of AUTH
	body     bodyKind
	left     int64 // bytes of the chunk that are still to come
	last     bool  // it is the last chunk
	chunked  bool  // a letter has begun with BDAT and is not complete
	end      ending
	commands int // without a letter
	errors   int
	failure  *reply // a letter cannot be read to its end: this is its reply
	ended    bool   // nothing more is said or heard
	bye      bool   // the last word was ours
	upgrade  bool   // the conversation ended for TLS
}

// bodyKind is how the end of what we read is told.
type bodyKind byte

const (
	noBody    bodyKind = iota // lines
	dataBody                  // up to CRLF.CRLF
	chunkBody                 // so many bytes
)

// Read gives the library its next line, or the next bytes of a letter. After the end of a session it is io.EOF for ever.
func (t *tap) Read(p []byte) (n int, err error) {
	defer func() {
		if r := recover(); r != nil { // P8: a mistake of ours here would end the program, since the library catches none
			p := refusal.Caught(r)
			t.server.log.Error("tap panicked", "panic", p.What, "stack", p.Stack)
			t.ended, n, err = true, 0, io.EOF
		}
	}()
	for len(t.ready) == 0 {
		if err := t.step(); err != nil {
			return 0, err
		}
	}
	n = copy(p, t.ready)
	t.ready = t.ready[n:]
	return n, nil
}

// step reads and judges the next piece of input.
func (t *tap) step() error {
	hanging, stopping, shut := t.over()
	switch {
	case t.ended || shut:
		return io.EOF
	case t.failure != nil:
		if t.lastCode() != 0 { // the library has told the peer
			t.ended, t.bye = true, true
			return io.EOF
		}
		return t.failure
	case t.body != noBody:
		return t.nextOfBody()
	}
	t.settle()
	switch {
	case t.body != noBody:
		return nil
	case hanging:
		t.ended, t.bye = true, true
		return io.EOF
	case stopping:
		return t.sayBye(replyStopping)
	case t.errors >= maxErrors || t.commands >= maxCommands:
		return t.sayBye(replyEnough)
	}
	return t.nextLine()
}

// settle draws the conclusion from the reply to the last command.
func (t *tap) settle() {
	code, enhanced := t.lastReply()
	if t.letterTaken() {
		t.commands = 0
	}
	if code >= 400 {
		if t.verb != "RCPT" || code != 452 { // whoever is asked to send the rest later has made no mistake (RFC 5321 §4.5.3.1.10)
			t.errors++
		}
		t.rebuffed(code, enhanced)
	}
	if code == 250 && (t.verb == "RCPT" || t.verb == "BDAT") {
		t.commands-- // A7 means idle talk: a letter to a hundred people, or of a thousand chunks, is none
	}
	switch {
	case t.verb == "MAIL" && code == 250:
		t.sender = senderIn(t.line)
	case t.verb == "DATA" && code == 354:
		t.body, t.end = dataBody, ending{}
		t.bodyBegins()
	case t.verb == "AUTH" && code == 334:
		t.sasl = true
	case t.verb == "BDAT" && code >= 400:
		t.chunked = false // RFC 3030 §2: a chunk that was refused ends its letter
	}
	t.verb = ""
}

// letterTaken tells, once, that a letter was kept.
func (t *tap) letterTaken() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	kept := t.kept
	t.kept = false
	return kept
}

// sayBye says the last word of a session. The library hears only that the peer is gone.
func (t *tap) sayBye(r *reply) error {
	t.say(r)
	if r != replyStopping {
		t.server.rebuff(t, t.stage(), r)
	}
	t.ended, t.bye = true, true
	return io.EOF
}

// say answers in the place of the library.
func (t *tap) say(r *reply) {
	_, _ = t.Write([]byte(wire(r))) // a peer that is gone shows at the next read
}

// nextLine reads one line.
func (t *tap) nextLine() error {
	t.lineBegins()
	if t.first { // a byte is enough to know a stranger to SMTP, who may never send a line (A6)
		b, err := t.in.Peek(1)
		if err != nil {
			return t.lost(err)
		}
		if !isLetter(b[0]) {
			return t.sayBye(replyForeign)
		}
	}
	line, err := t.in.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return t.sayBye(replyLongLine)
	case err != nil:
		return t.lost(err)
	case !strictLine(line):
		return t.sayBye(replyLineEnds)
	case t.sasl:
		return t.challenged(line)
	}
	return t.judge(string(line[:len(line)-2]))
}

// lost ends the session when no line comes.
func (t *tap) lost(err error) error {
	var timeout interface{ Timeout() bool }
	_, stopping, _ := t.over()
	switch {
	case stopping:
		return t.sayBye(replyStopping)
	case errors.As(err, &timeout) && timeout.Timeout():
		return t.sayBye(replyIdle)
	}
	t.ended = true
	return io.EOF
}

// challenged passes on an answer to a challenge of AUTH.
func (t *tap) challenged(line []byte) error {
	if t.in.Buffered() > 0 {
		return t.sayBye(replyEarly)
	}
	t.sasl, t.verb, t.ready = false, "AUTH", line
	return nil
}

// judge decides what becomes of a command.
func (t *tap) judge(line string) error {
	verb := verbOf(line)
	switch {
	case t.first && foreign(line):
		return t.sayBye(replyForeign)
	case len(line) > maxLine-2 && verb != "AUTH":
		return t.sayBye(replyLongLine)
	case endsGroup(verb) && t.in.Buffered() > 0: // A5
		return t.sayBye(replyEarly)
	case t.chunked && startsOver(verb):
		return t.sayBye(replyNoReset)
	}
	t.first = false
	t.commands++
	switch verb {
	case "STARTTLS":
		if t.mayUpgrade() {
			return t.goTLS(line)
		}
	case "BDAT":
		if err := t.chunkBegins(line); err != nil {
			return err
		}
	case "RCPT":
		line = postmasterAt(line, t.server.cfg.Hostname)
	case "EHLO", "HELO", "LHLO":
		t.greeting, t.called = verb, letter.ASCII(strings.TrimSpace(line[4:]), 200)
	}
	t.line, t.verb, t.ready = line, verb, []byte(line+"\r\n")
	return nil
}

// mayUpgrade tells whether STARTTLS is ours to answer. Otherwise the library knows the words.
func (t *tap) mayUpgrade() bool {
	return !t.secure && t.server.tlsFor(t.door) != nil
}

func (t *tap) goTLS(line string) error {
	if !strings.EqualFold(strings.TrimSpace(line), "STARTTLS") { // RFC 3207 §4: no parameters
		t.say(replyBadTLS)
		return nil
	}
	t.say(answer(220, enhanced{2, 0, 0}, "Go ahead with TLS."))
	t.ended, t.upgrade = true, true
	return io.EOF
}

// chunkBegins prepares for the bytes behind BDAT. The library reads them whatever it answers, unless it cannot read the
// command: then nobody knows where the next command begins, and the session ends.
func (t *tap) chunkBegins(line string) error {
	words := strings.Fields(line[4:])
	if len(words) == 0 || len(words) > 2 || len(words) == 2 && !strings.EqualFold(words[1], "LAST") {
		return t.sayBye(replyBadChunk)
	}
	size, err := strconv.ParseUint(words[0], 10, 32)
	if err != nil {
		return t.sayBye(replyBadChunk)
	}
	if r := t.tooMuch(int64(size)-int64(t.in.Buffered()), int64(size)); r != nil {
		return t.sayBye(r)
	}
	if !t.chunked {
		t.end = ending{}
	}
	t.last = len(words) == 2
	t.chunked = !t.last
	t.left = int64(size)
	switch {
	case t.left > 0:
		t.body = chunkBody
		t.bodyBegins()
	case t.last && t.end.open():
		return t.sayBye(replyLineEnds)
	}
	return nil
}

// nextOfBody gives out the next bytes of a letter. A letter with a forbidden byte is read to its end and then refused, so that
// nothing behind the byte is ever taken for a command (A1).
func (t *tap) nextOfBody() error {
	for {
		if r := t.tooMuch(0, 0); r != nil {
			return t.fail(r)
		}
		if _, err := t.in.Peek(1); err != nil {
			if _, stopping, _ := t.over(); stopping {
				return t.fail(replyStopping)
			}
			return t.fail(replyBroken) // A2
		}
		block, _ := t.in.Peek(t.in.Buffered())
		var done bool
		if t.body == dataBody {
			var n int
			n, done = t.end.scan(block)
			block = block[:n]
		} else {
			block = block[:min(int64(len(block)), t.left)]
			t.end.chunk(block)
			t.left -= int64(len(block))
			done = t.left == 0
			t.end.bad = t.end.bad || done && t.last && t.end.open()
		}
		_, _ = t.in.Discard(len(block))
		switch {
		case t.end.bad && done:
			return t.fail(replyLineEnds)
		case t.end.bad:
			continue
		}
		if done {
			t.body = noBody
			t.bodyEnds()
		}
		t.ready = block
		return nil
	}
}

// fail makes the letter under way unreadable. The library is told so until it has told the peer; then the session is over.
func (t *tap) fail(r *reply) error {
	t.lastCode()
	t.failure = r
	return r
}

// verbOf is the verb as the library reads it.
func verbOf(line string) string {
	upper := strings.ToUpper(line)
	switch {
	case strings.HasPrefix(upper, "STARTTLS"):
		return "STARTTLS"
	case len(line) == 4:
		return upper
	case len(line) > 4 && line[4] == ' ':
		return strings.ToUpper(line[:4])
	}
	return ""
}

// endsGroup tells whether the peer must wait for the reply to this verb (RFC 2920 §3.1).
func endsGroup(verb string) bool {
	switch verb {
	case "DATA", "STARTTLS", "AUTH", "QUIT":
		return true
	}
	return false
}

// startsOver tells whether a verb would give up a letter of which chunks were sent. The library lets the reader of that letter
// and the next letter share variables, so the only way to give one up is a new connection.
func startsOver(verb string) bool {
	switch verb {
	case "RSET", "EHLO", "HELO", "LHLO", "STARTTLS":
		return true
	}
	return false
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// foreign tells whether a first line belongs to HTTP (A6): somebody has a browser talk to us.
func foreign(line string) bool {
	verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
	switch verb {
	case "CONNECT", "GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS":
		return true
	}
	return false
}

// postmasterAt gives RCPT TO:<postmaster> the domain that the library misses and RFC 5321 §4.5.1 does not ask for.
func postmasterAt(line, hostname string) string {
	const to, path = "RCPT TO:", "<postmaster>"
	if len(line) < len(to) || !strings.EqualFold(line[:len(to)], to) {
		return line
	}
	rest := strings.TrimLeft(line[len(to):], " ")
	if len(rest) < len(path) || !strings.EqualFold(rest[:len(path)], path) {
		return line
	}
	return line[:len(to)] + "<postmaster@" + hostname + ">" + rest[len(path):]
}

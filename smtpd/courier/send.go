package courier

import (
	"bufio"
	"context"
	"strconv"
	"strings"
	"time"

	"backchannel/archive/letter"
	"backchannel/smtpd/queue"
)

// command is one command before the message, and the reply that is hoped for.
type command struct {
	line  string
	stage queue.Stage
	time  time.Duration
	class int // of the reply that lets us go on
}

// send hands over one message.
func (s *session) send(ctx context.Context, m queue.Message, clear bool) queue.Outcome {
	if m.Private && !clear && !s.safe() {
		return s.inClear()
	}
	m, o, ok := s.suit(m)
	if !ok {
		return o
	}
	params, o, ok := s.params(m)
	if !ok {
		return o
	}
	commands := []command{
		{"MAIL FROM:<" + m.From.String() + ">" + params, queue.StageMail, s.times.Mail, 2},
		{"RCPT TO:<" + m.To.String() + ">", queue.StageRcpt, s.times.Rcpt, 2},
		{"DATA", queue.StageData, s.times.Data, 3},
	}
	if s.dirty {
		commands = append([]command{{"RSET", queue.StageConnect, s.times.Mail, 2}}, commands...)
	}
	if o, ok := s.lead(ctx, commands); !ok {
		return o
	}
	return s.message(ctx, m)
}

// inClear is the outcome of a private message that a host would take in clear only. A host whose TLS does not work today may mend it;
// one that offers none is what it is (InClear).
func (s *session) inClear() queue.Outcome {
	o := queue.Outcome{Stage: queue.StageHello, Enhanced: "4.7.10", Host: s.host, Text: "the TLS of the host does not work, and a private message does not leave this machine in clear"}
	if !s.has("STARTTLS") {
		o.Text = InClear
	}
	return o
}

// InClear is the text of the outcome of a private message to a host that offers no TLS.
const InClear = "the host offers no TLS, and a private message does not leave this machine in clear"

// suit makes a message anew for a host that does not take it as it is (M10). A message that nobody can make again goes out with its
// octets: for twenty years such hosts have passed them on. Without ok the host cannot take it.
func (s *session) suit(m queue.Message) (queue.Message, queue.Outcome, bool) {
	lacks := queue.Lacks{EightBit: !s.has("8BITMIME") && eightBit(m.Body), UTF8: !s.has("SMTPUTF8") && eightBit(m.Head)}
	if m.Again == nil || lacks == (queue.Lacks{}) {
		return m, queue.Outcome{}, true
	}
	again, err := m.Again(lacks)
	if err == nil {
		return again, queue.Outcome{}, true
	}
	o := queue.Outcome{Kind: queue.Failed, Stage: queue.StageMail, Enhanced: "5.6.3", Host: s.host,
		Text: "the host takes nothing but ASCII, and the message cannot be made so: " + letter.ASCII(err.Error(), 200)} // RFC 6152 §3
	if !lacks.EightBit {
		o.Enhanced = "5.6.7"
	}
	return m, o, false
}

// params are the parameters of MAIL that this message needs. Without ok the host cannot take it.
func (s *session) params(m queue.Message) (string, queue.Outcome, bool) {
	var b strings.Builder
	refuse := func(enhanced, text string) (string, queue.Outcome, bool) {
		return "", queue.Outcome{Kind: queue.Failed, Stage: queue.StageMail, Enhanced: enhanced, Text: text, Host: s.host}, false
	}
	if s.has("SIZE") {
		if most := s.sizeLimit(); most > 0 && int64(m.Size()) > most {
			return refuse("5.3.4", "the message has "+strconv.Itoa(m.Size())+" octets, the host takes "+strconv.FormatInt(most, 10)) // RFC 1870 §6.1
		}
		b.WriteString(" SIZE=" + strconv.Itoa(m.Size()))
	}
	if s.has("8BITMIME") && (eightBit(m.Head) || eightBit(m.Body)) {
		b.WriteString(" BODY=8BITMIME")
	}
	outside := !m.From.IsASCII() || !m.To.IsASCII()
	if outside && !s.has("SMTPUTF8") {
		return refuse("5.6.7", "the address is not ASCII, and the host does not know such addresses") // RFC 6531 §3.5
	}
	if outside || s.has("SMTPUTF8") && eightBit(m.Head) {
		b.WriteString(" SMTPUTF8")
	}
	return b.String(), queue.Outcome{}, true
}

// lead says the commands before the message, all at once where the host allows that (RFC 2920), and hears a reply to each.
func (s *session) lead(ctx context.Context, commands []command) (queue.Outcome, bool) {
	atOnce := s.has("PIPELINING")
	if atOnce {
		var b strings.Builder
		for _, c := range commands {
			b.WriteString(c.line + "\r\n")
		}
		if err := s.say(ctx, commands[0].time, b.String()); err != nil {
			s.stale = s.reused && hungUp(err)
			return s.lost(commands[0].stage, err), false
		}
	}
	s.dirty = true
	var no *queue.Outcome // the first refusal
	for i, c := range commands {
		if !atOnce {
			if err := s.say(ctx, c.time, c.line+"\r\n"); err != nil {
				s.stale = s.reused && i == 0 && hungUp(err)
				return s.lost(c.stage, err), false
			}
		}
		r, err := s.hear(ctx, c.time)
		if no != nil && (err != nil || s.dead) {
			return *no, false // it has said what it had to say about this message
		}
		if err != nil {
			s.stale = s.reused && i == 0 && hungUp(err)
			return s.lost(c.stage, err), false
		}
		switch {
		case r.class() == c.class && no != nil && c.class == 3:
			// It wants a message for nobody (RFC 2920 §3.1). Closing is the one answer that cannot be taken for one.
			s.dead = true
		case r.class() == c.class || no != nil:
		default:
			o := s.said(c.stage, r)
			s.stale = s.reused && i == 0 && r.code == 421
			if no = &o; s.dead || !atOnce {
				return o, false
			}
		}
	}
	if no != nil {
		return *no, false
	}
	return queue.Outcome{}, true
}

// message says the message and hears what becomes of it.
func (s *session) message(ctx context.Context, m queue.Message) queue.Outcome {
	w := bufio.NewWriterSize(&blocks{s, ctx}, min(m.Size()+len(m.Body)/64+64, 32<<10))
	err := lay(w, m.Head, true)
	if err == nil {
		err = lay(w, m.Body, false)
	}
	if err == nil {
		end := ".\r\n"
		if n := len(m.Body); n > 0 && m.Body[n-1] != '\n' {
			end = "\r\n.\r\n"
		}
		_, err = w.WriteString(end)
	}
	if err == nil {
		err = w.Flush()
	}
	if err != nil {
		return s.brokenOff(ctx, err)
	}
	r, err := s.hear(ctx, s.times.End)
	if err != nil || r.class() == 3 {
		if err == nil {
			err = errGarbage
		}
		o := s.lost(queue.StageEnd, err)
		o.Ambiguous = true // E5: everything was sent
		return o
	}
	s.dirty = false
	return s.said(queue.StageEnd, r)
}

// brokenOff looks whether the host said why it did not want to hear the rest.
func (s *session) brokenOff(ctx context.Context, err error) queue.Outcome {
	s.dead = true
	if ctx.Err() == nil && hungUp(err) {
		if r, heard := s.hear(ctx, time.Second); heard == nil && r.class() >= 4 {
			return s.said(queue.StageData, r)
		}
	}
	return s.lost(queue.StageData, err)
}

// blocks writes in pieces, each with time of its own (M12).
type blocks struct {
	s   *session
	ctx context.Context
}

func (b *blocks) Write(p []byte) (n int, err error) {
	for len(p) > 0 && err == nil {
		var k int
		b.s.limit(b.ctx, b.s.times.Block)
		k, err = b.s.conn.Write(p[:min(len(p), 64<<10)])
		n, p = n+k, p[k:]
	}
	return n, err
}

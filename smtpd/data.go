package smtpd

import (
	"errors"
	"io"
	"time"

	"backchannel/archive/logbook"
	"backchannel/templates/refusal"

	"github.com/emersion/go-smtp"
)

// Data reads one letter and hands it over. Whether it came by DATA or BDAT, r ends with io.EOF only when the letter is whole and
// strict: the tap sees to that (nextOfBody). Any other end of r means that nothing is kept (A2).
func (s *session) Data(r io.Reader) error { return s.receive(r) }

// LMTPData is Data for LMTP. A letter is one letter however many it is for: all recipients get the same reply, which the library
// writes once for each (RFC 2033 §4.2).
func (s *session) LMTPData(r io.Reader, _ smtp.StatusCollector) error { return s.receive(r) }

func (s *session) receive(r io.Reader) *reply {
	if !s.readerBegins() {
		return replyBroken
	}
	defer s.readerEnded()
	env := s.under()
	if env == nil || len(env.To) == 0 {
		_, _ = io.Copy(io.Discard, r)
		return replyNoMail
	}
	began := s.server.now()
	log := s.log()
	k := keep{budget: &s.server.memory, most: int(s.server.cfg.MaxSize)}
	defer k.release()
	said := k.read(r, s.trace(env, began))
	size := len(k.raw)
	if said == nil {
		err := s.deliver(env, k.raw)
		if err == nil {
			s.letterKept()
			said = replyKept(env.Story)
		} else {
			said = replyTo(err)
			refusals.Add(refusal.KindOf(err).String(), "letter")
			s.server.logCause(log, "letter refused", err)
		}
		if said.Code < 500 && said.Code != 250 { // what the Mailroom refuses for good has a story
			s.server.rebuff(s.tap, "letter", said)
		}
		if said.Code != 250 {
			s.turnedAway(env, said)
		}
	} else if said != replyStopping {
		s.server.rebuff(s.tap, "letter", said)
	}
	if said.Code == 421 {
		s.hang()
	}
	outcomes.Add(outcome(said), s.door.String())
	what := "letter kept" // the mail log has heard of it from the logbook
	if said.Code != 250 {
		what, log = string(logbook.Refused), logbook.MailLog(log)
	}
	log.Info(what, "code", said.Code, "enhanced", dotted(said), "size", size, "recipients", len(env.To), "tls", env.TLS,
		"login", !env.Login.IsZero(), "took", s.server.now().Sub(began).Round(time.Millisecond))
	return said
}

// deliver asks the Mailroom to take the letter over. Its panic costs this session only (P8).
func (s *session) deliver(env *Envelope, raw []byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			s.panicked("the mailroom", r)
			err = errPanic
		}
	}()
	mine := *env
	err = s.server.room.Receive(s.ctx, &mine, raw)
	env.Tellable = mine.Tellable
	return err
}

// keep is one letter in memory, counted against the budget that all sessions share.
type keep struct {
	raw    []byte
	budget *budget
	held   int
	most   int // bytes of the largest letter, without our own field
}

// firstRoom is what a letter begins with. The size that a peer declares at MAIL gets it no room: two peers who declare much and
// send little would be enough to shut out everybody else.
const firstRoom = 8 << 10

// read takes the whole letter in, behind our own field. It returns nil, or why there is no letter.
func (k *keep) read(r io.Reader, trace string) *reply {
	if !k.grow(firstRoom + len(trace)) {
		return k.drain(r)
	}
	k.raw = append(k.raw, trace...)
	most := k.most + len(trace)
	for {
		if len(k.raw) == cap(k.raw) {
			next := 2 * cap(k.raw)
			if next > smallLetter {
				next = cap(k.raw) + cap(k.raw)/2
			}
			if !k.grow(min(next, most+1)) {
				return k.drain(r)
			}
		}
		n, err := r.Read(k.raw[len(k.raw):cap(k.raw)])
		k.raw = k.raw[:len(k.raw)+n]
		switch {
		case len(k.raw) > most:
			return replyTooBig(int64(k.most))
		case err == io.EOF:
			return nil
		case err != nil:
			return k.broken(err)
		}
	}
}

// broken is the reply to a letter whose reader failed.
func (k *keep) broken(err error) *reply {
	var r *reply
	switch {
	case errors.Is(err, smtp.ErrDataTooLarge):
		return replyTooBig(int64(k.most))
	case errors.As(err, &r):
		return r
	}
	return replyBroken
}

// drain hears a letter out for which there is no memory.
func (k *keep) drain(r io.Reader) *reply {
	k.release()
	if _, err := io.Copy(io.Discard, r); err != nil {
		return k.broken(err)
	}
	return replyShort
}

// grow gives the letter room for n bytes, or tells that there is none.
func (k *keep) grow(n int) bool {
	if !k.budget.take(n) {
		return false
	}
	raw := make([]byte, len(k.raw), n)
	copy(raw, k.raw)
	k.raw = raw
	k.budget.give(k.held)
	k.held = n
	return true
}

func (k *keep) release() {
	k.raw = nil
	k.budget.give(k.held)
	k.held = 0
}

package smtpd

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"backchannel/archive/letter"
	"backchannel/archive/logbook"
	"backchannel/templates/refusal"

	"github.com/emersion/go-smtp"
)

// session is what the library asks, command by command. Every error it returns is a *reply (A11).
type session struct {
	*tap
	lib *smtp.Conn
	ctx context.Context

	mu      sync.Mutex // BDAT reads a letter in a goroutine of its own
	env     *Envelope  // the letter under way; nil: none
	login   letter.Address
	guesses int
}

var _ smtp.LMTPSession = (*session)(nil)

// Mail begins a letter.
func (s *session) Mail(_ string, opts *smtp.MailOptions) error {
	if s.under() != nil {
		return replyNested // the library would begin again and keep the recipients
	}
	if s.door == Submission && s.login.IsZero() {
		return replyLoginFirst
	}
	from, bad := s.address("MAIL FROM:", opts.UTF8, replyBadFrom)
	if bad != nil {
		return bad
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.env = &Envelope{
		Story:  newStory(s.server.now()),
		Door:   s.door,
		Remote: s.remote,
		HELO:   letter.ASCII(s.lib.Hostname(), 200),
		TLS:    s.secure,
		Login:  s.login,
		From:   from,
		UTF8:   opts.UTF8,
	}
	s.letterBegins()
	return nil
}

// Rcpt adds a recipient.
func (s *session) Rcpt(_ string, _ *smtp.RcptOptions) error {
	env := s.under()
	if env == nil {
		return replyNoMail
	}
	to, bad := s.address("RCPT TO:", env.UTF8, replyBadTo)
	if bad != nil {
		return bad
	}
	// A10. A mail host of our own on this machine hands on what strangers made up: it may go on with the addresses that exist.
	spent := s.door != LMTP && s.server.strangers.spent(s.remote)
	if spent && !s.local {
		return s.parting(replyStrangers)
	}
	err := s.ask(env, to)
	if err == nil {
		if !slices.ContainsFunc(env.To, func(a letter.Address) bool { return a.Key() == to.Key() }) {
			env.To = append(env.To, to)
		}
		return nil
	}
	r := replyTo(err)
	refusals.Add(refusal.KindOf(err).String(), "recipient")
	logbook.MailLog(s.log()).Info(string(logbook.Refused), "code", r.Code, "enhanced", dotted(r), "at", "rcpt")
	s.server.logCause(s.log(), "recipient refused", err)
	switch {
	case r == replyUnknown && spent:
		return s.parting(replyStrangers)
	case r == replyUnknown && s.door != LMTP:
		s.server.strangers.add(s.remote)
	case r.Code == 421:
		return s.parting(r)
	}
	return r
}

// ask asks the Mailroom for a recipient. Its panic ends this session and nothing else (P8).
func (s *session) ask(env *Envelope, to letter.Address) (err error) {
	defer func() {
		if r := recover(); r != nil {
			s.panicked("the mailroom", r)
			err = errPanic
		}
	}()
	return s.server.room.Recipient(s.ctx, env, to)
}

// errPanic stands for a panic above us: an error that is no refusal, so 451.
var errPanic = errors.New("panic")

func (s *session) panicked(who string, r any) {
	s.hang()
	p := refusal.Caught(r)
	s.log().Error(who+" panicked", "panic", p.What, "stack", p.Stack)
}

// parting is a reply behind which the session ends.
func (s *session) parting(r *reply) *reply {
	s.hang()
	return r
}

// address reads the path of the command under way by our own rules (A8). The library's reading is no use: it takes away quotes
// and source routes, and with them what we need to judge.
func (s *session) address(verb string, utf8 bool, bad *reply) (letter.Address, *reply) {
	path, ok := pathIn(s.line, verb)
	switch {
	case !ok:
		return letter.Address{}, bad
	case path == "" && bad == replyBadFrom:
		return letter.Address{}, nil
	case !utf8 && !isASCII(path):
		return letter.Address{}, replyNoUTF8
	}
	a, err := letter.ParseAddress(path)
	if err != nil || a.IsZero() {
		return letter.Address{}, bad
	}
	return a, nil
}

// pathIn is what stands between the angle brackets of MAIL FROM: or RCPT TO:. A quoted local part may hold brackets.
func pathIn(line, verb string) (path string, ok bool) {
	if len(line) < len(verb) || !strings.EqualFold(line[:len(verb)], verb) {
		return "", false
	}
	rest, ok := strings.CutPrefix(strings.TrimLeft(line[len(verb):], " "), "<")
	if !ok {
		return "", false
	}
	quoted := false
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == '>' && !quoted:
			after := rest[i+1:]
			return rest[:i], after == "" || after[0] == ' '
		}
	}
	return "", false
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// under is the letter under way.
func (s *session) under() *Envelope {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.env
}

// Reset gives up the letter under way. The library calls it after every letter too, and on EHLO and RSET.
func (s *session) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.env = nil
	s.letterEnds()
}

// Logout is called when the connection is done. Nothing of a session outlives it.
func (s *session) Logout() error { return nil }

// log names the letter, or else the session's door.
func (s *session) log() *slog.Logger {
	log := s.server.log.With("door", s.door.String())
	if env := s.under(); env != nil {
		log = log.With("story", env.Story)
	}
	return log
}

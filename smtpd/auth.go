package smtpd

import (
	"bytes"
	"time"

	"backchannel/archive/letter"
	"backchannel/templates/refusal"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

var _ smtp.AuthSession = (*session)(nil)

// AuthMechanisms are the ways to log in: none but at submission (A14). The library offers them only where the session is
// encrypted or in clear allowed.
func (s *session) AuthMechanisms() []string {
	if s.door != Submission || s.server.login == nil {
		return nil
	}
	return []string{sasl.Plain, sasl.Login}
}

// Auth begins a login.
func (s *session) Auth(mechanism string) (sasl.Server, error) {
	switch {
	case len(s.AuthMechanisms()) == 0:
		return nil, replyNoLogin
	case s.under() != nil:
		return nil, replyNoAuthNow // RFC 4954 §4
	case mechanism == sasl.Plain:
		return &plain{s}, nil
	case mechanism == sasl.Login:
		return &login{session: s}, nil
	}
	return nil, replyMechanism
}

// plain is AUTH PLAIN (RFC 4616): authorization identity, name and password between NULs.
type plain struct{ *session }

// Next takes the response.
func (p *plain) Next(response []byte) (challenge []byte, done bool, err error) {
	if response == nil {
		return []byte{}, false, nil
	}
	parts := bytes.Split(response, []byte{0})
	if len(parts) != 3 || len(parts[0]) > 0 && !bytes.Equal(parts[0], parts[1]) {
		return nil, false, replyBadAuth
	}
	if r := p.check(string(parts[1]), string(parts[2])); r != nil {
		return nil, false, r
	}
	return nil, true, nil
}

// login is AUTH LOGIN, which no RFC describes and Outlook wants: two questions, two answers.
type login struct {
	*session
	name  string
	asked bool
	named bool
}

// Next takes the name, then the password. The name may come with the command.
func (l *login) Next(response []byte) (challenge []byte, done bool, err error) {
	switch {
	case response == nil && !l.asked:
		l.asked = true
		return []byte("Username:"), false, nil
	case !l.named:
		l.asked, l.named, l.name = true, true, string(response)
		return []byte("Password:"), false, nil
	}
	if r := l.check(l.name, string(response)); r != nil {
		return nil, false, r
	}
	return nil, true, nil
}

// check asks for the verdict on a name and a password. Wrong ones cost the peer time, then the session, then an hour.
func (s *session) check(name, password string) *reply {
	if !s.local && s.server.failures.spent(s.remote) {
		return s.parting(replyGuessing)
	}
	who, err := s.verdict(name, password)
	if err == errPanic {
		return s.parting(replyLoginLater)
	}
	if err == nil && !who.IsZero() {
		s.login = who
		logins.Add("good", s.door.String())
		s.log().Info("logged in", "tls", s.secure)
		return nil
	}
	if refusal.KindOf(err) == refusal.Limit { // too many wrong ones, at this door or another
		s.log().Info("too many wrong passwords")
		return s.parting(replyGuessing)
	}
	if err != nil && refusal.Temporary(err) {
		s.server.logCause(s.log(), "login not checked", err)
		return replyLoginLater
	}
	s.server.failures.add(s.remote)
	s.guesses++
	logins.Add("wrong", s.door.String())
	s.log().Info("wrong password", "guesses", s.guesses)
	wait := time.NewTimer(time.Second * guessDelay << (s.guesses - 1))
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-s.ctx.Done():
	}
	if s.guesses >= maxGuesses {
		return s.parting(replyGuessing)
	}
	return replyWrong
}

// verdict asks the Login. Its panic ends this session and nothing else (P8).
func (s *session) verdict(name, password string) (who letter.Address, err error) {
	defer func() {
		if r := recover(); r != nil {
			s.panicked("the login", r)
			who, err = letter.Address{}, errPanic
		}
	}()
	return s.server.login.Login(s.ctx, s.remote, name, password)
}

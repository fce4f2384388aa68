package smtpd

import (
	"strings"

	"backchannel/archive/letter"
	"backchannel/archive/logbook"
	"backchannel/templates/refusal"
)

// What is refused before there is a letter has no story, and is nothing that a row for each could tell: strangers may be refused a million
// times a day. The doorkeeper counts them by peer and sort, so that the operator can be asked "why did you not take our mail?",
// and by the sender, for "why did my letter not arrive?".

// rebuff tells the doorkeeper of a reply that was a refusal. One without a code is a peer that went away.
func (s *Server) rebuff(t *tap, stage string, r *reply) {
	one := logbook.Rebuff{Code: r.Code}
	if r.Code != 0 {
		one.Enhanced = dotted(r)
	}
	s.remember(t, stage, one)
}

func (s *Server) remember(t *tap, stage string, one logbook.Rebuff) {
	one.Peer, one.Door, one.Stage, one.HELO = refusal.Network(t.remote), t.door.String(), stage, t.called
	s.cfg.Keeper.Note(one)
}

// rebuffed is rebuff for a reply to the command under way, whoever made it. What became of a letter is told where it is known (session.receive).
func (t *tap) rebuffed(code int, enhanced string) {
	if t.verb == "" || t.verb == "BDAT" {
		return
	}
	one := logbook.Rebuff{Code: code, Enhanced: enhanced}
	t.server.remember(t, t.stage(), one)
	switch t.verb {
	case "MAIL":
		one.Sender = senderIn(t.line)
	case "RCPT", "DATA":
		one.Sender = t.sender
	}
	if one.Sender != (logbook.Mark{}) {
		t.server.remember(t, t.stage(), one)
	}
}

// senderIn is the mark of the return path that a MAIL command names.
func senderIn(line string) logbook.Mark {
	path, ok := pathIn(line, "MAIL FROM:")
	a, err := letter.ParseAddress(path)
	if !ok || err != nil {
		return logbook.Mark{}
	}
	return logbook.MarkOf(a)
}

// turnedAway tells the doorkeeper of a sender whose letter was not taken, where the Mailroom allows that.
func (s *session) turnedAway(e *Envelope, said *reply) {
	mark := logbook.MarkOf(e.From)
	if !e.Tellable || mark == (logbook.Mark{}) {
		return
	}
	one := logbook.Rebuff{Code: said.Code, Enhanced: dotted(said), Sender: mark}
	if said.Code >= 500 {
		one.Story = e.Story
	}
	s.server.remember(s.tap, "letter", one)
}

// stages are the verbs that a refusal may be told of by name.
const stages = " MAIL RCPT DATA BDAT AUTH STARTTLS EHLO HELO LHLO VRFY EXPN "

// stage is what the peer is at, as one word of few: the command under way, or else the one before.
func (t *tap) stage() string {
	verb := t.verb
	switch {
	case t.first && verb == "":
		return "greeting"
	case verb == "" || !strings.Contains(stages, " "+verb+" "):
		return "command"
	}
	return strings.ToLower(verb)
}

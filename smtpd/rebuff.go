package smtpd

import (
	"strings"

	"backchannel/archive/logbook"
	"backchannel/templates/refusal"
)

// What is refused before there is a letter has no story, and is nothing that a row for each could tell: strangers may be refused a million
// times a day. The doorkeeper counts them by peer and sort, so that the operator can be asked "why did you not take our mail?".

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
	if stage := t.stage(); t.verb != "" && t.verb != "BDAT" {
		t.server.remember(t, stage, logbook.Rebuff{Code: code, Enhanced: enhanced})
	}
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

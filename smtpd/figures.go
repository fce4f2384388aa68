package smtpd

import "backchannel/archive/logbook"

// What the front door counts.
var (
	sessions = logbook.NewCounter("backchannel_smtp_sessions_total", "SMTP and LMTP sessions that were let in, by door (mx, submission, lmtp).", "door")
	turned   = logbook.NewCounter("backchannel_smtp_turned_away_total", "Connections that were turned away because there were too many, by door.", "door")
	outcomes = logbook.NewCounter("backchannel_smtp_letters_total", "Letters that came to the end of DATA, by outcome (received; refused for good; later, to be tried again) and door.", "outcome", "door")
	refusals = logbook.NewCounter("backchannel_smtp_refusals_total", "Refusals in the session, by kind of refusal and by what was refused (recipient or letter).", "kind", "of")
	logins   = logbook.NewCounter("backchannel_smtp_logins_total", "Logins at the submission door, by outcome (good, wrong).", "outcome", "door")
)

// Figures are what the front door counts.
func Figures() []logbook.Figure {
	return []logbook.Figure{sessions, turned, outcomes, refusals, logins}
}

// outcome is the sort of a reply to a letter.
func outcome(r *reply) string {
	switch {
	case r.Code == 250:
		return "received"
	case r.Code >= 500:
		return "refused"
	}
	return "later"
}

package imapd

import "backchannel/archive/logbook"

// What the reading room counts.
var (
	sessions = logbook.NewCounter("backchannel_imap_sessions_total", "IMAP sessions that were let in.")
	turned   = logbook.NewCounter("backchannel_imap_turned_away_total", "IMAP connections that were turned away because there were too many.")
	logins   = logbook.NewCounter("backchannel_imap_logins_total", "IMAP logins, by outcome (good, wrong).", "outcome")
)

// Figures are what the server counts, and how many are here when somebody asks.
func (s *Server) Figures() []logbook.Figure {
	return []logbook.Figure{sessions, turned, logins, logbook.NewGauge("backchannel_imap_sessions", "IMAP sessions that are open now, by whether somebody has signed in.",
		func(set func(float64, ...string)) {
			s.door.mu.Lock()
			all, strangers := s.door.sessions, s.door.strangers
			s.door.mu.Unlock()
			set(float64(all-strangers), "yes")
			set(float64(strangers), "no")
		}, "signed_in")}
}

package mailroom

import "backchannel/archive/logbook"

// What the mailroom counts.
var (
	verdicts = logbook.NewCounter("backchannel_verdicts_total", "Verdicts about senders, one for each address of ours that a letter was for: verified, weak, or none (nobody's address, or forged).", "verdict")
	replays  = logbook.NewCounter("backchannel_replays_total", "Letters that a good signature vouches for and the replay guard did not believe: blind copies, and letters passed on by others.")
)

// Figures are what the mailroom counts.
func Figures() []logbook.Figure { return []logbook.Figure{verdicts, replays} }

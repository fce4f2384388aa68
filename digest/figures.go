package digest

import "backchannel/archive/logbook"

// What is counted of digests.
var issues = logbook.NewCounter("backchannel_digests_total", "Slots of members' digests that came, by outcome (sent; nothing_new; too_late, because the server was down).", "outcome")

// Figures are what this package counts.
func Figures() []logbook.Figure { return []logbook.Figure{issues} }

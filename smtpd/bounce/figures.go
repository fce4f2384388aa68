package bounce

import "backchannel/archive/logbook"

// What is counted of letters that came back.
var returned = logbook.NewCounter("backchannel_bounces_total",
	"What returned mail says: for each recipient that failed, what it means for the address; and complaints, automatic replies and other reports by their kind. Refusals in the session are attempts, not bounces.", "class")

// Figures are what this package counts.
func Figures() []logbook.Figure { return []logbook.Figure{returned} }

func (r Report) count() {
	if r.Kind != Bounce {
		returned.Add(string(r.Kind))
		return
	}
	for _, f := range r.Failures {
		if f.Action == Failed {
			returned.Add(string(f.Class))
		} else {
			returned.Add(string(f.Action))
		}
	}
}

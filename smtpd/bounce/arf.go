package bounce

import (
	"strings"

	"backchannel/archive/letter"
)

// readComplaint reads an abuse report (RFC 5965), and the older form that Hotmail sends: a bare letter with a letter in it.
func readComplaint(l *letter.Letter, b *body) (Report, bool) {
	kind, _ := byReport(l)
	if b.feedback == "" {
		if old, ok := oldComplaint(l, b); ok {
			return old, true
		}
		if kind != Complaint {
			return Report{}, false
		}
	} else if kind != Complaint {
		return Report{}, false // a report that somebody forwards
	}
	r := Report{Kind: Complaint, Feedback: "abuse", OriginalID: b.originalID(l), Returned: b.returned}
	for _, g := range groups(b.feedback) {
		if v := letter.ASCII(strings.ToLower(letter.CleanLine(g["feedback-type"])), 40); v != "" {
			r.Feedback = v
		}
		for _, name := range []string{"original-rcpt-to", "removal-recipient", "redacted-address"} {
			if r.Complainer.IsZero() {
				r.Complainer = address(typed(g[name]))
			}
		}
	}
	r.fromReturned()
	return r, true
}

// oldComplaint knows Hotmail's by sender, subject and the field that names the recipient.
func oldComplaint(l *letter.Letter, b *body) (Report, bool) {
	from := l.From()
	if b.returned == nil || len(from) != 1 || !strings.HasPrefix(strings.ToLower(l.Subject()), "complaint about message from ") {
		return Report{}, false
	}
	switch from[0].Address.Key() {
	case "staff@hotmail.com", "staff@outlook.com":
	default:
		return Report{}, false
	}
	r := Report{Kind: Complaint, Feedback: "abuse", OriginalID: b.originalID(l), Returned: b.returned}
	r.Complainer = address(b.returned.Get("X-HmXmrOriginalRecipient"))
	r.fromReturned()
	return r, true
}

// fromReturned takes the one open recipient of the returned letter for the complainer, where the report names none.
func (r *Report) fromReturned() {
	if r.Complainer.IsZero() && r.Returned != nil {
		if to := r.Returned.To(); len(to) == 1 {
			r.Complainer = to[0].Address
		}
	}
}

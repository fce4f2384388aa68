package mailauth

import (
	"errors"
	"net"

	"backchannel/archive/logbook"
)

// What is counted about senders, and about the DNS that was asked about them.
var (
	results    = logbook.NewCounter("backchannel_auth_results_total", "What was found out about the senders of letters, by method (spf, dkim for each signature, dmarc, arc) and result (RFC 8601).", "method", "result")
	unanswered = logbook.NewCounter("backchannel_dns_unanswered_total", "Questions to the DNS about senders that had no usable answer, by reason (timeout, other).", "reason")
)

// Figures are what this package counts.
func Figures() []logbook.Figure { return []logbook.Figure{results, unanswered} }

func (f Finding) count() {
	results.Add("spf", f.SPF)
	results.Add("dmarc", f.DMARC)
	for _, s := range f.Signatures {
		results.Add("dkim", s.Result)
	}
	if f.ARC != nil {
		results.Add("arc", f.ARC.Result)
	}
}

func reason(err error) string {
	var d *net.DNSError
	if errors.As(err, &d) && d.IsTimeout {
		return "timeout"
	}
	return "other"
}

package courier

import (
	"context"

	"backchannel/archive/letter"
	"backchannel/smtpd/queue"
)

// SignIn goes to a host as a delivery does, up to where a letter would begin, and leaves without one. Delivered means that the host
// would take a letter now; any other outcome is what a delivery would meet. The text of a good outcome says how far it came.
func (c *Courier) SignIn(ctx context.Context, hop Hop) queue.Outcome {
	s, o := c.open(ctx, hop)
	if s == nil {
		return o
	}
	o = queue.Outcome{Kind: queue.Delivered, Host: hop.Addr, Text: "no encryption, no login"}
	switch {
	case s.tls && hop.Username != "":
		o.Text = "encrypted, signed in as " + letter.ASCII(hop.Username, 100)
	case s.tls:
		o.Text = "encrypted, no login"
	case hop.Username != "":
		o.Text = "no encryption, signed in as " + letter.ASCII(hop.Username, 100)
	}
	s.quit()
	return o
}

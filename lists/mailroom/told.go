package mailroom

import (
	"fmt"
	"strings"

	"backchannel/archive/letter"
	"backchannel/lists/address"
	"backchannel/smtpd"
	"backchannel/smtpd/mailauth"
)

// mostTold is how many of our addresses a story names.
const mostTold = 3

// told is what the story of a letter says about the session it came in: from where, how, for which of our addresses, and what was found
// out about the sender. All that the peer wrote is cut to printable ASCII (A12), and no token is told.
func told(env *smtpd.Envelope, size int, f mailauth.Finding) string {
	var b strings.Builder
	b.WriteString("from ")
	if env.Remote.IsValid() {
		b.WriteString(env.Remote.String())
	} else {
		b.WriteString("this machine")
	}
	if env.HELO != "" {
		fmt.Fprintf(&b, " (%s)", letter.ASCII(env.HELO, 60))
	}
	fmt.Fprintf(&b, " by %s, ", env.Door)
	if env.TLS {
		b.WriteString("over TLS")
	} else {
		b.WriteString("without TLS")
	}
	fmt.Fprintf(&b, ", %d bytes, to %s", size, toldTo(env.To))
	if f.Why != "" {
		b.WriteString("; " + f.Why)
	}
	return b.String()
}

func toldTo(all []letter.Address) string {
	var names []string
	for i, to := range all {
		if i == mostTold {
			names = append(names, fmt.Sprintf("%d more", len(all)-mostTold))
			break
		}
		local := to.Local
		if n := address.Parse(local); n.Form == address.Token {
			local = string(n.Kind) + "+..."
		} else if head, _, plus := strings.Cut(local, "+"); plus {
			local = head + "+..." // it may be a token with a slip of the pen
		} else if n.Form == address.Role && n.Word == "anon" {
			names = append(names, "a private address") // the story bears its sender's name: what they wanted to write without it is nobody's business
			continue
		}
		names = append(names, letter.ASCII(local, 64)+"@"+to.Domain)
	}
	if len(names) == 0 {
		return "nobody"
	}
	return strings.Join(names, ", ")
}

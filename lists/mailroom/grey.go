package mailroom

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/netip"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/smtpd/bounce"
	"backchannel/templates/refusal"
)

// GreyWait is how long a stranger's mail server has to wait before it may hand over the first letter to the managers. Servers try again
// within minutes; what sends spam mostly does not (RFC 6647).
const GreyWait = 5 * time.Minute

const (
	greyFor   = 5 * 24 * time.Hour  // how long a first try is remembered: as long as servers try (RFC 5321 §4.5.4.1)
	greyKnown = 35 * 24 * time.Hour // how long somebody is known who came again

	// How many rows there are at most: from one author, from one organisation or network, of who waits and of who came again, and in all. One
	// more, and the oldest goes: of the same author, organisation or network, or of the organisation or network that has most. Whoever it is
	// about has to come once more, and nobody is let in unasked. So whoever fills the table pushes out their own: to make a person's server
	// wait for longer, many networks and organisations are needed, or a hundred mailboxes at that person's provider.
	greyAuthor = 20 // a letter takes two for each address of ours
	greyShare  = 2000
	greyMost   = 10000
)

// grey tells whether strangers have to come twice to an address: to the managers' letterbox under any of its names (product.md 0.1).
// postmaster and abuse always work (M22).
func grey(n address.Name) bool {
	return (n.Form == address.Role || n.Form == address.ListRole) && n.Word == "managers" || n.Form == address.Role && n.Word == "digest"
}

// greylist asks the server of a stranger to come again with a letter for the managers, once. Members and logins never wait, nor does what
// this machine sends; a stranger for whom nobody vouches is refused for good anyway.
func (m *Mailroom) greylist(ctx context.Context, s *sorting) error {
	vouched := s.finding.Aligned && !s.finding.Refused
	if m.Greylist == 0 || s.kind != bounce.Person || !vouched || !s.env.Remote.IsValid() || s.env.Remote.Unmap().IsLoopback() || !anyOf(s.env, grey) {
		return nil
	}
	again := false
	err := m.DB.Update(ctx, func(tx *db.Tx) error {
		for _, to := range s.env.To {
			if !grey(address.Parse(to.Local)) {
				continue
			}
			c, ours, err := m.community(tx, to)
			if err != nil {
				return err
			}
			if !ours {
				continue
			}
			if _, known, err := lists.MemberByAddress(tx, c.ID, s.from.Address); err != nil {
				return err
			} else if known {
				continue // of this community; to another they are a stranger
			}
			ok, err := cameAgain(tx, greyTryOf(s, to), m.Greylist)
			if err != nil {
				return err
			}
			again = again || !ok
		}
		return nil
	})
	if err == nil && again {
		err = refusal.Because(refusal.Limit, "We do not know you yet, so we take a first letter to the managers when it comes a second time. Nothing is wrong with it; it will be tried again by itself in some minutes.")
	}
	return err
}

// greyTry is a try of a stranger's server, in hashes.
type greyTry struct {
	// What a second one is known by: the sender with the network of the host, or the sender with the letter itself, since big providers try
	// again from anywhere.
	keys [][]byte

	author, organisation, network []byte // that the rows are counted for; the first two are vouched for
}

func greyTryOf(s *sorting, to letter.Address) greyTry {
	network := greyNetwork(s.env.Remote).String()
	t := greyTry{
		keys:         [][]byte{greyKey("network", network, s.env.From.Key(), to.Key())},
		author:       greyKey("author", s.from.Address.Key()),
		organisation: greyKey("organisation", refusal.Organisation(s.from.Address.Domain)),
		network:      greyKey("from", network),
	}
	if id := s.letter.MessageID(); id != "" {
		t.keys = append(t.keys, greyKey("letter", string(id), s.env.From.Key(), to.Key()))
	}
	return t
}

// greyNetwork is what counts as one sending site: neighbours of a host share its queue.
func greyNetwork(peer netip.Addr) netip.Prefix {
	p := refusal.Network(peer)
	if p.Addr().Is4() {
		p, _ = p.Addr().Prefix(24) // 24 bits of an IPv4 address always are a network
	}
	return p
}

func greyKey(parts ...string) []byte {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return h.Sum(nil)
}

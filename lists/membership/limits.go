package membership

import (
	"net/netip"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/templates/refusal"
)

// letterCount is how many letters went to people who are no members.
type letterCount struct {
	day, ever int // to one address
	net, all  int // in the last hour: asked for from one network, and by all
}

// The limits of C8: this server cannot be used to bury somebody in questions whether they want to join.
const (
	mostDay  = 1
	mostEver = 3
	mostNet  = 20
	mostAll  = 100
)

// netOf is the network that counts as one sender: what a provider gives to one customer at most, and a little more.
func netOf(a netip.Addr) string {
	bits := 24
	switch a = a.Unmap(); {
	case !a.IsValid():
		return "" // it came by no network
	case a.Is6():
		bits = 48
	}
	p, _ := a.Prefix(bits) // bits are never too many
	return p.String()
}

func (k *Clerk) letterMarks(a letter.Address) [][]byte {
	return k.Office.Book.Marks("first-letter", a.Key())
}

// mayWrite counts one more letter to somebody who is no member, or refuses. It knows no members: whoever asks in somebody's name learns
// nothing from the answer but what they did themselves.
func (k *Clerk) mayWrite(tx *db.Tx, c lists.CommunityID, to letter.Address, from netip.Addr) error {
	marks, net := k.letterMarks(to), netOf(from)
	n, err := firstLetters(tx, c, marks, net)
	switch {
	case err != nil:
		return err
	case n.net >= mostNet || n.all >= mostAll:
		return refusal.Say(refusal.Unavailable, "address.many")
	case n.day >= mostDay || n.ever >= mostEver:
		return refusal.Say(refusal.NotAllowed, "address.answered")
	}
	return noteFirstLetter(tx, c, marks[0], net)
}

// formerMarks are the marks by which somebody who was removed is known again: their addresses, and their domains unless those are
// everybody's.
func (k *Clerk) formerMarks(a letter.Address) (own, shared [][]byte) {
	own = k.Office.Book.Marks("former", a.Key())
	if lists.Employer(a.Domain) != "" {
		shared = k.Office.Book.Marks("former-domain", a.Domain)
	}
	return own, shared
}

// former tells whether an address, or its domain, is that of somebody whom managers removed. More than this is not kept.
func (k *Clerk) former(tx *db.Tx, c lists.CommunityID, a letter.Address) (bool, error) {
	own, shared := k.formerMarks(a)
	return isFormer(tx, c, append(own, shared...))
}

// removed writes down marks of somebody whom managers have removed.
func (k *Clerk) removed(tx *db.Tx, due calendar.Due) error {
	m, err := lists.MemberByID(tx, lists.MemberID(due.Object))
	if err != nil || m.State != lists.Removed {
		return err
	}
	all, err := lists.Addresses(tx, m.ID)
	if err != nil {
		return err
	}
	for _, a := range all {
		own, shared := k.formerMarks(a)
		if err := markFormer(tx, m.Community, own[0]); err != nil {
			return err
		}
		if len(shared) > 0 {
			if err := markFormer(tx, m.Community, shared[0]); err != nil {
				return err
			}
		}
	}
	return nil
}

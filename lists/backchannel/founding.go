package backchannel

import (
	"slices"

	"backchannel/archive/db"
	"backchannel/lists"
)

// paced is a community with the duty that holds for one conversation: answers come sooner while a list is founding that the letter is about, or
// on which its writer is (product.md C2). Of a writer without a name only the first counts, or that all lists are founding: when an answer is
// due must tell nothing about them.
func (b *Letterbox) paced(tx *db.Tx, community lists.Community, c Conv) (lists.Community, error) {
	all, err := lists.Lists(tx, community.ID)
	if err != nil {
		return community, err
	}
	young := slices.DeleteFunc(slices.Clone(all), func(l lists.List) bool { return l.Stage != lists.Founding })
	soon := len(young) > 0 && len(young) == len(all)
	if len(young) > 0 && !soon {
		if soon, err = b.touches(tx, c, young); err != nil {
			return community, err
		}
	}
	if soon {
		community.Duty = community.Duty.Founding()
	}
	return community, nil
}

// touches tells whether a conversation is about one of some lists, or its writer, whom we know, is on one.
func (b *Letterbox) touches(tx *db.Tx, c Conv, some []lists.List) (bool, error) {
	t, ok, err := b.threadOf(tx, c.About)
	if err != nil {
		return false, err
	}
	if ok && slices.ContainsFunc(some, func(l lists.List) bool { return l.Box == t.Mailbox }) {
		return true, nil
	}
	if c.Member == 0 || c.Anon {
		return false, nil
	}
	for _, l := range some {
		if _, on, err := lists.SubscriptionOf(tx, c.Member, l.ID); err != nil || on {
			return on, err
		}
	}
	return false, nil
}

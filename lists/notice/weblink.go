package notice

import (
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/address"
)

// Link is an address on the web that lets one person in, once, within a time; "" where there are no pages. The object says for its receiver
// what it is about, and must be another for each link, or it would be the same one again.
func (o *Office) Link(tx *db.Tx, d Door, life time.Duration) (string, error) {
	if o.Web == "" {
		return "", nil
	}
	token, err := o.Book.Issue(tx, address.Grant{
		Kind: address.Confirm, Receiver: d.Receiver, Community: int64(d.Community.ID), Member: int64(d.Member.ID), Object: d.Object,
		Epoch: d.Member.Epoch, Expires: tx.Now.Add(life), MaxUses: 1,
	})
	return o.Web + "/in/" + token, err
}

// Followed is the live row of a token that stands in a Link; false for any other.
func Followed(tx *db.Tx, token string) (address.Row, bool, error) {
	n := address.Parse(string(address.Confirm) + "+" + token)
	if n.Form != address.Token {
		return address.Row{}, false, nil
	}
	row, found, err := address.Find(tx, address.Confirm, n.Token)
	return row, found && err == nil && row.Live(tx.Now), err
}

// Unfollowed are the objects of what one receiver gave a member to be answered once, within a time, and that waits for it still: Links
// among them.
func Unfollowed(tx *db.Tx, m lists.Member, receiver string) ([]string, error) {
	return address.Waiting(tx, receiver, int64(m.Community), int64(m.ID))
}

// UseLink uses a link up; false when somebody was faster.
func UseLink(tx *db.Tx, row address.Row) (bool, error) { return address.Use(tx, row) }

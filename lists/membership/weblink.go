package membership

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
)

// linkLife is how long a link that signs somebody in works: long enough for a mail that is late, too short to lie about.
const linkLife = 30 * time.Minute

// linkTrigger is what those mails are counted by, with a mark of the network from which they were asked for: from one network an address
// gets no more than three a day (C8). Counted by the address alone, a stranger could use up its member's three.
const linkTrigger = "web-link"

// linkWord stands in front of the object of such a link's token, then when it was made, and the address it was mailed to.
const linkWord = "web"

// MailLink mails a link that signs in on the web, to an address of a member, as somebody asked from a network. As long as a link that was
// mailed there still works and was not used, no other one is sent: whoever asks in somebody's name gets them a mail in half an hour at
// most, and never keeps them out, for they have a link or get one. To an address that is nobody's nothing is sent, and nothing is kept of it.
func (k *Clerk) MailLink(tx *db.Tx, a letter.Address, from netip.Addr) error {
	here, err := lists.Memberships(tx, a)
	if err != nil || len(here) == 0 {
		return err
	}
	if a, err = confirmed(tx, here[0], a); err != nil {
		return err
	}
	if due, err := k.linkDue(tx, here[0], a, from); err != nil || !due {
		return err
	}
	c, err := lists.CommunityByID(tx, here[0].Community)
	if err != nil {
		return err
	}
	link, err := k.Office.Link(tx, notice.Door{
		Community: c, Member: here[0], Receiver: Receiver, Object: fmt.Sprintf("%s:%d:%s", linkWord, db.Micros(tx.Now), a),
	}, linkLife)
	if err != nil || link == "" {
		return err
	}
	words, err := templates.WebLink{Community: c.Name, Link: link, Minutes: int(linkLife.Minutes())}.Render()
	if err != nil {
		return err
	}
	mail := notice.ToMember(c, here[0], notice.Asks, words)
	mail.To.Address = a
	_, err = k.Office.Send(tx, mail)
	return err
}

// linkDue tells whether one more link may be mailed, and counts it. A server in front of this one that does not say who asks makes all
// the world one network: then none is counted, or a stranger could use up everybody's.
func (k *Clerk) linkDue(tx *db.Tx, m lists.Member, a letter.Address, from netip.Addr) (bool, error) {
	waiting, err := notice.Unfollowed(tx, m, Receiver)
	if err != nil {
		return false, err
	}
	for _, object := range waiting {
		if to, ok := linkTo(object); ok && to == a {
			return false, nil
		}
	}
	if !from.IsValid() || from.IsLoopback() {
		return true, nil
	}
	network := k.Office.Book.Marks(linkTrigger, netOf(from))[0]
	return k.Office.MayAnswer(tx, a, linkTrigger+":"+hex.EncodeToString(network))
}

// linkTo is the address to which a link was mailed, by the object of its token; false for the object of another.
func linkTo(object string) (letter.Address, bool) {
	word, rest, _ := strings.Cut(object, ":")
	_, typed, _ := strings.Cut(rest, ":")
	a, err := letter.ParseAddress(typed)
	return a, word == linkWord && err == nil
}

// confirmed is an address as its member confirmed it: what somebody types may be spelled so that a host takes it for another mailbox.
func confirmed(tx *db.Tx, m lists.Member, typed letter.Address) (letter.Address, error) {
	all, err := lists.Addresses(tx, m.ID)
	for _, a := range all {
		if a.Key() == typed.Key() {
			return a, err
		}
	}
	return typed, err
}

// LookLink is whom a link signs in, and in what language we write to them; it changes nothing. It is false for a link that is not ours, was
// used, or is too old, and when the address belongs to nobody any more.
func (k *Clerk) LookLink(tx *db.Tx, token string) (a letter.Address, tongue string, ok bool, err error) {
	row, ok, err := notice.Followed(tx, token)
	if err != nil || !ok || row.Receiver != Receiver || row.Uses > 0 {
		return letter.Address{}, "", false, err
	}
	a, ours := linkTo(row.Object)
	if !ours {
		return letter.Address{}, "", false, nil
	}
	c, err := lists.CommunityByID(tx, lists.CommunityID(row.Community))
	if err != nil {
		return letter.Address{}, "", false, err
	}
	m, known, err := lists.MemberByAddress(tx, c.ID, a)
	if err != nil || !known || int64(m.ID) != row.Member || !belongs(m) {
		return letter.Address{}, "", false, err
	}
	return a, m.Tongue(c), true, nil
}

// FollowLink signs in whom a link is for, once: it gives the secret of the new session. It is false where LookLink is.
func (k *Clerk) FollowLink(tx *db.Tx, token string) (secret string, ok bool, err error) {
	a, _, ok, err := k.LookLink(tx, token)
	if err != nil || !ok {
		return "", false, err
	}
	row, _, err := notice.Followed(tx, token)
	if err != nil {
		return "", false, err
	}
	if used, err := notice.UseLink(tx, row); err != nil || !used {
		return "", false, err
	}
	secret, err = lists.OpenSession(tx, a, "")
	return secret, err == nil, err
}

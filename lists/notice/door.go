package notice

import (
	"fmt"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/address"
)

// Receiver is the name under which what comes back to our return paths is received.
const Receiver = "bounces"

// Door names an address of ours that one person is given: what comes to it, if it comes from them, is about one object.
type Door struct {
	Community lists.Community
	Member    lists.Member // whose it is; zero for somebody who is no member
	Receiver  string       // who takes what comes to it
	Object    string       // what it is about, in the receiver's words
	Days      int          // how long it works from now; asking for it again lengthens its life
}

// Confirm is where a question of ours is answered in bare words.
func (o *Office) Confirm(tx *db.Tx, d Door) (letter.Mailbox, error) {
	return o.door(tx, address.Confirm, "Your answer", d)
}

// Vote is where a manager decides.
func (o *Office) Vote(tx *db.Tx, d Door) (letter.Mailbox, error) {
	return o.door(tx, address.Vote, "Your decision", d)
}

// Private is a private door, to the managers or back to a member, shown under a name.
func (o *Office) Private(tx *db.Tx, name string, d Door) (letter.Mailbox, error) {
	return o.door(tx, address.Private, name, d)
}

// Everyone is where one member writes into a thread, for all to read.
func (o *Office) Everyone(tx *db.Tx, d Door) (letter.Address, error) {
	m, err := o.door(tx, address.Everyone, "", d)
	return m.Address, err
}

// Whole is where one member gets a whole thread by mail.
func (o *Office) Whole(tx *db.Tx, d Door) (letter.Address, error) {
	m, err := o.door(tx, address.Send, "", d)
	return m.Address, err
}

// Note is where managers write to each other about something, shown under a name.
func (o *Office) Note(tx *db.Tx, name string, d Door) (letter.Mailbox, error) {
	return o.door(tx, address.Note, name, d)
}

// Leave is where mail programs write to take their owner off a list (RFC 2369).
func (o *Office) Leave(tx *db.Tx, d Door) (letter.Mailbox, error) {
	return o.door(tx, address.Leave, "", d)
}

// DigestOff is the same for the digest.
func (o *Office) DigestOff(tx *db.Tx, d Door) (letter.Mailbox, error) {
	return o.door(tx, address.DigestOff, "", d)
}

// Unsubscribe are the fields for which mail programs show a button: the door, and where the pages are reached by https, the same as an
// address to post to (RFC 2369, RFC 8058 §3.1). It stands in the header of the one copy alone, never in a text, which gets quoted (F2).
func (o *Office) Unsubscribe(door letter.Mailbox, subject string) []letter.Field {
	mail := "<mailto:" + door.Address.String() + "?subject=" + subject + ">"
	if o.Web == "" {
		return []letter.Field{{Name: "List-Unsubscribe", Value: mail}}
	}
	return []letter.Field{
		{Name: "List-Unsubscribe", Value: "<" + o.Web + "/u/" + address.Parse(door.Address.Local).Token + ">, " + mail},
		{Name: "List-Unsubscribe-Post", Value: "List-Unsubscribe=One-Click"},
	}
}

// Pressed is the live row of a token that mail programs show a button for: leave+ or digest-off+. It is false for any other.
func Pressed(tx *db.Tx, token string) (address.Row, bool, error) {
	for _, kind := range []address.Kind{address.Leave, address.DigestOff} {
		n := address.Parse(string(kind) + "+" + token)
		if n.Form != address.Token {
			return address.Row{}, false, nil
		}
		row, found, err := address.Find(tx, kind, n.Token)
		if err != nil || found {
			return row, err == nil && row.Live(tx.Now), err
		}
	}
	return address.Row{}, false, nil
}

// ReturnPath is the address to which mail for a member comes back: the same on every letter (VERP, M1). People who are no members
// share one.
func (o *Office) ReturnPath(tx *db.Tx, c lists.Community, m lists.Member) (letter.Address, error) {
	b, err := o.door(tx, address.Bounce, "", Door{c, m, Receiver, "member", yearAndMore})
	return b.Address, err
}

// ProbePath is the return path of one letter alone, by which a member's address is tried: what comes to it is about that letter (D1).
func (o *Office) ProbePath(tx *db.Tx, c lists.Community, m lists.Member, probe int64) (letter.Address, error) {
	b, err := o.door(tx, address.Bounce, "", Door{c, m, Receiver, fmt.Sprintf("probe:%d", probe), probeLife})
	return b.Address, err
}

// probeLife is how long a probe's return path works, in days: longer than any server tries to deliver.
const probeLife = 30

// VeiledPath is the return path of mail to people who write without a name, one for all of them: what comes back there is about nobody.
func (o *Office) VeiledPath(tx *db.Tx, c lists.Community) (letter.Address, error) {
	b, err := o.door(tx, address.Bounce, "", Door{c, lists.Member{}, Receiver, Veiled, yearAndMore})
	return b.Address, err
}

// Veiled is the object of that path's token.
const Veiled = "veiled"

// LastLeft is when a letter last left with a member's return path, or a day earlier: each letter that leaves prolongs the token, and
// only a day of it is worth a write (D1). No table of its own has to be kept for that.
func LastLeft(path address.Row) time.Time { return path.Expires.AddDate(0, 0, -yearAndMore) }

// yearAndMore is how long addresses live that stand in mail people keep, in days.
const yearAndMore = 400

// door makes the address. A member whose tokens all had to die has another epoch, and so another address.
func (o *Office) door(tx *db.Tx, kind address.Kind, name string, d Door) (letter.Mailbox, error) {
	a, err := o.Book.Address(tx, address.Grant{
		Kind: kind, Receiver: d.Receiver, Community: int64(d.Community.ID), Member: int64(d.Member.ID), Object: d.Object,
		Epoch: d.Member.Epoch, Expires: tx.Now.AddDate(0, 0, d.Days),
	}, d.Community.Domain)
	return letter.Mailbox{Name: name, Address: a}, err
}

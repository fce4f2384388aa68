package notice

import (
	"bytes"
	"fmt"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/smtpd/queue"
)

// The names of our stamps: how a copy travels is in its name, so that it needs no column.
const (
	stampMail         = "mail"          // return path of the member
	stampReply        = "reply"         // return path <>, as for every automatic answer (M1, RFC 3834 §3.3)
	stampPrivate      = "private"       // as mail, never in clear
	stampPrivateReply = "private-reply" // as reply, never in clear
)

func (m Mail) stamp() string {
	null := m.Member == 0 || m.Auto == Replied
	switch {
	case m.Private && null:
		return stampPrivateReply
	case m.Private:
		return stampPrivate
	case null:
		return stampReply
	}
	return stampMail
}

// Stampers are what the queue needs to know to send our letters, by name.
func (o *Office) Stampers() map[string]queue.Stamper {
	all := map[string]queue.Stamper{}
	for _, name := range []string{stampMail, stampReply, stampPrivate, stampPrivateReply} {
		all[name] = stamper{
			office: o, null: name == stampReply || name == stampPrivateReply,
			private: name == stampPrivate || name == stampPrivateReply,
		}
	}
	return all
}

type stamper struct {
	office        *Office
	null, private bool
}

// Stamp makes the message: the stored bytes, and a return path.
func (s stamper) Stamp(tx *db.Tx, c queue.Copy, raw func() ([]byte, error)) (queue.Message, error) {
	all, err := raw()
	if err != nil {
		return queue.Message{}, err
	}
	head := len(all)
	if i := bytes.Index(all, []byte("\r\n\r\n")); i >= 0 {
		head = i + 4
	}
	m := queue.Message{To: c.To, Head: all[:head:head], Body: all[head:], Private: s.private}
	if s.null || c.Person == 0 {
		return m, nil
	}
	community, err := lists.CommunityByID(tx, lists.CommunityID(c.Object))
	if err != nil {
		return m, fmt.Errorf("community of a copy: %w", err)
	}
	m.From, err = s.office.ReturnPath(tx, community, lists.MemberID(c.Person))
	return m, err
}

// returnLife is how long a return path takes bounces.
const returnLife = 400

// ReturnPath is the address to which mail for a member comes back: the same on every letter (VERP, M1).
func (o *Office) ReturnPath(tx *db.Tx, c lists.Community, m lists.MemberID) (letter.Address, error) {
	return o.Book.Address(tx, address.Grant{
		Kind: address.Bounce, Receiver: Receiver, Community: int64(c.ID), Member: int64(m), Object: "member",
		Expires: tx.Now.AddDate(0, 0, returnLife),
	}, c.Domain)
}

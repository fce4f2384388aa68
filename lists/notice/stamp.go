package notice

import (
	"bytes"
	"fmt"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/smtpd/queue"
)

// The names of our stamps: how a copy travels is in its name, so that it needs no column.
const (
	stampMail         = "mail"          // return path of the member
	stampReply        = "reply"         // return path <>, as for every automatic answer (M1, RFC 3834 §3.3)
	stampPrivate      = "private"       // as mail, never in clear
	stampPrivateReply = "private-reply" // as reply, never in clear
)

// stamp says how a letter travels. What a person wrote has a return path even when its reader is no member: many hosts take nothing
// from <> but reports about mail of their own.
func (m Mail) stamp() string {
	null := m.Auto == Replied || m.Auto == Generated && m.Member == 0
	switch {
	case m.Private && null:
		return m.Guard + stampPrivateReply
	case m.Private:
		return m.Guard + stampPrivate
	case null:
		return m.Guard + stampReply
	}
	return m.Guard + stampMail
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
	m := queue.Message{To: c.To, Private: s.private}
	m.Head, m.Body = Split(all)
	if s.null {
		return m, nil
	}
	community, err := lists.CommunityByID(tx, lists.CommunityID(c.Object))
	if err != nil {
		return m, fmt.Errorf("community of a copy: %w", err)
	}
	var reader lists.Member
	if c.Person != 0 {
		if reader, err = lists.MemberByID(tx, lists.MemberID(c.Person)); err != nil {
			return m, fmt.Errorf("receiver of a copy: %w", err)
		}
	}
	m.From, err = s.office.ReturnPath(tx, community, reader)
	return m, err
}

// Split parts a message into its header, with the empty line, and its body, which copies share.
func Split(raw []byte) (head, body []byte) {
	end := len(raw)
	if i := bytes.Index(raw, []byte("\r\n\r\n")); i >= 0 {
		end = i + 4
	}
	return raw[:end:end], raw[end:]
}

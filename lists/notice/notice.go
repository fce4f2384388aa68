// Package notice is the mail that the program writes itself. It promises that every such letter says so to other programs
// (Auto-Submitted), that no two of our robots can keep each other busy, that an answer nobody asked for never goes to an address
// that is not confirmed or vouched for, and that what it writes is owed in the same transaction as the deed it tells of.
//
// It knows how a letter of ours is made; the words are in templates, and whoever sends one decides to whom and why.
package notice

import (
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/smtpd/queue"
	"backchannel/templates"
)

// Auto says to other programs who wrote a letter (RFC 3834 §5).
type Auto string

// Who wrote it.
const (
	Generated Auto = "auto-generated" // the program, by itself: digests, notices
	Replied   Auto = "auto-replied"   // the program, as an answer to a letter
	Human     Auto = ""               // a person, in words we only pass on: no such mark (M4)
)

// Receiver is the name under which what comes back to our return paths is received.
const Receiver = "bounces"

// ErrEnough is the error of Send for an answer that would be one too many to this address today (D3). Nothing was sent.
var ErrEnough = errors.New("no more answers to this address today")

// AnswersADay is how many answers one address gets a day from the same trigger (D3).
const AnswersADay = 3

// Mail is one letter to be written.
type Mail struct {
	Community  lists.Community
	To         letter.Mailbox
	Member     lists.MemberID // who that is; 0 for a stranger
	From       letter.Mailbox // zero: the managers, by their role
	ReplyTo    letter.Mailbox // zero: none
	Words      templates.Mail
	Kind       string         // the word in front of the Message-ID: "c" asks, "n" tells …
	Record     archive.IDKind // remember the Message-ID as this kind; "" does not
	InReplyTo  []letter.MessageID
	References []letter.MessageID
	Extra      []letter.Field // further header fields
	Auto       Auto
	Private    bool   // must not leave this machine in clear
	Answer     string // the trigger that is counted for D3; "" for what a person asked for, and for the managers' desk
	Story      string // of the letter that was the cause
	Source     string // a name under which this letter is owed once; "" makes one up
}

// Office writes the letters.
type Office struct {
	Store *archive.Store
	Book  *address.Book
}

// Sent is a letter as it was written.
type Sent struct {
	ID  letter.MessageID
	Raw []byte // the whole message, as its receiver will get it
}

// Send writes a letter and owes it to its receiver.
func (o *Office) Send(tx *db.Tx, m Mail) (Sent, error) {
	if m.Answer != "" {
		if ok, err := count(tx, m.To.Address, m.Answer); err != nil {
			return Sent{}, err
		} else if !ok {
			return Sent{}, ErrEnough
		}
	}
	id := letter.NewMessageID(m.Kind, m.Community.Domain)
	raw, err := m.draft(id, tx.Now).Bytes()
	if err != nil {
		return Sent{}, fmt.Errorf("write a letter: %w", err)
	}
	if m.Record != "" {
		if err := o.Store.RecordID(tx, id, m.Record); err != nil {
			return Sent{}, err
		}
	}
	return Sent{id, raw}, o.owe(tx, m, id, raw)
}

// owe puts the letter into the queue. It lies sealed: it may carry live tokens and private words.
func (o *Office) owe(tx *db.Tx, m Mail, id letter.MessageID, raw []byte) error {
	stored, err := o.Store.PutRaw(tx, raw, archive.Sealed)
	if err != nil {
		return err
	}
	if m.Source == "" {
		m.Source = "notice:" + random()
	}
	if m.Story == "" {
		m.Story = string(id)
	}
	_, err = queue.Owe(tx, queue.Owed{
		Source: m.Source, Story: m.Story, To: m.To.Address, Person: int64(m.Member), Stamp: m.stamp(),
		Object: int64(m.Community.ID), Raw: stored, MessageID: id,
	})
	return err
}

// draft is the letter as it will stand. Dates are whole minutes in UTC: the second of a private letter is nobody's business.
func (m Mail) draft(id letter.MessageID, now time.Time) letter.Draft {
	d := letter.Draft{
		From: m.From, To: []letter.Mailbox{m.To}, Subject: m.Words.Subject, Date: now.UTC().Truncate(time.Minute), MessageID: id,
		InReplyTo: m.InReplyTo, References: m.References, Text: m.Words.Text, HTML: m.Words.HTML,
	}
	if d.From.Address.IsZero() {
		d.From = Managers(m.Community)
	}
	if !m.ReplyTo.Address.IsZero() {
		d.ReplyTo = []letter.Mailbox{m.ReplyTo}
	}
	d.Extra = append(d.Extra, m.Extra...)
	if m.Auto != Human {
		d.Extra = append(d.Extra, letter.Field{Name: "Auto-Submitted", Value: string(m.Auto)},
			letter.Field{Name: "X-Auto-Response-Suppress", Value: "OOF, AutoReply, DR, RN, NRN"})
	}
	return d
}

// Managers is the role that speaks for a community. Its address is always the same: one entry in everybody's address book.
func Managers(c lists.Community) letter.Mailbox {
	return letter.Mailbox{Name: "The managers", Address: c.Address("managers")}
}

func random() string {
	var b [10]byte
	rand.Read(b[:]) // never fails
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}

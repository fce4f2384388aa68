// Package notice is the mail that the program writes itself. It promises that every such letter says so to other programs
// (Auto-Submitted), that no two of our robots can keep each other busy, that an answer nobody asked for never goes to an address
// that is not confirmed or vouched for, that none of them is ever taken for a public letter when somebody answers it, and that what
// it writes is owed in the same transaction as the deed it tells of.
//
// It knows how a letter of ours is made, and gives out the addresses that people answer to; the words are in templates, and whoever
// sends one decides to whom and why.
package notice

import (
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/smtpd/queue"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// Auto says to other programs who wrote a letter (RFC 3834 §5).
type Auto string

// Who wrote it.
const (
	Generated Auto = "auto-generated" // the program, by itself: digests, notices
	Replied   Auto = "auto-replied"   // the program, as an answer to a letter
	Human     Auto = ""               // a person, in words we only pass on: no such mark (M4)
)

// Kind is what a letter of ours is: the word in front of its Message-ID, and what the archive remembers the id as (W1, W2).
type Kind string

// The kinds.
const (
	Tells    Kind = "n" // tells what happened
	Asks     Kind = "c" // asks a question
	Votes    Kind = "v" // asks managers to decide
	Acks     Kind = "a" // tells that a private letter arrived
	Converse Kind = "p" // is part of a private conversation
	Issues   Kind = "d" // is a digest
)

// record is what the archive remembers the ids of a kind as.
func (k Kind) record() archive.IDKind {
	switch k {
	case Votes:
		return archive.IDVote
	case Acks:
		return archive.IDAck
	case Converse:
		return archive.IDConversation
	case Issues:
		return archive.IDDigest
	}
	return archive.IDNotice
}

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
	Language   string // in which it is written, whatever its reader has chosen; "" is their own
	Flowed     bool   // the text fills narrow screens (RFC 3676); for words that are the program's own
	Kind       Kind
	InReplyTo  []letter.MessageID
	References []letter.MessageID
	Extra      []letter.Field // further header fields
	Files      []letter.File  // what travels with it
	Letters    [][]byte       // whole letters inside it
	Posts      [][]byte       // the posts of a digest in which each is a letter of its own, in 7bit
	Auto       Auto
	Hour       bool                 // its date tells the hour alone
	Private    bool                 // must not leave this machine in clear
	Answer     string               // the trigger that is counted for D3; "" for what a person asked for, and for the managers' desk
	Story      string               // of the letter that was the cause
	Source     string               // a name under which this letter is owed once; "" makes one up
	Unposted   *templates.NotPosted // what it says first, as an answer to a letter that came for a list and was not posted; nil: nothing
	Guard      string               // a word before its stamp: the room that registers stampers under it is asked when the copy is sent; "" is nobody
	Stamp      string               // the name of the sender's own stamper in the queue; "" is one of ours
	Object     int64                // for that stamper
}

// Answer begins the program's answer to a letter: to the confirmed address that the letter bears, below it in its thread.
func Answer(in *lists.Incoming, kind Kind, words templates.Mail) Mail {
	m := Mail{
		Community: in.Community, To: letter.Mailbox{Name: in.Sender.Name, Address: in.From.Address}, Member: in.Sender.ID,
		Words: words, Kind: kind, Auto: Replied, Private: true, Story: in.Story,
	}
	if id := in.Letter.MessageID(); id != "" {
		m.InReplyTo = []letter.MessageID{id}
	}
	if in.Unposted {
		m.Unposted = &templates.NotPosted{Community: in.Community.Name, List: in.List.Title(), Words: letter.CleanLine(string(Preview(in.Letter)))}
		if m.Unposted.Words == "" {
			m.Unposted.Words = in.Letter.Subject()
		}
	}
	return m
}

// ToMember begins a letter that the program writes to a member by itself, at their first address.
func ToMember(c lists.Community, m lists.Member, kind Kind, words templates.Mail) Mail {
	return Mail{Community: c, To: m.Mailbox(), Member: m.ID, Words: words, Kind: kind, Auto: Generated, Private: true}
}

// previewLen is how much of a letter is shown again to its writer, or to a manager who decides about it, in characters.
const previewLen = 600

// Preview is what our letters show of somebody's letter, so that it can be known again: never an address that was one person's.
func Preview(l *letter.Letter) templates.Said {
	return templates.Said(letter.Excerpt(lists.WithoutDoors(l.NewText().Text), previewLen))
}

// wholeLen is how much of a letter a manager is shown who decides about it, in characters: nearly always all of it.
const wholeLen = 20000

// Whole is the text of a letter with all that it quotes, for whoever lets it pass, and how many characters are too many to show.
func Whole(l *letter.Letter) (text templates.Said, more int) {
	all := []rune(lists.WithoutDoors(l.Text()))
	shown := min(len(all), wholeLen)
	return templates.Said(all[:shown]), len(all) - shown
}

// Related are the ids of the letters that a letter answers or hands on, and its own, since a letter may be sent once more: by them ours
// are known again.
func Related(l *letter.Letter) []letter.MessageID {
	return slices.Concat(l.InReplyTo(), l.References(), letter.ParseMessageIDs(l.Get("X-Forwarded-Message-Id")), []letter.MessageID{l.MessageID()})
}

// Office writes the letters.
type Office struct {
	Store *archive.Store
	Book  *address.Book
	Web   string // where the pages are reached, by https, without a slash at the end; "" when there are none
}

// Sent is a letter as it was written.
type Sent struct {
	ID  letter.MessageID
	Raw []byte // the whole message, as its receiver will get it

	Stored archive.RawID // the same in the archive, when it was owed to somebody
}

// Send writes a letter and owes it to its receiver.
func (o *Office) Send(tx *db.Tx, m Mail) (Sent, error) {
	sent, err := o.Write(tx, m)
	if err != nil {
		return sent, err
	}
	sent.Stored, err = o.owe(tx, m, sent.ID, sent.Raw)
	return sent, err
}

// Write is Send for a letter that nobody is sent: it is for a folder (File).
func (o *Office) Write(tx *db.Tx, m Mail) (Sent, error) {
	if m.Answer != "" {
		if ok, err := count(tx, m.To.Address, m.Answer); err != nil {
			return Sent{}, err
		} else if !ok {
			return Sent{}, ErrEnough
		}
	}
	var err error
	if m.Language != "" {
		m.Words, err = m.Words.In(templates.Language(m.Language))
	} else {
		m.Words, err = Said(tx, m.Community, m.Member, m.Words)
	}
	if err == nil && m.Unposted != nil {
		err = m.sayUnposted(tx)
	}
	if err == nil {
		err = m.mark(tx)
	}
	if err != nil {
		return Sent{}, err
	}
	id := letter.NewMessageID(string(m.Kind), m.Community.Domain)
	raw, err := m.Draft(id, tx.Now).Bytes()
	if err != nil {
		return Sent{}, fmt.Errorf("write a letter: %w", err)
	}
	if err := o.Store.RecordID(tx, id, m.Kind.record()); err != nil {
		return Sent{}, err
	}
	return Sent{ID: id, Raw: raw}, nil
}

// sayUnposted puts in front of an answer that the letter came before nobody's eyes. The answer is text alone then.
func (m *Mail) sayUnposted(tx *db.Tx) error {
	first, err := m.Unposted.Render()
	if err != nil {
		return err
	}
	if first, err = Said(tx, m.Community, m.Member, first); err != nil {
		return err
	}
	lead, _, _ := strings.Cut(first.Text, "\n\n")
	m.Words.Text, m.Words.HTML = lead+"\n\n"+m.Words.Text, ""
	return nil
}

// unnamed is the mark of private mail that is about no conversation.
const unnamed = "[private ----]"

// mark puts the mark of private mail below what is for its reader alone, where the words bear none, so that it is stopped when it is passed
// on to a list (W3): what the program writes to managers, of applicants, of held posts and of who is quiet, and what its template calls so.
func (m *Mail) mark(tx *db.Tx) error {
	confided := m.Words.Confided()
	if lists.Watermark(m.Words.Text) != "" || !confided && (m.Kind == Issues || m.Kind != Votes && m.Auto != Generated) {
		return nil
	}
	if !confided && m.Kind != Votes {
		reader, err := lists.MemberByID(tx, m.Member)
		if errors.Is(err, db.ErrNoRows) || err == nil && !reader.Manager() {
			return nil
		}
		if err != nil {
			return err
		}
	}
	m.Words.Text = strings.TrimRight(m.Words.Text, "\n") + "\n\n" + unnamed + "\n"
	if body := strings.LastIndex(m.Words.HTML, "</body>"); body >= 0 {
		m.Words.HTML = m.Words.HTML[:body] + "<p>" + unnamed + "</p>\n" + m.Words.HTML[body:]
	}
	return nil
}

// Said is a mail as its receiver will read it: in their language, or the community's where they have none or are no member (0), and in
// the community's own words where it has some.
func Said(tx *db.Tx, c lists.Community, to lists.MemberID, words templates.Mail) (templates.Mail, error) {
	language, err := lists.LanguageOf(tx, c, to)
	if err != nil {
		return words, err
	}
	if words, err = words.In(templates.Language(language)); err != nil {
		return words, err
	}
	return reworded(tx, c, words)
}

// MayAnswer counts one answer to an address under a trigger, as Send does under Mail.Answer, for answers that are made somewhere else. It
// is false when that would be one too many today (D3).
func (o *Office) MayAnswer(tx *db.Tx, to letter.Address, trigger string) (bool, error) {
	return count(tx, to, trigger)
}

// SendIfDue is Send for answers of which there may be enough today: then nothing is sent, and that is no error. A letter that came for a list and
// was not posted stays with its sender then, so that nobody believes it was read.
func (o *Office) SendIfDue(tx *db.Tx, m Mail) error {
	_, err := o.Send(tx, m)
	switch {
	case !errors.Is(err, ErrEnough):
		return err
	case m.Unposted != nil:
		return refusal.Because(refusal.Limit, "Your letter to %s says only a word for the program, so it was not posted, and today's answers to that have been sent. If it is for everyone, please send it with a few more words.", m.Unposted.List)
	}
	return nil
}

// owe puts the letter into the queue. It lies sealed: it may carry live tokens and private words.
func (o *Office) owe(tx *db.Tx, m Mail, id letter.MessageID, raw []byte) (archive.RawID, error) {
	stored, err := o.Store.PutRaw(tx, raw, archive.Sealed)
	if err != nil {
		return 0, err
	}
	if m.Source == "" {
		m.Source = "notice:" + random()
	}
	if m.Story == "" {
		m.Story = string(id)
	}
	stamp, object := m.Stamp, m.Object
	if stamp == "" {
		stamp, object = m.stamp(), int64(m.Community.ID)
	}
	_, err = queue.Owe(tx, queue.Owed{
		Source: m.Source, Story: m.Story, To: m.To.Address, Person: int64(m.Member), Stamp: stamp,
		Object: object, Raw: stored, MessageID: id,
	})
	return stored, err
}

// File puts what was sent into a folder that one person sees, as something about an object of the folder's owner, with flags at once.
func (o *Office) File(tx *db.Tx, s Sent, owner lists.MemberID, folder string, object int64, flags ...string) error {
	box, err := o.Store.CreatePrivate(tx, int64(owner), folder)
	if err != nil {
		return err
	}
	l, err := letter.Parse(s.Raw)
	if err != nil {
		return err
	}
	_, err = o.Store.AddPrivate(tx, archive.NewPrivate{Mailbox: box, Letter: l, Object: object, Flags: flags})
	return err
}

// Draft is the letter as it will stand. Dates are whole minutes in UTC: the second of a private letter is nobody's business.
func (m Mail) Draft(id letter.MessageID, now time.Time) letter.Draft {
	d := letter.Draft{
		From: m.From, To: []letter.Mailbox{m.To}, Subject: m.Words.Subject, Date: now.UTC().Truncate(time.Minute), MessageID: id,
		InReplyTo: m.InReplyTo, References: m.References, Text: m.Words.Text, HTML: m.Words.HTML, Files: m.Files, Letters: m.Letters, Digest: m.Posts,
	}
	if m.Flowed {
		d.Text, d.Flowed = m.Words.Unwrapped(), true
	}
	if m.Hour {
		d.Date = d.Date.Truncate(time.Hour)
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

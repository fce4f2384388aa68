// Package backchannel is the private door to the managers. It promises that what a member writes here is seen by the managers of the
// community and by nobody else; that every manager can answer it from an ordinary mail program, by Reply; that the member then hears
// from the managers' role, and that no address, header or signature of a manager leaves with the answer; and that an answer about
// which anything is unclear comes back to the one who wrote it instead of going out.
//
// Nothing that comes in is passed on. Both sides get new letters, written from a short list of what may be in them: the words, a name
// for the writer, addresses of ours. A conversation is found by the token in the address, or by our own Message-ID together with the
// same verified sender; never by a subject.
package backchannel

import (
	"errors"
	"fmt"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/archive/logbook"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/notice"
	"backchannel/templates/refusal"
)

// Receiver is our name at the mailroom, and in the rows of our tokens.
const Receiver = "backchannel"

// Letterbox takes private letters and answers.
type Letterbox struct {
	Store  *archive.Store
	Book   *address.Book
	Office *notice.Office
}

// Context is what a letter is about, where its door knows that.
type Context struct {
	Digest time.Time // the digest it answers; zero: none
	Thread string    // the subject of the thread it is about
	Object string    // the same for machines, as in "issue:12"
}

// Receive takes a letter to the managers, a letter through a personal address, or an answer to one of our questions.
func (b *Letterbox) Receive(tx *db.Tx, in *lists.Incoming) error {
	if in.Token == nil || in.Token.Receiver != Receiver {
		return b.Take(tx, in, Context{})
	}
	side, id, rev, ok := readObject(in.Token.Object)
	if !ok {
		return lists.NoSuchAddress()
	}
	if side == sideHeld {
		return b.decide(tx, in, id)
	}
	c, err := find(tx, ConvID(id))
	if errors.Is(err, db.ErrNoRows) {
		return lists.NoSuchAddress()
	} else if err != nil {
		return err
	}
	if side == sideManager {
		return b.fromManager(tx, in, c, rev)
	}
	return b.throughToken(tx, in, c, side)
}

// throughToken continues a conversation from the writer's side. Whoever else holds the address is nobody here: a token is not a
// person (R6).
func (b *Letterbox) throughToken(tx *db.Tx, in *lists.Incoming, c Conv, side side) error {
	same := side == sideMember && c.Member != 0 && in.Sender.ID == c.Member
	if side == sideOutside {
		same = c.Member == 0 && in.From.Address.Key() == c.Address.Key() && vouched(in)
	}
	switch {
	case same && in.Token.Live(tx.Now) && (in.Verdict != lists.Unverified || side == sideOutside):
		return b.add(tx, in, c)
	case in.Sender.ID != 0 && in.Verdict == lists.Verified:
		// A member's own letter through an address that is somebody else's, or has expired, is a letter to the managers.
		return b.Take(tx, in, Context{})
	}
	return lists.NoSuchAddress()
}

// vouched tells whether a domain or a login stands behind the letter.
func vouched(in *lists.Incoming) bool {
	return in.Finding.Aligned || in.Finding.Login || in.Policy == lists.Off
}

// File takes a letter that its author, asked, gave to the managers.
func (b *Letterbox) File(tx *db.Tx, in *lists.Incoming) error { return b.Take(tx, in, Context{}) }

// Take opens a conversation with a letter, or adds it to the one it belongs to.
func (b *Letterbox) Take(tx *db.Tx, in *lists.Incoming, about Context) error {
	if in.From.Address.IsZero() {
		return refusal.Because(refusal.Malformed, "A letter needs exactly one address in its From field. Please send it again from your ordinary mail program.")
	}
	outsider := in.Sender.ID == 0
	if outsider && !vouched(in) && in.Name.Word != "postmaster" && in.Name.Word != "abuse" {
		return lists.NoSuchAddress() // a stranger's robot is not our managers' reading (D2, P16); postmaster always works (M22)
	}
	if c, manager, rev, ok, err := b.byReference(tx, in); err != nil {
		return err
	} else if ok && manager {
		return b.fromManager(tx, in, c, rev)
	} else if ok {
		return b.add(tx, in, c)
	}
	if c, ok, err := b.recent(tx, in, about); err != nil {
		return err
	} else if ok {
		return b.add(tx, in, c)
	}
	c, err := open(tx, in, about)
	if err != nil {
		return err
	}
	return b.add(tx, in, c)
}

// byReference finds the conversation that a letter answers by a Message-ID of ours, when the same verified sender wrote it: a client
// may have ignored Reply-To (R5).
func (b *Letterbox) byReference(tx *db.Tx, in *lists.Incoming) (c Conv, manager bool, rev int, ok bool, err error) {
	if in.Sender.ID == 0 || in.Verdict != lists.Verified {
		return c, false, 0, false, nil
	}
	for _, id := range append(in.Letter.InReplyTo(), in.Letter.References()...) {
		ref, found, err := findReference(tx, id)
		if err != nil {
			return c, false, 0, false, err
		}
		if !found {
			continue
		}
		if c, err = find(tx, ref.conv); err != nil {
			return c, false, 0, false, err
		}
		switch {
		case c.Community != in.Community.ID:
		case ref.manager == in.Sender.ID && ref.manager != 0:
			return c, true, ref.rev, true, nil
		case ref.manager == 0 && c.Member == in.Sender.ID:
			return c, false, 0, true, nil
		}
	}
	return c, false, 0, false, nil
}

// together is how soon after each other two letters of one member about the same thing are one conversation (B2).
const together = 30 * time.Minute

func (b *Letterbox) recent(tx *db.Tx, in *lists.Incoming, about Context) (Conv, bool, error) {
	if in.Sender.ID == 0 || in.Verdict != lists.Verified {
		return Conv{}, false, nil
	}
	return findRecent(tx, in.Community.ID, in.Sender.ID, about.Object, tx.Now.Add(-together))
}

// add puts a letter into its conversation, gives it to the managers and tells its writer, once, that it is there.
func (b *Letterbox) add(tx *db.Tx, in *lists.Incoming, c Conv) error {
	readers, err := b.readers(tx, c)
	if err != nil {
		return err
	}
	if len(readers) == 0 {
		return refusal.Because(refusal.NotAllowed, "Nobody else reads this address yet: the community has no other manager.")
	}
	again := c.Rev > 0
	said := words(in.Letter)
	c.Address, c.Name = in.From.Address, writerName(in)
	msg, err := record(tx, &c, message{dir: dirIn, author: in.Sender.ID, story: in.Story, msgid: in.Letter.MessageID(), text: said, verdict: in.Verdict})
	if err != nil {
		return err
	}
	if err := c.heard(tx); err != nil {
		return err
	}
	for _, m := range readers {
		if err := b.notify(tx, in, c, m, readers, msg, again); err != nil {
			return err
		}
	}
	if err := b.refile(tx, c); err != nil {
		return err
	}
	if err := logbook.Write(tx, logbook.Entry{Story: in.Story, Verb: logbook.Filed, MessageID: in.Letter.MessageID(), Detail: "a private letter for the managers"}); err != nil {
		return err
	}
	return b.acknowledge(tx, in, c, readers)
}

// readers are the managers who may see a conversation: all but the one who wrote it.
func (b *Letterbox) readers(tx *db.Tx, c Conv) ([]lists.Member, error) {
	all, err := lists.Managers(tx, c.Community)
	if err != nil {
		return nil, err
	}
	var readers []lists.Member
	for _, m := range all {
		if m.ID != c.Member {
			readers = append(readers, m)
		}
	}
	return readers, nil
}

// mayRead tells whether a manager may see a conversation now.
func (b *Letterbox) mayRead(tx *db.Tx, c Conv, who lists.MemberID) (bool, error) {
	readers, err := b.readers(tx, c)
	for _, m := range readers {
		if m.ID == who {
			return true, err
		}
	}
	return false, err
}

// writerName is how managers see the writer named.
func writerName(in *lists.Incoming) string {
	if in.Sender.Name != "" {
		return in.Sender.Name
	}
	if in.From.Name != "" {
		return in.From.Name
	}
	return in.From.Address.Local
}

// tokenLife is how long a conversation's addresses work after it was last used (product.md 0.2).
const tokenLife = 180

// door makes an address of a conversation for one side of it.
func (b *Letterbox) door(tx *db.Tx, c Conv, domain string, s side, member lists.MemberID, rev int) (letter.Address, error) {
	return b.Book.Address(tx, address.Grant{
		Kind: address.Private, Receiver: Receiver, Community: int64(c.Community), Member: int64(member), Object: object(s, int64(c.ID), rev),
		Expires: tx.Now.AddDate(0, 0, tokenLife),
	}, domain)
}

// memberDoor is where the writer of a conversation answers.
func (b *Letterbox) memberDoor(tx *db.Tx, c Conv, domain string) (letter.Mailbox, error) {
	s := sideMember
	if c.Member == 0 {
		s = sideOutside
	}
	a, err := b.door(tx, c, domain, s, c.Member, 0)
	return letter.Mailbox{Name: "The managers (private)", Address: a}, err
}

// role is the name that stands over a manager's answer.
func role(m lists.Member) string { return m.FirstName() + ", for the managers" }

func (c Conv) String() string { return fmt.Sprintf("%s (%s)", c.Code, c.State) }

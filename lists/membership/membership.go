// Package membership is how people come in, how they leave, and how they say what they want to get. It promises that nobody can have us
// write to somebody else again and again (C8), and that nobody learns from our answers who is a member; that nobody becomes one but by their
// own word from their own address, and the managers' (a vote by mail, a rule, and somebody who decides when nobody does), of which applicants
// learn the end and never who voted how; that what they wrote is erased 30 days after it; that whoever wants to leave is gone with
// the letter that says so, copies already owed to them included; that leaving the digest, one list and the community are three
// things, each with an address of its own; that nobody is taken off, or put on, by somebody else's letter: where it is not clear who
// wrote, the member is asked, and nothing changes before they say YES; that every change is confirmed in words that name the way back;
// and that a community does not lose its last manager this way.
//
// Everything here may be asked for again: the second time changes nothing.
package membership

import (
	"errors"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
)

// Receiver is our name at the mailroom, and in the rows of our tokens: those of leave+, which the relay hands out ("list:12"), of
// digest-off+, which the digest does ("digest"), and of confirm+, which we do.
const Receiver = "membership"

// Days is how long a question about a wish can be answered.
const Days = 14

// Clerk takes the letters of members about themselves, and of people who want to become members.
type Clerk struct {
	Office *notice.Office
	IMAP   string // the server on which members read with a mail program; "" if there is none to tell of

	// Duty is the manager who is on duty; nil: the first one.
	Duty func(tx *db.Tx, c lists.Community) (lists.Member, error)
	// Audit writes down what somebody decided, where nobody can change it: actor is a manager, 0 the program or the operator. Nil: nowhere.
	Audit func(tx *db.Tx, c lists.CommunityID, actor lists.MemberID, action, object, detail string) error
	// Follow has the answers to a member's private letters go to another of their addresses. Nil: nobody keeps such letters.
	Follow func(tx *db.Tx, m lists.MemberID, from, to letter.Address) error
	// Export has a member's own data mailed to them, or tells them that it was today. Nil: there is no such mail.
	Export func(tx *db.Tx, in *lists.Incoming) error
	Rooms  Rooms // what is done elsewhere for a member who wants to be forgotten

	// Greeting knows who does not want to be written to when they are silent. Nil: nobody is.
	Greeting Greeting
	// Post publishes a letter that we wrote from a member's own words.
	Post func(tx *db.Tx, c lists.Community, l lists.List, author lists.Member, post *letter.Letter, story string) error
}

// Greeting keeps for which members no manager gets a draft of a hello when they are silent.
type Greeting interface {
	// LeftAlone tells whether a member wants none.
	LeftAlone(tx *db.Tx, m lists.MemberID) (bool, error)
	// SetAlone keeps what a member wants.
	SetAlone(tx *db.Tx, m lists.MemberID, alone bool) error
}

// Dates are what the calendar calls us for.
func (k *Clerk) Dates() map[calendar.Kind]calendar.Handler {
	return map[calendar.Kind]calendar.Handler{applicationDue: k.came, welcomeDue: k.greet, departureDue: k.departed, addressOver: k.unanswered, forgetPosts: k.unnamePosts, forgetBack: k.isBack, lists.MemberRemoved: k.removed}
}

// Receive takes a letter to join@, leave@, help@, weekly@ and their kin, to LIST-join@, LIST-leave@ and LIST-request@, or through a token of
// ours.
func (k *Clerk) Receive(tx *db.Tx, in *lists.Incoming) error {
	if in.Token != nil {
		if what, id, ok := readStep(in.Token.Object); ok {
			return k.step(tx, in, what, id)
		}
		if in.Token.Object == settingsObject {
			return k.toSettings(tx, in)
		}
		if in.Token.Kind == "confirm" {
			return k.answer(tx, in)
		}
		return k.pressed(tx, in)
	}
	if old, ok := movedFrom(in); ok {
		return k.moved(tx, in, old)
	}
	w, ok := asked(in)
	joins := in.List == nil && in.Name.Word == "join" || ok && w.what == templates.WishJoin && !heard(in)
	switch {
	case in.Robot: // the mailroom lets none come so far (C6)
		return lists.NoSuchAddress()
	case joins:
		return k.apply(tx, in)
	case ok && gone(in.Sender) && w.leaves() && in.Verdict == lists.Verified:
		return k.goneAlready(tx, in)
	case !heard(in):
		return lists.NoSuchAddress()
	case !ok:
		if done, err := k.request(tx, in); done || err != nil {
			return err
		}
		return k.help(tx, in)
	case in.Verdict != lists.Verified:
		return k.ask(tx, in, w)
	}
	return k.grant(tx, in, w)
}

// step takes an answer on the way in or out.
func (k *Clerk) step(tx *db.Tx, in *lists.Incoming, what step, id int64) error {
	switch what {
	case stepVote, stepLetter:
		return k.manager(tx, in, what, ApplicationID(id))
	case stepSponsor:
		return k.sponsor(tx, in, ApplicationID(id))
	case stepIntro, stepPreview:
		return k.introduced(tx, in, what)
	case stepForget:
		return k.forgetAnswer(tx, in)
	case stepOld, stepNew:
		return k.addressAnswer(tx, in, what, id)
	case stepBack, stepRelist + "-each", stepRelist + "-digest", stepRelist + "-none":
		return k.farewell(tx, in, what, id)
	}
	return k.applicant(tx, in, what, ApplicationID(id))
}

// heard tells whether a letter bears the address of somebody who belongs here. A member to whom mail came back is heard.
func heard(in *lists.Incoming) bool { return in.Verdict != lists.Unverified && belongs(in.Sender) }

func belongs(m lists.Member) bool {
	return m.ID != 0 && (m.State == lists.Active || m.State == lists.Paused)
}

func gone(m lists.Member) bool {
	return m.ID != 0 && (m.State == lists.Left || m.State == lists.Removed)
}

// pressed takes a letter to the address that List-Unsubscribe names. The token says whose place it is about; who wrote is another
// question (R6): with both, the wish is granted at once, whoever vouches for the letter or does not.
func (k *Clerk) pressed(tx *db.Tx, in *lists.Incoming) error {
	w, ok := readWish(in.Token.Object)
	mine := in.Sender.ID != 0 && int64(in.Sender.ID) == in.Token.Member && in.Verdict != lists.Unverified
	switch {
	case !ok:
		return lists.NoSuchAddress()
	case !mine:
		return k.elsewhere(tx, in, w)
	case gone(in.Sender):
		return k.goneAlready(tx, in)
	case !heard(in):
		return lists.NoSuchAddress()
	case !in.Token.Live(tx.Now) && in.Verdict != lists.Verified:
		return k.ask(tx, in, w) // an old address alone is not proof enough
	}
	return k.grant(tx, in, w)
}

// elsewhere takes a letter through a member's address that the member did not send: perhaps they have another address, perhaps they
// passed one of our mails on. Nothing happens but that they are asked.
func (k *Clerk) elsewhere(tx *db.Tx, in *lists.Incoming, w wish) error {
	member := heard(in) && in.Verdict == lists.Verified
	owner, err := lists.MemberByID(tx, lists.MemberID(in.Token.Member))
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return err
	}
	open := err == nil && belongs(owner) && in.Token.Live(tx.Now)
	if open {
		if open, err = w.possible(tx, owner); err != nil {
			return err
		}
	}
	if !open && !member {
		return lists.NoSuchAddress()
	}
	if err := in.Filed(tx, "a wish through somebody else's address; its owner is asked"); err != nil {
		return err
	}
	if open {
		err = k.askOwner(tx, in, w, owner)
		if err != nil {
			return err
		}
	}
	if !member || in.Robot {
		return nil
	}
	return k.notForYou(tx, in)
}

// notForYou tells a member that the address they wrote to was made for another.
func (k *Clerk) notForYou(tx *db.Tx, in *lists.Incoming) error {
	words, err := templates.NotForYou{Community: in.Community.Name, Doors: doors(in.Community), Subject: in.Letter.Subject(), Preview: notice.Preview(in.Letter)}.Render()
	if err != nil {
		return err
	}
	return k.reply(tx, in, words, "not-yours")
}

// goneAlready answers somebody who leaves for the second time.
func (k *Clerk) goneAlready(tx *db.Tx, in *lists.Incoming) error {
	if err := in.Filed(tx, "a wish to leave of somebody who has left before"); err != nil || in.Robot {
		return err
	}
	words, err := templates.LeftCommunity{Community: in.Community.Name, Doors: managersOnly(in.Community)}.Render()
	if err != nil {
		return err
	}
	return k.reply(tx, in, words, again)
}

// again is the trigger under which answers to wishes are counted that changed nothing (D3).
const again = "again"

// confirm tells a member what was changed. What was so already is told to people alone, and not without end.
func (k *Clerk) confirm(tx *db.Tx, in *lists.Incoming, words templates.Mail, changed bool) error {
	switch {
	case changed:
		return k.reply(tx, in, words, "")
	case in.Robot:
		return nil
	}
	return k.reply(tx, in, words, again)
}

// reply answers a letter at the confirmed address that it bears. Under a trigger it is one of a few a day, and silent beyond (D3).
func (k *Clerk) reply(tx *db.Tx, in *lists.Incoming, words templates.Mail, trigger string) error {
	mail := notice.Answer(in, notice.Tells, words)
	mail.Answer = trigger
	return k.Office.SendIfDue(tx, mail)
}

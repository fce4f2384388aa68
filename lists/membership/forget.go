package membership

import (
	"errors"
	"slices"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
)

// forgetPosts is the calendar's kind for posts whose author is not to be named any more: the object is the member. There may be many, so
// they are not done in the letter's own transaction.
const forgetPosts calendar.Kind = "member.forget"

// Rooms is what other rooms do for a member who wants to be forgotten.
type Rooms struct {
	// Letters erases their private letters, and tells how many those were.
	Letters func(tx *db.Tx, m lists.Member) (int, error)
	// Claim makes posts theirs that were imported before anybody knew that an address in them is theirs.
	Claim func(tx *db.Tx, m lists.Member) error
	// Posts takes their name off some of their posts, or with a text the words too, and tells whether there are more.
	Posts func(tx *db.Tx, c lists.Community, m lists.MemberID, subject, text string) (more bool, err error)
}

// askForget asks a member what shall become of their posts, at the confirmed address that the letter bears, whoever vouches for it or does
// not: it cannot be undone.
func (k *Clerk) askForget(tx *db.Tx, in *lists.Incoming, first string) error {
	if err := in.Filed(tx, "a member wants to be forgotten; they are asked"); err != nil {
		return err
	}
	words, err := templates.ForgetAsk{Community: in.Community.Name, First: first, Days: Days}.Render()
	if err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Asks, words)
	mail.Answer = challenge
	if mail.ReplyTo, err = k.Office.Confirm(tx, notice.Door{
		Community: in.Community, Member: in.Sender, Receiver: Receiver, Object: stepForget.object(int64(in.Sender.ID)), Days: Days,
	}); err != nil {
		return err
	}
	return k.Office.SendIfDue(tx, mail)
}

// forgetAnswer takes the member's word.
func (k *Clerk) forgetAnswer(tx *db.Tx, in *lists.Incoming) error {
	if in.Robot || in.Token.Revoked || !in.Token.Live(tx.Now) || !heard(in) || int64(in.Sender.ID) != in.Token.Member {
		return lists.NoSuchAddress()
	}
	text := in.Letter.NewText().Text
	word, alone, _ := lists.Word(text)
	switch {
	case word == "NO":
		if err := in.Filed(tx, "a member does not want to be forgotten"); err != nil {
			return err
		}
		words, err := templates.ForgetEnd{Community: in.Community.Name}.Render()
		if err != nil {
			return err
		}
		return k.reply(tx, in, words, again)
	case alone && (word == "KEEP" || word == "UNNAME" || word == "REMOVE"):
		return k.forget(tx, in, templates.Forgetting(word))
	}
	return k.askForget(tx, in, letter.Excerpt(letter.CleanLine(text), 60))
}

// forget erases what is only theirs, takes them out of the community, and sees to their posts. The last manager cannot go.
func (k *Clerk) forget(tx *db.Tx, in *lists.Incoming, posts templates.Forgetting) error {
	m := in.Sender
	if last, err := lastManager(tx, m); err != nil {
		return err
	} else if last {
		return k.cannotLeave(tx, in)
	}
	if err := in.Filed(tx, "a member is forgotten"); err != nil {
		return err
	}
	letters, err := k.Rooms.Letters(tx, m)
	if err != nil {
		return err
	}
	words, err := templates.ForgetEnd{Community: in.Community.Name, Posts: posts, Letters: letters, Managers: in.Community.Address("managers").String()}.Render()
	if err != nil {
		return err
	}
	if err := k.toStranger(tx, in, words); err != nil {
		return err
	}
	earlier, err := lists.JoinedBefore(tx, m.ID)
	if err != nil {
		return err
	}
	return k.erase(tx, Forgotten{Member: m.ID, Community: m.Community, Joined: m.Joined, Earlier: earlier, Posts: posts, At: tx.Now}, m)
}

// erase takes a member out of the community, with name and addresses, and begins with their posts.
func (k *Clerk) erase(tx *db.Tx, f Forgotten, m lists.Member) (err error) {
	if f.Posts != templates.ForgetKeep { // as long as their addresses are known
		if err := k.Rooms.Claim(tx, m); err != nil {
			return err
		}
	}
	if err := lists.End(tx, m, lists.Left); err != nil {
		return err
	}
	if err := forgetDeparture(tx, m.ID); err != nil {
		return err
	}
	if err := dropGreeter(tx, m.ID); err != nil {
		return err
	}
	if m, err = lists.MemberByID(tx, m.ID); err != nil {
		return err
	}
	if err := lists.Unname(tx, m); err != nil {
		return err
	}
	if err := noteForgotten(tx, f); err != nil || f.Posts == templates.ForgetKeep {
		return err
	}
	if err := insertForgotten(tx, m.ID, f.Posts == templates.ForgetRemove); err != nil {
		return err
	}
	return calendar.Set(tx, forgetPosts, int64(m.ID), tx.Now)
}

// forgetBack is the calendar's kind for somebody who was forgotten and came back with a backup: the object is the member.
const forgetBack calendar.Kind = "member.forget-back"

// Replayed is what became of somebody in a restored database who had been forgotten.
type Replayed string

// The ends of it.
const (
	NothingLeft Replayed = ""          // it does not know them, or has forgotten them already
	GoneAgain   Replayed = "forgotten" // they are forgotten again
	IsBack      Replayed = "back"      // they are its only manager, who cannot go: they are told by mail
)

// Replay forgets somebody again, to the last post, in a database that was restored from a backup of an earlier time.
func (k *Clerk) Replay(tx *db.Tx, f Forgotten) (became Replayed, err error) {
	same, err := lists.IsMember(tx, f.Member, f.Community, append([]time.Time{f.Joined}, f.Earlier...))
	if err != nil || !same {
		return NothingLeft, err
	}
	m, err := lists.MemberByID(tx, f.Member)
	if err != nil {
		return NothingLeft, err
	}
	all, err := AllForgotten(tx)
	if err != nil || slices.ContainsFunc(all, func(is Forgotten) bool { return is.Member == f.Member }) {
		return NothingLeft, err
	}
	if last, err := lastManager(tx, m); err != nil {
		return NothingLeft, err
	} else if last {
		return IsBack, calendar.Set(tx, forgetBack, int64(m.ID), tx.Now)
	}
	if err := k.erase(tx, f, m); err != nil {
		return NothingLeft, err
	}
	for f.Posts != templates.ForgetKeep {
		if _, err := forgotten(tx, f.Member); errors.Is(err, db.ErrNoRows) {
			break
		}
		if err := k.unnamePosts(tx, calendar.Due{Object: int64(f.Member)}); err != nil {
			return NothingLeft, err
		}
	}
	return GoneAgain, calendar.Clear(tx, forgetPosts, int64(f.Member))
}

// isBack tells somebody who wanted to be forgotten that they are a manager again, and what to do about it.
func (k *Clerk) isBack(tx *db.Tx, due calendar.Due) error {
	m, err := lists.MemberByID(tx, lists.MemberID(due.Object))
	if err != nil {
		return err
	}
	c, err := lists.CommunityByID(tx, m.Community)
	if err != nil {
		return err
	}
	words, err := templates.ForgetBack{Community: c.Name, Member: firstName(m), Managers: c.Address("managers").String(), Help: c.Address("help").String()}.Render()
	if err != nil {
		return err
	}
	_, err = k.Office.Send(tx, notice.ToMember(c, m, notice.Tells, words))
	return err
}

// unnamePosts does some dozens of posts, and comes again until there are no more.
func (k *Clerk) unnamePosts(tx *db.Tx, due calendar.Due) error {
	id := lists.MemberID(due.Object)
	remove, err := forgotten(tx, id)
	if errors.Is(err, db.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	m, err := lists.MemberByID(tx, id)
	if err != nil {
		return err
	}
	c, err := lists.CommunityByID(tx, m.Community)
	if err != nil {
		return err
	}
	note := templates.Mail{}
	if remove {
		if note, err = (templates.RedactedPost{List: c.Name, ByAuthor: true}).Render(); err != nil {
			return err
		}
	}
	more, err := k.Rooms.Posts(tx, c, id, note.Subject, note.Text)
	if err != nil {
		return err
	}
	if more {
		return calendar.Set(tx, forgetPosts, int64(id), tx.Now)
	}
	return endForgotten(tx, id)
}

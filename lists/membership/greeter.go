package membership

import (
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
)

// posting is the name of the room that receives what comes to a thread's everyone+.
const posting = "moderation"

// greeterRest is how long somebody who was asked to greet is left in peace.
const greeterRest = 7 * 24 * time.Hour

// greeterDoor is how many days the address into the thread works; the thread may fall asleep before.
const greeterDoor = 30

// mayGreet tells whether somebody is one of those who are asked to greet new members: of long standing, and no manager (product.md C2). Managers have
// let them in; a greeting by somebody else shows that there is somebody else.
func mayGreet(m lists.Member) bool {
	return m.State == lists.Active && m.Role != lists.RoleManager && m.Trust >= lists.Steady
}

// askGreeter asks one member to greet somebody whose introduction was posted, where the community wants that. Nobody but them learns of it, so
// that nobody has to.
func (k *Clerk) askGreeter(tx *db.Tx, c lists.Community, l lists.List, newcomer lists.Member, post letter.MessageID, text string) error {
	if !c.Greeter {
		return nil
	}
	m, found, err := nextGreeter(tx, c, l, newcomer)
	if err != nil || !found {
		return err
	}
	p, err := k.Office.Store.PostByMessageID(tx, l.Box, post)
	if err != nil {
		return err
	}
	everyone, err := k.Office.Everyone(tx, notice.Door{Community: c, Member: m, Receiver: posting, Object: threadObject(int64(p.Thread)), Days: greeterDoor})
	if err != nil {
		return err
	}
	words, err := templates.Greeter{
		Community: c.Name, Member: firstName(m), Name: newcomer.Name, List: l.Title(), Text: templates.Said(text), Everyone: everyone.String(), Settings: c.Address("digest").String(),
	}.Render()
	if err != nil {
		return err
	}
	if err := noteGreeter(tx, m.ID); err != nil {
		return err
	}
	mail := notice.ToMember(c, m, notice.Tells, words)
	mail.ReplyTo = notice.Managers(c)
	_, err = k.Office.Send(tx, mail)
	return err
}

// nextGreeter is who is asked: of those who may greet, read the list, are not away and have not said GREET OFF the one who was asked longest
// ago, and of those never asked the one who has been here longest.
func nextGreeter(tx *db.Tx, c lists.Community, l lists.List, newcomer lists.Member) (next lists.Member, found bool, err error) {
	all, err := lists.Members(tx, c.ID)
	if err != nil {
		return next, false, err
	}
	var best time.Time
	for _, m := range all {
		if !mayGreet(m) || m.ID == newcomer.ID || !mayPost(m, l) {
			continue
		}
		asked, off, err := greeterOf(tx, m.ID)
		if err != nil {
			return next, false, err
		}
		earlier := asked.Before(best) || asked.Equal(best) && m.Joined.Before(next.Joined)
		if off || !asked.IsZero() && tx.Now.Sub(asked) < greeterRest || found && !earlier {
			continue
		}
		if here, err := reads(tx, m, l); err != nil {
			return next, false, err
		} else if here {
			next, best, found = m, asked, true
		}
	}
	return next, found, nil
}

// reads tells whether a member gets what is posted on a list, and is not away now.
func reads(tx *db.Tx, m lists.Member, l lists.List) (bool, error) {
	s, on, err := lists.SubscriptionOf(tx, m.ID, l.ID)
	if err != nil || !on || s.Delivery == lists.None {
		return false, err
	}
	v, away, err := lists.VacationOf(tx, m.ID)
	return !away || !v.Has(tx.Now), err
}

// Greets tells whether a member may be asked to greet new ones: as long as they have not said GREET OFF.
func Greets(tx *db.Tx, m lists.MemberID) (bool, error) {
	_, off, err := greeterOf(tx, m)
	return !off, err
}

// AskedToGreet is whether a member may be asked to greet new ones, on or off; empty where nobody is asked, or they are not one of those.
func AskedToGreet(tx *db.Tx, c lists.Community, m lists.Member) (string, error) {
	if !c.Greeter || !mayGreet(m) {
		return "", nil
	}
	greets, err := Greets(tx, m.ID)
	if greets {
		return "on", err
	}
	return "off", err
}

// setGreet changes whether a member may be asked to greet new ones.
func setGreet(tx *db.Tx, m lists.Member, s setting) (done templates.SettingDone, err error) {
	was, err := Greets(tx, m.ID)
	if err != nil {
		return done, err
	}
	on := s.word == "on"
	if done = switched(s, was, on, "GREET ON", "GREET OFF"); done.Same {
		return done, nil
	}
	return done, SetGreets(tx, m.ID, on)
}

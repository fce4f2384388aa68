package returns

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/smtpd/bounce"
	"backchannel/templates"
)

// TroubleKind is what sort of thing went wrong.
type TroubleKind string

// The kinds. Managers hear of the first five, once a day; the operator sees them all.
const (
	Refused      TroubleKind = "refused"  // a host takes nothing from us; about its members' domain
	LetterFailed TroubleKind = "letter"   // one letter failed for many; about its Message-ID
	Paused       TroubleKind = "paused"   // mail to a member stopped; about the member
	Spam         TroubleKind = "spam"     // a member's provider passed on a complaint; about the member and the list
	Nameless     TroubleKind = "nameless" // a complaint that does not say whose it is
	Failed       TroubleKind = "failed"   // letters that did not arrive for other reasons; about the domain
	OmbudsFailed TroubleKind = "ombuds"   // a letter to the ombuds did not arrive
)

// Trouble is one thing that went wrong, perhaps often.
type Trouble struct {
	Kind  TroubleKind  `json:"kind"`
	About string       `json:"about"`
	Cause bounce.Cause `json:"cause,omitempty"`
	Said  string       `json:"said,omitempty"` // the last words, printable; a stranger's
	N     int          `json:"n"`
	Last  time.Time    `json:"last"`
}

// daily is due when the managers of a community are told what came back.
const daily calendar.Kind = "returns.report"

// reportHour is when, in the community's zone.
const reportHour = 8

// trouble writes down what went wrong, and sees to it that managers hear of it with the next morning's letter. A complaint that names
// nobody is no cause for a letter, only a line in one: any stranger with a domain can send it.
func (d *Desk) trouble(tx *db.Tx, c lists.Community, t Trouble) error {
	if err := addTrouble(tx, c.ID, t); err != nil || t.Kind == Failed || t.Kind == Nameless {
		return err
	}
	if t.Kind == OmbudsFailed {
		return lists.OmbudsFailed(tx, c.ID)
	}
	if _, set, err := calendar.At(tx, daily, int64(c.ID)); err != nil || set {
		return err
	}
	return calendar.Set(tx, daily, int64(c.ID), calendar.Schedule{Period: calendar.Daily, Hour: reportHour, Zone: c.Zone()}.Next(tx.Now))
}

// report tells the managers what came back: one letter a day at most, with all of it.
func (d *Desk) report(tx *db.Tx, due calendar.Due) error {
	c, err := lists.CommunityByID(tx, lists.CommunityID(due.Object))
	if err != nil {
		return err
	}
	all, err := untold(tx, c.ID)
	if err != nil {
		return err
	}
	if err := allTold(tx, c.ID); err != nil {
		return err
	}
	t := templates.CameBack{Community: c.Name}
	for _, one := range all {
		if err := add(tx, &t, one); err != nil {
			return err
		}
	}
	if len(t.Paused)+len(t.Refused)+len(t.Failed)+len(t.Spam)+t.Nameless == 0 {
		return nil // whoever it was about is gone, or back
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	managers, err := lists.Managers(tx, c.ID)
	if err != nil {
		return err
	}
	for _, m := range managers {
		mail := notice.ToMember(c, m, notice.Tells, words)
		mail.Source = fmt.Sprintf("came-back:%d:%d", c.ID, tx.Now.Unix()/86400)
		if _, err := d.Office.Send(tx, mail); err != nil {
			return err
		}
	}
	return nil
}

// add puts one trouble into the managers' letter. A member who is back meanwhile is no news.
func add(tx *db.Tx, t *templates.CameBack, one Trouble) error {
	switch one.Kind {
	case Refused:
		t.Refused = append(t.Refused, templates.RefusedMail{Domain: one.About, Letters: one.N, Why: templates.Trouble(one.Cause), Said: one.Said})
	case LetterFailed:
		t.Failed = append(t.Failed, templates.FailedLetter{ID: one.About, Members: one.N, Said: one.Said})
	case Nameless:
		t.Nameless += one.N
	case Paused:
		m, ok, err := memberOf(tx, one.About)
		if err != nil || !ok || m.State != lists.Paused {
			return err
		}
		t.Paused = append(t.Paused, templates.PausedMember{Name: m.Mailbox().Name + " (" + m.Address.String() + ")", Said: one.Said})
	case Spam:
		who, list, _ := strings.Cut(one.About, " ")
		m, ok, err := memberOf(tx, who)
		if err != nil || !ok {
			return err
		}
		c := templates.SpamComplaint{Member: m.Name}
		if m.Name == "" {
			c.Member = m.Address.String()
		}
		if id, err := strconv.ParseInt(list, 10, 64); err == nil {
			l, err := lists.ListByID(tx, lists.ListID(id))
			if err != nil {
				return err
			}
			c.List = l.Title()
		}
		t.Spam = append(t.Spam, c)
	}
	return nil
}

func memberKey(id lists.MemberID) string { return strconv.FormatInt(int64(id), 10) }

func memberOf(tx *db.Tx, key string) (lists.Member, bool, error) {
	id, err := strconv.ParseInt(key, 10, 64)
	if err != nil {
		return lists.Member{}, false, nil
	}
	m, err := lists.MemberByID(tx, lists.MemberID(id))
	if errors.Is(err, db.ErrNoRows) {
		return m, false, nil
	}
	return m, err == nil, err
}

// Remedy is what an operator can do about a refusal.
func (t Trouble) Remedy() string {
	switch t.Cause {
	case bounce.Identity:
		return "publish the SPF, DKIM and DMARC records that backchannel init prints, and see that the host's reverse name is its own"
	case bounce.Reputation:
		return "look this server's address up at the block list that is named, and ask there to be taken off; a smarthost with a good name helps at once"
	case bounce.Content:
		return "look at the letter (backchannel trace); one word or link is often enough. Ask members to mark our mail as wanted"
	case bounce.Pace:
		return "nothing for now: it passes. If it comes again, lower relay.connections in config.yaml"
	case bounce.Size:
		return "lower smtp.max_size in config.yaml, so that authors hear it at once"
	case bounce.Encryption:
		return "check the certificate of this server or of the smarthost"
	case bounce.Relaying:
		return "check relay.smarthost, relay.username and the password in config.yaml: that host does not take our mail"
	}
	return "read what it said; its postmaster knows more: postmaster@ that domain"
}

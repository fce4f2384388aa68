package returns

import (
	"errors"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/smtpd/bounce"
	"backchannel/smtpd/queue"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// failure is one letter that will never reach one member.
type failure struct {
	bounce.Failure
	member  lists.Member
	about   letter.MessageID // which letter; "" when nobody tells
	source  string           // why its copy was owed, of what our own courier heard; "" of a report
	private bool             // the words may quote what is private: only numbers are kept (product.md B14), unless it was a post
	here    bool             // it never left this server: nobody else was asked
}

// End hears of each copy that our own courier could not deliver (M18). It is a queue.Ender.
func (d *Desk) End(tx *db.Tx, c queue.Copy, o queue.Outcome) error {
	if o.Kind != queue.Failed {
		return nil
	}
	if o.Untold { // it counts against nobody: a trouble that is told with it would say whose it is
		return d.answerFailed(tx, c.MessageID, bounce.Failure{})
	}
	f := bounce.FromReply(o.Code, o.Enhanced, o.Text, o.Stage == queue.StageRcpt)
	if d.Smarthost && o.Stage != queue.StageRcpt && f.Class == bounce.Unclear {
		f.Class = bounce.Refused // it is our own way out that failed, not the member's server
	}
	here := o.Stage == queue.StageNone && f.Class != bounce.Refused // it could not be made, or not be signed
	if c.Person == 0 {
		return d.strangerFailed(tx, c, f)
	}
	m, err := lists.MemberByID(tx, lists.MemberID(c.Person))
	if errors.Is(err, db.ErrNoRows) {
		return nil
	} else if err != nil {
		return err
	}
	if c.Stamp == Stamp {
		if here {
			return d.endProbe(tx, c.Object, turned)
		}
		return d.probeFailed(tx, m, c.Object, f)
	}
	if c.To.Key() != m.Address.Key() {
		return d.answerFailed(tx, c.MessageID, f) // another address of theirs, or a former one: their mail goes elsewhere
	}
	if inClear(o) {
		if err := d.tellInClear(tx, m); err != nil {
			return err
		}
	}
	return d.failed(tx, failure{Failure: f, member: m, about: c.MessageID, source: c.Source, private: !strings.HasPrefix(c.Source, "post:"), here: here})
}

// inClear tells whether our own courier kept a private letter back because the other side takes mail in clear only: no host said so.
func inClear(o queue.Outcome) bool {
	return o.Code == 0 && o.Stage == queue.StageHello && o.Enhanced == "5.7.10"
}

// tellInClear writes to a member, in words that anybody may read, that a private letter for them stays here (product.md B14).
func (d *Desk) tellInClear(tx *db.Tx, m lists.Member) error {
	c, err := lists.CommunityByID(tx, m.Community)
	if err != nil || m.State != lists.Active {
		return err
	}
	words, err := templates.StaysHere{Community: c.Name, Manager: m.Manager(), Domain: m.Address.Domain, Managers: c.Address("managers").String()}.Render()
	if err != nil {
		return err
	}
	mail := notice.ToMember(c, m, notice.Tells, words)
	mail.Private, mail.Answer = false, "in clear"
	if _, err = d.Office.Send(tx, mail); err == notice.ErrEnough {
		return nil
	}
	return err
}

// strangerFailed notes what could not be delivered to somebody who is no member.
func (d *Desk) strangerFailed(tx *db.Tx, c queue.Copy, f bounce.Failure) error {
	community, err := lists.CommunityByID(tx, lists.CommunityID(c.Object))
	if err != nil {
		return err
	}
	t := Trouble{Kind: Failed, About: c.To.Domain, Said: status(f)}
	switch {
	case !community.Ombuds.IsZero() && c.To.Key() == community.Ombuds.Key():
		t.Kind = OmbudsFailed
	case f.Class == bounce.Refused:
		t.Kind, t.Cause = Refused, f.Cause()
	}
	if err := d.trouble(tx, community, t); err != nil {
		return err
	}
	return d.answerFailed(tx, c.MessageID, f)
}

// answerFailed tells the managers of a conversation that a letter of theirs did not arrive.
func (d *Desk) answerFailed(tx *db.Tx, id letter.MessageID, f bounce.Failure) error {
	if d.Box == nil || id == "" {
		return nil
	}
	_, err := d.Box.NotDelivered(tx, id, status(f))
	return err
}

// failed counts one failure against its member, or against us.
func (d *Desk) failed(tx *db.Tx, f failure) error {
	community, err := lists.CommunityByID(tx, f.member.Community)
	if err != nil {
		return err
	}
	if f.about != "" {
		if fresh, err := note(tx, f.about, f.member.ID, f.Class); err != nil || !fresh {
			return err // the courier heard it, and then a report came; or somebody sends one report again and again
		}
		if err := d.answerFailed(tx, f.about, f.Failure); err != nil {
			return err
		}
		if d.Lost != nil {
			if err := d.Lost(tx, f.member.ID, f.about); err != nil {
				return err
			}
		}
	}
	said, err := d.said(tx, f)
	if err != nil {
		return err
	}
	if f.Class == bounce.Refused {
		return d.trouble(tx, community, Trouble{Kind: Refused, About: f.member.Address.Domain, Cause: f.Cause(), Said: said})
	}
	if err := d.trouble(tx, community, Trouble{Kind: Failed, About: f.member.Address.Domain, Said: said}); err != nil {
		return err
	}
	if f.here {
		return nil
	}
	if ours, err := d.ours(tx, community, f, said); err != nil || ours {
		return err
	}
	weight, dead := lists.Weigh(f.Failure)
	if weight == 0 || f.member.State != lists.Active {
		return nil
	}
	if err := lists.NoteBounce(tx, f.member.ID, lists.Bounce{At: tx.Now, Quarters: weight, Dead: dead, About: f.about, Why: said}); err != nil {
		return err
	}
	score, err := lists.ScoreOf(tx, f.member.ID)
	if err != nil || !score.Suspect() {
		return err
	}
	return d.probe(tx, community, f.member, score)
}

// said is what may be kept of the words of a failure: for a post all of them, for anything else the numbers.
func (d *Desk) said(tx *db.Tx, f failure) (string, error) {
	if f.private && f.source == "" {
		_, public, err := d.listOfPost(tx, f.member.Community, f.about)
		if err != nil {
			return "", err
		}
		f.private = !public
	}
	if f.private {
		return status(f.Failure), nil
	}
	return words(f.Failure), nil
}

// listOfPost finds the list on which a letter was published.
func (d *Desk) listOfPost(tx *db.Tx, c lists.CommunityID, id letter.MessageID) (l lists.List, ok bool, err error) {
	if id == "" {
		return l, false, nil
	}
	all, err := lists.Lists(tx, c)
	for _, l := range all {
		if _, err := d.Office.Store.PostByMessageID(tx, l.Box, id); err == nil {
			return l, true, nil
		} else if refusal.KindOf(err) != refusal.NotFound {
			return l, false, err
		}
	}
	return l, false, err
}

// ours tells whether a post failed for so many that it is our failure. Then nothing that it counted stays.
func (d *Desk) ours(tx *db.Tx, c lists.Community, f failure, said string) (bool, error) {
	if f.about == "" {
		return false, nil
	}
	failed, err := failedFor(tx, f.about)
	if err != nil || !lists.OurFailure(failed, 0) {
		return false, err
	}
	l, ok, err := d.listOfPost(tx, c.ID, f.about)
	if err != nil || !ok {
		return false, err
	}
	readers, err := lists.Readers(tx, l.ID, lists.Each)
	if err != nil || !lists.OurFailure(failed, len(readers)) {
		return false, err
	}
	if err := lists.VoidBounces(tx, f.about); err != nil {
		return false, err
	}
	if told, err := known(tx, c.ID, LetterFailed, string(f.about)); err != nil {
		return false, err
	} else if told {
		failed = 1 // the others were counted before
	}
	return true, d.trouble(tx, c, Trouble{Kind: LetterFailed, About: string(f.about), Said: said, N: failed})
}

// probeTime is how long a probe has to come back; no server tries longer. After it the address is believed (M19).
const probeTime = 7 * 24 * time.Hour

// pause stops a member's mail, because the letter that tried the address came back as well.
func (d *Desk) pause(tx *db.Tx, m lists.Member, since time.Time, why string) error {
	err := lists.PauseMember(tx, m, since, why)
	if _, last := refusal.As(err); last {
		return lists.ForgetBounces(tx, m.ID) // the last manager: the private door must lead somewhere
	}
	if err != nil || m.State != lists.Active {
		return err
	}
	c, err := lists.CommunityByID(tx, m.Community)
	if err != nil {
		return err
	}
	return d.trouble(tx, c, Trouble{Kind: Paused, About: memberKey(m.ID), Said: why})
}

package backchannel

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// outcomes of a report, as they are typed.
var outcomes = []templates.ReportOutcome{templates.Explained, templates.Warned, templates.OnHold, templates.TakenOut, templates.NoCase}

// doOutcome decides a report. Whom it is about hears from the role; nothing of the report, nor who wrote it, is in that letter.
func (b *Letterbox) doOutcome(tx *db.Tx, c *Call, args string) (string, error) {
	what, about, err := b.outcome(tx, c, args)
	if err != nil {
		return "", err
	}
	said := c.Conv.Code + " is decided. The one who reported it is told."
	if about.ID != 0 {
		said = fmt.Sprintf("%s is decided: %s gets a letter, and the one who reported it is told.", c.Conv.Code, about.Name)
	}
	c.After(func(now Conv) error { return b.closeReport(tx, c, now, about, what) })
	return said, nil
}

// outcome reads what stands behind /outcome: how the report is decided, and about whom; or says why it cannot be.
func (b *Letterbox) outcome(tx *db.Tx, c *Call, args string) (what templates.ReportOutcome, about lists.Member, err error) {
	word, who, _ := strings.Cut(args, " ")
	what = templates.ReportOutcome(strings.ToLower(word))
	switch {
	case c.Conv.Kind != Report:
		return what, about, refusal.Because(refusal.NotAllowed, "%s is no report. /report makes it one.", c.Conv.Code)
	case !slices.Contains(outcomes, what):
		return what, about, refusal.Because(refusal.Invalid, "Behind /outcome stands explained, warned, hold, removed or nothing.")
	case (what == templates.OnHold || what == templates.TakenOut) && c.In != nil && !proven(c.In):
		return what, about, placeNotProven()
	case what == templates.NoCase:
		return what, about, nil
	}
	about, err = b.reported(tx, c, strings.TrimSpace(who))
	switch {
	case err != nil:
	case what == templates.TakenOut && about.Manager(): // one mailbox in wrong hands could take all the others out
		err = refusal.Because(refusal.NotAllowed, "%s is a manager. The person who runs the server takes that role away first, if it must be: member set %s --role member", about.FirstName(), about.Address)
	case about.ID == c.Conv.Member:
		err = refusal.Because(refusal.NotAllowed, "%s is who reported it. Please say whom it is about: /outcome %s ADDRESS", about.FirstName(), what)
	}
	return what, about, err
}

// placeNotProven says what it needs to take a member's place, or the freedom of their posts.
func placeNotProven() *refusal.Refusal {
	return refusal.Because(refusal.NotAllowed, "What takes a member's place away needs a letter that your mail provider signs (DKIM), or a signed-in mail program. Nothing was done.")
}

// askTwice gives a letter back whose commands take a member's place away, until its manager has answered the question whether that is meant
// (product.md 0.1). Who has the command line has the database.
func (b *Letterbox) askTwice(tx *db.Tx, c *Call, a answer) (done bool, err error) {
	if a.confirmed || a.incoming == nil {
		return false, nil
	}
	for _, call := range a.calls {
		if call.Verb.Name != "outcome" {
			continue
		}
		what, about, err := b.outcome(tx, c, call.Args)
		if _, wrong := refusal.As(err); wrong || err == nil && what != templates.TakenOut {
			continue // run says what is wrong
		}
		if err != nil {
			return false, err
		}
		a.undone = true
		if !a.decided && !a.commandsAlone() {
			if err := b.checkText(tx, &a); err != nil {
				return false, err
			}
		}
		a.guard(templates.TakesPlace, 0, about.Name)
		return true, b.giveBack(tx, c.Community, a)
	}
	return false, nil
}

// reported finds whom a report is about: whom the manager names, or the author of the post.
func (b *Letterbox) reported(tx *db.Tx, c *Call, typed string) (lists.Member, error) {
	if typed != "" {
		return lists.TheMember(tx, c.Community, typed)
	}
	id := postOf(c.Conv.About.Object)
	if id != 0 {
		p, err := b.Office.Store.Post(tx, id)
		if err != nil && refusal.KindOf(err) != refusal.NotFound {
			return lists.Member{}, err
		}
		if err == nil && p.Author != 0 {
			return lists.MemberByID(tx, lists.MemberID(p.Author))
		}
	}
	return lists.Member{}, refusal.Because(refusal.Invalid, "We do not know whom %s is about. Please write the address behind it: /outcome warned ADDRESS", c.Conv.Code)
}

// closeReport does what was decided, tells the member it is about and the one who reported, and closes the report.
func (b *Letterbox) closeReport(tx *db.Tx, c *Call, now Conv, about lists.Member, what templates.ReportOutcome) error {
	if about.ID != 0 {
		if err := b.carryOut(tx, c, now, about, what); err != nil {
			return err
		}
		if err := b.tellOutcome(tx, c, now, about, what); err != nil {
			return err
		}
	}
	if err := audit(tx, c.Community.ID, c.Manager.ID, "outcome "+string(what), now.Code, ""); err != nil {
		return err
	}
	words, err := templates.ReportClosed{Community: c.Community.Name, Code: now.Code, Outcome: what, Ombuds: ombudsDoor(c.Community)}.Render()
	if err != nil {
		return err
	}
	err = b.writeWriter(tx, now, notice.Mail{Community: c.Community, From: notice.Managers(c.Community), Words: words, Kind: notice.Converse, Private: true, Story: c.Story})
	if err != nil {
		return err
	}
	if err := setOutcome(tx, now, string(what)); err != nil {
		return err
	}
	return b.end(tx, now, c.Manager, string(what))
}

// carryOut does to a member what was decided, and tells them.
func (b *Letterbox) carryOut(tx *db.Tx, c *Call, now Conv, about lists.Member, what templates.ReportOutcome) error {
	_, title, err := b.quotePost(tx, now)
	if err != nil {
		return err
	}
	switch what {
	case templates.OnHold:
		about.Trust = 0
		err = lists.SaveMember(tx, about)
	case templates.TakenOut:
		err = lists.End(tx, about, lists.Removed)
	}
	if err != nil {
		return err
	}
	words, err := templates.OutcomeLetter{
		Community: c.Community.Name, Outcome: what, Title: title, Managers: c.Community.Address("managers").String(), Ombuds: ombudsDoor(c.Community),
	}.Render()
	if err != nil {
		return err
	}
	mail := notice.ToMember(c.Community, about, notice.Converse, words)
	mail.From, mail.Auto = notice.Managers(c.Community), notice.Human
	_, err = b.Office.Send(tx, mail) // in a story of its own: the two letters are not to be seen as one
	return err
}

// tellOutcome tells the other managers who may see a report that it took a member's place, or the freedom of their posts, by whom, and how that
// is undone. about is the member as they were.
func (b *Letterbox) tellOutcome(tx *db.Tx, c *Call, now Conv, about lists.Member, what templates.ReportOutcome) error {
	t := templates.OutcomeTold{Code: now.Code, Outcome: what, By: c.Manager.FirstName(), About: cmp.Or(about.Name, about.FirstName()), Member: now.Name}
	switch what {
	case templates.OnHold:
		t.Undo = fmt.Sprintf("/trust %s %d", about.Address, about.Trust)
	case templates.TakenOut:
		t.Undo = "member add " + about.Address.String()
	default:
		return nil
	}
	readers, err := b.readers(tx, now)
	if err != nil {
		return err
	}
	for _, m := range readers {
		if m.ID == c.Manager.ID {
			continue
		}
		note, err := b.noteDoor(tx, c.Community, now, m)
		if err != nil {
			return err
		}
		t.Role, t.Note = b.role(tx, now, m), note.Address.String()
		words, err := t.Render()
		if err != nil {
			return err
		}
		if err := b.toManager(tx, c.Community, now, m, c.Manager.FirstName()+", for the managers ("+now.Code+")", words, c.Story, true); err != nil {
			return err
		}
	}
	return nil
}

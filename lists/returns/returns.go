// Package returns hears of everything that comes back: reports about letters that were not delivered, refusals that our own courier
// was told, complaints about spam. It promises that only what is surely about an address of a member counts against that member, once
// a day at most (D1, M18); that nobody's mail stops before a letter sent for that very purpose came back as well (M19); that who is
// stopped this way stays a member, and gets their mail and what they missed as soon as they are heard; that what is our own failure
// counts against nobody and is told to those who can mend it; and that nothing that comes in here makes a letter to whoever sent it.
//
// A report is a stranger's word. It is believed as far as its return path is one that we gave out lately, for one member alone.
package returns

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/notice"
	"backchannel/smtpd/bounce"
	"backchannel/templates/refusal"
)

// Letterbox tells the managers of a private conversation that a letter of theirs did not arrive; false when the letter is none of a
// conversation.
type Letterbox interface {
	NotDelivered(tx *db.Tx, id letter.MessageID, why string) (bool, error)
	// OutOfOffice hears an automatic reply of a member's mail program to a letter of ours.
	OutOfOffice(tx *db.Tx, m lists.Member, l *letter.Letter) error
}

// Desk takes what comes back. It is a mailroom.Receiver, a queue.Ender and a queue.Stamper.
type Desk struct {
	Office *notice.Office
	Box    Letterbox // nil: nobody is told
	// Lost hears of each letter that will never reach a member, once, whether our own courier heard it or a report came. Nil: nobody wants to know.
	Lost      func(tx *db.Tx, m lists.MemberID, id letter.MessageID) error
	Smarthost bool // all mail leaves through one host of ours: what fails before it is asked about a recipient is our failure
}

// Register makes the calendar call us.
func (d *Desk) Register(c *calendar.Calendar) {
	c.Register(probeOver, d.over)
	c.Register(daily, d.report)
}

// sentLately is how long after the last letter to a member a report may count (D1).
const sentLately = 7 * 24 * time.Hour

// Receive takes a letter to a return path of ours, or to fbl@.
func (d *Desk) Receive(tx *db.Tx, in *lists.Incoming) error {
	if in.Name.Form == address.Role {
		return d.complaint(tx, in)
	}
	if in.Token == nil || !in.Token.Live(tx.Now) {
		return lists.NoSuchAddress()
	}
	if !in.NullSender { // D1; and a person who wrote here by mistake hears of it (D2)
		return refusal.Because(refusal.Robot, "This address only takes reports about mail that could not be delivered, and no person reads it. To reach one, please write to %s.",
			in.Community.Address("managers"))
	}
	report := bounce.Read(in.Letter)
	if err := in.Filed(tx, brief(report)); err != nil {
		return err
	}
	m, ok, err := d.whose(tx, in.Token)
	if err != nil || !ok {
		if err == nil {
			err = d.nobodys(tx, in.Community, report)
		}
		return err
	}
	if id, ok := probeOf(in.Token.Object); ok {
		return d.probeReturned(tx, m, id, report)
	}
	if report.Kind != bounce.Bounce && d.Box != nil {
		return d.Box.OutOfOffice(tx, m, in.Letter)
	}
	if report.Kind != bounce.Bounce || tx.Now.Sub(notice.LastLeft(*in.Token)) > sentLately {
		return nil
	}
	own, err := lists.Addresses(tx, m.ID)
	if err != nil {
		return err
	}
	f, ok := about(report, own)
	if !ok {
		return nil
	}
	return d.failed(tx, failure{Failure: f, member: m, about: report.OriginalID, private: true})
}

// brief is a report in the words of its status: its text may quote private letters and stays out of the logbook.
func brief(r bounce.Report) string {
	detail := "returned mail"
	if r.Kind != bounce.Bounce {
		detail += ", no bounce"
	}
	for _, f := range r.Failures[:min(len(r.Failures), 3)] {
		detail += fmt.Sprintf("; %s %s", letter.ASCII(string(f.Action), 20), letter.ASCII(f.Status, 12))
	}
	return detail
}

// whose is the member whom a return path was made for; false for one that strangers share, and for people who are gone.
func (d *Desk) whose(tx *db.Tx, row *address.Row) (lists.Member, bool, error) {
	if row.Member == 0 {
		return lists.Member{}, false, nil
	}
	m, err := lists.MemberByID(tx, lists.MemberID(row.Member))
	if err == db.ErrNoRows {
		return m, false, nil
	}
	return m, err == nil, err
}

// nobodys notes what came back of a letter to somebody who is no member. The one of them who matters is the ombuds (product.md B15b): whoever
// wrote to the ombuds alone is told.
func (d *Desk) nobodys(tx *db.Tx, c lists.Community, r bounce.Report) error {
	for _, f := range r.Failures {
		if f.Action == bounce.Failed && !c.Ombuds.IsZero() && f.Recipient.Key() == c.Ombuds.Key() {
			if err := d.trouble(tx, c, Trouble{Kind: OmbudsFailed, About: f.Recipient.Domain, Said: status(f)}); err != nil {
				return err
			}
			return d.answerFailed(tx, r.OriginalID, f)
		}
	}
	return nil
}

// about picks the failure of a report that speaks of a member: that of one of the member's addresses; else, when mail is passed on
// somewhere and the report names only that place, the one that costs the least. False when nothing failed for good.
func about(r bounce.Report, own []letter.Address) (best bounce.Failure, ok bool) {
	for _, f := range r.Failures {
		for _, a := range own {
			if !f.Recipient.IsZero() && f.Recipient.Key() == a.Key() {
				return f, f.Action == bounce.Failed
			}
		}
	}
	for _, f := range r.Failures {
		if f.Action != bounce.Failed {
			return bounce.Failure{}, false
		}
		if was, _ := lists.Weigh(best); !ok {
			best, ok = f, true
		} else if is, _ := lists.Weigh(f); is < was {
			best = f
		}
	}
	return best, ok
}

// probeOf reads the object of a return path that was made for one probe.
func probeOf(object string) (int64, bool) {
	number, ok := strings.CutPrefix(object, "probe:")
	id, err := strconv.ParseInt(number, 10, 64)
	return id, ok && err == nil
}

// saidMax is how much is kept of what was said.
const saidMax = 200

// status is what was said in numbers alone.
func status(f bounce.Failure) string {
	var all []string
	if f.Code != 0 {
		all = append(all, strconv.Itoa(f.Code))
	}
	if f.Status != "" {
		all = append(all, f.Status)
	}
	if len(all) == 0 {
		return string(f.Class)
	}
	return letter.ASCII(strings.Join(all, " "), 20)
}

// words are the remote host's own, behind the numbers that it said them with.
func words(f bounce.Failure) string {
	said := f.Diagnostic
	for _, number := range []string{f.Status, strconv.Itoa(f.Code)} {
		if !strings.Contains(said, number) && number != "0" {
			said = number + " " + said
		}
	}
	return letter.ASCII(strings.TrimSpace(said), saidMax)
}

// Heard is told of every letter of a person whom somebody vouches for. A paused member is active again from this moment (M19), hears so
// at the address they wrote from, and gets what they missed.
func (d *Desk) Heard(tx *db.Tx, in *lists.Incoming) error {
	if in.Sender.State != lists.Paused || in.Verdict != lists.Verified || in.Robot {
		return nil
	}
	if in.Name.Form == address.Role && in.Name.Word == "leave" {
		return nil // they go; a greeting would mock them
	}
	pause, err := d.Resume(tx, in.Sender)
	if err != nil {
		return err
	}
	in.Sender.State = lists.Active
	return d.welcomeBack(tx, in, pause)
}

// Resume has a paused member get their mail again: who was heard, or whom the operator vouches for.
func (d *Desk) Resume(tx *db.Tx, m lists.Member) (lists.Pause, error) {
	if err := endProbes(tx, m.ID); err != nil {
		return lists.Pause{}, err
	}
	return lists.ResumeMember(tx, m)
}

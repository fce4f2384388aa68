package membership

import (
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// Change makes the changes of a line in the words of a mail about settings, all or none, for a member who is signed in, and gives the
// line that takes them back; "" when everything was so already. It takes only what a page offers: who one is, and by which addresses, is
// changed by mail, where the other address is asked.
func (k *Clerk) Change(tx *db.Tx, c lists.Community, m lists.Member, line string) (undo string, err error) {
	all, ok := readLine(line, tx.Now.In(m.Zone(c)))
	if !ok {
		return "", noSetting(line, tx.Now.In(m.Zone(c)))
	}
	err = tx.Attempt(func() error {
		for _, s := range all {
			switch s.what {
			case templates.SetPeriod, templates.SetDay, templates.SetHour, templates.SetZone, templates.SetLanguage, templates.SetDelivery, templates.SetOwnCopy, templates.SetIntro,
				templates.SetAddressShown, templates.SetGreet:
			default:
				return refusal.Say(refusal.NotAllowed, "setting.by-mail")
			}
			done, err := k.set(tx, c, m.ID, s)
			if err != nil {
				return err
			}
			if done.Undo != "" {
				if undo != "" {
					undo = "; " + undo
				}
				undo = done.Undo + undo // the last change is taken back first
			}
		}
		return nil
	})
	return undo, err
}

// noSetting refuses a line for the first thing in it that is no setting.
func noSetting(line string, now time.Time) error {
	for part := range strings.SplitSeq(line, ";") {
		if _, ok := readSetting(part, now); ok {
			continue
		}
		part = strings.TrimSpace(part)
		if zone, ok := strings.CutPrefix(part, "ZONE "); ok {
			return refusal.Say(refusal.Invalid, "zone.unknown", zone)
		}
		return refusal.Say(refusal.Invalid, "setting.unknown", part)
	}
	return refusal.Say(refusal.Invalid, "setting.unknown", line)
}

// LeaveList takes a member off one list, and confirms it by the same mail as a letter of theirs to leave+, with the way back.
func (k *Clerk) LeaveList(tx *db.Tx, c lists.Community, m lists.Member, list lists.ListID) error {
	words, back, err := k.offList(tx, c, m, list)
	if err != nil {
		return err
	}
	mail := notice.ToMember(c, m, notice.Tells, words)
	mail.ReplyTo = back
	_, err = k.Office.Send(tx, mail)
	return err
}

package returns

import (
	"strings"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/notice"
	"backchannel/smtpd/bounce"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// complaint takes a report that somebody called a letter of ours spam (RFC 5965, RFC 9477). It acts only with a token of ours in the
// letter that came back, and when the domain in From vouches for the report (D4): then the member is taken off at once (M20).
func (d *Desk) complaint(tx *db.Tx, in *lists.Incoming) error {
	report := bounce.Read(in.Letter)
	if report.Kind != bounce.Complaint {
		return refusal.Because(refusal.Robot, "This address only takes reports of mail providers about spam, and no person reads it. To reach one, please write to %s.",
			in.Community.Address("managers"))
	}
	if !in.Vouched() {
		return refusal.Because(refusal.NotAllowed, "A report about spam is only taken when the domain in its From vouches for it by DKIM or SPF.")
	}
	if !unwanted(report.Feedback) {
		return in.Filed(tx, "a report of another kind than spam: "+letter.ASCII(report.Feedback, 40))
	}
	row, ok, err := feedback(tx, in, report)
	if err != nil {
		return err
	}
	if !ok {
		return d.nameless(tx, in)
	}
	if err := in.Filed(tx, "a complaint about spam"); err != nil {
		return err
	}
	m, err := lists.MemberByID(tx, lists.MemberID(row.Member))
	if err != nil {
		return err
	}
	if row.Kind == address.DigestOff {
		return d.offDigest(tx, in, m)
	}
	return d.offList(tx, in, m, row.Object)
}

// namelessMost is how many complaints a day are taken that name nobody. Anybody with a domain can write one, and each is kept for a while.
const namelessMost = 200

// nameless notes a complaint that does not say whose it is.
func (d *Desk) nameless(tx *db.Tx, in *lists.Incoming) error {
	n, err := namelessToday(tx, in.Community.ID)
	if err != nil {
		return err
	}
	if n >= namelessMost {
		return refusal.Because(refusal.Limit, "We have had many reports today. Please send this one again tomorrow.")
	}
	if err := in.Filed(tx, "a complaint about spam without a token of ours"); err != nil {
		return err
	}
	return d.trouble(tx, in.Community, Trouble{Kind: Nameless, About: in.From.Address.Domain})
}

// unwanted tells whether a type of feedback says that somebody does not want our mail (RFC 5965 §7.3): not "not-spam", nor what
// reports about other things say.
func unwanted(feedback string) bool {
	return feedback == "abuse" || strings.HasPrefix(feedback, "opt-out") || feedback == "unsubscribe" || feedback == "miscategorized"
}

// feedback finds our token in the letter that came back: CFBL-Feedback-ID is that of its List-Unsubscribe.
func feedback(tx *db.Tx, in *lists.Incoming, r bounce.Report) (address.Row, bool, error) {
	if r.Returned == nil {
		return address.Row{}, false, nil
	}
	for _, v := range r.Returned.Fields("CFBL-Feedback-ID") {
		for _, kind := range []address.Kind{address.Leave, address.DigestOff} {
			n := address.Parse(string(kind) + "+" + strings.TrimSpace(v))
			if n.Form != address.Token {
				break
			}
			row, ok, err := address.Find(tx, kind, n.Token)
			if err != nil {
				return row, false, err
			}
			if ok && row.Community == int64(in.Community.ID) && row.Live(tx.Now) && row.Member != 0 {
				return row, true, nil
			}
		}
	}
	return address.Row{}, false, nil
}

// offList takes a member off the list whose post was called spam. Where they are not on it any more, nobody hears of it.
func (d *Desk) offList(tx *db.Tx, in *lists.Incoming, m lists.Member, object string) error {
	id, ok := strings.CutPrefix(object, "list:")
	l, found, err := listOf(tx, id)
	if err != nil || !ok || !found {
		return err
	}
	if was, err := lists.Unsubscribe(tx, m.ID, l.ID); err != nil || !was {
		return err
	}
	back := letter.Address{Local: l.Local + "-request", Domain: l.Domain}
	if err := d.tellOff(tx, in, m, templates.SpamPressed{List: l.Title(), Back: back.String()}); err != nil {
		return err
	}
	return d.trouble(tx, in.Community, Trouble{Kind: Spam, About: memberKey(m.ID) + " " + id})
}

// offDigest stops the digest of a member whose digest was called spam.
func (d *Desk) offDigest(tx *db.Tx, in *lists.Incoming, m lists.Member) error {
	subs, err := lists.Subscriptions(tx, m.ID)
	if err != nil {
		return err
	}
	changed := false
	for _, s := range subs {
		if s.Delivery != lists.Digest {
			continue
		}
		changed = true
		if err := lists.Subscribe(tx, m.ID, s.List, lists.None); err != nil {
			return err
		}
	}
	if !changed {
		return nil
	}
	if err := d.tellOff(tx, in, m, templates.SpamPressed{Back: in.Community.Address("weekly").String()}); err != nil {
		return err
	}
	return d.trouble(tx, in.Community, Trouble{Kind: Spam, About: memberKey(m.ID) + " digest"})
}

// tellOff tells the member, at their confirmed address (P16), and never the one who complained on their behalf.
func (d *Desk) tellOff(tx *db.Tx, in *lists.Incoming, m lists.Member, t templates.SpamPressed) error {
	if m.State != lists.Active {
		return nil
	}
	t.Community, t.Managers = in.Community.Name, in.Community.Address("managers").String()
	words, err := t.Render()
	if err != nil {
		return err
	}
	mail := notice.ToMember(in.Community, m, notice.Tells, words)
	mail.Story = in.Story
	_, err = d.Office.Send(tx, mail)
	return err
}

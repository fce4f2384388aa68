package backchannel

import (
	"errors"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
)

// Elsewhere takes a letter of somebody unknown through an address that a member was given: a digest was passed on, or the member has a second
// address. No manager reads it before the member has said that it is theirs (product.md 0.1, A10). Everybody else hears what they hear
// of an address that does not exist.
func (b *Letterbox) Elsewhere(tx *db.Tx, in *lists.Incoming, about Context) error {
	return b.elsewhere(tx, in, about, 0)
}

func (b *Letterbox) elsewhere(tx *db.Tx, in *lists.Incoming, about Context, conv ConvID) error {
	if in.Sender.ID != 0 || in.Robot || in.From.Address.IsZero() || !in.Vouched() || in.Finding.Refused || !in.Token.Live(tx.Now) || in.Token.Revoked {
		return lists.NoSuchAddress()
	}
	owner, err := lists.MemberByID(tx, lists.MemberID(in.Token.Member))
	if errors.Is(err, db.ErrNoRows) || err == nil && owner.State != lists.Active {
		return lists.NoSuchAddress()
	}
	if err != nil {
		return err
	}
	id, err := keepElsewhere(tx, in, owner.ID, about, conv)
	if err != nil {
		return err
	}
	if err := in.Held(tx, "a private letter from elsewhere; the one whose address it came through is asked"); err != nil {
		return err
	}
	words, err := templates.OtherSender{
		Community: in.Community.Name, From: in.From.Address.String(), Subject: in.Letter.Subject(), Preview: notice.Preview(in.Letter), Days: heldDays,
	}.Render()
	if err != nil {
		return err
	}
	mail := notice.ToMember(in.Community, owner, notice.Asks, words)
	mail.Auto, mail.Story, mail.Answer = notice.Replied, in.Story, "challenge"
	if mail.ReplyTo, err = b.Office.Confirm(tx, notice.Door{
		Community: in.Community, Member: owner, Receiver: Receiver, Object: object(sideElse, id, 0), Days: 2 * heldDays,
	}); err != nil {
		return err
	}
	_, err = b.Office.Send(tx, mail)
	if errors.Is(err, notice.ErrEnough) {
		return lists.NoSuchAddress() // and nothing is held: they are asked often enough today
	}
	return err
}

// decideElsewhere takes the member's word about such a letter.
func (b *Letterbox) decideElsewhere(tx *db.Tx, in *lists.Incoming, id int64) error {
	if in.Token == nil || in.Token.Revoked || in.Robot || in.Verdict == lists.Unverified || in.Sender.ID == 0 || int64(in.Sender.ID) != in.Token.Member {
		return lists.NoSuchAddress()
	}
	s, err := findElsewhere(tx, id)
	if errors.Is(err, db.ErrNoRows) {
		return lists.NoSuchAddress()
	}
	if err != nil {
		return err
	}
	if err := in.Filed(tx, "a member's word about a letter from elsewhere"); err != nil {
		return err
	}
	if s.state != elseWaits {
		return b.tellElsewhere(tx, in, templates.AlreadyDecided{Community: in.Community.Name, Outcome: map[string]templates.Outcome{elseAccepted: templates.Handed, elseDropped: templates.Dropped, elseExpired: templates.Expired}[s.state], When: s.at.In(in.Sender.Zone(in.Community))}.Render)
	}
	stored, err := b.Office.Store.LetterByStory(tx, s.story)
	if err != nil {
		return err
	}
	raw, err := b.Office.Store.Raw(tx, stored.Raw)
	if err != nil {
		return err
	}
	came, err := letter.Parse(raw)
	if err != nil {
		return err
	}
	word, alone, _ := lists.Word(in.Letter.NewText().Text)
	switch {
	case alone && word == "YES":
		if err := s.end(tx, elseAccepted); err != nil {
			return err
		}
		told, err := b.takeElsewhere(tx, in, s, came)
		if err != nil || told {
			return err
		}
		return b.tellElsewhere(tx, in, templates.HeldEnd{Community: in.Community.Name, Outcome: templates.Handed, Subject: came.Subject()}.Render)
	case alone && (word == "NO" || word == "DROP"):
		if err := b.forgetElsewhere(tx, s, elseDropped); err != nil {
			return err
		}
		return b.tellElsewhere(tx, in, templates.HeldEnd{Community: in.Community.Name, Outcome: templates.Dropped, Subject: came.Subject()}.Render)
	}
	return b.tellElsewhere(tx, in, templates.ConfirmHelp{Community: in.Community.Name, Question: templates.AskSender, Subject: came.Subject(), First: word}.Render)
}

// takeElsewhere takes the letter as the member's own: into the conversation that its address belonged to, or as a new one.
func (b *Letterbox) takeElsewhere(tx *db.Tx, in *lists.Incoming, s stray, came *letter.Letter) (told bool, err error) {
	theirs := *in
	theirs.Letter, theirs.Story, theirs.Token, theirs.List = came, s.story, nil, nil
	if s.conv != 0 {
		c, err := find(tx, s.conv)
		if err != nil {
			return false, err
		}
		if c.Member == in.Sender.ID && !c.erased {
			return b.add(tx, &theirs, c, true)
		}
	}
	return b.take(tx, &theirs, s.about, true)
}

// tellElsewhere answers the member. The question stays where it was: Reply goes there again.
func (b *Letterbox) tellElsewhere(tx *db.Tx, in *lists.Incoming, render func() (templates.Mail, error)) error {
	words, err := render()
	if err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Tells, words)
	mail.ReplyTo = letter.Mailbox{Name: "Your letter", Address: in.To}
	return b.Office.SendIfDue(tx, mail)
}

// ElsewhereEnds is the calendar's kind for letters from elsewhere about which nobody said a word.
const ElsewhereEnds calendar.Kind = "letter.elsewhere"

// elsewhereEnds forgets such a letter, and tells the member.
func (b *Letterbox) elsewhereEnds(tx *db.Tx, due calendar.Due) error {
	s, err := findElsewhere(tx, due.Object)
	if errors.Is(err, db.ErrNoRows) || err == nil && s.state != elseWaits {
		return nil
	}
	if err != nil {
		return err
	}
	if err := b.forgetElsewhere(tx, s, elseExpired); err != nil {
		return err
	}
	m, err := lists.MemberByID(tx, s.member)
	if err != nil || m.State != lists.Active {
		return err
	}
	community, err := lists.CommunityByID(tx, m.Community)
	if err != nil {
		return err
	}
	words, err := templates.HeldEnd{Community: community.Name, Outcome: templates.Expired, Days: heldDays}.Render()
	if err != nil {
		return err
	}
	_, err = b.Office.Send(tx, notice.ToMember(community, m, notice.Tells, words))
	return err
}

// forgetElsewhere ends a question, and forgets the letter whole: it was for the managers alone, and whose it was nobody knows.
func (b *Letterbox) forgetElsewhere(tx *db.Tx, s stray, as string) error {
	if err := s.end(tx, as); err != nil {
		return err
	}
	_, err := b.Office.Store.EraseLetters(tx, s.story)
	return err
}

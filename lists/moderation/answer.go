package moderation

import (
	"strings"
	"unicode"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/archive/logbook"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// answer takes a reply to one of our questions. Who may answer: the one who was asked, from an address of theirs. A decision about
// other people's posts needs more: a sender we are sure of (C6). A token alone opens nothing.
func (d *Desk) answer(tx *db.Tx, in *lists.Incoming) error {
	h, ok, err := findObject(tx, in.Token.Object)
	if err != nil {
		return err
	}
	mine := in.Sender.ID != 0 && int64(in.Sender.ID) == in.Token.Member
	if !ok || !mine || in.Token.Revoked || in.Verdict == lists.Unverified {
		return lists.NoSuchAddress()
	}
	vote := in.Token.Kind == address.Vote
	if vote && (!in.Sender.Manager() || in.Verdict != lists.Verified) {
		return refusal.Because(refusal.NotAllowed, "We cannot be sure that this decision comes from you. Please send it through your own mail provider.")
	}
	if err := logbook.Write(tx, logbook.Entry{Story: in.Story, Verb: logbook.Filed, MessageID: in.Letter.MessageID(), Detail: "answer about held letter " + h.Story}); err != nil {
		return err
	}
	if h.State != Waiting {
		return d.tellDecided(tx, in, h)
	}
	first, rest := firstWord(in.Letter.NewText().Text)
	if vote {
		return d.vote(tx, in, h, first, rest)
	}
	return d.choice(tx, in, h, first)
}

// choice does what the author of a held letter wants.
func (d *Desk) choice(tx *db.Tx, in *lists.Incoming, h Held, word string) error {
	switch {
	case h.Why == WhySender && word == "YES", (h.Why == WhyDoor || h.Why == WhyBoth) && word == "PUBLIC":
		return d.release(tx, h, in.Sender, in.Sender.ID)
	case h.Why == WhyDoor && word == "PRIVATE":
		return d.handOver(tx, in, h)
	case word == "DROP", h.Why == WhySender && word == "NO":
		if err := d.tellEnd(tx, h, templates.Dropped); err != nil {
			return err
		}
		return h.end(tx, Dropped, in.Sender.ID, "forgotten, as its author asked")
	}
	return d.tellWords(tx, in, h, word)
}

// release publishes a held letter.
func (d *Desk) release(tx *db.Tx, h Held, author lists.Member, by lists.MemberID) error {
	post, err := d.letter(tx, h)
	if err != nil {
		return err
	}
	l, err := lists.ListByID(tx, h.List)
	if err != nil {
		return err
	}
	if err := h.end(tx, Published, by, ""); err != nil {
		return err
	}
	return d.publish(tx, l, post, author, h.Story)
}

// handOver gives a held letter to the managers.
func (d *Desk) handOver(tx *db.Tx, in *lists.Incoming, h Held) error {
	post, err := d.letter(tx, h)
	if err != nil {
		return err
	}
	held := *in
	held.Letter, held.ID, held.Story, held.Token, held.List = post, h.Letter, h.Story, nil, nil
	if err := h.end(tx, Handed, in.Sender.ID, "given to the managers, as its author asked"); err != nil {
		return err
	}
	return d.Door.File(tx, &held)
}

// vote does what a manager decided.
func (d *Desk) vote(tx *db.Tx, in *lists.Incoming, h Held, word, reason string) error {
	switch word {
	case "OK", "YES":
		return d.Approve(tx, h, in.Sender.ID)
	case "NO":
		return d.Refuse(tx, h, in.Sender.ID, reason)
	}
	return d.tellWords(tx, in, h, word)
}

// Approve publishes a held post by a manager's or the operator's word.
func (d *Desk) Approve(tx *db.Tx, h Held, by lists.MemberID) error {
	if h.State != Waiting {
		return decided(h)
	}
	author := lists.Member{}
	if h.Member != 0 {
		var err error
		if author, err = lists.MemberByID(tx, h.Member); err != nil {
			return err
		}
	}
	if err := d.tellEnd(tx, h, templates.Posted); err != nil {
		return err
	}
	return d.release(tx, h, author, by)
}

// Refuse gives a held post up by a manager's or the operator's word; its author is told the reason in the manager's own words.
func (d *Desk) Refuse(tx *db.Tx, h Held, by lists.MemberID, reason string) error {
	if h.State != Waiting {
		return decided(h)
	}
	if err := d.tellRefused(tx, h, reason); err != nil {
		return err
	}
	return h.end(tx, Refused, by, "refused by a manager")
}

func decided(h Held) error {
	return refusal.Because(refusal.Conflict, "The letter %d was decided already: it is %s.", h.ID, h.State)
}

// letter reads the held letter as it came.
func (d *Desk) letter(tx *db.Tx, h Held) (*letter.Letter, error) {
	stored, err := d.Store.Letter(tx, h.Letter)
	if err != nil {
		return nil, err
	}
	raw, err := d.Store.Raw(tx, stored.Raw)
	if err != nil {
		return nil, err
	}
	return letter.Parse(raw)
}

// firstWord is the first word of an answer, in capitals and without the signs around it, and what follows it.
func firstWord(text string) (word, rest string) {
	text = strings.TrimSpace(text)
	end := strings.IndexFunc(text, unicode.IsSpace)
	if end < 0 {
		end = len(text)
	}
	word = strings.ToUpper(strings.TrimFunc(text[:end], func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }))
	return word, strings.TrimSpace(text[end:])
}

// tell sends one short mail about a held letter to its author, if that is a member.
func (d *Desk) tell(tx *db.Tx, h Held, words templates.Mail) error {
	if h.Member == 0 {
		return nil
	}
	m, err := lists.MemberByID(tx, h.Member)
	if err != nil {
		return err
	}
	c, err := lists.CommunityByID(tx, h.Community)
	if err != nil {
		return err
	}
	_, err = d.Office.Send(tx, notice.Mail{
		Community: c, To: m.Mailbox(), Member: m.ID, Words: words, Kind: "n", Record: archive.IDNotice, Auto: notice.Replied, Private: true, Story: h.Story,
	})
	return err
}

func (d *Desk) tellEnd(tx *db.Tx, h Held, as templates.Outcome) error {
	c, l, err := h.place(tx)
	if err != nil {
		return err
	}
	words, err := templates.HeldEnd{Community: c.Name, Outcome: as, Subject: h.Subject, List: l.Title(), Days: Days}.Render()
	if err != nil {
		return err
	}
	return d.tell(tx, h, words)
}

func (d *Desk) tellRefused(tx *db.Tx, h Held, reason string) error {
	c, l, err := h.place(tx)
	if err != nil {
		return err
	}
	words, err := templates.PostRefused{Community: c.Name, List: l.Title(), Subject: h.Subject, Reason: templates.Said(reason), Managers: c.Address("managers").String()}.Render()
	if err != nil {
		return err
	}
	return d.tell(tx, h, words)
}

// tellDecided answers whoever comes too late.
func (d *Desk) tellDecided(tx *db.Tx, in *lists.Incoming, h Held) error {
	c, l, err := h.place(tx)
	if err != nil {
		return err
	}
	by := ""
	if h.By != 0 && h.By != in.Sender.ID {
		m, err := lists.MemberByID(tx, h.By)
		if err != nil {
			return err
		}
		by = m.FirstName()
	}
	words, err := templates.AlreadyDecided{
		Community: c.Name, Outcome: h.State.outcome(), When: h.Decided.In(in.Sender.Zone(c)), By: by, Subject: h.Subject, List: l.Title(),
	}.Render()
	if err != nil {
		return err
	}
	return d.reply(tx, in, words)
}

// tellWords names the words that a question takes.
func (d *Desk) tellWords(tx *db.Tx, in *lists.Incoming, h Held, word string) error {
	c, l, err := h.place(tx)
	if err != nil {
		return err
	}
	words, err := templates.ConfirmHelp{Community: c.Name, Question: h.Why.question(), Subject: h.Subject, List: l.Title(), First: word}.Render()
	if err != nil {
		return err
	}
	return d.reply(tx, in, words)
}

// reply answers an answer. The same question stays open: Reply goes where the last reply went.
func (d *Desk) reply(tx *db.Tx, in *lists.Incoming, words templates.Mail) error {
	_, err := d.Office.Send(tx, notice.Mail{
		Community: in.Community, To: letter.Mailbox{Name: in.Sender.Name, Address: in.From.Address}, Member: in.Sender.ID, ReplyTo: letter.Mailbox{Name: "Your answer", Address: in.To},
		Words: words, Kind: "c", Record: archive.IDNotice, InReplyTo: ids(in.Letter.MessageID()), Auto: notice.Replied, Private: true, Answer: "answer", Story: in.Story,
	})
	if err == notice.ErrEnough {
		return nil
	}
	return err
}

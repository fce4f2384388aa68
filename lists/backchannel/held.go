package backchannel

import (
	"errors"
	"slices"
	"strings"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// has tells whether there is a reason of one of these kinds.
func (a answer) has(kinds ...templates.GuardKind) bool {
	return slices.ContainsFunc(a.guards, func(g templates.Guard) bool { return slices.Contains(kinds, g.Kind) })
}

// sendable tells whether SEND may override the guards: not when there is nothing to send, nobody to send it, or a slip for a command.
func (a answer) sendable() bool {
	return !a.has(templates.NoText, templates.NoAccess, templates.SlashLine)
}

// heldDays is how long an answer waits for its manager's word.
const heldDays = 14

// giveBack returns an answer to its manager, at the confirmed address, with every reason and exactly what would go out. Whoever may not
// see the conversation gets their own words, and nothing of anybody else's (B15b).
func (b *Letterbox) giveBack(tx *db.Tx, community lists.Community, a answer) error {
	mail := templates.AnswerHeld{Code: a.conv.Code, Member: a.conv.Name, Guards: a.guards, Text: templates.Said(a.text), Sendable: a.sendable()}
	if mail.Sendable {
		mail.Days = heldDays
	}
	var reply letter.Mailbox
	if !a.has(templates.NoAccess) {
		msg, err := hold(tx, a)
		if err != nil {
			return err
		}
		if mail.News, err = newsSince(tx, a.conv, a.rev, a.manager.ID); err != nil {
			return err
		}
		reply, err = b.Office.Confirm(tx, notice.Door{Community: community, Member: a.manager, Receiver: Receiver, Object: object(sideHeld, msg.id, 0), Days: 2 * heldDays})
		if err != nil {
			return err
		}
	}
	words, err := mail.Render()
	if err != nil {
		return err
	}
	back := notice.ToMember(community, a.manager, notice.Converse, words)
	back.ReplyTo, back.Auto, back.Story = reply, notice.Replied, a.story
	if reply.Name != "" {
		back.ReplyTo.Name = "Your answer to " + a.conv.Code
	}
	if a.foreign {
		back.Answer = "found-door" // whoever found this address cannot write to the manager without end (D3)
	}
	_, err = b.Office.Send(tx, back)
	if errors.Is(err, notice.ErrEnough) {
		return lists.NoSuchAddress()
	}
	return err
}

// decide takes a manager's word about an answer that came back.
func (b *Letterbox) decide(tx *db.Tx, in *lists.Incoming, id int64) error {
	if in.Sender.ID == 0 || int64(in.Sender.ID) != in.Token.Member || in.Verdict == lists.Unverified || in.Token.Revoked {
		return lists.NoSuchAddress()
	}
	msg, err := findMessage(tx, id)
	if err != nil {
		return err
	}
	c, err := find(tx, msg.conv)
	if err != nil {
		return err
	}
	if !c.mayRead(in.Sender) {
		return refusal.Because(refusal.NotAllowed, "You can no longer see this conversation, so nothing was sent.")
	}
	if err := in.Filed(tx, "a manager's word about a held answer"); err != nil {
		return err
	}
	if msg.state != stateHeld {
		return b.tellDecided(tx, in, c, msg)
	}
	a := answer{conv: c, manager: in.Sender, rev: msg.rev, story: in.Story}
	a.read(in.Letter)
	word, better, err := decision(tx, a, msg.sendable)
	switch {
	case err != nil:
		return err
	case better:
		if err := msg.end(tx, stateDropped); err != nil {
			return err
		}
		if err := b.checkText(tx, &a); err != nil {
			return err
		}
		if len(a.guards) > 0 {
			return b.giveBack(tx, in.Community, a)
		}
		return b.send(tx, in.Community, a)
	case word == "DROP":
		return b.drop(tx, in, c, msg)
	case word == "SEND" && msg.sendable:
		return b.sendHeld(tx, in, a, msg)
	}
	return b.tellWords(tx, in, c, word)
}

// decision reads a manager's reply to a returned answer: one of the two words, alone but for a signature; a better text; or neither, and
// then nothing happens. A reply that begins with one of the words is never taken for the text (product.md R1).
// Where nothing could be sent as it was, the text alone was asked for.
func decision(tx *db.Tx, a answer, sendable bool) (word string, better bool, err error) {
	word, alone, rest := lists.Word(a.text)
	own, err := lists.Addresses(tx, a.manager.ID)
	if err != nil {
		return "", false, err
	}
	rest, _ = lists.Discreet(rest, a.manager, own)
	switch {
	case word != "SEND" && word != "DROP":
		return word, len(strings.Fields(a.text)) > 1 || len(a.files) > 0 || a.text != "" && !sendable, nil
	case alone && strings.TrimSpace(rest) == "":
		return word, false, nil
	}
	return word + " …", false, nil
}

// sendHeld sends an answer that its manager has seen with all its guards, unless something new has happened since.
func (b *Letterbox) sendHeld(tx *db.Tx, in *lists.Incoming, a answer, msg message) error {
	a.text, a.commands, a.files, a.unsure = msg.text, nil, nil, false
	if err := a.checkNews(tx); err != nil {
		return err
	}
	if len(a.guards) > 0 {
		if err := msg.end(tx, stateDropped); err != nil {
			return err
		}
		return b.giveBack(tx, in.Community, a)
	}
	if err := msg.end(tx, stateReleased); err != nil {
		return err
	}
	return b.send(tx, in.Community, a)
}

func (b *Letterbox) drop(tx *db.Tx, in *lists.Incoming, c Conv, msg message) error {
	if err := msg.end(tx, stateDropped); err != nil {
		return err
	}
	words, err := templates.AnswerEnd{Code: c.Code, Member: c.Name, Subject: c.Subject}.Render()
	if err != nil {
		return err
	}
	return b.tellManager(tx, in, words)
}

// Expire is the calendar's kind for returned answers whose time is over.
const Expire calendar.Kind = "answer.expire"

// Expiry is what the calendar calls when the time of a returned answer is over.
func (b *Letterbox) Expiry() (calendar.Kind, calendar.Handler) { return Expire, b.expired }

// expired forgets a returned answer and tells its manager: the member still waits.
func (b *Letterbox) expired(tx *db.Tx, due calendar.Due) error {
	msg, err := findMessage(tx, due.Object)
	if err != nil || msg.state != stateHeld {
		return err
	}
	if err := msg.end(tx, stateExpired); err != nil {
		return err
	}
	c, err := find(tx, msg.conv)
	if err != nil {
		return err
	}
	manager, err := lists.MemberByID(tx, msg.author)
	if err != nil || !msg.sendable || !c.mayRead(manager) {
		return err // nothing was promised, or to somebody who is no manager any more
	}
	community, err := lists.CommunityByID(tx, c.Community)
	if err != nil {
		return err
	}
	words, err := templates.AnswerEnd{Code: c.Code, Member: c.Name, Subject: c.Subject, Days: heldDays}.Render()
	if err != nil {
		return err
	}
	_, err = b.Office.Send(tx, notice.ToMember(community, manager, notice.Converse, words))
	return err
}

func (b *Letterbox) tellDecided(tx *db.Tx, in *lists.Incoming, c Conv, msg message) error {
	as := templates.Dropped
	switch msg.state {
	case stateReleased:
		as = templates.Sent
	case stateExpired:
		as = templates.Expired
	}
	words, err := templates.AlreadyDecided{Community: in.Community.Name, Outcome: as, When: msg.at.In(in.Sender.Zone(in.Community)), Subject: c.Subject}.Render()
	if err != nil {
		return err
	}
	return b.tellManager(tx, in, words)
}

func (b *Letterbox) tellWords(tx *db.Tx, in *lists.Incoming, c Conv, word string) error {
	words, err := templates.ConfirmHelp{Community: in.Community.Name, Question: templates.AskAnswer, Subject: c.Subject, Member: c.Name, First: word}.Render()
	if err != nil {
		return err
	}
	return b.tellManager(tx, in, words)
}

// tellManager answers a manager's word. The question stays where it was: Reply goes there again.
func (b *Letterbox) tellManager(tx *db.Tx, in *lists.Incoming, words templates.Mail) error {
	mail := notice.Answer(in, notice.Converse, words)
	mail.To, mail.ReplyTo = in.Sender.Mailbox(), letter.Mailbox{Name: "Your answer", Address: in.To}
	_, err := b.Office.Send(tx, mail)
	return err
}

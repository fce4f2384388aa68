package backchannel

import (
	"errors"
	"slices"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/command"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// recordVerbs tell what is known, and send what waits.
func (b *Letterbox) recordVerbs() command.Table[*Call] {
	return command.Table[*Call]{
		{Name: "send", Help: "The answer of yours that came back to you goes out as it stands.", Takes: command.Nothing, Do: b.doSend},
		{Name: "who", Help: "You get a mail that says who wrote and who sees it.", Takes: command.Nothing, Do: b.doWho},
		{Name: "log", Help: "You get a mail with all that was said and done; without a letter, with what is in the audit.", Alone: true, Takes: command.Nothing, Do: b.doLog},
		{Name: "export", Args: "[notes]", Help: "You get what was said as a file (mbox), without the notes or with them.", Do: b.doExport},
	}
}

// doSend is the word SEND for people who have the letter at hand and not the question.
func (b *Letterbox) doSend(tx *db.Tx, c *Call, _ string) (string, error) {
	if c.Text != "" {
		return "", refusal.Because(refusal.Invalid, "/send sends the answer that came back to you. To send a new text, just write it, without /send.")
	}
	msg, err := heldOf(tx, c.Conv.ID, c.Manager.ID)
	if errors.Is(err, db.ErrNoRows) {
		return "", refusal.Because(refusal.NotFound, "No answer of yours waits in %s.", c.Conv.Code)
	}
	if err != nil {
		return "", err
	}
	a := answer{conv: c.Conv, manager: c.Manager, rev: msg.rev, story: c.Story, incoming: c.In}
	return "", b.sendHeld(tx, c.Community, a, msg, msg.dir == dirNote)
}

func (b *Letterbox) doWho(tx *db.Tx, c *Call, _ string) (string, error) {
	now, err := find(tx, c.Conv.ID)
	if err != nil {
		return "", err
	}
	t := templates.WhoKnows{Code: now.Code, Member: now.Name, Role: b.role(tx, now, c.Manager), Anonymous: now.Anon, Outsider: now.Member == 0 && !now.Anon}
	if err := describe(tx, now, &t); err != nil {
		return "", err
	}
	if now.Owner != 0 {
		owner, err := lists.MemberByID(tx, now.Owner)
		if err != nil {
			return "", err
		}
		t.Owner = owner.FirstName()
	}
	if err := b.sights(tx, c, now, &t); err != nil {
		return "", err
	}
	words, err := t.Render()
	if err != nil {
		return "", err
	}
	return "", b.tellPrivate(tx, c, words)
}

// describe says who the writer is, as far as managers may know: of an anonymous one, nothing.
func describe(tx *db.Tx, c Conv, t *templates.WhoKnows) error {
	if c.Anon {
		return nil
	}
	n, err := conversationsSince(tx, c, tx.Now.AddDate(-1, 0, 0))
	if err != nil {
		return err
	}
	t.Letters = n
	if c.Member == 0 {
		t.Address = c.Address.String()
		return nil
	}
	m, err := lists.MemberByID(tx, c.Member)
	if err != nil {
		return err
	}
	t.Since, t.Kind, t.Trust = m.Joined.Year(), m.Kind, m.Trust
	subs, err := lists.Subscriptions(tx, m.ID)
	if err != nil {
		return err
	}
	for _, s := range subs {
		l, err := lists.ListByID(tx, s.List)
		if err != nil {
			return err
		}
		t.Lists = append(t.Lists, l.Title())
	}
	return nil
}

// sights says which managers may see a conversation, and which of them are known to have.
func (b *Letterbox) sights(tx *db.Tx, c *Call, now Conv, t *templates.WhoKnows) error {
	readers, err := b.readers(tx, now)
	if err != nil {
		return err
	}
	seen, err := seenBy(tx, now.ID)
	if err != nil {
		return err
	}
	for _, m := range readers {
		one := templates.Sight{Name: m.FirstName()}
		if i := slices.IndexFunc(seen, func(s sight) bool { return s.manager == m.ID }); i >= 0 {
			one.Seen, one.Part = seen[i].at.In(c.Manager.Zone(c.Community)), seen[i].rev < now.Rev
		}
		t.Readers = append(t.Readers, one)
	}
	for _, id := range now.excluded {
		m, err := lists.MemberByID(tx, id)
		if err != nil {
			return err
		}
		if m.Manager() {
			t.Without = append(t.Without, m.FirstName())
		}
	}
	return nil
}

// mostLog is how many lines a log has at most; the oldest are left out.
const mostLog = 200

func (b *Letterbox) doLog(tx *db.Tx, c *Call, _ string) (string, error) {
	if c.Conv.ID == 0 {
		return b.doAudit(tx, c)
	}
	all, err := history(tx, c.Conv.ID)
	if err != nil {
		return "", err
	}
	t := templates.LetterLog{Code: c.Conv.Code, Member: c.Conv.Name, Role: b.role(tx, c.Conv, c.Manager)}
	for _, m := range all[max(0, len(all)-mostLog):] {
		q, err := quote(tx, c.Conv, m)
		if err != nil {
			return "", err
		}
		line := templates.LogLine{At: m.at.In(c.Manager.Zone(c.Community)), Who: q.Who, Text: q.Text}
		switch m.dir {
		case dirIn:
			line.Deed = "wrote"
		case dirOut:
			line.Deed = "answered"
		case dirNote:
			line.Deed = "noted, for managers only"
		default:
			line.Deed, line.Text = m.text, ""
		}
		t.Lines = append(t.Lines, line)
	}
	words, err := t.Render()
	if err != nil {
		return "", err
	}
	return "", b.tellPrivate(tx, c, words)
}

package backchannel

import (
	"errors"
	"strings"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
)

// words is what a letter says anew: without what it quotes, its signature, and whatever stands below our own marker. A letter of
// which that leaves nothing is kept whole: no human's words are lost.
func words(l *letter.Letter) string {
	said := aboveMarker(l.NewText().Text)
	if strings.TrimSpace(said) == "" {
		said = l.Text()
	}
	return strings.TrimSpace(said)
}

// aboveMarker cuts a text at the line under which mail programs quote us.
func aboveMarker(text string) string {
	lines := strings.Split(text, "\n")
	mark := strings.ToLower(templates.ReplyAbove)
	for i, line := range lines {
		if strings.Contains(strings.ToLower(line), mark) {
			return strings.TrimRight(strings.Join(lines[:i], "\n"), "\n >")
		}
	}
	return text
}

// attached are the names of what came with a letter. This version passes no files on; both sides are told.
func attached(l *letter.Letter) []string {
	var names []string
	for _, a := range l.Attachments() {
		names = append(names, a.Name)
	}
	return names
}

// notify writes a private letter anew for one manager, and puts the same into their folder.
func (b *Letterbox) notify(tx *db.Tx, in *lists.Incoming, c Conv, m lists.Member, all []lists.Member, msg message, again bool) error {
	reply, err := b.door(tx, c, in.Community.Domain, sideManager, m.ID, c.Rev)
	if err != nil {
		return err
	}
	earlier, err := earlierWords(tx, c, msg.id)
	if err != nil {
		return err
	}
	t := templates.ManagerNotice{
		Code: c.Code, Subject: telling(in.Letter, c), Text: templates.Said(msg.text), Member: c.Name, Role: role(m), Outsider: c.Member == 0,
		Unverified: in.Verdict != lists.Verified && c.Member != 0, Again: again, FromDigest: c.About.Digest, FromThread: c.About.Thread,
		NotPassed: attached(in.Letter), CopiesBeside: beside(in), Earlier: earlier, Others: others(all, m.ID),
	}
	if in.Sender.ID != 0 {
		t.Since = in.Sender.Joined.Year()
	}
	mail, err := t.Render()
	if err != nil {
		return err
	}
	return b.toManager(tx, in.Community, c, m, notice.Mail{
		From:    letter.Mailbox{Name: c.Name + " (private " + c.Code + ")", Address: in.Community.Address("managers")},
		ReplyTo: letter.Mailbox{Name: c.Name + " via managers", Address: reply}, Words: mail, Story: in.Story,
	})
}

// telling is the subject as managers see it. That of an answer to a digest says nothing; the first sentence stands in for it.
func telling(l *letter.Letter, c Conv) string {
	if !c.About.Digest.IsZero() {
		return ""
	}
	return l.Subject()
}

// beside counts the addresses outside our own to which the writer sent the letter too: managers should know that others have read it.
func beside(in *lists.Incoming) int {
	n := 0
	for _, m := range append(in.Letter.To(), in.Letter.Cc()...) {
		if m.Address.Domain != in.Community.Domain {
			n++
		}
	}
	return n
}

func others(all []lists.Member, but lists.MemberID) []string {
	var names []string
	for _, m := range all {
		if m.ID != but {
			names = append(names, m.FirstName())
		}
	}
	return names
}

// toManager sends a letter of a conversation to one manager and puts it into their folder.
func (b *Letterbox) toManager(tx *db.Tx, community lists.Community, c Conv, m lists.Member, mail notice.Mail) error {
	mail.Community, mail.To, mail.Member, mail.Kind, mail.Record, mail.Private = community, m.Mailbox(), m.ID, "p", archive.IDConversation, true
	mail.Extra = append(mail.Extra, letter.Field{Name: "List-Id", Value: "<back-channel." + community.Domain + ">"})
	last, err := lastReference(tx, c.ID, m.ID)
	if err != nil {
		return err
	}
	if last != "" {
		mail.InReplyTo, mail.References = []letter.MessageID{last}, []letter.MessageID{last}
	}
	sent, err := b.Office.Send(tx, mail)
	if err != nil {
		return err
	}
	if err := refer(tx, sent.ID, c, m.ID); err != nil {
		return err
	}
	return b.fileCopy(tx, c, m.ID, sent.Raw)
}

// acknowledge tells the writer that the letter is with the managers: once for each conversation, and not more than once an hour.
func (b *Letterbox) acknowledge(tx *db.Tx, in *lists.Incoming, c Conv, readers []lists.Member) error {
	if in.Robot || c.Acked || c.Member == 0 && !vouched(in) {
		return nil // no program is answered (D2), and nobody whose address may be another's (P16)
	}
	lately, err := ackedSince(tx, c, tx.Now.Add(-time.Hour))
	if err != nil || lately {
		return err
	}
	reply, err := b.memberDoor(tx, c, in.Community.Domain)
	if err != nil {
		return err
	}
	mail, err := templates.Acknowledgement{
		Community: in.Community.Name, Code: c.Code, Subject: in.Letter.Subject(), Managers: others(readers, 0), Outsider: c.Member == 0, NotPassed: attached(in.Letter),
	}.Render()
	if err != nil {
		return err
	}
	sent, err := b.Office.Send(tx, notice.Mail{
		Community: in.Community, To: letter.Mailbox{Name: c.Name, Address: c.Address}, Member: c.Member, ReplyTo: reply, Words: mail, Kind: "a", Record: archive.IDAck,
		InReplyTo: one(in.Letter.MessageID()), Auto: notice.Replied, Private: true, Answer: "acknowledgement", Story: in.Story,
	})
	if errors.Is(err, notice.ErrEnough) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := refer(tx, sent.ID, c, 0); err != nil {
		return err
	}
	return c.acked(tx)
}

func one(id letter.MessageID) []letter.MessageID {
	if id == "" {
		return nil
	}
	return []letter.MessageID{id}
}

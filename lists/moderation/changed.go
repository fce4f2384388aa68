package moderation

import (
	"fmt"
	"regexp"
	"strings"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

var link = regexp.MustCompile(`(?i)\b(?:https?://|www\.)[^\s<>]`)

// links counts those of its author's own in a post. What stands below a reply is somebody else's.
func links(post *letter.Letter) int {
	text := post.NewText().Text
	if len(post.InReplyTo()) == 0 {
		text = post.Text()
	}
	return len(link.FindAllString(text, -1))
}

// ask asks the author of a held letter something in a manager's words, from the role. The letter waits meanwhile.
func (d *Desk) ask(tx *db.Tx, h Held, by lists.MemberID, question string) error {
	question, err := fromRole(tx, h, by, question)
	if err != nil {
		return err
	}
	c, l, err := h.place(tx)
	if err != nil {
		return err
	}
	words, err := templates.PostAsked{Community: c.Name, List: l.Title(), Subject: h.Subject, Asked: templates.Said(question)}.Render()
	if err != nil {
		return err
	}
	if err := h.noteTalk(tx, question, ""); err != nil {
		return err
	}
	return d.back(tx, c, h, toAsked, words)
}

// giveBack gives a held letter back to its author with what a manager would like to see changed. What they write then is read by managers
// before anybody else.
func (d *Desk) giveBack(tx *db.Tx, h Held, by lists.MemberID, note string) error {
	note, err := fromRole(tx, h, by, note)
	if err != nil {
		return err
	}
	c, l, err := h.place(tx)
	if err != nil {
		return err
	}
	post, err := d.letterOf(tx, h)
	if err != nil {
		return err
	}
	t := templates.PostReturned{Community: c.Name, List: l.Title(), Subject: h.Subject, Note: templates.Said(note), Days: Days}
	t.Text, _ = notice.Whole(post)
	for _, a := range post.Attachments() {
		t.Files = append(t.Files, a.Name)
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	if err := h.again(tx, WhyFix); err != nil {
		return err
	}
	if err := h.noteTalk(tx, note, ""); err != nil {
		return err
	}
	return d.back(tx, c, h, toFix, words)
}

// fromRole makes a manager's words fit for the author of a held letter, or tells why nobody may write to them.
func fromRole(tx *db.Tx, h Held, by lists.MemberID, text string) (string, error) {
	if err := h.open(); err != nil {
		return "", err
	}
	text, err := discreet(tx, by, text)
	if err == nil && text == "" {
		err = refusal.Say(refusal.Invalid, "held.nothing")
	}
	return text, err
}

// back writes to the author.
func (d *Desk) back(tx *db.Tx, c lists.Community, h Held, s side, words templates.Mail) error {
	author, err := lists.MemberByID(tx, h.Member)
	if err != nil {
		return err
	}
	mail := notice.ToMember(c, author, notice.Asks, words)
	mail.Story = h.Story
	if mail.ReplyTo, err = d.Office.Confirm(tx, h.door(c, author, s)); err != nil {
		return err
	}
	_, err = d.Office.Send(tx, mail)
	return err
}

// tellDone tells a manager that the author was asked, or has the letter back.
func (d *Desk) tellDone(tx *db.Tx, in *lists.Incoming, h Held, asked bool) error {
	author, err := lists.MemberByID(tx, h.Member)
	if err != nil {
		return err
	}
	done, err := templates.HeldDone{Community: in.Community.Name, Asked: asked, Author: author.FirstName(), Subject: h.Subject, Days: Days}.Render()
	if err != nil {
		return err
	}
	return d.Office.SendIfDue(tx, notice.Answer(in, notice.Tells, done))
}

// answered brings what an author answered to the managers, with the letter that still waits.
func (d *Desk) answered(tx *db.Tx, in *lists.Incoming, h Held) error {
	said := strings.TrimSpace(lists.WithoutMarks(lists.WithoutDoors(in.Letter.NewText().Text)))
	if said == "" {
		return d.tellWords(tx, in, h, templates.AskAsked, "")
	}
	if err := d.roomForAnswer(tx, in, h); err != nil {
		return err
	}
	post, err := d.letterOf(tx, h)
	if err != nil {
		return err
	}
	if err := h.noteTalk(tx, h.question, said); err != nil {
		return err
	}
	if err := d.askManagers(tx, in.Community, h, post, said); err != nil {
		return err
	}
	return d.tellWith(tx, in, h, false)
}

// changed takes what an author wrote in place of the letter that was given back. It waits again, for the managers' word: they have not seen
// it, and it came as a reply to them.
func (d *Desk) changed(tx *db.Tx, in *lists.Incoming, h Held) error {
	text := strings.TrimSpace(in.Letter.NewText().Text)
	if text == "" && len(in.Letter.Files()) == 0 {
		return d.tellWords(tx, in, h, templates.AskFix, "")
	}
	if line := slashLine(text); line != "" {
		return refusal.Because(refusal.NotAllowed, "The first line of your new text begins with a slash, and such a text never goes to a list. Please write it without the slash.")
	}
	if err := d.roomForAnswer(tx, in, h); err != nil {
		return err
	}
	if err := h.change(tx, in); err != nil {
		return err
	}
	post, err := d.letterOf(tx, h)
	if err != nil {
		return err
	}
	if err := d.askManagers(tx, in.Community, h, post, ""); err != nil {
		return err
	}
	return d.tellWith(tx, in, h, true)
}

// roomForAnswer refuses an answer about a held letter that would be one too many today: each costs every manager a mail.
func (d *Desk) roomForAnswer(tx *db.Tx, in *lists.Incoming, h Held) error {
	ok, err := d.Office.MayAnswer(tx, in.Sender.Address, fmt.Sprintf("held:%d", h.ID))
	if err == nil && !ok {
		err = refusal.Because(refusal.Limit, "You have written several times about this letter today, and the managers have all of it. Please wait for their answer, or write again tomorrow.")
	}
	return err
}

// tellWith tells an author that the managers have what they wrote.
func (d *Desk) tellWith(tx *db.Tx, in *lists.Incoming, h Held, anew bool) error {
	_, l, err := h.place(tx)
	if err != nil {
		return err
	}
	words, err := templates.WithManagers{Community: in.Community.Name, Anew: anew, Subject: h.Subject, List: l.Title()}.Render()
	if err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Tells, words)
	mail.Answer = "with"
	return d.Office.SendIfDue(tx, mail)
}

// tellNewer tells a manager that the letter is not the one any more that their mail showed.
func (d *Desk) tellNewer(tx *db.Tx, in *lists.Incoming, h Held) error {
	words, err := templates.VersionGone{Community: in.Community.Name, Subject: h.Subject}.Render()
	if err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Tells, words)
	mail.Answer = "newer"
	return d.Office.SendIfDue(tx, mail)
}

// withNewText is a post with the text, and the files, of a reply in place of its own. Its place in the thread and its subject stay.
func withNewText(tx *db.Tx, l lists.List, post, reply *letter.Letter) (*letter.Letter, error) {
	from, err := post.Author()
	if err != nil {
		return nil, err
	}
	return rewritten(tx, reply, letter.Draft{
		From: from, To: []letter.Mailbox{{Address: l.Address()}}, ReplyTo: post.ReplyTo(), Subject: post.Subject(),
		InReplyTo: post.InReplyTo(), References: post.References(), Text: lists.WithoutMarks(lists.WithoutDoors(reply.NewText().Text)),
	}, l.Domain)
}

package backchannel

import (
	"fmt"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// doExport gives a manager what was said in a conversation as a file, from our own record: the letters and their answers, with notes only
// when they are asked for. No address of anybody stands in it. That it was taken stands in the log and in the audit.
func (b *Letterbox) doExport(tx *db.Tx, c *Call, args string) (string, error) {
	notes := strings.EqualFold(args, "notes")
	if args != "" && !notes {
		return "", refusal.Because(refusal.Invalid, "Behind /export there may be notes, and nothing else.")
	}
	now, err := find(tx, c.Conv.ID) // a command may stand above
	if err != nil {
		return "", err
	}
	var out parcels
	n, err := b.packConv(tx, c.Community, now, notes, &out)
	if err != nil {
		return "", err
	}
	if n == 0 {
		return "", refusal.Because(refusal.NotFound, "Nothing that was said in %s is kept any more.", now.Code)
	}
	deed, detail := "took a copy of it", "letters"
	if notes {
		deed, detail = "took a copy of it, with the notes", "letters and notes"
	}
	if err := did(tx, now, c.Manager.ID, deed); err != nil {
		return "", err
	}
	if err := audit(tx, now.Community, c.Manager.ID, "export", now.Code, detail); err != nil {
		return "", err
	}
	parts := out.done()
	for i, files := range parts {
		if c.print != nil {
			c.print(string(files[0].Data))
			continue
		}
		words, err := templates.LetterCopy{Code: now.Code, Member: now.Name, Role: b.role(tx, now, c.Manager), Said: n, Notes: notes, Part: i + 1, Parts: len(parts)}.Render()
		if err != nil {
			return "", err
		}
		if err := b.tellPrivate(tx, c, words, files...); err != nil {
			return "", err
		}
	}
	return "", nil
}

// packConv writes what was said in a conversation as messages, and counts them.
func (b *Letterbox) packConv(tx *db.Tx, community lists.Community, c Conv, notes bool, out *parcels) (n int, err error) {
	all, err := said(tx, c.ID, 0)
	if err != nil {
		return 0, err
	}
	var last []letter.MessageID
	for _, m := range all {
		if m.text == "" || m.dir == dirNote && !notes {
			continue
		}
		d, err := b.asMessage(tx, community, c, m)
		if err != nil {
			return n, err
		}
		d.InReplyTo, d.References = last, last
		raw, err := d.Bytes()
		if err != nil {
			return n, err
		}
		if err := out.add("letter-"+c.Code+".mbox", raw, d.From.Address.String(), d.Date); err != nil {
			return n, err
		}
		last = []letter.MessageID{d.MessageID}
		n++
	}
	return n, nil
}

// asMessage is one thing that was said as a message: names, and the managers' address for everybody.
func (b *Letterbox) asMessage(tx *db.Tx, community lists.Community, c Conv, m message) (letter.Draft, error) {
	q, err := quote(tx, c, m)
	if err != nil {
		return letter.Draft{}, err
	}
	managers := notice.Managers(community)
	mailbox := func(name string) letter.Mailbox { return letter.Mailbox{Name: name, Address: managers.Address} }
	d := letter.Draft{
		From: mailbox(q.Who), To: []letter.Mailbox{managers}, Subject: "[BC " + c.Code + "] " + c.Subject, Date: m.at.UTC().Truncate(time.Minute), Text: m.text,
		MessageID: letter.MessageID(fmt.Sprintf("copy-%s-%d@%s", strings.ToLower(c.Code), m.rev, community.Domain)),
	}
	switch m.dir {
	case dirOut:
		d.To = []letter.Mailbox{mailbox(c.Name)}
	case dirNote:
		d.Subject = "[note " + c.Code + "] " + c.Subject
	}
	files, err := b.filesOf(tx, m.id)
	if err != nil {
		return d, err
	}
	var enclosed notice.Mail
	enclose(&enclosed, files)
	d.Files, d.Letters = enclosed.Files, enclosed.Letters
	return d, nil
}

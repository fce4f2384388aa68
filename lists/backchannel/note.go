package backchannel

import (
	"slices"
	"strings"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/command"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// noteDoor is where a manager writes to the other managers about a conversation.
func (b *Letterbox) noteDoor(tx *db.Tx, community lists.Community, c Conv, m lists.Member) (letter.Mailbox, error) {
	return b.Office.Note(tx, "Note to the managers", notice.Door{
		Community: community, Member: m, Receiver: Receiver, Object: object(sideNote, int64(c.ID), 0), Days: tokenLife,
	})
}

// note keeps what a manager writes for the managers alone, and gives it to all of them who may see the conversation. It never goes to
// the member, has a subject and a thread of its own, and raises the revision: whoever answers without having seen it is asked first.
func (b *Letterbox) note(tx *db.Tx, community lists.Community, c Conv, by lists.Member, text, story string, files ...file) (Conv, error) {
	msg, err := record(tx, &c, message{dir: dirNote, author: by.ID, story: story, text: text, verdict: lists.Verified})
	if err != nil {
		return c, err
	}
	if err := b.keepFiles(tx, msg.id, files); err != nil {
		return c, err
	}
	readers, err := b.readers(tx, c)
	if err != nil {
		return c, err
	}
	for _, m := range readers {
		if err := b.giveNote(tx, community, c, m, by, msg, readers, files); err != nil {
			return c, err
		}
	}
	if err := saw(tx, c.ID, by.ID, c.Rev, viaMail); err != nil {
		return c, err
	}
	return c, b.refile(tx, c)
}

// giveNote sends a note to one manager, and puts it into their folder. Its writer has it in the folder only.
func (b *Letterbox) giveNote(tx *db.Tx, community lists.Community, c Conv, m, by lists.Member, msg message, readers []lists.Member, files []file) error {
	words, err := templates.NoteCopy{Code: c.Code, Subject: c.Subject, Member: c.Name, By: by.FirstName(), Text: templates.Said(msg.text), Others: others(slices.DeleteFunc(slices.Clone(readers), func(r lists.Member) bool { return r.ID == by.ID }), m.ID)}.Render()
	if err != nil {
		return err
	}
	mail := notice.ToMember(community, m, notice.Converse, words.WithHTML())
	mail.From, mail.Auto, mail.Story = letter.Mailbox{Name: "Managers' notes " + c.Code, Address: community.Address("managers")}, notice.Human, msg.story
	mail.Extra = []letter.Field{{Name: "List-Id", Value: "<back-channel-notes." + community.Domain + ">"}}
	enclose(&mail, files)
	if mail.ReplyTo, err = b.noteDoor(tx, community, c, m); err != nil {
		return err
	}
	last, err := lastReference(tx, c.ID, m.ID, aNote)
	if err != nil {
		return err
	}
	if last != "" {
		mail.InReplyTo, mail.References = []letter.MessageID{last}, []letter.MessageID{last}
	}
	if m.ID == by.ID {
		sent, err := b.Office.Write(tx, mail)
		if err != nil {
			return err
		}
		if err := refer(tx, sent.ID, reference{conv: c.ID, manager: m.ID, rev: c.Rev, what: aNote}); err != nil {
			return err
		}
		return b.Office.File(tx, sent, m.ID, FolderNotes, int64(c.ID), flagSeen)
	}
	sent, err := b.toDesk(tx, c, m.ID, mail, reference{what: aNote})
	if err != nil {
		return err
	}
	return b.Office.File(tx, sent, m.ID, FolderNotes, int64(c.ID))
}

// checkNote is what a note has to pass: it stays among managers, so that addresses and names may stand in it.
func (b *Letterbox) checkNote(tx *db.Tx, a *answer) error {
	own, err := lists.Addresses(tx, a.manager.ID)
	if err != nil {
		return err
	}
	a.text, _ = lists.Discreet(a.text, a.manager, own)
	if left := a.bag.told(); len(left) > 0 {
		a.guard(templates.Attached, 0, strings.Join(left, ", "))
	}
	if a.text = strings.TrimSpace(a.text); a.text == "" && len(a.calls) == 0 && len(a.bag.pass) == 0 {
		a.guard(templates.NoText, 0, "")
	}
	if a.wrong != nil {
		a.mistake(a.wrong)
	}
	return nil
}

// lostNote gives a note back that was sent to an address which nobody was given: we cannot know what it is about.
func (b *Letterbox) lostNote(tx *db.Tx, in *lists.Incoming) error {
	if !in.Sender.Manager() || in.Verdict != lists.Verified {
		return lists.NoSuchAddress()
	}
	if err := in.Filed(tx, "a note to an address that nobody was given"); err != nil {
		return err
	}
	words, err := templates.NoteLost{Community: in.Community.Name, Text: notice.Preview(in.Letter)}.Render()
	if err != nil {
		return err
	}
	return b.tell(tx, &Call{Manager: in.Sender, Community: in.Community, Story: in.Story, In: in}, words)
}

// noteVerbs are for what managers say to each other.
func (b *Letterbox) noteVerbs() command.Table[*Call] {
	return command.Table[*Call]{
		{Name: "note", Args: "TEXT", Help: "The text is for managers only, down to the next empty line.", Takes: command.Paragraph, Do: b.doNote},
	}
}

func (b *Letterbox) doNote(tx *db.Tx, c *Call, args string) (said string, err error) {
	if args == "" {
		return "", refusal.Because(refusal.Invalid, "Behind /note there is nothing to note.")
	}
	c.Conv, err = b.note(tx, c.Community, c.Conv, c.Manager, args, c.Story)
	c.noted = true
	if strings.Contains(args, "\n") {
		said = "Your note was kept, with all its lines. It is for managers only."
	}
	return said, err
}

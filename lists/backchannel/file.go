package backchannel

import (
	"slices"
	"strings"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/smtpd/queue"
	"backchannel/templates"
)

// Flags of a filed copy that all managers share.
const (
	flagUrgent   = `\Flagged`
	flagAnswered = `\Answered`
	flagSeen     = `\Seen`
	flagDeleted  = `\Deleted`
)

// shelves are one manager's filed copies of a conversation, by what they are.
type shelves struct {
	owner  lists.MemberID
	names  map[archive.PrivateID]string
	places []archive.PrivateMessage            // in the folder of the conversation's state
	tagged map[string][]archive.PrivateMessage // the same letters once more, by folder of a tag
	apart  []archive.PrivateMessage            // notes, and answers that came back: they stay where they are
}

// shelvesOf looks up what a manager has of a conversation.
func (b *Letterbox) shelvesOf(tx *db.Tx, c Conv, m lists.MemberID) (s shelves, err error) {
	s = shelves{owner: m, names: map[archive.PrivateID]string{}, tagged: map[string][]archive.PrivateMessage{}}
	boxes, err := b.Office.Store.PrivateMailboxes(tx, int64(m))
	if err != nil {
		return s, err
	}
	for _, box := range boxes {
		s.names[box.ID] = box.Name
	}
	parts, err := c.parts(tx)
	if err != nil {
		return s, err
	}
	for _, part := range parts {
		copies, err := b.Office.Store.PrivateOf(tx, int64(m), int64(part))
		if err != nil {
			return s, err
		}
		for _, p := range copies {
			switch name := s.names[p.Mailbox]; {
			case strings.HasPrefix(name, FolderTags+"/"):
				s.tagged[name] = append(s.tagged[name], p)
			case name == FolderNotes || name == FolderHeld:
				s.apart = append(s.apart, p)
			default:
				s.places = append(s.places, p)
			}
		}
	}
	return s, nil
}

// all is everything there is.
func (s shelves) all() []archive.PrivateMessage {
	all := slices.Concat(s.places, s.apart)
	for _, t := range s.tagged {
		all = append(all, t...)
	}
	return all
}

// refile brings every manager's copies of a conversation to where it stands now, and takes them from those who may not see it (any more).
func (b *Letterbox) refile(tx *db.Tx, c Conv) error {
	now, err := find(tx, c.ID)
	if err != nil {
		return err
	}
	if err := b.keepTime(tx, now); err != nil {
		return err
	}
	tags, err := tagsOf(tx, now.ID)
	if err != nil {
		return err
	}
	readers, err := b.readers(tx, now)
	if err != nil {
		return err
	}
	for _, m := range readers {
		s, err := b.shelvesOf(tx, now, m.ID)
		if err != nil {
			return err
		}
		if err := b.place(tx, s, now.folder(m.ID)); err != nil {
			return err
		}
		if err := b.placeTags(tx, s, now, tags); err != nil {
			return err
		}
		if err := b.share(tx, now, m.ID); err != nil {
			return err
		}
	}
	return nil
}

// place moves the letters to the folder of the conversation's state.
func (b *Letterbox) place(tx *db.Tx, s shelves, folder string) error {
	box, err := b.Office.Store.CreatePrivate(tx, int64(s.owner), folder)
	if err != nil {
		return err
	}
	for _, p := range s.places {
		if p.Mailbox == box {
			continue
		}
		if _, err := b.Office.Store.MovePrivate(tx, p.ID, box); err != nil {
			return err
		}
	}
	return nil
}

// placeTags sees to it that each letter lies in the folder of each tag, once, and in no other.
func (b *Letterbox) placeTags(tx *db.Tx, s shelves, c Conv, tags []string) error {
	for name, copies := range s.tagged {
		if slices.Contains(tags, strings.TrimPrefix(name, FolderTags+"/")) {
			continue
		}
		if err := b.expunge(tx, copies); err != nil {
			return err
		}
	}
	for _, tag := range tags {
		box, err := b.Office.Store.CreatePrivate(tx, int64(s.owner), FolderTags+"/"+tag)
		if err != nil {
			return err
		}
		for _, p := range s.places {
			there := slices.ContainsFunc(s.tagged[FolderTags+"/"+tag], func(t archive.PrivateMessage) bool { return t.MessageID == p.MessageID })
			if there {
				continue
			}
			if err := b.duplicate(tx, p, box); err != nil {
				return err
			}
		}
	}
	return nil
}

// duplicate files a letter once more, with the bytes it has.
func (b *Letterbox) duplicate(tx *db.Tx, p archive.PrivateMessage, box archive.PrivateID) error {
	raw, err := b.Office.Store.Raw(tx, p.Raw)
	if err != nil {
		return err
	}
	l, err := letter.Parse(raw)
	if err != nil {
		return err
	}
	_, err = b.Office.Store.AddPrivate(tx, archive.NewPrivate{Mailbox: box, Letter: l, Object: p.Object, Internal: p.Internal})
	return err
}

// share gives all copies the flags that managers share.
func (b *Letterbox) share(tx *db.Tx, c Conv, m lists.MemberID) error {
	s, err := b.shelvesOf(tx, c, m)
	if err != nil {
		return err
	}
	for _, p := range s.all() {
		if slices.Contains([]string{FolderNotes, FolderHeld}, s.names[p.Mailbox]) {
			continue
		}
		add, remove := []string{}, []string{flagDeleted}
		if c.Urgent {
			add = append(add, flagUrgent)
		} else {
			remove = append(remove, flagUrgent)
		}
		if c.State == WaitingMember { // a letter that was answered stays so; the next one is a new one
			add = append(add, flagAnswered)
		}
		for how, flags := range map[archive.FlagChange][]string{archive.AddFlags: add, archive.RemoveFlags: remove} {
			if len(flags) == 0 {
				continue
			}
			if _, err := b.Office.Store.StorePrivateFlags(tx, p.Mailbox, int64(m), []uint32{p.UID}, how, flags); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *Letterbox) expunge(tx *db.Tx, copies []archive.PrivateMessage) error {
	for _, p := range copies {
		if err := b.Office.Store.Expunge(tx, p.ID); err != nil {
			return err
		}
	}
	return nil
}

// takeAway removes everything of a conversation from the folders of a manager who may not see it.
func (b *Letterbox) takeAway(tx *db.Tx, c Conv, m lists.MemberID) error {
	s, err := b.shelvesOf(tx, c, m)
	if err != nil {
		return err
	}
	return b.expunge(tx, s.all())
}

// guardWord stands before the stamps of every letter about a conversation that a manager gets.
const guardWord = "conv-"

// Stampers are what the queue needs to know to send our letters to managers, by name: each asks, at the moment of sending, whether its
// reader may still see the conversation.
func (b *Letterbox) Stampers() map[string]queue.Stamper {
	all := map[string]queue.Stamper{}
	for name, s := range b.Office.Stampers() {
		all[guardWord+name] = guard{s}
	}
	for name, s := range b.Office.Stampers() {
		all[voiceWord+name] = blindfold{s, b}
	}
	return all
}

type guard struct{ queue.Stamper }

// Stamp drops a copy whose reader may not see its conversation any more.
func (g guard) Stamp(tx *db.Tx, c queue.Copy, raw func() ([]byte, error)) (queue.Message, error) {
	about, err := spokenOf(tx, c.MessageID)
	if err != nil {
		return queue.Message{}, err
	}
	ref, known, err := findReference(tx, c.MessageID)
	if err != nil {
		return queue.Message{}, err
	}
	if known && ref.manager != 0 {
		about = append(about, ref)
	}
	for _, ref := range about {
		conv, err := find(tx, ref.conv)
		if err != nil {
			return queue.Message{}, err
		}
		m, err := lists.MemberByID(tx, ref.manager)
		if err != nil {
			return queue.Message{}, err
		}
		if !conv.mayRead(m) {
			return queue.Message{}, queue.ErrDrop("it is not for this reader any more")
		}
	}
	return g.Stamper.Stamp(tx, c, raw)
}

// SendAbout sends one manager a mail that speaks of several conversations. It is dropped whole when one of them is not for its reader any
// more at the moment of sending, or its words were erased: what else stands in it is found in the folders, and in the next one.
func (b *Letterbox) SendAbout(tx *db.Tx, m lists.MemberID, mail notice.Mail, about []ConvID) error {
	mail.Guard = guardWord
	sent, err := b.Office.Send(tx, mail)
	if err != nil {
		return err
	}
	return speaks(tx, sent.ID, m, about)
}

// toDesk sends one manager a letter about a conversation, and remembers what it showed.
func (b *Letterbox) toDesk(tx *db.Tx, c Conv, m lists.MemberID, mail notice.Mail, ref reference) (notice.Sent, error) {
	mail.Guard = guardWord
	ref.conv, ref.manager, ref.rev = c.ID, m, c.Rev
	send := b.Office.Send
	if ref.what == aFiled {
		send = b.Office.Write
	}
	if mail.Community.Restricted == lists.RestrictedIMAP {
		now, err := find(tx, c.ID)
		if err != nil {
			return notice.Sent{}, err
		}
		switch {
		case !inFolders(mail.Community, now):
		case ref.what != aLetter && ref.what != aNote:
			if mail.ReplyTo.Name == viaManagers(now.Name) {
				mail.ReplyTo.Name = viaManagers(somebody)
			}
		default:
			if err := b.sayItWaits(tx, now, m, mail, ref); err != nil {
				return notice.Sent{}, err
			}
			send = b.Office.Write
		}
	}
	sent, err := send(tx, mail)
	if err != nil {
		return sent, err
	}
	return sent, refer(tx, sent.ID, ref)
}

// inFolders tells whether managers get the words of a conversation in their folders alone: nothing of them rests in a personal mailbox.
func inFolders(community lists.Community, c Conv) bool {
	return c.Restricted && community.Restricted == lists.RestrictedIMAP
}

// somebody stands for the name of a writer in addresses of mails that name none.
const somebody = "The writer,"

// viaManagers is what an address is called at which a manager answers somebody.
func viaManagers(name string) string { return name + " via managers" }

// byMail is a conversation as mails name it that rest in a personal mailbox. Where its words go into folders alone, its code stands for its
// writer and for its subject.
func byMail(community lists.Community, c Conv) Conv {
	if inFolders(community, c) {
		c.Name, c.Subject = c.Code, c.Code
	}
	return c
}

// toFolder puts a mail that quotes a conversation into its folder alone, where the words of that go nowhere else, and says so by mail. A reply
// to what lies there goes where the mail says, one to the word about it to the writer.
func (b *Letterbox) toFolder(tx *db.Tx, c Conv, m lists.Member, mail notice.Mail, ref reference) error {
	c, err := find(tx, c.ID)
	if err != nil {
		return err
	}
	if err := b.fileAlone(tx, c, m, mail, ref); err != nil {
		return err
	}
	if mail.ReplyTo, err = b.managerDoor(tx, mail.Community, c, m); err != nil {
		return err
	}
	mail.Guard = guardWord
	return b.sayItWaits(tx, c, m.ID, mail, reference{conv: c.ID, manager: m.ID, rev: c.Rev, what: aLetter})
}

// fileAlone puts a mail into the folder of a conversation and sends it to nobody.
func (b *Letterbox) fileAlone(tx *db.Tx, c Conv, m lists.Member, mail notice.Mail, ref reference) error {
	ref.conv, ref.manager, ref.rev = c.ID, m.ID, c.Rev
	sent, err := b.Office.Write(tx, mail)
	if err != nil {
		return err
	}
	if err := refer(tx, sent.ID, ref); err != nil {
		return err
	}
	return b.Office.File(tx, sent, m.ID, c.folder(m.ID), int64(c.ID))
}

// sayItWaits sends a manager, in the place of a letter or note that not all managers may see, a word that it lies in their folder: nothing of
// it rests in a personal mailbox (restricted_delivery imap, product.md B9). A reply to that word is an answer like any other.
func (b *Letterbox) sayItWaits(tx *db.Tx, c Conv, m lists.MemberID, mail notice.Mail, ref reference) error {
	folder := FolderNotes
	if ref.what == aLetter {
		folder = c.folder(m)
	}
	words, err := templates.RestrictedWaits{Code: c.Code, Note: ref.what == aNote, Folder: folder, Urgent: c.Urgent}.Render()
	if err != nil {
		return err
	}
	mail.Words, mail.Files, mail.Letters = words, nil, nil
	mail.From.Name, mail.ReplyTo.Name = "The back-channel", viaManagers(somebody)
	if ref.what == aNote {
		mail.ReplyTo.Name = "Managers' notes"
	}
	sent, err := b.Office.Send(tx, mail)
	if err != nil {
		return err
	}
	return refer(tx, sent.ID, ref)
}

// Saw notes that a manager's mail program has marked copies as read.
func (b *Letterbox) Saw(tx *db.Tx, c Conv, m lists.Member, id letter.MessageID) error {
	ref, known, err := findReference(tx, id)
	if err != nil || !known || !c.mayRead(m) {
		return err
	}
	return saw(tx, c.ID, m.ID, ref.rev, viaIMAP)
}

// DropHeld forgets the answer that came back with a filed copy: its manager has put it away.
func (b *Letterbox) DropHeld(tx *db.Tx, c Conv, m lists.Member, id letter.MessageID) error {
	ref, known, err := findReference(tx, id)
	if err != nil || !known || ref.manager != m.ID || ref.held == 0 {
		return err
	}
	msg, err := findMessage(tx, ref.held)
	if err != nil || msg.state != stateHeld {
		return err
	}
	return b.endHeld(tx, c, msg, stateDropped)
}

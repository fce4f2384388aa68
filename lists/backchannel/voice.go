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
	"backchannel/smtpd/queue"
	"backchannel/templates"
)

// voiceDomain stands for the address of somebody who writes without a name, wherever an address has to be told: in the queue, in the
// logbook. No mail host has it (RFC 6761 §6.4); where it leads is known at the moment of sending alone.
const voiceDomain = "anonymous.invalid"

// voiceAddress is how an anonymous writer is named there.
func (c Conv) voiceAddress() letter.Address {
	return letter.Address{Local: strings.ToLower(c.Code), Domain: voiceDomain}
}

// voice opens the seal of a conversation under a made-up name.
func (b *Letterbox) voice(tx *db.Tx, c Conv) (identity, error) {
	if b.Vault == nil {
		return identity{}, errSealed
	}
	s, err := sealOf(tx, c.ID)
	if err != nil {
		return identity{}, err
	}
	return b.Vault.open(s, convPurpose(c.ID))
}

// isVoice tells whether a letter is from whoever writes in a conversation under a made-up name.
func (b *Letterbox) isVoice(tx *db.Tx, in *lists.Incoming, c Conv) (bool, error) {
	if !c.Anon || c.erased || in.Sender.ID == 0 || in.Verdict == lists.Unverified || b.Vault == nil {
		return false, nil
	}
	who, err := b.voice(tx, c)
	if errors.Is(err, db.ErrNoRows) { // unsealed or erased: there is nobody any more
		return false, nil
	}
	return err == nil && who.Member == in.Sender.ID, err
}

// throughVoice takes a letter through the address of an anonymous writer. Nobody else's is taken there, and their own is never taken for
// one in their name.
func (b *Letterbox) throughVoice(tx *db.Tx, in *lists.Incoming, c Conv) error {
	mine, err := b.isVoice(tx, in, c)
	if err != nil {
		return err
	}
	if !mine {
		return lists.NoSuchAddress()
	}
	return b.fromVoice(tx, in, c)
}

// fromVoice goes on with a conversation under its made-up name. What is clean goes to the managers at a random moment within the hour;
// what may tell who it is comes back first.
func (b *Letterbox) fromVoice(tx *db.Tx, in *lists.Incoming, c Conv) error {
	if done, err := b.ownVoice(tx, in, c); err != nil || done {
		return err
	}
	if err := b.mayWriteAnon(tx, in, c.ID); err != nil {
		return err
	}
	found, err := clean(tx, in.Letter, in.Sender)
	if err != nil {
		return err
	}
	who, err := b.voice(tx, c)
	if err != nil {
		return err
	}
	if choice.MatchString(strings.TrimSpace(in.Letter.NewText().Text)) { // INCLUDE NAME, EXCLUDE NAME
		if done, err := b.writerChoice(tx, in, c); err != nil || done {
			return err
		}
	}
	d := draft{id: randomID(), community: c.Community, unsent: unsent{Who: who, Conv: c.ID, Name: c.Name, Text: found.text, Files: found.pass}}
	if !found.suspicious() {
		if err := in.Filed(tx, toManagers); err != nil {
			return err
		}
		return b.relayLater(tx, d)
	}
	found.subject = ""
	if err := b.insertDraft(tx, d); err != nil {
		return err
	}
	if err := in.Held(tx, toManagers); err != nil {
		return err
	}
	return b.preview(tx, in, d, found, "")
}

// relayVoice gives a letter to the managers, at its moment. Nothing that it writes down was there when the letter came.
func (b *Letterbox) relayVoice(tx *db.Tx, due calendar.Due) error {
	w, err := b.takeWait(tx, due.Object)
	if errors.Is(err, db.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	community, err := lists.CommunityByID(tx, w.community)
	if err != nil {
		return err
	}
	var c Conv
	if w.Conv != 0 {
		if c, err = find(tx, w.Conv); err != nil {
			return err
		}
	}
	if w.Conv == 0 || c.erased { // what was there is forgotten; these words are not
		if c, err = b.openVoice(tx, w); err != nil {
			return err
		}
	}
	return b.hearVoice(tx, community, c, w.Text, w.files())
}

// hearVoice puts a letter into a conversation under a made-up name.
func (b *Letterbox) hearVoice(tx *db.Tx, community lists.Community, c Conv, text string, files []file) error {
	if len(files) == 0 {
		if done, err := b.voiceUrges(tx, community, c, text); err != nil || done {
			return err
		}
	}
	again := c.Rev > 0
	if err := b.keepFromNamed(tx, c, text); err != nil {
		return err
	}
	c, err := find(tx, c.ID)
	if err != nil {
		return err
	}
	at, err := lastAt(tx, c.ID)
	if err != nil {
		return err
	}
	if whole := hour(tx.Now); whole.After(at) {
		at = whole
	}
	msg, err := record(tx, &c, message{dir: dirIn, text: text, verdict: lists.Verified, at: at})
	if err != nil {
		return err
	}
	if err := b.keepFiles(tx, msg.id, files); err != nil {
		return err
	}
	if c.Ombuds == OmbudsAlone {
		return b.tellOmbuds(tx, community, c, templates.MoreOfIt, nil, nil)
	}
	if err := c.heard(tx); err != nil {
		return err
	}
	if err := c.acked(tx); err != nil {
		return err
	}
	if c, err = b.timed(tx, c); err != nil {
		return err
	}
	readers, err := b.readers(tx, c)
	if err != nil {
		return err
	}
	if c.Kind == Report && len(readers) == 0 && !community.Ombuds.IsZero() {
		return b.giveToOmbuds(tx, &lists.Incoming{Community: community}, c, templates.NobodyMayRead)
	}
	if c.Kind == Report || c.Ombuds == OmbudsCopied {
		if err := b.shareWithOmbuds(tx, community, &c, readers, nil); err != nil {
			return err
		}
	}
	if _, err := b.allAway(tx, community, c, readers, again); err != nil {
		return err
	}
	mailed, _, err := b.mailed(tx, community, c, readers)
	if err != nil {
		return err
	}
	for _, m := range readers {
		if c.Kind == Report {
			err = b.bringReport(tx, community, c, m, msg, templates.ReportNotice{Again: again}, true)
		} else {
			err = b.bringVoice(tx, community, c, m, readers, msg, notified{again: again, mailed: contains(mailed, m.ID)})
		}
		if err != nil {
			return err
		}
	}
	return b.refile(tx, c)
}

// keepFromNamed applies the rules for who is named: those of reports in a report, else those of ordinary letters; but a letter that names
// everybody goes to everybody, as its writer was told before saying YES.
func (b *Letterbox) keepFromNamed(tx *db.Tx, c Conv, text string) error {
	if c.Kind == Report {
		_, err := b.keepAway(tx, c, text, false)
		return err
	}
	readers, err := b.readers(tx, c)
	if err != nil {
		return err
	}
	if c.Rev == 0 {
		text = c.Subject + "\n" + text
	}
	spoken, err := spokenIn(tx, c.ID)
	if err != nil {
		return err
	}
	named := mentions(text, readers, c.Name, true)
	if len(named) == len(readers) {
		return nil
	}
	for _, m := range named {
		if slices.Contains(spoken, m.ID) {
			continue
		}
		if err := b.Exclude(tx, c, m.ID, Named, 0); err != nil {
			return err
		}
	}
	return nil
}

// bringVoice brings a letter under a made-up name to a manager.
func (b *Letterbox) bringVoice(tx *db.Tx, community lists.Community, c Conv, m lists.Member, all []lists.Member, msg message, how notified) error {
	earlier, err := earlierWords(tx, c, msg.id)
	if err != nil {
		return err
	}
	note, err := b.noteDoor(tx, community, c, m)
	if err != nil {
		return err
	}
	named, err := b.namedOf(tx, c)
	if err != nil {
		return err
	}
	files, err := b.filesOf(tx, msg.id)
	if err != nil {
		return err
	}
	words, err := templates.ManagerNotice{
		Files: enclosed(files),
		Code:  c.Code, Subject: c.Subject, Text: templates.Said(msg.text), Member: c.Name, Role: b.role(tx, c, m), Anonymous: true, Urgent: c.Urgent, Commands: true, Again: how.again,
		Earlier: earlier, Others: others(all, m.ID), Note: note.Address.String(), Without: others(named, 0),
	}.Render()
	if err != nil {
		return err
	}
	return b.toManager(tx, community, c, m, c.shownAs(), words, "", how.mailed, files...)
}

// shownAs is the name that stands over a writer's letters to managers.
func (c Conv) shownAs() string {
	switch {
	case c.Anon:
		return c.Name + " (anonymous member, " + c.Code + ")"
	case c.Kind == Report:
		return c.Name + " (report " + c.Code + ")"
	}
	return c.Name + " (private " + c.Code + ")"
}

// voiceWord stands before the stamps of letters to people who write without a name.
const voiceWord = "voice-"

// blind makes a letter to an anonymous writer one whose copy in the queue does not know where it goes.
func (c Conv) blind(mail notice.Mail) notice.Mail {
	mail.Guard, mail.Member, mail.To = voiceWord, 0, letter.Mailbox{Name: c.Name, Address: c.voiceAddress()}
	return mail
}

// blindfold sends the copies of such letters: it opens the seal when a copy is made ready, and tells the queue to tell nobody.
type blindfold struct {
	queue.Stamper
	box *Letterbox
}

// Stamp puts the address in, and a return path that is nobody's. A copy whose reader is gone ends in the books as one that was sent: the
// difference would tell who has left.
func (v blindfold) Stamp(tx *db.Tx, c queue.Copy, raw func() ([]byte, error)) (queue.Message, error) {
	community := lists.CommunityID(c.Object)
	who, err := v.reader(tx, c.MessageID)
	if errors.Is(err, db.ErrNoRows) {
		return queue.Message{}, queue.ErrDrop(queue.Untold)
	}
	if err != nil {
		return queue.Message{}, err
	}
	to, err := v.box.whereNow(tx, community, who)
	if err != nil {
		return queue.Message{}, err
	}
	m, err := v.Stamper.Stamp(tx, c, raw)
	if err != nil {
		return m, err
	}
	if !m.From.IsZero() {
		place, err := lists.CommunityByID(tx, community)
		if err != nil {
			return m, err
		}
		if m.From, err = v.box.Office.VeiledPath(tx, place); err != nil {
			return m, err
		}
	}
	h := letter.ParseHeader(m.Head)
	if err := h.Set("To", to.String()); err != nil {
		return m, errors.New("the address of an anonymous reader cannot be written")
	}
	m.Head, m.To, m.Blind = h.Bytes(), to, true
	return m, nil
}

// reader opens the seal of whoever a letter of ours is for.
func (v blindfold) reader(tx *db.Tx, id letter.MessageID) (identity, error) {
	ref, known, err := findReference(tx, id)
	if err != nil {
		return identity{}, err
	}
	if !known {
		return v.box.mailTo(tx, id)
	}
	c, err := find(tx, ref.conv)
	if err != nil {
		return identity{}, err
	}
	return v.box.voice(tx, c)
}

// whereNow is the address of a member who writes without a name: the one they wrote from, as long as it is theirs.
func (b *Letterbox) whereNow(tx *db.Tx, c lists.CommunityID, who identity) (letter.Address, error) {
	m, known, err := lists.MemberByAddress(tx, c, who.address())
	if err != nil {
		return letter.Address{}, err
	}
	if known && m.ID == who.Member {
		return who.address(), nil
	}
	m, err = lists.MemberByID(tx, who.Member)
	if errors.Is(err, db.ErrNoRows) || err == nil && m.Address.IsZero() {
		return letter.Address{}, queue.ErrDrop(queue.Untold)
	}
	return m.Address, err
}

package backchannel

import (
	"strings"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/command"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// takeReport takes a letter to report@: from a member, whom at least the domain in From does not disown. The post it is about is the one
// that it answers, quotes by its id, or hands on.
func (b *Letterbox) takeReport(tx *db.Tx, in *lists.Incoming) error {
	if in.Sender.ID == 0 || in.Verdict == lists.Unverified {
		return noDoorFor(in, "Reports are taken from members alone, and nothing proves that this letter is from one.")
	}
	ref, c, err := b.byReference(tx, in)
	if err != nil {
		return err
	}
	if ref.manager == 0 {
		if done, err := b.own(tx, in, c); err != nil || done {
			return err
		}
		if c.Anon { // its writer answers us, and not in their own name
			return b.fromVoice(tx, in, c)
		}
	}
	if ref.conv != 0 && ref.manager == 0 && c.Kind == Report { // an answer to what we wrote about an earlier report
		_, err := b.add(tx, in, c, false)
		return err
	}
	p, _, err := b.postAbout(tx, in)
	if err != nil {
		return err
	}
	return b.Report(tx, in, p)
}

// noDoorFor refuses somebody who may not use a door of members, and names the one that is open to everybody.
func noDoorFor(in *lists.Incoming, why string) error {
	if !in.Community.Ombuds.IsZero() {
		return refusal.Because(refusal.NotAllowed, "%s Please write from the address you joined with, or to %s, who is outside and no manager.", why, in.Community.Address("ombuds"))
	}
	return refusal.Because(refusal.NotAllowed, "%s Please write from the address you joined with.", why)
}

// Report opens a report with a letter of a member: whoever it concerns is kept from it before anybody is told (B9). about is the post
// it is about; one with the id 0 is none that we know.
func (b *Letterbox) Report(tx *db.Tx, in *lists.Incoming, about archive.Post) error {
	said := words(in.Letter)
	context := Context{}
	if about.ID != 0 {
		context = Context{Object: postObject(about.ID), Thread: about.Subject}
	}
	if again, err := heardBefore(tx, Conv{Community: in.Community.ID, Member: in.Sender.ID}, in.Letter.MessageID(), said); err != nil {
		return err
	} else if again { // it came to another address of ours as well; it is one report
		return in.Filed(tx, "a report that is here already")
	}
	c, err := open(tx, in, context)
	if err != nil {
		return err
	}
	if c, err = asReport(tx, c); err != nil {
		return err
	}
	if err := b.room(tx, in, c); err != nil {
		return err
	}
	return b.hearReport(tx, in, c, said)
}

// hearReport puts a letter into a report: first it keeps away whom it concerns, then it goes to those who are left; to the ombuds as
// well when one is left, and to the ombuds alone when nobody is.
func (b *Letterbox) hearReport(tx *db.Tx, in *lists.Incoming, c Conv, said string) error {
	again := c.Rev > 0
	text := strings.Join([]string{in.Letter.Subject(), said, filesSay(unpack(in.Letter))}, "\n")
	if !again { // what a later letter quotes is ours, and names everybody who has it
		text += "\n" + in.Letter.Text()
	}
	left, err := b.keepAway(tx, c, text, !again)
	if err != nil {
		return err
	}
	if c, err = find(tx, c.ID); err != nil {
		return err
	}
	c.Address = in.From.Address
	msg, err := record(tx, &c, message{dir: dirIn, author: in.Sender.ID, story: in.Story, msgid: in.Letter.MessageID(), text: said, verdict: in.Verdict})
	if err != nil {
		return err
	}
	if err := b.keepFiles(tx, msg.id, c.bag(in.Letter).pass); err != nil {
		return err
	}
	if err := c.heard(tx); err != nil {
		return err
	}
	if err := b.warm(tx, in.Community, c); err != nil {
		return err
	}
	readers, err := b.readers(tx, c)
	switch {
	case err != nil:
		return err
	case len(readers) == 0 && !in.Community.Ombuds.IsZero():
		if err := in.Filed(tx, "a report for the ombuds"); err != nil {
			return err
		}
		return b.giveToOmbuds(tx, in, c, templates.NobodyMayRead)
	case len(readers) == 0:
		if err := in.Held(tx, "a report about everybody who could read it"); err != nil {
			return err
		}
		return b.askMayRead(tx, in, c, "")
	}
	if err := b.shareWithOmbuds(tx, in.Community, &c, readers, in); err != nil {
		return err
	}
	if c, err = b.timed(tx, c); err != nil { // before anybody is told by when to answer
		return err
	}
	for _, m := range readers {
		if err := b.notifyReport(tx, in, c, m, msg, again); err != nil {
			return err
		}
	}
	if err := b.refile(tx, c); err != nil {
		return err
	}
	away, err := b.allAway(tx, in.Community, c, readers, again)
	if err != nil {
		return err
	}
	if err := in.Filed(tx, "a report for the managers"); err != nil {
		return err
	}
	return b.acknowledgeReport(tx, in, c, templates.ReportReceived{Without: left, With: others(readers, 0), Again: again, AwayUntil: away})
}

// shareWithOmbuds gives the ombuds a copy of a report that one manager alone may read.
func (b *Letterbox) shareWithOmbuds(tx *db.Tx, community lists.Community, c *Conv, readers []lists.Member, in *lists.Incoming) error {
	if community.Ombuds.IsZero() || c.Ombuds == OmbudsOut && len(readers) > 1 {
		return nil
	}
	why := templates.OneMayRead
	if c.Ombuds == OmbudsCopied {
		why = templates.MoreOfIt
	} else if err := setOmbuds(tx, c, OmbudsCopied); err != nil {
		return err
	}
	return b.tellOmbuds(tx, community, *c, why, others(readers, 0), in)
}

// notifyReport brings a new letter of a report to one manager.
func (b *Letterbox) notifyReport(tx *db.Tx, in *lists.Incoming, c Conv, m lists.Member, msg message, again bool) error {
	return b.bringReport(tx, in.Community, c, m, msg, templates.ReportNotice{Again: again, Unverified: in.Verdict != lists.Verified, NotPassed: c.bag(in.Letter).told()}, true)
}

// bringReport writes a report anew for one manager, and puts it into their folder. t has what is known only to the caller.
func (b *Letterbox) bringReport(tx *db.Tx, community lists.Community, c Conv, m lists.Member, msg message, t templates.ReportNotice, mailed bool) error {
	t.Code, t.Subject, t.Text, t.Member, t.Role = c.Code, c.Subject, templates.Said(msg.text), c.Name, b.role(tx, c, m)
	t.Anonymous, t.Urgent, t.OmbudsToo = c.Anon, c.Urgent, c.Ombuds == OmbudsCopied
	readers, err := b.readers(tx, c)
	if err != nil {
		return err
	}
	t.Others = others(readers, m.ID)
	for _, id := range c.excluded {
		one, err := lists.MemberByID(tx, id)
		if err != nil {
			return err
		}
		if one.Manager() {
			t.Without = append(t.Without, one.FirstName())
		}
	}
	if t.Earlier == nil {
		if t.Earlier, err = earlierWords(tx, c, msg.id); err != nil {
			return err
		}
	}
	if err := b.postInReport(tx, c, m, &t); err != nil {
		return err
	}
	note, err := b.noteDoor(tx, community, c, m)
	if err != nil {
		return err
	}
	t.Note = note.Address.String()
	files, err := b.filesOf(tx, msg.id)
	if err != nil {
		return err
	}
	t.Files, t.Sealed = enclosed(files), sealedIn(files)
	words, err := t.Render()
	if err != nil {
		return err
	}
	return b.toManager(tx, community, c, m, c.shownAs(), words, msg.story, mailed, files...)
}

// acknowledgeReport tells who reports with whom it is, and who cannot see it: at once, and again when that has changed. t has what is known
// of that to the caller.
func (b *Letterbox) acknowledgeReport(tx *db.Tx, in *lists.Incoming, c Conv, t templates.ReportReceived) error {
	t.NotPassed = c.bag(in.Letter).told()
	if in.Robot || t.Again && len(t.Without) == 0 && len(t.NotPassed) == 0 {
		return nil
	}
	t.Community, t.Code, t.Ombuds, t.OmbudsToo, t.Unverified = in.Community.Name, c.Code, ombudsDoor(in.Community), c.Ombuds == OmbudsCopied, in.Verdict != lists.Verified
	if !t.Again {
		paced, err := b.paced(tx, in.Community, c)
		if err != nil {
			return err
		}
		t.Hours = paced.Duty.Urgent
	}
	return b.tellReporter(tx, in, c, t)
}

// tellReporter sends who reports a word about the report.
func (b *Letterbox) tellReporter(tx *db.Tx, in *lists.Incoming, c Conv, t templates.ReportReceived) error {
	words, err := t.Render()
	if err != nil {
		return err
	}
	mail := notice.Mail{
		Community: in.Community, From: letter.Mailbox{Name: in.Community.Name + " reports", Address: in.Community.Address("managers")},
		Words: words, Kind: notice.Acks, Auto: notice.Replied, Private: true, Story: in.Story,
	}
	if !t.Turned {
		if id := in.Letter.MessageID(); id != "" {
			mail.InReplyTo = []letter.MessageID{id}
		}
	}
	if err := b.writeWriter(tx, c, mail); err != nil {
		return err
	}
	return c.acked(tx)
}

// writeWriter sends a letter to whoever began a conversation, with their door as Reply-To, and remembers it as a part of it.
func (b *Letterbox) writeWriter(tx *db.Tx, c Conv, mail notice.Mail) error {
	_, err := b.sendWriter(tx, c, mail)
	return err
}

// sendWriter is writeWriter for those who need to know that letter again.
func (b *Letterbox) sendWriter(tx *db.Tx, c Conv, mail notice.Mail) (sent notice.Sent, err error) {
	if mail.To, err = c.writer(tx); err != nil {
		return sent, err
	}
	mail.Member = c.Member
	if mail.ReplyTo.Address.IsZero() {
		if mail.ReplyTo, err = b.writerDoor(tx, mail.Community, c); err != nil {
			return sent, err
		}
	}
	if c.Anon {
		mail = c.blind(mail)
	}
	if sent, err = b.Office.Send(tx, mail); err != nil {
		return sent, err
	}
	return sent, refer(tx, sent.ID, reference{conv: c.ID, rev: c.Rev, what: aLetter})
}

// reportVerbs are for what must not be seen by everybody.
func (b *Letterbox) reportVerbs() command.Table[*Call] {
	return command.Table[*Call]{
		{Name: "report", Help: "The letter is a report from now on: whoever it is about does not see it, and it is answered sooner.", Takes: command.Nothing, Do: b.doReport},
		{Name: "outcome", Args: "explained|warned|hold|removed|nothing [ADDRESS]", After: true, Help: "The report is decided. The member it is about gets a letter from the managers (not with \"nothing\"), the one who reported gets a closing letter with the text below, and the letter is closed. ADDRESS says whom it is about when that is not plain.", Do: b.doOutcome},
	}
}

// doReport makes a report of an ordinary letter. The rules of reports are applied before anything else, to the manager who says so, too.
func (b *Letterbox) doReport(tx *db.Tx, c *Call, _ string) (string, error) {
	now, err := find(tx, c.Conv.ID)
	switch {
	case err != nil:
		return "", err
	case now.Kind == Report:
		return "", refusal.Because(refusal.Conflict, "%s is a report already.", now.Code)
	}
	if err := did(tx, now, c.Manager.ID, "made a report of it"); err != nil {
		return "", err
	}
	if now, err = asReport(tx, now); err != nil {
		return "", err
	}
	text, err := wordsOf(tx, now)
	if err != nil {
		return "", err
	}
	left, err := b.keepAway(tx, now, text, true)
	if err != nil {
		return "", err
	}
	if now, err = find(tx, now.ID); err != nil {
		return "", err
	}
	readers, err := b.readers(tx, now)
	in := &lists.Incoming{Community: c.Community, Story: c.Story}
	switch {
	case err != nil:
		return "", err
	case len(readers) == 0 && c.Community.Ombuds.IsZero():
		return "", refusal.Because(refusal.NotAllowed, "It is about everybody who could read it, and this community has no ombuds, so nothing was changed.")
	case len(readers) == 0:
		return now.Code + " is with the ombuds now.", b.giveToOmbuds(tx, in, now, templates.NobodyMayRead)
	}
	if err := b.shareWithOmbuds(tx, c.Community, &now, readers, nil); err != nil {
		return "", err
	}
	paced, err := b.paced(tx, c.Community, now)
	if err != nil {
		return "", err
	}
	t := templates.ReportReceived{
		Community: c.Community.Name, Code: now.Code, Without: left, With: others(readers, 0), Ombuds: ombudsDoor(c.Community), OmbudsToo: now.Ombuds == OmbudsCopied,
		Again: true, Turned: true, Hours: paced.Duty.Urgent,
	}
	if err := b.tellReporter(tx, in, now, t); err != nil {
		return "", err
	}
	if err := b.refile(tx, now); err != nil || !now.mayRead(c.Manager) {
		return "", err
	}
	return now.Code + " is a report now.", nil
}

// wordsOf is all that the writer of a conversation has said in it, with its subject.
func wordsOf(tx *db.Tx, c Conv) (text string, err error) {
	all, err := said(tx, c.ID, 0)
	text = c.Subject
	for _, m := range all {
		if m.dir == dirIn {
			text += "\n" + m.text
		}
	}
	return text, err
}

// afterChoice gives the ombuds a copy when somebody's word has left one manager alone with a report.
func (b *Letterbox) afterChoice(tx *db.Tx, community lists.Community, c Conv) error {
	now, err := find(tx, c.ID)
	if err != nil || now.Ombuds != OmbudsOut {
		return err
	}
	readers, err := b.readers(tx, now)
	if err != nil {
		return err
	}
	return b.shareWithOmbuds(tx, community, &now, readers, nil)
}

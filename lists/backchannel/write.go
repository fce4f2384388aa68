package backchannel

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/notice"
	"backchannel/templates"
)

// words is what a private letter says anew: without what it quotes and its signature, and without addresses of ours that were its
// writer's alone. A letter of which that leaves nothing is kept whole: no human's words are lost. A line that looks like ours is set
// in, so that nobody takes what stands below it for our word.
func words(l *letter.Letter) string {
	said := strings.TrimSpace(tidyEnd(l.NewText().Text) + "\n\n" + belowMarker(l))
	if said == "" {
		said = l.Text()
	}
	lines := strings.Split(lists.WithoutDoors(said), "\n")
	for at := markedAt(lines); at >= 0; at = markedAt(lines) {
		lines[at] = "> " + strings.ReplaceAll(lines[at], "===", "")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// belowMarker is what somebody wrote below our own letter, when their mail program quotes without marks: what stands under the line by
// which we are known, and under the last line of ours.
func belowMarker(l *letter.Letter) string {
	lines := strings.Split(l.Text(), "\n")
	at := slices.IndexFunc(lines, func(line string) bool {
		return strings.HasPrefix(strings.ToLower(line), strings.ToLower(templates.ReplyAbove))
	})
	if at < 0 {
		return ""
	}
	lines = lines[at+1:]
	end := slices.IndexFunc(lines, func(line string) bool { return lists.Watermark(line) != "" })
	return strings.TrimSpace(letter.TrimText(strings.Join(lines[end+1:], "\n")).Text)
}

// bag is what came with a letter of a conversation. Of somebody without a name nothing is passed on: a file shows more than its writer
// knows (product.md B10).
func (c Conv) bag(l *letter.Letter) baggage {
	bag := unpack(l)
	if !c.Anon {
		return bag
	}
	for _, f := range bag.pass {
		bag.left = append(slices.Clip(bag.left), leftFile{f.name, "a file could show who you are"})
	}
	bag.pass = nil
	return bag
}

// enclose puts files into a letter. An encrypted letter is put in as a letter, so that mail programs can open it.
func enclose(mail *notice.Mail, files []file) {
	for _, f := range files {
		if f.kind == kindLetter {
			mail.Letters = append(mail.Letters, f.data)
			continue
		}
		mail.Files = append(mail.Files, letter.File{Name: f.name, Type: f.kind, Data: f.data})
	}
}

// enclosed tells what is put in.
func enclosed(files []file) (names []string) {
	for _, f := range files {
		switch {
		case f.kind == kindLetter:
		case f.author:
			names = append(names, f.name+" (its author's name may stand inside)")
		default:
			names = append(names, f.name)
		}
	}
	return names
}

// sealedIn tells whether an encrypted letter is among files.
func sealedIn(files []file) bool {
	return slices.ContainsFunc(files, func(f file) bool { return f.kind == kindLetter })
}

// notified says how a manager gets a letter.
type notified struct {
	again  bool // the conversation was open already
	mailed bool // by mail, and not into the folder alone
}

// notify writes a private letter anew for one manager, and puts the same into their folder.
func (b *Letterbox) notify(tx *db.Tx, in *lists.Incoming, c Conv, m lists.Member, all []lists.Member, msg message, how notified) error {
	earlier, err := earlierWords(tx, c, msg.id)
	if err != nil {
		return err
	}
	t := templates.ManagerNotice{
		Code: c.Code, Subject: telling(in.Letter, c), Text: templates.Said(msg.text), Member: c.Name, Role: b.role(tx, c, m), Outsider: c.Member == 0,
		Anonymous: c.Anon, Urgent: c.Urgent, Commands: true,
		Unverified: in.Verdict != lists.Verified && (c.Member != 0 || !in.Vouched()), Again: how.again, FromDigest: c.About.Digest, FromThread: c.About.Thread,
		NotPassed: c.bag(in.Letter).told(), CopiesBeside: beside(in), Earlier: earlier, Others: others(all, m.ID),
	}
	bag := c.bag(in.Letter)
	t.Files, t.Sealed = enclosed(bag.pass), bag.sealed
	if q, _, err := b.quotePost(tx, c); err != nil {
		return err
	} else if q != nil && !how.again {
		t.Earlier = append(t.Earlier, templates.Quote{Who: q.Who + ", on the list", Text: q.Text})
	}
	switch {
	case c.Anon:
	case c.Member == 0:
		t.Address, t.Advert = in.From.Address.String(), advertPoints(in.Letter) >= advertising
	default:
		if err := b.standing(tx, in.Sender, &t); err != nil {
			return err
		}
	}
	if !c.Due.IsZero() {
		t.Due = c.Due.In(m.Zone(in.Community))
	}
	note, err := b.noteDoor(tx, in.Community, c, m)
	if err != nil {
		return err
	}
	t.Note = note.Address.String()
	named, err := b.namedOf(tx, c)
	if err != nil {
		return err
	}
	t.Without = others(named, 0)
	if t.Foreign, err = tongueToShow(tx, in.Community, msg.text, all); err != nil {
		return err
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	return b.toManager(tx, in.Community, c, m, c.shownAs(), words, in.Story, how.mailed, bag.pass...)
}

// standing says who a member is, in a few words.
func (b *Letterbox) standing(tx *db.Tx, writer lists.Member, t *templates.ManagerNotice) (err error) {
	t.Since, t.Kind, t.Trust = writer.Joined.Year(), writer.Kind, writer.Trust
	t.Posts, err = b.Office.Store.PostCount(tx, int64(writer.Community), int64(writer.ID))
	return err
}

// present shows a manager a conversation that is not new: the last letter with what was said before it. why is one sentence.
func (b *Letterbox) present(tx *db.Tx, community lists.Community, c Conv, m lists.Member, why string) error {
	return b.show(tx, community, c, m, why, true)
}

// show is present, by mail or into the folder alone.
func (b *Letterbox) show(tx *db.Tx, community lists.Community, c Conv, m lists.Member, why string, mailed bool) error {
	now, err := find(tx, c.ID)
	if err != nil {
		return err
	}
	asked, err := lastAsked(tx, c.ID)
	if err != nil {
		return err
	}
	earlier, err := earlierWords(tx, now, asked.id)
	if err != nil {
		return err
	}
	later, err := newsSince(tx, now, asked.rev, 0)
	if err != nil {
		return err
	}
	if now.Kind == Report {
		return b.bringReport(tx, community, now, m, asked, templates.ReportNotice{
			Why: why, Again: true, Unverified: asked.verdict != lists.Verified && now.Member != 0, Earlier: append(earlier, later...),
		}, mailed)
	}
	readers, err := b.readers(tx, now)
	if err != nil {
		return err
	}
	note, err := b.noteDoor(tx, community, now, m)
	if err != nil {
		return err
	}
	var due time.Time
	if !now.Due.IsZero() {
		due = now.Due.In(m.Zone(community))
	}
	t := templates.ManagerNotice{
		Due: due, Code: now.Code, Subject: now.Subject, Text: templates.Said(asked.text), Member: now.Name, Role: b.role(tx, now, m), Outsider: now.Member == 0,
		Unverified: asked.verdict != lists.Verified && now.Member != 0, FromDigest: now.About.Digest, FromThread: now.About.Thread,
		Earlier: append(earlier, later...), Others: others(readers, m.ID), Note: note.Address.String(), Commands: true, Why: why, Anonymous: now.Anon, Urgent: now.Urgent,
	}
	switch {
	case now.Anon:
	case now.Member == 0:
		t.Address = now.Address.String()
	default:
		writer, err := lists.MemberByID(tx, now.Member)
		if err != nil {
			return err
		}
		if err := b.standing(tx, writer, &t); err != nil {
			return err
		}
	}
	files, err := b.filesOf(tx, asked.id)
	if err != nil {
		return err
	}
	t.Files, t.Sealed = enclosed(files), sealedIn(files)
	words, err := t.Render()
	if err != nil {
		return err
	}
	return b.toManager(tx, community, now, m, now.shownAs(), words, asked.story, mailed, files...)
}

// telling is the subject as managers see it. That of an answer to a digest says nothing; the first sentence stands in for it.
func telling(l *letter.Letter, c Conv) string {
	if !c.About.Digest.IsZero() {
		return ""
	}
	return plainSubject(l.Subject())
}

var ourMark = regexp.MustCompile(`(?i)^\s*(?:(?:re|aw|antw|sv|vs)\s*:|\[private\]|\[bc [0-9a-z]{4}\])`)

// plainSubject is a subject without the marks that we and mail programs put in front of it, so that they do not pile up.
func plainSubject(s string) string {
	for {
		mark := ourMark.FindString(s)
		if mark == "" {
			return strings.TrimSpace(s)
		}
		s = s[len(mark):]
	}
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

// toManager sends a letter of a conversation to one manager, under a name that tells whose words it brings, and puts it into their folder;
// or, when it is not to be mailed, into the folder alone.
func (b *Letterbox) toManager(tx *db.Tx, community lists.Community, c Conv, m lists.Member, from string, words templates.Mail, story string, mailed bool, files ...file) error {
	mail := notice.ToMember(community, m, notice.Converse, words.WithHTML())
	mail.From, mail.Auto, mail.Story, mail.Hour = letter.Mailbox{Name: from, Address: community.Address("managers")}, notice.Human, story, c.Anon
	mail.Extra = []letter.Field{{Name: "List-Id", Value: "<back-channel." + community.Domain + ">"}}
	enclose(&mail, files)
	var err error
	if mail.ReplyTo, err = b.managerDoor(tx, community, c, m); err != nil {
		return err
	}
	last, err := lastReference(tx, c.ID, m.ID, aLetter)
	if err != nil {
		return err
	}
	if last != "" {
		mail.InReplyTo, mail.References = []letter.MessageID{last}, []letter.MessageID{last}
	}
	ref := reference{what: aLetter}
	if !mailed {
		ref.what = aFiled
	}
	sent, err := b.toDesk(tx, c, m.ID, mail, ref)
	if err != nil {
		return err
	}
	now, err := find(tx, c.ID)
	if err != nil {
		return err
	}
	return b.Office.File(tx, sent, m.ID, now.folder(m.ID), int64(c.ID))
}

// toTell is what a writer has to hear of, however often they have heard already that letters of theirs arrive.
type toTell struct {
	left    []lists.Member // managers whom the letter names, and who have not got it
	removed []string       // people whose address was taken out of it
	asked   bool           // the writer waits for that word
}

// acknowledge tells the writer that the letter is with the managers: once for each conversation and not more than once an hour, a
// stranger once a day, and whoever waits for that word or left a file behind each time.
func (b *Letterbox) acknowledge(tx *db.Tx, in *lists.Incoming, c Conv, readers []lists.Member, of toTell) (done bool, err error) {
	if c.Anon || in.Robot || in.Verdict == lists.Unverified && !in.Vouched() {
		return false, nil // somebody without a name was told before, in no language of theirs; no program is answered (D2), and nobody whose address may be another's (P16)
	}
	if c.Member == 0 && !of.asked && advertPoints(in.Letter) >= advertising {
		return false, nil // an answer would tell the sender that somebody is here (B15b)
	}
	behind := c.bag(in.Letter).told()
	if !of.asked && len(of.left) == 0 && len(of.removed) == 0 && (c.Member == 0 || len(behind) == 0) {
		if known, err := b.knows(tx, c); err != nil || known {
			return false, err
		}
	}
	subject := plainSubject(in.Letter.Subject())
	if in.Name.Kind == address.Confirm { // it was a word about the letter
		subject = c.Subject
	}
	t := templates.Acknowledgement{Community: in.Community.Name, Code: c.Code, Subject: subject, Outsider: c.Member == 0, NotPassed: behind, Sealed: unpack(in.Letter).sealed}
	mail := notice.Answer(in, notice.Acks, templates.Mail{})
	mail.To.Name, mail.Answer = c.Name, "acknowledgement"
	if c.Member != 0 { // a stranger learns no name, and is given no address of their own before a person answers (B15b)
		t.Managers, t.Without = others(readers, 0), others(of.left, 0)
		if err := b.offerPost(tx, in.Community, c, &t); err != nil {
			return false, err
		}
		t.Removed, t.KeptDays = of.removed, textDays
		if !in.Community.OmbudsLost(tx.Now) {
			t.Doors.Ombuds = ombudsDoor(in.Community)
		}
		if err := b.expect(tx, in.Community, c, readers, &t); err != nil {
			return false, err
		}
		if mail.ReplyTo, err = b.writerDoor(tx, in.Community, c); err != nil {
			return false, err
		}
	}
	if mail.Language, err = foreign(tx, in.Community, words(in.Letter), readers); err != nil {
		return false, err
	}
	_, t.Foreign = templates.ParseLanguage(mail.Language)
	if !t.Foreign {
		mail.Language = "" // there is no text in it
	}
	if mail.Words, err = t.Render(); err != nil {
		return false, err
	}
	sent, err := b.Office.Send(tx, mail)
	if err == notice.ErrEnough {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := refer(tx, sent.ID, reference{conv: c.ID, rev: c.Rev, what: aLetter}); err != nil {
		return false, err
	}
	return true, c.acked(tx)
}

// knows tells whether the writer was told lately that letters of theirs arrive.
func (b *Letterbox) knows(tx *db.Tx, c Conv) (bool, error) {
	pause := time.Hour
	if c.Member == 0 {
		pause = 24 * time.Hour
	}
	if c.Acked {
		return true, nil
	}
	return ackedSince(tx, c, tx.Now.Add(-pause))
}

package backchannel

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
)

// withhold keeps an ordinary letter from the managers whom it names, before anybody is told of it (B9). Who has answered in the
// conversation is a part of it: the writer knows that they read. It gives the managers who were left out by this letter.
func (b *Letterbox) withhold(tx *db.Tx, in *lists.Incoming, c Conv, said string) ([]lists.Member, error) {
	if c.Anon || c.Kind == Report || in.Robot || in.Verdict == lists.Unverified && !in.Vouched() {
		return nil, nil // reports have rules of their own; the others could not be asked
	}
	readers, err := b.readers(tx, c)
	if err != nil {
		return nil, err
	}
	spoken, err := spokenIn(tx, c.ID)
	if err != nil {
		return nil, err
	}
	named, err := namedBy(tx, in, c.Name, said, readers)
	if err != nil {
		return nil, err
	}
	var left []lists.Member
	for _, m := range named {
		if slices.Contains(spoken, m.ID) {
			continue
		}
		if err := b.Exclude(tx, c, m.ID, Named, 0); err != nil {
			return nil, err
		}
		now, err := find(tx, c.ID)
		if err != nil {
			return nil, err
		}
		if !now.mayRead(m) {
			left = append(left, m)
		}
	}
	return left, nil
}

// namedBy are those of the managers whom an ordinary letter of somebody names: in its subject, its words or what came with it.
func namedBy(tx *db.Tx, in *lists.Incoming, writer, said string, managers []lists.Member) ([]lists.Member, error) {
	text := strings.Join([]string{plainSubject(in.Letter.Subject()), said, filesSay(unpack(in.Letter))}, "\n")
	return namedIn(tx, in.Community.ID, text, writer, managers, true)
}

// namedIn are those of the managers whom a text names: by a name, or by any address of theirs.
func namedIn(tx *db.Tx, c lists.CommunityID, text, writer string, managers []lists.Member, greetings bool) ([]lists.Member, error) {
	found := mentions(text, managers, writer, greetings)
	for _, a := range addressesIn(text) {
		m, known, err := lists.MemberByAddress(tx, c, a.address)
		if err != nil {
			return nil, err
		}
		if known && contains(managers, m.ID) && !contains(found, m.ID) {
			found = append(found, m)
		}
	}
	return found, nil
}

// filesSay is what stands in the names of a letter's files, and in those of them that are plain texts. People write names of files small
// and in one piece: here "theo_shouting2.png" is three words that are written as names.
func filesSay(bag baggage) string {
	var said []string
	for _, name := range bag.all() {
		var words strings.Builder
		before := ' '
		for _, r := range name {
			switch {
			case !unicode.IsLetter(r):
				r = ' '
			case !unicode.IsLetter(before):
				r = unicode.ToUpper(r)
			case unicode.IsUpper(r) && unicode.IsLower(before):
				words.WriteRune(' ')
			}
			words.WriteRune(r)
			before = r
		}
		said = append(said, words.String())
	}
	for _, f := range bag.pass {
		if f.kind == kindText {
			said = append(said, string(f.data))
		}
	}
	return strings.Join(said, "\n")
}

// namedOf are the managers who may not see a letter because it names them.
func (b *Letterbox) namedOf(tx *db.Tx, c Conv) (all []lists.Member, err error) {
	excluded, err := exclusions(tx, c.ID)
	if err != nil {
		return nil, err
	}
	for _, e := range excluded {
		if e.Reason != Named && (c.Kind != Report || e.Reason != Concerned) {
			continue
		}
		m, err := lists.MemberByID(tx, e.Manager)
		if err != nil {
			return nil, err
		}
		if m.Manager() {
			all = append(all, m)
		}
	}
	return all, nil
}

// MayRead is the calendar's kind for letters that name everybody who could read them.
const MayRead calendar.Kind = "letter.may-read"

// askMayRead asks the writer whether the managers whom a letter names may read it. Until then nobody sees it.
func (b *Letterbox) askMayRead(tx *db.Tx, in *lists.Incoming, c Conv, first string) error {
	named, err := b.namedOf(tx, c)
	if err != nil {
		return err
	}
	t := templates.MayRead{Community: in.Community.Name, Code: c.Code, Subject: c.Subject, Ombuds: ombudsDoor(in.Community), Days: heldDays, First: first}
	if c.Member != 0 { // a stranger learns no names
		t.Names = others(named, 0)
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	d := notice.Door{Community: in.Community, Receiver: Receiver, Object: object(sideMay, int64(c.ID), 0), Days: 2 * heldDays}
	if c.Member != 0 {
		if d.Member, err = lists.MemberByID(tx, c.Member); err != nil {
			return err
		}
	}
	mail := notice.Answer(in, notice.Converse, words)
	mail.To.Name = c.Name
	if mail.ReplyTo, err = b.Office.Confirm(tx, d); err != nil {
		return err
	}
	sent, err := b.Office.Send(tx, mail)
	if err != nil {
		return err
	}
	if err := refer(tx, sent.ID, reference{conv: c.ID, rev: c.Rev, what: aLetter}); err != nil {
		return err
	}
	return calendar.Set(tx, MayRead, int64(c.ID), tx.Now.AddDate(0, 0, heldDays))
}

// decideMayRead takes the writer's word about that.
func (b *Letterbox) decideMayRead(tx *db.Tx, in *lists.Incoming, c Conv) error {
	mine := c.Member != 0 && in.Sender.ID == c.Member && in.Verdict != lists.Unverified || c.isOutsider(in)
	if !mine || in.Token.Revoked {
		return lists.NoSuchAddress()
	}
	if err := in.Filed(tx, "a writer's word about who may read a letter"); err != nil {
		return err
	}
	readers, err := b.readers(tx, c)
	if err != nil {
		return err
	}
	word, alone, _ := lists.Word(in.Letter.NewText().Text)
	switch {
	case len(readers) > 0 || c.State == Closed:
		return b.tellMayRead(tx, in.Community, c, templates.MayReadEnd{}, in)
	case alone && word == "YES":
		return b.letRead(tx, in, c)
	case alone && word == "OMBUDS" && !in.Community.Ombuds.IsZero():
		return b.giveToOmbuds(tx, in, c, templates.WriterWishes)
	case alone && (word == "DROP" || word == "NO"):
		if err := b.forget(tx, c, "dropped"); err != nil {
			return err
		}
		return b.tellMayRead(tx, in.Community, c, templates.MayReadEnd{}, in)
	}
	return b.askMayRead(tx, in, c, word)
}

// letRead gives a letter to the managers whom it names, as its writer wishes.
func (b *Letterbox) letRead(tx *db.Tx, in *lists.Incoming, c Conv) error {
	named, err := b.namedOf(tx, c)
	if err != nil {
		return err
	}
	for _, m := range named {
		if err := b.Include(tx, c, m.ID); err != nil {
			return err
		}
	}
	if err := calendar.Clear(tx, MayRead, int64(c.ID)); err != nil {
		return err
	}
	now, err := find(tx, c.ID)
	if err != nil {
		return err
	}
	for _, m := range named {
		if err := b.present(tx, in.Community, now, m, ""); err != nil {
			return err
		}
	}
	if err := b.refile(tx, now); err != nil {
		return err
	}
	_, err = b.acknowledge(tx, in, now, named, toTell{asked: true})
	return err
}

// tellMayRead tells the writer how it ended. in is their word; nil when the clock decided.
func (b *Letterbox) tellMayRead(tx *db.Tx, community lists.Community, c Conv, t templates.MayReadEnd, in *lists.Incoming) error {
	t.Community, t.Code, t.Subject, t.Managers = community.Name, c.Code, c.Subject, community.Address("managers").String()
	words, err := t.Render()
	if err != nil {
		return err
	}
	mail := notice.Mail{Community: community, ReplyTo: notice.Managers(community), Words: words, Kind: notice.Converse, Auto: notice.Generated, Private: true}
	if in != nil {
		mail.Auto, mail.Story = notice.Replied, in.Story
	}
	return b.writeWriter(tx, c, mail)
}

// unasked forgets a letter of whose writer we heard no word.
func (b *Letterbox) unasked(tx *db.Tx, due calendar.Due) error {
	c, err := find(tx, ConvID(due.Object))
	if err != nil || c.State == Closed {
		return err
	}
	readers, err := b.readers(tx, c)
	if err != nil || len(readers) > 0 {
		return err
	}
	if err := b.forget(tx, c, "dropped"); err != nil {
		return err
	}
	community, err := lists.CommunityByID(tx, c.Community)
	if err != nil {
		return err
	}
	return b.tellMayRead(tx, community, c, templates.MayReadEnd{Days: heldDays}, nil)
}

var choice = regexp.MustCompile(`(?i)^(INCLUDE|EXCLUDE)\s+(\p{L}[\p{L}\s.'’-]{0,60}?)\s*[.!]?$`)

// writerChoice does what a writer wishes about who reads their letter: "INCLUDE THEO", alone. Anything else is a letter (R7), and so are
// such words of a stranger, who could learn by them who manages a community.
func (b *Letterbox) writerChoice(tx *db.Tx, in *lists.Incoming, c Conv) (done bool, err error) {
	found := choice.FindStringSubmatch(strings.TrimSpace(in.Letter.NewText().Text))
	if found == nil || c.ID == 0 || c.Member == 0 && !c.Anon || in.Verdict != lists.Verified {
		return false, nil
	}
	all, err := lists.Managers(tx, c.Community)
	if err != nil {
		return false, err
	}
	m, err := pick(all, found[2])
	if err != nil {
		return false, nil // nobody of that name: a letter with these words
	}
	include := strings.EqualFold(found[1], "INCLUDE")
	t := templates.WriterChoice{Community: in.Community.Name, Code: c.Code, Subject: c.Subject, Name: m.FirstName(), Included: include}
	readers, err := b.readers(tx, c)
	switch {
	case err != nil:
		return false, err
	case m.ID == c.Member:
		return false, nil
	case include && c.Ombuds == OmbudsAlone: // the YES that the ombuds would ask for
		return true, b.handOver(tx, in, c, m, true)
	case include && !c.mayRead(m):
		if err = b.Include(tx, c, m.ID); err == nil {
			err = b.present(tx, in.Community, c, m, c.Name+" lets you see this letter.")
		}
	case !include && c.mayRead(m) && len(readers) == 1:
		if c.Kind == Report && !in.Community.Ombuds.IsZero() {
			if err := b.Exclude(tx, c, m.ID, Asked, 0); err != nil {
				return false, err
			}
			if err := b.choiceFiled(tx, in, c); err != nil {
				return false, err
			}
			return true, b.giveToOmbuds(tx, in, c, templates.NobodyMayRead)
		}
		t.Last, t.Ombuds = true, ombudsDoor(in.Community)
	case !include:
		err = b.Exclude(tx, c, m.ID, Asked, 0)
	}
	if err == nil && c.Kind == Report {
		err = b.afterChoice(tx, in.Community, c)
	}
	if err != nil {
		return false, err
	}
	return true, b.tellChoice(tx, in, c, t)
}

func (b *Letterbox) tellChoice(tx *db.Tx, in *lists.Incoming, c Conv, t templates.WriterChoice) error {
	now, err := find(tx, c.ID)
	if err != nil {
		return err
	}
	readers, err := b.readers(tx, now)
	if err != nil {
		return err
	}
	t.Managers = others(readers, 0)
	words, err := t.Render()
	if err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Converse, words)
	if c.Anon {
		mail.InReplyTo, mail.Story = nil, ""
	}
	if err := b.writeWriter(tx, c, mail); err != nil {
		return err
	}
	return b.choiceFiled(tx, in, c)
}

// choiceFiled notes that a writer's word about who may read was heard. Of somebody without a name the log tells no more than that there was
// a private letter, and the letter is not kept.
func (b *Letterbox) choiceFiled(tx *db.Tx, in *lists.Incoming, c Conv) error {
	if !c.Anon {
		return in.Filed(tx, "a writer's word about who may read a letter")
	}
	if err := in.Filed(tx, "a private letter for the managers"); err != nil {
		return err
	}
	return b.Office.Store.DropLetter(tx, in.ID)
}

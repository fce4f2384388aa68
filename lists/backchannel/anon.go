package backchannel

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// The numbers of anonymous letters (B10).
const (
	mostVoices   = 3                // letters of one member that are not closed
	soonest      = 10 * time.Minute // from YES to the managers
	latest       = 60 * time.Minute //
	blockDays    = 30               // for which /block silences a voice
	anonWord     = "anon"           // the local part
	namedWord    = "NAME ME"        // "send it in my own name"
	withFileWord = "WITH FILE"      // "send what is attached, too"
)

// The calendar's kinds of anonymous letters.
const (
	AnonRelay   calendar.Kind = "anon.relay"  // one goes to the managers
	DraftExpire calendar.Kind = "anon.expire" // one whose writer has not said YES is forgotten
)

func purpose(word string, id int64) string { return fmt.Sprintf("%s:%d", word, id) }
func convPurpose(c ConvID) string          { return purpose("conv", int64(c)) }
func draftPurpose(id int64) string         { return purpose("draft", id) }
func waitPurpose(id int64) string          { return purpose("wait", id) }
func blockPurpose(id int64) string         { return purpose("block", id) }
func hour(t time.Time) time.Time           { return t.UTC().Truncate(time.Hour) }

// ombudsHint names the ombuds where there is one.
func ombudsHint(c lists.Community) string {
	if c.Ombuds.IsZero() {
		return ""
	}
	return fmt.Sprintf(" There is the ombuds, too: %s.", c.Address("ombuds"))
}

// toManagers is what the books say of a letter without a name, should it come by a way that nothing veils (a held post that was given to the
// managers): the same as of one with a name.
const toManagers = "a private letter for the managers"

// takeAnon takes a letter to anon@: nothing of it reaches a manager before its writer has seen what they would see, and said YES.
func (b *Letterbox) takeAnon(tx *db.Tx, in *lists.Incoming) error {
	switch {
	case in.Sender.ID == 0 || in.Verdict == lists.Unverified:
		return noDoorFor(in, "Letters without a name are taken from members alone, and nothing proves that this one is from a member.")
	case b.Vault == nil:
		return refusal.Because(refusal.Unavailable, "Letters without a name cannot be taken at the moment. Nothing was kept of this one.")
	}
	if err := b.mayWriteAnon(tx, in, 0); err != nil {
		return err
	}
	n, err := b.voicesOf(tx, in.Community, in.Sender.ID)
	if err != nil {
		return err
	}
	if n >= mostVoices {
		return refusal.Because(refusal.Limit, "Three letters of yours without a name are open already, or wait for your YES. Please go on in those, or write again when one is closed.%s", ombudsHint(in.Community))
	}
	d := draft{id: randomID(), community: in.Community.ID}
	d.Who = writes(in)
	if d.Name, err = newName(tx, in.Community.ID); err != nil {
		return err
	}
	c, err := clean(tx, in.Letter, in.Sender)
	if err != nil {
		return err
	}
	c.copies = beside(in)
	d.Subject, d.Text, d.Files = c.subject, c.text, c.pass
	if err := b.insertDraft(tx, d); err != nil {
		return err
	}
	if err := in.Held(tx, toManagers); err != nil {
		return err
	}
	return b.preview(tx, in, d, c, "")
}

// mayWriteAnon says why somebody may not write without a name now: too few members to hide among, or managers who do not want to hear
// the voice for a while. conv is the conversation that goes on; 0 begins one.
func (b *Letterbox) mayWriteAnon(tx *db.Tx, in *lists.Incoming, conv ConvID) error {
	members, err := lists.CountActive(tx, in.Community.ID)
	if err != nil {
		return err
	}
	if members < lists.FewestForAnon && conv == 0 {
		return refusal.Because(refusal.NotAllowed, "%s has %d members. Among so few, everybody would know who writes, so we do not pretend otherwise: please write to %s in your own name.%s",
			in.Community.Name, members, in.Community.Address("managers"), ombudsHint(in.Community))
	}
	all, err := blocks(tx, in.Community.ID)
	if err != nil {
		return err
	}
	for _, one := range all {
		if conv != 0 && one.conv != conv {
			continue // that this voice falls silent, too, would tell who it is
		}
		who, err := b.Vault.open(one.who, blockPurpose(one.id))
		if errors.Is(err, errSealed) {
			continue
		}
		if err != nil {
			return err
		}
		if who.Member == in.Sender.ID {
			return refusal.Because(refusal.NotAllowed, "The managers take no letters without a name from this voice until %s. They do not know whose it is. Please write to %s in your own name.%s",
				one.until.In(in.Sender.Zone(in.Community)).Format("2 January 2006"), in.Community.Address("managers"), ombudsHint(in.Community))
		}
	}
	return nil
}

// voicesOf counts the open letters of a member without a name: conversations, letters on their way, letters that wait for a YES. It opens
// the seals; the member's name goes nowhere.
func (b *Letterbox) voicesOf(tx *db.Tx, c lists.Community, m lists.MemberID) (n int, err error) {
	count := func(s sealed, purpose string) error {
		who, err := b.Vault.open(s, purpose)
		if err == nil && who.Member == m {
			n++
		}
		if errors.Is(err, errSealed) {
			return nil // of a key that was lost: nobody can tell, and nobody should have to be silent for it
		}
		return err
	}
	for _, kept := range []func(*db.Tx, lists.CommunityID) ([]draft, error){b.drafts, b.waits} {
		all, err := kept(tx, c.ID)
		if err != nil {
			return 0, err
		}
		for _, d := range all {
			if d.Conv == 0 && d.Who.Member == m {
				n++
			}
		}
	}
	open, err := openVoices(tx, c.ID)
	if err != nil {
		return 0, err
	}
	for _, id := range open {
		s, err := sealOf(tx, id)
		if err != nil {
			return 0, err
		}
		if err := count(s, convPurpose(id)); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// preview shows the writer exactly what managers would see.
func (b *Letterbox) preview(tx *db.Tx, in *lists.Incoming, d draft, c cleaned, first string) error {
	members, err := lists.CountActive(tx, d.community)
	if err != nil {
		return err
	}
	t := templates.AnonPreview{
		Community: in.Community.Name, Name: d.Name, Subject: d.Subject, Text: templates.Said(d.Text), Signature: max(0, c.signature), Addresses: c.addresses, Others: c.others,
		Files: c.files, Held: held(d, c), With: enclosed(d.files()), Copies: c.copies, Shows: c.shows, Forwarded: c.forwarded, Unsure: c.unsure, Members: members, Days: heldDays, First: first, Ombuds: ombudsDoor(in.Community), Again: d.Conv != 0,
	}
	if t.Without, t.All, err = b.namedInDraft(tx, d); err != nil {
		return err
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	sent, err := b.toNobody(tx, notice.Answer(in, notice.Converse, words), writes(in), d.id)
	if err != nil {
		return err
	}
	return noteTrace(tx, d.id, sent.Stored)
}

// writes is who sent a letter, for the seal.
func writes(in *lists.Incoming) identity {
	return identity{Member: in.Sender.ID, Local: in.From.Address.Local, Domain: in.From.Address.Domain}
}

// toNobody sends the writer of a draft a letter about it. Its row in the queue, its story and its stored bytes do not know whom it is for:
// the backup of a quiet day would show who got mail when somebody wrote without a name.
func (b *Letterbox) toNobody(tx *db.Tx, mail notice.Mail, who identity, draft int64) (notice.Sent, error) {
	var err error
	mail.From = letter.Mailbox{Name: "The managers' letterbox", Address: mail.Community.Address("managers")}
	if mail.ReplyTo, err = b.draftDoor(tx, mail.Community, draft); err != nil {
		return notice.Sent{}, err
	}
	mail.Guard, mail.Member, mail.Story = voiceWord, 0, ""
	mail.To = letter.Mailbox{Address: letter.Address{Local: "letterbox-" + strconv.FormatInt(draft, 36), Domain: voiceDomain}}
	sent, err := b.Office.Send(tx, mail)
	if err != nil {
		return sent, err
	}
	if err := b.noteMail(tx, sent.ID, who); err != nil {
		return sent, err
	}
	return sent, noteRef(tx, sent.ID, draft)
}

// draftDoor is where the writer decides. It bears nobody's name.
func (b *Letterbox) draftDoor(tx *db.Tx, c lists.Community, id int64) (letter.Mailbox, error) {
	return b.Office.Confirm(tx, notice.Door{Community: c, Receiver: Receiver, Object: object(sideAnon, id, 0), Days: 2 * heldDays})
}

// namedInDraft are the managers whom a letter names, who would not get it; when it names all, all get it, and the writer is told before.
func (b *Letterbox) namedInDraft(tx *db.Tx, d draft) (names []string, all bool, err error) {
	managers, err := lists.Managers(tx, d.community)
	if err != nil {
		return nil, false, err
	}
	named := mentions(d.Subject+"\n"+d.Text, managers, d.Name, true)
	return others(named, 0), len(named) == len(managers) && len(named) > 0, nil
}

// decideAnon takes the writer's word about a letter without a name.
func (b *Letterbox) decideAnon(tx *db.Tx, in *lists.Incoming, id int64) error {
	d, found, err := b.findDraft(tx, id)
	switch {
	case err != nil:
		return err
	case in.Sender.ID == 0 || in.Verdict == lists.Unverified || b.Vault == nil:
		return lists.NoSuchAddress()
	case ownWord(in) == "FORGET" && (!found || d.Who.Member == in.Sender.ID):
		return b.forgetUnnamed(tx, in, d, found)
	case !found:
		if err := in.Filed(tx, toManagers); err != nil {
			return err
		}
		return b.endDraft(tx, in, id, templates.AnonEnd{Outcome: templates.AnonDecided})
	}
	if d.Who.Member != in.Sender.ID {
		return lists.NoSuchAddress()
	}
	text := strings.TrimSpace(in.Letter.NewText().Text)
	word, alone, _ := lists.Word(text)
	line := strings.ToUpper(strings.Join(strings.Fields(strings.Trim(firstLine(text), " .!\r")), " "))
	switch {
	case (line == withFileWord || line == withFileWord+"S") && len(d.Files) > 0:
		if err := in.Filed(tx, toManagers); err != nil {
			return err
		}
		d.With = true
		if err := b.changeDraft(tx, d); err != nil {
			return err
		}
		return b.preview(tx, in, d, cleaned{shows: shownOfDraft(tx, d, in.Sender)}, "")
	case line == namedWord || line == "NAMED" || line == "NAME":
		return b.sendNamed(tx, in, d)
	case alone && word == "YES":
		return b.sendAnon(tx, in, d)
	case alone && (word == "NO" || word == "DROP"):
		if err := in.Filed(tx, toManagers); err != nil {
			return err
		}
		return b.forgetDraft(tx, in, d, templates.AnonEnd{Outcome: templates.AnonDropped})
	}
	if err := in.Filed(tx, toManagers); err != nil {
		return err
	}
	c, err := clean(tx, in.Letter, in.Sender)
	if err != nil {
		return err
	}
	if line == withFileWord || len(strings.Fields(c.text)) < 3 || slices.Contains([]string{"YES", "NO", "DROP", "WITH", "SEND"}, word) {
		again := cleaned{shows: shownOfDraft(tx, d, in.Sender)}
		return b.preview(tx, in, d, again, firstLine(text))
	}
	c.subject = d.Subject
	d.Text = c.text
	if len(c.pass) > 0 { // other files than before: its writer says anew whether they go
		d.Files, d.With = c.pass, false
	}
	if err := b.changeDraft(tx, d); err != nil {
		return err
	}
	return b.preview(tx, in, d, c, "")
}

// held are the names of what could go with a letter and does not yet.
func held(d draft, c cleaned) (names []string) {
	if d.With {
		return nil
	}
	if len(c.names) > 0 {
		return c.names
	}
	for _, p := range d.Files {
		names = append(names, p.Name)
	}
	return names
}

// shownOfDraft finds anew what is telling in a draft.
func shownOfDraft(tx *db.Tx, d draft, m lists.Member) []string {
	own, err := lists.Addresses(tx, m.ID)
	if err != nil {
		return nil
	}
	return shownOf(d.Subject, d.Text, m, own)
}

// sendAnon sends a letter on its way: it waits for a random moment, under another number, and everything that lies about it elsewhere is
// destroyed.
func (b *Letterbox) sendAnon(tx *db.Tx, in *lists.Incoming, d draft) error {
	if err := b.mayWriteAnon(tx, in, d.Conv); err != nil {
		return err
	}
	if strings.TrimSpace(d.Text) == "" && len(d.files()) == 0 {
		if err := in.Filed(tx, toManagers); err != nil {
			return err
		}
		return b.preview(tx, in, d, cleaned{}, "YES")
	}
	if err := in.Filed(tx, toManagers); err != nil {
		return err
	}
	if err := b.relayLater(tx, d); err != nil {
		return err
	}
	return b.forgetDraft(tx, in, d, templates.AnonEnd{Outcome: templates.AnonSent})
}

// relayLater has a letter wait for its moment.
func (b *Letterbox) relayLater(tx *db.Tx, d draft) error {
	if !d.With {
		d.Files = nil
	}
	return b.insertWait(tx, d, tx.Now.Add(soonest+time.Duration(random(int((latest-soonest)/time.Second)))*time.Second))
}

// sendNamed gives the letter to the managers in its writer's own name.
func (b *Letterbox) sendNamed(tx *db.Tx, in *lists.Incoming, d draft) error {
	if d.Conv != 0 { // the other words of that conversation would get its name with it
		if err := in.Filed(tx, toManagers); err != nil {
			return err
		}
		return b.preview(tx, in, d, cleaned{shows: shownOfDraft(tx, d, in.Sender)}, namedWord)
	}
	draft := letter.Draft{
		From: in.From, To: []letter.Mailbox{{Address: in.Community.Address("managers")}}, Subject: d.Subject, Date: tx.Now.UTC(),
		MessageID: letter.NewMessageID("n", in.Community.Domain), Text: d.Text,
	}
	for _, p := range d.Files { // in one's own name they go as always
		draft.Files = append(draft.Files, letter.File{Name: p.Name, Type: p.Kind, Data: p.Data})
	}
	raw, err := draft.Bytes()
	if err != nil {
		return err
	}
	l, err := letter.Parse(raw)
	if err != nil {
		return err
	}
	named := *in
	named.Letter, named.Token, named.Quoted = l, nil, nil
	if _, err := b.take(tx, &named, Context{}, true); err != nil {
		return err
	}
	return b.destroy(tx, d.id)
}

// forgetDraft destroys a draft and tells its writer how it ended.
func (b *Letterbox) forgetDraft(tx *db.Tx, in *lists.Incoming, d draft, end templates.AnonEnd) error {
	if err := b.destroy(tx, d.id); err != nil {
		return err
	}
	return b.endDraft(tx, in, d.id, end)
}

// forgetUnnamed does what FORGET says at the door of a letter without a name: it forgets the letter that waits there. Behind the door of one that
// is decided nothing tells which conversation it became, so all are forgotten that its writer has without a name.
func (b *Letterbox) forgetUnnamed(tx *db.Tx, in *lists.Incoming, d draft, waits bool) error {
	if !waits && in.Verdict != lists.Verified {
		return notYours("FORGET")
	}
	if err := in.Filed(tx, toManagers); err != nil {
		return err
	}
	if waits {
		return b.forgetDraft(tx, in, d, templates.AnonEnd{Outcome: templates.AnonDropped})
	}
	if err := b.eraseVoices(tx, in.Sender, 0, tx.Now); err != nil {
		return err
	}
	return b.endDraft(tx, in, randomID(), templates.AnonEnd{Outcome: templates.AnonAll})
}

// endDraft tells the writer how a letter ended, and names nobody else. A reply to that goes to where the draft was.
func (b *Letterbox) endDraft(tx *db.Tx, in *lists.Incoming, id int64, t templates.AnonEnd) error {
	t.Community, t.Anon, t.Managers = in.Community.Name, in.Community.Address(anonWord).String(), in.Community.Address("managers").String()
	words, err := t.Render()
	if err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Converse, words)
	if t.Outcome == templates.AnonDecided {
		mail.Answer = "anon-decided"
	}
	if _, err = b.toNobody(tx, mail, writes(in), id); err == notice.ErrEnough {
		return nil
	}
	return err
}

// draftExpired forgets a letter whose writer has said nothing, and tells them.
func (b *Letterbox) draftExpired(tx *db.Tx, due calendar.Due) error {
	d, found, err := b.findDraft(tx, due.Object)
	if err != nil || !found {
		return err
	}
	community, err := lists.CommunityByID(tx, d.community)
	if err != nil {
		return err
	}
	if err := b.destroy(tx, d.id); err != nil {
		return err
	}
	words, err := templates.AnonEnd{
		Community: community.Name, Outcome: templates.AnonExpired, Days: heldDays, Anon: community.Address(anonWord).String(), Managers: community.Address("managers").String(),
	}.Render()
	if err != nil {
		return err
	}
	_, err = b.toNobody(tx, notice.Mail{Community: community, Words: words, Kind: notice.Converse, Auto: notice.Generated, Private: true}, d.Who, d.id)
	return err
}

// aboutDraft finds the draft that a letter answers by an id of ours.
func aboutDraft(tx *db.Tx, in *lists.Incoming) (draft int64, found bool, err error) {
	for _, id := range append(in.Letter.InReplyTo(), in.Letter.References()...) {
		if draft, found, err = anonRef(tx, id); err != nil || found {
			return draft, found, err
		}
	}
	return 0, false, nil
}

// Package backchannel is the private door to the managers. It promises that what a member writes here is seen by the managers of the
// community and by nobody else; that every manager can answer it from an ordinary mail program, by Reply; that the member then hears
// from the managers' role, and that no address, header or signature of a manager leaves with the answer; and that an answer about
// which anything is unclear comes back to the one who wrote it instead of going out.
//
// Nothing that comes in is passed on. Both sides get new letters, written from a short list of what may be in them: the words, a name
// for the writer, addresses of ours. A conversation is found by the token in the address, or by our own Message-ID together with the
// same verified sender; never by a subject.
package backchannel

import (
	"errors"
	"slices"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/notice"
	"backchannel/lists/relay"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// Receiver is our name at the mailroom, and in the rows of our tokens.
const Receiver = "backchannel"

// Letterbox takes private letters and answers.
type Letterbox struct {
	Office *notice.Office
	Press  *relay.Press // takes what leaves for a list
	Vault  *Vault       // seals who writes without a name; nil: nobody can
	Calmer Calmer       // calms threads down
	// Waiting counts the posts that wait for a manager; nil counts none. Moderation is no matter of ours.
	Waiting func(tx *db.Tx, c lists.CommunityID) (int, error)

	// Inviter invites those whom a manager's words name; nil: nobody can be invited. Membership is no matter of ours.
	Inviter func(tx *db.Tx, c lists.Community, by lists.Member, words string) (said string, err error)

	Erasers []Eraser // the other rooms in which private words may lie

	Counter Counter // makes the figures that managers are told; nil: there are none
}

// Context is what a letter is about, where its door knows that.
type Context struct {
	Digest time.Time // the digest it answers; zero: none
	Thread string    // the subject of the thread it is about
	Object string    // the same for machines, as in "issue:12"
	Tag    string    // under which it is found and counted; "" is none
}

// Receive takes a letter to the managers, a letter through a personal address, or an answer to one of our questions.
func (b *Letterbox) Receive(tx *db.Tx, in *lists.Incoming) error {
	if in.Veiled && len(in.Also) > 0 {
		return refusal.Because(refusal.NotAllowed, "A letter without your name goes to %s alone: what goes to other addresses beside it bears your name. Please send it again, to that address only.", in.To)
	}
	if in.Token == nil && in.Name.Kind == address.Note {
		return b.lostNote(tx, in)
	}
	if in.Token == nil && in.Name.Form == address.Role {
		switch in.Name.Word {
		case "report":
			return b.takeReport(tx, in)
		case anonWord:
			return b.takeAnon(tx, in)
		case "ombuds":
			return b.takeForOmbuds(tx, in)
		}
	}
	if in.Token == nil || in.Token.Receiver != Receiver {
		return b.Take(tx, in, Context{})
	}
	side, id, rev, ok := readObject(in.Token.Object)
	if !ok {
		return lists.NoSuchAddress()
	}
	if in.Over(tx.Now) { // also when the calendar is behind
		return lists.NoSuchAddress()
	}
	switch side {
	case sideHeld:
		return b.decide(tx, in, id)
	case sideAnon:
		return b.decideAnon(tx, in, id)
	case sideUnseal:
		return b.decideUnseal(tx, in, id)
	case sideOwn:
		return b.decideOwn(tx, in, ConvID(id), rev)
	case sideElse:
		return b.decideElsewhere(tx, in, id)
	case sideRemoval:
		return b.decideRemoval(tx, in, id)
	}
	if side == sideHeat {
		return b.fromHeat(tx, in, id)
	}
	if side == sideFigures {
		return b.fromFigures(tx, in)
	}
	if side == sideConsent || side == sideDraft {
		return b.decideText(tx, in, id, side == sideDraft)
	}
	c, err := find(tx, ConvID(id))
	if errors.Is(err, db.ErrNoRows) {
		return lists.NoSuchAddress()
	} else if err != nil {
		return err
	}
	if side != sideVoice && (side != sideHand || !c.Anon) { // nothing tells which letter came before which words without a name
		if err := comes(tx, c.ID, in.Story); err != nil {
			return err
		}
	}
	switch side {
	case sideVoice:
		return b.throughVoice(tx, in, c)
	case sideHand:
		return b.decideHandOver(tx, in, c, lists.MemberID(rev))
	case sideManager, sideNote:
		return b.fromManager(tx, in, c, rev, side == sideNote)
	case sideMay:
		return b.decideMayRead(tx, in, c)
	case sideOmbuds:
		return b.fromOmbuds(tx, in, c)
	}
	return b.throughToken(tx, in, c, side)
}

// throughToken continues a conversation from the writer's side. Whoever else holds the address is nobody here: a token is not a
// person (R6).
func (b *Letterbox) throughToken(tx *db.Tx, in *lists.Incoming, c Conv, side side) error {
	same := side == sideMember && c.Member != 0 && in.Sender.ID == c.Member
	if side == sideOutside {
		same = c.isOutsider(in)
	}
	switch {
	case same && in.Token.Live(tx.Now) && (in.Verdict != lists.Unverified || side == sideOutside):
		if done, err := b.own(tx, in, c); err != nil || done {
			return err
		}
		_, err := b.add(tx, in, c, false)
		return err
	case in.Sender.ID != 0 && in.Verdict == lists.Verified:
		// A member's own letter through an address that is somebody else's, or has expired, is a letter to the managers.
		return b.Take(tx, in, Context{})
	case side == sideMember && c.Member != 0 && int64(c.Member) == in.Token.Member:
		return b.elsewhere(tx, in, Context{}, c.ID)
	}
	return lists.NoSuchAddress()
}

// isOutsider tells whether a letter is from the one outside whose conversation this is.
func (c Conv) isOutsider(in *lists.Incoming) bool {
	return c.Member == 0 && !c.Anon && in.From.Address.Key() == c.Address.Key() && in.Vouched()
}

// File takes a letter that its author, asked, gave to the managers. told says that the author was told so, whatever they were told
// before.
func (b *Letterbox) File(tx *db.Tx, in *lists.Incoming) (told bool, err error) {
	return b.take(tx, in, Context{}, true)
}

// Take opens a conversation with a letter, or adds it to the one it belongs to.
func (b *Letterbox) Take(tx *db.Tx, in *lists.Incoming, about Context) error {
	_, err := b.take(tx, in, about, false)
	return err
}

func (b *Letterbox) take(tx *db.Tx, in *lists.Incoming, about Context, asked bool) (told bool, err error) {
	if in.From.Address.IsZero() {
		return false, refusal.Because(refusal.Malformed, "A letter needs exactly one address in its From field. Please send it again from your ordinary mail program.")
	}
	if in.Verdict == lists.Unverified && !in.Vouched() && in.Name.Word != "postmaster" && in.Name.Word != "abuse" {
		return false, lists.NoSuchAddress() // a stranger's robot is not our managers' reading (D2, P16); postmaster always works (M22)
	}
	if id, found, err := aboutDraft(tx, in); err != nil {
		return false, err
	} else if found { // its program ignored Reply-To: this is no letter in the writer's own name
		return true, b.decideAnon(tx, in, id)
	}
	if done, err := b.unease(tx, in, about, asked); err != nil || done {
		return done, err
	}
	if done, err := b.handedOn(tx, in, &about, asked); err != nil || done {
		return done, err
	}
	ref, c, err := b.byReference(tx, in)
	if err == nil && ref.manager == 0 && !asked && !c.Anon {
		if done, err := b.own(tx, in, c); err != nil || done {
			return false, err
		}
	}
	switch {
	case err != nil:
		return false, err
	case ref.manager == theOmbuds: // no manager may read what the ombuds writes about it
		return true, b.fromOmbuds(tx, in, c)
	case ref.conv == 0 && !asked && in.Sender.Manager() && slashed(in.Letter):
		return false, b.alone(tx, in)
	case ref.what == aConsent && !asked:
		return false, b.decideText(tx, in, ref.held, ref.manager != 0)
	case ref.conv != 0 && ref.manager == 0 && c.Anon:
		return true, b.fromVoice(tx, in, c)
	case ref.manager != 0 && ref.held != 0 && !asked:
		return false, b.decide(tx, in, ref.held)
	case ref.manager != 0 && !asked:
		return false, b.fromManager(tx, in, c, ref.rev, ref.what == aNote)
	case ref.manager != 0: // "for the managers, and for nobody else" is no answer to the member
		c = Conv{}
	case ref.conv == 0:
		if c, err = b.recent(tx, in, about); err != nil {
			return false, err
		}
	}
	if c.ID == 0 {
		if c, err = open(tx, in, about); err != nil {
			return false, err
		}
	}
	return b.add(tx, in, c, asked)
}

// byReference finds the conversation that a letter answers by a Message-ID of ours, when the same verified sender wrote it: a client
// may have ignored Reply-To (R5). The reference tells on which side; it is zero for a letter that answers nothing.
func (b *Letterbox) byReference(tx *db.Tx, in *lists.Incoming) (reference, Conv, error) {
	if in.Verdict != lists.Verified && (in.Sender.ID != 0 || !in.Vouched()) {
		return reference{}, Conv{}, nil
	}
	for _, id := range append(in.Letter.InReplyTo(), in.Letter.References()...) {
		ref, found, err := findReference(tx, id)
		if err != nil {
			return reference{}, Conv{}, err
		}
		if !found {
			continue
		}
		c, err := find(tx, ref.conv)
		if err != nil {
			return reference{}, Conv{}, err
		}
		mine := ref.manager == 0 && (c.Member != 0 && c.Member == in.Sender.ID || c.isOutsider(in)) || ref.manager != 0 && ref.manager == in.Sender.ID
		mine = mine || ref.manager == theOmbuds && ref.what != aNote && isOmbuds(in) // that a letter waits they tell the managers
		if !mine && ref.manager == 0 && c.Anon {
			if mine, err = b.isVoice(tx, in, c); err != nil {
				return reference{}, Conv{}, err
			}
		}
		if c.Community == in.Community.ID && mine {
			return ref, c, nil
		}
	}
	return reference{}, Conv{}, nil
}

// together is how soon after each other two letters of one member about the same thing are one conversation (B2).
const together = 30 * time.Minute

// recent is the conversation of that kind that a new letter goes on with; zero when there is none. A letter about somebody who may read
// that one begins another: what they have cannot be taken from them without telling that there is more.
func (b *Letterbox) recent(tx *db.Tx, in *lists.Incoming, about Context) (Conv, error) {
	if in.Sender.ID == 0 || in.Verdict != lists.Verified {
		return Conv{}, nil
	}
	c, err := findRecent(tx, in.Community.ID, in.Sender.ID, about.Object, tx.Now.Add(-together))
	if err != nil || c.ID == 0 {
		return c, err
	}
	readers, err := b.readers(tx, c)
	if err != nil {
		return Conv{}, err
	}
	if named, err := namedBy(tx, in, c.Name, words(in.Letter), readers); err != nil || len(named) > 0 {
		return Conv{}, err
	}
	return c, nil
}

// How many letters a day managers take from one sender, and from one who is not verified (B15b).
const (
	lettersADay   = 30
	strangersADay = 10
)

// add puts a letter into its conversation, gives it to the managers and tells its writer, once, that it is there; asked tells that the
// writer waits for that word.
func (b *Letterbox) add(tx *db.Tx, in *lists.Incoming, c Conv, asked bool) (told bool, err error) {
	if c.Anon { // nothing below knows how to keep a name
		return true, b.throughVoice(tx, in, c)
	}
	if err := comes(tx, c.ID, in.Story); err != nil {
		return false, err
	}
	said, removed, err := withoutOthers(tx, in, words(in.Letter))
	if err != nil {
		return false, err
	}
	if again, err := heardBefore(tx, c, in.Letter.MessageID(), said); err != nil {
		return false, err
	} else if again { // by another way; it is one letter
		return false, in.Filed(tx, "a private letter that the managers have already")
	}
	if done, err := b.writerChoice(tx, in, c); err != nil || done {
		return done, err
	}
	if done, err := b.postChoice(tx, in, c); err != nil || done {
		return done, err
	}
	if done, err := b.writerUrges(tx, in, c); err != nil || done {
		return done, err
	}
	if c.Ombuds == OmbudsAlone {
		return true, b.moreForOmbuds(tx, in, c, said)
	}
	if err := b.room(tx, in, c); err != nil {
		return false, err
	}
	if c.Kind == Report {
		return true, b.hearReport(tx, in, c, said)
	}
	if managers, err := lists.Managers(tx, c.Community); err != nil {
		return false, err
	} else if isThanks(in, c, said, managers) {
		return false, b.takeThanks(tx, in, c, said)
	}
	left, err := b.withhold(tx, in, c, said)
	if err != nil {
		return false, err
	}
	if c, err = find(tx, c.ID); err != nil {
		return false, err
	}
	if err := planNeeds(tx, c); err != nil {
		return false, err
	}
	readers, err := b.readers(tx, c)
	if err != nil {
		return false, err
	}
	again := c.Rev > 0
	if c, err = b.writtenBy(tx, in, c, said, readers); err != nil {
		return false, err
	}
	msg, err := record(tx, &c, message{dir: dirIn, author: in.Sender.ID, story: in.Story, msgid: in.Letter.MessageID(), text: said, verdict: in.Verdict})
	if err != nil {
		return false, err
	}
	if err := b.keepFiles(tx, msg.id, c.bag(in.Letter).pass); err != nil {
		return false, err
	}
	if err := c.heard(tx); err != nil {
		return false, err
	}
	if err := b.warm(tx, in.Community, c); err != nil {
		return false, err
	}
	if len(readers) == 0 {
		if err := in.Held(tx, "a private letter that names everybody who could read it"); err != nil {
			return false, err
		}
		return true, b.askMayRead(tx, in, c, "")
	}
	if c.Ombuds == OmbudsCopied { // who was promised to get what is written
		if err := b.tellOmbuds(tx, in.Community, c, templates.MoreOfIt, others(readers, 0), in); err != nil {
			return false, err
		}
	}
	if c, err = b.timed(tx, c); err != nil { // before anybody is told by when to answer
		return false, err
	}
	mailed, away, err := b.mailed(tx, in.Community, c, readers)
	if err != nil {
		return false, err
	}
	for _, m := range readers {
		if err := b.notify(tx, in, c, m, readers, msg, notified{again: again, mailed: contains(mailed, m.ID)}); err != nil {
			return false, err
		}
	}
	if err := b.refile(tx, c); err != nil {
		return false, err
	}
	if away && !again && c.Member != 0 {
		if err := b.ombudsWaits(tx, in.Community, c, readers, true); err != nil {
			return false, err
		}
	}
	if err := in.Filed(tx, "a private letter for the managers"); err != nil {
		return false, err
	}
	return b.acknowledge(tx, in, c, readers, toTell{left: left, removed: removed, asked: asked})
}

// room finds the managers for a letter, or says why there is no room for it: nobody who may read it, or too many of the same sender.
func (b *Letterbox) room(tx *db.Tx, in *lists.Incoming, c Conv) error {
	readers, err := b.readers(tx, c)
	if err != nil {
		return err
	}
	switch {
	case len(readers) == 0 && c.Restricted: // its writer is asked
	case len(readers) == 0 && in.Sender.Manager():
		return refusal.Because(refusal.NotAllowed, "You are the only manager of this community, so nobody else would read this.")
	case len(readers) == 0:
		return refusal.Because(refusal.Unavailable, "Nobody reads this address yet. Nothing is wrong with your letter; it will be tried again by itself.")
	}
	most := strangersADay
	if in.Verdict == lists.Verified {
		most = lettersADay
	}
	n, err := heardSince(tx, c, in.From.Address, tx.Now.AddDate(0, 0, -1))
	if err == nil && n >= most {
		hint := ""
		if in.Sender.ID != 0 {
			hint = ombudsHint(in.Community)
		}
		err = refusal.Because(refusal.Limit, "The managers have %d letters of yours from the last 24 hours. Nothing is wrong with this one; please send it again tomorrow.%s", n, hint)
	}
	return err
}

// mayRead tells whether somebody may see a conversation now: the managers, all but the one who wrote it and those for whom it does not
// exist; of what the ombuds handed on, those alone to whom its writer gave it; nobody, when the ombuds alone has it. It is the one place that says so; letters, copies still owed, folders, lists and commands ask here.
func (c Conv) mayRead(m lists.Member) bool {
	return m.Manager() && m.Community == c.Community && !c.erased && c.Ombuds != OmbudsAlone && m.ID != c.Member &&
		!slices.Contains(c.excluded, m.ID) && (!c.circle || slices.Contains(c.given, m.ID))
}

// readers are the managers who may see a conversation.
func (b *Letterbox) readers(tx *db.Tx, c Conv) (readers []lists.Member, err error) {
	all, err := lists.Managers(tx, c.Community)
	for _, m := range all {
		if c.mayRead(m) {
			readers = append(readers, m)
		}
	}
	return readers, err
}

// writerName is how managers see the writer named. Whoever is no member calls themselves what they like, but not like a manager.
func writerName(tx *db.Tx, in *lists.Incoming) (string, error) {
	if in.Sender.Name != "" {
		return in.Sender.Name, nil
	}
	managers, err := lists.Managers(tx, in.Community.ID)
	if err != nil {
		return "", err
	}
	taken := []string{in.Community.Name}
	for _, m := range managers {
		taken = append(taken, m.Name)
	}
	switch {
	case in.From.Name != "" && lists.Poses(in.From.Name, taken...):
		return in.From.Address.String(), nil
	case in.From.Name != "":
		return in.From.Name, nil
	}
	return in.From.Address.Local, nil
}

// tokenLife is how many days a conversation's addresses work after it was last used (product.md 0.2).
const tokenLife = 180

// managerDoor is where a manager's answer comes, about what they have seen so far.
func (b *Letterbox) managerDoor(tx *db.Tx, community lists.Community, c Conv, m lists.Member) (letter.Mailbox, error) {
	return b.Office.Private(tx, viaManagers(c.Name), notice.Door{
		Community: community, Member: m, Receiver: Receiver, Object: object(sideManager, int64(c.ID), c.Rev), Days: tokenLife,
	})
}

// writerDoor is where the writer of a conversation answers.
func (b *Letterbox) writerDoor(tx *db.Tx, community lists.Community, c Conv) (letter.Mailbox, error) {
	d := notice.Door{Community: community, Receiver: Receiver, Object: object(sideOutside, int64(c.ID), 0), Days: tokenLife}
	if c.Anon {
		d.Object = object(sideVoice, int64(c.ID), 0)
	}
	if c.Member != 0 {
		m, err := lists.MemberByID(tx, c.Member)
		if err != nil {
			return letter.Mailbox{}, err
		}
		d.Member, d.Object = m, object(sideMember, int64(c.ID), 0)
	}
	return b.Office.Private(tx, "The managers (private)", d)
}

// writer is where the writer is written to: at the address they wrote from, as long as it is theirs. Letters follow the member, not
// the address (B15b).
func (c Conv) writer(tx *db.Tx) (letter.Mailbox, error) {
	to := letter.Mailbox{Name: c.Name, Address: c.Address}
	if c.Anon {
		to.Address = c.voiceAddress()
	}
	if c.Member == 0 {
		return to, nil
	}
	if m, ok, err := lists.MemberByAddress(tx, c.Community, c.Address); err != nil || ok && m.ID == c.Member {
		return to, err
	}
	m, err := lists.MemberByID(tx, c.Member)
	to.Address = m.Address
	return to, err
}

// role is the name that stands over a manager's answer: with the first name, unless the manager does not want it (/as role).
func (b *Letterbox) role(tx *db.Tx, c Conv, m lists.Member) string {
	if hidden, err := asRole(tx, c.ID, m.ID); err == nil && hidden {
		return "The managers"
	}
	return m.FirstName() + ", for the managers"
}

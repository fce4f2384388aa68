package backchannel

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// ombudsDoor is the address of ours by which the ombuds of a community is written to; "" when there is none.
func ombudsDoor(c lists.Community) string {
	if c.Ombuds.IsZero() {
		return ""
	}
	return c.Address("ombuds").String()
}

// takeForOmbuds gives a letter to ombuds@ to the ombuds, written anew. For no manager does it exist. The ombuds' own letters to that
// address go nowhere: they answer through the address in what they get.
func (b *Letterbox) takeForOmbuds(tx *db.Tx, in *lists.Incoming) error {
	switch {
	case in.Community.Ombuds.IsZero():
		return refusal.Because(refusal.NotAllowed, "%s has no ombuds. What goes to %s is read by the managers alone; a report goes to %s.",
			in.Community.Name, in.Community.Address("managers"), in.Community.Address("report"))
	case in.From.Address.IsZero():
		return refusal.Because(refusal.Malformed, "A letter needs exactly one address in its From field. Please send it again from your ordinary mail program.")
	case in.Verdict == lists.Unverified && !in.Vouched():
		return lists.NoSuchAddress()
	case in.From.Address.Key() == in.Community.Ombuds.Key():
		return refusal.Because(refusal.NotAllowed, "You are the ombuds, and this address leads to you. Please answer the letters that you got from it.")
	}
	ref, c, err := b.byReference(tx, in)
	if err != nil {
		return err
	}
	text := words(in.Letter)
	if ref.conv != 0 && ref.manager == 0 && c.Ombuds == OmbudsAlone {
		if c.Anon {
			return b.fromVoice(tx, in, c)
		}
		return b.moreForOmbuds(tx, in, c, text)
	}
	if again, err := heardBefore(tx, Conv{Community: in.Community.ID, Member: in.Sender.ID, Address: in.From.Address}, in.Letter.MessageID(), text); err != nil {
		return err
	} else if again {
		return in.Filed(tx, "a letter for the ombuds that is here already")
	}
	if c, err = open(tx, in, Context{}); err != nil {
		return err
	}
	if err := enough(tx, in, c); err != nil {
		return err
	}
	if err := setOmbuds(tx, &c, OmbudsAlone); err != nil {
		return err
	}
	if err := b.hearForOmbuds(tx, in, &c, text); err != nil {
		return err
	}
	return b.giveToOmbuds(tx, in, c, templates.ForOmbuds)
}

// giveToOmbuds gives a conversation to the ombuds and to nobody else, and tells its writer. The ombuds answers the writer; for managers
// it is gone.
func (b *Letterbox) giveToOmbuds(tx *db.Tx, in *lists.Incoming, c Conv, why templates.OmbudsReason) error {
	without, err := b.keptAway(tx, c)
	if err != nil {
		return err
	}
	managers, err := lists.Managers(tx, c.Community)
	if err != nil {
		return err
	}
	if err := setOmbuds(tx, &c, OmbudsAlone); err != nil {
		return err
	}
	for _, m := range managers {
		if err := b.forgetHeld(tx, c.ID, m.ID); err != nil {
			return err
		}
		if err := b.takeAway(tx, c, m.ID); err != nil {
			return err
		}
	}
	if err := b.tellOmbuds(tx, in.Community, c, why, nil, in); err != nil {
		return err
	}
	if err := calendar.Clear(tx, MayRead, int64(c.ID)); err != nil {
		return err
	}
	if err := endAs(tx, c, "ombuds"); err != nil {
		return err
	}
	t := templates.OmbudsHas{
		Community: in.Community.Name, Code: c.Code, Subject: c.Subject, Ombuds: ombudsDoor(in.Community), Without: without,
		Managers: in.Community.Address("managers").String(), Report: c.Kind == Report,
	}
	if in.Letter != nil {
		t.NotPassed = c.bag(in.Letter).told()
	}
	if in.Robot || c.Member == 0 && !c.Anon && !in.Vouched() {
		return nil
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	return b.writeWriter(tx, c, notice.Mail{Community: in.Community, Words: words, Kind: notice.Acks, Auto: notice.Replied, Private: true, Story: c.story(in)})
}

// keptAway are the managers for whom a conversation does not exist, with the reason.
func (b *Letterbox) keptAway(tx *db.Tx, c Conv) (left []templates.Left, err error) {
	all, err := exclusions(tx, c.ID)
	if err != nil {
		return nil, err
	}
	text, err := wordsOf(tx, c)
	if err != nil {
		return nil, err
	}
	rules, err := b.concerned(tx, c, text, true)
	if err != nil {
		return nil, err
	}
	for _, e := range all {
		m, err := lists.MemberByID(tx, e.Manager)
		switch {
		case err != nil:
			return nil, err
		case !m.Manager():
			continue
		}
		why := templates.WhyNamed
		if i := slices.IndexFunc(rules, func(one concern) bool { return one.member.ID == m.ID }); i >= 0 {
			why = rules[i].why
		}
		if e.Reason == Asked {
			why = templates.WhyAsked
		}
		left = append(left, templates.Left{Name: m.FirstName(), Why: why})
	}
	return left, nil
}

// moreForOmbuds gives a further letter of a conversation that the ombuds alone has to the ombuds.
func (b *Letterbox) moreForOmbuds(tx *db.Tx, in *lists.Incoming, c Conv, text string) error {
	if in.Community.Ombuds.IsZero() {
		return refusal.Because(refusal.NotAllowed, "%s has no ombuds any more, and no manager may read this. Please write to %s if one should.", in.Community.Name, in.Community.Address("managers"))
	}
	if err := enough(tx, in, c); err != nil {
		return err
	}
	c.Address = in.From.Address
	if err := b.hearForOmbuds(tx, in, &c, text); err != nil {
		return err
	}
	return b.tellOmbuds(tx, in.Community, c, templates.MoreOfIt, nil, in)
}

// hearForOmbuds puts a letter for the ombuds alone, with what is attached, into its conversation.
func (b *Letterbox) hearForOmbuds(tx *db.Tx, in *lists.Incoming, c *Conv, text string) error {
	msg, err := record(tx, c, message{dir: dirIn, author: in.Sender.ID, story: in.Story, msgid: in.Letter.MessageID(), text: text, verdict: in.Verdict})
	if err != nil {
		return err
	}
	if err := b.keepFiles(tx, msg.id, c.bag(in.Letter).pass); err != nil {
		return err
	}
	return in.Filed(tx, "a letter for the ombuds")
}

// tellOmbuds sends the ombuds a letter of a conversation: the newest one, or all of it when it was with the managers before. in is the
// letter that was the cause; nil when there is none. with are the managers who have it, too.
func (b *Letterbox) tellOmbuds(tx *db.Tx, community lists.Community, c Conv, why templates.OmbudsReason, with []string, in *lists.Incoming) error {
	all, err := said(tx, c.ID, 0)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(m message) bool { return m.dir != dirIn })
	if why == templates.MoreOfIt {
		all = all[max(0, len(all)-1):]
	}
	var texts []string
	var files []file
	unverified := false
	for _, m := range all {
		texts, unverified = append(texts, m.text), m.verdict != lists.Verified && c.Member != 0
		came, err := b.filesOf(tx, m.id)
		if err != nil {
			return err
		}
		files = append(files, came...)
	}
	without, err := b.keptAway(tx, c)
	if err != nil {
		return err
	}
	t := templates.OmbudsLetter{
		Community: community.Name, Code: c.Code, Reason: why, Subject: c.Subject, Member: c.Name, With: with, Text: templates.Said(strings.Join(texts, "\n\n")),
		Forward: c.Ombuds == OmbudsAlone, Unverified: unverified, Files: enclosed(files), Sealed: sealedIn(files),
	}
	for _, l := range without {
		t.Managers = append(t.Managers, l.Name)
	}
	if c.Member == 0 && !c.Anon {
		t.Address = c.Address.String()
	}
	if t.Post, _, err = b.quotePost(tx, c); err != nil {
		return err
	}
	if in != nil && in.Letter != nil {
		t.NotPassed = c.bag(in.Letter).told()
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	return b.toOmbuds(tx, community, c, aLetter, c.Name+" (private "+c.Code+")", words, c.story(in), files...)
}

// toOmbuds sends the ombuds a letter of a conversation, or a word about it; a reply goes to its writer.
func (b *Letterbox) toOmbuds(tx *db.Tx, community lists.Community, c Conv, is what, from string, words templates.Mail, story string, files ...file) error {
	mail := notice.Mail{
		Community: community, To: letter.Mailbox{Address: community.Ombuds}, From: letter.Mailbox{Name: from, Address: community.Address("managers")},
		Words: words.WithHTML(), Kind: notice.Converse, Private: true, Story: story,
	}
	enclose(&mail, files)
	var err error
	if mail.ReplyTo, err = b.ombudsReply(tx, community, c); err != nil {
		return err
	}
	sent, err := b.Office.Send(tx, mail)
	if err != nil {
		return err
	}
	return refer(tx, sent.ID, reference{conv: c.ID, manager: theOmbuds, rev: c.Rev, what: is})
}

// ombudsReply is where the ombuds answers the writer of a conversation.
func (b *Letterbox) ombudsReply(tx *db.Tx, community lists.Community, c Conv) (letter.Mailbox, error) {
	return b.Office.Private(tx, c.Name, notice.Door{Community: community, Receiver: Receiver, Object: object(sideOmbuds, int64(c.ID), 0), Days: tokenLife})
}

// notReached tells the writer of a conversation that what the ombuds was to read did not get there: either nobody else has it, or those
// managers have it alone whom the ombuds was to look after.
func (b *Letterbox) notReached(tx *db.Tx, id ConvID, why string) error {
	c, err := find(tx, id)
	if err != nil || c.erased || c.Ombuds == OmbudsOut {
		return err
	}
	community, err := lists.CommunityByID(tx, c.Community)
	if err != nil {
		return err
	}
	t := templates.OmbudsLost{Community: community.Name, Code: c.Code, Subject: c.Subject, Why: why, Address: community.Address("managers").String()}
	if c.Member != 0 || c.Anon {
		managers, err := lists.Managers(tx, c.Community)
		if err != nil {
			return err
		}
		t.Managers = others(managers, c.Member)
	}
	if c.Ombuds == OmbudsCopied {
		readers, err := b.readers(tx, c)
		if err != nil {
			return err
		}
		t.With = others(readers, 0)
		t.Managers = slices.DeleteFunc(t.Managers, func(name string) bool { return slices.Contains(t.With, name) })
	}
	return b.tellLost(tx, community, c, t)
}

// tellLost tells the writer of a conversation that a mail to the ombuds came back.
func (b *Letterbox) tellLost(tx *db.Tx, community lists.Community, c Conv, t templates.OmbudsLost) error {
	words, err := t.Render()
	if err != nil {
		return err
	}
	err = b.writeWriter(tx, c, notice.Mail{Community: community, Words: words, Kind: notice.Converse, Auto: notice.Generated, Private: true, Answer: "ombuds lost"})
	if errors.Is(err, notice.ErrEnough) { // reports of one loss may come again and again
		return nil
	}
	return err
}

// enough refuses a letter of somebody who has written too many today.
func enough(tx *db.Tx, in *lists.Incoming, c Conv) error {
	most := strangersADay
	if in.Verdict == lists.Verified {
		most = lettersADay
	}
	n, err := heardSince(tx, c, in.From.Address, tx.Now.AddDate(0, 0, -1))
	if err == nil && n >= most {
		err = refusal.Because(refusal.Limit, "There are %d private letters of yours from the last 24 hours. Nothing is wrong with this one; please send it again tomorrow.", n)
	}
	return err
}

var forwardTo = regexp.MustCompile(`(?i)^/forward-?to(?:\s+(\p{L}[\p{L}\s.'’-]{0,60}?))?\s*$`)

// isOmbuds tells whether a letter is from the ombuds.
func isOmbuds(in *lists.Incoming) bool {
	return !in.Community.Ombuds.IsZero() && in.From.Address.Key() == in.Community.Ombuds.Key() && in.Vouched()
}

// fromOmbuds passes the ombuds' answer on to the writer, or asks the writer whether a manager may have the letter (/forward-to NAME). It came
// through the address for that, or, where a mail program ignored Reply-To, it answers a letter of ours.
func (b *Letterbox) fromOmbuds(tx *db.Tx, in *lists.Incoming, c Conv) error {
	if !isOmbuds(in) || in.Token != nil && !in.Token.Live(tx.Now) {
		return lists.NoSuchAddress()
	}
	text := words(in.Letter)
	line, rest, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if found := forwardTo.FindStringSubmatch(strings.TrimSpace(line)); found != nil {
		return b.forwardTo(tx, in, c, strings.TrimSpace(found[1]), strings.TrimSpace(rest))
	}
	if found := deferred.FindStringSubmatch(strings.TrimSpace(line)); found != nil {
		return b.deferNotice(tx, in, c, found[1])
	}
	if strings.HasPrefix(line, "/") {
		if err := in.Filed(tx, "a command of the ombuds that is none"); err != nil {
			return err
		}
		return b.sayToOmbuds(tx, in, c, "Nothing was done, and nothing was sent: the only commands are /forward-to NAME, and /defer 7d when a manager wants to know a name, on a line of their own. You wrote: "+letter.ASCII(line, 60))
	}
	msg, err := record(tx, &c, message{dir: dirOut, story: in.Story, text: text, verdict: lists.Verified})
	if err != nil {
		return err
	}
	if err := in.Filed(tx, "the ombuds' answer to a private letter"); err != nil {
		return err
	}
	return b.toWriter(tx, in.Community, c, answer{conv: c, text: msg.text, story: in.Story}, letter.Mailbox{Name: "The ombuds", Address: in.Community.Address("managers")})
}

// sayToOmbuds answers a command of the ombuds.
func (b *Letterbox) sayToOmbuds(tx *db.Tx, in *lists.Incoming, c Conv, said string) error {
	words, err := templates.OmbudsTold{Community: in.Community.Name, Code: c.Code, Said: said}.Render()
	if err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Converse, words)
	mail.To = letter.Mailbox{Address: in.Community.Ombuds}
	if mail.ReplyTo, err = b.ombudsReply(tx, in.Community, c); err != nil {
		return err
	}
	_, err = b.Office.Send(tx, mail)
	return err
}

// forwardTo asks the writer whether a manager may have what the ombuds has.
func (b *Letterbox) forwardTo(tx *db.Tx, in *lists.Incoming, c Conv, name, text string) error {
	if err := in.Filed(tx, "the ombuds' wish to hand a letter to a manager"); err != nil {
		return err
	}
	all, err := lists.Managers(tx, c.Community)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(m lists.Member) bool { return m.ID == c.Member })
	m, err := pick(all, name)
	if r, ok := refusal.As(err); ok {
		return b.sayToOmbuds(tx, in, c, r.Sentence)
	}
	if err != nil {
		return err
	}
	if c.mayRead(m) {
		return b.sayToOmbuds(tx, in, c, m.FirstName()+" has it already.")
	}
	if err := b.askHandOver(tx, in, c, m, text, ""); err != nil {
		return err
	}
	return b.sayToOmbuds(tx, in, c, c.Name+" is asked whether "+m.FirstName()+" may have it. Nothing goes without a YES, and you will hear.")
}

func (b *Letterbox) askHandOver(tx *db.Tx, in *lists.Incoming, c Conv, m lists.Member, text, first string) error {
	words, err := templates.HandOver{Community: in.Community.Name, Code: c.Code, Subject: c.Subject, Name: m.FirstName(), Days: heldDays, First: first, Text: templates.Said(text)}.Render()
	if err != nil {
		return err
	}
	d := notice.Door{Community: in.Community, Receiver: Receiver, Object: object(sideHand, int64(c.ID), int(m.ID)), Days: heldDays}
	mail := notice.Mail{Community: in.Community, Words: words, Kind: notice.Converse, Auto: notice.Generated, Private: true, Story: c.story(in)}
	if mail.ReplyTo, err = b.Office.Confirm(tx, d); err != nil {
		return err
	}
	return b.writeWriter(tx, c, mail)
}

// decideHandOver takes the writer's word about that.
func (b *Letterbox) decideHandOver(tx *db.Tx, in *lists.Incoming, c Conv, manager lists.MemberID) error {
	mine, err := b.isWriter(tx, in, c)
	if err != nil {
		return err
	}
	if !mine || !in.Token.Live(tx.Now) {
		return lists.NoSuchAddress()
	}
	m, err := lists.MemberByID(tx, manager)
	if err != nil {
		return err
	}
	if err := b.choiceFiled(tx, in, c); err != nil {
		return err
	}
	switch word, alone, _ := lists.Word(in.Letter.NewText().Text); {
	case alone && word == "YES" && m.Manager():
		return b.handOver(tx, in, c, m, false)
	case alone && word == "NO", !m.Manager():
		return b.tellOmbudsSaid(tx, in.Community, c, c.Name+" does not want "+m.FirstName()+" to have it.", c.story(in))
	default:
		return b.askHandOver(tx, in, c, m, "", word)
	}
}

// handOver gives a manager what the ombuds had alone. All others are kept away from it until the writer says otherwise: those too who are
// no managers yet, or not now. unasked tells that it is the writer's own wish, and not the ombuds'.
func (b *Letterbox) handOver(tx *db.Tx, in *lists.Incoming, c Conv, m lists.Member, unasked bool) error {
	all, err := lists.Managers(tx, c.Community)
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.ID == m.ID || c.Ombuds != OmbudsAlone {
			continue
		}
		if _, err := exclude(tx, c.ID, other.ID, Asked, 0); err != nil {
			return err
		}
	}
	if c.Ombuds == OmbudsAlone {
		if err := drawCircle(tx, c.ID); err != nil {
			return err
		}
	}
	if err := setOmbuds(tx, &c, OmbudsCopied); err != nil {
		return err
	}
	if err := include(tx, c.ID, m.ID); err != nil {
		return err
	}
	if err := reopenFor(tx, c); err != nil {
		return err
	}
	now, err := find(tx, c.ID)
	if err != nil {
		return err
	}
	why, told := "The ombuds handed you this, and "+c.Name+" has said yes to it.", c.Name+" has said yes: "+m.FirstName()+" has it now."
	if unasked {
		why, told = c.Name+" lets you see this letter. The ombuds has it, too.", c.Name+" wants "+m.FirstName()+" to have it, too, and so it is."
		if err := b.tellChoice(tx, in, now, templates.WriterChoice{Community: in.Community.Name, Code: c.Code, Subject: c.Subject, Name: m.FirstName(), Included: true}); err != nil {
			return err
		}
	}
	if err := b.present(tx, in.Community, now, m, why); err != nil {
		return err
	}
	if err := b.refile(tx, now); err != nil {
		return err
	}
	return b.tellOmbudsSaid(tx, in.Community, c, told+" You still get what is written.", c.story(in))
}

// tellOmbudsSaid tells the ombuds what became of a wish.
func (b *Letterbox) tellOmbudsSaid(tx *db.Tx, community lists.Community, c Conv, said, story string) error {
	words, err := templates.OmbudsTold{Community: community.Name, Code: c.Code, Said: said}.Render()
	if err != nil {
		return err
	}
	return b.toOmbuds(tx, community, c, aWord, "About "+c.Code, words, story)
}

// isWriter tells whether a letter is from whoever began a conversation.
func (b *Letterbox) isWriter(tx *db.Tx, in *lists.Incoming, c Conv) (bool, error) {
	if c.Anon {
		return b.isVoice(tx, in, c)
	}
	return c.Member != 0 && in.Sender.ID == c.Member && in.Verdict != lists.Unverified || c.isOutsider(in), nil
}

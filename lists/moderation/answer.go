package moderation

import (
	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/lists/relay"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// answer takes a reply to one of our questions. Who may answer: the one who was asked, from an address of theirs. A decision about
// other people's posts needs more: a sender we are sure of (C6). A token alone opens nothing.
func (d *Desk) answer(tx *db.Tx, in *lists.Incoming) error {
	if isPlace(in.Token.Object) {
		return d.throughThread(tx, in)
	}
	o, ok := readObject(in.Token.Object)
	mine := in.Sender.ID != 0 && int64(in.Sender.ID) == in.Token.Member
	if !ok || !mine || in.Token.Revoked || in.Verdict == lists.Unverified || in.Robot {
		return lists.NoSuchAddress()
	}
	if o.side == oopsPost || o.side == oopsHeld {
		return d.answerOops(tx, in, o.side, o.id)
	}
	if forManager := o.side == toManager || o.side == toEase; forManager && in.Verdict != lists.Verified {
		return lists.NotSure()
	} else if forManager && !in.Sender.Manager() {
		return lists.NoManager(in.Community)
	}
	if o.side == toEase {
		return d.answerEase(tx, in, o.id)
	}
	h, err := find(tx, HeldID(o.id))
	if err != nil {
		return err
	}
	if h.State == Waiting && in.Over(tx.Now) { // the calendar is behind, and the answer too late all the same
		return lists.NoSuchAddress()
	}
	if err := in.Filed(tx, "answer about held letter "+h.Story); err != nil {
		return err
	}
	if h.State != Waiting {
		return d.tellDecided(tx, in, h)
	}
	word, alone, rest := lists.Word(in.Letter.NewText().Text)
	switch {
	case o.side == toManager && o.version != h.Version:
		return d.tellNewer(tx, in, h)
	case o.side == toManager:
		return d.vote(tx, in, h, word, alone, rest)
	case o.side == toAuthor, alone && (word == "CANCEL" || word == "DROP"):
		return d.choice(tx, in, h, word, alone)
	case o.side == toAsked:
		return d.answered(tx, in, h)
	}
	return d.changed(tx, in, h)
}

// choice does what the author of a held letter wants: by one word alone, because a letter that goes out cannot be called back.
func (d *Desk) choice(tx *db.Tx, in *lists.Incoming, h Held, word string, alone bool) error {
	switch {
	case !alone:
	case h.Why == WhySales && (word == "OFFER" || word == "EDIT" || word == "ASIS"):
		return d.choiceOfSale(tx, in, h, word)
	case (h.Why == WhySender || h.Why == WhyElse) && word == "YES", (h.Why == WhyDoor || h.Why == WhyBoth || h.Why == WhySlow || h.Why == WhyCool) && word == "PUBLIC", h.Why == WhyUnnamed && word == "NAMED":
		return d.release(tx, in, h)
	case h.Why == WhyUnnamed && word == "ANON" && d.Hidden != nil:
		return d.releaseUnnamed(tx, in, h)
	case h.ended() && word == "NEW":
		return d.anew(tx, in, h)
	case (h.Why == WhyDoor || h.Why == WhySlash || h.Why == WhyUnnamed || h.ended()) && word == "PRIVATE":
		return d.handOver(tx, in, h)
	case word == "DROP", word == "CANCEL", (h.Why == WhySender || h.Why == WhyElse) && word == "NO", h.Why == WhyBoth && word == "PRIVATE":
		if err := d.end(tx, h, Dropped, in.Sender.ID, "forgotten, as its author asked"); err != nil {
			return err
		}
		return d.tellEnd(tx, h, h.outcome(Dropped), "")
	}
	asks, mayDo, err := d.asWish(tx, in, h)
	switch {
	case err != nil:
		return err
	case mayDo && alone && word == "DO":
		return d.obey(tx, asks, h)
	case mayDo:
		return d.tellWords(tx, in, h, templates.AskWord, word)
	}
	return d.tellWords(tx, in, h, h.Why.question(), word)
}

// release lets a letter pass of which its author said that it is theirs, and for everyone. It is decided as if it came now, with these
// two doubts gone: who has left meanwhile, or has written too much, gets no further than with a new letter.
func (d *Desk) release(tx *db.Tx, in *lists.Incoming, h Held) error {
	l, err := openList(tx, h)
	if err != nil {
		return err
	}
	post, err := d.letterOf(tx, h)
	if err != nil {
		return err
	}
	decision, err := d.decide(tx, l, in.Sender, lists.Verified, in.Policy, post)
	if err != nil {
		return err
	}
	switch decision.Action {
	case lists.Refuse:
		return decision.Refusal
	case lists.Hold:
		h.Rule, h.Subject = decision.Detail, post.Subject()
		if err := h.again(tx, Why(decision.Why)); err != nil {
			return err
		}
		if err := d.askManagers(tx, in.Community, h, post, ""); err != nil {
			return err
		}
		return d.tellWaits(tx, in, h)
	}
	calm, err := d.calming(tx, l, in.Sender, post)
	if err != nil {
		return err
	}
	if calm != nil {
		h.Subject = post.Subject()
		if err := h.again(tx, Why(calm.Pace)); err != nil {
			return err
		}
		return d.tellCalm(tx, h, calm.Until)
	}
	if asked, err := d.asksAgain(tx, in, h, l, post); asked || err != nil {
		return err
	}
	if err := d.end(tx, h, Published, in.Sender.ID, ""); err != nil {
		return err
	}
	if err := d.publish(tx, relay.Publication{List: l, Letter: post, Author: in.Sender, Story: h.Story}); err != nil {
		return err
	}
	if sees, err := seesOwn(tx, in.Sender, l); err != nil || sees {
		return err
	}
	return d.tellEnd(tx, h, templates.Posted, "")
}

// releaseUnnamed gives a letter to those who know its author's post without a name: they show its author exactly what would be posted, and
// ask. The letter itself, with the name, is forgotten.
func (d *Desk) releaseUnnamed(tx *db.Tx, in *lists.Incoming, h Held) error {
	l, err := openList(tx, h)
	if err != nil {
		return err
	}
	post, err := d.letterOf(tx, h)
	if err != nil {
		return err
	}
	decision, err := d.decide(tx, l, in.Sender, lists.Verified, in.Policy, post)
	if err != nil {
		return err
	}
	if decision.Action != lists.Accept {
		// Managers who decided about it would see the name.
		return refusal.Because(refusal.Limit, "You have written a lot in a short time, so this cannot go out without your name now. Please answer once more in an hour.")
	}
	if err := d.end(tx, h, Dropped, in.Sender.ID, "its author is asked about the words without the name"); err != nil {
		return err
	}
	return d.Hidden.AskUnnamed(tx, in, l, post)
}

// seesOwn tells whether an author gets a copy of their own post: then nobody needs to tell them that it went out.
func seesOwn(tx *db.Tx, m lists.Member, l lists.List) (bool, error) {
	s, on, err := lists.SubscriptionOf(tx, m.ID, l.ID)
	return on && s.Delivery == lists.Each && m.OwnCopy && m.State == lists.Active, err
}

// openList is the list for which a letter waits, if there still is one.
func openList(tx *db.Tx, h Held) (lists.List, error) {
	l, err := lists.ListByID(tx, h.List)
	if err != nil {
		return l, err
	}
	now, open, err := lists.ListByName(tx, h.Community, l.Local)
	if err == nil && (!open || now.ID != l.ID) {
		err = refusal.Say(refusal.NotAllowed, "held.list", l.Address())
	}
	return l, err
}

// handOver gives a held letter to the managers.
func (d *Desk) handOver(tx *db.Tx, in *lists.Incoming, h Held) error {
	post, err := d.letter(tx, h)
	if err != nil {
		return err
	}
	held := *in
	held.Letter, held.Story, held.Token, held.List = post, h.Story, nil, nil
	if err := d.end(tx, h, Handed, in.Sender.ID, ""); err != nil {
		return err
	}
	told, err := d.Door.File(tx, &held)
	if err != nil || told {
		return err
	}
	return d.tellEnd(tx, h, templates.Handed, "")
}

// letter reads the held letter: as it came, or as its author changed it.
func (d *Desk) letter(tx *db.Tx, h Held) (*letter.Letter, error) {
	stored, err := d.Office.Store.LetterByStory(tx, h.Story)
	if err != nil {
		return nil, err
	}
	post, err := d.parsed(tx, stored.Raw)
	if err != nil || h.draft == 0 {
		return post, err
	}
	if stored, err = d.Office.Store.Letter(tx, archive.LetterID(h.draft)); err != nil {
		return nil, err
	}
	reply, err := d.parsed(tx, stored.Raw)
	if err != nil {
		return nil, err
	}
	l, err := lists.ListByID(tx, h.List)
	if err != nil {
		return nil, err
	}
	return withNewText(tx, l, post, reply)
}

func (d *Desk) parsed(tx *db.Tx, id archive.RawID) (*letter.Letter, error) {
	raw, err := d.Office.Store.Raw(tx, id)
	if err != nil {
		return nil, err
	}
	return letter.Parse(raw)
}

// tell sends one short mail about a held letter to its author, if that is a member.
func (d *Desk) tell(tx *db.Tx, c lists.Community, h Held, words templates.Mail) error {
	if h.Member == 0 {
		return nil
	}
	m, err := lists.MemberByID(tx, h.Member)
	if err != nil {
		return err
	}
	mail := notice.ToMember(c, m, notice.Tells, words)
	mail.Auto, mail.Story = notice.Replied, h.Story
	_, err = d.Office.Send(tx, mail)
	return err
}

// tellEnd tells an author how their letter ended, and how their posts go out from now on, when that has just changed.
func (d *Desk) tellEnd(tx *db.Tx, h Held, as templates.Outcome, free templates.Freedom) error {
	c, l, err := h.place(tx)
	if err != nil {
		return err
	}
	words, err := templates.HeldEnd{Community: c.Name, Outcome: as, Subject: h.Subject, List: l.Title(), Days: Days, Free: free}.Render()
	if err != nil {
		return err
	}
	return d.tell(tx, c, h, words)
}

func (d *Desk) tellRefused(tx *db.Tx, h Held, reason string) error {
	c, l, err := h.place(tx)
	if err != nil {
		return err
	}
	words, err := templates.PostRefused{Community: c.Name, List: l.Title(), Subject: h.Subject, Reason: templates.Said(reason), Managers: c.Address("managers").String()}.Render()
	if err != nil {
		return err
	}
	return d.tell(tx, c, h, words)
}

// tellDecided answers whoever comes too late. Which manager decided is the managers' business.
func (d *Desk) tellDecided(tx *db.Tx, in *lists.Incoming, h Held) error {
	c, l, err := h.place(tx)
	if err != nil {
		return err
	}
	t, err := h.decidedFor(tx, c, l, in.Sender)
	if err != nil {
		return err
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	return d.reply(tx, in, words)
}

// decidedFor is how a letter was decided, as one reader is told of it.
func (h Held) decidedFor(tx *db.Tx, c lists.Community, l lists.List, reader lists.Member) (t templates.AlreadyDecided, err error) {
	t = templates.AlreadyDecided{Community: c.Name, Outcome: h.outcome(h.State), When: h.Decided.In(reader.Zone(c)), Subject: h.Subject, List: l.Title()}
	if h.By == 0 || h.By == reader.ID || !reader.Manager() {
		return t, nil
	}
	m, err := lists.MemberByID(tx, h.By)
	t.By = m.FirstName()
	return t, err
}

// tellWords names the words that a question takes.
func (d *Desk) tellWords(tx *db.Tx, in *lists.Incoming, h Held, q templates.Question, word string) error {
	c, l, err := h.place(tx)
	if err != nil {
		return err
	}
	readers, err := lists.Audience(tx, l.ID)
	if err != nil {
		return err
	}
	words, err := templates.ConfirmHelp{Community: c.Name, Question: q, Subject: h.Subject, List: l.Title(), Readers: readers, First: word, Bare: q == templates.AskHeld && (word == "ASK" || word == "FIX")}.Render()
	if err != nil {
		return err
	}
	return d.reply(tx, in, words)
}

// reply answers an answer. The same question stays open: Reply goes where the last reply went.
func (d *Desk) reply(tx *db.Tx, in *lists.Incoming, words templates.Mail) error {
	mail := notice.Answer(in, notice.Asks, words)
	mail.ReplyTo = letter.Mailbox{Name: "Your answer", Address: in.To}
	return d.Office.Again(tx, in, mail)
}

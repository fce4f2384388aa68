package moderation

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// asleepAfter is how many days after its last post a thread's addresses lead nowhere by themselves any more (product.md 0.2): they stand in
// address books, and a mail program may fill one in years later.
const asleepAfter = 90

// place is where an everyone+ address leads.
type place struct {
	thread archive.ThreadID
	post   archive.PostID // in it, of an address that answers one post; 0: of none
}

// isPlace tells whether the row of a token is of an everyone+ address: "thread:12", or "post:34" for one post of a thread.
func isPlace(object string) bool {
	word, _, _ := strings.Cut(object, ":")
	return word == "thread" || word == "post"
}

func (d *Desk) readPlace(tx *db.Tx, object string) (p place, err error) {
	word, number, _ := strings.Cut(object, ":")
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil || id <= 0 {
		return p, lists.NoSuchAddress()
	}
	if word == "thread" {
		return place{thread: archive.ThreadID(id)}, nil
	}
	post, err := d.Office.Store.Post(tx, archive.PostID(id))
	if refusal.KindOf(err) == refusal.NotFound {
		err = lists.NoSuchAddress()
	}
	return place{post.Thread, post.ID}, err
}

// throughThread takes a letter to one member's address of a thread. It is a post like any other to the list, with its place told by the
// address; in other hands the address opens nothing (R6), and where there is no thread any more its author is asked.
func (d *Desk) throughThread(tx *db.Tx, in *lists.Incoming) error {
	if in.Robot || in.Token.Revoked {
		return lists.NoSuchAddress()
	}
	where, err := d.readPlace(tx, in.Token.Object)
	if err != nil {
		return err
	}
	t, l, err := d.threadAndList(tx, where.thread)
	if err != nil {
		return err
	}
	if twice, err := heldAlready(tx, in, l); err != nil || twice {
		return err
	}
	into := *in
	into.Into, into.Answers = t.ID, where.post
	if int64(in.Sender.ID) != in.Token.Member || in.Sender.ID == 0 {
		return d.inOtherHands(tx, &into, t, l)
	}
	asleep := !in.Token.Live(tx.Now) || tx.Now.After(t.Last.AddDate(0, 0, asleepAfter))
	switch {
	case in.Verdict == lists.Unverified:
		return lists.NoSuchAddress()
	case t.Posts == 0:
		return d.askThread(tx, &into, t, l, WhyClosed)
	case asleep:
		return d.askThread(tx, &into, t, l, WhyAsleep)
	}
	return d.postTo(tx, &into, l)
}

// heldAlready tells whether a letter waits for its list already, by another of its addresses.
func heldAlready(tx *db.Tx, in *lists.Incoming, l lists.List) (bool, error) {
	waits, err := waitsFor(tx, in.Story, l.ID)
	if err == nil && waits {
		err = in.Filed(tx, "a post that waits already, by another address")
	}
	return waits, err
}

func (d *Desk) threadAndList(tx *db.Tx, id archive.ThreadID) (t archive.Thread, l lists.List, err error) {
	if t, err = d.Office.Store.Thread(tx, id); err != nil {
		if refusal.KindOf(err) == refusal.NotFound {
			err = lists.NoSuchAddress()
		}
		return t, l, err
	}
	if l, err = lists.ListByBox(tx, t.Mailbox); err != nil {
		return t, l, err
	}
	now, open, err := lists.ListByName(tx, l.Community, l.Local)
	if err == nil && (!open || now.ID != l.ID) {
		err = refusal.Because(refusal.NotAllowed, "The list %s was given up, so nothing can be posted there.", l.Address())
	}
	return t, l, err
}

// PostTo posts a letter of a member to a thread by the rules of its list, as if it had come to the list: it is published, or waits, or is
// refused with a sentence. What it quotes of a digest stays behind, and so does a first line PUBLIC with the thread's number.
func (d *Desk) PostTo(tx *db.Tx, in *lists.Incoming, t archive.Thread) error {
	_, l, err := d.threadAndList(tx, t.ID)
	if err != nil {
		return err
	}
	if twice, err := heldAlready(tx, in, l); err != nil || twice {
		return err
	}
	into := *in
	into.Into = t.ID
	return d.postTo(tx, &into, l)
}

func (d *Desk) postTo(tx *db.Tx, in *lists.Incoming, l lists.List) error {
	post, doubts, err := d.asPost(tx, in, l)
	if err != nil {
		return err
	}
	return d.post(tx, post, doubts...)
}

// asPost is a letter that came to another address than its list's, as if it had come there, and the doubts about it that only the letter
// as it came can raise.
func (d *Desk) asPost(tx *db.Tx, in *lists.Incoming, l lists.List) (*lists.Incoming, []templates.Doubt, error) {
	post, unsure, err := d.intoThread(tx, l, place{in.Into, in.Answers}, letter.Mailbox{}, in.Letter)
	if err != nil {
		return nil, nil, err
	}
	came := *in
	came.Letter, came.Quoted, came.List, came.Token, came.PrivateToo = post, nil, &l, nil, false
	doubts, err := d.doubtsOfDoor(tx, in, unsure)
	return &came, doubts, err
}

// doubtsOfDoor are the doubts about a letter that nobody can see any more once it is a post of the thread: what it answers, where else it
// was sent, whether it can be told what is new in it.
func (d *Desk) doubtsOfDoor(tx *db.Tx, in *lists.Incoming, unsure bool) (all []templates.Doubt, err error) {
	private, err := d.answersPrivate(tx, in.Letter)
	if err != nil {
		return nil, err
	}
	if private {
		all = append(all, templates.Doubt{Kind: templates.AnswersPrivate})
	}
	if mark := lists.MarkIn(in.Letter); mark != "" {
		all = append(all, templates.Doubt{Kind: templates.QuotesPrivate, Words: mark})
	}
	also := slices.Concat(in.Letter.To(), in.Letter.Cc())
	beside := func(m letter.Mailbox) bool { // the digest's own From is there when a program answers to all
		return m.Address != in.To && m.Address != in.Community.Address("digest") && in.Community.Private(m.Address)
	}
	if in.PrivateToo || slices.ContainsFunc(also, beside) {
		all = append(all, templates.Doubt{Kind: templates.BothDoors})
	}
	if unsure {
		all = append(all, templates.Doubt{Kind: templates.UnsureCut})
	}
	return all, nil
}

// askThread asks the author of a letter to a thread that is closed or asleep what shall become of it.
func (d *Desk) askThread(tx *db.Tx, in *lists.Incoming, t archive.Thread, l lists.List, why Why) error {
	decision, err := d.decide(tx, l, in.Sender, in.Verdict, in.Policy, in.Letter)
	if err != nil {
		return err
	}
	if decision.Action == lists.Refuse {
		return decision.Refusal
	}
	anew := *in
	anew.Into, anew.Answers = newThread, 0
	post, doubts, err := d.asPost(tx, &anew, l)
	if err != nil {
		return err
	}
	if line := slashLine(post.Letter.NewText().Text); line != "" {
		return d.askDoor(tx, post, []templates.Doubt{{Kind: templates.SlashFirst, Words: line}}) // NEW would be public (W8)
	}
	readers, err := lists.Audience(tx, l.ID)
	if err != nil {
		return err
	}
	words, err := templates.ThreadEnded{
		Community: in.Community.Name, List: l.Title(), Closed: why == WhyClosed, Title: t.Subject, Subject: post.Letter.Subject(),
		Preview: notice.Preview(post.Letter), Readers: readers, Days: Days,
	}.Render()
	if err != nil {
		return err
	}
	return d.question(tx, post, why, words, doubts...)
}

// inOtherHands takes a letter through an address that was given to somebody else: a digest was passed on, or its reader has a second
// address. Nothing of it is posted but by the word of the one whose address it is.
func (d *Desk) inOtherHands(tx *db.Tx, in *lists.Incoming, t archive.Thread, l lists.List) error {
	switch {
	case in.Sender.ID != 0 && in.Verdict == lists.Verified:
		return d.tellNotTheirs(tx, in)
	case in.Sender.ID != 0, in.From.Address.IsZero(), !in.Vouched(), in.Finding.Refused, !in.Token.Live(tx.Now), t.Posts == 0, slashLine(in.Letter.NewText().Text) != "":
		return lists.NoSuchAddress()
	}
	owner, err := lists.MemberByID(tx, lists.MemberID(in.Token.Member))
	if errors.Is(err, db.ErrNoRows) || err == nil && owner.State != lists.Active {
		return lists.NoSuchAddress()
	}
	if err != nil {
		return err
	}
	theirs := *in
	theirs.Sender, theirs.List = owner, &l
	doubts, err := d.doubtsOfDoor(tx, in, false)
	if err != nil {
		return err
	}
	h, err := keep(tx, &theirs, WhyElse, doubts...)
	if err != nil {
		return err
	}
	words, err := templates.OtherSender{
		Community: in.Community.Name, From: in.From.Address.String(), Public: true, Subject: in.Letter.Subject(), Preview: notice.Preview(in.Letter), Days: Days,
	}.Render()
	if err != nil {
		return err
	}
	mail := notice.ToMember(in.Community, owner, notice.Asks, words)
	mail.Auto, mail.Story, mail.Answer = notice.Replied, in.Story, "challenge"
	if mail.ReplyTo, err = d.Office.Confirm(tx, h.door(in.Community, owner, toAuthor)); err != nil {
		return err
	}
	_, err = d.Office.Send(tx, mail)
	if errors.Is(err, notice.ErrEnough) {
		return lists.NoSuchAddress() // and nothing is held: their owner is asked often enough today
	}
	return err
}

// tellNotTheirs tells a member that the address was made for another.
func (d *Desk) tellNotTheirs(tx *db.Tx, in *lists.Incoming) error {
	if err := in.Filed(tx, "a post through somebody else's address; it went to nobody"); err != nil {
		return err
	}
	words, err := templates.NotForYou{
		Community: in.Community.Name, Subject: in.Letter.Subject(), Preview: notice.Preview(in.Letter),
		Doors: templates.Doors{Managers: in.Community.Address("managers").String(), Help: in.Community.Address("help").String()},
	}.Render()
	if err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Tells, words)
	mail.Answer = "not-yours"
	return d.Office.SendIfDue(tx, mail)
}

// lostThread answers a letter to a thread's address that nobody was given, or that is long forgotten.
func lostThread() error {
	return refusal.Because(refusal.NoSuchAddress, "This address does not lead to any thread, or not any more. Please take the one in your newest digest, or write to the list.")
}

// letterOf reads the held letter as it would be posted, whoever looks at it before. One that came through a thread's address gets its place
// there, and what quotes private mail leaves that behind.
func (d *Desk) letterOf(tx *db.Tx, h Held) (*letter.Letter, error) {
	came, err := d.letter(tx, h)
	if err != nil {
		return nil, err
	}
	l, err := lists.ListByID(tx, h.List)
	if err != nil || h.Into == 0 {
		return d.withoutPrivate(tx, l, came, came)
	}
	from := letter.Mailbox{}
	if h.Why == WhyElse {
		m, err := lists.MemberByID(tx, h.Member)
		if err != nil {
			return nil, err
		}
		from = m.Mailbox()
	}
	post, _, err := d.intoThread(tx, l, place{h.Into, h.Answers}, from, came)
	if err != nil {
		return nil, err
	}
	return d.withoutPrivate(tx, l, came, post)
}

// anew posts a letter of a thread that is no more as the beginning of a new one.
func (d *Desk) anew(tx *db.Tx, in *lists.Incoming, h Held) error {
	h.Into = newThread
	if err := h.saveInto(tx); err != nil {
		return err
	}
	return d.release(tx, in, h)
}

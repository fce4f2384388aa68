package membership

import (
	"fmt"
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

// welcomeDue is the calendar's kind for the next step of a welcome: the object is the member.
const welcomeDue calendar.Kind = "welcome.step"

// welcomeDays are the days after which a new member hears from us (product.md C1): the introduction, the stupid question, how it is.
var welcomeDays = [...]int{1, 7, 30}

// introDays is how long an introduction can be written.
const introDays = 30

// beginWelcome plans the steps of a welcome. Its first letter is Welcome.
func beginWelcome(tx *db.Tx, m lists.Member) error {
	if err := (newcomer{member: m.ID}).save(tx); err != nil {
		return err
	}
	return calendar.Set(tx, welcomeDue, int64(m.ID), tx.Now.AddDate(0, 0, welcomeDays[0]))
}

// greet does the next step of a welcome. Who has left is not written to, nor whose mail has stopped.
func (k *Clerk) greet(tx *db.Tx, due calendar.Due) error {
	m, err := lists.MemberByID(tx, lists.MemberID(due.Object))
	if err != nil {
		return err
	}
	n, ok, err := findNewcomer(tx, m.ID)
	if err != nil || !ok {
		return err
	}
	if gone(m) || n.step >= len(welcomeDays) {
		return n.forget(tx)
	}
	c, err := lists.CommunityByID(tx, m.Community)
	if err != nil {
		return err
	}
	step := n.step
	n.step++
	next := introDays // the last letter is sent: the row stays as long as an introduction can be written
	if n.step < len(welcomeDays) {
		next = welcomeDays[n.step] - welcomeDays[step]
	}
	if err := calendar.Set(tx, welcomeDue, int64(m.ID), tx.Now.AddDate(0, 0, next)); err != nil {
		return err
	}
	if m.State != lists.Active {
		return n.save(tx)
	}
	managers := c.Address("managers")
	var words templates.Mail
	switch step {
	case 0:
		return k.promptIntro(tx, c, m, n)
	case 1:
		words, err = templates.WelcomeWeek{Community: c.Name, Member: firstName(m), Managers: managers.String()}.Render()
	default:
		words, err = templates.WelcomeMonth{Community: c.Name, Member: firstName(m), Managers: managers.String(), Help: c.Address("help").String()}.Render()
	}
	if err != nil {
		return err
	}
	if err := n.save(tx); err != nil {
		return err
	}
	mail := notice.ToMember(c, m, notice.Tells, words)
	mail.ReplyTo = notice.Managers(c)
	mail.Source = fmt.Sprintf("welcome:%d:%d:%d", m.ID, db.Micros(m.Joined), step)
	_, err = k.Office.Send(tx, mail)
	return err
}

// introList is where a member introduces themselves: of their lists on which they may post the one that they were told, or else the one that most
// people read.
func introList(tx *db.Tx, m lists.Member, told lists.ListID) (most lists.List, ok bool, err error) {
	subs, err := lists.Subscriptions(tx, m.ID)
	if err != nil {
		return most, false, err
	}
	readers := 0
	for _, s := range subs {
		l, err := lists.ListByID(tx, s.List)
		if err != nil {
			return most, false, err
		}
		if l.ID == told && mayPost(m, l) {
			return l, true, nil
		}
		n, err := lists.Audience(tx, l.ID)
		if err != nil {
			return most, false, err
		}
		if mayPost(m, l) && (!ok || n > readers) {
			most, readers, ok = l, n, true
		}
	}
	return most, ok, nil
}

// promptIntro asks a new member who they are.
func (k *Clerk) promptIntro(tx *db.Tx, c lists.Community, m lists.Member, n newcomer) error {
	l, ok, err := introList(tx, m, n.list)
	if err != nil {
		return err
	}
	if !ok {
		return n.save(tx)
	}
	n.intro, n.list = introAsked, l.ID
	if err := n.save(tx); err != nil {
		return err
	}
	words, err := templates.IntroPrompt{Community: c.Name, Member: firstName(m), List: l.Title(), Days: introDays}.Render()
	if err != nil {
		return err
	}
	mail := notice.ToMember(c, m, notice.Asks, words)
	mail.ReplyTo.Name = "Your introduction"
	if mail.ReplyTo.Address, err = k.Office.Everyone(tx, notice.Door{Community: c, Member: m, Receiver: Receiver, Object: stepIntro.object(int64(m.ID)), Days: introDays}); err != nil {
		return err
	}
	_, err = k.Office.Send(tx, mail)
	return err
}

// introduced takes the text of an introduction, and the word about it. Nothing is posted but by YES to what was shown: the text is shown at
// the member's confirmed address, so it need not be sure who sent it; a letter of somebody else is not taken.
func (k *Clerk) introduced(tx *db.Tx, in *lists.Incoming, what step) error {
	mine := in.Sender.ID != 0 && int64(in.Sender.ID) == in.Token.Member
	if !mine || in.Robot || in.Verdict == lists.Unverified || in.Token.Revoked || !belongs(in.Sender) {
		return lists.NoSuchAddress()
	}
	n, ok, err := findNewcomer(tx, in.Sender.ID)
	if err != nil {
		return err
	}
	l, on, err := introList(tx, in.Sender, n.list)
	if err != nil {
		return err
	}
	if quoted, err := in.QuotesPrivate(tx); err != nil {
		return err
	} else if quoted != "" && holdsPrivate(in.Letter.NewText().Text) {
		return refusal.Because(refusal.NotAllowed, "Your letter holds something from private mail, so it cannot become an introduction.")
	}
	text := shortened(lists.WithoutMarks(lists.WithoutDoors(in.Letter.NewText().Text)))
	text, named := introWish(text, tx.Now)
	if in.Verdict != lists.Verified && !in.Token.Live(tx.Now) {
		named = nil // an address that has expired proves nothing any more
	}
	if len(named) > 0 && text == "" {
		return k.change(tx, in, named)
	}
	if err := in.Filed(tx, "a new member's introduction"); err != nil {
		return err
	}
	if err := k.wished(tx, in, named); err != nil {
		return err
	}
	if !ok || !on || n.intro != introAsked && n.intro != introShown || !in.Token.Live(tx.Now) {
		return k.introEnd(tx, in, l, templates.IntroEnd{Late: true})
	}
	word, alone, _ := lists.Word(text)
	switch {
	case what == stepPreview && n.intro == introShown && word == "YES" && alone && l.ID != n.list && n.list != 0: // they are not on that list any more
		n.list = l.ID
		if err := n.save(tx); err != nil {
			return err
		}
		return k.showIntro(tx, in, l, n, named)
	case what == stepPreview && n.intro == introShown && word == "YES" && alone:
		return k.postIntro(tx, in, l, n)
	case what == stepPreview && alone && (word == "DROP" || word == "NO"):
		n.intro, n.text = introDropped, ""
		if err := n.save(tx); err != nil {
			return err
		}
		return k.introEnd(tx, in, l, templates.IntroEnd{})
	case text == "" || alone && (word == "YES" || word == "NO" || word == "DROP"):
		return k.introEnd(tx, in, l, templates.IntroEnd{Empty: true})
	}
	n.intro, n.text, n.list = introShown, text, l.ID
	if err := n.save(tx); err != nil {
		return err
	}
	return k.showIntro(tx, in, l, n, named)
}

// introWish takes the word about being named in digests off the top of what a new member writes.
func introWish(text string, now time.Time) (rest string, wish []setting) {
	first, below, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if all, ok := readLine(first, now); ok && len(all) == 1 && all[0].what == templates.SetIntro {
		return strings.TrimSpace(below), all
	}
	return text, nil
}

// wished does what a new member wishes about being named.
func (k *Clerk) wished(tx *db.Tx, in *lists.Incoming, all []setting) error {
	for _, s := range all {
		if _, err := k.set(tx, in.Community, in.Sender.ID, s); err != nil {
			return err
		}
	}
	return nil
}

// holdsPrivate tells whether the new words of a letter, and not only what it quotes, hold private mail.
func holdsPrivate(text string) bool { return lists.Watermark(text) != "" }

// introSubject is what stands over an introduction, in the language of the community.
func introSubject(c lists.Community, m lists.Member) string {
	return templates.Language(c.Language).Hello(m.Name)
}

// showIntro shows an introduction to its writer, as it will be posted.
func (k *Clerk) showIntro(tx *db.Tx, in *lists.Incoming, l lists.List, n newcomer, wish []setting) error {
	readers, err := lists.Audience(tx, l.ID)
	if err != nil {
		return err
	}
	shown := templates.IntroPreview{
		Community: in.Community.Name, List: l.Title(), Readers: readers, Subject: introSubject(in.Community, in.Sender), Text: templates.Said(n.text), Days: introDays,
	}
	if len(wish) > 0 {
		shown.Named = wish[0].word
	}
	words, err := shown.Render()
	if err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Asks, words)
	mail.ReplyTo, err = k.Office.Confirm(tx, notice.Door{Community: in.Community, Member: in.Sender, Receiver: Receiver, Object: stepPreview.object(int64(in.Sender.ID)), Days: introDays})
	if err != nil {
		return err
	}
	_, err = k.Office.Send(tx, mail)
	return err
}

// postIntro posts an introduction: a new letter that holds nothing but the words that were shown. It is a member's first post, and no manager
// has to let it pass.
func (k *Clerk) postIntro(tx *db.Tx, in *lists.Incoming, l lists.List, n newcomer) error {
	id := letter.NewMessageID("post", in.Community.Domain)
	raw, err := letter.Draft{
		From: in.Sender.Mailbox(), To: []letter.Mailbox{{Name: l.Title(), Address: l.Address()}}, Subject: introSubject(in.Community, in.Sender),
		Date: tx.Now.UTC().Truncate(time.Minute), MessageID: id, Text: n.text,
	}.Bytes()
	if err != nil {
		return fmt.Errorf("write an introduction: %w", err)
	}
	post, err := letter.Parse(raw)
	if err != nil {
		return err
	}
	if k.Post == nil {
		return refusal.Because(refusal.NotAllowed, "Nothing can be posted here.")
	}
	if err := k.Post(tx, in.Community, l, in.Sender, post, string(id)); err != nil {
		return err
	}
	if err := k.askGreeter(tx, in.Community, l, in.Sender, id, n.text); err != nil {
		return err
	}
	n.intro, n.text = introPosted, ""
	if err := n.save(tx); err != nil {
		return err
	}
	return k.introEnd(tx, in, l, templates.IntroEnd{Posted: true})
}

func (k *Clerk) introEnd(tx *db.Tx, in *lists.Incoming, l lists.List, t templates.IntroEnd) error {
	t.Community, t.List = in.Community.Name, l.Title()
	if t.List == "" {
		t.List, t.Late = strings.ToLower(in.Community.Domain), true
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Tells, words)
	if t.Empty {
		mail.Kind, mail.ReplyTo = notice.Asks, letter.Mailbox{Name: "Your introduction", Address: in.To}
	}
	if !t.Posted {
		mail.Answer = again
	}
	return k.Office.SendIfDue(tx, mail)
}

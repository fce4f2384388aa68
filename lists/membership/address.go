package membership

import (
	"errors"
	"regexp"
	"strings"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// addressOver is the calendar's kind for a question about an address that nobody answered.
const addressOver calendar.Kind = "address.over"

// mostAddresses is how many addresses one member has at most.
const mostAddresses = 10

// setAddress changes from where a member writes and where their mail goes. An address that is not theirs yet is asked first, and nobody
// learns from the answer whether it is somebody else's.
func (k *Clerk) setAddress(tx *db.Tx, c lists.Community, m lists.Member, s setting) (done templates.SettingDone, err error) {
	done = templates.SettingDone{What: s.what, Value: s.address.String()}
	owner, known, err := lists.MemberByAddress(tx, c.ID, s.address)
	if err != nil {
		return done, err
	}
	mine := known && owner.ID == m.ID
	switch {
	case s.what == templates.SetAddressAdd && mine:
		done.Same = true
		return done, nil
	case s.what == templates.SetAddressRemove:
		return k.removeAddress(tx, c, m, s, mine)
	case s.what == templates.SetAddressFirst && !mine:
		return done, refusal.Say(refusal.Invalid, "address.not-yours", s.address)
	case mine:
		return k.makeFirst(tx, c, m, s.address)
	}
	return done, k.wantAddress(tx, c, m, s)
}

// makeFirst sends the mail to another of a member's own addresses, and tells them at the old one.
func (k *Clerk) makeFirst(tx *db.Tx, c lists.Community, m lists.Member, a letter.Address) (done templates.SettingDone, err error) {
	done = templates.SettingDone{What: templates.SetAddressFirst, Value: a.String()}
	if done.Same = m.Address.Key() == a.Key(); done.Same {
		return done, nil
	}
	if _, err := lists.MakeFirst(tx, m, a); err != nil {
		return done, err
	}
	if err := k.follow(tx, m, m.Address, a); err != nil {
		return done, err
	}
	done.Undo = "ADDRESS FIRST " + m.Address.String()
	return done, k.tellAddress(tx, c, m, m.Address, templates.AddressDone{What: templates.SetAddress, Address: a.String(), Old: m.Address.String(), Hidden: m.Listed, Mine: true})
}

func (k *Clerk) follow(tx *db.Tx, m lists.Member, from, to letter.Address) error {
	if k.Follow == nil {
		return nil
	}
	return k.Follow(tx, m.ID, from, to)
}

// removeAddress takes one away, and says so there: whoever reads there learns that it does not count any more.
func (k *Clerk) removeAddress(tx *db.Tx, c lists.Community, m lists.Member, s setting, mine bool) (done templates.SettingDone, err error) {
	done = templates.SettingDone{What: s.what, Value: s.address.String(), Same: !mine}
	switch {
	case !mine:
		return done, nil
	case m.Address.Key() == s.address.Key():
		return done, refusal.Say(refusal.Conflict, "address.first", s.address)
	case s.in != nil && s.in.From.Address.Key() == s.address.Key():
		return done, refusal.Say(refusal.Conflict, "address.from", s.address)
	}
	if _, err := lists.RemoveAddress(tx, m, s.address); err != nil {
		return done, err
	}
	if err := k.follow(tx, m, s.address, m.Address); err != nil {
		return done, err
	}
	return done, k.tellAddress(tx, c, m, s.address, templates.AddressDone{What: s.what, Address: s.address.String()})
}

// tellAddress tells of a change at one address. Words that undo it are heard from there while it is the member's.
func (k *Clerk) tellAddress(tx *db.Tx, c lists.Community, m lists.Member, at letter.Address, t templates.AddressDone) error {
	t.Community, t.Managers = c.Name, c.Address("managers").String()
	words, err := t.Render()
	if err != nil {
		return err
	}
	mail := notice.ToMember(c, m, notice.Tells, words)
	mail.To.Address = at
	if t.Mine {
		door, err := k.settingsDoor(tx, c, m)
		if err != nil {
			return err
		}
		mail.Kind, mail.ReplyTo = notice.Asks, door
	}
	_, err = k.Office.Send(tx, mail)
	return err
}

// wantAddress begins with an address that is not the member's yet: it is asked, or first the member, when nobody vouches for their letter.
func (k *Clerk) wantAddress(tx *db.Tx, c lists.Community, m lists.Member, s setting) error {
	if s.in == nil {
		return refusal.Because(refusal.Invalid, "Only the member can ask for an address by mail.").Try("backchannel member set %s --add-address %s", m.Address, s.address)
	}
	_, ours, err := lists.CommunityByDomain(tx, s.address.Domain)
	if err == nil && ours {
		err = refusal.Say(refusal.Invalid, "address.ours", s.address)
	}
	if err != nil {
		return err
	}
	all, err := lists.Addresses(tx, m.ID)
	if err != nil {
		return err
	}
	if len(all) >= mostAddresses {
		return refusal.Say(refusal.Conflict, "address.full", len(all))
	}
	if err := k.mayWrite(tx, c.ID, s.address, s.in.Remote); err != nil {
		return err
	}
	w := addressWish{member: m.ID, address: s.address, main: s.what == templates.SetAddress, oldOK: s.in.Verdict == lists.Verified}
	if w.id, err = k.keepWish(tx, w); err != nil {
		return err
	}
	if !w.oldOK {
		return k.askOld(tx, c, m, w, s.in.From.Address, "")
	}
	return k.askNew(tx, c, m, w, "")
}

func (k *Clerk) keepWish(tx *db.Tx, w addressWish) (int64, error) {
	id, err := insertAddressWish(tx, w)
	if err != nil {
		return 0, err
	}
	return id, calendar.Set(tx, addressOver, id, tx.Now.AddDate(0, 0, Days))
}

// unanswered forgets an address that nobody confirmed: it may be a stranger's.
func (k *Clerk) unanswered(tx *db.Tx, due calendar.Due) error { return endAddressWish(tx, due.Object) }

// askNew asks whoever reads at the new address, without a word about the member. When that is somebody's address already nobody is asked.
func (k *Clerk) askNew(tx *db.Tx, c lists.Community, m lists.Member, w addressWish, first string) error {
	if _, taken, err := lists.MemberByAddress(tx, c.ID, w.address); err != nil || taken {
		return err
	}
	words, err := templates.AddressAsk{Community: c.Name, Main: w.main, First: first, Days: Days}.Render()
	if err != nil {
		return err
	}
	mail := notice.Mail{Community: c, To: letter.Mailbox{Address: w.address}, From: membership(c), Words: words, Kind: notice.Asks, Auto: notice.Generated, Private: true}
	if mail.ReplyTo, err = k.wishDoor(tx, c, m, stepNew, w.id); err != nil {
		return err
	}
	_, err = k.Office.Send(tx, mail)
	return err
}

// askOld asks the member, at an address of theirs.
func (k *Clerk) askOld(tx *db.Tx, c lists.Community, m lists.Member, w addressWish, at letter.Address, first string) error {
	words, err := templates.AddressAsk{Community: c.Name, Address: w.address.String(), Main: w.main, Weak: !w.newOK, First: first, Days: Days}.Render()
	if err != nil {
		return err
	}
	mail := notice.ToMember(c, m, notice.Asks, words)
	mail.To.Address, mail.Answer = at, challenge
	if mail.ReplyTo, err = k.wishDoor(tx, c, m, stepOld, w.id); err != nil {
		return err
	}
	_, err = k.Office.Send(tx, mail)
	if errors.Is(err, notice.ErrEnough) { // not asked, so not to be answered either
		return endAddressWish(tx, w.id)
	}
	return err
}

func (k *Clerk) wishDoor(tx *db.Tx, c lists.Community, m lists.Member, side step, id int64) (letter.Mailbox, error) {
	return k.Office.Confirm(tx, notice.Door{Community: c, Member: m, Receiver: Receiver, Object: side.object(id), Days: Days})
}

// oldAddress finds the address that somebody names who writes from a new one: "OLD ADDRESS dana@north.example".
var oldAddress = regexp.MustCompile(`(?i)^\W*(?:my )?(?:old )?address(?: was| is)?:?\s+<?([^\s<>]+@[^\s<>]+?)[>.,]*$`)

// movedFrom is the old address that a letter to join@ names alone on its first line, or in its subject.
func movedFrom(in *lists.Incoming) (a letter.Address, ok bool) {
	if in.Token != nil || in.List != nil || in.Name.Word != "join" || belongs(in.Sender) {
		return a, false
	}
	first, _, _ := strings.Cut(strings.TrimSpace(in.Letter.NewText().Text), "\n")
	for _, line := range []string{first, bareSubject(in.Letter.Subject())} {
		if m := oldAddress.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
			a, err := letter.ParseAddress(m[1])
			return a, err == nil
		}
	}
	return a, false
}

// moved takes a letter from a new address that names an old one. The member is asked there. Who wrote hears the same whether there is one
// or not.
func (k *Clerk) moved(tx *db.Tx, in *lists.Incoming, old letter.Address) error {
	if err := k.answerable(in); err != nil {
		return err
	}
	if err := k.mayWrite(tx, in.Community.ID, in.From.Address, in.Remote); err != nil {
		return err
	}
	if err := in.Filed(tx, "somebody writes from a new address; the old one is asked"); err != nil {
		return err
	}
	m, known, err := lists.MemberByAddress(tx, in.Community.ID, old)
	if err != nil {
		return err
	}
	if known && belongs(m) && in.Sender.ID == 0 {
		w := addressWish{member: m.ID, address: in.From.Address, main: true, newOK: true}
		if w.id, err = k.keepWish(tx, w); err != nil {
			return err
		}
		if err := k.askOld(tx, in.Community, m, w, old, ""); err != nil {
			return err
		}
	}
	words, err := templates.AddressWait{Community: in.Community.Name, Old: old.String(), Days: Days, Managers: in.Community.Address("managers").String()}.Render()
	if err != nil {
		return err
	}
	return k.toStranger(tx, in, words)
}

// toStranger answers somebody who is no member, at the address for which a domain vouches.
func (k *Clerk) toStranger(tx *db.Tx, in *lists.Incoming, words templates.Mail) error {
	mail := notice.Answer(in, notice.Tells, words)
	mail.To, mail.From, mail.Member = letter.Mailbox{Address: in.From.Address}, membership(in.Community), 0
	_, err := k.Office.Send(tx, mail)
	return err
}

// addressAnswer takes what one side says.
func (k *Clerk) addressAnswer(tx *db.Tx, in *lists.Incoming, side step, id int64) error {
	m, err := lists.MemberByID(tx, lists.MemberID(in.Token.Member))
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return err
	}
	mine := heard(in) && in.Sender.ID == m.ID
	if err != nil || in.Robot || in.Finding.Refused || in.Token.Revoked || !belongs(m) {
		return lists.NoSuchAddress()
	}
	w, err := findAddressWish(tx, id)
	if err != nil && !errors.Is(err, db.ErrNoRows) {
		return err
	}
	open := err == nil && in.Token.Live(tx.Now) && (side == stepNew || !w.oldOK)
	switch {
	case !open && mine:
		return k.addressEnd(tx, in, true)
	case !open, side == stepOld && !mine, side == stepNew && in.From.Address.Key() != w.address.Key():
		return lists.NoSuchAddress()
	}
	text := in.Letter.NewText().Text
	word, alone, _ := lists.Word(text)
	switch {
	case word == "NO":
		if err := endAddressWish(tx, w.id); err != nil {
			return err
		}
		return k.addressEnd(tx, in, false)
	case word != "YES" || !alone:
		return k.addressAgain(tx, in, m, w, side, text)
	case side == stepOld && !w.newOK:
		return k.agreed(tx, in, m, w)
	}
	return k.addAddress(tx, in, m, w)
}

// addressAgain asks once more: the reply was none of the words.
func (k *Clerk) addressAgain(tx *db.Tx, in *lists.Incoming, m lists.Member, w addressWish, side step, text string) error {
	if err := in.Filed(tx, "an answer about an address that is none of its words"); err != nil {
		return err
	}
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if first == "" {
		first = "…"
	}
	return k.few(tx, in, "answer", func() error {
		if side == stepNew {
			return k.askNew(tx, in.Community, m, w, first)
		}
		words, err := templates.AddressAsk{Community: in.Community.Name, Address: w.address.String(), Main: w.main, First: first, Days: Days}.Render()
		if err != nil {
			return err
		}
		mail := notice.Answer(in, notice.Asks, words)
		mail.ReplyTo = letter.Mailbox{Name: "Your answer", Address: in.To}
		_, err = k.Office.Send(tx, mail)
		return err
	})
}

// agreed goes on with the new address, after the member has said that the wish was theirs.
func (k *Clerk) agreed(tx *db.Tx, in *lists.Incoming, m lists.Member, w addressWish) error {
	if err := w.agree(tx); err != nil {
		return err
	}
	if err := k.askNew(tx, in.Community, m, w, ""); err != nil {
		return err
	}
	what := templates.SetAddressAdd
	if w.main {
		what = templates.SetAddress
	}
	return k.page(tx, in, templates.Settings{Done: []templates.SettingDone{{What: what, Value: w.address.String()}}}, "a member said that a new address is theirs; it is asked")
}

// addAddress makes the address theirs, which both sides have confirmed, and tells both. Somebody else may have got it meanwhile.
func (k *Clerk) addAddress(tx *db.Tx, in *lists.Incoming, m lists.Member, w addressWish) error {
	if err := endAddressWish(tx, w.id); err != nil {
		return err
	}
	if _, taken, err := lists.MemberByAddress(tx, m.Community, w.address); err != nil {
		return err
	} else if taken {
		return k.addressEnd(tx, in, true)
	}
	if a, going, err := openApplication(tx, m.Community, w.address); err != nil {
		return err
	} else if going { // a member who asked to join once more
		if err := k.giveUp(tx, a); err != nil {
			return err
		}
	}
	if err := lists.AddAddress(tx, m, w.address); err != nil {
		return err
	}
	if err := forgetFirstLetters(tx, m.Community, k.letterMarks(w.address)); err != nil {
		return err
	}
	t := templates.AddressDone{What: templates.SetAddressAdd, Address: w.address.String(), Mine: true}
	if w.main {
		if _, err := lists.MakeFirst(tx, m, w.address); err != nil {
			return err
		}
		if err := k.follow(tx, m, m.Address, w.address); err != nil {
			return err
		}
		t.What, t.Old, t.Hidden = templates.SetAddress, m.Address.String(), m.Listed
	}
	if err := in.Filed(tx, "a member has one more address, confirmed on both sides"); err != nil {
		return err
	}
	for _, at := range []letter.Address{m.Address, w.address} {
		if err := k.tellAddress(tx, in.Community, m, at, t); err != nil {
			return err
		}
	}
	return nil
}

// addressEnd tells who answered that nothing was changed.
func (k *Clerk) addressEnd(tx *db.Tx, in *lists.Incoming, late bool) error {
	if err := in.Filed(tx, "an answer about an address; nothing was changed"); err != nil {
		return err
	}
	words, err := templates.AddressEnd{Community: in.Community.Name, Late: late, Managers: in.Community.Address("managers").String()}.Render()
	if err != nil {
		return err
	}
	return k.few(tx, in, again, func() error {
		if in.Sender.ID == 0 {
			return k.toStranger(tx, in, words)
		}
		_, err := k.Office.Send(tx, notice.Answer(in, notice.Tells, words))
		return err
	})
}

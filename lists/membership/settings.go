package membership

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// settingsObject is what the address of the page of settings is about, in the row of its token.
const settingsObject = "settings"

// settingsLife is how long that address works, in days: the page is kept, and is the same for years.
const settingsLife = 400

// Order does what a letter asks for that came to a digest, when it is about settings and about nothing else. It is false for every other
// letter, also for a NAME that is not written as people write theirs: "NAME THE BEAN" is read by people. sure tells that the letter is its sender's beyond doubt; else they only get the page, whose address is theirs alone.
func (k *Clerk) Order(tx *db.Tx, in *lists.Incoming, sure bool) (bool, error) {
	if !heard(in) || in.Robot {
		return false, nil
	}
	all := ordered(in.Letter, tx.Now.In(in.Sender.Zone(in.Community)))
	if len(all) == 0 || slices.ContainsFunc(all, func(s setting) bool { return s.what == templates.SetName && !nameLike(s.word) }) {
		return false, nil
	}
	return true, k.order(tx, in, all, sure)
}

// order does what was understood of a letter that is about settings alone.
func (k *Clerk) order(tx *db.Tx, in *lists.Incoming, all []setting, sure bool) error {
	if !sure {
		unsure := all[0].what != templates.SetPage || len(all) > 1
		return k.page(tx, in, templates.Settings{Unsure: unsure}, "a letter about settings that nobody vouches for")
	}
	return k.change(tx, in, all)
}

// toSettings takes a letter to the address of a member's page of settings.
func (k *Clerk) toSettings(tx *db.Tx, in *lists.Incoming) error {
	mine := in.Sender.ID != 0 && int64(in.Sender.ID) == in.Token.Member && in.Verdict != lists.Unverified
	switch {
	case in.Robot || in.Token.Revoked || !heard(in):
		return lists.NoSuchAddress()
	case !mine && in.Verdict == lists.Verified:
		if err := in.Filed(tx, "settings through somebody else's address; nothing was changed"); err != nil {
			return err
		}
		return k.notForYou(tx, in)
	case !mine:
		return lists.NoSuchAddress()
	case !in.Token.Live(tx.Now) && in.Verdict != lists.Verified:
		return k.page(tx, in, templates.Settings{Unsure: true}, "a letter about settings to an old address")
	}
	text := strings.TrimSpace(in.Letter.NewText().Text)
	if text == "" {
		text = bareSubject(in.Letter.Subject())
	}
	all, wrong := readSettings(text, tx.Now.In(in.Sender.Zone(in.Community)))
	if wrong != "" {
		return k.page(tx, in, templates.Settings{Wrong: wrong}, "a line about settings that is none")
	}
	return k.change(tx, in, all)
}

// change makes all changes that a letter asks for, or none, and tells what holds now.
func (k *Clerk) change(tx *db.Tx, in *lists.Incoming, all []setting) error {
	var t templates.Settings
	err := tx.Attempt(func() error {
		for _, s := range all {
			if s.what == templates.SetPage {
				continue
			}
			s.in = in
			done, err := k.set(tx, in.Community, in.Sender.ID, s)
			if err != nil {
				return err
			}
			t.Done = append(t.Done, done)
		}
		return nil
	})
	if r, ok := refusal.As(err); ok && !r.Kind.Temporary() {
		return k.page(tx, in, templates.Settings{Why: r}, "settings that cannot be")
	}
	if err != nil {
		return err
	}
	return k.page(tx, in, t, "a member's settings")
}

// Set makes the changes that a line names, in the words of a mail about settings, for a member. A *refusal.Refusal says why they cannot be.
func (k *Clerk) Set(tx *db.Tx, c lists.Community, id lists.MemberID, line string) error {
	m, err := lists.MemberByID(tx, id)
	if err != nil {
		return err
	}
	all, ok := readLine(line, tx.Now.In(m.Zone(c)))
	if !ok {
		return noSetting(line, tx.Now.In(m.Zone(c)))
	}
	for _, s := range all {
		if _, err := k.set(tx, c, id, s); err != nil {
			return err
		}
	}
	return nil
}

// set makes one change. A *refusal.Refusal says why it cannot be.
func (k *Clerk) set(tx *db.Tx, c lists.Community, id lists.MemberID, s setting) (templates.SettingDone, error) {
	m, err := lists.MemberByID(tx, id) // as the changes before left it
	if err != nil {
		return templates.SettingDone{}, err
	}
	switch s.what {
	case templates.SetPeriod, templates.SetDay, templates.SetHour, templates.SetFormat, templates.SetMin:
		return k.setDigest(tx, c, m, s)
	case templates.SetZone:
		return setZone(tx, c, m, s)
	case templates.SetLanguage:
		return setLanguage(tx, c, m, s)
	case templates.SetDelivery:
		return k.setDelivery(tx, c, m, s)
	case templates.SetVacation:
		return setVacation(tx, c, m, s)
	case templates.SetName:
		return setName(tx, c, m, s)
	case templates.SetOwnCopy:
		return setOwnCopy(tx, m, s)
	case templates.SetAddressShown:
		return setShown(tx, m, s)
	case templates.SetIntro:
		return setIntro(tx, m, s)
	case templates.SetGreet:
		return setGreet(tx, m, s)
	case templates.SetHello:
		return k.setHello(tx, m, s)
	case templates.SetAddress, templates.SetAddressAdd, templates.SetAddressFirst, templates.SetAddressRemove:
		return k.setAddress(tx, c, m, s)
	}
	return k.setInterest(tx, c, m, s)
}

// setDigest changes when, and in which form, the digest comes. Whoever names a period wants a digest, as with a mail to weekly@.
func (k *Clerk) setDigest(tx *db.Tx, c lists.Community, m lists.Member, s setting) (done templates.SettingDone, err error) {
	p, err := lists.DigestPrefOf(tx, m.ID)
	if err != nil {
		return done, err
	}
	was := p
	done = templates.SettingDone{What: s.what}
	switch s.what {
	case templates.SetFormat:
		p.Format, done.Value, done.Undo = s.word, s.word, "FORMAT "+strings.ToUpper(was.Format)
		if was.Format == lists.FormatBoth {
			done.Undo = "FORMAT BOTH"
		}
	case templates.SetMin:
		p.MinPosts, _ = strconv.Atoi(s.word) // a number: it was read as one
		done.Value, done.Undo = s.word, fmt.Sprintf("MIN %d", was.MinPosts)
	default:
		if s.what == templates.SetPeriod {
			p.Period = s.word
		}
		if s.daily {
			p.Weekday = s.day
		}
		if s.hour >= 0 {
			p.Hour = s.hour
		}
		done.Slot = &templates.Slot{Period: templates.Period(p.Period), Weekday: p.Weekday, Hour: p.Hour, Zone: m.Zone(c).String()}
		done.Undo = slotWords(s.what, was)
	}
	changed := false
	if s.what == templates.SetPeriod {
		back, err := k.allTo(tx, m, lists.Digest)
		if err != nil {
			return done, err
		}
		if changed = back != ""; changed {
			done.Undo += "; " + back
		}
	}
	if done.Same = p == was && !changed; done.Same {
		done.Undo = ""
		return done, nil
	}
	return done, lists.SaveDigestPref(tx, m.ID, p)
}

// slotWords are the words that set a slot, or the part of it that was changed.
func slotWords(what templates.Setting, p lists.DigestPref) string {
	switch {
	case what == templates.SetHour:
		return fmt.Sprintf("HOUR %d", p.Hour)
	case what == templates.SetDay:
		return strings.ToUpper(fmt.Sprintf("DAY %s %d", p.Weekday, p.Hour))
	case p.Period == "daily":
		return fmt.Sprintf("DAILY %d", p.Hour)
	}
	return strings.ToUpper(fmt.Sprintf("%s %s %d", p.Period, p.Weekday, p.Hour))
}

// allTo changes every subscription that is not none; when all are none, those (design.md section 6). It gives the words that bring back
// what was; "" when nothing had to change.
func (k *Clerk) allTo(tx *db.Tx, m lists.Member, d lists.Delivery) (undo string, err error) {
	all, err := lists.Subscriptions(tx, m.ID)
	if err != nil {
		return "", err
	}
	if len(all) == 0 {
		return "", refusal.Say(refusal.Conflict, "list.none")
	}
	every := !slices.ContainsFunc(all, func(s lists.Subscription) bool { return s.Delivery != lists.None })
	var words []string
	same := true
	for _, s := range all {
		if s.Delivery == d || s.Delivery == lists.None && !every {
			continue
		}
		l, err := lists.ListByID(tx, s.List)
		if err != nil {
			return "", err
		}
		words = append(words, deliveryWords(l, s.Delivery))
		same = same && s.Delivery == all[0].Delivery
		if err := lists.Subscribe(tx, m.ID, s.List, d); err != nil {
			return "", err
		}
	}
	if same && len(words) == len(all) {
		return strings.ToUpper(string(all[0].Delivery)), nil
	}
	return strings.Join(words, "; "), nil
}

func deliveryWords(l lists.List, d lists.Delivery) string {
	return l.Local + " " + strings.ToUpper(string(d))
}

// setDelivery changes how one list comes, or all. A list that anybody may join is joined so.
func (k *Clerk) setDelivery(tx *db.Tx, c lists.Community, m lists.Member, s setting) (done templates.SettingDone, err error) {
	as := lists.Delivery(s.word)
	done = templates.SettingDone{What: s.what, Delivery: templates.Delivery(as)}
	if s.list == "" {
		done.Undo, err = k.allTo(tx, m, as)
		done.Same = done.Undo == ""
		return done, err
	}
	l, ok, err := lists.ListByName(tx, c.ID, s.list)
	if err != nil {
		return done, err
	}
	if !ok {
		return done, refusal.Say(refusal.NotFound, "list.unknown", s.list)
	}
	done.List = l.Title()
	was, on, err := lists.SubscriptionOf(tx, m.ID, l.ID)
	if err != nil {
		return done, err
	}
	if !on && l.Join != lists.JoinOpen {
		return done, refusal.Say(refusal.NotAllowed, "list.closed", l.Title(), c.Address("managers"))
	}
	if done.Same = on && was.Delivery == as; done.Same {
		return done, nil
	}
	if !on {
		was.Delivery = lists.None
	}
	done.Undo = deliveryWords(l, was.Delivery)
	return done, lists.Subscribe(tx, m.ID, l.ID, as)
}

// setZone changes the time zone in which a member lives.
func setZone(tx *db.Tx, c lists.Community, m lists.Member, s setting) (done templates.SettingDone, err error) {
	done = templates.SettingDone{What: s.what, Undo: "ZONE " + m.Zone(c).String()}
	done.Same = m.Zone(c).String() == s.word
	m.Timezone = s.word
	p, err := lists.DigestPrefOf(tx, m.ID)
	if err != nil {
		return done, err
	}
	done.Slot = &templates.Slot{Period: templates.Period(p.Period), Weekday: p.Weekday, Hour: p.Hour, Zone: s.word}
	if done.Same {
		done.Undo = ""
		return done, nil
	}
	if err := lists.SaveMember(tx, m); err != nil {
		return done, err
	}
	return done, lists.SaveDigestPref(tx, m.ID, p) // the next slot is another moment now
}

// setLanguage changes the language of our mails to a member. The answer is in the new one.
func setLanguage(tx *db.Tx, c lists.Community, m lists.Member, s setting) (done templates.SettingDone, err error) {
	done = templates.SettingDone{What: s.what, Value: s.word, Same: m.Tongue(c) == s.word}
	if done.Same {
		return done, nil
	}
	done.Undo = "LANGUAGE " + m.Tongue(c)
	m.Language = s.word
	return done, lists.SaveMember(tx, m)
}

// setName changes how others see a member. Nobody may look like a manager.
func setName(tx *db.Tx, c lists.Community, m lists.Member, s setting) (done templates.SettingDone, err error) {
	done = templates.SettingDone{What: s.what, Value: s.word, Same: m.Name == s.word}
	if done.Same {
		return done, nil
	}
	managers, err := lists.Managers(tx, c.ID)
	if err != nil {
		return done, err
	}
	var taken []string
	for _, other := range managers {
		if other.ID != m.ID {
			taken = append(taken, other.Name)
		}
	}
	if lists.Poses(s.word, taken...) {
		return done, refusal.Say(refusal.NotAllowed, "name.manager")
	}
	if m.Name != "" {
		done.Undo = "NAME " + m.Name
	}
	m.Name = s.word
	return done, lists.SaveMember(tx, m)
}

// switched is what is told of a setting that is either so or not: yes and no are the words that make it so, one of which undoes this change.
func switched(s setting, was, is bool, yes, no string) templates.SettingDone {
	done := templates.SettingDone{What: s.what, Value: s.word, Same: was == is}
	switch {
	case done.Same:
	case is:
		done.Undo = no
	default:
		done.Undo = yes
	}
	return done
}

// setOwnCopy changes whether a member's own posts come to them as well.
func setOwnCopy(tx *db.Tx, m lists.Member, s setting) (done templates.SettingDone, err error) {
	on := s.word == "on"
	if done = switched(s, m.OwnCopy, on, "OWN COPY ON", "OWN COPY OFF"); done.Same {
		return done, nil
	}
	m.OwnCopy = on
	return done, lists.SaveMember(tx, m)
}

// introOK are the words for what a member wants about being named as new.
var introOK = map[string]lists.IntroOK{"on": lists.IntroYes, "off": lists.IntroNo, "posted": lists.IntroPosted}

// setIntro changes whether digests name a member among the new ones.
func setIntro(tx *db.Tx, m lists.Member, s setting) (done templates.SettingDone, err error) {
	done = templates.SettingDone{What: s.what, Value: s.word, Same: m.IntroOK == introOK[s.word]}
	if done.Same {
		return done, nil
	}
	done.Undo = "INTRODUCE " + strings.ToUpper(m.IntroOK.Word())
	m.IntroOK = introOK[s.word]
	return done, lists.SaveMember(tx, m)
}

// setShown changes whether those who see who is on a list see a member's address beside the name.
func setShown(tx *db.Tx, m lists.Member, s setting) (done templates.SettingDone, err error) {
	show := s.word == "show"
	if done = switched(s, m.Listed, show, "ADDRESS SHOW", "ADDRESS HIDE"); done.Same {
		return done, nil
	}
	m.Listed = show
	return done, lists.SaveMember(tx, m)
}

// setHello changes whether managers may be asked to write to a member who is silent.
func (k *Clerk) setHello(tx *db.Tx, m lists.Member, s setting) (done templates.SettingDone, err error) {
	if k.Greeting == nil {
		return done, refusal.Say(refusal.Invalid, "hello.none")
	}
	was, err := k.Greeting.LeftAlone(tx, m.ID)
	if err != nil {
		return done, err
	}
	alone := s.word == "off"
	if done = switched(s, was, alone, "HELLO OFF", "HELLO ON"); done.Same {
		return done, nil
	}
	return done, k.Greeting.SetAlone(tx, m.ID, alone)
}

// setVacation keeps when a member is away: whole days, and what they missed at the hour of their digest on the day after.
func setVacation(tx *db.Tx, c lists.Community, m lists.Member, s setting) (done templates.SettingDone, err error) {
	done = templates.SettingDone{What: s.what}
	if s.until.IsZero() {
		cut, err := lists.CutVacation(tx, m.ID)
		done.Same = !cut
		return done, err
	}
	p, err := lists.DigestPrefOf(tx, m.ID)
	if err != nil {
		return done, err
	}
	zone := m.Zone(c)
	y, month, day := s.until.Date()
	v := lists.Vacation{Begin: s.from, Until: time.Date(y, month, day+1, p.Hour, 0, 0, 0, zone)}
	if v.Begin.Before(tx.Now) {
		v.Begin = tx.Now
	}
	done.From, done.To = s.from, s.until
	done.Undo = "VACATION OFF"
	return done, lists.SetVacation(tx, m.ID, v)
}

// setInterest follows or mutes a tag, or mutes a thread.
func (k *Clerk) setInterest(tx *db.Tx, c lists.Community, m lists.Member, s setting) (done templates.SettingDone, err error) {
	done = templates.SettingDone{What: s.what, Value: s.word}
	tag, changed := s.word, false
	number, err := strconv.ParseInt(s.word, 10, 64)
	if thread := err == nil && (s.what == templates.SetMute || s.what == templates.SetUnmute); thread {
		t, err := k.Office.Store.ThreadByNumber(tx, int64(c.ID), number)
		if err != nil && refusal.KindOf(err) == refusal.NotFound || err == nil && t.Posts == 0 {
			return done, refusal.Say(refusal.NotFound, "thread.unknown", number)
		}
		if err != nil {
			return done, err
		}
		tag, number, done.Value, done.Thread = "", t.Number, "", int(t.Number)
	} else {
		aliases, err := lists.TagAliases(tx, c.ID)
		if err != nil {
			return done, err
		}
		tag, number = aliases.Of(tag), 0
		done.Value = tag
	}
	word := tag
	if tag == "" {
		word = strconv.FormatInt(number, 10)
	}
	switch s.what {
	case templates.SetFollow:
		changed, err = lists.Follow(tx, m.ID, tag)
		done.Undo = "UNFOLLOW " + word
	case templates.SetUnfollow:
		changed, err = lists.Unfollow(tx, m.ID, tag)
		done.Undo = "FOLLOW " + word
	case templates.SetMute:
		changed, err = lists.Mute(tx, m.ID, tag, number)
		done.Undo = "UNMUTE " + word
	case templates.SetUnmute:
		changed, err = lists.Unmute(tx, m.ID, tag, number)
		done.Undo = "MUTE " + word
	default:
		return done, errors.New("no such setting: " + string(s.what))
	}
	if done.Same = !changed; done.Same {
		done.Undo = ""
	}
	return done, err
}

// page answers with all settings of a member, as they are now. What could not be done is not told without end (D3).
func (k *Clerk) page(tx *db.Tx, in *lists.Incoming, t templates.Settings, detail string) error {
	if err := in.Filed(tx, detail); err != nil {
		return err
	}
	m, err := lists.MemberByID(tx, in.Sender.ID)
	if err != nil {
		return err
	}
	if err := fillSettings(tx, in.Community, m, &t); err != nil {
		return err
	}
	if k.Greeting != nil {
		if t.Alone, err = k.Greeting.LeftAlone(tx, m.ID); err != nil {
			return err
		}
	}
	door, err := k.settingsDoor(tx, in.Community, m)
	if err != nil {
		return err
	}
	t.Answer, t.Leave = door.Address.String(), in.Community.Address("leave").String()
	words, err := t.Render()
	if err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Asks, words)
	mail.ReplyTo = door
	if len(t.Done) == 0 {
		mail.Answer = "settings"
	}
	return k.Office.SendIfDue(tx, mail)
}

// settingsDoor is where words about settings are heard.
func (k *Clerk) settingsDoor(tx *db.Tx, c lists.Community, m lists.Member) (letter.Mailbox, error) {
	door, err := k.Office.Confirm(tx, notice.Door{Community: c, Member: m, Receiver: Receiver, Object: settingsObject, Days: settingsLife})
	door.Name = "Your settings"
	return door, err
}

// fillSettings reads what holds now.
func fillSettings(tx *db.Tx, c lists.Community, m lists.Member, t *templates.Settings) error {
	p, err := lists.DigestPrefOf(tx, m.ID)
	if err != nil {
		return err
	}
	zone := m.Zone(c)
	t.Community, t.Format, t.MinPosts = c.Name, p.Format, p.MinPosts
	t.Slot = templates.Slot{Period: templates.Period(p.Period), Weekday: p.Weekday, Hour: p.Hour, Zone: zone.String()}
	all, err := lists.Lists(tx, c.ID)
	if err != nil {
		return err
	}
	for _, l := range all {
		s, on, err := lists.SubscriptionOf(tx, m.ID, l.ID)
		if err != nil {
			return err
		}
		if on || l.Join == lists.JoinOpen {
			t.Lists = append(t.Lists, templates.ListSetting{Name: l.Title(), Word: l.Local, Delivery: templates.Delivery(s.Delivery)})
		}
		t.Digest = t.Digest || s.Delivery == lists.Digest
	}
	i, err := lists.InterestsOf(tx, m.ID)
	if err != nil {
		return err
	}
	addresses, err := lists.Addresses(tx, m.ID)
	if err != nil {
		return err
	}
	for _, a := range addresses {
		t.Addresses = append(t.Addresses, a.String())
	}
	t.Name, t.OwnCopy, t.Listed = m.Name, m.OwnCopy, m.Listed
	if m.New(tx.Now) {
		t.Intro = m.IntroOK.Word()
	}
	if t.Greets, err = AskedToGreet(tx, c, m); err != nil {
		return err
	}
	t.Follows = i.Follows
	for _, tag := range i.Muted {
		t.Muted = append(t.Muted, "#"+tag)
	}
	for _, n := range i.Threads {
		t.Muted = append(t.Muted, strconv.FormatInt(n, 10))
	}
	v, away, err := lists.VacationOf(tx, m.ID)
	if away {
		t.Away, t.Back = v.Begin.In(zone), v.Until.In(zone)
	}
	return err
}

package backchannel

import (
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// Source is how we know that a manager is away.
type Source string

// The sources.
const (
	ByCommand Source = "command" // they said so
	ByReply   Source = "ooo"     // their mail program did
)

// Absence is a time in which a manager reads nothing.
type Absence struct {
	Since, Until time.Time
	Source       Source

	back time.Time // when they said that they are back
}

// at tells whether the manager is away at a moment.
func (a Absence) at(t time.Time) bool { return !t.Before(a.Since) && t.Before(a.Until) }

// covers tells whether so much of a week is missed that its duty goes to somebody else: half of it.
func (a Absence) covers(monday time.Time, zone *time.Location) bool {
	begin, end := startOf(monday, zone), startOf(monday.AddDate(0, 0, 7), zone)
	whole := end.Sub(begin)
	if a.Since.After(begin) {
		begin = a.Since
	}
	if a.Until.Before(end) {
		end = a.Until
	}
	return end.Sub(begin) >= whole/2
}

// Away is the absence of a manager at this moment; zero when they are there.
func (b *Letterbox) Away(tx *db.Tx, m lists.Member) (Absence, error) {
	a, err := absence(tx, m.ID)
	if err != nil || !a.at(tx.Now) {
		return Absence{}, err
	}
	return a, nil
}

// How long a manager is away whose mail program says so and not until when; how far such a word is believed; and how long it is not
// believed after the manager has said that they are back: the program may not have heard of it.
const (
	unknownDays = 3
	mostAway    = 60
	backDays    = 3
)

func (b *Letterbox) doAway(tx *db.Tx, c *Call, args string) (string, error) {
	typed := strings.ToLower(strings.Join(strings.Fields(args), " "))
	if typed == "off" {
		a, err := absence(tx, c.Manager.ID)
		if err != nil {
			return "", err
		}
		if !a.at(tx.Now) {
			return "", refusal.Because(refusal.Conflict, "You are not away.")
		}
		a.Until, a.back = tx.Now, tx.Now
		if err := saveAbsence(tx, c.Manager.ID, a); err != nil {
			return "", err
		}
		return "Welcome back. Letters come to you again.", b.replan(tx, c.Community.ID)
	}
	day, err := until(strings.TrimPrefix(typed, "until "), tx.Now.In(c.Manager.Zone(c.Community)))
	if err != nil {
		return "", refusal.Because(refusal.Invalid, "Behind /away stands until when, as in /away until %s, or off.", tx.Now.AddDate(0, 0, 7).Format(time.DateOnly))
	}
	if err := b.goAway(tx, c.Community, c.Manager, Absence{Since: tx.Now, Until: day, Source: ByCommand}); err != nil {
		return "", err
	}
	return "You are away. Letters come to you again from " + day.Format("Monday, 2 January at 15:04") + " on; /away off ends that earlier.", nil
}

// replan plans the rota anew, where there is one.
func (b *Letterbox) replan(tx *db.Tx, id lists.CommunityID) error {
	community, err := lists.CommunityByID(tx, id)
	if err != nil || !community.Rota {
		return err
	}
	_, err = b.planRota(tx, community)
	return err
}

// goAway notes that a manager is away, plans the rota without them, and passes their letters on.
func (b *Letterbox) goAway(tx *db.Tx, community lists.Community, m lists.Member, a Absence) error {
	if err := saveAbsence(tx, m.ID, a); err != nil {
		return err
	}
	if err := b.replan(tx, community.ID); err != nil {
		return err
	}
	all, err := openConversations(tx, community.ID)
	if err != nil {
		return err
	}
	for _, c := range all {
		if err := b.passOn(tx, c, m, a); err != nil {
			return err
		}
	}
	return nil
}

// passOn gives a letter that waits for somebody who is away to whoever is on duty now, a stranger's as well. What nobody can take stays as it
// is, and the ombuds hears that it waits if an answer is owed.
func (b *Letterbox) passOn(tx *db.Tx, c Conv, m lists.Member, a Absence) error {
	waits, err := c.waits(tx)
	if err != nil || !waits || !c.mayRead(m) || c.Owner != 0 && c.Owner != m.ID {
		return err
	}
	community, err := lists.CommunityByID(tx, c.Community)
	if err != nil {
		return err
	}
	readers, err := b.readers(tx, c)
	if err != nil {
		return err
	}
	duty, nobody, err := b.onDuty(tx, community, readers)
	if err != nil {
		return err
	}
	if nobody && c.Kind == Outsider {
		return nil
	}
	if nobody {
		return b.ombudsWaits(tx, community, c, readers, true)
	}
	taken := c.Owner == m.ID
	if taken {
		if err := disown(tx, c.ID); err != nil {
			return err
		}
		if err := did(tx, c, m.ID, "is away until "+a.Until.In(community.Zone()).Format("2 January")+", and gave it back"); err != nil {
			return err
		}
		if err := b.refile(tx, c); err != nil {
			return err
		}
	}
	asked, err := firstUnanswered(tx, c.ID)
	if err != nil {
		return err
	}
	for _, to := range duty {
		has, err := hasByMail(tx, c.ID, to.ID, asked.rev)
		if err != nil {
			return err
		}
		if has && !taken {
			continue
		}
		if err := b.present(tx, community, c, to, m.FirstName()+" is away until "+a.Until.In(to.Zone(community)).Format("2 January")+"."); err != nil {
			return err
		}
	}
	return nil
}

// OutOfOffice hears an automatic reply that a letter of ours to a member brought. Of a manager it says that they are away; its words are
// read for a date, and kept nowhere (E14). It is believed for what it can do: at worst a colleague gets a letter, too, and the manager
// reads at once that we think so.
func (b *Letterbox) OutOfOffice(tx *db.Tx, m lists.Member, l *letter.Letter) error {
	if !m.Manager() {
		return nil
	}
	was, err := absence(tx, m.ID)
	if err != nil || !was.back.IsZero() && tx.Now.Before(was.back.AddDate(0, 0, backDays)) {
		return err
	}
	community, err := lists.CommunityByID(tx, m.Community)
	if err != nil {
		return err
	}
	now := tx.Now.In(m.Zone(community))
	back, known, is, err := lists.OutOfOffice(tx, m, l, now)
	if err != nil || !is {
		return err
	}
	if !known {
		back = now.AddDate(0, 0, unknownDays)
	}
	if far := now.AddDate(0, 0, mostAway); back.After(far) {
		back = far
	}
	back = time.Date(back.Year(), back.Month(), back.Day(), wakeHour, 0, 0, 0, now.Location())
	if !back.After(now) || was.at(tx.Now) && (was.Source == ByCommand || !known || !back.After(was.Until)) {
		return nil // nothing new
	}
	a := Absence{Since: tx.Now, Until: back, Source: ByReply}
	if was.at(tx.Now) {
		a.Since = was.Since
	}
	if err := b.goAway(tx, community, m, a); err != nil {
		return err
	}
	words, err := templates.AwayNoted{Community: community.Name, Until: back, Guessed: !known, Managers: community.Address("managers").String()}.Render()
	if err != nil {
		return err
	}
	mail := notice.ToMember(community, m, notice.Tells, words)
	mail.ReplyTo = notice.Managers(community)
	_, err = b.Office.Send(tx, mail)
	return err
}

// allAway tells the ombuds of a new letter when all who may read it are away, and until when they are; zero when one is here, or when it is
// not new (B15b).
func (b *Letterbox) allAway(tx *db.Tx, community lists.Community, c Conv, readers []lists.Member, again bool) (until time.Time, err error) {
	_, away, err := b.onDuty(tx, community, readers)
	if err != nil || !away || again {
		return time.Time{}, err
	}
	if until, err = firstBack(tx, readers); err != nil {
		return until, err
	}
	return until.In(community.Zone()), b.ombudsWaits(tx, community, c, readers, true)
}

// firstBack is when the first of these managers is there again.
func firstBack(tx *db.Tx, all []lists.Member) (first time.Time, err error) {
	for _, m := range all {
		a, err := absence(tx, m.ID)
		if err != nil {
			return first, err
		}
		if first.IsZero() || a.Until.Before(first) {
			first = a.Until
		}
	}
	return first, nil
}

package backchannel

import (
	"math"
	"slices"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/command"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// Shift is one week of the rota, from its Monday at noon to the next one's, by the community's clock.
type Shift struct {
	Monday time.Time // the date, as midnight UTC
	First  lists.MemberID
	Second lists.MemberID // who takes over when the first one is away or may not see a letter; 0: nobody
	Fixed  bool           // managers have swapped it: no plan changes it
}

// Begins is when the week begins.
func (s Shift) Begins(c lists.Community) time.Time { return startOf(s.Monday, c.Zone()) }

// noon is the hour of a Monday at which one manager hands over to the next.
const noon = 12

// weekOf is the Monday whose week a moment is in, as a date.
func weekOf(t time.Time, zone *time.Location) time.Time {
	local := t.In(zone)
	y, m, d := local.Date()
	monday := time.Date(y, m, d-(int(local.Weekday())+6)%7, 0, 0, 0, 0, time.UTC)
	if t.Before(startOf(monday, zone)) {
		monday = monday.AddDate(0, 0, -7)
	}
	return monday
}

// startOf is when the week of a Monday begins.
func startOf(monday time.Time, zone *time.Location) time.Time {
	y, m, d := monday.Date()
	return time.Date(y, m, d, noon, 0, 0, 0, zone)
}

// How far the rota is planned, and how far people may rely on it when managers come or go, in weeks, the running one among them.
const (
	planned = 12
	settled = 2
)

// plan is the rota from a Monday on: of what was planned before, all that may stand, and beside it the fairest there is. A week stands
// when managers swapped it; otherwise while those in it are managers and not away, and, behind the next weeks, while nobody came.
// Nobody is given a week in which they are away, unless all are; in the
// running one the second is there for that. The next week is the one's whose last is longest ago: without anybody away
// the loads over any weeks differ by one at most.
func plan(before []Shift, from time.Time, managers []lists.MemberID, away func(m lists.MemberID, monday time.Time) bool) []Shift {
	if len(managers) == 0 {
		return nil
	}
	have := map[lists.MemberID]bool{}
	for _, s := range before {
		have[s.First] = true
	}
	came := slices.ContainsFunc(managers, func(m lists.MemberID) bool { return !have[m] })
	served := map[time.Time]lists.MemberID{} // whose week is which, past and to come
	stands := map[time.Time]Shift{}
	for _, s := range before {
		ahead := int(s.Monday.Sub(from).Hours() / 24 / 7)
		ok := slices.Contains(managers, s.First) && (ahead == 0 || !away(s.First, s.Monday)) && !(came && ahead >= settled)
		if ahead < 0 || s.Fixed || ok {
			served[s.Monday] = s.First
		}
		if ahead >= 0 && (s.Fixed && slices.Contains(managers, s.First) || ok) {
			stands[s.Monday] = s
		}
	}
	var all []Shift
	for i := range planned {
		monday := from.AddDate(0, 0, 7*i)
		s, ok := stands[monday]
		if !ok {
			s = Shift{Monday: monday, First: fairest(served, monday, managers, 0, away, true)}
			served[monday] = s.First
		}
		if keep := ok && (s.Fixed || i == 0); !keep || !slices.Contains(managers, s.Second) || s.Second == s.First {
			s.Second = fairest(served, monday, managers, s.First, away, false)
		}
		all = append(all, s)
	}
	return all
}

// fairest finds who takes a week: of those who are there the one whose nearest week is farthest, or, looking back only, whose last one is.
func fairest(served map[time.Time]lists.MemberID, monday time.Time, managers []lists.MemberID, but lists.MemberID, away func(lists.MemberID, time.Time) bool, ahead bool) lists.MemberID {
	var best lists.MemberID
	far, here := -1.0, false
	for _, m := range managers {
		if m == but {
			continue
		}
		near := math.Inf(1)
		for week, who := range served {
			if d := monday.Sub(week).Hours(); who == m && (d >= 0 || ahead) {
				near = min(near, math.Abs(d))
			}
		}
		there := !away(m, monday)
		if there && !here || there == here && near > far {
			best, far, here = m, near, there
		}
	}
	return best
}

// planRota plans the weeks from the running one on, and sets the calendar to the next handover.
func (b *Letterbox) planRota(tx *db.Tx, community lists.Community) ([]Shift, error) {
	from := weekOf(tx.Now, community.Zone())
	before, err := shifts(tx, community.ID, from.AddDate(-1, 0, 0))
	if err != nil {
		return nil, err
	}
	all, err := lists.Managers(tx, community.ID)
	if err != nil {
		return nil, err
	}
	var ids []lists.MemberID
	spells := map[lists.MemberID]Absence{}
	for _, m := range all {
		ids = append(ids, m.ID)
		if spells[m.ID], err = absence(tx, m.ID); err != nil {
			return nil, err
		}
	}
	next := plan(before, from, ids, func(m lists.MemberID, monday time.Time) bool { return spells[m].covers(monday, community.Zone()) })
	if err := saveShifts(tx, community.ID, from, next); err != nil {
		return nil, err
	}
	return next, nextHandover(tx, community)
}

// Rota is who is on duty in which week, from the running one on; empty when the community has no rota.
func (b *Letterbox) Rota(tx *db.Tx, community lists.Community) ([]Shift, error) {
	if !community.Rota {
		return nil, nil
	}
	return b.planRota(tx, community)
}

// RotaChanged does what is to be done when a community starts or ends its rota.
func (b *Letterbox) RotaChanged(tx *db.Tx, community lists.Community) error {
	if community.Rota {
		_, err := b.planRota(tx, community)
		return err
	}
	return noHandover(tx, community.ID)
}

// shiftNow is the running week, planned if it is not.
func (b *Letterbox) shiftNow(tx *db.Tx, community lists.Community) (Shift, error) {
	from := weekOf(tx.Now, community.Zone())
	found, err := shifts(tx, community.ID, from)
	if err != nil {
		return Shift{}, err
	}
	if len(found) == 0 || !found[0].Monday.Equal(from) {
		if found, err = b.planRota(tx, community); err != nil || len(found) == 0 {
			return Shift{}, err
		}
	}
	return found[0], nil
}

// onDuty are those of the managers who may see a letter to whom it is mailed: without a rota all who are not away; with one the first of
// the week, or the second when the first is away or may not see it; all who are there when neither can; and everybody when nobody is
// there (away).
func (b *Letterbox) onDuty(tx *db.Tx, community lists.Community, readers []lists.Member) (duty []lists.Member, away bool, err error) {
	var here []lists.Member
	for _, m := range readers {
		a, err := absence(tx, m.ID)
		if err != nil {
			return nil, false, err
		}
		if !a.at(tx.Now) {
			here = append(here, m)
		}
	}
	if len(here) == 0 {
		return readers, len(readers) > 0, nil
	}
	if !community.Rota {
		return here, false, nil
	}
	s, err := b.shiftNow(tx, community)
	if err != nil {
		return nil, false, err
	}
	for _, id := range []lists.MemberID{s.First, s.Second} {
		for _, m := range here {
			if m.ID == id {
				return []lists.Member{m}, false, nil
			}
		}
	}
	return here, false, nil
}

// OnDuty is one manager who is on duty now, for what one of them has to decide; zero when there is no manager.
func (b *Letterbox) OnDuty(tx *db.Tx, community lists.Community) (lists.Member, error) {
	duty, err := b.AllOnDuty(tx, community)
	if err != nil || len(duty) == 0 {
		return lists.Member{}, err
	}
	return duty[0], nil
}

// AllOnDuty are all managers who are on duty now: without a rota every one who is not away.
func (b *Letterbox) AllOnDuty(tx *db.Tx, community lists.Community) ([]lists.Member, error) {
	all, err := lists.Managers(tx, community.ID)
	if err != nil {
		return nil, err
	}
	duty, _, err := b.onDuty(tx, community, all)
	return duty, err
}

// mailed are those of the readers who get what is new in a conversation by mail: who is on duty, and who has taken it. The others find it
// in their folders and in the morning brief.
func (b *Letterbox) mailed(tx *db.Tx, community lists.Community, c Conv, readers []lists.Member) (all []lists.Member, away bool, err error) {
	all, away, err = b.onDuty(tx, community, readers)
	if err != nil || contains(all, c.Owner) {
		return all, away, err
	}
	for _, m := range readers {
		if m.ID != c.Owner {
			continue
		}
		a, err := absence(tx, m.ID)
		if err != nil {
			return nil, false, err
		}
		if !a.at(tx.Now) {
			all = append(all, m)
		}
	}
	return all, away, nil
}

// rotaVerbs are about turns and absence.
func (b *Letterbox) rotaVerbs() command.Table[*Call] {
	return command.Table[*Call]{
		{Name: "rota", Args: "[on|off]", Alone: true, Help: "Who is on duty in the next weeks; on and off start and end the taking of turns.", Do: b.doRota},
		{Name: "swap", Args: "NAME DATE", Alone: true, Help: "NAME takes your week that holds the date, and you take the next one of theirs; or the other way round, when it is theirs.", Do: b.doSwap},
		{Name: "away", Args: "until DATE|off", Alone: true, Help: "Until then your letters go to your colleagues.", Do: b.doAway},
	}
}

func (b *Letterbox) doRota(tx *db.Tx, c *Call, args string) (string, error) {
	now, err := lists.CommunityByID(tx, c.Community.ID)
	if err != nil {
		return "", err
	}
	switch word := strings.ToLower(args); word {
	case "on", "off":
		if c.In != nil && !signed(c.In) {
			return "", refusal.Because(refusal.NotAllowed, "That is a setting of the community, and needs a mail that is signed by your provider (DKIM).")
		}
		if now.Rota == (word == "on") {
			return "", refusal.Because(refusal.Conflict, "The rota is %s already.", word)
		}
		now.Rota = word == "on"
		if err := lists.SaveCommunity(tx, now); err != nil {
			return "", err
		}
		if err := b.RotaChanged(tx, now); err != nil {
			return "", err
		}
		if !now.Rota {
			return "The rota is off. Every manager who may see a letter gets it by mail again.", nil
		}
	case "":
		if !now.Rota {
			return "There is no rota: every manager who may see a letter gets it by mail. /rota on starts one.", nil
		}
	default:
		return "", refusal.Because(refusal.Invalid, "Behind /rota there may be on or off, and nothing else.")
	}
	weeks, err := b.Rota(tx, now)
	if err != nil {
		return "", err
	}
	words, err := templates.RotaPlan{Community: now.Name, Weeks: b.weeks(tx, now, weeks)}.Render()
	if err != nil {
		return "", err
	}
	return "", b.tell(tx, &Call{Manager: c.Manager, Community: c.Community, Story: c.Story, In: c.In, print: c.print}, words)
}

// weeks are shifts as mails show them.
func (b *Letterbox) weeks(tx *db.Tx, community lists.Community, all []Shift) (weeks []templates.RotaWeek) {
	for _, s := range all {
		w := templates.RotaWeek{From: startOf(s.Monday, community.Zone()), First: firstName(tx, s.First), Swapped: s.Fixed}
		if s.Second != 0 {
			w.Second = firstName(tx, s.Second)
		}
		weeks = append(weeks, w)
	}
	return weeks
}

func firstName(tx *db.Tx, id lists.MemberID) string {
	m, err := lists.MemberByID(tx, id)
	if err != nil {
		return "nobody"
	}
	return m.FirstName()
}

// doSwap has two managers change weeks.
func (b *Letterbox) doSwap(tx *db.Tx, c *Call, args string) (string, error) {
	now, err := lists.CommunityByID(tx, c.Community.ID)
	if err != nil {
		return "", err
	}
	if !now.Rota {
		return "", refusal.Because(refusal.Conflict, "There is no rota; /rota on starts one.")
	}
	words := strings.Fields(args)
	if len(words) < 2 {
		return "", refusal.Because(refusal.Invalid, "Behind /swap stand a name and a date, as in /swap Jonas %s.", weekOf(tx.Now, now.Zone()).AddDate(0, 0, 7).Format(time.DateOnly))
	}
	other, err := managerNamed(tx, c, strings.Join(words[:len(words)-1], " "))
	if err != nil {
		return "", err
	}
	typed := words[len(words)-1]
	day, err := until(typed, tx.Now.In(now.Zone()))
	if err != nil {
		return "", refusal.Because(refusal.Invalid, "%q is no date ahead of us; one looks like %s.", clip(typed, 30), weekOf(tx.Now, now.Zone()).AddDate(0, 0, 7).Format(time.DateOnly))
	}
	weeks, err := b.planRota(tx, now)
	if err != nil {
		return "", err
	}
	one, two, err := exchange(weeks, weekOf(startOf(day, now.Zone()), now.Zone()), c.Manager, other)
	if err != nil {
		return "", err
	}
	for _, s := range []Shift{weeks[one], weeks[two]} {
		if err := fixShift(tx, now.ID, s); err != nil {
			return "", err
		}
	}
	if err := b.tellSwap(tx, c, now, other, weeks[one], weeks[two]); err != nil {
		return "", err
	}
	say := func(s Shift) string {
		who := "you have"
		if s.First == other.ID {
			who = other.FirstName() + " has"
		}
		return who + " the week of " + s.Monday.Format("2 January")
	}
	return "Swapped: " + say(weeks[one]) + ", " + say(weeks[two]) + ".", nil
}

// exchange changes two weeks: the one that is asked for, and the next one of whoever gets it. It tells which they are.
func exchange(weeks []Shift, monday time.Time, me, other lists.Member) (one, two int, err error) {
	one = slices.IndexFunc(weeks, func(s Shift) bool { return s.Monday.Equal(monday) })
	if one < 0 {
		return 0, 0, refusal.Because(refusal.Invalid, "The rota is planned until %s only.", weeks[len(weeks)-1].Monday.AddDate(0, 0, 6).Format("2 January"))
	}
	gives, takes := me, other
	switch {
	case me.ID == other.ID:
		return 0, 0, refusal.Because(refusal.Invalid, "You cannot swap with yourself.")
	case weeks[one].First == other.ID:
		gives, takes = other, me
	case weeks[one].First != me.ID:
		return 0, 0, refusal.Because(refusal.NotAllowed, "That week is neither yours nor %s's.", other.FirstName())
	}
	two = -1
	for i, s := range weeks { // the nearest one behind it, or else before it; never the running week
		if s.First == takes.ID && i != one && i > 0 && (two < 0 || two < one && i > one) {
			two = i
		}
	}
	if two < 0 {
		return 0, 0, refusal.Because(refusal.Conflict, "%s has no week in return in the next %d weeks.", takes.FirstName(), planned)
	}
	weeks[one].First, weeks[two].First = takes.ID, gives.ID
	for _, i := range []int{one, two} {
		if weeks[i].Second == weeks[i].First || weeks[i].Second == 0 {
			weeks[i].Second = gives.ID
			if weeks[i].First == gives.ID {
				weeks[i].Second = takes.ID
			}
		}
		weeks[i].Fixed = true
	}
	return one, two, nil
}

// tellSwap tells the other manager of a swap.
func (b *Letterbox) tellSwap(tx *db.Tx, c *Call, community lists.Community, other lists.Member, one, two Shift) error {
	words, err := templates.RotaSwapped{Community: community.Name, By: c.Manager.FirstName(), Weeks: b.weeks(tx, community, []Shift{one, two})}.Render()
	if err != nil {
		return err
	}
	mail := notice.ToMember(community, other, notice.Tells, words)
	mail.Story = c.Story
	_, err = b.Office.Send(tx, mail)
	return err
}

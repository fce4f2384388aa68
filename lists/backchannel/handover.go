package backchannel

import (
	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
)

// Handover is the calendar's kind for the Monday noon on which one manager hands over to the next.
const Handover calendar.Kind = "rota.handover"

// changeOver tells those who are on duty from now on what is open.
func (b *Letterbox) changeOver(tx *db.Tx, due calendar.Due) error {
	community, err := lists.CommunityByID(tx, lists.CommunityID(due.Object))
	if err != nil || !community.Rota {
		return err
	}
	weeks, err := b.planRota(tx, community) // sets the next one, too
	if err != nil || len(weeks) == 0 {
		return err
	}
	last, err := shifts(tx, community.ID, weeks[0].Monday.AddDate(0, 0, -7))
	if err != nil {
		return err
	}
	t := templates.Handover{Community: community.Name, First: firstName(tx, weeks[0].First)}
	if weeks[0].Second != 0 {
		t.Second = firstName(tx, weeks[0].Second)
	}
	if len(last) > 0 && last[0].Monday.Before(weeks[0].Monday) && last[0].First != weeks[0].First {
		t.From = firstName(tx, last[0].First)
	}
	if len(weeks) > 1 && weeks[1].First != weeks[0].First {
		t.Next = firstName(tx, weeks[1].First)
	}
	if b.Waiting != nil {
		if t.Held, err = b.Waiting(tx, community.ID); err != nil {
			return err
		}
	}
	for _, id := range []lists.MemberID{weeks[0].First, weeks[0].Second} {
		if id == 0 {
			continue
		}
		m, err := lists.MemberByID(tx, id)
		if err != nil {
			return err
		}
		t.You = id == weeks[0].First
		if err := b.tellHandover(tx, community, m, t); err != nil {
			return err
		}
	}
	return nil
}

// tellHandover tells one manager, by what that manager may see.
func (b *Letterbox) tellHandover(tx *db.Tx, community lists.Community, m lists.Member, t templates.Handover) error {
	all, err := openConversations(tx, community.ID)
	if err != nil {
		return err
	}
	var about []ConvID
	t.Until = startOf(weekOf(tx.Now, community.Zone()).AddDate(0, 0, 7), community.Zone()).In(m.Zone(community))
	for _, c := range all {
		if !c.mayRead(m) {
			continue
		}
		about = append(about, c.ID)
		if !c.Snoozed.IsZero() {
			t.Snoozed++
			continue
		}
		one := templates.OpenLetter{Code: c.Code, Member: c.Name}
		if inFolders(community, c) {
			one.Member = "its writer"
		}
		if one.Waits, err = unanswered(tx, c.ID); err != nil {
			return err
		}
		since := c.Opened
		if one.Waits {
			asked, err := firstUnanswered(tx, c.ID)
			if err != nil {
				return err
			}
			since = asked.at
		} else if last, err := lastAnswer(tx, c.ID); err != nil {
			return err
		} else if !last.IsZero() {
			since = last
		}
		one.Since = since.In(m.Zone(community))
		t.Open = append(t.Open, one)
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	return b.SendAbout(tx, m.ID, notice.ToMember(community, m, notice.Tells, words), about)
}

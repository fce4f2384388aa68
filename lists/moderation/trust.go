package moderation

import (
	"backchannel/archive"
	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// What the steps of trust ask for, and what strikes cost (product.md C2, C3).
const (
	knownPosts   = 5
	knownDays    = 30
	steadyMonths = 6
	steadyPeople = 10
	strikeDays   = 60 // until a level comes back
	salesDays    = 90
	salesMost    = 3 // strikes for selling in salesDays that lead back to the beginning
)

// StrikeOver is the calendar's kind for the day on which a level of trust comes back.
const StrikeOver calendar.Kind = "strike.over"

// StrikeEnd is what the calendar calls then.
func (d *Desk) StrikeEnd() (calendar.Kind, calendar.Handler) { return StrikeOver, d.strikeOver }

// climb gives a member the step of trust that they have earned, before their post is looked at, and tells them. While a strike counts
// nobody climbs.
func (d *Desk) climb(tx *db.Tx, m lists.Member) (lists.Member, error) {
	if m.ID == 0 || m.Manager() {
		return m, nil
	}
	earned, err := d.earned(tx, m)
	if err != nil || !earned {
		return m, err
	}
	return d.step(tx, m, m.Trust+1, byRule, 0)
}

func (d *Desk) earned(tx *db.Tx, m lists.Member) (bool, error) {
	enough := false
	switch {
	case m.Trust == lists.Heard && !tx.Now.Before(m.Joined.AddDate(0, 0, knownDays)):
		posts, err := d.Office.Store.PostsOf(tx, int64(m.Community), int64(m.ID), knownPosts)
		if err != nil {
			return false, err
		}
		enough = len(posts) == knownPosts
	case m.Trust == lists.Known && !tx.Now.Before(m.Joined.AddDate(0, steadyMonths, 0)):
		people, err := d.Office.Store.Answered(tx, int64(m.Community), int64(m.ID))
		if err != nil {
			return false, err
		}
		enough = people >= steadyPeople
	}
	if !enough {
		return false, nil
	}
	struck, err := struck(tx, m.ID)
	return !struck, err
}

// step moves a member to another level of trust, writes down why, and tells them in one line.
func (d *Desk) step(tx *db.Tx, m lists.Member, to int, why reason, by lists.MemberID) (lists.Member, error) {
	if m.Trust == to {
		return m, nil
	}
	was := m.Trust
	m.Trust = to
	if err := lists.SaveMember(tx, m); err != nil {
		return m, err
	}
	if err := noteTrust(tx, m, was, why, by); err != nil {
		return m, err
	}
	if why == byPost || why == bySales || why == byLoss {
		return m, nil // the mail about the post says it
	}
	return m, d.tellStep(tx, m, was)
}

func (d *Desk) tellStep(tx *db.Tx, m lists.Member, was int) error {
	c, err := lists.CommunityByID(tx, m.Community)
	if err != nil {
		return err
	}
	words, err := templates.TrustStep{Community: c.Name, To: templates.Trust(m.Trust), Down: m.Trust < was, Managers: c.Address("managers").String()}.Render()
	if err != nil {
		return err
	}
	_, err = d.Office.Send(tx, notice.ToMember(c, m, notice.Tells, words))
	return err
}

// next is the level that a member comes to when a manager lets a post of theirs pass.
func next(tx *db.Tx, m lists.Member, always bool) (int, error) {
	if always {
		return max(m.Trust, lists.Known), nil
	}
	if m.Trust != lists.New {
		return m.Trust, nil
	}
	struck, err := struck(tx, m.ID)
	if struck {
		return m.Trust, err
	}
	return lists.Heard, err
}

// freedom tells how somebody's posts go out from now on, when that has just changed.
func freedom(l lists.List, was, now int) templates.Freedom {
	switch {
	case now == was:
		return ""
	case now >= lists.Known || l.Stage == lists.Rooted:
		return templates.AllAtOnce
	case l.Stage == lists.Growing:
		return templates.PlainAtOnce
	}
	return ""
}

// Trust gives a member a level by a manager's word, or the operator's (by 0), and tells them.
func (d *Desk) Trust(tx *db.Tx, m lists.Member, level int, by lists.MemberID) error {
	switch {
	case level < lists.New || level > lists.Steady:
		return refusal.Because(refusal.Invalid, "Trust is a number from 0 to 3; 3 is the highest, and 4 are the managers.")
	case m.Role == lists.RoleManager:
		return refusal.Because(refusal.NotAllowed, "%s is a manager; the levels of trust are for members.", m.FirstName())
	case m.State != lists.Active && m.State != lists.Paused:
		return refusal.Because(refusal.NotAllowed, "%s is no member any more.", m.FirstName())
	}
	_, err := d.step(tx, m, level, byWord, by)
	return err
}

// NoSales writes to the author of a post that it sold something, privately and from the role, and counts it: they go down one level of trust,
// and get it back after strikeDays. Three in salesDays lead back to the beginning.
func (d *Desk) NoSales(tx *db.Tx, post archive.Post, text string, by lists.MemberID) (lists.Member, error) {
	l, err := lists.ListByBox(tx, post.Mailbox)
	if err != nil {
		return lists.Member{}, err
	}
	if post.Author == 0 {
		return lists.Member{}, refusal.Because(refusal.NotFound, "Nobody knows whose post that is, so nobody can be written to.")
	}
	m, err := lists.MemberByID(tx, lists.MemberID(post.Author))
	if err != nil {
		return m, err
	}
	if m.State != lists.Active && m.State != lists.Paused || m.Manager() {
		return m, refusal.Because(refusal.NotAllowed, "%s is no member who can be written to about this.", m.FirstName())
	}
	text, err = discreet(tx, by, text)
	if err != nil {
		return m, err
	}
	was := m.Trust
	if m, err = d.sold(tx, m, int64(post.ID), by); err != nil {
		return m, err
	}
	c, err := lists.CommunityByID(tx, m.Community)
	if err != nil {
		return m, err
	}
	words, err := templates.SalesNote{
		Community: c.Name, List: l.Title(), Subject: post.Subject, Text: templates.Said(text), Lower: m.Trust < was && m.Trust < lists.Known, Days: strikeDays,
		Managers: c.Address("managers").String(),
	}.Render()
	if err != nil {
		return m, err
	}
	_, err = d.Office.Send(tx, notice.ToMember(c, m, notice.Tells, words))
	return m, err
}

// sold counts a post that sold something against its author, once.
func (d *Desk) sold(tx *db.Tx, m lists.Member, post int64, by lists.MemberID) (lists.Member, error) {
	is, fresh, err := d.strike(tx, m, post, bySales, by)
	if err == nil && !fresh {
		err = refusal.Because(refusal.Conflict, "%s was told about this post already.", m.FirstName())
	}
	if err != nil {
		return m, err
	}
	sales, err := countSales(tx, m.ID, tx.Now.AddDate(0, 0, -salesDays))
	if err != nil || sales < salesMost {
		return is, err
	}
	return d.step(tx, is, lists.New, bySales, by)
}

// strike takes a level from a member for strikeDays. A post counts once, whatever was wrong with it; fresh is false when it counts already.
func (d *Desk) strike(tx *db.Tx, m lists.Member, post int64, why reason, by lists.MemberID) (is lists.Member, fresh bool, err error) {
	id, fresh, err := addStrike(tx, m, post, why, by)
	if err != nil || !fresh {
		return m, false, err
	}
	if m, err = d.step(tx, m, max(lists.New, m.Trust-1), why, by); err != nil {
		return m, true, err
	}
	return m, true, calendar.Set(tx, StrikeOver, id, tx.Now.AddDate(0, 0, strikeDays))
}

// strikeOver gives a level back, up to the one before the strike.
func (d *Desk) strikeOver(tx *db.Tx, due calendar.Due) error {
	who, was, found, err := findStrike(tx, due.Object)
	if err != nil || !found {
		return err
	}
	m, err := lists.MemberByID(tx, who)
	if err != nil || m.Trust >= was || m.Manager() || m.State != lists.Active && m.State != lists.Paused {
		return err
	}
	_, err = d.step(tx, m, m.Trust+1, byTime, 0)
	return err
}

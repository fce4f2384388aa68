package membership

import (
	"slices"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// dueOf is when something is due about an application; what it was stays so.
func (k *Clerk) dueOf(tx *db.Tx, a Application) (time.Time, error) {
	at, ok, err := calendar.At(tx, applicationDue, int64(a.ID))
	if err == nil && !ok {
		at = tx.Now.Add(voteFor)
	}
	return at, err
}

// accept makes a member of an applicant and welcomes them: the letter goes out by itself.
func (k *Clerk) accept(tx *db.Tx, c lists.Community, a Application) (lists.Member, error) {
	m, known, err := lists.MemberByAddress(tx, c.ID, a.Address)
	if err != nil {
		return m, err
	}
	if !known || !belongs(m) {
		n := lists.NewMember{Address: a.Address, Name: a.Name, Role: lists.RoleMember, OwnCopy: true, Delivery: c.Delivery, Timezone: a.Zone}
		if known && m.State == lists.Left {
			n.Trust, n.Timezone = min(m.Trust, 3), m.Timezone // who left by themselves comes back as they were
		}
		if n.Lists, err = openLists(tx, c); err != nil {
			return m, err
		}
		if m, err = lists.AddMember(tx, c, n); err != nil {
			return m, err
		}
		if err := k.welcome(tx, c, m, a.Zone != "" && m.Timezone == a.Zone); err != nil {
			return m, err
		}
		if err := beginWelcome(tx, m); err != nil {
			return m, err
		}
	}
	a.State, a.Decided, a.Member = Accepted, tx.Now, m.ID
	if err := a.save(tx, tx.Now.AddDate(0, 0, keptDays)); err != nil {
		return m, err
	}
	if err := k.audit(tx, a, 0, "application accepted", ""); err != nil {
		return m, err
	}
	return m, k.tellTally(tx, c, a)
}

// openLists are the lists that members come onto without asking.
func openLists(tx *db.Tx, c lists.Community) (open []lists.List, err error) {
	all, err := lists.Lists(tx, c.ID)
	for _, l := range all {
		if l.Join == lists.JoinOpen {
			open = append(open, l)
		}
	}
	return open, err
}

// decline ends a vote with a no. The one who decided sees the letter before it goes out; its reason is what they wrote beside their vote.
func (k *Clerk) decline(tx *db.Tx, c lists.Community, a Application, by lists.MemberID) error {
	m, err := lists.MemberByID(tx, by)
	if err != nil {
		return err
	}
	cast, err := Votes(tx, a.ID)
	if err != nil {
		return err
	}
	for _, b := range cast {
		if b.Manager == by && b.Choice != Yes && b.Choice != Abstain {
			if a.Reason, err = k.discreet(tx, m, b.Words); err != nil {
				return err
			}
		}
	}
	a.State, a.Decided, a.Decider = Declined, tx.Now, by
	if err := a.save(tx, tx.Now.Add(voteFor)); err != nil {
		return err
	}
	if err := k.audit(tx, a, by, "application declined", ""); err != nil {
		return err
	}
	if err := k.tellTally(tx, c, a); err != nil {
		return err
	}
	return k.showLetter(tx, c, a, m, false)
}

// declineMail is the letter itself. It never tells who decided.
func declineMail(c lists.Community, a Application) (templates.Mail, error) {
	return templates.JoinDeclined{Community: c.Name, Name: a.firstName(), Reason: templates.Said(a.Reason), Managers: c.Address("managers").String(), Days: keptDays}.Render()
}

// showLetter shows a manager the letter that declines, for one SEND.
func (k *Clerk) showLetter(tx *db.Tx, c lists.Community, a Application, m lists.Member, others bool) error {
	words, err := declineMail(c, a)
	if err == nil {
		words, err = notice.Said(tx, c, 0, words)
	}
	if err != nil {
		return err
	}
	left := Days - int(tx.Now.Sub(a.Decided)/(24*time.Hour))
	t := templates.JoinDraft{Community: c.Name, Code: a.Code, Name: a.title(), Subject: words.Subject, Text: templates.Said(words.Text), Others: others, Days: max(1, left)}
	if words, err = t.Render(); err != nil {
		return err
	}
	return k.toManager(tx, c, a, m, stepLetter, words)
}

// letterWord takes a manager's word about the letter: SEND, or a better reason.
func (k *Clerk) letterWord(tx *db.Tx, in *lists.Incoming, a Application) error {
	text := in.Letter.NewText().Text
	word, alone, _ := lists.Word(text)
	if word == "SEND" && alone {
		if err := k.audit(tx, a, in.Sender.ID, "letter to an applicant sent", ""); err != nil {
			return err
		}
		return k.sendLetter(tx, in.Community, a)
	}
	reason, err := k.discreet(tx, in.Sender, text)
	if err != nil {
		return err
	}
	if reason != "" && word != "SEND" {
		a.Reason = reason
		due, err := k.dueOf(tx, a)
		if err != nil {
			return err
		}
		if err := a.save(tx, due); err != nil {
			return err
		}
	}
	return k.showLetter(tx, in.Community, a, in.Sender, in.Sender.ID != a.Decider)
}

// sendLetter sends the letter that declines, once, and sets the day on which everything about it is forgotten.
func (k *Clerk) sendLetter(tx *db.Tx, c lists.Community, a Application) error {
	words, err := declineMail(c, a)
	if err != nil {
		return err
	}
	a.Sent = tx.Now
	if err := a.save(tx, tx.Now.AddDate(0, 0, keptDays)); err != nil {
		return err
	}
	return k.toApplicant(tx, c, a, nil, "", words)
}

// toRota gives the decision to the manager on duty, alone: nobody has decided, or the votes cannot any more.
func (k *Clerk) toRota(tx *db.Tx, c lists.Community, a Application) error {
	m, err := k.arbiter(tx, c, a)
	if err != nil || m.ID == 0 {
		return err
	}
	if err := dropBallot(tx, a.ID, m.ID); err != nil { // what they said as one of many is no word for all
		return err
	}
	a.Decider = m.ID
	if err := a.save(tx, a.Voting.AddDate(0, 0, Days)); err != nil {
		return err
	}
	if err := k.audit(tx, a, 0, "application to the rota", ""); err != nil {
		return err
	}
	if err := k.tellTally(tx, c, a); err != nil {
		return err
	}
	t, err := k.voteMail(tx, c, a)
	if err != nil {
		return err
	}
	t.You, t.Votes = true, 1
	words, err := t.Render()
	if err != nil {
		return err
	}
	return k.toManager(tx, c, a, m, stepVote, words)
}

// arbiter is who decides alone: who is on duty, unless they abstain or work where the applicant does; then the first for whom that is not
// so, if there is one.
func (k *Clerk) arbiter(tx *db.Tx, c lists.Community, a Application) (lists.Member, error) {
	duty, err := k.onDuty(tx, c)
	if err != nil {
		return duty, err
	}
	managers, electors, err := k.electors(tx, a)
	if err != nil {
		return duty, err
	}
	cast, err := Votes(tx, a.ID)
	if err != nil {
		return duty, err
	}
	free := func(m lists.Member) bool {
		for _, b := range cast {
			if b.Manager == m.ID {
				return b.Choice != Abstain
			}
		}
		return slices.Contains(electors, elector{manager: m.ID})
	}
	if free(duty) {
		return duty, nil
	}
	if i := slices.IndexFunc(managers, free); i >= 0 {
		return managers[i], nil
	}
	return duty, nil
}

// came does what is due about an application.
func (k *Clerk) came(tx *db.Tx, due calendar.Due) error {
	a, err := FindApplication(tx, ApplicationID(due.Object))
	if err != nil {
		return err
	}
	c, err := lists.CommunityByID(tx, a.Community)
	if err != nil {
		return err
	}
	switch {
	case a.State == Received || a.State == Confirmed:
		return k.giveUp(tx, a) // nobody knows of them, and nobody is told
	case a.State == Declined && a.Sent.IsZero():
		return k.letterDue(tx, c, a)
	case a.State.ended():
		return a.erase(tx)
	case a.State == Voting && a.Decider == 0:
		return k.toRota(tx, c, a)
	}
	return k.expire(tx, c, a)
}

// letterDue sees to a letter that nobody has sent: first every manager may, then it goes out without a reason.
func (k *Clerk) letterDue(tx *db.Tx, c lists.Community, a Application) error {
	if a.reminded {
		a.Reason = ""
		return k.sendLetter(tx, c, a)
	}
	a.reminded = true
	if err := a.save(tx, a.Decided.AddDate(0, 0, Days)); err != nil {
		return err
	}
	managers, err := lists.Managers(tx, c.ID)
	if err != nil {
		return err
	}
	for _, m := range managers {
		if err := k.showLetter(tx, c, a, m, true); err != nil {
			return err
		}
	}
	return nil
}

// expire ends an application about which nobody decided, or whose writer did not answer.
func (k *Clerk) expire(tx *db.Tx, c lists.Community, a Application) error {
	asked := a.State == Asked
	a.State, a.Decided = Expired, tx.Now
	if err := a.save(tx, tx.Now.AddDate(0, 0, keptDays)); err != nil {
		return err
	}
	if err := k.audit(tx, a, 0, "application expired", ""); err != nil {
		return err
	}
	if err := k.tellTally(tx, c, a); err != nil {
		return err
	}
	words, err := templates.JoinEnd{Community: c.Name, Asked: asked, Join: c.Address("join").String(), Managers: c.Address("managers").String()}.Render()
	if err != nil {
		return err
	}
	return k.toApplicant(tx, c, a, nil, "", words)
}

// tellEnd answers an applicant who writes after the end.
func (k *Clerk) tellEnd(tx *db.Tx, c lists.Community, a Application, in *lists.Incoming) error {
	var words templates.Mail
	var err error
	switch {
	case a.State == Accepted:
		words, err = templates.JoinMember{Community: c.Name, Doors: doors(c)}.Render()
	case a.State == Declined && a.Sent.IsZero():
		return k.few(tx, in, again, func() error { return k.tellWaits(tx, c, a, in, true) })
	case a.State == Declined:
		words, err = declineMail(c, a)
	default:
		words, err = templates.JoinEnd{Community: c.Name, Join: c.Address("join").String(), Managers: c.Address("managers").String()}.Render()
	}
	if err != nil {
		return err
	}
	return k.few(tx, in, again, func() error { return k.toApplicant(tx, c, a, in, "", words) })
}

// Accept lets an applicant in by the operator's word.
func (k *Clerk) Accept(tx *db.Tx, id ApplicationID) (lists.Member, error) {
	a, c, err := k.undecided(tx, id)
	if err != nil {
		return lists.Member{}, err
	}
	return k.accept(tx, c, a)
}

// Decline turns an applicant away by the operator's word, or sends the letter that waits for a manager's. The reason stands in it as it is.
func (k *Clerk) Decline(tx *db.Tx, id ApplicationID, reason string) error {
	a, err := FindApplication(tx, id)
	if err != nil {
		return err
	}
	c, err := lists.CommunityByID(tx, a.Community)
	if err != nil {
		return err
	}
	if a.State != Declined || !a.Sent.IsZero() {
		if a, c, err = k.undecided(tx, id); err != nil {
			return err
		}
		a.State, a.Decided = Declined, tx.Now
		if err := k.audit(tx, a, 0, "application declined", "by the operator"); err != nil {
			return err
		}
		if err := a.save(tx, tx.Now); err != nil {
			return err
		}
		if err := k.tellTally(tx, c, a); err != nil {
			return err
		}
	}
	if reason != "" {
		a.Reason = reason
	}
	return k.sendLetter(tx, c, a)
}

// undecided is an application about which something can be decided: nobody is let in, or turned away, whose address is not confirmed.
func (k *Clerk) undecided(tx *db.Tx, id ApplicationID) (Application, lists.Community, error) {
	a, err := FindApplication(tx, id)
	if err != nil {
		return a, lists.Community{}, err
	}
	switch {
	case a.State.ended():
		return a, lists.Community{}, refusal.Because(refusal.Conflict, "The application %d was decided already: it is %s.", a.ID, a.State)
	case a.State == Received:
		return a, lists.Community{}, refusal.Because(refusal.Conflict, "The applicant %d has not confirmed their address yet.", a.ID)
	}
	c, err := lists.CommunityByID(tx, a.Community)
	return a, c, err
}

// Morning is what of all this a manager's morning brief tells: red lines first.
func (k *Clerk) Morning(tx *db.Tx, c lists.Community, m lists.Member) (lines []templates.BriefJoin, err error) {
	all, err := Applications(tx, c.ID, false)
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		one := templates.BriefJoin{Code: a.Code, Name: a.title()}
		what := stepVote
		switch {
		case a.State == Declined:
			one.Letter, what = true, stepLetter
		case a.State != Voting && a.State != Asked:
			continue
		case a.Decider != 0:
			d, err := lists.MemberByID(tx, a.Decider)
			if err != nil {
				return nil, err
			}
			one.Decides, one.You = d.FirstName(), d.ID == m.ID
		default:
			if voted, err := hasVoted(tx, a.ID, m.ID); err != nil {
				return nil, err
			} else if voted {
				continue
			}
		}
		door, err := k.Office.Vote(tx, notice.Door{Community: c, Member: m, Receiver: Receiver, Object: what.object(int64(a.ID)), Days: keptDays + Days})
		if err != nil {
			return nil, err
		}
		one.Answer = door.Address.String()
		lines = append(lines, one)
	}
	return lines, nil
}

func hasVoted(tx *db.Tx, id ApplicationID, m lists.MemberID) (bool, error) {
	cast, err := Votes(tx, id)
	for _, b := range cast {
		if b.Manager == m {
			return true, err
		}
	}
	return false, err
}

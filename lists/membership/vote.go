package membership

import (
	"slices"
	"strings"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
)

// beginVote asks the managers about somebody of whom all is known that will be, and beside it the member whom they name.
func (k *Clerk) beginVote(tx *db.Tx, in *lists.Incoming, a Application) error {
	if a.Sponsor == 0 {
		m, named, err := sponsorIn(tx, a.Community, strings.Join(append(slices.Clone(a.Answers), a.Raw), "\n"))
		if err != nil {
			return err
		}
		if named {
			a.Sponsor, a.Vouch = m.ID, templates.SponsorAsked
		}
	}
	a.State, a.Voting = Voting, tx.Now
	if err := a.save(tx, tx.Now.Add(voteFor)); err != nil {
		return err
	}
	if err := k.audit(tx, a, 0, "application", "the vote begins"); err != nil {
		return err
	}
	if err := k.askManagers(tx, in.Community, a); err != nil {
		return err
	}
	if a.Vouch == templates.SponsorAsked {
		m, err := lists.MemberByID(tx, a.Sponsor)
		if err != nil {
			return err
		}
		if err := k.askSponsor(tx, in.Community, a, m, nil); err != nil {
			return err
		}
	}
	return k.tellWaits(tx, in.Community, a, in, false)
}

// audit writes down what somebody did about an application, by its code alone.
func (k *Clerk) audit(tx *db.Tx, a Application, actor lists.MemberID, action, detail string) error {
	if k.Audit == nil {
		return nil
	}
	return k.Audit(tx, a.Community, actor, action, "apply:"+a.Code, detail)
}

// voteMail is what the managers are asked about an applicant.
func (k *Clerk) voteMail(tx *db.Tx, c lists.Community, a Application) (templates.JoinVote, error) {
	t := templates.JoinVote{
		Community: c.Name, Code: a.Code, Name: a.Name, Address: a.Address.String(), Raw: templates.Said(a.Raw), Domain: a.Address.Domain, Confirmed: a.Vouch,
		Invited: a.Sponsor != 0 && a.Sponsor == a.Inviter, Former: a.Former, Hours: int(voteFor.Hours()), Asked: templates.Said(a.Question), Told: templates.Said(a.Told),
	}
	for i, q := range a.Questions {
		one := templates.JoinAnswer{Question: q}
		if i < len(a.Answers) {
			one.Answer = templates.Said(a.Answers[i])
		}
		t.Answers = append(t.Answers, one)
	}
	all, err := lists.Members(tx, c.ID)
	if err != nil {
		return t, err
	}
	for _, m := range all {
		if belongs(m) && lists.Employer(a.Address.Domain) != "" && m.Address.Domain == a.Address.Domain {
			t.Colleagues++
		}
	}
	if a.Sponsor != 0 {
		m, err := lists.MemberByID(tx, a.Sponsor)
		if err != nil {
			return t, err
		}
		t.Sponsor = m.Mailbox().Name
	}
	if duty, err := k.onDuty(tx, c); err != nil {
		return t, err
	} else if duty.ID != 0 {
		t.Decides = duty.FirstName()
	}
	return t, nil
}

// onDuty is the manager who decides when nobody does.
func (k *Clerk) onDuty(tx *db.Tx, c lists.Community) (lists.Member, error) {
	if k.Duty != nil {
		return k.Duty(tx, c)
	}
	all, err := lists.Managers(tx, c.ID)
	if err != nil || len(all) == 0 {
		return lists.Member{}, err
	}
	return all[0], nil
}

// askManagers asks every manager.
func (k *Clerk) askManagers(tx *db.Tx, c lists.Community, a Application) error {
	t, err := k.voteMail(tx, c, a)
	if err != nil {
		return err
	}
	managers, electors, err := k.electors(tx, a)
	if err != nil {
		return err
	}
	t.Votes = max(1, min(a.Votes, len(managers)))
	for i, m := range managers {
		t.Conflict = electors[i].conflict
		words, err := t.Render()
		if err != nil {
			return err
		}
		if err := k.toManager(tx, c, a, m, stepVote, words); err != nil {
			return err
		}
	}
	return nil
}

// toManager writes to a manager about an application; the answer is a vote, or a word about the letter that declines.
func (k *Clerk) toManager(tx *db.Tx, c lists.Community, a Application, m lists.Member, what step, words templates.Mail) (err error) {
	mail := notice.ToMember(c, m, notice.Votes, words)
	mail.From = membership(c)
	if what != "" {
		if mail.ReplyTo, err = k.Office.Vote(tx, notice.Door{Community: c, Member: m, Receiver: Receiver, Object: what.object(int64(a.ID)), Days: keptDays + Days}); err != nil {
			return err
		}
	}
	_, err = k.Office.Send(tx, mail)
	return err
}

// manager takes what a manager answers: by their own token, from an address of theirs, and sure to be them (C6).
func (k *Clerk) manager(tx *db.Tx, in *lists.Incoming, what step, id ApplicationID) error {
	mine := in.Sender.ID != 0 && int64(in.Sender.ID) == in.Token.Member
	if !mine || in.Robot || in.Token.Revoked || in.Verdict == lists.Unverified {
		return lists.NoSuchAddress()
	}
	if in.Verdict != lists.Verified {
		return lists.NotSure()
	}
	if !in.Sender.Manager() {
		return lists.NoManager(in.Community)
	}
	a, err := FindApplication(tx, id)
	if err != nil {
		return err
	}
	if err := in.Filed(tx, "a manager's word about an application"); err != nil {
		return err
	}
	switch {
	case what == stepLetter && a.State == Declined && a.Sent.IsZero():
		return k.letterWord(tx, in, a)
	case a.State.ended():
		return k.tellDecided(tx, in, a)
	case a.State != Voting && a.State != Asked:
		return lists.NoSuchAddress() // nobody was given such a door
	}
	return k.vote(tx, in, a)
}

// vote counts what a manager decides. Only their own words are read, and of them the first one decides.
func (k *Clerk) vote(tx *db.Tx, in *lists.Incoming, a Application) error {
	text := in.Letter.NewText().Text
	word, _, _ := lists.Word(text)
	line, below, _ := strings.Cut(strings.TrimSpace(text), "\n")
	first, beside, _ := strings.Cut(strings.TrimSpace(line), " ")
	words := clean(beside + "\n" + below)
	b := Ballot{Manager: in.Sender.ID, Words: words}
	sure := !strings.ContainsAny(first, "?¿？")
	switch {
	case !sure:
	case word == "YES" || word == "OK":
		b.Choice = Yes
	case word == "NO" && !lists.Polite(words):
		b.Choice = No
	case word == "VETO" && words == "":
		return k.voteHelp(tx, in, a, templates.JoinVoteHelp{Reason: true})
	case word == "VETO":
		b.Choice = Veto
	case word == "ABSTAIN":
		b.Choice = Abstain
	case word == "ASK" && words == "":
		return k.voteHelp(tx, in, a, templates.JoinVoteHelp{Question: true})
	case word == "ASK":
		return k.askApplicant(tx, in, a, words)
	}
	if b.Choice == "" {
		return k.voteHelp(tx, in, a, templates.JoinVoteHelp{First: line})
	}
	if err := b.save(tx, a.ID); err != nil {
		return err
	}
	if err := k.audit(tx, a, in.Sender.ID, "vote", string(b.Choice)); err != nil {
		return err
	}
	return k.count(tx, in.Community, a, in.Sender.ID)
}

// clean makes a manager's words fit to be shown to others: without personal addresses, and not without end.
func clean(words string) string { return shortened(lists.WithoutDoors(words)) }

// count looks what the votes come to, and does it. by is who voted last.
func (k *Clerk) count(tx *db.Tx, c lists.Community, a Application, by lists.MemberID) error {
	_, electors, err := k.electors(tx, a)
	if err != nil {
		return err
	}
	cast, err := Votes(tx, a.ID)
	if err != nil {
		return err
	}
	switch tally(a.Votes, electors, cast, a.Decider) {
	case accepted:
		_, err = k.accept(tx, c, a)
		return err
	case declined:
		return k.decline(tx, c, a, by)
	case stuck:
		return k.toRota(tx, c, a)
	}
	return k.tellTally(tx, c, a)
}

// tellTally tells those who have voted how it stands.
func (k *Clerk) tellTally(tx *db.Tx, c lists.Community, a Application) error {
	cast, err := Votes(tx, a.ID)
	if err != nil {
		return err
	}
	t := templates.JoinTally{Community: c.Name, Code: a.Code, Name: a.title(), Outcome: a.outcome(), Confirmed: a.Vouch}
	var voters []lists.Member
	for _, b := range cast {
		m, err := lists.MemberByID(tx, b.Manager)
		if err != nil {
			return err
		}
		if m.Manager() {
			voters = append(voters, m)
			t.Votes = append(t.Votes, templates.Ballot{Name: m.FirstName(), Choice: string(b.Choice), Words: templates.Said(b.Words)})
		}
	}
	managers, err := lists.Managers(tx, c.ID)
	if err != nil || len(voters) == 0 {
		return err
	}
	t.Needed = max(1, min(a.Votes, len(managers)))
	if a.Sponsor != 0 && a.Sponsor != a.Inviter {
		m, err := lists.MemberByID(tx, a.Sponsor)
		if err != nil {
			return err
		}
		t.Sponsor = m.Mailbox().Name
	}
	if a.Decider != 0 && !a.State.ended() {
		m, err := lists.MemberByID(tx, a.Decider)
		if err != nil {
			return err
		}
		t.Decides = m.FirstName()
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	for _, m := range voters {
		if err := k.toManager(tx, c, a, m, stepVote, words); err != nil {
			return err
		}
	}
	return nil
}

// voteHelp names the words to a manager whose word was none of them. The vote stays open: Reply goes where the last reply went.
func (k *Clerk) voteHelp(tx *db.Tx, in *lists.Incoming, a Application, t templates.JoinVoteHelp) error {
	t.Community, t.Code, t.Name = in.Community.Name, a.Code, a.title()
	words, err := t.Render()
	if err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Votes, words)
	mail.From, mail.ReplyTo = membership(in.Community), letter.Mailbox{Name: "Your decision", Address: in.To}
	return k.Office.Again(tx, in, mail)
}

// tellDecided answers whoever votes too late.
func (k *Clerk) tellDecided(tx *db.Tx, in *lists.Incoming, a Application) error {
	words, err := templates.JoinDecided{Community: in.Community.Name, Code: a.Code, Name: a.Name, Outcome: a.outcome(), When: a.Decided.In(in.Sender.Zone(in.Community))}.Render()
	if err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Tells, words)
	mail.From = membership(in.Community)
	return k.Office.Again(tx, in, mail)
}

// askApplicant sends a manager's question to the applicant, from the role, without anything by which the manager could be known.
func (k *Clerk) askApplicant(tx *db.Tx, in *lists.Incoming, a Application, question string) error {
	question, err := k.discreet(tx, in.Sender, question)
	if err != nil {
		return err
	}
	if question == "" {
		return k.voteHelp(tx, in, a, templates.JoinVoteHelp{Question: true})
	}
	a.State, a.Question, a.Told = Asked, question, ""
	if err := a.save(tx, tx.Now.AddDate(0, 0, Days)); err != nil {
		return err
	}
	if err := k.audit(tx, a, in.Sender.ID, "question to an applicant", ""); err != nil {
		return err
	}
	words, err := templates.JoinAsk{Community: in.Community.Name, Question: templates.Said(question), Days: Days}.Render()
	if err != nil {
		return err
	}
	if err := k.toApplicant(tx, in.Community, a, nil, stepAnswers, words); err != nil {
		return err
	}
	told, err := templates.JoinAsked{Community: in.Community.Name, Code: a.Code, Name: a.title(), By: in.Sender.FirstName(), Question: templates.Said(question)}.Render()
	if err != nil {
		return err
	}
	managers, err := lists.Managers(tx, a.Community)
	if err != nil {
		return err
	}
	for _, m := range managers {
		if err := k.toManager(tx, in.Community, a, m, stepVote, told); err != nil {
			return err
		}
	}
	return nil
}

// discreet takes a manager's signature off words that go out in the name of the role, and leaves out the lines that show who it is (G1).
func (k *Clerk) discreet(tx *db.Tx, m lists.Member, text string) (string, error) {
	own, err := lists.Addresses(tx, m.ID)
	if err != nil {
		return "", err
	}
	text, slips := lists.Discreet(text, m, own)
	lines := strings.Split(text, "\n")
	for _, s := range slips {
		lines[s.Line-1] = "…"
	}
	return strings.Trim(shortened(lists.Unsigned(strings.Join(lines, "\n"), m)), "… \n"), nil
}

// toldManagers hands an applicant's answer to the managers, and gives them time to think about it.
func (k *Clerk) toldManagers(tx *db.Tx, in *lists.Incoming, a Application) error {
	text := shortened(lists.WithoutDoors(in.Letter.NewText().Text))
	if text == "" {
		return k.few(tx, in, "answer", func() error {
			words, err := templates.JoinAsk{Community: in.Community.Name, Question: templates.Said(a.Question), Days: Days}.Render()
			if err != nil {
				return err
			}
			return k.toApplicant(tx, in.Community, a, in, stepAnswers, words)
		})
	}
	a.State, a.Told = Voting, text
	due := tx.Now.Add(voteFor)
	if end := a.Voting.AddDate(0, 0, Days); a.Decider != 0 && end.After(due) {
		due = end
	}
	if err := a.save(tx, due); err != nil {
		return err
	}
	if err := k.askManagers(tx, in.Community, a); err != nil {
		return err
	}
	return k.tellWaits(tx, in.Community, a, in, true)
}

// askSponsor asks a member whether they know an applicant. in is their reply, when that was none of the words.
func (k *Clerk) askSponsor(tx *db.Tx, c lists.Community, a Application, m lists.Member, in *lists.Incoming) error {
	words, err := templates.JoinSponsor{Community: c.Name, Member: firstName(m), Name: a.Name, Address: a.Address.String(), Days: Days, Again: in != nil}.Render()
	if err != nil {
		return err
	}
	mail := notice.ToMember(c, m, notice.Asks, words)
	if in != nil {
		mail = notice.Answer(in, notice.Asks, words)
	}
	mail.From = membership(c)
	if mail.ReplyTo, err = k.Office.Confirm(tx, notice.Door{Community: c, Member: m, Receiver: Receiver, Object: stepSponsor.object(int64(a.ID)), Days: Days}); err != nil {
		return err
	}
	if in != nil {
		return k.Office.Again(tx, in, mail)
	}
	return k.Office.SendIfDue(tx, mail)
}

// sponsor takes what a member says about an applicant who names them. Those who have voted learn it at once, others with their own tally.
func (k *Clerk) sponsor(tx *db.Tx, in *lists.Incoming, id ApplicationID) error {
	mine := in.Sender.ID != 0 && int64(in.Sender.ID) == in.Token.Member && in.Verdict == lists.Verified && belongs(in.Sender)
	if !mine || in.Robot || in.Token.Revoked || !in.Token.Live(tx.Now) {
		return lists.NoSuchAddress()
	}
	a, err := FindApplication(tx, id)
	if err != nil {
		return err
	}
	if err := in.Filed(tx, "a member's word about somebody who asks to join"); err != nil {
		return err
	}
	late, said := a.State.ended() || a.Sponsor != in.Sender.ID, a.Vouch
	if !late {
		switch word, _, rest := lists.Word(in.Letter.NewText().Text); {
		case word == "YES":
			a.Vouch = templates.SponsorYes
		case word == "NO" && !lists.Polite(rest):
			a.Vouch = templates.SponsorNo
		default:
			return k.askSponsor(tx, in.Community, a, in.Sender, in)
		}
		due, err := k.dueOf(tx, a)
		if err != nil {
			return err
		}
		if err := a.save(tx, due); err != nil {
			return err
		}
		if a.Vouch != said { // said again, it is no news
			if err := k.tellTally(tx, in.Community, a); err != nil {
				return err
			}
		}
	}
	words, err := templates.JoinThanks{Community: in.Community.Name, Late: late}.Render()
	if err != nil {
		return err
	}
	return k.reply(tx, in, words, "thanks")
}

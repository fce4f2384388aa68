package membership

import (
	"slices"
	"strings"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// apply takes a letter to join@, or to a list's own such address, of somebody who may be anybody. Only a sender for whom a domain vouches is
// heard: nobody else can be written to without writing to whom they pretend to be (design.md section 6). What the session hears is the same
// for members and for others.
func (k *Clerk) apply(tx *db.Tx, in *lists.Incoming) error {
	if err := k.answerable(in); err != nil {
		return err
	}
	if belongs(in.Sender) && k.invites(in) {
		return k.inviteByMail(tx, in)
	}
	if err := k.mayWrite(tx, in.Community.ID, in.From.Address, in.Remote); err != nil {
		return err
	}
	if belongs(in.Sender) {
		return k.memberAlready(tx, in)
	}
	a, going, err := openApplication(tx, in.Community.ID, in.From.Address)
	if err != nil {
		return err
	}
	if !going {
		if a, err = k.newApplication(tx, in.Community, in.From, nil); err != nil {
			return err
		}
	}
	if err := in.Filed(tx, "somebody asks to join"); err != nil {
		return err
	}
	switch a.State {
	case Received:
		if !a.Invited {
			return k.askConfirm(tx, in.Community, a, in, false)
		}
		by, err := inviter(tx, a)
		if err != nil {
			return err
		}
		return k.sendInvitation(tx, in.Community, a, by, in, false)
	case Confirmed:
		return k.askQuestions(tx, in.Community, a, in, false)
	}
	return k.tellWaits(tx, in.Community, a, in, true)
}

// answerable refuses a letter that could be from anybody: an answer would go to whom its sender pretends to be.
func (k *Clerk) answerable(in *lists.Incoming) error {
	if in.Robot || in.From.Address.IsZero() || !in.Vouched() || in.Finding.Refused {
		return refusal.Because(refusal.NotAllowed, "We could not find out whether this letter really comes from the address it bears, so we cannot answer it. Please send it through the mail provider of that address.")
	}
	return nil
}

// newApplication begins one. Nobody may come in under a manager's name.
func (k *Clerk) newApplication(tx *db.Tx, c lists.Community, from letter.Mailbox, by *invitation) (Application, error) {
	a := Application{Community: c.ID, Code: newCode(), Address: from.Address, Name: letter.CleanLine(from.Name), State: Received, Votes: c.Votes}
	if by != nil {
		a.Invited, a.Inviter = true, by.by
	}
	managers, err := lists.Managers(tx, c.ID)
	if err != nil {
		return a, err
	}
	var names []string
	for _, m := range managers {
		names = append(names, m.Name)
	}
	if lists.Poses(a.Name, names...) || len(a.Name) > 100 {
		a.Name = ""
	}
	if a.Former, err = k.former(tx, c.ID, a.Address); err != nil {
		return a, err
	}
	return a, a.insert(tx)
}

// memberAlready answers a member who asks to join.
func (k *Clerk) memberAlready(tx *db.Tx, in *lists.Incoming) error {
	if err := in.Filed(tx, "somebody asks to join"); err != nil {
		return err
	}
	words, err := templates.JoinMember{Community: in.Community.Name, Doors: doors(in.Community)}.Render()
	if err != nil {
		return err
	}
	_, err = k.Office.Send(tx, notice.Answer(in, notice.Tells, words))
	return err
}

// membership is who speaks to people on their way in: the role, in a voice that says what it is about.
func membership(c lists.Community) letter.Mailbox {
	return letter.Mailbox{Name: "Membership", Address: c.Address("managers")}
}

// toApplicant writes to an applicant, at the address that they came with. in is their letter, when it answers one.
func (k *Clerk) toApplicant(tx *db.Tx, c lists.Community, a Application, in *lists.Incoming, what step, words templates.Mail) (err error) {
	mail := notice.Mail{
		Community: c, To: letter.Mailbox{Name: a.Name, Address: a.Address}, From: membership(c), Words: words, Kind: notice.Tells, Auto: notice.Generated, Private: true,
	}
	if a.State == Received {
		mail.To.Name = "" // no words of a stranger go to somebody who may be another (C8)
	}
	if in != nil {
		answer := notice.Answer(in, notice.Tells, words)
		mail.InReplyTo, mail.Auto, mail.Story = answer.InReplyTo, answer.Auto, in.Story
	}
	if what != "" {
		mail.Kind = notice.Asks
		if mail.ReplyTo, err = k.Office.Confirm(tx, notice.Door{Community: c, Receiver: Receiver, Object: what.object(int64(a.ID)), Days: 2 * Days}); err != nil {
			return err
		}
	}
	_, err = k.Office.Send(tx, mail)
	return err
}

func (k *Clerk) askConfirm(tx *db.Tx, c lists.Community, a Application, in *lists.Incoming, again bool) error {
	words, err := templates.JoinConfirm{Community: c.Name, Asks: len(c.Questions) > 0, Again: again, Days: Days}.Render()
	if err != nil {
		return err
	}
	return k.toApplicant(tx, c, a, in, stepConfirm, words)
}

func (k *Clerk) askQuestions(tx *db.Tx, c lists.Community, a Application, in *lists.Incoming, again bool) error {
	t := templates.JoinQuestions{Community: c.Name, Again: again, Days: Days}
	for _, q := range a.Questions {
		t.Questions = append(t.Questions, templates.Said(q))
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	return k.toApplicant(tx, c, a, in, stepAnswers, words)
}

func (k *Clerk) tellWaits(tx *db.Tx, c lists.Community, a Application, in *lists.Incoming, already bool) error {
	words, err := templates.JoinWaits{Community: c.Name, Hours: int(voteFor.Hours()), Managers: c.Address("managers").String(), Already: already}.Render()
	if err != nil {
		return err
	}
	return k.toApplicant(tx, c, a, in, "", words)
}

// applicant takes what an applicant answers: who was asked, from the address at which they were. The address of the answer shows that they
// read there, so nobody else has to vouch for it; a forged one is not taken.
func (k *Clerk) applicant(tx *db.Tx, in *lists.Incoming, what step, id ApplicationID) error {
	a, err := FindApplication(tx, id)
	if err != nil && refusal.KindOf(err) != refusal.NotFound {
		return err
	}
	if err != nil || in.Robot || in.Finding.Refused || in.Token.Revoked || !in.Token.Live(tx.Now) || a.Address.IsZero() || in.From.Address.Key() != a.Address.Key() {
		return lists.NoSuchAddress()
	}
	if err := in.Filed(tx, "an answer of somebody who asks to join"); err != nil {
		return err
	}
	switch {
	case a.State.ended():
		return k.tellEnd(tx, in.Community, a, in)
	case what == stepConfirm && a.State == Received && !a.Invited:
		return k.confirmed(tx, in, a)
	case what == stepInvite && a.State == Received:
		return k.invitedAnswers(tx, in, a)
	case what == stepAnswers && a.State == Confirmed:
		return k.answered(tx, in, a)
	case what == stepAnswers && a.State == Asked:
		return k.toldManagers(tx, in, a)
	case a.State == Confirmed:
		return k.few(tx, in, "answer", func() error { return k.askQuestions(tx, in.Community, a, in, false) })
	}
	return k.few(tx, in, "waits", func() error { return k.tellWaits(tx, in.Community, a, in, true) })
}

// few does something for which an address gets a few letters a day at most (D3).
func (k *Clerk) few(tx *db.Tx, in *lists.Incoming, trigger string, do func() error) error {
	ok, err := k.Office.MayAnswer(tx, in.From.Address, trigger)
	if err != nil || !ok {
		return err
	}
	return do()
}

// confirmed takes the answer to the question whether they wrote.
func (k *Clerk) confirmed(tx *db.Tx, in *lists.Incoming, a Application) error {
	switch word, _, _ := lists.Word(in.Letter.NewText().Text); word {
	case "YES", "OK":
		return k.comesIn(tx, in, a)
	case "NO":
		return k.giveUp(tx, a)
	}
	return k.few(tx, in, "answer", func() error { return k.askConfirm(tx, in.Community, a, in, true) })
}

// giveUp ends an application of which nobody knows anything yet.
func (k *Clerk) giveUp(tx *db.Tx, a Application) error {
	a.State, a.Decided = Expired, tx.Now
	if err := a.save(tx, tx.Now); err != nil {
		return err
	}
	return a.erase(tx)
}

// comesIn goes on with somebody whose address is theirs: with the questions, or, where there are none, with the vote.
func (k *Clerk) comesIn(tx *db.Tx, in *lists.Incoming, a Application) error {
	if err := forgetFirstLetters(tx, a.Community, k.letterMarks(a.Address)); err != nil {
		return err
	}
	if name := letter.CleanLine(in.From.Name); a.Invited && a.Name == "" && len(name) <= 100 {
		a.Name = name
	}
	var err error
	if a.Zone, err = proposedZone(tx, in.Community, in.Letter); err != nil {
		return err
	}
	a.State, a.Questions = Confirmed, in.Community.Questions
	if len(a.Questions) == 0 {
		return k.beginVote(tx, in, a)
	}
	if err := a.save(tx, tx.Now.AddDate(0, 0, Days)); err != nil {
		return err
	}
	return k.askQuestions(tx, in.Community, a, in, false)
}

// answered takes the answers to the community's questions, and begins the vote.
func (k *Clerk) answered(tx *db.Tx, in *lists.Incoming, a Application) error {
	answers, rest := readAnswers(a.Questions, in.Letter)
	if rest == "" && !slices.ContainsFunc(answers, func(s string) bool { return s != "" }) {
		return k.few(tx, in, "answer", func() error { return k.askQuestions(tx, in.Community, a, in, true) })
	}
	if len(answers) == 1 && answers[0] == "" {
		answers[0], rest = rest, "" // to one question there is one answer
	}
	a.State, a.Answers, a.Raw = Answered, answers, rest
	return k.beginVote(tx, in, a)
}

// sponsorIn finds the member whom an applicant names, by the whole name: the first that is named.
func sponsorIn(tx *db.Tx, c lists.CommunityID, text string) (lists.Member, bool, error) {
	all, err := lists.Members(tx, c)
	if err != nil {
		return lists.Member{}, false, err
	}
	words := func(s string) string {
		return " " + strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !isNameRune(r) }), " ") + " "
	}
	text = words(text)
	var found lists.Member
	first := -1
	for _, m := range all {
		name := words(m.Name)
		if i := strings.Index(text, name); belongs(m) && strings.Count(name, " ") > 2 && i >= 0 && (first < 0 || i < first) {
			found, first = m, i
		}
	}
	return found, first >= 0, nil
}

package membership

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// How many people somebody may invite in a day, and in one letter.
const (
	mostByManagers = 20
	mostByMembers  = 3
	mostInALetter  = 10
)

func mayInvite(m lists.Member) bool {
	return m.Manager() || m.State == lists.Active && m.Trust >= lists.Steady
}

// Invite sends somebody an invitation: by a manager or the operator (a zero member), whose word is enough, or by a member of trust, after
// which the managers decide. said is what happened, as a sentence. A member of trust is not told who is a member already.
func (k *Clerk) Invite(tx *db.Tx, c lists.Community, by lists.Member, to letter.Address, name string) (said string, err error) {
	boss := by.ID == 0 || by.Manager()
	said = fmt.Sprintf("%s is invited.", to)
	if !boss {
		said = fmt.Sprintf("%s gets an invitation, unless they have had one, or are here already.", to)
	}
	if err := k.mayInviteMore(tx, c, by, to); err != nil {
		return "", err
	}
	m, known, err := lists.MemberByAddress(tx, c.ID, to)
	if err != nil {
		return "", err
	}
	_, going, err := openApplication(tx, c.ID, to)
	switch {
	case err != nil:
		return "", err
	case known && belongs(m) && boss:
		return "", refusal.Say(refusal.Conflict, "invite.member", to, m.Name)
	case going && boss:
		return "", refusal.Say(refusal.Conflict, "invite.going", to)
	case known && belongs(m) || going:
		return said, nil
	}
	switch err := k.mayWrite(tx, c.ID, to, netip.Addr{}); {
	case err == nil:
	case boss || refusal.KindOf(err) != refusal.NotAllowed:
		return "", err
	default:
		return said, nil
	}
	a, err := k.newApplication(tx, c, letter.Mailbox{Name: name, Address: to}, &invitation{by.ID})
	if err != nil {
		return "", err
	}
	if err := k.audit(tx, a, by.ID, "invitation", ""); err != nil {
		return "", err
	}
	return said, k.sendInvitation(tx, c, a, by, nil, false)
}

// invitation says who invited an applicant; 0 is the operator.
type invitation struct{ by lists.MemberID }

// mayInviteMore refuses who may not invite, whom nobody can, and too many. Of a member each try counts, also one of which nothing comes: otherwise
// they could tell by how many more they have who is a member already.
func (k *Clerk) mayInviteMore(tx *db.Tx, c lists.Community, by lists.Member, to letter.Address) error {
	if by.ID != 0 && !mayInvite(by) {
		return refusal.Say(refusal.NotAllowed, "invite.who")
	}
	if _, ours, err := lists.CommunityByDomain(tx, to.Domain); err != nil {
		return err
	} else if ours {
		return refusal.Say(refusal.Invalid, "address.ours", to)
	}
	if by.ID == 0 {
		return nil
	}
	most := mostByMembers
	n, err := invitedBy(tx, by.ID, tx.Now.Add(-24*time.Hour))
	more := n < most
	switch {
	case err == nil && by.Manager():
		most = mostByManagers
		more = n < most
	case err == nil && more:
		more, err = k.Office.MayAnswer(tx, c.Address("join"), fmt.Sprintf("invite:%d", by.ID))
	}
	if err == nil && !more {
		err = refusal.Say(refusal.NotAllowed, "invite.most", most)
	}
	return err
}

func (k *Clerk) sendInvitation(tx *db.Tx, c lists.Community, a Application, by lists.Member, in *lists.Incoming, again bool) error {
	words, err := templates.Invitation{Community: c.Name, By: by.Name, Accepted: by.ID == 0 || by.Manager(), Again: again, Days: Days}.Render()
	if err != nil {
		return err
	}
	return k.toApplicant(tx, c, a, in, stepInvite, words)
}

// inviter is who invited an applicant, as they are now; zero for the operator.
func inviter(tx *db.Tx, a Application) (lists.Member, error) {
	if a.Inviter == 0 {
		return lists.Member{}, nil
	}
	return lists.MemberByID(tx, a.Inviter)
}

// invitedAnswers takes the reply to an invitation. Whom a manager invited is a member with their YES; whom a member of trust did has a sponsor
// who said yes before anybody asked.
func (k *Clerk) invitedAnswers(tx *db.Tx, in *lists.Incoming, a Application) error {
	by, err := inviter(tx, a)
	if err != nil {
		return err
	}
	switch word, _, _ := lists.Word(in.Letter.NewText().Text); word {
	case "NO":
		return k.giveUp(tx, a)
	case "YES", "OK":
	default:
		return k.few(tx, in, "answer", func() error { return k.sendInvitation(tx, in.Community, a, by, in, true) })
	}
	if name := letter.CleanLine(in.From.Name); a.Name == "" && len(name) <= 100 {
		a.Name = name
	}
	if by.ID == 0 || by.Manager() {
		if err := forgetFirstLetters(tx, a.Community, k.letterMarks(a.Address)); err != nil {
			return err
		}
		_, err = k.accept(tx, in.Community, a)
		return err
	}
	if mayInvite(by) {
		a.Sponsor, a.Vouch = by.ID, templates.SponsorYes
	}
	return k.comesIn(tx, in, a)
}

// invites tells whether a member's letter to join@ names people to invite. Who may not is told so.
func (k *Clerk) invites(in *lists.Incoming) bool {
	if in.List != nil || in.Verdict != lists.Verified {
		return false
	}
	word, _, _ := lists.Word(in.Letter.NewText().Text)
	return word == "INVITE"
}

// inviteByMail invites those whom a letter to join@ names behind the word INVITE, and tells what became of it.
func (k *Clerk) inviteByMail(tx *db.Tx, in *lists.Incoming) error {
	if err := in.Filed(tx, "a member invites"); err != nil {
		return err
	}
	_, _, rest := lists.Word(in.Letter.NewText().Text)
	t := templates.InvitationNoted{Community: in.Community.Name}
	for _, to := range addressesIn(rest) {
		one := templates.Invited{Address: to.String(), Unsaid: !in.Sender.Manager()}
		_, err := k.Invite(tx, in.Community, in.Sender, to, "")
		if r, ok := refusal.As(err); ok {
			one.Why, err = r, nil
		}
		if err != nil {
			return err
		}
		t.All = append(t.All, one)
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	return k.reply(tx, in, words, "")
}

// addressesIn are the mail addresses of a text, each once.
func addressesIn(text string) (all []letter.Address) {
	seen := map[string]bool{}
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\r\n,;<>()\"", r) }) {
		a, err := letter.ParseAddress(strings.TrimRight(word, ".:"))
		if err != nil || seen[a.Key()] || !strings.Contains(a.Domain, ".") {
			continue
		}
		seen[a.Key()] = true
		if all = append(all, a); len(all) == mostInALetter {
			break
		}
	}
	return all
}

// InviteAll does a manager's command: args are what stands behind it. It invites all of them, or nobody.
func (k *Clerk) InviteAll(tx *db.Tx, c lists.Community, by lists.Member, args string) (string, error) {
	all := addressesIn(args)
	if len(all) == 0 {
		return "", refusal.Because(refusal.Invalid, "Behind /invite stands a mail address, as in /invite ada@nurses.example.")
	}
	var said []string
	for _, to := range all {
		s, err := k.Invite(tx, c, by, to, "")
		if err != nil {
			return "", err
		}
		said = append(said, s)
	}
	return strings.Join(said, " "), nil
}

package backchannel

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/command"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// peopleVerbs say who is at a letter, and who may know of it.
func (b *Letterbox) peopleVerbs() command.Table[*Call] {
	return command.Table[*Call]{
		{Name: "give", Args: "NAME", After: true, Help: "Another manager takes it, and gets a mail about it.", Do: b.doGive},
		{Name: "include", Args: "NAME", Help: "A manager who could not see the letter, because it names them, sees it from now on.", Do: b.doInclude},
		{Name: "exclude", Args: "NAME", After: true, Help: "A manager does not see it any more, in no folder and no list, and is not told.", Do: b.doExclude},
		{Name: "as", Args: "first|role", Help: "Over your answers stands your first name (first), or \"The managers\" alone (role), in this conversation.", Do: b.doAs},
	}
}

// managerNamed finds the manager whom somebody means: by the first name, the whole name or an address.
func managerNamed(tx *db.Tx, c *Call, typed string) (lists.Member, error) {
	typed = strings.Join(strings.Fields(typed), " ")
	if strings.EqualFold(typed, "me") {
		return c.Manager, nil
	}
	all, err := lists.Managers(tx, c.Community.ID)
	if err != nil {
		return lists.Member{}, err
	}
	return pick(all, typed)
}

// pick finds the one manager of that name.
func pick(all []lists.Member, typed string) (lists.Member, error) {
	whole := slices.DeleteFunc(slices.Clone(all), func(m lists.Member) bool {
		return !strings.EqualFold(m.Name, typed) && !strings.EqualFold(m.Address.String(), typed)
	})
	if len(whole) == 1 {
		return whole[0], nil
	}
	found := slices.DeleteFunc(slices.Clone(all), func(m lists.Member) bool { return !strings.EqualFold(m.FirstName(), typed) })
	switch {
	case typed == "":
		return lists.Member{}, refusal.Because(refusal.Invalid, "Please say which manager: %s.", oneOf(all, lists.Member.FirstName))
	case len(found) == 0:
		return lists.Member{}, refusal.Because(refusal.NotFound, "There is no manager called %s. The managers are %s.", letter.CleanLine(clip(typed, 40)), oneOf(all, lists.Member.FirstName))
	case len(found) > 1:
		return lists.Member{}, refusal.Because(refusal.Conflict, "Several managers are called %s. Please write the whole name: %s.", found[0].FirstName(), oneOf(found, func(m lists.Member) string { return m.Name }))
	}
	return found[0], nil
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// oneOf lists people: Mira, Theo or Jonas.
func oneOf(all []lists.Member, name func(lists.Member) string) string {
	var names []string
	for _, m := range all {
		names = append(names, name(m))
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

func (b *Letterbox) doGive(tx *db.Tx, c *Call, args string) (string, error) {
	m, err := managerNamed(tx, c, args)
	if err != nil {
		return "", err
	}
	now, err := find(tx, c.Conv.ID) // an /include may stand above
	switch {
	case err != nil:
		return "", err
	case m.ID == c.Manager.ID:
		return "", b.Claim(tx, now, m)
	case !now.mayRead(m):
		return "", refusal.Because(refusal.NotAllowed, "%s cannot see this letter, so it cannot be given to them.", m.FirstName())
	}
	c.After(func(now Conv) error {
		if err := b.give(tx, now, c.Manager, m, "gave it to "+m.FirstName()); err != nil {
			return err
		}
		return b.present(tx, c.Community, now, m, c.Manager.FirstName()+" gave this letter to you.")
	})
	return m.FirstName() + " has it now.", nil
}

func (b *Letterbox) doInclude(tx *db.Tx, c *Call, args string) (string, error) {
	m, err := managerNamed(tx, c, args)
	if err != nil {
		return "", err
	}
	now, err := find(tx, c.Conv.ID)
	switch {
	case err != nil:
		return "", err
	case m.ID == now.Member:
		return "", refusal.Because(refusal.NotAllowed, "%s wrote this letter.", m.FirstName())
	case now.mayRead(m):
		return "", refusal.Because(refusal.Conflict, "%s can see it already.", m.FirstName())
	case now.circle:
		return "", Exclusion{Reason: Concerned}.mayInclude(now)
	}
	e, err := exclusionOf(tx, now.ID, m.ID)
	if err != nil {
		return "", err
	}
	if err := e.mayInclude(now); err != nil {
		return "", err
	}
	if err := b.Include(tx, now, m.ID); err != nil {
		return "", err
	}
	if err := did(tx, now, c.Manager.ID, "let "+m.FirstName()+" see it"); err != nil {
		return "", err
	}
	if err := audit(tx, now.Community, c.Manager.ID, "include", now.Code, m.FirstName()); err != nil {
		return "", err
	}
	return m.FirstName() + " sees it from now on.", b.present(tx, c.Community, now, m, c.Manager.FirstName()+" lets you see this letter.")
}

func (b *Letterbox) doExclude(tx *db.Tx, c *Call, args string) (string, error) {
	m, err := managerNamed(tx, c, args)
	if err != nil {
		return "", err
	}
	now, err := find(tx, c.Conv.ID)
	if err != nil {
		return "", err
	}
	if err := b.mayExclude(tx, c.Community, now, m); err != nil {
		return "", err
	}
	said := m.FirstName() + " does not see it any more, and is not told."
	if last, err := lastReference(tx, c.Conv.ID, m.ID, aLetter); err != nil {
		return "", err
	} else if last != "" {
		said += " What was mailed before cannot be called back."
	}
	c.After(func(now Conv) error {
		if err := b.mayExclude(tx, c.Community, now, m); err != nil { // several of them may stand above one another
			return err
		}
		if err := did(tx, now, c.Manager.ID, "kept it from "+m.FirstName()); err != nil {
			return err
		}
		if err := audit(tx, now.Community, c.Manager.ID, "exclude", now.Code, m.FirstName()); err != nil {
			return err
		}
		if err := b.Exclude(tx, now, m.ID, Asked, c.Manager.ID); err != nil || now.Kind != Report {
			return err
		}
		return b.afterChoice(tx, c.Community, now)
	})
	return said, nil
}

// mayExclude says why a letter cannot be kept from a manager: somebody has to be left who reads it, and of a report two, or one and the
// ombuds.
func (b *Letterbox) mayExclude(tx *db.Tx, community lists.Community, c Conv, m lists.Member) error {
	readers, err := b.readers(tx, c)
	switch {
	case err != nil:
		return err
	case !c.mayRead(m):
		return refusal.Because(refusal.Conflict, "%s does not see it.", m.FirstName())
	case len(readers) < 2:
		return refusal.Because(refusal.NotAllowed, "%s is the only one who sees it; then nobody would.", m.FirstName())
	case len(readers) == 2 && c.Kind == Report && community.Ombuds.IsZero():
		return refusal.Because(refusal.NotAllowed, "Then one manager alone would have it, and a report needs two, or an ombuds who has a copy. This community has no ombuds.")
	}
	return nil
}

func (b *Letterbox) doAs(tx *db.Tx, c *Call, args string) (string, error) {
	switch strings.ToLower(args) {
	case "first":
		return "", signAs(tx, c.Conv.ID, c.Manager.ID, false)
	case "role":
		return "", signAs(tx, c.Conv.ID, c.Manager.ID, true)
	}
	return "", refusal.Because(refusal.Invalid, "Behind /as stands first or role.")
}

// lockVerbs are against a manager's mailbox in wrong hands.
func (b *Letterbox) lockVerbs() command.Table[*Call] {
	return command.Table[*Call]{
		{Name: "lock", Args: "NAME", Alone: true, Help: "When a second manager says it too, all personal addresses of that manager stop working at once.", Do: b.doLock},
	}
}

// doLock notes one manager's wish to lock another out, and does it when it is the second one's.
func (b *Letterbox) doLock(tx *db.Tx, c *Call, args string) (string, error) {
	m, err := managerNamed(tx, c, args)
	if err != nil {
		return "", err
	}
	all, err := lists.Managers(tx, c.Community.ID)
	switch {
	case err != nil:
		return "", err
	case m.ID == c.Manager.ID:
		return "", refusal.Because(refusal.NotAllowed, "That takes two of your colleagues. Please ask them.")
	case len(all) < 3:
		return "", refusal.Because(refusal.NotAllowed, "That takes two managers besides %s, and there are none. The person who runs the server can help.", m.FirstName())
	}
	by, err := b.asksLock(tx, m)
	switch {
	case err != nil:
		return "", err
	case by.ID == 0 || by.ID == c.Manager.ID:
		if err := askLock(tx, m.ID, c.Manager.ID); err != nil {
			return "", err
		}
		return m.FirstName() + " is locked out when a second manager says /lock " + m.FirstName() + " too, before two days are over.", b.tellLock(tx, c, all, m, lists.Member{})
	}
	if err := lists.RaiseEpoch(tx, m); err != nil {
		return "", err
	}
	if err := b.revoke(tx, m); err != nil {
		return "", err
	}
	if err := audit(tx, m.Community, c.Manager.ID, "lock", fmt.Sprintf("member:%d", m.ID), m.FirstName()+", with "+by.FirstName()); err != nil {
		return "", err
	}
	return "", b.tellLock(tx, c, all, m, by)
}

// asksLock is who wants a manager locked out and waits for a second one; zero when nobody does who is a manager still.
func (b *Letterbox) asksLock(tx *db.Tx, m lists.Member) (by lists.Member, err error) {
	first, err := lockAsked(tx, m.ID, tx.Now.Add(-lockWish))
	if errors.Is(err, db.ErrNoRows) {
		return by, nil
	}
	if err == nil {
		by, err = lists.MemberByID(tx, first)
	}
	if err != nil || !by.Manager() {
		return lists.Member{}, err
	}
	return by, nil
}

// tellColleague tells a manager what another one did.
func (b *Letterbox) tellColleague(tx *db.Tx, c *Call, to lists.Member, words templates.Mail) error {
	mail := notice.ToMember(c.Community, to, notice.Tells, words)
	mail.Story = c.Story
	_, err := b.Office.Send(tx, mail)
	return err
}

// tellLock tells every manager that one is locked out, or tells all but that one that it is asked for.
func (b *Letterbox) tellLock(tx *db.Tx, c *Call, all []lists.Member, m, first lists.Member) error {
	t := templates.ManagerLock{Community: c.Community.Name, Name: m.FirstName(), By: []string{c.Manager.FirstName()}}
	if first.ID != 0 {
		t.By, t.Done = []string{first.FirstName(), c.Manager.FirstName()}, true
	}
	for _, to := range all {
		if to.ID == m.ID && !t.Done || to.ID == c.Manager.ID && !t.Done {
			continue
		}
		t.You = to.ID == m.ID
		words, err := t.Render()
		if err != nil {
			return err
		}
		if err := b.tellColleague(tx, c, to, words); err != nil {
			return err
		}
	}
	return nil
}

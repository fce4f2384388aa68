package backchannel

import (
	"slices"
	"strings"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// keepAway keeps a report from everybody whom it concerns (B9): who wrote the post it is about, whoever is named in it, and where the
// community says so, whoever works where one of these works. It looks at everything that came, quotes too: in doubt it excludes. What is
// said later in the same matter is read with more trust: who has answered there is no stranger to it.
//
// Members who are no managers are kept away as well: one of them may become one. Only managers are given back, for the letter to its writer.
func (b *Letterbox) keepAway(tx *db.Tx, c Conv, text string, first bool) (left []templates.Left, err error) {
	all, err := b.concerned(tx, c, text, first)
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		before, err := find(tx, c.ID)
		if err != nil {
			return nil, err
		}
		if err := b.Exclude(tx, c, one.member.ID, Concerned, 0); err != nil {
			return nil, err
		}
		now, err := find(tx, c.ID)
		if err != nil {
			return nil, err
		}
		if one.member.Manager() && !now.mayRead(one.member) && (first || before.mayRead(one.member)) {
			left = append(left, templates.Left{Name: one.member.FirstName(), Why: one.why})
		}
	}
	return left, nil
}

// concern is a member whom a report concerns, with the strongest reason.
type concern struct {
	member lists.Member
	why    templates.Why
}

// concerns are several, each member once. The writer is none of them.
type concerns struct {
	writer lists.MemberID
	all    []concern
}

func (s *concerns) add(why templates.Why, members ...lists.Member) {
	for _, m := range members {
		if m.ID != 0 && m.ID != s.writer && !slices.ContainsFunc(s.all, func(o concern) bool { return o.member.ID == m.ID }) {
			s.all = append(s.all, concern{m, why})
		}
	}
}

// concerned are the members whom a report concerns.
func (b *Letterbox) concerned(tx *db.Tx, c Conv, text string, first bool) ([]concern, error) {
	found := concerns{writer: c.Member}
	members, err := lists.Members(tx, c.Community)
	if err != nil {
		return nil, err
	}
	managers := slices.DeleteFunc(slices.Clone(members), func(m lists.Member) bool { return m.Role != lists.RoleManager })
	author, err := b.authorOf(tx, c)
	if err != nil {
		return nil, err
	}
	found.add(templates.WhyAuthor, author)
	named, err := b.reportedIn(tx, c, text, members, managers, first)
	if err != nil {
		return nil, err
	}
	found.add(templates.WhyNamed, named...)
	community, err := lists.CommunityByID(tx, c.Community)
	if err != nil {
		return nil, err
	}
	if community.SameEmployer {
		about := slices.Clone(found.all)
		for _, m := range managers {
			if slices.ContainsFunc(about, func(one concern) bool { return colleagues(m, one.member) }) {
				found.add(templates.WhyEmployer, m)
			}
		}
	}
	return found.all, nil
}

// colleagues tells whether two members work at the same place, as far as their addresses say.
func colleagues(a, b lists.Member) bool { return works(a) != "" && works(a) == works(b) }

// reportedIn are the managers whom a report names in any way, and the other members whose whole name or address stands in it.
func (b *Letterbox) reportedIn(tx *db.Tx, c Conv, text string, members, managers []lists.Member, first bool) (named []lists.Member, err error) {
	spoken, err := spokenIn(tx, c.ID)
	if err != nil {
		return nil, err
	}
	known := func(m lists.Member) bool { return !first && slices.Contains(spoken, m.ID) }
	for _, m := range mentions(text, managers, c.Name, !first) {
		if !known(m) {
			named = append(named, m)
		}
	}
	for _, a := range addressesIn(text) {
		m, is, err := lists.MemberByAddress(tx, c.Community, a.address)
		if err != nil {
			return nil, err
		}
		if is && !known(m) {
			named = append(named, m)
		}
	}
	spelled := nameWords(text)
	for _, m := range members {
		if m.Role != lists.RoleManager && strings.Contains(m.Name, " ") && hasPhrase(spelled, nameWords(m.Name)) {
			named = append(named, m)
		}
	}
	return named, nil
}

// works is the domain of a member's address, where it says where they work: not when anybody can have an address there.
func works(m lists.Member) string {
	domain := strings.ToLower(m.Address.Domain)
	name, _, _ := strings.Cut(domain, ".")
	if slices.Contains(freemail, name) || slices.Contains(freemail, domain) {
		return ""
	}
	return domain
}

// freemail are providers with whom anybody can have an address.
var freemail = []string{"gmail", "googlemail", "outlook", "hotmail", "live", "msn", "yahoo", "ymail", "icloud", "me.com", "mac.com", "aol", "gmx", "web.de", "t-online",
	"proton", "protonmail", "pm.me", "fastmail", "posteo", "mailbox.org", "zoho", "yandex", "mail.ru", "qq", "163", "126", "orange", "free.fr", "libero"}

// authorOf is who wrote the post that a conversation is about; the zero Member when nobody is known to.
func (b *Letterbox) authorOf(tx *db.Tx, c Conv) (lists.Member, error) {
	id := postOf(c.About.Object)
	if id == 0 {
		return lists.Member{}, nil
	}
	p, err := b.Office.Store.Post(tx, id)
	if refusal.KindOf(err) == refusal.NotFound || err == nil && p.Author == 0 {
		return lists.Member{}, nil
	}
	if err != nil {
		return lists.Member{}, err
	}
	return lists.MemberByID(tx, lists.MemberID(p.Author))
}

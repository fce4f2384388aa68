package membership

import (
	"fmt"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
)

// doors are the addresses that mails of ours may name: those that answer.
func doors(c lists.Community) templates.Doors {
	at := func(word string) string { return c.Address(word).String() }
	return templates.Doors{
		Managers: at("managers"), Help: at("help"), Leave: at("leave"), Oops: at("oops"),
		Each: at("each"), Daily: at("daily"), Weekly: at("weekly"), Monthly: at("monthly"), NoDigest: at("nodigest"),
	}
}

func managersOnly(c lists.Community) templates.Doors {
	return templates.Doors{Managers: c.Address("managers").String()}
}

// firstName is how a mail greets; nobody is greeted by half an address.
func firstName(m lists.Member) string {
	if m.Name == "" {
		return ""
	}
	return m.FirstName()
}

// slot is when a member's digest comes, in their own zone.
func slot(tx *db.Tx, c lists.Community, m lists.Member) (*templates.Slot, error) {
	p, err := lists.DigestPrefOf(tx, m.ID)
	return &templates.Slot{Period: templates.Period(p.Period), Weekday: p.Weekday, Hour: p.Hour, Zone: m.Zone(c).String()}, err
}

// mayPost tells whether a list is a place where a member can speak.
func mayPost(m lists.Member, l lists.List) bool {
	return l.Posting != lists.ByManagers || m.Manager()
}

// lines are the lists to which a member may write, with what they get of each; slot is when their digest comes, nil for who gets none.
func lines(tx *db.Tx, c lists.Community, m lists.Member) (all []templates.ListLine, digest *templates.Slot, err error) {
	found, err := lists.Lists(tx, c.ID)
	if err != nil {
		return nil, nil, err
	}
	for _, l := range found {
		s, _, err := lists.SubscriptionOf(tx, m.ID, l.ID)
		if err != nil {
			return nil, nil, err
		}
		if s.Delivery == lists.Digest && digest == nil {
			if digest, err = slot(tx, c, m); err != nil {
				return nil, nil, err
			}
		}
		if mayPost(m, l) {
			all = append(all, templates.ListLine{Name: l.Title(), Address: l.Address().String(), Delivery: templates.Delivery(s.Delivery)})
		}
	}
	return all, digest, nil
}

// help tells a member which addresses there are. Strangers learn nothing of the kind.
func (k *Clerk) help(tx *db.Tx, in *lists.Incoming) error {
	all, digest, err := lines(tx, in.Community, in.Sender)
	if err != nil {
		return err
	}
	way := doors(in.Community)
	if err := notice.PrivateDoors(tx, in.Community, &way); err != nil {
		return err
	}
	words, err := templates.HelpMembers{
		Community: in.Community.Name, Lists: all, Doors: way, Slot: digest, IMAP: k.IMAP, Manager: in.Sender.Manager(),
	}.Render()
	if err != nil {
		return err
	}
	if err := in.Filed(tx, "a member asked for help"); err != nil {
		return err
	}
	return k.reply(tx, in, words, "help")
}

// Welcome greets a member who has just been put into a community and names the doors. It is owed once for each time they come.
func (k *Clerk) Welcome(tx *db.Tx, c lists.Community, m lists.Member) error {
	return k.welcome(tx, c, m, false)
}

// welcome tells a member as well, when it is so, that their time zone is only what the clock of their mail says.
func (k *Clerk) welcome(tx *db.Tx, c lists.Community, m lists.Member, guessed bool) error {
	all, digest, err := lines(tx, c, m)
	if err != nil {
		return err
	}
	var on []templates.ListLine
	for _, l := range all {
		if l.Delivery != "" {
			on = append(on, l)
		}
	}
	way := doors(c)
	if err := notice.PrivateDoors(tx, c, &way); err != nil {
		return err
	}
	free, err := noSales(tx, m)
	if err != nil {
		return err
	}
	t := templates.Welcome{
		Community: c.Name, Member: firstName(m), Lists: on, Doors: way, Slot: digest, NoSales: free, Rules: templates.Said(c.Confidential), IMAP: k.IMAP,
	}
	if guessed {
		t.Guessed = c.Address("digest").String()
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	mail := notice.ToMember(c, m, notice.Tells, words)
	mail.Source = fmt.Sprintf("welcome:%d:%d", m.ID, db.Micros(m.Joined))
	_, err = k.Office.Send(tx, mail)
	return err
}

// noSales tells whether a list that a member is on is a no-sales-zone.
func noSales(tx *db.Tx, m lists.Member) (bool, error) {
	subs, err := lists.Subscriptions(tx, m.ID)
	if err != nil {
		return false, err
	}
	for _, s := range subs {
		l, err := lists.ListByID(tx, s.List)
		if err != nil || l.Rules.NoSales {
			return err == nil, err
		}
	}
	return false, nil
}

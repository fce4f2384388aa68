package membership

import (
	"slices"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// grant does what the sender of a letter, who is sure to be its member, asks for about themselves, and tells them.
func (k *Clerk) grant(tx *db.Tx, in *lists.Incoming, w wish) error {
	switch w.what {
	case templates.WishLeave:
		return k.leave(tx, in)
	case templates.WishLeaveList:
		return k.leaveList(tx, in, w.list)
	case templates.WishJoin:
		return k.join(tx, in, w)
	case templates.WishDigestOff:
		return k.digestOff(tx, in)
	case templates.WishData:
		return k.data(tx, in)
	case templates.WishEach:
		return k.deliver(tx, in, lists.Each, "")
	case templates.WishNoMail:
		return k.deliver(tx, in, lists.None, "")
	}
	return k.deliver(tx, in, lists.Digest, string(w.what)) // daily, weekly, monthly
}

// leave takes a member out of the community: off every list, with no mail any more. What they wrote stays.
func (k *Clerk) leave(tx *db.Tx, in *lists.Incoming) error {
	if last, err := lastManager(tx, in.Sender); err != nil {
		return err
	} else if last {
		return k.cannotLeave(tx, in)
	}
	subs, err := lists.Subscriptions(tx, in.Sender.ID)
	if err != nil {
		return err
	}
	if err := saveDeparture(tx, in.Sender.ID, subs); err != nil {
		return err
	}
	if err := lists.End(tx, in.Sender, lists.Left); err != nil {
		return err
	}
	if err := in.Filed(tx, "a member left the community"); err != nil {
		return err
	}
	return k.goodbye(tx, in)
}

func lastManager(tx *db.Tx, m lists.Member) (bool, error) {
	if !m.Manager() {
		return false, nil
	}
	all, err := lists.Managers(tx, m.Community)
	return len(all) == 1, err
}

// cannotLeave tells the only manager what to do first: the private door would lead nowhere.
func (k *Clerk) cannotLeave(tx *db.Tx, in *lists.Incoming) error {
	if err := in.Filed(tx, "the last manager cannot leave; told what to do first"); err != nil {
		return err
	}
	words, err := templates.LastManager{
		Community: in.Community.Name, Member: firstName(in.Sender), Managers: in.Community.Address("managers").String(), Doors: doors(in.Community),
	}.Render()
	if err != nil {
		return err
	}
	return k.confirm(tx, in, words, false)
}

// leaveList takes a member off one list; they stay on the others.
func (k *Clerk) leaveList(tx *db.Tx, in *lists.Incoming, id lists.ListID) error {
	words, back, err := k.offList(tx, in.Community, in.Sender, id)
	if err != nil {
		return err
	}
	was := !back.Address.IsZero()
	detail := "a member left a list"
	if !was {
		detail = "a member who was not on the list wants to leave it"
	}
	if err := in.Filed(tx, detail); err != nil {
		return err
	}
	if !was {
		return k.confirm(tx, in, words, false)
	}
	mail := notice.Answer(in, notice.Asks, words)
	mail.ReplyTo = back
	_, err = k.Office.Send(tx, mail)
	return err
}

// offList does it, with what they are to be told, and where they undo it; no such place when they were not on the list.
func (k *Clerk) offList(tx *db.Tx, c lists.Community, m lists.Member, id lists.ListID) (words templates.Mail, back letter.Mailbox, err error) {
	l, err := lists.ListByID(tx, id)
	if err != nil {
		return words, back, err
	}
	s, was, err := lists.SubscriptionOf(tx, m.ID, id)
	if err != nil {
		return words, back, err
	}
	t := templates.LeftList{Community: c.Name, List: l.Title(), Doors: doors(c)}
	if was {
		if _, err := lists.Unsubscribe(tx, m.ID, id); err != nil {
			return words, back, err
		}
		t.Undo = undoDays
		if back, err = k.backDoor(tx, c, m, s); err != nil {
			return words, back, err
		}
	}
	if t.Others, err = k.got(tx, m, lists.Each, lists.Digest); err != nil {
		return words, back, err
	}
	words, err = t.Render()
	return words, back, err
}

// got are the names of the lists that a member gets in one of these ways.
func (k *Clerk) got(tx *db.Tx, m lists.Member, ways ...lists.Delivery) ([]string, error) {
	subs, err := lists.Subscriptions(tx, m.ID)
	if err != nil {
		return nil, err
	}
	subs = slices.DeleteFunc(subs, func(s lists.Subscription) bool { return !slices.Contains(ways, s.Delivery) })
	return titles(tx, subs)
}

func titles(tx *db.Tx, subs []lists.Subscription) ([]string, error) {
	var names []string
	for _, s := range subs {
		l, err := lists.ListByID(tx, s.List)
		if err != nil {
			return nil, err
		}
		names = append(names, l.Title())
	}
	return names, nil
}

// digestOff stops the digest and nothing else: that is not leaving (product.md A8).
func (k *Clerk) digestOff(tx *db.Tx, in *lists.Incoming) error {
	words, changed, err := k.offDigest(tx, in.Community, in.Sender)
	if err != nil {
		return err
	}
	if err := in.Filed(tx, "a member stopped the digest"); err != nil {
		return err
	}
	return k.confirm(tx, in, words, changed)
}

// offDigest does it, and tells whether there was a digest to stop, with what they are to be told.
func (k *Clerk) offDigest(tx *db.Tx, c lists.Community, m lists.Member) (words templates.Mail, changed bool, err error) {
	subs, err := lists.Subscriptions(tx, m.ID)
	if err != nil {
		return words, false, err
	}
	for _, s := range subs {
		if s.Delivery != lists.Digest {
			continue
		}
		changed = true
		if err := lists.Subscribe(tx, m.ID, s.List, lists.None); err != nil {
			return words, false, err
		}
	}
	still, err := k.got(tx, m, lists.Each)
	if err != nil {
		return words, false, err
	}
	words, err = templates.DigestOff{Community: c.Name, Still: still, Doors: doors(c)}.Render()
	return words, changed, err
}

// deliver changes how a member gets the lists, and with a period when the digest comes. A list of which they want nothing stays so
// (design.md section 6); only when that is true of all of them the word can mean nothing else than those.
func (k *Clerk) deliver(tx *db.Tx, in *lists.Incoming, as lists.Delivery, period string) error {
	all, err := lists.Subscriptions(tx, in.Sender.ID)
	if err != nil {
		return err
	}
	chosen := slices.DeleteFunc(slices.Clone(all), func(s lists.Subscription) bool { return s.Delivery == lists.None })
	if len(chosen) == 0 {
		chosen = all
	}
	if len(chosen) == 0 {
		return k.onNoList(tx, in)
	}
	changed, err := setPeriod(tx, in.Sender.ID, period)
	if err != nil {
		return err
	}
	for _, s := range chosen {
		if s.Delivery == as {
			continue
		}
		changed = true
		if err := lists.Subscribe(tx, in.Sender.ID, s.List, as); err != nil {
			return err
		}
	}
	if err := in.Filed(tx, "a member set what they get: "+string(as)+" "+period); err != nil {
		return err
	}
	return k.settings(tx, in, as, chosen, changed)
}

// setPeriod changes how often the digest comes; "" leaves it.
func setPeriod(tx *db.Tx, m lists.MemberID, period string) (changed bool, err error) {
	if period == "" {
		return false, nil
	}
	p, err := lists.DigestPrefOf(tx, m)
	if err != nil || p.Period == period {
		return false, err
	}
	p.Period = period
	return true, lists.SaveDigestPref(tx, m, p)
}

// settings tells a member what they get now of these lists.
func (k *Clerk) settings(tx *db.Tx, in *lists.Incoming, as lists.Delivery, of []lists.Subscription, changed bool) error {
	t := templates.SettingsChanged{Community: in.Community.Name, Delivery: templates.Delivery(as), Same: !changed, Doors: doors(in.Community)}
	all, err := lists.Lists(tx, in.Community.ID)
	if err != nil {
		return err
	}
	if len(of) < len(all) {
		if t.Lists, err = titles(tx, of); err != nil {
			return err
		}
	}
	if as == lists.Digest {
		if t.Slot, err = slot(tx, in.Community, in.Sender); err != nil {
			return err
		}
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	return k.confirm(tx, in, words, changed)
}

// onNoList tells a member who is on no list that there is nothing to set.
func (k *Clerk) onNoList(tx *db.Tx, in *lists.Incoming) error {
	if err := in.Filed(tx, "a member on no list wants the lists in another way"); err != nil {
		return err
	}
	words, err := templates.OnNoList{Community: in.Community.Name, Doors: doors(in.Community)}.Render()
	if err != nil {
		return err
	}
	return k.confirm(tx, in, words, false)
}

// join puts a member on a list that any member may join, in the community's way of delivery.
func (k *Clerk) join(tx *db.Tx, in *lists.Incoming, w wish) error {
	all, err := lists.Lists(tx, in.Community.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(l lists.List) bool { return l.ID == w.list })
	if i < 0 {
		return k.end(tx, in, w, true) // the list was given up meanwhile
	}
	s, on, err := lists.SubscriptionOf(tx, in.Sender.ID, w.list)
	if err != nil {
		return err
	}
	if !on {
		if all[i].Join != lists.JoinOpen {
			return refusal.Say(refusal.NotAllowed, "list.closed", all[i].Title(), in.Community.Address("managers"))
		}
		s = lists.Subscription{Member: in.Sender.ID, List: w.list, Delivery: in.Community.Delivery}
		if err := lists.Subscribe(tx, s.Member, s.List, s.Delivery); err != nil {
			return err
		}
	}
	if err := in.Filed(tx, "a member joined a list"); err != nil {
		return err
	}
	return k.settings(tx, in, s.Delivery, []lists.Subscription{s}, !on)
}

package membership

import (
	"strings"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
)

// departureDue is the calendar's kind for the end of the time in which leaving can be undone: the object is the member.
const departureDue calendar.Kind = "departure.over"

// undoDays is how long that is.
const undoDays = 7

// departed forgets what somebody got who left.
func (k *Clerk) departed(tx *db.Tx, due calendar.Due) error {
	return forgetDeparture(tx, lists.MemberID(due.Object))
}

// goodbye tells somebody that they have left, and how to undo it.
func (k *Clerk) goodbye(tx *db.Tx, in *lists.Incoming) error {
	words, err := templates.LeftCommunity{Community: in.Community.Name, Undo: undoDays, Doors: doorsOut(in.Community)}.Render()
	if err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Asks, words)
	if mail.ReplyTo, err = k.Office.Confirm(tx, notice.Door{Community: in.Community, Member: in.Sender, Receiver: Receiver, Object: stepBack.object(int64(in.Sender.ID)), Days: undoDays + Days}); err != nil {
		return err
	}
	_, err = k.Office.Send(tx, mail)
	return err
}

// doorsOut are the doors that stay open to somebody who has left.
func doorsOut(c lists.Community) templates.Doors {
	d := managersOnly(c)
	d.Join = c.Address("join").String()
	return d
}

// backDoor is where a member undoes that they left a list: it knows what they got.
func (k *Clerk) backDoor(tx *db.Tx, c lists.Community, m lists.Member, s lists.Subscription) (letter.Mailbox, error) {
	return k.Office.Confirm(tx, notice.Door{Community: c, Member: m, Receiver: Receiver, Object: step(stepRelist + "-" + step(s.Delivery)).object(int64(s.List)), Days: undoDays})
}

// farewell takes a reply to our goodbye, to the community or to one list: UNDO, or why somebody left.
func (k *Clerk) farewell(tx *db.Tx, in *lists.Incoming, what step, id int64) error {
	mine := in.Sender.ID != 0 && int64(in.Sender.ID) == in.Token.Member
	if !mine || in.Robot || in.Verdict == lists.Unverified || in.Token.Revoked || in.Sender.State == lists.Removed {
		return lists.NoSuchAddress()
	}
	list := lists.List{}
	if as, ok := strings.CutPrefix(string(what), string(stepRelist)+"-"); ok {
		var err error
		if list, err = lists.ListByID(tx, lists.ListID(id)); err != nil {
			return err
		}
		what = step(as) // a delivery now
	} else if !in.Token.Live(tx.Now) {
		return lists.NoSuchAddress()
	}
	if err := in.Filed(tx, "a word of somebody who left"); err != nil {
		return err
	}
	text := in.Letter.NewText().Text
	word, alone, _ := lists.Word(text)
	switch {
	case word == "UNDO" && alone && list.ID != 0:
		return k.relist(tx, in, list, lists.Delivery(what))
	case word == "UNDO" && alone:
		return k.undo(tx, in)
	case shortened(text) == "":
		return nil
	}
	return k.why(tx, in, list, shortened(lists.WithoutDoors(text)))
}

// relist puts a member back on a list that they left, as they had it.
func (k *Clerk) relist(tx *db.Tx, in *lists.Incoming, l lists.List, as lists.Delivery) error {
	_, still, err := lists.ListByName(tx, in.Community.ID, l.Local)
	if err != nil {
		return err
	}
	t := templates.BackAgain{Community: in.Community.Name, List: l.Title(), Doors: managersOnly(in.Community)}
	if t.Late = !still || !belongs(in.Sender) || !in.Token.Live(tx.Now); t.Late {
		return k.memberBack(tx, in, t, false)
	}
	_, on, err := lists.SubscriptionOf(tx, in.Sender.ID, l.ID)
	if err != nil {
		return err
	}
	if on {
		return k.memberBack(tx, in, t, false)
	}
	if err := lists.Subscribe(tx, in.Sender.ID, l.ID, as); err != nil {
		return err
	}
	return k.memberBack(tx, in, t, true)
}

// undo makes everything as it was before somebody left.
func (k *Clerk) undo(tx *db.Tx, in *lists.Incoming) error {
	d, ok, err := findDeparture(tx, in.Sender.ID)
	if err != nil {
		return err
	}
	t := templates.BackAgain{Community: in.Community.Name, Late: !ok || in.Sender.State != lists.Left || !tx.Now.Before(d.at.AddDate(0, 0, undoDays)), Doors: doorsOut(in.Community)}
	if belongs(in.Sender) {
		return k.memberBack(tx, in, templates.BackAgain{Community: in.Community.Name, Doors: doors(in.Community)}, false)
	}
	if t.Late {
		return k.memberBack(tx, in, t, false)
	}
	m := in.Sender
	m.State = lists.Active
	if err := lists.SaveMember(tx, m); err != nil {
		return err
	}
	t.Doors = doors(in.Community)
	all, err := lists.Lists(tx, in.Community.ID) // a list that was given up meanwhile is left out
	if err != nil {
		return err
	}
	for _, l := range all {
		as, had := d.subs[l.ID]
		if !had {
			continue
		}
		if err := lists.Subscribe(tx, m.ID, l.ID, as); err != nil {
			return err
		}
		t.Lists = append(t.Lists, l.Title())
	}
	if err := forgetDeparture(tx, m.ID); err != nil {
		return err
	}
	return k.memberBack(tx, in, t, true)
}

func (k *Clerk) memberBack(tx *db.Tx, in *lists.Incoming, t templates.BackAgain, changed bool) error {
	words, err := t.Render()
	if err != nil {
		return err
	}
	return k.confirm(tx, in, words, changed)
}

// why gives the managers the words of somebody who left. More than a few a day are not passed on.
func (k *Clerk) why(tx *db.Tx, in *lists.Incoming, list lists.List, text string) error {
	return k.few(tx, in, "farewell", func() error {
		managers, err := lists.Managers(tx, in.Community.ID)
		if err != nil {
			return err
		}
		t := templates.Farewell{Community: in.Community.Name, Member: in.Sender.FirstName(), Words: templates.Said(text)}
		if list.ID != 0 {
			t.List = list.Title()
		}
		words, err := t.Render()
		if err != nil {
			return err
		}
		for _, m := range managers {
			mail := notice.ToMember(in.Community, m, notice.Converse, words) // private words: no list takes an answer to it (W1)
			mail.Story = in.Story
			if _, err := k.Office.Send(tx, mail); err != nil {
				return err
			}
		}
		thanks, err := templates.FarewellNoted{Community: in.Community.Name}.Render()
		if err != nil {
			return err
		}
		return k.reply(tx, in, thanks, "")
	})
}

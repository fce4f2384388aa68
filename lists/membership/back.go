package membership

import (
	"backchannel/archive/calendar"
	"backchannel/archive/db"
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

// farewell takes a reply to our goodbye: UNDO, or why somebody left.
func (k *Clerk) farewell(tx *db.Tx, in *lists.Incoming) error {
	mine := in.Sender.ID != 0 && int64(in.Sender.ID) == in.Token.Member
	if !mine || in.Robot || in.Verdict == lists.Unverified || in.Token.Revoked || !in.Token.Live(tx.Now) || in.Sender.State == lists.Removed {
		return lists.NoSuchAddress()
	}
	if err := in.Filed(tx, "a word of somebody who left"); err != nil {
		return err
	}
	text := in.Letter.NewText().Text
	word, alone, _ := lists.Word(text)
	switch {
	case word == "UNDO" && alone:
		return k.undo(tx, in)
	case shortened(text) == "":
		return nil
	}
	return k.why(tx, in, shortened(lists.WithoutDoors(text)))
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
func (k *Clerk) why(tx *db.Tx, in *lists.Incoming, text string) error {
	return k.few(tx, in, "farewell", func() error {
		managers, err := lists.Managers(tx, in.Community.ID)
		if err != nil {
			return err
		}
		words, err := templates.Farewell{Community: in.Community.Name, Member: in.Sender.FirstName(), Words: templates.Said(text)}.Render()
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

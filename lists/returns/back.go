package returns

import (
	"errors"
	"strconv"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
)

// welcomeBack tells a member who was heard that mail goes out to them again: at the address they wrote from, which may be another one
// than that which failed.
func (d *Desk) welcomeBack(tx *db.Tx, in *lists.Incoming, pause lists.Pause) error {
	subs, err := lists.Subscriptions(tx, in.Sender.ID)
	if err != nil {
		return err
	}
	t := templates.WelcomeBack{Community: in.Community.Name, Address: in.Sender.Address.String(), Managers: in.Community.Address("managers").String()}
	if !pause.At.IsZero() {
		t.Since = pause.At.In(in.Sender.Zone(in.Community))
	}
	for _, s := range subs {
		missed, err := d.missed(tx, s, pause)
		if err != nil {
			return err
		}
		t.Missed = t.Missed || missed
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	mail := notice.ToMember(in.Community, in.Sender, notice.Tells, words)
	mail.To = letter.Mailbox{Name: in.Sender.Name, Address: in.From.Address}
	mail.Story = in.Story
	_, err = d.Office.Send(tx, mail)
	return err
}

// missed tells whether something was posted in a pause that a subscriber would have got.
func (d *Desk) missed(tx *db.Tx, s lists.Subscription, pause lists.Pause) (bool, error) {
	if s.Delivery == lists.None || pause.Since.IsZero() {
		return false, nil
	}
	l, err := lists.ListByID(tx, s.List)
	if err != nil {
		return false, err
	}
	before, err := d.Office.Store.Newest(tx, l.Box, pause.Since)
	if err != nil {
		return false, err
	}
	now, err := d.Office.Store.Newest(tx, l.Box, tx.Now)
	return now > before, err
}

// listOf reads a list by its number, as the rows of tokens have it.
func listOf(tx *db.Tx, number string) (lists.List, bool, error) {
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return lists.List{}, false, nil
	}
	l, err := lists.ListByID(tx, lists.ListID(id))
	if errors.Is(err, db.ErrNoRows) {
		return l, false, nil
	}
	return l, err == nil, err
}

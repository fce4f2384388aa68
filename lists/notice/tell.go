package notice

import (
	"errors"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// PartRefused tells a verified sender that one of several addresses did not take their letter.
func (o *Office) PartRefused(tx *db.Tx, in *lists.Incoming, r *refusal.Refusal) error {
	words, err := templates.PartRefused{
		Community: in.Community.Name, Subject: in.Letter.Subject(), Refused: []templates.RefusedAddress{{Address: in.To.String(), Why: r.Sentence}},
	}.Render()
	if err != nil {
		return err
	}
	_, err = o.Send(tx, Mail{
		Community: in.Community, To: letter.Mailbox{Name: in.Sender.Name, Address: in.From.Address}, Member: in.Sender.ID, Words: words, Kind: "n", Record: archive.IDNotice,
		Auto: Replied, Private: true, Answer: "part", Story: in.Story,
	})
	if errors.Is(err, ErrEnough) {
		return nil
	}
	return err
}

// SetAside tells the managers that the program stumbled over a letter twice, and that it is kept.
func (o *Office) SetAside(tx *db.Tx, c lists.Community, story string) error {
	words, err := templates.SetAside{Community: c.Name, Story: story, Received: tx.Now.In(c.Zone())}.Render()
	if err != nil {
		return err
	}
	managers, err := lists.Managers(tx, c.ID)
	if err != nil {
		return err
	}
	for _, m := range managers {
		if _, err := o.Send(tx, Mail{Community: c, To: m.Mailbox(), Member: m.ID, Words: words, Kind: "n", Record: archive.IDNotice, Auto: Generated, Private: true, Story: story}); err != nil {
			return err
		}
	}
	return nil
}

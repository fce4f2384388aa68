package notice

import (
	"errors"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// PartRefused tells a verified sender that one of several addresses did not take their letter.
func (o *Office) PartRefused(tx *db.Tx, in *lists.Incoming, why *refusal.Refusal) error {
	words, err := templates.PartRefused{
		Community: in.Community.Name, Subject: in.Letter.Subject(), Refused: []templates.RefusedAddress{{Address: in.To.String(), Why: why}},
	}.Render()
	if err != nil {
		return err
	}
	mail := Answer(in, Tells, words)
	mail.Answer = "part"
	return o.SendIfDue(tx, mail)
}

// Again answers a reply in which nothing was understood that its question asks for, or that came too late. Such answers are counted for each
// question by itself, so that one never keeps another waiting; whoever has had today's is told in the session, and never believes that something
// was decided.
func (o *Office) Again(tx *db.Tx, in *lists.Incoming, m Mail) error {
	m.Answer = "answer"
	if in.Token != nil {
		m.Answer += ":" + in.Token.Object
	}
	return o.SendOr(tx, m, refusal.Because(refusal.NotAllowed, "Your answer changed nothing: it does not begin with one of the words that were asked for, or it came too late. The mail that asked, and those we have sent today, name the words."))
}

// SendOr is Send for an answer without which somebody would believe that their word was heard: where there were enough of its kind today, why is
// said in the session.
func (o *Office) SendOr(tx *db.Tx, m Mail, why *refusal.Refusal) error {
	_, err := o.Send(tx, m)
	if errors.Is(err, ErrEnough) {
		return why
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
		mail := ToMember(c, m, Tells, words)
		mail.Story = story
		if _, err := o.Send(tx, mail); err != nil {
			return err
		}
	}
	return nil
}

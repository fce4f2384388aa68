package returns

import (
	"fmt"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/smtpd/bounce"
	"backchannel/smtpd/queue"
	"backchannel/templates"
)

// Stamp is the name of our stamp in the queue: that of probes.
const Stamp = "probe"

// probeOver is due when a probe has not come back.
const probeOver calendar.Kind = "returns.probe"

// How a probe ends.
const (
	bounced = "bounced"
	arrived = "arrived" // it did not come back, or somebody's program answered it
	turned  = "refused" // by a policy: it tells nothing about the address
)

// probe sends a member the letter that tries their address, at most one in a week.
func (d *Desk) probe(tx *db.Tx, c lists.Community, m lists.Member, score lists.Score) error {
	if busy, err := probing(tx, m.ID, tx.Now.Add(-probeTime)); err != nil || busy {
		return err
	}
	id, err := insertProbe(tx, m.ID, score.First)
	if err != nil {
		return err
	}
	name := ""
	if m.Name != "" {
		name = m.FirstName()
	}
	words, err := templates.Probe{
		Community: c.Name, Member: name, Address: m.Address.String(), Last: score.Last.In(m.Zone(c)), Managers: c.Address("managers").String(),
	}.Render()
	if err != nil {
		return err
	}
	mail := notice.ToMember(c, m, notice.Tells, words)
	mail.Source, mail.Stamp, mail.Object, mail.Private = fmt.Sprintf("probe:%d", id), Stamp, id, false
	if _, err := d.Office.Send(tx, mail); err != nil {
		return err
	}
	return calendar.Set(tx, probeOver, id, tx.Now.Add(probeTime))
}

// Stamp gives a probe a return path of its own (D1). It is a queue.Stamper.
func (d *Desk) Stamp(tx *db.Tx, c queue.Copy, raw func() ([]byte, error)) (queue.Message, error) {
	p, ok, err := findProbe(tx, c.Object)
	if err != nil {
		return queue.Message{}, err
	}
	if !ok || !p.open {
		return queue.Message{}, queue.ErrDrop("the address need not be tried any more")
	}
	m, err := lists.MemberByID(tx, p.member)
	if err != nil {
		return queue.Message{}, err
	}
	if m.State != lists.Active || m.Address.Key() != c.To.Key() {
		return queue.Message{}, queue.ErrDrop("no longer an active member at this address")
	}
	community, err := lists.CommunityByID(tx, m.Community)
	if err != nil {
		return queue.Message{}, err
	}
	from, err := d.Office.ProbePath(tx, community, m, p.id)
	if err != nil {
		return queue.Message{}, err
	}
	all, err := raw()
	if err != nil {
		return queue.Message{}, err
	}
	head, body := notice.Split(all)
	return queue.Message{From: from, To: m.Address, Head: head, Body: body}, nil
}

// probeReturned reads what came to the return path of a probe.
func (d *Desk) probeReturned(tx *db.Tx, m lists.Member, id int64, r bounce.Report) error {
	switch r.Kind {
	case bounce.AutoReply, bounce.Receipt: // somebody's program read it: the address lives
		return d.alive(tx, m, id)
	case bounce.Bounce:
		if f, ok := about(r, []letter.Address{m.Address}); ok {
			return d.probeFailed(tx, m, id, f)
		}
	}
	return nil
}

// probeFailed ends a probe that will not arrive. It always counts (D1), but what a policy says about us says nothing about the address.
func (d *Desk) probeFailed(tx *db.Tx, m lists.Member, id int64, f bounce.Failure) error {
	p, ok, err := findProbe(tx, id)
	if err != nil || !ok || !p.open || p.member != m.ID {
		return err
	}
	if weight, _ := lists.Weigh(f); weight > 0 {
		if err := d.endProbe(tx, id, bounced); err != nil {
			return err
		}
		return d.pause(tx, m, p.since, status(f))
	}
	c, err := lists.CommunityByID(tx, m.Community)
	if err != nil {
		return err
	}
	if err := d.trouble(tx, c, Trouble{Kind: Refused, About: m.Address.Domain, Cause: f.Cause(), Said: status(f)}); err != nil {
		return err
	}
	return d.endProbe(tx, id, turned)
}

func (d *Desk) endProbe(tx *db.Tx, id int64, outcome string) error {
	if err := endProbe(tx, id, outcome); err != nil {
		return err
	}
	return calendar.Clear(tx, probeOver, id)
}

// over is due when a probe has had its time: it did not come back, so the address works, and what was counted is forgotten.
func (d *Desk) over(tx *db.Tx, due calendar.Due) error {
	p, ok, err := findProbe(tx, due.Object)
	if err != nil || !ok || !p.open {
		return err
	}
	return d.alive(tx, lists.Member{ID: p.member}, p.id)
}

// alive ends a probe well, and forgives the member everything.
func (d *Desk) alive(tx *db.Tx, m lists.Member, id int64) error {
	p, ok, err := findProbe(tx, id)
	if err != nil || !ok || !p.open || p.member != m.ID {
		return err
	}
	if err := d.endProbe(tx, id, arrived); err != nil {
		return err
	}
	return lists.ForgetBounces(tx, m.ID)
}

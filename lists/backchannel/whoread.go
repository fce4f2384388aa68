package backchannel

import (
	"slices"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
)

// How far back WHO READ looks when it is about no one letter, and how many letters it tells of.
const (
	readBack  = 365 * 24 * time.Hour
	mostReads = 20
)

// tellWhoRead tells a member who has opened their letters: the one they answer to, or their newest ones. What is told is what we know: an
// answer, a command or a mail program that marks letters as read. That a copy was mailed is no reading, and is told as such.
func (b *Letterbox) tellWhoRead(tx *db.Tx, in *lists.Incoming, c Conv) error {
	about := []Conv{c}
	if c.ID == 0 || c.Member != in.Sender.ID {
		own, err := ownConversations(tx, in.Sender.ID, tx.Now)
		if err != nil {
			return err
		}
		about = slices.DeleteFunc(own, func(c Conv) bool { return c.Opened.Before(tx.Now.Add(-readBack)) })
		slices.Reverse(about)
	}
	t := templates.WhoRead{Community: in.Community.Name, More: max(0, len(about)-mostReads)}
	for _, c := range about[:min(len(about), mostReads)] {
		one, err := b.whoRead(tx, c, in.Sender.Zone(in.Community))
		if err != nil {
			return err
		}
		t.Letters = append(t.Letters, one)
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Tells, words)
	mail.Answer = "who-read"
	return b.Office.SendIfDue(tx, mail)
}

// whoRead is what is known of the readers of one conversation, whoever may see it now: what was read was read.
func (b *Letterbox) whoRead(tx *db.Tx, c Conv, zone *time.Location) (templates.ReadLetter, error) {
	one := templates.ReadLetter{Code: c.Code, Subject: c.Subject, Written: c.Opened.In(zone), Ombuds: c.Ombuds != ""}
	seen, err := seenBy(tx, c.ID)
	if err != nil {
		return one, err
	}
	opened := map[lists.MemberID]bool{}
	for _, s := range seen {
		m, err := lists.MemberByID(tx, s.manager)
		if err != nil {
			return one, err
		}
		opened[m.ID] = true
		one.Opened = append(one.Opened, templates.Opened{Name: m.FirstName(), At: s.at.In(zone)})
	}
	sent, err := mailedTo(tx, c.ID)
	if err != nil {
		return one, err
	}
	for _, id := range sent {
		if opened[id] {
			continue
		}
		m, err := lists.MemberByID(tx, id)
		if err != nil {
			return one, err
		}
		one.Sent = append(one.Sent, m.FirstName())
	}
	one.Operator, err = operatorLooked(tx, c)
	return one, err
}

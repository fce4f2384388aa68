package backchannel

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/archive/mbox"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// Export is the calendar's kind for a member's own data, which is written as soon as nothing else is to be done: the object is the member.
const Export calendar.Kind = "member.export"

// How much one mail of an export holds, in octets before it is encoded, and how many posts there are in all.
const (
	exportPart  = 6 << 20
	exportPosts = 20000
)

// AskExport has a member's own data mailed to their first address, which is a confirmed one: their posts, their private letters and the
// answers, their settings. Once a day; a refusal of kind Limit says that it was asked for today already.
func (b *Letterbox) AskExport(tx *db.Tx, m lists.Member) error {
	fresh, err := firstExportSince(tx, m.ID, tx.Now.Add(-24*time.Hour))
	if err != nil {
		return err
	}
	if !fresh {
		return refusal.Because(refusal.Limit, "Your data was sent within the last 24 hours. You can ask for it once a day.")
	}
	return calendar.Set(tx, Export, int64(m.ID), tx.Now)
}

// MailData has the sender's own data mailed to them, and says so when it goes to another address than they wrote from, went today, or was
// asked for on a list.
func (b *Letterbox) MailData(tx *db.Tx, in *lists.Incoming) error {
	err := b.AskExport(tx, in.Sender)
	t := templates.ExportEnd{Community: in.Community.Name, Address: in.Sender.Address.String()}
	if r, ok := refusal.As(err); ok && r.Kind == refusal.Limit {
		t.TooSoon, err = true, nil
	}
	if err != nil || !t.TooSoon && !in.Unposted && in.From.Address.Key() == in.Sender.Address.Key() {
		return err // the data itself is the answer
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Tells, words)
	mail.Answer = "export"
	return b.Office.SendIfDue(tx, mail)
}

// export writes a member's own data and mails it.
func (b *Letterbox) export(tx *db.Tx, due calendar.Due) error {
	m, err := lists.MemberByID(tx, lists.MemberID(due.Object))
	if err != nil {
		return err
	}
	community, err := lists.CommunityByID(tx, m.Community)
	if err != nil {
		return err
	}
	settings, err := settingsOf(tx, m)
	if err != nil {
		return err
	}
	var out parcels
	posts, err := b.ownPosts(tx, m, &out)
	if err != nil {
		return err
	}
	letters, err := b.ownLetters(tx, community, m, &out)
	if err != nil {
		return err
	}
	parts := out.done()
	for i, files := range parts {
		t := templates.OwnData{Community: community.Name, Posts: posts, Letters: letters, Part: i + 1, Parts: len(parts)}
		if i == 0 {
			files = append(files, letter.File{Name: "settings.json", Type: "application/json", Data: settings})
		}
		words, err := t.Render()
		if err != nil {
			return err
		}
		mail := notice.ToMember(community, m, notice.Tells, words)
		mail.Files = files
		if _, err := b.Office.Send(tx, mail); err != nil {
			return err
		}
	}
	return nil
}

// ownPosts packs what a member has published, as it was published.
func (b *Letterbox) ownPosts(tx *db.Tx, m lists.Member, out *parcels) (int, error) {
	posts, err := b.Office.Store.PostsOf(tx, int64(m.Community), int64(m.ID), exportPosts)
	if err != nil {
		return 0, err
	}
	slices.Reverse(posts)
	for _, p := range posts {
		raw, err := b.Office.Store.Raw(tx, p.Raw)
		if err != nil {
			return 0, err
		}
		if err := out.add("posts.mbox", raw, p.From.Address.String(), p.Published); err != nil {
			return 0, err
		}
	}
	return len(posts), nil
}

// ownLetters packs what a member wrote to the managers and what they answered, from our own record: never a note, nor what was not sent.
func (b *Letterbox) ownLetters(tx *db.Tx, community lists.Community, m lists.Member, out *parcels) (int, error) {
	own, err := ownConversations(tx, m.ID, tx.Now)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, c := range own {
		all, err := said(tx, c.ID, 0)
		if err != nil {
			return n, err
		}
		for _, msg := range all {
			if msg.dir == dirNote || msg.text == "" {
				continue
			}
			writer, managers := letter.Mailbox{Name: m.Name, Address: m.Address}, notice.Managers(community)
			d := letter.Draft{From: writer, To: []letter.Mailbox{managers}, Subject: "[private] " + c.Subject, Date: msg.at, Text: msg.text,
				MessageID: letter.MessageID(fmt.Sprintf("own-%d@%s", msg.id, community.Domain)), Extra: []letter.Field{{Name: "X-Private-Letter", Value: c.Code}}}
			if msg.dir == dirOut {
				d.From, d.To = managers, []letter.Mailbox{writer}
			}
			raw, err := d.Bytes()
			if err != nil {
				return n, err
			}
			if err := out.add("private-letters.mbox", raw, d.From.Address.String(), msg.at); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}

// settingsOf is what is kept of a member beside their words, as JSON.
func settingsOf(tx *db.Tx, m lists.Member) ([]byte, error) {
	type place struct {
		List     string         `json:"list"`
		Delivery lists.Delivery `json:"delivery"`
		Since    time.Time      `json:"since"`
	}
	s := struct {
		Name      string           `json:"name"`
		Addresses []string         `json:"addresses"`
		State     lists.State      `json:"state"`
		Role      lists.Role       `json:"role"`
		Kind      string           `json:"kind"`
		Trust     int              `json:"trust"`
		Timezone  string           `json:"timezone,omitempty"`
		Language  string           `json:"language,omitempty"`
		OwnCopy   bool             `json:"own_copy"`
		Listed    bool             `json:"address_shown"`
		IntroOK   lists.IntroOK    `json:"intro_ok,omitempty"`
		Joined    time.Time        `json:"joined"`
		Lists     []place          `json:"lists"`
		Digest    lists.DigestPref `json:"digest"`
		Follows   []string         `json:"follows,omitempty"`
		Mutes     []string         `json:"mutes,omitempty"`
		Threads   []int64          `json:"muted_threads,omitempty"`
	}{Name: m.Name, State: m.State, Role: m.Role, Kind: m.Kind, Trust: m.Trust, Timezone: m.Timezone, Language: m.Language, OwnCopy: m.OwnCopy, Listed: m.Listed, IntroOK: m.IntroOK, Joined: m.Joined, Lists: []place{}}
	addresses, err := lists.Addresses(tx, m.ID)
	if err != nil {
		return nil, err
	}
	for _, a := range addresses {
		s.Addresses = append(s.Addresses, a.String())
	}
	subs, err := lists.Subscriptions(tx, m.ID)
	if err != nil {
		return nil, err
	}
	for _, sub := range subs {
		l, err := lists.ListByID(tx, sub.List)
		if err != nil {
			return nil, err
		}
		s.Lists = append(s.Lists, place{l.Address().String(), sub.Delivery, sub.Since})
	}
	if s.Digest, err = lists.DigestPrefOf(tx, m.ID); err != nil {
		return nil, err
	}
	wishes, err := lists.InterestsOf(tx, m.ID)
	if err != nil {
		return nil, err
	}
	s.Follows, s.Mutes, s.Threads = wishes.Follows, wishes.Muted, wishes.Threads
	return json.MarshalIndent(s, "", "  ")
}

// parcels packs messages into files that fit into mails.
type parcels struct {
	parts [][]letter.File
	name  string
	buf   bytes.Buffer
	size  int // of the files that are in the newest part already
}

// add puts a message into the file of that name, in the newest part if it fits there.
func (p *parcels) add(name string, raw []byte, from string, date time.Time) error {
	full := p.size+p.buf.Len() > 0 && p.size+p.buf.Len()+len(raw) > exportPart
	if name != p.name || full {
		p.close()
		p.name = name
	}
	if full {
		p.parts, p.size = append(p.parts, nil), 0
	}
	w := mbox.NewWriter(&p.buf)
	if err := w.Write(raw, from, date); err != nil {
		return err
	}
	return w.Flush()
}

func (p *parcels) close() {
	if p.buf.Len() == 0 {
		return
	}
	if len(p.parts) == 0 {
		p.parts = append(p.parts, nil)
	}
	last := len(p.parts) - 1
	p.parts[last] = append(p.parts[last], letter.File{Name: p.name, Type: "application/mbox", Data: bytes.Clone(p.buf.Bytes())})
	p.size += p.buf.Len()
	p.buf.Reset()
}

// done gives the files of each mail: one at least, with nothing in it when there is nothing.
func (p *parcels) done() [][]letter.File {
	p.close()
	if len(p.parts) == 0 {
		p.parts = append(p.parts, nil)
	}
	return p.parts
}

package digest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime/quotedprintable"
	"slices"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists/notice"
	"backchannel/templates"
)

// htmlBudget is what the HTML weighs at most on its way (product.md A6): mail programs cut longer mail.
const htmlBudget = 90 << 10

// write composes the mail: the fullest form that stays within the budget.
func (e *Editor) write(tx *db.Tx, r reader, f fresh, issue int64, slot time.Time) (notice.Mail, error) {
	t, err := e.frame(tx, r, f, slot)
	if err != nil {
		return notice.Mail{}, err
	}
	var words templates.Mail
	for _, form := range forms {
		if t.Sections, err = e.sections(tx, r, f, issue, slot, form); err != nil {
			return notice.Mail{}, err
		}
		if words, err = t.Render(); err != nil {
			return notice.Mail{}, err
		}
		if encodedSize(words.HTML) <= htmlBudget {
			break
		}
	}
	reply, err := e.door(tx, r, issue, 0)
	if err != nil {
		return notice.Mail{}, err
	}
	off, err := e.Office.DigestOff(tx, notice.Door{Community: r.community, Member: r.member, Receiver: "membership", Object: "digest", Days: doorLife})
	if err != nil {
		return notice.Mail{}, err
	}
	c := r.community
	path, err := e.Office.ReturnPath(tx, c, r.member)
	if err != nil {
		return notice.Mail{}, err
	}
	return notice.Mail{
		Community: c, To: r.member.Mailbox(), Member: r.member.ID, From: letter.Mailbox{Name: c.Name + " " + r.pref.Period, Address: c.Address("digest")},
		ReplyTo: reply, Words: words, Kind: notice.Issues, Auto: notice.Generated,
		Extra: slices.Concat([]letter.Field{
			{Name: "List-Id", Value: plain(c.Name) + " digest <digest." + c.Domain + ">"},
			{Name: "List-Help", Value: "<mailto:" + c.Address("help").String() + ">"},
			{Name: "List-Owner", Value: "<mailto:" + c.Address("managers").String() + ">"},
		}, e.Office.Unsubscribe(off, "off"), []letter.Field{
			{Name: "Precedence", Value: "bulk"},
		}, notice.Feedback(c, "digest", r.pref.Period, path, off.Address)),
		Source: fmt.Sprintf("issue:%d", issue),
	}, nil
}

// plain is a name as a phrase that needs no quotes.
func plain(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(`<>()"\,;:@[]. `, r) }), " ")
}

// frame is everything of an issue but its threads.
func (e *Editor) frame(tx *db.Tx, r reader, f fresh, slot time.Time) (templates.Digest, error) {
	zone, c := r.zone(), r.community
	t := templates.Digest{
		Community: c.Name, To: slot.In(zone),
		Slot:    templates.Slot{Period: templates.Period(r.pref.Period), Weekday: r.pref.Weekday, Hour: r.pref.Hour, Zone: zone.String()},
		Numbers: f.numbers(),
		Doors: templates.Doors{
			Managers: c.Address("managers").String(), Help: c.Address("help").String(), Leave: c.Address("leave").String(), Each: c.Address("each").String(),
			Daily: c.Address("daily").String(), Weekly: c.Address("weekly").String(), Monthly: c.Address("monthly").String(), NoDigest: c.Address("nodigest").String(),
		},
	}
	if err := notice.PrivateDoors(tx, c, &t.Doors); err != nil {
		return t, err
	}
	last, ever, err := lastSent(tx, r.member.ID)
	if err != nil {
		return t, err
	}
	if ever && last.slot.Before(slot) {
		t.From = last.slot.In(zone)
	} else if first := f.first(); !first.IsZero() {
		t.From = first.In(zone)
	}
	return t, nil
}

func (f fresh) numbers() *templates.Numbers {
	n := templates.Numbers{Posts: f.posts()}
	people := map[string]bool{}
	for _, l := range f {
		n.Threads += len(l.threads)
		for _, t := range l.threads {
			for _, p := range t.posts {
				people[who(p)] = true
			}
		}
	}
	n.People = len(people)
	return &n
}

// form is how fully threads are shown: so many with excerpts, each with so many of such a length, and so many more by their subject.
type form struct{ threads, excerpts, length, brief int }

// forms are tried from the fullest until one fits into the budget. The last one fits whatever happens.
var forms = [...]form{
	{12, 3, 280, 40}, {12, 3, 140, 40}, {12, 1, 140, 40}, {6, 1, 140, 40}, {0, 0, 0, 40}, {0, 0, 0, 8}, {},
}

func (e *Editor) sections(tx *db.Tx, r reader, f fresh, issue int64, slot time.Time, form form) ([]templates.Section, error) {
	var all []templates.Section
	for _, l := range f {
		if len(l.threads) == 0 {
			continue
		}
		s := templates.Section{List: l.list.Title()}
		prefix, domain := l.prefix(), r.community.Domain
		for i, t := range l.threads {
			subject := t.subject(prefix, domain)
			switch {
			case i < form.threads:
				door, err := e.door(tx, r, issue, t.thread.ID)
				if err != nil {
					return nil, err
				}
				s.Threads = append(s.Threads, templates.Thread{
					Number: int(t.thread.Number), Subject: subject, New: len(t.posts), People: t.people(),
					Excerpts: t.excerpts(form, slot.In(r.zone()), domain), Privately: door.Address.String(),
				})
			case i < form.threads+form.brief:
				s.Brief = append(s.Brief, templates.Brief{Number: int(t.thread.Number), Subject: subject, New: len(t.posts)})
			default:
				s.More++
			}
		}
		all = append(all, s)
	}
	return all, nil
}

// encodedSize is what a text weighs on the way: the smaller of the two encodings is taken for it.
func encodedSize(s string) int {
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write([]byte(s)) // a buffer takes everything
	_ = w.Close()
	return min(b.Len(), base64.StdEncoding.EncodedLen(len(s))*78/76)
}

package digest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math"
	"mime/quotedprintable"
	"sort"
	"strings"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/notice"
	"backchannel/templates"
)

// What an issue holds at most, and how much it weighs (product.md A4 to A6): mail programs cut longer ones.
const (
	fullThreads  = 12
	excerptLen   = 280
	excerptShort = 140
	htmlBudget   = 90 << 10
)

// fresh is what is new for one reader, list by list.
type fresh []freshList

type freshList struct {
	list    lists.List
	upTo    int64
	threads []freshThread
}

type freshThread struct {
	thread archive.Thread
	posts  []archive.Post // the new ones, in order
	begun  bool           // its first post is among them
}

func (f fresh) posts() (n int) {
	for _, l := range f {
		for _, t := range l.threads {
			n += len(t.posts)
		}
	}
	return n
}

// gather reads what is new for a reader, published before closing.
func (e *Editor) gather(tx *db.Tx, r reader, closing time.Time) (fresh, error) {
	var all fresh
	for _, s := range r.subs {
		l, err := lists.ListByID(tx, s.List)
		if err != nil {
			return nil, err
		}
		from, _, err := cursor(tx, r.member.ID, s.List)
		if err != nil {
			return nil, err
		}
		upTo, err := e.Store.Newest(tx, l.Box, closing)
		if err != nil {
			return nil, err
		}
		posts, err := e.Store.Fresh(tx, l.Box, from, upTo)
		if err != nil {
			return nil, err
		}
		threads, err := e.group(tx, posts, closing)
		if err != nil {
			return nil, err
		}
		all = append(all, freshList{l, max(from, upTo), threads})
	}
	return all, nil
}

// group puts posts into their threads, the best first.
func (e *Editor) group(tx *db.Tx, posts []archive.Post, now time.Time) ([]freshThread, error) {
	place := map[archive.ThreadID]int{}
	var all []freshThread
	for _, p := range posts {
		i, ok := place[p.Thread]
		if !ok {
			t, err := e.Store.Thread(tx, p.Thread)
			if err != nil {
				return nil, err
			}
			i = len(all)
			place[p.Thread] = i
			all = append(all, freshThread{thread: t})
		}
		all[i].posts = append(all[i].posts, p)
		all[i].begun = all[i].begun || p.Parent == 0
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].score(now) > all[j].score(now) })
	return all, nil
}

// people counts who wrote the new posts.
func (t freshThread) people() int {
	seen := map[string]bool{}
	for _, p := range t.posts {
		seen[p.From.Address.Key()] = true
	}
	return len(seen)
}

// score ranks a thread: by how many people wrote in it rather than how often, a new one a little higher, fading with the days. The
// readers' own threads, tags and open questions join the sum in the next version (product.md A4).
func (t freshThread) score(now time.Time) float64 {
	p := float64(t.people())
	s := 2*math.Log2(1+min(float64(len(t.posts)), 3*p)) + 3*math.Log2(1+p)
	if t.begun {
		s += 2
	}
	days := max(0, now.Sub(t.posts[len(t.posts)-1].Published).Hours()/24)
	return s * math.Pow(0.5, days/7)
}

// write composes the mail: the fullest form that stays within the budget.
func (e *Editor) write(tx *db.Tx, r reader, f fresh, issue int64, slot time.Time) (notice.Mail, error) {
	t, err := e.frame(tx, r, f, slot)
	if err != nil {
		return notice.Mail{}, err
	}
	var words templates.Mail
	for _, form := range []form{{fullThreads, 3, excerptLen}, {fullThreads, 3, excerptShort}, {fullThreads, 1, excerptShort}, {fullThreads / 2, 1, excerptShort}, {0, 0, 0}} {
		if t.Sections, err = e.sections(tx, r, f, issue, form); err != nil {
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
	off, err := e.Book.Address(tx, address.Grant{
		Kind: address.DigestOff, Receiver: "membership", Community: int64(r.community.ID), Member: int64(r.member.ID), Object: "digest",
		Epoch: r.member.Epoch, Expires: tx.Now.AddDate(0, 0, doorLife),
	}, r.community.Domain)
	if err != nil {
		return notice.Mail{}, err
	}
	c := r.community
	return notice.Mail{
		Community: c, To: r.member.Mailbox(), Member: r.member.ID, From: letter.Mailbox{Name: c.Name + " " + r.pref.Period, Address: c.Address("digest")},
		ReplyTo: letter.Mailbox{Name: "The managers (private)", Address: reply}, Words: words, Kind: "d", Record: archive.IDDigest, Auto: notice.Generated,
		Extra: []letter.Field{
			{Name: "List-Id", Value: plain(c.Name) + " digest <digest." + c.Domain + ">"},
			{Name: "List-Help", Value: "<mailto:" + c.Address("help").String() + ">"},
			{Name: "List-Owner", Value: "<mailto:" + c.Address("managers").String() + ">"},
			{Name: "List-Unsubscribe", Value: "<mailto:" + off.String() + "?subject=off>"},
			{Name: "Precedence", Value: "bulk"},
		},
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

func (f fresh) first() (first time.Time) {
	for _, l := range f {
		for _, t := range l.threads {
			if at := t.posts[0].Published; first.IsZero() || at.Before(first) {
				first = at
			}
		}
	}
	return first
}

func (f fresh) numbers() *templates.Numbers {
	n := templates.Numbers{Posts: f.posts()}
	people := map[string]bool{}
	for _, l := range f {
		n.Threads += len(l.threads)
		for _, t := range l.threads {
			for _, p := range t.posts {
				people[p.From.Address.Key()] = true
			}
		}
	}
	n.People = len(people)
	return &n
}

// form is how fully threads are shown.
type form struct{ threads, excerpts, length int }

func (e *Editor) sections(tx *db.Tx, r reader, f fresh, issue int64, form form) ([]templates.Section, error) {
	var all []templates.Section
	for _, l := range f {
		if len(l.threads) == 0 {
			continue
		}
		s := templates.Section{List: l.list.Title()}
		for i, t := range l.threads {
			subject := subjectOf(t)
			if i >= form.threads {
				s.Brief = append(s.Brief, templates.Brief{Number: int(t.thread.Number), Subject: subject, New: len(t.posts)})
				continue
			}
			door, err := e.door(tx, r, issue, t.thread.ID)
			if err != nil {
				return nil, err
			}
			s.Threads = append(s.Threads, templates.Thread{
				Number: int(t.thread.Number), Subject: subject, New: len(t.posts), People: t.people(), Excerpts: t.excerpts(form, r.zone()), Privately: door.String(),
			})
		}
		all = append(all, s)
	}
	return all, nil
}

func subjectOf(t freshThread) string {
	if s := letter.CleanLine(t.thread.Subject); s != "" {
		return s
	}
	return "(no subject)"
}

// excerpts show the opening post if it is new, and those with the most to say, in the order in which they came.
func (t freshThread) excerpts(form form, zone *time.Location) []templates.Excerpt {
	var chosen []int
	for i, p := range t.posts {
		if p.Text != "" || len(p.Attachments) > 0 {
			chosen = append(chosen, i) // "+1" is counted, and not shown
		}
	}
	rank := func(i int) int {
		if t.posts[i].Parent == 0 {
			return math.MaxInt
		}
		return len(t.posts[i].Text)
	}
	sort.SliceStable(chosen, func(a, b int) bool { return rank(chosen[a]) > rank(chosen[b]) })
	chosen = chosen[:min(len(chosen), form.excerpts)]
	sort.Ints(chosen)
	var all []templates.Excerpt
	for _, i := range chosen {
		p := t.posts[i]
		who := p.From.Name
		if who == "" {
			who = p.From.Address.Local
		}
		text, context := split(p.Text)
		all = append(all, templates.Excerpt{Who: who, When: p.Published.In(zone), Text: letter.Excerpt(text, form.length), Files: files(p.Attachments), Context: context})
	}
	return all
}

// split parts the author's words from the quoted lines that were kept as context of an answer between quotes. Of those one answer's
// are enough for an excerpt.
func split(text string) (said string, context []string) {
	var words []string
	for _, line := range strings.Split(text, "\n") {
		if quoted, ok := strings.CutPrefix(line, ">"); ok {
			if len(words) == 0 && len(context) < 2 {
				context = append(context, strings.TrimSpace(strings.TrimLeft(quoted, "> ")))
			}
			continue
		}
		words = append(words, line)
	}
	return strings.TrimSpace(strings.Join(words, "\n")), context
}

// files names what was attached: 2 attachments: plan.pdf 180 KB, rota.xlsx 20 KB.
func files(all []letter.Attachment) string {
	if len(all) == 0 {
		return ""
	}
	names := make([]string, 0, 3)
	for _, a := range all[:min(3, len(all))] {
		names = append(names, fmt.Sprintf("%s %d KB", a.Name, (a.Size+1023)/1024))
	}
	if len(all) == 1 {
		return "attachment: " + names[0]
	}
	return fmt.Sprintf("%d attachments: %s", len(all), strings.Join(names, ", "))
}

// encodedSize is what a text weighs on the way: the smaller of the two encodings is taken for it.
func encodedSize(s string) int {
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write([]byte(s)) // a buffer takes everything
	_ = w.Close()
	return min(b.Len(), base64.StdEncoding.EncodedLen(len(s))*78/76)
}

package digest

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"fmt"
	"mime/quotedprintable"
	"slices"
	"strings"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/backchannel"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// htmlBudget is what the HTML weighs at most on its way (product.md A6): mail programs cut longer mail.
const htmlBudget = 90 << 10

// write composes the mail in the form that its reader wants.
func (e *Editor) write(tx *db.Tx, r reader, ed edition, issue int64, slot time.Time) (notice.Mail, error) {
	t, err := e.frame(tx, r, ed, slot)
	if err != nil {
		return notice.Mail{}, err
	}
	v := view{e: e, tx: tx, r: r, lists: len(ed.fresh), slot: slot.In(r.zone())}
	words, posts, err := v.words(ed, t)
	if err != nil {
		return notice.Mail{}, err
	}
	reply, err := e.door(tx, r, issue)
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
		Community: c, To: r.member.Mailbox(), Member: r.member.ID, From: letter.Mailbox{Name: v.tongue().DigestName(c.Name, templates.Period(r.pref.Period)), Address: c.Address("digest")},
		ReplyTo: reply, Words: words, Posts: posts, Flowed: r.pref.Format != lists.FormatMIME && r.pref.Format != lists.FormatRFC1153, Kind: notice.Issues, Auto: notice.Generated,
		Extra: slices.Concat([]letter.Field{
			{Name: "List-Id", Value: plain(c.Name) + " digest <digest." + c.Domain + ">"},
			{Name: "List-Help", Value: "<mailto:" + c.Address("help").String() + ">"},
			{Name: "List-Owner", Value: "<mailto:" + c.Address("managers").String() + ">"},
		}, e.Office.Unsubscribe(off, "off"), []letter.Field{
			{Name: "Precedence", Value: "bulk"},
		}, notice.Feedback(c, "digest", r.pref.Period, path, off.Address)),
		Source: source(issue),
	}, nil
}

// source names an issue in the queue.
func source(issue int64) string { return fmt.Sprintf("issue:%d", issue) }

// plain is a name as a phrase that needs no quotes.
func plain(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(`<>()"\,;:@[]. `, r) }), " ")
}

// frame is everything of an issue but its threads.
func (e *Editor) frame(tx *db.Tx, r reader, ed edition, slot time.Time) (templates.Digest, error) {
	zone, c := r.zone(), r.community
	t := templates.Digest{
		Community: c.Name, To: slot.In(zone), Rule: c.Confidential,
		Slot: templates.Slot{Period: templates.Period(r.pref.Period), Weekday: r.pref.Weekday, Hour: r.pref.Hour, Zone: zone.String()},
		Note: ed.Note, Jam: ed.Jam, Events: ed.Events[:min(len(ed.Events), mostEvents)],
		Numbers: ed.numbers(), Removed: ed.removed, Lists: len(ed.fresh), PublicWord: true,
		Doors: templates.Doors{
			Managers: c.Address("managers").String(), Help: c.Address("help").String(), Leave: c.Address("leave").String(), Each: c.Address("each").String(),
			Daily: c.Address("daily").String(), Weekly: c.Address("weekly").String(), Monthly: c.Address("monthly").String(), NoDigest: c.Address("nodigest").String(),
		},
	}
	if err := notice.PrivateDoors(tx, c, &t.Doors); err != nil {
		return t, err
	}
	last, ever, err := sentBeforeSlot(tx, r.member.ID, slot)
	if err != nil {
		return t, err
	}
	if ever {
		t.From = last.slot.In(zone)
	} else if first := ed.first(); !first.IsZero() {
		t.From = first.In(zone)
	}
	if t.Numbers != nil && !t.From.IsZero() {
		if t.Numbers.Letters, t.Numbers.Bridged, err = backchannel.Answered(tx, c.ID, t.From, slot); err != nil {
			return t, err
		}
	}
	since := slot.Add(-lists.NewFor)
	if ever {
		since = last.slot
	}
	t.NewMembers, err = e.newMembers(tx, c, ed.fresh, since, slot)
	return t, err
}

// numbers are the week in one line; nil when nobody posted.
func (f fresh) numbers() *templates.Numbers {
	if f.posts() == 0 {
		return nil
	}
	var n templates.Numbers
	stands := told{}
	people, newcomers := map[string]bool{}, map[string]bool{}
	var replies []time.Duration
	for _, l := range f {
		for _, p := range l.came {
			newcomers[who(p)] = true
		}
		for _, t := range l.threads {
			if stands.all(t) {
				continue // it is on two lists
			}
			n.Threads++
			for _, p := range t.posts {
				if stands.news(t, p) {
					n.Posts++
				}
				if !p.Program {
					people[who(p)] = true
				}
			}
			if t.question {
				replies = append(replies, t.reply)
			}
		}
	}
	if len(people) == 0 {
		return nil // nothing but programs' letters
	}
	n.People, n.First, n.HalfIn = len(people), len(newcomers), half(replies)
	return &n
}

// fewQuestions is how many questions are too few for a number that says how fast half of them were answered.
const fewQuestions = 3

// half is within which time half of the questions were answered; 0 when fewer than half were, or when there are too few of them.
func half(replies []time.Duration) time.Duration {
	answered := slices.DeleteFunc(slices.Clone(replies), func(d time.Duration) bool { return d == 0 })
	need := (len(replies) + 1) / 2
	if len(replies) < fewQuestions || len(answered) < need {
		return 0
	}
	slices.Sort(answered)
	return answered[need-1]
}

// How many new members are named, and how fully.
const (
	mostNewMembers = 8
	introLen       = 100 // characters of what they say of themselves
)

// newMembers are members who came lately: those who wrote for the first time, and then those who agreed to be named without that; nobody
// who does not want it, and whoever said and wrote nothing is not shown to others (product.md A4). A line of their own is shown when they
// wrote it to be shown, under the tag #intro. Since is when the reader's last issue was: whoever agreed or wrote before was named there.
func (e *Editor) newMembers(tx *db.Tx, c lists.Community, f fresh, since, slot time.Time) (all []templates.NewMember, err error) {
	named := map[lists.MemberID]bool{}
	for _, l := range f {
		for _, p := range l.came {
			m, err := lists.MemberByID(tx, lists.MemberID(p.Author))
			if err != nil {
				return nil, err
			}
			if named[m.ID] || !m.New(slot) || m.State != lists.Active || m.IntroOK == lists.IntroNo {
				continue
			}
			intro := introOf(p, l.prefix)
			if m.IntroOK == lists.IntroYes && intro == "" {
				continue // they are named when they agree, and once
			}
			named[m.ID] = true
			all = append(all, newMember(name(p), intro, c.Domain))
		}
	}
	agreed, err := lists.Introduced(tx, c.ID, since, slot)
	for _, m := range agreed {
		p, err := e.Store.FirstPostOf(tx, int64(c.ID), int64(m.ID))
		if wrote := err == nil && p.Published.Before(since); wrote || named[m.ID] {
			continue
		}
		if err != nil && refusal.KindOf(err) != refusal.NotFound {
			return nil, err
		}
		all = append(all, newMember(called(m.Mailbox()), "", c.Domain))
	}
	return all[:min(len(all), mostNewMembers)], err
}

func newMember(name, intro, domain string) templates.NewMember {
	return templates.NewMember{Name: hide(name, domain), Intro: short(hide(intro, domain), introLen)}
}

// introOf is what somebody says of themselves in a post; "" in any post that is no introduction.
func introOf(p archive.Post, prefix string) string {
	if tags := tagsOf(p, prefix, nil); !slices.Contains(tags, "intro") && !slices.Contains(tags, "introduction") {
		return ""
	}
	said, _ := split(withoutTags(p.Text))
	return said
}

// form is how fully threads are shown: so many with excerpts, each with so many of such a length, and so many more of each list by
// their subject.
type form struct{ threads, excerpts, length, brief int }

// forms are tried from the fullest until one fits into the budget. The last one fits whatever happens.
func forms(threads int) []form {
	return []form{
		{threads, 3, 280, mostBrief}, {threads, 3, 140, mostBrief}, {threads, 1, 140, mostBrief}, {threads / 2, 1, 140, mostBrief},
		{0, 0, 0, mostBrief}, {},
	}
}

// fill writes the threads of an issue into it, in one form. Where fewer threads have excerpts than may, more are named.
func (v view) fill(ed edition, t *templates.Digest) error {
	t.Topics, t.Unanswered, t.Offers, t.Sections = nil, nil, nil, nil
	for _, th := range ed.threads[:min(len(ed.threads), topics)] {
		t.Topics = append(t.Topics, v.subject(th))
	}
	for _, q := range ed.unanswered {
		shown, err := v.question(q)
		if err != nil {
			return err
		}
		t.Unanswered = append(t.Unanswered, shown)
	}
	for _, o := range ed.offers {
		t.Offers = append(t.Offers, v.offer(o))
	}
	for _, l := range ed.inOrder() {
		s := templates.Section{List: l.list.Title()}
		var brief []ranked
		for i, th := range ed.threads {
			switch {
			case th.list.ID != l.list.ID:
			case i < v.form.threads:
				shown, err := v.thread(th)
				if err != nil {
					return err
				}
				if len(shown.Excerpts) == 0 && v.form.excerpts > 0 {
					brief = append(brief, th) // nothing can be shown of it but its subject
					break
				}
				s.Threads = append(s.Threads, shown)
			default:
				brief = append(brief, th)
			}
		}
		for _, th := range append(brief, ed.brief...) {
			switch {
			case th.list.ID != l.list.ID:
			case len(s.Brief) < v.form.brief+max(0, v.form.threads-len(ed.threads)):
				s.Brief = append(s.Brief, templates.Brief{Number: int(th.thread.Number), Subject: v.subject(th), New: len(th.posts)})
			default:
				s.More++
			}
		}
		if v.e.Pages != "" && s.More > 0 {
			s.Path = v.e.Pages + l.list.WebPath()
		}
		if len(s.Threads)+len(s.Brief)+s.More > 0 {
			t.Sections = append(t.Sections, s)
		}
	}
	return nil
}

// topics is from how many of the best threads an issue takes its subject: two, and some more in case they say the same.
const topics = 4

// inOrder are the lists with the one first that has the best thread; those without one come last.
func (ed edition) inOrder() fresh {
	best := func(l freshList) int {
		i := slices.IndexFunc(ed.threads, func(t ranked) bool { return t.list.ID == l.list.ID })
		if i < 0 {
			return len(ed.threads)
		}
		return i
	}
	lists := slices.Clone(ed.fresh)
	slices.SortStableFunc(lists, func(a, b freshList) int { return best(a) - best(b) })
	return lists
}

// view shows threads to one reader, in one form.
type view struct {
	e     *Editor
	tx    *db.Tx
	r     reader
	lists int       // that the reader gets
	slot  time.Time // in the reader's zone
	form  form
}

func (v view) subject(t ranked) string {
	return cmp.Or(t.subject(t.prefix, v.r.community.Domain), v.tongue().Untitled())
}

// thread shows one with its excerpts and its doors.
func (v view) thread(t ranked) (templates.Thread, error) {
	shown := templates.Thread{
		Number: int(t.thread.Number), Subject: v.subject(t), New: len(t.posts), People: t.people(), Tags: t.shownTags(), Why: t.why,
		Excerpts: t.excerpts(v.form, v.slot, v.r.community.Domain),
	}
	if v.e.Pages != "" {
		shown.Path = fmt.Sprintf("%s%s/thread/%d", v.e.Pages, t.list.WebPath(), t.thread.Number)
	}
	err := v.e.open(v.tx, v.r, t.list, t.thread, t.newest().MessageID, &shown)
	return shown, err
}

// question shows one that waits for an answer: who asks, since when, and what.
func (v view) question(t ranked) (templates.Thread, error) {
	ask := t.asked
	if ask.ID == 0 {
		ask = t.posts[0] // a manager put it here
	}
	shown := t
	shown.posts = []archive.Post{ask}
	if last := t.newest(); last.ID != ask.ID && !last.Program {
		shown.posts = append(shown.posts, last) // the asker added something
	}
	out, err := v.thread(shown)
	out.New, out.People, out.Asker = 0, 0, hide(name(ask), v.r.community.Domain)
	if v.lists > 1 {
		out.List = t.list.Title()
	}
	if t.open {
		out.Waiting = int(v.slot.Sub(ask.Published) / (24 * time.Hour))
	}
	if e := out.Excerpts; out.Waiting > 0 && len(e) > 0 && e[0].Who == out.Asker && len(e[0].Context) == 0 {
		out.Excerpts = slices.Clone(e) // they serve other readers, too
		out.Excerpts[0].Asked = true
	}
	return out, err
}

const offerLen = 140 // characters of an offer

// offer shows one in a line.
func (v view) offer(t ranked) templates.Offer {
	domain := v.r.community.Domain
	said, _ := split(withoutTags(t.posts[0].Text))
	what := strings.TrimSpace(hashTag.ReplaceAllString(v.subject(t), ""))
	if said != "" {
		what = strings.TrimPrefix(what+": "+hide(said, domain), ": ")
	}
	return templates.Offer{Number: int(t.thread.Number), Who: hide(name(t.posts[0]), domain), What: short(cmp.Or(what, v.subject(t)), offerLen)}
}

// shownTags are the tags of a thread that its subject does not show already.
func (t ranked) shownTags() (all []string) {
	subject := strings.ToLower(t.thread.Subject)
	for _, tag := range t.tags {
		if !strings.Contains(subject, "#"+tag) && !strings.Contains(subject, "["+tag+"]") {
			all = append(all, "#"+tag)
		}
	}
	return all
}

// fits tells whether a text stays within the budget on its way: the smaller of the two encodings is taken for it, and the size of one of
// them is known at once.
func fits(s string) bool {
	if base64.StdEncoding.EncodedLen(len(s))*78/76 <= htmlBudget {
		return true
	}
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write([]byte(s)) // a buffer takes everything
	_ = w.Close()
	return b.Len() <= htmlBudget
}

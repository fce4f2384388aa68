package digest

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"backchannel/archive"
	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/backchannel"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// Whoever says JAM DAILY gets one mail a day with what was said in a jam, at the hour of their digest, until its days are over (product.md C5).
// A day on which nobody else wrote sends nothing.

// jamDay is the calendar's kind for the next mail of one reader of a jam.
const jamDay calendar.Kind = "digest.jam.day"

// jamThreads is how many threads one of these mails shows; the rest is counted.
const jamThreads = 12

// wish is what somebody wants of a jam's daily mail.
type wish struct {
	tag string // without #; "" is the jam that is now, or comes next
	off bool
}

// readWish reads JAM DAILY, with a tag and OFF behind it or without, from what was written, or from the subject of a letter without words.
// More words make it a letter to the managers.
func readWish(l *letter.Letter) (w wish, ok bool) {
	text := strings.TrimSpace(l.NewText().Text)
	if text == "" {
		text = subjectWord(l.Subject())
	}
	words := strings.Fields(strings.Trim(text, " \t\"'.!*"))
	if len(words) < 2 || len(words) > 4 || !strings.EqualFold(words[0], "jam") || !strings.EqualFold(words[1], "daily") {
		return w, false
	}
	words = words[2:]
	if n := len(words); n > 0 && off(words[n-1]) {
		w.off, words = true, words[:n-1]
	}
	if len(words) == 0 {
		return w, true
	}
	w.tag, ok = lists.Tag(words[0])
	return w, ok && len(words) == 1
}

// Wish does what a letter to a list wants of the daily mail of a jam, when it wants nothing else. It is false for every other letter.
func (e *Editor) Wish(tx *db.Tx, in *lists.Incoming) (bool, error) {
	w, ok := readWish(in.Letter)
	if !ok || in.Robot || in.Sender.ID == 0 || in.Verdict == lists.Unverified {
		return false, nil
	}
	return true, e.wishJam(tx, in, w, in.Verdict == lists.Verified)
}

// wishJam does what a member wants of a daily mail, and tells them. sure tells that the letter is theirs beyond doubt: nobody else may have mail
// sent to them.
func (e *Editor) wishJam(tx *db.Tx, in *lists.Incoming, w wish, sure bool) error {
	switch {
	case in.Sender.State != lists.Active:
		return refusal.Because(refusal.NotAllowed, "Your membership rests, so no mail of a jam can be sent to you now.")
	case !sure:
		return refusal.Because(refusal.NotAllowed, "Your mail provider did not vouch for this letter, so nothing was changed. Please send it once more from where you usually write.")
	}
	if err := in.Filed(tx, "a wish about the daily mail of a jam"); err != nil {
		return err
	}
	r, err := load(tx, in.Sender.ID)
	if err != nil {
		return err
	}
	j, found, err := jamWished(tx, r, w.tag)
	if err != nil {
		return err
	}
	t := templates.JamDaily{Community: in.Community.Name, None: !found, Off: w.off}
	if found {
		t.Tag, t.From, t.To, t.Hour = "#"+j.tag, j.from.In(r.zone()), j.lastDay(r.community.Zone()), r.pref.Hour
		if err := e.keepWish(tx, r, j, w.off); err != nil {
			return err
		}
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	return e.tellJam(tx, in, words)
}

// jamWished is the jam that a reader means: of a list they are on, with that tag or, without one, the first that is not over.
func jamWished(tx *db.Tx, r reader, tag string) (j jam, found bool, err error) {
	if tag != "" {
		aliases, err := lists.TagAliases(tx, r.community.ID)
		if err != nil {
			return j, false, err
		}
		tag = aliases.Of(tag)
	}
	all, err := jams(tx, r.community.ID)
	if err != nil {
		return j, false, err
	}
	for _, j := range all {
		if j.state != jamLive || !tx.Now.Before(j.to) || tag != "" && j.tag != tag {
			continue
		}
		if _, on, err := lists.SubscriptionOf(tx, r.member.ID, j.list); err != nil || on {
			return j, on, err
		}
	}
	return j, false, nil
}

// keepWish begins a reader's daily mails of a jam, or ends them. Who asks while it lasts begins with the last day.
func (e *Editor) keepWish(tx *db.Tx, r reader, j jam, off bool) error {
	old, had, err := jamReaderOf(tx, j.id, r.member.ID)
	switch {
	case err != nil || had && !off || !had && off:
		return err
	case off:
		return old.drop(tx)
	}
	since := tx.Now.Add(-24 * time.Hour)
	if since.Before(j.from) {
		since = j.from
	}
	after := tx.Now
	if after.Before(j.from) {
		after = j.from
	}
	jr := jamReader{jam: j.id, member: r.member.ID, since: since, slot: r.daily().Next(after)}
	if jr.id, err = addJamReader(tx, jr); err != nil {
		return err
	}
	return calendar.Set(tx, jamDay, jr.id, jr.slot)
}

// daily is when a reader gets what comes once a day.
func (r reader) daily() calendar.Schedule {
	return calendar.Schedule{Period: calendar.Daily, Hour: r.pref.Hour, Zone: r.zone()}
}

// jamToday is due for one reader of a jam: a mail with what was said since the last one, when somebody else said something. The first slot
// behind its days is the last.
func (e *Editor) jamToday(tx *db.Tx, due calendar.Due) error {
	jr, err := findJamReader(tx, due.Object)
	if errors.Is(err, db.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	j, err := findJam(tx, jr.jam)
	if err != nil {
		return err
	}
	r, err := load(tx, jr.member)
	if err != nil {
		return err
	}
	_, on, err := lists.SubscriptionOf(tx, jr.member, j.list)
	if err != nil {
		return err
	}
	jr.catchUp(r, j, tx.Now)
	rests := r.member.State == lists.Paused || r.away
	if j.state == jamDropped || !on || r.member.State != lists.Active && !rests { // they have left, or it was called off
		return jr.drop(tx)
	}
	last, closing, most := !jr.slot.Before(j.to), jr.slot.Add(-settle), late(string(calendar.Daily))
	if last {
		most = late(string(calendar.Weekly)) // there is no next one that could hold it
	}
	switch {
	case rests: // what they miss comes as one digest, when they are back
		jr.since = closing
	case tx.Now.Sub(jr.slot) > most: // it is in the next one
	default:
		if err := e.mailJamDay(tx, r, j, jr, closing, last); err != nil {
			return err
		}
		jr.since = closing
	}
	if last {
		return jr.drop(tx)
	}
	after := jr.slot
	if tx.Now.After(after) {
		after = tx.Now
	}
	jr.slot = r.daily().Next(after)
	if err := jr.save(tx); err != nil {
		return err
	}
	return calendar.Set(tx, jamDay, jr.id, jr.slot)
}

// catchUp moves a slot that was missed, with those behind it, to the newest of them: two mails never come together.
func (jr *jamReader) catchUp(r reader, j jam, now time.Time) {
	for next := r.daily().Next(jr.slot); !next.After(now) && jr.slot.Before(j.to); next = r.daily().Next(next) {
		jr.slot = next
	}
}

// mailJamDay sends one of these mails, unless there is nothing in it.
func (e *Editor) mailJamDay(tx *db.Tx, r reader, j jam, jr jamReader, closing time.Time, last bool) error {
	l, err := lists.ListByID(tx, j.list)
	if err != nil {
		return err
	}
	threads, err := e.jamSince(tx, j, l, r.member.ID, jr.since, closing)
	if err != nil || len(threads) == 0 {
		return err
	}
	v := view{e: e, tx: tx, r: r, slot: jr.slot.In(r.zone()), form: form{excerpts: 3, length: 280}}
	t := templates.JamDay{Community: r.community.Name, Tag: "#" + j.tag, List: l.Title(), Last: last, Left: max(0, len(threads)-jamThreads)}
	for _, th := range threads {
		t.Posts += len(th.posts)
	}
	for _, th := range threads[:min(len(threads), jamThreads)] {
		shown, err := v.thread(ranked{freshThread: th})
		if err != nil {
			return err
		}
		t.Threads = append(t.Threads, shown)
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	mail := notice.ToMember(r.community, r.member, notice.Issues, words)
	mail.From = letter.Mailbox{Name: r.community.Name, Address: r.community.Address("digest")}
	if mail.ReplyTo, err = e.ideaDoor(tx, r, j); err != nil {
		return err
	}
	_, err = e.Office.Send(tx, mail)
	return err
}

// jamSince are the threads of a jam in which others wrote in a span, each with these posts; the one with the oldest in front.
func (e *Editor) jamSince(tx *db.Tx, j jam, l lists.List, reader lists.MemberID, since, until time.Time) (some []freshThread, err error) {
	if until.After(j.to) {
		until = j.to
	}
	before, err := e.Store.Newest(tx, l.Box, since)
	if err != nil {
		return nil, err
	}
	week, err := e.gatherList(tx, l, before, until, nil)
	if err != nil {
		return nil, err
	}
	for _, t := range week.threads {
		if !slices.Contains(t.tags, j.tag) {
			continue
		}
		t.posts = slices.DeleteFunc(slices.Clone(t.posts), func(p archive.Post) bool {
			return p.ID == j.post || p.State != archive.Published || p.Author == int64(reader) || p.Published.Before(j.from)
		})
		if len(t.posts) > 0 {
			some = append(some, t)
		}
	}
	return some, nil
}

// ideaPrefix stands before the number of a jam in the rows of the addresses that take ideas for it.
const ideaPrefix = "idea:"

// ideaDoor is a reader's own address to the managers about a jam: what comes there is private, as any letter to them.
func (e *Editor) ideaDoor(tx *db.Tx, r reader, j jam) (letter.Mailbox, error) {
	return e.Office.Private(tx, r.tongue().ManagersDoor(), notice.Door{
		Community: r.community, Member: r.member, Receiver: Receiver, Object: ideaPrefix + strconv.FormatInt(j.id, 10), Days: doorLife,
	})
}

// aboutIdea is what a letter to such an address is about.
func aboutIdea(tx *db.Tx, number string) (about backchannel.Context, ok bool, err error) {
	id, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return about, false, nil
	}
	j, err := findJam(tx, id)
	if errors.Is(err, db.ErrNoRows) {
		return about, false, nil
	}
	return backchannel.Context{Thread: "An idea for the jam #" + j.tag, Object: ideaPrefix + number, Tag: j.tag}, err == nil, err
}

package backchannel

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/lists/relay"
	"backchannel/templates"
)

var uneaseMark = regexp.MustCompile(`(?i)\[unease\]`)

// uneaseWords are what the link in the digest puts into such a mail; anything else is somebody's own words.
const uneaseWords = "this thread feels wrong to me (no reply needed)"

// unease counts a letter that says nothing but that a thread feels wrong: no conversation, no name, not in the books either, one line of
// thanks. Own words in it would need a name and a reader; who wrote them is told how to send them.
func (b *Letterbox) unease(tx *db.Tx, in *lists.Incoming, about Context, asked bool) (done bool, err error) {
	if asked || in.Robot || in.Sender.ID == 0 || in.Verdict == lists.Unverified || !uneaseMark.MatchString(in.Letter.Subject()) {
		return false, nil
	}
	if about.Object == "" {
		p, _, err := b.postAbout(tx, in)
		if err != nil {
			return false, err
		}
		if p.ID != 0 {
			about = Context{Object: postObject(p.ID), Thread: p.Subject}
		}
	}
	t, ok, err := b.threadOf(tx, about)
	if err != nil || !ok {
		return false, err // a letter like any other: nobody's words are lost (R7)
	}
	said, _, err := b.withoutWriter(tx, Conv{Member: in.Sender.ID}, words(in.Letter))
	if err != nil {
		return false, err
	}
	own := !nameAlone(said, in.Sender) && !strings.EqualFold(strings.TrimRight(strings.TrimSpace(said), "."), uneaseWords)
	v, err := voice(tx, in.Sender.ID, t.ID)
	if err != nil {
		return false, err
	}
	if err := addHeat(tx, in.Community.ID, t.ID, v, "unease", 0); err != nil {
		return false, err
	}
	if err := b.alarm(tx, in.Community, t); err != nil {
		return false, err
	}
	if err := in.Filed(tx, "a private letter for the managers"); err != nil {
		return false, err
	}
	words, err := templates.UneaseThanks{Community: in.Community.Name, Title: cmp.Or(t.Subject, templates.Language(in.Sender.Tongue(in.Community)).Untitled()), Words: own}.Render()
	if err != nil {
		return false, err
	}
	mail := notice.Answer(in, notice.Acks, words)
	mail.Answer, mail.Story = "thanks", "" // a story of its own: that of the letter names nobody
	in.Veiled = len(in.Also) == 0
	if err := b.Office.SendIfDue(tx, mail); err != nil || len(in.Also) > 0 { // another address may need the letter still
		return true, err
	}
	return true, b.Office.Store.DropLetter(tx, in.ID)
}

// warm counts a letter or report about a thread, and tells the managers when many write about it.
func (b *Letterbox) warm(tx *db.Tx, community lists.Community, c Conv) error {
	if c.Member == 0 || c.Anon {
		return nil
	}
	t, ok, err := b.threadOf(tx, c.About)
	if err != nil || !ok {
		return err
	}
	kind := "letter"
	if c.Kind == Report {
		kind = "report"
	}
	v, err := voice(tx, c.Member, t.ID)
	if err != nil {
		return err
	}
	if err := addHeat(tx, community.ID, t.ID, v, kind, c.ID); err != nil {
		return err
	}
	return b.alarm(tx, community, t)
}

// How many voices make an alarm, and in how small a community one fewer does (B11).
const (
	manyVoices = 3
	smallPlace = 60
)

// alarm tells each manager who has reason to know: what they may not see does not count for them, so that an alarm tells nobody of a
// letter that does not exist for them (P15).
func (b *Letterbox) alarm(tx *db.Tx, community lists.Community, t archive.Thread) error {
	all, err := heatOf(tx, t.ID)
	if err != nil {
		return err
	}
	members, err := lists.Members(tx, community.ID)
	if err != nil {
		return err
	}
	active := 0
	for _, m := range members {
		if m.State == lists.Active {
			active++
		}
	}
	least := manyVoices
	if active < smallPlace {
		least--
	}
	managers, err := lists.Managers(tx, community.ID)
	if err != nil {
		return err
	}
	for _, m := range managers {
		seen, err := b.heatFor(tx, m, all)
		if err != nil {
			return err
		}
		if countVoices(seen) < least {
			continue
		}
		fresh, err := alarmed(tx, t.ID, m.ID)
		if err != nil {
			return err
		}
		if fresh {
			if err := b.tellHeat(tx, community, m, t, seen); err != nil {
				return err
			}
		}
	}
	return nil
}

// heatFor is what of the heat a manager may know of.
func (b *Letterbox) heatFor(tx *db.Tx, m lists.Member, all []heat) (seen []heat, err error) {
	for _, h := range all {
		if h.conv != 0 {
			c, err := find(tx, h.conv)
			if err != nil {
				return nil, err
			}
			if !c.mayRead(m) {
				continue
			}
		}
		seen = append(seen, h)
	}
	return seen, nil
}

func countVoices(all []heat) int {
	voices := map[string]bool{}
	for _, h := range all {
		voices[h.voice] = true
	}
	return len(voices)
}

// tellHeat writes the alarm. Names are those of people who wrote letters under their names. Whoever of them also says that it feels wrong is
// counted once: more voices in the lines than in the subject would tell that it was one of those.
func (b *Letterbox) tellHeat(tx *db.Tx, community lists.Community, m lists.Member, t archive.Thread, seen []heat) error {
	alarm := templates.HeatAlarm{Title: cmp.Or(t.Subject, templates.English.Untitled()), Number: int(t.Number), Voices: countVoices(seen), Hours: hoursSince(tx.Now, seen[0].at)}
	uneasy := map[string]bool{}
	for _, h := range seen {
		uneasy[h.voice] = true
	}
	var about []ConvID
	for _, h := range seen {
		if h.conv == 0 {
			continue
		}
		delete(uneasy, h.voice)
		c, err := find(tx, h.conv)
		if err != nil {
			return err
		}
		about = append(about, c.ID)
		one := templates.HeatLetter{Code: c.Code, Name: c.Name, Report: c.Kind == Report}
		if inFolders(community, c) {
			one.Name = "restricted"
		}
		if !slices.Contains(alarm.Letters, one) {
			alarm.Letters = append(alarm.Letters, one)
		}
	}
	alarm.Unease = len(uneasy)
	if err := b.postRate(tx, t, &alarm); err != nil {
		return err
	}
	words, err := alarm.Render()
	if err != nil {
		return err
	}
	mail := notice.ToMember(community, m, notice.Votes, words)
	if mail.ReplyTo, err = b.heatDoor(tx, community, m, t.ID); err != nil {
		return err
	}
	return b.SendAbout(tx, m.ID, mail, about)
}

// heatDoor is where a manager says what is to be done about a thread.
func (b *Letterbox) heatDoor(tx *db.Tx, community lists.Community, m lists.Member, thread archive.ThreadID) (letter.Mailbox, error) {
	return b.Office.Private(tx, "What to do about it", notice.Door{Community: community, Member: m, Receiver: Receiver, Object: object(sideHeat, int64(thread), 0), Days: heldDays})
}

// postRate tells how lively a thread is: its posts since the first of the last two days, and how many of them the two busiest wrote.
func (b *Letterbox) postRate(tx *db.Tx, t archive.Thread, alarm *templates.HeatAlarm) error {
	posts, err := b.Office.Store.Posts(tx, t.ID)
	if err != nil {
		return err
	}
	by := map[int64]int{}
	var first time.Time
	for _, p := range posts {
		if p.Published.Before(tx.Now.Add(-heatWindow)) {
			continue
		}
		if first.IsZero() || p.Published.Before(first) {
			first = p.Published
		}
		alarm.Posts++
		by[p.Author]++
	}
	if alarm.Posts == 0 {
		return nil
	}
	alarm.PostHours = hoursSince(tx.Now, first)
	var counts []int
	for author, n := range by {
		if author != 0 {
			counts = append(counts, n)
		}
	}
	slices.SortFunc(counts, func(x, y int) int { return y - x })
	if len(counts) > 2 && 3*(counts[0]+counts[1]) >= 2*alarm.Posts && alarm.Posts > 3 {
		alarm.ByTwo = counts[0] + counts[1]
	}
	return nil
}

func hoursSince(now, then time.Time) int { return max(1, int((now.Sub(then)+time.Hour-1)/time.Hour)) }

// fromHeat does a manager's commands in an answer to an alarm.
func (b *Letterbox) fromHeat(tx *db.Tx, in *lists.Incoming, thread int64) error {
	mine := in.Sender.ID != 0 && int64(in.Sender.ID) == in.Token.Member && in.Sender.Manager() && !in.Robot
	if !mine || in.Verdict != lists.Verified || !in.Token.Live(tx.Now) {
		return lists.NoSuchAddress()
	}
	return b.aloneAbout(tx, in, archive.ThreadID(thread))
}

// watched shows a new post to the managers who keep an eye on its thread, unless they get it anyhow.
func (b *Letterbox) watched(tx *db.Tx, pub relay.Publication, post archive.Post) error {
	all, err := watchers(tx, post.Thread)
	if err != nil {
		return err
	}
	for _, id := range all {
		m, err := lists.MemberByID(tx, id)
		if err != nil {
			return err
		}
		s, on, err := lists.SubscriptionOf(tx, m.ID, pub.List.ID)
		if err != nil {
			return err
		}
		if !m.Manager() || m.ID == pub.Author.ID || on && s.Delivery == lists.Each {
			continue
		}
		community, err := lists.CommunityByID(tx, m.Community)
		if err != nil {
			return err
		}
		words, err := templates.WatchedPost{Community: community.Name, List: pub.List.Title(), Title: cmp.Or(post.Subject, templates.English.Untitled()), Author: shownAs(post.From), Text: notice.Preview(pub.Letter)}.Render()
		if err != nil {
			return err
		}
		mail := notice.ToMember(community, m, notice.Votes, words)
		mail.Private = true
		if mail.ReplyTo, err = b.heatDoor(tx, community, m, post.Thread); err != nil {
			return err
		}
		if _, err := b.Office.Send(tx, mail); err != nil {
			return err
		}
	}
	return nil
}

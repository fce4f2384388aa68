package digest

import (
	"fmt"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// How often somebody gets whole threads, and how much of one thread a mail holds.
const (
	wholeAnHour = 6
	wholeADay   = 30
	wholePosts  = 100
	wholeSize   = 200 << 10 // of words
)

// sendWhole sends a thread as one mail to the member who asks for it, with an address for an answer to each post. It shows what the
// archive shows now: what was removed since is not in it.
func (e *Editor) sendWhole(tx *db.Tx, in *lists.Incoming) error {
	_, id, ok := readObject(in.Token.Object)
	mine := int64(in.Sender.ID) == in.Token.Member && in.Token.Live(tx.Now)
	if !ok || id == 0 || in.Robot || in.Sender.State != lists.Active || in.Verdict == lists.Unverified || !mine && in.Verdict != lists.Verified {
		return lists.NoSuchAddress()
	}
	t, err := e.Store.Thread(tx, id)
	if err != nil {
		if refusal.KindOf(err) == refusal.NotFound {
			err = lists.NoSuchAddress()
		}
		return err
	}
	l, err := lists.ListByBox(tx, t.Mailbox)
	if err != nil {
		return err
	}
	if _, on, err := lists.SubscriptionOf(tx, in.Sender.ID, l.ID); err != nil || !on && !in.Sender.Manager() {
		if err == nil {
			err = lists.NoSuchAddress()
		}
		return err
	}
	posts, err := e.Store.Posts(tx, t.ID)
	if err != nil {
		return err
	}
	if len(posts) == 0 {
		return refusal.Because(refusal.NotFound, "The posts of this thread were taken back, so there is nothing to send.")
	}
	if err := roomForWhole(tx, in.Sender.ID); err != nil {
		return err
	}
	return e.mailWhole(tx, in, l, t, posts)
}

// roomForWhole counts one more thread to be sent, or refuses it.
func roomForWhole(tx *db.Tx, m lists.MemberID) error {
	hour, day, err := wholeSent(tx, m)
	if err != nil {
		return err
	}
	if hour >= wholeAnHour || day >= wholeADay {
		return refusal.Because(refusal.Limit, "You got %d whole threads in the last hour, and %d in the last day. Please ask for this one a little later.", hour, day)
	}
	return noteWhole(tx, m)
}

func (e *Editor) mailWhole(tx *db.Tx, in *lists.Incoming, l lists.List, t archive.Thread, posts []archive.Post) error {
	c := in.Community
	r := reader{member: in.Sender, community: c}
	var doors templates.Thread
	if err := e.open(tx, r, l, t, "", &doors); err != nil {
		return err
	}
	words := templates.WholeThread{
		Community: c.Name, List: l.Title(), Number: int(t.Number), Title: letter.Excerpt(hide(t.Subject, c.Domain), subjectLen), Everyone: doors.Everyone,
	}
	if words.Title == "" {
		words.Title = r.tongue().Untitled()
	}
	shown, left := fitting(posts)
	for _, p := range shown {
		w := r.whole(p)
		if doors.Everyone != "" {
			a, err := e.Office.Everyone(tx, notice.Door{Community: c, Member: in.Sender, Receiver: posting, Object: fmt.Sprintf("post:%d", p.ID), Days: doorLife})
			if err != nil {
				return err
			}
			w.Everyone = a.String()
		}
		words.Posts = append(words.Posts, w)
	}
	words.Left = left
	rendered, err := words.Render()
	if err != nil {
		return err
	}
	if err := in.Filed(tx, "a member asked for a whole thread"); err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Issues, rendered)
	private, err := letter.ParseAddress(doors.Privately)
	if err != nil {
		return err
	}
	mail.From = letter.Mailbox{Name: c.Name, Address: c.Address("digest")}
	mail.ReplyTo = letter.Mailbox{Name: r.tongue().ManagersDoor(), Address: private}
	_, err = e.Office.Send(tx, mail)
	return err
}

// whole is a post with all its words.
func (r reader) whole(p archive.Post) templates.WholePost {
	domain := r.community.Domain
	return templates.WholePost{
		Who: hide(name(p), domain), When: p.Date.In(r.zone()), Text: templates.Said(lists.WithoutMarks(hide(lists.WithoutDoors(p.Text), domain))),
		Files: withoutDoors(files(p), domain),
	}
}

// fitting are the posts that one mail holds: the first, and the newest; and how many between them it does not.
func fitting(posts []archive.Post) (shown []archive.Post, left int) {
	size, from := len(posts[0].Text), len(posts)
	for from > 1 && len(posts)-from < wholePosts-1 && size+len(posts[from-1].Text) <= wholeSize {
		from--
		size += len(posts[from].Text)
	}
	if len(posts[0].Text) > wholeSize {
		posts[0].Text = letter.Excerpt(posts[0].Text, wholeSize)
	}
	return append([]archive.Post{posts[0]}, posts[from:]...), from - 1
}

// catchUpNow writes a member's issue now, outside the calendar: everything since the last one. When there is nothing it says so.
func (e *Editor) catchUpNow(tx *db.Tx, in *lists.Incoming) error {
	if err := in.Filed(tx, "a member asked for a digest now"); err != nil {
		return err
	}
	t := templates.NothingNew{Community: in.Community.Name}
	r, err := load(tx, in.Sender.ID)
	if err != nil {
		return err
	}
	r.away = false
	last, ever, err := lastSent(tx, in.Sender.ID)
	if err != nil {
		return err
	}
	switch {
	case !r.reads():
		t.None = true
	case ever && tx.Now.Sub(last.slot) < catchUpApart:
		t.Since = last.slot.In(r.zone())
	default:
		fresh, err := e.Preview(tx, in.Sender, "") // an issue that is not written is no quiet slot
		if err != nil {
			return err
		}
		if fresh != nil {
			_, err := e.Send(tx, in.Sender)
			return err
		}
		if ever {
			t.Since = last.slot.In(r.zone())
		}
	}
	t.Doors = templates.Doors{
		Daily: in.Community.Address("daily").String(), Weekly: in.Community.Address("weekly").String(), Monthly: in.Community.Address("monthly").String(),
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Tells, words)
	mail.Answer = "catch-up"
	return e.Office.SendIfDue(tx, mail)
}

// catchUpApart is how long after an issue the next one may be asked for.
const catchUpApart = time.Hour

package backchannel

import (
	"strconv"
	"strings"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/command"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// Calmer calms a list or thread down, and speaks there as the managers.
type Calmer interface {
	// Calm slows a list (thread 0) or a thread down for a time: one post of each person; or holds every post (cool).
	Calm(tx *db.Tx, l lists.List, thread archive.ThreadID, cool bool, span time.Duration, by lists.MemberID) error
	// Lift ends that; false when nothing was in force.
	Lift(tx *db.Tx, l lists.List, thread archive.ThreadID, cool bool) (bool, error)
	// Shut closes a thread for everybody but managers, or opens it again; false when it is so already.
	Shut(tx *db.Tx, l lists.List, thread archive.ThreadID, open bool, by lists.MemberID) (bool, error)
	// Trust gives a member a level of trust, and tells them.
	Trust(tx *db.Tx, m lists.Member, level int, by lists.MemberID) error
	// NoSales writes to a post's author that it sold something, from the role, and counts it against them.
	NoSales(tx *db.Tx, post archive.Post, text string, by lists.MemberID) (lists.Member, error)
	// Remove takes a post out of the archive, writes to its author from the role, and counts it against them. It returns the author; zero: nobody.
	Remove(tx *db.Tx, post archive.Post, text string, by lists.MemberID) (lists.Member, error)
	// Ease does what is proposed about how much is held, RELAX or TIGHTEN, on the list with that local part, or, without one, on the only one. shown
	// is the newest proposal of which the manager can know.
	Ease(tx *db.Tx, c lists.CommunityID, word, local string, shown int64, by lists.MemberID) (lists.List, error)
	// Proposed is the number of the newest of these proposals; 0 when there is none.
	Proposed(tx *db.Tx, c lists.CommunityID) (int64, error)
	// Speak posts a text as the managers.
	Speak(tx *db.Tx, c lists.Community, l lists.List, thread archive.ThreadID, subject, text string) error
}

// heatVerbs calm a thread down.
func (b *Letterbox) heatVerbs() command.Table[*Call] {
	return command.Table[*Call]{
		{Name: "slow", Args: "[NUMBER|LIST] 2h|off", Alone: true, Help: "One post of each person in that time, in the thread that an alarm or letter is about, in the one of that number, or in the whole list.", Do: b.doSlow},
		{Name: "cool", Args: "[NUMBER|LIST] 12h TEXT|off", Alone: true, Takes: command.Rest, Help: "All posts of the thread, or list, wait in that time, and TEXT tells everybody there why, from the managers.", Do: b.doCool},
		{Name: "say", Args: "[NUMBER|LIST] TEXT", Alone: true, Takes: command.Rest, Help: "TEXT, with all that stands below it, is posted from the managers; to a whole list as a new thread.", Do: b.doSay},
		{Name: "watch", Args: "[NUMBER] [off]", Alone: true, Help: "You get every post of the thread for a week, whatever you get of the list otherwise.", Do: b.doWatch},
	}
}

// place is where a verb works: a thread, or a whole list.
type place struct {
	list   lists.List
	thread archive.ThreadID // 0: the list
	name   string           // for people
	title  string           // of the thread
}

// placeOf reads where a verb works from the head of its words, and gives the rest: the number of a thread, #415 or 415, or a list by its local
// part. Without either it is the thread that the alarm, or the letter, is about.
func (b *Letterbox) placeOf(tx *db.Tx, c *Call, args string) (p place, rest string, err error) {
	first, below, _ := strings.Cut(args, " ")
	if head, tail, cut := strings.Cut(first, "\n"); cut {
		first, below = head, tail+" "+below
	}
	if number, err := strconv.ParseInt(strings.TrimPrefix(first, "#"), 10, 64); err == nil && number > 0 {
		t, err := b.Office.Store.ThreadByNumber(tx, int64(c.Community.ID), number)
		if refusal.KindOf(err) == refusal.NotFound && err != nil {
			return p, "", refusal.Because(refusal.NotFound, "There is no thread %d. The numbers stand in the digest.", number)
		}
		if err != nil {
			return p, "", err
		}
		p, err = b.threadPlace(tx, t)
		return p, strings.TrimSpace(below), err
	}
	local, _, _ := strings.Cut(first, "@")
	if l, ok, err := lists.ListByName(tx, c.Community.ID, local); err != nil || ok {
		return place{list: l, name: l.Title()}, strings.TrimSpace(below), err
	}
	t, ok, err := archive.Thread{}, c.Thread != 0, error(nil)
	if ok {
		t, err = b.Office.Store.Thread(tx, c.Thread)
	} else {
		t, ok, err = b.threadOf(tx, c.Conv.About)
	}
	switch {
	case err != nil:
		return p, "", err
	case !ok:
		return p, "", refusal.Because(refusal.Invalid, "Please say where: the number of a thread, as in the digest, or the name of a list.")
	}
	p, err = b.threadPlace(tx, t)
	return p, args, err
}

func (b *Letterbox) threadPlace(tx *db.Tx, t archive.Thread) (place, error) {
	l, err := lists.ListByBox(tx, t.Mailbox)
	return place{list: l, thread: t.ID, name: "\"" + t.Subject + "\"", title: t.Subject}, err
}

func (b *Letterbox) doSlow(tx *db.Tx, c *Call, args string) (string, error) {
	p, rest, err := b.placeOf(tx, c, args)
	if err != nil {
		return "", err
	}
	if strings.EqualFold(rest, "off") {
		return b.lift(tx, p, false)
	}
	d, err := readSpan(rest)
	if err != nil {
		return "", err
	}
	if err := b.Calmer.Calm(tx, p.list, p.thread, false, d, c.Manager.ID); err != nil {
		return "", err
	}
	return p.name + " takes one post of each person until " + b.when(tx, c, d) + ".", nil
}

func (b *Letterbox) doCool(tx *db.Tx, c *Call, args string) (string, error) {
	p, rest, err := b.placeOf(tx, c, args)
	if err != nil {
		return "", err
	}
	if strings.EqualFold(rest, "off") {
		return b.lift(tx, p, true)
	}
	word, text := rest, ""
	if i := strings.IndexAny(rest, " \n"); i >= 0 {
		word, text = rest[:i], strings.TrimSpace(rest[i:])
	}
	d, err := readSpan(word)
	if err != nil {
		return "", err
	}
	text, err = b.spoken(tx, c, text, "Behind the time, please write what everybody is told.")
	if err != nil {
		return "", err
	}
	if err := b.Calmer.Calm(tx, p.list, p.thread, true, d, c.Manager.ID); err != nil {
		return "", err
	}
	until := tx.Now.Add(d).In(c.Community.Zone())
	t := templates.CoolNotice{Text: templates.Said(text), Until: until, Thread: p.thread != 0, Managers: c.Community.Address("managers").String()}
	words, err := t.Render()
	if err != nil {
		return "", err
	}
	subject := words.Subject
	if p.thread != 0 {
		subject = "Re: " + p.title
	}
	if err := b.Calmer.Speak(tx, c.Community, p.list, p.thread, subject, words.Text); err != nil {
		return "", err
	}
	return "All posts of " + p.name + " wait until " + b.when(tx, c, d) + ", and everybody there is told why.", nil
}

func (b *Letterbox) doSay(tx *db.Tx, c *Call, args string) (string, error) {
	p, rest, err := b.placeOf(tx, c, args)
	if err != nil {
		return "", err
	}
	text, err := b.spoken(tx, c, rest, "Behind /say there is nothing to post.")
	if err != nil {
		return "", err
	}
	subject := "Re: " + p.title
	if p.thread == 0 {
		subject, text = partSubject(text)
	}
	if text == "" {
		return "", refusal.Because(refusal.Invalid, "There is a subject, and nothing to post below it.")
	}
	return "It is posted to " + p.name + ", from the managers.", b.Calmer.Speak(tx, c.Community, p.list, p.thread, subject, text)
}

// spoken is a manager's text for everybody, without signature, checked like an answer.
func (b *Letterbox) spoken(tx *db.Tx, c *Call, text, missing string) (string, error) {
	if strings.TrimSpace(text) == "" {
		return "", refusal.Because(refusal.Invalid, "%s", missing)
	}
	conv := c.Conv
	if conv.ID != 0 { // it is not for the writer of the letter, but for everybody: nothing of theirs may be in it
		conv = Conv{}
	}
	conv.Community = c.Community.ID
	k, err := b.proposed(tx, conv, c.Manager, lists.List{}, "Subject: -\n"+text)
	return k.text, err
}

// reason is a manager's text for the author of a post, which may be missing; checked like one for everybody.
func (b *Letterbox) reason(tx *db.Tx, c *Call, text string) (string, error) {
	if strings.TrimSpace(text) == "" {
		return "", nil
	}
	return b.spoken(tx, c, text, "")
}

func (b *Letterbox) doWatch(tx *db.Tx, c *Call, args string) (string, error) {
	p, rest, err := b.placeOf(tx, c, args)
	if err != nil {
		return "", err
	}
	switch {
	case p.thread == 0:
		return "", refusal.Because(refusal.Invalid, "A thread is watched, not a whole list. To get every post of a list, change what you get of it.")
	case strings.EqualFold(rest, "off"):
		if was, err := unwatch(tx, p.thread, c.Manager.ID); err != nil || was {
			return "You do not watch " + p.name + " any more.", err
		}
		return "", refusal.Because(refusal.NotFound, "You do not watch %s.", letter.CleanLine(p.name))
	case rest != "":
		return "", refusal.Because(refusal.Invalid, "Behind /watch there may be the number of a thread and off, and nothing else.")
	}
	return "You get every post of " + p.name + " for a week.", watchThread(tx, p.thread, c.Manager.ID, tx.Now.AddDate(0, 0, 7))
}

// lift ends what is in force.
func (b *Letterbox) lift(tx *db.Tx, p place, cool bool) (string, error) {
	was, err := b.Calmer.Lift(tx, p.list, p.thread, cool)
	if err != nil {
		return "", err
	}
	if !was {
		return "", refusal.Because(refusal.NotFound, "Nothing of that sort is in force for %s.", letter.CleanLine(p.name))
	}
	return p.name + " is as usual again.", nil
}

// when is a time from now, as a manager reads it.
func (b *Letterbox) when(tx *db.Tx, c *Call, d time.Duration) string {
	return tx.Now.Add(d).In(c.Manager.Zone(c.Community)).Format("Monday, 2 January at 15:04")
}

// How long a thread may be slowed down or held.
const (
	shortestCalm = 10 * time.Minute
	longestCalm  = 7 * 24 * time.Hour
)

// readSpan reads for how long: 2h, 30m, 1d.
func readSpan(typed string) (time.Duration, error) {
	word := strings.ToLower(strings.TrimSpace(typed))
	d, err := time.ParseDuration(word)
	if days, ok := strings.CutSuffix(word, "d"); ok {
		n, wrong := strconv.ParseUint(days, 10, 8)
		d, err = time.Duration(n)*24*time.Hour, wrong
	}
	if err != nil || d < shortestCalm || d > longestCalm {
		return 0, refusal.Because(refusal.Invalid, "%q is no time between 10 minutes and 7 days; it is written 30m, 2h or 1d.", letter.CleanLine(typed))
	}
	return d, nil
}

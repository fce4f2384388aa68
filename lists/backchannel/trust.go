package backchannel

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/command"
	"backchannel/templates/refusal"
)

// trustVerbs are about what members may do on the lists.
func (b *Letterbox) trustVerbs() command.Table[*Call] {
	return command.Table[*Call]{
		{Name: "shut", Args: "[NUMBER] [off]", Alone: true, Help: "Nobody but managers posts in the thread that the letter is about, or in the one of that number, until \"/shut NUMBER off\"; what is in it stays.", Do: b.doShut},
		{Name: "trust", Args: "NAME|ADDRESS [0|1|2|3]", Alone: true, Help: "A member gets that level of trust, 3 without a number, and a line about it: at 0 all their posts wait for a manager, at 1 those with links or files, at 2 and 3 none.", Do: b.doTrust},
		{Name: "nosales", Args: "[NUMBER[.POST]] [TEXT]", Alone: true, Takes: command.Rest, Help: "The author of the post that the letter is about, or of the one of that number, gets a private mail from the managers that it sold something, with TEXT in it, and goes down a level of trust for 60 days.", Do: b.doNoSales},
		{Name: "remove", Args: "[NUMBER[.POST]] [TEXT]", Alone: true, Takes: command.Rest, Help: "The words of that post, or of the one that the letter is about, go from the archive and from digests to come, for good. You are shown which post it is, and asked for a YES. Its author gets a private mail from the managers, with TEXT in it, and goes down a level of trust for 60 days; the other managers are told.", Do: b.doRemove},
		{Name: "relax", Args: "[LIST]", Alone: true, Help: "Fewer posts of new members wait on the list, when that is proposed because holding them changed nothing.", Do: b.doEase("RELAX")},
		{Name: "tighten", Args: "[LIST]", Alone: true, Help: "More posts of new members wait on the list, when that is proposed because holding them changed much.", Do: b.doEase("TIGHTEN")},
	}
}

func (b *Letterbox) doShut(tx *db.Tx, c *Call, args string) (string, error) {
	p, rest, err := b.placeOf(tx, c, args)
	if err != nil {
		return "", err
	}
	open := strings.EqualFold(rest, "off")
	switch {
	case p.thread == 0:
		return "", refusal.Because(refusal.Invalid, "A thread is closed so, not a whole list. Please write its number, as in the digest.")
	case rest != "" && !open:
		return "", refusal.Because(refusal.Invalid, "Behind /shut there may be the number of a thread and off, and nothing else.")
	}
	fresh, err := b.Calmer.Shut(tx, p.list, p.thread, open, c.Manager.ID)
	switch {
	case err != nil:
		return "", err
	case !fresh && open:
		return "", refusal.Because(refusal.NotFound, "%s is not closed.", letter.CleanLine(p.name))
	case open:
		return p.name + " is open again.", nil
	}
	return p.name + " is closed: only managers post there.", nil
}

func (b *Letterbox) doTrust(tx *db.Tx, c *Call, args string) (string, error) {
	name, level := args, lists.Steady
	words := strings.Fields(args)
	if n := len(words); n > 1 {
		if number, err := strconv.Atoi(words[n-1]); err == nil {
			name, level = strings.Join(words[:n-1], " "), number
		}
	}
	m, err := memberNamed(tx, c, name)
	if err != nil {
		return "", err
	}
	if err := b.Calmer.Trust(tx, m, level, c.Manager.ID); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s has level %d of trust now.", m.Name, level), nil
}

func (b *Letterbox) doEase(word string) func(*db.Tx, *Call, string) (string, error) {
	return func(tx *db.Tx, c *Call, args string) (string, error) {
		newest, shown := shownEase(c.In)
		if c.In != nil && !shown && !proven(c.In) {
			return "", notProven()
		}
		local, _, _ := strings.Cut(strings.TrimSpace(args), "@")
		l, err := b.Calmer.Ease(tx, c.Community.ID, word, local, newest, c.Manager.ID)
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("%s posts of new members wait on %s now; its stage is %s.", map[string]string{"RELAX": "Fewer", "TIGHTEN": "More"}[word], letter.CleanLine(l.Title()), l.Stage), nil
	}
}

// shownEase is the newest proposal of which the mail could tell that a manager answers: of figures the last one there was then. Such an answer
// is the one-time word of product.md 0.1: the proposal went to that manager alone, as the mail does that asks RELAX?, and a verified sender is
// enough for both. Whoever writes the command by themselves means what is proposed now, was asked nothing, and must prove more.
func shownEase(in *lists.Incoming) (newest int64, shown bool) {
	if in != nil && in.Token != nil {
		if side, _, newest, ok := readObject(in.Token.Object); ok && side == sideFigures {
			return int64(newest), true
		}
	}
	return math.MaxInt64, false
}

// memberNamed finds the member whom somebody means: by an address or the whole name, or by the first name where it is the only one.
func memberNamed(tx *db.Tx, c *Call, typed string) (lists.Member, error) {
	if strings.Contains(typed, "@") {
		return lists.TheMember(tx, c.Community, typed)
	}
	typed = strings.Join(strings.Fields(typed), " ")
	all, err := lists.Members(tx, c.Community.ID)
	if err != nil {
		return lists.Member{}, err
	}
	here := slices.DeleteFunc(all, func(m lists.Member) bool { return m.State != lists.Active && m.State != lists.Paused })
	for _, name := range []func(lists.Member) string{func(m lists.Member) string { return m.Name }, lists.Member.FirstName} {
		found := slices.DeleteFunc(slices.Clone(here), func(m lists.Member) bool { return !strings.EqualFold(name(m), typed) })
		switch {
		case len(found) == 1:
			return found[0], nil
		case len(found) > 1:
			return lists.Member{}, refusal.Because(refusal.Conflict, "Several members have that name. Please write the address instead.")
		}
	}
	return lists.Member{}, refusal.Because(refusal.NotFound, "No member has that name. Please write the whole name, or the address.")
}

func (b *Letterbox) doNoSales(tx *db.Tx, c *Call, args string) (string, error) {
	post, text, err := b.postNamed(tx, c, args)
	if err != nil {
		return "", err
	}
	if text, err = b.reason(tx, c, text); err != nil {
		return "", err
	}
	m, err := b.Calmer.NoSales(tx, post, text, c.Manager.ID)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s gets a private mail about %q, from the managers.", m.FirstName(), post.Subject), nil
}

// postNamed reads a post from the head of a verb's words, and gives the rest: 415 is the first post of that thread, 415.3 the third one.
// Without a number it is the post that the letter is about.
func (b *Letterbox) postNamed(tx *db.Tx, c *Call, args string) (p archive.Post, rest string, err error) {
	first := args
	if i := strings.IndexAny(args, " \n"); i >= 0 {
		first, rest = args[:i], strings.TrimSpace(args[i:])
	}
	whole, part, parted := strings.Cut(strings.TrimPrefix(first, "#"), ".")
	number, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || number <= 0 {
		if id, ok := strings.CutPrefix(c.Conv.About.Object, "post:"); ok {
			n, _ := strconv.ParseInt(id, 10, 64)
			p, err = b.Office.Store.Post(tx, archive.PostID(n))
			return p, args, err
		}
		return p, "", refusal.Because(refusal.Invalid, "Please say which post: the number of its thread, as in the digest, and of the post in it: 415.3")
	}
	t, err := b.Office.Store.ThreadByNumber(tx, int64(c.Community.ID), number)
	if refusal.KindOf(err) == refusal.NotFound && err != nil {
		return p, "", refusal.Because(refusal.NotFound, "There is no thread %d. The numbers stand in the digest.", number)
	}
	if err != nil {
		return p, "", err
	}
	posts, err := b.Office.Store.Posts(tx, t.ID)
	if err != nil {
		return p, "", err
	}
	at := 1
	if parted {
		if at, err = strconv.Atoi(part); err != nil {
			at = 0
		}
	}
	if at < 1 || at > len(posts) {
		return p, "", refusal.Because(refusal.NotFound, "The thread %d has no post of that number; it has %d.", number, len(posts))
	}
	return posts[at-1], rest, nil
}

package digest

import (
	"strconv"
	"strings"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/backchannel"
	"backchannel/templates/refusal"
)

// Receive takes a reply to a digest, or a letter to digest@. It is for the managers, whatever it says, but for the few orders that
// stand alone on its first line.
func (e *Editor) Receive(tx *db.Tx, in *lists.Incoming) error {
	if in.Token == nil {
		return e.take(tx, in, backchannel.Context{}, true)
	}
	if ours, err := e.forManagers(tx, in); ours || err != nil {
		return err
	}
	if in.Name.Kind == "send" {
		return e.sendWhole(tx, in)
	}
	about, ok, err := e.about(tx, in)
	if err != nil {
		return err
	}
	owner := ok && int64(in.Sender.ID) == in.Token.Member && in.Token.Live(tx.Now)
	switch {
	case in.Sender.ID == 0 && ok && in.Name.Kind == address.Private:
		return e.Box.Elsewhere(tx, in, about) // a digest passed on opens nothing but a question to its reader
	case in.Sender.ID == 0 || in.Verdict == lists.Unverified:
		return lists.NoSuchAddress()
	case owner:
		return e.take(tx, in, about, true)
	case in.Verdict == lists.Verified:
		return e.take(tx, in, backchannel.Context{}, false) // a member with another member's address writes as themselves
	}
	return lists.NoSuchAddress()
}

// take gives a letter to the managers, or does what it orders. mine tells that it came through no address, or one of the writer's own.
func (e *Editor) take(tx *db.Tx, in *lists.Incoming, about backchannel.Context, mine bool) error {
	known := in.Sender.ID != 0 && in.Verdict != lists.Unverified && !in.Robot
	if args, below, ok := readJam(in.Letter); ok && known {
		return e.callJam(tx, in, args, below)
	}
	sure := in.Verdict == lists.Verified || in.Token != nil && mine
	if w, ok := readWish(in.Letter); ok && known {
		return e.wishJam(tx, in, w, sure)
	}
	if o, ok := readOrder(in.Letter); ok && known {
		if done, err := e.obey(tx, in, o, mine); err != nil || done {
			return err
		}
	}
	if e.Settings != nil {
		if done, err := e.Settings(tx, in, sure); err != nil || done {
			return err
		}
	}
	return e.Box.Take(tx, in, about)
}

// about reads which issue, and which thread, a letter answers.
func (e *Editor) about(tx *db.Tx, in *lists.Incoming) (about backchannel.Context, ok bool, err error) {
	if number, idea := strings.CutPrefix(in.Token.Object, ideaPrefix); idea {
		return aboutIdea(tx, number)
	}
	issue, thread, ok := readObject(in.Token.Object)
	if !ok {
		return about, false, nil
	}
	if issue == 0 { // a thread's address is the same in every issue: they have read it in their newest
		last, _, err := lastSent(tx, lists.MemberID(in.Token.Member))
		if err != nil {
			return about, false, err
		}
		issue = last.id
	}
	slot, zone, found, err := issueDate(tx, issue)
	if err != nil || !found && thread == 0 {
		return about, false, err
	}
	if found {
		about.Digest = slot.In(zone)
	}
	about.Object = "issue:" + strconv.FormatInt(issue, 10) + ":" + strconv.FormatInt(int64(thread), 10)
	if thread != 0 {
		t, err := e.Store.Thread(tx, thread)
		if refusal.KindOf(err) == refusal.NotFound && err != nil {
			return about, false, nil
		}
		if err != nil {
			return about, false, err
		}
		about.Thread = t.Subject
	}
	return about, true, nil
}

// readObject reads what the row of a token of ours says: "issue:7:0", an issue, or "thread:12".
func readObject(object string) (issue int64, thread archive.ThreadID, ok bool) {
	word, rest, _ := strings.Cut(object, ":")
	first, second, both := strings.Cut(rest, ":")
	id, err := strconv.ParseInt(first, 10, 64)
	if err != nil || id < 0 {
		return 0, 0, false
	}
	switch {
	case word == "thread" && !both:
		return 0, archive.ThreadID(id), id > 0
	case word == "issue" && both:
		n, err := strconv.ParseInt(second, 10, 64)
		return id, archive.ThreadID(n), err == nil && n >= 0
	}
	return 0, 0, false
}

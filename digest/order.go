package digest

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// order is what the first line of a reply to a digest asks for. Everything else is for the managers (R1).
type order struct {
	word   string // PUBLIC or CATCH UP
	number string // of PUBLIC: as it was written
	beside bool   // more stands on the line
}

var (
	publicLine = regexp.MustCompile(`^PUBLIC(?:[ \t]+#?(\d{1,9}))?[ \t]*[.!:]?[ \t]*$`)
	publicText = regexp.MustCompile(`^PUBLIC[ \t]+#?(\d{1,9})\b[^?]*$`)
)

// readOrder reads it. PUBLIC stands on a line of its own, in any letters; in capitals it is known with words beside it, too, so that its
// writer can be told. The other words are the whole of what was written, or the subject of a letter without words.
func readOrder(l *letter.Letter) (order, bool) {
	text := strings.TrimSpace(l.NewText().Text)
	first, rest, _ := strings.Cut(text, "\n")
	first = strings.TrimSpace(first)
	if m := publicLine.FindStringSubmatch(strings.ToUpper(first)); m != nil && (m[1] != "" || first == strings.ToUpper(first)) {
		return order{word: "PUBLIC", number: m[1]}, true
	}
	if m := publicText.FindStringSubmatch(first); m != nil {
		return order{word: "PUBLIC", number: m[1], beside: true}, true
	}
	alone := first
	if text == "" {
		alone = subjectWord(l.Subject())
	}
	if strings.TrimSpace(rest) != "" {
		return order{}, false
	}
	switch strings.Join(strings.Fields(strings.ToUpper(strings.Trim(alone, " \t\"'.!*"))), " ") {
	case "CATCH UP", "CATCHUP", "CATCH-UP":
		return order{word: "CATCH UP"}, true
	}
	return order{}, false
}

// subjectWord is a subject without what programs put in front of it.
func subjectWord(s string) string {
	for {
		head, rest, ok := strings.Cut(s, ":")
		if !ok || len(strings.TrimSpace(head)) > 3 {
			return strings.TrimSpace(s)
		}
		s = rest
	}
}

// obey does what a member orders. It is false for what is better read by the managers: an order that is not done is at least not lost.
func (e *Editor) obey(tx *db.Tx, in *lists.Incoming, o order, mine bool) (done bool, err error) {
	if in.Sender.State != lists.Active && in.Sender.State != lists.Paused {
		return false, nil
	}
	if o.word == "PUBLIC" {
		return true, e.public(tx, in, o, mine)
	}
	return true, e.catchUpNow(tx, in)
}

// public posts a reply to the thread whose number stands on its first line: the one public word of a private door (product.md A2).
// What is not plain is told, and posted nowhere.
func (e *Editor) public(tx *db.Tx, in *lists.Incoming, o order, mine bool) error {
	help := templates.PublicHelp{Community: in.Community.Name, Number: o.number, Preview: notice.Preview(in.Letter)}
	var t archive.Thread
	if o.number != "" {
		number, err := strconv.ParseInt(o.number, 10, 64)
		if err == nil {
			t, err = e.Store.ThreadByNumber(tx, int64(in.Community.ID), number)
		}
		if err == nil {
			t, err = readable(tx, in.Sender, t)
		}
		if err != nil && refusal.KindOf(err) != refusal.NotFound {
			return fmt.Errorf("find the thread %s: %w", o.number, err)
		}
		help.Title = letter.Excerpt(hide(t.Subject, in.Community.Domain), subjectLen)
	}
	_, below, _ := strings.Cut(strings.TrimSpace(in.Letter.NewText().Text), "\n")
	switch {
	case o.number == "":
		help.Why = templates.PublicNumber
	case t.Posts == 0:
		help.Why = templates.PublicUnknown
	case o.beside:
		help.Why = templates.PublicBeside
	case !mine:
		help.Why = templates.PublicForeign
	case strings.TrimSpace(below) == "" && len(in.Letter.Attachments()) == 0:
		help.Why = templates.PublicEmpty
	default:
		return e.Posts.PostTo(tx, in, t)
	}
	return e.help(tx, in, help)
}

// readable is a thread of a list that a member is on; of another list there is none for them: not even its subject is theirs to know.
func readable(tx *db.Tx, m lists.Member, t archive.Thread) (archive.Thread, error) {
	l, err := lists.ListByBox(tx, t.Mailbox)
	if err != nil {
		return archive.Thread{}, err
	}
	if _, on, err := lists.SubscriptionOf(tx, m.ID, l.ID); err != nil || !on && !m.Manager() {
		return archive.Thread{}, err
	}
	return t, nil
}

// help tells why a reply with PUBLIC was not posted. Reply goes where the reply went, if that was an address of the writer's own.
func (e *Editor) help(tx *db.Tx, in *lists.Incoming, t templates.PublicHelp) error {
	if err := in.Filed(tx, "a reply to a digest that could not be posted; its writer is told why"); err != nil {
		return err
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	mail := notice.Answer(in, notice.Tells, words)
	mail.Answer = "public"
	mail.ReplyTo = letter.Mailbox{Name: reader{member: in.Sender, community: in.Community}.tongue().ManagersDoor(), Address: in.To}
	if t.Why == templates.PublicForeign {
		mail.ReplyTo.Address = in.Community.Address("digest")
	}
	return e.Office.SendOr(tx, mail, refusal.Because(refusal.Limit, "Your reply with PUBLIC was not posted. Today's mails about that have been sent; they tell how it is done."))
}

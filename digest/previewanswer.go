package digest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/backchannel"
	"backchannel/lists/command"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// What the rows of our tokens say for the managers' side.
const (
	previewPrefix = "preview:" // and the slot, microseconds UTC
	unsurePrefix  = "unsure:"  // and which answer
)

func previewObject(slot time.Time) string {
	return previewPrefix + strconv.FormatInt(db.Micros(slot), 10)
}

// forManagers takes a letter that came to an address of the managers' side; false when it came to another.
func (e *Editor) forManagers(tx *db.Tx, in *lists.Incoming) (bool, error) {
	kind, number, _ := strings.Cut(in.Token.Object, ":")
	if kind+":" == jamPrefix {
		return true, e.decideJam(tx, in, number)
	}
	n, err := strconv.ParseInt(number, 10, 64)
	switch kind + ":" {
	case previewPrefix:
		if err != nil {
			return true, lists.NoSuchAddress()
		}
		return true, e.aboutPreview(tx, in, db.Time(n))
	case unsurePrefix:
		if err != nil {
			return true, lists.NoSuchAddress()
		}
		return true, e.decideUnsure(tx, in, n)
	}
	return false, nil
}

// unsureDays is how long a manager is asked whether an answer was theirs.
const unsureDays = 7

// aboutPreview takes an answer to a preview. Whose it is says the token together with the sender (R6): of anybody else, and of a manager
// for whom nobody vouches, nothing is done before the manager, asked, says that it is theirs.
func (e *Editor) aboutPreview(tx *db.Tx, in *lists.Incoming, slot time.Time) error {
	m, err := lists.MemberByID(tx, lists.MemberID(in.Token.Member))
	if err != nil {
		return err
	}
	if !m.Manager() || in.Robot || in.Token.Revoked || in.From.Address.IsZero() {
		return lists.NoSuchAddress()
	}
	text := strings.TrimSpace(in.Letter.NewText().Text)
	if in.Sender.ID == m.ID && in.Verdict == lists.Verified {
		if err := in.Filed(tx, "a manager's answer to a preview"); err != nil {
			return err
		}
		return e.answered(tx, in, m, slot, text)
	}
	id, err := addUnsure(tx, unsure{manager: m.ID, slot: slot, text: text}, in.Story)
	if err != nil {
		return err
	}
	ask := templates.PreviewAsk{Goes: slot.In(in.Community.Zone()), Text: orNothing(text), Days: unsureDays}
	if in.Sender.ID != m.ID {
		ask.From = in.From.Address.String()
	}
	if err := in.Held(tx, "an answer to a preview that waits for its manager's word"); err != nil {
		return err
	}
	return e.ask(tx, in, m, id, ask)
}

// orNothing is an answer as its manager is shown it.
func orNothing(text string) templates.Said {
	if text == "" {
		return "(nothing)"
	}
	return templates.Said(text)
}

// ask asks a manager, at the confirmed address, whether an answer is theirs.
func (e *Editor) ask(tx *db.Tx, in *lists.Incoming, m lists.Member, id int64, ask templates.PreviewAsk) error {
	words, err := ask.Render()
	if err != nil {
		return err
	}
	mail := notice.ToMember(in.Community, m, notice.Asks, words)
	mail.Story, mail.Answer = in.Story, "preview" // whoever found this address cannot write to the manager without end (D3)
	mail.ReplyTo, err = e.Office.Confirm(tx, notice.Door{
		Community: in.Community, Member: m, Receiver: Receiver, Object: unsurePrefix + strconv.FormatInt(id, 10), Days: unsureDays,
	})
	if err != nil {
		return err
	}
	if _, err = e.Office.Send(tx, mail); errors.Is(err, notice.ErrEnough) {
		return lists.NoSuchAddress()
	}
	return err
}

// decideUnsure takes the manager's word about an answer that was not proved to be theirs.
func (e *Editor) decideUnsure(tx *db.Tx, in *lists.Incoming, id int64) error {
	if err := forgetUnsure(tx, tx.Now.AddDate(0, 0, -unsureDays)); err != nil {
		return err
	}
	u, err := findUnsure(tx, id)
	if errors.Is(err, db.ErrNoRows) {
		return lists.NoSuchAddress()
	}
	if err != nil {
		return err
	}
	mine := in.Sender.ID == u.manager && in.Verdict != lists.Unverified && in.Sender.Manager() && !in.Robot
	if !mine || !in.Token.Live(tx.Now) {
		return lists.NoSuchAddress()
	}
	if u.state != "asked" {
		return refusal.Because(refusal.Conflict, "This is decided already, or its time is over. Nothing was done now.")
	}
	if err := in.Filed(tx, "a manager's word about an answer to a preview"); err != nil {
		return err
	}
	switch word, alone, _ := lists.Word(in.Letter.NewText().Text); {
	case word == "YES" && alone:
		if err := endUnsure(tx, id, "done"); err != nil {
			return err
		}
		return e.answered(tx, in, in.Sender, u.slot, u.text)
	case word == "NO":
		return endUnsure(tx, id, "dropped")
	}
	return e.ask(tx, in, in.Sender, id, templates.PreviewAsk{Goes: u.slot.In(in.Community.Zone()), Text: orNothing(u.text), Days: unsureDays, Again: true})
}

// answered does what a manager wrote: the commands at its head, all or none of them; what stands below them is for the managers alone,
// and never published (R1). The manager hears what was done, with the note as it will stand; so do the others, so that two who are at it
// at once know of each other.
func (e *Editor) answered(tx *db.Tx, in *lists.Incoming, m lists.Member, slot time.Time, text string) error {
	table := e.verbs()
	calls, rest, wrong := table.Read(text)
	if name, _ := command.Word(text); wrong != nil && wrong.Why == "" && e.forBackchannel(name) {
		return e.Box.Take(tx, in, backchannel.Context{}) // a command about something else
	}
	o := &answering{community: in.Community, manager: m, slot: slot}
	if wrong == nil && len(calls) > 0 {
		why, err := tooLate(tx, o, calls[0].Line)
		if err != nil {
			return err
		}
		if why != "" {
			wrong = &command.Mistake{Line: calls[0].Line, Why: why}
		}
	}
	var said []string
	if wrong == nil && len(calls) > 0 {
		var err error
		if o.week, err = e.week(tx, o.community, slot); err != nil {
			return err
		}
		if said, wrong, err = command.Run(tx, o, calls); err != nil {
			return err
		}
	}
	if wrong != nil {
		return e.giveBack(tx, in, o, text, wrong)
	}
	return e.tellDone(tx, in, o, said, rest)
}

// forBackchannel tells whether a command is one that the back-channel has.
func (e *Editor) forBackchannel(name string) bool {
	_, ok := e.Box.Verbs().Find("/" + name)
	return ok
}

// tooLate says why nothing can be done about a slot any more; "" while it can. To stop what has not left yet it is never too late: the clocks
// of some readers come hours later, and what is written may wait.
func tooLate(tx *db.Tx, o *answering, line string) (string, error) {
	h, err := holdOf(tx, o.community.ID)
	if err != nil || tx.Now.Before(o.slot) || h.holds(tx.Now) || strings.HasPrefix(strings.ToLower(line), "/hold") && tx.Now.Before(over(o.community, o.slot)) {
		return "", err
	}
	at := o.slot.In(o.community.Zone())
	return fmt.Sprintf("The digest of %s has gone out. Please answer the next preview, which comes a day before the next digest.", at.Format("Monday, 2 January, 15:04")), nil
}

// giveBack returns an answer of which nothing was done.
func (e *Editor) giveBack(tx *db.Tx, in *lists.Incoming, o *answering, text string, wrong *command.Mistake) error {
	t := templates.CommandReturned{Community: o.community.Name, Line: wrong.Line, Why: wrong.Why, Usage: wrong.Usage, Text: templates.Said(text)}
	for _, v := range e.verbs() {
		t.Commands = append(t.Commands, templates.CommandLine{Usage: v.Usage(), Help: v.Help})
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	return e.toManager(tx, o.community, o.manager, o.slot, e.reply(in, o.manager, words))
}

// reply begins the answer to a manager's letter.
func (e *Editor) reply(in *lists.Incoming, m lists.Member, words templates.Mail) notice.Mail {
	mail := notice.ToMember(in.Community, m, notice.Converse, words)
	mail.Auto, mail.Story = notice.Replied, in.Story
	if id := in.Letter.MessageID(); id != "" && in.Sender.ID == m.ID {
		mail.InReplyTo = append(mail.InReplyTo, id)
	}
	return mail
}

// tellDone answers the manager, and tells the others. What stands beside the commands only those get who may see every private letter of
// which the manager's preview tells: it may be about one of them, or quote its line.
func (e *Editor) tellDone(tx *db.Tx, in *lists.Incoming, o *answering, said []string, rest string) error {
	t := templates.PreviewDone{Goes: o.slot.In(o.community.Zone()), Said: said, Comment: templates.Said(rest)}
	if len(said) > 0 {
		n, err := liveNote(tx, o.community.ID)
		if err != nil {
			return err
		}
		if n.id != 0 {
			if t.Note, err = n.shown(tx); err != nil {
				return err
			}
		}
	}
	var err error
	if len(said) > 0 || rest != "" {
		if t.Without, err = e.tellOthers(tx, in, o, t); err != nil {
			return err
		}
	} else {
		t.Comment = "(nothing)"
	}
	words, err := t.Render()
	if err != nil {
		return err
	}
	return e.toManager(tx, o.community, o.manager, o.slot, e.reply(in, o.manager, words))
}

// tellOthers tells the other managers what one of them wrote. It returns the first names of those who did not get the comment.
func (e *Editor) tellOthers(tx *db.Tx, in *lists.Incoming, o *answering, t templates.PreviewDone) (without []string, err error) {
	managers, err := lists.Managers(tx, o.community.ID)
	if err != nil {
		return nil, err
	}
	about, err := e.lettersShown(tx, o, o.manager)
	if err != nil {
		return nil, err
	}
	t.By = o.manager.FirstName()
	for _, m := range managers {
		if m.ID == o.manager.ID {
			continue
		}
		theirs, err := e.lettersShown(tx, o, m)
		if err != nil {
			return nil, err
		}
		mine, told := t, about
		hidden := slices.ContainsFunc(about, func(c backchannel.ConvID) bool { return !slices.Contains(theirs, c) })
		if t.Comment != "" && hidden {
			without = append(without, m.FirstName())
			mine.Comment = ""
		}
		if mine.Comment == "" {
			told = nil
		}
		if len(mine.Said) == 0 && mine.Comment == "" {
			continue
		}
		words, err := mine.Render()
		if err != nil {
			return nil, err
		}
		mail := notice.ToMember(o.community, m, notice.Converse, words)
		mail.Story = in.Story
		if err := e.toManager(tx, o.community, m, o.slot, mail, told...); err != nil {
			return nil, err
		}
	}
	return without, nil
}

// lettersShown are the private letters of which a manager's preview of a slot tells, or would tell now.
func (e *Editor) lettersShown(tx *db.Tx, o *answering, m lists.Member) (all []backchannel.ConvID, err error) {
	letters, err := e.Box.About(tx, m, before(ownSlot(o.community), o.slot).Add(-settle))
	for _, id := range slices.Sorted(maps.Keys(letters)) {
		for _, c := range letters[id] {
			all = append(all, c.ID)
		}
	}
	return all, err
}

package backchannel

import (
	"strings"
	"time"
	"unicode"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/command"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// The figures that managers are told, as their mails show them.
type (
	Part          = templates.Part
	Weeks         = templates.Weeks
	Act           = templates.Act
	ActKind       = templates.ActKind
	Crutch        = templates.Crutch
	CrutchReport  = templates.CrutchReport
	WeekReport    = templates.WeekReport
	StateReport   = templates.StateReport
	StateThread   = templates.StateThread
	StateNewcomer = templates.StateNewcomer
	StateHeld     = templates.StateHeld
	NeedsReport   = templates.NeedsReport
	NeedLine      = templates.NeedLine
	QuietPerson   = templates.QuietPerson
	Said          = templates.Said
)

// What figures may suggest.
const (
	ActPublish = templates.ActPublish
	ActDoor    = templates.ActDoor
	ActFear    = templates.ActFear
	ActWait    = templates.ActWait
	ActInvite  = templates.ActInvite
	ActLean    = templates.ActLean
	ActAnswer  = templates.ActAnswer
	ActGreet   = templates.ActGreet
	ActHello   = templates.ActHello
	ActSpread  = templates.ActSpread
	ActNeed    = templates.ActNeed
)

// Counter makes the figures: it stands above us, since they are about everything. What it gives a manager holds nothing that this
// manager may not know; what it gives to be shared names nobody.
type Counter interface {
	// Week is the last week; false when there is nothing to tell.
	Week(tx *db.Tx, c lists.Community, m lists.Member) (WeekReport, bool, error)
	// State is how the community is.
	State(tx *db.Tx, c lists.Community, m lists.Member, share bool) (StateReport, error)
	// Crutch is how private letters lead back to the lists.
	Crutch(tx *db.Tx, c lists.Community, m lists.Member) (CrutchReport, error)
	// Needs is what members asked for in a month; zero is the last one that is over.
	Needs(tx *db.Tx, c lists.Community, m lists.Member, month time.Time, share bool) (NeedsReport, error)
	// Quiet are people who used to post and fell silent, and how many more there are.
	Quiet(tx *db.Tx, c lists.Community) (all []QuietPerson, more int, err error)
	// LeaveAlone says that nobody is asked to write to a member who is silent, or that they are again.
	LeaveAlone(tx *db.Tx, c lists.Community, address string, alone bool) (lists.Member, error)
}

// PlanFigures sets when managers are next told figures: on Mondays at nine, by the community's clock. It gives the last such time.
func (b *Letterbox) PlanFigures(tx *db.Tx, c lists.Community) (last time.Time, err error) {
	mondays := calendar.Schedule{Period: calendar.Weekly, Weekday: time.Monday, Hour: 9, Zone: c.Zone()}
	for at := mondays.Next(tx.Now.AddDate(0, 0, -8)); !at.After(tx.Now); at = mondays.Next(at) {
		last = at
	}
	return last, calendar.Set(tx, lists.FiguresDue, int64(c.ID), mondays.Next(tx.Now))
}

// TellWeek mails every manager the last week, when there is something to tell.
func (b *Letterbox) TellWeek(tx *db.Tx, c lists.Community) error {
	return b.toManagers(tx, c, func(m lists.Member) (words templates.Mail, acts []Act, err error) {
		t, ok, err := b.Counter.Week(tx, c, m)
		if err != nil || !ok {
			return words, nil, err
		}
		words, err = t.Render()
		return words, t.Acts, err
	})
}

// TellState mails every manager how the community is, unless nothing happened for weeks.
func (b *Letterbox) TellState(tx *db.Tx, c lists.Community) error {
	return b.toManagers(tx, c, func(m lists.Member) (words templates.Mail, acts []Act, err error) {
		if _, ok, err := b.Counter.Week(tx, c, m); err != nil || !ok {
			return words, nil, err
		}
		t, err := b.Counter.State(tx, c, m, false)
		if err != nil {
			return words, nil, err
		}
		words, err = t.Render()
		return words, t.Acts, err
	})
}

// TellNeeds mails every manager what members asked for in the month that is over.
func (b *Letterbox) TellNeeds(tx *db.Tx, c lists.Community) error {
	return b.toManagers(tx, c, func(m lists.Member) (words templates.Mail, acts []Act, err error) {
		t, err := b.Counter.Needs(tx, c, m, time.Time{}, false)
		if err != nil {
			return words, nil, err
		}
		words, err = t.Render()
		return words, t.Acts, err
	})
}

// toManagers mails each manager words of their own; empty ones are not sent.
func (b *Letterbox) toManagers(tx *db.Tx, c lists.Community, write func(m lists.Member) (templates.Mail, []Act, error)) error {
	managers, err := lists.Managers(tx, c.ID)
	if err != nil {
		return err
	}
	for _, m := range managers {
		words, acts, err := write(m)
		if err != nil {
			return err
		}
		if words.Subject == "" {
			continue
		}
		mail := notice.ToMember(c, m, notice.Converse, words) // private words: no list takes an answer to them (W1)
		if mail.ReplyTo, err = b.figuresDoor(tx, c, m); err != nil {
			return err
		}
		if err := b.sendNaming(tx, m, mail, acts); err != nil {
			return err
		}
	}
	return nil
}

// sendNaming sends a manager figures that may name letters. They are dropped when one of these is not for the manager any more when they
// would leave.
func (b *Letterbox) sendNaming(tx *db.Tx, m lists.Member, mail notice.Mail, acts []Act) error {
	var about []ConvID
	for _, a := range acts {
		for _, code := range a.Codes {
			c, err := b.ByCode(tx, m, code)
			if err != nil {
				return err
			}
			about = append(about, c.ID)
		}
	}
	return b.SendAbout(tx, m.ID, mail, about)
}

// figuresVerbs ask for figures.
func (b *Letterbox) figuresVerbs() command.Table[*Call] {
	counted := func(do func(*db.Tx, *Call, string) (string, error)) func(*db.Tx, *Call, string) (string, error) {
		return func(tx *db.Tx, c *Call, args string) (string, error) {
			if b.Counter == nil {
				return "", refusal.Because(refusal.NotFound, "Nobody counts anything here.")
			}
			return do(tx, c, args)
		}
	}
	return command.Table[*Call]{
		{Name: "state", Args: "[share]", Alone: true, Help: "You get a mail with how the community is; with share, one that can be shown to others.", Do: counted(b.doState)},
		{Name: "needs", Args: "[share] [2026-06]", Alone: true, Help: "You get a mail with what members asked for in a month, by tag; with share, one that can be shown to others.", Do: counted(b.doNeeds)},
		{Name: "crutch", Alone: true, Takes: command.Nothing, Help: "You get a mail with how private letters lead back to the lists.", Do: counted(b.doCrutch)},
		{Name: "hello", Args: "[off|on ADDRESS]", Alone: true, Help: "You get a draft of a hello for each person who used to post and fell silent; off and an address: nobody gets one for them any more.", Do: counted(b.doHello)},
	}
}

func (b *Letterbox) doState(tx *db.Tx, c *Call, args string) (string, error) {
	share, rest := shareWord(args)
	if rest != "" {
		return "", refusal.Because(refusal.Invalid, "Behind /state there may be share, and nothing else.")
	}
	t, err := b.Counter.State(tx, c.Community, c.Manager, share)
	if err != nil {
		return "", err
	}
	return "", b.giveFigures(tx, c, t.Render, share, t.Acts...)
}

func (b *Letterbox) doNeeds(tx *db.Tx, c *Call, args string) (string, error) {
	share, rest := shareWord(args)
	var month time.Time
	if rest != "" {
		var err error
		if month, err = time.Parse("2006-01", rest); err != nil {
			return "", refusal.Because(refusal.Invalid, "Behind /needs there may be share, and a month as in 2026-06.")
		}
	}
	t, err := b.Counter.Needs(tx, c.Community, c.Manager, month, share)
	if err != nil {
		return "", err
	}
	return "", b.giveFigures(tx, c, t.Render, share, t.Acts...)
}

func (b *Letterbox) doCrutch(tx *db.Tx, c *Call, _ string) (string, error) {
	t, err := b.Counter.Crutch(tx, c.Community, c.Manager)
	if err != nil {
		return "", err
	}
	return "", b.giveFigures(tx, c, t.Render, false, t.Acts...)
}

// doHello gives drafts, and no more: what is said to a person who fell silent is said by a person.
func (b *Letterbox) doHello(tx *db.Tx, c *Call, args string) (string, error) {
	switch word, who, _ := strings.Cut(args, " "); strings.ToLower(word) {
	case "":
	case "off", "on":
		m, err := b.Counter.LeaveAlone(tx, c.Community, strings.Trim(who, " <>"), strings.EqualFold(word, "off"))
		if err != nil {
			return "", err
		}
		if strings.EqualFold(word, "off") {
			return "Nobody gets drafts for " + m.Name + " any more.", nil
		}
		return "Managers get drafts for " + m.Name + " again.", nil
	default:
		return "", refusal.Because(refusal.Invalid, "Behind /hello there may be off or on with a member's address, and nothing else.")
	}
	people, more, err := b.Counter.Quiet(tx, c.Community)
	if err != nil {
		return "", err
	}
	return "", b.giveFigures(tx, c, templates.QuietDrafts{
		Community: c.Community.Name, Manager: c.Manager.FirstName(), People: people, More: more, Digest: c.Community.Address("digest").String(),
	}.Render, false)
}

// shareWord takes the word share from what stands behind a verb.
func shareWord(args string) (share bool, rest string) {
	var others []string
	for _, w := range strings.Fields(args) {
		if strings.EqualFold(w, "share") && !share {
			share = true
		} else {
			others = append(others, w)
		}
	}
	return share, strings.Join(others, " ")
}

// giveFigures sends a manager the figures that they asked for. What is to be shared bears no address of theirs: it may be passed on.
func (b *Letterbox) giveFigures(tx *db.Tx, c *Call, render func() (templates.Mail, error), share bool, acts ...Act) error {
	words, err := render()
	if err != nil {
		return err
	}
	if c.print != nil {
		return b.tell(tx, c, words)
	}
	mail := notice.ToMember(c.Community, c.Manager, notice.Converse, words)
	mail.Story = c.Story
	if c.In != nil {
		mail.Auto, mail.To.Address = notice.Replied, c.In.From.Address
	}
	if !share {
		if mail.ReplyTo, err = b.figuresDoor(tx, c.Community, c.Manager); err != nil {
			return err
		}
	}
	return b.sendNaming(tx, c.Manager, mail, acts)
}

// figuresDoor is where a manager answers figures. It is the same every week, until something new is proposed about how much is held: a word
// about that is about the proposal which its mail shows, and no later one.
func (b *Letterbox) figuresDoor(tx *db.Tx, c lists.Community, m lists.Member) (letter.Mailbox, error) {
	newest, err := b.Calmer.Proposed(tx, c.ID)
	if err != nil {
		return letter.Mailbox{}, err
	}
	return b.Office.Note(tx, "What to do about it", notice.Door{Community: c, Member: m, Receiver: Receiver, Object: object(sideFigures, int64(c.ID), int(newest)), Days: figuresDays})
}

// figuresDays is how long figures can be answered.
const figuresDays = 60

// figuresWords are the words that an answer to figures may begin with, beside the commands.
const figuresWords = "HELLO, STATE, STATE SHARE, NEEDS, NEEDS SHARE, CRUTCH, RELAX, TIGHTEN or HELP HEALTH"

// fromFigures does what a manager answers to figures: one of a few words, or commands.
func (b *Letterbox) fromFigures(tx *db.Tx, in *lists.Incoming) error {
	mine := in.Sender.ID != 0 && int64(in.Sender.ID) == in.Token.Member && in.Sender.Manager() && !in.Robot
	if !mine || in.Verdict == lists.Unverified || !in.Token.Live(tx.Now) {
		return lists.NoSuchAddress()
	}
	if in.Verdict != lists.Verified {
		return lists.NotSure()
	}
	text := strings.TrimSpace(in.Letter.NewText().Text)
	line, rest, _ := strings.Cut(text, "\n")
	fields := strings.FieldsFunc(line, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(".,!", r) })
	if len(fields) > 0 && !slashed(in.Letter) {
		switch strings.ToUpper(fields[0]) {
		case "HELLO", "STATE", "NEEDS", "CRUTCH", "HELP", "RELAX", "TIGHTEN":
			text = "/" + strings.ToLower(strings.Join(fields, " ")) + "\n" + rest
		}
	}
	return b.aloneText(tx, in, text, 0, "Your answer to figures begins with one of these words: "+figuresWords+"; nothing was done, and nobody has read it.")
}

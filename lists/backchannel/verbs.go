package backchannel

import (
	"backchannel/archive"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/command"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

// Call is what a verb needs to know: who says it, and about which conversation.
type Call struct {
	Conv      Conv // zero: none, only verbs that stand alone get so far
	Manager   lists.Member
	Community lists.Community
	Story     string           // of the letter; "" for the command line and for moves in IMAP
	In        *lists.Incoming  // the letter, where there is one
	Text      string           // what stands below the commands
	Thread    archive.ThreadID // that an alarm is about; 0: none

	print func(text string)    // takes what a verb has to tell, where nobody waits for a mail
	noted bool                 // a note stood among the commands
	after []func(c Conv) error // what is done when the text below the commands is on its way
}

// After has something done when the answer below the commands has been sent, or at once when there is none. It gets the conversation as
// it is then.
func (c *Call) After(do func(c Conv) error) { c.after = append(c.after, do) }

// done does what waited for the answer.
func (c *Call) done(tx *db.Tx) error {
	for _, do := range c.after {
		now, err := find(tx, c.Conv.ID)
		if err != nil {
			return err
		}
		if err := do(now); err != nil {
			return err
		}
	}
	return nil
}

// Verbs are all commands that managers have, in the order in which help shows them. A file that has verbs of its own adds its rows here.
func (b *Letterbox) Verbs() command.Table[*Call] {
	return slices.Concat(b.noteVerbs(), b.stateVerbs(), b.peopleVerbs(), b.reportVerbs(), b.voiceVerbs(), b.recordVerbs(), b.keepVerbs(), b.publicVerbs(), b.heatVerbs(), b.trustVerbs(), b.lockVerbs(), b.rotaVerbs(), b.inviteVerbs(), b.figuresVerbs(), b.helpVerbs())
}

// Do does one command, for the command line and for moves in IMAP: "/close p". said is what happened, as a sentence; "" when that is plain.
func (b *Letterbox) Do(tx *db.Tx, c Conv, m lists.Member, line string) (said []string, err error) {
	if c.ID != 0 && !c.mayRead(m) {
		return nil, notThere(c.Code)
	}
	calls, rest, wrong := b.Verbs().Read(line)
	if wrong == nil && (len(calls) == 0 || rest != "") {
		wrong = &command.Mistake{Line: line}
	}
	if wrong != nil {
		return nil, mistaken(wrong)
	}
	community, err := lists.CommunityByID(tx, m.Community)
	if err != nil {
		return nil, err
	}
	call := &Call{Conv: c, Manager: m, Community: community}
	var printed []string
	call.print = func(text string) { printed = append(printed, text) }
	err = tx.Attempt(func() error {
		if said, wrong, err = run(tx, call, calls); err != nil || wrong != nil {
			return err
		}
		return call.done(tx)
	})
	if wrong != nil {
		return nil, mistaken(wrong)
	}
	return append(said, printed...), err
}

// Answer does what a reply of a manager with this text does, commands at its head included, with all its guards. sent tells whether the
// member gets it: otherwise there were commands alone, or it went back to the manager by mail with the reasons.
func (b *Letterbox) Answer(tx *db.Tx, c Conv, m lists.Member, text string) (sent bool, err error) {
	if !c.mayRead(m) {
		return false, notThere(c.Code)
	}
	community, err := lists.CommunityByID(tx, m.Community)
	if err != nil {
		return false, err
	}
	a := answer{conv: c, manager: m, rev: c.Rev}
	a.calls, a.text, a.wrong = b.Verbs().Read(strings.TrimSpace(text))
	before, err := spokenTimes(tx, c.ID)
	if err != nil {
		return false, err
	}
	if err := b.handle(tx, community, a); err != nil {
		return false, err
	}
	after, err := spokenTimes(tx, c.ID)
	return after > before, err
}

// mistaken is a mistake as a refusal.
func mistaken(m *command.Mistake) error {
	if m.Why == "" && m.Usage != "" {
		return refusal.Because(refusal.Invalid, "There is no command %q.", letter.ASCII(m.Line, 60)).Try("%s", m.Usage)
	}
	if m.Why == "" {
		return refusal.Because(refusal.Invalid, "There is no command %q.", letter.ASCII(m.Line, 60)).Try("/help")
	}
	return refusal.Because(refusal.Invalid, "%s", m.Why).Try("%s", m.Usage)
}

// run does the commands of a letter, all or none.
func run(tx *db.Tx, c *Call, calls []command.Call[*Call]) (said []string, wrong *command.Mistake, err error) {
	for _, call := range calls {
		if c.Conv.ID == 0 && !call.Verb.Alone {
			why := fmt.Sprintf("/%s is about one letter. Please send it as a reply to that letter.", call.Verb.Name)
			return nil, &command.Mistake{Line: call.Line, Usage: call.Verb.Usage(), Why: why}, nil
		}
	}
	return command.Run(tx, c, calls)
}

// helpVerbs tell about the commands themselves.
func (b *Letterbox) helpVerbs() command.Table[*Call] {
	return command.Table[*Call]{
		{Name: "help", Args: "[health]", Help: "This list; with health, what each figure means.", Alone: true, Do: b.doHelp},
	}
}

func (b *Letterbox) doHelp(tx *db.Tx, c *Call, args string) (string, error) {
	switch strings.ToLower(args) {
	case "":
	case "health":
		return "", b.giveFigures(tx, c, templates.HealthHelp{Community: c.Community.Name}.Render, false)
	default:
		return "", refusal.Because(refusal.Invalid, "Behind /help there may be health, and nothing else.")
	}
	t := templates.CommandHelp{Community: c.Community.Name, Commands: b.commandList()}
	if c.Conv.ID != 0 {
		note, err := b.noteDoor(tx, c.Community, c.Conv, c.Manager)
		if err != nil {
			return "", err
		}
		t.Code, t.Member, t.Role, t.Note = c.Conv.Code, byMail(c.Community, c.Conv).Name, b.role(tx, c.Conv, c.Manager), note.Address.String()
	}
	words, err := t.Render()
	if err != nil {
		return "", err
	}
	return "", b.tell(tx, c, words)
}

// tell sends a manager what a verb has to say. Where there is a letter, Reply goes to its member.
func (b *Letterbox) tell(tx *db.Tx, c *Call, words templates.Mail) error {
	return b.tellAs(tx, c, words, false)
}

// tellPrivate is tell for the words of a conversation: they go into the folder alone where those of this one go nowhere else.
func (b *Letterbox) tellPrivate(tx *db.Tx, c *Call, words templates.Mail, files ...letter.File) error {
	return b.tellAs(tx, c, words, true, files...)
}

func (b *Letterbox) tellAs(tx *db.Tx, c *Call, words templates.Mail, quotes bool, files ...letter.File) (err error) {
	if c.print != nil {
		text, _, _ := strings.Cut(words.Text, "\n"+templates.ReplyAbove)
		c.print(strings.TrimSpace(text))
		return nil
	}
	mail := notice.ToMember(c.Community, c.Manager, notice.Converse, words)
	mail.Story, mail.Files = c.Story, files
	if c.In != nil {
		mail.Auto = notice.Replied
		mail.To.Address = c.In.From.Address
	}
	if c.Conv.ID == 0 {
		_, err = b.Office.Send(tx, mail)
		return err
	}
	now, err := find(tx, c.Conv.ID)
	if err != nil {
		return err
	}
	if mail.ReplyTo, err = b.managerDoor(tx, c.Community, now, c.Manager); err != nil {
		return err
	}
	if !quotes || !inFolders(c.Community, now) {
		_, err = b.toDesk(tx, now, c.Manager.ID, mail, reference{what: aWord})
		return err
	}
	sent, err := b.toDesk(tx, now, c.Manager.ID, mail, reference{what: aLetter})
	if err != nil {
		return err
	}
	return b.Office.File(tx, sent, c.Manager.ID, now.folder(c.Manager.ID), int64(now.ID))
}

// confirm tells a manager what commands did, where it is worth a mail.
func (b *Letterbox) confirm(tx *db.Tx, community lists.Community, a answer, said []string) error {
	if len(said) == 0 || a.conv.ID == 0 {
		return nil
	}
	now, err := find(tx, a.conv.ID)
	if err != nil || !now.mayRead(a.manager) {
		return err
	}
	words, err := templates.CommandsDone{Community: community.Name, Code: now.Code, Member: byMail(community, now).Name, Said: said, Sent: a.sent, Role: b.role(tx, now, a.manager)}.Render()
	if err != nil {
		return err
	}
	return b.tell(tx, &Call{Conv: now, Manager: a.manager, Community: community, Story: a.story, In: a.incoming}, words)
}

// stateVerbs say where a conversation stands.
func (b *Letterbox) stateVerbs() command.Table[*Call] {
	return command.Table[*Call]{
		{Name: "mine", Help: "You take the letter; your colleagues see it as yours.", Takes: command.Nothing, Do: b.doMine},
		{Name: "unclaim", Help: "You give it back to everybody.", Takes: command.Nothing, Do: b.doUnclaim},
		{Name: "close", After: true, Args: "[p|n]", Help: "It is done; p says that it could have been public, n that it could not.", Do: b.doClose},
		{Name: "snooze", Args: "3d|mon|2026-06-20", After: true, Help: "Nobody needs to look at it until then, 08:00; it comes back at once when the member writes.", Do: b.doSnooze},
		{Name: "tag", Args: "WORD…", Help: "Words by which it is found and counted; -WORD takes one away.", Do: b.doTag},
		{Name: "urgent", Args: "[off]", Help: "It is marked for all managers.", Do: b.doUrgent},
		{Name: "merge", Args: "ID", Help: "Another letter of the same member becomes a part of this one.", Do: b.doMerge},
		{Name: "reopen", Help: "It is not done after all.", Takes: command.Nothing, Do: b.doReopen},
	}
}

func (b *Letterbox) doMine(tx *db.Tx, c *Call, _ string) (string, error) {
	return "", b.Claim(tx, c.Conv, c.Manager)
}

func (b *Letterbox) doUnclaim(tx *db.Tx, c *Call, _ string) (string, error) {
	return "", b.Release(tx, c.Conv, c.Manager)
}

func (b *Letterbox) doClose(tx *db.Tx, c *Call, args string) (string, error) {
	publicable := strings.ToLower(args)
	switch publicable {
	case "p", "public", "y":
		publicable = "y"
	case "n", "private":
		publicable = "n"
	case "":
	default:
		return "", refusal.Because(refusal.Invalid, "Behind /close there may be p (it could have been public) or n (it could not), and nothing else.")
	}
	if c.Conv.State == Closed && c.Text == "" && publicable == "" {
		return "", refusal.Because(refusal.Conflict, "%s is closed already.", c.Conv.Code)
	}
	c.After(func(now Conv) error {
		if publicable != "" {
			if err := setPublicable(tx, now.ID, publicable); err != nil {
				return err
			}
		}
		if c.Text != "" { // the member has an answer
			return b.end(tx, now, c.Manager, "answered")
		}
		return b.Close(tx, now, c.Manager)
	})
	return "", nil
}

func (b *Letterbox) doReopen(tx *db.Tx, c *Call, _ string) (string, error) {
	if c.Conv.State != Closed {
		return "", refusal.Because(refusal.Conflict, "%s is not closed.", c.Conv.Code)
	}
	return "", b.Reopen(tx, c.Conv, c.Manager)
}

func (b *Letterbox) doSnooze(tx *db.Tx, c *Call, args string) (string, error) {
	now := tx.Now.In(c.Manager.Zone(c.Community))
	day, err := until(args, now)
	if err != nil {
		return "", err
	}
	c.After(func(conv Conv) error { return b.Snooze(tx, conv, c.Manager, day, snoozeFolder(day, now)) })
	return "It comes back on " + day.Format("Monday, 2 January at 15:04") + ".", nil
}

// What a tag may be, and how many a letter has at most.
const (
	longestTag = 30
	mostTags   = 20
)

// readTags reads what stands behind /tag.
func readTags(args string) (add, remove []string, err error) {
	for _, w := range strings.FieldsFunc(args, func(r rune) bool { return unicode.IsSpace(r) || r == ',' }) {
		name, away := strings.CutPrefix(w, "-")
		name = strings.ToLower(strings.TrimPrefix(name, "#"))
		odd := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_' }
		if name == "" || utf8.RuneCountInString(name) > longestTag || strings.ContainsFunc(name, odd) {
			return nil, nil, refusal.Because(refusal.Invalid, "A tag is one word of letters, digits and hyphens, %d at most.", longestTag)
		}
		if away {
			remove = append(remove, name)
		} else {
			add = append(add, name)
		}
	}
	if len(add)+len(remove) == 0 {
		return nil, nil, refusal.Because(refusal.Invalid, "Behind /tag stands a word, or several.")
	}
	return add, remove, nil
}

func (b *Letterbox) doTag(tx *db.Tx, c *Call, args string) (string, error) {
	add, remove, err := readTags(args)
	if err != nil {
		return "", err
	}
	if err := b.Tag(tx, c.Conv, c.Manager, add, remove); err != nil {
		return "", err
	}
	now, err := tagsOf(tx, c.Conv.ID)
	switch {
	case err != nil:
		return "", err
	case len(now) > mostTags:
		return "", refusal.Because(refusal.Conflict, "A letter has %d tags at most.", mostTags)
	case len(now) == 0:
		return "It has no tags.", nil
	}
	return "Its tags: " + strings.Join(now, ", ") + ".", nil
}

func (b *Letterbox) doUrgent(tx *db.Tx, c *Call, args string) (string, error) {
	switch strings.ToLower(args) {
	case "", "on":
		return "", b.Urge(tx, c.Conv, c.Manager, true)
	case "off":
		return "", b.Urge(tx, c.Conv, c.Manager, false)
	}
	return "", refusal.Because(refusal.Invalid, "Behind /urgent there may be off, and nothing else.")
}

// doMerge makes another conversation of the same writer a part of this one. Two people's letters are never mixed (E14), and nobody
// learns that two made-up names are one. Whoever may not see one of them sees neither.
func (b *Letterbox) doMerge(tx *db.Tx, c *Call, args string) (string, error) {
	now, err := find(tx, c.Conv.ID)
	if err != nil {
		return "", err
	}
	other, err := b.ByCode(tx, c.Manager, args)
	switch same := other.Member == now.Member && (now.Member != 0 || other.Address.Key() == now.Address.Key()); {
	case err != nil:
		return "", err
	case other.ID == now.ID:
		return "", refusal.Because(refusal.Conflict, "That is this very letter.")
	case now.Anon || other.Anon || !same:
		return "", refusal.Because(refusal.NotAllowed, "Only letters that are known to be of the same person can be put together.")
	case now.circle || other.circle:
		return "", refusal.Because(refusal.NotAllowed, "One of them was given to you by the ombuds, as its writer wished, and stays by itself.")
	}
	if err := absorb(tx, now, other); err != nil {
		return "", err
	}
	if err := calendar.Clear(tx, Wake, int64(other.ID)); err != nil {
		return "", err
	}
	if now, err = find(tx, now.ID); err != nil {
		return "", err
	}
	for _, m := range now.excluded {
		if err := b.takeAway(tx, now, m); err != nil {
			return "", err
		}
	}
	if err := did(tx, now, c.Manager.ID, "put "+other.Code+" together with it"); err != nil {
		return "", err
	}
	c.Conv = now
	return other.Code + " is a part of " + now.Code + " now.", b.refile(tx, now)
}

// commandList is the table as mails show it.
func (b *Letterbox) commandList() []templates.CommandLine {
	var all []templates.CommandLine
	for _, v := range b.Verbs() {
		all = append(all, templates.CommandLine{Usage: v.Usage(), Help: v.Help})
	}
	return all
}

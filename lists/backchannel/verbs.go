package backchannel

import (
	"slices"
	"strings"

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
	Story     string          // of the letter; "" for the command line and for moves in IMAP
	In        *lists.Incoming // the letter, where there is one

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

type verb = command.Verb[*Call]

// Verbs are all commands that managers have, in the order in which help shows them. A file that has verbs of its own adds its rows here.
func (b *Letterbox) Verbs() command.Table[*Call] {
	return slices.Concat(b.noteVerbs(), b.stateVerbs(), b.helpVerbs())
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
	err = tx.Attempt(func() error {
		if said, wrong, err = command.Run(tx, call, calls); err != nil || wrong != nil {
			return err
		}
		return call.done(tx)
	})
	if wrong != nil {
		return nil, mistaken(wrong)
	}
	return said, err
}

// mistaken is a mistake as a refusal.
func mistaken(m *command.Mistake) error {
	if m.Why == "" {
		return refusal.Because(refusal.Invalid, "There is no command %q.", letter.ASCII(m.Line, 60)).Try("/help")
	}
	return refusal.Because(refusal.Invalid, "%s", m.Why).Try("%s", m.Usage)
}

// needLetter is the refusal of a verb that came without a letter that it could be about.
func needLetter(usage string) error {
	return refusal.Because(refusal.Invalid, "%s is about one letter. Please send it as a reply to that letter.", usage)
}

// helpVerbs tell about the commands themselves.
func (b *Letterbox) helpVerbs() command.Table[*Call] {
	return command.Table[*Call]{
		{Name: "help", Help: "This list.", Alone: true, Do: b.doHelp},
	}
}

func (b *Letterbox) doHelp(tx *db.Tx, c *Call, _ string) (string, error) {
	t := templates.CommandHelp{Community: c.Community.Name, Commands: b.commandList()}
	if c.Conv.ID != 0 {
		note, err := b.noteDoor(tx, c.Community, c.Conv, c.Manager)
		if err != nil {
			return "", err
		}
		t.Code, t.Member, t.Role, t.Note = c.Conv.Code, c.Conv.Name, b.role(tx, c.Conv, c.Manager), note.Address.String()
	}
	words, err := t.Render()
	if err != nil {
		return "", err
	}
	return "", b.tell(tx, c, words)
}

// tell sends a manager what a verb has to say. Where there is a letter, Reply goes to its member.
func (b *Letterbox) tell(tx *db.Tx, c *Call, words templates.Mail) (err error) {
	mail := notice.ToMember(c.Community, c.Manager, notice.Converse, words)
	mail.Story = c.Story
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
	_, err = b.toDesk(tx, now, c.Manager.ID, mail, reference{what: aWord})
	return err
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
	words, err := templates.CommandsDone{Code: now.Code, Member: now.Name, Said: said, Sent: a.sent, Role: b.role(tx, now, a.manager)}.Render()
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
	c.After(func(now Conv) error {
		if publicable != "" {
			if err := setPublicable(tx, now.ID, publicable); err != nil {
				return err
			}
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

// commandList is the table as mails show it.
func (b *Letterbox) commandList() []templates.CommandLine {
	var all []templates.CommandLine
	for _, v := range b.Verbs() {
		all = append(all, templates.CommandLine{Usage: v.Usage(), Help: v.Help})
	}
	return all
}

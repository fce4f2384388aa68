package backchannel

import (
	"backchannel/archive"
	"strings"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/command"
	"backchannel/templates"
)

// slashed tells whether a letter begins with a slash word.
func slashed(l *letter.Letter) bool {
	name, _ := command.Word(firstLine(l.NewText().Text))
	return name != ""
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

// alone does commands that a manager sends without a letter that they are about. They decide without a token, so they need a letter
// that is signed by its own domain, or a login (design.md section 6). Whatever is wrong, nothing is done and it comes back.
func (b *Letterbox) alone(tx *db.Tx, in *lists.Incoming) error { return b.aloneAbout(tx, in, 0) }

// aloneAbout is alone for the answer to an alarm about a thread.
func (b *Letterbox) aloneAbout(tx *db.Tx, in *lists.Incoming, thread archive.ThreadID) error {
	return b.aloneText(tx, in, strings.TrimSpace(in.Letter.NewText().Text), thread,
		"Your answer to an alarm begins with one of the commands in it; nothing was done, and nobody has read it.")
}

// aloneText is aloneAbout for the text of a letter as it is meant; without says what is wrong when there is no command in it.
func (b *Letterbox) aloneText(tx *db.Tx, in *lists.Incoming, text string, thread archive.ThreadID, without string) error {
	if in.Verdict != lists.Verified {
		return lists.NoSuchAddress()
	}
	if err := in.Filed(tx, "a manager's commands"); err != nil {
		return err
	}
	calls, rest, wrong := b.Verbs().Read(text)
	call := &Call{Manager: in.Sender, Community: in.Community, Story: in.Story, In: in, Text: rest, Thread: thread}
	switch {
	case wrong != nil:
	case len(calls) == 0:
		wrong = &command.Mistake{Line: firstLine(text), Why: without}
	case in.Token == nil && !signed(in):
		wrong = &command.Mistake{Line: firstLine(text), Why: "We cannot be sure enough that this comes from you: without a letter that it answers, a command needs a mail that is signed by your provider (DKIM)."}
	case !nameAlone(rest, in.Sender):
		wrong = &command.Mistake{Line: firstLine(text), Why: "There is text below it, and we do not know for whom."}
	}
	var said []string
	if wrong == nil {
		var err error
		if said, wrong, err = run(tx, call, calls); err != nil {
			return err
		}
	}
	if wrong != nil {
		words, err := templates.CommandReturned{
			Community: in.Community.Name, Line: wrong.Line, Why: wrong.Why, Usage: wrong.Usage, Text: templates.Said(text), Commands: b.commandList(),
		}.Render()
		if err != nil {
			return err
		}
		return b.tell(tx, call, words)
	}
	if len(said) == 0 {
		return nil
	}
	words, err := templates.CommandsDone{Community: in.Community.Name, Said: said}.Render()
	if err != nil {
		return err
	}
	return b.tell(tx, call, words)
}

// signed tells whether a letter is signed by its author's own domain, or came with a login.
func signed(in *lists.Incoming) bool {
	return in.Finding.Login || strings.Contains(in.Finding.AlignedBy, "dkim") || in.Policy == lists.Off
}

// nameAlone tells whether what stands below the commands is no text, but the manager's name.
func nameAlone(rest string, m lists.Member) bool {
	rest, _ = lists.Discreet(rest, m, []letter.Address{m.Address})
	rest = strings.Trim(strings.TrimSpace(rest), ".,–-")
	return rest == "" || strings.EqualFold(rest, m.FirstName()) || strings.EqualFold(rest, m.Name)
}

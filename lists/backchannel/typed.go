package backchannel

import (
	"slices"
	"strings"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/templates"
)

// Typed is an answer, or a note, as a manager typed it on a page.
type Typed struct {
	Text string
	Note bool // it is for managers only
	Rev  int  // what the page showed of the conversation
	Sure bool // the manager was shown every reason against exactly this text, and wants it
}

// Kept is what became of it.
type Kept struct {
	Sent     bool              // it is on its way, or was before
	Guards   []templates.Guard // every reason why not
	Text     string            // what would go out
	Sendable bool              // whoever is sure may send it as it stands
}

// FromPage does what a reply of a manager with this text does, by the same way and past the same guards. What would come back by mail comes
// back to the page instead. The same text a second time, from a page that did not show the first, is the first: a button was pressed
// twice. For whoever may not see the letter there is none.
func (b *Letterbox) FromPage(tx *db.Tx, m lists.Member, code string, typed Typed) (kept Kept, err error) {
	c, err := b.ByCode(tx, m, code)
	if err != nil {
		return kept, err
	}
	community, err := lists.CommunityByID(tx, c.Community)
	if err != nil {
		return kept, err
	}
	a := answer{conv: c, manager: m, note: typed.Note, rev: typed.Rev, decided: typed.Sure, page: &kept}
	if typed.Sure {
		a.text = typed.Text
	} else {
		b.readText(&a, letter.TrimText(typed.Text), typed.Text)
	}
	if line := a.commandLine(typed.Text); line != "" { // a page has buttons for them; a slip is never sent (G7)
		a.text, a.calls, a.wrong = typed.Text, nil, nil
		a.guard(templates.SlashLine, 1, line)
		err = b.giveBack(tx, community, a)
		return kept, err
	}
	if kept.Sent, err = b.already(tx, a); err != nil || kept.Sent {
		return kept, err
	}
	if typed.Sure && !typed.Note {
		if err := a.checkNews(tx); err != nil {
			return kept, err
		}
		if len(a.guards) > 0 {
			err = b.giveBack(tx, community, a)
			return kept, err
		}
	}
	if err := saw(tx, c.ID, m.ID, typed.Rev, viaWeb); err != nil {
		return kept, err
	}
	if err := b.handle(tx, community, a); err != nil {
		return kept, err
	}
	kept.Sent = len(kept.Guards) == 0
	return kept, nil
}

// commandLine is the line of a text on which a command stands, or a slip for one: its first, or the first that is left without quotes. "" is
// the rule.
func (a answer) commandLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	switch {
	case strings.HasPrefix(line, "/") || strings.HasPrefix(line, "／"):
		return strings.TrimSpace(line)
	case a.wrong != nil:
		return a.wrong.Line
	case len(a.calls) > 0:
		return a.calls[0].Line
	}
	return ""
}

// already tells whether a manager has said the same since what their page showed.
func (b *Letterbox) already(tx *db.Tx, a answer) (bool, error) {
	text, dir, err := a.text, dirOut, error(nil)
	if a.note {
		dir = dirNote
		var own []letter.Address
		if own, err = lists.Addresses(tx, a.manager.ID); err == nil {
			text, _ = lists.Discreet(text, a.manager, own)
		}
	} else if !a.decided {
		text, _, err = b.stripped(tx, a)
	}
	if err != nil {
		return false, err
	}
	text = strings.TrimSpace(text)
	since, err := said(tx, a.conv.ID, a.rev)
	return text != "" && slices.ContainsFunc(since, func(m message) bool {
		return m.dir == dir && m.author == a.manager.ID && strings.TrimSpace(m.text) == text
	}), err
}

// Lost notes that a manager wrote on the page of a letter which they may not see any more, as of a mailed answer (B15b). Of one that they may
// see nothing is lost.
func (b *Letterbox) Lost(tx *db.Tx, m lists.Member, code string) error {
	c, known, err := byCode(tx, m.Community, code)
	if err != nil || !known || c.mayRead(m) {
		return err
	}
	return notPassedOn(tx, c, m)
}

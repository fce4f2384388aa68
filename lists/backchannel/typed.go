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
// twice.
func (b *Letterbox) FromPage(tx *db.Tx, c Conv, m lists.Member, typed Typed) (Kept, error) {
	community, err := lists.CommunityByID(tx, c.Community)
	if err != nil {
		return Kept{}, err
	}
	var kept Kept
	a := answer{conv: c, manager: m, note: typed.Note, rev: typed.Rev, decided: typed.Sure, page: &kept}
	if !c.mayRead(m) {
		a.text = typed.Text
		a.guard(templates.NoAccess, 0, "")
		return kept, b.giveBack(tx, community, a)
	}
	if typed.Sure {
		a.text = typed.Text
	} else {
		b.readText(&a, letter.TrimText(typed.Text), typed.Text)
	}
	if line := commandLine(typed.Text); line != "" { // a page has buttons for them; a slip is never sent (G7)
		a.text, a.calls, a.wrong = typed.Text, nil, nil
		a.guard(templates.SlashLine, 1, line)
		return kept, b.giveBack(tx, community, a)
	}
	if kept.Sent, err = b.already(tx, a); err != nil || kept.Sent {
		return kept, err
	}
	if typed.Sure && !typed.Note {
		if err := a.checkNews(tx); err != nil {
			return kept, err
		}
		if len(a.guards) > 0 {
			return kept, b.giveBack(tx, community, a)
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

// commandLine is the first line of a text that begins with a slash; "" is the rule.
func commandLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if !strings.HasPrefix(line, "/") && !strings.HasPrefix(line, "／") {
		return ""
	}
	return strings.TrimSpace(line)
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

// keep gives an answer back to the page on which it was typed. That somebody wrote who may not see the conversation any more is noted as of a
// letter.
func (a answer) keep(tx *db.Tx) error {
	*a.page = Kept{Guards: a.guards, Text: a.text, Sendable: a.sendable()}
	if !a.has(templates.NoAccess) {
		return nil
	}
	return audit(tx, a.conv.Community, a.manager.ID, "not passed on", a.conv.Code, "may not see it any more")
}

package digest_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
)

// wishes says whether digests may name a member among the new ones.
func (w *town) wishes(m lists.Member, ok lists.IntroOK) {
	w.t.Helper()
	w.update(func(tx *db.Tx) error {
		m, err := lists.MemberByID(tx, m.ID)
		if m.IntroOK = ok; err != nil {
			return err
		}
		return lists.SaveMember(tx, m)
	})
}

// newHere are the names under NEW HERE.
func (a arrived) newHere() string {
	_, below, ok := strings.Cut(a.Text(), "NEW HERE\n\n")
	if !ok {
		return ""
	}
	section, _, _ := strings.Cut(below, "\n\n")
	return strings.Join(strings.Fields(section), " ")
}

// A digest names new members who posted or agreed (product.md A4), each reader hears it once, and who does not want it is not named though
// they post.
func TestWhoIsNamedAsNew(t *testing.T) {
	w := newTown(t)
	dana := w.reader("dana@north.example", "Dana Reyes")
	bill := w.reader("bill@south.example", "Bill Tan")
	ines := w.reader("ines@west.example", "Ines Roth")
	w.reader("quiet@east.example", "Quiet Reader")
	ada := w.reader("ada@nurses.example", "Ada Obi")
	w.wishes(ada, lists.IntroYes)
	w.wishes(ines, lists.IntroNo)
	w.due()
	w.say("Bill Tan <bill@south.example>", "Which compost?", "Mine is too wet.")
	w.say("Ines Roth <ines@west.example>", "Frost tonight", "Cover your seedlings.")
	w.at("5 Jun 06:00")
	all := w.due()
	if got := w.issue(all, "dana@north.example").newHere(); got != "* Bill Tan * Ada Obi" {
		t.Errorf("the first week: %q", got)
	}
	// Who was named is not named again, neither for a first post nor for the word; who agrees now is. Who left is nobody's business.
	w.wishes(w.reader("cy@east.example", "Cy Young"), lists.IntroYes)
	left := w.reader("left@east.example", "Leo Left")
	w.wishes(left, lists.IntroYes)
	w.update(func(tx *db.Tx) error { return lists.End(tx, left, lists.Left) })
	w.wishes(bill, lists.IntroYes)
	w.say("Ada Obi <ada@nurses.example>", "Beans", "They grow.")
	w.at("12 Jun 06:00")
	if got := w.issue(w.due(), "dana@north.example").newHere(); got != "* Cy Young" {
		t.Errorf("the second week: %q", got)
	}
	// A word that comes after the time in which one is new changes nothing.
	w.now = w.now.Add(lists.NewFor)
	w.wishes(dana, lists.IntroYes)
	w.say("Ines Roth <ines@west.example>", "Slugs", "Again.")
	w.now = w.now.Add(8 * 24 * time.Hour)
	for _, a := range w.due() {
		if got := a.newHere(); got != "" {
			t.Errorf("months later: %q", got)
		}
	}
}

// An introduction under #intro is shown with a line of it, also of somebody who was named before.
func TestAnIntroductionIsShown(t *testing.T) {
	w := newTown(t)
	w.reader("dana@north.example", "Dana Reyes")
	ada := w.reader("ada@nurses.example", "Ada Obi")
	w.wishes(ada, lists.IntroYes)
	w.due()
	w.say("Bill Tan <bill@south.example>", "Which compost?", "Mine is too wet.")
	w.at("5 Jun 06:00")
	w.due()
	w.say("Ada Obi <ada@nurses.example>", "Hello from Ada Obi #intro", "I run a list of volunteer nurses.")
	w.at("12 Jun 06:00")
	if got := w.issue(w.due(), "dana@north.example").newHere(); got != `* Ada Obi: "I run a list of volunteer nurses."` {
		t.Errorf("%q", got)
	}
}

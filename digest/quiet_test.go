package digest_test

import (
	"strings"
	"testing"

	"backchannel/archive/db"
	"backchannel/lists"
)

// A thread of which nothing can be shown, and one that only programs wrote in, take a line and no more; followed or pinned, a program's letter
// is shown like others.
func TestWhatTakesALine(t *testing.T) {
	w := newTown(t)
	dana := w.reader("dana@north.example", "Dana Reyes")
	w.reader("cy@east.example", "Cy Young")
	w.update(func(tx *db.Tx) error {
		_, err := lists.Follow(tx, dana.ID, "pump")
		return err
	})
	w.due()
	w.at("2 Jun 09:00")
	w.say("Bill Tan <bill@south.example>", "Seeds came", "")
	w.say("Pump watch <noreply@pumps.example>", "#pump Well is low", "The level is 40 cm.")
	w.say("Bill Tan <bill@south.example>", "Frost tonight", "Cover your seedlings.")
	w.at("5 Jun 06:00")
	all := w.due()
	for who, shown := range map[string]bool{"dana@north.example": true, "cy@east.example": false} {
		a := w.issue(all, who)
		text := a.Text()
		_, brief, _ := strings.Cut(text, "IN BRIEF")
		if !strings.Contains(brief, "Seeds came") || strings.Contains(text, "The level is") != shown || strings.Contains(brief, "Well is low") == shown || strings.Contains(brief, "Frost") {
			t.Errorf("%s reads\n%s", who, text)
		}
		if !shown && !strings.HasPrefix(a.Subject(), "Frost tonight, ") {
			t.Errorf("the subject is %q", a.Subject())
		}
	}
}

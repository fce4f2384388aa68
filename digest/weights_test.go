package digest_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/digest"
	"backchannel/lists"
)

// The operator's weights make the order, the preview's too, and what counts for nothing is no reason that is printed.
func TestTheOperatorsWeights(t *testing.T) {
	week := func(weights digest.Weights) (text string, again string) {
		w := newTown(t)
		w.editor.Weights = weights
		dana := w.reader("dana@north.example", "Dana Reyes")
		w.update(func(tx *db.Tx) error {
			_, err := lists.Follow(tx, dana.ID, "roles")
			return err
		})
		w.due()
		w.say("Bill Tan <bill@south.example>", "The #roles we have", "A chair and a treasurer.")
		first := w.say("Ines Roth <ines@west.example>", "Frost tonight", "Cover your seedlings.")
		w.now = w.now.Add(time.Hour)
		w.say("Alison Graf <alison@east.example>", "Re: Frost tonight", "Fleece is enough.", re(first))
		w.at("5 Jun 06:00")
		preview := func() string {
			var raw []byte
			w.update(func(tx *db.Tx) error {
				mail, err := w.editor.Preview(tx, dana, lists.FormatText)
				if err == nil {
					raw = []byte(mail.Words.Text)
				}
				return err
			})
			return string(raw)
		}
		text, again = preview(), preview()
		return text, again
	}
	followed := "(you follow #roles)"
	usual, again := week(digest.Weights{})
	if roles, frost := strings.LastIndex(usual, "The #roles we have"), strings.LastIndex(usual, "Frost tonight"); roles > frost || !strings.Contains(strings.Join(strings.Fields(usual), " "), followed) {
		t.Errorf("usual weights:\n%s", usual)
	}
	if usual != again {
		t.Error("the same input gave other bytes")
	}
	if same, _ := week(digest.DefaultWeights()); same != usual {
		t.Errorf("no weights are not the usual ones:\n%s", same)
	}
	w := digest.DefaultWeights()
	w.Follow = 0
	other, again := week(w)
	if roles, frost := strings.LastIndex(other, "The #roles we have"), strings.LastIndex(other, "Frost tonight"); roles < frost || strings.Contains(other, "you follow") {
		t.Errorf("tags that count for nothing:\n%s", other)
	}
	if other != again {
		t.Error("the same input gave other bytes")
	}
}

// A thread for which nothing speaks, here because its one post is a build server's, stands in the managers' preview with 0.
func TestThePreviewOfAThreadWithoutAScore(t *testing.T) {
	w := newTown(t)
	w.reader("dana@north.example", "Dana Reyes")
	w.editor.Weights = digest.Weights{People: 3, HalfLife: 7}
	w.due()
	w.say("Builds <ci@build.example>", "Nightly build failed", "It was red.", "X-Jenkins-Result: FAILURE")
	w.at("4 Jun 06:00")
	all := to(w.due(), "mira@lowe.example")
	if len(all) != 1 || !strings.Contains(all[0].Text(), "1   0.0  Nightly build failed") {
		t.Fatalf("%d previews:\n%s", len(all), all[0].Text())
	}
}

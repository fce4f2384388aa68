package moderation_test

import (
	"strings"
	"testing"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
)

// What a manager asked and the author answered stands beside a post for the other managers as long as it waits, and no longer: FORGET takes
// the answer, a decision both.
func TestTalkAboutAHeldPostIsForgotten(t *testing.T) {
	v := mailroomtest.New(t)
	set(v, dana, func(m *lists.Member) { m.Trust = lists.New })
	v.MustSend(post{From: dana, To: talk, Subject: "Beans", Body: "They climb."})
	v.MustSend(answer(mira, held(t, v.Deliver(), mira), "ASK zzwhy now?"))
	v.MustSend(answer(dana, v.One(to(v.Deliver(), dana), dana), "zzbecause it is June"))
	row := func(word string) bool {
		for line := range strings.Lines(dbtest.Dump(t, v.DB)) {
			if strings.HasPrefix(line, "held: ") && strings.Contains(line, word) {
				return true
			}
		}
		return false
	}
	v.View(func(tx *db.Tx) error {
		one, over, err := v.Desk.Look(tx, v.Member(theo), 1)
		if err != nil || over != nil || one.Question != "zzwhy now?" || one.Post.Said != "zzbecause it is June" {
			t.Errorf("%+v %v %v", one, over, err)
		}
		return nil
	})
	v.Update(func(tx *db.Tx) error { return v.Desk.Erase(tx, v.Member(dana), tx.Now) })
	if !row("zzwhy") || row("zzbecause") {
		t.Error("FORGET takes the answer, and nothing else")
	}
	v.MustSend(answer(mira, held(t, v.Deliver(), mira), "OK"))
	if row("zzwhy") {
		t.Error("the question outlives the decision")
	}
	v.View(func(tx *db.Tx) error {
		_, over, err := v.Desk.Look(tx, v.Member(theo), 1)
		if err != nil || over == nil || over.By != "Mira" {
			t.Errorf("%+v %v", over, err)
		}
		return nil
	})
}

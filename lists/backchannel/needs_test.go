package backchannel_test

import (
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists/backchannel"
)

// B13: people are counted, not letters; reports, restricted letters and letters without a name are left out.
func TestCountTags(t *testing.T) {
	v := newVillage(t)
	write := func(who, subject string) string {
		v.MustSend(post{From: who, To: managers, Subject: subject, Body: "About " + subject + "."})
		v.Now = v.Now.Add(time.Hour)
		return code(v.One(v.Deliver(), mira))
	}
	for _, who := range []string{dana, dana, bill} {
		do(v, mira, write(who, "sponsors"), "/tag sponsors")
	}
	hidden := write("alison@east.example", "hidden")
	do(v, mira, hidden, "/tag sponsors")
	do(v, mira, hidden, "/exclude theo")
	v.View(func(tx *db.Tx) error {
		got, err := backchannel.CountTags(tx, v.C.ID, v.Now.AddDate(0, 0, -2), v.Now)
		if len(got) != 1 || got[0].Tag != "sponsors" || got[0].Voices != 2 {
			t.Errorf("%+v", got)
		}
		return err
	})
}

package backchannel_test

import (
	"fmt"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists/backchannel"
)

// answered is what a digest may tell of the last day.
func answered(v *village) (letters, bridged int) {
	v.T.Helper()
	v.View(func(tx *db.Tx) (err error) {
		letters, bridged, err = backchannel.Answered(tx, v.C.ID, v.Now.AddDate(0, 0, -1), v.Now.Add(time.Second))
		return err
	})
	return letters, bridged
}

// A4: a digest tells how many letters were answered only from five on, and never counts one that a manager may not see.
func TestAnsweredLettersOfADigest(t *testing.T) {
	v := newVillage(t)
	write := func(who, subject string) arrived {
		v.MustSend(post{From: who, To: managers, Subject: subject, Body: "About " + subject + "."})
		v.Now = v.Now.Add(time.Hour)
		return v.One(v.Deliver(), mira)
	}
	for i := range 4 {
		v.MustSend(answer(mira, write(dana, fmt.Sprint("question ", i)), "Yes, of course you may."))
		v.Deliver()
	}
	if n, m := answered(v); n != 0 || m != 0 {
		t.Errorf("of four letters it tells %d and %d", n, m)
	}
	hidden := write(bill, "hidden")
	v.MustSend(answer(mira, hidden, "Not like that."))
	v.Deliver()
	do(v, mira, code(hidden), "/exclude theo")
	write(bill, "open") // nobody has answered it
	if n, m := answered(v); n != 0 || m != 0 {
		t.Errorf("with a letter that Theo may not see it tells %d and %d", n, m)
	}
	v.MustSend(answer(mira, write("alison@east.example", "public"), "/public Subject: Ladders\nWho has a ladder?"))
	all := v.Deliver()
	if n, m := answered(v); n != 0 || m != 0 {
		t.Errorf("a letter that was asked about was not answered: %d and %d", n, m)
	}
	v.MustSend(answer("alison@east.example", v.One(all, "alison@east.example"), "YES"))
	v.Deliver()
	v.MustSend(answer(mira, write(dana, "question 5"), "Yes, you may that, too."))
	v.Deliver()
	if n, m := answered(v); n != 5 || m != 1 {
		t.Errorf("%d answered, %d bridged; want 5 and 1", n, m)
	}
}

// The ledger knows of a letter what figures need, and of hidden ones, reports, strangers and thanks nothing (FC10).
func TestLedger(t *testing.T) {
	v := newVillage(t)
	since := v.Now
	write := func(who, subject string) string {
		v.MustSend(post{From: who, To: managers, Subject: subject, Body: "About " + subject + "."})
		v.Now = v.Now.Add(time.Hour)
		return code(v.One(v.Deliver(), mira))
	}
	first, second, hidden := write(dana, "one"), write(dana, "two"), write(bill, "three")
	do(v, mira, first, "/tag sponsors fees")
	do(v, mira, second, "/close p")
	do(v, mira, hidden, "/exclude theo")
	v.MustSend(post{From: bill, To: "report@gardeners.example", Subject: "Rude", Body: "That was rude."})
	v.MustSend(post{From: olga, To: managers, Subject: "Press", Body: "May I write about you?"})
	v.Deliver()
	v.View(func(tx *db.Tx) error {
		all, err := backchannel.Ledger(tx, v.C.ID, since)
		if len(all) != 2 {
			t.Fatalf("%+v", all)
		}
		a, b := all[0], all[1]
		if a.Code != first || !a.First || a.Public || !a.Closed.IsZero() || fmt.Sprint(a.Tags) != "[fees sponsors]" || a.Member == 0 || a.Voice == "" {
			t.Errorf("%+v", a)
		}
		if b.Code != second || b.First || !b.Public || b.Closed.IsZero() || !b.Published.IsZero() || b.Digest || b.Voice != a.Voice {
			t.Errorf("%+v", b)
		}
		return err
	})
}

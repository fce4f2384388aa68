package backchannel_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/smtpd/queue"
)

// hour passes hours one by one, as a running server meets them, and gives everything that was sent.
func hours(v *village, n int) (all []arrived) {
	v.T.Helper()
	for range n {
		v.Pass(time.Hour)
		all = append(all, v.Deliver()...)
	}
	return all
}

// setCommunity changes Gardeners.
func setCommunity(v *village, change func(*lists.Community)) {
	v.T.Helper()
	v.Update(func(tx *db.Tx) error {
		c, err := lists.CommunityByID(tx, v.C.ID)
		if err != nil {
			return err
		}
		change(&c)
		return lists.SaveCommunity(tx, c)
	})
}

const aSand = "ombuds@sand.example" // whom withOmbuds names

// B11: half of the time, all of it, twice as much. The letter comes on Friday at 10:00 in Berlin; 24 duty hours end on Tuesday at 10:00.
func TestNobodyAnswers(t *testing.T) {
	v := mailroomtest.New(t)
	withOmbuds(v)
	all := ask(v, "A question", "zzasked")
	says(t, v.One(all, mira), "Answer due Tuesday, 16 June at 10:00.")
	k := code(v.One(all, mira))
	if all := hours(v, 71); len(all) != 0 { // to Monday, 09:00
		t.Fatalf("over the weekend:\n%s", mailroomtest.Subjects(all))
	}
	all = hours(v, 1)
	if v.Now.Format("Mon 15:04") != "Mon 08:00" || len(all) != 2 {
		t.Fatalf("%s: %s", v.Now, mailroomtest.Subjects(all))
	}
	half := v.One(all, mira)
	if half.Subject() != "[BC "+k+"] due in 12 h" {
		t.Errorf("half: %s", half.Subject())
	}
	says(t, half, "It is due Tuesday, 16 June at 10:00", "zzasked", "your text goes to Dana Reyes")
	all = hours(v, 24)
	if got, want := mailroomtest.Subjects(all), fmt.Sprintf("mira@lowe.example: [BC %s] overdue, nobody has answered Dana Reyes\ntheo@brandt.example: [BC %[1]s] overdue, nobody has answered Dana Reyes", k); got != want {
		t.Errorf("at the end: %s", got)
	}
	all = hours(v, 48)
	still, outside := v.One(all, dana), v.One(all, aSand)
	says(t, still, "You wrote on Friday, 12 June at 10:00 and nobody has answered. That is our failure, not your question.", "Mira and Theo were reminded", "now knows that it is waiting", "URGENT")
	says(t, outside, "a letter", "It is called "+k, "6 days ago")
	hides(t, outside, "zzasked", "Dana", "north.example", "A question")
	says(t, v.One(all, mira), "We have told Dana Reyes so, and the ombuds that a letter waits")
	if len(all) != 4 {
		t.Errorf("at 200 %%: %s", mailroomtest.Subjects(all))
	}
	if all := hours(v, 24*10); len(all) != 0 {
		t.Errorf("and then: %s", mailroomtest.Subjects(all))
	}
	v.MustSend(answer(dana, still, "Hello?"))
	all = hours(v, 24*3)
	if !strings.Contains(mailroomtest.Subjects(all), "due in 12 h") {
		t.Errorf("whoever writes again waits without a clock: %s", mailroomtest.Subjects(all))
	}
	v.MustSend(answer(theo, to(all, theo)[0], "Sorry. Yes."))
	says(t, v.One(to(v.Deliver(), dana), dana), "Sorry. Yes.")
	v.MustSend(answer(dana, still, "Thanks, and one more thing?"))
	v.One(v.Deliver(), mira)
	if all := hours(v, 24*3); !strings.Contains(mailroomtest.Subjects(all), "due in 12 h") {
		t.Errorf("the next letter has no clock: %s", mailroomtest.Subjects(all))
	}
}

// An answer, closing and putting off stop the clock; what is taken up again has a fresh one.
func TestTheClockStops(t *testing.T) {
	for what, do := range map[string]string{"an answer": "Yes, do.", "closing": "/close", "putting off": "/snooze 4w"} {
		v := mailroomtest.New(t)
		v.MustSend(answer(mira, v.One(ask(v, "A question", "zzasked"), mira), do))
		v.Deliver()
		if all := hours(v, 24*14); len(all) != 0 {
			t.Errorf("after %s: %s", what, mailroomtest.Subjects(all))
		}
	}
	v := mailroomtest.New(t)
	hers := v.One(ask(v, "A question", "zzasked"), mira)
	v.MustSend(answer(mira, hers, "/close"))
	hours(v, 24*7)
	v.MustSend(answer(mira, hers, "/reopen")) // Friday again
	v.Deliver()
	if all := hours(v, 71); len(all) != 0 {
		t.Errorf("the old clock goes on: %s", mailroomtest.Subjects(all))
	}
	if all := hours(v, 1); len(to(all, mira)) != 1 || !strings.Contains(mailroomtest.Subjects(all), "due in 12 h") {
		t.Errorf("no fresh clock: %s", mailroomtest.Subjects(all))
	}
}

// While the server was down everything fell due: each gets one mail, the last.
func TestTheServerWasDown(t *testing.T) {
	v := mailroomtest.New(t)
	withOmbuds(v)
	ask(v, "A question", "zzasked")
	v.Pass(30 * 24 * time.Hour)
	all := v.Deliver()
	for _, who := range []string{mira, theo, dana, aSand} {
		v.One(all, who)
	}
	v.Pass(30 * 24 * time.Hour)
	if all = v.Deliver(); len(all) != 0 {
		t.Errorf("and then: %s", mailroomtest.Subjects(all))
	}
}

// URGENT, alone, is the writer's own word: everybody gets the letter once more, and the shorter clock begins.
func TestTheWriterSaysUrgent(t *testing.T) {
	v := mailroomtest.New(t)
	ack := v.One(ask(v, "A question", "zzasked"), dana)
	v.MustSend(answer(dana, ack, "URGENT"))
	all := v.Deliver()
	says(t, v.One(all, mira), "zzasked", "Dana Reyes says that it is urgent.", "Answer due Friday, 12 June at 18:00.")
	says(t, v.One(all, theo), "zzasked")
	says(t, v.One(all, dana), "marked as urgent now", "Mira and Theo")
	if all := hours(v, 4); len(all) != 2 || !strings.HasSuffix(all[0].Subject(), "due in 4 h") {
		t.Errorf("after 4 hours: %s", mailroomtest.Subjects(all))
	}
	// Others cannot say so, and a sentence is a letter.
	if _, err := v.Send(answer(bill, ack, "URGENT")); err == nil {
		v.One(v.Deliver(), bill)
	}
	v.MustSend(answer(dana, ack, "URGENT? I am not sure."))
	says(t, v.One(to(v.Deliver(), mira), mira), "I am not sure")
}

// An excluded manager hears nothing of it, whatever the letter comes to.
func TestTheClockKeepsExclusions(t *testing.T) {
	v := mailroomtest.New(t)
	withOmbuds(v)
	v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: managers, Subject: "A question", Body: "I think Theo was wrong about the beans."})
	nothing(t, v.Deliver(), theo)
	all := hours(v, 24*14)
	nothing(t, all, theo)
	for _, who := range []string{dana, aSand} {
		hides(t, v.One(all, who), "Theo")
	}
	if len(to(all, mira)) != 3 {
		t.Errorf("Mira got %s", mailroomtest.Subjects(all))
	}
}

// A manager who has taken a letter is the one who is reminded first; strangers have no clock.
func TestWhoIsReminded(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(answer(mira, v.One(ask(v, "A question", "zzasked"), mira), "/mine"))
	v.Deliver()
	all := hours(v, 72)
	says(t, v.One(all, mira), "you have taken the letter")
	nothing(t, all, theo)
	w := mailroomtest.New(t)
	w.MustSend(post{From: olga, To: managers, Subject: "Press", Body: "May I ask?"})
	w.Deliver()
	if all := hours(w, 24*14); len(all) != 0 {
		t.Errorf("a stranger's letter: %s", mailroomtest.Subjects(all))
	}
}

// M2 promises what is known and true: how soon four of five letters were answered, and nothing while there are few.
func TestTheAcknowledgementTellsTheUsualTime(t *testing.T) {
	v := mailroomtest.New(t)
	v.Now = time.Date(2026, 6, 15, 7, 0, 0, 0, time.UTC) // Monday, 09:00 in Berlin
	for i := range 6 {
		all := ask(v, fmt.Sprintf("Question %d", i), "zzasked")
		if ack := to(all, dana); i < 5 && len(ack) > 0 {
			hides(t, ack[0], "usually")
		} else if i == 5 {
			says(t, v.One(all, dana), "Somebody usually answers within 3 hours on working days.")
		}
		hours(v, 3)
		v.MustSend(answer(mira, v.One(all, mira), "Yes."))
		v.Deliver()
		v.Pass(21 * time.Hour)
		if v.Now.Weekday() == time.Saturday {
			v.Pass(48 * time.Hour)
		}
	}
}

// The calendar of another process keeps the same date once.
func TestTwoCalendarsRemindOnce(t *testing.T) {
	v := mailroomtest.New(t)
	ask(v, "A question", "zzasked")
	v.Now = v.Now.Add(72 * time.Hour)
	second := v.AnotherCalendar()
	for range 2 {
		if _, failed, err := second.RunDue(context.Background()); err != nil || failed != 0 {
			t.Fatal(failed, err)
		}
		v.Pass(0)
	}
	if all := v.Deliver(); len(all) != 2 {
		t.Errorf("reminded: %s", mailroomtest.Subjects(all))
	}
}

// When the word to the ombuds that a report waits comes back, who reports hears of it: they were promised that the ombuds would know.
func TestTheWordThatAReportWaitsComesBack(t *testing.T) {
	v := mailroomtest.New(t)
	withOmbuds(v)
	v.Add(v.C, "jonas@weil.example", "Jonas Weil", lists.RoleManager)
	v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: "report@gardeners.example", Subject: "A report", Body: "Theo was rude about my beans. zzasked"})
	v.Deliver()
	v.Refuse(func(a letter.Address) (queue.Outcome, bool) {
		return queue.Outcome{Kind: queue.Failed, Stage: queue.StageRcpt, Code: 550, Enhanced: "5.1.1", Text: "zzcanary", Host: "mx.example"}, a.String() == aSand
	})
	all := hours(v, 8)
	all = append(all, v.Deliver()...)
	got := v.One(to(all, dana), dana)
	says(t, got, "Nobody has answered your letter yet", "came back (550 5.1.1). So the ombuds does not know that it waits.", "Mira and Jonas can read it")
	hides(t, got, "zzcanary", aSand, "Theo")
	nothing(t, all, theo)
}

// A report has the shorter time, and its ombuds was promised to hear at the end of it.
func TestNobodyAnswersAReport(t *testing.T) {
	v := mailroomtest.New(t)
	withOmbuds(v)
	v.Add(v.C, "jonas@weil.example", "Jonas Weil", lists.RoleManager)
	v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: "report@gardeners.example", Subject: "A report", Body: "Theo was rude about my beans. zzasked"})
	all := v.Deliver()
	says(t, v.One(all, dana), "within 8 hours")
	nothing(t, all, theo)
	all = hours(v, 8)
	outside := v.One(all, aSand)
	says(t, outside, "a report", "These managers were reminded: Mira and Jonas.")
	hides(t, outside, "zzasked", "Dana", "Theo", "beans")
	all = append(all, hours(v, 24*7)...)
	nothing(t, all, theo)
	v.One(all, aSand)
	says(t, v.One(all, dana), "nobody has answered", "Mira and Jonas were reminded")
}

package backchannel_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
)

// setStage says how far a list has come.
func setStage(v *village, l *lists.List, s lists.Stage) {
	v.T.Helper()
	l.Stage = s
	v.Update(func(tx *db.Tx) error { return lists.SaveList(tx, *l) })
}

// C2: while a list is founding managers answer its members within 4 duty hours, or sooner when they want that; nobody else's clock changes.
func TestManagersOfAFoundingListAnswerSooner(t *testing.T) {
	const jobber, usual, soon = "joe@jobs.example", "Answer due Tuesday, 16 June at 10:00.", "Answer due Friday, 12 June at 14:00."
	for name, step := range map[string]struct {
		talk, jobs lists.Stage
		from       string
		due        int
		want       string
	}{
		"on the list":                 {lists.Founding, lists.Growing, dana, 0, soon},
		"on another one":              {lists.Founding, lists.Growing, jobber, 0, usual},
		"all lists are founding":      {lists.Founding, lists.Founding, jobber, 0, soon},
		"growing":                     {lists.Growing, lists.Rooted, dana, 0, usual},
		"managers want it sooner yet": {lists.Founding, lists.Growing, dana, 2, "Answer due Friday, 12 June at 12:00."},
	} {
		t.Run(name, func(t *testing.T) {
			v := mailroomtest.New(t)
			v.Add(v.C, jobber, "Joe Jobber", lists.RoleMember, v.Jobs)
			setStage(v, &v.Talk, step.talk)
			setStage(v, &v.Jobs, step.jobs)
			if step.due != 0 {
				setCommunity(v, func(c *lists.Community) { c.Duty.Due, c.Duty.Urgent = step.due, 1 })
			}
			v.MustSend(post{From: step.from, To: "managers@gardeners.example", Subject: "A question", Body: "zzasked"})
			says(t, v.One(v.Deliver(), mira), step.want)
		})
	}
}

// The reminders follow the sooner clock, and the slower one when the list has grown meanwhile.
func TestRemindersOfAFoundingList(t *testing.T) {
	v := mailroomtest.New(t)
	setStage(v, &v.Talk, lists.Founding)
	k := code(v.One(ask(v, "A question", "zzasked"), mira))
	for _, step := range []struct {
		hours int
		want  string
	}{{2, "[BC " + k + "] due in 2 h"}, {2, "[BC " + k + "] overdue, nobody has answered Dana Reyes"}} {
		if all := hours(v, step.hours); len(all) == 0 || v.One(all, mira).Subject() != step.want {
			t.Errorf("%s: %s", v.Now.Format("15:04"), mailroomtest.Subjects(all))
		}
	}
	if still := v.One(hours(v, 4), dana); !strings.Contains(still.Text(), "nobody has answered") {
		t.Errorf("after twice the time:\n%s", still.Text())
	}
	k = code(v.One(ask(v, "Another one", "zzmore"), mira))
	setStage(v, &v.Talk, lists.Growing)
	if all := hours(v, 11); len(all) != 0 {
		t.Errorf("grown meanwhile: %s", mailroomtest.Subjects(all))
	}
	if v.Now.Weekday() != time.Saturday {
		t.Errorf("it is %s", v.Now)
	}
	if all := hours(v, 61); !strings.Contains(mailroomtest.Subjects(all), "[BC "+k+"] due in 12 h") {
		t.Errorf("the usual clock does not run: %s", mailroomtest.Subjects(all))
	}
}

// Of a writer without a name the time to an answer tells nothing: it follows what the letter is about, and never who wrote it.
func TestTheSoonerClockTellsNothingOfAVoice(t *testing.T) {
	v := mailroomtest.New(t)
	setStage(v, &v.Talk, lists.Founding)
	for i := range 6 {
		v.Add(v.C, fmt.Sprintf("m%d@d%d.example", i, i), fmt.Sprintf("Member Nr%d", i), lists.RoleMember)
	}
	v.MustSend(post{From: dana, To: "anon@gardeners.example", Subject: "A question", Body: "zzasked"})
	v.MustSend(answer(dana, v.One(v.Deliver(), dana), "YES"))
	v.Deliver()
	v.Pass(61 * time.Minute)
	says(t, v.One(v.Deliver(), mira), "zzasked")
	if all := hours(v, 9); len(all) != 0 {
		t.Errorf("reminded as of a letter from the list:\n%s", mailroomtest.Subjects(all))
	}
	setStage(v, &v.Jobs, lists.Founding) // then it is so for everybody
	if all := hours(v, 72); !strings.Contains(mailroomtest.Subjects(all), "overdue") {
		t.Errorf("all lists are founding:\n%s", mailroomtest.Subjects(all))
	}
}

// What a report's writer is told is the same sooner time.
func TestAReportOfAFoundingList(t *testing.T) {
	v := mailroomtest.New(t)
	setStage(v, &v.Talk, lists.Founding)
	v.MustSend(post{From: dana, To: "report@gardeners.example", Subject: "Bill Tan", Body: "zzasked"})
	says(t, v.One(v.Deliver(), dana), "within 4 hours")
}

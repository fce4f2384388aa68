package lists_test

import (
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/smtpd/bounce"
)

// M18: what a failure counts.
func TestWeigh(t *testing.T) {
	for class, want := range map[bounce.Class]float64{
		bounce.Gone: 1, bounce.Full: 0.25, bounce.Unclear: 0.5, bounce.Refused: 0, bounce.Later: 0, bounce.Fine: 0, "": 0,
	} {
		q, dead := lists.Weigh(bounce.Failure{Class: class})
		if q.Points() != want || dead != (class == bounce.Gone) {
			t.Errorf("%s: %v points, dead %v", class, q.Points(), dead)
		}
	}
}

// M19: 5 points in 30 days, or dead on 3 days; 14 days of peace forgive everything.
func TestTally(t *testing.T) {
	now := time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC)
	ago := func(days ...int) (all []time.Time) {
		for _, d := range days {
			all = append(all, now.AddDate(0, 0, -d))
		}
		return all
	}
	var daily []int
	for d := 29; d >= 0; d-- {
		daily = append(daily, d)
	}
	for name, c := range map[string]struct {
		at      []time.Time
		each    lists.Quarters
		dead    bool
		points  float64
		suspect bool
	}{
		"nothing":                          {nil, 4, true, 0, false},
		"dead twice":                       {ago(2, 1), 4, true, 2, false},
		"dead three times":                 {ago(9, 4, 0), 4, true, 3, true},
		"dead three times, peace between":  {ago(20, 3, 0), 4, true, 2, false},
		"dead three times, and then peace": {ago(20, 19, 18), 4, true, 0, false},
		"14 days are not enough":           {ago(16, 15, 14), 4, true, 3, true},
		"unclear, nine times":              {ago(9, 8, 7, 6, 5, 4, 3, 2, 1), 2, false, 4.5, false},
		"unclear, ten times":               {ago(10, 9, 8, 7, 6, 5, 4, 3, 2, 1), 2, false, 5, true},
		"full, for a month":                {ago(daily...), 1, false, 7.5, true},
		"full, for 19 days":                {ago(daily[11:]...), 1, false, 4.75, false},
		"older than 30 days":               {ago(40, 31, 20, 8, 1), 2, false, 1.5, false},
		"in the future, by another clock":  {ago(-3, -2, -1), 4, true, 0, false},
	} {
		var all []lists.Bounce
		for _, at := range c.at {
			all = append(all, lists.Bounce{At: at, Quarters: c.each, Dead: c.dead})
		}
		if s := lists.Tally(all, now); s.Quarters.Points() != c.points || s.Suspect() != c.suspect {
			t.Errorf("%s: %+v, want %v points, suspect %v", name, s, c.points, c.suspect)
		}
	}
}

// One letter that fails for many is our failure, or its own; a few dead addresses on a large list are not.
func TestOurFailureRule(t *testing.T) {
	for _, c := range []struct {
		failed, readers int
		want            bool
	}{{4, 4, false}, {5, 5, true}, {5, 15, true}, {5, 16, false}, {20, 100, false}, {34, 100, true}, {5, 0, true}} {
		if got := lists.OurFailure(c.failed, c.readers); got != c.want {
			t.Errorf("%d of %d: %v", c.failed, c.readers, got)
		}
	}
}

// D1: a day counts once, with its heaviest; what one letter counted can be taken back.
func TestADayCountsOnce(t *testing.T) {
	g := newGarden(t)
	dana := g.add("dana@north.example", "Dana Reyes", lists.RoleMember)
	note := func(q lists.Quarters, about string) (s lists.Score) {
		t.Helper()
		if err := g.update(func(tx *db.Tx) (err error) {
			if err := lists.NoteBounce(tx, dana.ID, lists.Bounce{At: tx.Now, Quarters: q, Dead: q == 4, About: "x@y.example", Why: "550 5.1.1\r\nno such user"}); err != nil {
				return err
			}
			s, err = lists.ScoreOf(tx, dana.ID)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return s
	}
	for i, c := range []struct{ q, want lists.Quarters }{{1, 1}, {4, 4}, {2, 4}, {4, 4}} {
		if s := note(c.q, ""); s.Quarters != c.want || s.Why != "550 5.1.1 no such user" {
			t.Errorf("%d: %+v", i, s)
		}
	}
	g.now = g.now.Add(24 * time.Hour)
	if s := note(4, ""); s.Quarters != 8 || s.Dead != 2 {
		t.Errorf("the next day: %+v", s)
	}
	if err := g.update(func(tx *db.Tx) error { return lists.VoidBounces(tx, "x@y.example") }); err != nil {
		t.Fatal(err)
	}
	g.now = g.now.Add(24 * time.Hour)
	if s := note(1, ""); s.Quarters != 1 {
		t.Errorf("after it was taken back: %+v", s)
	}
}

// M19: paused is not removed, and over as soon as they are heard; who leaves meanwhile leaves nothing behind.
func TestPauseAndResume(t *testing.T) {
	g := newGarden(t)
	dana := g.add("dana@north.example", "Dana Reyes", lists.RoleMember)
	do := func(fn func(tx *db.Tx) error) {
		t.Helper()
		if err := g.update(fn); err != nil {
			t.Fatal(err)
		}
	}
	since := g.now.Add(-72 * time.Hour)
	do(func(tx *db.Tx) error { return lists.Subscribe(tx, dana.ID, g.talk.ID, lists.Each) })
	do(func(tx *db.Tx) error {
		if err := lists.NoteBounce(tx, dana.ID, lists.Bounce{At: tx.Now, Quarters: 4, Dead: true, About: "lost@y.example", Why: "x"}); err != nil {
			return err
		}
		return lists.PauseMember(tx, dana, since, "550 5.1.1")
	})
	pause := func() (p lists.Pause, ok bool) {
		do(func(tx *db.Tx) (err error) {
			if dana, err = lists.MemberByID(tx, dana.ID); err != nil {
				return err
			}
			p, ok, err = lists.PauseOf(tx, dana.ID)
			return err
		})
		return p, ok
	}
	if p, ok := pause(); !ok || dana.State != lists.Paused || !p.At.Equal(g.now) || !p.Since.Equal(since) || !p.Until.IsZero() || p.Why != "550 5.1.1" {
		t.Errorf("%s, %+v", dana.State, p)
	}
	g.now = g.now.Add(time.Hour)
	do(func(tx *db.Tx) error { _, err := lists.ResumeMember(tx, dana); return err })
	p, _ := pause()
	if dana.State != lists.Active || !p.Until.Equal(g.now) {
		t.Errorf("%s, %+v", dana.State, p)
	}
	do(func(tx *db.Tx) error {
		s, _, err := lists.SubscriptionOf(tx, dana.ID, g.talk.ID)
		if !s.Changed.Equal(g.now) || s.Since.Equal(g.now) {
			t.Errorf("subscribed since %v, in this way since %v", s.Since, s.Changed)
		}
		if err != nil {
			return err
		}
		missed, err := lists.Missed(tx, dana.ID)
		score, err2 := lists.ScoreOf(tx, dana.ID)
		if len(missed) != 1 || missed[0] != "lost@y.example" || score.Quarters != 0 || err2 != nil {
			t.Errorf("missed %q, score %+v, %v", missed, score, err2)
		}
		if err != nil {
			return err
		}
		return lists.EndPause(tx, dana.ID)
	})
	if _, ok := pause(); ok {
		t.Error("the pause is still there")
	}
	do(func(tx *db.Tx) error { return lists.PauseMember(tx, dana, tx.Now, "x") })
	do(func(tx *db.Tx) error { return lists.End(tx, dana, lists.Left) })
	if _, ok := pause(); ok || dana.State != lists.Left {
		t.Error("somebody who left is still paused")
	}
	do(func(tx *db.Tx) error { return lists.PauseMember(tx, dana, tx.Now, "x") })
	if _, ok := pause(); ok || dana.State != lists.Left {
		t.Error("somebody who left was paused")
	}
}

package returns_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/lists/returns"
	"backchannel/smtpd/queue"
	"backchannel/templates/refusal"
)

// D1, M19: dead on three days, a probe with a return path of its own, and only when that comes back nothing is sent any more. The
// managers hear of it in one letter the next morning; the member is heard, and has their mail again.
func TestADeadAddress(t *testing.T) {
	v := mailroomtest.New(t)
	path := v.One(mailroomtest.To(say(v, "zero"), dana), dana).From
	probe := suspect(t, v, dana)
	if probe.From == path || !strings.HasPrefix(probe.From.Local, "bounce+") || probe.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("the probe came from %s", probe.From)
	}
	if m := v.Member(dana); m.State != lists.Active || points(v, dana) != 3 {
		t.Errorf("%s with %v points", m.State, points(v, dana))
	}
	v.MustSend(report{status: "4.4.1", action: "delayed", rcpt: dana}.post(probe.From.String()))
	if m := v.Member(dana); m.State != lists.Active {
		t.Error("stopped because the probe was late")
	}
	v.MustSend(report{status: "5.1.1", rcpt: dana, said: "550 5.1.1 no such user"}.post(probe.From.String()))
	if m := v.Member(dana); m.State != lists.Paused {
		t.Fatalf("%s after the probe came back", m.State)
	}
	v.View(func(tx *db.Tx) error {
		p, ok, err := lists.PauseOf(tx, v.Member(dana).ID)
		if !ok || p.Why != "550 5.1.1" || !p.Since.Equal(v.Now.Add(-2*day)) {
			t.Errorf("%+v", p)
		}
		return err
	})
	if got := mailroomtest.To(say(v, "paused"), dana); len(got) != 0 {
		t.Error("a post to somebody who is paused")
	}
	v.Pass(day)
	all := v.Deliver()
	if len(all) != 2 || v.One(all, mira).Subject() != "What came back to us" || v.One(all, theo).Text() != v.One(all, mira).Text() {
		t.Errorf("the next morning:\n%s", mailroomtest.Subjects(all))
	}
	if text := v.One(all, mira).Text(); !strings.Contains(text, "Dana Reyes (dana@north.example) (550 5.1.1)") {
		t.Error(text)
	}
	v.Pass(day)
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("and the day after:\n%s", mailroomtest.Subjects(all))
	}
	v.MustSend(post{From: "Dana <" + dana + ">", To: "managers@gardeners.example", Subject: "Hello?", Body: "I get nothing any more."})
	if m := v.Member(dana); m.State != lists.Active || points(v, dana) != 0 {
		t.Errorf("%s with %v points after a letter of theirs", m.State, points(v, dana))
	}
	var notice arrived
	for _, a := range v.Deliver() {
		if a.Subject() == "You get mail from Gardeners again" {
			notice = a
		}
	}
	if notice.Letter == nil || notice.To.String() != dana || !strings.Contains(strings.Join(strings.Fields(notice.Text()), " "), "comes as one digest") {
		t.Errorf("no notice: %+v", notice)
	}
	if got := mailroomtest.To(say(v, "again"), dana); len(got) != 1 {
		t.Errorf("%d posts after their return", len(got))
	}
	v.MustSend(report{status: "5.1.1", rcpt: dana}.post(probe.From.String()))
	if m := v.Member(dana); m.State != lists.Active {
		t.Error("an old probe stopped them once more")
	}
}

// D1, M17, M18: what does not count, and what is not even taken.
func TestWhatDoesNotCount(t *testing.T) {
	gone := func(v *village) report { return report{status: "5.1.1", rcpt: dana} }
	for name, c := range map[string]struct {
		report func(v *village) report
		before func(v *village)
		taken  bool
		points float64
	}{
		"for comparison":        {gone, nil, true, 1},
		"full":                  {func(*village) report { return report{status: "5.2.2", rcpt: dana} }, nil, true, 0.25},
		"nobody knows":          {func(*village) report { return report{status: "5.0.0", rcpt: dana} }, nil, true, 0.5},
		"passed on":             {func(*village) report { return report{status: "5.1.1", rcpt: "dana@elsewhere.example"} }, nil, true, 1},
		"delayed":               {func(*village) report { return report{status: "4.4.1", action: "delayed", rcpt: dana} }, nil, true, 0},
		"delayed with 5.1.1":    {func(*village) report { return report{status: "5.1.1", action: "delayed", rcpt: dana} }, nil, true, 0},
		"delivered":             {func(*village) report { return report{status: "2.0.0", action: "delivered", rcpt: dana} }, nil, true, 0},
		"policy":                {func(*village) report { return report{status: "5.7.1", rcpt: dana} }, nil, true, 0},
		"policy, in words":      {func(*village) report { return report{status: "5.1.1", rcpt: dana, said: "550 blocked by Spamhaus"} }, nil, true, 0},
		"content":               {func(*village) report { return report{status: "5.6.0", rcpt: dana} }, nil, true, 0},
		"not from <>":           {func(*village) report { return report{status: "5.1.1", rcpt: dana, from: "mailer@mx.example"} }, nil, false, 0},
		"after a week of peace": {gone, func(v *village) { v.Pass(8*day + time.Second) }, true, 0},
		"within the week":       {gone, func(v *village) { v.Pass(6 * day) }, true, 1},
		"of somebody who left": {gone, func(v *village) {
			v.Update(func(tx *db.Tx) error { return lists.End(tx, v.Member(dana), lists.Left) })
		}, true, 0},
		"with dead tokens": {gone, func(v *village) {
			v.Update(func(tx *db.Tx) error {
				_, err := tx.Exec("UPDATE address_token SET revoked = 1 WHERE kind = 'bounce'")
				return err
			})
		}, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			v := mailroomtest.New(t)
			path := v.One(mailroomtest.To(say(v, "one"), dana), dana).From.String()
			if c.before != nil {
				c.before(v)
			}
			if _, err := v.Send(c.report(v).post(path)); (err == nil) != c.taken || err != nil && !permanent(err) {
				t.Errorf("taken: %v", err)
			}
			if got := points(v, dana); got != c.points {
				t.Errorf("%v points, want %v", got, c.points)
			}
			if all := v.Deliver(); len(all) != 0 {
				t.Errorf("it makes letters:\n%s", mailroomtest.Subjects(all))
			}
		})
	}
}

func permanent(err error) bool {
	k := refusal.KindOf(err)
	return k == refusal.NoSuchAddress || k == refusal.Robot || k == refusal.NotAllowed
}

// Automatic replies and letters of people at a return path: the first are noted, the second are told where people are.
func TestNoReportsAtAReturnPath(t *testing.T) {
	v := mailroomtest.New(t)
	path := v.One(mailroomtest.To(say(v, "one"), dana), dana).From.String()
	v.MustSend(post{From: dana, To: path, Null: true, Subject: "Automatic reply: one", Header: "Auto-Submitted: auto-replied\r\n", Body: "I am away. The address dana@north.example does not exist any more."})
	for _, p := range []post{
		{From: dana, To: path, Subject: "Re: one", Body: "thank you"},
		{From: dana, To: path, Subject: "Automatic reply: one", Header: "Auto-Submitted: auto-replied\r\n", Body: "away"},
	} {
		if _, err := v.Send(p); refusal.KindOf(err) != refusal.Robot ||
			err.Error() != "This address only takes reports about mail that could not be delivered, and no person reads it. To reach one, please write to managers@gardeners.example." {
			t.Errorf("%s: %v", p.Subject, err)
		}
	}
	if points(v, dana) != 0 {
		t.Error("counted")
	}
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("answered:\n%s", mailroomtest.Subjects(all))
	}
}

// D1: forged, replayed and sent a thousand times in a minute, through every return path there is and many that are not. A day counts
// once; nobody is stopped; nobody is written to.
func TestAStormOfBounces(t *testing.T) {
	v := mailroomtest.New(t)
	paths := map[string]string{}
	for _, a := range say(v, "one") {
		paths[a.To.String()] = a.From.String()
	}
	refused := 0
	for n := range 1000 {
		r := report{status: "5.1.1", rcpt: dana, about: fmt.Sprintf("%d@never.example", n)}
		to := paths[dana]
		switch n % 4 {
		case 1: // a token nobody was given
			to = fmt.Sprintf("bounce+%026d@gardeners.example", n)
		case 2: // the same report with another id in front
			r.about = "1@client.example"
		case 3: // through another member's path
			to = paths[alison]
		}
		if _, err := v.Send(r.post(to)); err != nil {
			if refused++; refusal.KindOf(err) != refusal.NoSuchAddress {
				t.Fatal(err)
			}
		}
		v.Now = v.Now.Add(60 * time.Millisecond)
	}
	if refused != 250 {
		t.Errorf("%d were refused, want 250", refused)
	}
	for who, want := range map[string]float64{dana: 1, alison: 1, bill: 0, mira: 0} {
		if got := points(v, who); got != want {
			t.Errorf("%s has %v points, want %v", who, got, want)
		}
	}
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("letters:\n%s", mailroomtest.Subjects(all))
	}
}

// M19: a probe that does not come back in a week, or that somebody's program answers, forgives everything.
func TestAProbeThatArrives(t *testing.T) {
	for name, end := range map[string]func(v *village, probe arrived){
		"silence": func(v *village, _ arrived) { v.Pass(7 * day) },
		"a reply of a program": func(v *village, probe arrived) {
			v.MustSend(post{From: dana, To: probe.From.String(), Null: true, Subject: "Automatic reply: Does this letter reach you?", Header: "Auto-Submitted: auto-replied\r\n", Body: "I am away."})
		},
	} {
		v := mailroomtest.New(t)
		probe := suspect(t, v, dana)
		end(v, probe)
		if m := v.Member(dana); m.State != lists.Active || points(v, dana) != 0 {
			t.Errorf("%s: %s with %v points", name, m.State, points(v, dana))
		}
		v.MustSend(report{status: "5.1.1", rcpt: dana}.post(probe.From.String()))
		if m := v.Member(dana); m.State != lists.Active || points(v, dana) != 0 {
			t.Errorf("%s: a late report about the probe counted", name)
		}
		if all := v.Deliver(); len(all) != 0 {
			t.Errorf("%s:\n%s", name, mailroomtest.Subjects(all))
		}
	}
}

// M18: a probe that a policy turns away tells nothing about the address; and at most one probe goes out in a week.
func TestAProbeTurnedAway(t *testing.T) {
	v := mailroomtest.New(t)
	probe := suspect(t, v, dana)
	v.MustSend(report{status: "5.7.1", rcpt: dana, said: "550 5.7.1 spam"}.post(probe.From.String()))
	if m := v.Member(dana); m.State != lists.Active {
		t.Errorf("%s", m.State)
	}
	v.Pass(day)
	v.MustSend(report{status: "5.1.1", rcpt: dana, about: "4@x.example"}.post(v.One(mailroomtest.To(say(v, "four"), dana), dana).From.String()))
	for _, a := range v.Deliver() {
		if a.To.String() == dana {
			t.Errorf("a second probe: %s", a.Subject())
		}
	}
}

// The same without reports: our own courier hears the refusals, that of the probe included.
func TestRefusedInTheSession(t *testing.T) {
	v := mailroomtest.New(t)
	refuse(v, dana, dead)
	for n := range 3 {
		if all := mailroomtest.To(say(v, fmt.Sprintf("day %d", n)), dana); len(all) != 0 {
			t.Fatal("it arrived")
		}
		v.Deliver() // the probe, after the third
		if n < 2 {
			if s := score(v, dana); s.Dead != n+1 || s.Why != "550 5.1.1 no such user" {
				t.Errorf("day %d: %+v", n, s)
			}
		}
		v.Pass(day)
	}
	if m := v.Member(dana); m.State != lists.Paused {
		t.Errorf("%s", m.State)
	}
	if m := v.Member(alison); m.State != lists.Active || points(v, alison) != 0 {
		t.Errorf("alison: %s", m.State)
	}
}

// The last manager's mail does not stop: the private door must lead somewhere.
func TestTheLastManager(t *testing.T) {
	v := mailroomtest.New(t)
	m := v.Member(theo)
	v.Update(func(tx *db.Tx) error { m.Role = lists.RoleMember; return lists.SaveMember(tx, m) })
	refuse(v, mira, dead)
	for n := range 5 {
		say(v, fmt.Sprintf("day %d", n))
		v.Deliver()
		v.Pass(day)
	}
	if m := v.Member(mira); !m.Manager() {
		t.Errorf("the last manager is %s", m.State)
	}
}

// M18: what is our failure counts against nobody and is told once, the next morning, in words for people.
func TestOurFailure(t *testing.T) {
	v := mailroomtest.New(t)
	refuse(v, dana, queue.Outcome{Stage: queue.StageEnd, Code: 550, Enhanced: "5.7.26", Text: "This mail has been blocked because the sender is unauthenticated."})
	for n := range 3 {
		say(v, fmt.Sprintf("post %d", n))
	}
	if points(v, dana) != 0 {
		t.Errorf("%v points", points(v, dana))
	}
	if got := troubles(v); got != "refused north.example 3 identity 550 5.7.26 This mail has been blocked because the sender is unauthenticated." {
		t.Error(got)
	}
	v.Refuse(nil)
	v.Pass(21 * time.Hour) // it was 08:00 UTC, 10:00 in Berlin
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("before the morning:\n%s", mailroomtest.Subjects(all))
	}
	v.Pass(2 * time.Hour)
	all := v.Deliver()
	if len(all) != 2 {
		t.Fatalf("in the morning:\n%s", mailroomtest.Subjects(all))
	}
	if text := strings.Join(strings.Fields(v.One(all, mira).Text()), " "); !strings.Contains(text, "north.example refused 3 letters because it cannot verify that they come from us (SPF, DKIM, DMARC or reverse DNS). It said: \"550 5.7.26 This mail") {
		t.Error(text)
	}
	v.Pass(3 * day)
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("later:\n%s", mailroomtest.Subjects(all))
	}
}

// M18: one letter that fails for many is our failure, whatever is said of the addresses; what it counted before is taken back.
func TestOneLetterFailsForMany(t *testing.T) {
	v := mailroomtest.New(t)
	v.Refuse(func(to letterAddress) (queue.Outcome, bool) {
		return queue.Outcome{Kind: queue.Failed, Stage: queue.StageRcpt, Code: 550, Enhanced: "5.1.1", Text: "no such user", Host: "mx.example"}, to.String() != bill
	})
	say(v, "Gmail has a bad day")
	for _, who := range []string{alison, dana, sil, mira, theo} {
		if points(v, who) != 0 {
			t.Errorf("%s has %v points", who, points(v, who))
		}
	}
	if got := troubles(v); !strings.Contains(got, "letter 1@client.example 5  550 5.1.1 no such user") {
		t.Error(got)
	}
	v.Refuse(nil)
	v.Pass(day)
	if text := v.One(mailroomtest.To(v.Deliver(), mira), mira).Text(); !strings.Contains(text, "One letter failed for 5 members at once") || !strings.Contains(text, "backchannel trace 1@client.example") {
		t.Error(text)
	}
}

// What a smarthost does before it is asked about a recipient is nobody's fault but ours.
func TestASmarthostThatIsGone(t *testing.T) {
	for _, smarthost := range []bool{true, false} {
		v := mailroomtest.New(t)
		v.Return.Smarthost = smarthost
		refuse(v, dana, queue.Outcome{Stage: queue.StageConnect, Text: "no answer to the connection"})
		say(v, "one")
		if got := points(v, dana); (got == 0) != smarthost {
			t.Errorf("smarthost %v: %v points", smarthost, got)
		}
	}
}

// What never left this server is nobody's fault but ours, either (M18): a key to sign with that is not there, a stamp that fails.
func TestWhatNeverLeft(t *testing.T) {
	v := mailroomtest.New(t)
	refuse(v, dana, queue.Outcome{Text: "the copy could not be signed: there is no key to sign with"})
	for n := range 4 {
		say(v, fmt.Sprint(n))
		v.Pass(day)
	}
	if got := points(v, dana); got != 0 {
		t.Errorf("%v points", got)
	}
	if got := troubles(v); !strings.HasPrefix(got, "failed north.example 4") {
		t.Error(got)
	}
	again := mailroomtest.New(t)
	suspect(t, again, dana)
	id := again.Member(dana).ID
	again.Update(func(tx *db.Tx) error { // the probe, too, cannot be signed: it says nothing about the address
		c := queue.Copy{Owed: queue.Owed{Person: int64(id), Stamp: returns.Stamp, Object: 1, To: again.Member(dana).Address}}
		return again.Return.End(tx, c, queue.Outcome{Kind: queue.Failed, Text: "the copy could not be signed"})
	})
	if m := again.Member(dana); m.State != lists.Active {
		t.Errorf("%s after a probe that never left", m.State)
	}
}

// A letter to another address of a member than their first says nothing about that one.
func TestAnotherAddress(t *testing.T) {
	v := mailroomtest.New(t)
	m := v.Member(dana)
	v.Update(func(tx *db.Tx) error { return lists.AddAddress(tx, m, mailroomtest.Addr("dana@work.example")) })
	refuse(v, "dana@work.example", dead)
	v.MustSend(post{From: "dana@work.example", To: "help@gardeners.example", Subject: "help", Body: "x"})
	v.Deliver()
	if points(v, dana) != 0 {
		t.Errorf("%v points", points(v, dana))
	}
}

// B15b: the ombuds does not get our letters, by report or in the session (FC9).
func TestTheOmbuds(t *testing.T) {
	v := mailroomtest.New(t)
	v.Update(func(tx *db.Tx) error {
		v.C.Ombuds = mailroomtest.Addr("sand@outside.example")
		return lists.SaveCommunity(tx, v.C)
	})
	var path string
	v.Update(func(tx *db.Tx) error {
		a, err := v.Office.ReturnPath(tx, v.C, lists.Member{})
		path = a.String()
		return err
	})
	v.MustSend(report{status: "5.1.1", rcpt: "somebody@outside.example"}.post(path))
	if got := troubles(v); got != "" {
		t.Error(got)
	}
	v.MustSend(report{status: "5.1.1", rcpt: "sand@outside.example"}.post(path))
	if got := troubles(v); got != "ombuds outside.example 1  5.1.1" {
		t.Error(got)
	}
	lost := func() (is bool) {
		v.View(func(tx *db.Tx) error {
			c, err := lists.CommunityByID(tx, v.C.ID)
			is = c.OmbudsLost(tx.Now)
			return err
		})
		return is
	}
	v.Pass(2 * day) // Sunday
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("managers are told of the ombuds:\n%s", mailroomtest.Subjects(all))
	}
	if lost() {
		t.Error("managers learn on which day somebody wrote to the ombuds")
	}
	v.Pass(day)
	if !lost() {
		t.Error("on Monday nobody knows that the ombuds cannot be reached")
	}
	v.Update(func(tx *db.Tx) error {
		c, err := lists.CommunityByID(tx, v.C.ID)
		if err == nil {
			c.Name = "The gardeners"
			err = lists.SaveCommunity(tx, c)
		}
		return err
	})
	if !lost() {
		t.Error("another name of the community mended it")
	}
	v.Update(func(tx *db.Tx) error {
		c, err := lists.CommunityByID(tx, v.C.ID)
		if err == nil {
			c.Ombuds = mailroomtest.Addr("olga@press.example")
			err = lists.SaveCommunity(tx, c)
		}
		return err
	})
	if lost() {
		t.Error("a new address is lost, too")
	}
}

// Whoever wrote to the ombuds alone hears that a report says it did not arrive; nobody else does, and of a report about another letter nobody.
func TestWhoWroteToTheOmbudsIsTold(t *testing.T) {
	v := mailroomtest.New(t)
	v.Update(func(tx *db.Tx) error {
		v.C.Ombuds = mailroomtest.Addr("sand@outside.example")
		return lists.SaveCommunity(tx, v.C)
	})
	v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: "ombuds@gardeners.example", Subject: "Help", Body: "They do not answer me."})
	theirs := v.One(mailroomtest.To(v.Deliver(), "sand@outside.example"), "sand@outside.example")
	v.MustSend(report{status: "5.1.1", rcpt: "sand@outside.example", about: "other@gardeners.example"}.post(theirs.From.String()))
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("of another letter are told:\n%s", mailroomtest.Subjects(all))
	}
	v.MustSend(report{status: "5.1.1", rcpt: "sand@outside.example", about: string(theirs.MessageID())}.post(theirs.From.String()))
	all := v.Deliver()
	if told := v.One(all, dana); len(all) != 1 || !strings.Contains(told.Subject(), "has not reached the ombuds") || strings.Contains(told.Text(), "sand@outside.example") {
		t.Errorf("told:\n%s\n%s", mailroomtest.Subjects(all), told.Text())
	}
}

// B14: of what came back of a private letter the status alone is kept.
func TestNoWordOfAPrivateLetter(t *testing.T) {
	v := mailroomtest.New(t)
	path := v.One(mailroomtest.To(say(v, "one"), dana), dana).From.String()
	v.MustSend(report{status: "5.1.1", rcpt: dana, about: "p.x@gardeners.example", said: "550 5.1.1 no such user, subject was: canary"}.post(path))
	if s := score(v, dana); s.Why != "550 5.1.1" {
		t.Errorf("kept: %q", s.Why)
	}
	v.View(func(tx *db.Tx) error {
		for _, q := range []string{"SELECT count(*) FROM trouble WHERE said LIKE '%canary%'", "SELECT count(*) FROM log_entry WHERE detail LIKE '%canary%' OR detail LIKE '%secret%'", "SELECT count(*) FROM bounce WHERE why LIKE '%canary%'"} {
			var n int
			if err := tx.QueryRow(q).Scan(&n); err != nil || n != 0 {
				t.Errorf("%s: %d, %v", q, n, err)
			}
		}
		return nil
	})
}

// What counts no more is forgotten.
func TestPurge(t *testing.T) {
	v := mailroomtest.New(t)
	probe := suspect(t, v, dana)
	v.MustSend(report{status: "5.7.1", rcpt: dana}.post(probe.From.String()))
	v.Pass(70 * day)
	v.Update(func(tx *db.Tx) error {
		n, err := returns.Purge(tx)
		again, err2 := returns.Purge(tx)
		if n == 0 || again != 0 || err2 != nil {
			t.Errorf("purged %d, then %d: %v", n, again, err2)
		}
		for _, table := range []string{"bounce", "returned", "probe", "trouble"} {
			var left int
			if err := tx.QueryRow("SELECT count(*) FROM " + table).Scan(&left); err != nil || left != 0 {
				t.Errorf("%d rows left in %s: %v", left, table, err)
			}
		}
		return err
	})
}

// M19: a paused member is back by any verified letter, a refused one included; not by one that nobody vouches for, and not by a program's.
func TestWhoIsHeard(t *testing.T) {
	for name, c := range map[string]struct {
		p      post
		who    string
		state  lists.State
		notice string // to whom
	}{
		"a post":               {post{From: dana, To: talk, Subject: "Compost", Body: "Mine is wet."}, dana, lists.Active, dana},
		"a private letter":     {post{From: dana, To: "managers@gardeners.example", Subject: "Hello", Body: "It is me."}, dana, lists.Active, dana},
		"a setting":            {post{From: dana, To: "each@gardeners.example"}, dana, lists.Active, dana},
		"a cry for help":       {post{From: dana, To: "help@gardeners.example"}, dana, lists.Active, dana},
		"a refused letter":     {post{From: dana, To: "news@gardeners.example", Subject: "News", Body: "x"}, dana, lists.Active, dana},
		"from another address": {post{From: "dana@work.example", To: "help@gardeners.example"}, dana, lists.Active, "dana@work.example"},
		"who leaves":           {post{From: dana, To: "leave@gardeners.example"}, dana, lists.Left, ""},
		"nobody vouches":       {post{From: sil, To: talk, Subject: "Compost", Body: "x", Sender: "sil@silent.example"}, sil, lists.Paused, ""},
		"forged":               {post{From: dana, To: talk, Subject: "Compost", Body: "x", Sender: "eve@silent.example"}, dana, lists.Paused, ""},
		"a program":            {post{From: dana, To: "abuse@gardeners.example", Subject: "Away", Header: "Auto-Submitted: auto-replied\r\n", Body: "x"}, dana, lists.Paused, ""},
	} {
		t.Run(name, func(t *testing.T) {
			v := mailroomtest.New(t)
			news := v.List(v.C, "news", "News")
			v.Update(func(tx *db.Tx) error {
				news.Posting = lists.ByManagers
				if err := lists.SaveList(tx, news); err != nil {
					return err
				}
				if err := lists.AddAddress(tx, v.Member(dana), mailroomtest.Addr("dana@work.example")); err != nil {
					return err
				}
				return lists.PauseMember(tx, v.Member(c.who), tx.Now, "550 5.1.1")
			})
			v.Now = v.Now.Add(time.Hour)
			_, _ = v.Send(c.p)
			if m := v.Member(c.who); m.State != c.state {
				t.Errorf("%s", m.State)
			}
			told := ""
			for _, a := range v.Deliver() {
				if a.Subject() == "You get mail from Gardeners again" {
					told += a.To.String()
				}
			}
			if told != c.notice {
				t.Errorf("the notice went to %q", told)
			}
		})
	}
}

// A private letter that would travel in clear stays here (B14). Its member hears so in words that anybody may read, three times a day at
// most, and nothing counts against the address.
func TestPrivateLettersStayHere(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: "managers@gardeners.example", Subject: "zzsecret", Body: "May our supplier join?"})
	asked := v.One(mailroomtest.To(v.Deliver(), mira), mira)
	private := true // the first one that goes to Dana
	v.Refuse(func(to letterAddress) (queue.Outcome, bool) {
		no := private && to.String() == dana
		private = private && !no
		return queue.Outcome{Kind: queue.Failed, Stage: queue.StageHello, Enhanced: "5.7.10", Text: "the host offers no TLS", Host: "mx.north.example"}, no
	})
	v.MustSend(post{From: "Mira Lowe <" + mira + ">", To: asked.ReplyTo()[0].Address.String(), Subject: "Re: zzsecret", Body: "Yes, zzanswer."})
	var told []arrived
	for _, a := range mailroomtest.To(append(v.Deliver(), v.Deliver()...), dana) {
		if a.Private {
			t.Errorf("%q may not travel in clear, so it cannot arrive", a.Subject())
		}
		told = append(told, a)
	}
	if len(told) != 1 || told[0].Subject() != "A private letter from Gardeners stays here" {
		t.Fatalf("Dana hears:\n%s", mailroomtest.Subjects(told))
	}
	for _, secret := range []string{"zzsecret", "zzanswer", "Mira", "supplier", "private+"} {
		if strings.Contains(string(told[0].Raw()), secret) {
			t.Errorf("%q is in it:\n%s", secret, told[0].Raw())
		}
	}
	if points(v, dana) != 0 {
		t.Errorf("it counts %v points", points(v, dana))
	}
}

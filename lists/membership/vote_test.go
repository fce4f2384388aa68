package membership_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"backchannel/archive/calendar"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/lists/membership"
	"backchannel/lists/notice"
	"backchannel/templates"
)

const rada = "rada@rose.example"

// council is a village with three managers and an applicant about whom they vote: two yes let her in.
func council(t *testing.T) (v *village, asked map[string]arrived) {
	t.Helper()
	v = mailroomtest.New(t)
	v.Add(v.C, rada, "Rada Rose", lists.RoleManager)
	asking(v, 2, "What do you grow?")
	all := applied(v, adaFrom, "Beans.")
	asked = map[string]arrived{}
	for _, m := range []string{mira, theo, rada} {
		asked[m] = v.One(all, m)
	}
	return v, asked
}

// says sends a manager's word, and gives what came of it.
func says(v *village, asked map[string]arrived, who, words string) []arrived {
	v.T.Helper()
	v.MustSend(mailroomtest.Answer(who, asked[who], words))
	return v.Deliver()
}

// The rule: two yes, no veto; the last vote of a manager counts; who has not voted learns nothing.
func TestTheRule(t *testing.T) {
	for name, c := range map[string]struct {
		votes [][2]string
		state string
	}{
		"one yes":            {[][2]string{{mira, "YES"}}, "voting"},
		"two yes":            {[][2]string{{mira, "YES"}, {theo, "yes, gladly"}}, "accepted"},
		"yes twice":          {[][2]string{{mira, "YES"}, {mira, "YES"}}, "voting"},
		"a no among three":   {[][2]string{{mira, "NO too far away"}, {theo, "YES"}, {rada, "YES"}}, "accepted"},
		"two no":             {[][2]string{{mira, "NO"}, {theo, "NO we are full"}}, "declined"},
		"a mind changed":     {[][2]string{{mira, "NO"}, {mira, "YES"}, {theo, "YES"}}, "accepted"},
		"a yes taken back":   {[][2]string{{mira, "YES"}, {mira, "ABSTAIN"}, {theo, "YES"}}, "voting"},
		"a veto":             {[][2]string{{mira, "YES"}, {theo, "VETO she sells lists"}}, "declined"},
		"a veto by a slash":  {[][2]string{{theo, "/veto she sells lists"}}, "declined"},
		"a bare veto":        {[][2]string{{theo, "VETO"}}, "voting"},
		"no problem":         {[][2]string{{mira, "No problem with her"}, {theo, "No objections"}}, "voting"},
		"questions":          {[][2]string{{mira, "YES?"}, {theo, "Is she nice?"}}, "voting"},
		"all abstain":        {[][2]string{{mira, "ABSTAIN"}, {theo, "ABSTAIN"}, {rada, "ABSTAIN"}}, "voting"},
		"only quoted words":  {[][2]string{{mira, "> YES let them in"}, {theo, "> YES"}}, "voting"},
		"the second in turn": {[][2]string{{mira, "ABSTAIN"}, {theo, "NO"}}, "declined"},
	} {
		t.Run(name, func(t *testing.T) {
			v, asked := council(t)
			voted := []string{}
			for _, vote := range c.votes {
				all := says(v, asked, vote[0], vote[1])
				voted = append(voted, vote[0])
				for _, m := range []string{mira, theo, rada} {
					if !slices.Contains(voted, m) && len(mailroomtest.To(all, m)) > 0 && !strings.HasPrefix(mailroomtest.To(all, m)[0].Subject(), "[apply "+application(v).Code+"] Ada Obi, ") {
						t.Errorf("%s learns how others vote: %s", m, mailroomtest.Subjects(all))
					}
				}
			}
			is(t, "state", string(application(v).State), c.state)
		})
	}
}

// A letter that declines is shown to the one who decided, for one SEND; the applicant never learns who that was.
func TestDeclining(t *testing.T) {
	v, asked := council(t)
	says(v, asked, mira, "NO we are too many already\n\nMira Lowe\nmira@lowe.example")
	all := says(v, asked, theo, "NO We take nobody who sells.\n\nTheo Brandt\ntheo@brandt.example")
	if n := len(mailroomtest.To(all, ada)); n != 0 {
		t.Fatalf("she was told before anybody said SEND: %d", n)
	}
	var draft arrived
	for _, a := range mailroomtest.To(all, theo) {
		if strings.HasSuffix(a.Subject(), ": the letter") {
			draft = a
		}
	}
	if !strings.Contains(oneLine(draft.Text()), "| We take nobody who sells.") || strings.Contains(draft.Text(), "too many already") {
		t.Fatalf("the letter: %s", draft.Text())
	}
	// Another text becomes the reason, and is shown again.
	v.MustSend(mailroomtest.Answer(theo, draft, "We are a no-sales zone. Come back when you stop.\n\nTheo"))
	draft = v.One(v.Deliver(), theo)
	if text := oneLine(draft.Text()); !strings.Contains(text, "Come back when you stop.") || strings.Contains(text, "nobody who sells") {
		t.Errorf("the new letter: %s", text)
	}
	for name, p := range map[string]post{"the applicant": mailroomtest.Answer(ada, draft, "SEND"), "another manager's token": mailroomtest.Answer(mira, draft, "SEND"),
		"a robot": {From: theo, To: draft.ReplyTo()[0].Address.String(), Body: "SEND", Header: "Auto-Submitted: auto-replied\r\n"}} {
		if _, err := v.Send(p); err == nil {
			t.Errorf("%s sent the letter", name)
		}
	}
	v.MustSend(mailroomtest.Answer(theo, draft, "SEND"))
	told := v.One(v.Deliver(), ada)
	for _, hint := range []string{"Theo", "theo", "Mira", "mira", "brandt", "lowe.example"} {
		if strings.Contains(string(told.Raw()), hint) {
			t.Errorf("the letter shows %q:\n%s", hint, told.Raw())
		}
	}
	if !strings.Contains(told.Text(), "Come back when you stop.") {
		t.Error(told.Text())
	}
	v.MustSend(mailroomtest.Answer(theo, draft, "SEND"))
	if all := v.Deliver(); len(mailroomtest.To(all, ada)) != 0 {
		t.Error("the letter went out twice")
	}
	v.Pass(29 * 24 * time.Hour)
	is(t, "kept for a while", application(v).Name, "Ada Obi")
	v.Pass(2 * 24 * time.Hour)
	hasNot(v, "application", "Obi", "nurses", "Beans", "stop")
}

// The manager sees the letter in the language and the words in which the applicant gets it.
func TestTheDraftIsTheLetter(t *testing.T) {
	v, asked := council(t)
	v.Update(func(tx *db.Tx) error {
		if _, err := tx.Exec("UPDATE community SET language = 'de' WHERE id = ?", v.C.ID); err != nil {
			return err
		}
		return notice.SetWording(tx, v.C, notice.Wording{Name: "join_declined", Language: templates.German, Text: "Subject: {{.Community}}\n\nLeider nein{{if .Name}}, {{.Name}}{{end}}. {{said .Reason}} {{.Managers}} {{.Days}}\n"})
	})
	says(v, asked, mira, "NO\n\nMira")
	var draft arrived
	for _, a := range mailroomtest.To(says(v, asked, theo, "NO\n\nTheo"), theo) {
		if strings.HasSuffix(a.Subject(), ": the letter") {
			draft = a
		}
	}
	v.MustSend(mailroomtest.Answer(theo, draft, "SEND"))
	told := v.One(v.Deliver(), ada)
	if !strings.Contains(draft.Text(), "Leider nein, Ada.") || !strings.Contains(told.Text(), "Leider nein, Ada.") {
		t.Errorf("shown:\n%s\nsent:\n%s", draft.Text(), told.Text())
	}
}

// Nobody says SEND: after three days any manager may, after two weeks it goes out without a reason.
func TestALetterNobodySends(t *testing.T) {
	v, asked := council(t)
	says(v, asked, mira, "VETO she once wrote to all my friends")
	v.Pass(72*time.Hour + time.Minute)
	if all := v.Deliver(); len(mailroomtest.To(all, theo)) != 1 || len(mailroomtest.To(all, ada)) != 0 {
		t.Errorf("after three days: %s", mailroomtest.Subjects(all))
	}
	v.Pass(12 * 24 * time.Hour)
	told := v.One(mailroomtest.To(v.Deliver(), ada), ada)
	if strings.Contains(told.Text(), "friends") || !strings.Contains(told.Text(), "With good wishes") {
		t.Error(told.Text())
	}
}

// Silence: after 72 hours the manager on duty decides alone, the morning brief says so in red, and a word of theirs is enough.
func TestSilence(t *testing.T) {
	for word, want := range map[string]string{"YES": "accepted", "NO": "declined"} {
		v, asked := council(t)
		says(v, asked, mira, "YES") // what she said as one of three is no word for all
		v.Pass(71 * time.Hour)
		if n := len(v.Deliver()); n != 0 {
			t.Errorf("%d mails too early", n)
		}
		v.Pass(2 * time.Hour)
		all := v.Deliver()
		decides := v.Member(mira)
		var yours arrived
		for _, a := range mailroomtest.To(all, mira) {
			if strings.Contains(a.Text(), "Nobody has decided about this yet") {
				yours = a
			}
		}
		if yours.Letter == nil {
			t.Fatalf("nobody was asked to decide: %s", mailroomtest.Subjects(all))
		}
		is(t, "state", string(application(v).State), "voting")
		v.Update(func(tx *db.Tx) error {
			for _, who := range []string{mira, theo} {
				lines, err := v.Clerk.Morning(tx, v.C, v.Member(who))
				if err != nil || len(lines) != 1 || lines[0].Decides != decides.FirstName() || lines[0].You != (who == mira) {
					t.Errorf("%s's brief: %+v, %v", who, lines, err)
				}
			}
			return nil
		})
		v.MustSend(mailroomtest.Answer(mira, yours, word))
		is(t, word, string(application(v).State), want)
	}
}

// Where not even that one answers, the applicant is told, kindly, after two weeks.
func TestNobodyEverDecides(t *testing.T) {
	v, _ := council(t)
	v.Pass(73 * time.Hour)
	v.Deliver()
	v.Pass(12 * 24 * time.Hour)
	is(t, "state", string(application(v).State), "expired")
	told := v.One(v.Deliver(), ada)
	if !strings.Contains(oneLine(told.Text()), "the managers have come to no decision in time") {
		t.Error(told.Text())
	}
	v.Pass(31 * 24 * time.Hour)
	hasNot(v, "application", "Obi", "nurses")
}

// Who may vote: a manager, by their own token, from their own address, verified, and a person.
func TestForgedVotes(t *testing.T) {
	v, asked := council(t)
	vote := asked[mira]
	to := vote.ReplyTo()[0].Address.String()
	for name, p := range map[string]post{
		"another manager":     mailroomtest.Answer(theo, vote, "YES"),
		"the applicant":       mailroomtest.Answer(ada, vote, "YES"),
		"a member":            mailroomtest.Answer(bill, vote, "YES"),
		"a stranger":          mailroomtest.Answer(eve, vote, "YES"),
		"nobody vouches":      {From: mira, Sender: "x@silent.example", To: to, Body: "YES"},
		"a vacation robot":    {From: mira, To: to, Subject: "Out of office", Body: "YES I am away", Header: "Auto-Submitted: auto-replied\r\n"},
		"a silent robot":      {From: mira, To: to, Subject: "Automatic reply: vote", Body: "YES", Header: "X-Auto-Response-Suppress: All\r\nPrecedence: auto_reply\r\n"},
		"a bounce":            {From: mira, To: to, Body: "YES", Null: true},
		"a made-up token":     {From: mira, To: "vote+00000000000000000000000000@gardeners.example", Body: "YES"},
		"a vote at confirm+":  {From: mira, To: "confirm" + strings.TrimPrefix(to, "vote"), Body: "YES"},
		"the managers' house": {From: mira, To: "vote@gardeners.example", Body: "YES"},
	} {
		if _, err := v.Send(p); err == nil {
			t.Errorf("%s voted", name)
		}
	}
	v.Update(func(tx *db.Tx) error {
		m := v.Member(mira)
		m.Role = lists.RoleMember
		return lists.SaveMember(tx, m)
	})
	former := mailroomtest.Answer(mira, vote, "YES")
	if _, err := v.Send(former); err == nil || err.Error() != "You are no manager of Gardeners any more, and this is for its managers to decide, so nothing was done." {
		t.Errorf("somebody who is no manager any more: %v", err)
	}
	former.Sender = "x@silent.example" // whoever it is hears nothing about Mira
	if _, err := v.Send(former); err == nil || !strings.HasPrefix(err.Error(), "We cannot be sure") {
		t.Errorf("and somebody in her name: %v", err)
	}
	says(v, asked, theo, "YES")
	is(t, "state", string(application(v).State), "voting")
	is(t, "rada decides", func() string { says(v, asked, rada, "YES"); return string(application(v).State) }(), "accepted")
}

// The vote of somebody who stopped being a manager counts no more.
func TestAFormerManagersVote(t *testing.T) {
	v, asked := council(t)
	says(v, asked, mira, "YES")
	v.Update(func(tx *db.Tx) error {
		m := v.Member(mira)
		m.Role = lists.RoleMember
		return lists.SaveMember(tx, m)
	})
	says(v, asked, theo, "YES")
	is(t, "one yes of a manager", string(application(v).State), "voting")
}

// Two managers at the same moment: one of them ends it, she is welcomed once, and the other is told or counted, never lost.
func TestManagersVoteAtOnce(t *testing.T) {
	for range 5 {
		v, asked := council(t)
		var wg sync.WaitGroup
		for _, who := range []string{mira, theo, rada} {
			p := mailroomtest.Answer(who, asked[who], "YES")
			raw := v.Bytes(p)
			wg.Go(func() {
				if _, err := v.Hand(p, raw); err != nil {
					t.Errorf("%s: %v", who, err)
				}
			})
		}
		wg.Wait()
		all := v.Deliver()
		is(t, "state", string(application(v).State), "accepted")
		is(t, "welcome", v.One(all, ada).Subject(), "Welcome to Gardeners")
		late := 0
		for _, a := range all {
			if strings.HasSuffix(a.Subject(), "already decided") {
				late++
			}
		}
		if late != 1 {
			t.Errorf("%d managers were told that they came too late, want 1", late)
		}
	}
}

// ASK goes out from the role; the answer comes to all, and the vote goes on meanwhile.
func TestAskingTheApplicant(t *testing.T) {
	v, asked := council(t)
	all := says(v, asked, mira, "ASK How many beds do you have?\n\nMira Lowe\nmira@lowe.example")
	is(t, "state", string(application(v).State), "asked")
	question := v.One(all, ada)
	if text := string(question.Raw()); !strings.Contains(text, "How many beds do you have?") || strings.Contains(text, "ira@lowe") || strings.Contains(text, "Mira") {
		t.Errorf("the question:\n%s", text)
	}
	v.One(all, theo)
	if _, err := v.Send(mailroomtest.Answer(eve, question, "Nine.")); err == nil {
		t.Error("a stranger answered")
	}
	v.MustSend(mailroomtest.Answer(adaFrom, question, "Nine, and a half."))
	all = v.Deliver()
	for _, m := range []string{mira, theo, rada} {
		if got := oneLine(v.One(all, m).Text()); !strings.Contains(got, "| How many beds do you have?") || !strings.Contains(got, "| Nine, and a half.") {
			t.Errorf("%s: %s", m, got)
		}
	}
	is(t, "state", string(application(v).State), "voting")
	says(v, asked, mira, "YES")
	says(v, asked, theo, "YES")
	is(t, "state", string(application(v).State), "accepted")

	v, asked = council(t)
	says(v, asked, mira, "ASK How many beds do you have?")
	v.Pass(15 * 24 * time.Hour)
	is(t, "no answer", string(application(v).State), "expired")
	if got := oneLine(v.One(mailroomtest.To(v.Deliver(), ada), ada).Text()); !strings.Contains(got, "we got no answer to it") {
		t.Error(got)
	}
}

// A manager who works where the applicant does counts as abstaining, and may vote all the same.
func TestTheSameEmployer(t *testing.T) {
	v := mailroomtest.New(t)
	all := applied(v, "Ann Low <ann@lowe.example>", "")
	if got := oneLine(v.One(all, mira).Text()); !strings.Contains(got, "you count as abstaining unless you vote") {
		t.Error(got)
	}
	toTheo := v.One(all, theo)
	if strings.Contains(toTheo.Text(), "abstaining") {
		t.Error("theo does not work there")
	}
	v.MustSend(mailroomtest.Answer(theo, toTheo, "YES"))
	got := v.Deliver()
	a := application(v)
	if a.State != membership.Voting || a.Decider != v.Member(theo).ID {
		t.Errorf("two yes are out of reach, so the other one decides: %+v\n%s", a, mailroomtest.Subjects(got))
	}
	v.MustSend(mailroomtest.Answer(theo, toTheo, "YES"))
	is(t, "state", string(application(v).State), "accepted")
}

// The sponsor is asked beside the vote; what they say is in the next tally.
func TestTheSponsor(t *testing.T) {
	for word, want := range map[string]string{"YES, for years": "Bill Tan says that they know each other.", "NO": "Bill Tan says that they do not know each other.", "hm": "Bill Tan, whom they name, has not answered yet."} {
		v := mailroomtest.New(t)
		asking(v, 2, "Who knows you here?")
		all := applied(v, adaFrom, "Bill Tan and Nobody Else.")
		question := v.One(all, bill)
		for name, p := range map[string]post{"another": mailroomtest.Answer(dana, question, "YES"), "the applicant": mailroomtest.Answer(ada, question, "YES"),
			"a robot": {From: bill, To: question.ReplyTo()[0].Address.String(), Body: "YES", Header: "Auto-Submitted: auto-replied\r\n"}} {
			if _, err := v.Send(p); err == nil {
				t.Errorf("%s answered for bill", name)
			}
		}
		v.MustSend(mailroomtest.Answer(bill, question, word))
		v.Deliver()
		v.MustSend(mailroomtest.Answer(mira, v.One(all, mira), "YES"))
		if got := oneLine(v.One(v.Deliver(), mira).Text()); !strings.Contains(got, want) {
			t.Errorf("%s: %s", word, got)
		}
	}
}

// Somebody who was removed is known again by a mark, by their domain too, even when their row is gone; providers have no such mark.
func TestFormerMembers(t *testing.T) {
	v := mailroomtest.New(t)
	v.Add(v.C, "sam@spam.example", "Sam", lists.RoleMember)
	v.Add(v.C, "kim@gmail.com", "Kim", lists.RoleMember)
	v.Update(func(tx *db.Tx) error {
		for _, who := range []string{"sam@spam.example", "kim@gmail.com"} {
			if err := lists.End(tx, v.Member(who), lists.Removed); err != nil {
				return err
			}
		}
		return nil
	})
	v.Pass(time.Minute)
	hasNot(v, "former", "spam", "sam", "gmail")
	for from, want := range map[string]bool{"Sam <sam@spam.example>": true, "Tim <tim@spam.example>": true, "Kim <kim@gmail.com>": true, "Kay <kay@gmail.com>": false, adaFrom: false} {
		all := applied(v, from, "")
		if got := strings.Contains(oneLine(v.One(all, mira).Text()), "was once removed from the community"); got != want {
			t.Errorf("%s is flagged: %v", from, got)
		}
	}
}

// Whatever the order of votes, a veto declines, and nobody comes in with fewer yes than the rule asks for.
func TestTally(t *testing.T) {
	choices := []membership.Choice{"", membership.Yes, membership.No, membership.Veto, membership.Abstain}
	for n := range 5 * 5 * 5 {
		cast := []membership.Choice{choices[n%5], choices[n/5%5], choices[n/25]}
		for votes := 1; votes <= 4; votes++ {
			got := membership.Count(votes, cast)
			yes, veto := 0, slices.Contains(cast, membership.Veto)
			for _, c := range cast {
				if c == membership.Yes {
					yes++
				}
			}
			switch {
			case veto && got != "declined":
				t.Errorf("%v with %d votes: %s", cast, votes, got)
			case !veto && (got == "accepted") != (yes >= min(votes, 3)):
				t.Errorf("%v with %d votes: %s", cast, votes, got)
			case got == "stuck" && (slices.Contains(cast, membership.No) || !slices.Contains(cast, membership.Abstain)):
				t.Errorf("%v with %d votes: %s", cast, votes, got)
			}
		}
	}
}

// What is due is done once, by whichever process.
func TestDueOnce(t *testing.T) {
	v, _ := council(t)
	other := v.AnotherCalendar()
	v.Now = v.Now.Add(73 * time.Hour)
	for range 2 {
		if _, failed, err := other.RunDue(t.Context()); err != nil || failed > 0 {
			t.Fatal(failed, err)
		}
	}
	v.Pass(0)
	if n := len(mailroomtest.To(v.Deliver(), mira)); n != 1 {
		t.Errorf("%d letters to the one who decides, want 1", n)
	}
	v.View(func(tx *db.Tx) error {
		all, err := calendar.List(tx, tx.Now.AddDate(1, 0, 0))
		n := 0
		for _, d := range all {
			if d.Kind == "application.due" {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d dates of one application", n)
		}
		return err
	})
}

// No manager believes that they have voted: a word that is none is told each time, at last in the session, and the right one counts all the same.
func TestEveryVoteThatIsNoneIsTold(t *testing.T) {
	v, asked := council(t)
	for range notice.AnswersADay {
		if got := oneLine(v.One(says(v, asked, mira, "maybe"), mira).Text()); !strings.Contains(got, `yours begins with "maybe"`) {
			t.Error(got)
		}
	}
	if _, err := v.Send(mailroomtest.Answer(mira, asked[mira], "maybe")); err == nil || !strings.HasPrefix(err.Error(), "Your answer changed nothing: it does not begin with one of the words") {
		t.Errorf("once more: %v", err)
	}
	if got := oneLine(v.One(says(v, asked, mira, "YES"), mira).Text()); !strings.Contains(got, "Mira: YES") {
		t.Error(got)
	}
}

package moderation_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/lists/moderation"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

const day = 24 * time.Hour

// trustOf is how somebody's trust came and went: "0>1 post".
func trustOf(v *village, who string) string {
	v.T.Helper()
	var steps []string
	v.View(func(tx *db.Tx) error {
		all, err := moderation.TrustOf(tx, v.Member(who).ID)
		for _, e := range all {
			steps = append(steps, fmt.Sprintf("%d>%d %s", e.Was, e.Is, e.Why))
		}
		return err
	})
	return strings.Join(steps, ", ")
}

// writes has somebody post, and gives what arrived.
func writes(v *village, who, subject, body, header string) []arrived {
	v.T.Helper()
	v.MustSend(post{From: who, To: talk, Subject: subject, Body: body, Header: header})
	return v.Deliver()
}

// However many posts of somebody wait on one day, each is told of.
func TestEveryHeldPostIsToldOf(t *testing.T) {
	v := newcomer(t)
	for i := range 5 {
		if got := to(writes(v, ada, fmt.Sprint("Post ", i), fmt.Sprint("Words ", i), ""), ada); len(got) != 1 {
			t.Errorf("post %d waits, and its author gets %d letters", i, len(got))
		}
	}
}

// Trust grows by itself: an approved first post, five posts and thirty days, half a year and answers to ten people.
func TestTheLadder(t *testing.T) {
	v := newcomer(t)
	all := writes(v, ada, "One", "First.", "")
	v.MustSend(answer(mira, held(t, all, mira), "OK"))
	for _, a := range to(v.Deliver(), ada) {
		if strings.HasPrefix(a.Subject(), "Posted") {
			says(t, a, "From now on your posts go out at once; only those with a link or a file")
		}
	}
	for i := range 4 {
		v.Pass(2 * time.Hour)
		writes(v, ada, fmt.Sprint("More ", i), "Words.", "")
	}
	v.Pass(29 * day) // the thirtieth day is not over
	if all := writes(v, ada, "Early", "See https://beans.example", ""); len(to(all, bill)) != 0 || v.Member(ada).Trust != lists.Heard {
		t.Errorf("too early: trust %d", v.Member(ada).Trust)
	}
	v.Pass(day)
	all = writes(v, ada, "A link", "See https://beans.example/2", "")
	if len(to(all, bill)) != 1 || v.Member(ada).Trust != lists.Known {
		t.Errorf("after thirty days: trust %d:\n%s", v.Member(ada).Trust, mailroomtest.Subjects(all))
	}
	told := 0
	for _, a := range to(all, ada) {
		if a.Subject() == "Thank you for being here" {
			says(t, a, "your posts go out at once now")
			told++
		}
	}
	if told != 1 {
		t.Errorf("told %d times", told)
	}
	for i := range 10 {
		who := fmt.Sprintf("p%d@south.example", i)
		v.Add(v.C, who, fmt.Sprint("Person ", i), lists.RoleMember, v.Talk)
		writes(v, who, fmt.Sprint("Question ", i), "?", fmt.Sprintf("Message-ID: <q%d@south.example>\r\n", i))
		if i < 9 {
			writes(v, ada, fmt.Sprint("Re: Question ", i), "Yes.", fmt.Sprintf("In-Reply-To: <q%d@south.example>\r\n", i))
			v.Pass(2 * time.Hour)
		}
	}
	v.Pass(160 * day)
	writes(v, ada, "Nine", "Only nine.", "")
	if got := v.Member(ada).Trust; got != lists.Known {
		t.Errorf("nine people: trust %d", got)
	}
	v.Pass(2 * time.Hour)
	writes(v, ada, "Re: Question 9", "Yes.", "In-Reply-To: <q9@south.example>\r\n")
	v.Pass(2 * time.Hour)
	writes(v, ada, "Ten", "And ten.", "")
	if got := trustOf(v, ada); got != "0>1 post, 1>2 rule, 2>3 rule" {
		t.Errorf("the ladder: %s", got)
	}
}

// noSales is a manager's command about a post.
func noSales(v *village, line string) arrived {
	v.T.Helper()
	v.MustSend(post{From: mira, To: managers, Subject: "x", Body: line, Login: mailroomtest.Addr(mira)})
	all := v.Deliver()
	if len(to(all, dana)) != 1 {
		v.T.Fatalf("%s: Dana got %d letters:\n%s\n%s", line, len(to(all, dana)), mailroomtest.Subjects(all), words(to(all, mira)[0]))
	}
	return to(all, dana)[0]
}

// A post that sells costs a level, told in private and from the role, and the level comes back after sixty days; three lead back to the beginning.
func TestNoSales(t *testing.T) {
	v := unhurried(t)
	writes(v, dana, "Great offer", "Buy my pots.", "")
	note := noSales(v, "/nosales 1 Tell us rather how you make them.\n\nMira Lowe")
	says(t, note, "Your post \"Great offer\" in Garden talk reads like an offer", "Tell us rather how you make them.", "For 60 days")
	for _, w := range []string{"Mira", "lowe.example"} {
		if strings.Contains(string(note.Raw()), w) {
			t.Errorf("%q leaked", w)
		}
	}
	if got := v.Member(dana).Trust; got != lists.Heard {
		t.Errorf("trust %d", got)
	}
	v.MustSend(post{From: theo, To: managers, Subject: "x", Body: "/nosales 1", Login: mailroomtest.Addr(theo)})
	all := v.Deliver()
	nothing(t, all, dana)
	says(t, v.One(all, theo), "Dana was told about this post already.")
	v.Pass(59 * day)
	if all := writes(v, dana, "Again", "See https://pots.example", ""); len(to(all, bill)) != 0 {
		t.Error("she climbs while a strike counts")
	}
	v.Pass(day + time.Minute)
	says(t, v.One(to(v.Deliver(), dana), dana), "your posts go out at once now")
	if got := trustOf(v, dana); got != "2>1 sales, 1>2 time" {
		t.Errorf("her way: %s", got)
	}
	set(v, dana, func(m *lists.Member) { m.Trust = lists.Steady })
	for i := range 2 { // with the one of two months ago they are three in ninety days
		writes(v, dana, fmt.Sprint("Pots ", i), fmt.Sprint("Pots, ", i), "")
		noSales(v, fmt.Sprintf("/nosales %d", i+2))
		v.Pass(2 * time.Hour)
	}
	if got := v.Member(dana).Trust; got != lists.New {
		t.Errorf("after three: trust %d", got)
	}
	v.Pass(60*day + time.Minute) // each gives one level back
	if got := v.Member(dana).Trust; got != lists.Known {
		t.Errorf("in the end: trust %d, %s", got, trustOf(v, dana))
	}
}

// What a manager may not do, or nobody can, is said in a sentence, and changes nothing.
func TestNoSalesIsRefused(t *testing.T) {
	v := unhurried(t)
	writes(v, dana, "Pots", "Mine.", "")
	for line, want := range map[string]string{
		"/nosales 7": "There is no thread 7.", "/nosales 1.2": "The thread 1 has no post of that number; it has 1.", "/nosales": "Please say which post",
		"/nosales 1.x": "has no post of that number", "/trust": "No member has that name.", "/trust Nobody 2": "No member has that name.", "/trust Dana 7": "Trust is a number from 0 to 3",
		"/trust Theo 2": "Theo is a manager", "/trust nobody@north.example": "Nobody in gardeners.example has the address",
	} {
		v.MustSend(post{From: mira, To: managers, Subject: "x", Body: line, Login: mailroomtest.Addr(mira)})
		all := v.Deliver()
		says(t, v.One(all, mira), want)
		nothing(t, all, dana)
	}
	v.MustSend(post{From: dana, To: managers, Subject: "x", Body: "/trust Dana 3"}) // no manager: a letter like any other
	v.Deliver()
	if got := v.Member(dana).Trust; got != lists.Known {
		t.Errorf("trust %d", got)
	}
}

// A manager gives trust by hand, and the member hears of it.
func TestTrustByHand(t *testing.T) {
	v := unhurried(t)
	for _, step := range []struct {
		line string
		want int
		says string
	}{{"/trust Dana Reyes", lists.Steady, "You have helped many people here"}, {"/trust dana@north.example 0", lists.New, "a manager reads your posts before they go out"}, {"/trust dana 1", lists.Heard, "Your posts go out at once now, but for those with a link"}} {
		v.MustSend(post{From: mira, To: managers, Subject: "x", Body: step.line, Login: mailroomtest.Addr(mira)})
		all := v.Deliver()
		says(t, v.One(all, dana), step.says)
		says(t, v.One(all, mira), fmt.Sprintf("Dana Reyes has level %d of trust now.", step.want))
		if got := v.Member(dana).Trust; got != step.want {
			t.Errorf("%s: %d", step.line, got)
		}
	}
	if err := update(v, func(tx *db.Tx) error { return v.Desk.Trust(tx, v.Member(dana), 4, 0) }); refusal.KindOf(err) != refusal.Invalid {
		t.Errorf("level 4: %v", err)
	}
}

// decideMany has new members' posts decided on the list: n of them, of which some are refused. It gives what the last decision sent.
func decideMany(v *village, from, n, refused int) (all []arrived) {
	v.T.Helper()
	for i := range n {
		set(v, ada, func(m *lists.Member) { m.Trust = lists.New })
		q := held(v.T.(*testing.T), writes(v, ada, fmt.Sprint("Post ", from+i), fmt.Sprint("Words ", from+i), ""), mira)
		word := "OK"
		if i < refused {
			word = "NO"
		}
		v.MustSend(answer(mira, q, word))
		all = v.Deliver()
		v.Now = v.Now.Add(3 * time.Hour)
	}
	return all
}

func proposal(all []arrived, who string) (a arrived, ok bool) {
	for _, a := range to(all, who) {
		if strings.Contains(a.Subject(), "What waits on") {
			return a, true
		}
	}
	return a, false
}

// Holding that changes nothing proposes its own end; one word of a manager does it, once.
func TestRelax(t *testing.T) {
	v := newcomer(t)
	list(v, func(l *lists.List) { l.PostsPerHour = 0 })
	if _, ok := proposal(decideMany(v, 0, 47, 0), mira); ok {
		t.Fatal("proposed after 47")
	}
	all := decideMany(v, 47, 1, 0)
	q, ok := proposal(all, mira)
	other, both := proposal(all, theo)
	if !ok || !both {
		t.Fatalf("nothing is proposed:\n%s", mailroomtest.Subjects(all))
	}
	says(t, q, "changed nothing in the last 48 posts on Garden talk", "only first posts with a link wait", "RELAX")
	if all := decideMany(v, 48, 1, 0); len(all) > 0 {
		if _, again := proposal(all, mira); again {
			t.Error("proposed twice")
		}
	}
	for _, bad := range []post{answer(ada, q, "RELAX"), answer(theo, q, "RELAX")} {
		if _, err := v.Send(bad); err == nil {
			t.Errorf("%s decides", bad.From)
		}
	}
	v.MustSend(answer(mira, q, "Relax? Why?"))
	says(t, v.One(v.Deliver(), mira), "It has to be one word", "Nothing was changed.")
	v.MustSend(answer(mira, q, "RELAX"))
	says(t, v.One(v.Deliver(), mira), "Done.", "only first posts with a link wait")
	v.MustSend(answer(theo, other, "NO"))
	says(t, v.One(v.Deliver(), theo), "already decided by Mira")
	v.View(func(tx *db.Tx) error {
		l, err := lists.ListByID(tx, v.Talk.ID)
		if l.Stage != lists.Rooted {
			t.Errorf("stage %s", l.Stage)
		}
		return err
	})
}

// Holding that changes much proposes more of it.
func TestTighten(t *testing.T) {
	v := newcomer(t)
	list(v, func(l *lists.List) { l.PostsPerHour = 0 })
	q, ok := proposal(decideMany(v, 0, 48, 10), theo)
	if !ok {
		t.Fatal("nothing is proposed")
	}
	says(t, q, "Of the last 48 posts", "10 were refused or changed", "TIGHTEN")
	v.MustSend(answer(theo, q, "NO"))
	says(t, v.One(v.Deliver(), theo), "Nothing was changed.")
}

// C4: the state of the community tells of a proposal that waits, with the words that do it; and one of these does it once.
func TestRelaxFromTheState(t *testing.T) {
	v := newcomer(t)
	list(v, func(l *lists.List) { l.PostsPerHour = 0 })
	ease := func(word, local string) (stage lists.Stage, err error) {
		v.Update(func(tx *db.Tx) error {
			var l lists.List
			l, err = v.Desk.Ease(tx, v.C.ID, word, local, math.MaxInt64, v.Member(mira).ID)
			stage = l.Stage
			return nil
		})
		return stage, err
	}
	told := func() (all []templates.StateEase) {
		v.View(func(tx *db.Tx) error {
			t, err := moderation.Judged(tx, v.C.ID, v.Now.AddDate(0, 0, -28), v.Now.Add(time.Hour))
			if err == nil {
				all = t.Ease
			}
			return err
		})
		return all
	}
	if all := told(); len(all) != 0 {
		t.Errorf("told without a proposal: %v", all)
	}
	if _, err := ease("RELAX", ""); refusal.KindOf(err) != refusal.NotFound {
		t.Errorf("without a proposal: %v", err)
	}
	decideMany(v, 0, 48, 0)
	if all := told(); len(all) != 1 || all[0] != (templates.StateEase{List: "Garden talk", Local: "talk", Of: 48, Same: 48, Word: "RELAX"}) {
		t.Errorf("told: %v", all)
	}
	for _, wrong := range [][2]string{{"TIGHTEN", ""}, {"RELAX", "jobs"}} {
		if _, err := ease(wrong[0], wrong[1]); refusal.KindOf(err) != refusal.NotFound {
			t.Errorf("%v: %v", wrong, err)
		}
	}
	if stage, err := ease("RELAX", ""); err != nil || stage != lists.Rooted {
		t.Errorf("relaxed: %s, %v", stage, err)
	}
	if _, err := ease("RELAX", "talk"); refusal.KindOf(err) != refusal.Conflict || err.Error() != "This was already decided by you: RELAX was done on Garden talk. Nothing was changed now." || len(told()) != 0 {
		t.Errorf("twice: %v, %v", err, told())
	}
}

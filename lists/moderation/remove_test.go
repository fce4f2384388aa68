package moderation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
)

// remove is a manager's letter with a command about a post, and what came of it, when the manager says YES to the question.
func remove(v *village, line string) []arrived {
	v.T.Helper()
	v.MustSend(post{From: mira, To: managers, Subject: "x", Body: line, Login: mailroomtest.Addr(mira)})
	all := v.Deliver()
	asked := v.One(all, mira)
	if r := asked.ReplyTo(); len(r) == 0 || !strings.HasPrefix(r[0].Address.Local, "confirm+") {
		return all
	}
	yes := answer(mira, asked, "YES")
	yes.Login = mailroomtest.Addr(mira)
	v.MustSend(yes)
	return v.Deliver()
}

// C2: a post that a manager removes leaves the archive and costs its author a level, which comes back after sixty days.
func TestRemove(t *testing.T) {
	v := unhurried(t)
	writes(v, dana, "My neighbour", "zzsecret grows beans.", "")
	all := remove(v, "/remove 1 It names somebody.\n\nMira Lowe")
	note := v.One(all, dana)
	says(t, note, "We have taken your post \"My neighbour\" in Garden talk out of the archive", "It names somebody.", "For 60 days")
	for _, w := range []string{"Mira", "lowe.example"} {
		if strings.Contains(string(note.Raw()), w) {
			t.Errorf("%q leaked", w)
		}
	}
	says(t, v.One(all, mira), "\"My neighbour\" is removed. Dana gets a private mail")
	v.View(func(tx *db.Tx) error {
		posts, err := v.Desk.Office.Store.PostsOf(tx, int64(v.C.ID), int64(v.Member(dana).ID), 1)
		if err != nil || len(posts) == 1 && (posts[0].State == "published" || strings.Contains(posts[0].Subject, "neighbour")) {
			t.Errorf("it is still there: %v, %v", posts, err)
		}
		return nil
	})
	says(t, v.One(remove(v, "/remove 1"), mira), "The words of this post are gone already.")
	v.Pass(59 * day)
	if got := v.Member(dana).Trust; got != lists.Heard {
		t.Errorf("trust %d", got)
	}
	v.Pass(day + time.Minute)
	says(t, v.One(to(v.Deliver(), dana), dana), "your posts go out at once now")
	if got := trustOf(v, dana); got != "2>1 removal, 1>2 time" {
		t.Errorf("her way: %s", got)
	}
}

// A post counts once, though it sold something and was removed; and removals never make the three that lead back to the beginning.
func TestRemovalsCountOnce(t *testing.T) {
	v := unhurried(t)
	set(v, dana, func(m *lists.Member) { m.Trust = lists.Steady })
	writes(v, dana, "Great offer", "Buy my pots.", "")
	noSales(v, "/nosales 1")
	if note := v.One(to(remove(v, "/remove 1"), dana), dana); strings.Contains(words(note), "60 days") {
		t.Errorf("told as a step down:\n%s", note.Text())
	}
	if got := v.Member(dana).Trust; got != lists.Known {
		t.Errorf("one post, trust %d", got)
	}
	set(v, dana, func(m *lists.Member) { m.Trust = lists.Steady })
	for i := range 2 {
		writes(v, dana, fmt.Sprint("Pots ", i), fmt.Sprint("Pots, ", i), "")
		remove(v, fmt.Sprintf("/remove %d.1", i+2))
		v.Pass(2 * time.Hour)
	}
	if got := v.Member(dana).Trust; got != lists.Heard {
		t.Errorf("two removals from steady: trust %d", got)
	}
}

// What an author takes back, or a manager of their own, counts against nobody; and no member removes anything.
func TestTakenBackIsNoStrike(t *testing.T) {
	v := unhurried(t)
	writes(v, dana, "Pots", "Mine.", "")
	v.MustSend(post{From: dana, To: "oops@gardeners.example", Subject: "x", Body: "x"})
	v.Deliver()
	writes(v, bill, "Beans", "Mine.", "")
	writes(v, mira, "Rules", "Ours.", "")
	v.MustSend(post{From: dana, To: managers, Subject: "x", Body: "/remove 2"})
	v.Deliver()
	if got := v.Member(bill).Trust; got != lists.Known {
		t.Errorf("a member removed it: trust %d", got)
	}
	says(t, v.One(remove(v, "/remove 3"), mira), "is removed. Nobody is written to about it but the other managers.")
	if all := trustOf(v, dana) + trustOf(v, bill) + trustOf(v, mira); all != "" {
		t.Errorf("steps: %s", all)
	}
	for line, want := range map[string]string{"/remove": "Please say which post", "/remove 9": "There is no thread 9.", "/remove 2.4": "has no post of that number"} {
		says(t, v.One(remove(v, line), mira), want)
	}
}

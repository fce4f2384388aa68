package moderation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/lists/moderation"
	"backchannel/lists/notice"
	"backchannel/templates/refusal"
)

const ada = "ada@nurses.example"

// newcomer is a village into which Ada has just been accepted.
func newcomer(t *testing.T) *village {
	t.Helper()
	v := unhurried(t)
	v.Add(v.C, ada, "Ada Obi", lists.RoleMember, v.Talk)
	set(v, ada, func(m *lists.Member) { m.Trust = lists.New })
	return v
}

// beans has Ada post something, and gives what arrived.
func beans(v *village) []arrived {
	v.T.Helper()
	v.MustSend(post{From: "Ada Obi <" + ada + ">", To: talk, Subject: "Beans in pots", Body: "They climb the railing.\n\nCall Sam: 555 0142"})
	return v.Deliver()
}

// A first post waits; its author is told at once how to take it back, and after the OK the next one goes out by itself.
func TestFirstPost(t *testing.T) {
	v := newcomer(t)
	all := beans(v)
	nothing(t, all, bill)
	says(t, v.One(all, ada), "first posts are read by a manager", "CANCEL")
	q := held(t, all, mira)
	says(t, q, "from Ada Obi (ada@nurses.example)", "its author is new here", "They climb the railing.", "Call Sam: 555 0142")
	v.MustSend(answer(mira, q, "OK"))
	all = v.Deliver()
	if got := v.One(all, bill); got.Subject() != "Beans in pots" {
		t.Errorf("Bill got %q", got.Subject())
	}
	if m := v.Member(ada); m.Trust != lists.Heard {
		t.Errorf("trust %d", m.Trust)
	}
	v.Pass(2 * time.Hour)
	v.MustSend(post{From: ada, To: talk, Subject: "More beans", Body: "They flower."})
	if len(to(v.Deliver(), bill)) != 1 {
		t.Error("her second post waits, too")
	}
	v.MustSend(post{From: ada, To: talk, Subject: "Link", Body: "See https://beans.example"})
	all = v.Deliver()
	nothing(t, all, bill)
	says(t, held(t, all, mira), "its author is quite new here, and it has a link")
}

// OK ALWAYS lets an author pass from now on; with a question behind it nothing is decided.
func TestOKAlways(t *testing.T) {
	for body, always := range map[string]bool{"OK ALWAYS": true, "ok, always please\n\nMira Lowe": true, "OK always?": false, "OK not always": false} {
		v := newcomer(t)
		v.MustSend(answer(mira, held(t, beans(v), mira), body))
		all := v.Deliver()
		if got := len(to(all, bill)) == 1; got != always {
			t.Errorf("%q: posted is %v:\n%s", body, got, mailroomtest.Subjects(all))
		}
		if got := v.Member(ada).Trust; always != (got == lists.Known) {
			t.Errorf("%q: trust %d", body, got)
		}
	}
}

// ASK reaches the author from the role, without the manager; what they answer comes to all managers, and to nobody else.
func TestAsk(t *testing.T) {
	v := newcomer(t)
	v.MustSend(answer(`Mira Lowe <`+mira+`>`, held(t, beans(v), mira), "ASK Which beans do you mean?\n\nMira Lowe\nmira@lowe.example"))
	all := v.Deliver()
	says(t, v.One(all, mira), "Ada has your question", "without your name")
	q := v.One(all, ada)
	says(t, q, "Which beans do you mean?")
	for _, w := range []string{"Mira", "lowe"} {
		if strings.Contains(string(q.Raw()), w) {
			t.Errorf("%q leaked:\n%s", w, q.Raw())
		}
	}
	v.MustSend(answer(ada, q, "Runner beans, zzanswer."))
	all = v.Deliver()
	says(t, v.One(all, ada), "The managers have your answer, and nobody else.")
	nothing(t, all, bill)
	for _, m := range []string{mira, theo} {
		says(t, v.One(all, m), "has answered", "Runner beans, zzanswer.", "They climb the railing.")
	}
	v.MustSend(answer(theo, v.One(all, theo), "OK"))
	if got := v.One(v.Deliver(), bill); strings.Contains(got.Text(), "zzanswer") {
		t.Errorf("the answer is public: %s", got.Text())
	}
	v.MustSend(answer(ada, q, "One more thing"))
	says(t, v.One(v.Deliver(), ada), "already decided", "it was posted to Garden talk")
}

// FIX gives a post back; what its author writes then waits for a manager who has read it, and no older mail lets it pass.
func TestFix(t *testing.T) {
	v := newcomer(t)
	all := beans(v)
	old := held(t, all, theo)
	v.MustSend(answer(mira, held(t, all, mira), "FIX Please leave the number of your neighbour out."))
	all = v.Deliver()
	says(t, v.One(all, mira), "Ada has the post back with your note")
	q := v.One(all, ada)
	says(t, q, "Please leave the number of your neighbour out.", "They climb the railing.", "the new text", "CANCEL")
	n := 0
	v.View(func(tx *db.Tx) (err error) { n, err = moderation.CountForManagers(tx, v.C.ID); return err })
	if n != 0 {
		t.Errorf("%d wait for the managers while the author has it", n)
	}
	v.MustSend(answer(ada, q, "They climb the railing, zznew."))
	all = v.Deliver()
	nothing(t, all, bill)
	says(t, v.One(all, ada), "The managers have the new text")
	says(t, held(t, all, theo), "Its author has changed it, as a manager asked.", "zznew")
	v.MustSend(answer(theo, old, "OK"))
	all = v.Deliver()
	nothing(t, all, bill)
	says(t, v.One(all, theo), "Nothing was decided by your reply", "changed it since")
	v.MustSend(answer(ada, q, "They climb the railing, zzlast.")) // and once more
	v.MustSend(answer(theo, held(t, v.Deliver(), theo), "OK"))
	got := v.One(v.Deliver(), bill)
	says(t, got, "They climb the railing, zzlast.")
	if got.Subject() != "Beans in pots" || strings.Contains(got.Text(), "555") || strings.Contains(string(got.Raw()), "confirm+") {
		t.Errorf("posted:\n%s", got.Raw())
	}
}

// Each answer to ASK and FIX costs all managers a mail, so that there are some a day, and not more; the next day has room again.
func TestAnswersAreFew(t *testing.T) {
	for word, text := range map[string]string{"ASK": "Which beans?", "FIX": "Shorter, please."} {
		v := newcomer(t)
		v.MustSend(answer(mira, held(t, beans(v), mira), word+" "+text))
		q := v.One(v.Deliver(), ada)
		for n := range notice.AnswersADay + 2 {
			_, err := v.Send(answer(ada, q, fmt.Sprintf("Runner beans, try %d.", n)))
			asked := len(to(v.Deliver(), theo))
			if few := n < notice.AnswersADay; few != (err == nil && asked == 1) || !few && asked != 0 {
				t.Errorf("%s, answer %d: %v, %d mails", word, n, err, asked)
			}
			if n >= notice.AnswersADay && (refusal.KindOf(err) != refusal.Limit || err.Error() != "You have written several times about this letter today, and the managers have all of it. Please wait for their answer, or write again tomorrow.") {
				t.Errorf("%s: %v", word, err)
			}
		}
		v.MustSend(answer(ada, q, "CANCEL"))
		says(t, v.One(v.Deliver(), ada), "is forgotten. It went to nobody.")
	}
	v := newcomer(t)
	v.MustSend(answer(mira, held(t, beans(v), mira), "ASK Which beans?"))
	q := v.One(v.Deliver(), ada)
	for n := range notice.AnswersADay {
		v.MustSend(answer(ada, q, fmt.Sprintf("Runner beans, try %d.", n)))
	}
	v.Now = v.Now.Add(24 * time.Hour)
	v.MustSend(answer(ada, q, "The next day."))
}

// What cannot be a new text changes nothing, and its author is told.
func TestNoNewText(t *testing.T) {
	v := newcomer(t)
	v.MustSend(answer(mira, held(t, beans(v), mira), "FIX Shorter, please."))
	q := v.One(v.Deliver(), ada)
	v.MustSend(answer(ada, q, ""))
	all := v.Deliver()
	says(t, v.One(all, ada), "We found nothing new in it", "the new text")
	nothing(t, all, mira)
	if _, err := v.Send(answer(ada, q, "/note she is difficult")); refusal.KindOf(err) != refusal.NotAllowed {
		t.Errorf("a slash: %v", err)
	}
	v.MustSend(answer(ada, q, "CANCEL"))
	says(t, v.One(v.Deliver(), ada), "is forgotten. It went to nobody.")
	v.MustSend(answer(ada, q, "A new text after all"))
	all = v.Deliver()
	says(t, v.One(all, ada), "already decided", "forgotten, as asked")
	nothing(t, all, mira)
}

// An author takes back what waits, by a word; managers who decide then are told.
func TestCancel(t *testing.T) {
	v := newcomer(t)
	all := beans(v)
	v.MustSend(answer(ada, v.One(all, ada), "Cancel, please"))
	says(t, v.One(v.Deliver(), ada), "is forgotten. It went to nobody.")
	v.MustSend(answer(mira, held(t, all, mira), "OK"))
	all = v.Deliver()
	nothing(t, all, bill)
	says(t, v.One(all, mira), "already decided", "it was forgotten, as asked")
}

// Nothing waits in silence: after two days and after a week the managers are asked once more and the author is told, and both when it is over.
func TestDragging(t *testing.T) {
	v := newcomer(t)
	beans(v)
	for _, step := range []struct{ wait, days int }{{2, 2}, {5, 7}, {5, 12}} {
		v.Pass(time.Duration(step.wait) * 24 * time.Hour)
		all := v.Deliver()
		says(t, v.One(all, ada), fmt.Sprintf("still waits for a manager, after %d days", step.days))
		for _, m := range []string{mira, theo} {
			says(t, held(t, all, m), fmt.Sprintf("has waited for a manager for %d days now", step.days), "They climb the railing.")
		}
	}
	v.Pass(2*24*time.Hour + time.Minute)
	all := v.Deliver()
	says(t, v.One(all, ada), "waited for 14 days, and no manager decided", "nothing about what you wrote")
	for _, m := range []string{mira, theo} {
		says(t, v.One(all, m), "no manager decided", "its author was told")
	}
	v.Pass(20 * 24 * time.Hour)
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("after the end:\n%s", mailroomtest.Subjects(all))
	}
}

// C2: managers are asked once more about a new member's post after 2 duty hours, on a list of any stage, and about every other one after 4
// while the list is founding; its author is not troubled with that. The nights count nothing.
func TestManagersAreRemindedWithinHours(t *testing.T) {
	for name, c := range map[string]struct {
		stage lists.Stage
		known bool // its author's first post was let pass: this one waits for its link
		due   int  // hours the community has set for every answer; 0: as at first
		hours int  // 0: nobody is reminded before two days are over
	}{
		"a newcomer's": {stage: lists.Growing, hours: 2}, "a newcomer's, founding": {stage: lists.Founding, hours: 2}, "a newcomer's, where all is answered at once": {stage: lists.Growing, due: 1, hours: 1},
		"a known member's": {stage: lists.Growing, known: true}, "a known member's, founding": {stage: lists.Founding, known: true, hours: 4},
	} {
		v := newcomer(t)
		list(v, func(l *lists.List) { l.Stage = c.stage })
		if c.known {
			set(v, ada, func(m *lists.Member) { m.Trust = lists.Heard })
		}
		if c.due > 0 {
			v.Update(func(tx *db.Tx) error {
				community, err := lists.CommunityByID(tx, v.Member(ada).Community)
				if err != nil {
					return err
				}
				community.Duty.Due, community.Duty.Urgent = c.due, c.due
				return lists.SaveCommunity(tx, community)
			})
		}
		v.MustSend(post{From: "Ada Obi <" + ada + ">", To: talk, Subject: "Beans", Body: "They climb the railing: https://beans.example/climb"}) // on Friday at 10:00
		held(t, v.Deliver(), mira)
		v.Pass(time.Duration(c.hours)*time.Hour - time.Minute)
		if all := v.Deliver(); c.hours > 0 && len(all) != 0 {
			t.Errorf("%s: too soon:\n%s", name, mailroomtest.Subjects(all))
		}
		v.Pass(time.Minute)
		all := v.Deliver()
		nothing(t, all, ada)
		if c.hours == 0 {
			nothing(t, all, mira)
		} else {
			for _, m := range []string{mira, theo} {
				says(t, held(t, all, m), "has waited for "+map[int]string{1: "1 duty hour", 2: "2 duty hours", 4: "4 duty hours"}[c.hours]+" now", "They climb the railing")
			}
		}
		v.Pass(46*time.Hour - time.Duration(c.hours)*time.Hour)
		if all := v.Deliver(); len(all) != 0 {
			t.Errorf("%s: twice:\n%s", name, mailroomtest.Subjects(all))
		}
		v.Pass(2 * time.Hour)
		all = v.Deliver()
		says(t, v.One(all, ada), "still waits for a manager, after 2 days")
		says(t, held(t, all, mira), "has waited for a manager for 2 days now")
	}
}

// Friday evening's newcomer is not late on Saturday; who is let pass, or a list that grew in time, makes nobody late.
func TestNobodyIsRemindedInVain(t *testing.T) {
	v := newcomer(t)
	v.Pass(9 * time.Hour) // Friday, 19:00
	q := held(t, beans(v), mira)
	v.Pass(14*time.Hour + 58*time.Minute)
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("on Saturday:\n%s", mailroomtest.Subjects(all))
	}
	v.MustSend(answer(mira, q, "OK"))
	v.Deliver()
	v.Pass(49 * time.Hour)
	if all := v.Deliver(); len(to(all, mira)) != 0 {
		t.Errorf("a post that was let pass:\n%s", mailroomtest.Subjects(all))
	}
	v = newcomer(t)
	set(v, ada, func(m *lists.Member) { m.Trust = lists.Heard })
	list(v, func(l *lists.List) { l.Stage = lists.Founding })
	v.MustSend(post{From: "Ada Obi <" + ada + ">", To: talk, Subject: "Beans", Body: "https://beans.example/climb"})
	list(v, func(l *lists.List) { l.Stage = lists.Growing })
	v.Deliver()
	v.Pass(5 * time.Hour)
	nothing(t, v.Deliver(), mira)
}

// Who is no manager with the very mail in hand decides nothing: no forger, no program, no colleague with another's mail, no former manager.
func TestSpoofedDecisions(t *testing.T) {
	for _, word := range []string{"OK", "OK ALWAYS", "NO", "ASK Why?", "FIX Shorter"} {
		v := newcomer(t)
		q := held(t, beans(v), mira)
		bad := map[string]post{
			"a stranger": answer(eve, q, word), "the author": answer(ada, q, word), "another manager": answer(theo, q, word), "a member": answer(bill, q, word),
		}
		change := func(name string, how func(p *post)) {
			p := answer(mira, q, word)
			how(&p)
			bad[name] = p
		}
		change("nobody vouches", func(p *post) { p.Sender = sil })
		change("a bounce", func(p *post) { p.Null = true })
		change("a vacation robot", func(p *post) { p.Header += "Auto-Submitted: auto-replied\r\n" })
		change("an old vacation robot", func(p *post) { p.Header += "Precedence: auto_reply\r\nX-Autoreply: yes\r\n" })
		bad["a guessed address"] = post{From: mira, To: "vote+" + strings.Repeat("0", 26) + "@gardeners.example", Subject: "Re", Body: word}
		for name, p := range bad {
			_, _ = v.Send(p)
			for _, a := range v.Deliver() {
				t.Errorf("%s, %s: %s got %q", word, name, a.To, a.Subject())
			}
		}
		set(v, mira, func(m *lists.Member) { m.Role = lists.RoleMember })
		if _, err := v.Send(answer(mira, q, word)); err == nil {
			t.Errorf("%s: who manages no more decides", word)
		}
		if len(waiting(v)) != 1 || v.Member(ada).Trust != lists.New {
			t.Errorf("%s: something was decided", word)
		}
	}
}

// A stranger is not written to: of what waits from them only OK and NO are possible.
func TestStrangersPost(t *testing.T) {
	v := unhurried(t)
	list(v, func(l *lists.List) { l.Posting = lists.ByAnyone })
	v.MustSend(post{From: eve, To: talk, Subject: "Hello", Body: "From outside."})
	q := held(t, v.Deliver(), mira)
	for _, word := range []string{"OK ALWAYS", "ASK Who are you?", "FIX Shorter"} {
		v.MustSend(answer(mira, q, word))
		all := v.Deliver()
		nothing(t, all, eve)
		if text := words(v.One(all, mira)); !strings.Contains(text, "Which word") && strings.Contains(text, "ASK question") {
			t.Errorf("%s: %s", word, text)
		}
	}
	if err := update(v, func(tx *db.Tx) error { return v.Desk.ApproveAlways(tx, waiting(v)[0], 0) }); refusal.KindOf(err) != refusal.NotAllowed {
		t.Errorf("always: %v", err)
	}
	v.Pass(14*24*time.Hour + time.Minute)
	all := v.Deliver()
	nothing(t, all, eve)
	for _, a := range to(all, mira) {
		if strings.HasPrefix(a.Subject(), "Nobody decided") {
			if strings.Contains(words(a), "author was told") {
				t.Errorf("told: %s", words(a))
			}
			return
		}
	}
	t.Errorf("the managers hear nothing:\n%s", mailroomtest.Subjects(all))
}

// One word at the same instant from manager and author: one counts.
func TestCancelAndApproveAtOnce(t *testing.T) {
	v := newcomer(t)
	all := beans(v)
	letters := []post{answer(ada, v.One(all, ada), "CANCEL"), answer(mira, held(t, all, mira), "OK ALWAYS")}
	raws := [][]byte{v.Bytes(letters[0]), v.Bytes(letters[1])}
	done := make(chan error)
	for i, p := range letters {
		go func() { _, err := v.Hand(p, raws[i]); done <- err }()
	}
	for range letters {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	posted := len(to(v.Deliver(), bill)) == 1
	var h moderation.Held
	v.View(func(tx *db.Tx) (err error) { h, err = moderation.Find(tx, 1); return err })
	if posted != (h.State == moderation.Published) || posted != (v.Member(ada).Trust == lists.Known) {
		t.Errorf("posted is %v, %s, trust %d", posted, h.State, v.Member(ada).Trust)
	}
}

// Nobody believes that something was decided: a manager who takes no word of ours is told each time, about each post by itself, and in the session
// when there were enough mails about it today.
func TestEveryWrongWordIsTold(t *testing.T) {
	v := newcomer(t)
	first := held(t, beans(v), mira)
	v.MustSend(post{From: "Ada Obi <" + ada + ">", To: talk, Subject: "Peas", Body: "They climb, too."})
	second := held(t, v.Deliver(), mira)
	for range notice.AnswersADay {
		v.MustSend(answer(mira, first, "hmm"))
		says(t, v.One(v.Deliver(), mira), "yours begins with")
	}
	_, err := v.Send(answer(mira, first, "hmm"))
	if refusal.KindOf(err) != refusal.NotAllowed || err.Error() != "Your answer changed nothing: it does not begin with one of the words that were asked for, or it came too late. The mail that asked, and those we have sent today, name the words." {
		t.Errorf("once more: %v", err)
	}
	v.MustSend(answer(mira, second, "NO?"))
	says(t, v.One(v.Deliver(), mira), "yours begins with", "Peas")
	v.MustSend(answer(mira, first, "OK"))
	if len(waiting(v)) != 1 {
		t.Error("the right word is not heard any more")
	}
}

// What is wrong with a manager's word is said: FIX without a note is one of the words, and NO? asks.
func TestWhatIsWrongWithAWordIsSaid(t *testing.T) {
	for word, want := range map[string]string{"FIX": "There is nothing behind FIX: please write it there", "ask": "There is nothing behind ASK: please write it there", "NO? Why": `yours begins with "NO?"`} {
		v := newcomer(t)
		v.MustSend(answer(mira, held(t, beans(v), mira), word))
		says(t, v.One(v.Deliver(), mira), want)
	}
}

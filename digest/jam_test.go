package digest_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/notice"
	"backchannel/templates/refusal"
)

// jamTown is a town in which Hana may host a jam, Dana reads digests, and Bill gets every post.
func jamTown(t *testing.T) (w *town, hana lists.Member) {
	t.Helper()
	w = newTown(t)
	hana = w.add("hana@host.example", "Hana Ito", lists.RoleMember, lists.Each, w.talk)
	w.update(func(tx *db.Tx) error { hana.Trust = lists.Steady; return lists.SaveMember(tx, hana) })
	w.reader("dana@north.example", "Dana Reyes")
	w.add("bill@south.example", "Bill Tan", lists.RoleMember, lists.Each, w.talk)
	w.due()
	return w, hana
}

// mailTo are the letters for somebody whose subject begins in a way.
func mailTo(all []arrived, who, subject string) (some []arrived) {
	for _, a := range all {
		if a.to.String() == who && strings.HasPrefix(a.Subject(), subject) {
			some = append(some, a)
		}
	}
	return some
}

func (w *town) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// one is the only letter of its kind.
func (w *town) one(all []arrived, who, subject string) arrived {
	w.t.Helper()
	some := mailTo(all, who, subject)
	if len(some) != 1 {
		w.t.Fatalf("%d letters %q for %s, want 1 of %d", len(some), subject, who, len(all))
	}
	return some[0]
}

func (a arrived) door() string { return a.ReplyTo()[0].Address.String() }

const (
	theJam = "/jam Onboarding 22-26 June"
	theQs  = "What did you wish you had known?\nWhom did you ask?"
)

// announced is a town with Hana's jam.
func announced(t *testing.T) (w *town, hana lists.Member) {
	t.Helper()
	w, hana = jamTown(t)
	w.must(w.send("hana@host.example", "digest@gardeners.example", "A jam", theJam+"\n\n"+theQs))
	ask := w.one(w.deliver(), "hana@host.example", "Jam #onboarding: shall it be announced?")
	w.must(w.send("hana@host.example", ask.door(), "Re: "+ask.Subject(), "YES"))
	return w, hana
}

// C5: the whole life of a jam.
func TestJam(t *testing.T) {
	w, _ := jamTown(t)
	w.must(w.send("hana@host.example", "digest@gardeners.example", "A jam", theJam))
	all := w.deliver()
	ask := w.one(all, "hana@host.example", "Jam #onboarding: shall it be announced?")
	if len(all) != 1 || !strings.Contains(flat(ask), "The questions are ours") || !strings.Contains(flat(ask), "From 22 June to 26 June we talk about") {
		t.Fatalf("%d letters, the draft:\n%s", len(all), ask.Text())
	}
	w.must(w.send("hana@host.example", ask.door(), "Re: "+ask.Subject(), quoting(theQs, ask)))
	all = w.deliver()
	again := w.one(all, "hana@host.example", "Jam #onboarding: shall it be announced?")
	if len(all) != 1 || !strings.Contains(again.Text(), "  | What did you wish you had known?\n  | Whom did you ask?\n") || strings.Contains(flat(again), "The questions are ours") {
		t.Fatalf("with own questions:\n%s", again.Text())
	}
	w.must(w.send("hana@host.example", again.door(), "Re: "+again.Subject(), "Yes, please."))
	post := w.one(w.deliver(), "bill@south.example", "Jam #onboarding, 22 June to 26 June")
	if !strings.Contains(post.Get("From"), "Hana Ito") || !strings.Contains(post.Text(), theQs) || strings.Contains(post.Text(), "confirm+") {
		t.Errorf("announced:\n%s\n%s", post.Get("From"), post.Text())
	}

	w.at("5 Jun 06:00")
	if issue := w.issue(w.due(), "dana@north.example"); strings.Contains(flat(issue), "TOPIC OF THE WEEK") {
		t.Errorf("the jam is told of before its days:\n%s", issue.Text())
	}
	for _, slot := range []string{"12 Jun 06:00", "19 Jun 06:00"} {
		w.at(slot)
		w.due()
	}
	w.at("23 Jun 10:00") // within its days: a thread with its tag, an answer to the announcement, and something else
	w.say("Bill Tan <bill@south.example>", "First call #onboarding", "We phone everybody.")
	w.say("Dana Reyes <dana@north.example>", "Re: "+post.Subject(), "I asked nobody.", "In-Reply-To: <"+string(post.MessageID())+">")
	w.say("Bill Tan <bill@south.example>", "Slugs", "Everywhere.")
	w.at("26 Jun 06:00")
	issue := w.issue(w.due(), "dana@north.example")
	if !strings.Contains(flat(issue), "TOPIC OF THE WEEK: #onboarding "+strings.ReplaceAll(theQs, "\n", " ")+" So far: 2 posts from 2 people. A mail a day about it? Reply JAM DAILY. An idea for it, for the managers alone: private+") {
		t.Errorf("the issue does not tell of the jam:\n%s", issue.Text())
	}

	w.at("26 Jun 22:00") // midnight in Berlin
	all = w.due()
	end := w.one(all, "hana@host.example", "Jam #onboarding is over: 2 posts")
	if !strings.Contains(flat(end), "We phone everybody.") || !strings.Contains(flat(end), "I asked nobody.") || strings.Contains(flat(end), "Everywhere.") || strings.Contains(end.Text(), "talk@") {
		t.Errorf("the end:\n%s", end.Text())
	}
	if len(all) != 1 || len(mailTo(w.due(), "hana@host.example", "Jam")) != 0 {
		t.Error("the end is told to others, or twice")
	}
	if err := w.send("hana@host.example", end.door(), "Re", "YES"); refusal.KindOf(err) != refusal.Invalid {
		t.Errorf("YES to no summary: %v", err)
	}
	w.must(w.send("hana@host.example", end.door(), "Re: "+end.Subject(), quoting("A first call helps most.\nAsk anybody.", end)))
	all = w.deliver()
	shown := w.one(all, "hana@host.example", "Your summary of #onboarding: shall it be posted?")
	if len(all) != 1 {
		t.Error("a summary went out unasked")
	}
	w.must(w.send("hana@host.example", shown.door(), "Re: "+shown.Subject(), "YES"))
	summary := w.one(w.deliver(), "bill@south.example", "Summary of the jam #onboarding")
	if strings.TrimSpace(summary.Text()) != "A first call helps most.\nAsk anybody." || !strings.Contains(summary.Get("In-Reply-To"), string(post.MessageID())) {
		t.Errorf("the summary:\n%s\n%s", summary.Get("In-Reply-To"), summary.Text())
	}
	if err := w.send("hana@host.example", shown.door(), "Re", "YES"); refusal.KindOf(err) != refusal.Conflict {
		t.Errorf("YES again: %v", err)
	}
	w.view(func(tx *db.Tx) error {
		page, err := w.editor.Jam(tx, w.c, "#Onboarding")
		if page.State != "done" || page.Posts != 2 || len(page.Said) != 2 || page.Said[0].Who != "Bill Tan" || page.Announcement != string(post.MessageID()) || page.Summary != string(summary.MessageID()) {
			t.Errorf("shown: %+v", page)
		}
		return err
	})
	for range 3 { // other threads that would rank before it
		w.say("Bill Tan <bill@south.example>", "Is this a question?", "Who knows?")
	}
	w.at("3 Jul 06:00")
	issue = w.issue(w.due(), "dana@north.example")
	text := flat(issue)
	pinned := strings.Index(text, "Jam #onboarding, 22 June to 26 June")
	if pinned < 0 || strings.Contains(text, "TOPIC OF THE WEEK") || !strings.Contains(text, "A first call helps most.") {
		t.Errorf("the next issue:\n%s", issue.Text())
	}
	w.view(func(tx *db.Tx) error {
		all, err := w.editor.Jams(tx, w.c)
		if err == nil && (len(all) != 1 || all[0].Tag != "onboarding" || all[0].State != "done" || all[0].Posts != 2 || all[0].People != 2 || all[0].Host != "Hana Ito") {
			t.Errorf("listed: %+v", all)
		}
		return err
	})
	if got := w.rows("SELECT what FROM digest_choice"); got != "pin" {
		t.Errorf("the summary is not pinned: %q", got)
	}
}

// Who may not, or wrote something that is no jam, hears why; nothing is asked and nothing posted.
func TestJamIsRefused(t *testing.T) {
	for _, c := range []struct{ who, text, why string }{
		{"dana@north.example", theJam, "Jams are called for by members who have been here for half a year and answered ten others, or whom the managers trust with it. Do you have an idea for one? Write to managers@gardeners.example, and a manager can call for it."},
		{"hana@host.example", "/jam", "A jam needs a tag: one word of letters, digits and hyphens. Please write it as /jam onboarding 22-26 June."},
		{"hana@host.example", "/jam über 22-26 June", "A jam needs a tag: one word of letters, digits and hyphens. Please write it as /jam onboarding 22-26 June."},
		{"hana@host.example", "/jam slugs", "Behind the tag of a jam stand its days, as 22-26 June."},
		{"hana@host.example", "/jam slugs 22-36 June", "The last day of a jam is not clear. Its days are written as 22-26 June, or 29 June - 3 July."},
		{"hana@host.example", "/jam slugs 25-26 May", "25 May is past, or more than half a year away."},
		{"hana@host.example", "/jam slugs 2026-05-25 to 2026-06-02", "25 May 2026 is past."},
		{"hana@host.example", "/jam slugs 1-30 June", "A jam has 14 days at most; from 1 June to 30 June are more."},
		{"hana@host.example", "/jam slugs off", "There is no jam #slugs to call off."},
		{"hana@host.example", "/jam slugs 22-26 June\n" + strings.Repeat("What? ", 300), "That is too long: it has 1799 characters, and 1200 is the most."},
		{"hana@host.example", "/jam slugs 22-26 June\n/note about Bill", "It begins with a slash, and such a text is never posted."},
		{"hana@host.example", "/jam slugs 22-26 June\nIs this so?\n[private K7QX]", "It quotes a private letter, and everyone would read it."},
	} {
		w, _ := jamTown(t)
		w.must(w.send(c.who, "digest@gardeners.example", "A jam", c.text))
		all := w.deliver()
		if back := w.one(all, c.who, "Your jam was not taken"); len(all) != 1 || !strings.Contains(flat(back), c.why) {
			t.Errorf("%q: %d letters:\n%s", c.text, len(all), back.Text())
		}
		if n := w.rows("SELECT count(*) || '' FROM jam"); n != "0" {
			t.Errorf("%q: %s jams", c.text, n)
		}
	}
}

// No host believes that a jam was called for: when there were enough mails about it today, the session says that it was not.
func TestEveryJamThatIsNotTakenIsTold(t *testing.T) {
	const weak, host = "198.51.100.7", "hana@host.example"
	w, _ := jamTown(t)
	for range notice.AnswersADay {
		w.must(w.send(host, "digest@gardeners.example", "A jam", "/jam slugs"))
		w.one(w.deliver(), host, "Your jam was not taken")
	}
	if err := w.send(host, "digest@gardeners.example", "A jam", "/jam slugs"); err == nil || err.Error() != "This call for a jam was not taken. Today's mails about your jams have been sent; they tell what such a call needs." {
		t.Errorf("once more: %v", err)
	}
	if err := w.sendBy(weak, host, "digest@gardeners.example", "A jam", theJam); err == nil || err.Error() != "Nobody vouches that this call for a jam is yours, and today's questions about your jams have been sent. So nothing was done; please answer one of those mails." {
		t.Errorf("one that nobody vouches for: %v", err)
	}
	if n := w.rows("SELECT count(*) || '' FROM jam"); n != "0" {
		t.Errorf("%s jams", n)
	}
	w.must(w.send(host, "digest@gardeners.example", "A jam", theJam))
	w.one(w.deliver(), host, "Jam #onboarding")
}

// A tag belongs to one jam, also when two drafts of it were begun; a later draft of a host takes the place of the one before.
func TestJamsWithOneTag(t *testing.T) {
	w, _ := jamTown(t)
	ask := func(who, text string) arrived {
		t.Helper()
		w.must(w.send(who, "digest@gardeners.example", "A jam", text))
		return w.one(w.deliver(), who, "Jam #")
	}
	old := ask("hana@host.example", "/jam slugs 1-5 July")
	first, second := ask("hana@host.example", theJam), ask("mira@lowe.example", "/jam onboarding 29 June - 3 July")
	if err := w.send("hana@host.example", old.door(), "Re", "YES"); refusal.KindOf(err) != refusal.Conflict {
		t.Errorf("YES to a draft that another one has replaced: %v", err)
	}
	w.must(w.send("hana@host.example", first.door(), "Re", "YES"))
	if err := w.send("mira@lowe.example", second.door(), "Re", "YES"); refusal.KindOf(err) != refusal.Conflict || err.Error() != "There is a jam #onboarding already, from 22 June to 26 June. Please choose another tag." {
		t.Errorf("the second jam with one tag: %v", err)
	}
	w.deliver()
	w.must(w.send("mira@lowe.example", "digest@gardeners.example", "A jam", "/jam #onboarding 29 June - 3 July"))
	if back := w.one(w.deliver(), "mira@lowe.example", "Your jam was not taken"); !strings.Contains(flat(back), "Please choose another tag") {
		t.Errorf("a third:\n%s", back.Text())
	}
}

// Two answers at once post once.
func TestJamTwiceAtOnce(t *testing.T) {
	w, _ := jamTown(t)
	w.must(w.send("hana@host.example", "digest@gardeners.example", "A jam", theJam))
	ask := w.one(w.deliver(), "hana@host.example", "Jam #")
	other := *w
	other.n = 1000
	errs := make([]error, 2)
	var all sync.WaitGroup
	for i, one := range []*town{w, &other} {
		all.Go(func() { errs[i] = one.send("hana@host.example", ask.door(), "Re", "YES") })
	}
	all.Wait()
	if (errs[0] == nil) == (errs[1] == nil) || refusal.KindOf(errs[0]) != refusal.Conflict && refusal.KindOf(errs[1]) != refusal.Conflict {
		t.Errorf("%v", errs)
	}
	if got := w.rows("SELECT count(*) || '' FROM post"); got != "1" {
		t.Errorf("%s posts", got)
	}
}

// Nothing is posted for a stranger, for another member, for a robot, for a letter that nobody vouches for, and by an address whose time is over.
func TestJamIsTheHostsAlone(t *testing.T) {
	w, _ := jamTown(t)
	if err := w.send("hana@host.example", "digest@gardeners.example", "A jam", theJam, "Auto-Submitted: auto-replied"); err == nil {
		t.Error("a robot calls for a jam")
	}
	for i := range 5 {
		if err := w.sendBy("198.51.100.7", "hana@host.example", "digest@gardeners.example", "A jam", theJam); (err != nil) != (i >= notice.AnswersADay) {
			t.Errorf("%d: %v", i, err)
		}
	}
	all := w.deliver() // nobody vouches for these: Hana alone is asked, once, and told of the others not without end
	if n, back := len(mailTo(all, "hana@host.example", "Jam #")), len(mailTo(all, "hana@host.example", "Your jam was not taken")); n != 1 || back != 2 || len(all) != 3 {
		t.Errorf("%d questions, %d told, %d letters", n, back, len(all))
	}
	w.must(w.send("hana@host.example", "digest@gardeners.example", "A jam", theJam))
	door := w.one(w.deliver(), "hana@host.example", "Jam #").door()
	for how, err := range map[string]error{
		"a stranger":       w.send("eve@evil.example", door, "Re", "YES"),
		"another member":   w.send("bill@south.example", door, "Re", "YES"),
		"a manager":        w.send("mira@lowe.example", door, "Re", "YES"),
		"nobody vouches":   w.sendBy("198.51.100.7", "hana@host.example", door, "Re", "YES"),
		"too long a text":  w.send("hana@host.example", door, "Re", strings.Repeat("What? ", 300)),
		"a private letter": w.send("hana@host.example", door, "Re", "Is this so?\n[private K7QX]"),
	} {
		if err == nil {
			t.Errorf("%s: taken", how)
		}
	}
	_ = w.send("hana@host.example", door, "Re", "YES", "Auto-Submitted: auto-replied")
	if got := w.rows("SELECT count(*) || '' FROM post"); got != "0" {
		t.Fatalf("%s posts", got)
	}
	w.must(w.send("hana@host.example", door, "Re", "YES, but let me think"))
	if len(mailTo(w.deliver(), "hana@host.example", "Jam #onboarding: shall it be announced?")) != 1 || w.rows("SELECT count(*) || '' FROM post") != "0" {
		t.Error("a YES with more beside it posts")
	}
	w.at("28 Jun 08:00")
	if err := w.send("hana@host.example", door, "Re", "YES"); err == nil {
		t.Error("YES after its days")
	}
	w.due()
	if got := w.rows("SELECT DISTINCT state || questions FROM jam"); got != "dropped" {
		t.Errorf("the draft after its days: %q", got)
	}
}

// NO forgets a draft, and the host as well as a manager calls off what is announced.
func TestJamOff(t *testing.T) {
	w, _ := jamTown(t)
	w.must(w.send("hana@host.example", "digest@gardeners.example", "A jam", theJam))
	ask := w.one(w.deliver(), "hana@host.example", "Jam #")
	w.view(func(tx *db.Tx) error {
		all, err := w.editor.Jams(tx, w.c)
		if len(all) != 0 {
			t.Errorf("a draft is listed: %+v", all)
		}
		return err
	})
	w.must(w.send("hana@host.example", ask.door(), "Re", "No."))
	if err := w.send("hana@host.example", ask.door(), "Re", "YES"); err == nil || err.Error() != decided || w.rows("SELECT count(*) || '' FROM post") != "0" {
		t.Errorf("YES after NO: %v", err)
	}
	for _, who := range []string{"hana@host.example", "mira@lowe.example"} {
		w, _ := announced(t)
		w.deliver()
		w.must(w.send("bill@south.example", "digest@gardeners.example", "x", "/jam onboarding off"))
		if back := w.one(w.deliver(), "bill@south.example", "Your jam was not taken"); !strings.Contains(flat(back), "The jam #onboarding is not yours. Its host can call it off, and so can a manager.") {
			t.Errorf("Bill:\n%s", back.Text())
		}
		w.must(w.send(who, "digest@gardeners.example", "x", "/jam onboarding off"))
		all := w.deliver()
		w.one(all, who, "Jam #onboarding is called off")
		if told := w.one(all, "hana@host.example", "Jam #onboarding is called off"); strings.Contains(flat(told), "Mira Lowe") != (who == "mira@lowe.example") {
			t.Errorf("Hana reads:\n%s", told.Text())
		}
		w.at("26 Jun 22:00")
		if over := mailTo(w.due(), "hana@host.example", "Jam"); len(over) != 0 {
			t.Errorf("%s called it off, and its end was told", who)
		}
	}
}

// When the host has left, the managers get the posts, and each of them may sum them up; the host's address is dead.
func TestJamWithoutItsHost(t *testing.T) {
	w, hana := announced(t)
	w.manager("theo@brandt.example", "Theo Brandt")
	w.at("23 Jun 10:00")
	w.say("Bill Tan <bill@south.example>", "First call #onboarding", "We phone everybody.")
	w.update(func(tx *db.Tx) error {
		m, err := lists.MemberByID(tx, hana.ID)
		m.State = lists.Left
		if err == nil {
			err = lists.SaveMember(tx, m)
		}
		return err
	})
	w.at("26 Jun 22:00")
	all := w.due()
	mira, theo := w.one(all, "mira@lowe.example", "Jam #onboarding is over"), w.one(all, "theo@brandt.example", "Jam #onboarding is over")
	if len(mailTo(all, "hana@host.example", "Jam")) != 0 || !strings.Contains(flat(mira), "Its host is no longer here") {
		t.Errorf("the end:\n%s", mira.Text())
	}
	w.must(w.send("mira@lowe.example", mira.door(), "Re", "They phone."))
	w.must(w.send("theo@brandt.example", theo.door(), "Re", "They phone everybody."))
	shown := w.deliver()
	if !strings.Contains(w.one(shown, "theo@brandt.example", "Your summary").Text(), "They phone everybody.") {
		t.Error("Theo does not see what he wrote")
	}
	w.must(w.send("mira@lowe.example", w.one(shown, "mira@lowe.example", "Your summary").door(), "Re", "YES")) // it has changed since
	if again := w.one(w.deliver(), "mira@lowe.example", "Your summary"); !strings.Contains(again.Text(), "They phone everybody.") {
		t.Errorf("Mira said yes to other words, and is shown:\n%s", again.Text())
	}
	w.must(w.send("theo@brandt.example", w.one(shown, "theo@brandt.example", "Your summary").door(), "Re", "YES"))
	if err := w.send("mira@lowe.example", mira.door(), "Re", "YES"); refusal.KindOf(err) != refusal.Conflict {
		t.Errorf("the second manager: %v", err)
	}
	if got := w.rows("SELECT text FROM post ORDER BY id DESC LIMIT 1"); !strings.Contains(got, "They phone everybody.") {
		t.Errorf("posted: %q", got)
	}
}

// A list that was stopped takes no announcement; when it goes on, the same YES announces the jam.
func TestJamOfAStoppedList(t *testing.T) {
	w, _ := jamTown(t)
	stop := func(yes bool) {
		w.update(func(tx *db.Tx) error {
			l, err := lists.ListByID(tx, w.talk.ID)
			if err != nil {
				return err
			}
			l.Rules.Stopped = yes
			return lists.SaveList(tx, l)
		})
	}
	w.must(w.send("hana@host.example", "digest@gardeners.example", "A jam", theJam+"\n\n"+theQs))
	ask := w.one(w.deliver(), "hana@host.example", "Jam #onboarding: shall it be announced?")
	stop(true)
	if err := w.send("hana@host.example", ask.door(), "Re: "+ask.Subject(), "YES"); err == nil || !strings.Contains(err.Error(), "takes no posts at the moment") {
		t.Errorf("a stopped list: %v", err)
	}
	if all := w.deliver(); len(all) != 0 {
		t.Errorf("%d letters went out", len(all))
	}
	stop(false)
	w.must(w.send("hana@host.example", ask.door(), "Re: "+ask.Subject(), "Yes"))
	w.one(w.deliver(), "bill@south.example", "Jam #onboarding, 22 June to 26 June")
}

// A host who has posted enough today is told so, for good: a server that tried the same letter again for hours would post it behind their back.
func TestJamOfABusyHost(t *testing.T) {
	w, _ := jamTown(t)
	w.update(func(tx *db.Tx) error {
		l, err := lists.ListByID(tx, w.talk.ID)
		if err != nil {
			return err
		}
		l.PostsPerHour = 1
		return lists.SaveList(tx, l)
	})
	w.must(w.send("hana@host.example", "digest@gardeners.example", "A jam", theJam+"\n\n"+theQs))
	ask := w.one(w.deliver(), "hana@host.example", "Jam #onboarding: shall it be announced?")
	w.must(w.send("hana@host.example", "talk@gardeners.example", "Beans", "They climb."))
	w.deliver()
	if err := w.send("hana@host.example", ask.door(), "Re: "+ask.Subject(), "YES"); refusal.KindOf(err) != refusal.NotAllowed || err.Error() != "Garden talk takes no post of yours just now. Please say YES again tomorrow." {
		t.Errorf("one post too many: %v", err)
	}
	w.now = w.now.Add(25 * time.Hour)
	w.must(w.send("hana@host.example", ask.door(), "Re: "+ask.Subject(), "Yes"))
	w.one(w.deliver(), "bill@south.example", "Jam #onboarding, 22 June to 26 June")
}

// An issue that is written anew, because a post of it was removed meanwhile, still tells of the jam.
func TestJamInAnIssueWrittenAnew(t *testing.T) {
	w, _ := announced(t)
	w.deliver()
	for _, slot := range []string{"5 Jun 06:00", "12 Jun 06:00", "19 Jun 06:00"} {
		w.at(slot)
		w.due()
	}
	w.at("24 Jun 10:00")
	w.say("Bill Tan <bill@south.example>", "First call #onboarding", "We phone everybody.")
	gone := w.say("Bill Tan <bill@south.example>", "Beans", "word-goes.")
	w.at("26 Jun 06:00")
	w.write()
	w.remove(gone)
	if issue := w.issue(w.deliver(), "dana@north.example"); strings.Contains(issue.Text(), "word-goes") || !strings.Contains(flat(issue), "So far: 1 post from 1 person.") {
		t.Errorf("Dana reads:\n%s", issue.Text())
	}
}

// A list that a reader is not on is not told of.
func TestJamAndItsList(t *testing.T) {
	w, _ := announced(t)
	jobs := w.list("jobs", "Jobs")
	w.reader("sil@silent.example", "Sil Ent", jobs)
	for _, slot := range []string{"5 Jun 06:00", "12 Jun 06:00", "19 Jun 06:00"} {
		w.at(slot)
		w.due()
	}
	w.at("24 Jun 10:00")
	w.sayOn(jobs, "Bill Tan <bill@south.example>", "A job #onboarding", "For a gardener.")
	w.say("Bill Tan <bill@south.example>", "First call #onboarding", "We phone everybody.")
	w.at("26 Jun 06:00")
	all := w.due()
	if sils := w.issue(all, "sil@silent.example"); strings.Contains(flat(sils), "TOPIC OF THE WEEK") {
		t.Errorf("Sil reads of another list:\n%s", sils.Text())
	}
	if danas := w.issue(all, "dana@north.example"); !strings.Contains(flat(danas), "So far: 1 post from 1 person.") {
		t.Errorf("Dana:\n%s", danas.Text())
	}
	if _, _, err := w.cal.RunDue(context.Background()); err != nil {
		t.Error(err)
	}
}

// A host who is not on the list any more does not get its posts; the managers do.
func TestJamOfAHostWhoLeftTheList(t *testing.T) {
	w, hana := announced(t)
	w.at("23 Jun 10:00")
	w.say("Bill Tan <bill@south.example>", "First call #onboarding", "We phone everybody.")
	w.update(func(tx *db.Tx) error { _, err := lists.Unsubscribe(tx, hana.ID, w.talk.ID); return err })
	w.at("26 Jun 22:00")
	all := w.due()
	if got := mailTo(all, "hana@host.example", "Jam"); len(got) != 0 {
		t.Errorf("Hana reads %s", got[0].Text())
	}
	if over := w.one(all, "mira@lowe.example", "Jam #onboarding is over"); !strings.Contains(over.Text(), "We phone everybody.") {
		t.Errorf("Mira reads %s", over.Text())
	}
}

// What a host wrote is posted without anybody's addresses, and never with a slash in front (W8, G4).
func TestJamKeepsWhatIsNotForEverybody(t *testing.T) {
	w, _ := jamTown(t)
	token := "everyone+" + strings.Repeat("k7", 13) + "@gardeners.example"
	w.must(w.send("hana@host.example", "digest@gardeners.example", "A jam", theJam+"\n\nWhom did you ask? Write to "+token+", please."))
	ask := w.one(w.deliver(), "hana@host.example", "Jam #onboarding: shall it be announced?")
	if err := w.send("hana@host.example", ask.door(), "Re", "/note about Bill"); refusal.KindOf(err) != refusal.NotAllowed || err.Error() != "It begins with a slash, and such a text is never posted." {
		t.Errorf("a slash: %v", err)
	}
	w.must(w.send("hana@host.example", ask.door(), "Re", "YES"))
	w.deliver()
	if got := w.rows("SELECT text FROM post ORDER BY id DESC LIMIT 1"); !strings.Contains(got, "Whom did you ask?") || strings.Contains(got, "everyone+") {
		t.Errorf("posted: %q", got)
	}
}

// A call that nobody vouches for does not take the place of a draft that waits: anybody can write a From.
func TestWeakJamKeepsADraft(t *testing.T) {
	w, _ := jamTown(t)
	const weak = "198.51.100.7"
	w.must(w.sendBy(weak, "hana@host.example", "digest@gardeners.example", "A jam", theJam+"\n\n"+theQs))
	ask := w.one(w.deliver(), "hana@host.example", "Jam #onboarding: shall it be announced?")
	w.must(w.sendBy(weak, "hana@host.example", "digest@gardeners.example", "A jam", "/jam sabotage 1-2 July"))
	if back := w.one(w.deliver(), "hana@host.example", "Your jam was not taken"); !strings.Contains(flat(back), "Another jam of yours waits for your word, and your mail provider did not vouch for this letter, so that one was kept. Please answer it, or send this once more from where you usually write.") {
		t.Errorf("Hana reads:\n%s", back.Text())
	}
	w.must(w.send("hana@host.example", ask.door(), "Re: "+ask.Subject(), "YES"))
	w.one(w.deliver(), "bill@south.example", "Jam #onboarding, 22 June to 26 June")
}

// Why a call came back is said in the language of whoever called, the days in it, too.
func TestAJamComesBackInTheLanguageOfItsHost(t *testing.T) {
	for language, why := range map[string]string{
		"de": "Ein Jam hat höchstens 14 Tage; vom 22. Juni bis zum 30. Juli sind es mehr.", "fr": "Un jam a 14 jours au plus ; du 22 juin au 30 juillet, cela en fait davantage.",
		"es": "Un jam tiene 14 días como mucho; del 22 de junio al 30 de julio son más.", "ja": "ジャムは最長14日です。6月22日から7月30日までは、それより長くなります。",
	} {
		w, _ := jamTown(t)
		w.update(func(tx *db.Tx) error {
			m := w.member("hana@host.example")
			m.Language = language
			return lists.SaveMember(tx, m)
		})
		w.must(w.send("hana@host.example", "digest@gardeners.example", "A jam", "/jam slugs 22 June - 30 July"))
		all := mailTo(w.deliver(), "hana@host.example", "")
		if len(all) != 1 || !strings.Contains(flat(all[0]), why) {
			t.Errorf("%s: %d letters, want %q", language, len(all), why)
		}
	}
}

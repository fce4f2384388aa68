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

// heated has a thread on talk, "Sponsors", by Bill; it gives the post as Dana got it.
func heated(v *village) arrived {
	v.T.Helper()
	v.MustSend(post{From: "Bill Tan <" + bill + ">", To: talk, Subject: "Sponsors", Body: "They want our member list."})
	return v.One(v.Deliver(), dana)
}

// uneasy is a letter that says that the thread of a post feels wrong.
func uneasy(from string, about arrived, body string) post {
	return post{From: from, To: managers, Subject: "[unease] Re: Sponsors", Body: body, Header: "In-Reply-To: <" + string(about.MessageID()) + ">\r\n"}
}

// private is a letter to the managers about a post.
func private(from string, about arrived, body string) post {
	p := answer(from, about, body)
	p.To = managers
	return p
}

// alarms are the alarms that somebody got.
func alarms(all []arrived, who string) (found []arrived) {
	for _, a := range to(all, who) {
		if strings.HasPrefix(a.Subject(), "[heat]") {
			found = append(found, a)
		}
	}
	return found
}

// B11: unease is counted, thanked for in one line, opens no conversation and bears no name.
func TestUnease(t *testing.T) {
	v := mailroomtest.New(t)
	about := heated(v)
	story := v.MustSend(uneasy("Dana Reyes <"+dana+">", about, "This thread feels wrong to me (no reply needed)\n\n-- \nDana"))
	v.View(func(tx *db.Tx) error {
		if _, err := v.Store.LetterByStory(tx, story); err == nil {
			t.Error("the letter itself is kept")
		}
		return nil
	})
	all := v.Deliver()
	says(t, v.One(all, dana), "Thank you. It is counted, without your name")
	if len(all) != 1 {
		t.Errorf("also sent:\n%s", mailroomtest.Subjects(all))
	}
	if s := state(v); s != "" {
		t.Errorf("there is a conversation: %s", s)
	}
	v.MustSend(uneasy("Dana Reyes <"+dana+">", about, "")) // once more: still one voice
	if len(alarms(v.Deliver(), mira)) != 0 {
		t.Error("one voice made an alarm")
	}
	v.MustSend(uneasy("Alison Graf <"+alison+">", about, "It is about money, is it not?"))
	all = v.Deliver()
	says(t, v.One(all, alison), "What you wrote below went to nobody")
	alarm := alarms(all, mira)
	if len(alarm) != 1 || len(alarms(all, theo)) != 1 {
		t.Fatalf("alarms:\n%s", mailroomtest.Subjects(all))
	}
	says(t, alarm[0], "2 x \"feels wrong\" (no names, no answer expected)", "/slow 2h", "1 post in 1 h")
	hides(t, alarm[0], "Dana", "dana", "Alison", "alison", "money")
	v.View(func(tx *db.Tx) error {
		var n int
		if err := tx.QueryRow("SELECT count(*) FROM heat WHERE conv IS NOT NULL").Scan(&n); err != nil || n > 0 {
			t.Errorf("%d rows lead to a conversation", n)
		}
		return nil
	})
}

// B11: nothing in the books, nor anywhere else, tells whose the letter was: no Message-ID, no session, no word of it beside a name.
func TestUneaseNamesNobodyInTheBooks(t *testing.T) {
	v := mailroomtest.New(t)
	about := heated(v)
	p := uneasy("Dana Reyes <"+dana+">", about, "This thread feels wrong to me (no reply needed)")
	p.Header += "Message-ID: <77@north.example>\r\n"
	story := v.MustSend(p)
	v.Deliver()
	if n := row(v, "SELECT count(*) FROM log_entry WHERE story = ? AND msgid = '' AND rcpt = '' AND detail = 'not told'", story); n != "2" {
		t.Errorf("%s rows of two are veiled", n)
	}
	for one, named := range dump(t, v, v.Member(dana), "dana", "reyes", "north.example") {
		if strings.Contains(one, "77@north.example") || named && (strings.Contains(one, "unease") || strings.Contains(one, story)) {
			t.Errorf("a row names her: %s", one)
		}
	}
}

// Without a thread it is a letter like any other: nobody's words are lost (R7).
func TestUneaseAboutNothing(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: managers, Subject: "[unease]", Body: "Something is wrong here."})
	says(t, v.One(v.Deliver(), mira), "Something is wrong here.")
}

// The keys of voices are destroyed after three months, and what was counted goes with them.
func TestVoicesEnd(t *testing.T) {
	v := mailroomtest.New(t)
	about := heated(v)
	v.MustSend(uneasy("Dana Reyes <"+dana+">", about, ""))
	v.Pass(20 * 24 * time.Hour)
	count := func() (keys, rows int) {
		v.View(func(tx *db.Tx) error {
			if err := tx.QueryRow("SELECT count(*) FROM voice_key").Scan(&keys); err != nil {
				return err
			}
			return tx.QueryRow("SELECT count(*) FROM heat").Scan(&rows)
		})
		return keys, rows
	}
	if k, r := count(); k != 1 || r != 1 {
		t.Errorf("%d keys, %d rows", k, r)
	}
	v.Pass(110 * 24 * time.Hour)
	if k, r := count(); k != 0 || r != 0 {
		t.Errorf("%d keys, %d rows after three months", k, r)
	}
}

// A letter under a name counts by that name; an alarm comes once a day for each thread, and what is older than two days does not count.
func TestHeatOfLetters(t *testing.T) {
	v := mailroomtest.New(t)
	about := heated(v)
	v.MustSend(private("Dana Reyes <"+dana+">", about, "This goes too far."))
	all := v.Deliver()
	says(t, v.One(all, mira), "This goes too far.", "Bill Tan, on the list", "They want our member list.")
	v.Pass(49 * time.Hour)
	v.Deliver()
	v.MustSend(uneasy("Alison Graf <"+alison+">", about, ""))
	if n := len(alarms(v.Deliver(), mira)); n != 0 {
		t.Errorf("%d alarms with one voice in two days", n)
	}
	v.MustSend(private("Sil Ent <"+sil+">", about, "Please do something."))
	all = v.Deliver()
	if n := len(alarms(all, mira)); n != 1 {
		t.Fatalf("%d alarms:\n%s", n, mailroomtest.Subjects(all))
	}
	says(t, alarms(all, mira)[0], "(Sil Ent)", "1 x \"feels wrong\"")
	v.MustSend(uneasy("Dana Reyes <"+dana+">", about, ""))
	if n := len(alarms(v.Deliver(), mira)); n != 0 {
		t.Errorf("%d alarms more on the same day", n)
	}
	v.Pass(25 * time.Hour)
	v.Deliver()
	v.MustSend(uneasy("Dana Reyes <"+dana+">", about, ""))
	if n := len(alarms(v.Deliver(), mira)); n != 1 {
		t.Errorf("%d alarms on the next day", n)
	}
}

// Whoever wrote a letter and says that the thread feels wrong, too, is one voice in the alarm: "2 members" above two letters and one unease would
// tell that it was one of these two.
func TestUneaseOfAWriterIsNotTold(t *testing.T) {
	v := mailroomtest.New(t)
	about := heated(v)
	v.MustSend(private("Dana Reyes <"+dana+">", about, "This goes too far."))
	v.MustSend(uneasy("Dana Reyes <"+dana+">", about, ""))
	v.Deliver()
	v.MustSend(private("Sil Ent <"+sil+">", about, "Please do something."))
	alarm := alarms(v.Deliver(), mira)
	if len(alarm) != 1 {
		t.Fatalf("%d alarms", len(alarm))
	}
	says(t, alarm[0], "(Dana Reyes)", "(Sil Ent)")
	if !strings.Contains(alarm[0].Subject(), ": 2 members wrote") {
		t.Errorf("the subject is %q", alarm[0].Subject())
	}
	hides(t, alarm[0], "feels wrong")
}

// In a community of sixty it takes three.
func TestHeatInALargePlace(t *testing.T) {
	v := mailroomtest.New(t)
	about := heated(v)
	for i := range 54 {
		v.Add(v.C, fmt.Sprintf("m%d@d%d.example", i, i), fmt.Sprintf("Member %d", i), lists.RoleMember)
	}
	for i, who := range []string{dana, alison, sil} {
		v.MustSend(uneasy(who, about, ""))
		if n := len(alarms(v.Deliver(), mira)); (n == 1) != (i == 2) {
			t.Errorf("%d alarms after %d voices", n, i+1)
		}
	}
}

// P15: a manager is not told by an alarm of a report that does not exist for them: it does not count for them.
func TestHeatTellsNoSecret(t *testing.T) {
	v := mailroomtest.New(t)
	about := heated(v)
	v.MustSend(uneasy("Alison Graf <"+alison+">", about, ""))
	p := private("Dana Reyes <"+dana+">", about, "Theo knew of it and said nothing.")
	p.To = "report@gardeners.example"
	v.MustSend(p)
	all := v.Deliver()
	if len(alarms(all, mira)) != 1 || len(to(all, theo)) != 0 {
		t.Errorf("after the report:\n%s", mailroomtest.Subjects(all))
	}
	v.MustSend(uneasy("Sil Ent <"+sil+">", about, ""))
	all = v.Deliver()
	alarm := alarms(all, theo)
	if len(alarm) != 1 {
		t.Fatalf("Theo got:\n%s", mailroomtest.Subjects(all))
	}
	says(t, alarm[0], "2 x \"feels wrong\"")
	hides(t, alarm[0], "report", "Dana", "dana")
}

// A post that is handed on to the managers is a report, however the mail program does that; one that is answered is a letter about it.
func TestHandedOn(t *testing.T) {
	for name, c := range map[string]struct {
		header, body string
		report       bool
	}{
		"attached": {"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n",
			"--b\n\nPlease look at this.\n--b\nContent-Type: message/rfc822\n\nMessage-ID: <ID>\nFrom: x@y.example\nSubject: Sponsors\n\nThey want it.\n--b--", true},
		"the header of Thunderbird": {"X-Forwarded-Message-Id: <ID>\r\n", "Please look at this.\n\n-------- Forwarded Message --------\nSubject: Sponsors\n\nThey want it.", true},
		"inline":                    {"", "Please look at this.\n\n---------- Forwarded message ---------\nFrom: Bill Tan via Garden talk <talk@gardeners.example>\nDate: Fri, 12 Jun 2026\nSubject: Sponsors\nTo: talk@gardeners.example\n\nThey want it.", true},
		"answered":                  {"In-Reply-To: <ID>\r\n", "Please look at this.", false},
	} {
		t.Run(name, func(t *testing.T) {
			v := mailroomtest.New(t)
			about := heated(v)
			id := func(s string) string { return strings.ReplaceAll(s, "ID>", string(about.MessageID())+">") }
			header := strings.ReplaceAll(c.header, "Message-ID>", "Message-ID>")
			subject := "Fwd: Sponsors"
			if !c.report {
				subject = "Re: Sponsors"
			}
			v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: managers, Subject: subject, Header: id(header), Body: id(c.body)})
			all := v.Deliver()
			got := v.One(all, mira)
			says(t, got, "Please look at this.", "They want our member list.")
			if isReport := strings.Contains(got.Letter.From()[0].Name, "(report "); isReport != c.report {
				t.Errorf("it comes from %v", got.Letter.From())
			}
		})
	}
}

// alarmed has the managers of a heated thread alarmed; it gives the alarm of Mira.
func alarmed(v *village) (alarm, about arrived) {
	v.T.Helper()
	about = heated(v)
	v.MustSend(uneasy(dana, about, ""))
	v.MustSend(uneasy(alison, about, ""))
	all := alarms(v.Deliver(), mira)
	if len(all) != 1 {
		v.T.Fatalf("%d alarms", len(all))
	}
	return all[0], about
}

// onList is a post of somebody in the thread of another one.
func onList(from string, about arrived, body string) post {
	p := answer(from, about, body)
	p.To = talk
	return p
}

// /slow 2h: one post of each person in that time; managers are free, other threads too, and the clock publishes nothing.
func TestSlow(t *testing.T) {
	v := mailroomtest.New(t)
	alarm, about := alarmed(v)
	v.MustSend(answer(mira, alarm, "/slow 2h"))
	says(t, v.One(v.Deliver(), mira), "\"Sponsors\" takes one post of each person until Friday, 12 June at 12:00.")
	v.MustSend(onList("Bill Tan <"+bill+">", about, "First."))
	v.One(v.Deliver(), alison)
	v.MustSend(onList("Bill Tan <"+bill+">", about, "Second."))
	all := v.Deliver()
	nothing(t, all, alison)
	waits := v.One(all, bill)
	says(t, waits, "one post of each person until Friday, 12 June at 12:00, and you have had yours", "It is nothing about you.")
	says(t, v.One(all, mira), "its thread takes one post of each person for a while")
	v.MustSend(answer("Bill Tan <"+bill+">", waits, "PUBLIC"))
	all = v.Deliver()
	nothing(t, all, alison)
	says(t, v.One(all, bill), "until Friday, 12 June at 12:00")
	v.MustSend(onList("Dana Reyes <"+dana+">", about, "Hers.")) // her own first one
	v.One(v.Deliver(), alison)
	v.MustSend(post{From: bill, To: talk, Subject: "Frost", Body: "Tonight."})
	v.One(v.Deliver(), alison)
	for range 2 {
		v.MustSend(onList("Theo Brandt <"+theo+">", about, "Please."))
		v.One(v.Deliver(), alison)
	}
	v.Pass(2*time.Hour + time.Minute)
	all = v.Deliver()
	nothing(t, all, alison)
	over := v.One(all, bill)
	says(t, over, "as usual again", "PUBLIC post it to Garden talk")
	v.MustSend(answer("Bill Tan <"+bill+">", over, "PUBLIC"))
	says(t, v.One(v.Deliver(), alison), "Second.")
	v.MustSend(onList("Bill Tan <"+bill+">", about, "Third."))
	v.One(v.Deliver(), alison)
}

// /cool 12h TEXT: the list is told why, from the managers, and posts of the thread wait until the time is over or a manager lifts it.
func TestCool(t *testing.T) {
	v := mailroomtest.New(t)
	alarm, about := alarmed(v)
	v.MustSend(answer(mira, alarm, "/cool 12h"))
	says(t, v.One(v.Deliver(), mira), "please write what everybody is told")
	v.MustSend(answer(mira, alarm, "/cool 12h Let us sleep over it.\n\n-- \nMira Lowe, "+mira))
	all := v.Deliver()
	notice := v.One(all, alison)
	says(t, notice, "Let us sleep over it.", "Posts to this thread wait until Friday, 12 June at 22:00")
	if from := notice.Letter.From()[0]; from.Name != "The managers" || from.Address.String() != talk {
		t.Errorf("From %v", from)
	}
	hides(t, notice, "Mira", "mira", "lowe")
	v.MustSend(onList("Bill Tan <"+bill+">", about, "But!"))
	all = v.Deliver()
	nothing(t, all, alison)
	says(t, v.One(all, bill), "hold all posts of this thread until")
	v.MustSend(answer(mira, alarm, "/cool off"))
	all = v.Deliver()
	says(t, v.One(all, mira), "\"Sponsors\" is as usual again.")
	v.MustSend(answer("Bill Tan <"+bill+">", v.One(all, bill), "PUBLIC"))
	says(t, v.One(v.Deliver(), alison), "But!")
	v.MustSend(answer(mira, alarm, "/cool off"))
	says(t, v.One(v.Deliver(), mira), "Nothing of that sort is in force")
}

// /say and /watch, and whatever is typed wrongly.
func TestSayAndWatch(t *testing.T) {
	v := mailroomtest.New(t)
	alarm, about := alarmed(v)
	v.MustSend(answer(mira, alarm, "/say Please stay with the matter.\n\nThank you."))
	all := v.Deliver()
	got := v.One(all, alison)
	says(t, got, "Please stay with the matter. Thank you.")
	if got.Subject() != "Re: Sponsors" || got.Letter.From()[0].Name != "The managers" || len(got.Letter.InReplyTo()) != 1 {
		t.Errorf("%q from %v", got.Subject(), got.Letter.From())
	}
	v.Update(func(tx *db.Tx) error { return lists.Subscribe(tx, v.Member(mira).ID, v.Talk.ID, lists.None) })
	v.MustSend(answer(mira, alarm, "/watch"))
	says(t, v.One(v.Deliver(), mira), "You get every post of \"Sponsors\" for a week.")
	v.MustSend(onList("Bill Tan <"+bill+">", about, "Well."))
	says(t, v.One(v.Deliver(), mira), "Bill Tan wrote to Garden talk, in a thread that you watch", "Well.")
	v.MustSend(answer(mira, alarm, "/watch off"))
	v.Deliver()
	v.MustSend(onList("Bill Tan <"+bill+">", about, "Well, well."))
	nothing(t, v.Deliver(), mira)
	for typed, want := range map[string]string{
		"/slow":                       "is no time between 10 minutes and 7 days",
		"/slow 1m":                    "is no time between 10 minutes and 7 days",
		"/slow 99 2h":                 "There is no thread 99",
		"/say":                        "there is nothing to post",
		"/say write me: " + mira:      "shows something of your own",
		"/watch talk":                 "A thread is watched, not a whole list",
		"/calm 2h":                    "/calm",
		"I think we should wait.":     "begins with one of the commands in it",
		"/slow 2h\nand tell them so.": "There is text below it",
	} {
		v.MustSend(answer(mira, alarm, typed))
		all := v.Deliver()
		says(t, v.One(all, mira), want)
		nothing(t, all, alison)
	}
	if _, err := v.Send(answer("Bill Tan <"+bill+">", alarm, "/cool 12h Ha.")); err == nil {
		t.Error("a member calmed a thread")
	}
	v.MustSend(answer(mira, alarm, "/slow talk 30m")) // the whole list
	says(t, v.One(v.Deliver(), mira), "Garden talk takes one post of each person until")
	var calms int
	v.View(func(tx *db.Tx) error {
		all, err := v.Desk.Calms(tx, v.Talk)
		calms = len(all)
		return err
	})
	if calms != 1 {
		t.Errorf("%d in force", calms)
	}
}

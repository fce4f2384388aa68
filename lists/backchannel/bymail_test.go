package backchannel_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/smtpd/queue"
)

// B9: where words of a restricted letter go into folders alone, no other mail about it rests in a personal mailbox with them, nor with its
// writer's name or its subject: not what a command did, an answer that came back, what became of that, a reminder or the morning brief.
func TestRestrictedLettersAreNamedByTheirCode(t *testing.T) {
	v := court(t, true)
	v.Update(func(tx *db.Tx) error {
		v.C.Restricted, v.C.Collision = lists.RestrictedIMAP, lists.CollisionStrict
		return lists.SaveCommunity(tx, v.C)
	})
	secret := []string{"Dana", "dana@", "Reyes", "humiliating", "zzsubject"}
	all := path{to: report, subject: "zzsubject", body: "Theo's answer in the sponsor thread was humiliating."}.send(v, "Dana Reyes <"+dana+">")
	hers, hisOwn := v.One(all, mira), v.One(all, dana)
	k := code(hers)
	asked := func(what string, p post, want string) arrived {
		t.Helper()
		v.MustSend(p)
		got := v.One(to(v.Deliver(), mira), mira)
		hides(t, got, secret...)
		says(t, got, want)
		if !strings.Contains(got.Subject(), k) && !strings.Contains(got.Text(), k) {
			t.Errorf("%s: the mail does not say which letter it is about:\n%s", what, got.Text())
		}
		return got
	}
	asked("commands", answer(mira, hers, "/snooze 2d\n/tag sponsors"), "Nothing was sent to "+k+".")
	asked("help", answer(mira, hers, "/help"), "your text goes to "+k)
	back := asked("a slip", answer(mira, hers, "Call me: +1 555 0142 99."), k+" has not got your answer")
	help := asked("another word", answer(mira, back, "HMM"), "SEND send it to "+k+" as it stands")
	asked("DROP", answer(mira, help, "DROP"), "your answer to "+k+" is forgotten")
	asked("too late", answer(mira, help, "SEND"), "This was already decided")
	v.MustSend(answer(dana, hisOwn, "And once more."))
	v.Deliver()
	back = asked("she wrote again", answer(mira, hers, "I am sorry."), k+" wrote again since you got the letter.")
	v.MustSend(answer(mira, back, "SEND")) // and the folder has all of it
	says(t, v.One(to(v.Deliver(), dana), dana), "I am sorry.")

	v.MustSend(answer(mira, hers, "Call me: +1 555 0142 99."))
	v.Deliver()
	v.MustSend(answer(dana, hisOwn, "Nobody listens. It was humiliating."))
	v.Deliver()
	for _, one := range morning(v, mira).Letters {
		if one.Member != "a restricted letter" || one.First != "" {
			t.Errorf("the brief tells %+v", one)
		}
	}
	var kinds []string
	for _, a := range hours(v, 24*16) {
		if who := a.To.String(); who == mira || who == jonas {
			hides(t, a, secret...)
			kinds = append(kinds, a.Subject())
		}
	}
	for _, want := range []string{"overdue, nobody has answered " + k, "forgotten: your answer to " + k} {
		if !strings.Contains(strings.Join(kinds, "\n"), want) {
			t.Errorf("no mail %q among\n%s", want, strings.Join(kinds, "\n"))
		}
	}
}

// restrictedTo has the words of restricted letters go into folders alone.
func restrictedTo(v *village, how lists.Restricted) {
	v.T.Helper()
	setCommunity(v, func(c *lists.Community) { c.Restricted = how })
	v.C.Restricted = how
}

// inFolder counts the letters in a folder of somebody that hold a word.
func inFolder(v *village, who, folder, word string) (n int) {
	v.T.Helper()
	v.View(func(tx *db.Tx) error {
		box, err := v.Store.FindPrivate(tx, int64(v.Member(who).ID), folder)
		if err != nil {
			return err
		}
		found, err := v.Store.SearchPrivate(tx, box, word)
		n = len(found)
		return err
	})
	return n
}

// B9, B12: nor is a restricted letter named in the mail on Monday, by which the rota changes hands.
func TestHandoverNamesNoRestrictedLetter(t *testing.T) {
	v, _, second, _ := turns(t)
	restrictedTo(v, lists.RestrictedIMAP)
	all := path{to: report, subject: "zzsubject", body: "The tone of the chair was humiliating."}.send(v, "Dana Reyes <"+dana+">")
	k := code(v.One(all, second))
	path{to: managers, subject: "Another", body: "zzother"}.send(v, "Bill Tan <"+bill+">")
	var over arrived
	for _, a := range hours(v, 7*24) {
		if a.To.String() == second && strings.Contains(a.Subject(), "on duty this week") {
			over = a
		}
	}
	says(t, over, k+": its writer waits for an answer", "Bill Tan waits for an answer")
	hides(t, over, "Dana", "Reyes", "dana", "humiliating", "zzsubject")
}

// B9, B11: nor in the alarm about a thread, which says of it that there is one, and calls all other letters by their writers.
func TestHeatAlarmNamesNoRestrictedLetter(t *testing.T) {
	v := mailroomtest.New(t)
	restrictedTo(v, lists.RestrictedIMAP)
	about := heated(v)
	p := private("Dana Reyes <"+dana+">", about, "It was humiliating.")
	p.To = report
	v.MustSend(p)
	k := code(v.One(to(v.Deliver(), mira), mira))
	v.MustSend(private("Alison Graf <"+alison+">", about, "This goes too far."))
	alarm := alarms(v.Deliver(), mira)
	if len(alarm) != 1 {
		t.Fatalf("%d alarms", len(alarm))
	}
	says(t, alarm[0], "report "+k+" (restricted)", "(Alison Graf)")
	hides(t, alarm[0], "Dana", "Reyes", "dana", "humiliating")
}

// B9: nor in the word that an answer to it was lost.
func TestALostAnswerNamesNoRestrictedLetter(t *testing.T) {
	v := court(t, true)
	restrictedTo(v, lists.RestrictedIMAP)
	all := path{to: report, subject: "zzsubject", body: "Theo's answer was humiliating."}.send(v, "Dana Reyes <"+dana+">")
	hers := v.One(all, mira)
	v.Refuse(func(a letter.Address) (queue.Outcome, bool) {
		return queue.Outcome{Kind: queue.Failed, Stage: queue.StageRcpt, Code: 552, Enhanced: "5.2.2", Text: "full", Host: "mx.example"}, a.String() == dana
	})
	v.MustSend(answer(mira, hers, "We talk to him."))
	all = append(v.Deliver(), v.Deliver()...)
	nothing(t, all, theo)
	for _, who := range []string{mira, jonas} {
		lost := slices.DeleteFunc(to(all, who), func(a arrived) bool { return !strings.Contains(a.Subject(), "did not reach") })
		if len(lost) != 1 {
			t.Fatalf("%s was told %d times", who, len(lost))
		}
		says(t, lost[0], "Your answer to "+code(hers))
		hides(t, lost[0], "Dana", "Reyes", "dana", "humiliating", "zzsubject")
	}
}

// B9, B10: nor does the name behind a made-up one, or the reason for which it was asked, rest in a manager's own mailbox.
func TestUnsealOfARestrictedLetter(t *testing.T) {
	v := crowd(t)
	restrictedTo(v, lists.RestrictedIMAP)
	p := burntOut
	p.Body = "Theo was rude to me in the meeting of yesterday."
	all, name := voiced(t, v, p)
	nothing(t, all, theo)
	hers := v.One(all, mira)
	says(t, hers, "waits for you in the IMAP folder Back-channel/New")
	quiet := func(a arrived) {
		t.Helper()
		hides(t, a, append(danas, "threat", name, "rude", "Burnt")...)
	}
	v.MustSend(login(answer(mira, hers, "/unseal There is a threat against a member"), mira))
	first := v.One(v.Deliver(), mira)
	quiet(first)
	says(t, first, "The reason lies in your IMAP folder Back-channel/New")
	v.MustSend(login(answer(mira, first, "YES"), mira))
	all = v.Deliver()
	quiet(v.One(all, mira))
	second := v.One(all, jonas)
	quiet(second)
	if n := inFolder(v, jonas, "Back-channel/New", "threat"); n != 1 {
		t.Errorf("Jonas finds the reason %d times", n)
	}
	nothing(t, all, theo)
	v.MustSend(login(answer(jonas, second, "YES"), jonas))
	all = v.Deliver()
	nothing(t, all, theo)
	for _, who := range []string{mira, jonas} {
		word := v.One(all, who)
		quiet(word)
		says(t, word, "waits for you in the IMAP folder Back-channel/New")
		if n := inFolder(v, who, "Back-channel/New", "Reyes"); n != 1 {
			t.Errorf("%s finds the name %d times", who, n)
		}
	}
	says(t, v.One(all, dana), "Mira and Jonas, who manage Gardeners, have learned who "+name+" is", "There is a threat")
}

// B9: nor does what /public shows of one, or tells of what became of it: the post would have a name there.
func TestAskingToPostARestrictedLetter(t *testing.T) {
	v := mailroomtest.New(t)
	restrictedTo(v, lists.RestrictedIMAP)
	secret := []string{"Dana", "Reyes", "dana@", "sponsors", "zzsubject"}
	all := path{to: managers, subject: "zzsubject", body: "Theo would not say, but may sponsors join us?"}.send(v, "Dana Reyes <"+dana+">")
	nothing(t, all, theo)
	hers := v.One(all, mira)
	v.MustSend(answer(mira, hers, "/public"))
	all = v.Deliver()
	nothing(t, all, dana)
	word := v.One(all, mira)
	hides(t, word, secret...)
	says(t, word, "waits for you in the IMAP folder Back-channel/Ask to publish")
	if n := inFolder(v, mira, "Back-channel/Ask to publish", "sponsors"); n != 2 { // the letter, and the question
		t.Errorf("the folder has it %d times", n)
	}
	v.MustSend(answer(mira, hers, "/public Subject: A question\nMay sponsors join us?"))
	all = v.Deliver()
	hides(t, v.One(all, mira), secret...)
	says(t, v.One(all, mira), code(hers)+" is asked. Nothing is posted without a yes.")
	v.MustSend(answer(dana, v.One(all, dana), "YES"))
	for _, a := range to(v.Deliver(), mira) {
		if strings.Contains(a.Subject(), code(hers)) {
			hides(t, a, secret...)
		}
	}
	if n := inFolder(v, mira, "Back-channel/Closed", "sponsors"); n < 3 {
		t.Errorf("what became of it lies there %d times", n)
	}
	v.MustSend(post{From: dana, To: managers, Subject: "x", Body: "FORGET"})
	for _, a := range to(hours(v, 5*24), mira) { // nothing of it is in her own mailbox, so there is nothing that she should delete
		hides(t, a, "Dana Reyes", code(hers))
	}
}

// Other letters are called by name there as everywhere.
func TestOtherLettersKeepTheirWritersName(t *testing.T) {
	v := mailroomtest.New(t)
	v.Update(func(tx *db.Tx) error {
		v.C.Restricted = lists.RestrictedIMAP
		return lists.SaveCommunity(tx, v.C)
	})
	v.MustSend(answer(mira, v.One(ask(v, "A question", "May I?"), mira), "/snooze 2d"))
	says(t, v.One(v.Deliver(), mira), "Nothing was sent to Dana Reyes.")
	v.Pass(time.Hour)
	if all := morning(v, mira).Letters; len(all) > 1 || len(all) == 1 && all[0].Member != "Dana Reyes" {
		t.Errorf("the brief tells %+v", all)
	}
}

package backchannel_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
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

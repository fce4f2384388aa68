package moderation_test

import (
	"fmt"
	"testing"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/moderation"
)

// sent has a letter refused, and gives the sentence.
func sent(v *village, p post) string {
	v.T.Helper()
	_, err := v.Send(p)
	return sentence(v, err)
}

// did has something refused that no letter asks for.
func did(v *village, do func(tx *db.Tx) error) string {
	v.T.Helper()
	return sentence(v, update(v, do))
}

func sentence(v *village, err error) string {
	v.T.Helper()
	if err == nil {
		v.T.Error("nothing was refused")
		return ""
	}
	return err.Error()
}

// refused is one way to be refused, and the sentence.
type refused struct {
	told func(v *village) string
	want string
}

// refuse tries each of them in a village of its own. That every sentence of the package is told in some test looks TestRefusalsAreTold, of the program.
func refuse(t *testing.T, all map[string]refused) {
	t.Helper()
	for name, c := range all {
		t.Run(name, func(t *testing.T) {
			v := newcomer(t)
			if got := c.told(v); got != c.want {
				t.Errorf("%s\nwant %s", got, c.want)
			}
		})
	}
}

// asks is the question about a post of Ada's.
func asks(v *village) arrived {
	v.T.Helper()
	return held(v.T.(*testing.T), beans(v), mira)
}

// Each way in which a letter, or a word about one, is refused, with the sentence that people read.
func TestRefusals(t *testing.T) {
	returned := func(v *village) arrived {
		v.MustSend(answer(mira, asks(v), "FIX Shorter."))
		return v.One(v.Deliver(), ada)
	}
	give := func(v *village) { v.Update(func(tx *db.Tx) error { return lists.RemoveList(tx, v.Talk.ID) }) }
	refuse(t, map[string]refused{
		"a decision for which nobody vouches": {func(v *village) string {
			p := answer(mira, asks(v), "OK")
			p.Sender = sil
			return sent(v, p)
		}, "We cannot be sure that this answer comes from you, so nothing was done. Please send it once more, through the mail provider of your own address."},
		"the list was given up": {func(v *village) string {
			q := asks(v)
			give(v)
			return sent(v, answer(mira, q, "OK"))
		}, "The list talk@gardeners.example was given up meanwhile, so nothing can be posted there."},
		"and its thread": {func(v *village) string {
			everyone, _, _ := begin(v)
			give(v)
			return sent(v, post{From: dana, To: everyone, Subject: "Re: First hire", Body: "Hello."})
		}, "The list talk@gardeners.example was given up, so nothing can be posted there."},
		"nothing but the manager": {func(v *village) string {
			return sent(v, answer(mira, asks(v), "ASK\nMira Lowe\nmira@lowe.example"))
		}, "There is nothing in your words that can be told to the author without showing who you are. Please write it in other words."},
		"nothing but lines that show the manager": {func(v *village) string {
			return sent(v, answer(mira, asks(v), "FIX\nWrite to me at mira@lowe.example, please.\n\nMira"))
		}, "There is nothing in your words that can be told to the author without showing who you are. Please write it in other words."},
		"a slash": {func(v *village) string {
			return sent(v, answer(ada, returned(v), "/note she is difficult"))
		}, "The first line of your new text begins with a slash, and such a text never goes to a list. Please write it without the slash."},
		"nothing but quotes": {func(v *village) string {
			everyone, _, _ := begin(v)
			return sent(v, post{From: dana, To: everyone, Subject: "Re: First hire", Body: "On Fri, digest@gardeners.example wrote:\n> " + everyone + "\n> We named one."})
		}, "There is nothing in this letter but what it quotes, so there is nothing to post. Please write your words above it."},
		"nothing but private quotes": {func(v *village) string {
			v.MustSend(post{From: dana, To: talk, Subject: "Re: A question", Body: "> She said so. [private K7QX]"})
			return sent(v, answer(dana, v.One(v.Deliver(), dana), "PUBLIC"))
		}, "There is nothing in this letter but what it quotes of private mail, and that cannot be posted. Please write anew what everyone should read."},
		"a stranger's private words": {func(v *village) string {
			list(v, func(l *lists.List) { l.Posting = lists.ByAnyone })
			return sent(v, post{From: eve, To: talk, Subject: "Hello", Body: "Hm.\n> [private K7QX]"})
		}, "Your letter holds something from private mail, so it cannot go onto a list. Please send it to managers@gardeners.example."},
		"many letters of a stranger": {func(v *village) string {
			list(v, func(l *lists.List) { l.Posting = lists.ByAnyone })
			for i := range 3 {
				v.MustSend(post{From: eve, To: talk, Subject: fmt.Sprint("Hello ", i), Body: fmt.Sprint("Hi ", i)})
			}
			return sent(v, post{From: eve, To: talk, Subject: "Hello", Body: "Hi."})
		}, "The managers of talk@gardeners.example have several letters to read before yours. Nothing is wrong with it; please send it again in a few days."},
		"many questions a day": {func(v *village) string {
			for i := range 3 {
				v.MustSend(post{From: sil, To: talk, Subject: "Beans", Body: fmt.Sprint("They climb ", i)})
			}
			return sent(v, post{From: sil, To: talk, Subject: "Beans", Body: "They climb."})
		}, "Several letters from your address wait for your answer already. Please answer those first; this one can be sent again tomorrow."},
		"without the name, too often": {func(v *village) string {
			v.Desk.Hidden = &hidden{author: v.Member(dana).ID}
			list(v, func(l *lists.List) { l.PostsPerHour = 1 })
			v.MustSend(post{From: dana, To: talk, Subject: "Re: Can a PR person join?", Body: "Thank you all.", Header: "In-Reply-To: <unnamed@gardeners.example>\r\n"})
			q := v.One(v.Deliver(), dana)
			v.MustSend(post{From: dana, To: talk, Subject: "Beans", Body: "They climb."})
			return sent(v, answer(dana, q, "ANON"))
		}, "You have written a lot in a short time, so this cannot go out without your name now. Please answer once more in an hour."},
		"a thread that is nowhere": {func(v *village) string {
			return sent(v, post{From: dana, To: "everyone+00000000000000000000000000@gardeners.example", Subject: "Re: Hm", Body: "Hello."})
		}, "This address does not lead to any thread, or not any more. Please take the one in your newest digest, or write to the list."},
		"a guess at a thread": {func(v *village) string {
			return sent(v, post{From: dana, To: v.Door(address.Everyone, moderation.Receiver, "thread:7", dana), Subject: "Re: Hm", Body: "Hello."})
		}, "This address takes no mail from you. If you are a member, please write from the address you joined with, through your own mail provider, and check the spelling."},
	})
}

// The same of what managers do themselves.
func TestRefusalsOfActs(t *testing.T) {
	nobodysPost := func(v *village) (p archive.Post) {
		v.Update(func(tx *db.Tx) error {
			if err := v.Desk.Speak(tx, v.C, v.Talk, 0, "News", "Rain."); err != nil {
				return err
			}
			var err error
			p, err = v.Store.PostBySeq(tx, v.Talk.Box, 1)
			return err
		})
		return p
	}
	refuse(t, map[string]refused{
		"a letter of another community": {func(v *village) string {
			asks(v)
			other := v.Found("bakers.example", "Bakers")
			baker := v.Add(other, "tess@oven.example", "Tess Ova", lists.RoleManager)
			return did(v, func(tx *db.Tx) error { return v.Desk.Moved(tx, baker, -1, true) })
		}, "There is no held post of your community by that name."},
		"no such letter": {func(v *village) string {
			return did(v, func(tx *db.Tx) error { return v.Desk.Moved(tx, v.Member(mira), -7, true) })
		}, "There is no held letter 7."},
		"a private letter": {func(v *village) string {
			door(v, "A question")
			return did(v, func(tx *db.Tx) error { return v.Desk.Approve(tx, waiting(v)[0], v.Member(mira).ID) })
		}, "Only its author can decide about the letter 1: it may be a private one."},
		"a stranger, always": {func(v *village) string {
			list(v, func(l *lists.List) { l.Posting = lists.ByAnyone })
			v.MustSend(post{From: eve, To: talk, Subject: "Hello", Body: "Hi."})
			return did(v, func(tx *db.Tx) error { return v.Desk.ApproveAlways(tx, waiting(v)[0], v.Member(mira).ID) })
		}, "The author of the letter 1 is no member, so it cannot be let pass always."},
		"a level that is none": {func(v *village) string {
			return did(v, func(tx *db.Tx) error { return v.Desk.Trust(tx, v.Member(dana), 4, 0) })
		}, "Trust is a number from 0 to 3; 3 is the highest, and 4 are the managers."},
		"trust of a manager": {func(v *village) string {
			return did(v, func(tx *db.Tx) error { return v.Desk.Trust(tx, v.Member(theo), 2, 0) })
		}, "Theo is a manager; the levels of trust are for members."},
		"trust of somebody who left": {func(v *village) string {
			set(v, dana, func(m *lists.Member) { m.State = lists.Left })
			return did(v, func(tx *db.Tx) error { return v.Desk.Trust(tx, v.Member(dana), 2, 0) })
		}, "Dana is no member any more."},
		"nobody's post sold": {func(v *village) string {
			p := nobodysPost(v)
			return did(v, func(tx *db.Tx) error { _, err := v.Desk.NoSales(tx, p, "", v.Member(mira).ID); return err })
		}, "Nobody knows whose post that is, so nobody can be written to."},
		"a manager sold": {func(v *village) string {
			v.MustSend(post{From: theo, To: talk, Subject: "Pots", Body: "Mine."})
			var p archive.Post
			v.View(func(tx *db.Tx) (err error) { p, err = v.Store.PostBySeq(tx, v.Talk.Box, 1); return err })
			return did(v, func(tx *db.Tx) error { _, err := v.Desk.NoSales(tx, p, "", v.Member(mira).ID); return err })
		}, "Theo is no member who can be written to about this."},
	})
}

// The same about proposals to hold less, or more.
func TestRefusalsOfEase(t *testing.T) {
	v := newcomer(t)
	list(v, func(l *lists.List) { l.PostsPerHour = 0 })
	q, _ := proposal(decideMany(v, 0, 48, 0), mira)
	ease := func(word, local string, shown int64) string {
		return did(v, func(tx *db.Tx) error {
			_, err := v.Desk.Ease(tx, v.C.ID, word, local, shown, v.Member(theo).ID)
			return err
		})
	}
	for _, c := range []struct {
		word, local string
		shown       int64
		want        string
	}{
		{"TIGHTEN", "", 9, "Nothing is proposed now that TIGHTEN would do, so nothing was changed. The operator changes how much is held with: list set ADDRESS --stage"},
		{"RELAX", "", 0, "That is proposed since the mail that you answer, so you cannot have read it there. STATE brings you the figures of today; please answer those."},
	} {
		if got := ease(c.word, c.local, c.shown); got != c.want {
			t.Errorf("%s: %s", c.word, got)
		}
	}
	v.Now = v.Now.AddDate(0, 0, 29)
	if got := sent(v, answer(mira, q, "RELAX")); got != "That question is too old. Nothing was changed; the operator changes the stage of a list with: list set talk@gardeners.example --stage" {
		t.Errorf("late: %s", got)
	}
	v.Update(func(tx *db.Tx) error {
		_, err := v.Desk.Ease(tx, v.C.ID, "RELAX", "talk", 9, v.Member(mira).ID)
		return err
	})
	if got := ease("RELAX", "talk", 9); got != "This was already decided by Mira: RELAX was done on Garden talk. Nothing was changed now." {
		t.Errorf("twice: %s", got)
	}
}

// Two lists of which the same is proposed are told apart by their names; what a colleague left as it was stays so.
func TestRefusalsOfEaseOfTwoLists(t *testing.T) {
	v := newcomer(t)
	v.Jobs.PostsPerHour = 0
	v.Update(func(tx *db.Tx) error { return lists.SaveList(tx, v.Jobs) })
	list(v, func(l *lists.List) { l.PostsPerHour = 0 })
	decideMany(v, 0, 48, 0)
	var all []arrived
	for i := range 48 {
		set(v, ada, func(m *lists.Member) { m.Trust = lists.New })
		v.MustSend(post{From: ada, To: "jobs@gardeners.example", Subject: fmt.Sprint("Job ", i), Body: fmt.Sprint("Work ", i)})
		v.MustSend(answer(mira, held(t, v.Deliver(), mira), "OK"))
		all = v.Deliver()
		v.Now = v.Now.Add(3 * time.Hour)
	}
	ease := func(local string) string {
		return did(v, func(tx *db.Tx) error {
			_, err := v.Desk.Ease(tx, v.C.ID, "RELAX", local, 9, v.Member(mira).ID)
			return err
		})
	}
	if got := ease(""); got != "It is proposed for several lists. Please write which one: RELAX jobs, for example." {
		t.Errorf("of two: %s", got)
	}
	q, _ := proposal(all, theo)
	v.MustSend(answer(theo, q, "NO"))
	v.Deliver()
	if got := ease("jobs"); got != "This was already decided by Theo: on Jobs all stays as it was." {
		t.Errorf("kept: %s", got)
	}
}

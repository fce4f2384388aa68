package moderation_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/templates/refusal"
)

const oops = "oops@gardeners.example"

// newest is the state and text of the newest post of the list.
func newest(v *village) (state archive.State, text string) {
	v.T.Helper()
	v.View(func(tx *db.Tx) error {
		for seq := int64(20); seq > 0; seq-- {
			if p, err := v.Store.PostBySeq(tx, v.Talk.Box, seq); err == nil {
				state, text = p.State, p.Text
				return nil
			}
		}
		return nil
	})
	return state, text
}

// Within the list's time a post waits, and its author can still stop it: then it is as if it had never been (product.md 0.3).
func TestOopsInTime(t *testing.T) {
	v := mailroomtest.New(t)
	list(v, func(l *lists.List) { l.Undo = time.Minute })
	v.MustSend(post{From: dana, To: talk, Subject: "Too early", Body: "zzsecret"})
	if all := v.Deliver(); len(all) != 0 {
		t.Fatalf("it went out at once:\n%s", mailroomtest.Subjects(all))
	}
	v.Pass(30 * time.Second)
	v.MustSend(post{From: dana, To: oops, Subject: "", Body: ""})
	all := v.Deliver()
	says(t, v.One(all, dana), "Just in time: your post \"Too early\" was on its way to Garden talk and has reached nobody.")
	if len(all) != 1 {
		t.Errorf("others heard of it:\n%s", mailroomtest.Subjects(all))
	}
	v.Pass(time.Hour)
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("it went out after all:\n%s", mailroomtest.Subjects(all))
	}
	if s, text := newest(v); s != archive.Removed || text != "" {
		t.Errorf("the archive says %q, %q", s, text)
	}
}

// Whoever says nothing is heard by all, as soon as the time is over; "try everything again" does not shorten it.
func TestNoOops(t *testing.T) {
	v := mailroomtest.New(t)
	list(v, func(l *lists.List) { l.Undo = 5 * time.Minute })
	v.MustSend(post{From: dana, To: talk, Subject: "Beans", Body: "They climb."})
	v.Pass(4*time.Minute + 59*time.Second)
	if all := v.Deliver(); len(all) != 0 {
		t.Fatalf("too early:\n%s", mailroomtest.Subjects(all))
	}
	v.Pass(time.Second)
	if all := v.Deliver(); len(all) != 6 {
		t.Errorf("%d copies:\n%s", len(all), mailroomtest.Subjects(all))
	}
}

// Later the words go from the archive, the managers hear of it, and the author hears what could not be done.
func TestOopsTooLate(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: bill, To: talk, Subject: "Mine", Body: "stays"})
	v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: talk, Subject: "Beans", Body: "zzsecret beans"})
	v.Deliver()
	v.MustSend(post{From: dana, To: oops, Subject: "help", Body: "Please!"})
	all := v.Deliver()
	says(t, v.One(all, dana), "had gone out to Garden talk already", "its words are gone from the archive", "The managers know")
	for _, m := range []string{mira, theo} {
		says(t, v.One(all, m), "Dana Reyes has taken the post \"Beans\" back, after it went out to Garden talk.")
	}
	nothing(t, all, bill)
	if s, text := newest(v); s != archive.Redacted || !strings.Contains(text, "The author has taken this post back.") {
		t.Errorf("the archive says %q, %q", s, text)
	}
	v.View(func(tx *db.Tx) error {
		p, err := v.Store.PostBySeq(tx, v.Talk.Box, 1)
		if p.State != archive.Published {
			t.Errorf("somebody else's post is %s", p.State)
		}
		return err
	})
	// Once more: there is nothing left, and no older one is touched.
	v.MustSend(post{From: dana, To: oops, Subject: "", Body: ""})
	says(t, v.One(v.Deliver(), dana), "you have written none in the last 7 days")
}

// A letter that still waits is taken back, too; an old post is not.
func TestOopsHeldAndOld(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: dana, To: talk, Subject: "Old", Body: "They climb."})
	v.Deliver()
	v.Pass(time.Hour)
	door(v, "A question")
	v.MustSend(post{From: dana, To: oops, Subject: "", Body: ""})
	says(t, v.One(v.Deliver(), dana), "Your letter \"A question\" to Garden talk was still waiting. It is forgotten, and went to nobody.")
	if len(waiting(v)) != 0 {
		t.Error("it waits still")
	}
	v.Pass(8 * 24 * time.Hour)
	v.MustSend(post{From: dana, To: oops, Subject: "", Body: ""})
	says(t, v.One(v.Deliver(), dana), "you have written none in the last 7 days", "nothing was changed")
	if s, _ := newest(v); s != archive.Published {
		t.Errorf("a post of last week is %s", s)
	}
}

// Of whoever we are not sure is asked first; strangers, forgers and robots are refused and learn nothing.
func TestWhoMaySayOops(t *testing.T) {
	v := mailroomtest.New(t)
	q := weak(v, "Beans")
	v.MustSend(answer(sil, q, "YES"))
	v.Deliver()
	ask := func() arrived {
		v.MustSend(post{From: sil, To: oops, Subject: "", Body: ""})
		return v.One(v.Deliver(), sil)
	}
	v.Pass(25 * time.Hour)
	for _, body := range []string{"NO", "What is this?"} {
		q := ask()
		says(t, q, "It asks to take your newest post back.")
		v.MustSend(answer(sil, q, body))
		v.Deliver()
		v.Pass(25 * time.Hour)
		if s, _ := newest(v); s != archive.Published {
			t.Errorf("%q took it back", body)
		}
	}
	q = ask()
	v.MustSend(answer(sil, q, "Yes"))
	says(t, v.One(v.Deliver(), sil), "had gone out to Garden talk already")
	if s, _ := newest(v); s != archive.Redacted {
		t.Errorf("YES left it %s", s)
	}
	for name, p := range map[string]post{
		"a stranger": {From: eve}, "a forger": {From: dana, Sender: eve}, "a robot": {From: dana, Header: "Auto-Submitted: auto-replied\r\n"}, "a bounce": {From: dana, Null: true},
	} {
		p.To = oops
		if _, err := v.Send(p); err == nil && name != "a forger" || name == "a stranger" && refusal.KindOf(err) != refusal.NoSuchAddress {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A way that is under way cannot be stopped: then people have it, and the archive keeps the place of the post.
func TestOopsOfSomebodyWhoLeft(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: dana, To: talk, Subject: "Beans", Body: "They climb."})
	v.Deliver()
	v.Update(func(tx *db.Tx) error { return lists.End(tx, v.Member(dana), lists.Left) })
	if _, err := v.Send(post{From: dana, To: oops}); refusal.KindOf(err) != refusal.NoSuchAddress {
		t.Errorf("%v", err)
	}
}

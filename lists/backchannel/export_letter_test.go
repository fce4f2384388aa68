package backchannel_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/archive/mbox"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/templates/refusal"
)

// boxed is what the mbox in a letter says: each message as "From > To | subject | text".
func boxed(t *testing.T, a arrived, name string) (all []string) {
	t.Helper()
	for _, f := range a.Files() {
		if f.Name() != name {
			continue
		}
		r := mbox.NewReader(bytes.NewReader(f.Decoded()), mbox.Options{})
		for {
			m, err := r.Next()
			if err == io.EOF {
				return all
			}
			if err != nil {
				t.Fatal(err)
			}
			l, err := letter.Parse(m.Raw)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, l.From()[0].Name+" > "+l.To()[0].Name+" | "+l.Subject()+" | "+strings.Join(strings.Fields(l.Text()), " "))
		}
	}
	return nil
}

// A manager takes a copy of a conversation: letters and answers, notes only when asked for, and nobody's address.
func TestExportOfALetter(t *testing.T) {
	v := three(t)
	notice := v.One(ask(v, "A question", "May I?"), mira)
	id := code(notice)
	v.MustSend(post{From: bill, To: managers, Subject: "Another", Body: "zznever"})
	v.MustSend(answer(theo, v.One(v.Deliver(), theo), "/note zznote: he sold last year."))
	v.Deliver()
	v.MustSend(answer("Mira Lowe <"+mira+">", notice, "Yes, do."))
	v.Deliver()

	v.MustSend(answer(mira, notice, "/export"))
	all := v.Deliver()
	nothing(t, all, dana)
	got := v.One(all, mira)
	says(t, got, "The managers' notes are not in it.", "in "+id)
	hides(t, got, "zznote", "zznever", "north.example", "brandt")
	want := "Dana Reyes > The managers | [BC " + id + "] A question | May I?\nMira > Dana Reyes | [BC " + id + "] A question | Yes, do."
	if has := strings.Join(boxed(t, got, "letter-"+id+".mbox"), "\n"); has != want {
		t.Errorf("the copy says\n%s\nwant\n%s", has, want)
	}

	v.MustSend(answer(mira, notice, "/note zzours"))
	v.Deliver()
	v.MustSend(answer(mira, notice, "/export notes"))
	got = v.One(v.Deliver(), mira)
	says(t, got, "with the managers' notes: 3 letters in all")
	if has := strings.Join(boxed(t, got, "letter-"+id+".mbox"), "\n"); has != want+"\nMira > The managers | [note "+id+"] A question | zzours" {
		t.Errorf("the copy with notes says\n%s", has)
	}
	if log := told(v, mira, notice, "/log"); !strings.Contains(log, "Mira took a copy of it, with the notes.") {
		t.Errorf("the log does not tell:\n%s", log)
	}
	if says := told(v, mira, notice, "/export everything"); !strings.Contains(says, "Behind /export there may be notes, and nothing else.") {
		t.Errorf("a wrong word: %s", says)
	}
}

// On the command line the file itself comes out; somebody who may not see the letter gets nothing; of erased words nothing is left.
func TestExportOnTheCommandLine(t *testing.T) {
	v := three(t)
	id := code(v.One(ask(v, "A question", "May I?"), mira))
	v.Update(func(tx *db.Tx) error {
		said, err := v.Box.Do(tx, byCode(v, mira, id), v.Member(mira), "/export")
		if text := strings.Join(said, "\n"); err != nil || !strings.HasPrefix(text, "From managers@") || !strings.Contains(text, "May I?") {
			t.Errorf("%v: %s", err, text)
		}
		return nil
	})
	c := byCode(v, mira, id)
	v.Update(func(tx *db.Tx) error { return v.Box.Exclude(tx, c, v.Member(jonas).ID, "asked", v.Member(mira).ID) })
	v.Update(func(tx *db.Tx) error {
		if said, err := v.Box.Do(tx, byCode(v, mira, id), v.Member(jonas), "/export"); refusal.KindOf(err) != refusal.NotFound || len(said) > 0 {
			t.Errorf("Jonas: %v %v", said, err)
		}
		_, err := v.Box.Forget(tx, v.Member(dana))
		return err
	})
	v.Update(func(tx *db.Tx) error {
		if said, err := v.Box.Do(tx, byCode(v, mira, id), v.Member(mira), "/export"); err == nil || err.Error() != fmt.Sprintf("Nothing that was said in %s is kept any more.", id) {
			t.Errorf("after FORGET: %v %v", said, err)
		}
		return nil
	})
}

// Where words of a restricted letter go into folders alone, so do those that a manager asks for.
func TestRestrictedWordsAskedFor(t *testing.T) {
	v := court(t, true)
	v.Update(func(tx *db.Tx) error {
		v.C.Restricted = lists.RestrictedIMAP
		return lists.SaveCommunity(tx, v.C)
	})
	all := path{to: report, subject: "An answer", body: "Theo's answer in the sponsor thread was humiliating."}.send(v, "Dana Reyes <"+dana+">")
	hers, jonass := v.One(all, mira), v.One(all, jonas)
	for _, verb := range []string{"/log", "/export", "/who"} {
		v.MustSend(answer(mira, hers, verb))
		word := v.One(v.Deliver(), mira)
		says(t, word, "waits for you in the IMAP folder Back-channel/")
		hides(t, word, "humiliating", "Dana", "sponsor")
	}
	if n := shelved(v, mira, "Back-channel/Reports", "What happened so far"); n != 1 {
		t.Errorf("the log lies %d times in the folder", n)
	}
	v.MustSend(answer(jonas, jonass, "/note zznote about it"))
	v.Deliver()
	v.MustSend(answer(mira, hers, "Thank you."))
	back := v.One(v.Deliver(), mira)
	says(t, back, "Jonas added a note since you got the letter.", "What you have not seen lies in your IMAP folders")
	hides(t, back, "zznote", "humiliating")
}

// shelved counts what one of somebody's folders holds with some words.
func shelved(v *village, who, folder, words string) (n int) {
	v.T.Helper()
	v.View(func(tx *db.Tx) error {
		box, err := v.Store.FindPrivate(tx, int64(v.Member(who).ID), folder)
		if err != nil {
			return err
		}
		found, err := v.Store.SearchPrivate(tx, box, words)
		n = len(found)
		return err
	})
	return n
}

// That the writer wrote again holds no answer back, unless the community wants it so (FC7).
func TestStrictCollision(t *testing.T) {
	for rule, held := range map[lists.Collision]bool{"": false, lists.CollisionManagers: false, lists.CollisionStrict: true} {
		v := mailroomtest.New(t)
		v.Update(func(tx *db.Tx) error {
			v.C.Collision = rule
			return lists.SaveCommunity(tx, v.C)
		})
		all := ask(v, "A question", "May I?")
		notice := v.One(all, mira)
		v.MustSend(answer("Dana Reyes <"+dana+">", v.One(all, dana), "Never mind, zzagain."))
		v.Deliver()
		v.MustSend(answer(mira, notice, "Yes, do."))
		all = v.Deliver()
		if got := len(to(all, dana)) == 0; got != held {
			t.Fatalf("%q: held is %v", rule, got)
		}
		if !held {
			continue
		}
		back := v.One(all, mira)
		says(t, back, "Not sent yet.", "Dana Reyes wrote again since you got the letter.", "zzagain", "Yes, do.")
		v.MustSend(answer(mira, back, "SEND"))
		says(t, v.One(to(v.Deliver(), dana), dana), "Yes, do.")
	}
}

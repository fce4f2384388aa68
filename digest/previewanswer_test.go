package digest_test

import (
	"strings"
	"testing"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/templates/refusal"
)

// Of several commands all are done, or none; what is wrong is told with a sentence, and nobody else hears of it.
func TestACommandThatIsWrongUndoesTheLetter(t *testing.T) {
	for _, c := range []struct{ text, why string }{
		{"/pin 3\n/pin 77", "There is no thread 77."},
		{"/top Hello\n/drop x", `"x" is no number of a thread.`},
		{"/top Hello\n/pin", "Behind /pin stands the number of a thread, as in the preview."},
		{"/top Hello\n/hold 30h", "Behind /hold stands a number of hours, from 1h to 24h, or nothing."},
		{"/top Hello\n/hold off", "The digests are not stopped."},
		{"/top Hello\n/event tomorrow Call", "Please begin with the date: 18 June, or 18 June 16:00 UTC; then what happens."},
		{"/top Hello\n/event 1 June 2026 Call", "1 June is over."},
		{"/top Hello\n/event 18 June", "Behind the date stands what happens."},
		{"/top Hello\n/event off nothing", "There is no date to come with these words."},
		{"/top Hello\n/send now", "Nothing may stand behind it."},
		{"/top Hello\n/publish", "We know no such command."},
		{"/pin 3 off\n/top Hello", "/pin was not said of thread 3."},
		{"/top off", "There is no note at the top."},
		{"/top", "Behind /top stands what everyone is to read."},
		{"/top Write to mira@lowe.example if you want to come with us to the fair", `"mira@lowe.example" is your own, and everyone would read it.`},
		{"/top As she wrote: [private K7QX]", "It quotes a private letter, and everyone would read it."},
		{"/event 18 June 16:00 UTC Call mira@lowe.example for the way", `"mira@lowe.example" is your own, and everyone would read it.`},
		{"/event 18 June As she wrote: [private K7QX]", "It quotes a private letter, and everyone would read it."},
		{"/top " + strings.Repeat("long and longer\n", 100), "A note has 1200 characters at most; this one has 1599."},
		{"/event 18 June " + strings.Repeat("long ", 41), "What happens is told in 200 characters."},
		{"/event 18 June 2029 Call", "18 June 2029 is more than two years away."},
	} {
		t.Run(c.text[:min(len(c.text), 30)], func(t *testing.T) {
			w, previews := aThursday(t)
			got := w.answer(mira, only(t, previews, mira), c.text)
			back := only(t, got, mira)
			if text := strings.Join(strings.Fields(back.Text()), " "); !strings.Contains(text, c.why) || !strings.Contains(text, "Nothing at all of it was done") {
				t.Errorf("it says %s", text)
			}
			if len(got) != 1 {
				t.Errorf("%d letters", len(got))
			}
			if reply := back.ReplyTo()[0].Address; reply != only(t, previews, mira).ReplyTo()[0].Address {
				t.Errorf("it is answered at %s", reply)
			}
			issue := w.friday()
			if strings.Contains(issue.Text(), "FROM MIRA") || !strings.Contains(issue.Text(), "Report template") {
				t.Errorf("something was done: %s", issue.Text())
			}
		})
	}
}

// What is no command is for the managers alone, wherever it stands.
func TestACommentIsNeverPublished(t *testing.T) {
	for _, text := range []string{"This plain remark is for us.", "/top Hello\n\nThis plain remark is for us.", "Hello,\n/top This plain remark is for us."} {
		w, previews := aThursday(t)
		got := w.answer(mira, only(t, previews, mira), text)
		for _, who := range []string{mira, theo} {
			if text := only(t, got, who).Text(); !strings.Contains(text, "This plain remark is for us.") {
				t.Errorf("%s reads %s", who, text)
			}
		}
		if len(got) != 2 {
			t.Errorf("%d letters", len(got))
		}
		issue := w.friday()
		if strings.Contains(issue.Text()+issue.html(), "plain remark") {
			t.Errorf("it is published: %s", issue.Text())
		}
		if got := w.rows("SELECT count(*) || '' FROM conv"); got != "0" {
			t.Errorf("%s conversations", got)
		}
	}
}

// Other commands of managers work in an answer to a preview as they do elsewhere.
func TestOtherCommandsGoToTheBackChannel(t *testing.T) {
	w, previews := aThursday(t)
	got := w.answer(mira, only(t, previews, mira), "/help")
	if len(got) != 1 || !strings.Contains(got[0].Text(), "/give") {
		t.Errorf("%d letters", len(got))
	}
}

// The second of two managers replaces the note of the first, and both know.
func TestTwoManagersAtOnce(t *testing.T) {
	w, previews := aThursday(t)
	w.answer(mira, only(t, previews, mira), "/top Mine first.")
	got := w.answer(theo, only(t, previews, theo), "/top Then mine.\n/pin 3")
	for _, who := range []string{mira, theo} {
		if text := strings.Join(strings.Fields(only(t, got, who).Text()), " "); !strings.Contains(text, `in the place of that of Mira: "Mine first."`) || !strings.Contains(text, "Then mine.") {
			t.Errorf("%s reads %s", who, text)
		}
	}
	if text := w.friday().Text(); !strings.Contains(text, "FROM THEO:\nThen mine.") || strings.Contains(text, "Mine first") {
		t.Errorf("the issue says %s", text)
	}
}

// An address that was revoked, because its manager is locked, opens nothing: not for the manager's own letter either (I3).
func TestARevokedAddressOfAPreview(t *testing.T) {
	w, previews := aThursday(t)
	p := only(t, previews, mira)
	w.update(func(tx *db.Tx) error {
		m, _, err := lists.MemberByAddress(tx, w.c.ID, addr(mira))
		if err != nil {
			return err
		}
		return address.RevokeMember(tx, int64(w.c.ID), int64(m.ID))
	})
	for _, from := range []string{mira, "eve@evil.example"} {
		if err := w.send(from, p.ReplyTo()[0].Address.String(), "Re: "+p.Subject(), "/top zzpublished"); refusal.KindOf(err) != refusal.NoSuchAddress {
			t.Errorf("%s hears %v", from, err)
		}
	}
	if got := w.deliver(); len(got) != 0 {
		t.Errorf("%d letters", len(got))
	}
	if text := w.friday().Text(); strings.Contains(text, "zzpublished") {
		t.Errorf("the issue says %s", text)
	}
}

// A token is not a person (R6): of a letter that is not proved to be the manager's nothing is done before they say that it is.
func TestAnAnswerThatIsNotProved(t *testing.T) {
	for _, c := range []struct{ name, host, from, asked string }{
		{"weak", "198.51.100.7", mira, "your mail provider did not vouch for it"},
		{"a stranger", "192.0.2.1", "eve@evil.example", "It is from eve@evil.example"},
		{"another member", "192.0.2.1", dana, "It is from dana@north.example"},
		{"another manager", "192.0.2.1", theo, "It is from theo@brandt.example"},
	} {
		for _, word := range []string{"YES", "NO", "Perhaps", ""} {
			t.Run(c.name+" "+word, func(t *testing.T) {
				w, previews := aThursday(t)
				if err := w.sendBy(c.host, c.from, only(t, previews, mira).ReplyTo()[0].Address.String(), "Re: preview", "/top Forged, perhaps."); err != nil {
					t.Fatal(err)
				}
				got := w.deliver()
				ask := only(t, got, mira)
				if text := strings.Join(strings.Fields(ask.Text()), " "); len(got) != 1 || !strings.Contains(text, c.asked) || !strings.Contains(text, "/top Forged, perhaps.") {
					t.Fatalf("%d letters, it says %s", len(got), text)
				}
				confirm := ask.ReplyTo()[0].Address.String()
				if !strings.HasPrefix(confirm, "confirm+") {
					t.Errorf("reply to %s", confirm)
				}
				for _, other := range []string{theo, dana, "eve@evil.example"} {
					if err := w.send(other, confirm, "Re: x", "YES"); err == nil {
						t.Errorf("%s decides", other)
					}
				}
				if word != "" {
					if err := w.sendBy(c.host, mira, confirm, "Re: x", word); err != nil {
						t.Fatal(err)
					}
				}
				if word == "YES" || word == "NO" {
					if err := w.send(mira, confirm, "Re: x", "YES"); err == nil || err.Error() != decided {
						t.Errorf("decided twice: %v", err)
					}
				}
				w.deliver()
				if said := strings.Contains(w.friday().Text(), "Forged, perhaps."); said != (word == "YES") {
					t.Errorf("in the issue: %v", said)
				}
				if word == "YES" || word == "NO" {
					if left := w.rows("SELECT text FROM digest_unsure"); left != "" {
						t.Errorf("its words are kept: %s", left)
					}
				}
			})
		}
	}
}

// Whoever found the address of a preview cannot write to its manager without end, and a robot's letter is nothing.
func TestAFoundAddressOfAPreview(t *testing.T) {
	w, previews := aThursday(t)
	note := only(t, previews, mira).ReplyTo()[0].Address.String()
	if err := w.send(mira, note, "Automatic reply: preview", "/top I am away.", "Auto-Submitted: auto-replied"); err == nil {
		t.Error("a robot is heard")
	}
	sent := 0
	for range 6 {
		if w.send("eve@evil.example", note, "x", "/top Spam") == nil {
			sent++
		}
	}
	if got := to(w.deliver(), mira); sent != 3 || len(got) != 3 {
		t.Errorf("%d taken, %d questions", sent, len(got))
	}
	w.update(func(tx *db.Tx) error {
		m, _, err := lists.MemberByAddress(tx, w.c.ID, addr(mira))
		if err != nil {
			return err
		}
		m.Role = lists.RoleMember
		return lists.SaveMember(tx, m)
	})
	if err := w.send(mira, note, "x", "/top I was a manager"); err == nil {
		t.Error("who is no manager any more decides")
	}
}

// After its slot a preview changes nothing, and says so.
func TestAfterTheSlot(t *testing.T) {
	w, previews := aThursday(t)
	w.friday()
	back := only(t, w.answer(mira, only(t, previews, mira), "/top Too late"), mira)
	if text := strings.Join(strings.Fields(back.Text()), " "); !strings.Contains(text, "The digest of Friday, 5 June, 08:00 has gone out. Please answer the next preview") {
		t.Errorf("it says %s", text)
	}
	got := w.answer(mira, only(t, previews, mira), "A word among us.")
	if len(to(got, theo)) != 1 {
		t.Error("a comment is for the managers, whenever it comes")
	}
	if got := w.rows("SELECT count(*) || '' FROM digest_note"); got != "0" {
		t.Errorf("%s notes", got)
	}
}

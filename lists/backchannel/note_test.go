package backchannel_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/templates/refusal"
)

const jonas = "jonas@weil.example"

// three is a village with a third manager.
func three(t *testing.T) *village {
	v := mailroomtest.New(t)
	v.Add(v.C, jonas, "Jonas Weil", lists.RoleManager)
	return v
}

// A note is for managers: its own subject, thread and address; a reply to it is a note; the member never sees any of it (M4, M5).
func TestNotes(t *testing.T) {
	v := three(t)
	all := ask(v, "A question", "May I?")
	his, hers, third := v.One(all, theo), v.One(all, mira), v.One(all, jonas)
	v.MustSend(answer(theo, his, "/Note zzfirst keep an eye on her supplier,\nhe sold to two members"))
	all = v.Deliver()
	nothing(t, all, dana)
	note := v.One(all, mira)
	if want := "[note " + code(hers) + "] \"A question\""; note.Subject() != want {
		t.Errorf("subject %q, want %q", note.Subject(), want)
	}
	says(t, note, "zzfirst keep an eye on her supplier, he sold to two members", "your text is a note, too. It goes to the managers, never to Dana Reyes.", "Also with: Jonas.")
	if to := note.ReplyTo()[0].Address.Local; !strings.HasPrefix(to, "note+") {
		t.Errorf("Reply goes to %s", to)
	}
	if from := note.Get("From"); !strings.Contains(from, "Managers' notes "+code(hers)) {
		t.Errorf("from %s", from)
	}
	if note.Get("In-Reply-To") != "" || strings.Contains(note.Get("References"), string(hers.MessageID())) {
		t.Errorf("the note hangs in the letter's thread: %s", note.Get("References"))
	}
	says(t, v.One(all, theo), "Your note was kept, with all its lines.", "Nothing was sent to Dana Reyes.")

	v.MustSend(answer(mira, note, "zzsecond I will talk to him. Ask "+bill+"."))
	all = v.Deliver()
	nothing(t, all, dana)
	nothing(t, all, mira)
	second := v.One(all, jonas)
	says(t, second, "zzsecond I will talk to him. Ask "+bill+".", "Mira wrote this for managers only.")
	if !strings.Contains(second.Get("In-Reply-To"), "@gardeners.example") {
		t.Errorf("the second note has no thread: %q", second.Get("In-Reply-To"))
	}
	// a client that ignores Reply-To
	p := answer(jonas, second, "zzthird")
	p.To = managers
	v.MustSend(p)
	all = v.Deliver()
	nothing(t, all, dana)
	says(t, v.One(all, theo), "zzthird", "Jonas wrote this for managers only.")

	// who has not seen it is asked before an answer goes out (M6)
	v.MustSend(answer(jonas, third, "Yes, do."))
	all = v.Deliver()
	nothing(t, all, dana)
	back := v.One(all, jonas)
	says(t, back, "Not sent yet.", "Theo added a note since you got the letter.", "zzfirst", "zzsecond", "Yes, do.")
	if strings.Index(back.Text(), "zzfirst") > strings.Index(back.Text(), "  | Yes, do.") {
		t.Error("the note stands below the text")
	}
	v.MustSend(answer(jonas, back, "SEND"))
	got := v.One(to(v.Deliver(), dana), dana)
	says(t, got, "Yes, do.")
	hides(t, got, "zz", "note")
}

// What came back can become a note instead, and a note that came back can be one after all.
func TestTheWordNote(t *testing.T) {
	for name, body := range map[string]string{"an answer": "Theo, she asked that before.", "a slip": "/ntoe she asked that before"} {
		v := mailroomtest.New(t)
		v.MustSend(answer(mira, v.One(ask(v, "A question", "May I?"), mira), body))
		back := v.One(v.Deliver(), mira)
		v.MustSend(answer(mira, back, "NOTE"))
		all := v.Deliver()
		nothing(t, all, dana)
		says(t, v.One(all, theo), "she asked that before", "Mira wrote this for managers only.")
		v.MustSend(answer(mira, back, "SEND"))
		nothing(t, v.Deliver(), dana)
		if name == "" {
			t.Error()
		}
	}
}

// Text below a note may be for the member, and may be a part of the note: it is asked about, and the note is kept.
func TestTextBelowANote(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(answer(mira, v.One(ask(v, "A question", "May I?"), mira), "/note zzcareful\n\nYes, do."))
	all := v.Deliver()
	nothing(t, all, dana)
	says(t, v.One(all, theo), "zzcareful")
	back := v.One(all, mira)
	says(t, back, "There is text below your note.", "Yes, do.")
	v.MustSend(answer(mira, back, "SEND"))
	got := v.One(to(v.Deliver(), dana), dana)
	says(t, got, "Yes, do.")
	hides(t, got, "zzcareful")
}

// A manager's note address in other hands, from another address, after its time, and one that nobody was ever given.
func TestNoteDoors(t *testing.T) {
	v := mailroomtest.New(t)
	theirs := v.One(ask(v, "A question", "May I?"), theo)
	v.MustSend(answer(theo, theirs, "/note zzfirst"))
	note := v.One(v.Deliver(), mira)
	v.MustSend(answer("Mira <mira@home.example>", note, "zzhome"))
	all := v.Deliver()
	nothing(t, all, theo)
	back := v.One(all, mira)
	says(t, back, "from another one, mira@home.example", "zzhome", "YES as SEND, and from now on mira@home.example is an address of mine")
	v.MustSend(answer(mira, back, "YES"))
	says(t, v.One(to(v.Deliver(), theo), theo), "zzhome")
	v.MustSend(answer("Mira <mira@home.example>", note, "zzagain"))
	all = v.Deliver()
	says(t, v.One(all, theo), "zzagain")
	nothing(t, all, mira)

	v.MustSend(answer(bill, note, "zzbill"))
	all = v.Deliver()
	nothing(t, all, theo)
	says(t, v.One(all, mira), "from another one, bill@south.example")
	p := answer(bill, note, "zzbill")
	p.To = "note+00000000000000000000000000@gardeners.example"
	if _, err := v.Send(p); refusal.KindOf(err) != refusal.NoSuchAddress {
		t.Errorf("a member at a note address that nobody has: %v", err)
	}
	p.From = mira
	v.MustSend(p)
	all = v.Deliver()
	nothing(t, all, theo)
	says(t, v.One(all, mira), "zzbill", "nobody has seen it")

	v.MustSend(answer(theo, theirs, "/close")) // or its reminders would keep the address alive
	v.Pass(181 * 24 * time.Hour)
	v.Deliver()
	v.MustSend(answer(mira, note, "zzlate"))
	all = v.Deliver()
	nothing(t, all, theo)
	back = v.One(all, mira)
	says(t, back, "This address has expired", "zzlate")
	v.MustSend(answer(mira, back, "SEND"))
	says(t, v.One(to(v.Deliver(), theo), theo), "zzlate")
}

// A colleague in Cc is told of, and holds nothing up (G6, LP2).
func TestAColleagueInCc(t *testing.T) {
	v := mailroomtest.New(t)
	p := answer(mira, v.One(ask(v, "A question", "May I?"), mira), "Yes, do.")
	p.Header += "Cc: Theo <theo@brandt.example>\r\n"
	v.MustSend(p)
	all := v.Deliver()
	hides(t, v.One(all, dana), "Theo", "brandt")
	says(t, v.One(all, mira), "Theo stood beside us in To or Cc.", "Your answer went to Dana Reyes.")
}

package backchannel_test

import (
	"testing"

	"backchannel/lists/mailroom/mailroomtest"
)

// The line that an unknown mail program puts above a quote is not sent as a manager's words, with commands or without. A colon elsewhere
// holds nothing up (LP3).
func TestLineAboveAQuote(t *testing.T) {
	for body, want := range map[string]string{
		"/mine\n\nExcerpts from Dana's letter of today:\n> May I?\n":               "",
		"Yes, do.\n\nDana Reyes (private) hat gesagt, dass:\n\n> May I?\n>\n> x\n": "",
		"Yes, do. Please bring:\n* gloves\n":                                       "Yes, do. Please bring: * gloves",
		"Please note:\n\nyes, do.":                                                 "Please note: yes, do.",
	} {
		v := mailroomtest.New(t)
		notice := v.One(ask(v, "A question", "May I?"), mira)
		v.MustSend(answer(mira, notice, body))
		all := v.Deliver()
		if want != "" {
			says(t, v.One(all, dana), want)
			continue
		}
		nothing(t, all, dana)
		back := v.One(all, mira)
		says(t, back, "Its last words, right above what you quote, may be those of your mail program:")
		v.MustSend(answer(mira, back, "SEND"))
		if n := len(to(v.Deliver(), dana)); n != 1 {
			t.Errorf("after SEND Dana got %d letters", n)
		}
	}
}

// A note that a manager was shown with an answer that came back, and that they sent all the same, holds no later answer back. A newer one does.
func TestNoteShownOnce(t *testing.T) {
	v := three(t)
	all := ask(v, "A question", "May I?")
	hers, his := v.One(all, mira), v.One(all, theo)
	v.MustSend(answer(theo, his, "/note zzfirst"))
	v.Deliver()
	v.MustSend(answer(mira, hers, "Yes, do."))
	back := v.One(v.Deliver(), mira)
	says(t, back, "Not sent yet.", "zzfirst")
	v.MustSend(answer(mira, back, "SEND"))
	says(t, v.One(to(v.Deliver(), dana), dana), "Yes, do.")
	v.MustSend(answer(mira, hers, "And bring gloves."))
	says(t, v.One(to(v.Deliver(), dana), dana), "And bring gloves.")
	v.MustSend(answer(theo, his, "/note zzsecond"))
	v.Deliver()
	v.MustSend(answer(mira, hers, "And a hat."))
	all = v.Deliver()
	nothing(t, all, dana)
	back = v.One(all, mira)
	says(t, back, "Theo added a note since you got the letter.", "zzsecond")
}

// A slip in a command is told with the command that was probably meant.
func TestDidYouMean(t *testing.T) {
	v := mailroomtest.New(t)
	notice := v.One(ask(v, "A question", "May I?"), mira)
	for typed, want := range map[string]string{"/ntoe she is difficult": "Did you mean \"/note TEXT\"? We do not guess", "/xyzzy": "we know no such command. We do not guess"} {
		v.MustSend(answer(mira, notice, typed))
		says(t, v.One(v.Deliver(), mira), want)
	}
	v.MustSend(post{From: "Mira Lowe <" + mira + ">", To: managers, Subject: "x", Body: "/hepl"})
	says(t, v.One(v.Deliver(), mira), "We know no such command. Did you mean \"/help [health]\"?")
}

package backchannel_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// B6b, B10: /public asks somebody without a name through their own door. They say YES or NO; under their name nothing of it is posted, no
// row tells who they are, and managers see nothing of a better text before its YES.
func TestPublicOfAVoice(t *testing.T) {
	v := crowd(t)
	v.MustSend(post{From: dana, To: "talk@gardeners.example", Subject: "Beans", Body: "They climb."})
	v.Deliver()
	v.Pass(30 * time.Hour)
	w := &watch{village: v, before: dump(t, v, v.Member(dana), "dana"), leaks: map[string]bool{}}
	w.send(burntOut)
	preview := w.One(w.deliver(), dana)
	name := voiceName(t, preview)
	w.send(answer(dana, preview, "YES"))
	w.deliver()
	v.Pass(61 * time.Minute)
	copy := w.One(w.deliver(), mira)
	says(t, copy, "/public asks whether it may be posted")
	v.MustSend(answer(mira, copy, "/public Who else moderates alone?\nI do, and it is too much.\n"))
	all := w.deliver()
	ask := w.One(all, dana)
	says(t, ask, "| Who else moderates alone?", "YES post it without my name NO do not post it", "In that thread please write nothing in your own name")
	hides(t, ask, "NAMED")
	if _, err := v.Send(answer(bill, ask, "YES")); err == nil {
		t.Error("Bill says yes for her")
	}
	w.send(answer(dana, ask, "NAMED"))
	all = w.deliver()
	says(t, w.One(all, dana), `Your reply begins with "NAMED"`)
	nothing(t, all, bill)
	w.send(answer(dana, ask, "Who of you moderates alone? Dana does."))
	all = w.deliver()
	says(t, w.One(all, dana), `not taken and is not kept: "Dana" in it would show who you are`)
	for _, who := range []string{mira, theo, jonas} {
		for _, a := range to(all, who) {
			hides(t, a, "Dana does")
		}
	}
	w.send(answer(dana, ask, "Who of you moderates alone?"))
	ask = w.One(w.deliver(), dana)
	for _, one := range slices.Sorted(maps.Keys(w.leaks)) {
		t.Errorf("a row names her: %s", one)
	}
	p := answer(dana, ask, "YES") // from here on her copies of posts name her, as everybody's do
	p.To = managers               // her program ignores Reply-To
	v.MustSend(p)
	all = v.Deliver()
	public := to(all, bill)
	if len(public) != 1 || public[0].Letter.From()[0].Name != "A member" {
		t.Fatalf("posted: %v", public)
	}
	says(t, public[0], "Who of you moderates alone?")
	hides(t, public[0], danas...)
	posted := ""
	for _, a := range to(all, dana) {
		if strings.Contains(a.Subject(), "Posted without your name") {
			posted = words(a)
			ask = a
		}
	}
	if !strings.Contains(posted, "Please write nothing in that thread in your own name") {
		t.Errorf("she is told %q", posted)
	}
	for _, who := range []string{mira, theo} {
		for _, a := range to(all, who) {
			hides(t, a, "Reyes", dana)
		}
	}
	// Answers come to her, from whomever: one that did not would tell.
	v.MustSend(post{From: bill, To: "talk@gardeners.example", Subject: "Re: " + public[0].Subject(), Body: "I do.", Header: "In-Reply-To: <" + string(public[0].MessageID()) + ">\r\n"})
	brought := false
	for _, a := range to(v.Deliver(), dana) {
		brought = brought || strings.Contains(a.Subject(), "[private] You asked")
	}
	if !brought {
		t.Error("no answer is brought to her")
	}
	v.MustSend(post{From: dana, To: "talk@gardeners.example", Subject: "Re: " + public[0].Subject(), Body: "Me, too.", Header: "In-Reply-To: <" + string(public[0].MessageID()) + ">\r\n"})
	brought = false
	for _, a := range to(v.Deliver(), dana) {
		brought = brought || strings.Contains(a.Subject(), "[private] You asked")
	}
	if !brought {
		t.Error("her own answer is not brought to her: that tells who she is")
	}
	v.MustSend(answer(dana, ask, "REMOVE"))
	says(t, v.One(to(v.Deliver(), dana), dana), "It is out of the archive")
	if got := row(v, "SELECT group_concat(auth || answer_msgid) FROM consent WHERE answered_at > 0"); got != "sealed" {
		t.Errorf("the record of the yes tells %q", got)
	}
	noTrace(t, v, name)
}

// /public alone shows a manager the letter as it is: what would be taken off is the name.
func TestPublicDraftOfAVoice(t *testing.T) {
	v := crowd(t)
	p := burntOut
	p.Body = "I moderate alone.\nReyes is no reason to hide.\nSo it goes on."
	all, name := voiced(t, v, p)
	copy := v.One(all, mira)
	v.MustSend(answer(mira, copy, "/public"))
	draft := v.One(to(v.Deliver(), mira), mira)
	says(t, draft, "Reyes is no reason to hide.", name)
	hides(t, draft, "may show")
	v.MustSend(answer(mira, draft, "SEND"))
	all = v.Deliver()
	ask := v.One(all, dana)
	says(t, ask, `"Reyes" may show who you are`)
	v.MustSend(answer(dana, ask, "NO\nPlease not."))
	all = v.Deliver()
	says(t, v.One(to(all, dana), dana), "Nothing was posted, and nothing will be.")
	said := false
	for _, a := range to(all, mira) {
		said = said || strings.Contains(words(a), "said no") || strings.Contains(a.Subject(), "no")
		hides(t, a, "Please not.")
	}
	if !said {
		t.Error("Mira does not hear the no")
	}
	v.Pass(61 * time.Minute)
	says(t, v.One(v.Deliver(), mira), "Please not.")
	nothing(t, all, bill)
}

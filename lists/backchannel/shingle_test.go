package backchannel_test

import (
	"testing"
	"time"

	"backchannel/lists/mailroom/mailroomtest"
)

// Words of a note, or of somebody else's letter, do not go out by a slip (G3); the member's own words may.
func TestWordsOfOthers(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: bill, To: managers, Subject: "Beds", Body: "My neighbour has been stealing my tomatoes for weeks now."})
	v.Deliver()
	hers := v.One(ask(v, "A question", "May I plant beans beside the fence of the school?"), mira)
	v.MustSend(answer(theo, v.One(to(func() []arrived {
		v.MustSend(answer(mira, hers, "/note Careful, she sold to two members of ours last year."))
		return v.Deliver()
	}(), theo), theo), "I know, thanks."))
	v.Deliver()
	for body, says1 := range map[string]string{
		"You see, she sold to two members of ours, so no.":                 "It repeats words that were for managers only: \"she sold to two members of\".",
		"We have a case where\na neighbour has been stealing my tomatoes!": "It repeats words that were for managers only",
		"May I plant beans beside the fence of the school? Yes, you may.":  "",
		"She sold two. To members of ours that is known.":                  "",
	} {
		v.Pass(time.Minute)
		v.MustSend(answer(mira, hers, body))
		all := v.Deliver()
		if says1 == "" {
			for _, a := range to(all, mira) {
				hides(t, a, "It repeats words")
			}
			continue
		}
		nothing(t, all, dana)
		says(t, v.One(all, mira), says1)
	}
}

// Whoever may not see a letter does not learn of it by what is held.
func TestWordsOfHiddenLetters(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: bill, To: managers, Subject: "Beds", Body: "I think Theo has been stealing my tomatoes for weeks now."})
	nothing(t, v.Deliver(), theo)
	his := v.One(ask(v, "A question", "May I?"), theo)
	v.MustSend(answer(theo, his, "Somebody has been stealing my tomatoes for weeks now."))
	v.One(to(v.Deliver(), dana), dana)
}

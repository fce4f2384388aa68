package backchannel_test

import (
	"testing"
)

// A command that cannot be done comes back with the reason, whole, as its manager reads it; nothing of it reaches the member.
func TestRefusedCommands(t *testing.T) {
	v := newVillage(t)
	posted(v, bill, "Compost", "Who has some to give?")
	hers := v.One(ask(v, "A question", "May I?"), mira)
	for say, want := range map[string]string{
		"/slow 99 2h":              "There is no thread 99. The numbers stand in the digest.",
		"/slow 2h":                 "Please say where: the number of a thread, as in the digest, or the name of a list.",
		"/slow talk 5m":            `"5m" is no time between 10 minutes and 7 days; it is written 30m, 2h or 1d.`,
		"/slow talk off":           "Nothing of that sort is in force for Garden talk.",
		"/say talk Subject: Hello": "There is a subject, and nothing to post below it.",
		"/say talk Subject:":       "There is a subject, and nothing to post below it.",
		"/watch talk":              "A thread is watched, not a whole list. To get every post of a list, change what you get of it.",
		"/watch 1 off":             `You do not watch "Compost".`,
		"/watch 1 always":          "Behind /watch there may be the number of a thread and off, and nothing else.",
		"/away for a bit":          "Behind /away stands until when, as in /away until 2026-06-19, or off.",
		"/state":                   "Nobody counts anything here.",
		"/keep forever":            "Behind /keep there may be off, and nothing else.",
		"/note":                    "Behind /note there is nothing to note.",
	} {
		v.MustSend(answer(mira, hers, say))
		all := v.Deliver()
		nothing(t, all, dana)
		says(t, v.One(all, mira), want)
	}

	v.Box.Inviter = nil
	says(t, orders(v, mira, "/invite olga@press.example"), "Nobody can be invited here.")
}

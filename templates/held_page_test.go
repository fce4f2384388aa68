package templates

import (
	"strings"
	"testing"
	"time"

	"backchannel/templates/refusal"
)

// heldPages are the pages of posts that wait, in a language.
func heldPages(l Language) map[string]pageRenderer {
	in := Room{In: l, Who: "mira@lowe.example", Nonce: "n0nce", Held: "/held", Letters: "/letters"}
	zone := time.FixedZone("CEST", 7200)
	since, until := time.Date(2026, 6, 9, 14, 30, 0, 0, zone), time.Date(2026, 6, 23, 14, 30, 0, 0, zone)
	const ada, offer = "Ada Obi (ada@nurses.example)", `it says "20% off"`
	beans := HeldPost{Community: bc, List: "Garden talk", Author: ada, Reason: Newcomer, Subject: "Beans in pots", Days: 14, Files: []string{"beans.jpg", "plan.pdf"},
		Preview: "They climb the railing of the balcony, and the neighbours ask what it is.\n\nSee https://beans.example/pots. <b>Really</b>"}
	asked, sold, changed, back, stranger, calm, long := beans, beans, beans, beans, beans, beans, beans
	asked.Said, asked.Waited = "Runner beans.\nWhy?", 3
	sold.Rule, sold.Files = offer, nil
	changed.Reason, changed.Files = Changed, nil
	stranger.Stranger, stranger.Author, stranger.Subject, stranger.Preview = true, "eve@evil.example", "", ""
	calm.Reason = CoolDown
	stranger.Hours = 2
	long.More, long.Reason, long.Rule = 4200, ByRule, "it has more than 3 links"
	view := func(p HeldPost) HeldView { return HeldView{ID: 12, Post: p, Since: since, Until: until} }
	with := func(p HeldPost, question Said, back bool) HeldView {
		v := view(p)
		v.Version, v.Question, v.Back = 1, question, back
		return v
	}
	all := []HeldPlace{{bc, "cmtybc.example", []HeldLine{
		{ID: 12, Subject: "Beans in pots", Author: ada, List: "Garden talk", Reason: Newcomer, Rule: offer, Since: since, Until: until, Waited: 3},
		{ID: 13, Author: "eve@evil.example", List: "Garden talk", Reason: ByRule, Rule: "it has more than 3 links", Since: since, Until: until, Hours: 2},
		{ID: 15, Subject: "Peas", Author: ada, List: "Jobs", Reason: Changed, Back: true, Since: since, Until: until},
	}}}
	over := AlreadyDecided{Community: bc, Outcome: Posted, When: since, By: "Theo", Subject: "Beans in pots", List: "Garden talk"}
	end := func(as Outcome, by string) AlreadyDecided {
		o := over
		o.Outcome, o.By = as, by
		return o
	}
	return map[string]pageRenderer{
		"held":              HeldPage{Room: in, All: all},
		"held-none":         HeldPage{Room: in, All: []HeldPlace{{Community: bc, Domain: "cmtybc.example"}}},
		"held-several":      HeldPage{Room: in, All: append(all[:1:1], HeldPlace{Community: "Nurses", Domain: "nurses.example"}), Done: HeldAsked, Subject: "Beans in pots", Author: ada},
		"held-posted":       HeldPage{Room: in, All: all, Done: HeldPosted},
		"held-always":       HeldPage{Room: in, All: all, Done: HeldAlways, Subject: "Leeks"},
		"held-refused":      HeldPage{Room: in, All: all, Done: HeldRefused, Subject: "Leeks"},
		"held-back":         HeldPage{Room: in, All: all, Done: HeldBack, Subject: "Leeks", Author: ada},
		"heldpost":          HeldPostPage{Room: in, HeldView: view(beans)},
		"heldpost-asked":    HeldPostPage{Room: in, HeldView: with(asked, "Which beans?", false)},
		"heldpost-waits":    HeldPostPage{Room: in, HeldView: with(sold, "Which beans?", false), Stale: true, Word: "FIX", Typed: "Shorter,\nplease. <i>"},
		"heldpost-changed":  HeldPostPage{Room: in, HeldView: with(changed, "Shorter, please.", false), Newer: true},
		"heldpost-back":     HeldPostPage{Room: in, HeldView: with(back, "Shorter, please.", true)},
		"heldpost-stranger": HeldPostPage{Room: in, HeldView: view(stranger)},
		"heldpost-calm":     HeldPostPage{Room: in, HeldView: view(calm)},
		"heldpost-link":     HeldPostPage{Room: in, HeldView: view(beans), ByLink: true},
		"heldpost-why":      HeldPostPage{Room: in, HeldView: view(long), Why: refusal.Say(refusal.NotAllowed, "held.author", 12), Word: "OK"},
		"heldover":          HeldOverPage{Room: in, Over: over, Late: true},
		"heldover-posted":   HeldOverPage{Room: in, Over: end(Posted, "")},
		"heldover-refused":  HeldOverPage{Room: in, Over: end(Declined, "Theo")},
		"heldover-no":       HeldOverPage{Room: in, Over: end(Declined, "")},
		"heldover-taken":    HeldOverPage{Room: in, Over: end(Dropped, "Ada")},
		"heldover-gone":     HeldOverPage{Room: in, Over: end(Dropped, "")},
		"heldover-nobody":   HeldOverPage{Room: in, Over: end(Undecided, "")},
		"heldover-expired":  HeldOverPage{Room: in, Over: end(Expired, "")},
	}
}

// Every reason for which managers may be asked, and every end, has its sentence in every language.
func TestHeldPagesKnowEveryReason(t *testing.T) {
	at := time.Date(2026, 6, 9, 14, 30, 0, 0, time.UTC)
	for _, l := range Languages() {
		for _, why := range []WaitReason{TooMany, Newcomer, SlowMode, CoolDown, Linked, ByRule, Changed} {
			p := HeldPost{Community: bc, List: "Jobs", Author: "eve@evil.example", Reason: why, Rule: "it has more than 3 links", Days: 14}
			if _, err := (HeldPostPage{Room: Room{In: l, Who: "m@x.example", Nonce: "1"}, HeldView: HeldView{ID: 1, Post: p, Since: at, Until: at}}).Render(); err != nil {
				t.Errorf("%s: %s: %v", l.Name(), why, err)
			}
		}
	}
	if _, err := (HeldPostPage{Room: Room{Who: "m@x.example"}}).Render(); err == nil || !strings.Contains(err.Error(), "Nonce is missing") {
		t.Error(err)
	}
}

// Who reads why a post waits is not its author: no language says "you" to them.
func TestCausesSpeakOfTheAuthor(t *testing.T) {
	for english, want := range map[string]map[Language]string{
		"it links to beans.example, where its author writes from": {English: "it links to beans.example, where its author writes from", German: "darin ist ein Link zu beans.example, und von dort wurde er auch geschickt"},
		"it has more than 3 links":                                {German: "darin sind mehr als 3 Links", French: "il contient plus de 3 liens"},
		"anything else":                                           {Japanese: "anything else"},
	} {
		for l, want := range want {
			if got := causeOf(l, english); got != want {
				t.Errorf("%s: %s", l.Name(), got)
			}
		}
	}
	for _, c := range causes {
		found := false
		for _, g := range grounds {
			found = found || g.english.String() == c.english.String()
		}
		if !found || len(c.in) != 4 {
			t.Errorf("%s is no ground", c.english)
		}
	}
}

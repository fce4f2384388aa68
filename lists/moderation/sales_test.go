package moderation_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/templates/refusal"
)

// zone is a village whose list is no place for selling.
func zone(t *testing.T) *village {
	t.Helper()
	v := unhurried(t)
	list(v, func(l *lists.List) { l.Rules.NoSales = true })
	return v
}

// What reads like an offer is asked about, and nothing else; managers are never asked.
func TestNoSalesZone(t *testing.T) {
	v := zone(t)
	for body, sells := range map[string]bool{
		"Buy my pots, 20% off": true, "Book a demo today": true, "See https://shop.example/x?utm_source=list": true, "I wrote it down: https://www.north.example/pots": true, "Only $5 each": true,
		"My beans are 20% smaller this year.": false, "See https://en.example.org/Bean": false, "I bought seeds for 5 dollars.": false, "What do you sell at the market?": false,
	} {
		v.MustSend(post{From: dana, To: talk, Subject: "Pots", Body: body})
		all := v.Deliver()
		if got := len(to(all, bill)) == 0; got != sells {
			t.Errorf("%q: asked is %v", body, got)
		}
		if sells {
			says(t, v.One(all, dana), "reads a little like an offer", "OFFER", "EDIT", "ASIS")
			nothing(t, all, mira)
			v.MustSend(answer(dana, v.One(all, dana), "CANCEL"))
			v.Deliver()
		}
		v.Now = v.Now.Add(25 * time.Hour)
	}
	v.MustSend(post{From: theo, To: talk, Subject: "Pots", Body: "Buy my pots, 20% off"})
	if len(to(v.Deliver(), bill)) != 1 {
		t.Error("a manager is asked")
	}
	list(v, func(l *lists.List) { l.Rules.NoSales = false })
	v.MustSend(post{From: dana, To: talk, Subject: "Pots", Body: "Buy my pots, 20% off!"})
	if len(to(v.Deliver(), bill)) != 1 {
		t.Error("asked on a list where that is not asked")
	}
}

// A big mail provider is nobody's employer: whoever links to it from an address there sells nothing.
func TestALinkToOnesProvider(t *testing.T) {
	v := zone(t)
	v.Add(v.C, "gus@gmail.example", "Gus Moor", lists.RoleMember, v.Talk)
	v.MustSend(post{From: "Gus Moor <gus@gmail.example>", To: talk, Subject: "Pots", Body: "The photographs are at https://photos.gmail.example/pots"})
	if all := v.Deliver(); len(to(all, bill)) != 1 {
		t.Errorf("it was asked about:\n%s", mailroomtest.Subjects(all))
	}
}

// The same link twice within a month is asked about, later it is not.
func TestTheSameLink(t *testing.T) {
	v := zone(t)
	for i, c := range []struct {
		after time.Duration
		goes  bool
	}{{0, true}, {day, false}, {31 * day, true}} {
		v.Now = v.Now.Add(c.after)
		v.MustSend(post{From: dana, To: talk, Subject: "Look", Body: strings.Repeat("Again ", i) + "https://pots.example/blue"})
		if got := len(to(v.Deliver(), bill)) == 1; got != c.goes {
			t.Errorf("post %d goes out: %v", i, got)
		}
	}
}

// newestSubject is the subject of the newest post of Dana.
func newestSubject(v *village) (subject string) {
	v.View(func(tx *db.Tx) error {
		all, err := v.Store.PostsOf(tx, int64(v.C.ID), int64(v.Member(dana).ID), 1)
		if len(all) > 0 {
			subject = all[0].Subject
		}
		return err
	})
	return subject
}

// OFFER brings it into the digest alone, once a month; ASIS before a manager; EDIT back to its author.
func TestWordsAboutAnOffer(t *testing.T) {
	ask := func(v *village, subject string) arrived {
		v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: talk, Subject: subject, Body: "Buy my pots, 20% off"})
		return v.One(v.Deliver(), dana)
	}
	v := zone(t)
	v.MustSend(answer(dana, ask(v, "Pots"), "OFFER"))
	all := v.Deliver()
	nothing(t, all, bill)
	says(t, v.One(all, dana), "stands in the next digest among the offers")
	if newestSubject(v) != "Pots #offer" {
		t.Errorf("in the archive: %q", newestSubject(v))
	}
	if _, err := v.Send(post{From: dana, To: talk, Subject: "More pots #offer", Body: "Red ones."}); refusal.KindOf(err) != refusal.NotAllowed || err.Error() != "One offer of each member stands in the digest every 30 days, and yours is not so old yet. Please send it again on 12 July." {
		t.Errorf("a second offer: %v", err)
	}
	v.Now = v.Now.Add(30 * day)
	v.MustSend(post{From: dana, To: talk, Subject: "More pots #offer", Body: "Red ones."})
	nothing(t, v.Deliver(), bill)

	v.MustSend(answer(dana, ask(v, "Why not"), "ASIS"))
	all = v.Deliver()
	says(t, held(t, all, mira), "It waits because it reads like an offer, and its author says that it is none.")
	says(t, v.One(all, dana), "arrived safely")
	v.MustSend(answer(mira, held(t, all, mira), "OK"))
	if len(to(v.Deliver(), bill)) != 1 {
		t.Error("not posted after the OK")
	}

	v.MustSend(answer(dana, ask(v, "Anew"), "EDIT"))
	q := v.One(v.Deliver(), dana)
	says(t, q, "Buy my pots, 20% off", "the new text")
	v.MustSend(answer(dana, q, "How I make pots: slowly."))
	all = v.Deliver()
	says(t, held(t, all, theo), "How I make pots: slowly.")
	v.MustSend(answer(theo, held(t, all, theo), "OK"))
	says(t, v.One(v.Deliver(), bill), "How I make pots: slowly.")

	v.MustSend(answer(dana, ask(v, "Hm"), "Perhaps"))
	says(t, v.One(v.Deliver(), dana), "OFFER", "ASIS")
}

// A post that waits anyway goes to the managers at once, with the remark.
func TestHeldWithARemark(t *testing.T) {
	v := newcomer(t)
	list(v, func(l *lists.List) { l.Rules.NoSales = true })
	v.MustSend(post{From: ada, To: talk, Subject: "Pots", Body: "Buy my pots, 20% off"})
	all := v.Deliver()
	says(t, held(t, all, mira), "its author is new here", `It reads like an offer: it says "Buy my".`)
	// An offer that a manager lets pass goes into the digest alone, too.
	v.MustSend(post{From: ada, To: talk, Subject: "Red pots #offer", Body: "Red ones."})
	v.MustSend(answer(mira, held(t, v.Deliver(), mira), "OK"))
	nothing(t, v.Deliver(), bill)
	if got := to(all, ada)[0]; strings.Contains(words(got), "reads like") {
		t.Errorf("Ada is told: %s", mailroomtest.Subjects(all))
	}
}

// An offer whose author's posts wait for a manager by now comes before none as something that its author denies to be one, and goes to nobody by
// a manager's OK; sent again with the tag it goes into the digest alone.
func TestAnOfferThatWaitsForAManager(t *testing.T) {
	v := zone(t)
	v.MustSend(post{From: dana, To: talk, Subject: "Pots", Body: "Buy my pots, 20% off"})
	q := v.One(v.Deliver(), dana)
	list(v, func(l *lists.List) { l.Rules.Moderated = true })
	if got := sent(v, answer(dana, q, "OFFER")); got != "Your posts wait for a manager at the moment, so this offer cannot go into the digest by itself. Please send it again with #offer in its subject; this one is forgotten when you answer CANCEL." {
		t.Errorf("it says %s", got)
	}
	nothing(t, v.Deliver(), mira)
	v.MustSend(answer(dana, q, "CANCEL"))
	v.MustSend(post{From: dana, To: talk, Subject: "Pots #offer", Body: "Buy my pots, 20% off"})
	v.MustSend(answer(mira, held(t, v.Deliver(), mira), "OK"))
	nothing(t, v.Deliver(), bill)
	if got := newestSubject(v); got != "Pots #offer" {
		t.Errorf("the archive has %q", got)
	}
}

// Who says YES to a letter that could not be verified is asked about the offer in it, too.
func TestTheOtherWordPublishesNoOffer(t *testing.T) {
	v := zone(t)
	v.MustSend(post{From: "Sil Ent <" + sil + ">", To: talk, Subject: "Pots", Body: "Buy my pots, 20% off"})
	v.MustSend(answer(sil, v.One(v.Deliver(), sil), "YES"))
	all := v.Deliver()
	nothing(t, all, bill)
	q := v.One(all, sil)
	says(t, q, "reads a little like an offer", "OFFER")
	v.MustSend(answer(sil, q, "OFFER"))
	all = v.Deliver()
	nothing(t, all, bill)
	says(t, v.One(all, sil), "stands in the next digest among the offers")
}

// C3: an offer is known in each of our languages, and talk about prices is none.
func TestSellingInEveryLanguage(t *testing.T) {
	v := zone(t)
	for text, sells := range map[string]bool{
		"Schedule a demo with us.": true, "Only 49 dollars.": true, "Heute 20 % Rabatt!": true, "Jetzt buchen und sparen.": true, "Für nur 49 Euro.": true,
		"Réservez votre démo.": true, "Un essai gratuit vous attend.": true, "20 % de réduction": true, "Reserva tu plaza.": true, "Prueba gratuita": true,
		"今なら20％オフです。": true, "無料体験ができます。": true,
		"We pay 49 dollars a month for our forum.": false, "Wir zahlen 49 Euro im Monat.": false, "Nous avons payé 49 € par mois.": false, "Pagamos 49 euros al mes.": false,
		"20 % of our members never post.": false, "参加費は500円でした。": false, "Rabatt gab es keinen.": false,
	} {
		v.MustSend(post{From: dana, To: talk, Subject: "Tools", Body: text})
		all := v.Deliver()
		if got := len(to(all, bill)) == 0; got != sells {
			t.Errorf("%q: asked is %v", text, got)
		} else if got {
			v.MustSend(answer(dana, v.One(all, dana), "CANCEL"))
			v.Deliver()
		}
		v.Now = v.Now.Add(25 * time.Hour)
	}
}

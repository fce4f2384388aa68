package backchannel_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists/mailroom/mailroomtest"
)

// A signature that no mark sets off is learned from a person's letters, wherever they went: then it stays behind, and in the middle of a text
// it is asked about (G1, A5). It is one person's: somebody else may write the same words (LP4).
func TestLearnedSignature(t *testing.T) {
	v := mailroomtest.New(t)
	const sign = "\n\nMira\nZinnia Consulting Partners\nHaus am See | zzcanary"
	learn := func(n int) {
		for i := range n {
			v.MustSend(post{From: mira, To: "talk@gardeners.example", Subject: fmt.Sprint("Beans ", i), Body: fmt.Sprint("They climb, ", i, " of them.", sign)})
			v.Deliver()
			v.Pass(time.Hour)
		}
	}
	reply := func(who, body string) (sent, back string) {
		v.Pass(time.Hour)
		notice := v.One(to(ask(v, "A question", fmt.Sprint("May I? ", v.Now.Unix())), who), who)
		v.MustSend(answer(who, notice, body))
		all := v.Deliver()
		for _, a := range to(all, dana) {
			sent, _, _ = strings.Cut(words(a), " You wrote:")
		}
		for _, a := range to(all, who) {
			back = words(a)
		}
		return sent, back
	}
	learn(1)
	if sent, _ := reply(mira, "Yes, do."+sign); !strings.Contains(sent, "zzcanary") {
		t.Errorf("taken for a signature after two letters, the answer among them: %q", sent)
	}
	learn(1)
	if sent, back := reply(mira, "Yes, do."+sign); strings.Contains(sent+back, "zzcanary") || strings.Contains(sent, "Zinnia") || !strings.HasPrefix(sent, "Yes, do.") {
		t.Errorf("sent %q, came back %q", sent, back)
	}
	if sent, back := reply(mira, "At\nZinnia Consulting Partners\nwe would say yes to that."); sent != "" || !strings.Contains(back, "Line 2: It shows something of your own: Zinnia Consulting Partners.") {
		t.Errorf("sent %q, came back %q", sent, back)
	}
	if sent, _ := reply(theo, "Ask the\nZinnia Consulting Partners\nabout it."); !strings.Contains(sent, "Zinnia Consulting Partners") {
		t.Errorf("Theo may speak of them: %q", sent)
	}
	// Nothing of it can be read in the database, and no more than the last five letters count.
	learn(9)
	v.View(func(tx *db.Tx) error {
		var n int
		err := tx.QueryRow("SELECT max(n) FROM (SELECT count(*) AS n FROM signature_line GROUP BY member)").Scan(&n)
		if n != 5 {
			t.Errorf("%d letters are remembered", n)
		}
		return err
	})
}

// The address of another member does not go on: the name stands in its place, and both sides know (G2).
func TestAddressesOfOthersInLetters(t *testing.T) {
	v := mailroomtest.New(t)
	all := ask(v, "Beds", "I wrote to Bill (Bill@South.example) and to theo@brandt.example, also to olga@press.example.\nMy own is "+dana+".")
	notice := v.One(to(all, mira), mira)
	says(t, notice, "I wrote to Bill ([the address of Bill Tan]) and to [the address of Theo Brandt], also to olga@press.example. My own is "+dana+".")
	hides(t, notice, "south.example", "brandt.example")
	says(t, v.One(all, dana), "We took the address of Bill Tan and Theo Brandt out of it and put the name there")
	// It is told each time, although the letter itself was acknowledged before.
	v.MustSend(answer(dana, v.One(all, dana), "Once more: bill@south.example"))
	says(t, v.One(to(v.Deliver(), dana), dana), "We took the address of Bill Tan out of it")
	// A stranger does not learn who is a member.
	v.MustSend(post{From: olga, To: managers, Subject: "Interview", Body: "Is bill@south.example a member?"})
	all = v.Deliver()
	says(t, v.One(to(all, mira), mira), "Is bill@south.example a member?")
	hides(t, v.One(all, olga), "Bill", "took the address")
}

// In a conversation without a name, no answer that names a member goes out unasked: for everybody alike, or it would tell who it is (G5).
func TestNoGuessing(t *testing.T) {
	v := crowd(t)
	all, voice := voiced(t, v, burntOut)
	notice := v.One(all, mira)
	for body, name := range map[string]string{"Are you Dana Reyes?": "Dana Reyes", "Hello,\nis that Bill Tan?": "Bill Tan"} {
		v.Pass(time.Hour)
		v.MustSend(answer(mira, notice, body))
		all := v.Deliver()
		nothing(t, all, dana)
		says(t, v.One(all, mira), "It names "+name+". "+voice+" is a made-up name")
	}
	v.Pass(time.Hour)
	v.MustSend(answer(mira, notice, "Bill, or Dana, or Tan: you may."))
	v.One(to(v.Deliver(), dana), dana)
}

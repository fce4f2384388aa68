package backchannel_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
)

// What somebody without a name answers to the ombuds' question, or says about who may read, has nothing in common with the made-up name in
// any table: no story, no id, no author.
func TestVoicesWordsAreNotJoined(t *testing.T) {
	v := crowd(t)
	all, name := voiced(t, v, post{From: dana, To: anon, Subject: "The three", Body: "I cannot sleep any more."})
	hers := v.One(to(all, mira), mira)
	joined := func(what, story string) {
		t.Helper()
		v.View(func(tx *db.Tx) error {
			for _, q := range []string{"SELECT count(*) FROM conv_letter WHERE story = ?", "SELECT count(*) FROM copy WHERE story = ?", "SELECT count(*) FROM conv_msg WHERE story = ?", "SELECT count(*) FROM conv_msg WHERE author = (SELECT id FROM member WHERE name = 'Dana Reyes') AND ? <> ''"} {
				var n int
				if err := tx.QueryRow(q, story).Scan(&n); err != nil || n != 0 {
					t.Errorf("%s: %d rows by %s (%v)", what, n, q, err)
				}
			}
			return nil
		})
		if log := v.Story(story); log != "received filed" {
			t.Errorf("%s: the log tells %q", what, log)
		}
	}
	v.MustSend(answer(mira, hers, "/report"))
	told := v.One(to(v.Deliver(), dana), dana)
	choice := v.MustSend(answer(dana, told, "EXCLUDE THEO"))
	told = v.One(to(v.Deliver(), dana), dana)
	joined("EXCLUDE", choice)
	v.MustSend(answer(dana, told, "EXCLUDE MIRA"))
	told = v.One(to(v.Deliver(), dana), dana)
	last := v.MustSend(answer(dana, told, "EXCLUDE JONAS"))
	all = v.Deliver()
	joined("EXCLUDE the last", last)
	sands := to(all, sand)
	says(t, sands[len(sands)-1], "I cannot sleep any more.", name)
	hides(t, sands[len(sands)-1], danas...)
	v.MustSend(answer(sand, sands[len(sands)-1], "/forward-to Jonas"))
	asked := v.One(to(v.Deliver(), dana), dana)
	says(t, asked, "hand your letter to Jonas")
	unclear := v.MustSend(answer(dana, asked, "perhaps"))
	asked = v.One(to(v.Deliver(), dana), dana)
	joined("perhaps", unclear)
	no := answer(dana, asked, "NO")
	yes := v.MustSend(answer(dana, asked, "YES"))
	all = v.Deliver()
	joined("YES", yes)
	hides(t, v.One(to(all, jonas), jonas), danas...)
	for _, a := range to(all, sand) {
		hides(t, a, danas...)
	}
	joined("NO", v.MustSend(no))
	v.Deliver()
}

// A letter in the thread of a made-up name that goes to report@ or ombuds@ stays under that name.
func TestVoiceThroughOtherDoors(t *testing.T) {
	for _, door := range []string{report, ombuds} {
		v := crowd(t)
		all, _ := voiced(t, v, burntOut)
		v.MustSend(answer(mira, v.One(to(all, mira), mira), "/report\nTell us more."))
		all = to(v.Deliver(), dana)
		if door == ombuds {
			for _, m := range []string{"THEO", "MIRA", "JONAS"} {
				v.MustSend(answer(dana, all[len(all)-1], "EXCLUDE "+m))
				all = to(v.Deliver(), dana)
			}
		}
		p := answer(dana, all[len(all)-1], "It went on like that all the summer.")
		p.To = door
		v.MustSend(p)
		v.Deliver()
		v.Pass(61 * time.Minute)
		found := 0
		for _, a := range v.Deliver() {
			if a.To.String() == dana {
				continue
			}
			hides(t, a, danas...)
			if strings.Contains(a.Text(), "all the summer") {
				found++
			}
		}
		if found == 0 {
			t.Errorf("%s: nobody got it", door)
		}
	}
}

// A further letter without a name, in a report, that names whoever could still read it goes to the ombuds: it is never lost.
func TestVoiceNamesTheLastReader(t *testing.T) {
	v := crowd(t)
	all, _ := voiced(t, v, post{From: dana, To: anon, Subject: "The two", Body: "I cannot sleep because of Mira and Theo."})
	v.MustSend(answer(jonas, v.One(to(all, jonas), jonas), "/report"))
	told := v.One(to(v.Deliver(), dana), dana)
	v.MustSend(answer(dana, told, "zzlast And Jonas is no better."))
	v.Deliver()
	v.Pass(61 * time.Minute)
	all = v.Deliver()
	for _, m := range []string{mira, theo, jonas} {
		nothing(t, all, m)
	}
	says(t, v.One(to(all, sand), sand), "zzlast", "I cannot sleep")
	says(t, v.One(to(all, dana), dana), "It went to the ombuds")
}

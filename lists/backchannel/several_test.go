package backchannel_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists/backchannel"
	"backchannel/lists/mailroom/mailroomtest"
)

// Mails that speak of several letters and are still owed ask once more at the moment of sending: not one goes out that speaks of a letter
// that its reader may not see any more, or whose words were erased.
func TestOwedMailsAboutSeveral(t *testing.T) {
	type step struct {
		name string
		do   func(v *village, c backchannel.Conv)
		who  []string // for whom nothing goes out
	}
	exclude := step{"excluded", func(v *village, c backchannel.Conv) {
		v.Update(func(tx *db.Tx) error {
			return v.Box.Exclude(tx, c, v.Member(theo).ID, backchannel.Asked, v.Member(mira).ID)
		})
	}, []string{theo}}
	forget := step{"erased", func(v *village, c backchannel.Conv) {
		v.Update(func(tx *db.Tx) error { _, err := v.Box.Forget(tx, v.Member(dana)); return err })
	}, []string{theo, mira}}
	for _, s := range []step{exclude, forget} {
		v := mailroomtest.New(t)
		about := heated(v)
		v.MustSend(private("Bill Tan <"+bill+">", about, "I am sorry."))
		v.Deliver()
		v.MustSend(private("Dana Reyes <"+dana+">", about, "zzdana I do not like it."))
		c := byCodeOf(v, "zzdana")
		s.do(v, c)
		all := v.Deliver()
		for _, m := range []string{mira, theo} {
			if got := len(alarms(all, m)); got == 0 != slices.Contains(s.who, m) {
				t.Errorf("%s: %d alarms for %s", s.name, got, m)
			}
		}

		v = mailroomtest.New(t)
		v.Update(func(tx *db.Tx) error {
			_, err := v.Box.Do(tx, backchannel.Conv{}, v.Member(mira), "/rota on")
			return err
		})
		v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: managers, Subject: "A question", Body: "zzdana May I?"})
		v.Deliver()
		v.Pass(74*time.Hour - time.Minute) // until Monday noon, with two on duty
		v.Deliver()
		v.Pass(time.Minute)
		s.do(v, byCodeOf(v, "zzdana"))
		all = v.Deliver()
		for _, m := range []string{mira, theo} {
			got := slices.ContainsFunc(to(all, m), func(a arrived) bool { return strings.Contains(a.Subject(), "week") })
			if got == slices.Contains(s.who, m) {
				t.Errorf("%s: a handover for %s: %v\n%s", s.name, m, got, mailroomtest.Subjects(all))
			}
		}
	}
}

// byCodeOf is the open conversation in which somebody said this.
func byCodeOf(v *village, said string) (c backchannel.Conv) {
	v.T.Helper()
	v.View(func(tx *db.Tx) error {
		var code string
		if err := tx.QueryRow("SELECT code FROM conv WHERE id = (SELECT conv FROM conv_msg WHERE words LIKE '%' || ? || '%')", said).Scan(&code); err != nil {
			return err
		}
		found, err := v.Box.ByCode(tx, v.Member(mira), code)
		c = found
		return err
	})
	return c
}

package backchannel_test

import (
	"fmt"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
)

// A letter that names a manager is kept from that manager until a colleague or its writer says otherwise (B9).
func TestNamedManagers(t *testing.T) {
	for how, say := range map[string]func(v *village, hers, ack arrived){
		"a colleague": func(v *village, hers, _ arrived) { v.MustSend(answer(mira, hers, "/include theo")) },
		"the writer":  func(v *village, _, ack arrived) { v.MustSend(answer(dana, ack, "Include Theo.")) },
	} {
		v := mailroomtest.New(t)
		all := ask(v, "Yesterday", "Hi Mira,\nzzwords I think Theo was wrong.")
		nothing(t, all, theo)
		hers, ack := v.One(all, mira), v.One(all, dana)
		says(t, hers, "It names Theo, who cannot see it: /include NAME changes that.")
		hides(t, hers, "Also with")
		says(t, ack, "Only the managers got this: Mira.", "Because you mention Theo, Theo cannot see it.", "INCLUDE THEO")
		v.MustSend(answer(mira, hers, "I will see, Dana."))
		nothing(t, v.Deliver(), theo)
		if got := shelf(v, theo); len(got) != 0 {
			t.Errorf("%s: Theo has %v", how, got)
		}
		say(v, hers, ack)
		all = v.Deliver()
		says(t, v.One(all, theo), "zzwords", "lets you see this letter", "I will see, Dana.")
		v.MustSend(answer(dana, ack, "Theo was wrong, I say again."))
		v.One(to(v.Deliver(), theo), theo) // decided is decided
	}
}

// Who has answered is a part of the conversation.
func TestNamingTheOneWhoAnswers(t *testing.T) {
	v := mailroomtest.New(t)
	all := ask(v, "A question", "May I?")
	v.MustSend(answer(theo, v.One(all, theo), "Yes."))
	got := v.One(to(v.Deliver(), dana), dana)
	v.MustSend(answer(dana, got, "As Theo said, I did. But Mira did not."))
	all = v.Deliver()
	v.One(to(all, theo), theo)
	nothing(t, all, mira)
	says(t, v.One(all, dana), "Because you mention Mira, Mira cannot see it.")
}

// With one manager alone nothing is shown before the writer has said so.
func TestMayTheOnlyManagerRead(t *testing.T) {
	start := func() (*village, arrived) {
		v := mailroomtest.New(t)
		set(v, theo, func(m *lists.Member) { m.Role = lists.RoleMember })
		v.Update(func(tx *db.Tx) error {
			c, err := lists.CommunityByID(tx, v.C.ID)
			c.Ombuds = mailroomtest.Addr("sand@ombuds.example")
			if err == nil {
				err = lists.SaveCommunity(tx, c)
			}
			return err
		})
		all := ask(v, "Yesterday", "zzwords I think Mira was wrong.")
		nothing(t, all, mira)
		if got := shelf(v, mira); len(got) != 0 {
			t.Errorf("Mira has %v", got)
		}
		q := v.One(all, dana)
		says(t, q, "Your letter names Mira, and nobody but Mira reads letters", "OMBUDS give it to ombuds@gardeners.example")
		return v, q
	}
	v, q := start()
	v.MustSend(answer(dana, q, "Well, perhaps"))
	again := v.One(v.Deliver(), dana)
	says(t, again, "we are not sure what you mean")
	v.MustSend(answer(dana, again, "YES"))
	all := v.Deliver()
	says(t, v.One(all, mira), "zzwords")
	says(t, v.One(all, dana), "Only the managers got this: Mira.")
	v.MustSend(answer(mira, v.One(all, mira), "I am sorry."))
	says(t, v.One(to(v.Deliver(), dana), dana), "I am sorry.")

	v, q = start()
	v.MustSend(answer(dana, q, "Ombuds"))
	all = v.Deliver()
	nothing(t, all, mira)
	says(t, v.One(all, dana), "It went to the ombuds, ombuds@gardeners.example, and to nobody else")
	sand := v.One(all, "sand@ombuds.example")
	says(t, sand, "zzwords", "No manager sees it")
	v.MustSend(answer("A. Sand <sand@ombuds.example>", sand, "Call me, Dana."))
	all = v.Deliver()
	nothing(t, all, mira)
	got := v.One(all, dana)
	says(t, got, "Call me, Dana.")
	hides(t, got, "sand@")

	v, q = start()
	v.MustSend(answer(dana, q, "DROP"))
	all = v.Deliver()
	nothing(t, all, mira)
	says(t, v.One(all, dana), "your letter is forgotten, and nobody has seen it")

	v, _ = start()
	v.Pass(15 * 24 * time.Hour)
	all = v.Deliver()
	nothing(t, all, mira)
	says(t, v.One(all, dana), "for 14 days heard no word")
	if got := fmt.Sprint(shelf(v, mira)); got != "[]" {
		t.Errorf("Mira has %s", got)
	}
}

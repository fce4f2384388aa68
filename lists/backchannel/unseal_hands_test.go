package backchannel_test

import (
	"testing"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
)

// Two managers are two people: not one by two addresses, not one who is none any more, and none without proof.
func TestUnsealingTakesTwoManagers(t *testing.T) {
	v := crowd(t)
	const miraHome = "mira@home.example"
	v.Update(func(tx *db.Tx) error { return lists.AddAddress(tx, v.Member(mira), mailroomtest.Addr(miraHome)) })
	all, name := voiced(t, v, burntOut)
	v.MustSend(login(answer(mira, v.One(to(all, mira), mira), "/unseal There is a threat against a member"), mira))
	first := v.One(to(v.Deliver(), mira), mira)
	v.MustSend(login(answer(mira, first, "YES"), mira))
	all = v.Deliver()
	theos := v.One(to(all, theo), theo)
	sealed := func(what string) {
		t.Helper()
		for _, a := range v.Deliver() {
			hides(t, a, name+" is Dana")
		}
		if n := row(v, "SELECT count(*) FROM unseal WHERE state = 'done'"); n != "0" {
			t.Fatalf("%s: it is done", what)
		}
	}
	for what, p := range map[string]post{
		"her other address":           login(answer(miraHome, first, "YES"), miraHome),
		"her colleague's question":    login(answer(mira, theos, "YES"), mira),
		"from home, his question":     login(answer(miraHome, theos, "YES"), miraHome),
		"her colleague, her question": login(answer(theo, first, "YES"), theo),
		"without proof":               answer(theo, theos, "YES"),
		"a member":                    login(answer(dana, theos, "YES"), dana),
	} {
		_, _ = v.Send(p)
		sealed(what)
	}
	v.Update(func(tx *db.Tx) error {
		m := v.Member(mira)
		m.Role = lists.RoleMember
		return lists.SaveMember(tx, m)
	})
	v.MustSend(login(answer(theo, theos, "YES"), theo))
	sealed("she is no manager any more")
}

package backchannel_test

import (
	"fmt"
	"testing"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/backchannel"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/templates/refusal"
)

// byCode finds a conversation with a manager's eyes.
func byCode(v *village, who, code string) (c backchannel.Conv) {
	v.T.Helper()
	m := v.Member(who)
	v.View(func(tx *db.Tx) (err error) { c, err = v.Box.ByCode(tx, m, code); return err })
	return c
}

// shelf is what somebody has in all folders.
func shelf(v *village, who string) (all []string) {
	v.T.Helper()
	m := v.Member(who)
	v.View(func(tx *db.Tx) error {
		boxes, err := v.Store.PrivateMailboxes(tx, int64(m.ID))
		if err != nil {
			return err
		}
		for _, b := range boxes {
			st, err := v.Store.PrivateStatus(tx, b.ID, int64(m.ID))
			if err != nil {
				return err
			}
			if st.Messages > 0 {
				all = append(all, fmt.Sprintf("%s %d", b.Name, st.Messages))
			}
		}
		return nil
	})
	return all
}

// A manager for whom a conversation ceases to exist: no folder, no list, no command, no copy still owed knows it, and what they write
// to it comes back to them alone.
func TestExclusion(t *testing.T) {
	v := mailroomtest.New(t)
	all := ask(v, "A question", "May I?")
	notice, his := v.One(all, mira), v.One(all, theo)
	m, him := v.Member(mira), v.Member(theo)
	v.MustSend(answer(dana, v.One(all, dana), "zzlater"))
	if got := fmt.Sprint(shelf(v, theo)); got != "[Back-channel/New 2]" {
		t.Errorf("Theo has %s", got)
	}
	c := byCode(v, mira, code(notice))
	v.Update(func(tx *db.Tx) error { return v.Box.Exclude(tx, c, him.ID, backchannel.Asked, m.ID) })
	all = v.Deliver()
	nothing(t, all, theo) // the copy that was owed is dropped when it would be sent
	v.One(to(all, mira), mira)
	if got := shelf(v, theo); len(got) != 0 {
		t.Errorf("Theo still has %v", got)
	}
	v.View(func(tx *db.Tx) error {
		found, err := v.Box.List(tx, him, true)
		if len(found) != 0 {
			t.Errorf("Theo is shown %v", found)
		}
		if _, err := v.Box.ByCode(tx, him, c.Code); refusal.KindOf(err) != refusal.NotFound {
			t.Errorf("by code: %v", err)
		}
		return err
	})
	v.Update(func(tx *db.Tx) error {
		other := v.Box.Close(tx, c, him) // with what he knew before
		now, err := v.Box.ByCode(tx, m, c.Code)
		if refusal.KindOf(other) != refusal.NotFound || now.State != backchannel.New || !now.Restricted {
			t.Errorf("Theo closed it: %v, %+v", other, now)
		}
		return err
	})
	v.MustSend(answer(theo, his, "/note hm"))
	all = v.Deliver()
	nothing(t, all, mira)
	back := v.One(all, theo)
	says(t, back, "You no longer have access to "+c.Code)
	hides(t, back, "zzlater")

	// and back again
	v.Update(func(tx *db.Tx) error { return v.Box.Include(tx, byCode(v, mira, c.Code), him.ID) })
	if now := byCode(v, theo, c.Code); now.Restricted {
		t.Errorf("%+v", now)
	}
}

// The owner who is excluded is no owner any more; the conversation is everybody else's.
func TestAnExcludedOwner(t *testing.T) {
	v := mailroomtest.New(t)
	c := byCode(v, theo, code(v.One(ask(v, "A question", "May I?"), mira)))
	him := v.Member(theo)
	v.Update(func(tx *db.Tx) error { return v.Box.Claim(tx, c, him) })
	v.Update(func(tx *db.Tx) error { return v.Box.Exclude(tx, c, him.ID, backchannel.Concerned, 0) })
	if now := byCode(v, mira, c.Code); now.State != backchannel.New || now.Owner != 0 {
		t.Errorf("it is %s of %d", now.State, now.Owner)
	}
	if got := fmt.Sprint(shelf(v, mira)); got != "[Back-channel/New 1]" {
		t.Errorf("Mira has %s", got)
	}
}

// Somebody who is no manager any more gets no copy that was owed before.
func TestOwedCopiesOfFormerManagers(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: dana, To: managers, Subject: "A question", Body: "May I?"})
	set(v, theo, func(m *lists.Member) { m.Role = lists.RoleMember })
	all := v.Deliver()
	nothing(t, all, theo)
	v.One(to(all, mira), mira)
}

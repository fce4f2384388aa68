package membership_test

import (
	"fmt"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
)

// Whoever comes back by one of their earlier addresses has shown that they read there, and nowhere else: their mail goes to that one.
func TestComingBackByAnotherAddress(t *testing.T) {
	v := mailroomtest.New(t)
	mustAnswer(v, danaNew, v.One(words(v, dana, "ADDRESS ADD "+danaNew), danaNew), "YES")
	is(t, "addresses", addresses(v, dana), dana+" "+danaNew)
	v.MustSend(post{From: dana, To: "leave@gardeners.example"})
	v.Deliver()
	v.Pass(30 * 24 * time.Hour)
	v.Update(func(tx *db.Tx) error {
		_, err := v.Clerk.Invite(tx, v.C, v.Member(mira), mailroomtest.Addr(danaNew), "")
		return err
	})
	all := mustAnswer(v, "Dana Reyes <"+danaNew+">", v.One(v.Deliver(), danaNew), "YES")
	is(t, "welcome", subjectsTo(all, danaNew)+"/"+subjectsTo(all, dana), "Welcome to Gardeners/")
	is(t, "after", addresses(v, danaNew), danaNew+" "+dana)
}

// An app password does not come alive again with an address that has somebody else's mailbox behind it since.
func TestComingBackEndsAppPasswords(t *testing.T) {
	v := mailroomtest.New(t)
	var secret string
	v.Update(func(tx *db.Tx) (err error) {
		secret, err = lists.AddPassword(tx, mailroomtest.Addr(dana), "phone")
		return err
	})
	opens := func() (ok bool) {
		v.View(func(tx *db.Tx) (err error) {
			ok, err = lists.CheckPassword(tx, mailroomtest.Addr(dana), secret)
			return err
		})
		return ok
	}
	v.MustSend(post{From: dana, To: "leave@gardeners.example"})
	bye := v.One(v.Deliver(), dana)
	v.MustSend(mailroomtest.Answer(dana, bye, "UNDO"))
	is(t, "after UNDO", fmt.Sprint(opens()), "true")
	v.MustSend(post{From: dana, To: "leave@gardeners.example"})
	v.Deliver()
	v.Pass(30 * 24 * time.Hour)
	v.Update(func(tx *db.Tx) error {
		_, err := v.Clerk.Invite(tx, v.C, v.Member(mira), mailroomtest.Addr(dana), "")
		return err
	})
	mustAnswer(v, "Dana Ruiz <"+dana+">", v.One(v.Deliver(), dana), "YES")
	is(t, "a member again", addresses(v, dana), dana)
	is(t, "the old password", fmt.Sprint(opens()), "false")
}

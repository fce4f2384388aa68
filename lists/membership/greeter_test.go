package membership_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/lists/membership"
)

const alison = "alison@east.example"

// greeted has Ada's introduction posted in a community that wants new members greeted, and gives who was asked to do it, with the letters. first is done
// before she says YES.
func greeted(t *testing.T, first func(v *village)) (v *village, asked []arrived) {
	t.Helper()
	v, _, preview := introducing(t, "I grow beans on a balcony.")
	v.C.Greeter = true
	v.Update(func(tx *db.Tx) error {
		return errors.Join(lists.SaveCommunity(tx, v.C), steady(tx, v.Member(bill)), steady(tx, v.Member(alison)))
	})
	first(v)
	v.MustSend(mailroomtest.Answer(adaFrom, preview, "YES"))
	for _, a := range v.Deliver() {
		if strings.Contains(a.Subject(), "is here: would you say hello?") {
			asked = append(asked, a)
		}
	}
	return v, asked
}

// steady gives somebody the trust with which one greets.
func steady(tx *db.Tx, m lists.Member) error {
	m.Trust = lists.Steady
	return lists.SaveMember(tx, m)
}

func nothingMore(*village) {}

// C1: "Ada joined; say hello?" goes to one member of trust, with an address into the thread of the introduction. A reply goes to the managers.
func TestTheGreeter(t *testing.T) {
	v, asked := greeted(t, nothingMore)
	if len(asked) != 1 || asked[0].To.String() != alison {
		t.Fatalf("%d are asked", len(asked))
	}
	a := asked[0]
	text := oneLine(a.Text())
	if !strings.Contains(text, "| I grow beans on a balcony.") || !strings.Contains(text, "send the words GREET OFF to digest@gardeners.example") {
		t.Error(text)
	}
	for _, field := range []string{"From", "Reply-To", "To", "Cc", "Sender", "List-Post"} {
		if strings.Contains(a.Get(field), "everyone+") || strings.Contains(a.Get(field), "talk@") {
			t.Errorf("%s: %s", field, a.Get(field))
		}
	}
	door := ""
	for w := range strings.FieldsSeq(a.Text()) {
		if strings.HasPrefix(w, "everyone+") {
			door = w
		}
	}
	v.MustSend(post{From: "Alison Graf <" + alison + ">", To: door, Subject: "Hello Ada", Body: "Welcome! Which beans?"})
	hello := v.One(v.Deliver(), ada)
	if hello.Get("List-Id") == "" || !strings.Contains(hello.Text(), "Which beans?") || len(hello.InReplyTo()) == 0 {
		t.Errorf("it is no answer on the list:\n%s", hello.Raw())
	}
	v.MustSend(post{From: eve, To: door, Subject: "x", Body: "Buy"}) // its owner is asked
	if all := v.Deliver(); len(all) != 1 || all[0].To.String() != alison {
		t.Errorf("in other hands:\n%s", mailroomtest.Subjects(all))
	}
	v.MustSend(mailroomtest.Answer(alison, a, "Who is that?"))
	if all := v.Deliver(); len(mailroomtest.To(all, ada)) != 0 || len(mailroomtest.To(all, mira)) == 0 {
		t.Errorf("a reply:\n%s", mailroomtest.Subjects(all))
	}
}

// Who is asked: where the community wants it alone; nobody who does not want to, is away, is not on the list, was asked within a week, or left; who was
// asked longest ago first; and neither managers nor newer members.
func TestWhoIsAskedToGreet(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(v *village)
		want string
	}{
		"the community does not want it": {func(v *village) {
			v.C.Greeter = false
			v.Update(func(tx *db.Tx) error { return lists.SaveCommunity(tx, v.C) })
		}, ""},
		"by their word": {func(v *village) {
			v.Update(func(tx *db.Tx) error { return v.Clerk.Set(tx, v.C, v.Member(alison).ID, "GREET OFF") })
		}, bill},
		"and back": {func(v *village) {
			for _, line := range []string{"greet off", "Greet: on"} {
				v.Update(func(tx *db.Tx) error { return v.Clerk.Set(tx, v.C, v.Member(alison).ID, line) })
			}
		}, alison},
		"away": {func(v *village) {
			v.Update(func(tx *db.Tx) error {
				return lists.SetVacation(tx, v.Member(alison).ID, lists.Vacation{Begin: tx.Now.Add(-time.Hour), Until: tx.Now.AddDate(0, 0, 3)})
			})
		}, bill},
		"no mail from the list": {func(v *village) { set(v, alison, lists.None, lists.None) }, bill},
		"on no list":            {func(v *village) { set(v, alison, "", "") }, bill},
		"gone": {func(v *village) {
			v.Update(func(tx *db.Tx) error { return lists.End(tx, v.Member(alison), lists.Left) })
		}, bill},
		"nobody of trust": {func(v *village) {
			v.Update(func(tx *db.Tx) error {
				for _, who := range []string{alison, bill} {
					m := v.Member(who)
					m.Trust = lists.Known
					if err := lists.SaveMember(tx, m); err != nil {
						return err
					}
				}
				return steady(tx, v.Member(ada)) // oneself is nobody
			})
		}, ""},
	} {
		_, asked := greeted(t, c.do)
		got := ""
		for _, a := range asked {
			got += a.To.String()
		}
		is(t, name, got, c.want)
	}
}

// The next one is greeted by somebody else, and nobody twice in a week.
func TestGreetersTakeTurns(t *testing.T) {
	v, asked := greeted(t, nothingMore)
	is(t, "first", asked[0].To.String(), alison)
	next := func(who string) (to string) {
		v.Add(v.C, who, "", lists.RoleMember, v.Talk)
		v.Update(func(tx *db.Tx) error { return v.Clerk.Welcome(tx, v.C, v.Member(who)) })
		v.Update(func(tx *db.Tx) error { return membership.BeginWelcome(tx, v.Member(who)) })
		v.Pass(25 * time.Hour)
		prompt := mailroomtest.To(v.Deliver(), who)[1]
		v.MustSend(mailroomtest.Answer(who, prompt, "I am here."))
		v.MustSend(mailroomtest.Answer(who, v.One(v.Deliver(), who), "YES"))
		for _, a := range v.Deliver() {
			if strings.HasPrefix(a.Subject(), "Somebody new is here") {
				to += a.To.String()
			}
		}
		return to
	}
	is(t, "second", next("kim@far.example"), bill)
	is(t, "third, in the same week", next("lea@far.example"), "")
	v.Pass(8 * 24 * time.Hour)
	v.Deliver()
	is(t, "a week later", next("tom@far.example"), alison)
}

// The page of settings tells those whom it concerns, and changes it.
func TestGreetingIsASetting(t *testing.T) {
	v, _ := greeted(t, nothingMore)
	v.MustSend(post{From: alison, To: "talk-request@gardeners.example", Subject: "settings"})
	page := v.One(v.Deliver(), alison)
	if !strings.Contains(page.Text(), "Greeting new members: you may be asked to say hello") {
		t.Error(page.Text())
	}
	v.MustSend(mailroomtest.Answer(alison, page, "GREET OFF"))
	done := v.One(v.Deliver(), alison)
	if got := oneLine(done.Text()); !strings.Contains(got, "you are not asked to say hello. To undo, reply: GREET ON") || !strings.Contains(got, "Greeting new members: you are not asked") {
		t.Error(got)
	}
	v.MustSend(post{From: dana, To: "talk-request@gardeners.example", Subject: "settings"})
	if got := v.One(v.Deliver(), dana).Text(); strings.Contains(got, "GREET") {
		t.Errorf("a newer member:\n%s", got)
	}
}

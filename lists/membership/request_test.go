package membership_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
)

// request sends a word to an address, and gives the one answer.
func request(v *village, who, to, word string) arrived {
	v.T.Helper()
	v.MustSend(post{From: who, To: to, Subject: word})
	return v.One(v.Deliver(), who)
}

// Who comes from Mailman writes its words, and they do what they did there.
func TestMailmansWords(t *testing.T) {
	for word, want := range map[string]string{
		"set digest": "jobs each, talk digest", "SET DIGEST ON": "jobs each, talk digest", "set digest plain": "jobs each, talk digest", "set digest mime": "jobs each, talk digest",
		"set digest off": "jobs each, talk each", "set nomail": "jobs each, talk none", "set nomail off": "jobs each, talk each", "set delivery off": "jobs each, talk none", "set mail on": "jobs each, talk each",
		"unsubscribe talk": "jobs each", "set ack off": "jobs each, talk each",
		"unsubscribe jobs": "jobs each, talk each", "set conceal on": "jobs each, talk each", "set hide off": "jobs each, talk each", "set": "jobs each, talk each", "unsubscribe secret": "jobs each, talk each",
	} {
		v := mailroomtest.New(t)
		a := request(v, dana, "talk-request@gardeners.example", word)
		is(t, word, gets(v, dana), want)
		text := oneLine(a.Text())
		switch word {
		case "set digest plain":
			if !strings.Contains(text, "Your digest comes as text alone") {
				t.Error(text)
			}
		case "set ack off":
			if v.Member(dana).OwnCopy {
				t.Error("an own copy still comes")
			}
		case "set hide off":
			if !v.Member(dana).Listed || !strings.Contains(text, "see your name and your address. To undo, reply: ADDRESS HIDE") {
				t.Error(text)
			}
			if !strings.Contains(text, "Where members see who is on a list, they see your name and your address, dana@north.example.") {
				t.Errorf("the page does not show what holds now: %s", text)
			}
		case "set conceal on":
			if !strings.Contains(text, `We did not understand the line "set conceal on"`) {
				t.Error(text)
			}
		}
	}
	// Nobody vouches for it: nothing changes, and they hear why.
	v := mailroomtest.New(t)
	if got := oneLine(request(v, sil, "talk-request@gardeners.example", "set nomail").Text()); !strings.Contains(got, "your mail provider did not vouch for it") {
		t.Error(got)
	}
	is(t, "unsure", gets(v, sil), "jobs each, talk each")
	if _, err := v.Send(post{From: eve, To: "talk-request@gardeners.example", Subject: "set nomail"}); err == nil || err.Error() != nobody {
		t.Errorf("a stranger: %v", err)
	}
	// What was made for Mailman's own programs brings a person the addresses that work here, and a program nothing.
	for _, to := range []string{"talk-confirm+5f3a@gardeners.example", "talk-bounces@gardeners.example", "talk-bounces+dana=north.example@gardeners.example", "talk-confirm@gardeners.example"} {
		is(t, to, request(v, dana, to, "confirm 5f3a").Subject(), "The addresses of Gardeners")
		v.Now = v.Now.Add(25 * time.Hour)
		for name, p := range map[string]post{"a bounce": {From: "mailer-daemon@x.example", To: to, Null: true}, "a stranger": {From: eve, To: to}} {
			if _, err := v.Send(p); err == nil {
				t.Errorf("%s of %s was taken", to, name)
			}
		}
	}
}

// Who is on a list is for managers for whom somebody vouches.
func TestWhoIsOnAList(t *testing.T) {
	v := mailroomtest.New(t)
	set(v, bill, lists.Digest, lists.Each)
	v.MustSend(post{From: dana, To: "leave@gardeners.example"})
	v.Deliver()
	a := request(v, mira, "talk-request@gardeners.example", "who")
	if got := oneLine(a.Text()); !strings.Contains(got, "Bill Tan <bill@south.example>: in the digest") || strings.Contains(got, dana) || !strings.Contains(got, "5 people in Garden talk") {
		t.Error(got)
	}
	a = request(v, bill, "talk-request@gardeners.example", "WHO")
	is(t, "a member", a.Subject(), "Only the managers see who is on Garden talk")
	if strings.Contains(a.Text(), "@south") || strings.Contains(a.Text(), "Alison") {
		t.Error(a.Text())
	}
	v.Update(func(tx *db.Tx) error {
		m := v.Member(sil)
		m.Role = lists.RoleManager
		return lists.SaveMember(tx, m)
	})
	is(t, "a weak manager", request(v, sil, "talk-request@gardeners.example", "who").Subject(), "Only the managers see who is on Garden talk")
}

// Where the list wants it, those who are on it see the names; addresses never.
func TestMembersSeeNames(t *testing.T) {
	v := mailroomtest.New(t)
	v.Talk.Rules.Roster = lists.ForMembers
	v.Update(func(tx *db.Tx) error {
		m := v.Member(sil)
		m.Name = "sil@silent.example" // no name
		return errors.Join(lists.SaveList(tx, v.Talk), lists.SaveMember(tx, m))
	})
	a := request(v, bill, "talk-request@gardeners.example", "who")
	got := oneLine(a.Text())
	if !strings.Contains(got, "5 people with a name in Garden talk: * Alison Graf * Bill Tan * Dana Reyes") || !strings.Contains(got, "1 person more, without a name here.") || strings.Contains(strings.ReplaceAll(got, "@gardeners.example", ""), "@") {
		t.Error(got)
	}
	if got := oneLine(request(v, mira, "talk-request@gardeners.example", "who").Text()); !strings.Contains(got, "Bill Tan <bill@south.example>") {
		t.Errorf("a manager: %s", got)
	}
	v.Update(func(tx *db.Tx) error { _, err := lists.Unsubscribe(tx, v.Member(bill).ID, v.Talk.ID); return err })
	a = request(v, bill, "talk-request@gardeners.example", "members")
	if is(t, "not on it", a.Subject(), "Who is on Garden talk is for those who are on it"); strings.Contains(a.Text(), "Dana") {
		t.Error(a.Text())
	}
}

// An address is shown to members with its owner's agreement alone, until they take it back; and who comes back is asked anew.
func TestAnAddressIsShownByAgreement(t *testing.T) {
	v := mailroomtest.New(t)
	v.Talk.Rules.Roster = lists.ForMembers
	v.Update(func(tx *db.Tx) error { return lists.SaveList(tx, v.Talk) })
	roster := func() string {
		v.Now = v.Now.Add(25 * time.Hour)
		return oneLine(request(v, bill, "talk-request@gardeners.example", "who").Text())
	}
	if got := roster(); strings.Contains(got, dana) {
		t.Fatalf("by itself: %s", got)
	}
	v.MustSend(post{From: sil, To: "talk-request@gardeners.example", Subject: "set hide off"}) // nobody vouches for it
	v.MustSend(post{From: dana, To: "talk-request@gardeners.example", Subject: "settings"})
	page := v.One(v.Deliver(), dana)
	if got := oneLine(page.Text()); !strings.Contains(got, "Where members see who is on a list, they see your name, and not your address.") {
		t.Error(got)
	}
	v.MustSend(mailroomtest.Answer(dana, page, "ADDRESS SHOW"))
	if got := oneLine(v.One(v.Deliver(), dana).Text()); !strings.Contains(got, "see your name and your address. To undo, reply: ADDRESS HIDE") {
		t.Error(got)
	}
	if got := roster(); !strings.Contains(got, "* Dana Reyes <dana@north.example> ") || strings.Contains(got, sil) || strings.Contains(got, mira) || !strings.Contains(got, "only where its owner agrees") {
		t.Errorf("agreed: %s", got)
	}
	v.Update(func(tx *db.Tx) error { // somebody without a name
		m := v.Member(dana)
		m.Name = ""
		return lists.SaveMember(tx, m)
	})
	if got := roster(); !strings.Contains(got, "* dana@north.example ") {
		t.Errorf("without a name: %s", got)
	}
	v.MustSend(mailroomtest.Answer(dana, page, "ADDRESS HIDE"))
	v.Deliver()
	if got := roster(); strings.Contains(got, dana) {
		t.Errorf("taken back: %s", got)
	}
	v.MustSend(mailroomtest.Answer(dana, page, "ADDRESS SHOW"))
	v.Update(func(tx *db.Tx) error {
		if err := lists.End(tx, v.Member(dana), lists.Left); err != nil {
			return err
		}
		_, err := lists.AddMember(tx, v.C, lists.NewMember{Address: mailroomtest.Addr(dana), Role: lists.RoleMember, Lists: []lists.List{v.Talk}})
		return err
	})
	v.Deliver()
	if got := roster(); strings.Contains(got, dana) {
		t.Errorf("who comes back: %s", got)
	}
}

// A member asks who they are here.
func TestWhich(t *testing.T) {
	v := mailroomtest.New(t)
	v.Update(func(tx *db.Tx) error {
		return lists.AddAddress(tx, v.Member(dana), mailroomtest.Addr("dana@work.example"))
	})
	set(v, dana, lists.Digest, "")
	a := request(v, "dana@work.example", "help@gardeners.example", "which")
	if got := oneLine(a.Text()); !strings.Contains(got, "Others see you as Dana Reyes. You wrote from dana@work.example. Your mail goes to dana@north.example.") || !strings.Contains(got, "Garden talk: in the digest") || strings.Contains(got, "Jobs") {
		t.Error(got)
	}
	v.MustSend(mailroomtest.Answer("dana@work.example", a, "SETTINGS"))
	is(t, "SETTINGS", v.One(v.Deliver(), "dana@work.example").Subject(), "Your settings")
	is(t, "at help@", request(v, dana, "help@gardeners.example", "settings").Subject(), "Your settings")
	if _, err := v.Send(post{From: eve, To: "help@gardeners.example", Subject: "which"}); err == nil || err.Error() != nobody {
		t.Errorf("a stranger: %v", err)
	}
}

// MY DATA at help@ mails everything that is kept of a member to their first address, once a day; a weak sender is asked first.
func TestDataByMail(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: dana, To: "talk@gardeners.example", Subject: "Frost", Body: "Cover your beans."})
	v.MustSend(post{From: dana, To: "managers@gardeners.example", Subject: "A question", Body: "May a vendor join?"})
	v.Deliver()
	v.MustSend(post{From: dana, To: "help@gardeners.example", Subject: "My data"})
	v.Pass(time.Minute)
	a := v.One(v.Deliver(), dana)
	is(t, "it", a.Subject(), "Your data")
	if got := oneLine(a.Text()); !strings.Contains(got, "1 post on the lists, 1 private letter or answer, and your settings") {
		t.Error(got)
	}
	v.MustSend(post{From: dana, To: "help@gardeners.example", Body: "MY DATA\n\nDana"})
	v.Pass(time.Minute)
	for _, a := range mailroomtest.To(v.Deliver(), dana) {
		if strings.Contains(a.Text(), "Attached is") {
			t.Error("twice in a day")
		}
	}
	v.MustSend(post{From: sil, To: "help@gardeners.example", Subject: "my data"})
	asked := v.One(v.Deliver(), sil)
	is(t, "a weak sender", asked.Subject(), "Please confirm: have your own data by mail")
	for name, p := range map[string]post{
		"another": mailroomtest.Answer(bill, asked, "YES"), "a stranger": mailroomtest.Answer(eve, asked, "YES"),
		"a robot": {From: sil, To: asked.ReplyTo()[0].Address.String(), Body: "YES", Header: "Auto-Submitted: auto-replied\r\n"},
	} {
		if _, err := v.Send(p); err == nil {
			t.Errorf("%s was heard", name)
		}
	}
	v.MustSend(mailroomtest.Answer(sil, asked, "YES"))
	v.Pass(time.Minute)
	is(t, "after YES", v.One(v.Deliver(), sil).Subject(), "Your data")
	if _, err := v.Send(post{From: eve, To: "help@gardeners.example", Subject: "my data"}); err == nil || err.Error() != nobody {
		t.Errorf("a stranger: %v", err)
	}
}

// Who agreed that an address is shown agreed about that one: another first address is not shown before its owner says so, too.
func TestAnotherAddressIsNotShown(t *testing.T) {
	const work = "dana@work.example"
	v := mailroomtest.New(t)
	v.Talk.Rules.Roster = lists.ForMembers
	v.Update(func(tx *db.Tx) error {
		if err := lists.SaveList(tx, v.Talk); err != nil {
			return err
		}
		return lists.AddAddress(tx, v.Member(dana), mailroomtest.Addr(work))
	})
	roster := func() string {
		v.Now = v.Now.Add(25 * time.Hour)
		return oneLine(request(v, bill, "talk-request@gardeners.example", "who").Text())
	}
	v.MustSend(post{From: dana, To: "talk-request@gardeners.example", Subject: "settings"})
	page := v.One(v.Deliver(), dana)
	v.MustSend(mailroomtest.Answer(dana, page, "ADDRESS SHOW"))
	if got := oneLine(v.One(v.Deliver(), dana).Text()); !strings.Contains(got, "they see your name and your address, "+dana) {
		t.Error(got)
	}
	v.MustSend(mailroomtest.Answer(dana, page, "ADDRESS FIRST "+work))
	told := v.Deliver()
	all := ""
	for _, a := range told {
		all += a.To.String() + ": " + oneLine(a.Text()) + "\n"
	}
	if !strings.Contains(all, "saw "+dana+", as you had agreed. They do not see "+work+", unless you reply ADDRESS SHOW.") || !strings.Contains(all, "your name, and not your address") {
		t.Error(all)
	}
	if got := roster(); strings.Contains(got, dana) || strings.Contains(got, work) {
		t.Errorf("without a word about it: %s", got)
	}
	v.MustSend(mailroomtest.Answer(dana, page, "ADDRESS SHOW"))
	v.Deliver()
	if got := roster(); strings.Contains(got, dana) || !strings.Contains(got, work) {
		t.Errorf("agreed: %s", got)
	}
	v.MustSend(mailroomtest.Answer(dana, page, "ADDRESS FIRST "+work)) // as before: nothing is taken back
	v.Deliver()
	if got := roster(); !strings.Contains(got, work) {
		t.Errorf("as before: %s", got)
	}
}

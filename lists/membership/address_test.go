package membership_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/mailroom/mailroomtest"
)

const danaNew = "dana@new.example"

// words sends words about settings, and gives what came of it.
func words(v *village, who, text string) []arrived {
	v.T.Helper()
	v.MustSend(post{From: who, To: v.Door(address.Confirm, "membership", "settings", who), Subject: "x", Body: text})
	return v.Deliver()
}

func mustAnswer(v *village, who string, to arrived, text string) []arrived {
	v.T.Helper()
	v.MustSend(mailroomtest.Answer(who, to, text))
	return v.Deliver()
}

// addresses are those of the member who has this one, the first before the others; "nobody" when nobody has it.
func addresses(v *village, who string) (all string) {
	v.T.Helper()
	v.View(func(tx *db.Tx) error {
		m, ok, err := lists.MemberByAddress(tx, v.C.ID, mailroomtest.Addr(who))
		if err != nil || !ok {
			all = "nobody"
			return err
		}
		found, err := lists.Addresses(tx, m.ID)
		for _, a := range found {
			all = strings.TrimSpace(all + " " + a.String())
		}
		return err
	})
	return all
}

// From the old address: the new one is asked, and after its YES mail goes there. Both are told, and the words in that mail go back.
func TestAddressFromTheOldOne(t *testing.T) {
	v := mailroomtest.New(t)
	all := words(v, dana, "ADDRESS "+danaNew)
	is(t, "who is written to", subjectsTo(all, danaNew)+"/"+subjectsTo(all, dana), "Please confirm: your address in Gardeners/Done: address dana@new.example")
	asked := v.One(all, danaNew)
	if text := string(asked.Raw()); strings.Contains(text, "Dana") || strings.Contains(text, dana) {
		t.Errorf("a stranger reads who asked:\n%s", text)
	}
	is(t, "before YES", addresses(v, dana), dana)
	all = mustAnswer(v, danaNew, asked, "YES")
	is(t, "after it", addresses(v, dana), danaNew+" "+dana)
	is(t, "told", subjectsTo(all, dana)+"|"+subjectsTo(all, danaNew), "Done: your mail goes to dana@new.example|Done: your mail goes to dana@new.example")
	told := v.One(all, dana)
	v.MustSend(post{From: bill, To: "talk@gardeners.example", Subject: "Frost", Body: "Cover your beans."})
	is(t, "a post goes", subjectsTo(v.Deliver(), danaNew), "Frost")
	// The second YES changes nothing, and says so.
	is(t, "twice", subjectsTo(mustAnswer(v, danaNew, asked, "YES"), danaNew), "No address was changed")
	// The old one can undo it.
	all = mustAnswer(v, dana, told, "ADDRESS FIRST "+dana)
	is(t, "back", addresses(v, dana), dana+" "+danaNew)
	is(t, "told there as well", subjectsTo(all, danaNew), "Done: your mail goes to dana@north.example")
	all = mustAnswer(v, dana, told, "address remove <"+danaNew+">")
	is(t, "gone", addresses(v, dana)+"/"+addresses(v, danaNew), dana+"/nobody")
	is(t, "told there", subjectsTo(all, danaNew), "Done: without dana@new.example")
	if a := v.One(all, danaNew); len(a.ReplyTo()) != 0 && a.ReplyTo()[0].Address.Local != "managers" {
		t.Error("a token goes to an address that is nobody's")
	}
}

// From the new address: the old one is asked, and only its YES changes something.
func TestAddressFromTheNewOne(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: "Dana Reyes <" + danaNew + ">", To: "join@gardeners.example", Subject: "Hello", Body: "OLD ADDRESS " + dana + "\n\nBuy my pots."})
	all := v.Deliver()
	is(t, "mails", mailroomtest.Subjects(all), danaNew+": We ask at your old address\n"+dana+": Please confirm: get your mail at dana@new.example")
	asked := v.One(all, dana)
	if strings.Contains(asked.Text(), "pots") {
		t.Error("a stranger's words are passed on")
	}
	for name, p := range map[string]post{
		"the new one":    mailroomtest.Answer(danaNew, asked, "YES"),
		"another member": mailroomtest.Answer(bill, asked, "YES"),
		"a robot":        {From: dana, To: asked.ReplyTo()[0].Address.String(), Body: "YES", Header: "Auto-Submitted: auto-replied\r\n"},
	} {
		if _, err := v.Send(p); err == nil {
			t.Errorf("%s was heard", name)
		}
	}
	is(t, "asked again", subjectsTo(mustAnswer(v, dana, asked, "Who is that?"), dana), "Please confirm: get your mail at dana@new.example")
	is(t, "before YES", addresses(v, dana), dana)
	all = mustAnswer(v, dana, asked, "YES")
	is(t, "after it", addresses(v, dana), danaNew+" "+dana)
	is(t, "told", subjectsTo(all, danaNew), "Done: your mail goes to dana@new.example")
}

// Nobody learns from what they hear whether an address is a member's: the same words for a member's, a former member's and nobody's.
func TestAddressTellsNothing(t *testing.T) {
	heard := map[string]string{}
	for _, old := range []string{dana, "nobody@north.example", "gone@north.example"} {
		v := mailroomtest.New(t)
		v.Add(v.C, "gone@north.example", "Gone Away", lists.RoleMember, v.Talk)
		v.MustSend(post{From: "gone@north.example", To: "leave@gardeners.example"})
		v.Deliver()
		v.MustSend(post{From: danaNew, To: "join@gardeners.example", Subject: "OLD ADDRESS " + old})
		all := v.Deliver()
		heard[oneLine(strings.ReplaceAll(v.One(all, danaNew).Text(), old, "X"))] = old
		if old != dana && len(all) != 1 {
			t.Errorf("%s: %s", old, mailroomtest.Subjects(all))
		}
	}
	if len(heard) != 1 {
		t.Errorf("%d different answers: %v", len(heard), heard)
	}
	// A member who names somebody else's address, or nobody's, reads the same; and that member hears nothing.
	heard = map[string]string{}
	for _, other := range []string{bill, danaNew} {
		v := mailroomtest.New(t)
		all := words(v, dana, "ADDRESS "+other)
		heard[oneLine(strings.ReplaceAll(v.One(all, dana).Text(), other, "X"))] = other
		if other == bill && len(mailroomtest.To(all, bill)) != 0 {
			t.Error("bill was written to")
		}
	}
	if len(heard) != 1 {
		t.Errorf("%d different answers: %v", len(heard), heard)
	}
}

// A sender for whom nobody vouches is asked first, at the address they have; then the new one.
func TestAddressOfAWeakSender(t *testing.T) {
	v := mailroomtest.New(t)
	all := words(v, sil, "ADDRESS ADD sil@new.example")
	is(t, "first", subjectsTo(all, "sil@new.example"), "")
	var asked arrived
	for _, a := range mailroomtest.To(all, sil) {
		if strings.HasPrefix(a.Subject(), "Please confirm") {
			asked = a
		}
	}
	if asked.Letter == nil {
		t.Fatal(mailroomtest.Subjects(all))
	}
	all = mustAnswer(v, sil, asked, "YES")
	is(t, "then", subjectsTo(all, "sil@new.example"), "Please confirm: your address in Gardeners")
	is(t, "not twice", subjectsTo(mustAnswer(v, sil, asked, "YES"), sil), "No address was changed")
	mustAnswer(v, "sil@new.example", v.One(all, "sil@new.example"), "YES")
	is(t, "both", addresses(v, sil), sil+" sil@new.example")
}

// What cannot be, and what comes too late or from somebody else.
func TestAddressFailures(t *testing.T) {
	v := mailroomtest.New(t)
	for text, want := range map[string]string{
		"ADDRESS talk@gardeners.example":  "is an address of this server itself",
		"ADDRESS FIRST " + danaNew:        "is none of your addresses here",
		"ADDRESS REMOVE " + dana:          "Make another address the first one before you remove it",
		"ADDRESS REMOVE nobody@x.example": "It was so already: nobody@x.example is no address of yours here",
		"ADDRESS ADD " + dana:             "It was so already: You can write from",
		"ADDRESS dana at new":             "We did not understand the line",
		"NAME Mira Lowe":                  "could be taken for a manager's",
	} {
		if got := oneLine(v.One(words(v, dana, text), dana).Text()); !strings.Contains(got, want) {
			t.Errorf("%s: %s", text, got)
		}
		v.Now = v.Now.Add(25 * time.Hour) // answers are counted by the day
	}
	asked := v.One(words(v, dana, "ADDRESS "+danaNew), danaNew)
	for name, p := range map[string]post{
		"a stranger": mailroomtest.Answer(eve, asked, "YES"), "another member": mailroomtest.Answer(bill, asked, "YES"),
		"a robot": {From: danaNew, To: asked.ReplyTo()[0].Address.String(), Body: "YES", Header: "Auto-Submitted: auto-replied\r\n"},
	} {
		if _, err := v.Send(p); err == nil {
			t.Errorf("%s was heard", name)
		}
	}
	is(t, "nothing yet", addresses(v, danaNew), "nobody")
	// A day later the address can be asked once more, and three times in all (C8).
	if got := oneLine(v.One(words(v, dana, "ADDRESS "+danaNew), dana).Text()); !strings.Contains(got, "We have answered this address not long ago") {
		t.Error(got)
	}
	v.Pass(15 * 24 * time.Hour)
	hasNot(v, "address_wish", "new.example")
	if _, err := v.Send(mailroomtest.Answer(danaNew, asked, "YES")); err == nil {
		t.Error("YES after 15 days")
	}
	asked = v.One(words(v, dana, "ADDRESS "+danaNew), danaNew)
	is(t, "NO", subjectsTo(mustAnswer(v, danaNew, asked, "NO"), danaNew), "No address was changed")
	if _, err := v.Send(mailroomtest.Answer(danaNew, asked, "YES")); err == nil {
		t.Error("YES after NO")
	}
	// Whoever was removed meanwhile gets no address.
	v.Now = v.Now.Add(25 * time.Hour)
	asked = v.One(words(v, dana, "ADDRESS "+danaNew), danaNew)
	v.Update(func(tx *db.Tx) error { return lists.End(tx, v.Member(dana), lists.Removed) })
	if _, err := v.Send(mailroomtest.Answer(danaNew, asked, "YES")); err == nil {
		t.Error("YES for somebody who is no member any more")
	}
}

// Two who want the same address, both at once: one gets it.
func TestAddressForTwo(t *testing.T) {
	v := mailroomtest.New(t)
	first := v.One(words(v, dana, "ADDRESS "+danaNew), danaNew)
	v.Now = v.Now.Add(25 * time.Hour)
	second := v.One(words(v, bill, "ADDRESS "+danaNew), danaNew)
	var sent sync.WaitGroup
	for _, p := range []post{mailroomtest.Answer(danaNew, first, "YES"), mailroomtest.Answer(danaNew, second, "YES")} {
		raw := v.Bytes(p)
		sent.Go(func() { v.Hand(p, raw) })
	}
	sent.Wait()
	if got := addresses(v, danaNew); got != danaNew+" "+dana && got != danaNew+" "+bill {
		t.Error(got)
	}
	ended := false
	for _, a := range v.Deliver() {
		ended = ended || a.Subject() == "No address was changed"
	}
	if !ended {
		t.Error("nobody told the second")
	}
}

// Letters and tokens follow the member, not the address: an open letter is answered at the new one, and an old door opens from there (FC4).
func TestLettersFollowTheMember(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: dana, To: "managers@gardeners.example", Subject: "A question", Body: "May a vendor join?"})
	all := v.Deliver()
	ack, notice := v.One(all, dana), v.One(all, mira)
	mustAnswer(v, danaNew, v.One(words(v, dana, "ADDRESS "+danaNew), danaNew), "YES")
	v.MustSend(mailroomtest.Answer(mira, notice, "Yes, as a guest."))
	answer := v.One(v.Deliver(), danaNew)
	if !strings.Contains(answer.Text(), "Yes, as a guest.") {
		t.Error(answer.Text())
	}
	for _, a := range []arrived{ack, answer} {
		v.MustSend(mailroomtest.Answer(danaNew, a, "Thank you, "+fmt.Sprint(a.MessageID())[:3]))
		if got := mailroomtest.To(v.Deliver(), mira); len(got) != 1 {
			t.Errorf("the managers got %d letters", len(got))
		}
	}
}

// An app password ends with the address it was made for.
func TestPasswordsEndWithAnAddress(t *testing.T) {
	v := mailroomtest.New(t)
	secret := ""
	v.Update(func(tx *db.Tx) (err error) {
		if err = lists.AddAddress(tx, v.Member(dana), mailroomtest.Addr(danaNew)); err != nil {
			return err
		}
		secret, err = lists.AddPassword(tx, mailroomtest.Addr(danaNew), "phone")
		return err
	})
	check := func(a letter.Address) (ok bool) {
		v.View(func(tx *db.Tx) (err error) { ok, err = lists.CheckPassword(tx, a, secret); return err })
		return ok
	}
	if !check(mailroomtest.Addr(danaNew)) {
		t.Fatal("the password never worked")
	}
	words(v, dana, "ADDRESS REMOVE "+danaNew)
	if check(mailroomtest.Addr(danaNew)) {
		t.Error("the password still works")
	}
}

// The name, and whether own posts come.
func TestNameAndOwnCopy(t *testing.T) {
	v := mailroomtest.New(t)
	all := words(v, dana, "NAME Dana de la Cruz\nOWN COPY OFF")
	if got := oneLine(v.One(all, dana).Text()); !strings.Contains(got, "Others see you as Dana de la Cruz. To undo, reply: NAME Dana Reyes") || !strings.Contains(got, "Your own posts do not come to you. To undo, reply: OWN COPY ON") {
		t.Error(got)
	}
	is(t, "name", v.Member(dana).Name, "Dana de la Cruz")
	v.MustSend(post{From: dana, To: "talk@gardeners.example", Subject: "Frost", Body: "Cover."})
	is(t, "own copy", subjectsTo(v.Deliver(), dana), "")
	words(v, dana, "own copy on; NAME Dana")
	v.MustSend(post{From: dana, To: "talk@gardeners.example", Subject: "Thaw", Body: "Uncover."})
	is(t, "own copy", subjectsTo(v.Deliver(), dana), "Thaw")
}

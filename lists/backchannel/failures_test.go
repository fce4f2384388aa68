package backchannel_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/templates/refusal"
)

// LP12, R5: a code in a subject is for people. Whoever writes it into the subject of a letter of their own gets a conversation of their own, and no
// word of the other; a manager's letter with it, through no address of ours, answers nobody.
func TestASubjectJoinsNothing(t *testing.T) {
	v := mailroomtest.New(t)
	notice := v.One(ask(v, "A question", "zzdana asks."), mira)
	for _, from := range []string{bill, olga} {
		v.Pass(time.Hour)
		v.MustSend(post{From: from, To: managers, Subject: "Re: [private] [BC " + code(notice) + "] A question [private " + code(notice) + "]", Body: "zzother asks.\n\n[private " + code(notice) + "]"})
		all := v.Deliver()
		nothing(t, all, dana)
		got := v.One(to(all, mira), mira)
		if code(got) == code(notice) {
			t.Errorf("%s is in Dana's conversation", from)
		}
		for _, a := range all {
			hides(t, a, "zzdana")
		}
	}
	v.MustSend(post{From: "Mira Lowe <" + mira + ">", To: managers, Subject: "Re: [BC " + code(notice) + "] A question", Body: "zzanswer: yes."})
	nothing(t, v.Deliver(), dana)
}

// LP8: address books keep what they see. Whatever the managers' side writes to a member comes from one address, its Reply-To says in words that it is
// private, the same door has the same address each time, and no name of a manager ever stands at another address of ours.
func TestAddressBooksStaySane(t *testing.T) {
	v := mailroomtest.New(t)
	doors := map[string]bool{}
	look := func(all []arrived) {
		t.Helper()
		if len(to(all, dana)) == 0 {
			t.Error("Dana got nothing")
		}
		for _, a := range to(all, dana) {
			if from := a.Letter.From(); len(from) != 1 || from[0].Address.String() != managers {
				t.Errorf("%q comes from %v", a.Subject(), from)
			}
			for _, r := range a.ReplyTo() {
				if !strings.HasPrefix(r.Address.Local, "private+") && !strings.HasPrefix(r.Address.Local, "confirm+") {
					t.Errorf("%q leads to %s", a.Subject(), r.Address)
				}
				if strings.HasPrefix(r.Address.Local, "private+") {
					doors[r.Address.Local] = true
				}
			}
		}
	}
	all := ask(v, "A question", "May I?")
	look(all)
	notice := v.One(all, mira)
	for range 3 {
		v.Pass(20 * 24 * time.Hour)
		v.Deliver()
		v.MustSend(answer(mira, notice, "Yes, do. "+v.Now.Format("2 January")))
		look(v.Deliver())
	}
	v.MustSend(answer(mira, notice, "/public Subject: May we?\nMay we, all of us, on Sundays?"))
	look(v.Deliver())
	if len(doors) != 1 {
		t.Errorf("one conversation has %d doors in her address book: %v", len(doors), doors)
	}
}

// LP20: nothing invites anybody to look through a private letter: no field for complaints, no button, no tracking, no archive; and a complaint about one
// keeps none of its words.
func TestPrivateLettersAreNotForScanners(t *testing.T) {
	v := mailroomtest.New(t)
	all := ask(v, "A question", "May I? zzquestion")
	v.MustSend(answer(mira, v.One(all, mira), "Yes, do. zzanswer"))
	all = append(all, v.Deliver()...)
	for _, a := range all {
		for _, field := range []string{"CFBL-Address", "CFBL-Feedback-ID", "Feedback-ID", "List-Unsubscribe", "List-Post", "List-Archive", "Archived-At"} {
			if a.Get(field) != "" {
				t.Errorf("%q to %s has %s: %s", a.Subject(), a.To, field, a.Get(field))
			}
		}
		if !a.Private {
			t.Errorf("%q to %s may go over open wires", a.Subject(), a.To)
		}
	}
	got := to(all, dana)[1]
	complaint := post{From: "abuse@provider.example", To: "fbl@gardeners.example", Subject: "Complaint", Header: "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n",
		Body: "--b\nContent-Type: text/plain\n\nspam\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: x/1\nVersion: 1\n\n--b\nContent-Type: message/rfc822\n\n" + strings.ReplaceAll(string(got.Raw()), "\r\n", "\n") + "\n--b--"}
	_, _ = v.Send(complaint) // heard or refused: in either case no word of it is anywhere
	for _, a := range v.Deliver() {
		hides(t, a, "zzquestion", "zzanswer")
	}
	v.View(func(tx *db.Tx) error {
		lines, err := db.Select(tx, func(r db.Scanner) (s string, err error) { return s, r.Scan(&s) }, "SELECT detail FROM log_entry")
		if strings.Contains(strings.Join(lines, " "), "zz") {
			t.Errorf("the logbook holds words of it: %v", lines)
		}
		return err
	})
}

// FC1: a manager's answer from an address that nobody knows waits for a word from the confirmed one. YES sends it and makes the address theirs, and so
// the next one from there goes at once; another member's address stays that member's.
func TestAnAnswerFromAnotherAddress(t *testing.T) {
	v := mailroomtest.New(t)
	notice := v.One(ask(v, "A question", "May I?"), mira)
	v.MustSend(answer("mira@home.example", notice, "Yes, do."))
	all := v.Deliver()
	nothing(t, all, dana)
	nothing(t, all, "mira@home.example")
	asked := v.One(all, mira)
	says(t, asked, "from another one, mira@home.example", "Yes, do.")
	v.MustSend(answer(mira, asked, "YES"))
	says(t, v.One(to(v.Deliver(), dana), dana), "Yes, do.")
	v.MustSend(answer("mira@home.example", notice, "And take gloves."))
	says(t, v.One(to(v.Deliver(), dana), dana), "And take gloves.")

	v.MustSend(answer(bill, notice, "No."))
	all = v.Deliver()
	nothing(t, all, dana)
	for _, a := range to(all, mira) {
		hides(t, a, "YES")
		v.MustSend(answer(mira, a, "YES"))
	}
	v.Deliver()
	if m := v.Member(bill); m.Manager() {
		t.Error("Bill's address is Mira's now")
	}
}

// FC2: a manager from whom a letter was kept between notice and reply gets their own words back, and it stands in the audit.
func TestExcludedBeforeTheReply(t *testing.T) {
	v := court(t, true)
	all := ask(v, "A question", "May I?")
	notice := v.One(all, theo)
	v.MustSend(answer(mira, v.One(all, mira), "/exclude theo"))
	v.Deliver()
	v.MustSend(answer(theo, notice, "No, never."))
	all = v.Deliver()
	nothing(t, all, dana)
	says(t, v.One(all, theo), "You no longer have access to "+code(notice), "No, never.")
	noted := false
	for _, a := range audited(v, mira) {
		noted = noted || a.Action == "not passed on" && a.Object == code(notice)
	}
	if !noted {
		t.Errorf("the audit: %+v", audited(v, mira))
	}
}

// FC5: somebody who left, or was removed, with an open letter is still answered, and still reaches the managers and the ombuds, by the letter's address
// and by the role's; the lists never.
func TestWhoIsGoneIsStillHeard(t *testing.T) {
	for _, state := range []lists.State{lists.Left, lists.Removed} {
		v := court(t, true)
		all := ask(v, "A question", "May I?")
		notice, ack := v.One(all, mira), v.One(all, dana)
		v.Update(func(tx *db.Tx) error { return lists.End(tx, v.Member(dana), state) })
		v.MustSend(answer(mira, notice, "We are sorry that you go. zzanswer"))
		got := v.One(to(v.Deliver(), dana), dana)
		says(t, got, "zzanswer")
		v.MustSend(answer(dana, got, "And why? zzagain"))
		again := v.One(to(v.Deliver(), mira), mira)
		says(t, again, "zzagain")
		if code(again) != code(notice) {
			t.Errorf("%s: her reply went on as %s", state, code(again))
		}
		v.Pass(170 * 24 * time.Hour) // the address lives for 180 days after it was last used
		v.Deliver()
		v.MustSend(answer(dana, ack, "Still waiting. zzlate"))
		says(t, v.One(to(v.Deliver(), mira), mira), "zzlate")
		v.MustSend(post{From: dana, To: ombuds, Subject: "Hm", Body: "They removed me. zzombuds"})
		says(t, v.One(to(v.Deliver(), sand), sand), "zzombuds")
		if _, err := v.Send(post{From: dana, To: "talk@gardeners.example", Subject: "Bye", Body: "Bye."}); err == nil || refusal.Temporary(err) {
			t.Errorf("%s: posted to the list: %v", state, err)
		}
		v.Pass(time.Hour)
		v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: managers, Subject: "Another thing", Body: "May I come back? zzback"})
		says(t, v.One(to(v.Deliver(), mira), mira), "zzback")
	}
}

// FC3: nobody's mailbox takes a colleague's place: a report's outcome removes no manager, and so neither oneself nor the last one.
func TestNoOutcomeRemovesAManager(t *testing.T) {
	v := crowd(t)
	v.MustSend(post{From: dana, To: report, Subject: "Tone", Body: "Somebody was rude to me. zztone"})
	copied := v.One(v.Deliver(), mira)
	for _, whom := range []string{theo, mira} {
		v.MustSend(login(answer(mira, copied, "/outcome removed "+whom), mira))
		all := v.Deliver()
		nothing(t, all, theo)
		says(t, v.One(all, mira), "is a manager")
		for _, a := range to(all, mira) {
			_, _ = v.Send(login(answer(mira, a, "SEND"), mira))
		}
		v.Deliver()
		if m := v.Member(whom); m.State != lists.Active || !m.Manager() {
			t.Fatalf("%s is %s", whom, m.State)
		}
	}
	// A member's place goes, and who may read the report hears by whom.
	v.MustSend(login(answer(mira, copied, "/outcome removed "+bill), mira))
	v.MustSend(login(answer(mira, v.One(v.Deliver(), mira), "SEND"), mira))
	all := v.Deliver()
	says(t, v.One(all, bill), "no longer a member")
	for _, who := range []string{theo, jonas} {
		told := v.One(all, who)
		says(t, told, "Mira decided", "Bill Tan is no longer a member", "member add bill@south.example")
		hides(t, told, "zztone")
	}

	// So does whoever may read one after which posts wait; the excluded hears nothing.
	v.MustSend(post{From: dana, To: report, Subject: "Tone", Body: "Theo laughed at it."})
	copied = v.One(v.Deliver(), mira)
	v.MustSend(login(answer(mira, copied, "/outcome hold "+sil), mira))
	all = v.Deliver()
	nothing(t, all, theo)
	says(t, v.One(all, jonas), "every post of Sil Ent waits for a manager", "/trust sil@silent.example 2")
}

// A member is told that a manager's own mail went to somebody outside as well, also when it came back first (LP2).
func TestManagersMailToOthersAsWell(t *testing.T) {
	v := mailroomtest.New(t)
	notice := v.One(ask(v, "A question", "May I?"), mira)
	p := answer(mira, notice, "Yes, you may.")
	p.Header += "Cc: Olga <" + olga + ">, Theo <" + theo + ">, " + olga + "\r\n"
	v.MustSend(p)
	got := v.One(to(v.Deliver(), dana), dana)
	says(t, got, "(This was also sent to 1 outside address, and not by us.)")
	hides(t, got, olga, theo)
	p = answer(mira, notice, "Theo, can you?")
	p.Header += "Cc: " + olga + "\r\n"
	v.MustSend(p)
	held := v.One(to(v.Deliver(), mira), mira)
	v.MustSend(answer(mira, held, "SEND"))
	says(t, v.One(to(v.Deliver(), dana), dana), "also sent to 1 outside address")
	p = answer(mira, notice, "And that is all.")
	p.Header += "Cc: Theo <" + theo + ">, " + managers + ", " + dana + "\r\n"
	v.MustSend(p)
	for _, a := range to(v.Deliver(), dana) {
		hides(t, a, "outside address")
	}
}

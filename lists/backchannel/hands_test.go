package backchannel_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/templates/refusal"
)

// A manager's personal address in other hands, in the hands of a manager who is none any more, or used by a letter nobody vouches for.

func TestACommandNeedsItsManager(t *testing.T) {
	for name, p := range map[string]post{
		"a stranger":                 {From: eve},
		"a member":                   {From: bill},
		"a manager nobody vouches":   {From: mira, Sender: "x@silent.example"},
		"a forged manager elsewhere": {From: "Mira Lowe <mira@other.example>"},
	} {
		for command, after := range map[string]string{"/close": "closed", "/mine": "claimed", "/CLOSE p\n/mine": "closed"} {
			v := mailroomtest.New(t)
			notice := v.One(ask(v, "A question", "May I?"), mira)
			q := answer(p.From, notice, command)
			q.Sender = p.Sender
			v.MustSend(q)
			all := v.Deliver()
			back := v.One(all, mira)
			says(t, back, "If ", "say SEND", "To be done when it goes out: /")
			if got := state(v); got != "new" || len(all) != 1 {
				t.Errorf("%s: %s made it %s, and wrote\n%s", name, command, got, mailroomtest.Subjects(all))
			}
			v.MustSend(answer(mira, back, "SEND"))
			nothing(t, v.Deliver(), dana)
			if got := state(v); got != after {
				t.Errorf("%s: after SEND %s made it %s", name, command, got)
			}
		}
	}
}

// Whoever finds a forwarded notice cannot fill its manager's mailbox with questions (D3, C8, FC1).
func TestAFoundAddressAsksThreeTimes(t *testing.T) {
	v := mailroomtest.New(t)
	notice := v.One(ask(v, "A question", "May I?"), mira)
	refused := 0
	for i := range 6 {
		if _, err := v.Send(answer(eve, notice, strings.Repeat("Buy. ", i+1))); err != nil {
			refused++
		}
	}
	all := v.Deliver()
	if len(to(all, mira)) != 3 || refused != 3 || len(all) != 3 {
		t.Errorf("%d letters, %d refused:\n%s", len(all), refused, mailroomtest.Subjects(all))
	}
	says(t, to(all, mira)[0], "from another one, eve@evil.example. If it was you, say SEND.")
}

// A manager whose provider never vouches answers as often as others, with a word for each.
func TestAManagerNobodyVouchesFor(t *testing.T) {
	v := mailroomtest.New(t)
	notice := v.One(ask(v, "A question", "May I?"), mira)
	for i := range 6 {
		p := answer(mira, notice, strings.Repeat("Yes. ", i+1))
		p.Sender = "mira@silent.example"
		v.MustSend(p)
		back := v.One(v.Deliver(), mira)
		p = answer(mira, back, "SEND")
		p.Sender = "mira@silent.example"
		v.MustSend(p)
		v.One(to(v.Deliver(), dana), dana)
	}
}

// Somebody who is no manager any more gets their own words back, and none of anybody else's (B15b, FC2).
func TestAManagerNoLonger(t *testing.T) {
	v := mailroomtest.New(t)
	all := ask(v, "A question", "May I?")
	notice, ack := v.One(all, mira), v.One(all, dana)
	set(v, mira, func(m *lists.Member) { m.Role = lists.RoleMember })
	v.MustSend(answer(dana, ack, "zzlater, between you and me."))
	all = v.Deliver()
	nothing(t, all, mira)
	v.MustSend(answer(theo, v.One(all, theo), "zzanswer"))
	v.Deliver()
	v.MustSend(answer(mira, notice, "Yes, of course."))
	all = v.Deliver()
	nothing(t, all, dana)
	back := v.One(all, mira)
	says(t, back, "You no longer have access to "+code(notice)+".", "Yes, of course.", "Nothing more happens with it.")
	hides(t, back, "zzlater", "zzanswer", "confirm+")
	// nor by a later SEND, to a question from before
	set(v, mira, func(m *lists.Member) { m.Role = lists.RoleManager })
	v.MustSend(answer(mira, notice, "Ask "+bill))
	held := v.One(v.Deliver(), mira)
	set(v, mira, func(m *lists.Member) { m.Role = lists.RoleMember })
	if _, err := v.Send(answer(mira, held, "SEND")); refusal.KindOf(err) != refusal.NotAllowed {
		t.Errorf("SEND of somebody who is no manager: %v", err)
	}
	// and a stranger with such an address is a stranger
	if _, err := v.Send(answer(eve, notice, "Yes.")); refusal.KindOf(err) != refusal.NoSuchAddress {
		t.Errorf("an address of nobody's in other hands: %v", err)
	}
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("wrote:\n%s", mailroomtest.Subjects(all))
	}
}

// A member's personal address is no proof of who writes: another member who has it writes as themselves, and of a stranger's
// letter its owner is asked, and nobody else hears of it (LP14).
func TestAMembersDoorInOtherHands(t *testing.T) {
	v := mailroomtest.New(t)
	all := ask(v, "A question", "zzsecret: may I?")
	ack, notice := v.One(all, dana), v.One(all, theo)
	v.MustSend(answer(bill, ack, "And I?"))
	all = v.Deliver()
	other := v.One(all, theo)
	if code(other) == code(notice) || !strings.Contains(other.Get("From"), "Bill Tan") {
		t.Errorf("Bill is in Dana's conversation: %s", other.Subject())
	}
	hides(t, other, "zzsecret")
	nothing(t, all, dana)
	v.MustSend(answer(eve, ack, "And I?"))
	all = v.Deliver()
	says(t, v.One(all, dana), "eve@evil.example", "Nobody has seen the letter yet.")
	if len(all) != 1 {
		t.Errorf("Eve wrote to:\n%s", mailroomtest.Subjects(all))
	}
}

// The promise that a returned answer is forgotten is kept, and its manager is told: the member still waits.
func TestAReturnedAnswerExpires(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(answer(mira, v.One(ask(v, "A question", "May I?"), mira), "Ask "+bill+", he knows."))
	held := v.One(v.Deliver(), mira)
	says(t, held, "after 14 days it is forgotten")
	v.Pass(13 * 24 * time.Hour)
	if all := v.Deliver(); strings.Contains(mailroomtest.Subjects(all), "forgotten") {
		t.Errorf("too early:\n%s", mailroomtest.Subjects(all))
	}
	v.Pass(25 * time.Hour)
	all := v.Deliver()
	says(t, v.One(all, mira), "for 14 days we heard no word about it", "If Dana Reyes still waits for an answer", "A question")
	if len(all) != 1 {
		t.Errorf("told:\n%s", mailroomtest.Subjects(all))
	}
	v.MustSend(answer(mira, held, "SEND"))
	all = v.Deliver()
	nothing(t, all, dana)
	says(t, v.One(all, mira), "already decided", "nobody answered in time")
}

// A letter that its domain calls forged opens nothing: no conversation, no personal address, no desk. The postmaster hears it, and
// managers are told what it is.
func TestForgedLetters(t *testing.T) {
	v := mailroomtest.New(t)
	const rex, vera = "rex@strict.example", "vera@strict.example"
	v.Add(v.C, rex, "Rex Stern", lists.RoleMember, v.Talk)
	v.Add(v.C, vera, "Vera Stern", lists.RoleManager)
	login := func(p post) post { p.Login = mailroomtest.Addr(p.From); return p }
	v.MustSend(login(post{From: rex, To: managers, Subject: "A question", Body: "May I?"}))
	all := v.Deliver()
	ack, notice := v.One(all, rex), v.One(all, vera)
	for name, p := range map[string]post{
		"to the managers":   {From: rex, To: managers, Subject: "x", Body: "I am not Rex."},
		"through his door":  answer(rex, ack, "I am not Rex."),
		"a manager's words": {From: vera, To: managers, Subject: "Re: " + notice.Subject(), Body: "I am not Vera.", Header: "In-Reply-To: <" + string(notice.MessageID()) + ">\r\n"},
	} {
		if _, err := v.Send(p); refusal.KindOf(err) != refusal.NoSuchAddress {
			t.Errorf("%s: %v", name, err)
		}
	}
	v.MustSend(answer(vera, notice, "I am not Vera."))
	all = v.Deliver()
	says(t, v.One(all, vera), "Your mail provider did not vouch that this is from you.")
	if len(all) != 1 {
		t.Errorf("wrote:\n%s", mailroomtest.Subjects(all))
	}
	v.MustSend(post{From: rex, To: "postmaster@gardeners.example", Subject: "x", Body: "I am not Rex."})
	all = v.Deliver()
	nothing(t, all, rex)
	says(t, v.One(all, mira), "CAREFUL: nobody vouches that Rex Stern wrote this.")
}

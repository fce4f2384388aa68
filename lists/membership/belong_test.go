package membership_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/lists/membership"
	"backchannel/lists/moderation"
	"backchannel/templates"
)

// welcomed is a village with a new member, and what she has by then.
func welcomed(t *testing.T) *village {
	t.Helper()
	v := mailroomtest.New(t)
	asking(v, 1)
	all := applied(v, adaFrom, "")
	v.MustSend(mailroomtest.Answer(mira, v.One(all, mira), "YES"))
	v.Deliver()
	return v
}

// subjectsTo are the subjects of what arrived for somebody.
func subjectsTo(all []arrived, who string) string {
	var s []string
	for _, a := range mailroomtest.To(all, who) {
		s = append(s, a.Subject())
	}
	return strings.Join(s, "|")
}

// The steps of a welcome: a day, a week, a month later, each once, and none to whoever has left.
func TestTheStepsOfAWelcome(t *testing.T) {
	v := welcomed(t)
	for _, c := range []struct {
		days    int
		subject string
	}{{1, "Who are you? Your introduction to Gardeners"}, {5, ""}, {1, "Any stupid question?"}, {22, ""}, {1, "A month with Gardeners"}, {40, ""}} {
		v.Pass(time.Duration(c.days) * 24 * time.Hour)
		all := v.Deliver()
		is(t, fmt.Sprintf("after %d days more", c.days), subjectsTo(all, ada), c.subject)
		if c.subject == "Any stupid question?" {
			is(t, "its Reply", mailroomtest.To(all, ada)[0].ReplyTo()[0].Address.String(), "managers@gardeners.example")
		}
	}
	v = welcomed(t)
	v.MustSend(post{From: ada, To: "leave@gardeners.example"})
	v.Deliver()
	v.Pass(10 * 24 * time.Hour)
	is(t, "left", subjectsTo(v.Deliver(), ada), "")
}

// introducing brings a new member as far as the preview of her introduction.
func introducing(t *testing.T, text string) (v *village, prompt, preview arrived) {
	t.Helper()
	v = welcomed(t)
	v.Pass(25 * time.Hour)
	prompt = v.One(v.Deliver(), ada)
	if to := prompt.ReplyTo()[0].Address.Local; !strings.HasPrefix(to, "everyone+") {
		t.Fatal(to)
	}
	v.MustSend(mailroomtest.Answer(adaFrom, prompt, text))
	all := v.Deliver()
	if len(all) != 1 {
		t.Fatalf("more than a preview:\n%s", mailroomtest.Subjects(all))
	}
	return v, prompt, v.One(all, ada)
}

// An introduction is for everyone: its subject is in the language of the community, whoever it is by, and has its tag in each.
func TestIntroductionsSpeakTheCommunitysLanguage(t *testing.T) {
	for language, want := range map[string]string{"en": "Hello from Ada Obi #intro", "de": "Hallo von Ada Obi #intro", "fr": "Bonjour de Ada Obi #intro", "es": "Saludos de Ada Obi #intro", "ja": "Ada Obi さんの自己紹介 #intro"} {
		v := welcomed(t)
		v.C.Language = language
		v.Update(func(tx *db.Tx) error { return lists.SaveCommunity(tx, v.C) })
		v.Pass(25 * time.Hour)
		v.MustSend(mailroomtest.Answer(adaFrom, v.One(v.Deliver(), ada), "I grow beans."))
		v.MustSend(mailroomtest.Answer(adaFrom, v.One(v.Deliver(), ada), "YES"))
		found := false
		for _, a := range mailroomtest.To(v.Deliver(), bill) {
			found = found || a.Subject() == want
		}
		if !found {
			t.Errorf("%s: not %q", language, want)
		}
		if nameless := templates.Language(language).Hello(""); !strings.HasSuffix(nameless, " #intro") || strings.Contains(nameless, "{") {
			t.Errorf("%s: %q", language, nameless)
		}
	}
}

// Nothing is posted before YES to what was shown; then it is, once, without quotes and doors, and it counts as her first post.
func TestTheIntroduction(t *testing.T) {
	v, prompt, preview := introducing(t, "I grow beans.\nWrite to private+0123456789abcdefghjkmnpqrs@gardeners.example")
	if text := oneLine(preview.Text()); !strings.Contains(text, "| I grow beans.") || strings.Contains(text, "0123456789") || !strings.Contains(text, "Subject: Hello from Ada Obi #intro") {
		t.Error(text)
	}
	for name, p := range map[string]post{
		"a stranger": mailroomtest.Answer(eve, preview, "YES"), "another member": mailroomtest.Answer(bill, preview, "YES"), "another's text": mailroomtest.Answer(bill, prompt, "Buy my pots."),
		"a robot": {From: ada, To: preview.ReplyTo()[0].Address.String(), Body: "YES", Header: "Auto-Submitted: auto-replied\r\n"},
	} {
		if _, err := v.Send(p); err == nil {
			t.Errorf("%s was heard", name)
		}
	}
	// A better text is shown again, and the first YES is to what was shown last.
	v.MustSend(mailroomtest.Answer(adaFrom, preview, "I grow beans and leeks."))
	preview = v.One(v.Deliver(), ada)
	v.MustSend(mailroomtest.Answer(adaFrom, preview, "YES"))
	all := v.Deliver()
	var posted arrived
	for _, a := range mailroomtest.To(all, bill) {
		posted = a
	}
	if posted.Letter == nil || posted.Get("List-Id") == "" {
		t.Fatalf("it was not posted:\n%s", mailroomtest.Subjects(all))
	}
	is(t, "subject", posted.Subject(), "Hello from Ada Obi #intro")
	is(t, "text", posted.Text(), "I grow beans and leeks.")
	if m := v.Member(ada); m.Trust != 1 {
		t.Errorf("trust %d", m.Trust)
	}
	v.View(func(tx *db.Tx) error {
		steps, err := moderation.TrustOf(tx, v.Member(ada).ID)
		if len(steps) != 1 || steps[0].Why != "post" || steps[0].Is != 1 {
			t.Errorf("how trust came: %+v", steps)
		}
		return err
	})
	v.MustSend(mailroomtest.Answer(adaFrom, preview, "YES"))
	all = v.Deliver()
	if len(all) != 1 || !strings.Contains(oneLine(v.One(all, ada).Text()), "so your reply changed nothing") {
		t.Errorf("the second YES:\n%s", mailroomtest.Subjects(all))
	}
	hasNot(v, "newcomer", "leeks")
}

// An introduction goes to the list that its writer was told, whatever most people read when YES comes. Off that list, they are shown another one first.
func TestAnIntroductionGoesWhereItsPreviewSays(t *testing.T) {
	v, _, preview := introducing(t, "I grow beans.")
	shown, other := v.Talk, v.Jobs
	if !strings.Contains(oneLine(preview.Text()), v.Talk.Title()) {
		shown, other = other, shown
	}
	subscribe := func(who string, l lists.List, d lists.Delivery) {
		v.Update(func(tx *db.Tx) error { return lists.Subscribe(tx, v.Member(who).ID, l.ID, d) })
	}
	subscribe(bill, shown, lists.None)
	v.Update(func(tx *db.Tx) error { _, err := lists.Unsubscribe(tx, v.Member(ada).ID, shown.ID); return err })
	v.MustSend(mailroomtest.Answer(adaFrom, preview, "YES"))
	all := v.Deliver()
	again := v.One(all, ada)
	if len(all) != 1 || !strings.Contains(oneLine(again.Text()), other.Title()) || !strings.Contains(again.Text(), "I grow beans.") {
		t.Fatalf("off the list:\n%s", again.Text())
	}
	subscribe(ada, shown, lists.Each)
	subscribe(bill, shown, lists.Each)
	subscribe(bill, other, lists.None) // most read the first one
	v.MustSend(mailroomtest.Answer(adaFrom, again, "YES"))
	for _, a := range mailroomtest.To(v.Deliver(), alison) {
		if got := a.Get("List-Id"); !strings.Contains(got, other.Local) {
			t.Errorf("it went to %s", got)
		}
	}
	v.View(func(tx *db.Tx) error {
		n := 0
		err := tx.QueryRow("SELECT count(*) FROM post WHERE mailbox = ?", other.Box).Scan(&n)
		if n != 1 {
			t.Errorf("%d posts where it was shown", n)
		}
		return err
	})
}

// The time zone of a new member is proposed by the clock of their own mail, and said in the welcome (product.md A3).
func TestTheZoneOfANewMember(t *testing.T) {
	for clock, want := range map[string]string{"03:00:00 -0500": "America/Chicago", "10:00:00 +0200": "", "08:00:00 +0000": ""} {
		v := mailroomtest.New(t)
		asking(v, 1)
		v.Update(func(tx *db.Tx) error {
			v.C.Delivery = lists.Digest
			return lists.SaveCommunity(tx, v.C)
		})
		v.MustSend(post{From: adaFrom, To: "join@gardeners.example"})
		yes := mailroomtest.Answer(adaFrom, v.One(v.Deliver(), ada), "YES")
		if _, err := v.Hand(yes, bytes.ReplaceAll(v.Bytes(yes), []byte("Date: Fri, 12 Jun 2026 08:00:00 +0000"), []byte("Date: Fri, 12 Jun 2026 "+clock))); err != nil {
			t.Fatal(err)
		}
		v.MustSend(mailroomtest.Answer(mira, v.One(v.Deliver(), mira), "YES"))
		welcome := v.One(v.Deliver(), ada)
		is(t, clock, v.Member(ada).Timezone, want)
		if told := strings.Contains(oneLine(welcome.Text()), "We took your time zone from the clock of your mail."); told != (want != "") || want != "" && !strings.Contains(oneLine(welcome.Text()), want) {
			t.Errorf("%s: the welcome:\n%s", clock, welcome.Text())
		}
	}
}

// In the same mail a new member says whether digests may name them (product.md A4: intro_ok), alone or above what they write of themselves.
func TestTheWishToBeNamed(t *testing.T) {
	v := welcomed(t)
	v.Pass(25 * time.Hour)
	prompt := v.One(v.Deliver(), ada)
	if text := oneLine(prompt.Text()); !strings.Contains(text, "before that, reply INTRODUCE ON; if it should not name you at all, INTRODUCE OFF.") {
		t.Errorf("the prompt says nothing of it:\n%s", text)
	}
	if _, err := v.Send(mailroomtest.Answer(bill, prompt, "INTRODUCE ON")); err == nil {
		t.Error("another member was heard")
	}
	is(t, "before", string(v.Member(ada).IntroOK), "")
	v.MustSend(mailroomtest.Answer(adaFrom, prompt, "Introduce on."))
	done := v.One(v.Deliver(), ada)
	if text := oneLine(done.Text()); !strings.Contains(text, "Digests name you among the new members, also before you have posted. To undo, reply: INTRODUCE POSTED") {
		t.Errorf("the answer:\n%s", text)
	}
	is(t, "after ON", string(v.Member(ada).IntroOK), "yes")
	v.MustSend(mailroomtest.Answer(adaFrom, done, "INTRODUCE POSTED"))
	v.Deliver()
	is(t, "taken back", string(v.Member(ada).IntroOK), "")
	v.MustSend(mailroomtest.Answer(adaFrom, prompt, "INTRODUCE OFF\n\nI grow beans."))
	preview := v.One(v.Deliver(), ada)
	if text := oneLine(preview.Text()); !strings.Contains(text, "| I grow beans.") || strings.Contains(text, "| INTRODUCE") || !strings.Contains(text, "As you wish: Digests do not name you among the new members.") {
		t.Errorf("the preview:\n%s", text)
	}
	is(t, "after OFF above a text", string(v.Member(ada).IntroOK), "no")
	v.MustSend(mailroomtest.Answer(adaFrom, prompt, "INTRODUCE you to Bill? Gladly."))
	if text := oneLine(v.One(v.Deliver(), ada).Text()); !strings.Contains(text, "| INTRODUCE you to Bill?") {
		t.Errorf("a sentence was taken for a wish:\n%s", text)
	}
}

// When the address for the answer has expired it proves nothing any more: the wish counts only in a letter that is surely theirs.
func TestTheWishToBeNamedTooLate(t *testing.T) {
	for sender, want := range map[string]string{"": "yes", "somebody@silent.example": ""} {
		for _, below := range []string{"", "\n\nI grow beans."} {
			v := welcomed(t)
			v.Pass(25 * time.Hour)
			prompt := v.One(v.Deliver(), ada)
			v.Pass(60 * 24 * time.Hour)
			v.Deliver()
			late := mailroomtest.Answer(adaFrom, prompt, "INTRODUCE ON"+below)
			late.Sender = sender
			v.MustSend(late)
			is(t, sender+below, string(v.Member(ada).IntroOK), want)
		}
	}
}

// It is for the list that most people read, and not for the first by name.
func TestWhereTheIntroductionStands(t *testing.T) {
	v := welcomed(t)
	set(v, bill, lists.Each, lists.None)
	v.Pass(25 * time.Hour)
	if text := oneLine(v.One(v.Deliver(), ada).Text()); !strings.Contains(text, "your introduction in Garden talk:") {
		t.Error(text)
	}
}

func TestNoIntroduction(t *testing.T) {
	for word, want := range map[string]string{"DROP": "is forgotten", "No": "is forgotten", "": "There was no text"} {
		v, _, preview := introducing(t, "I grow beans.")
		v.MustSend(mailroomtest.Answer(adaFrom, preview, word))
		all := v.Deliver()
		if len(all) != 1 || !strings.Contains(oneLine(v.One(all, ada).Text()), want) {
			t.Errorf("%q: %s", word, mailroomtest.Subjects(all))
		}
	}
	v, _, preview := introducing(t, "I grow beans.")
	v.Pass(31 * 24 * time.Hour)
	v.Deliver()
	v.MustSend(mailroomtest.Answer(adaFrom, preview, "YES"))
	if all := v.Deliver(); len(all) != 1 {
		t.Errorf("a YES that came too late posted:\n%s", mailroomtest.Subjects(all))
	}
	// What quotes private mail becomes no introduction.
	v = welcomed(t)
	v.Pass(25 * time.Hour)
	prompt := v.One(v.Deliver(), ada)
	if _, err := v.Send(mailroomtest.Answer(adaFrom, prompt, "Mira wrote: yes [private K7QX]")); err == nil || err.Error() != "Your letter holds something from private mail, so it cannot become an introduction." {
		t.Error(err)
	}
}

// invited asks somebody in, and gives the invitation.
func invited(v *village, by, name string) arrived {
	v.T.Helper()
	v.Update(func(tx *db.Tx) error {
		var m lists.Member
		if by != "" {
			m = v.Member(by)
		}
		_, err := v.Clerk.Invite(tx, v.C, m, mailroomtest.Addr(ada), name)
		return err
	})
	return v.One(v.Deliver(), ada)
}

// With a manager's or the operator's invitation a YES is enough; with that of a member of trust the managers decide, who has a sponsor then.
func TestInvitations(t *testing.T) {
	for _, by := range []string{mira, ""} {
		v := mailroomtest.New(t)
		asking(v, 2, "What do you grow?")
		letter := invited(v, by, "")
		if strings.Contains(string(letter.Raw()), "lowe.example") {
			t.Error("an invitation shows the manager's address")
		}
		v.MustSend(mailroomtest.Answer(adaFrom, letter, "hm"))
		again := v.One(v.Deliver(), ada)
		for name, p := range map[string]post{"another": mailroomtest.Answer(eve, letter, "YES"), "a robot": {From: ada, To: letter.ReplyTo()[0].Address.String(), Body: "YES", Header: "Auto-Submitted: auto-replied\r\n"}} {
			if _, err := v.Send(p); err == nil {
				t.Errorf("%s accepted", name)
			}
		}
		v.MustSend(mailroomtest.Answer(adaFrom, again, "Yes, gladly!"))
		is(t, "welcome", subjectsTo(v.Deliver(), ada), "Welcome to Gardeners")
		is(t, "member", v.Member(ada).Name+" "+gets(v, ada), "Ada Obi jobs each, talk each")
		v.MustSend(mailroomtest.Answer(adaFrom, again, "YES"))
		is(t, "again", subjectsTo(v.Deliver(), ada), "You are a member of Gardeners already")
	}
	v := mailroomtest.New(t)
	trusted(v, bill, 3)
	letter := invited(v, bill, "")
	if !strings.Contains(oneLine(letter.Text()), "Bill Tan would like to have you in Gardeners") {
		t.Error(letter.Text())
	}
	v.MustSend(mailroomtest.Answer(adaFrom, letter, "YES"))
	all := v.Deliver()
	if got := oneLine(v.One(all, mira).Text()); !strings.Contains(got, "Bill Tan has invited them.") {
		t.Error(got)
	}
	is(t, "bill is not asked again", subjectsTo(all, bill), "")
	is(t, "state", string(application(v).State), "voting")
}

// trusted sets how much a member is trusted.
func trusted(v *village, who string, trust int) {
	v.T.Helper()
	v.Update(func(tx *db.Tx) error {
		m := v.Member(who)
		m.Trust = trust
		return lists.SaveMember(tx, m)
	})
}

func TestInvitationsEnd(t *testing.T) {
	v := mailroomtest.New(t)
	letter := invited(v, mira, "Ada Obi")
	v.MustSend(mailroomtest.Answer(adaFrom, letter, "NO thank you"))
	hasNot(v, "application", "nurses", "Obi")
	v = mailroomtest.New(t)
	letter = invited(v, mira, "Ada Obi")
	v.Pass(15 * 24 * time.Hour)
	hasNot(v, "application", "nurses", "Obi")
	if _, err := v.Send(mailroomtest.Answer(adaFrom, letter, "YES")); fmt.Sprint(err) != nobody {
		t.Errorf("YES after 15 days: %v", err)
	}
	// A manager who is none any more cannot let anybody in by what they sent before: the others decide.
	v = mailroomtest.New(t)
	letter = invited(v, mira, "Ada Obi")
	v.Update(func(tx *db.Tx) error {
		m := v.Member(mira)
		m.Role = lists.RoleMember
		return lists.SaveMember(tx, m)
	})
	v.MustSend(mailroomtest.Answer(adaFrom, letter, "YES"))
	is(t, "state", string(application(v).State), "voting")
}

// Who may invite, how many, and what is told: a member of trust does not learn who is a member.
func TestWhoMayInvite(t *testing.T) {
	v := mailroomtest.New(t)
	invite := func(by, to string) (said string) {
		err := v.DB.Update(t.Context(), func(tx *db.Tx) (err error) {
			said, err = v.Clerk.Invite(tx, v.C, v.Member(by), mailroomtest.Addr(to), "")
			return err
		})
		return said + fmt.Sprint(err)
	}
	is(t, "trust 2", invite(dana, ada), "Managers can invite, and members of long standing.")
	is(t, "a member", invite(mira, bill), "bill@south.example is the address of a member already: Bill Tan.")
	is(t, "one of ours", invite(mira, "talk@gardeners.example"), "talk@gardeners.example is an address of this server itself and cannot be a member.")
	is(t, "the first", invite(mira, ada), "ada@nurses.example is invited.<nil>")
	is(t, "the second", invite(theo, ada), "ada@nurses.example has asked to join already, or is invited.")
	trusted(v, bill, 3)
	for _, to := range []string{dana, ada, "p1@far.example"} {
		is(t, to, invite(bill, to), to+" gets an invitation, unless they have had one, or are here already.<nil>")
	}
	is(t, "too many, whoever was here already", invite(bill, "p2@far.example"), "That is enough for today: 3 invitations a day. Please go on tomorrow.")
	if all := v.Deliver(); len(all) != 2 || len(mailroomtest.To(all, dana)) != 0 {
		t.Error(mailroomtest.Subjects(all))
	}
	v.Now = v.Now.Add(25 * time.Hour)
	is(t, "the next day", invite(bill, "p2@far.example"), "p2@far.example gets an invitation, unless they have had one, or are here already.<nil>")
}

// By mail: /invite for managers, INVITE at join@ for both.
func TestInvitingByMail(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: "Mira Lowe <" + mira + ">", To: "managers@gardeners.example", Subject: "x", Body: "/invite " + ada, Login: mailroomtest.Addr(mira)})
	all := v.Deliver()
	is(t, "invitation", subjectsTo(all, ada), "An invitation to Gardeners")
	if got := oneLine(v.One(all, mira).Text()); !strings.Contains(got, "ada@nurses.example is invited.") {
		t.Error(got)
	}
	trusted(v, bill, 3)
	v.MustSend(post{From: bill, To: "join@gardeners.example", Subject: "x", Body: "INVITE kim@far.example, Ola Ek <ola@far.example> and my regards"})
	all = v.Deliver()
	is(t, "kim", subjectsTo(all, "kim@far.example"), "An invitation to Gardeners")
	is(t, "ola", subjectsTo(all, "ola@far.example"), "An invitation to Gardeners")
	if strings.Contains(string(v.One(all, "kim@far.example").Raw()), "regards") {
		t.Error("an invitation holds words of the one who invites")
	}
	is(t, "told", v.One(all, bill).Subject(), "Your invitation to Gardeners")
	v.MustSend(post{From: dana, To: "join@gardeners.example", Subject: "x", Body: "INVITE lea@far.example"})
	all = v.Deliver()
	is(t, "trust 2", subjectsTo(all, "lea@far.example")+"/"+subjectsTo(all, dana), "/Your invitation to Gardeners")
	if got := oneLine(v.One(all, dana).Text()); !strings.Contains(got, "lea@far.example: Managers can invite, and members of long standing.") {
		t.Error(got)
	}
}

// Leaving can be undone for a week, by the one who left, and brings back what they had; other words go to the managers alone.
func TestUndoOfLeaving(t *testing.T) {
	v := mailroomtest.New(t)
	set(v, dana, lists.Digest, lists.None)
	v.MustSend(post{From: dana, To: "leave@gardeners.example"})
	bye := v.One(v.Deliver(), dana)
	for name, p := range map[string]post{"a stranger": mailroomtest.Answer(eve, bye, "UNDO"), "a member": mailroomtest.Answer(bill, bye, "UNDO"),
		"a robot": {From: dana, To: bye.ReplyTo()[0].Address.String(), Body: "UNDO", Header: "Auto-Submitted: auto-replied\r\n"}} {
		if _, err := v.Send(p); err == nil {
			t.Errorf("%s brought her back", name)
		}
	}
	v.Now = v.Now.Add(6 * 24 * time.Hour)
	v.MustSend(mailroomtest.Answer(dana, bye, "Undo!"))
	is(t, "back", gets(v, dana), "jobs none, talk digest")
	if got := oneLine(v.One(v.Deliver(), dana).Text()); !strings.Contains(got, "Everything is as it was") {
		t.Error(got)
	}
	v.MustSend(post{From: dana, To: "leave@gardeners.example"})
	bye = v.One(v.Deliver(), dana)
	v.MustSend(mailroomtest.Answer(dana, bye, "Too much mail for me.\n\nDana"))
	all := v.Deliver()
	for _, m := range []string{mira, theo} {
		if got := v.One(all, m).Text(); !strings.Contains(got, "| Too much mail for me.") {
			t.Error(got)
		}
	}
	is(t, "thanks", v.One(all, dana).Subject(), "Thank you for telling us")
	if len(all) != 3 {
		t.Errorf("others read it:\n%s", mailroomtest.Subjects(all))
	}
	v.Pass(8 * 24 * time.Hour)
	hasNot(v, "departure", "digest")
	v.MustSend(mailroomtest.Answer(dana, bye, "UNDO"))
	is(t, "too late", gets(v, dana), "left")
	is(t, "told", v.One(v.Deliver(), dana).Subject(), "It is too late for UNDO")
}

// The same for one list: it comes back as it was, for whoever left it.
func TestUndoOfLeavingAList(t *testing.T) {
	v := mailroomtest.New(t)
	set(v, dana, lists.Digest, lists.None)
	left := func() arrived {
		v.MustSend(post{From: dana, To: "talk-leave@gardeners.example"})
		return v.One(v.Deliver(), dana)
	}
	bye := left()
	is(t, "off", gets(v, dana), "jobs none")
	if _, err := v.Send(mailroomtest.Answer(bill, bye, "UNDO")); err == nil {
		t.Error("another member brought her back")
	}
	v.MustSend(mailroomtest.Answer(dana, bye, "UNDO"))
	is(t, "back", gets(v, dana), "jobs none, talk digest")
	is(t, "told", v.One(v.Deliver(), dana).Subject(), "Welcome back to Garden talk")
	bye = left()
	v.MustSend(mailroomtest.Answer(dana, bye, "Nothing for me."))
	all := v.Deliver()
	is(t, "why", v.One(all, mira).Subject(), "Dana has left Garden talk, and tells why")
	if len(all) != 3 {
		t.Error(mailroomtest.Subjects(all))
	}
	v.Now = v.Now.Add(8 * 24 * time.Hour)
	v.MustSend(mailroomtest.Answer(dana, bye, "UNDO"))
	is(t, "too late", gets(v, dana), "jobs none")
	v.Deliver()
	set(v, dana, lists.Each, lists.None)
	bye = left()
	v.Update(func(tx *db.Tx) error { return lists.RemoveList(tx, v.Talk.ID) })
	v.MustSend(mailroomtest.Answer(dana, bye, "UNDO"))
	is(t, "a list that was given up", gets(v, dana), "jobs none")
	v.Deliver()
	v.MustSend(post{From: dana, To: "leave@gardeners.example"})
	v.MustSend(mailroomtest.Answer(dana, bye, "UNDO"))
	is(t, "somebody who left altogether", gets(v, dana), "left")
}

// Who is invited and asks to join gets the invitation once more, and a member of trust says once whether they know somebody.
func TestWhoIsInvitedAndAsks(t *testing.T) {
	v := mailroomtest.New(t)
	invited(v, mira, "")
	v.Now = v.Now.Add(25 * time.Hour)
	v.MustSend(post{From: adaFrom, To: "join@gardeners.example"})
	letter := v.One(v.Deliver(), ada)
	is(t, "once more", letter.Subject(), "An invitation to Gardeners")
	v.MustSend(mailroomtest.Answer(adaFrom, letter, "YES"))
	is(t, "member", string(isMember(v, ada)), "active")

	v = mailroomtest.New(t)
	asking(v, 2, "Who knows you here?")
	all := applied(v, adaFrom, "Bill Tan.")
	v.MustSend(mailroomtest.Answer(mira, v.One(all, mira), "YES"))
	v.Deliver()
	for i, want := range []int{1, 0, 0} {
		v.MustSend(mailroomtest.Answer(bill, v.One(all, bill), "YES"))
		if n := len(mailroomtest.To(v.Deliver(), mira)); n != want {
			t.Errorf("answer %d brought %d tallies, want %d", i+1, n, want)
		}
	}
}

// Who was removed after they left does not come back by UNDO; nor to a list that was given up.
func TestUndoAndTheManagers(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: dana, To: "leave@gardeners.example"})
	bye := v.One(v.Deliver(), dana)
	v.Update(func(tx *db.Tx) error { return lists.RemoveList(tx, v.Jobs.ID) })
	v.MustSend(mailroomtest.Answer(dana, bye, "UNDO"))
	is(t, "without the list that is gone", gets(v, dana), "talk each")
	v.MustSend(post{From: dana, To: "leave@gardeners.example"})
	bye = v.One(mailroomtest.To(v.Deliver(), dana)[1:], dana)
	v.Update(func(tx *db.Tx) error { return lists.End(tx, v.Member(dana), lists.Removed) })
	if _, err := v.Send(mailroomtest.Answer(dana, bye, "UNDO")); fmt.Sprint(err) != nobody {
		t.Errorf("after removal: %v", err)
	}
	is(t, "removed", gets(v, dana), "removed")
}

// The operator's word.
func TestTheOperatorDecides(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: adaFrom, To: "join@gardeners.example"})
	id := application(v).ID
	decide := func(do func(tx *db.Tx) error) string { return fmt.Sprint(v.DB.Update(t.Context(), do)) }
	accept := func(tx *db.Tx) error { _, err := v.Clerk.Accept(tx, id); return err }
	is(t, "not confirmed", decide(accept), fmt.Sprintf("The applicant %d has not confirmed their address yet.", id))
	v.MustSend(mailroomtest.Answer(adaFrom, v.One(v.Deliver(), ada), "YES"))
	v.Deliver()
	is(t, "accept", decide(accept), "<nil>")
	is(t, "member", string(isMember(v, ada)), "active")
	is(t, "twice", decide(accept), fmt.Sprintf("The application %d was decided already: it is accepted.", id))
	is(t, "nobody", decide(func(tx *db.Tx) error { return v.Clerk.Decline(tx, 99, "") }), "There is no application 99.")

	v, _ = council(t)
	id = application(v).ID
	is(t, "decline", decide(func(tx *db.Tx) error { return v.Clerk.Decline(tx, id, "We are full.") }), "<nil>")
	if got := v.One(v.Deliver(), ada).Text(); !strings.Contains(got, "We are full.") {
		t.Error(got)
	}
	is(t, "twice", decide(func(tx *db.Tx) error { return v.Clerk.Decline(tx, id, "") }), fmt.Sprintf("The application %d was decided already: it is declined.", id))
}

// Whatever a text holds, every answer comes from a line that is new, and nothing that was quoted becomes an answer.
func FuzzAnswers(f *testing.F) {
	for _, s := range []string{"Q1 Beans.\nQ2 Nobody.", "> Q1 What do you grow?\nBeans\n> Q2 Who?\n", "Q1 What do you grow?\nBeans", "*Q1* x", "q2)", ">>|Q1", "Q99 x", "Q1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			t.Skip("no letter's text is that")
		}
		answers, rest := membership.SortAnswers([]string{"What do you grow?", "Who knows you here?"}, text, func(string) bool { return true })
		if len(answers) != 2 {
			t.Fatal(answers)
		}
		for _, line := range strings.Split(strings.Join(answers, "\n")+"\n"+rest, "\n") {
			if line = strings.TrimSpace(line); line != "" && !strings.Contains(text, line) && len(text) < 3000 {
				t.Errorf("%q is nowhere in %q", line, text)
			}
		}
	})
}

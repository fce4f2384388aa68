package membership_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/lists/membership"
	"backchannel/templates/refusal"
)

const ada = "ada@nurses.example"

const adaFrom = "Ada Obi <" + ada + ">"

const notVouched = "We could not find out whether this letter really comes from the address it bears, so we cannot answer it. Please send it through the mail provider of that address."

// oneLine is a text as its reader sees it, however it was wrapped.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// asking gives the community questions and a rule.
func asking(v *village, votes int, questions ...string) {
	v.T.Helper()
	v.Update(func(tx *db.Tx) error {
		v.C.Questions, v.C.Votes = questions, votes
		return lists.SaveCommunity(tx, v.C)
	})
}

// applied brings somebody as far as the vote, and gives what arrived then.
func applied(v *village, from, answers string) []arrived {
	v.T.Helper()
	v.MustSend(post{From: from, To: "join@gardeners.example", Subject: "hello", Body: "I would like to join"})
	who := from[strings.Index(from, "<")+1 : len(from)-1]
	v.MustSend(mailroomtest.Answer(from, v.One(v.Deliver(), who), "yes please"))
	all := v.Deliver()
	if answers == "" {
		return all
	}
	q := v.One(all, who)
	reply := mailroomtest.Answer(from, q, "")
	reply.Body = answers
	v.MustSend(reply)
	return v.Deliver()
}

// of is the application of somebody, erased or not: the newest there is.
func application(v *village) (a membership.Application) {
	v.T.Helper()
	v.View(func(tx *db.Tx) error {
		all, err := membership.Applications(tx, v.C.ID, true)
		if err == nil && len(all) > 0 {
			a = all[len(all)-1]
		}
		return err
	})
	return a
}

// isMember tells the state of an address; "" for nobody.
func isMember(v *village, who string) (s lists.State) {
	v.View(func(tx *db.Tx) error {
		m, ok, err := lists.MemberByAddress(tx, v.C.ID, mailroomtest.Addr(who))
		if ok {
			s = m.State
		}
		return err
	})
	return s
}

// From the first letter to the welcome: nobody is bothered before the address is confirmed, the questions come in one mail, two managers say
// yes, and she is on every list that is open, in the community's way.
func TestFromTheFirstLetterToTheWelcome(t *testing.T) {
	v := mailroomtest.New(t)
	asking(v, 2, "What do you grow?", "Who knows you here?")
	v.Update(func(tx *db.Tx) error {
		v.C.Delivery = lists.Digest
		if err := lists.SaveCommunity(tx, v.C); err != nil {
			return err
		}
		v.Jobs.Join = lists.JoinAsk
		return lists.SaveList(tx, v.Jobs)
	})
	story := v.MustSend(post{From: adaFrom, To: "join@gardeners.example", Subject: "BUY NOW", Body: "I would like to join, see spam.example"})
	is(t, "story", v.Story(story), "received filed")
	all := v.Deliver()
	confirm := v.One(all, ada)
	if len(all) != 1 || !strings.HasPrefix(confirm.ReplyTo()[0].Address.Local, "confirm+") {
		t.Fatalf("%s, %v", mailroomtest.Subjects(all), confirm.ReplyTo())
	}
	for _, word := range []string{"BUY", "spam", "Obi"} {
		if strings.Contains(string(confirm.Raw()), word) {
			t.Errorf("the confirmation holds a stranger's %q", word)
		}
	}
	v.MustSend(mailroomtest.Answer(adaFrom, confirm, "yes please"))
	questions := v.One(v.Deliver(), ada)
	if text := questions.Text(); !strings.Contains(text, "Q1 What do you grow?") || !strings.Contains(text, "Q2 Who knows you here?") {
		t.Error(text)
	}
	v.MustSend(mailroomtest.Answer(adaFrom, questions, "Q1 Beans on a balcony in Lagos.\nQ2 Bill Tan."))
	all = v.Deliver()
	toMira, toTheo := v.One(all, mira), v.One(all, theo)
	is(t, "waits", v.One(all, ada).Subject(), "Gardeners: the managers have your letter")
	is(t, "sponsor", v.One(all, bill).Subject(), "Do you know Ada Obi?")
	a := application(v)
	is(t, "subject", toMira.Subject(), "[apply "+a.Code+"] Ada Obi, ada@nurses.example")
	is(t, "answers", strings.Join(a.Answers, "|")+"/"+a.Raw, "Beans on a balcony in Lagos.|Bill Tan./")
	for _, want := range []string{"Q1 What do you grow?", "| Beans on a balcony in Lagos.", "Bill Tan, whom they name, is being asked", "It takes 2 yes"} {
		if !strings.Contains(oneLine(toMira.Text()), want) {
			t.Errorf("the vote mail lacks %q:\n%s", want, toMira.Text())
		}
	}
	v.MustSend(mailroomtest.Answer(mira, toMira, "YES I met her"))
	all = v.Deliver()
	if tally := v.One(all, mira); len(all) != 1 || !strings.Contains(tally.Text(), "Mira: YES\n\n  | I met her") {
		t.Errorf("after the first vote: %s\n%s", mailroomtest.Subjects(all), tally.Text())
	}
	v.MustSend(mailroomtest.Answer(theo, toTheo, "Yes!"))
	all = v.Deliver()
	is(t, "welcome", v.One(all, ada).Subject(), "Welcome to Gardeners")
	is(t, "member", gets(v, ada), "talk digest")
	if m := v.Member(ada); m.Name != "Ada Obi" || m.Trust != 0 || m.Role != lists.RoleMember {
		t.Errorf("%+v", m)
	}
	if got := v.One(all, theo).Text(); !strings.Contains(got, "Ada Obi is a member now") || !strings.Contains(got, "Mira: YES") {
		t.Error(got)
	}
	// A late word is told that it is late.
	v.MustSend(mailroomtest.Answer(theo, toTheo, "NO not now"))
	late := v.One(v.Deliver(), theo)
	if !strings.Contains(oneLine(late.Text()), "already decided, on Friday, 12 June at 10:00: Ada Obi was accepted") {
		t.Error(late.Text())
	}
	is(t, "still", gets(v, ada), "talk digest")
	// What she wrote is gone in 30 days.
	v.Pass(31 * 24 * time.Hour)
	hasNot(v, "application", "Lagos", "nurses", "Obi")
	hasNot(v, "ballot", "met her")
}

// hasNot looks through a table.
func hasNot(v *village, table string, words ...string) {
	v.T.Helper()
	v.View(func(tx *db.Tx) error {
		rows, err := db.Select(tx, func(r db.Scanner) (s string, err error) { return s, r.Scan(&s) }, "SELECT json_group_array(json_array("+columns(v, table)+")) FROM "+table)
		for _, row := range rows {
			for _, w := range words {
				if strings.Contains(row, w) {
					v.T.Errorf("%s holds %q: %s", table, w, row)
				}
			}
		}
		return err
	})
}

// columns are those of a table, bytes as hexadecimal digits.
func columns(v *village, table string) (all string) {
	v.View(func(tx *db.Tx) error {
		names, err := db.Select(tx, func(r db.Scanner) (s string, err error) { return s, r.Scan(&s) }, "SELECT 'CAST(' || name || ' AS TEXT)' FROM pragma_table_info(?)", table)
		all = strings.Join(names, ", ")
		return err
	})
	return all
}

// Whoever reads the answers of our door must not learn who is a member: the same words for all, and the same limits.
func TestTheDoorTellsNothing(t *testing.T) {
	v := mailroomtest.New(t)
	outcomes := func(who string) (all []string) {
		for range 3 {
			_, err := v.Send(post{From: who, To: "join@gardeners.example"})
			all = append(all, fmt.Sprint(err))
			v.Now = v.Now.Add(time.Minute)
		}
		return all
	}
	is(t, "a member and a stranger", strings.Join(outcomes(dana), "\n"), strings.Join(outcomes(ada), "\n"))
	is(t, "the member's mail", v.One(v.Deliver(), dana).Subject(), "You are a member of Gardeners already")
	is(t, "not vouched for", strings.Join(outcomes("x@silent.example"), "\n"), strings.Join(outcomes(sil), "\n"))
	_, err := v.Send(post{From: "eve@strict.example", To: "join@gardeners.example", Sender: "eve@silent.example"})
	is(t, "forged", fmt.Sprint(err), notVouched)
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("wrote to somebody for whom nobody vouches:\n%s", mailroomtest.Subjects(all))
	}
	is(t, "state", string(isMember(v, ada)), "")
	for _, to := range []string{"talk-join@gardeners.example", "talk-subscribe@gardeners.example"} {
		_, err := v.Send(post{From: "eve@silent.example", To: to})
		is(t, to, fmt.Sprint(err), notVouched)
	}
}

// Mailman's addresses lead to the same place, the words of LIST-request@ too.
func TestMailmansDoors(t *testing.T) {
	for to, subject := range map[string]string{"talk-join@gardeners.example": "", "talk-subscribe@gardeners.example": "x", "talk-request@gardeners.example": "subscribe"} {
		v := mailroomtest.New(t)
		v.MustSend(post{From: adaFrom, To: to, Subject: subject})
		is(t, to, v.One(v.Deliver(), ada).Subject(), "Do you want to join Gardeners?")
		if _, err := v.Send(post{From: "tom@sea.example", To: "talk-request@gardeners.example", Subject: "help"}); fmt.Sprint(err) != nobody {
			t.Errorf("a stranger's other word: %v", err)
		}
		set(v, dana, "", lists.Each)
		v.MustSend(post{From: dana, To: to, Subject: subject})
		is(t, to+" of a member", gets(v, dana), "jobs each, talk each")
	}
}

// C8: one question a day to an address, three ever; twenty an hour for a network, a hundred in all.
func TestFirstLettersAreFew(t *testing.T) {
	v := mailroomtest.New(t)
	asks := func(who string) error {
		_, err := v.Send(post{From: who, To: "join@gardeners.example"})
		return err
	}
	for day := range 5 {
		for try := range 2 {
			err := asks(ada)
			if want := day < 3 && try == 0; (err == nil) != want {
				t.Errorf("day %d, letter %d: %v", day+1, try+1, err)
			} else if err != nil && err.Error() != "We have answered this address not long ago. Please look for that letter, in the spam folder, too, and reply to it." {
				t.Error(err)
			}
		}
		v.Pass(25 * time.Hour)
	}
	if n := len(v.Deliver()); n != 3 {
		t.Errorf("%d letters, want 3", n)
	}
	for i := range 22 {
		err := asks(fmt.Sprintf("p%d@flood.example", i))
		if i < 20 && err != nil {
			t.Fatal(err)
		}
		if i >= 20 && (err == nil || refusal.KindOf(err) != refusal.Unavailable || err.Error() != "Very many letters of this kind came in the last hour. Nothing is wrong with yours; it will be tried again by itself.") {
			t.Errorf("letter %d of an hour: %v", i+1, err)
		}
	}
	v.Now = v.Now.Add(61 * time.Minute)
	if err := asks("p30@flood.example"); err != nil {
		t.Errorf("an hour later: %v", err)
	}
	hasNot(v, "first_letter", "flood")
}

// The networks of one customer are one: a /24, or a /48.
func TestNetworksCountAsOne(t *testing.T) {
	for a, want := range map[string]string{"192.0.2.1": "192.0.2.0/24", "::ffff:192.0.2.9": "192.0.2.0/24", "2001:db8:1:2::3": "2001:db8:1::/48"} {
		is(t, a, membership.NetOf(netip.MustParseAddr(a)), want)
	}
	is(t, "none", membership.NetOf(netip.Addr{}), "")
}

// Only the one who was asked answers, in words, and once; robots, and addresses that are none of theirs, never.
func TestTheConfirmationIsTheirs(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: adaFrom, To: "join@gardeners.example"})
	confirm := v.One(v.Deliver(), ada)
	for name, p := range map[string]post{
		"another":  mailroomtest.Answer(eve, confirm, "YES"),
		"a member": mailroomtest.Answer(bill, confirm, "YES"),
		"a robot":  {From: ada, To: confirm.ReplyTo()[0].Address.String(), Body: "YES", Header: "Auto-Submitted: auto-replied\r\n"},
		"a bounce": {From: ada, To: confirm.ReplyTo()[0].Address.String(), Body: "YES", Null: true},
	} {
		if _, err := v.Send(p); err == nil {
			t.Errorf("%s confirmed", name)
		}
	}
	is(t, "state", string(application(v).State), "received")
	v.MustSend(mailroomtest.Answer(adaFrom, confirm, "What is this?"))
	again := v.One(v.Deliver(), ada)
	if !strings.Contains(oneLine(again.Text()), "It has to begin with one of the words below") {
		t.Error(again.Text())
	}
	v.MustSend(mailroomtest.Answer(adaFrom, again, "YES"))
	if n := len(mailroomtest.To(v.Deliver(), mira)); n != 1 {
		t.Errorf("without questions the vote begins at once: %d mails", n)
	}
	v.MustSend(mailroomtest.Answer(adaFrom, again, "YES"))
	all := v.Deliver()
	if len(all) != 1 || !strings.Contains(oneLine(v.One(all, ada).Text()), "Nothing more is needed") {
		t.Errorf("the second YES: %s", mailroomtest.Subjects(all))
	}
}

func TestNoForgetsAtOnce(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: adaFrom, To: "join@gardeners.example"})
	confirm := v.One(v.Deliver(), ada)
	v.MustSend(mailroomtest.Answer(adaFrom, confirm, "No, never"))
	hasNot(v, "application", "nurses", "Obi")
	if _, err := v.Send(mailroomtest.Answer(adaFrom, confirm, "YES")); fmt.Sprint(err) != nobody {
		t.Errorf("YES after NO: %v", err)
	}
}

// Who never confirms, or never answers, is forgotten after 14 days, and nobody was bothered.
func TestUnconfirmedExpires(t *testing.T) {
	for _, confirms := range []bool{false, true} {
		v := mailroomtest.New(t)
		asking(v, 2, "What do you grow?")
		v.MustSend(post{From: adaFrom, To: "join@gardeners.example"})
		if all := v.Deliver(); confirms {
			v.MustSend(mailroomtest.Answer(adaFrom, v.One(all, ada), "YES"))
			v.Deliver()
		}
		v.Pass(15 * 24 * time.Hour)
		hasNot(v, "application", "nurses", "Obi")
		if all := v.Deliver(); len(mailroomtest.To(all, ada)) != 0 || len(mailroomtest.To(all, mira)) != 0 {
			t.Errorf("confirmed %v: %s", confirms, mailroomtest.Subjects(all))
		}
		v.MustSend(post{From: adaFrom, To: "join@gardeners.example"}) // and may come again
	}
}

// Answers between the lines, in front of marks, above everything, or none.
func TestAnswersAsPeopleWriteThem(t *testing.T) {
	for name, c := range map[string]struct{ body, answers, raw string }{
		"between the lines": {"> Q1 What do you grow?\n\nBeans.\nAnd leeks.\n\n> Q2 Who knows you here?\n\nNobody yet.", "Beans.\nAnd leeks.|Nobody yet.", ""},
		"with marks":        {"Q1: Beans.\nQ2) Nobody yet.", "Beans.|Nobody yet.", ""},
		"above everything":  {"I grow beans, and nobody knows me.\n\n> Q1 What do you grow?\n>\n> Q2 Who knows you here?", "|", "I grow beans, and nobody knows me."},
		"one of two":        {"> Q1 What do you grow?\nBeans.\n> Q2 Who knows you here?", "Beans.|", ""},
		"something before":  {"Hello there,\n\nQ1 Beans.\nQ2 Nobody.", "Beans.|Nobody.", "Hello there,"},
	} {
		v := mailroomtest.New(t)
		asking(v, 2, "What do you grow?", "Who knows you here?")
		applied(v, adaFrom, c.body)
		a := application(v)
		is(t, name, strings.Join(a.Answers, "|")+" / "+a.Raw, c.answers+" / "+c.raw)
		is(t, name, string(a.State), "voting")
	}
	v := mailroomtest.New(t)
	asking(v, 2, "What do you grow?", "Who knows you here?")
	all := applied(v, adaFrom, "> Q1 What do you grow?\n>\n> Q2 Who knows you here?")
	is(t, "nothing", v.One(all, ada).Subject(), "Once more: 2 questions from Gardeners")
	is(t, "nothing", string(application(v).State), "confirmed")
}

// A name under which a manager is known is nobody else's.
func TestNobodyComesAsAManager(t *testing.T) {
	v := mailroomtest.New(t)
	applied(v, "Mira  LOWE <"+ada+">", "")
	is(t, "name", application(v).Name, "")
}

// The welcome says what holds here (product.md C1): the community's own sentence on what may leave it, and that nothing is sold where that is a rule.
func TestTheWelcomeSaysWhatHolds(t *testing.T) {
	v := mailroomtest.New(t)
	welcome := func() string {
		v.Now = v.Now.Add(time.Minute)
		v.Update(func(tx *db.Tx) error { return v.Clerk.Welcome(tx, v.C, v.Member(dana)) })
		v.Update(func(tx *db.Tx) error { // as somebody who comes anew
			if err := lists.End(tx, v.Member(dana), lists.Left); err != nil {
				return err
			}
			_, err := lists.AddMember(tx, v.C, lists.NewMember{Address: mailroomtest.Addr(dana), Role: lists.RoleMember, Lists: []lists.List{v.Talk}})
			return err
		})
		return oneLine(v.One(v.Deliver(), dana).Text())
	}
	if got := welcome(); strings.Contains(got, "sold") || strings.Contains(got, "|") {
		t.Errorf("without rules: %s", got)
	}
	v.C.Confidential, v.Talk.Rules.NoSales = "What is said here stays here.", true
	v.Update(func(tx *db.Tx) error {
		if err := lists.SaveList(tx, v.Talk); err != nil {
			return err
		}
		return lists.SaveCommunity(tx, v.C)
	})
	if got := welcome(); !strings.Contains(got, "Nothing is sold here. | What is said here stays here.") {
		t.Errorf("with rules: %s", got)
	}
}

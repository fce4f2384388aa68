package report_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
)

const ada = "ada@nurses.example"

// decided has managers decide about so many first posts, of which they refuse some. It gives what the last decision sent.
func (v town) decided(n, refused int) (all []mailroomtest.Arrived) {
	v.T.Helper()
	for i := range n {
		m := v.Member(ada)
		m.Trust = lists.New
		v.Update(func(tx *db.Tx) error { return lists.SaveMember(tx, m) })
		v.MustSend(mailroomtest.Post{From: ada, To: "talk@gardeners.example", Subject: fmt.Sprint("Beans ", i, v.Now.Unix()), Body: fmt.Sprint("They climb. ", i, v.Now.Unix())})
		var asked mailroomtest.Arrived
		for _, a := range mailroomtest.To(v.Deliver(), mira) {
			if strings.HasPrefix(a.Subject(), "[held]") {
				asked = a
			}
		}
		v.MustSend(mailroomtest.Answer(mira, asked, map[bool]string{true: "NO", false: "OK"}[i < refused]))
		all = v.Deliver()
		v.Now = v.Now.Add(3 * time.Hour)
	}
	return all
}

// proposing is a town in which something is proposed about how much waits, with the state of the community as each manager gets it.
func proposing(t *testing.T, refused int) (v town, states []mailroomtest.Arrived) {
	t.Helper()
	v = young(t, lists.Growing)
	v.decided(48, refused)
	return v, v.state()
}

// young is a town to whose list, of this stage, Ada is new.
func young(t *testing.T, stage lists.Stage) town {
	t.Helper()
	v := newTown(t)
	v.Talk.PostsPerHour, v.Talk.Stage = 0, stage
	v.C.Duty.Due, v.C.Duty.Urgent = 1000, 1000
	v.Update(func(tx *db.Tx) error {
		if err := lists.SaveCommunity(tx, v.C); err != nil {
			return err
		}
		return lists.SaveList(tx, v.Talk)
	})
	v.Add(v.C, ada, "Ada Obi", lists.RoleMember, v.Talk)
	return v
}

// state sends the state of the community.
func (v town) state() []mailroomtest.Arrived {
	v.T.Helper()
	v.Deliver()
	v.Update(func(tx *db.Tx) error { return v.Box.TellState(tx, v.C) })
	return v.Deliver()
}

// stage is how far the list has come.
func (v town) stage() (s lists.Stage) {
	v.T.Helper()
	v.View(func(tx *db.Tx) error {
		l, err := lists.ListByID(tx, v.Talk.ID)
		s = l.Stage
		return err
	})
	return s
}

// signedIn is somebody's answer to a mail, sent with a login.
func signedIn(who string, a mailroomtest.Arrived, words string) mailroomtest.Post {
	p := mailroomtest.Answer(who, a, words)
	p.Login = mailroomtest.Addr(who)
	return p
}

// answers has somebody answer a mail, and gives the one that they get for it.
func (v town) answers(who string, a mailroomtest.Arrived, words string) string {
	v.T.Helper()
	v.MustSend(signedIn(who, a, words))
	return strings.Join(strings.Fields(v.One(v.Deliver(), who).Text()), " ")
}

// C4: the state of the community proposes to hold less, or more, and one word in answer to it does so; whoever answers later hears who has decided.
func TestEaseInAnswerToTheState(t *testing.T) {
	for word, want := range map[string]struct {
		refused int
		stage   lists.Stage
		done    string
	}{
		"RELAX":   {0, lists.Rooted, "Fewer posts of new members wait on Garden talk now; its stage is rooted."},
		"TIGHTEN": {12, lists.Founding, "More posts of new members wait on Garden talk now; its stage is founding."},
	} {
		t.Run(word, func(t *testing.T) {
			v, states := proposing(t, want.refused)
			mine, theirs := v.One(states, mira), v.One(states, theo)
			if !strings.Contains(mine.Text(), word) || !strings.Contains(theirs.Text(), word) {
				t.Fatalf("it is not proposed:\n%s", mine.Text())
			}
			if got := v.answers(mira, mine, strings.ToLower(word)+".\n\nMira Lowe"); !strings.Contains(got, want.done) || v.stage() != want.stage {
				t.Errorf("%s: %s", v.stage(), got)
			}
			if got := v.answers(theo, theirs, word); !strings.Contains(got, "already decided by Mira: "+word+" was done on Garden talk") || v.stage() != want.stage {
				t.Errorf("%s: %s", v.stage(), got)
			}
			if got := v.answers(mira, mine, word+" talk"); !strings.Contains(got, "already decided by you") {
				t.Errorf("twice: %s", got)
			}
		})
	}
}

// What was kept as it is stays so for whoever answers the report later.
func TestEaseThatWasKept(t *testing.T) {
	v := young(t, lists.Growing)
	var asked mailroomtest.Arrived
	for _, a := range mailroomtest.To(v.decided(48, 0), theo) {
		if strings.Contains(a.Subject(), "What waits on") {
			asked = a
		}
	}
	states := v.state()
	v.answers(theo, asked, "NO")
	if got := v.answers(mira, v.One(states, mira), "RELAX"); !strings.Contains(got, "already decided by Theo: on Garden talk all stays as it was.") || v.stage() != lists.Growing {
		t.Errorf("%s: %s", v.stage(), got)
	}
}

// Product.md 0.1 for both mails that propose RELAX, the question and the state of the community: each is the one-time word about a setting, so a
// verified sender does it, by SPF alone too, and whoever is not sure is refused, not asked. The command by itself, in a letter that showed no
// proposal, wants a signature (lists/mailroom: TestVerificationTable).
func TestRelaxVerificationTable(t *testing.T) {
	const strict = "max@strict.example" // a manager whose domain forbids forgeries
	for _, by := range []string{"What waits on", "State of the community"} {
		for _, policies := range [][]lists.Verification{{lists.Require, lists.Confirm}, {lists.Off}} {
			v := young(t, lists.Growing)
			v.Add(v.C, strict, "Max Orr", lists.RoleManager, v.Talk)
			proposed := append(v.decided(48, 0), v.state()...)
			answered := func(who, sender string) (refused bool) {
				t.Helper()
				i := slices.IndexFunc(proposed, func(a mailroomtest.Arrived) bool { return a.To.String() == who && strings.Contains(a.Subject(), by) })
				if i < 0 {
					t.Fatalf("%s is not asked by %q: %s", who, by, mailroomtest.Subjects(proposed))
				}
				p := mailroomtest.Answer(who, proposed[i], "RELAX")
				p.Sender = sender
				_, err := v.Send(p)
				return err != nil
			}
			for _, policy := range policies {
				v.Room.Policy = policy
				want := map[bool]lists.Stage{true: lists.Rooted, false: lists.Growing}[policy == lists.Off]
				for _, doubtful := range []string{strict, mira} { // none, then weak
					if refused := answered(doubtful, "relay@silent.example"); refused == (policy == lists.Off) || v.stage() != want || refused && len(v.Deliver()) > 0 {
						t.Errorf("%s, verification %s, in the name of %s: refused %t, and the list is %s", by, policy, doubtful, refused, v.stage())
					}
				}
			}
			if refused := answered(mira, ""); refused || v.stage() != lists.Rooted {
				t.Errorf("%s, verification %s, by SPF alone: refused %t, and the list is %s", by, policies, refused, v.stage())
			}
		}
	}
}

// No robot, no forger, no colleague with another's mail, nobody who manages no more, and no word beside the one relaxes anything.
func TestNobodyElseRelaxes(t *testing.T) {
	v, states := proposing(t, 0)
	mine := v.One(states, mira)
	change := func(how func(p *mailroomtest.Post)) mailroomtest.Post {
		p := signedIn(mira, mine, "RELAX")
		how(&p)
		return p
	}
	bad := map[string]mailroomtest.Post{
		"a stranger": mailroomtest.Answer("eve@evil.example", mine, "RELAX"), "a colleague": signedIn(theo, mine, "RELAX"), "a member": signedIn(dana, mine, "RELAX"),
		"nobody vouches":    change(func(p *mailroomtest.Post) { p.Login, p.Sender = letter.Address{}, "sil@silent.example" }),
		"a bounce":          change(func(p *mailroomtest.Post) { p.Null = true }),
		"a vacation robot":  change(func(p *mailroomtest.Post) { p.Header += "Auto-Submitted: auto-replied\r\n" }),
		"an older robot":    change(func(p *mailroomtest.Post) { p.Header += "Precedence: auto_reply\r\nX-Autoreply: yes\r\n" }),
		"a guessed address": {From: mira, To: "note+" + strings.Repeat("0", 26) + "@gardeners.example", Subject: "Re: " + mine.Subject(), Body: "RELAX"},
		"a question":        signedIn(mira, mine, "Relax? Why should we?"),
		"quoted only":       signedIn(mira, mine, "Let us talk about it.\n\n> RELAX"),
	}
	for name, p := range bad {
		_, _ = v.Send(p)
		for _, a := range v.Deliver() {
			if text := strings.ToLower(a.Text()); a.To.String() != mira || !strings.Contains(text, "nothing") && !strings.Contains(text, "nobody") {
				t.Errorf("%s: %s got %q:\n%s", name, a.To, a.Subject(), a.Text())
			}
		}
		if v.stage() != lists.Growing {
			t.Fatalf("%s relaxes", name)
		}
	}
	m := v.Member(mira)
	m.Role = lists.RoleMember
	v.Update(func(tx *db.Tx) error { return lists.SaveMember(tx, m) })
	if _, err := v.Send(signedIn(mira, mine, "RELAX")); err == nil || v.stage() != lists.Growing {
		t.Errorf("who manages no more relaxes: %v", err)
	}
}

// A report is about what it shows: its word does not agree to what was proposed later, nor to what the newest posts do not bear out any more; and a
// very old one does nothing.
func TestAStaleReportRelaxesNothing(t *testing.T) {
	v := young(t, lists.Founding)
	v.decided(48, 0)
	states := v.state()
	old, older := v.One(states, mira), v.One(states, theo)
	v.answers(mira, old, "RELAX")
	v.decided(48, 0)
	if v.stage() != lists.Growing {
		t.Fatalf("stage %s", v.stage())
	}
	if got := v.answers(theo, older, "RELAX"); !strings.Contains(got, "proposed since the mail that you answer") || v.stage() != lists.Growing {
		t.Errorf("%s: %s", v.stage(), got)
	}
	fresh := v.One(v.state(), theo)
	v.decided(12, 12)
	if got := v.answers(theo, fresh, "RELAX"); !strings.Contains(got, "Nothing is proposed now that RELAX would do") || v.stage() != lists.Growing {
		t.Errorf("%s: %s", v.stage(), got)
	}
	v.Now = v.Now.AddDate(0, 0, 61)
	if _, err := v.Send(signedIn(theo, fresh, "RELAX")); err == nil || v.stage() != lists.Growing {
		t.Errorf("after two months: %v", err)
	}
}

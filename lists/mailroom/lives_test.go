package mailroom_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/templates/refusal"
)

// lives plays a story in which our rooms hand out every sort of address that they have, and gives the doors of Dana and Mira by what stands in
// front of them.
func lives(t *testing.T) (v *mailroomtest.Village, doors map[string]string) {
	t.Helper()
	v = mailroomtest.New(t)
	doors = map[string]string{}
	keep := func(name string, a mailroomtest.Arrived) { doors[name] = a.ReplyTo()[0].Address.String() }
	v.MustSend(mailroomtest.Post{From: "dana@north.example", To: "managers@gardeners.example", Subject: "Hm", Body: "May I ask something?"})
	all := v.Deliver()
	keep("private, member", v.One(all, "dana@north.example"))
	notice := v.One(all, "mira@lowe.example")
	keep("private, manager", notice)
	v.MustSend(mailroomtest.Answer("theo@brandt.example", v.One(all, "theo@brandt.example"), "/note She asked before."))
	keep("note", v.One(v.Deliver(), "mira@lowe.example"))
	v.MustSend(mailroomtest.Answer("mira@lowe.example", notice, "Theo, can you?"))
	keep("confirm, a returned answer", v.One(v.Deliver(), "mira@lowe.example"))
	v.MustSend(mailroomtest.Post{From: "sil@silent.example", To: talk, Subject: "Peas", Body: "They climb."})
	keep("confirm, a weak post", v.One(v.Deliver(), "sil@silent.example"))
	v.MustSend(mailroomtest.Post{From: "dana@north.example", To: "help@gardeners.example", Subject: "forget me"})
	keep("confirm, a wish", v.One(v.Deliver(), "dana@north.example"))
	v.Add(v.C, "new@south.example", "Nora New", lists.RoleMember, v.Talk)
	v.Update(func(tx *db.Tx) error {
		m := v.Member("new@south.example")
		m.Trust = lists.New
		return lists.SaveMember(tx, m)
	})
	v.MustSend(mailroomtest.Post{From: "new@south.example", To: talk, Subject: "Hello", Body: "I am new."})
	keep("vote, a held post", mailroomtest.To(v.Deliver(), "mira@lowe.example")[0])
	v.MustSend(mailroomtest.Post{From: "bill@south.example", To: talk, Subject: "Beans", Body: "They climb."})
	copied := v.One(v.Deliver(), "dana@north.example")
	leave, _, _ := strings.Cut(strings.TrimPrefix(copied.Get("List-Unsubscribe"), "<mailto:"), "?")
	doors["leave"] = strings.TrimSuffix(leave, ">")
	doors["bounce"] = copied.From.String()
	return v, doors
}

// product.md 0.2: how long each address lives that is handed out. One that lives for another time, or of a sort that is not in this table,
// fails. The digest's own stand in its room's test.
func TestTokenLives(t *testing.T) {
	v, _ := lives(t)
	want := map[string]int{ // days
		"private backchannel member": 180, "private backchannel manager": 180, "note backchannel note": 180, // with the conversation
		"confirm backchannel held": 28, "confirm moderation author": 28, "vote moderation manager": 28, // 14 for the word, 14 more for the answer that it is too late
		"confirm membership join": 14,
		"leave membership list":   400, "bounce bounces member": 400,
	}
	seen := map[string]bool{}
	v.View(func(tx *db.Tx) error {
		rows, err := db.Select(tx, func(r db.Scanner) (s [2]string, err error) { return s, r.Scan(&s[0], &s[1]) },
			`SELECT kind || ' ' || receiver || ' ' || substr(object, 1, instr(object || ':', ':') - 1), CAST(round((expires - created) / 86400e6) AS INTEGER) FROM address_token`)
		for _, row := range rows {
			seen[row[0]] = true
			if got := fmt.Sprint(want[row[0]]); got != row[1] {
				t.Errorf("%s lives %s days, want %s", row[0], row[1], got)
			}
		}
		return err
	})
	for name := range want {
		if !seen[name] {
			t.Errorf("no %s was handed out", name)
		}
	}
}

// What an address answers that has expired: never a silence, nothing public, and to whoever is not its owner what an address says that does
// not exist. A year and more later; the last day is another test's.
func TestTokensThatAreOver(t *testing.T) {
	const tooLate, nobody = "too late", "no such address"
	for name, want := range map[string]struct{ owner, weak, others string }{
		"private, member":            {"Only the managers got this", tooLate, nobody},
		"private, manager":           {"This address has expired", "", nobody},
		"note":                       {"has expired", "", nobody},
		"confirm, a returned answer": {tooLate, tooLate, nobody},
		"confirm, a weak post":       {tooLate, tooLate, nobody},
		"confirm, a wish":            {tooLate, tooLate, nobody},
		"vote, a held post":          {tooLate, "cannot be sure that this answer comes from you", nobody},
		"leave":                      {"Done: you get no more posts", "Is this what you want?", nobody},
	} {
		t.Run(name, func(t *testing.T) {
			for who, says := range map[string]string{"owner": want.owner, "weak": want.weak, "others": want.others} {
				v, doors := lives(t)
				v.Now = v.Now.AddDate(0, 0, 401)
				from := "dana@north.example"
				if strings.HasPrefix(name, "note") || strings.HasPrefix(name, "vote") || strings.Contains(name, "manager") || strings.Contains(name, "returned") {
					from = "mira@lowe.example"
				}
				if name == "confirm, a weak post" {
					from = "sil@silent.example"
				}
				p := mailroomtest.Post{From: from, To: doors[name], Subject: "Re: x", Body: "YES"}
				switch who {
				case "weak":
					p.Sender = "relay@silent.example"
				case "others":
					p.From = "eve@evil.example"
				}
				_, err := v.Send(p)
				all := v.Deliver()
				if len(mailroomtest.To(all, "alison@east.example")) > 0 {
					t.Errorf("%s: something was published:\n%s", who, mailroomtest.Subjects(all))
				}
				switch r, refused := refusal.As(err); {
				case says == nobody && (refusal.KindOf(err) != refusal.NoSuchAddress || len(all) > 0):
					t.Errorf("%s: %v, and wrote\n%s", who, err, mailroomtest.Subjects(all))
				case says == tooLate && (!refused || !strings.Contains(r.Sentence, "until") && !strings.Contains(r.Sentence, "ended on")):
					t.Errorf("%s: %v, and wrote\n%s", who, err, mailroomtest.Subjects(all))
				case says == nobody || says == tooLate:
				case err != nil:
					if !refused || !strings.Contains(r.Sentence, says) {
						t.Errorf("%s: %v", who, err)
					}
				default:
					told := mailroomtest.To(all, from)
					if len(told) == 0 || says != "" && !strings.Contains(strings.Join(strings.Fields(told[len(told)-1].Text()), " "), says) {
						t.Errorf("%s: told\n%s", who, mailroomtest.Subjects(all))
						for _, a := range told {
							t.Log(a.Text())
						}
					}
				}
			}
		})
	}
}

// A confirmation is over on its fifteenth day, and says so with the date.
func TestTheDayAfter(t *testing.T) {
	v, doors := lives(t)
	last := v.Now.AddDate(0, 0, 14)
	v.Now = last
	_, err := v.Send(mailroomtest.Post{From: "dana@north.example", To: doors["confirm, a wish"], Subject: "x", Body: "NO"})
	if r, ok := refusal.As(err); !ok || r.Kind != refusal.NotAllowed || !strings.Contains(r.Sentence, "ended on "+last.Format("2 January 2006")) || !strings.Contains(r.Sentence, "managers@gardeners.example") {
		t.Errorf("%v", err)
	}
	v.Now = last.Add(-time.Minute)
	v.MustSend(mailroomtest.Post{From: "dana@north.example", To: doors["confirm, a wish"], Subject: "x", Body: "NO"})
}

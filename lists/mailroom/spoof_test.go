package mailroom_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/mailroom/mailroomtest"
)

// spoofed makes a thousand letters as strangers forge them: every author that might impress us, every address of ours, every trick
// in the envelope and the header. None of them comes from a host that may send for its author.
func spoofed(v *mailroomtest.Village) []mailroomtest.Post {
	const stranger, host = "victim@third.example", "x@silent.example"
	guess := strings.Repeat("7", 26)
	authors := []string{
		"Bill Tan <bill@south.example>", "dana@north.example", "Sil <sil@silent.example>", "Sam <sam@strict.example>", // members
		"Mira Lowe <mira@lowe.example>", "theo@brandt.example", // managers
		"talk@gardeners.example", "managers@gardeners.example", "postmaster@gardeners.example", "confirm+" + guess + "@gardeners.example", // we
		stranger, `"mira@lowe.example" <victim@third.example>`, "victim@strict.example", "bill@south.example, victim@third.example", "", // others
	}
	targets := []string{
		talk, "jobs@gardeners.example", "managers@gardeners.example", "owner@gardeners.example", "talk-owner@gardeners.example",
		"postmaster@gardeners.example", "abuse@gardeners.example", "join@gardeners.example", "leave@gardeners.example", "talk-leave@gardeners.example",
		"talk-join@gardeners.example", "talk-subscribe@gardeners.example", "talk-request@gardeners.example", "help@gardeners.example", "oops@gardeners.example",
		"weekly@gardeners.example", "each@gardeners.example", "nodigest@gardeners.example", "digest@gardeners.example", "anon@gardeners.example",
		"report@gardeners.example", "ombuds@gardeners.example", "fbl@gardeners.example", "dmarc-reports@gardeners.example", "tls-reports@gardeners.example",
	}
	for _, kind := range []address.Kind{address.Private, address.Everyone, address.Note, address.Confirm, address.Vote, address.Send, address.DigestOff, address.Bounce, address.Leave} {
		targets = append(targets, string(kind)+"+"+guess+"@gardeners.example")
	}
	tricks := []mailroomtest.Post{
		{Subject: "Hello", Body: "Please answer me.", Header: "Reply-To: " + stranger + "\r\n"},
		{Subject: "join", Body: "join\nsubscribe " + stranger, Header: "Sender: mira@lowe.example\r\n"},
		{Subject: "Undelivered Mail Returned to Sender", Body: "The mail could not be delivered.", Null: true},
		{Subject: "Out of office", Body: "I am away.", Header: "Auto-Submitted: auto-replied\r\n"},
		{Subject: "leave", Body: "YES\nOK\nSEND\nleave", Header: "Disposition-Notification-To: " + stranger + "\r\nReturn-Receipt-To: " + stranger + "\r\nErrors-To: " + stranger + "\r\n"},
		{Subject: "Re: Was this you?", Body: "YES", Header: "In-Reply-To: <x@gardeners.example>\r\nReferences: <x@gardeners.example>\r\nMail-Followup-To: " + stranger + "\r\n"},
	}
	var all []mailroomtest.Post
	dice := rand.New(rand.NewPCG(1, 2))
	for i := range 1000 {
		p := tricks[dice.IntN(len(tricks))]
		p.From, p.To = authors[dice.IntN(len(authors))], targets[dice.IntN(len(targets))]
		p.Body += fmt.Sprintf("\n%d", i)
		switch {
		case p.Null:
		case dice.IntN(3) == 0:
			p.Sender = stranger // backscatter would go there
		default:
			p.Sender = host
		}
		all = append(all, p)
	}
	return all
}

// outsideZone is the DNS as it looks from a stranger's host: it may send for nobody.
type outsideZone struct{ signingZone }

func (z outsideZone) LookupTXT(ctx context.Context, name string) ([]string, error) {
	switch name = strings.TrimSuffix(name, "."); {
	case name == "_dmarc.strict.example":
		return []string{"v=DMARC1; p=reject"}, nil
	case strings.HasPrefix(name, "_"), strings.HasSuffix(name, "silent.example"):
		return z.signingZone.LookupTXT(ctx, name)
	}
	return []string{"v=spf1 ip4:198.51.100.1 -all"}, nil
}

// Promise 5, P16, C8, D3: a thousand spoofed letters of one day make us write to nobody but the managers, and to a member only where the
// member's own domain lets itself be forged: three times for each thing that is asked or told. Nothing is posted, decided or changed.
func TestAThousandSpoofedLetters(t *testing.T) {
	for policy, questions := range map[lists.Verification]bool{lists.Require: false, lists.Confirm: true} {
		t.Run(string(policy), func(t *testing.T) {
			v := mailroomtest.New(t)
			v.T = t
			v.Room.Resolver, v.Room.Policy = outsideZone{}, policy
			v.Add(v.C, "sam@strict.example", "Sam", lists.RoleMember, v.Talk)
			copies := map[string]map[string]int{} // of a receiver, by what it is
			for i, p := range spoofed(v) {
				_, _ = v.Send(p)
				if i%100 == 99 {
					for _, a := range v.Deliver() {
						if copies[a.To.String()] == nil {
							copies[a.To.String()] = map[string]int{}
						}
						what, _, _ := strings.Cut(a.Subject(), "?")
						copies[a.To.String()][what]++
					}
					v.Pass(time.Minute)
				}
			}
			asked := 0
			for who, kinds := range copies {
				switch who {
				case "mira@lowe.example", "theo@brandt.example":
				case "bill@south.example", "dana@north.example", "sil@silent.example":
					for what, n := range kinds {
						if asked++; n > 3 {
							t.Errorf("%s: %q %d times in a day", who, what, n)
						}
					}
				default:
					t.Errorf("wrote to %s: %v", who, kinds)
				}
			}
			posts := 0
			for _, kinds := range copies {
				posts += kinds["Was this you"]
			}
			if (posts > 0) != questions {
				t.Errorf("%d questions about posts", posts)
			}
			for _, m := range []string{"bill@south.example", "dana@north.example", "sil@silent.example", "sam@strict.example", "mira@lowe.example"} {
				if v.Member(m).State != lists.Active {
					t.Errorf("%s is %s", m, v.Member(m).State)
				}
			}
		})
	}
}

package moderation_test

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

// markedPrivate are letters that anybody would call private, as they go to a list by mistake: each answer to each of our private letters by
// each way in which mail programs answer, and letters that say so themselves in twelve languages.
func markedPrivate(v *village) []post {
	v.MustSend(post{From: dana, To: managers, Subject: "PR person", Body: "May she join?"})
	first := v.Deliver()
	ack, notice := v.One(first, dana), v.One(first, mira)
	v.MustSend(answer(mira, notice, "She may, between you and me."))
	second := v.Deliver()
	reply, colleague := v.One(second, dana), v.One(second, theo)
	v.MustSend(answer(theo, colleague, "/note Careful with her."))
	note := v.One(to(v.Deliver(), mira), mira)
	var all []post
	for _, a := range []struct {
		who string
		of  arrived
	}{{dana, ack}, {mira, notice}, {dana, reply}, {theo, colleague}, {mira, note}} {
		ids, text := "<"+string(a.of.MessageID())+">", strings.TrimSpace(a.of.Text())
		quoted := "> " + strings.ReplaceAll(text, "\n", "\n> ")
		subject := "Re: " + a.of.Subject()
		all = append(all,
			post{From: a.who, Subject: subject, Header: "In-Reply-To: " + ids + "\r\nReferences: " + ids + "\r\n", Body: "Thank you.\n\n" + quoted},
			post{From: a.who, Subject: "Re: PR person", Header: "In-Reply-To: " + ids + "\r\n", Body: "Thank you."},                                // no quote, no mark
			post{From: a.who, Subject: subject, Body: "Thank you."},                                                                                // a program that gives no ids
			post{From: a.who, Subject: "thanks", Body: "Thank you.\n\n" + quoted},                                                                  // pasted
			post{From: a.who, Subject: "thanks", Body: "Thank you.\n\n" + text},                                                                    // pasted without quote signs
			post{From: a.who, Subject: "Fwd: x", Body: "Look:\n\n-------- Forwarded Message --------\nSubject: " + a.of.Subject() + "\n\n" + text}, // passed on
			post{From: a.who, Subject: "x", Header: "X-Forwarded-Message-Id: " + ids + "\r\n", Body: "See above."},
			post{From: a.who, Subject: "hello", Header: "References: " + ids + " <other@client.example>\r\n", Body: "Thank you."},
			post{From: a.who, Subject: "hello", Header: "Cc: managers@gardeners.example\r\n", Body: "Thank you."},
		)
	}
	for _, text := range []string{
		"Dear managers, this is between us.", "Hi Mira,\n\nplease don't share this.", "Moderators: off the record, please.", "Liebe Mira, das bleibt unter uns.",
		"An die Verwalter: bitte vertraulich.", "Chère Mira, entre nous.", "Aux modérateurs : ne pas partager.", "Estimados moderadores: esto es confidencial.",
		"Cari moderatori, tra noi.", "Beste beheerders, onder ons.", "Kära moderatorer, mellan oss.", "Модераторы, между нами.", "Drodzy moderatorzy, poufne.",
		"管理者様、内密にお願いします。", "版主，请勿转发。", "관리자님, 우리끼리만.", "Milí moderátoři, mezi námi.", "Caros gestores, em particular.",
		"/note She is difficult.", "/close p", " ／Note wide", "/mine\nYes, do.", "/public", "/ give theo",
	} {
		all = append(all, post{From: dana, Subject: "Hello", Body: text})
	}
	return append(all,
		post{From: bill, Subject: "Re: Sponsors, 3 unanswered - Gardeners, 12 June", Body: "I would rather not say that to all."},
		post{From: bill, Subject: "AW: Seeds - Gardeners, 3 July", Body: "Hm."},
	)
}

// Every private letter that goes to a list by mistake is held, and not a byte of it reaches anybody but its author (I6, R1, LP1).
func TestMarkedPrivateMailIsHeld(t *testing.T) {
	v := mailroomtest.New(t)
	all := markedPrivate(v)
	for i, p := range all {
		v.Pass(25 * time.Hour)
		p.To = talk
		if strings.Contains(p.Header, "Cc:") {
			p.Body += fmt.Sprint(i)
		}
		v.MustSend(p)
		got := slices.DeleteFunc(v.Deliver(), func(a arrived) bool { return strings.HasPrefix(a.Subject(), "[BC ") }) // an answer whose time is over
		for _, a := range got {
			if a.To.String() != p.From || !strings.HasPrefix(a.Subject(), "Not sent yet: ") {
				t.Errorf("letter %d %q %q: %s got %q", i, p.Subject, p.Body, a.To, a.Subject())
			}
		}
		if len(got) == 0 {
			t.Errorf("letter %d %q %q: nobody was asked", i, p.Subject, p.Body)
			continue
		}
		v.MustSend(answer(p.From, got[len(got)-1], "DROP"))
		v.Deliver()
	}
	t.Logf("%d marked letters, all held", len(all))
}

// W8: PUBLIC is none of the words for a letter with a slash in front.
func TestSlashIsNeverPublic(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: mira, To: talk, Subject: "Re: x", Body: "/note zzsecret"})
	q := v.One(v.Deliver(), mira)
	says(t, q, `It begins with "/note zzsecret".`, "it is never posted")
	for _, word := range []string{"PUBLIC", "NAMED", "YES"} {
		v.MustSend(answer(mira, q, word))
		nothing(t, v.Deliver(), bill)
	}
	v.MustSend(answer(mira, q, "PRIVATE"))
	all := v.Deliver()
	nothing(t, all, bill)
	says(t, v.One(to(all, theo), theo), "zzsecret")
}

// What a letter quotes of private mail stays behind when its author says PUBLIC: token, mark and words (G4).
func TestPublicLeavesQuotesBehind(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: dana, To: managers, Subject: "PR person", Body: "zzprivate: may she join?"})
	ack := v.One(to(v.Deliver(), dana), dana)
	door := ack.ReplyTo()[0].Address.String()
	p := answer("Dana Reyes <"+dana+">", ack, "I ask everyone, then.\nWrite to "+door+" or say [private K7QX].")
	p.To, p.Header = talk, p.Header+mixed
	p.Body = part("text/plain", p.Body) + part("image/png; name=plan.png\nContent-Transfer-Encoding: base64", "iVBORw0KGgo=") + part("message/rfc822", "Subject: x\n\nzzinner "+door) + "--b--"
	v.MustSend(p)
	q := v.One(v.Deliver(), dana)
	v.MustSend(answer(dana, q, "PUBLIC"))
	got := v.One(to(v.Deliver(), bill), bill)
	says(t, got, "I ask everyone, then.")
	for _, w := range []string{"zzprivate", "zzinner", strings.Split(door, "@")[0], "K7QX", "Only the managers", string(ack.MessageID())} {
		if strings.Contains(string(got.Raw()), w) || strings.Contains(got.Text(), w) {
			t.Errorf("%q became public:\n%s", w, got.Raw())
		}
	}
	if len(got.Attachments()) != 1 {
		t.Errorf("attached: %+v", got.Attachments())
	}
}

// What the guard gave back is private still: copied to the list in a mail that answers nothing it is asked about again, and so is the page of
// somebody's settings (W3).
func TestWhatIsGivenBackIsPrivate(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(post{From: dana, To: talk, Subject: "x", Body: "Dear managers, between us: zzprivate."})
	back := v.One(v.Deliver(), dana)
	says(t, back, "Not sent yet", "zzprivate")
	v.MustSend(post{From: dana, To: "talk-request@gardeners.example", Subject: "settings"})
	page := v.One(v.Deliver(), dana)
	for _, a := range []arrived{back, page} {
		v.MustSend(post{From: dana, To: talk, Subject: "Look", Body: "What do they want?\n\n" + a.Text()})
		all := v.Deliver()
		if len(all) != 1 {
			t.Fatalf("posted:\n%s", mailroomtest.Subjects(all))
		}
		says(t, v.One(all, dana), "Not sent yet", "It holds something from a private letter")
	}
}

// The same when somebody else still has to look at it: managers who read new members first, or a calmer hour. Neither they nor the list see
// more than their author was told, the subject of the private letter included.
func TestPublicThatWaitsLeavesQuotesBehind(t *testing.T) {
	for name, wait := range map[string]func(v *village){
		"new": func(v *village) { set(v, dana, func(m *lists.Member) { m.Trust = 0 }) },
		"cool": func(v *village) {
			v.Update(func(tx *db.Tx) error { return v.Desk.Calm(tx, v.Talk, 0, true, 2*time.Hour, 0) })
		},
		"free": func(v *village) {},
		"mark": func(v *village) {}, // a program that does not say what it answers: its subject tells
	} {
		t.Run(name, func(t *testing.T) {
			v := mailroomtest.New(t)
			v.MustSend(post{From: dana, To: managers, Subject: "PR person", Body: "zzprivate: may she join?"})
			ack := v.One(to(v.Deliver(), dana), dana)
			door := ack.ReplyTo()[0].Address.String()
			wait(v)
			p := answer("Dana Reyes <"+dana+">", ack, "I ask everyone, then.")
			p.To, p.Header = talk, p.Header+"Thread-Topic: PR person\r\n"
			if name == "mark" {
				p.Header = ""
			}
			v.MustSend(p)
			q := v.One(v.Deliver(), dana)
			says(t, q, "that letter's subject is left out")
			v.MustSend(answer(dana, q, "PUBLIC"))
			all := v.Deliver()
			hidden := []string{"zzprivate", strings.Split(door, "@")[0], "[private]", lists.Watermark(ack.Text()), "Only the managers", string(ack.MessageID()), "PR person"}
			look := func(all []arrived) {
				t.Helper()
				for _, a := range all {
					unmarked := strings.NewReplacer("[private ----]", "") // stands below all that is for managers
					for _, w := range hidden {
						if a.To.String() != dana && (strings.Contains(unmarked.Replace(string(a.Raw())), w) || strings.Contains(unmarked.Replace(a.Text()), w) || strings.Contains(a.Subject(), w)) {
							t.Errorf("%q reached %s:\n%s", w, a.To, a.Raw())
						}
					}
				}
			}
			look(all)
			switch name {
			case "new":
				v.MustSend(answer(mira, held(t, all, mira), "OK"))
				all = v.Deliver()
			case "cool":
				v.Pass(3 * time.Hour)
				asked := v.One(to(v.Deliver(), dana), dana)
				v.MustSend(answer(dana, asked, "PUBLIC"))
				all = v.Deliver()
			}
			look(all)
			got := v.One(to(all, bill), bill)
			says(t, got, "I ask everyone, then.")
			if got.Subject() != "I ask everyone, then." {
				t.Errorf("its subject is %q", got.Subject())
			}
		})
	}
}

// hidden is who has a post without their name.
type hidden struct {
	author lists.MemberID
	posted []string
}

func (h *hidden) HidesIn(_ *db.Tx, _ lists.List, m lists.MemberID, thread []letter.MessageID) (bool, error) {
	return m == h.author && len(thread) > 0, nil
}

func (h *hidden) AskUnnamed(_ *db.Tx, _ *lists.Incoming, _ lists.List, post *letter.Letter) error {
	h.posted = append(h.posted, post.NewText().Text)
	return nil
}

// W7: who has a post without their name in a thread is asked before they speak there under it.
func TestOwnNameInOwnThread(t *testing.T) {
	v := mailroomtest.New(t)
	h := &hidden{author: v.Member(dana).ID}
	v.Desk.Hidden = h
	write := func(who string) []arrived {
		v.Pass(25 * time.Hour)
		v.MustSend(post{From: who, To: talk, Subject: "Re: Can a PR person join?", Body: "Thank you all.", Header: "In-Reply-To: <unnamed@gardeners.example>\r\n"})
		return v.Deliver()
	}
	if len(to(write(bill), alison)) != 1 {
		t.Error("somebody else was stopped")
	}
	for word, want := range map[string]string{"NAMED": "posted", "ANON": "unnamed", "PUBLIC": "asked", "DROP": "gone", "PRIVATE": "managers"} {
		h.posted = nil
		all := write(dana)
		q := v.One(all, dana)
		says(t, q, "there is a post of yours that does not bear your name", "ANON post it without your name")
		v.MustSend(answer(dana, q, word))
		all = v.Deliver()
		if named := len(to(all, bill)) == 1; named != (want == "posted") {
			t.Errorf("%s: posted under the name: %v", word, named)
		}
		if unnamed := len(h.posted) == 1; unnamed != (want == "unnamed") {
			t.Errorf("%s: posted without: %v", word, unnamed)
		}
		if asked := len(waiting(v)) == 1; asked != (want == "asked") {
			t.Errorf("%s: waits: %v", word, asked)
		}
		if want == "asked" {
			v.MustSend(answer(dana, q, "DROP"))
			v.Deliver()
		}
	}
	v.Pass(time.Hour)
	v.MustSend(post{From: dana, To: talk, Subject: "Another thread", Body: "Hello."})
	if len(to(v.Deliver(), bill)) != 1 {
		t.Error("another thread was stopped")
	}
}

package backchannel_test

import (
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
)

// dot is the smallest PNG there is.
const dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="

// A letter that is a picture and no words is a letter: what comes after it in its conversation is brought, held, answered and shown to
// others as ever.
func TestALetterWithoutWords(t *testing.T) {
	v := mailroomtest.New(t)
	shot := "MIME-Version: 1.0\r\nContent-Type: image/png; name=gate.png\r\nContent-Transfer-Encoding: base64\r\n"
	v.MustSend(post{From: dana, To: managers, Subject: "The gate", Body: dot, Header: shot})
	all := v.Deliver()
	first, theirs, ack := v.One(all, mira), v.One(all, theo), v.One(all, dana)
	v.MustSend(answer(dana, ack, "It is broken, as you see."))
	all = v.Deliver()
	says(t, v.One(all, mira), "It is broken, as you see.", "wrote before: | (no words)")
	next := answer(dana, ack, "")
	next.Body, next.Header = dot, shot
	v.MustSend(next)
	v.Deliver()
	v.MustSend(answer(theo, theirs, "/note she is right"))
	v.Deliver()
	v.MustSend(answer(mira, first, "We look at it."))
	back := v.One(to(v.Deliver(), mira), mira)
	says(t, back, "she is right")
	v.MustSend(answer(mira, back, "SEND"))
	says(t, v.One(to(v.Deliver(), dana), dana), "We look at it.")
	v.MustSend(answer(mira, first, "/exclude theo"))
	v.Deliver()
	v.MustSend(answer(mira, first, "/include theo"))
	says(t, v.One(to(v.Deliver(), theo), theo), "(no words)", "gate.png")
}

// Every private door takes a picture without words, once and again, and so do answers and notes.
func TestPicturesAlone(t *testing.T) {
	shot := "MIME-Version: 1.0\r\nContent-Type: image/png; name=gate.png\r\nContent-Transfer-Encoding: base64\r\n"
	for _, door := range []string{managers, "anon@gardeners.example", "report@gardeners.example", "ombuds@gardeners.example"} {
		t.Run(door, func(t *testing.T) {
			v := mailroomtest.New(t)
			v.Update(func(tx *db.Tx) error {
				v.C.Ombuds = mailroomtest.Addr("sand@ombuds.example")
				return lists.SaveCommunity(tx, v.C)
			})
			for _, name := range []string{"ida", "olaf", "uwe", "zoe"} {
				v.Add(v.C, name+"@north.example", strings.ToUpper(name), lists.RoleMember)
			}
			send := func(p post) {
				t.Helper()
				p.Body, p.Header = dot, shot
				v.MustSend(p)
			}
			send(post{From: dana, To: door, Subject: "The gate"})
			for _, word := range []string{"YES", ""} {
				all := v.Deliver()
				for _, who := range []string{dana, mira, theo, "sand@ombuds.example"} {
					for _, a := range to(all, who) {
						if len(a.ReplyTo()) > 0 && word == "" {
							send(answer(who, a, ""))
							send(answer(who, a, "")) // and once more
						} else if len(a.ReplyTo()) > 0 && who == dana {
							v.MustSend(answer(who, a, word))
						}
					}
				}
				v.Pass(2 * time.Hour)
			}
			v.Deliver()
		})
	}
}

package mailroom_test

import (
	"net/netip"
	"strings"
	"testing"

	"backchannel/archive/db"
	"backchannel/archive/logbook"
	"backchannel/lists/address"
	"backchannel/lists/mailroom"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/smtpd"
)

// entries are the rows about a letter.
func entries(t *testing.T, v *mailroomtest.Village, key string) (all []logbook.Entry) {
	t.Helper()
	v.View(func(tx *db.Tx) (err error) { all, err = logbook.Find(tx, key); return err })
	return all
}

// What trace tells of a session: from where, how, for whom, and who vouches; for a refused letter as well. A token is never told.
func TestTheStoryTellsOfTheSession(t *testing.T) {
	v := mailroomtest.New(t)
	v.MustSend(mailroomtest.Post{From: "bill@south.example", To: talk, Subject: "Compost", Body: "Wet.", Header: "Message-ID: <1@south.example>\r\n"})
	if got := entries(t, v, "1@south.example")[0].Detail; !strings.HasPrefix(got, "from 192.0.2.1 (client.example) by mx, without TLS, ") ||
		!strings.Contains(got, " bytes, to talk@gardeners.example; ") || !strings.Contains(got, "SPF") {
		t.Errorf("received: %s", got)
	}
	if _, err := v.Send(mailroomtest.Post{From: "eve@strict.example", To: talk, Subject: "Buy", Body: "x", Header: "Message-ID: <2@evil.example>\r\n"}); err == nil {
		t.Error("a forged letter was taken")
	}
	all := entries(t, v, "2@evil.example")
	if len(all) != 1 || all[0].Verb != logbook.Refused || !strings.HasPrefix(all[0].Detail, "no-such-address: This address takes no mail from you.") ||
		!strings.Contains(all[0].Detail, "It came from 192.0.2.1 (client.example) by mx, without TLS, ") || !strings.Contains(all[0].Detail, "strict.example") {
		t.Errorf("refused: %+v", all)
	}
	token := strings.Repeat("7", 26)
	door := v.Door(address.Private, mailroom.Backchannel, "x", "bill@south.example")
	_, _ = v.Send(mailroomtest.Post{From: "bill@south.example", To: door, Subject: "x", Body: "y", Header: "Message-ID: <3@south.example>\r\n",
		Rcpt: []string{door, "private+" + token + "@gardeners.example", "managers@gardeners.example"}})
	for _, e := range entries(t, v, "3@south.example") {
		if secret := strings.TrimSuffix(strings.TrimPrefix(door, "private+"), "@gardeners.example"); strings.Contains(e.Detail, secret) || strings.Contains(e.Detail, token) {
			t.Errorf("a token stands in the logbook: %s", e.Detail)
		}
	}
	back := v.Door(address.Bounce, mailroom.Returns, "copies", "bill@south.example") // it takes no person's letter
	v.MustSend(mailroomtest.Post{From: "bill@south.example", To: talk, Subject: "x", Body: "z", Header: "Message-ID: <4@south.example>\r\n", Rcpt: []string{talk, back}})
	said := ""
	for _, e := range entries(t, v, "4@south.example") {
		if e.Verb == logbook.Refused {
			said += e.To
		}
		if secret := strings.TrimSuffix(strings.TrimPrefix(back, "bounce+"), "@gardeners.example"); strings.Contains(e.To+e.Detail, secret) {
			t.Errorf("a token stands in the logbook: %+v", e)
		}
	}
	if said != "bounce+...@gardeners.example" {
		t.Errorf("refused for %q", said)
	}
}

// That a letter was not taken may be found by its sender's address only where all of it was for lists: who writes to the managers, behind a
// door without names or through a personal address is nobody's business (P15).
func TestWhoseRefusedLettersMayBeTold(t *testing.T) {
	v := mailroomtest.New(t)
	door := v.Door(address.Private, mailroom.Backchannel, "x", "bill@south.example")
	for to, want := range map[string]bool{
		talk: true, "jobs@gardeners.example": true, talk + " jobs@gardeners.example": true,
		"managers@gardeners.example": false, "anon@gardeners.example": false, "report@gardeners.example": false, "leave@gardeners.example": false, door: false,
		talk + " managers@gardeners.example": false, talk + " " + door: false,
	} {
		p := mailroomtest.Post{From: "eve@strict.example", To: "talk@gardeners.example", Subject: "x", Body: "y"}
		env := &smtpd.Envelope{Story: "story", Door: smtpd.MX, Remote: netip.MustParseAddr("192.0.2.1"), From: mailroomtest.Addr("eve@strict.example")}
		for _, one := range strings.Fields(to) {
			env.To = append(env.To, mailroomtest.Addr(one))
		}
		if err := v.Room.Receive(t.Context(), env, v.Bytes(p)); err == nil || env.Tellable != want {
			t.Errorf("%s: told is %v (%v)", to, env.Tellable, err)
		}
	}
}

package mailroom_test

import (
	"strings"
	"testing"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/archive/logbook"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/mailroom"
	"backchannel/templates/refusal"
)

// seen is a receiver that remembers what it was told about a letter.
type seen struct{ all []lists.Incoming }

func (s *seen) Receive(tx *db.Tx, in *lists.Incoming) error {
	s.all = append(s.all, *in)
	return logbook.Write(tx, logbook.Entry{Story: in.Story, Verb: logbook.Filed})
}

// token gives out a door of a member.
func (v *village) token(kind address.Kind, receiver, object, member string) string {
	v.t.Helper()
	var a string
	dbtest.Update(v.t, v.db, func(tx *db.Tx) error {
		m, _, err := lists.MemberByAddress(tx, v.c.ID, addr(member))
		if err != nil {
			return err
		}
		door, err := v.book.Address(tx, address.Grant{
			Kind: kind, Receiver: receiver, Community: int64(v.c.ID), Member: int64(m.ID), Object: object, Expires: tx.Now.AddDate(1, 0, 0),
		}, v.c.Domain)
		a = door.String()
		return err
	})
	return a
}

const appleMail = "Auto-Submitted: auto-replied\r\nX-Mailer: Apple Mail (2.3826)\r\n"

// A mail program that writes to a List-Unsubscribe address at the press of a button is heard there, as the person whose it is.
func TestAButtonIsHeard(t *testing.T) {
	v := newVillage(t)
	heard := &seen{}
	v.room.Register(mailroom.Membership, heard)
	for _, kind := range []address.Kind{address.Leave, address.DigestOff} {
		door := v.token(kind, mailroom.Membership, "x", "dana@north.example")
		for name, c := range map[string]struct {
			p       post
			verdict lists.Verdict
			sender  string
		}{
			"Apple Mail":           {post{from: "dana@north.example", to: door, header: appleMail}, lists.Verified, "Dana Reyes"},
			"a provider's program": {post{from: "dana@north.example", to: door, header: "Precedence: bulk\r\n"}, lists.Verified, "Dana Reyes"},
			"one nobody vouches":   {post{from: "sil@silent.example", to: door, header: appleMail}, lists.Weak, "Sil Ent"},
			"somebody else's":      {post{from: "eve@evil.example", to: door, header: appleMail}, lists.Unverified, ""},
		} {
			heard.all = nil
			v.mustSend(c.p)
			if len(heard.all) != 1 {
				t.Fatalf("%s: %s: heard %d times", kind, name, len(heard.all))
			}
			if in := heard.all[0]; !in.Robot || in.Verdict != c.verdict || in.Sender.Name != c.sender || in.Token == nil {
				t.Errorf("%s: %s: robot %v, %s from %q", kind, name, in.Robot, in.Verdict, in.Sender.Name)
			}
		}
	}
	heard.all = nil
	v.mustSend(post{from: "dana@north.example", to: v.token(address.Leave, mailroom.Membership, "x", "dana@north.example")})
	if len(heard.all) != 1 || heard.all[0].Robot {
		t.Errorf("a person's own letter: %+v", heard.all)
	}
}

// The same letters decide nothing anywhere else, and what comes from a robot of another trade is not heard at the button either.
func TestRobotsAreHeardNowhereElse(t *testing.T) {
	v := newVillage(t)
	heard := &seen{}
	for _, name := range []string{mailroom.Membership, mailroom.Moderation, mailroom.Digest, mailroom.Backchannel} {
		v.room.Register(name, heard)
	}
	dana := "dana@north.example"
	for _, to := range []string{
		"leave@gardeners.example", "talk-leave@gardeners.example", "talk-request@gardeners.example", "help@gardeners.example", "weekly@gardeners.example", "nodigest@gardeners.example",
		"talk@gardeners.example", "managers@gardeners.example", "talk-owner@gardeners.example", "digest@gardeners.example",
		v.token(address.Confirm, mailroom.Membership, "x", dana), v.token(address.Private, mailroom.Backchannel, "x", dana), v.token(address.Vote, mailroom.Moderation, "x", dana),
	} {
		if err := v.send(post{from: dana, to: to, header: appleMail}); refusal.KindOf(err) != refusal.Robot {
			t.Errorf("%s: %v", to, err)
		}
	}
	door, empty := v.token(address.Leave, mailroom.Membership, "x", dana), ""
	for name, p := range map[string]post{
		"a bounce":  {from: "MAILER-DAEMON@mx.example", to: door, sender: &empty, header: "X-Failed-Recipients: x@y.example\r\n"},
		"a list":    {from: dana, to: door, header: "List-Id: <other.lists.example>\r\n"},
		"a receipt": {from: dana, to: door, header: "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n", body: "--b\n\nread\n--b--"},
		"unknown":   {from: dana, to: "leave+" + strings.Repeat("a", 26) + "@gardeners.example", header: appleMail},
	} {
		if err := v.send(p); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if len(heard.all) != 0 {
		t.Errorf("heard %d letters of robots", len(heard.all))
	}
	if err := v.send(post{from: "talk@gardeners.example", to: door, header: appleMail}); refusal.KindOf(err) != refusal.NotAllowed {
		t.Errorf("one of our own addresses, from outside: %v", err) // C5
	}
	if err := v.send(post{from: "x@slow.example", to: door, header: appleMail}); refusal.KindOf(err) != refusal.DNS {
		t.Errorf("a domain that cannot tell now: %v", err)
	}
}

// M22: postmaster@ and abuse@ take reports of machines, and answer none.
func TestPostmasterHearsMachines(t *testing.T) {
	v := newVillage(t)
	empty, n := "", 0
	for _, to := range []string{"postmaster@gardeners.example", "abuse@gardeners.example", "postmaster@lists.example"} {
		for _, p := range []post{
			{from: "Mail Delivery System <MAILER-DAEMON@mx.example>", to: to, sender: &empty, subject: "Undelivered Mail", body: "It failed."},
			{from: "cron@north.example", to: to, header: "Auto-Submitted: auto-generated\r\n", subject: "Cron", body: "The disk is full."},
			{from: "dana@north.example", to: to, header: appleMail, subject: "Away", body: "I am away."},
		} {
			v.mustSend(p)
			n++
		}
	}
	all := v.deliver()
	if got := len(to(all, "mira@lowe.example")); got != n {
		t.Errorf("a manager got %d letters of %d", got, n)
	}
	for _, a := range all {
		if a.to.Domain != "lowe.example" && a.to.Domain != "brandt.example" {
			t.Errorf("%s was answered: %s", a.to, a.Subject())
		}
	}
}

// Where one address hears a robot and the others do not, the one takes the letter and the others leave it; nobody is told (D2).
func TestOneOfSeveralAddressesHearsRobots(t *testing.T) {
	v := newVillage(t)
	heard := &seen{}
	v.room.Register(mailroom.Membership, heard)
	door := v.token(address.Leave, mailroom.Membership, "x", "dana@north.example")
	v.mustSend(post{from: "dana@north.example", to: door, rcpt: []string{"talk@gardeners.example", "managers@gardeners.example", door}, header: appleMail + "Message-ID: <two@north.example>\r\n"})
	if len(heard.all) != 1 {
		t.Errorf("heard %d times", len(heard.all))
	}
	if all := v.deliver(); len(all) != 0 {
		t.Errorf("wrote to somebody:\n%s", subjects(all))
	}
	if got := v.story("two@north.example"); got != "received filed refused refused" {
		t.Errorf("story: %s", got)
	}
	// Where both hear it, the managers get it, and still nobody is answered, though a domain vouches for it.
	v.mustSend(post{from: "cron@north.example", to: door, rcpt: []string{"abuse@gardeners.example", door}, header: "Auto-Submitted: auto-generated\r\n", body: "x"})
	all := v.deliver()
	if len(to(all, "mira@lowe.example")) != 1 || len(to(all, "cron@north.example")) != 0 {
		t.Errorf("a machine's letter to abuse@:\n%s", subjects(all))
	}
}

// LP17: what comes back is heard at its return path, and nowhere else.
func TestBouncesAreHeardByTheirPathAlone(t *testing.T) {
	v := newVillage(t)
	empty := ""
	path := v.token(address.Bounce, mailroom.Returns, "member", "dana@north.example")
	p := post{from: "MAILER-DAEMON@mx.example", to: path, sender: &empty, subject: "Undelivered Mail", header: "X-Failed-Recipients: dana@north.example\r\n", body: "550 5.1.1 no such user"}
	v.mustSend(p)
	p.from = "postmaster@gardeners.example" // a report may say that it is from anybody; it decides nothing
	v.mustSend(p)
	for _, from := range []string{"dana@north.example", "MAILER-DAEMON@mx.example"} { // D1: not from <>
		one := post{from: from, to: path, subject: "Re: Undelivered Mail", body: "What is this?"}
		if err := v.send(one); refusal.KindOf(err) != refusal.Robot || !strings.Contains(err.Error(), "managers@gardeners.example") {
			t.Errorf("from %s: %v", from, err)
		}
	}
	p.to = "talk@gardeners.example"
	if err := v.send(p); refusal.KindOf(err) != refusal.Robot {
		t.Errorf("a bounce to a list: %v", err)
	}
}

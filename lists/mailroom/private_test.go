package mailroom_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/lists"
	"backchannel/lists/backchannel"
	"backchannel/templates/refusal"
)

// ask has Dana write to the managers, and gives what everybody got.
func (v *village) ask(subject, body string) []arrived {
	v.t.Helper()
	v.mustSend(post{from: "Dana Reyes <dana@north.example>", to: "managers@gardeners.example", subject: subject, body: body})
	return v.deliver()
}

// absent fails for every word of a list that stands anywhere in a letter, decoded or as it travels.
func absent(t *testing.T, a arrived, words ...string) {
	t.Helper()
	head, _, _ := bytes.Cut(a.raw, []byte("\r\n\r\n"))
	for _, w := range words {
		if bytes.Contains(a.raw, []byte(w)) || strings.Contains(a.Text(), w) || bytes.Contains(head, []byte(w)) {
			t.Errorf("%q leaked to %s:\n%s", w, a.to, a.raw)
		}
	}
}

// R3: no header of a private mail names a list.
func noList(t *testing.T, all []arrived) {
	t.Helper()
	for _, a := range all {
		head, _, _ := bytes.Cut(a.raw, []byte("\r\n\r\n"))
		if bytes.Contains(head, []byte("talk@")) || a.Get("List-Post") != "" {
			t.Errorf("the list in a header of a private mail:\n%s", head)
		}
	}
}

func TestAPrivateLetterAndItsAnswer(t *testing.T) {
	v := newVillage(t)
	all := v.ask("PR person", "Is it ok if our sponsor's PR person joins?\n\n-- \nDana Reyes | Northgate | +1 555 0100")
	if len(all) != 3 {
		t.Fatalf("two managers and an acknowledgement:\n%s", subjects(all))
	}
	noList(t, all)
	ack, mira, theo := v.one(all, "dana@north.example"), v.one(all, "mira@lowe.example"), v.one(all, "theo@brandt.example")
	if ack.Get("Auto-Submitted") != "auto-replied" || !strings.HasPrefix(ack.replyTo(), "private+") || ack.from.Local != "" {
		t.Errorf("acknowledgement:\n%s", ack.raw)
	}
	absent(t, ack, "lowe.example", "brandt.example")
	absent(t, mira, "555 0100", "client.example", "dana@north.example", theo.replyTo())
	if mira.replyTo() == theo.replyTo() || !strings.HasPrefix(mira.Subject(), "[BC ") || mira.Get("Auto-Submitted") != "" {
		t.Errorf("notice: reply to %s, %q", mira.replyTo(), mira.Subject())
	}
	if !strings.Contains(mira.Text(), "sponsor's PR person") {
		t.Errorf("notice:\n%s", mira.Text())
	}

	// Mira answers as her phone does; nothing of her own leaves (product.md M6, M7).
	v.now = v.now.Add(time.Hour)
	p := v.reply("Mira Lowe <mira@lowe.example>", mira, "Not stupid at all.\n\nSent from my iPhone\n\n-- \nMira Lowe · Lowe Consult · mira@lowe.example · 555 0142")
	p.header += "Message-ID: <F3A1@lowe.example>\r\nX-Originating-IP: 203.0.113.9\r\nDisposition-Notification-To: mira@lowe.example\r\nCc: theo@brandt.example\r\n"
	v.mustSend(p)
	all = v.deliver()
	noList(t, all)
	got := v.one(all, "dana@north.example")
	absent(t, got, "lowe", "Lowe", "F3A1", "203.0.113.9", "555 0142", "brandt", "Disposition", "iPhone")
	if from := got.From()[0]; from.Name != "Mira, for the managers" || from.Address.String() != "managers@gardeners.example" {
		t.Errorf("from %s", from)
	}
	if !strings.Contains(got.Text(), "Not stupid at all.") || got.replyTo() != ack.replyTo() {
		t.Errorf("answer, reply to %s:\n%s", got.replyTo(), got.Text())
	}
	if seen := v.one(all, "theo@brandt.example"); !strings.Contains(seen.Text(), "Not stupid at all.") {
		t.Errorf("her colleague sees the answer:\n%s", seen.Text())
	}

	// Theo, who has not seen it, answers the first notice: it comes back, and SEND sends it.
	v.mustSend(v.reply("theo@brandt.example", theo, "As a guest who does not pitch."))
	all = v.deliver()
	if len(to(all, "dana@north.example")) != 0 {
		t.Fatal("a stale answer was sent")
	}
	back := v.one(all, "theo@brandt.example")
	if !strings.Contains(back.Text(), "Mira answered") || !strings.Contains(back.Text(), "does not pitch") || !strings.HasPrefix(back.replyTo(), "confirm+") {
		t.Errorf("what came back:\n%s", back.Text())
	}
	send := v.reply("theo@brandt.example", back, "SEND")
	v.mustSend(send)
	if a := v.one(to(v.deliver(), "dana@north.example"), "dana@north.example"); !strings.Contains(a.Text(), "does not pitch") {
		t.Errorf("after SEND:\n%s", a.Text())
	}
	v.mustSend(v.reply("theo@brandt.example", back, "SEND")) // once more: told, not sent
	all = v.deliver()
	if len(to(all, "dana@north.example")) != 0 || len(to(all, "theo@brandt.example")) != 1 {
		t.Errorf("the second SEND:\n%s", subjects(all))
	}

	// Dana goes on; the conversation is the same, and she is not told again that it arrived.
	v.mustSend(v.reply("dana@north.example", got, "Thank you!"))
	all = v.deliver()
	if again := v.one(all, "mira@lowe.example"); len(to(all, "dana@north.example")) != 0 || codeOf(again) != codeOf(mira) {
		t.Errorf("went on as %s:\n%s", again.Subject(), subjects(all))
	}
}

// codeOf is the code in a subject like "[BC K7QX] …".
func codeOf(a arrived) string { return strings.Trim(strings.Fields(a.Subject())[1], "]") }

// A reply whose program ignored Reply-To reaches the intake, and is known by our own Message-ID and its sender (R5).
func TestRepliesThatIgnoreReplyTo(t *testing.T) {
	v := newVillage(t)
	all := v.ask("Minutes", "Where do they go?")
	mira := v.one(all, "mira@lowe.example")
	p := v.reply("mira@lowe.example", mira, "Into the wiki.")
	p.to = "managers@gardeners.example"
	v.mustSend(p)
	got := v.one(to(v.deliver(), "dana@north.example"), "dana@north.example")
	if !strings.Contains(got.Text(), "Into the wiki.") {
		t.Errorf("answer:\n%s", got.Text())
	}
	back := v.reply("dana@north.example", got, "Which one?")
	back.to = "managers@gardeners.example"
	v.mustSend(back)
	if again := v.one(to(v.deliver(), "mira@lowe.example"), "mira@lowe.example"); codeOf(again) != codeOf(mira) {
		t.Errorf("another conversation: %s", again.Subject())
	}
	// The same id in another member's hand opens nothing.
	other := v.reply("bill@south.example", got, "And I?")
	other.to = "managers@gardeners.example"
	v.mustSend(other)
	if a := v.one(to(v.deliver(), "mira@lowe.example"), "mira@lowe.example"); codeOf(a) == codeOf(mira) {
		t.Error("Bill got into Dana's conversation")
	}
}

// Everything unclear about an answer comes back to its manager, and reaches nobody else (product.md B5).
func TestGuards(t *testing.T) {
	for name, c := range map[string]struct {
		body, header string
		from         string // "" is Mira's address
		weak         bool
		says         string // what the returned mail shows
		sendable     bool
	}{
		"own address in the middle": {body: "Write to me at mira@lowe.example, then.\n\nIt is easy.", says: "mira@lowe.example", sendable: true},
		"another member's address":  {body: "Ask bill@south.example, he knows.", says: "bill@south.example", sendable: true},
		"another manager's address": {body: "Theo is theo@brandt.example", says: "theo@brandt.example", sendable: true},
		"a slip for a command":      {body: "/ntoe she is difficult", says: "/ntoe"},
		"a forwarded mail":          {body: "See below.\n\nFrom: A <a@b.example>\nSent: Monday\nTo: C\nSubject: D\n\nsecret", says: "passed on", sendable: true},
		"nothing but quotes":        {body: "", says: "othing"},
		"from an unknown address":   {body: "It is me, from my phone.", from: "mira@phone.example", says: "mira@phone.example", sendable: true},
		"that nobody vouches for":   {body: "Yes, of course.", weak: true, says: "vouch", sendable: true},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVillage(t)
			mira := v.one(v.ask("A question", "May I?"), "mira@lowe.example")
			p := v.reply("Mira Lowe <mira@lowe.example>", mira, c.body)
			if c.from != "" {
				p.from = c.from
			}
			if c.weak {
				elsewhere := "mira@silent.example"
				p.sender = &elsewhere
			}
			p.header += c.header
			v.mustSend(p)
			all := v.deliver()
			if len(to(all, "dana@north.example")) != 0 {
				t.Fatalf("it was sent:\n%s", to(all, "dana@north.example")[0].Text())
			}
			back := v.one(all, "mira@lowe.example")
			if !strings.Contains(back.Text(), c.says) || !strings.Contains(back.Text(), "ot sent") {
				t.Errorf("what came back does not say %q:\n%s", c.says, back.Text())
			}
			v.mustSend(v.reply("mira@lowe.example", back, "SEND"))
			all = v.deliver()
			if got := len(to(all, "dana@north.example")) == 1; got != c.sendable {
				t.Errorf("SEND sends: %v\n%s", got, subjects(all))
			}
		})
	}
}

// A new text in answer to a returned one goes out instead of it, if it is clean.
func TestANewTextForAReturnedAnswer(t *testing.T) {
	v := newVillage(t)
	mira := v.one(v.ask("A question", "May I?"), "mira@lowe.example")
	v.mustSend(v.reply("mira@lowe.example", mira, "Ask bill@south.example, he knows."))
	back := v.one(v.deliver(), "mira@lowe.example")
	v.mustSend(v.reply("mira@lowe.example", back, "Yes, please ask on the list."))
	got := v.one(to(v.deliver(), "dana@north.example"), "dana@north.example")
	if !strings.Contains(got.Text(), "please ask on the list") || strings.Contains(got.Text(), "bill@") {
		t.Errorf("sent:\n%s", got.Text())
	}
	absent(t, got, "lowe.example")
}

// A manager's address in somebody else's hands sends nothing; a forwarded notice opens nothing to strangers.
func TestForwardedNotice(t *testing.T) {
	v := newVillage(t)
	mira := v.one(v.ask("A question", "May I?"), "mira@lowe.example")
	v.mustSend(v.reply("eve@evil.example", mira, "Yes, send me money."))
	all := v.deliver()
	if len(to(all, "dana@north.example")) != 0 || len(to(all, "eve@evil.example")) != 0 || len(to(all, "mira@lowe.example")) != 1 {
		t.Errorf("Mira alone is asked:\n%s", subjects(all))
	}
}

// Two robots cannot keep each other busy, and an auto-reply is nobody's letter (I8).
func TestRobotsAreNoLetters(t *testing.T) {
	v := newVillage(t)
	all := v.ask("A question", "May I?")
	for _, who := range []string{"mira@lowe.example", "dana@north.example"} {
		a := v.one(all, who)
		for _, sender := range []string{"", who} {
			p := v.reply(who, a, "I am away until Monday.")
			p.header += "Auto-Submitted: auto-replied\r\n"
			p.sender = &sender
			if err := v.send(p); err == nil {
				t.Errorf("the robot of %s was heard", who)
			}
		}
	}
	if all := v.deliver(); len(all) != 0 {
		t.Errorf("answered a robot:\n%s", subjects(all))
	}
}

// Folders follow the state; a manager sees only letters, and each with their own address in it.
func TestFolders(t *testing.T) {
	v := newVillage(t)
	mira := v.one(v.ask("A question", "May I?"), "mira@lowe.example")
	where := func(want string) {
		t.Helper()
		dbtest.View(t, v.db, func(tx *db.Tx) error {
			m, err := lists.TheMember(tx, v.c, "mira@lowe.example")
			if err != nil {
				return err
			}
			found := ""
			for _, name := range backchannel.Folders() {
				box, err := v.store.FindPrivate(tx, int64(m.ID), name)
				if refusal.KindOf(err) == refusal.NotFound {
					continue
				}
				s, err := v.store.PrivateStatus(tx, box, int64(m.ID))
				if err != nil {
					return err
				}
				if s.Messages > 0 {
					found += fmt.Sprintf("%s:%d ", name, s.Messages)
				}
			}
			if strings.TrimSpace(found) != want {
				t.Errorf("folders: %s, want %s", found, want)
			}
			return nil
		})
	}
	where("Back-channel/New:1")
	v.mustSend(v.reply("mira@lowe.example", mira, "/mine"))
	v.deliver()
	where("Back-channel/Mine:1")
	v.mustSend(v.reply("mira@lowe.example", mira, "Yes."))
	got := v.one(to(v.deliver(), "dana@north.example"), "dana@north.example")
	where("Back-channel/Waiting:1")
	v.mustSend(v.reply("dana@north.example", got, "Thank you."))
	latest := v.one(v.deliver(), "mira@lowe.example")
	where("Back-channel/Mine:2")
	v.mustSend(v.reply("mira@lowe.example", latest, "/close"))
	v.deliver()
	where("Back-channel/Closed:2")
}

// W1 to W5: what looks private stops at the door of the list, and one word of its author decides.
func TestWrongDoor(t *testing.T) {
	v := newVillage(t)
	all := v.ask("PR person", "May she join?")
	ack := v.one(all, "dana@north.example")
	ordinary := post{from: "dana@north.example", to: "talk@gardeners.example", subject: "Hello", body: "I am new here."}
	for name, p := range map[string]post{
		"W1 answers a private letter": {body: "To all, then.", header: "In-Reply-To: <" + string(ack.MessageID()) + ">\r\n"},
		"W3 quotes a watermark":       {body: "They wrote:\n\n> Only the managers got this. [private K7QX]"},
		"W3 holds a private address":  {body: "Write to " + ack.replyTo() + " instead."},
		"W4 the managers in Cc":       {body: "Both of you.", header: "Cc: managers@gardeners.example\r\n"},
		"W5 speaks to the managers":   {body: "Dear managers,\n\nplease keep this confidential: I want to leave."},
		"W5 in German":                {body: "Liebe Mira,\n\nbitte vertraulich behandeln: ich höre auf."},
	} {
		p.from, p.to, p.subject = ordinary.from, ordinary.to, name
		v.mustSend(p)
		got := v.deliver()
		q := v.one(got, "dana@north.example")
		if len(got) != 1 || !strings.HasPrefix(q.replyTo(), "confirm+") || !strings.Contains(q.Text(), "PRIVATE") && !strings.HasPrefix(name, "W4") {
			t.Errorf("%s:\n%s", name, subjects(got))
		}
		v.now = v.now.Add(9 * time.Hour)
	}
	v.now = v.now.Add(24 * time.Hour)
	v.mustSend(ordinary)
	if n := len(v.deliver()); n != 6 {
		t.Errorf("an ordinary post: %d copies", n)
	}

	p := post{from: "dana@north.example", to: "talk@gardeners.example", subject: "To the managers", body: "Dear managers, between us: I want to leave. zzsecret"}
	v.mustSend(p)
	q := v.one(v.deliver(), "dana@north.example")
	v.mustSend(v.reply("dana@north.example", q, "PRIVATE"))
	got := v.deliver()
	if len(to(got, "mira@lowe.example")) != 1 || len(to(got, "bill@south.example")) != 0 || !strings.Contains(to(got, "mira@lowe.example")[0].Text(), "zzsecret") {
		t.Errorf("PRIVATE:\n%s", subjects(got))
	}
}

// Promise 3: what is said in private stands in no place that the list can see, and in no logbook.
func TestPrivateWordsStayPrivate(t *testing.T) {
	v := newVillage(t)
	v.ask("zzsubject", "zzcanary words")
	dbtest.View(t, v.db, func(tx *db.Tx) error {
		hits, err := v.store.Search(tx, archive.Query{Mailboxes: []archive.PublicID{v.talk.Box}, Words: "zzcanary"})
		if err != nil || len(hits) != 0 {
			t.Errorf("found in the archive: %v %v", hits, err)
		}
		return err
	})
	if s := v.story("story00002"); strings.Contains(s, "published") || !strings.Contains(s, "filed") {
		t.Errorf("story: %s", s)
	}
	// The raw letter and the copies for managers lie sealed; the words themselves are in the one table of private letters.
	for _, side := range []string{"", "-wal"} {
		raw, err := os.ReadFile(v.db.Path() + side)
		if err == nil && bytes.Contains(raw, []byte("private+")) {
			t.Errorf("a live address lies open in the file%s", side)
		}
	}
}

// Somebody outside may write to the managers if their domain vouches for them, and is answered from the role.
func TestOutsiders(t *testing.T) {
	v := newVillage(t)
	v.mustSend(post{from: "Olga <olga@press.example>", to: "managers@gardeners.example", subject: "Interview", body: "May I write about you?"})
	all := v.deliver()
	mira := v.one(all, "mira@lowe.example")
	v.mustSend(v.reply("mira@lowe.example", mira, "Gladly."))
	got := v.one(to(v.deliver(), "olga@press.example"), "olga@press.example")
	absent(t, got, "lowe", "talk@")
	v.mustSend(v.reply("olga@press.example", got, "When?"))
	if again := v.one(to(v.deliver(), "mira@lowe.example"), "mira@lowe.example"); codeOf(again) != codeOf(mira) {
		t.Errorf("went on as %s", again.Subject())
	}
	if err := v.send(v.reply("eve@evil.example", got, "I am Olga")); refusal.KindOf(err) != refusal.NoSuchAddress {
		t.Errorf("her address in other hands: %v", err)
	}
	if err := v.send(post{from: "spam@silent.example", to: "managers@gardeners.example", subject: "x", body: "y"}); refusal.KindOf(err) != refusal.NoSuchAddress {
		t.Errorf("a stranger nobody vouches for: %v", err)
	}
	v.mustSend(post{from: "spam@silent.example", to: "postmaster@gardeners.example", subject: "x", body: "y"}) // M22
	v.mustSend(post{from: "spam@silent.example", to: "postmaster@lists.example", subject: "z", body: "y"})
	for _, a := range v.deliver() {
		if a.to.Domain == "silent.example" {
			t.Errorf("answered a stranger: %s", a.Subject())
		}
	}
}

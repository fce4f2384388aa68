package mailroom_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/archive/letter"
	"backchannel/archive/logbook"
	"backchannel/lists"
	"backchannel/lists/address"
	"backchannel/lists/mailroom"
	"backchannel/templates/refusal"
)

func TestAPostIsRelayed(t *testing.T) {
	v := newVillage(t)
	p := post{from: "Bill Tan <bill@south.example>", to: "talk@gardeners.example", subject: "Compost", body: "Mine is too wet.",
		header: "Message-ID: <1@south.example>\r\nReturn-Receipt-To: bill@south.example\r\nList-Help: <mailto:help@old.example>\r\nX-Mailer: Quill\r\n"}
	v.mustSend(p)
	all := v.deliver()
	if len(all) != 6 {
		t.Fatalf("%d copies, want one for each of 6 members:\n%s", len(all), subjects(all))
	}
	got := v.one(all, "alison@east.example")
	for name, want := range map[string]string{
		"From": `Bill Tan via Garden talk <talk@gardeners.example>`, "Reply-To": `Bill Tan <bill@south.example>`, "Author": `Bill Tan <bill@south.example>`,
		"Message-ID": "<1@south.example>", "List-Id": "Garden talk <talk.gardeners.example>", "List-Post": "<mailto:talk@gardeners.example>",
		"List-Help": "<mailto:help@gardeners.example>", "List-Owner": "<mailto:managers@gardeners.example>", "Precedence": "list", "Subject": "Compost",
		"Return-Receipt-To": "", "Received": "", "X-Mailer": "Quill", "X-Original-List-Help": "<mailto:help@old.example>",
	} {
		if have := strings.ReplaceAll(got.Get(name), `"`, ""); have != want {
			t.Errorf("%s: %q, want %q", name, have, want)
		}
	}
	if !strings.HasPrefix(got.Get("List-Unsubscribe"), "<mailto:leave+") || string(got.Body()) != "Mine is too wet.\r\n" {
		t.Errorf("unsubscribe %q, body %q", got.Get("List-Unsubscribe"), got.Body())
	}
	paths := map[string]bool{}
	for _, a := range all {
		if !strings.HasPrefix(a.from.Local, "bounce+") {
			t.Errorf("return path %s", a.from)
		}
		paths[a.from.String()] = true
	}
	if len(paths) != 6 {
		t.Errorf("%d return paths for 6 members", len(paths))
	}
	if got := v.story("1@south.example"); !strings.HasPrefix(got, "received published relayed delivered") {
		t.Errorf("story: %s", got)
	}
	// M1: the same member has the same return path on the next post
	first := got.from
	v.mustSend(post{from: "alison@east.example", to: "talk@gardeners.example", subject: "Frost", body: "Cover them."})
	if again := v.one(v.deliver(), "alison@east.example"); again.from != first {
		t.Errorf("return path %s, then %s", first, again.from)
	}
}

// P3: what was accepted is accepted again and changes nothing; the same id over other words is another letter.
func TestTheSameLetterAgain(t *testing.T) {
	v := newVillage(t)
	p := post{from: "bill@south.example", to: "talk@gardeners.example", subject: "Compost", body: "Mine is too wet.", header: "Message-ID: <1@south.example>\r\n"}
	raw := v.raw(p)
	for range 3 {
		if err := v.hand(p, raw); err != nil {
			t.Fatal(err)
		}
		raw = []byte(strings.Replace(string(raw), "from client.example", "from another.example", 1)) // another way, the same letter
	}
	if n := len(v.deliver()); n != 6 {
		t.Errorf("%d copies", n)
	}
	p.body = "Mine is dry by now."
	v.mustSend(p)
	if n := len(v.deliver()); n != 6 {
		t.Errorf("%d copies of other words under the same id", n)
	}
}

// Golden sentences: what a letter that is not taken hears (A10, D2, D3).
func TestRefusals(t *testing.T) {
	v := newVillage(t)
	const nobody = "This address takes no mail from you. If you are a member, please write from the address you joined with, through your own mail provider, and check the spelling."
	empty := ""
	bill, dana := "bill@south.example", "dana@north.example"
	for name, c := range map[string]struct {
		p    post
		want string
	}{
		"a stranger to a list":      {post{from: "eve@evil.example", to: "talk@gardeners.example"}, nobody},
		"an unknown list":           {post{from: bill, to: "tolk@gardeners.example"}, nobody},
		"a word without a service":  {post{from: bill, to: "join@gardeners.example"}, nobody},
		"a token nobody was given":  {post{from: "eve@evil.example", to: "private+" + strings.Repeat("a", 26) + "@gardeners.example"}, nobody},
		"a thread nobody was given": {post{from: "eve@evil.example", to: "everyone+" + strings.Repeat("a", 26) + "@gardeners.example"}, nobody},
		"the same from a member":    {post{from: bill, to: "everyone+" + strings.Repeat("a", 26) + "@gardeners.example"}, "This address does not lead to any thread, or not any more. Please take the one in your newest digest, or write to the list."},
		"a bad return path":         {post{from: "mailer@mx.example", to: "bounce+" + strings.Repeat("a", 26) + "@gardeners.example", sender: &empty}, nobody},
		"mail for elsewhere":        {post{from: bill, to: "victim@elsewhere.example"}, "This server takes mail for its own communities only and does not pass it on."},
		"one of us, from outside":   {post{from: "talk@gardeners.example", to: "talk@gardeners.example"}, "Letters from our own addresses are written here and cannot come from outside. Please write from the address you joined with."},
		"a domain that cannot tell": {post{from: "x@slow.example", to: "talk@gardeners.example"}, "We could not find out just now whether this letter is really from you. Nothing is wrong with it; it will be tried again by itself."},
		"two authors":               {post{from: bill + ", " + dana, to: "talk@gardeners.example", sender: &bill}, "Your letter says it is from 2 people. A post needs one author: please send it again in your own name."},
	} {
		err := v.send(c.p)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s: %v\nwant %s", name, err, c.want)
		}
		if strings.Contains(name, "cannot tell") != refusal.Temporary(err) {
			t.Errorf("%s: temporary is %v", name, refusal.Temporary(err))
		}
	}
	for name, header := range map[string]string{
		"an auto-reply": "Auto-Submitted: auto-replied\r\n", "a list's mail": "List-Id: <other.lists.example>\r\nPrecedence: list\r\n", "bulk": "Precedence: bulk\r\n",
	} {
		err := v.send(post{from: bill, to: "talk@gardeners.example", header: header})
		if refusal.KindOf(err) != refusal.Robot {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := v.send(post{from: bill, to: "talk@gardeners.example", header: "List-Id: Garden talk <talk.gardeners.example>\r\n"}); refusal.KindOf(err) != refusal.Loop {
		t.Errorf("our own post comes back: %v", err)
	}
	if all := v.deliver(); len(all) != 0 {
		t.Errorf("somebody was written to:\n%s", subjects(all))
	}
	dbtest.View(t, v.db, func(tx *db.Tx) error {
		open, err := logbook.Unfinished(tx, 10)
		if len(open) != 0 {
			t.Errorf("taken and forgotten: %v", open)
		}
		return err
	})
}

// Promise 5: no number of spoofed letters makes the server write to a third party.
func TestSpoofedLettersWriteToNobody(t *testing.T) {
	v := newVillage(t)
	for _, to := range []string{"talk@gardeners.example", "managers@gardeners.example", "leave@gardeners.example", "weekly@gardeners.example"} {
		for _, from := range []string{"victim@silent.example", "victim@south.example"} {
			sender := "spammer@silent.example"
			_ = v.send(post{from: from, to: to, sender: &sender, subject: "x", body: "y"})
		}
	}
	for _, a := range v.deliver() {
		if a.to.Domain != "lowe.example" && a.to.Domain != "brandt.example" {
			t.Errorf("wrote to %s: %s", a.to, a.Subject())
		}
	}
}

// A weak post waits; its author is asked at the confirmed address, and one word releases it (0.1).
func TestAWeakPostIsAskedAbout(t *testing.T) {
	v := newVillage(t)
	for word, relayed := range map[string]bool{"YES": true, "DROP": false, "no": false} {
		v.mustSend(post{from: "Sil Ent <sil@silent.example>", to: "talk@gardeners.example", subject: "Beans " + word, body: "They climb."})
		asked := v.deliver()
		if len(asked) != 1 {
			t.Fatalf("only its author is asked:\n%s", subjects(asked))
		}
		q := v.one(asked, "sil@silent.example")
		if !strings.HasPrefix(q.replyTo(), "confirm+") || !strings.Contains(q.Text(), "They climb.") || q.Get("Auto-Submitted") == "" {
			t.Errorf("question: reply to %s\n%s", q.replyTo(), q.Text())
		}
		v.mustSend(v.reply("sil@silent.example", q, word))
		all := v.deliver()
		if got := len(to(all, "bill@south.example")) == 1; got != relayed {
			t.Errorf("%s: relayed is %v:\n%s", word, got, subjects(all))
		}
		v.mustSend(v.reply("sil@silent.example", q, "YES, again")) // a second word is told that it comes too late
		late := v.deliver()
		if a := v.one(late, "sil@silent.example"); !strings.Contains(strings.ToLower(a.Text()), "already") {
			t.Errorf("%s: a late word hears %s", word, a.Text())
		}
		v.now = v.now.Add(25 * time.Hour)
	}
}

func TestOthersCannotAnswerAQuestion(t *testing.T) {
	v := newVillage(t)
	v.mustSend(post{from: "sil@silent.example", to: "talk@gardeners.example", subject: "Beans", body: "They climb."})
	q := v.one(v.deliver(), "sil@silent.example")
	for _, from := range []string{"bill@south.example", "eve@evil.example", "mira@lowe.example"} {
		if err := v.send(v.reply(from, q, "YES")); refusal.KindOf(err) != refusal.NoSuchAddress {
			t.Errorf("%s: %v", from, err)
		}
	}
	robot := v.reply("sil@silent.example", q, "YES")
	robot.header += "Auto-Submitted: auto-replied\r\n"
	if err := v.send(robot); refusal.KindOf(err) != refusal.Robot {
		t.Errorf("a robot of Sil's: %v", err) // C6
	}
	unclear := v.reply("sil@silent.example", q, "What is this?")
	v.mustSend(unclear)
	all := v.deliver()
	if a := v.one(all, "sil@silent.example"); !strings.Contains(a.Text(), "YES") || a.replyTo() != q.replyTo() {
		t.Errorf("an unclear word hears %s", a.Text())
	}
	if len(to(all, "bill@south.example")) != 0 {
		t.Error("published without a word")
	}
}

// No timer publishes; after two weeks the letter is given up and its author is told.
func TestAHeldLetterExpires(t *testing.T) {
	v := newVillage(t)
	v.mustSend(post{from: "sil@silent.example", to: "talk@gardeners.example", subject: "Beans", body: "They climb."})
	v.deliver()
	v.now = v.now.AddDate(0, 0, 14)
	if _, failed, err := v.cal.RunDue(context.Background()); err != nil || failed != 0 {
		t.Fatal(failed, err)
	}
	all := v.deliver()
	if len(all) != 1 || all[0].to.String() != "sil@silent.example" {
		t.Errorf("told:\n%s", subjects(all))
	}
}

// W4 and design.md section 6: private is present, so private comes first, and the author is asked about the public part.
func TestPrivateAndPublicInOneSession(t *testing.T) {
	v := newVillage(t)
	v.mustSend(post{from: "dana@north.example", to: "talk@gardeners.example, managers@gardeners.example", subject: "Is this allowed?", body: "Our sponsor asks.",
		rcpt: []string{"talk@gardeners.example", "managers@gardeners.example"}})
	all := v.deliver()
	if len(to(all, "mira@lowe.example")) != 1 || len(to(all, "bill@south.example")) != 0 {
		t.Fatalf("private first:\n%s", subjects(all))
	}
	var q arrived
	for _, a := range to(all, "dana@north.example") {
		if strings.HasPrefix(a.replyTo(), "confirm+") {
			q = a
		}
	}
	if q.Letter == nil || !strings.Contains(q.Text(), "PUBLIC") {
		t.Fatalf("Dana was not asked:\n%s", subjects(all))
	}
	v.mustSend(v.reply("dana@north.example", q, "PUBLIC"))
	if all := v.deliver(); len(to(all, "bill@south.example")) != 1 {
		t.Errorf("after her word:\n%s", subjects(all))
	}
}

func TestOneOfTwoAddressesRefuses(t *testing.T) {
	v := newVillage(t)
	dbtest.Update(t, v.db, func(tx *db.Tx) error {
		l := lists.NewList(v.c, "news")
		l.Posting = lists.ByManagers
		_, err := lists.AddList(tx, v.store, l)
		return err
	})
	both := []string{"news@gardeners.example", "talk@gardeners.example"}
	v.mustSend(post{from: "bill@south.example", to: "talk@gardeners.example", subject: "Hello", body: "To all.", rcpt: both})
	all := v.deliver()
	if len(to(all, "dana@north.example")) != 1 {
		t.Errorf("the other address took it:\n%s", subjects(all))
	}
	told := slices.DeleteFunc(to(all, "bill@south.example"), func(a arrived) bool { return a.Subject() == "Hello" })
	if len(told) != 1 || !strings.Contains(strings.Join(strings.Fields(told[0].Text()), " "), "Only the managers post on news@gardeners.example.") {
		t.Errorf("Bill was not told of the refused part:\n%s", subjects(all))
	}
}

// The limits of C10: the eleventh post of an hour waits, its author and the managers are told, and one of them lets it pass.
func TestTooManyPosts(t *testing.T) {
	v := newVillage(t)
	for i := range 11 {
		v.mustSend(post{from: "bill@south.example", to: "talk@gardeners.example", subject: "Post", body: strings.Repeat("x", i+1)})
	}
	all := v.deliver()
	if n := len(to(all, "dana@north.example")); n != 10 {
		t.Errorf("%d posts relayed", n)
	}
	var vote arrived
	for _, a := range to(all, "mira@lowe.example") {
		if strings.HasPrefix(a.replyTo(), "vote+") {
			vote = a
		}
	}
	if vote.Letter == nil {
		t.Fatalf("the managers were not asked:\n%s", subjects(all))
	}
	weak := v.reply("mira@lowe.example", vote, "OK")
	stranger := "x@silent.example"
	weak.sender = &stranger
	if err := v.send(weak); refusal.KindOf(err) != refusal.NotAllowed {
		t.Errorf("a decision that nobody vouches for: %v", err) // C6
	}
	v.mustSend(v.reply("mira@lowe.example", vote, "OK"))
	if n := len(to(v.deliver(), "dana@north.example")); n != 1 {
		t.Errorf("%d posts after the OK", n)
	}
}

// P8: a letter on which the program stumbles twice is kept, and stops nobody.
func TestALetterThatBreaksTheProgram(t *testing.T) {
	v := newVillage(t)
	v.room.Register(mailroom.Moderation, broken{})
	p := post{from: "bill@south.example", to: "talk@gardeners.example", subject: "Boom", body: "x"}
	raw := v.raw(p)
	if err := v.hand(p, raw); !refusal.Temporary(err) || err == nil || err.Error() != "We stumbled over this letter. Nothing was lost; please try again later." {
		t.Fatalf("first: %v", err)
	}
	if err := v.hand(p, raw); err != nil {
		t.Fatalf("second: %v", err)
	}
	all := v.deliver()
	if len(to(all, "mira@lowe.example")) != 1 || len(all) != 2 {
		t.Errorf("the managers are told, and nobody else:\n%s", subjects(all))
	}
}

// Of a private letter nothing is kept, and no manager hears of it, who may be the one it is about: who wrote it is told in the session. Nor
// does a veil that cannot be looked at open.
func TestAPrivateLetterThatBreaksTheProgram(t *testing.T) {
	token := "confirm+00000000000000000000000000"
	for to, breaks := range map[string]mailroom.Receiver{"anon": veiling{}, "report": veiling{}, token: torn{}} {
		t.Run(to, func(t *testing.T) {
			v := newVillage(t)
			v.room.Register(mailroom.Backchannel, breaks)
			p := post{from: "bill@south.example", to: to + "@gardeners.example", subject: "Boom", body: "x", header: "Message-ID: <77@south.example>\r\n"}
			raw := v.raw(p)
			if err := v.hand(p, raw); !refusal.Temporary(err) || err == nil || err.Error() != "We stumbled over this letter. Nothing was lost; please try again later." {
				t.Fatalf("first: %v", err)
			}
			if err := v.hand(p, raw); refusal.KindOf(err) != refusal.Malformed || err.Error() != "Our program stumbled over this letter twice. It is a private one, which we keep for nobody to look at, so nothing of it was kept. Please write it once more as plain text, without attachments." {
				t.Fatalf("second: %v", err)
			}
			if all := v.deliver(); len(all) > 0 {
				t.Errorf("somebody is told:\n%s", subjects(all))
			}
			dbtest.View(t, v.db, func(tx *db.Tx) error {
				var n int
				found, err := mailroom.Stumbled(tx, v.now.Add(-time.Hour))
				if err != nil || len(found.Refused) != 1 || !found.Refused[0].Equal(v.now) || found.Aside != 0 {
					t.Errorf("the operator learns %+v, %v", found, err)
				}
				err = tx.QueryRow("SELECT (SELECT count(*) FROM letter) + (SELECT count(*) FROM set_aside) + (SELECT count(*) FROM log_entry WHERE msgid <> '' OR detail <> 'not told')").Scan(&n)
				if err == nil && n > 0 {
					t.Errorf("%d rows tell of it", n)
				}
				return err
			})
		})
	}
}

type broken struct{}

// veiling is broken, behind a veil; torn has a veil that is broken, too.
type (
	veiling struct{ broken }
	torn    struct{ broken }
)

func (veiling) Veiled(_ *db.Tx, to address.Name, _ *address.Row, _ *letter.Letter) (bool, error) {
	return to.Word == "anon", nil
}

func (torn) Veiled(*db.Tx, address.Name, *address.Row, *letter.Letter) (bool, error) {
	panic("another stone")
}

func (broken) Receive(*db.Tx, *lists.Incoming) error { panic("a stone in the road") }

package notice_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/lists/notice"
	"backchannel/templates"
	"backchannel/templates/refusal"
)

type village = mailroomtest.Village

const (
	dana = "dana@north.example"
	mira = "mira@lowe.example"
	olga = "olga@press.example" // no member
)

var hello = templates.Mail{Subject: "Hello", Text: "Good morning.\n"}

// send writes one letter, and gives what its receiver got.
func send(v *village, m notice.Mail) mailroomtest.Arrived {
	v.T.Helper()
	v.Update(func(tx *db.Tx) error { _, err := v.Office.Send(tx, m); return err })
	return v.One(v.Deliver(), m.To.Address.String())
}

// What every letter of ours says about itself, by who wrote it to whom (M1, M4, RFC 3834).
func TestHowALetterTravels(t *testing.T) {
	v := mailroomtest.New(t)
	m := v.Member(dana)
	stranger := letter.Mailbox{Name: "Olga", Address: mailroomtest.Addr(olga)}
	for name, c := range map[string]struct {
		mail notice.Mail
		auto string // Auto-Submitted
		from string // the local part of the return path; "" is <>
	}{
		"an answer to a member":      {notice.Mail{To: m.Mailbox(), Member: m.ID, Auto: notice.Replied}, "auto-replied", ""},
		"a notice to a member":       {notice.Mail{To: m.Mailbox(), Member: m.ID, Auto: notice.Generated}, "auto-generated", "bounce+"},
		"a person to a member":       {notice.Mail{To: m.Mailbox(), Member: m.ID, Auto: notice.Human}, "", "bounce+"},
		"an answer to a stranger":    {notice.Mail{To: stranger, Auto: notice.Replied}, "auto-replied", ""},
		"a notice to a stranger":     {notice.Mail{To: stranger, Auto: notice.Generated}, "auto-generated", ""},
		"a person to a stranger":     {notice.Mail{To: stranger, Auto: notice.Human}, "", "bounce+"},
		"a private one of a person":  {notice.Mail{To: m.Mailbox(), Member: m.ID, Private: true}, "", "bounce+"},
		"a private answer":           {notice.Mail{To: m.Mailbox(), Member: m.ID, Auto: notice.Replied, Private: true}, "auto-replied", ""},
		"a private one to strangers": {notice.Mail{To: stranger, Private: true}, "", "bounce+"},
	} {
		c.mail.Community, c.mail.Words, c.mail.Kind = v.C, hello, notice.Tells
		got := send(v, c.mail)
		suppress := got.Get("X-Auto-Response-Suppress")
		if got.Get("Auto-Submitted") != c.auto || (suppress != "") != (c.auto != "") || suppress != "" && suppress != "OOF, AutoReply, DR, RN, NRN" {
			t.Errorf("%s: Auto-Submitted %q, suppress %q", name, got.Get("Auto-Submitted"), suppress)
		}
		if !strings.HasPrefix(got.From.Local, c.from) || c.from == "" && !got.From.IsZero() {
			t.Errorf("%s: return path <%s>, want %q", name, got.From, c.from)
		}
		if got.Get("From") != `The managers <managers@gardeners.example>` || got.Get("List-Post") != "" || got.Get("Reply-To") != "" {
			t.Errorf("%s:\n%s", name, got.Raw())
		}
		if d, _ := got.Date(); !d.Equal(v.Now.Truncate(time.Minute)) || d.Second() != 0 {
			t.Errorf("%s: date %s", name, d)
		}
	}
}

// W3: what the program writes to managers bears the mark by which it is stopped when one of them passes it on to a list; nothing else does.
func TestMarkOfManagersMail(t *testing.T) {
	v := mailroomtest.New(t)
	page := templates.Mail{Subject: "x", Text: "Figures.\n", HTML: "<html><body><p>Figures.</p></body></html>"}
	marked := templates.Mail{Subject: "x", Text: "About a letter.\n\n[private K7QX]\n"}
	stranger := letter.Mailbox{Name: "Olga", Address: mailroomtest.Addr(olga)}
	manager, member := v.Member(mira), v.Member(dana)
	returned, err := templates.WrongDoor{Community: "Gardeners", List: "Garden talk", Doubts: []templates.Doubt{{Kind: templates.AnswersPrivate}}, Preview: "Just between us.", Days: 14}.Render()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		mail  notice.Mail
		words templates.Mail
		marks int // in the text and in the HTML
	}{
		"a vote":                             {notice.Mail{To: manager.Mailbox(), Member: manager.ID, Kind: notice.Votes, Auto: notice.Generated}, hello, 1},
		"a vote without the mark of a robot": {notice.Mail{To: manager.Mailbox(), Member: manager.ID, Kind: notice.Votes}, hello, 1},
		"figures":                            {notice.Mail{To: manager.Mailbox(), Member: manager.ID, Kind: notice.Tells, Auto: notice.Generated}, page, 2},
		"one with a mark":                    {notice.Mail{To: manager.Mailbox(), Member: manager.ID, Kind: notice.Tells, Auto: notice.Generated}, marked, 1},
		"an answer to a manager":             {notice.Mail{To: manager.Mailbox(), Member: manager.ID, Kind: notice.Tells, Auto: notice.Replied}, hello, 0},
		"a digest of a manager":              {notice.Mail{To: manager.Mailbox(), Member: manager.ID, Kind: notice.Issues, Auto: notice.Generated}, hello, 0},
		"a letter given back":                {notice.Mail{To: member.Mailbox(), Member: member.ID, Kind: notice.Asks, Auto: notice.Replied}, returned, 1},
		"one given back to a stranger":       {notice.Mail{To: stranger, Kind: notice.Asks, Auto: notice.Replied}, returned, 1},
		"a notice to a member":               {notice.Mail{To: member.Mailbox(), Member: member.ID, Kind: notice.Tells, Auto: notice.Generated}, hello, 0},
		"a notice to a stranger":             {notice.Mail{To: stranger, Kind: notice.Tells, Auto: notice.Generated}, hello, 0},
	} {
		c.mail.Community, c.mail.Words = v.C, c.words
		raw := string(send(v, c.mail).Raw())
		if got := strings.Count(raw, "[private "); got != c.marks {
			t.Errorf("%s: %d marks, want %d:\n%s", name, got, c.marks, raw)
		}
	}
}

// A copy that is not for open wires says so, whatever else it is.
func TestPrivateStamps(t *testing.T) {
	v := mailroomtest.New(t)
	m := v.Member(dana)
	for _, private := range []bool{false, true} {
		for _, auto := range []notice.Auto{notice.Human, notice.Replied, notice.Generated} {
			got := send(v, notice.Mail{Community: v.C, To: m.Mailbox(), Member: m.ID, Words: hello, Kind: notice.Tells, Auto: auto, Private: private})
			if got.Private != private || got.From.IsZero() != (auto == notice.Replied) {
				t.Errorf("private %v, auto %q: private %v from <%s>", private, auto, got.Private, got.From)
			}
		}
	}
}

// D3: three answers a day to one address from one trigger; what is not counted is not stopped. Nothing of the fourth is kept.
func TestEnoughAnswers(t *testing.T) {
	v := mailroomtest.New(t)
	m := v.Member(dana)
	try := func(to letter.Mailbox, trigger string) (err error) {
		v.Update(func(tx *db.Tx) error {
			err = tx.Attempt(func() error {
				_, err := v.Office.Send(tx, notice.Mail{Community: v.C, To: to, Words: hello, Kind: notice.Tells, Auto: notice.Replied, Answer: trigger})
				return err
			})
			return nil
		})
		return err
	}
	for i := range 5 {
		if err := try(m.Mailbox(), "help"); errors.Is(err, notice.ErrEnough) != (i >= notice.AnswersADay) {
			t.Errorf("answer %d: %v", i+1, err)
		}
	}
	capitals := m.Mailbox()
	capitals.Address.Local = "DANA"
	if err := try(capitals, "help"); !errors.Is(err, notice.ErrEnough) {
		t.Errorf("capitals make another address: %v", err) // C9
	}
	if err := try(m.Mailbox(), "challenge"); err != nil {
		t.Errorf("another trigger: %v", err)
	}
	if err := try(letter.Mailbox{Address: mailroomtest.Addr(olga)}, "help"); err != nil {
		t.Errorf("another address: %v", err)
	}
	for range 5 {
		if err := try(m.Mailbox(), ""); err != nil {
			t.Errorf("not counted: %v", err)
		}
	}
	if n := len(v.Deliver()); n != 3+1+1+5 {
		t.Errorf("%d letters", n)
	}
	v.Now = v.Now.Add(16 * time.Hour) // the next day, in UTC
	if err := try(m.Mailbox(), "help"); err != nil {
		t.Errorf("the next day: %v", err)
	}
	v.Update(func(tx *db.Tx) error {
		return v.Office.SendIfDue(tx, notice.Mail{Community: v.C, To: m.Mailbox(), Words: hello, Kind: notice.Tells, Answer: "help"})
	})
	for range 5 { // that there is enough is no failure here
		v.Update(func(tx *db.Tx) error {
			return v.Office.SendIfDue(tx, notice.Mail{Community: v.C, To: m.Mailbox(), Words: hello, Kind: notice.Tells, Answer: "help"})
		})
	}
}

// Whatever we send, an answer to it that goes to a list is stopped there: every id is remembered, as what it is (W1, W2).
func TestIDsAreRemembered(t *testing.T) {
	v := mailroomtest.New(t)
	m := v.Member(dana)
	for kind, want := range map[notice.Kind]archive.IDKind{
		notice.Tells: archive.IDNotice, notice.Asks: archive.IDNotice, notice.Votes: archive.IDVote, notice.Acks: archive.IDAck, notice.Converse: archive.IDConversation, notice.Issues: archive.IDDigest,
	} {
		var sent notice.Sent
		v.Update(func(tx *db.Tx) (err error) {
			sent, err = v.Office.Send(tx, notice.ToMember(v.C, m, kind, hello))
			return err
		})
		if sent.ID.Kind() != string(kind) || len(sent.ID) > 64 {
			t.Errorf("id %s of kind %s", sent.ID, kind)
		}
		v.View(func(tx *db.Tx) error {
			kinds, err := v.Store.KindsOf(tx, sent.ID)
			if kinds[sent.ID] != want {
				t.Errorf("%s is remembered as %q", kind, kinds[sent.ID])
			}
			return err
		})
	}
}

// A name under which something is owed once is owed once, whoever asks for it again (a digest's issue).
func TestASourceIsOwedOnce(t *testing.T) {
	v := mailroomtest.New(t)
	m := notice.ToMember(v.C, v.Member(dana), notice.Issues, hello)
	m.Source = "issue:7"
	for range 3 {
		v.Update(func(tx *db.Tx) error { _, err := v.Office.Send(tx, m); return err })
	}
	v.One(v.Deliver(), dana)
}

// The bytes lie sealed until they go: they may carry live tokens.
func TestLettersLieSealed(t *testing.T) {
	v := mailroomtest.New(t)
	m := notice.ToMember(v.C, v.Member(dana), notice.Tells, templates.Mail{Subject: "zzsubject", Text: "zzcanary\n"})
	v.Update(func(tx *db.Tx) error { _, err := v.Office.Send(tx, m); return err })
	for _, name := range []string{v.DB.Path(), v.DB.Path() + "-wal"} {
		if raw := read(name); strings.Contains(raw, "zzcanary") || strings.Contains(raw, "zzsubject") {
			t.Errorf("words of a letter lie open in %s", name)
		}
	}
}

// Doors: the same for the same thing, another for every other thing, and of a member whose tokens died a new one.
func TestDoors(t *testing.T) {
	v := mailroomtest.New(t)
	d := notice.Door{Community: v.C, Member: v.Member(dana), Receiver: "x", Object: "a:1", Days: 14}
	seen := map[letter.Address]string{}
	get := func(name string, f func(tx *db.Tx) (letter.Mailbox, error)) letter.Mailbox {
		var m letter.Mailbox
		v.Update(func(tx *db.Tx) (err error) { m, err = f(tx); return err })
		if other := seen[m.Address]; other != "" && other != name {
			t.Errorf("%s and %s are one address", name, other)
		}
		seen[m.Address] = name
		return m
	}
	kinds := map[string]func(tx *db.Tx, d notice.Door) (letter.Mailbox, error){
		"confirm": v.Office.Confirm, "vote": v.Office.Vote, "leave": v.Office.Leave, "digest-off": v.Office.DigestOff,
		"private": func(tx *db.Tx, d notice.Door) (letter.Mailbox, error) { return v.Office.Private(tx, "Managers", d) },
	}
	for kind, f := range kinds {
		other, older := d, d
		other.Object, older.Member.Epoch = "a:2", d.Member.Epoch+1
		first := get(kind, func(tx *db.Tx) (letter.Mailbox, error) { return f(tx, d) })
		if again := get(kind, func(tx *db.Tx) (letter.Mailbox, error) { return f(tx, d) }); again != first || !strings.HasPrefix(first.Address.Local, kind+"+") {
			t.Errorf("%s: %s, then %s", kind, first, again)
		}
		get(kind+" of another thing", func(tx *db.Tx) (letter.Mailbox, error) { return f(tx, other) })
		get(kind+" after the old died", func(tx *db.Tx) (letter.Mailbox, error) { return f(tx, older) })
	}
}

// A letter is filed for one person, as sent.
func TestFile(t *testing.T) {
	v := mailroomtest.New(t)
	m := v.Member(dana)
	v.Update(func(tx *db.Tx) error {
		sent, err := v.Office.Send(tx, notice.ToMember(v.C, m, notice.Tells, hello))
		if err != nil {
			return err
		}
		return v.Office.File(tx, sent, m.ID, "Notices", 7)
	})
	v.View(func(tx *db.Tx) error {
		all, err := v.Store.PrivateOf(tx, int64(m.ID), 7)
		if err != nil || len(all) != 1 {
			t.Fatalf("%d letters: %v", len(all), err)
		}
		raw, err := v.Store.Raw(tx, all[0].Raw)
		if !strings.Contains(string(raw), "Good morning.") {
			t.Errorf("filed:\n%s", raw)
		}
		if others, _ := v.Store.PrivateOf(tx, int64(v.Member(mira).ID), 7); len(others) != 0 {
			t.Error("somebody else sees it")
		}
		return err
	})
}

// An answer goes to the confirmed address that the letter bears, below it, and shows nothing that was one person's.
func TestAnswer(t *testing.T) {
	l, err := letter.Parse([]byte("From: x\r\nMessage-ID: <a@b>\r\n\r\nWrite to private+00000000000000000000000000@gardeners.example.\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	in := &lists.Incoming{Letter: l, Story: "s1", Sender: lists.Member{ID: 3, Name: "Dana"}, From: letter.Mailbox{Name: "Somebody", Address: mailroomtest.Addr(dana)}}
	m := notice.Answer(in, notice.Asks, hello)
	if m.To.String() != "Dana <dana@north.example>" || m.Member != 3 || m.Story != "s1" || fmt.Sprint(m.InReplyTo) != "[<a@b>]" || m.Auto != notice.Replied || !m.Private {
		t.Errorf("%+v", m)
	}
	if p := notice.Preview(l); !strings.Contains(string(p), "[a personal address was removed]") {
		t.Errorf("preview: %s", p)
	}
}

// The cases that only the mailroom sees.
func TestTellings(t *testing.T) {
	v := mailroomtest.New(t)
	l, _ := letter.Parse([]byte("From: x\r\nSubject: To both\r\n\r\nx"))
	in := &lists.Incoming{Letter: l, Community: v.C, Story: "s1", To: mailroomtest.Addr("news@gardeners.example"), Sender: v.Member(dana), From: v.Member(dana).Mailbox()}
	for range 5 {
		v.Update(func(tx *db.Tx) error {
			return v.Office.PartRefused(tx, in, refusal.Because(refusal.NotAllowed, "Only the managers post there."))
		})
	}
	all := v.Deliver()
	v.Update(func(tx *db.Tx) error {
		m := v.Member("bill@south.example")
		m.Language = "de"
		if err := lists.SaveMember(tx, m); err != nil {
			return err
		}
		to := *in
		to.Sender, to.From = m, m.Mailbox()
		return v.Office.PartRefused(tx, &to, refusal.Say(refusal.NotAllowed, "list.managers", "news@gardeners.example", "managers@gardeners.example"))
	})
	if text := strings.Join(strings.Fields(v.One(v.Deliver(), "bill@south.example").Text()), " "); !strings.Contains(text, "Auf news@gardeners.example schreibt nur das Team. Du erreichst es unter managers@gardeners.example.") {
		t.Errorf("in German: %s", text)
	}
	if len(all) != notice.AnswersADay || !strings.Contains(all[0].Text(), "news@gardeners.example - Only the managers post there.") {
		t.Errorf("%d letters:\n%s", len(all), all[0].Text())
	}
	v.Update(func(tx *db.Tx) error { return v.Office.SetAside(tx, v.C, "story7") })
	all = v.Deliver()
	aside := v.One(mailroomtest.To(all, mira), mira)
	if len(all) != 2 || !strings.Contains(aside.Text(), "backchannel trace story7") || !strings.Contains(strings.Join(strings.Fields(aside.Text()), " "), "Friday, 12 June at 10:00") {
		t.Errorf("%d letters:\n%s", len(all), aside.Text())
	}
}

func TestSplit(t *testing.T) {
	for raw, head := range map[string]string{"A: b\r\n\r\nbody": "A: b\r\n\r\n", "A: b\r\n": "A: b\r\n", "": "", "A: b\r\n\r\n\r\n\r\n": "A: b\r\n\r\n"} {
		h, b := notice.Split([]byte(raw))
		if string(h) != head || string(h)+string(b) != raw {
			t.Errorf("%q: %q and %q", raw, h, b)
		}
		if grown := append(h, 'x'); len(b) > 0 && b[0] == 'x' {
			t.Errorf("%q: writing to the header %q changes the body", raw, grown)
		}
	}
}

// read is a file, "" when it is not there.
func read(name string) string {
	raw, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	return string(raw)
}

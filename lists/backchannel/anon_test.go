package backchannel_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/backchannel"
	"backchannel/lists/mailroom/mailroomtest"
	"backchannel/smtpd/queue"
)

const anon = "anon@gardeners.example"

// crowd is a court with enough members to hide among.
func crowd(t *testing.T) *village {
	v := court(t, true)
	for i := range 4 {
		v.Add(v.C, fmt.Sprintf("m%d@d%d.example", i, i), fmt.Sprintf("Member Nr%d", i), lists.RoleMember, v.Talk)
	}
	return v
}

var burntOut = post{From: "Dana Reyes <" + dana + ">", To: anon, Subject: "Burnt out", Body: "I moderate alone and I am close to quitting.\n\n-- \nDana Reyes | North | +1 555 0100"}

// every secret of Dana's that no manager may see.
var danas = []string{"Dana", "dana", "Reyes", "north.example", "North", "555 0100"}

// voiced has Dana write without a name and say YES, and gives the letters that came of it, and the made-up name.
func voiced(t *testing.T, v *village, p post) (all []arrived, name string) {
	t.Helper()
	v.MustSend(p)
	preview := v.One(v.Deliver(), dana)
	v.MustSend(answer(dana, preview, "YES"))
	v.Deliver()
	v.Pass(61 * time.Minute)
	return v.Deliver(), voiceName(t, preview)
}

func voiceName(t *testing.T, preview arrived) string {
	t.Helper()
	found := regexp.MustCompile(`from "([A-Z][a-z]+ [A-Z][a-z]+)"`).FindStringSubmatch(words(preview))
	if found == nil {
		t.Fatalf("no made-up name in\n%s", preview.Text())
	}
	return found[1]
}

// B10: nothing reaches managers before the YES, and then nothing that tells who it is; answers find their way back (LP5).
func TestAnonymousLetter(t *testing.T) {
	v := crowd(t)
	v.MustSend(burntOut)
	all := v.Deliver()
	if len(all) != 1 {
		t.Fatalf("before the YES there came\n%s", mailroomtest.Subjects(all))
	}
	preview := v.One(all, dana)
	says(t, preview, "| Subject: Burnt out", "| I moderate alone and I am close to quitting.", "your signature (1 line)", "[private ----]")
	hides(t, preview, "555 0100")
	name := voiceName(t, preview)
	if to := preview.ReplyTo()[0].Address.Local; !strings.HasPrefix(to, "confirm+") {
		t.Errorf("the preview is answered at %s", to)
	}
	v.MustSend(answer(dana, preview, "YES"))
	end := v.One(v.Deliver(), dana)
	says(t, end, "It goes to the managers some time in the next hour")
	hides(t, end, name)
	v.Pass(9 * time.Minute)
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("after 9 minutes there came\n%s", mailroomtest.Subjects(all))
	}
	v.Pass(52 * time.Minute)
	all = v.Deliver()
	if len(all) != 3 {
		t.Fatalf("there came\n%s", mailroomtest.Subjects(all))
	}
	for _, m := range []string{mira, theo, jonas} {
		copy := v.One(all, m)
		hides(t, copy, danas...)
		says(t, copy, "close to quitting", "/who is off")
		if got := copy.Letter.From()[0].Name; got != name+" (anonymous member, "+code(copy)+")" {
			t.Errorf("from %q", got)
		}
		if date, _ := copy.Date(); !date.Equal(date.Truncate(time.Hour)) {
			t.Errorf("the date tells more than the hour: %s", date)
		}
	}
	copy := v.One(all, mira)

	v.MustSend(answer(mira, copy, "You are not alone."))
	pending := queued(v)
	if !strings.Contains(pending, "@anonymous.invalid") || strings.Contains(pending, dana) {
		t.Errorf("the queue tells\n%s", pending)
	}
	all = v.Deliver()
	back := v.One(all, dana)
	says(t, back, "You are not alone.")
	hides(t, back, mira, "Lowe")
	if to := back.Letter.To(); len(to) != 1 || to[0].Address.String() != dana {
		t.Errorf("the answer is to %v", to)
	}
	for _, m := range []string{theo, jonas} {
		hides(t, v.One(all, m), danas...)
	}

	// She goes on under the same name, be it that her program ignores Reply-To.
	p := answer(dana, back, "It helps to hear that.")
	v.MustSend(p)
	v.Pass(61 * time.Minute)
	all = v.Deliver()
	again := v.One(all, mira)
	says(t, again, "It helps to hear that.")
	hides(t, again, danas...)
	p = answer(dana, back, "And one thing more.")
	p.To = managers
	v.MustSend(p)
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("a letter that ignored Reply-To caused\n%s", mailroomtest.Subjects(all))
	}
	v.Pass(61 * time.Minute)
	again = v.One(v.Deliver(), theo)
	says(t, again, "And one thing more.")
	hides(t, again, danas...)
	if code(again) != code(copy) {
		t.Errorf("it is in %s, not in %s", code(again), code(copy))
	}

	// What tells who she is comes back first.
	v.MustSend(answer(dana, back, "Best from Dana at north, you know."))
	asked := v.One(v.Deliver(), dana)
	says(t, asked, `"Dana" in line 1: your name`)
	v.Pass(2 * time.Hour)
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("without a YES there came\n%s", mailroomtest.Subjects(all))
	}
	// Others cannot speak as she does.
	if _, err := v.Send(answer(bill, back, "I am the same.")); err == nil {
		t.Error("Bill speaks through Dana's address")
	}
	noTrace(t, v, name)
}

// queued is the queue as its operator sees it.
func queued(v *village) (all string) {
	v.View(func(tx *db.Tx) error {
		copies, err := queue.List(tx, queue.Filter{})
		for _, c := range copies {
			all += fmt.Sprintf("%+v\n", c)
		}
		return err
	})
	return all
}

// noTrace fails when a row that was written for the voice names Dana, or one about her letters names the voice; and when the letter as it
// came is still there.
func noTrace(t *testing.T, v *village, name string) {
	t.Helper()
	v.View(func(tx *db.Tx) error {
		rows, err := db.Select(tx, func(r db.Scanner) (s string, err error) {
			var story, msgid, to, detail string
			err = r.Scan(&story, &msgid, &to, &detail)
			return story + "|" + msgid + "|" + to + "|" + detail, err
		}, "SELECT story, msgid, rcpt, detail FROM log_entry")
		if err != nil {
			return err
		}
		stories := map[string]bool{}
		for _, row := range rows {
			story, rest, _ := strings.Cut(row, "|")
			if strings.Contains(rest, "anonymous.invalid") {
				stories[story] = true
			}
			if strings.Contains(row, name) {
				t.Errorf("the logbook names the voice: %s", row)
			}
		}
		for _, row := range rows {
			if story, rest, _ := strings.Cut(row, "|"); stories[story] && strings.Contains(rest, "north.example") {
				t.Errorf("the logbook joins voice and member: %s", row)
			}
		}
		left, err := db.Select(tx, func(r db.Scanner) (s string, err error) { return s, r.Scan(&s) }, "SELECT story FROM conv_msg JOIN conv ON conv.id = conv_msg.conv WHERE anon AND dir = 'in' AND (story <> '' OR msgid <> '' OR author IS NOT NULL)")
		if len(left) > 0 {
			t.Errorf("what was said still names the letter it came by: %v", left)
		}
		return err
	})
}

// The letter as it came is destroyed at once, its preview at YES.
func TestAnonymousLetterIsDestroyed(t *testing.T) {
	v := crowd(t)
	story := v.MustSend(burntOut)
	preview := v.One(v.Deliver(), dana)
	kept := func() (n int) {
		v.View(func(tx *db.Tx) error {
			if _, err := v.Store.LetterByStory(tx, story); err == nil {
				n++
			}
			return nil
		})
		return n
	}
	if kept() != 0 {
		t.Fatal("the letter as it came is kept, with its session and its sender in clear")
	}
	if n := row(v, "SELECT count(*) FROM anon_draft WHERE instr(box, 'quitting')"); n != "0" {
		t.Error("what waits for her YES can be read")
	}
	yes := v.MustSend(answer(dana, preview, "YES"))
	v.View(func(tx *db.Tx) error {
		if _, err := v.Store.LetterByStory(tx, yes); err == nil {
			t.Error("the YES, which quotes it, is still there")
		}
		var n int
		err := tx.QueryRow("SELECT (SELECT count(*) FROM anon_draft) + (SELECT count(*) FROM anon_trace)").Scan(&n)
		if n != 0 {
			t.Errorf("%d rows of the draft are left", n)
		}
		return err
	})
	// In clear, the database does not join her address and the voice anywhere.
	v.Deliver()
	v.Pass(61 * time.Minute)
	v.Deliver()
	v.View(func(tx *db.Tx) error {
		var box []byte
		if err := tx.QueryRow("SELECT box FROM sealed_identity").Scan(&box); err != nil {
			return err
		}
		if bytes.Contains(box, []byte("dana")) || len(box) < 448 {
			t.Errorf("the seal is none: %q", box)
		}
		return nil
	})
}

// The words of the preview.
func TestAnonymousWords(t *testing.T) {
	v := crowd(t)
	v.MustSend(burntOut)
	preview := v.One(v.Deliver(), dana)
	v.MustSend(answer(dana, preview, "Maybe"))
	says(t, v.One(v.Deliver(), dana), `Your reply begins with "Maybe"`, "nothing was sent")
	v.MustSend(answer(dana, preview, "I moderate with nobody to help me, and it is too much."))
	again := v.One(v.Deliver(), dana)
	says(t, again, "| I moderate with nobody to help me, and it is too much.")
	hides(t, again, "quitting")
	v.MustSend(answer(dana, again, "NO"))
	says(t, v.One(v.Deliver(), dana), "It is forgotten. No manager has seen any of it.")
	v.MustSend(answer(dana, again, "YES"))
	says(t, v.One(v.Deliver(), dana), "This letter is decided")
	v.Pass(2 * time.Hour)
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("after NO there came\n%s", mailroomtest.Subjects(all))
	}

	v.MustSend(burntOut)
	preview = v.One(v.Deliver(), dana)
	if voiceName(t, preview) == voiceName(t, again) {
		t.Error("a name was given twice")
	}
	p := answer(dana, preview, "YES")
	p.To = managers // her program ignores Reply-To
	v.MustSend(p)
	all := v.Deliver()
	for _, m := range []string{mira, theo, jonas} {
		nothing(t, all, m)
	}
	v.Pass(61 * time.Minute)
	hides(t, v.One(v.Deliver(), mira), danas...)

	v.MustSend(burntOut)
	v.MustSend(answer(dana, v.One(v.Deliver(), dana), "NAME ME"))
	all = v.Deliver()
	named := v.One(all, mira)
	says(t, named, "close to quitting")
	if got := named.Letter.From()[0].Name; !strings.HasPrefix(got, "Dana Reyes (private") {
		t.Errorf("from %q", got)
	}

	v.MustSend(burntOut)
	v.Deliver()
	v.Pass(15 * 24 * time.Hour)
	expired := false
	for _, a := range to(v.Deliver(), dana) { // there may be a word about the letter in her own name, too
		expired = expired || strings.Contains(words(a), "We did not hear from you for 14 days")
	}
	if !expired {
		t.Error("she did not hear that it is forgotten")
	}
}

// Who may not, and is told why (FC11).
func TestAnonymousRefusals(t *testing.T) {
	v := court(t, true)
	no := func(p post, why string) {
		t.Helper()
		if _, err := v.Send(p); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s to %s: %v\nwant %s", p.From, p.To, err, why)
		}
	}
	no(burntOut, "Gardeners has 7 members. Among so few, everybody would know who writes, so we do not pretend otherwise: please write to managers@gardeners.example in your own name. There is the ombuds, too: ombuds@gardeners.example.")
	v = crowd(t)
	no(post{From: olga, To: anon, Subject: "x", Body: "y"}, "Please write from the address you joined with, or to ombuds@gardeners.example")
	p := burntOut
	p.Rcpt = []string{anon, managers}
	v.MustSend(p) // to the managers it goes, in her name; anon@ alone refuses
	if all := mailroomtest.Subjects(v.Deliver()); !strings.Contains(all, mira) || !strings.Contains(all, "dana@north.example: [private] Re: Burnt out") {
		t.Errorf("there came\n%s", all)
	}
	for range 3 {
		v.MustSend(burntOut)
	}
	no(burntOut, "Three letters of yours without a name are open already, or wait for your YES. Please go on in those, or write again when one is closed. There is the ombuds, too: ombuds@gardeners.example.")
	other := burntOut
	other.From = bill
	v.MustSend(other)

	// A weak sender is shown the preview at the address that is known.
	v = crowd(t)
	v.MustSend(post{From: sil, To: anon, Subject: "Quiet", Body: "I hear nothing from anybody here."})
	says(t, v.One(v.Deliver(), sil), "I hear nothing from anybody here.")
}

// /block silences a voice without telling whose it is.
func TestBlock(t *testing.T) {
	v := crowd(t)
	all, _ := voiced(t, v, burntOut)
	copy := v.One(all, mira)
	v.MustSend(answer(mira, copy, "Please be more kind to us.\n"))
	back := v.One(v.Deliver(), dana)
	v.MustSend(answer(mira, copy, "/block"))
	says(t, v.One(v.Deliver(), mira), "This voice is not heard until")
	for _, p := range []post{burntOut, answer(dana, back, "You are all the same.")} {
		refused(v, p, "The managers take no letters without a name from this voice until 12 July 2026. They do not know whose it is. Please write to managers@gardeners.example in your own name. There is the ombuds, too: ombuds@gardeners.example.")
	}
	other := burntOut
	other.From = bill
	v.MustSend(other)
	v.Pass(31 * 24 * time.Hour)
	v.Deliver()
	v.MustSend(answer(dana, back, "I am sorry about that."))
	v.MustSend(answer(mira, v.One(ask(v, "x", "With a name."), mira), "/block"))
	says(t, to(v.Deliver(), mira)[0], "has a name. /block is for anonymous voices.")
}

// login is a letter that proves its writer.
func login(p post, who string) post {
	p.Login = mailroomtest.Addr(who)
	return p
}

// FORGET at the door of a letter without a name: the one that waits for a YES is forgotten, with whatever stands below; behind that of one
// that was sent, all that the same member has without a name goes, what no manager has seen at once, and nothing in their own name.
func TestForgetAtTheLetterbox(t *testing.T) {
	v := crowd(t)
	v.MustSend(burntOut)
	preview := v.One(v.Deliver(), dana)
	v.MustSend(answer(dana, preview, "FORGET\nI should not have written this to you at all."))
	says(t, v.One(v.Deliver(), dana), "It is forgotten. No manager has seen any of it.")
	if n := row(v, "SELECT count(*) FROM anon_draft"); n != "0" {
		t.Errorf("%s letters wait for a YES", n)
	}

	all, name := voiced(t, v, burntOut)
	mine := code(v.One(ask(v, "In my name", "A question of mine."), mira))
	v.MustSend(burntOut)
	preview = v.One(to(v.Deliver(), dana), dana)
	v.MustSend(answer(dana, preview, "YES"))
	sent := v.One(v.Deliver(), dana)
	says(t, sent, "reply FORGET to this mail")
	if _, err := v.Send(answer(bill, sent, "FORGET")); err != nil {
		t.Logf("Bill at Dana's door: %v", err)
	}
	v.Deliver()
	if n := row(v, "SELECT count(*) FROM anon_wait"); n != "1" {
		t.Fatalf("%s letters are on their way, want 1", n)
	}
	v.MustSend(answer(dana, sent, "FORGET"))
	says(t, v.One(v.Deliver(), dana), "We erase all that you wrote without your name")
	if n := row(v, "SELECT count(*) FROM anon_wait"); n != "0" {
		t.Errorf("%s letters are on their way still", n)
	}
	v.Pass(22 * time.Hour)
	for _, a := range v.Deliver() {
		hides(t, a, "close to quitting")
	}
	if n := row(v, "SELECT count(*) FROM conv WHERE code = ? AND name = ?", code(v.One(all, mira)), name); n != "0" {
		t.Error("the voice is still there")
	}
	if n := row(v, "SELECT count(*) FROM conv_msg JOIN conv ON conv.id = conv_msg.conv WHERE code = ? AND words <> ''", mine); n == "0" {
		t.Error("what she wrote in her own name went with it")
	}
	noTrace(t, v, name)
}

// A voice of whom nobody has answered is told so, and its URGENT does what that letter says, at its moment and by no name (B11).
func TestAVoiceSaysUrgent(t *testing.T) {
	v := crowd(t)
	all, name := voiced(t, v, burntOut)
	k := code(v.One(all, mira))
	var still arrived
	for _, a := range to(hours(v, 24*8), dana) {
		if strings.Contains(a.Subject(), "Still here") {
			still = a
		}
	}
	if still.Letter == nil {
		t.Fatal("nobody told her that nobody has answered")
	}
	says(t, still, "URGENT")
	hides(t, still, "POST NEW")
	v.MustSend(answer(dana, still, "URGENT"))
	if all := v.Deliver(); len(all) != 0 {
		t.Errorf("at once there came\n%s", mailroomtest.Subjects(all))
	}
	v.Pass(61 * time.Minute)
	all = v.Deliver()
	for _, m := range []string{mira, theo, jonas} {
		says(t, v.One(all, m), name+" says that it is urgent.", "close to quitting")
		hides(t, v.One(all, m), danas...)
	}
	says(t, v.One(all, dana), "Your letter is marked as urgent now, and")
	if n := row(v, "SELECT urgent || ' ' || (SELECT count(*) FROM conv_msg WHERE conv = conv.id AND dir = 'in') FROM conv WHERE code = ?", k); n != "1 1" {
		t.Errorf("urgent, letters: %s, want 1 1", n)
	}
	noTrace(t, v, name)
}

// /unseal: two managers, a reason, a YES of each; the member and the ombuds are told in the same moment, and it stands in the audit (FC3).
func TestUnseal(t *testing.T) {
	v := crowd(t)
	all, name := voiced(t, v, burntOut)
	copy := v.One(all, mira)
	v.MustSend(answer(mira, copy, "/unseal There is a threat against a member"))
	says(t, v.One(v.Deliver(), mira), "your provider must sign the mail")
	v.MustSend(login(answer(mira, copy, "/unseal because"), mira))
	says(t, v.One(v.Deliver(), mira), "the member and the ombuds will read it")
	v.MustSend(login(answer(mira, copy, "/unseal There is a threat against a member"), mira))
	all = v.Deliver()
	first := v.One(all, mira)
	says(t, first, "You want to know who "+name+" is", "There is a threat against a member")
	nothing(t, all, theo)
	if _, err := v.Send(answer(mira, first, "YES")); err == nil {
		t.Error("a YES without a proof is taken")
	}
	v.MustSend(login(answer(mira, first, "YES"), mira))
	all = v.Deliver()
	second := v.One(all, theo)
	says(t, second, "Mira wants to know who "+name+" is")
	hides(t, second, danas...)
	v.MustSend(login(answer(mira, first, "YES"), mira))
	says(t, v.One(v.Deliver(), mira), "A second manager has to agree")
	v.MustSend(login(answer(theo, second, "YES"), theo))
	all = v.Deliver()
	for _, m := range []string{mira, theo} {
		says(t, v.One(all, m), name+" is Dana Reyes (dana@north.example)")
	}
	nothing(t, all, jonas)
	says(t, v.One(all, dana), "Mira and Theo, who manage Gardeners, have learned who "+name+" is", "There is a threat against a member")
	copyOmbuds := v.One(all, sand)
	says(t, copyOmbuds, "have learned who "+name+" is")
	hides(t, copyOmbuds, danas...)
	v.MustSend(login(answer(theo, second, "YES"), theo))
	says(t, v.One(v.Deliver(), theo), "That is decided")
	v.View(func(tx *db.Tx) error {
		found, err := db.Select(tx, func(r db.Scanner) (s string, err error) { return s, r.Scan(&s) }, "SELECT action FROM audit ORDER BY seq")
		if got := strings.Join(found, ", "); got != "unseal asked, unseal confirmed, unseal" {
			t.Errorf("the audit has %q", got)
		}
		return err
	})
}

// A letter that names a manager is kept from that manager; one that names all goes to all, and its writer was told.
func TestAnonymousLetterNamesManagers(t *testing.T) {
	v := crowd(t)
	p := burntOut
	p.Body = "Theo was rude to me in the meeting of yesterday."
	v.MustSend(p)
	preview := v.One(v.Deliver(), dana)
	says(t, preview, "Because you mention Theo, Theo will not see it.")
	v.MustSend(answer(dana, preview, "YES"))
	v.Deliver()
	v.Pass(61 * time.Minute)
	all := v.Deliver()
	nothing(t, all, theo)
	says(t, v.One(all, mira), "Theo was rude")
	v.MustSend(answer(mira, v.One(all, mira), "/report"))
	all = v.Deliver()
	says(t, v.One(all, dana), "The managers treat your letter as a report now")
	v.MustSend(answer(dana, v.One(all, dana), "INCLUDE THEO"))
	all = v.Deliver()
	says(t, v.One(all, theo), "Theo was rude")
	hides(t, v.One(all, theo), danas...)
	noTrace(t, v, "Theo was rude")
}

// What a host says about a letter to a voice is told to nobody.
func TestBlindOutcome(t *testing.T) {
	v := crowd(t)
	all, name := voiced(t, v, burntOut)
	v.Refuse(func(to letter.Address) (queue.Outcome, bool) {
		return queue.Outcome{Kind: queue.Failed, Code: 550, Enhanced: "5.1.1", Host: "mx.north.example", Text: "no dana@north.example here"}, to.String() == dana
	})
	v.MustSend(answer(mira, v.One(all, mira), "Hello?"))
	all = v.Deliver()
	lost := to(all, mira)
	if len(lost) == 0 {
		v.Refuse(nil)
		lost = to(v.Deliver(), mira)
	}
	for _, l := range lost {
		hides(t, l, danas...)
	}
	v.View(func(tx *db.Tx) error {

		found, err := db.Select(tx, func(r db.Scanner) (s string, err error) { return s, r.Scan(&s) }, "SELECT detail FROM log_entry WHERE rcpt LIKE '%anonymous.invalid'")
		if len(found) == 0 || strings.Contains(strings.Join(found, " "), "north") {
			t.Errorf("the logbook tells %q", found)
		}
		return err
	})
	noTrace(t, v, name)
}

// A key that was lost silences nobody.
func TestLostIdentityKey(t *testing.T) {
	v := crowd(t)
	voiced(t, v, burntOut)
	vault, err := backchannel.NewVault(map[int][]byte{1: bytes.Repeat([]byte{9}, 32)}, 1)
	if err != nil {
		t.Fatal(err)
	}
	v.Box.Vault = vault
	v.MustSend(burntOut)
	says(t, v.One(v.Deliver(), dana), "close to quitting")
	if _, err := backchannel.NewVault(map[int][]byte{1: {1, 2}}, 1); err == nil {
		t.Error("a short key is a key")
	}
	if _, err := backchannel.NewVault(map[int][]byte{1: bytes.Repeat([]byte{9}, 32)}, 2); err == nil {
		t.Error("a key that is not there is in use")
	}
}

package backchannel_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
	"backchannel/lists/backchannel"
	"backchannel/lists/mailroom/mailroomtest"
)

// sweep does what housekeeping does, the last page of the log included.
func sweep(v *village) (n int64) {
	v.T.Helper()
	for {
		var gone int64
		v.Update(func(tx *db.Tx) (err error) { gone, err = v.Box.Sweep(tx); return err })
		if n += gone; gone == 0 {
			break
		}
	}
	if err := v.DB.Wipe(v.T.Context()); err != nil {
		v.T.Fatal(err)
	}
	return n
}

// traces tells in which files of the database's folder, or in a backup made now, one of these words stands.
func traces(v *village, path string, words ...string) (found []string) {
	v.T.Helper()
	backup := filepath.Join(v.T.TempDir(), "backup.db")
	if err := v.DB.Backup(v.T.Context(), backup); err != nil {
		v.T.Fatal(err)
	}
	names, err := filepath.Glob(path + "*")
	if err != nil {
		v.T.Fatal(err)
	}
	for _, name := range append(names, backup) {
		all, err := os.ReadFile(name)
		if err != nil {
			v.T.Fatal(err)
		}
		for _, w := range words {
			if bytes.Contains(all, []byte(w)) {
				found = append(found, filepath.Base(name)+": "+w)
			}
		}
	}
	return found
}

// row is one value of the database.
func row(v *village, query string, args ...any) (s string) {
	v.T.Helper()
	v.View(func(tx *db.Tx) error { return tx.QueryRow(query, args...).Scan(&s) })
	return s
}

// I11: after FORGET the words are in no table, index, log, queue, and in no backup made afterwards.
func TestI11Forget(t *testing.T) {
	v := newVillage(t)
	path := v.DB.Path()
	var long strings.Builder
	for range 400 {
		long.WriteString("xylophone quartz bungalow nightfall. ")
	}
	first := ask(v, "Canaria subject", "The canaria sentence about my salary of zweitausend.\n\n"+long.String())
	letterToMira := v.One(first, mira)
	k := code(letterToMira)
	do(v, mira, k, "/note She told me the canaria sentence about my salary of zweitausend before.")
	v.Deliver()
	// A manager's answer quotes her; one comes back to its manager; a copy waits in the queue.
	v.MustSend(post{From: mira, To: letterToMira.ReplyTo()[0].Address.String(), Subject: "Re: x", Body: "Kanzlerin says yes.\n\n> The canaria sentence about my salary of zweitausend."})
	v.MustSend(post{From: theo, To: v.One(first, theo).ReplyTo()[0].Address.String(), Subject: "Re: x", Body: "Mira, can you look at the canaria sentence about my salary of zweitausend?"})
	for range 5 { // other people's rows beside hers
		v.MustSend(post{From: "Bill <" + bill + ">", To: managers, Subject: "Other", Body: "Something else entirely, " + long.String()[:3000]})
		v.Now = v.Now.Add(time.Hour)
	}
	words := []string{"canaria", "Canaria", "zweitausend"}
	if len(traces(v, path, words...)) == 0 {
		t.Fatal("the words are nowhere to begin with: this test looks in the wrong place")
	}
	v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: managers, Subject: "x", Body: "Forget.\n\nDana\n\n> the canaria sentence"})
	sweep(v)
	if found := traces(v, path, words...); len(found) > 0 {
		t.Errorf("still there: %v", found)
	}
	if n := row(v, "SELECT count(*) FROM private_message WHERE object = (SELECT id FROM conv WHERE code = ?)", k); n != "0" {
		t.Errorf("%s copies over IMAP", n)
	}
	if n := row(v, "SELECT count(*) FROM letter WHERE story IN (SELECT story FROM conv_letter WHERE conv = (SELECT id FROM conv WHERE code = ?))", k); n != "0" {
		t.Errorf("%s letters as they came", n)
	}
	if n := row(v, "SELECT count(*) FROM copy WHERE msgid IN (SELECT msgid FROM conv_ref WHERE conv = (SELECT id FROM conv WHERE code = ?))", k); n != "0" {
		t.Errorf("%s copies in the queue", n)
	}
	all := v.Deliver()
	says(t, v.One(all, dana), "We erased the one private letter", "Copies that were mailed to managers")
	for _, a := range to(all, mira) {
		hides(t, a, words...)
	}
	asked := false
	v.Pass(4 * 24 * time.Hour)
	for _, a := range to(v.Deliver(), mira) {
		asked = asked || strings.Contains(a.Subject(), "Please delete "+k)
	}
	if !asked {
		t.Errorf("Mira was not asked to delete her copy:\n%s", mailroomtest.Subjects(all))
	}
	v.View(func(tx *db.Tx) error {
		c, err := v.Box.ByCode(tx, member(tx, t, v, mira), k)
		if err != nil {
			return err
		}
		if c.State != backchannel.Closed || c.Outcome != "forgotten" || c.Subject != "" {
			t.Errorf("%+v", c)
		}
		lines, err := v.Box.Show(tx, c)
		text := ""
		for _, l := range lines {
			text += l.Dir + ":" + l.Text + "|"
		}
		if !strings.Contains(text, "out:Kanzlerin says yes.") || strings.Contains(text, "salary") {
			t.Errorf("left: %s", text)
		}
		return err
	})
	if f := auditFaults(v); len(f) > 0 {
		t.Error(f)
	}
	// Bill's letters are all there.
	if n := row(v, "SELECT count(*) FROM conv_msg WHERE words LIKE 'Something else%'"); n != "5" {
		t.Errorf("%s letters of Bill", n)
	}
}

func member(tx *db.Tx, t *testing.T, v *village, who string) lists.Member {
	t.Helper()
	m, _, err := lists.MemberByAddress(tx, v.C.ID, at(who))
	if err != nil {
		t.Error(err)
	}
	return m
}

// FORGET is a member's own word, alone on its line; nobody's else, and no part of a sentence.
func TestForgetIsAWord(t *testing.T) {
	v := newVillage(t)
	ask(v, "Sponsors", "The canaria sentence.")
	kept := func() bool { return row(v, "SELECT count(*) FROM conv_msg WHERE words LIKE '%canaria%'") == "1" }
	for _, body := range []string{"Forget it, I found the answer.", "Forget?", "FORGETTING", "Please FORGET"} {
		v.MustSend(post{From: dana, To: managers, Subject: "Sponsors", Body: body})
		v.Now = v.Now.Add(time.Hour)
	}
	v.MustSend(post{From: bill, To: managers, Subject: "x", Body: "FORGET"})
	if !kept() {
		t.Error("a sentence, or somebody else, erased her letter")
	}
	says(t, v.One(v.Deliver(), bill), "nothing to erase")
	// Sil's domain vouches for nothing: Sil is asked.
	v.MustSend(post{From: sil, To: managers, Subject: "x", Body: "FORGET"})
	says(t, v.One(v.Deliver(), sil), "nothing was done")
	// A manager's reply to a letter is an answer to its writer, whatever it says.
	first := to(ask(v, "More", "One more canary."), mira)
	v.MustSend(answer(mira, first[0], "Forget"))
	if !kept() {
		t.Error("a manager's answer erased a letter")
	}
	v.MustSend(post{From: dana, To: managers, Subject: "x", Body: "  *forget!*  \nPlease erase all that.\n"})
	if kept() {
		t.Error("FORGET did not erase")
	}
	for _, a := range to(v.Deliver(), dana) {
		if strings.Contains(a.Subject(), "erased") {
			says(t, a, "What stood below the word FORGET was not passed on")
		}
	}
}

// B14: text goes 180 days after the end (anonymous 90, reports 365), evidence later; month, tags, times and outcome stay. What is open stays.
func TestRetention(t *testing.T) {
	v := newVillage(t)
	path := v.DB.Path()
	codes := map[string]string{}
	for _, name := range []string{"plain", "anon", "report", "evidence", "open"} {
		codes[name] = code(v.One(ask(v, "Subject-"+name, "The words of canaria-"+name+"."), mira))
		v.Now = v.Now.Add(2 * time.Hour)
	}
	do(v, mira, codes["plain"], "/tag sponsors")
	do(v, mira, codes["evidence"], "/keep")
	v.Update(func(tx *db.Tx) error {
		if _, err := tx.Exec("UPDATE conv SET anon = 1 WHERE code = ?", codes["anon"]); err != nil {
			return err
		}
		_, err := tx.Exec("UPDATE conv SET kind = 'report' WHERE code = ?", codes["report"])
		return err
	})
	for name, k := range codes {
		if name != "open" {
			do(v, mira, k, "/close p")
		}
	}
	v.Deliver()
	there := func(name string) bool { return len(traces(v, path, "canaria-"+name, "Subject-"+name)) > 0 }
	day := 0
	for _, step := range []struct {
		day  int
		gone []string
	}{{89, nil}, {91, []string{"anon"}}, {179, []string{"anon"}}, {181, []string{"anon", "plain"}}, {366, []string{"anon", "plain", "report"}}, {732, []string{"anon", "plain", "report", "evidence"}}} {
		v.Pass(time.Duration(step.day-day) * 24 * time.Hour)
		day = step.day
		sweep(v)
		for name := range codes {
			want := true
			for _, g := range step.gone {
				want = want && g != name
			}
			if there(name) != want {
				t.Errorf("on day %d the words of %q are there: %t", day, name, !want)
			}
		}
	}
	if got := row(v, "SELECT outcome || ' ' || publicable || ' ' || state || ' ' || (SELECT group_concat(tag) FROM conv_tag WHERE conv = conv.id) FROM conv WHERE code = ?", codes["plain"]); got != "unanswered y closed sponsors" {
		t.Errorf("left of it: %s", got)
	}
	v.View(func(tx *db.Tx) error {
		all, err := v.Box.List(tx, member(tx, t, v, mira), true)
		if len(all) != 1 {
			t.Errorf("Mira's list has %d conversations", len(all))
		}
		return err
	})
	if sweep(v) != 0 {
		t.Error("forgotten twice")
	}
}

// B14: leaving the community starts the clock of open letters; coming back stops it.
func TestLeavingStartsTheClock(t *testing.T) {
	v := newVillage(t)
	k := code(v.One(ask(v, "Sponsors", "The canaria sentence."), mira))
	v.Pass(300 * 24 * time.Hour)
	sweep(v)
	set(v, dana, func(m *lists.Member) { m.State = lists.Left })
	sweep(v)
	v.Pass(100 * 24 * time.Hour)
	set(v, dana, func(m *lists.Member) { m.State = lists.Active })
	sweep(v)
	v.Pass(100 * 24 * time.Hour)
	set(v, dana, func(m *lists.Member) { m.State = lists.Removed })
	sweep(v)
	v.Pass(179 * 24 * time.Hour)
	if sweep(v) != 0 {
		t.Error("forgotten too soon")
	}
	v.Pass(2 * 24 * time.Hour)
	if sweep(v) != 1 || row(v, "SELECT name || subject || state FROM conv WHERE code = ?", k) != "closed" {
		t.Error("not forgotten")
	}
}

// An open report about a member keeps what managers hold as evidence, and nobody tells the member; when the report is decided, it goes.
func TestForgetWaitsForAReport(t *testing.T) {
	v := newVillage(t)
	k := code(v.One(ask(v, "Evidence", "The canaria sentence."), mira))
	do(v, mira, k, "/keep")
	report := code2(v, "That post")
	v.Update(func(tx *db.Tx) error {
		_, err := tx.Exec("UPDATE conv SET kind = 'report', about = 'post:1' WHERE code = ?", report)
		return err
	})
	there := func() bool { return row(v, "SELECT count(*) FROM conv_msg WHERE words LIKE '%canaria%'") == "1" }
	v.MustSend(post{From: "Dana <" + dana + ">", To: v.Talk.Address().String(), Subject: "A post", Body: "Rude words."})
	v.MustSend(post{From: "Dana <" + dana + ">", To: managers, Subject: "x", Body: "FORGET"})
	sweep(v)
	if !there() {
		t.Fatal("evidence in an open report was erased")
	}
	for _, a := range to(v.Deliver(), dana) {
		hides(t, a, k)
	}
	v.Update(func(tx *db.Tx) error {
		_, err := tx.Exec("UPDATE conv SET state = 'closed', closed = 1 WHERE kind = 'report'")
		return err
	})
	sweep(v)
	if there() {
		t.Error("the report is decided, and the words are still there")
	}
}

// code2 has Bill write a letter, and gives its code.
func code2(v *village, subject string) string {
	v.T.Helper()
	v.MustSend(post{From: "Bill <" + bill + ">", To: managers, Subject: subject, Body: "That post is rude."})
	return code(v.One(v.Deliver(), mira))
}

// B15b: what was erased after a backup is erased again when that is restored, without a word to anybody (LP9, FC17).
func TestReplayAfterRestore(t *testing.T) {
	v := newVillage(t)
	ask(v, "Canaria subject", "The canaria sentence.")
	backup := filepath.Join(t.TempDir(), "old.db")
	if err := v.DB.Backup(t.Context(), backup); err != nil {
		t.Fatal(err)
	}
	v.Now = v.Now.Add(time.Hour)
	v.MustSend(post{From: "Dana <" + dana + ">", To: managers, Subject: "x", Body: "FORGET"})
	var ledger []backchannel.Erasure
	v.View(func(tx *db.Tx) (err error) { ledger, err = backchannel.Erasures(tx); return err })
	if len(ledger) != 1 {
		t.Fatalf("%+v", ledger)
	}
	to := filepath.Join(t.TempDir(), "restored.db")
	opt := db.Options{Now: func() time.Time { return v.Now }}
	_, err := db.Restore(t.Context(), backup, to, opt, mailroomtest.Schemas(), func(tx *db.Tx) error {
		var owed, after int
		count := func(n *int) error { return tx.QueryRow("SELECT count(*) FROM copy").Scan(n) }
		if err := count(&owed); err != nil {
			return err
		}
		for _, e := range ledger {
			if done, err := v.Box.Replay(tx, e); err != nil || !done {
				t.Errorf("%v, %v", done, err)
			}
		}
		if err := count(&after); err != nil || after > owed {
			t.Errorf("%d copies before, %d after: %v", owed, after, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	all, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(all, []byte("canaria")) || bytes.Contains(all, []byte("Canaria")) {
		t.Error("the words came back with the backup")
	}
}

// B14: the member hears who really opened a letter, and of whom that is not known.
func TestWhoRead(t *testing.T) {
	v := newVillage(t)
	v.Add(v.C, "jonas@weiss.example", "Jonas Weiss", lists.RoleManager, v.Talk)
	first := ask(v, "Sponsors", "May our supplier join?")
	v.MustSend(answer(mira, v.One(first, mira), "Yes, as a guest."))
	told := v.One(v.Deliver(), dana)
	v.MustSend(answer(dana, told, "Who read?"))
	got := v.One(v.Deliver(), dana)
	says(t, got, `"Sponsors"`, "Opened by Mira (12 June).", "Mailed to Theo and Jonas. Whether they opened it we cannot tell.")
	nothing(t, v.Deliver(), mira)
	v.Now = v.Now.AddDate(0, 0, 1)
	m := v.Member(theo)
	v.Update(func(tx *db.Tx) error {
		c, err := v.Box.ByCode(tx, m, code(v.One(first, theo)))
		if err == nil {
			err = v.Box.Saw(tx, c, m, v.One(first, theo).MessageID())
		}
		return err
	})
	v.MustSend(post{From: dana, To: managers, Subject: "x", Body: "WHO READ\n\nDana"})
	says(t, v.One(v.Deliver(), dana), "Opened by Mira (12 June) and Theo (13 June).", "Mailed to Jonas.")
	v.MustSend(post{From: bill, To: managers, Subject: "x", Body: "WHO READ"})
	says(t, v.One(v.Deliver(), bill), "You wrote no private letter in the last year.")
	// With other words below it is a letter.
	v.MustSend(post{From: bill, To: managers, Subject: "x", Body: "Who read\nthe new book on bees? I liked it."})
	says(t, v.One(v.Deliver(), mira), "the new book on bees")
}

// B14: EXPORT brings a member their posts, letters and answers, and settings; to the first address alone, once a day; no note of managers.
func TestExport(t *testing.T) {
	v := newVillage(t)
	v.MustSend(post{From: "Dana <" + dana + ">", To: v.Talk.Address().String(), Subject: "Frost", Body: "Cover your seedlings."})
	v.Deliver()
	first := ask(v, "Sponsors", "May our supplier join?")
	k := code(v.One(first, mira))
	do(v, mira, k, "/note canaria, careful")
	v.MustSend(answer(mira, v.One(first, mira), "Yes, as a guest."))
	v.Deliver()
	v.Update(func(tx *db.Tx) error { return lists.AddAddress(tx, member(tx, t, v, dana), at("dana@home.example")) })
	v.MustSend(post{From: "dana@home.example", To: managers, Subject: "x", Body: "export please"})
	v.MustSend(post{From: "dana@home.example", To: managers, Subject: "x", Body: "EXPORT"})
	v.Pass(0)
	all := v.Deliver()
	if home := to(all, "dana@home.example"); len(home) != 2 || !strings.Contains(words(home[0])+words(home[1]), "goes to "+dana) || !strings.Contains(words(home[0])+words(home[1]), "once a day") {
		t.Errorf("%d letters to the other address", len(home))
	}
	got := v.One(all, dana)
	says(t, got, "1 post on the lists, 2 private letters and answers")
	files := map[string]string{}
	for _, p := range got.Parts() {
		files[p.Filename()] = string(p.Decoded())
	}
	for name, want := range map[string]string{"posts.mbox": "Cover your seedlings.", "private-letters.mbox": "Yes, as a guest.", "settings.json": `"delivery": "each"`} {
		if !strings.Contains(files[name], want) {
			t.Errorf("%s lacks %q:\n%s", name, want, files[name])
		}
	}
	for name, data := range files {
		for _, no := range []string{"canaria", mira, "lowe.example"} {
			if strings.Contains(data, no) {
				t.Errorf("%s has %q", name, no)
			}
		}
	}
	v.MustSend(post{From: dana, To: managers, Subject: "x", Body: "EXPORT"})
	v.Pass(0)
	says(t, v.One(v.Deliver(), dana), "You can ask for it once a day.")
	v.Pass(25 * time.Hour)
	v.MustSend(post{From: dana, To: managers, Subject: "x", Body: "EXPORT"})
	v.Pass(0)
	if a := v.One(v.Deliver(), dana); len(a.Attachments()) != 3 {
		t.Errorf("%d files", len(a.Attachments()))
	}
}

// FORGET erases what was written without a name as well, at a moment of its own, and no manager is told: it would tell whose it was.
func TestForgetWithoutAName(t *testing.T) {
	v := crowd(t)
	all, name := voiced(t, v, post{From: "Dana Reyes <" + dana + ">", To: "anon@gardeners.example", Subject: "Canaria subject", Body: "The canaria sentence."})
	v.Pass(2 * time.Hour)
	all = append(all, v.Deliver()...)
	if len(to(all, mira)) == 0 {
		t.Fatalf("Mira got no letter of %s", name)
	}
	v.MustSend(post{From: "Dana Reyes <" + dana + ">", To: managers, Subject: "x", Body: "FORGET"})
	sweep(v)
	nothing(t, v.Deliver(), mira)
	if len(traces(v, v.DB.Path(), "canaria")) == 0 {
		t.Error("it went at the same moment")
	}
	v.Pass(23 * time.Hour)
	sweep(v)
	if found := traces(v, v.DB.Path(), "canaria", "Canaria"); len(found) > 0 {
		t.Errorf("still there: %v", found)
	}
	if n := row(v, "SELECT count(*) FROM sealed_identity"); n != "0" {
		t.Error("who it was is still sealed")
	}
	for _, a := range to(v.Deliver(), mira) {
		t.Errorf("Mira was told: %s", a.Subject())
	}
}

// The ledger of erasures belongs to those members who joined then: in the database of another installation, or in one that went on from an
// older backup, their numbers are other people's, and nothing of theirs is erased.
func TestReplayKnowsWhoseLettersTheyAre(t *testing.T) {
	v := newVillage(t)
	ask(v, "A question", "The canaria sentence.")
	v.MustSend(post{From: "Dana <" + dana + ">", To: managers, Subject: "x", Body: "FORGET"})
	var ledger []backchannel.Erasure
	v.View(func(tx *db.Tx) (err error) { ledger, err = backchannel.Erasures(tx); return err })
	if len(ledger) != 1 || len(ledger[0].Joined) != 1 {
		t.Fatalf("%+v", ledger)
	}
	for name, c := range map[string]struct {
		other time.Duration
		want  bool
	}{"the same": {0, true}, "another installation": {time.Minute, false}} {
		w := newVillage(t)
		ask(w, "A question", "The canaria sentence.")
		e := ledger[0]
		e.Joined = []time.Time{e.Joined[0].Add(c.other)}
		w.Update(func(tx *db.Tx) error {
			done, err := w.Box.Replay(tx, e)
			if done != c.want {
				t.Errorf("%s: %v", name, done)
			}
			return err
		})
		if n := row(w, "SELECT count(*) FROM conv_msg WHERE words LIKE '%canaria%'"); (n == "0") != c.want {
			t.Errorf("%s: %s letters are left", name, n)
		}
	}
	v.Update(func(tx *db.Tx) error { _, err := tx.Exec("UPDATE erasure SET joined = '[]'"); return err }) // a wish of before these dates were noted
	v.View(func(tx *db.Tx) (err error) { ledger, err = backchannel.Erasures(tx); return err })
	if len(ledger) != 1 || len(ledger[0].Joined) != 1 || !ledger[0].Joined[0].Equal(v.Member(dana).Joined) {
		t.Errorf("%+v", ledger)
	}
}

package backchannel_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/lists"
	"backchannel/lists/backchannel"
	"backchannel/smtpd/queue"
)

// person are the columns that hold a member's number, besides those that say so by a reference.
var person = []string{"person", "member", "owner", "author", "sender", "manager", "by"}

// dump is every row of every table as text, with a mark on each that names a member: by number, by a name or by an address.
func dump(t testing.TB, v *village, m lists.Member, names ...string) map[string]bool {
	t.Helper()
	rows := map[string]bool{}
	v.View(func(tx *db.Tx) error {
		tables, err := db.Select(tx, func(r db.Scanner) (s string, err error) { return s, r.Scan(&s) },
			"SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '%_fts%'")
		if err != nil {
			return err
		}
		for _, table := range tables {
			type column struct {
				name   string
				member bool
			}
			columns, err := db.Select(tx, func(r db.Scanner) (c column, err error) { return c, r.Scan(&c.name, &c.member) },
				`SELECT i.name, EXISTS (SELECT 1 FROM pragma_foreign_key_list(?1) AS f WHERE f."from" = i.name AND f."table" = 'member') FROM pragma_table_info(?1) AS i`, table)
			if err != nil {
				return err
			}
			var quoted []string
			for _, c := range columns {
				quoted = append(quoted, fmt.Sprintf(`ifnull(CASE typeof("%[1]s") WHEN 'blob' THEN hex("%[1]s") ELSE CAST("%[1]s" AS TEXT) END, '')`, c.name))
			}
			all, err := db.Select(tx, func(r db.Scanner) (s string, err error) { return s, r.Scan(&s) }, `SELECT `+strings.Join(quoted, ` || char(1) || `)+` FROM "`+table+`"`)
			if err != nil {
				return fmt.Errorf("%s: %w", table, err)
			}
			for _, one := range all {
				named := false
				for i, value := range strings.Split(one, "\x01") {
					numbered := table != "member" && (columns[i].member || slices.Contains(person, columns[i].name))
					named = named || numbered && value == fmt.Sprint(m.ID)
					for _, n := range names {
						named = named || strings.Contains(strings.ToLower(value), n) || strings.Contains(value, fmt.Sprintf("%X", n))
					}
				}
				rows[table+": "+strings.ReplaceAll(one, "\x01", " | ")] = named
			}
		}
		return nil
	})
	return rows
}

// watch looks at all tables at every step, for rows that name Dana and were not there before.
type watch struct {
	*village
	before, leaks map[string]bool
	n             int
}

func (w *watch) look() {
	w.T.Helper()
	for one, named := range dump(w.T, w.village, w.Member(dana), "dana", "reyes", "north.example") {
		if _, old := w.before[one]; named && !old {
			w.leaks[one] = true
		}
	}
}

// hers is a letter with a Message-ID as her own mail program makes it.
func (w *watch) hers(p post) post {
	w.n++
	p.Header += fmt.Sprintf("Message-ID: <%d@north.example>\r\n", w.n)
	return p
}

func (w *watch) send(p post) { w.T.Helper(); w.MustSend(w.hers(p)); w.look() }

func (w *watch) refused(p post) {
	w.T.Helper()
	if _, err := w.Send(w.hers(p)); err == nil {
		w.T.Errorf("taken: %q", p.Body)
	}
	w.look()
}

func (w *watch) deliver() []arrived {
	w.T.Helper()
	w.look()
	all := w.Deliver()
	w.look()
	return all
}

// B14, B15: whoever has the database, or a backup of it, and not the vault's key, finds no row that was written or changed while somebody
// wrote without a name and that names that member, by number, address, domain, Message-ID or session; so nothing can be joined, by story,
// by number or by time. The whole exchange is here: letters, previews, words, answers, what ignored Reply-To, what was refused, what came back (LP9).
func TestABackupNamesNoVoice(t *testing.T) {
	v := crowd(t)
	for range 2 { // she is no stranger to these tables
		v.MustSend(post{From: dana, To: "talk@gardeners.example", Subject: "Beans", Body: "They climb."})
		v.Deliver()
	}
	v.Pass(30 * time.Hour)
	v.Deliver()
	w := &watch{village: v, leaks: map[string]bool{}}
	w.look()
	if len(w.leaks) < 5 {
		t.Fatalf("this test finds %d rows about Dana before: it looks in the wrong place", len(w.leaks))
	}
	w.before, w.leaks = dump(t, v, v.Member(dana), "dana"), map[string]bool{}
	copy, back := w.exchange()
	w.comesBack(copy, back)
	for range 2 {
		w.send(burntOut)
	}
	w.refused(burntOut) // a fourth
	both := answer(dana, back, "To both.")
	both.Rcpt = []string{both.To, anon}
	w.refused(both)
	v.MustSend(answer(mira, copy, "/block"))
	w.deliver()
	w.refused(answer(dana, back, "Please hear me."))
	w.send(answer(dana, back, "FORGET"))
	w.refused(answer(dana, back, "Still there?"))
	w.deliver()
	v.Pass(22 * time.Hour)
	w.look()
	if n := row(v, "SELECT count(*) FROM conv WHERE anon AND erased <> 0"); n != "1" {
		t.Errorf("%s conversations are forgotten, want 1", n)
	}
	v.Pass(30 * 24 * time.Hour)
	w.deliver()
	for _, one := range slices.Sorted(maps.Keys(w.leaks)) {
		t.Errorf("a row names her: %s", one)
	}
}

// exchange is a letter without a name, and all that can be said about it and after it. It gives Mira's copy, and what came back to Dana.
func (w *watch) exchange() (copy, back arrived) {
	w.T.Helper()
	w.send(burntOut)
	preview := w.One(w.deliver(), dana)
	w.send(answer(dana, preview, "Maybe"))
	w.deliver()
	w.send(answer(dana, preview, "I moderate alone and it is too much for me."))
	preview = w.One(w.deliver(), dana)
	w.send(answer(dana, preview, "YES"))
	w.One(w.deliver(), dana)
	w.send(answer(dana, preview, "YES"))
	says(w.T, w.One(w.deliver(), dana), "This letter is decided")
	w.Pass(61 * time.Minute)
	copy = w.One(w.deliver(), mira)
	w.MustSend(answer(mira, copy, "You are not alone."))
	back = w.One(w.deliver(), dana)
	w.send(answer(dana, back, "That helps."))
	p := answer(dana, back, "And it is well meant.")
	p.To = managers // her program ignores Reply-To
	w.send(p)
	w.send(answer(dana, back, "Best from Dana at north, you know."))
	says(w.T, w.One(w.deliver(), dana), "your name")
	w.send(answer(dana, back, "WHO READ"))
	says(w.T, w.One(w.deliver(), dana), code(copy))
	w.send(answer(dana, back, "EXPORT"))
	says(w.T, w.One(w.deliver(), dana), "in no export")
	w.Pass(61 * time.Minute)
	w.deliver()
	return copy, back
}

// comesBack is what programs send by themselves: an answer in her absence, to either address; a host that takes nothing more.
func (w *watch) comesBack(copy, back arrived) {
	w.T.Helper()
	away := answer(dana, back, "I am away until Monday.")
	away.Header += "Auto-Submitted: auto-replied\r\n"
	w.refused(away)
	away.To, away.Rcpt = back.From.String(), []string{back.From.String()}
	w.refused(away)
	report := post{From: "postmaster@north.example", To: back.From.String(), Null: true, Subject: "Undelivered Mail", Body: "dana@north.example: no such user"}
	w.send(report)
	w.Refuse(func(to letter.Address) (queue.Outcome, bool) {
		return queue.Outcome{Kind: queue.Failed, Stage: queue.StageRcpt, Code: 552, Enhanced: "5.2.2", Host: "mx.north.example", Text: "dana is full"}, to.String() == dana
	})
	w.MustSend(answer(mira, copy, "Are you there?"))
	w.deliver()
	w.Refuse(nil)
}

// Nor does it count for anything that she does in her own name: whose mail has stopped stays so, and no signature is learned.
func TestAVoiceIsNobodyHeard(t *testing.T) {
	v := crowd(t)
	set(v, dana, func(m *lists.Member) { m.State = lists.Paused })
	all, _ := voiced(t, v, burntOut)
	v.MustSend(answer(mira, v.One(all, mira), "You are not alone."))
	back := v.One(v.Deliver(), dana)
	for range 5 {
		v.MustSend(answer(dana, back, "It is true.\n\nHaus am See\nOld Friends Of Beans"))
	}
	if m := v.Member(dana); m.State != lists.Paused {
		t.Errorf("her mail goes on: she is %s", m.State)
	}
	if n := row(v, "SELECT count(*) FROM signature_line WHERE member = ?", v.Member(dana).ID); n != "0" {
		t.Errorf("%s letters were learned from", n)
	}
}

// What an answer to a voice met with is told to nobody: not to managers, early or late, not in the books, which say of one that arrived the same.
func TestAnAnswerToAVoiceThatIsLost(t *testing.T) {
	v := crowd(t)
	all, name := voiced(t, v, burntOut)
	copy := v.One(all, mira)
	ends := func() string {
		return row(v, "SELECT group_concat(DISTINCT verb || ' ' || detail) FROM log_entry WHERE copy <> 0 AND rcpt LIKE ? || '@anonymous.invalid'", strings.ToLower(code(copy)))
	}
	v.MustSend(answer(mira, copy, "Hello."))
	v.One(v.Deliver(), dana)
	arrived := ends()
	v.Refuse(func(to letter.Address) (queue.Outcome, bool) {
		return queue.Outcome{Kind: queue.Failed, Stage: queue.StageRcpt, Code: 552, Enhanced: "5.2.2", Text: "full"}, to.String() == dana
	})
	v.MustSend(answer(mira, copy, "Hello?"))
	all = v.Deliver()
	for range 40 {
		v.Pass(24 * time.Hour)
		all = append(all, v.Deliver()...)
	}
	for _, who := range []string{mira, theo, jonas} {
		for _, a := range to(all, who) {
			if strings.Contains(a.Text(), "5.2.2") || strings.Contains(a.Subject(), "did not reach") || strings.Contains(a.Text(), "anonymous.invalid") {
				t.Errorf("%s hears of it: %s\n%s", who, a.Subject(), a.Text())
			}
		}
	}
	if lost := ends(); lost != arrived || arrived == "" || strings.Contains(lost, "552") {
		t.Errorf("the books say %q of one that arrived and %q of both", arrived, lost)
	}
	if n := row(v, "SELECT count(*) FROM conv_msg WHERE dir = 'system' AND words LIKE '%reach%'"); n != "0" {
		t.Error("/log tells")
	}
	noTrace(t, v, name)
}

// FORGET in one's own name: each voice goes at a moment of its own within a day, the managers are asked about the named letters days
// later, and neither calendar nor rows tell which conversation it will be, or was.
func TestForgetTiesNobodyToAVoice(t *testing.T) {
	v := crowd(t)
	all, name := voiced(t, v, burntOut)
	voice := code(v.One(all, mira))
	v.MustSend(answer(mira, v.One(all, mira), "You are not alone."))
	back := v.One(v.Deliver(), dana)
	v.MustSend(answer(dana, back, "Best from Dana, held back."))
	v.Deliver()
	mine := code(v.One(ask(v, "In my name", "A question of mine."), mira))
	v.MustSend(post{From: dana, To: managers, Subject: "x", Body: "FORGET"})
	forgot := v.Now
	if n := row(v, "SELECT count(*) FROM anon_draft"); n != "0" {
		t.Error("what was held back outlives FORGET")
	}
	if n := row(v, "SELECT count(*) FROM due_date WHERE kind = 'letter.erase-voice' AND object = (SELECT id FROM conv WHERE code = ?)", voice); n != "0" {
		t.Error("the calendar tells which voice will vanish")
	}
	told := map[string]time.Duration{}
	for range 5 * 24 * 4 {
		for _, a := range v.Deliver() {
			if strings.Contains(a.Subject(), "Please delete "+mine) {
				told[a.To.String()] = v.Now.Sub(forgot)
			}
			if who := a.To.String(); who != dana {
				hides(t, a, "Please delete "+voice)
			}
		}
		if v.Now.Sub(forgot) > 21*time.Hour+15*time.Minute {
			if n := row(v, "SELECT count(*) FROM conv WHERE code = ? AND name = ?", voice, name); n != "0" {
				t.Fatal("the voice is still there")
			}
		}
		v.Pass(15 * time.Minute)
	}
	for _, who := range []string{mira, theo, jonas} {
		if after := told[who]; after < 24*time.Hour || after > 97*time.Hour {
			t.Errorf("%s was asked %s after", who, after)
		}
	}
	if n := row(v, "SELECT count(*) FROM conv WHERE code = ? AND (closed > ? OR erased > ?)", voice, db.Micros(forgot), db.Micros(forgot)); n != "0" {
		t.Error("what is left of it tells the day")
	}
	if n := row(v, "SELECT count(*) FROM signature_line WHERE member = ?", v.Member(dana).ID); n != "0" {
		t.Error("how she signs outlives FORGET")
	}
	// An old letter of ours is answered past its Reply-To: that is no letter in her own name.
	p := answer(dana, back, "One thing more.")
	p.To = managers
	v.MustSend(p)
	all = v.Deliver()
	for _, who := range []string{mira, theo, jonas} {
		nothing(t, all, who)
	}
	says(t, v.One(all, dana), "What you wrote now was given to nobody")
}

// A wish that is done again, from the ledger after a restore, is about nothing that came after it: neither what managers have seen of a voice,
// nor what is on its way, nor what waits for a YES.
func TestAWishErasesNoLaterVoice(t *testing.T) {
	v := crowd(t)
	voiced(t, v, burntOut)
	v.MustSend(post{From: dana, To: managers, Subject: "x", Body: "FORGET"})
	v.Pass(48 * time.Hour)
	v.Deliver()
	all, name := voiced(t, v, burntOut)
	v.MustSend(answer(mira, v.One(all, mira), "You are not alone."))
	back := v.One(v.Deliver(), dana)
	v.MustSend(answer(dana, back, "It is on its way."))
	v.MustSend(burntOut)
	v.Deliver()
	v.Update(func(tx *db.Tx) error {
		wishes, err := backchannel.Erasures(tx)
		for _, e := range wishes {
			if err == nil {
				_, err = v.Box.Replay(tx, e)
			}
		}
		return err
	})
	if n := row(v, "SELECT (SELECT count(*) FROM anon_draft) || ' ' || (SELECT count(*) FROM anon_wait) || ' ' || (SELECT count(*) FROM anon_forget)"); n != "1 1 0" {
		t.Errorf("drafts, letters on their way, conversations to be forgotten: %s, want 1 1 0", n)
	}
	v.Pass(22 * time.Hour)
	says(t, v.One(v.Deliver(), mira), "It is on its way.")
	if n := row(v, "SELECT count(*) FROM conv WHERE name = ? AND erased = 0", name); n != "1" {
		t.Error("a voice is gone for a wish of before")
	}
}

// FORGET through the address of a voice is about that voice alone.
func TestForgetOfAVoice(t *testing.T) {
	v := crowd(t)
	all, name := voiced(t, v, burntOut)
	v.MustSend(answer(mira, v.One(all, mira), "You are not alone."))
	back := v.One(v.Deliver(), dana)
	mine := code(v.One(ask(v, "In my name", "A question of mine."), mira))
	v.MustSend(answer(dana, back, "One word more, on its way."))
	if _, err := v.Send(answer(bill, back, "FORGET")); err == nil {
		t.Error("Bill forgets for her")
	}
	v.MustSend(answer(dana, back, "FORGET\nplease"))
	all = v.Deliver()
	for _, who := range []string{mira, theo, jonas} {
		nothing(t, all, who)
	}
	end := v.One(all, dana)
	says(t, end, "We erase that one conversation")
	hides(t, end, name)
	v.MustSend(answer(dana, end, "Thank you all."))
	says(t, v.One(v.Deliver(), dana), "What you wrote now was given to nobody")
	if _, err := v.Send(answer(dana, back, "No, wait.")); err == nil || !strings.Contains(err.Error(), "please begin a new letter") {
		t.Errorf("to what is being forgotten: %v", err)
	}
	v.Pass(22 * time.Hour)
	for _, a := range v.Deliver() {
		hides(t, a, "on its way")
	}
	if n := row(v, "SELECT count(*) FROM conv WHERE name = ?", name); n != "0" {
		t.Error("it is still there")
	}
	if n := row(v, "SELECT count(*) FROM conv_msg JOIN conv ON conv.id = conv_msg.conv WHERE code = ? AND words <> ''", mine); n == "0" {
		t.Error("what she wrote in her own name went with it")
	}
	v.Pass(5 * 24 * time.Hour)
	for _, a := range v.Deliver() {
		if strings.Contains(a.Subject(), "delete") {
			t.Errorf("%s is asked: %s", a.To, a.Subject())
		}
	}
}

// Whoever answers a letter to their voice and sends that to a list by mistake is asked where it belongs; no row of the question, nor of how
// it ended, has the words of the conversation beside their name.
func TestAVoiceAtTheDoorOfAList(t *testing.T) {
	for _, word := range []string{"DROP", "PRIVATE", "PUBLIC", "FORGET", ""} {
		t.Run(word, func(t *testing.T) {
			v := crowd(t)
			all, _ := voiced(t, v, burntOut)
			copy := v.One(all, mira)
			v.MustSend(answer(mira, copy, "You are not alone."))
			back := v.One(v.Deliver(), dana)
			joined := func(when string) {
				t.Helper()
				for one, named := range dump(t, v, v.Member(dana), "dana", "reyes", "north.example") {
					low := strings.ToLower(one)
					if named && (strings.Contains(low, "burnt out") || strings.Contains(low, strings.ToLower(code(copy))) || strings.Contains(one, string(back.MessageID()))) {
						t.Errorf("%s: a row joins her to it: %s", when, one)
					}
				}
			}
			for i, subject := range []string{"Re: " + back.Subject(), "Re: Burnt out"} {
				v.Pass(25 * time.Hour)
				p := answer(dana, back, fmt.Sprintf("Thank you, %d.", i))
				p.To, p.Subject = "talk@gardeners.example", subject
				v.MustSend(p)
				asked := v.One(to(v.Deliver(), dana), dana)
				says(t, asked, "PRIVATE")
				joined("while it waits")
				switch word {
				case "":
					v.Pass(20 * 24 * time.Hour)
				case "FORGET":
					v.MustSend(post{From: dana, To: managers, Subject: "x", Body: "FORGET"})
				default:
					v.MustSend(answer(dana, asked, word))
				}
				all := v.Deliver()
				joined("after it ended")
				for _, a := range all {
					if who := a.To.String(); word != "PUBLIC" && (who == mira || who == theo || who == jonas || who == bill) && strings.Contains(a.Text()+string(a.Raw()), "Thank you, ") {
						t.Errorf("%s got it: %s\n%s", who, a.Subject(), a.Text())
					}
				}
				v.MustSend(answer(dana, asked, "DROP"))
				v.Deliver()
				joined("after it was answered again")
			}
		})
	}
}

package archive_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/templates/refusal"
)

// garden is a list with some posts to search, and a second list that says the same.
func garden(t testing.TB) (f *fixture, jobs archive.PublicID) {
	f = newFixture(t)
	f.update(func(tx *db.Tx) (err error) {
		jobs, err = f.s.CreatePublic(tx, 1, "jobs")
		return err
	})
	for i, p := range []struct{ from, subject, text string }{
		{"Dana Reyes", "Bees in May", "The bees are swarming early. 100% sure."},
		{"Bill Tan", "Wasps", "A wasp is no bee. They quarrel_often about honey."},
		{"Mira Lowe", "Café Zürich", "We met the beekeeper at the café; a bee was there too."},
		{"Dana Reyes", "Honey", "Early honey tastes of lime. C:\\honey"},
		{"Ada Obi", "蜜蜂的消息", "今天蜜蜂很早就飞了"},
	} {
		f.now = monday.AddDate(0, 0, i)
		for _, list := range []archive.PublicID{f.talk, jobs} {
			l := mail(t, p.text+"\n", "From: "+p.from+" <x@x.example>", "Subject: "+p.subject, fmt.Sprintf("Message-ID: <m%d@x>", i), "Content-Type: text/plain; charset=utf-8")
			f.post(archive.NewPost{Mailbox: list, Letter: l})
		}
	}
	return f, jobs
}

func TestSearch(t *testing.T) {
	f, jobs := garden(t)
	f.view(func(tx *db.Tx) error {
		for _, c := range []struct {
			words, want string // message numbers, newest first
			scan        string // without full-text search, where that differs
		}{
			{"honey", "3 1", ""},
			{"HONEY", "3 1", ""},
			{"bee", "2 1 0", ""},
			{"bees", "2 1 0", "0"},
			{"swarms", "0", ""},
			{`"no bee"`, "1", ""},
			{`"bee no"`, "", ""},
			{"early honey", "3", ""},
			{"honey -early", "1", ""},
			{"-early honey", "1", ""},
			{"beekeep*", "2", ""},
			{"beek", "", "2"},
			{"cafe", "2", ""},
			{"zurich", "2", ""},
			{"from:dana", "3 0", ""},
			{"from:dana honey", "3", ""},
			{"subject:honey", "3", ""},
			{`subject:"bees in"`, "0", ""},
			{"from:honey", "", ""},
			{"m1", "", ""}, // what the index calls a mailbox is no word of a post
			{"蜜蜂", "4", ""},
			{"蜜蜂 honey", "", ""},
			{"honey OR wasp", "", ""},
			{`honey") OR (bees`, "", ""},
			{"quarrel_often", "1", ""},
			{"100%", "0", ""},
			{"C:\\honey", "3", ""},
			{"honey !!! ???", "3 1", ""},
			{"NEAR(honey lime)", "", ""},
		} {
			want := c.want
			if !tx.FTS() {
				switch c.words {
				case "bees", "beek":
					want = c.scan
				case "swarms", "cafe", "zurich", "\"no bee\"":
					continue // reading knows no stems, and no letters without their marks
				}
			}
			hits, err := f.s.Search(tx, archive.Query{Mailboxes: []archive.PublicID{f.talk}, Words: c.words})
			if err != nil {
				t.Errorf("%s: %v", c.words, err)
			}
			var got []string
			for _, h := range hits {
				if h.Post.Mailbox != f.talk {
					t.Errorf("%s: post %d is of another list", c.words, h.Post.ID)
				}
				got = append(got, strings.Trim(string(h.Post.MessageID), "m@x"))
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%s: %v, want %s", c.words, got, want)
			}
			uids, err := f.s.SearchUIDs(tx, f.talk, c.words)
			if err != nil || len(uids) != len(hits) {
				t.Errorf("%s: UIDs %v, %v", c.words, uids, err)
			}
		}
		both, err := f.s.Search(tx, archive.Query{Mailboxes: []archive.PublicID{f.talk, jobs, jobs}, Words: "honey", Limit: 3})
		if len(both) != 3 || both[0].Post.Mailbox == both[1].Post.Mailbox {
			t.Errorf("both lists: %d", len(both))
		}
		none, err2 := f.s.Search(tx, archive.Query{Words: "honey"})
		if len(none) != 0 {
			t.Errorf("no lists: %d", len(none))
		}
		window, err3 := f.s.Search(tx, archive.Query{Mailboxes: []archive.PublicID{f.talk}, Words: "bee*", Since: monday.AddDate(0, 0, 1), Before: monday.AddDate(0, 0, 2)})
		if len(window) != 1 || window[0].Post.MessageID != "m1@x" {
			t.Errorf("in one day: %+v", window)
		}
		best, err4 := f.s.Search(tx, archive.Query{Mailboxes: []archive.PublicID{f.talk}, Words: "honey", Order: archive.BestFirst})
		if len(best) != 2 || best[0].Post.MessageID != "m3@x" {
			t.Errorf("best first: %+v", best)
		}
		return errors.Join(err, err2, err3, err4)
	})
}

func TestSearchRefusals(t *testing.T) {
	f := newFixture(t)
	f.view(func(tx *db.Tx) error {
		for words, want := range map[string]string{
			"":                          "Please name at least one word to search for.",
			" !!! ":                     "Please name at least one word to search for.",
			"-bees":                     "Please name at least one word to search for.",
			`""`:                        "Please name at least one word to search for.",
			strings.Repeat("bees ", 17): "Please search for fewer words.",
			strings.Repeat("b", 501):    "Please search for fewer words.",
		} {
			_, err := f.s.Search(tx, archive.Query{Mailboxes: []archive.PublicID{f.talk}, Words: words})
			if got := wantKind(t, err, refusal.Invalid); got != want {
				t.Errorf("%q: %s", words, got)
			}
			_, err = f.s.SearchUIDs(tx, f.talk, words)
			wantKind(t, err, refusal.Invalid)
		}
		return nil
	})
}

// Old mail that is imported late lies below what was published here, though its rows are younger.
func TestImportedMailIsOld(t *testing.T) {
	f := newFixture(t)
	for i, at := range []time.Time{monday, monday.AddDate(-2, 0, 0), monday.AddDate(-3, 0, 0), monday.Add(time.Hour)} {
		f.post(archive.NewPost{Letter: note(t, fmt.Sprint("honey", i), "Honey", ""), Published: at, Imported: i == 1 || i == 2})
	}
	f.view(func(tx *db.Tx) error {
		hits, err := f.s.Search(tx, archive.Query{Mailboxes: []archive.PublicID{f.talk}, Words: "honey", Limit: 2})
		if len(hits) != 2 || hits[0].Post.Seq != 4 || hits[1].Post.Seq != 1 {
			t.Errorf("%+v", hits)
		}
		hits, err2 := f.s.Search(tx, archive.Query{Mailboxes: []archive.PublicID{f.talk}, Words: "honey"})
		if len(hits) != 4 || hits[2].Post.Seq != 2 || hits[3].Post.Seq != 3 {
			t.Errorf("%+v", hits)
		}
		return errors.Join(err, err2)
	})
}

func TestSnippets(t *testing.T) {
	f := newFixture(t)
	long := strings.Repeat("Nothing to see here, move along please. ", 20)
	for i, text := range []string{"Short words about honey.", long + "At last the honey is here. " + long, long, strings.Repeat("honig", 100)} {
		l := mail(t, text+"\n", "From: x@x.example", "Subject: honey honig", fmt.Sprintf("Message-ID: <m%d@x>", i))
		f.post(archive.NewPost{Letter: l})
	}
	f.view(func(tx *db.Tx) error {
		hits, err := f.s.Search(tx, archive.Query{Mailboxes: []archive.PublicID{f.talk}, Words: "honey honig"})
		if len(hits) != 4 {
			t.Fatalf("%d hits", len(hits))
		}
		for i, h := range hits {
			if len([]rune(h.Snippet)) > 170 {
				t.Errorf("%d characters: %s", len([]rune(h.Snippet)), h.Snippet)
			}
			want := []string{"honig", "Nothing to see here", "At last the honey is here", "Short words about honey."}[i]
			if !strings.Contains(h.Snippet, want) {
				t.Errorf("%q does not show %q", h.Snippet, want)
			}
		}
		if s := hits[2].Snippet; !strings.HasPrefix(s, "… ") || !strings.HasSuffix(s, " …") {
			t.Errorf("it is cut and does not say so: %q", s)
		}
		return err
	})
}

// Whatever somebody types into a search box is words, never a syntax error.
func FuzzSearch(f *testing.F) {
	for _, s := range []string{`"`, `a" OR "b`, "-", "from:", `subject:"x`, "*", "a*", `"a b"*`, "NOT", "(", "{subject}:a", "\x00", "\xff", "ａ", "ß", "a:b", "col : x", "^a", "a + b", "蜜", "é*"} {
		f.Add(s)
	}
	fx, jobs := garden(f)
	fx.file(7, "New", archive.NewPrivate{Letter: secret(f, "a", "Words.")})
	f.Fuzz(func(t *testing.T, words string) {
		dbtest.View(t, fx.d, func(tx *db.Tx) error {
			_, err := fx.s.Search(tx, archive.Query{Mailboxes: []archive.PublicID{fx.talk, jobs}, Words: words})
			if err != nil && refusal.KindOf(err) != refusal.Invalid {
				t.Errorf("%q: %v", words, err)
			}
			_, err2 := fx.s.SearchPrivate(tx, 1, words)
			if (err == nil) != (err2 == nil) {
				t.Errorf("%q: %v, private %v", words, err, err2)
			}
			return nil
		})
	})
}

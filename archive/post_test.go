package archive_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

func TestAddPost(t *testing.T) {
	f := newFixture(t)
	l := mail(t, "What do the bees eat?\n\n-- \nDana\n",
		"From: Dana Reyes <dana@x.example>", "Subject: Re: [talk] Bees", "Message-ID: <b@x>", "In-Reply-To: <a@x>",
		"Date: Sun, 31 May 2026 20:00:00 +0200")
	p := f.post(archive.NewPost{Letter: l, Author: 7})
	q := f.get(p.ID)
	for _, got := range []archive.Post{p, q} {
		if got.Seq != 1 || got.UID != 1 || got.Number != 1 || got.Parent != 0 || got.Author != 7 || got.State != archive.Published || got.Imported {
			t.Errorf("%+v", got)
		}
		if got.MessageID != "b@x" || got.Subject != "Re: [talk] Bees" || got.From.Name != "Dana Reyes" || got.From.Address.String() != "dana@x.example" {
			t.Errorf("%+v", got)
		}
		if !got.Date.Equal(time.Date(2026, 5, 31, 18, 0, 0, 0, time.UTC)) || !got.Published.Equal(monday) || got.Size != len(l.Raw()) {
			t.Errorf("%+v", got)
		}
		if strings.TrimSpace(got.Text) != "What do the bees eat?" {
			t.Errorf("the new text is %q", got.Text)
		}
	}
	th := f.thread(1)
	if th.Subject != "[talk] Bees" || th.Root != p.ID || th.Posts != 1 || th.People != 1 || !th.Last.Equal(monday) || th.Mailbox != f.talk {
		t.Errorf("%+v", th)
	}
	f.view(func(tx *db.Tx) error {
		raw, err := f.s.Raw(tx, p.Raw)
		if string(raw) != string(l.Raw()) {
			t.Error("the bytes changed")
		}
		st, err2 := f.s.Structure(tx, p.ID)
		if st.Envelope.MessageID != "b@x" || st.Envelope.Subject != "Re: [talk] Bees" || st.Body.Type != "text" {
			t.Errorf("structure %+v", st)
		}
		return errors.Join(err, err2)
	})
}

func TestAddPostTakesWhatItIsGiven(t *testing.T) {
	f := newFixture(t)
	var raw archive.RawID
	l := note(t, "a", "Bees", "")
	f.update(func(tx *db.Tx) (err error) {
		raw, err = f.s.PutRaw(tx, l.Raw(), archive.Open)
		return err
	})
	from := letter.Mailbox{Name: "Dana", Address: letter.Address{Local: "d", Domain: "y.example"}}
	old := monday.AddDate(-3, 0, 0)
	p := f.post(archive.NewPost{Letter: l, Reading: archive.Read(l), Raw: raw, From: from, Published: old, Imported: true})
	if p = f.get(p.ID); p.Raw != raw || p.From != from || !p.Published.Equal(old) || !p.Imported || !p.Date.Equal(old) {
		t.Errorf("%+v: a date after publication is the publication", p)
	}
}

func TestSamePostTwice(t *testing.T) {
	f := newFixture(t)
	first := f.note("a", "Bees", "")
	again := mail(t, "Words of a.\n\n\n", "From: dana@x.example", "Received: by another way", "Message-ID: <a@x>", "Subject: Bees")
	var jobs archive.PublicID
	f.update(func(tx *db.Tx) error {
		p, err := f.s.AddPost(tx, archive.NewPost{Mailbox: f.talk, Letter: again})
		if !errors.Is(err, archive.ErrDuplicate) || p.ID != first.ID {
			t.Errorf("post %d, %v", p.ID, err)
		}
		if s := wantKind(t, err, refusal.Conflict); s != "This message is in the archive already." {
			t.Error(s)
		}
		jobs, err = f.s.CreatePublic(tx, 1, "jobs")
		return err
	})
	// Another body is another mail (P3), and another list is another place.
	other := f.post(archive.NewPost{Letter: mail(t, "Other words.\n", "From: dana@x.example", "Message-ID: <a@x>", "Subject: Bees")})
	if other.ID == first.ID || other.Seq != 2 || other.Thread != first.Thread || other.Parent != 0 {
		t.Errorf("%+v", other)
	}
	if p := f.post(archive.NewPost{Mailbox: jobs, Letter: note(t, "a", "Bees", "")}); p.Seq != 1 || p.Thread == first.Thread || p.Number != 2 {
		t.Errorf("%+v", p)
	}
	f.view(func(tx *db.Tx) error {
		p, err := f.s.PostByMessageID(tx, f.talk, "a@x")
		if p.ID != first.ID {
			t.Errorf("post %d is found first", p.ID)
		}
		return err
	})
	// Letters without an id are told by all their bytes.
	bare := mail(t, "Hello.\n", "From: dana@x.example", "Subject: one")
	f.post(archive.NewPost{Letter: bare})
	f.post(archive.NewPost{Letter: mail(t, "Hello.\n", "From: dana@x.example", "Subject: two")})
	f.update(func(tx *db.Tx) error {
		if _, err := f.s.AddPost(tx, archive.NewPost{Mailbox: f.talk, Letter: bare}); !errors.Is(err, archive.ErrDuplicate) {
			t.Errorf("%v", err)
		}
		return nil
	})
}

// A post that changes in the transaction, or the commit, that brought it is found by the words it has in the end.
func TestIndexAtTheEnd(t *testing.T) {
	f := newFixture(t)
	f.update(func(tx *db.Tx) error {
		var ids []archive.PostID
		for _, id := range []string{"a", "b", "c"} {
			p, err := f.s.AddPost(tx, archive.NewPost{Mailbox: f.talk, Letter: note(t, id, "Bees", "")})
			if err != nil {
				return err
			}
			ids = append(ids, p.ID)
		}
		_, err := f.s.Redact(tx, ids[1], mail(t, "Gone.\n", "From: x@x.example", "Subject: Gone"))
		undone := tx.Attempt(func() error { return errors.Join(f.s.Remove(tx, ids[2]), errors.New("no")) })
		if undone == nil {
			t.Error("an attempt that fails is no error")
		}
		return errors.Join(err, f.s.Remove(tx, ids[0]))
	})
	if bees, gone := f.found("bees"), f.found("gone"); bees != "c" || gone != "" { // what was taken back is found no more
		t.Errorf("bees: %s, gone: %s", bees, gone)
	}
	f.check()
}

func TestAddPosts(t *testing.T) {
	f := newFixture(t)
	a := f.note("a", "Bees", "")
	f.update(func(tx *db.Tx) error {
		added, err := f.s.AddPosts(tx, []archive.NewPost{
			{Mailbox: f.talk, Letter: note(t, "b", "Re: Bees", "a")}, {Mailbox: f.talk, Letter: note(t, "a", "Bees", "")},
			{Mailbox: f.talk, Letter: note(t, "c", "Wasps", "")}, {Mailbox: f.talk, Letter: note(t, "c", "Wasps", "")},
		})
		if err != nil {
			return err
		}
		if added[0].Err != nil || added[0].Post.Parent != a.ID || added[2].Post.Number != 2 || added[2].Post.Seq != 3 {
			t.Errorf("%+v", added)
		}
		if !errors.Is(added[1].Err, archive.ErrDuplicate) || added[1].Post.ID != a.ID || !errors.Is(added[3].Err, archive.ErrDuplicate) {
			t.Errorf("%+v", added)
		}
		return nil
	})
	if got := f.found("words"); got != "c b a" {
		t.Errorf("found: %s", got)
	}
	err := f.d.Update(t.Context(), func(tx *db.Tx) error {
		_, err := f.s.AddPosts(tx, []archive.NewPost{{Mailbox: 99, Letter: note(t, "d", "Ants", "")}})
		return err
	})
	wantKind(t, err, refusal.NotFound)
}

func TestNoSuchThings(t *testing.T) {
	f := newFixture(t)
	p := f.note("a", "Bees", "")
	f.view(func(tx *db.Tx) error {
		for name, fn := range map[string]func() error{
			"There is no such post.":                       func() error { _, err := f.s.Post(tx, 99); return err },
			"There is no such post. ":                      func() error { _, err := f.s.PostByMessageID(tx, f.talk, "b@x"); return err },
			"There is no such post.  ":                     func() error { _, err := f.s.PostBySeq(tx, f.talk, 2); return err },
			"There is no such post.   ":                    func() error { _, err := f.s.PostByUID(tx, f.talk+1, p.UID); return err },
			"There is no such thread.":                     func() error { _, err := f.s.Thread(tx, 99); return err },
			"There is no such thread. ":                    func() error { _, err := f.s.ThreadByNumber(tx, 2, 1); return err },
			"There is no such mailbox.":                    func() error { _, err := f.s.PublicMailbox(tx, 99); return err },
			"There is no such mailbox. ":                   func() error { _, err := f.s.Status(tx, 99, 1); return err },
			"There is no such message.":                    func() error { _, err := f.s.PrivateMessage(tx, 99); return err },
			"This letter is no longer kept.":               func() error { _, err := f.s.Letter(tx, 99); return err },
			"The bytes of this letter are no longer kept.": func() error { _, err := f.s.Raw(tx, 99); return err },
		} {
			if got := wantKind(t, fn(), refusal.NotFound); got != strings.TrimSpace(name) {
				t.Errorf("%q, want %q", got, name)
			}
		}
		return nil
	})
	err := f.d.Update(t.Context(), func(tx *db.Tx) error {
		_, err := f.s.AddPost(tx, archive.NewPost{Mailbox: 99, Letter: note(t, "b", "Bees", "")})
		return err
	})
	wantKind(t, err, refusal.NotFound)
}

func TestWhatADigestAsks(t *testing.T) {
	f := newFixture(t)
	f.post(archive.NewPost{Letter: note(t, "old", "Old", ""), Imported: true, Published: monday.AddDate(-1, 0, 0)})
	a := f.post(archive.NewPost{Letter: note(t, "a", "Bees", ""), Author: 1})
	f.now = monday.Add(time.Hour)
	b := f.post(archive.NewPost{Letter: note(t, "b", "Re: Bees", "a"), Author: 2})
	c := f.post(archive.NewPost{Letter: note(t, "c", "Wasps", ""), Author: 1})
	f.now = monday.Add(2 * time.Hour)
	f.post(archive.NewPost{Letter: note(t, "d", "Ants", ""), Author: 1})
	f.update(func(tx *db.Tx) error {
		_, err := f.s.StoreFlags(tx, f.talk, 5, []uint32{b.UID}, archive.AddFlags, []string{`\Seen`})
		return errors.Join(err, f.s.Remove(tx, c.ID))
	})
	f.view(func(tx *db.Tx) error {
		hi, err := f.s.Newest(tx, f.talk, monday.Add(90*time.Minute))
		if err != nil || hi != c.Seq {
			t.Errorf("newest %d, %v; want %d", hi, err, c.Seq)
		}
		if none, err := f.s.Newest(tx, f.talk, monday); err != nil || none != 0 {
			t.Errorf("imported posts are in no digest: %d, %v", none, err)
		}
		fresh, err := f.s.Fresh(tx, f.talk, 0, hi)
		if err != nil || len(fresh) != 2 || fresh[0].ID != a.ID || fresh[1].ID != b.ID || fresh[1].Number != a.Number {
			t.Errorf("fresh %+v, %v", fresh, err)
		}
		seen, err := f.s.SeenSeqs(tx, f.talk, 5, 0, hi)
		if err != nil || len(seen) != 1 || seen[0] != b.Seq {
			t.Errorf("seen %v, %v", seen, err)
		}
		authors, err := f.s.ThreadAuthors(tx, a.Thread)
		if err != nil || len(authors) != 2 {
			t.Errorf("authors %v, %v", authors, err)
		}
		mine, err := f.s.PostsOf(tx, 1, 1, 5)
		if err != nil || len(mine) != 2 || mine[1].ID != a.ID {
			t.Errorf("posts of 1: %+v, %v", mine, err)
		}
		first, err := f.s.FirstPostOf(tx, 1, 1)
		if err != nil || first.ID != a.ID {
			t.Errorf("first of 1: %+v, %v", first, err)
		}
		_, err = f.s.FirstPostOf(tx, 2, 1)
		wantKind(t, err, refusal.NotFound)
		all, err := f.s.PostsAfter(tx, f.talk, 1, 10)
		if err != nil || len(all) != 3 || all[0].ID != a.ID {
			t.Errorf("posts after 1: %+v, %v", all, err)
		}
		return nil
	})
}

func TestRedact(t *testing.T) {
	f := newFixture(t)
	a := f.post(archive.NewPost{Letter: mail(t, "My telephone is 555-0199, ring me about xylophones.\n", "From: Dana <dana@x.example>", "Subject: Call Zanzibar", "Message-ID: <a@x>"), Author: 1})
	b := f.note("b", "Re: Call Zanzibar", "a")
	f.update(func(tx *db.Tx) error {
		_, err := f.s.StoreFlags(tx, f.talk, 5, []uint32{a.UID, b.UID}, archive.AddFlags, []string{`\Seen`})
		return err
	})
	before := f.rows(5, 0)
	var got archive.Post
	f.update(func(tx *db.Tx) (err error) {
		got, err = f.s.Redact(tx, a.ID, mail(t, "The author took this post back.\n", "From: Talk <talk@l.example>", "Subject: (taken back)", "Message-ID: <a@x>"))
		return err
	})
	if got.State != archive.Redacted || got.UID != 3 || got.Seq != a.Seq || got.Author != 1 || got.From != a.From || got.Thread != a.Thread || got.MessageID != "a@x" {
		t.Errorf("%+v", got)
	}
	if th := f.thread(1); th.Subject != "(taken back)" || th.Posts != 2 || th.People != 2 || th.Root != a.ID {
		t.Errorf("%+v", th)
	}
	f.view(func(tx *db.Tx) error {
		rows, err := f.s.Rows(tx, f.talk, 5, before[1].ModSeq)
		if err != nil || uidsOf(rows) != "3[]" {
			t.Errorf("changed: %s, %v", uidsOf(rows), err)
		}
		gone, err := f.s.Vanished(tx, f.talk, before[1].ModSeq)
		if err != nil || len(gone) != 1 || gone[0] != a.UID {
			t.Errorf("vanished: %v, %v", gone, err)
		}
		raw, err := f.s.Raw(tx, got.Raw)
		if err != nil || strings.Contains(string(raw), "555") {
			t.Errorf("%q, %v", raw, err)
		}
		_, err = f.s.Raw(tx, a.Raw)
		wantKind(t, err, refusal.NotFound)
		for _, word := range []string{"xylophones", "Zanzibar"} {
			hits, err := f.s.Search(tx, archive.Query{Mailboxes: []archive.PublicID{f.talk}, Words: word + " -re"})
			if err != nil || len(hits) != 0 {
				t.Errorf("%s is still found: %+v, %v", word, hits, err)
			}
		}
		return nil
	})
}

func TestRemove(t *testing.T) {
	f := newFixture(t)
	a := f.note("a", "Bees", "")
	b := f.note("b", "Re: Bees", "a")
	f.update(func(tx *db.Tx) error { return errors.Join(f.s.Remove(tx, a.ID), f.s.Remove(tx, a.ID)) })
	gone := f.get(a.ID)
	if gone.State != archive.Removed || gone.Text != "" || gone.Subject != "" || !gone.From.Address.IsZero() || gone.Raw != 0 || gone.MessageID != "a@x" {
		t.Errorf("%+v", gone)
	}
	if got := uidsOf(f.rows(5, 0)); got != "2[]" {
		t.Errorf("rows %s", got)
	}
	f.update(func(tx *db.Tx) error { // importing the old mail again does not bring it back
		_, err := f.s.AddPost(tx, archive.NewPost{Mailbox: f.talk, Letter: note(t, "a", "Bees", "")})
		if !errors.Is(err, archive.ErrDuplicate) {
			t.Errorf("%v", err)
		}
		return nil
	})
	c := f.note("c", "Re: Bees", "a") // an answer to what is gone finds its thread
	if c.Thread != a.Thread || c.Parent != a.ID {
		t.Errorf("%+v", c)
	}
	if th := f.thread(1); th.Root != b.ID || th.Posts != 2 || th.Subject != "Bees" {
		t.Errorf("%+v", th)
	}
	f.update(func(tx *db.Tx) error {
		if _, err := f.s.Redact(tx, a.ID, note(t, "z", "z", "")); err != nil {
			return err
		}
		return errors.Join(f.s.Remove(tx, b.ID), f.s.Remove(tx, c.ID))
	})
	f.view(func(tx *db.Tx) error {
		threads, err := f.s.Threads(tx, f.talk, archive.ThreadPage{})
		if len(threads) != 0 {
			t.Errorf("a thread without posts is shown: %+v", threads)
		}
		st, err2 := f.s.Status(tx, f.talk, 5)
		if st.Messages != 0 || st.Size != 0 || st.UIDNext != 4 {
			t.Errorf("%+v", st)
		}
		return errors.Join(err, err2)
	})
}

// What was taken out of the archive is not in the file any more, neither as text nor as a word of the index.
func TestRemovedWordsLeaveTheFile(t *testing.T) {
	f := newFixture(t)
	secretive := func(id string) *letter.Letter {
		return mail(t, "xylophoneq words.\n", "From: Quixotica Vermeer <q@quixotica.example>", "Subject: zanzibarq", "Message-ID: <"+id+"@x>")
	}
	a, b := f.post(archive.NewPost{Letter: secretive("a")}), f.post(archive.NewPost{Letter: mail(t, "xylophoneq.\n", "From: d@x.example", "Subject: zanzibarq", "Message-ID: <b@x>")})
	words := []string{"xylophoneq", "zanzibarq", "uixotica"}
	for _, w := range words {
		if !fileHolds(t, f.d, w) {
			t.Fatalf("%q is not in the file: this test looks for the wrong thing", w)
		}
	}
	f.update(func(tx *db.Tx) error {
		_, err := f.s.Redact(tx, b.ID, note(t, "b", "(taken back)", ""))
		return errors.Join(err, f.s.Remove(tx, a.ID))
	})
	f.check()
	path := f.d.Path()
	if err := f.d.Close(); err != nil {
		t.Fatal(err)
	}
	f.d = nil
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range words {
		if strings.Contains(string(file), w) {
			t.Errorf("%q is still in the file", w)
		}
	}
}

// A post without its author's name: words and place stay, the name is in no field, no search and no byte.
func TestUnname(t *testing.T) {
	f := newFixture(t)
	a := f.post(archive.NewPost{Letter: mail(t, "Ring the xylophones.\n", "From: Dana <dana@x.example>", "Reply-To: dana@x.example", "X-Mailer: Danas own", "Subject: Call", "Message-ID: <a@y>"), Author: 1})
	b := f.note("b", "Re: Call", "a@y")
	as := letter.Mailbox{Name: "Former member", Address: letter.Address{Local: "former", Domain: "member.invalid"}}
	var got archive.Post
	f.update(func(tx *db.Tx) (err error) { got, err = f.s.Unname(tx, a.ID, as); return err })
	if got.From != as || got.Author != 0 || got.State != archive.Published || got.Text != a.Text || got.Thread != a.Thread || got.Seq != a.Seq || got.UID <= b.UID || got.MessageID != a.MessageID {
		t.Errorf("%+v", got)
	}
	f.view(func(tx *db.Tx) error {
		raw, err := f.s.Raw(tx, got.Raw)
		if err != nil || strings.Contains(string(raw), "ana") || !strings.Contains(string(raw), "Subject: Call") || !strings.HasSuffix(string(raw), "xylophones.\r\n") && !strings.HasSuffix(string(raw), "xylophones.\n") {
			t.Errorf("%q, %v", raw, err)
		}
		if all, err := f.s.PostsOf(tx, 1, 1, 10); err != nil || len(all) != 0 {
			t.Errorf("still theirs: %d, %v", len(all), err)
		}
		for word, n := range map[string]int{"Dana xylophones": 0, "xylophones": 1, "Former": 1} {
			hits, err := f.s.Search(tx, archive.Query{Mailboxes: []archive.PublicID{f.talk}, Words: word})
			if err != nil || len(hits) != n {
				t.Errorf("%s: %d hits, %v", word, len(hits), err)
			}
		}
		return nil
	})
	f.update(func(tx *db.Tx) error {
		if err := f.s.Remove(tx, a.ID); err != nil {
			return err
		}
		p, err := f.s.Unname(tx, a.ID, as)
		if err == nil && p.State != archive.Removed {
			t.Errorf("%+v", p)
		}
		return err
	})
}

// A letter to several lists has its twins there: not old mail, not what shares the id alone, and not what came later than is asked.
func TestTwins(t *testing.T) {
	f := newFixture(t)
	var boxes []archive.PublicID
	f.update(func(tx *db.Tx) error {
		for _, name := range []string{"jobs", "old", "other"} {
			box, err := f.s.CreatePublic(tx, 1, name)
			if err != nil {
				return err
			}
			boxes = append(boxes, box)
		}
		foreign, err := f.s.CreatePublic(tx, 2, "talk")
		boxes = append(boxes, foreign)
		return err
	})
	l := note(t, "a", "Bees", "")
	p := f.post(archive.NewPost{Letter: l})
	f.post(archive.NewPost{Letter: note(t, "b", "Frost", "")})
	f.post(archive.NewPost{Letter: l, Mailbox: boxes[1], Imported: true})
	f.post(archive.NewPost{Letter: mail(t, "Another body.\n", "From: a@x", "Subject: Bees", "Message-ID: <a@x>"), Mailbox: boxes[2]})
	f.post(archive.NewPost{Letter: l, Mailbox: boxes[3]})
	f.now = f.now.Add(time.Hour)
	q := f.post(archive.NewPost{Letter: l, Mailbox: boxes[0]})
	f.view(func(tx *db.Tx) error {
		got, err := f.s.Twins(tx, 1, f.talk, 0, 2, f.now.Add(time.Second))
		if len(got) != 1 || len(got[p.ID]) != 1 || got[p.ID][0] != (archive.Twin{Mailbox: boxes[0], Seq: q.Seq, Published: q.Published}) {
			t.Errorf("%+v", got)
		}
		early, err2 := f.s.Twins(tx, 1, f.talk, 0, 2, f.now)
		if len(early) != 0 {
			t.Errorf("before it was published: %+v", early)
		}
		return errors.Join(err, err2)
	})
}

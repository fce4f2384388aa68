package archive_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

var monday = time.Date(2026, 6, 1, 8, 0, 0, 0, time.UTC)

// bench is a store over a fresh database, with a clock the test moves and one list, "talk", of community 1.
type fixture struct {
	t    testing.TB
	d    *db.DB
	s    *archive.Store
	now  time.Time
	talk archive.PublicID
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{t: t, s: archive.New([]byte("a key of the test")), now: monday}
	f.d = dbtest.OpenAt(t, func() time.Time { return f.now }, archive.Schema())
	f.update(func(tx *db.Tx) (err error) {
		f.talk, err = f.s.CreatePublic(tx, 1, "talk")
		return err
	})
	t.Cleanup(f.check)
	return f
}

// check compares the books when the test ends, whatever it did.
func (f *fixture) check() {
	if f.d == nil {
		return // closed by the test, which has checked before
	}
	f.view(func(tx *db.Tx) error {
		faults, err := f.s.Check(tx)
		for _, fault := range faults {
			f.t.Errorf("the books: %s", fault)
		}
		return err
	})
	if f.d.FTS() { // FTS5 compares every word of its index with the text; that counts as writing
		f.update(func(tx *db.Tx) error {
			_, err := tx.Exec("INSERT INTO post_fts (post_fts, rank) VALUES ('integrity-check', 1)")
			_, err2 := tx.Exec("INSERT INTO private_fts (private_fts, rank) VALUES ('integrity-check', 1)")
			return errors.Join(err, err2)
		})
	}
}

func (f *fixture) update(fn func(*db.Tx) error) {
	f.t.Helper()
	dbtest.Update(f.t, f.d, fn)
}

func (f *fixture) view(fn func(*db.Tx) error) {
	f.t.Helper()
	dbtest.View(f.t, f.d, fn)
}

// mail writes a letter as CRLF; fields are "Name: value" lines, the body is plain text.
func mail(t testing.TB, body string, fields ...string) *letter.Letter {
	t.Helper()
	raw := strings.Join(fields, "\n") + "\n\n" + body
	l, err := letter.Parse([]byte(strings.ReplaceAll(raw, "\n", "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// note is a plain letter of "dana@x.example": an id, a subject, the ids it answers.
func note(t testing.TB, id, subject, refs string) *letter.Letter {
	fields := []string{"From: Dana Reyes <dana@x.example>", "Subject: " + subject, "Message-ID: <" + id + "@x>", "Date: Mon, 01 Jun 2026 08:00:00 +0000"}
	if refs != "" {
		words := strings.Fields(refs)
		for i, w := range words {
			words[i] = "<" + w + "@x>"
		}
		fields = append(fields, "References: "+strings.Join(words, " "))
	}
	return mail(t, "Words of "+id+".\n", fields...)
}

// post publishes a letter on a list and gives the post.
func (f *fixture) post(n archive.NewPost) archive.Post {
	f.t.Helper()
	if n.Mailbox == 0 {
		n.Mailbox = f.talk
	}
	var p archive.Post
	f.update(func(tx *db.Tx) (err error) {
		p, err = f.s.AddPost(tx, n)
		return err
	})
	return p
}

func (f *fixture) note(id, subject, refs string) archive.Post {
	f.t.Helper()
	return f.post(archive.NewPost{Letter: note(f.t, id, subject, refs)})
}

func (f *fixture) get(id archive.PostID) (p archive.Post) {
	f.t.Helper()
	f.view(func(tx *db.Tx) (err error) {
		p, err = f.s.Post(tx, id)
		return err
	})
	return p
}

func (f *fixture) thread(number int64) (th archive.Thread) {
	f.t.Helper()
	f.view(func(tx *db.Tx) (err error) {
		th, err = f.s.ThreadByNumber(tx, 1, number)
		return err
	})
	return th
}

func (f *fixture) rows(person, since int64) (rows []archive.Row) {
	f.t.Helper()
	f.view(func(tx *db.Tx) (err error) {
		rows, err = f.s.Rows(tx, f.talk, person, since)
		return err
	})
	return rows
}

func uidsOf(rows []archive.Row) string {
	var b strings.Builder
	for _, r := range rows {
		fmt.Fprintf(&b, "%d[%s] ", r.UID, strings.Join(r.Flags, " "))
	}
	return strings.TrimSpace(b.String())
}

// wantKind fails unless err is a refusal of this kind, and tells its sentence.
func wantKind(t testing.TB, err error, kind refusal.Kind) string {
	t.Helper()
	r, ok := refusal.As(err)
	if !ok || r.Kind != kind {
		t.Fatalf("got %v, want a refusal of kind %v", err, kind)
	}
	return r.Sentence
}

// corpus finds a file of the corpus that lies beside the module; without it the test is skipped.
func corpus(t testing.TB, path ...string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
		dir = filepath.Dir(dir)
	}
	file := filepath.Join(append([]string{dir, "..", "shared", "corpus"}, path...)...)
	if _, err := os.Stat(file); err != nil {
		t.Skip("the corpus is not here")
	}
	return file
}

// found are the ids of the posts of talk that a search finds.
func (f *fixture) found(words string) string {
	f.t.Helper()
	var ids []string
	f.view(func(tx *db.Tx) error {
		hits, err := f.s.Search(tx, archive.Query{Mailboxes: []archive.PublicID{f.talk}, Words: words})
		for _, h := range hits {
			id, _, _ := strings.Cut(string(h.Post.MessageID), "@")
			ids = append(ids, id)
		}
		return err
	})
	return strings.Join(ids, " ")
}

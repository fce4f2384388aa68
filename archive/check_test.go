package archive_test

import (
	"fmt"
	"strings"
	"testing"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
)

// A check that cannot fail is worth nothing: each promise is broken once, and the check must say so and nothing else.
func TestCheckFindsWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{"UPDATE post SET raw = 999 WHERE id = 2", "Post 2 has no bytes."},
		{"UPDATE raw SET bytes = x'' WHERE id = 1", "Stored bytes 1 have a piece missing."},
		{"UPDATE list_mailbox SET messages = 4", "Mailbox 1 counts its posts wrongly."},
		{"UPDATE list_mailbox SET octets = octets + 1", "Mailbox 1 counts its posts wrongly."},
		{"UPDATE list_mailbox SET uidnext = 3", "Mailbox 1 would give a UID or sequence number twice."},
		{"UPDATE list_mailbox SET seq = 2", "Mailbox 1 would give a UID or sequence number twice."},
		{"UPDATE list_mailbox SET modseq = 2", "Mailbox 1 would give a change number twice."},
		{"UPDATE thread SET posts_n = 9 WHERE id = 1", "Thread 1 counts its posts or people wrongly."},
		{"UPDATE thread SET people_n = 0 WHERE id = 1", "Thread 1 counts its posts or people wrongly."},
		{"UPDATE thread SET root = 3 WHERE id = 1", "Thread 1 begins with a post that is not in it."},
		{"UPDATE thread SET merged = 1 WHERE id = 2", "Thread 2 was merged and still has posts."},
		{"UPDATE thread_series SET number = 1", "Thread 2 has a number that would be given again."},
		{"UPDATE post SET parent = 1 WHERE id = 3", "Post 3 is in another thread than its parent."},
		{"UPDATE post SET parent = 2 WHERE id = 1", "is its own ancestor."},
		{"DELETE FROM thread_ref WHERE msgid = 'c@x'", "Post 3 is not found by its message id."},
		{"UPDATE private_mailbox SET uidnext = 1", "Private mailbox 1 would give a UID or change number twice."},
		{"UPDATE private_mailbox SET modseq = 1", "Private mailbox 1 would give a UID or change number twice."},
		{"UPDATE private_message SET raw = 1", "Private message 1 is not sealed."},
		{"UPDATE letter SET raw = 1", "Letter 1 is not sealed."},
		{"INSERT INTO search_debt VALUES ('post_fts')", "fts:A search index waits to be made anew: please start the server once."},
		{"INSERT INTO post_fts (post_fts, rowid, box, subject, author, body) VALUES ('delete', 1, 'm1', 'Bees', 'Dana Reyes', 'Words of a.')", "fts:The search index does not have all posts, or has too many."},
		{"INSERT INTO private_fts (rowid, words) VALUES (9, 'x')", "fts:The private search index does not have all messages, or has too many."},
	} {
		s := archive.New([]byte("k"))
		d := dbtest.Open(t, archive.Schema())
		dbtest.Update(t, d, func(tx *db.Tx) error {
			box, err := s.CreatePublic(tx, 1, "talk")
			if err != nil {
				return err
			}
			for _, m := range [][3]string{{"a", "Bees", ""}, {"b", "Re: Bees", "a"}, {"c", "Wasps", ""}} {
				if _, err := s.AddPost(tx, archive.NewPost{Mailbox: box, Letter: note(t, m[0], m[1], m[2])}); err != nil {
					return err
				}
			}
			private, err := s.CreatePrivate(tx, 7, "New")
			if err != nil {
				return err
			}
			if _, err := s.AddPrivate(tx, archive.NewPrivate{Mailbox: private, Letter: secret(t, "p", "Words.")}); err != nil {
				return err
			}
			_, err = s.PutLetter(tx, archive.Arrival{Story: "s"}, []byte("x"))
			return err
		})
		want, fts := strings.CutPrefix(c.want, "fts:")
		err := d.Update(t.Context(), func(tx *db.Tx) error {
			if fts && !tx.FTS() {
				return errUndo
			}
			if faults, err := s.Check(tx); err != nil || len(faults) > 0 {
				t.Errorf("before: %v, %v", faults, err)
			}
			if strings.Contains(c.sql, "999") {
				if _, err := tx.Exec("PRAGMA defer_foreign_keys = ON"); err != nil {
					return err
				}
			}
			if _, err := tx.Exec(c.sql); err != nil {
				return err
			}
			faults, err := s.Check(tx)
			if err != nil {
				return err
			}
			if len(faults) == 0 || !strings.Contains(faults[0], want) {
				t.Errorf("%s: %q, want %q", c.sql, faults, want)
			}
			return errUndo
		})
		if err != errUndo {
			t.Errorf("%s: %v", c.sql, err)
		}
	}
}

type undo struct{}

func (undo) Error() string { return "undo" }

var errUndo = undo{}

// A program without full-text search leaves the index behind; the next one with it makes it anew.
func TestIndexCatchesUp(t *testing.T) {
	f := newFixture(t)
	f.note("a", "Bees", "")
	m := f.file(7, "New", archive.NewPrivate{Letter: secret(t, "p", "Honey.")})
	if !f.d.FTS() {
		f.view(func(tx *db.Tx) error {
			var n int
			err := tx.QueryRow("SELECT count(*) FROM search_debt").Scan(&n)
			if n != 2 {
				t.Errorf("%d debts are noted", n)
			}
			return err
		})
		return
	}
	f.update(func(tx *db.Tx) error { // as if the other program had done it all
		for _, q := range []string{
			"INSERT INTO post_fts (post_fts) VALUES ('delete-all')", "INSERT INTO private_fts (private_fts) VALUES ('delete-all')",
			"INSERT INTO search_debt VALUES ('post_fts'), ('private_fts')",
		} {
			if _, err := tx.Exec(q); err != nil {
				return err
			}
		}
		return nil
	})
	found := func() (n, private int) {
		f.view(func(tx *db.Tx) error {
			hits, err := f.s.Search(tx, archive.Query{Mailboxes: []archive.PublicID{f.talk}, Words: "words"})
			if err != nil {
				return err
			}
			uids, err := f.s.SearchPrivate(tx, m.Mailbox, "honey")
			n, private = len(hits), len(uids)
			return err
		})
		return n, private
	}
	if n, private := found(); n != 0 || private != 0 {
		t.Fatalf("%d and %d found: the test does not do what it says", n, private)
	}
	f.update(archive.Schema().Ensure)
	f.update(archive.Schema().Ensure) // a second time changes nothing
	if n, private := found(); n != 1 || private != 1 {
		t.Errorf("%d and %d found", n, private)
	}
}

// The segments of the search index wait for a quiet moment; an index that an older program made learns that.
func TestSegmentsAreMergedLater(t *testing.T) {
	f := newFixture(t)
	tidy := func() (steps int) {
		for more := true; more; steps++ {
			f.update(func(tx *db.Tx) (err error) { more, err = archive.Schema().Tidy(tx); return err })
		}
		return steps
	}
	if !f.d.FTS() {
		if tidy() != 1 {
			t.Error("there is no index to tidy")
		}
		return
	}
	count := func(query string) (n int) {
		f.view(func(tx *db.Tx) error { return tx.QueryRow(query).Scan(&n) })
		return n
	}
	const segments = "SELECT count(DISTINCT segid) FROM post_fts_idx"
	f.update(func(tx *db.Tx) error {
		_, err := tx.Exec("INSERT INTO post_fts (post_fts, rank) VALUES ('automerge', 16), ('crisismerge', 16), ('usermerge', 4)")
		return err
	})
	f.update(archive.Schema().Ensure)
	for n := range 40 {
		f.note(fmt.Sprint("n", n), "Bees", "")
	}
	if n := count(segments); n <= 20 { // if nobody was quiet for long, 40
		t.Errorf("%d segments: they were merged while people wrote", n)
	}
	tidy()
	if n := count(segments); n >= 16 {
		t.Errorf("%d segments are left", n)
	}
	if steps := tidy(); steps != 1 {
		t.Errorf("where nothing is to do it took %d steps", steps)
	}
	f.view(func(tx *db.Tx) error {
		hits, err := f.s.Search(tx, archive.Query{Mailboxes: []archive.PublicID{f.talk}, Words: "words", Limit: 100})
		if len(hits) != 40 {
			t.Errorf("%d posts are found", len(hits))
		}
		return err
	})
}

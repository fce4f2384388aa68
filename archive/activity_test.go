package archive_test

import (
	"testing"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
)

// What figures are made from: posts with their threads and authors, without a word of theirs; removed ones are not there.
func TestTracesAndAuthors(t *testing.T) {
	f := newFixture(t)
	f.post(archive.NewPost{Letter: note(t, "old", "Long ago", ""), Author: 7, Published: monday.AddDate(0, -6, 0), Imported: true})
	f.post(archive.NewPost{Letter: mail(t, "Do bees sleep?", "From: Dana <dana@x.example>", "Subject: Bees", "Message-ID: <a@x>"), Author: 7})
	f.now = f.now.Add(time.Hour)
	f.post(archive.NewPost{Letter: note(t, "b", "Re: Bees", "a"), Author: 8})
	gone := f.post(archive.NewPost{Letter: note(t, "c", "Re: Bees", "a"), Author: 9})
	f.post(archive.NewPost{Letter: note(t, "d", "Wasps", "")}) // nobody's: without a name
	f.update(func(tx *db.Tx) error { return f.s.Remove(tx, gone.ID) })
	f.view(func(tx *db.Tx) error {
		all, err := f.s.Traces(tx, 1, monday)
		if err != nil || len(all) != 3 {
			t.Fatalf("%v, %+v", err, all)
		}
		a, b, d := all[0], all[1], all[2]
		if !a.Root || !a.Asks || a.Author != 7 || a.Subject != "Bees" || a.Name != "Dana" || !a.At.Equal(monday) {
			t.Errorf("%+v", a)
		}
		if b.Root || b.Asks || b.Author != 8 || b.Thread != a.Thread || b.Subject != "" || b.Name != "" || !b.At.Equal(f.now) {
			t.Errorf("%+v", b)
		}
		if !d.Root || d.Asks || d.Author != 0 || d.Thread == a.Thread || d.Who == a.Who {
			t.Errorf("%+v", d)
		}
		authors, err := f.s.Authors(tx, 1)
		if len(authors) != 2 || authors[0] != (archive.Author{ID: 7, Posts: 2, First: monday.AddDate(0, -6, 0), Last: monday}) || authors[1].ID != 8 || authors[1].Posts != 1 {
			t.Errorf("%+v", authors)
		}
		other, err2 := f.s.Traces(tx, 2, monday)
		if len(other) != 0 || err2 != nil {
			t.Errorf("of another community: %+v, %v", other, err2)
		}
		return err
	})
}

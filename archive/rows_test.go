package archive_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/templates/refusal"
)

func TestFlagsAreEachPersonsOwn(t *testing.T) {
	f := newFixture(t)
	for i := range 3 {
		f.note(fmt.Sprint("m", i), "Topic", "")
	}
	start := f.rows(1, 0)
	if uidsOf(start) != "1[] 2[] 3[]" || start[0].Size == 0 || start[0].Raw == 0 || start[0].Post == 0 || !start[0].Internal.Equal(monday) {
		t.Errorf("%+v", start)
	}
	store := func(person int64, change archive.FlagChange, uids []uint32, flags ...string) (rows []archive.Row) {
		f.update(func(tx *db.Tx) (err error) {
			rows, err = f.s.StoreFlags(tx, f.talk, person, uids, change, flags)
			return err
		})
		return rows
	}
	since := start[2].ModSeq
	got := store(1, archive.AddFlags, []uint32{1, 3, 99}, `\seen`, "later", `\Recent`)
	if uidsOf(got) != `1[\Seen later] 3[\Seen later]` || got[0].ModSeq != since+1 || got[1].ModSeq != since+1 {
		t.Errorf("%s at %d", uidsOf(got), got[0].ModSeq)
	}
	if got := uidsOf(f.rows(1, since)); got != `1[\Seen later] 3[\Seen later]` {
		t.Errorf("changed for 1: %s", got)
	}
	if got := uidsOf(f.rows(2, since)); got != "" {
		t.Errorf("changed for 2: %s", got)
	}
	if got := uidsOf(f.rows(2, 0)); got != "1[] 2[] 3[]" {
		t.Errorf("all for 2: %s", got)
	}
	// What changes nothing takes no change number.
	if again := store(1, archive.AddFlags, []uint32{1, 2, 3}, "later"); uidsOf(again) != `1[\Seen later] 2[later] 3[\Seen later]` || again[0].ModSeq != since+1 || again[1].ModSeq != since+2 {
		t.Errorf("%s", uidsOf(again))
	}
	if got := store(1, archive.RemoveFlags, []uint32{1}, `\SEEN`, "none"); uidsOf(got) != "1[later]" {
		t.Errorf("%s", uidsOf(got))
	}
	if got := store(1, archive.SetFlags, []uint32{1, 2}, `\Flagged`); uidsOf(got) != `1[\Flagged] 2[\Flagged]` {
		t.Errorf("%s", uidsOf(got))
	}
	f.view(func(tx *db.Tx) error {
		for person, unseen := range map[int64]int{1: 2, 2: 3} {
			st, err := f.s.Status(tx, f.talk, person)
			if err != nil || st.Messages != 3 || st.Unseen != unseen || st.UIDNext != 4 || st.UIDValidity == 0 || st.Size != int64(3*start[0].Size) {
				t.Errorf("person %d: %+v, %v", person, st, err)
			}
		}
		return nil
	})
}

func TestFlagsThatAreRefused(t *testing.T) {
	f := newFixture(t)
	f.note("a", "Topic", "")
	many := make([]string, 33)
	for i := range many {
		many[i] = fmt.Sprint("k", i)
	}
	for _, c := range []struct {
		sentence string
		kind     refusal.Kind
		flags    []string
	}{
		{"There is no such flag here.", refusal.Invalid, []string{`\Wrong`}},
		{"A keyword has up to 64 letters and digits without spaces.", refusal.Invalid, []string{"two words"}},
		{"A keyword has up to 64 letters and digits without spaces.", refusal.Invalid, []string{""}},
		{"A keyword has up to 64 letters and digits without spaces.", refusal.Invalid, []string{"a)b"}},
		{"A keyword has up to 64 letters and digits without spaces.", refusal.Invalid, []string{"ä"}},
		{"A keyword has up to 64 letters and digits without spaces.", refusal.Invalid, []string{strings.Repeat("x", 65)}},
		{"A message can have 32 keywords, no more.", refusal.Limit, many},
	} {
		err := f.d.Update(t.Context(), func(tx *db.Tx) error {
			_, err := f.s.StoreFlags(tx, f.talk, 1, []uint32{1}, archive.AddFlags, c.flags)
			return err
		})
		if got := wantKind(t, err, c.kind); got != c.sentence {
			t.Errorf("%q: %s", c.flags, got)
		}
	}
	f.update(func(tx *db.Tx) error {
		rows, err := f.s.StoreFlags(tx, f.talk, 1, nil, archive.AddFlags, []string{`\Seen`})
		if len(rows) != 0 {
			t.Errorf("%v", rows)
		}
		return err
	})
}

func TestMailboxes(t *testing.T) {
	f := newFixture(t)
	f.update(func(tx *db.Tx) error {
		jobs, err := f.s.CreatePublic(tx, 1, "jobs")
		if err != nil {
			return err
		}
		if _, err := f.s.CreatePublic(tx, 2, "talk"); err != nil {
			t.Errorf("another community has its own names: %v", err)
		}
		_, err = f.s.CreatePublic(tx, 1, "jobs")
		if got := wantKind(t, err, refusal.Conflict); got != "There is a mailbox of this name already." {
			t.Error(got)
		}
		wantKind(t, f.s.RenamePublic(tx, jobs, "talk"), refusal.Conflict)
		wantKind(t, f.s.RenamePublic(tx, 99, "x"), refusal.NotFound)
		if err := f.s.RenamePublic(tx, jobs, "work"); err != nil {
			return err
		}
		p, err := f.s.PublicMailbox(tx, jobs)
		if p != (archive.Public{ID: jobs, Series: 1, Name: "work"}) {
			t.Errorf("%+v", p)
		}
		a, err2 := f.s.Status(tx, f.talk, 1)
		b, err3 := f.s.Status(tx, jobs, 1)
		if a.UIDValidity == b.UIDValidity {
			t.Error("two mailboxes of one second have one UIDVALIDITY")
		}
		return errors.Join(err, err2, err3)
	})
}

// UIDs is Rows in short, whatever happened to the mailbox.
func TestUIDsAreThoseOfRows(t *testing.T) {
	f := newFixture(t)
	var box archive.PrivateID
	f.update(func(tx *db.Tx) (err error) {
		box, err = f.s.CreatePrivate(tx, 7, "New")
		return err
	})
	same := func(when string) {
		t.Helper()
		for person := range int64(3) {
			f.view(func(tx *db.Tx) error {
				rows, err := f.s.Rows(tx, f.talk, person, 0)
				uids, unseen, err2 := f.s.UIDs(tx, f.talk, person)
				private, err3 := f.s.PrivateRows(tx, box, person, 0)
				privateUIDs, privateUnseen, err4 := f.s.PrivateUIDs(tx, box, person)
				if got, want := fmt.Sprint(uids, unseen, privateUIDs, privateUnseen), shorts(rows, private); got != want {
					t.Errorf("%s, person %d: %s, want %s", when, person, got, want)
				}
				return errors.Join(err, err2, err3, err4)
			})
		}
	}
	same("empty")
	var ids []archive.PostID
	for i := range 12 {
		ids = append(ids, f.note(fmt.Sprint("m", i), "Topic", "").ID)
		f.update(func(tx *db.Tx) error {
			_, err := f.s.AddPrivate(tx, archive.NewPrivate{Mailbox: box, Letter: note(t, fmt.Sprint("p", i), "Private", "")})
			return err
		})
	}
	same("unread")
	f.update(func(tx *db.Tx) error {
		_, err := f.s.StoreFlags(tx, f.talk, 1, []uint32{1, 2, 3, 5}, archive.AddFlags, []string{`\Seen`})
		_, err2 := f.s.StoreFlags(tx, f.talk, 2, []uint32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, archive.AddFlags, []string{`\Seen`})
		_, err3 := f.s.StorePrivateFlags(tx, box, 1, []uint32{1}, archive.AddFlags, []string{`\Seen`})
		return errors.Join(err, err2, err3)
	})
	same("partly read")
	f.update(func(tx *db.Tx) error {
		_, err := f.s.Redact(tx, ids[1], note(t, "redacted", "Redacted", ""))
		return errors.Join(err, f.s.Remove(tx, ids[3]))
	})
	same("redacted and removed")
}

func shorts(public, private []archive.Row) string {
	a, b := short(public)
	c, d := short(private)
	return fmt.Sprint(a, b, c, d)
}

// short are the UIDs of rows and the first one without \Seen.
func short(rows []archive.Row) ([]uint32, uint32) {
	var uids []uint32
	unseen := uint32(0)
	for _, r := range rows {
		uids = append(uids, r.UID)
		if unseen == 0 && !strings.Contains(strings.Join(r.Flags, " "), `\Seen`) {
			unseen = r.UID
		}
	}
	return uids, unseen
}

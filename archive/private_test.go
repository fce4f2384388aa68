package archive_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

// file makes (or finds) a private mailbox and files a letter there.
func (f *fixture) file(owner int64, name string, n archive.NewPrivate) (m archive.PrivateMessage) {
	f.t.Helper()
	f.update(func(tx *db.Tx) (err error) {
		if n.Mailbox, err = f.s.CreatePrivate(tx, owner, name); err != nil {
			return err
		}
		m, err = f.s.AddPrivate(tx, n)
		return err
	})
	return m
}

func secret(t testing.TB, id, words string) *letter.Letter {
	return mail(t, words+"\n", "From: Dana Reyes <dana@x.example>", "To: <managers@l.example>", "Subject: About Zanzibar", "Message-ID: <"+id+"@l>")
}

func TestPrivateMessages(t *testing.T) {
	f := newFixture(t)
	l := secret(t, "a", "Nobody else may know about the xylophone.")
	a := f.file(7, "New", archive.NewPrivate{Letter: l, Object: 30, Flags: []string{`\Flagged`}})
	b := f.file(7, "Mine", archive.NewPrivate{Letter: secret(t, "b", "More."), Reading: archive.Read(secret(t, "b", "More.")), Object: 30, Internal: monday.Add(-time.Hour)})
	c := f.file(8, "New", archive.NewPrivate{Letter: secret(t, "c", "For another manager."), Object: 30})
	if a.UID != 1 || c.UID != 1 || a.Mailbox == c.Mailbox || a.Mailbox == b.Mailbox {
		t.Errorf("%+v, %+v", a, c)
	}
	f.view(func(tx *db.Tx) error {
		got, err1 := f.s.PrivateMessage(tx, a.ID)
		byUID, err2 := f.s.PrivateByUID(tx, a.Mailbox, 1)
		if got != byUID || got.Subject != "About Zanzibar" || got.From.Name != "Dana Reyes" || !strings.Contains(got.Text, "xylophone") || got.Object != 30 || got.MessageID != "a@l" || got.Size != len(l.Raw()) {
			t.Errorf("%+v", got)
		}
		raw, err3 := f.s.Raw(tx, got.Raw)
		if string(raw) != string(l.Raw()) {
			t.Error("the bytes changed")
		}
		st, err4 := f.s.PrivateStructure(tx, a.ID)
		if st.Envelope.MessageID != "a@l" {
			t.Errorf("%+v", st)
		}
		rows, err5 := f.s.PrivateRows(tx, a.Mailbox, 7, 0)
		if uidsOf(rows) != `1[\Flagged]` || rows[0].Message != a.ID || rows[0].Post != 0 {
			t.Errorf("%+v", rows)
		}
		of, err6 := f.s.PrivateOf(tx, 7, 30)
		if len(of) != 2 || of[0].ID != a.ID || of[1].ID != b.ID || !of[1].Internal.Equal(monday.Add(-time.Hour)) {
			t.Errorf("%+v", of)
		}
		boxes, err7 := f.s.PrivateMailboxes(tx, 7)
		if len(boxes) != 2 || boxes[0].Name != "Mine" || boxes[1].ID != a.Mailbox {
			t.Errorf("%+v", boxes)
		}
		_, err := f.s.FindPrivate(tx, 9, "New")
		wantKind(t, err, refusal.NotFound)
		return errors.Join(err1, err2, err3, err4, err5, err6, err7)
	})
}

func TestMovePrivate(t *testing.T) {
	f := newFixture(t)
	a := f.file(7, "New", archive.NewPrivate{Letter: secret(t, "a", "One."), Flags: []string{`\Seen`}})
	mine := f.file(7, "Mine", archive.NewPrivate{Letter: secret(t, "b", "Two.")})
	theirs := f.file(8, "New", archive.NewPrivate{Letter: secret(t, "c", "Three.")})
	f.update(func(tx *db.Tx) error {
		_, err := f.s.MovePrivate(tx, a.ID, theirs.Mailbox)
		if got := wantKind(t, err, refusal.NotAllowed); got != "A private message stays with its owner." {
			t.Error(got)
		}
		_, err = f.s.MovePrivate(tx, a.ID, 99)
		wantKind(t, err, refusal.NotAllowed)
		_, err = f.s.MovePrivate(tx, 99, mine.Mailbox)
		wantKind(t, err, refusal.NotFound)
		uid, err := f.s.MovePrivate(tx, a.ID, mine.Mailbox)
		if uid != 2 {
			t.Errorf("its new UID is %d", uid)
		}
		return err
	})
	f.view(func(tx *db.Tx) error {
		gone, err := f.s.PrivateVanished(tx, a.Mailbox, a.ModSeq)
		if fmt.Sprint(gone) != "[1]" {
			t.Errorf("gone: %v", gone)
		}
		rows, err2 := f.s.PrivateRows(tx, mine.Mailbox, 7, mine.ModSeq)
		if uidsOf(rows) != `2[\Seen]` {
			t.Errorf("came: %s", uidsOf(rows))
		}
		st, err3 := f.s.PrivateStatus(tx, mine.Mailbox, 7)
		if st.Messages != 2 || st.Unseen != 1 || st.UIDNext != 3 {
			t.Errorf("%+v", st)
		}
		st, err4 := f.s.PrivateStatus(tx, a.Mailbox, 7)
		if st.Messages != 0 || st.Unseen != 0 || st.UIDNext != 2 || st.Size != 0 {
			t.Errorf("%+v", st)
		}
		_, none := f.s.PrivateStatus(tx, 99, 7)
		wantKind(t, none, refusal.NotFound)
		return errors.Join(err, err2, err3, err4)
	})
}

func TestSearchPrivate(t *testing.T) {
	f := newFixture(t)
	for i, words := range []string{
		"The sponsors want our list.", "A sponsor wrote: our members' list is wanted.", "Café Müller. Zürich is far.", "Nothing of the kind. Our list!",
	} {
		f.file(7, "New", archive.NewPrivate{Letter: secret(t, fmt.Sprint("m", i), words)})
	}
	f.file(8, "New", archive.NewPrivate{Letter: secret(t, "other", "The sponsors of another manager.")})
	f.view(func(tx *db.Tx) error {
		box, err := f.s.FindPrivate(tx, 7, "New")
		for words, want := range map[string]string{
			"sponsor": "[1 2]", "SPONSORS": "[1 2]", `"our list"`: "[1 4]", "our list": "[1 2 4]", "list -sponsor": "[4]", "list -sponsor -kind": "[]",
			"cafe muller": "[3]", "Zurich": "[3]", "zanzibar": "[1 2 3 4]", "dana": "[1 2 3 4]", "xylophone": "[]", `") OR words:*`: "[]",
		} {
			uids, err := f.s.SearchPrivate(tx, box, words)
			if err != nil || strings.Replace(fmt.Sprint(uids), "[]", "[]", 1) != want {
				t.Errorf("%s: %v, %v; want %s", words, uids, err, want)
			}
		}
		_, none := f.s.SearchPrivate(tx, box, "-list")
		if got := wantKind(t, none, refusal.Invalid); got != "Please name at least one word to search for." {
			t.Error(got)
		}
		return err
	})
}

// What is private cannot be read in the file, not even in the search index; deleting it leaves nothing behind, under any key.
func TestPrivateWordsLieSealed(t *testing.T) {
	f := newFixture(t)
	words := []string{"xylophone", "zanzibar", "Zanzibar", "dana@x", "Dana", "Nobody"}
	a := f.file(7, "New", archive.NewPrivate{Letter: secret(t, "a", "Nobody may know about the xylophone.")})
	var blind, card, salt []byte
	f.view(func(tx *db.Tx) error {
		return tx.QueryRow("SELECT p.words, p.card, r.salt FROM private_message p JOIN raw r ON r.id = p.raw WHERE p.id = ?", a.ID).Scan(&blind, &card, &salt)
	})
	for _, w := range words {
		if fileHolds(t, f.d, w) {
			t.Errorf("%q can be read in the file", w)
		}
	}
	token := strings.Fields(string(blind))[0]
	if !fileHolds(t, f.d, token) || !fileHolds(t, f.d, string(card)) {
		t.Fatal("this test looks for the wrong thing")
	}
	f.update(func(tx *db.Tx) error { return f.s.Expunge(tx, a.ID) })
	f.view(func(tx *db.Tx) error {
		_, err := f.s.PrivateMessage(tx, a.ID)
		wantKind(t, err, refusal.NotFound)
		_, err = f.s.Raw(tx, a.Raw)
		wantKind(t, err, refusal.NotFound)
		uids, err := f.s.SearchPrivate(tx, a.Mailbox, "xylophone")
		if len(uids) != 0 {
			t.Errorf("still found: %v", uids)
		}
		gone, err2 := f.s.PrivateVanished(tx, a.Mailbox, a.ModSeq)
		if fmt.Sprint(gone) != "[1]" {
			t.Errorf("gone: %v", gone)
		}
		return errors.Join(err, err2)
	})
	f.check()
	path := f.d.Path()
	if err := f.d.Close(); err != nil { // folds the write-ahead log into the file
		t.Fatal(err)
	}
	f.d = nil
	d, err := db.Open(t.Context(), path, db.Options{Now: func() time.Time { return monday }}, archive.Schema())
	if err != nil {
		t.Fatal(err)
	}
	for name, what := range map[string]string{"a search word": token, "the card": string(card), "the salt of the bytes": string(salt)} {
		if fileHolds(t, d, what) {
			t.Errorf("%s is still in the file", name)
		}
	}
	d.Close()
}

func TestPrivateBytesMustBeSealed(t *testing.T) {
	f := newFixture(t)
	l := secret(t, "a", "Words.")
	f.update(func(tx *db.Tx) error {
		box, err := f.s.CreatePrivate(tx, 7, "New")
		if err != nil {
			return err
		}
		open, err := f.s.PutRaw(tx, l.Raw(), archive.Open)
		if err != nil {
			return err
		}
		if _, err := f.s.AddPrivate(tx, archive.NewPrivate{Mailbox: box, Letter: l, Raw: open}); err == nil {
			t.Error("open bytes are filed as private")
		}
		sealed, err := f.s.PutRaw(tx, l.Raw(), archive.Sealed)
		if err != nil {
			return err
		}
		m, err := f.s.AddPrivate(tx, archive.NewPrivate{Mailbox: box, Letter: l, Raw: sealed})
		if m.Raw != sealed {
			t.Errorf("%+v", m)
		}
		_, err2 := f.s.AddPrivate(tx, archive.NewPrivate{Mailbox: 99, Letter: l})
		wantKind(t, err2, refusal.NotFound)
		_, err3 := archive.New(nil).AddPrivate(tx, archive.NewPrivate{Mailbox: box, Letter: l})
		wantKind(t, err3, refusal.Unavailable)
		wantKind(t, f.s.Expunge(tx, 99), refusal.NotFound)
		return err
	})
}

func TestOwnIDs(t *testing.T) {
	f := newFixture(t)
	f.update(func(tx *db.Tx) error {
		for id, kind := range map[letter.MessageID]archive.IDKind{"c@l": archive.IDConversation, "d@l": archive.IDDigest, "n@l": archive.IDNotice} {
			if err := errors.Join(f.s.RecordID(tx, id, kind), f.s.RecordID(tx, id, kind)); err != nil {
				return err
			}
		}
		if got := wantKind(t, f.s.RecordID(tx, "c@l", archive.IDDigest), refusal.Conflict); got != "This message id is remembered as something else." {
			t.Error(got)
		}
		wantKind(t, f.s.RecordID(tx, "", archive.IDDigest), refusal.Invalid)
		return nil
	})
	f.view(func(tx *db.Tx) error {
		for _, c := range []struct {
			ids             []letter.MessageID
			private, digest bool
		}{
			{nil, false, false}, {[]letter.MessageID{"x@y"}, false, false}, {[]letter.MessageID{"x@y", "c@l"}, true, false},
			{[]letter.MessageID{"d@l"}, false, true}, {[]letter.MessageID{"d@l", "n@l"}, true, true}, {[]letter.MessageID{"C@l"}, false, false},
		} {
			private, err := f.s.IsPrivateID(tx, c.ids...)
			digest, err2 := f.s.IsDigestID(tx, c.ids...)
			if private != c.private || digest != c.digest || err != nil || err2 != nil {
				t.Errorf("%v: private %v, digest %v, %v %v", c.ids, private, digest, err, err2)
			}
		}
		return nil
	})
}

package imapd

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

const mira, theo = int64(7), int64(8)

// house is a database with a list and one person's private mailboxes.
type house struct {
	t           testing.TB
	d           *db.DB
	s           *archive.Store
	talk        archive.PublicID
	new, drafts archive.PrivateID
	refuse      error
	marked      []string
}

func newHouse(t testing.TB) *house {
	h := &house{t: t, s: archive.New([]byte("a key of the test"))}
	now := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	h.d = dbtest.OpenAt(t, func() time.Time { return now }, archive.Schema())
	// FTS5 checks itself by what a connection last knew of the index. A connection that searched before others wrote would call a
	// sound index broken, so each is made to look once more before the file is checked.
	t.Cleanup(func() {
		for range 8 {
			dbtest.View(t, h.d, func(tx *db.Tx) error {
				_, err := h.s.SearchUIDs(tx, h.talk, "word")
				if err == nil {
					_, err = h.s.SearchPrivate(tx, h.new, "word")
				}
				return err
			})
		}
	})
	h.update(func(tx *db.Tx) (err error) {
		if h.talk, err = h.s.CreatePublic(tx, 1, "talk"); err != nil {
			return err
		}
		if h.new, err = h.s.CreatePrivate(tx, mira, "New"); err != nil {
			return err
		}
		h.drafts, err = h.s.CreatePrivate(tx, mira, "Drafts")
		return err
	})
	return h
}

func (h *house) update(fn func(tx *db.Tx) error) { h.t.Helper(); dbtest.Update(h.t, h.d, fn) }

func (h *house) post(raw string) (p archive.Post) {
	h.t.Helper()
	h.update(func(tx *db.Tx) (err error) {
		p, err = h.s.AddPost(tx, archive.NewPost{Mailbox: h.talk, Letter: parsed(h.t, raw)})
		return err
	})
	return p
}

func (h *house) file(raw string) (m archive.PrivateMessage) {
	h.t.Helper()
	h.update(func(tx *db.Tx) (err error) {
		m, err = h.s.AddPrivate(tx, archive.NewPrivate{Mailbox: h.new, Letter: parsed(h.t, raw)})
		return err
	})
	return m
}

func parsed(t testing.TB, raw string) *letter.Letter {
	t.Helper()
	l, err := letter.Parse([]byte(strings.ReplaceAll(raw, "\n", "\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// resident is the Account of one person in the house.
type resident struct {
	*house
	person int64
}

func (r resident) Mailboxes(context.Context) ([]Mailbox, error) {
	return []Mailbox{{Name: "INBOX"}, {Name: "Sent", Takes: Forgets, Use: UseSent}, {Name: "Drafts", Takes: Keeps, Use: UseDrafts}, {Name: "Lists/talk"}, {Name: "Back-channel/New"}}, nil
}

func (r resident) Open(_ context.Context, name string) (View, error) {
	may := func(*db.Tx) error { return r.refuse }
	switch name {
	case "INBOX", "Sent":
		return Empty(1), nil
	case "Lists/talk":
		return Public{DB: r.d, Store: r.s, Mailbox: r.talk, Person: r.person, May: may}.View(), nil
	case "Drafts":
		return r.draftsView(), nil
	case "Back-channel/New":
		return Private{DB: r.d, Store: r.s, Mailbox: r.new, Person: r.person, May: may,
			Marked: func(_ *db.Tx, ids []archive.PrivateMessageID, op FlagOp, flags []string) error {
				r.marked = append(r.marked, fmt.Sprint(len(ids), op, flags))
				return nil
			}}.View(), nil
	}
	return nil, refusal.Because(refusal.NotFound, "no")
}

func (r resident) draftsView() *PrivateView {
	return Private{DB: r.d, Store: r.s, Mailbox: r.drafts, Person: r.person, Delete: Destroy(r.s)}.View()
}

func (r resident) Move(ctx context.Context, from View, uids []uint32, to string) (out []Moved, err error) {
	src, ok := from.(*PrivateView)
	if !ok || to != "Drafts" {
		return nil, refusal.Because(refusal.NotAllowed, "Posts stay in their list.")
	}
	err = r.d.Update(ctx, func(tx *db.Tx) error {
		ids, err := src.IDs(tx, uids)
		if err != nil {
			return err
		}
		st, err := r.s.PrivateStatus(tx, r.drafts, r.person)
		for _, uid := range uids {
			if id, there := ids[uid]; there && err == nil {
				var now uint32
				now, err = r.s.MovePrivate(tx, id, r.drafts)
				out = append(out, Moved{From: uid, Place: Place{st.UIDValidity, now}})
			}
		}
		return err
	})
	return out, err
}

func (r resident) Append(ctx context.Context, _ string, in Incoming) (Place, error) {
	return r.draftsView().Add(ctx, in)
}

func (r resident) Watch() (<-chan struct{}, func()) { return r.d.Subscribe() }

func TestAListInTheArchive(t *testing.T) {
	h := newHouse(t)
	h.post(note("Pruning pears", "Friends of the garden, when do you prune?"))
	h.post(strings.ReplaceAll(nested, "outer\nX-Long", "Nested\nX-Long"))
	late := h.post(note("Bees", "They swarm."))
	_, addr := start(t, resident{h, mira}, nil)
	_, other := start(t, resident{h, theo}, nil)
	k, o := signedIn(t, addr), signedIn(t, other)
	k.play(`
		C: a SELECT Lists/talk
		S: * 3 EXISTS
		S> * OK [PERMANENTFLAGS (\Seen \Answered \Flagged \*)] Permanent flags
		S: a OK [READ-WRITE] SELECT completed
		C: b FETCH 1 (UID FLAGS RFC822.SIZE INTERNALDATE ENVELOPE BODY[TEXT])
		S: * 1 FETCH (UID 1 FLAGS (\Seen) INTERNALDATE " 2-Mar-2026 10:00:00 +0000" RFC822.SIZE 198 ENVELOPE ("Mon, 02 Mar 2026 09:00:00 +0000" "Pruning pears" (("Ann" NIL "ann" "east.test")) (("Ann" NIL "ann" "east.test")) (("Ann" NIL "ann" "east.test")) ((NIL NIL "talk" "gardeners.test")) NIL NIL NIL "<Pruning.pears@east.test>") BODY[TEXT] {43}
		S: Friends of the garden, when do you prune?
		S: )
		S: * 1 FETCH (UID 1 FLAGS (\Seen))
		S: b OK FETCH completed
		C: c FETCH 2 (BODY.PEEK[2.2] BODY)
		S> * 2 FETCH (BODY (("text" "plain" NIL NIL NIL "7bit" 5 1)…
		S: <p>html</p>)
		S: c OK FETCH completed
		C: d UID SEARCH TEXT "friend"
		S: * SEARCH 1
		S: d OK UID SEARCH completed
		C: e UID SEARCH OR SUBJECT prun FROM ann@east
		S: * SEARCH 1 3
		S: e OK UID SEARCH completed
		C: f SEARCH UNSEEN NOT BODY swarm
		S: * SEARCH 2
		S: f OK SEARCH completed
		C: g STORE 3 +FLAGS ($Label1 \Flagged)
		S: * 3 FETCH (FLAGS ($Label1 \Flagged))
		S: g OK STORE completed
		C: h UID EXPUNGE 1:*
		S: h OK UID EXPUNGE completed
		C: i MOVE 1 Drafts
		S: i NO [NOPERM] Posts stay in their list.
		C: j STATUS Lists/talk (MESSAGES UNSEEN UIDNEXT)
		S: * STATUS "Lists/talk" (MESSAGES 3 UIDNEXT 4 UNSEEN 2)
		S: j OK STATUS completed
	`)
	// What Mira marked is hers; Theo sees the list as new.
	o.play(`
		C: a SELECT Lists/talk
		S> a OK …
		C: b FETCH 1:3 FLAGS
		S: * 1 FETCH (FLAGS ())
		S: * 2 FETCH (FLAGS ())
		S: * 3 FETCH (FLAGS ())
		S: b OK FETCH completed
		C: c IDLE
		S: + idling
	`)
	k.play("C: k IDLE\nS: + idling")
	h.post(note("Wasps", "Them too."))
	o.play("S: * 4 EXISTS")
	k.play("S: * 4 EXISTS")
	h.update(func(tx *db.Tx) error { return h.s.Remove(tx, late.ID) })
	o.play("S: * 3 EXPUNGE\nC: DONE\nS: c OK IDLE completed")
	k.play(`
		S: * 3 EXPUNGE
		C: DONE
		S: k OK IDLE completed
		C: l UID FETCH 3 (FLAGS BODY[])
		S: l OK UID FETCH completed
	`)
	// A post that is redacted is another message to a mail program.
	h.update(func(tx *db.Tx) error {
		_, err := h.s.Redact(tx, 1, parsed(t, "Subject: redacted\n\nThe author took this back.\n"))
		return err
	})
	k.play(`
		C: m NOOP
		S: * 1 EXPUNGE
		S: * 3 EXISTS
		S: m OK NOOP completed
		C: n UID FETCH 5 (FLAGS BODY.PEEK[TEXT])
		S: * 3 FETCH (UID 5 FLAGS () BODY[TEXT] {28}
		S: The author took this back.
		S: )
		S: n OK UID FETCH completed
	`)
}

func TestAPrivateMailboxInTheArchive(t *testing.T) {
	h := newHouse(t)
	h.file(note("A question", "May I bring friends?"))
	h.file(note("Another", "Thank you."))
	r := resident{h, mira}
	_, addr := start(t, r, nil)
	k := signedIn(t, addr)
	k.play(`
		C: a SELECT Back-channel/New
		S: * 2 EXISTS
		S> * OK [PERMANENTFLAGS (\Seen \Answered \Flagged \Draft \*)] Permanent flags
		S: a OK [READ-WRITE] SELECT completed
		C: b SEARCH TEXT friend
		S: * SEARCH 1
		S: b OK SEARCH completed
		C: c SEARCH SUBJECT anoth
		S: * SEARCH 2
		S: c OK SEARCH completed
		C: d SEARCH TEXT "?!"
		S: * SEARCH
		S: d OK SEARCH completed
		C: e STORE 1 +FLAGS (\Flagged)
		S: * 1 FETCH (FLAGS (\Flagged))
		S: e OK STORE completed
		C: f STORE 1 +FLAGS (\Deleted)
		S: f NO [NOPERM] ` + saysNoDeletion + `
		C: g MOVE 1 Drafts
		S: * OK [COPYUID …
		S: * 1 EXPUNGE
		S: g OK MOVE completed
		C! "h APPEND Drafts (\\Draft) {24+}\r\nSubject: mine\r\n\r\nWords\r\n\r\n"
		S: h OK [APPENDUID …
		C: i SELECT Drafts
		S: * OK [CLOSED] …
		S: * 2 EXISTS
		S> i OK …
		C: j FETCH 1:2 (FLAGS ENVELOPE)
		S: * 1 FETCH (FLAGS (\Flagged) ENVELOPE (…"A question"…
		S: * 2 FETCH (FLAGS (\Draft) ENVELOPE (NIL "mine" NIL NIL NIL NIL NIL NIL NIL NIL))
		S: j OK FETCH completed
		C: k UID STORE 2 +FLAGS.SILENT (\Deleted)
		S: k OK UID STORE completed
		C: l STATUS Drafts (MESSAGES DELETED)
		S: * STATUS "Drafts" (MESSAGES 2 DELETED 1)
		S: l OK STATUS completed
		C: m UID EXPUNGE 2
		S: * 2 EXPUNGE
		S: m OK UID EXPUNGE completed
		C: n STATUS Drafts (MESSAGES SIZE)
		S> n OK STATUS completed
	`)
	if got := strings.Join(h.marked, "; "); got != `1 1 [\Flagged]` {
		t.Errorf("marked: %s", got)
	}
	dbtest.View(t, h.d, func(tx *db.Tx) error {
		st, err := h.s.PrivateStatus(tx, h.drafts, mira)
		if st.Messages != 1 {
			t.Errorf("%d drafts", st.Messages)
		}
		return err
	})
}

func TestAskedAtEveryLook(t *testing.T) {
	h := newHouse(t)
	h.post(note("one", "One."))
	h.file(note("two", "Two."))
	r := resident{h, mira}
	for _, name := range []string{"Lists/talk", "Back-channel/New"} {
		h.refuse = nil
		v, err := r.Open(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		h.refuse = refusal.Because(refusal.NotAllowed, "You are gone.")
		ctx := t.Context()
		for what, look := range map[string]func() error{
			"Status":   func() error { _, err := v.Status(ctx); return err },
			"Load":     func() error { _, err := v.Load(ctx); return err },
			"Changes":  func() error { _, err := v.Changes(ctx, 0); return err },
			"Rows":     func() error { _, err := v.Rows(ctx, []uint32{1}, WithStructure); return err },
			"Raw":      func() error { _, err := v.Raw(ctx, 1); return err },
			"Search":   func() error { _, err := v.Search(ctx, Query{Anywhere, "one"}); return err },
			"SetFlags": func() error { return v.SetFlags(ctx, []uint32{1}, Add, []string{Seen}) },
			"Expunge":  func() error { return v.Expunge(ctx, []uint32{1}) },
		} {
			if err := look(); err == nil || refusal.KindOf(err) != refusal.NotAllowed {
				t.Errorf("%s of %s: %v", what, name, err)
			}
		}
	}
}

func TestWordsForTheIndex(t *testing.T) {
	for _, c := range []struct {
		q               Query
		public, private string
	}{
		{Query{Anywhere, "bees"}, `"bees"*`, `"bees"`},
		{Query{InBody, "two words"}, `"two words"*`, `"two words"`},
		{Query{Subject, `-say "x`}, `subject:"-say  x"*`, ""},
		{Query{From, "ann"}, "", ""},
		{Query{To, "ann"}, "", ""},
	} {
		if got, _ := publicWords(c.q); got != c.public {
			t.Errorf("%v: got %s, want %s", c.q, got, c.public)
		}
		if got, _ := privateWords(c.q); got != c.private {
			t.Errorf("%v: got %s, want %s", c.q, got, c.private)
		}
	}
}

func BenchmarkSelectAndFetch(b *testing.B) {
	h := newHouse(b)
	h.update(func(tx *db.Tx) error {
		for i := range 20000 {
			raw := strings.ReplaceAll(note(fmt.Sprintf("post %d", i), strings.Repeat("Some words. ", 100)), "\n", "\r\n")
			l, err := letter.Parse([]byte(raw))
			if err == nil {
				_, err = h.s.AddPost(tx, archive.NewPost{Mailbox: h.talk, Letter: l})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	v, _ := resident{h, mira}.Open(b.Context(), "Lists/talk")
	b.Run("select of 20000", func(b *testing.B) {
		for range b.N {
			if s, err := v.Load(b.Context()); err != nil || len(s.UIDs) != 20000 {
				b.Fatal(err)
			}
		}
	})
	b.Run("200 rows with structure", func(b *testing.B) {
		uids := make([]uint32, 200)
		for i := range uids {
			uids[i] = uint32(i + 1000)
		}
		for range b.N {
			if r, err := v.Rows(b.Context(), uids, WithStructure); err != nil || len(r) != 200 {
				b.Fatal(err)
			}
		}
	})
	b.Run("search", func(b *testing.B) {
		for range b.N {
			if _, err := v.Search(b.Context(), Query{Anywhere, "words"}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

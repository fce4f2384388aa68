package archive_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/archive/letter"
	"backchannel/templates/refusal"
)

func noise(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

func TestRawComesBackAsItWas(t *testing.T) {
	f := newFixture(t)
	const piece = 256 << 10
	for name, raw := range map[string][]byte{
		"empty": {}, "one": {7}, "text": []byte(strings.Repeat("Bees and wasps.\r\n", 200)), "noise": noise(5000),
		"a piece": bytes.Repeat([]byte("x"), piece), "a piece and one": bytes.Repeat([]byte("y"), piece+1),
		"three pieces": append(noise(piece), bytes.Repeat([]byte("z"), 2*piece)...), "odd": noise(3*piece - 5),
	} {
		for _, seal := range []archive.Seal{archive.Open, archive.Sealed} {
			var id archive.RawID
			f.update(func(tx *db.Tx) (err error) {
				id, err = f.s.PutRaw(tx, raw, seal)
				return err
			})
			f.view(func(tx *db.Tx) error {
				got, err := f.s.Raw(tx, id)
				if err != nil || !bytes.Equal(got, raw) {
					t.Errorf("%s, sealed %v: %d octets came back of %d, %v", name, seal, len(got), len(raw), err)
				}
				for _, part := range [][2]int{{0, 1}, {0, 0}, {3, 4}, {piece - 2, 4}, {piece, 10}, {len(raw) - 1, 10}, {len(raw), 5}, {len(raw) + 9, 5}, {-3, 2}, {1, -1}} {
					from := min(max(part[0], 0), len(raw))
					to := len(raw)
					if part[1] >= 0 {
						to = min(len(raw), from+part[1])
					}
					got, err := f.s.RawRange(tx, id, part[0], part[1])
					if err != nil || !bytes.Equal(got, raw[from:to]) {
						t.Errorf("%s, sealed %v, %v: %d octets, %v", name, seal, part, len(got), err)
					}
				}
				return nil
			})
		}
	}
}

// A letter and the posts made of it share the work of packing their body, not the result.
func TestLettersWithOneBody(t *testing.T) {
	f := newFixture(t)
	n := 0
	for _, body := range []string{"", "short", strings.Repeat("Bees and wasps.\r\n", 200), string(noise(3000)), strings.Repeat("b", 70<<10), "\r\n\r\n" + strings.Repeat("c", 600), strings.Repeat("d", 300<<10)} {
		first, err := letter.Parse([]byte("Subject: x\r\n\r\n" + body))
		if err != nil {
			t.Fatal(err)
		}
		for _, head := range []string{"", "Subject: x\r\n", "Subject: y\r\nX-Long: " + strings.Repeat("z", 5000) + "\r\n"} {
			l, err := first.Again([]byte(head + "\r\n" + body))
			if err != nil {
				t.Fatal(err)
			}
			n++
			ready, err := f.s.Arriving(archive.Arrival{Story: fmt.Sprint("s", n)}, l)
			if err != nil {
				t.Fatal(err)
			}
			f.update(func(tx *db.Tx) error {
				id, err := f.s.PutArriving(tx, ready)
				if err != nil {
					return err
				}
				in, err := f.s.Letter(tx, id)
				if err != nil {
					return err
				}
				if got, err := f.s.Raw(tx, in.Raw); err != nil || !bytes.Equal(got, l.Raw()) || in.Size != len(got) || in.Story != ready.Story {
					t.Errorf("%d octets under %.10q: %d came back, %v", len(body), head, len(got), err)
				}
				return nil
			})
		}
	}
}

// Many letters at once, each in several hands.
func TestPackingTogether(t *testing.T) {
	f := newFixture(t)
	var all sync.WaitGroup
	for n := range 20 {
		l, err := letter.Parse([]byte(fmt.Sprintf("Subject: x\r\n\r\n%s", strings.Repeat(fmt.Sprint("Bee ", n, "\r\n"), 100))))
		if err != nil {
			t.Fatal(err)
		}
		for k := range 5 {
			all.Go(func() {
				f.s.Prepare(l)
				ready, err := f.s.Arriving(archive.Arrival{Story: fmt.Sprint(n, " ", k)}, l)
				if err != nil {
					t.Error(err)
					return
				}
				f.update(func(tx *db.Tx) error {
					id, err := f.s.PutArriving(tx, ready)
					if err != nil {
						return err
					}
					in, err := f.s.Letter(tx, id)
					if err != nil {
						return err
					}
					got, err := f.s.Raw(tx, in.Raw)
					if !bytes.Equal(got, l.Raw()) {
						t.Errorf("letter %d came back as %.30q", n, got)
					}
					return err
				})
			})
		}
	}
	all.Wait()
}

func TestRawIsSmallOrSealed(t *testing.T) {
	f := newFixture(t)
	text := []byte(strings.Repeat("A quiet sentence about bees. ", 100))
	stored := func(text []byte, seal archive.Seal) (n int, holds bool) {
		f.update(func(tx *db.Tx) error {
			id, err := f.s.PutRaw(tx, text, seal)
			if err != nil {
				return err
			}
			var b []byte
			err = tx.QueryRow("SELECT bytes FROM raw WHERE id = ?", id).Scan(&b)
			n, holds = len(b), bytes.Contains(b, []byte("quiet"))
			return err
		})
		return n, holds
	}
	if n, _ := stored(text, archive.Open); n > len(text)/5 {
		t.Errorf("%d octets of text take %d", len(text), n)
	}
	short := []byte("quiet") // deflating makes it no smaller
	if n, holds := stored(short, archive.Open); n != len(short) || !holds {
		t.Errorf("%d octets take %d (readable: %v)", len(short), n, holds)
	}
	if n, holds := stored(short, archive.Sealed); n != len(short)+16 || holds {
		t.Errorf("sealed, %d octets take %d (readable: %v)", len(short), n, holds)
	}
}

func TestWrongKeys(t *testing.T) {
	f := newFixture(t)
	var id archive.RawID
	var letterID archive.LetterID
	f.update(func(tx *db.Tx) (err error) {
		if letterID, err = f.s.PutLetter(tx, archive.Arrival{Story: "s1"}, []byte("x")); err != nil {
			return err
		}
		id, err = f.s.PutRaw(tx, []byte("a secret"), archive.Sealed)
		return err
	})
	f.update(func(tx *db.Tx) error {
		other, none := archive.New([]byte("another key")), archive.New(nil)
		_, err := other.Raw(tx, id)
		if got := wantKind(t, err, refusal.Unavailable); got != "This letter was sealed with another key than the one at hand. Please put the old key back into the folder keys beside the database and start again." {
			t.Error(got)
		}
		_, err = other.Letter(tx, letterID)
		wantKind(t, err, refusal.Unavailable)
		for _, err := range []error{
			func() error { _, err := none.Raw(tx, id); return err }(),
			func() error { _, err := none.PutRaw(tx, []byte("x"), archive.Sealed); return err }(),
			func() error { _, err := none.PutLetter(tx, archive.Arrival{Story: "s2"}, nil); return err }(),
			func() error { _, err := none.SearchPrivate(tx, 1, "bees"); return err }(),
		} {
			if got := wantKind(t, err, refusal.Unavailable); got != "The key that seals letters is missing. Please put it back into the folder keys beside the database and start again." {
				t.Error(got)
			}
		}
		open, err := none.PutRaw(tx, []byte("no secret"), archive.Open)
		if err != nil {
			return err
		}
		if got, err := other.Raw(tx, open); err != nil || string(got) != "no secret" {
			t.Errorf("%q, %v", got, err)
		}
		return nil
	})
}

// A changed, missing or exchanged piece is an error, never other bytes.
func TestDamagedBytes(t *testing.T) {
	for _, c := range []struct{ name, sql string }{
		{"a flipped bit", "UPDATE raw_chunk SET bytes = CAST(x'00' || substr(bytes, 2) AS BLOB) WHERE n = 1"},
		{"cut short", "UPDATE raw_chunk SET bytes = substr(bytes, 1, length(bytes) - 9) WHERE n = 1"},
		{"exchanged", "UPDATE raw_chunk SET bytes = (SELECT bytes FROM raw r WHERE r.id = raw_chunk.raw) WHERE n = 1"},
		{"missing", "DELETE FROM raw_chunk WHERE n = 1"},
		{"the last one missing", "DELETE FROM raw_chunk WHERE n = 2"},
		{"a flipped bit in the first", "UPDATE raw SET bytes = CAST(x'00' || substr(bytes, 2) AS BLOB)"},
		{"the first one missing", "UPDATE raw SET bytes = x''"},
		{"the first one exchanged", "UPDATE raw SET bytes = (SELECT bytes FROM raw_chunk WHERE n = 1)"},
	} {
		s := archive.New([]byte("k"))
		d := dbtest.Open(t, archive.Schema())
		dbtest.Update(t, d, func(tx *db.Tx) error {
			id, err := s.PutRaw(tx, noise(600<<10), archive.Sealed)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(c.sql); err != nil {
				return err
			}
			got, err := s.Raw(tx, id)
			if s := wantKind(t, err, refusal.Unavailable); s != "A stored letter is damaged. Please run: backchannel check, and have a backup at hand." || got != nil {
				t.Errorf("%s: %s", c.name, s)
			}
			return nil
		})
	}
}

// holder is a table of another package that points at stored bytes, as the queue does.
func holder() db.Schema {
	return db.Schema{Owner: "holder", Steps: []string{`CREATE TABLE held (raw INTEGER REFERENCES raw (id), letter INTEGER REFERENCES letter (id)) STRICT;
		CREATE INDEX held_raw ON held (raw); CREATE INDEX held_letter ON held (letter)`}}
}

func TestPurge(t *testing.T) {
	now := monday
	s := archive.New([]byte("k"))
	d := dbtest.OpenAt(t, func() time.Time { return now }, archive.Schema(), holder())
	var shared archive.RawID
	dbtest.Update(t, d, func(tx *db.Tx) error {
		for i := range 700 {
			id, err := s.PutLetter(tx, archive.Arrival{Story: fmt.Sprint("old", i)}, []byte("x"))
			if err != nil {
				return err
			}
			if i < 3 { // somebody still needs it
				if _, err := tx.Exec("INSERT INTO held (letter) VALUES (?)", id); err != nil {
					return err
				}
			}
		}
		var err error
		if shared, err = s.PutRaw(tx, []byte("y"), archive.Open); err != nil {
			return err
		}
		_, err = tx.Exec("INSERT INTO held (raw) VALUES (?)", shared)
		return errors.Join(err, s.DropRaw(tx, shared))
	})
	now = now.AddDate(0, 0, 14)
	dbtest.Update(t, d, func(tx *db.Tx) error {
		if _, err := s.PutLetter(tx, archive.Arrival{Story: "new"}, []byte("z")); err != nil {
			return err
		}
		if got, err := s.Raw(tx, shared); err != nil || string(got) != "y" {
			t.Errorf("bytes that somebody points at stay: %q, %v", got, err)
		}
		var total int
		for {
			n, err := s.Purge(tx, now)
			if err != nil {
				return err
			}
			if total += n; n == 0 {
				break
			}
		}
		if total != 697 {
			t.Errorf("%d letters went", total)
		}
		for _, story := range []string{"old0", "old2", "new"} {
			if _, err := s.LetterByStory(tx, story); err != nil {
				t.Errorf("%s: %v", story, err)
			}
		}
		if _, err := tx.Exec("DELETE FROM held"); err != nil {
			return err
		}
		n, err := s.Purge(tx, now)
		if n != 3 {
			t.Errorf("%d more went", n)
		}
		_, gone := s.Raw(tx, shared)
		wantKind(t, gone, refusal.NotFound)
		var left int
		return errors.Join(err, tx.QueryRow("SELECT count(*) FROM raw").Scan(&left), func() error {
			if left != 1 {
				return fmt.Errorf("%d raws are left", left)
			}
			return nil
		}())
	})
}

func TestLetters(t *testing.T) {
	f := newFixture(t)
	a := archive.Arrival{
		Story: "s1", Door: "mx", Remote: netip.MustParseAddr("192.0.2.7"), HELO: "mail.x.example", TLS: true, UTF8: true,
		Login: letter.Address{Local: "dana", Domain: "x.example"}, From: letter.Address{Local: "dana", Domain: "x.example"},
		To:        []letter.Address{{Local: "private+k7qx0123456789abcdefghjkmn", Domain: "l.example"}},
		MessageID: "a@x", Finding: json.RawMessage(`{"SPF":"pass"}`),
	}
	raw := []byte("Subject: a secret\r\n\r\nto private+k7qx0123456789abcdefghjkmn\r\n")
	var id archive.LetterID
	f.update(func(tx *db.Tx) (err error) {
		id, err = f.s.PutLetter(tx, a, raw)
		return err
	})
	f.view(func(tx *db.Tx) error {
		byID, err := f.s.Letter(tx, id)
		byStory, err2 := f.s.LetterByStory(tx, "s1")
		byMessage, err3 := f.s.LettersByMessageID(tx, "a@x")
		if len(byMessage) != 1 {
			t.Fatalf("%d letters", len(byMessage))
		}
		for _, in := range []archive.Incoming{byID, byStory, byMessage[0]} {
			want, _ := json.Marshal(a)
			got, _ := json.Marshal(in.Arrival)
			if in.ID != id || in.Size != len(raw) || !in.Received.Equal(monday) || string(got) != string(want) {
				t.Errorf("%+v", in)
			}
			if b, err := f.s.Raw(tx, in.Raw); err != nil || string(b) != string(raw) {
				t.Errorf("%q, %v", b, err)
			}
		}
		return errors.Join(err, err2, err3)
	})
	err := f.d.Update(t.Context(), func(tx *db.Tx) error {
		_, err := f.s.PutLetter(tx, a, raw)
		return err
	})
	if !db.IsUnique(err) {
		t.Errorf("a story twice: %v", err)
	}
	for _, secret := range []string{"k7qx0123456789abcdefghjkmn", "a secret", "dana"} {
		if fileHolds(t, f.d, secret) {
			t.Errorf("%q can be read in the file", secret)
		}
	}
}

// fileHolds looks for bytes in the database file and its side files.
func fileHolds(t *testing.T, d *db.DB, secret string) bool {
	t.Helper()
	found := false
	for _, side := range []string{"", "-wal"} {
		b, err := os.ReadFile(d.Path() + side)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		found = found || bytes.Contains(b, []byte(secret))
	}
	return found
}

// Whoever keeps bytes in memory by their id must never find other bytes under it.
func TestRawIDsAreNeverUsedAgain(t *testing.T) {
	f := newFixture(t)
	f.update(func(tx *db.Tx) error {
		seen := map[archive.RawID]bool{}
		for range 5 {
			id, err := f.s.PutRaw(tx, noise(100), archive.Sealed)
			if err != nil {
				return err
			}
			if seen[id] {
				t.Errorf("%d is used twice", id)
			}
			seen[id] = true
			if err := f.s.DropRaw(tx, id); err != nil {
				return err
			}
		}
		return nil
	})
}

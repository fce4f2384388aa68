package digest_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/lists"
)

// What readers have in common is read once; but what is removed, comes, or was undone between two of them is seen by the second.
func TestWhatReadersShareIsNeverStale(t *testing.T) {
	w := newTown(t)
	var readers []lists.Member
	for _, a := range []string{dana, "bree@west.example", "kim@east.example", "ola@east.example"} {
		readers = append(readers, w.reader(a, "Reader"))
	}
	w.due()
	w.at("2 Jun 09:00")
	w.say("Bill Tan <bill@south.example>", "Stays", "word-stays.")
	gone := w.say("Bill Tan <bill@south.example>", "Goes", "word-goes.")
	w.at("2 Jun 09:01")
	send := func(m lists.Member) string {
		t.Helper()
		w.update(func(tx *db.Tx) error {
			_, err := w.editor.Send(tx, m)
			return err
		})
		return w.issue(w.deliver(), m.Address.String()).Text()
	}
	if text := send(readers[0]); !strings.Contains(text, "word-goes") {
		t.Errorf("the first reads %s", text)
	}
	w.remove(gone)
	if text := send(readers[1]); strings.Contains(text, "word-goes") || !strings.Contains(text, "word-stays") {
		t.Errorf("after the removal one reads %s", text)
	}
	undone := errors.New("undone")
	err := w.db.Update(context.Background(), func(tx *db.Tx) error {
		raw := "From: Bill Tan <bill@south.example>\r\nSubject: Undone\r\nMessage-ID: <undone@x>\r\n\r\nword-undone.\r\n"
		if _, err := w.store.AddPost(tx, archive.NewPost{Mailbox: w.talk.Box, Letter: parse(t, raw)}); err != nil {
			return err
		}
		if did, err := w.editor.Send(tx, readers[2]); err != nil || !did {
			t.Errorf("sent: %v %v", did, err)
		}
		return undone
	})
	if !errors.Is(err, undone) {
		t.Fatal(err)
	}
	w.say("Bill Tan <bill@south.example>", "Comes", "word-comes.")
	if text := send(readers[3]); strings.Contains(text, "word-undone") || !strings.Contains(text, "word-comes") {
		t.Errorf("after all one reads %s", text)
	}
}

// I13: what readers share changes no byte. Each reader's issue is the same before and after others were written, and in another process
// that has read nothing yet; and no address of one reader stands in the issue of another.
func TestSameBytesForEachReaderInAnyOrder(t *testing.T) {
	w := newTown(t)
	var readers []lists.Member
	for i, a := range []string{dana, "bree@west.example", "kim@east.example"} {
		m := w.reader(a, "Reader")
		readers = append(readers, m)
		w.update(func(tx *db.Tx) error {
			_, err := lists.Follow(tx, m.ID, []string{"roses", "tulips", "roses"}[i])
			return err
		})
	}
	w.due()
	w.at("2 Jun 09:00")
	for i := range 12 {
		p := w.say("Bill Tan <bill@south.example>", fmt.Sprintf("[%s] Thread %d", []string{"roses", "tulips"}[i%2], i), "Does it grow <well> & fast?")
		w.say("Ines Roth <ines@west.example>", "Re: "+p.Subject, "It does, +1 and more.\n\n> Does it grow <well> & fast?\n\nIf you water it.", re(p))
	}
	w.at("5 Jun 06:00")
	issue := func(w *town, m lists.Member) (raw string) {
		t.Helper()
		w.update(func(tx *db.Tx) error {
			mail, err := w.editor.Preview(tx, m, "")
			if err != nil {
				return err
			}
			bytes, err := mail.Draft("issue@gardeners.example", w.now).Bytes()
			raw = string(bytes)
			return err
		})
		return raw
	}
	alone := map[lists.MemberID]string{}
	for _, m := range readers {
		other := *w
		other.join(w.db) // has nothing in memory
		alone[m.ID] = issue(&other, m)
	}
	for _, i := range []int{0, 1, 2, 1, 0, 2} {
		if got := issue(w, readers[i]); got != alone[readers[i].ID] {
			t.Fatalf("reader %d, beside others:\n%s\nalone:\n%s", i, got, alone[readers[i].ID])
		}
	}
	doors := regexp.MustCompile(`(?:everyone|private|send)\+[0-9a-z]+`)
	plain := func(m lists.Member) string {
		return strings.ReplaceAll(strings.ReplaceAll(alone[m.ID], "=\r\n", ""), "&#43;", "+")
	}
	for _, m := range readers {
		mine := doors.FindAllString(plain(m), -1)
		if len(mine) < 60 {
			t.Fatalf("only %d addresses in\n%s", len(mine), plain(m))
		}
		for _, o := range readers {
			if words := plain(o); o.ID != m.ID && slices.ContainsFunc(mine, func(door string) bool { return strings.Contains(words, door) }) {
				t.Errorf("the issue of %s shows an address of %s:\n%s", o.Address, m.Address, words)
			}
		}
	}
}

package digest_test

import (
	"context"
	"errors"
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

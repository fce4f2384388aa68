package digest_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/lists"
)

// P4, I4, small: two schedulers over one file, as two processes would be, one of which is cut off in the middle of its work while posts
// keep coming. Everybody has one issue for each slot, and every post once.
func TestTwoSchedulersAndACrash(t *testing.T) {
	const readers, weeks = 200, 2
	w := newTown(t)
	w.update(func(tx *db.Tx) error {
		for i := range readers {
			n := lists.NewMember{Address: addr(fmt.Sprintf("m%d@north.example", i)), Name: fmt.Sprint("Member ", i), Role: lists.RoleMember, Delivery: lists.Digest, Lists: []lists.List{w.talk}}
			if _, err := lists.AddMember(tx, w.c, n); err != nil {
				return err
			}
		}
		return nil
	})
	w.due()
	posts := 0
	slot := time.Date(2026, 6, 5, 6, 0, 0, 0, time.UTC)
	for week := range weeks {
		w.now = slot.AddDate(0, 0, 7*week-2)
		for range 3 {
			posts++
			w.say("Bill Tan <bill@south.example>", fmt.Sprint("Subject ", posts), fmt.Sprintf("It is post-%d.", posts))
		}
		w.now = slot.AddDate(0, 0, 7*week)
		posts += w.race(t, posts)
	}
	w.now = slot.AddDate(0, 0, 7*weeks)
	w.due()
	if n := w.rows("SELECT count(*) || '' FROM digest_issue WHERE state = 'queued'"); n != fmt.Sprint(readers*(weeks+1)) {
		t.Errorf("%s issues, want %d", n, readers*(weeks+1))
	}
	w.everyPostOnce(t, readers, posts)
}

// race lets two schedulers run for the same slot, the first of which is cut off, and publishes posts meanwhile. It tells how many.
func (w *town) race(t *testing.T, posts int) int {
	t.Helper()
	other, err := db.Open(context.Background(), w.db.Path(), db.Options{Now: func() time.Time { return w.now }}, schemas()...)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	second := &town{t: t, now: w.now, world: w.world}
	second.join(other)

	ctx, cut := context.WithCancel(context.Background())
	pings, stop := other.Subscribe()
	defer stop()
	var all sync.WaitGroup
	all.Go(func() { // the end of the second process, some issues on
		for range 10 {
			select {
			case <-pings:
			case <-ctx.Done():
			}
		}
		cut()
	})
	all.Go(func() {
		defer cut() // the first process may have left it nothing to do, and nothing to wait for
		_, _, _ = second.cal.RunDue(ctx)
	})
	all.Go(func() {
		if _, failed, err := w.cal.RunDue(context.Background()); err != nil || failed > 0 {
			t.Errorf("%d dates failed: %v", failed, err)
		}
	})
	const extra = 5
	for i := range extra {
		raw := fmt.Sprintf("From: Alison Graf <alison@east.example>\r\nSubject: Late %d\r\nMessage-ID: <late%d@x>\r\n\r\nIt is post-%d.\r\n", posts+i, posts+i, posts+i+1)
		w.update(func(tx *db.Tx) error {
			_, err := w.store.AddPost(tx, archive.NewPost{Mailbox: w.talk.Box, Letter: parse(t, raw)})
			return err
		})
	}
	all.Wait()
	return extra
}

// everyPostOnce reads what reached each reader.
func (w *town) everyPostOnce(t *testing.T, readers, posts int) {
	t.Helper()
	w.world.mail = nil
	all := map[string]string{}
	w.view(func(tx *db.Tx) error { // out of their folders: what went out in the meantime is filed as well
		for i := range readers {
			who := fmt.Sprintf("m%d@north.example", i)
			m, _, err := lists.MemberByAddress(tx, w.c.ID, addr(who))
			if err != nil {
				return err
			}
			box, err := w.store.FindPrivate(tx, int64(m.ID), "Digests")
			if err != nil {
				return err
			}
			uids, _, err := w.store.PrivateUIDs(tx, box, int64(m.ID))
			if err != nil {
				return err
			}
			for _, uid := range uids {
				filed, err := w.store.PrivateByUID(tx, box, uid)
				if err != nil {
					return err
				}
				raw, err := w.store.Raw(tx, filed.Raw)
				if err != nil {
					return err
				}
				text := parse(t, string(raw)).Text()
				all[who] += text
			}
		}
		return nil
	})
	for who, text := range all {
		for p := range posts {
			if n := strings.Count(text, fmt.Sprintf(`"It is post-%d."`, p+1)); n != 1 {
				t.Fatalf("%s has post %d %d times in %d issues", who, p+1, n, strings.Count(text, "Just hit Reply"))
			}
		}
	}
	if len(all) != readers {
		t.Errorf("%d readers have a folder", len(all))
	}
}

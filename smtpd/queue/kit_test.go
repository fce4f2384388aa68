package queue

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/archive/letter"
	"backchannel/archive/logbook"
)

func parts() []db.Schema {
	return []db.Schema{archive.Schema(), logbook.Schema(), Schema()}
}

// yard is a database with a queue, and the outside world as a function.
type yard struct {
	t    testing.TB
	db   *db.DB
	lock string
	o    Options // what Runner makes runners of

	mu    sync.Mutex
	sent  []CopyID
	bytes map[CopyID]string
	ends  []string
}

func newYard(t testing.TB) *yard { return newYardAt(t, time.Now) }

func newYardAt(t testing.TB, now func() time.Time) *yard {
	y := &yard{t: t, db: dbtest.OpenAt(t, now, parts()...), lock: filepath.Join(t.TempDir(), "queue.lock"), bytes: map[CopyID]string{}}
	y.o = Options{DB: y.db, Lock: y.lock, Raw: noRaw, Courier: courier(y.take)}
	return y
}

func noRaw(*db.Tx, archive.RawID) ([]byte, error) {
	return nil, fmt.Errorf("there are no stored bytes")
}

// runner makes a runner with the stamps of these tests.
func (y *yard) runner() *Runner {
	r := New(y.o)
	r.Register("plain", stamper(plain))
	r.Register("gone", stamper(func(*db.Tx, Copy, func() ([]byte, error)) (Message, error) {
		return Message{}, ErrDrop("the member has left")
	}))
	r.Register("broken", stamper(func(*db.Tx, Copy, func() ([]byte, error)) (Message, error) { panic("a bug") }))
	r.Register("unwell", stamper(func(*db.Tx, Copy, func() ([]byte, error)) (Message, error) {
		return Message{}, fmt.Errorf("no key today")
	}))
	return r
}

// take is a courier that takes everything and remembers it.
func (y *yard) take(_ context.Context, m Message) Outcome {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.sent = append(y.sent, m.Copy)
	y.bytes[m.Copy] = string(m.Head) + string(m.Body)
	return Outcome{Kind: Delivered, Stage: StageEnd, Code: 250, Enhanced: "2.0.0", Text: "taken", Host: "mx.test"}
}

// arrived counts what take has got, by copy.
func (y *yard) arrived() map[CopyID]int {
	y.mu.Lock()
	defer y.mu.Unlock()
	n := map[CopyID]int{}
	for _, id := range y.sent {
		n[id]++
	}
	return n
}

// End is an Ender that remembers.
func (y *yard) End(_ *db.Tx, c Copy, o Outcome) error {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.ends = append(y.ends, fmt.Sprintf("%d %d %s", c.ID, o.Kind, o))
	return nil
}

type courier func(context.Context, Message) Outcome

func (f courier) Deliver(ctx context.Context, m Message) Outcome { return f(ctx, m) }

type stamper func(*db.Tx, Copy, func() ([]byte, error)) (Message, error)

func (f stamper) Stamp(tx *db.Tx, c Copy, raw func() ([]byte, error)) (Message, error) {
	return f(tx, c, raw)
}

func plain(_ *db.Tx, c Copy, _ func() ([]byte, error)) (Message, error) {
	return Message{From: letter.Address{Local: "bounce", Domain: "list.test"}, Head: []byte("To: " + c.To.String() + "\r\n\r\n"), Body: []byte("hello\r\n")}, nil
}

func member(n int) letter.Address {
	return letter.Address{Local: fmt.Sprintf("m%d", n), Domain: "south.test"}
}

// owe owes n copies with a stamp, and gives their ids.
func (y *yard) owe(stamp string, n int) (ids []CopyID) {
	y.t.Helper()
	dbtest.Update(y.t, y.db, func(tx *db.Tx) error {
		for i := range n {
			id, err := Owe(tx, Owed{Source: "post:" + stamp, Story: "story-" + stamp, To: member(i), Stamp: stamp, MessageID: "1@list.test"})
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return nil
	})
	return ids
}

func (y *yard) drain() Tally {
	y.t.Helper()
	tally, err := y.runner().Drain(context.Background())
	if err != nil {
		y.t.Fatal(err)
	}
	y.balanced()
	return tally
}

// list is the queue as one line per copy: state, attempts, minutes until it is due.
func (y *yard) list() string {
	y.t.Helper()
	var b strings.Builder
	dbtest.View(y.t, y.db, func(tx *db.Tx) error {
		all, err := List(tx, Filter{})
		for _, l := range all {
			due := "at once"
			if l.Due != nil {
				due = "later"
			}
			fmt.Fprintf(&b, "%s %d %s\n", l.State, l.Attempts, due)
		}
		return err
	})
	return strings.TrimSuffix(b.String(), "\n")
}

// balanced checks that every copy ever owed is owed or ended.
func (y *yard) balanced() {
	y.t.Helper()
	dbtest.View(y.t, y.db, func(tx *db.Tx) error {
		faults, err := Check(tx)
		for _, f := range faults {
			y.t.Error(f)
		}
		return err
	})
}

// story is what the logbook says about a copy.
func (y *yard) story(id CopyID) string {
	y.t.Helper()
	var b strings.Builder
	dbtest.View(y.t, y.db, func(tx *db.Tx) error {
		all, err := logbook.Find(tx, fmt.Sprint(id))
		for _, e := range all {
			if e.Copy == int64(id) {
				fmt.Fprintf(&b, "%s: %s\n", e.Verb, e.Detail)
			}
		}
		return err
	})
	return strings.TrimSuffix(b.String(), "\n")
}

func is(t testing.TB, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n%s\nwant:\n%s", what, got, want)
	}
}

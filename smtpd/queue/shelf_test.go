package queue

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"backchannel/archive"
	"backchannel/archive/db"
)

// Ten workers on one post share one body, and many different big letters do not fill the memory (P7).
func TestMemoryIsBounded(t *testing.T) {
	y := newYard(t)
	y.o.Memory = 1 << 20
	var flying, most atomic.Int64
	y.o.Courier = courier(func(ctx context.Context, m Message) Outcome { return y.take(ctx, Message{Copy: m.Copy}) })
	ids := y.owe("big", 40)
	r := y.runner()
	r.Register("big", stamper(func(tx *db.Tx, c Copy, _ func() ([]byte, error)) (Message, error) {
		if n := flying.Add(1); n > most.Load() {
			most.Store(n)
		}
		return Message{Head: []byte("\r\n"), Body: make([]byte, 400<<10)}, nil
	}))
	r.o.Courier = courier(func(ctx context.Context, m Message) Outcome {
		flying.Add(-1)
		return y.take(ctx, Message{Copy: m.Copy})
	})
	if tally, err := r.Drain(context.Background()); err != nil || tally.Delivered != len(ids) {
		t.Fatal(tally, err)
	}
	if most.Load() > 3 {
		t.Errorf("%d messages of 400 KiB were ready at once with room for 1 MiB", most.Load())
	}
}

func TestSharedBytesAreReadOnce(t *testing.T) {
	y := newYard(t)
	store := archive.New(nil)
	var raw archive.RawID
	err := y.db.Update(context.Background(), func(tx *db.Tx) (err error) {
		if raw, err = store.PutRaw(tx, []byte("Subject: x\r\n\r\nhello\r\n"), archive.Open); err != nil {
			return err
		}
		for i := range 300 {
			if _, err := Owe(tx, Owed{Source: "post:1", To: member(i), Stamp: "shared", Raw: raw}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Skip(err)
	}
	reads := 0
	y.o.Raw = func(tx *db.Tx, id archive.RawID) ([]byte, error) { reads++; return store.Raw(tx, id) }
	r := y.runner()
	r.Register("shared", stamper(func(_ *db.Tx, c Copy, raw func() ([]byte, error)) (Message, error) {
		b, err := raw()
		if err != nil {
			return Message{}, err
		}
		return Message{Head: []byte("To: x\r\n\r\n"), Body: b[14:]}, nil
	}))
	if tally, err := r.Drain(context.Background()); err != nil || tally.Delivered != 300 {
		t.Fatal(tally, err)
	}
	if reads != 1 {
		t.Errorf("the bytes of one post were read %d times", reads)
	}
	is(t, "message", y.bytes[300], "To: x\r\n\r\nhello\r\n")
}

func TestShelf(t *testing.T) {
	s := newShelf(100)
	reads := 0
	get := func(id archive.RawID, size int) {
		t.Helper()
		raw, err := s.get(id, func() ([]byte, error) { reads++; return make([]byte, size), nil })
		if err != nil || len(raw) != size {
			t.Fatal(len(raw), err)
		}
	}
	for _, c := range []struct {
		id          archive.RawID
		size, reads int
	}{{1, 40, 1}, {2, 40, 2}, {1, 40, 2}, {3, 40, 3}, {1, 40, 3}, {2, 40, 4}, {9, 500, 5}, {9, 500, 5}, {1, 40, 6}, {9, 500, 7}} {
		if get(c.id, c.size); reads != c.reads {
			t.Errorf("after %d: %d reads, want %d", c.id, reads, c.reads)
		}
	}
	if _, err := s.get(77, func() ([]byte, error) { return nil, errors.New("gone") }); err == nil {
		t.Error("an error is kept as bytes")
	}
	if s.used != 500 || len(s.byID) != 1 {
		t.Errorf("%d octets of %d", s.used, len(s.byID))
	}
}

func TestLoad(t *testing.T) {
	l := newLoad()
	body := make([]byte, 1000)
	a, b, c := Message{Head: make([]byte, 10), Body: body[5:]}, Message{Head: make([]byte, 20), Body: body[5:]}, Message{Head: make([]byte, 1)}
	for _, m := range []Message{a, b, c} {
		l.add(m)
	}
	if l.octets() != 10+20+1+995 {
		t.Error(l.octets())
	}
	l.drop(a)
	if l.octets() != 20+1+995 {
		t.Error(l.octets())
	}
	l.drop(b)
	l.drop(c)
	if l.octets() != 0 || len(l.bodies) != 0 {
		t.Error(l.octets(), l.bodies)
	}
}

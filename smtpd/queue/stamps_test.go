package queue

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"backchannel/archive/db"
)

// A copy that has waited for its turn is stamped anew: who has left meanwhile gets nothing (P14).
func TestStampsDoNotAge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		y.o.Workers = 1
		y.o.Courier = courier(func(ctx context.Context, m Message) Outcome {
			time.Sleep(20 * time.Second)
			return y.take(ctx, m)
		})
		began := time.Now()
		y.owe("leaving", 20)
		r := y.runner()
		r.Register("leaving", stamper(func(tx *db.Tx, c Copy, raw func() ([]byte, error)) (Message, error) {
			if time.Since(began) > 65*time.Second {
				return Message{}, ErrDrop("the member has left")
			}
			return plain(tx, c, raw)
		}))
		if _, err := r.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		if n := len(y.arrived()); n < 3 || n > 6 {
			t.Errorf("%d copies went out within and after 65 seconds at 20 seconds each", n)
		}
		is(t, "queue", y.list(), "")
	})
}

type signer func(context.Context, Message) (Message, error)

func (f signer) Sign(ctx context.Context, m Message) (Message, error) { return f(ctx, m) }

func TestSigner(t *testing.T) {
	y := newYard(t)
	y.o.Signer = signer(func(_ context.Context, m Message) (Message, error) {
		if m.Copy == 2 {
			return m, errors.New("no key")
		}
		m.Head = append([]byte("DKIM-Signature: x\r\n"), m.Head...)
		return m, nil
	})
	y.owe("plain", 2)
	y.drain()
	is(t, "message", y.bytes[1], "DKIM-Signature: x\r\nTo: m0@south.test\r\n\r\nhello\r\n")
	is(t, "story", y.story(2), "deferred: the copy could not be signed: no key")
}

func TestStampsAreRegisteredOnce(t *testing.T) {
	r := newYard(t).runner()
	for _, name := range []string{"plain", ""} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q was registered", name)
				}
			}()
			r.Register(name, stamper(plain))
		}()
	}
}

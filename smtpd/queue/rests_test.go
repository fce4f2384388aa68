package queue

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
)

// A route that asks us to slow down rests; attempts are not used up meanwhile (M13).
func TestRouteRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		began := time.Now()
		var dials atomic.Int32
		y.o.Workers = 1
		y.o.Courier = courier(func(ctx context.Context, m Message) Outcome {
			dials.Add(1)
			if time.Since(began) < 40*time.Minute {
				return Outcome{Stage: StageMail, Code: 451, Enhanced: "4.7.0", Text: "slow down", Host: "mx.test", Busy: true}
			}
			return y.take(ctx, m)
		})
		y.owe("plain", 300)
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- y.runner().Run(ctx) }()
		time.Sleep(30 * time.Minute)
		if n := dials.Load(); n > 3 {
			t.Errorf("%d dials in half an hour of wanting to be left alone", n)
		}
		time.Sleep(2 * time.Hour)
		stop()
		<-done
		if n := len(y.arrived()); n != 300 {
			t.Errorf("%d of 300 arrived", n)
		}
	})
}

// M13: a smarthost's wish for a rest, and how long the last one was, outlives the process. A wrong password is no wish: who has mended it and
// starts the server again need not wait. Runners with lanes, and of another way, have nothing to do with it.
func TestTheRestOfAWayOutlivesTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		began := time.Now()
		var dials []time.Duration
		busy := Outcome{Stage: StageHello, Code: 421, Enhanced: "4.7.0", Text: "m0@north.test: too much", Host: "mx.test:587", Busy: true}
		y.o.Workers, y.o.Way = 1, "mx.test:587"
		y.o.Courier = courier(func(ctx context.Context, m Message) Outcome {
			dials = append(dials, time.Since(began).Round(time.Minute))
			if time.Since(began) < 40*time.Minute {
				return busy
			}
			return y.take(ctx, m)
		})
		pauses := func() (all []Pause) {
			dbtest.View(t, y.db, func(tx *db.Tx) (err error) { all, err = Pauses(tx); return err })
			return all
		}
		y.owe("plain", 30)
		y.run(func() { time.Sleep(5 * time.Minute) })
		if p := pauses(); len(p) != 1 || p[0].Operator != "mx.test:587" || p[0].Why != "mx.test:587 said 421 4.7.0" || p[0].Copy == 0 ||
			p[0].Until.Sub(began).Round(time.Second) != 15*time.Minute {
			t.Errorf("%+v", p)
		}
		y.run(func() { time.Sleep(2 * time.Minute) }) // another process, and a third one
		y.run(func() { time.Sleep(2 * time.Hour) })
		if want := []time.Duration{0, 15 * time.Minute, 45 * time.Minute}; len(dials) < 3 || !slices.Equal(dials[:3], want) {
			t.Errorf("dials at %v, want %v", dials, want)
		}
		if n, p := len(y.arrived()), pauses(); n != 30 || len(p) != 0 {
			t.Errorf("%d of 30 arrived, and %+v", n, p)
		}

		y.o.Courier = courier(func(context.Context, Message) Outcome { return busy })
		y.oweTo("post:2", "north.test", 3)
		y.run(func() { time.Sleep(time.Minute) })
		y.o.Courier = courier(y.take)
		way := y.o.Way
		y.o.Way = "other.test:587"
		y.run(func() { time.Sleep(time.Hour) })
		if n := len(y.arrived()); n != 33 {
			t.Errorf("%d arrived: another way rests with the first", n)
		}
		y.o.Way = way
		y.o.Courier = courier(func(context.Context, Message) Outcome {
			return Outcome{Stage: StageLogin, Code: 535, Enhanced: "5.7.8", Text: "wrong password", Host: "mx.test:587", Busy: true}
		})
		dbtest.Update(t, y.db, func(tx *db.Tx) error { _, err := RetryAll(tx); return err })
		y.oweTo("post:3", "north.test", 3)
		y.run(func() { time.Sleep(time.Minute) })
		y.o.Courier = courier(y.take)
		y.run(func() { time.Sleep(time.Hour) })
		if n := len(y.arrived()); n != 36 {
			t.Errorf("%d arrived: a password that was mended still costs a rest", n)
		}
	})
}

// An operator who has mended what was wrong need not wait for the end of a rest, nor restart the server.
func TestRetryEndsARest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		var mended atomic.Bool
		y.o.Workers = 1
		y.o.Courier = courier(func(ctx context.Context, m Message) Outcome {
			if !mended.Load() {
				return Outcome{Stage: StageLogin, Code: 535, Enhanced: "5.7.8", Text: "wrong password", Host: "mx.test", Busy: true}
			}
			return y.take(ctx, m)
		})
		y.owe("plain", 30)
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- y.runner().Run(ctx) }()
		time.Sleep(time.Minute)
		mended.Store(true)
		time.Sleep(time.Minute)
		if n := len(y.arrived()); n != 0 {
			t.Errorf("%d arrived while the way out rests", n)
		}
		dbtest.Update(t, y.db, func(tx *db.Tx) error { _, err := RetryAll(tx); return err })
		time.Sleep(time.Minute)
		stop()
		<-done
		if n := len(y.arrived()); n != 30 {
			t.Errorf("%d of 30 arrived after the retry", n)
		}
	})
}

// P15: what a host says may hold addresses, and the log holds none. What we say ourselves helps the operator.
func TestRestsInTheLog(t *testing.T) {
	for _, c := range []struct {
		o    Outcome
		want string
	}{
		{Outcome{Stage: StageMail, Code: 451, Enhanced: "4.7.1", Text: "<m0@south.test> is greylisted", Host: "mx.test:25", Busy: true}, `host=mx.test:25 at=mail because="the reply 451 4.7.1" copy=1`},
		{Outcome{Stage: StageLogin, Text: "the host offers no TLS", Host: "mx.test:25", Busy: true}, `host=mx.test:25 at=login because="the host offers no TLS" copy=1`},
	} {
		y := newYard(t)
		var log strings.Builder
		y.o.Log = slog.New(slog.NewTextHandler(&log, nil))
		y.o.Courier = courier(func(context.Context, Message) Outcome { return c.o })
		y.owe("plain", 1)
		y.drain()
		if got := log.String(); !strings.Contains(got, c.want) || strings.Contains(got, "m0@") {
			t.Errorf("the log says %s", got)
		}
	}
}

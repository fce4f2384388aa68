package queue

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"backchannel/archive/db"
)

// second opens the same file once more, as another process with a clock of its own would.
func (y *yard) second(ahead time.Duration) *yard {
	y.t.Helper()
	d, err := db.Open(context.Background(), y.db.Path(), db.Options{Now: func() time.Time { return time.Now().Add(ahead) }}, parts()...)
	if err != nil {
		y.t.Fatal(err)
	}
	y.t.Cleanup(func() { d.Close() })
	other := &yard{t: y.t, db: d, lock: y.lock, bytes: map[CopyID]string{}, o: y.o}
	other.o.DB, other.o.Courier = d, courier(other.take)
	return other
}

// `backchannel --at TOMORROW due` beside a running server: the server tries what is due by the clock of the verb, once.
func TestDrainAsksTheOneWithTheLock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		verdict := Outcome{Text: "later", Host: "mx.test"}
		var tried atomic.Int32
		y.o.Courier = courier(func(context.Context, Message) Outcome { tried.Add(1); return verdict })
		y.o.Workers = 1
		y.owe("plain", 3)
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- y.runner().Run(ctx) }()
		synctest.Wait()
		if n := tried.Load(); n != 3 {
			t.Fatal(n)
		}
		verb := y.second(24 * time.Hour)
		began := time.Now()
		// The server would notice a foreign commit within half a second; here it has no watch, so something wakes it.
		go func() { time.Sleep(400 * time.Millisecond); y.owe("plain", 4) }()
		tally, err := verb.runner().Drain(context.Background())
		if err != nil || tally != (Tally{Elsewhere: 3}) {
			t.Errorf("%+v %v", tally, err)
		}
		if d := time.Since(began); d > 2*time.Second {
			t.Errorf("it took %v", d)
		}
		if n := tried.Load(); n != 7 {
			t.Errorf("%d attempts, want 3, 3 more and one of the new copy", n)
		}
		if len(verb.sent) != 0 {
			t.Errorf("the verb sent %v itself", verb.sent)
		}
		stop()
		<-done
	})
}

// When the process with the lock dies meanwhile, the verb does the work.
func TestDrainTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		y.owe("plain", 3)
		lock, ok, err := db.TryLock(y.lock)
		if !ok || err != nil {
			t.Fatal(ok, err)
		}
		go func() { time.Sleep(3 * time.Second); lock.Unlock() }()
		if tally := y.drain(); tally != (Tally{Delivered: 3}) {
			t.Errorf("%+v", tally)
		}
	})
}

// A process that holds the lock and does nothing is not waited for without end.
func TestDrainGivesUpOnOneThatStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		y.owe("plain", 3)
		lock, _, err := db.TryLock(y.lock)
		if err != nil {
			t.Fatal(err)
		}
		defer lock.Unlock()
		began := time.Now()
		if tally := y.drain(); tally != (Tally{Elsewhere: 3, Left: true}) {
			t.Errorf("%+v", tally)
		}
		if d := time.Since(began); d < 10*time.Second || d > 20*time.Second {
			t.Errorf("after %v", d)
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if _, err := y.runner().Drain(ctx); err != context.DeadlineExceeded {
			t.Errorf("with a second to wait: %v", err)
		}
	})
}

func TestDrainWithNothingToDo(t *testing.T) {
	y := newYard(t)
	if tally := y.drain(); tally != (Tally{}) {
		t.Errorf("%+v", tally)
	}
}

func TestDrainStopsAtARest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		y.o.Courier = courier(func(context.Context, Message) Outcome {
			return Outcome{Stage: StageHello, Code: 421, Enhanced: "4.7.0", Text: "slow down", Busy: true}
		})
		y.owe("plain", 50)
		began := time.Now()
		if tally := y.drain(); !tally.Left || tally.Deferred == 0 || tally.Deferred > 10 {
			t.Errorf("%+v", tally)
		}
		if d := time.Since(began); d > 0 {
			t.Errorf("it waited %v", d)
		}
	})
}

// Rehearsal on a database nobody serves: each day of the calendar comes when the clock is set to it.
func TestDrainByItsOwnClock(t *testing.T) {
	y := newYard(t)
	y.o.Courier = courier(func(context.Context, Message) Outcome { return Outcome{Text: "later"} })
	y.owe("plain", 2)
	y.drain()
	soon := y.second(time.Minute)
	if tally := soon.drain(); tally != (Tally{}) {
		t.Errorf("after a minute: %+v", tally)
	}
	hour := y.second(time.Hour)
	if tally := hour.drain(); tally != (Tally{Delivered: 2}) {
		t.Errorf("after an hour: %+v", tally)
	}
}

// A clock that was set back, or dates of a rehearsal in the far future, must not make copies wait for years (P9).
func TestDatesOfAnotherClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		y.owe("plain", 250)
		future := y.second(7 * 24 * time.Hour)
		future.o.Courier = courier(func(context.Context, Message) Outcome { return Outcome{Text: "later"} })
		future.drain()
		if tally := y.drain(); tally != (Tally{}) {
			t.Errorf("at once, as if nothing had been tried: %+v", tally)
		}
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- y.runner().Run(ctx) }()
		time.Sleep(7 * time.Minute)
		stop()
		<-done
		if n := len(y.arrived()); n != 250 {
			t.Errorf("%d of 250 arrived within seven minutes", n)
		}
	})
}

// A clock that jumps ahead brings each copy one attempt forward, and that is all.
func TestClockJumpsAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ahead atomic.Int64
		y := newYardAt(t, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
		y.o.Workers = 1
		var tried atomic.Int32
		y.o.Courier = courier(func(context.Context, Message) Outcome { tried.Add(1); return Outcome{Text: "later"} })
		y.owe("plain", 10)
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- y.runner().Run(ctx) }()
		synctest.Wait()
		ahead.Store(int64(365 * 24 * time.Hour))
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		if n := tried.Load(); n != 20 {
			t.Errorf("%d attempts, want 10 and 10", n)
		}
		stop()
		<-done
	})
}

package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/archive/letter"
)

func TestDelivered(t *testing.T) {
	y := newYard(t)
	y.o.Ender = y
	id := y.owe("plain", 1)[0]
	if tally := y.drain(); tally != (Tally{Delivered: 1}) {
		t.Errorf("%+v", tally)
	}
	is(t, "message", y.bytes[id], "To: m0@south.test\r\n\r\nhello\r\n")
	is(t, "queue", y.list(), "")
	is(t, "story", y.story(id), "delivered: mx.test said 250 2.0.0 taken")
	is(t, "ends", strings.Join(y.ends, "\n"), "") // nobody has to hear of what arrived
}

func TestEveryOutcome(t *testing.T) {
	for _, c := range []struct {
		name  string
		stamp string
		o     Outcome
		queue string
		story string
		ends  string
	}{
		{
			"deferred", "plain", Outcome{Stage: StageRcpt, Code: 451, Enhanced: "4.7.1", Text: "greylisted", Host: "mx.test"},
			"waiting 1 later", "deferred: mx.test said 451 4.7.1 greylisted", "",
		}, {
			"failed", "plain", Outcome{Kind: Failed, Stage: StageRcpt, Code: 550, Enhanced: "5.1.1", Text: "no such user", Host: "mx.test"},
			"", "bounced: mx.test said 550 5.1.1 no such user", "1 2 mx.test said 550 5.1.1 no such user",
		}, {
			"no longer owed", "gone", Outcome{},
			"", "dropped: the member has left", "1 3 the member has left",
		}, {
			"a stamper without luck", "unwell", Outcome{},
			"waiting 1 later", "deferred: the copy could not be made ready: no key today", "",
		}, {
			"an unknown stamp", "nobody", Outcome{},
			"waiting 1 later", `deferred: the copy could not be made ready: nobody here knows the stamp "nobody"`, "",
		}, {
			"maybe arrived", "plain", Outcome{Stage: StageEnd, Text: "the connection was lost", Host: "mx.test", Ambiguous: true},
			"waiting 1 later", "deferred: mx.test: the connection was lost (it may have arrived)", "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			y := newYard(t)
			y.o.Ender = y
			y.o.Courier = courier(func(context.Context, Message) Outcome { return c.o })
			id := y.owe(c.stamp, 1)[0]
			y.drain()
			is(t, "queue", y.list(), c.queue)
			is(t, "story", y.story(id), c.story)
			is(t, "ends", strings.Join(y.ends, "\n"), c.ends)
		})
	}
}

// The attempt is counted and the next one dated before anybody is dialled (ST5).
func TestAttemptIsWrittenDownFirst(t *testing.T) {
	y := newYard(t)
	y.o.Courier = courier(func(ctx context.Context, m Message) Outcome {
		is(t, "queue during the attempt", y.list(), "sending 1 later")
		return Outcome{Text: "later"}
	})
	y.owe("plain", 1)
	y.drain()
	is(t, "queue", y.list(), "waiting 1 later")
}

// A letter on which the program fails is set aside at the second time, and holds up nobody (P8).
func TestPanicsSetAside(t *testing.T) {
	for name, broken := range map[string]func(y *yard) string{
		"while stamping": func(y *yard) string { return "broken" },
		"while delivering": func(y *yard) string {
			y.o.Courier = courier(func(ctx context.Context, m Message) Outcome {
				if m.Copy == 1 {
					panic("a bug")
				}
				return y.take(ctx, m)
			})
			return "plain"
		},
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
			y := newYardAt(t, func() time.Time { return now })
			y.o.Ender = y
			bad := y.owe(broken(y), 1)[0]
			dbtest.Update(t, y.db, func(tx *db.Tx) error {
				for i := range 250 {
					if _, err := Owe(tx, Owed{Source: "post:good", To: member(i), Stamp: "plain"}); err != nil {
						return err
					}
				}
				return nil
			})
			y.drain()
			if n := len(y.arrived()); n != 250 {
				t.Errorf("%d of 250 others arrived", n)
			}
			is(t, "after one panic", y.list(), "waiting 1 later")
			now = now.Add(time.Hour)
			y.drain()
			is(t, "after two", y.list(), "aside 2 at once")
			now = now.Add(10 * 24 * time.Hour)
			y.drain()
			is(t, "much later", y.list(), "aside 2 at once")
			is(t, "story", y.story(bad), "deferred: the program failed on this copy: panic with a value of type string\n"+
				"held: set aside: the program failed on this copy: panic with a value of type string")
			if last := y.ends[len(y.ends)-1]; last != "1 4 the program failed on this copy: panic with a value of type string" {
				t.Errorf("nobody was told: %s", last)
			}
		})
	}
}

// What the scoring cannot do undoes no outcome.
type brokenEnder struct{ y *yard }

func (e brokenEnder) End(tx *db.Tx, c Copy, o Outcome) error {
	if _, err := Owe(tx, Owed{Source: "from the ender", To: c.To, Stamp: "plain"}); err != nil {
		return err
	}
	if c.ID%2 == 0 {
		panic("a bug in the scoring")
	}
	return errors.New("no score today")
}

func TestEnderFails(t *testing.T) {
	y := newYard(t)
	y.o.Ender = brokenEnder{y}
	y.o.Courier = courier(func(ctx context.Context, m Message) Outcome {
		o := y.take(ctx, m)
		o.Kind = Failed
		return o
	})
	ids := y.owe("plain", 20)
	y.drain()
	is(t, "queue", y.list(), "")
	if n := len(y.arrived()); n != 20 {
		t.Errorf("%d of 20 were tried", n)
	}
	for _, id := range ids {
		is(t, "story", y.story(id), "bounced: mx.test said 250 2.0.0 taken")
	}
}

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

// Run wakes when something is owed, and ends when told to.
func TestRunWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- y.runner().Run(ctx) }()
		synctest.Wait()
		began := time.Now()
		ids := y.owe("plain", 1)
		synctest.Wait()
		if y.arrived()[ids[0]] != 1 || time.Since(began) != 0 {
			t.Errorf("%v after %v", y.arrived(), time.Since(began))
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// Five days of retries, then the end.
func TestFiveDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		y.o.Ender = y
		var at []time.Duration
		began := time.Now()
		y.o.Courier = courier(func(context.Context, Message) Outcome {
			at = append(at, time.Since(began))
			return Outcome{Stage: StageRcpt, Code: 452, Enhanced: "4.2.2", Text: "mailbox full", Host: "mx.test"}
		})
		id := y.owe("plain", 1)[0]
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- y.runner().Run(ctx) }()
		time.Sleep(6 * 24 * time.Hour)
		stop()
		<-done
		if len(at) != 35 || at[34] < 4*24*time.Hour {
			t.Errorf("%d attempts, at %v", len(at), at)
		}
		for i := 1; i < len(at); i++ {
			wait, plan := at[i]-at[i-1], retryPlan(i)
			if wait < plan-plan/5 || wait > plan+plan/5+time.Second {
				t.Errorf("attempt %d came %v after the one before, planned was %v", i+1, wait, plan)
			}
		}
		is(t, "queue", y.list(), "")
		is(t, "ends", strings.Join(y.ends, "\n"), "1 2 mx.test said 452 4.2.2 mailbox full")
		if s := y.story(id); !strings.HasSuffix(s, "bounced: given up after 35 attempts in five days; the last: mx.test said 452 4.2.2 mailbox full") {
			t.Error(s)
		}
	})
}

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

// When told to end, an attempt under way gets its grace; what was not begun goes back with no attempt counted (P10).
func TestRunEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		y.o.Workers = 2
		y.o.Courier = courier(func(ctx context.Context, m Message) Outcome {
			if m.Copy == 1 {
				time.Sleep(2 * time.Second)
				return y.take(ctx, m)
			}
			<-ctx.Done()
			return Outcome{Text: "broken off"}
		})
		y.owe("plain", 10)
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- y.runner().Run(ctx) }()
		synctest.Wait()
		stop()
		began := time.Now()
		if err := <-done; err != nil || time.Since(began) > 6*time.Second {
			t.Errorf("ended after %v: %v", time.Since(began), err)
		}
		is(t, "queue", y.list(), "waiting 1 at once\n"+strings.TrimSuffix(strings.Repeat("waiting 0 at once\n", 8), "\n"))
		is(t, "story", y.story(2), "deferred: the server was stopped: broken off")
		if y.arrived()[1] != 1 {
			t.Error("the attempt under way was not waited for")
		}
	})
}

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

func TestOptionsAreRequired(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a runner without a database")
		}
	}()
	New(Options{})
}

// Thousands of copies share their commits.
func TestManyCopies(t *testing.T) {
	y := newYard(t)
	pings, cancel := y.db.Subscribe()
	defer cancel()
	commits := 0
	stop := make(chan struct{})
	counted := make(chan struct{})
	go func() {
		defer close(counted)
		for {
			select {
			case <-pings:
				commits++
			case <-stop:
				return
			}
		}
	}()
	y.owe("plain", 3000)
	if tally := y.drain(); tally.Delivered != 3000 {
		t.Errorf("%+v", tally)
	}
	close(stop)
	<-counted
	for id, n := range y.arrived() {
		if n != 1 {
			t.Fatalf("copy %d arrived %d times", id, n)
		}
	}
	if commits > 2500 {
		t.Errorf("%d commits for 3000 copies", commits)
	}
	t.Log(fmt.Sprint(commits, " commits"))
}

func TestPrivateReachesTheCourier(t *testing.T) {
	y := newYard(t)
	var got Message
	y.o.Courier = courier(func(ctx context.Context, m Message) Outcome { got = m; return y.take(ctx, m) })
	y.owe("secret", 1)
	r := y.runner()
	r.Register("secret", stamper(func(tx *db.Tx, c Copy, raw func() ([]byte, error)) (Message, error) {
		m, err := plain(tx, c, raw)
		m.Private, m.To = true, letter.Address{Local: "other", Domain: "south.test"}
		return m, err
	}))
	if _, err := r.Drain(context.Background()); err != nil {
		t.Fatal(err)
	}
	if !got.Private || got.To.Local != "other" || got.Copy != 1 {
		t.Errorf("%+v", got)
	}
}

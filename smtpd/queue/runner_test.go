package queue

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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

package queue

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/archive/letter"
)

// oweTo owes one copy of a source to each of n people at a domain.
func (y *yard) oweTo(source, domain string, n int) {
	y.t.Helper()
	dbtest.Update(y.t, y.db, func(tx *db.Tx) error {
		for i := range n {
			to := letter.Address{Local: fmt.Sprint("m", i), Domain: domain}
			if _, err := Owe(tx, Owed{Source: source, Story: "s", To: to, Stamp: "plain", MessageID: "1@list.test"}); err != nil {
				return err
			}
		}
		return nil
	})
}

// byDomain is a courier's answers by the domain of the receiver, with what is on its way counted.
type byDomain struct {
	answer func(ctx context.Context, m Message) Outcome

	mu   sync.Mutex
	now  map[string]int
	most map[string]int
	all  int
	peak int
}

func (b *byDomain) Deliver(ctx context.Context, m Message) Outcome {
	b.count(m.To.Domain, 1)
	defer b.count(m.To.Domain, -1)
	return b.answer(ctx, m)
}

func (b *byDomain) count(domain string, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now == nil {
		b.now, b.most = map[string]int{}, map[string]int{}
	}
	b.now[domain] += n
	b.all += n
	b.most[domain], b.peak = max(b.most[domain], b.now[domain]), max(b.peak, b.all)
}

// self is an Operator by which every domain is its own.
func self(context.Context, string) string { return "" }

// run lets a runner run while f looks on.
func (y *yard) run(f func()) {
	y.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- y.runner().Run(ctx) }()
	f()
	stop()
	if err := <-done; err != nil {
		y.t.Error(err)
	}
	y.balanced()
}

// M13: 2 deliveries at a time, one more for every 50 that went well, 5 at most; the first one alone.
func TestOperatorGetsMoreAndMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		c := &byDomain{}
		var grew []string
		c.answer = func(ctx context.Context, m Message) Outcome {
			time.Sleep(100 * time.Millisecond)
			c.mu.Lock()
			if s := fmt.Sprint(c.most["a.test"]+c.most["b.test"], "@", len(y.arrived())/50); !slices.Contains(grew, s) {
				grew = append(grew, s)
			}
			c.mu.Unlock()
			return y.take(ctx, m)
		}
		y.o.Courier, y.o.Lanes = c, &Lanes{Operator: func(context.Context, string) string { return "big.test" }}
		y.oweTo("post:1", "a.test", 200)
		y.oweTo("post:1", "b.test", 100)
		y.run(func() { time.Sleep(time.Minute) })
		if n := len(y.arrived()); n != 300 {
			t.Errorf("%d of 300 arrived", n)
		}
		if c.peak != laneMost {
			t.Errorf("%d at a time, %v", c.peak, grew)
		}
	})
}

// E2: no operator gets more than a fifth of the slots.
func TestOperatorsShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		c := &byDomain{answer: func(ctx context.Context, m Message) Outcome { time.Sleep(time.Second); return y.take(ctx, m) }}
		y.o.Courier, y.o.Lanes = c, &Lanes{Operator: self, Slots: 10}
		y.oweTo("post:1", "a.test", 400)
		y.run(func() { time.Sleep(time.Hour) })
		if n := len(y.arrived()); n != 400 || c.peak != 2 {
			t.Errorf("%d arrived, %d at a time", n, c.peak)
		}
	})
}

// Nine of ten hosts never answer. The others' letters come as fast as if these were not there (E2).
func TestTarpitsHoldUpNobody(t *testing.T) {
	when := func(t *testing.T, tarpits int) (healthy []time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			y := newYard(t)
			began := time.Now()
			var mu sync.Mutex
			y.o.Courier = courier(func(ctx context.Context, m Message) Outcome {
				if strings.HasPrefix(m.To.Domain, "tarpit") {
					select {
					case <-ctx.Done():
					case <-time.After(10 * time.Minute):
					}
					return Outcome{Stage: StageConnect, Text: "no answer in time"}
				}
				time.Sleep(200 * time.Millisecond)
				mu.Lock()
				healthy = append(healthy, time.Since(began))
				mu.Unlock()
				return y.take(ctx, m)
			})
			y.o.Lanes = &Lanes{Operator: self}
			for n := range 300 {
				name := fmt.Sprintf("healthy%d.test", n)
				if n%10 != 0 {
					name = fmt.Sprintf("tarpit%d.test", n)
				}
				if tarpits == 0 && n%10 != 0 {
					continue
				}
				y.oweTo("post:1", name, 20)
			}
			y.run(func() { time.Sleep(time.Hour) })
		})
		return healthy
	}
	alone, among := when(t, 0), when(t, 270)
	if len(alone) != 600 || len(among) != 600 {
		t.Fatalf("%d and %d of 600 arrived", len(alone), len(among))
	}
	for i := range alone {
		if among[i] > 2*alone[i] {
			t.Fatalf("copy %d came after %v, without tarpits after %v", i, among[i], alone[i])
		}
	}
	t.Logf("the last healthy copy after %v, without tarpits after %v", among[599], alone[599])
}

// Hosts that answered well and then stop answering give their slots back to others.
func TestProvenHostsBecomeTarpits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		var stuck atomic.Bool
		var late []time.Duration
		began := time.Now()
		c := &byDomain{}
		c.answer = func(ctx context.Context, m Message) Outcome {
			if stuck.Load() && m.To.Domain != "good.test" {
				<-ctx.Done()
				return Outcome{Text: "no answer in time"}
			}
			time.Sleep(100 * time.Millisecond)
			if stuck.Load() {
				c.mu.Lock()
				late = append(late, time.Since(began)-time.Minute)
				c.mu.Unlock()
			}
			return y.take(ctx, m)
		}
		y.o.Courier, y.o.Lanes = c, &Lanes{Operator: self, Slots: 10, Probes: 100}
		for n := range 20 {
			y.oweTo("post:1", fmt.Sprintf("d%d.test", n), 3)
		}
		y.oweTo("post:1", "good.test", 3)
		y.run(func() {
			time.Sleep(time.Minute)
			stuck.Store(true)
			for n := range 20 {
				y.oweTo("post:2", fmt.Sprintf("d%d.test", n), 3)
			}
			y.oweTo("post:2", "good.test", 3)
			time.Sleep(5 * time.Minute)
		})
		if len(late) != 3 || late[2] > 5*slowAfter {
			t.Errorf("the good host got its copies after %v", late)
		}
		for d, n := range c.most {
			if n > 2 {
				t.Errorf("%d at a time to %s", n, d)
			}
		}
	})
}

// M13: 4.7.x at the greeting lets the operator rest, 15 minutes at first; nobody else does, a restart does not forget it, and an
// operator of this server sees it.
func TestPausesOutliveTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		began := time.Now()
		var dials []time.Duration
		y.o.Lanes = &Lanes{Operator: func(_ context.Context, d string) string { return "op-" + d }}
		y.o.Courier = courier(func(ctx context.Context, m Message) Outcome {
			if m.To.Domain == "busy.test" {
				dials = append(dials, time.Since(began).Round(time.Minute))
				if time.Since(began) < 40*time.Minute {
					return Outcome{Stage: StageHello, Code: 421, Enhanced: "4.7.0", Text: "m0@busy.test: too much", Host: "mx.busy.test", Busy: true}
				}
			}
			return y.take(ctx, m)
		})
		y.oweTo("post:1", "busy.test", 30)
		y.oweTo("post:1", "calm.test", 30)
		y.run(func() { time.Sleep(5 * time.Minute) })
		if n := len(y.arrived()); n != 30 || len(dials) != 1 {
			t.Errorf("%d arrived, dials at %v", n, dials)
		}
		dbtest.View(t, y.db, func(tx *db.Tx) error {
			p, err := Pauses(tx)
			if len(p) != 1 || p[0].Operator != "op-busy.test" || p[0].Why != "mx.busy.test said 421 4.7.0" || p[0].Copy == 0 ||
				p[0].Until.Sub(began).Round(time.Second) != 15*time.Minute {
				t.Errorf("%+v", p)
			}
			return err
		})
		y.run(func() { time.Sleep(2 * time.Hour) }) // another process
		// 15 minutes of rest, then 30, then all is well.
		if want := []time.Duration{0, 15 * time.Minute, 45 * time.Minute}; len(dials) < 3 || !reflect.DeepEqual(dials[:3], want) {
			t.Errorf("dials at %v, want %v", dials, want)
		}
		if n := len(y.arrived()); n != 60 {
			t.Errorf("%d of 60 arrived", n)
		}
		dbtest.View(t, y.db, func(tx *db.Tx) error {
			rows, err := operators(tx)
			if len(rows) != 0 {
				t.Errorf("what is over is remembered: %+v", rows)
			}
			return err
		})
	})
}

// Whoever owns a domain can move it from a large provider to a host of their own, just before a delivery. What that host says is not the
// provider's word.
func TestHostsSpeakForThemselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		var asked atomic.Int32
		y.o.Lanes = &Lanes{
			Operator: func(_ context.Context, d string) string {
				if d == "evil.test" && asked.Add(1) > 1 {
					return "evil.test"
				}
				return "big.test"
			},
			Runs: func(host string) string { _, operator, _ := strings.Cut(host, "."); return operator },
		}
		y.o.Courier = courier(func(ctx context.Context, m Message) Outcome {
			if m.To.Domain == "evil.test" {
				return Outcome{Stage: StageHello, Code: 421, Enhanced: "4.7.0", Host: "mx.evil.test", Busy: true}
			}
			return y.take(ctx, m)
		})
		pauses := func() (names []string) {
			dbtest.View(t, y.db, func(tx *db.Tx) error {
				all, err := Pauses(tx)
				for _, p := range all {
					names = append(names, p.Operator)
				}
				return err
			})
			return names
		}
		y.oweTo("post:1", "evil.test", 1)
		y.run(func() {
			time.Sleep(time.Minute)
			if p := pauses(); len(p) != 0 {
				t.Errorf("%v rest because evil.test said so", p)
			}
			y.oweTo("post:2", "good.test", 3)
			time.Sleep(time.Minute)
			if n := len(y.arrived()); n != 3 {
				t.Errorf("%d of 3 arrived at the provider", n)
			}
			y.oweTo("post:2", "evil.test", 1)
			time.Sleep(time.Minute)
			if p := pauses(); !slices.Equal(p, []string{"evil.test"}) {
				t.Errorf("%v rest", p)
			}
		})
	})
}

// Whoever asks for a retry ends all rests.
func TestRetryEndsPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		var mended atomic.Bool
		y.o.Lanes = &Lanes{Operator: self}
		y.o.Courier = courier(func(ctx context.Context, m Message) Outcome {
			if !mended.Load() {
				return Outcome{Stage: StageMail, Code: 451, Enhanced: "4.7.1", Host: "mx.test", Busy: true}
			}
			return y.take(ctx, m)
		})
		y.owe("plain", 10)
		y.run(func() {
			time.Sleep(time.Minute)
			mended.Store(true)
			time.Sleep(time.Minute)
			if n := len(y.arrived()); n != 0 {
				t.Errorf("%d arrived during the rest", n)
			}
			dbtest.Update(t, y.db, func(tx *db.Tx) error { _, err := RetryAll(tx); return err })
			time.Sleep(time.Minute)
		})
		if n := len(y.arrived()); n != 10 {
			t.Errorf("%d of 10 arrived", n)
		}
		dbtest.View(t, y.db, func(tx *db.Tx) error {
			p, err := Pauses(tx)
			if len(p) != 0 {
				t.Errorf("%+v", p)
			}
			return err
		})
	})
}

// M13: one receiver's 4.7.x defers one copy; five in a row are a matter of the operator. 421 halves without a rest. What happens on
// the way, unsaid by anybody, lets nobody rest.
func TestLaneHears(t *testing.T) {
	at := func(stage Stage, code int, enhanced string, busy bool) Outcome {
		return Outcome{Stage: stage, Code: code, Enhanced: enhanced, Busy: busy}
	}
	good := Outcome{Kind: Delivered, Stage: StageEnd, Code: 250}
	grey := at(StageRcpt, 450, "4.7.1", false)
	for _, c := range []struct {
		name  string
		says  []Outcome
		limit int
		rest  time.Duration
	}{
		{"one greylisting", []Outcome{good, grey}, 1, 0},
		{"five in a row", []Outcome{grey, grey, grey, grey, grey}, 1, 15 * time.Minute},
		{"five, but not in a row", []Outcome{grey, grey, grey, good, grey, grey}, 1, 0},
		{"421 at the end", []Outcome{at(StageEnd, 421, "", false)}, 1, 0},
		{"4.7.0 at the greeting", []Outcome{at(StageHello, 421, "4.7.0", true)}, 1, 15 * time.Minute},
		{"554 at the greeting", []Outcome{at(StageHello, 554, "", true)}, 2, 15 * time.Minute},
		{"a certificate that does not hold", []Outcome{{Stage: StageHello, Text: "not valid", Busy: true}}, 2, 0},
		{"fifty that went well", slices.Repeat([]Outcome{good}, 50), 3, 0},
		{"a thousand that went well", slices.Repeat([]Outcome{good}, 1000), 5, 0},
		{"and then 421", append(slices.Repeat([]Outcome{good}, 1000), at(StageMail, 421, "4.3.2", false)), 2, 0},
		{"an unknown mailbox", []Outcome{{Kind: Failed, Stage: StageRcpt, Code: 550, Enhanced: "5.1.1"}}, 2, 0},
	} {
		l := lane{limit: laneStart}
		var rest time.Duration
		for _, o := range c.says {
			rest = max(rest, l.note(o))
		}
		if l.limit != c.limit || rest != c.rest {
			t.Errorf("%s: limit %d and rest %v, want %d and %v", c.name, l.limit, rest, c.limit, c.rest)
		}
	}
}

// M15: a new sender begins with few copies a day.
func TestWarmup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		y.o.Lanes = &Lanes{Operator: self, Warmup: true}
		y.oweTo("post:1", "a.test", 1000)
		y.oweTo("post:1", "b.test", 10)
		var days []int
		for range 6 { // a new process every day
			y.run(func() { time.Sleep(24*time.Hour - time.Minute) }) // at midnight it would begin with the next day's copies
			days = append(days, len(y.arrived()))
			time.Sleep(time.Minute)
		}
		if want := []int{60, 160, 360, 760, 1010, 1010}; !reflect.DeepEqual(days, want) {
			t.Errorf("%v, want %v", days, want)
		}
	})
}

// P9: the warm-up under a clock that jumps.
func TestWarmthAndTheClock(t *testing.T) {
	for _, c := range []struct {
		name string
		w    warmth
		day  int64
		left int
	}{
		{"the same day", warmth{100, 1, 30}, 100, 70},
		{"the next day", warmth{100, 1, 30}, 101, 200},
		{"a day without anything to send", warmth{100, 1, 0}, 105, 100},
		{"a bit back over midnight", warmth{100, 1, 30}, 99, 70},
		{"back from far ahead", warmth{9999, 1, 30}, 100, 70},
		{"never sent", warmth{}, 20000, 50},
		{"after twelve days", warmth{100, 12, 1 << 30}, 100, int(^uint(0) >> 1)},
	} {
		if got := c.w.at(c.day).left(); got != c.left {
			t.Errorf("%s: %d left, want %d", c.name, got, c.left)
		}
	}
}

// A claim does not read the copies of those who cannot get them: its work grows with the domains, not with the copies.
func TestBlockedCopiesAreNotRead(t *testing.T) {
	y := newYard(t)
	dbtest.Update(t, y.db, func(tx *db.Tx) error {
		for _, q := range []string{
			`SELECT domain FROM copy WHERE ` + ready + ` AND domain > 'a' ORDER BY domain LIMIT 1`,
			`SELECT 1 FROM copy WHERE ` + ready + ` AND domain = 'a' AND due IS NULL`,
			`SELECT 1 FROM copy WHERE ` + ready + ` AND domain = 'a' AND due <= 1`,
			`SELECT id, since FROM copy WHERE ` + ready + ` AND domain = 'a' AND due <= 1 ORDER BY due, id LIMIT 1`,
			`SELECT id, since FROM copy WHERE ` + ready + ` AND domain = 'a' AND due IS NULL ORDER BY id LIMIT 1`,
		} {
			plan, err := db.Select(tx, func(r db.Scanner) (s string, err error) { var n int; return s, r.Scan(&n, &n, &n, &s) }, `EXPLAIN QUERY PLAN `+q)
			if err != nil {
				return err
			}
			if s := strings.Join(plan, "; "); !strings.HasPrefix(s, "SEARCH copy USING") || !strings.Contains(s, "INDEX copy_way (domain") || strings.Contains(s, "TEMP B-TREE") {
				t.Errorf("%s: %s", q, s)
			}
		}
		return nil
	})
}

// The first copies in the table are those of an operator that gets none. All others go past them.
func TestOthersGoPast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		y.o.Lanes = &Lanes{Operator: self}
		y.o.Courier = courier(func(ctx context.Context, m Message) Outcome {
			if m.To.Domain == "blocked.test" {
				return Outcome{Stage: StageMail, Code: 451, Enhanced: "4.7.1", Host: "mx.blocked.test", Busy: true}
			}
			return y.take(ctx, m)
		})
		y.oweTo("post:1", "blocked.test", 5000)
		for n := range 300 {
			y.oweTo("post:1", fmt.Sprintf("d%d.test", n), 2)
		}
		tally, err := y.runner().Drain(context.Background())
		if err != nil || tally.Delivered != 600 || tally.Deferred != 1 || !tally.Left {
			t.Errorf("%+v %v", tally, err)
		}
		y.balanced()
	})
}

// New copies and old ones of a domain take turns, whichever are more.
func TestOldAndNewTakeTurns(t *testing.T) {
	y := newYard(t)
	y.oweTo("post:1", "a.test", 20)
	dbtest.Update(t, y.db, func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE copy SET due = 1 WHERE id <= 10`)
		return err
	})
	dbtest.View(t, y.db, func(tx *db.Tx) error {
		for _, c := range []struct{ n, turn, dated int }{{1, 0, 0}, {1, 1, 1}, {2, 0, 1}, {4, 0, 2}, {5, 1, 3}, {15, 0, 7}, {20, 0, 10}, {100, 0, 10}} {
			all, err := dueFor(tx, "a.test", c.n, c.turn)
			if err != nil {
				return err
			}
			dated := 0
			for _, one := range all {
				if !one.Due.IsZero() {
					dated++
				}
			}
			if dated != c.dated || len(all) != min(c.n, 20) {
				t.Errorf("%d copies, %d of them dated, of %+v", len(all), dated, c)
			}
		}
		return nil
	})
}

// Operator is other people's code: a panic in it is no disaster.
func TestOperatorPanics(t *testing.T) {
	y := newYard(t)
	y.o.Lanes = &Lanes{Operator: func(context.Context, string) string { panic("a bug") }}
	y.owe("plain", 3)
	if tally := y.drain(); tally.Delivered != 3 {
		t.Errorf("%+v", tally)
	}
}

// When told to end, what has not begun goes back uncounted, with lanes, too (P10).
func TestLanesEndInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		y.o.Lanes = &Lanes{Operator: self}
		y.o.Courier = courier(func(ctx context.Context, m Message) Outcome {
			if m.Copy == 1 {
				return y.take(ctx, m)
			}
			<-ctx.Done()
			return Outcome{Text: "broken off"}
		})
		y.owe("plain", 6)
		began := time.Now()
		y.run(func() { time.Sleep(5 * time.Second) })
		if took := time.Since(began); took > 11*time.Second {
			t.Errorf("it took %v to end", took)
		}
		// Two were on their way and are due at once, with their attempt kept; the others were not begun.
		is(t, "queue", y.list(), "waiting 1 at once\nwaiting 1 at once\nwaiting 0 at once\nwaiting 0 at once\nwaiting 0 at once")
	})
}

func TestLanesNeedAnOperator(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("Lanes without Operator were taken")
		}
	}()
	y := newYard(t)
	y.o.Lanes = &Lanes{}
	y.runner()
}

// An operator for whom copies are just being claimed is not forgotten when there is no room for another one: what it has would count for
// nobody, and it would get more than its share.
func TestAPlannedOperatorIsNotForgotten(t *testing.T) {
	tr := newTraffic(Lanes{Slots: 200, Probes: 400}, func() {})
	domains := []string{"first.example", "second.example"}
	for _, d := range domains {
		tr.of[d] = d
	}
	tr.mu.Lock()
	tr.lane(domains[0])
	for i := len(tr.lanes); i < operatorMost; i++ {
		tr.lane(fmt.Sprint(i))
	}
	tr.mu.Unlock()
	picks, _ := tr.plan(domains, 10, 1)
	if len(picks) != 2 || tr.lanes[domains[0]] != picks[0].lane {
		t.Errorf("%d picks; the first operator's lane is another one now", len(picks))
	}
	if picks, _ := tr.plan(domains, 10, 1); len(picks) != 0 {
		t.Errorf("%d operators got a second copy before the first was in hand", len(picks))
	}
}

package queue

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/templates/refusal"
)

// Options says how a Runner works. DB, Lock, Raw and Courier are required.
type Options struct {
	DB      *db.DB
	Lock    string                                      // path of the lock file; one for each database
	Raw     func(*db.Tx, archive.RawID) ([]byte, error) // reads stored bytes: Store.Raw
	Courier Courier                                     //
	Signer  Signer                                      // nil: nothing is signed
	Ender   Ender                                       // nil: nobody wants to know
	Lanes   *Lanes                                      // nil: all copies go one way, as to a smarthost
	Way     string                                      // without Lanes, that way's host:port, under which its rest is remembered; "": it is not
	Workers int                                         // copies on their way at the same time; 0 means 10. With Lanes their numbers count
	Memory  int                                         // octets of messages in memory beyond which no more are claimed; 0 means 32 MiB
	Grace   time.Duration                               // for attempts under way when Run is told to end; 0 means 5 s (P10)
	Log     *slog.Logger                                // nil means silence
}

// Runner sends what is owed. Several runners may know one database: the one with the lock does the work.
type Runner struct {
	o        Options
	stampers map[string]Stamper
}

// New makes a Runner. Register its stampers before it runs.
func New(o Options) *Runner {
	if o.DB == nil || o.Lock == "" || o.Raw == nil || o.Courier == nil {
		panic("queue: Options needs DB, Lock, Raw and Courier")
	}
	if o.Workers <= 0 {
		o.Workers = 10
	}
	if o.Lanes != nil && o.Lanes.Operator == nil {
		panic("queue: Lanes needs Operator")
	}
	if o.Memory <= 0 {
		o.Memory = 32 << 20
	}
	if o.Grace <= 0 {
		o.Grace = 5 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Runner{o: o, stampers: map[string]Stamper{}}
}

// Register names the Stamper of the copies with that stamp. Two of one name are a broken program.
func (r *Runner) Register(name string, s Stamper) {
	if _, ok := r.stampers[name]; ok || name == "" {
		panic(fmt.Sprintf("queue: the stamp %q is registered twice, or has no name", name))
	}
	r.stampers[name] = s
}

// How long to wait before looking again, when nobody tells us that something changed.
const (
	lookLock    = 500 * time.Millisecond // for the lock of another process
	lookForeign = 250 * time.Millisecond // for what another process did
	lookClock   = time.Minute            // at the clock, which may jump (P9)
	lookAgain   = time.Second            // after an error of the database
)

// Run sends copies as they become due, until the context ends. While another process holds the lock it waits for it.
func (r *Runner) Run(ctx context.Context) error {
	for {
		lock, ok, err := db.TryLock(r.o.Lock)
		if err != nil {
			return fmt.Errorf("lock the queue: %w", err)
		}
		if ok {
			_, err = r.work(ctx, false)
			err = errors.Join(err, lock.Unlock())
			if ctx.Err() != nil {
				return err
			}
			r.o.Log.Error("the queue cannot be worked on; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(lookLock):
		}
	}
}

// update is db.Update for work that uses guarded, with a panic made an error: a transaction of ours must not end the process.
func (r *Runner) update(ctx context.Context, f func(*db.Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("in the queue: %w", refusal.Caught(p))
		}
	}()
	return r.o.DB.Update(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(stillHere); err != nil {
			return err
		}
		if err := f(tx); err != nil {
			return err
		}
		_, err := tx.Exec(hereEnds)
		return err
	})
}

// shift is one period of work under the lock.
type shift struct {
	r       *Runner
	run     string
	shelf   *shelf
	load    *load
	todo    chan *task    // claimed, not begun
	results chan result   // to be written down
	flying  chan struct{} // a token for each copy begun and not written down: as many may arrive twice after a crash (P2)
	wake    chan struct{} // something was written down, or there is room
	unbegun atomic.Int32
	open    atomic.Int32 // claimed, not written down
	ending  atomic.Bool
	tally   Tally

	// With lanes.
	traffic *traffic        // nil without
	begun   sync.WaitGroup  // deliveries, and questions about operators
	sending context.Context // of deliveries
	blocked bool            // something is due, and its operator gets nothing now; the feeder's own
	curious bool            // the last look made us ask for operators; the feeder's own

	mu    sync.Mutex
	pace  pace
	rests *time.Timer // not nil: the route rests until it fires
	asked int64       // how often somebody had asked for a retry when the rest began
	knows bool        // asked is known
}

func (r *Runner) shift() *shift {
	s := &shift{
		r: r, run: rand.Text(), shelf: newShelf(r.o.Memory), load: newLoad(),
		todo: make(chan *task, claimMost), results: make(chan result, claimMost),
		// Twice the workers: one half may be on the way while the outcomes of the other half are being made durable.
		flying: make(chan struct{}, 2*r.o.Workers), wake: make(chan struct{}, 1),
	}
	if r.o.Lanes != nil {
		s.traffic = newTraffic(*r.o.Lanes, s.poke)
		s.flying = make(chan struct{}, 2*(s.traffic.o.Slots+s.traffic.o.Probes))
	}
	return s
}

// work is a shift from taking the lock to giving it back. It leaves no goroutine and, unless the database fails, no row in "sending".
func (r *Runner) work(ctx context.Context, untilIdle bool) (Tally, error) {
	var freed int64
	if err := r.o.DB.Update(context.WithoutCancel(ctx), func(tx *db.Tx) (err error) { freed, err = free(tx); return err }); err != nil {
		return Tally{}, fmt.Errorf("take over the queue: %w", err)
	}
	if freed > 0 {
		r.o.Log.Info("copies of a dead process are due again at once", "copies", freed)
	}
	s := r.shift()
	sending, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	var workers, scribe sync.WaitGroup
	if s.traffic != nil {
		if err := s.recall(ctx, sending); err != nil {
			return Tally{}, err
		}
	} else {
		if err := s.recallWay(ctx); err != nil {
			return Tally{}, err
		}
		for range r.o.Workers {
			workers.Go(func() { s.deliverAll(sending) })
		}
	}
	scribe.Go(s.recordAll)
	err := s.feed(ctx, untilIdle)
	s.ending.Store(true)
	close(s.todo)
	grace := time.AfterFunc(r.o.Grace, cut)
	workers.Wait()
	s.land()
	grace.Stop()
	close(s.results)
	scribe.Wait()
	s.endRest()
	return s.tally, err
}

// feed claims copies for the workers until the context ends, or until nothing is due and nothing under way.
func (s *shift) feed(ctx context.Context, untilIdle bool) error {
	pings, cancel := s.r.o.DB.Subscribe()
	defer cancel()
	failures := 0
	for ctx.Err() == nil {
		quiet := s.open.Load() == 0 && (s.traffic == nil || s.traffic.quiet())
		n, next, err := s.claim(ctx)
		wait := lookClock
		switch {
		case err != nil && ctx.Err() != nil:
			return nil
		case err != nil:
			if failures++; untilIdle && failures > 5 {
				return err
			}
			s.r.o.Log.Error("the queue cannot be read", "error", err)
			wait = lookAgain
		case n > 0:
			failures = 0
			continue
		case quiet && untilIdle && !s.curious:
			s.tally.Left = s.resting() || s.blocked
			return nil
		case !next.IsZero():
			wait = min(next.Sub(s.r.o.DB.Now()), wait)
		}
		s.sleep(ctx, pings, wait)
	}
	if untilIdle {
		return ctx.Err()
	}
	return nil
}

// sleep waits until there may be something to do.
func (s *shift) sleep(ctx context.Context, pings <-chan struct{}, wait time.Duration) {
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-pings:
	case <-s.wake:
	case <-t.C:
	}
}

// deliverAll is one worker.
func (s *shift) deliverAll(ctx context.Context) {
	for t := range s.todo {
		s.unbegun.Add(-1)
		if fresh := t.begin(); !fresh || s.ending.Load() || s.resting() {
			s.results <- result{task: t, back: true}
			continue
		}
		s.flying <- struct{}{}
		if s.ending.Load() { // it may have taken long
			<-s.flying
			s.results <- result{task: t, back: true}
			continue
		}
		res := s.deliver(ctx, t)
		if rest := s.note(&res); rest > 0 {
			s.tellRest(t.copy.ID, res.o, rest)
		}
		s.results <- res
	}
}

// deliver makes one attempt, and catches its panic.
func (s *shift) deliver(ctx context.Context, t *task) (res result) {
	res.task = t
	defer func() {
		if t.msg.Blind {
			res.o = res.o.blind()
		}
	}()
	defer func() {
		if p := recover(); p != nil {
			res.fell = refusal.Caught(p)
			s.r.o.Log.Error("a panic while a copy was delivered", "copy", t.copy.ID, "story", t.copy.Story, "panic", res.fell.What, "stack", res.fell.Stack)
		}
	}()
	m := t.msg
	if s.r.o.Signer != nil {
		signed, err := s.r.o.Signer.Sign(ctx, m)
		if err != nil {
			res.o = Outcome{Text: "the copy could not be signed: " + err.Error()}
			return res
		}
		m = signed
	}
	res.o = s.r.o.Courier.Deliver(ctx, m)
	res.cut = ctx.Err() != nil
	return res
}

// note hears what became of an attempt, and lets the route rest when it asked for that.
func (s *shift) note(res *result) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if res.fell != nil || res.cut || s.rests != nil && res.o.Kind != Delivered {
		return 0
	}
	before := s.pace.rest
	rest := s.pace.note(res.o)
	res.row = s.remember(rest, before != 0 && s.pace.rest == 0, res.o, res.task.copy.ID)
	if rest > 0 {
		s.rests = time.AfterFunc(rest, s.endRest)
		s.knows = false
	}
	return rest
}

// tellRest tells the operator. A host's own words may name a receiver (P15): they stand in the queue, behind the number of the copy.
func (s *shift) tellRest(id CopyID, o Outcome, rest time.Duration) {
	why := o.Text
	if o.Code != 0 && !o.Untold {
		why = strings.TrimSpace(fmt.Sprintf("the reply %d %s", o.Code, o.Enhanced))
	}
	s.r.o.Log.Warn("the way out rests", "for", rest, "host", o.Host, "at", string(o.Stage), "because", why, "copy", id)
}

func (s *shift) resting() bool {
	if s.traffic != nil {
		return s.traffic.resting()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rests != nil
}

func (s *shift) endRest() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rests != nil {
		s.rests.Stop()
		s.rests = nil
	}
	if s.traffic != nil {
		s.traffic.endRests()
	}
	s.poke()
}

// poke wakes the feeder.
func (s *shift) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

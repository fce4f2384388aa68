package queue

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/templates/refusal"
)

// Two runners on one database, each with many workers: nothing goes out twice.
func TestTwoRunners(t *testing.T) {
	y := newYard(t)
	ids := y.owe("plain", 2000)
	ctx, stop := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for n := range 5 {
		z := y.second(time.Hour)
		z.o.Courier = courier(y.take)
		all.Go(func() {
			if n < 2 {
				if err := z.runner().Run(ctx); err != nil {
					t.Error(err)
				}
				return
			}
			z.runner().Drain(ctx) // a verb beside them
		})
	}
	pings, cancel := y.db.Subscribe()
	defer cancel()
	for end := time.After(time.Minute); len(y.arrived()) < len(ids) && ctx.Err() == nil; {
		select {
		case <-pings:
		case <-time.After(20 * time.Millisecond):
		case <-end:
			t.Error("not all copies arrived")
			stop()
		}
	}
	stop()
	all.Wait()
	for _, id := range ids {
		if n := y.arrived()[id]; n != 1 {
			t.Fatalf("copy %d arrived %d times", id, n)
		}
	}
}

// A runner that is abandoned with copies in flight: the next one sends them again at once, with the attempt kept, and nothing else
// twice.
func TestAbandonedRunner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		ids := y.owe("plain", 500)
		dead := y.second(0)
		lock, _, err := db.TryLock(y.lock)
		if err != nil {
			t.Fatal(err)
		}
		hang := make(chan struct{})
		dead.o.Courier = courier(func(ctx context.Context, m Message) Outcome {
			o := dead.take(ctx, m) // it has arrived, but we never hear of it
			if m.Copy > 200 {
				<-hang
			}
			return o
		})
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { dead.runner().work(ctx, false); close(done) }()
		synctest.Wait()
		time.Sleep(recordWait) // an outcome that waits to be written down is in flight, too; here all are written
		synctest.Wait()
		inFlight := len(dead.arrived())
		if strings.Count(y.list(), "sending 1") < 10 || inFlight != 210 {
			t.Fatalf("%d arrived before the crash:\n%s", inFlight, y.list())
		}
		dead.db.Close() // from here on nothing it does is written down: it is dead
		lock.Unlock()

		began := time.Now()
		next := y.second(0)
		if tally := next.drain(); tally.Delivered != 300 {
			t.Errorf("%+v", tally)
		}
		if d := time.Since(began); d > 0 {
			t.Errorf("the copies of a dead run waited %v", d)
		}
		twice := 0
		for _, id := range ids {
			switch n := dead.arrived()[id] + next.arrived()[id]; {
			case n == 0:
				t.Fatalf("copy %d is lost", id)
			case n > 1:
				twice++
			}
		}
		if twice > 10 {
			t.Errorf("%d copies went out twice, 10 were in flight", twice)
		}
		stop()
		close(hang)
		<-done
	})
}

// ST5: what a dead run was sending is due at once, and its attempt counts.
func TestAttemptsOfADeadRunAreKept(t *testing.T) {
	y := newYard(t)
	y.owe("plain", 2)
	dbtest.Update(t, y.db, func(tx *db.Tx) error {
		c, err := get(tx, 1)
		c.Attempts = 7
		return errors.Join(err, claim(tx, c, "a dead run", tx.Now.Add(4*time.Hour)))
	})
	y.o.Courier = courier(func(context.Context, Message) Outcome { return Outcome{Text: "later"} })
	y.drain()
	is(t, "queue", y.list(), "waiting 8 later\nwaiting 1 later")
}

// Outcomes that cannot be written down at once are kept until they can: a copy that arrived must not go out again.
func TestOutcomesSurviveAShortage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		ids := y.owe("plain", 30)
		fail := func(on bool) {
			q := `DROP TRIGGER shortage`
			if on {
				q = `CREATE TRIGGER shortage BEFORE DELETE ON copy BEGIN SELECT RAISE(ABORT, 'no more today'); END`
			}
			dbtest.Update(t, y.db, func(tx *db.Tx) error { _, err := tx.Exec(q); return err })
		}
		fail(true)
		go func() { time.Sleep(1500 * time.Millisecond); fail(false) }()
		if tally := y.drain(); tally.Delivered == 0 {
			t.Errorf("%+v", tally)
		}
		for _, id := range ids {
			if n := y.arrived()[id]; n != 1 {
				t.Errorf("copy %d arrived %d times", id, n)
			}
		}
	})
}

// fullDisk is an Ender that meets a full disk at its first copies: SQLite then undoes the whole transaction, not only its part.
type fullDisk struct{ times int }

func (e *fullDisk) End(tx *db.Tx, c Copy, _ Outcome) error {
	if e.times--; e.times < 0 {
		return nil
	}
	if _, err := tx.Exec(`ROLLBACK`); err != nil {
		return err
	}
	return refusal.Because(refusal.Full, "There is no room left on the disk.")
}

// When the disk is full in the middle of a batch, nothing of that batch is written, neither before nor after that point.
func TestLostTransactions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		y := newYard(t)
		y.o.Workers = 1
		y.o.Ender = &fullDisk{3}
		gone := y.owe("gone", 20) // these end while they are claimed, before the others
		ids := y.owe("plain", 20)
		if tally := y.drain(); tally.Delivered != 20 {
			t.Errorf("%+v", tally)
		}
		for i, id := range ids {
			is(t, "story", y.story(id), "delivered: mx.test said 250 2.0.0 taken")
			is(t, "story", y.story(gone[i]), "dropped: the member has left")
			if n := y.arrived()[id]; n != 1 {
				t.Errorf("copy %d arrived %d times", id, n)
			}
		}
	})
}

// The crash itself: a process that delivers is killed with SIGKILL again and again. What arrives is noted by the courier in a file,
// before the runner hears of it.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	y := newYard(t)
	ids := y.owe("plain", 6000)
	seen := filepath.Join(t.TempDir(), "arrived")
	const kills = 4
	for n := 0; ; n++ {
		child := exec.Command(os.Args[0], "-test.run=^TestChild$")
		child.Env = append(os.Environ(), "QUEUE_TEST_DB="+y.db.Path(), "QUEUE_TEST_LOCK="+y.lock, "QUEUE_TEST_SEEN="+seen)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		s := bufio.NewScanner(out)
		for s.Scan() && s.Text() != "begun" {
		}
		if n < kills {
			<-time.After(time.Duration(20+17*n) * time.Millisecond)
			child.Process.Kill()
		}
		for s.Scan() {
		}
		if err := child.Wait(); n == kills {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	b, err := os.ReadFile(seen)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, id := range strings.Fields(string(b)) {
		got[id]++
	}
	twice := 0
	for _, id := range ids {
		switch n := got[fmt.Sprint(id)]; {
		case n == 0:
			t.Fatalf("copy %d is lost", id)
		case n > 1:
			twice += n - 1
		}
	}
	if most := kills * 20; twice > most { // ten on their way, ten being written down
		t.Errorf("%d copies arrived twice after %d kills with ten workers", twice, kills)
	}
	y.balanced()
	is(t, "queue", y.list(), "")
	t.Logf("killed %d times: %d copies, none lost, %d twice", kills, len(ids), twice)
}

// TestChild is the process that TestKilled kills.
func TestChild(t *testing.T) {
	path := os.Getenv("QUEUE_TEST_DB")
	if path == "" {
		t.Skip("only for TestKilled")
	}
	d, err := db.Open(context.Background(), path, db.Options{Now: time.Now}, parts()...)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	seen, err := os.OpenFile(os.Getenv("QUEUE_TEST_SEEN"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	y := &yard{t: t, db: d, lock: os.Getenv("QUEUE_TEST_LOCK")}
	var once sync.Once
	y.o = Options{DB: d, Lock: y.lock, Raw: noRaw, Courier: courier(func(_ context.Context, m Message) Outcome {
		once.Do(func() { fmt.Println("begun") })
		fmt.Fprintf(seen, "%d\n", m.Copy)
		return Outcome{Kind: Delivered}
	})}
	y.drain()
}

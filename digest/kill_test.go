package digest_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/lists"
)

// I4: two schedulers over one file, each a process of its own that is killed (kill -9) at random points, again and again, until all is
// done: nobody has two issues for a slot, and every post came once. A short run has fewer readers and kills.
func TestSchedulersThatAreKilled(t *testing.T) {
	readers, rounds := 1000, 8
	if testing.Short() {
		readers, rounds = 60, 2
	}
	const weeks, seed = 2, 20260605
	chance := rand.New(rand.NewSource(seed))
	w := newTown(t)
	w.update(func(tx *db.Tx) error {
		for i := range readers {
			n := lists.NewMember{Address: addr(fmt.Sprintf("m%d@north.example", i)), Name: fmt.Sprint("Member ", i), Role: lists.RoleMember, Delivery: lists.Digest, Lists: []lists.List{w.talk}}
			if _, err := lists.AddMember(tx, w.c, n); err != nil {
				return err
			}
		}
		return nil
	})
	w.due()
	posts := 0
	for week := range weeks {
		slot := time.Date(2026, 6, 5+7*week, 6, 0, 0, 0, time.UTC)
		w.now = slot.AddDate(0, 0, -2)
		for range 3 {
			posts++
			w.say("Bill Tan <bill@south.example>", fmt.Sprint("Subject ", posts), fmt.Sprintf("It is post-%d.", posts))
		}
		w.now = slot
		var written []string
		for range rounds {
			w.twoProcesses(chance)
			written = append(written, w.rows("SELECT count(*) || '' FROM digest_issue"))
		}
		t.Logf("week %d: after each kill of both there were %s issues", week+1, strings.Join(written, ", "))
		w.write() // whatever they left
	}
	if n := w.rows("SELECT count(*) || ' ' || count(DISTINCT member || ':' || slot) FROM digest_issue WHERE state = 'queued'"); n != fmt.Sprint(readers*weeks, " ", readers*weeks) {
		t.Errorf("%s issues, want %d", n, readers*weeks)
	}
	if n := w.rows("SELECT count(*) || '' FROM copy WHERE stamp = 'issue'"); n != fmt.Sprint(readers*weeks) {
		t.Errorf("%s copies are owed", n)
	}
	w.deliver()
	w.everyPostOnce(t, readers, posts)
}

// twoProcesses starts two schedulers and kills each at some moment.
func (w *town) twoProcesses(chance *rand.Rand) {
	w.t.Helper()
	var all sync.WaitGroup
	files := w.t.TempDir() // of theirs: who is killed removes nothing
	for range 2 {
		after := time.Duration(chance.Intn(120_000)) * time.Microsecond
		child := exec.Command(os.Args[0], "-test.run=^TestSchedulerChild$")
		child.Env = append(os.Environ(), "DIGEST_TEST_DB="+w.db.Path(), "DIGEST_TEST_NOW="+w.now.Format(time.RFC3339), "TMPDIR="+files)
		out, err := child.StdoutPipe()
		if err != nil {
			w.t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			w.t.Fatal(err)
		}
		all.Go(func() {
			s := bufio.NewScanner(out)
			for s.Scan() && s.Text() != "begun" {
			}
			<-time.After(after)
			_ = child.Process.Kill()
			for s.Scan() {
			}
			_ = child.Wait() // killed, or done before
		})
	}
	all.Wait()
}

// TestSchedulerChild is the process that TestSchedulersThatAreKilled kills.
func TestSchedulerChild(t *testing.T) {
	path := os.Getenv("DIGEST_TEST_DB")
	if path == "" {
		t.Skip("only for TestSchedulersThatAreKilled")
	}
	now, err := time.Parse(time.RFC3339, os.Getenv("DIGEST_TEST_NOW"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(context.Background(), path, db.Options{Now: func() time.Time { return now }}, schemas()...)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	w := &town{t: t, now: now, world: &world{}}
	w.join(d)
	fmt.Println("begun")
	if _, failed, err := w.cal.RunDue(context.Background()); err != nil || failed > 0 {
		t.Errorf("%d dates failed: %v", failed, err)
	}
}

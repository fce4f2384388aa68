package main_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"backchannel/cmd/backchannel/backchanneltest"
)

// laboratory is where single steps are looked at: a stage with a community, and copies of it for each attempt.
type laboratory struct {
	stage   *backchanneltest.Stage
	members []string
}

func newLaboratory(t *testing.T) *laboratory {
	t.Helper()
	outside(t)
	l := &laboratory{stage: backchanneltest.NewStage(t, backchanneltest.Build(t))}
	l.members = l.stage.Community(3)
	return l
}

// attempt is one accept-relay-deliver cycle of a server under the tracer.
type attempt struct {
	*backchanneltest.Stage
	lab    *laboratory
	letter backchanneltest.Letter
	plan   plan
	server int // its process
	back   *json.Decoder
	code   int // the answer to the letter
	report report
}

// launch starts a server under the tracer.
func (l *laboratory) launch(t *testing.T, p plan) *attempt {
	t.Helper()
	a := &attempt{Stage: l.stage.Twin(t), lab: l, plan: p}
	a.letter = backchanneltest.Letter{From: l.members[0], ID: "first@d0.test", Size: 6000}
	a.plan.Args = []string{a.Program, "-c", a.Config(), "serve"}
	a.plan.Data = a.Data()
	a.plan.Image = filepath.Join(a.Folder, "image")
	text, err := json.Marshal(a.plan)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ours.Close() })
	cmd := exec.Command(os.Args[0], "-test.run=^TestTracer$")
	cmd.Env = append(os.Environ(), planVariable+"="+string(text))
	cmd.ExtraFiles = []*os.File{theirs}
	a.Launch(cmd)
	_ = theirs.Close()
	a.back = json.NewDecoder(ours)
	if err := a.back.Decode(&a.server); err != nil {
		t.Skipf("no process may be traced here: %v\n%s", err, a.Tail())
	}
	return a
}

// play plays the cycle: the letter goes in, its copies come out, the server stops. Wherever the tracer ends it, it is over.
func (a *attempt) play() {
	if a.Greets(60 * time.Second) {
		a.signal(armSignal)
		a.code = a.Post(a.letter)
		a.offerAgain()
		ctx, stop := context.WithCancel(backchanneltest.Until(a.T, 60*time.Second))
		defer stop()
		go func() { <-a.Ended(); stop() }()
		if a.code != 0 {
			a.World.Wait(ctx, func() bool { return a.World.Taken() >= len(a.lab.members) })
		}
	}
	a.signal(syscall.SIGTERM)
	a.Forget()
	if err := a.back.Decode(&a.report); err != nil {
		a.T.Fatalf("the tracer told nothing: %v\n%s", err, a.Tail())
	}
}

// met is the call that the tracer acted at.
func (a *attempt) met() string {
	n := 0
	for _, c := range a.report.Calls {
		if strings.HasPrefix(c, a.plan.Class+" ") || c == a.plan.Class {
			if n++; n == a.plan.At {
				return c
			}
		}
	}
	return ""
}

func (a *attempt) signal(s syscall.Signal) {
	select {
	case <-a.Ended():
	default:
		_ = syscall.Kill(a.server, s)
	}
}

// replaceDisk gives the server the data folder that the power cut has left.
func (a *attempt) replaceDisk(t *testing.T) {
	t.Helper()
	if err := errors.Join(os.Rename(a.Data(), a.Data()+".lost"), os.Rename(a.plan.Image, a.Data())); err != nil {
		t.Fatal(err)
	}
}

// recover starts the server again on what was left, offers the letter again unless it was answered, and looks whether all is well.
func (a *attempt) recover(t *testing.T) {
	t.Helper()
	if a.report.Acted && (a.plan.Do == doCut || a.plan.Do == doTear) {
		a.replaceDisk(t)
	}
	a.Start()
	if a.code != 250 {
		if code := a.Post(a.letter); code != 250 {
			t.Errorf("the letter was answered %d, and %d when it was offered again", a.code, code)
		}
	}
	everywhere(t, a.Stage, a.lab.members, []string{a.letter.ID}, 60*time.Second)
	a.Stop()
	balanced(t, a.Stage)
	for _, m := range a.lab.members {
		if n := a.World.Times(m, a.letter.ID); n > 2 || n > 1 && !a.report.Acted {
			t.Errorf("the letter came %d times to %s", n, m)
		}
	}
}

// each makes attempts, two at a time, at the calls first, first+step … of a class, until a cycle passes without meeting its call. It
// gives the number of calls that were met.
func (l *laboratory) each(t *testing.T, p plan, first, step int, judge func(t *testing.T, a *attempt)) (met int) {
	var mu sync.Mutex
	var workers sync.WaitGroup
	next, over := first, false
	for range 2 {
		workers.Go(func() {
			for {
				mu.Lock()
				mine := p
				mine.At, mine.Seed = next, uint64(next)
				next += step
				done := over
				mu.Unlock()
				if done || t.Failed() {
					return
				}
				t.Run(fmt.Sprintf("%s-at-%s-%d", p.Do, p.Class, mine.At), func(t *testing.T) {
					a := l.launch(t, mine)
					a.play()
					judge(t, a)
					mu.Lock()
					defer mu.Unlock()
					if a.report.Acted {
						met++
					} else {
						over = true
					}
				})
			}
		})
	}
	workers.Wait()
	return met
}

// TestKilledAtEveryCall kills the server at the calls by which it changes anything, one after the other: each send, each fsync and, over
// three runs, each write of one letter's way in and out. Then it kills it with the power: the disk keeps what was synced, and in a third
// round also some sectors of what was not (P1, P2, P5, P13).
func TestKilledAtEveryCall(t *testing.T) {
	l := newLaboratory(t)
	for _, one := range []struct {
		do, class string
		step      int // not each of the many writes in every run; where it begins is chance
	}{
		{doKill, callSend, 1}, {doKill, callSync, 1}, {doKill, callWrite, 3},
		{doCut, callSend, 1}, {doCut, callSync, 1}, {doCut, callWrite, 13},
		{doTear, callSend, 2}, {doTear, callSync, 1}, {doTear, callWrite, 13},
	} {
		var answered, twice atomic.Int32
		met := l.each(t, plan{Do: one.do, Class: one.class}, 1+rand.IntN(one.step), one.step, func(t *testing.T, a *attempt) {
			if a.report.Acted && a.report.Exit != -1 {
				t.Errorf("the server ended with %d", a.report.Exit)
			}
			if a.code == 250 {
				answered.Add(1)
			}
			a.recover(t)
			for _, m := range l.members {
				twice.Add(int32(a.World.Times(m, a.letter.ID) - 1))
			}
		})
		t.Logf("%s at %d calls of class %s: the letter was answered before %d of them, %d copies came twice, none is missing", one.do, met, one.class, answered.Load(), twice.Load())
		if met < 5/one.step { // outcomes share commits: a run with four copies may need as few as seven
			t.Errorf("only %d calls of class %s were met: the tracer does not see them", met, one.class)
		}
	}
}

// TestLyingDisk is the proof that the test above can fail: with a disk that says it has synced and has not, a letter answered 250 is
// lost.
func TestLyingDisk(t *testing.T) {
	l := newLaboratory(t)
	for at := 1; ; at++ {
		lost := false
		t.Run(fmt.Sprint("cut-at-send-", at), func(t *testing.T) {
			a := l.launch(t, plan{Do: doCut, Class: callSend, At: at, Liar: true})
			a.play()
			if !a.report.Acted {
				t.Fatal("a lying disk lost nothing")
			}
			if a.code != 250 || a.World.Taken() > 0 {
				return
			}
			a.replaceDisk(t)
			a.CLI("due")
			lost = a.World.Taken() == 0
		})
		if lost || t.Failed() {
			return
		}
	}
}

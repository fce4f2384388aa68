package main_test

import (
	"syscall"
	"testing"
	"time"

	"backchannel/cmd/backchannel/backchanneltest"
)

// TestFailedSync lets every fsync of a letter's way fail, one after the other. The kernel may have thrown away what it could not write,
// so nothing can be promised any more: the process ends by itself, and a fresh one reads what is really there (P5, ST6).
func TestFailedSync(t *testing.T) {
	l := newLaboratory(t)
	met := l.each(t, plan{Do: doFail, Class: callSync, Errno: syscall.EIO}, 1, 1, func(t *testing.T, a *attempt) {
		// SQLite does not tell when the sync of a folder failed: archive/db makes sure of its names by itself, before it begins. And a
		// server that is stopping only tidies up what is safe already.
		if met := a.met(); a.report.Acted && !a.report.Late && met != "sync data" && a.report.Exit != 1 {
			t.Errorf("an fsync failed (%s), and the server ended with %d", met, a.report.Exit)
		}
		a.recover(t)
	})
	t.Logf("%d times an fsync failed", met)
	if met < 5 {
		t.Error("hardly any fsync was met")
	}
}

// TestFailedWrite lets writes into the data folder fail. The sender is asked to come later, in the words for what is missing, and
// without a restart everything goes on as if nothing had been: each copy comes once (P5).
func TestFailedWrite(t *testing.T) {
	l := newLaboratory(t)
	for _, one := range []struct {
		name  string
		do    string
		errno syscall.Errno
		code  int
		step  int
	}{
		{"one write meets a full disk", doFail, syscall.ENOSPC, 452, 11},
		{"one write meets a bad disk", doFail, syscall.EIO, 451, 13},
		{"the disk stays full for a while", doFailOn, syscall.ENOSPC, 452, 37},
	} {
		later := 0
		met := l.each(t, plan{Do: one.do, Class: callWrite, Errno: one.errno}, 2, one.step, func(t *testing.T, a *attempt) {
			switch a.code {
			case 250:
			case one.code:
				later++
			default:
				t.Errorf("%s: the letter was answered %d, not %d", one.name, a.code, one.code)
			}
			a.code = 250 // play has offered it again
			a.recover(t)
			for _, m := range l.members {
				if n := a.World.Times(m, a.letter.ID); n != 1 {
					t.Errorf("the letter came %d times to %s", n, m)
				}
			}
		})
		t.Logf("%s, at %d calls: %d times the sender was asked to come later", one.name, met, later)
		if later == 0 || later == met {
			t.Error("that is not the whole way of a letter")
		}
	}
}

// offerAgain plays a sender that was asked to come later, and a disk that has room again after a while.
func (a *attempt) offerAgain() {
	if a.plan.Do == doFailOn && a.code == 250 {
		<-time.After(300 * time.Millisecond) // whatever comes behind the answer meets the full disk too
		a.signal(armSignal)
	}
	ctx := backchanneltest.Until(a.T, 60*time.Second)
	for code := a.code; code/100 == 4 && ctx.Err() == nil; {
		a.signal(armSignal) // there is room again
		code = a.Post(a.letter)
		if code != 250 && code/100 != 4 {
			a.T.Errorf("the letter was answered %d, and then %d", a.code, code)
		}
	}
}

package web_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"backchannel/archive/web"
)

// What is done behind answers is done one after the other, and what fails or panics keeps nothing else back. Shutdown waits for it.
func TestAfterwards(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, log, _ := server(t, web.Config{})
		gate := make(chan bool)
		var order []string
		s.Afterwards("wait", func(context.Context) error { <-gate; order = append(order, "first"); return nil })
		s.Afterwards("mail a link", func(context.Context) error { order = append(order, "second"); return errors.New("the disk is full") })
		s.Afterwards("stumble", func(context.Context) error { panic("a private word") })
		s.Afterwards("go on", func(context.Context) error { order = append(order, "last"); return nil })
		synctest.Wait()
		if len(order) > 0 {
			t.Fatal(order)
		}
		down := make(chan error, 1)
		go func() { down <- s.Shutdown(t.Context()) }()
		synctest.Wait()
		if len(down) > 0 {
			t.Error("the server is down, and something is still to be done")
		}
		close(gate)
		if err := <-down; err != nil {
			t.Error(err)
		}
		if got := strings.Join(order, " "); got != "first second last" {
			t.Error(got)
		}
		if l := log.String(); !strings.Contains(l, `msg="mail a link" error="the disk is full"`) || !strings.Contains(l, "panicked") || strings.Contains(l, "a private word") {
			t.Error(l)
		}
	})
}

// There is a bound, and whoever shuts down has patience for so long alone.
func TestAfterwardsIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, _ := server(t, web.Config{})
		gate := make(chan bool)
		s.Afterwards("wait", func(context.Context) error { <-gate; return nil })
		synctest.Wait()
		n := 0
		for s.Afterwards("more", func(context.Context) error { return nil }) {
			n++
		}
		if n != 200 {
			t.Errorf("%d may wait", n)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Shutdown(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		close(gate)
		s.Settle()
		if !s.Afterwards("again", func(context.Context) error { return nil }) {
			t.Error("no room when all is done")
		}
		s.Settle()
	})
}

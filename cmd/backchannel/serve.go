package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// A server has this long to stop; then it is cut off, which loses nothing: whatever was answered with 250 is on the disk (P1, P10).
const stopTime = 10 * time.Second

// watchEvery is how often a running server looks for what other verbs changed in the database.
const watchEvery = 250 * time.Millisecond

// memoryWanted is from where on garbage is collected harder. Beside Go's memory stand the pages of SQLite; all of it has to stay below
// 256 MiB (P7), with several letters of the largest size coming in and going out.
const memoryWanted = 176 << 20

// boundMemory keeps the program small, unless the operator has set GOMEMLIMIT.
func boundMemory() {
	if debug.SetMemoryLimit(-1) == math.MaxInt64 {
		debug.SetMemoryLimit(memoryWanted)
	}
}

func (c *cli) newServe() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: "Runs the server until it gets SIGTERM or SIGINT (Ctrl-C). It then lets letters under way come in, and stops within ten seconds.\n" +
			"Other verbs may be used on the same database meanwhile.",
		Args: words(),
		RunE: func(cmd *cobra.Command, _ []string) error { return c.serve(cmd.Context()) },
	}
}

func (c *cli) serve(ctx context.Context) (err error) {
	cfg, err := c.config()
	if err != nil {
		return err
	}
	boundMemory()
	log := serverLog(c.err, cfg.Log)
	ended := make(chan struct{})
	defer close(ended)
	p, err := Open(ctx, Options{Config: cfg, Now: c.now, Log: log, Watch: watchEvery})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	if err := p.Listen(); err != nil {
		return err
	}
	ctx, release := signal.NotifyContext(ctx, syscall.SIGTERM, os.Interrupt)
	defer release()
	defer context.AfterFunc(ctx, func() {
		release() // a second Ctrl-C ends the program at once
		log.Info("stopping")
		select {
		case <-ended:
		case <-time.After(stopTime):
			fmt.Fprintln(c.err, "The server did not stop in time and is cut off. Nothing that was accepted is lost.")
			os.Exit(exitFailed)
		}
	})()
	if err := p.Run(ctx); err != nil {
		return err
	}
	log.Info("stopped")
	return nil
}

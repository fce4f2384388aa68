package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/cmd/internal/config"
	"backchannel/lists"

	"github.com/spf13/cobra"
)

// The community of the demo.
const (
	demoDomain = "gardeners.example"
	demoList   = "talk@" + demoDomain
)

// demoPeople are its members; the first two manage it.
var demoPeople = [...]demoPerson{
	{"Mira Lowe", "mira@lowe.example", lists.RoleManager, lists.Each},
	{"Theo Brandt", "theo@brandt.example", lists.RoleManager, lists.Each},
	{"Bill Tan", "bill@south.example", lists.RoleMember, lists.Each},
	{"Alison Graf", "alison@east.example", lists.RoleMember, lists.Each},
	{"Dana Reyes", "dana@north.example", lists.RoleMember, lists.Digest},
}

type demoPerson struct {
	name, address string
	role          lists.Role
	delivery      lists.Delivery
}

// newDemoCommand is the verb demo.
func newDemoCommand(c *cli) *cobra.Command {
	var once bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Watch a small community on this machine play its story",
		Long: "Starts a whole server on loopback, in a folder of its own, and has a small community write to each other by real SMTP:\n" +
			"a post, an answer, the weekly digest, a private reply to it, a manager's answer. Then the server stays up, and the screen says\n" +
			"how to look into each mailbox. Ctrl-C ends it and clears the folder. Nothing leaves this machine.",
		Args: words(),
	}
	cmd.Flags().BoolVar(&once, "once", false, "end after the story")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return c.demo(cmd.Context(), once) }
	return cmd
}

// demo sets the stage, plays, and waits for Ctrl-C.
func (c *cli) demo(ctx context.Context, once bool) (err error) {
	ctx, release := signal.NotifyContext(ctx, syscall.SIGTERM, os.Interrupt)
	defer release()
	dir, err := os.MkdirTemp("", "backchannel-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	d, err := c.openDemo(ctx, dir)
	if err != nil {
		return err
	}
	stopped := make(chan error, 1)
	serving, stop := context.WithCancel(ctx)
	go func() { stopped <- d.p.Run(serving) }()
	err = d.play(ctx)
	if err == nil && !once {
		err = d.stay(ctx)
	}
	if ctx.Err() != nil {
		err = nil // Ctrl-C is how a demo ends
	}
	stop()
	err = errors.Join(err, <-stopped, d.p.Close())
	if err == nil {
		c.say("\nThe server has stopped, and its folder is gone.")
	}
	return err
}

// stage is a demo that runs.
type stage struct {
	c     *cli
	p     *Program
	clock *demoClock
	began time.Time
}

// demoClock is the one clock of the demo: it runs like any other, and can be set forward to the next Friday.
type demoClock struct {
	mu    sync.Mutex
	ahead time.Duration
	now   func() time.Time
}

func (c *demoClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now().Add(c.ahead)
}

// set puts the clock forward to a time, never back.
func (c *demoClock) set(to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if by := to.Sub(c.now().Add(c.ahead)); by > 0 {
		c.ahead += by
	}
}

// openDemo opens a whole program over a folder of its own: the shipped configuration, but ports that are free, and verification off,
// because nobody vouches for the domains of invented people.
func (c *cli) openDemo(ctx context.Context, dir string) (*stage, error) {
	cfg := config.Default()
	cfg.Hostname, cfg.Data = "lists."+demoDomain, filepath.Join(dir, "data")
	cfg.SMTP.Listen, cfg.SMTP.Submission, cfg.IMAP.Listen = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	cfg.Web.Listen, cfg.Web.URL, cfg.Verification = "127.0.0.1:0", "http://127.0.0.1:0", config.Unverified
	d := &stage{c: c, clock: &demoClock{now: c.now}, began: c.now()}
	d.clock.set(nextThursday(c.now()))
	var err error
	if d.p, err = Open(ctx, Options{Config: cfg, Now: d.clock.Now, Log: slog.New(slog.DiscardHandler), Watch: watchEvery}); err != nil {
		return nil, err
	}
	if err := d.p.Update(ctx, d.settle); err != nil {
		return nil, errors.Join(err, d.p.Close())
	}
	if err := d.p.Listen(); err != nil {
		return nil, errors.Join(err, d.p.Close())
	}
	return d, nil
}

// nextThursday is an evening before a Friday: the digest comes at eight the next morning.
func nextThursday(now time.Time) time.Time {
	day := time.Date(now.Year(), now.Month(), now.Day(), 18, 0, 0, 0, time.UTC)
	for day.Weekday() != time.Thursday || day.Before(now) {
		day = day.AddDate(0, 0, 1)
	}
	return day
}

// settle founds the community.
func (d *stage) settle(tx *db.Tx) error {
	community, err := lists.AddCommunity(tx, lists.Community{Domain: demoDomain, Name: "Gardeners", Timezone: "UTC"})
	if err != nil {
		return err
	}
	talk := lists.NewList(community, "talk")
	talk.Name = "Garden talk"
	if talk, err = lists.AddList(tx, d.p.Store, talk); err != nil {
		return err
	}
	for _, person := range demoPeople {
		a, err := letter.ParseAddress(person.address)
		if err != nil {
			return err
		}
		_, err = lists.AddMember(tx, community, lists.NewMember{
			Address: a, Name: person.name, Role: person.role, Trust: 2, OwnCopy: true, Delivery: person.delivery, Lists: []lists.List{talk},
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// stay tells how to look into the mailboxes, and waits for Ctrl-C.
func (d *stage) stay(ctx context.Context) error {
	d.c.say("\nThe server is up. Look around, with any mail program:\n")
	d.c.say("  IMAP        %s, no encryption (this machine only)", d.p.Addr(imapListener))
	d.c.say("  sending     %s, the same names and passwords", d.p.Addr("smtp.submission"))
	d.c.say("  web         %s, to sign in the same way and read the list\n", d.p.webURL())
	secrets := map[string]string{}
	for _, person := range demoPeople {
		a, err := letter.ParseAddress(person.address)
		if err != nil {
			return err
		}
		var secret string
		if err := d.p.Update(ctx, func(tx *db.Tx) (err error) { secret, err = lists.AddPassword(tx, a, "demo"); return err }); err != nil {
			return err
		}
		secrets[person.address] = secret
		d.c.say("  %-20s  %s   %s", person.address, secret, demoFolders(person))
	}
	d.c.say("\nOr post as Bill, from another terminal, and look what Alison gets:\n")
	d.c.say("  printf 'From: bill@south.example\\nTo: %s\\nSubject: Tomatoes\\n\\nWho has some to spare?\\n' |\n    curl -sS --crlf -T - --user bill@south.example:%s --mail-from bill@south.example --mail-rcpt %s smtp://%s",
		demoList, secrets["bill@south.example"], demoList, d.p.Addr("smtp.submission"))
	d.c.say("\nWhat each of them got by mail lies in files:\n  %s/ADDRESS/", d.p.path(outboxName))
	d.c.say("\nCtrl-C ends the server and clears its folder.")
	<-ctx.Done()
	return nil
}

func demoFolders(p demoPerson) string {
	switch {
	case p.role == lists.RoleManager:
		return "Lists/talk, Back-channel/…"
	case p.delivery == lists.Digest:
		return "Lists/talk, Digests"
	}
	return "Lists/talk"
}

// after is how long something took, for people.
func after(since, now time.Time) string {
	return fmt.Sprintf("%d ms", now.Sub(since).Round(time.Millisecond).Milliseconds())
}

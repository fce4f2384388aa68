package main

import (
	"bytes"
	"context"
	"fmt"
	"net/smtp"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"backchannel/archive/db"
	"backchannel/archive/letter"
	"backchannel/archive/logbook"
	"backchannel/cmd/internal/config"
	"backchannel/lists"
	"backchannel/smtpd/queue"
)

// village is a whole program in this process: real rooms, real ports, files instead of the outside world.
type village struct {
	*Program
	t    *testing.T
	log  *logged
	stop func() error
}

// logged is a log that tests can read while it is written.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// friday is when these stories begin.
var friday = time.Date(2026, 6, 12, 8, 0, 0, 0, time.UTC)

func testConfig(dir string) config.Config {
	c := config.Default()
	c.Hostname, c.Data, c.Verification = "lists.test", filepath.Join(dir, "data"), config.Unverified
	c.SMTP.Listen, c.SMTP.Submission, c.SMTP.LMTP, c.IMAP.Listen, c.Web.Listen = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0", ""
	return c
}

// openVillage opens a program with a community: Mira manages, Bill reads every post, Dana a digest.
func openVillage(t *testing.T, change func(*Options)) *village {
	t.Helper()
	o := Options{Config: testConfig(t.TempDir()), Now: func() time.Time { return friday }, Watch: 20 * time.Millisecond}
	l := &logged{}
	o.Log = serverLog(l, config.Log{Level: "info"})
	if change != nil {
		change(&o)
	}
	h := openVillageAt(t, o)
	h.log = l
	h.update(func(tx *db.Tx) error {
		c, err := lists.AddCommunity(tx, lists.Community{Domain: "gardeners.test", Name: "Gardeners"})
		if err != nil {
			return err
		}
		talk, err := lists.AddList(tx, h.Store, lists.NewList(c, "talk"))
		if err != nil {
			return err
		}
		for _, n := range []lists.NewMember{
			{Address: addr(t, "mira@lowe.test"), Name: "Mira Lowe", Role: lists.RoleManager, Delivery: lists.Each},
			{Address: addr(t, "bill@south.test"), Name: "Bill Tan", Role: lists.RoleMember, Delivery: lists.Each},
			{Address: addr(t, "dana@north.test"), Name: "Dana Reyes", Role: lists.RoleMember, Delivery: lists.Digest},
		} {
			n.Lists, n.Trust = []lists.List{talk}, lists.Known
			if _, err := lists.AddMember(tx, c, n); err != nil {
				return err
			}
		}
		return nil
	})
	return h
}

// openVillageAt opens a program over whatever its folder holds.
func openVillageAt(t *testing.T, o Options) *village {
	t.Helper()
	p, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	h := &village{Program: p, t: t, log: &logged{}}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

func addr(t *testing.T, s string) letter.Address {
	t.Helper()
	a, err := letter.ParseAddress(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (h *village) update(f func(*db.Tx) error) {
	h.t.Helper()
	if err := h.Update(context.Background(), f); err != nil {
		h.t.Fatal(err)
	}
}

// serve runs the program until the test, or stop, ends it.
func (h *village) serve() {
	h.t.Helper()
	if err := h.Listen(); err != nil {
		h.t.Fatal(err)
	}
	h.serveListening()
}

// serveListening is the second half of serve, for tests that need to know the ports first.
func (h *village) serveListening() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	h.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	h.t.Cleanup(func() {
		if err := h.stop(); err != nil {
			h.t.Error(err)
		}
	})
}

func post(from, subject, id, text string) []byte {
	return []byte(strings.ReplaceAll(fmt.Sprintf("From: %s\nTo: talk@gardeners.test\nSubject: %s\nMessage-ID: <%s>\nDate: Fri, 12 Jun 2026 07:00:00 +0000\n\n%s\n", from, subject, id, text), "\n", "\r\n"))
}

func (h *village) send(from string, raw []byte) {
	h.t.Helper()
	if err := smtp.SendMail(h.Addr("smtp.listen"), nil, from, []string{"talk@gardeners.test"}, raw); err != nil {
		h.t.Fatal(err)
	}
}

// outbox are the letters for an address so far.
func (h *village) outbox(who string) []*letter.Letter {
	h.t.Helper()
	names, err := filepath.Glob(filepath.Join(h.path(outboxName), who, "*.eml"))
	if err != nil {
		h.t.Fatal(err)
	}
	var all []*letter.Letter
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			h.t.Fatal(err)
		}
		l, err := letter.Parse(raw)
		if err != nil {
			h.t.Fatal(err)
		}
		all = append(all, l)
	}
	return all
}

func (h *village) balanced() {
	h.t.Helper()
	faults, err := h.books(context.Background())
	if err != nil || len(faults) > 0 {
		h.t.Errorf("the books do not balance: %v %v", faults, err)
	}
}

// The way of one post, from the port to the file that stands for its reader's mailbox.
func TestAPostIsRelayed(t *testing.T) {
	h := openVillage(t, nil)
	h.serve()
	h.send("bill@south.test", post("Bill Tan <bill@south.test>", "Which compost?", "one@south.test", "Mine is too wet."))
	if !within(func() bool { return len(h.outbox("mira@lowe.test")) == 1 }) {
		t.Fatalf("no copy for Mira; the log:\n%s", h.log)
	}
	copied := h.outbox("mira@lowe.test")[0]
	if copied.MessageID() != "one@south.test" || copied.Get("List-Id") == "" || strings.TrimSpace(copied.Text()) != "Mine is too wet." {
		t.Errorf("the copy is another letter:\n%s", copied.Raw())
	}
	if n := len(h.outbox("dana@north.test")); n != 0 {
		t.Errorf("a digest reader got %d single posts", n)
	}
	for _, word := range []string{"lowe.test", "south.test", "compost"} {
		if strings.Contains(h.log.String(), word) {
			t.Errorf("%q stands in the log at info (P15):\n%s", word, h.log)
		}
	}
	if err := h.stop(); err != nil {
		t.Error(err)
	}
	h.balanced()
}

// due, with a clock that stands at the digest's hour, beside a running server: the digest goes out once.
func TestDueTwiceBesideAServer(t *testing.T) {
	h := openVillage(t, nil)
	h.serve()
	h.send("bill@south.test", post("Bill Tan <bill@south.test>", "Which compost?", "one@south.test", "Mine is too wet."))
	name := filepath.Join(filepath.Dir(h.Config.Data), "config.yaml")
	if err := os.WriteFile(name, []byte("hostname: lists.test\nverification: off\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"1 date done, 1 copy sent by the running server.\n", "0 dates done, no copies to send.\n"} {
		var out, errs bytes.Buffer
		if code := run(context.Background(), []string{"-c", name, "--at", "2026-06-19T08:05:00Z", "due"}, nil, &out, &errs); code != exitDone {
			t.Fatalf("exit %d: %s", code, errs.String())
		}
		if i == 1 && out.String() != want {
			t.Errorf("due said %q, want %q", out.String(), want)
		}
	}
	if got := h.outbox("dana@north.test"); len(got) != 1 || !strings.Contains(got[0].Text(), "Mine is too wet.") {
		t.Errorf("%d digests", len(got))
	}
	h.balanced()
}

// People sign in for submission with an app password, in clear only because this is loopback without TLS.
func TestSubmission(t *testing.T) {
	h := openVillage(t, nil)
	var secret string
	h.update(func(tx *db.Tx) (err error) {
		secret, err = lists.AddPassword(tx, addr(t, "bill@south.test"), "")
		return err
	})
	h.serve()
	submit := func(password string) error {
		return smtp.SendMail(h.Addr("smtp.submission"), smtp.PlainAuth("", "bill@south.test", password, "127.0.0.1"), "bill@south.test", []string{"talk@gardeners.test"},
			post("bill@south.test", "Submitted", "two@south.test", "Hello."))
	}
	if err := submit("guess"); err == nil {
		t.Error("a guess is no password")
	}
	if err := submit(secret); err != nil {
		t.Error(err)
	}
	if !within(func() bool { return len(h.outbox("mira@lowe.test")) == 1 }) {
		t.Error("what was submitted did not arrive")
	}
}

// What the books say when a copy, or what became of a letter, is missing: at the start in the log, and by check.
func TestTheBooksAreChecked(t *testing.T) {
	h := openVillage(t, nil)
	h.update(func(tx *db.Tx) error {
		if err := logbook.Write(tx, logbook.Entry{Story: "lost", Verb: logbook.Received}); err != nil {
			return err
		}
		if _, err := queue.Owe(tx, queue.Owed{Source: "post:1", Stamp: "post", To: addr(t, "bill@south.test")}); err != nil {
			return err
		}
		_, err := tx.Exec("DELETE FROM copy")
		return err
	})
	h.serve()
	for _, want := range []string{"1 copies were ever owed, but 0 are in the queue and 0 have ended", "The letter lost was taken over at 2026-06-12 08:00 UTC"} {
		if !within(func() bool { return strings.Contains(h.log.String(), want) }) {
			t.Errorf("the log does not say %q:\n%s", want, h.log)
		}
	}
}

// What is over goes; what is not stays.
func TestHousekeeping(t *testing.T) {
	now := friday
	h := openVillage(t, func(o *Options) { o.Now = func() time.Time { return now } })
	h.serve()
	h.send("bill@south.test", post("bill@south.test", "Which compost?", "one@south.test", "Mine is too wet."))
	if err := h.stop(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		after time.Duration
		gone  bool
	}{{lettersKept - time.Hour, false}, {lettersKept + time.Hour, true}} {
		now = friday.Add(c.after)
		n, err := h.purge(context.Background())
		if err != nil || (n > 0) != c.gone {
			t.Errorf("after %v %d things went (%v)", c.after, n, err)
		}
	}
	h.update(func(tx *db.Tx) error {
		if story, err := logbook.Find(tx, "one@south.test"); err != nil || len(story) == 0 {
			t.Errorf("the story went with the letter: %v", err)
		}
		return nil
	})
	h.balanced()
	now = friday.Add(storiesKept + time.Hour)
	if _, err := h.purge(context.Background()); err != nil {
		t.Fatal(err)
	}
	h.balanced() // the sums stay
}

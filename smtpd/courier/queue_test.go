package courier

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"backchannel/archive"
	"backchannel/archive/db"
	"backchannel/archive/db/dbtest"
	"backchannel/archive/letter"
	"backchannel/archive/logbook"
	"backchannel/smtpd/queue"
)

// post is a stamper as relay has one: a header of its own for each copy, the body shared.
type post struct{ head string }

func (p post) Stamp(_ *db.Tx, c queue.Copy, raw func() ([]byte, error)) (queue.Message, error) {
	body, err := raw()
	if err != nil {
		return queue.Message{}, err
	}
	return queue.Message{
		From: letter.Address{Local: fmt.Sprintf("bounce+%026d", c.ID), Domain: "list.test"},
		Head: []byte(p.head + "To: " + c.To.String() + "\r\nList-Unsubscribe: <mailto:leave+" + fmt.Sprintf("%026d", c.ID) + "@list.test>\r\n\r\n"), Body: body,
	}, nil
}

// house is a database, a queue and a courier, as cmd joins them.
func house(t testing.TB, route Router, dial Dialer) (*db.DB, *queue.Runner, *Courier) {
	t.Helper()
	d := dbtest.Open(t, archive.Schema(), logbook.Schema(), queue.Schema())
	c := New(Options{Name: "lists.test", Route: route, Dial: dial})
	r := queue.New(queue.Options{DB: d, Lock: filepath.Join(t.TempDir(), "queue.lock"), Courier: c, Raw: archive.New(nil).Raw})
	r.Register("post", post{"Subject: x\r\n"})
	return d, r, c
}

// owe owes one body to n members.
func owe(t testing.TB, d *db.DB, n int, body string) {
	t.Helper()
	dbtest.Update(t, d, func(tx *db.Tx) error {
		raw, err := archive.New(nil).PutRaw(tx, []byte(body), archive.Open)
		for i := 0; err == nil && i < n; i++ {
			_, err = queue.Owe(tx, queue.Owed{Source: "post:1", Story: "s", To: to(i).To, Stamp: "post", Raw: raw, MessageID: "1@list.test"})
		}
		return err
	})
}

// A host that greylists, is away for a day, comes back full, and takes the letter on the fifth day: five days within a moment.
func TestFiveVirtualDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var arrived []time.Duration
		var hosts sync.WaitGroup
		dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
			if day := time.Since(began) / (24 * time.Hour); day == 1 {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			ours, theirs := net.Pipe()
			hosts.Go(func() {
				reply := "450 4.2.0 try again"
				if time.Since(began) > 110*time.Hour {
					reply = "250 ok"
				}
				if serveOne(theirs, reply) {
					arrived = append(arrived, time.Since(began))
				}
			})
			return ours, nil
		}
		d, r, c := house(t, Smarthost(Hop{Addr: "mx.test:25"}), dial)
		owe(t, d, 1, "hello\r\n")
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- r.Run(ctx) }()
		time.Sleep(6 * 24 * time.Hour)
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		c.Close()
		hosts.Wait()
		if len(arrived) != 1 || arrived[0] > 120*time.Hour {
			t.Fatalf("it arrived at %v", arrived)
		}
		dbtest.View(t, d, func(tx *db.Tx) error {
			story, err := logbook.Find(tx, "s")
			verbs := map[logbook.Verb]int{}
			for _, e := range story {
				verbs[e.Verb]++
			}
			if verbs[logbook.Deferred] < 25 || verbs[logbook.Deferred] > 35 || verbs[logbook.Delivered] != 1 || len(verbs) != 2 {
				t.Errorf("%v", verbs)
			}
			if s, err := queue.Summarise(tx); s.Owing() != 0 || err != nil {
				t.Errorf("%+v %v", s, err)
			}
			return err
		})
	})
}

// serveOne is a host that answers RCPT so, and tells whether it got a message.
func serveOne(conn net.Conn, rcpt string) (got bool) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	io.WriteString(conn, "220 mx.test\r\n")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return got
		}
		reply := "250 ok"
		switch line[:4] {
		case "RCPT":
			reply = rcpt
		case "DATA":
			io.WriteString(conn, "354 go on\r\n")
			for line != ".\r\n" && err == nil {
				line, err = r.ReadString('\n')
			}
			got = err == nil
		}
		io.WriteString(conn, reply+"\r\n")
	}
}

// Queue and courier together, over a real network: every copy once, on few connections.
func TestFanOut(t *testing.T) {
	k := newSink()
	d, r, c := house(t, Smarthost(Hop{Addr: k.listen(t)}), nil)
	owe(t, d, 2000, strings.Repeat("some words\r\n", 500))
	if tally, err := r.Drain(context.Background()); err != nil || tally.Delivered != 2000 {
		t.Fatal(tally, err)
	}
	c.Close()
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.got) != 2000 || k.taken.Load() != 2000 {
		t.Errorf("%d copies for %d receivers arrived", k.taken.Load(), len(k.got))
	}
	if n := k.sessions.Load(); n > 30 {
		t.Errorf("%d sessions", n)
	}
}

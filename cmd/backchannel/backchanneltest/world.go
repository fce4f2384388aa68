package backchanneltest

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// World is everybody else: an SMTP server on loopback that takes every letter, and notes it before it says so. What it has noted has
// arrived, whether or not the answer reached anybody.
type World struct {
	Addr string // host:port, to be the smarthost

	// Delay passes before each reply, as if the world were far away. Set it before the first connection.
	Delay time.Duration

	// Keep makes it keep what it is given. Set it before the first connection.
	Keep bool

	taken atomic.Int64
	mu    sync.Mutex
	seen  map[Arrival]int
	news  chan struct{} // closed and replaced at every arrival that somebody waits for
	waits bool
	kept  map[string][]byte
}

// Arrival is one letter as it came to one address.
type Arrival struct {
	To        string
	MessageID string
}

// NewWorld opens a world that ends with the test.
func NewWorld(t testing.TB) *World {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &World{Addr: l.Addr().String(), seen: map[Arrival]int{}, news: make(chan struct{})}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go w.serve(conn)
		}
	}()
	return w
}

// serve plays the server's side of a session, as briefly as it can: what is measured against it is its peer.
func (w *World) serve(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReaderSize(conn, 16<<10)
	out := bufio.NewWriter(conn)
	say := func(s string) {
		if w.Delay > 0 {
			_ = out.Flush()
			<-time.After(w.Delay)
		}
		_, _ = out.WriteString(s + "\r\n")
	}
	say("220 world.test")
	var to string
	for {
		if r.Buffered() == 0 && out.Flush() != nil { // commands that came together are answered together
			return
		}
		line, err := r.ReadSlice('\n')
		if err != nil {
			return
		}
		switch verb := strings.ToUpper(string(line[:min(4, len(line))])); verb {
		case "EHLO":
			say("250-world.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 52428800")
		case "RCPT":
			to = strings.ToLower(between(string(line), "<", ">"))
			say("250 ok")
		case "DATA":
			say("354 go on")
			if out.Flush() != nil {
				return
			}
			var whole *bytes.Buffer
			if w.Keep {
				whole = new(bytes.Buffer)
			}
			id, err := readLetter(r, whole)
			if err != nil {
				return
			}
			if w.Keep {
				w.keep(to, whole.Bytes())
			}
			w.note(Arrival{to, id})
			say("250 taken")
		case "QUIT":
			say("221 bye")
			_ = out.Flush()
			return
		default:
			say("250 ok")
		}
	}
}

func (w *World) keep(to string, letter []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.kept == nil {
		w.kept = map[string][]byte{}
	}
	w.kept[to] = letter
}

// Kept is the last letter that came to an address, without the dots that SMTP adds; nil without Keep, or when none came.
func (w *World) Kept(to string) []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.kept[to]
}

// readLetter reads to the final dot and gives the Message-ID. What it reads goes to whole, unless that is nil.
func readLetter(r *bufio.Reader, whole *bytes.Buffer) (id string, err error) {
	header, begins := true, true
	for {
		line, err := r.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull {
			return "", err
		}
		if whole != nil && !(begins && len(line) == 3 && line[0] == '.') {
			unstuffed := line
			if begins && line[0] == '.' {
				unstuffed = line[1:]
			}
			whole.Write(unstuffed)
		}
		begins = err == nil
		switch {
		case len(line) == 3 && line[0] == '.':
			return id, nil
		case header && len(line) == 2:
			header = false
		case header && len(line) > 11 && bytes.EqualFold(line[:11], []byte("Message-ID:")):
			id = between(string(line), "<", ">")
		}
	}
}

func between(s, before, after string) string {
	_, s, _ = strings.Cut(s, before)
	s, _, _ = strings.Cut(s, after)
	return s
}

func (w *World) note(a Arrival) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[a]++
	w.taken.Add(1)
	if w.waits {
		w.waits = false
		close(w.news)
		w.news = make(chan struct{})
	}
}

// Taken is how many letters have come so far.
func (w *World) Taken() int { return int(w.taken.Load()) }

// Times is how often a letter came to an address.
func (w *World) Times(to, messageID string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen[Arrival{to, messageID}]
}

// Seen is a copy of all that came, and how often.
func (w *World) Seen() map[Arrival]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make(map[Arrival]int, len(w.seen))
	for a, n := range w.seen {
		all[a] = n
	}
	return all
}

// Wait waits until enough says so, which is asked again after arrivals; false when the context ended before.
func (w *World) Wait(ctx context.Context, enough func() bool) bool {
	for {
		w.mu.Lock()
		w.waits = true
		news := w.news
		w.mu.Unlock()
		if enough() {
			return true
		}
		select {
		case <-news:
		case <-ctx.Done():
			return enough()
		}
	}
}

package imapd

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// talker is a client that says and expects lines.
type talker struct {
	t    testing.TB
	conn net.Conn
	in   *bufio.Reader
}

func dial(t testing.TB, addr string) *talker {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	return &talker{t: t, conn: c, in: bufio.NewReader(c)}
}

func (k *talker) say(s string) {
	k.t.Helper()
	if _, err := io.WriteString(k.conn, s); err != nil {
		k.t.Fatalf("say %q: %v", s, err)
	}
}

func (k *talker) line() string {
	k.t.Helper()
	s, err := k.in.ReadString('\n')
	if err != nil {
		k.t.Fatalf("expected a line, got %q and %v", s, err)
	}
	return strings.TrimRight(s, "\r\n")
}

// play runs a transcript. "C: " lines are said, "S: " lines expected; a trailing … stands for anything. "S> " expects, after any
// number of other lines, this one. "C! " says octets written as a Go string, without a line end. "S: <closed>" expects the end.
func (k *talker) play(script string) {
	k.t.Helper()
	for n, step := range strings.Split(strings.TrimSpace(script), "\n") {
		step = strings.TrimLeft(step, "\t ")
		if step == "" || strings.HasPrefix(step, "#") {
			continue
		}
		mark, text, _ := strings.Cut(step, " ")
		switch mark {
		case "C:":
			k.say(text + "\r\n")
		case "C!":
			var raw string
			if _, err := fmt.Sscanf(text, "%q", &raw); err != nil {
				k.t.Fatalf("step %d %s: %v", n, step, err)
			}
			k.say(raw)
		case "S:":
			if text == "<closed>" {
				if s, err := k.in.ReadString('\n'); err == nil || s != "" {
					k.t.Fatalf("step %d: expected the end, got %q %v", n, s, err)
				}
				continue
			}
			if got := k.line(); !like(got, text) {
				k.t.Fatalf("step %d:\n got %s\nwant %s", n, got, text)
			}
		case "S>":
			var seen []string
			for {
				got := k.line()
				seen = append(seen, got)
				if like(got, text) {
					break
				}
				if tag, _, _ := strings.Cut(text, " "); tag != "*" && strings.HasPrefix(got, tag+" ") {
					k.t.Fatalf("step %d:\n got %s\nwant %s", n, strings.Join(seen, "\n     "), text)
				}
			}
		default:
			k.t.Fatalf("step %d is no step: %s", n, step)
		}
	}
}

// like compares a line with an expected one, in which … stands for anything.
func like(got, want string) bool {
	parts := strings.Split(want, "…")
	if len(parts) == 1 {
		return got == want
	}
	if !strings.HasPrefix(got, parts[0]) {
		return false
	}
	rest := got[len(parts[0]):]
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, p)
		if i < 0 {
			return false
		}
		rest = rest[i+len(p):]
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}

// signedIn is a client past its login.
func signedIn(t testing.TB, addr string) *talker {
	t.Helper()
	k := dial(t, addr)
	k.play(`
		S: * OK [CAPABILITY …
		C: l LOGIN mira@lowe.test secret
		S: l OK [CAPABILITY …
	`)
	return k
}

// a letter for tests.
func note(subject, body string) string {
	return "From: Ann <ann@east.test>\nTo: talk@gardeners.test\nSubject: " + subject +
		"\nDate: Mon, 2 Mar 2026 09:00:00 +0000\nMessage-ID: <" + strings.ReplaceAll(subject, " ", ".") + "@east.test>\n\n" + body + "\n"
}

// waitFor waits for something that another goroutine is about to do.
func waitFor(t testing.TB, done func() bool) {
	t.Helper()
	limit := time.After(time.Minute)
	for !done() {
		select {
		case <-limit:
			t.Fatal("it never came")
		case <-time.After(time.Millisecond):
		}
	}
}

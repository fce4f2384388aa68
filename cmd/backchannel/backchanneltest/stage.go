// Package backchanneltest plays the built program from outside, as the world meets it: a process with a config.yaml, verbs on its
// command line, letters by SMTP, copies at a smarthost. It promises that nothing of the program is pretended, that a killed process
// can be started again on what it left behind, and that no process outlives its test.
package backchanneltest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Domain is the community on every stage, and List its list.
const (
	Domain = "gardeners.test"
	List   = "talk@" + Domain
)

// Build builds the program as it is shipped, with the tags of this test, and gives its path.
func Build(t testing.TB) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "backchannel")
	out, err := exec.Command("go", "build", "-tags", BuiltWith("-tags"), "-o", program, "backchannel/cmd/backchannel").CombinedOutput()
	if err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	return program
}

// BuiltWith is the value of a flag that this test was built with, as in "-tags".
func BuiltWith(flag string) string {
	info, _ := debug.ReadBuildInfo()
	for _, s := range info.Settings {
		if s.Key == flag {
			return s.Value
		}
	}
	return ""
}

// Stage is the program with a folder of its own.
type Stage struct {
	T       testing.TB
	Program string // path of the built program
	Folder  string // holds config.yaml, the log, and Data
	World   *World // its smarthost
	SMTP    string // where it takes letters

	process *exec.Cmd
	log     *os.File
	ended   chan struct{} // closed when the process is gone
}

// NewStage lays out a stage. Senders are believed (verification: off): what is tested is what becomes of a letter, not who wrote it.
func NewStage(t testing.TB, program string) *Stage {
	t.Helper()
	s := &Stage{T: t, Program: program, Folder: t.TempDir(), World: NewWorld(t)}
	s.open()
	return s
}

// open chooses ports, writes the config and readies the log.
func (s *Stage) open() {
	s.T.Helper()
	var err error
	if s.SMTP, err = FreePort(); err != nil {
		s.T.Fatal(err)
	}
	config := fmt.Sprintf("hostname: mx.%s\ndata: data\nsmtp: { listen: %q, submission: \"\" }\nimap: { listen: \"\" }\nweb: { listen: \"\" }\n"+
		"relay: { mode: smarthost, smarthost: %q }\nverification: off\n", Domain, s.SMTP, s.World.Addr)
	if err := os.WriteFile(s.Config(), []byte(config), 0o600); err != nil {
		s.T.Fatal(err)
	}
	log, err := os.OpenFile(filepath.Join(s.Folder, "serve.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.T.Fatal(err)
	}
	s.log = log
	s.T.Cleanup(func() {
		s.Kill()
		if s.T.Failed() {
			s.T.Logf("the end of the server's log:\n%s", s.Tail())
		}
		_ = log.Close()
	})
}

// Twin is a stage of its own with a copy of this one's data, whose server must not be running.
func (s *Stage) Twin(t testing.TB) *Stage {
	t.Helper()
	twin := &Stage{T: t, Program: s.Program, Folder: t.TempDir(), World: NewWorld(t)}
	if err := os.CopyFS(twin.Data(), os.DirFS(s.Data())); err != nil {
		t.Fatal(err)
	}
	twin.open()
	return twin
}

// Config is the path of config.yaml, Data that of the data folder.
func (s *Stage) Config() string { return filepath.Join(s.Folder, "config.yaml") }

// Data is the path of the data folder.
func (s *Stage) Data() string { return filepath.Join(s.Folder, "data") }

// Tail is the end of the server's log.
func (s *Stage) Tail() string {
	text, _ := os.ReadFile(filepath.Join(s.Folder, "serve.log"))
	return string(text[max(0, len(text)-4000):])
}

// FreePort is an address on this machine where nobody listens. Whoever stops and starts again needs the same one, so the kernel cannot
// choose it: what it chooses for one is soon given to another, who only sends or listens at any port. It chooses from 32768 on.
func FreePort() (string, error) {
	const lowest, beyond, tries = 15000, 32000, 100
	var why error
	for range tries {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", lowest+rand.IntN(beyond-lowest)))
		if err == nil {
			return l.Addr().String(), l.Close()
		}
		why = err
	}
	return "", why
}

// CLI runs a verb, which must succeed, and gives what it printed.
func (s *Stage) CLI(words ...string) string {
	s.T.Helper()
	cmd := exec.Command(s.Program, append([]string{"-c", s.Config()}, words...)...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		s.T.Fatalf("backchannel %s: %v\n%s%s", strings.Join(words, " "), err, out, errs.String())
	}
	return string(out)
}

// Community makes the community with its list and so many members, who all get every post at once and post as often as they like. It
// gives the members' addresses.
func (s *Stage) Community(members int) []string {
	s.T.Helper()
	s.CLI("community", "add", Domain, "--name", "Gardeners", "--timezone", "UTC")
	s.CLI("list", "add", List)
	s.CLI("list", "set", List, "--posts-per-hour", "0")
	var all []string
	for i := range members {
		address := fmt.Sprintf("m%d@d%d.test", i, i)
		s.CLI("member", "add", address, "--community", Domain, "--name", fmt.Sprintf("Member %d", i), "--delivery", "each", "--lists", "all")
		all = append(all, address)
	}
	return all
}

// Start runs the server and waits until it greets.
func (s *Stage) Start() {
	s.T.Helper()
	s.Launch(exec.Command(s.Program, "-c", s.Config(), "serve"))
	if !s.Greets(20 * time.Second) {
		s.T.Fatalf("the server did not come up:\n%s", s.Tail())
	}
}

// Launch runs a command that is the server, or that runs it. It is killed at the end of the test at the latest.
func (s *Stage) Launch(cmd *exec.Cmd) {
	s.T.Helper()
	if s.process != nil {
		s.T.Fatal("the server is running already")
	}
	if cmd.Stdout == nil {
		cmd.Stdout = s.log
	}
	cmd.Stderr = s.log
	if err := cmd.Start(); err != nil {
		s.T.Fatal(err)
	}
	ended := make(chan struct{})
	s.process, s.ended = cmd, ended
	go func() { _ = cmd.Wait(); close(ended) }()
}

// Greets waits until the server greets at its door; false when its process ended, or time ran out.
func (s *Stage) Greets(patience time.Duration) bool {
	end := time.After(patience)
	for {
		if conn, err := net.DialTimeout("tcp", s.SMTP, time.Second); err == nil {
			c := textproto.NewConn(conn)
			_, _, err := c.ReadResponse(220)
			_ = c.Close()
			if err == nil {
				return true
			}
		}
		select {
		case <-s.ended:
			return false
		case <-end:
			return false
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// PID is the process of the server.
func (s *Stage) PID() int { return s.process.Process.Pid }

// Ended is closed when the process of the server is gone.
func (s *Stage) Ended() <-chan struct{} { return s.ended }

// Shoot sends SIGKILL to the server and does not wait.
func (s *Stage) Shoot() { _ = s.process.Process.Kill() }

// Kill ends the server with SIGKILL, if it runs, and waits until it is gone.
func (s *Stage) Kill() {
	if s.process == nil {
		return
	}
	_ = s.process.Process.Kill()
	<-s.ended
	s.process = nil
}

// Stop asks the server to end with SIGTERM and waits until it has; it must end well, and in time (P10).
func (s *Stage) Stop() {
	s.T.Helper()
	if s.process == nil {
		return
	}
	_ = s.process.Process.Signal(syscall.SIGTERM)
	select {
	case <-s.ended:
	case <-time.After(20 * time.Second):
		s.Kill()
		s.T.Fatal("the server did not stop")
	}
	if code := s.process.ProcessState.ExitCode(); code != 0 {
		s.T.Errorf("the server ended with %d:\n%s", code, s.Tail())
	}
	s.process = nil
}

// Forget lets go of a server that has ended by itself, and gives its exit code, -1 after a signal.
func (s *Stage) Forget() int {
	<-s.ended
	code := s.process.ProcessState.ExitCode()
	s.process = nil
	return code
}

// Letter is a letter to the list.
type Letter struct {
	From string
	ID   string // Message-ID, without brackets
	Size int    // of the body, in bytes; 0 is a line
}

// Bytes is the letter as it is sent; the same each time.
func (l Letter) Bytes() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "From: <%s>\r\nTo: <%s>\r\nSubject: About %s\r\nDate: Mon, 02 Jun 2025 08:00:00 +0000\r\nMessage-ID: <%s>\r\n\r\nThe body of %s.\r\n", l.From, List, l.ID, l.ID, l.ID)
	const line = "The beds by the wall want water, and who has seen the long hose since Sunday?\r\n"
	for b.Len() < l.Size {
		b.WriteString(line)
	}
	return b.Bytes()
}

// Post sends a letter in a session of its own and gives the first refusal, or the answer to the final dot: 250 when it was taken.
// 0 means that the session broke and nobody knows.
func (s *Stage) Post(l Letter) (code int) {
	c, err := DialSMTP(s.SMTP)
	if err != nil {
		return answerIn(err)
	}
	defer c.Close()
	return answerIn(c.Send(l.From, List, l.Bytes()))
}

// answerIn is the reply code an error stands for.
func answerIn(err error) int {
	var reply *textproto.Error
	switch {
	case err == nil:
		return 250
	case errors.As(err, &reply):
		return reply.Code
	}
	return 0
}

// Client is one side of an SMTP session that wants to get rid of letters fast.
type Client struct {
	*textproto.Conn
	conn net.Conn
}

// DialSMTP opens a session and says hello. It gives up when nothing is heard for half a minute.
func DialSMTP(addr string) (*Client, error) {
	conn, err := net.DialTimeout("tcp", addr, 10*time.Second)
	if err != nil {
		return nil, err
	}
	c := &Client{textproto.NewConn(conn), conn}
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	if _, _, err = c.ReadResponse(220); err == nil {
		err = c.PrintfLine("EHLO client.test")
	}
	if err == nil {
		_, _, err = c.ReadResponse(250)
	}
	if err != nil {
		_ = c.Close()
		return nil, err
	}
	return c, nil
}

// Send sends one letter, whose lines end with CRLF and do not begin with a dot. A reply that is no yes is a *textproto.Error.
func (c *Client) Send(from, to string, raw []byte) error {
	_ = c.conn.SetDeadline(time.Now().Add(30 * time.Second))
	if err := c.PrintfLine("MAIL FROM:<%s>\r\nRCPT TO:<%s>\r\nDATA", from, to); err != nil {
		return err
	}
	var refused error
	for _, want := range []int{250, 250, 354} {
		if _, _, err := c.ReadResponse(want); err != nil && refused == nil {
			refused = err
		}
	}
	if refused != nil {
		return refused
	}
	_, _ = c.W.Write(raw)
	if err := c.PrintfLine("."); err != nil {
		return err
	}
	_, _, err := c.ReadResponse(250)
	return err
}

// Until is a context that ends after so long, or with the test.
func Until(t testing.TB, patience time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

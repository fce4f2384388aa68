package main_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// The tracer runs the server under ptrace, in a process of its own, and counts the calls by which the server changes anything outside
// itself. At the one it was told it kills the server, cuts the power, or lets the call fail.
//
// strace can inject too, but it counts for each thread of its own: with the threads of a Go program, when=N then meets only some of
// the calls. Here the N-th is the N-th of the whole process, so that every one can be met.

// The classes of calls that are counted.
const (
	callWrite = "write" // into a file of the data folder, or its name or length
	callSync  = "sync"  // fsync and fdatasync
	callSend  = "send"  // into a socket
	callName  = "name"  // makes a file: followed for the disk's sake, not counted
)

// What the tracer does at a call.
const (
	doNothing = ""
	doKill    = "kill"  // SIGKILL, before the call has done anything
	doCut     = "cut"   // and then the disk holds only what was synced
	doTear    = "tear"  // and then the disk holds some sectors of the rest too
	doFail    = "fail"  // this call fails
	doFailOn  = "fails" // this call and all others of its class fail, until the next signal
)

// armSignal begins the counting; sent again it ends what doFailOn began.
const armSignal = syscall.SIGUSR2

// plan is what a tracer is told.
type plan struct {
	Args  []string // the server's command line
	Data  string   // the data folder
	Class string
	At    int // the call to act at, counted from 1
	Do    string
	Errno syscall.Errno
	Image string // where doCut and doTear put the data folder as the disk holds it
	Seed  uint64 // of the sectors for doTear
	Liar  bool   // the disk says that it has synced, and has not
}

// report is what a tracer tells at the end, when the server is gone.
type report struct {
	Calls []string // every counted call, as "sync backchannel.db-wal"
	Acted bool
	Late  bool // it had been told to stop by then
	Exit  int  // the server's exit code, -1 after a signal
}

const planVariable = "CRASH_TEST_PLAN"

// TestTracer is the tracer's process.
func TestTracer(t *testing.T) {
	text := os.Getenv(planVariable)
	if text == "" {
		t.Skip("only for the crash tests")
	}
	var p plan
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		t.Fatal(err)
	}
	// File 3 goes back to the test; the server's own output goes to ours.
	back := json.NewEncoder(os.NewFile(3, "back"))
	runtime.LockOSThread() // the thread that forks is the one that may trace
	tr, err := begin(p)
	if err != nil {
		t.Fatal(err)
	}
	if err := back.Encode(tr.pid); err != nil {
		t.Fatal(err)
	}
	exit, err := tr.run()
	if err != nil {
		t.Fatal(err)
	}
	if err := back.Encode(report{tr.calls, tr.acted, tr.late, exit}); err != nil {
		t.Fatal(err)
	}
}

// thread is one thread of the server.
type thread struct {
	inside bool // between the entry and the exit of a call
	call   *call
}

// call is a call under way that we care for.
type call struct {
	syscall.PtraceRegs
	path   string
	data   []byte        // what is being written
	refuse syscall.Errno // not 0: it was not let through, and this is its result
}

type tracer struct {
	plan
	pid     int
	memory  *os.File
	threads map[int]*thread
	disk    *disk // nil: nobody will ask
	armed   bool
	failing bool
	acted   bool
	ending  bool // SIGTERM has come
	late    bool
	count   map[string]int
	calls   []string
}

// Options of ptrace, see ptrace(2); package syscall does not name the last.
const traceOptions = syscall.PTRACE_O_TRACESYSGOOD | syscall.PTRACE_O_TRACECLONE | syscall.PTRACE_O_TRACEFORK | syscall.PTRACE_O_TRACEVFORK | 1<<20

const (
	waitAll     = 0x40000000 // __WALL: threads too
	syscallTrap = syscall.SIGTRAP | 0x80
)

func begin(p plan) (*tracer, error) {
	tr := &tracer{plan: p, threads: map[int]*thread{}, count: map[string]int{}}
	if p.Do == doCut || p.Do == doTear {
		d, err := readDisk(p.Data)
		if err != nil {
			return nil, err
		}
		tr.disk = d
	}
	child, err := os.StartProcess(p.Args[0], p.Args, &os.ProcAttr{
		Files: []*os.File{nil, os.Stdout, os.Stderr}, Env: os.Environ(), Sys: &syscall.SysProcAttr{Ptrace: true},
	})
	if err != nil {
		return nil, err
	}
	tr.pid = child.Pid
	tr.threads[tr.pid] = &thread{}
	var ws syscall.WaitStatus
	if _, err := syscall.Wait4(tr.pid, &ws, 0, nil); err != nil {
		return nil, err
	}
	if tr.memory, err = os.Open(fmt.Sprintf("/proc/%d/mem", tr.pid)); err != nil {
		return nil, err
	}
	if err := syscall.PtraceSetOptions(tr.pid, traceOptions); err != nil {
		return nil, err
	}
	return tr, syscall.PtraceSyscall(tr.pid, 0)
}

// run follows the server to its end.
func (tr *tracer) run() (exit int, err error) {
	for {
		var ws syscall.WaitStatus
		tid, err := syscall.Wait4(-1, &ws, waitAll, nil)
		if err != nil {
			return 0, fmt.Errorf("wait: %w", err)
		}
		switch {
		case tid == tr.pid && (ws.Exited() || ws.Signaled()):
			return ws.ExitStatus(), tr.image()
		case ws.Exited() || ws.Signaled():
			delete(tr.threads, tid)
		case ws.Stopped():
			if err := tr.stopped(tid, ws); err != nil {
				return 0, err
			}
		}
	}
}

// stopped looks at a thread that stands still, and lets it go on.
func (tr *tracer) stopped(tid int, ws syscall.WaitStatus) error {
	th := tr.threads[tid]
	signal := ws.StopSignal()
	switch {
	case th == nil: // a new thread begins with a stop
		tr.threads[tid] = &thread{}
		signal = 0
	case signal == syscallTrap:
		signal = 0
		th.inside = !th.inside
		var err error
		if th.inside {
			err = tr.enter(tid, th)
		} else if th.call != nil {
			err = tr.leave(tid, th)
		}
		if err != nil && err != syscall.ESRCH { // the thread was killed meanwhile
			return err
		}
	case signal == syscall.SIGTRAP, signal == syscall.SIGSTOP:
		signal = 0 // an event of ours
	case signal == armSignal:
		signal = 0
		tr.failing = false
		tr.armed = true
	case signal == syscall.SIGTERM:
		tr.ending = true
	}
	if err := syscall.PtraceSyscall(tid, int(signal)); err != nil && err != syscall.ESRCH {
		return fmt.Errorf("go on: %w", err)
	}
	return nil
}

// enter looks at a call before the kernel does.
func (tr *tracer) enter(tid int, th *thread) error {
	th.call = nil
	var regs syscall.PtraceRegs
	if err := syscall.PtraceGetRegs(tid, &regs); err != nil {
		return err
	}
	class, path := tr.classify(regs)
	if class == "" {
		return nil
	}
	th.call = &call{PtraceRegs: regs, path: path}
	if write := regs.Orig_rax == syscall.SYS_WRITE || regs.Orig_rax == syscall.SYS_PWRITE64; write && class == callWrite && tr.disk != nil {
		th.call.data = make([]byte, regs.Rdx)
		if _, err := tr.memory.ReadAt(th.call.data, int64(regs.Rsi)); err != nil {
			return fmt.Errorf("read what is written: %w", err)
		}
	}
	if !tr.armed || class == callName {
		return nil
	}
	tr.count[class]++
	tr.calls = append(tr.calls, strings.TrimSpace(class+" "+filepath.Base(path)))
	if class != tr.Class || !tr.failing && (tr.acted || tr.count[class] != tr.At) {
		return nil
	}
	tr.acted, tr.late = true, tr.ending
	switch tr.Do {
	case doKill, doCut, doTear:
		return syscall.Kill(tr.pid, syscall.SIGKILL)
	case doFailOn:
		tr.failing = true
		fallthrough
	case doFail:
		th.call.refuse = tr.Errno
		regs.Orig_rax = ^uint64(0) // no such call
		return syscall.PtraceSetRegs(tid, &regs)
	}
	return nil
}

// leave notes what a call has done to the disk.
func (tr *tracer) leave(tid int, th *thread) error {
	c := th.call
	th.call = nil
	var regs syscall.PtraceRegs
	if err := syscall.PtraceGetRegs(tid, &regs); err != nil {
		return err
	}
	if c.refuse != 0 {
		regs.Rax = -uint64(c.refuse)
		return syscall.PtraceSetRegs(tid, &regs)
	}
	if result := int64(regs.Rax); tr.disk != nil && c.path != "" && result >= 0 {
		return tr.follow(c, int(result))
	}
	return nil
}

// classify tells what kind of call it is, and which file it is about: "" for those that change nothing.
func (tr *tracer) classify(regs syscall.PtraceRegs) (class, path string) {
	switch regs.Orig_rax {
	case syscall.SYS_WRITE, syscall.SYS_WRITEV, syscall.SYS_SENDTO, syscall.SYS_SENDMSG, syscall.SYS_PWRITE64, syscall.SYS_FTRUNCATE:
		path = tr.file(regs.Rdi)
		switch {
		case strings.HasPrefix(path, "socket:"):
			return callSend, ""
		case tr.ours(path):
			return callWrite, path
		}
	case syscall.SYS_FSYNC, syscall.SYS_FDATASYNC:
		if path = tr.file(regs.Rdi); tr.ours(path) {
			return callSync, path
		}
	case syscall.SYS_UNLINK:
		if path = tr.text(regs.Rdi); tr.ours(path) {
			return callWrite, path
		}
	case syscall.SYS_UNLINKAT:
		if path = tr.text(regs.Rsi); tr.ours(path) {
			return callWrite, path
		}
	case syscall.SYS_RENAME:
		if path = tr.text(regs.Rdi); tr.ours(path) {
			return callWrite, path
		}
	case syscall.SYS_RENAMEAT, sysRenameAt2:
		if path = tr.text(regs.Rsi); tr.ours(path) {
			return callWrite, path
		}
	case syscall.SYS_OPENAT:
		if path = tr.text(regs.Rsi); regs.Rdx&(syscall.O_CREAT|syscall.O_TRUNC) != 0 && tr.ours(path) {
			return callName, path
		}
	}
	return "", ""
}

const sysRenameAt2 = 316

// ours tells whether a path is of the data folder. The shared memory of SQLite is none of the disk's business: it is made anew.
func (tr *tracer) ours(path string) bool {
	return (path == tr.Data || strings.HasPrefix(path, tr.Data+"/")) && !strings.HasSuffix(path, "-shm")
}

// file is the path behind a file descriptor.
func (tr *tracer) file(fd uint64) string {
	path, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", tr.pid, fd))
	return path
}

// text reads a path from the server's memory.
func (tr *tracer) text(at uint64) string {
	b := make([]byte, 512)
	n, _ := tr.memory.ReadAt(b, int64(at))
	s, _, _ := strings.Cut(string(b[:n]), "\x00")
	return s
}

// follow does to our picture of the disk what the call has done to the files.
func (tr *tracer) follow(c *call, result int) error {
	switch c.Orig_rax {
	case syscall.SYS_PWRITE64:
		tr.disk.write(c.path, c.data[:result], int(c.R10))
	case syscall.SYS_WRITE:
		at, err := position(tr.pid, c.Rdi)
		if err != nil {
			return err
		}
		tr.disk.write(c.path, c.data[:result], at-result)
	case syscall.SYS_FTRUNCATE:
		tr.disk.truncate(c.path, int(c.Rsi))
	case syscall.SYS_UNLINK, syscall.SYS_UNLINKAT:
		tr.disk.remove(c.path)
	case syscall.SYS_RENAME:
		tr.disk.rename(c.path, tr.text(c.Rsi))
	case syscall.SYS_RENAMEAT, sysRenameAt2:
		tr.disk.rename(c.path, tr.text(c.R10))
	case syscall.SYS_OPENAT:
		tr.disk.open(c.path, c.Rdx&syscall.O_TRUNC != 0)
	case syscall.SYS_FSYNC, syscall.SYS_FDATASYNC:
		if !tr.Liar {
			tr.disk.sync(c.path)
		}
	}
	return nil
}

// position is where in its file a descriptor stands.
func position(pid int, fd uint64) (at int, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%d", pid, fd))
	if err != nil {
		return 0, err
	}
	_, err = fmt.Sscanf(string(text), "pos: %d", &at)
	return at, err
}

// image writes the disk as a power cut leaves it.
func (tr *tracer) image() error {
	if tr.disk == nil || !tr.acted {
		return nil
	}
	var some *rand.Rand
	if tr.Do == doTear {
		some = rand.New(rand.NewPCG(tr.Seed, 0))
	}
	return tr.disk.leave(tr.Image, some)
}

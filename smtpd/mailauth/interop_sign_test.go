package mailauth

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Other programs verify what we sign. They are given our key from a file, so that no DNS is asked, and skip where they are not installed.

// program finds a program, or skips the test.
func program(t *testing.T, name, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if path, err = exec.LookPath("/usr/sbin/" + name); err != nil {
			t.Skipf("%s is not installed (Debian package %s)", name, pkg)
		}
	}
	return path
}

// letters are messages as we send them, signed just now: those programs know only the time of this machine.
func signedLetters(t *testing.T) map[string]string {
	s := ourSigner()
	s.Now = time.Now
	all := map[string]string{
		"post": listMail,
		"notice": "From: The managers <managers@list.test>\r\nTo: ann@east.test\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nDate: Fri, 12 Jun 2026 08:00:00 +0000\r\n" +
			"Message-ID: <n.1@list.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\nAuto-Submitted: auto-generated\r\n\r\nHello.\r\n",
		"empty body": "From: a@list.test\r\nTo: b@east.test\r\nDate: Fri, 12 Jun 2026 08:00:00 +0000\r\nMessage-ID: <n.2@list.test>\r\n\r\n",
		"odd spaces": strings.ReplaceAll(listMail, "They climb", " \t They   climb\t"),
	}
	for name, raw := range all {
		all[name] = signed(t, s, raw, "list.test")
	}
	return all
}

// dkimpy finds a Python that has the library: the first one in the path, or the system's.
func dkimpy(t *testing.T) string {
	t.Helper()
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.CommandContext(t.Context(), python, "-c", "import dkim").Run() == nil {
			return python
		}
	}
	t.Skip("dkimpy is not installed (Debian package python3-dkim)")
	return ""
}

func TestInteropDkimpy(t *testing.T) {
	python := dkimpy(t)
	name, value := ourKey().Record("list.test")
	const script = `import sys, dkim
name, value = sys.argv[1].encode(), sys.argv[2].encode()
sys.exit(0 if dkim.verify(sys.stdin.buffer.read(), dnsfunc=lambda n, timeout=5: value if n.rstrip(b".") == name else None) else 1)`
	for what, raw := range signedLetters(t) {
		verify := func(raw string) error {
			cmd := exec.CommandContext(t.Context(), python, "-c", script, name, value)
			cmd.Stdin = strings.NewReader(raw)
			out, err := cmd.CombinedOutput()
			if len(out) > 0 {
				t.Logf("%s: %s", what, out)
			}
			return err
		}
		if err := verify(raw); err != nil {
			t.Errorf("%s: dkimpy does not verify it: %v\n%s", what, err, raw)
		}
		if verify(strings.Replace(raw, "\r\nDate: Fri", "\r\nDate: Sat", 1)) == nil {
			t.Errorf("%s: dkimpy verifies it with another date: this test sees nothing", what)
		}
	}
}

func TestInteropOpenDKIM(t *testing.T) {
	opendkim := program(t, "opendkim", "opendkim")
	dir := t.TempDir()
	name, value := ourKey().Record("list.test")
	write := func(file, text string) string {
		path := filepath.Join(dir, file)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	keys := write("keys", name+" "+value+"\n")
	conf := write("conf", "Mode v\nTestPublicKeys "+keys+"\nSyslog no\nOn-Default accept\nRequiredHeaders no\n")
	for what, raw := range signedLetters(t) {
		verify := func(raw string) string {
			cmd := exec.CommandContext(t.Context(), opendkim, "-x", conf, "-t", write("letter", strings.ReplaceAll(raw, "\r\n", "\n")), "-v", "-v")
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			err := cmd.Run()
			return fmt.Sprint(out.String(), err)
		}
		if out := verify(raw); !strings.Contains(out, "verification (s=bc1, d=list.test, 2048-bit key) succeeded") {
			t.Errorf("%s: opendkim says %s\n%s", what, out, raw)
		}
		if out := verify(strings.Replace(raw, "\r\nDate: Fri", "\r\nDate: Sat", 1)); strings.Contains(out, "succeeded") {
			t.Errorf("%s: opendkim verifies it with another date: this test sees nothing: %s", what, out)
		}
	}
}

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"backchannel/cmd/internal/config"
)

// Whoever types a command as another user than the server's reads whose folder it is, and what to type instead; no word of restoring.
func TestAnotherUsersData(t *testing.T) {
	dir, err := os.MkdirTemp("", "backchannel-users-*")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o755))
	must(t, os.WriteFile(filepath.Join(dir, "config.yaml"), config.Shipped("lists.gardeners.test"), 0o644))
	var out bytes.Buffer
	if code := run(t.Context(), []string{"-c", filepath.Join(dir, "config.yaml"), "community", "add", "gardeners.test"}, nil, &out, &out); code != exitDone {
		t.Fatal(out.String())
	}
	var typed func(words ...string) string
	var want string
	if os.Geteuid() == 0 {
		must(t, os.Link(os.Args[0], filepath.Join(dir, "backchannel")))
		typed = func(words ...string) string { return asNobody(t, dir, words...) }
		want = `^The user \S+ may not use \S+/data, which belongs to the user root\.\n` +
			`try: the same as that user: sudo -u root backchannel …; to change whose it is, as root: chown -R USER \S+/data\n$`
	} else {
		must(t, os.Chmod(filepath.Join(dir, "data"), 0))
		t.Cleanup(func() { _ = os.Chmod(filepath.Join(dir, "data"), 0o700) })
		typed = func(words ...string) string {
			var out bytes.Buffer
			run(t.Context(), append([]string{"-c", filepath.Join(dir, "config.yaml")}, words...), nil, &out, &out)
			return out.String()
		}
		want = `^The user \S+ may not use \S+/data: its rights forbid that\.\ntry: chmod -R u\+rwX \S+/data\n$`
	}
	for _, verb := range []string{"member list", "serve", "check", "keys list"} {
		if got := typed(strings.Fields(verb)...); !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("%s said\n%s", verb, got)
		}
	}
	if got := typed("doctor"); !strings.Contains(got, "may not use") || strings.Contains(got, "restore") {
		t.Errorf("doctor said\n%s", got)
	}
}

// asNobody runs the program as the user whom every Unix has for those who own nothing.
func asNobody(t *testing.T, dir string, words ...string) string {
	t.Helper()
	const nobody = 65534
	cmd := &exec.Cmd{
		Path: filepath.Join(dir, "backchannel"), Args: append([]string{"backchannel", "-c", filepath.Join(dir, "config.yaml")}, words...), Dir: dir,
		SysProcAttr: &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}},
	}
	said, err := cmd.CombinedOutput()
	if err == nil {
		t.Errorf("%v was done: %s", words, said)
	}
	return string(said)
}

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

// Doctor tells when the server's user may not read the smarthost's password, also when root asks, who may read everything.
func TestPasswordFileOfAnotherUser(t *testing.T) {
	dir, err := os.MkdirTemp("", "backchannel-password-*")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o755))
	must(t, os.Mkdir(filepath.Join(dir, "data"), 0o755))
	password := filepath.Join(dir, "password")
	must(t, os.WriteFile(filepath.Join(dir, "config.yaml"), []byte("hostname: lists.gardeners.test\n"+
		"relay: { mode: smarthost, smarthost: \"127.0.0.1:9\", username: us, password_file: password }\n"), 0o644))
	doctor := func() string {
		var out bytes.Buffer
		run(t.Context(), []string{"-c", filepath.Join(dir, "config.yaml"), "doctor"}, nil, &out, &out)
		return strings.Join(strings.Fields(out.String()), " ")
	}
	told := func(said, want string) {
		t.Helper()
		if said = strings.Join(strings.Fields(said), " "); !strings.Contains(said, want) {
			t.Errorf("doctor said\n%s\nwant %s", said, want)
		}
	}
	told(doctor(), "failed config: there is no "+password+", which relay.password_file names to do: write the smarthost's password alone into that file")
	must(t, os.WriteFile(password, []byte("secret\n"), 0o600))
	told(doctor(), "ok config: it can be used")

	remedy := func(owner string) string {
		return "which holds the smarthost's password (relay.password_file) to do: give it to the user whom the server runs as, and to nobody else: " +
			"sudo chown " + owner + " " + password + "; sudo chmod 600 " + password
	}
	if os.Geteuid() != 0 {
		must(t, os.Chmod(password, 0))
		me := userName(os.Geteuid())
		told(doctor(), "failed config: the user "+me+" may not read "+password+", "+remedy(me))
		return
	}
	const nobody = 65534
	must(t, os.Link(os.Args[0], filepath.Join(dir, "backchannel")))
	must(t, os.Chown(filepath.Join(dir, "data"), nobody, nobody))
	name := userName(nobody)
	told(asNobody(t, dir, "doctor"), "failed config: the user "+name+" may not read "+password+", "+remedy(name))
	told(doctor(), "failed config: the user "+name+" may not read "+password+", "+remedy(name))
	must(t, os.Chown(password, nobody, nobody))
	told(doctor(), "ok config: it can be used")
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

package mbox_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"backchannel/archive/mbox"
	"backchannel/templates/refusal"
)

func file(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }

// What is no file is no message: a pipe would be waited for, a link could lead to the secrets of this machine.
func TestMaildirPassesOverLinksAndPipes(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	cur := filepath.Join(dir, "Maildir", "cur")
	for _, err := range []error{
		os.MkdirAll(cur, 0o700),
		os.WriteFile(secret, []byte("Subject: secret\n\nx\n"), 0o600),
		os.WriteFile(filepath.Join(cur, "1.a"), []byte("Subject: a\n\nx\n"), 0o600),
		os.Symlink(secret, filepath.Join(cur, "2.b")),
		syscall.Mkfifo(filepath.Join(cur, "3.c"), 0o600),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	for m, err := range mbox.Maildir(os.DirFS(filepath.Join(dir, "Maildir")), mbox.Options{}) {
		if names = append(names, m.Name); err != nil {
			t.Error(err)
		}
	}
	if !slices.Equal(names, []string{"cur/1.a"}) {
		t.Errorf("read %q", names)
	}
}

func TestMaildirIsReadInOrder(t *testing.T) {
	fsys := fstest.MapFS{
		"cur/1528749823.M1P2.host,U=7:2,RSab": file("A: 1\n\nFrom x\n>From y\n"),
		"cur/1528749000.M1P2.host:2,":         file("A: 0\r\n\r\nx\r\n"),
		"new/1528749900.M1P2.host":            file("A: 2\n\nx"),
		"new/1528749901.M1P2.host!2,F":        file(strings.Repeat("A: too long\n", 100)),
		"new/1528749902.M1P2.host;2,ST":       file("A: 4\n\nx\n"),
		"new/odd name":                        file("A: no date\n\nx\n"),
		"cur/.hidden":                         file("x"),
		"cur/folder/x":                        file("x"),
		"tmp/1528749900.M1P2.host":            file("half a message"),
		".Sent/cur/1528749823.x":              file("another folder"),
		"dovecot-uidlist":                     file("x"),
	}
	var got []string
	for m, err := range mbox.Maildir(fsys, mbox.Options{MaxSize: 1000}) {
		line := m.Name + " " + m.Flags + " " + strings.ReplaceAll(string(m.Raw), "\r\n", "/")
		if !m.Date.IsZero() {
			line += m.Date.Format(" 15:04:05")
		}
		if err != nil {
			line += " " + err.Error()
		}
		if got = append(got, line); m.N != len(got) {
			t.Errorf("%s has number %d", line, m.N)
		}
	}
	want := []string{
		"new/odd name  A: no date//x/",
		"cur/1528749000.M1P2.host:2,  A: 0//x/ 20:30:00",
		"cur/1528749823.M1P2.host,U=7:2,RSab RS A: 1//From x/>From y/ 20:43:43",
		"new/1528749900.M1P2.host  A: 2//x/ 20:45:00",
		"new/1528749901.M1P2.host!2,F F  20:45:01 This message is larger than 1 MB.",
		"new/1528749902.M1P2.host;2,ST ST A: 4//x/ 20:45:02",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestAFolderThatIsNoMaildir(t *testing.T) {
	for m, err := range mbox.Maildir(fstest.MapFS{"notes.txt": file("x")}, mbox.Options{}) {
		if err == nil || refusal.KindOf(err) != refusal.Malformed || err.Error() != "This is no Maildir: it has neither a folder cur nor a folder new." {
			t.Error(m, err)
		}
	}
	for m, err := range mbox.Maildir(fstest.MapFS{"new": &fstest.MapFile{Mode: fs.ModeDir}}, mbox.Options{}) {
		t.Error("an empty Maildir has", m, err)
	}
}

// torn is a folder in which one file cannot be opened.
type torn struct{ fstest.MapFS }

func (f torn) Open(name string) (fs.File, error) {
	if name == "cur/2.x" {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return f.MapFS.Open(name)
}

func TestAFileThatCannotBeReadStopsNobody(t *testing.T) {
	fsys := torn{fstest.MapFS{"cur/1.x": file("A: 1\n"), "cur/2.x": file("A: 2\n"), "cur/3.x": file("A: 3\n")}}
	var read, failed []string
	for m, err := range mbox.Maildir(fsys, mbox.Options{}) {
		if err != nil {
			failed = append(failed, m.Name)
			if !errors.Is(err, fs.ErrPermission) {
				t.Error(err)
			}
			continue
		}
		read = append(read, m.Name)
	}
	if strings.Join(read, " ") != "cur/1.x cur/3.x" || strings.Join(failed, " ") != "cur/2.x" {
		t.Error(read, failed)
	}
}

func TestMaildirWritesWhatItReads(t *testing.T) {
	dir := t.TempDir()
	round := 0
	rapid.Check(t, func(t *rapid.T) {
		round++
		sub := filepath.Join(dir, time.Duration(round).String())
		w, err := mbox.CreateMaildir(sub)
		if err != nil {
			t.Fatal(err)
		}
		mails := rapid.SliceOfN(rawMail(), 0, 4).Draw(t, "mails")
		for i, m := range mails {
			if err := w.Write([]byte(m), time.Unix(int64(1000+i), 0), "SxF"); err != nil {
				t.Fatal(err)
			}
		}
		n := 0
		for m, err := range mbox.Maildir(os.DirFS(sub), mbox.Options{}) {
			if err != nil || string(m.Raw) != mails[n] || m.Flags != "FS" || m.Date.Unix() != int64(1000+n) {
				t.Fatalf("%q %v %s %v, want %q", m.Raw, err, m.Flags, m.Date, mails[n])
			}
			info, err := fs.Stat(os.DirFS(sub), m.Name)
			if err != nil || info.ModTime().Unix() != m.Date.Unix() || info.Mode().Perm() != 0o600 {
				t.Fatal(info, err)
			}
			n++
		}
		if left, err := os.ReadDir(filepath.Join(sub, "tmp")); n != len(mails) || len(left) != 0 || err != nil {
			t.Fatal(n, left, err)
		}
	})
}

func TestMaildirThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := mbox.CreateMaildir(filepath.Join(dir, "file")); err == nil {
		t.Error("a file became a Maildir")
	}
	w, err := mbox.CreateMaildir(filepath.Join(dir, "gone"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "gone")); err != nil {
		t.Fatal(err)
	}
	if err := w.Write([]byte("A: 1\r\n"), time.Time{}, ""); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// The archive of mlmmj comes in the order of its numbers; what else lies there is left alone, and links lead nowhere.
func TestNumbered(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"10": "Subject: ten\n\n", "9": "Subject: nine\n\n", "2": "Subject: two\n\nx\n", "010": "no", "x": "no", "3.tmp": "no"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "4")); err != nil {
		t.Fatal(err)
	}
	var got []string
	for m, err := range mbox.Numbered(os.DirFS(dir), ".", mbox.Options{MaxSize: 18}) {
		got = append(got, fmt.Sprintf("%d %s %q %v", m.N, m.Name, m.Raw, err != nil))
	}
	want := []string{`1 2 "" true`, `2 9 "Subject: nine\r\n\r\n" false`, `3 10 "Subject: ten\r\n\r\n" false`}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	for m, err := range mbox.Numbered(os.DirFS(dir), "absent", mbox.Options{}) {
		t.Error(m, err)
	}
}

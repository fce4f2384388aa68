package mbox

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"backchannel/templates/refusal"
)

// Maildir are the messages of the folders cur and new of a Maildir, the oldest first by their file names, which begin with the second
// of their arrival. An error beside a message says why it has no bytes: it is too large, or cannot be read, and the ones behind it
// come all the same. An error beside a message without a number ends the reading: the folder is no Maildir, or cannot be listed.
// Subfolders (".Sent") are Maildirs of their own.
func Maildir(fsys fs.FS, o Options) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		names, err := maildirNames(fsys)
		if err != nil {
			yield(Message{}, err)
			return
		}
		for i, name := range names {
			m := fileMessage(name)
			m.N = i + 1
			m.Raw, err = readFile(fsys, name, o.limit())
			if !yield(m, err) {
				return
			}
		}
	}
}

// maildirNames lists the message files of both folders. Files that begin with a dot are none, nor are pipes, at which reading would
// wait for ever, and links: one in somebody else's Maildir could put a file of this machine onto a list.
func maildirNames(fsys fs.FS) (names []string, err error) {
	found := false
	for _, folder := range []string{"cur", "new"} {
		all, err := fs.ReadDir(fsys, folder)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("list the Maildir: %w", err)
		}
		found = true
		for _, e := range all {
			if e.Type().IsRegular() && !strings.HasPrefix(e.Name(), ".") {
				names = append(names, folder+"/"+e.Name())
			}
		}
	}
	if !found {
		return nil, refusal.Because(refusal.Malformed, "This is no Maildir: it has neither a folder cur nor a folder new.")
	}
	slices.SortFunc(names, func(a, b string) int {
		ma, mb := fileMessage(a), fileMessage(b)
		return cmp.Or(ma.Date.Compare(mb.Date), cmp.Compare(a[4:], b[4:]), cmp.Compare(a, b))
	})
	return names, nil
}

// Numbered are the messages of a folder in which each is a file named by its number, as mlmmj keeps its archive; in the order of the
// numbers. Other files are none of them. Errors are as those of Maildir; an absent folder holds nothing.
func Numbered(fsys fs.FS, folder string, o Options) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		all, err := fs.ReadDir(fsys, folder)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			yield(Message{}, fmt.Errorf("list the archive: %w", err))
			return
		}
		var numbers []int
		for _, e := range all {
			if n, err := strconv.Atoi(e.Name()); err == nil && strconv.Itoa(n) == e.Name() && e.Type().IsRegular() {
				numbers = append(numbers, n)
			}
		}
		slices.Sort(numbers)
		for i, n := range numbers {
			m := Message{N: i + 1, Name: path.Join(folder, strconv.Itoa(n))}
			m.Raw, err = readFile(fsys, m.Name, o.limit())
			if !yield(m, err) {
				return
			}
		}
	}
}

// fileMessage is what the name of a file tells: 1528749823.M1P2.host,U=7:2,RS. Where ":" may not be in a name, "!" or ";" stands for
// it.
func fileMessage(name string) Message {
	m := Message{Name: name}
	base := name[len("cur/"):]
	if i := strings.LastIndexAny(base, ":!;"); i >= 0 {
		if info, ok := strings.CutPrefix(base[i+1:], "2,"); ok {
			m.Flags = strings.Map(func(r rune) rune {
				if r < 'A' || r > 'Z' { // small letters are a Dovecot's own keywords
					return -1
				}
				return r
			}, info)
		}
	}
	seconds, _, _ := strings.Cut(base, ".")
	if n, err := strconv.ParseInt(seconds, 10, 64); err == nil && n > 0 && n < 1<<33 {
		m.Date = time.Unix(n, 0).UTC()
	}
	return m
}

func readFile(fsys fs.FS, name string, limit int) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", name, err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if len(raw) > limit {
		return nil, tooLarge(limit)
	}
	raw = crlf(raw)
	if len(raw) > limit {
		return nil, tooLarge(limit)
	}
	return raw, nil
}

// crlf gives every line of a message a CRLF, as the reader of an mbox does. A CR alone ends lines only where no LF does.
func crlf(raw []byte) []byte {
	l := newLines(bytes.NewReader(raw), len(raw)+1)
	l.mac = bytes.IndexByte(raw, '\n') < 0
	out := make([]byte, 0, len(raw)+len(raw)/32+2)
	for {
		p, ok := l.next()
		if !ok {
			return out
		}
		out = append(out, p.text...)
		if p.ended {
			out = append(out, "\r\n"...)
		}
	}
}

// MaildirWriter writes messages into a Maildir.
type MaildirWriter struct {
	dir string
	n   int
}

// CreateMaildir makes a Maildir, or goes on with one that is there.
func CreateMaildir(dir string) (*MaildirWriter, error) {
	for _, folder := range []string{"cur", "new", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o700); err != nil {
			return nil, fmt.Errorf("make the Maildir: %w", err)
		}
	}
	return &MaildirWriter{dir: dir}, nil
}

// Write adds a message, its lines ending in LF. It stands in cur under its flags, with the date as its time of arrival; zero is the
// beginning of 1970. It appears whole or not at all.
func (w *MaildirWriter) Write(raw []byte, date time.Time, flags string) error {
	if date.IsZero() {
		date = time.Unix(0, 0)
	}
	w.n++
	unique := fmt.Sprintf("%d.N%dR%s.backchannel", max(0, date.Unix()), w.n, rand.Text()[:16])
	tmp := filepath.Join(w.dir, "tmp", unique)
	if err := w.write(tmp, raw, date); err != nil {
		_ = os.Remove(tmp)
		return fmt.Errorf("write into the Maildir: %w", err)
	}
	return os.Rename(tmp, filepath.Join(w.dir, "cur", unique+":2,"+cleanFlags(flags)))
}

func (w *MaildirWriter) write(tmp string, raw []byte, date time.Time) error {
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(bytes.ReplaceAll(raw, []byte("\r\n"), []byte("\n")))
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Chtimes(tmp, date, date) // other programs take it as the date of arrival
}

// cleanFlags keeps the flags that have a meaning, each once, in the order of their letters.
func cleanFlags(flags string) string {
	var all []byte
	for _, c := range []byte("DFPRST") {
		if strings.IndexByte(flags, c) >= 0 {
			all = append(all, c)
		}
	}
	return string(all)
}
